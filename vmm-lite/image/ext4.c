// SPDX-License-Identifier: GPL-2.0
/*
 * ext2, ext3 and ext4, by libext2fs. It reaches the disk through the few functions of an I/O
 * manager of ours, which can read within one partition and do nothing else, so that the process
 * needs no other system calls for it.
 */
#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "image/image.h"

#define SUPER_OFFSET	1024
#define SUPER_MAGIC	(SUPER_OFFSET + 56)
#define NAMES_MAX	10000	/* in one directory that we look through */

struct ext4 {
	ext2_filsys fs;
};

/* ---- The disk under it --------------------------------------------------------------------- */

struct window {
	int fd;
	u64 start;
	u64 size;
};

static errcode_t window_close(io_channel io)
{
	if (--io->refcount > 0)
		return 0;
	free(io->private_data);
	free(io->name);
	free(io);
	return 0;
}

static errcode_t window_set_blksize(io_channel io, int size)
{
	io->block_size = size;
	return 0;
}

/* A negative count is one of bytes. */
static errcode_t window_read64(io_channel io, unsigned long long block, int count, void *buf)
{
	const struct window *w = io->private_data;
	u64 len = count < 0 ? -(u64)count : (u64)count * (u64)io->block_size;
	u64 off;

	if (__builtin_mul_overflow(block, (u64)io->block_size, &off) || off > w->size ||
	    len > w->size - off || !image_pread(w->fd, buf, len, w->start + off))
		return EXT2_ET_SHORT_READ;
	return 0;
}

static errcode_t window_read(io_channel io, unsigned long block, int count, void *buf)
{
	return window_read64(io, block, count, buf);
}

static errcode_t window_write64(io_channel io, unsigned long long block, int count,
				const void *buf)
{
	(void)io;
	(void)block;
	(void)count;
	(void)buf;
	return EXT2_ET_RO_FILSYS;
}

static errcode_t window_write(io_channel io, unsigned long block, int count, const void *buf)
{
	return window_write64(io, block, count, buf);
}

static errcode_t window_flush(io_channel io)
{
	(void)io;
	return 0;
}

static errcode_t window_open(const char *name, int flags, io_channel *channel);

static struct struct_io_manager window_manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "part of a disk",
	.open = window_open,
	.close = window_close,
	.set_blksize = window_set_blksize,
	.read_blk = window_read,
	.write_blk = window_write,
	.flush = window_flush,
	.read_blk64 = window_read64,
	.write_blk64 = window_write64,
};

/* The name is what ext4_open() made of descriptor and place; libext2fs has no other argument. */
static errcode_t window_open(const char *name, int flags, io_channel *channel)
{
	io_channel io = calloc(1, sizeof(*io));
	struct window *w = calloc(1, sizeof(*w));

	(void)flags;
	if (!io || !w || sscanf(name, "%d:%" SCNu64 ":%" SCNu64, &w->fd, &w->start,
			     &w->size) != 3) {
		free(io);
		free(w);
		return EXT2_ET_NO_MEMORY;
	}
	io->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	io->manager = &window_manager;
	io->name = strdup(name);
	io->block_size = SUPER_OFFSET;
	io->refcount = 1;
	io->private_data = w;
	*channel = io;
	return 0;
}

/* ---- File systems -------------------------------------------------------------------------- */

bool ext4_probe(int fd, const struct part *p)
{
	u8 magic[2];

	return image_pread(fd, magic, sizeof(magic), p->start + SUPER_MAGIC) &&
	       get_le16(magic) == EXT2_SUPER_MAGIC;
}

static const char *reason(errcode_t code)
{
	switch (code) {
	case EXT2_ET_SYMLINK_LOOP:
		return "its symbolic links lead in a circle";
	case EXT2_ET_UNSUPP_FEATURE:
	case EXT2_ET_RO_UNSUPP_FEATURE:
		return "has features that vmm-lite's libext2fs doesn't know";
	case EXT2_ET_NO_MEMORY:
		return "needs more memory than reading an image may take: is it damaged?";
	case EXT2_ET_SHORT_READ:
		return "lies beyond the end of the file system: is it damaged?";
	default:
		return error_message(code);
	}
}

struct ext4 *ext4_open(int fd, const struct part *p, struct err *e)
{
	struct ext4 *fs = calloc(1, sizeof(*fs));
	char name[80];
	u64 blocks;
	errcode_t ret;

	if (!fs) {
		err_set(e, "not enough memory");
		return NULL;
	}
	initialize_ext2_error_table();
	snprintf(name, sizeof(name), "%d:%" PRIu64 ":%" PRIu64, fd, p->start, p->size);
	ret = ext2fs_open(name, EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP, 0, 0, &window_manager,
			  &fs->fs);
	if (ret) {
		err_set(e, "its file system can't be read: %s", reason(ret));
		free(fs);
		return NULL;
	}
	blocks = ext2fs_blocks_count(fs->fs->super);
	if (blocks > p->size / fs->fs->blocksize) {
		err_set(e, "is too small: the file system in it has %llu MiB, of which %llu MiB are there; is it cut off?",
			(unsigned long long)(blocks * fs->fs->blocksize / MIB),
			(unsigned long long)(p->size / MIB));
		ext4_close(fs);
		return NULL;
	}
	return fs;
}

