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

#include "../../hyp/abi.h"
#include "../sysreg_list.h"

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
	SYSREGS_A32(X)
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
	u64 host_fgt[5];	/* FGT_REGS */
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
