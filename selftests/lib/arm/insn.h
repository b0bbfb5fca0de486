/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest code made at run time: one A32 instruction in a page, run as if called. For encodings that
 * the assembler has no name for, and those that should not exist.
 */
#ifndef LIB_INSN_H
#define LIB_INSN_H

#include "guest.h"

#define INSN_MRC	0xee100010u	/* r0 = register */
#define INSN_MCR	0xee000010u	/* register = r0 */
#define INSN_SVC	0xef000000u
#define CPREG(cp, op1, crn, crm, op2)	\
	((cp) << 8 | (op1) << 21 | (crn) << 16 | (crm) | (op2) << 5)

static inline void insn_put(u32 page, u32 insn, u32 next)
{
	u32 *code = (u32 *)page;

	code[0] = insn;
	code[1] = next;
	code_sync(page);
}

/* insn_run - returns what is in r0 afterwards; use between guest_catch() and guest_caught(). */
static inline u32 insn_run(u32 page, u32 insn, u32 r0)
{
	insn_put(page, insn, CODE_RET);
	return ((u32 (*)(u32))page)(r0);
}

/* The same at PL0, on the next page as its stack. */
static inline u32 insn_run_el0(u32 page, u32 insn, u32 r0)
{
	insn_put(page, insn, INSN_SVC);
	return guest_run_el0(page, page + 0x2000, r0);
}

#endif
