/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the host has at an address of the VMM: asked by mmu.c at every fault.
 */
#ifndef ARMVIRT_HOSTPAGE_H
#define ARMVIRT_HOSTPAGE_H

#include <linux/mm_types.h>
#include <linux/types.h>

/**
 * struct host_page - what the host has at a user address
 * @page: referenced while we hold this; NULL for memory mapped without a struct page
 * @pa: physical address of the page
 * @size: PAGE_SIZE, or PMD_SIZE if the host maps it so
 * @prot: S2PT_R, S2PT_W if it may be written without asking again, S2PT_DEVICE, S2PT_NC
 */
struct host_page {
	struct page *page;
	phys_addr_t pa;
	u64 size;
	unsigned int prot;
};

/*
 * In the context of @mm; sleeps. @write: to be written now; @may_write: may be mapped for writing.
 * 0, or -EFAULT, -EHWPOISON, -EINTR, -EAGAIN. What it says is true until the MMU notifier says
 * otherwise: the caller checks mmu_seq.
 */
int hostpage_get(struct mm_struct *mm, unsigned long hva, bool write, bool may_write,
		 struct host_page *hp);
void hostpage_put(struct host_page *hp);

#endif
