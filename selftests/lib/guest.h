/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What code of the guest may use. Guest functions are ordinary functions of the test program,
 * started at EL1 with the MMU and FP on; globals are shared with the host side, for the data pages
 * of the process are the guest's memory. Guest code must call neither libc nor the host side.
 */
#ifndef LIB_GUEST_H
#define LIB_GUEST_H

#include "layout.h"
#include "test.h"

enum ucall_cmd { UCALL_NONE, UCALL_DONE, UCALL_SYNC, UCALL_ASSERT, UCALL_EXCEPTION };

/* What the guest tells the host by writing its address to UCALL_GPA. */
struct ucall {
	u64 cmd;
	u64 arg[6];
};

struct guest_frame {
	u64 x[31];
	u64 elr;
	u64 spsr;
	u64 esr;
	u64 far;
	u64 vector;	/* 0-15, by place in the vector table */
};

/* One for each vCPU, found by TPIDR_EL1. The first two are known to entry.S. */
struct guest_cpu {
	u64 stack;
	u64 el0_return;		/* stack pointer to return from EL0 with */
	void (*fn)(u64 arg);
	u64 arg;
	u64 id;
	struct ucall uc;
	/* exceptions: expected while catching */
	u64 catching;
	u64 caught;
	u64 esr, far, elr;
};

extern void (*volatile guest_irq)(struct guest_frame *f);
/* If set, sees every synchronous exception first; returns whether it was meant for it. */
extern bool (*volatile guest_sync)(struct guest_frame *f);

extern char guest_entry[];
u64 guest_run_el0(u64 pc, u64 sp, u64 x0);
void guest_el0_return(u64 value) __attribute__((noreturn));
void guest_exception(struct guest_frame *f);

#define sysreg_read(name) ({						\
	u64 v_;								\
	asm volatile("mrs %0, " #name : "=r" (v_) :: "memory");		\
	v_; })
