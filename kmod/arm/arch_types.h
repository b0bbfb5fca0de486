/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ARMv7 keeps in every vCPU, and its smallest accessors.
 */
#ifndef ARMVIRT_ARM_TYPES_H
#define ARMVIRT_ARM_TYPES_H

#include <linux/types.h>

#include "hyp/hyp.h"

#define arch_pc(vcpu)	((u64)(vcpu)->hyp->pc)
#define arch_esr(vcpu)	((vcpu)->hyp->esr)
#define arch_far(vcpu)	((vcpu)->hyp->far)
#define arch_vsesr(vcpu)	0

/* HYP translates 32-bit virtual addresses. */
#define ARCH_HYP_VA_BITS	32

#define AV_NR_IDREGS	16	/* (c0, 0, c1..c2, 0..7) */

/* State of a vCPU that HYP does not need: none on ARMv7 */
struct arch_vcpu {
};

#endif
