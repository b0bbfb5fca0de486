// SPDX-License-Identifier: GPL-2.0
/*
 * What both architectures do for a guest that waits.
 */
#include <linux/sched.h>
#include <linux/sched/stat.h>

#include "armvirt.h"
#include "hyp/hcr.h"

#define ISS_IS_WFE	BIT(0)

int exit_wfx(struct av_vcpu *vcpu)
{
	bool wfe = arch_esr(vcpu) & ISS_IS_WFE;

	arch_skip_instr(vcpu);
	if (wfe)
		yield();	/* a vCPU that holds the lock may be waiting for this CPU */
	else
		run_block(vcpu);
	return 1;
}

/* Nothing to wait for: an interrupt is there already, or nobody else wants the CPU. */
int exit_wfx_fast(struct av_vcpu *vcpu)
{
	if (arch_esr(vcpu) & ISS_IS_WFE ? !single_task_running() :
	    !(vgic_pending(vcpu) || vcpu->hyp->hcr & AV_HCR_VSE))
		return 0;
	arch_skip_instr(vcpu);
	return 1;
}
