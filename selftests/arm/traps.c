// SPDX-License-Identifier: GPL-2.0
/*
 * What traps on ARMv7: coprocessor registers that aren't the guest's, every encoding of MRC to p14
 * and p15, cache operations by set and way, debug, performance monitors, implementation-defined
 * registers. Each is emulated or undefined, never the end of the VM.
 */
#include <fcntl.h>
#include <unistd.h>
#include "gic.h"
#include "insn.h"

static volatile u32 defined, undef, other, other_insn;

static void run_guest(void (*fn)(u64))
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, fn, vm_alloc(vm, 2));

	gic_try(vm);
	expect(vcpu_finish(v));
	vm_free(vm);
}

/*
 * QEMU's ARMv7 has neither HCR.TID3 nor, in 7.2, HCR.TIDCP: there the guest reads the machine's own
 * registers, whatever the hypervisor does.
 */
static bool emulated(void)
{
	char s[64] = "";
	int fd = open("/proc/device-tree/compatible", O_RDONLY);

	require(fd >= 0 && read(fd, s, sizeof(s) - 1) > 0);
	close(fd);
	return !strcmp(s, "linux,dummy-virt");
}

static bool is_undefined(u32 page, u32 insn)
{
	u32 pc = page;

	guest_catch();
	insn_run(page, insn, 0);
	return guest_caught() == 1 && guest_cpu()->elr == pc;
}

static u32 value_of(u32 page, u32 reg)
{
	u32 v;

	guest_catch();
	v = insn_run(page, INSN_MRC | reg, 0xdeadbeef);
	guest_assert_eq(guest_caught(), 0);
	return v;
}

/* Every op1, CRn, CRm, op2 there is of both coprocessors, in a scattered order, a part at a time. */
#define ENCODINGS	(2 * 8 * 16 * 16 * 8)
#define STEP		3

static void guest_all_mrc(u64 page)
{
	for (u32 i = 0; i < ENCODINGS; i += STEP) {
		u32 e = i * 0x9e35 % ENCODINGS;
		u32 insn = INSN_MRC | CPREG(14 | (e & 1), e >> 1 & 7, e >> 4 & 15, e >> 8 & 15, e >> 12);

		guest_catch();
		insn_run(page, insn, 0);
		if (!guest_caught()) {
			inc(&defined);
		} else if (guest_cpu()->elr == page) {
			inc(&undef);
		} else {
			inc(&other);
			other_insn = insn;
		}
	}
}

static void all_mrc(void)
{
	run_guest(guest_all_mrc);
	test_note("%d defined, %d undefined, %d other", (int)defined, (int)undef, (int)other);
	expect(defined > 15);
	expect(undef > 6000);
	if (!expect_eq(other, 0))
		test_note("the last of them %#x", (u32)other_insn);
}

static void guest_actlr(u64 page)
{
	const u32 actlr = CPREG(15, 0, 1, 0, 1);

	guest_assert_eq(value_of(page, actlr), 0x40);	/* SMP */
	guest_catch();
	insn_run(page, INSN_MCR | actlr, 0xffffffff);
	guest_assert_eq(guest_caught(), 0);
	guest_assert_eq(value_of(page, actlr), 0x40);
	/* PL0 hasn't. */
	guest_catch();
	insn_run_el0(page, INSN_MRC | actlr, 0);
	guest_assert_eq(guest_caught(), 1);
}

static void actlr(void)
{
	run_guest(guest_actlr);
}

static void guest_l2ctlr(u64 page)
{
	const u32 l2ctlr = CPREG(15, 1, 9, 0, 2);

	guest_tell(value_of(page, l2ctlr) >> 24 & 3, 0, 0);
	guest_catch();
	insn_run_el0(page, INSN_MRC | l2ctlr, 0);
	guest_assert_eq(guest_caught(), 1);
}

/* As many cores as the VM has, less one. */
static void l2ctlr(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_l2ctlr, vm_alloc(vm, 2));
	struct ucall *uc;

	for (int i = 1; i < 3; i++)
		vcpu_new(vm, i, guest_l2ctlr, 0);
	uc = vcpu_ucall(v);
	require(uc);
	if (emulated() && uc->arg[0] == sysconf(_SC_NPROCESSORS_CONF) - 1)
		test_note("L2CTLR is the machine's own");
	else
		expect_eq(uc->arg[0], 2);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static void guest_missing(u64 page)
{
	static const u32 regs[] = {
		CPREG(15, 0, 9, 12, 0), CPREG(15, 0, 9, 13, 0), CPREG(15, 0, 9, 14, 0),	/* PMU */
		CPREG(15, 0, 15, 0, 0), CPREG(15, 4, 15, 0, 0), CPREG(15, 0, 11, 0, 0),
		CPREG(14, 0, 0, 0, 4), CPREG(14, 0, 0, 0, 6), CPREG(14, 0, 1, 1, 4),	/* DBGBVR0.. */
		CPREG(14, 1, 0, 0, 0),				/* trace */
	};

	for (int i = 0; i < ARRAY_SIZE(regs); i++)
		if (!is_undefined(page, INSN_MRC | regs[i]))
			guest_assert_eq(regs[i], 0);
	guest_assert_eq(value_of(page, CPREG(14, 0, 0, 0, 0)), 0);		/* DBGDIDR */
	/* ThumbEE's, which a guest may save all the same. */
	guest_assert_eq(value_of(page, CPREG(14, 6, 0, 0, 0)), 0);		/* TEECR */
	guest_assert_eq(value_of(page, CPREG(14, 6, 1, 0, 0)), 0);		/* TEEHBR */
	/* LDC p14, c5, [r0] */
	guest_assert(is_undefined(page, 0xed905e00));
}

