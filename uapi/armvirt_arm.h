/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What 32-bit ARM has of its own in the interface of /dev/armvirt: the targets and features of
 * VCPU_INIT, and the registers of one-reg. To be included by armvirt.h.
 */
#ifndef _UAPI_ARMVIRT_ARM_H
#define _UAPI_ARMVIRT_ARM_H

#include <linux/types.h>

#define ARMVIRT_ARM_TARGET_CORTEX_A15	0
#define ARMVIRT_ARM_TARGET_CORTEX_A7	1
#define ARMVIRT_ARM_VCPU_PSCI_0_2	1	/* PSCI 0.2 and later; without it 0.1 */

#define ARMVIRT_REG_ARM_NATIVE		ARMVIRT_REG_ARM

/* Each U32. A bank is R13 and R14 of the mode and its SPSR; FIQ has R8 to R14 before the SPSR. */
struct armvirt_regs {
	struct {
		__u32 uregs[18];	/* r0..r12, SP and LR of User mode, PC, CPSR, unused */
	} usr_regs;
	__u32 svc_regs[3];
	__u32 abt_regs[3];
	__u32 und_regs[3];
	__u32 irq_regs[3];
	__u32 fiq_regs[8];
};

/* Classes 14 and 15, coprocessor registers: the fields of MRC and MCR; a U64's those of MRRC. */
#define ARMVIRT_ARM_CP_REG32(cp, op1, crn, crm, op2)					\
	(ARMVIRT_REG_ARM | ARMVIRT_REG_SIZE_U32 | ((cp) & 15) << 16 |			\
	 ((crn) & 15) << 11 | ((crm) & 15) << 7 | ((op1) & 15) << 3 | ((op2) & 7))
#define ARMVIRT_ARM_CP_REG64(cp, op1, crm)						\
	(ARMVIRT_REG_ARM | ARMVIRT_REG_SIZE_U64 | ((cp) & 15) << 16 |			\
	 ((crm) & 15) << 7 | ((op1) & 15) << 3)
#define ARMVIRT_ARM_CP15_REG32(op1, crn, crm, op2)	ARMVIRT_ARM_CP_REG32(15, op1, crn, crm, op2)
#define ARMVIRT_ARM_CP15_REG64(op1, crm)		ARMVIRT_ARM_CP_REG64(15, op1, crm)

/* The timers. CNT of the virtual timer reads and sets the guest's counter. */
#define ARMVIRT_REG_ARM_PTIMER_CTL	ARMVIRT_ARM_CP15_REG32(0, 14, 2, 1)
#define ARMVIRT_REG_ARM_PTIMER_CVAL	ARMVIRT_ARM_CP15_REG64(2, 14)
#define ARMVIRT_REG_ARM_PTIMER_CNT	ARMVIRT_ARM_CP15_REG64(0, 14)
#define ARMVIRT_REG_ARM_TIMER_CTL	ARMVIRT_ARM_CP15_REG32(0, 14, 3, 1)
#define ARMVIRT_REG_ARM_TIMER_CVAL	ARMVIRT_ARM_CP15_REG64(3, 14)
#define ARMVIRT_REG_ARM_TIMER_CNT	ARMVIRT_ARM_CP15_REG64(1, 14)

/* Class VFP: D0 to D31, each U64, and these, each U32. */
#define ARMVIRT_REG_ARM_VFP_BASE_REG	0x0
#define ARMVIRT_REG_ARM_VFP_FPSID	0x1000
#define ARMVIRT_REG_ARM_VFP_FPSCR	0x1001
#define ARMVIRT_REG_ARM_VFP_MVFR1	0x1006
#define ARMVIRT_REG_ARM_VFP_MVFR0	0x1007
#define ARMVIRT_REG_ARM_VFP_FPEXC	0x1008
#define ARMVIRT_REG_ARM_VFP_FPINST	0x1009
#define ARMVIRT_REG_ARM_VFP_FPINST2	0x100a

#endif /* _UAPI_ARMVIRT_ARM_H */
