/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to the s2pt*.c files: how a long-format descriptor is laid out and
 * the small steps of a walk. What the rest of armvirt may use is in s2pt.h.
 *
 * Hardware never writes these tables (no HAFDBS: the access flag is set on an
 * access flag fault, dirtiness is a permission fault), so that under the write
 * side of the caller's lock plain stores do, and under the read side only
 * other SHARED callers race, all of them with cmpxchg.
 */
#ifndef ARMVIRT_S2PT_DESC_H
#define ARMVIRT_S2PT_DESC_H

#include "s2pt.h"

/* Descriptor bits that both stages share. An invalid descriptor is always 0 here. */
#define DESC_VALID	BIT_ULL(0)
#define DESC_TABLE	BIT_ULL(1)	/* above level 3: points to a table; at level 3: set */
#define DESC_SH_INNER	(3ULL << 8)
#define DESC_AF		BIT_ULL(10)
#define DESC_XN		BIT_ULL(54)	/* with FEAT_XNX bit 53 is clear too: nobody executes */
#define DESC_SW0	BIT_ULL(55)
#define DESC_SW1	BIT_ULL(56)

#define S2_MEMATTR(n)	((u64)(n) << 2)
#define S2_READ		BIT_ULL(6)
#define S2_WRITE	BIT_ULL(7)

#define S1_ATTRINDX(n)	((u64)(n) << 2)	/* index into S2PT_MAIR_EL2 */
#define S1_AP1		BIT_ULL(6)	/* RES1 in a regime with one privilege level */
#define S1_READONLY	BIT_ULL(7)

#define PROT_MEMTYPE	(S2PT_DEVICE | S2PT_NC)
#define PROT_SW		(S2PT_SW0 | S2PT_SW1)

static inline unsigned int level_shift(const struct s2pt *pt, int level)
{
	return pt->cfg.granule_shift + (S2PT_MAX_LEVEL - level) * pt->cfg.table_bits;
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
	return pt->mem->to_va(desc & addr_mask(pt));
}

static inline void set_desc(const struct s2pt *pt, u64 *p, u64 desc)
{
	pt->mem->write(p, desc);
	if (pt->mem->clean)
		pt->mem->clean(p, sizeof(*p));
}

/* s2pt_desc.c: a leaf as descriptor, a descriptor as what it allows. */
u64 s2pt_make_leaf(const struct s2pt *pt, int level, phys_addr_t pa, unsigned int prot);
unsigned int s2pt_desc_prot(const struct s2pt *pt, u64 desc);
int s2pt_leaf_level(const struct s2pt *pt, u64 size);
bool s2pt_same_translation(const struct s2pt *pt, u64 a, u64 b);

/* s2pt.c: order earlier stores and complete an invalidation. */
void s2pt_flush(const struct s2pt *pt, const struct s2pt_inval *inv);

#endif
