/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The physical CPUs and their EL2 on arm64: what hypcpu.h asks to have inline, and host.c's.
 */
#ifndef ARMVIRT_ARM64_HOST_H
#define ARMVIRT_ARM64_HOST_H

#include <asm/cpufeature.h>
#include <asm/daifflags.h>
#include <asm/virt.h>

#include "armvirt.h"
#include "hypcpu.h"
#include "sysreg.h"

u64 armvirt_hvc(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4);

u64 hyp_call_vhe(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4);

static inline u64 hyp_call(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4)
{
	return is_kernel_in_hyp_mode() ? hyp_call_vhe(nr, a1, a2, a3, a4) :
					 armvirt_hvc(HYP_CALL_BASE + nr, a1, a2, a3, a4);
}

static inline u64 host_stub_call(u64 nr, u64 a1, u64 a2)
{
	return armvirt_hvc(nr, a1, a2, 0, 0);
}

/* ID_AA64MMFR0_EL1.PARange, but no more than 48 bits: 52 need other descriptors */
unsigned int host_pa_range(void);
extern const u8 host_pa_bits[];		/* by that */

static inline unsigned int host_vmid_bits(void)
{
	return ((read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1) >> 4) & 0xf) == 2 ? 16 : 8;
}

static inline u64 host_vtcr(const struct s2pt *s2)
{
	return s2pt_vtcr_el2(s2) | host_pa_range() << 16 |
	       (host_vmid_bits() == 16 ? BIT(19) : 0);		/* VS */
}

static inline void host_vcpu_loaded(struct av_vcpu *vcpu, bool loaded)
{
	vcpu->arch.sys_loaded = loaded && is_kernel_in_hyp_mode();
}

/*
 * A kernel that masks interrupts by priority (pseudo-NMI) would keep
 * them from ending the guest: mask by DAIF, and open the priority mask.
 */
static inline void host_mask_all(void)
{
	local_daif_mask();
}

static inline void host_unmask_all(void)
{
	local_daif_restore(DAIF_PROCCTX_NOIRQ);
}

/* firmware.c: ARCH_FEATURES of a workaround, on this CPU */
int firmware_ask(u32 workaround);

#endif
