// SPDX-License-Identifier: GPL-2.0
/*
 * The vGIC's state machine against an oracle: devices, guests and register
 * accesses at random on several vCPUs, some of them in the guest meanwhile.
 * No interrupt may be lost, delivered in two places, out of order, or again
 * while it is active; and when everything has been handled, both sides must
 * agree on what is pending.
 */
#include <stdio.h>

#include "vgic_sim.h"

/**
 * struct truth - what one interrupt must be doing
 * @pend: latched: an edge, an SGI, or ISPENDR
 * @extra: times it was latched while the last one was in a list register:
 *         whether the guest had taken that one yet nobody knows
 * @sources: GICv2 SGIs: @pend for each sender
 * @target: vCPU, or -1
 * @blurred: changed while a guest had it, and not since that left
 * @stuck: made active by a register write; nobody will end it
 */
struct truth {
	bool enabled;
	bool edge;
	bool line;
	bool pend;
	bool active;
	bool group1;
	bool stuck;
	bool blurred;
	u32 extra;
	u32 prio;
	u32 sources;
	int target;
};

static struct sim machine;
static struct truth private[SIM_VCPUS][32];
static struct truth shared[SIM_SPIS];
static u64 seed;

static u32 rnd(u32 n)
{
	/* xorshift64*: the same everywhere */
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (seed * 0x2545f4914f6cdd1dULL >> 33) % n;
}

static struct sim_cpu *any_cpu(void)
{
	return &machine.cpu[rnd(SIM_VCPUS)];
}

static struct truth *truth_of(struct sim_cpu *c, u32 intid)
{
	return intid < 32 ? &private[c->vcpu.idx][intid] : &shared[intid - 32];
}

static struct vgic_irq *irq_of(struct sim_cpu *c, u32 intid)
{
	return vgic_irq_get(&machine.vm, &c->vcpu, intid);
}

/* Few enough that they meet: some SGIs, PPIs and SPIs. */
static u32 any_intid(void)
{
	switch (rnd(4)) {
	case 0:
		return rnd(4);
	case 1:
		return 20 + rnd(4);
	default:
		return 32 + rnd(24);
	}
}

static void blur(struct sim_cpu *c, u32 intid)
{
	if (irq_of(c, intid)->in_lr)
		truth_of(c, intid)->blurred = true;
}

static void latch(struct sim_cpu *c, u32 intid)
{
	struct truth *t = truth_of(c, intid);

	if (irq_of(c, intid)->in_lr || t->pend)
		t->extra = 1;
	t->pend = true;
}

/* --- the guests ------------------------------------------------------------ */

static void check_order(struct sim_cpu *c)
{
	u32 ctlr = machine.vm.vgic.ctlr, worst = 0;
	bool more_pending = false, more_active = false;
	struct vgic_irq *irq;
	struct sim_lr lr;
	unsigned int i;

	for (i = 0; i < SIM_LRS; i++) {
		if (sim_get_lr(c, i, &lr) && lr.pending && !lr.active && lr.prio > worst)
			worst = lr.prio;
	}
	list_for_each_entry(irq, &c->vcpu.vgic.home.ready, node) {
		if (irq->in_lr)
			continue;
		if (irq->active) {
			more_active = true;
			continue;
		}
		if (!irq->enabled || !vgic_irq_pending(irq) || irq->target != irq->home ||
		    !(ctlr & (irq->group1 ? 2 : 1)))
			continue;
		more_pending = true;
		sim_check(irq->priority >= worst, "%u (%x) waits for one of %x",
			  irq->intid, irq->priority, worst);
	}
	sim_check(!more_pending || sim_hcr(c) & ICH_HCR_NPIE_BIT, "no exit for the rest");
	sim_check(!more_active || sim_hcr(c) & ICH_HCR_LRENPIE_BIT, "no exit for a lost EOI");
}

static void check_duplicates(struct sim_cpu *c)
{
	struct sim_lr a, b;
	unsigned int i, j, k;

	for (i = 0; i < SIM_LRS; i++) {
		if (!sim_get_lr(c, i, &a))
			continue;
		for (k = 0; k < SIM_VCPUS; k++) {
			struct sim_cpu *o = &machine.cpu[k];

			if (!o->in_guest || (o != c && a.intid < 32))
				continue;
			for (j = 0; j < SIM_LRS; j++) {
				if ((o != c || j != i) && sim_get_lr(o, j, &b))
					sim_check(a.intid != b.intid, "%u twice", a.intid);
			}
		}
		sim_check(!a.hw || !(a.pending && a.active), "HW and P+A");
	}
}

