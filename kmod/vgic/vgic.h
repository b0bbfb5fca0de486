/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtual interrupt controller.  The first block is everything the rest
 * of the module may use; the rest is shared between the files in vgic/ alone.
 */
#ifndef ARMVIRT_VGIC_H
#define ARMVIRT_VGIC_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct av_vm;
struct av_vcpu;
struct armvirt_device_attr;
struct vgic_frame_dev;

/* --- what other subjects call ------------------------------------------- */

/* main.c: the host's GIC (DT or ACPI): version, maintenance interrupt, GICH/GICV */
int vgic_host_init(void);	/* after arch_host_init(); -ENODEV with one dmesg line */
void vgic_host_exit(void);
void vgic_host_cpu_up(void);	/* on the CPU: enable the maintenance interrupt */
void vgic_host_cpu_down(void);
void vgic_host_cpu_reset(void);	/* on the CPU: it has been without power */
int vgic_host_type(void);	/* ARMVIRT_DEV_TYPE_ARM_VGIC_V3 or _V2 */

/* vm.c, vcpu.c */
void vgic_vm_init(struct av_vm *vm);
void vgic_vm_exit(struct av_vm *vm);
void vgic_vcpu_init(struct av_vcpu *vcpu);	/* also after the vGIC was created */
void vgic_vcpu_reset(struct av_vcpu *vcpu);	/* VCPU_INIT: CPU interface to reset state */

/* run.c */
int vgic_first_run(struct av_vcpu *vcpu);	/* finishes set-up; errno to user space */
void vgic_load(struct av_vcpu *vcpu);		/* preemption off */
void vgic_put(struct av_vcpu *vcpu);
void vgic_flush(struct av_vcpu *vcpu);		/* before entry, interrupts off */
void vgic_fold(struct av_vcpu *vcpu);		/* after exit, interrupts off */
bool vgic_pending(struct av_vcpu *vcpu);	/* would one be signalled?  The caller's own vCPU */

/**
 * struct vgic_hw - a host's interrupt that guests get
 * @host_irq: its Linux number
 * @hwintid: its INTID in the GIC; the guest's deactivation deactivates it
 * @line: samples the device's line; called with the vCPU loaded and the interrupt locked
 */
struct vgic_hw {
	unsigned int host_irq;
	u32 hwintid;
	bool (*line)(struct av_vcpu *vcpu);
};

/* timer.c, eventfd.c, irqroute.c: any context, interrupts on or off */
int vgic_inject(struct av_vm *vm, struct av_vcpu *vcpu, u32 intid, bool level, void *owner);
int vgic_connect(struct av_vcpu *vcpu, u32 intid, void *owner, const struct vgic_hw *hw);
bool vgic_hw_active(struct av_vcpu *vcpu, u32 intid);
bool vgic_ready(struct av_vm *vm);		/* created and initialised */

/* dev.c: device fds */
int vgic_create(struct av_vm *vm, u32 type);
void vgic_abandon(struct av_vm *vm);
int vgic_attr(struct av_vm *vm, const struct armvirt_device_attr *attr, unsigned int cmd);
int vgic_set_legacy_addr(struct av_vm *vm, u64 id, u64 addr);

/* traps: ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1 */
void vgic_v3_send_sgi(struct av_vcpu *vcpu, u64 val, bool group1);
/* trap: ICC_DIR_EL1, only while ICH_HCR_EL2.TDIR is set (more active interrupts than LRs) */
void vgic_v3_write_dir(struct av_vcpu *vcpu, u64 val);

/* irqroute.c: a GICv2 may be used before it was initialised by hand; sleeps */
int vgic_lazy_init(struct av_vm *vm);

/* eventfd.c: have eventfd_eoi(vm, intid) called, no lock held, when a guest ends this level SPI */
int vgic_set_eoi_notify(struct av_vm *vm, u32 intid, bool on);

/* --- shared between the files in vgic/ alone (and embedded by armvirt.h) --- */

#define VGIC_NR_SGIS		16
#define VGIC_NR_PRIVATE		32
#define VGIC_MAX_SPI		1019
#define VGIC_MAX_INTID		1024	/* what NR_IRQS may ask for */
#define VGIC_MAX_LRS		16
#define VGIC_ADDR_UNDEF		(~0ULL)

/**
 * struct vgic_home - where interrupts live: a vCPU, or the VM's limbo for SPIs that target nobody
 * @lock: all state of the interrupts whose home this is, and the list; see irq.c
 * @ready: interrupts that are active, or pending and enabled, or in a list register
 * @nr_ready: length of @ready
 * @folds: counts the times list registers were read back, so that others can wait for one
 * @vcpu: NULL for limbo
 */
