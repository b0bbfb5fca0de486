// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-vsock (virtio 1.2, section 5.10): sockets between the guest and programs of the host, by
 * the host kernel's vhost-vsock, which has the two queues of packets. The event queue is for guests
 * that migrate: its buffers are never used.
 */
#include <errno.h>

#include "devices/list.h"
#include "virtio/vhost.h"

#define VSOCK_F_SEQPACKET	((u64)1 << 1)

#define VHOST_QUEUES	2	/* 5.10.2: rx and tx; then the event queue */
#define NR_QUEUES	3
#define CFG_LEN		8	/* 5.10.4: guest_cid */
#define CID_MIN		3	/* 0 to 2 are the hypervisor, the host and the guest itself */
#define CID_MAX		2147483647

struct vsock {
	struct vhost vhost;
};

static int vsock_start(struct vdev *v)
{
	struct vsock *s = v->state;

	if (vhost_start(&s->vhost, v))
		return -1;
	if (!vhost_vsock_run(&s->vhost, true))
		return 0;
	if (vdev_may_complain(v))
		log_line("vsock: the host's kernel can't start: %s", strerror(errno));
	vhost_stop(&s->vhost, v);
	return -1;
}

/* Once it is not running the kernel's thread sees no backend, and leaves guest memory alone. */
static void vsock_reset(struct vdev *v)
{
	struct vsock *s = v->state;

	vhost_vsock_run(&s->vhost, false);
	vhost_stop(&s->vhost, v);
}

/* A kick that the loop thread had in its hands when the queues were given away: pass it on. */
static void vsock_kick(struct vdev *v, unsigned int queue)
{
	if (queue < VHOST_QUEUES)
		vdev_kick_self(v, queue);
}

static int vsock_init(struct vdev *v, const char *value, struct err *e)
{
	struct vsock *s = v->state;
	unsigned int n;

	if (!parse_number(value, CID_MIN, CID_MAX, &n))
		return err_set(e, "--vsock %s: is no CID: use a number from %d to %d", value,
			       CID_MIN, CID_MAX);
	s->vhost.nr_queues = VHOST_QUEUES;
	if (vhost_open(&s->vhost, v, "vhost-vsock", "vhost_vsock", VSOCK_F_SEQPACKET, e))
		goto fail;
	if (vhost_vsock_set_cid(&s->vhost, n)) {
		err_set(e, errno == EADDRINUSE ? "--vsock %u: another VM has this CID: use another" :
			"--vsock %u: the host's kernel refuses this CID", n);
		goto fail;
	}
	v->nr_queues = NR_QUEUES;
	v->config_len = CFG_LEN;
	put_le64(v->config, n);
	return 0;
fail:
	vhost_close(&s->vhost);
	return -1;
}

static void vsock_exit(struct vdev *v)
{
	struct vsock *s = v->state;

	vhost_close(&s->vhost);
}

const struct vdev_class vsock_class = {
	.name = "vsock",
	.option = "vsock",
	.arg = "CID",
	.help = "sockets between guest and host, by vhost-vsock; the guest's address is CID",
	.id = 19,
	.state_size = sizeof(struct vsock),
	.init = vsock_init,
	.exit = vsock_exit,
	.start = vsock_start,
	.reset = vsock_reset,
	.kick = vsock_kick,
};
