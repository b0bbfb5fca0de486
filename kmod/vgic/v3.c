// SPDX-License-Identifier: GPL-2.0
/*
 * GICv3: the rows of the distributor and the redistributors, SGIs, the format
 * of the list registers in struct hyp_gic (EL2 moves them to and from the ICH
 * registers), and the ICC registers as user space saves them.
 */
#include "vgic/internal.h"

#define ICH_LR_PENDING	BIT_ULL(62)
#define ICH_LR_ACTIVE	BIT_ULL(63)
#define ICH_LR_HWIRQ	BIT_ULL(61)
#define ICH_LR_GRP1	BIT_ULL(60)
#define ICH_LR_EOIBIT	BIT_ULL(41)
#define ICH_LR_PRIO	48
#define ICH_LR_PINTID	32

/* Everything a guest can have without LPIs: 10 bits of INTID, no affinity level 3, no 1 of N. */
#define TYPER_IDBITS	(9 << 19)
#define TYPER_NO1N	(1 << 25)

/* --- list registers ------------------------------------------------------ */

void vgic_v3_set_lr(struct av_vcpu *vcpu, unsigned int n, const struct vgic_lr *lr)
{
	u64 val = lr->intid | (u64)lr->priority << ICH_LR_PRIO;

	if (lr->pending)
		val |= ICH_LR_PENDING;
	if (lr->active)
		val |= ICH_LR_ACTIVE;
	if (lr->group1)
		val |= ICH_LR_GRP1;
	if (lr->hw)
		val |= ICH_LR_HWIRQ | (u64)lr->hwintid << ICH_LR_PINTID;
	else if (lr->eoi)
		val |= ICH_LR_EOIBIT;
	vcpu->hyp->gic.lr[n] = val;
}

void vgic_v3_get_lr(struct av_vcpu *vcpu, unsigned int n, struct vgic_lr *lr)
{
	u64 val = vcpu->hyp->gic.lr[n];

	lr->pending = val & ICH_LR_PENDING;
	lr->active = val & ICH_LR_ACTIVE;
	lr->source = 0;
}

void vgic_v3_commit(struct av_vcpu *vcpu, unsigned int used, u32 hcr)
{
	vcpu->hyp->gic.used = used;
	vcpu->hyp->gic.hcr = hcr;
}

u32 vgic_v3_eoicount(struct av_vcpu *vcpu)
{
	return vcpu->hyp->gic.eoicount;
}

/* The guest's latest word: of a loaded vCPU it may still be in the hardware. */
u32 vgic_v3_vmcr(struct av_vcpu *vcpu)
{
	arch_vcpu_gic_put(vcpu);
	return vcpu->hyp->gic.vmcr;
}

/* All zero is the reset state; the binary points read back as their minimum. */
void vgic_v3_vcpu_reset(struct av_vcpu *vcpu)
{
	struct hyp_gic *gic = &vcpu->hyp->gic;

	gic->vmcr = 0;
	memset(gic->ap0r, 0, sizeof(gic->ap0r));
	memset(gic->ap1r, 0, sizeof(gic->ap1r));
}

void vgic_v3_vcpu_enable(struct av_vcpu *vcpu)
{
	struct hyp_gic *gic = &vcpu->hyp->gic;

	gic->nr_apr = vgic_host.nr_apr;
	gic->hcr = ICH_HCR_EN_BIT;
	vcpu->hyp->flags |= HYP_VCPU_GICV3;
}

/* --- SGIs and traps ------------------------------------------------------ */

static void send_sgi(struct av_vcpu *target, u32 sgi, bool group1)
{
	struct vgic_irq *irq = &target->vgic.priv[sgi];
	struct vgic_home *home;
	unsigned long flags;
	bool tell = false;

	home = vgic_irq_lock(irq, &flags);
	/* ICC_SGI0R makes group 0 interrupts only; with one security state ICC_SGI1R makes both. */
	if (group1 || !irq->group1) {
		irq->latch = true;
		tell = vgic_irq_update(irq);
	}
	vgic_irq_unlock(irq, home, flags, tell);
}

/**
 * vgic_v3_send_sgi() - the guest wrote an ICC_SGI*R register
 * @vcpu: the writer
 * @val: what it wrote
 * @group1: not to ICC_SGI0R_EL1
 */
void vgic_v3_send_sgi(struct av_vcpu *vcpu, u64 val, bool group1)
{
	u64 aff = (val >> 48 & 0xff) << 32 | (val >> 32 & 0xff) << 16 | (val >> 16 & 0xff) << 8;
	u32 range = (val >> 44 & 0xf) * 16;
	unsigned long list = val & 0xffff;
	u32 sgi = val >> 24 & 0xf;
	struct av_vcpu *target;
	unsigned int i, bit;

	if (!vgic_ready(vcpu->vm) || vgic_is_v2(vcpu->vm))
		return;
	if (val & BIT_ULL(40)) {
		vm_for_each_vcpu(i, target, vcpu->vm) {
			if (target != vcpu)
				send_sgi(target, sgi, group1);
		}
		return;
	}
	for_each_set_bit(bit, &list, 16) {
		target = vcpu_by_mpidr(vcpu->vm, aff | range | bit);
		if (target)
			send_sgi(target, sgi, group1);
	}
}

