// SPDX-License-Identifier: GPL-2.0
/*
 * Save and restore by device attribute: the registers of the frames through
 * the same rows that guests use, the ICC registers, and input levels.  No
 * vCPU may be running: each one's mutex is held.
 */
#include <linux/uaccess.h>

#include "vgic/internal.h"

/**
 * struct state_reg - what an attribute names
 * @vcpu: whose, or the first vCPU
 * @row: a frame's register at @off of the row; NULL for the other groups
 * @off: there
 * @sys: CPU_SYSREGS: encoding
 * @intid: LEVEL_INFO: first interrupt
 * @size: of the value, 4 or 8
 */
struct state_reg {
	struct av_vcpu *vcpu;
	const struct vgic_row *row;
	u32 off;
	u32 sys;
	u32 intid;
	u32 size;
};

static struct av_vcpu *vcpu_of(struct av_vm *vm, const struct armvirt_device_attr *attr)
{
	u64 aff = attr->attr >> 32;

	if (vgic_is_v2(vm)) {
		aff &= 0xff;
		return aff < vm_nr_vcpus(vm) ? vm->vcpus[aff] : NULL;
	}
	if (attr->group == ARMVIRT_DEV_ARM_VGIC_GRP_DIST_REGS)
		return vm_nr_vcpus(vm) ? vm->vcpus[0] : NULL;
	/* MPIDR has affinity level 3 at bit 32. */
	return vcpu_by_mpidr(vm, (aff & 0xffffff) | (aff & 0xff000000) << 8);
}

static int find_row(struct state_reg *reg, const struct vgic_row *rows, unsigned int nr, u32 off)
{
	reg->row = vgic_row_find(rows, nr, off);
	if (!reg->row || off & 3)
		return -ENXIO;
	reg->off = off - reg->row->off;
	return 0;
}

static int parse_v2(const struct armvirt_device_attr *attr, struct state_reg *reg)
{
	switch (attr->group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_DIST_REGS:
		return find_row(reg, vgic_v2_dist_rows, vgic_v2_nr_dist_rows, attr->attr);
	case ARMVIRT_DEV_ARM_VGIC_GRP_CPU_REGS:
		return find_row(reg, vgic_v2_cpu_rows, vgic_v2_nr_cpu_rows, attr->attr);
	}
	return -ENXIO;
}

static int parse_v3(const struct armvirt_device_attr *attr, struct state_reg *reg)
{
	u32 info;

	switch (attr->group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_DIST_REGS:
		return find_row(reg, vgic_v3_dist_rows, vgic_v3_nr_dist_rows, attr->attr);
	case ARMVIRT_DEV_ARM_VGIC_GRP_REDIST_REGS:
		return find_row(reg, vgic_v3_rdist_rows, vgic_v3_nr_rdist_rows, attr->attr);
	case ARMVIRT_DEV_ARM_VGIC_GRP_CPU_SYSREGS:
		reg->sys = attr->attr & ARMVIRT_DEV_ARM_VGIC_SYSREG_INSTR_MASK;
		reg->size = 8;
		return vgic_v3_has_sysreg(reg->vcpu, reg->sys);
	case ARMVIRT_DEV_ARM_VGIC_GRP_LEVEL_INFO:
		info = (attr->attr & ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INFO_MASK) >>
		       ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INFO_SHIFT;
		reg->intid = attr->attr & ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INTID_MASK;
		if (info != ARMVIRT_VGIC_LEVEL_INFO_LINE_LEVEL || reg->intid % 32)
			return -EINVAL;
		return 0;
	}
	return -ENXIO;
}

static int parse(struct av_vm *vm, const struct armvirt_device_attr *attr, struct state_reg *reg)
{
	memset(reg, 0, sizeof(*reg));
	reg->size = 4;
	switch (attr->group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_DIST_REGS:
	case ARMVIRT_DEV_ARM_VGIC_GRP_CPU_REGS:
	case ARMVIRT_DEV_ARM_VGIC_GRP_REDIST_REGS:
	case ARMVIRT_DEV_ARM_VGIC_GRP_CPU_SYSREGS:
	case ARMVIRT_DEV_ARM_VGIC_GRP_LEVEL_INFO:
		break;
	default:
		return -ENXIO;
	}
	reg->vcpu = vcpu_of(vm, attr);
	if (!reg->vcpu)
		return -EINVAL;
	return vgic_is_v2(vm) ? parse_v2(attr, reg) : parse_v3(attr, reg);
}

