// SPDX-License-Identifier: GPL-2.0
/*
 * Cache maintenance by address of the linear map.  The kernel's own functions
 * for this are not exported.
 */
#include "armvirt.h"

#include <linux/io.h>

#include <asm/barrier.h>
#include <asm/sysreg.h>

static size_t line_size(int shift)
{
	/* CTR_EL0.DminLine and IminLine: log2 of the words in the smallest line */
	return 4UL << ((read_sysreg(ctr_el0) >> shift) & 0xf);
}

#define for_each_line(p, va, len, size) \
	for ((p) = (unsigned long)(va) & ~((size) - 1); \
	     (p) < (unsigned long)(va) + (len); (p) += (size))

/* Also invalidates, so that what an observer without caches writes is seen afterwards. */
void arch_clean_dcache_poc(phys_addr_t pa, size_t len)
{
	void *va = phys_to_virt(pa);
	size_t size = line_size(16);
	unsigned long p;

	for_each_line(p, va, len, size)
		asm volatile("dc civac, %0" :: "r" (p) : "memory");
	dsb(sy);
}

/*
 * For all CPUs of the inner shareable domain, under any alias: an instruction cache may be indexed
 * by another address than ours, so it is invalidated whole unless it is physically tagged
 * (CTR_EL0.L1Ip) and looked up by line.
 */
void arch_sync_icache(phys_addr_t pa, size_t len)
{
	void *va = phys_to_virt(pa);
	u64 ctr = read_sysreg(ctr_el0);
	size_t size = line_size(16);
	unsigned long p;

	if (!(ctr & BIT(28))) {			/* IDC: no clean to PoU needed */
		for_each_line(p, va, len, size)
			asm volatile("dc cvau, %0" :: "r" (p) : "memory");
		dsb(ish);
	}
	if (ctr & BIT(29))			/* DIC: no invalidation needed */
		return;
	if (((ctr >> 14) & 3) == 3) {		/* PIPT: any alias will do */
		size = line_size(0);
		for_each_line(p, va, len, size)
			asm volatile("ic ivau, %0" :: "r" (p) : "memory");
	} else {
		asm volatile("ic ialluis" ::: "memory");
	}
	dsb(ish);
	isb();
}
