// SPDX-License-Identifier: GPL-2.0
/*
 * Random lives of a translation table: see s2pt_world.h. All randomness comes
 * from one seed, printed with the last operations when something is wrong, so
 * that a failure can be run again under a debugger.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef __x86_64__
#include <ucontext.h>
#endif

#include "s2pt_plant.h"
#include "s2pt_world.h"

#define DATA_BASE	0x100000000000ULL
#define OVER_BASE	0x200000000000ULL
#define NR_UNITS	4
#define RWX		(S2PT_R | S2PT_W | S2PT_X)
#define MEMTYPE		(S2PT_DEVICE | S2PT_NC)
#define STACK_SIZE	65536
#define OPS_PER_CPU	4

enum kind {
	MAP, MAP_BAD, RELAX, YOUNG, LOOKUP, AGE_TEST,			/* SHARED */
	X_MAP, X_UNMAP, X_PROTECT, X_AGE, X_SPLIT, X_REMAP, X_COW, X_DESTROY,	/* EXCLUSIVE */
};

static const char *const kind_name[] = {
	"map", "map-bad", "relax", "young", "lookup", "age-test",
	"x-map", "x-unmap", "x-protect", "x-age", "x-split", "x-remap", "x-cow", "x-destroy",
};

struct op {
	enum kind kind;
	int cpu;
	u64 ipa, size, pa;
	unsigned int prot;
	int ret;
};

/* One page as it should be; and what a round of SHARED operations may and must make of it. */
struct hot {
	bool valid, must_valid, touched;
	u8 over;		/* the host has given this page memory of its own */
	u64 pa;
	unsigned int prot, may, must;
};

static const struct world_config *cfg;
static u64 seed, rng;
static struct s2pt pt;
static struct s2pt_cache cache[TLBMODEL_CPUS];
static unsigned int page_shift, unit_pages, nr_hot, done_ops, focus;
static u64 window[2], unit_gen[NR_UNITS], ia_end;
static unsigned int unit_type[NR_UNITS];
static struct hot *hot;
static struct op trace[32];
static unsigned int nr_trace;

static u64 rnd(void)
{
	rng ^= rng >> 12;
	rng ^= rng << 25;
	rng ^= rng >> 27;
	return rng * 0x2545f4914f6cdd1dULL >> 16;
}

static unsigned int below(unsigned int n)
{
	return rnd() % n;
}

static bool percent(unsigned int n)
{
	return below(100) < n;
}

