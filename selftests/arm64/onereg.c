// SPDX-License-Identifier: GPL-2.0
/*
 * One-reg: the list of registers, that each of them can be read and written back, what is refused,
 * and that the guest has what was set and user space gets what the guest left.
 */
#include <stdlib.h>
#include "vm.h"

#define LIST_MAX	2048

static u64 list[LIST_MAX + 1];

static struct vcpu *new_vcpu(struct vm **vm)
{
	struct vcpu *v;

	*vm = vm_bare();
	v = vcpu_bare(*vm, 0);
	require(!vcpu_init(v, 0));
	return v;
}

static u64 get_list(struct vcpu *v)
{
	list[0] = LIST_MAX;
	require(!ioctl(v->fd, ARMVIRT_GET_REG_LIST, list));
	return list[0];
}

static bool listed(u64 id)
{
	for (u64 i = 1; i <= list[0]; i++)
		if (list[i] == id)
			return true;
	return false;
}

static void size_of_list(void)
{
	struct armvirt_reg_list none = { .n = 0 };
	struct vm *vm;
	struct vcpu *v = new_vcpu(&vm);
	u64 n = get_list(v);

	expect(n > 150);
	expect_err(ioctl(v->fd, ARMVIRT_GET_REG_LIST, &none), E2BIG);
	expect_eq(none.n, n);
	none.n = n - 1;
	expect_err(ioctl(v->fd, ARMVIRT_GET_REG_LIST, &none), E2BIG);
	expect_eq(none.n, n);
	for (u64 i = 1; i <= n; i++) {
		if ((list[i] & ARMVIRT_REG_ARCH_MASK) != ARMVIRT_REG_ARM64)
			fail("id %#llx is not of arm64", (unsigned long long)list[i]);
		for (u64 j = i + 1; j <= n; j++)
			if (list[i] == list[j])
				fail("id %#llx is there twice", (unsigned long long)list[i]);
	}
	vm_free(vm);
}

static void needed(void)
{
	static const u64 ids[] = {
		REG_X(0), REG_X(30), REG_SP, REG_PC, REG_PSTATE, CORE_U64(sp_el1),
		CORE_U64(elr_el1), CORE_U64(spsr[0]), CORE_U64(spsr[4]), REG_MPIDR, REG_SCTLR,
		ARMVIRT_REG_ARM_TIMER_CTL, ARMVIRT_REG_ARM_TIMER_CVAL, ARMVIRT_REG_ARM_TIMER_CNT,
		ARMVIRT_REG_ARM_PSCI_VERSION, ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1,
		ARMVIRT_ARM64_SYS_REG(3, 0, 0, 0, 0), ARMVIRT_ARM64_SYS_REG(3, 0, 2, 0, 0),
		ARMVIRT_ARM64_SYS_REG(3, 0, 2, 0, 1), ARMVIRT_ARM64_SYS_REG(3, 0, 2, 0, 2),
		ARMVIRT_ARM64_SYS_REG(3, 0, 1, 0, 2), ARMVIRT_ARM64_SYS_REG(3, 0, 10, 2, 0),
		ARMVIRT_ARM64_SYS_REG(3, 0, 12, 0, 0), ARMVIRT_ARM64_SYS_REG(3, 0, 5, 2, 0),
		ARMVIRT_ARM64_SYS_REG(3, 0, 6, 0, 0), ARMVIRT_ARM64_SYS_REG(3, 0, 7, 4, 0),
		ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 2), ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 3),
		ARMVIRT_ARM64_SYS_REG(3, 0, 13, 0, 4), ARMVIRT_ARM64_SYS_REG(3, 0, 13, 0, 1),
		ARMVIRT_ARM64_SYS_REG(3, 0, 14, 1, 0), ARMVIRT_ARM64_SYS_REG(2, 0, 0, 2, 2),
	};
	struct vm *vm;
	struct vcpu *v = new_vcpu(&vm);

	get_list(v);
	for (int i = 0; i < ARRAY_SIZE(ids); i++)
		if (!listed(ids[i]))
			fail("%#llx is not listed", (unsigned long long)ids[i]);
	/* The whole block of ID registers. */
	for (int crm = 1; crm < 8; crm++)
		for (int op2 = 0; op2 < 8; op2++)
			if (!listed(ARMVIRT_ARM64_SYS_REG(3, 0, 0, crm, op2)))
				fail("ID register c0 c%d %d is not listed", crm, op2);
	vm_free(vm);
}

