// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory is process memory: it may be unmapped, protected, swapped out, merged, moved, forked
 * and collapsed at any time, with a vCPU running in it. The guest must see what the process sees and
 * never a page that is no longer the process's.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>
#include "proc.h"
#include "vm.h"

#define PAGE	4096UL
#define MB	(1ULL << 20)
#define SLOT	TEST_SLOT

static volatile int stop;
static volatile u64 rounds;

static void guest_read_loop(u64 a)
{
	for (;;)
		guest_tell(mmio_read64(a), 0, 0);
}

static void guest_write_loop(u64 a)
{
	for (u64 n = 1; ; n++) {
		mmio_write64(a, n);
		guest_tell(mmio_read64(a), n, 0);
	}
}

/* All pages keep the pattern: word 0 is counted up by the guest, word 1 is the page's number. */
static void guest_count(u64 a)
{
	u64 n = 0;

	while (!load(&stop)) {
		n++;
		for (u64 i = 0; i < 64; i++) {
			u64 p = a + i * PAGE;

			guest_assert_eq(mmio_read64(p + 8), i);
			guest_assert_eq(mmio_read64(p), n - 1);
			mmio_write64(p, n);
		}
		store(&rounds, n);
	}
}

static char *count_start(struct vm *vm, struct vcpu **v, char *m)
{
	if (!m)
		m = host_pages(64 * PAGE, 0);
	for (u64 i = 0; i < 64; i++)
		*(u64 *)(m + i * PAGE + 8) = i;
	vm_map(vm, SLOT, TEST_GPA, 64 * PAGE, m);
	*v = vcpu_new(vm, 0, guest_count, TEST_GPA);
	vcpu_start(*v);
	return m;
}

static void wait_rounds(u64 n)
{
	u64 end = load(&rounds) + n;
	u64 late = now_ns() + 20000000000ULL;

	while (load(&rounds) < end && now_ns() < late && !test_failed())
		sleep_ms(1);
	expect(load(&rounds) >= end);
}

static void count_end(struct vm *vm, struct vcpu *v, char *m)
{
	store(&stop, 1);
	expect(vcpu_join(v));
	for (u64 i = 0; i < 64; i++)
		if (*(u64 *)(m + i * PAGE) != rounds || *(u64 *)(m + i * PAGE + 8) != i) {
			fail("page %d has %d, %d; guest counted to %d", (int)i,
			     (int)*(u64 *)(m + i * PAGE), (int)*(u64 *)(m + i * PAGE + 8),
			     (int)rounds);
			break;
		}
	vm_free(vm);
}

static void unmap(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_read_loop, TEST_GPA);
	u64 *m = vm_map(vm, SLOT, TEST_GPA, PAGE, NULL);
	struct ucall *uc;

	m[0] = 5;
	uc = vcpu_ucall(v);
	expect(uc && uc->arg[0] == 5);
	require(!munmap(m, PAGE));
	expect_eq(vcpu_run(v), -EFAULT);
	expect_eq(vcpu_run(v), -EFAULT);
	require(mmap(m, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0) == m);
	m[0] = 6;
	uc = vcpu_ucall(v);
	expect(uc && uc->arg[0] == 6);
	vm_free(vm);
}

static void protect(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_write_loop, TEST_GPA);
	struct vcpu *w = vcpu_new(vm, 1, guest_read_loop, TEST_GPA);
	u64 *m = vm_map(vm, SLOT, TEST_GPA, PAGE, NULL);
	struct ucall *uc;

	require(vcpu_ucall(v));
	require(!mprotect(m, PAGE, PROT_READ));
	expect_eq(vcpu_run(v), -EFAULT);
	uc = vcpu_ucall(w);
	expect(uc && uc->arg[0] == 1);
	expect_eq(m[0], 1);
	require(!mprotect(m, PAGE, PROT_NONE));
	expect_eq(vcpu_run(w), -EFAULT);
	require(!mprotect(m, PAGE, PROT_READ | PROT_WRITE));
	require(vcpu_ucall(v));
	expect_eq(m[0], 2);
	uc = vcpu_ucall(w);
	expect(uc && uc->arg[0] == 2);
	vm_free(vm);
}

static void discard(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_write_loop, TEST_GPA);
	struct vcpu *w = vcpu_new(vm, 1, guest_read_loop, TEST_GPA);
	u64 *m = vm_map(vm, SLOT, TEST_GPA, PAGE, NULL);

	for (u64 n = 1; n < 30; n++) {
		struct ucall *uc;

		require(vcpu_ucall(v));
		expect_eq(m[0], n);
		require(!madvise(m, PAGE, MADV_DONTNEED));
		uc = vcpu_ucall(w);
		expect(uc && uc->arg[0] == 0);
	}
	vm_free(vm);
}

