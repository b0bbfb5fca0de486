// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-balloon (virtio 1.2, section 5.5): memory that the guest does not need goes back to the
 * host, because the driver inflates the balloon up to the size that was asked for, or because it
 * reports pages that happen to be free. All of it is advice: a page dropped here comes back as
 * zeroes when the guest touches it, so deflating needs no work of ours.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "devices/list.h"

#define BALLOON_F_STATS_VQ		((u64)1 << 1)
#define BALLOON_F_DEFLATE_ON_OOM	((u64)1 << 2)
#define BALLOON_F_REPORTING		((u64)1 << 5)

#define CFG_NUM_PAGES	0
#define CFG_ACTUAL	4
#define CFG_LEN		8

/* 5.5.2 numbers the queues; which of the others is what, role() says. */
#define Q_INFLATE	0
#define Q_DEFLATE	1
#define Q_STATS		2
#define NR_QUEUES	5

#define UNIT_SHIFT	12	/* 5.5.6: page numbers count 4096 bytes, whatever a page is */
#define BATCH		256	/* page numbers sorted and merged at once; Linux sends as many */
/* Page numbers looked at in one chain: none needs more, and the loop thread has other work. */
#define CHAIN_MAX	65536
#define TURN		64	/* chains after which the loop thread sees to others */

#define STAT_LEN	10	/* le16 tag, le64 value: 5.5.6.3 */
#define STAT_FREE	4
#define STAT_TOTAL	5
#define STAT_AVAILABLE	6
#define STAT_CACHES	7
#define NR_STATS	8

/**
 * struct balloon - state
 * @page_size: of the host
 * @signal: SIGUSR2, which asks for statistics
 * @holding: @held is a chain of the statistics queue, to be given back when new ones are wanted
 * @asked: the next statistics are to be shown
 * @stats: by tag; all ones: the guest does not say
 */
struct balloon {
	size_t page_size;
	struct loop_source signal;
	bool holding;
	struct vq_chain held;
	bool asked;
	u64 stats[NR_STATS];
};

/* ---- Giving memory back -------------------------------------------------------------------- */

/* Only whole pages of the host can go; what lies in them beside [p, p + len) is not ours. */
static void drop(const struct vdev *v, void *p, size_t len)
{
	const struct balloon *b = v->state;
	uintptr_t from = ALIGN_UP((uintptr_t)p, b->page_size);
	uintptr_t to = ALIGN_DOWN((uintptr_t)p + len, b->page_size);

	if (from < to)
		mem_drop(&v->vm->mem, (void *)from, to - from);
}

