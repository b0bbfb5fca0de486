// SPDX-License-Identifier: GPL-2.0
/*
 * A VM that ends at the wrong moment: after every step of making it, with vCPUs running, with its
 * memory unmapped first, by kill -9. Nothing may hang, crash or stay.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gic.h"

static void guest_spin(u64 arg)
{
	for (u64 n = 0; ; n++) {
		mmio_write64(arg + n % 64 * 4096, n);
		if (n % 10000 == 0)
			guest_tell(n, 0, 0);
	}
}

static void guest_wfi(u64 arg)
{
	for (;;)
		wfi();
}

/* Makes a VM up to the given step; returns false when there is no such step. */
static bool build(int step)
{
	struct vm *vm = vm_bare();
	struct armvirt_create_device cd = {
		.type = ARMVIRT_DEV_TYPE_ARM_VGIC_V3, .flags = 0,
	};
	struct armvirt_irqfd irqfd = { .gsi = 4 };
	struct armvirt_ioeventfd io = { .addr = MMIO_GPA, .len = 4 };
	struct vcpu *v;

	if (step == 0)
		return true;
	vm_map(vm, TEST_SLOT, TEST_GPA, 64 * 4096, NULL);
	if (step == 1)
		return true;
	v = vcpu_bare(vm, 0);
	if (step == 2)
		return true;
	vcpu_init(v, 0);
	if (step == 3)
		return true;
	if (ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &cd)) {
		cd.type = ARMVIRT_DEV_TYPE_ARM_VGIC_V2;
		ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &cd);
	}
	if (step == 4)
		return true;
	irqfd.fd = io.fd = eventfd(0, 0);
	ioctl(vm->fd, ARMVIRT_IOEVENTFD, &io);
	ioctl(vm->fd, ARMVIRT_IRQFD, &irqfd);
	if (step == 5)
		return true;
	v->run->immediate_exit = 1;
	vcpu_run(v);
	if (step == 6)
		return true;
	vcpu_free(v);
	return step == 7;
}

static void every_step(void)
{
	for (int step = 0; ; step++) {
		int status;
		pid_t pid = fork();

		if (!pid)
			_exit(build(step) ? 0 : 2);
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
			return;
		expect_eq(status, 0);
	}
}

static void start_vm(struct vm *vm, int cpus)
{
	vm_map(vm, TEST_SLOT, TEST_GPA, 64 * 4096, NULL);
	for (int i = 0; i < cpus; i++)
		vcpu_new(vm, i, i & 1 ? guest_wfi : guest_spin, TEST_GPA);
	gic_try(vm);
	for (int i = 0; i < cpus; i++)
		vcpu_start(&vm->vcpu[i]);
}

static void killed(void)
{
	for (int n = 0; n < 20; n++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			start_vm(vm_new(), 1 + n % 4);
			pause();
			_exit(0);
		}
		sleep_ms(n * 10);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

/* exit() with vCPU threads in RUN. */
static void exited(void)
{
	for (int n = 0; n < 10; n++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			start_vm(vm_new(), 3);
			sleep_ms(n * 5);
			_exit(7);
		}
		waitpid(pid, &status, 0);
		expect(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	}
}

static void *run_until_error(void *arg)
{
	struct vcpu *v = arg;
	int ret;

	do {
		ret = vcpu_run(v);
	} while (!ret || ret == -EINTR);
	v->result = ret;
	return NULL;
}

/* The descriptors are closed under the running vCPUs; RUN holds its own. */
static void closed(void)
{
	for (int n = 0; n < 5; n++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			struct vm *vm = vm_new();
			pthread_t t[2];

			vm_map(vm, TEST_SLOT, TEST_GPA, 64 * 4096, NULL);
			for (int i = 0; i < 2; i++)
				vcpu_new(vm, i, i ? guest_wfi : guest_spin, TEST_GPA);
			gic_try(vm);
			for (int i = 0; i < 2; i++)
				pthread_create(&t[i], NULL, run_until_error, &vm->vcpu[i]);
			sleep_ms(10);
			close(vm->dev);
			close(vm->fd);
			close(vm->gic_fd);
			close(vm->vcpu[0].fd);
			close(vm->vcpu[1].fd);
			sleep_ms(10);
			_exit(7);
		}
		waitpid(pid, &status, 0);
		expect(WIFEXITED(status));
	}
}

/* All guest memory is unmapped while the vCPU runs: EFAULT, and then the end. */
static void unmapped(void)
{
	struct vm *vm = vm_new();
	char *m = vm_map(vm, TEST_SLOT, TEST_GPA, 64 * 4096, NULL);
	struct vcpu *v = vcpu_new(vm, 0, guest_spin, TEST_GPA);
	pthread_t t;

	require(!pthread_create(&t, NULL, run_until_error, v));
	sleep_ms(20);
	munmap(m, 64 * 4096);
	pthread_join(t, NULL);
	expect_eq(v->result, -EFAULT);
	vm_free(vm);
}

/* The run page goes away under a running vCPU; the kernel has its own mapping. */
static void run_page(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct vm *vm = vm_new();
		struct vcpu *v = vcpu_new(vm, 0, guest_wfi, 0);
		pthread_t t;

		gic_try(vm);
		pthread_create(&t, NULL, run_until_error, v);
		sleep_ms(20);
		munmap(v->run, 4096);
		sleep_ms(20);
		_exit(7);
	}
	waitpid(pid, &status, 0);
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* A child inherits the descriptors and outlives the parent's interest in them. */
static void inherited(void)
{
	struct vm *vm = vm_new();
	int status;
	pid_t pid;

	start_vm(vm, 1);
	pid = fork();
	if (!pid) {
		sleep_ms(100);
		_exit(0);
	}
	sleep_ms(20);
	if (!fork())
		_exit(0);
	waitpid(pid, &status, 0);
	expect_eq(status, 0);
}

/*
 * Every slot, also the one the code runs from. The guest gets aborts that it can't even handle, for
 * ever; RUN still ends with the next signal.
 */
static void on_alarm(int sig)
{
}

static void slots_deleted(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = { { 0, 200000 }, { 0, 200000 } };
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_spin, TEST_GPA);

	vm_map(vm, TEST_SLOT, TEST_GPA, 64 * 4096, NULL);
	require(vcpu_ucall(v));
	for (u32 slot = 0; slot <= TEST_SLOT; slot++)
		vm_set_slot(vm, slot, 0, 0, 0, NULL);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	expect_eq(vcpu_run(v), -EINTR);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "ended after every step", every_step },
	{ "kill -9 while running", killed },
	{ "exit while running", exited },
	{ "descriptors closed while running", closed },
	{ "memory unmapped while running", unmapped },
	{ "run page unmapped while running", run_page },
	{ "a child has the descriptors", inherited },
	{ "all slots deleted", slots_deleted },
};

TEST_MAIN(tests)
