// SPDX-License-Identifier: GPL-2.0
/*
 * TLB maintenance as the host asks for it.  All but tlb_flush_cpu() reaches every
 * CPU, so it does not matter where it runs, but it has to be a CPU whose EL2 is ours.
 */
#include <linux/irqflags.h>
#include <linux/smp.h>

#include "armvirt.h"
#include "host.h"

struct tlb_op {
	int call;
	u64 arg[4];
	bool done;
};

static void run_op(void *info)
{
	struct tlb_op *op = info;
	unsigned long flags;

	if (!arch_cpu_ready())
		return;
	/* On a VHE host HCR_EL2.TGE is clear meanwhile: no interrupt may see that. */
	local_irq_save(flags);
	hyp_call(op->call, op->arg[0], op->arg[1], op->arg[2], op->arg[3]);
	local_irq_restore(flags);
	op->done = true;
}

void tlb_flush_cpu(u64 vttbr)
{
	struct tlb_op op = { HYP_TLB_CPU, { vttbr } };

	run_op(&op);
}

void tlb_flush(int call, u64 a1, u64 a2, u64 a3, u64 a4)
{
	struct tlb_op op = { call, { a1, a2, a3, a4 } };
	int cpu;

	preempt_disable();
	run_op(&op);
	/* A CPU on its way down has given EL2 back but still runs tasks: ask another. */
	for_each_online_cpu(cpu) {
		if (op.done)
			break;
		smp_call_function_single(cpu, run_op, &op, 1);
	}
	preempt_enable();
	/* Some CPU is up and its EL2 ours, until the machine itself ends. */
	WARN_ON_ONCE(!op.done && !READ_ONCE(av_shutting_down));
}

static void s2_range(void *owner, const struct s2pt_inval *inv)
{
	tlb_flush(HYP_TLB_IPA, vmid_vttbr(owner), inv->start, inv->end, inv->stride);
}

static void s2_all(void *owner)
{
	tlb_flush(HYP_TLB_VMID, vmid_vttbr(owner), 0, 0, 0);
}

const struct s2pt_tlb arch_s2pt_tlb = { .range = s2_range, .all = s2_all };
