/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One-reg: what onereg.c wants of an architecture's regs.c, and what it offers to it.
 */
#ifndef ARMVIRT_ONEREG_H
#define ARMVIRT_ONEREG_H

#include <linux/types.h>

struct av_vcpu;

/* A list of ids for user space; without @ids it is only counted. */
struct reg_list {
	u64 __user *ids;
	unsigned long nr;
	bool fault;
};

void reg_list_add(struct reg_list *list, u64 id);

/* What an id has beside architecture, size and class. */
u32 onereg_place(u64 id);

/*
 * Registers that are kept as user space sees them (class CORE, and VFP on ARMv7): where @id's is,
 * and how many bytes it has; NULL if there is none.
 */
void *onereg_core(struct av_vcpu *vcpu, u64 id, unsigned int *size);
int onereg_check_core(struct av_vcpu *vcpu, void *where, void *val);	/* may adjust *val */
void onereg_list_core(struct av_vcpu *vcpu, struct reg_list *list);

#endif
