// SPDX-License-Identifier: GPL-2.0
/*
 * The page-table walker: see s2pt.h for its contract. This file changes one
 * leaf at a time and holds the order in which descriptors, barriers and
 * invalidations must follow each other (DDI 0487, D8: TLB maintenance and
 * break-before-make). It is not a memory manager: which page backs an
 * address, and when, is decided in mmu.c and hypmap.c. Ranges are in
 * s2pt_range.c, descriptors in s2pt_desc.c.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "s2pt_desc.h"

/*
 * More invalidations by address than this and we forget the whole VMID:
 * each is a broadcast that every CPU must answer, while refilling a VM's
 * TLB costs about as much as this many of them.
 */
#define FLUSH_MAX	64

static bool swap_desc(const struct s2pt *pt, u64 *p, u64 old, u64 new)
{
	if (pt->mem->cas(p, old, new) != old)
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
void s2pt_flush(const struct s2pt *pt, const struct s2pt_inval *inv)
{
	pt->mem->order(S2PT_DSB_ISHST);
	if (pt->tlb->all && (inv->end - inv->start) >> ilog2(inv->stride) > FLUSH_MAX)
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

	s2pt_flush(pt, &inv);
}

static u64 *child_of(const struct s2pt *pt, u64 desc, int level, av_ipa_t ipa)
{
	return entry_of(pt, table_of(pt, desc), level + 1, ipa);
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

static bool ipa_ok(const struct s2pt *pt, av_ipa_t ipa)
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
	/* Fill first: the entry is invalid for less long, and s2pt_flush() orders these too. */
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
	if ((desc & DESC_AF) && s2pt_same_translation(pt, desc + offset, m->leaf) &&
	    !(m->prot & ~s2pt_desc_prot(pt, desc)))
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
		pt->mem->order(S2PT_DMB_ISHST);
		if (!swap_desc(pt, *pp, 0, table_desc(pt, table)))
			cache_push(m->cache, table);
	}
}

/* Add permissions and youth to a valid leaf. False if it changed under us. Any mode. */
static bool relax_leaf(struct s2pt *pt, u64 *p, u64 old, int level, av_ipa_t ipa,
		       unsigned int prot)
{
	unsigned int had = s2pt_desc_prot(pt, old);
	u64 new = s2pt_make_leaf(pt, level, old & addr_mask(pt), had | prot);

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
		pt->mem->order(S2PT_DSB_ISHST);
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
		s2pt_flush(pt, &inv);
		free_subtree(pt, table_of(pt, old), m->level + 1);
	} else {
		flush_leaf(pt, m->ipa, m->level);
	}
	set_desc(pt, p, m->leaf);
}

/* Something is there already. Returns 0, -EAGAIN, or 1 to look again. */
static int meet_leaf(struct s2pt *pt, u64 *p, u64 old, const struct map *m)
{
	bool same = !is_table(old, m->level) && s2pt_same_translation(pt, old, m->leaf);

	if (m->mode == S2PT_SHARED) {
		if (!same)
			return -EAGAIN;
		return relax_leaf(pt, p, old, m->level, m->ipa, m->prot) ? 0 : 1;
	}
	if (!same) {
		replace(pt, p, old, m);
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

		/* Invalid entries are never cached: what replaces one needs no TLBI. */
		if (old)
			ret = meet_leaf(pt, p, old, m);
		else
			ret = swap_desc(pt, p, 0, m->leaf) ? 0 : 1;
	} while (ret > 0);
	return ret;
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
		.ipa = ipa, .level = s2pt_leaf_level(pt, size), .prot = prot,
		.mode = mode, .cache = cache,
	};
	int level, ret = 0;
	u64 *p;

	if (!ipa_ok(pt, ipa))
		return -ERANGE;
	if (m.level < 0 || ((ipa | pa) & (size - 1)) || (pa & ~addr_mask(pt)) || !prot_ok(pt, prot))
		return -EINVAL;

	m.leaf = s2pt_make_leaf(pt, m.level, pa, prot);
	p = entry_of(pt, pt->root, pt->start_level, ipa);
	for (level = pt->start_level; level < m.level && !ret; level++)
		ret = step_down(pt, &p, level, &m);
	if (!ret)
		ret = install(pt, p, &m);
	/* Let the very next walk see all that was stored, tables too, rather than fault again. */
	pt->mem->order(S2PT_DSB_ISHST);
	return min(ret, 0);
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
		if (!ipa_ok(pt, ipa))
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
	int want = s2pt_leaf_level(pt, size);

	if (!ipa_ok(pt, ipa))
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
	pt->mem->order(S2PT_DSB_ISHST);
	return 0;
}

/**
 * s2pt_lookup() - what translates an address
 * @pt:		table
 * @ipa:	any address
 * @leaf:	filled in if something does; else only @ipa, @size and @level, of the hole
 *
 * Either mode; what it says holds for as long as the lock is held, except that
 * in SHARED mode others may add to it. Returns whether there is a mapping.
 */
bool s2pt_lookup(const struct s2pt *pt, av_ipa_t ipa, struct s2pt_leaf *leaf)
{
	u64 desc, size;
	int level;

	*leaf = (struct s2pt_leaf) { .ipa = ipa, .size = s2pt_level_size(pt, S2PT_MAX_LEVEL) };
	if (!ipa_ok(pt, ipa))
		return false;
	find(pt, ipa, &level, &desc);
	size = s2pt_level_size(pt, level);
	*leaf = (struct s2pt_leaf) {
		.ipa = ipa & ~(size - 1),
		.size = size,
		.level = level,
	};
	if (!desc)
		return false;
	leaf->pa = desc & addr_mask(pt);
	leaf->prot = s2pt_desc_prot(pt, desc);
	leaf->young = desc & DESC_AF;
	return true;
}

/* Lifetime */

static size_t root_size(const struct s2pt *pt)
{
	return max_t(size_t, table_size(pt), pt->root_entries * sizeof(u64));
}

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
	mem->order(S2PT_DSB_ISHST);
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
		pt->mem->order(S2PT_DSB_ISHST);
		if (pt->tlb->all)
			pt->tlb->all(pt->owner);
		if (is_table(desc, pt->start_level))
			free_subtree(pt, table_of(pt, desc), pt->start_level + 1);
		cond_resched();
	}
	pt->mem->free(pt->root, root_size(pt));
	pt->root = NULL;
}

