// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions made for the guest: the vCPU's registers are changed as the CPU
 * would change them when it takes the exception to PL1; aarch32.c knows how.
 * Interrupts are not here, they go through the vGIC.
 */
#include "aarch32.h"
#include "armvirt.h"
#include "cp15.h"

#define HSR_WNR		BIT(6)

static void take_exception(struct hyp_vcpu *hyp, enum a32_exception exc)
{
	struct a32_regs regs = {
		.cpsr = hyp->cpsr,
		.pc = hyp->pc,
		/* PAN and SSBS came with ARMv8: their bits read as one and as zero. */
		.sctlr = (hyp->cp15[CP15_SCTLR] | A32_SCTLR_SPAN) & ~A32_SCTLR_DSSBS,
		.vbar = hyp->cp15[CP15_VBAR],
	};
	struct hyp_bank *bank = &hyp->banks.mode[exc == A32_EXC_UNDEF ? HYP_UND : HYP_ABT];

	aarch32_take(&regs, exc);
	hyp->cpsr = regs.cpsr;
	hyp->pc = regs.pc;
	bank->lr = regs.lr;
	bank->spsr = regs.spsr;
}

void inject_undef(struct av_vcpu *vcpu)
{
	take_exception(vcpu->hyp, A32_EXC_UNDEF);
}

void arch_inject_abort(struct av_vcpu *vcpu, bool exec, u64 fsc)
{
	struct hyp_vcpu *hyp = vcpu->hyp;
	u32 fsr = aarch32_fsr(hyp->cp15[CP15_TTBCR], fsc, !exec && hyp->esr & HSR_WNR);

	hyp->cp15[exec ? CP15_IFSR : CP15_DFSR] = fsr;
	hyp->cp15[exec ? CP15_IFAR : CP15_DFAR] = hyp->far;
	take_exception(hyp, exec ? A32_EXC_PREFETCH : A32_EXC_DATA);
}

/* HYP brings the bit back at exit: the CPU has cleared it if it took the abort. */
void arch_inject_serror(struct av_vcpu *vcpu, u64 esr)
{
	vcpu->hyp->hcr |= AV_HCR_VSE;
}
