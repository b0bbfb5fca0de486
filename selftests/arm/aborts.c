// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions that are made for the guest: external aborts of a fetch and of a load, with the fault
 * status in either format, taken as SCTLR says (vectors, Thumb, endianness) and from any mode.
 */
#include "gic.h"

#define DFSR_LONG_EXTERNAL	0x210
#define DFSR_SHORT_EXTERNAL	0x008
#define TTBCR			ARMVIRT_ARM_CP15_REG32(0, 2, 0, 2)
#define DFSR			ARMVIRT_ARM_CP15_REG32(0, 5, 0, 0)
#define DFAR			ARMVIRT_ARM_CP15_REG32(0, 6, 0, 0)
#define VBAR			ARMVIRT_ARM_CP15_REG32(0, 12, 0, 0)

#define CPSR_T			(1 << 5)
#define CPSR_I			(1 << 7)
#define CPSR_A			(1 << 8)
#define CPSR_E			(1 << 9)
#define CPSR_IT			0x0600fc00
#define SCTLR_V			(1 << 13)
#define SCTLR_EE		(1 << 25)
#define SCTLR_TE		(1 << 30)

static void guest_fetch(u64 where)
{
	guest_catch();
	((void (*)(void))(u32)where)();
	guest_assert_eq(guest_caught(), 1);
	guest_assert_eq(guest_cpu()->esr, DFSR_LONG_EXTERNAL);
	guest_assert_eq(guest_cpu()->far, where);
	guest_assert_eq(guest_cpu()->elr, where);
}

static void fetch(void)
{
	struct vm *vm = vm_new();

	expect(vcpu_finish(vcpu_new(vm, 0, guest_fetch, TEST_GPA)));
	vm_free(vm);
}

static void inject(struct vcpu *v)
{
	struct armvirt_vcpu_events ev = { .exception.ext_dabt_pending = 1 };

	require(!ioctl(v->fd, ARMVIRT_SET_VCPU_EVENTS, &ev));
}

/* The VMM answers a load from nowhere with an abort. */
static void guest_load(u64 a)
{
	guest_catch();
	mmio_read32(a);
	guest_assert_eq(guest_caught(), 1);
	guest_assert_eq(guest_cpu()->esr, DFSR_LONG_EXTERNAL);
	guest_assert_eq(guest_cpu()->far, a);
}

static struct vcpu *at_load(struct vm *vm, void (*fn)(u64))
{
	struct vcpu *v = vcpu_new(vm, 0, fn, MMIO_GPA + 0x124);
	int ret;

	do {
		ret = vcpu_run(v);
	} while (ret == -EINTR);
	require(!ret && v->run->exit_reason == ARMVIRT_EXIT_MMIO &&
		v->run->mmio.phys_addr == MMIO_GPA + 0x124);
	return v;
}

static void load_abort(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = at_load(vm, guest_load);

	inject(v);
	expect(vcpu_finish(v));
	vm_free(vm);
}

/*
 * The state after an injection, with these bits of SCTLR and from this CPSR; the guest does not run
 * on. Where the exception is taken from is Supervisor mode or what @cpsr says.
 */
static void taken(u32 sctlr, u32 ttbcr, u32 cpsr, u32 dfsr, u32 pc, u32 flags)
{
	struct vm *vm = vm_new();
	struct vcpu *v = at_load(vm, guest_load);
	u32 from = vcpu_reg(v, REG_PC), now;

	vcpu_set_reg(v, REG_SCTLR, vcpu_reg(v, REG_SCTLR) | sctlr);
	vcpu_set_reg(v, TTBCR, ttbcr);
	vcpu_set_reg(v, REG_PSTATE, cpsr);
	vcpu_set_reg(v, VBAR, 0x12340000);
	inject(v);
	now = vcpu_reg(v, REG_PSTATE);
	expect_eq(now & 0x1f, 0x17);
	expect_eq(now & (CPSR_T | CPSR_E | CPSR_IT), flags);
	expect_eq(now & (CPSR_A | CPSR_I), CPSR_A | CPSR_I);
	expect_eq(now & 0xf8000040, cpsr & 0xf8000040);
	expect_eq(vcpu_reg(v, REG_PC), pc);
	expect_eq(vcpu_reg(v, CORE_U32(abt_regs[1])), from + 8);
	expect_eq(vcpu_reg(v, CORE_U32(abt_regs[2])), cpsr);
	expect_eq(vcpu_reg(v, DFSR), dfsr);
	expect_eq(vcpu_reg(v, DFAR), MMIO_GPA + 0x124);
	vm_free(vm);
}

static void formats(void)
{
	taken(0, 1U << 31, 0x13, DFSR_LONG_EXTERNAL, 0x12340010, 0);
	taken(0, 0, 0x13, DFSR_SHORT_EXTERNAL, 0x12340010, 0);
}

static void states(void)
{
	taken(SCTLR_V, 0, 0x13, DFSR_SHORT_EXTERNAL, 0xffff0010, 0);
	taken(SCTLR_TE, 0, 0x13, DFSR_SHORT_EXTERNAL, 0x12340010, CPSR_T);
	taken(SCTLR_EE, 0, 0xf0000010, DFSR_SHORT_EXTERNAL, 0x12340010, CPSR_E);
	/* From User, FIQ and Abort mode; out of an IT block, big-endian, with F set. */
	taken(0, 0, 0xa0000010, DFSR_SHORT_EXTERNAL, 0x12340010, 0);
	taken(0, 0, 0x08000051, DFSR_SHORT_EXTERNAL, 0x12340010, 0);
	taken(0, 0, 0x000001d7, DFSR_SHORT_EXTERNAL, 0x12340010, 0);
	taken(0, 0, 0x04000c33 | CPSR_E, DFSR_SHORT_EXTERNAL, 0x12340010, 0);
}

static const struct test tests[] = {
	{ "a fetch from nowhere", fetch },
	{ "an abort instead of an answer", load_abort },
	{ "both formats of the fault status", formats },
	{ "the handler's state", states },
};

TEST_MAIN(tests)
