// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that steps itself, as a debugger inside it does: an exception after each instruction and
 * none left out, whether the CPU executed it, the module or the VMM emulated it, or the host's
 * interrupts came between.
 */
#include "gic.h"
#include "hostile.h"

#define MDSCR_SS	(1UL << 0)
#define MDSCR_KDE	(1UL << 13)
#define SPSR_SS		(1UL << 21)
#define SPSR_D		(1UL << 9)
#define ROUNDS		300

/* Of the code below, from the first instruction that is stepped onto to the last. */
#define NR_STEPS	9

static volatile u64 steps, wrong, wrong_pc;
static volatile u64 first;

static bool on_step(struct guest_frame *f)
{
	if (ESR_EC(f->esr) != EC_STEP_CUR)
		return false;
	if (f->elr != first + 4 * steps && !wrong) {
		wrong = steps + 1;
		wrong_pc = f->elr;
	}
	inc(&steps);
	if (f->elr == first + 4 * (NR_STEPS - 1)) {
		sysreg_write(mdscr_el1, 0);
		f->spsr |= SPSR_D;
	} else {
		/* The next one is executed before the next exception. */
		f->spsr |= SPSR_SS;
	}
	return true;
}

/* A register of EL1's, a trapped one, two of the GIC, one of the VMM, and a call. */
static void stepped(u64 gicd, u64 mmio)
{
	register u64 x0 asm("x0") = 0x84000000;		/* PSCI_VERSION */
	u64 tmp;

	asm volatile("adr %1, 1f\n\tstr %1, %2\n\tmsr daifclr, #8\n"
		     "1:\tmrs %1, tpidr_el1\n\tmrs %1, id_aa64pfr0_el1\n\tldr %w1, [%3, #4]\n\t"
		     "str wzr, [%3]\n\tldr %w1, [%4]\n\thvc #0\n\tadd %1, %1, #1\n\tnop\n\t"
		     "nop"
		     : "+r" (x0), "=&r" (tmp), "=m" (first) : "r" (gicd), "r" (mmio)
		     : "x1", "x2", "x3", "memory");
}

static void guest_steps(u64 gicd)
{
	guest_sync = on_step;
	for (int i = 0; i < ROUNDS; i++) {
		steps = 0;
		sysreg_write(mdscr_el1, MDSCR_SS | MDSCR_KDE);
		isb();
		stepped(gicd, MMIO_GPA);
		if (wrong)
			guest_assert_eq(wrong_pc, first + 4 * (wrong - 1));
		guest_assert_eq(steps, NR_STEPS);
	}
	/* None of it is left. */
	steps = 0;
	stepped(gicd, MMIO_GPA);
	guest_assert_eq(steps, 0);
}

static bool answered(struct vcpu *v, int ret)
{
	return ret == -EINTR || (!ret && v->run->exit_reason == ARMVIRT_EXIT_MMIO &&
				 v->run->mmio.phys_addr == MMIO_GPA);
}

static void finish(struct vcpu *v)
{
	struct ucall *uc;
	int ret;

	do {
		ret = vcpu_run(v);
	} while (answered(v, ret));
	uc = ret ? NULL : vcpu_ucall_of(v);
	if (!uc || uc->cmd != UCALL_DONE)
		vcpu_explain(v, ret);
}

static void step(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_steps, GICD_GPA);

	if (!gic_try(vm))
		test_skip("no GIC");
	hostile_kicks(700);
	finish(v);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "each instruction, emulated or not", step },
};

TEST_MAIN(tests)
