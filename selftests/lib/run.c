// SPDX-License-Identifier: GPL-2.0
/* Running the vCPUs of a test, in the caller or in threads, and reading their ucalls. */
#include <stdio.h>
#include "vm.h"

typedef unsigned long long ull;

int vcpu_run(struct vcpu *v)
{
	return ioctl(v->fd, ARMVIRT_RUN, 0) < 0 ? -errno : 0;
}

struct ucall *vcpu_ucall_of(struct vcpu *v)
{
	struct armvirt_run *run = v->run;
	unsigned long gpa;

	if (run->exit_reason != ARMVIRT_EXIT_MMIO || run->mmio.phys_addr != UCALL_GPA ||
	    !run->mmio.is_write || run->mmio.len != sizeof(gpa))
		return NULL;
	memcpy(&gpa, run->mmio.data, sizeof(gpa));
	return vm_hva(v->vm, gpa);
}

static void explain_ucall(struct vcpu *v, struct ucall *uc)
{
	char *file, *what;

	if (uc->cmd == UCALL_EXCEPTION) {
		fail("vCPU %d: unexpected exception, vector %llu esr %#llx elr %#llx far %#llx spsr %#llx",
		     v->id, (ull)uc->arg[0], (ull)uc->arg[1], (ull)uc->arg[2], (ull)uc->arg[3],
		     (ull)uc->arg[4]);
		return;
	}
	file = vm_hva(v->vm, uc->arg[0]);
	what = vm_hva(v->vm, uc->arg[2]);
	test_fail(file ? file : "?", uc->arg[1], "vCPU %d: expected %s (%#llx, %#llx)", v->id,
		  what ? what : "?", (ull)uc->arg[3], (ull)uc->arg[4]);
}

static void explain_exit(struct vcpu *v)
{
	struct armvirt_run *run = v->run;
	char more[120] = "";

	if (run->exit_reason == ARMVIRT_EXIT_MMIO)
		snprintf(more, sizeof(more), ": MMIO %s of %u at %#llx",
			 run->mmio.is_write ? "write" : "read", run->mmio.len,
			 (ull)run->mmio.phys_addr);
	else if (run->exit_reason == ARMVIRT_EXIT_SYSTEM_EVENT)
		snprintf(more, sizeof(more), ": system event %u", run->system_event.type);
	fail("vCPU %d: unexpected exit %u%s, pc %#llx", v->id, run->exit_reason, more,
	     (ull)vcpu_reg(v, REG_PC));
}

void vcpu_explain(struct vcpu *v, int ret)
{
	struct ucall *uc = ret ? NULL : vcpu_ucall_of(v);

	if (ret)
		fail("vCPU %d: RUN: %s, exit reason %u, pc %#llx", v->id, strerror(-ret),
		     v->run->exit_reason, (ull)vcpu_reg(v, REG_PC));
	else if (uc)
		explain_ucall(v, uc);
	else
		explain_exit(v);
}

struct ucall *vcpu_ucall(struct vcpu *v)
{
	struct ucall *uc;
	int ret;

	do {
		ret = vcpu_run(v);
	} while (ret == -EINTR);
	v->result = ret;
	uc = ret ? NULL : vcpu_ucall_of(v);
	if (uc && (uc->cmd == UCALL_DONE || uc->cmd == UCALL_SYNC))
		return uc;
	vcpu_explain(v, ret);
	return NULL;
}

bool vcpu_finish(struct vcpu *v)
{
	struct ucall *uc;

	do {
		uc = vcpu_ucall(v);
		if (!uc)
			return false;
	} while (uc->cmd != UCALL_DONE);
	return true;
}

static void *thread_fn(void *arg)
{
	struct vcpu *v = arg;

	return vcpu_finish(v) ? v : NULL;
}

void vcpu_start(struct vcpu *v)
{
	require(!pthread_create(&v->thread, NULL, thread_fn, v));
}

bool vcpu_join(struct vcpu *v)
{
	void *ret = NULL;

	pthread_join(v->thread, &ret);
	return ret;
}

bool vm_run(struct vm *vm)
{
	bool good = true;

	for (int i = 0; i < MAX_CPUS; i++)
		if (vm->vcpu[i].vm)
			vcpu_start(&vm->vcpu[i]);
	for (int i = 0; i < MAX_CPUS; i++)
		if (vm->vcpu[i].vm)
			good &= vcpu_join(&vm->vcpu[i]);
	return good;
}
