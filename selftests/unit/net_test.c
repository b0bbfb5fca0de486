// SPDX-License-Identifier: GPL-2.0
/*
 * The network device between rings and the other end of its wire: net.c with a link of this test's
 * own in the place of a tap interface, and net_passt.c with a program of this test's own, which sends
 * back what it gets.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/list.h"
#include "devices/net.h"
#include "tap.h"

#define BASE		0x40000000ULL
#define RAM		0x100000
#define QUEUE_ROOM	0x2000		/* descriptors, available ring, used ring */
#define AT_AVAIL	0x1000
#define AT_USED		0x1800
#define SIZE		64
#define AT_DATA		0x40000
#define CFG_STATUS	6

#define MUST(cond) do { \
	if (!(cond)) { \
		printf("# line %d: %s\n", __LINE__, #cond); \
		return false; \
	} \
} while (0)

static struct vdev vdev;
static struct vm vm;
static struct loop the_loop;
static struct err err;
static struct net_port *ports[NET_PAIRS_MAX];

/* ---- What is behind the device -------------------------------------------------------------- */

/* Who waits for what is in the ports, which are the sources that are no queue's. */
int loop_add(struct loop *l, struct loop_source *s, u32 events)
{
	struct net_port *p = s->ctx;

	if (s->ctx < (void *)&vdev || s->ctx >= (void *)(&vdev + 1))
		ports[p->index] = p;
	return 0;
}

void loop_del(struct loop *l, struct loop_source *s)
{
}

void loop_io_wait(struct loop *l)
{
}

/* ---- The other end of the wire ------------------------------------------------------------- */

static struct wire {
	u8 packet[200];
	size_t len;		/* of the next packet to receive, 0: none */
	unsigned int sent;
	unsigned int more;	/* that follow it */
	bool full;
	int ports;		/* open */
	int started;		/* and in use */
} wire;

static int wire_open(struct net_port *p, const struct net_options *o, struct err *e)
{
	ports[p->index] = p;
	wire.ports++;
	return 0;
}

static void wire_close(struct net_port *p)
{
	wire.ports--;
}

static u64 wire_features(struct net_port *p)
{
	return NET_F_CSUM;
}

static int wire_start(struct net_port *p, u64 features)
{
	wire.started++;
	return 0;
}

static void wire_stop(struct net_port *p)
{
	wire.started--;
}

static size_t wire_receive(struct net_port *p, u8 **packet)
{
	size_t len = wire.len;

	if (wire.more)
		wire.more--;
	else
		wire.len = 0;
	*packet = wire.packet;
	return len;
}

static bool wire_send(struct net_port *p, const struct iovec *iov, unsigned int n)
{
	wire.sent += !wire.full;
	return !wire.full;
}

const struct net_link net_tap_link = {
	.gone = "gone",
	.open = wire_open,
	.close = wire_close,
	.features = wire_features,
	.start = wire_start,
	.stop = wire_stop,
	.receive = wire_receive,
	.send = wire_send,
};

/* ---- The driver ---------------------------------------------------------------------------- */

static u8 *at(u64 off)
{
	return vm.mem.host + off;
}

static void refresh(void *transport)
{
}

static bool begin(const char *option, u64 features)
{
	unsigned int i;

	memset(&vdev, 0, sizeof(vdev));
	memset(&vm, 0, sizeof(vm));
	wire = (struct wire){ .ports = 0 };
	pthread_mutex_init(&vm.lock, NULL);
	pthread_cond_init(&vm.io_ended, NULL);
	the_loop.thread = pthread_self();
	vm.loop = &the_loop;
	vm.mem = (struct mem){ .base = BASE, .size = RAM, .host = aligned_alloc(16, RAM) };
	memset(vm.mem.host, 0, RAM);
	vdev.refresh = refresh;
	if (vdev_init(&vdev, &net_class, &vm, option, &err)) {
		free(vm.mem.host);
		return false;
	}
	vdev_set_status(&vdev, 3);
	vdev.accepted = features | VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX;
	vdev_set_status(&vdev, 11);
	for (i = 0; i < vdev.nr_queues; i++) {
		vdev.queues[i].q.size = SIZE;
		vdev.queues[i].q.desc = BASE + i * QUEUE_ROOM;
		vdev.queues[i].q.driver = BASE + i * QUEUE_ROOM + AT_AVAIL;
		vdev.queues[i].q.device = BASE + i * QUEUE_ROOM + AT_USED;
		vdev_queue_ready(&vdev, i);
	}
	vdev_set_status(&vdev, 15);
	return true;
}

static bool end(bool good)
{
	vdev_exit(&vdev);
	free(vm.mem.host);
	return good && !wire.ports && !wire.started;
}

