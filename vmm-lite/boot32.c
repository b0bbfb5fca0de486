// SPDX-License-Identifier: GPL-2.0
/*
 * Kernels of 32-bit guests: zImage or raw, by Documentation/arch/arm/booting.rst. A zImage unpacks
 * itself to the start of RAM: it is put behind the place where that ends, so that it need not move
 * out of its own way first, and initrd and device tree go behind both. Nothing stands below: the
 * kernel keeps its first page tables there.
 */
#include "boot.h"

/* The head of a zImage, in bytes; the second magic says that there is a table of sizes. */
#define ZIMAGE_MAGIC_AT		0x24
#define ZIMAGE_START_AT		0x28
#define ZIMAGE_END_AT		0x2c
#define ZIMAGE_MAGIC2_AT	0x34
#define ZIMAGE_TABLE_AT		0x38
#define ZIMAGE_HEADER		0x3c
#define ZIMAGE_MAGIC		0x016f2818
#define ZIMAGE_MAGIC2		0x45454545

/* The table, in words: how many, magic, where the unpacked size is, bss, text offset. */
#define TABLE_MAGIC		0x5a534c4b
#define TABLE_WORDS_OLD		4
#define TABLE_WORDS		6

/* Linux finds the start of RAM by rounding its own address down to this. */
#define ZIMAGE_WINDOW		(128 * MIB)
/* Behind a zImage: its bss, stack and heap of 64 KiB. */
#define ZIMAGE_TAIL		MIB
/* The largest there is in Linux, of the multi-platform kernels that know Qualcomm's boards. */
#define TEXT_OFFSET_MAX		0x208000
#define RAW_TEXT_OFFSET		0x8000
#define RAW_BSS			(4 * MIB)
/* 3 GiB of 4 for programs and 240 MiB for vmalloc leave 760 MiB; other splits less, or more. */
#define LOWMEM			(512 * MIB)

u64 boot32_lowmem(const struct mem *m)
{
	return m->size < LOWMEM ? m->size : LOWMEM;
}

bool boot32_is_zimage(const u8 *p, size_t len)
{
	return len >= ZIMAGE_HEADER && get_le32(p + ZIMAGE_MAGIC_AT) == ZIMAGE_MAGIC;
}

/* What the kernel in a zImage takes of RAM from its start on. */
struct unpacked {
	u64 text_offset;
	u64 size;
	u64 bss;
};

/* Kernels before 4.15 or so have no table: no compression that Linux uses does better than 1:8. */
static void guess_sizes(size_t len, struct unpacked *u)
{
	*u = (struct unpacked){ TEXT_OFFSET_MAX, (u64)len * 8, RAW_BSS };
}

static bool read_sizes(const u8 *p, size_t len, struct unpacked *u)
{
	u32 table = get_le32(p + ZIMAGE_TABLE_AT), words, at;

	if (table > len || len - table < TABLE_WORDS_OLD * 4)
		return false;
	p += table;
	words = get_le32(p);
	if (get_le32(p + 4) != TABLE_MAGIC || words < TABLE_WORDS_OLD)
		return false;
	at = get_le32(p + 8);
	if (at > len || len - at < 4)
		return false;
	u->size = get_le32(p - table + at);
	u->bss = get_le32(p + 12);
	u->text_offset = TEXT_OFFSET_MAX;
	if (words >= TABLE_WORDS && len - table >= TABLE_WORDS * 4)
		u->text_offset = get_le32(p + 16);
	return true;
}

int boot32_place_zimage(const struct mem *m, const u8 *p, size_t len, struct boot_plan *plan,
			struct err *e)
{
	u64 size = (u64)get_le32(p + ZIMAGE_END_AT) - get_le32(p + ZIMAGE_START_AT);
	u64 start, end, kernel_end;
	struct unpacked u;

	/* What follows is an appended device tree or padding. */
	if (size > len)
		return err_set(e, "the kernel's zImage is damaged or cut off: fetch it again");
	if (get_le32(p + ZIMAGE_MAGIC2_AT) != ZIMAGE_MAGIC2)
		guess_sizes(len, &u);
	else if (!read_sizes(p, len, &u))
		return err_set(e, "the kernel's zImage header is damaged: fetch the file again");
	start = m->base + ALIGN_UP(u.text_offset + u.size, 2 * MIB);
	kernel_end = m->base + u.text_offset + u.size + u.bss;
	end = start + len + ZIMAGE_TAIL;
	if (end > m->base + ZIMAGE_WINDOW || u.bss > ZIMAGE_WINDOW)
		return err_set(e, "the kernel unpacks to %llu MiB, more than a zImage can hold: "
				  "fetch it again",
			       (unsigned long long)(u.size / MIB));
	if (end < kernel_end)
		end = kernel_end;
	if (!mem_ptr(m, m->base, end - m->base))
		return boot_no_room(m, "kernel", end, e);
	memcpy(mem_ptr(m, start, len), p, len);
	plan->kind = BOOT_ZIMAGE;
	plan->entry = start;
	plan->low = m->base;
	plan->end = end;
	return 0;
}

/* Such as arch/arm/boot/Image, which does not say what it is, nor how large its bss. */
int boot32_place_raw(const struct mem *m, const u8 *p, size_t len, struct boot_plan *plan,
		     struct err *e)
{
	u64 start = m->base + RAW_TEXT_OFFSET;

	if (!mem_ptr(m, start, len + RAW_BSS))
		return boot_no_room(m, "kernel", start + len + RAW_BSS, e);
	memcpy(mem_ptr(m, start, len), p, len);
	plan->kind = BOOT_RAW;
	plan->entry = start;
	plan->low = m->base;
	plan->end = start + len + RAW_BSS;
	return 0;
}