static void moved(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_write_loop, TEST_GPA);
	u64 *m = vm_map(vm, SLOT, TEST_GPA, PAGE, NULL);
	u64 *to = host_pages(PAGE, 0);

	require(vcpu_ucall(v));
	require(mremap(m, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	expect_eq(vcpu_run(v), -EFAULT);
	expect_eq(to[0], 1);
	require(mremap(to, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, m) == m);
	require(vcpu_ucall(v));
	expect_eq(m[0], 2);
	vm_free(vm);
}

/* Each child keeps the memory as it was when forked, whatever the guest goes on writing. */
static void forked(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v;
	char *m = count_start(vm, &v, NULL);

	for (int n = 0; n < 10 && !test_failed(); n++) {
		int status;
		pid_t pid;

		wait_rounds(3);
		pid = fork();
		if (!pid) {
			u64 was[64], diff = 0;

			for (int i = 0; i < 64; i++)
				was[i] = *(volatile u64 *)(m + i * PAGE);
			sleep_ms(20);
			for (int i = 0; i < 64; i++)
				diff += was[i] != *(volatile u64 *)(m + i * PAGE) ||
					was[i] > was[0] || was[i] + 1 < was[0];
			_exit(diff ? 1 : 0);
		}
		waitpid(pid, &status, 0);
		expect_eq(status, 0);
	}
	count_end(vm, v, m);
}

static void protect_running(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v;
	char *m = count_start(vm, &v, NULL);

	/* NUMA hinting and such: access goes and comes back, contents stay. */
	for (int n = 0; n < 100 && !test_failed(); n++) {
		madvise(m, 64 * PAGE, MADV_COLD);
		if (n % 10 == 0)
			wait_rounds(1);
	}
	count_end(vm, v, m);
}

/* Makes the compressed RAM disk (module zram) a swap device, once. */
static bool swap_on(void)
{
	char page[PAGE];
	int fd;

	memset(page, 0, sizeof(page));
	if (meminfo_kb("SwapTotal") > 0)
		return true;
	if (!file_write("/sys/block/zram0/disksize", "67108864"))
		return false;
	*(u32 *)(page + 1024) = 1;			/* version, last page, no bad pages */
	*(u32 *)(page + 1028) = 67108864 / PAGE - 1;
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	fd = open("/dev/zram0", O_WRONLY);
	if (fd < 0 || write(fd, page, sizeof(page)) != sizeof(page))
		return false;
	close(fd);
	return !swapon("/dev/zram0", 0);
}

static void swapped(void)
{
	struct vm *vm = vm_new();
	long out = vmstat("pswpout");
	struct vcpu *v;
	char *m;

	if (!swap_on())
		test_skip("no zram to swap to");
	m = count_start(vm, &v, NULL);
	for (int n = 0; n < 50 && !test_failed(); n++) {
		if (madvise(m, 64 * PAGE, MADV_PAGEOUT))
			test_skip("no MADV_PAGEOUT");
		if (n % 5 == 0)
			wait_rounds(1);
	}
	expect(vmstat("pswpout") > out);
	count_end(vm, v, m);
}

/* Memory limited to less than the guest uses, so that the kernel swaps by itself. */
static void guest_stride(u64 a)
{
	for (u64 n = 1; n <= 2; n++)
		for (u64 p = a; p < a + 12 * MB; p += PAGE) {
			guest_assert_eq(mmio_read64(p), n == 1 ? 0 : p + n - 1);
			mmio_write64(p, p + n);
		}
}

static void cgroup_limit(void)
{
	struct vm *vm;
	struct vcpu *v;

	if (!swap_on())
		test_skip("no zram to swap to");
	mkdir("/sys/fs/cgroup", 0755);
	if (access("/sys/fs/cgroup/cgroup.procs", F_OK))
		mount("none", "/sys/fs/cgroup", "cgroup2", 0, NULL);
	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	mkdir("/sys/fs/cgroup/armvirt-test", 0755);
	if (!file_write("/sys/fs/cgroup/armvirt-test/memory.max", "8388608"))
		test_skip("no memory controller");
	require(file_write("/sys/fs/cgroup/armvirt-test/cgroup.procs", "0"));
	vm = vm_new();
	vm_map(vm, SLOT, TEST_GPA, 12 * MB, NULL);
	v = vcpu_new(vm, 0, guest_stride, TEST_GPA);
	expect(vcpu_finish(v));
	expect(meminfo_kb("SwapFree") < meminfo_kb("SwapTotal"));
	vm_free(vm);
}

static void merged(void)
{
	struct vm *vm = vm_new();
	char *m = host_pages(128 * PAGE, 0);
	u64 late = now_ns() + 10000000000ULL;
	struct vcpu *v;

	if (!file_write("/sys/kernel/mm/ksm/run", "1"))
		test_skip("no KSM");
	file_write("/sys/kernel/mm/ksm/sleep_millisecs", "5");
	file_write("/sys/kernel/mm/ksm/pages_to_scan", "2000");
	/* Pages 0-63 are the guest's, 64-127 equal to them, never written. */
	madvise(m, 128 * PAGE, MADV_NOHUGEPAGE);
	for (u64 i = 0; i < 128; i++)
		*(u64 *)(m + i * PAGE + 8) = i % 64;
	require(!madvise(m, 128 * PAGE, MADV_MERGEABLE));
	while (file_read_long("/sys/kernel/mm/ksm/pages_sharing") < 64 && now_ns() < late)
		sleep_ms(10);
	expect(file_read_long("/sys/kernel/mm/ksm/pages_sharing") >= 60);
	count_start(vm, &v, m);
	wait_rounds(20);
	for (u64 i = 64; i < 128; i++)
		if (*(u64 *)(m + i * PAGE))
			fail("the guest wrote to a merged page's other owner");
	count_end(vm, v, m);
	file_write("/sys/kernel/mm/ksm/run", "2");
}

/* Merging goes on while the guest only reads: every page must keep its own contents. */
static void guest_reader(u64 a)
{
	while (!load(&stop)) {
		for (u64 i = 0; i < 64; i++)
			guest_assert_eq(mmio_read64(a + i * PAGE), i / 8);
		inc(&rounds);
	}
}

static void merging(void)
{
	struct vm *vm = vm_new();
	char *m = vm_map(vm, SLOT, TEST_GPA, 64 * PAGE, NULL);
	struct vcpu *v = vcpu_new(vm, 0, guest_reader, TEST_GPA);

	if (!file_write("/sys/kernel/mm/ksm/run", "1"))
		test_skip("no KSM");
	file_write("/sys/kernel/mm/ksm/sleep_millisecs", "2");
	file_write("/sys/kernel/mm/ksm/pages_to_scan", "2000");
	for (u64 i = 0; i < 64; i++)
		*(u64 *)(m + i * PAGE) = i / 8;
	madvise(m, 64 * PAGE, MADV_MERGEABLE);
	vcpu_start(v);
	for (int n = 0; n < 20 && !test_failed(); n++) {
		sleep_ms(20);
		wait_rounds(1);
		madvise(m, 64 * PAGE, n & 1 ? MADV_MERGEABLE : MADV_UNMERGEABLE);
	}
	store(&stop, 1);
	expect(vcpu_join(v));
	vm_free(vm);
	file_write("/sys/kernel/mm/ksm/run", "2");
}

static void hugetlb(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v;
	char *m;

	file_write("/proc/sys/vm/nr_hugepages", "4");
	m = mmap(NULL, 2 * MB, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (m == MAP_FAILED)
		test_skip("no huge pages");
	count_start(vm, &v, m);
	wait_rounds(10);
	count_end(vm, v, m);
	munmap(m, 2 * MB);
	file_write("/proc/sys/vm/nr_hugepages", "0");
}

/* munmap() and mmap() of other pages in a loop, under a vCPU that takes EFAULT for an answer. */
static void remapped(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_read_loop, TEST_GPA + PAGE);
	char *m = vm_map(vm, SLOT, TEST_GPA, 4 * PAGE, NULL);

	for (u64 n = 1; n < 100; n++) {
		struct ucall *uc;

		require(mmap(m, 4 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == m);
		*(u64 *)(m + PAGE) = n;
		uc = vcpu_ucall(v);
		require(uc);
		expect_eq(uc->arg[0], n);
	}
	vm_free(vm);
}

static const struct test tests[] = {
	{ "munmap gives EFAULT until there is memory again", unmap },
	{ "mprotect", protect },
	{ "discarded pages read as zero", discard },
	{ "mremap takes the page along", moved },
	{ "other pages in the same place", remapped },
	{ "fork and copy on write, running", forked },
	{ "ageing, running", protect_running },
	{ "swapped out by MADV_PAGEOUT, running", swapped },
	{ "swapped out by a memory limit", cgroup_limit, 240 },
	{ "KSM: writing to merged pages", merged },
	{ "KSM: merged while reading", merging },
	{ "hugetlb memory", hugetlb },
};

TEST_MAIN(tests)
