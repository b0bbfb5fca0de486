// SPDX-License-Identifier: GPL-2.0
/*
 * The image loaders of vmm-lite on the build host: every format, every kind of damage that has a
 * message, and thousands of damaged files that must be refused or loaded without a sanitizer's
 * complaint. With -DFUZZ it is libFuzzer's entry instead of a program.
 */
#include <elf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <zlib.h>
#include <zstd.h>

#include "vmm.h"
#include "tap.h"

#define BASE	0x40000000ULL

/* RAM of exactly this size, so that the sanitizer sees a write one byte past it. */
static struct mem make_mem(u64 size)
{
	struct mem m = { .base = BASE, .size = size, .host = calloc(1, size) };

	return m;
}

static void put64(u8 *p, u64 v)
{
	memcpy(p, &v, 8);
}

static void put32(u8 *p, u32 v)
{
	memcpy(p, &v, 4);
}

static size_t make_image(u8 *p, size_t len, u64 offset, u64 size, u64 flags)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (u8)(i * 7 + (i >> 8));
	put64(p + 8, offset);
	put64(p + 16, size);
	put64(p + 24, flags);
	memcpy(p + 56, "ARM\x64", 4);
	return len;
}

static size_t make_elf(u8 *p, u64 vaddr, u64 paddr, u64 filesz, u64 memsz, u64 entry)
{
	Elf64_Ehdr eh = { .e_machine = EM_AARCH64, .e_phoff = 64, .e_phnum = 1, .e_entry = entry,
			  .e_phentsize = sizeof(Elf64_Phdr) };
	Elf64_Phdr ph = { .p_type = PT_LOAD, .p_offset = 128, .p_vaddr = vaddr, .p_paddr = paddr,
			  .p_filesz = filesz, .p_memsz = memsz };

	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_CLASS] = ELFCLASS64;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	memset(p, 0, 128 + filesz);
	memcpy(p, &eh, sizeof(eh));
	memcpy(p + 64, &ph, sizeof(ph));
	memset(p + 128, 0x5a, filesz);
	return 128 + filesz;
}

static size_t make_elf32(u8 *p, u32 vaddr, u32 paddr, u32 filesz, u32 memsz, u32 entry)
{
	Elf32_Ehdr eh = { .e_machine = EM_ARM, .e_phoff = 64, .e_phnum = 1, .e_entry = entry,
			  .e_phentsize = sizeof(Elf32_Phdr) };
	Elf32_Phdr ph = { .p_type = PT_LOAD, .p_offset = 128, .p_vaddr = vaddr, .p_paddr = paddr,
			  .p_filesz = filesz, .p_memsz = memsz };

	memcpy(eh.e_ident, ELFMAG, SELFMAG);
	eh.e_ident[EI_CLASS] = ELFCLASS32;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	memset(p, 0, 128 + filesz);
	memcpy(p, &eh, sizeof(eh));
	memcpy(p + 64, &ph, sizeof(ph));
	memset(p + 128, 0x5a, filesz);
	return 128 + filesz;
}

/* As Linux since 4.15 makes them: the size of what it unpacks to is its last word here. */
static size_t make_zimage(u8 *p, size_t len, u32 text_offset, u32 unpacked, u32 bss)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (u8)(i * 5 + (i >> 8));
	put32(p + 0x24, 0x016f2818);
	put32(p + 0x28, 0);
	put32(p + 0x2c, (u32)len);
	put32(p + 0x30, 0x04030201);
	put32(p + 0x34, 0x45454545);
	put32(p + 0x38, 0x100);
	put32(p + 0x100, 6);
	put32(p + 0x104, 0x5a534c4b);
	put32(p + 0x108, (u32)len - 4);
	put32(p + 0x10c, bss);
	put32(p + 0x110, text_offset);
	put32(p + 0x114, 0x10000);
	put32(p + len - 4, unpacked);
	return len;
}

static size_t make_gzip(u8 *out, size_t cap, const u8 *in, size_t len)
{
	z_stream z = { .next_in = (u8 *)(uintptr_t)in, .avail_in = (uInt)len, .next_out = out,
		       .avail_out = (uInt)cap };

	deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
	deflate(&z, Z_FINISH);
	len = z.total_out;
	deflateEnd(&z);
	return len;
}

