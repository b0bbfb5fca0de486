// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-net (virtio 1.2, section 5.1) on a tap interface, one pair of queues. Checksums and
 * segmentation are left to whoever can do them best: the tap device takes and gives packets with
 * the header that the rings have, so that frames of 64 KiB cross in one piece. With vhost=on the
 * host's kernel moves them, and nothing of it is seen here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "devices/list.h"
#include "virtio/vhost.h"

#define NET_F_CSUM		((u64)1 << 0)
#define NET_F_GUEST_CSUM	((u64)1 << 1)
#define NET_F_MAC		((u64)1 << 5)
#define NET_F_GUEST_TSO4	((u64)1 << 7)
#define NET_F_GUEST_TSO6	((u64)1 << 8)
#define NET_F_HOST_TSO4		((u64)1 << 11)
#define NET_F_HOST_TSO6		((u64)1 << 12)
#define NET_F_MRG_RXBUF		((u64)1 << 15)
#define NET_F_STATUS		((u64)1 << 16)
#define NET_F_GUEST_USO4	((u64)1 << 54)
#define NET_F_GUEST_USO6	((u64)1 << 55)
#define NET_F_HOST_USO		((u64)1 << 56)

/* Linux 6.2; older headers do not have them. */
#ifndef TUN_F_USO4
#define TUN_F_USO4		0x20
#define TUN_F_USO6		0x40
#endif

#define CFG_MAC			0
#define CFG_STATUS		6
#define CFG_LEN			12
#define STATUS_LINK_UP		1

#define RX			0
#define TX			1

#define HDR_LEN			12	/* struct virtio_net_hdr_v1 */
#define HDR_NUM_BUFFERS		10
#define PACKET_MAX		(HDR_LEN + 14 + 65535 + 4)
#define RX_BATCH		64	/* packets, then others have their turn */
#define RX_CHAINS		64	/* buffers for one packet; Linux gives 1.5 KiB or more */

/**
 * struct net - state
 * @vhost: serves both queues, if the user wants that; else its fd is -1
 * @tap: the interface; watched while the driver has given buffers
 * @watched: it is
 * @gone: the interface has been deleted
 * @len: bytes of the packet in @buf which waits for buffers, 0: none does
 * @lost: packets that the interface did not take
 * @buf: a packet on its way to the guest
 */
struct net {
	struct vhost vhost;
	struct loop_source tap;
	bool watched;
	bool gone;
	size_t len;
	u64 lost;
	u8 buf[PACKET_MAX];
};

static void watch(struct vdev *v, bool on)
{
	struct net *n = v->state;

	if (on == n->watched || (on && n->gone))
		return;
	if (on)
		loop_add(v->vm->loop, &n->tap, EPOLLIN);
	else
		loop_del(v->vm->loop, &n->tap);
	n->watched = on;
}

/* ---- To the guest ------------------------------------------------------------------------- */

/*
 * 5.1.6.4: with mergeable buffers a packet takes as many chains as it needs, and the first says how
 * many; without, one has to do. False: the driver has not given enough yet.
 */
static bool deliver(struct vdev *v)
{
	unsigned int i, max = vdev_has(v, NET_F_MRG_RXBUF) ? RX_CHAINS : 1, nr = 0;
	struct virtq *q = &v->queues[RX].q;
	struct vq_used used[RX_CHAINS];
	struct net *n = v->state;
	size_t done = 0, part;
	struct vq_chain c;
	u16 *num = NULL;

	while (done < n->len && nr < max && vdev_pop(v, RX, &c)) {
		part = iov_write(c.iov + c.nr_out, c.nr_in, 0, n->buf + done, n->len - done);
		used[nr++] = (struct vq_used){ c.id, c.slots, (u32)part };
		/* Where the count goes: a header in pieces is legal, but no driver has one. */
		if (nr == 1 && part >= HDR_LEN && c.iov[c.nr_out].iov_len >= HDR_LEN)
			num = (u16 *)((u8 *)c.iov[c.nr_out].iov_base + HDR_NUM_BUFFERS);
		if (nr == 1 && !num)
			break;
		done += part;
	}
	if (nr && !num) {
		vdev_broken(v, "a receive buffer without room for the header");
		return false;
	}
	if (done < n->len && nr < max) {
		for (i = nr; i-- > 0;)
			virtq_unpop(q, used[i].slots);
		return false;
	}
	/* What fits into no number of buffers that we wait for is cut, and so dropped there. */
	put_le16(num, (u16)nr);
	virtq_push_all(q, used, nr);
	n->len = 0;
	return true;
}

