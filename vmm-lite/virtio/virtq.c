// SPDX-License-Identifier: GPL-2.0
/*
 * Virtqueues, split (virtio 1.2, 2.7) and packed (2.8). Two sets of functions, one per format, meet
 * in virtq_pop() and those after it; descriptors of both become struct piece, so that the checks
 * are written once.
 */
#include <endian.h>

#include "virtio/virtq.h"

#define DESC_NEXT	(1 << 0)
#define DESC_WRITE	(1 << 1)
#define DESC_INDIRECT	(1 << 2)
#define DESC_AVAIL	(1 << 7)
#define DESC_USED	(1 << 15)

#define RING_NO_SIGNAL	1	/* avail->flags */
#define RING_NO_KICK	1	/* used->flags */

#define EVENT_ON	0	/* event suppression of packed rings */
#define EVENT_OFF	1
#define EVENT_DESC	2

#define UNSIGNALLED_MAX	0x10000	/* all that an event index can mean */

struct split_desc {
	u64 addr;
	u32 len;
	u16 flags;
	u16 next;
};

struct packed_desc {
	u64 addr;
	u32 len;
	u16 id;
	u16 flags;
};

struct event {
	u16 off_wrap;
	u16 flags;
};

struct used_elem {
	u32 id;
	u32 len;
};

/* A descriptor of either format, in our byte order and in our memory: the guest can't change it. */
struct piece {
	u64 addr;
	u32 len;
	u16 flags;
	u16 next;	/* split */
	u16 id;		/* packed */
};

static u16 load16(const u16 *p)
{
	return le16toh(__atomic_load_n(p, __ATOMIC_RELAXED));
}

/* What follows in program order is not read before this. */
static u16 load16_acquire(const u16 *p)
{
	return le16toh(__atomic_load_n(p, __ATOMIC_ACQUIRE));
}

static void store16(u16 *p, u16 v)
{
	__atomic_store_n(p, htole16(v), __ATOMIC_RELAXED);
}

/* What precedes in program order is seen by whoever sees this. */
static void store16_release(u16 *p, u16 v)
{
	__atomic_store_n(p, htole16(v), __ATOMIC_RELEASE);
}

/* The rings' fields by place: flags, idx and ring[] of both, then the other side's event index. */
static u16 *avail_field(const struct virtq *q, unsigned int n)
{
	return (u16 *)q->driver_p + n;
}

static u16 *used_field(const struct virtq *q, unsigned int n)
{
	return (u16 *)q->device_p + n;
}

static u16 *used_event(const struct virtq *q)
{
	return avail_field(q, 2 + q->size);
}

static u16 *avail_event(const struct virtq *q)
{
	return used_field(q, 2 + 4 * q->size);
}

static struct piece split_piece(const struct split_desc *d)
{
	return (struct piece){
		.addr = le64toh(__atomic_load_n(&d->addr, __ATOMIC_RELAXED)),
		.len = le32toh(__atomic_load_n(&d->len, __ATOMIC_RELAXED)),
		.flags = load16(&d->flags),
		.next = load16(&d->next),
	};
}

static struct piece packed_piece(const struct packed_desc *d)
{
	return (struct piece){
		.addr = le64toh(__atomic_load_n(&d->addr, __ATOMIC_RELAXED)),
		.len = le32toh(__atomic_load_n(&d->len, __ATOMIC_RELAXED)),
		.flags = load16(&d->flags),
		.id = load16(&d->id),
	};
}

/* ---- Setup --------------------------------------------------------------------------------- */

/**
 * virtq_start() - the driver has set the queue up
 * @q: mem, packed, event_idx, size and the addresses are set
 *
 * Return: 0, or -1 if an area is not RAM or not aligned, or the size is none (2.7, 2.8.10).
 */
int virtq_start(struct virtq *q)
{
	u64 n = q->size;
	u64 driver_len = q->packed ? sizeof(struct event) : 6 + 2 * n;
	u64 device_len = q->packed ? sizeof(struct event) : 6 + 8 * n;

	if (!n || n > VIRTQ_SIZE_MAX || (!q->packed && n & (n - 1)))
		return -1;
	if (q->desc % 16 || q->driver % (q->packed ? 4 : 2) || q->device % 4)
		return -1;
	q->desc_p = mem_ptr(q->mem, q->desc, 16 * n);
	q->driver_p = mem_ptr(q->mem, q->driver, driver_len);
	q->device_p = mem_ptr(q->mem, q->device, device_len);
	if (!q->desc_p || !q->driver_p || !q->device_p)
		return -1;
	q->avail = 0;
	q->used = 0;
	q->avail_wrap = true;
	q->used_wrap = true;
	q->unsignalled = 0;
	q->ready = true;
	return 0;
}

