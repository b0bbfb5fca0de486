// SPDX-License-Identifier: GPL-2.0
/*
 * Priorities, the priority mask, preemption, the active state, both EOI modes, and more interrupts
 * pending than the hardware has list registers: one vCPU, its interrupts taken by hand (acknowledged
 * with interrupts masked) unless a test says otherwise.
 */
#include <time.h>
#include "gic.h"

#define FIRST	40
#define SPI	60

static void start(void)
{
	gic_init_dist();
	gic_init_cpu();
	for (u32 id = 32; id < GIC_NR_IRQS; id++) {
		gic_route(id, 0);
		gic_set_edge(id, true);
		gic_enable(id);
	}
}

static u32 ack(void)
{
	return gic_intid(gic_ack());
}

/* Acknowledges when there is something, which may take the hypervisor a moment. */
static u32 ack_wait(void)
{
	u64 end = counter() + guest_us(2000000);
	u32 id;

	do {
		id = ack();
	} while (id == SPURIOUS && counter() < end);
	return id;
}

static void guest_order(u64 arg)
{
	start();
	/* Made pending in one order, given priorities in another. */
	for (u32 i = 0; i < 20; i++) {
		gic_set_priority(FIRST + i, (i * 7 % 20) << 3);
		gic_set_pending(FIRST + i);
	}
	for (u32 rank = 0; rank < 20; rank++) {
		u32 id = ack_wait();

		guest_assert(id >= FIRST && id < FIRST + 20);
		guest_assert_eq((id - FIRST) * 7 % 20, rank);
		guest_assert_eq(gic_running_priority(), rank << 3);
		gic_eoi(id);
	}
	guest_assert_eq(ack(), SPURIOUS);
	guest_assert_eq(gic_running_priority(), 0xff);
}

static void guest_mask(u64 arg)
{
	start();
	gic_set_priority(SPI, 0x80);
	gic_set_pmr(0x80);
	gic_set_pending(SPI);
	guest_delay_us(200);
	guest_assert_eq(ack(), SPURIOUS);
	gic_set_pmr(0x88);
	guest_assert_eq(ack_wait(), SPI);
	gic_eoi(SPI);
	gic_set_pmr(0);
	gic_set_priority(SPI, 0);
	gic_set_pending(SPI);
	guest_delay_us(200);
	guest_assert_eq(ack(), SPURIOUS);
	gic_set_pmr(0xf0);
	guest_assert_eq(ack_wait(), SPI);
	gic_eoi(SPI);
}

/* Each has a higher priority than the one before: taken inside it. */
static void guest_preempt(u64 arg)
{
	static const u8 prio[] = { 0xc0, 0x80, 0x40, 0x00 };

	start();
	gic_set_pmr(0xf0);
	for (u32 i = 0; i < 4; i++) {
		gic_set_priority(FIRST + i, prio[i]);
		gic_set_pending(FIRST + i);
		guest_assert_eq(ack_wait(), FIRST + i);
		guest_assert_eq(gic_running_priority(), prio[i]);
		/* What has the same or a lower priority must wait. */
		gic_set_priority(SPI + i, prio[i]);
		gic_set_pending(SPI + i);
		guest_delay_us(100);
		guest_assert_eq(ack(), SPURIOUS);
	}
	for (int i = 3; i >= 0; i--) {
		gic_eoi(FIRST + i);
		guest_assert_eq(ack_wait(), SPI + i);
		gic_eoi(SPI + i);
	}
	guest_assert_eq(gic_running_priority(), 0xff);
}

