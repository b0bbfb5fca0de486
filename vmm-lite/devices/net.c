// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-net (virtio 1.2, section 5.1): pairs of queues, each with a way out of its own, which is a
 * tap interface (net_tap.c) or passt (net_passt.c). With vhost=on the host's kernel moves the
 * packets, and nothing of them is seen here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "devices/list.h"
#include "devices/net.h"

#define CFG_MAC			0
#define CFG_STATUS		6
#define CFG_MAX_PAIRS		8
#define CFG_LEN			12
#define STATUS_LINK_UP		1

#define CTRL_MQ			4
#define CTRL_MQ_PAIRS_SET	0
#define CTRL_OK			0
#define CTRL_ERR		1

#define HDR_NUM_BUFFERS		10
#define BATCH			64	/* packets, then others have their turn */
#define RX_CHAINS		64	/* buffers for one packet; Linux gives 1.5 KiB or more */

/**
 * struct net - state
 * @link: kind of the other end
 * @gone: the other end is no more
 * @nr_pairs: valid entries of @ports
 * @used: pairs that the driver uses, from the first on
 * @ports: the pairs
 */
struct net {
	const struct net_link *link;
	bool gone;
	unsigned int nr_pairs;
	unsigned int used;
	struct net_port ports[NET_PAIRS_MAX];
};

static unsigned int rx_queue(const struct net_port *p)
{
	return 2 * p->index;
}

static unsigned int tx_queue(const struct net_port *p)
{
	return 2 * p->index + 1;
}

/* Wait for these events of the host, and no others. */
static void watch(struct net_port *p, u32 events)
{
	struct net *n = p->vdev->state;

	if (n->gone)
		events = 0;
	if (events == p->events)
		return;
	if (p->events)
		loop_del(p->vdev->vm->loop, &p->src);
	if (events)
		loop_add(p->vdev->vm->loop, &p->src, events);
	p->events = events;
}

/* ---- To the guest ------------------------------------------------------------------------- */

/*
 * 5.1.6.4: with mergeable buffers a packet takes as many chains as it needs, and the first says how
 * many; without, one has to do. False: the driver has not given enough yet. It is asked to kick
 * where the ring ends: were chains put back first, it would be past that place and not kick for
 * what it adds later.
 */
static bool deliver(struct net_port *p)
{
	struct vdev *v = p->vdev;
	unsigned int i, max = vdev_has(v, NET_F_MRG_RXBUF) ? RX_CHAINS : 1, nr = 0;
	struct virtq *q = &v->queues[rx_queue(p)].q;
	struct vq_used used[RX_CHAINS];
	size_t done = 0, part;
	struct vq_chain c;
	u16 *num = NULL;

	while (done < p->len && nr < max && vdev_pop_or_ask(v, rx_queue(p), &c)) {
		part = iov_write(c.iov + c.nr_out, c.nr_in, 0, p->packet + done, p->len - done);
		used[nr++] = (struct vq_used){ c.id, c.slots, (u32)part };
		/* Where the count goes: a header in pieces is legal, but no driver has one. */
		if (nr == 1 && part >= NET_HDR_LEN && c.iov[c.nr_out].iov_len >= NET_HDR_LEN)
			num = (u16 *)((u8 *)c.iov[c.nr_out].iov_base + HDR_NUM_BUFFERS);
		if (nr == 1 && !num)
			break;
		done += part;
	}
	if (nr && !num) {
		vdev_broken(v, "a receive buffer without room for the header");
		return false;
	}
	if (done < p->len && nr < max) {
		for (i = nr; i-- > 0;)
			virtq_unpop(q, used[i].slots);
		return false;
	}
	/* What fits into no number of buffers that we wait for is cut, and so dropped there. */
	put_le16(num, (u16)nr);
	virtq_push_all(q, used, nr);
	p->len = 0;
	return true;
}

static void receive(struct net_port *p)
{
	struct net *n = p->vdev->state;
	struct virtq *q = &p->vdev->queues[rx_queue(p)].q;
	unsigned int i;

	for (i = 0; i < BATCH && vdev_running(p->vdev); i++) {
		if (!p->len)
			p->len = n->link->receive(p, &p->packet);
		if (!p->len)
			break;
		virtq_kicks_off(q);
		if (deliver(p))
			continue;
		/* The kick that brings buffers waits for packets again. */
		watch(p, p->events & ~(u32)EPOLLIN);
		break;
	}
	/* The rest may have come with these, and then nothing says that it is there. */
	if (i == BATCH)
		vdev_kick_self(p->vdev, rx_queue(p));
	vdev_signal(p->vdev, rx_queue(p));
}

