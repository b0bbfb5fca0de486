/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The index page of the module: the two central structures, and every function that one file offers
 * to the others, grouped by file. What an architecture must supply is listed in arch.h.
 */
#ifndef ARMVIRT_KMOD_H
#define ARMVIRT_KMOD_H

#include <linux/interval_tree.h>
#include <linux/kref.h>
#include <linux/mm_types.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/rcuwait.h>
#include <linux/seqlock.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "../uapi/armvirt.h"
#include "s2pt.h"
#include "timer.h"
#include "vgic/vgic.h"
#include "vmid.h"

#define AV_MAX_VCPUS	512
#define AV_NR_MEMSLOTS	32767

#define av_err(fmt, ...)	pr_err("armvirt: " fmt, ##__VA_ARGS__)
#define av_info(fmt, ...)	pr_info("armvirt: " fmt, ##__VA_ARGS__)
/* A guest or VMM can make these happen: never let them flood the log. */
#define av_warn_guest(vcpu, fmt, ...) \
	pr_warn_ratelimited("armvirt: [pid %d vcpu %u] " fmt, \
			    task_tgid_nr(current), (vcpu)->id, ##__VA_ARGS__)

struct irqroute_table;
struct av_vcpu;

#include "arch_types.h"

/* A VM's memslots; see memslot.c. */
struct av_memslots {
	struct mutex lock;		/* one change at a time */
	/* writers of by_gpa, all under mmu_lock: a lookup that found nothing looks again */
	seqcount_t seq;
	struct rb_root by_gpa;		/* no two overlap; written under mmu_lock, read under RCU */
	struct rb_root_cached by_hva;	/* by user address, may overlap (mmu_lock) */
	struct xarray by_id;		/* what user space calls them (lock) */
	unsigned long gen;		/* incremented by every change of a slot (write mmu_lock) */
};

/* The in-kernel MMIO devices of a VM; see iobus.c. */
struct iobus {
	/*
	 * Read by every access, around the device's own function. That function must not sleep,
	 * and once a writer has taken a device out nobody is inside it.
	 */
	rwlock_t lock;
	struct rb_root_cached devs;	/* any number at each address */
};

/* A VM's eventfds; see eventfd.c. */
struct av_irqfds {
	struct mutex mutex;		/* assigning and deassigning */
	/* irqfds and changes of resamplers; inside the eventfd's lock, interrupts off */
	spinlock_t lock;
	struct list_head irqfds;	/* live irqfds */
	struct list_head resamplers;	/* want to know of the end of interrupt; read under RCU */
	struct list_head ioeventfds;	/* all of them (mutex) */
	unsigned int nr_ioeventfds;
};

/* A virtual machine. */
struct av_vm {
	struct kref ref;	/* the VM fd, each vCPU fd, each device fd */
	struct mm_struct *mm;	/* where guest memory comes from; ioctls from another get -EIO */
	/* creation of vCPUs and devices, and what is fixed when a vCPU has run (see locking.rst) */
	struct mutex lock;
	/* by creation order; entries never change once published (smp_load_acquire of nr_vcpus) */
	struct av_vcpu *vcpus[AV_MAX_VCPUS];
	unsigned int nr_vcpus;	/* how many of vcpus are valid */
	bool ran;		/* a vCPU has run: the machine's shape is fixed */
	bool dead;		/* an internal error or a bug at EL2 ended it; RUN answers -EIO */
	bool nisv_to_user;	/* CAP_ARM_NISV_TO_USER was enabled */
	unsigned int ipa_bits;	/* size of the intermediate physical address space */

	rwlock_t mmu_lock;	/* the stage-2 tables: read for faults, write for everything else */
	struct s2pt s2;		/* stage-2 page tables */
	struct mmu_notifier notifier;	/* keeps s2 honest with mm */
	unsigned long mmu_seq;	/* incremented when a notifier invalidation ends (write mmu_lock) */
	unsigned long mmu_active;	/* invalidations in progress (write mmu_lock) */
	unsigned long mmu_inv_start;	/* first user address of those in progress, if any */
	unsigned long mmu_inv_end;	/* first user address beyond them */
	struct av_memslots slots;

	struct iobus iobus;	/* in-kernel MMIO ranges (rwlock inside); see iobus.c */
	struct av_irqfds irqfds;	/* irqfds and ioeventfds; see eventfd.c */
	struct irqroute_table __rcu *routes;	/* NULL for the identity (RCU); see irqroute.c */
	struct vgic_vm vgic;	/* interrupt controller */
	struct timer_vm timer;	/* counter offsets */
	struct vmid vmid;
	unsigned long features;	/* of the first VCPU_INIT; all vCPUs must agree (lock) */
	bool features_set;	/* features is valid */
	u64 idregs[AV_NR_IDREGS];	/* as the guest sees them; see idreg.c */
	u64 fw_psci_version;	/* these two: see smccc.c */
	u64 fw_bmap[3];
};

/* av_vcpu.requests: things to do before the guest is entered again. */
#define VCPU_REQ_RESET	0	/* apply vcpu->reset_state (PSCI CPU_ON) */
#define VCPU_REQ_STOP	1	/* look at mp_state and vm->dead again */
#define VCPU_REQ_IRQ	2	/* an interrupt became pending: only leave the guest */

/* av_vcpu.mode: ordering against requests is in run.c and vcpu_kick() */
enum vcpu_mode { VCPU_OUTSIDE, VCPU_IN_GUEST };

/* Where PSCI CPU_ON starts a vCPU: written by the caller under mp_lock, read by the target. */
struct vcpu_reset_state {
	u64 pc;
	u64 r0;
	bool be;
};

/* An access which user space is completing. */
struct vcpu_mmio {
	bool pending;		/* the VMM has been asked; the next run finishes the instruction */
	bool is_write;
	bool sign_extend;
	bool reg64;
	u8 len;
	u8 rt;
};

/* A virtual CPU. */
struct av_vcpu {
	struct av_vm *vm;	/* its VM (holds a reference through the vCPU fd's) */
	unsigned int id;	/* what user space called it; MPIDR is derived from it */
	unsigned int idx;	/* index in vm->vcpus */
	struct mutex mutex;	/* taken by every vCPU ioctl; the vCPU thread holds it in RUN */
	struct armvirt_run *run;	/* the page shared with the VMM */
	struct hyp_vcpu *hyp;	/* what EL2 sees */
	unsigned long hyp_addr;	/* and how EL2 addresses it */
	int mode;		/* enum vcpu_mode */
	unsigned long requests;	/* bits VCPU_REQ_* */
	int cpu;		/* the physical CPU while loaded, else -1 */
	struct rcuwait wait;	/* the vCPU thread while it sleeps in WFI or is powered off */
	spinlock_t mp_lock;	/* protects mp_state and reset_state */
	u32 mp_state;		/* ARMVIRT_MP_STATE_RUNNABLE or _STOPPED */
	struct vcpu_reset_state reset_state;
	bool inited;		/* VCPU_INIT was done */
	unsigned long features;	/* feature bits of VCPU_INIT */
	u32 target;		/* target of VCPU_INIT */
	bool ran;		/* has run at least once */
	bool sigset_active;
	sigset_t sigset;	/* KVM_SET_SIGNAL_MASK */
	unsigned long lines;	/* IRQ (bit 0) and FIQ (bit 1) inputs, without a GIC; atomic bits */
	struct vcpu_mmio mmio;	/* unfinished MMIO */
	struct s2pt_cache s2_cache;	/* table pages for the next stage-2 fault */
	struct vgic_vcpu vgic;
	struct timer_vcpu timer;
	struct arch_vcpu arch;
};

/* main.c */
extern bool av_shutting_down;	/* reboot or kexec has begun: no vCPU is entered any more */

/* dev.c */
int dev_init(void);
void dev_exit(void);

/* vm.c */
int vm_create(unsigned long type, struct av_vm **out);	/* ARMVIRT_CREATE_VM; with one reference */
void vm_get(struct av_vm *vm);
void vm_put(struct av_vm *vm);	/* the last reference destroys it; sleeps */
void vm_kill(struct av_vm *vm);	/* no vCPU of it enters the guest again; any context */
unsigned int vm_max_vcpus(void);	/* how many here, and the first number that none can have */
int vm_enable_cap(struct av_vm *vm, const struct armvirt_enable_cap *cap);
int vm_check_extension(unsigned long cap);	/* ARMVIRT_CHECK_EXTENSION */

static inline unsigned int vm_nr_vcpus(struct av_vm *vm)
{
	/* Pairs with the release in vcpu_create(): a counted vCPU is fully set up. */
	return smp_load_acquire(&vm->nr_vcpus);
}

#define vm_for_each_vcpu(i, vcpu, vm) \
	for ((i) = 0; (i) < vm_nr_vcpus(vm) && ((vcpu) = (vm)->vcpus[i]); (i)++)

/* vcpu.c */
/* ARMVIRT_CREATE_VCPU: publishes it in the VM, whose lock is held. */
int vcpu_create(struct av_vm *vm, unsigned long id, struct av_vcpu **out);
void vcpu_destroy(struct av_vcpu *vcpu);	/* nobody runs or kicks it any more */
void vcpu_kick(struct av_vcpu *vcpu);		/* leave the guest or wake up; any context */
void vcpu_kicks_end(void);	/* no vCPU is left; waits for kicks that are on their way */
void vcpu_request(struct av_vcpu *vcpu, int req);	/* set a request and kick */
struct av_vcpu *vcpu_by_id(struct av_vm *vm, unsigned int id);
struct av_vcpu *vcpu_by_mpidr(struct av_vm *vm, u64 mpidr);	/* affinity fields only */
/* ARMVIRT_ARM_VCPU_INIT, a vCPU's reset; its mutex is held. */
int vcpu_init_ioctl(struct av_vcpu *vcpu, const struct armvirt_vcpu_init *init);
void vcpu_set_power(struct av_vcpu *vcpu, u32 mp_state);	/* ARMVIRT_MP_STATE_* */
int vcpu_get_mp_state(struct av_vcpu *vcpu, struct armvirt_mp_state *mp);
int vcpu_set_mp_state(struct av_vcpu *vcpu, const struct armvirt_mp_state *mp);
int vcpu_get_events(struct av_vcpu *vcpu, struct armvirt_vcpu_events *ev);
int vcpu_set_events(struct av_vcpu *vcpu, const struct armvirt_vcpu_events *ev);

static inline void vcpu_set_flag(struct av_vcpu *vcpu, u32 flag, bool on)
{
	vcpu->hyp->flags = on ? vcpu->hyp->flags | flag : vcpu->hyp->flags & ~flag;
}

/* run.c */
int run_vcpu(struct av_vcpu *vcpu);		/* ARMVIRT_RUN; vcpu->mutex held */
void run_block(struct av_vcpu *vcpu);		/* WFI: sleep until something is pending */

/* memslot.c */
void memslot_vm_init(struct av_vm *vm);
void memslot_vm_exit(struct av_vm *vm);		/* no notifier and no vCPU looks at them any more */

/*
 * A copy of one memslot, taken without locks: it may be gone as soon as this is returned, and
 * whoever acts on it under mmu_lock compares gen with vm->slots.gen there.
 */
struct memslot_view {
	u64 gpa;
	u64 size;
	unsigned long hva;
	u32 flags;
	unsigned long gen;
};

/* Which slot holds a guest physical address; any context. */
bool memslot_find(struct av_vm *vm, u64 gpa, struct memslot_view *view);
/* ARMVIRT_SET_USER_MEMORY_REGION; vm->lock may be held. */
int memslot_set(struct av_vm *vm, const struct armvirt_userspace_memory_region *region);
void memslot_unmap_all(struct av_vm *vm);	/* every page of memory is to fault again; sleeps */

/* What a slot has of a range of user addresses: guest addresses from gpa to before end. */
struct memslot_part {
	u64 gpa;
	u64 end;
	struct interval_tree_node *node;	/* NULL: begin with the first */
};

/* The next part behind user addresses [start, end), false if there is none; mmu_lock held. */
bool memslot_next_part(struct av_vm *vm, unsigned long start, unsigned long end,
		       struct memslot_part *part);

/* mmu.c */
int mmu_vm_init(struct av_vm *vm);	/* empty stage 2, from now on kept honest with vm->mm */
void mmu_vm_exit(struct av_vm *vm);		/* no vCPU left */
void mmu_unmap_gpa(struct av_vm *vm, u64 gpa, u64 size);	/* whole pages; sleeps */
void mmu_flush_all_guest_ram(struct av_vm *vm);	/* to the point of coherency; sleeps */
/* Registers of a host device (GICV), whole pages; sleeps; after an error nothing is mapped. */
int mmu_map_device(struct av_vm *vm, u64 gpa, phys_addr_t pa, u64 size);

/* A decoded stage-2 abort. */
struct mmu_fault {
	u64 gpa;		/* faulting IPA */
	bool write;		/* data write, or a cache/AT/translation access that needs it */
	bool exec;		/* instruction fetch */
	bool access;		/* access flag fault */
	bool perm;		/* permission fault */
};

/* Result of mmu_handle_fault(). */
#define MMU_FAULT_DONE	1	/* enter the guest again */
#define MMU_FAULT_MMIO	0	/* no memory there (or a read-only slot written): a device access */
/* negative: errno for user space (-EFAULT, -EHWPOISON, -ENOMEM) */
int mmu_handle_fault(struct av_vcpu *vcpu, const struct mmu_fault *fault);	/* put */

/* hostpage.c: what the host has at an address of the VMM; asked at every fault */
struct host_page {
	struct page *page;	/* referenced; NULL: memory without struct page */
	phys_addr_t pa;
	u64 size;		/* PAGE_SIZE, or PMD_SIZE if the host maps it so */
	unsigned int prot;	/* S2PT_R, S2PT_DEVICE, S2PT_NC; S2PT_W: without asking again */
};

/*
 * In the context of @mm; sleeps. @write: to be written now; @may_write: may be mapped for writing.
 * 0, or -EFAULT, -EHWPOISON, -EINTR, -EAGAIN. What it says is true until the MMU notifier says
 * otherwise: the caller checks mmu_seq.
 */
int hostpage_get(struct mm_struct *mm, unsigned long hva, bool write, bool may_write,
		 struct host_page *hp);
void hostpage_put(struct host_page *hp);

/*
 * hypmap.c: the EL2 (HYP) stage-1 map of a host whose kernel does not run there itself. Virtual
 * addresses equal physical ones, and only what is shared is mapped.
 */
extern struct s2pt hypmap;
int hypmap_init(void (*flush)(u64 va));	/* flush: forget one page at EL2, on all CPUs */
void hypmap_exit(void);			/* EL2 is given back on every CPU */
int hypmap_map(void *va, size_t size, unsigned int prot);	/* S2PT_R | S2PT_W or S2PT_X */
void hypmap_unmap(void *va, size_t size);

/* abort.c: a data or instruction abort that came from stage 2 */
int abort_handle(struct av_vcpu *vcpu);		/* run.c's rule: 1 resume, 0 user, <0 errno */
/* The same for a device of the kernel, vCPU loaded, preemption off: > 0 done, 0 the slow path. */
int abort_handle_fast(struct av_vcpu *vcpu);
void abort_finish_mmio(struct av_vcpu *vcpu);	/* user space answered an MMIO exit */

/* exit.c: WFI or WFE whose condition holds; run.c's rule */
int exit_wfx(struct av_vcpu *vcpu);		/* put */
int exit_wfx_fast(struct av_vcpu *vcpu);	/* loaded; 1 nothing to wait for, 0 exit_wfx() */

/* iobus.c: MMIO ranges that the kernel serves */
struct iobus_dev {
	u64 base;
	u64 size;		/* 0: any length at base (ioeventfd) */
	/* 0 handled, -EOPNOTSUPP not mine: the next, then user space; no sleep */
	int (*access)(struct av_vcpu *vcpu, struct iobus_dev *dev, u32 off, int len, u64 *val,
		      bool write);
	struct interval_tree_node node;	/* iobus.c's */
};
void iobus_vm_init(struct av_vm *vm);
void iobus_add(struct av_vm *vm, struct iobus_dev *dev);
void iobus_remove(struct av_vm *vm, struct iobus_dev *dev);
int iobus_access(struct av_vcpu *vcpu, u64 addr, int len, u64 *val, bool write);

/* eventfd.c */
int eventfd_init(void);		/* module: the workqueue that ends irqfds */
void eventfd_exit(void);
void eventfd_vm_init(struct av_vm *vm);
void eventfd_vm_exit(struct av_vm *vm);
int eventfd_irqfd(struct av_vm *vm, const struct armvirt_irqfd *args);
int eventfd_ioeventfd(struct av_vm *vm, const struct armvirt_ioeventfd *args);
/* The guest ended level interrupt @intid (resample). Any context, no vGIC lock held. */
void eventfd_eoi(struct av_vm *vm, u32 intid);
void eventfd_routes_changed(struct av_vm *vm);

/* irqroute.c */
void irqroute_vm_exit(struct av_vm *vm);
int irqroute_set_ioctl(struct av_vm *vm, void __user *arg);	/* ARMVIRT_SET_GSI_ROUTING */
int irqroute_spi(struct av_vm *vm, u32 gsi);	/* INTID of a GSI, or -ENXIO; any context */
int irqroute_irq_line(struct av_vm *vm, const struct armvirt_irq_level *args);

/* psci.c */
int psci_call(struct av_vcpu *vcpu, u32 fn);	/* put; 1 resume with x0 set, 0 exit to user */
bool psci_owns(u32 fn);		/* an id of PSCI; whether it exists is psci_call()'s answer */
u32 psci_version(struct av_vcpu *vcpu);
void psci_apply_reset(struct av_vcpu *vcpu);	/* VCPU_REQ_RESET: starts it where CPU_ON said */

/* smccc.c: HVC and SMC from the guest */
void smccc_init(void);		/* once, before the first VM; asks all CPUs */
void smccc_vm_init(struct av_vm *vm);
int smccc_handle(struct av_vcpu *vcpu);	/* put; function id in w0 */
int smccc_handle_fast(struct av_vcpu *vcpu);	/* HVC, vCPU loaded: 1 answered, 0 not here */
/* firmware pseudo registers (class FW, FW_FEAT_BMAP) of one-reg */
u64 smccc_fw_id(unsigned int n);	/* the nth id; 0: there are no more */
int smccc_fw_get(struct av_vcpu *vcpu, u64 id, u64 *val);	/* -ENOENT */
int smccc_fw_set(struct av_vcpu *vcpu, u64 id, u64 val);

/* onereg.c: 0; -ENOENT, -EINVAL for the id or the value; -EFAULT */
int onereg_access(struct av_vcpu *vcpu, const struct armvirt_one_reg *reg, bool write);
long onereg_list(struct av_vcpu *vcpu, u64 __user *ids);	/* how many; NULL: only count */

#include "arch.h"

#endif