struct vgic_home {
	raw_spinlock_t lock;
	struct list_head ready;
	unsigned int nr_ready;
	u32 folds;
	struct av_vcpu *vcpu;
};

/* vgic_irq.force: what a register write asked for while the guest held the interrupt */
#define VGIC_FORCE_ACTIVE	1
#define VGIC_FORCE_INACTIVE	2

/**
 * struct vgic_irq - one interrupt (SGIs and PPIs: one for each vCPU)
 * @node: in the ready list of @home while @queued
 * @home: whose lock protects everything here; changes with both homes locked
 * @target: where it is to be delivered; equals @home unless a move is due
 * @intid: its number
 * @route: v3: affinity of IROUTER; v2: ITARGETSR
 * @priority: as the guest wrote it, less the bits that don't exist
 * @source: v2 SGIs: vCPUs that have sent it and await delivery
 * @active_source: v2 SGIs: who sent the active one
 * @lr_source: v2 SGIs: the one moved to the list register with @lr_latch
 * @force: 0 or VGIC_FORCE_*, to be done when the list register has been read back
 * @enabled: ISENABLER
 * @group1: IGROUPR
 * @edge: ICFGR
 * @line: input level
 * @latch: pending independently of @line: an edge, an SGI, or ISPENDR
 * @active: taken and not deactivated
 * @queued: on @home's ready list
 * @in_lr: in a list register of @home's vCPU: the hardware knows better
 * @lr_pend: was made pending in that list register
 * @lr_latch: @latch moved there
 * @notify: eventfd.c wants to know when the guest has ended it
 * @hw: the host's interrupt to which deactivation goes on, or NULL
 * @owner: who alone may drive the line, if not NULL
 */
struct vgic_irq {
	struct list_head node;
	struct vgic_home *home;
	struct vgic_home *target;
	u32 intid;
	u32 route;
	u8 priority;
	u8 source;
	u8 active_source;
	u8 lr_source;
	u8 force;
	bool enabled:1;
	bool group1:1;
	bool edge:1;
	bool line:1;
	bool latch:1;
	bool active:1;
	bool queued:1;
	bool in_lr:1;
	bool lr_pend:1;
	bool lr_latch:1;
	bool notify:1;
	const struct vgic_hw *hw;
	void *owner;
};

/**
 * struct vgic_region - a run of redistributors
 * @base: guest physical address
 * @count: how many fit; 0: as many as there are vCPUs (the older attribute)
 */
struct vgic_region {
	u64 base;
	u32 count;
};

/**
 * struct vgic_vm - the distributor; what gives it its shape is protected by vm->lock
 * @type: ARMVIRT_DEV_TYPE_ARM_VGIC_V2 or _V3, 0 if there is none
 * @inited: @spis is there; set last, with release
 * @mapped: a vCPU has run: the frames, if any, are on the iobus, and the shape is fixed
 * @igroup_writable: v2: user space has shown by writing IIDR that it knows of groups
 * @nr_spis: how many SPIs
 * @ctlr: GICD_CTLR enable bits
 * @spis: INTID 32 onwards
 * @limbo: home of SPIs that target nobody
 * @frames: what is on the iobus: the distributor, and v3: a redistributor for each vCPU
 * @nr_frames: how many are there by now
 * @dist_base: address of the distributor
 * @cpu_base: v2: address of the CPU interface
 * @regions: v3: redistributor regions by index
 * @nr_regions: how many
 */
struct vgic_vm {
	u32 type;
	bool inited;
	bool mapped;
	bool igroup_writable;
	u32 nr_spis;
	u32 ctlr;
	struct vgic_irq *spis;
	struct vgic_home limbo;
	struct vgic_frame_dev *frames;
	u32 nr_frames;
	u64 dist_base;
	u64 cpu_base;
	struct vgic_region *regions;
	u32 nr_regions;
};

/**
 * struct vgic_vcpu - a vCPU's private interrupts and CPU interface
 * @home: interrupts that are delivered here
 * @used: list registers in use; they are in use only between flush and fold
 * @loaded: v2: the CPU interface's registers are in hardware
 * @lr_irq: what is in each list register
 * @priv: SGIs and PPIs
 */
struct vgic_vcpu {
	struct vgic_home home;
	unsigned int used;
	bool loaded;
	struct vgic_irq *lr_irq[VGIC_MAX_LRS];
	struct vgic_irq priv[VGIC_NR_PRIVATE];
};

#endif
