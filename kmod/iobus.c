// SPDX-License-Identifier: GPL-2.0
/*
 * Ranges of guest physical addresses that the kernel itself answers: the GIC's
 * frames, and the single addresses of ioeventfds. It finds the device and calls
 * it; decoding the guest's access and going to user space are abort.c's.
 */
#include <linux/slab.h>

#include "armvirt.h"

/**
 * struct iobus - the devices of a VM
 * @lock: read by every access, around the device's own function. That function must
 *	not sleep, and once a writer has taken a device out nobody is inside it.
 * @ranges: devices with a size; no two overlap
 * @points: devices at a single address (size 0); any number of them at each
 */
struct iobus {
	rwlock_t lock;
	struct rb_root ranges;
	struct rb_root points;
};

int iobus_vm_init(struct av_vm *vm)
{
	struct iobus *bus = kzalloc(sizeof(*bus), GFP_KERNEL_ACCOUNT);

	if (!bus)
		return -ENOMEM;
	rwlock_init(&bus->lock);
	bus->ranges = RB_ROOT;
	bus->points = RB_ROOT;
	vm->iobus = bus;
	return 0;
}

static void drop_all(struct rb_root *root)
{
	struct iobus_dev *dev, *next;

	rbtree_postorder_for_each_entry_safe(dev, next, root, node)
		if (dev->ops->release)
			dev->ops->release(dev);
	*root = RB_ROOT;
}

/* No vCPU is left; devices that their owner hasn't removed are released here. */
void iobus_vm_exit(struct av_vm *vm)
{
	if (!vm->iobus)
		return;
	drop_all(&vm->iobus->points);
	drop_all(&vm->iobus->ranges);
	kfree(vm->iobus);
	vm->iobus = NULL;
}

static struct iobus_dev *dev_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct iobus_dev, node) : NULL;
}

static struct rb_root *root_of(struct iobus *bus, const struct iobus_dev *dev)
{
	return dev->size ? &bus->ranges : &bus->points;
}

/* The first device at or above @addr. */
static struct iobus_dev *first_from(struct rb_root *root, u64 addr)
{
	struct rb_node *node = root->rb_node;
	struct iobus_dev *best = NULL;

	while (node) {
		if (dev_of(node)->base >= addr) {
			best = dev_of(node);
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

/* The range that holds all of [@addr, @addr + @len). */
static struct iobus_dev *range_at(struct iobus *bus, u64 addr, int len)
{
	struct rb_node *node = bus->ranges.rb_node;

	while (node) {
		struct iobus_dev *dev = dev_of(node);

		if (addr < dev->base)
			node = node->rb_left;
		else if (addr - dev->base >= dev->size)
			node = node->rb_right;
		else
			return dev->size - (addr - dev->base) >= len ? dev : NULL;
	}
	return NULL;
}

static bool range_taken(struct iobus *bus, const struct iobus_dev *dev)
{
	struct iobus_dev *above = first_from(&bus->ranges, dev->base);

	return range_at(bus, dev->base, 0) || (above && above->base - dev->base < dev->size);
}

/**
 * iobus_add() - let a device answer
 * @vm: the VM
 * @dev: base, size and ops are filled in; stays the caller's until released
 *
 * Must not hold a lock that a device function takes. Returns 0, -EINVAL if the
 * range wraps, or -EEXIST if it overlaps another range.
 */
int iobus_add(struct av_vm *vm, struct iobus_dev *dev)
{
	struct iobus *bus = vm->iobus;
	struct rb_root *root = root_of(bus, dev);
	struct rb_node **link = &root->rb_node, *parent = NULL;
	int ret = 0;

	if (dev->size && dev->base + (dev->size - 1) < dev->base)
		return -EINVAL;

	write_lock(&bus->lock);
	if (dev->size && range_taken(bus, dev)) {
		ret = -EEXIST;
	} else {
		while (*link) {
			parent = *link;
			link = dev->base < dev_of(parent)->base ? &parent->rb_left :
								  &parent->rb_right;
		}
		rb_link_node(&dev->node, parent, link);
		rb_insert_color(&dev->node, root);
	}
	write_unlock(&bus->lock);
	return ret;
}

/* When this returns nobody is inside the device's functions, and it has been released. */
void iobus_remove(struct av_vm *vm, struct iobus_dev *dev)
{
	struct iobus *bus = vm->iobus;

	write_lock(&bus->lock);
	rb_erase(&dev->node, root_of(bus, dev));
	write_unlock(&bus->lock);
	if (dev->ops->release)
		dev->ops->release(dev);
}

/* The next device to try at @addr after @dev (NULL: the first): points, then the range. */
static struct iobus_dev *next_at(struct iobus *bus, struct iobus_dev *dev, u64 addr, int len)
{
	if (!dev) {
		dev = first_from(&bus->points, addr);
	} else {
		if (dev->size)
			return NULL;
		dev = dev_of(rb_next(&dev->node));
	}
	return dev && dev->base == addr ? dev : range_at(bus, addr, len);
}

/**
 * iobus_read() - a guest reads
 * @vcpu: who; may be loaded
 * @addr: guest physical address
 * @len: 1, 2, 4 or 8
 * @data: @len bytes, the lowest first
 *
 * Does not sleep. Returns 0, or -EOPNOTSUPP if it is for user space.
 */
int iobus_read(struct av_vcpu *vcpu, u64 addr, int len, void *data)
{
	struct iobus *bus = vcpu->vm->iobus;
	struct iobus_dev *dev = NULL;
	int ret = -EOPNOTSUPP;

	read_lock(&bus->lock);
	while (ret == -EOPNOTSUPP && (dev = next_at(bus, dev, addr, len)))
		if (dev->ops->read)
			ret = dev->ops->read(vcpu, dev, addr, len, data);
	read_unlock(&bus->lock);
	return ret;
}

/* As iobus_read(). The first device that takes the value is the only one to see it. */
int iobus_write(struct av_vcpu *vcpu, u64 addr, int len, const void *data)
{
	struct iobus *bus = vcpu->vm->iobus;
	struct iobus_dev *dev = NULL;
	int ret = -EOPNOTSUPP;

	read_lock(&bus->lock);
	while (ret == -EOPNOTSUPP && (dev = next_at(bus, dev, addr, len)))
		if (dev->ops->write)
			ret = dev->ops->write(vcpu, dev, addr, len, data);
	read_unlock(&bus->lock);
	return ret;
}
