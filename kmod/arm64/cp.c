// SPDX-License-Identifier: GPL-2.0
/*
 * AArch32's names of system registers: MCR, MRC, MCRR and MRRC of the coprocessors 14 and 15, and
 * VMRS. Nearly all are another view of an AArch64 register, whole or in halves (ARM ARM G8.2
 * says for each to what it is mapped), so that what an access does stands in sysreg.c for both. In
 * these tables is what can trap under the controls of reset.c; the rest is undefined, by the CPU
 * or by us.
 *
 * Registers in the syndrome are numbered as AArch64 sees them, banked ones too (D1.21.1).
 */
#include <asm/ptrace.h>

#include "aarch32.h"
#include "armvirt.h"
#include "sysreg.h"
#include "sysrow.h"

/* What an access of 32 bits has of a register; one of 64 bits has all. */
enum part { WHOLE, LOW, HIGH };

struct cp_row {
	u16 cp;			/* the name in AArch32, see CP() and CP64() */
	u16 enc;		/* the register in AArch64 */
	u8 part;
};

#define CP(coproc, opc1, crn, crm, opc2) \
	(((coproc) & 1) << 15 | (opc1) << 11 | (crn) << 7 | (crm) << 3 | (opc2))
/* A pair of registers: of these no CRn and opc2 are known, and opc1 has 4 bits. */
#define CP64(coproc, opc1, crm)	(((coproc) & 1) << 15 | (opc1) << 4 | (crm))
#define VMRS(n)			(n)

/* Reads as zero in both states. */
#define ZERO			SR(2, 0, 1, 0, 0)

#define SAME(crn, crm, op2)	{ CP(15, 0, crn, crm, op2), SR(3, 0, crn, crm, op2) }
#define SAME_ID(crm) \
	SAME(0, crm, 0), SAME(0, crm, 1), SAME(0, crm, 2), SAME(0, crm, 3), \
	SAME(0, crm, 4), SAME(0, crm, 5), SAME(0, crm, 6), SAME(0, crm, 7)

static const struct cp_row cp15[] = {
	/* Identification; TCMTR and TLBTR are zero: no TCM, one TLB. */
	{ CP(15, 0, 0, 0, 1), SR(3, 3, 0, 0, 1) },		/* CTR */
	{ CP(15, 0, 0, 0, 2), ZERO }, { CP(15, 0, 0, 0, 3), ZERO },
	SAME(0, 0, 6),						/* REVIDR */
	SAME_ID(1), SAME_ID(2),
	SAME(0, 3, 4), SAME(0, 3, 5), SAME(0, 3, 6),		/* ID_PFR2, DFR1, MMFR5 */
	{ CP(15, 1, 0, 0, 0), SR(3, 1, 0, 0, 0) },		/* CCSIDR */
	{ CP(15, 1, 0, 0, 1), SR(3, 1, 0, 0, 1) },		/* CLIDR */
	{ CP(15, 1, 0, 0, 7), SR(3, 1, 0, 0, 7) },		/* AIDR */
	{ CP(15, 2, 0, 0, 0), SR(3, 2, 0, 0, 0) },		/* CSSELR */

	/* Translation controls, written until the caches are on (HCR_EL2.TVM), and ACTLR */
	SAME(1, 0, 0),						/* SCTLR */
	SAME(1, 0, 1), { CP(15, 0, 1, 0, 3), SR(3, 0, 1, 0, 1), HIGH },	/* ACTLR, ACTLR2 */
	{ CP(15, 0, 2, 0, 0), SR(3, 0, 2, 0, 0), LOW },		/* TTBR0 */
	{ CP(15, 0, 2, 0, 1), SR(3, 0, 2, 0, 1), LOW },		/* TTBR1 */
	{ CP(15, 0, 2, 0, 2), SR(3, 0, 2, 0, 2), LOW },		/* TTBCR */
	{ CP(15, 0, 2, 0, 3), SR(3, 0, 2, 0, 2), HIGH },		/* TTBCR2 */
	{ CP(15, 0, 3, 0, 0), SR(3, 4, 3, 0, 0) },		/* DACR */
	{ CP(15, 0, 5, 0, 0), SR(3, 0, 5, 2, 0) },		/* DFSR */
	{ CP(15, 0, 5, 0, 1), SR(3, 4, 5, 0, 1) },		/* IFSR */
	SAME(5, 1, 0), SAME(5, 1, 1),				/* ADFSR, AIFSR */
	{ CP(15, 0, 6, 0, 0), SR(3, 0, 6, 0, 0), LOW },		/* DFAR */
	{ CP(15, 0, 6, 0, 2), SR(3, 0, 6, 0, 0), HIGH },		/* IFAR */
	{ CP(15, 0, 10, 2, 0), SR(3, 0, 10, 2, 0), LOW },	/* PRRR, MAIR0 */
	{ CP(15, 0, 10, 2, 1), SR(3, 0, 10, 2, 0), HIGH },	/* NMRR, MAIR1 */
	{ CP(15, 0, 10, 3, 0), SR(3, 0, 10, 3, 0), LOW },	/* AMAIR0 */
	{ CP(15, 0, 10, 3, 1), SR(3, 0, 10, 3, 0), HIGH },	/* AMAIR1 */
	SAME(13, 0, 1),						/* CONTEXTIDR */

	{ CP(15, 0, 7, 6, 2), SR(1, 0, 7, 6, 2) },		/* DCISW */
	{ CP(15, 0, 7, 10, 2), SR(1, 0, 7, 10, 2) },		/* DCCSW */
	{ CP(15, 0, 7, 14, 2), SR(1, 0, 7, 14, 2) },		/* DCCISW */

	SAME(12, 11, 1), SAME(12, 12, 5),			/* ICC_DIR, ICC_SRE */
	{ CP(15, 0, 14, 2, 0), SR(3, 3, 14, 2, 0) },		/* CNTP_TVAL */
	{ CP(15, 0, 14, 2, 1), SR(3, 3, 14, 2, 1) },		/* CNTP_CTL */
};

