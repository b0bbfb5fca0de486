// SPDX-License-Identifier: GPL-2.0
/*
 * The feature ID registers as a guest sees them: the host's sanitised values
 * (the same on every CPU), cut down field by field to what armvirt makes work
 * in a guest.  What is not listed here is hidden: a feature that a later CPU
 * brings stays invisible until somebody has thought about its state and its
 * traps.  Accesses come from sysreg.c; this file knows values only.
 */
#include <asm/cpufeature.h>

#include "armvirt.h"
#include "host.h"
#include "sysreg.h"

#define AA64PFR0	SR(3, 0, 0, 4, 0)
#define AA64PFR1	SR(3, 0, 0, 4, 1)
#define AA64DFR0	SR(3, 0, 0, 5, 0)
#define AA64ISAR0	SR(3, 0, 0, 6, 0)
#define AA64ISAR1	SR(3, 0, 0, 6, 1)
#define AA64ISAR2	SR(3, 0, 0, 6, 2)
#define AA64MMFR0	SR(3, 0, 0, 7, 0)
#define AA64MMFR1	SR(3, 0, 0, 7, 1)
#define AA64MMFR2	SR(3, 0, 0, 7, 2)
#define AA32PFR1	SR(3, 0, 0, 1, 1)

#define CTR_FIELD_L1IP	GENMASK_ULL(15, 14)
#define CTR_FIELD_IDC		BIT_ULL(28)
#define CLIDR_FIELD_LOUIS	GENMASK_ULL(23, 21)
#define CLIDR_FIELD_LOC	GENMASK_ULL(26, 24)
#define CLIDR_FIELD_LOUU	GENMASK_ULL(29, 27)
#define PFR0_GIC	BIT_ULL(24)
#define AA32PFR1_GIC	BIT_ULL(28)
#define MMFR0_PARANGE	GENMASK_ULL(3, 0)
#define ISAR1_ADDRESS	(GENMASK_ULL(7, 4) | GENMASK_ULL(11, 8))	/* APA, API */
#define ISAR1_GENERIC	(GENMASK_ULL(27, 24) | GENMASK_ULL(31, 28))	/* GPA, GPI */
#define ISAR2_ADDRESS	GENMASK_ULL(15, 12)				/* APA3 */
#define ISAR2_GENERIC	GENMASK_ULL(11, 8)				/* GPA3 */
#define ISAR2_PAC_FRAC	GENMASK_ULL(27, 24)

#define INDEX(crm, op2)	(((crm) - 1) * 8 + (op2))
#define INDEX_OF(enc)	INDEX(SR_CRM(enc), SR_OP2(enc))

/*
 * Every field of these registers is one hex digit wide, so a limit is written as
 * a number whose digits are the largest values shown.  0 is what is not listed.
 */
static const u64 limits[AV_NR_IDREGS] = {
	/*
	 * AArch32, for EL0 and EL1: all instruction sets; no RAS, AMU, trace, PMU, security
	 * or virtualization extensions; the GIC digit is filled in at the read.
	 */
	[INDEX(1, 0)]			= 0x0f0fffff,	/* PFR0 */
	[INDEX(1, 1)]			= 0x000f0f0f,	/* PFR1 */
	[INDEX(1, 2)]			= 0x00000006,	/* DFR0: v8.0 debug */
	[INDEX(1, 4) ... INDEX(1, 7)]	= 0xffffffff,	/* MMFR0..3 */
	[INDEX(2, 0) ... INDEX(2, 5)]	= 0xffffffff,	/* ISAR0..5 */
	[INDEX(2, 6)]			= 0x0fffffff,	/* MMFR4, without EVT */
	[INDEX(2, 7)]			= 0xffffffff,	/* ISAR6 */
	[INDEX(3, 0) ... INDEX(3, 2)]	= 0xffffffff,	/* MVFR0..2 */
	[INDEX(3, 4)]			= 0x00000011,	/* PFR2: CSV3, SSBS */
	[INDEX(3, 6)]			= 0x000000ff,	/* MMFR5: ETS, nTLBPA */
	/*
	 * CSV3, CSV2 (2 would need SCXTNUM_ELx switched), DIT, AdvSIMD, FP, EL1 (AArch64 only),
	 * EL0.  Not RAS: its error records and syndromes are the host's.  Not EL2, EL3, SVE,
	 * AMU, MPAM.
	 */
	[INDEX_OF(AA64PFR0)]	= 0x1101000000110012,
	/* SSBS and BTI.  Not MTE, SME. */
	[INDEX_OF(AA64PFR1)]	= 0x21,
	/*
	 * v8.0 debug with the least number of breakpoints and watchpoints (two), which are
	 * storage only; no PMU, SPE, trace, BRBE.  DoubleLock as the host.
	 */
	[INDEX_OF(AA64DFR0)]	= 0x0000000000101006,
	/* RNDR TLB TS FHM DP SM4 SM3 SHA3 RDM - atomics CRC32 SHA2 SHA1 AES; not TME */
	[INDEX_OF(AA64ISAR0)]	= 0x1221111110212120,
	/* I8MM.. FCMA JSCVT, pointer authentication, DPB; not XS and LS64 (HCRX_EL2) */
	[INDEX_OF(AA64ISAR1)]	= 0x0011211111211552,
	/* CSSC RPRFM CLRBHB PAC_frac BC APA3 GPA3 RPRES; not WFxT (trapped), MOPS */
	[INDEX_OF(AA64ISAR2)]	= 0x0011000011105110,
	/* ExS, granules (no 52-bit addresses), endianness, ASID size, PARange */
	[INDEX_OF(AA64MMFR0)]	= 0x0000100000110126,
	/* ECBHB TIDCP1 nTLBPA AFP ETS SpecSEI PAN HPDS HAFDBS; not LOR, VHE, TWED, CMOW */
	[INDEX_OF(AA64MMFR1)]	= 0x1011103001302002,
	/* E0PD BBM TTL IDS AT ST CCIDX VARange LSM UAO CnP; not NV, FWB, EVT, IESB */
	[INDEX_OF(AA64MMFR2)]	= 0x1021001110110111,
};

