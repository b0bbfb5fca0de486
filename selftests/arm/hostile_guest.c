// SPDX-License-Identifier: GPL-2.0
/*
 * Guests of ARMv7 that go wrong in every way they can: aborts inside aborts, page tables that point
 * outside memory, and random A32 and T32 instructions at PL1 and PL0. The VM may be lost, the host
 * not: RUN returns on a signal, and another VM works afterwards.
 */
#include "gic.h"
#include "hostile.h"

#define CPSR_T	(1 << 5)

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

static void lost(void)
{
	static const u64 places[] = {
		TEST_GPA, MMIO_GPA, GICD_GPA, 0x70000000, 0, 0xfffff000, 0xff00000000, 0xfffffff000,
	};

	hostile_kicks(3000);
	for (int i = 0; i < ARRAY_SIZE(places); i++) {
		hostile_lost(guest_recursive, places[i]);
		hostile_lost(guest_no_stack, places[i]);
		hostile_lost(guest_bad_table, places[i]);
		hostile_lost(guest_short_table, places[i]);
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
	hostile_no_syndrome(guest_no_syndrome, 8);
}

static void stacks(struct vcpu *v, u64 top)
{
	vcpu_set_reg(v, CORE_U32(svc_regs[0]), top);
}

static void random_code(u32 cpsr)
{
	const struct hostile_code code = {
		.word = cpsr & CPSR_T ? random_t32 : random_a32,
		.pstate = cpsr,
		.stacks = stacks,
	};
	struct vm *vm = vm_new();

	hostile_random(vcpu_bare(vm, 0), &code);
	vm_free(vm);
}

static void a32_pl1(void)
{
	random_code(0x13);
}

static void a32_pl0(void)
{
	random_code(0x10);
}

static void t32_pl1(void)
{
	random_code(0x13 | CPSR_T);
}

static void t32_pl0(void)
{
	random_code(0x10 | CPSR_T);
}

static const struct test tests[] = {
	{ "without vectors, stack and tables", lost },
	{ "MMIO without a syndrome", no_syndrome },
	{ "random A32 at PL1", a32_pl1 },
	{ "random A32 at PL0", a32_pl0 },
	{ "random T32 at PL1", t32_pl1 },
	{ "random T32 at PL0", t32_pl0 },
	{ "a VM still works", hostile_still_works },
};

TEST_MAIN(tests)
