// SPDX-License-Identifier: GPL-2.0
/*
 * vCPUs whose EL1 is AArch32: the pieces of aarch32_guest.S run one by one, and what they leave in
 * registers is compared with the ARM ARM. Skipped where the CPUs have no AArch32 at EL1.
 */
#include "gic.h"
#include "hostile.h"

asm(".section .rodata\n"
    ".balign 4\n"
    "guest_blob: .incbin \"" GUEST_BIN "\"\n"
    "guest_blob_end:\n"
    ".previous");
extern const u32 guest_blob[], guest_blob_end[];

/* The order of the words at its beginning. */
enum piece {
	VECTORS_ARM, VECTORS_THUMB, COND_ARM, COND_THUMB, UNDEF_ARM, UNDEF_THUMB, FETCH_ARM,
	FETCH_THUMB, CP15_WRITE, BANKS, VFP, MMIO, CALLS, START_SECOND, SECOND, SECOND_THUMB, GIC3,
	GIC2, TIMER, USER, SIZES, CP_MISC, PROGRAM,
	SERROR, BARRIER,
};

#define CODE_GPA	0x80000000UL	/* where it is linked to */
#define CODE_SIZE	0x10000UL
#define HIGH_GPA	0xffff0000UL
#define STOP_GPA	0x50000000UL
#define NOWHERE		0x70000000UL

#define SYS(op0, op1, crn, crm, op2)	ARMVIRT_ARM64_SYS_REG(op0, op1, crn, crm, op2)
#define R_SCTLR		SYS(3, 0, 1, 0, 0)
#define R_TTBR0		SYS(3, 0, 2, 0, 0)
#define R_TTBR1		SYS(3, 0, 2, 0, 1)
#define R_TTBCR		SYS(3, 0, 2, 0, 2)
#define R_DFSR		SYS(3, 0, 5, 2, 0)
#define R_FAR		SYS(3, 0, 6, 0, 0)
#define R_MAIR		SYS(3, 0, 10, 2, 0)
#define R_VBAR		SYS(3, 0, 12, 0, 0)
#define R_DISR		SYS(3, 0, 12, 1, 1)
#define R_DACR		SYS(3, 4, 3, 0, 0)
#define R_IFSR		SYS(3, 4, 5, 0, 1)
#define R_FPEXC		SYS(3, 4, 5, 3, 0)
#define R_SPSR(n)	CORE_U64(spsr[n])	/* svc, abt, und, irq, fiq */

#define SCTLR_V		(1U << 13)
#define SCTLR_EE	(1U << 25)
#define SCTLR_TE	(1U << 30)
#define TTBCR_EAE	(1U << 31)

#define MODE		0x1f
#define SVC		0x13
#define ABT		0x17
#define UND		0x1b
#define T		0x20
#define F		0x40
#define I		0x80
#define A		0x100
#define E		0x200
#define Z		(1U << 30)

static struct vm *new_vm(void)
{
	struct vm *vm;
	void *code;

	if (dev_cap(ARMVIRT_CAP_ARM_EL1_32BIT) <= 0)
		test_skip("no AArch32 at EL1 here");
	vm = vm_bare();
	code = vm_map(vm, TEST_SLOT, CODE_GPA, CODE_SIZE, NULL);
	memcpy(code, guest_blob, (char *)guest_blob_end - (char *)guest_blob);
	return vm;
}

static u32 place(enum piece p)
{
	return guest_blob[p];
}

static struct vcpu *new_vcpu(struct vm *vm, int id, u32 features)
{
	struct vcpu *v = vcpu_bare(vm, id);

	require(!vcpu_init(v, 1 << ARMVIRT_ARM_VCPU_EL1_32BIT | features));
	vcpu_set_reg(v, R_VBAR, place(VECTORS_ARM));
	return v;
}

static void start_at(struct vcpu *v, enum piece p, u64 cpsr)
{
	vcpu_set_reg(v, REG_PC, place(p));
	vcpu_set_reg(v, REG_PSTATE, cpsr);
}