/*
 * A guest that has nothing left to do, and no reason to leave: whatever is due
 * for it would wait until something else makes it exit.
 */
static void check_stall(struct sim_cpu *c)
{
	struct truth *t;
	struct sim_lr lr;
	unsigned int i;

	if (!c->in_guest || c->nr_running || c->nr_taken || sim_must_exit(c))
		return;
	for (i = 0; i < SIM_LRS; i++) {
		if (sim_get_lr(c, i, &lr))
			return;
	}
	for (i = 0; i < SIM_INTIDS; i++) {
		t = truth_of(c, i);
		if (i == SIM_VTIMER || t->target != (int)c->vcpu.idx || t->active || !t->enabled)
			continue;
		/* Another guest, which has been told to leave, still has it. */
		if (irq_of(c, i)->in_lr && irq_of(c, i)->home != &c->vcpu.vgic.home)
			continue;
		sim_check(!t->pend && (t->edge || !t->line), "vCPU %u stalls with %u due",
			  c->vcpu.idx, i);
	}
}

static void enter(struct sim_cpu *c)
{
	if (!c->loaded)
		sim_load(c);
	sim_enter(c);
	check_order(c);
	check_duplicates(c);
}

static void on_ack(struct sim_cpu *c, const struct sim_taken *got)
{
	struct truth *t = truth_of(c, got->intid);
	bool vague = c->kicked || t->blurred;

	sim_check(!t->active || vague, "%u taken while active", got->intid);
	sim_check(t->enabled || vague, "%u taken while disabled", got->intid);
	sim_check(t->target == (int)c->vcpu.idx || vague, "%u on the wrong vCPU", got->intid);
	if (machine.v2 && got->intid < 16) {
		sim_check(t->sources >> got->source & 1 || t->extra || vague,
			  "SGI %u from %u who didn't send it", got->intid, got->source);
		t->sources &= ~(1u << got->source);
		t->pend = t->sources;
	} else if (!t->pend && (t->edge || !t->line) && got->intid != SIM_VTIMER) {
		sim_check(t->extra || vague, "%u out of nothing", got->intid);
		t->extra = 0;
	}
	if (!machine.v2 || got->intid >= 16)
		t->pend = false;
	t->active = true;
	t->blurred = false;
}

static void ended(struct sim_cpu *c, u32 intid)
{
	truth_of(c, intid)->active = false;
}

static void end_one(struct sim_cpu *c)
{
	u32 intid = c->running[c->nr_running - 1].intid;

	if (!(sim_vmcr(c) & VMCR_EOIM))
		ended(c, intid);
	sim_end(c);
}

static void deactivate_one(struct sim_cpu *c)
{
	unsigned int n = rnd(c->nr_taken);

	ended(c, c->taken[n].intid);
	sim_deactivate(c, n);
}

/*
 * A GICv2 doesn't say which interrupt without a list register was ended, so
 * there only ends in order of priority can be exact: no more active ones than
 * fit with EOImode 1, and none that the guest never took.
 */
static bool may_take(struct sim_cpu *c)
{
	unsigned int max = machine.v2 && sim_vmcr(c) & VMCR_EOIM ? SIM_LRS - 1 : 8;

	return c->nr_running + c->nr_taken < max;
}

static void guest_step(struct sim_cpu *c)
{
	struct sim_taken got;

	sim->cur = c->vcpu.idx;
	switch (rnd(4)) {
	case 0:
	case 1:
		if (may_take(c) && sim_ack(c, &got))
			on_ack(c, &got);
		break;
	case 2:
		if (c->nr_running)
			end_one(c);
		break;
	case 3:
		if (c->nr_taken)
			deactivate_one(c);
		break;
	}
	if (c->in_guest && sim_must_exit(c))
		sim_exit(c);
}

/* --- devices and registers -------------------------------------------------- */

/* What is in a list register and shouldn't be any longer must be fetched. */
static void check_told(struct sim_cpu *c, u32 intid)
{
	struct vgic_irq *irq = irq_of(c, intid);
	struct sim_cpu *where;

	if (!irq->in_lr)
		return;
	where = &machine.cpu[irq->home->vcpu->idx];
	if (irq->lr_pend && !vgic_irq_pending(irq))
		sim_check(where->kicked, "%u: fell, and the guest still has it", intid);
	if (irq->target != irq->home && !irq->active)
		sim_check(where->kicked, "%u: wanted elsewhere", intid);
}

