// SPDX-License-Identifier: GPL-2.0
/*
 * Many VMs: several at once, hundreds one after another with nothing left behind, and more vCPUs
 * than CPUs. More VMs than an 8-bit VMID can tell apart is part of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "gic.h"
#include "proc.h"

#define PAGE	4096UL
#define SLOT	TEST_SLOT

static volatile u64 arrived;

static void guest_sum(u64 a)
{
	u64 id = guest_cpu()->id;

	for (u64 n = 1; n <= 200; n++) {
		u64 p = a + (n % 16) * PAGE + id * 64;

		mmio_write64(p, id << 32 | n);
		guest_assert_eq(mmio_read64(p), id << 32 | n);
		if (n % 50 == 0)
			guest_tell(n, 0, 0);
	}
}

static struct vm *work_vm(int cpus, bool gic)
{
	struct vm *vm = vm_new();

	vm_map(vm, SLOT, TEST_GPA, 16 * PAGE, NULL);
	for (int i = 0; i < cpus; i++)
		vcpu_new(vm, i, guest_sum, TEST_GPA);
	if (gic)
		gic_try(vm);
	return vm;
}

static void *run_vm(void *arg)
{
	return vm_run(arg) ? arg : NULL;
}

static void at_once(void)
{
	struct vm *vm[8];
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		vm[i] = work_vm(2, true);
	for (int i = 0; i < 8; i++)
		require(!pthread_create(&t[i], NULL, run_vm, vm[i]));
	for (int i = 0; i < 8; i++) {
		void *ret;

		pthread_join(t[i], &ret);
		expect(ret);
		vm_free(vm[i]);
	}
}

/* Pages on the lists that each CPU keeps are free, too, but not in MemFree: up to some MB. */
static long percpu_free_kb(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	char line[256];
	long n, pages = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %ld", &n) == 1)
			pages += n;
	if (f)
		fclose(f);
	return pages * 4;
}

static long free_kb(void)
{
	file_write("/proc/sys/vm/drop_caches", "3");
	sleep_ms(300);
	return meminfo_kb("MemFree") + percpu_free_kb();
}

static void one_vm(void)
{
	struct vm *vm = work_vm(1, true);

	expect(vcpu_finish(&vm->vcpu[0]));
	vm_free(vm);
}

static void one_after_another(void)
{
	long free_before, slab_before, used, slab;

	/* What is allocated once and stays is not counted. */
	for (int i = 0; i < 50 && !test_failed(); i++)
		one_vm();
	free_before = free_kb();
	slab_before = meminfo_kb("Slab");
	for (int i = 0; i < 600 && !test_failed(); i++)
		one_vm();
	/* Some is freed later than the VM: KVM's, mostly. */
	for (int i = 0; i < 10; i++) {
		used = free_before - free_kb();
		if (used < 1800)
			break;
	}
	slab = meminfo_kb("Slab") - slab_before;
	test_note("600 VMs: %ld KiB less memory free, slab grew by %ld KiB", used, slab);
	/* KASAN keeps what was freed for a while; there, kmemleak finds what was lost. */
	if (!access("/sys/kernel/debug/kmemleak", F_OK))
		return;
	/* A page lost per VM would be 2400; KVM keeps more than that for a while. */
	expect(used < (on_kvm() ? 20000 : 1800));
	expect(slab < 1200);
}

/* VMs of which each keeps its contents while hundreds of others come and go. */
static void guest_remember(u64 a)
{
	u64 secret = mmio_read64(a);

	for (;;) {
		guest_assert_eq(mmio_read64(a), secret);
		guest_tell(secret, 0, 0);
	}
}

static void expect_secret(struct vm *vm, u64 secret)
{
	struct ucall *uc = vcpu_ucall(&vm->vcpu[0]);

	require(uc);
	expect_eq(uc->arg[0], secret);
}

static void vmids(void)
{
	struct vm *vm[280];

	/* All at the same guest address, all alive: more than 256 VMIDs. */
	for (int i = 0; i < ARRAY_SIZE(vm); i++) {
		u64 *m;

		vm[i] = vm_new();
		m = vm_map(vm[i], SLOT, TEST_GPA, PAGE, NULL);
		m[0] = i + 1;
		vcpu_new(vm[i], 0, guest_remember, TEST_GPA);
		expect_secret(vm[i], i + 1);
		if (i)
			expect_secret(vm[i - 1], i);
		if (test_failed())
			return;
	}
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < ARRAY_SIZE(vm) && !test_failed(); i++)
			expect_secret(vm[i], i + 1);
	for (int i = 0; i < ARRAY_SIZE(vm); i++)
		vm_free(vm[i]);
}

static void guest_meet(u64 n)
{
	inc(&arrived);
	guest_wait(load(&arrived) == n);
}

static void cpus(void)
{
	for (int n = 1; n <= 8; n *= 2) {
		struct vm *vm = vm_new();

		arrived = 0;
		for (int i = 0; i < n; i++)
			vcpu_new(vm, i, guest_meet, n);
		gic_try(vm);
		expect(vm_run(vm));
		vm_free(vm);
	}
}

static void max_cpus(void)
{
	struct vm *vm = vm_bare();
	int max = ioctl(vm->fd, ARMVIRT_CHECK_EXTENSION, ARMVIRT_CAP_MAX_VCPUS);

	for (int i = 0; i < max; i++) {
		int fd = ioctl(vm->fd, ARMVIRT_CREATE_VCPU, i);

		if (fd < 0)
			die("vCPU %d of %d: %s", i, max, strerror(errno));
	}
	vm_free(vm);
}

static const struct test tests[] = {
	{ "8 VMs at once", at_once },
	{ "600 VMs one after another leave nothing", one_after_another, 150 },
	{ "more VMs than VMIDs", vmids, 90 },
	{ "1, 2, 4 and 8 vCPUs", cpus },
	{ "as many vCPUs as there may be", max_cpus },
};

TEST_MAIN(tests)
