// SPDX-License-Identifier: GPL-2.0
/*
 * What a vCPU is and how it starts: the features of VCPU_INIT, the register
 * state of a reset, and the trap bits it runs with.  Where PSCI CPU_ON makes
 * it start is psci.c's; the values of ID registers are idreg.c's.
 */
#include <asm/ptrace.h>

#include "aarch32.h"
#include "armvirt.h"
#include "sysreg.h"

/* The features whose bits have a meaning in API version 12 of this size. */
#define KNOWN_FEATURES	GENMASK(ARMVIRT_ARM_VCPU_PTRAUTH_GENERIC, 0)
#define PTRAUTH_FEATURES \
	(BIT(ARMVIRT_ARM_VCPU_PTRAUTH_ADDRESS) | BIT(ARMVIRT_ARM_VCPU_PTRAUTH_GENERIC))

#define HCR_GUEST	(AV_HCR_GUEST | AV_HCR_TID1 | AV_HCR_RW | AV_HCR_TLOR)
#define MDCR_GUEST	(AV_MDCR_GUEST | AV_MDCR_TPMS | AV_MDCR_TTRF)	/* and SPE, trace */

#define MPIDR_RES1	BIT_ULL(31)

static unsigned long supported_features(void)
{
	return BIT(ARMVIRT_ARM_VCPU_POWER_OFF) | BIT(ARMVIRT_ARM_VCPU_PSCI_0_2) |
	       (idreg_host_aarch32_el1() ? BIT(ARMVIRT_ARM_VCPU_EL1_32BIT) : 0) |
	       (idreg_host_pauth() ? PTRAUTH_FEATURES : 0);
}

int arch_check_init(u32 target, unsigned long features)
{
	if (features & ~KNOWN_FEATURES)
		return -ENOENT;
	if (features & ~supported_features() || target != ARMVIRT_ARM_TARGET_GENERIC_V8)
		return -EINVAL;
	/* One kind of pointer authentication cannot be trapped without the other. */
	if ((features & PTRAUTH_FEATURES) && (~features & PTRAUTH_FEATURES))
		return -EINVAL;
	return 0;
}

static bool wants_a32(struct av_vcpu *vcpu)
{
	return vcpu->vm->features & BIT(ARMVIRT_ARM_VCPU_EL1_32BIT);
}

static u64 reset_hcr(struct av_vcpu *vcpu)
{
	u64 hcr = HCR_GUEST;

	/*
	 * Until the guest turns its caches on, what it writes goes around them
	 * and what the host has left in them must not come back: its control
	 * registers trap so that the change is seen (sysreg.c).  Where stage 2
	 * forces write-back that cannot happen.
	 */
	hcr |= arch_has_fwb() ? AV_HCR_FWB : AV_HCR_TVM;
	if (idreg_host_ras())
		hcr |= AV_HCR_TERR | AV_HCR_TEA;
	if (vcpu->vm->features & PTRAUTH_FEATURES)
		hcr |= AV_HCR_API | AV_HCR_APK;
	if (idreg_ctr_differs())
		hcr |= AV_HCR_TID2;
	if (wants_a32(vcpu))
		hcr &= ~AV_HCR_RW;
	return hcr;
}

/*
 * EL1h, or Supervisor mode, everything masked, MMU and caches off, other registers zero.  The
 * caller sets PC and X0.
 */
void arch_vcpu_reset(struct av_vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	memset(hyp->x, 0, sizeof(hyp->x));
	memset(&hyp->fp, 0, sizeof(hyp->fp));
	hyp->pc = 0;
	hyp->pstate = PSR_A_BIT | PSR_I_BIT | PSR_F_BIT |
		      (wants_a32(vcpu) ? A32_SVC : PSR_MODE_EL1h | PSR_D_BIT);
	hyp->esr = 0;
	hyp->disr = 0;
	hyp->vsesr = 0;
	memset(hyp->sys, 0, sizeof(hyp->sys));	/* SP_EL0, ELR_EL1.. are no rows */
	sysreg_reset(vcpu);
	hyp->hcr = reset_hcr(vcpu);
	hyp->mdcr = MDCR_GUEST;
	hyp->vmpidr = MPIDR_RES1 | arch_mpidr(vcpu);
	hyp->vpidr = sysreg_ident.midr;
	vcpu_set_flag(vcpu, HYP_VCPU_A32, wants_a32(vcpu));
	vcpu_set_flag(vcpu, HYP_VCPU_PAUTH, vcpu->vm->features & PTRAUTH_FEATURES);
}

u32 arch_target(void)
{
	return ARMVIRT_ARM_TARGET_GENERIC_V8;
}

int arch_check_extension(unsigned long cap)
{
	switch (cap) {
	case ARMVIRT_CAP_ARM_EL1_32BIT:
		return idreg_host_aarch32_el1();
	case ARMVIRT_CAP_ARM_PTRAUTH_ADDRESS:
	case ARMVIRT_CAP_ARM_PTRAUTH_GENERIC:
		return idreg_host_pauth();
	case ARMVIRT_CAP_ARM_INJECT_SERROR_ESR:
		return idreg_host_ras();
	}
	return 0;
}
