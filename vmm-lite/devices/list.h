/* SPDX-License-Identifier: GPL-2.0 */
/* The device classes there are, one line each: what machine.c can put on the board. */
#ifndef VMM_DEVICES_LIST_H
#define VMM_DEVICES_LIST_H

#include "vmm.h"

extern const struct dev_class uart_class;
extern const struct dev_class rtc_class;

#endif /* VMM_DEVICES_LIST_H */