static size_t make_zboot(u8 *out, const char *method, const u8 *payload, size_t len)
{
	memset(out, 0, 96);
	memcpy(out, "MZ\0\0zimg", 8);
	put32(out + 8, 96);
	put32(out + 12, (u32)len);
	strcpy((char *)out + 24, method);
	memcpy(out + 96, payload, len);
	return 96 + len;
}

/* A heap copy of exactly len bytes, as boot_unpack() wants it. */
static u8 *copy(const u8 *p, size_t len)
{
	u8 *c = malloc(len ? len : 1);

	memcpy(c, p, len);
	return c;
}

/* All that boot_load() does with a kernel's bytes. */
static int load_for(const struct mem *m, const u8 *p, size_t len, bool aarch32,
		    struct boot_plan *plan, struct err *e)
{
	u8 *data = copy(p, len);
	int ret;

	memset(plan, 0, sizeof(*plan));
	ret = boot_unpack(&data, &len, m->size, e);
	if (!ret)
		ret = boot_place_kernel(m, data, len, aarch32, plan, e);
	free(data);
	return ret ? ret : boot_place_dtb(m, plan, e);
}

static int load(const struct mem *m, const u8 *p, size_t len, struct boot_plan *plan, struct err *e)
{
	return load_for(m, p, len, false, plan, e);
}

static int load32(const struct mem *m, const u8 *p, size_t len, struct boot_plan *plan,
		  struct err *e)
{
	return load_for(m, p, len, true, plan, e);
}

/* What must hold for whatever was accepted. */
static bool sane(const struct mem *m, const struct boot_plan *p)
{
	return p->low >= m->base && p->end > p->low && p->end <= m->base + m->size &&
	       p->entry >= p->low && p->entry < p->end && mem_ptr(m, p->dtb, p->dtb_room) &&
	       (p->dtb + p->dtb_room <= p->low || p->dtb >= p->end);
}

static void test_image(struct tap *t, u8 *img)
{
	struct mem m = make_mem(16 * MIB);
	struct boot_plan p;
	struct err e;
	size_t len;

	len = make_image(img, MIB, 0, 3 * MIB, 0xa);
	tap_ok(t, !load(&m, img, len, &p, &e) && p.kind == BOOT_IMAGE &&
	       p.entry == BASE + 2 * MIB && p.end == p.entry + 3 * MIB && p.dtb == BASE &&
	       sane(&m, &p) && !memcmp(m.host + 2 * MIB, img, len),
	       "an Image with text_offset 0 is at 2 MiB, its bss counts, the tree is at the start");
	len = make_image(img, MIB, 0x80000, 3 * MIB, 0);
	tap_ok(t, !load(&m, img, len, &p, &e) && p.entry == BASE + 0x80000 && sane(&m, &p),
	       "text_offset is obeyed");
	len = make_image(img, MIB, 0x1234, 0, 0);
	tap_ok(t, !load(&m, img, len, &p, &e) && p.entry == BASE + 0x80000 && sane(&m, &p),
	       "image_size 0 means 0x80000, as before 3.17");
	len = make_image(img, MIB, 0, 15 * MIB, 0);
	tap_ok(t, load(&m, img, len, &p, &e) && strstr(e.text, "too little memory") &&
	       strstr(e.text, "--memory 48M"), "an Image larger than RAM: says how much it needs");
	len = make_image(img, MIB, 0, 3 * MIB, 1);
	tap_ok(t, load(&m, img, len, &p, &e) && strstr(e.text, "big-endian"),
	       "a big-endian Image is refused");
	len = make_image(img, MIB, 0, UINT64_MAX, 0);
	tap_ok(t, load(&m, img, len, &p, &e), "an image_size that wraps is refused");
	len = make_image(img, MIB, 0x1000, 3 * MIB, 0);
	tap_ok(t, !load(&m, img, len, &p, &e) && p.dtb >= p.end && sane(&m, &p),
	       "without room below the kernel the tree goes behind it");
	free(m.host);
}

