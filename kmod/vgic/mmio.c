// SPDX-License-Identifier: GPL-2.0
/*
 * The registers of all frames of both versions as one table, and what each does.  User
 * space's save and restore goes the same way.  A guest may access any offset with any width:
 * where no row is, or with a width that isn't legal, it reads zero and writes nothing.
 */
#include "vgic/internal.h"

/* Everything a guest can have without LPIs: 10 bits of INTID, no affinity level 3, no 1 of N. */
#define TYPER_IDBITS	(9 << 19)
#define TYPER_NO1N	(1 << 25)

#define W1	VGIC_ROW_W1
#define SYNC	VGIC_ROW_SYNC
#define SYNC_RD	VGIC_ROW_SYNC_READ
#define D2	BIT(VGIC_V2_DIST)
#define D3	BIT(VGIC_V3_DIST)
#define RD	BIT(VGIC_V3_RDIST)
#define D23	(D2 | D3)
#define ALL	(D2 | D3 | RD)
#define W8_32	(VGIC_W8 | VGIC_W32)
#define W32_64	(VGIC_W32 | VGIC_W64)

/* A row for each register that has a field for every interrupt; @n: how many interrupts. */
#define IRQ_ROW(_reg, _bits, _n, _flags, _widths, _frames) \
	{ .reg = _reg, .len = (_n) * (_bits) / 8, .widths = _widths, .bits = _bits, \
	  .flags = _flags, .frames = _frames }
#define REG_ROW(_reg, _len, _widths, _frames) \
	{ .reg = _reg, .len = _len, .widths = _widths, .frames = _frames }
/* One of the CPU interface, with the field of VMCR that it is, if it is one. */
#define C2_ROW(_reg, _len, _mask, _shift) \
	{ .reg = VGIC_GICC + (_reg), .len = _len, .widths = VGIC_W32, \
	  .frames = BIT(VGIC_V2_CPU), .mask = _mask, .shift = _shift }
#define C3_ROW(_reg, _len, _mask, _shift) \
	{ .reg = _reg, .len = _len, .widths = VGIC_W64, \
	  .frames = BIT(VGIC_V3_CPU), .mask = _mask, .shift = _shift }

