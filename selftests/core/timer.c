// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's virtual and physical timers: they fire once, not early and soon enough, whether the
 * vCPU runs, waits in WFI, is not being run at all, or has interrupts masked. Counters go forward.
 */
#include <unistd.h>
#include "gic.h"

static volatile u64 fired, fired_at;
static volatile bool physical;

static u64 now(void)
{
	isb();
	return physical ? sysreg_read64_(CNTPCT) : sysreg_read64_(CNTVCT);
}

static void set_ctl(u32 v)
{
	if (physical)
		sysreg_write_(CNTP_CTL, v);
	else
		sysreg_write_(CNTV_CTL, v);
	isb();
}

static u32 get_ctl(void)
{
	isb();
	return physical ? sysreg_read_(CNTP_CTL) : sysreg_read_(CNTV_CTL);
}

static void set_cval(u64 v)
{
	if (physical)
		sysreg_write64_(CNTP_CVAL, v);
	else
		sysreg_write64_(CNTV_CVAL, v);
}

static void set_tval(u32 v)
{
	if (physical)
		sysreg_write_(CNTP_TVAL, v);
	else
		sysreg_write_(CNTV_TVAL, v);
}

static u32 ppi(void)
{
	return physical ? PPI_PTIMER : PPI_VTIMER;
}

static void on_irq(struct guest_frame *f)
{
	u32 iar = gic_ack();

	if (gic_intid(iar) == SPURIOUS)
		return;
	guest_assert_eq(gic_intid(iar), ppi());
	guest_assert_eq(get_ctl() & 5, 5);
	fired_at = now();
	set_ctl(0);
	inc(&fired);
	gic_eoi(iar);
}

static void setup(u64 phys)
{
	physical = phys;
	gic_init_dist();
	gic_init_cpu();
	guest_irq = on_irq;
	gic_enable(ppi());
}

/* Fires this many microseconds from now; how it is waited for is up to the caller. */
static u64 arm(u64 us, bool tval)
{
	u64 at = now() + guest_us(us);

	if (tval)
		set_tval(guest_us(us));
	else
		set_cval(at);
	set_ctl(1);
	return at;
}

static void check_fired(u64 n, u64 at)
{
	guest_assert_eq(load(&fired), n);
	guest_assert(fired_at >= at);
	/* A loaded machine, emulated: only what is much too late is wrong. */
	guest_assert(fired_at < at + guest_us(2000000));
}

static void guest_spin(u64 phys)
{
	setup(phys);
	irq_on();
	for (u64 n = 1; n <= 40; n++) {
		u64 at = arm(n * 50, n & 1);

		while (load(&fired) < n && now() < at + guest_us(3000000))
			;
		check_fired(n, at);
	}
}

static void guest_wfi(u64 phys)
{
	setup(phys);
	for (u64 n = 1; n <= 40; n++) {
		u64 at = arm(n * 100, n & 1);

		/* Masked, so that the interrupt can't come between the test and WFI. */
		while (load(&fired) < n) {
			wfi();
			irq_on();
			irq_off();
		}
		check_fired(n, at);
	}
}

/* An emulated machine may raise an interrupt late, but not for a second. */
static void wait_fired(u64 n)
{
	u64 late = now() + guest_us(1000000);

	while (load(&fired) < n && now() < late)
		;
	guest_assert_eq(load(&fired), n);
}

/* A deadline that is past already, and one that never comes. */
static void guest_edges(u64 phys)
{
	setup(phys);
	irq_on();
	set_cval(0);
	set_ctl(1);
	wait_fired(1);
	/* Not ~0: QEMU's own timer would overflow and hang the machine. */
	set_cval(1ULL << 62);
	set_ctl(1);
	guest_delay_us(1000);
	guest_assert_eq(load(&fired), 1);
	guest_assert_eq(get_ctl() & 5, 1);
	/* Masked in the timer itself: status, no interrupt. */
	set_ctl(3);
	set_cval(0);
	guest_delay_us(1000);
	guest_assert_eq(load(&fired), 1);
	guest_assert_eq(get_ctl() & 7, 7);
	set_ctl(1);
	wait_fired(2);
	/* A negative TVAL is the past, too. */
	set_tval(-1000);
	set_ctl(1);
	wait_fired(3);
	/* Disabled before it fires, which even a busy machine manages within seconds. */
	arm(4000000, false);
	set_ctl(0);
	guest_delay_us(5000);
	guest_assert_eq(load(&fired), 3);
}

static void run_guest(void (*fn)(u64), bool phys)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, fn, phys);

	gic_new(vm);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static void spin_virtual(void)	{ run_guest(guest_spin, false); }
static void spin_physical(void)	{ run_guest(guest_spin, true); }
static void wfi_virtual(void)	{ run_guest(guest_wfi, false); }
static void wfi_physical(void)	{ run_guest(guest_wfi, true); }
static void edges_virtual(void)	{ run_guest(guest_edges, false); }
static void edges_physical(void)	{ run_guest(guest_edges, true); }

/* WFI without a GIC driver at work: a pending interrupt wakes even if the CPU masks it. */
static void guest_masked_wake(u64 arg)
{
	setup(arg);
	for (u64 n = 1; n <= 10; n++) {
		u64 at = arm(2000, false);

		while (now() < at)
			wfi();
		guest_assert_eq(load(&fired), n - 1);
		irq_on();
		wait_fired(n);
		irq_off();
	}
}