static u32 read_levels(struct av_vm *vm, struct av_vcpu *vcpu, u32 first)
{
	struct vgic_home *home;
	struct vgic_irq *irq;
	unsigned long flags;
	u32 val = 0, i;

	for (i = 0; i < 32; i++) {
		irq = first + i < VGIC_NR_SGIS ? NULL : vgic_irq_get(vm, vcpu, first + i);
		if (!irq)
			continue;
		home = vgic_irq_lock(irq, &flags);
		if (irq->line && !irq->edge)
			val |= BIT(i);
		vgic_irq_release(home, flags);
	}
	return val;
}

static void write_levels(struct av_vm *vm, struct av_vcpu *vcpu, u32 first, u32 val)
{
	struct vgic_home *home;
	struct vgic_irq *irq;
	unsigned long flags;
	u32 i;

	for (i = 0; i < 32; i++) {
		irq = first + i < VGIC_NR_SGIS ? NULL : vgic_irq_get(vm, vcpu, first + i);
		if (!irq)
			continue;
		home = vgic_irq_lock(irq, &flags);
		irq->line = val & BIT(i);
		vgic_irq_unlock(irq, home, flags, vgic_irq_update(irq));
	}
}

static int access_reg(struct av_vm *vm, u32 group, struct state_reg *reg, u64 *val, bool write)
{
	struct vgic_access a = {
		.vm = vm, .vcpu = reg->vcpu, .off = reg->off, .len = 4, .user = true,
	};

	switch (group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_CPU_SYSREGS:
		return write ? vgic_v3_set_sysreg(reg->vcpu, reg->sys, *val) :
			       vgic_v3_get_sysreg(reg->vcpu, reg->sys, val);
	case ARMVIRT_DEV_ARM_VGIC_GRP_LEVEL_INFO:
		if (write)
			write_levels(vm, reg->vcpu, reg->intid, *val);
		else
			*val = read_levels(vm, reg->vcpu, reg->intid);
		return 0;
	}
	if (write)
		return vgic_row_write(reg->row, &a, *val);
	*val = vgic_row_read(reg->row, &a);
	return 0;
}

static void unlock_vcpus(struct av_vm *vm, unsigned int nr)
{
	while (nr--)
		mutex_unlock(&vm->vcpus[nr]->mutex);
}

/* Trylock: a vCPU thread holds its mutex as long as it runs.  vm->lock held: none is added. */
static bool lock_vcpus(struct av_vm *vm)
{
	struct av_vcpu *vcpu;
	unsigned int i;

	vm_for_each_vcpu(i, vcpu, vm) {
		if (!mutex_trylock(&vcpu->mutex)) {
			unlock_vcpus(vm, i);
			return false;
		}
	}
	return true;
}

/**
 * vgic_state_access() - get or set an attribute that holds a register
 * @vm: the VM
 * @attr: which
 * @write: set
 * Return: 0, -ENXIO (no such register), -EINVAL (no such vCPU, bad value), -EFAULT,
 * -EBUSY (a vCPU runs, or not initialised).
 */
int vgic_state_access(struct av_vm *vm, struct armvirt_device_attr *attr, bool write)
{
	void __user *uaddr = (void __user *)(unsigned long)attr->addr;
	struct state_reg reg;
	u64 val = 0;
	int ret;

	ret = parse(vm, attr, &reg);
	if (ret)
		return ret;
	/* The host is little-endian: a u32 is the start of a u64. */
	if (write && copy_from_user(&val, uaddr, reg.size))
		return -EFAULT;

	mutex_lock(&vm->lock);
	ret = -EBUSY;
	if (lock_vcpus(vm)) {
		/* Some registers tell of the addresses, which may be changing. */
		mutex_lock(&vm->vgic.lock);
		if (vgic_ready(vm))
			ret = access_reg(vm, attr->group, &reg, &val, write);
		mutex_unlock(&vm->vgic.lock);
		unlock_vcpus(vm, vm_nr_vcpus(vm));
	}
	mutex_unlock(&vm->lock);
	if (!ret && !write && copy_to_user(uaddr, &val, reg.size))
		return -EFAULT;
	return ret;
}

int vgic_state_has(struct av_vm *vm, struct armvirt_device_attr *attr)
{
	struct state_reg reg;

	return parse(vm, attr, &reg);
}
