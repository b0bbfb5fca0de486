// SPDX-License-Identifier: GPL-2.0
/*
 * The page-table walker: see s2pt.h for its contract. This file is the only
 * one that knows what a long-format descriptor looks like and in which order
 * descriptors, barriers and invalidations must follow each other; the rules
 * are those of DDI 0487, D8 (translation, TLB maintenance, break-before-make).
 * It is not a memory manager: which page backs an address, and when, is
 * decided in mmu.c and hypmap.c.
 *
 * Hardware never writes these tables (no HAFDBS: the access flag is set on an
 * access flag fault, dirtiness is a permission fault), so that under the write
 * side of the caller's lock plain stores do, and under the read side only
 * other SHARED callers race, all of them with cmpxchg.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

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

/*
 * More invalidations by address than this and we forget the whole VMID:
 * each is a broadcast that every CPU must answer, while refilling a VM's
 * TLB costs about as much as this many of them.
 */
#define FLUSH_MAX	64

/* Tables that one range operation may keep back until its flush. */
#define GATHER_MAX	16

/* Geometry */

static unsigned int level_shift(const struct s2pt *pt, int level)
{
	return pt->cfg.granule_shift + (S2PT_MAX_LEVEL - level) * pt->cfg.table_bits;
}

u64 s2pt_level_size(const struct s2pt *pt, int level)
{
	return BIT_ULL(level_shift(pt, level));
}

/* 1 GiB blocks exist only with 4K pages; the larger granules begin at level 2 (D8.3). */
bool s2pt_level_has_leaf(const struct s2pt *pt, int level)
{
	int first = pt->cfg.granule_shift == 12 ? 1 : 2;

	return level >= max_t(int, first, pt->start_level) && level <= S2PT_MAX_LEVEL;
}

/**
 * s2pt_best_size() - the largest leaf that may map @ipa to @pa
 * @pt:		table
 * @ipa:	input address
 * @pa:		output address
 * @max:	upper limit, at least a granule
 *
 * Only alignment is looked at; what lies around is the caller's affair.
 */
u64 s2pt_best_size(const struct s2pt *pt, av_ipa_t ipa, phys_addr_t pa, u64 max)
{
	int level;

	for (level = pt->start_level; level < S2PT_MAX_LEVEL; level++) {
		u64 size = s2pt_level_size(pt, level);

		if (s2pt_level_has_leaf(pt, level) && size <= max && !((ipa | pa) & (size - 1)))
			return size;
	}
	return s2pt_level_size(pt, S2PT_MAX_LEVEL);
}

static size_t table_size(const struct s2pt *pt)
{
	return sizeof(u64) << pt->cfg.table_bits;
}

static size_t root_size(const struct s2pt *pt)
{
	return max_t(size_t, table_size(pt), pt->root_entries * sizeof(u64));
}

/* The root may be several tables end to end: its index is not cut to one table's bits. */
static u64 *entry_of(const struct s2pt *pt, u64 *table, int level, av_ipa_t ipa)
{
	u64 index = ipa >> level_shift(pt, level);

	if (level != pt->start_level)
		index &= BIT_ULL(pt->cfg.table_bits) - 1;
	return &table[index];
}

static u64 addr_mask(const struct s2pt *pt)
{
	return GENMASK_ULL(47, pt->cfg.granule_shift);
}

/* Descriptors */

static bool is_table(u64 desc, int level)
{
	return level < S2PT_MAX_LEVEL && (desc & DESC_VALID) && (desc & DESC_TABLE);
}

static u64 *table_of(const struct s2pt *pt, u64 desc)
{
	return pt->mem->to_va(desc & addr_mask(pt));
}

static u64 *child_of(const struct s2pt *pt, u64 desc, int level, av_ipa_t ipa)
{
	return entry_of(pt, table_of(pt, desc), level + 1, ipa);
}

static u64 stage2_memattr(const struct s2pt *pt, unsigned int prot)
{
	if (prot & S2PT_DEVICE)
		return S2_MEMATTR(0x1);
	if (prot & S2PT_NC)
		return S2_MEMATTR(0x5);
	/* With FWB, 6 makes memory write-back whatever the guest's stage 1 says. */
	return pt->cfg.fwb ? S2_MEMATTR(0x6) : S2_MEMATTR(0xf);
}

static u64 stage2_attrs(const struct s2pt *pt, unsigned int prot)
{
	u64 attrs = stage2_memattr(pt, prot);

	if (prot & S2PT_R)
		attrs |= S2_READ;
	if (prot & S2PT_W)
		attrs |= S2_WRITE;
	return attrs;
}

