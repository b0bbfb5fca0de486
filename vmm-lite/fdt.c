// SPDX-License-Identifier: GPL-2.0
/*
 * The device tree of the machine: built from nothing, or a user's own with memory, CPUs and chosen
 * filled in. The only file that includes libfdt.h. It follows what QEMU's virt board shows; it
 * opens no file and knows no VM, so it runs in the unit tests of the build host.
 */
#include <libfdt.h>
#include <stdio.h>

#include "vmm.h"

#define PHANDLE_GIC	1
#define PHANDLE_CLOCK	2

/* First cell of an interrupt specifier, and the trigger in its last one. */
#define GIC_SPI		0
#define GIC_PPI		1
#define IRQ_EDGE_RISING	1
#define IRQ_LEVEL_HIGH	4

/* The timers' PPIs on all boards: secure, physical, virtual, hypervisor. */
static const u32 timer_ppi[] = { 13, 14, 11, 10 };

/*
 * A tree under construction. The first libfdt error sticks, so that calls need no check each; the
 * one there is at the end.
 */
struct tree {
	void *fdt;
	int err;
};

static int node_add(struct tree *t, int parent, const char *name)
{
	int n;

	if (t->err)
		return 0;
	n = fdt_add_subnode(t->fdt, parent, name);
	if (n < 0) {
		t->err = n;
		return 0;
	}
	return n;
}

static void prop(struct tree *t, int node, const char *name, const void *val, size_t len)
{
	if (!t->err)
		t->err = fdt_setprop(t->fdt, node, name, val, (int)len);
}

static void prop_str(struct tree *t, int node, const char *name, const char *s)
{
	prop(t, node, name, s, strlen(s) + 1);
}

static void prop_cells(struct tree *t, int node, const char *name, const u32 *cells, size_t n)
{
	fdt32_t be[16];
	size_t i;

	for (i = 0; i < n && i < ARRAY_SIZE(be); i++)
		be[i] = cpu_to_fdt32(cells[i]);
	prop(t, node, name, be, i * sizeof(be[0]));
}

static void prop_u32(struct tree *t, int node, const char *name, u32 v)
{
	prop_cells(t, node, name, &v, 1);
}

/* Numbers of @cells cells each (1 or 2), as reg has them. */
static void prop_reg(struct tree *t, int node, const char *name, const u64 *v, size_t n,
		     int cells_even, int cells_odd)
{
	u32 out[8];
	size_t i, k = 0;

	for (i = 0; i < n && k + 2 <= ARRAY_SIZE(out); i++) {
		if ((i & 1 ? cells_odd : cells_even) == 2)
			out[k++] = (u32)(v[i] >> 32);
		out[k++] = (u32)v[i];
	}
	prop_cells(t, node, name, out, k);
}

/* ---- What both kinds of tree get ----------------------------------------------------------- */

static void fill_memory(struct tree *t, const struct fdt_info *info)
{
	int ac = fdt_address_cells(t->fdt, 0), sc = fdt_size_cells(t->fdt, 0);
	u64 reg[2] = { info->mem_base, info->mem_size };
	char name[32];
	int node;

	snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)info->mem_base);
	node = node_add(t, 0, name);
	prop_str(t, node, "device_type", "memory");
	prop_reg(t, node, "reg", reg, 2, ac, sc);
}

static void fill_cpus(struct tree *t, const struct fdt_info *info, int cpus)
{
	u64 high = 0;
	unsigned int i;
	char name[32];
	int node;

	for (i = 0; i < info->cpus; i++)
		high |= info->mpidr[i] >> 32;
	prop_u32(t, cpus, "#address-cells", high ? 2 : 1);
	prop_u32(t, cpus, "#size-cells", 0);
	/* A new node becomes the first child, so the last CPU goes first. */
	for (i = info->cpus; i-- > 0;) {
		snprintf(name, sizeof(name), "cpu@%llx", (unsigned long long)info->mpidr[i]);
		node = node_add(t, cpus, name);
		prop_str(t, node, "device_type", "cpu");
		prop_str(t, node, "compatible", info->aarch32 ? "arm,cortex-a15" : "arm,armv8");
		if (info->cpus > 1)
			prop_str(t, node, "enable-method", "psci");
		prop_reg(t, node, "reg", &info->mpidr[i], 1, high ? 2 : 1, 0);
	}
}

