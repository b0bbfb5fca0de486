// SPDX-License-Identifier: GPL-2.0
/*
 * The GIC as a device of user space: creating it, its addresses, number of interrupts and INIT, in
 * the orders in which clients do it, and what is refused.
 */
#include <unistd.h>
#include "gic.h"

static int version;

static int create(struct vm *vm, u32 flags)
{
	struct armvirt_create_device cd = {
		.type = version == 2 ? ARMVIRT_DEV_TYPE_ARM_VGIC_V2 : ARMVIRT_DEV_TYPE_ARM_VGIC_V3,
		.flags = flags,
	};

	if (ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &cd))
		return -1;
	return flags ? 0 : cd.fd;
}

static struct vm *new_vm(int cpus)
{
	struct vm *vm = vm_bare();

	version = gic_offered();
	if (!version)
		test_skip("no GIC can be made");
	for (int i = 0; i < cpus; i++)
		require(!vcpu_init(vcpu_bare(vm, i), 0));
	return vm;
}

static int set_addr(int fd, u64 type, u64 gpa)
{
	return gic_attr(fd, ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_ADDR, type, &gpa);
}

static int set_nr(int fd, u32 nr)
{
	return gic_attr(fd, ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr);
}

static int init(int fd)
{
	return gic_attr(fd, ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_CTRL,
			ARMVIRT_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static int run(struct vm *vm, int cpu)
{
	vm->vcpu[cpu].run->immediate_exit = 1;
	return vcpu_run(&vm->vcpu[cpu]);
}

static void creation(void)
{
	struct vm *vm = new_vm(1);
	struct armvirt_create_device cd = { .type = 0 };
	int fd;

	expect_err(ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &cd), ENODEV);
	cd.type = 12345;
	expect_err(ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &cd), ENODEV);
	expect_eq(create(vm, ARMVIRT_CREATE_DEVICE_TEST), 0);
	fd = create(vm, 0);
	expect(fd >= 0);
	expect_err(create(vm, 0), EEXIST);
	/* It is the VM's; but without a descriptor a GICv3 that was not initialised is none. */
	close(fd);
	fd = create(vm, 0);
	expect_eq(fd >= 0, version == 3 && !on_kvm());
	if (fd >= 0) {
		expect_eq(set_nr(fd, 64), 0);
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_DIST, GICD_GPA), 0);
		close(fd);
		fd = create(vm, 0);
		expect_eq(set_nr(fd, 96), 0);
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_DIST, GICD_GPA), 0);
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST, GICR_GPA), 0);
		expect_eq(init(fd), 0);
		close(fd);
		expect_err(create(vm, 0), EEXIST);
		expect_eq(run(vm, 0), -EINTR);
	}
	vm_free(vm);
}

static void attributes(void)
{
	struct vm *vm = new_vm(1);
	int fd = create(vm, 0);
	u64 x = 0;

	require(fd >= 0);
	expect_eq(gic_attr(fd, ARMVIRT_HAS_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS, 0, NULL),
		  0);
	expect_eq(gic_attr(fd, ARMVIRT_HAS_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_CTRL,
			   ARMVIRT_DEV_ARM_VGIC_CTRL_INIT, NULL), 0);
	expect_eq(gic_attr(fd, ARMVIRT_HAS_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_ADDR,
			   version == 3 ? ARMVIRT_VGIC_V3_ADDR_TYPE_DIST :
			   ARMVIRT_VGIC_V2_ADDR_TYPE_DIST, NULL), 0);
	expect_err(gic_attr(fd, ARMVIRT_HAS_DEVICE_ATTR, 99, 0, NULL), ENXIO);
	expect_err(gic_attr(fd, ARMVIRT_SET_DEVICE_ATTR, 99, 0, &x), ENXIO);
	expect_err(gic_attr(fd, ARMVIRT_GET_DEVICE_ATTR, 99, 0, &x), ENXIO);
	expect_err(gic_attr(fd, ARMVIRT_HAS_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_ADDR, 77, NULL),
		   ENXIO);
	expect_err(gic_attr(fd, ARMVIRT_HAS_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_CTRL, 99, NULL),
		   ENXIO);
	expect_err(gic_attr(fd, ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_CTRL, 99, NULL),
		   ENXIO);
	vm_free(vm);
}

static void nr_irqs(void)
{
	struct vm *vm = new_vm(1);
	int fd = create(vm, 0);
	u32 nr = 0;

	expect_err(set_nr(fd, 0), EINVAL);
	expect_err(set_nr(fd, 32), EINVAL);
	expect_err(set_nr(fd, 65), EINVAL);
	expect_err(set_nr(fd, 1056), EINVAL);
	expect_err(gic_attr(fd, ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS, 0, NULL),
		   EFAULT);
	expect_eq(set_nr(fd, 96), 0);
	expect_eq(gic_attr(fd, ARMVIRT_GET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr),
		  0);
	expect_eq(nr, 96);
	expect_err(set_nr(fd, 128), EBUSY);
	expect_eq(init(fd), 0);
	expect_eq(init(fd), 0);
	expect_err(set_nr(fd, 128), EBUSY);
	vm_free(vm);
}

