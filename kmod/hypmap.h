/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The EL2 (HYP) stage-1 map of a host whose kernel does not run there itself.
 * Virtual addresses equal physical ones, and only what is shared is mapped.
 */
#ifndef ARMVIRT_HYPMAP_H
#define ARMVIRT_HYPMAP_H

#include <linux/types.h>

int hypmap_init(void (*flush)(u64 va));	/* flush: forget one page at EL2, on all CPUs */
void hypmap_exit(void);			/* EL2 is given back on every CPU */
int hypmap_map(void *va, size_t size, unsigned int prot);	/* S2PT_R | S2PT_W or S2PT_X */
void hypmap_unmap(void *va, size_t size);
phys_addr_t hypmap_root(void);
u64 hypmap_tcr(void);			/* without the PS field */

#endif
