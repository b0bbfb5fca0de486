// SPDX-License-Identifier: GPL-2.0
/*
 * Eventfds as wires: an irqfd turns a signal into an interrupt of the guest,
 * an ioeventfd turns a guest's write into a signal, and neither wakes the VMM.
 * Which interrupt a GSI is, irqroute.c knows; iobus.c finds the ioeventfd.
 *
 * Lock order: av_irqfds.mutex, eventfd's own wait queue lock, av_irqfds.lock,
 * then the vGIC's locks. The vGIC calls eventfd_eoi() with none of its held.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "armvirt.h"

#define MAX_IOEVENTFDS	4096

/**
 * struct irqfd - an eventfd that raises an interrupt
 * @vm: outlives this: eventfd_vm_exit() waits for every irqfd
 * @ctx: the eventfd
 * @resample: signalled at the guest's end of interrupt; the line stays up till then
 * @gsi: interrupt, by irqroute.c's table at the moment of the signal
 * @wait: on @ctx's queue
 * @pt: how vfs_poll() tells us of that queue
 * @node: in av_irqfds.irqfds while live; who takes it out ends the irqfd
 * @resample_node: in av_irqfds.resamplers if @resample
 * @shutdown: ends it after the eventfd's last descriptor was closed
 * @rcu: eventfd_eoi() may look at it for a moment longer
 */
struct irqfd {
	struct av_vm *vm;
	struct eventfd_ctx *ctx;
	struct eventfd_ctx *resample;
	u32 gsi;
	wait_queue_entry_t wait;
	poll_table pt;
	struct list_head node;
	struct list_head resample_node;
	struct work_struct shutdown;
	struct rcu_head rcu;
};

/**
 * struct ioeventfd - an eventfd that is signalled by a write
 * @dev: its place on the bus
 * @node: in av_irqfds.ioeventfds
 * @ctx: the eventfd
 * @datamatch: the value that signals it
 * @len: width that matches, 0 for any
 * @match: @datamatch counts
 * @pio: x86's port space, where nothing happens on ARM; but KVM takes it
 */
struct ioeventfd {
	struct iobus_dev dev;
	struct list_head node;
	struct eventfd_ctx *ctx;
	u64 datamatch;
	u32 len;
	bool match;
	bool pio;
};

/**
 * struct av_irqfds - a VM's eventfds
 * @mutex: assigning and deassigning
 * @lock: @irqfds and changes of @resamplers; inside the eventfd's lock, interrupts off
 * @irqfds: live irqfds
 * @resamplers: those that want to know of the end of interrupt; read under RCU
 * @ioeventfds: all of them (@mutex)
 * @nr_ioeventfds: how many
 */
struct av_irqfds {
	struct mutex mutex;
	spinlock_t lock;
	struct list_head irqfds;
	struct list_head resamplers;
	struct list_head ioeventfds;
	unsigned int nr_ioeventfds;
};

/* Of the module, not of a VM: creating a VM should not have to start a thread. */
static struct workqueue_struct *shutdown_wq;

int eventfd_init(void)
{
	shutdown_wq = alloc_workqueue("armvirt-irqfd", WQ_UNBOUND, 0);
	return shutdown_wq ? 0 : -ENOMEM;
}

void eventfd_exit(void)
{
	/* What irqfd_free() has still to do through RCU, main.c waits for. */
	destroy_workqueue(shutdown_wq);
}

int eventfd_vm_init(struct av_vm *vm)
{
	struct av_irqfds *fds = kzalloc(sizeof(*fds), GFP_KERNEL_ACCOUNT);

	if (!fds)
		return -ENOMEM;
	mutex_init(&fds->mutex);
	spin_lock_init(&fds->lock);
	INIT_LIST_HEAD(&fds->irqfds);
	INIT_LIST_HEAD(&fds->resamplers);
	INIT_LIST_HEAD(&fds->ioeventfds);
	vm->irqfds = fds;
	return 0;
}

/* ---- irqfd ------------------------------------------------------------------------------ */

