/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The FP registers filled with a pattern and compared with it, for host and guest alike. Here because
 * the rest of a test program is compiled to keep away from them.
 */
	.syntax	unified
	.arch	armv7-a
	.fpu	neon
	.arm
	.text

/* void fp_fill(u64 seed): d0-d31 = (seed + n) in the low half, its complement in the high one. */
	.globl	fp_fill
fp_fill:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	add	r2, r0, #\n
	mvn	r3, r2
	vmov	d\n, r2, r3
	.endr
	and	r2, r0, #0x1f
	vmsr	fpscr, r2
	bx	lr

/* u64 fp_check(u64 seed): how many registers differ; FPSCR counts as one. */
	.globl	fp_check
fp_check:
	push	{r4-r7}
	mov	r4, #0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	add	r2, r0, #\n
	mvn	r3, r2
	vmov	r5, r6, d\n
	cmp	r5, r2
	cmpeq	r6, r3
	addne	r4, r4, #1
	.endr
	vmrs	r5, fpscr
	and	r2, r0, #0x1f
	and	r5, r5, #0x1f
	cmp	r5, r2
	addne	r4, r4, #1
	mov	r0, r4
	mov	r1, #0
	pop	{r4-r7}
	bx	lr

	.section .note.GNU-stack, "", %progbits
