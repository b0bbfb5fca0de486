// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts reach the vCPU they are for: SGIs, PPIs and SPIs, by IRQ_LINE and by the guest's own
 * writes, enabled and disabled, routed and routed anew, in WFI and running.
 */
#include "gic.h"

#define CPUS	4
#define SPI	50

static volatile u64 got[CPUS][GIC_NR_IRQS];
static volatile u64 source[CPUS];
static volatile int ready, stop, level_ppi, quirks;

static void on_irq(struct guest_frame *f)
{
	u32 iar = gic_ack(), id = gic_intid(iar);

	if (id >= 1020)
		return;
	source[guest_cpu()->id] = iar >> 10 & 7;
	/* A level that stays would keep us here; whether a PPI can be made edge is up to the GIC. */
	if (id >= 16 && id < 32 && level_ppi)
		gic_disable(id);
	inc(&got[guest_cpu()->id][id]);
	gic_eoi(iar);
}

static void start(u64 id)
{
	if (id == 0)
		gic_init_dist();
	gic_init_cpu();
	guest_irq = on_irq;
	for (u32 i = 0; i < 16; i++)
		gic_enable(i);
	irq_on();
	inc(&ready);
}

static void guest_wait_stop(u64 id)
{
	start(id);
	while (!load(&stop)) {
		irq_off();
		if (!load(&stop))
			wfi();
		irq_on();
	}
}

#define wait_got(cpu, id, n)	guest_wait(load(&got[cpu][id]) == (n))

static void stop_all(void)
{
	store(&stop, 1);
	gic_sgi_all_but_self(15);
}

/* vCPU 0 sends, the others wait in WFI. */
static void guest_sgi(u64 id)
{
	start(0);
	guest_wait(load(&ready) == CPUS);
	for (u64 n = 1; n <= 20; n++) {
		/* To each alone, to itself, to several, to all others. */
		for (int cpu = 0; cpu < CPUS; cpu++) {
			gic_sgi(cpu, 1 << cpu);
			wait_got(cpu, cpu, n);
		}
		gic_sgi(8, 6);
		wait_got(1, 8, n);
		wait_got(2, 8, n);
		gic_sgi_all_but_self(9);
		for (int cpu = 1; cpu < CPUS; cpu++)
			wait_got(cpu, 9, n);
		guest_assert_eq(load(&got[0][9]), 0);
		guest_assert_eq(load(&got[3][8]), 0);
	}
	stop_all();
}

static void sgi(void)
{
	struct vm *vm = vm_new();

	vcpu_new(vm, 0, guest_sgi, 0);
	for (int i = 1; i < CPUS; i++)
		vcpu_new(vm, i, guest_wait_stop, i);
	gic_new(vm);
	expect(vm_run(vm));
	vm_free(vm);
}

/* All send to all at the same time; every one sent alone (acknowledged before the next) arrives. */
static volatile u64 sent[CPUS];

static void guest_sgi_storm(u64 id)
{
	u64 next = (id + 1) % CPUS;

	start(id);
	guest_wait(load(&ready) == CPUS);
	for (u64 n = 1; n <= 100; n++) {
		gic_sgi(id, 1 << next);
		wait_got(next, id, n);
	}
	inc(&sent[0]);
	guest_wait(load(&sent[0]) == CPUS);
}

static void sgi_storm(void)
{
	struct vm *vm = vm_new();

	for (int i = 0; i < CPUS; i++)
		vcpu_new(vm, i, guest_sgi_storm, i);
	gic_new(vm);
	expect(vm_run(vm));
	vm_free(vm);
}

/* GICv2 tells who sent an SGI. */
static void guest_sgi_source(u64 id)
{
	start(id);
	guest_wait(load(&ready) == 2);
	if (id == 1) {
		gic_sgi(3, 1);
		guest_wait(load(&stop));
		return;
	}
	wait_got(0, 3, 1);
	guest_assert_eq(source[0], gic_version == 2 ? 1 : 0);
	gic_sgi(4, 1);
	wait_got(0, 4, 1);
	guest_assert_eq(source[0], 0);
	store(&stop, 1);
}

static void sgi_source(void)
{
	struct vm *vm = vm_new();

	vcpu_new(vm, 0, guest_sgi_source, 0);
	vcpu_new(vm, 1, guest_sgi_source, 1);
	gic_new(vm);
	expect(vm_run(vm));
	vm_free(vm);
}

/* By the guest's own hand: set pending, clear pending, enable, disable. */
static void by_register(u32 id)
{
	u64 n = load(&got[0][id]);

	gic_disable(id);
	gic_set_pending(id);
	guest_delay_us(100);
	guest_assert_eq(load(&got[0][id]), n);
	guest_assert(gic_is_pending(id));
	gic_clear_pending(id);
	guest_assert(!gic_is_pending(id));
	gic_enable(id);
	guest_delay_us(100);
	guest_assert_eq(load(&got[0][id]), n);
	gic_set_pending(id);
	wait_got(0, id, n + 1);
	guest_assert(!gic_is_pending(id));
	gic_disable(id);
	gic_set_pending(id);
	gic_enable(id);
	wait_got(0, id, n + 2);
}

static void guest_registers(u64 arg)
{
	start(0);
	for (u32 id = 16; id < 27; id++) {
		gic_set_edge(id, true);
		by_register(id);
	}
	for (u32 id = 32; id < GIC_NR_IRQS; id += 7) {
		gic_set_edge(id, true);
		gic_route(id, 0);
		by_register(id);
		/* Level-sensitive ones can be made pending by writing, too. */
		gic_disable(id);
		gic_set_edge(id, false);
		by_register(id);
	}
}

