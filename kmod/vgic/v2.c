// SPDX-License-Identifier: GPL-2.0
/*
 * GICv2 on a GICv2 host: the rows of the distributor, SGIs with their
 * sources, the list registers, which the kernel reaches itself in the GICH
 * frame, and the rows by which user space saves the CPU interface.  The guest
 * works on its CPU interface without us: it is the host's GICV frame.
 */
#include <linux/io.h>

#include "vgic/internal.h"

#define GICH_HCR	0x0
#define GICH_VMCR	0x8
#define GICH_APR	0xf0
#define GICH_LR(n)	(0x100 + 4 * (n))

#define GICH_LR_PHYSID	10
#define GICH_LR_EOI	BIT(19)
#define GICH_LR_PRIO	20	/* of an 8-bit priority: the upper five bits at 23 */
#define GICH_LR_PEND	BIT(28)
#define GICH_LR_ACT	BIT(29)
#define GICH_LR_GRP1	BIT(30)
#define GICH_LR_HWIRQ	BIT(31)

#define HCR_EOICOUNT	27

/* --- list registers ------------------------------------------------------ */

static void gich_write(u32 val, u32 off)
{
	writel_relaxed(val, vgic_host.gich + off);
}

static u32 gich_read(u32 off)
{
	return readl_relaxed(vgic_host.gich + off);
}

void vgic_v2_set_lr(struct av_vcpu *vcpu, unsigned int n, const struct vgic_lr *lr)
{
	u32 val = lr->intid | (u32)(lr->priority & 0xf8) << GICH_LR_PRIO;

	if (lr->pending)
		val |= GICH_LR_PEND;
	if (lr->active)
		val |= GICH_LR_ACT;
	if (lr->group1)
		val |= GICH_LR_GRP1;
	if (lr->hw) {
		val |= GICH_LR_HWIRQ | lr->hwintid << GICH_LR_PHYSID;
	} else {
		val |= (u32)lr->source << GICH_LR_PHYSID;
		if (lr->eoi)
			val |= GICH_LR_EOI;
	}
	gich_write(val, GICH_LR(n));
}

/*
 * Also empties it, so that the maintenance interrupt it may be asking for goes
 * away, and that the next entry starts with none in use.
 */
void vgic_v2_get_lr(struct av_vcpu *vcpu, unsigned int n, struct vgic_lr *lr)
{
	u32 val = gich_read(GICH_LR(n));

	lr->pending = val & GICH_LR_PEND;
	lr->active = val & GICH_LR_ACT;
	lr->source = val >> GICH_LR_PHYSID & 7;
	gich_write(0, GICH_LR(n));
}

void vgic_v2_commit(struct av_vcpu *vcpu, unsigned int used, u32 hcr)
{
	if (vcpu->vgic.v2.hcr == hcr)
		return;
	vcpu->vgic.v2.hcr = hcr;
	/* Sets the EOI count to zero, too. */
	gich_write(hcr, GICH_HCR);
}

u32 vgic_v2_eoicount(struct av_vcpu *vcpu)
{
	return gich_read(GICH_HCR) >> HCR_EOICOUNT;
}

u32 vgic_v2_vmcr(struct av_vcpu *vcpu)
{
	return vcpu->vgic.loaded ? gich_read(GICH_VMCR) : vcpu->vgic.v2.vmcr;
}

void vgic_v2_load(struct av_vcpu *vcpu)
{
	gich_write(vcpu->vgic.v2.vmcr, GICH_VMCR);
	gich_write(vcpu->vgic.v2.apr, GICH_APR);
	gich_write(ICH_HCR_EN_BIT, GICH_HCR);
	vcpu->vgic.v2.hcr = ICH_HCR_EN_BIT;
}

void vgic_v2_put(struct av_vcpu *vcpu)
{
	vcpu->vgic.v2.vmcr = gich_read(GICH_VMCR);
	vcpu->vgic.v2.apr = gich_read(GICH_APR);
	gich_write(0, GICH_HCR);
}

void vgic_v2_vcpu_reset(struct av_vcpu *vcpu)
{
	vcpu->vgic.v2.vmcr = 0;
	vcpu->vgic.v2.apr = 0;
}

/* --- distributor --------------------------------------------------------- */

static u64 dist_read_ctlr(const struct vgic_access *a)
{
	return a->vm->vgic.ctlr;
}

static u64 dist_read_typer(const struct vgic_access *a)
{
	u32 lines = (a->vm->vgic.nr_spis + VGIC_NR_PRIVATE) / 32 - 1;

	return lines | (vm_nr_vcpus(a->vm) - 1) << 5;
}

