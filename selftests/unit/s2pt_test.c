// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the page-table walker (kmod/s2pt*.c): what it computes, what it
 * answers, random lives on the adversarial TLB model, and the proof that the
 * model notices faults, by planting each of a list.
 *
 *	s2pt_test			TAP
 *	s2pt_test --world N SEED	one world again, in this process
 *	s2pt_test --plant N		one planted fault, in this process
 *	s2pt_test --mutant		worlds, briefly; exits 100 + fault: s2pt_mutants.sh
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hyptlb.h"
#include "s2pt_plant.h"
#include "s2pt_world.h"

#define SEEDS	4

static unsigned int test_nr;

static void ok(bool good, const char *fmt, const char *arg)
{
	printf("%sok %u - ", good ? "" : "not ", ++test_nr);
	printf(fmt, arg);
	printf("\n");
	fflush(stdout);
}

#define TINY(ia, bits)	{ .granule_shift = 12, .ia_bits = ia, .table_bits = bits }

static const struct world_config worlds[] = {
	{ "8-entry tables, 3 levels, 64 roots", { TINY(24, 3) }, 1, 1500000 },
	{ "8-entry tables, 2 levels, FWB",
	  { { .granule_shift = 12, .ia_bits = 21, .table_bits = 3, .fwb = true } }, 2, 1000000 },
	{ "4-entry tables, 3 levels", { TINY(20, 2) }, 1, 500000 },
	{ "8-entry tables, EL2 stage 1, 4 levels",
	  { { .stage = S2PT_STAGE1_EL2, .granule_shift = 12, .ia_bits = 24, .table_bits = 3 } },
	  1, 800000 },
	{ "32-entry tables, 4 levels", { TINY(32, 5) }, 2, 300000 },
	{ "8-entry tables, kmod's EL2 code for nVHE", { TINY(24, 3) }, 1, 200000, &hyptlb_nvhe },
	{ "8-entry tables, kmod's EL2 code for VHE", { TINY(24, 3) }, 1, 200000, &hyptlb_vhe },
	{ "4K, 40 bits", { { .granule_shift = 12, .ia_bits = 40 } }, 2, 40000 },
	{ "4K, 48 bits", { { .granule_shift = 12, .ia_bits = 48 } }, 2, 10000 },
	{ "4K, 32 bits", { { .granule_shift = 12, .ia_bits = 32 } }, 2, 10000 },
	{ "4K, EL2 stage 1, 48 bits",
	  { { .stage = S2PT_STAGE1_EL2, .granule_shift = 12, .ia_bits = 48 } }, 2, 5000 },
	{ "16K, 40 bits", { { .granule_shift = 14, .ia_bits = 40 } }, 2, 2000 },
	{ "16K, 47 bits", { { .granule_shift = 14, .ia_bits = 47 } }, 2, 2000 },
	{ "64K, 48 bits", { { .granule_shift = 16, .ia_bits = 48 } }, 2, 500 },
};

/* Geometry against a table made by hand from DDI 0487, D8.2 and VTCR_EL2. */
static void test_geometry(void)
{
	static const struct {
		u8 granule, ia, level;
		unsigned int roots;	/* concatenated tables */
		u8 sl0, tg0;
	} row[] = {
		{ 12, 32, 2, 4, 0, 0 }, { 12, 34, 2, 16, 0, 0 }, { 12, 35, 1, 1, 1, 0 },
		{ 12, 36, 1, 1, 1, 0 }, { 12, 39, 1, 1, 1, 0 }, { 12, 40, 1, 2, 1, 0 },
		{ 12, 43, 1, 16, 1, 0 }, { 12, 44, 0, 1, 2, 0 }, { 12, 48, 0, 1, 2, 0 },
		{ 14, 32, 2, 1, 1, 2 }, { 14, 36, 2, 1, 1, 2 }, { 14, 40, 2, 16, 1, 2 },
		{ 14, 41, 1, 1, 2, 2 }, { 14, 47, 1, 1, 2, 2 }, { 14, 48, 1, 2, 2, 2 },
		{ 16, 32, 3, 8, 0, 1 }, { 16, 33, 3, 16, 0, 1 }, { 16, 34, 2, 1, 1, 1 },
		{ 16, 42, 2, 1, 1, 1 }, { 16, 46, 2, 16, 1, 1 }, { 16, 47, 1, 1, 2, 1 },
	};
	bool good = true;
	unsigned int i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct tlbmodel_config cfg = { .pt = { .granule_shift = row[i].granule,
						       .ia_bits = row[i].ia } };
		unsigned int per_table = 1U << (row[i].granule - 3);
		struct s2pt pt;
		u64 vtcr;

		tlbmodel_start(&cfg);
		plant_start(PLANT_NONE, &cfg);
		if (s2pt_init(&pt, &cfg.pt, plant_tlb(), NULL)) {
			good = false;
			break;
		}
		vtcr = s2pt_vtcr_el2(&pt);
		if (pt.start_level != row[i].level ||
		    (pt.root_entries + per_table - 1) / per_table != row[i].roots ||
		    vtcr != (0x80003500ULL | row[i].sl0 << 6 | (u64)row[i].tg0 << 14 |
			     (64 - row[i].ia)) ||
		    (pt.root_pa & (((u64)row[i].roots << row[i].granule) - 1))) {
			printf("# granule %u, %u bits: level %u, %u entries, VTCR %#llx\n",
			       row[i].granule, row[i].ia, pt.start_level, pt.root_entries, vtcr);
			good = false;
		}
		s2pt_destroy(&pt);
		tlbmodel_stop();
	}
	ok(good, "start level, concatenation and %s", "VTCR_EL2");
}

