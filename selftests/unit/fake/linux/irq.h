/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAKE_LINUX_IRQ_H
#define FAKE_LINUX_IRQ_H

#include <linux/types.h>

#define IRQCHIP_STATE_ACTIVE	1

int irq_set_irqchip_state(unsigned int irq, int which, bool state);

#endif
