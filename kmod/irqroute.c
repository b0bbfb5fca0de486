// SPDX-License-Identifier: GPL-2.0
/*
 * What a GSI (the interrupt number of an irqfd) means: an SPI of the GIC, by default the one of the
 * same number, or whatever user space's table says. Also ARMVIRT_IRQ_LINE, which names the GIC's
 * interrupts directly. The interrupts themselves are the vGIC's business.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "armvirt.h"

#define MAX_ROUTES	4096	/* as ARMVIRT_CAP_IRQ_ROUTING says */
#define SPI_FIRST	32
#define PPI_FIRST	16
#define NR_PINS		(1020 - SPI_FIRST)

/* routes.pin[] of a GSI that goes nowhere, or to an MSI, which takes an ITS that isn't there. */
#define PIN_NONE	(-1)
#define PIN_MSI		(-2)

/* User space's table; never changes once published. */
struct irqroute_table {
	struct rcu_head rcu;	/* an interrupt may be using it */
	u32 nr;			/* highest GSI in it, plus one */
	s16 pin[];		/* SPI number less 32 for each GSI, or PIN_* */
};

/* No irqfd and no vCPU is left. */
void irqroute_vm_exit(struct av_vm *vm)
{
	kfree(rcu_dereference_protected(vm->routes, true));
}

int irqroute_spi(struct av_vm *vm, u32 gsi)
{
	const struct irqroute_table *table;
	int pin = PIN_NONE;

	rcu_read_lock();
	table = rcu_dereference(vm->routes);
	if (table) {
		if (gsi < table->nr)
			pin = table->pin[array_index_nospec(gsi, table->nr)];
	} else if (gsi < NR_PINS) {
		pin = gsi;
	}
	rcu_read_unlock();
	return pin < 0 ? -ENXIO : pin + SPI_FIRST;
}

static int route_pin(const struct armvirt_irq_routing_entry *e)
{
	switch (e->type) {
	case ARMVIRT_IRQ_ROUTING_IRQCHIP:
		if (e->flags || e->u.irqchip.irqchip >= ARMVIRT_NR_IRQCHIPS ||
		    e->u.irqchip.pin >= NR_PINS)
			return -EINVAL;
		return e->u.irqchip.pin;
	case ARMVIRT_IRQ_ROUTING_MSI:
		return e->flags & ~ARMVIRT_MSI_VALID_DEVID ? -EINVAL : PIN_MSI;
	default:
		return -EINVAL;
	}
}

static struct irqroute_table *build_table(const struct armvirt_irq_routing_entry *e, u32 n)
{
	struct irqroute_table *table;
	u32 i, nr = 0;

	for (i = 0; i < n; i++) {
		if (e[i].gsi >= MAX_ROUTES)
			return ERR_PTR(-EINVAL);
		nr = max(nr, e[i].gsi + 1);
	}
	table = kmalloc(struct_size(table, pin, nr), GFP_KERNEL_ACCOUNT);
	if (!table)
		return ERR_PTR(-ENOMEM);
	table->nr = nr;
	for (i = 0; i < nr; i++)
		table->pin[i] = PIN_NONE;

	for (i = 0; i < n; i++) {
		s16 *pin = &table->pin[array_index_nospec(e[i].gsi, nr)];
		int ret = route_pin(&e[i]);

		/* There is one irqchip, so that a second route of a GSI can't make sense. */
		if (*pin != PIN_NONE || ret == -EINVAL) {
			kfree(table);
			return ERR_PTR(-EINVAL);
		}
		*pin = ret;
	}
	return table;
}

/** irqroute_set_ioctl() - ARMVIRT_SET_GSI_ROUTING: a GSI not in the new table goes nowhere */
int irqroute_set_ioctl(struct av_vm *vm, void __user *arg)
{
	struct armvirt_irq_routing __user *user = arg;
	struct armvirt_irq_routing_entry *entries;
	struct armvirt_irq_routing head;
	struct irqroute_table *table;

	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	if (head.nr > MAX_ROUTES || head.flags)
		return -EINVAL;
	entries = vmemdup_user(user->entries, array_size(sizeof(*entries), head.nr));
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	table = build_table(entries, head.nr);
	kvfree(entries);
	if (IS_ERR(table))
		return PTR_ERR(table);

	/* Publishes; and of two of these at once each frees what the other left. */
	table = xchg((__force struct irqroute_table **)&vm->routes, table);
	if (table)
		kfree_rcu(table, rcu);
	eventfd_routes_changed(vm);
	return 0;
}

/**
 * irqroute_irq_line() - ARMVIRT_IRQ_LINE
 * @vm: the VM
 * @args: which line, which level
 * Return: 0, -ENXIO without a GIC, or with one for the CPU's own IRQ and FIQ inputs, which it
 * drives; -EINVAL for a vCPU or number that doesn't exist.
 */
int irqroute_irq_line(struct av_vm *vm, const struct armvirt_irq_level *args)
{
	u32 irq = args->irq;
	u32 type = (irq >> ARMVIRT_ARM_IRQ_TYPE_SHIFT) & ARMVIRT_ARM_IRQ_TYPE_MASK;
	u32 num = (irq >> ARMVIRT_ARM_IRQ_NUM_SHIFT) & ARMVIRT_ARM_IRQ_NUM_MASK;
	u32 id = (irq >> ARMVIRT_ARM_IRQ_VCPU_SHIFT) & ARMVIRT_ARM_IRQ_VCPU_MASK;
	bool has_gic = READ_ONCE(vm->vgic.type);
	struct av_vcpu *vcpu = NULL;
	int ret;

	id += ((irq >> ARMVIRT_ARM_IRQ_VCPU2_SHIFT) & ARMVIRT_ARM_IRQ_VCPU2_MASK) *
	      (ARMVIRT_ARM_IRQ_VCPU_MASK + 1);
	if (type > ARMVIRT_ARM_IRQ_TYPE_PPI)
		return -EINVAL;
	if (has_gic == (type == ARMVIRT_ARM_IRQ_TYPE_CPU))
		return -ENXIO;
	if (type != ARMVIRT_ARM_IRQ_TYPE_SPI) {
		vcpu = vcpu_by_id(vm, id);
		if (!vcpu)
			return -EINVAL;
	}

	switch (type) {
	case ARMVIRT_ARM_IRQ_TYPE_CPU:
		if (num > ARMVIRT_ARM_IRQ_CPU_FIQ)
			return -EINVAL;
		arch_vcpu_set_line(vcpu, num == ARMVIRT_ARM_IRQ_CPU_FIQ, args->level);
		return 0;
	case ARMVIRT_ARM_IRQ_TYPE_PPI:
		if (num < PPI_FIRST || num >= SPI_FIRST)
			return -EINVAL;
		break;
	default:
		if (num < SPI_FIRST)
			return -EINVAL;
	}
	ret = vgic_lazy_init(vm);
	if (ret)
		return ret;
	ret = vgic_inject(vm, vcpu, num, args->level, NULL);
	/* A PPI is refused only where a device of the kernel owns it: then nothing happens. */
	return vcpu ? 0 : ret;
}
