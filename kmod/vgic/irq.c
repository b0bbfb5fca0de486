// SPDX-License-Identifier: GPL-2.0
/*
 * One interrupt: its state, its lock, where it lives, and how it is made
 * pending.  Which interrupts the guest gets to see at an entry is cpuif.c's
 * business, and what guests write to the distributor is mmio.c's.
 *
 * Locking.  Every interrupt has a home: the vCPU that it is delivered to, or
 * the VM's limbo for an SPI that targets nobody.  The raw spinlock of the home
 * protects the state of all interrupts that live there and the list of those
 * that are ready (active, or pending and enabled), so that entering a guest
 * costs only what is ready and two vCPUs never share a lock in passing.
 *
 *	to lock an interrupt	read its home, lock that, see that it still is its home
 *	to move an interrupt	hold both homes' locks: by address, limbo last
 *
 * An interrupt that a guest has in a list register, or has active, stays
 * where it is until that is over; @target says where it will go then.  Under
 * the lock nothing is called but the host's irq_set_irqchip_state() and a
 * mapped interrupt's line_fn; vCPUs are kicked after the unlock.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/ktime.h>

#include "vgic/internal.h"

/**
 * vgic_irq_get() - find an interrupt
 * @vm: the VM
 * @vcpu: whose, if it is a private one; may be NULL for SPIs
 * @intid: its number
 * Return: NULL if there is none (yet).
 */
struct vgic_irq *vgic_irq_get(struct av_vm *vm, struct av_vcpu *vcpu, u32 intid)
{
	/* Pairs with the release in vgic_init(): the SPIs are set up. */
	if (!smp_load_acquire(&vm->vgic.inited))
		return NULL;
	if (intid < VGIC_NR_PRIVATE)
		return vcpu ? &vcpu->vgic.priv[intid] : NULL;
	intid -= VGIC_NR_PRIVATE;
	if (intid >= vm->vgic.nr_spis || intid > VGIC_MAX_SPI - VGIC_NR_PRIVATE)
		return NULL;
	return &vm->vgic.spis[intid];
}

/* An interrupt that is locked stays where it is. */
unsigned long vgic_irq_lock(struct vgic_irq *irq)
	__acquires(&irq->home->lock)
{
	struct vgic_home *home;
	unsigned long flags;

	for (;;) {
		home = READ_ONCE(irq->home);
		raw_spin_lock_irqsave(&home->lock, flags);
		if (likely(home == irq->home))
			return flags;
		raw_spin_unlock_irqrestore(&home->lock, flags);
	}
}

/* For who has changed nothing that the vCPU must know of. */
void vgic_irq_release(struct vgic_irq *irq, unsigned long flags)
	__releases(&irq->home->lock)
{
	raw_spin_unlock_irqrestore(&irq->home->lock, flags);
}

/**
 * vgic_irq_update() - recompute what follows from an interrupt's state
 * @irq: just changed; its home is locked
 * Return: whether its vCPU must be told, because something can be delivered
 * now, or because what is in a list register must not be any longer.
 */
bool vgic_irq_update(struct vgic_irq *irq)
{
	struct vgic_home *home = irq->home;
	bool pending = irq->enabled && vgic_irq_pending(irq);
	bool ready = pending || irq->active || irq->in_lr;

	if (ready && !irq->queued) {
		list_add_tail(&irq->node, &home->ready);
		home->nr_ready++;
		irq->queued = true;
	} else if (!ready && irq->queued) {
		list_del_init(&irq->node);
		home->nr_ready--;
		irq->queued = false;
	}

	if (pending != irq->lr_pend)
		return true;
	/*
	 * Pending again for another reason than the one that is in the list register: the guest may
	 * have taken that one already, which only a look at the register tells.
	 */
	return pending && irq->in_lr &&
	       (irq->latch || (irq->lr_latch && irq->line && !irq->edge));
}

static bool must_move(const struct vgic_irq *irq)
{
	return irq->target != irq->home && !irq->active && !irq->in_lr;
}

static bool is_first(const struct vgic_home *a, const struct vgic_home *b)
{
	/* Limbo is last, vCPUs by address. */
	if (!a->vcpu || !b->vcpu)
		return a->vcpu;
	return a < b;
}

