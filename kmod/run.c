// SPDX-License-Identifier: GPL-2.0
/*
 * The run loop: one vCPU thread in ARMVIRT_RUN.  Preemption stays off while a vCPU is loaded on a
 * CPU; whatever may sleep (stage-2 faults, WFI, exits to the VMM) is done after it was put.  Every
 * handler answers by one rule: > 0 guest goes on, 0 VMM looks at the run page, < 0 errno for it.
 */
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>

#include "armvirt.h"

static unsigned int halt_poll_us = 10;
module_param(halt_poll_us, uint, 0644);
MODULE_PARM_DESC(halt_poll_us, "how long a vCPU that waits for an interrupt polls before it sleeps (us)");

/* --- waiting ---------------------------------------------------------------- */

static bool vm_over(struct av_vm *vm)
{
	return READ_ONCE(vm->dead) || READ_ONCE(av_shutting_down);
}

static bool should_wake(struct av_vcpu *vcpu)
{
	return READ_ONCE(vcpu->requests) || vm_over(vcpu->vm) ||
	       vgic_pending(vcpu) || timer_due(vcpu) || arch_vcpu_event_pending(vcpu);
}

/* A wake-up within microseconds is cheaper to wait for than to be scheduled for. */
static bool poll_briefly(struct av_vcpu *vcpu)
{
	ktime_t end = ktime_add_us(ktime_get(), min(halt_poll_us, 200U));

	while (!need_resched() && ktime_before(ktime_get(), end)) {
		if (should_wake(vcpu))
			return true;
		cpu_relax();
	}
	return false;
}

/** run_block - WFI: sleep, the vCPU put, until it has something to do, or there is a signal */
void run_block(struct av_vcpu *vcpu)
{
	if (should_wake(vcpu) || (halt_poll_us && poll_briefly(vcpu)))
		return;
	timer_block(vcpu);
	rcuwait_wait_event(&vcpu->wait, should_wake(vcpu), TASK_INTERRUPTIBLE);
	timer_unblock(vcpu);
}

static bool is_runnable(struct av_vcpu *vcpu)
{
	return READ_ONCE(vcpu->mp_state) == ARMVIRT_MP_STATE_RUNNABLE;
}

/* --- one stay on a CPU ------------------------------------------------------ */

/*
 * A signal or the kernel's own work for this task: its group's limit of CPU time (6.18), NUMA
 * balancing, keyctl.  The flag alone is set by every switch, for restartable sequences.
 */
static bool user_space_is_due(void)
{
	return signal_pending(current) ||
	       (test_thread_flag(TIF_NOTIFY_RESUME) && READ_ONCE(current->task_works));
}

/* Only an interrupt to be seen by vgic_flush() is no reason to put the vCPU. */
static bool may_stay(struct av_vcpu *vcpu)
{
	return !(READ_ONCE(vcpu->requests) & ~BIT(VCPU_REQ_IRQ)) && !need_resched() &&
	       !user_space_is_due() && arch_vmid_current(vcpu) && !vm_over(vcpu->vm);
}

/*
 * Interrupts off.  From here on a kick sends an IPI, and the IPI ends the guest at once; what was
 * asked before is seen in this check.  The full barrier pairs with the one in vcpu_kick(): either
 * we see the request or it sees IN_GUEST.
 */
static bool may_enter(struct av_vcpu *vcpu)
{
	smp_store_mb(vcpu->mode, VCPU_IN_GUEST);
	return !READ_ONCE(vcpu->requests) && may_stay(vcpu);
}

/* Returns how the guest was left, HYP_EXIT_*, or -1 if it was not entered. */
static int enter_once(struct av_vcpu *vcpu)
{
	int exit = -1;

	local_irq_disable();
	if (test_bit(VCPU_REQ_IRQ, &vcpu->requests)) {
		clear_bit(VCPU_REQ_IRQ, &vcpu->requests);
		/* Whoever sets it after this has made the interrupt pending before. */
		smp_mb__after_atomic();
	}
	timer_sync(vcpu);
	vgic_flush(vcpu);
	if (likely(may_enter(vcpu)))
		exit = arch_vcpu_enter(vcpu);
	WRITE_ONCE(vcpu->mode, VCPU_OUTSIDE);
	vgic_fold(vcpu);
	/* The interrupt that ended the guest is taken here. */
	local_irq_enable();
	return exit;
}

/* Can the guest be entered again without the vCPU being put? */
static bool stays(struct av_vcpu *vcpu, int exit)
{
	switch (exit) {
	case -1:
		return may_stay(vcpu);
	case HYP_EXIT_IRQ:
		/* Taken by now.  Who wants the CPU, RCU included, has set need_resched. */
		return true;
	case HYP_EXIT_FP:
		arch_vcpu_claim_fp(vcpu);
		return true;
	case HYP_EXIT_SYNC:
		return arch_handle_exit_fast(vcpu, exit) > 0;
	}
	return false;
}