static void masked_wake(void)
{
	run_guest(guest_masked_wake, false);
}

/* Not being run: the interrupt is there when it is. */
static void guest_absent(u64 phys)
{
	u64 at;

	setup(phys);
	at = arm(5000, false);
	guest_tell(0, 0, 0);
	irq_on();
	wait_fired(1);
	check_fired(1, at);
}

static void absent(void)
{
	for (int phys = 0; phys < 2; phys++) {
		struct vm *vm = vm_new();
		struct vcpu *v = vcpu_new(vm, 0, guest_absent, phys);

		gic_new(vm);
		fired = 0;
		require(vcpu_ucall(v));
		sleep_ms(30);
		expect(vcpu_finish(v));
		vm_free(vm);
	}
}

static void guest_rate(u64 arg)
{
	for (;;)
		guest_tell(counter(), sysreg_read_(CNTFRQ), sysreg_read64_(CNTPCT));
}

/* Reads the guest's counter; when[] is the host's time before and after. */
static u64 sample(struct vcpu *v, u64 *frequency, u64 *when)
{
	struct ucall *uc;

	when[0] = now_ns();
	uc = vcpu_ucall(v);
	when[1] = now_ns();
	require(uc);
	*frequency = uc->arg[1];
	return uc->arg[0];
}

/* The guest's time and the host's run at the same rate, as far as can be told from outside. */
static void rate(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_rate, 0);
	u64 start[2], end[2], freq, t0, ns;

	sample(v, &freq, start);
	t0 = sample(v, &freq, start);
	sleep_ms(500);
	ns = (sample(v, &freq, end) - t0) * 1000000 / (freq / 1000);
	if (ns < (end[0] - start[1]) / 100 * 98 || ns > (end[1] - start[0]) / 100 * 102)
		fail("%llu to %llu ns on the host, %llu in the guest",
		     (unsigned long long)(end[0] - start[1]),
		     (unsigned long long)(end[1] - start[0]), (unsigned long long)ns);
	/* It starts near 0 with the VM. */
	expect(t0 < freq * 60);
	vm_free(vm);
}

static volatile u64 last;

static void guest_monotonic(u64 arg)
{
	for (int n = 0; n < 20000; n++) {
		u64 before = load(&last), t = counter();

		guest_assert(t >= before);
		/* Only ever forward. */
		while (before < t &&
		       !__atomic_compare_exchange_n(&last, &before, t, false, __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST))
			;
	}
}

static void monotonic(void)
{
	struct vm *vm = vm_new();

	for (int i = 0; i < 4; i++)
		vcpu_new(vm, i, guest_monotonic, 0);
	expect(vm_run(vm));
	vm_free(vm);
}

/* Setting the counter of one vCPU moves the whole VM's. */
static void set_counter(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_rate, 0), *w = vcpu_new(vm, 1, guest_rate, 0);
	u64 big = 1ULL << 45;
	struct ucall *uc;

	vcpu_set_reg(v, ARMVIRT_REG_ARM_TIMER_CNT, big);
	uc = vcpu_ucall(v);
	expect(uc && uc->arg[0] >= big && uc->arg[0] < big + (1ULL << 40));
	uc = vcpu_ucall(w);
	expect(uc && uc->arg[0] >= big && uc->arg[0] < big + (1ULL << 40));
	vm_free(vm);
}

/* Each of several waiting vCPUs gets its own interrupt. */
static volatile u64 fired_on[8];
static volatile int dist_ready;

static void on_irq_each(struct guest_frame *f)
{
	u32 iar = gic_ack();

	if (gic_intid(iar) == SPURIOUS)
		return;
	guest_assert_eq(gic_intid(iar), PPI_VTIMER);
	sysreg_write_(CNTV_CTL, 0);
	isb();
	fired_on[guest_cpu()->id]++;
	gic_eoi(iar);
}

static void guest_each(u64 id)
{
	if (id == 0) {
		gic_init_dist();
		store(&dist_ready, 1);
	}
	guest_wait(load(&dist_ready));
	gic_init_cpu();
	guest_irq = on_irq_each;
	gic_enable(PPI_VTIMER);
	for (u64 n = 1; n <= 30; n++) {
		sysreg_write64_(CNTV_CVAL, counter() + guest_us(200 + 70 * id));
		sysreg_write_(CNTV_CTL, 1);
		isb();
		while (fired_on[id] < n) {
			wfi();
			irq_on();
			irq_off();
		}
		guest_assert_eq(fired_on[id], n);
	}
}

static void several(void)
{
	struct vm *vm = vm_new();

	for (int i = 0; i < 4; i++)
		vcpu_new(vm, i, guest_each, i);
	gic_new(vm);
	expect(vm_run(vm));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "virtual timer, running", spin_virtual },
	{ "physical timer, running", spin_physical },
	{ "virtual timer, WFI", wfi_virtual },
	{ "physical timer, WFI", wfi_physical },
	{ "virtual timer, past and future deadlines", edges_virtual },
	{ "physical timer, past and future deadlines", edges_physical },
	{ "WFI with interrupts masked", masked_wake },
	{ "fires while the vCPU is not run", absent },
	{ "rate of the counter", rate },
	{ "counter is monotonic across vCPUs", monotonic },
	{ "setting the counter", set_counter },
	{ "four vCPUs waiting", several },
};

TEST_MAIN(tests)