/**
 * vgic_v3_write_dir() - the guest wrote ICC_DIR_EL1 while that was trapped
 * @vcpu: the writer
 * @val: what it wrote
 */
void vgic_v3_write_dir(struct av_vcpu *vcpu, u64 val)
{
	struct vgic_irq *irq = vgic_irq_get(vcpu->vm, vcpu, val & 0xffffff);
	struct vgic_home *home;
	unsigned long flags;
	bool ended;

	if (!irq)
		return;
	home = vgic_irq_lock(irq, &flags);
	ended = irq->active && home == &vcpu->vgic.home;
	if (ended) {
		irq->active = false;
		if (vcpu->vgic.loaded)
			vgic_irq_deactivate_hw(irq);
	}
	ended = ended && irq->notify && !irq->edge;
	vgic_irq_unlock(irq, home, flags, vgic_irq_update(irq));
	if (ended)
		eventfd_eoi(vcpu->vm, irq->intid);
}

/* --- distributor --------------------------------------------------------- */

static u64 dist_read_ctlr(const struct vgic_access *a)
{
	return a->vm->vgic.ctlr | GICD_CTLR_ARE | GICD_CTLR_DS;
}

static u64 dist_read_typer(const struct vgic_access *a)
{
	u32 lines = (a->vm->vgic.nr_spis + VGIC_NR_PRIVATE) / 32 - 1;

	return lines | TYPER_IDBITS | TYPER_NO1N;
}

/* PIDR2 says architecture revision 3; the others identify nothing. */
static u64 read_pidr(const struct vgic_access *a)
{
	return a->off == 0x18 ? 0x3b : 0;
}

static u64 dist_read_irouter(const struct vgic_access *a)
{
	struct vgic_irq *irq = vgic_irq_get(a->vm, NULL, a->off / 8);

	return irq ? READ_ONCE(irq->route) : 0;
}

static int dist_write_irouter(const struct vgic_access *a, u64 val)
{
	struct vgic_irq *irq = vgic_irq_get(a->vm, NULL, a->off / 8);
	struct vgic_home *home;
	unsigned long flags;

	/* The upper half is affinity 3, which we haven't. */
	if (!irq || a->off & 4)
		return 0;
	home = vgic_irq_lock(irq, &flags);
	irq->route = val & 0xffffff;
	WRITE_ONCE(irq->target, vgic_home_of(a->vm, vcpu_by_mpidr(a->vm, irq->route)));
	vgic_irq_unlock(irq, home, flags, vgic_irq_update(irq));
	return 0;
}

/* User space sets the latches as they were; a guest sets those where it writes a one. */
static void v3_set_pending(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	if (a->user)
		irq->latch = val;
	else if (val)
		irq->latch = true;
}

static u32 v3_get_pending_clear(const struct vgic_access *a, struct vgic_irq *irq)
{
	return a->user ? 0 : vgic_irq_pending(irq);
}

static void v3_clear_pending(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	if (!a->user)
		vgic_clear_pending(a, irq, val);
}

#define W1	VGIC_ROW_W1
#define SYNC	VGIC_ROW_SYNC
#define SYNC_RD	VGIC_ROW_SYNC_READ

/* One row for each register that has a field for every interrupt; @n: how many interrupts. */
#define IRQ_ROW(_off, _bits, _n, _flags, _widths, _get, _set) \
	{ .off = _off, .len = (_n) * (_bits) / 8, .widths = _widths, .bits = _bits, \
	  .flags = _flags, .get = _get, .set = _set }
#define REG_ROW(_off, _len, _widths, _read, _write) \
	{ .off = _off, .len = _len, .widths = _widths, .read = _read, .write = _write }

