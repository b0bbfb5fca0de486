// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel and initrd files into guest RAM: arm64 Image (plain, gzip, zstd, or packed in an EFI zboot
 * image) or raw; ELF is boot_elf.c's, and what 32-bit guests boot boot32.c's. It follows
 * Documentation/arch/arm64/booting.rst and puts things where QEMU's virt board does. Every byte of
 * a file is untrusted, and nothing here needs a VM: the unit tests feed it damaged files on the
 * build host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "boot.h"

#define IMAGE_MAGIC		"ARM\x64"
#define IMAGE_HEADER		64
#define IMAGE_FLAG_BE		1
#define IMAGE_OLD_OFFSET	0x80000		/* before Linux 3.17, and of raw files */
/* Below this the device tree would not fit under the kernel, as on QEMU's board. */
#define IMAGE_MIN_OFFSET	0x1000
#define ZBOOT_HEADER		64

/* ---- Decompression ------------------------------------------------------------------------- */

/* A buffer that grows up to a limit: a small file can unpack to any size. */
struct out {
	u8 *data;
	size_t len, cap;
	u64 limit;
};

static int out_grow(struct out *o, struct err *e)
{
	size_t cap = o->cap ? o->cap * 2 : 16 * MIB;
	u8 *data;

	if (o->cap >= o->limit)
		return err_set(e, "the kernel unpacks to more than %llu MiB, too little memory for "
				  "it: use a larger --memory",
			       (unsigned long long)(o->limit / MIB));
	if (cap > o->limit)
		cap = o->limit;
	data = realloc(o->data, cap);
	if (!data)
		return err_set(e, "not enough memory to unpack the kernel");
	o->data = data;
	o->cap = cap;
	return 0;
}

