/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The physical CPUs and their EL2, for the files that know EL2 on both architectures (hypcpu.c,
 * switch.c, tlb.c, vmid.c).  They include the architecture's host.h, which includes this and has
 * inline:
 *	hyp_call()		a numbered call to EL2 of this CPU; preemption off, arch_cpu_ready()
 *	host_stub_call()	the same for a call of the hyp stub, HYP_STUB_*
 *	host_vtcr()		VTCR_EL2 for a VM's stage 2
 *	host_vmid_bits()	8 or 16
 *	host_vcpu_loaded()	notes whether the vCPU's registers are in hardware
 *	host_mask_all(), host_unmask_all()	around a guest's run, with interrupts off
 */
#ifndef ARMVIRT_HYPCPU_H
#define ARMVIRT_HYPCPU_H

#include <linux/percpu.h>
#include <linux/types.h>

struct hyp_cpu;
struct s2pt;

DECLARE_PER_CPU(struct hyp_cpu *, hyp_this_cpu);

/* The first words of the blob, see the entry code of each architecture. */
struct blob_head {
	u32 init;		/* entered by HYP_STUB_SOFT_RESTART, MMU off */
	u32 host_vectors;
	u32 guest_vectors;
	u32 rodata;
	u32 end;
	u32 arch[2];		/* more of the guest's vectors: see host_el2_regs() */
};

/* hyp/blob.S */
extern const char hyp_blob[], hyp_blob_end[];

/* <arch>/host.c; all on the CPU concerned, preemption off */
void host_cpu_features(struct hyp_cpu *block);
int host_take_vhe(struct hyp_cpu *block);
void host_give_vhe(void);
/* What EL2's registers shall be; the vectors' addresses are offsets from @base. */
void host_el2_regs(struct hyp_cpu *block, const struct blob_head *head, phys_addr_t base);
void host_print_bug(const struct hyp_cpu *block);

/* hypcpu.c */
phys_addr_t hypcpu_text(void);	/* where EL2's text is, on an nVHE host */
void hyp_host_dead(void);	/* entered by EL2 when it found no state that it could go back to */

/* tlb.c: on whichever CPU has EL2; any context with interrupts on */
void tlb_flush_cpu(u64 vttbr);		/* this CPU only; preemption off */
void tlb_flush(int call, u64 a1, u64 a2, u64 a3, u64 a4);	/* HYP_TLB_*, but not _CPU */

#endif
