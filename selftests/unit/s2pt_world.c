// SPDX-License-Identifier: GPL-2.0
/*
 * Random lives of a translation table: see s2pt_world.h. All randomness comes
 * from one seed, printed with the last operations when something is wrong, so
 * that a failure can be run again under a debugger.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "coroutine.h"
#include "s2pt_pages.h"
#include "s2pt_plant.h"
#include "s2pt_world.h"

#define OPS_PER_CPU	4

enum kind {
	MAP, MAP_BAD, YOUNG, LOOKUP, AGE_TEST,			/* SHARED */
	X_MAP, X_UNMAP, X_AGE, X_REMAP, X_COW, X_DESTROY,	/* EXCLUSIVE */
};

static const char *const kind_name[] = {
	"map", "map-bad", "young", "lookup", "age-test",
	"x-map", "x-unmap", "x-age", "x-remap", "x-cow", "x-destroy",
};

struct op {
	enum kind kind;
	int cpu;
	u64 ipa, size, pa;
	unsigned int prot;
	int ret;
};

static u64 seed;
static struct s2pt_cache cache[TLBMODEL_CPUS];
static struct op script[TLBMODEL_CPUS][OPS_PER_CPU];
static unsigned int script_len[TLBMODEL_CPUS];
static struct op trace[32];
static unsigned int nr_trace, done_ops;

static void explain(void)
{
	unsigned int i;

	printf("# world %s, seed %llu, operation %u, CPU %d; last operations:\n",
	       pages.cfg->name, seed, done_ops, tlbmodel.cpu);
	for (i = nr_trace < 24 ? 0 : nr_trace - 24; i < nr_trace; i++) {
		struct op *o = &trace[i % 32];

		printf("#   CPU %d %s %#llx +%#llx -> %#llx prot %#x: %d\n", o->cpu,
		       kind_name[o->kind], o->ipa, o->size, o->pa, o->prot, o->ret);
	}
}

static void remember(const struct op *o)
{
	trace[nr_trace++ % 32] = *o;
	done_ops++;
}

/* SHARED rounds */

static void shared_op(struct op *o)
{
	struct s2pt_leaf leaf;
	bool young = false;

	o->ret = 999;
	switch (o->kind) {
	case MAP:
	case MAP_BAD:
		o->ret = s2pt_map(&pages.pt, o->ipa, o->size, o->pa, o->prot, &cache[o->cpu]);
		break;
	case YOUNG:
		o->ret = s2pt_mkyoung(&pages.pt, o->ipa);
		break;
	case LOOKUP:
		o->ret = s2pt_lookup(&pages.pt, o->ipa, &leaf) ? 0 : -ENOENT;
		break;
	default:
		s2pt_age(&pages.pt, o->ipa, o->ipa + o->size, S2PT_AGE_TEST, &young);
		o->ret = young;
	}
	plant_return();
	tlbmodel_check_return();
	remember(o);
}

static void run_script(void)
{
	int cpu = tlbmodel.cpu;
	unsigned int i;

	for (i = 0; i < script_len[cpu]; i++)
		shared_op(&script[cpu][i]);
}

static void maybe_yield(void)
{
	if (rnd() & 1)
		co_yield();
}

static void random_shared(struct op *o, int cpu)
{
	unsigned int h = random_page(), kind = below(100);
	int level = page_host_level(h, random_level());

	*o = (struct op) { .cpu = cpu, .prot = random_prot() };
	o->kind = kind < 60 ? MAP : kind < 64 ? MAP_BAD :
		  kind < 84 ? YOUNG : kind < 92 ? LOOKUP : AGE_TEST;
	if (o->kind == MAP_BAD && !pages.hot[h].valid)
		o->kind = MAP;
	if (o->kind == MAP || o->kind == MAP_BAD)
		h &= ~(page_per_leaf(level) - 1);
	o->ipa = page_ipa(h);
	o->size = level_size(&pages.pt, level);
	o->pa = page_host_pa(h);
	if (o->kind == MAP || o->kind == MAP_BAD)
		o->prot |= pages.type[h / pages.per_unit];
	if (o->kind == MAP_BAD) {
		if (!pages.hot[h].valid)
			o->kind = MAP;
		else if (percent(50))
			o->pa ^= 1ULL << 46;
		else
			o->prot = (o->prot & ~MEMTYPE) |
				  (o->prot & S2PT_NC ? S2PT_DEVICE : S2PT_NC);
	}
}