static void raise(struct irqfd *irqfd)
{
	int spi = irqroute_spi(irqfd->vm, irqfd->gsi);

	if (spi < 0)
		return;
	/*
	 * A level interrupt stays high: until the guest has ended it if there is a
	 * resampler, else, as with KVM on arm64, until IRQ_LINE lowers it.
	 */
	vgic_inject(irqfd->vm, NULL, spi, true, NULL);
}

/* Called by eventfd with the lock of its wait queue held and interrupts off. */
static int irqfd_wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct irqfd *irqfd = container_of(wait, struct irqfd, wait);
	struct av_irqfds *fds = irqfd->vm->irqfds;
	__poll_t events = key_to_poll(key);
	unsigned long flags;
	u64 count;

	if (events & EPOLLIN) {
		/* Taken back to zero, so that a writer never finds the counter full. */
		eventfd_ctx_do_read(irqfd->ctx, &count);
		raise(irqfd);
	}
	/* The last descriptor is closed. The wait queue can't be left from within itself. */
	if (events & EPOLLHUP) {
		spin_lock_irqsave(&fds->lock, flags);
		if (!list_empty(&irqfd->node)) {
			list_del_init(&irqfd->node);
			queue_work(shutdown_wq, &irqfd->shutdown);
		}
		spin_unlock_irqrestore(&fds->lock, flags);
	}
	return !!(events & EPOLLIN);
}

static void irqfd_queue(struct file *file, wait_queue_head_t *wqh, poll_table *pt)
{
	struct irqfd *irqfd = container_of(pt, struct irqfd, pt);

	add_wait_queue_priority(wqh, &irqfd->wait);
}

static void irqfd_free(struct rcu_head *rcu)
{
	struct irqfd *irqfd = container_of(rcu, struct irqfd, rcu);

	eventfd_ctx_put(irqfd->ctx);
	if (irqfd->resample)
		eventfd_ctx_put(irqfd->resample);
	kfree(irqfd);
}

/* Does anyone want to know of the end of @intid? RCU. */
static bool is_resampled(struct av_vm *vm, int intid)
{
	struct irqfd *irqfd;

	list_for_each_entry_rcu(irqfd, &vm->irqfds->resamplers, resample_node)
		if (irqroute_spi(vm, irqfd->gsi) == intid)
			return true;
	return false;
}

static void remove_resampler(struct irqfd *irqfd)
{
	struct av_vm *vm = irqfd->vm;
	int intid = irqroute_spi(vm, irqfd->gsi);

	spin_lock_irq(&vm->irqfds->lock);
	list_del_rcu(&irqfd->resample_node);
	spin_unlock_irq(&vm->irqfds->lock);

	rcu_read_lock();
	if (intid >= 0 && !is_resampled(vm, intid)) {
		vgic_set_eoi_notify(vm, intid, false);
		vgic_inject(vm, NULL, intid, false, NULL);
	}
	rcu_read_unlock();
}

/* The irqfd is off the list, so that this happens once. No signal reaches it afterwards. */
static void irqfd_end(struct irqfd *irqfd)
{
	u64 count;

	/* Takes the wait queue's lock: a wakeup that runs now is waited for. */
	eventfd_ctx_remove_wait_queue(irqfd->ctx, &irqfd->wait, &count);
	if (irqfd->resample) {
		remove_resampler(irqfd);
		/* eventfd_eoi() may be looking at it. */
		call_rcu(&irqfd->rcu, irqfd_free);
	} else {
		irqfd_free(&irqfd->rcu);
	}
}

static void irqfd_shutdown(struct work_struct *work)
{
	irqfd_end(container_of(work, struct irqfd, shutdown));
}

