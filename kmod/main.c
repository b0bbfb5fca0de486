// SPDX-License-Identifier: GPL-2.0
/*
 * The module's start and end, and what happens to the machine's CPUs meanwhile: hotplug, idle
 * states that lose EL2, reboot and kexec.
 */
#include <linux/cpu.h>
#include <linux/cpu_pm.h>
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <linux/reboot.h>

#include "armvirt.h"

bool av_shutting_down;

static enum cpuhp_state hp_state;

/* --- CPUs ------------------------------------------------------------------ */

static int host_cpu_online(unsigned int cpu)
{
	int ret;

	preempt_disable();
	ret = arch_cpu_up();
	if (!ret) {
		timer_host_cpu_up();
		vgic_host_cpu_up();
	}
	preempt_enable();
	return ret;
}

static int host_cpu_offline(unsigned int cpu)
{
	preempt_disable();
	vgic_host_cpu_down();
	timer_host_cpu_down();
	arch_cpu_down(NULL);
	preempt_enable();
	return 0;
}

/* An idle state may power the CPU down: it comes back with the stub at EL2. */
static int pm_event(struct notifier_block *nb, unsigned long event, void *unused)
{
	if (READ_ONCE(av_shutting_down))
		return NOTIFY_OK;
	switch (event) {
	case CPU_PM_ENTER:
		arch_cpu_down(NULL);
		break;
	case CPU_PM_ENTER_FAILED:
	case CPU_PM_EXIT:
		vgic_host_cpu_reset();
		if (arch_cpu_up())
			av_err("EL2 of CPU %d was lost in an idle state\n", smp_processor_id());
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block pm_notifier = { .notifier_call = pm_event };

/*
 * Reboot and kexec: the next kernel wants the stub.  The IPI ends every guest,
 * and none is entered again; run.c looks at the flag with interrupts off.
 */
static int reboot_event(struct notifier_block *nb, unsigned long event, void *unused)
{
	WRITE_ONCE(av_shutting_down, true);
	on_each_cpu(arch_cpu_down, NULL, 1);
	return NOTIFY_OK;
}

static struct notifier_block reboot_notifier = { .notifier_call = reboot_event };

/* --- start and end ----------------------------------------------------------- */

static int __init armvirt_init(void)
{
	int ret;

	/* The timer fails if the kernel uses the virtual one itself: then it has no EL2 to give. */
	ret = arch_host_check() ?: timer_host_init();
	if (ret)
		return ret;
	ret = arch_host_init();
	if (ret)
		goto exit_timer;
	ret = vgic_host_init();
	if (ret)
		goto exit_host;
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "armvirt:online", host_cpu_online, host_cpu_offline);
	if (ret < 0)
		goto exit_vgic;
	hp_state = ret;
	ret = cpu_pm_register_notifier(&pm_notifier);
	if (ret)
		goto remove_hp;
	ret = register_reboot_notifier(&reboot_notifier);
	if (ret)
		goto unregister_pm;
	smccc_init();
	ret = eventfd_init();
	if (ret)
		goto unregister_reboot;
	ret = dev_init();
	if (ret)
		goto exit_eventfd;
	av_info("EL2 taken, %s host, up to %u IPA bits, GICv%d\n",
		arch_host_is_vhe() ? "VHE" : "nVHE", arch_host_ipa_bits(),
		vgic_host_type() == ARMVIRT_DEV_TYPE_ARM_VGIC_V2 ? 2 : 3);
	return 0;

exit_eventfd:
	eventfd_exit();
unregister_reboot:
	unregister_reboot_notifier(&reboot_notifier);
unregister_pm:
	cpu_pm_unregister_notifier(&pm_notifier);
remove_hp:
	cpuhp_remove_state(hp_state);
exit_vgic:
	vgic_host_exit();
exit_host:
	arch_host_exit();
exit_timer:
	timer_host_exit();
	return ret;
}

static void __exit armvirt_exit(void)
{
	dev_exit();
	eventfd_exit();
	vcpu_kicks_end();
	unregister_reboot_notifier(&reboot_notifier);
	cpu_pm_unregister_notifier(&pm_notifier);
	cpuhp_remove_state(hp_state);
	vgic_host_exit();
	arch_host_exit();
	timer_host_exit();
	/* kfree_rcu() and call_rcu() callbacks may still point into the module. */
	rcu_barrier();
}

module_init(armvirt_init);
module_exit(armvirt_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A hypervisor for hosts that booted at EL2, with KVM's ABI");
