// SPDX-License-Identifier: GPL-2.0
/*
 * The register frames as tables of rows: finding the row, checking the
 * access, walking the interrupts that a register covers, and the handlers
 * that GICv2 and GICv3 share.  User space's save and restore goes through the
 * same rows.  The tables themselves are in v2.c and v3.c.
 *
 * A guest may access any offset with any width.  What no row covers, and a
 * width which the architecture doesn't allow there, reads as zero and ignores
 * writes.
 */
#include <linux/slab.h>

#include "vgic/internal.h"

/**
 * struct vgic_frame - a register frame on the VM's I/O bus
 * @dev: where
 * @vcpu: whose redistributor; NULL for a distributor, whose private part is the accessing vCPU's
 * @rows: its registers
 * @nr: how many
 */
struct vgic_frame {
	struct iobus_dev dev;
	struct av_vcpu *vcpu;
	const struct vgic_row *rows;
	unsigned int nr;
};

/**
 * vgic_row_find() - the row that covers an offset
 * @rows: sorted by offset
 * @nr: how many
 * @off: offset in the frame
 * Return: NULL if there is none.
 */
const struct vgic_row *vgic_row_find(const struct vgic_row *rows, unsigned int nr, u32 off)
{
	unsigned int lo = 0, hi = nr, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (off < rows[mid].off)
			hi = mid;
		else if (off >= rows[mid].off + rows[mid].len)
			lo = mid + 1;
		else
			return &rows[mid];
	}
	return NULL;
}

static bool legal(const struct vgic_row *row, const struct vgic_access *a)
{
	return a->len <= 8 && row->widths & (1 << a->len) && !(a->off & (a->len - 1)) &&
	       a->off + a->len <= row->len;
}

/* The interrupt at position @i of the access, or NULL. */
static struct vgic_irq *nth_irq(const struct vgic_row *row, const struct vgic_access *a,
				unsigned int i)
{
	u32 intid = a->off * 8 / row->bits + i;

	if (row->flags & VGIC_ROW_SPI && intid < VGIC_NR_PRIVATE)
		return NULL;
	return vgic_irq_get(a->vm, a->vcpu, intid);
}

static u32 read_irq(const struct vgic_row *row, const struct vgic_access *a, struct vgic_irq *irq)
{
	struct vgic_home *home;
	unsigned long flags;
	u32 val, folds;

	home = vgic_irq_lock(irq, &flags);
	if (row->flags & VGIC_ROW_SYNC_READ && irq->in_lr) {
		folds = home->folds;
		vgic_irq_release(home, flags);
		vgic_home_sync(home, folds);
		home = vgic_irq_lock(irq, &flags);
	}
	val = row->get(a, irq);
	vgic_irq_release(home, flags);
	return val;
}

static void write_irq(const struct vgic_row *row, const struct vgic_access *a,
		      struct vgic_irq *irq, u32 val)
{
	struct vgic_home *home;
	unsigned long flags;
	u32 folds;
	bool sync;

	home = vgic_irq_lock(irq, &flags);
	row->set(a, irq, val);
	/* The guest on another vCPU has it: what was written takes effect when that is out. */
	sync = row->flags & VGIC_ROW_SYNC && irq->in_lr;
	folds = home->folds;
	vgic_irq_unlock(irq, home, flags, vgic_irq_update(irq));
	if (sync)
		vgic_home_sync(home, folds);
}

/**
 * vgic_row_read() - read what a row covers
 * @row: the row
 * @a: the access
 * Return: the value, zero for an access that isn't legal.
 */
u64 vgic_row_read(const struct vgic_row *row, struct vgic_access *a)
{
	struct vgic_irq *irq;
	unsigned int i;
	u64 val = 0;

	if (!legal(row, a))
		return 0;
	if (!row->bits) {
		val = row->read ? row->read(a) : 0;
		if (row->widths & VGIC_W64 && a->len == 4 && a->off & 4)
			val >>= 32;
		return val;
	}
	for (i = 0; row->get && i < a->len * 8 / row->bits; i++) {
		irq = nth_irq(row, a, i);
		if (irq)
			val |= (u64)read_irq(row, a, irq) << (i * row->bits);
	}
	return val;
}

/**
 * vgic_row_write() - write what a row covers
 * @row: the row
 * @a: the access
 * @val: the value
 * Return: 0, or what the register's handler has against the value.
 */
int vgic_row_write(const struct vgic_row *row, struct vgic_access *a, u64 val)
{
	struct vgic_irq *irq;
	unsigned int i;
	u32 field;

	if (!legal(row, a))
		return 0;
	if (!row->bits)
		return row->write ? row->write(a, val) : 0;
	for (i = 0; row->set && i < a->len * 8 / row->bits; i++) {
		field = val >> (i * row->bits) & GENMASK(row->bits - 1, 0);
		if (!field && row->flags & VGIC_ROW_W1)
			continue;
		irq = nth_irq(row, a, i);
		if (irq)
			write_irq(row, a, irq, field);
	}
	return 0;
}

static const struct vgic_row *decode(struct av_vcpu *vcpu, struct iobus_dev *dev, u64 addr,
				     int len, struct vgic_access *a)
{
	struct vgic_frame *frame = container_of(dev, struct vgic_frame, dev);
	const struct vgic_row *row;
	u32 off = addr - dev->base;

	if (len < 1 || len > 8)
		return NULL;
	row = vgic_row_find(frame->rows, frame->nr, off);
	if (!row)
		return NULL;
	a->vm = vcpu->vm;
	a->vcpu = frame->vcpu ? frame->vcpu : vcpu;
	a->off = off - row->off;
	a->len = len;
	a->user = false;
	return row;
}