#define sysreg_write(name, value)					\
	asm volatile("msr " #name ", %0" :: "r" ((u64)(value)) : "memory")
#define isb()		asm volatile("isb" ::: "memory")
#define dsb()		asm volatile("dsb sy" ::: "memory")
#define wfi()		asm volatile("dsb sy\n\twfi" ::: "memory")
#define irq_on()	asm volatile("msr daifclr, #2\n\tisb" ::: "memory")
#define irq_off()	asm volatile("msr daifset, #2\n\tisb" ::: "memory")

/* Names by encoding, for registers that the assembler doesn't know under a name. */
#define ICC_PMR		S3_0_C4_C6_0
#define ICC_IAR0	S3_0_C12_C8_0
#define ICC_EOIR0	S3_0_C12_C8_1
#define ICC_HPPIR0	S3_0_C12_C8_2
#define ICC_BPR0	S3_0_C12_C8_3
#define ICC_AP0R0	S3_0_C12_C8_4
#define ICC_AP1R0	S3_0_C12_C9_0
#define ICC_DIR		S3_0_C12_C11_1
#define ICC_RPR		S3_0_C12_C11_3
#define ICC_SGI1R	S3_0_C12_C11_5
#define ICC_ASGI1R	S3_0_C12_C11_6
#define ICC_SGI0R	S3_0_C12_C11_7
#define ICC_IAR1	S3_0_C12_C12_0
#define ICC_EOIR1	S3_0_C12_C12_1
#define ICC_HPPIR1	S3_0_C12_C12_2
#define ICC_BPR1	S3_0_C12_C12_3
#define ICC_CTLR	S3_0_C12_C12_4
#define ICC_SRE		S3_0_C12_C12_5
#define ICC_IGRPEN0	S3_0_C12_C12_6
#define ICC_IGRPEN1	S3_0_C12_C12_7
#define sysreg_read_(x)		sysreg_read(x)
#define sysreg_write_(x, v)	sysreg_write(x, v)

static inline struct guest_cpu *guest_cpu(void)
{
	return (struct guest_cpu *)sysreg_read(tpidr_el1);
}

static inline void mmio_write64(u64 a, u64 v)
{
	asm volatile("str %0, [%1]" :: "r" (v), "r" (a) : "memory");
}

static inline void mmio_write32(u64 a, u32 v)
{
	asm volatile("str %w0, [%1]" :: "r" (v), "r" (a) : "memory");
}

static inline void mmio_write16(u64 a, u16 v)
{
	asm volatile("strh %w0, [%1]" :: "r" (v), "r" (a) : "memory");
}

static inline void mmio_write8(u64 a, u8 v)
{
	asm volatile("strb %w0, [%1]" :: "r" (v), "r" (a) : "memory");
}

static inline u64 mmio_read64(u64 a)
{
	u64 v;

	asm volatile("ldr %0, [%1]" : "=r" (v) : "r" (a) : "memory");
	return v;
}

static inline u32 mmio_read32(u64 a)
{
	u32 v;

	asm volatile("ldr %w0, [%1]" : "=r" (v) : "r" (a) : "memory");
	return v;
}

static inline u16 mmio_read16(u64 a)
{
	u32 v;

	asm volatile("ldrh %w0, [%1]" : "=r" (v) : "r" (a) : "memory");
	return v;
}

static inline u8 mmio_read8(u64 a)
{
	u32 v;

	asm volatile("ldrb %w0, [%1]" : "=r" (v) : "r" (a) : "memory");
	return v;
}

void guest_ucall(u64 cmd, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4);

/* guest_tell - hands up to three values to the host and waits for it to run us again. */
static inline void guest_tell(u64 a0, u64 a1, u64 a2)
{
	guest_ucall(UCALL_SYNC, a0, a1, a2, 0, 0);
}

static inline void guest_done(void)
{
	for (;;)
		guest_ucall(UCALL_DONE, 0, 0, 0, 0, 0);
}

#define guest_assert(cond) do {						\
	if (!(cond))							\
		guest_ucall(UCALL_ASSERT, (u64)__FILE__, __LINE__, (u64)#cond, 0, 0); \
} while (0)

#define guest_assert_eq(got, want) do {					\
	u64 got_ = (u64)(got), want_ = (u64)(want);			\
	if (got_ != want_)						\
		guest_ucall(UCALL_ASSERT, (u64)__FILE__, __LINE__,	\
			    (u64)(#got " == " #want), got_, want_);	\
} while (0)

/*
 * Between guest_catch() and guest_caught() an exception skips its instruction (returns, if it was a
 * jump) and is counted; guest_caught() returns the number, with the last one in esr, far and elr.
 */
static inline void guest_catch(void)
{
	struct guest_cpu *c = guest_cpu();

	c->caught = 0;
	c->esr = 0;
	c->catching = 1;
	asm volatile("" ::: "memory");
}

static inline u64 guest_caught(void)
{
	struct guest_cpu *c = guest_cpu();

	asm volatile("" ::: "memory");
	c->catching = 0;
	return *(volatile u64 *)&c->caught;
}

#define ESR_EC(esr)	((esr) >> 26 & 0x3f)
#define EC_UNKNOWN	0x00
#define EC_SVC64	0x15
#define EC_SMC64	0x17
#define EC_SYSREG	0x18
#define EC_IABT_LOW	0x20
#define EC_IABT_CUR	0x21
#define EC_PC_ALIGN	0x22
#define EC_DABT_LOW	0x24
#define EC_DABT_CUR	0x25

static inline u64 counter(void)
{
	isb();
	return sysreg_read(cntvct_el0);
}

static inline u64 guest_us(u64 us)
{
	return sysreg_read(cntfrq_el0) * us / 1000000;
}

static inline void guest_delay_us(u64 us)
{
	u64 end = counter() + guest_us(us);

	while (counter() < end)
		;
}

/* guest_wait - spins until the variable has the value, for at most some seconds. */
#define guest_wait(cond) do {						\
	u64 end_ = counter() + guest_us(20000000);			\
	while (!(cond) && counter() < end_)				\
		asm volatile("yield" ::: "memory");			\
	guest_assert(cond);						\
} while (0)

#define load(p)		__atomic_load_n((p), __ATOMIC_SEQ_CST)
#define store(p, v)	__atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define inc(p)		__atomic_add_fetch((p), 1, __ATOMIC_SEQ_CST)

struct smccc {
	u64 x[4];
};

static inline struct smccc guest_hvc(u64 fn, u64 a1, u64 a2, u64 a3)
{
	register u64 x0 asm("x0") = fn;
	register u64 x1 asm("x1") = a1;
	register u64 x2 asm("x2") = a2;
	register u64 x3 asm("x3") = a3;

	asm volatile("hvc #0" : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3)
		     :: "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
		     "x15", "x16", "x17", "memory");
	return (struct smccc){ { x0, x1, x2, x3 } };
}

#define PSCI_VERSION		0x84000000
#define PSCI_CPU_SUSPEND	0xc4000001
#define PSCI_CPU_OFF		0x84000002
#define PSCI_CPU_ON		0xc4000003
#define PSCI_AFFINITY_INFO	0xc4000004
#define PSCI_MIGRATE_INFO	0x84000006
#define PSCI_SYSTEM_OFF		0x84000008
#define PSCI_SYSTEM_RESET	0x84000009
#define PSCI_FEATURES		0x8400000a
#define PSCI_SYSTEM_SUSPEND	0xc400000e
#define PSCI_SYSTEM_RESET2	0xc4000012

#define PSCI_NOT_SUPPORTED	(-1)
#define PSCI_INVALID_PARAMS	(-2)
#define PSCI_DENIED		(-3)
#define PSCI_ALREADY_ON		(-4)
#define PSCI_ON_PENDING		(-5)
#define PSCI_INTERNAL_FAILURE	(-6)

static inline u64 guest_psci(u64 fn, u64 a1, u64 a2, u64 a3)
{
	return guest_hvc(fn, a1, a2, a3).x[0];
}

/* guest_cpu_of - the struct of another vCPU, which CPU_ON wants as its context. */
static inline struct guest_cpu *guest_cpu_of(int id)
{
	return (struct guest_cpu *)(u64)(HEAP_GPA + HEAP_CPUS + id * 0x1000);
}

#endif