static int unpack_gzip(struct out *o, const u8 *in, size_t len, struct err *e)
{
	z_stream z = { .next_in = (u8 *)(uintptr_t)in, .avail_in = (uInt)len };
	int ret = Z_OK;

	if (len > UINT32_MAX || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return err_set(e, "can't unpack the kernel: zlib refuses it");
	while (ret == Z_OK) {
		if (o->len == o->cap && out_grow(o, e)) {
			inflateEnd(&z);
			return -1;
		}
		z.next_out = o->data + o->len;
		z.avail_out = (uInt)(o->cap - o->len > MIB * 64 ? MIB * 64 : o->cap - o->len);
		ret = inflate(&z, Z_NO_FLUSH);
		o->len = (size_t)(z.next_out - o->data);
		/* No progress means the input ended early. */
		if (ret == Z_BUF_ERROR && z.avail_in && !z.avail_out)
			ret = Z_OK;
	}
	inflateEnd(&z);
	if (ret != Z_STREAM_END)
		return err_set(e, "the kernel's gzip data is damaged or cut off: fetch it again");
	return 0;
}

static int unpack_zstd(struct out *o, const u8 *in, size_t len, struct err *e)
{
	ZSTD_DStream *z = ZSTD_createDStream();
	ZSTD_inBuffer ib = { in, len, 0 };
	ZSTD_outBuffer ob;
	size_t ret = 1;

	if (!z)
		return err_set(e, "not enough memory to unpack the kernel");
	/* 0: the frame is complete. A zboot image has its size behind it, which we don't need. */
	while (ret) {
		if (o->len == o->cap && out_grow(o, e)) {
			ZSTD_freeDStream(z);
			return -1;
		}
		ob = (ZSTD_outBuffer){ o->data, o->cap, o->len };
		ret = ZSTD_decompressStream(z, &ob, &ib);
		if (ZSTD_isError(ret) || (ret && ib.pos == ib.size && ob.pos < ob.size)) {
			ZSTD_freeDStream(z);
			return err_set(e, "the kernel's zstd data is damaged or cut off: fetch "
					  "it again");
		}
		o->len = ob.pos;
	}
	ZSTD_freeDStream(z);
	return 0;
}

static bool is_gzip(const u8 *p, size_t len)
{
	return len > 18 && p[0] == 0x1f && p[1] == 0x8b;
}

static bool is_zstd(const u8 *p, size_t len)
{
	return len > 8 && get_le32(p) == 0xfd2fb528;
}

static bool is_zboot(const u8 *p, size_t len)
{
	return len > ZBOOT_HEADER && p[0] == 'M' && p[1] == 'Z' && !memcmp(p + 4, "zimg", 4);
}

/* For the message: a damaged file must not send control characters to somebody's terminal. */
static const char *method_name(const u8 *p)
{
	static const char * const known[] = { "lzma", "xzkern", "lzo", "lz4", "gzip", "zstd" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncmp((const char *)p, known[i], strlen(known[i])))
			return known[i];
	return "something";
}

static int unpack_one(struct out *o, const u8 *p, size_t len, struct err *e)
{
	u64 off, size;

	if (is_gzip(p, len))
		return unpack_gzip(o, p, len, e);
	if (is_zstd(p, len))
		return unpack_zstd(o, p, len, e);
	/* The EFI stub that unpacks itself: offset, size and method of its payload are in front. */
	off = get_le32(p + 8);
	size = get_le32(p + 12);
	if (off > len || size > len - off)
		return err_set(e, "the kernel's EFI zboot image is cut off: fetch it again");
	if (!memcmp(p + 24, "gzip", 4) && is_gzip(p + off, size))
		return unpack_gzip(o, p + off, size, e);
	if (!memcmp(p + 24, "zstd", 4) && is_zstd(p + off, size))
		return unpack_zstd(o, p + off, size, e);
	return err_set(e, "the kernel is an EFI zboot image packed with %s, and vmm-lite "
			  "knows gzip and zstd: unpack it first",
		       method_name(p + 24));
}

/**
 * boot_unpack() - replace a compressed kernel by what is in it
 * @data: the file's bytes; freed and replaced if compressed
 * @len: their number
 * @limit: largest result that makes sense, i.e. the guest's memory
 * @e: why not
 *
 * An Image.gz can hold a zboot image that holds an Image, so it goes on for a few layers; a file
 * that is nothing but layers is somebody's joke.
 */
int boot_unpack(u8 **data, size_t *len, u64 limit, struct err *e)
{
	struct out o;
	int layer;

	for (layer = 0; layer < 4; layer++) {
		if (!is_gzip(*data, *len) && !is_zstd(*data, *len) && !is_zboot(*data, *len))
			return 0;
		o = (struct out){ .limit = limit };
		if (unpack_one(&o, *data, *len, e)) {
			free(o.data);
			return -1;
		}
		free(*data);
		*data = o.data;
		*len = o.len;
	}
	return err_set(e, "the kernel is packed more than three times: unpack it first");
}

/* ---- Formats ------------------------------------------------------------------------------- */

int boot_no_room(const struct mem *m, const char *what, u64 end, struct err *e)
{
	return err_set(e, "too little memory for the %s: it needs --memory %lluM or more, not "
			  "%lluM",
		       what, (unsigned long long)(ALIGN_UP(end - m->base, 16 * MIB) / MIB + 16),
		       (unsigned long long)(m->size / MIB));
}

static int place_image(const struct mem *m, const u8 *p, size_t len, struct boot_plan *plan,
		       struct err *e)
{
	u64 offset = get_le64(p + 8), size = get_le64(p + 16), flags = get_le64(p + 24);
	u64 start;

	if (size == 0)
		offset = IMAGE_OLD_OFFSET;	/* before 3.17 the fields meant nothing */
	if (flags & IMAGE_FLAG_BE && size)
		return err_set(e, "the kernel is big-endian, which vmm-lite does not start: build "
				  "it little-endian");
	if (size > (u64)1 << 40 || offset >= 2 * MIB)
		return err_set(e, "the kernel's Image header is damaged: fetch the file again");
	if (offset < IMAGE_MIN_OFFSET)
		offset += 2 * MIB;
	if (size < len)
		size = len;
	start = m->base + offset;
	if (!mem_ptr(m, start, size))
		return boot_no_room(m, "kernel", start + size, e);
	memcpy(mem_ptr(m, start, len), p, len);
	plan->kind = BOOT_IMAGE;
	plan->entry = plan->low = start;
	plan->end = start + size;
	return 0;
}

static int place_raw(const struct mem *m, const u8 *p, size_t len, struct boot_plan *plan,
		     struct err *e)
{
	u64 start = m->base + IMAGE_OLD_OFFSET;

	if (!mem_ptr(m, start, len))
		return boot_no_room(m, "kernel", start + len, e);
	memcpy(mem_ptr(m, start, len), p, len);
	plan->kind = BOOT_RAW;
	plan->entry = plan->low = start;
	plan->end = start + len;
	return 0;
}

/*
 * Files that people hand over by mistake, kernels for the other width of guest among them; a raw
 * image could be anything else.
 */
static const struct {
	size_t off, len;
	const char *magic;
	const char *say;
} wrong_files[] = {
	{ 0, 6, "070701", "is an initramfs: give it with --initrd" },
	{ 0, 6, "070702", "is an initramfs: give it with --initrd" },
	{ 0, 7, "!<arch>", "is an archive or a Debian package: give the vmlinuz in it" },
	{ 0, 6, "\375" "7zXZ", "is packed with xz: unpack it first (unxz)" },
	{ 0, 3, "BZh", "is packed with bzip2: unpack it first (bunzip2)" },
	{ 0, 4, "\x04\x22\x4d\x18", "is packed with lz4: unpack it first (unlz4)" },
	{ 0, 4, "\x02\x21\x4c\x18", "is packed with lz4: unpack it first (unlz4)" },
	{ 0, 4, "\x27\x05\x19\x56", "is a U-Boot image (uImage): give the Image it was made of" },
	{ 0, 4, "\xd0\x0d\xfe\xed", "is a device tree or FIT image: device trees go with --dtb" },
	{ 0, 3, "QFI", "is a disk image: give it with --disk" },
	{ 0x24, 4, "\x18\x28\x6f\x01", "is a 32-bit ARM kernel: add --cpu aarch32" },
	{ 0x24, 4, "\x01\x6f\x28\x18", "is big-endian, which vmm-lite does not start" },
	{ 56, 4, IMAGE_MAGIC, "is an arm64 kernel: use an armhf one" },
	{ 0x202, 4, "HdrS", "is an x86 kernel: use an ARM one" },
	{ 0, 2, "#!", "is a script: use a kernel" },
	{ 0, 2, "MZ", "is an EFI program but no ARM kernel: use an Image or zImage" },
};

static const char *wrong_file(const u8 *p, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong_files); i++)
		if (len >= wrong_files[i].off + wrong_files[i].len &&
		    !memcmp(p + wrong_files[i].off, wrong_files[i].magic, wrong_files[i].len))
			return wrong_files[i].say;
	for (i = 0; i < len && i < 64; i++)
		if ((p[i] < ' ' && p[i] != '\n' && p[i] != '\t' && p[i] != '\r') || p[i] > '~')
			return NULL;
	return "is a text file: use a kernel";
}