static int init_only(struct s2pt *pt, struct tlbmodel_config *cfg)
{
	tlbmodel_start(cfg);
	plant_start(PLANT_NONE, cfg);
	return s2pt_init(pt, &cfg->pt, plant_tlb(), NULL);
}

static void test_registers(void)
{
	struct tlbmodel_config el2 = { .pt = { .granule_shift = 12, .ia_bits = 48,
					       .stage = S2PT_STAGE1_EL2 } };
	struct tlbmodel_config bad[] = {
		{ .pt = { .granule_shift = 13, .ia_bits = 40 } },
		{ .pt = { .granule_shift = 12, .ia_bits = 31 } },
		{ .pt = { .granule_shift = 12, .ia_bits = 49 } },
	};
	bool good = true;
	struct s2pt pt;
	unsigned int i;

	init_only(&pt, &el2);
	good &= s2pt_tcr_el2(&pt) == (0x80803500ULL | 16) && pt.start_level == 0;
	s2pt_destroy(&pt);
	for (i = 0; i < 3; i++) {
		good &= init_only(&pt, &bad[i]) == -EINVAL;
		s2pt_destroy(&pt);
	}
	ok(good, "TCR_EL2, %s", "refused shapes");
}

/* One map; what the descriptor must be, bit for bit. */
static void test_descriptors(void)
{
	static const struct {
		enum s2pt_stage stage;
		bool fwb;
		unsigned int prot;
		u64 size, desc;
	} row[] = {
		{ 0, 0, S2PT_RWX, 4096, 0x7ff },
		{ 0, 0, S2PT_R, 4096, 0x400000000007fULL | 0x40000000000700ULL },
		{ 0, 0, S2PT_R | S2PT_W, 2 << 20, 0x400000000007fdULL },
		{ 0, 1, S2PT_RWX, 4096, 0x7db },
		{ 0, 1, S2PT_R | S2PT_X, 1 << 30, 0x759 },
		{ 0, 0, S2PT_R | S2PT_W | S2PT_DEVICE, 4096, 0x400000000007c7ULL },
		{ 0, 1, S2PT_R | S2PT_W | S2PT_DEVICE, 4096, 0x400000000007c7ULL },
		{ 0, 0, S2PT_R | S2PT_W | S2PT_NC, 4096, 0x400000000007d7ULL },
		{ 1, 0, S2PT_R | S2PT_X, 4096, 0x7c3 },
		{ 1, 0, S2PT_R | S2PT_W, 4096, 0x40000000000743ULL },
		{ 1, 0, S2PT_R, 2 << 20, 0x400000000007c1ULL },
		{ 1, 0, S2PT_R | S2PT_W | S2PT_DEVICE, 4096, 0x40000000000747ULL },
		{ 1, 0, S2PT_R | S2PT_W | S2PT_NC, 4096, 0x4000000000074bULL },
	};
	bool good = true;
	unsigned int i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct tlbmodel_config cfg = { .pt = { .granule_shift = 12, .ia_bits = 40,
						       .stage = row[i].stage,
						       .fwb = row[i].fwb } };
		struct s2pt_cache cache = { };
		struct s2pt_leaf leaf;
		struct s2pt pt;
		u64 desc, want = row[i].desc;
		int ret;

		init_only(&pt, &cfg);
		tlbmodel_attach(&pt);
		s2pt_cache_topup(&cache, &pt);
		if (i == 1)
			want = 0x4000000000077fULL;
		want |= 0x7c0000000ULL;
		ret = s2pt_map(&pt, 0x40000000, row[i].size, 0x7c0000000ULL, row[i].prot,
			       &cache);
		tlbmodel_walk(0x40000000, &desc);
		if (ret || desc != want || !s2pt_lookup(&pt, 0x40000123, &leaf) ||
		    leaf.prot != row[i].prot || leaf.size != row[i].size ||
		    leaf.pa != 0x7c0000000ULL || leaf.ipa != 0x40000000) {
			printf("# row %u: %d, %#llx instead of %#llx\n", i, ret, desc, want);
			good = false;
		}
		s2pt_cache_drain(&cache, &pt);
		s2pt_destroy(&pt);
		tlbmodel_stop();
	}
	ok(good, "%s bit for bit", "descriptors");
}

