/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The index page of vmm-lite: its structures, and what each file offers to those after it, in the
 * order in which they build on each other. One loop thread and one thread per vCPU; all state hangs
 * off struct vm (one boot of a machine) and struct console (which outlives a reboot). There are no
 * mutable globals.
 *
 * Locks, outermost first:
 *	vm->lock	state of all devices and of the bus; vm->io_ended goes with it
 *	  console->lock	the output ring
 */
#ifndef VMM_VMM_H
#define VMM_VMM_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "util.h"

struct armvirt_run;
struct console;
struct device;
struct vm;

/* ---- av.c: the only file that issues armvirt ioctls ---------------------------------------- */

/**
 * struct av_vm - kernel side of a VM
 * @sys: the device node
 * @fd: the VM
 * @gic_fd: its GIC
 * @gic_version: 2 or 3
 * @aarch32: its vCPUs are 32-bit ones
 * @nr_slots: memory slots in use
 */
struct av_vm {
	int sys;
	int fd;
	int gic_fd;
	unsigned int gic_version;
	bool aarch32;
	unsigned int nr_slots;
};

struct av_vcpu {
	int fd;
	size_t run_size;
	struct armvirt_run *run;
};

int av_open(const char *path, struct err *e);
/* Whether 32-bit guests are asked for, or all there are. */
int av_choose_width(int sys, bool wanted, bool *aarch32, struct err *e);
int av_cap(int fd, unsigned int cap);
int av_vm_create(struct av_vm *vm, int sys, u64 top_gpa, struct err *e);
void av_vm_destroy(struct av_vm *vm);
int av_add_memory(struct av_vm *vm, u64 gpa, u64 size, void *host, struct err *e);
/* Memory that the guest can read; its writes still exit. -errno. */
int av_map_registers(struct av_vm *vm, u64 gpa, u64 size, void *host);
/* A write to @fd raises SPI @spi, an edge; a 32-bit guest write of @value to @gpa signals @fd. */
int av_irqfd(struct av_vm *vm, int fd, unsigned int spi);
int av_ioeventfd(struct av_vm *vm, int fd, u64 gpa, u32 value);
bool av_can_gic(int vm_fd, unsigned int version);
int av_gic_create(struct av_vm *vm, u64 dist, u64 redist, u64 cpuif, unsigned int nr_irqs,
		  struct err *e);
int av_gic_init(struct av_vm *vm, struct err *e);
int av_irq_line(struct av_vm *vm, unsigned int spi, bool level);
int av_vcpu_create(struct av_vm *vm, struct av_vcpu *vcpu, unsigned int id, struct err *e);
int av_vcpu_init(struct av_vm *vm, struct av_vcpu *vcpu, bool powered_off, struct err *e);
int av_vcpu_boot(struct av_vm *vm, struct av_vcpu *vcpu, u64 pc, u64 dtb, struct err *e);
int av_vcpu_mpidr(struct av_vcpu *vcpu, u64 *mpidr, struct err *e);
u64 av_vcpu_pc(struct av_vcpu *vcpu);
void av_vcpu_destroy(struct av_vcpu *vcpu);
int av_run(struct av_vcpu *vcpu);

/* ---- loop.c: what the loop thread waits for ------------------------------------------------ */

/**
 * struct loop_source - a file descriptor and whom to call when it is ready; embed it in its owner
 * @fd: set by the owner, -1 if none
 * @fn: called in the loop thread with the EPOLL* events
 * @ctx: its argument
 */
struct loop_source {
	int fd;
	void (*fn)(void *ctx, u32 events);
	void *ctx;
};

/**
 * struct loop_op - file I/O under way; embed it in the request it serves
 * @done: called in the loop thread with what the system call would return, or -errno; not before
 *	the function that started the operation has returned
 * @flags: RWF_* of reads and writes, set by the owner
 * @res: loop_io.c's
 * @next: loop_io.c's
 */
struct loop_op {
	void (*done)(struct loop_op *op, int res);
	int flags;
	int res;
	struct loop_op *next;
};

/**
 * struct loop_later - what is to be done once for all that the present event brings
 * @fn: called in the loop thread, without locks held
 * @ctx: its argument
 * @queued: loop.c's
 * @next: loop.c's
 */
struct loop_later {
	void (*fn)(void *ctx);
	void *ctx;
	bool queued;
	struct loop_later *next;
};

struct loop_ring;

struct loop {
	int epfd;
	bool stopped;
	struct loop_later *later;
	struct loop_ring *ring;
	pthread_t thread;
};

