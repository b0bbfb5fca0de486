// SPDX-License-Identifier: GPL-2.0
/*
 * One-reg on arm64: what is in the list of registers, what is refused, and that the guest has what was
 * set and user space gets what the guest left. The list itself is core/onereg.c's subject.
 */
#include "onereg.h"

static void needed(void)
{
	static const u64 ids[] = {
		REG_X(0), REG_X(30), REG_SP, REG_PC, REG_PSTATE, CORE_U64(sp_el1),
		CORE_U64(elr_el1), CORE_U64(spsr[0]), CORE_U64(spsr[4]), REG_MPIDR, REG_SCTLR,
		ARMVIRT_REG_ARM_TIMER_CTL, ARMVIRT_REG_ARM_TIMER_CVAL, ARMVIRT_REG_ARM_TIMER_CNT,
		ARMVIRT_REG_ARM_PSCI_VERSION, ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1,
		ARMVIRT_ARM64_SYS_REG(3, 0, 0, 0, 0), ARMVIRT_ARM64_SYS_REG(3, 0, 2, 0, 0),
		ARMVIRT_ARM64_SYS_REG(3, 0, 2, 0, 1), ARMVIRT_ARM64_SYS_REG(3, 0, 2, 0, 2),
		ARMVIRT_ARM64_SYS_REG(3, 0, 1, 0, 2), ARMVIRT_ARM64_SYS_REG(3, 0, 10, 2, 0),
		ARMVIRT_ARM64_SYS_REG(3, 0, 12, 0, 0), ARMVIRT_ARM64_SYS_REG(3, 0, 5, 2, 0),
		ARMVIRT_ARM64_SYS_REG(3, 0, 6, 0, 0), ARMVIRT_ARM64_SYS_REG(3, 0, 7, 4, 0),
		ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 2), ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 3),
		ARMVIRT_ARM64_SYS_REG(3, 0, 13, 0, 4), ARMVIRT_ARM64_SYS_REG(3, 0, 13, 0, 1),
		ARMVIRT_ARM64_SYS_REG(3, 0, 14, 1, 0), ARMVIRT_ARM64_SYS_REG(2, 0, 0, 2, 2),
	};

	onereg_expect_listed(ids, ARRAY_SIZE(ids));
	/* The whole block of ID registers. */
	for (int crm = 1; crm < 8; crm++)
		for (int op2 = 0; op2 < 8; op2++)
			if (!onereg_listed(ARMVIRT_ARM64_SYS_REG(3, 0, 0, crm, op2)))
				fail("ID register c0 c%d %d is not listed", crm, op2);
}

static void unknown(void)
{
	struct vm *vm;
	struct vcpu *v = onereg_vcpu(&vm);
	u64 x[32] = { 0 };

	/* Architecture, class, register. */
	expect_err(vcpu_get(v, 0x2030000000100000, x), EINVAL);
	expect_err(vcpu_get(v, ARMVIRT_REG_ARM | ARMVIRT_REG_SIZE_U32, x), EINVAL);
	expect_err(vcpu_get(v, 0x60300000007f0000, x), ENOENT);
	expect_err(vcpu_set(v, 0x60300000007f0000, x), ENOENT);
	expect_err(vcpu_get(v, ARMVIRT_ARM64_SYS_REG(3, 7, 15, 15, 7), x), ENOENT);
	expect_err(vcpu_set(v, ARMVIRT_ARM64_SYS_REG(3, 7, 15, 15, 7), x), ENOENT);
	expect_err(vcpu_get(v, ARMVIRT_ARM64_SYS_REG(3, 0, 0, 0, 1), x), ENOENT);
	expect_err(vcpu_get(v, ARMVIRT_REG_ARM_FW_REG(99), x), ENOENT);
	expect_err(vcpu_set(v, ARMVIRT_REG_ARM_FW_REG(99), x), ENOENT);
	expect_err(vcpu_get(v, CORE_U64(regs) + 0x1000, x), ENOENT);
	vm_free(vm);
}

