// SPDX-License-Identifier: GPL-2.0
/*
 * File I/O in the loop thread: io_uring, whose descriptor is one more source of the loop. Where the
 * kernel has none or forbids it, the system calls are made one by one, and their callers see no
 * difference but the time.
 *
 * Files are registered with the ring, and so is guest memory that is locked: the kernel then looks
 * up neither for each request. Memory that is not locked is never registered, because that would
 * lock it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm.h"

#define RING_ENTRIES	256
/* More than can be in flight: then a full ring always has room after submission. */
#define RING_COMPLETIONS	8192
/* The kernel's limit for one registered buffer. */
#define BUFFER_SIZE	((u64)1 << 30)

/**
 * struct loop_ring - file I/O
 * @tried: the first operation has found out whether io_uring works here
 * @uring: it does
 * @ring: it
 * @ring_src: says that some of its operations have ended
 * @unsubmitted: entries the kernel has not seen
 * @inflight: operations whose done() has not been called
 * @ended: without io_uring: operations whose done() is due
 * @src: says that there are some
 * @files: those that loop_io_open() has given numbers, -1 where there is none
 * @files_known: the kernel has them by these numbers
 * @mem: memory whose pages stay where they are
 * @mem_known: the kernel has it as buffers of BUFFER_SIZE
 */
struct loop_ring {
	bool tried;
	bool uring;
	struct io_uring ring;
	struct loop_source ring_src;
	unsigned int unsubmitted;
	unsigned int inflight;
	struct loop_op *ended;
	struct loop_source src;
	int files[VM_MAX_VDEVS];
	bool files_known;
	struct iovec mem;
	bool mem_known;
};

/* ---- The ring -------------------------------------------------------------------------------- */

static void end_op(struct loop_ring *r, struct loop_op *op, int res)
{
	r->inflight--;
	op->done(op, res);
}

void loop_io_submit(struct loop *l)
{
	struct loop_ring *r = l->ring;

	/* -EAGAIN, -EBUSY: the kernel is short of something; what has ended makes room for it. */
	if (r->unsubmitted && io_uring_submit(&r->ring) > 0)
		r->unsubmitted = io_uring_sq_ready(&r->ring);
}

bool loop_io_short(const struct loop *l)
{
	return l->ring && l->ring->unsubmitted;
}

bool loop_io_reap(struct loop *l)
{
	struct loop_ring *r = l->ring;
	struct io_uring_cqe *cqe;
	struct loop_op *op;
	bool any = false;
	int res;

	while (r->uring && !io_uring_peek_cqe(&r->ring, &cqe)) {
		op = io_uring_cqe_get_data(cqe);
		res = cqe->res;
		/* Before done(), which may start the next. */
		io_uring_cqe_seen(&r->ring, cqe);
		end_op(r, op, res);
		any = true;
	}
	return any;
}

static void on_ring(void *ctx, u32 events)
{
	(void)events;
	loop_io_reap(ctx);
}

static void on_ended(void *ctx, u32 events)
{
	struct loop *l = ctx;
	struct loop_ring *r = l->ring;
	struct loop_op *op;
	u64 n;

	(void)events;
	if (read(r->src.fd, &n, sizeof(n)) != sizeof(n))
		return;
	while ((op = r->ended)) {
		r->ended = op->next;
		end_op(r, op, op->res);
	}
}

static int ring_setup(struct loop_ring *r)
{
	/* One thread uses it and looks often: no interprocessor interrupts are needed (5.19). */
	struct io_uring_params p = {
		.flags = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_CQSIZE,
		.cq_entries = RING_COMPLETIONS,
	};
	int ret = io_uring_queue_init_params(RING_ENTRIES, &r->ring, &p);

	if (ret == -EINVAL) {
		p = (struct io_uring_params){
			.flags = IORING_SETUP_CQSIZE,
			.cq_entries = RING_COMPLETIONS,
		};
		ret = io_uring_queue_init_params(RING_ENTRIES, &r->ring, &p);
	}
	/* 5.5: completions are never dropped, however many there are. */
	if (!ret && !(r->ring.features & IORING_FEAT_NODROP)) {
		io_uring_queue_exit(&r->ring);
		ret = -ENOSYS;
	}
	return ret;
}

