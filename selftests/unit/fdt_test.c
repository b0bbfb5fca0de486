// SPDX-License-Identifier: GPL-2.0
/*
 * The device-tree builder of vmm-lite on the build host: what it builds is read back with libfdt,
 * in buffers of every size, and users' trees are given to it whole, odd and damaged. With -DFUZZ it
 * is libFuzzer's entry instead of a program.
 */
#include <libfdt.h>
#include <stdlib.h>

#include "vmm.h"
#include "tap.h"

#define ROOM	(64 * KIB)

static const struct fdt_dev devs[] = {
	{ "pl011", "arm,pl011\0arm,primecell", 24, "uartclk\0apb_pclk", 17, 0x9000000, 0x1000, 1,
	  true },
	{ "pl031", "arm,pl031\0arm,primecell", 24, "apb_pclk", 9, 0x9010000, 0x1000, 2, false },
};

static const u64 mpidr[] = { 0, 1, 2, 3, 0x100, 0x101, 0x102, 0x103 };

static struct fdt_info make_info(unsigned int cpus, unsigned int gic)
{
	struct fdt_info i = {
		.mem_base = 0x40000000, .mem_size = 0x140000000ULL, .cpus = cpus, .mpidr = mpidr,
		.gic_version = gic, .gic_dist = 0x8000000,
		.gic_other = gic == 3 ? 0x80a0000 : 0x8010000,
		.cmdline = "console=ttyAMA0 quiet", .initrd = 0x48000000, .initrd_size = 12345,
		.seed = { 1, 2, 3 }, .devs = devs, .nr_devs = 2,
	};

	return i;
}

static const char *str(const void *fdt, const char *path, const char *name)
{
	int node = fdt_path_offset(fdt, path);

	return node < 0 ? "" : fdt_stringlist_get(fdt, node, name, 0, NULL) ?: "";
}

static u64 cells(const void *fdt, const char *path, const char *name, int at, int n)
{
	int len, node = fdt_path_offset(fdt, path);
	const fdt32_t *p = node < 0 ? NULL : fdt_getprop(fdt, node, name, &len);
	u64 v = 0;

	if (!p || len < (at + n) * 4)
		return UINT64_MAX;
	while (n--)
		v = v << 32 | fdt32_to_cpu(p[at++]);
	return v;
}

static int children(const void *fdt, const char *path)
{
	int node, n = 0, parent = fdt_path_offset(fdt, path);

	fdt_for_each_subnode(node, fdt, parent)
		n++;
	return n;
}

static void test_build(struct tap *t)
{
	struct fdt_info i = make_info(8, 3);
	u8 *f = malloc(ROOM);
	struct err e;

	tap_ok(t, !fdt_build(&i, f, ROOM, &e) && !fdt_check_full(f, fdt_size(f)), "a valid tree");
	tap_ok(t, !strcmp(str(f, "/", "compatible"), "linux,dummy-virt") &&
	       !strcmp(str(f, "/chosen", "bootargs"), i.cmdline) &&
	       !strcmp(str(f, "/chosen", "stdout-path"), "/pl011@9000000") &&
	       cells(f, "/chosen", "linux,initrd-start", 0, 2) == i.initrd &&
	       cells(f, "/chosen", "linux,initrd-end", 0, 2) == i.initrd + i.initrd_size,
	       "chosen");
	tap_ok(t, cells(f, "/memory@40000000", "reg", 0, 2) == i.mem_base &&
	       cells(f, "/memory@40000000", "reg", 2, 2) == i.mem_size, "memory above 4 GiB");
	tap_ok(t, children(f, "/cpus") == 8 && cells(f, "/cpus/cpu@103", "reg", 0, 1) == 0x103 &&
	       !strcmp(str(f, "/cpus/cpu@0", "enable-method"), "psci") &&
	       !strcmp(str(f, "/psci", "method"), "hvc") &&
	       !strcmp(str(f, "/psci", "compatible"), "arm,psci-1.0"), "CPUs and PSCI");
	tap_ok(t, !strcmp(str(f, "/intc@8000000", "compatible"), "arm,gic-v3") &&
	       cells(f, "/intc@8000000", "reg", 4, 2) == 0x80a0000 &&
	       cells(f, "/intc@8000000", "reg", 6, 2) == 8 * 0x20000, "GICv3");
	tap_ok(t, cells(f, "/timer", "interrupts", 1, 1) == 13 &&
	       cells(f, "/timer", "interrupts", 7, 1) == 11 &&
	       cells(f, "/pl011@9000000", "interrupts", 1, 1) == 1 &&
	       cells(f, "/pl031@9010000", "reg", 0, 2) == 0x9010000 &&
	       fdt_stringlist_count(f, fdt_path_offset(f, "/pl011@9000000"), "clock-names") == 2,
	       "timer and devices");
	free(f);
}

