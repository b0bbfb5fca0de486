// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer against virtq.c: the input is a hostile guest's memory and a list of what guest and
 * device do in turn. RAM is as small as can be, and ends where the sanitizer looks.
 */
#include <stdlib.h>

#include "fuzz_input.h"
#include "virtio/virtq.h"

#define BASE		0x40000000ULL
#define RAM		0x1800
#define AT_DRIVER	0x1000
#define AT_TABLES	0x0800
#define MAX_TAKEN	8

#define MUST(cond) do { if (!(cond)) abort(); } while (0)

/* Most addresses are in RAM or beside it. */
static u64 some_gpa(struct input *in)
{
	u16 v = word(in);

	return v >= 0xfff0 ? ~0ULL << (v & 15) : BASE + v % (RAM + 64) - 16;
}

static void setup(struct virtq *q, struct input *in)
{
	u8 mode = byte(in);

	q->packed = mode & 1;
	q->event_idx = mode & 2;
	q->size = mode & 4 ? word(in) : (u16)(1 << (byte(in) % 9));
	q->desc = BASE;
	q->driver = BASE + AT_DRIVER;
	/* The last area ends with RAM, so that what is touched behind it is seen. */
	q->device = BASE + RAM - (q->packed ? 4 : ALIGN_UP(6 + 8 * (q->size & 0xff), 4));
	if (mode & 8)
		q->desc = some_gpa(in);
	if (mode & 16)
		q->driver = some_gpa(in);
	if (mode & 32)
		q->device = some_gpa(in);
	q->ready = false;
	MUST(!virtq_start(q) == q->ready);
}

/* The guest writes: a descriptor, what makes it available, or anything. */
static void guest(struct virtq *q, u8 *ram, struct input *in)
{
	u64 place = (byte(in) % 2 ? AT_TABLES : 0) + byte(in) % 64 * 16;
	u8 d[16];
	u16 flags;

	switch (byte(in) % 4) {
	case 0: case 1:
		put_le64(d, some_gpa(in));
		put_le32(d + 8, byte(in) % 8 ? byte(in) : (u32)word(in) << 16 | word(in));
		flags = byte(in) & 7;
		flags |= byte(in) % 8 ? (q->avail_wrap ? 0x80 : 0x8000) : word(in);
		put_le16(d + 12, q->packed ? byte(in) : flags);
		put_le16(d + 14, q->packed ? flags : byte(in));
		memcpy(ram + place, d, sizeof(d));
		break;
	case 2:
		put_le16(ram + AT_DRIVER + 4 + 2 * byte(in) % 0x200, byte(in));
		put_le16(ram + AT_DRIVER + 2, (u16)(q->avail + byte(in) % 16));
		break;
	default:
		put_le16(ram + word(in) % (RAM - 1), word(in));
	}
}

/* What a device does with a chain: touch all of it. */
static void use(const struct virtq *q, const struct vq_chain *c)
{
	unsigned int i, n = c->nr_out + c->nr_in;
	volatile u8 *p;

	MUST(n <= VIRTQ_SEGS_MAX && c->slots && c->slots <= q->size);
	for (i = 0; i < n; i++) {
		p = c->iov[i].iov_base;
		MUST(c->iov[i].iov_len && c->iov[i].iov_len <= RAM);
		if (i >= c->nr_out)
			p[0] = p[c->iov[i].iov_len - 1] = 0x42;
		else
			(void)(p[0] + p[c->iov[i].iov_len - 1]);
	}
}

static void pieces(struct vq_chain *c, struct input *in)
{
	struct iovec *iov = c->iov;
	size_t total = iov_total(iov, c->nr_out + c->nr_in), n = word(in) % (total + 2), got;
	unsigned int nr = iov_skip(&iov, c->nr_out + c->nr_in, n);
	u8 buf[64];

	MUST(iov_total(iov, nr) == (n < total ? total - n : 0));
	got = iov_read(iov, nr, byte(in), buf, sizeof(buf));
	MUST(got <= sizeof(buf));
	nr = iov_keep(iov, nr, n);
	MUST(iov_total(iov, nr) <= n);
	iov_write(iov, nr, byte(in), buf, got);
}

static void device(struct virtq *q, struct vq_chain *taken, unsigned int *n, struct input *in)
{
	unsigned int i;
	bool ready = q->ready;
	int ret;

	switch (byte(in) % 6) {
	case 0: case 1:
		if (*n == MAX_TAKEN)
			break;
		ret = virtq_pop(q, &taken[*n]);
		MUST(ready || !ret);
		MUST(q->ready == (ready && ret >= 0));
		if (ret <= 0)
			break;
		use(q, &taken[*n]);
		if (byte(in) % 16 == 0)
			virtq_unpop(q, taken[*n].slots);
		else
			(*n)++;
		break;
	case 2: case 3:
		if (!*n)
			break;
		i = byte(in) % *n;
		/* It may be of an earlier setup. */
		virtq_push(q, &taken[i], word(in));
		if (byte(in) % 4 == 0)
			pieces(&taken[i], in);
		taken[i] = taken[--*n];
		break;
	case 4:
		virtq_must_signal(q);
		MUST(!virtq_must_signal(q));
		break;
	default:
		virtq_kicks_off(q);
		virtq_kicks_on(q);
	}
	MUST(!q->ready || !q->packed || (q->avail < q->size && q->used < q->size));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	static struct vq_chain taken[MAX_TAKEN];
	struct input in = { data, len };
	struct mem m = { .base = BASE, .size = RAM, .host = aligned_alloc(16, RAM) };
	struct virtq q = { .mem = &m };
	unsigned int n = 0;
	u8 op;

	memset(m.host, 0, RAM);
	setup(&q, &in);
	while (in.left) {
		op = byte(&in) % 32;
		if (op == 0)
			setup(&q, &in);
		else if (op < 18)
			guest(&q, m.host, &in);
		else
			device(&q, taken, &n, &in);
	}
	free(m.host);
	return 0;
}
