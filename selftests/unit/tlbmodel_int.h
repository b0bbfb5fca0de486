/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to the model: memory and stores are in tlbmodel.c, what CPUs may have
 * cached of them and how it is invalidated in tlbmodel_tlb.c.
 */
#ifndef TLBMODEL_INT_H
#define TLBMODEL_INT_H

#include "tlbmodel.h"

#define PA_BASE		0x40000000ULL
#define VALID		1ULL
#define TABLE		2ULL
#define AF		(1ULL << 10)
#define IGNORED		(0xfULL << 55)		/* software bits */
#define PERMS_S2	((3ULL << 6) | (3ULL << 53))
#define PERMS_S1	((1ULL << 7) | (1ULL << 54))

/* Parts of an item: where it may be cached. */
#define PLAIN		0	/* stage-2 TLB or walk cache; at EL2 the TLB */
#define COMBINED	1	/* stages 1 and 2 in one entry, found by VA and VMID only */

struct item {
	u64 val;
	bool part[2];
	u8 doomed[2];		/* bit per CPU whose next DSB ISH removes the part */
	bool live;
	u64 mark;		/* the TLBI that doomed it last */
};

struct slot {
	struct slot *parent, *kids, *sibling;
	struct slot **kid;
	unsigned int idx;
	int level;
	u64 base;
	struct item *item;
	unsigned int nr, cap;
	unsigned int below;	/* items in the subtree under this slot */
};

struct page {
	bool used;
	int cpu;		/* who stored to it last while it was private */
	u64 stored;		/* and when */
	struct slot **ref;	/* slots with an item that points here */
	unsigned int nr_refs, cap_refs;
};

/* A store that its CPU has not yet ordered by DSB. */
struct pending {
	u64 *p;
	u64 old;
	struct pending *older;	/* of the same location */
	struct pending *next;	/* of the same CPU */
	bool dead;
};

struct tlbmodel_world {
	struct tlbmodel_config cfg;
	unsigned int entries;		/* of a table */
	unsigned int root_entries;
	int start_level;
	u64 *arena;			/* all tables; the root at its start */
	struct page *page;
	struct pending **pending_at;	/* by word of the arena: the newest store */
	struct pending *pending_of[TLBMODEL_CPUS];
	struct slot *root;		/* has the root table as its one item */
	unsigned int nr_dead;		/* items that no walk can fetch again */
	u64 seq, barrier_at[TLBMODEL_CPUS];
};

extern struct tlbmodel_world tm;

/* tlbmodel.c */
void tm_yield(void);
u64 *tm_page_mem(unsigned int i);
unsigned int tm_page_index(const u64 *p);
u64 tm_addr_of(u64 desc);
bool tm_pa_ok(u64 pa);
void *tm_to_va(phys_addr_t pa);
void tm_order_stores(int cpu);

/* tlbmodel_tlb.c */
unsigned int tm_level_shift(int level);
bool tm_is_leaf(u64 val, int level);
struct slot *tm_slot_of(struct slot *parent, unsigned int idx);
void tm_recompute(struct slot *s, bool fresh);	/* @fresh: memory has just changed */
void tm_reach(struct slot *s, struct page *pg);
void tm_forget(void);

#endif
