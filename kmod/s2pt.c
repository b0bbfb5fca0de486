// SPDX-License-Identifier: GPL-2.0
/*
 * The page-table walker: see s2pt.h for its contract. This file encodes descriptors, puts in one
 * leaf at a time, takes out or ages ranges, and holds the order of descriptors, barriers and
 * invalidations (DDI 0487, D8: TLB maintenance, break-before-make).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "s2pt_desc.h"

/* ---- Shapes and descriptors -------------------------------------------------------------- */

static bool is_stage2(const struct s2pt *pt)
{
	return pt->cfg.stage == S2PT_STAGE2;
}

/*
 * Stage 2 begins at the lowest level at which at most 16 concatenated root tables cover the input
 * space (D8.2, VTCR_EL2.SL0); stage 1 has no concatenation.
 */
static int choose_root(struct s2pt *pt)
{
	unsigned int concat = is_stage2(pt) ? 4 : 0, g = pt->cfg.granule_shift;
	int level = S2PT_MAX_LEVEL;

	if (!pt->cfg.table_bits) {
		if ((g != 12 && g != 14 && g != 16) || pt->cfg.ia_bits < 32 || pt->cfg.ia_bits > 48)
			return -EINVAL;
		pt->cfg.table_bits = g - 3;
	}
	while (level && level_shift(pt, level) + pt->cfg.table_bits + concat < pt->cfg.ia_bits)
		level--;
	pt->start_level = level;
	pt->root_entries = BIT(pt->cfg.ia_bits - level_shift(pt, level));
	return 0;
}

/*
 * The level of the largest leaf of at most @max bytes that @addr is aligned to. 1 GiB blocks exist
 * only with 4K pages; the larger granules begin at level 2 (D8.3).
 */
static int leaf_level(const struct s2pt *pt, u64 addr, u64 max)
{
	int level = max_t(int, pt->cfg.granule_shift == 12 ? 1 : 2, pt->start_level);

	while (level < S2PT_MAX_LEVEL &&
	       (level_size(pt, level) > max || (addr & (level_size(pt, level) - 1))))
		level++;
	return level;
}

u64 s2pt_best_size(const struct s2pt *pt, av_ipa_t ipa, phys_addr_t pa, u64 max)
{
	return level_size(pt, leaf_level(pt, ipa | pa, max));
}

static u64 memattr(const struct s2pt *pt, unsigned int prot)
{
	if (!is_stage2(pt))
		return MEMATTR(prot & S2PT_DEVICE ? 1 : prot & S2PT_NC ? 2 : 0);
	if (prot & PROT_MEMTYPE)
		return MEMATTR(prot & S2PT_DEVICE ? 0x1 : 0x5);
	/* With FWB, 6 makes memory write-back whatever the guest's stage 1 says. */
	return MEMATTR(pt->cfg.fwb ? 0x6 : 0xf);
}

/* The leaf is young. */
static u64 make_leaf(const struct s2pt *pt, int level, phys_addr_t pa, unsigned int prot)
{
	u64 desc = pa | DESC_VALID | DESC_AF | DESC_SH_INNER | memattr(pt, prot);

	if (is_stage2(pt))
		desc |= (prot & S2PT_R ? S2_READ : 0) | (prot & S2PT_W ? S2_WRITE : 0);
	else
		desc |= S1_AP1 | (prot & S2PT_W ? 0 : S1_READONLY);
	if (!(prot & S2PT_X))
		desc |= DESC_XN;
	return level == S2PT_MAX_LEVEL ? desc | DESC_TABLE : desc;
}

static unsigned int desc_prot(const struct s2pt *pt, u64 desc)
{
	u64 attr = desc & MEMATTR(0xf);
	unsigned int prot = desc & DESC_XN ? 0 : S2PT_X;

	if (!is_stage2(pt) || (desc & S2_READ))
		prot |= S2PT_R;
	if (is_stage2(pt) ? desc & S2_WRITE : !(desc & S1_READONLY))
		prot |= S2PT_W;
	if (attr != memattr(pt, 0))
		prot |= attr == memattr(pt, S2PT_DEVICE) ? S2PT_DEVICE : S2PT_NC;
	return prot;
}

