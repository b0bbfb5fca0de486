// SPDX-License-Identifier: GPL-2.0
/*
 * Ranges of guest physical addresses that the kernel itself answers: the GIC's frames, and the
 * single addresses of ioeventfds. It finds the device and calls it; decoding the guest's access
 * and going to user space are abort.c's.
 */
#include "armvirt.h"

void iobus_vm_init(struct av_vm *vm)
{
	rwlock_init(&vm->iobus.lock);
	vm->iobus.ranges = RB_ROOT_CACHED;
	vm->iobus.points = RB_ROOT_CACHED;
}

/* No vCPU and no ioeventfd is left; the ranges, which nobody removes, are released here. */
void iobus_vm_exit(struct av_vm *vm)
{
	struct iobus_dev *dev, *next;

	rbtree_postorder_for_each_entry_safe(dev, next, &vm->iobus.ranges.rb_root, node.rb)
		dev->ops->release(dev);
}

static struct rb_root_cached *tree_of(struct iobus *bus, const struct iobus_dev *dev)
{
	return dev->size ? &bus->ranges : &bus->points;
}

/**
 * iobus_add() - let a device answer; must not hold a lock that a device function takes
 * @vm: the VM
 * @dev: base, size and ops are filled in; stays the caller's until released
 * Return: 0, -EINVAL if the range wraps, or -EEXIST if it overlaps another range.
 */
int iobus_add(struct av_vm *vm, struct iobus_dev *dev)
{
	struct iobus *bus = &vm->iobus;
	int ret = 0;

	dev->node.start = dev->base;
	dev->node.last = dev->base + (dev->size ? dev->size - 1 : 0);
	if (dev->node.last < dev->node.start)
		return -EINVAL;
	write_lock(&bus->lock);
	if (dev->size && interval_tree_iter_first(&bus->ranges, dev->node.start, dev->node.last))
		ret = -EEXIST;
	else
		interval_tree_insert(&dev->node, tree_of(bus, dev));
	write_unlock(&bus->lock);
	return ret;
}

/* When this returns nobody is inside the device's functions, and it has been released. */
void iobus_remove(struct av_vm *vm, struct iobus_dev *dev)
{
	write_lock(&vm->iobus.lock);
	interval_tree_remove(&dev->node, tree_of(&vm->iobus, dev));
	write_unlock(&vm->iobus.lock);
	dev->ops->release(dev);
}

static int try_tree(struct rb_root_cached *tree, struct av_vcpu *vcpu, u64 addr, int len,
		    void *data, bool write)
{
	struct interval_tree_node *node = interval_tree_iter_first(tree, addr, addr);
	int ret = -EOPNOTSUPP;

	for (; node && ret == -EOPNOTSUPP; node = interval_tree_iter_next(node, addr, addr)) {
		struct iobus_dev *dev = container_of(node, struct iobus_dev, node);

		/* A range answers only what lies in it as a whole. */
		if (dev->size && node->last - addr < len - 1)
			continue;
		if (write)
			ret = dev->ops->write(vcpu, dev, addr, len, data);
		else if (dev->ops->read)
			ret = dev->ops->read(vcpu, dev, addr, len, data);
	}
	return ret;
}

/**
 * iobus_access() - a guest reads or writes; does not sleep
 * @vcpu: who; may be loaded
 * @addr: guest physical address
 * @len: 1, 2, 4 or 8
 * @data: @len bytes, the lowest first
 * @write: of the points, the first that takes the value is the only one to see it
 * Return: 0, or -EOPNOTSUPP if it is for user space.
 */
int iobus_access(struct av_vcpu *vcpu, u64 addr, int len, void *data, bool write)
{
	struct iobus *bus = &vcpu->vm->iobus;
	int ret;

	read_lock(&bus->lock);
	ret = try_tree(&bus->points, vcpu, addr, len, data, write);
	if (ret == -EOPNOTSUPP)
		ret = try_tree(&bus->ranges, vcpu, addr, len, data, write);
	read_unlock(&bus->lock);
	return ret;
}
