/* SPDX-License-Identifier: GPL-2.0 */
/* The device classes there are, one line each: what machine.c can put on the board. */
#ifndef VMM_DEVICES_LIST_H
#define VMM_DEVICES_LIST_H

#include "virtio/virtio.h"

extern const struct dev_class uart_class;
extern const struct dev_class rtc_class;

/* Virtio devices, each with its option on the command line. */
#define VDEV_CLASSES(X) \
	X(blk) \
	X(net) \
	X(console) \
	X(rng) \
	X(balloon) \
	X(vsock) \
	X(fs)

#define DECLARE(name)	extern const struct vdev_class name##_class;
VDEV_CLASSES(DECLARE)
#undef DECLARE

#endif /* VMM_DEVICES_LIST_H */
