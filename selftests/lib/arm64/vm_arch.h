/* SPDX-License-Identifier: GPL-2.0 */
/* One-reg ids on arm64; see vm.h. */
#ifndef LIB_VM_ARCH_H
#define LIB_VM_ARCH_H

#define CORE_U64(name)	(ARMVIRT_REG_ARM64 | ARMVIRT_REG_SIZE_U64 | ARMVIRT_REG_ARM_CORE | \
			 ARMVIRT_REG_ARM_CORE_REG(name))
#define REG_X(n)	(CORE_U64(regs.regs[0]) + 2 * (n))
#define REG_NR_X	31
#define REG_SP		CORE_U64(regs.sp)
#define REG_PC		CORE_U64(regs.pc)
#define REG_PSTATE	CORE_U64(regs.pstate)
#define REG_MPIDR	ARMVIRT_ARM64_SYS_REG(3, 0, 0, 0, 5)
#define REG_SCTLR	ARMVIRT_ARM64_SYS_REG(3, 0, 1, 0, 0)
#define REG_CPACR	ARMVIRT_ARM64_SYS_REG(3, 0, 1, 0, 2)
#define REG_VBAR	ARMVIRT_ARM64_SYS_REG(3, 0, 12, 0, 0)

#define REG_ARCH	ARMVIRT_REG_ARM64
#define REG_LIST_LEAST	150		/* how long the list is at least */

#define PSTATE_RESET	0x3c5		/* EL1h, everything masked */

#endif