/*
 * For loop_add(): a call for each signal of an eventfd, which is not to be read: that saves a
 * system call. Several signals may become one call, and one that was there before makes a call.
 */
#define LOOP_EDGE	(EPOLLIN | EPOLLET)

int loop_init(struct loop *l, struct err *e);
void loop_exit(struct loop *l);
/* Any thread may call these two. -EPERM: a kind of file that is always ready. */
int loop_add(struct loop *l, struct loop_source *s, u32 events);
void loop_del(struct loop *l, struct loop_source *s);
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

void loop_later(struct loop *l, struct loop_later *later);
void loop_later_cancel(struct loop *l, struct loop_later *later);

/* ---- loop_io.c: file I/O, in the loop thread only; the one file that includes liburing.h ---- */

/*
 * What one event brings about is handed to the kernel in one system call. The ring is made by the
 * first operation, which can take 100 ms: no VM's start waits for it.
 */
int loop_io_init(struct loop *l, struct err *e);
void loop_io_exit(struct loop *l);
/*
 * A number for @fd, which the operations take, or -1: there is one for each device that a VM can
 * have. Before close(@fd) the number is given back, when none of its operations is under way.
 */
int loop_io_open(struct loop *l, int fd);
void loop_io_close(struct loop *l, int file);
/*
 * Memory that is locked, and stays so until this is called again: I/O to and from it costs less.
 * Size 0 for none.
 */
void loop_io_memory(struct loop *l, void *host, size_t size);
void loop_io_rw(struct loop *l, struct loop_op *op, int file, bool write, const struct iovec *iov,
		unsigned int n, u64 off);
void loop_io_datasync(struct loop *l, struct loop_op *op, int file);
void loop_io_fallocate(struct loop *l, struct loop_op *op, int file, int mode, u64 off, u64 len);
/* Wait for an operation to end, whichever, and call what is due for it. */
void loop_io_wait(struct loop *l);
/* For loop.c, with a ring: hand over what has been started; call what has ended, if anything. */
void loop_io_submit(struct loop *l);
bool loop_io_reap(struct loop *l);
/* The kernel was short of something, and has not taken all. */
bool loop_io_short(const struct loop *l);

/* ---- mem.c: guest RAM, reached through one checked accessor -------------------------------- */

/**
 * struct mem - guest RAM
 * @base: its guest physical address
 * @size: bytes
 * @host: where we have it
 * @fd: the file that it is, for other processes to map; -1 if it is anonymous
 * @map: what was reserved for it
 * @map_size: bytes of that
 */
struct mem {
	u64 base;
	u64 size;
	u8 *host;
	int fd;
	void *map;
	size_t map_size;
};

int mem_init(struct mem *m, u64 base, u64 size, bool shared, struct err *e);
int mem_lock(const struct mem *m, struct err *e);
void mem_exit(struct mem *m);
/* Give pages of it back to the host: they read as zeroes from then on. */
void mem_drop(const struct mem *m, void *p, size_t len);
/* NULL unless all of [gpa, gpa + len) is RAM. */
void *mem_ptr(const struct mem *m, u64 gpa, u64 len);

/* ---- boot.c: kernel and initrd files into RAM (pure: tested on the build host) ------------- */

enum boot_kind {
	BOOT_IMAGE,
	BOOT_ZIMAGE,
	BOOT_ELF,
	BOOT_RAW,
};

/**
 * struct boot_plan - where things were put
 * @kind: what the kernel file turned out to be
 * @entry: guest physical address to start at
 * @low: first byte of RAM the kernel uses
 * @end: first byte after the kernel, its bss included
 * @top: initrd and device tree end here or before
 * @initrd: address of the initrd
 * @initrd_size: 0 without one
 * @dtb: address for the device tree
 * @dtb_room: bytes there are for it
 */
struct boot_plan {
	enum boot_kind kind;
	u64 entry;
	u64 low;
	u64 end;
	u64 top;
	u64 initrd;
	u64 initrd_size;
	u64 dtb;
	u64 dtb_room;
};

#define BOOT_DTB_ROOM		(2 * MIB)	/* limit of the arm64 boot protocol */

/* Takes over *data (which it may free and replace) when it is compressed. */
int boot_unpack(u8 **data, size_t *len, u64 limit, struct err *e);
int boot_place_kernel(const struct mem *m, const u8 *data, size_t len, bool aarch32,
		      struct boot_plan *plan, struct err *e);
