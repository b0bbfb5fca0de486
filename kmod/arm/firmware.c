// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the host's speculation workarounds a guest may rely on.
 */
#include <asm/cputype.h>

#include "armvirt.h"

/* Those of 1 and 3 have the same numbers. */
#define WA(n, level)	ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_##n##_##level

static u64 levels[] = {
	[1] = WA(1, NOT_REQUIRED), [2] = WA(2, NOT_AVAIL), [3] = WA(1, NOT_AVAIL)
};

/*
 * Where the branch predictor has to be emptied every exit does it (see host.c), so the call is
 * there.  Nothing is known here of store bypassing and of the branch history.
 */
void arch_firmware_init(void)
{
	switch (read_cpuid_part()) {
	case ARM_CPU_PART_CORTEX_A7:
		break;
	case ARM_CPU_PART_CORTEX_A12:
	case ARM_CPU_PART_CORTEX_A15:
	case ARM_CPU_PART_CORTEX_A17:
	case ARM_CPU_PART_CORTEX_A73:
	case ARM_CPU_PART_CORTEX_A75:
	case ARM_CPU_PART_BRAHMA_B15:
		levels[1] = WA(1, AVAIL);
		break;
	default:
		levels[1] = WA(1, NOT_AVAIL);
	}
}

u64 arch_workaround_level(int n)
{
	return levels[n];
}
