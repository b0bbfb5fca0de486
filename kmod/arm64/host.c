// SPDX-License-Identifier: GPL-2.0
/*
 * The host's CPUs: is EL2 there and free, taking it on each CPU and giving it
 * back.  On an nVHE host EL2 gets a copy of our blob and a map of its own; on a
 * VHE host the kernel is at EL2 already and only a block per CPU is needed.
 */
#include <linux/arm-smccc.h>
#include <linux/cpu.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <asm/cputype.h>
#include <asm/cpufeature.h>

#include "armvirt.h"
#include "host.h"
#include "sysreg.h"

#define BLOCK_ORDER	2	/* guard, stack, struct hyp_cpu, unused */

/* The first words of the blob, see entry_nvhe.S */
struct blob_head {
	u32 init;
	u32 host_vectors;
	u32 guest_vectors;
	u32 rodata;
	u32 end;
};

extern const char hyp_blob[], hyp_blob_end[];
extern char hyp_guest_vectors_vhe[];

DEFINE_PER_CPU(struct hyp_cpu *, hyp_this_cpu);
static DEFINE_PER_CPU(bool, el2_ours);
static void *blob;			/* our copy (nVHE) */
static size_t blob_size;
static u32 gic_vtr;

static u64 id_field(u64 reg, int shift)
{
	return (reg >> shift) & 0xf;
}

/* --- what this CPU is ------------------------------------------------------ */

/*
 * Iterations of the loop that clears the branch history on the way from the
 * guest, from Arm's advisory on Spectre-BHB; 0 where the core does not need it
 * or firmware does it (ARCH_WORKAROUND_3).
 */
static const struct {
	u32 midr;
	u32 loops;
} bhb_table[] = {
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd07), 8 },	/* Cortex-A57 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd08), 8 },	/* Cortex-A72 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd0b), 24 },	/* Cortex-A76 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd0c), 24 },	/* Neoverse-N1 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd0d), 24 },	/* Cortex-A77 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd40), 32 },	/* Neoverse-V1 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd41), 32 },	/* Cortex-A78 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd42), 32 },	/* Cortex-A78AE */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd44), 32 },	/* Cortex-X1 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd47), 32 },	/* Cortex-A710 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd48), 32 },	/* Cortex-X2 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd49), 32 },	/* Neoverse-N2 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd4b), 32 },	/* Cortex-A78C */
};

static u32 bhb_loops(void)
{
	u32 model = read_cpuid_id() & MIDR_CPU_MODEL_MASK;
	int i;

	for (i = 0; i < ARRAY_SIZE(bhb_table); i++)
		if (bhb_table[i].midr == model)
			return bhb_table[i].loops;
	return 0;
}

static u64 cpu_features(void)
{
	u64 pfr0 = read_sysreg_s(SYS_ID_AA64PFR0_EL1);
	u64 dfr0 = read_sysreg_s(SYS_ID_AA64DFR0_EL1);
	u64 mmfr0 = read_sysreg_s(SYS_ID_AA64MMFR0_EL1);
	u64 mmfr1 = read_sysreg_s(SYS_ID_AA64MMFR1_EL1);
	u64 features = 0;

	if (id_field(pfr0, 28))
		features |= HYP_CPU_RAS;
	/* The kernel has enabled the ICH registers at boot then. */
	if (id_field(pfr0, 24))
		features |= HYP_CPU_GICV3;
	if (id_field(mmfr1, 20))
		features |= HYP_CPU_PAN;
	if (id_field(mmfr1, 40))
		features |= HYP_CPU_HCX;
	if (id_field(mmfr0, 56))
		features |= HYP_CPU_FGT;
	/* A buffer that EL1 cannot reach (PMBIDR_EL1.P, TRBIDR_EL1.P) is not the host's. */
	if (id_field(dfr0, 32) && !(read_sysreg_s(sys_reg(3, 0, 9, 10, 7)) & BIT(4)))
		features |= HYP_CPU_SPE;
	if (id_field(dfr0, 44) && !(read_sysreg_s(sys_reg(3, 0, 9, 11, 7)) & BIT(4)))
		features |= HYP_CPU_TRBE;
	/* ARCH_WORKAROUND_3 does what 1 does, and the branch history. */
	if (!firmware_ask(ARM_SMCCC_ARCH_WORKAROUND_3))
		features |= HYP_CPU_WA3;
	else if (!id_field(pfr0, 56) && !firmware_ask(ARM_SMCCC_ARCH_WORKAROUND_1))
		features |= HYP_CPU_WA1;
	return features;
}