static u64 stage1_attrs(unsigned int prot)
{
	u64 attrs = S1_AP1;

	if (prot & S2PT_DEVICE)
		attrs |= S1_ATTRINDX(1);
	else if (prot & S2PT_NC)
		attrs |= S1_ATTRINDX(2);
	if (!(prot & S2PT_W))
		attrs |= S1_READONLY;
	return attrs;
}

/* Everything of a young leaf except its address and DESC_TABLE. */
static u64 prot_to_attrs(const struct s2pt *pt, unsigned int prot)
{
	u64 attrs = DESC_VALID | DESC_AF | DESC_SH_INNER;

	attrs |= pt->cfg.stage == S2PT_STAGE2 ? stage2_attrs(pt, prot) : stage1_attrs(prot);
	if (!(prot & S2PT_X))
		attrs |= DESC_XN;
	if (prot & S2PT_SW0)
		attrs |= DESC_SW0;
	if (prot & S2PT_SW1)
		attrs |= DESC_SW1;
	return attrs;
}

static unsigned int desc_to_prot(const struct s2pt *pt, u64 desc)
{
	bool s2 = pt->cfg.stage == S2PT_STAGE2;
	unsigned int prot = 0;

	if (!s2 || (desc & S2_READ))
		prot |= S2PT_R;
	if (s2 ? desc & S2_WRITE : !(desc & S1_READONLY))
		prot |= S2PT_W;
	if (!(desc & DESC_XN))
		prot |= S2PT_X;
	if (s2 && (desc & S2_MEMATTR(0xf)) != stage2_memattr(pt, 0))
		prot |= (desc & S2_MEMATTR(0xf)) == S2_MEMATTR(1) ? S2PT_DEVICE : S2PT_NC;
	if (!s2 && (desc & S1_ATTRINDX(7)))
		prot |= (desc & S1_ATTRINDX(7)) == S1_ATTRINDX(1) ? S2PT_DEVICE : S2PT_NC;
	if (desc & DESC_SW0)
		prot |= S2PT_SW0;
	if (desc & DESC_SW1)
		prot |= S2PT_SW1;
	return prot;
}

static u64 make_leaf(const struct s2pt *pt, int level, phys_addr_t pa, unsigned int prot)
{
	u64 desc = pa | prot_to_attrs(pt, prot);

	return level == S2PT_MAX_LEVEL ? desc | DESC_TABLE : desc;
}

/* The attributes of a leaf that may not change while it is valid: where to, and of what type. */
static bool same_translation(const struct s2pt *pt, u64 a, u64 b)
{
	return !((a ^ b) & addr_mask(pt)) &&
	       !((desc_to_prot(pt, a) ^ desc_to_prot(pt, b)) & PROT_MEMTYPE);
}

/* Access */

static void set_desc(const struct s2pt *pt, u64 *p, u64 desc)
{
	pt->mem->write(p, desc);
	if (pt->mem->clean)
		pt->mem->clean(p, sizeof(*p));
}

static bool swap_desc(const struct s2pt *pt, u64 *p, u64 old, u64 new)
{
	if (pt->mem->cmpxchg(p, old, new) != old)
		return false;
	if (pt->mem->clean)
		pt->mem->clean(p, sizeof(*p));
	return true;
}

/*
 * Complete an invalidation. The DSB makes earlier stores visible to table
 * walks first: otherwise a walk could fetch the old descriptor again right
 * after the TLBI. The other DSB, after the TLBI, is in the tlb functions.
 */
static void flush(const struct s2pt *pt, const struct s2pt_inval *inv)
{
	pt->mem->barrier(S2PT_DSB_ISHST);
	if ((inv->end - inv->start) >> ilog2(inv->stride) > FLUSH_MAX)
		pt->tlb->all(pt->owner);
	else
		pt->tlb->range(pt->owner, inv);
}

static void flush_leaf(const struct s2pt *pt, av_ipa_t ipa, int level)
{
	u64 size = s2pt_level_size(pt, level);
	struct s2pt_inval inv = {
		.start = ipa & ~(size - 1),
		.end = (ipa & ~(size - 1)) + size,
		.stride = size,
		.level = level,
	};

	flush(pt, &inv);
}

/* Find the entry that ends the walk of @ipa: a leaf or an invalid one. Any mode. */
static u64 *find(const struct s2pt *pt, av_ipa_t ipa, int *level, u64 *desc)
{
	u64 *p = entry_of(pt, pt->root, pt->start_level, ipa);

	*level = pt->start_level;
	for (;;) {
		*desc = pt->mem->read(p);
		if (!is_table(*desc, *level))
			return p;
		p = child_of(pt, *desc, *level, ipa);
		(*level)++;
	}
}

