// SPDX-License-Identifier: GPL-2.0
/*
 * The attributes of a vGIC device that give it its shape: addresses, number of interrupts,
 * initialisation.  Attributes that hold registers are in state.c.  Which errno comes first is
 * KVM's, since VMMs and their tests tell apart what the host has by it.
 */
#include <linux/uaccess.h>

#include "vgic/internal.h"

#define REGION_COUNT_SHIFT	52
#define REGION_BASE		GENMASK_ULL(51, 16)
#define REGION_FLAGS		GENMASK_ULL(15, 12)
#define REGION_INDEX		GENMASK_ULL(11, 0)

static int set_base(struct av_vm *vm, u64 *base, u64 addr, u64 align, u64 size)
{
	int ret;

	if (*base != VGIC_ADDR_UNDEF)
		return -EEXIST;
	ret = vgic_check_range(vm, addr, align, size);
	if (!ret)
		*base = addr;
	return ret;
}

static bool has_addr(struct av_vm *vm, u64 type)
{
	switch (type) {
	case ARMVIRT_VGIC_V2_ADDR_TYPE_DIST:
	case ARMVIRT_VGIC_V2_ADDR_TYPE_CPU:
		return vgic_is_v2(vm);
	case ARMVIRT_VGIC_V3_ADDR_TYPE_DIST:
	case ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST:
	case ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST_REGION:
		return !vgic_is_v2(vm);
	}
	return false;
}

/* vgic.lock held */
static int set_addr(struct av_vm *vm, u64 type, u64 addr)
{
	struct vgic_vm *vgic = &vm->vgic;

	if (!has_addr(vm, type))
		return -ENODEV;
	switch (type) {
	case ARMVIRT_VGIC_V2_ADDR_TYPE_DIST:
		return set_base(vm, &vgic->dist_base, addr, SZ_4K, ARMVIRT_VGIC_V2_DIST_SIZE);
	case ARMVIRT_VGIC_V2_ADDR_TYPE_CPU:
		return set_base(vm, &vgic->cpu_base, addr, SZ_4K, ARMVIRT_VGIC_V2_CPU_SIZE);
	case ARMVIRT_VGIC_V3_ADDR_TYPE_DIST:
		return set_base(vm, &vgic->dist_base, addr, SZ_64K, ARMVIRT_VGIC_V3_DIST_SIZE);
	case ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST:
		return vgic_region_add(vm, 0, addr, 0);
	}
	if (!(addr >> REGION_COUNT_SHIFT) || addr & REGION_FLAGS)
		return -EINVAL;
	return vgic_region_add(vm, addr & REGION_INDEX, addr & REGION_BASE,
			       addr >> REGION_COUNT_SHIFT);
}

static int get_region(struct vgic_vm *vgic, u64 *val)
{
	u32 index = *val & REGION_INDEX;

	/* What REDIST set is no region with an index. */
	if (index >= vgic->nr_regions)
		return -ENOENT;
	*val = index | vgic->regions[index].base |
	       (u64)vgic->regions[index].count << REGION_COUNT_SHIFT;
	return 0;
}

/* vgic.lock held */
static int get_addr(struct av_vm *vm, u64 type, u64 *val)
{
	struct vgic_vm *vgic = &vm->vgic;

	if (!has_addr(vm, type))
		return -ENODEV;
	switch (type) {
	case ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST_REGION:
		return get_region(vgic, val);
	case ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST:
		*val = vgic->nr_regions ? vgic->regions[0].base : VGIC_ADDR_UNDEF;
		return 0;
	}
	*val = type == ARMVIRT_VGIC_V2_ADDR_TYPE_CPU ? vgic->cpu_base : vgic->dist_base;
	return 0;
}

/* Where redistributors are a running guest may be reading without a lock (GICR_TYPER). */
static bool is_fixed(struct av_vm *vm, u64 type)
{
	return vm->vgic.mapped && (type == ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST ||
				   type == ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST_REGION);
}

static int addr_attr(struct av_vm *vm, struct armvirt_device_attr *attr, bool write)
{
	u64 __user *uaddr = (u64 __user *)(unsigned long)attr->addr;
	u64 val = 0;
	int ret;

	/* A region is asked for by the index in the value. */
	if (write || attr->attr == ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST_REGION) {
		if (copy_from_user(&val, uaddr, sizeof(val)))
			return -EFAULT;
	}
	mutex_lock(&vm->vgic.lock);
	if (!write)
		ret = get_addr(vm, attr->attr, &val);
	else
		ret = is_fixed(vm, attr->attr) ? -EBUSY : set_addr(vm, attr->attr, val);
	mutex_unlock(&vm->vgic.lock);
	if (ret == -ENODEV)
		return -ENXIO;
	if (!ret && !write && copy_to_user(uaddr, &val, sizeof(val)))
		return -EFAULT;
	return ret;
}

