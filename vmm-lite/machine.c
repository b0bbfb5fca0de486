// SPDX-License-Identifier: GPL-2.0
/*
 * The board: where things are, and the order in which they are made. One struct vm is one boot; a
 * guest's reset destroys it and makes a new one, since a fresh VM is the only reset that leaves
 * nothing behind. The map is that of QEMU's virt board, so that images made for it run here.
 *
 *	0x0800_0000	GIC distributor (SPI n is INTID n + 32)
 *	0x0801_0000	GICv2 CPU interface, or
 *	0x080a_0000	GICv3 redistributors, 0x20000 for each CPU
 *	0x0900_0000	PL011 serial port		SPI 1
 *	0x0901_0000	PL031 clock			SPI 2
 *	0x0a00_0000	virtio-mmio, 64 KiB each	SPI 16 and up
 *	0x4000_0000	RAM
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "armvirt.h"
#include "devices/list.h"

#define GIC_DIST	0x08000000
#define GIC_CPU		0x08010000
#define GIC_REDIST	0x080a0000
#define VIRTIO_BASE	0x0a000000
#define VIRTIO_STRIDE	0x10000		/* a page of any host: it is mapped */
#define VIRTIO_SPI	16
#define RAM_BASE	0x40000000
#define NR_IRQS		288		/* 256 SPIs, as on QEMU's board */
#define GICV2_MAX_CPUS	8

static const struct {
	const struct dev_class *class;
	u64 base;
	unsigned int spi;
} board[] = {
	{ &uart_class, 0x09000000, 1 },
	{ &rtc_class, 0x09010000, 2 },
};

static void end_requested(void *ctx, u32 events)
{
	struct vm *vm = ctx;

	(void)events;
	loop_stop(vm->loop);
}

void machine_end(struct vm *vm, enum vm_end why, const struct err *e)
{
	static const u64 one = 1;
	int none = END_NONE;

	pthread_mutex_lock(&vm->lock);
	if (atomic_load(&vm->end) == END_NONE && e)
		vm->end_err = *e;
	atomic_compare_exchange_strong(&vm->end, &none, (int)why);
	pthread_mutex_unlock(&vm->lock);
	/* An eventfd takes 8 bytes until its counter is full, which then wakes the loop as well. */
	if (write(vm->end_src.fd, &one, sizeof(one)) < 0)
		return;
}

static int check_cpus(struct vm *vm, struct err *e)
{
	int max = av_cap(vm->av.sys, ARMVIRT_CAP_MAX_VCPUS);

	if (max > VM_MAX_CPUS)
		max = VM_MAX_CPUS;
	if (max > GICV2_MAX_CPUS && !av_can_gic(vm->av.fd, 3))
		max = GICV2_MAX_CPUS;
	if (max > 0 && vm->cfg->cpus > (unsigned int)max)
		return err_set(e, "--cpus %u: this host's guests can have %d at most",
			       vm->cfg->cpus,
			       max);
	return 0;
}

static int make_vcpus(struct vm *vm, struct err *e)
{
	unsigned int i;

	for (i = 0; i < vm->cfg->cpus; i++) {
		struct vcpu *v = &vm->vcpus[i];

		*v = (struct vcpu){ .vm = vm, .id = i, .av.fd = -1 };
		vm->nr_vcpus++;
		if (av_vcpu_create(&vm->av, &v->av, i, e) ||
		    av_vcpu_init(&vm->av, &v->av, i > 0, e))
			return -1;
	}
	return 0;
}

static int make_devices(struct vm *vm, struct err *e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(board); i++)
		if (device_add(vm, board[i].class, board[i].base, board[i].spi, NULL, e))
			return -1;
	for (i = 0; i < vm->cfg->nr_vdevs; i++)
		if (device_add(vm, &virtio_mmio_class, VIRTIO_BASE + i * VIRTIO_STRIDE,
			       (unsigned int)(VIRTIO_SPI + i), &vm->cfg->vdevs[i], e))
			return -1;
	return 0;
}

static int fill_info(struct vm *vm, struct fdt_info *info, struct fdt_dev *devs, u64 *mpidr,
		     struct err *e)
{
	unsigned int i;

