// SPDX-License-Identifier: GPL-2.0
/*
 * The MMIO transport (virtio 1.2, section 4.2), made so that ring traffic never comes here:
 *
 * - the registers are a page of our memory which the guest reads without an exit (a read-only
 *   memslot); what the driver writes leaves the guest, and brings the page up to date;
 * - a write to QueueNotify is an ioeventfd for each queue;
 * - the interrupt is an edge, by irqfd. InterruptStatus always says "used buffer", which is no more
 *   than a hint to look at the rings, and the acknowledgement of just that is taken by an ioeventfd
 *   that nobody reads. Only a change of the configuration is acknowledged to us.
 *
 * The guest reads the page as device memory, past the caches, while we write through them: so what
 * is written is cleaned to the point of coherency before the guest can look. Where the processor
 * does not let user space do that (ARMv7), or the kernel has no read-only slots, each read exits.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "armvirt.h"
#include "virtio/virtio.h"

#define R_MAGIC			0x000
#define R_VERSION		0x004
#define R_DEVICE_ID		0x008
#define R_VENDOR_ID		0x00c
#define R_DEVICE_FEATURES	0x010
#define R_DEVICE_FEATURES_SEL	0x014
#define R_DRIVER_FEATURES	0x020
#define R_DRIVER_FEATURES_SEL	0x024
#define R_QUEUE_SEL		0x030
#define R_QUEUE_SIZE_MAX	0x034
#define R_QUEUE_SIZE		0x038
#define R_QUEUE_READY		0x044
#define R_QUEUE_NOTIFY		0x050
#define R_INTERRUPT_STATUS	0x060
#define R_INTERRUPT_ACK		0x064
#define R_STATUS		0x070
#define R_QUEUE_DESC		0x080
#define R_QUEUE_DRIVER		0x090
#define R_QUEUE_DEVICE		0x0a0
#define R_SHM_LEN		0x0b0
#define R_SHM_BASE		0x0b8
#define R_GENERATION		0x0fc
#define R_CONFIG		0x100

#define MAGIC			0x74726976	/* "virt" */
#define VENDOR			0x4d565241	/* "ARVM" */

#define INT_USED		1
#define INT_CONFIG		2

#define REGS_SIZE		0x1000

/**
 * struct vmmio - the transport of one device
 * @vdev: the device
 * @dev: its place on the board
 * @page: what its registers read as
 * @page_size: of the host, whose pages a memslot has
 * @mapped: the guest reads @page itself
 * @sink: eventfd for acknowledgements that tell us nothing
 * @accesses: of the driver that had to leave the guest for us
 * @device_sel: DeviceFeaturesSel, and so on
 */
struct vmmio {
	struct vdev vdev;
	struct device *dev;
	u8 *page;
	size_t page_size;
	bool mapped;
	int sink;
	u64 accesses;
	u32 device_sel;
	u32 driver_sel;
	u32 queue_sel;
};

/* ---- What registers read as ---------------------------------------------------------------- */

static void put32(struct vmmio *m, unsigned int off, u32 v)
{
	/* A reader that needs no exit sees the old value or the new one. */
	__atomic_store_n((u32 *)(m->page + off), v, __ATOMIC_RELAXED);
}

static void clean(struct vmmio *m)
{
#ifdef __aarch64__
	size_t line, off;

	if (!m->mapped)
		return;
	asm volatile("mrs %0, ctr_el0" : "=r"(line));
	line = 4u << (line >> 16 & 15);		/* CTR_EL0.DminLine is in words, as a power of 2 */
	for (off = 0; off < R_CONFIG + VDEV_CONFIG_MAX; off += line)
		asm volatile("dc cvac, %0" : : "r"(m->page + off) : "memory");
	/* Complete before the guest can be told of it. */
	asm volatile("dsb ish" : : : "memory");
#else
	(void)m;
#endif
}