/* Runs until it stops; anything else ends the test. */
static void run(struct vcpu *v)
{
	int ret;

	do {
		ret = vcpu_run(v);
	} while (ret == -EINTR);
	if (ret || v->run->exit_reason != ARMVIRT_EXIT_MMIO || v->run->mmio.phys_addr != STOP_GPA) {
		vcpu_explain(v, ret);
		die("not at a stop, cpsr %#llx", (unsigned long long)vcpu_reg(v, REG_PSTATE));
	}
}

/* The upper halves of X registers are not defined. */
static u32 reg(struct vcpu *v, int n)
{
	return vcpu_reg(v, REG_X(n));
}

static struct vcpu *run_piece(struct vm *vm, enum piece p, u64 cpsr)
{
	struct vcpu *v = new_vcpu(vm, 0, 0);

	start_at(v, p, cpsr);
	run(v);
	return v;
}

#define SVC_MASKED	(SVC | A | I | F)

/* --- conditions ------------------------------------------------------------------ */

static void cond_arm(void)
{
	struct vm *vm = new_vm();
	struct vcpu *v = run_piece(vm, COND_ARM, SVC_MASKED);

	expect_eq(reg(v, 0), 0x55);
	expect(reg(v, 1) != 0x55);
	expect_eq(reg(v, 2), 0x55);
	expect_eq(reg(v, 3), reg(v, 1));
	expect_eq(vcpu_reg(v, REG_PSTATE) & MODE, SVC);
	vm_free(vm);
}

static void cond_thumb(void)
{
	struct vm *vm = new_vm();
	struct vcpu *v = run_piece(vm, COND_THUMB, SVC_MASKED | T);

	expect(reg(v, 0) != 0x55);
	expect_eq(reg(v, 1), 0x55);
	expect_eq(reg(v, 2), reg(v, 0));
	expect_eq(reg(v, 3), 1);
	expect_eq(reg(v, 5), 0);
	expect_eq(reg(v, 6), 2);
	expect_eq(vcpu_reg(v, REG_PSTATE) & (MODE | T), SVC | T);
	vm_free(vm);
}

/* --- exceptions ---------------------------------------------------------------------- */

static struct vcpu *prepare(struct vm **vm, u32 sctlr)
{
	struct vcpu *v;
	u64 old;

	*vm = new_vm();
	v = new_vcpu(*vm, 0, 0);
	old = vcpu_reg(v, R_SCTLR);
	vcpu_set_reg(v, R_SCTLR, old | sctlr);
	if (sctlr & SCTLR_TE)
		vcpu_set_reg(v, R_VBAR, place(VECTORS_THUMB));
	if (sctlr & SCTLR_V) {
		char *high = vm_map(*vm, TEST_SLOT + 1, HIGH_GPA, 0x10000, NULL);

		memcpy(high, vm_hva(*vm, place(VECTORS_ARM)), 0x40);
	}
	return v;
}

/* In the handler: LR and SPSR of the mode, and CPSR, at the store in the vector's branch target. */
static void expect_taken(struct vcpu *v, u32 mode, u32 lr, u32 spsr, u32 cpsr)
{
	u32 now = vcpu_reg(v, REG_PSTATE);

	expect_eq(now & (MODE | T | F | I | A | E), cpsr);
	expect_eq(reg(v, mode == UND ? 22 : 20), lr);
	/*
	 * As the handler has read it, or as EL2 sees it: for the current mode QEMU keeps two, the
	 * first of which is the exceptions' that it takes itself, the second EL2's.
	 */
	if (reg(v, 11) != spsr)
		expect_eq(vcpu_reg(v, R_SPSR(mode == UND ? 2 : 1)), spsr);
}

/* Big-endian handlers would stop with bytes swapped, and execute the same: instructions are not. */
static void undef_with(enum piece p, u32 cpsr, u32 lr_offset, u32 sctlr, u32 want)
{
	struct vm *vm;
	struct vcpu *v = prepare(&vm, sctlr);
	/* The second of three: T32's block has moved on by one. */
	u32 it = p == UNDEF_THUMB ? 0x04 << 8 : 0;

	start_at(v, p, cpsr);
	run(v);
	expect_taken(v, UND, place(p) + lr_offset, cpsr | it, want);
	vm_free(vm);
}

