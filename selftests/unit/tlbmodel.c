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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sanitizer/asan_interface.h>

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
	unsigned int unclean;
	struct slot **ref;	/* slots with an item that points here */
	unsigned int nr_refs, cap_refs;
};

/* A store that its CPU has not yet ordered by DSB. */
struct pending {
	u64 *p;
	u64 old;
	struct pending *older;	/* of the same location */
	struct pending *next;	/* of the same CPU */
	bool dead, cleaned;
};

const char *const tlbmodel_fault_name[FAULT_NR] = {
	"none", "stale translation", "break-before-make", "table order", "reachable memory freed",
	"stores not visible at return", "unsafe in shared mode", "memory management", "not cleaned",
	"wrong result", "no progress",
};

struct tlbmodel_state tlbmodel;

static struct tlbmodel_config cfg;
static unsigned int entries, root_entries, nr_pages, root_pages, nr_used;
static int start_level;
static u64 *arena;
static struct page *page;
static unsigned int *free_list, nr_free;
static struct pending **pending_at, *pending_of[TLBMODEL_CPUS], *pending_pool;
static struct slot *root;
static unsigned int nr_dead;
static u64 seq, barrier_at[TLBMODEL_CPUS], mark;
static struct slot **doomed_of[TLBMODEL_CPUS];
static unsigned int nr_doomed[TLBMODEL_CPUS], cap_doomed[TLBMODEL_CPUS];

void tlbmodel_fail(enum tlbmodel_fault fault, const char *fmt, ...)
{
	va_list ap;

	printf("# %s: ", tlbmodel_fault_name[fault]);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (tlbmodel.explain)
		tlbmodel.explain();
	fflush(stdout);
	_exit(100 + fault);
}

static void yield(void)
{
	if (tlbmodel.yield)
		tlbmodel.yield();
}

/* Memory: an arena of tables; the root is at its start. */

static size_t table_bytes(void)
{
	return entries * sizeof(u64);
}

static unsigned int page_index(const u64 *p)
{
	unsigned int i = (p - arena) / entries;

	return i < root_pages ? 0 : i;
}

static u64 *page_mem(unsigned int i)
{
	return arena + (size_t)i * entries;
}

static phys_addr_t mem_to_pa(const void *table)
{
	return PA_BASE + ((u64)(((const u64 *)table - arena) / entries) << cfg.pt.granule_shift);
}

static bool pa_ok(u64 pa)
{
	return pa >= PA_BASE && (pa - PA_BASE) >> cfg.pt.granule_shift < nr_pages;
}

static void *mem_to_va(phys_addr_t pa)
{
	if (!pa_ok(pa))
		tlbmodel_fail(FAULT_REACHABLE, "walker follows a pointer to %#llx", pa);
	return page_mem((pa - PA_BASE) >> cfg.pt.granule_shift);
}

static u64 addr_of(u64 desc)
{
	return desc & (((1ULL << 48) - 1) & ~((1ULL << cfg.pt.granule_shift) - 1));
}

static void *mem_alloc(size_t size)
{
	unsigned int i;

	if (tlbmodel.locked)
		tlbmodel_fail(FAULT_MEMORY, "allocation under the lock");
	if (!page[0].used) {
		i = 0;		/* the first is the root, which may be several tables large */
		if (size > root_pages * table_bytes())
			tlbmodel_fail(FAULT_MEMORY, "allocation of %zu bytes", size);
	} else {
		if (!nr_free || size != table_bytes())
			tlbmodel_fail(FAULT_MEMORY, "%zu bytes with %u tables in use", size,
				      nr_used);
		i = free_list[--nr_free];
	}
	ASAN_UNPOISON_MEMORY_REGION(page_mem(i), size);
	if (!tlbmodel.dirty_alloc)
		memset(page_mem(i), 0, size);
	page[i].used = true;
	page[i].cpu = tlbmodel.cpu;
	page[i].stored = ++seq;
	page[i].unclean = cfg.noncoherent;
	nr_used++;
	return page_mem(i);
}