static void kick(struct av_vcpu *vcpu, bool here)
{
	/*
	 * A vCPU that is loaded on this CPU isn't in the guest now, and will
	 * flush before it is again: interrupts are off from flush to fold.
	 */
	if (vcpu && !here)
		vcpu_request(vcpu, VCPU_REQ_IRQ);
}

static bool is_here(const struct av_vcpu *vcpu)
{
	return vcpu && READ_ONCE(vcpu->cpu) == raw_smp_processor_id();
}

/**
 * vgic_irq_settle() - move an interrupt to where it belongs
 * @irq: not locked
 * Does nothing if it is there, or can't move yet.
 */
void vgic_irq_settle(struct vgic_irq *irq)
{
	struct vgic_home *from, *to, *first, *second;
	bool again, told = false, here = false;
	unsigned long flags;

	do {
		from = READ_ONCE(irq->home);
		to = READ_ONCE(irq->target);
		if (from == to)
			return;
		first = is_first(from, to) ? from : to;
		second = first == from ? to : from;
		raw_spin_lock_irqsave(&first->lock, flags);
		raw_spin_lock_nested(&second->lock, SINGLE_DEPTH_NESTING);
		again = irq->home != from || irq->target != to;
		if (!again && must_move(irq)) {
			if (irq->queued) {
				list_del_init(&irq->node);
				from->nr_ready--;
				irq->queued = false;
			}
			WRITE_ONCE(irq->home, to);
			told = vgic_irq_update(irq);
			here = is_here(to->vcpu);
		}
		raw_spin_unlock(&second->lock);
		raw_spin_unlock_irqrestore(&first->lock, flags);
	} while (again);

	if (told)
		kick(to->vcpu, here);
}

/**
 * vgic_irq_unlock() - let go of an interrupt, and do what its change calls for
 * @irq: locked by vgic_irq_lock()
 * @flags: what that returned
 * @tell: what vgic_irq_update() said
 */
void vgic_irq_unlock(struct vgic_irq *irq, unsigned long flags, bool tell)
	__releases(&irq->home->lock)
{
	struct vgic_home *home = irq->home;
	bool move = must_move(irq);
	bool here = is_here(home->vcpu);

	/* In a list register but wanted elsewhere: have it read back soon. */
	if (irq->target != home && irq->in_lr && !irq->active)
		tell = true;
	raw_spin_unlock_irqrestore(&home->lock, flags);

	if (move)
		vgic_irq_settle(irq);
	else if (tell)
		kick(home->vcpu, here);
}

/**
 * vgic_home_sync() - wait until a vCPU's list registers have been read back
 * @home: the vCPU's home; not locked
 * @folds: its @folds when an interrupt was seen in a list register
 * The caller runs on a vCPU thread outside the guest, so it is never waited
 * for in turn; the other one takes as long as an IPI.
 */
void vgic_home_sync(struct vgic_home *home, u32 folds)
{
	ktime_t end = ktime_add_ms(ktime_get(), 100);

	if (!home->vcpu)
		return;
	vcpu_request(home->vcpu, VCPU_REQ_IRQ);
	while (READ_ONCE(home->folds) == folds && ktime_before(ktime_get(), end))
		cpu_relax();
}

void vgic_kick_all(struct av_vm *vm)
{
	struct av_vcpu *vcpu;
	unsigned int i;

	vm_for_each_vcpu(i, vcpu, vm) {
		if (!list_empty_careful(&vcpu->vgic.home.ready))
			vcpu_request(vcpu, VCPU_REQ_IRQ);
	}
}

/**
 * vgic_irq_deactivate_hw() - deactivate the host's side of a mapped interrupt
 * @irq: locked; its vCPU is loaded on this CPU
 * For when no list register did it: the guest never took the interrupt, or
 * the software ended it on the guest's behalf.
 */
void vgic_irq_deactivate_hw(struct vgic_irq *irq)
{
	if (irq->hw)
		irq_set_irqchip_state(irq->hw->host_irq, IRQCHIP_STATE_ACTIVE, false);
}