/* What may not change in a leaf while it is valid: where to, and memory of what type. */
static bool same_translation(const struct s2pt *pt, u64 a, u64 b)
{
	return !((a ^ b) & (addr_mask(pt) | MEMATTR(0xf)));
}

#define TCR_WBWA_INNER	((1ULL << 8) | (1ULL << 10) | (3ULL << 12)) /* IRGN0, ORGN0, SH0 */

/* What VTCR_EL2 and TCR_EL2 share: T0SZ, TG0, how tables are read, a RES1 bit. */
static u64 tcr_common(const struct s2pt *pt)
{
	unsigned int g = pt->cfg.granule_shift;
	u64 tg0 = g == 12 ? 0 : g == 14 ? 2 : 1;

	return BIT_ULL(31) | TCR_WBWA_INNER | tg0 << 14 | (64 - pt->cfg.ia_bits);
}

u64 s2pt_vtcr_el2(const struct s2pt *pt)
{
	/* SL0 counts upwards from level 2 with 4K pages, from level 3 with larger ones. */
	int base = pt->cfg.granule_shift == 12 ? 2 : 3;

	return tcr_common(pt) | (u64)(base - pt->start_level) << 6;
}

u64 s2pt_tcr_el2(const struct s2pt *pt)
{
	return tcr_common(pt) | BIT_ULL(23);	/* RES1 */
}

/*
 * More invalidations by address than this and we forget the whole VMID: each is a broadcast that
 * every CPU must answer, while refilling a VM's TLB costs about as much as this many of them.
 */
#define FLUSH_MAX	64

/*
 * Complete an invalidation. The DSB makes earlier stores visible to table walks first: otherwise
 * a walk could fetch the old descriptor again right after the TLBI. The other DSB, after the
 * TLBI, is in the tlb functions.
 */
static void flush(const struct s2pt *pt, av_ipa_t start, av_ipa_t end, u64 stride)
{
	struct s2pt_inval inv = { .start = start, .end = end, .stride = stride };

	dsb(ishst);
	if (pt->tlb->all && (end - start) >> ilog2(stride) > FLUSH_MAX)
		pt->tlb->all(pt->owner);
	else
		pt->tlb->range(pt->owner, &inv);
}

/* Find the entry that ends the walk of @ipa: a leaf or an invalid one. */
static u64 *find(const struct s2pt *pt, av_ipa_t ipa, int *level, u64 *desc)
{
	u64 *p = entry_of(pt, pt->root, pt->start_level, ipa);

	for (*level = pt->start_level; ; (*level)++) {
		*desc = read_desc(p);
		if (!is_table(*desc, *level))
			return p;
		p = entry_of(pt, table_of(pt, *desc), *level + 1, ipa);
	}
}

static bool ipa_ok(const struct s2pt *pt, av_ipa_t ipa)
{
	return ipa < BIT_ULL(pt->cfg.ia_bits);
}

/* Zeroed. Buddy pages are aligned to their size, which is what a root needs. */
static void *table_alloc(size_t size)
{
	return (void *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, get_order(size));
}

int s2pt_cache_topup(struct s2pt_cache *cache, const struct s2pt *pt)
{
	unsigned int want = S2PT_MAX_LEVEL - pt->start_level;

	while (cache->nr < want) {
		void *table = table_alloc(table_size(pt));

		if (!table)
			return -ENOMEM;
		cache->table[cache->nr++] = table;
	}
	return 0;
}

void s2pt_cache_drain(struct s2pt_cache *cache, const struct s2pt *pt)
{
	while (cache->nr)
		table_free(cache->table[--cache->nr], table_size(pt));
}

static u64 *cache_pop(struct s2pt_cache *cache)
{
	return cache->nr ? cache->table[--cache->nr] : NULL;
}

static u64 table_desc(const u64 *table)
{
	return virt_to_phys(table) | DESC_VALID | DESC_TABLE;
}

/* ---- Building ---------------------------------------------------------------------------- */

/* A leaf on its way in. The functions that take one return 1 if *p has to be looked at again. */
struct map {
	av_ipa_t ipa;
	u64 leaf;		/* the descriptor wanted... */
	int level;		/* ...and where */
	unsigned int prot;
	struct s2pt_cache *cache;
	u64 *p;			/* the entry that the walk has reached... */
	int at;			/* ...and its level */
};

