// SPDX-License-Identifier: GPL-2.0
/*
 * Eventfds as wires: an irqfd turns a signal into an interrupt of the guest, an ioeventfd a guest's
 * write into a signal. Which interrupt a GSI is, irqroute.c knows; iobus.c finds the ioeventfd.
 * Lock order: av_irqfds.mutex, eventfd's own wait queue lock, av_irqfds.lock, then the vGIC's
 * locks. The vGIC calls eventfd_eoi() with none of its held.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "armvirt.h"

#define MAX_IOEVENTFDS	4096

struct irqfd {
	struct av_vm *vm;		/* outlives this: eventfd_vm_exit() waits for every irqfd */
	struct eventfd_ctx *ctx;
	struct eventfd_ctx *resample;	/* told of the guest's EOI; the line is up till then */
	u32 gsi;			/* looked up by irqroute.c at each signal */
	wait_queue_entry_t wait;	/* on ctx's queue */
	poll_table pt;			/* how vfs_poll() tells us of that queue */
	struct list_head node;		/* in av_irqfds.irqfds; who takes it out ends the irqfd */
	struct list_head resample_node;	/* in av_irqfds.resamplers if it has resample */
	struct work_struct shutdown;	/* ends it after the eventfd's last descriptor was closed */
	struct rcu_head rcu;		/* eventfd_eoi() may look at it for a moment longer */
};

struct ioeventfd {
	struct iobus_dev dev;
	struct list_head node;		/* in av_irqfds.ioeventfds */
	struct eventfd_ctx *ctx;
	u64 datamatch;			/* the value that signals it, if match */
	u32 len;			/* width that matches, 0 for any */
	bool match;
	bool pio;			/* x86's port space: nothing happens there on ARM */
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

void eventfd_vm_init(struct av_vm *vm)
{
	struct av_irqfds *fds = &vm->irqfds;

	mutex_init(&fds->mutex);
	spin_lock_init(&fds->lock);
	INIT_LIST_HEAD(&fds->irqfds);
	INIT_LIST_HEAD(&fds->resamplers);
	INIT_LIST_HEAD(&fds->ioeventfds);
}

/* ---- irqfd ------------------------------------------------------------------------------ */

/*
 * A level interrupt stays high: until the guest has ended it if there is a resampler, else, as
 * with KVM on arm64, until IRQ_LINE lowers it. A GSI that goes nowhere is none to the vGIC.
 */
static void raise(struct irqfd *irqfd)
{
	vgic_inject(irqfd->vm, NULL, irqroute_spi(irqfd->vm, irqfd->gsi), true, NULL);
}

/* Called by eventfd with the lock of its wait queue held and interrupts off. */
static int irqfd_wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct irqfd *irqfd = container_of(wait, struct irqfd, wait);
	struct av_irqfds *fds = &irqfd->vm->irqfds;
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

	if (!IS_ERR(irqfd->ctx))
		eventfd_ctx_put(irqfd->ctx);
	if (!IS_ERR_OR_NULL(irqfd->resample))
		eventfd_ctx_put(irqfd->resample);
	kfree(irqfd);
}

/* Does anyone want to know of the end of @intid? RCU. */
static bool is_resampled(struct av_vm *vm, int intid)
{
	struct irqfd *irqfd;

	list_for_each_entry_rcu(irqfd, &vm->irqfds.resamplers, resample_node)
		if (irqroute_spi(vm, irqfd->gsi) == intid)
			return true;
	return false;
}

/* Has the vGIC report the end of the GSI's interrupt or, @on false, not unless others want it. */
static void set_notify(struct irqfd *irqfd, bool on)
{
	struct av_vm *vm = irqfd->vm;
	int intid = irqroute_spi(vm, irqfd->gsi);

	rcu_read_lock();
	if (intid >= 0 && (on || !is_resampled(vm, intid))) {
		vgic_set_eoi_notify(vm, intid, on);
		if (!on)
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
		spin_lock_irq(&irqfd->vm->irqfds.lock);
		list_del_rcu(&irqfd->resample_node);
		spin_unlock_irq(&irqfd->vm->irqfds.lock);
		set_notify(irqfd, false);
		/* eventfd_eoi() may be looking at it. */
		call_rcu(&irqfd->rcu, irqfd_free);
	} else {
		irqfd_free(&irqfd->rcu);
	}
}

static void irqfd_shutdown(struct work_struct *work)
{
	struct irqfd *irqfd = container_of(work, struct irqfd, shutdown);
	struct av_vm *vm = irqfd->vm;

	/* Another may be assigned to the GSI: whether it is to be reported is decided in order. */
	mutex_lock(&vm->irqfds.mutex);
	irqfd_end(irqfd);
	mutex_unlock(&vm->irqfds.mutex);
}

