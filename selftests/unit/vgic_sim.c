// SPDX-License-Identifier: GPL-2.0
/*
 * The hardware side of the vGIC's unit tests; see vgic_sim.h.  What a list
 * register does is written from the GIC architecture, not from kmod/vgic/.
 */
#include <stdio.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/ktime.h>

#include "vgic_sim.h"

struct sim *sim;
struct vgic_host vgic_host;
int fake_locks_held;
ktime_t fake_now;
static u32 gich_window[0x80];

static struct sim_cpu *cpu_of(struct av_vcpu *vcpu)
{
	return container_of(vcpu, struct sim_cpu, vcpu);
}

static struct sim_cpu *this_cpu(void)
{
	return &sim->cpu[sim->cur];
}

/* --- what the vGIC calls -------------------------------------------------- */

void iobus_add(struct av_vm *vm, struct iobus_dev *dev)
{
	sim->frames[sim->nr_frames++] = dev;
}

int mmu_map_device(struct av_vm *vm, u64 gpa, phys_addr_t pa, u64 size)
{
	return 0;
}

void vcpu_request(struct av_vcpu *vcpu, int req)
{
	sim_check(!fake_locks_held, "a vCPU is kicked under a lock");
	if (cpu_of(vcpu)->in_guest)
		cpu_of(vcpu)->kicked = true;
}

struct av_vcpu *vcpu_by_mpidr(struct av_vm *vm, u64 mpidr)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++) {
		if (vm->vcpus[i]->id == mpidr)
			return vm->vcpus[i];
	}
	return NULL;
}

void eventfd_eoi(struct av_vm *vm, u32 intid)
{
	sim_check(!fake_locks_held, "eventfd_eoi under a lock");
	sim->eois[intid]++;
}

/* 4 list registers, 5 bits of priority and preemption, TDIR. */
u32 arch_gic_vtr(void)
{
	return 4u << 29 | 4u << 26 | 1u << 19 | (SIM_LRS - 1);
}

u64 arch_mpidr(struct av_vcpu *vcpu)
{
	return vcpu->id;
}

int raw_smp_processor_id(void)
{
	return sim->cur;
}

/* Time in which IPIs arrive. */
void cpu_relax(void)
{
	unsigned int i, cur = sim->cur;

	fake_now++;
	for (i = 0; i < SIM_VCPUS; i++) {
		if (sim->cpu[i].kicked)
			sim_exit(&sim->cpu[i]);
	}
	sim->cur = cur;
}

int irq_set_irqchip_state(unsigned int irq, int which, bool state)
{
	this_cpu()->phys_active = state;
	return 0;
}

u32 fake_readl(const volatile void *addr)
{
	u32 off = (const char *)addr - (const char *)vgic_host.gich;
	struct sim_cpu *c = this_cpu();

	switch (off) {
	case 0x0:
		return c->hcr | c->eoicount << 27;
	case 0x8:
		return c->vmcr;
	case 0xf0:
		return c->apr;
	}
	sim_check(off >= 0x100 && off < 0x100 + 4 * SIM_LRS, "GICH read at %x", off);
	return c->lr[(off - 0x100) / 4];
}

void fake_writel(u32 val, volatile void *addr)
{
	u32 off = (volatile char *)addr - (volatile char *)vgic_host.gich;
	struct sim_cpu *c = this_cpu();

	switch (off) {
	case 0x0:
		c->hcr = val & 0x7ffffff;
		c->eoicount = val >> 27;
		return;
	case 0x8:
		c->vmcr = val;
		return;
	case 0xf0:
		c->apr = val;
		return;
	}
	sim_check(off >= 0x100 && off < 0x100 + 4 * SIM_LRS, "GICH write at %x", off);
	c->lr[(off - 0x100) / 4] = val;
}

static bool timer_line(struct av_vcpu *vcpu)
{
	return cpu_of(vcpu)->timer_line;
}

static const struct vgic_hw timer_hw = {
	.host_irq = 1, .hwintid = SIM_VTIMER, .line = timer_line,
};

/* --- list registers ------------------------------------------------------- */

bool sim_get_lr(struct sim_cpu *c, unsigned int n, struct sim_lr *lr)
{
	u64 v;

	memset(lr, 0, sizeof(*lr));
	if (sim->v2) {
		v = c->lr[n];
		lr->intid = v & 0x3ff;
		lr->prio = (v >> 23 & 0x1f) << 3;
		lr->source = v >> 10 & 7;
		lr->pending = v >> 28 & 1;
		lr->active = v >> 29 & 1;
		lr->group1 = v >> 30 & 1;
		lr->hw = v >> 31 & 1;
		lr->eoi = !lr->hw && v >> 19 & 1;
	} else {
		if (n >= c->hyp.gic.used)
			return false;
		v = c->hyp.gic.lr[n];
		lr->intid = (u32)v;
		lr->prio = v >> 48 & 0xff;
		lr->pending = v >> 62 & 1;
		lr->active = v >> 63 & 1;
		lr->group1 = v >> 60 & 1;
		lr->hw = v >> 61 & 1;
		lr->eoi = !lr->hw && v >> 41 & 1;
	}
	return lr->pending || lr->active || lr->eoi;
}