static void test_variants(struct tap *t)
{
	static const u64 far[] = { 0, 0x100000000ULL };
	struct fdt_info i = make_info(2, 2);
	u8 *f = malloc(ROOM);
	struct err e;

	i.initrd_size = 0;
	i.cmdline = NULL;
	tap_ok(t, !fdt_build(&i, f, ROOM, &e) &&
	       !strcmp(str(f, "/intc@8000000", "compatible"), "arm,cortex-a15-gic") &&
	       cells(f, "/timer", "interrupts", 2, 1) == 0x304 &&
	       cells(f, "/chosen", "linux,initrd-start", 0, 2) == UINT64_MAX &&
	       !*str(f, "/chosen", "bootargs"), "GICv2, no initrd, no command line");
	i.mpidr = far;
	tap_ok(t, !fdt_build(&i, f, ROOM, &e) && cells(f, "/cpus", "#address-cells", 0, 1) == 2 &&
	       cells(f, "/cpus/cpu@100000000", "reg", 0, 2) == far[1], "affinity level 3");
	i = make_info(2, 3);
	i.aarch32 = true;
	tap_ok(t, !fdt_build(&i, f, ROOM, &e) &&
	       !strcmp(str(f, "/cpus/cpu@0", "compatible"), "arm,cortex-a15") &&
	       !strcmp(str(f, "/timer", "compatible"), "arm,armv7-timer") &&
	       !strcmp(str(f, "/cpus/cpu@1", "enable-method"), "psci"), "32-bit CPUs");
	i = make_info(1, 3);
	tap_ok(t, !fdt_build(&i, f, ROOM, &e) && children(f, "/cpus") == 1 &&
	       !*str(f, "/cpus/cpu@0", "enable-method"), "one CPU");
	free(f);
}

static void test_room(struct tap *t)
{
	struct fdt_info i = make_info(4, 3);
	bool good = true, fits;
	size_t need, n;
	struct err e;
	u8 *f = malloc(ROOM);

	fdt_build(&i, f, ROOM, &e);
	need = fdt_size(f);
	free(f);
	for (n = 0; n <= need + 64; n += n < need - 64 ? 61 : 1) {
		f = malloc(n ? n : 1);
		fits = !fdt_build(&i, f, n, &e);
		good &= fits ? n >= need : e.text[0] != 0;
		free(f);
	}
	tap_ok(t, good, "buffers of every size: it fits or says so");
}

/* A tree as a user might have it: other cells, memory in two nodes, CPUs with a map, a device. */
static size_t user_tree(u8 *buf, int ac)
{
	int n, m;

	fdt_create_empty_tree(buf, (int)ROOM);
	fdt_setprop_u32(buf, 0, "#address-cells", (u32)ac);
	fdt_setprop_u32(buf, 0, "#size-cells", (u32)ac);
	n = fdt_add_subnode(buf, 0, "soc");
	fdt_setprop_string(buf, n, "compatible", "user,soc");
	n = fdt_add_subnode(buf, 0, "cpus");
	m = fdt_add_subnode(buf, n, "cpu-map");
	fdt_add_subnode(buf, m, "cluster0");
	fdt_add_subnode(buf, n, "cpu@7");
	fdt_add_subnode(buf, 0, "memory@80000000");
	fdt_add_subnode(buf, 0, "memory");
	n = fdt_add_subnode(buf, 0, "reserved-memory");
	fdt_setprop_string(buf, n, "note", "stays");
	n = fdt_add_subnode(buf, 0, "chosen");
	fdt_setprop_string(buf, n, "bootargs", "from the user");
	fdt_setprop_string(buf, n, "stdout-path", "/soc");
	fdt_pack(buf);
	return fdt_totalsize(buf);
}

