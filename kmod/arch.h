/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything an architecture must supply to the generic part of the module.  struct arch_vm and
 * struct arch_vcpu are in its arch_types.h, struct hyp_vcpu in its hyp/hyp.h.
 */
#ifndef ARMVIRT_ARCH_H
#define ARMVIRT_ARCH_H

#include <linux/types.h>

struct av_vm;
struct av_vcpu;
struct s2pt_tlb;
struct armvirt_vcpu_init;

/* host.c: the physical CPUs */
int arch_host_check(void);		/* looks only; says what is wrong and what to do about it */
int arch_host_init(void);		/* takes EL2 of this CPU, prepares for all; says why not */
void arch_host_exit(void);		/* gives EL2 back on every CPU; no VM is left */
int arch_cpu_up(void);			/* takes EL2 of this CPU; preemption off; idempotent */
void arch_cpu_down(void *unused);	/* gives it back; preemption off, no vCPU loaded here */
bool arch_host_is_vhe(void);
void host_report_bug(struct av_vcpu *vcpu);	/* HYP_EXIT_BUG: prints, ends the VM */
bool arch_cpu_ready(void);		/* EL2 of this CPU is ours; preemption off */
unsigned int arch_host_ipa_bits(void);	/* largest IPA size this host can give a VM */
u32 arch_gic_vtr(void);			/* ICH_VTR_EL2 (GICv3 hosts) */
bool arch_has_fwb(void);		/* stage 2 forces write-back: no cleaning for the guest */
bool arch_has_dic(void);		/* no instruction cache invalidation needed */

/* Both have vmid.c, hypcpu.c, switch.c and tlb.c in common, where most of this is. */
int arch_vm_init(struct av_vm *vm);	/* before the stage-2 tables; ipa_bits is set */
void arch_vm_exit(struct av_vm *vm);	/* drops the VM's translations from every TLB */
void arch_vm_load_vmid(struct av_vcpu *vcpu);	/* preemption off, interrupts on */
bool arch_vmid_current(struct av_vcpu *vcpu);	/* interrupts off, mode IN_GUEST */
extern const struct s2pt_tlb arch_s2pt_tlb;	/* owner: struct av_vm */

/* caches, of any RAM of the host: to PoC for guests with caches off; to PoU for code */
void arch_clean_dcache_poc(phys_addr_t pa, size_t len);
void arch_sync_icache(phys_addr_t pa, size_t len);

/* vcpu */
int arch_vcpu_create(struct av_vcpu *vcpu);	/* allocates vcpu->hyp and maps it at EL2 */
void arch_vcpu_destroy(struct av_vcpu *vcpu);
void arch_vcpu_load(struct av_vcpu *vcpu);	/* its VMID is current; preemption off until put */
void arch_vcpu_put(struct av_vcpu *vcpu);	/* its state is in memory then */
int arch_vcpu_enter(struct av_vcpu *vcpu);	/* interrupts off; returns HYP_EXIT_* */
void arch_vcpu_claim_fp(struct av_vcpu *vcpu);	/* HYP_EXIT_FP: saves the host's FP state */
void arch_vcpu_gic_put(struct av_vcpu *vcpu);	/* VMCR, APRs to memory, if they are not */
bool arch_vcpu_big_endian(struct av_vcpu *vcpu);/* data endianness at the current EL */
bool arch_vcpu_narrow(struct av_vcpu *vcpu);	/* the kernel in it is AArch32: no 64-bit calls */
bool arch_vcpu_caches_on(struct av_vcpu *vcpu);	/* SCTLR_EL1.M and .C */

/* exit.c: > 0 resume, 0 exit to user space, < 0 errno; called with the vCPU put */
int arch_handle_exit(struct av_vcpu *vcpu, int exit);
/* exits that need no sleep and no put: > 0 done, 0 needs arch_handle_exit(); preemption off */
int arch_handle_exit_fast(struct av_vcpu *vcpu, int exit);

/* reset.c: to the state PSCI and the boot protocol ask; vCPU not loaded */
/* Can a vCPU be this?  -ENOENT for an unknown feature, -EINVAL for what is not here. */
int arch_check_init(u32 target, unsigned long features);
void arch_vcpu_reset(struct av_vcpu *vcpu);
u32 arch_target(void);			/* what to give to VCPU_INIT */
int arch_check_extension(unsigned long cap);	/* value of an arch capability, 0 of any other */

/* idreg.c: what ID registers read as; vm->features is final; vm->lock held */
void idreg_vm_init(struct av_vm *vm);

/* firmware.c: for SMCCC */
u64 arch_cpu_workaround(int n);	/* 1..3, here: ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_n_* */

/* regs.c, besides what onereg.c and sysrow.c want, as they say in onereg.h and sysrow.h: */
/* guest registers for generic code; the vCPU is put, or the register is general-purpose */
u64 arch_reg(struct av_vcpu *vcpu, int n);		/* n = 31 reads as zero */
void arch_set_reg(struct av_vcpu *vcpu, int n, u64 val);
void arch_skip_instr(struct av_vcpu *vcpu);		/* past the trapped instruction */
u64 arch_mpidr(struct av_vcpu *vcpu);			/* affinity fields */
void arch_vcpu_set_entry(struct av_vcpu *vcpu, u64 pc, u64 r0, bool be);	/* after reset */

/* inject.c: exceptions for the guest; the vCPU is put */
#define ARCH_FSC_ADDRESS_SIZE	0x00	/* outside the guest's physical address space */
#define ARCH_FSC_EXTERNAL	0x10	/* synchronous external abort */
void arch_inject_abort(struct av_vcpu *vcpu, bool exec, u64 fsc);	/* at arch_far() */
/* Makes an SError pending; @esr: its syndrome, where CAP_ARM_INJECT_SERROR_ESR is there. */
void arch_inject_serror(struct av_vcpu *vcpu, u64 esr);

/* switch.c */
bool arch_vcpu_event_pending(struct av_vcpu *vcpu);	/* SError or the lines below */
void arch_vcpu_set_line(struct av_vcpu *vcpu, bool fiq, bool level);	/* no GIC; any context */

/*
 * arch_pc(), arch_esr() and arch_far() are in arch_types.h: the last two are the syndrome of
 * the last abort, the same for ESR_EL2 and the v7 HSR.  arch_vsesr() is a pending SError's.
 */
u64 arch_fault_ipa(struct av_vcpu *vcpu);		/* with the page offset from FAR */

#endif
