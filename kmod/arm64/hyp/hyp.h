/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The whole contract between the host kernel's side of armvirt and the code
 * that runs at EL2 on arm64: one structure for each vCPU, one for each
 * physical CPU, and a numbered list of calls.  Nothing else is shared.
 *
 * On an nVHE host these structures are the only memory besides its own image
 * that EL2 has mapped, at virtual addresses equal to the physical ones.  On a
 * VHE host the same code runs on the kernel's own mappings.
 */
#ifndef ARMVIRT_HYP_H
#define ARMVIRT_HYP_H

#include "../sysreg_list.h"

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
#define HYP_GIC_VTR		5	/* returns ICH_VTR_EL2 */
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

#define HYP_MAX_LRS		16

/* Offsets that assembly uses, and the compiler checks below. */
#define HYP_OFFSETS(X) \
	X(HYP_VCPU_PC, 248, hyp_vcpu, pc) \
	X(HYP_VCPU_PSTATE, 256, hyp_vcpu, pstate) \
	X(HYP_VCPU_SP_EL0, 296, hyp_vcpu, sys[HSR_SP_EL0]) \
	X(HYP_FP_FPSR, 512, hyp_fp, fpsr) \
	X(HYP_CPU_FRAME, 8, hyp_cpu, frame) \
	X(HYP_CPU_STUB_VBAR, 16, hyp_cpu, stub_vbar) \
	X(HYP_CPU_VBAR, 24, hyp_cpu, vbar) \
	X(HYP_CPU_STACK, 32, hyp_cpu, stack) \
	X(HYP_CPU_TTBR, 40, hyp_cpu, ttbr) \
	X(HYP_CPU_TCR, 48, hyp_cpu, tcr) \
	X(HYP_CPU_MAIR, 56, hyp_cpu, mair) \
	X(HYP_CPU_SCTLR, 64, hyp_cpu, sctlr) \
	X(HYP_CPU_FEATURES, 72, hyp_cpu, features) \
	X(HYP_CPU_BHB_LOOPS, 80, hyp_cpu, bhb_loops) \
	X(HYP_CPU_PANIC_VA, 88, hyp_cpu, panic_va) \
	X(HYP_CPU_BUG, 96, hyp_cpu, bug) \
	X(HYP_BUG_X0, 64, hyp_bug, x)

#ifdef __ASSEMBLY__
#define X(name, offset, type, member) .set name, offset;
HYP_OFFSETS(X)
#undef X
#endif

/* Offsets in struct hyp_bug; ESR, FAR and SPSR are the first of a pair */
#define HYP_BUG_SEEN		0
#define HYP_BUG_VECTOR		8
#define HYP_BUG_ESR		16
#define HYP_BUG_FAR		32
#define HYP_BUG_SPSR		48

/* hyp_cpu.features: read from the ID registers once, when the CPU is taken. */
#define HYP_CPU_SPE		(1 << 1)
#define HYP_CPU_TRBE		(1 << 2)
#define HYP_CPU_RAS		(1 << 3)
#define HYP_CPU_GICV3		(1 << 5)	/* the ICH registers exist and are enabled */
#define HYP_CPU_HCX		(1 << 6)
#define HYP_CPU_FGT		(1 << 7)
#define HYP_CPU_PAN		(1 << 4)
#define HYP_CPU_WA1		(1 << 8)	/* ARCH_WORKAROUND_1 on every exit */
#define HYP_CPU_WA3		(1 << 9)	/* the same for ARCH_WORKAROUND_3 */

#ifndef __ASSEMBLY__
#include <linux/types.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>

enum hyp_sysreg {
#define X(n) HSR_##n,
	SYSREGS_ENTRY(X)
#undef X
#define X(n) HSR_##n##_EL1,
	SYSREGS_EL12(X)
#undef X
#define X(n) HSR_##n,
	SYSREGS_PLAIN(X)
	HSR_NR_HOST,			/* what a host context holds ends here */
	HSR_PAUTH_FIRST = HSR_NR_HOST - 1,
	SYSREGS_PAUTH(X)
	HSR_NR_SWITCHED,
	HSR_SOFT_FIRST = HSR_NR_SWITCHED - 1,
	SYSREGS_SOFT(X)
#undef X
	HSR_NR
};

