// SPDX-License-Identifier: GPL-2.0
/*
 * Guests that go wrong in every way they can: jumps to nowhere, aborts inside aborts, page tables that
 * point outside memory, and random instructions at EL1 and EL0. The VM may be lost, the host not:
 * RUN returns on a signal, and another VM works afterwards.
 */
#include "gic.h"
#include "hostile.h"

/* Addresses that aren't memory, fetched from, read and written. Instruction aborts come back. */
static void guest_nowhere(u64 arg)
{
	static const u64 nowhere[] = {
		TEST_GPA, MMIO_GPA, 0xf00000000, 0x20000000, GICD_GPA, UCALL_GPA,
	};

	for (int i = 0; i < ARRAY_SIZE(nowhere); i++) {
		guest_catch();
		((void (*)(void))nowhere[i])();
		guest_assert_eq(guest_caught(), 1);
		guest_assert_eq(ESR_EC(guest_cpu()->esr), EC_IABT_CUR);
		guest_assert_eq(guest_cpu()->far, nowhere[i]);
	}
	/* Not mapped by the guest's own tables: its own fault. */
	guest_catch();
	mmio_read64(0x7000000000);
	guest_assert_eq(guest_caught(), 1);
	guest_assert_eq(ESR_EC(guest_cpu()->esr), EC_DABT_CUR);
	/* Not aligned. */
	guest_catch();
	((void (*)(void))(TEST_GPA + 2))();
	guest_assert_eq(guest_caught(), 1);
	/* Alignment comes first; QEMU sees the missing memory first. */
	guest_assert(ESR_EC(guest_cpu()->esr) == EC_PC_ALIGN ||
		     ESR_EC(guest_cpu()->esr) == EC_IABT_CUR);
}

static void nowhere(void)
{
	struct vm *vm = vm_new();

	expect(vcpu_finish(vcpu_new(vm, 0, guest_nowhere, 0)));
	vm_free(vm);
}

/* Exception vectors that aren't there: the abort aborts, for ever. */
static void guest_recursive(u64 vbar)
{
	sysreg_write(vbar_el1, vbar);
	isb();
	asm volatile(".inst 0");
}

static void guest_no_stack(u64 sp)
{
	asm volatile("mov sp, %0\n\t.inst 0" :: "r" (sp));
}

static void recursive(void)
{
	static const u64 places[] = {
		TEST_GPA, MMIO_GPA, GICD_GPA, 0x7000000000, 0, 0xffff000000000000, 0x1f00000000,
	};

	hostile_kicks(3000);
	for (int i = 0; i < ARRAY_SIZE(places); i++) {
		hostile_lost(guest_recursive, places[i]);
		hostile_lost(guest_no_stack, places[i]);
	}
}

/* A page table somewhere else: outside memory, in the GIC, in memory full of pointers to both. */
static void guest_bad_table(u64 table)
{
	asm volatile("msr ttbr0_el1, %0\n\tisb\n\ttlbi vmalle1\n\tdsb sy\n\tisb\n\tldr x0, [%1]"
		     :: "r" (table), "r" (HEAP_GPA) : "x0", "memory");
}

static void bad_tables(void)
{
	static const u64 tables[] = {
		TEST_GPA, MMIO_GPA, GICD_GPA, 0xff00000000, 0x8000000000, 0xfffffff000, 0,
	};

	hostile_kicks(3000);
	for (int i = 0; i < ARRAY_SIZE(tables); i++)
		hostile_lost(guest_bad_table, tables[i]);
}

/* Loads and stores to MMIO that the CPU doesn't describe: pairs, writeback, exclusives, atomics. */
static void guest_no_syndrome(u64 which)
{
	u64 a = MMIO_GPA;

	switch (which) {
	case 0:
		asm volatile("ldp x1, x2, [%0]" :: "r" (a) : "x1", "x2", "memory");
		break;
	case 1:
		asm volatile("stp x1, x2, [%0]" :: "r" (a) : "memory");
		break;
	case 2:
		asm volatile("ldr x1, [%0], #8" : "+r" (a) :: "x1", "memory");
		break;
	case 3:
		asm volatile("ldxr x1, [%0]" :: "r" (a) : "x1", "memory");
		break;
	case 4:
		asm volatile("stxr w1, x2, [%0]" :: "r" (a) : "x1", "memory");
		break;
	case 5:
		asm volatile("dc zva, %0" :: "r" (a) : "memory");
		break;
	case 6:
		asm volatile(".inst 0x3dc00001 | 0 << 5" ::: "memory");	/* ldr q1, [x0] */
		break;
	default:
		asm volatile("dc civac, %0\n\tdc ivac, %0" :: "r" (a) : "memory");
	}
}

static void no_syndrome(void)
{
	hostile_no_syndrome(guest_no_syndrome, 8);
}

static u32 random_word(struct rnd *r)
{
	u32 w = rnd64(r);

	switch (rnd_below(r, 6)) {
	case 0:
		return 0xd5000000 | (w & 0x3fffff);		/* MSR, MRS, SYS, hints */
	case 1:
		return 0xd4000000 | (w & 0xffffff);		/* SVC, HVC, SMC, BRK */
	case 2:
		return 0x38000000 | (w & 0xc7ffffff);		/* loads and stores */
	case 3:
		return 0x08000000 | (w & 0xf7ffffff);		/* exclusives, pairs, atomics */
	case 4:
		return 0xd61f0000 | (w & 0x7fffff);		/* BR, RET, ERET */
	default:
		return w;
	}
}

static void stacks(struct vcpu *v, u64 top)
{
	vcpu_set_reg(v, REG_SP, top);
	vcpu_set_reg(v, CORE_U64(sp_el1), top);
}

static void random_code(u64 pstate)
{
	const struct hostile_code code = {
		.word = random_word,
		.pstate = pstate,
		.stacks = stacks,
	};
	struct vm *vm = vm_new();

	hostile_random(vcpu_bare(vm, 0), &code);
	vm_free(vm);
}

static void random_el1(void)
{
	random_code(0x3c5);
}

static void random_el0(void)
{
	random_code(0x3c0);
}

static const struct test tests[] = {
	{ "jumps to nowhere", nowhere },
	{ "exceptions in exceptions", recursive },
	{ "page tables outside memory", bad_tables },
	{ "MMIO without a syndrome", no_syndrome },
	{ "random instructions at EL1", random_el1 },
	{ "random instructions at EL0", random_el0 },
	{ "a VM still works", hostile_still_works },
};

TEST_MAIN(tests)