static void explain(void)
{
	unsigned int i;

	printf("# world %s, seed %llu, operation %u, CPU %d; last operations:\n", cfg->name, seed,
	       done_ops, tlbmodel.cpu);
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

/* Coroutines: one per simulated CPU, switched by yield() */

#ifdef __x86_64__
void co_swap(void **save, void *to);
__asm__(".text\n"
	"co_swap:\n"
	"	push %rbp\n	push %rbx\n	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n	pop %rbx\n	pop %rbp\n"
	"	ret\n");
typedef void *context;
#else
typedef ucontext_t context;
#endif

static context main_context, co_context[TLBMODEL_CPUS];
static char *co_stack[TLBMODEL_CPUS];
static bool co_done[TLBMODEL_CPUS];
static struct op script[TLBMODEL_CPUS][OPS_PER_CPU];
static unsigned int script_len[TLBMODEL_CPUS];

static void co_to_main(int cpu)
{
#ifdef __x86_64__
	co_swap(&co_context[cpu], main_context);
#else
	swapcontext(&co_context[cpu], &main_context);
#endif
}

static void co_to(int cpu)
{
#ifdef __x86_64__
	co_swap(&main_context, co_context[cpu]);
#else
	swapcontext(&main_context, &co_context[cpu]);
#endif
}

static void yield(void)
{
	if (rnd() & 1)
		co_to_main(tlbmodel.cpu);
}

static void shared_op(struct op *o);

static void co_main(void)
{
	int cpu = tlbmodel.cpu;
	unsigned int i;

	for (i = 0; i < script_len[cpu]; i++)
		shared_op(&script[cpu][i]);
	co_done[cpu] = true;
	co_to_main(cpu);
	abort();
}

static void co_start(int cpu)
{
	co_done[cpu] = false;
	if (!co_stack[cpu])
		co_stack[cpu] = aligned_alloc(64, STACK_SIZE);
#ifdef __x86_64__
	void **sp = (void **)(co_stack[cpu] + STACK_SIZE);

	*--sp = NULL;		/* as if co_main() had been called: sp + 8 is aligned to 16 */
	*--sp = (void *)co_main;
	sp -= 6;
	co_context[cpu] = sp;
#else
	getcontext(&co_context[cpu]);
	co_context[cpu].uc_stack.ss_sp = co_stack[cpu];
	co_context[cpu].uc_stack.ss_size = STACK_SIZE;
	co_context[cpu].uc_link = NULL;
	makecontext(&co_context[cpu], co_main, 0);
#endif
}

/* The world: what the host would say */

static u64 hot_ipa(unsigned int h)
{
	return window[h / (2 * unit_pages)] + ((u64)(h % (2 * unit_pages)) << page_shift);
}

static u64 host_pa(unsigned int h)
{
	unsigned int unit = h / unit_pages;
	u64 block = unit * 8 + unit_gen[unit] % 8;

	if (hot[h].over)
		return OVER_BASE + ((u64)(h * 16 + hot[h].over % 16) << page_shift);
	return DATA_BASE + ((block * unit_pages + h % unit_pages) << page_shift);
}

static unsigned int pages_of(int level)
{
	return s2pt_level_size(&pt, level) >> page_shift;
}

/* The largest leaf of at most @level's size that the host's memory allows at @h. */
static int host_level(unsigned int h, int level)
{
	for (; level < 3; level++) {
		unsigned int n = pages_of(level), first = h & ~(n - 1), i;

		for (i = 0; i < n && !hot[first + i].over; i++)
			;
		if (i == n && s2pt_level_has_leaf(&pt, level))
			return level;
	}
	return 3;
}

static int random_level(void)
{
	return percent(60) ? 3 : cfg->unit_level + below(4 - cfg->unit_level);
}

/* Mostly near one place, so that operations meet. */
static unsigned int random_page(void)
{
	if (percent(2))
		focus = below(nr_hot);
	if (percent(70))
		return (focus + below(4)) % nr_hot;
	if (percent(50))
		return (focus & ~(unit_pages - 1)) + below(unit_pages);
	return below(nr_hot);
}

static unsigned int random_prot(void)
{
	unsigned int prot = percent(90) ? S2PT_R : 0;

	if (percent(50))
		prot |= S2PT_W;
	if (percent(30))
		prot |= cfg->model.pt.stage == S2PT_STAGE2 ? S2PT_X : 0;
	if (cfg->model.pt.stage != S2PT_STAGE2)
		prot |= S2PT_R;
	if (percent(5))
		prot |= S2PT_SW0;
	return prot;
}

/* Decode a descriptor without the code under test. */
static unsigned int prot_of(u64 desc)
{
	unsigned int prot = desc >> 54 & 1 ? 0 : S2PT_X, attr = desc >> 2 & 15;

	if (cfg->model.pt.stage != S2PT_STAGE2) {
		prot |= S2PT_R | (desc >> 7 & 1 ? 0 : S2PT_W);
		return prot | ((attr & 7) == 1 ? S2PT_DEVICE : (attr & 7) == 2 ? S2PT_NC : 0);
	}
	prot |= (desc >> 6 & 1 ? S2PT_R : 0) | (desc >> 7 & 1 ? S2PT_W : 0);
	if (attr == 1)
		return prot | S2PT_DEVICE;
	if (attr == 5)
		return prot | S2PT_NC;
	if (attr != (cfg->model.pt.fwb ? 6 : 15))
		tlbmodel_fail(FAULT_RESULT, "memory attributes of %#llx", desc);
	return prot;
}

/* What memory says of a page. Returns the level of the leaf or entry. */
static int look(unsigned int h, bool *valid, u64 *pa, unsigned int *prot, bool *young)
{
	u64 ipa = hot_ipa(h), desc, size, addr_mask = ((1ULL << 48) - 1) & -(1ULL << page_shift);
	int level = tlbmodel_walk(ipa, &desc);

	size = s2pt_level_size(&pt, level);
	*valid = desc & 1;
	*pa = (desc & addr_mask) + (ipa & (size - 1));
	*prot = *valid ? prot_of(desc) : 0;
	*young = *valid && (desc >> 10 & 1);
	return level;
}

static void verify(unsigned int h)
{
	bool valid, young;
	unsigned int prot;
	u64 pa;

	look(h, &valid, &pa, &prot, &young);
	if (valid != hot[h].valid || (valid && (pa != hot[h].pa || prot != hot[h].prot)))
		tlbmodel_fail(FAULT_RESULT, "%#llx: is %s %#llx %#x, should be %s %#llx %#x",
			      hot_ipa(h), valid ? "valid" : "invalid", pa, prot,
			      hot[h].valid ? "valid" : "invalid", hot[h].pa, hot[h].prot);
}

static void verify_near(unsigned int first, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		verify(first + i);
	for (i = 0; i < 4; i++) {
		verify((first + n + i) % nr_hot);
		verify((first + nr_hot - 1 - i) % nr_hot);
		verify(below(nr_hot));
	}
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
		o->ret = s2pt_map(&pt, o->ipa, o->size, o->pa, o->prot, S2PT_SHARED,
				  &cache[o->cpu]);
		break;
	case RELAX:
		o->ret = s2pt_relax(&pt, o->ipa, o->prot);
		break;
	case YOUNG:
		o->ret = s2pt_mkyoung(&pt, o->ipa);
		break;
	case LOOKUP:
		o->ret = s2pt_lookup(&pt, o->ipa, &leaf) ? 0 : -ENOENT;
		break;
	default:
		s2pt_age(&pt, o->ipa, o->ipa + o->size, S2PT_AGE_TEST, &young);
		o->ret = young;
	}
	plant_return();
	tlbmodel_check_return();
	remember(o);
}