/* ---- From the guest ----------------------------------------------------------------------- */

static void transmit(struct net_port *p)
{
	unsigned int queue = tx_queue(p), i = 0;
	struct virtq *q = &p->vdev->queues[queue].q;
	struct net *n = p->vdev->state;
	struct vq_chain c;

	do {
		virtq_kicks_off(q);
		while (i < BATCH && vdev_pop(p->vdev, queue, &c)) {
			if (!n->gone && !n->link->send(p, c.iov, c.nr_out)) {
				virtq_unpop(q, c.slots);
				watch(p, p->events | EPOLLOUT);
				goto out;
			}
			virtq_push(q, &c, 0);
			i++;
		}
		if (i == BATCH) {
			vdev_kick_self(p->vdev, queue);
			break;
		}
	} while (virtq_kicks_on(q));
	watch(p, p->events & ~(u32)EPOLLOUT);
out:
	vdev_signal(p->vdev, queue);
}

/* It would be ready for ever, and never have a packet again. */
static void lose_link(struct vdev *v)
{
	struct net *n = v->state;
	unsigned int i;

	n->gone = true;
	for (i = 0; i < n->nr_pairs; i++) {
		watch(&n->ports[i], 0);
		/* What has waited for the wire goes nowhere, and the driver has it back. */
		if (i < n->used)
			vdev_kick_self(v, tx_queue(&n->ports[i]));
	}
	log_line("net: %s", n->link->gone);
	put_le16(v->config + CFG_STATUS, 0);
	vdev_config_changed(v);
}

void net_set_up(struct vdev *v, bool up)
{
	struct net *n = v->state;
	u16 status = up ? STATUS_LINK_UP : 0;

	pthread_mutex_lock(&v->vm->lock);
	if (!n->gone && get_le16(v->config + CFG_STATUS) != status) {
		put_le16(v->config + CFG_STATUS, status);
		vdev_config_changed(v);
	}
	pthread_mutex_unlock(&v->vm->lock);
}

static void on_event(void *ctx, u32 events)
{
	struct net_port *p = ctx;
	struct vdev *v = p->vdev;

	pthread_mutex_lock(&v->vm->lock);
	/* Another thread may have changed what we wait for since the event. */
	events &= p->events | EPOLLERR | EPOLLHUP;
	if (p->events && events & (EPOLLERR | EPOLLHUP))
		lose_link(v);
	if (events & p->events & EPOLLIN)
		receive(p);
	if (events & p->events & EPOLLOUT)
		transmit(p);
	pthread_mutex_unlock(&v->vm->lock);
}

/* ---- Pairs of queues ---------------------------------------------------------------------- */

static void stop_vhost(struct net_port *p)
{
	/* The kernel waits for the packets that it has under way. */
	if (p->vhost.running) {
		vhost_net_set_backend(&p->vhost, 0, -1);
		vhost_net_set_backend(&p->vhost, 1, -1);
	}
	vhost_stop(&p->vhost, p->vdev);
}

static int start_vhost(struct net_port *p)
{
	if (vhost_start(&p->vhost, p->vdev))
		return -1;
	if (!vhost_net_set_backend(&p->vhost, 0, p->src.fd) &&
	    !vhost_net_set_backend(&p->vhost, 1, p->src.fd))
		return 0;
	if (vdev_may_complain(p->vdev))
		log_line("net: the host's kernel can't serve the interface: %s", strerror(errno));
	stop_vhost(p);
	return -1;
}

static void stop_port(struct net_port *p)
{
	struct net *n = p->vdev->state;

	watch(p, 0);
	stop_vhost(p);
	if (n->link->stop && !n->gone)
		n->link->stop(p);
	p->len = 0;
}

static int start_port(struct net_port *p)
{
	struct net *n = p->vdev->state;

	if (n->gone)
		return 0;
	if (n->link->start && n->link->start(p, p->vdev->accepted))
		return -1;
	if (p->vhost.fd >= 0)
		return start_vhost(p);
	/* What the driver has put there before. */
	vdev_kick_self(p->vdev, rx_queue(p));
	vdev_kick_self(p->vdev, tx_queue(p));
	return 0;
}

/* The driver uses the first @pairs pairs from now on. */
static int use_pairs(struct vdev *v, unsigned int pairs)
{
	struct net *n = v->state;

	while (n->used > pairs)
		stop_port(&n->ports[--n->used]);
	while (n->used < pairs) {
		if (start_port(&n->ports[n->used])) {
			/* The host must not send to where nobody reads. */
			stop_port(&n->ports[n->used]);
			return -1;
		}
		n->used++;
	}
	return 0;
}