/* The contexts are put by irqfd_free(), and by it alone, once this has succeeded. */
static struct irqfd *irqfd_new(struct av_vm *vm, const struct armvirt_irqfd *args,
			       struct file *file)
{
	struct irqfd *irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);
	struct eventfd_ctx *ctx;

	if (!irqfd)
		return ERR_PTR(-ENOMEM);
	irqfd->vm = vm;
	irqfd->gsi = args->gsi;
	INIT_LIST_HEAD(&irqfd->node);
	INIT_WORK(&irqfd->shutdown, irqfd_shutdown);
	init_waitqueue_func_entry(&irqfd->wait, irqfd_wakeup);
	init_poll_funcptr(&irqfd->pt, irqfd_queue);

	ctx = eventfd_ctx_fileget(file);
	if (IS_ERR(ctx))
		goto free;
	irqfd->ctx = ctx;
	if (args->flags & ARMVIRT_IRQFD_FLAG_RESAMPLE) {
		ctx = eventfd_ctx_fdget(args->resamplefd);
		if (IS_ERR(ctx))
			goto put;
		irqfd->resample = ctx;
	}
	return irqfd;
put:
	eventfd_ctx_put(irqfd->ctx);
free:
	kfree(irqfd);
	return ERR_CAST(ctx);
}

/* Puts it on the lists, unless its eventfd is there already. */
static bool irqfd_enlist(struct irqfd *irqfd)
{
	struct av_irqfds *fds = irqfd->vm->irqfds;
	struct irqfd *other;
	bool ok = true;

	spin_lock_irq(&fds->lock);
	list_for_each_entry(other, &fds->irqfds, node)
		if (other->ctx == irqfd->ctx)
			ok = false;
	if (ok) {
		list_add_tail(&irqfd->node, &fds->irqfds);
		if (irqfd->resample)
			list_add_tail_rcu(&irqfd->resample_node, &fds->resamplers);
	}
	spin_unlock_irq(&fds->lock);
	return ok;
}

static void notify_eoi(struct irqfd *irqfd)
{
	int intid = irqroute_spi(irqfd->vm, irqfd->gsi);

	if (intid >= 0)
		vgic_set_eoi_notify(irqfd->vm, intid, true);
}

static int irqfd_assign(struct av_vm *vm, const struct armvirt_irqfd *args)
{
	struct av_irqfds *fds = vm->irqfds;
	struct irqfd *irqfd;
	struct file *file;
	int ret = 0;

	if (!vgic_ready(vm))
		return -EAGAIN;
	/* Held to the end: until then there is no EPOLLHUP. */
	file = fget(args->fd);
	if (!file)
		return -EBADF;
	irqfd = irqfd_new(vm, args, file);
	if (IS_ERR(irqfd)) {
		fput(file);
		return PTR_ERR(irqfd);
	}

	mutex_lock(&fds->mutex);
	if (!irqfd_enlist(irqfd)) {
		irqfd_free(&irqfd->rcu);
		ret = -EBUSY;
	} else {
		if (irqfd->resample)
			notify_eoi(irqfd);
		/* Enters the wait queue. What was signalled before counts too. */
		if (vfs_poll(file, &irqfd->pt) & EPOLLIN)
			raise(irqfd);
	}
	mutex_unlock(&fds->mutex);
	fput(file);
	return ret;
}

/* Takes an irqfd off the list: @ctx's with @gsi, or any if @ctx is NULL. */
static struct irqfd *irqfd_take(struct av_irqfds *fds, struct eventfd_ctx *ctx, u32 gsi)
{
	struct irqfd *irqfd, *found = NULL;

	spin_lock_irq(&fds->lock);
	list_for_each_entry(irqfd, &fds->irqfds, node) {
		if (!ctx || (irqfd->ctx == ctx && irqfd->gsi == gsi)) {
			found = irqfd;
			list_del_init(&irqfd->node);
			break;
		}
	}
	spin_unlock_irq(&fds->lock);
	return found;
}

static int irqfd_deassign(struct av_vm *vm, const struct armvirt_irqfd *args)
{
	struct av_irqfds *fds = vm->irqfds;
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(args->fd);
	struct irqfd *irqfd;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	mutex_lock(&fds->mutex);
	irqfd = irqfd_take(fds, ctx, args->gsi);
	if (irqfd)
		irqfd_end(irqfd);
	mutex_unlock(&fds->mutex);
	eventfd_ctx_put(ctx);
	return 0;	/* also if there was none, as in KVM */
}

