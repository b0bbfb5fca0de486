/* SPDX-License-Identifier: GPL-2.0 */
/*
 * liburing on a kernel without io_uring. loop_io.c then makes the system calls itself, where the
 * sanitizers see which memory they touch, and their ends are told in an order that repeats.
 */
#ifndef FAKE_LIBURING_H
#define FAKE_LIBURING_H

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>

#define IORING_SETUP_CQSIZE		(1u << 3)
#define IORING_SETUP_COOP_TASKRUN	(1u << 8)
#define IORING_FEAT_NODROP		(1u << 1)
#define IORING_FSYNC_DATASYNC		(1u << 0)

struct io_uring_params {
	unsigned int flags;
	unsigned int cq_entries;
};

#define IOSQE_FIXED_FILE		(1u << 0)

enum {
	IORING_OP_READV, IORING_OP_WRITEV, IORING_OP_READ, IORING_OP_WRITE, IORING_OP_READ_FIXED,
	IORING_OP_WRITE_FIXED,
};

struct io_uring_sqe {
	void *data;
	unsigned char flags;
	unsigned short buf_index;
	int rw_flags;
};

struct io_uring_cqe {
	int res;
};

struct io_uring {
	int ring_fd;
	unsigned int features;
};

static inline int io_uring_queue_init_params(unsigned int entries, struct io_uring *ring,
					     struct io_uring_params *p)
{
	(void)entries, (void)ring, (void)p;
	return -ENOSYS;
}

/* None of the rest is reached. */

static inline void io_uring_queue_exit(struct io_uring *ring)
{
	(void)ring;
	abort();
}

static inline int io_uring_submit(struct io_uring *ring)
{
	(void)ring;
	abort();
}

static inline unsigned int io_uring_sq_ready(struct io_uring *ring)
{
	(void)ring;
	abort();
}

static inline struct io_uring_sqe *io_uring_get_sqe(struct io_uring *ring)
{
	(void)ring;
	abort();
}

static inline int io_uring_peek_cqe(struct io_uring *ring, struct io_uring_cqe **cqe)
{
	(void)ring, (void)cqe;
	abort();
}

static inline int io_uring_wait_cqe(struct io_uring *ring, struct io_uring_cqe **cqe)
{
	(void)ring, (void)cqe;
	abort();
}

static inline void io_uring_cqe_seen(struct io_uring *ring, struct io_uring_cqe *cqe)
{
	(void)ring, (void)cqe;
}

static inline void *io_uring_cqe_get_data(const struct io_uring_cqe *cqe)
{
	(void)cqe;
	abort();
}

static inline void io_uring_sqe_set_data(struct io_uring_sqe *sqe, void *data)
{
	sqe->data = data;
}

static inline void io_uring_prep_rw(int op, struct io_uring_sqe *sqe, int fd, const void *addr,
				    unsigned int n, u_int64_t off)
{
	(void)op, (void)sqe, (void)fd, (void)addr, (void)n, (void)off;
}

static inline int io_uring_register_buffers(struct io_uring *ring, const struct iovec *bufs,
					    unsigned int n)
{
	(void)ring, (void)bufs, (void)n;
	abort();
}

static inline int io_uring_unregister_buffers(struct io_uring *ring)
{
	(void)ring;
	abort();
}

static inline int io_uring_register_files(struct io_uring *ring, const int *files, unsigned int n)
{
	(void)ring, (void)files, (void)n;
	abort();
}

static inline int io_uring_register_files_update(struct io_uring *ring, unsigned int off,
						 const int *files, unsigned int n)
{
	(void)ring, (void)off, (void)files, (void)n;
	abort();
}

static inline void io_uring_prep_fsync(struct io_uring_sqe *sqe, int fd, unsigned int flags)
{
	(void)sqe, (void)fd, (void)flags;
}

static inline void io_uring_prep_fallocate(struct io_uring_sqe *sqe, int fd, int mode, off_t off,
					   off_t len)
{
	(void)sqe, (void)fd, (void)mode, (void)off, (void)len;
}

#endif /* FAKE_LIBURING_H */