static void expect(unsigned int first, unsigned int n, const struct op *o, bool valid)
{
	unsigned int i;

	for (i = first; i < first + n; i++) {
		pages.hot[i].touched = true;
		pages.hot[i].may |= o->prot & RWX;
		pages.hot[i].must |= o->prot & RWX;
		pages.hot[i].must_valid |= valid;
	}
}

/* -EAGAIN must have a reason: something larger, or smaller, is in the way. */
static void check_again(const struct op *o)
{
	u64 desc;
	int level = tlbmodel_walk(o->ipa, &desc);

	if (o->kind == MAP && (desc & 1) && level_size(&pages.pt, level) == o->size)
		tlbmodel_fail(FAULT_RESULT, "%#llx: -EAGAIN without reason", o->ipa);
	if (o->kind == MAP && !(desc & 1) && level_size(&pages.pt, level) >= o->size)
		tlbmodel_fail(FAULT_RESULT, "%#llx: -EAGAIN though nothing is there", o->ipa);
}

static void judge_op(const struct op *o)
{
	unsigned int h = page_at(o->ipa), n = o->size >> pages.shift;

	if (o->kind == MAP_BAD && o->ret != -EAGAIN)
		tlbmodel_fail(FAULT_RESULT, "%#llx: %d for another translation", o->ipa, o->ret);
	if ((o->kind == MAP || o->kind == MAP_BAD) && o->ret == -EAGAIN)
		check_again(o);
	if (o->kind == MAP && !o->ret)
		expect(h, n, o, true);
	/* One topup need not last for several operations. */
	if (o->kind == MAP && o->ret && o->ret != -EAGAIN && o->ret != -ENOMEM)
		tlbmodel_fail(FAULT_RESULT, "%#llx: map says %d", o->ipa, o->ret);
	if (o->kind == YOUNG && o->ret == -ENOENT && pages.hot[h].valid)
		tlbmodel_fail(FAULT_RESULT, "%#llx: nothing found", o->ipa);
	if (o->kind == LOOKUP && o->ret && pages.hot[h].valid)
		tlbmodel_fail(FAULT_RESULT, "%#llx: lookup finds nothing", o->ipa);
}

static void judge_page(unsigned int h)
{
	struct hot *p = &pages.hot[h];
	bool valid, young;
	unsigned int prot, was = p->valid ? p->prot & RWX : 0;
	u64 pa;

	page_look(h, &valid, &pa, &prot, &young);
	if (valid != (p->valid || p->must_valid))
		tlbmodel_fail(FAULT_RESULT, "%#llx: %svalid after the round", page_ipa(h),
			      valid ? "" : "in");
	if (valid && pa != (p->valid ? p->pa : page_host_pa(h)))
		tlbmodel_fail(FAULT_RESULT, "%#llx: mapped to %#llx", page_ipa(h), pa);
	if (valid && (((was | p->must) & ~prot) || (prot & RWX & ~(was | p->may)) ||
		      (prot & MEMTYPE) != pages.type[h / pages.per_unit]))
		tlbmodel_fail(FAULT_RESULT, "%#llx: prot %#x, was %#x, may %#x, must %#x",
			      page_ipa(h), prot, was, p->may, p->must);
	p->valid = valid;
	p->pa = pa;
	p->prot = prot;
	p->touched = p->must_valid = false;
	p->may = p->must = 0;
}

static void exclusive_map(int cpu, u64 ipa, u64 size, u64 pa, unsigned int prot);
static void exclusive_unmap(u64 start, u64 end, bool alone);

