// SPDX-License-Identifier: GPL-2.0
/*
 * What traps: system registers that aren't the guest's, every encoding of MRS, cache operations by
 * set and way, debug and PMU registers, implementation-defined ones. Each is emulated or undefined,
 * never the end of the VM, and always with the next instruction as the next instruction.
 */
#include "gic.h"
#include "insn.h"

static volatile u64 defined, undef, other, other_insn, other_esr;

static void run_guest(void (*fn)(u64), bool gic)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, fn, vm_alloc(vm, 1));

	if (gic)
		gic_try(vm);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static void count(u32 insn)
{
	if (!guest_caught()) {
		inc(&defined);
	} else if (ESR_EC(guest_cpu()->esr) == EC_UNKNOWN ||
		   ESR_EC(guest_cpu()->esr) == EC_SYSREG) {
		/* FEAT_IDST: an ID register that isn't there is said to be a trapped one. */
		inc(&undef);
	} else {
		inc(&other);
		other_insn = insn;
		other_esr = guest_cpu()->esr;
	}
}

/* Every op0, op1, crn, crm, op2 there is, in a scattered order, a part at a time. */
#define ENCODINGS	(2 * 8 * 16 * 16 * 8)
#define STEP		7

static void guest_all_mrs(u64 page)
{
	for (u64 i = 0; i < ENCODINGS; i += STEP) {
		u32 e = i * 0x9e35 % ENCODINGS;

		guest_catch();
		insn_run(page, INSN_MRS | 2 << 19 | e << 5, 0);
		count(INSN_MRS | 2 << 19 | e << 5);
	}
}

static void all_mrs(void)
{
	run_guest(guest_all_mrs, true);
	test_note("%d defined, %d undefined, %d other", (int)defined, (int)undef, (int)other);
	expect(defined > 15);
	expect(undef > 3000);
	if (!expect_eq(other, 0))
		test_note("the last of them %#x, esr %#x", (u32)other_insn, (u32)other_esr);
}

/* Registers of EL2 and EL3 don't exist at EL1. */
static void guest_higher(u64 page)
{
	static const u32 regs[] = {
		SYSREG(3, 4, 1, 1, 0), SYSREG(3, 4, 1, 0, 0), SYSREG(3, 4, 2, 1, 0),
		SYSREG(3, 4, 12, 0, 0), SYSREG(3, 4, 14, 0, 3), SYSREG(3, 4, 12, 11, 0),
		SYSREG(3, 4, 12, 12, 0), SYSREG(3, 4, 14, 2, 1), SYSREG(3, 4, 4, 0, 1),
		SYSREG(3, 6, 1, 1, 0), SYSREG(3, 6, 12, 12, 7), SYSREG(3, 5, 1, 0, 0),
		SYSREG(3, 4, 4, 1, 0), SYSREG(3, 6, 4, 1, 0), SYSREG(3, 4, 0, 0, 5),
	};

	for (int i = 0; i < ARRAY_SIZE(regs); i++) {
		guest_catch();
		insn_run(page, INSN_MRS | regs[i], 0);
		insn_run(page, INSN_MSR | regs[i], 0);
		if (guest_caught() != 2)
			guest_assert_eq(regs[i], 0);
		guest_assert_eq(ESR_EC(guest_cpu()->esr), EC_UNKNOWN);
	}
}

static void higher(void)
{
	run_guest(guest_higher, true);
}

