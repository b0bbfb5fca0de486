/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registers of the virtual timer as the host reaches them, and the counter.
 * timer.c is the only user.  Nothing here knows about a vCPU.
 *
 * On a VHE host the plain names mean EL2's own virtual timer (HCR_EL2.E2H
 * redirects them), so the guest's is reached by its _EL02 name.
 */
#ifndef ARMVIRT_ARM64_TIMER_REGS_H
#define ARMVIRT_ARM64_TIMER_REGS_H

#include <linux/types.h>

#include <asm/arch_timer.h>
#include <asm/barrier.h>
#include <asm/sysreg.h>
#include <asm/virt.h>

static inline u32 vtimer_hw_ctl(void)
{
	if (is_kernel_in_hyp_mode())
		return read_sysreg_s(SYS_CNTV_CTL_EL02);
	return read_sysreg(cntv_ctl_el0);
}

static inline void vtimer_hw_set_ctl(u32 ctl)
{
	if (is_kernel_in_hyp_mode())
		write_sysreg_s(ctl, SYS_CNTV_CTL_EL02);
	else
		write_sysreg(ctl, cntv_ctl_el0);
	/* The output of the timer must have followed before anything that depends on it. */
	isb();
}

static inline u64 vtimer_hw_cval(void)
{
	if (is_kernel_in_hyp_mode())
		return read_sysreg_s(SYS_CNTV_CVAL_EL02);
	return read_sysreg(cntv_cval_el0);
}

/* Needs an isb() before the timer is enabled. */
static inline void vtimer_hw_set_cval(u64 cval)
{
	if (is_kernel_in_hyp_mode())
		write_sysreg_s(cval, SYS_CNTV_CVAL_EL02);
	else
		write_sysreg(cval, cntv_cval_el0);
}

/*
 * The physical counter, with the workarounds of the host's timer driver: a
 * kernel that booted at EL2 points this at CNTPCT, whichever EL it runs at.
 */
static inline u64 timer_hw_count(void)
{
	return arch_timer_read_counter();
}

static inline u32 timer_hw_freq(void)
{
	return arch_timer_get_cntfrq();
}

#endif
