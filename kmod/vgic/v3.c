// SPDX-License-Identifier: GPL-2.0
/* What guests do to a GICv3 by system registers that trap: SGIs, and sometimes deactivations. */
#include "vgic/internal.h"

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
				vgic_send_sgi(target, sgi, 0, group1);
		}
		return;
	}
	for_each_set_bit(bit, &list, 16) {
		target = vcpu_by_mpidr(vcpu->vm, aff | range | bit);
		if (target)
			vgic_send_sgi(target, sgi, 0, group1);
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
