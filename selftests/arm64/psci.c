// SPDX-License-Identifier: GPL-2.0
/*
 * PSCI: turning vCPUs on and off, from several at once, what AFFINITY_INFO says meanwhile, and the
 * calls that end or restart the machine.
 */
#include "gic.h"

#define CPUS	4

static volatile u64 started[CPUS], calls_ok, calls_busy, calls_other, seen_arg, ready;

static void guest_target(u64 arg)
{
	inc(&started[guest_cpu()->id]);
	seen_arg = arg;
	/* Reset state: EL1 with everything masked; what the caller had is not ours. */
	guest_assert_eq(sysreg_read(currentel), 4);
	guest_assert_eq(sysreg_read(daif), 0x3c0);
	guest_assert_eq(sysreg_read(mpidr_el1) & 0xff, guest_cpu()->id);
}

static u64 cpu_on(u64 cpu)
{
	return guest_psci(PSCI_CPU_ON, cpu, (u64)guest_entry, (u64)guest_cpu_of(cpu));
}

static u64 affinity(u64 cpu)
{
	return guest_psci(PSCI_AFFINITY_INFO, cpu, 0, 0);
}

static void guest_on(u64 arg)
{
	guest_assert_eq(guest_psci(PSCI_VERSION, 0, 0, 0), 0x10001);
	guest_assert_eq(affinity(0), 0);
	guest_assert_eq(affinity(1), 1);
	guest_assert_eq((int)cpu_on(0), PSCI_ALREADY_ON);
	guest_assert_eq((int)cpu_on(77), PSCI_INVALID_PARAMS);
	guest_assert_eq((int)guest_psci(PSCI_CPU_ON, 1UL << 33, 0, 0), PSCI_INVALID_PARAMS);
	guest_assert_eq((int)guest_psci(PSCI_AFFINITY_INFO, 77, 0, 0), PSCI_INVALID_PARAMS);
	guest_assert_eq((int)guest_psci(PSCI_AFFINITY_INFO, 0, 4, 0), PSCI_INVALID_PARAMS);
	/* Any vCPU of the cluster on is the cluster on. */
	guest_assert_eq(guest_psci(PSCI_AFFINITY_INFO, 0, 1, 0), 0);
	guest_assert_eq(cpu_on(1), 0);
	guest_wait(load(&started[1]) == 1);
	guest_assert_eq(affinity(1), 0);
	guest_assert_eq((int)cpu_on(1), PSCI_ALREADY_ON);
	guest_assert_eq(seen_arg, 4711);
}

static void on(void)
{
	struct vm *vm = vm_new();

	vcpu_new(vm, 0, guest_on, 0);
	vcpu_off(vm, 1, guest_target, 4711);
	expect(vm_run(vm));
	vm_free(vm);
}

/* Several vCPUs turn on the same one: one succeeds, it starts once. */
static void guest_race(u64 arg)
{
	long ret;

	inc(&ready);
	guest_wait(load(&ready) == CPUS - 1);
	ret = (int)cpu_on(CPUS - 1);
	if (ret == 0)
		inc(&calls_ok);
	else if (ret == PSCI_ALREADY_ON || ret == PSCI_ON_PENDING)
		inc(&calls_busy);
	else
		inc(&calls_other);
}

static void race(void)
{
	for (int n = 0; n < 10; n++) {
		struct vm *vm = vm_new();

		ready = calls_ok = calls_busy = calls_other = 0;
		started[CPUS - 1] = 0;
		for (int i = 0; i < CPUS - 1; i++)
			vcpu_new(vm, i, guest_race, 0);
		vcpu_off(vm, CPUS - 1, guest_target, 0);
		expect(vm_run(vm));
		expect_eq(calls_ok, 1);
		expect_eq(calls_busy, CPUS - 2);
		expect_eq(calls_other, 0);
		expect_eq(started[CPUS - 1], 1);
		vm_free(vm);
	}
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
	for (u64 n = 1; n <= 100; n++) {
		guest_wait(affinity(1) == 1);
		guest_assert_eq(load(&started[1]), n - 1);
		guest_cpu_of(1)->arg = n;
		guest_assert_eq(cpu_on(1), 0);
		guest_wait(load(&started[1]) == n);
	}
	guest_wait(affinity(1) == 1);
}

static void cycle(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_cycle, 0);

	vcpu_start(vcpu_off(vm, 1, guest_off, 0));
	expect(vcpu_finish(v));
	/* The other one is off for good; the end of the process ends it. */
}

/* CPU_ON while the target is on its way off: off first, or refused, never lost. */
static void guest_eager(u64 arg)
{
	for (u64 n = 1; n <= 50; n++) {
		u64 end = counter() + guest_us(10000000);

		while ((int)cpu_on(1) == PSCI_ALREADY_ON && counter() < end)
			;
		guest_wait(load(&started[1]) >= n);
	}
}

static void eager(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_eager, 0);

	started[1] = 0;
	vcpu_start(vcpu_off(vm, 1, guest_off, 0));
	expect(vcpu_finish(v));
}

static void guest_features(u64 arg)
{
	static const u32 known[] = {
		PSCI_VERSION, PSCI_CPU_SUSPEND, PSCI_CPU_OFF, PSCI_CPU_ON, PSCI_AFFINITY_INFO,
		PSCI_MIGRATE_INFO, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES,
		PSCI_SYSTEM_RESET2, 0x84000001, 0x84000003, 0x84000004, 0x80000000,
	};
	static const u32 unknown[] = { 0x84000005, 0x8400000b, 0x84000010, 0x8400001f, 0xc400001f };

	for (int i = 0; i < ARRAY_SIZE(known); i++)
		if ((int)guest_psci(PSCI_FEATURES, known[i], 0, 0))
			guest_assert_eq(known[i], 0);
	for (int i = 0; i < ARRAY_SIZE(unknown); i++) {
		if ((int)guest_psci(PSCI_FEATURES, unknown[i], 0, 0) != PSCI_NOT_SUPPORTED)
			guest_assert_eq(unknown[i], 0);
		if ((int)guest_psci(unknown[i], 0, 0, 0) != PSCI_NOT_SUPPORTED)
			guest_assert_eq(unknown[i], 1);
	}
	guest_assert_eq(guest_psci(PSCI_MIGRATE_INFO, 0, 0, 0), 2);
}

