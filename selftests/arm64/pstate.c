// SPDX-License-Identifier: GPL-2.0
/*
 * Processor states that user space may try to give a vCPU: those of EL1 and EL0 are taken, others
 * (EL2, EL3, AArch32 where there is none, illegal ones) refused or made harmless. The host must not
 * care what a vCPU is started with.
 */
#include "gic.h"
#include "hostile.h"

static void guest_spin(u64 arg)
{
	for (;;)
		;
}

static struct vcpu *new_vcpu(struct vm **vm)
{
	*vm = vm_new();
	return vcpu_new(*vm, 0, guest_spin, 0);
}

static void modes(void)
{
	struct vm *vm;
	struct vcpu *v = new_vcpu(&vm);

	for (u64 mode = 0; mode < 16; mode++) {
		u64 p = 0x3c0 | mode;
		bool legal = mode == 0 || mode == 4 || mode == 5;
		int ret = vcpu_set(v, REG_PSTATE, &p);

		if (legal != !ret)
			fail("mode %#llx %s", (unsigned long long)mode,
			     ret ? "refused" : "accepted");
	}
	/* Without 32-bit support at EL1 a 64-bit vCPU has no business in AArch32 EL1 modes. */
	for (u64 mode = 0x11; mode < 0x20; mode++) {
		u64 p = 0x1c0 | mode;

		expect_eq(vcpu_set(v, REG_PSTATE, &p), -1);
	}
	vm_free(vm);
}

/* Every PSTATE that was accepted is run with. */
static void run_any(void)
{
	struct rnd r = { .state = 31 };
	struct vm *vm;
	struct vcpu *v = new_vcpu(&vm);

	gic_try(vm);
	hostile_kicks(2000);
	for (int i = 0; i < 300; i++) {
		u64 p = rnd64(&r);

		if (i & 1)
			p &= 0xffffffff;
		if (i % 3 == 0)
			p = (p & ~0x1fUL) | 5;
		if (vcpu_set(v, REG_PSTATE, &p))
			continue;
		vcpu_run(v);
		vcpu_set_reg(v, REG_PC, (u64)guest_spin);
	}
	vm_free(vm);
}

/* Illegal state set by the guest itself: ERET with an SPSR of EL2, AArch32, or nonsense. */
static void guest_eret(u64 spsr)
{
	guest_catch();
	/* EL1 without interrupts, IL set by the CPU: the next instruction is an illegal-state fault. */
	asm volatile("adr x9, 1f\n\tmsr elr_el1, x9\n\tmsr spsr_el1, %0\n\tisb\n\teret\n1:\n\tnop"
		     :: "r" (spsr) : "x9", "memory", "cc");
	guest_caught();
}

static void illegal_return(void)
{
	static const u64 spsr[] = { 0x3c9, 0x3c8, 0x3cd, 0x3c1, 0x3c6, 0x3cf, 0x1d3, 0x1da, 0x1ff };

	hostile_kicks(2000);
	for (int i = 0; i < ARRAY_SIZE(spsr); i++) {
		struct vm *vm = vm_new();
		struct vcpu *v = vcpu_new(vm, 0, guest_eret, spsr[i]);

		/* What comes of it is the guest's trouble; RUN returns. */
		for (int n = 0; n < 5; n++)
			vcpu_run(v);
		vm_free(vm);
	}
}

static void program_counters(void)
{
	static const u64 pcs[] = {
		0, 1, 2, 3, 0x400001, ~0UL, ~3UL, 1UL << 63, 1UL << 40, 1UL << 48, 1UL << 55,
		0xffff000000000000, UCALL_GPA, GICD_GPA, MMIO_GPA, 0x00007ffffffffffc,
	};

	hostile_kicks(2000);
	for (int i = 0; i < ARRAY_SIZE(pcs); i++) {
		struct vm *vm;
		struct vcpu *v = new_vcpu(&vm);

		vcpu_set_reg(v, REG_PC, pcs[i]);
		expect_eq(vcpu_reg(v, REG_PC), pcs[i]);
		for (int n = 0; n < 3; n++)
			vcpu_run(v);
		vm_free(vm);
	}
}

/* System registers of the guest at any value; the guest runs into whatever they make of it. */
static void control_registers(void)
{
	static const u64 ids[] = {
		REG_SCTLR, ARMVIRT_ARM64_SYS_REG(3, 0, 2, 0, 2), ARMVIRT_ARM64_SYS_REG(3, 0, 2, 0, 0),
		ARMVIRT_ARM64_SYS_REG(3, 0, 2, 0, 1), ARMVIRT_ARM64_SYS_REG(3, 0, 10, 2, 0),
		ARMVIRT_ARM64_SYS_REG(3, 0, 12, 0, 0), ARMVIRT_ARM64_SYS_REG(3, 0, 1, 0, 2),
		ARMVIRT_ARM64_SYS_REG(2, 0, 0, 2, 2), ARMVIRT_ARM64_SYS_REG(3, 0, 14, 1, 0),
		ARMVIRT_ARM64_SYS_REG(3, 0, 1, 0, 1), ARMVIRT_ARM64_SYS_REG(3, 0, 12, 1, 1),
	};
	struct rnd r = { .state = 77 };
	struct vm *vm;
	struct vcpu *v = new_vcpu(&vm);

	hostile_kicks(2000);
	for (int i = 0; i < 150; i++) {
		u64 x = rnd64(&r);

		if (i % 4 == 1)
			x = ~0UL;
		vcpu_set(v, ids[rnd_below(&r, ARRAY_SIZE(ids))], &x);
		vcpu_set_reg(v, REG_PC, i & 1 ? (u64)guest_spin : (u64)guest_entry);
		x = 0x3c5;
		vcpu_set(v, REG_PSTATE, &x);
		vcpu_run(v);
	}
	vm_free(vm);
}

/* The host's own registers are as before: this thread still computes right. */
static void guest_ok(u64 arg)
{
	guest_assert_eq(sysreg_read(currentel), 4);
}

static void still_works(void)
{
	struct vm *vm = vm_new();

	expect(vcpu_finish(vcpu_new(vm, 0, guest_ok, 0)));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "which modes are taken", modes },
	{ "run with any PSTATE", run_any },
	{ "illegal exception return", illegal_return },
	{ "run at any address", program_counters },
	{ "run with any control registers", control_registers },
	{ "a VM still works", still_works },
};

TEST_MAIN(tests)
