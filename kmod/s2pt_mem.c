// SPDX-License-Identifier: GPL-2.0
/*
 * Table memory for s2pt in the kernel: pages of the linear map, read and
 * written as 64-bit atomics (on 32-bit ARM those are LDRD/STRD and LDREXD, which
 * LPAE makes single-copy atomic, as the table walk needs). Walks are coherent
 * with the data caches on every CPU that has the virtualization extensions and
 * runs SMP Linux, given the write-back attributes that s2pt_vtcr_el2() sets, so
 * there is no clean.
 */
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include <asm/barrier.h>

#include "s2pt.h"

/* Buddy pages are aligned to their size, which is what a root needs. */
static void *mem_alloc(size_t size)
{
	return (void *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, get_order(size));
}

static void mem_free(void *table, size_t size)
{
	free_pages((unsigned long)table, get_order(size));
}

static phys_addr_t mem_to_pa(const void *table)
{
	return virt_to_phys((void *)table);
}

static void *mem_to_va(phys_addr_t pa)
{
	return phys_to_virt(pa);
}

static u64 mem_read(const u64 *p)
{
	return atomic64_read((const atomic64_t *)p);
}

static void mem_write(u64 *p, u64 val)
{
	atomic64_set((atomic64_t *)p, val);
}

static u64 mem_cas(u64 *p, u64 old, u64 new)
{
	return atomic64_cmpxchg_relaxed((atomic64_t *)p, old, new);
}

static void mem_order(enum s2pt_barrier b)
{
	switch (b) {
	case S2PT_DMB_ISHST:
		dmb(ishst);
		break;
	case S2PT_DSB_ISHST:
		dsb(ishst);
		break;
	}
}

const struct s2pt_mem s2pt_kernel_mem = {
	.alloc = mem_alloc,
	.free = mem_free,
	.to_pa = mem_to_pa,
	.to_va = mem_to_va,
	.read = mem_read,
	.write = mem_write,
	.cas = mem_cas,
	.order = mem_order,
};
