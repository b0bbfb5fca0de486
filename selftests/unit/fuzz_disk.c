// SPDX-License-Identifier: GPL-2.0
/* A disk in a file in memory, and the source of random numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "fuzz_kinds.h"

#define DISK		0x4000

#ifdef KIND_RNG

/* The build renames these two for rng.c: bytes that repeat, and time that is over at once. */
ssize_t fuzz_getrandom(void *buf, size_t len, unsigned int flags)
{
	(void)flags;
	memset(buf, 0x37, len);
	return (ssize_t)len;
}

#undef timerfd_settime
int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old);

int fuzz_timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	struct itimerspec its = *new;

	its.it_value.tv_nsec = 1;
	return timerfd_settime(fd, flags, &its, old);
}

static void option(char *value, size_t size, u8 mode)
{
	(void)size, (void)mode;
	*value = 0;
}

static void request(struct shape *s, unsigned int queue, struct input *in)
{
	(void)queue;
	s->in = word(in);
}

const struct fuzz_kind fuzz_kind = { &rng_class, 1, option, request };

#else

static int disk_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("disk", MFD_CLOEXEC);
	MUST(fd >= 0);
	return fd;
}

/* The build makes O_DIRECT nothing: its rules are kept, whether or not memfds have it. */
static void option(char *value, size_t size, u8 mode)
{
	MUST(!ftruncate(disk_fd(), 0) && !ftruncate(disk_fd(), DISK));
	snprintf(value, size, "/proc/self/fd/%d%s%s", disk_fd(), mode & 2 ? ",ro" : "",
		 mode & 16 ? ",cache=none" : "");
}

static void request(struct shape *s, unsigned int queue, struct input *in)
{
	static const u8 types[] = { 0, 1, 0, 1, 4, 8, 11, 13 };
	u8 type = types[byte(in) % ARRAY_SIZE(types)], odd = byte(in);
	unsigned int data = 512u * (byte(in) % 8);

	(void)queue;
	put_le32(s->head, odd == 1 ? byte(in) : type);
	put_le64(s->head + 8, odd == 2 ? ~0ULL >> byte(in) % 64 : byte(in) % (DISK / 512 + 1));
	/* Of a range to be discarded. */
	put_le64(s->head + 16, byte(in) % (DISK / 512));
	put_le32(s->head + 24, byte(in) % 16);
	put_le32(s->head + 28, byte(in) % 3);
	s->head_len = type > 8 ? 32 : 16;
	s->out = type == 1 ? data : 0;
	s->in = (type == 0 || type == 8 ? data : 0) + 1;
}

static void end(void)
{
	struct stat st;

	MUST(!fstat(disk_fd(), &st) && st.st_size == DISK);
}

const struct fuzz_kind fuzz_kind = { &blk_class, 4, option, request, NULL, NULL, end };

#endif
