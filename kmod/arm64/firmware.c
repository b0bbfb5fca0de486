// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the host's speculation workarounds a guest may rely on.  The kernel does not export what
 * it found out, so the ID registers and the firmware are asked again.  That EL2 really calls the
 * firmware on the way in is host.c's and EL2's part.
 */
#include <linux/arm-smccc.h>

#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "armvirt.h"
#include "host.h"

#define WA(n, level)	ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_##n##_##level

#define PFR0_CSV2_SHIFT	56	/* branch targets of one context don't steer another */
#define CSV2_3		3	/* nor does its branch history */
#define PFR1_SSBS_SHIFT	4	/* a guest can control store bypassing itself */

/* 0 if this CPU needs the call (SMCCC 1.1, 7.4), 1 if not, negative if firmware hasn't it. */
int firmware_ask(u32 workaround)
{
	struct arm_smccc_res res;

	if (arm_smccc_1_1_get_conduit() == SMCCC_CONDUIT_NONE)
		return SMCCC_RET_NOT_SUPPORTED;
	arm_smccc_1_1_invoke(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, workaround, &res);
	return res.a0;
}

/* For workarounds 1 and 3, whose levels have the same numbers. */
static u64 branch_level(u32 workaround)
{
	int ret = firmware_ask(workaround);

	if (ret == SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED)
		return WA(1, NOT_REQUIRED);
	return ret == SMCCC_RET_SUCCESS ? WA(1, AVAIL) : WA(1, NOT_AVAIL);
}

static u64 store_bypass_level(void)
{
	int ret;

	/* With SSBS the guest is on its own, and better off. */
	if (read_sysreg_s(SYS_ID_AA64PFR1_EL1) >> PFR1_SSBS_SHIFT & 0xf)
		return WA(2, NOT_AVAIL);
	/* Where firmware can switch it, the host's command line decides, which we can't see. */
	ret = firmware_ask(ARM_SMCCC_ARCH_WORKAROUND_2);
	return ret == SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED || ret == SMCCC_RET_NOT_REQUIRED ?
	       WA(2, NOT_REQUIRED) : WA(2, NOT_AVAIL);
}

u64 arch_cpu_workaround(int n)
{
	unsigned int csv2 = read_sysreg_s(SYS_ID_AA64PFR0_EL1) >> PFR0_CSV2_SHIFT & 0xf;

	switch (n) {
	case 1:
		return csv2 ? WA(1, NOT_REQUIRED) : branch_level(ARM_SMCCC_ARCH_WORKAROUND_1);
	case 2:
		return store_bypass_level();
	default:
		return csv2 >= CSV2_3 ? WA(3, NOT_REQUIRED) :
					branch_level(ARM_SMCCC_ARCH_WORKAROUND_3);
	}
}
