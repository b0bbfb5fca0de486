// SPDX-License-Identifier: GPL-2.0
/* The host side of guests that go wrong; see hostile.h. */
#include <signal.h>
#include <sys/time.h>
#include "gic.h"
#include "hostile.h"

static void on_alarm(int sig)
{
}

void hostile_kicks(unsigned int us)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = { { 0, us }, { 0, us } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

void hostile_lost(void (*fn)(u64), u64 arg)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, fn, arg);
	int ret = 0;

	gic_try(vm);
	for (int i = 0; i < 6 && (!ret || ret == -EINTR); i++)
		ret = vcpu_run(v);
	/* Device accesses of a lost guest come out as MMIO or as "no syndrome". */
	expect(ret == 0 || ret == -EINTR || ret == -ENOSYS);
	vm_free(vm);
}

void hostile_no_syndrome(void (*fn)(u64), int n)
{
	hostile_kicks(3000);
	for (int which = 0; which < n; which++) {
		struct vm *vm = vm_new();
		int ret = vcpu_run(vcpu_new(vm, 0, fn, which));

		/* Refused, given to user space, or an exception of the guest. */
		expect(ret == -ENOSYS || ret == -EINTR || ret == 0);
		vm_free(vm);
	}
}

static void guest_ok(u64 arg)
{
	for (u64 i = 0; i < 10; i++)
		guest_tell(i, guest_psci(PSCI_VERSION, 0, 0, 0), 0);
}

void hostile_still_works(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_ok, 0);

	for (u64 i = 0; i < 10; i++) {
		struct ucall *uc = vcpu_ucall(v);

		require(uc);
		expect_eq(uc->arg[0], i);
	}
	expect(vcpu_finish(v));
	vm_free(vm);
}

static void start_somewhere(struct vcpu *v, const struct hostile_code *c, struct rnd *r)
{
	/* With bit 4 it is a mode of AArch32. */
	int bits = c->pstate & 0x10 ? 32 : 40;

	require(!vcpu_init(v, c->features));
	for (int i = 0; i < REG_NR_X; i++)
		vcpu_set_reg(v, REG_X(i), rnd_below(r, 2) ? rnd64(r) >> (64 - bits) :
			     TEST_GPA + rnd_below(r, HOSTILE_SIZE));
	if (c->stacks)
		c->stacks(v, TEST_GPA + HOSTILE_SIZE / 2);
	vcpu_set_reg(v, REG_VBAR, TEST_GPA + HOSTILE_SIZE / 4);
	/* FP in three of four. */
	vcpu_set_reg(v, REG_CPACR, rnd_below(r, 4) ? 0xf << 20 : 0);
	vcpu_set_reg(v, REG_PSTATE, c->pstate | rnd_below(r, 16) << 28);
	vcpu_set_reg(v, REG_PC, TEST_GPA + rnd_below(r, HOSTILE_SIZE) / 4 * 4);
}

/* Goes on after an exit to user space, for some times. */
static int run_some(struct vcpu *v)
{
	int ret = 0;

	for (int n = 0; n < 4; n++) {
		ret = vcpu_run(v);
		if (ret || v->run->exit_reason != ARMVIRT_EXIT_MMIO)
			break;
	}
	return ret;
}

void hostile_random(struct vcpu *v, const struct hostile_code *c)
{
	struct rnd r = { .state = 1001 + c->pstate };
	u32 *m = vm_map(v->vm, HOSTILE_SLOT, TEST_GPA, HOSTILE_SIZE, NULL);
	u64 end = now_ns() + 5000000000ULL;

	gic_try(v->vm);
	hostile_kicks(1500);
	for (int round = 0; round < 2000 && now_ns() < end; round++) {
		int ret;

		if (round % 4 == 0)
			for (int i = 0; i < HOSTILE_SIZE / 4; i++)
				m[i] = c->word(&r);
		__builtin___clear_cache((char *)m, (char *)m + HOSTILE_SIZE);
		start_somewhere(v, c, &r);
		ret = run_some(v);
		if (ret && ret != -EINTR && ret != -ENOSYS && ret != -EFAULT) {
			fail("round %d: RUN gave %s", round, strerror(-ret));
			return;
		}
		if (c->check)
			c->check(v);
	}
}

u32 random_a32(struct rnd *r)
{
	u32 w = rnd64(r), cond = rnd_below(r, 3) ? 0xe0000000 : w & 0xf0000000;

	switch (rnd_below(r, 11)) {
	case 0:
		return cond | 0x0e000e10 | (w & 0x00fff1ef);	/* MRC, MCR p14, p15 */
	case 1:
		return cond | 0x0c400e00 | (w & 0x001ff1ff);	/* MRRC, MCRR p14, p15 */
	case 2:
		return cond | 0x01000070 | (w & 0x00600f0f);	/* BKPT, HVC, SMC */
	case 3:
		return cond | 0x0320f000 | (w & 0xff);		/* hints: WFI, WFE.. */
	case 4:
		return 0xf0000000 | (w & 0x0fffffff);	/* CPS, SRS, RFE, SETEND, NEON, barriers */
	case 5:
		return cond | 0x01000000 | (w & 0x00ffffff);	/* MRS, MSR, banked ones, BXJ, ERET */
	case 6:
		return cond | 0x04000000 | (w & 0x03ffffff);	/* loads and stores */
	case 7:
		return cond | 0x0c000a00 | (w & 0x03fff1ff);	/* VFP */
	default:
		return cond | (w & 0x0fffffff);
	}
}

u32 random_t32(struct rnd *r)
{
	u32 w = rnd64(r);

	switch (rnd_below(r, 6)) {
	case 0:
		return 0x0f10ee00 | (w & 0xf0ef00ff);		/* MRC, MCR p15 */
	case 1:
		return 0x8000f380 | (w & 0x7fff007f);		/* MSR, hints, CPS, ERET, SMC, HVC */
	case 2:
		return 0xbf00 | (w & 0xffff00ff);		/* IT and hints */
	case 3:
		return 0xe800 | (w & 0xffff07ff);		/* exclusives, pairs, multiples */
	default:
		return w;
	}
}