/* In order.  A redistributor's second frame has a distributor's registers for 32 interrupts. */
const struct vgic_row vgic_rows[] = {
	REG_ROW(GICD_CTLR, 4, VGIC_W32, D23),
	REG_ROW(GICD_TYPER, 4, VGIC_W32, D23),
	REG_ROW(GICD_IIDR, 4, VGIC_W32, D23),
	REG_ROW(GICD_STATUSR, 4, VGIC_W32, D3),
	IRQ_ROW(GICD_IGROUPR, 1, 1024, SYNC, VGIC_W32, ALL),
	IRQ_ROW(GICD_ISENABLER, 1, 1024, W1, VGIC_W32, ALL),
	IRQ_ROW(GICD_ICENABLER, 1, 1024, W1 | SYNC, VGIC_W32, ALL),
	IRQ_ROW(GICD_ISPENDR, 1, 1024, W1, VGIC_W32, ALL),
	IRQ_ROW(GICD_ICPENDR, 1, 1024, W1 | SYNC, VGIC_W32, ALL),
	IRQ_ROW(GICD_ISACTIVER, 1, 1024, W1 | SYNC | SYNC_RD, VGIC_W32, ALL),
	IRQ_ROW(GICD_ICACTIVER, 1, 1024, W1 | SYNC | SYNC_RD, VGIC_W32, ALL),
	IRQ_ROW(GICD_IPRIORITYR, 8, 1024, 0, W8_32, ALL),
	IRQ_ROW(GICD_ITARGETSR, 8, 1024, 0, W8_32, D23),
	IRQ_ROW(GICD_ICFGR, 2, 1024, 0, VGIC_W32, ALL),
	IRQ_ROW(GICD_IGRPMODR, 1, 1024, 0, VGIC_W32, D3 | RD),
	REG_ROW(GICD_NSACR, 4, VGIC_W32, RD),
	REG_ROW(GICD_SGIR, 4, VGIC_W32, D2),
	IRQ_ROW(GICD_CPENDSGIR, 8, 16, W1 | SYNC, W8_32, D2),
	IRQ_ROW(GICD_SPENDSGIR, 8, 16, W1, W8_32, D2),
	REG_ROW(GICD_V2_PIDR4, 0x30, VGIC_W32, D2),
	REG_ROW(GICD_IROUTER, 8 * 1024, W32_64, D3),
	REG_ROW(GIC_V3_PIDR4, 0x30, VGIC_W32, D3),
	/* Without LPIs there is nothing to control, and they are never asleep. */
	REG_ROW(VGIC_GICR + GICR_CTLR, 4, VGIC_W32, RD),
	REG_ROW(VGIC_GICR + GICR_IIDR, 4, VGIC_W32, RD),
	REG_ROW(VGIC_GICR + GICR_TYPER, 8, W32_64, RD),
	REG_ROW(VGIC_GICR + GICR_STATUSR, 4, VGIC_W32, RD),
	REG_ROW(VGIC_GICR + GICR_WAKER, 4, VGIC_W32, RD),
	REG_ROW(VGIC_GICR + GICR_PROPBASER, 8, W32_64, RD),
	REG_ROW(VGIC_GICR + GICR_PENDBASER, 8, W32_64, RD),
	REG_ROW(VGIC_GICR + GIC_V3_PIDR4, 0x30, VGIC_W32, RD),
	/* CTLR has its bits where GICH_VMCR has them; PMR is by the ABI five bits, not eight. */
	C2_ROW(GICC_CTLR, 4, VMCR_CTLR, 0),
	C2_ROW(GICC_PMR, 4, 0x1f, VMCR_PMR_SHIFT + 3),
	C2_ROW(GICC_BPR, 4, 7, VMCR_BPR0_SHIFT),
	C2_ROW(GICC_ABPR, 4, 7, VMCR_BPR1_SHIFT),
	C2_ROW(GICC_APR, 16, 0, 0),
	C2_ROW(GICC_IIDR, 4, 0, 0),
	IRQ_ROW(VGIC_LINES, 1, 1024, 0, VGIC_W32, BIT(VGIC_LEVELS)),
	C3_ROW(VGIC_ICC_PMR, 8, 0xff, VMCR_PMR_SHIFT),
	C3_ROW(VGIC_ICC_BPR0, 8, 7, VMCR_BPR0_SHIFT),
	C3_ROW(VGIC_ICC_AP0R, 32, 0, 0),
	C3_ROW(VGIC_ICC_AP1R, 32, 0, 0),
	C3_ROW(VGIC_ICC_BPR1, 8, 7, VMCR_BPR1_SHIFT),
	C3_ROW(VGIC_ICC_CTLR, 8, 0, 0),
	C3_ROW(VGIC_ICC_SRE, 8, 0, 0),
	C3_ROW(VGIC_ICC_IGRPEN0, 8, 1, 0),
	C3_ROW(VGIC_ICC_IGRPEN1, 8, 1, 1),
};

const unsigned int vgic_nr_rows = ARRAY_SIZE(vgic_rows);

/* Where the table has each frame. */
static const struct {
	u32 base;
	u32 size;
} places[] = {
	[VGIC_V2_DIST] = { 0, ARMVIRT_VGIC_V2_DIST_SIZE },
	[VGIC_V3_DIST] = { 0, ARMVIRT_VGIC_V3_DIST_SIZE },
	[VGIC_V3_RDIST] = { 0, ARMVIRT_VGIC_V3_REDIST_SIZE },
	[VGIC_V2_CPU] = { VGIC_GICC, ARMVIRT_VGIC_V2_CPU_SIZE },
	[VGIC_LEVELS] = { VGIC_LINES, 1024 / 8 },
	[VGIC_V3_CPU] = { VGIC_ICC, VGIC_ICC_SIZE },
};

/**
 * vgic_row_find() - the row that covers an offset
 * @frame: of this frame
 * @off: the offset there; becomes the offset in the row
 * Return: NULL if there is none.
 */
const struct vgic_row *vgic_row_find(enum vgic_frame frame, u32 *off)
{
	unsigned int lo = 0, hi = vgic_nr_rows, mid;
	const struct vgic_row *row;
	u32 reg = places[frame].base + *off;

	if (*off >= places[frame].size)
		return NULL;
	if (frame == VGIC_V3_RDIST)
		reg ^= GICR_SGI;	/* the second frame is the table's beginning */
	while (lo < hi) {
		mid = (lo + hi) / 2;
		row = &vgic_rows[mid];
		if (reg < row->reg) {
			hi = mid;
		} else if (reg >= row->reg + row->len) {
			lo = mid + 1;
		} else {
			*off = reg - row->reg;
			if (!(row->frames & BIT(frame)) ||
			    (frame == VGIC_V3_RDIST && row->bits &&
			     *off >= VGIC_NR_PRIVATE * row->bits / 8))
				return NULL;
			return row;
		}
	}
	return NULL;
}

