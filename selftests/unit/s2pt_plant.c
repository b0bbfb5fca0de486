// SPDX-License-Identifier: GPL-2.0
/*
 * The world below s2pt, right or with one planted fault: see s2pt_plant.h.
 */
#include <stdlib.h>

#include "s2pt_plant.h"

const char *const plant_name[PLANT_NR] = {
	[PLANT_NONE] = "none",
	[PLANT_NO_TLBI] = "no TLBI by address",
	[PLANT_NO_TLBI_ALL] = "no TLBI of the whole VMID",
	[PLANT_NO_TLBI_STAGE1] = "no VMALLE1IS for combined entries",
	[PLANT_STAGE1_FIRST] = "VMALLE1IS before IPAS2E1IS",
	[PLANT_NO_DSB_BETWEEN] = "no DSB between IPAS2E1IS and VMALLE1IS",
	[PLANT_NO_DSB_AFTER] = "no DSB after the last TLBI",
	[PLANT_DSB_ISHST_AFTER] = "DSB ISHST instead of DSB ISH after the TLBI",
	[PLANT_DSB_LATE] = "stores ordered after the TLBI instead of before",
	[PLANT_NO_DSB] = "stores never ordered by DSB",
	[PLANT_STORE_LATE] = "entry cleared after the TLBI",
	[PLANT_LAST_LEVEL] = "last-level TLBI where a table went",
	[PLANT_LAST_LEVEL_BUT_ONE] = "last-level TLBI but for one address of the range",
	[PLANT_WRONG_LEVEL] = "TTL hint of level 3 for everything",
	[PLANT_RANGE_SHORT] = "range ends one stride early",
	[PLANT_RANGE_LATE] = "range begins one stride late",
	[PLANT_STRIDE] = "stride twice too large",
	[PLANT_LOCAL] = "TLBI not broadcast",
	[PLANT_FREE_EARLY] = "table freed before the flush",
	[PLANT_NO_DMB] = "table published before its contents",
	[PLANT_PLAIN_STORE] = "plain store where cmpxchg belongs",
	[PLANT_CAS_BLIND] = "cmpxchg that does not compare",
	[PLANT_CAS_DEAF] = "failed cmpxchg taken for success",
	[PLANT_DIRTY_TABLE] = "tables not zeroed",
};

static enum plant plant;
static bool stage2, owed_dsb;
static struct s2pt_mem real, mem;
const struct s2pt_mem *s2pt_mem;

/* Stores kept back by PLANT_STORE_LATE, tables freed too early by PLANT_FREE_EARLY. */
static u64 *late[4096];
static unsigned int nr_late;
static void *early[64];
static unsigned int nr_early;

static void pay_dsb(void)
{
	if (owed_dsb) {
		owed_dsb = false;
		tlbmodel_dsb_ishst();
	}
}

static void pay_stores(void)
{
	while (nr_late)
		real.write(late[--nr_late], 0);
}

/* Invalidation, as s2pt.h describes it */

static void finish(bool combined)
{
	if (plant == PLANT_DSB_ISHST_AFTER) {
		tlbmodel_dsb_ishst();
		return;
	}
	if (combined && plant != PLANT_NO_DSB_BETWEEN)
		tlbmodel_dsb_ish();
	if (combined && plant != PLANT_NO_TLBI_STAGE1 && plant != PLANT_STAGE1_FIRST)
		tlbmodel_tlbi_stage1();
	if (plant != PLANT_NO_DSB_AFTER)
		tlbmodel_dsb_ish();
}

static void tlb_range(void *owner, const struct s2pt_inval *inv)
{
	u64 stride = inv->stride << (plant == PLANT_STRIDE), addr;
	u64 start = inv->start + (plant == PLANT_RANGE_LATE ? stride : 0);
	u64 end = inv->end - (plant == PLANT_RANGE_SHORT ? stride : 0);
	int ttl = plant == PLANT_WRONG_LEVEL ? 3 : 0;

	if ((inv->start | inv->end) & (inv->stride - 1) || inv->start >= inv->end)
		tlbmodel_fail(FAULT_RESULT, "range %#llx..%#llx", inv->start, inv->end);
	if (plant == PLANT_STAGE1_FIRST) {
		tlbmodel_tlbi_stage1();
		tlbmodel_dsb_ish();
	}
	for (addr = start; addr < end; addr += stride) {
		bool last = plant == PLANT_LAST_LEVEL ||
			    (plant == PLANT_LAST_LEVEL_BUT_ONE && addr + stride < end);

		if (plant != PLANT_NO_TLBI && plant != PLANT_LOCAL)
			tlbmodel_tlbi_addr(addr, ttl, last);
	}
	finish(stage2);
	pay_dsb();
	pay_stores();
}

static void tlb_all(void *owner)
{
	if (plant != PLANT_NO_TLBI_ALL)
		tlbmodel_tlbi_all();
	finish(false);
	pay_dsb();
	pay_stores();
}

/* Memory */

static void mem_order(enum s2pt_barrier b)
{
	if (b == S2PT_DMB_ISHST && plant == PLANT_NO_DMB)
		return;
	/* These two leave the order of stores among each other as it should be. */
	if (plant == PLANT_DSB_LATE || plant == PLANT_NO_DSB) {
		owed_dsb = plant == PLANT_DSB_LATE && b == S2PT_DSB_ISHST;
		b = S2PT_DMB_ISHST;
	}
	real.order(b);
}

static u64 mem_read(const u64 *p)
{
	pay_dsb();
	return real.read(p);
}

static bool points_to_table(u64 desc)
{
	u64 pa = desc & 0xfffffffff000ULL;

	return (desc & 3) == 3 && pa < 0x80000000;
}

static void mem_write(u64 *p, u64 val)
{
	u64 old = *p;

	pay_dsb();
	if (!val && plant == PLANT_STORE_LATE) {
		late[nr_late++] = p;
		return;
	}
	real.write(p, val);
	if (!val && plant == PLANT_FREE_EARLY && points_to_table(old)) {
		void *table = real.to_va(old & 0xfffffffff000ULL);

		real.free(table, 0);
		early[nr_early++] = table;
	}
}

static u64 mem_cas(u64 *p, u64 old, u64 new)
{
	u64 was;

	pay_dsb();
	if (plant == PLANT_PLAIN_STORE) {
		real.write(p, new);
		return old;
	}
	if (plant == PLANT_CAS_BLIND) {
		real.cas(p, *p, new);
		return old;
	}
	was = real.cas(p, old, new);
	return plant == PLANT_CAS_DEAF ? old : was;
}

static void mem_free(void *table, size_t size)
{
	unsigned int i;

	for (i = 0; i < nr_early; i++)
		if (early[i] == table) {
			early[i] = early[--nr_early];
			return;
		}
	real.free(table, size);
}

void plant_return(void)
{
	pay_dsb();
	pay_stores();
}

const struct s2pt_tlb *plant_tlb(void)
{
	static const struct s2pt_tlb tlb = { .range = tlb_range, .all = tlb_all };

	return &tlb;
}

void plant_start(enum plant p, const struct tlbmodel_config *cfg)
{
	plant = p;
	stage2 = cfg->pt.stage == S2PT_STAGE2;
	real = tlbmodel_mem;
	mem = (struct s2pt_mem) {
		.alloc = real.alloc, .free = mem_free, .to_pa = real.to_pa, .to_va = real.to_va,
		.read = mem_read, .write = mem_write, .cas = mem_cas, .order = mem_order,
	};
	s2pt_mem = plant ? &mem : &real;
	tlbmodel.dirty_alloc = plant == PLANT_DIRTY_TABLE;
}
