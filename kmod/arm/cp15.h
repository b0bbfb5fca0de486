/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's side of ARMv7: coprocessor registers and how they are named, what idreg.c and
 * inject.c offer to the trap handlers, and the trap bits besides those of hyp/hcr.h.
 */
#ifndef ARMVIRT_ARM_CP15_H
#define ARMVIRT_ARM_CP15_H

#include <linux/bits.h>
#include <linux/types.h>

#include "hyp/hcr.h"
#include "sysrow.h"

struct av_vcpu;

/* As the one-reg interface packs the fields of MRC, with bit 15 for those of MRRC. */
#define CP_64			BIT(15)
#define CP32(cp, op1, crn, crm, op2) \
	((cp) << 16 | (crn) << 11 | (crm) << 7 | (op1) << 3 | (op2))
#define CP64(cp, op1, crm)	((cp) << 16 | CP_64 | (crm) << 7 | (op1) << 3)
#define CP_NR(enc)		((enc) >> 16)
#define CP_CRN(enc)		(((enc) >> 11) & 15)
#define CP_CRM(enc)		(((enc) >> 7) & 15)
#define CP_OP2(enc)		((enc) & 7)

/* A register of the host; volatile, since a write of another one may select it. */
#define read_cp(cp, op1, crn, crm, op2)						\
({										\
	u32 val_;								\
										\
	asm volatile("mrc p" #cp ", " #op1 ", %0, " #crn ", " #crm ", " #op2	\
		     : "=r" (val_));						\
	val_;									\
})
#define read_vfp(reg)	read_cp(10, 7, reg, c0, 0)	/* VMRS */
#define VFP_FPSID	c0
#define VFP_MVFR1	c6
#define VFP_MVFR0	c7

/* HSTR: traps by coprocessor register number, and ThumbEE's */
#define AV_HSTR_T15		BIT(15)		/* implementation defined */
#define AV_HSTR_TTEE		BIT(16)

/* HCPTR */
#define AV_HCPTR_TTA		BIT(20)		/* trace */
#define AV_HCPTR_TCP_OTHER	0x33ff		/* all coprocessors but 10, 11, and 14, 15 */

/* cp15.c; the table itself is as sysrow.h has it */
int cp15_handle(struct av_vcpu *vcpu);		/* trapped MCR.. MRRC; put; 1: always resumes */
int cp15_handle_fast(struct av_vcpu *vcpu);	/* loaded; 1 done, 0 left for cp15_handle() */

/* inject.c: the vCPU is put */
void inject_undef(struct av_vcpu *vcpu);	/* an instruction that this machine does not have */

/* idreg.c */
bool idreg_d32(void);			/* the host has d16..d31 */

#endif
