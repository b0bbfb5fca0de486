// SPDX-License-Identifier: GPL-2.0
/*
 * Virtqueues on the build host: a driver's side of split and packed rings, written from the
 * specification and with positions that never wrap, drives virtq.c through thousands of requests;
 * then every way in which a ring can be wrong, one at a time and beside the same ring without it.
 * Guest RAM ends where its last area ends, so that the sanitizer sees a byte touched beyond.
 */
#include <stdlib.h>

#include "virtio/virtq.h"
#include "tap.h"

#define BASE		0x40000000ULL
#define AT_DATA		(BASE)
#define AT_TABLES	(BASE + 0x10000)	/* of indirect descriptors, 256 bytes for each ID */
#define AT_DESC		(BASE + 0x20000)
#define AT_DRIVER	(BASE + 0x21000)
#define AT_DEVICE	(BASE + 0x22000)
#define DATA_LEN	0x10000

#define F_NEXT		1
#define F_WRITE		2
#define F_INDIRECT	4
#define F_AVAIL		0x80
#define F_USED		0x8000

#define MAX_BUFS	6
#define MAX_SIZE	256

struct buf {
	u64 gpa;
	u32 len;
};

/* What the driver asked for, and what the device is expected to find. */
struct req {
	u16 id;
	unsigned int slots;
	unsigned int nr_out;
	unsigned int nr_in;
	struct buf buf[MAX_BUFS];
	u16 desc[MAX_BUFS];	/* split: the descriptors it takes */
	unsigned int nr_desc;
	u32 written;
};

/* A ring and its driver; positions count from 0 on and never wrap. */
struct ring {
	struct mem mem;
	struct virtq q;
	bool packed;
	bool event;
	unsigned int size;
	u64 added;		/* ring positions made available */
	u64 popped;		/* of them, taken by the device */
	u64 pushed;		/* given back */
	u64 signalled;		/* at the last call of virtq_must_signal() */
	u64 reaped;		/* seen by the driver */
	u16 free[MAX_SIZE];	/* split: descriptors; packed: IDs */
	unsigned int nr_free;
	struct req req[MAX_SIZE];	/* by ID */
};

static bool fail(int line, const char *what)
{
	printf("# line %d: %s\n", line, what);
	return false;
}

#define MUST(cond) do { if (!(cond)) return fail(__LINE__, #cond); } while (0)

static u8 *at(const struct ring *r, u64 gpa)
{
	return r->mem.host + (gpa - r->mem.base);
}

static void put_desc(const struct ring *r, u64 gpa, u64 addr, u32 len, u16 flags, u16 next_or_id)
{
	u8 *d = at(r, gpa);

	put_le64(d, addr);
	put_le32(d + 8, len);
	put_le16(d + (r->packed ? 14 : 12), flags);
	put_le16(d + (r->packed ? 12 : 14), next_or_id);
}

/* ---- The driver's side --------------------------------------------------------------------- */

static u64 device_len(bool packed, unsigned int size)
{
	return packed ? 4 : 6 + 8 * size;
}

static bool ring_init(struct ring *r, bool packed, bool event, unsigned int size)
{
	unsigned int i;

	memset(r, 0, sizeof(*r));
	r->packed = packed;
	r->event = event;
	r->size = size;
	r->mem.base = BASE;
	r->mem.size = AT_DEVICE - BASE + device_len(packed, size);
	r->mem.host = calloc(1, r->mem.size);
	for (i = 0; i < size; i++)
		r->free[r->nr_free++] = (u16)(size - 1 - i);
	r->q = (struct virtq){ .mem = &r->mem, .packed = packed, .event_idx = event,
			       .size = (u16)size, .desc = AT_DESC, .driver = AT_DRIVER,
			       .device = AT_DEVICE };
	return !virtq_start(&r->q) && r->q.ready;
}

static void ring_exit(struct ring *r)
{
	free(r->mem.host);
}

static u16 packed_flags(const struct ring *r, u64 pos)
{
	return pos / r->size % 2 ? F_USED : F_AVAIL;	/* 2.8.1: the wrap counter starts as 1 */
}

/* What the driver writes to make @n ring positions available, whatever is in them. */
static void publish(struct ring *r, u16 head, unsigned int n)
{
	u64 pos = r->added;
	u8 *p;

	if (r->packed) {
		p = at(r, AT_DESC + pos % r->size * 16 + 14);
		put_le16(p, (u16)((get_le16(p) & ~(F_AVAIL | F_USED)) | packed_flags(r, pos)));
	} else {
		put_le16(at(r, AT_DRIVER + 4 + pos % r->size * 2), head);
		put_le16(at(r, AT_DRIVER + 2), (u16)(pos + 1));
	}
	r->added += n;
}

static u16 more(unsigned int i, unsigned int n)
{
	return i + 1 < n ? F_NEXT : 0;
}

static void write_table(struct ring *r, struct req *q, u64 table)
{
	unsigned int i, n = q->nr_out + q->nr_in;
	u16 flags;

	for (i = 0; i < n; i++) {
		/* 2.8.7: packed tables are in order, and only WRITE means something. */
		flags = (i >= q->nr_out ? F_WRITE : 0) | (r->packed ? 0 : more(i, n));
		put_desc(r, table + i * 16, q->buf[i].gpa, q->buf[i].len, flags, (u16)(i + 1));
	}
}

