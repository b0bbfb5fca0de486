/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The physical CPUs and their HYP on ARMv7: what hypcpu.h asks to have inline.
 */
#ifndef ARMVIRT_ARM_HOST_H
#define ARMVIRT_ARM_HOST_H

#include <asm/virt.h>

#include "armvirt.h"
#include "hypcpu.h"

#define HOST_IPA_BITS	40	/* of every CPU with LPAE */

u64 armvirt_hvc(u32 nr, u64 a1, u64 a2, u64 a3, u64 a4);
u32 armvirt_stub_hvc(u32 nr, u32 a1, u32 a2);

static inline u64 hyp_call(u32 nr, u64 a1, u64 a2, u64 a3, u64 a4)
{
	return armvirt_hvc(HYP_CALL_BASE + nr, a1, a2, a3, a4);
}

/* HYP's addresses have 32 bits; see hypmap.c. */
static inline u32 host_stub_call(u32 nr, u32 a1, u32 a2)
{
	return armvirt_stub_hvc(nr, a1, a2);
}

/* ACTLR.IBE where it is one: on Cortex-A15 ICIALLU then empties the branch predictor, too. */
u32 host_ibe(void);

static inline unsigned int host_vmid_bits(void)
{
	return 8;
}

/*
 * VTCR has what VTCR_EL2 has at bits 0 to 13, but for bit 5: T0SZ is a signed number of four bits,
 * with its sign once more in bit 4 (DDI 0406C, B4.1.160).
 */
static inline u32 host_vtcr(const struct s2pt *s2)
{
	return (s2pt_vtcr_el2(s2) & GENMASK(13, 0) & ~BIT(5)) | BIT(31);
}

static inline void host_vcpu_loaded(struct av_vcpu *vcpu, bool loaded)
{
}

/* Taking the HVC masks all that could come. */
static inline void host_mask_all(void)
{
}

static inline void host_unmask_all(void)
{
}

#endif
