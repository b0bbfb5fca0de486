// SPDX-License-Identifier: GPL-2.0
/*
 * TLB maintenance as the host asks for it: by a call to EL2 on nVHE, directly
 * on VHE.  All but tlb_flush_cpu() reach every CPU, so it does not matter where
 * they run, but it has to be a CPU whose EL2 is ours.
 */
#include <linux/irqflags.h>
#include <linux/smp.h>

#include "armvirt.h"
#include "host.h"

void hyp_tlb_ipa_vhe(u64 vttbr, u64 start, u64 end, u64 stride);
void hyp_tlb_vmid_vhe(u64 vttbr);
void hyp_tlb_cpu_vhe(u64 vttbr);
void hyp_tlb_all_vhe(void);

struct tlb_op {
	int call;
	u64 arg[4];
	bool done;
};

static void run_op_vhe(struct tlb_op *op)
{
	unsigned long flags;

	/* HCR_EL2.TGE is clear meanwhile: no interrupt may see that. */
	local_irq_save(flags);
	switch (op->call) {
	case HYP_TLB_IPA:
		hyp_tlb_ipa_vhe(op->arg[0], op->arg[1], op->arg[2], op->arg[3]);
		break;
	case HYP_TLB_VMID:
		hyp_tlb_vmid_vhe(op->arg[0]);
		break;
	case HYP_TLB_CPU:
		hyp_tlb_cpu_vhe(op->arg[0]);
		break;
	case HYP_TLB_ALL:
		hyp_tlb_all_vhe();
		break;
	}
	local_irq_restore(flags);
	op->done = true;
}

static void run_op(void *info)
{
	struct tlb_op *op = info;

	if (!arch_cpu_ready())
		return;
	if (host_is_vhe()) {
		run_op_vhe(op);
		return;
	}
	hyp_call(op->call, op->arg[0], op->arg[1], op->arg[2], op->arg[3]);
	op->done = true;
}

/* A CPU on its way down has given EL2 back but still runs tasks: ask another. */
static void run_op_elsewhere(struct tlb_op *op)
{
	int cpu;

	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, run_op, op, 1);
		if (op->done)
			return;
	}
}

static void run_anywhere(struct tlb_op *op)
{
	preempt_disable();
	run_op(op);
	if (!op->done)
		run_op_elsewhere(op);
	preempt_enable();
	/* Some CPU is up and its EL2 ours, until the machine itself ends. */
	WARN_ON_ONCE(!op->done && !READ_ONCE(av_shutting_down));
}

void tlb_flush_cpu(u64 vttbr)
{
	struct tlb_op op = { HYP_TLB_CPU, { vttbr } };

	run_op(&op);
}

void tlb_flush_vmid(u64 vttbr)
{
	struct tlb_op op = { HYP_TLB_VMID, { vttbr } };

	run_anywhere(&op);
}

void tlb_flush_all(void)
{
	struct tlb_op op = { HYP_TLB_ALL };

	run_anywhere(&op);
}

void tlb_flush_el2(u64 va)
{
	struct tlb_op op = { HYP_TLB_EL2, { va } };

	run_anywhere(&op);
}

static void s2_range(void *owner, const struct s2pt_inval *inv)
{
	struct av_vm *vm = owner;
	struct tlb_op op = {
		HYP_TLB_IPA, { vmid_vttbr(vm), inv->start, inv->end, inv->stride }
	};

	run_anywhere(&op);
}

static void s2_all(void *owner)
{
	tlb_flush_vmid(vmid_vttbr(owner));
}

static const struct s2pt_tlb s2_tlb = {
	.range	= s2_range,
	.all	= s2_all,
};

const struct s2pt_tlb *arch_s2pt_tlb(void)
{
	return &s2_tlb;
}
