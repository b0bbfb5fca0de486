// SPDX-License-Identifier: GPL-2.0
/*
 * The attributes of a vGIC device: what gives it its shape (addresses, number of interrupts,
 * initialisation), and for save and restore the registers and input levels, through the same table
 * that guests use.  Which errno comes first is KVM's, since VMMs and their tests tell apart what
 * the host has by it.
 */
#include <linux/uaccess.h>

#include "vgic/internal.h"

#define REGION_COUNT_SHIFT	52
#define REGION_BASE		GENMASK_ULL(51, 16)
#define REGION_FLAGS		GENMASK_ULL(15, 12)
#define REGION_INDEX		GENMASK_ULL(11, 0)

/* --- addresses ----------------------------------------------------------- */

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

static int set_addr(struct av_vm *vm, u64 type, u64 addr)
{
	struct vgic_vm *vgic = &vm->vgic;

	switch (type) {
	case ARMVIRT_VGIC_V2_ADDR_TYPE_DIST:
		return set_base(vm, &vgic->dist_base, addr, SZ_4K, ARMVIRT_VGIC_V2_DIST_SIZE);
	case ARMVIRT_VGIC_V2_ADDR_TYPE_CPU:
		return set_base(vm, &vgic->cpu_base, addr, SZ_4K, ARMVIRT_VGIC_V2_CPU_SIZE);
	case ARMVIRT_VGIC_V3_ADDR_TYPE_DIST:
		return set_base(vm, &vgic->dist_base, addr, SZ_64K, ARMVIRT_VGIC_V3_DIST_SIZE);
	}
	/* Where redistributors are a running guest may be reading without a lock (GICR_TYPER). */
	if (vgic->mapped)
		return -EBUSY;
	if (type == ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST)
		return vgic_region_add(vm, 0, addr, 0);
	if (!(addr >> REGION_COUNT_SHIFT) || addr & REGION_FLAGS)
		return -EINVAL;
	return vgic_region_add(vm, addr & REGION_INDEX, addr & REGION_BASE,
			       addr >> REGION_COUNT_SHIFT);
}

static int access_addr(struct av_vm *vm, u64 type, u64 *val, bool write)
{
	struct vgic_vm *vgic = &vm->vgic;
	u32 index = *val & REGION_INDEX;

	if (!has_addr(vm, type))
		return -ENXIO;
	if (write)
		return set_addr(vm, type, *val);
	switch (type) {
	case ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST_REGION:
		/* What REDIST set is no region with an index. */
		if (index >= vgic->nr_regions)
			return -ENOENT;
		*val = index | vgic->regions[index].base |
		       (u64)vgic->regions[index].count << REGION_COUNT_SHIFT;
		return 0;
	case ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST:
		*val = vgic->nr_regions ? vgic->regions[0].base : VGIC_ADDR_UNDEF;
		return 0;
	}
	*val = type == ARMVIRT_VGIC_V2_ADDR_TYPE_CPU ? vgic->cpu_base : vgic->dist_base;
	return 0;
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

	mutex_lock(&vm->lock);
	if (id >> 16 == ARMVIRT_ARM_DEVICE_VGIC_V2 && vgic_is_v2(vm) && has_addr(vm, id & 0xffff))
		ret = set_addr(vm, id & 0xffff, addr);
	mutex_unlock(&vm->lock);
	return ret;
}

static int access_nr_irqs(struct vgic_vm *vgic, u64 *val, bool write)
{
	if (!write) {
		*val = vgic->nr_spis + VGIC_NR_PRIVATE;
		return 0;
	}
	if (*val < VGIC_NR_PRIVATE + 32 || *val > VGIC_MAX_INTID || *val & 31)
		return -EINVAL;
	if (vgic->nr_spis)
		return -EBUSY;
	vgic->nr_spis = *val - VGIC_NR_PRIVATE;
	return 0;
}

/* --- registers ----------------------------------------------------------- */

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

static int parse_reg(const struct armvirt_device_attr *attr, struct vgic_access *a)
{
	bool v2 = vgic_is_v2(a->vm);
	u32 off, info;

	a->off = attr->attr;
	a->len = 4;
	switch (attr->group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_DIST_REGS:
		a->frame = v2 ? VGIC_V2_DIST : VGIC_V3_DIST;
		break;
	case ARMVIRT_DEV_ARM_VGIC_GRP_CPU_REGS:
		a->frame = VGIC_V2_CPU;
		break;
	case ARMVIRT_DEV_ARM_VGIC_GRP_REDIST_REGS:
		a->frame = VGIC_V3_RDIST;
		break;
	case ARMVIRT_DEV_ARM_VGIC_GRP_CPU_SYSREGS:
		a->frame = VGIC_V3_CPU;
		a->off = (a->off & ARMVIRT_DEV_ARM_VGIC_SYSREG_INSTR_MASK) * 8;
		a->len = 8;
		break;
	case ARMVIRT_DEV_ARM_VGIC_GRP_LEVEL_INFO:
		a->frame = VGIC_LEVELS;
		a->off = (a->off & ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INTID_MASK) / 8;
		break;
	default:
		return -ENXIO;
	}
	a->vcpu = vcpu_of(a->vm, attr);
	if (!a->vcpu)
		return -EINVAL;
	if (v2 != (a->frame == VGIC_V2_DIST || a->frame == VGIC_V2_CPU))
		return -ENXIO;
	if (a->frame == VGIC_LEVELS) {
		info = (attr->attr & ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INFO_MASK) >>
		       ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INFO_SHIFT;
		return info != ARMVIRT_VGIC_LEVEL_INFO_LINE_LEVEL || attr->attr % 32 ? -EINVAL : 0;
	}
	off = a->off;
	return off & 3 || !vgic_row_find(a->frame, &off) ? -ENXIO : 0;
}

