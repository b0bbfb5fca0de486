// SPDX-License-Identifier: GPL-2.0
/*
 * The CPU interface's registers as user space saves and restores them: the GICC frame of a GICv2 or
 * the ICC registers of a GICv3, over the VMCR and active priorities in struct hyp_gic.  Guests
 * reach the real ones without us.
 */
#include "vgic/internal.h"

#define CTLR_CBPR	BIT(0)
#define CTLR_EOIMODE	BIT(1)
#define CTLR_PRIBITS	GENMASK(10, 8)
#define CTLR_IDBITS	GENMASK(13, 11)
#define CTLR_SEIS_A3V	GENMASK(15, 14)

/* System registers on, and no way to switch them off. */
#define SRE_VALUE	7

/* What ICC_CTLR_EL1 says of the hardware, from ICH_VTR_EL2. */
static u32 ctlr_host(void)
{
	u32 vtr = arch_gic_vtr();

	return (vtr >> 29) << 8 | (vtr >> 23 & 7) << 11 | (vtr >> 22 & 1) << 14 |
	       (vtr >> 21 & 1) << 15;
}

static u64 get_ctlr(u32 vmcr)
{
	return ctlr_host() | (vmcr & VMCR_CBPR ? CTLR_CBPR : 0) |
	       (vmcr & VMCR_EOIM ? CTLR_EOIMODE : 0);
}

static int set_ctlr(u32 *vmcr, u64 val)
{
	u32 host = ctlr_host();

	/* Less than this host has would be as good; more, or of another kind, wouldn't. */
	if ((val & CTLR_PRIBITS) > (host & CTLR_PRIBITS) ||
	    (val & CTLR_IDBITS) > (host & CTLR_IDBITS) ||
	    (val & CTLR_SEIS_A3V) != (host & CTLR_SEIS_A3V))
		return -EINVAL;
	*vmcr &= ~(VMCR_CBPR | VMCR_EOIM);
	if (val & CTLR_CBPR)
		*vmcr |= VMCR_CBPR;
	if (val & CTLR_EOIMODE)
		*vmcr |= VMCR_EOIM;
	return 0;
}

static int access_apr(const struct vgic_access *a, u32 *apr, u32 n, u64 *val)
{
	/* A GICv2 has room for four in its frame, and those that aren't there read as zero. */
	if (n >= vgic_host.nr_apr)
		return a->frame == VGIC_V2_CPU ? 0 : -EINVAL;
	if (a->write)
		apr[n] = *val;
	else
		*val = apr[n];
	return 0;
}

/**
 * vgic_access_cpu() - read or write a register of the CPU interface for user space
 * @row: which; most are a field of VMCR
 * @a: whose, and how; the vCPU is not loaded
 * @off: in the row
 * @val: the value
 * Return: 0, or -EINVAL for a value, or an active priority register, this host can't have.
 */
int vgic_access_cpu(const struct vgic_row *row, const struct vgic_access *a, u32 off, u64 *val)
{
	struct hyp_gic *gic = &a->vcpu->hyp->gic;

	switch (row->reg) {
	case VGIC_GICC + GICC_APR:
	case VGIC_ICC_AP0R:
		return access_apr(a, gic->ap0r, off / a->len, val);
	case VGIC_ICC_AP1R:
		return access_apr(a, gic->ap1r, off / a->len, val);
	case VGIC_ICC_CTLR:
		if (a->write)
			return set_ctlr(&gic->vmcr, *val);
		*val = get_ctlr(gic->vmcr);
		return 0;
	case VGIC_ICC_SRE:
		if (a->write)
			return *val == SRE_VALUE ? 0 : -EINVAL;
		*val = SRE_VALUE;
		return 0;
	case VGIC_GICC + GICC_IIDR:
		*val = VGIC_GICC_IIDR;
		return 0;
	case VGIC_ICC_BPR1:
		/* The common binary point is BPR0, which splits one bit further up. */
		if (!(gic->vmcr & VMCR_CBPR))
			break;
		if (!a->write)
			*val = min_t(u32, (gic->vmcr >> VMCR_BPR0_SHIFT & 7) + 1, 7);
		return 0;
	}
	if (a->write)
		gic->vmcr = (gic->vmcr & ~((u32)row->mask << row->shift)) |
			    (*val & row->mask) << row->shift;
	else
		*val = gic->vmcr >> row->shift & row->mask;
	return 0;
}
