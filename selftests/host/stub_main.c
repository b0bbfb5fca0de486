// SPDX-License-Identifier: GPL-2.0
/*
 * A test module that looks at every CPU's way to EL2 while armvirt.ko is not loaded: on a kernel
 * at EL1 the hyp stub must answer an unknown call as it always does, on a kernel at EL2 the
 * control registers must be as the kernel left them. One log line per CPU; what is right is
 * decided by the scripts that load it, by comparing with the lines of a fresh boot.
 */
#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/smp.h>

#include "stub.h"

static int __init stub_init(void)
{
	int cpu;

	cpus_read_lock();
	/* One after the other, so that the lines come in order. */
	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, stub_look, NULL, 1);
	cpus_read_unlock();
	return 0;
}

static void __exit stub_exit(void)
{
}

module_init(stub_init);
module_exit(stub_exit);
MODULE_DESCRIPTION("armvirt selftest: is EL2 as the kernel left it");
MODULE_LICENSE("GPL");
