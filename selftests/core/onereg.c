// SPDX-License-Identifier: GPL-2.0
/*
 * One-reg: the list of registers, that each of them can be read and written back, and that all of
 * them together are what a vCPU is. What is in the list is arm64/onereg.c's and arm/onereg.c's subject.
 */
#include "fp.h"
#include "onereg.h"

static void size_of_list(void)
{
	struct armvirt_reg_list none = { .n = 0 };
	struct vm *vm;
	struct vcpu *v = onereg_vcpu(&vm);
	u64 n = onereg_list(v);

	expect(n > REG_LIST_LEAST);
	expect_err(ioctl(v->fd, ARMVIRT_GET_REG_LIST, &none), E2BIG);
	expect_eq(none.n, n);
	none.n = n - 1;
	expect_err(ioctl(v->fd, ARMVIRT_GET_REG_LIST, &none), E2BIG);
	expect_eq(none.n, n);
	for (u64 i = 1; i <= n; i++) {
		unsigned long long id = reg_list[i];

		if ((id & ARMVIRT_REG_ARCH_MASK) != REG_ARCH)
			fail("id %#llx is of another architecture", id);
		for (u64 j = i + 1; j <= n; j++)
			if (id == reg_list[j])
				fail("id %#llx is there twice", id);
	}
	vm_free(vm);
}

static void get_and_set(void)
{
	struct vm *vm;
	struct vcpu *v = onereg_vcpu(&vm);
	u64 n = onereg_list(v);

	for (u64 i = 1; i <= n; i++) {
		u64 was[REG_MAX_U64S] = { 0 }, now[REG_MAX_U64S] = { 0 };
		unsigned long long id = reg_list[i];

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

/* All that the list names, carried to a vCPU of another VM in the middle of its work. */
static void guest_migrate(u64 arg)
{
	unsigned long n = arg;

	for (;;) {
		n = n * 3 + 1;
		fp_fill(n);
		guest_tell(n, sysreg_read_(TPIDR_USER), 0);
		guest_assert_eq(fp_check(n), 0);
		sysreg_write_(TPIDR_USER, n);
	}
}

static void migrate(void)
{
	struct vm *a = vm_new(), *b = vm_new();
	struct vcpu *v = vcpu_new(a, 0, guest_migrate, 7), *w = vcpu_bare(b, 0);
	struct ucall *uc;
	unsigned long n = 22;

	require(vcpu_ucall(v));
	/* The write of the ucall itself must be done on this side. */
	v->run->immediate_exit = 1;
	expect_eq(vcpu_run(v), -EINTR);
	require(!vcpu_init(w, 0));
	memcpy(b->heap, a->heap, HEAP_FREE);
	for (u64 i = onereg_list(v); i; i--) {
		u64 value[REG_MAX_U64S];

		require(!vcpu_get(v, reg_list[i], value));
		if (vcpu_set(w, reg_list[i], value))
			fail("set %#llx: %s", (unsigned long long)reg_list[i], strerror(errno));
	}
	for (int i = 0; i < 5; i++) {
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
	struct vcpu *v = onereg_vcpu(&vm);
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
	{ "each can be read and written back", get_and_set },
	{ "a vCPU carried over to another VM", migrate },
	{ "counter and timer", counter_set },
};

TEST_MAIN(tests)
