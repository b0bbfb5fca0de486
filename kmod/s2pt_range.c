// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on ranges of a table: unmap, age. They batch their invalidations, bound
 * the work of one call, and free the tables they emptied only after the flush that covers them.
 * They never allocate, since notifiers call them. One leaf at a time is s2pt.c's.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "s2pt_desc.h"

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
		s2pt_flush(w->pt, w->inv.start, w->inv.end, w->inv.stride);
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
