// SPDX-License-Identifier: GPL-2.0
/*
 * Queues served by the host's kernel, and the only file that includes linux/vhost.h. The kernel
 * walks split rings only, and what it finds broken there it leaves alone: such a queue stands still
 * until the driver resets the device.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vhost.h>
/* Numbers of bits; ours are the bits. */
#undef VIRTIO_F_VERSION_1
#undef VIRTIO_F_RING_PACKED

#include "virtio/vhost.h"

static int set_features(struct vhost *h, u64 features)
{
	__u64 arg = features;

	return ioctl(h->fd, VHOST_SET_FEATURES, &arg);
}

static int set_memory(struct vhost *h, const struct mem *m)
{
	struct {
		struct vhost_memory head;
		struct vhost_memory_region region;
	} table = {
		.head.nregions = 1,
		.region = {
			.guest_phys_addr = m->base,
			.memory_size = m->size,
			.userspace_addr = (uintptr_t)m->host,
		},
	};

	return ioctl(h->fd, VHOST_SET_MEM_TABLE, &table);
}

static int set_queue(struct vhost *h, unsigned int index, const struct vdev_queue *vq, int call)
{
	const struct virtq *q = &vq->q;
	struct vhost_vring_state num = { index, q->size };
	struct vhost_vring_state base = { index, 0 };
	struct vhost_vring_addr addr = {
		.index = index,
		.desc_user_addr = (uintptr_t)q->desc_p,
		.avail_user_addr = (uintptr_t)q->driver_p,
		.used_user_addr = (uintptr_t)q->device_p,
	};
	struct vhost_vring_file kick = { index, vq->kick.fd };
	struct vhost_vring_file irq = { index, call };

	return ioctl(h->fd, VHOST_SET_VRING_NUM, &num) ||
	       ioctl(h->fd, VHOST_SET_VRING_BASE, &base) ||
	       ioctl(h->fd, VHOST_SET_VRING_ADDR, &addr) ||
	       ioctl(h->fd, VHOST_SET_VRING_CALL, &irq) ||
	       ioctl(h->fd, VHOST_SET_VRING_KICK, &kick) ? -1 : 0;
}

static void stop_queue(struct vhost *h, unsigned int index)
{
	struct vhost_vring_file none = { index, VHOST_FILE_UNBIND };

	/* The first waits for what the kernel's thread is still doing. */
	ioctl(h->fd, VHOST_SET_VRING_KICK, &none);
	ioctl(h->fd, VHOST_SET_VRING_CALL, &none);
}

static const struct vhost_ops kernel_ops = {
	.who = "the host's kernel",
	.set_features = set_features,
	.set_memory = set_memory,
	.set_queue = set_queue,
	.stop_queue = stop_queue,
};

int vhost_open(struct vhost *h, struct vdev *v, const char *dev, const char *module, u64 features,
	       struct err *e)
{
	const char *option = v->class->option;
	__u64 offered;
	char path[64];

	h->ops = &kernel_ops;
	snprintf(path, sizeof(path), "/dev/%s", dev);
	h->fd = open(path, O_RDWR | O_CLOEXEC);
	if (h->fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
		return err_set(e, "--%s: there is no %s: load the module: modprobe %s", option,
			       path, module);
	if (h->fd < 0)
		return err_set(e, "--%s: can't open %s: %s", option, path, strerror(errno));
	/* From now on the kernel's thread uses the memory of this process. */
	if (ioctl(h->fd, VHOST_SET_OWNER) || ioctl(h->fd, VHOST_GET_FEATURES, &offered))
		return err_set(e, "--%s: can't set up %s: %s", option, path, strerror(errno));
	if (!(offered & VIRTIO_F_VERSION_1))
		return err_set(e, "--%s: this kernel's %s is too old for virtio 1", option, path);
	h->features = offered;
	v->features |= offered & features;
	v->ring_features &= offered & ~VIRTIO_F_RING_PACKED;
	return 0;
}

void vhost_close(struct vhost *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}

/* ---- vhost-net ----------------------------------------------------------------------------- */

int vhost_net_set_backend(struct vhost *h, unsigned int queue, int fd)
{
	struct vhost_vring_file backend = { queue, fd };

	return ioctl(h->fd, VHOST_NET_SET_BACKEND, &backend);
}

/* ---- vhost-vsock --------------------------------------------------------------------------- */

int vhost_vsock_set_cid(struct vhost *h, u64 cid)
{
	__u64 arg = cid;

	return ioctl(h->fd, VHOST_VSOCK_SET_GUEST_CID, &arg);
}

int vhost_vsock_run(struct vhost *h, bool on)
{
	int arg = on;

	return ioctl(h->fd, VHOST_VSOCK_SET_RUNNING, &arg);
}