int boot_place_initrd(const struct mem *m, const u8 *data, size_t len, struct boot_plan *plan,
		      struct err *e);
int boot_place_dtb(const struct mem *m, struct boot_plan *plan, struct err *e);

/* A file to be read from a descriptor, or by its name if that is -1. */
struct boot_file {
	const char *name;
	int fd;
};

int boot_load(const struct mem *m, const struct boot_file *kernel, const struct boot_file *initrd,
	      bool aarch32, struct boot_plan *plan, struct err *e);

/* ---- image/: the kernel that is in a disk image -------------------------------------------- */

/**
 * struct image - what a disk image boots
 * @kernel: a file with the kernel
 * @initrd: a file with the initrd
 * @has_initrd: there is one
 * @name: where the kernel was found, for messages
 * @append: kernel command line
 */
struct image {
	int kernel;
	int initrd;
	bool has_initrd;
	char name[600];
	char append[2048];
};

int image_open(const char *disk, u64 limit, const char *append, struct image *img, struct err *e);
void image_close(struct image *img);

/* ---- fdt.c: the only file that includes libfdt.h (pure) ------------------------------------ */

/* A device as the device tree shows it; string lists carry their inner zeroes. */
struct fdt_dev {
	const char *name;
	const char *compat;
	size_t compat_len;
	const char *clock_names;
	size_t clock_names_len;
	u64 base;
	u64 size;
	unsigned int spi;
	bool console;
	bool edge;
	bool dma_coherent;
};

struct fdt_info {
	u64 mem_base;
	u64 mem_size;
	unsigned int cpus;
	const u64 *mpidr;
	bool aarch32;
	unsigned int gic_version;
	u64 gic_dist;
	u64 gic_other;
	const char *cmdline;	/* NULL: none, or what a given tree says */
	u64 initrd;
	u64 initrd_size;
	u8 seed[40];		/* 8 bytes for KASLR, 32 for the guest's random pool */
	const struct fdt_dev *devs;
	unsigned int nr_devs;
};

int fdt_build(const struct fdt_info *info, void *buf, size_t size, struct err *e);
/* From a tree given by the user: memory, CPUs and chosen are filled in, the rest is its own. */
int fdt_adapt(const struct fdt_info *info, const void *dtb, size_t len, void *buf, size_t size,
	      struct err *e);
size_t fdt_size(const void *buf);

/* ---- console.c: the other end of the serial port ------------------------------------------- */

/*
 * What a device gives the console to call; all in the loop thread, without locks held. wants says
 * whether a second device that shares the console has its input now.
 */
struct console_ops {
	bool (*wants)(void *ctx);
	unsigned int (*rx_room)(void *ctx);
	void (*rx)(void *ctx, const u16 *chars, unsigned int n);
	void (*tx_room)(void *ctx);
	void (*resized)(void *ctx);
};

#define CONSOLE_BREAK		0x400	/* a received break, as the PL011's data register has it */

struct console *console_open(const char *spec, struct loop *l, struct err *e);
void console_close(struct console *c);
void console_attach(struct console *c, const struct console_ops *ops, void *ctx);
/* A second device on it, NULL: none any more. -1: there is one already. No vCPU runs. */
int console_share(struct console *c, const struct console_ops *ops, void *ctx);
/* False: it is no terminal, or nobody has told it how large it is. */
bool console_size(const struct console *c, unsigned int *cols, unsigned int *rows);
/* The terminal may have another size than before. */
void console_resized(struct console *c);
/* From any thread. */
void console_put(struct console *c, u8 ch);
unsigned int console_tx_room(struct console *c);
void console_rx_poll(struct console *c);
bool console_quit(const struct console *c);
/* The process is about to stop, or goes on again. */
void console_suspend(struct console *c);
void console_resume(struct console *c);

/* ---- device.c: device classes, MMIO dispatch, interrupt lines ------------------------------ */

/**
 * struct dev_class - a kind of device; each in its own file below devices/
 * @name: node name in the device tree
 * @compat: compatible strings, @compat_len with all zeroes
 * @clock_names: names of the two uses of the 24 MHz clock, or NULL
 * @edge: its interrupt is an edge
 * @dma_coherent: it sees memory as the guest's CPUs do
 * @size: of its MMIO range
 * @state_size: of its private state, zeroed before @init
 * @init: start it (loop thread, nothing runs yet)
 * @exit: stop it; nothing runs any more
 * @read: MMIO read of 1, 2, 4 or 8 bytes at an offset below @size. Must hold vm->lock
 * @write: likewise
 * @stats: a line about what it has done, in the log; may be NULL. Must hold vm->lock
 */
