// SPDX-License-Identifier: GPL-2.0
/*
 * Guests whose EL1 is AArch32: registers, MMIO, calls, interrupts, and instructions at random.
 */
#include "aarch32.h"
#include "hostile.h"

/* --- registers ---------------------------------------------------------------------------- */

static void cp15(void)
{
	struct vm *vm = new_vm();
	struct vcpu *v = new_vcpu(vm, 0, 0);

	start_at(v, CP15_WRITE, SVC_MASKED);
	vcpu_set_reg(v, REG_X(1), 0x80004000);
	run(v);
	/* A 32-bit write leaves what the upper half had: on KVM that is a number of its own. */
	expect_eq((u32)vcpu_reg(v, R_TTBR0), 0x80004000);
	expect_eq((u32)vcpu_reg(v, R_TTBR1), 0x81004000);
	expect_eq((u32)vcpu_reg(v, R_DACR), 0x11);
	expect_eq((u32)vcpu_reg(v, R_DFSR), 0x805);
	expect_eq((u32)vcpu_reg(v, R_IFSR), 0x7);
	expect_eq(vcpu_reg(v, R_FAR), 0x9abcdef012345678);
	expect_eq(vcpu_reg(v, R_MAIR), 0x40e040e000a80044);
	expect_eq((u32)vcpu_reg(v, SYS(3, 0, 13, 0, 1)), 0xcafe01);
	expect_eq((u32)vcpu_reg(v, SYS(3, 3, 13, 0, 2)), 0xabcd0001);
	expect_eq((u32)vcpu_reg(v, SYS(3, 3, 13, 0, 3)), 0xabcd0002);
	expect_eq((u32)vcpu_reg(v, SYS(3, 0, 13, 0, 4)), 0xabcd0003);
	expect_eq((u32)vcpu_reg(v, R_VBAR), 0x80001000);
	expect_eq(reg(v, 2), 0x81004000);
	expect_eq(reg(v, 3), 0x12345678);
	expect_eq(reg(v, 4), 0x9abcdef0);
	expect_eq(reg(v, 5), 0x00a80044);
	expect_eq(reg(v, 6), 0x40e040e0);
	run(v);
	expect_eq(vcpu_reg(v, R_TTBR0), 0x0005000080004000);
	expect_eq(vcpu_reg(v, R_TTBR1), 0x0005000080008000);
	expect_eq(vcpu_reg(v, R_TTBCR) & TTBCR_EAE, TTBCR_EAE);
	expect_eq(reg(v, 4), 0x80004000);
	expect_eq(reg(v, 5), 0x00050000);
	expect_eq(reg(v, 6), 0x80008000);
	expect_eq(reg(v, 7), 0x00050000);
	vm_free(vm);
}

static void ids(void)
{
	struct vm *vm = new_vm();
	struct vcpu *v = run_piece(vm, CP_MISC, SVC_MASKED);

	expect_eq(reg(v, 0), (u32)vcpu_reg(v, SYS(3, 0, 0, 0, 0)));
	expect_eq(reg(v, 3), (u32)vcpu_reg(v, SYS(3, 0, 0, 1, 1)));
	expect_eq(reg(v, 4), (u32)vcpu_reg(v, SYS(3, 0, 0, 1, 4)));
	expect_eq(reg(v, 5), (u32)vcpu_reg(v, SYS(3, 0, 0, 2, 0)));
	expect_eq(reg(v, 8) >> 16 & 15, vcpu_reg(v, SYS(3, 0, 0, 5, 0)) & 15);
	expect_eq(reg(v, 9) & 8, 8);
	expect_eq(reg(v, 10), 0);
	expect_eq(reg(v, 11), 0x1234);
	if (!on_kvm())
		expect_eq(vcpu_reg(v, SYS(2, 0, 0, 0, 4)), 0x1234);
	vm_free(vm);
}

/* Where AArch64 sees each mode's SP and LR (D1.21.1), and the one-reg SPSR. */
static const struct bank {
	u32 value;
	int sp, lr, spsr;
} bank[] = {
	{ 0x1f000000, 13, 14, -1 }, { 0x13000000, 19, 18, 0 }, { 0x12000000, 17, 16, 3 },
	{ 0x17000000, 21, 20, 1 }, { 0x1b000000, 23, 22, 2 }, { 0x11000000, 29, 30, 4 },
};