static void guest_active(u64 arg)
{
	start();
	gic_set_pending(SPI);
	guest_assert_eq(ack_wait(), SPI);
	guest_assert(gic_is_active(SPI));
	guest_assert(!gic_is_pending(SPI));
	/* Active and pending again: not before the end. */
	gic_set_pending(SPI);
	guest_assert(gic_is_pending(SPI));
	guest_delay_us(100);
	guest_assert_eq(ack(), SPURIOUS);
	gic_eoi(SPI);
	guest_assert_eq(ack_wait(), SPI);
	gic_eoi(SPI);
	guest_assert(!gic_is_active(SPI));
	/* Made active by hand, it can't be taken. */
	gic_set_active(SPI);
	guest_assert(gic_is_active(SPI));
	gic_set_pending(SPI);
	guest_delay_us(100);
	guest_assert_eq(ack(), SPURIOUS);
	gic_clear_active(SPI);
	guest_assert(!gic_is_active(SPI));
	guest_assert_eq(ack_wait(), SPI);
	gic_eoi(SPI);
}

/* Priority dropped at EOI, the interrupt over at DIR. */
static void guest_eoimode(u64 arg)
{
	start();
	gic_set_eoimode(true);
	for (int n = 0; n < 10; n++) {
		u32 other = SPI + 1;

		gic_set_pending(SPI);
		guest_assert_eq(ack_wait(), SPI);
		gic_set_pending(SPI);
		gic_eoi(SPI);
		guest_assert_eq(gic_running_priority(), 0xff);
		guest_assert(gic_is_active(SPI));
		guest_delay_us(50);
		guest_assert_eq(ack(), SPURIOUS);
		/* Another one of the same priority comes in between. */
		gic_set_pending(other);
		guest_assert_eq(ack_wait(), other);
		gic_eoi(other);
		gic_dir(other);
		gic_dir(SPI);
		guest_assert_eq(ack_wait(), SPI);
		gic_eoi(SPI);
		gic_dir(SPI);
		guest_assert(!gic_is_active(SPI));
	}
	gic_set_eoimode(false);
}

/* Far more than any number of list registers, at once. */
static void guest_many(u64 arg)
{
	for (int n = 0; n < 3; n++) {
		u64 seen[2] = { 0, 0 };

		start();
		for (u32 id = 32; id < GIC_NR_IRQS; id++)
			gic_set_pending(id);
		for (u32 i = 32; i < GIC_NR_IRQS; i++) {
			u32 id = ack_wait();

			guest_assert(id >= 32 && id < GIC_NR_IRQS);
			guest_assert(!(seen[id / 64] & 1ULL << id % 64));
			seen[id / 64] |= 1ULL << id % 64;
			gic_eoi(id);
		}
		guest_assert_eq(ack(), SPURIOUS);
	}
}

/* Each preempts the one before, until far more are active than there are list registers. */
#define DEPTH	16

static void guest_deep(u64 arg)
{
	start();
	for (u32 i = 0; i < DEPTH; i++) {
		gic_set_priority(FIRST + i, 0xe0 - 8 * i);
		gic_set_pending(FIRST + i);
		guest_assert_eq(ack_wait(), FIRST + i);
	}
	for (u32 i = 0; i < DEPTH; i++)
		guest_assert(gic_is_active(FIRST + i));
	for (int i = DEPTH - 1; i >= 0; i--) {
		guest_assert_eq(gic_running_priority(), 0xe0 - 8 * i);
		gic_eoi(FIRST + i);
		guest_assert(!gic_is_active(FIRST + i));
		guest_assert_eq(ack(), SPURIOUS);
	}
	guest_assert_eq(gic_running_priority(), 0xff);
	gic_set_pending(SPI);
	guest_assert_eq(ack_wait(), SPI);
	gic_eoi(SPI);
}

/* Many pending, taken as exceptions; each makes the next one pending. */
static volatile u64 taken;

static void on_irq(struct guest_frame *f)
{
	u32 id = ack();

	if (id == SPURIOUS)
		return;
	guest_assert(id >= 32 && id < GIC_NR_IRQS);
	taken++;
	if (taken < 1000)
		gic_set_pending(32 + (id + 1) % (GIC_NR_IRQS - 32));
	gic_eoi(id);
}

static void guest_chain(u64 arg)
{
	start();
	guest_irq = on_irq;
	gic_set_pending(SPI);
	irq_on();
	guest_wait(load(&taken) == 1000);
	irq_off();
}

