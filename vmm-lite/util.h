/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every file of vmm-lite may use: integer names, bit helpers and the error line. It knows
 * nothing of VMs. Code below main.c neither prints nor exits: it fills in a struct err and returns
 * a negative number, and main.c prints that one line.
 */
#ifndef VMM_UTIL_H
#define VMM_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define KIB			((u64)1 << 10)
#define MIB			((u64)1 << 20)
#define GIB			((u64)1 << 30)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a)		(((x) + ((a) - 1)) & ~((u64)(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((u64)(a) - 1))
#define container_of(p, type, member)	\
	((type *)((char *)(p) - offsetof(type, member)))

/**
 * struct err - why something failed, as one line for the user
 * @text: what is wrong and what to do about it, without a newline
 */
struct err {
	char text[512];
};

/* Fill in the line; always returns -1, so that "return err_set(...)" reads as what it does. */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line on standard error while a VM runs, when the terminal may be raw. From any thread. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * For a program that we start, first in the child: a session of its own, signals as a program
 * expects them, and its end when ours, process @parent, is there. False: that is already so.
 */
bool child_begin(pid_t parent);
/* Then in the parent: it shall end by itself, but not take longer than this many milliseconds. */
void child_end(pid_t pid, unsigned int ms);

/* Little-endian fields of files and headers at any alignment. */
static inline u16 get_le16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[0] | b[1] << 8);
}

static inline u32 get_le32(const void *p)
{
	return get_le16(p) | (u32)get_le16((const u8 *)p + 2) << 16;
}

static inline u64 get_le64(const void *p)
{
	return get_le32(p) | (u64)get_le32((const u8 *)p + 4) << 32;
}

static inline void put_le16(void *p, u16 v)
{
	u8 *b = p;

	b[0] = (u8)v;
	b[1] = (u8)(v >> 8);
}

static inline void put_le32(void *p, u32 v)
{
	put_le16(p, (u16)v);
	put_le16((u8 *)p + 2, (u16)(v >> 16));
}

static inline void put_le64(void *p, u64 v)
{
	put_le32(p, (u32)v);
	put_le32((u8 *)p + 4, (u32)(v >> 32));
}

/* "512", "2G": a size; a bare number counts MiB. False if it isn't one. */
bool parse_size(const char *s, u64 *bytes);
/* A decimal number in a range. */
bool parse_number(const char *s, unsigned int min, unsigned int max, unsigned int *n);

/* Files: the whole content in memory of its own; to be released with free(). */
int file_read(const char *what, const char *path, u64 limit, u8 **data, size_t *len,
	      struct err *e);
/* From where @fd is to its end; @name is for the messages. */
int file_read_fd(const char *what, const char *name, int fd, u64 limit, u8 **data, size_t *len,
		 struct err *e);
int file_write(const char *path, const void *data, size_t len, struct err *e);

#endif /* VMM_UTIL_H */
