/* SPDX-License-Identifier: GPL-2.0 */
/* The HVC as functions: what is behind it obeys the procedure call standard. */
#include <linux/linkage.h>

	.arch	armv7-a
	.arch_extension virt
	.text

/*
 * u64 armvirt_hvc(u32 nr, u64 a1, u64 a2, u64 a3, u64 a4)
 *
 * HYP does not see our stack: a2..a4 go in r4..r9.  The hyp stub, which knows none of these calls,
 * answers with r0 alone.
 */
ENTRY(armvirt_hvc)
	push	{r4 - r9}
	add	r12, sp, #24
	ldm	r12, {r4 - r9}
	mov	r1, #0
	hvc	#0
	pop	{r4 - r9}
	bx	lr
ENDPROC(armvirt_hvc)

/* u32 armvirt_stub_hvc(u32 nr, u32 a1, u32 a2) */
ENTRY(armvirt_stub_hvc)
	hvc	#0
	bx	lr
ENDPROC(armvirt_stub_hvc)
