// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio device's life, whatever it is and whatever transport leads to it: negotiation, status,
 * queues, kicks and interrupts (virtio 1.2, sections 2 and 3).
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "virtio/virtio.h"

#define MAX_COMPLAINTS	10

#define RING_FEATURES	(VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | VIRTIO_F_VERSION_1 | \
			 VIRTIO_F_RING_PACKED)

/* ---- Towards the driver -------------------------------------------------------------------- */

static void signal_event(int fd)
{
	static const u64 one = 1;

	/* It fails only when the counter is full, and then it has been signalled. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

void vdev_signal(struct vdev *v, unsigned int queue)
{
	if (!vdev_running(v) || !virtq_must_signal(&v->queues[queue].q))
		return;
	v->interrupts++;
	signal_event(v->call);
}

void vdev_config_changed(struct vdev *v)
{
	v->generation++;
	v->config_changed = true;
	v->refresh(v->transport);
	if (v->status & VIRTIO_STATUS_DRIVER_OK)
		signal_event(v->call);
}

/* 2.1.2: a device that can't go on says so, and the driver resets it. */
bool vdev_may_complain(struct vdev *v)
{
	return v->complaints++ < MAX_COMPLAINTS;
}

void vdev_broken(struct vdev *v, const char *why)
{
	if (v->status & VIRTIO_STATUS_NEEDS_RESET)
		return;
	if (vdev_may_complain(v))
		log_line("%s: the guest's driver is wrong (%s); the device waits for a reset",
			 v->class->name, why);
	v->status |= VIRTIO_STATUS_NEEDS_RESET;
	vdev_config_changed(v);
}

int vdev_pop(struct vdev *v, unsigned int queue, struct vq_chain *c)
{
	int ret = virtq_pop(&v->queues[queue].q, c);

	if (ret < 0)
		vdev_broken(v, "bad ring");
	v->requests += ret > 0;
	return ret > 0;
}

int vdev_pop_or_ask(struct vdev *v, unsigned int queue, struct vq_chain *c)
{
	return vdev_pop(v, queue, c) ||
	       (virtq_kicks_on(&v->queues[queue].q) && vdev_pop(v, queue, c));
}

/* Reading takes the count, so it is put back. What comes between is added to it. */
u64 vdev_kicks(const struct vdev *v)
{
	unsigned int i;
	u64 n, sum = 0;

	for (i = 0; i < v->nr_queues; i++) {
		if (v->queues[i].lent || read(v->queues[i].kick.fd, &n, sizeof(n)) != sizeof(n))
			continue;
		sum += n;
		if (write(v->queues[i].kick.fd, &n, sizeof(n)) < 0)
			break;
	}
	sum -= v->self_kicks;
	return sum;
}

/* ---- From the driver ----------------------------------------------------------------------- */

static void on_kick(void *ctx, u32 events)
{
	struct vdev_queue *vq = ctx;
	struct vdev *v = vq->vdev;

	(void)events;
	pthread_mutex_lock(&v->vm->lock);
	/* A kick may arrive late: after a reset, or before the driver is ready (3.1.1). */
	if (vdev_running(v) && vq->q.ready)
		v->class->kick(v, (unsigned int)(vq - v->queues));
	pthread_mutex_unlock(&v->vm->lock);
}

void vdev_kick_self(struct vdev *v, unsigned int queue)
{
	if (queue >= v->nr_queues)
		return;
	v->self_kicks++;
	signal_event(v->queues[queue].kick.fd);
}

/*
 * I/O into guest memory is under way: until one of it has ended. The loop thread, which ends it,
 * comes here when the machine is taken down; then nobody else waits any more.
 */
bool vdev_wait_io(struct vdev *v)
{
	struct vm *vm = v->vm;

	if (pthread_equal(pthread_self(), vm->loop->thread))
		loop_io_wait(vm->loop);
	else if (!atomic_load(&vm->stopping))
		pthread_cond_wait(&vm->io_ended, &vm->lock);
	else
		return false;
	return true;
}

void vdev_io_ended(struct vdev *v)
{
	pthread_cond_broadcast(&v->vm->io_ended);
}

/*
 * Whatever the status: a reset by a vCPU gives up when the machine is taken down, and then the one
 * before exit has to wait for the I/O that is still under way.
 */
static void stop(struct vdev *v)
{
	unsigned int i;

	if (v->class->reset)
		v->class->reset(v);
	for (i = 0; i < v->nr_queues; i++)
		virtq_reset(&v->queues[i].q);
}

static void reset(struct vdev *v)
{
	stop(v);
	v->status = 0;
	v->accepted = 0;
	v->config_changed = false;
}

static bool features_fit(const struct vdev *v)
{
	return !(v->accepted & ~v->features) && v->accepted & VIRTIO_F_VERSION_1;
}

static void start(struct vdev *v)
{
	unsigned int i;

	if (v->class->start && v->class->start(v)) {
		vdev_broken(v, "cannot start");
		return;
	}
	/* What the driver put in before it was ready needs no kick of its own. */
	for (i = 0; i < v->nr_queues; i++)
		vdev_kick_self(v, i);
}

/**
 * vdev_set_status() - the driver writes the device status field (2.1)
 * @v: the device
 * @status: 0 resets it; bits cannot be taken back otherwise
 */
void vdev_set_status(struct vdev *v, u32 status)
{
	u32 new;

	if (!status) {
		reset(v);
		return;
	}
	new = status & ~v->status & ~VIRTIO_STATUS_NEEDS_RESET;
	/* 3.1.1: a set of features that we cannot serve is refused by leaving the bit clear. */
	if (new & VIRTIO_STATUS_FEATURES_OK && !features_fit(v))
		new &= ~VIRTIO_STATUS_FEATURES_OK;
	if (new & VIRTIO_STATUS_DRIVER_OK && !((v->status | new) & VIRTIO_STATUS_FEATURES_OK)) {
		vdev_broken(v, "ready before its features were accepted");
		return;
	}
	v->status |= new;
	if (new & VIRTIO_STATUS_DRIVER_OK)
		start(v);
}

bool vdev_queue_idle(const struct vdev *v, unsigned int queue)
{
	/* Chains of a broken queue may still be under way: only a reset waits for them. */
	return queue < v->nr_queues && !v->queues[queue].q.ready &&
	       (v->status & (VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_NEEDS_RESET)) ==
	       VIRTIO_STATUS_FEATURES_OK;
}

void vdev_queue_ready(struct vdev *v, unsigned int queue)
{
	struct virtq *q = &v->queues[queue].q;

	q->packed = vdev_has(v, VIRTIO_F_RING_PACKED);
	q->event_idx = vdev_has(v, VIRTIO_F_EVENT_IDX);
	if (virtq_start(q))
		vdev_broken(v, "bad queue address or size");
}

/*
 * 4.2.2.2: the driver stops using a queue. A device that works comes to rest for that, with all its
 * queues: where another has served one, only a reset makes known again where its ring goes on.
 */
void vdev_queue_stop(struct vdev *v, unsigned int queue)
{
	if (queue >= v->nr_queues || !v->queues[queue].q.ready)
		return;
	if (v->status & VIRTIO_STATUS_DRIVER_OK)
		stop(v);
	else
		virtq_reset(&v->queues[queue].q);
}

void vdev_config_write(struct vdev *v, unsigned int off, u64 val, unsigned int len)
{
	if (v->class->config_write && off + len <= v->config_len)
		v->class->config_write(v, off, (const u8 *)&val, len);
}

/* ---- Lifetime ------------------------------------------------------------------------------ */

static int make_kick(struct vdev *v, struct vdev_queue *vq)
{
	vq->vdev = v;
	vq->q.mem = &v->vm->mem;
	virtq_reset(&vq->q);
	vq->kick = (struct loop_source){ .fn = on_kick, .ctx = vq };
	vq->kick.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return vq->kick.fd < 0 ? -errno : loop_add(v->vm->loop, &vq->kick, LOOP_EDGE);
}

/**
 * vdev_init() - make a device
 * @v: zeroed
 * @class: what it is
 * @vm: its machine
 * @value: of its option
 * @e: why not
 *
 * Return: 0 or -1; vdev_exit() is due in both cases.
 */
int vdev_init(struct vdev *v, const struct vdev_class *class, struct vm *vm, const char *value,
	      struct err *e)
{
	unsigned int i;

	v->class = class;
	v->vm = vm;
	for (i = 0; i < VDEV_MAX_QUEUES; i++)
		v->queues[i].kick.fd = -1;
	v->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (v->call < 0)
		return err_set(e, "can't make an eventfd: %s", strerror(errno));
	v->state = calloc(1, class->state_size ?: 1);
	if (!v->state)
		return err_set(e, "not enough memory for --%s", class->option);
	v->ring_features = RING_FEATURES;
	if (class->init(v, value, e)) {
		free(v->state);
		v->state = NULL;
		return -1;
	}
	v->features |= v->ring_features;
	for (i = 0; i < v->nr_queues; i++)
		if (make_kick(v, &v->queues[i]))
			return err_set(e, "can't make an eventfd for --%s: %s", class->option,
				       strerror(errno));
	return 0;
}

void vdev_exit(struct vdev *v)
{
	unsigned int i;

	if (v->state) {
		reset(v);
		v->class->exit(v);
	}
	for (i = 0; i < VDEV_MAX_QUEUES; i++) {
		if (v->queues[i].kick.fd < 0)
			continue;
		loop_del(v->vm->loop, &v->queues[i].kick);
		close(v->queues[i].kick.fd);
	}
	if (v->call >= 0)
		close(v->call);
	free(v->state);
}
