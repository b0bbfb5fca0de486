// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions made for the guest: the vCPU's registers are changed as the CPU
 * would change them when it takes the exception to EL1 (ARM ARM D1.3,
 * AArch64.TakeException; aarch32.c for AArch32).  Interrupts are not here, they
 * go through the vGIC.
 * The vCPU is put, so hyp->sys[] holds the guest's EL1 registers.
 */
#include <asm/esr.h>
#include <asm/ptrace.h>

#include "aarch32.h"
#include "armvirt.h"
#include "sysreg.h"

/* Offsets in the guest's vector table of the synchronous exceptions. */
#define VECTOR_CURRENT_SP0	0x000
#define VECTOR_CURRENT_SPX	0x200
#define VECTOR_LOWER_64		0x400
#define VECTOR_LOWER_32		0x600

#define SCTLR_SPAN		BIT_ULL(23)
#define SCTLR_DSSBS		BIT_ULL(44)

/* PSTATE fields of AArch64, at their places in SPSR_ELx, beside those of <asm/ptrace.h>. */
#define PS_DAIF			GENMASK_ULL(9, 6)
#define PS_DIT			BIT_ULL(24)
#define PS_TCO			BIT_ULL(25)
#define PS_NZCV			GENMASK_ULL(31, 28)
/* In AArch32 SPSR_ELx has DIT there, too; the CPSR has it in place of SS. */
#define PS32_SS			BIT_ULL(21)

/* Where banked registers are (ARM ARM D1.21.1) */
#define X_LR_ABT		20
#define X_LR_UND		22

/*
 * What the guest's EL1 starts the handler with: EL1h with everything masked.
 * Flags stay, DIT and PAN stay (PAN becomes set unless SCTLR_EL1.SPAN says
 * no), SSBS comes from SCTLR_EL1.DSSBS, and UAO, SS, IL, BTYPE become 0.
 */
static u64 handler_pstate(struct hyp_vcpu *hyp)
{
	u64 sctlr = hyp->sys[HSR_SCTLR_EL1];
	u64 old = hyp->pstate;
	u64 new = PSR_MODE_EL1h | PS_DAIF | (old & (PS_NZCV | PSR_PAN_BIT | PS_DIT));

	if (!(old & PSR_MODE32_BIT))
		new |= old & PS_TCO;
	/* In PAN's place a CPU without it has RES0, and so has SPAN RES1. */
	if (!(sctlr & SCTLR_SPAN))
		new |= PSR_PAN_BIT;
	if (sctlr & SCTLR_DSSBS)
		new |= PSR_SSBS_BIT;
	return new;
}

/* Takes an exception to PL1 of a guest whose EL1 is AArch32. */
static void take_a32(struct hyp_vcpu *hyp, enum a32_exception exc)
{
	bool und = exc == A32_EXC_UNDEF;
	struct a32_regs regs = {
		.cpsr = (hyp->pstate & ~(PS_DIT | PS32_SS)) | (hyp->pstate & PS_DIT ? A32_DIT : 0),
		.pc = hyp->pc,
		.sctlr = hyp->sys[HSR_SCTLR_EL1],
		.vbar = hyp->sys[HSR_VBAR_EL1],
	};

	aarch32_take(&regs, exc);
	hyp->pstate = (regs.cpsr & ~A32_DIT) | (regs.cpsr & A32_DIT ? PS_DIT : 0);
	hyp->pc = regs.pc;
	hyp->x[und ? X_LR_UND : X_LR_ABT] = regs.lr;
	hyp->sys[und ? HSR_SPSR_UND : HSR_SPSR_ABT] = regs.spsr;
}