/* FP/SIMD registers, in the layout of struct user_fpsimd_state. */
struct hyp_fp {
	u64 v[64];	/* V0..V31, little-endian 128-bit values as pairs */
	u32 fpsr;
	u32 fpcr;
	u64 pad;
} __aligned(16);

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

/* Everything EL2 may touch of one vCPU (its own pages). */
struct hyp_vcpu {
	u64 x[31];
	u64 pc;			/* ELR_EL2 while it runs */
	u64 pstate;		/* SPSR_EL2 while it runs; host code has made sure of the mode */
	u64 esr;		/* ESR_EL2 of the last HYP_EXIT_SYNC or HYP_EXIT_SERROR */
	u64 far;		/* FAR_EL2 of the last abort */
	/*
	 * Faulting IPA, as HPFAR_EL2 has it (IPA[47:12] at bit 4); valid for every data or
	 * instruction abort from the guest: where the architecture leaves HPFAR_EL2 unknown EL2
	 * has translated far itself.
	 */
	u64 hpfar;
	u64 disr;		/* deferred SError syndrome */
	u64 sys[HSR_NR];	/* by enum hyp_sysreg */
	u64 hcr;		/* HCR_EL2 to run with (host code sets VSE, TWI, TWE as it needs) */
	u64 mdcr;		/* trap bits for MDCR_EL2 (HPMN is merged in by EL2) */
	u64 vttbr;		/* root table, VMID */
	u64 vtcr;
	u64 vmpidr;		/* what the guest reads as MPIDR_EL1 */
	u64 vpidr;		/* what the guest reads as MIDR_EL1 */
	u64 cntvoff;
	u64 vsesr;		/* syndrome of the virtual SError, where the CPU has RAS */
	u64 flags;		/* HYP_VCPU_* */
	struct hyp_fp fp;	/* in memory whenever the host runs */
	struct hyp_gic gic;
};

/* Registers of an unexpected exception at EL2. */
struct hyp_bug {
	u64 seen;		/* set when one has happened on this CPU */
	u64 vector;		/* 0..15 */
	u64 esr;
	u64 elr;
	u64 far;
	u64 hpfar;
	u64 spsr;
	u64 sp;
	u64 x[31];
};

/* EL2's own state on one physical CPU (one page, plus a stack page). */
struct hyp_cpu {
	struct hyp_vcpu *vcpu;	/* the vCPU now in the guest, or NULL */
	u64 frame;		/* SP at guest entry: where the exit path unwinds to */
	u64 stub_vbar;		/* VBAR_EL2 of the host's stub, to be given back (nVHE) */
	u64 vbar;		/* vectors while the host runs: ours (nVHE), or the kernel's */
	u64 stack;		/* top of the EL2 stack (nVHE) */
	/* EL2's registers (nVHE) */
	u64 ttbr;
	u64 tcr;
	u64 mair;
	u64 sctlr;
	u64 features;		/* what this CPU has: HYP_CPU_* */
	u64 bhb_loops;		/* to clear the branch history on the guest's way in, or 0 */
	u64 panic_va;		/* host function to enter when EL2 cannot be trusted (nVHE) */
	struct hyp_bug bug;
	u64 guest_vbar;		/* our vectors while a guest runs */
	/* What the host had when a guest began to run. */
	u64 host_sys[HSR_NR_HOST];	/* EL1 state (nVHE) */
	u64 host_pauth[10];	/* only if the guest has pointer authentication */
	u64 host_hcr;
	u64 host_hcrx;
	u64 host_hfgrtr;
	u64 host_hfgwtr;
	u64 host_sre;
	u64 host_mdcr;
	u64 host_cptr;
	u64 host_mdscr;
	u64 host_pmscr;
	u64 host_trfcr;
	u64 host_cnthctl;
};

#define X(name, offset, type, member) static_assert(offsetof(struct type, member) == (offset));
HYP_OFFSETS(X)
#undef X

#endif /* !__ASSEMBLY__ */
#endif
