// SPDX-License-Identifier: GPL-2.0
/*
 * The complete list of what an nVHE host can ask of EL2.  Numbers are checked
 * by the caller in entry_nvhe.S.
 */
#define HYP_VHE 0
#include <linux/types.h>

#include "world.h"

static inline struct hyp_cpu *this_cpu_block(void)
{
	return (struct hyp_cpu *)read_sysreg(tpidr_el2);
}

static inline void tlb_el2(u64 va)
{
	asm volatile("tlbi vae2is, %0" :: "r" ((va >> 12) & 0xfffffffffffUL) : "memory");
	dsb(ish);
	isb();
}

u64 hyp_call_nvhe(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4)
{
	switch (nr) {
	case HYP_RUN:
		return hyp_run_nvhe((struct hyp_vcpu *)a1, this_cpu_block());
	case HYP_TLB_IPA:
		hyp_tlb_ipa_nvhe(a1, a2, a3, a4);
		return 0;
	case HYP_TLB_VMID:
		hyp_tlb_vmid_nvhe(a1);
		return 0;
	case HYP_TLB_CPU:
		hyp_tlb_cpu_nvhe(a1);
		return 0;
	case HYP_TLB_ALL:
		hyp_tlb_all_nvhe();
		return 0;
	case HYP_TLB_EL2:
		tlb_el2(a1);
		return 0;
	case HYP_GIC_VTR:
		return read_sysreg_s(REG_ICH_VTR);
	case HYP_GIC_PUT:
		hyp_gic_put_nvhe((struct hyp_vcpu *)a1);
		return 0;
	case HYP_CNTVOFF:
		write_sysreg(a1, cntvoff_el2);
		isb();
		return 0;
	case HYP_VERSION:
		return HYP_CALL_BASE;
	}
	return HYP_STUB_ERR;
}