static void random_shared(struct op *o, int cpu)
{
	unsigned int h = random_page(), kind = below(100);
	int level = host_level(h, random_level());

	*o = (struct op) { .cpu = cpu, .prot = random_prot() };
	o->kind = kind < 60 ? MAP : kind < 64 ? MAP_BAD : kind < 80 ? RELAX :
		  kind < 92 ? YOUNG : kind < 96 ? LOOKUP : AGE_TEST;
	if (o->kind == MAP_BAD && !hot[h].valid)
		o->kind = MAP;
	if (o->kind == MAP || o->kind == MAP_BAD)
		h &= ~(pages_of(level) - 1);
	o->ipa = hot_ipa(h);
	o->size = s2pt_level_size(&pt, level);
	o->pa = host_pa(h);
	if (o->kind == MAP || o->kind == MAP_BAD)
		o->prot |= unit_type[h / unit_pages];
	if (o->kind == MAP_BAD) {
		if (!hot[h].valid)
			o->kind = MAP;
		else if (percent(50))
			o->pa ^= 1ULL << 46;
		else
			o->prot = (o->prot & ~MEMTYPE) |
				  (o->prot & S2PT_NC ? S2PT_DEVICE : S2PT_NC);
	}
}

static unsigned int page_of(u64 ipa)
{
	unsigned int w = ipa >= window[1];

	return w * 2 * unit_pages + ((ipa - window[w]) >> page_shift);
}

