// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a VM and its vCPUs as ioctls: what is created when, in which order it may be closed,
 * and the errno of everything that is refused. Registers and memory have tests of their own.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gic.h"

#define UNKNOWN_IOCTL	_IO(ARMVIRTIO, 0xfe)

static void system_ioctls(void)
{
	int dev = dev_open();
	long size = ioctl(dev, ARMVIRT_GET_VCPU_MMAP_SIZE, 0);

	expect_eq(ioctl(dev, ARMVIRT_GET_API_VERSION, 0), 12);
	expect_err(ioctl(dev, ARMVIRT_GET_API_VERSION, 1), EINVAL);
	expect(size >= (long)sizeof(struct armvirt_run) && size % 4096 == 0);
	expect_err(ioctl(dev, ARMVIRT_GET_VCPU_MMAP_SIZE, 1), EINVAL);
	expect_err(ioctl(dev, UNKNOWN_IOCTL, 0), EINVAL);
	expect_err(ioctl(dev, ARMVIRT_RUN, 0), EINVAL);
	expect_eq(ioctl(dev, ARMVIRT_CHECK_EXTENSION, 0x7fffffff), 0);
	close(dev);
}

static void readonly_node(void)
{
	int dev = open(dev_path(), O_RDONLY);

	require(dev >= 0);
	expect_eq(ioctl(dev, ARMVIRT_GET_API_VERSION, 0), 12);
	expect(ioctl(dev, ARMVIRT_CHECK_EXTENSION, ARMVIRT_CAP_USER_MEMORY) > 0);
	close(dev);
}

static void vm_types(void)
{
	int dev = dev_open();
	int max = ioctl(dev, ARMVIRT_CHECK_EXTENSION, ARMVIRT_CAP_ARM_VM_IPA_SIZE);

	require(max >= 32 && max <= 52);
	for (int bits = 0; bits < 64; bits++) {
		int fd = ioctl(dev, ARMVIRT_CREATE_VM, bits);
		bool good = bits == 0 ? max >= 40 : bits >= 32 && bits <= max;

		if ((fd >= 0) != good)
			fail("CREATE_VM(%d) gave %d, IPA size is %d", bits, fd, max);
		if (fd < 0)
			expect_eq(errno, EINVAL);
		close(fd);
	}
	expect_err(ioctl(dev, ARMVIRT_CREATE_VM, 0x100), EINVAL);
	expect_err(ioctl(dev, ARMVIRT_CREATE_VM, ~(-1UL >> 1)), EINVAL);
	expect_err(ioctl(dev, ARMVIRT_CREATE_VM, -1L), EINVAL);
	close(dev);
}

static void unknown_ioctls(void)
{
	struct vm *vm = vm_bare();
	struct vcpu *v = vcpu_bare(vm, 0);

	expect_err(ioctl(vm->fd, UNKNOWN_IOCTL, 0), EINVAL);
	expect_err(ioctl(vm->fd, ARMVIRT_RUN, 0), EINVAL);
	expect_err(ioctl(vm->fd, _IO('x', 1), 0), EINVAL);
	expect_err(ioctl(v->fd, UNKNOWN_IOCTL, 0), EINVAL);
	expect_err(ioctl(v->fd, ARMVIRT_CREATE_VCPU, 1), EINVAL);
	expect_err(ioctl(v->fd, _IO('x', 1), 0), EINVAL);
	expect_eq(vcpu_init(v, 0), 0);
	expect_err(ioctl(v->fd, UNKNOWN_IOCTL, 0), EINVAL);
	gic_new(vm);
	expect_err(ioctl(vm->gic_fd, UNKNOWN_IOCTL, 0), ENOTTY);
	expect_err(ioctl(vm->gic_fd, ARMVIRT_RUN, 0), ENOTTY);
	vm_free(vm);
}

static void vcpu_numbers(void)
{
	struct vm *vm = vm_bare();
	int max = ioctl(vm->fd, ARMVIRT_CHECK_EXTENSION, ARMVIRT_CAP_MAX_VCPUS);
	int fd;

	require(max >= 8);
	expect_err(ioctl(vm->fd, ARMVIRT_CREATE_VCPU, max), EINVAL);
	expect_err(ioctl(vm->fd, ARMVIRT_CREATE_VCPU, -1L), EINVAL);
	fd = ioctl(vm->fd, ARMVIRT_CREATE_VCPU, 5);
	expect(fd >= 0);
	expect_err(ioctl(vm->fd, ARMVIRT_CREATE_VCPU, 5), EEXIST);
	/* A vCPU is gone only with its VM. */
	close(fd);
	expect_err(ioctl(vm->fd, ARMVIRT_CREATE_VCPU, 5), EEXIST);
	expect(ioctl(vm->fd, ARMVIRT_CREATE_VCPU, 0) >= 0);
	vm_free(vm);
}

