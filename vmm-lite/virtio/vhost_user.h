/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues served by another process (vhost-user): what the kernel's vhost has as ioctls are messages
 * on a socket here, and guest RAM is a file that both map. That process can write to guest memory
 * and is otherwise not trusted: what it says is checked, and it is given only so long to say it.
 * When it is gone, or wrong, or silent, the connection is closed for good and the queues are the
 * device's again.
 */
#ifndef VMM_VIRTIO_VHOST_USER_H
#define VMM_VIRTIO_VHOST_USER_H

#include "virtio/vhost.h"

/**
 * struct vhost_user - the queues and the connection
 * @vhost: its fd is the socket, -1 once the connection is closed
 * @vdev: the device
 * @src: tells when the other side hangs up
 * @patience: milliseconds that it has for an answer
 * @acks: it confirms each message
 * @enables: its queues are to be enabled one by one
 * @lost: the connection was closed, maybe in the middle of a vhost_start() or vhost_stop()
 */
struct vhost_user {
	struct vhost vhost;
	struct vdev *vdev;
	struct loop_source src;
	unsigned int patience;
	bool acks;
	bool enables;
	void (*lost)(struct vhost_user *u);
};

/*
 * For init: takes over the connected socket @fd and offers what the other side has of @features and
 * those of the rings. vhost.nr_queues, patience and lost are set. 0, or -1 and errno, and the
 * connection is closed. The device's class must have shared_memory.
 *
 * Without a connection the device's kick gets the queues, and first the chains that the other side
 * has left unanswered; that it answered all before them is taken for granted.
 */
int vhost_user_open(struct vhost_user *u, struct vdev *v, int fd, u64 features);
void vhost_user_close(struct vhost_user *u);

/* For start; vhost_stop() is for reset. Without a connection it succeeds. */
int vhost_user_start(struct vhost_user *u);

#endif /* VMM_VIRTIO_VHOST_USER_H */