static void expect(unsigned int first, unsigned int n, const struct op *o, bool valid)
{
	unsigned int i;

	for (i = first; i < first + n; i++) {
		hot[i].touched = true;
		hot[i].may |= o->prot & RWX;
		hot[i].must |= o->prot & RWX;
		hot[i].must_valid |= valid;
	}
}

/* -EAGAIN must have a reason: something larger, or smaller, is in the way. */
static void check_again(const struct op *o)
{
	u64 desc;
	int level = tlbmodel_walk(o->ipa, &desc);

	if (o->kind == MAP && (desc & 1) && s2pt_level_size(&pt, level) == o->size)
		tlbmodel_fail(FAULT_RESULT, "%#llx: -EAGAIN without reason", o->ipa);
	if (o->kind == MAP && !(desc & 1) && s2pt_level_size(&pt, level) >= o->size)
		tlbmodel_fail(FAULT_RESULT, "%#llx: -EAGAIN though nothing is there", o->ipa);
}

static void judge_op(const struct op *o)
{
	unsigned int h = page_of(o->ipa), n = o->size >> page_shift, prot;
	bool valid, young;
	u64 pa;

	if (o->kind == MAP_BAD && o->ret != -EAGAIN)
		tlbmodel_fail(FAULT_RESULT, "%#llx: %d for another translation", o->ipa, o->ret);
	if ((o->kind == MAP || o->kind == MAP_BAD) && o->ret == -EAGAIN)
		check_again(o);
	if (o->kind == MAP && !o->ret)
		expect(h, n, o, true);
	/* One topup need not last for several operations. */
	if (o->kind == MAP && o->ret && o->ret != -EAGAIN && o->ret != -ENOMEM)
		tlbmodel_fail(FAULT_RESULT, "%#llx: map says %d", o->ipa, o->ret);
	if ((o->kind == RELAX || o->kind == YOUNG) && o->ret == -ENOENT && hot[h].valid)
		tlbmodel_fail(FAULT_RESULT, "%#llx: nothing found", o->ipa);
	if (o->kind == RELAX && !o->ret) {
		n = pages_of(look(h, &valid, &pa, &prot, &young));
		expect(h & ~(n - 1), n, o, false);
	}
	if (o->kind == LOOKUP && o->ret && hot[h].valid)
		tlbmodel_fail(FAULT_RESULT, "%#llx: lookup finds nothing", o->ipa);
}

static void judge_page(unsigned int h)
{
	struct hot *p = &hot[h];
	bool valid, young;
	unsigned int prot, was = p->valid ? p->prot & RWX : 0;
	u64 pa;

	look(h, &valid, &pa, &prot, &young);
	if (valid != (p->valid || p->must_valid))
		tlbmodel_fail(FAULT_RESULT, "%#llx: %svalid after the round", hot_ipa(h),
			      valid ? "" : "in");
	if (valid && pa != (p->valid ? p->pa : host_pa(h)))
		tlbmodel_fail(FAULT_RESULT, "%#llx: mapped to %#llx", hot_ipa(h), pa);
	if (valid && (((was | p->must) & ~prot) || (prot & RWX & ~(was | p->may)) ||
		      (prot & MEMTYPE) != unit_type[h / unit_pages]))
		tlbmodel_fail(FAULT_RESULT, "%#llx: prot %#x, was %#x, may %#x, must %#x",
			      hot_ipa(h), prot, was, p->may, p->must);
	p->valid = valid;
	p->pa = pa;
	p->prot = prot;
	p->touched = p->must_valid = false;
	p->may = p->must = 0;
}

static void exclusive_map(int cpu, u64 ipa, u64 size, u64 pa, unsigned int prot);

static void topup(int cpu)
{
	tlbmodel.cpu = cpu;
	if (s2pt_cache_topup(&cache[cpu], &pt))
		tlbmodel_fail(FAULT_MEMORY, "topup");
}

