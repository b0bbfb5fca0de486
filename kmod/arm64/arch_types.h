/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What arm64 keeps in every vCPU, and its smallest accessors.
 */
#ifndef ARMVIRT_ARM64_TYPES_H
#define ARMVIRT_ARM64_TYPES_H

#include <linux/types.h>

#include "hyp/hyp.h"

#define arch_pc(vcpu)	((vcpu)->hyp->pc)
#define arch_esr(vcpu)	((vcpu)->hyp->esr)
#define arch_far(vcpu)	((vcpu)->hyp->far)
#define arch_vsesr(vcpu)	((vcpu)->hyp->vsesr)

/* EL2 of an nVHE host could translate as much with each page size. */
#define ARCH_HYP_VA_BITS	48

#define AV_NR_IDREGS	56	/* (3, 0, 0, 1..7, 0..7) */
#define AV_NR_DBG	16

/* arm64 state of a vCPU that EL2 does not need */
struct arch_vcpu {
	bool sys_loaded;	/* VHE: the EL1 registers are in hardware, not in hyp->sys[] */
	u64 dbg[4 * AV_NR_DBG];	/* DBGBVR, DBGBCR, DBGWVR, DBGWCR values */
};

#endif
