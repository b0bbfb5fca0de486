// SPDX-License-Identifier: GPL-2.0
/*
 * GICv3: the format of the list registers in struct hyp_gic (EL2 moves them to
 * and from the ICH registers), SGIs and trapped deactivations.
 */
#include "vgic/internal.h"

#define ICH_LR_PENDING	BIT_ULL(62)
#define ICH_LR_ACTIVE	BIT_ULL(63)
#define ICH_LR_HWIRQ	BIT_ULL(61)
#define ICH_LR_GRP1	BIT_ULL(60)
#define ICH_LR_EOIBIT	BIT_ULL(41)
#define ICH_LR_PRIO	48
#define ICH_LR_PINTID	32

/* --- list registers ------------------------------------------------------ */

void vgic_v3_set_lr(struct av_vcpu *vcpu, unsigned int n, const struct vgic_lr *lr)
{
	u64 val = lr->intid | (u64)lr->priority << ICH_LR_PRIO;

	if (lr->pending)
		val |= ICH_LR_PENDING;
	if (lr->active)
		val |= ICH_LR_ACTIVE;
	if (lr->group1)
		val |= ICH_LR_GRP1;
	if (lr->hw)
		val |= ICH_LR_HWIRQ | (u64)lr->hwintid << ICH_LR_PINTID;
	else if (lr->eoi)
		val |= ICH_LR_EOIBIT;
	vcpu->hyp->gic.lr[n] = val;
}

void vgic_v3_get_lr(struct av_vcpu *vcpu, unsigned int n, struct vgic_lr *lr)
{
	u64 val = vcpu->hyp->gic.lr[n];

	lr->pending = val & ICH_LR_PENDING;
	lr->active = val & ICH_LR_ACTIVE;
	lr->source = 0;
}

void vgic_v3_commit(struct av_vcpu *vcpu, unsigned int used, u32 hcr)
{
	vcpu->hyp->gic.used = used;
	vcpu->hyp->gic.hcr = hcr;
}

u32 vgic_v3_eoicount(struct av_vcpu *vcpu)
{
	return vcpu->hyp->gic.eoicount;
}

/* The guest's latest word: of a loaded vCPU it may still be in the hardware. */
u32 vgic_v3_vmcr(struct av_vcpu *vcpu)
{
	arch_vcpu_gic_put(vcpu);
	return vcpu->hyp->gic.vmcr;
}

/* All zero is the reset state; the binary points read back as their minimum. */
void vgic_v3_vcpu_reset(struct av_vcpu *vcpu)
{
	struct hyp_gic *gic = &vcpu->hyp->gic;

	gic->vmcr = 0;
	memset(gic->ap0r, 0, sizeof(gic->ap0r));
	memset(gic->ap1r, 0, sizeof(gic->ap1r));
}

void vgic_v3_vcpu_enable(struct av_vcpu *vcpu)
{
	struct hyp_gic *gic = &vcpu->hyp->gic;

	gic->nr_apr = vgic_host.nr_apr;
	gic->hcr = ICH_HCR_EN_BIT;
	vcpu->hyp->flags |= HYP_VCPU_GICV3;
}

/* --- SGIs and traps ------------------------------------------------------ */

static void send_sgi(struct av_vcpu *target, u32 sgi, bool group1)
{
	struct vgic_irq *irq = &target->vgic.priv[sgi];
	unsigned long flags;
	bool tell = false;

	flags = vgic_irq_lock(irq);
	/* ICC_SGI0R makes group 0 interrupts only; with one security state ICC_SGI1R makes both. */
	if (group1 || !irq->group1) {
		irq->latch = true;
		tell = vgic_irq_update(irq);
	}
	vgic_irq_unlock(irq, flags, tell);
}

/**
 * vgic_v3_send_sgi() - the guest wrote an ICC_SGI*R register
 * @vcpu: the writer
 * @val: what it wrote
 * @group1: not to ICC_SGI0R_EL1
 */
void vgic_v3_send_sgi(struct av_vcpu *vcpu, u64 val, bool group1)
{
	u64 aff = (val >> 48 & 0xff) << 32 | (val >> 32 & 0xff) << 16 | (val >> 16 & 0xff) << 8;
	u32 range = (val >> 44 & 0xf) * 16;
	unsigned long list = val & 0xffff;
	u32 sgi = val >> 24 & 0xf;
	struct av_vcpu *target;
	unsigned int i, bit;

	if (!vgic_ready(vcpu->vm) || vgic_is_v2(vcpu->vm))
		return;
	if (val & BIT_ULL(40)) {
		vm_for_each_vcpu(i, target, vcpu->vm) {
			if (target != vcpu)
				send_sgi(target, sgi, group1);
		}
		return;
	}
	for_each_set_bit(bit, &list, 16) {
		target = vcpu_by_mpidr(vcpu->vm, aff | range | bit);
		if (target)
			send_sgi(target, sgi, group1);
	}
}

/**
 * vgic_v3_write_dir() - the guest wrote ICC_DIR_EL1 while that was trapped
 * @vcpu: the writer
 * @val: what it wrote
 */
void vgic_v3_write_dir(struct av_vcpu *vcpu, u64 val)
{
	struct vgic_irq *irq = vgic_irq_get(vcpu->vm, vcpu, val & 0xffffff);
	unsigned long flags;
	bool ended;

	if (!irq)
		return;
	flags = vgic_irq_lock(irq);
	ended = irq->active && irq->home == &vcpu->vgic.home;
	if (ended) {
		irq->active = false;
		if (vcpu->vgic.loaded)
			vgic_irq_deactivate_hw(irq);
	}
	ended = ended && irq->notify && !irq->edge;
	vgic_irq_unlock(irq, flags, vgic_irq_update(irq));
	if (ended)
		eventfd_eoi(vcpu->vm, irq->intid);
}
