// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel interface: every ioctl on /dev/armvirt (or on /dev/kvm, which has the same numbers) is
 * issued here and nowhere else. It turns errno into a line that says what to do, and knows the
 * order the interface wants; it does not know the machine's addresses or devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "armvirt.h"
#include "av_arch.h"
#include "vmm.h"

static int av_ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

/* A number as argument, as CREATE_VM and CREATE_VCPU take it. */
static int av_ioctl_n(int fd, unsigned long cmd, unsigned long n)
{
	int ret = ioctl(fd, cmd, n);

	return ret < 0 ? -errno : ret;
}

static int open_error(const char *path, int error, struct err *e)
{
	bool own = strcmp(path, "/dev/armvirt") == 0;

	switch (error) {
	case ENOENT:
		if (own)
			return err_set(e, "no /dev/armvirt: load the module: insmod "
					  "kmod/armvirt.ko (vmm-lite doctor checks the host)");
		return err_set(e, "no %s: load what makes it, or name another node with --dev",
			       path);
	case EACCES:
	case EPERM:
		return err_set(e, "no permission for %s: run as root, or let your group use it: "
				  "chgrp GROUP %s && chmod 660 %s",
			       path, path, path);
	case ENODEV:
		if (sizeof(long) == 4)
			return err_set(e, "%s is not for 32-bit programs if the kernel is a 64-bit one: "
					  "use vmm-lite for arm64", path);
		/* fallthrough */
	case ENXIO:
		return err_set(e, "%s has no driver: load the module: insmod kmod/armvirt.ko",
			       path);
	default:
		return err_set(e, "can't open %s: %s", path, strerror(error));
	}
}

/**
 * av_open() - open the device node and check that it speaks our version
 * @path: /dev/armvirt or /dev/kvm
 * @e: why not
 *
 * Return: a descriptor, or -1.
 */
int av_open(const char *path, struct err *e)
{
	int fd, version;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return open_error(path, errno, e);
	version = av_ioctl_n(fd, ARMVIRT_GET_API_VERSION, 0);
	if (version == ARMVIRT_API_VERSION)
		return fd;
	close(fd);
	if (version < 0)
		return err_set(e, "%s is not a virtual machine node: use /dev/armvirt or /dev/kvm",
			       path);
	return err_set(e, "%s speaks API version %d and vmm-lite %d: use a module and a vmm-lite "
			  "of one release",
		       path, version, ARMVIRT_API_VERSION);
}

/* What a capability answers; 0 for no, also when the question itself fails. */
int av_cap(int fd, unsigned int cap)
{
	int ret = av_ioctl_n(fd, ARMVIRT_CHECK_EXTENSION, cap);

	return ret < 0 ? 0 : ret;
}

int av_choose_width(int sys, bool wanted, bool *aarch32, struct err *e)
{
	*aarch32 = wanted || av_arch_only32;
	if (!av_arch_can(sys, *aarch32))
		return err_set(e, "--cpu aarch32: there are no 32-bit guests on this host "
				  "(vmm-lite doctor)");
	return 0;
}

/**
 * av_vm_create() - a VM whose guest physical addresses reach up to @top_gpa
 * @vm: filled in; takes over @sys
 * @sys: from av_open()
 * @top_gpa: first address above RAM
 * @e: why not
 */
int av_vm_create(struct av_vm *vm, int sys, u64 top_gpa, struct err *e)
{
	unsigned int bits = 40, type = 0;
	int max = av_cap(sys, ARMVIRT_CAP_ARM_VM_IPA_SIZE);

	vm->sys = sys;
	vm->fd = -1;
	vm->gic_fd = -1;
	/* Type 0 means 40 bits, which small CPUs don't have; then ask for what there is. */
	if (max > 0 && max < 40)
		type = bits = (unsigned int)max;
	while (bits < 52 && top_gpa > (u64)1 << bits)
		type = ++bits;
	if (top_gpa > (u64)1 << bits || (max > 0 && bits > (unsigned int)max))
		return err_set(e, "this CPU can give a guest %llu GiB of addresses at most: use a "
				  "smaller --memory",
			       (unsigned long long)(((u64)1 << (max > 0 ? max : 40)) / GIB));
	vm->fd = av_ioctl_n(sys, ARMVIRT_CREATE_VM, type);
	if (vm->fd < 0)
		return err_set(e, "can't create a VM: %s", strerror(-vm->fd));
	return 0;
}

void av_vm_destroy(struct av_vm *vm)
{
	if (vm->gic_fd >= 0)
		close(vm->gic_fd);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->sys >= 0)
		close(vm->sys);
	vm->gic_fd = vm->fd = vm->sys = -1;
}

