// SPDX-License-Identifier: GPL-2.0
/*
 * The registers by which a guest learns what the machine is: the guest reads what one-reg says, all
 * of the ID space answers, and a feature that is shown works while one that doesn't work is hidden.
 */
#include "gic.h"
#include "insn.h"

static volatile u64 value[16][8], undefined[16][8];

/* op0=3 op1=0 crn=0: all of the space that is reserved for identification. */
static void guest_read_all(u64 page)
{
	for (u32 crm = 0; crm < 8; crm++) {
		for (u32 op2 = 0; op2 < 8; op2++) {
			guest_catch();
			value[crm][op2] = insn_run(page, INSN_MRS | SYSREG(3, 0, 0, crm, op2), 0);
			undefined[crm][op2] = guest_caught();
		}
	}
}

static void same_as_onereg(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_read_all, vm_alloc(vm, 1));
	int shown = 0;

	gic_try(vm);
	expect(vcpu_finish(v));
	for (int crm = 0; crm < 8; crm++) {
		for (int op2 = 0; op2 < 8; op2++) {
			u64 x;

			/* crm 0 has holes, which may be undefined or zero. */
			if (crm && undefined[crm][op2])
				fail("c%d %d is undefined", crm, op2);
			if (undefined[crm][op2] ||
			    vcpu_get(v, ARMVIRT_ARM64_SYS_REG(3, 0, 0, crm, op2), &x))
				continue;
			shown++;
			if (x != value[crm][op2])
				fail("c%d %d: guest reads %#llx, one-reg %#llx", crm, op2,
				     (unsigned long long)value[crm][op2], (unsigned long long)x);
		}
	}
	expect(shown >= 56);
	vm_free(vm);
}

static u32 field(u64 v, int shift)
{
	return v >> shift & 0xf;
}

static void sane(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_read_all, vm_alloc(vm, 1));
	u64 pfr0, dfr0, mmfr0;

	expect(vcpu_finish(v));
	pfr0 = value[4][0];
	dfr0 = value[5][0];
	mmfr0 = value[7][0];
	expect(field(pfr0, 0) >= 1 && field(pfr0, 4) >= 1);
	/* No EL2 or EL3 is the guest's; SVE, MPAM, AMU and RME aren't passed on. */
	expect(field(pfr0, 32) == 0 || dev_cap(ARMVIRT_CAP_ARM_SVE));
	expect_eq(field(pfr0, 40), 0);
	expect_eq(field(pfr0, 44), 0);
	expect_eq(field(pfr0, 52), 0);
	/* Debug architecture at least v8; no PMU was asked for; no SPE, no trace. */
	expect(field(dfr0, 0) >= 6 && field(dfr0, 0) != 0xf);
	expect(field(dfr0, 8) == 0 || field(dfr0, 8) == 0xf);
	expect_eq(field(dfr0, 32), 0);
	expect_eq(field(dfr0, 44), 0);
	expect(field(mmfr0, 0) <= 6);
	/* At least one granule. */
	expect(field(mmfr0, 28) < 8 || field(mmfr0, 24) < 8 || field(mmfr0, 20) > 0);
	vm_free(vm);
}

/* Features that are shown must work, others must be undefined or do nothing. */
static void guest_features(u64 page)
{
	u64 isar1 = sysreg_read(id_aa64isar1_el1), isar0 = sysreg_read(id_aa64isar0_el1);
	bool auth = isar1 >> 4 & 0xff;
	u64 x, y;

	guest_catch();
	x = insn_run(page, 0xdac10000, 0x1234);		/* pacia x0, x0 */
	y = guest_caught();
	/* As long as SCTLR_EL1 doesn't enable it, it may also do nothing. */
	guest_assert(!y || !auth);
	guest_catch();
	insn_run(page, INSN_MRS | SYSREG(3, 0, 2, 1, 0), 0);	/* APIAKEYLO_EL1 */
	y = guest_caught();
	guest_assert(auth ? !y : y == 1);
	/* LSE atomics: ldadd w0, w0, [sp] */
	guest_catch();
	insn_run(page, 0xb82003e0, 0);
	y = guest_caught();
	guest_assert((isar0 >> 20 & 0xf) ? !y : y == 1);
	/* RNDR */
	guest_catch();
	x = insn_run(page, INSN_MRS | SYSREG(3, 3, 2, 4, 0), 0);
	y = guest_caught();
	guest_assert((isar0 >> 60 & 0xf) ? !y : y == 1);
	(void)x;
}

