/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between virtio-net, which has queues (net.c), and what is at the other end of the wire
 * (net_tap.c, net_passt.c), which knows none.
 */
#ifndef VMM_DEVICES_NET_H
#define VMM_DEVICES_NET_H

#include <net/if.h>

#include "virtio/vhost.h"

#define NET_F_CSUM		((u64)1 << 0)
#define NET_F_GUEST_CSUM	((u64)1 << 1)
#define NET_F_MTU		((u64)1 << 3)
#define NET_F_MAC		((u64)1 << 5)
#define NET_F_GUEST_TSO4	((u64)1 << 7)
#define NET_F_GUEST_TSO6	((u64)1 << 8)
#define NET_F_HOST_TSO4		((u64)1 << 11)
#define NET_F_HOST_TSO6		((u64)1 << 12)
#define NET_F_MRG_RXBUF		((u64)1 << 15)
#define NET_F_STATUS		((u64)1 << 16)
#define NET_F_CTRL_VQ		((u64)1 << 17)
#define NET_F_MQ		((u64)1 << 22)
#define NET_F_GUEST_USO4	((u64)1 << 54)
#define NET_F_GUEST_USO6	((u64)1 << 55)
#define NET_F_HOST_USO		((u64)1 << 56)

#define NET_HDR_LEN		12	/* struct virtio_net_hdr_v1 */
#define NET_FRAME_MAX		(14 + 65535 + 4)
#define NET_FORWARD_MAX		32
#define NET_PAIRS_MAX		7	/* and a control queue: VDEV_MAX_QUEUES */

struct net_link;
struct net_port;

/**
 * struct net_options - of one --net
 * @value: all of it, for messages
 * @link: kind of the other end, NULL: none was named
 * @tap: the interface's name
 * @forward: what passt is to pass on from the host, in its own options
 * @nr_forward: entries of @forward
 * @mac: the guest's address, if @has_mac
 * @vhost: the host's kernel serves the queues
 * @pairs: of queues
 */
struct net_options {
	const char *value;
	const struct net_link *link;
	char tap[IFNAMSIZ];
	const char *forward[NET_FORWARD_MAX];
	unsigned int nr_forward;
	u8 mac[6];
	bool has_mac;
	bool vhost;
	unsigned int pairs;
};

/**
 * struct net_link - the other end
 * @gone: what it says when @src is no more
 * @open: of one port, sets @src.fd and @state; the port's other fields are set
 * @is_up: asked once all ports are open; may be NULL
 * @close: likewise
 * @features: those that depend on it
 * @start: the driver has taken @features, and its pair of queues is in use from now on; may be NULL
 * @stop: it is not in use any more; may be NULL
 * @receive: a packet, with its header of NET_HDR_LEN bytes, that stays where it is until the next
 *	call; its length, 0: there is none
 * @send: a packet with its header; false: not now, @src will be writable when it makes sense. A
 *	packet that nobody can send is lost, as on any wire
 */
struct net_link {
	const char *gone;
	int (*open)(struct net_port *p, const struct net_options *o, struct err *e);
	bool (*is_up)(struct net_port *p);
	void (*close)(struct net_port *p);
	u64 (*features)(struct net_port *p);
	int (*start)(struct net_port *p, u64 features);
	void (*stop)(struct net_port *p);
	size_t (*receive)(struct net_port *p, u8 **packet);
	bool (*send)(struct net_port *p, const struct iovec *iov, unsigned int n);
};

/**
 * struct net_port - one pair of queues and its way out
 * @vdev: the device
 * @index: queues 2 * @index to receive and 2 * @index + 1 to send
 * @src: of the host
 * @events: of @src that we wait for
 * @vhost: serves both queues, if the user wants that; else its fd is -1
 * @packet: of @len bytes that waits for buffers; @len is 0 if none does
 * @state: the link's
 */
struct net_port {
	struct vdev *vdev;
	unsigned int index;
	struct loop_source src;
	u32 events;
	struct vhost vhost;
	u8 *packet;
	size_t len;
	void *state;
};

/* For links, in the loop thread: the host's interface was turned on or off. */
void net_set_up(struct vdev *v, bool up);

extern const struct net_link net_tap_link;
extern const struct net_link net_passt_link;

#endif /* VMM_DEVICES_NET_H */
