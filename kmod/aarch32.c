// SPDX-License-Identifier: GPL-2.0
/*
 * AArch32 state as the ARM ARM's pseudocode has it (DDI 0487 J1.2.3, DDI 0406C B1.8 and B1.9).
 * Pure functions: selftests/unit tries them on the build machine.
 */
#include "aarch32.h"

#define VECTORS_HIGH	0xffff0000U
#define VBAR_BASE	0xffffffe0U

/* HSR and ESR_EL2: the same in all that is used here */
#define HSR_CV		BIT(24)		/* COND is valid: always for A32, maybe for T32 */
#define HSR_COND(hsr)	((hsr) >> 20 & 15)
#define EC_FIRST_PLAIN	0x10		/* classes below it tell a condition */
#define SMC_MAY_FAIL	BIT(19)		/* CCKNOWNPASS: 0 if the condition is known to hold */
#define COND_ALWAYS	14		/* 15 are the unconditional instructions of A32 */

#define FSR_LONG	BIT(9)
#define FSR_WNR		BIT(11)
#define FSR_SHORT_EXTERNAL	0x08	/* synchronous, not on a table walk */

/* --- conditions ----------------------------------------------------------- */

static u32 it_state(u32 cpsr)
{
	return (cpsr & A32_IT_HIGH) >> 8 | (cpsr & A32_IT_LOW) >> 25;
}

/* Of an instruction whose syndrome does not tell: it is T32, and IT says. */
static u32 it_condition(u32 cpsr)
{
	u32 it = cpsr & A32_T ? it_state(cpsr) : 0;

	return it ? it >> 4 : COND_ALWAYS;
}

static bool condition_holds(u32 cond, u32 cpsr)
{
	/* The NZCV values for EQ, CS, MI, VS, HI, GE and GT; odd ones are opposites. */
	static const u16 truth[] = { 0xf0f0, 0xcccc, 0xff00, 0xaaaa, 0x0c0c, 0xaa55, 0x0a05 };
	bool holds;

	if (cond >= COND_ALWAYS)
		return true;
	holds = truth[cond >> 1] & BIT(cpsr >> 28);
	return holds != (cond & 1);
}

/*
 * A conditional instruction may trap although its condition fails (ARM ARM G1.15, "Traps of
 * conditional instructions"); then it is to do nothing. Of the calls HVC is unconditional, and SMC
 * says whether it needs to be looked at; ARMv7 has zero there, and traps only SMCs that pass.
 */
bool aarch32_condition(u32 cpsr, u32 hsr)
{
	if (HSR_EC(hsr) >= EC_FIRST_PLAIN &&
	    !(HSR_EC(hsr) == EC_SMC && hsr & SMC_MAY_FAIL))
		return true;
	return condition_holds(hsr & HSR_CV ? HSR_COND(hsr) : it_condition(cpsr), cpsr);
}

/* AArch32.ITAdvance() */
u32 aarch32_next_cpsr(u32 cpsr)
{
	u32 it = it_state(cpsr);

	if (!(cpsr & A32_T))
		return cpsr;
	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	return (cpsr & ~(A32_IT_HIGH | A32_IT_LOW)) | (it & 0xfc) << 8 | (it & 3) << 25;
}

/* --- coprocessors --------------------------------------------------------- */

/* ARM ARM D19, ESR_ELx, EC 0x03 to 0x0c; DDI 0406C, B3.13.6 */
struct a32_cp aarch32_cp(u32 hsr)
{
	u32 ec = HSR_EC(hsr);
	struct a32_cp a = {
		.cp = ec == EC_CP10 ? 10 : ec == EC_CP15_32 || ec == EC_CP15_64 ? 15 : 14,
		.crm = hsr >> 1 & 15,
		.pair = ec == EC_CP15_64 || ec == EC_CP14_64,
		.write = !(hsr & 1),
		.rt = hsr >> 5 & 31,
	};

	if (a.pair) {
		a.op1 = hsr >> 16 & 15;
		a.rt2 = hsr >> 10 & 31;
	} else {
		a.op1 = hsr >> 14 & 7;
		a.crn = hsr >> 10 & 15;
		a.op2 = hsr >> 17 & 7;
	}
	return a;
}

/* --- exceptions ----------------------------------------------------------- */

/*
 * What differs: the vector, the mode, whether asynchronous aborts become masked, and how far LR is
 * beyond the instruction in A32 and in T32 (ARM ARM tables G1-6 and G1-8).
 */
static const struct a32_entry {
	u8 vector;
	u8 mode;
	u16 mask;
	u8 lr_a32;
	u8 lr_t32;
} entries[] = {
	[A32_EXC_UNDEF]		= { 0x04, A32_UND, A32_I,		4, 2 },
	[A32_EXC_PREFETCH]	= { 0x0c, A32_ABT, A32_I | A32_A,	4, 4 },
	[A32_EXC_DATA]		= { 0x10, A32_ABT, A32_I | A32_A,	8, 8 },
};

/*
 * AArch32.EnterMode(): flags, GE, DIT and F stay, and PAN, which SCTLR.SPAN can set; IT, J and IL
 * become 0; the rest is SCTLR's choice.
 */
static u32 handler_cpsr(u32 old, u32 sctlr, const struct a32_entry *e)
{
	u32 new = old & ~(A32_MODE | A32_T | A32_E | A32_IT_HIGH | A32_IL | A32_SSBS | A32_J |
			  A32_IT_LOW);

	new |= e->mode | e->mask;
	if (sctlr & A32_SCTLR_TE)
		new |= A32_T;
	if (sctlr & A32_SCTLR_EE)
		new |= A32_E;
	if (!(sctlr & A32_SCTLR_SPAN))
		new |= A32_PAN;
	if (sctlr & A32_SCTLR_DSSBS)
		new |= A32_SSBS;
	return new;
}

void aarch32_take(struct a32_regs *regs, enum a32_exception exc)
{
	const struct a32_entry *e = &entries[exc];
	u32 base = regs->sctlr & A32_SCTLR_V ? VECTORS_HIGH : regs->vbar & VBAR_BASE;

	regs->spsr = regs->cpsr;
	regs->lr = regs->pc + (regs->cpsr & A32_T ? e->lr_t32 : e->lr_a32);
	regs->cpsr = handler_cpsr(regs->cpsr, regs->sctlr, e);
	regs->pc = base + e->vector;
}

/*
 * The format for short descriptors has other codes, FS[4] in bit 10, and none for an address beyond
 * what there is: that becomes what the bus would say, an external abort.
 */
u32 aarch32_fsr(u32 ttbcr, u32 fsc, bool write)
{
	u32 fsr = write ? FSR_WNR : 0;

	return fsr | (ttbcr & A32_TTBCR_EAE ? FSR_LONG | (fsc & 0x3f) : FSR_SHORT_EXTERNAL);
}