static void undef(void)
{
	undef_with(UNDEF_ARM, SVC | F, 4, 0, UND | F | I);
	undef_with(UNDEF_ARM, 0x10 | A, 4, SCTLR_V, UND | I | A);
	undef_with(UNDEF_ARM, 0x12 | I, 4, SCTLR_TE, UND | I | T);
	undef_with(UNDEF_ARM, 0x1f, 4, SCTLR_EE, UND | I | E);
	undef_with(UNDEF_THUMB, SVC | T | Z, 4 + 2, 0, UND | I);
	undef_with(UNDEF_THUMB, 0x10 | T | Z, 4 + 2, SCTLR_TE, UND | I | T);
}

static void fetch_with(enum piece p, u32 cpsr, u32 target, u32 ttbcr, u32 ifsr)
{
	struct vm *vm;
	struct vcpu *v = prepare(&vm, 0);
	u32 t = target & 1 ? T : 0;

	vcpu_set_reg(v, R_TTBCR, ttbcr);
	vcpu_set_reg(v, R_FAR, 0x1111111122222222);
	start_at(v, p, cpsr);
	vcpu_set_reg(v, REG_X(1), target);
	run(v);
	expect_taken(v, ABT, (target & ~1U) + 4, (cpsr & ~T) | t, ABT | A | I);
	expect_eq(vcpu_reg(v, R_IFSR), ifsr);
	if (!on_kvm())
		expect_eq(vcpu_reg(v, R_FAR), (u64)(target & ~1U) << 32 | 0x22222222);
	vm_free(vm);
}

static void fetch(void)
{
	fetch_with(FETCH_ARM, SVC, NOWHERE, 0, 0x008);
	fetch_with(FETCH_THUMB, SVC | T, NOWHERE | 1, 0, 0x008);
	fetch_with(FETCH_ARM, SVC, NOWHERE, TTBCR_EAE, 0x210);
}

/* A data abort that user space gives instead of an answer to a load. */
static void data_with(u32 cpsr, u32 ttbcr, u32 dfsr)
{
	struct armvirt_vcpu_events ev = { .exception.ext_dabt_pending = 1 };
	struct vm *vm;
	struct vcpu *v = prepare(&vm, 0);

	vcpu_set_reg(v, R_TTBCR, ttbcr);
	start_at(v, SIZES, cpsr);
	require(!vcpu_run(v));
	expect_eq(v->run->mmio.phys_addr, MMIO_GPA);
	require(!ioctl(v->fd, ARMVIRT_SET_VCPU_EVENTS, &ev));
	run(v);
	expect_taken(v, ABT, place(SIZES) + 4 + 8, cpsr, ABT | A | I);
	expect_eq(vcpu_reg(v, R_DFSR), dfsr);
	expect_eq((u32)vcpu_reg(v, R_FAR), MMIO_GPA);
	vm_free(vm);
}

static void data(void)
{
	data_with(SVC, 0, 0x008);
	data_with(SVC, TTBCR_EAE, 0x210);
}

/* --- SErrors, as asynchronous data aborts ------------------------------------------------ */

#define FSR_SHORT_ASYNC	0x406
#define FSR_LONG_ASYNC	0x211
#define FSR_AET_EXT	0xd000		/* all of the syndrome that can be chosen */
/* WnR and CM say nothing of these. */
#define FSR_UNKNOWN	(1U << 11 | 1U << 13)

static bool takes_syndrome(void)
{
	return dev_cap(ARMVIRT_CAP_ARM_INJECT_SERROR_ESR) > 0;
}

static void make_serror(struct vcpu *v, u32 esr)
{
	struct armvirt_vcpu_events ev = {
		.exception = { .serror_pending = 1, .serror_has_esr = !!esr, .serror_esr = esr },
	};

	require(!ioctl(v->fd, ARMVIRT_SET_VCPU_EVENTS, &ev));
}

