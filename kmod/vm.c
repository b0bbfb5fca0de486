// SPDX-License-Identifier: GPL-2.0
/*
 * A VM's lifetime, and what the module can do (CHECK_EXTENSION).
 * CREATE_VM starts no thread and waits for no RCU grace period: a VMM's start
 * waits for it.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "armvirt.h"

#define MIN_IPA_BITS		32
#define DEFAULT_IPA_BITS	40

static int type_to_ipa_bits(unsigned long type, unsigned int *bits)
{
	if (type & ~0xffUL)
		return -EINVAL;
	*bits = type ? type : DEFAULT_IPA_BITS;
	if (*bits < MIN_IPA_BITS || *bits > arch_host_ipa_bits())
		return -EINVAL;
	return 0;
}

static int init_parts(struct av_vm *vm)
{
	int ret;

	ret = arch_vm_init(vm);
	if (ret)
		return ret;
	ret = memslot_vm_init(vm);
	if (ret)
		goto exit_arch;
	ret = iobus_vm_init(vm);
	if (ret)
		goto exit_memslot;
	ret = irqroute_vm_init(vm);
	if (ret)
		goto exit_iobus;
	ret = eventfd_vm_init(vm);
	if (ret)
		goto exit_irqroute;
	vgic_vm_init(vm);
	timer_vm_init(vm);
	smccc_vm_init(vm);
	/* Last: from here on the mm may call us. */
	ret = mmu_vm_init(vm);
	if (ret)
		goto exit_vgic;
	arch_vm_set_stage2(vm);
	return 0;

exit_vgic:
	vgic_vm_exit(vm);
	eventfd_vm_exit(vm);
exit_irqroute:
	irqroute_vm_exit(vm);
exit_iobus:
	iobus_vm_exit(vm);
exit_memslot:
	memslot_vm_exit(vm);
exit_arch:
	arch_vm_exit(vm);
	return ret;
}

/**
 * vm_create - ARMVIRT_CREATE_VM
 * @type: 0 or the number of IPA bits
 * @out: the new VM, with one reference
 *
 * Return: 0, -EINVAL (type), -ENOMEM, -ESHUTDOWN (the machine is going down).
 */
int vm_create(unsigned long type, struct av_vm **out)
{
	unsigned int bits;
	struct av_vm *vm;
	int ret = type_to_ipa_bits(type, &bits);

	if (ret)
		return ret;
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

	ret = init_parts(vm);
	if (ret) {
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

/* In the reverse order of init_parts(), but for what a part still needs of another. */
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
	iobus_vm_exit(vm);
	arch_vm_exit(vm);
	mmu_vm_exit(vm);
	memslot_vm_exit(vm);
	mmdrop(vm->mm);
	kvfree(vm);
}

/** vm_put - drop a reference; the last one destroys the VM.  Sleeps. */
void vm_put(struct av_vm *vm)
{
	kref_put(&vm->ref, destroy);
}

/**
 * vm_kill - no vCPU of the VM enters the guest again; RUN answers -EIO
 * @vm: any
 *
 * Any context.
 */
void vm_kill(struct av_vm *vm)
{
	struct av_vcpu *vcpu;
	unsigned int i;

	WRITE_ONCE(vm->dead, true);
	vm_for_each_vcpu(i, vcpu, vm)
		vcpu_request(vcpu, VCPU_REQ_STOP);
}

/* --- capabilities -------------------------------------------------------------- */

static const struct {
	unsigned int cap;
	int value;
} caps[] = {
	{ ARMVIRT_CAP_IRQCHIP, 1 },
	{ ARMVIRT_CAP_USER_MEMORY, 1 },
	{ ARMVIRT_CAP_NR_MEMSLOTS, AV_NR_MEMSLOTS },
	{ ARMVIRT_CAP_MP_STATE, 1 },
	{ ARMVIRT_CAP_SYNC_MMU, 1 },
	{ ARMVIRT_CAP_DESTROY_MEMORY_REGION_WORKS, 1 },
	{ ARMVIRT_CAP_IRQ_ROUTING, 4096 },
	{ ARMVIRT_CAP_JOIN_MEMORY_REGIONS_WORKS, 1 },
	{ ARMVIRT_CAP_IRQFD, 1 },
	{ ARMVIRT_CAP_IOEVENTFD, 1 },
	{ ARMVIRT_CAP_INTERNAL_ERROR_DATA, 1 },
	{ ARMVIRT_CAP_VCPU_EVENTS, 1 },
	{ ARMVIRT_CAP_ONE_REG, 1 },
	{ ARMVIRT_CAP_READONLY_MEM, 1 },
	{ ARMVIRT_CAP_IRQFD_RESAMPLE, 1 },
	{ ARMVIRT_CAP_ARM_PSCI, 1 },
	{ ARMVIRT_CAP_ARM_SET_DEVICE_ADDR, 1 },
	{ ARMVIRT_CAP_DEVICE_CTRL, 1 },
	{ ARMVIRT_CAP_ARM_PSCI_0_2, 1 },
	{ ARMVIRT_CAP_CHECK_EXTENSION_VM, 1 },
	{ ARMVIRT_CAP_IOEVENTFD_ANY_LENGTH, 1 },
	{ ARMVIRT_CAP_ENABLE_CAP_VM, 1 },
	{ ARMVIRT_CAP_VCPU_ATTRIBUTES, 1 },
	{ ARMVIRT_CAP_IMMEDIATE_EXIT, 1 },
	{ ARMVIRT_CAP_ARM_IRQ_LINE_LAYOUT_2, 1 },
	{ ARMVIRT_CAP_ARM_NISV_TO_USER, 1 },
	{ ARMVIRT_CAP_USER_MEMORY2, 1 },
	{ ARMVIRT_CAP_X_VERSION, ARMVIRT_X_VERSION },
};

/** vm_enable_cap - ARMVIRT_ENABLE_CAP on a VM.  Return: 0 or -EINVAL. */
int vm_enable_cap(struct av_vm *vm, const struct armvirt_enable_cap *cap)
{
	if (cap->flags || cap->cap != ARMVIRT_CAP_ARM_NISV_TO_USER)
		return -EINVAL;
	WRITE_ONCE(vm->nisv_to_user, true);
	return 0;
}

/** vm_max_vcpus - how many vCPUs a VM can have here, and the first number none can have */
unsigned int vm_max_vcpus(void)
{
	return vgic_host_type() == ARMVIRT_DEV_TYPE_ARM_VGIC_V2 ? 8 : AV_MAX_VCPUS;
}

/**
 * vm_check_extension - ARMVIRT_CHECK_EXTENSION
 * @vm: the VM, or NULL for the system's answer
 * @cap: ARMVIRT_CAP_*
 *
 * Return: 0 if it is not there, else what the capability's manual says.
 */
int vm_check_extension(struct av_vm *vm, unsigned long cap)
{
	int i, ret;

	switch (cap) {
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
		if (caps[i].cap == cap)
			return caps[i].value;
	ret = arch_check_extension(vm, cap);
	return ret < 0 ? 0 : ret;
}
