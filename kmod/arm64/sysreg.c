// SPDX-License-Identifier: GPL-2.0
/*
 * System registers, one row each: what a trapped access does, the reset value,
 * and how user space reads and writes it through one-reg.  A register that is
 * not here, or whose row has no access function, is undefined to the guest when
 * its access traps.  Values of the feature ID registers are in idreg.c, what
 * traps at all in reset.c, state that EL2 switches in sysreg_list.h.
 */
#include <asm/cputype.h>
#include <asm/esr.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

#include "armvirt.h"
#include "onereg.h"
#include "sysreg.h"

/* RES1 bits of Armv8.0, everything off, little endian; SPAN set. */
#define SCTLR_RESET	0x00c50078

#define OSLSR_OSLK	BIT_ULL(1)
#define OSLSR_OSLM	BIT_ULL(3)	/* the OS lock is implemented */

/* Registers that user space can have and nobody computes are stored. */
u64 *sysreg_storage(struct av_vcpu *vcpu, const struct sysreg_row *row)
{
	return row->arg < HSR_NR ? &vcpu->hyp->sys[row->arg] : &vcpu->arch.dbg[row->arg - HSR_NR];
}

static bool access_oslar(struct av_vcpu *vcpu, const struct sysreg_row *row, bool write, u64 *val)
{
	vcpu->hyp->sys[HSR_OSLSR_EL1] = OSLSR_OSLM | (*val & 1 ? OSLSR_OSLK : 0);
	return true;
}

/* --- values --------------------------------------------------------------- */

/* What identifies the CPU and its caches. */
static u64 get_ident(struct av_vcpu *vcpu, const struct sysreg_row *row)
{
	switch (row->enc) {
	case SR_DBGDIDR:
		return idreg_dbgdidr(vcpu);
	case SR(3, 0, 0, 0, 0):
		return vcpu->hyp->vpidr;		/* MIDR_EL1 */
	case SR(3, 0, 0, 0, 5):
		return vcpu->hyp->vmpidr;		/* MPIDR_EL1 */
	case SR(3, 0, 0, 0, 6):
		return sysreg_ident.revidr;
	case SR(3, 1, 0, 0, 1):
		return sysreg_ident.clidr;
	case SR(3, 1, 0, 0, 7):
		return sysreg_ident.aidr;
	default:
		return idreg_ctr();
	}
}

static u64 get_ccsidr(struct av_vcpu *vcpu, const struct sysreg_row *row)
{
	u64 val = 0;

	sysreg_ccsidr(vcpu->hyp->sys[HSR_CSSELR_EL1], &val);
	return val;
}

static int set_oslsr(struct av_vcpu *vcpu, const struct sysreg_row *row, u64 val)
{
	if ((val ^ OSLSR_OSLM) & ~OSLSR_OSLK)
		return -EINVAL;
	vcpu->hyp->sys[HSR_OSLSR_EL1] = val;
	return 0;
}

void sysreg_identify(struct sysreg_ident *ident)
{
	ident->midr = read_cpuid_id();
	ident->revidr = read_sysreg(revidr_el1);
	ident->aidr = read_sysreg(aidr_el1);
	ident->clidr = read_sysreg(clidr_el1);
}

u64 sysreg_read_ccsidr(u32 csselr)
{
	write_sysreg(csselr, csselr_el1);
	isb();		/* CCSIDR_EL1 must be that of the new selection */
	return read_sysreg(ccsidr_el1);
}

/* --- the table ------------------------------------------------------------ */

#define ID(op1, crn, crm, op2, reader, ...) \
	{ SR(3, op1, crn, crm, op2), ROW_USER | ROW_FAST | ROW_RO, .access = row_value, \
	  .get = reader, __VA_ARGS__ }

#define ID_ROW(crm, op2) \
	ID(0, 0, crm, op2, row_get_id, .set = row_set_id)

#define ID_GROUP(crm) \
	ID_ROW(crm, 0), ID_ROW(crm, 1), ID_ROW(crm, 2), ID_ROW(crm, 3), \
	ID_ROW(crm, 4), ID_ROW(crm, 5), ID_ROW(crm, 6), ID_ROW(crm, 7)

