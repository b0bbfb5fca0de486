/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's end of a named port of the virtio console: a Unix socket that one program at a time
 * connects to, a pty, or a file that is only written. It knows nothing of queues. Everything here
 * is for the loop thread with @lock held, but vport_watch(), which is for any thread.
 */
#ifndef VMM_DEVICES_VPORT_H
#define VMM_DEVICES_VPORT_H

#include "vmm.h"

/**
 * struct vport - the host's end
 * @loop: whose source it is
 * @lock: protects it
 * @src: the connection, pty or file; its fd is -1 if nobody is connected
 * @listener: of a socket; its fd is -1 otherwise
 * @path: that the listener has in the file system; NULL if none
 * @slave: our own end of the pty, which keeps it alive between its users
 * @events: that we wait for
 * @added: @src is in the loop
 * @ended: the other side sends nothing more
 * @gone: it has hung up; what it has sent may still be read
 * @change: somebody has connected or is gone
 * @ready: @events have come
 * @ctx: for both, which are called with @lock held
 */
struct vport {
	struct loop *loop;
	pthread_mutex_t *lock;
	struct loop_source src;
	struct loop_source listener;
	const char *path;
	int slave;
	u32 events;
	bool added;
	bool ended;
	bool gone;
	void (*change)(void *ctx);
	void (*ready)(void *ctx);
	void *ctx;
};

/* @where is socket:PATH, file:PATH or pty. loop, lock, change, ready and ctx are set. */
int vport_open(struct vport *p, const char *name, const char *where, struct err *e);
void vport_close(struct vport *p);

static inline bool vport_connected(const struct vport *p)
{
	return p->src.fd >= 0;
}

/* Wait for EPOLLIN, EPOLLOUT or both, and no others. */
void vport_watch(struct vport *p, u32 events);
/* Nobody will read what the other side has sent before it hung up. */
void vport_forget(struct vport *p);
/* Bytes, 0: none now, it is to be waited for. The connection may have ended by it. */
size_t vport_read(struct vport *p, const struct iovec *iov, unsigned int n);
/* Bytes; what nobody will ever read counts as written. */
size_t vport_write(struct vport *p, const struct iovec *iov, unsigned int n);

#endif /* VMM_DEVICES_VPORT_H */