static void get_and_set(void)
{
	struct vm *vm;
	struct vcpu *v = new_vcpu(&vm);
	u64 n = get_list(v);

	for (u64 i = 1; i <= n; i++) {
		u64 was[32] = { 0 }, now[32] = { 0 };
		unsigned long long id = list[i];

		if (vcpu_get(v, id, was))
			fail("get %#llx: %s", id, strerror(errno));
		else if (vcpu_set(v, id, was))
			fail("set %#llx to its own %#llx: %s", id, (unsigned long long)was[0],
			     strerror(errno));
		else if (vcpu_get(v, id, now))
			fail("get %#llx again: %s", id, strerror(errno));
		else if (memcmp(was, now, sizeof(was)) && id != ARMVIRT_REG_ARM_TIMER_CNT &&
			 id != ARMVIRT_REG_ARM_PTIMER_CNT)
			fail("%#llx was %#llx, is %#llx", id, (unsigned long long)was[0],
			     (unsigned long long)now[0]);
	}
	vm_free(vm);
}

static void unknown(void)
{
	struct vm *vm;
	struct vcpu *v = new_vcpu(&vm);
	u64 x[32] = { 0 };

	/* Architecture, class, register. */
	expect_err(vcpu_get(v, 0x2030000000100000, x), EINVAL);
	expect_err(vcpu_get(v, ARMVIRT_REG_ARM | ARMVIRT_REG_SIZE_U32, x), EINVAL);
	expect_err(vcpu_get(v, 0x60300000007f0000, x), ENOENT);
	expect_err(vcpu_set(v, 0x60300000007f0000, x), ENOENT);
	expect_err(vcpu_get(v, ARMVIRT_ARM64_SYS_REG(3, 7, 15, 15, 7), x), ENOENT);
	expect_err(vcpu_set(v, ARMVIRT_ARM64_SYS_REG(3, 7, 15, 15, 7), x), ENOENT);
	expect_err(vcpu_get(v, ARMVIRT_ARM64_SYS_REG(3, 0, 0, 0, 1), x), ENOENT);
	expect_err(vcpu_get(v, ARMVIRT_REG_ARM_FW_REG(99), x), ENOENT);
	expect_err(vcpu_set(v, ARMVIRT_REG_ARM_FW_REG(99), x), ENOENT);
	expect_err(vcpu_get(v, CORE_U64(regs) + 0x1000, x), ENOENT);
	vm_free(vm);
}

static void wrong_size(void)
{
	struct vm *vm;
	struct vcpu *v = new_vcpu(&vm);
	const u64 no_size = ~ARMVIRT_REG_SIZE_MASK;
	u64 x[32] = { 0 };

	expect_err(vcpu_get(v, (REG_PC & no_size) | ARMVIRT_REG_SIZE_U32, x), EINVAL);
	expect_err(vcpu_set(v, (REG_PC & no_size) | ARMVIRT_REG_SIZE_U32, x), EINVAL);
	expect_err(vcpu_get(v, (REG_PC & no_size) | ARMVIRT_REG_SIZE_U128, x), EINVAL);
	/* In the middle of a register. */
	expect_err(vcpu_get(v, REG_PC + 1, x), EINVAL);
	expect_err(vcpu_get(v, (CORE_U64(fp_regs.vregs[1]) & no_size) | ARMVIRT_REG_SIZE_U64, x),
		   EINVAL);
	expect_eq(vcpu_get(v, (CORE_U64(fp_regs.vregs[1]) & no_size) | ARMVIRT_REG_SIZE_U128, x),
		  0);
	expect_err(vcpu_get(v, CORE_U64(fp_regs.fpsr), x), EINVAL);
	vm_free(vm);
}

/* Registers that nobody may change, at a value that they don't have. */
static void invariant(void)
{
	struct vm *vm;
	struct vcpu *v = new_vcpu(&vm);
	u64 midr = ARMVIRT_ARM64_SYS_REG(3, 0, 0, 0, 0);
	u64 x = vcpu_reg(v, midr) ^ 1;

	if (!vcpu_set(v, midr, &x))
		test_skip("this kernel lets MIDR be changed");
	expect_eq(errno, EINVAL);
	vm_free(vm);
}