static int net_start(struct vdev *v)
{
	return use_pairs(v, 1);
}

static void net_reset(struct vdev *v)
{
	use_pairs(v, 0);
}

/* ---- Control queue ------------------------------------------------------------------------ */

/* 5.1.2: the last queue, and where that is depends on what was negotiated. */
static unsigned int control_queue(const struct vdev *v)
{
	const struct net *n = v->state;

	return vdev_has(v, NET_F_MQ) ? 2 * n->nr_pairs : 2;
}

/* 5.1.6.5.5: how many pairs the driver uses. */
static u8 command(struct vdev *v, const struct vq_chain *c)
{
	const struct net *n = v->state;
	struct {
		u8 class;
		u8 cmd;
		u8 pairs[2];
	} cmd;
	unsigned int pairs;

	if (iov_read(c->iov, c->nr_out, 0, &cmd, sizeof(cmd)) != sizeof(cmd) ||
	    cmd.class != CTRL_MQ || cmd.cmd != CTRL_MQ_PAIRS_SET || !vdev_has(v, NET_F_MQ))
		return CTRL_ERR;
	pairs = get_le16(cmd.pairs);
	return pairs && pairs <= n->nr_pairs && !use_pairs(v, pairs) ? CTRL_OK : CTRL_ERR;
}

static void control(struct vdev *v, unsigned int queue)
{
	struct vq_chain c;
	u8 ack;

	/* One at a time: each may take long, and the rest has its turn after others. */
	if (!vdev_pop_or_ask(v, queue, &c))
		return;
	ack = command(v, &c);
	virtq_push(&v->queues[queue].q, &c,
		   (u32)iov_write(c.iov + c.nr_out, c.nr_in, 0, &ack, sizeof(ack)));
	vdev_signal(v, queue);
	vdev_kick_self(v, queue);
}

/* The driver has given buffers. A packet may wait for them, after which no other comes. */
static void refill(struct net_port *p)
{
	watch(p, p->events | EPOLLIN);
	if (p->events & EPOLLIN)
		receive(p);
}

static void net_kick(struct vdev *v, unsigned int queue)
{
	struct net *n = v->state;
	struct net_port *p = &n->ports[queue / 2];

	if (vdev_has(v, NET_F_CTRL_VQ) && queue == control_queue(v))
		control(v, queue);
	else if (queue / 2 >= n->used || vhost_kick(&p->vhost, v, queue))
		return;
	else if (queue == tx_queue(p))
		transmit(p);
	else
		refill(p);
}

/* ---- Lifetime ----------------------------------------------------------------------------- */

static int parse_mac(const char *s, u8 mac[6])
{
	char end;

	return sscanf(s, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1], &mac[2],
		      &mac[3], &mac[4], &mac[5], &end) == 6 && !(mac[0] & 1) ? 0 : -1;
}

static int parse_pairs(const char *s, unsigned int *pairs)
{
	char end;

	return sscanf(s, "%u%c", pairs, &end) == 1 && *pairs && *pairs <= NET_PAIRS_MAX ? 0 : -1;
}

/* Ports of the host, in passt's own words: tcp=2222:22 is --tcp-ports 2222:22. */
static int parse_forward(const char *option, const char *ports, struct net_options *o)
{
	if (o->nr_forward + 2 > NET_FORWARD_MAX || !*ports)
		return -1;
	o->forward[o->nr_forward++] = option;
	o->forward[o->nr_forward++] = ports;
	return 0;
}

static int set_link(struct net_options *o, const struct net_link *link, struct err *e)
{
	if (o->link && o->link != link)
		return err_set(e, "--net %s: either passt or tap=NAME", o->value);
	o->link = link;
	return 0;
}

static int parse_word(char *word, struct net_options *o, struct err *e)
{
	if (!strcmp(word, "passt")) {
		return set_link(o, &net_passt_link, e);
	} else if (!strncmp(word, "tap=", 4) && word[4] && strlen(word + 4) < sizeof(o->tap)) {
		strcpy(o->tap, word + 4);
		return set_link(o, &net_tap_link, e);
	} else if (!strncmp(word, "mac=", 4)) {
		if (parse_mac(word + 4, o->mac))
			return err_set(e, "--net %s: '%s' is no address of one interface: write "
					  "mac=02:11:22:33:44:55",
				       o->value, word + 4);
		o->has_mac = true;
	} else if (!strncmp(word, "queues=", 7)) {
		if (parse_pairs(word + 7, &o->pairs))
			return err_set(e, "--net %s: '%s' is no number of queues: 1 to %u",
				       o->value, word + 7, NET_PAIRS_MAX);
	} else if (!strncmp(word, "tcp=", 4) || !strncmp(word, "udp=", 4)) {
		if (parse_forward(*word == 't' ? "--tcp-ports" : "--udp-ports", word + 4, o))
			return err_set(e, "--net %s: '%s' are no ports, or too many: write "
					  "tcp=2222:22",
				       o->value, word + 4);
	} else if (!strcmp(word, "vhost=on") || !strcmp(word, "vhost=off")) {
		o->vhost = word[7] == 'n';
	} else {
		return err_set(e, "--net %s: '%s' is no option: use passt or tap=NAME, "
				  "mac=ADDRESS, queues=N, vhost=on, tcp=PORT:PORT, udp=PORT:PORT",
			       o->value, word);
	}
	return 0;
}