static int add_slot(struct av_vm *vm, u64 gpa, u64 size, void *host, u32 flags)
{
	struct armvirt_userspace_memory_region r = {
		.slot = vm->nr_slots,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)host,
	};
	int ret = av_ioctl(vm->fd, ARMVIRT_SET_USER_MEMORY_REGION, &r);

	if (!ret)
		vm->nr_slots++;
	return ret;
}

int av_map_registers(struct av_vm *vm, u64 gpa, u64 size, void *host)
{
	if (!av_cap(vm->fd, ARMVIRT_CAP_READONLY_MEM))
		return -ENOTTY;
	return add_slot(vm, gpa, size, host, ARMVIRT_MEM_READONLY);
}

int av_add_memory(struct av_vm *vm, u64 gpa, u64 size, void *host, struct err *e)
{
	int ret = add_slot(vm, gpa, size, host, 0);

	if (ret)
		return err_set(e, "can't give the VM its memory (%llu MiB at %#llx): %s",
			       (unsigned long long)(size / MIB), (unsigned long long)gpa,
			       strerror(-ret));
	return 0;
}

static int gic_attr(struct av_vm *vm, u32 group, u64 attr, void *value)
{
	struct armvirt_device_attr a = {
		.group = group,
		.attr = attr,
		.addr = (uintptr_t)value,
	};

	return av_ioctl(vm->gic_fd, ARMVIRT_SET_DEVICE_ATTR, &a);
}

static u32 gic_type(unsigned int version)
{
	return version == 3 ? ARMVIRT_DEV_TYPE_ARM_VGIC_V3 : ARMVIRT_DEV_TYPE_ARM_VGIC_V2;
}

/* Whether the host's GIC lets a guest have this version. */
bool av_can_gic(int vm_fd, unsigned int version)
{
	struct armvirt_create_device d = {
		.type = gic_type(version),
		.flags = ARMVIRT_CREATE_DEVICE_TEST,
	};

	return av_ioctl(vm_fd, ARMVIRT_CREATE_DEVICE, &d) == 0;
}

/**
 * av_gic_create() - a GIC of the version the host can do, v3 rather than v2
 * @vm: the VM
 * @dist: address of the distributor
 * @redist: address of the redistributors, if it is a v3
 * @cpuif: address of the CPU interface, if it is a v2
 * @nr_irqs: interrupts, the 32 private ones included
 * @e: why not
 *
 * Hosts with a GICv2 (Raspberry Pi 4) refuse v3, so v2 is the second try.
 */
int av_gic_create(struct av_vm *vm, u64 dist, u64 redist, u64 cpuif, unsigned int nr_irqs,
		  struct err *e)
{
	struct armvirt_create_device d = { .type = gic_type(3) };
	u64 dist_attr = ARMVIRT_VGIC_V3_ADDR_TYPE_DIST;
	u64 other_attr = ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST;
	u64 other = redist;
	u32 nr = nr_irqs;
	int ret;

	vm->gic_version = 3;
	ret = av_ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &d);
	if (ret) {
		d.type = gic_type(2);
		ret = av_ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &d);
		vm->gic_version = 2;
		dist_attr = ARMVIRT_VGIC_V2_ADDR_TYPE_DIST;
		other_attr = ARMVIRT_VGIC_V2_ADDR_TYPE_CPU;
		other = cpuif;
	}
	if (ret)
		return err_set(e, "the host's interrupt controller can't be given to a guest (%s): "
				  "vmm-lite doctor tells what it is",
			       strerror(-ret));
	vm->gic_fd = (int)d.fd;
	ret = gic_attr(vm, ARMVIRT_DEV_ARM_VGIC_GRP_ADDR, dist_attr, &dist);
	if (!ret)
		ret = gic_attr(vm, ARMVIRT_DEV_ARM_VGIC_GRP_ADDR, other_attr, &other);
	if (!ret)
		ret = gic_attr(vm, ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr);
	if (ret)
		return err_set(e, "can't set up the guest's GICv%u: %s", vm->gic_version,
			       strerror(-ret));
	return 0;
}

/* All vCPUs exist now. */
int av_gic_init(struct av_vm *vm, struct err *e)
{
	int ret = gic_attr(vm, ARMVIRT_DEV_ARM_VGIC_GRP_CTRL, ARMVIRT_DEV_ARM_VGIC_CTRL_INIT,
			   NULL);

	if (ret)
		return err_set(e, "can't start the guest's GICv%u: %s", vm->gic_version,
			       strerror(-ret));
	return 0;
}

int av_irq_line(struct av_vm *vm, unsigned int spi, bool level)
{
	struct armvirt_irq_level l = {
		.irq = ARMVIRT_ARM_IRQ_TYPE_SPI << ARMVIRT_ARM_IRQ_TYPE_SHIFT | (spi + 32),
		.level = level,
	};

	return av_ioctl(vm->fd, ARMVIRT_IRQ_LINE, &l);
}