/* Writes trap under HCR_EL2.TVM. */
#define VM_ROW(crn, crm, op2, name, ...) \
	{ SR(3, 0, crn, crm, op2), ROW_USER, .arg = HSR_##name, .access = row_vm, __VA_ARGS__ }

/* Never trapped; or, with an access function given, storage that nothing but traps touches. */
#define STORED(op0, op1, crn, crm, op2, name, ...) \
	{ SR(op0, op1, crn, crm, op2), ROW_USER, .arg = HSR_##name, __VA_ARGS__ }
#define SOFT(op0, op1, crn, crm, op2, name, ...) \
	{ SR(op0, op1, crn, crm, op2), ROW_USER | ROW_FAST, .arg = HSR_##name, __VA_ARGS__ }

#define KEY(crm, op2, name) \
	{ SR(3, 0, 2, crm, op2), ROW_USER, HYP_VCPU_PAUTH, HSR_##name }

/* Breakpoints and watchpoints are storage: MDSCR_EL1.MDE of the hardware stays 0, none fires. */
#define DEBUG_ROW(n, op2, kind) \
	{ SR(2, 0, 0, n, op2), ROW_USER | ROW_FAST, .arg = HSR_NR + (kind) * AV_NR_DBG + (n), \
	  .access = row_stored }

#define DEBUG_ROWS(n) \
	DEBUG_ROW(n, 4, 0), DEBUG_ROW(n, 5, 1), DEBUG_ROW(n, 6, 2), DEBUG_ROW(n, 7, 3)

/* No register of user space's; the guest's accesses trap. */
#define TRAP(op0, op1, crn, crm, op2, handler, mode, ...) \
	{ SR(op0, op1, crn, crm, op2), ROW_FAST | (mode), .access = handler, __VA_ARGS__ }
#define ICC(crm, op2, handler, mode, ...) \
	TRAP(3, 0, 12, crm, op2, handler, mode, .needs = HYP_VCPU_GICV3, __VA_ARGS__)

#define SET_WAY(crm, op2) \
	{ SR(1, 0, 7, crm, op2), ROW_WO, .access = row_set_way }

const struct sysreg_row sysreg_rows[] = {
	SET_WAY(6, 2), SET_WAY(10, 2), SET_WAY(14, 2),		/* DC ISW, CSW, CISW */

	/* Debug: two breakpoints and watchpoints that never hit, no external debugger. */
	{ SR_DBGDIDR, ROW_FAST | ROW_RO, HYP_VCPU_A32, .access = row_value, .get = get_ident },
	TRAP(2, 0, 0, 0, 2, row_const, 0),			/* OSDTRRX_EL1 */
	DEBUG_ROWS(0), DEBUG_ROWS(1),
	SOFT(2, 0, 0, 2, 0, MDCCINT_EL1, .access = row_stored),
	SOFT(2, 0, 0, 2, 2, MDSCR_EL1, .access = row_stored),
	DEBUG_ROWS(2),
	TRAP(2, 0, 0, 3, 2, row_const, 0),			/* OSDTRTX_EL1 */
	DEBUG_ROWS(3), DEBUG_ROWS(4), DEBUG_ROWS(5),
	TRAP(2, 0, 0, 6, 2, row_const, 0),			/* OSECCR_EL1 */
	DEBUG_ROWS(6), DEBUG_ROWS(7), DEBUG_ROWS(8), DEBUG_ROWS(9), DEBUG_ROWS(10),
	DEBUG_ROWS(11), DEBUG_ROWS(12), DEBUG_ROWS(13), DEBUG_ROWS(14), DEBUG_ROWS(15),
	TRAP(2, 0, 1, 0, 0, row_const, ROW_RO),			/* MDRAR_EL1 */
	TRAP(2, 0, 1, 0, 4, access_oslar, ROW_WO),
	{ SR(2, 0, 1, 1, 4), ROW_USER | ROW_FAST | ROW_RO, .arg = HSR_OSLSR_EL1,
	  .reset = OSLSR_OSLM, .access = row_value, .set = set_oslsr },
	TRAP(2, 0, 1, 3, 4, row_const, 0),			/* OSDLR_EL1 */
	TRAP(2, 0, 1, 4, 4, row_const, 0),			/* DBGPRCR_EL1 */
	TRAP(2, 0, 7, 8, 6, row_const, 0),			/* DBGCLAIMSET_EL1 */
	TRAP(2, 0, 7, 9, 6, row_const, 0),			/* DBGCLAIMCLR_EL1 */
	TRAP(2, 0, 7, 14, 6, row_const, ROW_RO),			/* DBGAUTHSTATUS_EL1 */
	TRAP(2, 3, 0, 1, 0, row_const, ROW_RO),			/* MDCCSR_EL0 */
	TRAP(2, 3, 0, 4, 0, row_const, 0),			/* DBGDTR_EL0 */
	TRAP(2, 3, 0, 5, 0, row_const, 0),			/* DBGDTRRX_EL0, DBGDTRTX_EL0 */
	SOFT(2, 4, 0, 7, 0, DBGVCR32_EL2, .access = row_stored),

	/* Identification; MIDR and MPIDR come from VPIDR_EL2 and VMPIDR_EL2. */
	ID(0, 0, 0, 0, get_ident), ID(0, 0, 0, 5, get_ident), ID(0, 0, 0, 6, get_ident),
	ID_GROUP(1), ID_GROUP(2), ID_GROUP(3), ID_GROUP(4), ID_GROUP(5), ID_GROUP(6), ID_GROUP(7),

	VM_ROW(1, 0, 0, SCTLR_EL1, .reset = SCTLR_RESET),
	SOFT(3, 0, 1, 0, 1, ACTLR_EL1, .access = row_value),
	STORED(3, 0, 1, 0, 2, CPACR_EL1),
	VM_ROW(2, 0, 0, TTBR0_EL1), VM_ROW(2, 0, 1, TTBR1_EL1), VM_ROW(2, 0, 2, TCR_EL1),
	KEY(1, 0, APIAKEYLO_EL1), KEY(1, 1, APIAKEYHI_EL1),
	KEY(1, 2, APIBKEYLO_EL1), KEY(1, 3, APIBKEYHI_EL1),
	KEY(2, 0, APDAKEYLO_EL1), KEY(2, 1, APDAKEYHI_EL1),
	KEY(2, 2, APDBKEYLO_EL1), KEY(2, 3, APDBKEYHI_EL1),
	KEY(3, 0, APGAKEYLO_EL1), KEY(3, 1, APGAKEYHI_EL1),
	VM_ROW(5, 1, 0, AFSR0_EL1), VM_ROW(5, 1, 1, AFSR1_EL1), VM_ROW(5, 2, 0, ESR_EL1),
	VM_ROW(6, 0, 0, FAR_EL1),
	STORED(3, 0, 7, 4, 0, PAR_EL1),
	VM_ROW(10, 2, 0, MAIR_EL1), VM_ROW(10, 3, 0, AMAIR_EL1),
	STORED(3, 0, 12, 0, 0, VBAR_EL1),
	STORED(3, 0, 12, 1, 1, DISR_EL1),
	ICC(11, 1, row_dir, ROW_WO),				/* ICC_DIR_EL1 */
	ICC(11, 5, row_sgi, ROW_WO, .arg = true),		/* ICC_SGI1R_EL1 */
	ICC(11, 6, row_sgi, ROW_WO),				/* ICC_ASGI1R_EL1 */
	ICC(11, 7, row_sgi, ROW_WO),				/* ICC_SGI0R_EL1 */
	/* ICC_SRE_EL1: SRE, DFB and DIB read as one, there is no other interface than this one. */
	ICC(12, 5, row_const, 0, .arg = 7),
	VM_ROW(13, 0, 1, CONTEXTIDR_EL1),
	STORED(3, 0, 13, 0, 4, TPIDR_EL1),
	STORED(3, 0, 14, 1, 0, CNTKCTL_EL1),

	/* Caches: trapped only where CPUs differ (HCR_EL2.TID2). */
	{ SR(3, 1, 0, 0, 0), ROW_RO, .access = row_value, .get = get_ccsidr },
	ID(1, 0, 0, 1, get_ident), ID(1, 0, 0, 7, get_ident),
	STORED(3, 2, 0, 0, 0, CSSELR_EL1, .access = row_stored),
	ID(3, 0, 0, 1, get_ident),

	STORED(3, 3, 13, 0, 2, TPIDR_EL0),
	STORED(3, 3, 13, 0, 3, TPIDRRO_EL0),
	/* One-reg ids of timers go to timer.c, in regs.c. */
	TRAP(3, 3, 14, 0, 1, row_timer, ROW_RO, .arg = TIMER_REG_CNT),	/* CNTPCT_EL0 */
	TRAP(3, 3, 14, 2, 0, row_timer, 0, .arg = TIMER_REG_TVAL),	/* CNTP_TVAL_EL0 */
	TRAP(3, 3, 14, 2, 1, row_timer, 0, .arg = TIMER_REG_CTL),	/* CNTP_CTL_EL0 */
	TRAP(3, 3, 14, 2, 2, row_timer, 0, .arg = TIMER_REG_CVAL),	/* CNTP_CVAL_EL0 */

	/* AArch32 EL1 state: a 64-bit guest cannot name it, user space can, and cp.c. */
	STORED(3, 4, 3, 0, 0, DACR32_EL2, .access = row_vm),
	STORED(3, 4, 5, 0, 1, IFSR32_EL2, .access = row_vm),
	STORED(3, 4, 5, 3, 0, FPEXC32_EL2, .reset = 0x700),
};

u64 sysreg_id(u32 enc)
{
	return ARMVIRT_REG_ARM64 | ARMVIRT_REG_SIZE_U64 | ARMVIRT_REG_ARM64_SYSREG | enc;
}

bool sysreg_enc(u64 id, u32 *enc)
{
	*enc = onereg_place(id);
	return sysreg_id(*enc) == id;
}

const unsigned int sysreg_nr_rows = ARRAY_SIZE(sysreg_rows);

/* --- traps ---------------------------------------------------------------- */

/* The CPU checks this before it traps to EL2; be sure all the same. */
bool sysreg_may_access(struct av_vcpu *vcpu, u32 enc)
{
	/* EL0t, or User mode */
	bool el0 = !(vcpu->hyp->pstate & PSR_MODE_MASK);

	return !el0 || SR_OP1(enc) == 3;
}

/* The syndrome of EC 0x18 (ARM ARM D19, ESR_ELx, "trapped MSR, MRS or System instruction"). */
static u32 trapped_enc(u64 esr)
{
	return SR((esr >> 20) & 3, (esr >> 14) & 7, (esr >> 10) & 15, (esr >> 1) & 15,
		  (esr >> 17) & 7);
}

static bool emulate(struct av_vcpu *vcpu, u64 esr)
{
	bool write = !(esr & 1);
	int rt = (esr >> 5) & 31;
	u64 val = write ? arch_reg(vcpu, rt) : 0;

	if (!sysreg_access(vcpu, trapped_enc(esr), write, &val))
		return false;
	if (!write)
		arch_set_reg(vcpu, rt, val);
	arch_skip_instr(vcpu);
	return true;
}

int sysreg_handle_fast(struct av_vcpu *vcpu)
{
	u64 esr = vcpu->hyp->esr;

	return sysreg_is_fast(trapped_enc(esr)) && emulate(vcpu, esr);
}

int sysreg_handle(struct av_vcpu *vcpu)
{
	u64 esr = vcpu->hyp->esr;
	u32 enc = trapped_enc(esr);

	if (emulate(vcpu, esr))
		return 1;
	if (!sysreg_find(enc))
		av_warn_guest(vcpu, "undefined %s of S%u_%u_C%u_C%u_%u at %#llx\n",
			      esr & 1 ? "read" : "write", enc >> 14, SR_OP1(enc), (enc >> 7) & 15,
			      SR_CRM(enc), SR_OP2(enc), vcpu->hyp->pc);
	inject_undef(vcpu);
	return 1;
}
