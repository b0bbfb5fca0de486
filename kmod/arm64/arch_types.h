/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What arm64 keeps in every VM and vCPU, and its smallest accessors.
 */
#ifndef ARMVIRT_ARM64_TYPES_H
#define ARMVIRT_ARM64_TYPES_H

#include <linux/types.h>

#include "vmid.h"
#include "hyp/hyp.h"

#define arch_pc(vcpu)	((vcpu)->hyp->pc)
#define arch_esr(vcpu)	((vcpu)->hyp->esr)
#define arch_far(vcpu)	((vcpu)->hyp->far)

/* EL2 of an nVHE host could translate as much with each page size. */
#define ARCH_HYP_VA_BITS	48

#define AV_NR_IDREGS	56	/* (3, 0, 0, 1..7, 0..7) */
#define AV_NR_DBG	16

/* arm64 state of a VM */
struct arch_vm {
	struct vmid vmid;
	u64 idregs[AV_NR_IDREGS];	/* as the guest sees them, by (CRm - 1) * 8 + op2 */
	unsigned long features;	/* of the first VCPU_INIT; all vCPUs must agree (vm->lock) */
	bool features_set;	/* features is valid */
	u64 fw_psci_version;	/* these two: see smccc.c */
	u64 fw_bmap[3];
};

/* arm64 state of a vCPU that EL2 does not need */
struct arch_vcpu {
	bool sys_loaded;	/* VHE: the EL1 registers are in hardware, not in hyp->sys[] */
	u64 dbg[4 * AV_NR_DBG];	/* DBGBVR, DBGBCR, DBGWVR, DBGWCR values */
	unsigned long lines;	/* IRQ (bit 0) and FIQ (bit 1) inputs, without a GIC; atomic bits */
};

#endif
