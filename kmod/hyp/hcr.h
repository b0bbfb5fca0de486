/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HCR_EL2 (ARM ARM D19.2) as far as the HCR of ARMv7 (DDI 0406C, B4.1.65) has the same bits, under
 * the names of AArch64, and the traps of all guests; named here because the kernel renamed its own
 * in 6.16.
 */
#ifndef ARMVIRT_HYP_HCR_H
#define ARMVIRT_HYP_HCR_H

#include <linux/bits.h>

#define AV_HCR_VM		BIT_ULL(0)	/* stage 2 on */
#define AV_HCR_SWIO		BIT_ULL(1)	/* set/way invalidate becomes clean+invalidate */
#define AV_HCR_PTW		BIT_ULL(2)	/* no stage-1 walk through device memory */
#define AV_HCR_FMO		BIT_ULL(3)
#define AV_HCR_IMO		BIT_ULL(4)
#define AV_HCR_AMO		BIT_ULL(5)
#define AV_HCR_VF		BIT_ULL(6)
#define AV_HCR_VI		BIT_ULL(7)
#define AV_HCR_VSE		BIT_ULL(8)	/* a virtual SError; ARMv7: VA, an abort */
#define AV_HCR_FB		BIT_ULL(9)	/* guest's TLB and I-cache ops reach all CPUs */
#define AV_HCR_BSU_IS		BIT_ULL(10)	/* its barriers cover the inner shareable domain */
#define AV_HCR_TWI		BIT_ULL(13)
#define AV_HCR_TWE		BIT_ULL(14)
#define AV_HCR_TID1		BIT_ULL(16)	/* REVIDR, AIDR */
#define AV_HCR_TID2		BIT_ULL(17)	/* CTR, CCSIDR, CLIDR, CSSELR */
#define AV_HCR_TID3		BIT_ULL(18)	/* every feature ID register */
#define AV_HCR_TSC		BIT_ULL(19)
#define AV_HCR_TIDCP		BIT_ULL(20)	/* implementation defined space */
#define AV_HCR_TACR		BIT_ULL(21)
#define AV_HCR_TSW		BIT_ULL(22)
#define AV_HCR_TVM		BIT_ULL(26)	/* writes of translation controls */

/*
 * For every guest: interrupts and SErrors (asynchronous aborts) of the machine come to EL2;
 * everything a guest must not do or see for itself traps.  CPACR, the floating-point registers,
 * TLB and cache maintenance by address are the guest's own.
 */
#define AV_HCR_GUEST \
	(AV_HCR_VM | AV_HCR_SWIO | AV_HCR_PTW | AV_HCR_FMO | AV_HCR_IMO | AV_HCR_AMO | \
	 AV_HCR_FB | AV_HCR_BSU_IS | AV_HCR_TWI | AV_HCR_TWE | AV_HCR_TID3 | AV_HCR_TSC | \
	 AV_HCR_TIDCP | AV_HCR_TACR | AV_HCR_TSW)

/* MDCR_EL2, and HDCR of ARMv7 */
#define AV_MDCR_TPMCR		BIT_ULL(5)	/* performance monitors */
#define AV_MDCR_TPM		BIT_ULL(6)
#define AV_MDCR_TDA		BIT_ULL(9)	/* debug */
#define AV_MDCR_TDOSA		BIT_ULL(10)
#define AV_MDCR_TDRA		BIT_ULL(11)

/* Not TDE: BRK or BKPT, and what else a guest debugs itself with, goes to its own EL1. */
#define AV_MDCR_GUEST \
	(AV_MDCR_TPMCR | AV_MDCR_TPM | AV_MDCR_TDA | AV_MDCR_TDOSA | AV_MDCR_TDRA)

#endif
