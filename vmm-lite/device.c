// SPDX-License-Identifier: GPL-2.0
/*
 * Devices as the machine sees them: a class table each, a range of addresses, an interrupt line.
 * This file brings a guest's access to the right device and a device's level to the GIC; what a
 * device does is in devices/.
 */
#include <stdlib.h>

#include "vmm.h"

/**
 * device_add() - put a device on the board
 * @vm: the machine
 * @class: what it is
 * @base: guest physical address
 * @spi: its interrupt
 * @arg: for the class; outlives the device
 * @e: why not
 *
 * Devices are added in ascending order of address, so that finding one is a search in a sorted
 * array.
 */
int device_add(struct vm *vm, const struct dev_class *class, u64 base, unsigned int spi,
	       const void *arg, struct err *e)
{
	struct device *d = &vm->devs[vm->nr_devs];

	if (vm->nr_devs == VM_MAX_DEVS)
		return err_set(e, "more than %d devices: take some away", VM_MAX_DEVS);
	*d = (struct device){ .class = class, .vm = vm, .base = base, .spi = spi, .arg = arg };
	d->state = calloc(1, class->state_size);
	if (!d->state)
		return err_set(e, "not enough memory for a %s device", class->name);
	if (class->init(d, e)) {
		free(d->state);
		return -1;
	}
	vm->nr_devs++;
	return 0;
}

void device_remove_all(struct vm *vm)
{
	while (vm->nr_devs) {
		struct device *d = &vm->devs[--vm->nr_devs];

		d->class->exit(d);
		free(d->state);
	}
}

void device_stats(struct vm *vm)
{
	unsigned int i;

	pthread_mutex_lock(&vm->lock);
	for (i = 0; i < vm->nr_devs; i++)
		if (vm->devs[i].class->stats)
			vm->devs[i].class->stats(&vm->devs[i]);
	pthread_mutex_unlock(&vm->lock);
}

static struct device *find(struct vm *vm, u64 gpa)
{
	unsigned int lo = 0, hi = vm->nr_devs, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (gpa < vm->devs[mid].base)
			hi = mid;
		else if (gpa - vm->devs[mid].base >= vm->devs[mid].class->size)
			lo = mid + 1;
		else
			return &vm->devs[mid];
	}
	return NULL;
}

void device_mmio(struct vm *vm, u64 gpa, u8 *data, unsigned int len, bool is_write)
{
	struct device *d = find(vm, gpa);
	u64 val = 0;

	/* len and data come from the kernel; but a device may trust them only if we looked. */
	if (len > sizeof(val))
		return;
	if (is_write)
		memcpy(&val, data, len);
	if (d) {
		pthread_mutex_lock(&vm->lock);
		if (is_write)
			d->class->write(d, gpa - d->base, val, len);
		else
			val = d->class->read(d, gpa - d->base, len);
		pthread_mutex_unlock(&vm->lock);
	}
	if (!is_write)
		memcpy(data, &val, len);
}

void device_irq(struct device *d, bool level)
{
	/* The kernel remembers the level, so telling it twice is only a system call wasted. */
	if (d->level == level)
		return;
	d->level = level;
	av_irq_line(&d->vm->av, d->spi, level);
}

u32 device_primecell_id(u64 off, const u8 id[8])
{
	return id[(off & 0x1f) >> 2];
}
