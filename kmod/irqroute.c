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

/* routes.spi[] of a GSI that goes nowhere, or to an MSI, which takes an ITS that isn't there. */
#define SPI_NONE	0
#define SPI_MSI		1

/* User space's table; never changes once published. */
struct irqroute_table {
	struct rcu_head rcu;	/* an interrupt may be using it */
	u32 nr;			/* highest GSI in it, plus one */
	u16 spi[];		/* INTID for each GSI, or SPI_* */
};

/* No irqfd and no vCPU is left. */
void irqroute_vm_exit(struct av_vm *vm)
{
	kfree(rcu_dereference_protected(vm->routes, true));
}

int irqroute_spi(struct av_vm *vm, u32 gsi)
{
	const struct irqroute_table *table;
	u32 spi = SPI_NONE;

	rcu_read_lock();
	table = rcu_dereference(vm->routes);
	if (table) {
		if (gsi < table->nr)
			spi = table->spi[array_index_nospec(gsi, table->nr)];
	} else if (gsi < NR_PINS) {
		spi = gsi + SPI_FIRST;
	}
	rcu_read_unlock();
	return spi < SPI_FIRST ? -ENXIO : spi;
}

/* Only these two kinds exist; others, and what is wrong with them, are SPI_NONE. */
static u16 route_spi(const struct armvirt_irq_routing_entry *e)
{
	switch (e->type) {
	case ARMVIRT_IRQ_ROUTING_IRQCHIP:
		if (e->flags || e->u.irqchip.irqchip >= ARMVIRT_NR_IRQCHIPS ||
		    e->u.irqchip.pin >= NR_PINS)
			return SPI_NONE;
		return e->u.irqchip.pin + SPI_FIRST;
	case ARMVIRT_IRQ_ROUTING_MSI:
		return e->flags & ~ARMVIRT_MSI_VALID_DEVID ? SPI_NONE : SPI_MSI;
	}
	return SPI_NONE;
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
	table = kzalloc(struct_size(table, spi, nr), GFP_KERNEL_ACCOUNT);
	if (!table)
		return ERR_PTR(-ENOMEM);
	table->nr = nr;
	for (i = 0; i < n; i++) {
		u16 *spi = &table->spi[array_index_nospec(e[i].gsi, nr)];
		bool again = *spi != SPI_NONE;

		*spi = route_spi(&e[i]);
		/* There is one irqchip, so that a second route of a GSI can't make sense. */
		if (again || *spi == SPI_NONE) {
			kfree(table);
			return ERR_PTR(-EINVAL);
		}
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

	if (type == ARMVIRT_ARM_IRQ_TYPE_CPU) {
		if (num > ARMVIRT_ARM_IRQ_CPU_FIQ)
			return -EINVAL;
		arch_vcpu_set_line(vcpu, num == ARMVIRT_ARM_IRQ_CPU_FIQ, args->level);
		return 0;
	}
	if (num < PPI_FIRST || (num < SPI_FIRST) != (type == ARMVIRT_ARM_IRQ_TYPE_PPI))
		return -EINVAL;
	ret = vgic_lazy_init(vm);
	if (ret)
		return ret;
	ret = vgic_inject(vm, vcpu, num, args->level, NULL);
	/* A PPI is refused only where a device of the kernel owns it: then nothing happens. */
	return vcpu ? 0 : ret;
}