/* Somebody deleted it. It would be ready for ever, and never have a packet again. */
static void lose_interface(struct vdev *v)
{
	struct net *n = v->state;

	watch(v, false);
	n->gone = true;
	log_line("net: the interface of the host is gone");
	put_le16(v->config + CFG_STATUS, 0);
	vdev_config_changed(v);
}

static void on_tap(void *ctx, u32 events)
{
	struct vdev *v = ctx;
	struct net *n = v->state;
	unsigned int i;
	ssize_t len;

	pthread_mutex_lock(&v->vm->lock);
	if (events & (EPOLLERR | EPOLLHUP))
		lose_interface(v);
	for (i = 0; i < RX_BATCH && vdev_running(v) && !n->gone; i++) {
		if (!n->len) {
			len = read(n->tap.fd, n->buf, sizeof(n->buf));
			if (len < HDR_LEN)
				break;
			n->len = (size_t)len;
		}
		virtq_kicks_off(&v->queues[RX].q);
		if (deliver(v) || (virtq_kicks_on(&v->queues[RX].q) && deliver(v)))
			continue;
		/* The kick that brings buffers watches the interface again. */
		watch(v, false);
		break;
	}
	vdev_signal(v, RX);
	pthread_mutex_unlock(&v->vm->lock);
}

/* ---- From the guest ----------------------------------------------------------------------- */

static void transmit(struct vdev *v)
{
	struct virtq *q = &v->queues[TX].q;
	struct net *n = v->state;
	struct vq_chain c;

	do {
		virtq_kicks_off(q);
		while (vdev_pop(v, TX, &c)) {
			/* A packet that the interface does not take is lost, as on any wire. */
			if (writev(n->tap.fd, c.iov, (int)c.nr_out) < 0)
				n->lost++;
			virtq_push(q, &c, 0);
		}
	} while (virtq_kicks_on(q));
	vdev_signal(v, TX);
}

static void net_kick(struct vdev *v, unsigned int queue)
{
	struct net *n = v->state;

	/* One that the loop thread had in its hands when the queues were given away: pass it on. */
	if (n->vhost.running)
		vdev_kick_self(v, queue);
	else if (queue == TX)
		transmit(v);
	else
		watch(v, true);
}

static void stop_vhost(struct vdev *v)
{
	struct net *n = v->state;

	/* The kernel waits for the packets that it has under way. */
	if (n->vhost.running) {
		vhost_net_set_backend(&n->vhost, RX, -1);
		vhost_net_set_backend(&n->vhost, TX, -1);
	}
	vhost_stop(&n->vhost, v);
}

static int start_vhost(struct vdev *v)
{
	struct net *n = v->state;

	if (vhost_start(&n->vhost, v))
		return -1;
	if (!vhost_net_set_backend(&n->vhost, RX, n->tap.fd) &&
	    !vhost_net_set_backend(&n->vhost, TX, n->tap.fd))
		return 0;
	log_line("net: the host's kernel can't serve the interface: %s", strerror(errno));
	stop_vhost(v);
	return -1;
}

/* The interface makes, for this driver, only packets that it can take. */
static int net_start(struct vdev *v)
{
	struct net *n = v->state;
	unsigned long offload = 0;

	if (vdev_has(v, NET_F_GUEST_CSUM))
		offload |= TUN_F_CSUM;
	if (vdev_has(v, NET_F_GUEST_TSO4))
		offload |= TUN_F_TSO4;
	if (vdev_has(v, NET_F_GUEST_TSO6))
		offload |= TUN_F_TSO6;
	if (vdev_has(v, NET_F_GUEST_USO4) && vdev_has(v, NET_F_GUEST_USO6))
		offload |= TUN_F_USO4 | TUN_F_USO6;
	if (ioctl(n->tap.fd, TUNSETOFFLOAD, offload))
		return -1;
	return n->vhost.fd < 0 ? 0 : start_vhost(v);
}

static void net_reset(struct vdev *v)
{
	struct net *n = v->state;

	watch(v, false);
	stop_vhost(v);
	n->len = 0;
}

/* ---- Lifetime ----------------------------------------------------------------------------- */

struct net_options {
	char tap[IFNAMSIZ];
	u8 mac[6];
	bool has_mac;
	bool vhost;
};

static int parse_mac(const char *s, u8 mac[6])
{
	char end;

	return sscanf(s, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1], &mac[2],
		      &mac[3], &mac[4], &mac[5], &end) == 6 && !(mac[0] & 1) ? 0 : -1;
}

