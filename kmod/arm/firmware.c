// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the host's speculation workarounds a guest may rely on.
 */
#include <asm/cputype.h>

#include "armvirt.h"
#include "host.h"

#define WA(n, level)	ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_##n##_##level

/*
 * Where the branch predictor has to be emptied every exit does it (see host.c), so the call is
 * there.  Nothing is known here of store bypassing and of the branch history.
 */
u64 arch_cpu_workaround(int n)
{
	if (n != 1)
		return WA(1, NOT_AVAIL);	/* the same number for all */
	switch (read_cpuid_part()) {
	case ARM_CPU_PART_CORTEX_A7:
		return WA(1, NOT_REQUIRED);
	case ARM_CPU_PART_CORTEX_A15:
	case ARM_CPU_PART_BRAHMA_B15:
		return host_ibe() ? WA(1, AVAIL) : WA(1, NOT_AVAIL);
	case ARM_CPU_PART_CORTEX_A12:
	case ARM_CPU_PART_CORTEX_A17:
	case ARM_CPU_PART_CORTEX_A73:
	case ARM_CPU_PART_CORTEX_A75:
		return WA(1, AVAIL);
	}
	return WA(1, NOT_AVAIL);
}
