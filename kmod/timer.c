// SPDX-License-Identifier: GPL-2.0
/*
 * The two EL1 timers of a vCPU.  The virtual one is the hardware's while the vCPU is loaded; the
 * physical one is emulated, since the host needs the real one.  A host timer stands in for the
 * emulated timer, and for both while the vCPU sleeps.  What this file is not: the host's side of
 * the interrupt (timer_host.c) and the state of the virtual interrupt (vgic/).
 *
 * Each timer has a line to the vGIC.  Only the vCPU's own thread, and on its CPU the handler of the
 * hardware timer, move it: host timers, which end on any CPU, make the vCPU leave the guest, and
 * before the next entry it looks at the time.
 */
#include <linux/bitops.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/uaccess.h>

#include <asm/arch_timer.h>
#include <clocksource/arm_arch_timer.h>

#include "armvirt.h"
#include "arch_timer_regs.h"

#define CTL_ENABLE	BIT(0)
#define CTL_IMASK	BIT(1)
#define CTL_ISTATUS	BIT(2)

#define DEFAULT_VIRT_PPI	27
#define DEFAULT_PHYS_PPI	30

/* A timer further away than this is looked at again then. */
#define MAX_SLEEP_SECS	(365ULL * 24 * 3600)

static DEFINE_PER_CPU(struct av_vcpu *, loaded_vcpu);

/* --- time ----------------------------------------------------------------- */

/* A kernel that booted at EL2 reads the physical counter here, wherever it runs. */
static u64 ctx_count(struct timer_ctx *ctx)
{
	/* Another vCPU's one-reg can change the offset at any time. */
	return arch_timer_read_counter() - READ_ONCE(ctx->vcpu->vm->timer.offset[ctx->id]);
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
	u32 freq = arch_timer_get_cntfrq();

	count = min(count, MAX_SLEEP_SECS * freq);
	return ns_to_ktime(mul_u64_u32_div(count, NSEC_PER_SEC, freq) + 1);
}

static enum hrtimer_restart host_timer_ends(struct hrtimer *hrtimer)
{
	struct timer_ctx *ctx = container_of(hrtimer, struct timer_ctx, hrtimer);
	s64 left = ctx->armed - arch_timer_read_counter();

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
	deadline = ctx->cval + READ_ONCE(ctx->vcpu->vm->timer.offset[ctx->id]);
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
	return (vtimer_hw_read(CTL) & (CTL_ENABLE | CTL_IMASK | CTL_ISTATUS)) ==
	       (CTL_ENABLE | CTL_ISTATUS);
}

/*
 * The vGIC asks when the guest has ended the interrupt, or lets it through again,
 * maybe because another vCPU accessed our redistributor.
 */
bool timer_virt_line(struct av_vcpu *vcpu)
{
	struct timer_ctx *ctx = &vcpu->timer.ctx[TIMER_VIRT];
	unsigned long flags;
	bool line;

	local_irq_save(flags);
	/* The vGIC takes it as the line: it has been told of this change. */
	if (__this_cpu_read(loaded_vcpu) == vcpu)
		ctx->level = hw_line();
	line = READ_ONCE(vcpu->timer.loaded) ? READ_ONCE(ctx->level) : ctx_line(ctx);
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
		timer_host_set_active(false);
}

/** timer_sync - tell the vGIC of the lines: no timer which ended since the exit is missed */
void timer_sync(struct av_vcpu *vcpu)
{
	struct timer_ctx *phys = &vcpu->timer.ctx[TIMER_PHYS];

	virt_sync(vcpu);
	if (unlikely(phys->ctl))
		set_line(phys, ctx_line(phys));
}

/** timer_fired - the timer's interrupt: most often the one place where the line rises */
void timer_fired(void)
{
	struct av_vcpu *vcpu = __this_cpu_read(loaded_vcpu);

	if (!vcpu)
		return;				/* on its way while the vCPU left */
	virt_sync(vcpu);
	if (!vcpu->timer.ctx[TIMER_VIRT].level)
		timer_host_set_active(false);	/* the guest was faster, and won't end it */
}

