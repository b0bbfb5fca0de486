// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-rng (virtio 1.2, section 5.4): random bytes from the host's getrandom(). A guest that asks
 * without end gets 64 KiB for each tenth of a second, so that it can't keep the loop thread busy.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "devices/list.h"

#define PERIOD_NS	100000000
#define QUOTA		(64 * KIB)

/**
 * struct rng - state
 * @timer: runs while the quota is being used up
 * @running: it does
 * @left: bytes that may be given until it expires
 */
struct rng {
	struct loop_source timer;
	bool running;
	size_t left;
};

static void arm(struct rng *r)
{
	struct itimerspec its = { .it_value.tv_nsec = PERIOD_NS };

	if (r->running)
		return;
	timerfd_settime(r->timer.fd, 0, &its, NULL);
	r->running = true;
	r->left = QUOTA;
}

/* Fills what it can of the chain; getrandom() does not block once the host has been seeded. */
static size_t fill(struct rng *r, const struct vq_chain *c)
{
	const struct iovec *iov = c->iov + c->nr_out;
	size_t done = 0, want;
	unsigned int i;
	ssize_t n;

	for (i = 0; i < c->nr_in && r->left; i++) {
		want = iov[i].iov_len < r->left ? iov[i].iov_len : r->left;
		n = getrandom(iov[i].iov_base, want, GRND_NONBLOCK);
		if (n < 0)
			break;
		done += (size_t)n;
		r->left -= (size_t)n;
		if ((size_t)n < iov[i].iov_len)
			break;
	}
	/* A chain without room takes time too, and may be followed by others without end. */
	if (!done && r->left)
		r->left--;
	return done;
}

static void rng_kick(struct vdev *v, unsigned int queue)
{
	struct virtq *q = &v->queues[queue].q;
	struct rng *r = v->state;
	struct vq_chain c;

	do {
		virtq_kicks_off(q);
		arm(r);
		while (r->left && vdev_pop(v, queue, &c))
			virtq_push(q, &c, (u32)fill(r, &c));
	} while (r->left && virtq_kicks_on(q));
	vdev_signal(v, queue);
}

static void on_timer(void *ctx, u32 events)
{
	struct vdev *v = ctx;
	struct rng *r = v->state;
	u64 n;

	(void)events;
	if (read(r->timer.fd, &n, sizeof(n)) != sizeof(n))
		return;
	pthread_mutex_lock(&v->vm->lock);
	r->running = false;
	if (!r->left && vdev_running(v))
		rng_kick(v, 0);
	pthread_mutex_unlock(&v->vm->lock);
}

static int rng_init(struct vdev *v, const char *value, struct err *e)
{
	struct rng *r = v->state;

	(void)value;
	v->nr_queues = 1;
	r->timer = (struct loop_source){ .fn = on_timer, .ctx = v };
	r->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (r->timer.fd < 0)
		return err_set(e, "can't make a timer for --rng: %s", strerror(errno));
	if (loop_add(v->vm->loop, &r->timer, EPOLLIN)) {
		close(r->timer.fd);
		return err_set(e, "can't wait for the timer of --rng");
	}
	return 0;
}

static void rng_exit(struct vdev *v)
{
	struct rng *r = v->state;

	loop_del(v->vm->loop, &r->timer);
	close(r->timer.fd);
}

const struct vdev_class rng_class = {
	.name = "rng",
	.option = "rng",
	.help = "random numbers from the host",
	.id = 4,
	.state_size = sizeof(struct rng),
	.init = rng_init,
	.exit = rng_exit,
	.kick = rng_kick,
};
