/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The entry code for a host that itself runs at EL2, linked into the module.
 */
#define HYP(name)	hyp_##name##_vhe

/* TPIDR_EL2 is the kernel's per-CPU offset. */
.macro this_hyp_cpu reg, tmp, scratch
	msr	\scratch, \tmp
	adrp	\reg, hyp_this_cpu
	add	\reg, \reg, :lo12:hyp_this_cpu
	mrs	\tmp, tpidr_el2
	ldr	\reg, [\reg, \tmp]
	mrs	\tmp, \scratch
.endm

#include "entry.S"

/*
 * The state of this CPU cannot be trusted: back to the kernel's vectors and a
 * stack that is certainly good enough to say so.
 */
SYM_CODE_START_LOCAL(hyp_dead)
	mov	x0, x20
	ldr	x1, [x20, #HYP_CPU_FRAME]
	cbz	x1, 1f
	mov	sp, x1
	ldr	x2, [sp, #24]
	msr	sp_el0, x2
1:	b	hyp_host_dead_vhe
SYM_CODE_END(hyp_dead)

	.section .note.GNU-stack, "", %progbits