static void expect_serror(struct vcpu *v, bool pending, u32 esr)
{
	struct armvirt_vcpu_events ev;

	require(!ioctl(v->fd, ARMVIRT_GET_VCPU_EVENTS, &ev));
	expect_eq(ev.exception.serror_pending, pending);
	expect_eq(ev.exception.serror_has_esr, takes_syndrome());
	if (esr)
		expect_eq(ev.exception.serror_esr, esr);
}

static void serror_with(u32 ttbcr, u32 esr, u32 dfsr)
{
	struct vm *vm;
	struct vcpu *v = prepare(&vm, 0);

	vcpu_set_reg(v, R_TTBCR, ttbcr);
	start_at(v, SERROR, SVC_MASKED);
	expect_serror(v, false, 0);
	make_serror(v, esr);
	expect_serror(v, true, esr);
	run(v);
	expect_serror(v, true, esr);
	expect_eq(vcpu_reg(v, REG_PSTATE) & (MODE | A), SVC | A);
	run(v);
	expect_taken(v, ABT, place(SERROR) + 12 + 8, SVC | I | F, ABT | A | I | F);
	expect_eq(vcpu_reg(v, R_DFSR) & ~FSR_UNKNOWN, dfsr | esr);
	expect_serror(v, false, 0);
	vm_free(vm);
}

static void serror(void)
{
	serror_with(0, 0, FSR_SHORT_ASYNC);
	serror_with(TTBCR_EAE, 0, FSR_LONG_ASYNC);
	if (takes_syndrome()) {
		serror_with(0, FSR_AET_EXT, FSR_SHORT_ASYNC);
		serror_with(TTBCR_EAE, FSR_AET_EXT, FSR_LONG_ASYNC);
	}
}

/* One that a barrier has put off is in DISR, which belongs to the vCPU, and no longer pending. */
static void deferred(void)
{
	struct vm *vm = new_vm(), *other = new_vm();
	struct vcpu *v = new_vcpu(vm, 0, 0), *w = new_vcpu(other, 0, 0);

	if (!takes_syndrome())
		test_skip("no RAS here");
	start_at(v, BARRIER, SVC_MASKED);
	start_at(w, BARRIER, SVC_MASKED);
	make_serror(v, FSR_AET_EXT);
	run(v);
	expect_serror(v, false, 0);
	run(w);
	run(w);
	expect_eq(reg(w, 0), 0);
	if (!on_kvm())
		expect_eq(vcpu_reg(v, R_DISR) & ~FSR_UNKNOWN,
			  1U << 31 | FSR_AET_EXT | FSR_SHORT_ASYNC);
	run(v);
	expect_eq(reg(v, 0) & ~FSR_UNKNOWN, 1U << 31 | FSR_AET_EXT | FSR_SHORT_ASYNC);
	run(v);
	expect_eq(vcpu_reg(v, REG_PSTATE) & (MODE | A), SVC);
	vm_free(other);
	vm_free(vm);
}

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

static void user_mode(void)
{
	struct vm *vm;
	struct vcpu *v = prepare(&vm, 0);

	start_at(v, USER, SVC);
	run(v);
	expect_taken(v, UND, place(USER) + 8, 0x10, UND | I);
	vm_free(vm);
}

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
	{ "conditions, A32", cond_arm },
	{ "conditions, T32", cond_thumb },
	{ "undefined instructions", undef },
	{ "prefetch aborts", fetch },
	{ "data aborts", data },
	{ "SErrors", serror },
	{ "SErrors that a barrier defers", deferred },
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
	{ "user mode", user_mode },
	{ "a program of a 64-bit guest", program },
	{ "random A32 instructions at PL1", random_pl1_arm },
	{ "random T32 instructions at PL1", random_pl1_thumb },
	{ "random A32 instructions at PL0", random_pl0_arm },
	{ "random T32 instructions at PL0", random_pl0_thumb },
};

TEST_MAIN(tests)
