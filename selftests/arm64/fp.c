// SPDX-License-Identifier: GPL-2.0
/*
 * FP/SIMD registers: those of two vCPUs, of two VMs and of the host's threads never mix, on one CPU
 * and on several, with signals that use them too.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/time.h>
#include "vm.h"

void fp_fill(u64 seed);
u64 fp_check(u64 seed);

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
	u64 seed = (u64)arg, wrong = 0;

	for (u64 n = 0; !load(&stop); n++) {
		u64 end = now_ns() + 200000;

		fp_fill(seed + n);
		while (sysreg_read(cntvct_el0) && now_ns() < end)
			;
		wrong += fp_check(seed + n);
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
		require(!pthread_create(&t, NULL, host_fp, (void *)0x7700000000));
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
		vcpu_new(vm, i, guest_fp, 0x100000000UL * (i + 1));
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

#define VREG(n)	(ARMVIRT_REG_ARM64 | ARMVIRT_REG_SIZE_U128 | ARMVIRT_REG_ARM_CORE | \
		 (ARMVIRT_REG_ARM_CORE_REG(fp_regs.vregs[0]) + 4 * (n)))

static void guest_onereg(u64 seed)
{
	fp_fill(seed);
	guest_tell(0, 0, 0);
	guest_assert_eq(fp_check(seed + 100), 0);
}

static void onereg(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_onereg, 0x1000);
	u64 fpsr = ARMVIRT_REG_ARM64 | ARMVIRT_REG_SIZE_U32 | ARMVIRT_REG_ARM_CORE |
		   ARMVIRT_REG_ARM_CORE_REG(fp_regs.fpsr);
	u32 status = (0x1000 + 100) & 0x1f;
	u32 control = ((0x1000 + 100) >> 5 & 3) << 22;

	require(vcpu_ucall(v));
	for (u64 n = 0; n < 32; n++) {
		u64 q[2];

		require(!vcpu_get(v, VREG(n), q));
		expect_eq(q[0], 0x1000 + n);
		expect_eq(q[1], ~(0x1000 + n));
		q[0] = 0x1000 + 100 + n;
		q[1] = ~q[0];
		require(!vcpu_set(v, VREG(n), q));
	}
	require(!vcpu_set(v, fpsr, &status));
	require(!vcpu_set(v, fpsr + 1, &control));
	expect(vcpu_finish(v));
	vm_free(vm);
}

/* A new vCPU finds zeros, not what someone else had. */
static void guest_fresh(u64 arg)
{
	u64 low, high, sum = 0;

	asm volatile(".arch_extension fp\n\t.arch_extension simd\n\t"
		     "mov %0, v7.d[0]\n\tmov %1, v31.d[1]" : "=r" (low), "=r" (high));
	sum = low | high | sysreg_read(fpcr) | sysreg_read(fpsr);
	guest_assert_eq(sum, 0);
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
	{ "one-reg", onereg },
	{ "a new vCPU's are zero", fresh },
};

TEST_MAIN(tests)