/* The request's buffers in the ring itself, or in a table of its own. */
static void write_descs(struct ring *r, struct req *q, bool indirect)
{
	unsigned int i, n = q->nr_desc;
	u64 table = AT_TABLES + q->id * 256;
	struct buf b;
	u16 flags;
	u64 pos;

	if (indirect)
		write_table(r, q, table);
	for (i = n; i-- > 0;) {
		b = indirect ? (struct buf){ table, 16 * (q->nr_out + q->nr_in) } : q->buf[i];
		flags = indirect ? F_INDIRECT : (i >= q->nr_out ? F_WRITE : 0) | more(i, n);
		if (!r->packed) {
			put_desc(r, AT_DESC + q->desc[i] * 16, b.gpa, b.len, flags,
				 i + 1 < n ? q->desc[i + 1] : 0xfff0);
			continue;
		}
		pos = r->added + i;
		if (i)
			flags |= packed_flags(r, pos);
		else	/* not yet: publish() */
			flags |= packed_flags(r, pos) == F_USED ? F_AVAIL : F_USED;
		/* 2.8.6: only the last one's ID counts. */
		put_desc(r, AT_DESC + pos % r->size * 16, b.gpa, b.len, flags,
			 i + 1 < n ? 0xeeee : q->id);
	}
}

static struct req *add(struct ring *r, u64 *seed)
{
	unsigned int i, n = (unsigned int)(rnd(seed) % MAX_BUFS) + 1;
	bool indirect = rnd(seed) % 3 == 0;
	unsigned int slots = indirect ? 1 : n;
	unsigned int room = r->packed ? r->size - (unsigned int)(r->added - r->reaped) : r->nr_free;
	struct req *q;

	if (slots > room || !r->nr_free)
		return NULL;
	q = &r->req[r->free[r->nr_free - 1]];
	memset(q, 0, sizeof(*q));
	q->id = r->free[r->nr_free - 1];
	q->nr_desc = slots;
	q->slots = r->packed ? slots : 1;
	for (i = 0; i < (r->packed ? 1 : slots); i++)
		q->desc[i] = r->free[--r->nr_free];
	q->nr_out = (unsigned int)(rnd(seed) % (n + 1));
	q->nr_in = n - q->nr_out;
	for (i = 0; i < n; i++) {
		q->buf[i].len = (u32)(rnd(seed) % 512) + 1;
		q->buf[i].gpa = AT_DATA + rnd(seed) % (DATA_LEN - 512);
	}
	write_descs(r, q, indirect);
	publish(r, q->desc[0], q->slots);
	return q;
}

/* The next used entry, if there is one: its ID and length. */
static bool reap(struct ring *r, u32 *id, u32 *len)
{
	unsigned int i;
	struct req *q;
	u16 flags;
	u8 *p;

	if (r->packed) {
		p = at(r, AT_DESC + r->reaped % r->size * 16);
		flags = get_le16(p + 14);
		if ((flags & (F_AVAIL | F_USED)) !=
		    (r->reaped / r->size % 2 ? 0 : F_AVAIL | F_USED))
			return false;
		*id = get_le16(p + 12);
		*len = get_le32(p + 8);
		/* 2.8.5: the flag says whether there is a length. */
		if (!(flags & F_WRITE) != !*len)
			*len = ~0u;
	} else {
		if (get_le16(at(r, AT_DEVICE + 2)) == (u16)r->reaped)
			return false;
		p = at(r, AT_DEVICE + 4 + r->reaped % r->size * 8);
		*id = get_le32(p);
		*len = get_le32(p + 4);
	}
	q = &r->req[*id % MAX_SIZE];
	for (i = r->packed ? 1 : q->nr_desc; i-- > 0;)
		r->free[r->nr_free++] = r->packed ? q->id : q->desc[i];
	r->reaped += q->slots;
	return true;
}

/* ---- Requests in and out of order ---------------------------------------------------------- */

static bool same_chain(const struct ring *r, const struct vq_chain *c, const struct req *q)
{
	unsigned int i;

	MUST(c->id == q->id);
	MUST(c->slots == q->slots);
	MUST(c->nr_out == q->nr_out && c->nr_in == q->nr_in);
	for (i = 0; i < c->nr_out + c->nr_in; i++) {
		MUST(c->iov[i].iov_base == at(r, q->buf[i].gpa));
		MUST(c->iov[i].iov_len == q->buf[i].len);
	}
	return true;
}

static u16 off_wrap(const struct ring *r, u64 pos)
{
	pos += 2 * r->size;	/* it may lie before the first one */
	return (u16)(pos % r->size | (pos / r->size % 2 ? 0 : 0x8000));
}

/* What the driver reads before it kicks. */
static bool check_kicks(struct ring *r)
{
	bool waiting = r->added != r->popped;
	u8 *dev = at(r, AT_DEVICE);

	virtq_kicks_off(&r->q);
	if (r->packed)
		MUST(get_le16(dev + 2) == 1);
	else if (!r->event)
		MUST(get_le16(dev) == 1);
	MUST(virtq_kicks_on(&r->q) == waiting);
	if (r->packed && r->event)
		MUST(get_le16(dev + 2) == 2 && get_le16(dev) == off_wrap(r, r->popped));
	else if (r->packed)
		MUST(get_le16(dev + 2) == 0);
	else if (r->event)
		MUST(get_le16(dev + 4 + 8 * r->size) == (u16)r->popped && !get_le16(dev));
	else
		MUST(get_le16(dev) == 0);
	return true;
}

