/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices some of whose queues somebody else serves, the host's kernel (vhost) or another process
 * (vhost-user): it reads the rings and guest memory by our addresses, takes kicks from the queues'
 * eventfds and interrupts by the device's.
 */
#ifndef VMM_VIRTIO_VHOST_H
#define VMM_VIRTIO_VHOST_H

#include "virtio/virtio.h"

struct vhost;

/**
 * struct vhost_ops - how the other side is spoken to
 * @who: it is, for messages
 * @reads_kicks: it takes the count out of an eventfd, and nobody else may have done so
 * @partial: it does with the queues that the driver has set up, and needs not all
 * @set_features: what the driver accepted of its features
 * @set_memory: where guest RAM is
 * @set_queue: rings, kick and interrupt of queue @index of those that it has; it may begin
 * @stop_queue: it leaves that queue alone from the return on; also called for those not yet set
 *
 * The first three return 0, or -1 and errno.
 */
struct vhost_ops {
	const char *who;
	bool reads_kicks;
	bool partial;
	int (*set_features)(struct vhost *h, u64 features);
	int (*set_memory)(struct vhost *h, const struct mem *m);
	int (*set_queue)(struct vhost *h, unsigned int index, const struct vdev_queue *vq,
			 int call);
	void (*stop_queue)(struct vhost *h, unsigned int index);
};

/**
 * struct vhost - a set of queues that somebody else serves
 * @ops: who
 * @fd: /dev/vhost-*, or the socket that leads to the process; -1 if none
 * @first: first of the device's queues that it has
 * @nr_queues: how many it has
 * @features: what it can do; other features that the driver accepts are the backend's
 * @running: it may be using guest memory, and the kicks are its
 * @has: bit n: the driver has set up the queue with index n, which it was given
 */
struct vhost {
	const struct vhost_ops *ops;
	int fd;
	unsigned int first;
	unsigned int nr_queues;
	u64 features;
	bool running;
	u32 has;
};

/* For start and reset: hand the queues over, and take them back. */
int vhost_start(struct vhost *h, struct vdev *v);
void vhost_stop(struct vhost *h, struct vdev *v);
/* For kick: true if the queue is not ours. A kick that came when it was given away is passed on. */
bool vhost_kick(const struct vhost *h, struct vdev *v, unsigned int queue);

/* ---- vhost_kernel.c: the host's kernel ------------------------------------------------------ */

/*
 * For init: open /dev/@dev, which module @module brings. Of @features and those of the rings the
 * device offers what the kernel has. @h->fd is to be closed with vhost_close() in any case. Before
 * vhost_stop() the backend must have been taken away, which is each kind's own request.
 */
int vhost_open(struct vhost *h, struct vdev *v, const char *dev, const char *module, u64 features,
	       struct err *e);
void vhost_close(struct vhost *h);

/* vhost-net: the tap device behind a queue, -1 for none. 0, or -1 and errno. */
int vhost_net_set_backend(struct vhost *h, unsigned int queue, int fd);

/* vhost-vsock: the guest's address; the backend. 0, or -1 and errno. */
int vhost_vsock_set_cid(struct vhost *h, u64 cid);
int vhost_vsock_run(struct vhost *h, bool on);

#endif /* VMM_VIRTIO_VHOST_H */
