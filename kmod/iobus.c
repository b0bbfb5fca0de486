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
	vm->iobus.devs = RB_ROOT_CACHED;
}

/* @dev stays the caller's. Must not hold a lock that a device function takes. */
void iobus_add(struct av_vm *vm, struct iobus_dev *dev)
{
	dev->node.start = dev->base;
	dev->node.last = dev->base + (dev->size ? dev->size - 1 : 0);
	write_lock(&vm->iobus.lock);
	interval_tree_insert(&dev->node, &vm->iobus.devs);
	write_unlock(&vm->iobus.lock);
}

/* When this returns nobody is inside the device's function. */
void iobus_remove(struct av_vm *vm, struct iobus_dev *dev)
{
	write_lock(&vm->iobus.lock);
	interval_tree_remove(&dev->node, &vm->iobus.devs);
	write_unlock(&vm->iobus.lock);
}

/**
 * iobus_access() - a guest reads or writes; does not sleep
 * @vcpu: who; may be loaded
 * @addr: guest physical address
 * @len: 1, 2, 4 or 8
 * @val: @len bytes as a little-endian number; of what is read the caller ignores the rest
 * @write: the first device that takes the value is the only one to see it
 * Return: 0, or -EOPNOTSUPP if it is for user space.
 */
int iobus_access(struct av_vcpu *vcpu, u64 addr, int len, u64 *val, bool write)
{
	struct iobus *bus = &vcpu->vm->iobus;
	struct interval_tree_node *node;
	int ret = -EOPNOTSUPP;

	read_lock(&bus->lock);
	node = interval_tree_iter_first(&bus->devs, addr, addr);
	for (; node && ret == -EOPNOTSUPP; node = interval_tree_iter_next(node, addr, addr)) {
		struct iobus_dev *dev = container_of(node, struct iobus_dev, node);

		/* A range answers only what lies in it as a whole. */
		if (!dev->size || node->last - addr >= len - 1)
			ret = dev->access(vcpu, dev, addr - dev->base, len, val, write);
	}
	read_unlock(&bus->lock);
	return ret;
}