static void before_init(void)
{
	struct vm *vm = vm_bare();
	struct vcpu *v = vcpu_bare(vm, 0);
	struct armvirt_reg_list list = { .n = 0 };
	u64 value = 0;

	expect_err(ioctl(v->fd, ARMVIRT_RUN, 0), ENOEXEC);
	expect_err(vcpu_get(v, REG_PC, &value), ENOEXEC);
	expect_err(vcpu_set(v, REG_PC, &value), ENOEXEC);
	expect_err(ioctl(v->fd, ARMVIRT_GET_REG_LIST, &list), ENOEXEC);
	expect_eq(vcpu_init(v, 0), 0);
	expect_err(ioctl(v->fd, ARMVIRT_RUN, 1), EINVAL);
	expect_eq(vcpu_get(v, REG_PC, &value), 0);
	vm_free(vm);
}

static int try_init(struct vcpu *v, u32 target, int word, u32 bits)
{
	struct armvirt_vcpu_init init;

	require(!ioctl(v->vm->fd, ARMVIRT_ARM_PREFERRED_TARGET, &init));
	if (target != ~0U)
		init.target = target;
	init.features[word] |= bits;
	return ioctl(v->fd, ARMVIRT_ARM_VCPU_INIT, &init);
}

static void init_errors(void)
{
	struct vm *vm = vm_bare();
	struct vcpu *v = vcpu_bare(vm, 0);
	u32 psci = 1 << ARMVIRT_ARM_VCPU_PSCI_0_2;

	expect_err(try_init(v, 77, 0, psci), EINVAL);
	expect_err(try_init(v, ~0U, 0, 1U << 31), ENOENT);
	for (int word = 1; word < 7; word++)
		expect_err(try_init(v, ~0U, word, 1), ENOENT);
#ifdef __arm__
	expect_err(try_init(v, ~0U, 0, psci | 1 << 2), ENOENT);
#else
	if (!dev_cap(ARMVIRT_CAP_ARM_SVE))
		expect_err(try_init(v, ~0U, 0, 1 << ARMVIRT_ARM_VCPU_SVE), EINVAL);
	if (!dev_cap(ARMVIRT_CAP_ARM_EL1_32BIT))
		expect_err(try_init(v, ~0U, 0, 1 << ARMVIRT_ARM_VCPU_EL1_32BIT), EINVAL);
	if (!dev_cap(ARMVIRT_CAP_ARM_PMU_V3))
		expect_err(try_init(v, ~0U, 0, 1 << ARMVIRT_ARM_VCPU_PMU_V3), EINVAL);
	/* Both kinds of pointer authentication or none. */
	expect_err(try_init(v, ~0U, 0, 1 << ARMVIRT_ARM_VCPU_PTRAUTH_ADDRESS), EINVAL);
	expect_err(try_init(v, ~0U, 0, 1 << ARMVIRT_ARM_VCPU_PTRAUTH_GENERIC), EINVAL);
#endif
	vm_free(vm);
}

static void init_again(void)
{
	struct vm *vm = vm_bare();
	struct vcpu *v = vcpu_bare(vm, 0);
	u32 psci = 1 << ARMVIRT_ARM_VCPU_PSCI_0_2;

	expect_eq(try_init(v, ~0U, 0, psci), 0);
	expect_eq(try_init(v, ~0U, 0, psci), 0);
	expect_err(try_init(v, ~0U, 0, 0), EINVAL);
	/* POWER_OFF belongs to the call, not to the vCPU; KVM up to 6.2 or so refuses the change. */
	if (try_init(v, ~0U, 0, psci | 1 << ARMVIRT_ARM_VCPU_POWER_OFF))
		expect(on_kvm());
	vcpu_set_reg(v, REG_X(3), 33);
	expect_eq(try_init(v, ~0U, 0, psci), 0);
	expect_eq(vcpu_reg(v, REG_X(3)), 0);
	expect_eq(vcpu_reg(v, REG_PC), 0);
	expect_eq(vcpu_reg(v, REG_PSTATE), PSTATE_RESET);
	vm_free(vm);
}

static void bad_pointers(void)
{
	struct vm *vm = vm_bare();
	struct vcpu *v = vcpu_bare(vm, 0);
	void *bad = (void *)8;

	require(!vcpu_init(v, 0));
	expect_err(ioctl(vm->fd, ARMVIRT_SET_USER_MEMORY_REGION, bad), EFAULT);
	expect_err(ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, bad), EFAULT);
	expect_err(ioctl(vm->fd, ARMVIRT_ARM_PREFERRED_TARGET, bad), EFAULT);
	expect_err(ioctl(vm->fd, ARMVIRT_IRQFD, bad), EFAULT);
	expect_err(ioctl(vm->fd, ARMVIRT_IOEVENTFD, bad), EFAULT);
	expect_err(ioctl(v->fd, ARMVIRT_ARM_VCPU_INIT, bad), EFAULT);
	expect_err(ioctl(v->fd, ARMVIRT_GET_ONE_REG, bad), EFAULT);
	expect_err(ioctl(v->fd, ARMVIRT_GET_REG_LIST, bad), EFAULT);
	expect_err(ioctl(v->fd, ARMVIRT_SET_MP_STATE, bad), EFAULT);
	expect_err(vcpu_get(v, REG_PC, bad), EFAULT);
	expect_err(vcpu_set(v, REG_PC, bad), EFAULT);
	vm_free(vm);
}