/* --- load, put, sleep ----------------------------------------------------- */

/** timer_load - make the timers run on this CPU; CNTVOFF is the guest's from here on */
void timer_load(struct av_vcpu *vcpu)
{
	struct timer_ctx *virt = &vcpu->timer.ctx[TIMER_VIRT];
	struct timer_ctx *phys = &vcpu->timer.ctx[TIMER_PHYS];
	unsigned long flags;

	local_irq_save(flags);
	/*
	 * A timer that ended meanwhile is injected here, not by way of a host
	 * interrupt.  Always: the vGIC may have asked for the line since the put.
	 */
	virt->level = !ctx_line(virt);
	set_line(virt, !virt->level);
	vcpu->timer.queued = virt_queued(vcpu);
	timer_host_load(virt->level || vcpu->timer.queued);
	__this_cpu_write(loaded_vcpu, vcpu);
	WRITE_ONCE(vcpu->timer.loaded, true);
	/* The guest reads CVAL without a trap, so it must be its own even if unused. */
	vtimer_hw_write(CVAL, virt->cval);
	if (virt->ctl) {
		isb();	/* an old CVAL must not make the timer fire */
		vtimer_hw_write(CTL, virt->ctl);
		isb();
	}
	if (phys->ctl || phys->level)
		set_line(phys, ctx_line(phys));
	local_irq_restore(flags);
	arm(phys);
}

/* A host timer of the emulated timer stays armed: it does no more than ask to look. */
void timer_put(struct av_vcpu *vcpu)
{
	struct timer_ctx *ctx = &vcpu->timer.ctx[TIMER_VIRT];
	unsigned long flags;

	local_irq_save(flags);
	virt_sync(vcpu);
	ctx->ctl = vtimer_hw_read(CTL) & (CTL_ENABLE | CTL_IMASK);
	ctx->cval = vtimer_hw_read(CVAL);
	if (ctx->ctl) {
		vtimer_hw_write(CTL, 0);
		isb();	/* the output is low before the interrupt may become inactive */
	}
	WRITE_ONCE(vcpu->timer.loaded, false);
	__this_cpu_write(loaded_vcpu, NULL);
	timer_host_put(ctx->level || virt_queued(vcpu));
	local_irq_restore(flags);
}

/* Only what the vGIC does not know yet: the rest is vgic_pending()'s decision. */
bool timer_due(struct av_vcpu *vcpu)
{
	struct timer_ctx *virt = &vcpu->timer.ctx[TIMER_VIRT];
	struct timer_ctx *phys = &vcpu->timer.ctx[TIMER_PHYS];

	return (!virt->level && ctx_line(virt)) || (!phys->level && ctx_line(phys));
}

void timer_block(struct av_vcpu *vcpu)
{
	arm(&vcpu->timer.ctx[TIMER_VIRT]);
	arm(&vcpu->timer.ctx[TIMER_PHYS]);
}

/* The hardware takes over again; the emulated timer keeps its host timer. */
void timer_unblock(struct av_vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->timer.ctx[TIMER_VIRT].hrtimer);
}

/* --- registers ------------------------------------------------------------ */

/**
 * timer_read - a timer register as the guest sees it
 * @vcpu: the caller's own; of the virtual timer only CNT can be read while it is loaded
 * @id: which timer
 * @reg: which register; CNT is the guest's counter
 */
u64 timer_read(struct av_vcpu *vcpu, enum timer_id id, enum timer_reg reg)
{
	struct timer_ctx *ctx = &vcpu->timer.ctx[id];
	u64 count = ctx_count(ctx);

	switch (reg) {
	case TIMER_REG_CTL:
		/* ISTATUS is UNKNOWN while disabled (ARM ARM): say what it would be. */
		return ctx->ctl | (count >= ctx->cval ? CTL_ISTATUS : 0);
	case TIMER_REG_CVAL:
		return ctx->cval;
	case TIMER_REG_TVAL:
		return lower_32_bits(ctx->cval - count);
	case TIMER_REG_CNT:
		return count;
	}
	return 0;
}

