// SPDX-License-Identifier: GPL-2.0
/*
 * The EL2 (HYP) stage-1 map: one table for all CPUs, built with the same walker as stage 2. It
 * knows pages and permissions; what the pages are for is the architecture's host.c.
 */
#include <linux/mm.h>
#include <linux/mutex.h>

#include "armvirt.h"

struct s2pt hypmap;
static DEFINE_MUTEX(map_lock);		/* innermost mutex; see locking.rst */
static void (*flush_page)(u64 va);

static void flush_range(void *owner, const struct s2pt_inval *inv)
{
	u64 va;

	for (va = inv->start; flush_page && va < inv->end; va += inv->stride)
		flush_page(va);
}

static const struct s2pt_tlb map_tlb = { .range = flush_range };

int hypmap_init(void (*flush)(u64 va))
{
	const struct s2pt_config cfg = {
		.stage = S2PT_STAGE1_EL2, .granule_shift = PAGE_SHIFT, .ia_bits = ARCH_HYP_VA_BITS,
	};
	int ret;

	flush_page = flush;
	ret = s2pt_init(&hypmap, &cfg, &map_tlb, NULL);
	if (!ret && hypmap.root_pa >= BIT_ULL(ARCH_HYP_VA_BITS))
		ret = -ERANGE;
	return ret;
}

void hypmap_exit(void)
{
	flush_page = NULL;
	s2pt_destroy(&hypmap);
}

/*
 * For page-aligned memory of the linear map, below 2^ARCH_HYP_VA_BITS. Sleeps. Returns 0, -ENOMEM,
 * -ERANGE.
 */
int hypmap_map(void *va, size_t size, unsigned int prot)
{
	phys_addr_t pa = virt_to_phys(va), at;
	struct s2pt_cache cache = {};
	int ret = 0;

	mutex_lock(&map_lock);
	for (at = pa; at < pa + size && !ret; at += PAGE_SIZE) {
		ret = s2pt_cache_topup(&cache, &hypmap);
		if (!ret)
			ret = s2pt_map(&hypmap, at, PAGE_SIZE, at, prot, &cache);
	}
	mutex_unlock(&map_lock);
	s2pt_cache_drain(&cache, &hypmap);
	if (ret)
		hypmap_unmap(va, at - pa);
	return ret;
}

/* When it returns no CPU can reach the memory at EL2 any more. Sleeps. */
void hypmap_unmap(void *va, size_t size)
{
	phys_addr_t pa = virt_to_phys(va);
	av_ipa_t at = pa;

	mutex_lock(&map_lock);
	while (at < pa + size)
		at = s2pt_unmap(&hypmap, at, pa + size);
	mutex_unlock(&map_lock);
}
