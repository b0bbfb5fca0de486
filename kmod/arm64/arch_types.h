/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What arm64 keeps in every VM and vCPU, and its smallest accessors.
 */
#ifndef ARMVIRT_ARM64_TYPES_H
#define ARMVIRT_ARM64_TYPES_H

#include <linux/types.h>

#include "hyp/hyp.h"

#define arch_pc(vcpu)	((vcpu)->hyp->pc)
#define arch_esr(vcpu)	((vcpu)->hyp->esr)
#define arch_far(vcpu)	((vcpu)->hyp->far)

static inline void arch_set_flag(struct hyp_vcpu *hyp, u64 flag, bool on)
{
	hyp->flags = on ? hyp->flags | flag : hyp->flags & ~flag;
}

#define AV_NR_IDREGS	56	/* (3, 0, 0, 1..7, 0..7) */
#define AV_NR_DBG	16

/**
 * struct arch_vm - arm64 state of a VM
 * @vmid: current VMID, valid while @vmid_gen is the allocator's generation
 * @vmid_gen: generation of @vmid (see vmid.c)
 * @vtcr: VTCR_EL2 for this VM's IPA size
 * @last_vcpu: per CPU: index of the vCPU of this VM that it ran last, or -1
 * @idregs: ID registers as the guest sees them, by (CRm - 1) * 8 + op2
 * @features: vCPU features of the first VCPU_INIT; all vCPUs must agree (vm->lock)
 * @features_set: @features is valid
 * @fw: firmware feature bitmaps and PSCI version; see smccc.c
 */
struct arch_vm {
	u32 vmid;
	u64 vmid_gen;
	u64 vtcr;
	int __percpu *last_vcpu;
	u64 idregs[AV_NR_IDREGS];
	unsigned long features;
	bool features_set;
	u64 fw_psci_version;
	u64 fw_bmap[3];
};

/**
 * struct arch_vcpu - arm64 state of a vCPU that EL2 does not need
 * @el2_addr: vcpu->hyp as EL2 addresses it
 * @sys_loaded: VHE: the EL1 registers are in hardware, not in hyp->sys[]; see sysregs_put()
 * @dbg: DBGBVR, DBGBCR, DBGWVR, DBGWCR values, AV_NR_DBG of each
 * @lines: the CPU's IRQ (bit 0) and FIQ (bit 1) inputs, without a GIC; atomic bit operations
 */
struct arch_vcpu {
	u64 el2_addr;
	bool sys_loaded;
	u64 dbg[4 * AV_NR_DBG];
	unsigned long lines;
};

#endif
