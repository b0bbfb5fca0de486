// SPDX-License-Identifier: GPL-2.0
/*
 * A device of the host mapped into the guest through a memory slot, as VFIO does it: memory without
 * struct page. The device is the fw_cfg of QEMU's virt board, by /dev/mem.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "vm.h"

#define PAGE		4096UL
#define FW_CFG		0x09020000UL
#define FW_CFG_DATA	0
#define FW_CFG_SELECT	8

static void *map_fw_cfg(int prot)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	volatile u8 *m;

	if (fd < 0)
		test_skip("no /dev/mem");
	m = mmap(NULL, PAGE, prot, MAP_SHARED, fd, FW_CFG);
	close(fd);
	if (m == MAP_FAILED)
		test_skip("/dev/mem does not give the device");
	return (void *)m;
}

static void guest_identify(u64 a)
{
	char id[4];

	mmio_write16(a + FW_CFG_SELECT, 0);
	for (int i = 0; i < 4; i++)
		id[i] = mmio_read8(a + FW_CFG_DATA);
	guest_tell(id[0] << 24 | id[1] << 16 | id[2] << 8 | id[3], 0, 0);
	/* Again: the host has taken it away meanwhile. */
	mmio_read8(a + FW_CFG_DATA);
	guest_done();
}

static void device(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_identify, TEST_GPA);
	void *m = map_fw_cfg(PROT_READ | PROT_WRITE);
	struct ucall *uc;

	require(!vm_set_slot(vm, TEST_SLOT, 0, TEST_GPA, PAGE, m));
	uc = vcpu_ucall(v);
	require(uc);
	expect_eq(uc->arg[0], 'Q' << 24 | 'E' << 16 | 'M' << 8 | 'U');
	munmap(m, PAGE);
	expect_eq(vcpu_run(v), -EFAULT);
	vm_free(vm);
}

static void guest_execute(u64 a)
{
	((void (*)(void))(uintptr_t)a)();
	guest_done();
}

static volatile u64 fault_esr;
static volatile bool fetched;

static bool on_sync(struct guest_frame *f)
{
	fault_esr = f->esr;
	fetched = frame_is_fetch(f);
	f->elr = FRAME_LR(f);
	return true;
}

/* Nobody can execute from there; the guest is told so. */
static void execute(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_execute, TEST_GPA);

	require(!vm_set_slot(vm, TEST_SLOT, 0, TEST_GPA, PAGE, map_fw_cfg(PROT_READ | PROT_WRITE)));
	guest_sync = on_sync;
	expect(vcpu_finish(v));
	expect(fetched);
	expect_eq(fault_esr & 0x3f, 0x10);
	vm_free(vm);
}

static void guest_write(u64 a)
{
	mmio_write16(a + FW_CFG_SELECT, 0);
	guest_done();
}

static void read_only(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_write, TEST_GPA);

	require(!vm_set_slot(vm, TEST_SLOT, 0, TEST_GPA, PAGE, map_fw_cfg(PROT_READ)));
	expect_eq(vcpu_run(v), -EFAULT);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "a device's registers", device },
	{ "execution from a device", execute },
	{ "a device mapped for reading", read_only },
};

TEST_MAIN(tests)
