/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that is assembly at HYP: the first instructions, to which the host's hyp
 * stub jumps with the MMU off; the vectors that serve the host, with the stub's
 * ABI kept alive in them; those in force while a guest runs; and the two ways
 * between a guest's registers and the C code of world.c.
 *
 * HYP has no LR of its own: r14 is LR_usr, of the host's user thread or of the guest (DDI 0406C,
 * B1.3.2).  HTPIDR is ours: the CPU's struct hyp_cpu.
 *
 * Stack while a guest runs, from hyp_cpu.frame upwards:
 *	ELR_hyp, SPSR_hyp, SP_usr of the host, padding | r4..r11 | padding, return address
 */
#include "hyp.h"

	.syntax	unified
	.arch	armv7-a
	.arch_extension virt
	.fpu	neon
	.arm

#define HSR_EC_SHIFT	26
#define EC_HVC		0x12
#define HSR_FSC_MASK	0x37		/* without bit 3, which tells of a parity error */
#define FSC_ASYNC	0x11		/* asynchronous abort */

/* HSCTLR: M, A, C, CP15BEN, I, WXN, FI, EE and TE are ours to choose, the others fixed. */
#define HSCTLR_OURS	0x42281027

.macro this_hyp_cpu reg
	mrc	p15, 4, \reg, c13, c0, 2
.endm

/* The blob's header: where things are in it; hypcpu.c reads these words. */
	.section .head, "ax"
	.global	hyp_blob_start
hyp_blob_start:
	.word	hyp_init - hyp_blob_start
	.word	host_vectors - hyp_blob_start
	.word	guest_vectors - hyp_blob_start
	.word	__rodata_start - hyp_blob_start
	.word	__blob_end - hyp_blob_start
	.word	guest_vectors_bpiall - hyp_blob_start
	.word	guest_vectors_iciallu - hyp_blob_start

	.text

/*
 * Entered at HYP by HVC_SOFT_RESTART of the host's stub: MMU off, r2 the physical address of this
 * CPU's struct hyp_cpu, which the host has cleaned to the point of coherency.  ELR_hyp and
 * SPSR_hyp are those of the HVC, so ERET goes back to it.  Returns 0 in r0.
 */
	.balign	4
