/* SPDX-License-Identifier: GPL-2.0 */
/* The types of SYSTEM_RESET2 have names since 5.18. */
#ifndef ARMVIRT_COMPAT_PSCI_H
#define ARMVIRT_COMPAT_PSCI_H

#include_next <uapi/linux/psci.h>

#ifndef PSCI_1_1_RESET_TYPE_VENDOR_START
#define PSCI_1_1_RESET_TYPE_SYSTEM_WARM_RESET	0
#define PSCI_1_1_RESET_TYPE_VENDOR_START	0x80000000U
#endif

#endif