/* In these digits 0xf means "not implemented" and is less than 0 (ARM ARM D19.1.3). */
static const u64 signs[AV_NR_IDREGS] = {
	[INDEX_OF(AA64PFR0)]	= 0x0000000000ff0000,
	[INDEX_OF(AA64DFR0)]	= 0x000000f000000000,
	[INDEX_OF(AA64MMFR0)]	= 0x00000000ff000000,
};

/* sys_reg() of the kernel puts the same fields five bits higher. */
static u64 host_value(u32 enc)
{
	return read_sanitised_ftr_reg(enc << 5);
}

/* Both kinds must be there, since the traps (HCR_EL2.API, APK) have no finer grain. */
bool idreg_host_pauth(void)
{
	u64 isar1 = host_value(AA64ISAR1), isar2 = host_value(AA64ISAR2);

	return ((isar1 & ISAR1_ADDRESS) || (isar2 & ISAR2_ADDRESS)) &&
	       ((isar1 & ISAR1_GENERIC) || (isar2 & ISAR2_GENERIC));
}

bool idreg_host_ras(void)
{
	return (host_value(AA64PFR0) >> 28) & 0xf;
}

bool idreg_host_aarch32(void)
{
	return (host_value(AA64PFR0) & 0xf) == 2;
}

bool idreg_host_aarch32_el1(void)
{
	return (host_value(AA64PFR0) >> 4 & 0xf) == 2;
}

u64 idreg_ctr(void)
{
	return host_value(SR(3, 3, 0, 0, 1));
}

/*
 * A CPU without caches to clean to the point of unification may leave IDC out
 * of CTR_EL0 and say so in CLIDR_EL1 alone; the kernel's value has it then.
 */
static void compare_ctr(void *differs)
{
	u64 ctr = read_sysreg(ctr_el0), clidr = read_sysreg(clidr_el1);

	if (!(clidr & CLIDR_FIELD_LOC) || !(clidr & (CLIDR_FIELD_LOUIS | CLIDR_FIELD_LOUU)))
		ctr |= CTR_FIELD_IDC;
	/* The policy of the I-cache may differ, the kernel has taken the worst. */
	if ((ctr ^ idreg_ctr()) & ~CTR_FIELD_L1IP)
		WRITE_ONCE(*(bool *)differs, true);
}

/*
 * The kernel refuses a CPU that comes later with caches unlike those it booted
 * with, unless they differed already, so the answer does not change.
 */
bool idreg_ctr_differs(void)
{
	static int answer = -1;
	bool differs = false;

	if (READ_ONCE(answer) < 0) {
		on_each_cpu(compare_ctr, &differs, 1);
		WRITE_ONCE(answer, differs);
	}
	return READ_ONCE(answer);
}

/* The smallest PARange that covers the VM's IPA space: beyond it is nothing to address. */
static u64 parange(struct av_vm *vm)
{
	u64 range = 0;

	while (range < host_pa_range() && host_pa_bits[range] < vm->ipa_bits)
		range++;
	return range;
}

void idreg_vm_init(struct av_vm *vm)
{
	u64 *regs = vm->idregs;
	unsigned int i;

	lockdep_assert_held(&vm->lock);
	memset(regs, 0, sizeof(vm->idregs));
	/* What belongs to AArch32 reads as zero on a CPU without it. */
	for (i = idreg_host_aarch32() ? 0 : INDEX(4, 0); i < AV_NR_IDREGS; i++) {
		if (limits[i])
			regs[i] = sysrow_limit(host_value(SR(3, 0, 0, i / 8 + 1, i % 8)), limits[i],
					       signs[i]);
	}
	if (!(vm->features & BIT(ARMVIRT_ARM_VCPU_PTRAUTH_ADDRESS))) {
		regs[INDEX_OF(AA64ISAR1)] &= ~(ISAR1_ADDRESS | ISAR1_GENERIC);
		regs[INDEX_OF(AA64ISAR2)] &= ~(ISAR2_ADDRESS | ISAR2_GENERIC | ISAR2_PAC_FRAC);
	}
	i = INDEX_OF(AA64MMFR0);
	regs[i] = (regs[i] & ~MMFR0_PARANGE) | parange(vm);
}

unsigned int idreg_index(u32 enc)
{
	return INDEX_OF(enc);
}

u64 idreg_gic(u32 enc)
{
	if (enc == AA64PFR0)
		return PFR0_GIC;
	if (enc == AA32PFR1 && idreg_host_aarch32())
		return AA32PFR1_GIC;
	return 0;
}

/* Numbers of breakpoints, watchpoints and context comparers, version, RES1 (ARM ARM G8.3.15) */
u32 idreg_dbgdidr(struct av_vcpu *vcpu)
{
	u64 dfr0 = vcpu->vm->idregs[INDEX_OF(AA64DFR0)];

	return (dfr0 >> 20 & 0xf) << 28 | (dfr0 >> 12 & 0xf) << 24 | (dfr0 >> 28 & 0xf) << 20 |
	       (dfr0 & 0xf) << 16 | BIT(15);
}