static void ring_free(struct loop_ring *r)
{
	if (r->uring)
		io_uring_queue_exit(&r->ring);
	if (r->src.fd >= 0)
		close(r->src.fd);
	free(r);
}

int loop_io_init(struct loop *l, struct err *e)
{
	struct loop_ring *r;

	if (l->ring)
		return 0;
	r = calloc(1, sizeof(*r));
	if (!r)
		return err_set(e, "not enough memory");
	memset(r->files, -1, sizeof(r->files));
	r->src = (struct loop_source){ .fn = on_ended, .ctx = l };
	r->src.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->src.fd < 0 || loop_add(l, &r->src, EPOLLIN)) {
		ring_free(r);
		return err_set(e, "can't wait for file I/O: %s", strerror(errno));
	}
	l->ring = r;
	return 0;
}

void loop_io_exit(struct loop *l)
{
	if (l->ring)
		ring_free(l->ring);
	l->ring = NULL;
}

/* ---- What the kernel is told once ------------------------------------------------------------ */

/* It may refuse: memory counts against RLIMIT_MEMLOCK once more, and old kernels take no files. */
static void register_mem(struct loop_ring *r)
{
	unsigned int i, n = (unsigned int)((r->mem.iov_len + BUFFER_SIZE - 1) / BUFFER_SIZE);
	struct iovec *bufs = calloc(n, sizeof(*bufs));
	u64 left = r->mem.iov_len;

	for (i = 0; bufs && i < n; i++, left -= BUFFER_SIZE)
		bufs[i] = (struct iovec){
			(u8 *)r->mem.iov_base + i * BUFFER_SIZE,
			(size_t)(left < BUFFER_SIZE ? left : BUFFER_SIZE),
		};
	r->mem_known = bufs && !io_uring_register_buffers(&r->ring, bufs, n);
	free(bufs);
}

void loop_io_memory(struct loop *l, void *host, size_t size)
{
	struct loop_ring *r = l->ring;

	if (!r)
		return;
	if (r->mem_known)
		io_uring_unregister_buffers(&r->ring);
	r->mem_known = false;
	r->mem = (struct iovec){ host, size };
	if (size && r->uring)
		register_mem(r);
}

static int file_update(struct loop_ring *r, int file)
{
	int *fd = &r->files[file];

	return !r->files_known ||
	       io_uring_register_files_update(&r->ring, (unsigned int)file, fd, 1) == 1;
}

int loop_io_open(struct loop *l, int fd)
{
	struct loop_ring *r = l->ring;
	int i;

	for (i = 0; i < VM_MAX_VDEVS; i++) {
		if (r->files[i] >= 0)
			continue;
		r->files[i] = fd;
		if (file_update(r, i))
			return i;
		r->files[i] = -1;
		break;
	}
	return -1;
}

void loop_io_close(struct loop *l, int file)
{
	l->ring->files[file] = -1;
	file_update(l->ring, file);
}

static void try_uring(struct loop *l)
{
	struct loop_ring *r = l->ring;

	r->tried = true;
	if (ring_setup(r))
		return;
	r->ring_src = (struct loop_source){ .fd = r->ring.ring_fd, .fn = on_ring, .ctx = l };
	r->uring = !loop_add(l, &r->ring_src, EPOLLIN);
	if (!r->uring) {
		io_uring_queue_exit(&r->ring);
		return;
	}
	r->files_known = !io_uring_register_files(&r->ring, r->files, VM_MAX_VDEVS);
	if (r->mem.iov_len)
		register_mem(r);
}

/* ---- Operations ------------------------------------------------------------------------------ */

/* An entry for an operation, NULL without io_uring. */
static struct io_uring_sqe *start_op(struct loop *l)
{
	struct loop_ring *r = l->ring;
	struct io_uring_sqe *sqe;

	if (!r->tried)
		try_uring(l);
	r->inflight++;
	if (!r->uring)
		return NULL;
	while (!(sqe = io_uring_get_sqe(&r->ring)))
		loop_io_submit(l);
	r->unsubmitted++;
	return sqe;
}

