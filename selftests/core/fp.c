// SPDX-License-Identifier: GPL-2.0
/*
 * FP/SIMD registers: those of two vCPUs, of two VMs and of the host's threads never mix, on one CPU
 * and on several, with signals that use them too.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/time.h>
#include "fp.h"

#define HOST_SEED	0x7700000000

static volatile int stop;
static volatile u64 guest_rounds, host_rounds;

static void guest_fp(u64 seed)
{
	for (u64 n = 0; !load(&stop); n++) {
		fp_fill(seed + n * 64);
		/* With and without an exit, in the kernel and to user space, in between. */
		if (n % 4 == 1)
			guest_psci(PSCI_VERSION, 0, 0, 0);
		if (n % 16 == 2)
			guest_tell(0, 0, 0);
		if (n % 4 == 3)
			guest_delay_us(20);
		guest_assert_eq(fp_check(seed + n * 64), 0);
		inc(&guest_rounds);
	}
}

static void one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Fills, works for a while, checks: any change was somebody else's. */
static void *host_fp(void *arg)
{
	u64 wrong = 0;

	for (u64 n = 0; !load(&stop); n++) {
		u64 end = now_ns() + 200000;

		fp_fill(HOST_SEED + n);
		while (now_ns() < end)
			;
		wrong += fp_check(HOST_SEED + n);
		host_rounds++;
	}
	if (wrong)
		fail("a host thread found %d FP registers changed", (int)wrong);
	return NULL;
}

static void on_alarm(int sig)
{
	fp_fill(0xdeadbeef00);
}

static void run_for(struct vm *a, struct vm *b, int ms, bool host)
{
	pthread_t t;

	if (host)
		require(!pthread_create(&t, NULL, host_fp, NULL));
	for (int i = 0; i < a->nr_vcpus; i++)
		vcpu_start(&a->vcpu[i]);
	for (int i = 0; b && i < b->nr_vcpus; i++)
		vcpu_start(&b->vcpu[i]);
	sleep_ms(ms);
	store(&stop, 1);
	for (int i = 0; i < a->nr_vcpus; i++)
		expect(vcpu_join(&a->vcpu[i]));
	for (int i = 0; b && i < b->nr_vcpus; i++)
		expect(vcpu_join(&b->vcpu[i]));
	if (host)
		pthread_join(t, NULL);
	expect(guest_rounds > 10);
	expect(!host || host_rounds > 2);
}

static void two_vcpus(void)
{
	struct vm *vm = vm_new();

	one_cpu();
	vcpu_new(vm, 0, guest_fp, 0x100000000);
	vcpu_new(vm, 1, guest_fp, 0x200000000);
	run_for(vm, NULL, 1500, false);
	vm_free(vm);
}

static void vcpus_and_host(void)
{
	struct vm *a = vm_new(), *b = vm_new();

	one_cpu();
	vcpu_new(a, 0, guest_fp, 0x100000000);
	vcpu_new(b, 0, guest_fp, 0x200000000);
	run_for(a, b, 2000, true);
	vm_free(a);
	vm_free(b);
}

static void migrating(void)
{
	struct vm *vm = vm_new();

	for (int i = 0; i < 4; i++)
		vcpu_new(vm, i, guest_fp, 0x100000000ULL * (i + 1));
	run_for(vm, NULL, 1500, true);
	vm_free(vm);
}

static void signals(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = { { 0, 2000 }, { 0, 2000 } };
	struct vm *vm = vm_new();

	one_cpu();
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	vcpu_new(vm, 0, guest_fp, 0x100000000);
	run_for(vm, NULL, 1000, true);
	vm_free(vm);
}

/* RUN itself, by exits that the kernel answers and those that it doesn't, keeps the caller's. */
static void guest_use(u64 seed)
{
	for (u64 n = 0; n < 200; n++) {
		fp_fill(seed + n);
		guest_psci(PSCI_VERSION, 0, 0, 0);
		guest_tell(0, 0, 0);
		guest_assert_eq(fp_check(seed + n), 0);
	}
}

/* RUN and nothing else between the two: a memcpy() of the host side may use the registers. */
static struct ucall *run_beside(struct vcpu *v, u64 seed)
{
	struct ucall *uc;
	u64 wrong;
	int ret;

	do {
		fp_fill(seed);
		ret = vcpu_run(v);
		wrong = fp_check(seed);
		expect_eq(wrong, 0);
	} while (ret == -EINTR);
	uc = ret ? NULL : vcpu_ucall_of(v);
	if (uc && (uc->cmd == UCALL_DONE || uc->cmd == UCALL_SYNC))
		return uc;
	vcpu_explain(v, ret);
	return NULL;
}

static void run_guest(void (*fn)(u64))
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, fn, 0x100000000);
	struct ucall *uc;
	u64 n = 0;

	do {
		uc = run_beside(v, HOST_SEED + n++);
	} while (uc && uc->cmd != UCALL_DONE);
	vm_free(vm);
}

static void caller(void)
{
	run_guest(guest_use);
}

/* Forbidden and allowed again by the guest itself: its faults are its own, its registers stay. */
static void guest_switches(u64 seed)
{
	for (int n = 0; n < 24; n++) {
		int way = n % FP_SWITCHES;
		u64 off, on;

		fp_fill(seed + n);
		fp_switch(way, false);
		off = fp_switch_read(way);
		if (n & 4)
			guest_tell(0, 0, 0);
		guest_catch();
		fp_touch();
		guest_assert_eq(guest_caught(), fp_switch_faults(way));
		guest_assert_eq(fp_switch_read(way), off);
		fp_switch(way, true);
		on = fp_switch_read(way);
		if (n & 8)
			guest_tell(0, 0, 0);
		guest_assert_eq(fp_check(seed + n), 0);
		guest_assert_eq(fp_switch_read(way), on);
	}
}

static void switches(void)
{
	run_guest(guest_switches);
}

static void guest_onereg(u64 seed)
{
	fp_fill(seed);
	guest_tell(0, 0, 0);
	guest_assert_eq(fp_check(seed + 100), 0);
}

static void onereg(void)
{
	const u64 seed = 0x3300001000;
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_onereg, seed);

	require(vcpu_ucall(v));
	for (int n = 0; n < FP_NR_REGS; n++) {
		u64 want[2], got[2] = { 0 }, id = fp_reg(seed, n, want);

		require(!vcpu_get(v, id, got));
		expect_eq(got[0], want[0]);
		expect_eq(got[1], want[1]);
		fp_reg(seed + 100, n, want);
		require(!vcpu_set(v, id, want));
	}
	expect(vcpu_finish(v));
	vm_free(vm);
}

/* A new vCPU finds zeros, not what someone else had. */
static void guest_fresh(u64 arg)
{
	guest_assert_eq(fp_any(), 0);
}

static void fresh(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_fresh, 0);

	fp_fill(0x4711);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "two vCPUs on one CPU", two_vcpus },
	{ "two VMs and a host thread on one CPU", vcpus_and_host },
	{ "four vCPUs and a host thread, migrating", migrating },
	{ "signal handlers that use them", signals },
	{ "the caller's, across RUN", caller },
	{ "forbidden by the guest itself", switches },
	{ "one-reg", onereg },
	{ "a new vCPU's are zero", fresh },
};

TEST_MAIN(tests)
