/* SPDX-License-Identifier: GPL-2.0 */
/*
 * s2pt: the one page-table walker of armvirt, for the long-descriptor format that VMSAv8-64 and
 * ARMv7 LPAE share. It builds stage 2 (guest memory) and the stage-1 map of EL2/HYP. It knows
 * descriptors, break-before-make and the order of stores, barriers and invalidations, and nothing
 * of VMs, memslots, VMIDs or locks.
 *
 * The caller's lock. Each table has a reader/writer lock (a VM's mmu_lock) that s2pt does not
 * see, but that every function below relies upon:
 *
 *   SHARED (read side, any number of vCPUs at once): s2pt_map(), s2pt_mkyoung(), s2pt_lookup(),
 *   s2pt_age(S2PT_AGE_TEST). They change a descriptor only by cmpxchg, only from invalid to valid
 *   or to weaker restrictions, and free nothing. Where s2pt_map() would need more it says -EAGAIN:
 *   call s2pt_unmap() and try again. So nothing valid is ever replaced without a break.
 *
 *   EXCLUSIVE (write side): everything.
 *
 * When a function that takes translations or permissions away returns, no CPU can use them any
 * more (and page tables it freed were unreachable before). The one exception is S2PT_AGE_CLEAR.
 */
#ifndef ARMVIRT_S2PT_H
#define ARMVIRT_S2PT_H

#include <linux/bits.h>
#include <linux/types.h>

/* An input address: a guest's IPA at stage 2, an EL2 virtual address at stage 1. */
typedef u64 av_ipa_t;

/* What a mapping allows and how memory behaves behind it; or-ed together. */
enum s2pt_prot {
	S2PT_R		= BIT(0),
	S2PT_W		= BIT(1),
	S2PT_X		= BIT(2),
	S2PT_DEVICE	= BIT(3),	/* Device-nGnRE */
	S2PT_NC		= BIT(4),	/* Normal non-cacheable; neither bit: Normal write-back */
};

#define S2PT_RWX	(S2PT_R | S2PT_W | S2PT_X)

enum s2pt_stage {
	S2PT_STAGE2,
	S2PT_STAGE1_EL2,	/* nVHE EL2 or HYP: one VA range, one privilege level */
};

enum s2pt_age {
	S2PT_AGE_TEST,		/* only look; SHARED is enough */
	S2PT_AGE_CLEAR,		/* clear, but CPUs may go on using what they have cached as young */
	S2PT_AGE_CLEAR_FLUSH,	/* clear, and the next access to what was young is noticed */
};

/* Input addresses to forget, @start to before @end, by one TLBI each @stride bytes. */
struct s2pt_inval {
	av_ipa_t start;
	av_ipa_t end;
	u64 stride;
};

/*
 * Invalidation, for all CPUs of the inner shareable domain. Called with the caller's lock held, in
 * SHARED mode by several CPUs at once, and with DSB ISHST issued since the last store. They return
 * when the invalidation, walk caches too, is complete on every CPU: no last-level-only TLBI, at
 * stage 2 with what a CPU holds of stages 1 and 2 combined.
 */
struct s2pt_tlb {
	void (*range)(void *owner, const struct s2pt_inval *inv);
	void (*all)(void *owner);	/* NULL: range is all there is */
};

/* Shape of a table. */
struct s2pt_config {
	enum s2pt_stage stage;
	u8 granule_shift;	/* 12, 14 or 16 */
	u8 ia_bits;		/* size of the input address space, 32..48 */
	bool fwb;		/* stage 2: HCR_EL2.FWB will be set: its MemAttr encoding */
	u8 table_bits;		/* log2 of entries per table, few in unit tests; 0: by granule */
};

/* One translation table tree. */
struct s2pt {
	struct s2pt_config cfg;		/* as given to s2pt_init(), table_bits filled in */
	u8 start_level;			/* level of the root */
	unsigned int root_entries;	/* of 1 to 16 concatenated tables at stage 2 */
	u64 *root;
	phys_addr_t root_pa;		/* for VTTBR_EL2 or TTBR0_EL2; suitably aligned */
	const struct s2pt_tlb *tlb;
	void *owner;			/* passed to tlb */
};

/*
 * Tables allocated ahead, zeroed, so that none is under the lock: enough for any one s2pt_map().
 * One per vCPU (or on the stack); zero-initialised; never shared.
 */
struct s2pt_cache {
	unsigned int nr;
	void *table[3];		/* one for each level below the root */
};

/* One valid leaf, or hole, as s2pt_lookup() finds it. */
struct s2pt_leaf {
	av_ipa_t ipa;		/* first address it translates */
	u64 size;
	phys_addr_t pa;		/* output address of ipa; 0 for a hole */
	unsigned int prot;
};

/*
 * These sleep and are called without the lock. After an error of init destroy is harmless; at
 * destroy nobody uses the table. After topup a map cannot fail for want of memory.
 */
int s2pt_init(struct s2pt *pt, const struct s2pt_config *cfg, const struct s2pt_tlb *tlb,
	      void *owner);
void s2pt_destroy(struct s2pt *pt);
int s2pt_cache_topup(struct s2pt_cache *cache, const struct s2pt *pt);
void s2pt_cache_drain(struct s2pt_cache *cache, const struct s2pt *pt);

/*
 * One leaf. What lookup says (false: a hole) holds for as long as the lock does, except that in
 * SHARED mode others may add to it. mkyoung answers -ENOENT if nothing is mapped: the fault that
 * brought us here has been overtaken, and the guest should simply try again.
 */
int s2pt_map(struct s2pt *pt, av_ipa_t ipa, u64 size, phys_addr_t pa, unsigned int prot,
	     struct s2pt_cache *cache);
int s2pt_mkyoung(struct s2pt *pt, av_ipa_t ipa);
bool s2pt_lookup(const struct s2pt *pt, av_ipa_t ipa, struct s2pt_leaf *leaf);

/*
 * Ranges, EXCLUSIVE. Each call does a bounded amount of work, completes the invalidation of what
 * it did and returns where to go on (@end when done), so that the caller may drop the lock in
 * between:
 *	while (ipa < end)
 *		ipa = s2pt_unmap(pt, ipa, end);
 */
av_ipa_t s2pt_unmap(struct s2pt *pt, av_ipa_t start, av_ipa_t end);
av_ipa_t s2pt_age(struct s2pt *pt, av_ipa_t start, av_ipa_t end, enum s2pt_age how, bool *young);

/* The largest leaf of at most @max that may map @ipa to @pa, by their alignment alone. */
u64 s2pt_best_size(const struct s2pt *pt, av_ipa_t ipa, phys_addr_t pa, u64 max);

/* Registers without what the machine adds: PS (bits 18:16), VS (bit 19, 16-bit VMIDs). */
u64 s2pt_vtcr_el2(const struct s2pt *pt);
u64 s2pt_tcr_el2(const struct s2pt *pt);

/* MAIR_EL2 (HMAIR0 on ARMv7) that the stage-1 AttrIndx values mean: WB, Device-nGnRE, NC. */
#define S2PT_MAIR_EL2	0x4404ffUL

#endif
