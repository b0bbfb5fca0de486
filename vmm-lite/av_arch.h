/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where hosts differ in how they show a vCPU: av_arm64.c on arm64, whose guests are 64-bit ones or,
 * by request, 32-bit ones; av_arm.c on ARMv7, where all are 32-bit. The Makefile picks the file.
 */
#ifndef VMM_AV_ARCH_H
#define VMM_AV_ARCH_H

#include "util.h"

/* A register, by the id under which the kernel knows it, and what it is to be. */
struct av_reg {
	u64 id;
	u64 value;
};

#define AV_BOOT_REGS	5

/* How uname's machine begins where this program can use /dev/armvirt. */
extern const char av_arch_machine[];
/* Guests are 32-bit ones without being asked for. */
extern const bool av_arch_only32;
/* Ids of the program counter and of MPIDR. */
extern const u64 av_arch_pc;
extern const u64 av_arch_mpidr;

/* Whether guests of this width can be had; @sys is the device node. */
bool av_arch_can(int sys, bool aarch32);
/* What VCPU_INIT is asked for, but for POWER_OFF. */
u32 av_arch_features(int sys, bool aarch32);
/* What the boot protocol wants of the first CPU; returns how many registers these are. */
unsigned int av_arch_boot(bool aarch32, u64 pc, u64 dtb, struct av_reg regs[AV_BOOT_REGS]);

/* Where arm kernels start: SVC mode, ARM state, asynchronous aborts, IRQ and FIQ masked. */
#define CPSR_BOOT	0x1d3

#endif /* VMM_AV_ARCH_H */
