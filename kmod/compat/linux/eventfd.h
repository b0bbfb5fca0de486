/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/eventfd.h>: eventfd_signal() lost its count in 6.8. */
#ifndef ARMVIRT_COMPAT_LINUX_EVENTFD_H
#define ARMVIRT_COMPAT_LINUX_EVENTFD_H

#include <linux/version.h>
#include_next <linux/eventfd.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define eventfd_signal(ctx)	eventfd_signal(ctx, 1)
#endif

#endif
