// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/aarch32.c on the build host: every condition with all flags, every IT block, and exceptions
 * from each state with each setting of SCTLR, against what the ARM ARM says of them.
 */
#include <stdio.h>

#include "aarch32.h"

static unsigned int nr, failed;

static void ok(bool good, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++nr, what);
	failed += !good;
}

/* --- conditions ------------------------------------------------------------ */

/* ConditionHolds(), written from the table of condition codes (F1-1). */
static bool holds(unsigned int cond, u32 cpsr)
{
	bool n = cpsr >> 31 & 1, z = cpsr >> 30 & 1, c = cpsr >> 29 & 1, v = cpsr >> 28 & 1;

	switch (cond) {
	case 0: return z;
	case 1: return !z;
	case 2: return c;
	case 3: return !c;
	case 4: return n;
	case 5: return !n;
	case 6: return v;
	case 7: return !v;
	case 8: return c && !z;
	case 9: return !c || z;
	case 10: return n == v;
	case 11: return n != v;
	case 12: return !z && n == v;
	case 13: return z || n != v;
	default: return true;
	}
}

#define EC_CP15		(0x03U << 26)
#define EC_WFX		(0x01U << 26)
#define EC_CP10		(0x08U << 26)
#define EC_CP14_64	(0x0cU << 26)
#define EC_HVC		(0x12U << 26)
#define EC_SMC		(0x13U << 26)
#define CV		(1U << 24)

/* ITSTATE where CPSR has it: [7:2] in bits 15..10, [1:0] in bits 26..25. */
static u32 with_it(u32 cpsr, u32 it)
{
	return cpsr | (it >> 2) << 10 | (it & 3) << 25;
}

static void conditions(void)
{
	bool a32 = true, t32 = true, hidden = true, calls = true;
	u32 cond, flags;

	for (cond = 0; cond < 16; cond++) {
		for (flags = 0; flags < 16; flags++) {
			u32 cpsr = flags << 28 | A32_SVC;
			u32 it = with_it(cpsr | A32_T, cond << 4 | 8);

			a32 &= aarch32_condition(cpsr, EC_CP15 | CV | cond << 20) ==
			       holds(cond, cpsr);
			/* What is told goes before what IT says. */
			t32 &= aarch32_condition(with_it(cpsr | A32_T, 0x18), EC_WFX | CV | cond << 20) ==
			       holds(cond, cpsr);
			hidden &= aarch32_condition(it, EC_CP15) == holds(cond, cpsr);
			calls &= aarch32_condition(it, EC_HVC) && aarch32_condition(it, EC_SMC) &&
				 aarch32_condition(cpsr, EC_SMC | 1 << 19 | CV | cond << 20) ==
				 holds(cond, cpsr);
		}
	}
	ok(a32, "conditions of A32 instructions");
	ok(t32, "of T32 instructions that tell it");
	ok(hidden, "of those that leave it to IT");
	ok(calls, "of HVC and SMC");
	ok(aarch32_condition(A32_SVC | A32_T, EC_CP15), "no IT block, no condition");
	ok(aarch32_condition(with_it(A32_SVC, 0x08), EC_CP15), "IT is nothing in A32 state");
}

/* An IT block, one instruction after the other: what each one's condition is (F5.1.56). */
static void it_blocks(void)
{
	bool good = true, alone = true;
	u32 first, mask;

	for (first = 0; first < 14; first++) {
		for (mask = 1; mask < 16; mask++) {
			/* The lowest set bit ends the block: bit 3 makes it one instruction. */
			int len = mask & 1 ? 4 : mask & 2 ? 3 : mask & 4 ? 2 : 1, i;
			u32 rest = ~(A32_IT_HIGH | A32_IT_LOW) & 0xffffffff;
			u32 cpsr = with_it(rest & ~A32_J, first << 4 | mask);

			for (i = 0; i < len; i++) {
				u32 low = i ? mask >> (4 - i) & 1 : first & 1;
				u32 it = (cpsr & A32_IT_HIGH) >> 8 | (cpsr & A32_IT_LOW) >> 25;

				good &= it >> 4 == ((first & 0xe) | low);
				cpsr = aarch32_next_cpsr(cpsr);
				alone &= (cpsr & rest) == (rest & ~A32_J);
			}
			good &= !(cpsr & (A32_IT_HIGH | A32_IT_LOW));
		}
	}
	ok(good, "IT blocks of every length");
	ok(alone, "nothing but IT moves");
	ok(aarch32_next_cpsr(with_it(A32_SVC, 0xa5)) == with_it(A32_SVC, 0xa5), "A32 has no IT");
}

/* --- coprocessors ----------------------------------------------------------- */

