// SPDX-License-Identifier: GPL-2.0
/*
 * Guest RAM: one piece of anonymous memory, and the only function that turns a guest physical
 * address into a pointer. Everything that a guest names an address for goes through it.
 */
#include <errno.h>
#include <sys/mman.h>

#include "vmm.h"

#define HUGE_PAGE	(2 * MIB)

/**
 * mem_init() - reserve guest RAM
 * @m: filled in
 * @base: guest physical address
 * @size: bytes, a multiple of the host's page size
 * @e: why not
 *
 * Host and guest addresses agree modulo 2 MiB, so that the kernel can map huge pages to blocks.
 * Pages come when they are touched; the guest may be larger than what is free now.
 */
int mem_init(struct mem *m, u64 base, u64 size, struct err *e)
{
	m->map_size = size + HUGE_PAGE;
	m->map = MAP_FAILED;
	if (m->map_size > size)
		m->map = mmap(NULL, m->map_size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->map == MAP_FAILED) {
		m->map = NULL;
		return err_set(e, "can't get %llu MiB of memory for the guest: lower --memory",
			       (unsigned long long)(size / MIB));
	}
	m->base = base;
	m->size = size;
	m->host = (u8 *)m->map + ((base - (uintptr_t)m->map) & (HUGE_PAGE - 1));
	madvise(m->host, size, MADV_HUGEPAGE);	/* a wish: kernels without it say EINVAL */
	return 0;
}

void mem_exit(struct mem *m)
{
	if (m->map)
		munmap(m->map, m->map_size);
	m->map = NULL;
	m->size = 0;
}

void *mem_ptr(const struct mem *m, u64 gpa, u64 len)
{
	u64 off = gpa - m->base;

	/* off wraps to something huge below base; neither comparison can overflow. */
	if (off > m->size || len > m->size - off)
		return NULL;
	return m->host + off;
}
