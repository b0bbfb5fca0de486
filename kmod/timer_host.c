// SPDX-License-Identifier: GPL-2.0
/*
 * The host's virtual timer interrupt: finding it, owning it on every CPU, and
 * keeping its active state in the host's GIC.  A host that booted at EL2 uses
 * another timer for itself, so this one is free for guests.
 *
 * The interrupt is forwarded: the host's GIC driver only drops its priority,
 * and it stays active until a guest ends the virtual interrupt that stands for
 * it (a list register with the HW bit).  While active it cannot fire again,
 * which is what keeps a guest's expired timer from storming the host.
 */
#include <linux/acpi.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/percpu.h>

#include "armvirt.h"
#include "arch_timer_regs.h"

/* Position of the virtual timer in the "interrupts" of the device tree binding. */
#define DT_VIRT_INDEX	2

enum ppi_state { PPI_UNKNOWN, PPI_INACTIVE, PPI_ACTIVE };

/**
 * struct host_ppi - the interrupt on one CPU
 * @state: what the GIC has between two vCPUs; a write to it is an MMIO access, so remember
 * @touched: it became active since the last timer_host_load(), so a guest may have ended it
 */
struct host_ppi {
	enum ppi_state state;
	bool touched;
};

static DEFINE_PER_CPU(struct host_ppi, host_ppi);
static unsigned int host_irq;
static u32 host_hwintid;

static const struct of_device_id timer_dt_ids[] = {
	{ .compatible = "arm,armv8-timer" },
	{ .compatible = "arm,armv7-timer" },
	{ }
};

static unsigned int find_dt(void)
{
	struct device_node *np = of_find_matching_node(NULL, timer_dt_ids);
	unsigned int irq;
	int index;

	if (!np)
		return 0;
	/* With names the order is free (Apple's has no secure timer, so no fixed index). */
	index = of_property_match_string(np, "interrupt-names", "virt");
	irq = irq_of_parse_and_map(np, index < 0 ? DT_VIRT_INDEX : index);
	of_node_put(np);
	return irq;
}

#ifdef CONFIG_ACPI
static unsigned int find_acpi(void)
{
	struct acpi_table_gtdt *gtdt;
	struct acpi_table_header *table;
	int irq, trigger, polarity;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_GTDT, 0, &table)))
		return 0;
	gtdt = container_of(table, struct acpi_table_gtdt, header);
	trigger = gtdt->virtual_timer_flags & ACPI_GTDT_INTERRUPT_MODE ?
		  ACPI_EDGE_SENSITIVE : ACPI_LEVEL_SENSITIVE;
	polarity = gtdt->virtual_timer_flags & ACPI_GTDT_INTERRUPT_POLARITY ?
		   ACPI_ACTIVE_LOW : ACPI_ACTIVE_HIGH;
	irq = acpi_register_gsi(NULL, gtdt->virtual_timer_interrupt, trigger, polarity);
	acpi_put_table(table);
	return irq > 0 ? irq : 0;
}
#else
static unsigned int find_acpi(void)
{
	return 0;
}
#endif

static int ask_forwarding(void)
{
	struct irq_data *data = irq_get_irq_data(host_irq);
	int err;

	if (!data)
		return -ENODEV;
	/* The number in the GIC itself, below whatever sits in between. */
	while (data->parent_data)
		data = data->parent_data;
	host_hwintid = data->hwirq;
	/* The GIC driver only asks whether there is a vCPU, not which. */
	err = irq_set_vcpu_affinity(host_irq, &host_irq);
	if (err)
		av_err("the host's interrupt controller cannot forward the virtual timer (%d)\n",
		       err);
	return err ? -ENODEV : 0;
}

/**
 * timer_host_init - find the virtual timer's interrupt and take it
 *
 * It is enabled on a CPU by timer_host_cpu_up() only.
 */
int timer_host_init(void)
{
	int err;

	if (!timer_hw_freq()) {
		av_err("CNTFRQ is 0: the firmware did not set up the timer\n");
		return -ENODEV;
	}
	host_irq = find_dt();
	if (!host_irq)
		host_irq = find_acpi();
	if (!host_irq) {
		av_err("no virtual timer interrupt in the device tree or in ACPI\n");
		return -ENODEV;
	}
	err = request_percpu_irq(host_irq, timer_host_irq, "armvirt vtimer", &host_ppi);
	if (err) {
		av_err("the virtual timer's interrupt is in use (%d): is KVM active?\n", err);
		return err;
	}
	err = ask_forwarding();
	if (err)
		free_percpu_irq(host_irq, &host_ppi);
	return err;
}

void timer_host_exit(void)
{
	irq_set_vcpu_affinity(host_irq, NULL);
	free_percpu_irq(host_irq, &host_ppi);
}

static void set_active(bool active)
{
	irq_set_irqchip_state(host_irq, IRQCHIP_STATE_ACTIVE, active);
}

void timer_host_cpu_up(void)
{
	u32 type = irq_get_trigger_type(host_irq);

	/* The architecture does not say what CNTV_CTL is after a reset. */
	vtimer_hw_set_ctl(0);
	__this_cpu_write(host_ppi.state, PPI_UNKNOWN);
	/* The timers are level-sensitive; a firmware that says otherwise is wrong. */
	if (!(type & IRQ_TYPE_LEVEL_MASK))
		type = IRQ_TYPE_LEVEL_LOW;
	enable_percpu_irq(host_irq, type);
}

void timer_host_cpu_down(void)
{
	disable_percpu_irq(host_irq);
	/* Whoever comes next finds it as after boot. */
	set_active(false);
	__this_cpu_write(host_ppi.state, PPI_UNKNOWN);
}

int timer_host_virq(void)
{
	return host_irq;
}

u32 timer_host_hwintid(void)
{
	return host_hwintid;
}

void timer_host_load(bool active)
{
	struct host_ppi *ppi = this_cpu_ptr(&host_ppi);
	enum ppi_state want = active ? PPI_ACTIVE : PPI_INACTIVE;

	if (ppi->state != want)
		set_active(active);
	ppi->touched = active;
}

void timer_host_put(bool active)
{
	struct host_ppi *ppi = this_cpu_ptr(&host_ppi);

	/*
	 * If it was active and the vGIC has no more use for it, then the guest
	 * ended it and it is inactive; but a guest can also make us forget an
	 * interrupt (disable it, let the timer's line fall), so don't rely on it.
	 */
	if (active)
		ppi->state = PPI_ACTIVE;
	else
		ppi->state = ppi->touched ? PPI_UNKNOWN : PPI_INACTIVE;
}

void timer_host_deactivate(void)
{
	set_active(false);
}

void timer_host_fired(void)
{
	struct host_ppi *ppi = this_cpu_ptr(&host_ppi);

	ppi->touched = true;
	ppi->state = PPI_UNKNOWN;
}