static void accesses(void)
{
	/* mrc p15, 5, r7, c1, c2, 3; mcrr p14, 9, r6, r14, c3; vmrs r1, mvfr1 */
	struct a32_cp m = aarch32_cp(EC_CP15 | 3 << 17 | 5 << 14 | 1 << 10 | 7 << 5 | 2 << 1 | 1);
	struct a32_cp p = aarch32_cp(EC_CP14_64 | 9 << 16 | 14 << 10 | 6 << 5 | 3 << 1);
	struct a32_cp v = aarch32_cp(EC_CP10 | 7 << 14 | 6 << 10 | 1 << 5 | 1);

	ok(m.cp == 15 && !m.pair && !m.write && m.rt == 7 && m.op1 == 5 && m.crn == 1 &&
	   m.crm == 2 && m.op2 == 3, "MRC");
	ok(p.cp == 14 && p.pair && p.write && p.rt == 6 && p.rt2 == 14 && p.op1 == 9 &&
	   p.crm == 3 && !p.crn && !p.op2, "MCRR");
	ok(v.cp == 10 && !v.pair && !v.write && v.rt == 1 && v.op1 == 7 && v.crn == 6, "VMRS");
}

/* --- exceptions ------------------------------------------------------------- */

static const struct {
	const char *name;
	enum a32_exception exc;
	struct a32_regs before;		/* cpsr, pc, sctlr, vbar */
	struct a32_regs after;		/* cpsr, pc, -, -, lr, spsr */
} cases[] = {
	{ "undefined, A32, user mode", A32_EXC_UNDEF,
	  { 0x60000010, 0x8000, 0x00c50078, 0x20000000 },
	  { 0x6000009b, 0x20000004, .lr = 0x8004, .spsr = 0x60000010 } },
	{ "undefined, T32, with IT, GE and Q", A32_EXC_UNDEF,
	  { 0xae0f1c30, 0x8002, 0x00c50078, 0x20000000 },
	  { 0xa80f009b, 0x20000004, .lr = 0x8004, .spsr = 0xae0f1c30 } },
	{ "undefined while undefined, F and A kept", A32_EXC_UNDEF,
	  { 0x000001db, 0x10, 0x00c50078, 0 },
	  { 0x000001db, 0x4, .lr = 0x14, .spsr = 0x000001db } },
	{ "prefetch abort, A32, Thumb handler", A32_EXC_PREFETCH,
	  { 0x00000013, 0xc0000000, 0x40c50078, 0x3fffffff },
	  { 0x000001b7, 0x3fffffec, .lr = 0xc0000004, .spsr = 0x00000013 } },
	{ "prefetch abort, T32, high vectors", A32_EXC_PREFETCH,
	  { 0x0000003f, 0xc0000002, 0x00c52078, 0x20000000 },
	  { 0x00000197, 0xffff000c, .lr = 0xc0000006, .spsr = 0x0000003f } },
	{ "data abort, A32, big-endian handler", A32_EXC_DATA,
	  { 0x00000011, 0xc0000000, 0x02c50078, 0x20000000 },
	  { 0x00000397, 0x20000010, .lr = 0xc0000008, .spsr = 0x00000011 } },
	{ "data abort, T32, from big-endian data", A32_EXC_DATA,
	  { 0x00000230, 0xfffffffa, 0x00c50078, 0x20000000 },
	  { 0x00000197, 0x20000010, .lr = 0x2, .spsr = 0x00000230 } },
	{ "SPAN sets PAN, DSSBS sets SSBS, IL goes", A32_EXC_DATA,
	  { 0x00100010, 0, 0x80450078, 0x20000000 },
	  { 0x00c00197, 0x20000010, .lr = 8, .spsr = 0x00100010 } },
	{ "PAN and DIT stay, SSBS and J go", A32_EXC_UNDEF,
	  { 0x01e00010, 0, 0x00c50078, 0x20000000 },
	  { 0x0060009b, 0x20000004, .lr = 4, .spsr = 0x01e00010 } },
};

static void exceptions(void)
{
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct a32_regs r = cases[i].before;
		const struct a32_regs *want = &cases[i].after;
		bool good;

		aarch32_take(&r, cases[i].exc);
		good = r.cpsr == want->cpsr && r.pc == want->pc && r.lr == want->lr &&
		       r.spsr == want->spsr;
		if (!good)
			printf("# cpsr %#x pc %#x lr %#x spsr %#x\n", r.cpsr, r.pc, r.lr, r.spsr);
		ok(good, cases[i].name);
	}
}

static void fault_status(void)
{
	ok(aarch32_fsr(0, 0x10, false) == 0x008, "external abort, short format");
	ok(aarch32_fsr(0, 0x10, true) == 0x808, "of a store");
	ok(aarch32_fsr(0, 0x00, false) == 0x008, "address size, which the short format has not");
	ok(aarch32_fsr(A32_TTBCR_EAE, 0x10, false) == 0x210, "external abort, long format");
	ok(aarch32_fsr(A32_TTBCR_EAE, 0x00, true) == 0xa00, "address size, long format, of a store");
}

static void modes(void)
{
	static const u32 valid = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 7 | 1 << 11 | 1 << 15;
	bool good = true;
	u32 mode;

	for (mode = 0; mode < 32; mode++)
		good &= aarch32_valid_mode(0xffffffe0 | mode) == (mode >= 16 && valid >> (mode - 16) & 1);
	ok(good, "modes of PL1 and PL0");
}

int main(void)
{
	conditions();
	it_blocks();
	accesses();
	exceptions();
	fault_status();
	modes();
	printf("1..%u\n", nr);
	return failed != 0;
}
