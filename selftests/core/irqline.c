// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_IRQ_LINE: which numbers are interrupts, and that levels and edges reach the guest's GIC the
 * way they were set. How the GIC delivers them is core/gic_*.c's subject.
 */
#include "gic.h"

#define SPI	40

static int line(struct vm *vm, u32 type, u32 vcpu, u32 intid)
{
	struct armvirt_irq_level l = {
		.irq = type << ARMVIRT_ARM_IRQ_TYPE_SHIFT | vcpu << ARMVIRT_ARM_IRQ_VCPU_SHIFT |
		       intid,
	};

	return ioctl(vm->fd, ARMVIRT_IRQ_LINE, &l);
}

static void errors(void)
{
	struct vm *vm = vm_bare();

	require(!vcpu_init(vcpu_bare(vm, 0), 0));
	/* Without a GIC only the CPU's own lines exist. */
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_SPI, 0, SPI), ENXIO);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_PPI, 0, 20), ENXIO);
	expect_eq(line(vm, ARMVIRT_ARM_IRQ_TYPE_CPU, 0, ARMVIRT_ARM_IRQ_CPU_IRQ), 0);
	expect_eq(line(vm, ARMVIRT_ARM_IRQ_TYPE_CPU, 0, ARMVIRT_ARM_IRQ_CPU_FIQ), 0);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_CPU, 0, 2), EINVAL);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_CPU, 1, 0), EINVAL);
	expect_err(line(vm, 3, 0, SPI), EINVAL);
	gic_new(vm);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_CPU, 0, ARMVIRT_ARM_IRQ_CPU_IRQ), ENXIO);
	expect_eq(line(vm, ARMVIRT_ARM_IRQ_TYPE_SPI, 0, SPI), 0);
	expect_eq(line(vm, ARMVIRT_ARM_IRQ_TYPE_SPI, 0, GIC_NR_IRQS - 1), 0);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_SPI, 0, GIC_NR_IRQS), EINVAL);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_SPI, 0, 0xffff), EINVAL);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_SPI, 0, 31), EINVAL);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_SPI, 0, 0), EINVAL);
	expect_eq(line(vm, ARMVIRT_ARM_IRQ_TYPE_PPI, 0, 20), 0);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_PPI, 0, 15), EINVAL);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_PPI, 0, 32), EINVAL);
	expect_err(line(vm, ARMVIRT_ARM_IRQ_TYPE_PPI, 1, 20), EINVAL);
	expect_err(line(vm, 3, 0, SPI), EINVAL);
	expect_err(line(vm, 15, 0, SPI), EINVAL);
	vm_free(vm);
}

static volatile u32 count[1024];

static void on_irq(struct guest_frame *f)
{
	u32 iar = gic_ack(), id = gic_intid(iar);

	if (id >= 1020)
		return;
	/* A level that stays would keep us here for ever. */
	if (++count[id] == 3)
		gic_disable(id);
	gic_eoi(iar);
}

/* Host and guest in steps: the guest says how often it was interrupted since the start. */
static void guest_count(u64 edge)
{
	gic_init_dist();
	gic_init_cpu();
	guest_irq = on_irq;
	gic_set_edge(SPI, edge);
	gic_route(SPI, 0);
	gic_enable(SPI);
	irq_on();
	for (;;) {
		guest_delay_us(200);
		irq_off();
		guest_tell(count[SPI], gic_is_pending(SPI), 0);
		gic_enable(SPI);
		irq_on();
	}
}

static void expect_state(struct vcpu *v, u64 n, u64 pending)
{
	struct ucall *uc = vcpu_ucall(v);

	require(uc);
	expect_eq(uc->arg[0], n);
	expect_eq(uc->arg[1], pending);
}

static void edge(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_count, 1);

	gic_new(vm);
	expect_state(v, 0, 0);
	/* One for each rise, however long the level stays; none for a fall. */
	require(!gic_spi(vm, SPI, 1));
	expect_state(v, 1, 0);
	require(!gic_spi(vm, SPI, 0));
	expect_state(v, 1, 0);
	/* Two rises before the guest looks are one. */
	for (int i = 0; i < 2; i++) {
		require(!gic_spi(vm, SPI, 1));
		require(!gic_spi(vm, SPI, 0));
	}
	expect_state(v, 2, 0);
	expect_state(v, 2, 0);
	vm_free(vm);
}

static void level(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_count, 0);

	gic_new(vm);
	expect_state(v, 0, 0);
	/* As long as the line is high it comes again and again. */
	require(!gic_spi(vm, SPI, 1));
	expect_state(v, 3, 1);
	require(!gic_spi(vm, SPI, 0));
	expect_state(v, 3, 0);
	/* A level that is gone before the guest runs was never there. */
	require(!gic_spi(vm, SPI, 1));
	require(!gic_spi(vm, SPI, 0));
	expect_state(v, 3, 0);
	vm_free(vm);
}

/* The timer's PPI belongs to the timer: raising it from outside changes nothing. */
static void guest_timer_ppi(u64 arg)
{
	gic_init_dist();
	gic_init_cpu();
	gic_enable(PPI_VTIMER);
	guest_tell(0, 0, 0);
	guest_assert(!gic_is_pending(PPI_VTIMER));
}

static void owned_ppi(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_timer_ppi, 0);

	gic_new(vm);
	require(vcpu_ucall(v));
	expect_eq(gic_ppi(vm, 0, PPI_VTIMER, 1), 0);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "numbers that are refused", errors },
	{ "edge-triggered", edge },
	{ "level-sensitive", level },
	{ "the timer's PPI can't be raised from outside", owned_ppi },
};

TEST_MAIN(tests)