void ext4_close(struct ext4 *fs)
{
	ext2fs_free(fs->fs);
	free(fs);
}

bool ext4_unclean(const struct ext4 *fs)
{
	return ext2fs_has_feature_journal_needs_recovery(fs->fs->super);
}

void ext4_uuid(const struct ext4 *fs, char text[37])
{
	const u8 *u = fs->fs->super->s_uuid;
	unsigned int i;

	for (i = 0; i < 16; i++)
		text += sprintf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
				u[i]);
}

/* ---- Files --------------------------------------------------------------------------------- */

static int look_up(struct ext4 *fs, const char *path, ext2_ino_t *ino, struct err *e)
{
	errcode_t ret = ext2fs_namei_follow(fs->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, ino);

	if (!ret)
		return 1;
	if (ret != EXT2_ET_FILE_NOT_FOUND && ret != EXT2_ET_NO_DIRECTORY)
		return err_set(e, "%s: %s", path, reason(ret));
	if (ext2fs_namei(fs->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, ino))
		return 0;
	return err_set(e, "%s: is a symbolic link to a file that isn't there", path);
}

int ext4_exists(struct ext4 *fs, const char *path, struct err *e)
{
	ext2_ino_t ino;

	return look_up(fs, path, &ino, e);
}

/* 1, 0 or -1, as look_up(). */
static int open_file(struct ext4 *fs, const char *path, u64 limit, ext2_file_t *f, u64 *size,
		     struct err *e)
{
	struct ext2_inode inode;
	ext2_ino_t ino;
	errcode_t err;
	int ret;

	ret = look_up(fs, path, &ino, e);
	if (ret <= 0)
		return ret;
	err = ext2fs_read_inode(fs->fs, ino, &inode);
	if (err)
		return err_set(e, "%s: %s", path, reason(err));
	if (!LINUX_S_ISREG(inode.i_mode))
		return err_set(e, "%s: is no regular file", path);
	if (inode.i_flags & EXT4_ENCRYPT_FL)
		return err_set(e, "%s: is encrypted", path);
	*size = EXT2_I_SIZE(&inode);
	if (*size > limit)
		return err_set(e, "%s: is larger than %llu MiB; does the guest need more --memory?",
			       path, (unsigned long long)(limit / MIB));
	err = ext2fs_file_open2(fs->fs, ino, &inode, 0, f);
	return err ? err_set(e, "%s: %s", path, reason(err)) : 1;
}

static int write_all(int fd, const u8 *p, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int ext4_copy(struct ext4 *fs, const char *path, int out, u64 limit, u64 *len, struct err *e)
{
	u64 size, left;
	u8 buf[16 * KIB];
	unsigned int n;
	ext2_file_t f;
	errcode_t err;
	int ret;

	ret = open_file(fs, path, limit > *len ? limit - *len : 0, &f, &size, e);
	if (ret < 0)
		return ret;
	if (!ret)
		return err_set(e, "%s: isn't there", path);
	for (left = size, ret = 0; left && !ret; left -= n) {
		n = left < sizeof(buf) ? (unsigned int)left : sizeof(buf);
		err = ext2fs_file_read(f, buf, n, &n);
		if (err || !n)
			ret = err_set(e, "%s: %s", path, reason(err ? err : EXT2_ET_SHORT_READ));
		else if (write_all(out, buf, n))
			ret = err_set(e, "%s: not enough memory: %s", path, strerror(errno));
	}
	ext2fs_file_close(f);
	*len += size - left;
	return ret;
}

int ext4_text(struct ext4 *fs, const char *path, char *buf, size_t size, struct err *e)
{
	unsigned int n = 0;
	ext2_file_t f;
	errcode_t err;
	u64 len;
	int ret;

	ret = open_file(fs, path, size - 1, &f, &len, e);
	if (ret <= 0)
		return ret;
	err = ext2fs_file_read(f, buf, (unsigned int)len, &n);
	ext2fs_file_close(f);
	if (err)
		return err_set(e, "%s: %s", path, reason(err));
	buf[n] = 0;
	return 1;
}

/* ---- Directories --------------------------------------------------------------------------- */

struct listing {
	void (*fn)(void *ctx, const char *name);
	void *ctx;
	unsigned int names;
};

static int list_one(struct ext2_dir_entry *d, int offset, int block_size, char *buf, void *ctx)
{
	size_t len = (size_t)ext2fs_dirent_name_len(d);
	struct listing *l = ctx;
	char name[256];

	(void)offset;
	(void)block_size;
	(void)buf;
	if (len >= sizeof(name) || ++l->names > NAMES_MAX)
		return DIRENT_ABORT;
	memcpy(name, d->name, len);
	name[len] = 0;
	l->fn(l->ctx, name);
	return 0;
}

void ext4_list(struct ext4 *fs, const char *dir, void (*fn)(void *ctx, const char *name),
	       void *ctx)
{
	struct listing l = { .fn = fn, .ctx = ctx };
	ext2_ino_t ino;
	struct err e;

	if (look_up(fs, dir, &ino, &e) > 0)
		ext2fs_dir_iterate(fs->fs, ino, 0, NULL, list_one, &l);
}
