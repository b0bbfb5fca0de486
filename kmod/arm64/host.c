// SPDX-License-Identifier: GPL-2.0
/*
 * What the host's CPUs are on arm64: is EL2 there and free, and what each CPU's
 * EL2 needs to know.  How it is taken and given back is hypcpu.c's.
 */
#include <linux/arm-smccc.h>
#include <linux/namei.h>

#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/neon.h>

#include "armvirt.h"
#include "host.h"
#include "sysreg.h"

extern char hyp_guest_vectors_vhe[];

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
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd4d), 38 },	/* Cortex-A715 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd4e), 132 },	/* Cortex-X3 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd4f), 132 },	/* Neoverse-V2 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd81), 38 },	/* Cortex-A720 */
	{ MIDR_CPU_MODEL(ARM_CPU_IMP_ARM, 0xd0e), 24 },	/* Cortex-A76AE */
	{ MIDR_CPU_MODEL(0x51, 0x804), 24 },		/* Kryo 4xx Gold */
	{ MIDR_CPU_MODEL(0xc0, 0xac3), 11 },		/* Ampere1 */
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

void host_cpu_features(struct hyp_cpu *block)
{
	block->features = cpu_features();
	block->bhb_loops = block->features & HYP_CPU_WA3 ? 0 : bhb_loops();
}

void host_el2_regs(struct hyp_cpu *block, const struct blob_head *head, phys_addr_t base)
{
	block->vbar = base + head->host_vectors;
	block->guest_vbar = base + head->guest_vectors;
	block->tcr = s2pt_tcr_el2(&hypmap) | host_pa_range() << 16;
	block->mair = S2PT_MAIR_EL2;
	/* RES1 bits, and M, C, SA, I, WXN */
	block->sctlr = 0x30c50830UL | BIT(0) | BIT(2) | BIT(3) | BIT(12) | BIT(19);
}

int host_take_vhe(struct hyp_cpu *block)
{
	block->guest_vbar = (u64)hyp_guest_vectors_vhe;
	/* Nothing that a guest left before the CPU went down may be hit. */
	asm volatile("tlbi alle1; dsb nsh; isb" ::: "memory");
	return 0;
}

void host_give_vhe(void)
{
	write_sysreg(0, vttbr_el2);	/* the last guest's until now */
}

/*
 * The guest uses FP for the first time since its load.  The registers may still hold a user
 * thread's state, SVE's part included, which only the kernel knows how to save.  Beginning to use
 * NEON makes it do that and forget that they were anybody's; between exits the guest's state is in
 * memory, so interrupts may use NEON as they like.
 */
void arch_vcpu_claim_fp(struct av_vcpu *vcpu)
{
	struct user_fpsimd_state unused;

	kernel_neon_begin(&unused);
	kernel_neon_end(&unused);
	vcpu->hyp->flags |= HYP_VCPU_FP_CLAIMED;
}

/* --- bugs at EL2 ----------------------------------------------------------- */

void host_print_bug(const struct hyp_cpu *block)
{
	const struct hyp_bug *bug = &block->bug;
	int i;

	pr_emerg("armvirt: unexpected exception at EL2 on CPU %d: vector %llu ESR %#llx ELR %#llx FAR %#llx HPFAR %#llx SPSR %#llx SP %#llx\n",
		 raw_smp_processor_id(), bug->vector, bug->esr, bug->elr, bug->far,
		 bug->hpfar, bug->spsr, bug->sp);
	pr_emerg("armvirt: EL2 text at %#llx\n",
		 is_kernel_in_hyp_mode() ? (u64)hyp_guest_vectors_vhe : (u64)hypcpu_text());
	for (i = 0; i < 31; i += 3)
		pr_emerg("armvirt: x%-2d %016llx %016llx %016llx\n", i, bug->x[i],
			 i + 1 < 31 ? bug->x[i + 1] : 0, i + 2 < 31 ? bug->x[i + 2] : 0);
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
