// SPDX-License-Identifier: GPL-2.0
/*
 * Why the guest was left, and who handles it: a table by exception class
 * (B3.13.6).  Memory is abort.c's, calls are smccc.c's, registers cp15.c's.
 * Nothing a guest does ends its VM without a word: what is not known becomes an
 * undefined instruction in the guest, and a line in the log.
 */
#include "aarch32.h"
#include "armvirt.h"
#include "cp15.h"

static int undefined(struct av_vcpu *vcpu)
{
	inject_undef(vcpu);
	return 1;
}

static int (*const handlers[64])(struct av_vcpu *vcpu) = {
	[EC_UNKNOWN]	= undefined,
	[EC_WFX]	= exit_wfx,
	[EC_CP15_32]	= cp15_handle,
	[EC_CP15_64]	= cp15_handle,
	[EC_CP14_32]	= cp15_handle,
	[EC_CP14_LS]	= undefined,
	[EC_HCPTR]	= undefined,
	[EC_CP10]	= cp15_handle,
	[EC_JAZELLE]	= undefined,
	[EC_BXJ]	= undefined,
	[EC_CP14_64]	= cp15_handle,
	[EC_HVC]	= smccc_handle,
	[EC_SMC]	= smccc_handle,
	[EC_IABT]	= abort_handle,
	[EC_DABT]	= abort_handle,
};

/* It may trap although it does nothing (B1.8.4: traps of conditional instructions). */
static bool condition_failed(struct av_vcpu *vcpu)
{
	if (aarch32_condition(vcpu->hyp->cpsr, vcpu->hyp->esr))
		return false;
	arch_skip_instr(vcpu);
	return true;
}

static int handle_sync(struct av_vcpu *vcpu)
{
	u32 hsr = vcpu->hyp->esr;
	int (*handler)(struct av_vcpu *vcpu) = handlers[HSR_EC(hsr)];

	if (condition_failed(vcpu))
		return 1;
	if (handler)
		return handler(vcpu);
	av_warn_guest(vcpu, "unexpected trap, HSR %#x at %#x\n", hsr, vcpu->hyp->pc);
	return undefined(vcpu);
}

int arch_handle_exit(struct av_vcpu *vcpu, int exit)
{
	if (exit == HYP_EXIT_SERROR) {
		/* ARMv7 does not say of what: it is the guest's that was running. */
		av_warn_guest(vcpu, "asynchronous abort at %#x\n", vcpu->hyp->pc);
		arch_inject_serror(vcpu, 0);
	}
	/* Interrupts, FP and bugs at HYP are run.c's. */
	return exit == HYP_EXIT_SYNC ? handle_sync(vcpu) : 1;
}

int arch_handle_exit_fast(struct av_vcpu *vcpu, int exit)
{
	if (exit != HYP_EXIT_SYNC)
		return 0;
	if (condition_failed(vcpu))
		return 1;
	switch (HSR_EC(vcpu->hyp->esr)) {
	case EC_CP15_32:
	case EC_CP15_64:
	case EC_CP14_32:
	case EC_CP10:
	case EC_CP14_64:
		return cp15_handle_fast(vcpu);
	case EC_WFX:
		return exit_wfx_fast(vcpu);
	case EC_DABT:
		return abort_handle_fast(vcpu);
	case EC_HVC:
		return smccc_handle_fast(vcpu);
	default:
		return 0;
	}
}