static bool is_v2_sgi(const struct vgic_access *a, const struct vgic_irq *irq)
{
	return irq->intid < VGIC_NR_SGIS && vgic_is_v2(a->vm);
}

/* The interrupt is locked. */
static u32 get_field(const struct vgic_access *a, u32 reg, const struct vgic_irq *irq)
{
	switch (reg) {
	case GICD_IGROUPR:
		return irq->group1;
	case GICD_ISENABLER:
	case GICD_ICENABLER:
		return irq->enabled;
	case GICD_ISPENDR:
	case GICD_ICPENDR:
		if (!a->user)
			return vgic_irq_pending(irq);
		/* User space sees the latch, with GICv3 only here; the line is in LEVEL_INFO. */
		return irq->latch && (reg == GICD_ISPENDR || vgic_is_v2(a->vm));
	case GICD_ISACTIVER:
	case GICD_ICACTIVER:
		return irq->active;
	case GICD_IPRIORITYR:
		return irq->priority;
	case GICD_ITARGETSR:
		return irq->intid < VGIC_NR_PRIVATE ? BIT(a->vcpu->idx) : irq->route;
	case GICD_ICFGR:
		return irq->edge ? 2 : 0;
	case GICD_CPENDSGIR:
	case GICD_SPENDSGIR:
		return irq->source | irq->lr_source;
	case VGIC_LINES:
		return irq->line && !irq->edge;
	}
	return 0;
}

static void set_pending(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	if (is_v2_sgi(a, irq)) {
		/* Read-only for the guest, which has SPENDSGIR. */
		if (!a->user)
			return;
		irq->source |= BIT(a->vcpu->idx);
	}
	irq->latch = val;
}

static void clear_pending(const struct vgic_access *a, struct vgic_irq *irq)
{
	/* With GICv3 user space has said all by ISPENDR. */
	if (a->user ? !vgic_is_v2(a->vm) : is_v2_sgi(a, irq))
		return;
	irq->latch = false;
	irq->lr_latch = false;
	irq->source = 0;
}

static void set_active(const struct vgic_access *a, struct vgic_irq *irq, bool active)
{
	if (irq->in_lr) {
		irq->force = active ? VGIC_FORCE_ACTIVE : VGIC_FORCE_INACTIVE;
		return;
	}
	irq->active = active;
	/* Whoever made a v2 SGI active this way: it must be ended with some source. */
	if (active && is_v2_sgi(a, irq))
		irq->active_source = a->vcpu->idx;
}

static void set_targets(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	if (irq->intid < VGIC_NR_PRIVATE)
		return;
	irq->route = val & (BIT(vm_nr_vcpus(a->vm)) - 1);
	/* One of several will do: the first. */
	WRITE_ONCE(irq->target, vgic_home_of(a->vm, irq->route ?
					     a->vm->vcpus[__ffs(irq->route)] : NULL));
}

/* The interrupt is locked. */
static void set_field(const struct vgic_access *a, u32 reg, struct vgic_irq *irq, u32 val)
{
	switch (reg) {
	case GICD_IGROUPR:
		/* An older VMM restores zeroes here which it never meant. */
		if (!a->user || !vgic_is_v2(a->vm) || a->vm->vgic.igroup_writable)
			irq->group1 = val;
		break;
	case GICD_ISENABLER:
		irq->enabled = true;
		break;
	case GICD_ICENABLER:
		/* The SGIs of a GICv2 are always enabled. */
		if (!is_v2_sgi(a, irq))
			irq->enabled = false;
		break;
	case GICD_ISPENDR:
		set_pending(a, irq, val);
		break;
	case GICD_ICPENDR:
		clear_pending(a, irq);
		break;
	case GICD_ISACTIVER:
	case GICD_ICACTIVER:
		set_active(a, irq, reg == GICD_ISACTIVER);
		break;
	case GICD_IPRIORITYR:
		/* The low bits don't exist in the CPU interface, so not here either. */
		irq->priority = val & GENMASK(7, 8 - vgic_host.pri_bits);
		break;
	case GICD_ITARGETSR:
		set_targets(a, irq, val);
		break;
	case GICD_ICFGR:
		/* Of SGIs it can't be changed, of PPIs it needn't be: the timers are levels. */
		if (irq->intid >= VGIC_NR_PRIVATE)
			irq->edge = val & 2;
		break;
	case GICD_CPENDSGIR:
		irq->source &= ~val;
		irq->latch = irq->source;
		if (irq->lr_source & val)
			irq->lr_latch = false;
		break;
	case GICD_SPENDSGIR:
		irq->source |= val;
		irq->latch = true;
		break;
	case VGIC_LINES:
		irq->line = val;
		break;
	}
}

