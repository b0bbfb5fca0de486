/* SPDX-License-Identifier: GPL-2.0 */
/* The FP registers filled with a pattern and compared with it; see fp.h. */
	.syntax	unified
	.arch	armv7-a
	.fpu	neon
	.arm
	.text

/* To lo: d\n of the seed in r0, r1; to hi: its other half. */
	.macro	pattern n, lo, hi
	add	\lo, r0, #\n
	mvn	\hi, \lo
	eor	\hi, \hi, r1
	.endm

/* To to: cumulative flags, rounding mode and condition flags that FPSCR has with the seed in r0. */
	.macro	pattern_fpscr to, tmp
	and	\to, r0, #0x1f
	ubfx	\tmp, r0, #5, #2
	orr	\to, \to, \tmp, lsl #22
	ubfx	\tmp, r0, #7, #4
	orr	\to, \to, \tmp, lsl #28
	.endm

/*
 * void fp_fill(u64 seed): d0-d31 = (seed + n) of its low half in theirs, its complement and the seed's
 * high half in the other.
 */
	.globl	fp_fill
fp_fill:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	pattern	\n, r2, r3
	vmov	d\n, r2, r3
	.endr
	pattern_fpscr r2, r3
	vmsr	fpscr, r2
	bx	lr

/* u64 fp_check(u64 seed): FPSCR counts as one register. */
	.globl	fp_check
fp_check:
	push	{r4-r7}
	mov	r4, #0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	pattern	\n, r2, r3
	vmov	r5, r6, d\n
	cmp	r5, r2
	cmpeq	r6, r3
	addne	r4, r4, #1
	.endr
	vmrs	r5, fpscr
	pattern_fpscr r2, r3
	cmp	r5, r2
	addne	r4, r4, #1
	mov	r5, #0
	vmsr	fpscr, r5
	mov	r0, r4
	mov	r1, #0
	pop	{r4-r7}
	bx	lr

/* u64 fp_any(void) */
	.globl	fp_any
fp_any:
	vmrs	r0, fpscr
	mov	r1, #0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	vmov	r2, r3, d\n
	orr	r0, r0, r2
	orr	r1, r1, r3
	.endr
	bx	lr

	.section .note.GNU-stack, "", %progbits