static const struct cp_row cp15_pairs[] = {
	{ CP64(15, 0, 2), SR(3, 0, 2, 0, 0) },			/* TTBR0 */
	{ CP64(15, 1, 2), SR(3, 0, 2, 0, 1) },			/* TTBR1 */
	{ CP64(15, 0, 12), SR(3, 0, 12, 11, 5) },		/* ICC_SGI1R */
	{ CP64(15, 1, 12), SR(3, 0, 12, 11, 6) },		/* ICC_ASGI1R */
	{ CP64(15, 2, 12), SR(3, 0, 12, 11, 7) },		/* ICC_SGI0R */
	{ CP64(15, 0, 14), SR(3, 3, 14, 0, 1) },		/* CNTPCT */
	{ CP64(15, 2, 14), SR(3, 3, 14, 2, 2) },		/* CNTP_CVAL */
};

/* Debug registers with a number of their own; the others have AArch64's (op0 2, op1 0). */
static const struct cp_row cp14[] = {
	{ CP(14, 0, 0, 0, 0), SR_DBGDIDR },
	{ CP(14, 0, 0, 1, 0), SR(2, 3, 0, 1, 0) },		/* DBGDSCRint */
	{ CP(14, 0, 0, 5, 0), SR(2, 3, 0, 5, 0) },		/* DBGDTRRXint, DBGDTRTXint */
	{ CP(14, 0, 0, 6, 0), SR(2, 0, 0, 6, 2) },		/* DBGWFAR: zero, as OSECCR */
	{ CP(14, 0, 0, 7, 0), SR(2, 4, 0, 7, 0) },		/* DBGVCR */
	{ CP(14, 0, 2, 0, 0), ZERO },				/* DBGDSAR */
	{ CP(14, 0, 7, 0, 7), ZERO }, { CP(14, 0, 7, 1, 7), ZERO },	/* DBGDEVID2, 1 */
	{ CP(14, 0, 7, 2, 7), ZERO },				/* DBGDEVID */
};

static const struct cp_row cp14_pairs[] = {
	{ CP64(14, 0, 1), ZERO }, { CP64(14, 0, 2), ZERO },	/* DBGDRAR, DBGDSAR */
};

static const struct cp_row vmrs[] = {
	{ VMRS(5), SR(3, 0, 0, 3, 2) },				/* MVFR2 */
	{ VMRS(6), SR(3, 0, 0, 3, 1) },				/* MVFR1 */
	{ VMRS(7), SR(3, 0, 0, 3, 0) },				/* MVFR0 */
};

