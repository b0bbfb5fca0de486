// SPDX-License-Identifier: GPL-2.0
/*
 * vhost-user against a fake other side: a thread on a socketpair, which does as the specification
 * says, or at one message of its choice something else. Above the real virtio.c, vhost.c and fs.c;
 * whatever the other side does, the device must have its queues back in time.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "devices/list.h"
#include "devices/virtiofsd.h"
#include "virtio/vhost_user.h"
#include "tap.h"

#define BASE		0x40000000ULL
#define RAM		0x10000
#define QUEUES		2
#define SIZE		8
#define AT_DESC(q)	(0x1000 * (q))
#define AT_DRIVER(q)	(0x1000 * (q) + 0x400)
#define AT_DEVICE(q)	(0x1000 * (q) + 0x800)
#define AT_DATA		0x8000
#define PATIENCE	30	/* ms, where it is tried */

#define F_PROTOCOL	((u64)1 << 30)
#define F_OF_DEVICE	((u64)1 << 5)
#define ALL_FEATURES	(VIRTIO_F_VERSION_1 | VIRTIO_F_RING_PACKED | VIRTIO_F_EVENT_IDX | \
			 F_PROTOCOL | F_OF_DEVICE | (u64)1 << 50)

/* ---- The other side ------------------------------------------------------------------------- */

enum trick {
	NONE, OTHER_REQUEST, TOO_LONG, TOO_SHORT, HUGE, NO_REPLY_FLAG, OTHER_VERSION, REFUSE, SILENT,
	DRIP, HALF, HANG_UP, TRICKS,
};

static const char *const trick_names[] = {
	"nothing odd", "another request's name", "a payload too long", "a payload too short",
	"a payload of 4 GiB", "no reply flag", "another version", "a refusal", "silence",
	"a byte now and then", "half a header", "the end",
};

struct wire {
	u32 request, flags, size;
	u64 payload[5];
} __attribute__((packed, aligned(4)));

/**
 * struct fake - what it is to do, and what it has seen
 * @fd: its end of the socket
 * @trick: what it does at message number @at, 0: the first
 * @features: that it offers
 * @protocol: likewise
 * @serve: chains that it uses when queue 1 is enabled; then it hangs up, if @die
 * @wrong: messages that are not as specified
 * @seen: requests, by number
 */
struct fake {
	int fd;
	enum trick trick;
	unsigned int at;
	u64 features, protocol;
	unsigned int serve;
	bool die;
	unsigned int messages, wrong;
	u32 seen[32];
	u64 accepted;
	u8 *ram;
	u64 user;
	u64 used[QUEUES];
	int call[QUEUES], kick[QUEUES];
};

static const u32 sizes[32] = {
	[2] = 8, [5] = 40, [8] = 8, [9] = 40, [10] = 8, [11] = 8, [12] = 8, [13] = 8, [16] = 8, [18] = 8,
};

static bool get(struct fake *f, struct wire *w, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec iov = { w, 12 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };

	*fd = -1;
	if (recvmsg(f->fd, &msg, MSG_WAITALL) != 12)
		return false;
	if (CMSG_FIRSTHDR(&msg))
		memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	if (w->request >= 32 || w->size != sizes[w->request] || (w->flags & ~8u) != 1 ||
	    (*fd >= 0) != (w->request == 5 || w->request == 12 || w->request == 13)) {
		f->wrong++;
		return false;
	}
	f->seen[w->request]++;
	return !w->size || recv(f->fd, (u8 *)w + 12, w->size, MSG_WAITALL) == (ssize_t)w->size;
}

static void put(struct fake *f, const void *buf, size_t len)
{
	if (send(f->fd, buf, len, MSG_NOSIGNAL) < 0)
		return;
}

static void drip(struct fake *f, const struct wire *w)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		put(f, (const u8 *)w + i, 1);
		usleep(PATIENCE * 1000 / 4);
	}
}