static u64 read_rdist_typer(struct av_vcpu *vcpu)
{
	u64 mpidr = arch_mpidr(vcpu);

	return (mpidr & 0xffffff) << 32 | (mpidr >> 32 & 0xff) << 56 |
	       (u64)(vcpu->id & 0xffff) << 8 | (vgic_rdist_last(vcpu) ? BIT(4) : 0);
}

/* A register that isn't about single interrupts; @off: in its row. */
static u64 read_reg(const struct vgic_access *a, u32 reg, u32 off)
{
	const struct vgic_vm *vgic = &a->vm->vgic;
	u32 lines = (vgic->nr_spis + VGIC_NR_PRIVATE) / 32 - 1;
	struct vgic_irq *irq;

	switch (reg) {
	case GICD_CTLR:
		return vgic->ctlr | (vgic_is_v2(a->vm) ? 0 : GICD_CTLR_ARE_NS | GICD_CTLR_DS);
	case GICD_TYPER:
		return lines | (vgic_is_v2(a->vm) ? (vm_nr_vcpus(a->vm) - 1) << 5 :
						    TYPER_IDBITS | TYPER_NO1N);
	case GICD_IIDR:
	case VGIC_GICR + GICR_IIDR:
		return VGIC_IIDR;
	/* PIDR2 has the architecture's revision; the others identify nothing. */
	case GICD_V2_PIDR4:
		return off == 0x18 ? 0x2b : 0;
	case GIC_V3_PIDR4:
	case VGIC_GICR + GIC_V3_PIDR4:
		return off == 0x18 ? 0x3b : 0;
	case GICD_IROUTER:
		irq = vgic_irq_get(a->vm, NULL, off / 8);
		return irq ? READ_ONCE(irq->route) : 0;
	case VGIC_GICR + GICR_TYPER:
		return read_rdist_typer(a->vcpu);
	}
	return 0;
}

static void write_irouter(const struct vgic_access *a, u32 off, u32 val)
{
	struct vgic_irq *irq = vgic_irq_get(a->vm, NULL, off / 8);
	unsigned long flags;

	/* The upper half is affinity 3, which we haven't. */
	if (!irq || off & 4)
		return;
	flags = vgic_irq_lock(irq);
	irq->route = val & 0xffffff;
	WRITE_ONCE(irq->target, vgic_home_of(a->vm, vcpu_by_mpidr(a->vm, irq->route)));
	vgic_irq_unlock(irq, flags, vgic_irq_update(irq));
}

static int write_reg(const struct vgic_access *a, u32 reg, u32 off, u64 val)
{
	struct vgic_vm *vgic = &a->vm->vgic;

	switch (reg) {
	case GICD_CTLR:
		/* The group enables, which decide what every vCPU may be signalled. */
		if ((val & GICD_CTLR_GRPS) != vgic->ctlr) {
			WRITE_ONCE(vgic->ctlr, val & GICD_CTLR_GRPS);
			vgic_kick_all(a->vm);
		}
		break;
	case GICD_IIDR:
		if (a->user && val != VGIC_IIDR)
			return -EINVAL;
		if (a->user)
			vgic->igroup_writable = true;
		break;
	case GICD_SGIR:
		vgic_v2_send_sgi(a->vcpu, val);
		break;
	case GICD_IROUTER:
		write_irouter(a, off, val);
		break;
	}
	return 0;
}

/* The interrupt at position @i of the access; NULL: its field reads as zero and ignores writes. */
static struct vgic_irq *nth_irq(const struct vgic_row *row, const struct vgic_access *a, u32 off,
				unsigned int i)
{
	u32 intid = off * 8 / row->bits + i;

	/* The redistributors have the private ones; with affinity routing nothing has targets. */
	if (a->frame == VGIC_V3_DIST && (intid < VGIC_NR_PRIVATE || row->reg == GICD_ITARGETSR))
		return NULL;
	if (row->reg == GICD_IGRPMODR || (a->frame == VGIC_LEVELS && intid < VGIC_NR_SGIS))
		return NULL;
	return vgic_irq_get(a->vm, a->vcpu, intid);
}

