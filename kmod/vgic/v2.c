// SPDX-License-Identifier: GPL-2.0
/*
 * GICv2 on a GICv2 host: the list registers, which the kernel reaches itself in
 * the GICH frame, SGIs with their sources, and the CPU interface as user space
 * saves it.  The guest works on that without us: it is the host's GICV frame.
 */
#include <linux/io.h>

#include "vgic/internal.h"

#define GICH_HCR	0x0
#define GICH_VMCR	0x8
#define GICH_APR	0xf0
#define GICH_LR(n)	(0x100 + 4 * (n))

#define GICH_LR_PHYSID	10
#define GICH_LR_EOI	BIT(19)
#define GICH_LR_PRIO	20	/* of an 8-bit priority: the upper five bits at 23 */
#define GICH_LR_PEND	BIT(28)
#define GICH_LR_ACT	BIT(29)
#define GICH_LR_GRP1	BIT(30)
#define GICH_LR_HWIRQ	BIT(31)

#define HCR_EOICOUNT	27

/* --- list registers ------------------------------------------------------ */

static void gich_write(u32 val, u32 off)
{
	writel_relaxed(val, vgic_host.gich + off);
}

static u32 gich_read(u32 off)
{
	return readl_relaxed(vgic_host.gich + off);
}

void vgic_v2_set_lr(struct av_vcpu *vcpu, unsigned int n, const struct vgic_lr *lr)
{
	u32 val = lr->intid | (u32)(lr->priority & 0xf8) << GICH_LR_PRIO;

	if (lr->pending)
		val |= GICH_LR_PEND;
	if (lr->active)
		val |= GICH_LR_ACT;
	if (lr->group1)
		val |= GICH_LR_GRP1;
	if (lr->hw) {
		val |= GICH_LR_HWIRQ | lr->hwintid << GICH_LR_PHYSID;
	} else {
		val |= (u32)lr->source << GICH_LR_PHYSID;
		if (lr->eoi)
			val |= GICH_LR_EOI;
	}
	gich_write(val, GICH_LR(n));
}

/*
 * Also empties it, so that the maintenance interrupt it may be asking for goes
 * away, and that the next entry starts with none in use.
 */
void vgic_v2_get_lr(struct av_vcpu *vcpu, unsigned int n, struct vgic_lr *lr)
{
	u32 val = gich_read(GICH_LR(n));

	lr->pending = val & GICH_LR_PEND;
	lr->active = val & GICH_LR_ACT;
	lr->source = val >> GICH_LR_PHYSID & 7;
	gich_write(0, GICH_LR(n));
}

void vgic_v2_commit(struct av_vcpu *vcpu, unsigned int used, u32 hcr)
{
	if (vcpu->vgic.v2.hcr == hcr)
		return;
	vcpu->vgic.v2.hcr = hcr;
	/* Sets the EOI count to zero, too. */
	gich_write(hcr, GICH_HCR);
}

u32 vgic_v2_eoicount(struct av_vcpu *vcpu)
{
	return gich_read(GICH_HCR) >> HCR_EOICOUNT;
}

u32 vgic_v2_vmcr(struct av_vcpu *vcpu)
{
	return vcpu->vgic.loaded ? gich_read(GICH_VMCR) : vcpu->vgic.v2.vmcr;
}

void vgic_v2_load(struct av_vcpu *vcpu)
{
	gich_write(vcpu->vgic.v2.vmcr, GICH_VMCR);
	gich_write(vcpu->vgic.v2.apr, GICH_APR);
	gich_write(ICH_HCR_EN_BIT, GICH_HCR);
	vcpu->vgic.v2.hcr = ICH_HCR_EN_BIT;
}

void vgic_v2_put(struct av_vcpu *vcpu)
{
	vcpu->vgic.v2.vmcr = gich_read(GICH_VMCR);
	vcpu->vgic.v2.apr = gich_read(GICH_APR);
	gich_write(0, GICH_HCR);
}

void vgic_v2_vcpu_reset(struct av_vcpu *vcpu)
{
	vcpu->vgic.v2.vmcr = 0;
	vcpu->vgic.v2.apr = 0;
}

/* --- SGIs ---------------------------------------------------------------- */

static void send_sgi(struct av_vcpu *target, u32 sgi, u32 sources)
{
	struct vgic_irq *irq = &target->vgic.priv[sgi];
	unsigned long flags;

	flags = vgic_irq_lock(irq);
	irq->source |= sources;
	irq->latch = true;
	vgic_irq_unlock(irq, flags, vgic_irq_update(irq));
}

/** vgic_v2_send_sgi - the guest wrote @val to GICD_SGIR */
void vgic_v2_send_sgi(struct av_vcpu *vcpu, u32 val)
{
	u32 sgi = val & 0xf, list = val >> 16 & 0xff;
	struct av_vcpu *target;
	unsigned int i;

	switch (val >> 24 & 3) {
	case 1:
		list = ~BIT(vcpu->idx);
		break;
	case 2:
		list = BIT(vcpu->idx);
		break;
	case 3:		/* reserved */
		list = 0;
		break;
	}
	vm_for_each_vcpu(i, target, vcpu->vm) {
		if (i < VGIC_V2_MAX_VCPUS && list & BIT(i))
			send_sgi(target, sgi, BIT(vcpu->idx));
	}
}

/* --- CPU interface, for user space only ---------------------------------- */

/* Where in GICH_VMCR a register's field is; 0 bits if @reg isn't there. */
static u32 vmcr_field(u32 reg, int *shift)
{
	switch (reg) {
	case GICC_CTLR:		/* has its bits where GICH_VMCR has them */
		*shift = 0;
		return VMCR_VENG0 | VMCR_VENG1 | VMCR_ACKCTL | VMCR_FIQEN | VMCR_CBPR | VMCR_EOIM;
	case GICC_PMR:		/* by the ABI five bits, not the eight of the architecture */
		*shift = VMCR_PMR_SHIFT + 3;
		return 0x1f;
	case GICC_BPR:
		*shift = VMCR_BPR0_SHIFT;
		return 7;
	case GICC_ABPR:
		*shift = VMCR_BPR1_SHIFT;
		return 7;
	}
	*shift = 0;
	return 0;
}

u64 vgic_v2_read_gicc(struct av_vcpu *vcpu, u32 reg)
{
	int shift;
	u32 mask = vmcr_field(reg, &shift);

	if (reg == GICC_IIDR)
		return VGIC_GICC_IIDR;
	/* Five bits of priority: 32 levels, all in the first of four registers. */
	if (reg == GICC_APR)
		return vcpu->vgic.v2.apr;
	return vcpu->vgic.v2.vmcr >> shift & mask;
}

void vgic_v2_write_gicc(struct av_vcpu *vcpu, u32 reg, u32 val)
{
	u32 *vmcr = &vcpu->vgic.v2.vmcr;
	int shift;
	u32 mask = vmcr_field(reg, &shift);

	if (reg == GICC_APR)
		vcpu->vgic.v2.apr = val;
	*vmcr = (*vmcr & ~(mask << shift)) | (val & mask) << shift;
}