static void v3_addresses(void)
{
	const u64 dist = ARMVIRT_VGIC_V3_ADDR_TYPE_DIST, rdist = ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST;
	struct vm *vm = new_vm(2);
	u64 x = 0;
	int fd;

	if (version != 3)
		test_skip("GICv2");
	fd = create(vm, 0);
	expect_err(set_addr(fd, dist, GICD_GPA + 0x1000), EINVAL);
	expect_err(set_addr(fd, dist, 1ULL << 40), E2BIG);
	expect_err(set_addr(fd, rdist, GICR_GPA + 0x8000), EINVAL);
	expect_err(set_addr(fd, rdist, 1ULL << 40), E2BIG);
	expect_eq(set_addr(fd, dist, GICD_GPA), 0);
	expect_err(set_addr(fd, dist, GICD_GPA), EEXIST);
	expect_eq(gic_attr(fd, ARMVIRT_GET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_ADDR, dist, &x),
		  0);
	expect_eq(x, GICD_GPA);
	/* In the distributor's place. */
	expect_err(set_addr(fd, rdist, GICD_GPA), EINVAL);
	expect_eq(set_addr(fd, rdist, GICR_GPA), 0);
	expect(set_addr(fd, rdist, GICR_GPA + 0x100000) == -1);
	expect_eq(init(fd), 0);
	expect_eq(run(vm, 0), -EINTR);
	vm_free(vm);
}

static void v2_addresses(void)
{
	const u64 dist = ARMVIRT_VGIC_V2_ADDR_TYPE_DIST, cpu = ARMVIRT_VGIC_V2_ADDR_TYPE_CPU;
	struct vm *vm = new_vm(2);
	int fd;

	if (version != 2)
		test_skip("GICv3");
	fd = create(vm, 0);
	expect_err(set_addr(fd, dist, GICD_GPA + 0x100), EINVAL);
	expect_err(set_addr(fd, dist, 1ULL << 40), E2BIG);
	expect_eq(set_addr(fd, dist, GICD_GPA), 0);
	expect_err(set_addr(fd, dist, GICD_GPA), EEXIST);
	expect_eq(set_addr(fd, cpu, GICC_GPA), 0);
	expect_err(set_addr(fd, cpu, GICC_GPA), EEXIST);
	expect_eq(init(fd), 0);
	expect_eq(run(vm, 0), -EINTR);
	vm_free(vm);
}

static u64 region(u64 count, u64 base, u64 index)
{
	return count << 52 | base | index;
}

static void redist_regions(void)
{
	const u64 type = ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST_REGION;
	struct vm *vm = new_vm(3);
	int fd;
	u64 x;

	if (version != 3)
		test_skip("GICv2");
	fd = create(vm, 0);
	expect_err(set_addr(fd, type, region(0, GICR_GPA, 0)), EINVAL);
	expect_err(set_addr(fd, type, region(2, GICR_GPA, 1)), EINVAL);
	expect_err(set_addr(fd, type, region(2, GICR_GPA, 0) | 1 << 12), EINVAL);
	expect_eq(set_addr(fd, type, region(2, GICR_GPA, 0)), 0);
	expect_err(set_addr(fd, type, region(2, GICR_GPA, 1)), EINVAL);
	expect_err(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST, GICR_GPA + 0x200000), EINVAL);
	x = region(0, 0, 1);
	expect_err(gic_attr(fd, ARMVIRT_GET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_ADDR, type, &x),
		   ENOENT);
	x = region(0, 0, 0);
	expect_eq(gic_attr(fd, ARMVIRT_GET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_ADDR, type, &x),
		  0);
	expect_eq(x, region(2, GICR_GPA, 0));
	expect_eq(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_DIST, GICD_GPA), 0);
	expect_eq(init(fd), 0);
	/* Two redistributors for three vCPUs. */
	expect_eq(run(vm, 0), -ENXIO);
	vm_free(vm);
}

static void incomplete(void)
{
	struct vm *vm = new_vm(1);
	int fd = create(vm, 0);

	/* No addresses. */
	require(fd >= 0);
	expect_eq(run(vm, 0), -ENXIO);
	vm_free(vm);
	/* Addresses, not initialised: a GICv2 does it by itself. */
	vm = new_vm(1);
	fd = create(vm, 0);
	require(fd >= 0);
	if (version == 3) {
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST, GICR_GPA), 0);
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_DIST, GICD_GPA), 0);
		expect_eq(run(vm, 0), -EBUSY);
	} else {
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V2_ADDR_TYPE_CPU, GICC_GPA), 0);
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V2_ADDR_TYPE_DIST, GICD_GPA), 0);
		expect_eq(run(vm, 0), -EINTR);
	}
	vm_free(vm);
}

