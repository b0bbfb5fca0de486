// SPDX-License-Identifier: GPL-2.0
/*
 * irqfds and ioeventfds that come and go while they are signalled, while the guest ends their
 * interrupts, and while the routes change. There is little to expect but that nobody dies: what
 * goes wrong here, the host's dmesg tells.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "gic.h"

#define NR_FDS	4
#define GSI	10
#define NR_GSIS	3
#define KICK	(MMIO_GPA + 0x100)

static volatile int stop;
static volatile int fds[NR_FDS];
static struct vm *the_vm;

static void on_irq(struct guest_frame *f)
{
	u32 iar = gic_ack();

	if (gic_intid(iar) < 1020)
		gic_eoi(iar);
}

static void guest_loop(u64 unused)
{
	gic_init_dist();
	gic_init_cpu();
	guest_irq = on_irq;
	for (u32 i = 0; i < NR_GSIS; i++) {
		gic_set_edge(GSI + i + 32, i & 1);
		gic_route(GSI + i + 32, 0);
		gic_enable(GSI + i + 32);
	}
	irq_on();
	for (;;)
		mmio_write32(KICK, 1);
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;

	while (!stop)
		if (vcpu_run(v) || v->run->exit_reason != ARMVIRT_EXIT_MMIO)
			break;
	return NULL;
}

static void *signaller(void *unused)
{
	u64 n = 1;

	/* The descriptor may be closed at any moment, or be another one's by now. */
	for (u32 i = 0; !stop; i++)
		if (write(fds[i % NR_FDS], &n, 8) != 8 && errno != EBADF && errno != EAGAIN)
			break;
	return NULL;
}

static void *assigner(void *arg)
{
	struct rnd r = { .state = (uintptr_t)arg };

	while (!stop) {
		u32 slot = rnd_below(&r, NR_FDS);
		struct armvirt_irqfd i = {
			.fd = fds[slot],
			.gsi = GSI + rnd_below(&r, NR_GSIS),
			.flags = rnd_below(&r, 3),
			.resamplefd = fds[rnd_below(&r, NR_FDS)],
		};
		struct armvirt_ioeventfd io = {
			.addr = KICK, .len = 4, .fd = fds[slot],
			.flags = rnd_below(&r, 2) ? ARMVIRT_IOEVENTFD_FLAG_DEASSIGN : 0,
		};

		ioctl(the_vm->fd, ARMVIRT_IRQFD, &i);
		if (!rnd_below(&r, 4))
			ioctl(the_vm->fd, ARMVIRT_IOEVENTFD, &io);
		if (!rnd_below(&r, 8)) {
			int old = fds[slot];

			fds[slot] = eventfd(0, EFD_NONBLOCK);
			close(old);
		}
	}
	return NULL;
}

static void *router(void *unused)
{
	struct {
		struct armvirt_irq_routing head;
		struct armvirt_irq_routing_entry entry[NR_GSIS];
	} table = { .head.nr = NR_GSIS };
	struct rnd r = { .state = 7 };

	while (!stop) {
		for (u32 i = 0; i < NR_GSIS; i++) {
			table.entry[i].gsi = GSI + i;
			table.entry[i].type = ARMVIRT_IRQ_ROUTING_IRQCHIP;
			table.entry[i].u.irqchip.pin = GSI + rnd_below(&r, NR_GSIS);
		}
		expect(!ioctl(the_vm->fd, ARMVIRT_SET_GSI_ROUTING, &table));
		usleep(100);
	}
	return NULL;
}

static void ignore(int sig)
{
}

static void race(void)
{
	struct sigaction sa = { .sa_handler = ignore };
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_loop, 0);
	void *(*fn[])(void *) = { vcpu_thread, signaller, assigner, assigner, router };
	pthread_t thread[ARRAY_SIZE(fn)];

	the_vm = vm;
	sigaction(SIGUSR1, &sa, NULL);
	gic_new(vm);
	for (u32 i = 0; i < NR_FDS; i++)
		fds[i] = eventfd(0, EFD_NONBLOCK);
	for (u32 i = 0; i < ARRAY_SIZE(fn); i++)
		require(!pthread_create(&thread[i], NULL, fn[i], i ? (void *)(uintptr_t)i : v));
	sleep_ms(3000);
	stop = 1;
	/* The guest may have drowned in interrupts, and its writes need not exit. */
	while (pthread_tryjoin_np(thread[0], NULL)) {
		pthread_kill(thread[0], SIGUSR1);
		sleep_ms(1);
	}
	for (u32 i = 1; i < ARRAY_SIZE(fn); i++)
		pthread_join(thread[i], NULL);
	vm_free(vm);
}

/* The VM goes first, with signals on their way and descriptors closing. */
static void vm_goes(void)
{
	for (u32 round = 0; round < 50; round++) {
		struct vm *vm = vm_bare();
		pthread_t thread;

		require(!vcpu_init(vcpu_bare(vm, 0), 0));
		gic_new(vm);
		stop = 0;
		for (u32 i = 0; i < NR_FDS; i++) {
			struct armvirt_irqfd a = { .gsi = GSI + i };

			fds[i] = eventfd(0, EFD_NONBLOCK);
			a.fd = fds[i];
			require(!ioctl(vm->fd, ARMVIRT_IRQFD, &a));
		}
		require(!pthread_create(&thread, NULL, signaller, NULL));
		close(fds[0]);
		vm_free(vm);
		stop = 1;
		pthread_join(thread, NULL);
		for (u32 i = 1; i < NR_FDS; i++)
			close(fds[i]);
	}
}

static const struct test tests[] = {
	{ "assigned, signalled, routed and closed at once", race },
	{ "a VM ends while its irqfds are signalled", vm_goes },
};

TEST_MAIN(tests)