static int by_number(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

/* NULL: not in RAM. */
static void *unit(const struct vdev *v, u32 pfn)
{
	return mem_ptr(&v->vm->mem, (u64)pfn << UNIT_SHIFT, 1u << UNIT_SHIFT);
}

/* Drivers list pages in any order, often from the top down: sorted, they make few, long runs. */
static void drop_units(struct vdev *v, u32 *pfn, unsigned int n)
{
	unsigned int i, run;
	void *p;

	qsort(pfn, n, sizeof(pfn[0]), by_number);
	for (i = 0; i < n; i += run) {
		run = 1;
		p = unit(v, pfn[i]);
		if (!p)
			continue;
		while (i + run < n && pfn[i + run] - pfn[i] == run && unit(v, pfn[i + run]))
			run++;
		drop(v, p, (size_t)run << UNIT_SHIFT);
	}
}

static void inflate(struct vdev *v, const struct vq_chain *c)
{
	u8 raw[BATCH * 4];
	u32 pfn[BATCH];
	size_t off, len;
	unsigned int i;

	for (off = 0; off < CHAIN_MAX * 4; off += len) {
		len = iov_read(c->iov, c->nr_out, off, raw, sizeof(raw)) & ~(size_t)3;
		if (!len)
			break;
		for (i = 0; i < len / 4; i++)
			pfn[i] = get_le32(raw + i * 4);
		drop_units(v, pfn, i);
	}
}

/* 5.5.6.7: the pages are in the writable pieces themselves. Their contents no longer matter. */
static void report(struct vdev *v, const struct vq_chain *c)
{
	unsigned int i;

	for (i = c->nr_out; i < c->nr_out + c->nr_in; i++)
		drop(v, c->iov[i].iov_base, c->iov[i].iov_len);
}

/* ---- Statistics ---------------------------------------------------------------------------- */

static unsigned long long mib(u64 bytes)
{
	return bytes == ~(u64)0 ? 0 : bytes / MIB;
}

static void show(struct vdev *v)
{
	const struct balloon *b = v->state;
	u64 units = get_le32(v->config + CFG_ACTUAL);

	log_line("balloon: holds %llu MiB; the guest has %llu MiB, %llu free, %llu available, "
		 "%llu in caches", mib(units << UNIT_SHIFT), mib(b->stats[STAT_TOTAL]),
		 mib(b->stats[STAT_FREE]), mib(b->stats[STAT_AVAILABLE]),
		 mib(b->stats[STAT_CACHES]));
}

/* 5.5.6.3: the driver's buffer stays with us until we want another. */
static void take_stats(struct vdev *v, const struct vq_chain *c)
{
	struct balloon *b = v->state;
	u8 stat[STAT_LEN];
	unsigned int i;

	memset(b->stats, 0xff, sizeof(b->stats));
	for (i = 0; i < 64; i++) {
		if (iov_read(c->iov, c->nr_out, i * STAT_LEN, stat, STAT_LEN) != STAT_LEN)
			break;
		if (get_le16(stat) < NR_STATS)
			b->stats[get_le16(stat)] = get_le64(stat + 2);
	}
	if (b->holding)
		virtq_push(&v->queues[Q_STATS].q, &b->held, 0);
	b->held = *c;
	b->holding = true;
	if (b->asked)
		show(v);
	b->asked = false;
}

static void on_signal(void *ctx, u32 events)
{
	struct vdev *v = ctx;
	struct balloon *b = v->state;
	struct signalfd_siginfo info;

	(void)events;
	if (read(b->signal.fd, &info, sizeof(info)) != sizeof(info))
		return;
	pthread_mutex_lock(&v->vm->lock);
	if (vdev_running(v) && b->holding) {
		b->asked = true;
		b->holding = false;
		virtq_push(&v->queues[Q_STATS].q, &b->held, 0);
		vdev_signal(v, Q_STATS);
	} else {
		log_line("balloon: the guest gives no statistics");
	}
	pthread_mutex_unlock(&v->vm->lock);
}

/* ---- The device ---------------------------------------------------------------------------- */

typedef void (*role_fn)(struct vdev *v, const struct vq_chain *c);

static void deflate(struct vdev *v, const struct vq_chain *c)
{
	(void)v;
	(void)c;
}

/*
 * By 5.5.2 pages are reported in queue 4, also when 2 and 3 do not exist. Drivers before Linux 6.11
 * leave no gaps and report in the next queue. Since free page hints are not offered, both work.
 */
static role_fn role(const struct vdev *v, unsigned int queue)
{
	if (queue == Q_INFLATE)
		return inflate;
	if (queue == Q_DEFLATE)
		return deflate;
	if (queue == Q_STATS && vdev_has(v, BALLOON_F_STATS_VQ))
		return take_stats;
	return vdev_has(v, BALLOON_F_REPORTING) ? report : deflate;
}

static void balloon_kick(struct vdev *v, unsigned int queue)
{
	struct virtq *q = &v->queues[queue].q;
	role_fn fn = role(v, queue);
	unsigned int left = TURN;
	struct vq_chain c;

	do {
		virtq_kicks_off(q);
		while (left && vdev_pop(v, queue, &c)) {
			left--;
			fn(v, &c);
			if (fn != take_stats)
				virtq_push(q, &c, 0);
		}
	} while (left && virtq_kicks_on(q));
	if (!left)
		vdev_kick_self(v, queue);
	vdev_signal(v, queue);
}

/* After a reset the guest has all of its pages (5.5.5). */
static void balloon_reset(struct vdev *v)
{
	struct balloon *b = v->state;

	put_le32(v->config + CFG_ACTUAL, 0);
	b->holding = false;
	b->asked = false;
}

static void balloon_config_write(struct vdev *v, unsigned int off, const u8 *data,
				 unsigned int len)
{
	if (off >= CFG_ACTUAL)
		memcpy(v->config + off, data, len);
}

/* ---- Lifetime ------------------------------------------------------------------------------ */

static int parse(struct vdev *v, const char *value, struct err *e)
{
	u64 size = 0;

	if (strcmp(value, "0") && !parse_size(value, &size))
		return err_set(e, "--balloon %s: is no size: use 512, 1G or 0 (only take free pages)",
			       value);
	if (size >= v->vm->mem.size || size >> UNIT_SHIFT > UINT32_MAX)
		return err_set(e, "--balloon %s: must leave the guest some of its %llu MiB", value,
			       mib(v->vm->mem.size));
	put_le32(v->config + CFG_NUM_PAGES, (u32)(size >> UNIT_SHIFT));
	return 0;
}

static int balloon_init(struct vdev *v, const char *value, struct err *e)
{
	struct balloon *b = v->state;
	sigset_t set;

	if (parse(v, value, e))
		return -1;
	b->page_size = (size_t)sysconf(_SC_PAGESIZE);
	v->nr_queues = NR_QUEUES;
	v->config_len = CFG_LEN;
	v->features = BALLOON_F_STATS_VQ | BALLOON_F_DEFLATE_ON_OOM | BALLOON_F_REPORTING;
	/* vCPU threads start later and inherit the mask. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	b->signal = (struct loop_source){ .fn = on_signal, .ctx = v };
	b->signal.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (b->signal.fd < 0)
		return err_set(e, "can't wait for signals for --balloon: %s", strerror(errno));
	if (loop_add(v->vm->loop, &b->signal, EPOLLIN)) {
		close(b->signal.fd);
		return err_set(e, "can't wait for signals for --balloon");
	}
	return 0;
}

static void balloon_exit(struct vdev *v)
{
	struct balloon *b = v->state;

	loop_del(v->vm->loop, &b->signal);
	close(b->signal.fd);
}

const struct vdev_class balloon_class = {
	.name = "balloon",
	.option = "balloon",
	.arg = "SIZE",
	.help = "takes SIZE from the guest, and free pages; SIGUSR2 shows its memory",
	.id = 5,
	.state_size = sizeof(struct balloon),
	.init = balloon_init,
	.exit = balloon_exit,
	.reset = balloon_reset,
	.kick = balloon_kick,
	.config_write = balloon_config_write,
};
