/* SPDX-License-Identifier: GPL-2.0 */
/*
 * s2pt: the one page-table walker of armvirt, for the long-descriptor format
 * that VMSAv8-64 and ARMv7 LPAE share. It builds stage 2 (guest memory) on
 * both architectures and the stage-1 map of EL2/HYP. It knows descriptors,
 * break-before-make and the order of stores, barriers and invalidations; it
 * knows nothing of VMs, memslots, VMIDs or locks, and it touches memory and
 * TLBs only through the two const tables of functions below. That is what
 * lets selftests/unit/s2pt_test.c run it against an adversarial model.
 *
 * The caller's lock. Each table has a reader/writer lock (a VM's mmu_lock)
 * that s2pt does not see, but that every function below relies upon:
 *
 *   SHARED (read side held, any number of vCPUs at once): s2pt_map() and
 *   s2pt_relax() in mode S2PT_SHARED, s2pt_mkyoung(), s2pt_lookup(),
 *   s2pt_age(S2PT_AGE_TEST). They change a descriptor only by cmpxchg, only
 *   from invalid to valid or to weaker restrictions, and free nothing. What
 *   would need more answers -EAGAIN: drop the lock, take the write side and
 *   call again with S2PT_EXCLUSIVE.
 *
 *   EXCLUSIVE (write side held): everything.
 *
 * Nothing here sleeps or allocates except s2pt_init() and
 * s2pt_cache_topup(), which are called without the lock.
 *
 * When a function that takes translations or permissions away returns, no
 * CPU can use them any more (and page tables it freed were unreachable
 * before they were freed). The one exception is S2PT_AGE_CLEAR.
 */
#ifndef ARMVIRT_S2PT_H
#define ARMVIRT_S2PT_H

#include <linux/bits.h>
#include <linux/types.h>

/* An input address: a guest's IPA at stage 2, an EL2 virtual address at stage 1. */
typedef u64 av_ipa_t;

#define S2PT_MAX_LEVEL	3	/* the level that holds pages */

/* What a mapping allows and how memory behaves behind it; or-ed together. */
enum s2pt_prot {
	S2PT_R		= BIT(0),
	S2PT_W		= BIT(1),
	S2PT_X		= BIT(2),
	S2PT_DEVICE	= BIT(3),	/* Device-nGnRE */
	S2PT_NC		= BIT(4),	/* Normal non-cacheable; neither bit: Normal write-back */
	S2PT_SW0	= BIT(5),	/* two bits kept for the owner, ignored by hardware */
	S2PT_SW1	= BIT(6),
};

#define S2PT_RWX	(S2PT_R | S2PT_W | S2PT_X)

enum s2pt_stage {
	S2PT_STAGE2,
	S2PT_STAGE1_EL2,	/* nVHE EL2 or HYP: one VA range, one privilege level */
};

enum s2pt_mode {
	S2PT_SHARED,
	S2PT_EXCLUSIVE,
};

enum s2pt_barrier {
	S2PT_DMB_ISHST,		/* earlier stores are seen before later ones */
	S2PT_DSB_ISHST,		/* earlier stores are seen by every table walk from here on */
};

enum s2pt_age {
	S2PT_AGE_TEST,		/* only look; SHARED is enough */
	S2PT_AGE_CLEAR,		/* clear, but CPUs may go on using what they have cached as young */
	S2PT_AGE_CLEAR_FLUSH,	/* clear, and the next access to what was young is noticed */
};

/**
 * struct s2pt_mem - memory that holds tables; s2pt_kernel_mem in the kernel
 * @alloc:	zeroed memory, physically contiguous and aligned to @size, or NULL; may sleep
 * @free:	give it back
 * @to_pa:	physical address of a table
 * @to_va:	and back
 * @read:	single-copy atomic load of a descriptor
 * @write:	single-copy atomic store
 * @cas:	compare and exchange: store @new if *@p is @old; returns what was there.
 *		Orders nothing.
 * @order:	see enum s2pt_barrier
 * @clean:	clean to the point of coherency and wait for it, for CPUs whose table walks do not
 *		look into the caches; NULL where they do
 *
 * Only @alloc may sleep.
 */
