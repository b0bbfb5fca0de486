// SPDX-License-Identifier: GPL-2.0
/*
 * How a vCPU is stopped from outside: signals, immediate_exit, the signal mask; in running code,
 * in WFI and with an MMIO access half done.
 */
#include <linux/keyctl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gic.h"

static volatile int stop;
static volatile u64 spins;

static void guest_spin(u64 arg)
{
	while (!load(&stop))
		store(&spins, spins + 1);
}

static void guest_mmio(u64 a)
{
	for (u64 n = 0; ; n++) {
		guest_tell(mmio_read32(a), n, 0);
		mmio_write16(a + 4, n);
	}
}

static void guest_wfi(u64 arg)
{
	for (;;)
		wfi();
}

static void on_signal(int sig)
{
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
}

static void immediate_exit(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_spin, 0);

	v->run->exit_reason = 1234;
	v->run->immediate_exit = 1;
	for (int i = 0; i < 10; i++)
		expect_eq(vcpu_run(v), -EINTR);
	expect_eq(spins, 0);
	v->run->immediate_exit = 0;
	store(&stop, 1);
	expect(vcpu_finish(v));
	vm_free(vm);
}

/* The access of the last exit is completed, nothing else. */
static void immediate_exit_mmio(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_mmio, MMIO_GPA);
	struct ucall *uc;
	u64 pc;

	expect_eq(vcpu_run(v), 0);
	expect_eq(v->run->exit_reason, ARMVIRT_EXIT_MMIO);
	expect_eq(v->run->mmio.phys_addr, MMIO_GPA);
	expect_eq(v->run->mmio.len, 4);
	expect_eq(v->run->mmio.is_write, 0);
	pc = vcpu_reg(v, REG_PC);
	*(u32 *)v->run->mmio.data = 0x89abcdef;
	v->run->immediate_exit = 1;
	expect_eq(vcpu_run(v), -EINTR);
	expect_eq(vcpu_reg(v, REG_PC), pc + 4);
	expect_eq(vcpu_run(v), -EINTR);
	expect_eq(vcpu_reg(v, REG_PC), pc + 4);
	v->run->immediate_exit = 0;
	uc = vcpu_ucall(v);
	expect(uc && uc->arg[0] == 0x89abcdef && uc->arg[1] == 0);
	expect_eq(vcpu_run(v), 0);
	expect_eq(v->run->mmio.phys_addr, MMIO_GPA + 4);
	expect_eq(v->run->mmio.len, 2);
	expect_eq(v->run->mmio.is_write, 1);
	expect_eq(vcpu_run(v), 0);
	expect_eq(v->run->mmio.phys_addr, MMIO_GPA);
	vm_free(vm);
}

/* Once more after a while, should the first come before RUN has begun. */
static void arm_timer(unsigned int us)
{
	struct itimerval t = { .it_value.tv_usec = us, .it_interval.tv_usec = 50000 };

	setitimer(ITIMER_REAL, &t, NULL);
}

static void running(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_spin, 0);

	catch_signals();
	for (int i = 0; i < 20; i++) {
		arm_timer(3000);
		expect_eq(vcpu_run(v), -EINTR);
		expect_eq(v->run->exit_reason, ARMVIRT_EXIT_INTR);
	}
	/* On a busy machine a signal may come before the guest's first instruction, not always. */
	expect(spins);
	store(&stop, 1);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static void waiting(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_wfi, 0);

	gic_new(vm);
	catch_signals();
	for (int i = 0; i < 20; i++) {
		u64 start = now_ns();

		arm_timer(5000);
		expect_eq(vcpu_run(v), -EINTR);
		expect_eq(v->run->exit_reason, ARMVIRT_EXIT_INTR);
		expect(now_ns() - start < 2000000000ULL);
	}
	vm_free(vm);
}

static void powered_off(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_off(vm, 0, guest_spin, 0);

	catch_signals();
	for (int i = 0; i < 5; i++) {
		arm_timer(3000);
		expect_eq(vcpu_run(v), -EINTR);
	}
	expect_eq(spins, 0);
	vm_free(vm);
}

