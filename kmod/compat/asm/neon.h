/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernels before 6.19, and 32-bit ones up to now, keep the buffer for an interrupted use of NEON to
 * themselves; newer arm64 ones take it from the caller.
 */
#ifndef ARMVIRT_COMPAT_NEON_H
#define ARMVIRT_COMPAT_NEON_H

#include_next <asm/neon.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0) || defined(CONFIG_ARM)
#define kernel_neon_begin(state)	do { (void)(state); kernel_neon_begin(); } while (0)
#define kernel_neon_end(state)		do { (void)(state); kernel_neon_end(); } while (0)
#endif

#endif
