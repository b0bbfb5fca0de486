// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's thread: run, look why it came back, run again. Exits that concern the machine as a whole
 * end it through machine_end(); this file decides nothing about what happens then.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "armvirt.h"
#include "vmm.h"

/* Only to make ARMVIRT_RUN return; immediate_exit covers a kick that comes just before it. */
#define KICK_SIGNAL	SIGRTMIN

static void on_kick(int sig)
{
	(void)sig;
}

/* One line with what one needs to look further. */
static void vcpu_fail(struct vcpu *v, const char *what)
{
	struct err e;

	err_set(&e, "vCPU %u can't go on at pc %#llx: %s", v->id,
		(unsigned long long)av_vcpu_pc(&v->av), what);
	machine_end(v->vm, END_ERROR, &e);
}

static void exit_mmio(struct vcpu *v)
{
	struct armvirt_run *run = v->av.run;

	device_mmio(v->vm, run->mmio.phys_addr, run->mmio.data, run->mmio.len,
		    run->mmio.is_write);
}

static void exit_system_event(struct vcpu *v)
{
	char why[64];

	switch (v->av.run->system_event.type) {
	case ARMVIRT_SYSTEM_EVENT_SHUTDOWN:
		machine_end(v->vm, END_POWEROFF, NULL);
		break;
	case ARMVIRT_SYSTEM_EVENT_RESET:
		machine_end(v->vm, END_RESET, NULL);
		break;
	case ARMVIRT_SYSTEM_EVENT_CRASH:
		machine_end(v->vm, END_CRASH, NULL);
		break;
	case ARMVIRT_SYSTEM_EVENT_WAKEUP:
	case ARMVIRT_SYSTEM_EVENT_SUSPEND:
		break;		/* not asked for; going on is what the guest expects */
	default:
		snprintf(why, sizeof(why), "system event %u is unknown",
			 v->av.run->system_event.type);
		vcpu_fail(v, why);
	}
}

static void exit_shutdown(struct vcpu *v)
{
	machine_end(v->vm, END_POWEROFF, NULL);
}

static void exit_fail_entry(struct vcpu *v)
{
	char why[80];

	snprintf(why, sizeof(why), "the CPU refused to enter the guest (reason %#llx)",
		 (unsigned long long)v->av.run->fail_entry.hardware_entry_failure_reason);
	vcpu_fail(v, why);
}

static void exit_internal_error(struct vcpu *v)
{
	char why[80];

	snprintf(why, sizeof(why), "internal error %u of the hypervisor; see dmesg",
		 v->av.run->internal.suberror);
	vcpu_fail(v, why);
}

static void exit_nothing(struct vcpu *v)
{
	(void)v;
}

static const struct {
	u32 reason;
	void (*fn)(struct vcpu *v);
} exits[] = {
	{ ARMVIRT_EXIT_MMIO, exit_mmio },
	{ ARMVIRT_EXIT_INTR, exit_nothing },
	{ ARMVIRT_EXIT_SYSTEM_EVENT, exit_system_event },
	{ ARMVIRT_EXIT_SHUTDOWN, exit_shutdown },
	{ ARMVIRT_EXIT_FAIL_ENTRY, exit_fail_entry },
	{ ARMVIRT_EXIT_INTERNAL_ERROR, exit_internal_error },
	{ ARMVIRT_EXIT_UNKNOWN, exit_nothing },
};

static void handle_exit(struct vcpu *v)
{
	char why[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(exits); i++) {
		if (exits[i].reason == v->av.run->exit_reason) {
			exits[i].fn(v);
			return;
		}
	}
	snprintf(why, sizeof(why), "exit reason %u is unknown", v->av.run->exit_reason);
	vcpu_fail(v, why);
}

static void run_error(struct vcpu *v, int err)
{
	char why[160];

	switch (err) {
	case ENOSYS:
		snprintf(why, sizeof(why), "an access outside memory, near %#llx, that the CPU "
					   "does not describe",
			 (unsigned long long)v->av.run->mmio.phys_addr);
		break;
	case EFAULT:
		snprintf(why, sizeof(why), "the host has no memory left for the guest");
		break;
	default:
		snprintf(why, sizeof(why), "%s", strerror(err));
	}
	vcpu_fail(v, why);
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;
	sigset_t set;
	char name[16];
	int ret;

	/* All other signals stay blocked, as inherited: they are for the loop thread's signalfd. */
	sigemptyset(&set);
	sigaddset(&set, KICK_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	snprintf(name, sizeof(name), "vcpu%u", v->id);
	pthread_setname_np(pthread_self(), name);

	while (!atomic_load(&v->vm->stopping)) {
		ret = av_run(&v->av);
		if (ret == -EINTR || ret == -EAGAIN)
			continue;
		if (ret < 0) {
			run_error(v, -ret);
			break;
		}
		handle_exit(v);
		if (atomic_load(&v->vm->end) != END_NONE)
			break;
	}
	return NULL;
}

int vcpu_start(struct vcpu *v, struct err *e)
{
	struct sigaction sa = { .sa_handler = on_kick };
	int ret;

	/* No SA_RESTART: the point is that RUN returns. */
	sigaction(KICK_SIGNAL, &sa, NULL);
	ret = pthread_create(&v->thread, NULL, vcpu_thread, v);
	if (ret)
		return err_set(e, "can't start a thread for vCPU %u: %s", v->id, strerror(ret));
	v->started = true;
	return 0;
}

/*
 * vm->stopping is already set. A thread that read it before will find immediate_exit at its next
 * RUN; one that is inside gets the signal. Nothing clears immediate_exit, so no kick can be lost.
 */
void vcpu_kick(struct vcpu *v)
{
	if (!v->started)
		return;
	__atomic_store_n(&v->av.run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	pthread_kill(v->thread, KICK_SIGNAL);
}

void vcpu_join(struct vcpu *v)
{
	if (v->started)
		pthread_join(v->thread, NULL);
	v->started = false;
}