/* ICPIDR2: architecture version 2. */
static u64 dist_read_pidr(const struct vgic_access *a)
{
	return a->off == 0x18 ? 0x2b : 0;
}

static void send_sgi(struct av_vcpu *target, u32 sgi, u32 sources)
{
	struct vgic_irq *irq = &target->vgic.priv[sgi];
	struct vgic_home *home;
	unsigned long flags;

	home = vgic_irq_lock(irq, &flags);
	irq->source |= sources;
	irq->latch = true;
	vgic_irq_unlock(irq, home, flags, vgic_irq_update(irq));
}

static int dist_write_sgir(const struct vgic_access *a, u64 val)
{
	u32 sgi = val & 0xf, list = val >> 16 & 0xff;
	struct av_vcpu *vcpu;
	unsigned int i;

	switch (val >> 24 & 3) {
	case 1:
		list = ~BIT(a->vcpu->idx);
		break;
	case 2:
		list = BIT(a->vcpu->idx);
		break;
	case 3:		/* reserved */
		list = 0;
		break;
	}
	vm_for_each_vcpu(i, vcpu, a->vm) {
		if (i < VGIC_V2_MAX_VCPUS && list & BIT(i))
			send_sgi(vcpu, sgi, BIT(a->vcpu->idx));
	}
	return 0;
}

static u32 get_targets(const struct vgic_access *a, struct vgic_irq *irq)
{
	return irq->intid < VGIC_NR_PRIVATE ? BIT(a->vcpu->idx) : irq->route;
}

static void set_targets(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	unsigned int nr = min_t(unsigned int, vm_nr_vcpus(a->vm), VGIC_V2_MAX_VCPUS);

	if (irq->intid < VGIC_NR_PRIVATE)
		return;
	irq->route = val & (BIT(nr) - 1);
	/* One of several will do: the first. */
	WRITE_ONCE(irq->target, vgic_home_of(a->vm, irq->route ?
					     a->vm->vcpus[__ffs(irq->route)] : NULL));
}

static u32 get_sgi_sources(const struct vgic_access *a, struct vgic_irq *irq)
{
	return irq->source | irq->lr_source;
}

static void set_sgi_sources(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	irq->source |= val;
	irq->latch = true;
}

static void clear_sgi_sources(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	irq->source &= ~val;
	irq->latch = irq->source;
	if (irq->lr_source & val)
		irq->lr_latch = false;
}

#define W1	VGIC_ROW_W1
#define SYNC	VGIC_ROW_SYNC
#define SYNC_RD	VGIC_ROW_SYNC_READ

#define IRQ_ROW(_off, _bits, _n, _flags, _widths, _get, _set) \
	{ .off = _off, .len = (_n) * (_bits) / 8, .widths = _widths, .bits = _bits, \
	  .flags = _flags, .get = _get, .set = _set }
#define REG_ROW(_off, _len, _read, _write) \
	{ .off = _off, .len = _len, .widths = VGIC_W32, .read = _read, .write = _write }

const struct vgic_row vgic_v2_dist_rows[] = {
	REG_ROW(GICD_CTLR, 4, dist_read_ctlr, vgic_write_dist_ctlr),
	REG_ROW(GICD_TYPER, 4, dist_read_typer, NULL),
	REG_ROW(GICD_IIDR, 4, vgic_read_iidr, vgic_write_iidr),
	IRQ_ROW(GICD_IGROUPR, 1, 1024, SYNC, VGIC_W32, vgic_get_group, vgic_set_group),
	IRQ_ROW(GICD_ISENABLER, 1, 1024, W1, VGIC_W32, vgic_get_enable, vgic_set_enable),
	IRQ_ROW(GICD_ICENABLER, 1, 1024, W1 | SYNC, VGIC_W32, vgic_get_enable, vgic_clear_enable),
	IRQ_ROW(GICD_ISPENDR, 1, 1024, W1, VGIC_W32, vgic_get_pending, vgic_set_pending),
	IRQ_ROW(GICD_ICPENDR, 1, 1024, W1 | SYNC, VGIC_W32, vgic_get_pending, vgic_clear_pending),
	IRQ_ROW(GICD_ISACTIVER, 1, 1024, W1 | SYNC | SYNC_RD, VGIC_W32,
		vgic_get_active, vgic_set_active),
	IRQ_ROW(GICD_ICACTIVER, 1, 1024, W1 | SYNC | SYNC_RD, VGIC_W32,
		vgic_get_active, vgic_clear_active),
	IRQ_ROW(GICD_IPRIORITYR, 8, 1024, 0, VGIC_W8 | VGIC_W32,
		vgic_get_priority, vgic_set_priority),
	IRQ_ROW(GICD_ITARGETSR, 8, 1024, 0, VGIC_W8 | VGIC_W32, get_targets, set_targets),
	IRQ_ROW(GICD_ICFGR, 2, 1024, 0, VGIC_W32, vgic_get_config, vgic_set_config),
	REG_ROW(GICD_SGIR, 4, NULL, dist_write_sgir),
	IRQ_ROW(GICD_CPENDSGIR, 8, 16, W1 | SYNC, VGIC_W8 | VGIC_W32,
		get_sgi_sources, clear_sgi_sources),
	IRQ_ROW(GICD_SPENDSGIR, 8, 16, W1, VGIC_W8 | VGIC_W32, get_sgi_sources, set_sgi_sources),
	REG_ROW(GICD_V2_PIDR4, 0x30, dist_read_pidr, NULL),
};