/* --- taking and giving back EL2 ------------------------------------------- */

bool arch_cpu_ready(void)
{
	return __this_cpu_read(el2_ours);
}

static int take_el2_nvhe(struct hyp_cpu *block)
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
	block->vbar = base + head->host_vectors;
	block->guest_vbar = base + head->guest_vectors;
	block->stack = virt_to_phys(block);
	block->ttbr = hypmap.root_pa;
	block->tcr = s2pt_tcr_el2(&hypmap) | host_pa_range() << 16;
	block->mair = S2PT_MAIR_EL2;
	/* RES1 bits, and M, C, SA, I, WXN */
	block->sctlr = 0x30c50830UL | BIT(0) | BIT(2) | BIT(3) | BIT(12) | BIT(19);
	/* EL2 reads it with the MMU off at first: it must be in memory. */
	arch_clean_dcache_poc(block, sizeof(*block));
	ret = armvirt_hvc(HYP_STUB_SOFT_RESTART, base + head->init, virt_to_phys(block), 0, 0);
	if (ret || hyp_call(HYP_VERSION, 0, 0, 0, 0) != HYP_CALL_BASE) {
		av_err("EL2 of CPU %d did not start (%#llx)\n", smp_processor_id(), ret);
		return -ENODEV;
	}
	return 0;
}

int arch_cpu_up(void)
{
	struct hyp_cpu *block = __this_cpu_read(hyp_this_cpu);
	int ret = 0;

	if (__this_cpu_read(el2_ours))
		return 0;
	block->features = cpu_features();
	block->bhb_loops = block->features & HYP_CPU_WA3 ? 0 : bhb_loops();
	if (is_kernel_in_hyp_mode()) {
		block->guest_vbar = (u64)hyp_guest_vectors_vhe;
		/* Nothing that a guest left before the CPU went down may be hit. */
		asm volatile("tlbi alle1; dsb nsh; isb" ::: "memory");
	} else {
		ret = take_el2_nvhe(block);
	}
	if (!ret)
		__this_cpu_write(el2_ours, true);
	return ret;
}

void arch_cpu_down(void *unused)
{
	if (!__this_cpu_read(el2_ours))
		return;
	__this_cpu_write(el2_ours, false);
	if (is_kernel_in_hyp_mode())
		write_sysreg(0, vttbr_el2);	/* the last guest's until now */
	else
		armvirt_hvc(HYP_STUB_RESET_VECTORS, 0, 0, 0, 0);
}

/* --- bugs at EL2 ----------------------------------------------------------- */

static void print_bug(const struct hyp_cpu *block)
{
	const struct hyp_bug *bug = &block->bug;
	int i;

	pr_emerg("armvirt: unexpected exception at EL2 on CPU %d: vector %llu ESR %#llx ELR %#llx FAR %#llx HPFAR %#llx SPSR %#llx SP %#llx\n",
		 raw_smp_processor_id(), bug->vector, bug->esr, bug->elr, bug->far,
		 bug->hpfar, bug->spsr, bug->sp);
	pr_emerg("armvirt: EL2 text at %#llx\n",
		 is_kernel_in_hyp_mode() ? (u64)hyp_guest_vectors_vhe : (u64)virt_to_phys(blob));
	for (i = 0; i < 31; i += 3)
		pr_emerg("armvirt: x%-2d %016llx %016llx %016llx\n", i, bug->x[i],
			 i + 1 < 31 ? bug->x[i + 1] : 0, i + 2 < 31 ? bug->x[i + 2] : 0);
}