static bool in_range(const struct s2pt *pt, av_ipa_t ipa)
{
	return ipa < BIT_ULL(pt->cfg.ia_bits);
}

/* Table cache */

/**
 * s2pt_cache_topup() - fill a cache so that any one map or split succeeds
 * @cache:	zero-initialised or used before
 * @pt:		whose tables
 *
 * Sleeps: call it without the lock. Returns 0 or -ENOMEM.
 */
int s2pt_cache_topup(struct s2pt_cache *cache, const struct s2pt *pt)
{
	unsigned int want = S2PT_MAX_LEVEL - pt->start_level;

	while (cache->nr < want) {
		void *table = pt->mem->alloc(table_size(pt));

		if (!table)
			return -ENOMEM;
		if (pt->mem->clean)
			pt->mem->clean(table, table_size(pt));
		cache->table[cache->nr++] = table;
	}
	return 0;
}

void s2pt_cache_drain(struct s2pt_cache *cache, const struct s2pt *pt)
{
	while (cache->nr)
		pt->mem->free(cache->table[--cache->nr], table_size(pt));
}

static u64 *cache_pop(struct s2pt_cache *cache)
{
	return cache && cache->nr ? cache->table[--cache->nr] : NULL;
}

static void cache_push(struct s2pt_cache *cache, u64 *table)
{
	cache->table[cache->nr++] = table;
}

static u64 table_desc(const struct s2pt *pt, const u64 *table)
{
	return pt->mem->to_pa(table) | DESC_VALID | DESC_TABLE;
}

/* Building */

struct map {
	av_ipa_t ipa;
	u64 leaf;		/* the descriptor wanted... */
	int level;		/* ...and where */
	unsigned int prot;
	enum s2pt_mode mode;
	struct s2pt_cache *cache;
};

/* Replace a block by a table that maps the same. EXCLUSIVE. */
static int split_block(struct s2pt *pt, u64 *p, u64 desc, int level, av_ipa_t ipa,
		       struct s2pt_cache *cache)
{
	u64 step = s2pt_level_size(pt, level + 1);
	u64 child = level + 1 == S2PT_MAX_LEVEL ? desc | DESC_TABLE : desc;
	u64 *table = cache_pop(cache);
	unsigned int i;

	if (!table)
		return -ENOMEM;
	/* Fill first: the entry is invalid for a shorter time, and flush() orders these too. */
	for (i = 0; i < BIT(pt->cfg.table_bits); i++)
		set_desc(pt, &table[i], child + i * step);

	/* Break, make: a TLB that holds block and page for one address may do anything. */
	set_desc(pt, p, 0);
	flush_leaf(pt, ipa, level);
	set_desc(pt, p, table_desc(pt, table));
	return 0;
}

/* A block where a smaller leaf is wanted: nothing to do, or split it. */
static int meet_block(struct s2pt *pt, u64 *p, u64 desc, int level, const struct map *m)
{
	u64 size = s2pt_level_size(pt, level);
	u64 offset = m->ipa & (size - 1) & addr_mask(pt);

	if (m->mode == S2PT_EXCLUSIVE)
		return split_block(pt, p, desc, level, m->ipa, m->cache);
	/*
	 * Another vCPU mapped the block between our fault and our lock. If it
	 * allows what we want, we are done; but we may not give a whole block
	 * what was meant for one page of it (think of dirty logging).
	 */
	if ((desc & DESC_AF) && same_translation(pt, desc + offset, m->leaf) &&
	    !(m->prot & ~desc_to_prot(pt, desc)))
		return 1;
	return -EAGAIN;
}

/*
 * Go from entry @*pp at @level to the entry below it, building the table
 * between them if need be. Returns 0, 1 if the mapping turned out to exist,
 * or -errno.
 */
static int step_down(struct s2pt *pt, u64 **pp, int level, const struct map *m)
{
	for (;;) {
		u64 desc = pt->mem->read(*pp);
		u64 *table;
		int ret;

		if (is_table(desc, level)) {
			*pp = child_of(pt, desc, level, m->ipa);
			return 0;
		}
		if (desc) {
			ret = meet_block(pt, *pp, desc, level, m);
			if (ret)
				return ret;
			continue;
		}
		table = cache_pop(m->cache);
		if (!table)
			return -ENOMEM;
		/*
		 * A walk that sees the table must see its zeroes. Walks depend on
		 * the address they read, so ordering the stores is enough; nobody
		 * waits for this store, so DMB rather than DSB.
		 */
		pt->mem->barrier(S2PT_DMB_ISHST);
		if (!swap_desc(pt, *pp, 0, table_desc(pt, table)))
			cache_push(m->cache, table);
	}
}

