/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What only the blob at EL2 of an nVHE host has: its first instructions, which
 * the host's hyp stub jumps to with the MMU off, and the vectors that serve
 * the host, with the stub's own ABI kept alive in them.
 */
#define HYP(name)	hyp_##name##_nvhe

/* TPIDR_EL2 is ours: the CPU's struct hyp_cpu. */
.macro this_hyp_cpu reg, tmp, scratch
	mrs	\reg, tpidr_el2
.endm

/* SCTLR_EL2 with MMU and caches off: the RES1 bits of ARMv8.0 */
#define SCTLR_EL2_OFF	0x30c50830

	/* The blob's header: where things are in it; host.c reads these words. */
	.section .head, "ax"
	.global	hyp_blob_start
hyp_blob_start:
	.word	hyp_init - hyp_blob_start
	.word	host_vectors - hyp_blob_start
	.word	HYP(guest_vectors) - hyp_blob_start
	.word	__rodata_start - hyp_blob_start
	.word	__blob_end - hyp_blob_start
	.word	0

#include "entry.S"

/*
 * Entered at EL2 by HVC_SOFT_RESTART of the host's stub: MMU off, x0 the
 * physical address of this CPU's struct hyp_cpu, which the host has cleaned to
 * the point of coherency.  ELR_EL2 and SPSR_EL2 are those of the HVC, so ERET
 * goes back to it.  Returns 0 in x0.
 */
	.balign	64
SYM_CODE_START_LOCAL(hyp_init)
	mrs	x9, vbar_el2			/* the stub's */
	ldp	x2, x3, [x0, #HYP_CPU_TTBR]	/* and TCR */
	ldp	x4, x5, [x0, #HYP_CPU_MAIR]	/* and SCTLR */
	ldp	x6, x7, [x0, #HYP_CPU_VBAR]	/* and stack */
	msr	ttbr0_el2, x2
	msr	tcr_el2, x3
	msr	mair_el2, x4
	msr	tpidr_el2, x0
	mov	sp, x7
	isb
	/* Nothing that an earlier owner of EL2 left may be hit. */
	tlbi	alle2
	tlbi	alle1
	dsb	sy
	isb
	msr	sctlr_el2, x5
	isb
	/* Virtual addresses equal physical ones here, so the next line is mapped. */
	msr	vbar_el2, x6
	str	x9, [x0, #HYP_CPU_STUB_VBAR]
	str	xzr, [x0, #HYP_CPU_FRAME]
	mov	x0, xzr
	eret_sb
SYM_CODE_END(hyp_init)

/*
 * HVC from the host.  It is a function call to the caller: x0..x17 may be lost.
 */
SYM_CODE_START_LOCAL(host_sync)
	mrs	x9, esr_el2
	lsr	x9, x9, #26
	cmp	x9, #0x16			/* HVC in AArch64 state */
	b.ne	host_bad
	cmp	x0, #HYP_STUB_NR
	b.lo	host_stub
	mov	x9, #HYP_CALL_BASE
	sub	x0, x0, x9
	stp	x29, x30, [sp, #-16]!
	bl	hyp_call_nvhe
	ldp	x29, x30, [sp], #16
	eret_sb
no_such_call:
	mov	x0, #(HYP_STUB_ERR & 0xffff)
	movk	x0, #(HYP_STUB_ERR >> 16), lsl #16
	eret_sb

host_bad:
	msr	tpidrro_el0, x0
	mov	x0, #8
	b	hyp_bug
SYM_CODE_END(host_sync)

/*
 * The stub ABI: each of these ends our time at EL2 on this CPU.  The caller
 * has stopped using guests on it, or is about to replace the kernel.
 */
SYM_CODE_START_LOCAL(host_stub)
	mrs	x9, tpidr_el2
	ldr	x10, [x9, #HYP_CPU_STUB_VBAR]
	cmp	x0, #HYP_STUB_RESET_VECTORS
	b.hi	no_such_call			/* finalise EL2: nothing to finalise */
	cbnz	x0, 1f
	mov	x10, x1				/* SET_VECTORS brings its own */
1:	mov	x11, #(SCTLR_EL2_OFF & 0xffff)
	movk	x11, #(SCTLR_EL2_OFF >> 16), lsl #16
	msr	sctlr_el2, x11
	isb
	msr	vbar_el2, x10
	isb
	cmp	x0, #HYP_STUB_SOFT_RESTART
	b.eq	2f
	mov	x0, xzr
	eret_sb
	/* As the stub does it: arguments from x2..x4 to x0..x2, enter x1. */
2:	mov	x0, x2
	mov	x2, x4
	mov	x4, x1
	mov	x1, x3
	br	x4
SYM_CODE_END(host_stub)

/*
 * The state of this CPU cannot be trusted: give the host its registers back
 * and let it panic.  x20 is the CPU's block.
 */
SYM_CODE_START_LOCAL(hyp_dead)
	ldr	x0, [x20, #HYP_CPU_STACK]
	mov	sp, x0
	mov	x0, x20
	bl	hyp_rescue_nvhe
	ldr	x0, [x20, #HYP_CPU_PANIC_VA]
	msr	elr_el2, x0
	mov	x0, #0x3c5			/* EL1h, DAIF masked */
	msr	spsr_el2, x0
	eret_sb
SYM_CODE_END(hyp_dead)

	.balign	2048
host_vectors:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	bug_vector \n
	.endr
	.balign	0x80
	b	host_sync
	.irp	n, 9, 10, 11, 12, 13, 14, 15	/* a host's interrupts never come to EL2 */
	bug_vector \n
	.endr

	.section .note.GNU-stack, "", %progbits