static void op_line(void)
{
	struct sim_cpu *c = any_cpu();
	u32 intid = rnd(3) ? 32 + rnd(24) : 20 + rnd(4);
	struct truth *t = truth_of(c, intid);
	bool level = rnd(2);

	/* From somewhere else, or from the vCPU's own thread. */
	sim->cur = SIM_VCPUS;
	if (rnd(2)) {
		if (c->in_guest)
			sim_exit(c);
		sim->cur = c->vcpu.idx;
	}
	if (t->edge) {
		if (level)
			latch(c, intid);
	} else {
		if (t->line != level)
			blur(c, intid);
		t->line = level;
	}
	vgic_inject(&machine.vm, &c->vcpu, intid, level, NULL);
	check_told(c, intid);
}

static void op_sgi(void)
{
	struct sim_cpu *c = any_cpu(), *to = any_cpu();
	u32 sgi = rnd(4);

	latch(to, sgi);
	truth_of(to, sgi)->sources |= 1u << c->vcpu.idx;
	if (machine.v2) {
		sim_write(c, SIM_DIST + 0xf00, 4, sgi | 1u << (16 + to->vcpu.idx));
		return;
	}
	if (c->in_guest)
		sim_exit(c);
	sim->cur = c->vcpu.idx;
	vgic_v3_send_sgi(&c->vcpu, (u64)sgi << 24 | 1u << to->vcpu.idx, true);
}

static void write_bit(struct sim_cpu *c, struct sim_cpu *whose, u32 reg, u32 intid)
{
	u64 base = intid < 32 ? sim_priv_base(whose) : SIM_DIST;

	sim_write(c, base + reg + intid / 32 * 4, 4, 1u << intid % 32);
}

static bool guest_handles(u32 intid)
{
	unsigned int i, j;

	for (i = 0; i < SIM_VCPUS; i++) {
		for (j = 0; j < machine.cpu[i].nr_running; j++) {
			if (machine.cpu[i].running[j].intid == intid)
				return true;
		}
		for (j = 0; j < machine.cpu[i].nr_taken; j++) {
			if (machine.cpu[i].taken[j].intid == intid)
				return true;
		}
	}
	return false;
}

static void op_enable(void)
{
	struct sim_cpu *c = any_cpu(), *whose = machine.v2 ? c : any_cpu();
	u32 intid = any_intid();
	struct truth *t = truth_of(whose, intid);

	if (rnd(3)) {
		t->enabled = true;
		write_bit(c, whose, GICD_ISENABLER, intid);
	} else {
		if (!machine.v2 || intid >= 16)
			t->enabled = false;
		write_bit(c, whose, GICD_ICENABLER, intid);
		/* When the write is done no guest takes it any more. */
		sim_check(!irq_of(whose, intid)->lr_pend || t->enabled,
			  "%u disabled and in a list register", intid);
	}
}

static void op_pending(void)
{
	struct sim_cpu *c = any_cpu(), *whose = machine.v2 ? c : any_cpu();
	u32 intid = any_intid();
	struct truth *t = truth_of(whose, intid);

	if (machine.v2 && intid < 16)
		return;
	if (rnd(2)) {
		if (c->in_guest)
			sim_exit(c);
		latch(whose, intid);
		write_bit(c, whose, GICD_ISPENDR, intid);
	} else {
		if (c->in_guest)
			sim_exit(c);
		blur(whose, intid);
		write_bit(c, whose, GICD_ICPENDR, intid);
		t->pend = false;
		t->extra = 0;
		sim_check(!irq_of(whose, intid)->latch, "%u: ICPENDR without effect", intid);
	}
}

static void op_active(void)
{
	struct sim_cpu *c = any_cpu(), *whose = machine.v2 ? c : any_cpu();
	u32 intid = any_intid();
	struct truth *t = truth_of(whose, intid);
	u32 base = GICD_ISACTIVER + intid / 32 * 4;
	u64 val;

	if (c->in_guest)
		sim_exit(c);
	if (rnd(2)) {
		val = sim_read(c, (intid < 32 ? sim_priv_base(whose) : SIM_DIST) + base, 4);
		sim_check((val >> intid % 32 & 1) == t->active, "%u: ISACTIVER is wrong", intid);
	} else if (t->stuck) {
		t->stuck = false;
		t->active = false;
		write_bit(c, whose, GICD_ICACTIVER, intid);
	} else if (!machine.v2 && !guest_handles(intid) && !rnd(4) && intid != SIM_VTIMER &&
		   !irq_of(whose, intid)->in_lr) {
		t->stuck = true;
		t->active = true;
		write_bit(c, whose, GICD_ISACTIVER, intid);
	}
}

