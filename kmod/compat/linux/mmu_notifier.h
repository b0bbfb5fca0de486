/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/mmu_notifier.h>: what asks for the young bit returned int before it did bool. */
#ifndef ARMVIRT_COMPAT_LINUX_MMU_NOTIFIER_H
#define ARMVIRT_COMPAT_LINUX_MMU_NOTIFIER_H

#include_next <linux/mmu_notifier.h>

typedef typeof(((struct mmu_notifier_ops *)0)->test_young(NULL, NULL, 0)) mmu_young_t;

#endif
