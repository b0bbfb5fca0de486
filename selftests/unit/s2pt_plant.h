/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What s2pt is given in the tests: the model's memory, and invalidation written
 * as the sequence of instructions that kmod's EL2 code must execute. With a
 * plant one of the two is wrong in one way; the test of the test is that
 * each of these is noticed.
 */
#ifndef S2PT_PLANT_H
#define S2PT_PLANT_H

#include "s2pt_world.h"

extern const char *const plant_name[PLANT_NR];

void plant_start(enum plant plant, const struct tlbmodel_config *cfg);
const struct s2pt_tlb *plant_tlb(void);
void plant_return(void);		/* an operation returns */

#endif