struct s2pt_mem {
	void *(*alloc)(size_t size);
	void (*free)(void *table, size_t size);
	phys_addr_t (*to_pa)(const void *table);
	void *(*to_va)(phys_addr_t pa);
	u64 (*read)(const u64 *p);
	void (*write)(u64 *p, u64 val);
	u64 (*cas)(u64 *p, u64 old, u64 new);
	void (*order)(enum s2pt_barrier b);
	void (*clean)(const void *p, size_t size);
};

extern const struct s2pt_mem s2pt_kernel_mem;

#define S2PT_LEVEL_ANY	0xff

/**
 * struct s2pt_inval - a range of input addresses to forget
 * @start:	first address
 * @end:	first address not to forget
 * @stride:	one TLBI by address per @stride bytes covers the range
 * @level:	level of the leaves that changed (usable as TTL hint), or
 *		S2PT_LEVEL_ANY: no hint may be given then
 * @table:	entries that point to tables went away too, so that walk caches
 *		are stale and the last-level-only forms (IPAS2LE1IS, VALE2IS) will
 *		not do. Always comes with S2PT_LEVEL_ANY.
 */
struct s2pt_inval {
	av_ipa_t start;
	av_ipa_t end;
	u64 stride;
	u8 level;
	bool table;
};

/**
 * struct s2pt_tlb - invalidation, for all CPUs of the inner shareable domain
 * @range:	forget a range
 * @all:	forget everything cached from this table; NULL if @range is all there is. Then
 *		s2pt_destroy() invalidates nothing: no CPU may know the table any more.
 *
 * s2pt has issued DSB ISHST since its last store when it calls one of these.
 * The function returns when the invalidation is complete on every CPU:
 * stage 2, @range: TLBI IPAS2E1IS for each stride; DSB ISH; TLBI VMALLE1IS (a CPU
 *	may hold stage 1 and 2 combined, by VA only, and may build such an
 *	entry from a stage-2 entry that is not gone yet, hence the DSB between);
 *	DSB ISH; ISB. All under the VM's VMID.
 * stage 2, @all: TLBI VMALLS12E1IS; DSB ISH; ISB.
 * EL2 stage 1: TLBI VAE2IS for each stride, or ALLE2IS; DSB ISH; ISB.
 *
 * Called with the caller's lock held, in SHARED mode by several CPUs at once.
 */
struct s2pt_tlb {
	void (*range)(void *owner, const struct s2pt_inval *inv);
	void (*all)(void *owner);
};

/**
 * struct s2pt_config - shape of a table
 * @stage:		whose descriptors
 * @granule_shift:	12, 14 or 16
 * @ia_bits:		size of the input address space, 32..48
 * @fwb:		stage 2 only: HCR_EL2.FWB is (will be) set, use its MemAttr encoding
 * @table_bits:		log2 of the entries per table; 0 means what the granule
 *			implies. Unit tests use tiny tables to reach every corner soon.
 */
struct s2pt_config {
	enum s2pt_stage stage;
	u8 granule_shift;
	u8 ia_bits;
	bool fwb;
	u8 table_bits;
};

/**
 * struct s2pt - one translation table tree
 * @cfg:		as given to s2pt_init(), @table_bits filled in
 * @start_level:	level of the root
 * @root_entries:	entries in the root (1 to 16 concatenated tables at stage 2)
 * @root:		root table
 * @root_pa:		its address, for VTTBR, VTTBR_EL2 or TTBR0_EL2; suitably aligned
 * @mem:		how to reach table memory
 * @tlb:		how to invalidate
 * @owner:		passed to @tlb
 */
struct s2pt {
	struct s2pt_config cfg;
	u8 start_level;
	unsigned int root_entries;
	u64 *root;
	phys_addr_t root_pa;
	const struct s2pt_mem *mem;
	const struct s2pt_tlb *tlb;
	void *owner;
};

