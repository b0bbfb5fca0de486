// SPDX-License-Identifier: GPL-2.0
/*
 * Hypercalls by the SMC calling convention: version, workarounds, random numbers, unknown calls, the
 * registers they leave alone, and the firmware registers by which user space chooses.
 */
#include "vm.h"

#define SMCCC_VERSION		0x80000000
#define SMCCC_FEATURES		0x80000001
#define WORKAROUND_1		0x80008000
#define WORKAROUND_2		0x80007fff
#define WORKAROUND_3		0x80003fff
#define TRNG_VERSION		0x84000050
#define TRNG_FEATURES		0x84000051
#define TRNG_UUID		0x84000052
#define TRNG_RND32		0x84000053
#define TRNG_RND64		0xc4000053
#define NOT_SUPPORTED		(-1)

static volatile bool quirks;

static void run_guest(void (*fn)(u64))
{
	struct vm *vm = vm_new();

	quirks = on_kvm();
	expect(vcpu_finish(vcpu_new(vm, 0, fn, 0)));
	vm_free(vm);
}

static u64 call(u64 fn, u64 arg)
{
	return guest_hvc(fn, arg, 0, 0).x[0];
}

static void guest_version(u64 arg)
{
	u64 version = call(SMCCC_VERSION, 0);

	guest_assert(version >= 0x10001 && version < 0x20000);
	/* Junk in the upper half of the function id doesn't count. */
	guest_assert_eq(call(0xabcd000000000000 | SMCCC_VERSION, 0), version);
}

static void version(void)
{
	run_guest(guest_version);
}

/* What is said to be there can be called; what isn't, says so. */
static void guest_workarounds(u64 arg)
{
	static const u32 fn[] = { WORKAROUND_1, WORKAROUND_2, WORKAROUND_3 };

	for (int i = 0; i < 3; i++) {
		int there = call(SMCCC_FEATURES, fn[i]);

		guest_assert(there == 0 || there == 1 || there == NOT_SUPPORTED ||
			     (fn[i] == WORKAROUND_2 && there == -2));
		if (there == 0)
			call(fn[i], 0);
	}
	guest_assert_eq((int)call(SMCCC_FEATURES, 0x80001234), NOT_SUPPORTED);
}

static void workarounds(void)
{
	run_guest(guest_workarounds);
}

static void guest_trng(u64 arg)
{
	struct smccc a, b;
	u64 ones = 0;

	guest_assert_eq(call(TRNG_VERSION, 0), 0x10000);
	guest_assert_eq(call(TRNG_FEATURES, TRNG_RND64), 0);
	guest_assert_eq(call(TRNG_FEATURES, TRNG_RND32), 0);
	guest_assert_eq((int)call(TRNG_FEATURES, TRNG_RND64 + 1), NOT_SUPPORTED);
	a = guest_hvc(TRNG_UUID, 0, 0, 0);
	guest_assert(a.x[0] | a.x[1] | a.x[2] | a.x[3]);
	/* No bits: an error by the specification, success with KVM. */
	guest_assert((int)call(TRNG_RND64, 0) == (quirks ? 0 : -2));
	guest_assert_eq((int)call(TRNG_RND64, 193), -2);
	guest_assert_eq((int)call(TRNG_RND32, 97), -2);
	/* As many bits as asked for, in the lowest places, and others every time. */
	for (u64 bits = 1; bits <= 192; bits += 13) {
		a = guest_hvc(TRNG_RND64, bits, 0, 0);
		guest_assert_eq(a.x[0], 0);
		if (bits < 64)
			guest_assert_eq(a.x[3] >> bits, 0);
		if (bits <= 64)
			guest_assert_eq(a.x[2], 0);
		else if (bits < 128)
			guest_assert_eq(a.x[2] >> (bits - 64), 0);
		if (bits <= 128)
			guest_assert_eq(a.x[1], 0);
	}
	a = guest_hvc(TRNG_RND64, 192, 0, 0);
	b = guest_hvc(TRNG_RND64, 192, 0, 0);
	guest_assert(a.x[1] != b.x[1] && a.x[2] != b.x[2] && a.x[3] != b.x[3]);
	a = guest_hvc(TRNG_RND32, 96, 0, 0);
	guest_assert_eq((a.x[1] | a.x[2] | a.x[3]) >> 32, 0);
	for (int i = 0; i < 16; i++)
		ones += __builtin_popcountl(guest_hvc(TRNG_RND64, 64, 0, 0).x[3]);
	guest_assert(ones > 256 && ones < 768);
}

static void trng(void)
{
	run_guest(guest_trng);
}

static void guest_unknown(u64 arg)
{
	struct rnd r = { .state = 7 };

	/* One of each owner, then any: never a SYSTEM_OFF by accident. */
	for (u64 owner = 0; owner < 64; owner++)
		guest_assert_eq((int)call(0x80000000 | owner << 24 | 0xabc, 0), NOT_SUPPORTED);
	for (int i = 0; i < 300; i++) {
		u32 fn = rnd64(&r);

		if ((fn >> 24 & 0x3f) == 4 || (fn >> 24 & 0x3f) == 6)
			continue;
		guest_assert_eq((int)call(fn | 0x80000000 | 0x0f00, rnd64(&r)), NOT_SUPPORTED);
	}
	guest_assert_eq((int)call(0, 0), NOT_SUPPORTED);
	guest_assert_eq((int)call(~0UL, 0), NOT_SUPPORTED);
}

