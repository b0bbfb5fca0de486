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

/*
 * Interrupts and asynchronous aborts of the machine come to HYP; everything a
 * guest must not do or see for itself traps.  CPACR, the floating-point
 * registers, TLB and cache maintenance by address are the guest's own.  Its
 * memory is coherent only once its caches are on, which TVM sees; see sysrow.c.
 */
#define HCR_GUEST \
	(AV_HCR_VM | AV_HCR_SWIO | AV_HCR_PTW | AV_HCR_FMO | AV_HCR_IMO | AV_HCR_AMO | \
	 AV_HCR_FB | AV_HCR_BSU_IS | AV_HCR_TWI | AV_HCR_TWE | AV_HCR_TID3 | AV_HCR_TSC | \
	 AV_HCR_TIDCP | AV_HCR_TACR | AV_HCR_TSW | AV_HCR_TVM)

/* Debug, its OS lock and the performance monitors.  Not TDE: BKPT goes to the guest's own PL1. */
#define HDCR_GUEST \
	(AV_HDCR_TPMCR | AV_HDCR_TPM | AV_HDCR_TDA | AV_HDCR_TDOSA | AV_HDCR_TDRA)

#define MPIDR_MP		BIT(31)		/* multiprocessing extensions */

/* MIDR's part number tells which target; the names are older than Cortex-A12 and A17. */
static u32 host_target(void)
{
	return read_cpuid_part() == ARM_CPU_PART_CORTEX_A7 ? ARMVIRT_ARM_TARGET_CORTEX_A7 :
							     ARMVIRT_ARM_TARGET_CORTEX_A15;
}

int arch_check_init(u32 target, unsigned long features)
{
	if (features & ~(BIT(ARMVIRT_ARM_VCPU_POWER_OFF) | BIT(ARMVIRT_ARM_VCPU_PSCI_0_2)))
		return -ENOENT;
	return target == host_target() ? 0 : -EINVAL;
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
	hyp->hcr = HCR_GUEST;
	hyp->hstr = AV_HSTR_T15 | AV_HSTR_TTEE;
	hyp->hcptr = AV_HCPTR_TTA | AV_HCPTR_TCP_OTHER;
	hyp->hdcr = HDCR_GUEST;
	hyp->vmpidr = MPIDR_MP | arch_mpidr(vcpu);
	hyp->vpidr = read_cpuid_id();
}

int arch_preferred_target(struct armvirt_vcpu_init *init)
{
	memset(init, 0, sizeof(*init));
	init->target = host_target();
	return 0;
}

int arch_check_extension(unsigned long cap)
{
	return 0;
}