/* Add permissions and youth to a valid leaf. False if it changed under us. Any mode. */
static bool relax_leaf(struct s2pt *pt, u64 *p, u64 old, int level, av_ipa_t ipa,
		       unsigned int prot)
{
	unsigned int had = desc_to_prot(pt, old);
	u64 new = (old & (addr_mask(pt) | DESC_TABLE)) | prot_to_attrs(pt, had | prot);

	if (new == old)
		return true;
	if (!swap_desc(pt, p, old, new))
		return false;
	/*
	 * No break-before-make: neither address nor memory type changed. But a
	 * CPU that holds the weaker entry would fault for ever. This is not asked
	 * of a leaf that was only old, because a descriptor with AF clear is never
	 * cached, and is not skipped for one that was old and gained permissions:
	 * S2PT_AGE_CLEAR may have left its young form behind.
	 */
	if (prot & ~had & S2PT_RWX)
		flush_leaf(pt, ipa, level);
	else
		pt->mem->barrier(S2PT_DSB_ISHST);
	return true;
}

/* Free a table that no CPU can reach, and all below it. */
static void free_subtree(struct s2pt *pt, u64 *table, int level)
{
	unsigned int i;

	for (i = 0; i < BIT(pt->cfg.table_bits) && level < S2PT_MAX_LEVEL; i++) {
		u64 desc = pt->mem->read(&table[i]);

		if (is_table(desc, level))
			free_subtree(pt, table_of(pt, desc), level + 1);
		/* No block is larger than level 1's, so only s2pt_destroy() gets here. */
		if (level <= 1)
			cond_resched();
	}
	pt->mem->free(table, table_size(pt));
}

/* Put a leaf where a table or another leaf is. EXCLUSIVE, break-before-make. */
static void replace(struct s2pt *pt, u64 *p, u64 old, const struct map *m)
{
	u64 size = s2pt_level_size(pt, m->level);
	struct s2pt_inval inv = {
		.start = m->ipa,
		.end = m->ipa + size,
		.stride = s2pt_level_size(pt, S2PT_MAX_LEVEL),
		.level = S2PT_LEVEL_ANY,
		.table = true,
	};

	set_desc(pt, p, 0);
	if (is_table(old, m->level)) {
		flush(pt, &inv);
		free_subtree(pt, table_of(pt, old), m->level + 1);
	} else {
		flush_leaf(pt, m->ipa, m->level);
	}
	set_desc(pt, p, m->leaf);
}

/* Something is there already. Returns 0, -EAGAIN, or 1 to look again. */
static int meet_leaf(struct s2pt *pt, u64 *p, u64 old, const struct map *m)
{
	bool same = !is_table(old, m->level) && same_translation(pt, old, m->leaf);

	if (m->mode == S2PT_SHARED) {
		if (!same)
			return -EAGAIN;
		return relax_leaf(pt, p, old, m->level, m->ipa, m->prot) ? 0 : 1;
	}
	if (!same) {
		replace(pt, p, old, m);
		pt->mem->barrier(S2PT_DSB_ISHST);
	} else if (old != m->leaf) {
		/* Permissions may change in place, see relax_leaf(); also when they shrink. */
		set_desc(pt, p, m->leaf);
		flush_leaf(pt, m->ipa, m->level);
	}
	return 0;
}

static int install(struct s2pt *pt, u64 *p, const struct map *m)
{
	int ret;

	do {
		u64 old = pt->mem->read(p);

		if (old) {
			ret = meet_leaf(pt, p, old, m);
		} else if (swap_desc(pt, p, 0, m->leaf)) {
			/*
			 * Invalid entries are not cached, so no TLBI; the DSB lets the
			 * very next walk see the entry rather than fault again.
			 */
			pt->mem->barrier(S2PT_DSB_ISHST);
			ret = 0;
		} else {
			ret = 1;
		}
	} while (ret > 0);
	return ret;
}

static int leaf_level(const struct s2pt *pt, u64 size)
{
	int level;

	for (level = pt->start_level; level <= S2PT_MAX_LEVEL; level++)
		if (s2pt_level_size(pt, level) == size && s2pt_level_has_leaf(pt, level))
			return level;
	return -EINVAL;
}

static bool prot_ok(const struct s2pt *pt, unsigned int prot)
{
	if ((prot & PROT_MEMTYPE) == PROT_MEMTYPE)
		return false;
	/* EL2 never has memory that it can both write and execute. */
	return pt->cfg.stage == S2PT_STAGE2 || (prot & (S2PT_W | S2PT_X)) != (S2PT_W | S2PT_X);
}