int av_irqfd(struct av_vm *vm, int fd, unsigned int spi)
{
	struct armvirt_irqfd i = { .fd = (u32)fd, .gsi = spi };

	return av_ioctl(vm->fd, ARMVIRT_IRQFD, &i);
}

int av_ioeventfd(struct av_vm *vm, int fd, u64 gpa, u32 value)
{
	struct armvirt_ioeventfd i = {
		.fd = fd,
		.addr = gpa,
		.len = sizeof(value),
		.datamatch = value,
		.flags = ARMVIRT_IOEVENTFD_FLAG_DATAMATCH,
	};

	return av_ioctl(vm->fd, ARMVIRT_IOEVENTFD, &i);
}

int av_vcpu_create(struct av_vm *vm, struct av_vcpu *vcpu, unsigned int id, struct err *e)
{
	int size = av_ioctl_n(vm->sys, ARMVIRT_GET_VCPU_MMAP_SIZE, 0);
	int fd = av_ioctl_n(vm->fd, ARMVIRT_CREATE_VCPU, id);

	vcpu->fd = fd;
	vcpu->run = NULL;
	if (fd < 0)
		return err_set(e, "can't create vCPU %u: %s", id, strerror(-fd));
	if (size < (int)sizeof(struct armvirt_run))
		return err_set(e, "the kernel's run page is too small (%d bytes): use a module and "
				  "a vmm-lite of one release",
			       size);
	vcpu->run_size = (size_t)size;
	vcpu->run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (vcpu->run == MAP_FAILED) {
		vcpu->run = NULL;
		return err_set(e, "can't map vCPU %u: %s", id, strerror(errno));
	}
	return 0;
}

/* Reset state. */
int av_vcpu_init(struct av_vm *vm, struct av_vcpu *vcpu, bool powered_off, struct err *e)
{
	struct armvirt_vcpu_init init = { 0 };
	int ret = av_ioctl(vm->fd, ARMVIRT_ARM_PREFERRED_TARGET, &init);

	if (ret)
		return err_set(e, "can't find out the CPU type: %s", strerror(-ret));
	init.features[0] |= av_arch_features(vm->sys, vm->aarch32);
	if (powered_off)
		init.features[0] |= 1u << ARMVIRT_ARM_VCPU_POWER_OFF;
	ret = av_ioctl(vcpu->fd, ARMVIRT_ARM_VCPU_INIT, &init);
	if (ret)
		return err_set(e, "can't initialise a vCPU: %s", strerror(-ret));
	return 0;
}

/* Registers of 32 bits leave the upper half of *value alone, which is 0 then. */
static int one_reg(struct av_vcpu *vcpu, unsigned long cmd, u64 id, u64 *value)
{
	struct armvirt_one_reg r = { .id = id, .addr = (uintptr_t)value };

	return av_ioctl(vcpu->fd, cmd, &r);
}

/* Where the first CPU starts, and what the boot protocol passes it. */
int av_vcpu_boot(struct av_vm *vm, struct av_vcpu *vcpu, u64 pc, u64 dtb, struct err *e)
{
	struct av_reg regs[AV_BOOT_REGS];
	unsigned int i, n = av_arch_boot(vm->aarch32, pc, dtb, regs);
	int ret = 0;

	for (i = 0; i < n && !ret; i++)
		ret = one_reg(vcpu, ARMVIRT_SET_ONE_REG, regs[i].id, &regs[i].value);
	if (ret)
		return err_set(e, "can't set the boot vCPU's registers: %s", strerror(-ret));
	return 0;
}

/* The affinity fields, as a device tree's cpu node has them. */
int av_vcpu_mpidr(struct av_vcpu *vcpu, u64 *mpidr, struct err *e)
{
	int ret;

	*mpidr = 0;
	ret = one_reg(vcpu, ARMVIRT_GET_ONE_REG, av_arch_mpidr, mpidr);
	if (ret)
		return err_set(e, "can't read a vCPU's MPIDR: %s", strerror(-ret));
	*mpidr &= 0xff00ffffffULL;
	return 0;
}

/* For messages only, so a failure just reads 0. */
u64 av_vcpu_pc(struct av_vcpu *vcpu)
{
	u64 pc = 0;

	one_reg(vcpu, ARMVIRT_GET_ONE_REG, av_arch_pc, &pc);
	return pc;
}

void av_vcpu_destroy(struct av_vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_size);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	vcpu->run = NULL;
	vcpu->fd = -1;
}

/* Run until an exit; -EINTR for a kick. */
int av_run(struct av_vcpu *vcpu)
{
	return av_ioctl_n(vcpu->fd, ARMVIRT_RUN, 0);
}
