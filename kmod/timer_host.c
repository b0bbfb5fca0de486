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
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/percpu.h>

#include <asm/arch_timer.h>
#include <clocksource/arm_arch_timer.h>

#include "armvirt.h"
#include "arch_timer_regs.h"

/* Position of the virtual timer in the "interrupts" of the device tree binding. */
#define DT_VIRT_INDEX	2

/*
 * What the GIC has on this CPU between two vCPUs, and while one is loaded what
 * it will have when the vGIC has no more use for it: a write is an MMIO access.
 */
enum ppi_state { PPI_UNKNOWN, PPI_INACTIVE, PPI_ACTIVE };

static DEFINE_PER_CPU(enum ppi_state, ppi_state);

struct vgic_hw timer_hw = { .line = timer_virt_line };

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

static unsigned int find_acpi(void)
{
	int irq = 0;
#ifdef CONFIG_ACPI
	struct acpi_table_header *table;
	struct acpi_table_gtdt *gtdt;
	u32 flags;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_GTDT, 0, &table)))
		return 0;
	gtdt = container_of(table, struct acpi_table_gtdt, header);
	flags = gtdt->virtual_timer_flags;
	/* Mode and polarity are single bits in both: edge and low are the ones. */
	irq = acpi_register_gsi(NULL, gtdt->virtual_timer_interrupt,
				!!(flags & ACPI_GTDT_INTERRUPT_MODE),
				!!(flags & ACPI_GTDT_INTERRUPT_POLARITY));
	acpi_put_table(table);
#endif
	return irq > 0 ? irq : 0;
}

static irqreturn_t handle_irq(int irq, void *dev)
{
	/* From here on a guest can end it at any time. */
	__this_cpu_write(ppi_state, PPI_UNKNOWN);
	timer_fired();
	return IRQ_HANDLED;
}

static int ask_forwarding(void)
{
	struct irq_data *data = irq_get_irq_data(timer_hw.host_irq);
	int err;

	/* The number in the GIC itself, below whatever sits in between. */
	while (data->parent_data)
		data = data->parent_data;
	timer_hw.hwintid = data->hwirq;
	/* The GIC driver only asks whether there is a vCPU, not which. */
	err = irq_set_vcpu_affinity(timer_hw.host_irq, &timer_hw.host_irq);
	if (err)
		av_err("the host's interrupt controller cannot forward the virtual timer (%d)\n",
		       err);
	return err ? -ENODEV : 0;
}

/** timer_host_init - find the interrupt and take it; timer_host_cpu_up() enables it */
int timer_host_init(void)
{
	int err;

	if (!arch_timer_get_cntfrq()) {
		av_err("CNTFRQ is 0: the firmware did not set up the timer\n");
		return -ENODEV;
	}
	timer_hw.host_irq = find_dt() ?: find_acpi();
	if (!timer_hw.host_irq) {
		av_err("no virtual timer interrupt in the device tree or in ACPI\n");
		return -ENODEV;
	}
	err = request_percpu_irq(timer_hw.host_irq, handle_irq, "armvirt vtimer", &ppi_state);
	if (err) {
		av_err("the virtual timer's interrupt is in use (%d): the firmware did not start Linux at EL2 (HYP), or KVM is active\n", err);
		return err;
	}
	err = ask_forwarding();
	if (err)
		free_percpu_irq(timer_hw.host_irq, &ppi_state);
	return err;
}

void timer_host_exit(void)
{
	irq_set_vcpu_affinity(timer_hw.host_irq, NULL);
	free_percpu_irq(timer_hw.host_irq, &ppi_state);
}

void timer_host_cpu_up(void)
{
	u32 type = irq_get_trigger_type(timer_hw.host_irq);

	/* The architecture does not say what CNTV_CTL is after a reset. */
	vtimer_hw_write(CTL, 0);
	isb();
	__this_cpu_write(ppi_state, PPI_UNKNOWN);
	/* The timers are level-sensitive; a firmware that says otherwise is wrong. */
	enable_percpu_irq(timer_hw.host_irq,
			  type & IRQ_TYPE_LEVEL_MASK ? type : IRQ_TYPE_LEVEL_LOW);
}

/* Whoever comes next finds it as after boot. */
void timer_host_cpu_down(void)
{
	disable_percpu_irq(timer_hw.host_irq);
	timer_host_set_active(false);
	__this_cpu_write(ppi_state, PPI_UNKNOWN);
}

/*
 * If it is active then the guest ends it before the vGIC has no more use for it; but a guest can
 * also make us forget an interrupt (disable it, let the timer's line fall), so don't rely on it.
 */
void timer_host_load(bool active)
{
	if (__this_cpu_read(ppi_state) != (active ? PPI_ACTIVE : PPI_INACTIVE))
		timer_host_set_active(active);
	__this_cpu_write(ppi_state, active ? PPI_UNKNOWN : PPI_INACTIVE);
}

void timer_host_put(bool active)
{
	if (active)
		__this_cpu_write(ppi_state, PPI_ACTIVE);
}

void timer_host_set_active(bool active)
{
	irq_set_irqchip_state(timer_hw.host_irq, IRQCHIP_STATE_ACTIVE, active);
}