static void guest_undefined(u64 page)
{
	static const u32 insns[] = {
		0x00000000, 0x0000ffff, 0x00001234, 0xffffffff, 0xd4000000, 0xe7f000f0,
		0x04000000, 0xd61f0c00, 0xfb600000, 0xc4000000,
	};

	for (int i = 0; i < ARRAY_SIZE(insns); i++) {
		guest_catch();
		insn_run(page, insns[i], 0);
		guest_caught();
	}
	guest_catch();
	insn_run(page, 0, 0);
	guest_assert_eq(guest_caught(), 1);
	guest_assert_eq(ESR_EC(guest_cpu()->esr), EC_UNKNOWN);
	guest_assert_eq(guest_cpu()->elr, page);
	/* HVC is a call, BRK and SVC are the guest's own. */
	guest_catch();
	asm volatile("brk #5");
	guest_assert_eq(guest_caught(), 1);
	guest_assert_eq(ESR_EC(guest_cpu()->esr), 0x3c);
	guest_catch();
	asm volatile("svc #6");
	guest_assert_eq(guest_caught(), 1);
	guest_assert_eq(guest_cpu()->esr & 0xffff, 6);
}

static void undefined(void)
{
	run_guest(guest_undefined, false);
}

static void guest_set_way(u64 page)
{
	u64 p = page;

	mmio_write64(p + 64, 0x1234);
	guest_catch();
	for (u64 way = 0; way < 4; way++) {
		u64 v = way << 30 | 3 << 6;

		asm volatile("dc isw, %0\n\tdc csw, %0\n\tdc cisw, %0\n\tdsb sy"
			     :: "r" (v) : "memory");
	}
	asm volatile("dc civac, %0\n\tdc cvac, %0\n\tdc cvau, %0\n\tic ivau, %0\n\tic iallu\n\t"
		     "ic ialluis\n\tdsb sy\n\tisb\n\ttlbi vmalle1is\n\ttlbi vmalle1\n\tdsb sy\n\tisb"
		     :: "r" (p + 64) : "memory");
	guest_assert_eq(guest_caught(), 0);
	guest_assert_eq(mmio_read64(p + 64), 0x1234);
	/* The same again, with caches going on and off, as a booting kernel does it. */
	sysreg_write(sctlr_el1, sysreg_read(sctlr_el1));
	isb();
	guest_assert_eq(mmio_read64(p + 64), 0x1234);
}

static void set_way(void)
{
	run_guest(guest_set_way, false);
}

/* Registers of the debug architecture answer, breakpoints included. */
static void guest_debug(u64 page)
{
	guest_catch();
	sysreg_write(mdscr_el1, 0);
	sysreg_write(oslar_el1, 0);
	sysreg_write(osdlr_el1, 0);
	isb();
	sysreg_read(oslsr_el1);
	sysreg_read(mdscr_el1);
	sysreg_write(dbgbvr0_el1, 0x1000);
	sysreg_write(dbgbcr0_el1, 0);
	sysreg_write(dbgwvr0_el1, 0x2000);
	sysreg_write(dbgwcr0_el1, 0);
	sysreg_read(dbgbvr0_el1);
	sysreg_read(dbgwcr0_el1);
	insn_run(page, INSN_MRS | SYSREG(2, 3, 0, 1, 0), 0);	/* MDCCSR_EL0 */
	sysreg_write(contextidr_el1, 5);
	guest_assert_eq(guest_caught(), 0);
}

static void debug(void)
{
	run_guest(guest_debug, false);
}

/* Without a PMU its registers are undefined; if it is shown, they aren't. */
static void guest_pmu(u64 page)
{
	u64 shown = sysreg_read(id_aa64dfr0_el1) >> 8 & 0xf, n;

	guest_catch();
	insn_run(page, INSN_MRS | SYSREG(3, 3, 9, 12, 0), 0);
	insn_run(page, INSN_MRS | SYSREG(3, 3, 9, 13, 0), 0);
	insn_run(page, INSN_MRS | SYSREG(3, 0, 9, 14, 1), 0);
	insn_run(page, INSN_MSR | SYSREG(3, 3, 9, 12, 1), 1);
	n = guest_caught();
	guest_assert(shown == 0 || shown == 0xf ? n == 4 || n == 0 : n == 0);
}

static void pmu(void)
{
	run_guest(guest_pmu, false);
}