static void want_at(struct ring *r, u64 pos)
{
	if (r->packed) {
		put_le16(at(r, AT_DRIVER), off_wrap(r, pos));
		put_le16(at(r, AT_DRIVER + 2), 2);
	} else {
		put_le16(at(r, AT_DRIVER + 4 + 2 * r->size), (u16)pos);
	}
}

/* The driver waits for what becomes used at @pos; off and on are the other two of its wishes. */
static bool signals_at(struct ring *r, u64 pos)
{
	int64_t round = r->packed ? 2 * r->size : 0x10000, p;
	bool want = false;

	/* An index stands for all positions that are a round apart. */
	for (p = (int64_t)pos; p >= (int64_t)r->signalled; p -= round)
		want |= p < (int64_t)r->pushed;
	want_at(r, pos);
	MUST(virtq_must_signal(&r->q) == want);
	MUST(!virtq_must_signal(&r->q));
	r->signalled = r->pushed;
	return true;
}

static bool signals_flag(struct ring *r, u16 flag)
{
	bool new = r->signalled != r->pushed;

	put_le16(at(r, AT_DRIVER + (r->packed ? 2 : 0)), flag);
	MUST(virtq_must_signal(&r->q) == (new && flag != 1));
	r->signalled = r->pushed;
	return true;
}

static bool check_signal(struct ring *r, u64 *seed)
{
	u64 ahead = rnd(seed) % (2 * r->size);

	if (r->event && (!r->packed || rnd(seed) % 2))
		return signals_at(r, r->pushed + ahead - r->size);
	/* Without event indices, a packed ring's driver that names one wants them all. */
	return signals_flag(r, (u16)(rnd(seed) % (r->packed && !r->event ? 3 : 2)));
}

static bool pop_one(struct ring *r, struct vq_chain *c, const struct req *want, u64 *seed)
{
	static struct vq_chain again;

	MUST(virtq_pop(&r->q, c) == (want ? 1 : 0));
	if (!want)
		return true;
	if (!same_chain(r, c, want))
		return false;
	if (rnd(seed) % 8 == 0) {
		virtq_unpop(&r->q, c->slots);
		MUST(virtq_kicks_on(&r->q));
		MUST(virtq_pop(&r->q, &again) == 1);
		if (!same_chain(r, &again, want))
			return false;
	}
	r->popped += want->slots;
	return true;
}

struct traffic {
	u16 waiting[MAX_SIZE];	/* added, not popped: in this order */
	unsigned int nr_waiting;
	struct vq_chain taken[MAX_SIZE];
	unsigned int nr_taken;
	u16 given[MAX_SIZE];	/* pushed, not reaped */
	unsigned int nr_given;
};

static u16 first(u16 *list, unsigned int *n)
{
	u16 v = list[0];

	memmove(list, list + 1, --*n * sizeof(*list));
	return v;
}

static bool give_back(struct ring *r, struct traffic *t, bool in_order, u64 *seed)
{
	unsigned int i = in_order ? 0 : (unsigned int)(rnd(seed) % t->nr_taken);
	struct req *q = &r->req[t->taken[i].id];

	q->written = rnd(seed) % 3 ? (u32)rnd(seed) : 0;
	virtq_push(&r->q, &t->taken[i], q->written);
	r->pushed += q->slots;
	t->given[t->nr_given++] = q->id;
	memmove(t->taken + i, t->taken + i + 1, (--t->nr_taken - i) * sizeof(t->taken[0]));
	return true;
}

static bool step(struct ring *r, struct traffic *t, bool in_order, u64 *seed)
{
	struct req *q;
	u32 id, len;

	switch (rnd(seed) % 8) {
	case 0: case 1:
		q = add(r, seed);
		if (q)
			t->waiting[t->nr_waiting++] = q->id;
		return true;
	case 2: case 3:
		q = t->nr_waiting ? &r->req[first(t->waiting, &t->nr_waiting)] : NULL;
		if (!pop_one(r, &t->taken[t->nr_taken], q, seed))
			return false;
		t->nr_taken += !!q;
		return true;
	case 4: case 5:
		return t->nr_taken ? give_back(r, t, in_order, seed) : true;
	case 6:
		if (!reap(r, &id, &len)) {
			MUST(!t->nr_given);
			return true;
		}
		MUST(t->nr_given);
		MUST(id == first(t->given, &t->nr_given));
		MUST(len == r->req[id].written);
		return true;
	default:
		return rnd(seed) % 2 ? check_kicks(r) : check_signal(r, seed);
	}
}

static bool traffic(bool packed, bool event, unsigned int size, bool in_order)
{
	static struct traffic t;
	static struct ring r;
	u64 seed = 0x1234567 + size * 8 + packed * 4 + event * 2 + in_order;
	/* Split indices go round at 65536, packed rings at their end. */
	u64 enough = packed ? 8000 : 66000;
	unsigned int i;
	bool good = ring_init(&r, packed, event, size);

	memset(&t, 0, sizeof(t));
	for (i = 0; i < 200 * enough && r.reaped < enough && good; i++)
		good = step(&r, &t, in_order, &seed);
	if (good && r.reaped < enough)
		good = fail(__LINE__, "too little went through");
	if (!good)
		printf("# size %u, step %u\n", size, i);
	ring_exit(&r);
	return good;
}