static void run_coroutines(int cpus)
{
	int running = cpus, cpu;

	tlbmodel.locked = tlbmodel.shared = true;
	tlbmodel.yield = yield;
	while (running) {
		do
			cpu = below(cpus);
		while (co_done[cpu]);
		tlbmodel.cpu = cpu;
		co_to(cpu);
		running -= co_done[cpu];
	}
	tlbmodel.yield = NULL;
	tlbmodel.locked = tlbmodel.shared = false;
	tlbmodel_check_quiet();
}

static void shared_round(void)
{
	int cpus = 1 + below(TLBMODEL_CPUS), cpu;
	unsigned int i, j, n;

	for (cpu = 0; cpu < cpus; cpu++) {
		topup(cpu);
		script_len[cpu] = 1 + below(OPS_PER_CPU);
		for (i = 0; i < script_len[cpu]; i++)
			random_shared(&script[cpu][i], cpu);
		co_start(cpu);
	}
	run_coroutines(cpus);
	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < script_len[cpu]; i++)
			judge_op(&script[cpu][i]);
	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < script_len[cpu]; i++) {
			struct op *o = &script[cpu][i];

			n = o->size >> page_shift;
			if (o->kind == RELAX)
				n = 1;
			for (j = 0; j < n && o->kind <= RELAX; j++)
				if (hot[page_of(o->ipa) + j].touched)
					judge_page(page_of(o->ipa) + j);
			/* The rest of a block that grew: found by sampling all that is marked. */
			if (o->kind == RELAX && !o->ret)
				for (j = 0; j < unit_pages; j++)
					if (hot[page_of(o->ipa) / unit_pages * unit_pages + j].touched)
						judge_page(page_of(o->ipa) / unit_pages *
							   unit_pages + j);
		}
	for (i = 0; i < 4; i++)
		verify(below(nr_hot));
	/* Those that ran out of tables have left empty ones behind, and do not try again. */
	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < script_len[cpu]; i++)
			if (script[cpu][i].kind == MAP && script[cpu][i].ret == -EAGAIN) {
				struct op *o = &script[cpu][i];

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
	unsigned int h = page_of(ipa), n = size >> page_shift, i;

	exclusive_begin(cpu);
	plant_replacing(true);
	o.ret = s2pt_map(&pt, ipa, size, pa, prot, S2PT_EXCLUSIVE, &cache[cpu]);
	plant_replacing(false);
	exclusive_end(&o);
	if (o.ret)
		tlbmodel_fail(FAULT_RESULT, "exclusive map: %d", o.ret);
	for (i = 0; i < n; i++) {
		hot[h + i].valid = true;
		hot[h + i].pa = pa + ((u64)i << page_shift);
		hot[h + i].prot = prot & (RWX | MEMTYPE);
	}
	verify_near(h, n);
}

static void random_range(u64 *start, u64 *end)
{
	unsigned int h = random_page(), n, kind = below(100);

	if (kind < 10) {
		*start = percent(50) ? 0 : hot_ipa(h);
		*end = ia_end + (percent(20) ? 4096 : 0);
		return;
	}
	n = kind < 50 ? 1 : kind < 80 ? 1 + below(24) : unit_pages;
	if (kind >= 80)
		h = h / unit_pages * unit_pages;
	if (h % (2 * unit_pages) + n > 2 * unit_pages)
		n = 2 * unit_pages - h % (2 * unit_pages);
	*start = hot_ipa(h);
	*end = *start + ((u64)n << page_shift);
}

/* The leaves at both ends of a range are dealt with whole. */
static void widen(u64 *start, u64 *end)
{
	u64 desc, size, e = *end < ia_end ? *end : ia_end;

	size = s2pt_level_size(&pt, tlbmodel_walk(*start, &desc));
	if (desc & 1)
		*start &= -size;
	size = s2pt_level_size(&pt, tlbmodel_walk(e - 1, &desc));
	if (desc & 1)
		*end = ((e - 1) & -size) + size;
}

typedef void page_fn(unsigned int h, void *arg);