static const struct cp_row *find_in(const struct cp_row *rows, unsigned int nr, u32 cp)
{
	const struct cp_row *row;

	for (row = rows; row < rows + nr; row++)
		if (row->cp == cp)
			return row;
	return NULL;
}

#define FIND(rows, cp)	find_in(rows, ARRAY_SIZE(rows), cp)

static const struct cp_row *find_row(const struct a32_cp *a)
{
	u16 cp = a->pair ? CP64(a->cp, a->op1, a->crm) : CP(a->cp, a->op1, a->crn, a->crm, a->op2);

	if (a->cp == 10)
		return FIND(vmrs, VMRS(a->crn));
	if (a->cp == 14)
		return a->pair ? FIND(cp14_pairs, cp) : FIND(cp14, cp);
	return a->pair ? FIND(cp15_pairs, cp) : FIND(cp15, cp);
}

/*
 * Breakpoints' and watchpoints' numbers are the same, as most of those beside them; DBGBXVRn is
 * what AArch64 has in the upper half of DBGBVRn_EL1.
 */
static bool debug_alias(const struct a32_cp *a, struct cp_row *to)
{
	if (a->cp != 14 || a->pair || a->op1)
		return false;
	if (a->crn == 1 && a->op2 == 1)
		*to = (struct cp_row){ .enc = SR(2, 0, 0, a->crm, 4), .part = HIGH };
	else
		*to = (struct cp_row){ .enc = SR(2, 0, a->crn, a->crm, a->op2) };
	return true;
}

/* CP15's c0, c3..c7 are kept for feature registers to come: they read as zero. */
static bool reserved_id(const struct a32_cp *a)
{
	return a->cp == 15 && !a->pair && !a->op1 && !a->crn && a->crm >= 3 && a->crm <= 7;
}

/* Which register it is in AArch64, and what of it; false: none. */
static bool find(const struct a32_cp *a, struct cp_row *to)
{
	const struct cp_row *row = find_row(a);

	if (row)
		*to = *row;
	else if (reserved_id(a))
		*to = (struct cp_row){ .enc = ZERO };
	else
		return debug_alias(a, to);
	return true;
}

/* --- the access ----------------------------------------------------------- */

/* The half that is not written stays; registers with halves can be read. */
static bool keep_other_half(struct av_vcpu *vcpu, const struct cp_row *to, u64 *val)
{
	u64 old;

	if (!sysreg_access(vcpu, to->enc, false, &old))
		return false;
	*val = to->part == LOW ? (old & GENMASK_ULL(63, 32)) | (u32)*val :
				 *val << 32 | lower_32_bits(old);
	return true;
}

static bool emulate(struct av_vcpu *vcpu, const struct a32_cp *a, const struct cp_row *to)
{
	u8 part = a->pair ? WHOLE : to->part;
	u64 val = 0;

	if (a->write) {
		val = sysrow_operand(vcpu, a);
		return (part == WHOLE || keep_other_half(vcpu, to, &val)) &&
		       sysreg_access(vcpu, to->enc, true, &val);
	}
	if (!sysreg_access(vcpu, to->enc, false, &val))
		return false;
	sysrow_result(vcpu, a, part == HIGH ? val >> 32 : val);
	return true;
}

int cp_handle(struct av_vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;
	struct a32_cp a = aarch32_cp(hyp->esr);
	struct cp_row to;
	bool known;

	if (aarch32_condition(hyp->pstate, hyp->esr)) {
		known = find(&a, &to);
		if (!known)
			av_warn_guest(vcpu, "undefined coprocessor access, ESR %#llx at %#llx\n",
				      hyp->esr, hyp->pc);
		if (!known || !emulate(vcpu, &a, &to)) {
			inject_undef(vcpu);
			return 1;
		}
	}
	arch_skip_instr(vcpu);
	return 1;
}

int cp_handle_fast(struct av_vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;
	struct a32_cp a = aarch32_cp(hyp->esr);
	struct cp_row to;

	if (!aarch32_condition(hyp->pstate, hyp->esr) || !find(&a, &to) ||
	    !sysreg_is_fast(to.enc) || !emulate(vcpu, &a, &to))
		return 0;
	arch_skip_instr(vcpu);
	return 1;
}
