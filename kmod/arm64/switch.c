// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's way on and off a physical CPU, host side: its block for EL2, load
 * and put (with preemption off between them; we have no preempt notifiers),
 * and the entry itself.
 */
#include <linux/gfp.h>
#include <asm/daifflags.h>
#include <asm/neon.h>

#include "armvirt.h"
#include "host.h"
#include "sysreg.h"

int arch_vcpu_create(struct av_vcpu *vcpu)
{
	const size_t size = PAGE_ALIGN(sizeof(struct hyp_vcpu));
	int ret = 0;

	vcpu->hyp = alloc_pages_exact(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!vcpu->hyp)
		return -ENOMEM;
	vcpu->arch.el2_addr = is_kernel_in_hyp_mode() ? (u64)vcpu->hyp : virt_to_phys(vcpu->hyp);
	if (!is_kernel_in_hyp_mode())
		ret = hypmap_map(vcpu->hyp, size, S2PT_R | S2PT_W);
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

static u64 vcpu_call(struct av_vcpu *vcpu, u64 nr)
{
	return hyp_call(nr, vcpu->arch.el2_addr, (u64)__this_cpu_read(hyp_this_cpu), 0, 0);
}

/* CNTVOFF_EL2 is the guest's until the vCPU is put. */
void arch_vcpu_load(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;
	int *last = this_cpu_ptr(vm->arch.last_vcpu);

	vcpu->hyp->vtcr = vm->arch.vtcr;
	vcpu->hyp->cntvoff = vm->timer.offset[TIMER_VIRT];
	arch_set_flag(vcpu->hyp, HYP_VCPU_PCT_TRAP, vm->timer.offset[TIMER_PHYS]);
	/* The function ids of PSCI 0.1 are of an owner that nobody else serves. */
	arch_set_flag(vcpu->hyp, HYP_VCPU_SMCCC_FAST,
		      vcpu->features & BIT(ARMVIRT_ARM_VCPU_PSCI_0_2));
	if (*last != vcpu->idx) {
		if (*last >= 0)
			tlb_flush_cpu(vcpu->hyp->vttbr);
		*last = vcpu->idx;
	}
	vcpu_call(vcpu, HYP_LOAD);
	vcpu->arch.sys_loaded = is_kernel_in_hyp_mode();
}

void arch_vcpu_put(struct av_vcpu *vcpu)
{
	vcpu->hyp->flags &= ~HYP_VCPU_FP_CLAIMED;
	vcpu_call(vcpu, HYP_PUT);
	vcpu->arch.sys_loaded = false;
}

void arch_vcpu_gic_put(struct av_vcpu *vcpu)
{
	if (vcpu->hyp->flags & HYP_VCPU_GIC_LOADED)
		vcpu_call(vcpu, HYP_GIC_PUT);
}

/*
 * The guest uses FP for the first time since its load.  The registers may still hold a user
 * thread's state, SVE's part included, which only the kernel knows how to save.  Beginning to use
 * NEON makes it do that and forget that they were anybody's; between exits the guest's state is in
 * memory, so interrupts may use NEON as they like.
 */
void arch_vcpu_claim_fp(struct av_vcpu *vcpu)
{
	struct user_fpsimd_state unused;

	kernel_neon_begin(&unused);
	kernel_neon_end(&unused);
	vcpu->hyp->flags |= HYP_VCPU_FP_CLAIMED;
}

int arch_vcpu_enter(struct av_vcpu *vcpu)
{
	unsigned long lines = READ_ONCE(vcpu->arch.lines);
	u64 exit;

	vcpu->hyp->hcr &= ~(AV_HCR_VI | AV_HCR_VF);
	vcpu->hyp->hcr |= (lines & 1 ? AV_HCR_VI : 0) | (lines & 2 ? AV_HCR_VF : 0);

	/*
	 * A kernel that masks interrupts by priority (pseudo-NMI) would keep
	 * them from ending the guest: mask by DAIF, and open the priority mask.
	 */
	local_daif_mask();
	exit = vcpu_call(vcpu, HYP_RUN);
	local_daif_restore(DAIF_PROCCTX_NOIRQ);
	return exit == HYP_STUB_ERR ? HYP_EXIT_LOST : exit;
}