static void test_traffic(struct tap *t)
{
	static const unsigned int sizes[] = { 1, 2, 3, 4, 5, 7, 8, 16, 31, 32, 64, 100, 128, 255, 256 };
	unsigned int i, mode;
	char name[100];
	bool good;

	for (mode = 0; mode < 8; mode++) {
		good = true;
		for (i = 0; i < ARRAY_SIZE(sizes) && good; i++)
			if (mode & 1 || !(sizes[i] & (sizes[i] - 1)))
				good = traffic(mode & 1, mode & 2, sizes[i], mode & 4);
		snprintf(name, sizeof(name), "%s rings of all sizes, %s, %s", mode & 1 ? "packed" : "split",
			 mode & 2 ? "event indices" : "flags", mode & 4 ? "in order" : "in any order");
		tap_ok(t, good, name);
	}
}

/* ---- Events at each index ------------------------------------------------------------------ */

/* One request of one descriptor, all the way. */
static bool one(struct ring *r)
{
	static struct vq_chain c;
	struct req *q = &r->req[0];

	memset(q, 0, sizeof(*q));
	q->nr_desc = 1;
	q->slots = 1;
	q->nr_out = 1;
	q->buf[0] = (struct buf){ AT_DATA, 1 };
	write_descs(r, q, false);
	publish(r, 0, 1);
	MUST(virtq_pop(&r->q, &c) == 1);
	r->popped++;
	virtq_push(&r->q, &c, 0);
	r->pushed++;
	r->reaped++;
	return true;
}

/* Batches of 1 to @size, and a wish for each position around them. */
static bool every_index(bool packed, unsigned int size, u64 upto)
{
	static struct ring r;
	unsigned int i, batch;
	bool good = ring_init(&r, packed, true, size), want;
	u64 pos, old;

	for (batch = 1; good && r.pushed < upto; batch = batch % size + 1) {
		old = r.pushed;
		for (i = 0; i < batch && good; i++)
			good = one(&r);
		for (pos = old - 2; good && pos != r.pushed + 3; pos++) {
			/* Farther ahead than the ring is long, nothing can be meant. */
			if (packed && pos + 2 * size <= r.pushed)
				continue;
			if (packed && pos != old - 1 && pos >= old + 2 * size)
				continue;
			r.q.unsignalled = batch;
			want_at(&r, pos);
			want = pos - old < batch;
			if (virtq_must_signal(&r.q) != want)
				good = fail(__LINE__, want ? "no signal" : "a signal");
		}
		if (good)
			good = check_kicks(&r);
	}
	if (!good)
		printf("# size %u, position %llu\n", size, (unsigned long long)r.pushed);
	ring_exit(&r);
	return good;
}

/* Pushes that nobody asked about are counted however many they are. */
static bool many_unasked(bool packed, bool event, unsigned int n)
{
	static struct ring r;
	bool good = ring_init(&r, packed, event, 8);
	unsigned int i;

	for (i = 0; i < n && good; i++)
		good = one(&r);
	if (event)
		want_at(&r, r.pushed - (n > 1000 ? 1000 : 0));
	if (good && !virtq_must_signal(&r.q))
		good = fail(__LINE__, "no signal");
	ring_exit(&r);
	return good;
}

static void test_events(struct tap *t)
{
	static const unsigned int odd[] = { 1, 2, 3, 5, 8, 13, 64, 100, 255, 256 };
	bool good = true;
	unsigned int i;

	for (i = 1; i <= 256 && good; i *= 4)
		good = every_index(false, i, 66000);
	tap_ok(t, good, "split: a signal exactly when the event index is passed, also at 65535");
	for (i = 0, good = true; i < ARRAY_SIZE(odd) && good; i++)
		good = every_index(true, odd[i], 5 * odd[i] + 50);
	tap_ok(t, good, "packed: a signal exactly when the event's slot is used, also where it wraps");
	good = many_unasked(false, true, 65536) && many_unasked(false, true, 65537 + 999) &&
	       many_unasked(false, false, 65536) && many_unasked(true, true, 65536) &&
	       many_unasked(true, false, 65536);
	tap_ok(t, good, "a signal after more entries than an index counts");
}

/* A slot that no ring of this size has, asked for by a packed ring's driver: rather too often. */
static void test_bad_event(struct tap *t)
{
	static struct ring r;
	bool good = ring_init(&r, true, true, 4) && one(&r);

	put_le16(at(&r, AT_DRIVER), 0x7fff);
	put_le16(at(&r, AT_DRIVER + 2), 2);
	good = good && virtq_must_signal(&r.q) && one(&r);
	put_le16(at(&r, AT_DRIVER + 2), 3);	/* reserved */
	tap_ok(t, good && virtq_must_signal(&r.q), "packed: a wish that makes no sense is a signal");
	ring_exit(&r);
}

/* ---- Rings that are wrong ------------------------------------------------------------------ */

#define RAM_END(r)	((r)->mem.base + (r)->mem.size)
#define BIG		256

/* Entry @i of the ring, which the driver has just made available if the ring is packed. */
static void in_ring(struct ring *r, unsigned int i, u64 addr, u32 len, u16 flags, u16 next)
{
	put_desc(r, AT_DESC + i * 16, addr, len, flags | (r->packed ? F_AVAIL : 0), next);
}

static void in_table(struct ring *r, unsigned int i, u64 addr, u32 len, u16 flags, u16 next)
{
	put_desc(r, AT_TABLES + i * 16, addr, len, flags, next);
}

static void use_table(struct ring *r, u32 len)
{
	in_ring(r, 0, AT_TABLES, len, F_INDIRECT, 0);
}