/* Fields that a GIC has or doesn't have, and that bits beyond its size stay zero. */
static void guest_fields(u64 arg)
{
	u32 typer = mmio_read32(GICD_GPA + GICD_TYPER);
	u64 rd = GICR_GPA;

	guest_assert_eq(typer & 0x1f, GIC_NR_IRQS / 32 - 1);
	mmio_write32(GICD_GPA + GICD_ISENABLER + GIC_NR_IRQS / 8, ~0U);
	guest_assert_eq(mmio_read32(GICD_GPA + GICD_ISENABLER + GIC_NR_IRQS / 8), 0);
	mmio_write32(GICD_GPA + GICD_IPRIORITYR + SPI, 0x10a0f8ff);
	guest_assert_eq(mmio_read32(GICD_GPA + GICD_IPRIORITYR + SPI), 0x10a0f8f8);
	guest_assert_eq(mmio_read8(GICD_GPA + GICD_IPRIORITYR + SPI + 2), 0xa0);
	if (gic_version == 2) {
		guest_assert_eq(mmio_read8(GICD_GPA + GICD_ITARGETSR), 1);
		return;
	}
	guest_assert_eq(mmio_read32(rd + 8) >> 4 & 1, 1);	/* GICR_TYPER.Last */
	guest_assert_eq(mmio_read64(rd + 8) >> 32, 0);
	mmio_write64(GICD_GPA + GICD_IROUTER + SPI * 8, 0);
	guest_assert_eq(mmio_read64(GICD_GPA + GICD_IROUTER + SPI * 8), 0);
	guest_assert_eq(mmio_read32(GICD_GPA + 0xffe8) >> 4 & 0xf, 3);	/* PIDR2: GICv3 */
	guest_assert_eq(sysreg_read_(ICC_SRE) & 1, 1);
	guest_assert_eq(sysreg_read_(ICC_CTLR) >> 8 & 7, 4);	/* 5 bits of priority */
}

/* An interrupt that the priority mask holds back is no reason to wake from WFI. */
static void guest_masked_wfi(u64 arg)
{
	start();
	gic_set_priority(SPI, 0xc0);
	gic_set_priority(FIRST, 0x40);
	gic_set_pmr(0x80);
	gic_set_pending(SPI);
	guest_tell(0, 0, 0);
	while (ack() != FIRST)
		wfi();
	gic_eoi(FIRST);
}

static u64 cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void masked_wfi(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_masked_wfi, 0);
	u64 was;

	gic_new(vm);
	require(vcpu_ucall(v));
	vcpu_start(v);
	sleep_ms(50);
	was = cpu_ms();
	sleep_ms(400);
	expect(cpu_ms() - was < 200);
	require(!gic_spi(vm, FIRST, 1));
	expect(vcpu_join(v));
	vm_free(vm);
}

static void run_guest(void (*fn)(u64))
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, fn, 0);

	gic_new(vm);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static void order(void)		{ run_guest(guest_order); }
static void mask(void)		{ run_guest(guest_mask); }
static void preempt(void)	{ run_guest(guest_preempt); }
static void active(void)	{ run_guest(guest_active); }
static void eoimode(void)	{ run_guest(guest_eoimode); }
static void many(void)		{ run_guest(guest_many); }
static void chain(void)		{ run_guest(guest_chain); }
static void fields(void)	{ run_guest(guest_fields); }

static void deep(void)
{
	/* KVM's list registers are kept by the active ones, and nothing else comes in. */
	if (on_kvm())
		test_skip("not on KVM");
	run_guest(guest_deep);
}

static const struct test tests[] = {
	{ "taken in the order of priority", order },
	{ "priority mask", mask },
	{ "priority mask and WFI", masked_wfi },
	{ "preemption", preempt },
	{ "active state", active },
	{ "EOImode 1", eoimode },
	{ "more pending than list registers", many },
	{ "more active than list registers", deep },
	{ "a chain of a thousand", chain },
	{ "register fields", fields },
};

TEST_MAIN(tests)
