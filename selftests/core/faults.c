// SPDX-License-Identifier: GPL-2.0
/*
 * Stage-2 faults: every kind of first access to guest memory, accesses across pages and slots, huge
 * pages that are split, and several vCPUs faulting in the same memory. notifier.c has what happens
 * when the memory goes away.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>
#include "vm.h"

#define PAGE	4096UL
#define MB	(1ULL << 20)
#define SLOT	TEST_SLOT

static void guest_first_access(u64 a)
{
	/* Read, write, atomic and exclusive: each on a page that nobody touched before. */
	guest_assert_eq(mmio_read64(a), 0);
	mmio_write64(a + PAGE, 1);
	guest_assert_eq(mmio_read64(a + PAGE), 1);
	guest_assert_eq(__atomic_add_fetch((u64 *)(uintptr_t)(a + 2 * PAGE), 5, __ATOMIC_SEQ_CST), 5);
	guest_assert_eq(mmio_read8(a + 3 * PAGE + 4095), 0);
	mmio_write8(a + 4 * PAGE + 4095, 9);
	/* Read first, then write: the page of zeros must not stay. */
	guest_assert_eq(mmio_read64(a + 5 * PAGE), 0);
	mmio_write64(a + 5 * PAGE, 6);
	guest_assert_eq(mmio_read64(a + 5 * PAGE), 6);
	/* Pairs and cache maintenance by address. */
	guest_store_pair(a + 6 * PAGE, 7);
	guest_flush_line(a + 7 * PAGE);
	guest_discard_line(a + 8 * PAGE);
}

static void first_access(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_first_access, TEST_GPA);
	char *m = vm_map(vm, SLOT, TEST_GPA, 16 * PAGE, NULL);

	expect(vcpu_finish(v));
	expect_eq(*(u64 *)(m + PAGE), 1);
	expect_eq(m[4 * PAGE + 4095], 9);
	expect_eq(*(u64 *)(m + 5 * PAGE), 6);
	expect_eq(*(long *)(m + 6 * PAGE + sizeof(long)), 7);
	vm_free(vm);
}

/* Code is written, made visible and run; then other code in the same place. */
static void guest_exec(u64 a)
{
	for (u32 i = 0; i < 64; i++) {
		u64 at = a + i % 4 * PAGE;
		u32 *code = (u32 *)(uintptr_t)at;

		code[0] = CODE_MOV(i);	/* mov x0, #i */
		code[1] = CODE_RET;		/* ret */
		code_sync(at);
		guest_assert_eq(((unsigned long (*)(void))(uintptr_t)at)(), i);
	}
}

static void exec(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_exec, TEST_GPA);

	vm_map(vm, SLOT, TEST_GPA, 4 * PAGE, NULL);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static void guest_call_twice(u64 a)
{
	for (;;)
		guest_tell(((unsigned long (*)(void))(uintptr_t)a)(), 0, 0);
}

/* The host puts code there; then replaces the page by one with other code. */
static void exec_host_code(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_call_twice, TEST_GPA);
	u32 *m = vm_map(vm, SLOT, TEST_GPA, PAGE, NULL);

	for (u32 i = 0; i < 8; i++) {
		struct ucall *uc;

		if (i)
			madvise(m, PAGE, MADV_DONTNEED);
		m[0] = CODE_MOV(i);
		m[1] = CODE_RET;
		__builtin___clear_cache((char *)m, (char *)(m + 2));
		uc = vcpu_ucall(v);
		require(uc);
		expect_eq(uc->arg[0], i);
	}
	vm_free(vm);
}

static void guest_unaligned(u64 a)
{
	u64 at = a + PAGE - 3;
	u64 want = 0x1122334455667788;

	/* Both pages fresh; then the first one present; then the second. */
	mmio_write64(at, want);
	guest_assert_eq(mmio_read64(at), want);
	mmio_write8(a + 2 * PAGE, 1);
	mmio_write64(at + 2 * PAGE, want);
	guest_assert_eq(mmio_read64(at + 2 * PAGE), want);
	mmio_write8(a + 5 * PAGE, 1);
	mmio_write64(at + 4 * PAGE, want);
	guest_assert_eq(mmio_read64(at + 4 * PAGE), want);
	/* Across two slots. */
	mmio_write64(a + 8 * PAGE - 5, want);
	guest_assert_eq(mmio_read64(a + 8 * PAGE - 5), want);
}

static void unaligned(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_unaligned, TEST_GPA);
	u64 x = 0x1122334455667788;
	char *a = vm_map(vm, SLOT, TEST_GPA, 8 * PAGE, NULL);
	char *b = vm_map(vm, SLOT + 1, TEST_GPA + 8 * PAGE, PAGE, NULL);

	expect(vcpu_finish(v));
	expect(!memcmp(a + PAGE - 3, &x, 8));
	expect(!memcmp(a + 8 * PAGE - 5, &x, 5));
	expect(!memcmp(b, (char *)&x + 5, 3));
	vm_free(vm);
}

static void guest_sum(u64 a)
{
	for (;;) {
		u64 sum = 0;

		for (u64 p = a; p < a + 2 * MB; p += PAGE)
			sum += mmio_read64(p);
		guest_tell(sum, 0, 0);
	}
}

static void expect_sum(struct vcpu *v, u64 want)
{
	struct ucall *uc = vcpu_ucall(v);

	require(uc);
	expect_eq(uc->arg[0], want);
}