static void missing(void)
{
	run_guest(guest_missing);
}

static void guest_id(u64 page)
{
	guest_tell(value_of(page, CPREG(15, 0, 0, 1, 0)), value_of(page, CPREG(15, 0, 0, 1, 1)),
		   value_of(page, CPREG(15, 0, 0, 1, 2)));
}

/* What says that they are missing, to user space and to the guest. */
static void id_registers(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_id, vm_alloc(vm, 2));
	struct ucall *uc = vcpu_ucall(v);
	u32 id[3];

	require(uc);
	for (int i = 0; i < 3; i++)
		id[i] = vcpu_reg(v, ARMVIRT_ARM_CP15_REG32(0, 0, 1, i));
	expect_eq(id[0] >> 12 & 15, 0);		/* ID_PFR0: ThumbEE */
	expect_eq(id[1] >> 12 & 15, 0);		/* ID_PFR1: virtualization */
	expect_eq(id[2], 0x0f000000);		/* ID_DFR0: debug, trace; no PMU */
	if (emulated())
		test_note("the guest's ID_DFR0 is %#x, not looked at", (u32)uc->arg[2]);
	else
		for (int i = 0; i < 3; i++)
			expect_eq(uc->arg[i], id[i]);
	vm_free(vm);
}

/* DCISW, DCCSW, DCCISW: "all caches, now". What is in memory stays what it was. */
static void guest_set_way(u64 page)
{
	volatile u32 *p = (u32 *)((u32)page + 0x1000);

	for (u32 i = 0; i < 3; i++) {
		*p = 0x12345678 + i;
		guest_catch();
		insn_run(page, INSN_MCR | CPREG(15, 0, 7, i == 0 ? 6 : i == 1 ? 10 : 14, 2), 0);
		guest_assert_eq(guest_caught(), 0);
		guest_assert_eq(*p, 0x12345678 + i);
		/* The translation controls trap now, and work. */
		cp_write(15, 0, c13, c0, 1, 77 + i);
		guest_assert_eq(cp_read(15, 0, c13, c0, 1), 77 + i);
		cp_write(15, 0, c1, c0, 0, cp_read(15, 0, c1, c0, 0));
		isb();
	}
}

static void set_way(void)
{
	run_guest(guest_set_way);
}

/* VMRS of the ID registers traps; it gives what user space sees. */
static void guest_mvfr(u64 page)
{
	u32 mvfr0, mvfr1;

	asm volatile(".fpu vfpv3\n\tvmrs %0, mvfr0\n\tvmrs %1, mvfr1" : "=r" (mvfr0), "=r" (mvfr1));
	guest_tell(mvfr0, mvfr1, 0);
}

static void mvfr(void)
{
	const u64 vfp = ARMVIRT_REG_ARM | ARMVIRT_REG_SIZE_U32 | ARMVIRT_REG_ARM_VFP;
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_mvfr, 0);
	struct ucall *uc = vcpu_ucall(v);

	require(uc);
	expect_eq(uc->arg[0], vcpu_reg(v, vfp | ARMVIRT_REG_ARM_VFP_MVFR0));
	expect_eq(uc->arg[1], vcpu_reg(v, vfp | ARMVIRT_REG_ARM_VFP_MVFR1));
	vm_free(vm);
}

/* The physical timer is emulated; its interrupt needs no GIC to be seen in CTL. */
static void guest_ptimer(u64 page)
{
	u64 now = cp_read64(15, 0, c14);

	cp_write64(15, 2, c14, now + guest_us(1000));
	guest_assert_eq(cp_read64(15, 2, c14), now + guest_us(1000));
	cp_write(15, 0, c14, c2, 1, 3);
	guest_wait(cp_read(15, 0, c14, c2, 1) == 7);
	guest_assert(cp_read64(15, 0, c14) >= now + guest_us(1000));
	cp_write(15, 0, c14, c2, 0, guest_us(1000000));
	guest_assert_eq(cp_read(15, 0, c14, c2, 1), 3);
	cp_write(15, 0, c14, c2, 1, 0);
}

static void ptimer(void)
{
	run_guest(guest_ptimer);
}

static const struct test tests[] = {
	{ "every MRC", all_mrc },
	{ "ACTLR", actlr },
	{ "L2CTLR", l2ctlr },
	{ "what this machine does not have", missing },
	{ "ID registers", id_registers },
	{ "caches by set and way", set_way },
	{ "floating point's ID registers", mvfr },
	{ "the physical timer", ptimer },
};

TEST_MAIN(tests)
