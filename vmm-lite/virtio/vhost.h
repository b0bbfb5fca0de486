/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices some of whose queues the host's kernel serves (vhost): it reads the rings and guest
 * memory by our addresses, takes kicks from the queues' eventfds and interrupts by the device's.
 */
#ifndef VMM_VIRTIO_VHOST_H
#define VMM_VIRTIO_VHOST_H

#include "virtio/virtio.h"

/**
 * struct vhost - a set of queues that the kernel serves
 * @fd: /dev/vhost-*, -1 if none
 * @first: first of the device's queues that it has
 * @nr_queues: how many it has
 * @features: what the kernel can do; other features that the driver accepts are the backend's
 * @running: the kernel may be using guest memory, and the kicks are its
 */
struct vhost {
	int fd;
	unsigned int first;
	unsigned int nr_queues;
	u64 features;
	bool running;
};

/*
 * For init: open /dev/@dev, which module @module brings. Of @features and those of the rings the
 * device offers what the kernel has. @h->fd is to be closed with vhost_close() in any case.
 */
int vhost_open(struct vhost *h, struct vdev *v, const char *dev, const char *module, u64 features,
	       struct err *e);
void vhost_close(struct vhost *h);

/*
 * For start and reset: hand the queues to the kernel, and take them back. Before vhost_stop() the
 * backend must have been taken away, which is each kind's own request.
 */
int vhost_start(struct vhost *h, struct vdev *v);
void vhost_stop(struct vhost *h, struct vdev *v);

/* vhost-net: the tap device behind a queue, -1 for none. 0, or -1 and errno. */
int vhost_net_set_backend(struct vhost *h, unsigned int queue, int fd);

/* vhost-vsock: the guest's address; the backend. 0, or -1 and errno. */
int vhost_vsock_set_cid(struct vhost *h, u64 cid);
int vhost_vsock_run(struct vhost *h, bool on);

#endif /* VMM_VIRTIO_VHOST_H */
