/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the CPU does by itself in AArch32 state, for a guest whose instruction was trapped: does its
 * condition hold, how does CPSR move past it, what does an exception to PL1 change. Plain values in
 * and out, since arm64 and ARMv7 keep a guest's registers in different places.
 */
#ifndef ARMVIRT_AARCH32_H
#define ARMVIRT_AARCH32_H

#include <linux/types.h>
#include <linux/bits.h>

/* CPSR, and SPSR of a mode (ARM ARM G8.2.33). SPSR_ELx and ELx differ in DIT; see arm64/. */
#define A32_MODE	0x1fU
#define A32_USR		0x10U
#define A32_FIQ		0x11U
#define A32_IRQ		0x12U
#define A32_SVC		0x13U
#define A32_ABT		0x17U
#define A32_UND		0x1bU
#define A32_SYS		0x1fU
#define A32_T		BIT(5)
#define A32_F		BIT(6)
#define A32_I		BIT(7)
#define A32_A		BIT(8)
#define A32_E		BIT(9)
#define A32_IT_HIGH	(0x3fU << 10)	/* ITSTATE[7:2] */
#define A32_IL		BIT(20)
#define A32_DIT		BIT(21)
#define A32_PAN		BIT(22)
#define A32_SSBS	BIT(23)
#define A32_J		BIT(24)
#define A32_IT_LOW	(3U << 25)	/* ITSTATE[1:0] */

/* SCTLR of PL1 */
#define A32_SCTLR_M	BIT(0)
#define A32_SCTLR_C	BIT(2)
#define A32_SCTLR_V	BIT(13)		/* vectors at 0xffff0000 */
#define A32_SCTLR_SPAN	BIT(23)		/* 0: exceptions set PAN; RES1 without PAN */
#define A32_SCTLR_EE	BIT(25)		/* exceptions are taken in big-endian state */
#define A32_SCTLR_TE	BIT(30)		/* and in Thumb state */
#define A32_SCTLR_DSSBS	BIT(31)		/* RES0 without SSBS */

#define A32_TTBCR_EAE	BIT(31)		/* long descriptors */

/* Exceptions which a trap can become. */
enum a32_exception { A32_EXC_UNDEF, A32_EXC_PREFETCH, A32_EXC_DATA };

/*
 * The registers that taking an exception reads and writes. Afterwards lr and spsr are to be stored
 * as those of the mode in cpsr.
 */
struct a32_regs {
	u32 cpsr;
	u32 pc;			/* of the instruction that has the exception */
	u32 sctlr;
	u32 vbar;
	u32 lr;
	u32 spsr;
};

void aarch32_take(struct a32_regs *regs, enum a32_exception exc);

/*
 * DFSR or IFSR for fault status @fsc, as the long-descriptor format, ESR_ELx and HSR have it.
 * @write: a data abort of a store (WnR).
 */
u32 aarch32_fsr(u32 ttbcr, u32 fsc, bool write);

#define HSR_EC(hsr)	((hsr) >> 26 & 0x3f)

/* Exception classes (DDI 0406C, B3.13.6), which ESR_EL2 numbers alike for AArch32 */
enum hsr_ec {
	EC_UNKNOWN	= 0x00,
	EC_WFX		= 0x01,
	EC_CP15_32	= 0x03,
	EC_CP15_64	= 0x04,
	EC_CP14_32	= 0x05,
	EC_CP14_LS	= 0x06,		/* LDC, STC */
	EC_HCPTR	= 0x07,		/* coprocessors; floating point is HYP's */
	EC_CP10		= 0x08,		/* VMRS of an ID register */
	EC_JAZELLE	= 0x09,
	EC_BXJ		= 0x0a,
	EC_CP14_64	= 0x0c,
	EC_HVC		= 0x12,
	EC_SMC		= 0x13,
	EC_IABT		= 0x20,
	EC_DABT		= 0x24,
};

/* Does the trapped instruction pass its condition? @hsr: HSR, or ESR_EL2. */
bool aarch32_condition(u32 cpsr, u32 hsr);

/* A trapped MCR, MRC, MCRR, MRRC or VMRS; zero is what it does not have. */
struct a32_cp {
	u8 cp;			/* coprocessor: 10, 14 or 15 */
	u8 op1, crn, crm, op2;
	bool pair;		/* of registers: MCRR or MRRC */
	bool write;
	u8 rt;
	u8 rt2;			/* of a pair: its upper word */
};

struct a32_cp aarch32_cp(u32 hsr);

/* CPSR past an instruction; PC moves by 4 if HSR.IL (ESR_EL2.IL), otherwise by 2. */
u32 aarch32_next_cpsr(u32 cpsr);

/* May it be returned to PL1 or PL0 with this mode? */
static inline bool aarch32_valid_mode(u32 cpsr)
{
	switch (cpsr & A32_MODE) {
	case A32_USR:
	case A32_FIQ:
	case A32_IRQ:
	case A32_SVC:
	case A32_ABT:
	case A32_UND:
	case A32_SYS:
		return true;
	}
	return false;
}

#endif
