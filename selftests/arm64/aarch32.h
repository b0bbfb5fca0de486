/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vCPUs whose EL1 is AArch32, for programs that run the pieces of aarch32_guest.S one by one and
 * compare what they leave in registers with the ARM ARM. Skipped where the CPUs have no AArch32 at EL1.
 */
#ifndef TEST_AARCH32_H
#define TEST_AARCH32_H

#include "gic.h"

asm(".section .rodata\n"
    ".balign 4\n"
    "guest_blob: .incbin \"" GUEST_BIN "\"\n"
    "guest_blob_end:\n"
    ".previous");
extern const u32 guest_blob[], guest_blob_end[];

/* The order of the words at its beginning. */
enum piece {
	VECTORS_ARM, VECTORS_THUMB, COND_ARM, COND_THUMB, UNDEF_ARM, UNDEF_THUMB, FETCH_ARM,
	FETCH_THUMB, CP15_WRITE, BANKS, VFP, MMIO, CALLS, START_SECOND, SECOND, SECOND_THUMB, GIC3,
	GIC2, TIMER, USER, SIZES, CP_MISC, PROGRAM,
	SERROR, BARRIER,
};

#define CODE_GPA	0x80000000UL	/* where it is linked to */
#define CODE_SIZE	0x10000UL
#define HIGH_GPA	0xffff0000UL
#define STOP_GPA	0x50000000UL
#define NOWHERE		0x70000000UL

#define SYS(op0, op1, crn, crm, op2)	ARMVIRT_ARM64_SYS_REG(op0, op1, crn, crm, op2)
#define R_SCTLR		SYS(3, 0, 1, 0, 0)
#define R_TTBR0		SYS(3, 0, 2, 0, 0)
#define R_TTBR1		SYS(3, 0, 2, 0, 1)
#define R_TTBCR		SYS(3, 0, 2, 0, 2)
#define R_DFSR		SYS(3, 0, 5, 2, 0)
#define R_FAR		SYS(3, 0, 6, 0, 0)
#define R_MAIR		SYS(3, 0, 10, 2, 0)
#define R_VBAR		SYS(3, 0, 12, 0, 0)
#define R_DISR		SYS(3, 0, 12, 1, 1)
#define R_DACR		SYS(3, 4, 3, 0, 0)
#define R_IFSR		SYS(3, 4, 5, 0, 1)
#define R_FPEXC		SYS(3, 4, 5, 3, 0)
#define R_SPSR(n)	CORE_U64(spsr[n])	/* svc, abt, und, irq, fiq */

#define SCTLR_V		(1U << 13)
#define SCTLR_EE	(1U << 25)
#define SCTLR_TE	(1U << 30)
#define TTBCR_EAE	(1U << 31)

#define MODE		0x1f
#define SVC		0x13
#define ABT		0x17
#define UND		0x1b
#define T		0x20
#define F		0x40
#define I		0x80
#define A		0x100
#define E		0x200
#define Z		(1U << 30)

static inline struct vm *new_vm(void)
{
	struct vm *vm;
	void *code;

	if (dev_cap(ARMVIRT_CAP_ARM_EL1_32BIT) <= 0)
		test_skip("no AArch32 at EL1 here");
	vm = vm_bare();
	code = vm_map(vm, TEST_SLOT, CODE_GPA, CODE_SIZE, NULL);
	memcpy(code, guest_blob, (char *)guest_blob_end - (char *)guest_blob);
	return vm;
}

static inline u32 place(enum piece p)
{
	return guest_blob[p];
}

static inline struct vcpu *new_vcpu(struct vm *vm, int id, u32 features)
{
	struct vcpu *v = vcpu_bare(vm, id);

	require(!vcpu_init(v, 1 << ARMVIRT_ARM_VCPU_EL1_32BIT | features));
	vcpu_set_reg(v, R_VBAR, place(VECTORS_ARM));
	return v;
}

static inline void start_at(struct vcpu *v, enum piece p, u64 cpsr)
{
	vcpu_set_reg(v, REG_PC, place(p));
	vcpu_set_reg(v, REG_PSTATE, cpsr);
}

/* Runs until it stops; anything else ends the test. */
static inline void run(struct vcpu *v)
{
	int ret;

	do {
		ret = vcpu_run(v);
	} while (ret == -EINTR);
	if (ret || v->run->exit_reason != ARMVIRT_EXIT_MMIO || v->run->mmio.phys_addr != STOP_GPA) {
		vcpu_explain(v, ret);
		die("not at a stop, cpsr %#llx", (unsigned long long)vcpu_reg(v, REG_PSTATE));
	}
}

/* The upper halves of X registers are not defined. */
static inline u32 reg(struct vcpu *v, int n)
{
	return vcpu_reg(v, REG_X(n));
}

static inline struct vcpu *run_piece(struct vm *vm, enum piece p, u64 cpsr)
{
	struct vcpu *v = new_vcpu(vm, 0, 0);

	start_at(v, p, cpsr);
	run(v);
	return v;
}

#define SVC_MASKED	(SVC | A | I | F)

#endif
