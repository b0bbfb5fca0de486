// SPDX-License-Identifier: GPL-2.0
/*
 * The GICv3 CPU interface's registers as user space saves and restores them:
 * the ICC names over the ICH_VMCR_EL2 and active priority values in which EL2
 * keeps them.  Guests reach the real ones without us.
 */
#include "vgic/internal.h"

#define SYS(op0, op1, crn, crm, op2) \
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

#define ICC_PMR		SYS(3, 0, 4, 6, 0)
#define ICC_BPR0	SYS(3, 0, 12, 8, 3)
#define ICC_AP0R(n)	SYS(3, 0, 12, 8, 4 + (n))
#define ICC_AP1R(n)	SYS(3, 0, 12, 9, (n))
#define ICC_BPR1	SYS(3, 0, 12, 12, 3)
#define ICC_CTLR	SYS(3, 0, 12, 12, 4)
#define ICC_SRE		SYS(3, 0, 12, 12, 5)
#define ICC_IGRPEN0	SYS(3, 0, 12, 12, 6)
#define ICC_IGRPEN1	SYS(3, 0, 12, 12, 7)

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

/* Where in VMCR a plain field is; 0 bits if @sys isn't one. */
static u32 vmcr_field(u32 sys, int *shift)
{
	switch (sys) {
	case ICC_PMR:
		*shift = VMCR_PMR_SHIFT;
		return 0xff;
	case ICC_BPR0:
		*shift = VMCR_BPR0_SHIFT;
		return 7;
	case ICC_BPR1:
		*shift = VMCR_BPR1_SHIFT;
		return 7;
	case ICC_IGRPEN0:
		*shift = 0;
		return 1;
	case ICC_IGRPEN1:
		*shift = 1;
		return 1;
	}
	return 0;
}

/* The active priority register that @sys names; NULL if it is none, or this host hasn't it. */
static u32 *apr(struct av_vcpu *vcpu, u32 sys)
{
	struct hyp_gic *gic = &vcpu->hyp->gic;

	if (sys >= ICC_AP0R(0) && sys < ICC_AP0R(vgic_host.nr_apr))
		return &gic->ap0r[sys - ICC_AP0R(0)];
	if (sys >= ICC_AP1R(0) && sys < ICC_AP1R(vgic_host.nr_apr))
		return &gic->ap1r[sys - ICC_AP1R(0)];
	return NULL;
}

static bool is_apr(u32 sys)
{
	return (sys >= ICC_AP0R(0) && sys <= ICC_AP0R(3)) ||
	       (sys >= ICC_AP1R(0) && sys <= ICC_AP1R(3));
}

int vgic_v3_has_sysreg(struct av_vcpu *vcpu, u32 sys)
{
	int shift;

	if (vmcr_field(sys, &shift) || is_apr(sys) || sys == ICC_CTLR || sys == ICC_SRE)
		return 0;
	return -ENXIO;
}

/**
 * vgic_v3_get_sysreg() - read an ICC register for user space
 * @vcpu: whose; not loaded
 * @sys: encoding
 * @val: value
 * Return: 0, -EINVAL (an active priority register this host hasn't), -ENXIO.
 */
int vgic_v3_get_sysreg(struct av_vcpu *vcpu, u32 sys, u64 *val)
{
	u32 vmcr = vcpu->hyp->gic.vmcr, mask;
	int shift;

	if (sys == ICC_CTLR) {
		*val = get_ctlr(vmcr);
	} else if (sys == ICC_SRE) {
		*val = SRE_VALUE;
	} else if (is_apr(sys)) {
		if (!apr(vcpu, sys))
			return -EINVAL;
		*val = *apr(vcpu, sys);
	} else if (sys == ICC_BPR1 && vmcr & VMCR_CBPR) {
		/* The common binary point is BPR0, which splits one bit further up. */
		*val = min_t(u32, (vmcr >> VMCR_BPR0_SHIFT & 7) + 1, 7);
	} else {
		mask = vmcr_field(sys, &shift);
		if (!mask)
			return -ENXIO;
		*val = vmcr >> shift & mask;
	}
	return 0;
}

int vgic_v3_set_sysreg(struct av_vcpu *vcpu, u32 sys, u64 val)
{
	u32 *vmcr = &vcpu->hyp->gic.vmcr, mask;
	int shift;

	if (sys == ICC_CTLR)
		return set_ctlr(vmcr, val);
	if (sys == ICC_SRE)
		return val == SRE_VALUE ? 0 : -EINVAL;
	if (is_apr(sys)) {
		if (!apr(vcpu, sys))
			return -EINVAL;
		*apr(vcpu, sys) = val;
		return 0;
	}
	mask = vmcr_field(sys, &shift);
	if (!mask)
		return -ENXIO;
	/* Read-only while the binary point is common. */
	if (sys == ICC_BPR1 && *vmcr & VMCR_CBPR)
		return 0;
	*vmcr = (*vmcr & ~(mask << shift)) | (val & mask) << shift;
	return 0;
}