/**
 * boot_place_kernel() - find out what a kernel is and copy it into RAM
 * @m: guest RAM
 * @data: the unpacked file
 * @len: its length
 * @aarch32: the guest is a 32-bit one
 * @plan: gets kind, entry, low, end and top
 * @e: why not
 */
int boot_place_kernel(const struct mem *m, const u8 *data, size_t len, bool aarch32,
		      struct boot_plan *plan, struct err *e)
{
	const char *wrong;

	plan->top = m->base + (aarch32 ? boot32_lowmem(m) : m->size);
	if (boot_is_elf(data, len))
		return boot_place_elf(m, data, len, aarch32, plan, e);
	if (!aarch32 && len >= IMAGE_HEADER && !memcmp(data + 56, IMAGE_MAGIC, 4))
		return place_image(m, data, len, plan, e);
	if (aarch32 && boot32_is_zimage(data, len))
		return boot32_place_zimage(m, data, len, plan, e);
	wrong = wrong_file(data, len);
	if (wrong)
		return err_set(e, "the kernel file %s", wrong);
	return aarch32 ? boot32_place_raw(m, data, len, plan, e) :
			 place_raw(m, data, len, plan, e);
}

/* What follows the kernel: in RAM, and where the kernel can see it from the start. */
static int check_room(const struct mem *m, const struct boot_plan *plan, const char *what,
		      u64 start, u64 len, struct err *e)
{
	if (!mem_ptr(m, start, len))
		return boot_no_room(m, what, start + len, e);
	if (start + len > plan->top)
		return err_set(e, "the %s ends %llu MiB into memory, and a 32-bit kernel needs it "
				  "within the first %llu: use a smaller initrd",
			       what, (unsigned long long)((start + len - m->base) / MIB),
			       (unsigned long long)((plan->top - m->base) / MIB));
	return 0;
}

