// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that does everything wrong: random ioctls with random arguments on every kind of descriptor,
 * from several threads, with fixed seeds. It expects no result but that the kernel lives, nothing
 * hangs, and an ordinary VM still works afterwards.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gic.h"
#include "hostile.h"

static const unsigned long requests[] = {
	ARMVIRT_GET_API_VERSION, ARMVIRT_CREATE_VM, ARMVIRT_CHECK_EXTENSION,
	ARMVIRT_GET_VCPU_MMAP_SIZE, ARMVIRT_ENABLE_CAP, ARMVIRT_SET_USER_MEMORY_REGION,
	ARMVIRT_SET_USER_MEMORY_REGION2, ARMVIRT_GET_DIRTY_LOG, ARMVIRT_CLEAR_DIRTY_LOG,
	ARMVIRT_RESET_DIRTY_RINGS, ARMVIRT_REGISTER_COALESCED_MMIO,
	ARMVIRT_UNREGISTER_COALESCED_MMIO, ARMVIRT_IRQ_LINE, ARMVIRT_IRQ_LINE_STATUS,
	ARMVIRT_IRQFD, ARMVIRT_IOEVENTFD, ARMVIRT_SET_GSI_ROUTING, ARMVIRT_SIGNAL_MSI,
	ARMVIRT_CREATE_IRQCHIP, ARMVIRT_ARM_SET_DEVICE_ADDR, ARMVIRT_CREATE_VCPU,
	ARMVIRT_ARM_SET_COUNTER_OFFSET, ARMVIRT_GET_STATS_FD, ARMVIRT_CREATE_DEVICE,
	ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_GET_DEVICE_ATTR, ARMVIRT_HAS_DEVICE_ATTR,
	ARMVIRT_ARM_VCPU_INIT, ARMVIRT_ARM_PREFERRED_TARGET, ARMVIRT_ARM_VCPU_FINALIZE,
	ARMVIRT_GET_MP_STATE, ARMVIRT_SET_MP_STATE, ARMVIRT_GET_VCPU_EVENTS,
	ARMVIRT_SET_VCPU_EVENTS, ARMVIRT_SET_GUEST_DEBUG, ARMVIRT_SET_SIGNAL_MASK,
	ARMVIRT_GET_ONE_REG, ARMVIRT_SET_ONE_REG, ARMVIRT_GET_REG_LIST, ARMVIRT_RUN,
};

struct target {
	struct vm *vm;
	struct vcpu *v;
	u64 seed;
	int rounds;
	int made[32];	/* descriptors that came back */
	int nr_made;
};

/* A number that is likely to mean something: small, a boundary, an address, or anything. */
static u64 likely(struct rnd *r)
{
	static const u64 special[] = {
		0, 1, 2, 4, 5, 7, 8, 16, 27, 32, 40, 64, 128, 512, 1024, 4096, 0x10000, 0x7fffffff,
		0x80000000, 0xffffffff, GICD_GPA, GICR_GPA, HEAP_GPA, TEST_GPA, 1ULL << 40, 1ULL << 48,
		1ULL << 63, ~0ULL, ~0ULL - 4095, 0x0300000000000000, 0x6030000000100040,
		0x6030000000138000, 0x6030000000140000,
	};

	switch (rnd_below(r, 4)) {
	case 0:
		return special[rnd_below(r, ARRAY_SIZE(special))];
	case 1:
		return rnd_below(r, 64);
	case 2:
		return special[rnd_below(r, ARRAY_SIZE(special))] ^ 1ULL << rnd_below(r, 64);
	default:
		return rnd64(r);
	}
}

static void fill(struct rnd *r, void *arg, size_t size, void *pages)
{
	u64 *w = arg;

	memset(arg, 0, size);
	for (size_t i = 0; i < size / 8; i++) {
		u32 k = rnd_below(r, 8);

		if (k < 3)
			w[i] = likely(r);
		else if (k == 3)
			w[i] = (uintptr_t)pages + (rnd_below(r, 4) << 12);
		else if (k == 4)
			w[i] = likely(r) << 32 | (u32)likely(r);
		else if (k == 5)
			w[i] = 3 + rnd_below(r, 12);	/* a descriptor of ours, perhaps */
	}
}