static struct irqfd *irqfd_new(struct av_vm *vm, const struct armvirt_irqfd *args,
			       struct file *file)
{
	struct irqfd *irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!irqfd)
		return ERR_PTR(-ENOMEM);
	irqfd->vm = vm;
	irqfd->gsi = args->gsi;
	INIT_LIST_HEAD(&irqfd->node);
	INIT_WORK(&irqfd->shutdown, irqfd_shutdown);
	init_waitqueue_func_entry(&irqfd->wait, irqfd_wakeup);
	init_poll_funcptr(&irqfd->pt, irqfd_queue);
	irqfd->ctx = eventfd_ctx_fileget(file);
	if (args->flags & ARMVIRT_IRQFD_FLAG_RESAMPLE)
		irqfd->resample = eventfd_ctx_fdget(args->resamplefd);
	ret = PTR_ERR_OR_ZERO(irqfd->ctx) ?: PTR_ERR_OR_ZERO(irqfd->resample);
	if (!ret)
		return irqfd;
	irqfd_free(&irqfd->rcu);
	return ERR_PTR(ret);
}

/* Puts it on the lists, unless its eventfd is there already. */
static int irqfd_enlist(struct irqfd *irqfd)
{
	struct av_irqfds *fds = &irqfd->vm->irqfds;
	struct irqfd *other;
	int ret = 0;

	spin_lock_irq(&fds->lock);
	list_for_each_entry(other, &fds->irqfds, node)
		if (other->ctx == irqfd->ctx)
			ret = -EBUSY;
	if (!ret)
		list_add_tail(&irqfd->node, &fds->irqfds);
	if (!ret && irqfd->resample)
		list_add_tail_rcu(&irqfd->resample_node, &fds->resamplers);
	spin_unlock_irq(&fds->lock);
	if (!ret && irqfd->resample)
		set_notify(irqfd, true);
	return ret;
}

static int irqfd_assign(struct av_vm *vm, const struct armvirt_irqfd *args)
{
	struct av_irqfds *fds = &vm->irqfds;
	struct irqfd *irqfd;
	struct file *file;
	int ret;

	if (!vgic_ready(vm))
		return -EAGAIN;
	/* Held to the end: until then there is no EPOLLHUP. */
	file = fget(args->fd);
	if (!file)
		return -EBADF;
	irqfd = irqfd_new(vm, args, file);
	ret = PTR_ERR_OR_ZERO(irqfd);
	if (ret)
		goto put_file;

	mutex_lock(&fds->mutex);
	ret = irqfd_enlist(irqfd);
	if (ret)
		irqfd_free(&irqfd->rcu);
	else if (vfs_poll(file, &irqfd->pt) & EPOLLIN)
		/* It is in the wait queue now. What was signalled before counts too. */
		raise(irqfd);
	mutex_unlock(&fds->mutex);
put_file:
	fput(file);
	return ret;
}

/* Ends one irqfd, if there is one: @ctx's with @gsi, or any if @ctx is NULL. */
static bool irqfd_end_one(struct av_irqfds *fds, struct eventfd_ctx *ctx, u32 gsi)
{
	struct irqfd *irqfd;

	spin_lock_irq(&fds->lock);
	list_for_each_entry(irqfd, &fds->irqfds, node) {
		if (!ctx || (irqfd->ctx == ctx && irqfd->gsi == gsi)) {
			list_del_init(&irqfd->node);
			spin_unlock_irq(&fds->lock);
			irqfd_end(irqfd);
			return true;
		}
	}
	spin_unlock_irq(&fds->lock);
	return false;
}

static int irqfd_deassign(struct av_vm *vm, const struct armvirt_irqfd *args)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(args->fd);

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	mutex_lock(&vm->irqfds.mutex);
	irqfd_end_one(&vm->irqfds, ctx, args->gsi);
	mutex_unlock(&vm->irqfds.mutex);
	eventfd_ctx_put(ctx);
	return 0;	/* also if there was none, as in KVM */
}

/**
 * eventfd_irqfd() - ARMVIRT_IRQFD
 * @vm: the VM
 * @args: which eventfd, which GSI
 * Return: 0, -EAGAIN before the GIC is initialised, -EBUSY if the eventfd is in use here, ...
 */
int eventfd_irqfd(struct av_vm *vm, const struct armvirt_irqfd *args)
{
	if (args->flags & ~(ARMVIRT_IRQFD_FLAG_DEASSIGN | ARMVIRT_IRQFD_FLAG_RESAMPLE))
		return -EINVAL;
	return args->flags & ARMVIRT_IRQFD_FLAG_DEASSIGN ? irqfd_deassign(vm, args) :
							   irqfd_assign(vm, args);
}

/* A GSI may be another interrupt now: the vGIC has to report the end of that one. */
void eventfd_routes_changed(struct av_vm *vm)
{
	struct irqfd *irqfd;

	rcu_read_lock();
	list_for_each_entry_rcu(irqfd, &vm->irqfds.resamplers, resample_node)
		set_notify(irqfd, true);
	rcu_read_unlock();
}

void eventfd_eoi(struct av_vm *vm, u32 intid)
{
	struct irqfd *irqfd;

	rcu_read_lock();
	/* First down, then ask: who still wants attention raises it again. */
	if (is_resampled(vm, intid))
		vgic_inject(vm, NULL, intid, false, NULL);
	list_for_each_entry_rcu(irqfd, &vm->irqfds.resamplers, resample_node)
		if (irqroute_spi(vm, irqfd->gsi) == intid)
			eventfd_signal(irqfd->resample);
	rcu_read_unlock();
}

