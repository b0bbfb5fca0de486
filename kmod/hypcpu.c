// SPDX-License-Identifier: GPL-2.0
/*
 * Taking EL2 (on ARMv7: HYP) on each of the host's CPUs and giving it back.  On
 * an nVHE or ARMv7 host EL2 gets a copy of our blob and a map of its own; on a
 * VHE host the kernel is at EL2 already and only a block per CPU is needed.
 * What a CPU is and what goes into its registers is the architecture's host.c.
 */
#include <linux/cpu.h>
#include <linux/mm.h>

#include "armvirt.h"
#include "host.h"
#include "sysrow.h"

#define BLOCK_ORDER	2	/* guard, stack, struct hyp_cpu, unused */

DEFINE_PER_CPU(struct hyp_cpu *, hyp_this_cpu);
static DEFINE_PER_CPU(bool, el2_ours);
static void *blob;			/* our copy (nVHE) */
static size_t blob_size;
static u32 gic_vtr;

/* --- taking and giving back EL2 ------------------------------------------- */

bool arch_cpu_ready(void)
{
	return __this_cpu_read(el2_ours);
}

static int take_el2(struct hyp_cpu *block)
{
	const struct blob_head *head = blob;
	phys_addr_t base = virt_to_phys(blob);
	u64 ret;

	ret = hyp_call(HYP_VERSION, 0, 0, 0, 0);
	if (ret != HYP_STUB_ERR) {
		av_err("EL2 of CPU %d belongs to another hypervisor (it answered %#llx): boot with kvm-arm.mode=none\n",
		       smp_processor_id(), ret);
		return -EBUSY;
	}
	block->stack = virt_to_phys(block);
	block->ttbr = hypmap.root_pa;
	host_el2_regs(block, head, base);
	/* EL2 reads it with the MMU off at first: it must be in memory. */
	arch_clean_dcache_poc(virt_to_phys(block), sizeof(*block));
	ret = host_stub_call(HYP_STUB_SOFT_RESTART, base + head->init, virt_to_phys(block));
	if (ret || hyp_call(HYP_VERSION, 0, 0, 0, 0) != HYP_CALL_BASE) {
		av_err("EL2 of CPU %d did not start (%#llx)\n", smp_processor_id(), ret);
		return -ENODEV;
	}
	return 0;
}

int arch_cpu_up(void)
{
	struct hyp_cpu *block = __this_cpu_read(hyp_this_cpu);
	int ret;

	if (__this_cpu_read(el2_ours))
		return 0;
	host_cpu_features(block);
	ret = is_kernel_in_hyp_mode() ? host_take_vhe(block) : take_el2(block);
	if (ret)
		return ret;
	__this_cpu_write(el2_ours, true);
	if (block->features & HYP_CPU_GICV3)
		gic_vtr = hyp_call(HYP_GIC_INIT, 0, 0, 0, 0);
	return 0;
}

void arch_cpu_down(void *unused)
{
	if (!__this_cpu_read(el2_ours))
		return;
	__this_cpu_write(el2_ours, false);
	if (is_kernel_in_hyp_mode())
		host_give_vhe();
	else
		host_stub_call(HYP_STUB_RESET_VECTORS, 0, 0);
}

/* --- bugs at EL2 ----------------------------------------------------------- */

/* The guest was left because of an exception at EL2; the exit path has unwound to the host. */
void host_report_bug(struct av_vcpu *vcpu)
{
	struct hyp_cpu *block = __this_cpu_read(hyp_this_cpu);

	host_print_bug(block);
	block->bug.seen = 0;
	vm_kill(vcpu->vm);
}

__noscs void hyp_host_dead(void)
{
	host_print_bug(__this_cpu_read(hyp_this_cpu));
	panic("armvirt: EL2 of this CPU is lost");
}

phys_addr_t hypcpu_text(void)
{
	return virt_to_phys(blob);
}

/* --- the whole machine ------------------------------------------------------ */

static void free_blocks(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct hyp_cpu *block = per_cpu(hyp_this_cpu, cpu);

		if (block)
			free_pages((unsigned long)block - 2 * PAGE_SIZE, BLOCK_ORDER);
		per_cpu(hyp_this_cpu, cpu) = NULL;
	}
}

/* The stack grows down from the block towards a page that EL2 does not map. */
static int alloc_blocks(void)
{
	int cpu, ret;

	BUILD_BUG_ON(sizeof(struct hyp_cpu) > PAGE_SIZE);
	for_each_possible_cpu(cpu) {
		void *pages = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, BLOCK_ORDER);
		struct hyp_cpu *block = pages + 2 * PAGE_SIZE;

		if (!pages)
			return -ENOMEM;
		per_cpu(hyp_this_cpu, cpu) = block;
		block->panic_va = (unsigned long)hyp_host_dead;
		if (is_kernel_in_hyp_mode())
			continue;
		ret = hypmap_map(pages + PAGE_SIZE, 2 * PAGE_SIZE, S2PT_R | S2PT_W);
		if (ret)
			return ret;
	}
	return 0;
}

static int load_blob(void)
{
	const struct blob_head *head = (const void *)hyp_blob;
	int ret;

	blob_size = PAGE_ALIGN(hyp_blob_end - hyp_blob);
	blob = alloc_pages_exact(blob_size, GFP_KERNEL | __GFP_ZERO);
	if (!blob)
		return -ENOMEM;
	memcpy(blob, hyp_blob, hyp_blob_end - hyp_blob);
	/* The first instructions run with the MMU, and so the data cache, off. */
	arch_clean_dcache_poc(virt_to_phys(blob), blob_size);
	arch_sync_icache(virt_to_phys(blob), blob_size);
	ret = hypmap_map(blob, head->rodata, S2PT_R | S2PT_X);
	if (!ret)
		ret = hypmap_map(blob + head->rodata, head->end - head->rodata, S2PT_R);
	return ret;
}

static int first_cpu_up(void)
{
	int ret;

	preempt_disable();
	ret = arch_cpu_up();
	preempt_enable();
	return ret;
}

static void flush_el2(u64 va)
{
	tlb_flush(HYP_TLB_EL2, va, 0, 0, 0);
}

/*
 * On an nVHE host the caller has made sure that the kernel does not use the virtual timer, which
 * it would if it had been started at EL1, where an HVC may be undefined.
 */
int arch_host_init(void)
{
	int ret = sysreg_init();

	sysreg_ident_init();
	if (!ret && !is_kernel_in_hyp_mode())
		ret = hypmap_init(flush_el2) ?: load_blob();
	if (!ret)
		ret = alloc_blocks();
	if (!ret)
		ret = first_cpu_up();
	if (ret == -ERANGE)
		av_err("the kernel's memory begins beyond the %d bits of addresses that EL2 has here\n",
		       ARCH_HYP_VA_BITS);
	if (ret)
		arch_host_exit();
	return ret;
}

void arch_host_exit(void)
{
	on_each_cpu(arch_cpu_down, NULL, 1);
	free_blocks();
	if (is_kernel_in_hyp_mode())
		return;
	if (blob)
		free_pages_exact(blob, blob_size);
	blob = NULL;
	hypmap_exit();
}

u32 arch_gic_vtr(void)
{
	return gic_vtr;
}

bool arch_host_is_vhe(void)
{
	return is_kernel_in_hyp_mode();
}