static void op_route(void)
{
	struct sim_cpu *c = any_cpu();
	u32 intid = 32 + rnd(24), to = rnd(SIM_VCPUS + 1);
	struct truth *t = truth_of(c, intid);

	if (c->in_guest)
		sim_exit(c);
	blur(c, intid);
	t->target = to < SIM_VCPUS ? (int)to : -1;
	if (machine.v2)
		sim_write(c, SIM_DIST + GICD_ITARGETSR + intid, 1, to < SIM_VCPUS ? 1u << to : 0);
	else
		sim_write(c, SIM_DIST + GICD_IROUTER + intid * 8, rnd(2) ? 8 : 4, to);
	check_told(c, intid);
}

static void op_priority(void)
{
	struct sim_cpu *c = any_cpu(), *whose = machine.v2 ? c : any_cpu();
	u32 intid = any_intid(), prio = rnd(0xf8);	/* the lowest is never taken */

	truth_of(whose, intid)->prio = prio & 0xf8;
	sim_write(c, (intid < 32 ? sim_priv_base(whose) : SIM_DIST) + GICD_IPRIORITYR + intid,
		  1, prio);
	sim_check(irq_of(whose, intid)->priority == (prio & 0xf8), "%u: priority", intid);
}

static void op_timer(void)
{
	struct sim_cpu *c = any_cpu();

	if (rnd(2))
		sim_host_timer(c);
	else
		c->timer_line = rnd(2);
}

static void op_cpuif(void)
{
	struct sim_cpu *c = any_cpu();
	u32 vmcr = VMCR_VENG0 | VMCR_VENG1;

	if (!c->in_guest)
		return;
	if (!rnd(4))
		vmcr = rnd(4);
	vmcr |= sim_vmcr(c) & VMCR_EOIM;
	if (!c->nr_running && !c->nr_taken && rnd(2))
		vmcr ^= VMCR_EOIM;
	sim_set_vmcr(c, vmcr | (rnd(4) ? 0xf8 : rnd(32) << 3) << 24);
}

static void op_schedule(void)
{
	struct sim_cpu *c = any_cpu();

	if (c->in_guest) {
		sim_exit(c);
		if (!rnd(3))
			sim_put(c);
	} else {
		enter(c);
	}
}

static void random_op(void)
{
	struct sim_cpu *c;
	unsigned int i;

	switch (rnd(24)) {
	case 0 ... 3:
		op_line();
		break;
	case 4:
	case 5:
		op_sgi();
		break;
	case 6:
		op_enable();
		break;
	case 7:
		op_pending();
		break;
	case 8:
		op_active();
		break;
	case 9:
		op_route();
		break;
	case 10:
		op_priority();
		break;
	case 11:
		op_timer();
		break;
	case 12:
		op_cpuif();
		break;
	case 13 ... 15:
		op_schedule();
		break;
	default:
		c = any_cpu();
		if (c->in_guest)
			guest_step(c);
		else
			enter(c);
	}
	sim_check(!fake_locks_held, "a lock is still held");
	for (i = 0; i < SIM_VCPUS; i++)
		check_stall(&machine.cpu[i]);
}

/* --- coming to rest ---------------------------------------------------------- */

/* Its device is content as soon as the guest looks. */
static void service(struct sim_cpu *c, u32 intid)
{
	struct truth *t = truth_of(c, intid);

	if (intid == SIM_VTIMER) {
		c->timer_line = false;
		return;
	}
	if (!t->edge && t->line) {
		sim_exit(c);
		t->line = false;
		vgic_inject(&machine.vm, &c->vcpu, intid, false, NULL);
		enter(c);
	}
}

static void finish_running(struct sim_cpu *c)
{
	while (c->nr_running) {
		end_one(c);
		if (sim_must_exit(c)) {
			sim_exit(c);
			enter(c);
		}
	}
	while (c->nr_taken) {
		deactivate_one(c);
		if (sim_must_exit(c)) {
			sim_exit(c);
			enter(c);
		}
	}
}

static unsigned int drain_cpu(struct sim_cpu *c)
{
	unsigned int n = 0, dry = 0;
	struct sim_taken got;

	if (c->in_guest)
		sim_exit(c);
	sim_host_timer(c);
	enter(c);
	sim_set_vmcr(c, (sim_vmcr(c) & VMCR_EOIM) | VMCR_VENG0 | VMCR_VENG1 | 0xf8u << 24);
	finish_running(c);
	while (dry < 2 && n < 10000) {
		if (sim_ack(c, &got)) {
			on_ack(c, &got);
			service(c, got.intid);
			finish_running(c);
			n++;
			dry = 0;
		} else {
			sim_exit(c);
			sim_host_timer(c);
			enter(c);
			dry++;
		}
	}
	sim_check(n < 10000, "interrupts without end");
	sim_exit(c);
	return n;
}

