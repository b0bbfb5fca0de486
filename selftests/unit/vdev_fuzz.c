// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer against virtio devices, behind the real registers of mmio.c and the real loop, in one
 * thread. The input is what a hostile driver writes to its memory and to registers, what the far
 * side of the device does (fuzz_kinds.h), and when the loop gets to run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fuzz_kinds.h"

#define BASE		0x40000000ULL
#define RAM		0x10000
#define QUEUE_ROOM	0x1000		/* descriptors, then 0x400 for each of the other areas */
#define QUEUES		6
#define AT_TABLES	0xc000
#define MAX_PIECES	5

#define R_DEVICE_FEATURES	0x010
#define R_DEVICE_FEATURES_SEL	0x014
#define R_DRIVER_FEATURES	0x020
#define R_DRIVER_FEATURES_SEL	0x024
#define R_QUEUE_SEL		0x030
#define R_QUEUE_SIZE		0x038
#define R_QUEUE_READY		0x044
#define R_QUEUE_NOTIFY		0x050
#define R_STATUS		0x070
#define R_QUEUE_DESC		0x080
#define R_QUEUE_DRIVER		0x090
#define R_QUEUE_DEVICE		0x0a0
#define R_CONFIG		0x100

u8 *fuzz_ram;
size_t fuzz_ram_size = RAM;

struct world {
	struct vm vm;
	struct vm_config cfg;
	struct loop loop;
	struct loop_source stopper;
	unsigned int rounds;
	struct device dev;
	struct vdev_config vdev;
	char option[128];
	u8 mode;	/* of the setup */
	bool packed;
	u16 size;
	u16 next[QUEUES];	/* position of each queue's driver, and its descriptors' */
	u16 desc[QUEUES];
};

/* ---- What is behind the devices ------------------------------------------------------------ */

int av_map_registers(struct av_vm *vm, u64 gpa, u64 size, void *host)
{
	(void)vm, (void)gpa, (void)size, (void)host;
	return 0;
}

int av_irqfd(struct av_vm *vm, int fd, unsigned int spi)
{
	(void)vm, (void)fd, (void)spi;
	return 0;
}

int av_ioeventfd(struct av_vm *vm, int fd, u64 gpa, u32 value)
{
	(void)vm, (void)fd, (void)gpa, (void)value;
	return 0;
}

/* ---- Input --------------------------------------------------------------------------------- */

static u64 some_gpa(struct input *in)
{
	u8 kind = byte(in);

	if (kind >= 0xf8)
		return ~0ULL << (kind & 7) * 8;
	/* Now and then at the end of RAM, and over it. */
	return BASE + (kind >= 0xe0 ? RAM - byte(in) : word(in));
}

/* ---- The loop ------------------------------------------------------------------------------ */

static void on_stopper(void *ctx, u32 events)
{
	struct world *w = ctx;

	(void)events;
	if (!w->rounds--)
		loop_stop(&w->loop);
}

/* This source is always ready, and the loop takes them in turn. */
static void run_loop(struct world *w, unsigned int rounds)
{
	w->rounds = rounds;
	MUST(!loop_run(&w->loop));
}

/* ---- The driver ---------------------------------------------------------------------------- */

static void reg(struct world *w, u64 off, u32 val)
{
	pthread_mutex_lock(&w->vm.lock);
	w->dev.class->write(&w->dev, off, val, 4);
	pthread_mutex_unlock(&w->vm.lock);
}

/* Descriptors; one queue's may be at the end of RAM, where the sanitizer looks. */
static u64 queue_at(const struct world *w, unsigned int queue)
{
	if (w && w->mode & 4 && queue == (w->mode >> 3 & 1))
		return ALIGN_DOWN(BASE + RAM - 16 * w->size, 16);
	return BASE + queue * 2 * QUEUE_ROOM;
}

/* From the end of a reset on, guest memory is the guest's alone. */
static void reset(struct world *w)
{
	static u8 before[RAM];

	reg(w, R_STATUS, 0);
	memcpy(before, w->vm.mem.host, RAM);
	run_loop(w, 6);
	MUST(!memcmp(before, w->vm.mem.host, RAM));
	if (fuzz_kind.idle)
		fuzz_kind.idle();
}

static u32 offered(struct world *w, u32 half)
{
	u32 val;

	pthread_mutex_lock(&w->vm.lock);
	w->dev.class->write(&w->dev, R_DEVICE_FEATURES_SEL, half, 4);
	val = (u32)w->dev.class->read(&w->dev, R_DEVICE_FEATURES, 4);
	pthread_mutex_unlock(&w->vm.lock);
	return val;
}

