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

struct guest_frame;
struct guest_cpu;

#include "guest_arch.h"

enum ucall_cmd { UCALL_NONE, UCALL_DONE, UCALL_SYNC, UCALL_ASSERT, UCALL_EXCEPTION };

/* What the guest tells the host by writing its address to UCALL_GPA. */
struct ucall {
	u64 cmd;
	u64 arg[6];
};

/* One for each vCPU, found by TPIDR_EL1 (TPIDRPRW). The first two are known to entry.S. */
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
/* If set, sees every exception but interrupts first; returns whether it was meant for it. */
extern bool (*volatile guest_sync)(struct guest_frame *f);

extern char guest_entry[];
unsigned long guest_run_el0(unsigned long pc, unsigned long sp, unsigned long x0);
void guest_el0_return(unsigned long value) __attribute__((noreturn));
void guest_exception(struct guest_frame *f);
bool guest_caught_it(struct guest_frame *f);	/* counts it, if exceptions are expected */
/* The stage-1 tables of layout.h, by the host. */
void guest_page_table(u64 *table);

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
		guest_ucall(UCALL_ASSERT, (uintptr_t)__FILE__, __LINE__, (uintptr_t)#cond, 0, 0); \
} while (0)

#define guest_assert_eq(got, want) do {					\
	u64 got_ = (u64)(got), want_ = (u64)(want);			\
	if (got_ != want_)						\
		guest_ucall(UCALL_ASSERT, (uintptr_t)__FILE__, __LINE__,	\
			    (uintptr_t)(#got " == " #want), got_, want_);	\
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

#define PSCI_VERSION		0x84000000
#define PSCI_CPU_SUSPEND	(PSCI_WIDE | 0x84000001)
#define PSCI_CPU_OFF		0x84000002
#define PSCI_CPU_ON		(PSCI_WIDE | 0x84000003)
#define PSCI_AFFINITY_INFO	(PSCI_WIDE | 0x84000004)
#define PSCI_MIGRATE_INFO	0x84000006
#define PSCI_SYSTEM_OFF		0x84000008
#define PSCI_SYSTEM_RESET	0x84000009
#define PSCI_FEATURES		0x8400000a
#define PSCI_SYSTEM_SUSPEND	(PSCI_WIDE | 0x8400000e)
#define PSCI_SYSTEM_RESET2	(PSCI_WIDE | 0x84000012)

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
	return (struct guest_cpu *)(uintptr_t)(HEAP_GPA + HEAP_CPUS + id * 0x1000);
}

#endif