static void guest_twice(u64 arg)
{
	guest_tell(1, 0, 0);
	guest_tell(2, 0, 0);
}

static void close_order(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_twice, 0);
	struct ucall *uc = vcpu_ucall(v);

	require(uc);
	/* The vCPU keeps the VM, the VM the module: only the last one ends it. */
	close(vm->dev);
	close(vm->fd);
	uc = vcpu_ucall(v);
	expect(uc && uc->arg[0] == 2);
	close(v->fd);
	/* Nobody will run it again, but the page stays ours. */
	expect_eq(v->run->exit_reason, ARMVIRT_EXIT_MMIO);
	munmap(v->run, 4096);
}

static int child_ioctls(struct vm *vm, struct vcpu *v)
{
	u64 value;
	bool good = expect_err(ioctl(v->fd, ARMVIRT_RUN, 0), EIO) &
		expect_err(ioctl(vm->fd, ARMVIRT_CREATE_VCPU, 7), EIO) &
		expect_err(vcpu_get(v, REG_PC, &value), EIO);

	if (vm->gic_fd >= 0)
		good &= expect_err(ioctl(vm->gic_fd, ARMVIRT_HAS_DEVICE_ATTR, 0), EIO);
	return !good;
}

static void other_process(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_twice, 0);
	int status;
	pid_t pid;

	gic_try(vm);
	pid = fork();
	if (!pid)
		_exit(child_ioctls(vm, v));
	waitpid(pid, &status, 0);
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static void mp_state(void)
{
	struct vm *vm = vm_bare();
	struct vcpu *v = vcpu_bare(vm, 0), *w = vcpu_bare(vm, 1);
	struct armvirt_mp_state s = { .mp_state = 99 };

	require(!vcpu_init(v, 0));
	expect_eq(ioctl(v->fd, ARMVIRT_GET_MP_STATE, &s), 0);
	expect_eq(s.mp_state, ARMVIRT_MP_STATE_RUNNABLE);
	s.mp_state = ARMVIRT_MP_STATE_STOPPED;
	expect_eq(ioctl(v->fd, ARMVIRT_SET_MP_STATE, &s), 0);
	expect_eq(ioctl(v->fd, ARMVIRT_GET_MP_STATE, &s), 0);
	expect_eq(s.mp_state, ARMVIRT_MP_STATE_STOPPED);
	s.mp_state = 1;
	expect_err(ioctl(v->fd, ARMVIRT_SET_MP_STATE, &s), EINVAL);
	require(!vcpu_init(v, 0));
	ioctl(v->fd, ARMVIRT_GET_MP_STATE, &s);
	expect_eq(s.mp_state, ARMVIRT_MP_STATE_RUNNABLE);
	require(!vcpu_init(w, 1 << ARMVIRT_ARM_VCPU_POWER_OFF));
	ioctl(w->fd, ARMVIRT_GET_MP_STATE, &s);
	expect_eq(s.mp_state, ARMVIRT_MP_STATE_STOPPED);
	vm_free(vm);
}

/* All that RUN's area has stays the vCPU's, however often it is unmapped and mapped again. */
static void run_area(void)
{
	long size = ioctl(dev_open(), ARMVIRT_GET_VCPU_MMAP_SIZE, 0);
	struct vm *vm = vm_bare();
	struct vcpu *v = vcpu_bare(vm, 0);

	for (u64 n = 1; n < 50; n++) {
		char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
		char *other;

		require(area != MAP_FAILED);
		for (long at = 2048; at < size; at += 4096) {
			expect_eq(*(u64 *)(area + at), n - 1);
			*(u64 *)(area + at) = n;
		}
		require(!munmap(area, size));
		/* Whoever gets a page next would get one that was freed too early. */
		other = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		require(other != MAP_FAILED);
		memset(other, 0x55, 64 * 4096);
		munmap(other, 64 * 4096);
	}
	vm_free(vm);
}

static const struct test tests[] = {
	{ "system ioctls", system_ioctls },
	{ "a node opened read-only answers", readonly_node },
	{ "VM types", vm_types },
	{ "unknown ioctls", unknown_ioctls },
	{ "vCPU numbers", vcpu_numbers },
	{ "before VCPU_INIT", before_init },
	{ "VCPU_INIT refuses", init_errors },
	{ "VCPU_INIT again", init_again },
	{ "bad pointers", bad_pointers },
	{ "the area shared with RUN", run_area },
	{ "a vCPU outlives the other descriptors", close_order },
	{ "another process gets EIO", other_process },
	{ "MP_STATE", mp_state },
};

TEST_MAIN(tests)
