// SPDX-License-Identifier: GPL-2.0
/*
 * One-reg on ARMv7: what is in the list of registers, what is refused, and that the guest has what was
 * set and user space gets what the guest left. The list itself is core/onereg.c's subject.
 */
#include "onereg.h"

#define NR_CORE		38
#define CP15(...)	ARMVIRT_ARM_CP15_REG32(__VA_ARGS__)
#define VFP32(name)	(ARMVIRT_REG_ARM | ARMVIRT_REG_SIZE_U32 | ARMVIRT_REG_ARM_VFP | \
			 ARMVIRT_REG_ARM_VFP_##name)
#define VFP_D(n)	(ARMVIRT_REG_ARM | ARMVIRT_REG_SIZE_U64 | ARMVIRT_REG_ARM_VFP | (n))

static void needed(void)
{
	static const u64 ids[] = {
		CORE_U32(svc_regs[2]), CORE_U32(fiq_regs[7]), REG_PC, REG_PSTATE, REG_MPIDR,
		REG_SCTLR, CP15(0, 0, 0, 0), CP15(0, 1, 0, 1), CP15(0, 1, 0, 2),
		CP15(0, 2, 0, 2), CP15(0, 3, 0, 0), CP15(0, 5, 0, 0), CP15(0, 5, 0, 1),
		CP15(0, 6, 0, 0), CP15(0, 6, 0, 2), CP15(0, 10, 2, 0), CP15(0, 10, 2, 1),
		CP15(0, 12, 0, 0), CP15(0, 13, 0, 1), CP15(0, 13, 0, 2), CP15(0, 13, 0, 3),
		CP15(0, 13, 0, 4), CP15(0, 14, 1, 0), CP15(2, 0, 0, 0),
		ARMVIRT_ARM_CP15_REG64(0, 2), ARMVIRT_ARM_CP15_REG64(1, 2),
		ARMVIRT_ARM_CP15_REG64(0, 7), VFP_D(0), VFP_D(15), VFP32(FPSCR), VFP32(FPEXC),
		VFP32(FPSID), VFP32(MVFR0), VFP32(MVFR1), ARMVIRT_REG_ARM_TIMER_CTL,
		ARMVIRT_REG_ARM_TIMER_CVAL, ARMVIRT_REG_ARM_TIMER_CNT,
		ARMVIRT_REG_ARM_PSCI_VERSION,
	};

	onereg_expect_listed(ids, ARRAY_SIZE(ids));
	for (int i = 0; i < NR_CORE; i++)
		expect(onereg_listed(REG_X(i)));
}

static void refused(void)
{
	struct vm *vm;
	struct vcpu *v = onereg_vcpu(&vm);
	const u64 no_size = ~ARMVIRT_REG_SIZE_MASK;
	u64 x[4] = { 0 };

	/* Architecture, class, register, size. */
	expect_err(vcpu_get(v, ARMVIRT_REG_ARM64 | ARMVIRT_REG_SIZE_U64, x), EINVAL);
	expect_err(vcpu_get(v, ARMVIRT_REG_ARM | ARMVIRT_REG_SIZE_U32 | 0x7f0000, x), ENOENT);
	expect_err(vcpu_get(v, REG_X(NR_CORE), x), ENOENT);
	expect_err(vcpu_get(v, CP15(0, 9, 12, 0), x), ENOENT);		/* PMCR */
	expect_err(vcpu_set(v, CP15(4, 15, 0, 0), x), ENOENT);
	expect_err(vcpu_get(v, ARMVIRT_REG_ARM_FW_REG(99), x), ENOENT);
	expect_err(vcpu_get(v, VFP_D(32), x), ENOENT);
	expect_err(vcpu_get(v, VFP32(FPINST), x), ENOENT);
	expect_err(vcpu_get(v, (REG_PC & no_size) | ARMVIRT_REG_SIZE_U64, x), EINVAL);
	expect_err(vcpu_get(v, (VFP_D(3) & no_size) | ARMVIRT_REG_SIZE_U32, x), EINVAL);
	expect_err(vcpu_get(v, (REG_SCTLR & no_size) | ARMVIRT_REG_SIZE_U64, x), ENOENT);
	/* What only the hardware decides. */
	x[0] = vcpu_reg(v, CP15(0, 0, 0, 0)) ^ 1;
	expect_err(vcpu_set(v, CP15(0, 0, 0, 0), x), EINVAL);
	x[0] = vcpu_reg(v, VFP32(MVFR0)) ^ 1;
	expect_err(vcpu_set(v, VFP32(MVFR0), x), EINVAL);
	x[0] = vcpu_reg(v, CP15(0, 0, 1, 0)) ^ 1;
	expect_err(vcpu_set(v, CP15(0, 0, 1, 0), x), EINVAL);
	vm_free(vm);
}