static void fill_chosen(struct tree *t, const struct fdt_info *info, int chosen)
{
	u64 end = info->initrd + info->initrd_size;

	if (info->cmdline)
		prop_str(t, chosen, "bootargs", info->cmdline);
	if (info->initrd_size) {
		prop_reg(t, chosen, "linux,initrd-start", &info->initrd, 1, 2, 0);
		prop_reg(t, chosen, "linux,initrd-end", &end, 1, 2, 0);
	}
	prop(t, chosen, "kaslr-seed", info->seed, 8);
	prop(t, chosen, "rng-seed", info->seed + 8, sizeof(info->seed) - 8);
}

/* ---- The machine's own tree ---------------------------------------------------------------- */

static void add_gic(struct tree *t, const struct fdt_info *info)
{
	u64 v3[4] = { info->gic_dist, 0x10000, info->gic_other, (u64)info->cpus * 0x20000 };
	u64 v2[4] = { info->gic_dist, 0x10000, info->gic_other, 0x10000 };
	char name[32];
	int node;

	snprintf(name, sizeof(name), "intc@%llx", (unsigned long long)info->gic_dist);
	node = node_add(t, 0, name);
	prop_u32(t, node, "phandle", PHANDLE_GIC);
	if (info->gic_version == 3) {
		prop_str(t, node, "compatible", "arm,gic-v3");
		prop_u32(t, node, "#redistributor-regions", 1);
		prop_reg(t, node, "reg", v3, 4, 2, 2);
	} else {
		prop_str(t, node, "compatible", "arm,cortex-a15-gic");
		prop_reg(t, node, "reg", v2, 4, 2, 2);
	}
	prop(t, node, "interrupt-controller", NULL, 0);
	prop_u32(t, node, "#interrupt-cells", 3);
}

static void add_timer(struct tree *t, const struct fdt_info *info)
{
	u32 flags = IRQ_LEVEL_HIGH, cells[12];
	unsigned int i;
	int node;

	/* A GICv2 specifier says in bits [15:8] which CPUs have the PPI. */
	if (info->gic_version == 2)
		flags |= (info->cpus >= 8 ? 0xffu : (1u << info->cpus) - 1) << 8;
	for (i = 0; i < ARRAY_SIZE(timer_ppi); i++) {
		cells[i * 3] = GIC_PPI;
		cells[i * 3 + 1] = timer_ppi[i];
		cells[i * 3 + 2] = flags;
	}
	node = node_add(t, 0, "timer");
	if (info->aarch32)
		prop_str(t, node, "compatible", "arm,armv7-timer");
	else
		prop(t, node, "compatible", "arm,armv8-timer\0arm,armv7-timer", 32);
	prop_cells(t, node, "interrupts", cells, ARRAY_SIZE(cells));
	prop(t, node, "always-on", NULL, 0);
}

static void add_psci(struct tree *t)
{
	int node = node_add(t, 0, "psci");

	prop(t, node, "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci", 35);
	prop_str(t, node, "method", "hvc");
}

static void add_clock(struct tree *t)
{
	int node = node_add(t, 0, "apb-pclk");

	prop_str(t, node, "compatible", "fixed-clock");
	prop_u32(t, node, "#clock-cells", 0);
	prop_u32(t, node, "clock-frequency", 24000000);
	prop_str(t, node, "clock-output-names", "clk24mhz");
	prop_u32(t, node, "phandle", PHANDLE_CLOCK);
}

static void add_dev(struct tree *t, const struct fdt_dev *d)
{
	u32 irq[3] = { GIC_SPI, d->spi, d->edge ? IRQ_EDGE_RISING : IRQ_LEVEL_HIGH };
	u32 clocks[2] = { PHANDLE_CLOCK, PHANDLE_CLOCK };
	u64 reg[2] = { d->base, d->size };
	char name[64];
	size_t i, n = 0;
	int node;

	snprintf(name, sizeof(name), "%s@%llx", d->name, (unsigned long long)d->base);
	node = node_add(t, 0, name);
	prop(t, node, "compatible", d->compat, d->compat_len);
	prop_reg(t, node, "reg", reg, 2, 2, 2);
	prop_cells(t, node, "interrupts", irq, 3);
	if (d->dma_coherent)
		prop(t, node, "dma-coherent", NULL, 0);
	if (d->clock_names) {
		for (i = 0; i < d->clock_names_len; i++)
			n += !d->clock_names[i];
		prop(t, node, "clock-names", d->clock_names, d->clock_names_len);
		prop_cells(t, node, "clocks", clocks, n);
	}
}

static void console_path(const struct fdt_info *info, char *buf, size_t len)
{
	unsigned int i;

	buf[0] = 0;
	for (i = 0; i < info->nr_devs; i++)
		if (info->devs[i].console)
			snprintf(buf, len, "/%s@%llx", info->devs[i].name,
				 (unsigned long long)info->devs[i].base);
}

