// SPDX-License-Identifier: GPL-2.0
/*
 * CHECK_EXTENSION and ENABLE_CAP: what every client relies on is there, on the device node and on
 * the VM alike, and a capability that can't be enabled is refused.
 */
#include <unistd.h>
#include "gic.h"

struct cap {
	const char *name;
	u32 nr;
};

#define CAP(name)	{ #name, ARMVIRT_CAP_##name }

/* Required by kvmtool, Firecracker, QEMU or the kernel's own tests. */
static const struct cap needed[] = {
	CAP(IRQCHIP), CAP(USER_MEMORY), CAP(NR_VCPUS), CAP(NR_MEMSLOTS), CAP(MP_STATE),
	CAP(SYNC_MMU), CAP(DESTROY_MEMORY_REGION_WORKS), CAP(JOIN_MEMORY_REGIONS_WORKS),
	CAP(IRQFD), CAP(IOEVENTFD), CAP(INTERNAL_ERROR_DATA), CAP(MAX_VCPUS), CAP(ONE_REG),
	CAP(READONLY_MEM), CAP(ARM_PSCI), CAP(DEVICE_CTRL), CAP(ARM_PSCI_0_2),
	CAP(CHECK_EXTENSION_VM), CAP(IOEVENTFD_ANY_LENGTH), CAP(MAX_VCPU_ID), CAP(IMMEDIATE_EXIT),
	CAP(ARM_VM_IPA_SIZE),
};

static void needed_caps(void)
{
	struct vm *vm = vm_bare();

	for (int i = 0; i < ARRAY_SIZE(needed); i++) {
		int sys = ioctl(vm->dev, ARMVIRT_CHECK_EXTENSION, needed[i].nr);
		int on_vm = ioctl(vm->fd, ARMVIRT_CHECK_EXTENSION, needed[i].nr);

		if (sys <= 0)
			fail("CAP_%s is %d on the device node", needed[i].name, sys);
		if (on_vm <= 0)
			fail("CAP_%s is %d on the VM", needed[i].name, on_vm);
	}
	vm_free(vm);
}

static void counts(void)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);

	expect_eq(dev_cap(ARMVIRT_CAP_NR_VCPUS), cpus);
	expect(dev_cap(ARMVIRT_CAP_MAX_VCPUS) >= 8);
	expect(dev_cap(ARMVIRT_CAP_MAX_VCPU_ID) >= dev_cap(ARMVIRT_CAP_MAX_VCPUS));
	expect_eq(dev_cap(ARMVIRT_CAP_NR_MEMSLOTS), 32767);
	expect_eq(dev_cap(ARMVIRT_CAP_IRQ_INJECT_STATUS), 0);
}

/* Numbers around and far from the known ones answer 0, whatever the number. */
static void unknown_caps(void)
{
	int dev = dev_open();

	expect_eq(ioctl(dev, ARMVIRT_CHECK_EXTENSION, 1000000), 0);
	expect_eq(ioctl(dev, ARMVIRT_CHECK_EXTENSION, 0x41560000 + 9999), 0);
	expect_eq(ioctl(dev, ARMVIRT_CHECK_EXTENSION, 0xffffffffUL), 0);
	close(dev);
}

static void enable_cap(void)
{
	struct armvirt_enable_cap cap = { .cap = ARMVIRT_CAP_ARM_NISV_TO_USER };
	struct vm *vm = vm_bare();

	if (dev_cap(cap.cap) > 0)
		expect_eq(ioctl(vm->fd, ARMVIRT_ENABLE_CAP, &cap), 0);
	else
		expect_err(ioctl(vm->fd, ARMVIRT_ENABLE_CAP, &cap), EINVAL);
	cap.flags = 1;
	expect_err(ioctl(vm->fd, ARMVIRT_ENABLE_CAP, &cap), EINVAL);
	cap = (struct armvirt_enable_cap){ .cap = ARMVIRT_CAP_USER_MEMORY };
	expect_err(ioctl(vm->fd, ARMVIRT_ENABLE_CAP, &cap), EINVAL);
	cap.cap = 1000000;
	expect_err(ioctl(vm->fd, ARMVIRT_ENABLE_CAP, &cap), EINVAL);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "what clients need is there", needed_caps },
	{ "counts", counts },
	{ "unknown capabilities are 0", unknown_caps },
	{ "ENABLE_CAP", enable_cap },
};

TEST_MAIN(tests)