static void unknown(void)
{
	run_guest(guest_unknown);
}

/* x4-x17 are the caller's after any call; here after a known and an unknown one. */
static void guest_preserved(u64 arg)
{
	static const u64 fns[] = { SMCCC_VERSION, TRNG_RND64, 0x8000beef, PSCI_VERSION };

	for (int i = 0; i < ARRAY_SIZE(fns); i++) {
		register u64 x0 asm("x0") = fns[i];
		register u64 x1 asm("x1") = 64;
		register u64 x4 asm("x4") = 0x444;
		register u64 x8 asm("x8") = 0x888;
		register u64 x12 asm("x12") = 0xccc;
		register u64 x17 asm("x17") = 0x111;
		register u64 x18 asm("x18") = 0x121;

		asm volatile("hvc #0" : "+r" (x0), "+r" (x1), "+r" (x4), "+r" (x8), "+r" (x12),
			     "+r" (x17), "+r" (x18) :: "x2", "x3", "memory");
		guest_assert(x4 == 0x444 && x8 == 0x888 && x12 == 0xccc && x17 == 0x111 &&
			     x18 == 0x121);
	}
}

static void preserved(void)
{
	run_guest(guest_preserved);
}

/* SMC is answered, refused or undefined, but the guest goes on at the next instruction. */
static void guest_smc(u64 arg)
{
	register u64 x0 asm("x0") = SMCCC_VERSION;
	u64 n;

	guest_catch();
	asm volatile("smc #0" : "+r" (x0) :: "x1", "x2", "x3", "memory");
	n = guest_caught();
	guest_assert(n || (int)x0 == NOT_SUPPORTED || x0 >> 16 == 1);
	guest_catch();
	asm volatile("smc #77\n\thvc #77" ::: "x0", "x1", "x2", "x3", "memory");
	guest_assert(guest_caught() <= 2);
}

static void smc(void)
{
	run_guest(guest_smc);
}

static void guest_version_as(u64 want)
{
	guest_assert_eq(guest_psci(PSCI_VERSION, 0, 0, 0), want);
	guest_tell(0, 0, 0);
}

static void psci_version(void)
{
	static const u64 good[] = { 0x2, 0x10000, 0x10001 };
	u64 bad[] = { 0, 3, 0x20000, ~0UL };

	for (int i = 0; i < ARRAY_SIZE(good); i++) {
		struct vm *vm = vm_new();
		struct vcpu *v = vcpu_new(vm, 0, guest_version_as, good[i]);

		for (int b = 0; b < ARRAY_SIZE(bad); b++)
			expect_err(vcpu_set(v, ARMVIRT_REG_ARM_PSCI_VERSION, &bad[b]), EINVAL);
		vcpu_set_reg(v, ARMVIRT_REG_ARM_PSCI_VERSION, good[i]);
		expect_eq(vcpu_reg(v, ARMVIRT_REG_ARM_PSCI_VERSION), good[i]);
		expect(vcpu_finish(v));
		vm_free(vm);
	}
}

static void workaround_regs(void)
{
	static const u64 ids[] = {
		ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1, ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2,
		ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_3,
	};
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_workarounds, 0);

	for (int i = 0; i < ARRAY_SIZE(ids); i++) {
		u64 now = vcpu_reg(v, ids[i]), x = 0xff;

		expect_eq(vcpu_set(v, ids[i], &now), 0);
		expect_err(vcpu_set(v, ids[i], &x), EINVAL);
		expect_eq(vcpu_reg(v, ids[i]), now);
	}
	vm_free(vm);
}

static void guest_no_trng(u64 arg)
{
	guest_assert_eq((int)call(TRNG_VERSION, 0), NOT_SUPPORTED);
	guest_assert_eq((int)call(TRNG_RND64, 64), NOT_SUPPORTED);
	guest_tell(0, 0, 0);
}

static void service_bitmaps(void)
{
	static const u64 ids[] = {
		ARMVIRT_REG_ARM_STD_BMAP, ARMVIRT_REG_ARM_STD_HYP_BMAP,
		ARMVIRT_REG_ARM_VENDOR_HYP_BMAP,
	};
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_no_trng, 0);
	u64 x;

	if (vcpu_get(v, ids[0], &x))
		test_skip("no FW_FEAT_BMAP");
	expect_eq(vcpu_reg(v, ids[0]), 1);
	for (int i = 0; i < 3; i++) {
		x = 1UL << 40;
		expect_err(vcpu_set(v, ids[i], &x), EINVAL);
	}
	vcpu_set_reg(v, ids[0], 0);
	require(vcpu_ucall(v));
	x = 1;
	expect_err(vcpu_set(v, ids[0], &x), EBUSY);
	expect_eq(vcpu_reg(v, ids[0]), 0);
	/* The value that it has is no change. */
	x = 0;
	expect_eq(vcpu_set(v, ids[0], &x), 0);
	expect(vcpu_finish(v));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "version", version },
	{ "workarounds", workarounds },
	{ "random numbers", trng },
	{ "unknown calls", unknown },
	{ "registers a call leaves alone", preserved },
	{ "SMC", smc },
	{ "PSCI version register", psci_version },
	{ "workaround registers", workaround_regs },
	{ "service bitmaps", service_bitmaps },
};

TEST_MAIN(tests)
