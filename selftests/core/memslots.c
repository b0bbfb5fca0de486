// SPDX-License-Identifier: GPL-2.0
/*
 * Memory slots: what SET_USER_MEMORY_REGION accepts and refuses, and that the guest sees each change
 * at its next access. What happens to the memory behind a slot is notifier.c's subject.
 */
#include <sys/mman.h>
#include "vm.h"

#define PAGE	4096UL
#define SLOT	TEST_SLOT
#define MB	(1ULL << 20)

static void errors(void)
{
	struct vm *vm = vm_bare();
	char *hva = host_pages(4 * PAGE, 0);

	expect_err(vm_set_slot(vm, SLOT, 0, TEST_GPA + 1, PAGE, hva), EINVAL);
	expect_err(vm_set_slot(vm, SLOT, 0, TEST_GPA, PAGE + 1, hva), EINVAL);
	expect_err(vm_set_slot(vm, SLOT, 0, TEST_GPA, PAGE, hva + 1), EINVAL);
	expect_err(vm_set_slot(vm, SLOT, 1U << 31, TEST_GPA, PAGE, hva), EINVAL);
	expect_err(vm_set_slot(vm, SLOT, 1U << 2, TEST_GPA, PAGE, hva), EINVAL);
	expect_err(vm_set_slot(vm, 32767, 0, TEST_GPA, PAGE, hva), EINVAL);
	expect_err(vm_set_slot(vm, 1U << 16, 0, TEST_GPA, PAGE, hva), EINVAL);
	expect_err(vm_set_slot(vm, SLOT, 0, TEST_GPA, 0, hva), EINVAL);
	expect_err(vm_set_slot(vm, SLOT, 0, -(u64)PAGE, 2 * PAGE, hva), EINVAL);
	expect_err(vm_set_slot(vm, SLOT, 0, TEST_GPA, PAGE, (void *)-PAGE), EINVAL);
	/* Beyond the 40 bits of a VM of type 0. */
	expect_err(vm_set_slot(vm, SLOT, 0, 1ULL << 40, PAGE, hva), EFAULT);
	expect_err(vm_set_slot(vm, SLOT, 0, (1ULL << 40) - PAGE, 2 * PAGE, hva), EFAULT);
	expect_eq(vm_set_slot(vm, SLOT, 0, (1ULL << 40) - PAGE, PAGE, hva), 0);
	vm_free(vm);
}

static void overlap(void)
{
	struct vm *vm = vm_bare();
	char *hva = host_pages(8 * PAGE, 0);

	expect_eq(vm_set_slot(vm, SLOT, 0, TEST_GPA, 4 * PAGE, hva), 0);
	expect_err(vm_set_slot(vm, SLOT + 1, 0, TEST_GPA, PAGE, hva), EEXIST);
	expect_err(vm_set_slot(vm, SLOT + 1, 0, TEST_GPA + 3 * PAGE, PAGE, hva), EEXIST);
	expect_err(vm_set_slot(vm, SLOT + 1, 0, TEST_GPA - PAGE, 2 * PAGE, hva), EEXIST);
	expect_err(vm_set_slot(vm, SLOT + 1, 0, TEST_GPA - PAGE, 8 * PAGE, hva), EEXIST);
	/* The same memory twice, and neighbours, are fine. */
	expect_eq(vm_set_slot(vm, SLOT + 1, 0, TEST_GPA + 4 * PAGE, PAGE, hva), 0);
	expect_eq(vm_set_slot(vm, SLOT + 2, 0, TEST_GPA - PAGE, PAGE, hva), 0);
	expect_err(vm_set_slot(vm, SLOT + 2, 0, TEST_GPA, PAGE, hva), EEXIST);
	vm_free(vm);
}