/**
 * timer_write - write a timer register for the guest or for user space
 * @vcpu: the caller's own; loaded only if it is the emulated timer
 * @id: which timer
 * @reg: which register; CNT moves the counter of the whole VM (one-reg only)
 * @val: the value
 */
void timer_write(struct av_vcpu *vcpu, enum timer_id id, enum timer_reg reg, u64 val)
{
	struct timer_ctx *ctx = &vcpu->timer.ctx[id];

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
		/* One counter for the whole machine, so all vCPUs move. */
		WRITE_ONCE(vcpu->vm->timer.offset[id], arch_timer_read_counter() - val);
		break;
	}
	if (!vcpu->timer.loaded)
		return;		/* timer_load() does the rest */
	set_line(ctx, ctx_line(ctx));
	arm(ctx);
}

/* --- lifetime ------------------------------------------------------------- */

void timer_vm_init(struct av_vm *vm)
{
	/* The virtual counter starts at 0; the physical one is the host's. */
	vm->timer.offset[TIMER_VIRT] = arch_timer_read_counter();
	vm->timer.ppi[TIMER_VIRT] = DEFAULT_VIRT_PPI;
	vm->timer.ppi[TIMER_PHYS] = DEFAULT_PHYS_PPI;
}

void timer_vcpu_init(struct av_vcpu *vcpu)
{
	struct timer_ctx *ctx = vcpu->timer.ctx;
	int i;

	for (i = 0; i < TIMER_NR; i++, ctx++) {
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
	int i;

	for (i = 0; i < TIMER_NR; i++) {
		vcpu->timer.ctx[i].ctl = 0;
		set_line(&vcpu->timer.ctx[i], false);
	}
}

/* vm->lock held.  -EINVAL: user space chose an interrupt that is taken. */
int timer_first_run(struct av_vcpu *vcpu)
{
	struct timer_ctx *virt = &vcpu->timer.ctx[TIMER_VIRT];
	struct timer_ctx *phys = &vcpu->timer.ctx[TIMER_PHYS];

	if (!vgic_ready(vcpu->vm))
		return 0;
	/* Also finds that both are the same: the second owner is refused. */
	if (vgic_connect(vcpu, ctx_ppi(virt), virt, &timer_hw) ||
	    vgic_connect(vcpu, ctx_ppi(phys), phys, NULL))
		return -EINVAL;
	vcpu->timer.wired = true;
	return 0;
}

/* --- attributes: a timer's interrupt -------------------------------------- */

int timer_attr(struct av_vcpu *vcpu, const struct armvirt_device_attr *attr, unsigned int cmd)
{
	u32 __user *uaddr = u64_to_user_ptr(attr->addr);
	struct av_vm *vm = vcpu->vm;
	int err = 0;
	u32 ppi;

	BUILD_BUG_ON(TIMER_VIRT != ARMVIRT_ARM_VCPU_TIMER_IRQ_VTIMER);
	BUILD_BUG_ON(TIMER_PHYS != ARMVIRT_ARM_VCPU_TIMER_IRQ_PTIMER);
	/* No other group has attributes on a vCPU. */
	if (attr->group != ARMVIRT_ARM_VCPU_TIMER_CTRL || attr->attr >= TIMER_NR)
		return -ENXIO;
	if (cmd == ARMVIRT_HAS_DEVICE_ATTR)
		return 0;
	if (cmd == ARMVIRT_GET_DEVICE_ATTR)
		return put_user(READ_ONCE(vm->timer.ppi[attr->attr]), uaddr);
	if (get_user(ppi, uaddr))
		return -EFAULT;
	if (ppi < 16 || ppi > 31)
		return -EINVAL;
	/* Whether it is free is seen at the first run, when all have been set. */
	mutex_lock(&vm->lock);
	if (vm->ran)
		err = -EBUSY;
	else
		vm->timer.ppi[attr->attr] = ppi;
	mutex_unlock(&vm->lock);
	return err;
}
