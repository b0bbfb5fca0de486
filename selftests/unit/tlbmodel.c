// SPDX-License-Identifier: GPL-2.0
/*
 * The adversarial model of tlbmodel.h: memory, stores and barriers. Until a DSB
 * of the CPU that stored, a walk may see what a location held before.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sanitizer/asan_interface.h>

#include "tlbmodel_int.h"

const char *const tlbmodel_fault_name[FAULT_NR] = {
	"none", "stale translation", "break-before-make", "table order", "reachable memory freed",
	"stores not visible at return", "unsafe in shared mode", "memory management",
	"wrong result", "no progress",
};

struct tlbmodel_state tlbmodel;
struct tlbmodel_world tm;

static unsigned int nr_pages, root_pages, nr_used;
static unsigned int *free_list, nr_free;
static struct pending *pending_pool;

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

void tm_yield(void)
{
	if (tlbmodel.yield)
		tlbmodel.yield();
}

/* Memory: an arena of tables; the root is at its start. */

static size_t table_bytes(void)
{
	return tm.entries * sizeof(u64);
}

unsigned int tm_page_index(const u64 *p)
{
	unsigned int i = (p - tm.arena) / tm.entries;

	return i < root_pages ? 0 : i;
}

u64 *tm_page_mem(unsigned int i)
{
	return tm.arena + (size_t)i * tm.entries;
}

static phys_addr_t mem_to_pa(const void *table)
{
	u64 i = ((const u64 *)table - tm.arena) / tm.entries;

	return PA_BASE + (i << tm.cfg.pt.granule_shift);
}

bool tm_pa_ok(u64 pa)
{
	return pa >= PA_BASE && (pa - PA_BASE) >> tm.cfg.pt.granule_shift < nr_pages;
}

void *tm_to_va(phys_addr_t pa)
{
	if (!tm_pa_ok(pa))
		tlbmodel_fail(FAULT_REACHABLE, "walker follows a pointer to %#llx", pa);
	return tm_page_mem((pa - PA_BASE) >> tm.cfg.pt.granule_shift);
}

u64 tm_addr_of(u64 desc)
{
	return desc & (((1ULL << 48) - 1) & ~((1ULL << tm.cfg.pt.granule_shift) - 1));
}

static void *mem_alloc(size_t size)
{
	unsigned int i;

	if (tlbmodel.locked)
		tlbmodel_fail(FAULT_MEMORY, "allocation under the lock");
	if (!tm.page[0].used) {
		i = 0;		/* the first is the root, which may be several tables large */
		if (size > root_pages * table_bytes())
			tlbmodel_fail(FAULT_MEMORY, "allocation of %zu bytes", size);
	} else {
		if (!nr_free || size != table_bytes())
			tlbmodel_fail(FAULT_MEMORY, "%zu bytes with %u tables in use", size,
				      nr_used);
		i = free_list[--nr_free];
	}
	ASAN_UNPOISON_MEMORY_REGION(tm_page_mem(i), size);
	if (!tlbmodel.dirty_alloc)
		memset(tm_page_mem(i), 0, size);
	tm.page[i].used = true;
	tm.page[i].cpu = tlbmodel.cpu;
	tm.page[i].stored = ++tm.seq;
	nr_used++;
	return tm_page_mem(i);
}

static void mem_free(void *table, size_t size)
{
	unsigned int i = tm_page_index(table), w;

	if ((u64 *)table != tm_page_mem(i) || !tm.page[i].used)
		tlbmodel_fail(FAULT_MEMORY, "bad or double free of table %u", i);
	if (tlbmodel.shared)
		tlbmodel_fail(FAULT_RACE, "table %u freed in SHARED mode", i);
	if (!i && !tm.root->below)
		tm.root->nr = 0;	/* all of it is gone: the register no longer points here */
	if (tm.page[i].nr_refs)
		tlbmodel_fail(FAULT_REACHABLE, "table %u freed: level %d, %#llx points to it", i,
			      tm.page[i].ref[0]->level, tm.page[i].ref[0]->base);
	if (!i && tm.root->nr)
		tlbmodel_fail(FAULT_REACHABLE, "root freed with %u entries cached", tm.root->below);
	for (w = 0; w < size / sizeof(u64); w++) {
		struct pending *s = tm.pending_at[tm_page_mem(i) + w - tm.arena];

		for (; s; s = s->older)
			s->dead = true;
		tm.pending_at[tm_page_mem(i) + w - tm.arena] = NULL;
	}
	tm.page[i].used = false;
	nr_used--;
	memset(table, 0xff, size);	/* valid-looking garbage */
	ASAN_POISON_MEMORY_REGION(table, size);
	if (i)
		free_list[nr_free++] = i;
}

static void update_location(u64 *p, bool fresh)
{
	unsigned int pi = tm_page_index(p), idx = p - tm_page_mem(pi), i;

	if (!pi) {
		if (tm.root->nr)
			tm_recompute(tm_slot_of(tm.root, idx), fresh);
		return;
	}
	for (i = 0; i < tm.page[pi].nr_refs; i++)
		tm_recompute(tm_slot_of(tm.page[pi].ref[i], idx), fresh);
}

/* Stores and barriers */

static bool reachable(unsigned int i)
{
	return i ? tm.page[i].nr_refs : tm.root->nr;
}