static void change(void)
{
	struct vm *vm = vm_bare();
	char *hva = host_pages(8 * PAGE, 0);

	expect_eq(vm_set_slot(vm, SLOT, 0, TEST_GPA, 4 * PAGE, hva), 0);
	expect_eq(vm_set_slot(vm, SLOT, 0, TEST_GPA, 4 * PAGE, hva), 0);
	expect_err(vm_set_slot(vm, SLOT, 0, TEST_GPA, 2 * PAGE, hva), EINVAL);
	expect_err(vm_set_slot(vm, SLOT, 0, TEST_GPA, 5 * PAGE, hva), EINVAL);
	expect_err(vm_set_slot(vm, SLOT, 0, TEST_GPA, 4 * PAGE, hva + PAGE), EINVAL);
	expect_err(vm_set_slot(vm, SLOT, ARMVIRT_MEM_READONLY, TEST_GPA, 4 * PAGE, hva), EINVAL);
	expect_eq(vm_set_slot(vm, SLOT, 0, TEST_GPA + MB, 4 * PAGE, hva), 0);
	expect_eq(vm_set_slot(vm, SLOT, 0, 0, 0, NULL), 0);
	expect_err(vm_set_slot(vm, SLOT, 0, 0, 0, NULL), EINVAL);
	expect_eq(vm_set_slot(vm, SLOT, 0, TEST_GPA, PAGE, hva), 0);
	vm_free(vm);
}

/* Reads at a, tells the value, writes at a + 8, until the host has seen enough. */
static void guest_probe(u64 a)
{
	for (;;) {
		u64 v = mmio_read_long(a);

		mmio_write_long(a + 8, v + 1);
		guest_tell(v, mmio_read_long(a + 8), 0);
	}
}

/* The next exit must be MMIO at gpa; a read gets this answer. */
static void expect_mmio(struct vcpu *v, bool write, u64 gpa, u64 answer)
{
	struct armvirt_run *run = v->run;

	if (vcpu_run(v) || run->exit_reason != ARMVIRT_EXIT_MMIO ||
	    run->mmio.phys_addr != gpa || run->mmio.is_write != write) {
		fail("expected MMIO %s at %#llx", write ? "write" : "read",
		     (unsigned long long)gpa);
		vcpu_explain(v, 0);
		return;
	}
	expect_eq(run->mmio.len, sizeof(long));
	if (!write)
		memcpy(run->mmio.data, &answer, 8);
}

static void expect_ram(struct vcpu *v, u64 value)
{
	struct ucall *uc = vcpu_ucall(v);

	require(uc);
	expect_eq(uc->arg[0], value);
	expect_eq(uc->arg[1], value + 1);
}

static void delete(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_probe, TEST_GPA);
	u64 *hva = host_pages(PAGE, 0);

	hva[0] = 10;
	require(!vm_set_slot(vm, SLOT, 0, TEST_GPA, PAGE, hva));
	expect_ram(v, 10);
	expect_eq(hva[1], 11);
	require(!vm_set_slot(vm, SLOT, 0, TEST_GPA, 0, hva));
	expect_mmio(v, false, TEST_GPA, 77);
	expect_mmio(v, true, TEST_GPA + 8, 0);
	expect_mmio(v, false, TEST_GPA + 8, 78);
	expect_ram(v, 77);
	expect_eq(hva[1], 11);
	require(!vm_set_slot(vm, SLOT, 0, TEST_GPA, PAGE, hva));
	expect_ram(v, 10);
	vm_free(vm);
}

static void move(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_probe, TEST_GPA);
	struct vcpu *w = vcpu_new(vm, 1, guest_probe, TEST_GPA + MB);
	u64 *hva = host_pages(PAGE, 0);

	hva[0] = 20;
	require(!vm_set_slot(vm, SLOT, 0, TEST_GPA, PAGE, hva));
	expect_ram(v, 20);
	require(!vm_set_slot(vm, SLOT, 0, TEST_GPA + MB, PAGE, hva));
	expect_mmio(v, false, TEST_GPA, 0);
	expect_ram(w, 20);
	vm_free(vm);
}

static void replace(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_probe, TEST_GPA);
	u64 *a = host_pages(2 * MB, 2 * MB), *b = host_pages(2 * MB, 2 * MB);

	a[0] = 1;
	b[0] = 2;
	for (int i = 0; i < 20; i++) {
		u64 *m = i & 1 ? b : a;

		require(!vm_set_slot(vm, SLOT, 0, TEST_GPA, 2 * MB, m));
		expect_ram(v, 1 + (i & 1));
		require(!vm_set_slot(vm, SLOT, 0, TEST_GPA, 0, m));
	}
	vm_free(vm);
}

