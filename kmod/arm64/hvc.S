/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The HVC of an nVHE host, as functions: what is behind it obeys the procedure
 * call standard, so the compiler need not know more.
 */
#include <linux/linkage.h>

	.text

/* u64 hvc_call(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4) */
	.global	armvirt_hvc
	.type	armvirt_hvc, %function
armvirt_hvc:
	hint	#34				/* bti c */
	hvc	#0
	ret
	.size	armvirt_hvc, . - armvirt_hvc

	.section .note.GNU-stack, "", %progbits
