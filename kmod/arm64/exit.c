// SPDX-License-Identifier: GPL-2.0
/*
 * Why the guest was left, and who handles it: a table by exception class.
 * Memory is abort.c's, calls are smccc.c's, system registers sysreg.c's; what
 * is small is here.  Nothing a guest does ends its VM without a word: what is
 * not known becomes an undefined instruction in the guest, and a line in the log.
 */
#include <asm/esr.h>
#include <asm/ptrace.h>

#include "aarch32.h"
#include "armvirt.h"
#include "sysreg.h"

/* Exception classes newer than some kernels know. */
#define EC_SME			0x1d
#define EC_MOPS			0x27

#define ISS_WFX_TI(esr)		((esr) & 3)
#define WFX_TIMEOUT		2	/* WFIT, WFET: not offered */

/* SError syndrome with RAS: not implementation defined, asynchronous error type */
#define SERROR_IDS		BIT(24)
#define SERROR_DFSC(esr)	((esr) & 0x3f)
#define SERROR_DFSC_RAS		0x11
#define SERROR_AET(esr)		(((esr) >> 10) & 7)
#define AET_RESTARTABLE		2
#define AET_CORRECTED		6

static bool condition_failed(struct av_vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	return hyp->pstate & PSR_MODE32_BIT && !aarch32_condition(hyp->pstate, hyp->esr);
}

static int undefined(struct av_vcpu *vcpu)
{
	inject_undef(vcpu);
	return 1;
}

/* --- instructions --------------------------------------------------------- */

static int handle_wfx(struct av_vcpu *vcpu)
{
	u64 esr = vcpu->hyp->esr;

	if (ISS_WFX_TI(esr) & WFX_TIMEOUT)
		return undefined(vcpu);
	if (!condition_failed(vcpu))
		return exit_wfx(vcpu);
	arch_skip_instr(vcpu);
	return 1;
}

static int wfx_fast(struct av_vcpu *vcpu)
{
	if (ISS_WFX_TI(vcpu->hyp->esr) & WFX_TIMEOUT || condition_failed(vcpu))
		return 0;
	return exit_wfx_fast(vcpu);
}

static int handle_smc32(struct av_vcpu *vcpu)
{
	if (!condition_failed(vcpu))
		return smccc_handle(vcpu);
	arch_skip_instr(vcpu);
	return 1;
}

/* LDC and STC with a debug register: the debugger's channel is not there. */
static int handle_cp14_ls(struct av_vcpu *vcpu)
{
	if (!condition_failed(vcpu))
		return undefined(vcpu);
	arch_skip_instr(vcpu);
	return 1;
}

static int handle_illegal_state(struct av_vcpu *vcpu)
{
	inject_illegal_state(vcpu);
	return 1;
}

/* DISR_EL1: an SError that a barrier of EL2 has deferred, with a syndrome like ESR_EL2's */
#define DISR_A			BIT_ULL(31)

static void handle_serror(struct av_vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;
	u64 esr = hyp->disr & DISR_A ? hyp->disr : hyp->esr;

	hyp->disr = 0;
	if (idreg_host_ras() && !(esr & SERROR_IDS) && SERROR_DFSC(esr) == SERROR_DFSC_RAS &&
	    (SERROR_AET(esr) == AET_CORRECTED || SERROR_AET(esr) == AET_RESTARTABLE))
		return;		/* nothing was lost */
	av_warn_guest(vcpu, "SError, syndrome %#llx\n", esr);
	arch_inject_serror(vcpu, 0);
}

/* --- dispatch ------------------------------------------------------------- */

static int (*const handlers[64])(struct av_vcpu *vcpu) = {
	[ESR_ELx_EC_UNKNOWN]	= undefined,
	[ESR_ELx_EC_WFx]	= handle_wfx,
	[ESR_ELx_EC_CP15_32]	= cp_handle,
	[ESR_ELx_EC_CP15_64]	= cp_handle,
	[ESR_ELx_EC_CP14_MR]	= cp_handle,
	[ESR_ELx_EC_CP14_LS]	= handle_cp14_ls,
	[ESR_ELx_EC_CP10_ID]	= cp_handle,
	[ESR_ELx_EC_CP14_64]	= cp_handle,
	[ESR_ELx_EC_PAC]	= undefined,	/* vCPU without pointer authentication */
	[ESR_ELx_EC_ILL]	= handle_illegal_state,
	[ESR_ELx_EC_HVC32]	= smccc_handle,
	[ESR_ELx_EC_SMC32]	= handle_smc32,
	[ESR_ELx_EC_HVC64]	= smccc_handle,
	[ESR_ELx_EC_SMC64]	= smccc_handle,
	[ESR_ELx_EC_SYS64]	= sysreg_handle,
	[ESR_ELx_EC_SVE]	= undefined,
	[EC_SME]		= undefined,
	[EC_MOPS]		= undefined,
	[ESR_ELx_EC_IABT_LOW]	= abort_handle,
	[ESR_ELx_EC_DABT_LOW]	= abort_handle,
};

static int handle_sync(struct av_vcpu *vcpu)
{
	u64 esr = vcpu->hyp->esr;
	int (*handler)(struct av_vcpu *vcpu) = handlers[ESR_ELx_EC(esr)];

	if (handler)
		return handler(vcpu);
	av_warn_guest(vcpu, "unexpected trap, ESR %#llx at %#llx\n", esr, vcpu->hyp->pc);
	return undefined(vcpu);
}

int arch_handle_exit(struct av_vcpu *vcpu, int exit)
{
	if (exit == HYP_EXIT_SERROR || vcpu->hyp->disr)
		handle_serror(vcpu);
	/* Interrupts, FP and bugs at EL2 are run.c's. */
	return exit == HYP_EXIT_SYNC ? handle_sync(vcpu) : 1;
}

/* The vCPU is loaded: its EL1 registers may be in the hardware, not in hyp->sys[]. */
int arch_handle_exit_fast(struct av_vcpu *vcpu, int exit)
{
	if (exit != HYP_EXIT_SYNC || vcpu->hyp->disr)
		return 0;
	switch (ESR_ELx_EC(vcpu->hyp->esr)) {
	case ESR_ELx_EC_SYS64:
		return sysreg_handle_fast(vcpu);
	case ESR_ELx_EC_CP15_32:
	case ESR_ELx_EC_CP15_64:
		return cp_handle_fast(vcpu);
	case ESR_ELx_EC_WFx:
		return wfx_fast(vcpu);
	case ESR_ELx_EC_DABT_LOW:
		return abort_handle_fast(vcpu);
	case ESR_ELx_EC_HVC32:
	case ESR_ELx_EC_HVC64:
		return smccc_handle_fast(vcpu);
	default:
		return 0;
	}
}