/**
 * s2pt_map() - install one leaf
 * @pt:		table
 * @ipa:	input address, aligned to @size
 * @size:	what one leaf of some level translates
 * @pa:		output address, aligned to @size
 * @prot:	enum s2pt_prot bits; the leaf is young
 * @mode:	which side of the lock the caller holds
 * @cache:	topped up by s2pt_cache_topup()
 *
 * SHARED: where a leaf to the same @pa exists, its permissions grow by @prot.
 * Where a block holds @ipa, maps it to @pa and allows @prot, nothing is done.
 * EXCLUSIVE: whatever is there is replaced and @prot is what remains; a block
 * that holds more than was asked for is split.
 *
 * Returns 0; -EAGAIN (SHARED only) if the caller must come back EXCLUSIVE;
 * -ENOMEM if the cache ran out; -ERANGE outside the input address space;
 * -EINVAL for any other bad argument.
 */
int s2pt_map(struct s2pt *pt, av_ipa_t ipa, u64 size, phys_addr_t pa, unsigned int prot,
	     enum s2pt_mode mode, struct s2pt_cache *cache)
{
	struct map m = {
		.ipa = ipa, .level = leaf_level(pt, size), .prot = prot,
		.mode = mode, .cache = cache,
	};
	u64 *p;
	int level, ret;

	if (!in_range(pt, ipa))
		return -ERANGE;
	if (m.level < 0 || ((ipa | pa) & (size - 1)) || (pa & ~addr_mask(pt)) || !prot_ok(pt, prot))
		return -EINVAL;

	m.leaf = make_leaf(pt, m.level, pa, prot);
	p = entry_of(pt, pt->root, pt->start_level, ipa);
	for (level = pt->start_level; level < m.level; level++) {
		ret = step_down(pt, &p, level, &m);
		if (ret)
			return ret > 0 ? 0 : ret;
	}
	return install(pt, p, &m);
}

/**
 * s2pt_relax() - add permissions to the leaf that translates an address
 * @pt:		table
 * @ipa:	any address
 * @prot:	S2PT_R, S2PT_W, S2PT_X, S2PT_SW0 and S2PT_SW1 to add
 *
 * Either mode. The whole leaf gets them, block or page, and is made young.
 * Returns 0, or -ENOENT if nothing is mapped: the fault that brought us here
 * has been overtaken, and the guest should simply try again.
 */
int s2pt_relax(struct s2pt *pt, av_ipa_t ipa, unsigned int prot)
{
	int level;
	u64 desc, *p;

	do {
		if (!in_range(pt, ipa))
			return -ENOENT;
		p = find(pt, ipa, &level, &desc);
		if (!desc)
			return -ENOENT;
	} while (!relax_leaf(pt, p, desc, level, ipa, prot & (S2PT_RWX | PROT_SW)));
	return 0;
}

/**
 * s2pt_mkyoung() - set the access flag of the leaf that translates an address
 * @pt:		table
 * @ipa:	any address
 *
 * Either mode. Returns 0, or -ENOENT as s2pt_relax() does.
 */
int s2pt_mkyoung(struct s2pt *pt, av_ipa_t ipa)
{
	return s2pt_relax(pt, ipa, 0);
}

/**
 * s2pt_split() - make the mapping of an address no larger than a size
 * @pt:		table
 * @ipa:	any address
 * @size:	a leaf size
 * @cache:	topped up by s2pt_cache_topup()
 *
 * EXCLUSIVE. What is mapped stays mapped, with the same attributes. Returns 0,
 * also if nothing is mapped, -ENOMEM, -EINVAL or -ERANGE.
 */
int s2pt_split(struct s2pt *pt, av_ipa_t ipa, u64 size, struct s2pt_cache *cache)
{
	int want = leaf_level(pt, size);

	if (!in_range(pt, ipa))
		return -ERANGE;
	if (want < 0)
		return -EINVAL;
	for (;;) {
		int level, ret;
		u64 desc, *p = find(pt, ipa, &level, &desc);

		if (!desc || level >= want)
			break;
		ret = split_block(pt, p, desc, level, ipa, cache);
		if (ret)
			return ret;
	}
	pt->mem->barrier(S2PT_DSB_ISHST);
	return 0;
}

/**
 * s2pt_lookup() - what translates an address
 * @pt:		table
 * @ipa:	any address
 * @leaf:	filled in if something does
 *
 * Either mode; what it says holds for as long as the lock is held, except that
 * in SHARED mode others may add to it. Returns whether there is a mapping.
 */
