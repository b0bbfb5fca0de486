// SPDX-License-Identifier: GPL-2.0
/*
 * PSCI for 32-bit callers: vCPUs that start in ARM and in Thumb state, the calls with 64-bit ids,
 * which do not exist here, and turning off and on again.
 */
#include "gic.h"

#define WIDE_CPU_ON	0xc4000003
#define TRNG_FEATURES	0x84000051
#define TRNG_RND32	0x84000053
#define TRNG_RND64	0xc4000053

/* Thumb code at the entry point: goes on in ARM state at guest_entry. */
asm("	.text\n"
"	.thumb\n"
"	.balign	4\n"
"thumb_entry:\n"
"	bx	pc\n"
"	nop\n"
"	.arm\n"
"	b	guest_entry\n"
"	.globl	thumb_entry\n");

extern char thumb_entry[];

static volatile u32 started[3], seen_mode;

static void guest_target(u64 arg)
{
	u32 cpsr;

	asm volatile("mrs %0, cpsr" : "=r" (cpsr));
	seen_mode = cpsr & 0x1df;
	guest_assert_eq(cp_read(15, 0, c0, c0, 5) & 0xffffff, guest_cpu()->id);
	inc(&started[guest_cpu()->id]);
}

static int psci(u32 fn, u32 a1, u32 a2, u32 a3)
{
	return guest_psci(fn, a1, a2, a3);
}

static int cpu_on(u32 cpu, char *entry)
{
	return psci(PSCI_CPU_ON, cpu, (u32)entry, (u32)guest_cpu_of(cpu));
}

static void guest_on(u64 arg)
{
	guest_assert_eq(psci(PSCI_VERSION, 0, 0, 0), 0x10001);
	guest_assert_eq(psci(PSCI_AFFINITY_INFO, 1, 0, 0), 1);
	guest_assert_eq(cpu_on(0, guest_entry), PSCI_ALREADY_ON);
	guest_assert_eq(cpu_on(3, guest_entry), PSCI_INVALID_PARAMS);
	guest_assert_eq(cpu_on(1, guest_entry), 0);
	guest_wait(load(&started[1]) == 1);
	guest_assert_eq(seen_mode, 0x1d3);
	guest_assert_eq(psci(PSCI_AFFINITY_INFO, 1, 0, 0), 0);
	guest_assert_eq(cpu_on(2, thumb_entry + 1), 0);
	guest_wait(load(&started[2]) == 1);
	guest_assert_eq(seen_mode, 0x1d3);
}

static void on(void)
{
	struct vm *vm = vm_new();

	vcpu_new(vm, 0, guest_on, 0);
	vcpu_off(vm, 1, guest_target, 0);
	vcpu_off(vm, 2, guest_target, 0);
	expect(vm_run(vm));
	vm_free(vm);
}

static void guest_narrow(u64 arg)
{
	guest_assert_eq(psci(WIDE_CPU_ON, 1, (u32)guest_entry, 0), PSCI_NOT_SUPPORTED);
	guest_assert_eq(psci(PSCI_FEATURES, WIDE_CPU_ON, 0, 0), PSCI_NOT_SUPPORTED);
	guest_assert_eq(psci(PSCI_FEATURES, PSCI_CPU_ON, 0, 0), 0);
	guest_assert_eq(psci(TRNG_FEATURES, TRNG_RND32, 0, 0), 0);
	guest_assert_eq(psci(TRNG_FEATURES, TRNG_RND64, 0, 0), PSCI_NOT_SUPPORTED);
	guest_assert_eq(psci(TRNG_RND64, 64, 0, 0), PSCI_NOT_SUPPORTED);
	guest_assert_eq(psci(TRNG_RND32, 96, 0, 0), 0);
	guest_assert_eq(psci(TRNG_RND32, 97, 0, 0), -2);
	guest_assert_eq(psci(0x8400ffff, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

static void narrow(void)
{
	struct vm *vm = vm_new();

	vcpu_new(vm, 0, guest_narrow, 0);
	vcpu_off(vm, 1, guest_target, 0);
	expect(vcpu_finish(&vm->vcpu[0]));
	vm_free(vm);
}

/* One goes off and on again, a hundred times. */
static void guest_off(u64 arg)
{
	inc(&started[1]);
	guest_psci(PSCI_CPU_OFF, 0, 0, 0);
	guest_assert(!"CPU_OFF returned");
}

static void guest_cycle(u64 arg)
{
	for (u32 n = 1; n <= 100; n++) {
		guest_wait(psci(PSCI_AFFINITY_INFO, 1, 0, 0) == 1);
		guest_assert_eq(load(&started[1]), n - 1);
		guest_assert_eq(cpu_on(1, n & 1 ? thumb_entry + 1 : guest_entry), 0);
		guest_wait(load(&started[1]) == n);
	}
	guest_wait(psci(PSCI_AFFINITY_INFO, 1, 0, 0) == 1);
	guest_psci(PSCI_SYSTEM_OFF, 0, 0, 0);
}

static void *run_thread(void *arg)
{
	struct vcpu *v = arg;

	do {
		v->result = vcpu_run(v);
	} while (v->result == -EINTR);
	return NULL;
}

static void cycle(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_cycle, 0), *w = vcpu_off(vm, 1, guest_off, 0);

	require(!pthread_create(&w->thread, NULL, run_thread, w));
	run_thread(v);
	expect_eq(v->result, 0);
	if (!expect_eq(v->run->exit_reason, ARMVIRT_EXIT_SYSTEM_EVENT))
		vcpu_explain(v, v->result);
	else
		expect_eq(v->run->system_event.type, ARMVIRT_SYSTEM_EVENT_SHUTDOWN);
	/* The other one waits for CPU_ON for ever; the process's end is its end. */
}

static const struct test tests[] = {
	{ "on, in ARM and in Thumb state", on },
	{ "no calls with 64-bit ids", narrow },
	{ "off and on again", cycle },
};

TEST_MAIN(tests)
