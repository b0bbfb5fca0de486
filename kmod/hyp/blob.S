/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The EL2 of an nVHE or ARMv7 host as the module has it: the blob as data, which hypcpu.c copies
 * to pages of its own.
 */

	.section .rodata, "a"
	.balign	16
	.global	hyp_blob
	.global	hyp_blob_end
hyp_blob:
	.incbin	HYP_BLOB_FILE
hyp_blob_end:

	.section .note.GNU-stack, "", %progbits
