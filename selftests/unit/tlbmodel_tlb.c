// SPDX-License-Identifier: GPL-2.0
/*
 * The adversarial model of tlbmodel.h.
 *
 * The input address space is a tree of slots, one for each (level, address)
 * that was ever walked: a slot is the place of one descriptor. A slot holds
 * items, the descriptors that some CPU may have cached for it. An item is live
 * while a walk could still fetch it: through a table that an item of the parent
 * slot points to, at its present value or, while a store is not ordered by
 * DSB, a former one. Whatever is live is cached; a TLBI dooms the items that it
 * covers and that nothing could bring back; DSB ISH removes the doomed.
 */
#include <stdlib.h>
#include <string.h>

#include "tlbmodel_int.h"

static u64 mark;
static struct slot **doomed_of[TLBMODEL_CPUS];
static unsigned int nr_doomed[TLBMODEL_CPUS], cap_doomed[TLBMODEL_CPUS];

/* Slots and items */

unsigned int tm_level_shift(int level)
{
	return tm.cfg.pt.granule_shift + (3 - level) * tm.cfg.pt.table_bits;
}

bool tm_is_leaf(u64 val, int level)
{
	return level == 3 || !(val & TABLE);
}

struct slot *tm_slot_of(struct slot *parent, unsigned int idx)
{
	struct slot *s;

	if (!parent->kid)
		parent->kid = calloc(parent == tm.root ? tm.root_entries : tm.entries, sizeof(s));
	s = parent->kid[idx];
	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	s->parent = parent;
	s->idx = idx;
	s->level = parent->level + 1;
	s->base = parent->base + ((u64)idx << tm_level_shift(s->level));
	s->sibling = parent->kids;
	parent->kids = s;
	parent->kid[idx] = s;
	return s;
}

static struct item *item_of(struct slot *s, u64 val)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		if (s->item[i].val == val)
			return &s->item[i];
	return NULL;
}

static void set_live(struct item *it, bool live)
{
	if (it->live && !live)
		tm.nr_dead++;
	if (!it->live && live)
		tm.nr_dead--;
	it->live = live;
}

/* A walk reaches @s by the items of its parent, except those that TLBI @but removes. */
static unsigned int fetchable(struct slot *s, u64 *val, unsigned int max, u64 but)
{
	unsigned int i, n = 0;

	for (i = 0; i < s->parent->nr; i++) {
		struct item *it = &s->parent->item[i];
		struct pending *st;
		u64 *p;

		if (s->parent != tm.root && tm_is_leaf(it->val, s->parent->level))
			continue;
		if (but && it->mark == but)
			continue;
		p = (u64 *)tm_to_va(tm_addr_of(it->val)) + s->idx;
		val[n++] = *p;
		for (st = tm.pending_at[p - tm.arena]; st && n < max; st = st->older)
			val[n++] = st->old;
		if (n >= max)
			tlbmodel_fail(FAULT_LATE, "too many stores without DSB");
	}
	return n;
}

static bool has(const u64 *val, unsigned int n, u64 v)
{
	while (n--)
		if (val[n] == v)
			return true;
	return false;
}

/* May a CPU hold @a and @b for one address? Only permissions, AF and ignored bits may differ. */
static bool compatible(u64 a, u64 b, int level)
{
	u64 may = AF | IGNORED | (tm.cfg.pt.stage == S2PT_STAGE2 ? PERMS_S2 : PERMS_S1);

	if (tm_is_leaf(a, level) != tm_is_leaf(b, level))
		return false;
	if (!tm_is_leaf(a, level))
		return tm_addr_of(a) == tm_addr_of(b);
	return !((a ^ b) & ~may);
}