static u16 driver_idx(unsigned int queue)
{
	return get_le16(at(queue * QUEUE_ROOM + AT_AVAIL + 2));
}

static u16 used_idx(unsigned int queue)
{
	return get_le16(at(queue * QUEUE_ROOM + AT_USED + 2));
}

/* A buffer; true: the device wants to be told (2.7.10). */
static bool add(unsigned int queue, u64 data, u32 len, u16 flags)
{
	u64 q = queue * QUEUE_ROOM;
	u16 idx = driver_idx(queue);
	u8 *d = at(q + 16 * (idx % SIZE));

	put_le64(d, BASE + data);
	put_le32(d + 8, len);
	put_le16(d + 12, flags);
	put_le16(d + 14, (u16)((idx + 1) % SIZE));
	put_le16(at(q + AT_AVAIL + 4 + 2 * (idx % SIZE)), idx % SIZE);
	put_le16(at(q + AT_AVAIL + 2), (u16)(idx + 1));
	return get_le16(at(q + AT_USED + 4 + 8 * SIZE)) == idx;
}

static void kick(unsigned int queue)
{
	vdev.class->kick(&vdev, queue);
}

static void ready(unsigned int i, u32 events)
{
	struct net_port *p = ports[i];

	p->src.fn(p->src.ctx, events & (p->events | EPOLLHUP));
}

static void packet(size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		wire.packet[i] = (u8)(i + 1);
	wire.len = len;
}

/* ---- Tests --------------------------------------------------------------------------------- */

/* A packet that needs three buffers when there are two: the third one's kick is asked for. */
static bool merged(void)
{
	MUST(ports[0]->events == 0);
	add(0, AT_DATA, 40, 2);
	add(0, AT_DATA + 0x100, 40, 2);
	kick(0);
	MUST(ports[0]->events == EPOLLIN);
	packet(100);
	ready(0, EPOLLIN);
	MUST(used_idx(0) == 0 && ports[0]->events == 0);
	MUST(add(0, AT_DATA + 0x200, 40, 2));
	kick(0);
	MUST(ports[0]->events == EPOLLIN);
	/* No other packet need come for it to be seen. */
	MUST(used_idx(0) == 3);
	MUST(get_le16(at(AT_DATA + 10)) == 3);
	MUST(!memcmp(at(AT_DATA), wire.packet, 10) && at(AT_DATA)[12] == 13);
	MUST(!memcmp(at(AT_DATA + 0x100), wire.packet + 40, 40));
	MUST(!memcmp(at(AT_DATA + 0x200), wire.packet + 80, 20));
	return true;
}

static bool no_room_for_header(void)
{
	add(0, AT_DATA, 11, 2);
	kick(0);
	packet(100);
	ready(0, EPOLLIN);
	MUST(vdev.status & VIRTIO_STATUS_NEEDS_RESET);
	return true;
}

static bool waits_for_wire(void)
{
	wire.full = true;
	add(1, AT_DATA, 60, 0);
	kick(1);
	MUST(used_idx(1) == 0 && ports[0]->events & EPOLLOUT);
	wire.full = false;
	ready(0, EPOLLOUT);
	MUST(used_idx(1) == 1 && wire.sent == 1 && !(ports[0]->events & EPOLLOUT));
	MUST(add(1, AT_DATA, 60, 0));
	return true;
}

static bool takes_turns(void)
{
	struct pollfd pfd = { .fd = vdev.queues[1].kick.fd, .events = POLLIN };
	unsigned int i;
	u64 n;

	/* The start of the queues is a kick too. */
	MUST(read(pfd.fd, &n, sizeof(n)) == sizeof(n));
	for (i = 0; i < SIZE; i++)
		add(1, AT_DATA, 60, 0);
	kick(1);
	MUST(used_idx(1) == 64 && poll(&pfd, 1, 0) == 1);
	kick(1);
	MUST(add(1, AT_DATA, 60, 0));
	return true;
}

/* More than one turn's packets have come, and with them the only word of them. */
static bool receives_in_turns(void)
{
	struct pollfd pfd = { .fd = vdev.queues[0].kick.fd, .events = POLLIN };
	unsigned int i;
	u64 n;

	for (i = 0; i < SIZE; i++)
		add(0, AT_DATA, 200, 2);
	MUST(read(pfd.fd, &n, sizeof(n)) == sizeof(n));
	packet(100);
	wire.more = SIZE;
	kick(0);
	MUST(used_idx(0) == SIZE && poll(&pfd, 1, 0) == 1);
	add(0, AT_DATA, 200, 2);
	kick(0);
	MUST(used_idx(0) == SIZE + 1 && !wire.len);
	return true;
}

