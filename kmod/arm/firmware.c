// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the host's speculation workarounds a guest may rely on.
 */
#include <linux/minmax.h>
#include <linux/smp.h>

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
static u64 level_of_part(unsigned int part)
{
	switch (part) {
	case ARM_CPU_PART_CORTEX_A7:
		return WA(1, NOT_REQUIRED);
	case ARM_CPU_PART_CORTEX_A12:
	case ARM_CPU_PART_CORTEX_A15:
	case ARM_CPU_PART_CORTEX_A17:
	case ARM_CPU_PART_CORTEX_A73:
	case ARM_CPU_PART_CORTEX_A75:
	case ARM_CPU_PART_BRAHMA_B15:
		return WA(1, AVAIL);
	}
	return WA(1, NOT_AVAIL);
}

/* On one CPU after the other: a guest may run on any.  The lower, the worse. */
static void ask_cpu(void *unused)
{
	levels[1] = min(levels[1], level_of_part(read_cpuid_part()));
}

void arch_firmware_init(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, ask_cpu, NULL, 1);
}

u64 arch_workaround_level(int n)
{
	return levels[n];
}