static void far_index(struct ring *r, bool bad)
{
	in_ring(r, 0, AT_DATA, 1, 0, 0);
	put_le16(at(r, AT_DRIVER + 2), (u16)(r->size + bad));
}

static void head_range(struct ring *r, bool bad)
{
	in_ring(r, r->size - 1, AT_DATA, 1, 0, 0);
	publish(r, (u16)(r->size - 1 + bad), 1);
}

static void next_range(struct ring *r, bool bad)
{
	in_ring(r, r->size - 1, AT_DATA, 1, 0, 0);
	in_ring(r, 0, AT_DATA, 1, F_NEXT, (u16)(r->size - 1 + bad));
	publish(r, 0, 1);
}

/* All of the ring, without data; and round once more. */
static void loop(struct ring *r, bool bad)
{
	unsigned int i;

	for (i = 0; i < r->size; i++)
		in_ring(r, i, AT_DATA, 0, bad || i + 1 < r->size ? F_NEXT : 0,
			(u16)((i + 1) % r->size));
	if (!r->packed)
		publish(r, 0, 1);
}

static void table_loop(struct ring *r, bool bad)
{
	in_table(r, 0, AT_DATA, 0, F_NEXT, 1);
	in_table(r, 1, AT_DATA, 0, bad ? F_NEXT : 0, 0);
	use_table(r, 32);
	publish(r, 0, 1);
}

static void table_next(struct ring *r, bool bad)
{
	in_table(r, 0, AT_DATA, 1, F_NEXT, 2 + bad);
	in_table(r, 2, AT_DATA, 1, 0, 0);
	in_table(r, 3, AT_DATA, 1, 0, 0);
	use_table(r, 48);
	publish(r, 0, 1);
}

static void table_goes_on(struct ring *r, bool bad)
{
	in_table(r, 0, AT_DATA, 1, 0, 0);
	in_ring(r, 1, AT_DATA, 1, 0, 0);
	in_ring(r, 0, AT_TABLES, 16, F_INDIRECT | (bad ? F_NEXT : 0), 1);
	if (!r->packed)
		publish(r, 0, 1);
}

static void table_in_table(struct ring *r, bool bad)
{
	in_table(r, 1, AT_DATA, 1, 0, 0);
	in_table(r, 0, AT_TABLES + 16, 16, bad ? F_INDIRECT : 0, 0);
	use_table(r, 16);
	publish(r, 0, 1);
}

static void order(struct ring *r, bool bad)
{
	in_ring(r, 0, AT_DATA, 1, F_NEXT | (bad ? F_WRITE : 0), 1);
	in_ring(r, 1, AT_DATA, 1, bad ? 0 : F_WRITE, 0);
	if (!r->packed)
		publish(r, 0, 1);
}

static void table_order(struct ring *r, bool bad)
{
	in_table(r, 0, AT_DATA, 1, F_NEXT | (bad ? F_WRITE : 0), 1);
	in_table(r, 1, AT_DATA, 1, bad ? 0 : F_WRITE, 0);
	use_table(r, 32);
	publish(r, 0, 1);
}

static void below_ram(struct ring *r, bool bad)
{
	in_ring(r, 0, r->mem.base - bad, 2, 0, 0);
	publish(r, 0, 1);
}

static void above_ram(struct ring *r, bool bad)
{
	in_ring(r, 0, RAM_END(r) - 16, 16 + bad, F_WRITE, 0);
	publish(r, 0, 1);
}

static void wraps(struct ring *r, bool bad)
{
	in_ring(r, 0, bad ? ~0ULL - 3 : r->mem.base, 8, 0, 0);
	publish(r, 0, 1);
}

static void longest(struct ring *r, bool bad)
{
	in_ring(r, 0, AT_DATA, bad ? ~0u : (u32)r->mem.size, 0, 0);
	publish(r, 0, 1);
}

static void table_entry_outside(struct ring *r, bool bad)
{
	in_table(r, 0, RAM_END(r) - 1, 1 + bad, 0, 0);
	use_table(r, 16);
	publish(r, 0, 1);
}

static void table_outside(struct ring *r, bool bad)
{
	/* The ring's last area lies there: what it says is zeroes, a table of nothing. */
	in_ring(r, 0, ALIGN_DOWN(RAM_END(r), 16) - 16, bad ? 48 : 16, F_INDIRECT, 0);
	publish(r, 0, 1);
}

static void table_empty(struct ring *r, bool bad)
{
	use_table(r, bad ? 0 : 16);
	publish(r, 0, 1);
}

static void table_length(struct ring *r, bool bad)
{
	use_table(r, 16 + bad);
	publish(r, 0, 1);
}

static void table_size(struct ring *r, bool bad)
{
	unsigned int i;

	for (i = 0; i < VIRTQ_SIZE_MAX; i++)
		in_table(r, i, AT_DATA, 0, i + 1 < VIRTQ_SIZE_MAX ? F_NEXT : 0, (u16)(i + 1));
	use_table(r, 16 * (VIRTQ_SIZE_MAX + bad));
	publish(r, 0, 1);
}

static void pieces(struct ring *r, bool bad)
{
	unsigned int i, n = VIRTQ_SEGS_MAX + bad;

	for (i = 0; i < n; i++)
		in_ring(r, i, AT_DATA + i, 1, more(i, n), (u16)(i + 1));
	if (!r->packed)
		publish(r, 0, 1);
}

