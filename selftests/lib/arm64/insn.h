/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest code made at run time: one instruction in a page, run as if called. For encodings that the
 * assembler has no name for, and those that should not exist.
 */
#ifndef LIB_INSN_H
#define LIB_INSN_H

#include "guest.h"

#define INSN_MRS	0xd5200000u	/* x0 = register */
#define INSN_MSR	0xd5000000u	/* register = x0 */
#define INSN_RET	0xd65f03c0u
#define SYSREG(op0, op1, crn, crm, op2)	\
	((op0) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)

static inline void insn_put(u64 page, u32 insn)
{
	u32 *code = (u32 *)page;

	code[0] = insn;
	code[1] = INSN_RET;
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
		     :: "r" (page) : "memory");
}

/* insn_run - returns what is in x0 afterwards; use between guest_catch() and guest_caught(). */
static inline u64 insn_run(u64 page, u32 insn, u64 x0)
{
	insn_put(page, insn);
	return ((u64 (*)(u64))page)(x0);
}

#endif
