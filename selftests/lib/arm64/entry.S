/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a vCPU of a test begins, by RUN or by PSCI CPU_ON, and its exception vectors. Memory is
 * not touched before the MMU is on: what the host wrote is in its caches.
 */
#include "layout.h"

	.text
	.globl	guest_entry
/* x0: struct guest_cpu */
guest_entry:
	movz	x1, #0x04ff			/* attribute 0: write-back, 1: device */
	msr	mair_el1, x1
	movz	x1, #(HEAP_GPA >> 16), lsl #16	/* the page table */
	msr	ttbr0_el1, x1
	/* 39 bits of address, 4 KiB granule, write-back walks, no TTBR1, 40 bits of output */
	movz	x1, #(25 | 1 << 8 | 1 << 10 | 3 << 12)
	movk	x1, #(1 << 7), lsl #16
	movk	x1, #2, lsl #32
	msr	tcr_el1, x1
	adrp	x1, guest_vectors
	add	x1, x1, :lo12:guest_vectors
	msr	vbar_el1, x1
	movz	x1, #(3 << 4), lsl #16
	msr	cpacr_el1, x1
	dsb	sy
	tlbi	vmalle1
	ic	iallu
	dsb	sy
	isb
	/* RES1 bits, no trap of WFx, cache operations and CTR at EL0; M, C, I */
	movz	x1, #0x1805 | 0xc000
	movk	x1, #0x34d5, lsl #16
	msr	sctlr_el1, x1
	isb
	msr	tpidr_el1, x0
	ldr	x1, [x0]
	mov	sp, x1
	mov	x29, #0
	mov	x30, #0
	ldp	x1, x2, [x0, #16]
	mov	x0, x2
	blr	x1
1:	mov	x0, #1				/* UCALL_DONE */
	bl	guest_ucall
	b	1b

	.macro	vector n
	.balign	128
	sub	sp, sp, #288
	stp	x0, x1, [sp]
	mov	x0, #\n
	b	exception_entry
	.endm

	.balign	2048
guest_vectors:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vector	\n
	.endr

exception_entry:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x1, elr_el1
	stp	x30, x1, [sp, #240]
	mrs	x1, spsr_el1
	mrs	x2, esr_el1
	stp	x1, x2, [sp, #256]
	mrs	x1, far_el1
	stp	x1, x0, [sp, #272]
	mov	x0, sp
	bl	guest_exception
	ldp	x1, x2, [sp, #248]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	ldr	x30, [sp, #240]
	ldp	x0, x1, [sp], #288
	eret

/*
 * u64 guest_run_el0(pc, sp, x0): runs at EL0 until it executes SVC (or guest_el0_return() is called
 * for another reason); returns what was in x0.
 */
	.globl	guest_run_el0
guest_run_el0:
	stp	x19, x20, [sp, #-96]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	mrs	x9, tpidr_el1
	mov	x10, sp
	str	x10, [x9, #8]
	msr	elr_el1, x0
	msr	sp_el0, x1
	mrs	x9, daif
	msr	spsr_el1, x9			/* EL0t with the same masks */
	mov	x0, x2
	eret

	.globl	guest_el0_return
guest_el0_return:
	mrs	x9, tpidr_el1
	ldr	x10, [x9, #8]
	mov	sp, x10
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	x19, x20, [sp], #96
	ret

	.section .note.GNU-stack, "", %progbits
