// SPDX-License-Identifier: GPL-2.0
/* ioeventfd: guest writes that signal an eventfd instead of leaving to user space. */
#include <sys/eventfd.h>
#include <unistd.h>
#include "vm.h"

#define DATAMATCH	ARMVIRT_IOEVENTFD_FLAG_DATAMATCH
#define DEASSIGN	ARMVIRT_IOEVENTFD_FLAG_DEASSIGN

static int ioeventfd(struct vm *vm, int fd, u64 addr, u32 len, u64 match, u32 flags)
{
	struct armvirt_ioeventfd i = {
		.fd = fd, .addr = addr, .len = len, .datamatch = match, .flags = flags,
	};

	return ioctl(vm->fd, ARMVIRT_IOEVENTFD, &i);
}

static u64 take(int fd)
{
	u64 n = 0;

	return read(fd, &n, 8) == 8 ? n : 0;
}

static int new_fd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK);

	require(fd >= 0);
	return fd;
}

static void errors(void)
{
	struct vm *vm = vm_bare();
	int fd = new_fd(), other = new_fd();

	expect_err(ioeventfd(vm, fd, MMIO_GPA, 3, 0, 0), EINVAL);
	expect_err(ioeventfd(vm, fd, MMIO_GPA, 16, 0, 0), EINVAL);
	expect_err(ioeventfd(vm, fd, -4ULL, 8, 0, 0), EINVAL);
	expect_err(ioeventfd(vm, fd, MMIO_GPA, 4, 0, 1 << 7), EINVAL);
	expect_err(ioeventfd(vm, fd, MMIO_GPA, 0, 5, DATAMATCH), EINVAL);
	expect_err(ioeventfd(vm, vm->fd, MMIO_GPA, 4, 0, 0), EINVAL);
	expect_err(ioeventfd(vm, -1, MMIO_GPA, 4, 0, 0), EBADF);
	expect_eq(ioeventfd(vm, fd, MMIO_GPA, 4, 1, DATAMATCH), 0);
	expect_err(ioeventfd(vm, other, MMIO_GPA, 4, 1, DATAMATCH), EEXIST);
	expect_eq(ioeventfd(vm, other, MMIO_GPA, 4, 2, DATAMATCH), 0);
	/* Anything clashes with a particular value. */
	expect_err(ioeventfd(vm, other, MMIO_GPA, 4, 0, 0), EEXIST);
	expect_err(ioeventfd(vm, other, MMIO_GPA, 4, 1, DEASSIGN | DATAMATCH), ENOENT);
	expect_err(ioeventfd(vm, fd, MMIO_GPA, 4, 3, DEASSIGN | DATAMATCH), ENOENT);
	expect_err(ioeventfd(vm, fd, MMIO_GPA, 4, 1, DEASSIGN), ENOENT);
	expect_err(ioeventfd(vm, fd, MMIO_GPA + 4, 4, 1, DEASSIGN | DATAMATCH), ENOENT);
	expect_eq(ioeventfd(vm, fd, MMIO_GPA, 4, 1, DEASSIGN | DATAMATCH), 0);
	expect_err(ioeventfd(vm, fd, MMIO_GPA, 4, 1, DEASSIGN | DATAMATCH), ENOENT);
	vm_free(vm);
}

/* One write of each kind, then the host is told. On 32-bit ARM none of 8 bytes is emulated. */
#define WIDE	(sizeof(long) == 8)
#define ALL	(WIDE ? 0x3f : 0x2f)

static void guest_write(u64 a)
{
	for (;;) {
		mmio_write32(a, 1);
		mmio_write32(a, 2);
		mmio_write16(a, 1);
		mmio_write8(a, 1);
		if (WIDE)
			mmio_write64(a, 1);
		mmio_write32(a + 4, 1);
		guest_tell(0, 0, 0);
	}
}

/* Runs to the next ucall; returns the MMIO writes that came out, as bits by number in the order. */
static u32 writes_seen(struct vcpu *v)
{
	static const struct { u64 off; u32 len; u64 data; } w[] = {
		{ 0, 4, 1 }, { 0, 4, 2 }, { 0, 2, 1 }, { 0, 1, 1 }, { 0, 8, 1 }, { 4, 4, 1 },
	};
	u32 seen = 0;

	for (;;) {
		struct armvirt_run *run = v->run;
		u64 data = 0;
		int ret = vcpu_run(v), i;

		if (!ret && vcpu_ucall_of(v))
			return seen;
		if (ret || run->exit_reason != ARMVIRT_EXIT_MMIO || !run->mmio.is_write) {
			vcpu_explain(v, ret);
			return ~0U;
		}
		memcpy(&data, run->mmio.data, run->mmio.len);
		for (i = 0; i < ARRAY_SIZE(w); i++)
			if (run->mmio.phys_addr == MMIO_GPA + w[i].off &&
			    run->mmio.len == w[i].len && data == w[i].data)
				seen |= 1U << i;
	}
}