bool s2pt_lookup(const struct s2pt *pt, av_ipa_t ipa, struct s2pt_leaf *leaf)
{
	u64 desc, size;
	int level;

	if (!in_range(pt, ipa))
		return false;
	find(pt, ipa, &level, &desc);
	if (!desc)
		return false;
	size = s2pt_level_size(pt, level);
	*leaf = (struct s2pt_leaf) {
		.ipa = ipa & ~(size - 1),
		.size = size,
		.pa = desc & addr_mask(pt),
		.prot = desc_to_prot(pt, desc),
		.level = level,
		.young = desc & DESC_AF,
	};
	return true;
}

/* Range operations */

/* What a range operation has changed and not yet flushed, and the tables it took out. */
struct gather {
	struct s2pt_inval inv;		/* stride 0: nothing yet */
	unsigned int nr;
	u64 *table[GATHER_MAX];		/* a list through the tables would be walked by CPUs */
};

struct walk {
	struct s2pt *pt;
	av_ipa_t end;
	unsigned int budget;		/* entries that may still be looked at */
	/* Acts on one leaf; false ends the walk after it. */
	bool (*leaf)(struct walk *w, u64 *p, u64 desc, int level, av_ipa_t ipa);
	bool prune;			/* take out tables that are empty */
	enum s2pt_age how;
	bool young;
	bool dirty;			/* stored something that needs no flush */
	struct gather gather;
};

static void gather_add(struct walk *w, av_ipa_t ipa, int level)
{
	struct s2pt_inval *inv = &w->gather.inv;
	u64 size = s2pt_level_size(w->pt, level);
	av_ipa_t start = ipa & ~(size - 1);

	if (!inv->stride) {
		*inv = (struct s2pt_inval) {
			.start = start, .end = start + size, .stride = size, .level = level,
		};
		return;
	}
	inv->start = min(inv->start, start);
	inv->end = max(inv->end, start + size);
	if (inv->level != level) {
		inv->level = S2PT_LEVEL_ANY;
		inv->stride = s2pt_level_size(w->pt, S2PT_MAX_LEVEL);
	}
}

/* Only after the flush can no walk be inside the tables: free them then, not before. */
static void gather_flush(struct walk *w)
{
	struct gather *g = &w->gather;

	if (g->inv.stride)
		flush(w->pt, &g->inv);
	else if (w->dirty)
		w->pt->mem->barrier(S2PT_DSB_ISHST);
	while (g->nr)
		w->pt->mem->free(g->table[--g->nr], table_size(w->pt));
	g->inv.stride = 0;
	w->dirty = false;
}

/*
 * Unhook an empty table. One invalidation by any address below it rids the walk
 * caches of the entry that pointed to it. If a page below it was unmapped in
 * this same batch the range has such an address; add one in case it was not.
 */
static void remove_table(struct walk *w, u64 *p, u64 *table, av_ipa_t ipa)
{
	struct gather *g = &w->gather;

	set_desc(w->pt, p, 0);
	gather_add(w, ipa, S2PT_MAX_LEVEL);
	g->inv.table = true;
	g->inv.level = S2PT_LEVEL_ANY;
	g->inv.stride = s2pt_level_size(w->pt, S2PT_MAX_LEVEL);
	g->table[g->nr++] = table;
	if (g->nr == GATHER_MAX)
		gather_flush(w);
}

/* No SHARED caller is about, so the table may be read without ceremony. */
static bool is_empty(const struct s2pt *pt, const u64 *table)
{
	return !memchr_inv(table, 0, table_size(pt));
}

/*
 * Visit what @table, of @level, holds from @ipa on. Returns the first address not
 * dealt with: past the table or w->end, unless the budget ran out before.
 */
static av_ipa_t walk_table(struct walk *w, u64 *table, int level, av_ipa_t ipa)
{
	const struct s2pt *pt = w->pt;
	u64 size = s2pt_level_size(pt, level);
	u64 span = level == pt->start_level ? BIT_ULL(pt->cfg.ia_bits)
					    : size << pt->cfg.table_bits;
	av_ipa_t stop = min((ipa & ~(span - 1)) + span, w->end);

	while (ipa < stop && w->budget) {
		av_ipa_t next = (ipa & ~(size - 1)) + size;
		u64 *p = entry_of(pt, table, level, ipa);
		u64 desc = pt->mem->read(p);

		w->budget--;
		if (is_table(desc, level)) {
			u64 *child = table_of(pt, desc);
			av_ipa_t at = walk_table(w, child, level + 1, ipa);

			if (w->prune && is_empty(pt, child))
				remove_table(w, p, child, ipa);
			if (at < min(next, stop))
				return at;
		} else if (desc && !w->leaf(w, p, desc, level, ipa)) {
			w->budget = 0;
		}
		ipa = next;
	}
	return ipa;
}

