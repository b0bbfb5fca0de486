// SPDX-License-Identifier: GPL-2.0
/*
 * What the host's CPUs are on ARMv7: have they HYP, and what each CPU's HYP
 * needs to know.  How it is taken and given back is hypcpu.c's.
 */
#include <linux/bits.h>

#include <asm/cputype.h>
#include <asm/hwcap.h>
#include <asm/neon.h>

#include "armvirt.h"
#include "cp15.h"
#include "host.h"

/* ID_PFR1 */
#define PFR1_VIRT(val)	((val) >> 12 & 0xf)
#define PFR1_GIC(val)	((val) >> 28)

/* HSCTLR: M, C, CP15BEN, I, WXN */
#define HSCTLR_SET	(BIT(0) | BIT(2) | BIT(5) | BIT(12) | BIT(19))
/* HTCR: cacheability and shareability of walks, where TCR_EL2 has them; the rest is RES1 */
#define HTCR_WALKS	GENMASK(13, 8)
#define HTCR_RES1	(BIT(31) | BIT(23))

/* --- what this CPU is ------------------------------------------------------ */

void host_cpu_features(struct hyp_cpu *block)
{
	block->features = idreg_d32() ? HYP_CPU_D32 : 0;
	/* The kernel has enabled the ICH registers at boot then. */
	if (PFR1_GIC(read_cp(15, 0, c0, c1, 1)))
		block->features |= HYP_CPU_GICV3;
}

u32 host_ibe(void)
{
	switch (sysreg_ident.midr & ARM_CPU_PART_MASK) {
	case ARM_CPU_PART_CORTEX_A15:
	case ARM_CPU_PART_BRAHMA_B15:
		return read_cp(15, 0, c1, c0, 1) & BIT(0);
	}
	return 0;
}

/*
 * Which vectors a guest leaves by, from Arm's advisory on Spectre-v2: on Cortex-A15 only an
 * invalidation of the instruction cache empties the branch predictor.
 */
static u32 guest_vectors(const struct blob_head *head)
{
	switch (read_cpuid_part()) {
	case ARM_CPU_PART_CORTEX_A12:
	case ARM_CPU_PART_CORTEX_A17:
	case ARM_CPU_PART_CORTEX_A73:
	case ARM_CPU_PART_CORTEX_A75:
		return head->arch[0];		/* BPIALL */
	case ARM_CPU_PART_CORTEX_A15:
	case ARM_CPU_PART_BRAHMA_B15:
		return head->arch[1];		/* ICIALLU */
	default:
		return head->guest_vectors;	/* Cortex-A7 is not affected */
	}
}

void host_el2_regs(struct hyp_cpu *block, const struct blob_head *head, phys_addr_t base)
{
	block->vbar = base + head->host_vectors;
	block->guest_vbar = base + guest_vectors(head);
	block->tcr = (s2pt_tcr_el2(&hypmap) & HTCR_WALKS) | HTCR_RES1;
	block->mair = S2PT_MAIR_EL2;
	block->sctlr = HSCTLR_SET;
}

/* There is no such thing on ARMv7; is_kernel_in_hyp_mode() is false there. */
int host_take_vhe(struct hyp_cpu *block)
{
	return -ENODEV;
}

void host_give_vhe(void)
{
}

/*
 * The guest uses VFP or NEON for the first time since its load.  The registers may still hold a
 * user thread's state: beginning to use NEON makes the kernel save it and forget that they were
 * anybody's.  Between exits the guest's state is in memory: interrupts may use NEON as they like.
 */
void arch_vcpu_claim_fp(struct av_vcpu *vcpu)
{
	kernel_neon_begin(NULL);
	kernel_neon_end(NULL);
	vcpu->hyp->flags |= HYP_VCPU_FP_CLAIMED;
}

void host_print_bug(const struct hyp_cpu *block)
{
	const struct hyp_bug *bug = &block->bug;
	int i;

	pr_emerg("armvirt: unexpected exception at HYP on CPU %d: vector %u HSR %#x ELR %#x HDFAR %#x HIFAR %#x HPFAR %#x SPSR %#x SP %#x LR %#x\n",
		 raw_smp_processor_id(), bug->vector, bug->hsr, bug->elr, bug->hdfar, bug->hifar,
		 bug->hpfar, bug->spsr, bug->sp, bug->lr);
	pr_emerg("armvirt: HYP text at %#llx\n", (u64)hypcpu_text());
	for (i = 0; i < ARRAY_SIZE(bug->r); i += 4)
		pr_emerg("armvirt: r%-2d %08x %08x %08x %08x\n", i, bug->r[i],
			 i + 1 < ARRAY_SIZE(bug->r) ? bug->r[i + 1] : 0,
			 i + 2 < ARRAY_SIZE(bug->r) ? bug->r[i + 2] : 0,
			 i + 3 < ARRAY_SIZE(bug->r) ? bug->r[i + 3] : 0);
}

/*
 * Executes nothing that could trap.  Whether this kernel was started in HYP mode is seen by the
 * timer it uses: main.c takes the other one before it asks for HYP.
 */
int arch_host_check(void)
{
	if (!PFR1_VIRT(read_cp(15, 0, c0, c1, 1))) {
		av_err("this CPU has no virtualization extensions: nothing armvirt can do\n");
		return -ENODEV;
	}
	/* Where there is none, or the kernel has turned it off, reading FPEXC is undefined. */
	if (!(elf_hwcap & HWCAP_VFP)) {
		av_err("this CPU has no floating point that the kernel uses: armvirt needs it\n");
		return -ENODEV;
	}
	return 0;
}

unsigned int arch_host_ipa_bits(void)
{
	return HOST_IPA_BITS;
}

/* Both came with ARMv8. */
bool arch_has_fwb(void)
{
	return false;
}

bool arch_has_dic(void)
{
	return false;
}