const struct vgic_row vgic_v3_dist_rows[] = {
	REG_ROW(GICD_CTLR, 4, VGIC_W32, dist_read_ctlr, vgic_write_dist_ctlr),
	REG_ROW(GICD_TYPER, 4, VGIC_W32, dist_read_typer, NULL),
	REG_ROW(GICD_IIDR, 4, VGIC_W32, vgic_read_iidr, vgic_write_iidr),
	REG_ROW(GICD_STATUSR, 4, VGIC_W32, NULL, NULL),
	IRQ_ROW(GICD_IGROUPR, 1, 1024, VGIC_ROW_SPI | SYNC, VGIC_W32,
		vgic_get_group, vgic_set_group),
	IRQ_ROW(GICD_ISENABLER, 1, 1024, VGIC_ROW_SPI | W1, VGIC_W32,
		vgic_get_enable, vgic_set_enable),
	IRQ_ROW(GICD_ICENABLER, 1, 1024, VGIC_ROW_SPI | W1 | SYNC, VGIC_W32,
		vgic_get_enable, vgic_clear_enable),
	IRQ_ROW(GICD_ISPENDR, 1, 1024, VGIC_ROW_SPI, VGIC_W32,
		vgic_get_pending, v3_set_pending),
	IRQ_ROW(GICD_ICPENDR, 1, 1024, VGIC_ROW_SPI | W1 | SYNC, VGIC_W32,
		v3_get_pending_clear, v3_clear_pending),
	IRQ_ROW(GICD_ISACTIVER, 1, 1024, VGIC_ROW_SPI | W1 | SYNC | SYNC_RD, VGIC_W32,
		vgic_get_active, vgic_set_active),
	IRQ_ROW(GICD_ICACTIVER, 1, 1024, VGIC_ROW_SPI | W1 | SYNC | SYNC_RD, VGIC_W32,
		vgic_get_active, vgic_clear_active),
	IRQ_ROW(GICD_IPRIORITYR, 8, 1024, VGIC_ROW_SPI, VGIC_W8 | VGIC_W32,
		vgic_get_priority, vgic_set_priority),
	/* With affinity routing always on, ITARGETSR and the group modifiers are RES0. */
	IRQ_ROW(GICD_ITARGETSR, 8, 1024, 0, VGIC_W8 | VGIC_W32, NULL, NULL),
	IRQ_ROW(GICD_ICFGR, 2, 1024, VGIC_ROW_SPI, VGIC_W32, vgic_get_config, vgic_set_config),
	IRQ_ROW(GICD_IGRPMODR, 1, 1024, 0, VGIC_W32, NULL, NULL),
	REG_ROW(GICD_IROUTER, 8 * 1024, VGIC_W32 | VGIC_W64,
		dist_read_irouter, dist_write_irouter),
	REG_ROW(GIC_V3_PIDR4, 0x30, VGIC_W32, read_pidr, NULL),
};

const unsigned int vgic_v3_nr_dist_rows = ARRAY_SIZE(vgic_v3_dist_rows);

/* --- redistributors ------------------------------------------------------ */

static u64 rdist_read_typer(const struct vgic_access *a)
{
	u64 mpidr = arch_mpidr(a->vcpu);
	u64 val;

	val = (mpidr & 0xffffff) << 32 | (mpidr >> 32 & 0xff) << 56;
	val |= (u64)(a->vcpu->id & 0xffff) << 8;
	if (vgic_rdist_last(a->vcpu))
		val |= BIT(4);
	return val;
}

const struct vgic_row vgic_v3_rdist_rows[] = {
	/* Without LPIs there is nothing to control. */
	REG_ROW(GICR_CTLR, 4, VGIC_W32, NULL, NULL),
	REG_ROW(GICR_IIDR, 4, VGIC_W32, vgic_read_iidr, NULL),
	REG_ROW(GICR_TYPER, 8, VGIC_W32 | VGIC_W64, rdist_read_typer, NULL),
	REG_ROW(GICR_STATUSR, 4, VGIC_W32, NULL, NULL),
	/* Never asleep. */
	REG_ROW(GICR_WAKER, 4, VGIC_W32, NULL, NULL),
	REG_ROW(GICR_PROPBASER, 8, VGIC_W32 | VGIC_W64, NULL, NULL),
	REG_ROW(GICR_PENDBASER, 8, VGIC_W32 | VGIC_W64, NULL, NULL),
	REG_ROW(GIC_V3_PIDR4, 0x30, VGIC_W32, read_pidr, NULL),
	IRQ_ROW(GICR_SGI + GICD_IGROUPR, 1, 32, SYNC, VGIC_W32, vgic_get_group, vgic_set_group),
	IRQ_ROW(GICR_SGI + GICD_ISENABLER, 1, 32, W1, VGIC_W32, vgic_get_enable, vgic_set_enable),
	IRQ_ROW(GICR_SGI + GICD_ICENABLER, 1, 32, W1 | SYNC, VGIC_W32,
		vgic_get_enable, vgic_clear_enable),
	IRQ_ROW(GICR_SGI + GICD_ISPENDR, 1, 32, 0, VGIC_W32, vgic_get_pending, v3_set_pending),
	IRQ_ROW(GICR_SGI + GICD_ICPENDR, 1, 32, W1 | SYNC, VGIC_W32,
		v3_get_pending_clear, v3_clear_pending),
	IRQ_ROW(GICR_SGI + GICD_ISACTIVER, 1, 32, W1 | SYNC | SYNC_RD, VGIC_W32,
		vgic_get_active, vgic_set_active),
	IRQ_ROW(GICR_SGI + GICD_ICACTIVER, 1, 32, W1 | SYNC | SYNC_RD, VGIC_W32,
		vgic_get_active, vgic_clear_active),
	IRQ_ROW(GICR_SGI + GICD_IPRIORITYR, 8, 32, 0, VGIC_W8 | VGIC_W32,
		vgic_get_priority, vgic_set_priority),
	IRQ_ROW(GICR_SGI + GICD_ICFGR, 2, 32, 0, VGIC_W32, vgic_get_config, vgic_set_config),
	IRQ_ROW(GICR_SGI + GICD_IGRPMODR, 1, 32, 0, VGIC_W32, NULL, NULL),
	REG_ROW(GICR_SGI + GICD_NSACR, 4, VGIC_W32, NULL, NULL),
};

const unsigned int vgic_v3_nr_rdist_rows = ARRAY_SIZE(vgic_v3_rdist_rows);
