// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio console's device with a driver of our own and with sockets: what ports it announces,
 * what it makes of wrong messages, who waits for whom, and what a hang-up leaves.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "devices/list.h"
#include "tap.h"

#define BASE	0x40000000ULL
#define RAM	0x80000
#define SIZE	16
#define BUF	0x1000			/* bytes of a buffer */
#define Q_AT(q)	((q) * 0x1000)		/* table, then 0x400 avail, 0x800 used */
#define BUF_AT(q, i)	(0x10000 + ((q) * SIZE + (i)) * BUF)

static struct vm vm;
static struct vm_config cfg;
static struct loop the_loop;
static struct vdev vdev;
static u16 given[6], taken[6];
static char path[100], option[200];
static char typed[10000];
static size_t nr_typed, room;
static const struct console_ops *ops;
static void *ops_ctx;

/* ---- The terminal -------------------------------------------------------------------------- */

struct console *console_open(const char *spec, struct loop *l, struct err *e)
{
	return NULL;
}

void console_close(struct console *c)
{
}

void console_attach(struct console *c, const struct console_ops *o, void *ctx)
{
}

int console_share(struct console *c, const struct console_ops *o, void *ctx)
{
	ops = o;
	ops_ctx = ctx;
	return 0;
}

bool console_size(const struct console *c, unsigned int *cols, unsigned int *rows)
{
	*cols = 132;
	*rows = 43;
	return true;
}

void console_put(struct console *c, u8 ch)
{
	if (nr_typed < sizeof(typed))
		typed[nr_typed++] = (char)ch;
	room--;
}

unsigned int console_tx_room(struct console *c)
{
	return (unsigned int)room;
}

void console_rx_poll(struct console *c)
{
}

/* ---- The loop ------------------------------------------------------------------------------ */

int loop_add(struct loop *l, struct loop_source *s, u32 events)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	return epoll_ctl(l->epfd, EPOLL_CTL_ADD, s->fd, &ev) ? -errno : 0;
}

void loop_del(struct loop *l, struct loop_source *s)
{
	epoll_ctl(l->epfd, EPOLL_CTL_DEL, s->fd, NULL);
}

void loop_io_wait(struct loop *l)
{
}

static unsigned int rounds;

/* All that is ready, until nothing is: false if that does not end. */
static bool run(void)
{
	struct epoll_event ev;
	struct loop_source *s;
	unsigned int i;

	for (i = 0; i < 10000; i++) {
		if (epoll_wait(the_loop.epfd, &ev, 1, 0) != 1) {
			rounds = i;
			return true;
		}
		s = ev.data.ptr;
		s->fn(s->ctx, ev.events);
	}
	return false;
}

/* ---- The driver ---------------------------------------------------------------------------- */

static void refresh(void *transport)
{
}

static u8 *at(u64 off)
{
	return vm.mem.host + off;
}

/* A buffer of @len bytes; @data is what is in it for the device, NULL if it is to be written. */
static void give(unsigned int q, const void *data, u32 len)
{
	unsigned int i = given[q] % SIZE;
	u8 *d = at(Q_AT(q) + 16 * i), *avail = at(Q_AT(q) + 0x400);

	put_le64(d, BASE + BUF_AT(q, i));
	put_le32(d + 8, len);
	put_le16(d + 12, data ? 0 : 2);
	if (data)
		memcpy(at(BUF_AT(q, i)), data, len);
	put_le16(avail + 4 + 2 * i, (u16)i);
	put_le16(avail + 2, ++given[q]);
	vdev_kick_self(&vdev, q);
}

/* The next buffer that came back: its data and length, or NULL. */
static u8 *take(unsigned int q, u32 *len)
{
	u8 *used = at(Q_AT(q) + 0x800), *e = used + 4 + 8 * (taken[q] % SIZE);

	if (get_le16(used + 2) == taken[q])
		return NULL;
	taken[q]++;
	*len = get_le32(e + 4);
	return at(BUF_AT(q, get_le32(e)));
}

static void say(u32 id, u16 event, u16 value, u32 len)
{
	u8 msg[8];

	put_le32(msg, id);
	put_le16(msg + 4, event);
	put_le16(msg + 6, value);
	give(3, msg, len);
}

/* The next message of the device is this one. */
static bool hears(u32 id, u16 event, u16 value, const char *more, u32 more_len)
{
	u32 len;
	u8 *m = take(2, &len);

	if (!m || get_le32(m) != id || get_le16(m + 4) != event || get_le16(m + 6) != value)
		return false;
	return len == 8 + more_len && !memcmp(m + 8, more, more_len);
}

