// SPDX-License-Identifier: GPL-2.0
/*
 * Coprocessor registers, one row each: what a trapped access does, the reset
 * value, and how user space reads and writes it through one-reg.  A register
 * that is not here is undefined to the guest when its access traps: performance
 * monitors, trace, the implementation defined ones, debug but for what tells
 * that there is none.  Values of the ID registers are in idreg.c, what traps at
 * all in reset.c, state that HYP switches in cp15_list.h.
 */
#include <asm/cputype.h>

#include "aarch32.h"
#include "armvirt.h"
#include "cp15.h"
#include "onereg.h"

/* RES1 bits of ARMv7 with the virtualization extensions (B4.1.130), everything off. */
#define SCTLR_RESET	0x00c50078

/*
 * ACTLR of Cortex-A7 to A17: the CPU takes part in coherency.  Guests set the bit before they turn
 * caches on; here it is always set and their writes change nothing.
 */
#define ACTLR_SMP	BIT(6)

#define L2CTLR_CPUS_SHIFT	24	/* cores of the cluster, less one */

u64 *sysreg_storage(struct av_vcpu *vcpu, const struct sysreg_row *row)
{
	return &vcpu->hyp->cp15[row->arg];
}

/* --- accesses ------------------------------------------------------------- */

/* A 64-bit register by MCR: its low half (B4.1.155). */
static bool access_vm_low(struct av_vcpu *vcpu, const struct sysreg_row *row, bool write, u64 *val)
{
	u64 old = *sysreg_storage(vcpu, row);

	if (write)
		*val = (old & ~(u64)U32_MAX) | (u32)*val;
	return row_vm(vcpu, row, write, val);
}

/* --- values --------------------------------------------------------------- */

/* What identifies the CPU, its caches and its floating point. */
static u64 get_ident(struct av_vcpu *vcpu, const struct sysreg_row *row)
{
	switch (row->enc) {
	case CP32(10, 7, 6, 0, 0):
		return read_vfp(VFP_MVFR1);
	case CP32(10, 7, 7, 0, 0):
		return read_vfp(VFP_MVFR0);
	case CP32(15, 0, 0, 0, 0):
		return vcpu->hyp->vpidr;		/* MIDR */
	case CP32(15, 0, 0, 0, 1):
		return read_cp(15, 0, c0, c0, 1);	/* CTR */
	case CP32(15, 0, 0, 0, 2):
		return read_cp(15, 0, c0, c0, 2);	/* TCMTR */
	case CP32(15, 0, 0, 0, 3):
		return read_cp(15, 0, c0, c0, 3);	/* TLBTR */
	case CP32(15, 0, 0, 0, 5):
		return vcpu->hyp->vmpidr;		/* MPIDR */
	case CP32(15, 0, 0, 0, 6):
		return sysreg_ident.revidr;
	case CP32(15, 1, 0, 0, 1):
		return sysreg_ident.clidr;
	default:
		return sysreg_ident.aidr;
	}
}

/* A cluster of what the VM has, up to the four of these CPUs; no cache errors are told. */
static u64 get_l2ctlr(struct av_vcpu *vcpu, const struct sysreg_row *row)
{
	return (u64)(min(vm_nr_vcpus(vcpu->vm), 4U) - 1) << L2CTLR_CPUS_SHIFT;
}

void sysreg_identify(struct sysreg_ident *ident)
{
	ident->midr = read_cpuid_id();
	ident->revidr = read_cp(15, 0, c0, c0, 6);
	ident->aidr = read_cp(15, 1, c0, c0, 7);
	ident->clidr = read_cp(15, 1, c0, c0, 1);
}

/* Interrupts off: the kernel uses CSSELR itself, from interrupts too. */
u64 sysreg_read_ccsidr(u32 csselr)
{
	asm volatile("mcr p15, 2, %0, c0, c0, 0" : : "r" (csselr));
	isb();		/* CCSIDR must be that of the new selection */
	return read_cp(15, 1, c0, c0, 0);
}

/* --- the table ------------------------------------------------------------ */

#define IDENT(cp, op1, crn, crm, op2, mode) \
	{ CP32(cp, op1, crn, crm, op2), ROW_FAST | ROW_RO | (mode), .access = row_value, \
	  .get = get_ident }

#define ID_ROW(crm, op2) \
	{ CP32(15, 0, 0, crm, op2), ROW_USER | ROW_FAST | ROW_RO, .access = row_value, \
	  .get = row_get_id, .set = row_set_id }

/* Room for more ID registers, which reads as zero. */
#define RESERVED(crm, op2) \
	{ CP32(15, 0, 0, crm, op2), ROW_FAST | ROW_RO, .access = row_const }