static u32 read_irq(const struct vgic_row *row, const struct vgic_access *a, struct vgic_irq *irq)
{
	struct vgic_home *home;
	unsigned long flags;
	u32 val, folds;

	flags = vgic_irq_lock(irq);
	if (row->flags & VGIC_ROW_SYNC_READ && irq->in_lr) {
		home = irq->home;
		folds = home->folds;
		vgic_irq_release(irq, flags);
		vgic_home_sync(home, folds);
		flags = vgic_irq_lock(irq);
	}
	val = get_field(a, row->reg, irq);
	vgic_irq_release(irq, flags);
	return val;
}

static void write_irq(const struct vgic_row *row, const struct vgic_access *a,
		      struct vgic_irq *irq, u32 val)
{
	struct vgic_home *home;
	unsigned long flags;
	u32 folds;
	bool sync;

	flags = vgic_irq_lock(irq);
	set_field(a, row->reg, irq, val);
	/* The guest on another vCPU has it: what was written takes effect when that is out. */
	sync = row->flags & VGIC_ROW_SYNC && irq->in_lr;
	home = irq->home;
	folds = home->folds;
	vgic_irq_unlock(irq, flags, vgic_irq_update(irq));
	if (sync)
		vgic_home_sync(home, folds);
}

static void access_irqs(const struct vgic_row *row, const struct vgic_access *a, u32 off, u64 *val)
{
	/* User space sets the latches of a GICv3 as they were: its zeroes count. */
	bool zeroes = !(row->flags & VGIC_ROW_W1) ||
		      (a->user && row->reg == GICD_ISPENDR && !vgic_is_v2(a->vm));
	struct vgic_irq *irq;
	unsigned int i;
	u32 field;

	for (i = 0; i < a->len * 8 / row->bits; i++) {
		field = *val >> (i * row->bits) & GENMASK(row->bits - 1, 0);
		if (a->write && !field && !zeroes)
			continue;
		irq = nth_irq(row, a, off, i);
		if (irq && a->write)
			write_irq(row, a, irq, field);
		else if (irq)
			*val |= (u64)read_irq(row, a, irq) << (i * row->bits);
	}
}

static bool legal(const struct vgic_row *row, u32 off, int len)
{
	return row->widths & (1 << len) && !(off & (len - 1)) && off + len <= row->len;
}

/**
 * vgic_access() - read or write registers of a frame
 * @a: which, and how
 * @val: the value; an access that isn't legal reads as zero
 * Return: 0, or what the register has against the value, which matters to user space only.
 */
int vgic_access(const struct vgic_access *a, u64 *val)
{
	const struct vgic_row *row;
	u32 off = a->off;

	if (!a->write)
		*val = 0;
	row = vgic_row_find(a->frame, &off);
	if (!row || !legal(row, off, a->len))
		return 0;
	if (a->frame == VGIC_V2_CPU || a->frame == VGIC_V3_CPU)
		return vgic_access_cpu(row, a, off, val);
	if (row->bits)
		access_irqs(row, a, off, val);
	else if (a->write)
		return write_reg(a, row->reg, off, *val);
	else
		*val = read_reg(a, row->reg, off) >>
		       (row->widths & VGIC_W64 && a->len == 4 && off & 4 ? 32 : 0);
	return 0;
}

static int access_frame(struct av_vcpu *vcpu, struct iobus_dev *dev, u32 off, int len, u64 *val,
			bool write)
{
	struct vgic_frame_dev *frame = container_of(dev, struct vgic_frame_dev, dev);
	struct vgic_access a = {
		.vm = vcpu->vm, .vcpu = frame->vcpu ? frame->vcpu : vcpu, .frame = frame->frame,
		.off = off, .len = len, .write = write,
	};

	vgic_access(&a, val);
	return 0;
}

/**
 * vgic_frame_add() - put the next register frame on the I/O bus
 * @vm: the VM; vm->lock held
 * @vcpu: whose redistributor, or NULL
 * @frame: the registers
 * @base: guest physical address
 */
void vgic_frame_add(struct av_vm *vm, struct av_vcpu *vcpu, enum vgic_frame frame, u64 base)
{
	struct vgic_frame_dev *dev = &vm->vgic.frames[vm->vgic.nr_frames++];

	dev->dev.base = base;
	dev->dev.size = places[frame].size;
	dev->dev.access = access_frame;
	dev->vcpu = vcpu;
	dev->frame = frame;
	iobus_add(vm, &dev->dev);
}
