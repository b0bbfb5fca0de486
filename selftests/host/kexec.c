// SPDX-License-Identifier: GPL-2.0
/*
 * A small kexec: loads a kernel, an Image on arm64 and a zImage on ARMv7, and an initrd with
 * kexec_load(2), the device tree being the running kernel's with another command line. Debian's
 * kernels have no kexec_file_load(2). It only loads; the script that uses it starts the new kernel
 * with LINUX_REBOOT_CMD_KEXEC.
 *
 *	kexec IMAGE INITRD COMMAND-LINE      load
 *	kexec --execute                      start what was loaded
 */
#include <endian.h>
#include <fcntl.h>
#include <libfdt.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALIGN_UP(x, a)	(((x) + (a) - 1) & ~((uint64_t)(a) - 1))
#define MIB		(1024UL * 1024)
#define PAGE		65536UL		/* a multiple of every page size */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *read_file(const char *path, size_t *size)
{
	size_t have = 0, room = 1 << 20;
	char *buf = malloc(room);
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0 || !buf)
		die(path);
	while ((n = read(fd, buf + have, room - have)) > 0) {
		have += n;
		if (have == room) {
			room *= 2;
			buf = realloc(buf, room);
			if (!buf)
				die(path);
		}
	}
	if (n < 0)
		die(path);
	close(fd);
	*size = have;
	return buf;
}

/* A stretch of "System RAM": the first, or the largest; the kernel moves what overlaps with itself. */
static uint64_t find_ram(uint64_t need, int largest)
{
	unsigned long long start, end, best = 0, best_size = 0;
	FILE *f = fopen("/proc/iomem", "r");
	char line[256];

	if (!f)
		die("/proc/iomem");
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == ' ' || !strstr(line, "System RAM"))
			continue;
		if (sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		if (!best_size || (largest && end - start > best_size)) {
			best = start;
			best_size = end - start;
		}
	}
	fclose(f);
	if (best_size < need + 64 * MIB) {
		fprintf(stderr, "no room for the new kernel\n");
		exit(1);
	}
	return ALIGN_UP(largest ? best + best_size / 2 : best, 2 * MIB);
}

static void *make_dtb(const char *cmdline, uint64_t initrd, size_t initrd_size, size_t *size)
{
	size_t len;
	void *old = read_file("/sys/firmware/fdt", &len), *fdt;
	int chosen;

	*size = ALIGN_UP(len + strlen(cmdline) + 4096, PAGE);
	fdt = calloc(1, *size);
	if (!fdt || fdt_open_into(old, fdt, *size))
		die("device tree");
	chosen = fdt_path_offset(fdt, "/chosen");
	if (chosen < 0 || fdt_setprop_string(fdt, chosen, "bootargs", cmdline) ||
	    fdt_setprop_u64(fdt, chosen, "linux,initrd-start", initrd) ||
	    fdt_setprop_u64(fdt, chosen, "linux,initrd-end", initrd + initrd_size))
		die("device tree");
	return fdt;
}

/* Appends a segment at *at, and moves that past it. */
static void add(struct kexec_segment *seg, const void *buf, size_t size, uint64_t room, uint64_t *at)
{
	seg->buf = buf;
	seg->bufsz = size;
	seg->mem = (void *)(uintptr_t)*at;
	seg->memsz = ALIGN_UP(room, PAGE);
	*at = ALIGN_UP(*at + room, 2 * MIB);
}

#ifdef __aarch64__

#define KEXEC_ARCH	KEXEC_ARCH_AARCH64

/* The Image header: text offset at 8, size in memory at 16. */
static uint64_t place_kernel(const uint8_t *img, uint64_t others, uint64_t *room)
{
	uint64_t text_offset;

	memcpy(&text_offset, img + 8, 8);
	memcpy(room, img + 16, 8);
	return find_ram(*room + others, 1) + text_offset;
}

/* x0 = device tree, x1..x3 = 0, jump to the Image: Documentation/arm64/booting. */
static uint64_t add_start(struct kexec_segment *seg, int *n, uint64_t image, uint64_t dtb, uint64_t at)
{
	static const uint32_t start[] = {
		0x580000c0,	/* ldr x0, dtb */
		0xd2800001,	/* mov x1, #0 */
		0xd2800002,	/* mov x2, #0 */
		0xd2800003,	/* mov x3, #0 */
		0x58000084,	/* ldr x4, image */
		0xd61f0080,	/* br x4 */
	};
	struct { uint32_t code[6]; uint64_t dtb, image; } *stub = calloc(1, PAGE);
	uint64_t entry = at;

	memcpy(stub->code, start, sizeof(start));
	stub->dtb = dtb;
	stub->image = image;
	add(&seg[(*n)++], stub, PAGE, PAGE, &at);
	return entry;
}

#else

#define KEXEC_ARCH	KEXEC_ARCH_ARM

/*
 * A zImage unpacks to the start of RAM, which it finds by rounding its own address down to 128 MiB,
 * and moves itself first if it stands in its own way: 64 MiB are left to it.
 */
static uint64_t place_kernel(const uint8_t *img, uint64_t others, uint64_t *room)
{
	(void)img;
	*room = 32 * MIB;
	return find_ram(64 * MIB + others, 0) + 32 * MIB;
}

/* The kernel finds the device tree among the segments, and enters the zImage as it wants it. */
static uint64_t add_start(struct kexec_segment *seg, int *n, uint64_t image, uint64_t dtb, uint64_t at)
{
	(void)seg;
	(void)n;
	(void)dtb;
	(void)at;
	return image;
}

#endif

static int load(const char *image, const char *initrd, const char *cmdline)
{
	size_t image_size, initrd_size, dtb_size;
	uint8_t *img = read_file(image, &image_size);
	void *ird = read_file(initrd, &initrd_size), *dtb;
	uint64_t room, kernel, at, tree, entry;
	struct kexec_segment seg[4];
	int n = 0;

	kernel = place_kernel(img, initrd_size + 4 * MIB, &room);
	at = kernel;
	add(&seg[n++], img, image_size, room, &at);
	dtb = make_dtb(cmdline, at, initrd_size, &dtb_size);
	add(&seg[n++], ird, initrd_size, initrd_size, &at);
	tree = at;
	add(&seg[n++], dtb, dtb_size, dtb_size, &at);
	entry = add_start(seg, &n, kernel, tree, at);

	if (syscall(SYS_kexec_load, (unsigned long)entry, (unsigned long)n, seg,
		    (unsigned long)KEXEC_ARCH))
		die("kexec_load");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--execute")) {
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			LINUX_REBOOT_CMD_KEXEC, NULL);
		die("kexec");
	}
	if (argc != 4) {
		fprintf(stderr, "usage: kexec IMAGE INITRD COMMAND-LINE | --execute\n");
		return 1;
	}
	return load(argv[1], argv[2], argv[3]);
}
