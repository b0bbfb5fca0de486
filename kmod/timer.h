/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic timers of a vCPU: the virtual timer runs in hardware with its
 * interrupt forwarded through the vGIC, the physical one is emulated.
 * What is an interrupt's state is the vGIC's business; see vgic/vgic.h.
 */
#ifndef ARMVIRT_TIMER_H
#define ARMVIRT_TIMER_H

#include <linux/hrtimer.h>
#include <linux/types.h>

struct av_vm;
struct av_vcpu;
struct armvirt_device_attr;
struct vgic_hw;

enum timer_id { TIMER_VIRT, TIMER_PHYS, TIMER_NR };
enum timer_reg { TIMER_REG_CTL, TIMER_REG_CVAL, TIMER_REG_TVAL, TIMER_REG_CNT };

/**
 * struct timer_vm - per-VM timer state
 * @offset: counter offset of each timer (virtual: CNTVOFF; physical: 0 unless user set it)
 * @ppi: INTID of each timer (default 27 and 30); vm->lock, fixed when a vCPU has run
 */
struct timer_vm {
	u64 offset[TIMER_NR];
	u32 ppi[TIMER_NR];
};

/**
 * struct timer_ctx - one timer of a vCPU
 * Owned by the vCPU thread (vcpu->mutex); the loaded virtual timer's also by the interrupt
 * handler of that physical CPU, so then it is changed with interrupts off.
 *
 * @vcpu: whose it is
 * @id: which of the two
 * @ctl: CNTx_CTL (ENABLE, IMASK); like @cval the virtual timer's only while not loaded
 * @cval: CNTx_CVAL
 * @level: the line we last gave to the vGIC
 * @armed: the host counter's value for which @hrtimer was started
 * @hrtimer: wakes a sleeping vCPU, and stands for the emulated timer
 */
struct timer_ctx {
	struct av_vcpu *vcpu;
	enum timer_id id;
	u32 ctl;
	u64 cval;
	bool level;
	u64 armed;
	struct hrtimer hrtimer;
};

/**
 * struct timer_vcpu - both timers of a vCPU
 * @ctx: the timers
 * @wired: the lines are connected to the vGIC (a VM may have none)
 * @loaded: hardware holds CTL and CVAL of the virtual timer
 * @queued: when the virtual timer's line last rose, the vGIC took the interrupt
 *          into its queue, and so will see to its deactivation in the host's GIC
 */
struct timer_vcpu {
	struct timer_ctx ctx[TIMER_NR];
	bool wired;
	bool loaded;
	bool queued;
};

/* main.c: timer_host.c */
int timer_host_init(void);
void timer_host_exit(void);	/* after timer_host_cpu_down() on every CPU */
void timer_host_cpu_up(void);	/* on the CPU, preemption off */
void timer_host_cpu_down(void);

/* vm.c, vcpu.c */
void timer_vm_init(struct av_vm *vm);
void timer_vcpu_init(struct av_vcpu *vcpu);
void timer_vcpu_exit(struct av_vcpu *vcpu);
void timer_vcpu_reset(struct av_vcpu *vcpu);	/* VCPU_INIT, PSCI CPU_ON; vcpu not loaded */

/* run.c */
int timer_first_run(struct av_vcpu *vcpu);	/* connects the lines; errno to user */
void timer_load(struct av_vcpu *vcpu);		/* preemption off; after arch_vcpu_load() */
void timer_put(struct av_vcpu *vcpu);		/* preemption off; before arch_vcpu_put() */
void timer_sync(struct av_vcpu *vcpu);		/* loaded, interrupts off; before vgic_flush() */
bool timer_due(struct av_vcpu *vcpu);		/* vCPU not loaded: would a timer wake it now? */
void timer_block(struct av_vcpu *vcpu);		/* going to sleep, after put */
void timer_unblock(struct av_vcpu *vcpu);

/* arm64/sysreg.c, arm64/regs.c, smccc.c: guest traps and one-reg */
u64 timer_read(struct av_vcpu *vcpu, enum timer_id id, enum timer_reg reg);
void timer_write(struct av_vcpu *vcpu, enum timer_id id, enum timer_reg reg, u64 val);

/* dev.c: ARMVIRT_ARM_VCPU_TIMER_CTRL on a vCPU fd */
int timer_attr(struct av_vcpu *vcpu, const struct armvirt_device_attr *attr, unsigned int cmd);

/* between timer.c and timer_host.c; interrupts off on the CPU concerned, but for the last */
void timer_fired(void);			/* timer.c: the host's virtual timer interrupt */
void timer_host_load(bool active);	/* make the PPI active, or not, for the vCPU to come */
void timer_host_put(bool active);	/* the vCPU left: what the PPI must be by now */
void timer_host_set_active(bool active);	/* false: it fired, and no guest will end it */
bool timer_virt_line(struct av_vcpu *vcpu);	/* timer.c: what timer_hw has for the vGIC */
extern struct vgic_hw timer_hw;

#endif
