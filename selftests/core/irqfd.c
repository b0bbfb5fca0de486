// SPDX-License-Identifier: GPL-2.0
/*
 * irqfd: eventfds that raise interrupts, with and without resampling, their routing, and what is
 * refused.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "gic.h"

#define GSI	10
#define SPI	(GSI + 32)

static int irqfd(struct vm *vm, int fd, u32 gsi, u32 flags, int resample)
{
	struct armvirt_irqfd i = {
		.fd = fd, .gsi = gsi, .flags = flags, .resamplefd = resample,
	};

	return ioctl(vm->fd, ARMVIRT_IRQFD, &i);
}

static void kick(int fd)
{
	u64 one = 1;

	require(write(fd, &one, 8) == 8);
}

static bool signalled(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static void errors(void)
{
	struct vm *vm = vm_bare();
	int fd = eventfd(0, 0), fd2 = eventfd(0, 0);

	require(!vcpu_init(vcpu_bare(vm, 0), 0));
	gic_new(vm);
	expect_err(irqfd(vm, -1, GSI, 0, 0), EBADF);
	expect_err(irqfd(vm, vm->fd, GSI, 0, 0), EINVAL);
	expect_err(irqfd(vm, fd, GSI, 1 << 5, 0), EINVAL);
	expect_eq(irqfd(vm, fd, GSI, 0, 0), 0);
	expect_err(irqfd(vm, fd, GSI, 0, 0), EBUSY);
	expect_err(irqfd(vm, fd, GSI + 1, 0, 0), EBUSY);
	expect_eq(irqfd(vm, fd2, GSI, 0, 0), 0);
	expect_eq(irqfd(vm, fd, GSI, ARMVIRT_IRQFD_FLAG_DEASSIGN, 0), 0);
	/* What isn't there can be taken away. */
	expect_eq(irqfd(vm, fd, GSI, ARMVIRT_IRQFD_FLAG_DEASSIGN, 0), 0);
	expect_eq(irqfd(vm, fd, GSI, 0, 0), 0);
	expect_err(irqfd(vm, fd, GSI, ARMVIRT_IRQFD_FLAG_RESAMPLE, -1), EBADF);
	vm_free(vm);
}

static void without_gic(void)
{
	struct vm *vm = vm_bare();
	int fd = eventfd(0, 0);

	expect_err(irqfd(vm, fd, GSI, 0, 0), EAGAIN);
	vm_free(vm);
}

static volatile u64 count;

static void on_irq(struct guest_frame *f)
{
	u32 iar = gic_ack();

	if (gic_intid(iar) != SPI)
		return;
	inc(&count);
	/* The "device" lowers its line; what resampling must find out. */
	mmio_write32(MMIO_GPA, 1);
	gic_eoi(iar);
}

static void guest_setup(u64 edge)
{
	gic_init_dist();
	gic_init_cpu();
	guest_irq = on_irq;
	gic_set_edge(SPI, edge);
	gic_route(SPI, 0);
	gic_enable(SPI);
	irq_on();
}

static void guest_count(u64 edge)
{
	guest_setup(edge);
	for (;;) {
		guest_delay_us(200);
		guest_tell(load(&count), 0, 0);
	}
}

/* Runs until the guest says how often it was interrupted. */
static u64 run_count(struct vcpu *v)
{
	for (;;) {
		struct ucall *uc;
		int ret = vcpu_run(v);

		if (!ret && v->run->exit_reason == ARMVIRT_EXIT_MMIO &&
		    v->run->mmio.phys_addr == MMIO_GPA)
			continue;
		uc = ret ? NULL : vcpu_ucall_of(v);
		if (uc && uc->cmd == UCALL_SYNC)
			return uc->arg[0];
		vcpu_explain(v, ret);
		die("no count from the guest");
	}
}

/* An eventfd may take a moment to arrive, through a worker of the kernel. */
static void expect_count(struct vcpu *v, u64 n)
{
	u64 late = now_ns() + 3000000000ULL, count;

	do {
		count = run_count(v);
	} while (count < n && now_ns() < late);
	expect_eq(count, n);
}

static void edge(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_count, 1);
	int fd = eventfd(0, 0), fd2 = eventfd(0, 0);

	gic_new(vm);
	require(!irqfd(vm, fd, GSI, 0, 0));
	require(!irqfd(vm, fd2, GSI, 0, 0));
	expect_count(v, 0);
	for (u64 n = 1; n < 10; n++) {
		kick(n & 1 ? fd : fd2);
		sleep_ms(1);
		expect_count(v, n);
	}
	require(!irqfd(vm, fd, GSI, ARMVIRT_IRQFD_FLAG_DEASSIGN, 0));
	kick(fd);
	sleep_ms(5);
	expect_count(v, 9);
	/* A closed eventfd is no irqfd any more. */
	close(fd2);
	expect_count(v, 9);
	vm_free(vm);
}

