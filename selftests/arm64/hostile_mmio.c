// SPDX-License-Identifier: GPL-2.0
/*
 * The guest reads and writes every page of the GIC's frames with every width, aligned and not, and
 * calls HVC and SMC with random arguments. No answer is expected but that there is one.
 */
#include "gic.h"

static volatile u64 accesses;

/* One access of each width at a; values that set and clear whatever there is. */
static void touch(u64 a, u64 value)
{
	guest_catch();
	mmio_read32(a);
	mmio_write32(a, value);
	if ((a & 0x3c) == 0) {
		mmio_read8(a + 3);
		mmio_write8(a + 1, value);
		mmio_read16(a + 2);
		mmio_write16(a, value);
		mmio_read64(a);
		mmio_write64(a, value);
		/* Across two registers; an alignment fault on device memory. */
		mmio_read32(a + 2);
		mmio_write64(a + 4, value);
	}
	guest_caught();
	accesses++;
}

static void guest_frames(u64 cpus)
{
	static const u64 values[] = { ~0UL, 0, 0x0101010101010101 };
	u64 dist = gic_version == 3 ? 0x10000 : 0x1000;

	irq_off();
	for (int i = 0; i < ARRAY_SIZE(values); i++) {
		/* All of the low registers, and the first few and last of every page. */
		for (u64 o = 0; o < dist; o += o < 0x1000 ? 4 : (o & 0xfff) < 0x20 ? 4 : 0x9c)
			touch(GICD_GPA + (o & ~3UL), values[i]);
		if (gic_version == 3) {
			for (u64 o = 0; o < cpus * GICR_STRIDE;
			     o += (o & 0xffff) < 0x400 ? 4 : 0x17c)
				touch(GICR_GPA + (o & ~3UL), values[i]);
		} else {
			for (u64 o = 0; o < 0x2000; o += 4)
				touch(GICC_GPA + o, values[i]);
		}
	}
	guest_done();
}

/* Accesses that no part of the kernel takes come out; any answer will do. */
static bool finish_any(struct vcpu *v)
{
	for (;;) {
		int ret = vcpu_run(v);
		struct ucall *uc = ret ? NULL : vcpu_ucall_of(v);

		if (ret == -EINTR || ret == -ENOSYS)
			continue;
		if (uc && uc->cmd == UCALL_DONE)
			return true;
		if (!ret && !uc && v->run->exit_reason == ARMVIRT_EXIT_MMIO)
			continue;
		vcpu_explain(v, ret);
		return false;
	}
}

static void frames(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_frames, 2);

	require(!vcpu_init(vcpu_bare(vm, 1), 0));
	gic_new(vm);
	expect(finish_any(v));
	expect(accesses > 1000);
	vm_free(vm);
}

/* Just outside the frames nobody is at home. */
static void guest_outside(u64 cpus)
{
	u64 dist = gic_version == 3 ? 0x10000 : 0x1000;

	mmio_read32(GICD_GPA - 4);
	mmio_read32(GICD_GPA + dist);
	if (gic_version == 3) {
		mmio_read32(GICR_GPA - 4);
		mmio_read32(GICR_GPA + cpus * GICR_STRIDE);
	} else {
		mmio_read32(GICC_GPA - 4);
		mmio_read32(GICC_GPA + 0x2000);
	}
	guest_done();
}

static void outside(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_outside, 1);
	int exits = 0;

	gic_new(vm);
	while (!vcpu_run(v) && !vcpu_ucall_of(v) && v->run->exit_reason == ARMVIRT_EXIT_MMIO)
		exits++;
	expect_eq(exits, 4);
	vm_free(vm);
}

/* All CPU interface registers, written with anything and read. */
static void guest_icc(u64 seed)
{
	struct rnd r = { .state = seed };

#define ICC(reg) do {					\
		u64 x_ = rnd64(&r);			\
		guest_catch();				\
		sysreg_read_(reg);			\
		guest_caught();				\
		guest_catch();				\
		sysreg_write_(reg, x_);			\
		isb();					\
		guest_caught();				\
	} while (0)

	irq_off();
	for (int i = 0; i < 100; i++) {
		ICC(ICC_PMR); ICC(ICC_IAR0); ICC(ICC_EOIR0); ICC(ICC_HPPIR0); ICC(ICC_BPR0);
		ICC(ICC_AP0R0); ICC(ICC_AP1R0); ICC(ICC_DIR); ICC(ICC_RPR); ICC(ICC_SGI1R);
		ICC(ICC_ASGI1R); ICC(ICC_SGI0R); ICC(ICC_IAR1); ICC(ICC_EOIR1); ICC(ICC_HPPIR1);
		ICC(ICC_BPR1); ICC(ICC_CTLR); ICC(ICC_SRE); ICC(ICC_IGRPEN0); ICC(ICC_IGRPEN1);
		ICC(S3_0_C12_C8_5); ICC(S3_0_C12_C9_3); ICC(S3_0_C12_C12_1);
	}
	guest_done();
}

static void icc(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_icc, 5);

	gic_new(vm);
	expect(finish_any(v));
	vm_free(vm);
}

/*
 * HVC and SMC with anything in x0-x17. What PSCI knows is left out, for it would end the machine, as
 * are calls of a hypervisor's own.
 */
static void guest_calls(u64 seed)
{
	struct rnd r = { .state = seed };

	for (int i = 0; i < 2000; i++) {
		register u64 x0 asm("x0") = rnd64(&r);
		register u64 x1 asm("x1") = rnd64(&r);
		register u64 x2 asm("x2") = rnd64(&r);
		register u64 x3 asm("x3") = rnd64(&r);

		switch (i % 4) {
		case 0:
			x0 = (x0 & 0xff000000) | (i >> 2 & 0x1ff);
			break;
		case 1:
			x0 = 0x84000050 | (x0 & 0x4000000f);
			break;
		case 2:
			x0 = 0x80000000 | (x0 & 0x4000ffff);
			break;
		}
		/* Not PSCI 0.2, nor the numbers of 0.1. */
		if ((x0 & 0xbfffffe0) == 0x84000000 || (u32)x0 >> 4 == 0x95c1ba5)
			x0 ^= 1 << 20;
		guest_catch();
		if (i & 8)
			asm volatile("smc #0" : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3)
				     :: "x4", "x5", "x6", "x7", "x8", "x17", "memory");
		else
			asm volatile("hvc #0" : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3)
				     :: "x4", "x5", "x6", "x7", "x8", "x17", "memory");
		guest_caught();
	}
	/* PSCI with anything but what turns us off. */
	for (int i = 0; i < 300; i++) {
		static const u32 fn[] = { 0x84000000, 0xc4000003, 0xc4000004, 0x84000006, 0x8400000a };

		guest_psci(fn[i % ARRAY_SIZE(fn)], i & 1 ? rnd64(&r) : 1, rnd64(&r), rnd64(&r));
	}
	guest_done();
}

static void calls(void)
{
	struct vm *vm = vm_new();
	struct vcpu *v = vcpu_new(vm, 0, guest_calls, 11);

	vcpu_off(vm, 1, guest_calls, 0);
	gic_try(vm);
	expect(finish_any(v));
	vm_free(vm);
}

static const struct test tests[] = {
	{ "every page of the GIC, every width", frames, 120 },
	{ "beside the GIC", outside },
	{ "CPU interface registers", icc },
	{ "HVC and SMC with random arguments", calls },
};

TEST_MAIN(tests)
