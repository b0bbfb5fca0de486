/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VM's VMID, as struct av_vm has it.
 */
#ifndef ARMVIRT_VMID_H
#define ARMVIRT_VMID_H

#include <linux/percpu.h>
#include <linux/types.h>

struct av_vm;
struct av_vcpu;

/**
 * struct vmid - what vmid.c keeps in every VM
 * @id: valid while @gen is the allocator's generation
 * @gen: the generation in which @id was given
 * @last_vcpu: index of the VM's vCPU that the CPU ran last, or -1
 */
struct vmid {
	u32 id;
	unsigned long gen;
	int __percpu *last_vcpu;
};

u64 vmid_vttbr(struct av_vm *vm);		/* the last VMID it was given */
void vmid_switch_vcpu(struct av_vcpu *vcpu);	/* loaded on this CPU: drop what others left */

#endif
