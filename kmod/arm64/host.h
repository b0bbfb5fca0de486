/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The physical CPUs and their EL2, for the files in arm64/.
 */
#ifndef ARMVIRT_ARM64_HOST_H
#define ARMVIRT_ARM64_HOST_H

#include <linux/percpu.h>
#include <asm/virt.h>

#include "hyp/hyp.h"

struct av_vm;

DECLARE_PER_CPU(struct hyp_cpu *, hyp_this_cpu);

u64 armvirt_hvc(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4);

u64 hyp_call_vhe(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4);

/* A numbered call to EL2 of this CPU; preemption off, arch_cpu_ready(). */
static inline u64 hyp_call(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4)
{
	return is_kernel_in_hyp_mode() ? hyp_call_vhe(nr, a1, a2, a3, a4) :
					 armvirt_hvc(HYP_CALL_BASE + nr, a1, a2, a3, a4);
}

/* tlb.c: on whichever CPU has EL2; any context with interrupts on */
void tlb_flush_cpu(u64 vttbr);		/* this CPU only; preemption off */
void tlb_flush(int call, u64 a1, u64 a2, u64 a3, u64 a4);	/* HYP_TLB_*, but not _CPU */

/* host.c: ID_AA64MMFR0_EL1.PARange, but no more than 48 bits: 52 need other descriptors */
unsigned int host_pa_range(void);
extern const u8 host_pa_bits[];		/* by that */

/* firmware.c: ARCH_FEATURES of a workaround, on this CPU */
int firmware_ask(u32 workaround);

/* vmid.c */
u64 vmid_vttbr(struct av_vm *vm);

#endif