/* FAR_EL1 is DFAR and, in its upper half, IFAR; ESR_EL1 is DFSR. */
static void abort_a32(struct hyp_vcpu *hyp, bool exec, u64 fsc)
{
	bool write = ESR_ELx_EC(hyp->esr) == ESR_ELx_EC_DABT_LOW && hyp->esr & ESR_ELx_WNR;
	u64 *far = &hyp->sys[HSR_FAR_EL1];

	if (exec) {
		hyp->sys[HSR_IFSR32_EL2] = aarch32_fsr(hyp->sys[HSR_TCR_EL1], fsc, false);
		*far = hyp->far << 32 | lower_32_bits(*far);
	} else {
		hyp->sys[HSR_ESR_EL1] = aarch32_fsr(hyp->sys[HSR_TCR_EL1], fsc, write);
		*far = (*far & GENMASK_ULL(63, 32)) | lower_32_bits(hyp->far);
	}
	take_a32(hyp, exec ? A32_EXC_PREFETCH : A32_EXC_DATA);
}

static u64 vector_offset(u64 pstate)
{
	if (pstate & PSR_MODE32_BIT)
		return VECTOR_LOWER_32;
	switch (pstate & PSR_MODE_MASK) {
	case PSR_MODE_EL0t:
		return VECTOR_LOWER_64;
	case PSR_MODE_EL1t:
		return VECTOR_CURRENT_SP0;
	default:
		return VECTOR_CURRENT_SPX;
	}
}

static bool from_el0(const struct hyp_vcpu *hyp)
{
	return (hyp->pstate & PSR_MODE32_BIT) || (hyp->pstate & PSR_MODE_MASK) == PSR_MODE_EL0t;
}

/*
 * Takes a synchronous exception to the guest's EL1.  IL is 1 for every class here: unknown reason,
 * illegal state, instruction abort, data abort with ISV 0.
 */
static void take_exception(struct hyp_vcpu *hyp, u64 ec, u64 iss)
{
	hyp->sys[HSR_ESR_EL1] = ec << ESR_ELx_EC_SHIFT | ESR_ELx_IL | iss;
	hyp->sys[HSR_ELR_EL1] = hyp->pc;
	hyp->sys[HSR_SPSR_EL1] = hyp->pstate;
	/* VBAR_EL1[10:0] is RES0, but the guest may have written anything. */
	hyp->pc = (hyp->sys[HSR_VBAR_EL1] & ~0x7ffULL) + vector_offset(hyp->pstate);
	hyp->pstate = handler_pstate(hyp);
}

void inject_undef(struct av_vcpu *vcpu)
{
	if (vcpu->hyp->flags & HYP_VCPU_A32)
		take_a32(vcpu->hyp, A32_EXC_UNDEF);
	else
		take_exception(vcpu->hyp, ESR_ELx_EC_UNKNOWN, 0);
}

void inject_illegal_state(struct av_vcpu *vcpu)
{
	if (vcpu->hyp->flags & HYP_VCPU_A32)
		take_a32(vcpu->hyp, A32_EXC_UNDEF);	/* as which AArch32 reports it */
	else
		take_exception(vcpu->hyp, ESR_ELx_EC_ILL, 0);
}

void arch_inject_abort(struct av_vcpu *vcpu, bool exec, u64 fsc)
{
	struct hyp_vcpu *hyp = vcpu->hyp;
	u64 ec;

	if (hyp->flags & HYP_VCPU_A32) {
		abort_a32(hyp, exec, fsc);
		return;
	}
	if (exec)
		ec = from_el0(hyp) ? ESR_ELx_EC_IABT_LOW : ESR_ELx_EC_IABT_CUR;
	else
		ec = from_el0(hyp) ? ESR_ELx_EC_DABT_LOW : ESR_ELx_EC_DABT_CUR;
	hyp->sys[HSR_FAR_EL1] = hyp->far;
	take_exception(hyp, ec, fsc);
}

/*
 * The CPU takes it when PSTATE.A allows, and clears HCR_EL2.VSE then; EL2 brings the bit back into
 * hyp->hcr at exit.
 */
void arch_inject_serror(struct av_vcpu *vcpu, u64 esr)
{
	vcpu->hyp->vsesr = esr;
	vcpu->hyp->hcr |= AV_HCR_VSE;
}
