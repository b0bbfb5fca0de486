/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The GIC for tests: gic_new() on the host makes one of the version the machine offers, the rest is
 * a driver for the guest that works alike for v2 and v3.
 */
#ifndef LIB_GIC_H
#define LIB_GIC_H

#include "vm.h"

#define GIC_NR_IRQS	128
#define SPURIOUS	1023
#define PPI_VTIMER	27
#define PPI_PTIMER	30

#define GICD_CTLR	0x000
#define GICD_TYPER	0x004
#define GICD_IGROUPR	0x080
#define GICD_ISENABLER	0x100
#define GICD_ICENABLER	0x180
#define GICD_ISPENDR	0x200
#define GICD_ICPENDR	0x280
#define GICD_ISACTIVER	0x300
#define GICD_ICACTIVER	0x380
#define GICD_IPRIORITYR	0x400
#define GICD_ITARGETSR	0x800
#define GICD_ICFGR	0xc00
#define GICD_SGIR	0xf00
#define GICD_IROUTER	0x6000
#define GICR_WAKER	0x0014
#define GICR_SGI_BASE	0x10000
#define GICR_STRIDE	0x20000

/* Host: a complete GIC for the vCPUs that exist; false if the machine offers none. */
bool gic_try(struct vm *vm);
/* gic_new - the same; skips the test without a GIC. */
void gic_new(struct vm *vm);
int gic_attr(int fd, unsigned long request, u32 group, u64 attr, void *addr);
/* gic_line - IRQ_LINE for an SPI or, with a vCPU, a PPI. */
int gic_spi(struct vm *vm, u32 intid, u32 level);
int gic_ppi(struct vm *vm, u32 vcpu, u32 intid, u32 level);

/* Guest. The version is that of the last gic_new(). */
extern volatile int gic_version;
void gic_init_dist(void);
void gic_init_cpu(void);
void gic_enable(u32 intid);
void gic_disable(u32 intid);
void gic_set_pending(u32 intid);
void gic_clear_pending(u32 intid);
bool gic_is_pending(u32 intid);
void gic_set_active(u32 intid);
void gic_clear_active(u32 intid);
bool gic_is_active(u32 intid);
void gic_set_priority(u32 intid, u8 priority);
void gic_set_edge(u32 intid, bool edge);
void gic_route(u32 intid, u32 cpu);
void gic_set_pmr(u8 priority);
void gic_set_eoimode(bool one);
u32 gic_ack(void);
void gic_eoi(u32 intid);
void gic_dir(u32 intid);
u8 gic_running_priority(void);
/* gic_sgi - to the vCPUs of a mask (vCPU n: affinity 0.0.0.n, n < 8). */
void gic_sgi(u32 intid, u32 mask);
void gic_sgi_all_but_self(u32 intid);
/* gic_intid - of what gic_ack() returned: GICv2 has the source of an SGI beside it. */
static inline u32 gic_intid(u32 iar)
{
	return iar & 0x3ff;
}

#endif