void virtq_reset(struct virtq *q)
{
	*q = (struct virtq){ .mem = q->mem, .size = VIRTQ_SIZE_MAX };
}

void virtq_take_over(struct virtq *q)
{
	if (!q->ready || q->packed)
		return;
	q->used = load16(used_field(q, 1));
	q->avail = q->used;
	q->unsignalled = UNSIGNALLED_MAX;
}

/* ---- Chains -------------------------------------------------------------------------------- */

static int add_piece(struct virtq *q, struct vq_chain *c, const struct piece *p)
{
	unsigned int n = c->nr_out + c->nr_in;
	void *host;

	if (!p->len)
		return 0;
	/* 2.7.4.2: what the device writes comes after what it reads. */
	if (n == VIRTQ_SEGS_MAX || (c->nr_in && !(p->flags & DESC_WRITE)))
		return -1;
	host = mem_ptr(q->mem, p->addr, p->len);
	/* Pieces may lie over each other: what RAM holds is no limit of their sum. */
	if (!host || __builtin_add_overflow(c->bytes, p->len, &c->bytes))
		return -1;
	c->iov[n] = (struct iovec){ host, p->len };
	if (p->flags & DESC_WRITE)
		c->nr_in++;
	else
		c->nr_out++;
	return 0;
}

/* Entry @i of a table, which need not be aligned (2.7.5.3, 2.8.7 ask for nothing). */
static struct piece table_piece(const struct virtq *q, const u8 *table, unsigned int i)
{
	union {
		struct split_desc split;
		struct packed_desc packed;
	} d;

	memcpy(&d, table + 16 * i, sizeof(d));
	/* Ours from here on: the compiler must not read the guest's a second time. */
	asm volatile("" : "+m"(d));
	return q->packed ? packed_piece(&d.packed) : split_piece(&d.split);
}

/* The table of an indirect descriptor: linked if split, in order if packed. */
static int add_indirect(struct virtq *q, struct vq_chain *c, const struct piece *p)
{
	unsigned int n = p->len / 16, i = 0, seen;
	const u8 *table = mem_ptr(q->mem, p->addr, p->len);
	struct piece in;

	if (!table || !n || p->len % 16 || n > VIRTQ_SIZE_MAX)
		return -1;
	for (seen = 0; seen < n; seen++) {
		in = table_piece(q, table, i);
		if (in.flags & DESC_INDIRECT || add_piece(q, c, &in))
			return -1;
		i = q->packed ? i + 1 : in.next;
		if (!q->packed && !(in.flags & DESC_NEXT))
			return 0;
		if (!q->packed && i >= n)
			return -1;
	}
	return q->packed ? 0 : -1;	/* a split chain must have ended: this one goes round */
}

static int add_any(struct virtq *q, struct vq_chain *c, const struct piece *p)
{
	if (!(p->flags & DESC_INDIRECT))
		return add_piece(q, c, p);
	return p->flags & DESC_NEXT ? -1 : add_indirect(q, c, p);
}

static int split_pop(struct virtq *q, struct vq_chain *c)
{
	/* The entry and its descriptors were written before the index. */
	u16 idx = load16_acquire(avail_field(q, 1));
	struct piece p;
	unsigned int n;
	u16 i;

	if (idx == q->avail)
		return 0;
	if ((u16)(idx - q->avail) > q->size)
		return -1;
	i = load16(avail_field(q, 2 + q->avail % q->size));
	c->id = i;
	for (n = 0; n < q->size; n++) {
		if (i >= q->size)
			return -1;
		p = split_piece((const struct split_desc *)q->desc_p + i);
		if (add_any(q, c, &p))
			return -1;
		if (!(p.flags & DESC_NEXT)) {
			q->avail++;
			return 1;
		}
		i = p.next;
	}
	return -1;
}

