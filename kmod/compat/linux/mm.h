/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/mm.h> as of 6.12: what the core uses of it and older kernels lack. */
#ifndef ARMVIRT_COMPAT_LINUX_MM_H
#define ARMVIRT_COMPAT_LINUX_MM_H

#include <linux/version.h>
#include_next <linux/mm.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
/* A page could not both be charged to a cgroup and be mapped in user space, nor be split. */
#define GFP_KERNEL_ACCOUNT_MAPPED	GFP_KERNEL
#else
#define GFP_KERNEL_ACCOUNT_MAPPED	GFP_KERNEL_ACCOUNT
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
/* Waits for user faults there end only for fatal signals. */
#define FOLL_INTERRUPTIBLE	0
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
/* What all users of pages did then. */
#define FOLL_HONOR_NUMA_FAULT	0
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define VM_ALLOW_ANY_UNCACHED	VM_NONE
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define follow_pte(vma, ...)	follow_pte((vma)->vm_mm, __VA_ARGS__)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
#define vma_lookup(mm, addr)	find_vma_intersection(mm, addr, (addr) + 1)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
struct follow_pfnmap_args {
	struct vm_area_struct *vma;
	unsigned long address;
	unsigned long pfn;
	bool writable;
	spinlock_t *lock;
	pte_t *ptep;
};

static inline int follow_pfnmap_start(struct follow_pfnmap_args *args)
{
	int ret = follow_pte(args->vma, args->address, &args->ptep, &args->lock);

	if (ret)
		return ret;
	__acquire(args->lock);
	args->pfn = pte_pfn(*args->ptep);
	args->writable = pte_write(*args->ptep);
	return 0;
}

/* A macro: 32-bit kernels need <linux/highmem.h> for it, which cannot be included by this file. */
#define follow_pfnmap_end(args)	pte_unmap_unlock((args)->ptep, (args)->lock)
#endif

#endif