/* Signalled before it was made an irqfd: counts. */
static void early(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_count, 1);
	int fd = eventfd(0, 0);

	gic_new(vm);
	expect_count(v, 0);
	kick(fd);
	require(!irqfd(vm, fd, GSI, 0, 0));
	sleep_ms(20);
	expect_count(v, 1);
	vm_free(vm);
}

static void resample(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_count, 0);
	int fd = eventfd(0, 0), back = eventfd(0, EFD_NONBLOCK);
	u64 n;

	gic_new(vm);
	require(!irqfd(vm, fd, GSI, ARMVIRT_IRQFD_FLAG_RESAMPLE, back));
	expect_count(v, 0);
	for (u64 i = 1; i < 6; i++) {
		kick(fd);
		sleep_ms(2);
		/* The level falls at the end of interrupt, and only then are we told. */
		expect(!signalled(back, 0));
		expect_count(v, i);
		expect(signalled(back, 1000));
		expect(read(back, &n, 8) == 8);
		expect_count(v, i);
		expect(!signalled(back, 0));
	}
	vm_free(vm);
}

static void guest_wait_for(u64 n)
{
	guest_setup(1);
	guest_tell(0, 0, 0);
	while (load(&count) < n)
		wfi();
	guest_done();
}

/* Wakes a vCPU from WFI, from another thread. */
static void *kicker(void *arg)
{
	int fd = *(int *)arg;

	for (u64 n = 0; n < 100; n++) {
		u64 late = now_ns() + 2000000000ULL;

		while (load(&count) < n && now_ns() < late)
			usleep(50);
		kick(fd);
	}
	return NULL;
}

static void wakes(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_wait_for, 100);
	int fd = eventfd(0, 0);
	struct ucall *uc;
	pthread_t t;

	gic_new(vm);
	require(!irqfd(vm, fd, GSI, 0, 0));
	require(vcpu_ucall(v));
	require(!pthread_create(&t, NULL, kicker, &fd));
	for (;;) {
		int ret = vcpu_run(v);

		uc = ret ? NULL : vcpu_ucall_of(v);
		if (ret || (uc && uc->cmd != UCALL_SYNC))
			break;
	}
	expect(uc && uc->cmd == UCALL_DONE);
	pthread_join(t, NULL);
	expect_eq(count, 100);
	vm_free(vm);
}

static int route(struct vm *vm, u32 nr, u32 gsi, u32 type, u32 chip, u32 pin)
{
	struct armvirt_irq_routing *r = calloc(1, sizeof(*r) + sizeof(r->entries[0]));

	r->nr = nr;
	r->entries[0].gsi = gsi;
	r->entries[0].type = type;
	r->entries[0].u.irqchip.irqchip = chip;
	r->entries[0].u.irqchip.pin = pin;
	return ioctl(vm->fd, ARMVIRT_SET_GSI_ROUTING, r);
}

static void routing(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_count, 1);
	int fd = eventfd(0, 0);

	gic_new(vm);
	expect_err(route(vm, 1, 3, 7, 0, GSI), EINVAL);
	expect_err(route(vm, 1, 3, ARMVIRT_IRQ_ROUTING_IRQCHIP, 1, GSI), EINVAL);
	expect_err(route(vm, 1, 3, ARMVIRT_IRQ_ROUTING_IRQCHIP, 0, 5000), EINVAL);
	expect_err(route(vm, 1, 100000, ARMVIRT_IRQ_ROUTING_IRQCHIP, 0, GSI), EINVAL);
	expect_err(route(vm, 100000, 3, ARMVIRT_IRQ_ROUTING_IRQCHIP, 0, GSI), EINVAL);
	/* GSI 3 becomes what GSI 10 was. */
	require(!irqfd(vm, fd, 3, 0, 0));
	expect_count(v, 0);
	expect_eq(route(vm, 1, 3, ARMVIRT_IRQ_ROUTING_IRQCHIP, 0, GSI), 0);
	kick(fd);
	sleep_ms(5);
	expect_count(v, 1);
	expect_eq(route(vm, 0, 0, 0, 0, 0), 0);
	kick(fd);
	sleep_ms(5);
	expect_count(v, 1);
	vm_free(vm);
}

/* Closing the VM with irqfds in use, and signalling them afterwards. */
static void outlived(void)
{
	for (int i = 0; i < 20; i++) {
		struct vm *vm = vm_bare();
		int fd = eventfd(0, 0), back = eventfd(0, 0);

		require(!vcpu_init(vcpu_bare(vm, 0), 0));
		gic_new(vm);
		require(!irqfd(vm, fd, GSI, i & 1 ? ARMVIRT_IRQFD_FLAG_RESAMPLE : 0, back));
		kick(fd);
		vm_free(vm);
		kick(fd);
		close(fd);
		close(back);
	}
}

static const struct test tests[] = {
	{ "what is refused", errors },
	{ "without a GIC", without_gic },
	{ "edge-triggered", edge },
	{ "signalled before it was assigned", early },
	{ "level with resampling", resample },
	{ "wakes from WFI", wakes },
	{ "routing", routing },
	{ "an eventfd outlives its VM", outlived },
};

TEST_MAIN(tests)