/**
 * eventfd_irqfd() - ARMVIRT_IRQFD
 * @vm: the VM
 * @args: which eventfd, which GSI
 *
 * -EAGAIN before the GIC is initialised, -EBUSY if the eventfd is in use here.
 */
int eventfd_irqfd(struct av_vm *vm, const struct armvirt_irqfd *args)
{
	if (args->flags & ~(ARMVIRT_IRQFD_FLAG_DEASSIGN | ARMVIRT_IRQFD_FLAG_RESAMPLE))
		return -EINVAL;
	if (args->flags & ARMVIRT_IRQFD_FLAG_DEASSIGN)
		return irqfd_deassign(vm, args);
	return irqfd_assign(vm, args);
}

/* A GSI may be another interrupt now: the vGIC has to report the end of that one. */
void eventfd_routes_changed(struct av_vm *vm)
{
	struct irqfd *irqfd;

	rcu_read_lock();
	list_for_each_entry_rcu(irqfd, &vm->irqfds->resamplers, resample_node)
		notify_eoi(irqfd);
	rcu_read_unlock();
}

void eventfd_eoi(struct av_vm *vm, u32 intid)
{
	struct irqfd *irqfd;

	rcu_read_lock();
	if (is_resampled(vm, intid)) {
		/* First down, then ask: who still wants attention raises it again. */
		vgic_inject(vm, NULL, intid, false, NULL);
		list_for_each_entry_rcu(irqfd, &vm->irqfds->resamplers, resample_node)
			if (irqroute_spi(vm, irqfd->gsi) == intid)
				eventfd_signal(irqfd->resample);
	}
	rcu_read_unlock();
}

/* ---- ioeventfd -------------------------------------------------------------------------- */

static int ioeventfd_write(struct av_vcpu *vcpu, struct iobus_dev *dev, u64 addr, int len,
			   const void *data)
{
	struct ioeventfd *io = container_of(dev, struct ioeventfd, dev);
	__le64 le = 0;

	if (io->len && io->len != len)
		return -EOPNOTSUPP;
	memcpy(&le, data, len);
	if (io->match && io->datamatch != le64_to_cpu(le))
		return -EOPNOTSUPP;
	eventfd_signal(io->ctx);
	return 0;
}

static void ioeventfd_release(struct iobus_dev *dev)
{
	struct ioeventfd *io = container_of(dev, struct ioeventfd, dev);

	eventfd_ctx_put(io->ctx);
	kfree(io);
}

static const struct iobus_ops ioeventfd_ops = {
	.write = ioeventfd_write,
	.release = ioeventfd_release,
};

static int ioeventfd_check(const struct armvirt_ioeventfd *args)
{
	switch (args->len) {
	case 0:
	case 1:
	case 2:
	case 4:
	case 8:
		break;
	default:
		return -EINVAL;
	}
	if (args->addr + args->len < args->addr)
		return -EINVAL;
	if (args->flags & ~(ARMVIRT_IOEVENTFD_FLAG_DATAMATCH | ARMVIRT_IOEVENTFD_FLAG_PIO |
			    ARMVIRT_IOEVENTFD_FLAG_DEASSIGN))
		return -EINVAL;
	/* There is no value to compare when any width will do. */
	if (!args->len && (args->flags & ARMVIRT_IOEVENTFD_FLAG_DATAMATCH))
		return -EINVAL;
	return 0;
}

/* Would one write signal both? */
static bool ioeventfd_collides(const struct ioeventfd *a, const struct ioeventfd *b)
{
	if (a->pio != b->pio || a->dev.base != b->dev.base)
		return false;
	if (!a->len || !b->len)
		return true;
	return a->len == b->len && (!a->match || !b->match || a->datamatch == b->datamatch);
}

/* Must hold the mutex. */
static int ioeventfd_add(struct av_vm *vm, struct ioeventfd *io)
{
	struct av_irqfds *fds = vm->irqfds;
	struct ioeventfd *other;
	int ret;

	list_for_each_entry(other, &fds->ioeventfds, node)
		if (ioeventfd_collides(io, other))
			return -EEXIST;
	if (fds->nr_ioeventfds >= MAX_IOEVENTFDS)
		return -ENOSPC;
	if (!io->pio) {
		ret = iobus_add(vm, &io->dev);
		if (ret)
			return ret;
	}
	list_add_tail(&io->node, &fds->ioeventfds);
	fds->nr_ioeventfds++;
	return 0;
}