/* What waits for a wire that is no more comes back. */
static bool loses_full_link(void)
{
	struct pollfd pfd = { .fd = vdev.queues[1].kick.fd, .events = POLLIN };
	u64 n;

	MUST(read(pfd.fd, &n, sizeof(n)) == sizeof(n));
	wire.full = true;
	add(1, AT_DATA, 60, 0);
	kick(1);
	MUST(used_idx(1) == 0 && poll(&pfd, 1, 0) == 0);
	ready(0, EPOLLHUP);
	MUST(poll(&pfd, 1, 0) == 1);
	kick(1);
	MUST(used_idx(1) == 1);
	wire.started = 0;
	return true;
}

static bool loses_link(void)
{
	kick(0);
	MUST(get_le16(vdev.config + CFG_STATUS) == 1);
	ready(0, EPOLLHUP);
	MUST(get_le16(vdev.config + CFG_STATUS) == 0 && vdev.config_changed && !ports[0]->events);
	add(1, AT_DATA, 60, 0);
	kick(1);
	MUST(used_idx(1) == 1 && !wire.sent);
	wire.started = 0;	/* nobody stops what is gone */
	return true;
}

/* The answer to a command with @len bytes of { class, command, pairs }. */
static int command(unsigned int queue, u8 class, u8 cmd, u16 pairs, u32 len)
{
	u8 *d = at(AT_DATA);

	d[0] = class;
	d[1] = cmd;
	put_le16(d + 2, pairs);
	d[0x100] = 0xee;
	if (!add(queue, AT_DATA, len, 1))
		return -1;
	/* The second descriptor of the chain; its place in the ring stays unused. */
	put_le64(at(queue * QUEUE_ROOM + 16 * (driver_idx(queue) % SIZE)), BASE + AT_DATA + 0x100);
	put_le32(at(queue * QUEUE_ROOM + 16 * (driver_idx(queue) % SIZE) + 8), 1);
	put_le16(at(queue * QUEUE_ROOM + 16 * (driver_idx(queue) % SIZE) + 12), 2);
	kick(queue);
	kick(queue);	/* the second by itself: is there more? */
	return d[0x100];
}

static bool pairs(void)
{
	MUST(vdev.nr_queues == 7 && wire.ports == 3 && wire.started == 1);
	MUST(get_le16(vdev.config + 8) == 3);
	MUST(command(6, 4, 0, 3, 4) == 0 && wire.started == 3);
	MUST(command(6, 4, 0, 4, 4) == 1 && command(6, 4, 0, 0, 4) == 1 && wire.started == 3);
	MUST(command(6, 4, 1, 1, 4) == 1 && command(6, 3, 0, 1, 4) == 1 && wire.started == 3);
	MUST(command(6, 4, 0, 1, 3) == 1 && wire.started == 3);
	kick(4);
	MUST(ports[2]->events == EPOLLIN);
	MUST(command(6, 4, 0, 2, 4) == 0 && wire.started == 2 && !ports[2]->events);
	kick(4);
	MUST(!ports[2]->events);
	vdev_set_status(&vdev, 0);
	MUST(wire.started == 0);
	return true;
}

static bool pairs_not_wanted(void)
{
	MUST(command(2, 4, 0, 2, 4) == 1 && wire.started == 1);
	return true;
}

/* ---- passt --------------------------------------------------------------------------------- */

/* A program of that name before all others in the PATH; it gets --foreground --quiet --fd N ... */
static bool with_passt(const char *script, bool (*test)(void))
{
	char dir[] = "/tmp/net_test.XXXXXX", path[64], old[4096];
	bool good = false;
	FILE *f;

	snprintf(old, sizeof(old), "%s", getenv("PATH"));
	MUST(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/passt", dir);
	f = fopen(path, "w");
	MUST(f && fprintf(f, "#!/bin/bash\nPATH=%s\n%s\n", old, script) > 0 && !fclose(f));
	MUST(!chmod(path, 0755) && !setenv("PATH", dir, 1));
	if (begin("passt,tcp=2222:22", NET_F_MTU | NET_F_MRG_RXBUF))
		good = end(test());
	setenv("PATH", old, 1);
	remove(path);
	rmdir(dir);
	return good;
}

/* As the loop does; false: nothing happens any more. */
static bool serve(void)
{
	struct net_port *p = ports[0];
	struct pollfd pfd = { .fd = p->src.fd, .events = (short)p->events };

	if (poll(&pfd, 1, 10000) != 1)
		return false;
	p->src.fn(p->src.ctx, (u32)pfd.revents);
	return true;
}

/* Frames of all sizes, more of them than the socket holds, come back as they were. */
static bool echo(void)
{
	static const u32 sizes[] = { 14, 60, 1514, 65534, 65535, 65535, 65535, 65535, 9000 };
	u32 room = 0x11000, i, n;

	MUST(get_le16(vdev.config + 10) == 65520);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(at(AT_DATA), 0, NET_HDR_LEN);
		for (n = 0; n < sizes[i]; n++)
			at(AT_DATA + NET_HDR_LEN)[n] = (u8)(n * 7 + i);
		/* Twice, in one kick: the second may have to wait. */
		add(1, AT_DATA, NET_HDR_LEN + sizes[i], 0);
		add(1, AT_DATA, NET_HDR_LEN + sizes[i], 0);
		memset(at(AT_DATA + room), 0xee, 2 * room);
		add(0, AT_DATA + room, room, 2);
		add(0, AT_DATA + 2 * room, room, 2);
		kick(0);
		kick(1);
		while (used_idx(0) != driver_idx(0) || used_idx(1) != driver_idx(1))
			MUST(get_le16(vdev.config + CFG_STATUS) && serve());
		for (n = 1; n <= 2; n++) {
			MUST(get_le16(at(AT_DATA + n * room + 10)) == 1);
			MUST(!memcmp(at(AT_DATA + NET_HDR_LEN),
				     at(AT_DATA + n * room + NET_HDR_LEN), sizes[i]));
			MUST(at(AT_DATA + n * room + NET_HDR_LEN)[sizes[i]] == 0xee);
		}
	}
	return true;
}

