/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registers CTL and CVAL of the guest's virtual timer as the host reaches
 * them.  On a VHE host the plain names mean EL2's own virtual timer
 * (HCR_EL2.E2H redirects them), so the guest's has its _EL02 name there.
 *
 * A write needs an isb() before anything that depends on the timer's output.
 */
#ifndef ARMVIRT_ARM64_TIMER_REGS_H
#define ARMVIRT_ARM64_TIMER_REGS_H

#include <asm/barrier.h>
#include <asm/sysreg.h>
#include <asm/virt.h>

#define vtimer_hw_read(reg)						\
	(is_kernel_in_hyp_mode() ? read_sysreg_s(SYS_CNTV_##reg##_EL02)	\
				 : read_sysreg_s(SYS_CNTV_##reg##_EL0))

#define vtimer_hw_write(reg, val)					\
do {									\
	if (is_kernel_in_hyp_mode())					\
		write_sysreg_s(val, SYS_CNTV_##reg##_EL02);		\
	else								\
		write_sysreg_s(val, SYS_CNTV_##reg##_EL0);		\
} while (0)

#endif