static void test_adapt(struct tap *t)
{
	struct fdt_info i = make_info(4, 3);
	u8 *u = malloc(ROOM), *f = malloc(ROOM);
	size_t len = user_tree(u, 2);
	struct err e;

	tap_ok(t, !fdt_adapt(&i, u, len, f, ROOM, &e) && !fdt_check_full(f, fdt_size(f)) &&
	       children(f, "/cpus") == 4 && fdt_path_offset(f, "/memory@80000000") < 0 &&
	       fdt_path_offset(f, "/memory") == fdt_path_offset(f, "/memory@40000000") &&
	       cells(f, "/memory@40000000", "reg", 2, 2) == i.mem_size, "memory, CPUs filled in");
	tap_ok(t, !strcmp(str(f, "/chosen", "bootargs"), i.cmdline) &&
	       !strcmp(str(f, "/chosen", "stdout-path"), "/soc") &&
	       !strcmp(str(f, "/soc", "compatible"), "user,soc") &&
	       !strcmp(str(f, "/reserved-memory", "note"), "stays") &&
	       fdt_path_offset(f, "/intc@8000000") < 0, "the rest stays the user's");
	i.cmdline = NULL;
	tap_ok(t, !fdt_adapt(&i, u, len, f, ROOM, &e) &&
	       !strcmp(str(f, "/chosen", "bootargs"), "from the user"),
	       "without --append the tree's own command line stays");
	len = user_tree(u, 1);
	i.mem_size = 0x10000000;
	tap_ok(t, !fdt_adapt(&i, u, len, f, ROOM, &e) &&
	       cells(f, "/memory@40000000", "reg", 0, 1) == i.mem_base &&
	       cells(f, "/memory@40000000", "reg", 1, 1) == i.mem_size, "trees with 32-bit cells");
	fdt_create_empty_tree(u, (int)ROOM);
	fdt_pack(u);
	tap_ok(t, !fdt_adapt(&i, u, fdt_totalsize(u), f, ROOM, &e) && children(f, "/cpus") == 4,
	       "an empty tree gets what is missing");
	tap_ok(t, fdt_adapt(&i, u, 10, f, ROOM, &e) && fdt_adapt(&i, "hello, world: no tree at all",
	       28, f, ROOM, &e) && strstr(e.text, "--dtb"), "no device tree");
	len = user_tree(u, 2);
	tap_ok(t, fdt_adapt(&i, u, len, f, len, &e) && strstr(e.text, "does not fit"),
	       "no room to fill it in");
	free(u);
	free(f);
}

/* A user's tree, whatever it is: the result is an error with a line, or a valid tree. */
static bool fuzz_one(const u8 *data, size_t len)
{
	struct fdt_info i = make_info(2, 3);
	u8 *in = malloc(len ? len : 1), *out = malloc(8192);
	struct err e = { "" };
	bool good;

	memcpy(in, data, len);
	if (fdt_adapt(&i, in, len, out, 8192, &e))
		good = e.text[0] && !strchr(e.text, '\n');
	else
		good = !fdt_check_full(out, fdt_size(out));
	free(in);
	free(out);
	return good;
}

static void test_damage(struct tap *t)
{
	u8 *u = malloc(ROOM), *d = malloc(ROOM);
	size_t len = user_tree(u, 2), n;
	u64 seed = 7;
	bool good = true;
	int i;

	for (i = 0; i < 50000; i++) {
		memcpy(d, u, len);
		n = mutate(d, len, &seed);
		if (!fuzz_one(d, n)) {
			printf("# round %d\n", i);
			good = false;
		}
	}
	tap_ok(t, good, "50000 damaged trees are refused or made whole");
	free(u);
	free(d);
}

#ifdef FUZZ
int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	if (!fuzz_one(data, len))
		abort();
	return 0;
}
#else
int main(void)
{
	struct tap t = { 0 };

	test_build(&t);
	test_variants(&t);
	test_room(&t);
	test_adapt(&t);
	test_damage(&t);
	return tap_end(&t);
}
#endif