static void mem_free(void *table, size_t size)
{
	unsigned int i = page_index(table), w;

	if ((u64 *)table != page_mem(i) || !page[i].used)
		tlbmodel_fail(FAULT_MEMORY, "bad or double free of table %u", i);
	if (tlbmodel.shared)
		tlbmodel_fail(FAULT_RACE, "table %u freed in SHARED mode", i);
	if (!i && !root->below)
		root->nr = 0;	/* all of it is gone: the register no longer points here */
	if (page[i].nr_refs)
		tlbmodel_fail(FAULT_REACHABLE, "table %u freed: level %d, %#llx points to it", i,
			      page[i].ref[0]->level, page[i].ref[0]->base);
	if (!i && root->nr)
		tlbmodel_fail(FAULT_REACHABLE, "root freed with %u entries cached", root->below);
	for (w = 0; w < size / sizeof(u64); w++) {
		struct pending *s = pending_at[page_mem(i) + w - arena];

		for (; s; s = s->older)
			s->dead = true;
		pending_at[page_mem(i) + w - arena] = NULL;
	}
	page[i].used = false;
	nr_used--;
	memset(table, 0xff, size);	/* valid-looking garbage */
	ASAN_POISON_MEMORY_REGION(table, size);
	if (i)
		free_list[nr_free++] = i;
}

/* Slots and items */

static unsigned int level_shift(int level)
{
	return cfg.pt.granule_shift + (3 - level) * cfg.pt.table_bits;
}

static bool is_leaf(u64 val, int level)
{
	return level == 3 || !(val & TABLE);
}

static struct slot *slot_of(struct slot *parent, unsigned int idx)
{
	struct slot *s;

	if (!parent->kid)
		parent->kid = calloc(parent == root ? root_entries : entries, sizeof(s));
	s = parent->kid[idx];
	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	s->parent = parent;
	s->idx = idx;
	s->level = parent->level + 1;
	s->base = parent->base + ((u64)idx << level_shift(s->level));
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
		nr_dead++;
	if (!it->live && live)
		nr_dead--;
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

		if (s->parent != root && is_leaf(it->val, s->parent->level))
			continue;
		if (but && it->mark == but)
			continue;
		p = (u64 *)mem_to_va(addr_of(it->val)) + s->idx;
		val[n++] = *p;
		for (st = pending_at[p - arena]; st && n < max; st = st->older)
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
	u64 may = AF | IGNORED | (cfg.pt.stage == S2PT_STAGE2 ? PERMS_S2 : PERMS_S1);

	if (is_leaf(a, level) != is_leaf(b, level))
		return false;
	if (!is_leaf(a, level))
		return addr_of(a) == addr_of(b);
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
	if (is_leaf(val, s->level) && s->below)
		tlbmodel_fail(FAULT_BBM, "level %d, %#llx: leaf %#llx over %u smaller entries",
			      s->level, s->base, val, s->below);
	for (up = s->parent; up != root; up = up->parent)
		for (i = 0; i < up->nr; i++)
			if (is_leaf(up->item[i].val, up->level))
				tlbmodel_fail(FAULT_BBM, "level %d, %#llx: %#llx under block %#llx",
					      s->level, s->base, val, up->item[i].val);
}

static void recompute(struct slot *s, bool fresh);

/* Everything that a table makes reachable below a slot. */
static void reach(struct slot *s, struct page *pg)
{
	unsigned int n = s == root ? root_entries : entries, i;
	u64 *mem = page_mem(pg - page);
	struct slot *k;

	if (!pg->used)
		tlbmodel_fail(FAULT_REACHABLE, "walk from level %d, %#llx enters free memory",
			      s->level, s->base);
	if (pg->stored > barrier_at[pg->cpu])
		tlbmodel_fail(FAULT_ORDER, "table at level %d, %#llx visible before its contents",
			      s->level, s->base);
	if (pg->unclean)
		tlbmodel_fail(FAULT_CLEAN, "table at level %d, %#llx: contents not in memory",
			      s->level, s->base);
	for (i = 0; i < n; i++)
		if (mem[i] || pending_at[mem + i - arena])
			recompute(slot_of(s, i), true);
	for (k = s->kids; k; k = k->sibling)
		if (k->nr)
			recompute(k, true);
}