static void check_bbm(struct slot *s, u64 val)
{
	struct slot *up;
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		if (!compatible(s->item[i].val, val, s->level))
			tlbmodel_fail(FAULT_BBM, "level %d, %#llx: %#llx becomes %#llx", s->level,
				      s->base, s->item[i].val, val);
	if (tm_is_leaf(val, s->level) && s->below)
		tlbmodel_fail(FAULT_BBM, "level %d, %#llx: leaf %#llx over %u smaller entries",
			      s->level, s->base, val, s->below);
	for (up = s->parent; up != tm.root; up = up->parent)
		for (i = 0; i < up->nr; i++)
			if (tm_is_leaf(up->item[i].val, up->level))
				tlbmodel_fail(FAULT_BBM, "level %d, %#llx: %#llx under block %#llx",
					      s->level, s->base, val, up->item[i].val);
}

/* Everything that a table makes reachable below a slot. */
void tm_reach(struct slot *s, struct page *pg)
{
	unsigned int n = s == tm.root ? tm.root_entries : tm.entries, i;
	u64 *mem = tm_page_mem(pg - tm.page);
	struct slot *k;

	if (!pg->used)
		tlbmodel_fail(FAULT_REACHABLE, "walk from level %d, %#llx enters free memory",
			      s->level, s->base);
	if (pg->stored > tm.barrier_at[pg->cpu])
		tlbmodel_fail(FAULT_ORDER, "table at level %d, %#llx visible before its contents",
			      s->level, s->base);
	for (i = 0; i < n; i++)
		if (mem[i] || tm.pending_at[mem + i - tm.arena])
			tm_recompute(tm_slot_of(s, i), true);
	for (k = s->kids; k; k = k->sibling)
		if (k->nr)
			tm_recompute(k, true);
}

static void add_item(struct slot *s, u64 val)
{
	bool leaf = tm_is_leaf(val, s->level);
	struct slot *up;
	struct page *pg;

	if (leaf && s->level == 3 && !(val & TABLE))
		tlbmodel_fail(FAULT_RESULT, "%#llx: reserved descriptor %#llx", s->base, val);
	if (leaf && s->level < (tm.cfg.pt.granule_shift == 12 ? 1 : 2))
		tlbmodel_fail(FAULT_RESULT, "%#llx: no blocks at level %d", s->base, s->level);
	check_bbm(s, val);
	if (s->nr == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 2;
		s->item = realloc(s->item, s->cap * sizeof(*s->item));
	}
	s->item[s->nr++] = (struct item) {
		.val = val, .live = true,
		.part = { true, leaf && tm.cfg.pt.stage == S2PT_STAGE2 },
	};
	for (up = s->parent; up; up = up->parent)
		up->below++;
	if (leaf)
		return;
	if (!tm_pa_ok(tm_addr_of(val)))
		tlbmodel_fail(FAULT_REACHABLE, "level %d, %#llx: table outside memory: %#llx",
			      s->level, s->base, val);
	pg = &tm.page[(tm_addr_of(val) - PA_BASE) >> tm.cfg.pt.granule_shift];
	if (pg->nr_refs == pg->cap_refs) {
		pg->cap_refs += 2;
		pg->ref = realloc(pg->ref, pg->cap_refs * sizeof(*pg->ref));
	}
	pg->ref[pg->nr_refs++] = s;
	tm_reach(s, pg);
}

/* Look again at what a walk could fetch into @s. @fresh: memory has just changed. */
void tm_recompute(struct slot *s, bool fresh)
{
	bool combines = tm.cfg.pt.stage == S2PT_STAGE2;
	unsigned int i, n;
	u64 val[64];

	n = fetchable(s, val, 64, 0);
	for (i = 0; i < n; i++) {
		struct item *it;

		if (!(val[i] & VALID) || (tm_is_leaf(val[i], s->level) && !(val[i] & AF)))
			continue;
		it = item_of(s, val[i]);
		if (!it) {
			add_item(s, val[i]);
			continue;
		}
		set_live(it, true);
		it->part[PLAIN] = true;
		it->part[COMBINED] = combines && tm_is_leaf(it->val, s->level);
		if (fresh)
			it->doomed[PLAIN] = it->doomed[COMBINED] = 0;
	}
	for (i = 0; i < s->nr; i++)
		if (!has(val, n, s->item[i].val))
			set_live(&s->item[i], false);
}