hyp_init:
	mrc	p15, 4, r3, c12, c0, 0		/* HVBAR and */
	mrc	p15, 4, r12, c1, c0, 0		/* HSCTLR of the stub */
	ldr	r1, [r2, #HYP_CPU_TTBR]
	mov	r0, #0
	mcrr	p15, 4, r1, r0, c2		/* HTTBR */
	ldr	r1, [r2, #HYP_CPU_TCR]
	mcr	p15, 4, r1, c2, c0, 2		/* HTCR */
	ldr	r1, [r2, #HYP_CPU_MAIR]
	mcr	p15, 4, r1, c10, c2, 0		/* HMAIR0 */
	mcr	p15, 4, r0, c10, c2, 1		/* HMAIR1 */
	mcr	p15, 4, r2, c13, c0, 2		/* HTPIDR */
	ldr	sp, [r2, #HYP_CPU_STACK]
	/* The host's VMID is 0; whatever the stub found there may become a guest's. */
	mcrr	p15, 6, r0, r0, c2		/* VTTBR */
	isb
	/* Nothing that an earlier owner of HYP left may be hit. */
	mcr	p15, 4, r0, c8, c7, 0		/* TLBIALLH */
	mcr	p15, 4, r0, c8, c7, 4		/* TLBIALLNSNH */
	mcr	p15, 0, r0, c7, c5, 0		/* ICIALLU */
	mcr	p15, 0, r0, c7, c5, 6		/* BPIALL */
	dsb
	isb
	movw	r1, #(HSCTLR_OURS & 0xffff)
	movt	r1, #(HSCTLR_OURS >> 16)
	bic	r1, r12, r1
	ldr	r0, [r2, #HYP_CPU_SCTLR]
	orr	r1, r1, r0
	mcr	p15, 4, r1, c1, c0, 0		/* HSCTLR */
	isb
	/* Virtual addresses equal physical ones here, so the next line is mapped. */
	ldr	r1, [r2, #HYP_CPU_VBAR]
	mcr	p15, 4, r1, c12, c0, 0
	str	r3, [r2, #HYP_CPU_STUB_VBAR]
	str	r12, [r2, #HYP_CPU_STUB_SCTLR]
	mov	r0, #0
	str	r0, [r2, #HYP_CPU_FRAME]
	isb
	eret

/*
 * HVC from the host.  It is a function call to the caller: r0..r3 and r12 may be lost.
 */
host_trap:
	mrc	p15, 4, r12, c5, c2, 0		/* HSR */
	lsr	r12, r12, #HSR_EC_SHIFT
	cmp	r12, #EC_HVC
	bne	host_bad
	cmp	r0, #HYP_STUB_NR
	blo	host_stub
	movw	r12, #(HYP_CALL_BASE & 0xffff)
	movt	r12, #(HYP_CALL_BASE >> 16)
	sub	r0, r0, r12
	push	{r12, lr}
	push	{r4 - r9}			/* a2, a3, a4 */
	bl	hyp_call
	add	sp, sp, #24
	pop	{r12, lr}
	eret
no_such_call:
	movw	r0, #(HYP_STUB_ERR & 0xffff)
	movt	r0, #(HYP_STUB_ERR >> 16)
	mov	r1, #0
	eret

host_bad:
	mcr	p15, 0, r0, c6, c0, 0
	mov	r0, #5
	b	hyp_bug

/*
 * The stub ABI: each of these ends our time at HYP on this CPU.  The caller has stopped using
 * guests on it, or is about to replace the kernel.  r2 and r3 are for what a soft restart enters.
 */
host_stub:
	cmp	r0, #HYP_STUB_RESET_VECTORS
	bhi	no_such_call
	this_hyp_cpu r12
	push	{r4}
	ldr	r4, [r12, #HYP_CPU_STUB_VBAR]
	cmp	r0, #HYP_STUB_SET_VECTORS
	moveq	r4, r1				/* brings its own */
	mcr	p15, 4, r4, c12, c0, 0		/* HVBAR */
	ldr	r12, [r12, #HYP_CPU_STUB_SCTLR]
	pop	{r4}
	mcr	p15, 4, r12, c1, c0, 0		/* HSCTLR: the MMU is off now */
	isb
	cmp	r0, #HYP_STUB_SOFT_RESTART
	bxeq	r1
	mov	r0, #0
	eret

/*
 * int enter_guest(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
 *
 * All but the general registers, PC and CPSR is the guest's already.  Returns HYP_EXIT_* with
 * those saved again.
 */
	.global	enter_guest
	.type	enter_guest, %function
enter_guest:
	push	{r3, lr}
	push	{r4 - r11}
	mrs	r2, ELR_hyp
	mrs	r3, SPSR
	mrs	r4, SP_usr
	push	{r2 - r5}
	str	sp, [r1, #HYP_CPU_FRAME]

	ldr	r2, [r0, #HYP_VCPU_PC]
	ldr	r3, [r0, #HYP_VCPU_CPSR]
	msr	ELR_hyp, r2
	msr	SPSR_cxsf, r3
	ldr	r2, [r0, #HYP_VCPU_SP_USR]
	msr	SP_usr, r2
	ldr	lr, [r0, #HYP_VCPU_LR_USR]
	ldm	r0, {r0 - r12}
	/* No exception return clears the local monitor: the guest's STREX must not find ours. */
	clrex
	eret
	/* Nothing may be executed speculatively past it. */
	dsb	nsh
	isb

/* From a vector: the guest's r0 and r1 are on the stack, r0 is HYP_EXIT_*. */
guest_exit:
	this_hyp_cpu r1
	ldr	r1, [r1]			/* vcpu */
	add	r1, r1, #8
	stm	r1, {r2 - r12}
	sub	r1, r1, #8
	pop	{r2, r3}
	strd	r2, r3, [r1]
	str	lr, [r1, #HYP_VCPU_LR_USR]
	mrs	r2, SP_usr
	str	r2, [r1, #HYP_VCPU_SP_USR]
	mrs	r2, ELR_hyp
	mrs	r3, SPSR
	str	r2, [r1, #HYP_VCPU_PC]
	str	r3, [r1, #HYP_VCPU_CPSR]
	this_hyp_cpu r4

	/* Also where an exception at HYP is unwound to: SP is the frame, r4 the CPU's block. */
unwind:
	mov	r1, #0
	str	r1, [r4, #HYP_CPU_FRAME]
	pop	{r2 - r5}
	msr	ELR_hyp, r2
	msr	SPSR_cxsf, r3
	msr	SP_usr, r4
	pop	{r4 - r11}
	pop	{r3, pc}

/*
 * void take_aborts(struct hyp_cpu *cpu)
 *
 * An asynchronous abort that the guest has caused must not be taken as the host's: the barrier
 * makes it arrive, and it is let in for a moment.  Its exception overwrites ELR_hyp and SPSR_hyp.
 */
	.global	take_aborts
	.type	take_aborts, %function
take_aborts:
	mrs	r2, ELR_hyp
	mrs	r3, SPSR
	mov	r1, #HYP_SERROR_WAIT
	str	r1, [r0, #HYP_CPU_SERROR]
	dsb	sy
	isb
	cpsie	a
	isb
	cpsid	a
	msr	ELR_hyp, r2
	msr	SPSR_cxsf, r3
	bx	lr

/*
 * void translate(struct hyp_cpu *cpu, u32 va)
 *
 * ATS1CPR.  If the host takes the guest's tables out of stage 2 meanwhile its walk aborts, which
 * overwrites ELR_hyp and SPSR_hyp.
 */
	.global	translate
	.type	translate, %function
translate:
	mrs	r2, ELR_hyp
	mrs	r3, SPSR
	mov	r12, #HYP_SERROR_WALK
	str	r12, [r0, #HYP_CPU_SERROR]
	mcr	p15, 0, r1, c7, c8, 0
	isb
	mov	r12, #0
	str	r12, [r0, #HYP_CPU_SERROR]
	msr	ELR_hyp, r2
	msr	SPSR_cxsf, r3
	bx	lr

/*
 * A data abort at HYP itself: the one that take_aborts() waits for, that of translate(), or a bug,
 * which may be that the stack is used up.  HIFAR, which has nothing to say now, keeps r0.
 */
hyp_dabt:
	mcr	p15, 4, r0, c6, c0, 2
	this_hyp_cpu r0
	ldr	r0, [r0, #HYP_CPU_SERROR]
	cmp	r0, #HYP_SERROR_WALK
	beq	2f
	cmp	r0, #0
	beq	1f
	mrc	p15, 4, r0, c5, c2, 0		/* HSR */
	and	r0, r0, #HSR_FSC_MASK
	cmp	r0, #FSC_ASYNC
	bne	1f
	push	{r1}
	this_hyp_cpu r0
	mov	r1, #HYP_SERROR_SEEN
	str	r1, [r0, #HYP_CPU_SERROR]
	pop	{r1}
	mrc	p15, 4, r0, c6, c0, 2
	eret
1:	mrc	p15, 4, r0, c6, c0, 2
	mcr	p15, 0, r0, c6, c0, 0
	mov	r0, #4
	b	hyp_bug
	/* On with the instruction after it. */
2:	mrs	r0, ELR_hyp
	add	r0, r0, #4
	msr	ELR_hyp, r0
	mrc	p15, 4, r0, c6, c0, 2
	eret

/*
 * An exception at HYP itself.  The scratch registers used here, DFAR with r0 and IFAR, belong to
 * the guest that will be ended, or to a host that will panic and is not in an abort of its own.
 * Not the thread ID registers: the kernel's `current' may be in one.  r0 is the vector's number.
 */
hyp_bug:
	mcr	p15, 0, r1, c6, c0, 2
	this_hyp_cpu r1
	add	r1, r1, #HYP_CPU_BUG
	str	r0, [r1, #HYP_BUG_VECTOR]
	add	r0, r1, #(HYP_BUG_R0 + 8)
	stm	r0, {r2 - r12, lr}
	mrc	p15, 0, r2, c6, c0, 0
	mrc	p15, 0, r3, c6, c0, 2
	str	r2, [r1, #HYP_BUG_R0]
	str	r3, [r1, #(HYP_BUG_R0 + 4)]
	mrc	p15, 4, r2, c5, c2, 0
	str	r2, [r1, #HYP_BUG_HSR]
	mrs	r2, ELR_hyp
	str	r2, [r1, #HYP_BUG_ELR]
	mrc	p15, 4, r2, c6, c0, 0
	str	r2, [r1, #HYP_BUG_HDFAR]
	mrc	p15, 4, r2, c6, c0, 2
	str	r2, [r1, #HYP_BUG_HIFAR]
	mrc	p15, 4, r2, c6, c0, 4
	str	r2, [r1, #HYP_BUG_HPFAR]
	mrs	r2, SPSR
	str	r2, [r1, #HYP_BUG_SPSR]
	str	sp, [r1, #HYP_BUG_SP]
	ldr	r3, [r1, #HYP_BUG_SEEN]
	add	r3, r3, #1
	str	r3, [r1, #HYP_BUG_SEEN]
	sub	r4, r1, #HYP_CPU_BUG
	ldr	r5, [r4, #HYP_CPU_FRAME]
	cmp	r5, #0
	beq	hyp_dead			/* not between a guest and us */
	cmp	r3, #1
	bne	hyp_dead			/* again: nothing can be trusted */
	mov	sp, r5
	mov	r0, #HYP_EXIT_BUG
	b	unwind

/*
 * The state of this CPU cannot be trusted: give the host its registers back and let it panic.
 * r4 is the CPU's block.
 */
hyp_dead:
	ldr	sp, [r4, #HYP_CPU_STACK]
	mov	r0, r4
	bl	hyp_rescue
	ldr	r0, [r4, #HYP_CPU_PANIC_VA]
	mov	r1, #0x1d3			/* SVC mode; A, I, F masked */
	tst	r0, #1
	orrne	r1, r1, #0x20			/* a kernel in Thumb code */
	msr	ELR_hyp, r0
	msr	SPSR_cxsf, r1
	eret

.macro bug_entry n
bug_\n:
	mcr	p15, 0, r0, c6, c0, 0
	mov	r0, #\n
	b	hyp_bug
.endm
	.irp	n, 0, 1, 2, 3, 5, 6, 7
	bug_entry \n
	.endr

exit_trap:
	push	{r0, r1}
	mov	r0, #HYP_EXIT_SYNC
	b	guest_exit
exit_irq:
	push	{r0, r1}
	mov	r0, #HYP_EXIT_IRQ
	b	guest_exit

	.balign	32
host_vectors:
	b	bug_0				/* never used */
	b	bug_1				/* undefined instruction at HYP */
	b	bug_2				/* HVC at HYP */
	b	bug_3				/* prefetch abort at HYP */
	b	hyp_dabt
	b	host_trap			/* what comes from below */
	b	bug_6				/* a host's interrupts never come to HYP */
	b	bug_7

	.balign	32
guest_vectors:
	b	bug_0
	b	bug_1
	b	bug_2
	b	bug_3
	b	hyp_dabt
	b	exit_trap
	b	exit_irq
	b	exit_irq			/* FIQ: ours, or it would go to the secure world */

/*
 * Spectre-v2: what the guest taught the branch predictor must not steer HYP or the host, so no
 * branch may stand before it is invalidated.  The entries fall through: the lower the vector, the
 * further SP is from its alignment of 8; flags are in SPSR_hyp and free.
 */
.macro clearing_vectors name, crm_op2:vararg
	.balign	32
\name:
	.rept	7
	sub	sp, sp, #1
	.endr
	nop
	mcr	p15, 0, r0, c7, \crm_op2
	isb
	b	find_vector
.endm
	clearing_vectors guest_vectors_bpiall, c5, 6
	/* On Cortex-A15 this empties the predictor too, if ACTLR bit 0 is set, as Linux does. */
	clearing_vectors guest_vectors_iciallu, c5, 0

find_vector:
	tst	sp, #7
	beq	exit_irq			/* FIQ */
	.irp	target, exit_irq, exit_trap, hyp_dabt, bug_3, bug_2, bug_1
	add	sp, sp, #1
	tst	sp, #7
	beq	\target
	.endr
	add	sp, sp, #1
	b	bug_0

/* void fp_save(struct hyp_fp *fp, bool d32), void fp_load(const struct hyp_fp *fp, bool d32) */
	.global	fp_save
	.type	fp_save, %function
fp_save:
	vmrs	r2, fpscr
	str	r2, [r0, #HYP_FP_FPSCR]
	vstm	r0!, {d0 - d15}
	cmp	r1, #0
	bxeq	lr
	vstm	r0, {d16 - d31}
	bx	lr

	.global	fp_load
	.type	fp_load, %function
fp_load:
	ldr	r2, [r0, #HYP_FP_FPSCR]
	vldm	r0!, {d0 - d15}
	cmp	r1, #0
	beq	1f
	vldm	r0, {d16 - d31}
1:	vmsr	fpscr, r2
	bx	lr

	.section .note.GNU-stack, "", %progbits