/* False: it is over. */
static bool answer(struct fake *f, u32 request, u64 val)
{
	struct wire w = { request, 5, 8, { val } };
	enum trick trick = f->messages == f->at ? f->trick : NONE;

	if (trick == OTHER_REQUEST)
		w.request ^= 1;
	if (trick == TOO_LONG || trick == TOO_SHORT)
		w.size = trick == TOO_LONG ? 40 : 4;
	if (trick == HUGE)
		w.size = ~0u;
	if (trick == NO_REPLY_FLAG)
		w.flags = 1;
	if (trick == OTHER_VERSION)
		w.flags = 6;
	if (trick == REFUSE)
		w.payload[0] = ~0ull;
	if (trick == DRIP)
		drip(f, &w);
	else if (trick == HALF)
		put(f, &w, 6);
	else if (trick != SILENT && trick != HANG_UP)
		put(f, &w, 12 + (w.size > 40 ? 40 : w.size));
	return trick != HANG_UP;
}

static void map(struct fake *f, const struct wire *w, int fd)
{
	u64 p[5];

	memcpy(p, w->payload, sizeof(p));
	f->user = p[3];
	f->ram = mmap(NULL, p[2], PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)p[4]);
	f->wrong += (u32)p[0] != 1 || p[1] != BASE || p[2] != RAM || f->ram == MAP_FAILED ||
		    !ftruncate(fd, 0);
}

/* Uses chains of queue 1 in the order of the ring. */
static void serve(struct fake *f)
{
	static const u64 one = 1;
	u8 *used = f->ram + (f->used[1] - f->user);
	unsigned int i;

	for (i = 0; i < f->serve; i++) {
		put_le32(used + 4 + 8 * i, get_le16(f->ram + AT_DRIVER(1) + 4 + 2 * i));
		put_le32(used + 8 + 8 * i, 1);
	}
	__atomic_store_n((u16 *)(used + 2), (u16)f->serve, __ATOMIC_RELEASE);
	if (f->serve && write(f->call[1], &one, sizeof(one)) < 0)
		f->wrong++;
}

static bool handle(struct fake *f, const struct wire *w, int fd)
{
	u32 index = (u32)w->payload[0] & 0xff, num = (u32)(w->payload[0] >> 32);
	bool ack = w->flags & 8;

	if (w->request == 1 || w->request == 15)
		return answer(f, w->request, w->request == 1 ? f->features : f->protocol);
	if (w->request == 11)
		return answer(f, w->request, index | (u64)f->serve << 32);
	f->wrong += index >= QUEUES && w->request >= 8 && w->request != 16;
	index %= QUEUES;
	if (w->request == 2)
		f->accepted = w->payload[0];
	else if (w->request == 5)
		map(f, w, fd);
	else if (w->request == 9)
		f->used[index] = w->payload[2];
	else if (w->request == 13)
		f->call[index] = fd;
	else if (w->request == 12)
		f->kick[index] = fd;
	if (fd >= 0 && w->request == 5)
		close(fd);
	if (w->request == 18 && index == 1 && num)
		serve(f);
	/* Without REPLY_ACK there is nothing that could go wrong but this. */
	if (ack ? !answer(f, w->request, 0) : f->messages == f->at && f->trick == HANG_UP)
		return false;
	return !(f->die && w->request == 18 && index == 1);
}

static void *other_side(void *arg)
{
	struct fake *f = arg;
	struct wire w = { 0 };
	unsigned int i;
	int fd;

	for (; get(f, &w, &fd) && handle(f, &w, fd); f->messages++)
		;
	close(f->fd);
	if (f->ram && f->ram != MAP_FAILED)
		munmap(f->ram, RAM);
	for (i = 0; i < QUEUES; i++) {
		if (f->call[i] >= 0)
			close(f->call[i]);
		if (f->kick[i] >= 0)
			close(f->kick[i]);
	}
	return NULL;
}

/* ---- What is behind virtio.c and fs.c ------------------------------------------------------ */

static struct fake fake;
static pthread_t fake_thread;
static int our_end;
static struct vdev vdev;
static struct vm vm;
static struct loop the_loop;
static int watched, lost;

void log_line(const char *fmt, ...)
{
	(void)fmt;
}

int err_set(struct err *e, const char *fmt, ...)
{
	snprintf(e->text, sizeof(e->text), "%s", fmt);
	return -1;
}

int loop_add(struct loop *l, struct loop_source *s, u32 events)
{
	watched++;
	return 0;
}

void loop_del(struct loop *l, struct loop_source *s)
{
	watched--;
}

void loop_io_wait(struct loop *l)
{
}

int virtiofsd_start(const char *dir, bool read_only, pid_t *pid, struct err *e)
{
	*pid = 1;
	return our_end;
}

void virtiofsd_end(pid_t pid)
{
	lost += pid == 1;
}