/* A table alone is too long before it has too many: one comes before it. */
static void table_pieces(struct ring *r, bool bad)
{
	unsigned int i, n = VIRTQ_SEGS_MAX - 1 + bad;

	for (i = 0; i < n; i++)
		in_table(r, i, AT_DATA + i, 1, F_WRITE | more(i, n), (u16)(i + 1));
	in_ring(r, 1, AT_TABLES, 16 * n, F_INDIRECT, 0);
	in_ring(r, 0, AT_DATA, 1, F_NEXT, 1);
	if (!r->packed)
		publish(r, 0, 1);
}

enum { SPLIT = 1, PACKED = 2, BOTH = 3 };

static const struct {
	const char *what;
	unsigned int formats;
	void (*make)(struct ring *r, bool bad);
} wrong[] = {
	{ "index farther than the ring is long", SPLIT, far_index },
	{ "head that is no descriptor", SPLIT, head_range },
	{ "next that is no descriptor", SPLIT, next_range },
	{ "chain that goes round", BOTH, loop },
	{ "table that goes round", SPLIT, table_loop },
	{ "next outside its table", SPLIT, table_next },
	{ "table and more after it", BOTH, table_goes_on },
	{ "table in a table", BOTH, table_in_table },
	{ "readable after writable", BOTH, order },
	{ "readable after writable in a table", BOTH, table_order },
	{ "address below RAM", BOTH, below_ram },
	{ "address above RAM", BOTH, above_ram },
	{ "address that wraps", BOTH, wraps },
	{ "length of 4 GiB", BOTH, longest },
	{ "address above RAM in a table", BOTH, table_entry_outside },
	{ "table outside RAM", BOTH, table_outside },
	{ "table without entries", BOTH, table_empty },
	{ "table with half an entry", BOTH, table_length },
	{ "table that is too long", BOTH, table_size },
	{ "too many pieces", BOTH, pieces },
	{ "too many pieces with a table", BOTH, table_pieces },
};

/* Broken: nothing comes out and nothing goes in, until it is set up anew. */
static bool is_dead(struct ring *r, struct vq_chain *c)
{
	u8 *before = malloc(r->mem.size);
	bool same;

	MUST(!r->q.ready);
	MUST(virtq_pop(&r->q, c) == 0);
	memcpy(before, r->mem.host, r->mem.size);
	*c = (struct vq_chain){ .id = 0, .slots = 1 };
	virtq_push(&r->q, c, 1);
	MUST(!virtq_must_signal(&r->q));
	virtq_kicks_off(&r->q);
	MUST(!virtq_kicks_on(&r->q));
	same = !memcmp(before, r->mem.host, r->mem.size);
	free(before);
	MUST(same);
	memset(r->mem.host, 0, r->mem.size);
	MUST(!virtq_start(&r->q));
	MUST(virtq_pop(&r->q, c) == 0 && r->q.ready);
	return true;
}

static bool try_wrong(unsigned int i, bool packed)
{
	static struct vq_chain c;
	static struct ring r;
	bool good = ring_init(&r, packed, false, BIG);

	if (good) {
		wrong[i].make(&r, false);
		good = virtq_pop(&r.q, &c) == 1 || fail(__LINE__, "refused without the fault");
	}
	ring_exit(&r);
	if (!good || !ring_init(&r, packed, false, BIG))
		return false;
	wrong[i].make(&r, true);
	good = virtq_pop(&r.q, &c) == -1 || fail(__LINE__, "taken with the fault");
	good = good && is_dead(&r, &c);
	ring_exit(&r);
	return good;
}

static void test_wrong(struct tap *t)
{
	char name[100];
	unsigned int i, packed;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		for (packed = 0; packed < 2; packed++) {
			if (!(wrong[i].formats & (packed ? PACKED : SPLIT)))
				continue;
			snprintf(name, sizeof(name), "%s: %s", packed ? "packed" : "split", wrong[i].what);
			tap_ok(t, try_wrong(i, packed), name);
		}
	}
}

/* ---- What is unusual and right ------------------------------------------------------------- */

static bool no_data(struct ring *r, struct vq_chain *c)
{
	/* Pieces of no length are none, whatever their address and order. */
	in_ring(r, 0, 0, 0, F_NEXT | F_WRITE, 1);
	in_ring(r, 1, AT_DATA, 3, F_NEXT, 2);
	in_ring(r, 2, ~0ULL, 0, 0, 0);
	if (!r->packed)
		publish(r, 0, 1);
	MUST(virtq_pop(&r->q, c) == 1 && c->nr_out == 1 && !c->nr_in);
	MUST(c->iov[0].iov_len == 3);
	return true;
}

static bool table_last(struct ring *r, struct vq_chain *c)
{
	/* 2.7.5.3.1: pieces, then a table; its WRITE flag says nothing. */
	in_table(r, 0, AT_DATA + 7, 5, F_NEXT | F_WRITE, 1);
	in_table(r, 1, AT_DATA + 9, 6, F_WRITE, 0);
	in_ring(r, 0, AT_DATA, 3, F_NEXT, 1);
	in_ring(r, 1, AT_TABLES, 32, F_INDIRECT | F_WRITE, 0);
	if (!r->packed)
		publish(r, 0, 1);
	MUST(virtq_pop(&r->q, c) == 1 && c->nr_out == 1 && c->nr_in == 2);
	MUST(c->iov[2].iov_len == 6 && c->slots == (r->packed ? 2 : 1));
	return true;
}

