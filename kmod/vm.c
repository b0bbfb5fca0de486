// SPDX-License-Identifier: GPL-2.0
/*
 * A VM's lifetime, and what the module can do (CHECK_EXTENSION).  CREATE_VM starts no thread and
 * waits for no RCU grace period: a VMM's start waits for it.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "armvirt.h"

#define MIN_IPA_BITS		32
#define DEFAULT_IPA_BITS	40

/* 0, -EINVAL (type), -ENOMEM, -ESHUTDOWN (the machine is going down). */
int vm_create(unsigned long type, struct av_vm **out)
{
	unsigned long bits = type ?: DEFAULT_IPA_BITS;
	struct av_vm *vm;
	int ret;

	if (bits < MIN_IPA_BITS || bits > arch_host_ipa_bits())
		return -EINVAL;
	if (READ_ONCE(av_shutting_down))
		return -ESHUTDOWN;
	vm = kvzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return -ENOMEM;
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	rwlock_init(&vm->mmu_lock);
	vm->ipa_bits = bits;
	vm->mm = current->mm;
	mmgrab(vm->mm);
	memslot_vm_init(vm);
	iobus_vm_init(vm);
	eventfd_vm_init(vm);
	vgic_vm_init(vm);
	timer_vm_init(vm);
	smccc_vm_init(vm);
	/* The mmu last: from there on the mm may call us. */
	ret = arch_vm_init(vm) ?: mmu_vm_init(vm);
	if (ret) {
		arch_vm_exit(vm);
		mmdrop(vm->mm);
		kvfree(vm);
		return ret;
	}
	*out = vm;
	return 0;
}

void vm_get(struct av_vm *vm)
{
	kref_get(&vm->ref);
}

static void destroy(struct kref *ref)
{
	struct av_vm *vm = container_of(ref, struct av_vm, ref);
	unsigned int i;

	/* No interrupt is injected and no notifier runs any more after these two. */
	eventfd_vm_exit(vm);
	irqroute_vm_exit(vm);
	for (i = 0; i < vm->nr_vcpus; i++)
		vcpu_destroy(vm->vcpus[i]);
	vgic_vm_exit(vm);
	arch_vm_exit(vm);
	mmu_vm_exit(vm);
	memslot_vm_exit(vm);
	mmdrop(vm->mm);
	kvfree(vm);
}

void vm_put(struct av_vm *vm)
{
	kref_put(&vm->ref, destroy);
}

void vm_kill(struct av_vm *vm)
{
	struct av_vcpu *vcpu;
	unsigned int i;

	WRITE_ONCE(vm->dead, true);
	vm_for_each_vcpu(i, vcpu, vm)
		vcpu_request(vcpu, VCPU_REQ_STOP);
}

/* --- capabilities -------------------------------------------------------------- */

/* Their value is 1. */
static const u16 caps[] = {
	ARMVIRT_CAP_IRQCHIP, ARMVIRT_CAP_USER_MEMORY, ARMVIRT_CAP_MP_STATE, ARMVIRT_CAP_SYNC_MMU,
	ARMVIRT_CAP_DESTROY_MEMORY_REGION_WORKS, ARMVIRT_CAP_JOIN_MEMORY_REGIONS_WORKS,
	ARMVIRT_CAP_IRQFD, ARMVIRT_CAP_IOEVENTFD, ARMVIRT_CAP_INTERNAL_ERROR_DATA,
	ARMVIRT_CAP_VCPU_EVENTS, ARMVIRT_CAP_ONE_REG, ARMVIRT_CAP_READONLY_MEM,
	ARMVIRT_CAP_IRQFD_RESAMPLE, ARMVIRT_CAP_ARM_PSCI, ARMVIRT_CAP_ARM_SET_DEVICE_ADDR,
	ARMVIRT_CAP_DEVICE_CTRL, ARMVIRT_CAP_ARM_PSCI_0_2, ARMVIRT_CAP_CHECK_EXTENSION_VM,
	ARMVIRT_CAP_IOEVENTFD_ANY_LENGTH, ARMVIRT_CAP_ENABLE_CAP_VM, ARMVIRT_CAP_VCPU_ATTRIBUTES,
	ARMVIRT_CAP_IMMEDIATE_EXIT, ARMVIRT_CAP_ARM_IRQ_LINE_LAYOUT_2,
	ARMVIRT_CAP_ARM_NISV_TO_USER, ARMVIRT_CAP_ARM_INJECT_EXT_DABT, ARMVIRT_CAP_PTP_KVM,
	ARMVIRT_CAP_SYSTEM_EVENT_DATA, ARMVIRT_CAP_USER_MEMORY2,
};

int vm_enable_cap(struct av_vm *vm, const struct armvirt_enable_cap *cap)
{
	if (cap->flags || cap->cap != ARMVIRT_CAP_ARM_NISV_TO_USER)
		return -EINVAL;
	WRITE_ONCE(vm->nisv_to_user, true);
	return 0;
}

unsigned int vm_max_vcpus(void)
{
	return vgic_host_type() == ARMVIRT_DEV_TYPE_ARM_VGIC_V2 ? 8 : AV_MAX_VCPUS;
}

/* The same on a VM as on the system: 0 if it is not there, else what its manual says. */
int vm_check_extension(unsigned long cap)
{
	int i;

	switch (cap) {
	case ARMVIRT_CAP_NR_MEMSLOTS:
		return AV_NR_MEMSLOTS;
	case ARMVIRT_CAP_IRQ_ROUTING:
		return 4096;
	case ARMVIRT_CAP_X_VERSION:
		return ARMVIRT_X_VERSION;
	case ARMVIRT_CAP_NR_VCPUS:
		return min(num_online_cpus(), vm_max_vcpus());
	case ARMVIRT_CAP_MAX_VCPUS:
	case ARMVIRT_CAP_MAX_VCPU_ID:
		return vm_max_vcpus();
	case ARMVIRT_CAP_ARM_VM_IPA_SIZE:
		return arch_host_ipa_bits();
	case ARMVIRT_CAP_X_HYP_MODE:
		return arch_host_is_vhe() ? ARMVIRT_X_HYP_VHE : ARMVIRT_X_HYP_NVHE;
	case ARMVIRT_CAP_X_GIC:
		return vgic_host_type() == ARMVIRT_DEV_TYPE_ARM_VGIC_V2 ? 2 : 3;
	}
	for (i = 0; i < ARRAY_SIZE(caps); i++)
		if (caps[i] == cap)
			return 1;
	return arch_check_extension(cap);
}