/*
 * A block where a smaller leaf is wanted: another vCPU mapped it between our fault and our lock. If
 * it allows what we want we are done; but we may not give a whole block what was meant for one
 * page of it (think of dirty logging).
 */
static int meet_block(const struct s2pt *pt, u64 desc, const struct map *m)
{
	u64 offset = m->ipa & (level_size(pt, m->at) - 1) & addr_mask(pt);

	if ((desc & DESC_AF) && same_translation(pt, desc + offset, m->leaf) &&
	    !(m->prot & ~desc_prot(pt, desc)))
		return 0;
	return -EAGAIN;
}

static int add_table(const struct map *m)
{
	u64 *table = cache_pop(m->cache);

	if (!table)
		return -ENOMEM;
	/*
	 * A walk that sees the table must see its zeroes. Walks depend on the address they read,
	 * so ordering the stores is enough; nobody waits for this store, so DMB rather than DSB.
	 */
	dmb(ishst);
	if (!swap_desc(m->p, 0, table_desc(table)))
		m->cache->table[m->cache->nr++] = table;
	return 1;
}

/* Add permissions and youth to a valid leaf. False if it changed under us. */
static bool relax_leaf(const struct s2pt *pt, u64 *p, u64 old, int level, av_ipa_t ipa,
		       unsigned int prot)
{
	unsigned int had = desc_prot(pt, old);
	u64 new = make_leaf(pt, level, old & addr_mask(pt), had | prot);

	if (new == old)
		return true;
	if (!swap_desc(p, old, new))
		return false;
	/*
	 * No break-before-make: neither address nor memory type changed. But a CPU that holds the
	 * weaker entry would fault for ever. This is not asked of a leaf that was only old,
	 * because a descriptor with AF clear is never cached, and is not skipped for one that was
	 * old and gained permissions: S2PT_AGE_CLEAR may have left its young form behind.
	 */
	if (prot & ~had & S2PT_RWX)
		flush(pt, ipa, ipa + level_size(pt, level), level_size(pt, level));
	else
		dsb(ishst);
	return true;
}

static int install(const struct s2pt *pt, u64 old, const struct map *m)
{
	/* Invalid entries are never cached: what replaces one needs no TLBI. */
	if (!old)
		return swap_desc(m->p, 0, m->leaf) ? 0 : 1;
	if (is_table(old, m->level) || !same_translation(pt, old, m->leaf))
		return -EAGAIN;
	return relax_leaf(pt, m->p, old, m->level, m->ipa, m->prot) ? 0 : 1;
}

static int map_step(const struct s2pt *pt, struct map *m)
{
	u64 desc = read_desc(m->p);

	if (m->at == m->level)
		return install(pt, desc, m);
	if (!desc)
		return add_table(m);
	if (!is_table(desc, m->at))
		return meet_block(pt, desc, m);
	m->p = entry_of(pt, table_of(pt, desc), ++m->at, m->ipa);
	return 1;
}

/*
 * Install one leaf, young, that maps @size bytes at @ipa to @pa; @cache has been topped up. Where a
 * leaf to the same @pa exists, its permissions grow by @prot. Where a block holds @ipa, maps it to
 * @pa and allows @prot, nothing is done.
 *
 * Returns 0; -EAGAIN if anything else is there: unmap it first; -ENOMEM if the cache ran out;
 * -ERANGE outside the input address space; -EINVAL for any other bad argument.
 */
int s2pt_map(struct s2pt *pt, av_ipa_t ipa, u64 size, phys_addr_t pa, unsigned int prot,
	     struct s2pt_cache *cache)
{
	struct map m = {
		.ipa = ipa, .level = leaf_level(pt, 0, size), .prot = prot, .cache = cache,
		.at = pt->start_level,
	};
	int ret;

	if (!ipa_ok(pt, ipa))
		return -ERANGE;
	if (size != level_size(pt, m.level) || ((ipa | pa) & (size - 1)) ||
	    (pa & ~addr_mask(pt)) || (prot & PROT_MEMTYPE) == PROT_MEMTYPE)
		return -EINVAL;
	/* EL2 never has memory that it can both write and execute. */
	if (!is_stage2(pt) && (prot & S2PT_W) && (prot & S2PT_X))
		return -EINVAL;

