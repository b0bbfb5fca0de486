// SPDX-License-Identifier: GPL-2.0
/*
 * Guests of ARMv7 that go wrong in every way they can: aborts inside aborts, page tables that point
 * outside memory, and random A32 and T32 instructions at PL1 and PL0. The VM may be lost, the host
 * not: RUN returns on a signal, and another VM works afterwards.
 */
#include <signal.h>
#include <sys/time.h>
#include "gic.h"

#define PAGE	4096UL
#define PAGES	16
#define CP15(...)	ARMVIRT_ARM_CP15_REG32(__VA_ARGS__)

static void on_alarm(int sig)
{
}

static void start_kicks(unsigned int us)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = { { 0, us }, { 0, us } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

/* Exception vectors that aren't there: the abort aborts, for ever. */
static void guest_recursive(u64 vbar)
{
	cp_write(15, 0, c12, c0, 0, vbar);
	isb();
	asm volatile("udf #0");
}

static void guest_no_stack(u64 sp)
{
	asm volatile("mov sp, %0\n\tudf #0" :: "r" ((u32)sp));
}

/* Tables elsewhere, in the format of long descriptors and of short ones. */
static void guest_bad_table(u64 table)
{
	cp_write64(15, 0, c2, table);
	isb();
	cp_write(15, 0, c8, c7, 0, 0);
	dsb();
	isb();
	mmio_read32(HEAP_GPA);
}

static void guest_short_table(u64 table)
{
	asm volatile("mcr p15, 0, %0, c2, c0, 0\n\tmcr p15, 0, %1, c2, c0, 2\n\tisb\n\t"
		     "mcr p15, 0, %1, c8, c7, 0\n\tdsb\n\tisb\n\tldr %1, [%2]"
		     :: "r" ((u32)table), "r" (0), "r" (HEAP_GPA) : "memory");
}

static void expect_eintr(void (*fn)(u64), u64 arg)
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

static void lost(void)
{
	static const u64 places[] = {
		TEST_GPA, MMIO_GPA, GICD_GPA, 0x70000000, 0, 0xfffff000, 0xff00000000, 0xfffffff000,
	};

	start_kicks(3000);
	for (int i = 0; i < ARRAY_SIZE(places); i++) {
		expect_eintr(guest_recursive, places[i]);
		expect_eintr(guest_no_stack, places[i]);
		expect_eintr(guest_bad_table, places[i]);
		expect_eintr(guest_short_table, places[i]);
	}
}

/* Loads and stores to MMIO that the CPU doesn't describe. */
static void guest_no_syndrome(u64 which)
{
	u32 a = MMIO_GPA;

	switch (which) {
	case 0:
		asm volatile("ldmia %0, {r2-r5}" :: "r" (a) : "r2", "r3", "r4", "r5", "memory");
		break;
	case 1:
		asm volatile("stmia %0!, {r2-r5}" : "+r" (a)
			     :: "r2", "r3", "r4", "r5", "memory");
		break;
	case 2:
		asm volatile("ldr r2, [%0], #8" : "+r" (a) :: "r2", "memory");
		break;
	case 3:
		asm volatile("ldrex r2, [%0]" :: "r" (a) : "r2", "memory");
		break;
	case 4:
		asm volatile("ldrd r2, r3, [%0]" :: "r" (a) : "r2", "r3", "memory");
		break;
	case 5:
		asm volatile(".fpu vfpv3\n\tvldr d0, [%0]" :: "r" (a) : "memory");
		break;
	case 6:
		asm volatile("ldr pc, [%0]" :: "r" (a) : "memory");
		break;
	default:
		guest_flush_line(a);
		guest_discard_line(a);
	}
}

static void no_syndrome(void)
{
	start_kicks(3000);
	for (u64 which = 0; which < 8; which++) {
		struct vm *vm = vm_new();
		int ret = vcpu_run(vcpu_new(vm, 0, guest_no_syndrome, which));

		/* Refused, given to user space, or an exception of the guest. */
		expect(ret == -ENOSYS || ret == -EINTR || ret == 0);
		vm_free(vm);
	}
}

/*
 * Random instructions. All of the guest's memory, its vectors too, is filled with words of a kind;
 * the vCPU starts somewhere in it, and whatever it does it is stopped by a signal.
 */
static u32 random_a32(struct rnd *r)
{
	u32 w = rnd64(r), cond = rnd_below(r, 3) ? 0xe0000000 : w & 0xf0000000;

	switch (rnd_below(r, 8)) {
	case 0:
		return cond | 0x0e000f10 | (w & 0x00fff0ef);	/* MRC, MCR p15 */
	case 1:
		return cond | 0x0c400e00 | (w & 0x001ff1ff);	/* MRRC, MCRR p14, p15 */
	case 2:
		return cond | 0x01000070 | (w & 0x00600f0f);	/* BKPT, HVC, SMC */
	case 3:
		return cond | 0x0320f000 | (w & 0xff);		/* hints: WFI, WFE.. */
	case 4:
		return 0xf0000000 | (w & 0x0fffffff);		/* CPS, SRS, RFE, NEON, barriers */
	case 5:
		return cond | 0x01000000 | (w & 0x00ffffff);	/* MRS, MSR, banked ones, BXJ, ERET */
	default:
		return cond | (w & 0x0fffffff);
	}
}

static u32 random_t32(struct rnd *r)
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

static void start_somewhere(struct vcpu *v, struct rnd *r, u32 cpsr)
{
	require(!vcpu_init(v, 0));
	for (int i = 0; i < 15; i++)
		vcpu_set_reg(v, REG_X(i), rnd_below(r, 2) ? (u32)rnd64(r) :
			     TEST_GPA + rnd_below(r, PAGES * PAGE));
	vcpu_set_reg(v, CORE_U32(svc_regs[0]), TEST_GPA + 8 * PAGE);
	vcpu_set_reg(v, CP15(0, 12, 0, 0), TEST_GPA + 4 * PAGE);
	vcpu_set_reg(v, CP15(0, 1, 0, 2), 0xf << 20);
	vcpu_set_reg(v, REG_PSTATE, cpsr);
	vcpu_set_reg(v, REG_PC, TEST_GPA + rnd_below(r, PAGES * PAGE) / 4 * 4);
}

static void random_code(bool thumb, u32 mode)
{
	struct rnd r = { .state = 1001 + mode * 2 + thumb };
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_no_stack, 0);
	u32 *m = vm_map(vm, TEST_SLOT, TEST_GPA, PAGES * PAGE, NULL);
	u64 end = now_ns() + 5000000000ULL;

	gic_try(vm);
	start_kicks(1500);
	for (int round = 0; round < 2000 && now_ns() < end; round++) {
		if (round % 4 == 0)
			for (u32 i = 0; i < PAGES * PAGE / 4; i++)
				m[i] = thumb ? random_t32(&r) : random_a32(&r);
		__builtin___clear_cache((char *)m, (char *)m + PAGES * PAGE);
		start_somewhere(v, &r, mode | (thumb ? 1 << 5 : 0) | rnd_below(&r, 16) << 28);
		for (int n = 0; n < 4; n++) {
			int ret = vcpu_run(v);

			if (ret && ret != -EINTR && ret != -ENOSYS && ret != -EFAULT) {
				fail("round %d: RUN gave %s", round, strerror(-ret));
				return;
			}
			if (ret || v->run->exit_reason != ARMVIRT_EXIT_MMIO)
				break;
		}
	}
	vm_free(vm);
}

static void a32_pl1(void)
{
	random_code(false, 0x13);
}

static void a32_pl0(void)
{
	random_code(false, 0x10);
}

static void t32_pl1(void)
{
	random_code(true, 0x13);
}

static void t32_pl0(void)
{
	random_code(true, 0x10);
}

static void guest_ok(u64 arg)
{
	for (u64 i = 0; i < 10; i++)
		guest_tell(i, guest_psci(PSCI_VERSION, 0, 0, 0), 0);
}

static void still_works(void)
{
	struct vm *vm = vm_new();

	expect(vcpu_finish(vcpu_new(vm, 0, guest_ok, 0)));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "without vectors, stack and tables", lost },
	{ "MMIO without a syndrome", no_syndrome },
	{ "random A32 at PL1", a32_pl1 },
	{ "random A32 at PL0", a32_pl0 },
	{ "random T32 at PL1", t32_pl1 },
	{ "random T32 at PL0", t32_pl0 },
	{ "a VM still works", still_works },
};

TEST_MAIN(tests)