static void test_answers(void)
{
	struct tlbmodel_config cfg = { .pt = { .granule_shift = 12, .ia_bits = 40 } };
	struct tlbmodel_config el2 = { .pt = { .granule_shift = 12, .ia_bits = 48,
					       .stage = S2PT_STAGE1_EL2 } };
	const u64 ipa = 0x40000000, block = 2 << 20, pa = 0x800000000ULL;
	const unsigned int rw = S2PT_R | S2PT_W;
	struct s2pt_cache cache = { }, none = { };
	struct s2pt_leaf leaf;
	bool good = true;
	struct s2pt pt;

#define IS(x, want)	do { \
		int is = (x); \
		if (is != (want)) { \
			printf("# line %d: %d instead of %d\n", __LINE__, is, want); \
			good = false; \
		} \
	} while (0)
#define MAP(ipa, size, pa, prot) s2pt_map(&pt, ipa, size, pa, prot, &cache)

	init_only(&pt, &cfg);
	tlbmodel_attach(&pt);
	s2pt_cache_topup(&cache, &pt);
	IS(s2pt_map(&pt, ipa, 4096, pa, rw, &none), -ENOMEM);
	IS(MAP(ipa + 1, 4096, pa, rw), -EINVAL);
	IS(MAP(ipa, 8192, pa, rw), -EINVAL);
	IS(MAP(ipa, 0, pa, rw), -EINVAL);
	IS(MAP(ipa, 4096, pa + 8, rw), -EINVAL);
	IS(MAP(ipa, block, pa + 4096, rw), -EINVAL);
	IS(MAP(ipa, 4096, 1ULL << 48, rw), -EINVAL);
	IS(MAP(ipa, 4096, pa, rw | S2PT_NC | S2PT_DEVICE), -EINVAL);
	IS(MAP(1ULL << 40, 4096, pa, rw), -ERANGE);
	IS(MAP(-4096ULL, 4096, pa, rw), -ERANGE);
	IS(s2pt_mkyoung(&pt, ipa), -ENOENT);
	IS(s2pt_mkyoung(&pt, 1ULL << 40), -ENOENT);
	IS(s2pt_lookup(&pt, ipa, &leaf), false);
	IS(s2pt_lookup(&pt, 1ULL << 40, &leaf), false);

	IS(MAP(ipa, block, pa, S2PT_R), 0);
	IS(MAP(ipa, block, pa + block, S2PT_R), -EAGAIN);
	IS(MAP(ipa, block, pa, S2PT_R | S2PT_NC), -EAGAIN);
	IS(MAP(ipa + 4096, 4096, pa + 4096, S2PT_R), 0);
	IS(MAP(ipa + 4096, 4096, pa + 4096, rw), -EAGAIN);
	IS(MAP(ipa + 4096, 4096, pa, S2PT_R), -EAGAIN);
	IS(MAP(ipa, block, pa, rw), 0);
	s2pt_lookup(&pt, ipa + 4096, &leaf);
	IS(leaf.prot, (int)rw);
	IS(leaf.size == block, true);
	/* A block goes whole. */
	IS(s2pt_unmap(&pt, ipa + 4096, ipa + 8192) == ipa + 8192, true);
	IS(s2pt_lookup(&pt, ipa, &leaf), false);
	s2pt_cache_topup(&cache, &pt);
	IS(MAP(ipa + 4096, 4096, pa, S2PT_R), 0);
	IS(MAP(ipa + 8192, 4096, pa + 8192, rw), 0);
	IS(MAP(ipa, block, pa, rw), -EAGAIN);
	s2pt_lookup(&pt, ipa + 8192, &leaf);
	IS(leaf.size == 4096 && leaf.pa == pa + 8192 && leaf.prot == rw, true);
	IS(s2pt_unmap(&pt, ipa, ipa + 4096) == ipa + 4096, true);
	IS(s2pt_unmap(&pt, 1ULL << 40, 1ULL << 41) == 1ULL << 41, true);
	IS(s2pt_unmap(&pt, ipa, ipa) == ipa, true);
	IS(s2pt_best_size(&pt, ipa, pa, ~0ULL) == 1 << 30, true);
	IS(s2pt_best_size(&pt, ipa, pa, block) == block, true);
	IS(s2pt_best_size(&pt, ipa + 4096, pa, ~0ULL) == 4096, true);
	tlbmodel_check_quiet();
	s2pt_cache_drain(&cache, &pt);
	s2pt_destroy(&pt);
	tlbmodel_stop();

	init_only(&pt, &el2);
	tlbmodel_attach(&pt);
	s2pt_cache_topup(&cache, &pt);
	IS(MAP(ipa, 4096, pa, S2PT_RWX), -EINVAL);
	IS(MAP(ipa, 4096, pa, S2PT_R | S2PT_X), 0);
	s2pt_cache_drain(&cache, &pt);
	s2pt_destroy(&pt);
	ok(good, "%s", "answers to good and bad arguments");
}

