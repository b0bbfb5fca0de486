// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio device's life with I/O under way: a device of this test's own, which keeps the chains it
 * takes until it is told to give them back, below the real virtio.c. What hostile drivers do at the
 * wrong moment must not lead out of a ring or past the wait for I/O.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "virtio/virtio.h"
#include "tap.h"

#define BASE		0x40000000ULL
#define RAM		0x4000
#define AT_DRIVER	(BASE + 0x2000)
#define AT_DEVICE	(BASE + 0x2100)
#define SIZE		64

struct keeper {
	struct vq_chain taken[4];
	unsigned int n;
	bool gave_up;		/* the last reset did */
};

static struct vdev vdev;
static struct vm vm;
static struct loop the_loop;
static unsigned int exits_with_io;

/* ---- What is behind virtio.c --------------------------------------------------------------- */

int err_set(struct err *e, const char *fmt, ...)
{
	(void)e, (void)fmt;
	return -1;
}

void log_line(const char *fmt, ...)
{
	(void)fmt;
}

int loop_add(struct loop *l, struct loop_source *s, u32 events)
{
	return 0;
}

void loop_del(struct loop *l, struct loop_source *s)
{
}

static void give_back(struct vdev *v)
{
	struct keeper *k = v->state;

	while (k->n)
		virtq_push(&v->queues[0].q, &k->taken[--k->n], 1);
}

void loop_io_wait(struct loop *l)
{
	give_back(&vdev);
}

/* ---- The device ---------------------------------------------------------------------------- */

static int keeper_init(struct vdev *v, const char *value, struct err *e)
{
	v->nr_queues = 1;
	return 0;
}

static void keeper_kick(struct vdev *v, unsigned int queue)
{
	struct keeper *k = v->state;

	while (k->n < ARRAY_SIZE(k->taken) && vdev_pop(v, queue, &k->taken[k->n]))
		k->n++;
}

static void keeper_reset(struct vdev *v)
{
	struct keeper *k = v->state;

	while (k->n && vdev_wait_io(v))
		;
	k->gave_up = k->n;
}

static void keeper_exit(struct vdev *v)
{
	struct keeper *k = v->state;

	exits_with_io += k->n;
}

static const struct vdev_class keeper_class = {
	.name = "keeper",
	.option = "keeper",
	.state_size = sizeof(struct keeper),
	.init = keeper_init,
	.exit = keeper_exit,
	.reset = keeper_reset,
	.kick = keeper_kick,
};

static void refresh(void *transport)
{
}

/* ---- The driver ---------------------------------------------------------------------------- */

static bool begin(void)
{
	struct err e;

	memset(&vdev, 0, sizeof(vdev));
	memset(&vm, 0, sizeof(vm));
	pthread_mutex_init(&vm.lock, NULL);
	pthread_cond_init(&vm.io_ended, NULL);
	the_loop.thread = pthread_self();
	vm.loop = &the_loop;
	vm.mem = (struct mem){ .base = BASE, .size = RAM, .host = aligned_alloc(16, RAM) };
	memset(vm.mem.host, 0, RAM);
	vdev.refresh = refresh;
	exits_with_io = 0;
	if (vdev_init(&vdev, &keeper_class, &vm, NULL, &e))
		return false;
	vdev_set_status(&vdev, 3);
	vdev.accepted = VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED;
	vdev_set_status(&vdev, 11);
	return true;
}

static void end(void)
{
	vdev_exit(&vdev);
	free(vm.mem.host);
	pthread_cond_destroy(&vm.io_ended);
	pthread_mutex_destroy(&vm.lock);
}

/* What mmio.c does when the queue's registers are written. */
static bool queue_at(u64 gpa, u16 size)
{
	struct virtq *q = &vdev.queues[0].q;

	if (!vdev_queue_idle(&vdev, 0))
		return false;
	q->size = size;
	q->desc = gpa;
	q->driver = AT_DRIVER;
	q->device = AT_DEVICE;
	vdev_queue_ready(&vdev, 0);
	return q->ready;
}

static void desc(unsigned int i, u64 addr, u16 flags)
{
	u8 *d = vm.mem.host + 16 * i;

	put_le64(d, addr);
	put_le32(d + 8, 1);
	put_le16(d + 14, flags | 0x80);
}