/**
 * vgic_set_legacy_addr() - ARMVIRT_ARM_SET_DEVICE_ADDR
 * @vm: the VM
 * @id: device << 16 | ADDR type
 * @addr: guest physical address
 * Return: 0, -ENODEV (no such device or address, or no GICv2), or set_addr()'s errno.
 */
int vgic_set_legacy_addr(struct av_vm *vm, u64 id, u64 addr)
{
	int ret = -ENODEV;

	if (id >> 16 != ARMVIRT_ARM_DEVICE_VGIC_V2)
		return -ENODEV;
	mutex_lock(&vm->vgic.lock);
	if (vgic_is_v2(vm))
		ret = set_addr(vm, id & 0xffff, addr);
	mutex_unlock(&vm->vgic.lock);
	return ret;
}

static int set_nr_irqs(struct av_vm *vm, struct armvirt_device_attr *attr)
{
	u32 val;
	int ret = 0;

	if (copy_from_user(&val, (void __user *)(unsigned long)attr->addr, sizeof(val)))
		return -EFAULT;
	if (val < VGIC_NR_PRIVATE + 32 || val > VGIC_MAX_INTID || val & 31)
		return -EINVAL;
	mutex_lock(&vm->vgic.lock);
	if (vm->vgic.inited || vm->vgic.nr_spis)
		ret = -EBUSY;
	else
		vm->vgic.nr_spis = val - VGIC_NR_PRIVATE;
	mutex_unlock(&vm->vgic.lock);
	return ret;
}

static int get_nr_irqs(struct av_vm *vm, struct armvirt_device_attr *attr)
{
	u32 val = READ_ONCE(vm->vgic.nr_spis) + VGIC_NR_PRIVATE;

	if (copy_to_user((void __user *)(unsigned long)attr->addr, &val, sizeof(val)))
		return -EFAULT;
	return 0;
}

static int ctrl(struct av_vm *vm, u64 attr)
{
	int ret;

	if (attr == ARMVIRT_DEV_ARM_VGIC_CTRL_INIT) {
		mutex_lock(&vm->lock);
		mutex_lock(&vm->vgic.lock);
		ret = vgic_init(vm);
		mutex_unlock(&vm->vgic.lock);
		mutex_unlock(&vm->lock);
		return ret;
	}
	/* There are no LPIs, and so nothing pending of which guest memory must know. */
	if (attr == ARMVIRT_DEV_ARM_VGIC_SAVE_PENDING_TABLES && !vgic_is_v2(vm))
		return 0;
	return -ENXIO;
}

/**
 * vgic_set_attr() - ARMVIRT_SET_DEVICE_ATTR on a vGIC
 * @vm: the VM
 * @attr: what
 * Return: 0, -ENXIO (no such attribute), -EFAULT, or the attribute's errno.
 */
int vgic_set_attr(struct av_vm *vm, struct armvirt_device_attr *attr)
{
	switch (attr->group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_ADDR:
		return addr_attr(vm, attr, true);
	case ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS:
		return set_nr_irqs(vm, attr);
	case ARMVIRT_DEV_ARM_VGIC_GRP_CTRL:
		return ctrl(vm, attr->attr);
	}
	return vgic_state_access(vm, attr, true);
}

int vgic_get_attr(struct av_vm *vm, struct armvirt_device_attr *attr)
{
	switch (attr->group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_ADDR:
		return addr_attr(vm, attr, false);
	case ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS:
		return get_nr_irqs(vm, attr);
	}
	return vgic_state_access(vm, attr, false);
}

int vgic_has_attr(struct av_vm *vm, struct armvirt_device_attr *attr)
{
	switch (attr->group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_ADDR:
		return has_addr(vm, attr->attr) ? 0 : -ENXIO;
	case ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS:
		return 0;
	case ARMVIRT_DEV_ARM_VGIC_GRP_CTRL:
		if (attr->attr == ARMVIRT_DEV_ARM_VGIC_CTRL_INIT)
			return 0;
		if (attr->attr == ARMVIRT_DEV_ARM_VGIC_SAVE_PENDING_TABLES && !vgic_is_v2(vm))
			return 0;
		return -ENXIO;
	}
	return vgic_state_has(vm, attr);
}