static void clear_stuck(void)
{
	unsigned int i, k;

	for (k = 0; k < SIM_VCPUS; k++) {
		if (machine.cpu[k].in_guest)
			sim_exit(&machine.cpu[k]);
	}
	for (k = 0; k < SIM_VCPUS; k++) {
		for (i = 0; i < SIM_INTIDS; i++) {
			struct truth *t = truth_of(&machine.cpu[k], i);

			if (!t->stuck)
				continue;
			t->stuck = false;
			t->active = false;
			write_bit(&machine.cpu[k], &machine.cpu[k], GICD_ICACTIVER, i);
		}
	}
}

static void compare(struct sim_cpu *c, u32 intid)
{
	struct truth *t = truth_of(c, intid);
	struct vgic_irq *irq = irq_of(c, intid);
	bool due = t->pend || (!t->edge && t->line);

	sim_check(irq->active == t->active && !t->active, "%u: active %d, should be %d",
		  intid, irq->active, t->active);
	sim_check(irq->enabled == t->enabled, "%u: enabled", intid);
	if (t->enabled && t->target >= 0) {
		sim_check(!due, "vCPU %u: %u was lost", c->vcpu.idx, intid);
		sim_check(!vgic_irq_pending(irq), "%u is still pending", intid);
	} else {
		sim_check(!due || vgic_irq_pending(irq), "%u: forgotten while disabled", intid);
	}
	sim_check(irq->queued == (irq->enabled && vgic_irq_pending(irq)), "%u: queued", intid);
	sim_check(irq->home == irq->target, "%u is not where it belongs", intid);
	sim_check(irq->home == vgic_home_of(&machine.vm, t->target < 0 ? NULL :
					    &machine.cpu[t->target].vcpu), "%u: home", intid);
	t->blurred = false;
	t->extra = vgic_irq_pending(irq);
}

static void rest(void)
{
	unsigned int i, k, n;

	clear_stuck();
	do {
		for (n = 0, k = 0; k < SIM_VCPUS; k++)
			n += drain_cpu(&machine.cpu[k]);
	} while (n);
	for (k = 0; k < SIM_VCPUS; k++) {
		for (i = 0; i < SIM_INTIDS; i++)
			compare(&machine.cpu[k], i);
	}
}

static void init_truth(void)
{
	struct sim_cpu *c = &machine.cpu[0];
	unsigned int i, k;

	memset(private, 0, sizeof(private));
	memset(shared, 0, sizeof(shared));
	for (k = 0; k < SIM_VCPUS; k++) {
		for (i = 0; i < 32; i++) {
			private[k][i].target = k;
			private[k][i].edge = i < 16;
			private[k][i].enabled = i < 16 || i == SIM_VTIMER;
			private[k][i].group1 = !machine.v2;
		}
		write_bit(&machine.cpu[k], &machine.cpu[k], GICD_ISENABLER, SIM_VTIMER);
	}
	for (i = 0; i < SIM_SPIS; i++) {
		shared[i].edge = i & 1;
		sim_write(c, SIM_DIST + GICD_ICFGR + (32 + i) / 16 * 4, 4, 0x88888888);
	}
	/* A few of the other group. */
	sim_write(c, SIM_DIST + GICD_IGROUPR + 4, 4, 0x00ff00ff);
	sim_write(c, SIM_DIST + GICD_CTLR, 4, GICD_CTLR_GRPS);
}

static unsigned long run(bool v2, u64 start, unsigned int rounds)
{
	unsigned int i, ops;

	seed = start;
	sim_start(&machine, v2);
	init_truth();
	for (i = 0; i < rounds && !machine.failures; i++) {
		for (ops = 20 + rnd(300); ops && !machine.failures; ops--)
			random_op();
		rest();
	}
	if (machine.failures)
		printf("# seed %llu, round %u\n", start, i);
	sim_stop(&machine);
	return machine.failures;
}

int main(void)
{
	unsigned long failed = 0, bad, acks;
	unsigned int v2, i;

	printf("TAP version 13\n1..2\n");
	for (v2 = 0; v2 < 2; v2++) {
		for (bad = 0, acks = 0, i = 1; i <= 60 && !bad; i++) {
			bad = run(v2, i * 0x9e3779b97f4a7c15ULL, 60);
			acks += machine.acks;
		}
		printf("%sok %u - GICv%d: nothing lost, doubled or out of order (%lu taken)\n",
		       bad ? "not " : "", v2 + 1, v2 ? 2 : 3, acks);
		failed += bad;
	}
	return failed != 0;
}
