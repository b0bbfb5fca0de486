/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the bodies at HYP share: how its registers are reached.
 */
#ifndef ARMVIRT_ARM_HYP_WORLD_H
#define ARMVIRT_ARM_HYP_WORLD_H

#include <linux/types.h>
#include <linux/bits.h>
#include <asm/barrier.h>

#include "hyp.h"

#define HYP(name)	hyp_##name

/* A register is named by opc1, CRn, CRm, opc2 of MRC, or by opc1, CRm of MRRC. */
#define cp_read(op1, crn, crm, op2)						\
({										\
	u32 val_;								\
										\
	asm volatile("mrc p15, " #op1 ", %0, " #crn ", " #crm ", " #op2		\
		     : "=r" (val_) :: "memory");				\
	val_;									\
})
#define cp_write(val, op1, crn, crm, op2)					\
	asm volatile("mcr p15, " #op1 ", %0, " #crn ", " #crm ", " #op2		\
		     :: "r" ((u32)(val)) : "memory")
#define cp_read64(op1, crm)							\
({										\
	u64 val_;								\
										\
	asm volatile("mrrc p15, " #op1 ", %Q0, %R0, " #crm : "=r" (val_) :: "memory"); \
	val_;									\
})
#define cp_write64(val, op1, crm)						\
	asm volatile("mcrr p15, " #op1 ", %Q0, %R0, " #crm :: "r" ((u64)(val)) : "memory")

#define read_reg(...)		cp_read(__VA_ARGS__)
#define write_reg(val, ...)	cp_write(val, __VA_ARGS__)

#define REG_MIDR		0, c0, c0, 0
#define REG_MPIDR		0, c0, c0, 5
#define REG_VPIDR		4, c0, c0, 0
#define REG_VMPIDR		4, c0, c0, 5
#define REG_CPACR		0, c1, c0, 2
#define REG_TTBCR		0, c2, c0, 2
#define REG_HCR			4, c1, c1, 0
#define REG_HDCR		4, c1, c1, 1
#define REG_HCPTR		4, c1, c1, 2
#define REG_HSTR		4, c1, c1, 3
#define REG_VTCR		4, c2, c1, 2
#define REG_HSR			4, c5, c2, 0
#define REG_HDFAR		4, c6, c0, 0
#define REG_HIFAR		4, c6, c0, 2
#define REG_HPFAR		4, c6, c0, 4
#define REG_HVBAR		4, c12, c0, 0
#define REG_CNTHCTL		4, c14, c1, 0
#define REG_ICC_HSRE		4, c12, c9, 5
#define REG_ICH_AP0R(n)		4, c12, c8, n
#define REG_ICH_AP1R(n)		4, c12, c9, n
#define REG_ICH_HCR		4, c12, c11, 0
#define REG_ICH_VTR		4, c12, c11, 1
#define REG_ICH_VMCR		4, c12, c11, 7

/* For hyp/gic.c and hyp/calls.c, which arm64 builds too. */
#define ich_read(...)		cp_read(__VA_ARGS__)
#define ich_write(val, ...)	cp_write(val, __VA_ARGS__)
#define this_hyp_cpu(arg)	((struct hyp_cpu *)cp_read(4, c13, c0, 2))

/* A list register is two: ICH_LR<n> and, above it, ICH_LRC<n>. */
#define ich_read_lr(n)								\
({										\
	u32 lo_, hi_;								\
										\
	asm volatile("mrc p15, 4, %0, c12, c%c2, %c4\n\t"			\
		     "mrc p15, 4, %1, c12, c%c3, %c4"				\
		     : "=&r" (lo_), "=r" (hi_)					\
		     : "i" (12 + ((n) >> 3)), "i" (14 + ((n) >> 3)), "i" ((n) & 7)); \
	(u64)hi_ << 32 | lo_;							\
})
#define ich_write_lr(n, val)							\
	asm volatile("mcr p15, 4, %Q0, c12, c%c1, %c3\n\t"			\
		     "mcr p15, 4, %R0, c12, c%c2, %c3"				\
		     :: "r" ((u64)(val)), "i" (12 + ((n) >> 3)),		\
			"i" (14 + ((n) >> 3)), "i" ((n) & 7) : "memory")

/* entry.S */
int enter_guest(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu);
void take_aborts(struct hyp_cpu *cpu);
void translate(struct hyp_cpu *cpu, u32 va);
void fp_save(struct hyp_fp *fp, bool d32);
void fp_load(const struct hyp_fp *fp, bool d32);

u64 HYP(call)(unsigned long nr, u64 a1, u64 a2, u64 a3, u64 a4);	/* hyp/calls.c */
void hyp_rescue(struct hyp_cpu *cpu);			/* world.c */

#endif
