/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a vCPU of a test begins on 32-bit ARM, by RUN or by PSCI CPU_ON, and its exception vectors.
 * Memory is not touched before the MMU is on: what the host wrote is in its caches.
 */
#include "layout.h"

	.syntax	unified
	.arch	armv7ve
	.fpu	vfpv3
	.arm
	.text
	.globl	guest_entry
/* r0: struct guest_cpu */
guest_entry:
	movw	r1, #0x04ff			/* attribute 0: write-back, 1: device */
	mcr	p15, 0, r1, c10, c2, 0		/* MAIR0 */
	mov	r1, #HEAP_GPA			/* the page table */
	mov	r2, #0
	mcrr	p15, 0, r1, r2, c2		/* TTBR0 */
	/* long descriptors, all of the address space by TTBR0, write-back walks */
	movw	r1, #(1 << 8 | 1 << 10 | 3 << 12)
	movt	r1, #0x8000
	mcr	p15, 0, r1, c2, c0, 2		/* TTBCR */
	adr	r1, guest_vectors
	mcr	p15, 0, r1, c12, c0, 0		/* VBAR */
	mov	r1, #(0xf << 20)
	mcr	p15, 0, r1, c1, c0, 2		/* CPACR */
	isb
	mov	r1, #(1 << 30)
	vmsr	fpexc, r1
	dsb
	mcr	p15, 0, r1, c8, c7, 0		/* TLBIALL */
	mcr	p15, 0, r1, c7, c5, 0		/* ICIALLU */
	dsb
	isb
	/* RES1 bits; M, C, Z, I */
	movw	r1, #0x0078 | 0x1805
	movt	r1, #0x00c5
	mcr	p15, 0, r1, c1, c0, 0		/* SCTLR */
	isb
	mcr	p15, 0, r0, c13, c0, 4		/* TPIDRPRW */
	ldr	sp, [r0]
	mov	r11, #0
	ldr	r2, [r0, #16]
	ldrd	r0, r1, [r0, #24]
	blx	r2
1:	mov	r0, #1				/* UCALL_DONE, 64 bits wide */
	mov	r1, #0
	bl	guest_ucall
	b	1b

/* Everything is handled in Supervisor mode, on the stack of the vCPU. */
	.macro	vector n, back
	sub	lr, lr, #\back
	srsdb	sp!, #0x13
	cps	#0x13
	push	{r0-r12, lr}
	mov	r1, #\n
	b	exception_entry
	.endm

	.balign	32
guest_vectors:
	b	.				/* reset: nobody comes here */
	b	undefined
	b	call
	b	prefetch
	b	data
	b	.				/* HVC is HYP's */
	b	irq
	b	fiq

undefined:	vector	1, 4
call:		vector	2, 0
prefetch:	vector	3, 4
data:		vector	4, 8
irq:		vector	6, 4
fiq:		vector	7, 4

exception_entry:
	cmp	r1, #3
	mrceq	p15, 0, r2, c5, c0, 1		/* IFSR */
	mrceq	p15, 0, r3, c6, c0, 2		/* IFAR */
	mrcne	p15, 0, r2, c5, c0, 0		/* DFSR */
	mrcne	p15, 0, r3, c6, c0, 0		/* DFAR */
	push	{r1, r2, r3, r12}
	mov	r0, sp
	mov	r4, sp
	bic	sp, sp, #7
	bl	guest_exception
	mov	sp, r4
	add	sp, sp, #16
	pop	{r0-r12, lr}
	clrex
	rfeia	sp!

/*
 * unsigned long guest_run_el0(pc, sp, r0): runs at PL0, in Thumb state if bit 0 of pc is set, until
 * it executes SVC (or guest_el0_return() is called for another reason); returns what was in r0.
 */
	.globl	guest_run_el0
guest_run_el0:
	push	{r3-r11, lr}
	mrc	p15, 0, r3, c13, c0, 4
	str	sp, [r3, #8]
	cps	#0x1f
	mov	sp, r1
	cps	#0x13
	mrs	r12, cpsr
	bic	r12, r12, #0x0f			/* User mode with the same masks */
	tst	r0, #1
	orrne	r12, r12, #0x20
	bic	lr, r0, #1
	msr	spsr_cxsf, r12
	mov	r0, r2
	movs	pc, lr

	.globl	guest_el0_return
guest_el0_return:
	mrc	p15, 0, r3, c13, c0, 4
	ldr	sp, [r3, #8]
	pop	{r3-r11, pc}

	.section .note.GNU-stack, "", %progbits
