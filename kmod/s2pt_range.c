// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on ranges of a table: unmap, write-protect, age. All batch their
 * invalidations, bound the work of one call, and free the tables they emptied
 * only after the flush that covers them. They never allocate, since notifiers
 * call them. One leaf at a time is s2pt.c's.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "s2pt_desc.h"

/* Tables that one range operation may keep back until its flush. */
#define GATHER_MAX	8

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
		s2pt_flush(w->pt, &g->inv);
	else if (w->dirty)
		w->pt->mem->order(S2PT_DSB_ISHST);
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

	w->end = min_t(av_ipa_t, end, BIT_ULL(w->pt->cfg.ia_bits));
	if (start >= w->end)
		return end;
	/* So many tables' worth: some ten microseconds, and they mostly fit into the gather. */
	w->budget = (GATHER_MAX - 2) << w->pt->cfg.table_bits;
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
	unsigned int prot = s2pt_desc_prot(w->pt, desc);
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
