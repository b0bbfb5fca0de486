/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Table memory as s2pt sees it in the tests: fake/s2pt/ sends what the walker asks of the kernel
 * here, and s2pt_plant.c answers with the TLB model's memory, as it is or with a fault.
 */
#ifndef S2PT_MEM_H
#define S2PT_MEM_H

#include <linux/types.h>

enum s2pt_barrier {
	S2PT_DMB_ISHST,
	S2PT_DSB_ISHST,
};

struct s2pt_mem {
	void *(*alloc)(size_t size);
	void (*free)(void *table, size_t size);
	phys_addr_t (*to_pa)(const void *table);
	void *(*to_va)(phys_addr_t pa);
	u64 (*read)(const u64 *p);
	void (*write)(u64 *p, u64 val);
	u64 (*cas)(u64 *p, u64 old, u64 new);
	void (*order)(enum s2pt_barrier b);
};

extern const struct s2pt_mem *s2pt_mem;

#endif
