// SPDX-License-Identifier: GPL-2.0
/*
 * The loop thread's waiting: file descriptors and the functions to call when they are ready, on
 * epoll. Devices and the console hang off it; vCPU threads never enter it. File I/O is io_uring's,
 * whose descriptor is one more source; where the kernel has none or forbids it, the system calls
 * are made one by one, and their callers see no difference but the time.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm.h"

#define RING_ENTRIES	256
/* More than can be in flight: then a full ring always has room after submission. */
#define RING_COMPLETIONS	8192

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
};

int loop_init(struct loop *l, struct err *e)
{
	*l = (struct loop){ .thread = pthread_self() };
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epfd < 0)
		return err_set(e, "can't make an epoll descriptor: %s", strerror(errno));
	return 0;
}

static void ring_free(struct loop_ring *r)
{
	if (r->uring)
		io_uring_queue_exit(&r->ring);
	if (r->src.fd >= 0)
		close(r->src.fd);
	free(r);
}

void loop_exit(struct loop *l)
{
	if (l->ring)
		ring_free(l->ring);
	close(l->epfd);
}

int loop_add(struct loop *l, struct loop_source *s, u32 events)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	return epoll_ctl(l->epfd, EPOLL_CTL_ADD, s->fd, &ev) ? -errno : 0;
}

void loop_del(struct loop *l, struct loop_source *s)
{
	epoll_ctl(l->epfd, EPOLL_CTL_DEL, s->fd, NULL);
}

void loop_later(struct loop *l, struct loop_later *later)
{
	if (later->queued)
		return;
	later->queued = true;
	later->next = l->later;
	l->later = later;
}

void loop_later_cancel(struct loop *l, struct loop_later *later)
{
	struct loop_later **p;

	for (p = &l->later; *p; p = &(*p)->next) {
		if (*p == later) {
			*p = later->next;
			later->queued = false;
			return;
		}
	}
}

static void end_op(struct loop_ring *r, struct loop_op *op, int res)
{
	r->inflight--;
	op->done(op, res);
}

static void submit(struct loop_ring *r)
{
	/* -EAGAIN, -EBUSY: the kernel is short of something; what has ended makes room for it. */
	if (r->unsubmitted && io_uring_submit(&r->ring) > 0)
		r->unsubmitted = io_uring_sq_ready(&r->ring);
}

static void run_later(struct loop *l)
{
	struct loop_later *later;

	while ((later = l->later)) {
		l->later = later->next;
		later->queued = false;
		later->fn(later->ctx);
	}
}

static bool reap(struct loop_ring *r)
{
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

/*
 * The end of a round: what was put off, which may start I/O, and then the I/O. What the kernel has
 * in its page cache is done when the submission returns, and needs no round of its own; what comes
 * of that waits for the next one, so that a guest can't keep us here.
 */
static void finish_round(struct loop *l)
{
	run_later(l);
	if (!l->ring)
		return;
	submit(l->ring);
	if (reap(l->ring)) {
		run_later(l);
		submit(l->ring);
	}
}

/*
 * One event per wait: a callback may remove another source, and an event of that one must not be in
 * our hands already.
 */
int loop_run(struct loop *l)
{
	struct epoll_event ev;
	struct loop_source *s;
	int n;

	l->stopped = false;
	while (!l->stopped) {
		n = epoll_wait(l->epfd, &ev, 1, l->ring && l->ring->unsubmitted ? 1 : -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 1) {
			s = ev.data.ptr;
			s->fn(s->ctx, ev.events);
		}
		finish_round(l);
	}
	return 0;
}

/* Only from a callback: it is the loop thread's own variable. */
void loop_stop(struct loop *l)
{
	l->stopped = true;
}

/* ---- File I/O ------------------------------------------------------------------------------ */

static void on_ring(void *ctx, u32 events)
{
	(void)events;
	reap(ctx);
}

static void on_ended(void *ctx, u32 events)
{
	struct loop_ring *r = ctx;
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

int loop_io_init(struct loop *l, struct err *e)
{
	struct loop_ring *r;

	if (l->ring)
		return 0;
	r = calloc(1, sizeof(*r));
	if (!r)
		return err_set(e, "not enough memory");
	r->src = (struct loop_source){ .fn = on_ended, .ctx = r };
	r->src.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->src.fd < 0 || loop_add(l, &r->src, EPOLLIN)) {
		ring_free(r);
		return err_set(e, "can't wait for file I/O: %s", strerror(errno));
	}
	l->ring = r;
	return 0;
}

static void try_uring(struct loop *l)
{
	struct loop_ring *r = l->ring;

	r->tried = true;
	if (ring_setup(r))
		return;
	r->ring_src = (struct loop_source){ .fd = r->ring.ring_fd, .fn = on_ring, .ctx = r };
	r->uring = !loop_add(l, &r->ring_src, EPOLLIN);
	if (!r->uring)
		io_uring_queue_exit(&r->ring);
}

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
		submit(r);
	r->unsubmitted++;
	return sqe;
}

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

void loop_io_readv(struct loop *l, struct loop_op *op, int fd, const struct iovec *iov,
		   unsigned int n, u64 off)
{
	struct io_uring_sqe *sqe = start_op(l);

	/* Of one piece the kernel need not copy a list. */
	if (sqe) {
		if (n == 1 && iov->iov_len <= INT_MAX)
			io_uring_prep_read(sqe, fd, iov->iov_base, (unsigned int)iov->iov_len, off);
		else
			io_uring_prep_readv(sqe, fd, iov, n, off);
		io_uring_sqe_set_data(sqe, op);
	} else {
		end_later(l->ring, op, preadv(fd, iov, (int)n, (off_t)off));
	}
}

void loop_io_writev(struct loop *l, struct loop_op *op, int fd, const struct iovec *iov,
		    unsigned int n, u64 off)
{
	struct io_uring_sqe *sqe = start_op(l);

	if (sqe) {
		if (n == 1 && iov->iov_len <= INT_MAX)
			io_uring_prep_write(sqe, fd, iov->iov_base, (unsigned int)iov->iov_len,
					    off);
		else
			io_uring_prep_writev(sqe, fd, iov, n, off);
		io_uring_sqe_set_data(sqe, op);
	} else {
		end_later(l->ring, op, pwritev(fd, iov, (int)n, (off_t)off));
	}
}

void loop_io_datasync(struct loop *l, struct loop_op *op, int fd)
{
	struct io_uring_sqe *sqe = start_op(l);

	if (sqe) {
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		io_uring_sqe_set_data(sqe, op);
	} else {
		end_later(l->ring, op, fdatasync(fd));
	}
}

void loop_io_fallocate(struct loop *l, struct loop_op *op, int fd, int mode, u64 off, u64 len)
{
	struct io_uring_sqe *sqe = start_op(l);

	if (sqe) {
		io_uring_prep_fallocate(sqe, fd, mode, (off_t)off, (off_t)len);
		io_uring_sqe_set_data(sqe, op);
	} else {
		end_later(l->ring, op, fallocate(fd, mode, (off_t)off, (off_t)len));
	}
}

void loop_io_wait(struct loop *l)
{
	struct loop_ring *r = l->ring;
	struct io_uring_cqe *cqe;

	if (!r || !r->inflight)
		return;
	submit(r);
	if (r->uring && !io_uring_wait_cqe(&r->ring, &cqe))
		on_ring(r, 0);
	else if (!r->uring)
		on_ended(r, 0);
}
