// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's way on and off a physical CPU, host side: its block for EL2, load
 * and put (with preemption off between them; we have no preempt notifiers),
 * and the entry itself.
 */
#include <linux/gfp.h>

#include "hyp/hcr.h"
#include "armvirt.h"
#include "host.h"

/* EL2 knows a vCPU by its physical address, and none by 0. */
static void *alloc_block(size_t size)
{
	void *first, *block = alloc_pages_exact(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);

	if (!block || virt_to_phys(block))
		return block;
	first = block;
	block = alloc_pages_exact(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	free_pages_exact(first, size);
	return block;
}

int arch_vcpu_create(struct av_vcpu *vcpu)
{
	const size_t size = PAGE_ALIGN(sizeof(struct hyp_vcpu));
	int ret = 0;

	vcpu->hyp = alloc_block(size);
	if (!vcpu->hyp)
		return -ENOMEM;
	vcpu->hyp->vtcr = host_vtcr(&vcpu->vm->s2);
	vcpu->hyp_addr = (unsigned long)vcpu->hyp;
	if (!is_kernel_in_hyp_mode()) {
		vcpu->hyp_addr = virt_to_phys(vcpu->hyp);
		ret = hypmap_map(vcpu->hyp, size, S2PT_R | S2PT_W);
	}
	if (ret)
		free_pages_exact(vcpu->hyp, size);
	return ret;
}

void arch_vcpu_destroy(struct av_vcpu *vcpu)
{
	const size_t size = PAGE_ALIGN(sizeof(struct hyp_vcpu));

	if (!is_kernel_in_hyp_mode())
		hypmap_unmap(vcpu->hyp, size);
	free_pages_exact(vcpu->hyp, size);
}

static u64 vcpu_call(struct av_vcpu *vcpu, u32 nr)
{
	return hyp_call(nr, vcpu->hyp_addr, (unsigned long)__this_cpu_read(hyp_this_cpu), 0, 0);
}

/* CNTVOFF_EL2 is the guest's until the vCPU is put. */
void arch_vcpu_load(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;

	vcpu->hyp->cntvoff = vm->timer.offset[TIMER_VIRT];
	vcpu_set_flag(vcpu, HYP_VCPU_PCT_TRAP, vm->timer.offset[TIMER_PHYS]);
	/* The function ids of PSCI 0.1 are of an owner that nobody else serves. */
	vcpu_set_flag(vcpu, HYP_VCPU_SMCCC_FAST,
		      vcpu->features & BIT(ARMVIRT_ARM_VCPU_PSCI_0_2));
	vmid_switch_vcpu(vcpu);
	vcpu_call(vcpu, HYP_LOAD);
	host_vcpu_loaded(vcpu, true);
}

void arch_vcpu_put(struct av_vcpu *vcpu)
{
	vcpu->hyp->flags &= ~HYP_VCPU_FP_CLAIMED;
	vcpu_call(vcpu, HYP_PUT);
	host_vcpu_loaded(vcpu, false);
}

void arch_vcpu_gic_put(struct av_vcpu *vcpu)
{
	if (vcpu->hyp->flags & HYP_VCPU_GIC_LOADED)
		vcpu_call(vcpu, HYP_GIC_PUT);
}

/*
 * Drives the IRQ or FIQ input of a CPU without a GIC, from any context.  The lines meet HCR_EL2 at
 * entry, since EL2 and the vCPU's thread change the rest of it without atomic operations.
 */
void arch_vcpu_set_line(struct av_vcpu *vcpu, bool fiq, bool level)
{
	if (level)
		set_bit(fiq, &vcpu->lines);
	else
		clear_bit(fiq, &vcpu->lines);
	vcpu_kick(vcpu);
}

/*
 * What wakes a vCPU from WFI, masked or not (ARM ARM D1.6.2; DDI 0406C, B1.8.13), beside the GIC's
 * interrupts.
 */
bool arch_vcpu_event_pending(struct av_vcpu *vcpu)
{
	return vcpu->hyp->hcr & AV_HCR_VSE || READ_ONCE(vcpu->lines);
}

int arch_vcpu_enter(struct av_vcpu *vcpu)
{
	unsigned long lines = READ_ONCE(vcpu->lines);
	u64 exit;

	vcpu->hyp->hcr &= ~(AV_HCR_VI | AV_HCR_VF);
	vcpu->hyp->hcr |= (lines & 1 ? AV_HCR_VI : 0) | (lines & 2 ? AV_HCR_VF : 0);

	host_mask_all();
	exit = vcpu_call(vcpu, HYP_RUN);
	host_unmask_all();
	return exit == HYP_STUB_ERR ? HYP_EXIT_LOST : exit;
}