static void test_packed(struct tap *t, u8 *img, u8 *a, u8 *b)
{
	struct mem m = make_mem(16 * MIB);
	size_t len = make_image(img, MIB, 0, 2 * MIB, 0), n;
	struct boot_plan p;
	struct err e;

	n = make_gzip(a, 2 * MIB, img, len);
	tap_ok(t, !load(&m, a, n, &p, &e) && p.kind == BOOT_IMAGE &&
	       !memcmp(m.host + 2 * MIB, img, len), "gzip");
	tap_ok(t, load(&m, a, n / 2, &p, &e) && strstr(e.text, "cut off"), "gzip cut off");
	n = make_zboot(b, "gzip", a, n);
	tap_ok(t, !load(&m, b, n, &p, &e) && p.kind == BOOT_IMAGE, "EFI zboot with gzip");
	n = ZSTD_compress(a, 2 * MIB, img, len, 3);
	tap_ok(t, !load(&m, a, n, &p, &e) && p.kind == BOOT_IMAGE &&
	       !memcmp(m.host + 2 * MIB, img, len), "zstd");
	tap_ok(t, load(&m, a, n / 2, &p, &e) && strstr(e.text, "cut off"), "zstd cut off");
	put32(a + n, (u32)len);
	n = make_zboot(b, "zstd22", a, n + 4);
	tap_ok(t, !load(&m, b, n, &p, &e) && p.kind == BOOT_IMAGE,
	       "EFI zboot with zstd and the size behind it");
	tap_ok(t, load(&m, b, n - 100, &p, &e) && strstr(e.text, "cut off"), "EFI zboot cut off");
	n = make_gzip(a, 2 * MIB, b, n);
	tap_ok(t, !load(&m, a, n, &p, &e) && p.kind == BOOT_IMAGE, "gzip around EFI zboot");
	n = make_zboot(b, "lzma", img, 100);
	tap_ok(t, load(&m, b, n, &p, &e) && strstr(e.text, "lzma"),
	       "EFI zboot with another method: says which");
	memset(img, 0, 64 * MIB);
	n = make_gzip(a, 2 * MIB, img, 64 * MIB);
	tap_ok(t, load(&m, a, n, &p, &e) && strstr(e.text, "memory"),
	       "a file that unpacks to more than RAM is refused");
	free(m.host);
}

static void test_elf(struct tap *t, u8 *img)
{
	struct mem m = make_mem(16 * MIB);
	struct boot_plan p;
	struct err e;
	size_t len;

	len = make_elf(img, 0xffff000000000000ULL, BASE + 0x100000, 4096, 8192,
		       0xffff000000000040ULL);
	tap_ok(t, !load(&m, img, len, &p, &e) && p.kind == BOOT_ELF &&
	       p.entry == BASE + 0x100040 && m.host[0x100fff] == 0x5a && !m.host[0x101000] &&
	       p.end == BASE + 0x102000 && sane(&m, &p), "ELF: loaded at paddr, entry translated");
	len = make_elf(img, 0, 0x80000, 4096, 8192, 0);
	tap_ok(t, load(&m, img, len, &p, &e) && strstr(e.text, "link it"),
	       "ELF below RAM: says where RAM is");
	len = make_elf(img, 0, BASE, 4096, 1024 * MIB, 0);
	tap_ok(t, load(&m, img, len, &p, &e) && strstr(e.text, "too little memory"),
	       "ELF larger than RAM");
	len = make_elf(img, 0x1000, BASE, 4096, 4096, 0x9000);
	tap_ok(t, load(&m, img, len, &p, &e) && strstr(e.text, "entry"), "ELF entry outside");
	len = make_elf(img, 0, BASE, 4096, 4096, 0);
	tap_ok(t, load(&m, img, len - 1, &p, &e) && strstr(e.text, "cut off"), "ELF cut off");
	img[18] = EM_X86_64;
	img[19] = 0;
	tap_ok(t, load(&m, img, len, &p, &e) && strstr(e.text, "another machine"),
	       "ELF for another machine");
	free(m.host);
}

