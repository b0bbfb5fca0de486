/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the host and EL2 (on ARMv7: HYP) say to each other on both architectures: the numbered
 * calls, why a guest was left, a vCPU's flags, and its interrupt controller.  The rest of the
 * contract is registers, in the architecture's hyp/hyp.h, which includes this.
 */
#ifndef ARMVIRT_HYP_ABI_H
#define ARMVIRT_HYP_ABI_H

/*
 * Calls from the host (nVHE: HVC #0 with the number in x0; VHE: a function
 * call).  0..3 are the hyp-stub ABI of the host kernel, which our vectors go
 * on answering (Documentation/virt/kvm/arm/hyp-abi.rst).
 */
#define HYP_STUB_SET_VECTORS	0	/* x1: PA of vectors; gives EL2 back */
#define HYP_STUB_SOFT_RESTART	1	/* x1: PA to enter at EL2, MMU off */
#define HYP_STUB_RESET_VECTORS	2	/* gives EL2 back to the stub */
#define HYP_STUB_NR		4
#define HYP_STUB_ERR		0xbadca11

/* A vCPU is named by its hyp_vcpu and, for VHE, the hyp_cpu of this CPU. */
#define HYP_CALL_BASE		0x41560000	/* "AV": far from any stub call */
#define HYP_RUN			0	/* vCPU; returns HYP_EXIT_* */
#define HYP_TLB_IPA		1	/* x1: vttbr, x2: IPA, x3: end, x4: stride */
#define HYP_TLB_VMID		2	/* x1: vttbr */
#define HYP_TLB_ALL		3	/* every guest translation, all CPUs */
#define HYP_TLB_EL2		4	/* x1: VA; EL2's own map, all CPUs */
#define HYP_GIC_INIT		5	/* empties the list registers; returns ICH_VTR_EL2 */
#define HYP_GIC_PUT		6	/* vCPU: save VMCR and APRs */
#define HYP_LOAD		7	/* vCPU: CNTVOFF_EL2; VHE: its EL1 registers too */
#define HYP_VERSION		8	/* returns HYP_CALL_BASE: vectors are ours */
#define HYP_TLB_CPU		9	/* x1: vttbr; this CPU's translations and I-cache */
#define HYP_PUT			10	/* vCPU */

/* Why the guest was left: return value of HYP_RUN. */
#define HYP_EXIT_SYNC		0	/* exception with a syndrome in esr */
#define HYP_EXIT_IRQ		1	/* a physical interrupt is pending */
#define HYP_EXIT_SERROR		2	/* SError taken from the guest */
#define HYP_EXIT_BUG		3	/* unexpected exception at EL2 itself; see hyp_cpu.bug */
#define HYP_EXIT_LOST		4	/* EL2 was not ours any more (CPU going down): retry */
#define HYP_EXIT_FP		5	/* the guest wants FP; the host's state is not safe yet */

/* hyp_vcpu.flags */
#define HYP_VCPU_PAUTH		(1 << 0)	/* switch the pointer authentication keys */
#define HYP_VCPU_FP		(1 << 1)	/* guest's FP is in the registers (EL2's own) */
#define HYP_VCPU_GICV3		(1 << 2)	/* load gic.* into the ICH registers */
#define HYP_VCPU_GIC_LOADED	(1 << 3)	/* VMCR/APRs live in hardware (EL2's own) */

#define HYP_VCPU_FP_CLAIMED	(1 << 6)	/* host's FP is in memory: EL2 may load ours */
#define HYP_VCPU_PCT_TRAP	(1 << 4)	/* trap the physical counter (it has an offset) */
#define HYP_VCPU_SMCCC_FAST	(1 << 5)	/* EL2 may answer calls that nobody implements */

#define HYP_VCPU_A32		(1 << 7)	/* arm64: EL1 is AArch32, with state of its own */

#define HYP_MAX_LRS		16

#ifndef __ASSEMBLY__
#include <linux/types.h>

/* A vCPU's CPU interface state: a GICv3's as EL2 loads it, a GICv2's as host code does. */
struct hyp_gic {
	/* [0, used) are written before entry and read back after exit, with what the guest did */
	u64 lr[HYP_MAX_LRS];
	u32 used;
	u32 hcr;	/* ICH_HCR_EL2 to run with (En and the maintenance enables) */
	u32 eoicount;	/* ICH_HCR_EL2.EOIcount read at exit */
	/* Loaded at the first entry after a put, saved by HYP_GIC_PUT. */
	u32 vmcr;
	u32 ap0r[4];
	u32 ap1r[4];
	u32 nr_apr;	/* how many of each exist (1, 2 or 4: from ICH_VTR_EL2.PREbits) */
	u32 pad;
};

/*
 * Calls of an owner that nobody serves (SiP, OEM, trusted applications and operating systems, and
 * the ranges in between; SMCCC 2.5) need no state to be answered: they are not supported.
 */
static inline bool hyp_call_unserved(u32 flags, u32 fn)
{
	u32 owner = (fn >> 24) & 0x3f;

	return flags & HYP_VCPU_SMCCC_FAST && fn >> 31 &&
	       owner != 0 && owner != 4 && owner != 5 && owner != 6;
}

#endif /* !__ASSEMBLY__ */
#endif