/* Enough for any one s2pt_map() or s2pt_split(): a table for each level below the root. */
#define S2PT_CACHE_MAX	3

/**
 * struct s2pt_cache - tables allocated ahead, so that none is under the lock
 * @nr:		how many there are
 * @table:	zeroed tables
 *
 * One per vCPU (or on the stack); zero-initialised; never shared.
 */
struct s2pt_cache {
	unsigned int nr;
	void *table[S2PT_CACHE_MAX];
};

/**
 * struct s2pt_leaf - one valid leaf, or hole, as s2pt_lookup() finds it
 * @ipa:	first address it translates
 * @size:	how many bytes
 * @pa:		output address of @ipa
 * @prot:	see enum s2pt_prot
 * @level:	3 page, less: block
 * @young:	accessed since last aged
 */
struct s2pt_leaf {
	av_ipa_t ipa;
	u64 size;
	phys_addr_t pa;
	unsigned int prot;
	u8 level;
	bool young;
};

/* Lifetime. Sleep; no lock. destroy: no CPU runs on the table any more. */
int s2pt_init(struct s2pt *pt, const struct s2pt_config *cfg, const struct s2pt_mem *mem,
	      const struct s2pt_tlb *tlb, void *owner);
void s2pt_destroy(struct s2pt *pt);

/* Table cache. topup sleeps and needs no lock; after it a map cannot fail for want of memory. */
int s2pt_cache_topup(struct s2pt_cache *cache, const struct s2pt *pt);
void s2pt_cache_drain(struct s2pt_cache *cache, const struct s2pt *pt);

/* One leaf. See s2pt.c for what each returns. */
int s2pt_map(struct s2pt *pt, av_ipa_t ipa, u64 size, phys_addr_t pa, unsigned int prot,
	     enum s2pt_mode mode, struct s2pt_cache *cache);
int s2pt_relax(struct s2pt *pt, av_ipa_t ipa, unsigned int prot);
int s2pt_mkyoung(struct s2pt *pt, av_ipa_t ipa);
int s2pt_split(struct s2pt *pt, av_ipa_t ipa, u64 size, struct s2pt_cache *cache);
bool s2pt_lookup(const struct s2pt *pt, av_ipa_t ipa, struct s2pt_leaf *leaf);

/*
 * Ranges, EXCLUSIVE. Each call does a bounded amount of work, completes the
 * invalidation of what it did and returns where to go on (@end when done), so
 * that the caller may drop the lock in between:
 *
 *	while (ipa < end)
 *		ipa = s2pt_unmap(pt, ipa, end);
 */
av_ipa_t s2pt_unmap(struct s2pt *pt, av_ipa_t start, av_ipa_t end);
av_ipa_t s2pt_wrprotect(struct s2pt *pt, av_ipa_t start, av_ipa_t end);
av_ipa_t s2pt_age(struct s2pt *pt, av_ipa_t start, av_ipa_t end, enum s2pt_age how, bool *young);

/* Geometry: bytes one entry of a level translates; may that level hold leaves; best leaf here. */
u64 s2pt_level_size(const struct s2pt *pt, int level);
bool s2pt_level_has_leaf(const struct s2pt *pt, int level);
u64 s2pt_best_size(const struct s2pt *pt, av_ipa_t ipa, phys_addr_t pa, u64 max);

/* Register fields that follow from the geometry; see s2pt.c for what the caller must add. */
u64 s2pt_vtcr_el2(const struct s2pt *pt);
u32 s2pt_vtcr_v7(const struct s2pt *pt);
u64 s2pt_tcr_el2(const struct s2pt *pt);

/* MAIR_EL2 (HMAIR0 on ARMv7) that the stage-1 AttrIndx values mean: WB, Device-nGnRE, NC. */
#define S2PT_MAIR_EL2	0x4404ffUL

#endif