/* No mode but those of PL1 and PL0: never HYP or Monitor. */
static void modes(void)
{
	static const u8 good[] = { 0x10, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f };
	struct vm *vm;
	struct vcpu *v = onereg_vcpu(&vm);

	for (u32 mode = 0; mode < 32; mode++) {
		bool valid = memchr(good, mode, sizeof(good));
		u32 cpsr = mode | 0xf00001c0;

		expect_eq(vcpu_set(v, REG_PSTATE, &cpsr), valid ? 0 : -1);
	}
	/* Neither Jazelle nor ThumbEE. */
	vcpu_set_reg(v, REG_PSTATE, 0x010001f3);
	expect_eq(vcpu_reg(v, REG_PSTATE), 0x1f3);
	vm_free(vm);
}

static void guest_use(u64 arg)
{
	u32 usr, irq;

	guest_assert_eq(arg, 0x123456789abcdef0);
	guest_assert_eq(cp_read(15, 0, c13, c0, 2), 0x1111);
	guest_assert_eq(cp_read(15, 0, c13, c0, 3), 0x2222);
	guest_assert_eq(cp_read(15, 0, c13, c0, 1), 0x3333);
	asm volatile(".arch_extension virt\n\tmrs %0, sp_usr\n\tmrs %1, lr_irq"
		     : "=r" (usr), "=r" (irq));
	guest_assert_eq(usr, 0x4440);
	guest_assert_eq(irq, 0x5555);
	cp_write(15, 0, c13, c0, 2, 0xaaaa);
	cp_write(15, 0, c6, c0, 0, 0xeeee);
	asm volatile(".arch_extension virt\n\tmsr sp_usr, %0\n\tmsr spsr_fiq, %1"
		     :: "r" (0xccc0), "r" (0x1d1));
	guest_tell(0, 0, 0);
}

static void both_ways(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_use, 0x123456789abcdef0);

	vcpu_set_reg(v, CP15(0, 13, 0, 2), 0x1111);
	vcpu_set_reg(v, CP15(0, 13, 0, 3), 0x2222);
	vcpu_set_reg(v, CP15(0, 13, 0, 1), 0x3333);
	vcpu_set_reg(v, REG_X(13), 0x4440);
	vcpu_set_reg(v, CORE_U32(irq_regs[1]), 0x5555);
	require(vcpu_ucall(v));
	expect_eq(vcpu_reg(v, CP15(0, 13, 0, 2)), 0xaaaa);
	expect_eq(vcpu_reg(v, REG_X(13)), 0xccc0);
	expect_eq(vcpu_reg(v, CP15(0, 6, 0, 0)), 0xeeee);
	expect_eq(vcpu_reg(v, CORE_U32(fiq_regs[7])), 0x1d1);
	expect_eq(vcpu_reg(v, REG_SCTLR) & 1, 1);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "what clients need is listed", needed },
	{ "what is refused", refused },
	{ "modes of CPSR", modes },
	{ "to the guest and back", both_ways },
};

TEST_MAIN(tests)