static void refresh(void *transport)
{
}

/* ---- A device of this test's own ------------------------------------------------------------ */

static int opened;	/* errno of vhost_user_open() */
static unsigned int patience = 10000;
static unsigned int popped;

static void on_lost(struct vhost_user *u)
{
	lost++;
}

static int user_init(struct vdev *v, const char *value, struct err *e)
{
	struct vhost_user *u = v->state;

	*u = (struct vhost_user){ .vhost.nr_queues = QUEUES, .patience = patience, .lost = on_lost };
	v->nr_queues = QUEUES;
	opened = vhost_user_open(u, v, our_end, F_OF_DEVICE) ? errno : 0;
	return opened ? -1 : 0;
}

static void user_exit(struct vdev *v)
{
	vhost_user_close(v->state);
}

static int user_start(struct vdev *v)
{
	return vhost_user_start(v->state);
}

static void user_reset(struct vdev *v)
{
	struct vhost_user *u = v->state;

	vhost_stop(&u->vhost, v);
}

static void user_kick(struct vdev *v, unsigned int queue)
{
	struct vq_chain c;

	while (vdev_pop(v, queue, &c)) {
		virtq_push(&v->queues[queue].q, &c, 0);
		popped++;
	}
}

static const struct vdev_class user_class = {
	.name = "user", .option = "user", .state_size = sizeof(struct vhost_user),
	.init = user_init, .exit = user_exit, .start = user_start, .reset = user_reset,
	.kick = user_kick,
};

/* ---- The driver ----------------------------------------------------------------------------- */

static bool begin(const struct vdev_class *class, const struct fake *f, const char *value)
{
	struct err e;
	int pair[2];
	int ret;

	memset(&vdev, 0, sizeof(vdev));
	memset(&vm, 0, sizeof(vm));
	pthread_mutex_init(&vm.lock, NULL);
	pthread_cond_init(&vm.io_ended, NULL);
	the_loop.thread = pthread_self();
	vm.loop = &the_loop;
	watched = lost = opened = 0;
	popped = 0;
	fake = *f;
	memset(fake.call, -1, sizeof(fake.call));
	memset(fake.kick, -1, sizeof(fake.kick));
	if (mem_init(&vm.mem, BASE, RAM, true, &e) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return false;
	our_end = pair[0];
	fake.fd = pair[1];
	pthread_create(&fake_thread, NULL, other_side, &fake);
	vdev.refresh = refresh;
	ret = vdev_init(&vdev, class, &vm, value, &e);
	return !ret;
}

static bool end(void)
{
	vdev_exit(&vdev);
	pthread_join(fake_thread, NULL);
	mem_exit(&vm.mem);
	pthread_cond_destroy(&vm.io_ended);
	pthread_mutex_destroy(&vm.lock);
	return !watched && !fake.wrong && lost == 1;
}

/* Three requests in queue 1: 40 bytes out, with a number at 8, and 32 bytes in. */
static void fill_ring(void)
{
	u8 *ram = vm.mem.host, *desc = ram + AT_DESC(1), *avail = ram + AT_DRIVER(1);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		put_le64(desc + 32 * i, BASE + AT_DATA + 128 * i);
		put_le32(desc + 32 * i + 8, 40);
		put_le32(desc + 32 * i + 12, 1 | (2 * i + 1) << 16);
		put_le64(desc + 32 * i + 16, BASE + AT_DATA + 128 * i + 64);
		put_le32(desc + 32 * i + 24, 32);
		put_le32(desc + 32 * i + 28, 2);
		put_le64(ram + AT_DATA + 128 * i + 8, 1000 + i);
		put_le16(avail + 4 + 2 * i, (u16)(2 * i));
	}
	put_le16(avail + 2, 3);
}

static unsigned int first_queue;	/* that the driver sets up */

static void make_ready(void)
{
	unsigned int i;

	vdev_set_status(&vdev, 3);
	vdev.accepted = vdev.features;
	vdev_set_status(&vdev, 11);
	fill_ring();
	for (i = first_queue; i < QUEUES; i++) {
		struct virtq *q = &vdev.queues[i].q;

		q->size = SIZE;
		q->desc = BASE + AT_DESC(i);
		q->driver = BASE + AT_DRIVER(i);
		q->device = BASE + AT_DEVICE(i);
		vdev_queue_ready(&vdev, i);
	}
	pthread_mutex_lock(&vm.lock);
	vdev_set_status(&vdev, 15);
	pthread_mutex_unlock(&vm.lock);
}

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