/* QEMU's order: INIT first, the addresses later. */
static void init_first(void)
{
	struct vm *vm = new_vm(2);
	int fd = create(vm, 0);

	expect_eq(set_nr(fd, 288), 0);
	expect_eq(init(fd), 0);
	if (version == 3) {
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST, GICR_GPA), 0);
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_DIST, GICD_GPA), 0);
	} else {
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V2_ADDR_TYPE_CPU, GICC_GPA), 0);
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V2_ADDR_TYPE_DIST, GICD_GPA), 0);
	}
	expect_eq(run(vm, 0), -EINTR);
	expect_eq(run(vm, 1), -EINTR);
	vm_free(vm);
}

/* kvmtool's: the GIC before the vCPUs, its INIT after them. */
static void gic_first(void)
{
	struct vm *vm = new_vm(0);
	int fd = create(vm, 0);

	require(fd >= 0);
	if (version == 3) {
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST, GICR_GPA), 0);
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V3_ADDR_TYPE_DIST, GICD_GPA), 0);
	} else {
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V2_ADDR_TYPE_DIST, GICD_GPA), 0);
		expect_eq(set_addr(fd, ARMVIRT_VGIC_V2_ADDR_TYPE_CPU, GICC_GPA), 0);
	}
	for (int i = 0; i < 2; i++)
		require(!vcpu_init(vcpu_bare(vm, i), 0));
	expect_eq(set_nr(fd, 64), 0);
	expect_eq(init(fd), 0);
	expect_eq(run(vm, 0), -EINTR);
	expect_eq(run(vm, 1), -EINTR);
	vm_free(vm);
}

/* After INIT there are no more vCPUs, and after a vCPU has run no GIC. */
static void too_late(void)
{
	struct vm *vm = new_vm(1);

	expect_eq(run(vm, 0), -EINTR);
	expect_err(create(vm, 0), EBUSY);
	vm_free(vm);
	vm = new_vm(1);
	require(gic_try(vm));
	expect_err(ioctl(vm->fd, ARMVIRT_CREATE_VCPU, 1), EBUSY);
	vm_free(vm);
}

static void timer_attr(void)
{
	struct vm *vm = new_vm(2);
	struct vcpu *v = &vm->vcpu[0], *w = &vm->vcpu[1];
	u32 x = 0;

	expect_eq(gic_attr(v->fd, ARMVIRT_GET_DEVICE_ATTR, ARMVIRT_ARM_VCPU_TIMER_CTRL,
			   ARMVIRT_ARM_VCPU_TIMER_IRQ_VTIMER, &x), 0);
	expect_eq(x, 27);
	expect_eq(gic_attr(v->fd, ARMVIRT_GET_DEVICE_ATTR, ARMVIRT_ARM_VCPU_TIMER_CTRL,
			   ARMVIRT_ARM_VCPU_TIMER_IRQ_PTIMER, &x), 0);
	expect_eq(x, 30);
	expect_err(gic_attr(v->fd, ARMVIRT_HAS_DEVICE_ATTR, ARMVIRT_ARM_VCPU_TIMER_CTRL, 9, NULL),
		   ENXIO);
	expect_err(gic_attr(v->fd, ARMVIRT_HAS_DEVICE_ATTR, 77, 0, NULL), ENXIO);
	/* Without an in-kernel GIC there is nothing to set. */
	require(gic_try(vm));
	x = 40;
	expect_err(gic_attr(v->fd, ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_ARM_VCPU_TIMER_CTRL,
			    ARMVIRT_ARM_VCPU_TIMER_IRQ_VTIMER, &x), EINVAL);
	x = 22;
	expect_eq(gic_attr(v->fd, ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_ARM_VCPU_TIMER_CTRL,
			   ARMVIRT_ARM_VCPU_TIMER_IRQ_VTIMER, &x), 0);
	/* It is the whole VM's. */
	x = 0;
	gic_attr(w->fd, ARMVIRT_GET_DEVICE_ATTR, ARMVIRT_ARM_VCPU_TIMER_CTRL,
		 ARMVIRT_ARM_VCPU_TIMER_IRQ_VTIMER, &x);
	expect_eq(x, 22);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "CREATE_DEVICE", creation },
	{ "which attributes there are", attributes },
	{ "number of interrupts", nr_irqs },
	{ "GICv3 addresses", v3_addresses },
	{ "GICv2 addresses", v2_addresses },
	{ "redistributor regions", redist_regions },
	{ "RUN with an incomplete GIC", incomplete },
	{ "INIT before the addresses", init_first },
	{ "the GIC before the vCPUs", gic_first },
	{ "too late", too_late },
	{ "the timers' interrupts", timer_attr },
};

TEST_MAIN(tests)