static void test_zimage(struct tap *t, u8 *img, u8 *a)
{
	struct mem m = make_mem(64 * MIB);
	struct boot_plan p;
	struct err e;
	size_t len, n;

	len = make_zimage(img, MIB, 0x208000, 20 * MIB, 0x60000);
	tap_ok(t, !load32(&m, img, len, &p, &e) && p.kind == BOOT_ZIMAGE && p.low == BASE &&
	       p.entry >= BASE + 0x208000 + 20 * MIB && p.entry % (2 * MIB) == 0 &&
	       p.end > p.entry + len && p.dtb >= p.end && sane(&m, &p) &&
	       !memcmp(m.host + (p.entry - BASE), img, len),
	       "a zImage is behind what it unpacks to, the tree behind it");
	tap_ok(t, !boot_place_initrd(&m, img, 5000, &p, &e) && p.initrd >= p.end &&
	       !boot_place_dtb(&m, &p, &e) && p.dtb >= p.initrd + 5000 && sane(&m, &p),
	       "initrd and tree do not overlap with it or each other");
	n = make_gzip(a, 2 * MIB, img, len);
	tap_ok(t, !load32(&m, a, n, &p, &e) && p.kind == BOOT_ZIMAGE, "zImage in gzip");
	put32(img + 0x10c, 60 * MIB);
	tap_ok(t, load32(&m, img, len, &p, &e) && strstr(e.text, "too little memory"),
	       "a bss larger than RAM counts");
	put32(img + 0x10c, 30 * MIB);
	tap_ok(t, !load32(&m, img, len, &p, &e) && p.end >= BASE + 52 * MIB && p.dtb >= p.end,
	       "the tree is behind the bss too");
	make_zimage(img, MIB, 0x8000, 20 * MIB, 0x60000);
	tap_ok(t, load32(&m, img, len - 1, &p, &e) && strstr(e.text, "cut off"), "zImage cut off");
	put32(img + 0x28, 0x10000000);
	tap_ok(t, load32(&m, img, len, &p, &e) && strstr(e.text, "cut off"),
	       "a zImage that ends before it begins");
	make_zimage(img, MIB, 0x8000, 0xfff00000, 0x60000);
	tap_ok(t, load32(&m, img, len, &p, &e) && strstr(e.text, "unpacks"),
	       "a zImage that unpacks to 4 GiB");
	make_zimage(img, MIB, 0xffffffff, 20 * MIB, 0xffffffff);
	tap_ok(t, load32(&m, img, len, &p, &e), "a text offset and bss of 4 GiB");
	make_zimage(img, MIB, 0x8000, 70 * MIB, 0x60000);
	tap_ok(t, load32(&m, img, len, &p, &e) && strstr(e.text, "--memory"),
	       "a zImage that unpacks to more than RAM: says how much it needs");
	make_zimage(img, MIB, 0x8000, 20 * MIB, 0x60000);
	put32(img + 0x38, (u32)len - 8);
	tap_ok(t, load32(&m, img, len, &p, &e) && strstr(e.text, "damaged"),
	       "a table of sizes at the end of the file");
	make_zimage(img, MIB, 0x8000, 20 * MIB, 0x60000);
	put32(img + 0x108, (u32)len - 3);
	tap_ok(t, load32(&m, img, len, &p, &e) && strstr(e.text, "damaged"), "a size outside it");
	make_zimage(img, MIB, 0x8000, 20 * MIB, 0x60000);
	put32(img + 0x34, 0);
	tap_ok(t, !load32(&m, img, len, &p, &e) && p.entry >= BASE + 8 * MIB && sane(&m, &p),
	       "an old zImage without a table");
	put32(img + 0x24, 0x18286f01);
	tap_ok(t, load32(&m, img, len, &p, &e) && strstr(e.text, "big-endian"),
	       "a big-endian zImage is refused");
	make_zimage(img, MIB, 0x8000, 20 * MIB, 0x60000);
	tap_ok(t, load(&m, img, len, &p, &e) && strstr(e.text, "--cpu aarch32"),
	       "a zImage for a 64-bit guest: says what to do");
	len = make_image(img, MIB, 0, 3 * MIB, 0xa);
	tap_ok(t, load32(&m, img, len, &p, &e) && strstr(e.text, "armhf"),
	       "an arm64 Image for a 32-bit guest: says so");
	memset(img, 0xe1, 5000);
	tap_ok(t, !load32(&m, img, 5000, &p, &e) && p.kind == BOOT_RAW &&
	       p.entry == BASE + 0x8000 && p.dtb >= p.end && sane(&m, &p), "raw, for 32 bits");
	free(m.host);
}