static bool eventfd_is(int fd, bool signalled)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, signalled ? 2000 : 0) == signalled;
}

/* What the loop thread does when something is on the socket; for 2 s, until it is closed. */
static bool loop_closes(struct vhost_user *u)
{
	struct pollfd p = { .fd = u->vhost.fd, .events = POLLIN };

	if (poll(&p, 1, 2000) == 1)
		u->src.fn(u->src.ctx, POLLIN);
	return u->vhost.fd < 0 && !u->vhost.running;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static const struct fake good_side = { .features = ALL_FEATURES, .protocol = ~0ull, .serve = 3 };

/* EDK2's driver has no use for the queue of urgent requests. */
static bool without_first(void)
{
	struct fake f = good_side;
	struct vhost_user *u;
	bool ok;

	ok = begin(&user_class, &f, NULL);
	u = vdev.state;
	first_queue = 1;
	make_ready();
	first_queue = 0;
	ok = ok && u->vhost.running && vdev_running(&vdev) && eventfd_is(vdev.call, true);
	ok = ok && watched == QUEUES && get_le16(vm.mem.host + AT_DEVICE(1) + 2) == f.serve;
	vdev_set_status(&vdev, 0);
	ok = ok && !u->vhost.running && watched == 1 + QUEUES;
	ok = end() && ok;
	return ok && fake.seen[11] == QUEUES - 1;
}

static bool good(u64 features, u64 protocol)
{
	struct fake f = good_side;
	struct vhost_user *u;
	bool ok;

	f.features = features;
	f.protocol = protocol;
	/* Without protocol features nothing is enabled, and this one serves when it is. */
	if (!(features & F_PROTOCOL))
		f.serve = 0;
	ok = begin(&user_class, &f, NULL);
	u = vdev.state;
	ok = ok && vdev.features == (F_OF_DEVICE | VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX);
	make_ready();
	ok = ok && u->vhost.running && vdev_running(&vdev) && (!f.serve || eventfd_is(vdev.call, true));
	/* Only the connection is waited for now. */
	ok = ok && watched == 1 && get_le16(vm.mem.host + AT_DEVICE(1) + 2) == f.serve;
	/* Nothing has come: a wakeup means nothing. */
	u->src.fn(u->src.ctx, POLLIN);
	vdev_set_status(&vdev, 0);
	ok = ok && !u->vhost.running && u->vhost.fd >= 0 && watched == 1 + QUEUES;
	/* Another time. */
	memset(vm.mem.host, 0, RAM);
	make_ready();
	ok = ok && u->vhost.running;
	ok = end() && ok;
	return ok && fake.accepted == (vdev.features | (features & F_PROTOCOL)) &&
	       fake.seen[11] == 2 * QUEUES && fake.seen[18] == (features & F_PROTOCOL ? 4 * QUEUES : 0);
}

/* One odd thing at message @at: in time, closed, and the queues are back with all that is in them. */
static bool odd(enum trick trick, unsigned int at)
{
	struct fake f = good_side;
	struct vhost_user *u;
	bool ok = true;
	u64 start = now_ms();

	f.serve = 0;
	f.trick = trick;
	f.at = at;
	if (begin(&user_class, &f, NULL)) {
		u = vdev.state;
		make_ready();
		if (u->vhost.running) {
			vdev_set_status(&vdev, 0);
			ok = u->vhost.fd < 0;
		} else {
			user_kick(&vdev, 1);
			ok = vdev_running(&vdev) && popped == 3;
		}
		ok = ok && u->vhost.fd < 0 && watched == QUEUES;
	} else {
		ok = opened;
	}
	ok = end() && ok;
	return ok && now_ms() - start < 2000;
}

/* 4 to open, 2 and 6 for each queue to start, 2 for each to stop. */
#define MESSAGES	(4 + 2 + 6 * QUEUES + 2 * QUEUES)

static bool odd_anywhere(enum trick trick)
{
	unsigned int at;

	for (at = 0; at < MESSAGES; at++) {
		/* The first two ask for any number; the third asks for confirmations from now on. */
		if ((trick == REFUSE && at < 2) || (trick != HANG_UP && at == 2))
			continue;
		if (!odd(trick, at)) {
			printf("# %s at message %u\n", trick_names[trick], at);
			return false;
		}
	}
	return true;
}

static bool too_old(void)
{
	struct fake f = good_side;
	bool ok;

	f.features &= ~VIRTIO_F_VERSION_1;
	ok = !begin(&user_class, &f, NULL) && opened == EPROTO;
	return end() && ok;
}

static bool out_of_turn(void)
{
	struct vhost_user *u;
	bool ok = begin(&user_class, &good_side, NULL);

	u = vdev.state;
	make_ready();
	put(&fake, "hello", 5);
	ok = ok && loop_closes(u) && watched == QUEUES;
	return end() && ok;
}

/* fs.c: of three requests one was served; the two others, and later ones, have an error. */
static bool dies(unsigned int served)
{
	struct fake f = good_side;
	const u8 *out;
	unsigned int i;
	bool ok;

	f.serve = served;
	f.die = true;
	ok = begin(&fs_class, &f, "/tmp,tag=name");
	ok = ok && !strcmp((char *)vdev.config, "name") && get_le32(vdev.config + 36) == 1;
	make_ready();
	ok = ok && loop_closes(vdev.state) && lost == 1 && eventfd_is(vdev.queues[1].kick.fd, true);
	fs_class.kick(&vdev, 1);
	ok = ok && get_le16(vm.mem.host + AT_DEVICE(1) + 2) == 3 && eventfd_is(vdev.call, true);
	for (i = served; i < 3; i++) {
		out = vm.mem.host + AT_DATA + 128 * i + 64;
		ok = ok && get_le32(out) == 16 && get_le32(out + 4) == (u32)-ENOTCONN &&
		     get_le64(out + 8) == 1000 + i &&
		     get_le32(vm.mem.host + AT_DEVICE(1) + 4 + 8 * i) == 2 * i;
	}
	/* The driver begins anew, and finds a device that is as dead. */
	vdev_set_status(&vdev, 0);
	memset(vm.mem.host, 0, RAM);
	make_ready();
	fs_class.kick(&vdev, 1);
	ok = ok && vdev_running(&vdev) && get_le16(vm.mem.host + AT_DEVICE(1) + 2) == 3;
	return end() && ok;
}

static bool option(const char *value, const char *text)
{
	struct err e = { "" };

	memset(&vdev, 0, sizeof(vdev));
	vdev.vm = &vm;
	vdev.refresh = refresh;
	if (!vdev_init(&vdev, &fs_class, &vm, value, &e))
		return false;
	vdev_exit(&vdev);
	return strstr(e.text, text);
}

static bool options(void)
{
	return option("/nowhere", "check the path") && option("/dev/null", "is no folder") &&
	       option("", "which folder") && option("/tmp,socket=/x,tag=a", "which folder") &&
	       option("/tmp,tag=", "can't be a tag") &&
	       option("/tmp,tag=1234567890123456789012345678901234567", "can't be a tag") &&
	       option("socket=/x", "add tag=") && option("socket=/x,tag=a,ro", "--readonly") &&
	       option("/tmp,fast", "is no option");
}

int main(void)
{
	struct tap t = { 0 };
	enum trick trick;
	char what[80];

	setvbuf(stdout, NULL, _IOLBF, 0);
	tap_ok(&t, good(ALL_FEATURES, ~0ull), "what the specification says");
	tap_ok(&t, good(ALL_FEATURES, 0), "without confirmations");
	tap_ok(&t, good(ALL_FEATURES & ~F_PROTOCOL, 0), "without protocol features");
	tap_ok(&t, without_first(), "a driver that sets up one queue of two");
	tap_ok(&t, too_old(), "one without virtio 1");
	tap_ok(&t, out_of_turn(), "a message that nobody asked for");
	tap_ok(&t, dies(1), "fs: requests that a dead virtiofsd leaves get errors");
	tap_ok(&t, dies(0) && dies(3), "fs: all of them, or none");
	tap_ok(&t, options(), "fs: options that are wrong");
	/* One that is late by accident ends like the others. */
	patience = PATIENCE;
	for (trick = OTHER_REQUEST; trick < TRICKS; trick++) {
		snprintf(what, sizeof(what), "at any message: %s", trick_names[trick]);
		tap_ok(&t, odd_anywhere(trick), what);
	}
	return tap_end(&t);
}
