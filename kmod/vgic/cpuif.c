// SPDX-License-Identifier: GPL-2.0
/*
 * The CPU interface: which of a vCPU's ready interrupts go into list registers before the guest is
 * entered (flush), and what the guest did with them (fold).  Both run at every entry and exit, so
 * with nothing ready they are two loads.
 *
 * Between flush and fold interrupts are off, and that is the only time when anything is in a list
 * register: whoever else looks at an interrupt either finds its state in struct vgic_irq, or waits
 * for an IPI's length.
 */
#include "vgic/internal.h"

/* How a list register is laid out: the masks of its flags, and where its fields begin. */
static const struct lr_format {
	u64 pending;
	u64 active;
	u64 group1;
	u64 hw;
	u64 eoi;	/* ask for a maintenance interrupt at its end; not with hw */
	u8 priority;
	u8 phys;	/* INTID of the host's interrupt with hw; in a GICv2 else the sender */
} lr_formats[] = {
	/* ICH_LR<n>_EL2 */
	{ BIT_ULL(62), BIT_ULL(63), BIT_ULL(60), BIT_ULL(61), BIT_ULL(41), 48, 32 },
	/* GICH_LRn has five bits of priority, and so have all priorities then. */
	{ BIT(28), BIT(29), BIT(30), BIT(31), BIT(19), 20, 10 },
};

static const struct lr_format *lr_format(void)
{
	return &lr_formats[vgic_host.v2];
}

/* From here on the list registers are EL2's, or the GICv2's. */
static void commit(struct av_vcpu *vcpu, u32 hcr)
{
	struct hyp_gic *gic = &vcpu->hyp->gic;

	gic->used = vcpu->vgic.used;
	if (vgic_host.v2)
		vgic_v2_commit(gic, hcr);
	gic->hcr = hcr;
}

/* Would the distributor forward it to its home now?  Must hold the home's lock. */
static bool forwards(const struct vgic_irq *irq, u32 ctlr)
{
	return irq->enabled && vgic_irq_pending(irq) && irq->target == irq->home &&
	       ctlr & (irq->group1 ? GICD_CTLR_GRP1 : GICD_CTLR_GRP0);
}

static bool is_multi_source(const struct av_vm *vm, const struct vgic_irq *irq)
{
	return irq->intid < VGIC_NR_SGIS && vgic_is_v2(vm);
}

/* A GICv2 SGI is pending once for each vCPU that sent it; a list register holds one of them. */
static u64 take_source(struct vgic_irq *irq, bool pend)
{
	const struct lr_format *f = lr_format();
	u32 source = irq->active ? irq->active_source : 0;

	if (pend && irq->source) {
		source = __ffs(irq->source);
		irq->lr_source = BIT(source);
		irq->source &= ~irq->lr_source;
	}
	return source << f->phys | (irq->source && irq->enabled ? f->eoi : 0);
}

static void load_irq(struct av_vcpu *vcpu, struct vgic_irq *irq, bool pend)
{
	const struct lr_format *f = lr_format();
	u64 lr = irq->intid | (u64)irq->priority << f->priority;
	struct vgic_vcpu *v = &vcpu->vgic;

	/*
	 * Pending and active at once is for edges.  The architecture forbids it
	 * in a list register with a physical interrupt, and a level that falls
	 * while the guest handles it should not come back when it is done.
	 */
	pend = pend && (!irq->active || (irq->edge && !irq->hw));
	if (is_multi_source(vcpu->vm, irq)) {
		pend = pend && !irq->active;
		lr |= take_source(irq, pend);
	}
	irq->in_lr = true;
	irq->lr_pend = pend;
	irq->lr_latch = pend && irq->latch;
	if (pend) {
		lr |= f->pending;
		irq->latch = irq->source;
	}
	if (irq->active)
		lr |= f->active;
	if (irq->group1)
		lr |= f->group1;
	if (irq->hw)
		lr |= f->hw | (u64)irq->hw->hwintid << f->phys;
	/* A level that is still high must be looked at again when it has been dealt with. */
	else if (!irq->edge && (irq->notify || (irq->enabled && (irq->line || irq->latch))))
		lr |= f->eoi;

	v->lr_irq[v->used] = irq;
	vcpu->hyp->gic.lr[v->used++] = lr;
}

struct selection {
	struct vgic_irq *pending[VGIC_MAX_LRS];
	struct vgic_irq *active[VGIC_MAX_LRS];
	unsigned int nr_pending;
	unsigned int nr_active;
	bool more_pending;
	bool more_active;
};

/* Keeps the best @max in order of priority; among equals the first come stays first. */
static bool insert(struct vgic_irq **best, unsigned int *nr, unsigned int max,
		   struct vgic_irq *irq)
{
	bool full = *nr == max;
	unsigned int i;

	if (full && best[max - 1]->priority <= irq->priority)
		return false;
	if (!full)
		(*nr)++;
	for (i = *nr - 1; i > 0 && best[i - 1]->priority > irq->priority; i--)
		best[i] = best[i - 1];
	best[i] = irq;
	return !full;
}