static void each_page(u64 start, u64 end, page_fn *fn, void *arg)
{
	unsigned int h;
	u64 ipa;

	for (h = 0; h < nr_hot; h++) {
		ipa = hot_ipa(h);
		if (ipa >= start && ipa < end)
			fn(h, arg);
	}
}

static void page_unmapped(unsigned int h, void *arg)
{
	hot[h].valid = false;
	verify(h);
}

static void page_protected(unsigned int h, void *arg)
{
	hot[h].prot &= ~S2PT_W;
	verify(h);
}

static void page_verify(unsigned int h, void *arg)
{
	verify(h);
}

/* Unmap or protect a range in steps; others may come in between. */
static void range_op(enum kind kind, u64 start, u64 end, bool alone)
{
	unsigned int steps = 0;
	u64 at = start;

	while (at < end) {
		struct op o = { .kind = kind, .cpu = below(TLBMODEL_CPUS), .ipa = at,
				.size = end - at };
		u64 from = at, to = end;

		widen(&from, &to);
		exclusive_begin(o.cpu);
		o.pa = kind == X_PROTECT ? s2pt_wrprotect(&pt, at, end) : s2pt_unmap(&pt, at, end);
		exclusive_end(&o);
		if (o.pa <= at || steps++ > 100000)
			tlbmodel_fail(FAULT_HANG, "range operation stays at %#llx", at);
		at = o.pa;
		if (at < end)
			to = at;
		each_page(from, to, kind == X_PROTECT ? page_protected : page_unmapped, NULL);
		if (kind == X_UNMAP)
			tlbmodel_check_none(from, to);
		if (at < end && !alone && percent(50))
			shared_round();
	}
	for (steps = 0; steps < 8; steps++)
		verify(below(nr_hot));
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

	look(h, &valid, &pa, &prot, &young);
	a->any |= young;
	if (a->was && !a->clear)
		a->was[h] = young;
	else if (a->was && a->was[h])
		tlbmodel_check_none(hot_ipa(h), hot_ipa(h) + 1);
	if (a->clear && young)
		tlbmodel_fail(FAULT_RESULT, "%#llx: young after it was cleared", hot_ipa(h));
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
		a.was = calloc(nr_hot, sizeof(bool));
	each_page(start, end, page_young, &a);
	exclusive_begin(o.cpu);
	for (at = start; at < end;) {
		u64 next = s2pt_age(&pt, at, end, how, &young);

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
	each_page(start, end, page_verify, NULL);
	free(a.was);
}

static void exclusive_split(void)
{
	unsigned int h = random_page(), prot, first;
	struct op o = { .kind = X_SPLIT, .cpu = below(TLBMODEL_CPUS), .ipa = hot_ipa(h) };
	int want = cfg->unit_level + below(4 - cfg->unit_level), level;
	bool valid, young;
	u64 pa;

	if (!s2pt_level_has_leaf(&pt, want))
		want = 3;
	o.size = s2pt_level_size(&pt, want);
	exclusive_begin(o.cpu);
	plant_replacing(true);
	o.ret = s2pt_split(&pt, o.ipa, o.size, &cache[o.cpu]);
	plant_replacing(false);
	exclusive_end(&o);
	level = look(h, &valid, &pa, &prot, &young);
	if (o.ret || (valid && level < want))
		tlbmodel_fail(FAULT_RESULT, "split: %d, leaf at level %d", o.ret, level);
	first = h / unit_pages * unit_pages;
	verify_near(first, percent(20) ? unit_pages : 1);
}

/* The host moves a whole unit elsewhere, or gives one page memory of its own. */
static void exclusive_remap(void)
{
	unsigned int unit = below(NR_UNITS), i;
	u64 start = hot_ipa(unit * unit_pages);

	range_op(X_UNMAP, start, start + ((u64)unit_pages << page_shift), true);
	unit_gen[unit]++;
	for (i = 0; i < unit_pages; i++)
		hot[unit * unit_pages + i].over = 0;
	unit_type[unit] = percent(70) ? 0 : percent(50) ? S2PT_NC : S2PT_DEVICE;
}

static void exclusive_cow(void)
{
	unsigned int h = random_page();
	u64 ipa = hot_ipa(h), size = 1ULL << page_shift;

	if (percent(50))
		range_op(X_UNMAP, ipa, ipa + size, true);
	else
		size = 0;
	hot[h].over = 1 + below(15);
	/* A block that held the page still maps its old neighbourhood; s2pt must split it. */
	if (!size || percent(50))
		exclusive_map(below(TLBMODEL_CPUS), ipa, 1ULL << page_shift, host_pa(h),
			      random_prot() | unit_type[h / unit_pages]);
}

static void create(void)
{
	const struct s2pt_mem *mem = plant_mem();

	tlbmodel.cpu = 0;
	if (s2pt_init(&pt, &cfg->model.pt, mem, cfg->tlb ? cfg->tlb : plant_tlb(), &pt))
		tlbmodel_fail(FAULT_RESULT, "init");
	tlbmodel_attach(&pt);
}

static void destroy(void)
{
	struct op o = { .kind = X_DESTROY };
	unsigned int i;

	tlbmodel.cpu = 0;
	for (i = 0; i < TLBMODEL_CPUS; i++)
		s2pt_cache_drain(&cache[i], &pt);
	s2pt_destroy(&pt);
	remember(&o);
	plant_return();
	tlbmodel_check_return();
	tlbmodel_check_quiet();
	tlbmodel_check_none(0, ia_end);
	tlbmodel_stop();
	for (i = 0; i < nr_hot; i++)
		hot[i].valid = false;
}

static void exclusive_op(void)
{
	unsigned int h, kind = below(1000);
	u64 start, end;
	int level;

	if (kind < 300) {
		random_range(&start, &end);
		range_op(X_UNMAP, start, end, false);
	} else if (kind < 450) {
		random_range(&start, &end);
		range_op(X_PROTECT, start, end, false);
	} else if (kind < 600) {
		exclusive_age();
	} else if (kind < 720) {
		exclusive_split();
	} else if (kind < 900) {
		level = random_level();
		h = random_page();
		level = host_level(h, level);
		h &= ~(pages_of(level) - 1);
		exclusive_map(below(TLBMODEL_CPUS), hot_ipa(h), s2pt_level_size(&pt, level),
			      host_pa(h), random_prot() | unit_type[h / unit_pages]);
	} else if (kind < 930) {
		exclusive_remap();
	} else if (kind < 997) {
		exclusive_cow();
	} else {
		destroy();
		create();
	}
}

static void place_windows(void)
{
	u64 unit = s2pt_level_size(&pt, cfg->unit_level);
	u64 above = s2pt_level_size(&pt, cfg->unit_level - 1);

	ia_end = 1ULL << pt.cfg.ia_bits;
	/* One across a boundary of the next level up, one at the very end. */
	window[0] = above <= ia_end / 4 ? above - unit : 0;
	window[1] = ia_end - 2 * unit;
	unit_pages = unit >> page_shift;
	nr_hot = NR_UNITS * unit_pages;
	hot = calloc(nr_hot, sizeof(*hot));
}

unsigned int world_run(const struct world_config *c, u64 s, enum plant plant, unsigned int ops)
{
	unsigned int h;

	cfg = c;
	seed = s;
	rng = s * 0x9e3779b97f4a7c15ULL + 1;
	page_shift = c->model.pt.granule_shift;
	tlbmodel.explain = explain;
	tlbmodel_start(&c->model);
	plant_start(plant, &c->model);
	create();
	place_windows();

	while (done_ops < ops) {
		if (percent(60))
			shared_round();
		else
			exclusive_op();
		if (percent(1) && percent(10))
			for (h = 0; h < nr_hot; h++)
				verify(h);
	}
	for (h = 0; h < nr_hot; h++)
		verify(h);
	destroy();
	return done_ops;
}