	*info = (struct fdt_info){
		.mem_base = vm->mem.base,
		.mem_size = vm->mem.size,
		.cpus = vm->nr_vcpus,
		.mpidr = mpidr,
		.aarch32 = vm->av.aarch32,
		.gic_version = vm->av.gic_version,
		.gic_dist = GIC_DIST,
		.gic_other = vm->av.gic_version == 3 ? GIC_REDIST : GIC_CPU,
		.cmdline = *vm->image.append ? vm->image.append : vm->cfg->append,
		.initrd = vm->plan.initrd,
		.initrd_size = vm->plan.initrd_size,
		.devs = devs,
		.nr_devs = vm->nr_devs,
	};
	for (i = 0; i < vm->nr_vcpus; i++)
		if (av_vcpu_mpidr(&vm->vcpus[i].av, &mpidr[i], e))
			return -1;
	for (i = 0; i < vm->nr_devs; i++) {
		const struct dev_class *c = vm->devs[i].class;

		devs[i] = (struct fdt_dev){ c->name, c->compat, c->compat_len, c->clock_names,
					    c->clock_names_len, vm->devs[i].base, c->size,
					    vm->devs[i].spi, c->console, c->edge, c->dma_coherent };
	}
	/* Without entropy at boot the seeds stay zero, which a guest takes as none. */
	if (getrandom(info->seed, sizeof(info->seed), GRND_NONBLOCK) < 0)
		memset(info->seed, 0, sizeof(info->seed));
	return 0;
}

/* The tree, written to @buf of @size bytes. */
static int make_dtb(struct vm *vm, void *buf, size_t size, struct err *e)
{
	struct fdt_dev devs[VM_MAX_DEVS];
	u64 mpidr[VM_MAX_CPUS];
	struct fdt_info info;
	size_t len;
	u8 *dtb;
	int ret;

	if (fill_info(vm, &info, devs, mpidr, e))
		return -1;
	if (!vm->cfg->dtb)
		return fdt_build(&info, buf, size, e);
	if (file_read("dtb", vm->cfg->dtb, 2 * MIB, &dtb, &len, e))
		return -1;
	ret = fdt_adapt(&info, dtb, len, buf, size, e);
	free(dtb);
	return ret;
}

/* Without --kernel the first disk has it, and on each boot anew: the guest may have a newer one. */
static int open_image(struct vm *vm, struct err *e)
{
	const struct vm_config *cfg = vm->cfg;
	unsigned int i;

	for (i = 0; i < cfg->nr_vdevs && !cfg->kernel && !cfg->dump_dtb; i++)
		if (cfg->vdevs[i].class == &blk_class)
			return image_open(cfg->vdevs[i].value, cfg->memory, cfg->append,
					  &vm->image, e);
	return 0;
}

static int boot_files(struct vm *vm, struct err *e)
{
	struct boot_file kernel = { vm->cfg->kernel, -1 }, initrd = { vm->cfg->initrd, -1 };
	struct image *img = &vm->image;

	if (!kernel.name)
		kernel = (struct boot_file){ img->name, img->kernel };
	if (!vm->cfg->kernel && !initrd.name && img->has_initrd)
		initrd = (struct boot_file){ img->name, img->initrd };
	if (boot_load(&vm->mem, &kernel, &initrd, vm->av.aarch32, &vm->plan, e))
		return -1;
	if (!vm->cfg->kernel)
		log_line("booting %s with '%s'", img->name, img->append);
	image_close(img);
	return 0;
}

static int load(struct vm *vm, struct err *e)
{
	if (boot_files(vm, e))
		return -1;
	if (make_dtb(vm, mem_ptr(&vm->mem, vm->plan.dtb, vm->plan.dtb_room), vm->plan.dtb_room, e))
		return -1;
	return av_vcpu_boot(&vm->av, &vm->vcpus[0].av, vm->plan.entry, vm->plan.dtb, e);
}

static bool wants_shared_memory(const struct vm_config *cfg)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_vdevs; i++)
		if (cfg->vdevs[i].class->shared_memory)
			return true;
	return false;
}

