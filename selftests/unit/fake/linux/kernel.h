/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAKE_LINUX_KERNEL_H
#define FAKE_LINUX_KERNEL_H

#include <linux/types.h>

#define lower_32_bits(n)	((u32)((n) & 0xffffffff))
#define upper_32_bits(n)	((u32)((u64)(n) >> 32))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#endif