static void add_item(struct slot *s, u64 val)
{
	bool leaf = is_leaf(val, s->level);
	struct slot *up;
	struct page *pg;

	if (leaf && s->level == 3 && !(val & TABLE))
		tlbmodel_fail(FAULT_RESULT, "%#llx: reserved descriptor %#llx", s->base, val);
	if (leaf && s->level < (cfg.pt.granule_shift == 12 ? 1 : 2))
		tlbmodel_fail(FAULT_RESULT, "%#llx: no blocks at level %d", s->base, s->level);
	check_bbm(s, val);
	if (s->nr == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 2;
		s->item = realloc(s->item, s->cap * sizeof(*s->item));
	}
	s->item[s->nr++] = (struct item) {
		.val = val, .live = true,
		.part = { true, leaf && cfg.pt.stage == S2PT_STAGE2 },
	};
	for (up = s->parent; up; up = up->parent)
		up->below++;
	if (leaf)
		return;
	if (!pa_ok(addr_of(val)))
		tlbmodel_fail(FAULT_REACHABLE, "level %d, %#llx: table outside memory: %#llx",
			      s->level, s->base, val);
	pg = &page[(addr_of(val) - PA_BASE) >> cfg.pt.granule_shift];
	if (pg->nr_refs == pg->cap_refs) {
		pg->cap_refs += 2;
		pg->ref = realloc(pg->ref, pg->cap_refs * sizeof(*pg->ref));
	}
	pg->ref[pg->nr_refs++] = s;
	reach(s, pg);
}

/* Look again at what a walk could fetch into @s. @fresh: memory has just changed. */
static void recompute(struct slot *s, bool fresh)
{
	bool combines = cfg.pt.stage == S2PT_STAGE2;
	unsigned int i, n;
	u64 val[64];

	n = fetchable(s, val, 64, 0);
	for (i = 0; i < n; i++) {
		struct item *it;

		if (!(val[i] & VALID) || (is_leaf(val[i], s->level) && !(val[i] & AF)))
			continue;
		it = item_of(s, val[i]);
		if (!it) {
			add_item(s, val[i]);
			continue;
		}
		set_live(it, true);
		it->part[PLAIN] = true;
		it->part[COMBINED] = combines && is_leaf(it->val, s->level);
		if (fresh)
			it->doomed[PLAIN] = it->doomed[COMBINED] = 0;
	}
	for (i = 0; i < s->nr; i++)
		if (!has(val, n, s->item[i].val))
			set_live(&s->item[i], false);
}

static void update_location(u64 *p, bool fresh)
{
	unsigned int pi = page_index(p), idx = p - page_mem(pi), i;

	if (!pi) {
		if (root->nr)
			recompute(slot_of(root, idx), fresh);
		return;
	}
	for (i = 0; i < page[pi].nr_refs; i++)
		recompute(slot_of(page[pi].ref[i], idx), fresh);
}

/* Stores and barriers */

static bool reachable(unsigned int i)
{
	return i ? page[i].nr_refs : root->nr;
}

static void store(u64 *p, u64 val)
{
	unsigned int i = page_index(p);
	struct pending *s;

	if (!page[i].used)
		tlbmodel_fail(FAULT_MEMORY, "store to free table %u", i);
	if (!reachable(i)) {
		*p = val;
		page[i].cpu = tlbmodel.cpu;
		page[i].stored = ++seq;
		page[i].unclean += cfg.noncoherent;
		return;
	}
	s = pending_pool;
	if (s)
		pending_pool = s->next;
	else
		s = malloc(sizeof(*s));
	*s = (struct pending) {
		.p = p, .old = *p,
		.older = pending_at[p - arena], .next = pending_of[tlbmodel.cpu],
	};
	pending_at[p - arena] = s;
	pending_of[tlbmodel.cpu] = s;
	*p = val;
	update_location(p, true);
}

static u64 mem_read(const u64 *p)
{
	yield();
	return *p;
}

static void mem_write(u64 *p, u64 val)
{
	yield();
	if (tlbmodel.shared && reachable(page_index(p)))
		tlbmodel_fail(FAULT_RACE, "plain store in SHARED mode");
	store(p, val);
}