/* Invalidation */

static void doom(struct slot *s, struct item *it, int part)
{
	int cpu = tlbmodel.cpu;

	it->doomed[part] |= 1 << cpu;
	if (nr_doomed[cpu] == cap_doomed[cpu]) {
		cap_doomed[cpu] = 2 * cap_doomed[cpu] + 16;
		doomed_of[cpu] = realloc(doomed_of[cpu], cap_doomed[cpu] * sizeof(s));
	}
	if (!nr_doomed[cpu] || doomed_of[cpu][nr_doomed[cpu] - 1] != s)
		doomed_of[cpu][nr_doomed[cpu]++] = s;
}

static bool covered(const struct item *it, int level, int ttl, bool last_level)
{
	if (tm_is_leaf(it->val, level))
		return !ttl || ttl == level;
	return !last_level && !ttl;
}

/*
 * Which of a slot's items does one TLBI remove? Those that no walk can fetch again.
 * The pointers that this same TLBI removes do not count as a way to them, but
 * those that another TLBI before the DSB removes do: the two are not ordered.
 */
static void tlbi_slot(struct slot *s, int ttl, bool last_level, bool combined)
{
	unsigned int i, n;
	u64 val[64];

	if (!s->nr)
		return;
	n = fetchable(s, val, 64, mark);
	for (i = 0; i < s->nr; i++) {
		struct item *it = &s->item[i];

		if (!covered(it, s->level, ttl, last_level) || has(val, n, it->val))
			continue;
		it->mark = mark;
		doom(s, it, PLAIN);
		if (combined)
			doom(s, it, COMBINED);
	}
}

void tlbmodel_tlbi_addr(u64 addr, int ttl, bool last_level)
{
	struct slot *s = tm.root;
	int level;

	tm_yield();
	mark++;
	for (level = tm.start_level; level <= 3; level++) {
		unsigned int idx = addr >> tm_level_shift(level);

		if (level != tm.start_level)
			idx &= tm.entries - 1;
		else if (idx >= tm.root_entries)
			return;
		s = s->kid ? s->kid[idx] : NULL;
		if (!s)
			return;
		tlbi_slot(s, ttl, last_level, false);
	}
}

static void tlbi_below(struct slot *s)
{
	struct slot *k;

	for (k = s->kids; k; k = k->sibling) {
		tlbi_slot(k, 0, false, true);
		if (k->below)
			tlbi_below(k);
	}
}

void tlbmodel_tlbi_all(void)
{
	tm_yield();
	mark++;
	tlbi_below(tm.root);
}

/* A combined entry is built from the plain one: it is not gone while that may be there. */
static void tlbi_combined(struct slot *s)
{
	struct slot *k;
	unsigned int i;

	for (k = s->kids; k; k = k->sibling) {
		for (i = 0; i < k->nr; i++)
			if (k->item[i].part[COMBINED] && !k->item[i].part[PLAIN])
				doom(k, &k->item[i], COMBINED);
		if (k->below)
			tlbi_combined(k);
	}
}

void tlbmodel_tlbi_stage1(void)
{
	tm_yield();
	tlbi_combined(tm.root);
}

static void drop_ref(struct slot *s, u64 val)
{
	struct page *pg = &tm.page[(tm_addr_of(val) - PA_BASE) >> tm.cfg.pt.granule_shift];
	unsigned int i;

	for (i = 0; pg->ref[i] != s; i++)
		;
	pg->ref[i] = pg->ref[--pg->nr_refs];
}

