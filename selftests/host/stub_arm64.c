// SPDX-License-Identifier: GPL-2.0
/* An arm64 CPU's way to EL2, for stub.ko. */
#include <linux/printk.h>
#include <linux/smp.h>
#include <asm/sysreg.h>

#include "stub.h"

static u64 stub_call(u64 function)
{
	register u64 x0 asm("x0") = function;

	asm volatile("hvc #0" : "+r" (x0) : : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9",
		     "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	return x0;
}

void stub_look(void *unused)
{
	u64 el = read_sysreg(CurrentEL) >> 2;

	if (el == 1)
		pr_info("stub: cpu%d el1 answers %llx\n", smp_processor_id(),
			stub_call(STUB_UNKNOWN_CALL));
	else
		pr_info("stub: cpu%d el2 hcr %llx vbar %llx vttbr %llx mdcr %llx cnthctl %llx\n",
			smp_processor_id(), read_sysreg(hcr_el2), read_sysreg(vbar_el1),
			read_sysreg(vttbr_el2), read_sysreg(mdcr_el2), read_sysreg(cntkctl_el1));
}