static void refresh(void *arg)
{
	struct vmmio *m = arg;
	struct vdev *v = &m->vdev;
	const struct virtq *q = m->queue_sel < v->nr_queues ? &v->queues[m->queue_sel].q : NULL;
	unsigned int i;

	put32(m, R_DEVICE_FEATURES, m->device_sel < 2 ?
	      (u32)(v->features >> m->device_sel * 32) : 0);
	put32(m, R_QUEUE_SIZE_MAX, q ? v->class->queue_size ?: VIRTQ_SIZE_MAX : 0);
	put32(m, R_QUEUE_READY, q && q->ready);
	put32(m, R_INTERRUPT_STATUS, INT_USED | (v->config_changed ? INT_CONFIG : 0));
	put32(m, R_STATUS, v->status);
	put32(m, R_GENERATION, v->generation);
	for (i = 0; i < v->config_len; i += 4)
		put32(m, R_CONFIG + i, get_le32(v->config + i));
	clean(m);
}

static void fill(struct vmmio *m)
{
	unsigned int off;

	put32(m, R_MAGIC, MAGIC);
	put32(m, R_VERSION, 2);
	put32(m, R_DEVICE_ID, m->vdev.class->id);
	put32(m, R_VENDOR_ID, VENDOR);
	/* 4.2.2: no shared memory region reads as a length of all ones. */
	for (off = R_SHM_LEN; off < R_SHM_BASE + 8; off += 4)
		put32(m, off, ~0u);
	refresh(m);
}

static u64 vmmio_read(struct device *d, u64 off, unsigned int len)
{
	struct vmmio *m = d->state;
	u64 val = 0;

	m->accesses++;
	if (off + len <= REGS_SIZE)
		memcpy(&val, m->page + off, len);
	return val;
}

/* ---- What the driver writes ---------------------------------------------------------------- */

static void set_half(u64 *reg, bool high, u32 val)
{
	*reg = high ? (*reg & 0xffffffff) | (u64)val << 32 : (*reg & ~(u64)0xffffffff) | val;
}

static void write_queue(struct vmmio *m, u64 off, u32 val)
{
	struct virtq *q;

	if (off == R_QUEUE_READY && !val)
		vdev_queue_stop(&m->vdev, m->queue_sel);
	if (!vdev_queue_idle(&m->vdev, m->queue_sel))
		return;
	q = &m->vdev.queues[m->queue_sel].q;
	switch (off) {
	case R_QUEUE_SIZE:
		q->size = val <= VIRTQ_SIZE_MAX ? (u16)val : 0;
		break;
	case R_QUEUE_READY:
		if (val == 1)
			vdev_queue_ready(&m->vdev, m->queue_sel);
		break;
	case R_QUEUE_DESC: case R_QUEUE_DESC + 4:
		set_half(&q->desc, off & 4, val);
		break;
	case R_QUEUE_DRIVER: case R_QUEUE_DRIVER + 4:
		set_half(&q->driver, off & 4, val);
		break;
	case R_QUEUE_DEVICE: case R_QUEUE_DEVICE + 4:
		set_half(&q->device, off & 4, val);
		break;
	}
}

static void write_reg(struct vmmio *m, u64 off, u32 val)
{
	struct vdev *v = &m->vdev;

	switch (off) {
	case R_DEVICE_FEATURES_SEL:
		m->device_sel = val;
		break;
	case R_DRIVER_FEATURES_SEL:
		m->driver_sel = val;
		break;
	case R_DRIVER_FEATURES:
		/* 3.1.1: too late once FEATURES_OK is set. */
		if (v->status & VIRTIO_STATUS_FEATURES_OK)
			break;
		if (m->driver_sel < 2)
			set_half(&v->accepted, m->driver_sel, val);
		break;
	case R_QUEUE_SEL:
		m->queue_sel = val;
		break;
	case R_QUEUE_NOTIFY:
		/* Not a queue's number, or an ioeventfd would have had it. */
		vdev_kick_self(v, val);
		break;
	case R_INTERRUPT_ACK:
		if (val & INT_CONFIG)
			v->config_changed = false;
		break;
	case R_STATUS:
		vdev_set_status(v, val);
		break;
	default:
		write_queue(m, off, val);
	}
}