/* ---- ioeventfd -------------------------------------------------------------------------- */

static int ioeventfd_access(struct av_vcpu *vcpu, struct iobus_dev *dev, u32 off, int len, u64 *val,
			    bool write)
{
	struct ioeventfd *io = container_of(dev, struct ioeventfd, dev);

	if (!write || (io->len && io->len != len) || (io->match && io->datamatch != *val))
		return -EOPNOTSUPP;
	eventfd_signal(io->ctx);
	return 0;
}

static bool is_valid(const struct armvirt_ioeventfd *args)
{
	bool match = args->flags & ARMVIRT_IOEVENTFD_FLAG_DATAMATCH;

	/* There is no value to compare when any width will do. */
	return (args->len ? is_power_of_2(args->len) && args->len <= 8 : !match) &&
	       args->addr + args->len >= args->addr &&
	       !(args->flags & ~(ARMVIRT_IOEVENTFD_FLAG_DATAMATCH | ARMVIRT_IOEVENTFD_FLAG_PIO));
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

static bool ioeventfd_equal(const struct ioeventfd *a, const struct ioeventfd *b)
{
	return a->ctx == b->ctx && a->pio == b->pio && a->dev.base == b->dev.base &&
	       a->len == b->len && a->match == b->match &&
	       (!a->match || a->datamatch == b->datamatch);
}

/* Must hold the mutex. */
static int ioeventfd_assign(struct av_vm *vm, const struct ioeventfd *key)
{
	struct av_irqfds *fds = &vm->irqfds;
	struct ioeventfd *io;

	list_for_each_entry(io, &fds->ioeventfds, node)
		if (ioeventfd_collides(io, key))
			return -EEXIST;
	if (fds->nr_ioeventfds >= MAX_IOEVENTFDS)
		return -ENOSPC;
	io = kmemdup(key, sizeof(*key), GFP_KERNEL_ACCOUNT);
	if (!io)
		return -ENOMEM;
	if (!io->pio)
		iobus_add(vm, &io->dev);
	list_add_tail(&io->node, &fds->ioeventfds);
	fds->nr_ioeventfds++;
	return 0;
}

/* Must hold the mutex, or be the last. */
static void ioeventfd_end(struct av_vm *vm, struct ioeventfd *io)
{
	list_del(&io->node);
	vm->irqfds.nr_ioeventfds--;
	if (!io->pio)
		iobus_remove(vm, &io->dev);
	eventfd_ctx_put(io->ctx);
	kfree(io);
}

/* Must hold the mutex. */
static int ioeventfd_deassign(struct av_vm *vm, const struct ioeventfd *key)
{
	struct ioeventfd *io;

	list_for_each_entry(io, &vm->irqfds.ioeventfds, node) {
		if (ioeventfd_equal(io, key)) {
			ioeventfd_end(vm, io);
			return 0;
		}
	}
	return -ENOENT;
}

/**
 * eventfd_ioeventfd() - ARMVIRT_IOEVENTFD
 * @vm: the VM
 * @args: which eventfd, which write; after a deassign the guest's writes no longer signal it
 * Return: 0, -EEXIST if another would answer the same write, -ENOENT if none to deassign, ...
 */
int eventfd_ioeventfd(struct av_vm *vm, const struct armvirt_ioeventfd *args)
{
	bool assign = !(args->flags & ARMVIRT_IOEVENTFD_FLAG_DEASSIGN);
	struct ioeventfd key = {
		.dev = { .base = args->addr, .access = ioeventfd_access },
		.datamatch = args->datamatch,
		.len = args->len,
		.match = args->flags & ARMVIRT_IOEVENTFD_FLAG_DATAMATCH,
		.pio = args->flags & ARMVIRT_IOEVENTFD_FLAG_PIO,
	};
	int ret;

	if (assign && !is_valid(args))
		return -EINVAL;
	key.ctx = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(key.ctx))
		return PTR_ERR(key.ctx);
	mutex_lock(&vm->irqfds.mutex);
	ret = assign ? ioeventfd_assign(vm, &key) : ioeventfd_deassign(vm, &key);
	mutex_unlock(&vm->irqfds.mutex);
	/* One that was assigned keeps the reference. */
	if (ret || !assign)
		eventfd_ctx_put(key.ctx);
	return ret;
}

/* No ioctl is in progress. Before the vGIC and the bus go. */
void eventfd_vm_exit(struct av_vm *vm)
{
	struct av_irqfds *fds = &vm->irqfds;
	struct ioeventfd *io, *next;

	while (irqfd_end_one(fds, NULL, 0))
		;
	/* Those whose eventfd was closed a moment ago end there. */
	flush_workqueue(shutdown_wq);
	list_for_each_entry_safe(io, next, &fds->ioeventfds, node)
		ioeventfd_end(vm, io);
}