static av_ipa_t walk_range(struct walk *w, av_ipa_t start)
{
	av_ipa_t at, end = w->end;

	w->end = min(end, (av_ipa_t)BIT_ULL(w->pt->cfg.ia_bits));
	if (start >= w->end)
		return end;
	/* Some ten thousand loads at most: well under a millisecond. */
	w->budget = 8U << w->pt->cfg.table_bits;
	at = walk_table(w, w->pt->root, w->pt->start_level, start);
	gather_flush(w);
	return at >= w->end ? end : at;
}

static bool unmap_leaf(struct walk *w, u64 *p, u64 desc, int level, av_ipa_t ipa)
{
	set_desc(w->pt, p, 0);
	gather_add(w, ipa, level);
	return true;
}

/**
 * s2pt_unmap() - remove what is mapped in a range, and the tables that empties
 * @pt:		table
 * @start:	first address
 * @end:	first address to leave alone
 *
 * EXCLUSIVE; see s2pt.h for how to call it in a loop. A block that lies only
 * partly in the range is removed whole: splitting would need memory, which
 * notifiers cannot wait for (they may be called by reclaim), and what is lost is
 * one fault if the guest still uses the rest.
 */
av_ipa_t s2pt_unmap(struct s2pt *pt, av_ipa_t start, av_ipa_t end)
{
	struct walk w = { .pt = pt, .end = end, .leaf = unmap_leaf, .prune = true };

	return walk_range(&w, start);
}

static bool wrprotect_leaf(struct walk *w, u64 *p, u64 desc, int level, av_ipa_t ipa)
{
	unsigned int prot = desc_to_prot(w->pt, desc);
	u64 bit = w->pt->cfg.stage == S2PT_STAGE2 ? S2_WRITE : S1_READONLY;

	if (prot & S2PT_W) {
		set_desc(w->pt, p, desc ^ bit);
		gather_add(w, ipa, level);
	}
	return true;
}

/**
 * s2pt_wrprotect() - take write permission away in a range
 * @pt:		table
 * @start:	first address
 * @end:	first address to leave alone
 *
 * EXCLUSIVE. A block partly in the range is protected whole (protecting more
 * than asked costs a fault, never correctness); use s2pt_split() before to avoid it.
 */
av_ipa_t s2pt_wrprotect(struct s2pt *pt, av_ipa_t start, av_ipa_t end)
{
	struct walk w = { .pt = pt, .end = end, .leaf = wrprotect_leaf };

	return walk_range(&w, start);
}

static bool age_leaf(struct walk *w, u64 *p, u64 desc, int level, av_ipa_t ipa)
{
	if (!(desc & DESC_AF))
		return true;
	w->young = true;
	if (w->how == S2PT_AGE_TEST)
		return false;
	set_desc(w->pt, p, desc & ~DESC_AF);
	if (w->how == S2PT_AGE_CLEAR_FLUSH)
		gather_add(w, ipa, level);
	else
		w->dirty = true;
	return true;
}

/**
 * s2pt_age() - test and clear access flags in a range
 * @pt:		table
 * @start:	first address
 * @end:	first address to leave alone
 * @how:	see enum s2pt_age
 * @young:	set to true if a leaf was young, else left alone
 *
 * EXCLUSIVE, or SHARED for S2PT_AGE_TEST, which stops at the first young leaf and
 * then need not be called again.
 */
av_ipa_t s2pt_age(struct s2pt *pt, av_ipa_t start, av_ipa_t end, enum s2pt_age how, bool *young)
{
	struct walk w = { .pt = pt, .end = end, .leaf = age_leaf, .how = how };
	av_ipa_t at = walk_range(&w, start);

	if (w.young)
		*young = true;
	return how == S2PT_AGE_TEST && w.young ? end : at;
}

/* Lifetime */

/*
 * Stage 2 begins at the lowest level at which at most 16 concatenated root tables
 * cover the input space (D8.2, VTCR_EL2.SL0); stage 1 has no concatenation.
 */
static void choose_root(struct s2pt *pt)
{
	unsigned int concat = pt->cfg.stage == S2PT_STAGE2 ? 4 : 0;
	int level = S2PT_MAX_LEVEL;

	while (level && level_shift(pt, level) + pt->cfg.table_bits + concat < pt->cfg.ia_bits)
		level--;
	pt->start_level = level;
	pt->root_entries = BIT(pt->cfg.ia_bits - level_shift(pt, level));
}

static bool config_ok(const struct s2pt_config *cfg)
{
	unsigned int g = cfg->granule_shift;

	if (g != 12 && g != 14 && g != 16)
		return false;
	if (cfg->table_bits)
		return cfg->ia_bits > g + cfg->table_bits &&
		       cfg->ia_bits <= g + 4 * cfg->table_bits;
	return cfg->ia_bits >= 32 && cfg->ia_bits <= 48;
}

