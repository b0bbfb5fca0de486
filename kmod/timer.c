// SPDX-License-Identifier: GPL-2.0
/*
 * The two EL1 timers of a vCPU.  The virtual one is the hardware's while the
 * vCPU is loaded; the physical one is emulated, since the host needs the real
 * one.  A host timer stands in for the emulated timer, and for both while the
 * vCPU sleeps.  What this file is not: the host's side of the interrupt
 * (timer_host.c) and the state of the virtual interrupt (vgic/).
 *
 * Each timer has a line to the vGIC.  Only the vCPU's own thread, and on its CPU
 * the handler of the hardware timer, move it: host timers, which end on any CPU,
 * make the vCPU leave the guest, and before the next entry it looks at the time.
 */
#include <linux/bitops.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/uaccess.h>

#include "armvirt.h"
#include "arch_timer_regs.h"

#define CTL_ENABLE	BIT(0)
#define CTL_IMASK	BIT(1)
#define CTL_ISTATUS	BIT(2)

#define DEFAULT_VIRT_PPI	27
#define DEFAULT_PHYS_PPI	30

/* A timer further away than this is looked at again when it ends. */
#define MAX_SLEEP_SECS	(365 * 24 * 3600)

static DEFINE_PER_CPU(struct av_vcpu *, loaded_vcpu);

/* --- time ----------------------------------------------------------------- */

static u64 ctx_offset(struct timer_ctx *ctx)
{
	/* Another vCPU's one-reg can change it at any time. */
	return READ_ONCE(ctx->vcpu->vm->timer.offset[ctx->id]);
}

static u64 ctx_count(struct timer_ctx *ctx)
{
	return timer_hw_count() - ctx_offset(ctx);
}

