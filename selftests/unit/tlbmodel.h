/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An adversarial model of the CPUs that walk a translation table: our stand-in
 * for hardware that is not here. It sees every store to table memory, every
 * barrier and every TLBI, and assumes that some CPU
 *
 *  - has cached every descriptor that a walk could have fetched, as soon as a walk
 *    could: leaves, pointers to tables, and at stage 2 also the combination of a
 *    leaf with the guest's stage 1;
 *  - drops nothing until an invalidation that covers it has completed, that is,
 *    until the CPU that issued the TLBI has executed DSB ISH;
 *  - goes on walking through tables that it reached before, whatever has become
 *    of the memory;
 *  - sees the old value of a descriptor until the CPU that stored the new one has
 *    executed a DSB, and the stores to a new table late unless they were ordered
 *    before the store that made it reachable.
 *
 * What is wrong under these assumptions ends the program through
 * tlbmodel_fail(). The only entries never cached are those that the architecture
 * says are not: invalid ones and leaves whose access flag is clear.
 */
#ifndef TLBMODEL_H
#define TLBMODEL_H

#include <linux/types.h>

#include "s2pt.h"
#include "s2pt_mem.h"

#define TLBMODEL_CPUS	4

/* What can be wrong; also the exit status of a test process, from 100 on. */
enum tlbmodel_fault {
	FAULT_NONE,
	FAULT_STALE,		/* a translation taken away can still be used */
	FAULT_BBM,		/* valid entry changed while the old one may be cached */
	FAULT_ORDER,		/* table reachable before its contents are */
	FAULT_REACHABLE,	/* memory freed, or foreign, while a walk can get there */
	FAULT_LATE,		/* returned before its stores are visible to walks */
	FAULT_RACE,		/* SHARED: live entry changed without cmpxchg, or table freed */
	FAULT_MEMORY,		/* leak, double free, allocation under the lock */
	FAULT_RESULT,		/* not the mapping that was asked for */
	FAULT_HANG,		/* no progress */
	FAULT_NR
};

extern const char *const tlbmodel_fault_name[FAULT_NR];

struct tlbmodel_config {
	struct s2pt_config pt;
};

/* What the simulated world is doing, set by the test. */
struct tlbmodel_state {
	int cpu;			/* who executes */
	bool locked;			/* no allocation now */
	bool shared;			/* the read side of the lock is held */
	void (*yield)(void);		/* called before every access to live memory */
	void (*explain)(void);		/* called by tlbmodel_fail() */
	bool dirty_alloc;		/* planted: allocated memory is not zeroed */
};

extern struct tlbmodel_state tlbmodel;
extern const struct s2pt_mem tlbmodel_mem;

void tlbmodel_start(const struct tlbmodel_config *cfg);
void tlbmodel_attach(const struct s2pt *pt);	/* its root becomes walkable */
void tlbmodel_stop(void);			/* checks that all memory is back */

/* Instructions. */
void tlbmodel_dsb_ishst(void);
void tlbmodel_dsb_ish(void);
void tlbmodel_dmb_ishst(void);
void tlbmodel_tlbi_addr(u64 addr, int ttl, bool last_level);	/* IPAS2(L)E1IS, VA(L)E2IS */
void tlbmodel_tlbi_stage1(void);				/* VMALLE1IS */
void tlbmodel_tlbi_all(void);					/* VMALLS12E1IS, ALLE2IS */

/* Checks. */
void tlbmodel_check_return(void);		/* the current CPU returns to its caller */
void tlbmodel_check_quiet(void);		/* nobody is inside an operation */
void tlbmodel_check_none(u64 start, u64 end);	/* no translation of the range is cached */

/* What memory says, found without any code of s2pt.c. Returns the level. */
int tlbmodel_walk(u64 addr, u64 *desc);
unsigned int tlbmodel_tables(void);

void tlbmodel_fail(enum tlbmodel_fault fault, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#endif