static void guest_use(u64 arg)
{
	guest_assert_eq(arg, 0x123456789abcdef0);
	guest_assert_eq(sysreg_read(tpidr_el0), 0x1111);
	guest_assert_eq(sysreg_read(tpidrro_el0), 0x2222);
	guest_assert_eq(sysreg_read(contextidr_el1), 0x3333);
	guest_assert_eq(sysreg_read(sp_el0), 0x4440);
	guest_assert_eq(sysreg_read(elr_el1), 0x5555);
	guest_assert_eq(sysreg_read(afsr0_el1), sysreg_read(afsr0_el1));
	sysreg_write(tpidr_el0, 0xaaaa);
	sysreg_write(tpidrro_el0, 0xbbbb);
	sysreg_write(sp_el0, 0xccc0);
	sysreg_write(elr_el1, 0xdddd);
	sysreg_write(far_el1, 0xeeee);
	sysreg_write(par_el1, 0xf00);
	guest_tell(0, 0, 0);
}

static void both_ways(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_use, 0x123456789abcdef0);

	vcpu_set_reg(v, ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 2), 0x1111);
	vcpu_set_reg(v, ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 3), 0x2222);
	vcpu_set_reg(v, ARMVIRT_ARM64_SYS_REG(3, 0, 13, 0, 1), 0x3333);
	vcpu_set_reg(v, REG_SP, 0x4440);
	vcpu_set_reg(v, CORE_U64(elr_el1), 0x5555);
	require(vcpu_ucall(v));
	expect_eq(vcpu_reg(v, ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 2)), 0xaaaa);
	expect_eq(vcpu_reg(v, ARMVIRT_ARM64_SYS_REG(3, 3, 13, 0, 3)), 0xbbbb);
	expect_eq(vcpu_reg(v, REG_SP), 0xccc0);
	expect_eq(vcpu_reg(v, CORE_U64(elr_el1)), 0xdddd);
	expect_eq(vcpu_reg(v, ARMVIRT_ARM64_SYS_REG(3, 0, 6, 0, 0)), 0xeeee);
	expect_eq(vcpu_reg(v, REG_SCTLR) & 1, 1);
	expect(vcpu_finish(v));
	vm_free(vm);
}

/* All that the list names, carried to a vCPU of another VM in the middle of its work. */
static void guest_migrate(u64 arg)
{
	u64 n = arg;

	for (;;) {
		n = n * 3 + 1;
		guest_tell(n, sysreg_read(tpidr_el0), 0);
		sysreg_write(tpidr_el0, n);
	}
}

static void migrate(void)
{
	struct vm *a = vm_new(), *b = vm_new();
	struct vcpu *v = vcpu_new(a, 0, guest_migrate, 7), *w = vcpu_bare(b, 0);
	struct ucall *uc;
	u64 n = 22, i;

	require(vcpu_ucall(v));
	/* The write of the ucall itself must be done on this side. */
	v->run->immediate_exit = 1;
	expect_eq(vcpu_run(v), -EINTR);
	require(!vcpu_init(w, 0));
	memcpy(b->heap, a->heap, HEAP_FREE);
	for (i = get_list(v); i; i--) {
		u64 value[32];

		require(!vcpu_get(v, list[i], value));
		if (vcpu_set(w, list[i], value))
			fail("set %#llx: %s", (unsigned long long)list[i], strerror(errno));
	}
	for (i = 0; i < 5; i++) {
		uc = vcpu_ucall(w);
		require(uc);
		expect_eq(uc->arg[1], n);
		n = n * 3 + 1;
		expect_eq(uc->arg[0], n);
	}
	vm_free(a);
	vm_free(b);
}

static void counter_set(void)
{
	struct vm *vm;
	struct vcpu *v = new_vcpu(&vm);
	u64 t;

	vcpu_set_reg(v, ARMVIRT_REG_ARM_TIMER_CNT, 1000000);
	t = vcpu_reg(v, ARMVIRT_REG_ARM_TIMER_CNT);
	expect(t >= 1000000 && t < 1000000 + 1000000000UL);
	vcpu_set_reg(v, ARMVIRT_REG_ARM_TIMER_CVAL, 0x1234567812345678);
	expect_eq(vcpu_reg(v, ARMVIRT_REG_ARM_TIMER_CVAL), 0x1234567812345678);
	vcpu_set_reg(v, ARMVIRT_REG_ARM_TIMER_CTL, 3);
	expect_eq(vcpu_reg(v, ARMVIRT_REG_ARM_TIMER_CTL) & 3, 3);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "size of the list", size_of_list },
	{ "what clients need is listed", needed },
	{ "each can be read and written back", get_and_set },
	{ "unknown registers", unknown },
	{ "wrong sizes", wrong_size },
	{ "an invariant register", invariant },
	{ "to the guest and back", both_ways },
	{ "a vCPU carried over to another VM", migrate },
	{ "counter and timer", counter_set },
};

TEST_MAIN(tests)
