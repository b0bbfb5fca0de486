// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions of guests whose EL1 is AArch32, and conditions of instructions that trap.
 */
#include "aarch32.h"

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

static void expect_serror(struct vcpu *v, bool pending, u32 esr)
{
	struct armvirt_vcpu_events ev = vcpu_events(v);

	expect_eq(ev.exception.serror_pending, pending);
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
	vcpu_inject_serror(v, !!esr, esr);
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
	if (serror_takes_syndrome()) {
		serror_with(0, FSR_AET_EXT, FSR_SHORT_ASYNC);
		serror_with(TTBCR_EAE, FSR_AET_EXT, FSR_LONG_ASYNC);
	}
}

/* One that a barrier has put off is in DISR, which belongs to the vCPU, and no longer pending. */
static void deferred(void)
{
	struct vm *vm = new_vm(), *other = new_vm();
	struct vcpu *v = new_vcpu(vm, 0, 0), *w = new_vcpu(other, 0, 0);

	if (!serror_takes_syndrome())
		test_skip("no RAS here");
	start_at(v, BARRIER, SVC_MASKED);
	start_at(w, BARRIER, SVC_MASKED);
	vcpu_inject_serror(v, true, FSR_AET_EXT);
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

/* --- user mode ---------------------------------------------------------------------------- */

static void user_mode(void)
{
	struct vm *vm;
	struct vcpu *v = prepare(&vm, 0);

	start_at(v, USER, SVC);
	run(v);
	expect_taken(v, UND, place(USER) + 8, 0x10, UND | I);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "conditions, A32", cond_arm },
	{ "conditions, T32", cond_thumb },
	{ "undefined instructions", undef },
	{ "prefetch aborts", fetch },
	{ "data aborts", data },
	{ "SErrors", serror },
	{ "SErrors that a barrier defers", deferred },
	{ "user mode", user_mode },
};

TEST_MAIN(tests)
