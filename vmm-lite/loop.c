// SPDX-License-Identifier: GPL-2.0
/*
 * The loop thread's waiting: file descriptors and the functions to call when they are ready, on
 * epoll. Devices and the console hang off it; vCPU threads never enter it. (An io_uring for disk
 * I/O will be one more source here, made when a disk needs it: creating one can cost 100 ms.)
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vmm.h"

int loop_init(struct loop *l, struct err *e)
{
	l->stopped = false;
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epfd < 0)
		return err_set(e, "can't make an epoll descriptor: %s", strerror(errno));
	return 0;
}

void loop_exit(struct loop *l)
{
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
		n = epoll_wait(l->epfd, &ev, 1, -1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 1) {
			s = ev.data.ptr;
			s->fn(s->ctx, ev.events);
		}
	}
	return 0;
}

/* Only from a callback: it is the loop thread's own variable. */
void loop_stop(struct loop *l)
{
	l->stopped = true;
}
