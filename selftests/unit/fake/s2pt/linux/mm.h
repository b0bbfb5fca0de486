/* SPDX-License-Identifier: GPL-2.0 */
/* Pages; their order is their size here, since the tests have smaller ones. */
#ifndef FAKE_LINUX_MM_H
#define FAKE_LINUX_MM_H

#include "s2pt_mem.h"

#define GFP_KERNEL_ACCOUNT	0
#define __GFP_ZERO		0
#define get_order(size)		(size)
#define __get_free_pages(gfp, order)	((unsigned long)s2pt_mem->alloc(order))
#define free_pages(addr, order)	s2pt_mem->free((void *)(addr), order)
#define virt_to_phys(p)		s2pt_mem->to_pa(p)
#define phys_to_virt(pa)	s2pt_mem->to_va(pa)

#endif
