// SPDX-License-Identifier: GPL-2.0
/* An ARMv7 CPU's way to HYP, for stub.ko. */
#include <linux/printk.h>
#include <linux/smp.h>

#include "stub.h"

static u32 stub_call(u32 function)
{
	register u32 r0 asm("r0") = function;

	asm volatile(".arch_extension virt\n\thvc #0"
		     : "+r" (r0) : : "r1", "r2", "r3", "r12", "lr", "memory");
	return r0;
}

void stub_look(void *unused)
{
	pr_info("stub: cpu%d svc answers %x\n", smp_processor_id(), stub_call(STUB_UNKNOWN_CALL));
}
