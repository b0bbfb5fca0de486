// SPDX-License-Identifier: GPL-2.0
/*
 * What a vCPU is and how it starts: the targets and features of VCPU_INIT, the
 * register state of a reset, and the trap bits it runs with.  Where PSCI CPU_ON
 * makes it start is psci.c's; the values of ID registers are idreg.c's.
 */
#include <asm/cputype.h>

#include "aarch32.h"
#include "armvirt.h"
#include "cp15.h"
#include "host.h"

#define MPIDR_MP		BIT(31)		/* multiprocessing extensions */

/* MIDR's part number tells which target; the names are older than Cortex-A12 and A17. */
u32 arch_target(void)
{
	return (sysreg_ident.midr & ARM_CPU_PART_MASK) == ARM_CPU_PART_CORTEX_A7 ?
		ARMVIRT_ARM_TARGET_CORTEX_A7 : ARMVIRT_ARM_TARGET_CORTEX_A15;
}

int arch_check_init(u32 target, unsigned long features)
{
	if (features & ~(BIT(ARMVIRT_ARM_VCPU_POWER_OFF) | BIT(ARMVIRT_ARM_VCPU_PSCI_0_2)))
		return -ENOENT;
	return target == arch_target() ? 0 : -EINVAL;
}

/* SVC mode, all masked, MMU and caches off, other registers zero.  The caller sets PC and r0. */
void arch_vcpu_reset(struct av_vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	memset(hyp->r, 0, sizeof(hyp->r));
	memset(&hyp->banks, 0, sizeof(hyp->banks));
	memset(&hyp->fp, 0, sizeof(hyp->fp));
	memset(hyp->cp15, 0, sizeof(hyp->cp15));
	hyp->pc = 0;
	hyp->cpsr = A32_SVC | A32_A | A32_I | A32_F;
	hyp->esr = 0;
	sysreg_reset(vcpu);
	/* A guest that does not see the bit leaves its own processes unprotected. */
	hyp->cp15[CP15_ACTLR] |= host_ibe();
	/* Its memory is coherent only once its caches are on, which TVM sees; see sysrow.c. */
	hyp->hcr = AV_HCR_GUEST | AV_HCR_TVM;
	hyp->hstr = AV_HSTR_T15 | AV_HSTR_TTEE;
	hyp->hcptr = AV_HCPTR_TTA | AV_HCPTR_TCP_OTHER;
	hyp->hdcr = AV_MDCR_GUEST;
	hyp->vmpidr = MPIDR_MP | arch_mpidr(vcpu);
	hyp->vpidr = sysreg_ident.midr;
}

int arch_check_extension(unsigned long cap)
{
	return 0;
}
