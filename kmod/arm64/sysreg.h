/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System registers of a guest: what sysreg.c and idreg.c offer to the trap
 * handlers, to reset and to one-reg, and the trap control bits of EL2 which
 * decide what is trapped.  A register is named by its MRS encoding, packed as
 * the one-reg interface packs it.
 */
#ifndef ARMVIRT_ARM64_SYSREG_H
#define ARMVIRT_ARM64_SYSREG_H

#include <linux/bits.h>
#include <linux/types.h>

#include "hyp/hcr.h"
#include "sysrow.h"

struct av_vm;
struct av_vcpu;

#define SR(op0, op1, crn, crm, op2) \
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define SR_OP1(enc)		(((enc) >> 11) & 7)
#define SR_CRM(enc)		(((enc) >> 3) & 15)
#define SR_OP2(enc)		((enc) & 7)

/* HCR_EL2, what AArch64 has beyond hyp/hcr.h */
#define AV_HCR_RW		BIT_ULL(31)
#define AV_HCR_TLOR		BIT_ULL(35)
#define AV_HCR_TERR		BIT_ULL(36)
#define AV_HCR_TEA		BIT_ULL(37)
#define AV_HCR_APK		BIT_ULL(40)	/* 1: keys are not trapped */
#define AV_HCR_API		BIT_ULL(41)	/* 1: PAC instructions are not trapped */
#define AV_HCR_FWB		BIT_ULL(46)

/* MDCR_EL2, the same */
#define AV_MDCR_TPMS		BIT_ULL(14)
#define AV_MDCR_TTRF		BIT_ULL(19)

/* sysreg.c; the table itself is as sysrow.h has it */
int sysreg_handle(struct av_vcpu *vcpu);	/* trapped MSR, MRS, SYS; put; 1: always resumes */
int sysreg_handle_fast(struct av_vcpu *vcpu);	/* loaded; 1 done, 0 left for sysreg_handle() */

/* DBGDIDR has no alias in AArch64: a name between those that are there. */
#define SR_DBGDIDR		SR(2, 0, 0, 0, 0)

/* cp.c: the same registers by AArch32's names; as sysreg_handle() */
int cp_handle(struct av_vcpu *vcpu);
int cp_handle_fast(struct av_vcpu *vcpu);

/* inject.c: exceptions for the guest; the vCPU is put */
void inject_undef(struct av_vcpu *vcpu);	/* an instruction that this machine does not have */
void inject_illegal_state(struct av_vcpu *vcpu);	/* fetched while PSTATE.IL was set */

/* idreg.c */
bool idreg_host_pauth(void);
bool idreg_host_ras(void);
bool idreg_host_aarch32(void);		/* at EL0 */
bool idreg_host_aarch32_el1(void);
u32 idreg_dbgdidr(struct av_vcpu *vcpu);
u64 idreg_ctr(void);
bool idreg_ctr_differs(void);	/* CPUs disagree about their caches; sleeps */

#endif
