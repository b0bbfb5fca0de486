// SPDX-License-Identifier: GPL-2.0
/*
 * The loop thread's waiting: file descriptors and the functions to call when they are ready, on
 * epoll. Devices and the console hang off it; vCPU threads never enter it. File I/O (loop_io.c)
 * is handed to the kernel at the end of each round.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vmm.h"

int loop_init(struct loop *l, struct err *e)
{
	*l = (struct loop){ .thread = pthread_self() };
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epfd < 0)
		return err_set(e, "can't make an epoll descriptor: %s", strerror(errno));
	return 0;
}

void loop_exit(struct loop *l)
{
	loop_io_exit(l);
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

static void run_later(struct loop *l)
{
	struct loop_later *later;

	while ((later = l->later)) {
		l->later = later->next;
		later->queued = false;
		later->fn(later->ctx);
	}
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
	loop_io_submit(l);
	if (loop_io_reap(l)) {
		run_later(l);
		loop_io_submit(l);
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
		n = epoll_wait(l->epfd, &ev, 1, loop_io_short(l) ? 1 : -1);
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
