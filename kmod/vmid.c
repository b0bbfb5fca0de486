// SPDX-License-Identifier: GPL-2.0
/*
 * VMIDs.  A VM gets one when a vCPU of it is loaded for the first time in a
 * generation.  When they run out a new generation begins: every CPU leaves its
 * guest, all guest translations are dropped, and numbers start again at 1
 * (0 is the host's).  So VMs are unlimited and a VM's end needs no lock.
 */
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "armvirt.h"
#include "host.h"

static DEFINE_SPINLOCK(vmid_lock);	/* a leaf but for the IPI of a rollover */
static unsigned long generation = 1;		/* written under vmid_lock */
static u32 next_vmid = 1;

/* The VMID as it was last given: what may be in the TLBs is under this one. */
u64 vmid_vttbr(struct av_vm *vm)
{
	return (u64)vm->s2.root_pa | (u64)READ_ONCE(vm->vmid.id) << 48;
}

/*
 * Two vCPUs of a VM share its VMID, but to a guest each CPU has a TLB of its own: it may use the
 * same ASID for different things on them.  Preemption off, vttbr is set.
 */
void vmid_switch_vcpu(struct av_vcpu *vcpu)
{
	int *last = this_cpu_ptr(vcpu->vm->vmid.last_vcpu);

	if (*last == vcpu->idx)
		return;
	if (*last >= 0)
		tlb_flush_cpu(vcpu->hyp->vttbr);
	*last = vcpu->idx;
}

static void leave_guest(void *unused)
{
	/* The IPI itself has done it; the vCPU looks at the generation before going back. */
}

static void rollover(void)
{
	/*
	 * A CPU that is in a guest now leaves it.  One that is about to enter
	 * sees the new generation: it looks after it has announced itself
	 * with interrupts off, and this IPI waits for them.
	 */
	WRITE_ONCE(generation, generation + 1);
	smp_call_function(leave_guest, NULL, 1);
	tlb_flush(HYP_TLB_ALL, 0, 0, 0, 0);
	next_vmid = 1;
}

/* Makes sure that the VM has a VMID of this generation.  A rollover sends an IPI and waits. */
void arch_vm_load_vmid(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;

	/* Pairs with the release below: who sees the generation sees the VMID. */
	if (unlikely(smp_load_acquire(&vm->vmid.gen) != READ_ONCE(generation))) {
		spin_lock(&vmid_lock);
		if (vm->vmid.gen != generation) {
			if (next_vmid >> host_vmid_bits())
				rollover();
			WRITE_ONCE(vm->vmid.id, next_vmid++);
			/*
			 * Who invalidates clears a descriptor, issues DSB and
			 * then reads the VMID.  Either it reads the new one,
			 * or the walks that follow here see the cleared one.
			 */
			mb();
			smp_store_release(&vm->vmid.gen, generation);
		}
		spin_unlock(&vmid_lock);
	}
	vcpu->hyp->vttbr = vmid_vttbr(vm);
}

bool arch_vmid_current(struct av_vcpu *vcpu)
{
	return READ_ONCE(vcpu->vm->vmid.gen) == READ_ONCE(generation);
}

int arch_vm_init(struct av_vm *vm)
{
	int cpu;

	vm->vmid.last_vcpu = alloc_percpu(int);
	if (!vm->vmid.last_vcpu)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(vm->vmid.last_vcpu, cpu) = -1;
	return 0;
}

/* No vCPU of it will run: forget its translations before the tables are freed. */
void arch_vm_exit(struct av_vm *vm)
{
	if (vm->vmid.gen)
		tlb_flush(HYP_TLB_VMID, vmid_vttbr(vm), 0, 0, 0);
	free_percpu(vm->vmid.last_vcpu);
}