static bool can_fire(struct timer_ctx *ctx)
{
	return (ctx->ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE;
}

/* The line as the saved registers have it. */
static bool ctx_line(struct timer_ctx *ctx)
{
	return can_fire(ctx) && ctx_count(ctx) >= ctx->cval;
}

/* Rounds up: a timer must not look unexpired when its host timer ends. */
static ktime_t count_to_ktime(u64 count)
{
	u32 freq = timer_hw_freq();
	u32 rem;
	u64 secs;

	secs = div_u64_rem(count, freq, &rem);
	if (secs >= MAX_SLEEP_SECS)
		return ktime_set(MAX_SLEEP_SECS, 0);
	return ktime_set(secs, div_u64((u64)rem * NSEC_PER_SEC + freq - 1, freq));
}

static enum hrtimer_restart host_timer_ends(struct hrtimer *hrtimer)
{
	struct timer_ctx *ctx = container_of(hrtimer, struct timer_ctx, hrtimer);
	s64 left = ctx->armed - timer_hw_count();

	/* CLOCK_MONOTONIC is steered, the counter isn't: this can be too early. */
	if (left > 0) {
		hrtimer_forward_now(hrtimer, count_to_ktime(left));
		return HRTIMER_RESTART;
	}
	/* A request, not a kick: the vCPU may be about to enter and have looked already. */
	vcpu_request(ctx->vcpu, VCPU_REQ_IRQ);
	return HRTIMER_NORESTART;
}

/* Makes sure that the vCPU looks again when the timer's line would rise. */
static void arm(struct timer_ctx *ctx)
{
	u64 count, deadline;

	if (!can_fire(ctx))
		return;
	count = ctx_count(ctx);
	if (count >= ctx->cval)
		return;
	deadline = ctx->cval + ctx_offset(ctx);
	if (hrtimer_is_queued(&ctx->hrtimer) && ctx->armed == deadline)
		return;
	/* Its callback reads @armed and may restart it. */
	hrtimer_cancel(&ctx->hrtimer);
	ctx->armed = deadline;
	hrtimer_start(&ctx->hrtimer, count_to_ktime(ctx->cval - count), HRTIMER_MODE_REL_HARD);
}

/* --- lines ---------------------------------------------------------------- */

static u32 ctx_ppi(struct timer_ctx *ctx)
{
	return ctx->vcpu->vm->timer.ppi[ctx->id];
}

static void set_line(struct timer_ctx *ctx, bool line)
{
	if (ctx->level == line)
		return;
	ctx->level = line;
	if (ctx->vcpu->timer.wired)
		vgic_inject(ctx->vcpu->vm, ctx->vcpu, ctx_ppi(ctx), line, ctx);
}

static bool virt_queued(struct av_vcpu *vcpu)
{
	return vcpu->timer.wired && vgic_hw_active(vcpu, ctx_ppi(&vcpu->timer.ctx[TIMER_VIRT]));
}

static bool hw_line(void)
{
	return (vtimer_hw_ctl() & (CTL_ENABLE | CTL_IMASK | CTL_ISTATUS)) ==
	       (CTL_ENABLE | CTL_ISTATUS);
}

/*
 * The vGIC asks when the guest has ended the interrupt, or lets it through again.
 * Another vCPU's access to our redistributor can be what makes it ask.
 */
static bool virt_line(struct av_vcpu *vcpu)
{
	struct timer_ctx *ctx = &vcpu->timer.ctx[TIMER_VIRT];
	unsigned long flags;
	bool line;

	local_irq_save(flags);
	if (!READ_ONCE(vcpu->timer.loaded))
		line = ctx_line(ctx);
	else if (__this_cpu_read(loaded_vcpu) == vcpu)
		/* The vGIC takes it as the line: it has been told of this change. */
		line = ctx->level = hw_line();
	else
		line = READ_ONCE(ctx->level);
	local_irq_restore(flags);
	return line;
}

/* Interrupts off, the vCPU is loaded here: one register read when nothing changed. */
static void virt_sync(struct av_vcpu *vcpu)
{
	struct timer_ctx *ctx = &vcpu->timer.ctx[TIMER_VIRT];
	bool line = hw_line();

	if (likely(line == ctx->level))
		return;
	set_line(ctx, line);
	if (line) {
		vcpu->timer.queued = virt_queued(vcpu);
		return;
	}
	/*
	 * It rose and fell without ever being the guest's to end (disabled in
	 * the redistributor, or there is no vGIC): nobody else deactivates the
	 * host's interrupt, and until then the timer is mute.
	 */
	if (!vcpu->timer.queued && !virt_queued(vcpu))
		timer_host_deactivate();
}

/**
 * timer_sync - tell the vGIC what the timers' lines are
 * @vcpu: loaded on this CPU, interrupts off
 *
 * Before each entry, and before vgic_flush(), so that no timer is missed which
 * ended since the exit.
 */
void timer_sync(struct av_vcpu *vcpu)
{
	struct timer_ctx *phys = &vcpu->timer.ctx[TIMER_PHYS];

	virt_sync(vcpu);
	if (unlikely(phys->ctl))
		set_line(phys, ctx_line(phys));
}

/*
 * The host's virtual timer interrupt: most often what ended the guest a moment
 * ago, and then the one place where the line rises.
 */
irqreturn_t timer_host_irq(int irq, void *dev)
{
	struct av_vcpu *vcpu = __this_cpu_read(loaded_vcpu);

	timer_host_fired();
	if (!vcpu)
		return IRQ_HANDLED;	/* on its way while the vCPU left */
	virt_sync(vcpu);
	if (!vcpu->timer.ctx[TIMER_VIRT].level)
		timer_host_deactivate();	/* the guest was faster, and won't end it */
	return IRQ_HANDLED;
}

/* --- load, put, sleep ----------------------------------------------------- */

static void virt_load(struct av_vcpu *vcpu)
{
	struct timer_ctx *ctx = &vcpu->timer.ctx[TIMER_VIRT];

	/*
	 * A timer that ended meanwhile is injected here, not by way of a host
	 * interrupt.  Always: the vGIC may have asked for the line since the put.
	 */
	ctx->level = !ctx_line(ctx);
	set_line(ctx, !ctx->level);
	vcpu->timer.queued = virt_queued(vcpu);
	timer_host_load(ctx->level || vcpu->timer.queued);
	__this_cpu_write(loaded_vcpu, vcpu);
	WRITE_ONCE(vcpu->timer.loaded, true);
	/* The guest reads CVAL without a trap, so it must be its own even if unused. */
	vtimer_hw_set_cval(ctx->cval);
	if (ctx->ctl) {
		isb();	/* an old CVAL must not make the timer fire */
		vtimer_hw_set_ctl(ctx->ctl);
	}
}

/**
 * timer_load - make the timers run on this CPU
 * @vcpu: CNTVOFF is the guest's from here on; preemption off
 */
void timer_load(struct av_vcpu *vcpu)
{
	struct timer_ctx *phys = &vcpu->timer.ctx[TIMER_PHYS];
	unsigned long flags;

	local_irq_save(flags);
	virt_load(vcpu);
	if (phys->ctl || phys->level)
		set_line(phys, ctx_line(phys));
	local_irq_restore(flags);
	if (phys->ctl)
		arm(phys);
}

/**
 * timer_put - take the virtual timer back from the hardware
 * @vcpu: CNTVOFF is still the guest's; preemption off
 *
 * A host timer of the emulated timer stays armed: it does no more than ask to look.
 */
void timer_put(struct av_vcpu *vcpu)
{
	struct timer_ctx *ctx = &vcpu->timer.ctx[TIMER_VIRT];
	unsigned long flags;
	u32 ctl;

	local_irq_save(flags);
	virt_sync(vcpu);
	ctl = vtimer_hw_ctl();
	ctx->ctl = ctl & (CTL_ENABLE | CTL_IMASK);
	ctx->cval = vtimer_hw_cval();
	if (ctx->ctl)
		vtimer_hw_set_ctl(0);
	WRITE_ONCE(vcpu->timer.loaded, false);
	__this_cpu_write(loaded_vcpu, NULL);
	timer_host_put(ctx->level || virt_queued(vcpu));
	local_irq_restore(flags);
}

/* Only what the vGIC does not know yet: the rest is vgic_pending()'s decision. */
bool timer_due(struct av_vcpu *vcpu)
{
	int i;

	for (i = 0; i < TIMER_NR; i++) {
		struct timer_ctx *ctx = &vcpu->timer.ctx[i];

		if (!ctx->level && ctx_line(ctx))
			return true;
	}
	return false;
}

void timer_block(struct av_vcpu *vcpu)
{
	arm(&vcpu->timer.ctx[TIMER_VIRT]);
	arm(&vcpu->timer.ctx[TIMER_PHYS]);
}

void timer_unblock(struct av_vcpu *vcpu)
{
	/* The hardware takes over again; the emulated timer keeps its host timer. */
	hrtimer_cancel(&vcpu->timer.ctx[TIMER_VIRT].hrtimer);
}

/* --- registers ------------------------------------------------------------ */

static u32 read_ctl(struct timer_ctx *ctx, bool hw)
{
	u32 ctl = hw ? vtimer_hw_ctl() & ~CTL_ISTATUS : ctx->ctl;
	u64 cval = hw ? vtimer_hw_cval() : ctx->cval;

	/* UNKNOWN while disabled (ARM ARM, CNTV_CTL_EL0): say what it would be. */
	if (ctx_count(ctx) >= cval)
		ctl |= CTL_ISTATUS;
	return ctl;
}

/**
 * timer_read - a timer register as the guest sees it
 * @vcpu: the caller's own, loaded or not
 * @id: which timer
 * @reg: which register; CNT is the guest's counter
 */
u64 timer_read(struct av_vcpu *vcpu, enum timer_id id, enum timer_reg reg)
{
	struct timer_ctx *ctx = &vcpu->timer.ctx[id];
	bool hw = id == TIMER_VIRT && vcpu->timer.loaded;
	u64 cval = hw ? vtimer_hw_cval() : ctx->cval;

	switch (reg) {
	case TIMER_REG_CTL:
		return read_ctl(ctx, hw);
	case TIMER_REG_CVAL:
		return cval;
	case TIMER_REG_TVAL:
		return lower_32_bits(cval - ctx_count(ctx));
	case TIMER_REG_CNT:
		return ctx_count(ctx);
	}
	return 0;
}

static void set_count(struct av_vcpu *vcpu, enum timer_id id, u64 val)
{
	/* One counter for the whole machine, so all vCPUs move. */
	WRITE_ONCE(vcpu->vm->timer.offset[id], timer_hw_count() - val);
}

static void write_reg(struct timer_ctx *ctx, enum timer_reg reg, u64 val)
{
	switch (reg) {
	case TIMER_REG_CTL:
		ctx->ctl = val & (CTL_ENABLE | CTL_IMASK);
		break;
	case TIMER_REG_TVAL:
		ctx->cval = ctx_count(ctx) + (s32)val;
		break;
	case TIMER_REG_CVAL:
		ctx->cval = val;
		break;
	case TIMER_REG_CNT:
		set_count(ctx->vcpu, ctx->id, val);
		break;
	}
}

/**
 * timer_write - write a timer register for the guest or for user space
 * @vcpu: the caller's own, loaded or not
 * @id: which timer
 * @reg: which register; CNT moves the counter of the whole VM (one-reg only)
 * @val: the value
 */
void timer_write(struct av_vcpu *vcpu, enum timer_id id, enum timer_reg reg, u64 val)
{
	struct timer_ctx *ctx = &vcpu->timer.ctx[id];
	unsigned long flags;

	if (!vcpu->timer.loaded) {
		write_reg(ctx, reg, val);	/* timer_load() does the rest */
		return;
	}
	local_irq_save(flags);
	write_reg(ctx, reg, val);
	if (id == TIMER_PHYS) {
		set_line(ctx, ctx_line(ctx));
	} else if (reg == TIMER_REG_CTL) {
		vtimer_hw_set_ctl(ctx->ctl);
	} else if (reg != TIMER_REG_CNT) {
		vtimer_hw_set_cval(ctx->cval);
		isb();
	}
	local_irq_restore(flags);
	if (id == TIMER_PHYS)
		arm(ctx);
}

/* --- lifetime ------------------------------------------------------------- */

void timer_vm_init(struct av_vm *vm)
{
	mutex_init(&vm->timer.lock);
	/* The virtual counter starts at 0; the physical one is the host's. */
	vm->timer.offset[TIMER_VIRT] = timer_hw_count();
	vm->timer.ppi[TIMER_VIRT] = DEFAULT_VIRT_PPI;
	vm->timer.ppi[TIMER_PHYS] = DEFAULT_PHYS_PPI;
}

void timer_vcpu_init(struct av_vcpu *vcpu)
{
	int i;

	for (i = 0; i < TIMER_NR; i++) {
		struct timer_ctx *ctx = &vcpu->timer.ctx[i];

		ctx->vcpu = vcpu;
		ctx->id = i;
		hrtimer_setup(&ctx->hrtimer, host_timer_ends, CLOCK_MONOTONIC,
			      HRTIMER_MODE_REL_HARD);
	}
}

void timer_vcpu_exit(struct av_vcpu *vcpu)
{
	int i;

	/* Wait for a callback in flight: it uses the vCPU. */
	for (i = 0; i < TIMER_NR; i++)
		hrtimer_cancel(&vcpu->timer.ctx[i].hrtimer);
}

void timer_vcpu_reset(struct av_vcpu *vcpu)
{
	unsigned long flags;
	int i;

	local_irq_save(flags);
	for (i = 0; i < TIMER_NR; i++) {
		vcpu->timer.ctx[i].ctl = 0;
		set_line(&vcpu->timer.ctx[i], false);
	}
	local_irq_restore(flags);
}

static int wire(struct av_vcpu *vcpu)
{
	struct timer_vm *tv = &vcpu->vm->timer;
	int i, err;

	/* Also finds that both are the same: the second owner is refused. */
	for (i = 0; i < TIMER_NR; i++) {
		if (vgic_set_owner(vcpu, tv->ppi[i], &vcpu->timer.ctx[i]))
			return -EINVAL;
	}
	err = vgic_map_hw(vcpu, tv->ppi[TIMER_VIRT], timer_host_virq(),
			  timer_host_hwintid(), virt_line);
	if (!err)
		vcpu->timer.wired = true;
	return err;
}

/**
 * timer_first_run - connect the timers before a vCPU runs for the first time
 * @vcpu: not loaded; its VM's vGIC, if any, is set up
 *
 * From now on the interrupt numbers cannot be changed.  Returns 0, or -EINVAL
 * if user space chose an interrupt that is taken.
 */
int timer_first_run(struct av_vcpu *vcpu)
{
	struct timer_vm *tv = &vcpu->vm->timer;
	int err = 0;

	if (vcpu->timer.ready)
		return 0;
	mutex_lock(&tv->lock);
	if (vgic_ready(vcpu->vm))
		err = wire(vcpu);
	if (!err) {
		tv->ppi_fixed = true;
		vcpu->timer.ready = true;
	}
	mutex_unlock(&tv->lock);
	return err;
}

/* --- attributes ----------------------------------------------------------- */

static int attr_to_id(const struct armvirt_device_attr *attr)
{
	/* No other group has attributes on a vCPU. */
	if (attr->group != ARMVIRT_ARM_VCPU_TIMER_CTRL)
		return -ENXIO;
	switch (attr->attr) {
	case ARMVIRT_ARM_VCPU_TIMER_IRQ_VTIMER:
		return TIMER_VIRT;
	case ARMVIRT_ARM_VCPU_TIMER_IRQ_PTIMER:
		return TIMER_PHYS;
	default:
		return -ENXIO;
	}
}

int timer_set_attr(struct av_vcpu *vcpu, struct armvirt_device_attr *attr)
{
	u32 __user *uaddr = u64_to_user_ptr(attr->addr);
	struct timer_vm *tv = &vcpu->vm->timer;
	int id = attr_to_id(attr);
	int err = 0;
	u32 ppi;

	if (id < 0)
		return id;
	if (get_user(ppi, uaddr))
		return -EFAULT;
	if (ppi < 16 || ppi > 31)
		return -EINVAL;
	/* Whether it is free is seen at the first run, when all have been set. */
	mutex_lock(&tv->lock);
	if (tv->ppi_fixed)
		err = -EBUSY;
	else
		tv->ppi[id] = ppi;
	mutex_unlock(&tv->lock);
	return err;
}

int timer_get_attr(struct av_vcpu *vcpu, struct armvirt_device_attr *attr)
{
	u32 __user *uaddr = u64_to_user_ptr(attr->addr);
	int id = attr_to_id(attr);

	if (id < 0)
		return id;
	return put_user(READ_ONCE(vcpu->vm->timer.ppi[id]), uaddr);
}

int timer_has_attr(struct av_vcpu *vcpu, struct armvirt_device_attr *attr)
{
	return min(attr_to_id(attr), 0);
}