static void readonly(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_probe, TEST_GPA);
	u64 *hva = host_pages(PAGE, 0);

	hva[0] = 30;
	hva[1] = 5;
	require(!vm_set_slot(vm, SLOT, ARMVIRT_MEM_READONLY, TEST_GPA, PAGE, hva));
	for (int i = 0; i < 3; i++) {
		struct ucall *uc;

		expect_mmio(v, true, TEST_GPA + 8, 0);
		uc = vcpu_ucall(v);
		expect(uc && uc->arg[0] == 30 && uc->arg[1] == 5);
	}
	expect_eq(hva[1], 5);
	/* Memory that the process itself can't write. */
	require(!mprotect(hva, PAGE, PROT_READ));
	expect_mmio(v, true, TEST_GPA + 8, 0);
	vm_free(vm);
}

static void many(void)
{
	struct vm *vm = vm_bare();
	char *hva = host_pages(PAGE, 0);
	const u32 n = 1000;

	for (u32 i = 0; i < n; i++)
		if (vm_set_slot(vm, i, 0, TEST_GPA + 2 * i * PAGE, PAGE, hva))
			die("slot %u: %s", i, strerror(errno));
	expect_eq(vm_set_slot(vm, 32766, 0, TEST_GPA + 64 * MB, PAGE, hva), 0);
	expect_err(vm_set_slot(vm, 32767, 0, TEST_GPA + 65 * MB, PAGE, hva), EINVAL);
	expect_err(vm_set_slot(vm, 20000, 0, TEST_GPA + 2 * (n - 1) * PAGE, PAGE, hva), EEXIST);
	expect_eq(vm_set_slot(vm, 20000, 0, TEST_GPA + PAGE, PAGE, hva), 0);
	for (u32 i = 0; i < n; i += 2)
		expect_eq(vm_set_slot(vm, i, 0, 0, 0, NULL), 0);
	expect_eq(vm_set_slot(vm, 20001, 0, TEST_GPA + 4 * PAGE, PAGE, hva), 0);
	vm_free(vm);
}

/* Slots come and go at one address while a vCPU runs in another and one waits for the first. */
static volatile int stop;

static void guest_busy(u64 a)
{
	u64 n = 0;

	while (!load(&stop)) {
		mmio_write64(a, n);
		guest_assert_eq(mmio_read64(a), n);
		n++;
	}
}

static void under_load(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_busy, TEST_GPA);
	char *hva = host_pages(MB, 0);

	vm_map(vm, SLOT, TEST_GPA, MB, NULL);
	vcpu_start(v);
	for (int i = 0; i < 200; i++) {
		require(!vm_set_slot(vm, SLOT + 1, 0, TEST_GPA + 2 * MB, MB, hva));
		require(!vm_set_slot(vm, SLOT + 1, 0, TEST_GPA + 4 * MB, MB, hva));
		require(!vm_set_slot(vm, SLOT + 1, 0, 0, 0, NULL));
	}
	store(&stop, 1);
	expect(vcpu_join(v));
	vm_free(vm);
}

static void region2(void)
{
	struct armvirt_userspace_memory_region2 r = {
		.slot = SLOT, .guest_phys_addr = TEST_GPA, .memory_size = PAGE,
	};
	struct vm *vm = vm_new();
	u64 *hva = host_pages(PAGE, 0);
	struct vcpu *v = vcpu_new(vm, 0, guest_probe, TEST_GPA);

	if (ioctl(vm->fd, ARMVIRT_CHECK_EXTENSION, ARMVIRT_CAP_USER_MEMORY2) <= 0)
		test_skip("no USER_MEMORY2");
	hva[0] = 40;
	r.userspace_addr = (uintptr_t)hva;
	expect_eq(ioctl(vm->fd, ARMVIRT_SET_USER_MEMORY_REGION2, &r), 0);
	expect_ram(v, 40);
	r.flags = 1U << 30;
	expect_err(ioctl(vm->fd, ARMVIRT_SET_USER_MEMORY_REGION2, &r), EINVAL);
	vm_free(vm);
}

static const struct test tests[] = {
	{ "refused regions", errors },
	{ "overlapping slots", overlap },
	{ "changing a slot", change },
	{ "a deleted slot is MMIO", delete },
	{ "a moved slot", move },
	{ "other memory in the same place", replace },
	{ "read-only slots", readonly },
	{ "a thousand slots", many },
	{ "slots change while a vCPU runs", under_load },
	{ "SET_USER_MEMORY_REGION2", region2 },
};

TEST_MAIN(tests)
