/* SPDX-License-Identifier: GPL-2.0 */
/* The kinds of device that vdev_fuzz.c can have, and what is on their far side. */
#ifndef FUZZ_KINDS_H
#define FUZZ_KINDS_H

#include "devices/list.h"
#include "fuzz_input.h"

#define MUST(cond) do { if (!(cond)) abort(); } while (0)

#define HEAD_MAX	64

/* What a well-behaved driver would put into a queue: so many bytes to read, and to write. */
struct shape {
	u8 head[HEAD_MAX];
	unsigned int head_len;
	unsigned int out;
	unsigned int in;
};

/**
 * struct fuzz_kind - a device and its far side
 * @class: the device
 * @queues: that the driver sets up
 * @option: the value of the device's option; opens what it names
 * @request: for one of the queues
 * @host: the far side does something; may be NULL
 * @idle: the driver has reset the device: nothing may be under way; may be NULL
 * @end: the device is gone; may be NULL
 */
struct fuzz_kind {
	const struct vdev_class *class;
	unsigned int queues;
	void (*option)(char *value, size_t size, u8 mode);
	void (*request)(struct shape *s, unsigned int queue, struct input *in);
	void (*host)(struct input *in);
	void (*idle)(void);
	void (*end)(void);
};

/* The one that the build has chosen. */
extern const struct fuzz_kind fuzz_kind;
/* RAM, for what is on the far side to check where it is sent. */
extern u8 *fuzz_ram;
extern size_t fuzz_ram_size;

#endif
