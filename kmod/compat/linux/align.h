/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/align.h> came with 5.11; before, its macros were in <linux/kernel.h>. */
#ifndef ARMVIRT_COMPAT_ALIGN_H
#define ARMVIRT_COMPAT_ALIGN_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#include <linux/kernel.h>
#else
#include_next <linux/align.h>
#endif

#endif
