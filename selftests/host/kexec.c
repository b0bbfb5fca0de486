// SPDX-License-Identifier: GPL-2.0
/*
 * A small kexec: loads an arm64 Image and an initrd with kexec_load(2), the device tree being the
 * running kernel's with another command line. Debian's arm64 kernels have no kexec_file_load(2).
 * It only loads; the script that uses it starts the new kernel with LINUX_REBOOT_CMD_KEXEC.
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

/* The largest stretch of "System RAM"; the kernel moves what overlaps with itself. */
static uint64_t find_ram(uint64_t need)
{
	unsigned long long start, end, best = 0, best_size = 0;
	FILE *f = fopen("/proc/iomem", "r");
	char line[256];

	if (!f)
		die("/proc/iomem");
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == ' ' || !strstr(line, "System RAM"))
			continue;
		if (sscanf(line, "%llx-%llx", &start, &end) == 2 && end - start > best_size) {
			best = start;
			best_size = end - start;
		}
	}
	fclose(f);
	if (best_size < need + 64 * MIB) {
		fprintf(stderr, "no room for the new kernel\n");
		exit(1);
	}
	return ALIGN_UP(best + best_size / 2, 2 * MIB);
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

static int load(const char *image, const char *initrd, const char *cmdline)
{
	/* x0 = device tree, x1..x3 = 0, jump to the Image: Documentation/arm64/booting. */
	static const uint32_t start[] = {
		0x580000c0,	/* ldr x0, dtb */
		0xd2800001,	/* mov x1, #0 */
		0xd2800002,	/* mov x2, #0 */
		0xd2800003,	/* mov x3, #0 */
		0x58000084,	/* ldr x4, image */
		0xd61f0080,	/* br x4 */
	};
	struct { uint32_t code[6]; uint64_t dtb, image; } *stub = calloc(1, PAGE);
	size_t image_size, initrd_size, dtb_size;
	uint8_t *img = read_file(image, &image_size);
	void *ird = read_file(initrd, &initrd_size), *dtb;
	uint64_t text_offset, mem_size, base, at;
	struct kexec_segment seg[4];

	/* The Image header: text offset at 8, size in memory at 16. */
	memcpy(&text_offset, img + 8, 8);
	memcpy(&mem_size, img + 16, 8);
	base = find_ram(mem_size + initrd_size + 4 * MIB);
	at = ALIGN_UP(base + text_offset + mem_size, 2 * MIB);
	dtb = make_dtb(cmdline, at, initrd_size, &dtb_size);

	seg[0] = (struct kexec_segment){ img, image_size, (void *)(base + text_offset),
					 ALIGN_UP(mem_size, PAGE) };
	seg[1] = (struct kexec_segment){ ird, initrd_size, (void *)at, ALIGN_UP(initrd_size, PAGE) };
	at = ALIGN_UP(at + initrd_size, 2 * MIB);
	seg[2] = (struct kexec_segment){ dtb, dtb_size, (void *)at, dtb_size };
	memcpy(stub->code, start, sizeof(start));
	stub->dtb = at;
	stub->image = base + text_offset;
	at = ALIGN_UP(at + dtb_size, PAGE);
	seg[3] = (struct kexec_segment){ stub, PAGE, (void *)at, PAGE };

	if (syscall(SYS_kexec_load, at, 4L, seg, (unsigned long)KEXEC_ARCH_AARCH64))
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
