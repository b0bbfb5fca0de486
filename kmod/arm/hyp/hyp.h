/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The whole contract between the host kernel's side of armvirt and the code
 * that runs at HYP (PL2) on ARMv7: one structure for each vCPU and one for each
 * physical CPU; the calls are in the shared hyp/abi.h.  These structures are
 * the only memory besides its own image that HYP has mapped, at virtual
 * addresses equal to the physical ones, which therefore lie below 4 GiB.
 */
#ifndef ARMVIRT_HYP_H
#define ARMVIRT_HYP_H

#include "../../hyp/abi.h"
#include "../cp15_list.h"

/* Offsets that assembly uses, and the compiler checks below. */
#define HYP_OFFSETS(X) \
	X(HYP_VCPU_SP_USR, 52, hyp_vcpu, r[13]) \
	X(HYP_VCPU_LR_USR, 56, hyp_vcpu, r[14]) \
	X(HYP_VCPU_PC, 60, hyp_vcpu, pc) \
	X(HYP_VCPU_CPSR, 64, hyp_vcpu, cpsr) \
	X(HYP_FP_FPSCR, 256, hyp_fp, fpscr) \
	X(HYP_CPU_FRAME, 4, hyp_cpu, frame) \
	X(HYP_CPU_VBAR, 8, hyp_cpu, vbar) \
	X(HYP_CPU_STACK, 12, hyp_cpu, stack) \
	X(HYP_CPU_TTBR, 16, hyp_cpu, ttbr) \
	X(HYP_CPU_TCR, 20, hyp_cpu, tcr) \
	X(HYP_CPU_MAIR, 24, hyp_cpu, mair) \
	X(HYP_CPU_SCTLR, 28, hyp_cpu, sctlr) \
	X(HYP_CPU_STUB_VBAR, 32, hyp_cpu, stub_vbar) \
	X(HYP_CPU_STUB_SCTLR, 36, hyp_cpu, stub_sctlr) \
	X(HYP_CPU_FEATURES, 40, hyp_cpu, features) \
	X(HYP_CPU_PANIC_VA, 44, hyp_cpu, panic_va) \
	X(HYP_CPU_SERROR, 48, hyp_cpu, serror) \
	X(HYP_CPU_BUG, 56, hyp_cpu, bug) \
	X(HYP_BUG_SEEN, 0, hyp_bug, seen) \
	X(HYP_BUG_VECTOR, 4, hyp_bug, vector) \
	X(HYP_BUG_HSR, 8, hyp_bug, hsr) \
	X(HYP_BUG_ELR, 12, hyp_bug, elr) \
	X(HYP_BUG_HDFAR, 16, hyp_bug, hdfar) \
	X(HYP_BUG_HIFAR, 20, hyp_bug, hifar) \
	X(HYP_BUG_HPFAR, 24, hyp_bug, hpfar) \
	X(HYP_BUG_SPSR, 28, hyp_bug, spsr) \
	X(HYP_BUG_SP, 32, hyp_bug, sp) \
	X(HYP_BUG_R0, 36, hyp_bug, r)

#ifdef __ASSEMBLY__
#define X(name, offset, type, member) .set name, offset;
HYP_OFFSETS(X)
#undef X
#endif

/* hyp_cpu.features: what this CPU has, found out once, when it is taken */
#define HYP_CPU_D32		(1 << 0)	/* d16..d31 exist */
#define HYP_CPU_GICV3		(1 << 5)	/* the ICH registers exist and are enabled */

/* hyp_cpu.serror: is an asynchronous abort at HYP expected (1), has it come (2)? */
#define HYP_SERROR_WAIT		1
#define HYP_SERROR_SEEN		2
#define HYP_SERROR_WALK		3		/* translate() */

#ifndef __ASSEMBLY__
#include <linux/types.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>

enum hyp_cp15 {
#define X(n, ...) CP15_##n,
	CP15_REGS_ORDERED(X)
	CP15_REGS32(X)
	CP15_REGS64(X)
	CP15_NR_SWITCHED,		/* what a host context holds ends here */
	CP15_SOFT_FIRST = CP15_NR_SWITCHED - 1,
	CP15_REGS_SOFT(X)
#undef X
	CP15_NR
};