static void store(u64 *p, u64 val)
{
	unsigned int i = tm_page_index(p);
	struct pending *s;

	if (!tm.page[i].used)
		tlbmodel_fail(FAULT_MEMORY, "store to free table %u", i);
	if (!reachable(i)) {
		*p = val;
		tm.page[i].cpu = tlbmodel.cpu;
		tm.page[i].stored = ++tm.seq;
		return;
	}
	s = pending_pool;
	if (s)
		pending_pool = s->next;
	else
		s = malloc(sizeof(*s));
	*s = (struct pending) {
		.p = p, .old = *p,
		.older = tm.pending_at[p - tm.arena], .next = tm.pending_of[tlbmodel.cpu],
	};
	tm.pending_at[p - tm.arena] = s;
	tm.pending_of[tlbmodel.cpu] = s;
	*p = val;
	update_location(p, true);
}

static u64 mem_read(const u64 *p)
{
	tm_yield();
	return *p;
}

static void mem_write(u64 *p, u64 val)
{
	tm_yield();
	if (tlbmodel.shared && reachable(tm_page_index(p)))
		tlbmodel_fail(FAULT_RACE, "plain store in SHARED mode");
	store(p, val);
}

static u64 mem_cas(u64 *p, u64 old, u64 new)
{
	u64 was;

	tm_yield();
	was = *p;
	if (was == old)
		store(p, new);
	return was;
}

void tlbmodel_dmb_ishst(void)
{
	tm_yield();
	tm.barrier_at[tlbmodel.cpu] = tm.seq;
}

/*
 * This CPU's stores are seen by every walk from here on. As all see the stores to
 * one place in one order, so is every older store to the same place.
 */
void tm_order_stores(int cpu)
{
	struct pending *s, **link = &tm.pending_of[cpu], *done = NULL, **at, *o;

	tm.barrier_at[cpu] = tm.seq;
	while ((s = *link)) {
		*link = s->next;
		s->next = done;
		done = s;
	}
	while ((s = done)) {
		done = s->next;
		if (!s->dead) {
			for (at = &tm.pending_at[s->p - tm.arena]; *at != s; at = &(*at)->older)
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
	tm_yield();
	tm_order_stores(tlbmodel.cpu);
}

static void mem_order(enum s2pt_barrier b)
{
	if (b == S2PT_DMB_ISHST)
		tlbmodel_dmb_ishst();
	else
		tlbmodel_dsb_ishst();
}

int tlbmodel_walk(u64 addr, u64 *desc)
{
	u64 *mem = tm_page_mem(0);
	int level;

	for (level = tm.start_level;; level++) {
		unsigned int idx = addr >> tm_level_shift(level);

		if (level != tm.start_level)
			idx &= tm.entries - 1;
		*desc = mem[idx];
		if (!(*desc & VALID) || tm_is_leaf(*desc, level))
			return level;
		mem = tm_to_va(tm_addr_of(*desc));
	}
}

unsigned int tlbmodel_tables(void)
{
	return nr_used;
}

/* Lifetime */

static void forget(void)
{
	struct pending *s;
	unsigned int i;

	if (!tm.arena)
		return;
	ASAN_UNPOISON_MEMORY_REGION(tm.arena, nr_pages * table_bytes());
	for (i = 0; i < nr_pages; i++)
		free(tm.page[i].ref);
	for (i = 0; i < TLBMODEL_CPUS; i++) {
		while ((s = tm.pending_of[i])) {
			tm.pending_of[i] = s->next;
			free(s);
		}
	}
	tm_forget();
	free(tm.arena);
	free(tm.page);
	free(free_list);
	free(tm.pending_at);
	nr_free = nr_used = tm.nr_dead = 0;
}

void tlbmodel_start(const struct tlbmodel_config *c)
{
	unsigned int i;

	forget();
	tm.cfg = *c;
	if (!tm.cfg.pt.table_bits)
		tm.cfg.pt.table_bits = tm.cfg.pt.granule_shift - 3;
	tm.entries = 1U << tm.cfg.pt.table_bits;
	root_pages = 16;
	nr_pages = 64 + (8U << 20) / (unsigned int)table_bytes();
	if (nr_pages > 8192)
		nr_pages = 8192;
	tm.arena = aligned_alloc(1 << 16, (nr_pages * table_bytes() + 0xffff) & ~0xffffUL);
	tm.page = calloc(nr_pages, sizeof(*tm.page));
	free_list = calloc(nr_pages, sizeof(*free_list));
	tm.pending_at = calloc((size_t)nr_pages * tm.entries, sizeof(*tm.pending_at));
	tm.root = calloc(1, sizeof(*tm.root));
	memset(tm.arena, 0xff, nr_pages * table_bytes());
	ASAN_POISON_MEMORY_REGION(tm.arena, nr_pages * table_bytes());
	for (i = nr_pages; i-- > root_pages;)
		free_list[nr_free++] = i;
}

void tlbmodel_attach(const struct s2pt *pt)
{
	tm.start_level = pt->start_level;
	tm.root_entries = pt->root_entries;
	tm.root->level = tm.start_level - 1;
	if (!tm.root->item)
		tm.root->item = calloc(1, sizeof(*tm.root->item));
	tm.root->item[0] = (struct item) {
		.val = pt->root_pa | VALID | TABLE, .live = true, .part = { true },
	};
	tm.root->nr = 1;
	tm_reach(tm.root, &tm.page[tm_page_index(pt->root)]);
	if (tm_page_index(pt->root))
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
	.to_va = tm_to_va,
	.read = mem_read,
	.write = mem_write,
	.cas = mem_cas,
	.order = mem_order,
};