static void matching(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_write, MMIO_GPA);
	int fd = new_fd(), any = new_fd();

	expect_eq(writes_seen(v), ALL);
	/* Length and value must be right. */
	require(!ioeventfd(vm, fd, MMIO_GPA, 4, 2, DATAMATCH));
	expect_eq(writes_seen(v), ALL & 0x3d);
	expect_eq(take(fd), 1);
	/* Several at one address. */
	require(!ioeventfd(vm, any, MMIO_GPA, 4, 1, DATAMATCH));
	expect_eq(writes_seen(v), ALL & 0x3c);
	expect_eq(take(fd), 1);
	expect_eq(take(any), 1);
	require(!ioeventfd(vm, fd, MMIO_GPA, 4, 2, DATAMATCH | DEASSIGN));
	require(!ioeventfd(vm, any, MMIO_GPA, 4, 1, DATAMATCH | DEASSIGN));
	expect_eq(writes_seen(v), ALL);
	expect_eq(take(fd) + take(any), 0);
	vm_free(vm);
}

static void any_value(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_write, MMIO_GPA);
	int fd = new_fd();

	require(!ioeventfd(vm, fd, MMIO_GPA, 4, 0, 0));
	expect_eq(writes_seen(v), ALL & 0x3c);
	expect_eq(take(fd), 2);
	vm_free(vm);
}

static void any_length(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_write, MMIO_GPA);
	int fd = new_fd();

	require(!ioeventfd(vm, fd, MMIO_GPA, 0, 0, 0));
	expect_eq(writes_seen(v), 0x20);
	expect_eq(take(fd), WIDE ? 5 : 4);
	vm_free(vm);
}

static void each_length(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_write, MMIO_GPA);
	int fd[4];

	for (int i = 0; i < 4; i++) {
		fd[i] = new_fd();
		require(!ioeventfd(vm, fd[i], MMIO_GPA, 1 << i, 1, DATAMATCH));
	}
	expect_eq(writes_seen(v), 0x22);
	for (int i = 0; i < 4; i++)
		expect_eq(take(fd[i]), WIDE || i < 3);
	vm_free(vm);
}

/* Reads are nobody's, and still exit. */
static void guest_read(u64 a)
{
	guest_tell(mmio_read32(a), 0, 0);
}

static void reads(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_read, MMIO_GPA);
	struct ucall *uc;
	int fd = new_fd();

	require(!ioeventfd(vm, fd, MMIO_GPA, 4, 0, 0));
	expect_eq(vcpu_run(v), 0);
	expect_eq(v->run->exit_reason, ARMVIRT_EXIT_MMIO);
	expect_eq(v->run->mmio.is_write, 0);
	*(u32 *)v->run->mmio.data = 99;
	uc = vcpu_ucall(v);
	expect(uc && uc->arg[0] == 99);
	expect_eq(take(fd), 0);
	vm_free(vm);
}

static volatile int stop;

static void guest_storm(u64 a)
{
	while (!load(&stop))
		mmio_write32(a, 1);
}

static void *storm_thread(void *arg)
{
	struct vcpu *v = arg;
	int ret;

	/* Between assignments the writes come out here. */
	do {
		ret = vcpu_run(v);
	} while (!ret && !vcpu_ucall_of(v));
	if (ret)
		vcpu_explain(v, ret);
	return NULL;
}

static void changing(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_storm, MMIO_GPA);
	int fd = new_fd();
	pthread_t t;

	require(!pthread_create(&t, NULL, storm_thread, v));
	for (int i = 0; i < 200; i++) {
		require(!ioeventfd(vm, fd, MMIO_GPA, 4, 0, 0));
		require(!ioeventfd(vm, fd, MMIO_GPA, 4, 0, DEASSIGN));
	}
	store(&stop, 1);
	pthread_join(t, NULL);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "what is refused", errors },
	{ "length and value", matching },
	{ "any value", any_value },
	{ "any length", any_length },
	{ "one for each length", each_length },
	{ "reads", reads },
	{ "assigned and taken away under writes", changing },
};

TEST_MAIN(tests)
