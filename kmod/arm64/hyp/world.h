/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the bodies at EL2 share: names for the two builds, and register access.
 * HYP_VHE is 1 or 0 at compile time; nothing at EL2 asks at run time.
 */
#ifndef ARMVIRT_HYP_WORLD_H
#define ARMVIRT_HYP_WORLD_H

#include <linux/types.h>
#include <linux/bits.h>
#include <asm/barrier.h>
#include <asm/sysreg.h>

#include "hyp.h"

#if HYP_VHE
#define HYP(name)	hyp_##name##_vhe
#define EL1(name)	SYS_##name##_EL12
/* EL2's own, by the redirection of HCR_EL2.E2H; CPTR_EL2 has the layout of CPACR_EL1 then. */
#define EL2_VBAR	vbar_el1
#define EL2_CPTR	cpacr_el1
/* Trace and activity monitors trap; FPEN. */
#define CPTR_GUEST	(BIT(28) | BIT(30) | 3UL << 20)
#define CPTR_GUEST_NOFP	(BIT(28) | BIT(30))
#else
#define HYP(name)	hyp_##name##_nvhe
#define EL1(name)	SYS_##name##_EL1
#define EL2_VBAR	vbar_el2
#define EL2_CPTR	cptr_el2
/* RES1 bits (which trap SVE and SME), trace, activity monitors; TFP. */
#define CPTR_GUEST	(0x33ffUL | BIT(20) | BIT(30))
#define CPTR_GUEST_NOFP	(CPTR_GUEST | BIT(10))
#endif

/* Registers that not every supported kernel's sysreg.h names. */
#define REG_HFGRTR		sys_reg(3, 4, 1, 1, 4)
#define REG_HFGWTR		sys_reg(3, 4, 1, 1, 5)
#define REG_HFGITR		sys_reg(3, 4, 1, 1, 6)
#define REG_HDFGRTR		sys_reg(3, 4, 3, 1, 4)
#define REG_HDFGWTR		sys_reg(3, 4, 3, 1, 5)
#define REG_HCRX			sys_reg(3, 4, 1, 2, 2)
#define REG_PMSCR		sys_reg(3, 0, 9, 9, 0)
#define REG_PMBLIMITR	sys_reg(3, 0, 9, 10, 0)
#define REG_TRFCR		sys_reg(3, 0, 1, 2, 1)
#define REG_TRBLIMITR	sys_reg(3, 0, 9, 11, 0)
#define REG_DISR		sys_reg(3, 0, 12, 1, 1)
#define REG_VSESR_EL2		sys_reg(3, 4, 5, 2, 3)
#define REG_VDISR_EL2		sys_reg(3, 4, 12, 1, 1)
#define REG_ICH_AP0R(n)		sys_reg(3, 4, 12, 8, n)
#define REG_ICH_AP1R(n)		sys_reg(3, 4, 12, 9, n)
#define REG_ICC_SRE		sys_reg(3, 4, 12, 9, 5)
#define REG_ICH_HCR		sys_reg(3, 4, 12, 11, 0)
#define REG_ICH_VTR		sys_reg(3, 4, 12, 11, 1)
#define REG_ICH_VMCR		sys_reg(3, 4, 12, 11, 7)
#define REG_ICH_LR(n)		sys_reg(3, 4, 12, 12 + ((n) >> 3), (n) & 7)

#define BIT_HCR_VSE		(1UL << 8)
#define BIT_HCR_TGE		(1UL << 27)
#define BIT_VTCR_VS		(1UL << 19)
#define BIT_SCTLR_M		1UL
#define BIT_ISR_A		(1UL << 8)
#define BIT_HCR_E2H		(1UL << 34)

/*
 * No table walk through TTBR0_EL1 or TTBR1_EL1: TCR_EL1.EPD0 and EPD1, and as AArch32 has TTBCR
 * without EAE, PD0 and PD1. They are bits of T0SZ otherwise, which counts for walks only.
 */
#define TCR_NO_WALKS		((1UL << 7) | (1UL << 23) | (3UL << 4))

/* For hyp/gic.c and hyp/calls.c, which ARMv7 builds too. */
#define ich_read(reg)			read_sysreg_s(reg)
#define ich_write(val, reg)		write_sysreg_s(val, reg)
#define ich_read_lr(n)			read_sysreg_s(REG_ICH_LR(n))
#define ich_write_lr(n, val)		write_sysreg_s(val, REG_ICH_LR(n))
#define this_hyp_cpu(arg) \
	((struct hyp_cpu *)(HYP_VHE ? (arg) : read_sysreg(tpidr_el2)))

/* entry.S */
int HYP(enter_guest)(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu);
void HYP(translate)(u64 va);
void HYP(unmask_serror)(void);
void HYP(fp_save)(struct hyp_fp *fp);
void HYP(fp_load)(const struct hyp_fp *fp);

u64 HYP(call)(unsigned long nr, u64 a1, u64 a2, u64 a3, u64 a4);	/* calls.c */
void hyp_rescue_nvhe(struct hyp_cpu *cpu);		/* world.c */

#endif
