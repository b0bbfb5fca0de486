// SPDX-License-Identifier: GPL-2.0
/*
 * Cache maintenance by address (DDI 0406C, B2.2.7), for memory that a guest may see without its
 * caches, and for new code.  Guest memory may be highmem, which the kernel has mapped nowhere.
 */
#include <linux/highmem.h>
#include <linux/mm.h>

#include <asm/barrier.h>

#include "armvirt.h"

/* Bytes of the smallest data cache line, from CTR.DminLine. */
static size_t line_size(void)
{
	u32 ctr;

	asm volatile("mrc p15, 0, %0, c0, c0, 1" : "=r" (ctr));
	return 4 << (ctr >> 16 & 0xf);
}

static void clean_inval_poc(void *va, size_t len)
{
	size_t size = line_size();
	unsigned long p;

	for (p = (unsigned long)va & ~(size - 1); p < (unsigned long)va + len; p += size)
		asm volatile("mcr p15, 0, %0, c7, c14, 1" :: "r" (p) : "memory");	/* DCCIMVAC */
}

static void clean_pou(void *va, size_t len)
{
	size_t size = line_size();
	unsigned long p;

	for (p = (unsigned long)va & ~(size - 1); p < (unsigned long)va + len; p += size)
		asm volatile("mcr p15, 0, %0, c7, c11, 1" :: "r" (p) : "memory");	/* DCCMVAU */
}

/* An operation by address reaches every alias: data caches behave as physically tagged. */
static void for_each_page(phys_addr_t pa, size_t len, void (*op)(void *va, size_t len))
{
	while (len) {
		size_t offset = offset_in_page(pa), part = min_t(size_t, len, PAGE_SIZE - offset);
		void *va = kmap_local_page(pfn_to_page(PFN_DOWN(pa)));

		op(va + offset, part);
		kunmap_local(va);
		pa += part;
		len -= part;
	}
}

/* Also invalidates, so that what an observer without caches writes is seen afterwards. */
void arch_clean_dcache_poc(phys_addr_t pa, size_t len)
{
	for_each_page(pa, len, clean_inval_poc);
	dsb(sy);
}

/*
 * For all CPUs of the inner shareable domain, under any alias: instruction caches may be indexed
 * by virtual addresses, so they are invalidated whole, and the branch predictors with them.
 */
void arch_sync_icache(phys_addr_t pa, size_t len)
{
	for_each_page(pa, len, clean_pou);
	dsb(ish);
	asm volatile("mcr p15, 0, %0, c7, c1, 0\n\t"	/* ICIALLUIS */
		     "mcr p15, 0, %0, c7, c1, 6"	/* BPIALLIS */
		     :: "r" (0) : "memory");
	dsb(ish);
	isb();
}