static void load(struct av_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->cpu, smp_processor_id());
	arch_vcpu_load(vcpu);
	timer_load(vcpu);
	vgic_load(vcpu);
}

static void put(struct av_vcpu *vcpu)
{
	arch_vcpu_gic_put(vcpu);
	vgic_put(vcpu);
	timer_put(vcpu);
	arch_vcpu_put(vcpu);
	WRITE_ONCE(vcpu->cpu, -1);
}

/* Returns HYP_EXIT_*, or -1 if nothing is left to be handled. */
static int run_on_this_cpu(struct av_vcpu *vcpu)
{
	int exit;

	preempt_disable();
	if (!arch_cpu_ready()) {
		/* The CPU is going down and will not have us for long. */
		preempt_enable();
		schedule_timeout_uninterruptible(1);
		return -1;
	}
	arch_vm_load_vmid(vcpu);
	load(vcpu);
	do {
		exit = enter_once(vcpu);
	} while (stays(vcpu, exit));
	put(vcpu);
	if (exit == HYP_EXIT_BUG)
		host_report_bug(vcpu);
	preempt_enable();
	return exit;
}

/* --- the loop ---------------------------------------------------------------- */

static int run_once(struct av_vcpu *vcpu)
{
	int exit;

	if (vm_over(vcpu->vm)) {
		vcpu->run->exit_reason = ARMVIRT_EXIT_INTERNAL_ERROR;
		vcpu->run->internal.suberror = ARMVIRT_INTERNAL_ERROR_EMULATION;
		vcpu->run->internal.ndata = 0;
		return -EIO;
	}
	if (test_and_clear_bit(VCPU_REQ_RESET, &vcpu->requests))
		psci_apply_reset(vcpu);
	clear_bit(VCPU_REQ_STOP, &vcpu->requests);
	cond_resched();
	if (user_space_is_due()) {
		vcpu->run->exit_reason = ARMVIRT_EXIT_INTR;
		return signal_pending(current) ? -EINTR : -ERESTARTNOHAND;
	}
	if (!is_runnable(vcpu)) {
		/* Powered off: until PSCI CPU_ON, or the VMM, or a signal. */
		rcuwait_wait_event(&vcpu->wait,
				   is_runnable(vcpu) || vm_over(vcpu->vm) ||
				   (READ_ONCE(vcpu->requests) & ~BIT(VCPU_REQ_IRQ)),
				   TASK_INTERRUPTIBLE);
		return 1;
	}
	exit = run_on_this_cpu(vcpu);
	if (exit == HYP_EXIT_SYNC || exit == HYP_EXIT_SERROR)
		return arch_handle_exit(vcpu, exit);
	return 1;
}

static int first_run(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;
	int ret;

	if (vcpu->ran)
		return 0;
	mutex_lock(&vm->lock);
	ret = vgic_first_run(vcpu) ?: timer_first_run(vcpu);
	if (!ret) {
		vm->ran = true;
		vcpu->ran = true;
	}
	mutex_unlock(&vm->lock);
	return ret;
}

static void swap_sigmask(struct av_vcpu *vcpu, bool enter)
{
	if (!vcpu->sigset_active)
		return;
	if (enter) {
		sigprocmask(SIG_SETMASK, &vcpu->sigset, &current->real_blocked);
	} else {
		sigprocmask(SIG_SETMASK, &current->real_blocked, NULL);
		sigemptyset(&current->real_blocked);
	}
}

/**
 * run_vcpu - ARMVIRT_RUN
 * @vcpu: its mutex is held
 * First completes an MMIO access that the VMM has served, even if immediate_exit is set then.
 * Return: 0 with run->exit_reason set; -EINTR, -ENOEXEC, -EIO, -EFAULT, ...
 */
int run_vcpu(struct av_vcpu *vcpu)
{
	struct armvirt_run *run = vcpu->run;
	int ret;

	if (!vcpu->inited)
		return -ENOEXEC;
	ret = first_run(vcpu);
	if (ret)
		return ret;
	abort_finish_mmio(vcpu);
	if (READ_ONCE(run->immediate_exit))
		return -EINTR;

	swap_sigmask(vcpu, true);
	run->exit_reason = ARMVIRT_EXIT_UNKNOWN;
	run->flags = 0;
	do {
		ret = run_once(vcpu);
	} while (ret > 0);
	swap_sigmask(vcpu, false);
	/* By the kernel's handling of signals: if there is none by then the call is repeated. */
	if (ret == -ERESTARTNOHAND)
		set_thread_flag(TIF_SIGPENDING);
	return ret;
}