/* The guest was left because of an exception at EL2; the exit path has unwound to the host. */
void host_report_bug(struct av_vcpu *vcpu)
{
	struct hyp_cpu *block = __this_cpu_read(hyp_this_cpu);

	print_bug(block);
	block->bug.seen = 0;
	vm_kill(vcpu->vm);
}

/* EL2 found no state that it could go back to. */
void hyp_host_dead(void);
__noscs void hyp_host_dead(void)
{
	print_bug(__this_cpu_read(hyp_this_cpu));
	panic("armvirt: EL2 of this CPU is lost");
}

void hyp_host_dead_vhe(struct hyp_cpu *block);
__noscs void hyp_host_dead_vhe(struct hyp_cpu *block)
{
	write_sysreg(block->vbar, vbar_el1);
	if (block->host_hcr)
		write_sysreg(block->host_hcr, hcr_el2);
	isb();
	hyp_host_dead();
}

/* --- the whole machine ------------------------------------------------------ */

static bool kvm_is_here(void)
{
	struct path path;

	if (kern_path("/dev/kvm", LOOKUP_FOLLOW, &path))
		return false;
	path_put(&path);
	return true;
}

static int check_granule(void)
{
	const int shift = PAGE_SIZE == SZ_4K ? 28 : PAGE_SIZE == SZ_16K ? 20 : 24;
	const u64 absent = PAGE_SIZE == SZ_16K ? 0 : 0xf;
	u64 mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);

	/* TGranX at stage 1, and TGranX_2, which may say "as stage 1" (0). */
	if (id_field(mmfr0, shift) != absent && id_field(mmfr0, shift + 12) != 1)
		return 0;
	av_err("this CPU's EL2 or stage 2 cannot use the kernel's page size of %lu KiB: boot a kernel with another page size\n",
	       PAGE_SIZE / SZ_1K);
	return -ENODEV;
}

/* Executes nothing that could trap. */
int arch_host_check(void)
{
	if (!is_kernel_in_hyp_mode() && !id_field(read_sysreg_s(SYS_ID_AA64PFR0_EL1), 8)) {
		av_err("this machine has no EL2, or the firmware started Linux at EL1: nothing armvirt can do\n");
		return -ENODEV;
	}
	if (kvm_is_here()) {
		av_err("KVM owns EL2 (/dev/kvm exists): boot with kvm-arm.mode=none (before 5.16: initcall_blacklist=arm_init)\n");
		return -EBUSY;
	}
	return check_granule();
}

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
		block->panic_va = (u64)hyp_host_dead;
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
	arch_clean_dcache_poc(blob, blob_size);
	arch_sync_icache(blob, blob_size);
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
	/* With a GICv3 CPU interface the kernel has enabled the ICH registers at boot. */
	if (!ret && id_field(read_sysreg_s(SYS_ID_AA64PFR0_EL1), 24))
		gic_vtr = hyp_call(HYP_GIC_VTR, 0, 0, 0, 0);
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

	if (!ret && !is_kernel_in_hyp_mode())
		ret = hypmap_init(flush_el2) ?: load_blob();
	if (!ret)
		ret = alloc_blocks();
	if (!ret)
		ret = first_cpu_up();
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

const u8 host_pa_bits[] = { 32, 36, 40, 42, 44, 48 };

unsigned int host_pa_range(void)
{
	u64 range = id_field(read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1), 0);

	return min_t(u64, range, ARRAY_SIZE(host_pa_bits) - 1);
}

unsigned int arch_host_ipa_bits(void)
{
	return host_pa_bits[host_pa_range()];
}

bool arch_has_fwb(void)
{
	return id_field(read_sanitised_ftr_reg(SYS_ID_AA64MMFR2_EL1), 40) >= 1;
}

bool arch_has_dic(void)
{
	return read_sanitised_ftr_reg(SYS_CTR_EL0) & BIT(29);
}