/* Must hold the mutex, or be the last. */
static void ioeventfd_del(struct av_vm *vm, struct ioeventfd *io)
{
	list_del(&io->node);
	vm->irqfds->nr_ioeventfds--;
	if (io->pio)
		ioeventfd_release(&io->dev);
	else
		iobus_remove(vm, &io->dev);
}

static int ioeventfd_assign(struct av_vm *vm, const struct armvirt_ioeventfd *args)
{
	struct eventfd_ctx *ctx;
	struct ioeventfd *io;
	int ret;

	ret = ioeventfd_check(args);
	if (ret)
		return ret;
	ctx = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	io = kzalloc(sizeof(*io), GFP_KERNEL_ACCOUNT);
	if (!io) {
		eventfd_ctx_put(ctx);
		return -ENOMEM;
	}
	io->dev.base = args->addr;
	io->dev.ops = &ioeventfd_ops;
	io->ctx = ctx;
	io->len = args->len;
	io->match = args->flags & ARMVIRT_IOEVENTFD_FLAG_DATAMATCH;
	io->datamatch = args->datamatch;
	io->pio = args->flags & ARMVIRT_IOEVENTFD_FLAG_PIO;

	mutex_lock(&vm->irqfds->mutex);
	ret = ioeventfd_add(vm, io);
	mutex_unlock(&vm->irqfds->mutex);
	if (ret)
		ioeventfd_release(&io->dev);
	return ret;
}

static bool ioeventfd_is(const struct ioeventfd *io, const struct eventfd_ctx *ctx,
			 const struct armvirt_ioeventfd *args)
{
	bool match = args->flags & ARMVIRT_IOEVENTFD_FLAG_DATAMATCH;
	bool pio = args->flags & ARMVIRT_IOEVENTFD_FLAG_PIO;

	return io->ctx == ctx && io->pio == pio && io->dev.base == args->addr &&
	       io->len == args->len && io->match == match &&
	       (!match || io->datamatch == args->datamatch);
}

static int ioeventfd_deassign(struct av_vm *vm, const struct armvirt_ioeventfd *args)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(args->fd);
	struct ioeventfd *io;
	int ret = -ENOENT;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	mutex_lock(&vm->irqfds->mutex);
	list_for_each_entry(io, &vm->irqfds->ioeventfds, node) {
		if (ioeventfd_is(io, ctx, args)) {
			ioeventfd_del(vm, io);
			ret = 0;
			break;
		}
	}
	mutex_unlock(&vm->irqfds->mutex);
	eventfd_ctx_put(ctx);
	return ret;
}

/**
 * eventfd_ioeventfd() - ARMVIRT_IOEVENTFD
 * @vm: the VM
 * @args: which eventfd, which write
 *
 * -EEXIST if another would answer the same write; -ENOENT if there is none to
 * deassign. After a deassign the guest's writes no longer signal it.
 */
int eventfd_ioeventfd(struct av_vm *vm, const struct armvirt_ioeventfd *args)
{
	if (args->flags & ARMVIRT_IOEVENTFD_FLAG_DEASSIGN)
		return ioeventfd_deassign(vm, args);
	return ioeventfd_assign(vm, args);
}

/* No ioctl is in progress. Before the vGIC and the bus go. */
void eventfd_vm_exit(struct av_vm *vm)
{
	struct av_irqfds *fds = vm->irqfds;
	struct ioeventfd *io, *next;
	struct irqfd *irqfd;

	if (!fds)
		return;
	while ((irqfd = irqfd_take(fds, NULL, 0)))
		irqfd_end(irqfd);
	/* Those whose eventfd was closed a moment ago end there. */
	flush_workqueue(shutdown_wq);
	list_for_each_entry_safe(io, next, &fds->ioeventfds, node)
		ioeventfd_del(vm, io);
	kfree(fds);
	vm->irqfds = NULL;
}