static bool table_anywhere(struct ring *r, struct vq_chain *c)
{
	/* No alignment is asked of a table (2.7.5.3, 2.8.7), and allocators may give less than 16. */
	put_desc(r, AT_TABLES + 8, AT_DATA + 1, 5, F_NEXT, 1);
	put_desc(r, AT_TABLES + 24, AT_DATA + 2, 6, F_WRITE, 0);
	in_ring(r, 0, AT_TABLES + 8, 32, F_INDIRECT, 0);
	publish(r, 0, 1);
	MUST(virtq_pop(&r->q, c) == 1 && c->nr_out == 1 && c->nr_in == 1);
	MUST(c->iov[0].iov_base == at(r, AT_DATA + 1) && c->iov[1].iov_len == 6);
	return true;
}

static bool not_available(struct ring *r, struct vq_chain *c)
{
	static const u16 flags[] = { 0, F_USED, F_AVAIL | F_USED };
	unsigned int i;

	/* 2.8.1: on the first lap, available is AVAIL without USED. */
	for (i = 0; r->packed && i < ARRAY_SIZE(flags); i++) {
		put_desc(r, AT_DESC, AT_DATA, 1, flags[i], 0);
		MUST(virtq_pop(&r->q, c) == 0 && !virtq_kicks_on(&r->q));
	}
	return true;
}

/* A chain of an earlier setup of the queue, longer than the ring is now. */
static bool old_chain(struct ring *r, struct vq_chain *c)
{
	unsigned int i;

	if (!r->packed)
		return true;
	in_ring(r, 0, AT_DATA, 3, 0, 0);
	MUST(virtq_pop(&r->q, c) == 1);
	c->slots = BIG - 1;
	virtq_reset(&r->q);
	MUST(!r->q.ready && r->q.mem == &r->mem && r->q.size == VIRTQ_SIZE_MAX);
	r->q = (struct virtq){ .mem = &r->mem, .packed = true, .size = 1, .driver = AT_DRIVER,
			       .desc = ALIGN_DOWN(RAM_END(r), 16) - 16, .device = AT_DEVICE };
	MUST(!virtq_start(&r->q));
	for (i = 0; i < 3; i++)
		virtq_push(&r->q, c, 1);
	MUST(r->q.used < r->q.size);
	return true;
}

/* 2.7.5: a chain has less than 4 GiB. Its pieces may be the same memory, so RAM is no limit. */
static bool four_gib(struct ring *r, struct vq_chain *c)
{
	const u32 len = 1u << 25, n = 128;
	u64 size = r->mem.size;
	unsigned int i, bad;
	int got[2];

	r->mem.size = len;	/* nobody looks at what is there */
	for (bad = 0; bad < 2; bad++) {
		for (i = 0; i < n; i++)
			in_ring(r, bad * n + i, BASE, len - (i + 1 == n && !bad), more(i, n),
				(u16)(bad * n + i + 1));
		if (!r->packed)
			publish(r, (u16)(bad * n), 1);
		got[bad] = virtq_pop(&r->q, c);
		MUST(bad || c->bytes == UINT32_MAX);
	}
	r->mem.size = size;
	MUST(got[0] == 1 && got[1] == -1);
	return true;
}

static void test_unusual(struct tap *t)
{
	static const struct {
		const char *what;
		bool (*fn)(struct ring *r, struct vq_chain *c);
	} tests[] = {
		{ "pieces without length", no_data },
		{ "a table after pieces", table_last },
		{ "a table at any address", table_anywhere },
		{ "pieces of 4 GiB together", four_gib },
		{ "a packed entry that is not available", not_available },
		{ "a chain of an earlier setup is not given back out of bounds", old_chain },
	};
	static struct vq_chain c;
	static struct ring r;
	unsigned int i;
	bool good;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		good = ring_init(&r, false, false, BIG) && tests[i].fn(&r, &c);
		ring_exit(&r);
		good = good && ring_init(&r, true, false, BIG) && tests[i].fn(&r, &c);
		if (good)
			ring_exit(&r);
		tap_ok(t, good, tests[i].what);
	}
}

/* ---- Setup --------------------------------------------------------------------------------- */

static bool starts(bool packed, unsigned int size, u64 desc, u64 driver, u64 device)
{
	static struct mem m = { .base = BASE, .size = 0x10000 };
	struct virtq q = { .mem = &m, .packed = packed, .size = (u16)size, .desc = desc,
			   .driver = driver, .device = device };
	bool yes;

	m.host = calloc(1, m.size);
	yes = !virtq_start(&q);
	if (yes != q.ready)
		printf("# ready is wrong\n");
	free(m.host);
	return yes && q.ready;
}

#define S_OK(size, a, b, c)	(starts(false, size, BASE + (a), BASE + (b), BASE + (c)))
#define P_OK(size, a, b, c)	(starts(true, size, BASE + (a), BASE + (b), BASE + (c)))

static bool sizes(void)
{
	unsigned int n;

	for (n = 0; n <= 0xffff; n++) {
		MUST(S_OK(n, 0, 0x2000, 0x4000) == (n && n <= 256 && !(n & (n - 1))));
		MUST(P_OK(n, 0, 0x2000, 0x4000) == (n && n <= 256));
	}
	return true;
}

