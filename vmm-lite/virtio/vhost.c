// SPDX-License-Identifier: GPL-2.0
/*
 * The life of queues that somebody else serves, be it the host's kernel (vhost_kernel.c) or another
 * process (vhost_user.c): they are handed over when the driver is ready and taken back when it
 * resets the device. Guest RAM is one piece, so the memory table has one region.
 */
#include <errno.h>
#include <sys/epoll.h>

#include "virtio/vhost.h"

static int hand_over(struct vhost *h, struct vdev *v)
{
	struct vdev_queue *vq;
	unsigned int i;

	if (h->ops->set_features(h, v->accepted & h->features) ||
	    h->ops->set_memory(h, &v->vm->mem))
		return -1;
	for (i = 0; i < h->nr_queues; i++) {
		vq = &v->queues[h->first + i];
		errno = EINVAL;
		if (vq->q.ready ? h->ops->set_queue(h, i, vq, v->call) : !h->ops->partial)
			return -1;
	}
	return 0;
}

int vhost_start(struct vhost *h, struct vdev *v)
{
	struct vdev_queue *vq;
	unsigned int i;

	h->running = true;
	h->has = 0;
	for (i = 0; i < h->nr_queues; i++) {
		vq = &v->queues[h->first + i];
		if (!vq->q.ready)
			continue;
		h->has |= 1u << i;
		vq->lent = h->ops->reads_kicks;
		/* An event goes to all who wait for it, but only one can read it. */
		loop_del(v->vm->loop, &vq->kick);
	}
	if (!hand_over(h, v))
		return 0;
	if (vdev_may_complain(v))
		log_line("%s: %s refuses the queues: %s", v->class->name, h->ops->who,
			 strerror(errno));
	vhost_stop(h, v);
	return -1;
}

void vhost_stop(struct vhost *h, struct vdev *v)
{
	unsigned int i;

	if (!h->running)
		return;
	for (i = 0; i < h->nr_queues; i++) {
		if (!(h->has & 1u << i))
			continue;
		h->ops->stop_queue(h, i);
		v->queues[h->first + i].lent = false;
		if (loop_add(v->vm->loop, &v->queues[h->first + i].kick, LOOP_EDGE))
			log_line("%s: queue %u gets no more kicks", v->class->name, h->first + i);
	}
	h->running = false;
}

bool vhost_kick(const struct vhost *h, struct vdev *v, unsigned int queue)
{
	if (h->running && h->has & 1u << (queue - h->first))
		vdev_kick_self(v, queue);
	return h->running;
}