#define GROUP(row, crm) \
	row(crm, 0), row(crm, 1), row(crm, 2), row(crm, 3), \
	row(crm, 4), row(crm, 5), row(crm, 6), row(crm, 7)

/* Writes trap under HCR.TVM. */
#define VM_ROW(crn, crm, op2, name, ...) \
	{ CP32(15, 0, crn, crm, op2), ROW_USER, .arg = CP15_##name, .access = row_vm, __VA_ARGS__ }
#define VM_ROW64(op1, crm, name) \
	{ CP64(15, op1, crm), ROW_USER, .arg = CP15_##name, .access = row_vm }
/* The same as one of 64 bits: user space sees that one. */
#define VM_LOW(crn, crm, op2, name) \
	{ CP32(15, 0, crn, crm, op2), 0, .arg = CP15_##name, .access = access_vm_low }

/* Never trapped. */
#define STORED(op1, crn, crm, op2, name, ...) \
	{ CP32(15, op1, crn, crm, op2), ROW_USER, .arg = CP15_##name, __VA_ARGS__ }

/* No register of user space's; the guest's accesses trap. */
#define TRAP(enc, handler, mode, ...) \
	{ enc, ROW_FAST | (mode), .access = handler, __VA_ARGS__ }
#define ICC(enc, handler, mode, ...) \
	TRAP(enc, handler, mode, .needs = HYP_VCPU_GICV3, __VA_ARGS__)

#define SET_WAY(crm, op2) \
	{ CP32(15, 0, 7, crm, op2), ROW_WO, .access = row_set_way }

const struct sysreg_row sysreg_rows[] = {
	IDENT(10, 7, 6, 0, 0, 0), IDENT(10, 7, 7, 0, 0, 0),	/* MVFR1, MVFR0 */

	/*
	 * What a guest looks at to find that there are no breakpoints: version 0 of nothing.
	 * Nor is there ThumbEE, but where HCR.TID3 does not hide it (as in QEMU) Linux saves these.
	 */
	TRAP(CP32(14, 0, 0, 0, 0), row_const, ROW_RO),		/* DBGDIDR */
	TRAP(CP32(14, 6, 0, 0, 0), row_const, 0),		/* TEECR */
	TRAP(CP32(14, 0, 0, 1, 0), row_const, ROW_RO),		/* DBGDSCRint */
	TRAP(CP32(14, 0, 1, 0, 0), row_const, ROW_RO),		/* DBGDRAR */
	TRAP(CP32(14, 6, 1, 0, 0), row_const, 0),		/* TEEHBR */
	TRAP(CP32(14, 0, 2, 0, 0), row_const, ROW_RO),		/* DBGDSAR */
	TRAP(CP64(14, 0, 1), row_const, ROW_RO),
	TRAP(CP64(14, 0, 2), row_const, ROW_RO),

	/* MIDR and MPIDR come from VPIDR and VMPIDR. */
	IDENT(15, 0, 0, 0, 0, ROW_USER), IDENT(15, 0, 0, 0, 1, ROW_USER),
	IDENT(15, 0, 0, 0, 2, ROW_USER), IDENT(15, 0, 0, 0, 3, ROW_USER),
	IDENT(15, 0, 0, 0, 5, ROW_USER), IDENT(15, 0, 0, 0, 6, ROW_USER),
	IDENT(15, 1, 0, 0, 1, ROW_USER), IDENT(15, 1, 0, 0, 7, ROW_USER),
	STORED(2, 0, 0, 0, CSSELR),
	GROUP(ID_ROW, 1), GROUP(ID_ROW, 2),
	GROUP(RESERVED, 3), GROUP(RESERVED, 4), GROUP(RESERVED, 5), GROUP(RESERVED, 6),
	GROUP(RESERVED, 7),

	VM_ROW(1, 0, 0, SCTLR, .reset = SCTLR_RESET),
	{ CP32(15, 0, 1, 0, 1), ROW_USER | ROW_FAST, .arg = CP15_ACTLR, .reset = ACTLR_SMP,
	  .access = row_value },
	STORED(0, 1, 0, 2, CPACR),
	VM_LOW(2, 0, 0, TTBR0), VM_LOW(2, 0, 1, TTBR1),
	VM_ROW(2, 0, 2, TTBCR),
	VM_ROW(3, 0, 0, DACR),
	VM_ROW(5, 0, 0, DFSR), VM_ROW(5, 0, 1, IFSR),
	VM_ROW(5, 1, 0, ADFSR), VM_ROW(5, 1, 1, AIFSR),
	VM_ROW(6, 0, 0, DFAR), VM_ROW(6, 0, 2, IFAR),
	SET_WAY(6, 2), SET_WAY(10, 2), SET_WAY(14, 2),		/* DCISW, DCCSW, DCCISW */
	TRAP(CP32(15, 1, 9, 0, 2), row_value, 0, .get = get_l2ctlr),
	TRAP(CP32(15, 1, 9, 0, 3), row_const, 0),		/* L2ECTLR */
	VM_ROW(10, 2, 0, MAIR0), VM_ROW(10, 2, 1, MAIR1),
	VM_ROW(10, 3, 0, AMAIR0), VM_ROW(10, 3, 1, AMAIR1),
	STORED(0, 12, 0, 0, VBAR),
	ICC(CP32(15, 0, 12, 11, 1), row_dir, ROW_WO),
	/* ICC_SRE: SRE, DFB and DIB read as one, there is no other interface than this one. */
	ICC(CP32(15, 0, 12, 12, 5), row_const, 0, .arg = 7),
	VM_ROW(13, 0, 1, CONTEXTIDR),
	STORED(0, 13, 0, 2, TPIDRURW), STORED(0, 13, 0, 3, TPIDRURO), STORED(0, 13, 0, 4, TPIDRPRW),
	STORED(0, 14, 1, 0, CNTKCTL),
	TRAP(CP32(15, 0, 14, 2, 0), row_timer, 0, .arg = TIMER_REG_TVAL),	/* CNTP_TVAL */
	TRAP(CP32(15, 0, 14, 2, 1), row_timer, 0, .arg = TIMER_REG_CTL),	/* CNTP_CTL */

	VM_ROW64(0, 2, TTBR0), VM_ROW64(1, 2, TTBR1),
	{ CP64(15, 0, 7), ROW_USER, .arg = CP15_PAR },
	ICC(CP64(15, 0, 12), row_sgi, ROW_WO, .arg = true),		/* ICC_SGI1R */
	ICC(CP64(15, 1, 12), row_sgi, ROW_WO),				/* ICC_ASGI1R */
	ICC(CP64(15, 2, 12), row_sgi, ROW_WO),				/* ICC_SGI0R */
	TRAP(CP64(15, 0, 14), row_timer, ROW_RO, .arg = TIMER_REG_CNT),	/* CNTPCT */
	TRAP(CP64(15, 2, 14), row_timer, 0, .arg = TIMER_REG_CVAL),	/* CNTP_CVAL */
};

const unsigned int sysreg_nr_rows = ARRAY_SIZE(sysreg_rows);

u64 sysreg_id(u32 enc)
{
	return ARMVIRT_REG_ARM | (enc & ~CP_64) |
	       (enc & CP_64 ? ARMVIRT_REG_SIZE_U64 : ARMVIRT_REG_SIZE_U32);
}

bool sysreg_enc(u64 id, u32 *enc)
{
	*enc = (u32)id | (ARMVIRT_REG_SIZE(id) == sizeof(u64) ? CP_64 : 0);
	return sysreg_id(*enc) == id;
}

/* --- traps ---------------------------------------------------------------- */

/*
 * PL0 has the timer, if CNTKCTL gives it, at which the CPU looks first; where it has something else
 * an implementation may trap what it should have found undefined (HCR.TIDCP, HSTR).
 */
bool sysreg_may_access(struct av_vcpu *vcpu, u32 enc)
{
	u32 timer = enc & CP_64 ? CP_CRM(enc) : CP_CRN(enc);

	return (vcpu->hyp->cpsr & A32_MODE) != A32_USR || (CP_NR(enc) == 15 && timer == 14);
}

static u32 enc_of(const struct a32_cp *a)
{
	return a->pair ? CP64(a->cp, a->op1, a->crm) :
			 CP32(a->cp, a->op1, a->crn, a->crm, a->op2);
}

static bool emulate(struct av_vcpu *vcpu, const struct a32_cp *a)
{
	u64 val = a->write ? sysrow_operand(vcpu, a) : 0;

	if (!sysreg_access(vcpu, enc_of(a), a->write, &val))
		return false;
	if (!a->write)
		sysrow_result(vcpu, a, val);
	arch_skip_instr(vcpu);
	return true;
}

int cp15_handle_fast(struct av_vcpu *vcpu)
{
	struct a32_cp a = aarch32_cp(vcpu->hyp->esr);

	return sysreg_is_fast(enc_of(&a)) && emulate(vcpu, &a);
}

int cp15_handle(struct av_vcpu *vcpu)
{
	struct a32_cp a = aarch32_cp(vcpu->hyp->esr);

	if (emulate(vcpu, &a))
		return 1;
	if (!sysreg_find(enc_of(&a)))
		av_warn_guest(vcpu, "undefined %s of p%u op1 %u c%u c%u op2 %u at %#x\n",
			      a.write ? "write" : "read", a.cp, a.op1, a.crn, a.crm, a.op2,
			      vcpu->hyp->pc);
	inject_undef(vcpu);
	return 1;
}