	m.leaf = make_leaf(pt, m.level, pa, prot);
	m.p = entry_of(pt, pt->root, m.at, ipa);
	do
		ret = map_step(pt, &m);
	while (ret > 0);
	/* Let the very next walk see all that was stored, tables too, rather than fault again. */
	dsb(ishst);
	return ret;
}

int s2pt_mkyoung(struct s2pt *pt, av_ipa_t ipa)
{
	u64 desc, *p;
	int level;

	if (!ipa_ok(pt, ipa))
		return -ENOENT;
	do {
		p = find(pt, ipa, &level, &desc);
		if (!desc)
			return -ENOENT;
	} while (!relax_leaf(pt, p, desc, level, ipa, 0));
	return 0;
}

bool s2pt_lookup(const struct s2pt *pt, av_ipa_t ipa, struct s2pt_leaf *leaf)
{
	int level = S2PT_MAX_LEVEL;
	u64 desc = 0;

	if (ipa_ok(pt, ipa))
		find(pt, ipa, &level, &desc);
	leaf->size = level_size(pt, level);
	leaf->ipa = ipa & ~(leaf->size - 1);
	leaf->pa = desc & addr_mask(pt);
	leaf->prot = desc ? desc_prot(pt, desc) : 0;
	return desc;
}

/* ---- Ranges ------------------------------------------------------------------------------ */

/*
 * Unmap and age batch their invalidations, bound the work of one call, and free the tables they
 * emptied only after the flush that covers them. They never allocate, since notifiers call them.
 */

/* Tables that one range operation may keep back until its flush. */
#define GATHER_MAX	8

struct walk {
	struct s2pt *pt;
	u64 keep;			/* what a leaf keeps; nothing: unmap */
	bool flush;			/* changes need an invalidation */
	bool test;			/* end the walk after the first young leaf */
	bool young;			/* there was a young leaf */
	av_ipa_t end;
	unsigned int budget;		/* entries that may still be looked at */
	struct s2pt_inval inv;		/* changed and not yet flushed; stride 0: nothing */
	unsigned int nr;
	u64 *table[GATHER_MAX];		/* taken out; CPUs may still walk them, so not a list */
};

static void gather_add(struct walk *w, av_ipa_t ipa, int level)
{
	struct s2pt_inval *inv = &w->inv;
	u64 size = level_size(w->pt, level);
	av_ipa_t start = ipa & ~(size - 1);

	if (!inv->stride)
		*inv = (struct s2pt_inval) { .start = start, .stride = size };
	inv->start = min(inv->start, start);
	inv->end = max(inv->end, start + size);
	if (inv->stride != size)
		inv->stride = level_size(w->pt, S2PT_MAX_LEVEL);
}

/* Only after the flush can no walk be inside the tables: free them then, not before. */
static void gather_flush(struct walk *w)
{
	if (w->inv.stride)
		flush(w->pt, w->inv.start, w->inv.end, w->inv.stride);
	else
		dsb(ishst);
	while (w->nr)
		table_free(w->table[--w->nr], table_size(w->pt));
	w->inv.stride = 0;
}

/*
 * Unhook an empty table. One invalidation by any address below it rids the walk caches of the
 * entry that pointed to it. If a page below it was unmapped in this same batch the range has such
 * an address; add one in case it was not.
 */
static void remove_table(struct walk *w, u64 *p, u64 *table, av_ipa_t ipa)
{
	set_desc(p, 0);
	gather_add(w, ipa, S2PT_MAX_LEVEL);
	w->table[w->nr++] = table;
	if (w->nr == GATHER_MAX)
		gather_flush(w);
}

static void change_leaf(struct walk *w, u64 *p, u64 desc, int level, av_ipa_t ipa)
{
	if (desc & DESC_AF)
		w->young = true;
	if (w->test && w->young)
		w->budget = 0;
	if (!(desc & ~w->keep))
		return;
	set_desc(p, desc & w->keep);
	if (w->flush)
		gather_add(w, ipa, level);
}

/*
 * Visit what @table, of @level, holds from @ipa on. Returns the first address not dealt with: past
 * the table or w->end, unless the budget ran out before.
 */