const unsigned int vgic_v2_nr_dist_rows = ARRAY_SIZE(vgic_v2_dist_rows);

/* --- CPU interface, for user space only ---------------------------------- */

/* GICC_CTLR has its bits where GICH_VMCR has them. */
#define CPU_CTLR_MASK \
	(VMCR_VENG0 | VMCR_VENG1 | VMCR_ACKCTL | VMCR_FIQEN | VMCR_CBPR | VMCR_EOIM)
#define CPU_PMR_SHIFT	27

static u64 get_field(const struct vgic_access *a, u32 mask, int shift)
{
	return a->vcpu->vgic.v2.vmcr >> shift & mask;
}

static int set_field(const struct vgic_access *a, u32 mask, int shift, u64 val)
{
	u32 *vmcr = &a->vcpu->vgic.v2.vmcr;

	*vmcr = (*vmcr & ~(mask << shift)) | (val & mask) << shift;
	return 0;
}

static u64 cpu_read_ctlr(const struct vgic_access *a)
{
	return get_field(a, CPU_CTLR_MASK, 0);
}

static int cpu_write_ctlr(const struct vgic_access *a, u64 val)
{
	return set_field(a, CPU_CTLR_MASK, 0, val);
}

/* The ABI has the five bits of GICH_VMCR here, not the eight of the architecture. */
static u64 cpu_read_pmr(const struct vgic_access *a)
{
	return get_field(a, 0x1f, CPU_PMR_SHIFT);
}

static int cpu_write_pmr(const struct vgic_access *a, u64 val)
{
	return set_field(a, 0x1f, CPU_PMR_SHIFT, val);
}

static u64 cpu_read_bpr(const struct vgic_access *a)
{
	return get_field(a, 7, VMCR_BPR0_SHIFT);
}

static int cpu_write_bpr(const struct vgic_access *a, u64 val)
{
	return set_field(a, 7, VMCR_BPR0_SHIFT, val);
}

static u64 cpu_read_abpr(const struct vgic_access *a)
{
	return get_field(a, 7, VMCR_BPR1_SHIFT);
}

static int cpu_write_abpr(const struct vgic_access *a, u64 val)
{
	return set_field(a, 7, VMCR_BPR1_SHIFT, val);
}

/* Five bits of priority: 32 levels, all in the first of four registers. */
static u64 cpu_read_apr(const struct vgic_access *a)
{
	return a->off ? 0 : a->vcpu->vgic.v2.apr;
}

static int cpu_write_apr(const struct vgic_access *a, u64 val)
{
	if (!a->off)
		a->vcpu->vgic.v2.apr = val;
	return 0;
}

static u64 cpu_read_iidr(const struct vgic_access *a)
{
	return VGIC_GICC_IIDR;
}

const struct vgic_row vgic_v2_cpu_rows[] = {
	REG_ROW(GICC_CTLR, 4, cpu_read_ctlr, cpu_write_ctlr),
	REG_ROW(GICC_PMR, 4, cpu_read_pmr, cpu_write_pmr),
	REG_ROW(GICC_BPR, 4, cpu_read_bpr, cpu_write_bpr),
	REG_ROW(GICC_ABPR, 4, cpu_read_abpr, cpu_write_abpr),
	REG_ROW(GICC_APR, 16, cpu_read_apr, cpu_write_apr),
	REG_ROW(GICC_IIDR, 4, cpu_read_iidr, NULL),
};

const unsigned int vgic_v2_nr_cpu_rows = ARRAY_SIZE(vgic_v2_cpu_rows);