/**
 * s2pt_init() - make an empty table
 * @pt:		to be filled in
 * @cfg:	its shape; copied
 * @mem:	how to reach table memory
 * @tlb:	how to invalidate
 * @owner:	passed to @tlb
 *
 * Sleeps. Returns 0, -EINVAL or -ENOMEM; after an error s2pt_destroy() is harmless.
 */
int s2pt_init(struct s2pt *pt, const struct s2pt_config *cfg, const struct s2pt_mem *mem,
	      const struct s2pt_tlb *tlb, void *owner)
{
	*pt = (struct s2pt) { .cfg = *cfg, .mem = mem, .tlb = tlb, .owner = owner };
	if (!config_ok(cfg))
		return -EINVAL;
	if (!cfg->table_bits)
		pt->cfg.table_bits = cfg->granule_shift - 3;
	choose_root(pt);

	pt->root = mem->alloc(root_size(pt));
	if (!pt->root)
		return -ENOMEM;
	if (mem->clean)
		mem->clean(pt->root, root_size(pt));
	pt->root_pa = mem->to_pa(pt->root);
	/* The root is published by a register write, not a descriptor: order its zeroes here. */
	mem->barrier(S2PT_DSB_ISHST);
	return 0;
}

/**
 * s2pt_destroy() - free all tables
 * @pt:		table; may be one that s2pt_init() refused
 *
 * Sleeps; nobody else uses the table. Each root entry is cleared and the whole VMID
 * forgotten before anything is freed, so that a CPU that has not yet dropped
 * the table from its VTTBR finds nothing in it.
 */
void s2pt_destroy(struct s2pt *pt)
{
	unsigned int i;

	if (!pt->root)
		return;
	for (i = 0; i < pt->root_entries; i++) {
		u64 desc = pt->mem->read(&pt->root[i]);

		if (!desc)
			continue;
		set_desc(pt, &pt->root[i], 0);
		pt->mem->barrier(S2PT_DSB_ISHST);
		pt->tlb->all(pt->owner);
		if (is_table(desc, pt->start_level))
			free_subtree(pt, table_of(pt, desc), pt->start_level + 1);
		cond_resched();
	}
	pt->mem->free(pt->root, root_size(pt));
	pt->root = NULL;
}

/* Registers */

#define TCR_WBWA_INNER	((1ULL << 8) | (1ULL << 10) | (3ULL << 12)) /* IRGN0, ORGN0, SH0 */
#define TCR_RES1	BIT_ULL(31)
#define TCR_EL2_RES1	(BIT_ULL(31) | BIT_ULL(23))

static u64 tg0(const struct s2pt *pt)
{
	switch (pt->cfg.granule_shift) {
	case 14:
		return 2ULL << 14;
	case 16:
		return 1ULL << 14;
	default:
		return 0;
	}
}

/* SL0 counts upwards from level 2 with 4K pages, from level 3 with larger ones. */
static u64 sl0(const struct s2pt *pt)
{
	int base = pt->cfg.granule_shift == 12 ? 2 : 3;

	return (u64)(base - pt->start_level) << 6;
}

/**
 * s2pt_vtcr_el2() - VTCR_EL2 for a stage-2 table
 * @pt:	table
 *
 * The caller adds PS (bits 18:16, from ID_AA64MMFR0_EL1.PARange) and VS (bit 19,
 * if VMIDs have 16 bits).
 */
u64 s2pt_vtcr_el2(const struct s2pt *pt)
{
	return TCR_RES1 | TCR_WBWA_INNER | tg0(pt) | sl0(pt) | (64 - pt->cfg.ia_bits);
}

/**
 * s2pt_vtcr_v7() - VTCR for a stage-2 table on ARMv7
 * @pt:	table with a 12-bit granule and at most 40 bits
 *
 * T0SZ is a signed field of four bits there, with its sign repeated in bit 4.
 */
u32 s2pt_vtcr_v7(const struct s2pt *pt)
{
	u32 t0sz = (32 - pt->cfg.ia_bits) & 0xf;
	u32 sign = (t0sz & 8) << 1;

	return lower_32_bits(TCR_RES1 | TCR_WBWA_INNER | sl0(pt)) | sign | t0sz;
}

/**
 * s2pt_tcr_el2() - TCR_EL2 for an EL2 stage-1 table
 * @pt:	table
 *
 * The caller adds PS (bits 18:16).
 */
u64 s2pt_tcr_el2(const struct s2pt *pt)
{
	return TCR_EL2_RES1 | TCR_WBWA_INNER | tg0(pt) | (64 - pt->cfg.ia_bits);
}
