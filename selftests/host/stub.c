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
#include <asm/sysreg.h>

/* No call of Documentation/virt/kvm/arm/hyp-abi.rst; the stub answers HVC_STUB_ERR. */
#define STUB_UNKNOWN_CALL	0xfeed

static u64 stub_call(u64 function)
{
	register u64 x0 asm("x0") = function;

	asm volatile("hvc #0" : "+r" (x0) : : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9",
		     "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	return x0;
}

static void stub_look(void *unused)
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
