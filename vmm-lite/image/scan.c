// SPDX-License-Identifier: GPL-2.0
/*
 * From a disk image to a kernel, an initrd and a command line: the first file system with something
 * to boot wins, and if there is none, the first reason that says more than "nothing found" is the
 * user's line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "image/image.h"

/* ---- What is not a file system we read ----------------------------------------------------- */

/* What begins something else, and the reason that nothing was found. */
struct magic {
	u64 off;
	unsigned int len;
	const char *magic, *say;
};

static const struct magic foreign[] = {
	{ 0, 6, "LUKS\xba\xbe", "is encrypted (LUKS)" },
	{ 512, 8, "LABELONE", "is a part of an LVM volume group" },
	{ 4096, 4, "\xfc\x4e\x2b\xa9", "is a part of a RAID (md)" },
	{ 0, 4, "XFSB", "has an XFS file system" },
	{ 65600, 8, "_BHRfS_M", "has a Btrfs file system" },
	{ 1024, 4, "\x10\x20\xf5\xf2", "has an F2FS file system" },
	{ 1024, 4, "\xe2\xe1\xf5\xe0", "has an EROFS file system" },
	{ 0, 4, "hsqs", "has a squashfs file system" },
};

/* Only of a whole image. */
static const struct magic wrong_images[] = {
	{ 0, 4, "QFI\xfb", "is a qcow2 image: unpack it with qemu-img convert -O raw" },
	{ 0, 4, "KDMV", "is a VMDK image: unpack it with qemu-img convert -O raw" },
	{ 0, 8, "vhdxfile", "is a VHDX image: unpack it with qemu-img convert -O raw" },
	{ 0, 2, "\x1f\x8b", "is packed with gzip: unpack it first (gunzip)" },
	{ 0, 6, "\375" "7zXZ", "is packed with xz: unpack it first (unxz)" },
	{ 0, 4, "\x28\xb5\x2f\xfd", "is packed with zstd: unpack it first (unzstd)" },
	{ 32769, 5, "CD001", "is a CD image: give its kernel with --kernel" },
};

static const char *find_magic(int fd, u64 start, const struct magic *m, size_t n)
{
	u8 buf[8];

	for (; n--; m++)
		if (image_pread(fd, buf, m->len, start + m->off) && !memcmp(buf, m->magic, m->len))
			return m->say;
	return NULL;
}

static const char *foreign_part(int fd, const struct part *p)
{
	return find_magic(fd, p->start, foreign, ARRAY_SIZE(foreign));
}

static const char *wrong_image(int fd)
{
	return find_magic(fd, 0, wrong_images, ARRAY_SIZE(wrong_images));
}

/* ---- The search ---------------------------------------------------------------------------- */

/**
 * struct search - where we are
 * @parts: of the disk
 * @part: where the entry is
 * @fs: file system in it, NULL as long as nothing was found
 * @en: what to boot
 * @why: the first reason for which something can't be booted
 * @file_systems: that could be read
 */
struct search {
	struct parts parts;
	const struct part *part;
	struct ext4 *fs;
	struct entry en;
	struct err why;
	unsigned int file_systems;
};

static void note(struct search *s, const struct part *p, const char *say)
{
	if (*s->why.text)
		return;
	if (p->number)
		err_set(&s->why, "partition %u %s", p->number, say);
	else
		err_set(&s->why, "%s", say);
}

static struct ext4 *open_part(const struct scan *scan, struct search *s, const struct part *p)
{
	struct ext4 *fs;
	const char *say;
	struct err e;

	if (p->cut) {
		note(s, p, "ends beyond the end of the image: is it too small, or cut off?");
		return NULL;
	}
	if (!ext4_probe(scan->fd, p)) {
		say = foreign_part(scan->fd, p);
		if (say)
			note(s, p, say);
		return NULL;
	}
	fs = ext4_open(scan->fd, p, &e);
	if (!fs)
		note(s, p, e.text);
	return fs;
}

static void search_part(const struct scan *scan, struct search *s, const struct part *p)
{
	struct err e = { "" }, text;

	s->fs = open_part(scan, s, p);
	if (!s->fs)
		return;
	s->file_systems++;
	if (entry_find(s->fs, &s->en, &e)) {
		s->part = p;
		return;
	}
	if (*e.text) {
		err_set(&text, "has no kernel to boot: %.400s%s", e.text, ext4_unclean(s->fs) ?
			" (its journal needs recovery: try e2fsck)" : "");
		note(s, p, text.text);
	}
	ext4_close(s->fs);
	s->fs = NULL;
}

static int nothing_found(const struct scan *scan, const struct search *s, struct err *e)
{
	const char *wrong = wrong_image(scan->fd);

	if (wrong)
		return err_set(e, "%s", wrong);
	if (*s->why.text)
		return err_set(e, "%.400s", s->why.text);
	if (s->file_systems)
		return err_set(e, "no kernel inside: no extlinux.conf, loader/entries, vmlinuz or boot/vmlinuz-*; give one with --kernel");
	return err_set(e, "no ext2, ext3 or ext4 file system inside; give a kernel with --kernel");
}

