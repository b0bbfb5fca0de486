/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The EL2 of an nVHE host as the module has it: the blob as data, which host.c copies to pages
 * of its own, and the HVC as a function: what is behind it obeys the procedure call standard.
 */
#include <linux/linkage.h>

	.section .rodata, "a"
	.balign	16
	.global	hyp_blob
	.global	hyp_blob_end
hyp_blob:
	.incbin	HYP_BLOB_FILE
hyp_blob_end:

	.text
/* u64 armvirt_hvc(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4) */
SYM_FUNC_START(armvirt_hvc)
	hvc	#0
	ret
SYM_FUNC_END(armvirt_hvc)

	.section .note.GNU-stack, "", %progbits