static void topup(int cpu)
{
	tlbmodel.cpu = cpu;
	if (s2pt_cache_topup(&cache[cpu], &pages.pt))
		tlbmodel_fail(FAULT_MEMORY, "topup");
}

static void run_all(int cpus)
{
	unsigned int running = (1 << cpus) - 1;
	int cpu;

	tlbmodel.locked = true;
	tlbmodel.shared = true;
	tlbmodel.yield = maybe_yield;
	while (running) {
		do
			cpu = below(cpus);
		while (!(running & 1 << cpu));
		tlbmodel.cpu = cpu;
		if (!co_run(cpu))
			running &= ~(1 << cpu);
	}
	tlbmodel.yield = NULL;
	tlbmodel.locked = false;
	tlbmodel.shared = false;
	tlbmodel_check_quiet();
}

/* What the round did to a page, or to all pages of a unit of which a block grew. */
static void judge_marked(unsigned int first, unsigned int n)
{
	unsigned int i;

	for (i = first; i < first + n; i++)
		if (pages.hot[i].touched)
			judge_page(i);
}

static void judge_round(int cpus)
{
	unsigned int i, h;
	int cpu;

	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < script_len[cpu]; i++)
			judge_op(&script[cpu][i]);
	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < script_len[cpu]; i++) {
			struct op *o = &script[cpu][i];

			h = page_at(o->ipa);
			if (o->kind == MAP)
				judge_marked(h, o->size >> pages.shift);
		}
}

static void shared_round(void)
{
	int cpus = 1 + below(TLBMODEL_CPUS), cpu;
	unsigned int i;

	for (cpu = 0; cpu < cpus; cpu++) {
		/* Who runs out of tables leaves empty ones behind. */
		if (percent(70))
			topup(cpu);
		script_len[cpu] = 1 + below(OPS_PER_CPU);
		for (i = 0; i < script_len[cpu]; i++)
			random_shared(&script[cpu][i], cpu);
		co_start(cpu, run_script);
	}
	run_all(cpus);
	judge_round(cpus);
	for (i = 0; i < 4; i++)
		page_verify(below(pages.nr));
	/* Those that ran out of tables have left empty ones behind, and do not try again. */
	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < script_len[cpu]; i++) {
			struct op *o = &script[cpu][i];

			if (o->kind == MAP && o->ret == -EAGAIN)
				exclusive_map(cpu, o->ipa, o->size, o->pa, o->prot);
		}
}

/* EXCLUSIVE operations */

static void exclusive_begin(int cpu)
{
	topup(cpu);
	tlbmodel.locked = true;
}

static void exclusive_end(struct op *o)
{
	plant_return();
	tlbmodel.locked = false;
	remember(o);
	tlbmodel_check_return();
	tlbmodel_check_quiet();
}

static void exclusive_map(int cpu, u64 ipa, u64 size, u64 pa, unsigned int prot)
{
	struct op o = { .kind = X_MAP, .cpu = cpu, .ipa = ipa, .size = size, .pa = pa,
			.prot = prot };
	unsigned int h = page_at(ipa), n = size >> pages.shift, i;

	exclusive_unmap(ipa, ipa + size, true);
	exclusive_begin(cpu);
	o.ret = s2pt_map(&pages.pt, ipa, size, pa, prot, &cache[cpu]);
	exclusive_end(&o);
	if (o.ret)
		tlbmodel_fail(FAULT_RESULT, "exclusive map: %d", o.ret);
	for (i = 0; i < n; i++) {
		pages.hot[h + i].valid = true;
		pages.hot[h + i].pa = pa + ((u64)i << pages.shift);
		pages.hot[h + i].prot = prot & (RWX | MEMTYPE);
	}
	page_verify_near(h, n);
}

static void random_range(u64 *start, u64 *end)
{
	unsigned int h = random_page(), n, kind = below(100);

	if (kind < 10) {
		*start = percent(50) ? 0 : page_ipa(h);
		*end = pages.ia_end + (percent(20) ? 4096 : 0);
		return;
	}
	n = kind < 50 ? 1 : kind < 80 ? 1 + below(24) : pages.per_unit;
	if (kind >= 80)
		h = h / pages.per_unit * pages.per_unit;
	if (h % (2 * pages.per_unit) + n > 2 * pages.per_unit)
		n = 2 * pages.per_unit - h % (2 * pages.per_unit);
	*start = page_ipa(h);
	*end = *start + ((u64)n << pages.shift);
}