/* Remove from one slot what @cpu has doomed; true if that cut off what is below. */
static bool reap(struct slot *s, int cpu)
{
	bool cut = false;
	unsigned int i;
	struct slot *up;
	int part;

	for (i = 0; i < s->nr; i++) {
		struct item *it = &s->item[i];

		for (part = PLAIN; part <= COMBINED; part++) {
			if (it->doomed[part] & (1 << cpu))
				it->part[part] = false;
			it->doomed[part] &= ~(1 << cpu);
		}
		if (it->part[PLAIN] || it->part[COMBINED])
			continue;
		if (!tm_is_leaf(it->val, s->level)) {
			drop_ref(s, it->val);
			cut = true;
		}
		set_live(it, true);
		*it = s->item[--s->nr];
		i--;
		for (up = s->parent; up; up = up->parent)
			up->below--;
	}
	return cut;
}

void tlbmodel_dsb_ish(void)
{
	int cpu = tlbmodel.cpu;
	unsigned int i, n = nr_doomed[cpu];
	struct slot *k;

	tm_yield();
	tm_order_stores(cpu);
	nr_doomed[cpu] = 0;
	for (i = 0; i < n; i++)
		if (reap(doomed_of[cpu][i], cpu))
			for (k = doomed_of[cpu][i]->kids; k; k = k->sibling)
				if (k->nr)
					tm_recompute(k, false);
	for (i = 0; i < n; i++)
		tm_recompute(doomed_of[cpu][i], false);
}

/* Checks */

void tlbmodel_check_return(void)
{
	struct pending *s;

	for (s = tm.pending_of[tlbmodel.cpu]; s; s = s->next)
		if (!s->dead)
			tlbmodel_fail(FAULT_LATE, "a store of %#llx is not ordered by DSB", *s->p);
	if (nr_doomed[tlbmodel.cpu])
		tlbmodel_fail(FAULT_STALE, "returned from a TLBI without DSB ISH");
}

/* A dead item may stay if it differs from the present one only in what nobody relies upon. */
static void check_dead(struct slot *s, struct item *it)
{
	u64 val[64];
	unsigned int n = fetchable(s, val, 64, 0);

	while (n--)
		if (tm_is_leaf(it->val, s->level) && (val[n] & VALID) &&
		    !((val[n] ^ it->val) & ~(AF | IGNORED)))
			return;
	tlbmodel_fail(FAULT_STALE, "level %d, %#llx: %#llx may still be used%s", s->level, s->base,
		      it->val, it->part[PLAIN] ? "" : " (combined with stage 1)");
}

static void quiet_below(struct slot *s)
{
	unsigned int i;
	struct slot *k;

	for (k = s->kids; k; k = k->sibling) {
		for (i = 0; i < k->nr; i++)
			if (!k->item[i].live)
				check_dead(k, &k->item[i]);
		if (k->below)
			quiet_below(k);
	}
}

void tlbmodel_check_quiet(void)
{
	if (tm.nr_dead)
		quiet_below(tm.root);
}

static void none_below(struct slot *s, u64 start, u64 end)
{
	unsigned int i;
	struct slot *k;

	for (k = s->kids; k; k = k->sibling) {
		if (k->base >= end || k->base + (1ULL << tm_level_shift(k->level)) <= start)
			continue;
		for (i = 0; i < k->nr; i++)
			if (tm_is_leaf(k->item[i].val, k->level))
				tlbmodel_fail(FAULT_STALE, "level %d, %#llx: %#llx is cached",
					      k->level, k->base, k->item[i].val);
		if (k->below)
			none_below(k, start, end);
	}
}

void tlbmodel_check_none(u64 start, u64 end)
{
	none_below(tm.root, start, end);
}

static void free_slots(struct slot *s)
{
	struct slot *k, *next;

	for (k = s->kids; k; k = next) {
		next = k->sibling;
		free_slots(k);
	}
	free(s->kid);
	free(s->item);
	free(s);
}

/* The end of a world: tm.root and all below it. */
void tm_forget(void)
{
	memset(nr_doomed, 0, sizeof(nr_doomed));
	free_slots(tm.root);
}
