/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registers CTL and CVAL of the guest's virtual timer, which are the host's own names for it:
 * a host that was started in HYP mode keeps its time by the physical timer.
 *
 * A write needs an isb() before anything that depends on the timer's output.
 */
#ifndef ARMVIRT_ARM_TIMER_REGS_H
#define ARMVIRT_ARM_TIMER_REGS_H

#include <linux/types.h>

#include <asm/barrier.h>

static inline u32 vtimer_read_CTL(void)
{
	u32 val;

	asm volatile("mrc p15, 0, %0, c14, c3, 1" : "=r" (val));
	return val;
}

static inline u64 vtimer_read_CVAL(void)
{
	u64 val;

	asm volatile("mrrc p15, 3, %Q0, %R0, c14" : "=r" (val));
	return val;
}

static inline void vtimer_write_CTL(u32 val)
{
	asm volatile("mcr p15, 0, %0, c14, c3, 1" : : "r" (val));
}

static inline void vtimer_write_CVAL(u64 val)
{
	asm volatile("mcrr p15, 3, %Q0, %R0, c14" : : "r" (val));
}

#define vtimer_hw_read(reg)		vtimer_read_##reg()
#define vtimer_hw_write(reg, val)	vtimer_write_##reg(val)

#endif
