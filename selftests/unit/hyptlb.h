/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kmod/arm64/hyp/tlb.c on the TLB model: the very sequences that EL2 executes, with
 * each instruction and register access going to the model instead of to a CPU.
 */
#ifndef HYPTLB_H
#define HYPTLB_H

#include "s2pt.h"

extern const struct s2pt_tlb hyptlb_nvhe, hyptlb_vhe;

#endif
