// SPDX-License-Identifier: GPL-2.0
/*
 * The host's interrupt controller: which version it is, its maintenance interrupt, and for a GICv2
 * where the virtual interface's registers are. The kernel's own GIC driver doesn't export what it
 * knows, so this asks the device tree or ACPI again.
 */
#include <linux/acpi.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>

#include "vgic/internal.h"

struct vgic_host vgic_host;

/* Its address only tells the kernel's per-CPU interrupts apart. */
static DEFINE_PER_CPU(int, maint_dev);

/*
 * The interrupt's whole purpose is to leave the guest.  By the time that it is handled here, EL2
 * (or the fold of a GICv2) has switched the virtual interface off and it is not asserted any more.
 */
static irqreturn_t maintenance(int irq, void *dev)
{
	return IRQ_HANDLED;
}

#define GICH_VTR	0x4

static int map_v2(phys_addr_t gich, phys_addr_t gicv, u64 gicv_size)
{
	u32 vtr;

	if (!PAGE_ALIGNED(gicv) || (gicv_size && !PAGE_ALIGNED(gicv_size))) {
		/* A smaller piece would give the guest what shares the page with it. */
		av_err("this kernel's pages are larger than the GIC's virtual CPU interface; use one with 4K pages\n");
		return -ENODEV;
	}
	vgic_host.gich = ioremap(gich, SZ_4K);
	if (!vgic_host.gich)
		return -ENOMEM;
	vtr = readl_relaxed(vgic_host.gich + GICH_VTR);
	vgic_host.v2 = true;
	vgic_host.type = ARMVIRT_DEV_TYPE_ARM_VGIC_V2;
	vgic_host.gicv = gicv;
	vgic_host.nr_lr = min_t(u32, (vtr & 0x3f) + 1, VGIC_MAX_LRS);
	/* GICH_LR has five bits of priority whatever else the GIC has. */
	vgic_host.pri_bits = 5;
	vgic_host.nr_apr = 1;
	return 0;
}

static int setup_v3(void)
{
	u32 vtr = arch_gic_vtr();

	/* Never fewer than five bits of priority: the registers aren't to be had. */
	if (!(vtr >> 29))
		return -ENODEV;
	vgic_host.type = ARMVIRT_DEV_TYPE_ARM_VGIC_V3;
	vgic_host.nr_lr = min_t(u32, (vtr & 0x1f) + 1, VGIC_MAX_LRS);
	vgic_host.pri_bits = (vtr >> 29) + 1;
	/* Bits of preemption: 32 levels to a register. */
	vgic_host.nr_apr = 1 << clamp((int)(vtr >> 26 & 7) + 1 - 5, 0, 2);
	vgic_host.tdir = vtr & ICH_VTR_TDS_BIT;
	return 0;
}

static const struct of_device_id v3_ids[] = {
	{ .compatible = "arm,gic-v3" },
	{ .compatible = "arm,gic-v4" },
	{ }
};

static const struct of_device_id v2_ids[] = {
	{ .compatible = "arm,gic-400" },
	{ .compatible = "arm,cortex-a15-gic" },
	{ .compatible = "arm,cortex-a7-gic" },
	{ .compatible = "arm,eb11mp-gic" },
	{ }
};

static struct device_node *find_node(const struct of_device_id *ids)
{
	struct device_node *np;

	for_each_matching_node(np, ids) {
		if (of_device_is_available(np))
			return np;
	}
	return NULL;
}

static int probe_of(void)
{
	struct resource gich, gicv;
	struct device_node *np;
	int ret = -ENODEV;

	np = find_node(v3_ids);
	if (np) {
		vgic_host.maint_irq = irq_of_parse_and_map(np, 0);
		of_node_put(np);
		return setup_v3();
	}
	np = find_node(v2_ids);
	if (!np)
		return -ENODEV;
	if (!of_address_to_resource(np, 2, &gich) && !of_address_to_resource(np, 3, &gicv)) {
		vgic_host.maint_irq = irq_of_parse_and_map(np, 0);
		ret = map_v2(gich.start, gicv.start, resource_size(&gicv));
	}
	of_node_put(np);
	return ret;
}

#ifdef CONFIG_ACPI
/* The MADT's parser is gone after boot, but the table can be had. */
static int probe_acpi(void)
{
	struct acpi_madt_generic_interrupt *gicc = NULL;
	struct acpi_subtable_header *sub;
	struct acpi_table_header *madt;
	bool v3 = false;
	int ret = -ENODEV;
	void *p, *end;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_MADT, 0, &madt)))
		return -ENODEV;
	end = (void *)madt + madt->length;
	for (p = (void *)madt + sizeof(struct acpi_table_madt); p + sizeof(*sub) <= end;
	     p += sub->length) {
		sub = p;
		if (sub->length < sizeof(*sub) || p + sub->length > end)
			break;
		if (sub->type == ACPI_MADT_TYPE_GENERIC_INTERRUPT && !gicc &&
		    sub->length >= offsetof(struct acpi_madt_generic_interrupt, arm_mpidr))
			gicc = p;
		if (sub->type == ACPI_MADT_TYPE_GENERIC_DISTRIBUTOR)
			v3 = ((struct acpi_madt_generic_distributor *)p)->version >= 3;
	}
	if (gicc && gicc->vgic_interrupt) {
		vgic_host.maint_irq = acpi_register_gsi(NULL, gicc->vgic_interrupt,
				gicc->flags & ACPI_MADT_VGIC_IRQ_MODE ?
				ACPI_EDGE_SENSITIVE : ACPI_LEVEL_SENSITIVE, ACPI_ACTIVE_HIGH);
		if (v3)
			ret = setup_v3();
		else if (gicc->gich_base_address && gicc->gicv_base_address)
			ret = map_v2(gicc->gich_base_address, gicc->gicv_base_address, 0);
	}
	acpi_put_table(madt);
	return ret;
}
#else
static int probe_acpi(void)
{
	return -ENODEV;
}
#endif

/**
 * vgic_host_init() - find the host's GIC
 * EL2 is ours already.
 * Return: 0, or -ENODEV and the like after a line in dmesg.
 */
int vgic_host_init(void)
{
	int ret;

	ret = probe_of();
	if (ret)
		ret = probe_acpi();
	if (!ret && vgic_host.maint_irq <= 0)
		ret = -ENODEV;
	if (!ret)
		ret = request_percpu_irq(vgic_host.maint_irq, maintenance, "armvirt-vgic",
					 &maint_dev);
	if (ret) {
		av_err("the firmware tells of no GICv2 or GICv3 with virtualization extensions and a maintenance interrupt (%d): armvirt needs one, see the device tree\n",
		       ret);
		if (vgic_host.gich)
			iounmap(vgic_host.gich);
	}
	return ret;
}

/* vgic_host_cpu_down() has been called on every CPU. */
void vgic_host_exit(void)
{
	free_percpu_irq(vgic_host.maint_irq, &maint_dev);
	if (vgic_host.gich)
		iounmap(vgic_host.gich);
}

void vgic_host_cpu_reset(void)
{
	if (vgic_host.gich)
		vgic_v2_reset();
}

void vgic_host_cpu_up(void)
{
	vgic_host_cpu_reset();
	enable_percpu_irq(vgic_host.maint_irq, IRQ_TYPE_NONE);
}

void vgic_host_cpu_down(void)
{
	disable_percpu_irq(vgic_host.maint_irq);
}

int vgic_host_type(void)
{
	return vgic_host.type;
}