static void banks(void)
{
	struct vm *vm = new_vm();
	struct vcpu *v = run_piece(vm, BANKS, SVC_MASKED);

	for (int i = 0; i < ARRAY_SIZE(bank); i++) {
		expect_eq(reg(v, bank[i].sp), bank[i].value + 1);
		expect_eq(reg(v, bank[i].lr), bank[i].value + 2);
		if (bank[i].spsr >= 0)
			expect_eq(vcpu_reg(v, R_SPSR(bank[i].spsr)), bank[i].value + 3);
	}
	expect_eq(reg(v, 8), 8);
	for (int n = 8; n < 13; n++)
		expect_eq(reg(v, n + 16), 0x11000000 + n);
	/* Another vCPU, with other values, is on the CPU meanwhile. */
	for (int i = 0; i < 2; i++) {
		struct vm *other = new_vm();

		run_piece(other, CP15_WRITE, SVC_MASKED);
		vm_free(other);
	}
	run(v);
	expect_eq(reg(v, 0), 0);
	vm_free(vm);
}

static void vfp(void)
{
	struct vm *vm = new_vm(), *other = new_vm();
	struct vcpu *v = run_piece(vm, VFP, SVC_MASKED);

	expect_eq(reg(v, 0), 0x40000000);
	expect(reg(v, 2) != 0);
	expect_eq((u32)vcpu_reg(v, R_FPEXC), 0x40000000);
	/* Without FP, the same CPU; and FP of this process. */
	run_piece(other, BANKS, SVC_MASKED);
	asm volatile("movi v0.16b, #0xff\n\tmovi v15.16b, #0xff\n\tmovi v31.16b, #0xff"
		     ::: "memory");
	run(v);
	expect_eq(reg(v, 0), 0);
	run(v);
	expect_eq(vcpu_reg(v, REG_PSTATE) & MODE, UND);
	vm_free(other);
	vm_free(vm);
}

/* --- MMIO ---------------------------------------------------------------------------------- */

static void next_mmio(struct vcpu *v, bool write, u32 len)
{
	int ret;

	do {
		ret = vcpu_run(v);
	} while (ret == -EINTR);
	if (ret || v->run->exit_reason != ARMVIRT_EXIT_MMIO) {
		vcpu_explain(v, ret);
		die("no MMIO");
	}
	expect_eq(v->run->mmio.is_write, write);
	expect_eq(v->run->mmio.len, len);
	if (!write)
		memset(v->run->mmio.data, 0, 8);
}

static u32 stored(struct vcpu *v)
{
	u32 val;

	memcpy(&val, v->run->mmio.data, 4);
	return val;
}

static void sizes_once(struct vcpu *v, bool be)
{
	static const u8 bytes[4] = { 0x81, 0x92, 0xa3, 0xb4 };
	static const u8 len[] = { 1, 1, 2, 2, 4 };
	/* KVM cuts off again what it has extended. */
	u32 sign = on_kvm() ? 0 : 0xffff0000;

	for (int i = 0; i < 5; i++) {
		next_mmio(v, false, len[i]);
		memcpy(v->run->mmio.data, bytes, len[i]);
	}
	next_mmio(v, true, 1);
	expect_eq(reg(v, 2), 0x81);
	expect_eq(reg(v, 3), sign ? 0xffffff81 : 0x81);
	expect_eq(reg(v, 4), be ? 0x8192 : 0x9281);
	expect_eq(reg(v, 5), sign | (be ? 0x8192 : 0x9281));
	expect_eq(reg(v, 6), be ? 0x8192a3b4 : 0xb4a39281);
	expect_eq(stored(v) & 0xff, be ? 0xb4 : 0x81);
	next_mmio(v, true, 2);
	expect_eq(stored(v) & 0xffff, be ? 0xb4a3 : 0x9281);
	next_mmio(v, true, 4);
	expect_eq(stored(v), 0xb4a39281);
}

static void sizes(void)
{
	struct vm *vm = new_vm();
	struct vcpu *v = new_vcpu(vm, 0, 0);

	start_at(v, SIZES, SVC_MASKED);
	sizes_once(v, false);
	sizes_once(v, true);
	run(v);
	vm_free(vm);
}

/* The syndrome names banked registers as AArch64 sees them; QEMU's does not, and KVM believes it. */
static void modes(void)
{
	static const u8 x[] = { 17, 30, 24, 22, 19 };
	struct vm *vm = new_vm();
	struct vcpu *v = new_vcpu(vm, 0, 0);

	if (on_kvm())
		test_skip("under QEMU registers of the wrong bank");
	start_at(v, MMIO, SVC_MASKED);
	for (u32 i = 0; i < 5; i++) {
		u32 val = 0xa0b0c000 + i;

		next_mmio(v, false, 4);
		expect_eq(v->run->mmio.phys_addr, MMIO_GPA + 4 * i);
		memcpy(v->run->mmio.data, &val, 4);
	}
	next_mmio(v, true, 4);
	expect_eq(stored(v), 0xa0b0c004);
	for (u32 i = 0; i < 5; i++)
		expect_eq(reg(v, x[i]), 0xa0b0c000 + i);
	next_mmio(v, true, 4);
	expect_eq(stored(v), 0xa0b0c000);
	next_mmio(v, true, 4);
	expect_eq(stored(v), 0xa0b0c002);
	run(v);
	vm_free(vm);
}

