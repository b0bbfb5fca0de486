/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of this folder offer each other: partitions, file systems and boot entries of a
 * disk image, of which every byte is untrusted. All but image.c runs in a process of its own that
 * has nothing to lose; the unit tests run it without that process, under sanitizers.
 */
#ifndef VMM_IMAGE_H
#define VMM_IMAGE_H

#include "util.h"

#define IMAGE_PATH_MAX		256
#define IMAGE_INITRDS_MAX	1024
#define IMAGE_APPEND_MAX	2048	/* COMMAND_LINE_SIZE of an arm64 kernel */

/* ---- part.c: partition tables -------------------------------------------------------------- */

#define PARTS_MAX		128

/**
 * struct part - a partition
 * @number: as the kernel counts them; 0 is a disk without a partition table
 * @start: in bytes
 * @size: in bytes
 * @cut: the image ends before it does
 * @uuid: what root=PARTUUID= names it by
 */
struct part {
	unsigned int number;
	u64 start;
	u64 size;
	bool cut;
	char uuid[37];
};

struct parts {
	unsigned int nr;
	struct part part[PARTS_MAX];
};

int parts_read(int fd, u64 size, struct parts *p, struct err *e);
/* All of it, or false. */
bool image_pread(int fd, void *buf, size_t len, u64 off);

/* ---- ext4.c: the only file that includes ext2fs.h ------------------------------------------ */

struct ext4;

bool ext4_probe(int fd, const struct part *p);
struct ext4 *ext4_open(int fd, const struct part *p, struct err *e);
void ext4_close(struct ext4 *fs);
/* The journal has what the file system has not: it was not unmounted. */
bool ext4_unclean(const struct ext4 *fs);
void ext4_uuid(const struct ext4 *fs, char text[37]);
/* Paths are absolute, and symbolic links are followed. 1: it is there; 0: not; -1: *e says why. */
int ext4_exists(struct ext4 *fs, const char *path, struct err *e);
/* The file's content to the end of @out; *len grows by its length, to @limit at most. */
int ext4_copy(struct ext4 *fs, const char *path, int out, u64 limit, u64 *len, struct err *e);
/* A text file, terminated by a zero: 1, 0 or -1 as above. */
int ext4_text(struct ext4 *fs, const char *path, char *buf, size_t size, struct err *e);
/* Calls @fn for each name in a directory; one that is not there has none. */
void ext4_list(struct ext4 *fs, const char *dir, void (*fn)(void *ctx, const char *name),
	       void *ctx);

/* ---- entry.c: what to boot ----------------------------------------------------------------- */

/**
 * struct entry - what a boot loader would start
 * @kernel: its path
 * @initrds: paths, with a space between each two
 * @options: kernel command line
 * @own_root: @options say what the root file system is, or that there is none
 */
struct entry {
	char kernel[IMAGE_PATH_MAX];
	char initrds[IMAGE_INITRDS_MAX];
	char options[IMAGE_APPEND_MAX];
	bool own_root;
};

/* False: there is none, and *e says why if there is more to say. */
bool entry_find(struct ext4 *fs, struct entry *en, struct err *e);

/* ---- scan.c: all of that ------------------------------------------------------------------- */

/**
 * struct scan - a search, and what it found
 * @fd: the image
 * @size: its bytes
 * @limit: bytes that kernel and initrd may have, each
 * @user: what the user adds to the command line, or NULL
 * @kernel_fd: an empty file that gets the kernel
 * @initrd_fd: another one
 * @kernel_len: their lengths
 * @initrd_len: 0 without one
 * @kernel: where it was found
 * @append: kernel command line
 */
struct scan {
	int fd;
	u64 size;
	u64 limit;
	const char *user;
	int kernel_fd;
	int initrd_fd;
	u64 kernel_len;
	u64 initrd_len;
	char kernel[IMAGE_PATH_MAX + 32];
	char append[IMAGE_APPEND_MAX];
};

int scan_image(struct scan *s, struct err *e);

#endif /* VMM_IMAGE_H */
