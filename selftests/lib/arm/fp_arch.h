/* SPDX-License-Identifier: GPL-2.0 */
/* The FP registers on 32-bit ARM, of VFP and NEON with d0-d31; see fp.h. */
#ifndef LIB_FP_ARCH_H
#define LIB_FP_ARCH_H

#define FP_NR_REGS	33		/* d0-d31, FPSCR */

/* fp_reg - the one-reg id of the n-th, with what fp_fill() leaves there. */
static inline u64 fp_reg(u64 seed, int n, u64 value[2])
{
	const u64 vfp = ARMVIRT_REG_ARM | ARMVIRT_REG_ARM_VFP;
	u32 low = seed + n, high = ~low ^ seed >> 32;

	value[1] = 0;
	if (n < 32) {
		value[0] = (u64)high << 32 | low;
		return vfp | ARMVIRT_REG_SIZE_U64 | n;
	}
	value[0] = (seed & 0x1f) | (seed >> 5 & 3) << 22 | (seed >> 7 & 0xf) << 28;
	return vfp | ARMVIRT_REG_SIZE_U32 | ARMVIRT_REG_ARM_VFP_FPSCR;
}

/* In how many ways a guest can forbid itself their use: FPEXC.EN and, of CPACR, two. */
#define FP_SWITCHES	3

/*
 * By CPACR allowed to PL1 only, or but for d16-d31 and advanced SIMD (D32DIS, ASEDIS), which is not
 * what HYP needs while it loads them.
 */
static inline void fp_switch(int way, bool on)
{
	if (way == 0)
		cp_write(10, 7, c8, c0, 0, on ? 1 << 30 : 0);
	else if (way == 1)
		cp_write(15, 0, c1, c0, 2, on ? 5 << 20 : 0);
	else
		cp_write(15, 0, c1, c0, 2, on ? 5 << 20 : 3U << 30 | 5 << 20);
	isb();
}

/* Does fp_touch() fault then? */
static inline bool fp_switch_faults(int way)
{
	return way < 2;
}

static inline u64 fp_switch_read(int way)
{
	return way == 0 ? cp_read(10, 7, c8, c0, 0) : cp_read(15, 0, c1, c0, 2);
}

/* fp_touch - an instruction that uses one and changes none. */
static inline void fp_touch(void)
{
	u32 v;

	asm volatile(".fpu vfpv3\n\tvmov %0, s0" : "=r" (v));
}

#endif
