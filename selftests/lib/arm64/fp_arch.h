/* SPDX-License-Identifier: GPL-2.0 */
/* The FP registers on arm64; see fp.h. */
#ifndef LIB_FP_ARCH_H
#define LIB_FP_ARCH_H

#define FP_NR_REGS	34		/* q0-q31, FPSR, FPCR */

/* fp_reg - the one-reg id of the n-th, with what fp_fill() leaves there. */
static inline u64 fp_reg(u64 seed, int n, u64 value[2])
{
	const u64 core = ARMVIRT_REG_ARM64 | ARMVIRT_REG_ARM_CORE;

	value[0] = n < 32 ? seed + n : n == 32 ? seed & 0x1f : (seed >> 5 & 3) << 22;
	value[1] = n < 32 ? ~(seed + n) : 0;
	if (n < 32)
		return core | ARMVIRT_REG_SIZE_U128 |
		       (ARMVIRT_REG_ARM_CORE_REG(fp_regs.vregs[0]) + 4 * n);
	return core | ARMVIRT_REG_SIZE_U32 |
	       (ARMVIRT_REG_ARM_CORE_REG(fp_regs.fpsr) + n - 32);
}

/* In how many ways a guest can forbid itself their use. */
#define FP_SWITCHES	1

/* Allowed to EL1 only, which is not what EL2 needs while it loads them. */
static inline void fp_switch(int way, bool on)
{
	sysreg_write(cpacr_el1, on ? 1 << 20 : 0);
	isb();
}

static inline bool fp_switch_faults(int way)
{
	return true;
}

static inline u64 fp_switch_read(int way)
{
	return sysreg_read(cpacr_el1);
}

/* fp_touch - an instruction that uses one and changes none. */
static inline void fp_touch(void)
{
	u64 v;

	asm volatile(".arch_extension fp\n\tfmov %0, d0" : "=r" (v));
}

#endif