/*
 * More is ready than fits.  The most urgent pending interrupt always gets a list register, or it
 * could not preempt; active ones come next, since ending one that has none costs an exit; what is
 * left goes to pending ones.  The maintenance interrupt brings us back for the rest.
 */
static u32 flush_selected(struct av_vcpu *vcpu, u32 ctlr)
{
	unsigned int max = vgic_host.nr_lr, room, i, nr;
	struct selection s = {};
	struct vgic_irq *irq;
	u32 hcr = 0;

	list_for_each_entry(irq, &vcpu->vgic.home.ready, node) {
		if (irq->active)
			s.more_active |= !insert(s.active, &s.nr_active, max, irq);
		else if (forwards(irq, ctlr))
			s.more_pending |= !insert(s.pending, &s.nr_pending, max, irq);
	}

	room = max - (s.nr_pending ? 1 : 0);
	nr = min(s.nr_active, room);
	s.more_active |= nr < s.nr_active;
	for (i = 0; i < nr; i++)
		load_irq(vcpu, s.active[i], s.active[i]->edge && forwards(s.active[i], ctlr));
	room = max - nr;
	nr = min(s.nr_pending, room);
	s.more_pending |= nr < s.nr_pending;
	for (i = 0; i < nr; i++)
		load_irq(vcpu, s.pending[i], true);

	if (s.more_pending)
		hcr |= ICH_HCR_NPIE_BIT;
	if (s.more_active) {
		hcr |= ICH_HCR_LRENPIE_BIT;
		/* With EOImode 1 only a trap tells which one the guest deactivates. */
		if (vgic_host.tdir)
			hcr |= ICH_HCR_TDIR_BIT;
	}
	return hcr;
}

static void flush_all(struct av_vcpu *vcpu, u32 ctlr)
{
	struct vgic_irq *irq;
	bool pend;

	list_for_each_entry(irq, &vcpu->vgic.home.ready, node) {
		pend = forwards(irq, ctlr);
		if (pend || irq->active)
			load_irq(vcpu, irq, pend);
	}
}

/** vgic_flush() - fill the list registers; loaded, about to enter the guest, interrupts off */
void vgic_flush(struct av_vcpu *vcpu)
{
	struct vgic_home *home = &vcpu->vgic.home;
	u32 ctlr, hcr = 0;

	/* The last entry didn't come about: start again. */
	if (unlikely(vcpu->vgic.used))
		vgic_fold(vcpu);
	/*
	 * Without the lock: who adds to the list afterwards sends a request,
	 * which the run loop sees after the vCPU's mode is VCPU_IN_GUEST.
	 */
	if (likely(list_empty(&home->ready)))
		return;

	raw_spin_lock(&home->lock);
	ctlr = READ_ONCE(vcpu->vm->vgic.ctlr);
	if (home->nr_ready <= vgic_host.nr_lr)
		flush_all(vcpu, ctlr);
	else
		hcr = flush_selected(vcpu, ctlr);
	if (vcpu->vgic.used)
		commit(vcpu, hcr | ICH_HCR_EN_BIT);
	raw_spin_unlock(&home->lock);
}

/* A mapped level interrupt: the guest may have changed the device's mind. */
static void resample(struct av_vcpu *vcpu, struct vgic_irq *irq, bool still_pending)
{
	if (!irq->line || irq->active)
		return;
	irq->line = irq->hw->line(vcpu);
	/* Never taken, so the guest has not deactivated the host's. */
	if (!irq->line && still_pending)
		vgic_irq_deactivate_hw(irq);
}

/* Reads back one list register; true if someone wants to know that the guest has ended it. */
static bool unload_irq(struct av_vcpu *vcpu, unsigned int n)
{
	struct vgic_irq *irq = vcpu->vgic.lr_irq[n];
	const struct lr_format *f = lr_format();
	u64 lr = vcpu->hyp->gic.lr[n];
	bool pending = lr & f->pending;

	irq->active = lr & f->active;
	/* Not taken: still latched, unless a register write has cleared that in the meantime. */
	if (pending && irq->lr_latch) {
		irq->latch = true;
		irq->source |= irq->lr_source;
	}
	if (irq->active)
		irq->active_source = lr >> f->phys & 7;
	irq->in_lr = false;
	irq->lr_pend = false;
	irq->lr_latch = false;
	irq->lr_source = 0;
	if (unlikely(irq->force))
		irq->active = irq->force == VGIC_FORCE_ACTIVE;
	irq->force = 0;
	if (irq->hw)
		resample(vcpu, irq, pending);
	vgic_irq_update(irq);
	return irq->notify && !irq->edge && !(lr & (f->active | f->pending));
}

/*
 * The guest ended @count interrupts that had no list register.  Which ones the
 * hardware doesn't say, but with EOImode 0 they end in order of priority.
 */
static void end_spilled(struct av_vcpu *vcpu, u32 count, unsigned long *ended)
{
	struct vgic_irq *irq, *best;

	while (count--) {
		best = NULL;
		list_for_each_entry(irq, &vcpu->vgic.home.ready, node) {
			if (irq->active && !irq->in_lr &&
			    (!best || irq->priority < best->priority))
				best = irq;
		}
		if (!best)
			return;
		best->active = false;
		if (best->hw)
			vgic_irq_deactivate_hw(best);
		if (best->notify && !best->edge)
			__set_bit(best->intid, ended);
		vgic_irq_update(best);
	}
}