static bool places(void)
{
	u64 i;

	for (i = 0; i < 32; i++) {
		MUST(S_OK(8, i, 0x2000, 0x4000) == !(i % 16));
		MUST(P_OK(8, i, 0x2000, 0x4000) == !(i % 16));
		MUST(S_OK(8, 0, 0x2000 + i, 0x4000) == !(i % 2));
		MUST(P_OK(8, 0, 0x2000 + i, 0x4000) == !(i % 4));
		MUST(S_OK(8, 0, 0x2000, 0x4000 + i) == !(i % 4));
		MUST(P_OK(8, 0, 0x2000, 0x4000 + i) == !(i % 4));
	}
	/* Each area ends with RAM, or would end behind it, or lies before it. */
	MUST(S_OK(8, 0x10000 - 128, 0, 0) && !S_OK(8, 0x10000 - 112, 0, 0) && !S_OK(8, -16, 0, 0));
	MUST(P_OK(8, 0x10000 - 128, 0, 0) && !P_OK(8, 0x10000 - 112, 0, 0) && !P_OK(8, -16, 0, 0));
	MUST(S_OK(8, 0, 0x10000 - 22, 0) && !S_OK(8, 0, 0x10000 - 20, 0) && !S_OK(8, 0, -2, 0));
	MUST(P_OK(8, 0, 0x10000 - 4, 0) && !P_OK(8, 0, 0x10000, 0) && !P_OK(8, 0, -4, 0));
	MUST(S_OK(8, 0, 0, 0x10000 - 72) && !S_OK(8, 0, 0, 0x10000 - 68) && !S_OK(8, 0, 0, -4));
	MUST(P_OK(8, 0, 0, 0x10000 - 4) && !P_OK(8, 0, 0, 0x10000) && !P_OK(8, 0, 0, -4));
	return true;
}

static void test_setup(struct tap *t)
{
	tap_ok(t, sizes(), "sizes that a ring can have");
	tap_ok(t, places(), "places where a ring can be");
}

/* ---- Buffers in pieces --------------------------------------------------------------------- */

#define FLAT	4096

/* Pieces of @flat in order; some of no length. */
static unsigned int cut(u8 *flat, struct iovec *iov, size_t *total, u64 *seed)
{
	unsigned int i, n = (unsigned int)(rnd(seed) % 9);

	*total = 0;
	for (i = 0; i < n; i++) {
		iov[i] = (struct iovec){ flat + *total, rnd(seed) % 4 ? rnd(seed) % 40 : 0 };
		*total += iov[i].iov_len;
	}
	return n;
}

static size_t at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool copies(u8 *flat, u64 *seed)
{
	u8 buf[600], was[FLAT];
	size_t total, off, len, n;
	struct iovec iov[8];
	unsigned int nr, i;

	for (i = 0; i < FLAT; i++)
		was[i] = flat[i] = (u8)rnd(seed);
	for (i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)rnd(seed);
	nr = cut(flat, iov, &total, seed);
	off = rnd(seed) % (total + 3);
	len = rnd(seed) % sizeof(buf);
	n = off < total ? at_most(len, total - off) : 0;
	MUST(iov_total(iov, nr) == total);
	MUST(iov_write(iov, nr, off, buf, len) == n);
	memcpy(was + off, buf, n);
	MUST(!memcmp(was, flat, FLAT));
	memset(buf, 0x5a, sizeof(buf));
	MUST(iov_read(iov, nr, off, buf, len) == n);
	MUST(!memcmp(buf, flat + off, n));
	for (; n < sizeof(buf); n++)
		MUST(buf[n] == 0x5a);
	return true;
}

/* After dropping or keeping @len bytes: the pieces lie where they did, and end or begin elsewhere. */
static bool cuts(u8 *flat, u64 *seed)
{
	struct iovec a[8], b[8], *p = a;
	unsigned int nr, left, i;
	size_t total, len, sum;

	nr = cut(flat, a, &total, seed);
	memcpy(b, a, sizeof(b));
	len = rnd(seed) % 4 ? rnd(seed) % (total + 1) : total + rnd(seed) % 3;
	left = iov_skip(&p, nr, len);
	sum = total - at_most(total, len);
	MUST(p + left == a + nr && iov_total(p, left) == sum);
	MUST(!left == !sum);
	if (left)
		MUST(p->iov_len && (u8 *)p->iov_base == flat + len);
	left = iov_keep(b, nr, len);
	MUST(left <= nr && iov_total(b, left) == at_most(total, len));
	MUST(!left || len);
	for (i = 0, sum = 0; i < left; sum += b[i++].iov_len)
		MUST((u8 *)b[i].iov_base == flat + sum);
	return true;
}

static void test_pieces(struct tap *t)
{
	bool (*const fns[])(u8 *flat, u64 *seed) = { copies, cuts };
	static const char *const names[] = { "copies to and from pieces", "pieces shortened" };
	u8 *flat = calloc(1, FLAT);
	u64 seed = 77;
	unsigned int i, f;
	bool good;

	for (f = 0; f < 2; f++) {
		for (i = 0, good = true; i < 20000 && good; i++)
			good = fns[f](flat, &seed);
		tap_ok(t, good, names[f]);
	}
	free(flat);
}

/* "first": end with the first test that fails; for virtq_mutants.sh. */
int main(int argc, char **argv)
{
	void (*const tests[])(struct tap *t) = { test_pieces, test_setup, test_wrong, test_unusual,
						 test_bad_event, test_events, test_traffic };
	struct tap t = { 0 };
	unsigned int i;

	/* What was said before a sanitizer ends it is worth having. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		tests[i](&t);
		if (t.failed && argc > 1 && !strcmp(argv[1], "first"))
			break;
	}
	return tap_end(&t);
}