static void registers(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_registers, 0);

	gic_new(vm);
	expect(vcpu_finish(v));
	vm_free(vm);
}

/* The host raises a line; the guest says when it has seen it. */
static void guest_spi(u64 id)
{
	u64 total = 0, seen = 0;

	start(0);
	gic_set_edge(SPI, true);
	gic_route(SPI, 0);
	gic_enable(SPI);
	guest_wait(load(&ready) == CPUS);
	for (u64 n = 0; n < 16; n++) {
		gic_route(SPI, n % CPUS);
		guest_tell(1, 0, 0);
		total++;
		do {
			seen = 0;
			for (int cpu = 0; cpu < CPUS; cpu++)
				seen += load(&got[cpu][SPI]);
		} while (seen < total);
		guest_assert_eq(load(&got[n % CPUS][SPI]), n / CPUS + 1);
	}
	stop_all();
}

static void spi(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_spi, 0);
	struct ucall *uc;

	for (int i = 1; i < CPUS; i++)
		vcpu_new(vm, i, guest_wait_stop, i);
	gic_new(vm);
	for (int i = 1; i < CPUS; i++)
		vcpu_start(&vm->vcpu[i]);
	while ((uc = vcpu_ucall(v)) && uc->cmd == UCALL_SYNC) {
		require(!gic_spi(vm, SPI, 1));
		require(!gic_spi(vm, SPI, 0));
	}
	expect(uc);
	for (int i = 1; uc && i < CPUS; i++)
		expect(vcpu_join(&vm->vcpu[i]));
	vm_free(vm);
}

/* A PPI belongs to its vCPU. */
static void guest_ppi(u64 id)
{
	level_ppi = 1;
	start(id);
	gic_enable(20);
	guest_tell(1, 0, 0);
	guest_delay_us(500);
	guest_assert_eq(load(&got[id][20]), id == 1);
}

static void ppi(void)
{
	struct vm *vm = vm_new();

	for (int i = 0; i < 2; i++)
		vcpu_new(vm, i, guest_ppi, i);
	gic_new(vm);
	for (int i = 0; i < 2; i++)
		require(vcpu_ucall(&vm->vcpu[i]));
	require(!gic_ppi(vm, 1, 20, 1));
	for (int i = 0; i < 2; i++)
		expect(vcpu_finish(&vm->vcpu[i]));
	vm_free(vm);
}

/* Pending for one vCPU, disabled, routed to another, enabled: the other gets it. */
static void guest_reroute(u64 id)
{
	start(0);
	guest_wait(load(&ready) == CPUS);
	irq_off();
	for (u64 n = 1; n <= 10; n++) {
		u32 to = 1 + n % (CPUS - 1);
		u64 was = load(&got[to][SPI]);

		gic_disable(SPI);
		gic_set_edge(SPI, true);
		gic_route(SPI, 0);
		gic_enable(SPI);
		gic_set_pending(SPI);
		gic_disable(SPI);
		gic_route(SPI, to);
		gic_enable(SPI);
		wait_got(to, SPI, was + 1);
	}
	irq_on();
	guest_delay_us(100);
	guest_assert_eq(load(&got[0][SPI]), 0);
	stop_all();
}

static void reroute(void)
{
	struct vm *vm = vm_new();

	vcpu_new(vm, 0, guest_reroute, 0);
	for (int i = 1; i < CPUS; i++)
		vcpu_new(vm, i, guest_wait_stop, i);
	gic_new(vm);
	expect(vm_run(vm));
	vm_free(vm);
}

/* The distributor off, the CPU interface closed by the group enable: nothing comes, nothing is lost. */
static void guest_switches(u64 arg)
{
	u32 on;

	start(0);
	gic_set_edge(SPI, true);
	gic_route(SPI, 0);
	gic_enable(SPI);
	on = mmio_read32(GICD_GPA + GICD_CTLR);
	mmio_write32(GICD_GPA + GICD_CTLR, gic_version == 3 ? 1 << 4 : 0);
	gic_set_pending(SPI);
	guest_delay_us(200);
	guest_assert_eq(load(&got[0][SPI]), 0);
	guest_assert(gic_is_pending(SPI));
	mmio_write32(GICD_GPA + GICD_CTLR, on);
	/* KVM forgets what became pending meanwhile until it becomes pending once more. */
	if (quirks)
		gic_set_pending(SPI);
	wait_got(0, SPI, 1);
	if (gic_version == 3)
		sysreg_write_(ICC_IGRPEN1, 0);
	else
		mmio_write32(GICC_GPA, 0);
	isb();
	gic_set_pending(SPI);
	guest_delay_us(200);
	guest_assert_eq(load(&got[0][SPI]), 1);
	if (gic_version == 3)
		sysreg_write_(ICC_IGRPEN1, 1);
	else
		mmio_write32(GICC_GPA, 1);
	isb();
	wait_got(0, SPI, 2);
}

static void switches(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_switches, 0);

	quirks = on_kvm();
	gic_new(vm);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "SGIs to each, several, all others", sgi },
	{ "SGIs in a ring", sgi_storm },
	{ "the sender of an SGI", sgi_source },
	{ "pending and enable registers", registers },
	{ "SPIs, routed to each vCPU", spi },
	{ "PPIs", ppi },
	{ "routed anew while pending", reroute },
	{ "distributor and CPU interface off and on", switches },
};

TEST_MAIN(tests)
