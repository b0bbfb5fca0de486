// SPDX-License-Identifier: GPL-2.0
/*
 * The front end's half of the vhost-user protocol, as far as a device without live migration needs
 * it. Numbers are in the host's byte order, and a message is a header and what its kind prescribes.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "virtio/vhost_user.h"

enum {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	GET_VRING_BASE = 11,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	SET_VRING_ENABLE = 18,
};

#define VERSION			1
#define VERSION_MASK		3
#define FLAG_REPLY		4
#define FLAG_NEED_REPLY		8

#define F_PROTOCOL_FEATURES	((u64)1 << 30)
#define PROTOCOL_F_REPLY_ACK	((u64)1 << 3)

#define PAYLOAD_MAX		40

struct header {
	u32 request;
	u32 flags;
	u32 size;
};

struct vring_state {
	u32 index;
	u32 num;
};

struct vring_addr {
	u32 index;
	u32 flags;
	u64 desc;
	u64 used;
	u64 avail;
	u64 log;
};

struct mem_table {
	u32 nregions;
	u32 padding;
	u64 gpa;
	u64 size;
	u64 user;
	u64 offset;
};

/**
 * struct message - what is said, and what is to be answered
 * @request: kind of message
 * @payload: @size bytes
 * @fd: goes with it, if not NULL
 * @reply: @reply_size bytes, for the kinds that have one
 */
struct message {
	u32 request;
	const void *payload;
	u32 size;
	const int *fd;
	void *reply;
	u32 reply_size;
};

/* ---- Messages ------------------------------------------------------------------------------ */

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

/* Until the socket is ready for @events. 0 or an errno. */
static int wait_for(int fd, short events, u64 deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	u64 now = now_ms();
	int n;

	if (now >= deadline)
		return ETIMEDOUT;
	n = poll(&p, 1, (int)(deadline - now));
	return n < 0 && errno != EINTR ? errno : 0;
}

/* A message is far smaller than a socket's buffer: it goes whole or not at all. */
static int send_message(int fd, const struct message *m, bool need_reply, u64 deadline)
{
	struct header h = { m->request, VERSION | (need_reply ? FLAG_NEED_REPLY : 0), m->size };
	struct iovec iov[] = { { &h, sizeof(h) }, { (void *)m->payload, m->size } };
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = m->size ? 2 : 1 };
	ssize_t n;
	int ret;

	if (m->fd) {
		memcpy(CMSG_DATA(&control.head), m->fd, sizeof(int));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	for (;;) {
		n = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			return (size_t)n == sizeof(h) + m->size ? 0 : EIO;
		if (errno != EAGAIN && errno != EINTR)
			return errno;
		ret = wait_for(fd, POLLOUT, deadline);
		if (ret)
			return ret;
	}
}