/* The leaves at both ends of a range are dealt with whole. */
static void widen(u64 *start, u64 *end)
{
	u64 desc, size, e = *end < pages.ia_end ? *end : pages.ia_end;

	size = level_size(&pages.pt, tlbmodel_walk(*start, &desc));
	if (desc & 1)
		*start &= -size;
	size = level_size(&pages.pt, tlbmodel_walk(e - 1, &desc));
	if (desc & 1)
		*end = ((e - 1) & -size) + size;
}

typedef void page_fn(unsigned int h, void *arg);

static void each_page(u64 start, u64 end, page_fn *fn, void *arg)
{
	unsigned int h;
	u64 ipa;

	for (h = 0; h < pages.nr; h++) {
		ipa = page_ipa(h);
		if (ipa >= start && ipa < end)
			fn(h, arg);
	}
}

static void page_unmapped(unsigned int h, void *arg)
{
	pages.hot[h].valid = false;
	page_verify(h);
}

static void page_same(unsigned int h, void *arg)
{
	page_verify(h);
}

/* Unmap a range in steps; others may come in between. */
static void exclusive_unmap(u64 start, u64 end, bool alone)
{
	unsigned int steps = 0;
	u64 at = start;

	while (at < end) {
		struct op o = { .kind = X_UNMAP, .cpu = below(TLBMODEL_CPUS), .ipa = at,
				.size = end - at };
		u64 from = at, to = end;

		widen(&from, &to);
		exclusive_begin(o.cpu);
		o.pa = s2pt_unmap(&pages.pt, at, end);
		exclusive_end(&o);
		if (o.pa <= at || steps++ > 100000)
			tlbmodel_fail(FAULT_HANG, "unmap stays at %#llx", at);
		at = o.pa;
		if (at < end)
			to = at;
		each_page(from, to, page_unmapped, NULL);
		tlbmodel_check_none(from, to);
		if (at < end && !alone && percent(50))
			shared_round();
	}
	for (steps = 0; steps < 8; steps++)
		page_verify(below(pages.nr));
}

struct ages {
	bool any, clear, *was;
};

static void page_young(unsigned int h, void *arg)
{
	struct ages *a = arg;
	bool valid, young;
	unsigned int prot;
	u64 pa;

	page_look(h, &valid, &pa, &prot, &young);
	a->any |= young;
	if (a->was && !a->clear)
		a->was[h] = young;
	else if (a->was && a->was[h])
		tlbmodel_check_none(page_ipa(h), page_ipa(h) + 1);
	if (a->clear && young)
		tlbmodel_fail(FAULT_RESULT, "%#llx: young after it was cleared", page_ipa(h));
}

static void exclusive_age(void)
{
	struct op o = { .kind = X_AGE, .cpu = below(TLBMODEL_CPUS), .prot = below(3) };
	enum s2pt_age how = o.prot;
	struct ages a = { };
	bool young = false;
	u64 start, end, at;

	random_range(&start, &end);
	o.ipa = start;
	o.size = end - start;
	if (how == S2PT_AGE_CLEAR_FLUSH)
		a.was = calloc(pages.nr, sizeof(bool));
	each_page(start, end, page_young, &a);
	exclusive_begin(o.cpu);
	for (at = start; at < end;) {
		u64 next = s2pt_age(&pages.pt, at, end, how, &young);

		if (next <= at)
			tlbmodel_fail(FAULT_HANG, "age stays at %#llx", at);
		at = next;
	}
	o.ret = young;
	exclusive_end(&o);
	widen(&start, &end);
	/* A block may be young by a page that is no part of the range: widened, it is. */
	if (a.any && !young)
		tlbmodel_fail(FAULT_RESULT, "young pages not seen");
	if (!a.any && young)
		tlbmodel_fail(FAULT_RESULT, "old pages seen as young");
	a.clear = how != S2PT_AGE_TEST;
	each_page(start, end, page_young, &a);
	each_page(start, end, page_same, NULL);
	free(a.was);
}

