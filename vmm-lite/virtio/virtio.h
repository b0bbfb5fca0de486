/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtio devices (virtio 1.2) between the transport, which has registers, and the device, which has
 * queues and features and knows no transport. A new device is one file in devices/ with a struct
 * vdev_class, and a line in devices/list.h.
 *
 * A device's functions are called with vm->lock held: kick from the loop thread, what the guest
 * does to registers from a vCPU's. init and exit, and the reset before exit, are called when no
 * vCPU runs, without the lock.
 */
#ifndef VMM_VIRTIO_VIRTIO_H
#define VMM_VIRTIO_VIRTIO_H

#include "virtio/virtq.h"

#define VIRTIO_F_INDIRECT_DESC	((u64)1 << 28)
#define VIRTIO_F_EVENT_IDX	((u64)1 << 29)
#define VIRTIO_F_VERSION_1	((u64)1 << 32)
#define VIRTIO_F_RING_PACKED	((u64)1 << 34)

#define VIRTIO_STATUS_ACKNOWLEDGE	1
#define VIRTIO_STATUS_DRIVER		2
#define VIRTIO_STATUS_DRIVER_OK		4
#define VIRTIO_STATUS_FEATURES_OK	8
#define VIRTIO_STATUS_NEEDS_RESET	64

#define VDEV_MAX_QUEUES		16
#define VDEV_CONFIG_MAX		256

struct vdev;

/**
 * struct vdev_class - a kind of virtio device
 * @name: for messages
 * @option: its option on the command line, without dashes
 * @arg: how the option's value is written, for the help; NULL if there is none
 * @help: what it is, for the help
 * @id: device ID (virtio 1.2, section 5)
 * @queue_size: entries that its queues can have, 0: VIRTQ_SIZE_MAX
 * @shared_memory: another process serves it, which has to map guest RAM
 * @state_size: of its private state, zeroed before @init
 * @init: reads the option's value; sets vdev->features, vdev->nr_queues and vdev->config; may take
 *	away from vdev->ring_features
 * @exit: the machine is over; nothing of the device runs any more
 * @start: the driver is ready (DRIVER_OK) and its queues are set up; may be NULL
 * @reset: stop: no guest memory is touched from its return on. Also called when it has not been
 *	started, or not since the last reset. May be NULL
 * @kick: the driver has put something into a queue
 * @config_write: the driver wrote to the configuration space; may be NULL
 */
struct vdev_class {
	const char *name;
	const char *option;
	const char *arg;
	const char *help;
	u32 id;
	u16 queue_size;
	bool shared_memory;
	size_t state_size;
	int (*init)(struct vdev *v, const char *value, struct err *e);
	void (*exit)(struct vdev *v);
	int (*start)(struct vdev *v);
	void (*reset)(struct vdev *v);
	void (*kick)(struct vdev *v, unsigned int queue);
	void (*config_write)(struct vdev *v, unsigned int off, const u8 *data, unsigned int len);
};

/**
 * struct vdev_queue - a queue and the event that kicks it
 * @q: the rings
 * @kick: eventfd that the kernel signals when the driver notifies this queue; never read, as the
 *	loop hears of each signal, so that its counter is that of the kicks
 * @vdev: its device
 * @lent: to a process that reads @kick's counter
 */
struct vdev_queue {
	struct virtq q;
	struct loop_source kick;
	struct vdev *vdev;
	bool lent;
};

/**
 * struct vdev - a virtio device
 * @class: what it is
 * @vm: its machine
 * @state: its private state
 * @features: offered by the device; @ring_features are added to it after init
 * @ring_features: those of the rings and VERSION_1, as virtio.c has them, or fewer of them
 * @accepted: what the driver took, once FEATURES_OK is set
 * @status: device status field
 * @config_changed: the driver has not yet acknowledged a change of the configuration
 * @generation: of the configuration space
 * @nr_queues: valid entries of @queues
 * @config: configuration space, little endian
 * @config_len: its length
 * @requests: chains taken from the queues
 * @interrupts: raised
 * @self_kicks: kicks that were ours
 * @complaints: lines in the log that its driver has caused
 * @call: eventfd that raises the device's interrupt
 * @refresh: transport: registers have changed by themselves
 * @transport: its argument
 */
struct vdev {
	const struct vdev_class *class;
	struct vm *vm;
	void *state;
	u64 features;
	u64 ring_features;
	u64 accepted;
	u32 status;
	bool config_changed;
	u32 generation;
	unsigned int nr_queues;
	struct vdev_queue queues[VDEV_MAX_QUEUES];
	u8 config[VDEV_CONFIG_MAX];
	unsigned int config_len;
	u64 requests;
	u64 interrupts;
	u64 self_kicks;
	unsigned int complaints;
	int call;
	void (*refresh)(void *transport);
	void *transport;
};

/* For devices. */

/* Interrupt the driver for what was pushed, if it wants that. */
void vdev_signal(struct vdev *v, unsigned int queue);
/* The configuration space has been changed. */
void vdev_config_changed(struct vdev *v);
/* A line in the log about what a guest can do again and again, which must not fill it. */
bool vdev_may_complain(struct vdev *v);
/* The driver did what no driver does: it has to reset the device. One line in the log. */
void vdev_broken(struct vdev *v, const char *why);
/*
 * Wait for I/O to end, for the reset function; false: give up, the machine is going. The end of I/O
 * is announced by the other one.
 */
bool vdev_wait_io(struct vdev *v);
void vdev_io_ended(struct vdev *v);

static inline bool vdev_running(const struct vdev *v)
{
	return (v->status & (VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_NEEDS_RESET)) ==
	       VIRTIO_STATUS_DRIVER_OK;
}

static inline bool vdev_has(const struct vdev *v, u64 feature)
{
	return v->accepted & feature;
}

/* Next chain of a queue, NULL-safe against broken rings: 1 or 0. */
int vdev_pop(struct vdev *v, unsigned int queue, struct vq_chain *c);
/* The same; if there is none, the driver will kick for the next. */
int vdev_pop_or_ask(struct vdev *v, unsigned int queue, struct vq_chain *c);

/* For transports. */

int vdev_init(struct vdev *v, const struct vdev_class *class, struct vm *vm, const char *value,
	      struct err *e);
void vdev_exit(struct vdev *v);
void vdev_set_status(struct vdev *v, u32 status);
/* How often the driver has kicked; those that another process or the kernel took are not known. */
u64 vdev_kicks(const struct vdev *v);
/* As if the driver had kicked; the loop thread sees to it. */
void vdev_kick_self(struct vdev *v, unsigned int queue);
/* A queue's size or address may be set: the driver has negotiated, the queue is not in use. */
bool vdev_queue_idle(const struct vdev *v, unsigned int queue);
void vdev_queue_ready(struct vdev *v, unsigned int queue);
void vdev_queue_stop(struct vdev *v, unsigned int queue);
void vdev_config_write(struct vdev *v, unsigned int off, u64 val, unsigned int len);

/* mmio.c: the transport; the device's argument is a struct vdev_config. */
extern const struct dev_class virtio_mmio_class;

#endif /* VMM_VIRTIO_VIRTIO_H */
