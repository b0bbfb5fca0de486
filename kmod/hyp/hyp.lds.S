/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The EL2 blob: text, then constants on pages of their own (EL2 maps the one
 * executable, the other read-only).  No data: state is in the shared blocks.
 * 64 KiB alignment serves every granule.
 */
OUTPUT_FORMAT(BLOB_FORMAT)
OUTPUT_ARCH(BLOB_ARCH)
ENTRY(hyp_blob_start)

PHDRS {
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
}

SECTIONS
{
	. = 0;
	.text : {
		*(.head)
		*(.text .text.*)
	} :text
	. = ALIGN(BLOB_ALIGN);
	__rodata_start = .;
	.rodata : { *(.rodata .rodata.*) QUAD(0) } :rodata
	. = ALIGN(BLOB_ALIGN);
	__blob_end = .;
	.unwanted : { *(.data .data.* .bss .bss.* COMMON .got .got.* .iplt .igot*) }
	/DISCARD/ : {
		*(.comment .note* .eh_frame* .ARM.* .plt* .dyn* .modinfo __* .debug* .hash .gnu*)
	}
}

ASSERT(SIZEOF(.unwanted) == 0, "the EL2 blob must have no writable data and no GOT")