static bool begin(void)
{
	struct err e;
	unsigned int q;

	memset(&vdev, 0, sizeof(vdev));
	memset(&vm, 0, sizeof(vm));
	memset(given, 0, sizeof(given));
	memset(taken, 0, sizeof(taken));
	nr_typed = 0;
	room = 1000;
	pthread_mutex_init(&vm.lock, NULL);
	pthread_cond_init(&vm.io_ended, NULL);
	the_loop = (struct loop){ .epfd = epoll_create1(0), .thread = pthread_self() };
	vm.loop = &the_loop;
	vm.cfg = &cfg;
	vm.console = (struct console *)&vm;
	vm.mem = (struct mem){ .base = BASE, .size = RAM, .host = calloc(1, RAM), .fd = -1 };
	vdev.refresh = refresh;
	snprintf(option, sizeof(option), "console,one=socket:%s", path);
	if (vdev_init(&vdev, &console_class, &vm, option, &e)) {
		printf("# %s\n", e.text);
		return false;
	}
	vdev_set_status(&vdev, 3);
	vdev.accepted = VIRTIO_F_VERSION_1 | (vdev.features & 7);
	vdev_set_status(&vdev, 11);
	for (q = 0; q < 6; q++) {
		vdev.queues[q].q.size = SIZE;
		vdev.queues[q].q.desc = BASE + Q_AT(q);
		vdev.queues[q].q.driver = BASE + Q_AT(q) + 0x400;
		vdev.queues[q].q.device = BASE + Q_AT(q) + 0x800;
		vdev_queue_ready(&vdev, q);
	}
	vdev_set_status(&vdev, 15);
	return vdev.status == 15;
}

static void end(void)
{
	vdev_exit(&vdev);
	close(the_loop.epfd);
	free(vm.mem.host);
}

