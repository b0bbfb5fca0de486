/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/wait.h>: add_wait_queue_priority() came with 5.11. */
#ifndef ARMVIRT_COMPAT_LINUX_WAIT_H
#define ARMVIRT_COMPAT_LINUX_WAIT_H

#include <linux/version.h>
#include_next <linux/wait.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
/* Who reads the eventfd besides us may see an event first; we don't depend on the count. */
#define add_wait_queue_priority(head, entry)	add_wait_queue(head, entry)
#endif

#endif