/* --- calls and power ---------------------------------------------------------------------- */

static void calls(void)
{
	struct vm *vm = new_vm();
	struct vcpu *v = run_piece(vm, CALLS, SVC_MASKED);

	expect(reg(v, 4) >= 0x10000);
	expect_eq(reg(v, 5), 0xffffffff);
	if (!on_kvm())		/* answers no SMC before 6.4 */
		expect_eq(reg(v, 6), reg(v, 4));
	expect_eq(reg(v, 7), 0xffffffff);
	expect_eq(reg(v, 8), 0);
	expect_eq(reg(v, 9), 0xffffffff);
	expect_eq(reg(v, 0), 0x10001);
	vm_free(vm);
}

static void cpu_on_at(enum piece p, u32 thumb)
{
	struct vm *vm = new_vm();
	struct vcpu *v = new_vcpu(vm, 0, 0);
	struct vcpu *w = new_vcpu(vm, 1, 1 << ARMVIRT_ARM_VCPU_POWER_OFF);

	start_at(v, START_SECOND, SVC_MASKED);
	vcpu_set_reg(v, REG_X(2), place(p) | thumb);
	run(v);
	run(w);
	expect_eq(reg(w, 4), 0xc0ffee);
	expect_eq(vcpu_reg(w, REG_PSTATE) & (MODE | T | A | I | F | E),
		  SVC_MASKED | (thumb ? T : 0));
	if (!thumb) {
		expect_eq(reg(w, 5) & 0x3ff, SVC_MASKED);
		expect_eq(reg(w, 6), 0x80000001);
	}
	vm_free(vm);
}

static void cpu_on(void)
{
	cpu_on_at(SECOND, 0);
	cpu_on_at(SECOND_THUMB, 1);
}

/* --- interrupts ---------------------------------------------------------------------------- */

static void interrupts(void)
{
	struct vm *vm = new_vm();
	struct vcpu *v = new_vcpu(vm, 0, 0);

	gic_new(vm);
	start_at(v, vm->gic_version == 3 ? GIC3 : GIC2, SVC_MASKED);
	vcpu_set_reg(v, REG_X(1), vm->gic_version == 3 ? GICR_GPA : GICC_GPA);
	vcpu_set_reg(v, REG_X(2), GICD_GPA);
	run(v);
	expect_eq(reg(v, 0), vm->gic_version);
	expect_eq(reg(v, 6) & 0x3ff, 5);
	if (vm->gic_version == 3) {
		expect_eq(reg(v, 5) & 1, 1);
		run(v);
		expect_eq(reg(v, 6), PPI_VTIMER);
		expect_eq(reg(v, 7), PPI_PTIMER);
		expect_eq(reg(v, 9), 5);
	}
	vm_free(vm);
}

static void timer(void)
{
	struct vm *vm = new_vm();
	struct vcpu *v = run_piece(vm, TIMER, SVC_MASKED);

	expect(reg(v, 0) > 0);
	expect(reg(v, 5) || reg(v, 4));
	expect_eq(reg(v, 8), 0x55667788);
	expect_eq(reg(v, 9), 0x100);
	expect_eq(vcpu_reg(v, ARMVIRT_REG_ARM_TIMER_CVAL), 0x10011223344);
	vm_free(vm);
}

/* --- what user space may ask --------------------------------------------------------------- */

static void widths(void)
{
	struct vm *vm = new_vm();
	struct vcpu *v = new_vcpu(vm, 0, 0), *w = vcpu_bare(vm, 1);
	u64 p;

	expect_eq(vcpu_reg(v, REG_PSTATE), SVC_MASKED);
	expect_eq(vcpu_reg(v, R_SCTLR), 0x00c50078);
	/* All of a VM are of one width. */
	expect(vcpu_init(w, 0));
	expect_eq(errno, EINVAL);
	expect(!vcpu_init(w, 1 << ARMVIRT_ARM_VCPU_EL1_32BIT));
	for (u32 mode = 0; mode < 0x20; mode++) {
		bool good = 1U << mode & (1U << 0x10 | 1U << 0x11 | 1U << 0x12 | 1U << 0x13 |
					  1U << 0x17 | 1U << 0x1b | 1U << 0x1f);

		/* KVM learned of System mode in 6.10. */
		if (mode == 0x1f && on_kvm())
			continue;
		p = 0x1c0 | mode;
		if (good != !vcpu_set(v, REG_PSTATE, &p))
			fail("mode %#x", mode);
	}
	vm_free(vm);
}