/* As a driver would, up to the point where the input says otherwise. */
static void set_up(struct world *w, struct input *in)
{
	static const u16 sizes[] = { 1, 2, 4, 8, 16, 64, 256, 7 };
	u8 mode = byte(in), queue, no = byte(in);
	u32 low, high;
	u64 at, others;

	if (mode & 128)
		reset(w);
	w->mode = mode;
	low = offered(w, 0);
	high = offered(w, 1);
	w->packed = mode & 1 && high & 4;
	w->size = sizes[byte(in) % 8];
	memset(w->next, 0, sizeof(w->next));
	memset(w->desc, 0, sizeof(w->desc));
	reg(w, R_STATUS, 3);
	reg(w, R_DRIVER_FEATURES_SEL, 1);
	reg(w, R_DRIVER_FEATURES, high & ~(mode & 1 ? 0u : 4u));
	reg(w, R_DRIVER_FEATURES_SEL, 0);
	/* Mostly all of the device's own, sometimes without one or two of them. */
	low &= ~(mode & 2 ? 0 : 1u << 29) & ~(no & 0x80 ? 1u << no % 32 | 1u << no / 8 % 4 : 0);
	reg(w, R_DRIVER_FEATURES, low);
	reg(w, R_STATUS, 11);
	for (queue = 0; queue < fuzz_kind.queues; queue++) {
		at = queue_at(w, queue);
		others = queue_at(NULL, queue) + QUEUE_ROOM;
		reg(w, R_QUEUE_SEL, queue);
		reg(w, R_QUEUE_SIZE, w->size);
		reg(w, R_QUEUE_DESC, (u32)at);
		reg(w, R_QUEUE_DRIVER, (u32)others);
		reg(w, R_QUEUE_DEVICE, (u32)others + 0x400);
		reg(w, R_QUEUE_READY, 1);
	}
	reg(w, R_STATUS, 15);
}

static void put_desc(struct world *w, u64 gpa, u64 addr, u32 len, u16 flags, u16 other)
{
	u8 *d = mem_ptr(&w->vm.mem, gpa, 16);

	if (!d)
		return;
	put_le64(d, addr);
	put_le32(d + 8, len);
	put_le16(d + 12, w->packed ? other : flags);
	put_le16(d + 14, w->packed ? flags : other);
}

static void poke16(struct world *w, u64 gpa, u16 val)
{
	u8 *p = mem_ptr(&w->vm.mem, gpa, 2);

	if (p)
		put_le16(p, val);
}

static u16 lap(const struct world *w, u16 pos)
{
	return pos / w->size % 2 ? 0x8000 : 0x80;
}

struct piece {
	u64 addr;
	u32 len;
	u16 flags;
};

/* What a driver of this device asks for, at places of the input's choice. */
static unsigned int proper(struct world *w, struct piece *p, unsigned int queue, struct input *in)
{
	u64 at = BASE + AT_TABLES + byte(in) % 16 * HEAD_MAX;
	u8 *head = mem_ptr(&w->vm.mem, at, HEAD_MAX);
	struct shape s = { .head_len = 0 };
	unsigned int n = 0, cut;

	fuzz_kind.request(&s, queue, in);
	memcpy(head, s.head, s.head_len);
	cut = s.head_len ? byte(in) : 0;
	if (cut & 0x80 && (cut &= 0x7f) < s.head_len)
		p[n++] = (struct piece){ at, cut, 0 };
	else
		cut = 0;
	if (s.head_len)
		p[n++] = (struct piece){ at + cut, s.head_len - cut, 0 };
	if (s.out)
		p[n++] = (struct piece){ some_gpa(in), s.out, 0 };
	if (s.in > 1)
		p[n++] = (struct piece){ some_gpa(in), s.in - 1, 2 };
	/* The last byte by itself, at the end of RAM. */
	if (s.in)
		p[n++] = (struct piece){ BASE + RAM - 1 - byte(in), 1, 2 };
	if (!n)
		p[n++] = (struct piece){ at, 0, 0 };
	return n;
}

static unsigned int wild(struct piece *p, struct input *in)
{
	unsigned int i, n = byte(in) % 4 + 1;
	u8 how;

	for (i = 0; i < n; i++) {
		how = byte(in);
		p[i].flags = (how & 1 ? 2 : 0) | (how & 0xf0 ? 0 : 4);
		p[i].addr = some_gpa(in);
		p[i].len = how & 4 ? 512u * (byte(in) % 32) : byte(in);
	}
	return n;
}

/* A chain of a few pieces, and a kick. */
static void request(struct world *w, struct input *in, bool good)
{
	unsigned int queue = byte(in) % fuzz_kind.queues, i, n;
	u64 at = queue_at(w, queue), place;
	u16 pos = w->next[queue], d = w->desc[queue], flags;
	struct piece p[MAX_PIECES];

	n = good ? proper(w, p, queue, in) : wild(p, in);
	for (i = 0; i < n; i++) {
		flags = p[i].flags | (i + 1 < n ? 1 : 0);
		place = at + (w->packed ? (pos + i) % w->size : (d + i) % w->size) * 16;
		if (w->packed)
			flags |= lap(w, (u16)(pos + i));
		put_desc(w, place, p[i].addr, p[i].len, flags,
			 w->packed ? pos % w->size : (d + i + 1) % w->size);
	}
	w->desc[queue] = (u16)(d + n);
	w->next[queue] = (u16)(pos + (w->packed ? n : 1));
	if (!w->packed) {
		at = queue_at(NULL, queue) + QUEUE_ROOM;
		poke16(w, at + 4 + 2 * (pos % w->size), d % w->size);
		poke16(w, at + 2, (u16)(pos + 1));
	}
	reg(w, R_QUEUE_NOTIFY, queue);
}