static av_ipa_t walk_table(struct walk *w, u64 *table, int level, av_ipa_t ipa)
{
	const struct s2pt *pt = w->pt;
	u64 size = level_size(pt, level);
	u64 span = level == pt->start_level ? BIT_ULL(pt->cfg.ia_bits)
					    : size << pt->cfg.table_bits;
	av_ipa_t stop = min((ipa & ~(span - 1)) + span, w->end);

	while (ipa < stop && w->budget) {
		av_ipa_t next = (ipa & ~(size - 1)) + size;
		u64 *p = entry_of(pt, table, level, ipa);
		u64 desc = read_desc(p);

		w->budget--;
		if (is_table(desc, level)) {
			u64 *child = table_of(pt, desc);
			av_ipa_t at = walk_table(w, child, level + 1, ipa);

			/* No SHARED caller is about then: read without ceremony. */
			if (!w->keep && !memchr_inv(child, 0, table_size(pt)))
				remove_table(w, p, child, ipa);
			if (at < min(next, stop))
				return at;
		} else if (desc) {
			change_leaf(w, p, desc, level, ipa);
		}
		ipa = next;
	}
	return ipa;
}

static av_ipa_t walk_range(struct walk *w, av_ipa_t start)
{
	av_ipa_t at, end = w->end;

	w->end = min_t(av_ipa_t, end, BIT_ULL(w->pt->cfg.ia_bits));
	if (start >= w->end)
		return end;
	/* So many tables' worth: some ten microseconds, and they mostly fit into the gather. */
	w->budget = (GATHER_MAX - 2) << w->pt->cfg.table_bits;
	at = walk_table(w, w->pt->root, w->pt->start_level, start);
	gather_flush(w);
	return at >= w->end ? end : at;
}

/*
 * A block that lies only partly in the range is removed whole: splitting would need memory, which
 * notifiers cannot wait for (they may be called by reclaim), and what is lost is one fault if the
 * guest still uses the rest.
 */
av_ipa_t s2pt_unmap(struct s2pt *pt, av_ipa_t start, av_ipa_t end)
{
	struct walk w = { .pt = pt, .end = end, .flush = true };

	return walk_range(&w, start);
}

/*
 * Sets @young if a leaf was young, else leaves it alone. S2PT_AGE_TEST, which also goes SHARED,
 * stops at the first young leaf and then need not be called again.
 */
av_ipa_t s2pt_age(struct s2pt *pt, av_ipa_t start, av_ipa_t end, enum s2pt_age how, bool *young)
{
	struct walk w = {
		.pt = pt, .end = end, .keep = how == S2PT_AGE_TEST ? ~0ULL : ~DESC_AF,
		.test = how == S2PT_AGE_TEST, .flush = how == S2PT_AGE_CLEAR_FLUSH,
	};
	av_ipa_t at = walk_range(&w, start);

	*young |= w.young;
	return w.test && w.young ? end : at;
}

/* ---- Lifetime ---------------------------------------------------------------------------- */

static size_t root_size(const struct s2pt *pt)
{
	return max_t(size_t, table_size(pt), pt->root_entries * sizeof(u64));
}

int s2pt_init(struct s2pt *pt, const struct s2pt_config *cfg, const struct s2pt_tlb *tlb,
	      void *owner)
{
	*pt = (struct s2pt) { .cfg = *cfg, .tlb = tlb, .owner = owner };
	if (choose_root(pt))
		return -EINVAL;

	pt->root = table_alloc(root_size(pt));
	if (!pt->root)
		return -ENOMEM;
	pt->root_pa = virt_to_phys(pt->root);
	/* The root is published by a register write, not a descriptor: order its zeroes here. */
	dsb(ishst);
	return 0;
}

void s2pt_destroy(struct s2pt *pt)
{
	av_ipa_t at = 0, end = BIT_ULL(pt->cfg.ia_bits);

	if (!pt->root)
		return;
	/* By the rules, for a CPU that has not yet dropped the table from its VTTBR. */
	while (at < end) {
		at = s2pt_unmap(pt, at, end);
		cond_resched();
	}
	table_free(pt->root, root_size(pt));
	pt->root = NULL;
}
