/* SPDX-License-Identifier: GPL-2.0 */
/* Time passes only as the test lets it: see cpu_relax(). */
#ifndef FAKE_LINUX_KTIME_H
#define FAKE_LINUX_KTIME_H

#include <linux/types.h>

typedef s64 ktime_t;

extern ktime_t fake_now;

#define ktime_get()		fake_now
#define ktime_add_ms(t, ms)	((t) + (ms))
#define ktime_before(a, b)	((a) < (b))

#endif