/* What a 32-bit kernel maps before it knows its memory is less than there may be. */
static void test_lowmem(struct tap *t, u8 *img)
{
	struct mem m = { .base = BASE, .size = 3 * GIB };
	struct boot_plan p;
	struct err e;
	size_t len = make_zimage(img, MIB, 0x208000, 20 * MIB, 0x60000);

	m.host = mmap(NULL, m.size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	tap_ok(t, m.host != MAP_FAILED && !load32(&m, img, len, &p, &e) &&
	       p.dtb + p.dtb_room <= BASE + 512 * MIB, "3 GiB: the tree is in the low 512 MiB");
	p.end = BASE + 500 * MIB;
	tap_ok(t, boot_place_initrd(&m, img, 16 * MIB, &p, &e) && strstr(e.text, "smaller initrd"),
	       "an initrd that ends above them is refused");
	tap_ok(t, !boot_place_initrd(&m, img, 12 * MIB, &p, &e) && boot_place_dtb(&m, &p, &e) &&
	       strstr(e.text, "device tree"), "one that leaves no room for the tree, too");
	munmap(m.host, m.size);
}

static void test_elf32(struct tap *t, u8 *img)
{
	struct mem m = make_mem(16 * MIB);
	struct boot_plan p;
	struct err e;
	size_t len;

	len = make_elf32(img, 0xc0008000, BASE + 0x8000, 4096, 8192, 0xc0008040);
	tap_ok(t, !load32(&m, img, len, &p, &e) && p.kind == BOOT_ELF &&
	       p.entry == BASE + 0x8040 && m.host[0x8fff] == 0x5a && !m.host[0x9000] &&
	       p.end == BASE + 0xa000 && sane(&m, &p), "ELF of 32 bits: at paddr, entry translated");
	tap_ok(t, load(&m, img, len, &p, &e) && strstr(e.text, "another machine"),
	       "it is none for a 64-bit guest");
	tap_ok(t, load32(&m, img, len - 1, &p, &e) && strstr(e.text, "cut off"),
	       "ELF of 32 bits cut off");
	len = make_elf32(img, 0, 0x8000, 4096, 4096, 0);
	tap_ok(t, load32(&m, img, len, &p, &e) && strstr(e.text, "link it"),
	       "ELF of 32 bits below RAM");
	len = make_elf(img, 0, BASE, 4096, 4096, 0);
	tap_ok(t, load32(&m, img, len, &p, &e) && strstr(e.text, "armhf"),
	       "ELF of 64 bits for a 32-bit guest");
	free(m.host);
}

static void test_other(struct tap *t, u8 *img)
{
	static const struct {
		const char *bytes, *say;
	} wrong[] = {
		{ "070701", "--initrd" }, { "!<arch>\n", "Debian" }, { "#!/bin/sh\n", "script" },
		{ "hello, world\n", "text" }, { "\xd0\x0d\xfe\xed", "--dtb" },
		{ "QFI\xfb", "disk image" }, { "MZ\x90", "EFI" },
	};
	struct mem m = make_mem(16 * MIB);
	bool good = true;
	struct boot_plan p;
	struct err e;
	size_t i;

	memset(img, 0xd5, 5000);
	tap_ok(t, !load(&m, img, 5000, &p, &e) && p.kind == BOOT_RAW &&
	       p.entry == BASE + 0x80000 && sane(&m, &p), "raw");
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		good &= load(&m, (const u8 *)wrong[i].bytes, strlen(wrong[i].bytes), &p, &e) &&
			strstr(e.text, wrong[i].say);
	tap_ok(t, good, "files that are no kernels are named");

	load(&m, img, 5000, &p, &e);
	tap_ok(t, !boot_place_initrd(&m, img, 5000, &p, &e) && p.initrd >= p.end &&
	       p.initrd % (2 * MIB) == 0 && p.initrd_size == 5000 && !boot_place_dtb(&m, &p, &e),
	       "the initrd is behind the kernel");
	tap_ok(t, boot_place_initrd(&m, img, 15 * MIB, &p, &e) && strstr(e.text, "initrd"),
	       "an initrd larger than RAM");
	free(m.host);
}

static void test_mem(struct tap *t)
{
	struct mem m = make_mem(MIB);

	tap_ok(t, mem_ptr(&m, BASE, MIB) == m.host && mem_ptr(&m, BASE + MIB, 0) &&
	       !mem_ptr(&m, BASE + MIB, 1) && !mem_ptr(&m, BASE, MIB + 1) &&
	       !mem_ptr(&m, BASE - 1, 1) && !mem_ptr(&m, 0, 1) &&
	       !mem_ptr(&m, BASE + 1, UINT64_MAX) && !mem_ptr(&m, UINT64_MAX, 2),
	       "guest addresses are checked without overflow");
	free(m.host);
}

static void test_numbers(struct tap *t)
{
	unsigned int n;
	u64 v;

	tap_ok(t, parse_size("512", &v) && v == 512 * MIB && parse_size("2G", &v) && v == 2 * GIB &&
	       parse_size("64k", &v) && v == 64 * KIB && parse_size("1GiB", &v) && v == GIB,
	       "sizes");
	tap_ok(t, !parse_size("", &v) && !parse_size("-1", &v) && !parse_size("1X", &v) &&
	       !parse_size("M", &v) && !parse_size("99999999999T", &v) && !parse_size("0x10", &v) &&
	       !parse_size("99999999999999999999", &v) && !parse_size("12iB", &v), "no sizes");
	tap_ok(t, parse_number("8", 1, 8, &n) && n == 8 && !parse_number("9", 1, 8, &n) &&
	       !parse_number("0", 1, 8, &n) && !parse_number("1x", 1, 8, &n) &&
	       !parse_number("", 1, 8, &n), "numbers");
}

/* One file, whatever it is. */
static bool fuzz_one(const u8 *data, size_t len)
{
	struct mem m = make_mem(8 * MIB);
	struct boot_plan p;
	struct err e;
	bool good = true;
	int aarch32;

	for (aarch32 = 0; aarch32 < 2; aarch32++) {
		e.text[0] = 0;
		if (load_for(&m, data, len, aarch32, &p, &e))
			good &= e.text[0] && !strchr(e.text, '\n');
		else
			good &= sane(&m, &p);
	}
	free(m.host);
	return good;
}

static void test_damage(struct tap *t, u8 *img, u8 *a, u8 *b)
{
	u64 seed = 42;
	bool good = true;
	size_t len, n;
	int i;

	for (i = 0; i < 8000; i++) {
		len = make_image(img, 4096, 0, MIB, 0);
		switch (i % 8) {
		case 0:
			n = len;
			memcpy(a, img, n);
			break;
		case 1:
			n = make_elf(a, 0x1000, BASE + 0x80000, 512, 1024, 0x1010);
			break;
		case 2:
			n = make_gzip(a, MIB, img, len);
			break;
		case 3:
			n = ZSTD_compress(a, MIB, img, len, 1);
			break;
		case 4:
			n = make_gzip(b, MIB, img, len);
			n = make_zboot(a, "gzip", b, n);
			break;
		case 5:
			n = make_zimage(a, 4096, 0x8000, MIB, 0x10000);
			break;
		case 6:
			n = make_elf32(a, 0x1000, BASE + 0x80000, 512, 1024, 0x1010);
			break;
		default:
			n = ZSTD_compress(b, MIB, img, len, 1);
			n = make_zboot(a, "zstd22", b, n);
			break;
		}
		n = mutate(a, n, &seed);
		if (n && !fuzz_one(a, n)) {
			printf("# round %d\n", i);
			good = false;
		}
	}
	tap_ok(t, good, "8000 damaged files are refused with a line or loaded within RAM");
}

#ifdef FUZZ
int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	if (len && !fuzz_one(data, len))
		abort();
	return 0;
}
#else
int main(void)
{
	u8 *img = calloc(1, 64 * MIB), *a = malloc(2 * MIB + 4096), *b = malloc(2 * MIB + 4096);
	struct tap t = { 0 };

	test_mem(&t);
	test_numbers(&t);
	test_image(&t, img);
	test_packed(&t, img, a, b);
	test_elf(&t, img);
	test_zimage(&t, img, a);
	test_lowmem(&t, img);
	test_elf32(&t, img);
	test_other(&t, img);
	test_damage(&t, img, a, b);
	free(img);
	free(a);
	free(b);
	return tap_end(&t);
}
#endif
