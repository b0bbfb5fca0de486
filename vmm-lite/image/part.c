// SPDX-License-Identifier: GPL-2.0
/*
 * Partition tables: GPT (UEFI specification, chapter 5) and MBR with logical partitions. Without a
 * table the disk itself is the one partition. Sectors have 512 bytes, as on our disks.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "image/image.h"

#define SECTOR			512

#define GPT_MAGIC		"EFI PART"
#define GPT_ENTRIES_LBA		72
#define GPT_NR_ENTRIES		80
#define GPT_ENTRY_SIZE		84
#define GPT_ENTRY		128	/* the part of an entry that has a meaning */

#define MBR_DISK_ID		440
#define MBR_TABLE		446
#define MBR_ENTRY		16
#define MBR_PROTECTIVE		0xee

bool image_pread(int fd, void *buf, size_t len, u64 off)
{
	ssize_t n;

	while (len) {
		n = pread(fd, buf, len, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf = (u8 *)buf + n;
		len -= (size_t)n;
		off += (u64)n;
	}
	return true;
}

static struct part *add(struct parts *p, unsigned int number, u64 first, u64 sectors, u64 size)
{
	struct part *new = &p->part[p->nr++];

	*new = (struct part){ .number = number, .start = first * SECTOR, .size = sectors * SECTOR };
	new->cut = first > size / SECTOR || sectors > size / SECTOR - first;
	return new;
}

/* ---- GPT ----------------------------------------------------------------------------------- */

/* The first three fields are little-endian numbers, the rest is bytes. */
static void guid_text(const u8 *g, char text[37])
{
	snprintf(text, 37, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", get_le32(g),
		 get_le16(g + 4), get_le16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13], g[14],
		 g[15]);
}

static int read_gpt(int fd, u64 size, const u8 *header, struct parts *p, struct err *e)
{
	static const u8 unused[16];
	u64 table = get_le64(header + GPT_ENTRIES_LBA), first, last;
	u32 n = get_le32(header + GPT_NR_ENTRIES), step = get_le32(header + GPT_ENTRY_SIZE), i;
	u8 entry[GPT_ENTRY];

	if (step < GPT_ENTRY || step > 4096 || table >= size / SECTOR)
		return err_set(e, "its partition table (GPT) is damaged");
	for (i = 0; i < n && i < PARTS_MAX; i++) {
		if (!image_pread(fd, entry, sizeof(entry), table * SECTOR + (u64)i * step))
			return err_set(e, "the image ends within its partition table: is it cut off?");
		first = get_le64(entry + 32);
		last = get_le64(entry + 40);
		if (!memcmp(entry, unused, sizeof(unused)) || last < first ||
		    last >= UINT64_MAX / SECTOR)
			continue;
		guid_text(entry + 16, add(p, i + 1, first, last - first + 1, size)->uuid);
	}
	return 0;
}

/* ---- MBR ----------------------------------------------------------------------------------- */

static bool is_extended(u8 type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* Other boot sectors end in the same two bytes; the boot flags tell them apart. */
static bool is_mbr(const u8 *sector)
{
	unsigned int i, used = 0;

	for (i = 0; i < 4; i++) {
		if (sector[MBR_TABLE + i * MBR_ENTRY] & 0x7f)
			return false;
		used += sector[MBR_TABLE + i * MBR_ENTRY + 4] != 0;
	}
	return used && sector[510] == 0x55 && sector[511] == 0xaa;
}

static void add_mbr(struct parts *p, unsigned int number, u32 disk, u64 first, u64 n, u64 size)
{
	struct part *new = add(p, number, first, n, size);

	snprintf(new->uuid, sizeof(new->uuid), "%08x-%02x", disk, number);
}

/*
 * Logical partitions are a list: each of its sectors has a partition, relative to itself, and where
 * the next one is, relative to the extended partition. It may lead in a circle.
 */
static void read_logical(int fd, u64 size, u64 extended, u32 disk, struct parts *p)
{
	u8 sector[SECTOR], *entry = sector + MBR_TABLE;
	unsigned int number = 5;
	u64 at = extended;

	while (p->nr < PARTS_MAX && number < 64) {
		if (!image_pread(fd, sector, sizeof(sector), at * SECTOR) || !is_mbr(sector))
			return;
		if (entry[4] && get_le32(entry + 12))
			add_mbr(p, number, disk, at + get_le32(entry + 8), get_le32(entry + 12),
				size);
		number++;
		entry += MBR_ENTRY;
		if (!is_extended(entry[4]) || !get_le32(entry + 8))
			return;
		at = extended + get_le32(entry + 8);
		entry = sector + MBR_TABLE;
	}
}

static int read_mbr(int fd, u64 size, const u8 *sector, struct parts *p, struct err *e)
{
	const u8 *entry = sector + MBR_TABLE;
	u32 disk = get_le32(sector + MBR_DISK_ID);
	unsigned int i;

	for (i = 0; i < 4; i++, entry += MBR_ENTRY) {
		if (entry[4] == MBR_PROTECTIVE)
			return err_set(e, "its partition table (GPT) is damaged");
		if (is_extended(entry[4]))
			read_logical(fd, size, get_le32(entry + 8), disk, p);
		else if (entry[4] && get_le32(entry + 12))
			add_mbr(p, i + 1, disk, get_le32(entry + 8), get_le32(entry + 12), size);
		if (p->nr > PARTS_MAX - 4)
			break;
	}
	return 0;
}

/**
 * parts_read() - the partitions of a disk
 * @fd: the disk
 * @size: its bytes
 * @p: filled in
 * @e: why not
 */
int parts_read(int fd, u64 size, struct parts *p, struct err *e)
{
	u8 sectors[2 * SECTOR];

	memset(p, 0, sizeof(*p));
	if (!image_pread(fd, sectors, sizeof(sectors), 0))
		return err_set(e, "is too small for a disk image");
	if (!memcmp(sectors + SECTOR, GPT_MAGIC, 8))
		return read_gpt(fd, size, sectors + SECTOR, p, e);
	add(p, 0, 0, size / SECTOR, size);
	/* A file system leaves its first sector to a boot loader, who may leave anything there. */
	if (ext4_probe(fd, &p->part[0]) || !is_mbr(sectors))
		return 0;
	p->nr = 0;
	return read_mbr(fd, size, sectors, p, e);
}
