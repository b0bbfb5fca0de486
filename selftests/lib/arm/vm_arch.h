/* SPDX-License-Identifier: GPL-2.0 */
/* One-reg ids on 32-bit ARM; see vm.h. */
#ifndef LIB_VM_ARCH_H
#define LIB_VM_ARCH_H

#define CORE_U32(name)	(ARMVIRT_REG_ARM | ARMVIRT_REG_SIZE_U32 | ARMVIRT_REG_ARM_CORE | \
			 ARMVIRT_REG_ARM_CORE_REG(name))
#define REG_X(n)	(CORE_U32(usr_regs) + (n))
#define REG_NR_X	15
#define REG_SP		CORE_U32(svc_regs)
#define REG_PC		REG_X(15)
#define REG_PSTATE	REG_X(16)
#define REG_MPIDR	ARMVIRT_ARM_CP15_REG32(0, 0, 0, 5)
#define REG_SCTLR	ARMVIRT_ARM_CP15_REG32(0, 1, 0, 0)
#define REG_CPACR	ARMVIRT_ARM_CP15_REG32(0, 1, 0, 2)
#define REG_VBAR	ARMVIRT_ARM_CP15_REG32(0, 12, 0, 0)

#define REG_ARCH	ARMVIRT_REG_ARM
#define REG_LIST_LEAST	100		/* how long the list is at least */

#define PSTATE_RESET	0x1d3		/* Supervisor mode, everything masked */

#endif
