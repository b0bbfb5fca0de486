// SPDX-License-Identifier: GPL-2.0
/* vCPUs of an ARMv7 host, by the register ids of KVM/arm. */
#include "armvirt.h"
#include "av_arch.h"
#include "vmm.h"

#define CORE_REG(n)	\
	(ARMVIRT_REG_ARM | ARMVIRT_REG_SIZE_U32 | ARMVIRT_REG_ARM_CORE | \
	 ARMVIRT_REG_ARM_CORE_REG(usr_regs.uregs[n]))
#define R_PC	15
#define R_CPSR	16

/* Not armv8l: that is a 64-bit kernel, whose register ids are others. */
const char av_arch_machine[] = "armv7";
const bool av_arch_only32 = true;
const u64 av_arch_pc = CORE_REG(R_PC);
const u64 av_arch_mpidr = ARMVIRT_ARM_CP15_REG32(0, 0, 0, 5);

bool av_arch_can(int sys, bool aarch32)
{
	(void)sys;
	return aarch32;
}

u32 av_arch_features(int sys, bool aarch32)
{
	(void)sys;
	(void)aarch32;
	return 1u << ARMVIRT_ARM_VCPU_PSCI_0_2;
}

/* Documentation/arch/arm/booting.rst. */
unsigned int av_arch_boot(bool aarch32, u64 pc, u64 dtb, struct av_reg regs[AV_BOOT_REGS])
{
	(void)aarch32;
	regs[0] = (struct av_reg){ CORE_REG(R_PC), pc };
	regs[1] = (struct av_reg){ CORE_REG(R_CPSR), CPSR_BOOT };
	regs[2] = (struct av_reg){ CORE_REG(0), 0 };
	regs[3] = (struct av_reg){ CORE_REG(1), UINT32_MAX };
	regs[4] = (struct av_reg){ CORE_REG(2), dtb };
	return 5;
}
