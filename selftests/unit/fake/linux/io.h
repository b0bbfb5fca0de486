/* SPDX-License-Identifier: GPL-2.0 */
/* MMIO goes to the test, which knows what device is there. */
#ifndef FAKE_LINUX_IO_H
#define FAKE_LINUX_IO_H

#include <linux/types.h>

u32 fake_readl(const volatile void *addr);
void fake_writel(u32 val, volatile void *addr);

#define readl_relaxed(addr)		fake_readl(addr)
#define writel_relaxed(val, addr)	fake_writel(val, addr)

#endif
