// SPDX-License-Identifier: GPL-2.0
/*
 * SErrors that user space makes pending (on ARMv7 asynchronous aborts): the guest has none while it
 * masks them, then one, and GET_VCPU_EVENTS tells which of the two it is.
 */
#include "vm.h"

#define ISS		0x1ffffff	/* the part of a syndrome that can be chosen */

static volatile u64 taken, status;

static bool on_serror(struct guest_frame *f)
{
	if (!frame_is_serror(f))
		return false;
	taken++;
	status = f->esr;
	return true;
}

/* Unmasks them for as long as it takes. */
static void guest_let_in(void)
{
	serror_on();
	for (int n = 0; !taken && n < 100000; n++)
		asm volatile("" ::: "memory");
	serror_off();
}

static void guest_take(u64 wait)
{
	guest_tell(0, 0, 0);			/* one becomes pending */
	guest_delay_us(1000);
	guest_psci(PSCI_VERSION, 0, 0, 0);
	if (wait)
		wfi();				/* it ends this, masked or not */
	guest_tell(taken, 0, 0);
	guest_let_in();
	guest_tell(taken, status, 0);
	serror_on();
	guest_delay_us(1000);
	guest_assert_eq(taken, 1);		/* and there is no other */
}

static void take(bool has_esr, u64 esr)
{
	struct vm *vm = vm_new();
	/* KVM before 6.17 waits for something else. */
	struct vcpu *v = vcpu_new(vm, 0, guest_take, !on_kvm());
	struct armvirt_vcpu_events ev;
	struct ucall *uc;

	guest_sync = on_serror;
	require(vcpu_ucall(v));
	expect_eq(vcpu_events(v).exception.serror_pending, 0);
	vcpu_inject_serror(v, has_esr, esr);
	uc = vcpu_ucall(v);
	require(uc);
	expect_eq(uc->arg[0], 0);
	ev = vcpu_events(v);
	expect_eq(ev.exception.serror_pending, 1);
	if (has_esr)
		expect_eq(ev.exception.serror_esr, esr);
	uc = vcpu_ucall(v);
	require(uc);
	expect_eq(uc->arg[0], 1);
	if (has_esr)
		expect_eq(uc->arg[1] & ISS, esr);
	ev = vcpu_events(v);
	expect_eq(ev.exception.serror_pending, 0);
	expect_eq(ev.exception.serror_esr, 0);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static void plain(void)
{
	take(false, 0);
}

static void with_syndrome(void)
{
	if (!serror_takes_syndrome())
		test_skip("this CPU takes no syndrome");
	take(true, 0);
	taken = 0;
	take(true, 0x1234c11);
}

/* It is the vCPU's: neither another one's, nor anybody's after a reset. */
static void guest_none(u64 arg)
{
	guest_let_in();
	guest_assert_eq(taken, 0);
}

static void mine(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_take, 0), *w = vcpu_new(vm, 1, guest_none, 0);

	guest_sync = on_serror;
	vcpu_inject_serror(v, false, 0);
	expect_eq(vcpu_events(w).exception.serror_pending, 0);
	require(vcpu_ucall(v));
	expect(vcpu_finish(w));
	expect_eq(vcpu_events(v).exception.serror_pending, 1);
	vcpu_restart(v, guest_none, 0);
	if (!on_kvm()) {		/* which sometimes, as in 6.12, keeps it */
		expect_eq(vcpu_events(v).exception.serror_pending, 0);
		expect(vcpu_finish(v));
	}
	vm_free(vm);
}

static void refused(struct vcpu *v, const struct armvirt_vcpu_events *ev)
{
	expect_err(ioctl(v->fd, ARMVIRT_SET_VCPU_EVENTS, ev), EINVAL);
	expect_eq(vcpu_events(v).exception.serror_pending, 0);
}

static void bad(void)
{
	bool takes_esr = serror_takes_syndrome();
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_none, 0);
	struct armvirt_vcpu_events ev = { .exception.serror_pending = 1 };

	expect(dev_cap(ARMVIRT_CAP_VCPU_EVENTS) > 0);
	for (int i = 0; i < ARRAY_SIZE(ev.reserved); i++) {
		ev.reserved[i] = 1U << i;
		refused(v, &ev);
		ev.reserved[i] = 0;
	}
	for (int i = 0; i < ARRAY_SIZE(ev.exception.pad); i++) {
		ev.exception.pad[i] = 0x80;
		refused(v, &ev);
		ev.exception.pad[i] = 0;
	}
	/* A syndrome of more than there is, or any where there is none. */
	ev.exception.serror_has_esr = 1;
	ev.exception.serror_esr = takes_esr ? ISS + 1 : 0;
	refused(v, &ev);
	ev.exception.serror_esr = 1ULL << 63;
	refused(v, &ev);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "masked, then taken", plain },
	{ "with a syndrome", with_syndrome },
	{ "one vCPU's, until its reset", mine },
	{ "what is refused", bad },
};

TEST_MAIN(tests)