static int parse(char *copy, struct net_options *o, struct err *e)
{
	char *word, *rest;

	for (word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (parse_word(word, o, e))
			return -1;
	}
	if (!o->link)
		return err_set(e, "--net %s: which interface? --net tap=NAME, or --net passt",
			       o->value);
	if (o->link == &net_passt_link && (o->vhost || o->pairs > 1))
		return err_set(e, "--net %s: passt has one pair of queues, and no vhost=on",
			       o->value);
	if (o->link == &net_tap_link && o->nr_forward)
		return err_set(e, "--net %s: tcp= and udp= are for passt; a tap interface is the "
				  "host's to route",
			       o->value);
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

	for (s = o->value; *s; s++)
		h = (h ^ (u8)*s) * 0x100000001b3;
	for (i = 0; i < 6; i++)
		o->mac[i] = (u8)(h >> (8 * i + 16 * (i < 2)));
	o->mac[0] = 0x02;
}

static void net_exit(struct vdev *v)
{
	struct net *n = v->state;
	unsigned int i;

	for (i = 0; i < n->nr_pairs; i++) {
		vhost_close(&n->ports[i].vhost);
		n->link->close(&n->ports[i]);
	}
}

static int open_port(struct vdev *v, const struct net_options *o, struct err *e)
{
	struct net *n = v->state;
	struct net_port *p = &n->ports[n->nr_pairs];

	p->vdev = v;
	p->index = n->nr_pairs++;
	p->src = (struct loop_source){ .fd = -1, .fn = on_event, .ctx = p };
	p->vhost = (struct vhost){ .fd = -1, .first = rx_queue(p), .nr_queues = 2 };
	if (n->link->open(p, o, e))
		return -1;
	return o->vhost ? vhost_open(&p->vhost, v, "vhost-net", "vhost_net", NET_F_MRG_RXBUF, e) : 0;
}

static void set_config(struct vdev *v, const struct net_options *o)
{
	struct net *n = v->state;

	memcpy(v->config + CFG_MAC, o->mac, sizeof(o->mac));
	if (!n->link->is_up || n->link->is_up(&n->ports[0]))
		put_le16(v->config + CFG_STATUS, STATUS_LINK_UP);
	put_le16(v->config + CFG_MAX_PAIRS, (u16)n->nr_pairs);
	v->config_len = CFG_LEN;
	v->nr_queues = 2 * n->nr_pairs;
	v->features |= NET_F_MAC | NET_F_STATUS | n->link->features(&n->ports[0]);
	if (!o->vhost)
		v->features |= NET_F_MRG_RXBUF;
	if (n->nr_pairs > 1) {
		v->nr_queues++;
		v->features |= NET_F_CTRL_VQ | NET_F_MQ;
	}
}

static int net_init(struct vdev *v, const char *value, struct err *e)
{
	struct net_options o = { .value = value, .pairs = 1 };
	struct net *n = v->state;
	char copy[512];

	if (snprintf(copy, sizeof(copy), "%s", value) >= (int)sizeof(copy))
		return err_set(e, "--net: more than %zu characters", sizeof(copy) - 1);
	if (parse(copy, &o, e))
		return -1;
	if (!o.has_mac)
		make_mac(&o);
	n->link = o.link;
	while (n->nr_pairs < o.pairs) {
		if (open_port(v, &o, e)) {
			net_exit(v);
			return -1;
		}
	}
	set_config(v, &o);
	return 0;
}

const struct vdev_class net_class = {
	.name = "net",
	.option = "net",
	.arg = "tap=NAME|passt[,mac=ADDRESS][,queues=N][,vhost=on][,tcp=PORT:PORT]",
	.help = "a network interface on a tap device of the host, or by passt without a privilege",
	.id = 1,
	.state_size = sizeof(struct net),
	.init = net_init,
	.exit = net_exit,
	.start = net_start,
	.reset = net_reset,
	.kick = net_kick,
};