static u64 mem_cas(u64 *p, u64 old, u64 new)
{
	u64 was;

	yield();
	was = *p;
	if (was == old)
		store(p, new);
	return was;
}

static void mem_clean(const void *at, size_t size)
{
	unsigned int i = page_index(at);
	struct pending *s;

	yield();
	if (size != sizeof(u64))
		page[i].unclean = 0;
	else if (page[i].unclean)
		page[i].unclean--;
	if (size == sizeof(u64))
		for (s = pending_at[(u64 *)at - arena]; s; s = s->older)
			s->cleaned = true;
}

void tlbmodel_dmb_ishst(void)
{
	yield();
	barrier_at[tlbmodel.cpu] = seq;
}

/*
 * This CPU's stores are seen by every walk from here on. As all see the stores to
 * one place in one order, so is every older store to the same place.
 */
static void order_stores(int cpu)
{
	struct pending *s, **link = &pending_of[cpu], *done = NULL, **at, *o;

	barrier_at[cpu] = seq;
	while ((s = *link)) {
		if (!s->dead && cfg.noncoherent && !s->cleaned) {
			link = &s->next;
			continue;
		}
		*link = s->next;
		s->next = done;
		done = s;
	}
	while ((s = done)) {
		done = s->next;
		if (!s->dead) {
			for (at = &pending_at[s->p - arena]; *at != s; at = &(*at)->older)
				;
			*at = NULL;
			for (o = s->older; o; o = o->older)
				o->dead = true;
			update_location(s->p, false);
		}
		s->next = pending_pool;
		pending_pool = s;
	}
}

void tlbmodel_dsb_ishst(void)
{
	yield();
	order_stores(tlbmodel.cpu);
}