/* The host moves a whole unit elsewhere, or gives one page memory of its own. */
static void exclusive_remap(void)
{
	unsigned int unit = below(NR_UNITS), i;
	u64 start = page_ipa(unit * pages.per_unit);

	exclusive_unmap(start, start + ((u64)pages.per_unit << pages.shift), true);
	pages.gen[unit]++;
	for (i = 0; i < pages.per_unit; i++)
		pages.hot[unit * pages.per_unit + i].over = 0;
	pages.type[unit] = percent(70) ? 0 : percent(50) ? S2PT_NC : S2PT_DEVICE;
}

static void exclusive_cow(void)
{
	unsigned int h = random_page();
	u64 ipa = page_ipa(h), size = 1ULL << pages.shift;

	if (percent(50))
		exclusive_unmap(ipa, ipa + size, true);
	else
		size = 0;
	pages.hot[h].over = 1 + below(15);
	/* A block that held the page still maps its old neighbourhood. */
	if (!size || percent(50))
		exclusive_map(below(TLBMODEL_CPUS), ipa, 1ULL << pages.shift, page_host_pa(h),
			      random_prot() | pages.type[h / pages.per_unit]);
}

static void create(void)
{
	const struct s2pt_tlb *tlb = pages.cfg->tlb ? pages.cfg->tlb : plant_tlb();

	tlbmodel.cpu = 0;
	if (s2pt_init(&pages.pt, &pages.cfg->model.pt, tlb, NULL))
		tlbmodel_fail(FAULT_RESULT, "init");
	tlbmodel_attach(&pages.pt);
}

static void destroy(void)
{
	struct op o = { .kind = X_DESTROY };
	unsigned int i;

	tlbmodel.cpu = 0;
	for (i = 0; i < TLBMODEL_CPUS; i++)
		s2pt_cache_drain(&cache[i], &pages.pt);
	s2pt_destroy(&pages.pt);
	remember(&o);
	plant_return();
	tlbmodel_check_return();
	tlbmodel_check_quiet();
	tlbmodel_check_none(0, pages.ia_end);
	tlbmodel_stop();
	for (i = 0; i < pages.nr; i++)
		pages.hot[i].valid = false;
}

static void exclusive_op(void)
{
	unsigned int h, kind = below(1000);
	u64 start, end;
	int level;

	if (kind < 300) {
		random_range(&start, &end);
		exclusive_unmap(start, end, false);
	} else if (kind < 600) {
		exclusive_age();
	} else if (kind < 900) {
		level = random_level();
		h = random_page();
		level = page_host_level(h, level);
		h &= ~(page_per_leaf(level) - 1);
		exclusive_map(below(TLBMODEL_CPUS), page_ipa(h), level_size(&pages.pt, level),
			      page_host_pa(h), random_prot() | pages.type[h / pages.per_unit]);
	} else if (kind < 930) {
		exclusive_remap();
	} else if (kind < 997) {
		exclusive_cow();
	} else {
		destroy();
		create();
	}
}

unsigned int world_run(const struct world_config *c, u64 s, enum plant plant, unsigned int ops)
{
	unsigned int h;

	pages.cfg = c;
	seed = s;
	pages.rng = s * 0x9e3779b97f4a7c15ULL + 1;
	pages.shift = c->model.pt.granule_shift;
	tlbmodel.explain = explain;
	tlbmodel_start(&c->model);
	plant_start(plant, &c->model);
	create();
	pages_place();

	while (done_ops < ops) {
		if (percent(60))
			shared_round();
		else
			exclusive_op();
		if (percent(1) && percent(10))
			for (h = 0; h < pages.nr; h++)
				page_verify(h);
	}
	for (h = 0; h < pages.nr; h++)
		page_verify(h);
	destroy();
	return done_ops;
}
