// SPDX-License-Identifier: GPL-2.0
/*
 * Save and restore by device attribute: the registers of the frames through the same
 * table that guests use, the ICC registers, and input levels.  No vCPU may be running:
 * each one's mutex is held.
 */
#include <linux/uaccess.h>

#include "vgic/internal.h"

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

/* What an attribute names. */
static int parse(struct av_vm *vm, const struct armvirt_device_attr *attr, struct vgic_access *a)
{
	bool v2 = vgic_is_v2(vm), v2_group = false;
	u32 off = attr->attr;

	*a = (struct vgic_access) { .vm = vm, .off = off, .len = 4, .user = true };
	switch (attr->group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_DIST_REGS:
		a->frame = v2 ? VGIC_V2_DIST : VGIC_V3_DIST;
		v2_group = v2;
		break;
	case ARMVIRT_DEV_ARM_VGIC_GRP_CPU_REGS:
		a->frame = VGIC_V2_CPU;
		v2_group = true;
		break;
	case ARMVIRT_DEV_ARM_VGIC_GRP_REDIST_REGS:
		a->frame = VGIC_V3_RDIST;
		break;
	case ARMVIRT_DEV_ARM_VGIC_GRP_CPU_SYSREGS:
		a->frame = VGIC_V3_CPU;
		a->off = (off & ARMVIRT_DEV_ARM_VGIC_SYSREG_INSTR_MASK) * 8;
		a->len = 8;
		break;
	case ARMVIRT_DEV_ARM_VGIC_GRP_LEVEL_INFO:
		a->frame = VGIC_LEVELS;
		a->off = (off & ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INTID_MASK) / 8;
		break;
	default:
		return -ENXIO;
	}
	a->vcpu = vcpu_of(vm, attr);
	if (!a->vcpu)
		return -EINVAL;
	if (v2 != v2_group)
		return -ENXIO;
	if (a->frame == VGIC_LEVELS) {
		off = (attr->attr & ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INFO_MASK) >>
		      ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INFO_SHIFT;
		return off != ARMVIRT_VGIC_LEVEL_INFO_LINE_LEVEL || attr->attr % 32 ? -EINVAL : 0;
	}
	off = a->off;
	return off & 3 || !vgic_row_find(a->frame, &off) ? -ENXIO : 0;
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
	struct vgic_access a;
	u64 val = 0;
	int ret = parse(vm, attr, &a);

	if (ret)
		return ret;
	/* The host is little-endian: a u32 is the start of a u64. */
	if (write && copy_from_user(&val, uaddr, a.len))
		return -EFAULT;

	a.write = write;
	mutex_lock(&vm->lock);
	ret = -EBUSY;
	if (lock_vcpus(vm)) {
		/* Some registers tell of the addresses, which may be changing. */
		mutex_lock(&vm->vgic.lock);
		if (!vgic_ready(vm))
			ret = -EBUSY;
		else
			ret = vgic_access(&a, &val);
		mutex_unlock(&vm->vgic.lock);
		unlock_vcpus(vm, vm_nr_vcpus(vm));
	}
	mutex_unlock(&vm->lock);
	if (!ret && !write && copy_to_user(uaddr, &val, a.len))
		return -EFAULT;
	return ret;
}

int vgic_state_has(struct av_vm *vm, struct armvirt_device_attr *attr)
{
	struct vgic_access a;

	return parse(vm, attr, &a);
}