static void set_state(struct sim_cpu *c, unsigned int n, bool pending, bool active)
{
	if (sim->v2)
		c->lr[n] = (c->lr[n] & ~(3u << 28)) | (u32)pending << 28 | (u32)active << 29;
	else
		c->hyp.gic.lr[n] = (c->hyp.gic.lr[n] & ~(3ULL << 62)) | (u64)pending << 62 |
				   (u64)active << 63;
}

u32 sim_hcr(struct sim_cpu *c)
{
	return sim->v2 ? c->hcr : c->hyp.gic.hcr;
}

u32 sim_vmcr(struct sim_cpu *c)
{
	return sim->v2 ? c->vmcr : c->hyp.gic.vmcr;
}

void sim_set_vmcr(struct sim_cpu *c, u32 vmcr)
{
	if (sim->v2)
		c->vmcr = vmcr;
	else
		c->hyp.gic.vmcr = vmcr;
}

/* The guest reads IAR.  False: spurious. */
bool sim_ack(struct sim_cpu *c, struct sim_taken *t)
{
	u32 vmcr = sim_vmcr(c), limit = vmcr >> 24, best = 0x100;
	struct sim_lr lr, pick = {};
	unsigned int i, at = 0;

	if (c->nr_running == SIM_DEPTH)
		return false;
	for (i = 0; i < SIM_LRS; i++) {
		if (!sim_get_lr(c, i, &lr) || !lr.pending || lr.active)
			continue;
		if (!(vmcr & (lr.group1 ? VMCR_VENG1 : VMCR_VENG0)) || lr.prio >= best)
			continue;
		best = lr.prio;
		pick = lr;
		at = i;
	}
	if (c->nr_running && c->running[c->nr_running - 1].prio < limit)
		limit = c->running[c->nr_running - 1].prio;
	if (best >= limit)
		return false;
	set_state(c, at, false, true);
	t->intid = pick.intid;
	t->prio = pick.prio;
	t->source = pick.source;
	c->running[c->nr_running++] = *t;
	sim->acks++;
	return true;
}

static void deactivate(struct sim_cpu *c, const struct sim_taken *t, bool dir)
{
	struct sim_lr lr;
	unsigned int i;

	for (i = 0; i < SIM_LRS; i++) {
		if (!sim_get_lr(c, i, &lr) || lr.intid != t->intid || !lr.active ||
		    lr.source != t->source)
			continue;
		set_state(c, i, lr.pending, false);
		if (lr.hw)
			c->phys_active = false;
		return;
	}
	sim->spills++;
	if (dir && sim_hcr(c) & ICH_HCR_TDIR_BIT) {
		sim_exit(c);
		vgic_v3_write_dir(&c->vcpu, t->intid);
		sim_enter(c);
		return;
	}
	c->eoicount++;
}

/* EOIR for the innermost: with EOImode 0 also its deactivation. */
void sim_end(struct sim_cpu *c)
{
	struct sim_taken t = c->running[--c->nr_running];

	if (sim_vmcr(c) & VMCR_EOIM)
		c->taken[c->nr_taken++] = t;
	else
		deactivate(c, &t, false);
}

void sim_deactivate(struct sim_cpu *c, unsigned int n)
{
	struct sim_taken t = c->taken[n];

	c->taken[n] = c->taken[--c->nr_taken];
	deactivate(c, &t, true);
}

/* Is the maintenance interrupt asserted, or an IPI pending? */
bool sim_must_exit(struct sim_cpu *c)
{
	bool any_pending = false, ended = false;
	struct sim_lr lr;
	unsigned int i;

	for (i = 0; i < SIM_LRS; i++) {
		if (!sim_get_lr(c, i, &lr))
			continue;
		any_pending |= lr.pending && !lr.active;
		ended |= lr.eoi && !lr.pending && !lr.active;
	}
	return c->kicked || ended || (sim_hcr(c) & ICH_HCR_NPIE_BIT && !any_pending) ||
	       (sim_hcr(c) & ICH_HCR_LRENPIE_BIT && c->eoicount);
}

/* --- running -------------------------------------------------------------- */

void sim_load(struct sim_cpu *c)
{
	sim->cur = c->vcpu.idx;
	c->vcpu.cpu = c->vcpu.idx;
	c->loaded = true;
	/* What timer.c does: the host's interrupt is active while the guest has it. */
	c->phys_active = vgic_hw_active(&c->vcpu, SIM_VTIMER);
	vgic_load(&c->vcpu);
}

void sim_put(struct sim_cpu *c)
{
	sim->cur = c->vcpu.idx;
	vgic_put(&c->vcpu);
	c->vcpu.cpu = -1;
	c->loaded = false;
}

void sim_enter(struct sim_cpu *c)
{
	sim->cur = c->vcpu.idx;
	vgic_flush(&c->vcpu);
	c->in_guest = true;
	c->kicked = false;
	if (!sim->v2)
		c->eoicount = 0;
}

