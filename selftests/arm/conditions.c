// SPDX-License-Identifier: GPL-2.0
/*
 * Trapped instructions that are conditional: one whose condition fails does nothing, and one in an IT
 * block leaves the block's state as it would be had it not trapped. ACTLR and MMIO are what traps.
 */
#include "gic.h"

/*
 * u32 thumb_NAME(u32 r0): compares r0 with 0, and gives in its result which of the instructions of an
 * IT block were executed. 0x100: the trapped one was (ACTLR has bit 6, SMP).
 */
asm("	.syntax	unified\n"
"	.arch	armv7ve\n"
"	.text\n"
"	.thumb\n"
"	.balign	4\n"
"	.type	thumb_mrc, %function\n"
"thumb_mrc:\n"
"	mov	r2, r0\n"
"	movs	r1, #0\n"
"	movs	r0, #0\n"
"	cmp	r2, #0\n"
"	itete	eq\n"
"	mrceq	p15, 0, r1, c1, c0, 1\n"
"	addne	r0, #1\n"
"	addeq	r0, #2\n"
"	addne	r0, #4\n"
"	add	r0, r0, r1, lsl #2\n"
"	bx	lr\n"
"	.type	thumb_last, %function\n"
"thumb_last:\n"			/* the trapped instruction ends the block */
"	mov	r2, r0\n"
"	movs	r1, #0\n"
"	movs	r0, #0\n"
"	cmp	r2, #0\n"
"	ite	ne\n"
"	addne	r0, #1\n"
"	mrceq	p15, 0, r1, c1, c0, 1\n"
"	add	r0, #8\n"
"	add	r0, r0, r1, lsl #2\n"
"	bx	lr\n"
"	.type	thumb_load, %function\n"
"thumb_load:\n"			/* a 16-bit load in the middle: r0 is the address, or 0 */
"	mov	r2, r0\n"
"	movs	r1, #0\n"
"	movs	r0, #0\n"
"	cmp	r2, #0\n"
"	itett	ne\n"
"	ldrne	r1, [r2]\n"
"	addeq	r0, #1\n"
"	addne	r0, #2\n"
"	addne	r0, #4\n"
"	add	r0, r0, r1, lsl #4\n"
"	bx	lr\n"
"	.arm\n");

u32 thumb_mrc(u32 r0);
u32 thumb_last(u32 r0);
u32 thumb_load(u32 r0);

static void guest_it(u64 arg)
{
	guest_assert_eq(thumb_mrc(0), 0x102);
	guest_assert_eq(thumb_mrc(1), 0x5);
	guest_assert_eq(thumb_last(0), 0x108);
	guest_assert_eq(thumb_last(1), 0x9);
	guest_assert_eq(thumb_load(0), 1);
	guest_assert_eq(thumb_load(MMIO_GPA), 0x50 | 6);
}

static void it_blocks(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_it, 0);

	for (;;) {
		if (vcpu_run(v) == -EINTR)
			continue;
		if (v->run->exit_reason != ARMVIRT_EXIT_MMIO ||
		    v->run->mmio.phys_addr != MMIO_GPA)
			break;
		*(u32 *)v->run->mmio.data = 5;
	}
	if (!vcpu_ucall_of(v) || vcpu_ucall_of(v)->cmd != UCALL_DONE)
		vcpu_explain(v, 0);
	vm_free(vm);
}

/* NZCV in all combinations against all conditions, for an instruction that traps. */
#define READS(cond, n)							\
	asm volatile("msr apsr_nzcvq, %1\n\tmov %0, #0\n\t"		\
		     "mrc" cond " p15, 0, %0, c1, c0, 1\n\t"		\
		     : "=&r" (v) : "r" (flags << 28) : "cc");		\
	got |= (u32)(v == 0x40) << (n);					\
	asm volatile("msr apsr_nzcvq, %1\n\tmov %0, #0\n\tmov" cond " %0, #1\n\t"	\
		     : "=&r" (v) : "r" (flags << 28) : "cc");		\
	want |= v << (n);

static void guest_conditions(u64 arg)
{
	for (u32 flags = 0; flags < 16; flags++) {
		u32 v, got = 0, want = 0;

		READS("eq", 0) READS("ne", 1) READS("cs", 2) READS("cc", 3)
		READS("mi", 4) READS("pl", 5) READS("vs", 6) READS("vc", 7)
		READS("hi", 8) READS("ls", 9) READS("ge", 10) READS("lt", 11)
		READS("gt", 12) READS("le", 13) READS("al", 14)
		guest_assert_eq(got, want);
	}
}

static void conditions(void)
{
	struct vm *vm = vm_new();

	expect(vcpu_finish(vcpu_new(vm, 0, guest_conditions, 0)));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "all conditions", conditions },
	{ "in IT blocks", it_blocks },
};

TEST_MAIN(tests)