static void mem_order(enum s2pt_barrier b)
{
	if (b == S2PT_DMB_ISHST)
		tlbmodel_dmb_ishst();
	else
		tlbmodel_dsb_ishst();
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
	if (is_leaf(it->val, level))
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
	struct slot *s = root;
	int level;

	yield();
	mark++;
	for (level = start_level; level <= 3; level++) {
		unsigned int idx = addr >> level_shift(level);

		if (level != start_level)
			idx &= entries - 1;
		else if (idx >= root_entries)
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
	yield();
	mark++;
	tlbi_below(root);
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
	yield();
	tlbi_combined(root);
}

static void drop_ref(struct slot *s, u64 val)
{
	struct page *pg = &page[(addr_of(val) - PA_BASE) >> cfg.pt.granule_shift];
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
		if (!is_leaf(it->val, s->level)) {
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

	yield();
	order_stores(cpu);
	nr_doomed[cpu] = 0;
	for (i = 0; i < n; i++)
		if (reap(doomed_of[cpu][i], cpu))
			for (k = doomed_of[cpu][i]->kids; k; k = k->sibling)
				if (k->nr)
					recompute(k, false);
	for (i = 0; i < n; i++)
		recompute(doomed_of[cpu][i], false);
}

/* Checks */

void tlbmodel_check_return(void)
{
	struct pending *s;

	for (s = pending_of[tlbmodel.cpu]; s; s = s->next)
		if (!s->dead)
			tlbmodel_fail(cfg.noncoherent && !s->cleaned ? FAULT_CLEAN : FAULT_LATE,
				      "a store of %#llx is not ordered by DSB", *s->p);
	if (nr_doomed[tlbmodel.cpu])
		tlbmodel_fail(FAULT_STALE, "returned from a TLBI without DSB ISH");
}

/* A dead item may stay if it differs from the present one only in what nobody relies upon. */
static void check_dead(struct slot *s, struct item *it)
{
	u64 val[64];
	unsigned int n = fetchable(s, val, 64, 0);

	while (n--)
		if (is_leaf(it->val, s->level) && (val[n] & VALID) &&
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
	if (nr_dead)
		quiet_below(root);
}

static void none_below(struct slot *s, u64 start, u64 end)
{
	unsigned int i;
	struct slot *k;

	for (k = s->kids; k; k = k->sibling) {
		if (k->base >= end || k->base + (1ULL << level_shift(k->level)) <= start)
			continue;
		for (i = 0; i < k->nr; i++)
			if (is_leaf(k->item[i].val, k->level))
				tlbmodel_fail(FAULT_STALE, "level %d, %#llx: %#llx is cached",
					      k->level, k->base, k->item[i].val);
		if (k->below)
			none_below(k, start, end);
	}
}

void tlbmodel_check_none(u64 start, u64 end)
{
	none_below(root, start, end);
}

int tlbmodel_walk(u64 addr, u64 *desc)
{
	u64 *mem = page_mem(0);
	int level;

	for (level = start_level;; level++) {
		unsigned int idx = addr >> level_shift(level);

		if (level != start_level)
			idx &= entries - 1;
		*desc = mem[idx];
		if (!(*desc & VALID) || is_leaf(*desc, level))
			return level;
		mem = mem_to_va(addr_of(*desc));
	}
}

unsigned int tlbmodel_tables(void)
{
	return nr_used;
}

/* Lifetime */

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

static void forget(void)
{
	struct pending *s;
	unsigned int i;

	if (!arena)
		return;
	ASAN_UNPOISON_MEMORY_REGION(arena, nr_pages * table_bytes());
	for (i = 0; i < nr_pages; i++)
		free(page[i].ref);
	for (i = 0; i < TLBMODEL_CPUS; i++) {
		while ((s = pending_of[i])) {
			pending_of[i] = s->next;
			free(s);
		}
		nr_doomed[i] = 0;
	}
	free_slots(root);
	free(arena);
	free(page);
	free(free_list);
	free(pending_at);
	nr_free = nr_used = nr_dead = 0;
}

void tlbmodel_start(const struct tlbmodel_config *c)
{
	unsigned int i;

	forget();
	cfg = *c;
	if (!cfg.pt.table_bits)
		cfg.pt.table_bits = cfg.pt.granule_shift - 3;
	entries = 1U << cfg.pt.table_bits;
	root_pages = 16;
	nr_pages = 64 + (8U << 20) / (unsigned int)table_bytes();
	if (nr_pages > 8192)
		nr_pages = 8192;
	arena = aligned_alloc(1 << 16, (nr_pages * table_bytes() + 0xffff) & ~0xffffUL);
	page = calloc(nr_pages, sizeof(*page));
	free_list = calloc(nr_pages, sizeof(*free_list));
	pending_at = calloc((size_t)nr_pages * entries, sizeof(*pending_at));
	root = calloc(1, sizeof(*root));
	memset(arena, 0xff, nr_pages * table_bytes());
	ASAN_POISON_MEMORY_REGION(arena, nr_pages * table_bytes());
	for (i = nr_pages; i-- > root_pages;)
		free_list[nr_free++] = i;
}

void tlbmodel_attach(const struct s2pt *pt)
{
	start_level = pt->start_level;
	root_entries = pt->root_entries;
	root->level = start_level - 1;
	if (!root->item)
		root->item = calloc(1, sizeof(*root->item));
	root->item[0] = (struct item) {
		.val = pt->root_pa | VALID | TABLE, .live = true, .part = { true },
	};
	root->nr = 1;
	reach(root, &page[page_index(pt->root)]);
	if (page_index(pt->root))
		tlbmodel_fail(FAULT_MEMORY, "root is not where roots are");
}

void tlbmodel_stop(void)
{
	if (nr_used)
		tlbmodel_fail(FAULT_MEMORY, "%u tables leaked", nr_used);
}

const struct s2pt_mem tlbmodel_mem = {
	.alloc = mem_alloc,
	.free = mem_free,
	.to_pa = mem_to_pa,
	.to_va = mem_to_va,
	.read = mem_read,
	.write = mem_write,
	.cas = mem_cas,
	.order = mem_order,
};

const struct s2pt_mem tlbmodel_mem_noncoherent = {
	.alloc = mem_alloc,
	.free = mem_free,
	.to_pa = mem_to_pa,
	.to_va = mem_to_va,
	.read = mem_read,
	.write = mem_write,
	.cas = mem_cas,
	.order = mem_order,
	.clean = mem_clean,
};