/* --- AArch32 programs of a 64-bit guest ------------------------------------------------------ */

/* From VBAR_EL1 + 0x600, in AArch64: movz x9, #0x5000, lsl #16; str w0, [x9]; b . */
static const u32 vector64[] = { 0xd2aa0009, 0xb9000120, 0x14000000 };

static void program(void)
{
	struct vm *vm = vm_bare();
	struct vcpu *v = vcpu_bare(vm, 0);
	char *code = vm_map(vm, TEST_SLOT, CODE_GPA, CODE_SIZE, NULL);
	u64 user = 0x10 | I;

	memcpy(code, guest_blob, (char *)guest_blob_end - (char *)guest_blob);
	memcpy(code + 0x8600, vector64, sizeof(vector64));
	require(!vcpu_init(v, 0));
	if (vcpu_set(v, REG_PSTATE, &user))
		test_skip("no AArch32 here");
	vcpu_set_reg(v, R_VBAR, CODE_GPA + 0x8000);
	vcpu_set_reg(v, SYS(3, 0, 14, 1, 0), 0x303);	/* CNTKCTL_EL1 */
	start_at(v, SIZES, user);
	sizes_once(v, false);
	sizes_once(v, true);
	run(v);
	/* The store is not done before the next run, and then moves the PC. */
	v->run->immediate_exit = 1;
	expect_eq(vcpu_run(v), -EINTR);
	v->run->immediate_exit = 0;
	start_at(v, PROGRAM, user);
	run(v);
	expect_eq(reg(v, 2), 0x55);
	expect_eq(reg(v, 3), 0x55);
	expect_eq(reg(v, 4), 0x55667788);
	expect_eq(reg(v, 5), 0x100);
	expect_eq(vcpu_reg(v, REG_PSTATE) & (MODE | T), 0x10);
	if (!on_kvm()) {		/* which shows it even to programs */
		u64 pc = vcpu_reg(v, REG_PC);

		run(v);
		expect_eq(vcpu_reg(v, SYS(3, 0, 5, 2, 0)), 1U << 25);	/* unknown reason, 4 bytes */
		expect_eq(vcpu_reg(v, CORE_U64(elr_el1)), pc + 4);
		expect_eq(vcpu_reg(v, R_SPSR(0)) & (MODE | I), user);
		expect_eq(vcpu_reg(v, REG_PSTATE) & 0x1f, 5);
	}
	vm_free(vm);
}

/* --- hostile --------------------------------------------------------------------------------- */

/* Whatever it did, it is in a mode that is its own. */
static void check_mode(struct vcpu *v)
{
	expect(vcpu_reg(v, REG_PSTATE) & 0x10);
}

static void random_code(u32 cpsr)
{
	const struct hostile_code code = {
		.word = cpsr & T ? random_t32 : random_a32,
		.pstate = cpsr,
		.features = 1 << ARMVIRT_ARM_VCPU_EL1_32BIT,
		.check = check_mode,
	};
	struct vm *vm = new_vm();

	hostile_random(new_vcpu(vm, 0, 0), &code);
	vm_free(vm);
}

static void random_pl1_arm(void)
{
	random_code(SVC);
}

static void random_pl1_thumb(void)
{
	random_code(SVC | T);
}

static void random_pl0_arm(void)
{
	random_code(0x10);
}

static void random_pl0_thumb(void)
{
	random_code(0x10 | T);
}

static const struct test tests[] = {
	{ "width, modes and reset", widths },
	{ "system registers", cp15 },
	{ "identification", ids },
	{ "banked registers", banks },
	{ "floating point", vfp },
	{ "MMIO, sizes and endianness", sizes },
	{ "MMIO of banked registers", modes },
	{ "calls", calls },
	{ "CPU_ON", cpu_on },
	{ "interrupts", interrupts },
	{ "timers", timer },
	{ "a program of a 64-bit guest", program },
	{ "random A32 instructions at PL1", random_pl1_arm },
	{ "random T32 instructions at PL1", random_pl1_thumb },
	{ "random A32 instructions at PL0", random_pl0_arm },
	{ "random T32 instructions at PL0", random_pl0_thumb },
};

TEST_MAIN(tests)