static void packed_advance(struct virtq *q, u16 *pos, bool *wrap, u16 by)
{
	*pos += by;
	if (*pos >= q->size) {
		*pos -= q->size;
		*wrap = !*wrap;
	}
}

static bool packed_available(const struct virtq *q)
{
	const struct packed_desc *d = (const struct packed_desc *)q->desc_p + q->avail;
	u16 flags = load16_acquire(&d->flags);

	return !!(flags & DESC_AVAIL) == q->avail_wrap && !!(flags & DESC_USED) != q->avail_wrap;
}

static int packed_pop(struct virtq *q, struct vq_chain *c)
{
	const struct packed_desc *ring = q->desc_p;
	u16 pos = q->avail;
	struct piece p;

	if (!packed_available(q))
		return 0;
	for (c->slots = 1; c->slots <= q->size; c->slots++) {
		p = packed_piece(ring + pos);
		if (add_any(q, c, &p))
			return -1;
		if (!(p.flags & DESC_NEXT)) {
			/* 2.8.6: the last descriptor has the identifier. */
			c->id = p.id;
			packed_advance(q, &q->avail, &q->avail_wrap, c->slots);
			return 1;
		}
		if (++pos == q->size)
			pos = 0;
	}
	return -1;
}

int virtq_pop(struct virtq *q, struct vq_chain *c)
{
	int ret;

	if (!q->ready)
		return 0;
	c->nr_out = 0;
	c->nr_in = 0;
	c->bytes = 0;
	c->slots = 1;
	ret = q->packed ? packed_pop(q, c) : split_pop(q, c);
	if (ret < 0)
		q->ready = false;
	return ret;
}

void virtq_unpop(struct virtq *q, u16 slots)
{
	if (!q->packed) {
		q->avail--;
	} else if (q->avail >= slots) {
		q->avail -= slots;
	} else {
		q->avail += q->size - slots;
		q->avail_wrap = !q->avail_wrap;
	}
}

static void split_push(struct virtq *q, const struct vq_used *u, unsigned int n)
{
	struct used_elem *ring = (struct used_elem *)used_field(q, 2);
	unsigned int i;

	for (i = 0; i < n; i++, q->used++) {
		ring[q->used % q->size].id = htole32(u[i].id);
		ring[q->used % q->size].len = htole32(u[i].written);
	}
	store16_release(used_field(q, 1), q->used);
}

/* The driver looks at the first entry first, so that is written last. */
static void packed_push(struct virtq *q, const struct vq_used *u, unsigned int n)
{
	struct packed_desc *ring = q->desc_p, *first = &ring[q->used];
	u16 flags, first_flags = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		ring[q->used].id = htole16(u[i].id);
		ring[q->used].len = htole32(u[i].written);
		flags = (q->used_wrap ? DESC_AVAIL | DESC_USED : 0) |
			(u[i].written ? DESC_WRITE : 0);
		if (i)
			store16_release(&ring[q->used].flags, flags);
		else
			first_flags = flags;
		packed_advance(q, &q->used, &q->used_wrap, u[i].slots);
	}
	store16_release(&first->flags, first_flags);
}

void virtq_push_all(struct virtq *q, const struct vq_used *u, unsigned int n)
{
	unsigned int i;

	if (!q->ready || !n)
		return;
	/* One longer than the ring comes from an earlier setup, and would lead out of it. */
	for (i = 0; i < n; i++)
		if (u[i].slots > q->size)
			return;
	if (q->packed)
		packed_push(q, u, n);
	else
		split_push(q, u, n);
	/* A driver that polls may ask for nothing for long: stop counting where all has passed. */
	for (i = 0; i < n && q->unsignalled < UNSIGNALLED_MAX; i++)
		q->unsignalled += u[i].slots;
}

void virtq_push(struct virtq *q, const struct vq_chain *c, u32 written)
{
	struct vq_used u = { c->id, c->slots, written };

	virtq_push_all(q, &u, 1);
}

/* ---- Events -------------------------------------------------------------------------------- */

/*
 * 2.7.10, 2.8.10: the driver names the entry that it wants to hear of. It has been used since the
 * last signal if it lies within the last @n entries, which end before @now on a circle of @round.
 */
static bool passed(unsigned int event, unsigned int now, unsigned int n, unsigned int round)
{
	unsigned int back = (now + round - event) % round;

	return n >= round || (back >= 1 && back <= n);
}