static void unlock_vcpus(struct av_vm *vm, unsigned int nr)
{
	while (nr--)
		mutex_unlock(&vm->vcpus[nr]->mutex);
}

/* No vCPU may be running.  Trylock: a vCPU's thread holds its mutex as long as it runs. */
static int access_reg(const struct vgic_access *a, u64 *val)
{
	struct av_vcpu *vcpu;
	unsigned int i;
	int ret;

	vm_for_each_vcpu(i, vcpu, a->vm) {
		if (!mutex_trylock(&vcpu->mutex)) {
			unlock_vcpus(a->vm, i);
			return -EBUSY;
		}
	}
	ret = vgic_ready(a->vm) ? vgic_access(a, val) : -EBUSY;
	unlock_vcpus(a->vm, i);
	return ret;
}

/* --- all attributes ------------------------------------------------------ */

/* Is there such an attribute?  For a register also says which. */
static int parse(const struct armvirt_device_attr *attr, unsigned int cmd, struct vgic_access *a)
{
	switch (attr->group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_ADDR:
		a->len = 8;
		/* With a value access_addr() looks, since a bad pointer is reported first. */
		return cmd != ARMVIRT_HAS_DEVICE_ATTR || has_addr(a->vm, attr->attr) ? 0 : -ENXIO;
	case ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS:
		a->len = 4;
		return 0;
	case ARMVIRT_DEV_ARM_VGIC_GRP_CTRL:
		if (cmd == ARMVIRT_GET_DEVICE_ATTR)
			return -ENXIO;
		return attr->attr == ARMVIRT_DEV_ARM_VGIC_CTRL_INIT ||
		       (attr->attr == ARMVIRT_DEV_ARM_VGIC_SAVE_PENDING_TABLES &&
			!vgic_is_v2(a->vm)) ? 0 : -ENXIO;
	}
	return parse_reg(attr, a);
}

/**
 * vgic_attr() - an attribute of a vGIC device
 * @vm: the VM
 * @attr: which
 * @cmd: ARMVIRT_SET_, _GET_ or _HAS_DEVICE_ATTR
 * Return: 0, -ENXIO (no such attribute), -EFAULT, -EINVAL (no such vCPU, bad value), -EBUSY (too
 * late; of registers: a vCPU runs, or not initialised), or what the address has against it.
 */
int vgic_attr(struct av_vm *vm, const struct armvirt_device_attr *attr, unsigned int cmd)
{
	struct vgic_access a = {
		.vm = vm, .user = true, .write = cmd == ARMVIRT_SET_DEVICE_ATTR,
	};
	void __user *uaddr = (void __user *)(unsigned long)attr->addr;
	bool region = attr->group == ARMVIRT_DEV_ARM_VGIC_GRP_ADDR &&
		      attr->attr == ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST_REGION;
	u64 val = 0;
	int ret = parse(attr, cmd, &a);

	if (ret || cmd == ARMVIRT_HAS_DEVICE_ATTR)
		return ret;
	/*
	 * The host is little-endian: a u32 is the start of a u64.  A region is asked for by the
	 * index in the value.
	 */
	if ((a.write || region) && copy_from_user(&val, uaddr, a.len))
		return -EFAULT;

	mutex_lock(&vm->lock);
	switch (attr->group) {
	case ARMVIRT_DEV_ARM_VGIC_GRP_ADDR:
		ret = access_addr(vm, attr->attr, &val, a.write);
		break;
	case ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS:
		ret = access_nr_irqs(&vm->vgic, &val, a.write);
		break;
	case ARMVIRT_DEV_ARM_VGIC_GRP_CTRL:
		/* There are no LPIs, and so no pending ones of which guest memory must know. */
		if (attr->attr == ARMVIRT_DEV_ARM_VGIC_CTRL_INIT)
			ret = vgic_init(vm);
		break;
	default:
		ret = access_reg(&a, &val);
	}
	mutex_unlock(&vm->lock);
	if (!ret && !a.write && copy_to_user(uaddr, &val, a.len))
		return -EFAULT;
	return ret;
}