static void maybe_keep(struct target *t, int fd)
{
	/* 0-2 are the output; what is below 3 or large is a plain result. */
	if (fd < 3 || fd > 60)
		return;
	if (t->nr_made < ARRAY_SIZE(t->made))
		t->made[t->nr_made++] = fd;
}

static void one_ioctl(struct target *t, struct rnd *r, void *pages)
{
	unsigned long req = requests[rnd_below(r, ARRAY_SIZE(requests))];
	u64 arg[2048];		/* a list may be written here */
	int fd, ret;
	int fds[] = { t->vm->dev, t->vm->fd, t->v->fd, t->vm->gic_fd };

	if (t->nr_made && rnd_below(r, 8) == 0)
		fd = t->made[rnd_below(r, t->nr_made)];
	else
		fd = fds[rnd_below(r, 4)];
	if (rnd_below(r, 50) == 0)
		req = (u32)rnd64(r);
	fill(r, arg, 128 * 8, pages);
	if (req == ARMVIRT_RUN && rnd_below(r, 4))
		t->v->run->immediate_exit = rnd_below(r, 2);
	if (_IOC_SIZE(req) && rnd_below(r, 16))
		ret = ioctl(fd, req, arg);
	else
		ret = ioctl(fd, req, likely(r));
	if (req == ARMVIRT_CREATE_VM || req == ARMVIRT_CREATE_VCPU || req == ARMVIRT_GET_STATS_FD)
		maybe_keep(t, ret);
}

static void *rampage(void *arg)
{
	struct target *t = arg;
	struct rnd r = { .state = t->seed };
	void *pages = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	for (int i = 0; i < t->rounds; i++)
		one_ioctl(t, &r, pages);
	return NULL;
}

/* RUN is left again after a few milliseconds wherever it went. */
static void start_kicks(void)
{
	hostile_kicks(3000);
	signal(SIGPIPE, SIG_IGN);
}

static void guest(u64 arg)
{
	for (u64 n = 0; ; n++) {
		mmio_write64(arg + n % 16 * 4096, n);
		guest_tell(n, 0, 0);
	}
}

static struct target make_target(u64 seed, int rounds)
{
	struct vm *vm = vm_new();
	struct target t = { .vm = vm, .seed = seed, .rounds = rounds };

	vm_map(vm, TEST_SLOT, TEST_GPA, 16 * 4096, NULL);
	t.v = vcpu_new(vm, 0, guest, TEST_GPA);
	gic_try(vm);
	return t;
}

/*
 * Seeds one after another, each in a process that may well die of what it does to its own memory
 * (a slot or a register list written over it); what matters is that it ends.
 */
static void random_ioctls(void)
{
	for (u64 seed = 1; seed <= 12; seed++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			struct target t;

			signal(SIGSEGV, SIG_DFL);
			t = make_target(seed * 0x9e3779b97f4a7c15, 1500);
			start_kicks();
			rampage(&t);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			test_note("seed %d ended with %#x", (int)seed, status);
	}
}

static void random_threads(void)
{
	for (u64 seed = 1; seed <= 6; seed++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			struct target t = make_target(1, 0), copy[3];
			pthread_t th[3];

			start_kicks();
			for (int i = 0; i < 3; i++) {
				copy[i] = t;
				copy[i].rounds = 500;
				copy[i].seed = seed * 77777777777ULL + i;
				pthread_create(&th[i], NULL, rampage, &copy[i]);
			}
			for (int i = 0; i < 3; i++)
				pthread_join(th[i], NULL);
			_exit(0);
		}
		sleep_ms(seed * 100);
		/* Every other one is killed in the middle. */
		if (seed & 1)
			kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
}