static void features(void)
{
	struct vm *vm = vm_new();

	expect(vcpu_finish(vcpu_new(vm, 0, guest_features, vm_alloc(vm, 1))));
	vm_free(vm);
}

/* ID registers can't be read at EL0, nor most others. */
static void guest_el0(u64 page)
{
	u64 alias = page + EL0_ALIAS, sp = alias + 4096;

	/* An EL0 program: mrs; svc. First CTR and CNTVCT, which are allowed. */
	static const struct { u32 reg; bool allowed; } r[] = {
		{ SYSREG(3, 3, 0, 0, 1), true }, { SYSREG(3, 0, 0, 0, 0), false },
		{ SYSREG(3, 0, 0, 4, 0), false }, { SYSREG(3, 0, 1, 0, 0), false },
		{ SYSREG(3, 4, 1, 1, 0), false }, { SYSREG(3, 0, 12, 12, 0), false },
		{ SYSREG(3, 3, 9, 12, 0), false }, { SYSREG(2, 0, 0, 0, 4), false },
	};

	for (int i = 0; i < ARRAY_SIZE(r); i++) {
		u64 n;

		insn_put(page, INSN_MRS | r[i].reg);
		((u32 *)page)[1] = 0xd4000001;		/* svc #0 */
		asm volatile("dc cvau, %0\n\tdsb ish\n\tic ialluis\n\tdsb ish\n\tisb"
			     :: "r" (page) : "memory");
		guest_catch();
		guest_run_el0(alias, sp, 0);
		n = guest_caught();
		if (n != !r[i].allowed)
			guest_assert_eq(r[i].reg, n);
	}
}

static void el0(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_el0, 0);
	u64 page = vm_alloc(vm, 2);

	/* The heap is not executable at EL0; a copy of the first GiB's rights would be: see layout.h. */
	vcpu_restart(v, guest_el0, page);
	((u64 *)vm->heap)[EL0_ALIAS >> 30 | 2] &= ~(1UL << 54);
	expect(vcpu_finish(v));
	vm_free(vm);
}

/* Without a GIC there are no ICC registers, and ID_AA64PFR0 says so. */
static void guest_no_gic(u64 page)
{
	u64 n;

	guest_catch();
	insn_run(page, INSN_MRS | SYSREG(3, 0, 4, 6, 0), 0);
	insn_run(page, INSN_MRS | SYSREG(3, 0, 12, 12, 0), 0);
	insn_run(page, INSN_MRS | SYSREG(3, 0, 12, 12, 4), 0);
	insn_run(page, INSN_MSR | SYSREG(3, 0, 12, 11, 5), 0);
	n = guest_caught();
	guest_tell(n, sysreg_read(id_aa64pfr0_el1) >> 24 & 0xf, 0);
}

static void no_gic(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_no_gic, vm_alloc(vm, 1));
	struct ucall *uc = vcpu_ucall(v);

	require(uc);
	if (on_kvm() && uc->arg[1])
		test_skip("KVM up to 6.11 shows the host's GIC");
	expect_eq(uc->arg[0], 4);
	expect_eq(uc->arg[1], 0);
	vm_free(vm);
}

static void guest_mpidr(u64 id)
{
	guest_assert_eq(sysreg_read(mpidr_el1), 1UL << 31 | (id & 0xf) | (id >> 4 & 0xff) << 8);
}

static void mpidr(void)
{
	static const int ids[] = { 0, 1, 15, 16, 17, 40 };
	struct vm *vm = vm_new();

	for (int i = 0; i < ARRAY_SIZE(ids); i++)
		if (ids[i] < dev_cap(ARMVIRT_CAP_MAX_VCPUS))
			expect(vcpu_finish(vcpu_new(vm, ids[i], guest_mpidr, ids[i])));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "the guest reads what one-reg says", same_as_onereg },
	{ "sane values", sane },
	{ "what is shown works", features },
	{ "at EL0", el0 },
	{ "without a GIC", no_gic },
	{ "MPIDR", mpidr },
};

TEST_MAIN(tests)