static void fold_spilled(struct av_vcpu *vcpu)
{
	struct vgic_home *home = &vcpu->vgic.home;
	DECLARE_BITMAP(ended, VGIC_MAX_INTID) = {};
	struct av_vm *vm = vcpu->vm;
	unsigned int i;

	raw_spin_lock(&home->lock);
	end_spilled(vcpu, vcpu->hyp->gic.eoicount, ended);
	raw_spin_unlock(&home->lock);

	/* Moves what was wanted elsewhere.  By number, the hard way: it is a rare case. */
	for (i = 0; i < vm->vgic.nr_spis; i++)
		vgic_irq_settle(&vm->vgic.spis[i]);
	for_each_set_bit(i, ended, VGIC_MAX_INTID)
		eventfd_eoi(vm, i);
}

static void fold_slow(struct av_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->vgic;
	struct vgic_home *home = &v->home;
	struct hyp_gic *gic = &vcpu->hyp->gic;
	unsigned long ended = 0, move = 0;
	unsigned int i, nr = v->used;

	if (vgic_host.v2)
		vgic_v2_fold(gic);
	if (unlikely(gic->hcr & ICH_HCR_LRENPIE_BIT && gic->eoicount))
		fold_spilled(vcpu);
	/* An entry that doesn't come about leaves it as it is. */
	gic->eoicount = 0;

	raw_spin_lock(&home->lock);
	for (i = 0; i < nr; i++) {
		if (unload_irq(vcpu, i))
			ended |= BIT(i);
		if (v->lr_irq[i]->target != home && !v->lr_irq[i]->active)
			move |= BIT(i);
	}
	WRITE_ONCE(home->folds, home->folds + 1);
	v->used = 0;
	commit(vcpu, ICH_HCR_EN_BIT);
	raw_spin_unlock(&home->lock);

	/* lr_irq[] is ours alone until the next flush. */
	for_each_set_bit(i, &move, VGIC_MAX_LRS)
		vgic_irq_settle(v->lr_irq[i]);
	for_each_set_bit(i, &ended, VGIC_MAX_LRS)
		eventfd_eoi(vcpu->vm, v->lr_irq[i]->intid);
}

/** vgic_fold() - read the list registers back; loaded, just out of the guest, interrupts off */
void vgic_fold(struct av_vcpu *vcpu)
{
	if (unlikely(vcpu->vgic.used))
		fold_slow(vcpu);
}

void vgic_load(struct av_vcpu *vcpu)
{
	vcpu->vgic.loaded = true;
	if (vgic_is_v2(vcpu->vm))
		vgic_v2_load(&vcpu->hyp->gic);
}

/* On GICv3 VMCR and the APRs have been saved. */
void vgic_put(struct av_vcpu *vcpu)
{
	unsigned long flags;

	if (unlikely(vcpu->vgic.used)) {
		local_irq_save(flags);
		fold_slow(vcpu);
		local_irq_restore(flags);
	}
	if (vgic_is_v2(vcpu->vm))
		vgic_v2_put(&vcpu->hyp->gic);
	vcpu->vgic.loaded = false;
}

/* The guest's latest word: of a loaded vCPU it may still be in the hardware. */
static u32 vmcr_of(struct av_vcpu *vcpu)
{
	if (vgic_host.v2 && vcpu->vgic.loaded)
		return vgic_v2_vmcr();
	arch_vcpu_gic_put(vcpu);
	return vcpu->hyp->gic.vmcr;
}

/* Does the CPU interface let it through? */
static bool cpuif_passes(u32 vmcr, const struct vgic_irq *irq)
{
	if (!(vmcr & (irq->group1 ? VMCR_VENG1 : VMCR_VENG0)))
		return false;
	/* GICH_VMCR has the upper five bits of the mask where ICH_VMCR_EL2 has all. */
	return irq->priority < ((vmcr >> VMCR_PMR_SHIFT) & (vgic_host.v2 ? 0xf8 : 0xff));
}

/**
 * vgic_pending() - would an interrupt be signalled to this vCPU?
 * @vcpu: the caller's own, loaded or not
 * Running priority is left out: at worst a WFI ends too early, as it may.
 */
bool vgic_pending(struct av_vcpu *vcpu)
{
	struct vgic_home *home = &vcpu->vgic.home;
	u32 ctlr = READ_ONCE(vcpu->vm->vgic.ctlr);
	struct vgic_irq *irq;
	unsigned long flags;
	bool found = false;
	u32 vmcr;

	if (list_empty_careful(&home->ready))
		return false;
	vmcr = vmcr_of(vcpu);
	raw_spin_lock_irqsave(&home->lock, flags);
	list_for_each_entry(irq, &home->ready, node) {
		if (!irq->active && forwards(irq, ctlr) && cpuif_passes(vmcr, irq)) {
			found = true;
			break;
		}
	}
	raw_spin_unlock_irqrestore(&home->lock, flags);
	return found;
}
