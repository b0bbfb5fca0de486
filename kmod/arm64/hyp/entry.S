/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The body of the EL2 entry code, assembled twice: entry_nvhe.S makes it part
 * of the blob that is copied to EL2, entry_vhe.S links it into the module.
 * It holds the vectors in force while a guest runs and the two ways between
 * a guest's registers and the C code of world.c.
 *
 * Stack while a guest runs, from hyp_cpu.frame upwards:
 *	vcpu, cpu | x18, SP_EL0 | ELR_EL2, SPSR_EL2 of the host | x19..x30
 * On a VHE host this is the kernel stack of the vCPU thread.
 */
#include <linux/linkage.h>

#include "hyp.h"

#define FRAME_REGS	48	/* offset of x19 in the frame */
#define FRAME_SIZE	(FRAME_REGS + 96)

/* Nothing may be executed speculatively past an exception return. */
.macro eret_sb
	eret
	dsb	nsh
	isb
.endm

.macro callee_saved op
	\op	x19, x20, [sp, #FRAME_REGS + 0]
	\op	x21, x22, [sp, #FRAME_REGS + 16]
	\op	x23, x24, [sp, #FRAME_REGS + 32]
	\op	x25, x26, [sp, #FRAME_REGS + 48]
	\op	x27, x28, [sp, #FRAME_REGS + 64]
	\op	x29, x30, [sp, #FRAME_REGS + 80]
.endm

/* x2..x30 between the registers and a block of x0..x30 */
.macro x2_to_x30 op2, op1, base, off=0
	\op2	x2, x3, [\base, #\off + 16]
	\op2	x4, x5, [\base, #\off + 32]
	\op2	x6, x7, [\base, #\off + 48]
	\op2	x8, x9, [\base, #\off + 64]
	\op2	x10, x11, [\base, #\off + 80]
	\op2	x12, x13, [\base, #\off + 96]
	\op2	x14, x15, [\base, #\off + 112]
	\op2	x16, x17, [\base, #\off + 128]
	\op2	x18, x19, [\base, #\off + 144]
	\op2	x20, x21, [\base, #\off + 160]
	\op2	x22, x23, [\base, #\off + 176]
	\op2	x24, x25, [\base, #\off + 192]
	\op2	x26, x27, [\base, #\off + 208]
	\op2	x28, x29, [\base, #\off + 224]
	\op1	x30, [\base, #\off + 240]
.endm

	.text

/*
 * int enter_guest(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
 *
 * All but the general registers, SP_EL0, PC and PSTATE is the guest's already.
 * Returns HYP_EXIT_* with those saved again.
 */
	.balign	64
SYM_FUNC_START(HYP(enter_guest))
	sub	sp, sp, #FRAME_SIZE
	callee_saved stp
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	mrs	x4, sp_el0			/* the host's "current" */
	stp	x0, x1, [sp]
	stp	x18, x4, [sp, #16]
	stp	x2, x3, [sp, #32]
	mov	x4, sp
	str	x4, [x1, #HYP_CPU_FRAME]

	ldp	x2, x3, [x0, #HYP_VCPU_PC]
	msr	elr_el2, x2
	msr	spsr_el2, x3
	ldr	x4, [x0, #HYP_VCPU_SP_EL0]
	msr	sp_el0, x4
	x2_to_x30 ldp, ldr, x0
	ldp	x0, x1, [x0]
	/* ERET synchronizes the context: what C wrote to system registers holds. */
	eret_sb
SYM_FUNC_END(HYP(enter_guest))

/*
 * From a vector: the guest's x0 and x1 are on the stack, x0 is HYP_EXIT_*.
 */
	.balign	64
SYM_CODE_START_LOCAL(guest_exit)
	ldr	x1, [sp, #16]			/* vcpu */
	x2_to_x30 stp, str, x1
	ldp	x2, x3, [sp], #16
	stp	x2, x3, [x1]
	mov	x19, x0
	ldr	x20, [sp, #8]			/* cpu */

	/*
	 * Spectre-BHB and Spectre-v2: what the guest taught the branch
	 * predictors must not steer EL2 or the host.  Only direct branches
	 * stand before this point.
	 */
	ldp	x22, x23, [x20, #HYP_CPU_FEATURES]	/* and bhb_loops */
	cbz	x23, 2f
1:	b	. + 4
	subs	x23, x23, #1
	b.ne	1b
	dsb	nsh
	isb
2:	tst	x22, #(HYP_CPU_WA1 | HYP_CPU_WA3)
	b.ne	firmware_workaround
3:
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	mrs	x4, sp_el0
	stp	x2, x3, [x1, #HYP_VCPU_PC]
	str	x4, [x1, #HYP_VCPU_SP_EL0]

	/* Also where an exception at EL2 is unwound to: SP is the frame. */
unwind:
	str	xzr, [x20, #HYP_CPU_FRAME]
	mov	x0, x19
	ldp	x18, x4, [sp, #16]
	ldp	x2, x3, [sp, #32]
	msr	sp_el0, x4
	msr	elr_el2, x2
	msr	spsr_el2, x3
	callee_saved ldp
	add	sp, sp, #FRAME_SIZE
	ret

firmware_workaround:
	/* SMCCC 1.1: the workaround calls preserve x4 and above. */
	mov	x21, x1
	mov	w0, #0x80000000
	tbz	x22, #9, 4f
	movk	w0, #0x3fff			/* ARCH_WORKAROUND_3 */
	b	5f
4:	movk	w0, #0x8000			/* ARCH_WORKAROUND_1 */
5:	smc	#0
	mov	x1, x21
	b	3b
SYM_CODE_END(guest_exit)

/*
 * An exception at EL2 itself.  The scratch registers used here belong to the
 * guest that will be ended, or to a host that will panic.
 * TPIDRRO_EL0 has x0, x0 the vector's number.
 */
SYM_CODE_START_LOCAL(hyp_bug)
	msr	tpidr_el0, x1
	this_hyp_cpu x1, x2, tpidr_el1
	add	x1, x1, #HYP_CPU_BUG
	x2_to_x30 stp, str, x1, HYP_BUG_X0
	str	x0, [x1, #HYP_BUG_VECTOR]
	mrs	x2, tpidrro_el0
	mrs	x3, tpidr_el0
	stp	x2, x3, [x1, #HYP_BUG_X0]
	mrs	x2, esr_el2
	mrs	x3, elr_el2
	stp	x2, x3, [x1, #HYP_BUG_ESR]
	mrs	x2, far_el2
	mrs	x3, hpfar_el2
	stp	x2, x3, [x1, #HYP_BUG_FAR]
	mrs	x2, spsr_el2
	mov	x3, sp
	stp	x2, x3, [x1, #HYP_BUG_SPSR]
	ldr	x4, [x1, #HYP_BUG_SEEN]
	add	x4, x4, #1
	str	x4, [x1, #HYP_BUG_SEEN]
	sub	x20, x1, #HYP_CPU_BUG
	ldr	x5, [x20, #HYP_CPU_FRAME]
	cbz	x5, hyp_dead			/* not between a guest and us */
	cmp	x4, #1
	b.ne	hyp_dead			/* again: nothing can be trusted */
	mov	sp, x5
	mov	x19, #HYP_EXIT_BUG
	b	unwind
SYM_CODE_END(hyp_bug)

.macro bug_vector n
	.balign	0x80
	msr	tpidrro_el0, x0
	mov	x0, #\n
	b	hyp_bug
.endm

/* One that was to be expected at @first, or up to @last: on behind it. */
.macro expected_vector n, first, last
	.balign	0x80
	stp	x0, x1, [sp, #-16]!
	mrs	x0, elr_el2
	adr	x1, \first
	cmp	x0, x1
	b.lo	1f
	adr	x1, \last
	cmp	x0, x1
	b.hi	1f
	adr	x1, \last + 4
	msr	elr_el2, x1
	ldp	x0, x1, [sp], #16
	eret_sb
1:	ldp	x0, x1, [sp], #16
	msr	tpidrro_el0, x0
	mov	x0, #\n
	b	hyp_bug
.endm

.macro exit_vector code
	.balign	0x80
	stp	x0, x1, [sp, #-16]!
	mov	x0, #\code
	b	guest_exit
.endm

	.balign	2048
	.global	HYP(guest_vectors)
HYP(guest_vectors):
	.irp	n, 0, 1, 2, 3			/* current EL with SP_EL0 */
	bug_vector \n
	.endr
	expected_vector 4, at_insn, at_insn	/* current EL with SP_EL2 */
	bug_vector 5
	bug_vector 6
	expected_vector 7, serror_first, serror_last
	exit_vector HYP_EXIT_SYNC		/* the guest in AArch64 state */
	exit_vector HYP_EXIT_IRQ
	exit_vector HYP_EXIT_IRQ		/* FIQ: group 0 is ours on single-security hosts */
	exit_vector HYP_EXIT_SERROR
	exit_vector HYP_EXIT_SYNC		/* the guest in AArch32 state */
	exit_vector HYP_EXIT_IRQ
	exit_vector HYP_EXIT_IRQ
	exit_vector HYP_EXIT_SERROR

/* void translate(u64 va): AT S1E1R; it may abort, which is survived. */
	.balign	64
SYM_FUNC_START(HYP(translate))
at_insn:
	at	s1e1r, x0
	ret
SYM_FUNC_END(HYP(translate))

/* void unmask_serror(void): one is pending, and is taken between the two labels. */
SYM_FUNC_START(HYP(unmask_serror))
serror_first:
	msr	daifclr, #4
	isb
serror_last:
	nop
	msr	daifset, #4
	ret
SYM_FUNC_END(HYP(unmask_serror))

/* void fp_save(struct hyp_fp *fp), void fp_load(const struct hyp_fp *fp) */
.macro q_pairs op
	\op	q0, q1, [x0, #0]
	\op	q2, q3, [x0, #32]
	\op	q4, q5, [x0, #64]
	\op	q6, q7, [x0, #96]
	\op	q8, q9, [x0, #128]
	\op	q10, q11, [x0, #160]
	\op	q12, q13, [x0, #192]
	\op	q14, q15, [x0, #224]
	\op	q16, q17, [x0, #256]
	\op	q18, q19, [x0, #288]
	\op	q20, q21, [x0, #320]
	\op	q22, q23, [x0, #352]
	\op	q24, q25, [x0, #384]
	\op	q26, q27, [x0, #416]
	\op	q28, q29, [x0, #448]
	\op	q30, q31, [x0, #480]
.endm

	.balign	64
SYM_FUNC_START(HYP(fp_save))
	q_pairs	stp
	mrs	x1, fpsr
	mrs	x2, fpcr
	add	x0, x0, #HYP_FP_FPSR
	stp	w1, w2, [x0]
	ret
SYM_FUNC_END(HYP(fp_save))

SYM_FUNC_START(HYP(fp_load))
	q_pairs	ldp
	add	x0, x0, #HYP_FP_FPSR
	ldp	w1, w2, [x0]
	msr	fpsr, x1
	msr	fpcr, x2
	ret
SYM_FUNC_END(HYP(fp_load))