/**
 * machine_create() - everything of one boot but the running
 * @vm: zeroed but for cfg, loop and console
 * @e: why not
 *
 * Return: 0 or -1; machine_destroy() is due in both cases.
 */
int machine_create(struct vm *vm, struct err *e)
{
	int sys;

	pthread_mutex_init(&vm->lock, NULL);
	pthread_cond_init(&vm->io_ended, NULL);
	vm->av = (struct av_vm){ .sys = -1, .fd = -1, .gic_fd = -1 };
	vm->image = (struct image){ .kernel = -1, .initrd = -1 };
	vm->end_src = (struct loop_source){ .fn = end_requested, .ctx = vm };
	vm->end_src.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->end_src.fd < 0 || loop_add(vm->loop, &vm->end_src, EPOLLIN))
		return err_set(e, "can't make an eventfd: %s", strerror(errno));
	/* Before anything is there that the process which reads it would have to give up. */
	if (open_image(vm, e))
		return -1;
	sys = av_open(vm->cfg->dev, e);
	if (sys < 0)
		return -1;
	vm->av.sys = sys;
	if (av_choose_width(sys, vm->cfg->aarch32, &vm->av.aarch32, e) ||
	    av_vm_create(&vm->av, sys, RAM_BASE + vm->cfg->memory, e) ||
	    check_cpus(vm, e))
		return -1;
	if (mem_init(&vm->mem, RAM_BASE, vm->cfg->memory, wants_shared_memory(vm->cfg), e) ||
	    (vm->cfg->lock_memory && mem_lock(&vm->mem, e)) ||
	    av_add_memory(&vm->av, RAM_BASE, vm->mem.size, vm->mem.host, e))
		return -1;
	if (make_vcpus(vm, e) ||
	    av_gic_create(&vm->av, GIC_DIST, GIC_REDIST, GIC_CPU, NR_IRQS, e) ||
	    av_gic_init(&vm->av, e))
		return -1;
	if (make_devices(vm, e))
		return -1;
	if (vm->cfg->lock_memory)
		loop_io_memory(vm->loop, vm->mem.host, vm->mem.size);
	return vm->cfg->dump_dtb ? 0 : load(vm, e);
}

int machine_start(struct vm *vm, struct err *e)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		if (vcpu_start(&vm->vcpus[i], e))
			return -1;
	return 0;
}

/* The reverse of create and start, from wherever they got to. */
void machine_destroy(struct vm *vm)
{
	unsigned int i;

	/* A vCPU that waits for I/O in a reset looks at it under the lock. */
	pthread_mutex_lock(&vm->lock);
	atomic_store(&vm->stopping, true);
	pthread_cond_broadcast(&vm->io_ended);
	pthread_mutex_unlock(&vm->lock);
	for (i = 0; i < vm->nr_vcpus; i++)
		vcpu_kick(&vm->vcpus[i]);
	for (i = 0; i < vm->nr_vcpus; i++)
		vcpu_join(&vm->vcpus[i]);
	device_remove_all(vm);
	for (i = 0; i < vm->nr_vcpus; i++)
		av_vcpu_destroy(&vm->vcpus[i].av);
	vm->nr_vcpus = 0;
	av_vm_destroy(&vm->av);
	loop_io_memory(vm->loop, NULL, 0);
	mem_exit(&vm->mem);
	image_close(&vm->image);
	if (vm->end_src.fd >= 0) {
		loop_del(vm->loop, &vm->end_src);
		close(vm->end_src.fd);
	}
	pthread_cond_destroy(&vm->io_ended);
	pthread_mutex_destroy(&vm->lock);
}

int machine_dump_dtb(struct vm *vm, const char *path, struct err *e)
{
	void *buf = calloc(1, BOOT_DTB_ROOM);
	int ret;

	if (!buf)
		return err_set(e, "not enough memory for the device tree");
	ret = make_dtb(vm, buf, BOOT_DTB_ROOM, e);
	if (!ret)
		ret = file_write(path, buf, fdt_size(buf), e);
	free(buf);
	return ret;
}
