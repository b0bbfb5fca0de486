/* SPDX-License-Identifier: GPL-2.0 */
/* The FP registers filled with a pattern and compared with it; see fp.h. */
	.arch	armv8-a+fp+simd
	.text

/* void fp_fill(u64 seed): q0-q31 = (seed + n, ~(seed + n)); FPSR and FPCR from the seed. */
	.globl	fp_fill
fp_fill:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	add	x1, x0, #\n
	mvn	x2, x1
	fmov	d\n, x1
	mov	v\n\().d[1], x2
	.endr
	and	x1, x0, #0x1f
	msr	fpsr, x1
	ubfx	x1, x0, #5, #2
	lsl	x1, x1, #22
	msr	fpcr, x1
	ret

/* u64 fp_check(u64 seed): FPSR and FPCR count as one register each. */
	.globl	fp_check
fp_check:
	mov	x3, #0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	add	x1, x0, #\n
	mvn	x2, x1
	fmov	x4, d\n
	mov	x5, v\n\().d[1]
	cmp	x1, x4
	ccmp	x2, x5, #0, eq
	cinc	x3, x3, ne
	.endr
	and	x1, x0, #0x1f
	mrs	x2, fpsr
	cmp	x1, x2
	cinc	x3, x3, ne
	ubfx	x1, x0, #5, #2
	lsl	x1, x1, #22
	mrs	x2, fpcr
	cmp	x1, x2
	cinc	x3, x3, ne
	msr	fpcr, xzr
	mov	x0, x3
	ret

/* u64 fp_any(void) */
	.globl	fp_any
fp_any:
	mrs	x0, fpsr
	mrs	x1, fpcr
	orr	x0, x0, x1
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	fmov	x1, d\n
	mov	x2, v\n\().d[1]
	orr	x0, x0, x1
	orr	x0, x0, x2
	.endr
	ret

	.section .note.GNU-stack, "", %progbits
