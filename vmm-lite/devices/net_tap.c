// SPDX-License-Identifier: GPL-2.0
/*
 * The network's way out through a tap interface of the host. Checksums and segmentation are left to
 * whoever can do them best: the interface takes and gives packets with the header that the rings
 * have, so that frames of 64 KiB cross in one piece. Each pair of queues has a descriptor of its
 * own; one that the driver does not use is detached, so that the host sends nothing there. The
 * first always stays: a detached one can't be asked what it could do.
 *
 * The guest's link is up while the host's interface is: netlink says when to look.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "devices/net.h"

/* Linux 6.2; older headers do not have them. */
#ifndef TUN_F_USO4
#define TUN_F_USO4		0x20
#define TUN_F_USO6		0x40
#endif

/**
 * struct tap - state of one port
 * @attached: the host sends packets to it
 * @detachable: it is not the first of several
 * @name: of the interface
 * @changes: netlink socket that tells of interfaces' changes; of the first port, or -1
 * @lost: packets that it did not take
 * @buf: the packet that came last
 */
struct tap {
	bool attached;
	bool detachable;
	char name[IFNAMSIZ];
	struct loop_source changes;
	u64 lost;
	u8 buf[NET_HDR_LEN + NET_FRAME_MAX];
};

static int attach(struct net_port *p, bool on)
{
	struct ifreq ifr = { .ifr_flags = on ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE };
	struct tap *t = p->state;

	if (!t->detachable || on == t->attached)
		return 0;
	if (ioctl(p->src.fd, TUNSETQUEUE, &ifr))
		return -1;
	t->attached = on;
	return 0;
}

static int refused(const struct net_options *o, struct err *e)
{
	switch (errno) {
	case EBUSY:
		return err_set(e, "--net tap=%s: is in use by another program", o->tap);
	case EPERM:
		return err_set(e, "--net tap=%s: not permitted: run as root, or give it to your "
				  "user: ip tuntap add %s mode tap user NAME",
			       o->tap, o->tap);
	case EINVAL:
		return err_set(e, "--net tap=%s: is no tap interface with %s: ip tuntap add %s "
				  "mode tap%s",
			       o->tap, o->pairs > 1 ? "several queues" : "one queue", o->tap,
			       o->pairs > 1 ? " multi_queue" : "");
	default:
		return err_set(e, "--net tap=%s: %s", o->tap, strerror(errno));
	}
}

/* ---- Up or down ---------------------------------------------------------------------------- */

static bool tap_is_up(struct net_port *p)
{
	struct tap *t = p->state;
	struct ifreq ifr = { .ifr_flags = 0 };

	if (t->changes.fd < 0)
		return true;
	strcpy(ifr.ifr_name, t->name);
	/* One that is gone is found out by its descriptor. */
	return ioctl(t->changes.fd, SIOCGIFFLAGS, &ifr) || ifr.ifr_flags & IFF_UP;
}

/* Which interface, and how, is not read: lost messages do not matter so. */
static void on_changes(void *ctx, u32 events)
{
	struct net_port *p = ctx;
	struct tap *t = p->state;
	char buf[4096];

	(void)events;
	while (recv(t->changes.fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		;
	net_set_up(p->vdev, tap_is_up(p));
}

/* Without it the link is always up. */
static void watch_changes(struct net_port *p)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	struct tap *t = p->state;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	t->changes = (struct loop_source){ .fd = fd, .fn = on_changes, .ctx = p };
	if (fd < 0 || (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) &&
		       !loop_add(p->vdev->vm->loop, &t->changes, EPOLLIN)))
		return;
	close(fd);
	t->changes.fd = -1;
}

/* ---- The interface ------------------------------------------------------------------------- */

static int tap_open(struct net_port *p, const struct net_options *o, struct err *e)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int len = NET_HDR_LEN;
	struct tap *t;

	t = calloc(1, sizeof(*t));
	if (!t)
		return err_set(e, "--net: not enough memory");
	p->state = t;
	t->attached = true;
	t->detachable = p->index;
	t->changes.fd = -1;
	strcpy(t->name, o->tap);
	if (o->pairs > 1)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	p->src.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (p->src.fd < 0)
		return err_set(e, "--net tap=%s: no /dev/net/tun (%s): modprobe tun, as root",
			       o->tap, strerror(errno));
	strcpy(ifr.ifr_name, o->tap);
	if (ioctl(p->src.fd, TUNSETIFF, &ifr) || ioctl(p->src.fd, TUNSETVNETHDRSZ, &len) ||
	    ioctl(p->src.fd, TUNSETOFFLOAD, 0) || attach(p, false))
		return refused(o, e);
	if (!p->index)
		watch_changes(p);
	return 0;
}

static void tap_close(struct net_port *p)
{
	struct tap *t = p->state;

	if (t && t->changes.fd >= 0) {
		loop_del(p->vdev->vm->loop, &t->changes);
		close(t->changes.fd);
	}
	if (p->src.fd >= 0)
		close(p->src.fd);
	free(p->state);
}

static u64 tap_features(struct net_port *p)
{
	u64 features = NET_F_CSUM | NET_F_GUEST_CSUM | NET_F_HOST_TSO4 | NET_F_HOST_TSO6 |
		       NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6;

	if (!ioctl(p->src.fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_USO4 | TUN_F_USO6))
		features |= NET_F_GUEST_USO4 | NET_F_GUEST_USO6 | NET_F_HOST_USO;
	ioctl(p->src.fd, TUNSETOFFLOAD, 0);
	return features;
}

/* The interface makes, for this driver, only packets that it can take. */
static int tap_start(struct net_port *p, u64 features)
{
	unsigned long offload = 0;

	if (features & NET_F_GUEST_CSUM)
		offload |= TUN_F_CSUM;
	if (features & NET_F_GUEST_TSO4)
		offload |= TUN_F_TSO4;
	if (features & NET_F_GUEST_TSO6)
		offload |= TUN_F_TSO6;
	if (features & NET_F_GUEST_USO4 && features & NET_F_GUEST_USO6)
		offload |= TUN_F_USO4 | TUN_F_USO6;
	return attach(p, true) || ioctl(p->src.fd, TUNSETOFFLOAD, offload) ? -1 : 0;
}

static void tap_stop(struct net_port *p)
{
	attach(p, false);
}

static size_t tap_receive(struct net_port *p, u8 **packet)
{
	struct tap *t = p->state;
	ssize_t len = read(p->src.fd, t->buf, sizeof(t->buf));

	*packet = t->buf;
	return len < NET_HDR_LEN ? 0 : (size_t)len;
}

static bool tap_send(struct net_port *p, const struct iovec *iov, unsigned int n)
{
	/* A tap interface takes a packet or drops it, as any wire; there is no waiting for it. */
	if (writev(p->src.fd, iov, (int)n) < 0)
		((struct tap *)p->state)->lost++;
	return true;
}

const struct net_link net_tap_link = {
	.gone = "the interface of the host is gone",
	.open = tap_open,
	.close = tap_close,
	.is_up = tap_is_up,
	.features = tap_features,
	.start = tap_start,
	.stop = tap_stop,
	.receive = tap_receive,
	.send = tap_send,
};
