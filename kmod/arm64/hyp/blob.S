/* SPDX-License-Identifier: GPL-2.0 */
/* The EL2 blob as data of the module; host.c copies it to pages of its own. */
	.section .rodata, "a"
	.balign	16
	.global	hyp_blob
	.global	hyp_blob_end
hyp_blob:
	.incbin	HYP_BLOB_FILE
hyp_blob_end:
	.section .note.GNU-stack, "", %progbits
