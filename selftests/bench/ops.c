// SPDX-License-Identifier: GPL-2.0
/*
 * What one operation of a guest costs, in instructions of the whole machine. Only meaningful in
 * QEMU with -icount shift=3, where an instruction is 8 ns of the counter that the guest reads.
 * Prints "bench: op NAME INSTRUCTIONS" lines; the loop itself (2 instructions) is included.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include "gic.h"

#define ROUNDS		2000
#define NS_PER_INSTR	8
#define IPI		5

static volatile u64 handled;

static u64 per_round(u64 ticks, u64 rounds)
{
	return ticks * (1000000000 / sysreg_read_(CNTFRQ)) / NS_PER_INSTR / rounds;
}

#define measure(op) ({							\
	u64 start_;							\
	for (int i_ = 0; i_ < 16; i_++)					\
		op;							\
	start_ = counter();						\
	for (int i_ = 0; i_ < ROUNDS; i_++)				\
		op;							\
	per_round(counter() - start_, ROUNDS); })

static void on_irq(struct guest_frame *f)
{
	u32 iar = gic_ack();

	if (gic_intid(iar) == PPI_VTIMER)
		sysreg_write_(CNTV_CTL, 2);
	gic_eoi(iar);
	handled++;
}

static void setup_irqs(void)
{
	guest_irq = on_irq;
	gic_init_dist();
	gic_init_cpu();
	gic_enable(IPI);
	gic_enable(PPI_VTIMER);
	irq_on();
}

static u64 self_ipi(void)
{
	u64 seen = handled;

	gic_sgi(IPI, 1);
	while (handled == seen)
		;
	return 0;
}

static u64 timer_irq(void)
{
	u64 seen = handled;

	sysreg_write_(CNTV_TVAL, 1);
	sysreg_write_(CNTV_CTL, 1);
	isb();
	while (handled == seen)
		;
	return 0;
}

static void operations(u64 arg)
{
	guest_tell(0, measure(guest_hvc(0x4b000000, 0, 0, 0)), 0);
	guest_tell(1, measure(guest_hvc(0x8b000000, 0, 0, 0)), 0);
	guest_tell(2, measure(guest_psci(PSCI_VERSION, 0, 0, 0)), 0);
	guest_tell(3, measure(mmio_read32(GICD_GPA + 8)), 0);
	guest_tell(4, measure(mmio_read32(MMIO_GPA)), 0);
	setup_irqs();
	guest_tell(5, measure(self_ipi()), 0);
	guest_tell(6, measure(timer_irq()), 0);
	guest_done();
}

static void take_interrupts(void)
{
	guest_irq = on_irq;
	gic_init_cpu();
	gic_enable(IPI);
	irq_on();
}

/* An IPI between two vCPUs on two CPUs. */
static volatile u64 ready;

static void answerer(u64 arg)
{
	take_interrupts();
	ready = 1;
	/* In QEMU a yield lets the other CPU have its turn at once. */
	for (;;)
		asm volatile("yield");
}

static void sender(u64 arg)
{
	u64 start;

	gic_init_dist();
	gic_init_cpu();
	guest_wait(load(&ready));
	start = counter();
	for (int i = 0; i < ROUNDS; i++) {
		u64 seen = load(&handled);

		gic_sgi(IPI, 2);
		while (load(&handled) == seen)
			asm volatile("yield");
	}
	guest_tell(7, per_round(counter() - start, ROUNDS), 0);
	guest_done();
}

/* Two vCPUs on one CPU, each asleep until the other's IPI. */
static volatile u64 turn;

static void sleep_until(u64 whose)
{
	irq_off();
	while (load(&turn) != whose) {
		wfi();
		irq_on();
		irq_off();
	}
	irq_on();
}

static void woken(u64 arg)
{
	take_interrupts();
	for (;;) {
		sleep_until(1);
		turn = 0;
		gic_sgi(IPI, 1);
	}
}

static void waker(u64 arg)
{
	u64 start = 0;

	gic_init_dist();
	take_interrupts();
	for (int i = -16; i < ROUNDS; i++) {
		if (!i)
			start = counter();
		turn = 1;
		gic_sgi(IPI, 2);
		sleep_until(0);
	}
	guest_tell(8, per_round(counter() - start, 2 * ROUNDS), 0);
	guest_done();
}

static const char *const name[] = {
	"hypercall", "hypercall-fast-call", "psci-version", "gicd-iidr-read", "mmio-read-by-vmm",
	"ipi-to-self", "virtual-timer", "ipi", "ipi-wakes-vcpu",
};

static void serve(struct vcpu *v)
{
	int ret = vcpu_run(v);

	while (!ret || ret == -EINTR) {
		struct ucall *uc = ret ? NULL : vcpu_ucall_of(v);

		if (uc && uc->cmd != UCALL_SYNC)
			return;
		if (uc)
			printf("bench: op %s %lu\n", name[uc->arg[0]], (unsigned long)uc->arg[1]);
		ret = vcpu_run(v);
	}
}

static void two_vcpus(void (*first)(u64), void (*second)(u64))
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, first, 0), *other = vcpu_new(vm, 1, second, 0);

	handled = 0;
	gic_new(vm);
	vcpu_start(other);
	serve(v);
}

int main(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, operations, 0);
	cpu_set_t one, all;

	setvbuf(stdout, NULL, _IOLBF, 0);
	gic_new(vm);
	serve(v);
	vm_free(vm);

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_getaffinity(0, sizeof(all), &all);
	sched_setaffinity(0, sizeof(one), &one);
	two_vcpus(waker, woken);
	sched_setaffinity(0, sizeof(all), &all);
	/* Last, since the one that answers never sleeps. */
	if (CPU_COUNT(&all) > 1)
		two_vcpus(sender, answerer);
	return 0;
}
