// SPDX-License-Identifier: GPL-2.0
/*
 * Asks the host's memory management for the page behind a user address, how
 * large the host maps it and whether it may be written. Nothing is pinned: the
 * reference is given back as soon as stage 2 has been filled, and the MMU
 * notifier in mmu.c takes back what is no longer so.
 */
#include <linux/highmem.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/swap.h>

#include "armvirt.h"

/*
 * How large a leaf of the host's page table holds @hva. Interrupts off keep the
 * tables from being freed beneath us. The answer is a hint until mmu_seq has
 * been checked under mmu_lock: the notifier runs before any leaf is taken apart.
 */
static u64 leaf_size(struct mm_struct *mm, unsigned long hva, const struct host_page *hp)
{
	u64 size = PAGE_SIZE;
	unsigned long flags;
	pgd_t *pgdp, pgd;
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t pmd;

	local_irq_save(flags);
	pgdp = pgd_offset(mm, hva);
	pgd = READ_ONCE(*pgdp);
	if (pgd_none(pgd))
		goto out;
	p4dp = p4d_offset_lockless(pgdp, pgd, hva);
	p4d = READ_ONCE(*p4dp);
	if (p4d_none(p4d) || !p4d_present(p4d))
		goto out;
	pudp = pud_offset_lockless(p4dp, p4d, hva);
	pud = READ_ONCE(*pudp);
	if (pud_none(pud) || !pud_present(pud))
		goto out;
	if (pud_leaf(pud)) {
		size = PMD_SIZE;	/* a part of it */
		goto out;
	}
	pmd = READ_ONCE(*pmd_offset_lockless(pudp, pud, hva));
	if (pmd_leaf(pmd) && PFN_PHYS(pmd_pfn(pmd)) + (hva & ~PMD_MASK) == hp->pa &&
	    (pmd_write(pmd) || !(hp->prot & S2PT_W)))
		size = PMD_SIZE;
out:
	local_irq_restore(flags);
	return size;
}

static void fill(struct host_page *hp, struct page *page, phys_addr_t pa, bool writable)
{
	hp->page = page;
	hp->pa = pa;
	hp->prot = S2PT_R | (writable ? S2PT_W : 0);
}

/*
 * A page that the host maps writable is mapped so even for a read, which saves
 * the second fault; but a read never makes the host break a share (zero page,
 * KSM, CoW), which is why the first try may not fault.
 */
static int get_page_at(unsigned long hva, bool write, bool may_write, struct host_page *hp)
{
	unsigned int flags = FOLL_HONOR_NUMA_FAULT;
	struct page *page;
	long nr;

	if (may_write && get_user_pages_fast_only(hva, 1, flags | FOLL_WRITE, &page) == 1) {
		fill(hp, page, page_to_phys(page), true);
		return 0;
	}
	flags |= FOLL_HWPOISON | FOLL_INTERRUPTIBLE | (write ? FOLL_WRITE : 0);
	nr = get_user_pages_unlocked(hva, 1, &page, flags);
	if (nr != 1)
		return nr < 0 ? nr : -EFAULT;
	fill(hp, page, page_to_phys(page), write);
	return 0;
}

/* Must hold the mmap lock. -EAGAIN: not mapped, or not for writing. */
static int follow_pfn_once(struct mm_struct *mm, unsigned long hva, bool write, bool may_write,
			   struct host_page *hp)
{
	struct follow_pfnmap_args args = { .vma = vma_lookup(mm, hva), .address = hva };
	bool writable;

	if (!args.vma || !(args.vma->vm_flags & (VM_IO | VM_PFNMAP)))
		return -EFAULT;
	if (follow_pfnmap_start(&args))
		return -EAGAIN;
	writable = args.writable;
	fill(hp, NULL, PFN_PHYS(args.pfn), writable && may_write);
	/* A driver that maps RAM this way gets the attributes that the kernel's own map has. */
	if (!page_is_ram(args.pfn))
		hp->prot |= args.vma->vm_flags & VM_ALLOW_ANY_UNCACHED ? S2PT_NC : S2PT_DEVICE;
	follow_pfnmap_end(&args);
	return write && !writable ? -EAGAIN : 0;
}

/*
 * Memory without struct page, such as a device's registers (VFIO). Nothing
 * holds it but the notifier, which a driver that unmaps it always reaches.
 */
static int get_pfn_at(struct mm_struct *mm, unsigned long hva, bool write, bool may_write,
		      struct host_page *hp)
{
	unsigned int fault_flags = write ? FAULT_FLAG_WRITE : 0;
	bool unlocked = false;
	int ret;

	mmap_read_lock(mm);
	ret = follow_pfn_once(mm, hva, write, may_write, hp);
	if (ret == -EAGAIN) {
		ret = fixup_user_fault(mm, hva, fault_flags, &unlocked);
		if (!ret)
			ret = follow_pfn_once(mm, hva, write, may_write, hp);
	}
	mmap_read_unlock(mm);
	return ret == -EAGAIN ? -EFAULT : ret;
}

int hostpage_get(struct mm_struct *mm, unsigned long hva, bool write, bool may_write,
		 struct host_page *hp)
{
	int ret = get_page_at(hva, write, may_write, hp);

	if (ret == -EFAULT)
		ret = get_pfn_at(mm, hva, write, may_write, hp);
	if (ret)
		return ret;
	hp->size = hp->page ? leaf_size(mm, hva, hp) : PAGE_SIZE;
	return 0;
}

void hostpage_put(struct host_page *hp)
{
	if (!hp->page)
		return;
	mark_page_accessed(hp->page);
	put_page(hp->page);
}