/**
 * vgic_inject() - drive an interrupt's input
 * @vm: the VM
 * @vcpu: whose, for a private interrupt
 * @intid: its number
 * @level: the line's level; an edge interrupt becomes pending when it is true
 * @owner: see vgic_connect(); NULL if nobody's
 * Any context.
 * Return: 0, -EINVAL (no such interrupt or not yours), -EAGAIN (no vGIC yet).
 */
int vgic_inject(struct av_vm *vm, struct av_vcpu *vcpu, u32 intid, bool level, void *owner)
{
	struct vgic_irq *irq;
	unsigned long flags;
	bool tell = false;

	if (!vgic_ready(vm))
		return -EAGAIN;
	irq = vgic_irq_get(vm, vcpu, intid);
	if (!irq)
		return -EINVAL;

	flags = vgic_irq_lock(irq);
	if (irq->owner != owner) {
		vgic_irq_release(irq, flags);
		return -EINVAL;
	}
	if (irq->edge && level) {
		irq->latch = true;
		tell = vgic_irq_update(irq);
	} else if (!irq->edge && irq->line != level) {
		irq->line = level;
		tell = vgic_irq_update(irq);
		/* Gone before the guest saw it: no list register will end the host's. */
		if (!level && irq->hw && !irq->active && !irq->in_lr && is_here(irq->home->vcpu))
			vgic_irq_deactivate_hw(irq);
	}
	vgic_irq_unlock(irq, flags, tell);
	return 0;
}

/**
 * vgic_send_sgi() - make an SGI pending
 * @target: for whom
 * @sgi: its number
 * @source: v2: a bit for the vCPU that sends it
 * @group1: also if it is in group 1, which ICC_SGI0R_EL1 can't reach (ICC_SGI1R_EL1 with one
 * security state reaches both)
 */
void vgic_send_sgi(struct av_vcpu *target, u32 sgi, u32 source, bool group1)
{
	struct vgic_irq *irq = &target->vgic.priv[sgi];
	unsigned long flags;
	bool tell = false;

	flags = vgic_irq_lock(irq);
	if (group1 || !irq->group1) {
		irq->source |= source;
		irq->latch = true;
		tell = vgic_irq_update(irq);
	}
	vgic_irq_unlock(irq, flags, tell);
}

/**
 * vgic_connect() - reserve an interrupt's line for a device in the kernel
 * @vcpu: the vCPU
 * @intid: a PPI or SPI
 * @owner: anything; vgic_inject() must present it
 * @hw: the host's interrupt which it forwards to the guest, or NULL
 * Return: 0, -EINVAL (no such interrupt), -EEXIST (someone else's).
 */
int vgic_connect(struct av_vcpu *vcpu, u32 intid, void *owner, const struct vgic_hw *hw)
{
	struct vgic_irq *irq = vgic_irq_get(vcpu->vm, vcpu, intid);
	unsigned long flags;
	int ret = -EEXIST;

	if (!irq || intid < VGIC_NR_SGIS)
		return -EINVAL;
	flags = vgic_irq_lock(irq);
	if (!irq->owner || irq->owner == owner) {
		irq->owner = owner;
		irq->hw = hw;
		ret = 0;
	}
	vgic_irq_release(irq, flags);
	return ret;
}

/**
 * vgic_hw_active() - must the host's side of a mapped interrupt be active?
 * @vcpu: whose
 * @intid: INTID in the guest
 * As long as the guest has it active, or is about to take it, the host must
 * not see it fire again.
 */
bool vgic_hw_active(struct av_vcpu *vcpu, u32 intid)
{
	struct vgic_irq *irq;
	unsigned long flags;
	bool active;

	irq = vgic_irq_get(vcpu->vm, vcpu, intid);
	if (!irq)
		return false;
	flags = vgic_irq_lock(irq);
	active = irq->active || vgic_irq_pending(irq);
	vgic_irq_release(irq, flags);
	return active;
}

int vgic_set_eoi_notify(struct av_vm *vm, u32 intid, bool on)
{
	struct vgic_irq *irq = vgic_irq_get(vm, NULL, intid);
	unsigned long flags;

	if (!irq)
		return -EINVAL;
	flags = vgic_irq_lock(irq);
	irq->notify = on;
	vgic_irq_release(irq, flags);
	return 0;
}