static int frame_read(struct av_vcpu *vcpu, struct iobus_dev *dev, u64 addr, int len, void *data)
{
	const struct vgic_row *row;
	struct vgic_access a;
	__le64 val;

	row = decode(vcpu, dev, addr, len, &a);
	val = cpu_to_le64(row ? vgic_row_read(row, &a) : 0);
	memset(data, 0, len);
	memcpy(data, &val, min(len, 8));
	return 0;
}

static int frame_write(struct av_vcpu *vcpu, struct iobus_dev *dev, u64 addr, int len,
		       const void *data)
{
	const struct vgic_row *row;
	struct vgic_access a;
	__le64 val = 0;

	row = decode(vcpu, dev, addr, len, &a);
	if (row) {
		memcpy(&val, data, len);
		vgic_row_write(row, &a, le64_to_cpu(val));
	}
	return 0;
}

static void frame_release(struct iobus_dev *dev)
{
	kfree(container_of(dev, struct vgic_frame, dev));
}

static const struct iobus_ops frame_ops = {
	.read = frame_read,
	.write = frame_write,
	.release = frame_release,
};

/**
 * vgic_frame_add() - put a register frame on the I/O bus
 * @vm: the VM
 * @vcpu: whose redistributor, or NULL
 * @base: guest physical address
 * @size: bytes
 * @rows: the registers
 * @nr: how many
 * The bus frees it with the VM.
 * Return: 0, -ENOMEM, or -EEXIST.
 */
int vgic_frame_add(struct av_vm *vm, struct av_vcpu *vcpu, u64 base, u64 size,
		   const struct vgic_row *rows, unsigned int nr)
{
	struct vgic_frame *frame = kzalloc(sizeof(*frame), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!frame)
		return -ENOMEM;
	frame->dev.base = base;
	frame->dev.size = size;
	frame->dev.ops = &frame_ops;
	frame->vcpu = vcpu;
	frame->rows = rows;
	frame->nr = nr;
	ret = iobus_add(vm, &frame->dev);
	if (ret)
		kfree(frame);
	return ret;
}

/* --- handlers; the interrupt is locked ----------------------------------- */

static bool is_v2_sgi(const struct vgic_access *a, const struct vgic_irq *irq)
{
	return irq->intid < VGIC_NR_SGIS && vgic_is_v2(a->vm);
}

u32 vgic_get_group(const struct vgic_access *a, struct vgic_irq *irq)
{
	return irq->group1;
}

void vgic_set_group(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	/* An older VMM restores zeroes here which it never meant. */
	if (a->user && vgic_is_v2(a->vm) && !a->vm->vgic.igroup_writable)
		return;
	irq->group1 = val;
}

u32 vgic_get_enable(const struct vgic_access *a, struct vgic_irq *irq)
{
	return irq->enabled;
}

void vgic_set_enable(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	irq->enabled = true;
}

void vgic_clear_enable(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	/* The SGIs of a GICv2 are always enabled. */
	if (!is_v2_sgi(a, irq))
		irq->enabled = false;
}

u32 vgic_get_pending(const struct vgic_access *a, struct vgic_irq *irq)
{
	/* User space sees the latch; the line is in LEVEL_INFO. */
	return a->user ? irq->latch : vgic_irq_pending(irq);
}

void vgic_set_pending(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	if (is_v2_sgi(a, irq)) {
		/* Read-only for the guest, which has SPENDSGIR. */
		if (!a->user)
			return;
		irq->source |= BIT(a->vcpu->idx);
	}
	irq->latch = true;
}

void vgic_clear_pending(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	if (is_v2_sgi(a, irq) && !a->user)
		return;
	irq->latch = false;
	irq->lr_latch = false;
	irq->source = 0;
}

u32 vgic_get_active(const struct vgic_access *a, struct vgic_irq *irq)
{
	return irq->active;
}

void vgic_set_active(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	if (irq->in_lr)
		irq->force = VGIC_FORCE_ACTIVE;
	else
		irq->active = true;
	/* Whoever made a v2 SGI active this way: it must be ended with some source. */
	if (is_v2_sgi(a, irq) && !irq->in_lr)
		irq->active_source = a->vcpu->idx;
}

void vgic_clear_active(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	if (irq->in_lr)
		irq->force = VGIC_FORCE_INACTIVE;
	else
		irq->active = false;
}

u32 vgic_get_priority(const struct vgic_access *a, struct vgic_irq *irq)
{
	return irq->priority;
}

void vgic_set_priority(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	/* The low bits don't exist in the CPU interface, so not here either. */
	irq->priority = val & GENMASK(7, 8 - vgic_host.pri_bits);
}

u32 vgic_get_config(const struct vgic_access *a, struct vgic_irq *irq)
{
	return irq->edge ? 2 : 0;
}

void vgic_set_config(const struct vgic_access *a, struct vgic_irq *irq, u32 val)
{
	/* Of SGIs it can't be changed, of PPIs it needn't be: the timers are levels. */
	if (irq->intid >= VGIC_NR_PRIVATE)
		irq->edge = val & 2;
}

u64 vgic_read_iidr(const struct vgic_access *a)
{
	return VGIC_IIDR;
}

int vgic_write_iidr(const struct vgic_access *a, u64 val)
{
	if (!a->user)
		return 0;
	if (val != VGIC_IIDR)
		return -EINVAL;
	a->vm->vgic.igroup_writable = true;
	return 0;
}

/* GICD_CTLR: the group enables, which decide what every vCPU may be signalled. */
int vgic_write_dist_ctlr(const struct vgic_access *a, u64 val)
{
	u32 ctlr = val & GICD_CTLR_GRPS;

	if (ctlr != a->vm->vgic.ctlr) {
		WRITE_ONCE(a->vm->vgic.ctlr, ctlr);
		vgic_kick_all(a->vm);
	}
	return 0;
}
