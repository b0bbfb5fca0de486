/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ARMv7 keeps in every VM and vCPU, and its smallest accessors.
 */
#ifndef ARMVIRT_ARM_TYPES_H
#define ARMVIRT_ARM_TYPES_H

#include <linux/types.h>

#include "vmid.h"
#include "hyp/hyp.h"

#define arch_pc(vcpu)	((u64)(vcpu)->hyp->pc)
#define arch_esr(vcpu)	((vcpu)->hyp->esr)
#define arch_far(vcpu)	((vcpu)->hyp->far)

/* HYP translates 32-bit virtual addresses. */
#define ARCH_HYP_VA_BITS	32

#define AV_NR_IDREGS	16	/* (c0, 0, c1..c2, 0..7) */

/* ARMv7 state of a VM */
struct arch_vm {
	struct vmid vmid;
	u32 idregs[AV_NR_IDREGS];	/* as the guest sees them, by (CRm - 1) * 8 + opc2 */
	unsigned long features;	/* of the first VCPU_INIT; all vCPUs must agree (vm->lock) */
	bool features_set;	/* features is valid */
	u64 fw_psci_version;	/* these two: see smccc.c */
	u64 fw_bmap[3];
};

/* ARMv7 state of a vCPU that HYP does not need */
struct arch_vcpu {
	unsigned long lines;	/* IRQ (bit 0) and FIQ (bit 1) inputs, without a GIC; atomic bits */
};

#endif