static int tree_error(int err, struct err *e)
{
	if (err == -FDT_ERR_NOSPACE)
		return err_set(e, "the device tree does not fit into its place: use a shorter "
				  "--append or a smaller --dtb");
	return err_set(e, "can't make the device tree: %s", fdt_strerror(err));
}

/**
 * fdt_build() - the machine's device tree
 * @info: what is in the machine
 * @buf: where to
 * @size: room there
 * @e: why not
 */
int fdt_build(const struct fdt_info *info, void *buf, size_t size, struct err *e)
{
	struct tree t = { .fdt = buf };
	unsigned int i;
	char path[80];
	int node;

	if (size > INT32_MAX)
		size = INT32_MAX;
	t.err = fdt_create_empty_tree(buf, (int)size);
	prop_str(&t, 0, "compatible", "linux,dummy-virt");
	prop_str(&t, 0, "model", "linux,dummy-virt");
	prop_u32(&t, 0, "#address-cells", 2);
	prop_u32(&t, 0, "#size-cells", 2);
	prop_u32(&t, 0, "interrupt-parent", PHANDLE_GIC);
	for (i = info->nr_devs; i-- > 0;)
		add_dev(&t, &info->devs[i]);
	add_clock(&t);
	add_timer(&t, info);
	add_gic(&t, info);
	add_psci(&t);
	fill_cpus(&t, info, node_add(&t, 0, "cpus"));
	fill_memory(&t, info);
	console_path(info, path, sizeof(path));
	if (path[0]) {
		node = node_add(&t, 0, "aliases");
		prop_str(&t, node, "serial0", path);
	}
	node = node_add(&t, 0, "chosen");
	if (path[0])
		prop_str(&t, node, "stdout-path", path);
	fill_chosen(&t, info, node);
	if (!t.err)
		t.err = fdt_pack(buf);
	return t.err ? tree_error(t.err, e) : 0;
}

/* ---- A user's tree ------------------------------------------------------------------------- */

/* "memory" and "memory@...", also those without device_type; reserved-memory is another name. */
static bool is_memory(const void *fdt, int node)
{
	const char *name = fdt_get_name(fdt, node, NULL);

	return name && (!strcmp(name, "memory") || !strncmp(name, "memory@", 7));
}

static void drop_memory(struct tree *t)
{
	int node;

	if (t->err)
		return;
again:
	fdt_for_each_subnode(node, t->fdt, 0) {
		if (is_memory(t->fdt, node)) {
			t->err = fdt_del_node(t->fdt, node);
			if (t->err)
				return;
			goto again;	/* offsets have changed */
		}
	}
}

static void drop_children(struct tree *t, int node)
{
	int child;

	while (!t->err) {
		child = fdt_first_subnode(t->fdt, node);
		if (child < 0)
			return;
		t->err = fdt_del_node(t->fdt, child);
	}
}

static int node_find_or_add(struct tree *t, const char *name)
{
	int node;

	if (t->err)
		return 0;
	node = fdt_subnode_offset(t->fdt, 0, name);
	return node >= 0 ? node : node_add(t, 0, name);
}

/**
 * fdt_adapt() - a user's device tree, filled in
 * @info: what is in the machine
 * @dtb: the user's tree, not trusted
 * @len: its length
 * @buf: where to
 * @size: room there
 * @e: why not
 *
 * Devices, interrupt controller and everything else stay as the user wrote them.
 */
int fdt_adapt(const struct fdt_info *info, const void *dtb, size_t len, void *buf, size_t size,
	      struct err *e)
{
	struct tree t = { .fdt = buf };
	int node;

	/* check_full walks the whole tree, so that the calls below can't be led outside of it. */
	if (len < sizeof(struct fdt_header) || len > INT32_MAX || fdt_check_full(dtb, len))
		return err_set(e, "the --dtb file is not a device tree or is damaged: use dtc");
	if (size > INT32_MAX)
		size = INT32_MAX;
	t.err = fdt_open_into(dtb, buf, (int)size);
	drop_memory(&t);
	fill_memory(&t, info);
	node = node_find_or_add(&t, "cpus");
	drop_children(&t, node);
	fill_cpus(&t, info, node);
	node = node_find_or_add(&t, "chosen");
	fill_chosen(&t, info, node);
	if (!t.err)
		t.err = fdt_pack(buf);
	return t.err ? tree_error(t.err, e) : 0;
}

size_t fdt_size(const void *buf)
{
	return fdt_totalsize(buf);
}