static bool packed_must_signal(struct virtq *q, unsigned int n)
{
	const struct event *ev = q->driver_p;
	u16 flags = load16(&ev->flags), at;
	unsigned int event, now;

	if (flags != EVENT_DESC || !q->event_idx)
		return flags != EVENT_OFF;
	at = load16(&ev->off_wrap);
	event = (at & 0x7fff) + (at >> 15 ? 0 : q->size);
	now = q->used + (q->used_wrap ? 0 : q->size);
	return event >= 2u * q->size || passed(event, now, n, 2 * q->size);
}

bool virtq_must_signal(struct virtq *q)
{
	unsigned int n = q->unsignalled;

	if (!q->ready || !n)
		return false;
	q->unsignalled = 0;
	/* The driver stores its wish, then looks for used entries; we do it the other way round. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (q->packed)
		return packed_must_signal(q, n);
	if (!q->event_idx)
		return !(load16(avail_field(q, 0)) & RING_NO_SIGNAL);
	return passed(load16(used_event(q)), q->used, n, 0x10000);
}

void virtq_kicks_off(struct virtq *q)
{
	struct event *ev = q->device_p;

	if (!q->ready)
		return;
	if (q->packed)
		store16(&ev->flags, EVENT_OFF);
	else if (!q->event_idx)
		store16(used_field(q, 0), RING_NO_KICK);
	/* A split ring with event indices is quiet once its event lies behind. */
}

static void ask_for_kicks(struct virtq *q)
{
	struct event *ev = q->device_p;

	if (q->packed && q->event_idx) {
		store16(&ev->off_wrap, q->avail | (q->avail_wrap ? 1 << 15 : 0));
		store16_release(&ev->flags, EVENT_DESC);
	} else if (q->packed) {
		store16(&ev->flags, EVENT_ON);
	} else if (q->event_idx) {
		store16(avail_event(q), q->avail);
	} else {
		store16(used_field(q, 0), 0);
	}
}

bool virtq_kicks_on(struct virtq *q)
{
	if (!q->ready)
		return false;
	ask_for_kicks(q);
	/* Stored before we look; the driver makes the chain available before it looks here. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return q->packed ? packed_available(q) : load16(avail_field(q, 1)) != q->avail;
}

/* ---- Buffers in pieces --------------------------------------------------------------------- */

size_t iov_total(const struct iovec *iov, unsigned int n)
{
	size_t sum = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		sum += iov[i].iov_len;
	return sum;
}

static size_t iov_copy(const struct iovec *iov, unsigned int n, size_t off, u8 *buf, size_t len,
		       bool to_iov)
{
	size_t done = 0, part;
	unsigned int i;

	for (i = 0; i < n && done < len; i++) {
		if (off >= iov[i].iov_len) {
			off -= iov[i].iov_len;
			continue;
		}
		part = iov[i].iov_len - off;
		if (part > len - done)
			part = len - done;
		if (to_iov)
			memcpy((u8 *)iov[i].iov_base + off, buf + done, part);
		else
			memcpy(buf + done, (u8 *)iov[i].iov_base + off, part);
		done += part;
		off = 0;
	}
	return done;
}

size_t iov_read(const struct iovec *iov, unsigned int n, size_t off, void *buf, size_t len)
{
	return iov_copy(iov, n, off, buf, len, false);
}

size_t iov_write(const struct iovec *iov, unsigned int n, size_t off, const void *buf, size_t len)
{
	return iov_copy(iov, n, off, (u8 *)buf, len, true);
}

unsigned int iov_skip(struct iovec **iov, unsigned int n, size_t len)
{
	while (n && len >= (*iov)->iov_len) {
		len -= (*iov)->iov_len;
		(*iov)++;
		n--;
	}
	if (n) {
		(*iov)->iov_base = (u8 *)(*iov)->iov_base + len;
		(*iov)->iov_len -= len;
	}
	return n;
}

unsigned int iov_keep(struct iovec *iov, unsigned int n, size_t len)
{
	unsigned int i;

	for (i = 0; i < n && len; i++) {
		if (iov[i].iov_len > len)
			iov[i].iov_len = len;
		len -= iov[i].iov_len;
	}
	return i;
}