static int dial(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* As Linux does, up to where both ports are open. */
static bool bring_up(void)
{
	unsigned int i;

	for (i = 0; i < 14; i++)
		give(2, NULL, 64);
	say(0, 0, 1, 8);
	if (!run() || !hears(0, 1, 1, "", 0) || !hears(1, 1, 1, "", 0))
		return false;
	say(0, 3, 1, 8);
	say(1, 3, 1, 8);
	say(0, 6, 1, 8);
	say(1, 6, 1, 8);
	return run() && hears(0, 4, 1, "", 0) && hears(0, 5, 1, "\x2b\0\x84\0", 4) &&
	       hears(0, 6, 1, "", 0) && hears(1, 7, 1, "one", 3);
}

/* ---- Tests --------------------------------------------------------------------------------- */

static bool announces(void)
{
	bool good = begin() && bring_up();
	u32 len;

	good = good && !take(2, &len) && get_le16(vdev.config) == 132 &&
	       get_le16(vdev.config + 2) == 43 && get_le32(vdev.config + 4) == 2;
	end();
	return good && access(path, F_OK);
}

static bool terminal(void)
{
	static const u16 keys[] = { 'k', 0x400, 'y' };
	bool good = begin() && bring_up();
	u32 len;
	u8 *p;

	good = good && ops->wants(ops_ctx) && !ops->rx_room(ops_ctx);
	give(0, NULL, 20);
	good = good && ops->rx_room(ops_ctx) == 20;
	ops->rx(ops_ctx, keys, 3);
	p = take(0, &len);
	good = good && p && len == 2 && !memcmp(p, "ky", 2);
	/* It takes 3 bytes, and then the rest. */
	room = 3;
	give(1, "hello", 5);
	good = good && run() && nr_typed == 3 && !take(1, &len);
	room = 100;
	ops->tx_room(ops_ctx);
	good = good && nr_typed == 5 && !memcmp(typed, "hello", 5) && take(1, &len);
	/* Emergency: any time, one character. */
	vdev_config_write(&vdev, 8, '!', 4);
	good = good && nr_typed == 6 && typed[5] == '!';
	vdev_set_status(&vdev, 0);
	good = good && !ops->wants(ops_ctx) && !ops->rx_room(ops_ctx);
	ops->rx(ops_ctx, keys, 3);
	end();
	return good && !ops;
}

static bool both_ways(void)
{
	bool good = begin() && bring_up();
	char buf[BUF];
	int fd = dial();
	u32 len;
	u8 *p;

	good = good && fd >= 0 && run() && hears(1, 6, 1, "", 0);
	give(5, "from guest", 10);
	good = good && run() && read(fd, buf, sizeof(buf)) == 10 && !memcmp(buf, "from guest", 10);
	/* The host's program waits for a buffer, and the loop does not turn meanwhile. */
	good = good && write(fd, "from host", 9) == 9 && run() && run() && rounds == 0;
	give(4, NULL, BUF);
	good = good && run() && (p = take(4, &len)) && len == 9 && !memcmp(p, "from host", 9);
	/* It hangs up: what it sent last arrives, then the news. */
	good = good && write(fd, "bye", 3) == 3;
	close(fd);
	good = good && run() && !take(4, &len);
	give(4, NULL, BUF);
	give(4, NULL, BUF);
	good = good && run() && (p = take(4, &len)) && len == 3 && hears(1, 6, 0, "", 0);
	fd = dial();
	good = good && fd >= 0 && run() && hears(1, 6, 1, "", 0);
	close(fd);
	end();
	return good;
}

/* A program that does not read keeps the guest waiting, and only the guest. */
static bool backpressure(void)
{
	bool good = begin() && bring_up();
	static char data[BUF], buf[BUF];
	unsigned int i, back = 0;
	int fd = dial();
	u32 len;
	ssize_t n;

	good = good && run();
	for (i = 0; i < 1000 && i - back < SIZE; i++) {
		give(5, data, BUF);
		good = good && run();
		while (take(5, &len))
			back++;
	}
	/* All buffers are with the device, and it waits without turning. */
	good = good && i < 1000 && run() && rounds == 0;
	/* A second one has to wait until the first is gone. */
	do {
		n = read(fd, buf, sizeof(buf));
		good = good && run();
		while (take(5, &len))
			back++;
	} while (n > 0 && back < i);
	good = good && back == i;
	close(fd);
	good = good && run();
	/* Nobody is there: it writes into nothing. */
	for (i = 0; i < 100 && good; i++) {
		give(5, data, BUF);
		good = run() && take(5, &len);
	}
	end();
	return good;
}

/* A guest that has the port closed gets nothing, and what was for it does not keep the next out. */
static bool closed(void)
{
	bool good = begin() && bring_up();
	int fd = dial(), other;
	u32 len;

	say(1, 6, 0, 8);
	give(4, NULL, BUF);
	good = good && run() && hears(1, 6, 1, "", 0) && write(fd, "lost", 4) == 4 && run() &&
	       rounds == 0 && !take(4, &len);
	other = dial();
	good = good && other >= 0 && run();
	close(fd);
	good = good && run() && write(other, "new", 3) == 3;
	say(1, 6, 1, 8);
	good = good && run() && take(4, &len) && len == 3;
	close(other);
	end();
	return good;
}

static bool hostile(void)
{
	bool good = begin();
	unsigned int i;
	u32 len;

	/* No buffers for answers: nothing is kept but what is due. */
	for (i = 0; i < 2000 && good; i++) {
		say(i % 5, i % 9, i % 3, i % 7 ? 8 : i % 8);
		good = run() && take(3, &len);
	}
	say(0xffffffff, 6, 1, 8);
	say(2, 6, 1, 8);
	say(7, 3, 1, 8);
	good = good && run() && vdev.status == 15;
	/* A buffer that is too small for a message gets a part of it. */
	give(2, NULL, 3);
	say(0, 0, 1, 8);
	good = good && run() && take(2, &len) && len == 3;
	/* Sizes of 0, and buffers of the wrong kind. */
	give(4, NULL, 0);
	give(5, NULL, 100);
	give(1, NULL, 100);
	give(0, "x", 1);
	say(1, 6, 1, 8);
	say(0, 6, 1, 8);
	good = good && run() && ops->rx_room(ops_ctx) == 0 && vdev.status == 15;
	end();
	return good;
}

int main(void)
{
	struct tap t = { 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof(path), "/tmp/console-test.%d", getpid());
	tap_ok(&t, announces(), "ports, size and name are announced");
	tap_ok(&t, terminal(), "port 0 is a terminal");
	tap_ok(&t, both_ways(), "data both ways, hang-up and a new connection");
	tap_ok(&t, backpressure(), "a host that does not read keeps only the writer waiting");
	tap_ok(&t, closed(), "a port that the guest has closed");
	tap_ok(&t, hostile(), "wrong messages");
	return tap_end(&t);
}
