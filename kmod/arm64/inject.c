// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions made for the guest: the vCPU's registers are changed as the CPU
 * would change them when it takes the exception to EL1 (ARM ARM D1.3,
 * AArch64.TakeException).  Interrupts are not here, they go through the vGIC.
 * The vCPU is put, so hyp->sys[] holds the guest's EL1 registers.
 */
#include <asm/esr.h>
#include <asm/ptrace.h>

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
#define PS32_DIT		BIT_ULL(21)

/*
 * What the guest's EL1 starts the handler with: EL1h with everything masked.
 * Flags stay, DIT and PAN stay (PAN becomes set unless SCTLR_EL1.SPAN says
 * no), SSBS comes from SCTLR_EL1.DSSBS, and UAO, SS, IL, BTYPE become 0.
 */
static u64 handler_pstate(struct hyp_vcpu *hyp)
{
	u64 sctlr = hyp->sys[HSR_SCTLR_EL1];
	u64 old = hyp->pstate;
	u64 new = PSR_MODE_EL1h | PS_DAIF | (old & (PS_NZCV | PSR_PAN_BIT));

	if (old & PSR_MODE32_BIT)
		new |= old & PS32_DIT ? PS_DIT : 0;	/* AArch32 keeps it elsewhere */
	else
		new |= old & (PS_DIT | PS_TCO);
	/* In PAN's place a CPU without it has RES0, and so has SPAN RES1. */
	if (!(sctlr & SCTLR_SPAN))
		new |= PSR_PAN_BIT;
	if (sctlr & SCTLR_DSSBS)
		new |= PSR_SSBS_BIT;
	return new;
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
	take_exception(vcpu->hyp, ESR_ELx_EC_UNKNOWN, 0);
}

void inject_illegal_state(struct av_vcpu *vcpu)
{
	take_exception(vcpu->hyp, ESR_ELx_EC_ILL, 0);
}

void arch_inject_abort(struct av_vcpu *vcpu, bool exec, u64 fsc)
{
	struct hyp_vcpu *hyp = vcpu->hyp;
	u64 ec;

	if (exec)
		ec = from_el0(hyp) ? ESR_ELx_EC_IABT_LOW : ESR_ELx_EC_IABT_CUR;
	else
		ec = from_el0(hyp) ? ESR_ELx_EC_DABT_LOW : ESR_ELx_EC_DABT_CUR;
	hyp->sys[HSR_FAR_EL1] = hyp->far;
	take_exception(hyp, ec, fsc);
}

/*
 * Makes a virtual SError pending, with syndrome @esr where the CPU has RAS.  The CPU takes it when
 * PSTATE.A allows, and clears HCR_EL2.VSE then; EL2 brings the bit back into hyp->hcr at exit.
 */
void inject_serror(struct av_vcpu *vcpu, u64 esr)
{
	vcpu->hyp->vsesr = esr & ESR_ELx_ISS_MASK;
	vcpu->hyp->hcr |= AV_HCR_VSE;
}

/*
 * Drives the IRQ or FIQ input of a CPU without a GIC, from any context.  The lines meet HCR_EL2 at
 * entry, since EL2 and the vCPU's thread change the rest of it without atomic operations.
 */
void arch_vcpu_set_line(struct av_vcpu *vcpu, bool fiq, bool level)
{
	if (level)
		set_bit(fiq, &vcpu->arch.lines);
	else
		clear_bit(fiq, &vcpu->arch.lines);
	vcpu_kick(vcpu);
}

/* What wakes a vCPU from WFI, masked or not (ARM ARM D1.6.2), beside the GIC's interrupts. */
bool arch_vcpu_event_pending(struct av_vcpu *vcpu)
{
	return vcpu->hyp->hcr & AV_HCR_VSE || READ_ONCE(vcpu->arch.lines);
}