static bool link_down(void)
{
	add(0, AT_DATA, 0x11000, 2);
	kick(0);
	while (get_le16(vdev.config + CFG_STATUS))
		MUST(serve());
	MUST(used_idx(0) == 0);
	return true;
}

static bool no_program(void)
{
	char old[4096];
	bool good;

	snprintf(old, sizeof(old), "%s", getenv("PATH"));
	setenv("PATH", "/nonexistent", 1);
	good = !begin("passt", 0) && strstr(err.text, "apt install passt");
	setenv("PATH", old, 1);
	return good;
}

static bool wrong(const char *option, const char *says)
{
	return !begin(option, 0) && strstr(err.text, says);
}

int main(void)
{
	const u64 mrg = NET_F_MRG_RXBUF, mq = NET_F_MQ | NET_F_CTRL_VQ;
	struct tap t = { 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	tap_ok(&t, begin("tap=x", mrg) && end(merged()), "a packet in three buffers");
	tap_ok(&t, begin("tap=x", mrg) && end(no_room_for_header()), "no room for the header");
	tap_ok(&t, begin("tap=x", mrg) && end(waits_for_wire()), "a wire that is full");
	tap_ok(&t, begin("tap=x", mrg) && end(takes_turns()), "others have their turn");
	tap_ok(&t, begin("tap=x", mrg) && end(receives_in_turns()), "others have it while packets come");
	tap_ok(&t, begin("tap=x", mrg) && end(loses_full_link()), "a full wire goes away");
	tap_ok(&t, begin("tap=x", mrg) && end(loses_link()), "the other end goes away");
	tap_ok(&t, begin("tap=x,queues=3", mq) && end(pairs()), "pairs of queues");
	tap_ok(&t, begin("tap=x,queues=3", NET_F_CTRL_VQ) && end(pairs_not_wanted()),
	       "one pair, and the control queue after it");
	tap_ok(&t, with_passt("exec cat <&$4 >&$4", echo), "passt: frames of all sizes");
	tap_ok(&t, with_passt("printf '\\377\\377\\377\\377' >&$4; exec cat <&$4", link_down),
	       "passt: a length that can't be");
	tap_ok(&t, with_passt("printf '\\0\\0\\0\\005abcde' >&$4; exec cat <&$4", link_down),
	       "passt: a frame without addresses");
	tap_ok(&t, with_passt("exit 1", link_down), "passt: ends");
	tap_ok(&t, with_passt("[ \"$*\" = \"--foreground --quiet --fd $4 --tcp-ports 2222:22\" ] && "
			      "exec cat <&$4 >&$4", echo), "passt: its arguments");
	tap_ok(&t, no_program(), "passt: there is none");
	tap_ok(&t, wrong("queues=2", "which interface"), "no other end");
	tap_ok(&t, wrong("tap=x,queues=8", "1 to 7") && wrong("tap=x,queues=0", "1 to 7") &&
	       wrong("tap=x,queues=2x", "1 to 7"), "no number of queues");
	tap_ok(&t, wrong("passt,queues=2", "one pair") && wrong("passt,tap=x", "either") &&
	       wrong("passt,vhost=on", "no vhost"), "passt is simple");
	tap_ok(&t, wrong("tap=x,tcp=22:22", "for passt") && wrong("passt,tcp=", "no ports"),
	       "ports to forward");
	tap_ok(&t, wrong("tap=x,mac=01:00:00:00:00:00", "no address"), "an address of many");
	return tap_end(&t);
}
