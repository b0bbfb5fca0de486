/* SPDX-License-Identifier: GPL-2.0 */
/* The list of a vCPU's one-reg registers, for tests of it; its content is each architecture's. */
#ifndef LIB_ONEREG_H
#define LIB_ONEREG_H

#include "vm.h"

#define REG_LIST_MAX	2048
/* The largest register. */
#define REG_MAX_U64S	32

/* The last list that was asked for: how many, and their ids. */
extern u64 reg_list[REG_LIST_MAX + 1];

/* onereg_vcpu - a vCPU as VCPU_INIT leaves it, in a VM without memory. */
struct vcpu *onereg_vcpu(struct vm **vm);
/* onereg_list - GET_REG_LIST to reg_list; returns how many there are. */
u64 onereg_list(struct vcpu *v);
bool onereg_listed(u64 id);
/* onereg_expect_listed - fails the test for each that the list of a new vCPU doesn't have. */
void onereg_expect_listed(const u64 *ids, int n);

#endif