/* Two chains of 30 descriptors are taken; then comes one that breaks the ring. */
static bool break_ring(void)
{
	struct keeper *k = vdev.state;
	unsigned int i;

	for (i = 0; i < 60; i++)
		desc(i, BASE, i % 30 < 29 ? 1 : 0);
	desc(60, BASE - 1, 0);
	vdev_set_status(&vdev, 15);
	vdev.class->kick(&vdev, 0);
	return k->n == 2 && !vdev.queues[0].q.ready &&
	       vdev.status & VIRTIO_STATUS_NEEDS_RESET;
}

static bool broken_stays(void)
{
	bool good = begin() && queue_at(BASE, SIZE) && !vdev_queue_idle(&vdev, 0) && break_ring();

	/* At the end of RAM: what is written behind it, the sanitizer sees. */
	good = good && !queue_at(BASE + RAM - 16, 1) && !vdev_queue_idle(&vdev, 0);
	give_back(&vdev);
	vdev_set_status(&vdev, 0);
	vdev_set_status(&vdev, 3);
	good = good && !vdev_queue_idle(&vdev, 0);
	vdev.accepted = VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED;
	vdev_set_status(&vdev, 11);
	good = good && queue_at(BASE + RAM - 16, 1);
	end();
	return good;
}

static void *reset_by_vcpu(void *arg)
{
	pthread_mutex_lock(&vm.lock);
	vdev_set_status(&vdev, 0);
	pthread_mutex_unlock(&vm.lock);
	return NULL;
}

/* The machine is taken down: a vCPU's reset waits no longer, and the one before exit does. */
static bool exit_waits(void)
{
	bool good = begin() && queue_at(BASE, SIZE) && break_ring();
	struct keeper *k = vdev.state;
	pthread_t vcpu;

	atomic_store(&vm.stopping, true);
	if (pthread_create(&vcpu, NULL, reset_by_vcpu, NULL))
		return false;
	pthread_join(vcpu, NULL);
	good = good && k->gave_up && k->n == 2 && !vdev.status;
	end();
	return good && !exits_with_io;
}

static bool reset_waits(void)
{
	bool good = begin() && queue_at(BASE, SIZE) && break_ring();
	struct keeper *k = vdev.state;

	vdev_set_status(&vdev, 0);
	good = good && !k->n && !k->gave_up && !vdev.status && !vdev.accepted;
	end();
	return good;
}

/* QueueReady = 0, before the device works and when it has chains in its hands. */
static bool queue_stops(void)
{
	bool good = begin() && queue_at(BASE, SIZE);
	struct keeper *k = vdev.state;
	unsigned int i;

	vdev_queue_stop(&vdev, 0);
	good = good && vdev_queue_idle(&vdev, 0) && queue_at(BASE, SIZE);
	for (i = 0; i < 60; i++)
		desc(i, BASE, i % 30 < 29 ? 1 : 0);
	vdev_set_status(&vdev, 15);
	vdev.class->kick(&vdev, 0);
	good = good && k->n == 2;
	vdev_queue_stop(&vdev, 0);
	good = good && !k->n && !vdev.queues[0].q.ready && vdev.status == 15;
	vdev_queue_stop(&vdev, 1000);
	end();
	return good;
}

static bool negotiation(void)
{
	bool good = begin() && vdev.status == 11;

	vdev_set_status(&vdev, 0);
	vdev_set_status(&vdev, 3);
	vdev.accepted = VIRTIO_F_RING_PACKED;
	vdev_set_status(&vdev, 11);
	good = good && vdev.status == 3;
	vdev.accepted = VIRTIO_F_VERSION_1 | 1;
	vdev_set_status(&vdev, 11);
	good = good && vdev.status == 3 && !vdev_queue_idle(&vdev, 0);
	vdev_set_status(&vdev, 7);
	good = good && vdev.status == (3 | VIRTIO_STATUS_NEEDS_RESET) && !vdev_running(&vdev);
	vdev_set_status(&vdev, VIRTIO_STATUS_NEEDS_RESET);
	vdev_set_status(&vdev, 0);
	good = good && !vdev.status;
	vdev_set_status(&vdev, VIRTIO_STATUS_NEEDS_RESET);
	good = good && !vdev.status;
	end();
	return good;
}

int main(void)
{
	struct tap t = { 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	tap_ok(&t, negotiation(), "features and status");
	tap_ok(&t, queue_stops(), "a queue is stopped");
	tap_ok(&t, broken_stays(), "a broken queue is not set up again before a reset");
	tap_ok(&t, reset_waits(), "a reset waits for I/O");
	tap_ok(&t, exit_waits(), "exit waits for I/O that a reset gave up on");
	return tap_end(&t);
}