static void features(void)
{
	struct vm *vm = vm_new();

	expect(vcpu_finish(vcpu_new(vm, 0, guest_features, 0)));
	vm_free(vm);
}

/* The 32-bit calls look only at the low halves of the registers. */
static void guest_calls32(u64 arg)
{
	u64 junk = 0xdeadbeef00000000;

	guest_assert_eq(guest_psci(0x84000004 | junk, junk, junk, 0), 0);
	guest_assert_eq(guest_psci(0x84000004, 1 | junk, junk, 0), 1);
	guest_assert_eq(guest_psci(0x84000003, 1 | junk, (u64)guest_entry | junk,
				   (u64)guest_cpu_of(1) | junk), 0);
	guest_wait(load(&started[1]) == 1);
}

static void calls32(void)
{
	struct vm *vm = vm_new();

	started[1] = 0;
	vcpu_new(vm, 0, guest_calls32, 0);
	vcpu_off(vm, 1, guest_target, 0);
	expect(vm_run(vm));
	vm_free(vm);
}

static void guest_call(u64 fn)
{
	guest_psci(fn, 0, 0, 0);
	guest_tell(guest_psci(fn, 0, 0, 0), 0, 0);
}

static void expect_event(u64 fn, u32 type)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_call, fn);

	vcpu_new(vm, 1, guest_call, fn);
	expect_eq(vcpu_run(v), 0);
	expect_eq(v->run->exit_reason, ARMVIRT_EXIT_SYSTEM_EVENT);
	expect_eq(v->run->system_event.type, type);
	/* All vCPUs are off after that: running them goes nowhere. */
	for (int i = 0; i < 2; i++) {
		struct armvirt_mp_state s;

		require(!ioctl(vm->vcpu[i].fd, ARMVIRT_GET_MP_STATE, &s));
		expect_eq(s.mp_state, ARMVIRT_MP_STATE_STOPPED);
	}
	vm_free(vm);
}

static void system_events(void)
{
	expect_event(PSCI_SYSTEM_OFF, ARMVIRT_SYSTEM_EVENT_SHUTDOWN);
	expect_event(PSCI_SYSTEM_RESET, ARMVIRT_SYSTEM_EVENT_RESET);
	expect_event(PSCI_SYSTEM_RESET2, ARMVIRT_SYSTEM_EVENT_RESET);
}

static void guest_reset2(u64 arg)
{
	guest_assert_eq((int)guest_psci(PSCI_SYSTEM_RESET2, 5, 0, 0), PSCI_INVALID_PARAMS);
}

static void reset2(void)
{
	struct vm *vm = vm_new();

	expect(vcpu_finish(vcpu_new(vm, 0, guest_reset2, 0)));
	vm_free(vm);
}

/* CPU_SUSPEND is WFI: it ends with an interrupt, and with success. */
static void guest_suspend(u64 arg)
{
	gic_init_dist();
	gic_init_cpu();
	gic_enable(PPI_VTIMER);
	sysreg_write(cntv_cval_el0, counter() + guest_us(3000));
	sysreg_write(cntv_ctl_el0, 1);
	isb();
	guest_assert_eq(guest_psci(PSCI_CPU_SUSPEND, 0, (u64)guest_entry, 0), 0);
	guest_assert(sysreg_read(cntv_ctl_el0) & 4);
	sysreg_write(cntv_ctl_el0, 0);
}

static void suspend(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_suspend, 0);

	gic_new(vm);
	expect(vcpu_finish(v));
	vm_free(vm);
}

/* MP_STATE from outside: stopped vCPUs are what CPU_ON starts; runnable ones run. */
static void mp_state(void)
{
	struct armvirt_mp_state s = { .mp_state = ARMVIRT_MP_STATE_STOPPED };
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_on, 0), *w = vcpu_new(vm, 1, guest_target, 4711);

	started[1] = 0;
	require(!ioctl(w->fd, ARMVIRT_SET_MP_STATE, &s));
	vcpu_start(w);
	expect(vcpu_finish(v));
	expect(vcpu_join(w));
	vm_free(vm);
}

/* What CPU_ON set is what user space sees at once. */
static void guest_on_other(u64 arg)
{
	guest_assert_eq(cpu_on(1), 0);
}

static void pending_reset(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_on_other, 0), *w = vcpu_off(vm, 1, guest_target, 0);

	expect(vcpu_finish(v));
	expect_eq(vcpu_reg(w, REG_PC), (u64)guest_entry);
	expect_eq(vcpu_reg(w, REG_X(0)), HEAP_GPA + HEAP_CPUS + 0x1000);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "CPU_ON and AFFINITY_INFO", on },
	{ "CPU_ON from several vCPUs", race },
	{ "off and on a hundred times", cycle },
	{ "CPU_ON while going off", eager },
	{ "FEATURES and unknown calls", features },
	{ "32-bit calls", calls32 },
	{ "SYSTEM_OFF, RESET, RESET2", system_events },
	{ "RESET2 of an unknown type", reset2 },
	{ "CPU_SUSPEND", suspend },
	{ "MP_STATE", mp_state },
	{ "registers after CPU_ON", pending_reset },
};

TEST_MAIN(tests)