/* A signal that is pending already: the guest does not run at all. */
static void pending(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_spin, 0);
	struct {
		struct armvirt_signal_mask m;
		u64 set;
	} __attribute__((packed)) mask = { .m.len = 8, .set = 0 };
	sigset_t block;

	catch_signals();
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, NULL);
	/* In RUN nothing is blocked. */
	expect_eq(ioctl(v->fd, ARMVIRT_SET_SIGNAL_MASK, &mask), 0);
	raise(SIGUSR1);
	expect_eq(vcpu_run(v), -EINTR);
	expect_eq(v->run->exit_reason, ARMVIRT_EXIT_INTR);
	expect_eq(spins, 0);
	mask.m.len = 7;
	expect_err(ioctl(v->fd, ARMVIRT_SET_SIGNAL_MASK, &mask), EINVAL);
	/* Without a mask the signal stays blocked and the guest runs. */
	expect_eq(ioctl(v->fd, ARMVIRT_SET_SIGNAL_MASK, NULL), 0);
	raise(SIGUSR1);
	store(&stop, 1);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static void *kicker(void *arg)
{
	pthread_t t = *(pthread_t *)arg;

	while (!load(&stop)) {
		pthread_kill(t, SIGUSR1);
		sleep_ms(1);
	}
	return NULL;
}

static void guest_work(u64 a)
{
	u64 *p = (u64 *)(uintptr_t)a, sum = 0;

	for (u64 i = 0; i < 100000; i++) {
		p[i % 512] = i;
		sum += p[i % 512];
		if (i % 1000 == 0)
			guest_tell(i, sum, 0);
	}
	guest_tell(~0ULL, sum, 0);
}

/* A storm of signals loses no state of the guest. */
static void storm(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_work, vm_alloc(vm, 1));
	pthread_t self = pthread_self(), t;
	u64 sum = 0, i = 0;
	struct ucall *uc;

	catch_signals();
	require(!pthread_create(&t, NULL, kicker, &self));
	for (;;) {
		uc = vcpu_ucall(v);
		require(uc && uc->cmd == UCALL_SYNC);
		if (uc->arg[0] == ~0ULL)
			break;
		expect_eq(uc->arg[0], i);
		i += 1000;
	}
	for (i = 0; i < 100000; i++)
		sum += i;
	expect_eq(uc->arg[1], sum);
	store(&stop, 1);
	pthread_join(t, NULL);
	vm_free(vm);
}

/* A keyring that only its task's credentials hold is gone as soon as the task has another. */
static bool old_keyring_there(void)
{
	FILE *f = fopen("/proc/keys", "r");
	bool there = false;
	char line[256];

	while (f && !there && fgets(line, sizeof(line), f))
		there = strstr(line, "armvirt-old");
	if (f)
		fclose(f);
	return there;
}

/* Gives its parent a new session keyring, which the kernel does as work for the parent's task. */
static int give_keyring(void)
{
	int ret = 1;

	usleep(200000);
	if (old_keyring_there() && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 &&
	    !syscall(SYS_keyctl, KEYCTL_SESSION_TO_PARENT))
		ret = 2;
	for (int i = 0; ret == 2 && i < 250; i++) {
		usleep(20000);
		if (!old_keyring_there())
			ret = 0;
	}
	kill(getppid(), SIGUSR1);
	return ret;
}

/* A guest that never leaves doesn't put off what the kernel does for the task. */
static void task_work(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_spin, 0);
	int status;
	pid_t child;

	catch_signals();
	store(&stop, 0);
	/* From here on nothing is opened: a file would hold it, too. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "armvirt-old") < 0)
		test_skip("the kernel has no keyrings");
	child = fork();
	require(child >= 0);
	if (!child)
		_exit(give_keyring());
	/* It is not seen here: only the signal is. */
	expect_eq(vcpu_run(v), -EINTR);
	expect_eq(v->run->exit_reason, ARMVIRT_EXIT_INTR);
	require(waitpid(child, &status, 0) == child);
	require(WIFEXITED(status));
	if (WEXITSTATUS(status) == 1)
		test_skip("the kernel gives no keyring to a parent");
	expect_eq(WEXITSTATUS(status), 0);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "immediate_exit", immediate_exit },
	{ "immediate_exit completes MMIO", immediate_exit_mmio },
	{ "a signal while the guest runs", running },
	{ "a signal while the guest waits", waiting },
	{ "a signal while the vCPU is off", powered_off },
	{ "pending signals and SET_SIGNAL_MASK", pending },
	{ "many signals", storm },
	{ "the kernel's work for the task", task_work },
};

TEST_MAIN(tests)
