// SPDX-License-Identifier: GPL-2.0
/*
 * What the generic PSCI and SMCCC code needs to know of arm64: where a vCPU
 * starts that another one turned on, and which of the host's speculation
 * workarounds a guest may rely on.  The kernel does not export what it found
 * out about the latter, so the ID registers and the firmware are asked again.
 * That EL2 really calls the firmware on the way in is host.c's and EL2's part.
 */
#include <linux/arm-smccc.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "armvirt.h"

#define NR_WORKAROUNDS	3

#define PFR0_CSV2_SHIFT	56	/* branch targets of one context don't steer another */
#define CSV2_3		3	/* nor does its branch history */
#define PFR1_SSBS_SHIFT	4	/* a guest can control store bypassing itself */
#define SCTLR_EE_BIT	BIT_ULL(25)

/*
 * The worst of all CPUs, as ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_n counts: a
 * larger number is better, and 0, which all have until asked, promises nothing.
 */
static u64 levels[NR_WORKAROUNDS + 1];

static unsigned int id_field(u64 reg, int shift)
{
	return (reg >> shift) & 0xf;
}

/* Negative if the firmware doesn't know the workaround, 1 if this CPU doesn't need it. */
static int ask_firmware(u32 workaround)
{
	struct arm_smccc_res res;

	if (arm_smccc_1_1_get_conduit() == SMCCC_CONDUIT_NONE)
		return SMCCC_RET_NOT_SUPPORTED;
	arm_smccc_1_1_invoke(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, workaround, &res);
	return res.a0;
}

/* For workarounds 1 and 3. */
static u64 branch_level(u32 workaround)
{
	switch (ask_firmware(workaround)) {
	case SMCCC_RET_SUCCESS:
		return ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1_AVAIL;
	case SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED:
		return ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED;
	default:
		return ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_AVAIL;
	}
}

static u64 store_bypass_level(void)
{
	/* With SSBS the guest is on its own, and better off. */
	if (id_field(read_sysreg_s(SYS_ID_AA64PFR1_EL1), PFR1_SSBS_SHIFT))
		return ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_AVAIL;
	/*
	 * Where firmware can switch it, the host's command line decides whether
	 * it is on, and we can't see that: so don't promise it.
	 */
	switch (ask_firmware(ARM_SMCCC_ARCH_WORKAROUND_2)) {
	case SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED:
	case SMCCC_RET_NOT_REQUIRED:
		return ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED;
	default:
		return ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_AVAIL;
	}
}

static void worsen_levels(void *lock)
{
	unsigned int csv2 = id_field(read_sysreg_s(SYS_ID_AA64PFR0_EL1), PFR0_CSV2_SHIFT);
	u64 wa1 = ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED;
	u64 wa3 = ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_3_NOT_REQUIRED;
	u64 wa2 = store_bypass_level();

	if (!csv2)
		wa1 = branch_level(ARM_SMCCC_ARCH_WORKAROUND_1);
	if (csv2 < CSV2_3)
		wa3 = branch_level(ARM_SMCCC_ARCH_WORKAROUND_3);
	raw_spin_lock((raw_spinlock_t *)lock);
	levels[1] = min(levels[1], wa1);
	levels[2] = min(levels[2], wa2);
	levels[3] = min(levels[3], wa3);
	raw_spin_unlock((raw_spinlock_t *)lock);
}

/**
 * arch_firmware_init - find out what the host's CPUs and firmware have
 *
 * Once, before the first VM.
 */
void arch_firmware_init(void)
{
	static DEFINE_RAW_SPINLOCK(lock);

	levels[1] = ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED;
	levels[2] = ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED;
	levels[3] = ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_3_NOT_REQUIRED;
	on_each_cpu(worsen_levels, &lock, 1);
}

u64 arch_workaround_level(int n)
{
	return levels[n];
}

void arch_vcpu_set_entry(struct av_vcpu *vcpu, u64 pc, u64 r0, bool be)
{
	if (be)
		vcpu->hyp->sys[HSR_SCTLR_EL1] |= SCTLR_EE_BIT;
	else
		vcpu->hyp->sys[HSR_SCTLR_EL1] &= ~SCTLR_EE_BIT;
	vcpu->hyp->pc = pc;
	arch_set_reg(vcpu, 0, r0);
}
