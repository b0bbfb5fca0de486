// SPDX-License-Identifier: GPL-2.0
/* vCPUs of an arm64 host. A 32-bit guest's registers are the 64-bit ones that they alias. */
#include "armvirt.h"
#include "av_arch.h"
#include "vmm.h"

#define CORE_REG(name)	\
	(ARMVIRT_REG_ARM64 | ARMVIRT_REG_SIZE_U64 | ARMVIRT_REG_ARM_CORE | \
	 ARMVIRT_REG_ARM_CORE_REG(name))

const char av_arch_machine[] = "aarch64";
const bool av_arch_only32 = false;
const u64 av_arch_pc = CORE_REG(regs.pc);
const u64 av_arch_mpidr = ARMVIRT_ARM64_SYS_REG(3, 0, 0, 0, 5);

bool av_arch_can(int sys, bool aarch32)
{
	return !aarch32 || av_cap(sys, ARMVIRT_CAP_ARM_EL1_32BIT);
}

/* Pointer authentication comes along when the host has it, as on its own kernel. */
u32 av_arch_features(int sys, bool aarch32)
{
	u32 features = 1u << ARMVIRT_ARM_VCPU_PSCI_0_2;

	if (aarch32)
		return features | 1u << ARMVIRT_ARM_VCPU_EL1_32BIT;
	if (av_cap(sys, ARMVIRT_CAP_ARM_PTRAUTH_ADDRESS) &&
	    av_cap(sys, ARMVIRT_CAP_ARM_PTRAUTH_GENERIC))
		features |= 1u << ARMVIRT_ARM_VCPU_PTRAUTH_ADDRESS |
			    1u << ARMVIRT_ARM_VCPU_PTRAUTH_GENERIC;
	return features;
}

/* Documentation/arch/arm64/booting.rst and arm/booting.rst. */
unsigned int av_arch_boot(bool aarch32, u64 pc, u64 dtb, struct av_reg regs[AV_BOOT_REGS])
{
	regs[0] = (struct av_reg){ CORE_REG(regs.pc), pc };
	if (!aarch32) {
		regs[1] = (struct av_reg){ CORE_REG(regs.regs[0]), dtb };
		return 2;
	}
	regs[1] = (struct av_reg){ CORE_REG(regs.pstate), CPSR_BOOT };
	regs[2] = (struct av_reg){ CORE_REG(regs.regs[0]), 0 };
	regs[3] = (struct av_reg){ CORE_REG(regs.regs[1]), UINT32_MAX };
	regs[4] = (struct av_reg){ CORE_REG(regs.regs[2]), dtb };
	return 5;
}