/* ---- Root and command line ----------------------------------------------------------------- */

static bool has_system(struct ext4 *fs)
{
	struct err e;

	return ext4_exists(fs, "/etc", &e) > 0;
}

/* The kernel alone knows partitions by their UUIDs, and an initrd file systems by theirs. */
static void name_root(const struct search *s, struct ext4 *fs, const struct part *p, char *out,
		      size_t size)
{
	char uuid[37];

	ext4_uuid(fs, uuid);
	if (*s->en.initrds)
		snprintf(out, size, "root=UUID=%s", uuid);
	else if (p->number)
		snprintf(out, size, "root=PARTUUID=%s", p->uuid);
	else
		snprintf(out, size, "root=/dev/vda");
}

/* The file system with the kernel, unless that is for booting only: then the first with /etc. */
static int find_root(const struct scan *scan, struct search *s, char *out, size_t size,
		     struct err *e)
{
	struct search other = { .part = NULL };
	struct ext4 *fs;
	unsigned int i;

	*out = 0;
	if (has_system(s->fs))
		name_root(s, s->fs, s->part, out, size);
	for (i = 0; i < s->parts.nr && !*out; i++) {
		fs = open_part(scan, &other, &s->parts.part[i]);
		if (fs && has_system(fs))
			name_root(s, fs, &s->parts.part[i], out, size);
		if (fs)
			ext4_close(fs);
	}
	if (*out)
		return 0;
	return err_set(e, "has a kernel but no root file system%s%.200s: name it with --append root=...",
		       *other.why.text ? ": " : "", other.why.text);
}

static bool has_option(const char *line, const char *name)
{
	size_t len = strlen(name);
	const char *p = line;

	while ((p = strstr(p, name))) {
		if (p == line || p[-1] == ' ')
			return true;
		p += len;
	}
	return false;
}

/* The entry's options, what is missing in them, and what the user adds, who has the last word. */
static int make_append(struct scan *scan, struct search *s, struct err *e)
{
	const char *user = scan->user ?: "", *console = " console=ttyAMA0";
	char root[64] = "";
	int n;

	if (!s->en.own_root && !has_option(user, "root=") &&
	    find_root(scan, s, root, sizeof(root), e))
		return -1;
	if (has_option(user, "console=") || has_option(s->en.options, "console=ttyAMA0"))
		console = "";
	n = snprintf(scan->append, sizeof(scan->append), "%s%s%s%s%s%s", s->en.options,
		     *s->en.options && *root ? " " : "", root, console, *user ? " " : "", user);
	if (n < 0 || (size_t)n >= sizeof(scan->append))
		return err_set(e, "the kernel command line is longer than %d characters",
			       IMAGE_APPEND_MAX - 1);
	memmove(scan->append, scan->append + (*scan->append == ' '), strlen(scan->append) + 1);
	return 0;
}

/* ---- All of it ----------------------------------------------------------------------------- */

/* Several initrds follow each other at multiples of 4, as the kernel unpacks them. */
static int copy_initrds(struct scan *scan, struct search *s, struct err *e)
{
	static const char zeroes[4];
	char *word, *rest;
	size_t pad;

	for (word = strtok_r(s->en.initrds, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		pad = -scan->initrd_len % 4;
		if (pad && write(scan->initrd_fd, zeroes, pad) != (ssize_t)pad)
			return err_set(e, "not enough memory for the initrd");
		scan->initrd_len += pad;
		if (ext4_copy(s->fs, word, scan->initrd_fd, scan->limit, &scan->initrd_len, e))
			return -1;
	}
	return 0;
}

static int take(struct scan *scan, struct search *s, struct err *e)
{
	if (s->part->number)
		snprintf(scan->kernel, sizeof(scan->kernel), "%s of partition %u", s->en.kernel,
			 s->part->number);
	else
		snprintf(scan->kernel, sizeof(scan->kernel), "%s", s->en.kernel);
	if (make_append(scan, s, e) ||
	    ext4_copy(s->fs, s->en.kernel, scan->kernel_fd, scan->limit, &scan->kernel_len, e))
		return -1;
	if (!scan->kernel_len)
		return err_set(e, "%s: is empty", scan->kernel);
	return copy_initrds(scan, s, e);
}

/**
 * scan_image() - find what to boot and copy it out
 * @scan: fd, size, limit, user and the two empty files; the rest is filled in
 * @e: why not
 */
int scan_image(struct scan *scan, struct err *e)
{
	struct search *s = calloc(1, sizeof(*s));
	unsigned int i;
	int ret;

	if (!s)
		return err_set(e, "not enough memory");
	ret = parts_read(scan->fd, scan->size, &s->parts, &s->why);
	for (i = 0; !ret && i < s->parts.nr && !s->fs; i++)
		search_part(scan, s, &s->parts.part[i]);
	if (s->fs) {
		ret = take(scan, s, e);
		ext4_close(s->fs);
	} else {
		ret = nothing_found(scan, s, e);
	}
	free(s);
	return ret;
}