/* A huge page as the host's; single pages of it are then taken away, one by one. */
static void block_split(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_sum, TEST_GPA);
	char *m = host_pages(2 * MB, 2 * MB);
	u64 sum = 0;

	madvise(m, 2 * MB, MADV_HUGEPAGE);
	for (u64 i = 0; i < 512; i++)
		sum += *(u64 *)(m + i * PAGE) = i + 1;
	vm_map(vm, SLOT, TEST_GPA, 2 * MB, m);
	expect_sum(v, sum);
	for (u64 i = 0; i < 512; i += 37) {
		madvise(m + i * PAGE, PAGE, MADV_DONTNEED);
		sum -= i + 1;
		expect_sum(v, sum);
	}
	for (u64 i = 0; i < 512; i += 37)
		sum += *(u64 *)(m + i * PAGE) = 1000;
	expect_sum(v, sum);
	vm_free(vm);
}

static void guest_fill(u64 a)
{
	for (u64 p = a; p < a + 2 * MB; p += PAGE)
		mmio_write64(p, mmio_read64(p) + 1);
	guest_tell(0, 0, 0);
	for (u64 p = a; p < a + 2 * MB; p += PAGE)
		mmio_write64(p, mmio_read64(p) + 1);
}

/* Write protection of part of a huge page while its other part is in use. */
static void block_protect(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_fill, TEST_GPA);
	char *m = host_pages(2 * MB, 2 * MB);
	u64 wrong = 0;

	madvise(m, 2 * MB, MADV_HUGEPAGE);
	vm_map(vm, SLOT, TEST_GPA, 2 * MB, m);
	require(vcpu_ucall(v));
	for (u64 i = 0; i < 512; i += 3)
		require(!mprotect(m + i * PAGE, PAGE, PROT_READ));
	for (u64 i = 0; i < 512; i += 3)
		require(!mprotect(m + i * PAGE, PAGE, PROT_READ | PROT_WRITE));
	expect(vcpu_finish(v));
	for (u64 i = 0; i < 512; i++)
		wrong += *(u64 *)(m + i * PAGE) != 2;
	expect_eq(wrong, 0);
	vm_free(vm);
}

/* A huge page at a guest address that is not aligned like the host's can't be one block. */
static void skewed(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_sum, TEST_GPA + 5 * PAGE);
	char *m = host_pages(4 * MB, 2 * MB);
	u64 sum = 0;

	for (u64 i = 0; i < 512; i++)
		sum += *(u64 *)(m + (i + 9) * PAGE) = i * i;
	vm_map(vm, SLOT, TEST_GPA + 5 * PAGE, 2 * MB, m + 9 * PAGE);
	expect_sum(v, sum);
	vm_free(vm);
}

#define CPUS	4
#define PAGES	256
static volatile int turn;

/* All vCPUs add to a word of each page, from different ends, and each to one of its own. */
static void guest_parallel(u64 a)
{
	u64 id = guest_cpu()->id;

	inc(&turn);
	guest_wait(load(&turn) == CPUS);
	for (u64 i = 0; i < PAGES; i++) {
		u64 p = a + (id & 1 ? PAGES - 1 - i : i) * PAGE;

		__atomic_add_fetch((u64 *)(uintptr_t)p, 1, __ATOMIC_SEQ_CST);
		mmio_write64(p + 64 + 8 * id, id + 1);
	}
}

static void run_parallel(u64 align)
{
	struct vm *vm = vm_new();
	char *m = host_pages(2 * MB, align);
	u64 wrong = 0;

	vm_map(vm, SLOT, TEST_GPA, 2 * MB, m);
	for (int i = 0; i < CPUS; i++)
		vcpu_new(vm, i, guest_parallel, TEST_GPA);
	turn = 0;
	expect(vm_run(vm));
	for (u64 i = 0; i < PAGES; i++) {
		u64 *p = (u64 *)(m + i * PAGE);

		wrong += p[0] != CPUS;
		for (u64 id = 0; id < CPUS; id++)
			wrong += p[8 + id] != id + 1;
	}
	expect_eq(wrong, 0);
	vm_free(vm);
}

static void parallel(void)
{
	run_parallel(PAGE);
	run_parallel(2 * MB);
}

/* A file's pages, shared between two VMs: one writes, the other sees it. */
static void guest_writer(u64 a)
{
	for (u64 i = 0; i < 64; i++)
		mmio_write64(a + i * PAGE, i + 100);
}

static void guest_reader(u64 a)
{
	for (u64 i = 0; i < 64; i++)
		guest_assert_eq(mmio_read64(a + i * PAGE), i + 100);
}

static void shared_file(void)
{
	int fd = memfd_create("guest", 0);
	struct vm *a = vm_new(), *b = vm_new();
	void *m, *n;

	require(fd >= 0 && !ftruncate(fd, 64 * PAGE));
	m = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	n = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	vm_map(a, SLOT, TEST_GPA, 64 * PAGE, m);
	vm_map(b, SLOT, TEST_GPA, 64 * PAGE, n);
	expect(vcpu_finish(vcpu_new(a, 0, guest_writer, TEST_GPA)));
	expect(vcpu_finish(vcpu_new(b, 0, guest_reader, TEST_GPA)));
	expect_eq(*(u64 *)((char *)n + 63 * PAGE), 163);
	vm_free(a);
	vm_free(b);
}

static const struct test tests[] = {
	{ "first access: read, write, atomic, cache op", first_access },
	{ "code written by the guest", exec },
	{ "code written by the host", exec_host_code },
	{ "unaligned across pages and slots", unaligned },
	{ "pages taken out of a huge page", block_split },
	{ "pages of a huge page protected", block_protect },
	{ "huge page at an odd guest address", skewed },
	{ "vCPUs faulting together", parallel },
	{ "a file shared by two VMs", shared_file },
};

TEST_MAIN(tests)