static void wrong_size(void)
{
	struct vm *vm;
	struct vcpu *v = onereg_vcpu(&vm);
	const u64 no_size = ~ARMVIRT_REG_SIZE_MASK;
	u64 x[32] = { 0 };

	expect_err(vcpu_get(v, (REG_PC & no_size) | ARMVIRT_REG_SIZE_U32, x), EINVAL);
	expect_err(vcpu_set(v, (REG_PC & no_size) | ARMVIRT_REG_SIZE_U32, x), EINVAL);
	expect_err(vcpu_get(v, (REG_PC & no_size) | ARMVIRT_REG_SIZE_U128, x), EINVAL);
	/* In the middle of a register. */
	expect_err(vcpu_get(v, REG_PC + 1, x), EINVAL);
	expect_err(vcpu_get(v, (CORE_U64(fp_regs.vregs[1]) & no_size) | ARMVIRT_REG_SIZE_U64, x),
		   EINVAL);
	expect_eq(vcpu_get(v, (CORE_U64(fp_regs.vregs[1]) & no_size) | ARMVIRT_REG_SIZE_U128, x),
		  0);
	expect_err(vcpu_get(v, CORE_U64(fp_regs.fpsr), x), EINVAL);
	vm_free(vm);
}

/* Registers that nobody may change, at a value that they don't have. */
static void invariant(void)
{
	struct vm *vm;
	struct vcpu *v = onereg_vcpu(&vm);
	u64 midr = ARMVIRT_ARM64_SYS_REG(3, 0, 0, 0, 0);
	u64 x = vcpu_reg(v, midr) ^ 1;

	if (!vcpu_set(v, midr, &x))
		test_skip("this kernel lets MIDR be changed");
	expect_eq(errno, EINVAL);
	vm_free(vm);
}

static void guest_use(u64 arg)
{
	guest_assert_eq(arg, 0x123456789abcdef0);
	guest_assert_eq(sysreg_read(tpidr_el0), 0x1111);
	guest_assert_eq(sysreg_read(tpidrro_el0), 0x2222);
	guest_assert_eq(sysreg_read(contextidr_el1), 0x3333);
	guest_assert_eq(sysreg_read(sp_el0), 0x4440);
	guest_assert_eq(sysreg_read(elr_el1), 0x5555);
	guest_assert_eq(sysreg_read(afsr0_el1), sysreg_read(afsr0_el1));
	sysreg_write(tpidr_el0, 0xaaaa);
	sysreg_write(tpidrro_el0, 0xbbbb);
	sysreg_write(sp_el0, 0xccc0);
	sysreg_write(elr_el1, 0xdddd);
	sysreg_write(far_el1, 0xeeee);
	sysreg_write(par_el1, 0xf00);
	guest_tell(0, 0, 0);
}

static void both_ways(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_use, 0x123456789abcdef0);

	vcpu_set_reg(v, ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 2), 0x1111);
	vcpu_set_reg(v, ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 3), 0x2222);
	vcpu_set_reg(v, ARMVIRT_ARM64_SYS_REG(3, 0, 13, 0, 1), 0x3333);
	vcpu_set_reg(v, REG_SP, 0x4440);
	vcpu_set_reg(v, CORE_U64(elr_el1), 0x5555);
	require(vcpu_ucall(v));
	expect_eq(vcpu_reg(v, ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 2)), 0xaaaa);
	expect_eq(vcpu_reg(v, ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 3)), 0xbbbb);
	expect_eq(vcpu_reg(v, REG_SP), 0xccc0);
	expect_eq(vcpu_reg(v, CORE_U64(elr_el1)), 0xdddd);
	expect_eq(vcpu_reg(v, ARMVIRT_ARM64_SYS_REG(3, 0, 6, 0, 0)), 0xeeee);
	expect_eq(vcpu_reg(v, REG_SCTLR) & 1, 1);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "what clients need is listed", needed },
	{ "unknown registers", unknown },
	{ "wrong sizes", wrong_size },
	{ "an invariant register", invariant },
	{ "to the guest and back", both_ways },
};

TEST_MAIN(tests)