static void any_register(struct world *w, struct input *in)
{
	static const u16 regs[] = {
		0x14, R_DRIVER_FEATURES, R_DRIVER_FEATURES_SEL, R_QUEUE_SEL, R_QUEUE_SIZE,
		R_QUEUE_READY, R_QUEUE_READY, R_QUEUE_NOTIFY, 0x64, R_STATUS, R_STATUS,
		R_QUEUE_DESC, R_QUEUE_DESC + 4, R_QUEUE_DRIVER, R_QUEUE_DEVICE, R_CONFIG,
	};
	u64 off = regs[byte(in) % ARRAY_SIZE(regs)];
	u32 val = byte(in);

	if (off >= R_QUEUE_DESC && off < R_CONFIG && !(off & 4))
		val = (u32)some_gpa(in);
	reg(w, off, val);
}

static void step(struct world *w, struct input *in)
{
	u8 op = byte(in) % 32, len;
	u64 data, off;

	if (op < 12) {
		request(w, in, op < 9);
	} else if (op < 14) {
		if (fuzz_kind.host)
			fuzz_kind.host(in);
	} else if (op < 20) {
		run_loop(w, op - 13);
	} else if (op < 23) {
		poke16(w, some_gpa(in), word(in));
	} else if (op < 26) {
		put_desc(w, BASE + AT_TABLES + byte(in) * 16, some_gpa(in),
			 byte(in) % 2 ? byte(in) : (u32)word(in) << 9, byte(in) % 8, byte(in));
	} else if (op < 29) {
		any_register(w, in);
	} else if (op == 29) {
		off = word(in) % 0x1000;
		len = (u8)(1 << byte(in) % 4);
		data = word(in) * 0x100010001ULL;
		pthread_mutex_lock(&w->vm.lock);
		w->dev.class->write(&w->dev, off, data, len);
		w->dev.class->read(&w->dev, off, len);
		pthread_mutex_unlock(&w->vm.lock);
	} else {
		set_up(w, in);
	}
}

/* ---- The machine --------------------------------------------------------------------------- */

static void create(struct world *w, u8 mode)
{
	pthread_mutexattr_t attr;
	struct err e;

	/* A reset waits for I/O in this thread, with the lock that a vCPU would give up. */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&w->vm.lock, &attr);
	pthread_cond_init(&w->vm.io_ended, NULL);
	MUST(!loop_init(&w->loop, &e));
	w->stopper = (struct loop_source){ .fd = eventfd(1, EFD_CLOEXEC), .fn = on_stopper, .ctx = w };
	MUST(!loop_add(&w->loop, &w->stopper, EPOLLIN));
	w->cfg.cpus = (mode >> 2 & 3) + 1;
	w->vm.cfg = &w->cfg;
	w->vm.loop = &w->loop;
	w->vm.console = (struct console *)w;	/* a kind of device that has one never looks inside */
	w->vm.mem = (struct mem){ .base = BASE, .size = RAM, .host = aligned_alloc(4096, RAM),
				.fd = -1 };
	fuzz_ram = w->vm.mem.host;
	memset(fuzz_ram, 0, RAM);
	fuzz_kind.option(w->option, sizeof(w->option), mode);
	w->vdev = (struct vdev_config){ fuzz_kind.class, w->option };
	w->dev = (struct device){ .class = &virtio_mmio_class, .vm = &w->vm, .arg = &w->vdev,
				  .base = 0x0a000000, .spi = 16,
				  .state = calloc(1, virtio_mmio_class.state_size) };
	if (w->dev.class->init(&w->dev, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
}

static void destroy(struct world *w)
{
	w->dev.class->exit(&w->dev);
	/* Nothing of it may come up afterwards. */
	run_loop(w, 6);
	if (fuzz_kind.end)
		fuzz_kind.end();
	loop_del(&w->loop, &w->stopper);
	close(w->stopper.fd);
	loop_exit(&w->loop);
	free(w->dev.state);
	free(w->vm.mem.host);
	pthread_cond_destroy(&w->vm.io_ended);
	pthread_mutex_destroy(&w->vm.lock);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct input in = { data, len };
	struct world *w = calloc(1, sizeof(*w));

	create(w, byte(&in));
	set_up(w, &in);
	while (in.left)
		step(w, &in);
	/* Odd lengths leave their I/O to the exit. */
	if (len % 2 == 0)
		run_loop(w, 20);
	destroy(w);
	free(w);
	return 0;
}