/* Descriptors that come along unasked are closed by the kernel: there is no room for them. */
static int receive(int fd, void *buf, size_t len, u64 deadline)
{
	size_t have = 0;
	ssize_t n;
	int ret;

	while (have < len) {
		n = recv(fd, (u8 *)buf + have, len - have, MSG_DONTWAIT);
		if (!n)
			return ECONNRESET;
		if (n > 0) {
			have += (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return errno;
		ret = wait_for(fd, POLLIN, deadline);
		if (ret)
			return ret;
	}
	return 0;
}

static int receive_reply(int fd, u32 request, void *reply, u32 size, u64 deadline)
{
	struct header h;
	int ret = receive(fd, &h, sizeof(h), deadline);

	if (ret)
		return ret;
	if (h.request != request || h.size != size ||
	    (h.flags & (VERSION_MASK | FLAG_REPLY)) != (VERSION | FLAG_REPLY))
		return EPROTO;
	return receive(fd, reply, size, deadline);
}

static void lose(struct vhost_user *u)
{
	if (u->vhost.fd < 0)
		return;
	loop_del(u->vdev->vm->loop, &u->src);
	close(u->vhost.fd);
	u->vhost.fd = -1;
	u->src.fd = -1;
	u->lost(u);
}

/*
 * One message and its answer. After an error nobody knows what the other side believes, and so the
 * connection is closed. 0, or -1 and errno.
 */
static int say(struct vhost_user *u, const struct message *m)
{
	u64 deadline = now_ms() + u->patience, ack = 0;
	bool need_ack = !m->reply && u->acks;
	int fd = u->vhost.fd, ret;

	if (fd < 0) {
		errno = ENOTCONN;
		return -1;
	}
	ret = send_message(fd, m, need_ack, deadline);
	if (!ret && m->reply)
		ret = receive_reply(fd, m->request, m->reply, m->reply_size, deadline);
	if (!ret && need_ack)
		ret = receive_reply(fd, m->request, &ack, sizeof(ack), deadline);
	if (!ret && ack)
		ret = EREMOTEIO;
	if (!ret)
		return 0;
	lose(u);
	errno = ret;
	return -1;
}

static int get_u64(struct vhost_user *u, u32 request, u64 *val)
{
	struct message m = { .request = request, .reply = val, .reply_size = sizeof(*val) };

	return say(u, &m);
}

static int set_u64(struct vhost_user *u, u32 request, u64 val, const int *fd)
{
	struct message m = { .request = request, .payload = &val, .size = sizeof(val), .fd = fd };

	return say(u, &m);
}

static int set_vring(struct vhost_user *u, u32 request, unsigned int index, u32 num)
{
	struct vring_state s = { index, num };
	struct message m = { .request = request, .payload = &s, .size = sizeof(s) };

	return say(u, &m);
}

/* ---- What vhost.c asks for ----------------------------------------------------------------- */

static struct vhost_user *user_of(struct vhost *h)
{
	return container_of(h, struct vhost_user, vhost);
}

static int set_features(struct vhost *h, u64 features)
{
	struct vhost_user *u = user_of(h);

	return set_u64(u, SET_FEATURES, features | (u->enables ? F_PROTOCOL_FEATURES : 0), NULL);
}

static int set_memory(struct vhost *h, const struct mem *mem)
{
	struct mem_table t = { .nregions = 1, .gpa = mem->base, .size = mem->size,
			       .user = (uintptr_t)mem->host };
	struct message m = { .request = SET_MEM_TABLE, .payload = &t, .size = sizeof(t),
			     .fd = &mem->fd };

	return say(user_of(h), &m);
}

static int set_addresses(struct vhost_user *u, unsigned int index, const struct virtq *q)
{
	struct vring_addr a = { .index = index, .desc = (uintptr_t)q->desc_p,
				.used = (uintptr_t)q->device_p, .avail = (uintptr_t)q->driver_p };
	struct message m = { .request = SET_VRING_ADDR, .payload = &a, .size = sizeof(a) };

	return say(u, &m);
}

static int set_queue(struct vhost *h, unsigned int index, const struct vdev_queue *vq, int call)
{
	struct vhost_user *u = user_of(h);

	if (set_vring(u, SET_VRING_NUM, index, vq->q.size) ||
	    set_vring(u, SET_VRING_BASE, index, 0) || set_addresses(u, index, &vq->q) ||
	    set_u64(u, SET_VRING_CALL, index, &call) ||
	    set_u64(u, SET_VRING_KICK, index, &vq->kick.fd))
		return -1;
	return u->enables ? set_vring(u, SET_VRING_ENABLE, index, 1) : 0;
}

/* It stops the queue before it says how far it has come. */
static void stop_queue(struct vhost *h, unsigned int index)
{
	struct vhost_user *u = user_of(h);
	struct vring_state s = { .index = index }, at = { 0 };
	struct message m = { .request = GET_VRING_BASE, .payload = &s, .size = sizeof(s),
			     .reply = &at, .reply_size = sizeof(at) };

	if (h->fd < 0)
		return;
	if (u->enables && set_vring(u, SET_VRING_ENABLE, index, 0))
		return;
	if (say(u, &m))
		log_line("%s: %s does not stop: %s", u->vdev->class->name, h->ops->who,
			 strerror(errno));
	else if (at.index != index)
		lose(u);
}

static const struct vhost_ops user_ops = {
	.who = "the serving process",
	.reads_kicks = true,
	.partial = true,
	.set_features = set_features,
	.set_memory = set_memory,
	.set_queue = set_queue,
	.stop_queue = stop_queue,
};

/* ---- The connection ------------------------------------------------------------------------ */

/* The queues are ours again, with what was left undone. Must hold vm->lock. */
static void take_over(struct vhost_user *u)
{
	struct vhost *h = &u->vhost;
	unsigned int i;

	for (i = 0; i < h->nr_queues; i++) {
		virtq_take_over(&u->vdev->queues[h->first + i].q);
		vdev_kick_self(u->vdev, h->first + i);
	}
}

int vhost_user_start(struct vhost_user *u)
{
	if (u->vhost.fd >= 0 && !vhost_start(&u->vhost, u->vdev))
		return 0;
	/* The other side is still there: it is the driver that was wrong. */
	if (u->vhost.fd >= 0)
		return -1;
	take_over(u);
	return 0;
}

/* Between our messages the other side has nothing to say, and hangs up when it dies. */
static void on_socket(void *ctx, u32 events)
{
	struct vhost_user *u = ctx;
	struct vdev *v = u->vdev;
	ssize_t n;
	u8 byte;

	(void)events;
	pthread_mutex_lock(&v->vm->lock);
	/* What woke us up may have been for a vCPU, which has read it or closed the connection. */
	n = u->vhost.fd < 0 ? -1 : recv(u->vhost.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (u->vhost.fd >= 0 && (n >= 0 || (errno != EAGAIN && errno != EINTR))) {
		log_line("%s: %s %s; the guest gets errors", v->class->name, user_ops.who,
			 n > 0 ? "speaks out of turn" : "is gone");
		lose(u);
		if (u->vhost.running) {
			vhost_stop(&u->vhost, v);
			take_over(u);
		}
	}
	pthread_mutex_unlock(&v->vm->lock);
}

static int negotiate(struct vhost_user *u, u64 *offered)
{
	u64 protocol;

	if (get_u64(u, GET_FEATURES, offered))
		return -1;
	u->enables = *offered & F_PROTOCOL_FEATURES;
	if (u->enables) {
		if (get_u64(u, GET_PROTOCOL_FEATURES, &protocol) ||
		    set_u64(u, SET_PROTOCOL_FEATURES, protocol & PROTOCOL_F_REPLY_ACK, NULL))
			return -1;
		u->acks = protocol & PROTOCOL_F_REPLY_ACK;
	}
	return say(u, &(struct message){ .request = SET_OWNER });
}

int vhost_user_open(struct vhost_user *u, struct vdev *v, int fd, u64 features)
{
	u64 offered;
	int ret;

	u->vhost.ops = &user_ops;
	u->vhost.fd = fd;
	u->vdev = v;
	u->src = (struct loop_source){ .fd = fd, .fn = on_socket, .ctx = u };
	ret = loop_add(v->vm->loop, &u->src, EPOLLIN | EPOLLRDHUP);
	if (ret) {
		lose(u);
		errno = -ret;
		return -1;
	}
	if (negotiate(u, &offered))
		return -1;
	if (!(offered & VIRTIO_F_VERSION_1)) {
		lose(u);
		errno = EPROTO;
		return -1;
	}
	u->vhost.features = offered & ~F_PROTOCOL_FEATURES;
	v->features |= offered & features;
	/* We take over split rings only. */
	v->ring_features &= offered & ~VIRTIO_F_RING_PACKED;
	return 0;
}

void vhost_user_close(struct vhost_user *u)
{
	lose(u);
}