struct dev_class {
	const char *name;
	const char *compat;
	size_t compat_len;
	const char *clock_names;
	size_t clock_names_len;
	bool console;
	bool edge;
	bool dma_coherent;
	u64 size;
	size_t state_size;
	int (*init)(struct device *d, struct err *e);
	void (*exit)(struct device *d);
	u64 (*read)(struct device *d, u64 off, unsigned int len);
	void (*write)(struct device *d, u64 off, u64 val, unsigned int len);
	void (*stats)(struct device *d);
};

struct device {
	const struct dev_class *class;
	struct vm *vm;
	u64 base;
	unsigned int spi;
	bool level;
	const void *arg;
	void *state;
};

#define VM_MAX_VDEVS		32	/* virtio-mmio slots, as QEMU's board has them */
#define VM_MAX_DEVS		(2 + VM_MAX_VDEVS)

int device_add(struct vm *vm, const struct dev_class *class, u64 base, unsigned int spi,
	       const void *arg, struct err *e);
void device_remove_all(struct vm *vm);
/* From the loop thread: counters of all devices, in the log. */
void device_stats(struct vm *vm);
/* Must hold vm->lock. */
void device_irq(struct device *d, bool level);
/* A guest access: finds the device and holds vm->lock around it. Nothing there reads as 0. */
void device_mmio(struct vm *vm, u64 gpa, u8 *data, unsigned int len, bool is_write);
/* PrimeCell identification, the last 32 bytes of the page of an ARM peripheral. */
u32 device_primecell_id(u64 off, const u8 id[8]);

/* ---- vcpu.c: one thread each --------------------------------------------------------------- */

struct vcpu {
	struct av_vcpu av;
	struct vm *vm;
	unsigned int id;
	pthread_t thread;
	bool started;
};

int vcpu_start(struct vcpu *v, struct err *e);
/* Ask to stop, then wait; in two passes, so that all stop at the same time. */
void vcpu_kick(struct vcpu *v);
void vcpu_join(struct vcpu *v);

/* ---- machine.c: the board ------------------------------------------------------------------ */

/* Why a boot of the machine ended. */
enum vm_end {
	END_NONE,
	END_POWEROFF,
	END_RESET,
	END_CRASH,	/* the guest said it crashed */
	END_ERROR,	/* a vCPU can't go on; vm->end_err says why */
	END_QUIT,	/* the user ended it */
};

struct vdev_class;

/* A virtio device that the user asked for, and the value of its option. */
struct vdev_config {
	const struct vdev_class *class;
	const char *value;
};

struct vm_config {
	const char *dev;
	const char *kernel;
	const char *initrd;
	const char *append;
	const char *dtb;
	const char *dump_dtb;
	const char *console;
	unsigned int cpus;
	u64 memory;
	bool aarch32;
	bool no_reboot;
	bool lock_memory;
	struct vdev_config vdevs[VM_MAX_VDEVS];
	unsigned int nr_vdevs;
};

#define VM_MAX_CPUS		123	/* whose redistributors fit below the UART */

struct vm {
	const struct vm_config *cfg;
	struct loop *loop;
	struct console *console;
	struct av_vm av;
	struct mem mem;
	struct image image;	/* of a disk, without --kernel */
	struct boot_plan plan;
	pthread_mutex_t lock;
	pthread_cond_t io_ended;
	struct device devs[VM_MAX_DEVS];
	unsigned int nr_devs;
	struct vcpu vcpus[VM_MAX_CPUS];
	unsigned int nr_vcpus;
	atomic_bool stopping;
	atomic_int end;		/* enum vm_end; the first reason stays */
	struct err end_err;	/* written before end becomes END_ERROR */
	struct loop_source end_src;
	struct fs *shares;	/* fs.c's list of its devices */
};

int machine_create(struct vm *vm, struct err *e);
int machine_start(struct vm *vm, struct err *e);
void machine_destroy(struct vm *vm);
/* From any thread: the VM is over. The line e goes with END_ERROR. */
void machine_end(struct vm *vm, enum vm_end why, const struct err *e);
int machine_dump_dtb(struct vm *vm, const char *path, struct err *e);

/* ---- doctor.c ------------------------------------------------------------------------------ */

/* Check the host and print what works; 0 if a VM can run. */
int doctor(const char *dev);

#endif /* VMM_VMM_H */