/* By its number if the kernel knows that: what the prep functions are told. */
static int file_of(const struct loop_ring *r, int file)
{
	return r->files_known ? file : r->files[file];
}

/* After the prep function, which clears everything. */
static void entry_done(const struct loop_ring *r, struct io_uring_sqe *sqe, struct loop_op *op)
{
	if (r->files_known)
		sqe->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data(sqe, op);
}

/* The registered buffer that holds all of it, -1 if none does. */
static int buffer_of(const struct loop_ring *r, const struct iovec *v)
{
	u64 off = (uintptr_t)v->iov_base - (uintptr_t)r->mem.iov_base;

	if (!r->mem_known || !v->iov_len || off >= r->mem.iov_len ||
	    v->iov_len > r->mem.iov_len - off ||
	    off / BUFFER_SIZE != (off + v->iov_len - 1) / BUFFER_SIZE)
		return -1;
	return (int)(off / BUFFER_SIZE);
}

/* Of one piece: to be written or read, in a registered buffer or not. */
static const u8 opcode[2][2] = {
	{ IORING_OP_READ, IORING_OP_READ_FIXED },
	{ IORING_OP_WRITE, IORING_OP_WRITE_FIXED },
};

/* Without io_uring: it has been done, and this is told later, as it would have been. */
static void end_later(struct loop_ring *r, struct loop_op *op, ssize_t ret)
{
	static const u64 one = 1;

	op->res = ret < 0 ? -errno : (int)ret;
	op->next = r->ended;
	r->ended = op;
	if (write(r->src.fd, &one, sizeof(one)) < 0)
		return;
}

void loop_io_rw(struct loop *l, struct loop_op *op, int file, bool write, const struct iovec *iov,
		unsigned int n, u64 off)
{
	struct io_uring_sqe *sqe = start_op(l);
	struct loop_ring *r = l->ring;
	int fd = file_of(r, file), buf;

	if (!sqe) {
		end_later(r, op, write ? pwritev2(fd, iov, (int)n, (off_t)off, op->flags) :
					 preadv2(fd, iov, (int)n, (off_t)off, op->flags));
		return;
	}
	/* Of one piece the kernel need not copy a list. */
	if (n != 1 || iov->iov_len > INT_MAX) {
		io_uring_prep_rw(write ? IORING_OP_WRITEV : IORING_OP_READV, sqe, fd, iov, n, off);
	} else {
		buf = buffer_of(r, iov);
		io_uring_prep_rw(opcode[write][buf >= 0], sqe, fd, iov->iov_base,
				 (unsigned int)iov->iov_len, off);
		if (buf >= 0)
			sqe->buf_index = (u16)buf;
	}
	sqe->rw_flags = op->flags;
	entry_done(r, sqe, op);
}

void loop_io_datasync(struct loop *l, struct loop_op *op, int file)
{
	struct io_uring_sqe *sqe = start_op(l);
	int fd = file_of(l->ring, file);

	if (!sqe) {
		end_later(l->ring, op, fdatasync(fd));
		return;
	}
	io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
	entry_done(l->ring, sqe, op);
}

void loop_io_fallocate(struct loop *l, struct loop_op *op, int file, int mode, u64 off, u64 len)
{
	struct io_uring_sqe *sqe = start_op(l);
	int fd = file_of(l->ring, file);

	if (!sqe) {
		end_later(l->ring, op, fallocate(fd, mode, (off_t)off, (off_t)len));
		return;
	}
	io_uring_prep_fallocate(sqe, fd, mode, (off_t)off, (off_t)len);
	entry_done(l->ring, sqe, op);
}

void loop_io_wait(struct loop *l)
{
	struct loop_ring *r = l->ring;
	struct io_uring_cqe *cqe;

	if (!r || !r->inflight)
		return;
	loop_io_submit(l);
	/* The kernel took none for want of memory: none would ever end. */
	if (r->unsubmitted == r->inflight) {
		usleep(1000);
		return;
	}
	if (r->uring && !io_uring_wait_cqe(&r->ring, &cqe))
		loop_io_reap(l);
	else if (!r->uring)
		on_ended(l, 0);
}