/* An empty table must be given back, and one call must not take for ever. */
static void test_bounds(void)
{
	struct tlbmodel_config cfg = { .pt = { .granule_shift = 12, .ia_bits = 48 } };
	struct s2pt_cache cache = { };
	unsigned int calls = 0, i;
	bool good = true;
	struct s2pt pt;
	u64 at;

	init_only(&pt, &cfg);
	tlbmodel_attach(&pt);
	for (i = 0; i < 200; i++) {
		s2pt_cache_topup(&cache, &pt);
		s2pt_map(&pt, (u64)i << 30, 4096, 0x800000000ULL, S2PT_R, &cache);
	}
	for (at = 0; at < 1ULL << 48; calls++)
		at = s2pt_unmap(&pt, at, 1ULL << 48);
	s2pt_cache_drain(&cache, &pt);
	good = calls > 20 && calls < 100 && tlbmodel_tables() == 1;
	if (!good)
		printf("# %u calls, %u tables left\n", calls, tlbmodel_tables());
	tlbmodel_check_quiet();
	s2pt_destroy(&pt);
	tlbmodel_stop();
	ok(good, "%s", "a sparse unmap comes back often and leaves no table");
}

/* Run in a child of its own, whose last words are diagnostics. Returns the exit status. */
static int in_child(const struct world_config *cfg, u64 seed, enum plant plant,
		    unsigned int ops, bool quiet)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (quiet && !freopen("/dev/null", "w", stdout))
			_exit(99);
		if (quiet && !freopen("/dev/null", "w", stderr))
			_exit(99);
		alarm(300);
		world_run(cfg, seed, plant, ops);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void test_worlds(void)
{
	unsigned int i, s;

	for (i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		double start = now();
		bool good = true;
		char text[160];

		for (s = 0; s < SEEDS && good; s++)
			good = !in_child(&worlds[i], 1000 * i + s + 1, PLANT_NONE,
					 worlds[i].ops / SEEDS, false);
		snprintf(text, sizeof(text), "%s: %u operations, %.1f s", worlds[i].name,
			 worlds[i].ops, now() - start);
		ok(good, "%s", text);
	}
}

/* A planted fault must be seen in the first world, by one of these seeds. */
static int try_plant(enum plant plant, unsigned int *tries)
{
	unsigned int s;
	int status = 0;

	for (s = 1; s <= 3; s++) {
		++*tries;
		status = in_child(&worlds[0], s, plant, 100000, true);
		if (status)
			break;
	}
	return status;
}

static void test_plants(void)
{
	enum plant p;

	for (p = PLANT_NONE + 1; p < PLANT_NR; p++) {
		unsigned int tries = 0;
		int status = try_plant(p, &tries);
		bool caught = status > 100 && status < 100 + FAULT_NR;
		char text[160];

		snprintf(text, sizeof(text), "planted: %s: %s (status %d)", plant_name[p],
			 caught ? tlbmodel_fault_name[status - 100] : "NOT CAUGHT", status);
		ok(caught, "%s", text);
	}
}

static int run_mutant(void)
{
	unsigned int i;
	int status;

	for (i = 0; i < 8; i++) {
		status = in_child(&worlds[i], 1, PLANT_NONE, i < 7 ? 60000 : 2000, true);
		if (status)
			return status > 0 ? status : 98;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--mutant"))
		return run_mutant();
	if (argc == 4 && !strcmp(argv[1], "--world")) {
		const struct world_config *w = &worlds[atoi(argv[2])];

		world_run(w, atoll(argv[3]), PLANT_NONE, w->ops / SEEDS);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "--plant")) {
		world_run(&worlds[0], 1, atoi(argv[2]), 100000);
		return 0;
	}
	test_geometry();
	test_registers();
	test_descriptors();
	test_answers();
	test_bounds();
	test_worlds();
	test_plants();
	printf("1..%u\n", test_nr);
	return 0;
}
