/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random lives of a translation table: several simulated CPUs, switched at every
 * access to memory, map, fault and age in SHARED mode; between their rounds
 * one CPU alone unmaps, collapses, remaps. The TLB model
 * judges how, a plain array of pages judges what.
 */
#ifndef S2PT_WORLD_H
#define S2PT_WORLD_H

#include "tlbmodel.h"

struct world_config {
	const char *name;
	struct tlbmodel_config model;
	u8 unit_level;		/* the test plays in four units of this level's size */
	unsigned int ops;	/* how many make a good test */
	const struct s2pt_tlb *tlb;	/* instead of the sequences in s2pt_plant.c */
};

/* Faults planted in what s2pt relies upon. */
enum plant {
	PLANT_NONE,
	PLANT_NO_TLBI,			/* the TLBI by address is left out */
	PLANT_NO_TLBI_ALL,		/* the TLBI of the whole VMID is left out */
	PLANT_NO_TLBI_STAGE1,		/* no VMALLE1IS after IPAS2E1IS */
	PLANT_STAGE1_FIRST,		/* VMALLE1IS before IPAS2E1IS */
	PLANT_NO_DSB_BETWEEN,		/* no DSB between IPAS2E1IS and VMALLE1IS */
	PLANT_NO_DSB_AFTER,		/* no DSB after the last TLBI */
	PLANT_DSB_ISHST_AFTER,		/* a DSB for stores only there */
	PLANT_DSB_LATE,			/* the DSB of the stores comes after the TLBI */
	PLANT_NO_DSB,			/* no DSB for stores at all */
	PLANT_STORE_LATE,		/* the entry is cleared after the TLBI */
	PLANT_LAST_LEVEL,		/* always the last-level form of TLBI */
	PLANT_LAST_LEVEL_BUT_ONE,	/* for all addresses but the last */
	PLANT_WRONG_LEVEL,		/* TTL hint of level 3 for everything */
	PLANT_RANGE_SHORT,		/* range ends a stride early */
	PLANT_RANGE_LATE,		/* range begins a stride late */
	PLANT_STRIDE,			/* stride twice too large */
	PLANT_LOCAL,			/* TLBI on this CPU only */
	PLANT_FREE_EARLY,		/* tables freed when unhooked, before the flush */
	PLANT_NO_DMB,			/* table published without a barrier */
	PLANT_PLAIN_STORE,		/* store where cmpxchg belongs */
	PLANT_CAS_BLIND,		/* cmpxchg that does not compare */
	PLANT_CAS_DEAF,			/* failed cmpxchg taken for success */
	PLANT_DIRTY_TABLE,		/* tables not zeroed */
	PLANT_NR
};

/* Runs in a process of its own; returns the operations done or does not return. */
unsigned int world_run(const struct world_config *cfg, u64 seed, enum plant plant,
		       unsigned int ops);

#endif