static int parse(const char *value, struct net_options *o, struct err *e)
{
	char copy[128], *word, *rest;

	snprintf(copy, sizeof(copy), "%s", value);
	for (word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (!strncmp(word, "tap=", 4) && word[4] && strlen(word + 4) < sizeof(o->tap)) {
			strcpy(o->tap, word + 4);
		} else if (!strncmp(word, "mac=", 4)) {
			if (parse_mac(word + 4, o->mac))
				return err_set(e, "--net %s: '%s' is no address of one interface: "
						  "write mac=02:11:22:33:44:55",
					       value, word + 4);
			o->has_mac = true;
		} else if (!strcmp(word, "vhost=on") || !strcmp(word, "vhost=off")) {
			o->vhost = word[7] == 'n';
		} else {
			return err_set(e, "--net %s: '%s' is no option: use tap=NAME, mac=ADDRESS "
					  "and vhost=on",
				       value, word);
		}
	}
	if (!o->tap[0])
		return err_set(e, "--net %s: which interface? --net tap=NAME", value);
	return 0;
}

/*
 * Without an address of the user's: one that stays the same for this VM and interface through the
 * guest's resets, from the range that belongs to nobody (FNV-1a).
 */
static void make_mac(struct net_options *o)
{
	u64 h = 0xcbf29ce484222325 ^ (u64)getpid();
	const char *s;
	unsigned int i;

	for (s = o->tap; *s; s++)
		h = (h ^ (u8)*s) * 0x100000001b3;
	for (i = 0; i < 6; i++)
		o->mac[i] = (u8)(h >> (8 * i + 16 * (i < 2)));
	o->mac[0] = 0x02;
}

static int open_tap(const char *name, struct err *e)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), len = HDR_LEN;

	if (fd < 0)
		return err_set(e, "--net tap=%s: no /dev/net/tun (%s): modprobe tun, as root", name,
			       strerror(errno));
	strcpy(ifr.ifr_name, name);
	if (!ioctl(fd, TUNSETIFF, &ifr) && !ioctl(fd, TUNSETVNETHDRSZ, &len) &&
	    !ioctl(fd, TUNSETOFFLOAD, 0))
		return fd;
	if (errno == EBUSY)
		err_set(e, "--net tap=%s: is in use by another program", name);
	else if (errno == EPERM)
		err_set(e, "--net tap=%s: not permitted: run as root, or give it to your user: "
			   "ip tuntap add %s mode tap user NAME", name, name);
	else
		err_set(e, "--net tap=%s: %s", name, strerror(errno));
	close(fd);
	return -1;
}

static u64 offload_features(int tap)
{
	u64 features = NET_F_CSUM | NET_F_GUEST_CSUM | NET_F_HOST_TSO4 | NET_F_HOST_TSO6 |
		       NET_F_GUEST_TSO4 | NET_F_GUEST_TSO6;

	if (!ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_USO4 | TUN_F_USO6))
		features |= NET_F_GUEST_USO4 | NET_F_GUEST_USO6 | NET_F_HOST_USO;
	ioctl(tap, TUNSETOFFLOAD, 0);
	return features;
}

static int net_init(struct vdev *v, const char *value, struct err *e)
{
	struct net_options o = { .tap = "" };
	struct net *n = v->state;

	if (parse(value, &o, e))
		return -1;
	n->tap = (struct loop_source){ .fn = on_tap, .ctx = v };
	n->tap.fd = open_tap(o.tap, e);
	if (n->tap.fd < 0)
		return -1;
	if (!o.has_mac)
		make_mac(&o);
	memcpy(v->config + CFG_MAC, o.mac, sizeof(o.mac));
	put_le16(v->config + CFG_STATUS, STATUS_LINK_UP);
	v->config_len = CFG_LEN;
	v->nr_queues = 2;
	v->features = NET_F_MAC | NET_F_STATUS | offload_features(n->tap.fd);
	n->vhost = (struct vhost){ .fd = -1, .nr_queues = 2 };
	if (!o.vhost)
		v->features |= NET_F_MRG_RXBUF;
	else if (vhost_open(&n->vhost, v, "vhost-net", "vhost_net", NET_F_MRG_RXBUF, e))
		goto fail;
	return 0;
fail:
	vhost_close(&n->vhost);
	close(n->tap.fd);
	return -1;
}

static void net_exit(struct vdev *v)
{
	struct net *n = v->state;

	vhost_close(&n->vhost);
	close(n->tap.fd);
}

const struct vdev_class net_class = {
	.name = "net",
	.option = "net",
	.arg = "tap=NAME[,mac=ADDRESS][,vhost=on]",
	.help = "a network interface on a tap device of the host",
	.id = 1,
	.state_size = sizeof(struct net),
	.init = net_init,
	.exit = net_exit,
	.start = net_start,
	.reset = net_reset,
	.kick = net_kick,
};
