// SPDX-License-Identifier: GPL-2.0
/*
 * image_fuzz ROUNDS IMAGE...: damaged copies of disk images, which must be refused with a line or
 * give a kernel within the limit, without a sanitizer's complaint. The same ones each time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/image.h"
#include "tap.h"

#define LIMIT	MIB

/* Blocks with something in them are few; damage elsewhere is none. */
struct copy {
	u8 *data;
	size_t len;
	size_t *used;
	size_t nr_used;
};

static bool load(struct copy *c, const char *path)
{
	static const u8 zeroes[128];
	struct err e;
	size_t at;

	if (file_read("image", path, 64 * MIB, &c->data, &c->len, &e)) {
		printf("# %s\n", e.text);
		return false;
	}
	c->used = calloc(c->len / 128 + 1, sizeof(*c->used));
	for (at = 0; at + 128 <= c->len; at += 128)
		if (memcmp(c->data + at, zeroes, 128))
			c->used[c->nr_used++] = at;
	return true;
}

static bool scan_once(int fd, u64 size, int kernel, int initrd)
{
	struct scan s = { .fd = fd, .size = size, .limit = LIMIT, .kernel_fd = kernel,
			  .initrd_fd = initrd };
	struct err e = { "" };

	if (ftruncate(kernel, 0) || ftruncate(initrd, 0) || lseek(kernel, 0, SEEK_SET) ||
	    lseek(initrd, 0, SEEK_SET))
		return false;
	if (scan_image(&s, &e))
		return *e.text;
	return s.kernel_len <= LIMIT && s.initrd_len <= LIMIT && *s.kernel &&
	       strnlen(s.append, sizeof(s.append)) < sizeof(s.append);
}

/* A few pieces of up to 128 bytes, damaged in place and repaired afterwards. */
static bool round_of(const struct copy *c, int fd, const int out[2], u64 *seed)
{
	unsigned int i, n = (unsigned int)(rnd(seed) % 3) + 1;
	size_t at[3], cut = c->len;
	u8 piece[128];
	bool good;

	for (i = 0; i < n; i++) {
		at[i] = c->used[rnd(seed) % c->nr_used];
		memcpy(piece, c->data + at[i], sizeof(piece));
		mutate(piece, sizeof(piece), seed);
		if (pwrite(fd, piece, sizeof(piece), (off_t)at[i]) != sizeof(piece))
			return false;
	}
	if (rnd(seed) % 16 == 0)
		cut = rnd(seed) % c->len;
	good = scan_once(fd, cut, out[0], out[1]);
	for (i = 0; i < n; i++)
		if (pwrite(fd, c->data + at[i], 128, (off_t)at[i]) != 128)
			return false;
	return good;
}

static bool fuzz(const char *path, unsigned int rounds)
{
	int fd = memfd_create("image", 0), out[2] = { memfd_create("k", 0), memfd_create("i", 0) };
	struct copy c = { 0 };
	unsigned int i;
	u64 seed = 42;
	bool good;

	good = load(&c, path) && write(fd, c.data, c.len) == (ssize_t)c.len &&
	       scan_once(fd, c.len, out[0], out[1]);
	for (i = 0; good && i < rounds; i++)
		good = round_of(&c, fd, out, &seed);
	if (!good)
		printf("# round %u of %s\n", i, path);
	free(c.data);
	free(c.used);
	close(fd);
	close(out[0]);
	close(out[1]);
	return good;
}

int main(int argc, char **argv)
{
	bool good = argc > 2;
	int i;

	for (i = 2; i < argc; i++)
		good &= fuzz(argv[i], (unsigned int)atoi(argv[1]));
	return !good;
}
