/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The FP registers, for host and guest alike: a pattern that follows from a seed in all of them, and
 * what else tests do with them. In assembly (ARCH/fp.S), because the rest of a test program is
 * compiled to keep away from them.
 */
#ifndef LIB_FP_H
#define LIB_FP_H

#include "vm.h"

/* fp_fill - the pattern into all data registers, part of it into those of status and control. */
void fp_fill(u64 seed);
/* fp_check - how many are not as fp_fill() left them; sets control to its default. */
u64 fp_check(u64 seed);
/* fp_any - not zero if any bit of any of them is set. */
u64 fp_any(void);

#include "fp_arch.h"	/* fp_reg(), and for guests fp_switch..(), fp_touch() */

#endif
