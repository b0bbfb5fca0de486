/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to s2pt.c and its tests: a long-format descriptor's layout and the small steps of a
 * walk. Hardware never writes these tables (no HAFDBS: the access flag is set on an access flag
 * fault, dirtiness is a permission fault), so under the write side of the caller's lock plain
 * stores do, and under the read side only other SHARED callers race, all of them with cmpxchg.
 */
#ifndef ARMVIRT_S2PT_DESC_H
#define ARMVIRT_S2PT_DESC_H

#include <linux/atomic.h>
#include <linux/mm.h>

#include <asm/barrier.h>

#include "s2pt.h"

#define S2PT_MAX_LEVEL	3	/* the level that holds pages */

/* Descriptor bits that both stages share. An invalid descriptor is always 0 here. */
#define DESC_VALID	BIT_ULL(0)
#define DESC_TABLE	BIT_ULL(1)	/* above level 3: points to a table; at level 3: set */
#define DESC_SH_INNER	(3ULL << 8)
#define DESC_AF		BIT_ULL(10)
#define DESC_XN		BIT_ULL(54)	/* with FEAT_XNX bit 53 is clear too: nobody executes */

/* MemAttr at stage 2; at stage 1 AttrIndx, an index into S2PT_MAIR_EL2, and NS, which is 0. */
#define MEMATTR(n)	((u64)(n) << 2)

#define S2_READ		BIT_ULL(6)
#define S2_WRITE	BIT_ULL(7)
#define S1_AP1		BIT_ULL(6)	/* RES1 in a regime with one privilege level */
#define S1_READONLY	BIT_ULL(7)

#define PROT_MEMTYPE	(S2PT_DEVICE | S2PT_NC)

static inline unsigned int level_shift(const struct s2pt *pt, int level)
{
	return pt->cfg.granule_shift + (S2PT_MAX_LEVEL - level) * pt->cfg.table_bits;
}

/* Bytes that one entry of a level translates. */
static inline u64 level_size(const struct s2pt *pt, int level)
{
	return BIT_ULL(level_shift(pt, level));
}

static inline size_t table_size(const struct s2pt *pt)
{
	return sizeof(u64) << pt->cfg.table_bits;
}

/* The root may be several tables end to end: its index is not cut to one table's bits. */
static inline u64 *entry_of(const struct s2pt *pt, u64 *table, int level, av_ipa_t ipa)
{
	u64 index = ipa >> level_shift(pt, level);

	if (level != pt->start_level)
		index &= BIT_ULL(pt->cfg.table_bits) - 1;
	return &table[index];
}

static inline u64 addr_mask(const struct s2pt *pt)
{
	return GENMASK_ULL(47, pt->cfg.granule_shift);
}

static inline bool is_table(u64 desc, int level)
{
	return level < S2PT_MAX_LEVEL && (desc & DESC_VALID) && (desc & DESC_TABLE);
}

static inline u64 *table_of(const struct s2pt *pt, u64 desc)
{
	return phys_to_virt(desc & addr_mask(pt));
}

/*
 * Descriptors are 64-bit atomics (on 32-bit ARM LDRD/STRD and LDREXD, which LPAE makes single-copy
 * atomic, as the table walk needs). Walks are coherent with the data caches, given the write-back
 * attributes of s2pt_vtcr_el2(), so nothing is cleaned.
 */
static inline u64 read_desc(const u64 *p)
{
	return atomic64_read((const atomic64_t *)p);
}

static inline void set_desc(u64 *p, u64 desc)
{
	atomic64_set((atomic64_t *)p, desc);
}

/* Orders nothing. False if the descriptor isn't @old any more. */
static inline bool swap_desc(u64 *p, u64 old, u64 new)
{
	return atomic64_cmpxchg_relaxed((atomic64_t *)p, old, new) == old;
}

static inline void table_free(void *table, size_t size)
{
	free_pages((unsigned long)table, get_order(size));
}

#endif