/*
 * Behind the kernel, at the next 2 MiB: within the 32 GiB window around the kernel that the boot
 * protocol allows, and it leaves the rest of memory in one piece.
 */
int boot_place_initrd(const struct mem *m, const u8 *data, size_t len, struct boot_plan *plan,
		      struct err *e)
{
	u64 start = ALIGN_UP(plan->end, 2 * MIB);

	if (check_room(m, plan, "initrd", start, len, e))
		return -1;
	memcpy(mem_ptr(m, start, len), data, len);
	plan->initrd = start;
	plan->initrd_size = len;
	return 0;
}

/*
 * At the start of RAM if the kernel leaves room there: bare-metal programs made for QEMU's board
 * look for it at that address, whatever x0 says. Else behind everything.
 */
int boot_place_dtb(const struct mem *m, struct boot_plan *plan, struct err *e)
{
	u64 end = plan->initrd_size ? plan->initrd + plan->initrd_size : plan->end;

	plan->dtb_room = plan->low - m->base;
	if (plan->dtb_room > BOOT_DTB_ROOM)
		plan->dtb_room = BOOT_DTB_ROOM;
	plan->dtb = m->base;
	if (plan->dtb_room >= 256 * KIB)
		return 0;
	plan->dtb = ALIGN_UP(end, 2 * MIB);
	plan->dtb_room = BOOT_DTB_ROOM;
	return check_room(m, plan, "device tree", plan->dtb, plan->dtb_room, e);
}

static int read_file(const char *what, const struct boot_file *f, u64 limit, u8 **data,
		     size_t *len, struct err *e)
{
	if (f->fd < 0)
		return file_read(what, f->name, limit, data, len, e);
	return file_read_fd(what, f->name, f->fd, limit, data, len, e);
}

/**
 * boot_load() - all of the above, from files
 * @m: guest RAM
 * @kernel: the kernel
 * @initrd: the initrd; without a name there is none
 * @aarch32: the guest is a 32-bit one
 * @plan: filled in
 * @e: why not
 */
int boot_load(const struct mem *m, const struct boot_file *kernel, const struct boot_file *initrd,
	      bool aarch32, struct boot_plan *plan, struct err *e)
{
	struct err why;
	size_t len;
	u8 *data;
	int ret;

	memset(plan, 0, sizeof(*plan));
	if (read_file("kernel", kernel, m->size, &data, &len, e))
		return -1;
	ret = boot_unpack(&data, &len, m->size, e);
	if (!ret)
		ret = boot_place_kernel(m, data, len, aarch32, plan, e);
	free(data);
	if (ret) {
		why = *e;
		return err_set(e, "%.200s: %.300s", kernel->name, why.text);
	}
	if (initrd->name) {
		if (read_file("initrd", initrd, m->size, &data, &len, e))
			return -1;
		ret = boot_place_initrd(m, data, len, plan, e);
		free(data);
		if (ret)
			return -1;
	}
	return boot_place_dtb(m, plan, e);
}