static void vmmio_write(struct device *d, u64 off, u64 val, unsigned int len)
{
	struct vmmio *m = d->state;

	m->accesses++;
	/* 4.2.2.2: registers are written in one access of 32 bits. */
	if (off >= R_CONFIG)
		vdev_config_write(&m->vdev, (unsigned int)(off - R_CONFIG), val, len);
	else if (len == 4 && off % 4 == 0)
		write_reg(m, off, (u32)val);
	refresh(m);
}

/*
 * Kicks and acknowledgements are exits that the kernel handles; accesses are those that come to the
 * run loop, of which ring traffic makes none.
 */
static void vmmio_stats(struct device *d)
{
	struct vmmio *m = d->state;
	u64 acks = 0;

	if (read(m->sink, &acks, sizeof(acks)) == sizeof(acks) &&
	    write(m->sink, &acks, sizeof(acks)) < 0)
		return;
	log_line("%s at %llx: %llu requests, %llu kicks, %llu interrupts, %llu acknowledged, "
		 "%llu register accesses", m->vdev.class->name, (unsigned long long)d->base,
		 (unsigned long long)m->vdev.requests, (unsigned long long)vdev_kicks(&m->vdev),
		 (unsigned long long)m->vdev.interrupts, (unsigned long long)acks,
		 (unsigned long long)m->accesses);
}

/* ---- Lifetime ------------------------------------------------------------------------------ */

static bool can_map(void)
{
#ifdef __aarch64__
	return true;
#else
	return false;
#endif
}

static int connect_events(struct vmmio *m, struct err *e)
{
	struct av_vm *av = &m->dev->vm->av;
	u64 base = m->dev->base;
	unsigned int i;
	int ret;

	ret = av_irqfd(av, m->vdev.call, m->dev->spi);
	for (i = 0; i < m->vdev.nr_queues && !ret; i++)
		ret = av_ioeventfd(av, m->vdev.queues[i].kick.fd, base + R_QUEUE_NOTIFY, i);
	if (!ret)
		ret = av_ioeventfd(av, m->sink, base + R_INTERRUPT_ACK, INT_USED);
	if (ret)
		return err_set(e, "can't connect --%s to the VM: %s", m->vdev.class->option,
			       strerror(-ret));
	return 0;
}

static int vmmio_init(struct device *d, struct err *e)
{
	const struct vdev_config *cfg = d->arg;
	struct vmmio *m = d->state;

	m->dev = d;
	m->vdev.call = -1;
	m->page_size = (size_t)sysconf(_SC_PAGESIZE);
	m->sink = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	m->page = mmap(NULL, m->page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	if (m->page == MAP_FAILED)
		m->page = NULL;
	m->vdev.refresh = refresh;
	m->vdev.transport = m;
	if (m->sink < 0 || !m->page) {
		err_set(e, "can't set up --%s: %s", cfg->class->option, strerror(errno));
		goto fail;
	}
	if (vdev_init(&m->vdev, cfg->class, d->vm, cfg->value, e) || connect_events(m, e))
		goto fail;
	m->mapped = can_map() && !av_map_registers(&d->vm->av, d->base, m->page_size, m->page);
	fill(m);
	return 0;
fail:
	d->class->exit(d);
	return -1;
}

static void vmmio_exit(struct device *d)
{
	struct vmmio *m = d->state;

	if (m->vdev.class)
		vdev_exit(&m->vdev);
	if (m->page)
		munmap(m->page, m->page_size);
	if (m->sink >= 0)
		close(m->sink);
}

const struct dev_class virtio_mmio_class = {
	.name = "virtio_mmio",
	.compat = "virtio,mmio",
	.compat_len = sizeof("virtio,mmio"),
	.edge = true,
	.dma_coherent = true,
	.size = REGS_SIZE,
	.state_size = sizeof(struct vmmio),
	.init = vmmio_init,
	.exit = vmmio_exit,
	.read = vmmio_read,
	.write = vmmio_write,
	.stats = vmmio_stats,
};