void sim_exit(struct sim_cpu *c)
{
	sim->cur = c->vcpu.idx;
	c->in_guest = false;
	c->kicked = false;
	c->hyp.gic.eoicount = c->eoicount;
	vgic_fold(&c->vcpu);
	sim_check(!c->vcpu.vgic.used, "list registers in use outside the guest");
}

/* The virtual timer's interrupt reaches the host, which passes it on. */
void sim_host_timer(struct sim_cpu *c)
{
	if (!c->loaded || !c->timer_line || c->phys_active)
		return;
	if (c->in_guest)
		sim_exit(c);
	sim->cur = c->vcpu.idx;
	c->phys_active = true;
	vgic_inject(&sim->vm, &c->vcpu, SIM_VTIMER, true, NULL);
}

static struct iobus_dev *frame_at(u64 addr)
{
	unsigned int i;

	for (i = 0; i < sim->nr_frames; i++) {
		if (addr >= sim->frames[i]->base &&
		    addr < sim->frames[i]->base + sim->frames[i]->size)
			return sim->frames[i];
	}
	return NULL;
}

u64 sim_read(struct sim_cpu *c, u64 addr, int len)
{
	struct iobus_dev *dev = frame_at(addr);
	u64 val = 0;

	if (c->in_guest)
		sim_exit(c);
	sim->cur = c->vcpu.idx;
	dev->access(&c->vcpu, dev, addr - dev->base, len, &val, false);
	return val << (64 - 8 * len) >> (64 - 8 * len);
}

void sim_write(struct sim_cpu *c, u64 addr, int len, u64 val)
{
	struct iobus_dev *dev = frame_at(addr);

	if (c->in_guest)
		sim_exit(c);
	sim->cur = c->vcpu.idx;
	val = val << (64 - 8 * len) >> (64 - 8 * len);
	dev->access(&c->vcpu, dev, addr - dev->base, len, &val, true);
}

/* Where the registers for private interrupts are. */
u64 sim_priv_base(struct sim_cpu *c)
{
	return sim->v2 ? SIM_DIST : SIM_RDIST + 0x20000 * c->vcpu.idx + 0x10000;
}

static void setup_attrs(struct sim *s)
{
	u64 dist = SIM_DIST, second = s->v2 ? SIM_GICC : SIM_RDIST;
	u32 nr = SIM_INTIDS;
	struct armvirt_device_attr attr = {
		.group = ARMVIRT_DEV_ARM_VGIC_GRP_ADDR,
		.attr = s->v2 ? 0 : 2,
		.addr = (unsigned long)&dist,
	};
	int ret;

	ret = vgic_attr(&s->vm, &attr, ARMVIRT_SET_DEVICE_ATTR);
	attr.attr++;
	attr.addr = (unsigned long)&second;
	ret |= vgic_attr(&s->vm, &attr, ARMVIRT_SET_DEVICE_ATTR);
	attr.group = ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS;
	attr.addr = (unsigned long)&nr;
	ret |= vgic_attr(&s->vm, &attr, ARMVIRT_SET_DEVICE_ATTR);
	attr.group = ARMVIRT_DEV_ARM_VGIC_GRP_CTRL;
	attr.attr = ARMVIRT_DEV_ARM_VGIC_CTRL_INIT;
	ret |= vgic_attr(&s->vm, &attr, ARMVIRT_SET_DEVICE_ATTR);
	sim_check(!ret, "set-up");
}

void sim_start(struct sim *s, bool v2)
{
	unsigned int i;

	memset(s, 0, sizeof(*s));
	sim = s;
	s->v2 = v2;
	s->vm.ipa_bits = 40;
	vgic_host = (struct vgic_host) {
		.type = v2 ? ARMVIRT_DEV_TYPE_ARM_VGIC_V2 : ARMVIRT_DEV_TYPE_ARM_VGIC_V3,
		.v2 = v2, .tdir = !v2, .nr_lr = SIM_LRS, .pri_bits = 5, .nr_apr = 1,
		.gich = gich_window,
	};
	vgic_vm_init(&s->vm);
	for (i = 0; i < SIM_VCPUS; i++) {
		struct av_vcpu *vcpu = &s->cpu[i].vcpu;

		vcpu->vm = &s->vm;
		vcpu->id = i;
		vcpu->idx = i;
		vcpu->cpu = -1;
		vcpu->hyp = &s->cpu[i].hyp;
		vgic_vcpu_init(vcpu);
		s->vm.vcpus[s->vm.nr_vcpus++] = vcpu;
	}
	sim_check(!vgic_create(&s->vm, vgic_host.type), "create");
	setup_attrs(s);
	for (i = 0; i < SIM_VCPUS; i++) {
		sim_check(!vgic_first_run(&s->cpu[i].vcpu), "first run");
		vgic_vcpu_reset(&s->cpu[i].vcpu);
		vgic_connect(&s->cpu[i].vcpu, SIM_VTIMER, NULL, &timer_hw);
	}
}

void sim_stop(struct sim *s)
{
	vgic_vm_exit(&s->vm);
}