/* What the exception modes have of their own. */
enum hyp_mode_bank { HYP_SVC, HYP_ABT, HYP_UND, HYP_IRQ, HYP_FIQ, HYP_NR_BANKS };

struct hyp_bank {
	u32 sp;
	u32 lr;
	u32 spsr;
};

struct hyp_banks {
	struct hyp_bank mode[HYP_NR_BANKS];
	u32 fiq_r[5];		/* r8_fiq..r12_fiq; r8..r12 of hyp_vcpu.r are the other modes' */
};

/* VFP and NEON registers. */
struct hyp_fp {
	u64 d[32];
	u32 fpscr;
	u32 fpexc;
};

/* Everything HYP may touch of one vCPU (its own pages). */
struct hyp_vcpu {
	u32 r[15];		/* r0..r12, SP_usr, LR_usr */
	u32 pc;			/* ELR_hyp while it runs */
	u32 cpsr;		/* SPSR_hyp while it runs; host code has made sure of the mode */
	u32 esr;		/* HSR of the last HYP_EXIT_SYNC or HYP_EXIT_SERROR */
	u32 far;		/* HDFAR, or HIFAR for an instruction abort, of the last abort */
	/*
	 * Faulting IPA, as HPFAR has it (IPA[39:12] at bit 4); valid for every abort from the
	 * guest: where the architecture leaves HPFAR unknown HYP has translated far itself.
	 */
	u32 hpfar;
	u64 cp15[CP15_NR];	/* by enum hyp_cp15 */
	struct hyp_banks banks;
	u32 hcr;		/* HCR to run with, AV_HCR_* */
	u32 hstr;
	u32 hcptr;		/* but TCP10 and TCP11 are HYP's */
	u32 hdcr;		/* trap bits for HDCR (HPMN is merged in by HYP) */
	u32 vtcr;
	u32 vmpidr;		/* what the guest reads as MPIDR */
	u32 vpidr;		/* what the guest reads as MIDR */
	u32 flags;		/* HYP_VCPU_* */
	u64 vttbr;		/* root table, VMID */
	u64 cntvoff;
	struct hyp_fp fp;	/* in memory whenever the host runs */
	struct hyp_gic gic;
};

/* Registers of an unexpected exception at HYP. */
struct hyp_bug {
	u32 seen;		/* counts those on this CPU */
	u32 vector;		/* 0..7 */
	u32 hsr;
	u32 elr;
	u32 hdfar;
	u32 hifar;
	u32 hpfar;
	u32 spsr;
	u32 sp;
	u32 r[13];
	u32 lr;
};

/* HYP's own state on one physical CPU (one page, plus a stack page). */
struct hyp_cpu {
	struct hyp_vcpu *vcpu;	/* the vCPU now in the guest, or NULL */
	u32 frame;		/* SP at guest entry: where the exit path unwinds to */
	u32 vbar;		/* our vectors while the host runs */
	u32 stack;		/* top of the HYP stack */
	u32 ttbr;		/* HYP's registers */
	u32 tcr;
	u32 mair;
	u32 sctlr;		/* the bits that are set in HSCTLR */
	u32 stub_vbar;		/* what the host's stub had, to be given back */
	u32 stub_sctlr;
	u32 features;		/* HYP_CPU_* */
	u32 panic_va;		/* host function to enter when HYP cannot be trusted */
	u32 serror;		/* HYP_SERROR_* */
	u32 guest_vbar;		/* our vectors while a guest runs */
	struct hyp_bug bug;
	/* What the host had when a guest began to run. */
	u64 host_cp15[CP15_NR_SWITCHED];
	struct hyp_banks host_banks;
	u32 host_hdcr;
	u32 host_hcptr;
	u32 host_dscr;
	u32 host_fpexc;
	u32 host_sre;
	u32 host_cnthctl;
};

#define X(name, offset, type, member) static_assert(offsetof(struct type, member) == (offset));
HYP_OFFSETS(X)
#undef X

#endif /* !__ASSEMBLY__ */
#endif