/* Registers set to anything, and the guest run with them. */
static void random_registers(void)
{
	static u64 list[1200];
	struct rnd r = { .state = 4242 };

	list[0] = ARRAY_SIZE(list) - 1;
	start_kicks();
	for (int round = 0; round < 20; round++) {
		struct vm *vm = vm_new();
		struct vcpu *v = vcpu_new(vm, 0, guest, HEAP_GPA + HEAP_FREE);

		gic_try(vm);
		require(!ioctl(v->fd, ARMVIRT_GET_REG_LIST, list));
		for (int i = 0; i < 60; i++) {
			u64 id = list[1 + rnd_below(&r, list[0])];
			u64 value[2] = { likely(&r), likely(&r) };

			/* A deadline near 2^64 hangs QEMU's own timer. */
			if (id == ARMVIRT_REG_ARM_TIMER_CVAL || id == ARMVIRT_REG_ARM_PTIMER_CVAL)
				value[0] >>= 2;
			if (ARMVIRT_REG_SIZE(id) <= sizeof(value))
				vcpu_set(v, id, value);
			if (i % 6 == 0)
				vcpu_run(v);
		}
		for (int i = 0; i < 200; i++) {
			u64 id = rnd64(&r) & 0x00f0000000ffffff;
			u64 value[256];

			memset(value, i, sizeof(value));
			vcpu_get(v, ARMVIRT_REG_ARM_NATIVE | id, value);
			vcpu_set(v, ARMVIRT_REG_ARM_NATIVE | id, value);
		}
		vcpu_run(v);
		vm_free(vm);
	}
}

/* The shared page written by another thread while the vCPU runs with it. */
static volatile int stop;

static void *scribble(void *arg)
{
	struct vcpu *v = arg;
	struct rnd r = { .state = 99 };

	while (!load(&stop)) {
		u64 *page = (u64 *)v->run;

		page[rnd_below(&r, 512)] = likely(&r);
		v->run->immediate_exit = 0;
	}
	return NULL;
}

static void run_page(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest, HEAP_GPA + HEAP_FREE);
	u64 end = now_ns() + 2000000000ULL;
	pthread_t t;

	start_kicks();
	require(!pthread_create(&t, NULL, scribble, v));
	while (now_ns() < end)
		vcpu_run(v);
	store(&stop, 1);
	pthread_join(t, NULL);
	vm_free(vm);
}

/*
 * MMIO read data and length: only what the guest asked for reaches it. QEMU's CPUs leave the
 * sign bit out of the syndrome, so sign extension can't be relied on there.
 */
static void guest_read8(u64 a)
{
	unsigned long v;

	/* All of the register is looked at, so no mmio_read8(). */
	asm volatile("ldrb %" CODE_W "0, [%1]" : "=r" (v) : "r" ((unsigned long)a) : "memory");
	guest_assert_eq(v, 0xef);
	asm volatile("ldrsb %0, [%1]" : "=r" (v) : "r" ((unsigned long)a) : "memory");
	guest_assert(v == -0x11UL || v == 0xef);
	asm volatile("ldrh %" CODE_W "0, [%1]" : "=r" (v) : "r" ((unsigned long)a) : "memory");
	guest_assert_eq(v, 0xcdef);
	asm volatile("ldr %" CODE_W "0, [%1]" : "=r" (v) : "r" ((unsigned long)a) : "memory");
	guest_assert_eq(v, 0x89abcdef);
}

static void mmio_length(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_read8, MMIO_GPA);
	u64 data = 0x0123456789abcdef;

	for (int i = 0; i < 4; i++) {
		require(!vcpu_run(v));
		if (vcpu_ucall_of(v)) {
			vcpu_explain(v, 0);
			return;
		}
		require(v->run->exit_reason == ARMVIRT_EXIT_MMIO && !v->run->mmio.is_write);
		memcpy(v->run->mmio.data, &data, 8);
		/* What user space writes here must not count. */
		v->run->mmio.len = 8 << i;
		v->run->mmio.is_write = i & 1 ? 0 : 77;
		v->run->mmio.phys_addr = ~0ULL;
	}
	expect(vcpu_finish(v));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "random ioctls", random_ioctls },
	{ "random ioctls from three threads, some killed", random_threads },
	{ "random registers", random_registers },
	{ "scribbling over the run page", run_page },
	{ "MMIO data", mmio_length },
	{ "a VM still works", hostile_still_works },
};

TEST_MAIN(tests)
