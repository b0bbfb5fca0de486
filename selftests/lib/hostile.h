/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guests that may lose themselves in any way: the host side of their tests, which wants nothing but
 * that RUN returns, on a signal at the latest, and that the next VM works.
 */
#ifndef LIB_HOSTILE_H
#define LIB_HOSTILE_H

#include "vm.h"

/* hostile_kicks - a signal to this process every so many microseconds, which ends a RUN. */
void hostile_kicks(unsigned int us);
/* hostile_lost - runs fn(arg), which doesn't come back. */
void hostile_lost(void (*fn)(u64), u64 arg);
/* hostile_no_syndrome - fn(0) to fn(n - 1) each access MMIO in a way that the CPU doesn't describe. */
void hostile_no_syndrome(void (*fn)(u64), int n);
/* hostile_still_works - an ordinary VM. */
void hostile_still_works(void);

#define HOSTILE_SLOT	(TEST_SLOT + 1)
#define HOSTILE_SIZE	0x10000

/**
 * struct hostile_code - what a guest of random instructions is made of
 * @word:	one word of such code
 * @pstate:	state that it begins in, its condition flags are random
 * @features:	of VCPU_INIT
 * @stacks:	if set, points the stack pointers that aren't among REG_X() there
 * @check:	if set, looks at the vCPU after each round
 */
struct hostile_code {
	u32 (*word)(struct rnd *r);
	u64 pstate;
	u32 features;
	void (*stacks)(struct vcpu *v, u64 top);
	void (*check)(struct vcpu *v);
};

/*
 * hostile_random - fills memory at TEST_GPA, vectors included, with such words, and starts the vCPU
 * somewhere in it, for some thousand times or seconds.
 */
void hostile_random(struct vcpu *v, const struct hostile_code *c);

/* Words of A32 and T32 code: any, and more often than others those that touch the system. */
u32 random_a32(struct rnd *r);
u32 random_t32(struct rnd *r);

#endif