/* Implementation-defined: op1 any, CRn 11 and 15. Undefined or ignored. */
static void guest_impdef(u64 page)
{
	for (u32 op1 = 0; op1 < 8; op1++) {
		for (u32 i = 0; i < 128; i += 3) {
			u32 crn = i & 1 ? 11 : 15;

			guest_catch();
			insn_run(page, INSN_MRS | SYSREG(3, op1, crn, i >> 3, i & 7), 0);
			guest_caught();
			guest_catch();
			insn_run(page, INSN_MSR | SYSREG(3, op1, crn, i >> 3, i & 7), ~0UL);
			guest_caught();
		}
	}
	/* SYS instructions of the same space. */
	for (u32 i = 0; i < 64; i++) {
		guest_catch();
		insn_run(page, 0xd5080000 | 15 << 12 | i << 5, 0);
		guest_caught();
	}
}

static void impdef(void)
{
	run_guest(guest_impdef, false);
}

/* TLBI, AT and other SYS encodings; AT leaves its answer in PAR. */
static void guest_sys(u64 page)
{
	u64 par;

	for (u64 i = 0; i < 0x4000; i += 13) {
		u32 e = i * 0x35 % 0x4000;
		u32 crn = e >> 7 & 15;

		/* Not DC IVAC and ISW (7, 6): they may take memory back to what it was. */
		if (crn == 7 && (e >> 3 & 15) == 6)
			continue;
		guest_catch();
		insn_run(page, 0xd5080000 | e << 5, page);
		guest_caught();
	}
	asm volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1" : "=r" (par) : "r" (page) : "memory");
	guest_assert_eq(par & 1, 0);
	guest_assert_eq(par & 0xfffffff000, page);
	asm volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1" : "=r" (par)
		     : "r" (0x7000000000) : "memory");
	guest_assert_eq(par & 1, 1);
}

static void sys(void)
{
	run_guest(guest_sys, false);
}

/* WFE, WFI with something pending, YIELD, SEV in a loop: they come back. */
static void guest_wait_insns(u64 page)
{
	for (int i = 0; i < 200; i++)
		asm volatile("sevl\n\twfe\n\tsev\n\twfe\n\tyield\n\thint #6\n\thint #20");
	/* WFE alone ends some day, if only because the host does other things. */
	sysreg_write(cntkctl_el1, 1 << 2 | 4 << 4);
	isb();
	for (int i = 0; i < 5; i++)
		asm volatile("wfe");
}

static void wait_insns(void)
{
	run_guest(guest_wait_insns, false);
}

/* The flags of a skipped instruction: single-step state and condition flags stay as they were. */
static void guest_flags(u64 page)
{
	u64 nzcv;

	asm volatile("mov x1, #0xf0000000\n\tmsr nzcv, x1\n\tmrs x1, actlr_el1\n\tmrs %0, nzcv"
		     : "=r" (nzcv) :: "x1", "cc");
	guest_assert_eq(nzcv, 0xf0000000);
	/* A trapped MRS to xzr, and an MSR from it. */
	asm volatile("mrs xzr, actlr_el1\n\tmsr actlr_el1, xzr" ::: "memory");
	/* All other registers are as before. */
	asm volatile("mov x9, #77\n\tmrs x8, actlr_el1\n\tmrs x8, oslsr_el1\n\tmov %0, x9"
		     : "=r" (nzcv) :: "x8", "x9");
	guest_assert_eq(nzcv, 77);
}

static void flags(void)
{
	run_guest(guest_flags, false);
}

static const struct test tests[] = {
	{ "a seventh of all MRS encodings", all_mrs, 120 },
	{ "registers of EL2 and EL3", higher },
	{ "undefined instructions", undefined },
	{ "cache operations by set and way", set_way },
	{ "debug registers", debug },
	{ "PMU registers", pmu },
	{ "implementation-defined registers", impdef },
	{ "SYS instructions", sys },
	{ "WFE and its like", wait_insns },
	{ "flags and other registers", flags },
};

TEST_MAIN(tests)
