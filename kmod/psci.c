// SPDX-License-Identifier: GPL-2.0
/*
 * PSCI as the guest's firmware would play it (ARM DEN0022): it only changes power states and leaves
 * requests, on which run.c acts.  Which calls come here is smccc.c's decision.  vcpu->mp_lock
 * protects the power state and the entry point; two vCPUs' locks are never held together.
 */
#include <linux/arm-smccc.h>
#include <linux/bitops.h>
#include <uapi/linux/psci.h>

#include "armvirt.h"

/* Major << 16 | minor. */
enum { V0_1 = 0x00001, V0_2 = 0x00002, V1_0 = 0x10000, V1_1 = 0x10001 };

/* Aff3..Aff0 as MPIDR_EL1 has them. */
#define AFFINITY_BITS		0xff00ffffffULL
#define AFFINITY_MAX_LEVEL	3

#define RESET_TYPE_VENDOR	BIT(31)	/* of SYSTEM_RESET2; of the others only 0 is defined */

#define NR_ARGS			3
#define NR_FN_IDS		0x20	/* reserved for PSCI (DEN0028, table 6-4) */

u32 psci_version(struct av_vcpu *vcpu)
{
	if (!(vcpu->features & BIT(ARMVIRT_ARM_VCPU_PSCI_0_2)))
		return V0_1;
	/* User space can choose an older one, so that a migrated guest sees no change. */
	return vcpu->vm->fw_psci_version ?: V1_1;
}

/* --- calls: they return what goes to x0 ----------------------------------- */

static long call_version(struct av_vcpu *vcpu, u32 fn, const u64 *args)
{
	return psci_version(vcpu);
}

/* PSCI lets an implementation return early: any state is a standby state, which ends here. */
static long call_cpu_suspend(struct av_vcpu *vcpu, u32 fn, const u64 *args)
{
	run_block(vcpu);
	return PSCI_RET_SUCCESS;
}

static void stop(struct av_vcpu *vcpu)
{
	vcpu_set_power(vcpu, ARMVIRT_MP_STATE_STOPPED);
	vcpu_request(vcpu, VCPU_REQ_STOP);
}

static long call_cpu_off(struct av_vcpu *vcpu, u32 fn, const u64 *args)
{
	stop(vcpu);
	return PSCI_RET_SUCCESS;	/* seen by nobody */
}

static long call_cpu_on(struct av_vcpu *vcpu, u32 fn, const u64 *args)
{
	struct av_vcpu *target = vcpu_by_mpidr(vcpu->vm, args[0]);

	/* Without VCPU_INIT there is nothing that could be reset. */
	if (!target || !READ_ONCE(target->inited))
		return PSCI_RET_INVALID_PARAMS;
	spin_lock(&target->mp_lock);
	if (target->mp_state != ARMVIRT_MP_STATE_STOPPED) {
		spin_unlock(&target->mp_lock);
		return psci_version(vcpu) == V0_1 ? PSCI_RET_INVALID_PARAMS : PSCI_RET_ALREADY_ON;
	}
	target->reset_state.pc = args[1];
	target->reset_state.r0 = args[2];
	/* It starts with the endianness of the vCPU that turned it on (DEN0022, 6.4). */
	target->reset_state.be = arch_vcpu_big_endian(vcpu);
	set_bit(VCPU_REQ_RESET, &target->requests);
	/* The target reads mp_state without the lock: runnable implies the request. */
	smp_wmb();
	WRITE_ONCE(target->mp_state, ARMVIRT_MP_STATE_RUNNABLE);
	spin_unlock(&target->mp_lock);
	vcpu_kick(target);
	return PSCI_RET_SUCCESS;
}

static long call_affinity_info(struct av_vcpu *vcpu, u32 fn, const u64 *args)
{
	long ret = PSCI_RET_INVALID_PARAMS;
	struct av_vcpu *other;
	unsigned int i;
	u64 mask;

	if (args[1] > AFFINITY_MAX_LEVEL || args[0] & ~AFFINITY_BITS)
		return ret;
	/* Fields below the level are ignored; Aff3 lies 8 bits apart from the others. */
	mask = AFFINITY_BITS & (~0ULL << (8 * args[1]));
	vm_for_each_vcpu(i, other, vcpu->vm) {
		if ((arch_mpidr(other) ^ args[0]) & mask)
			continue;
		if (READ_ONCE(other->mp_state) != ARMVIRT_MP_STATE_STOPPED)
			return PSCI_0_2_AFFINITY_LEVEL_ON;
		ret = PSCI_0_2_AFFINITY_LEVEL_OFF;
	}
	return ret;
}

static long call_migrate_info_type(struct av_vcpu *vcpu, u32 fn, const u64 *args)
{
	return PSCI_0_2_TOS_MP;		/* no trusted OS that would have to move */
}

/* Stops the machine and leaves the rest to user space; INTERNAL_FAILURE says so to psci_call(). */
static long call_system_event(struct av_vcpu *vcpu, u32 fn, const u64 *args)
{
	bool reset2 = (fn & ~PSCI_0_2_64BIT) == PSCI_1_1_FN_SYSTEM_RESET2;
	struct armvirt_run *run = vcpu->run;
	struct av_vcpu *other;
	unsigned int i;

	if (reset2 && (u32)args[0] && !(args[0] & RESET_TYPE_VENDOR))
		return PSCI_RET_INVALID_PARAMS;
	vm_for_each_vcpu(i, other, vcpu->vm)
		stop(other);
	memset(&run->system_event, 0, sizeof(run->system_event));
	run->exit_reason = ARMVIRT_EXIT_SYSTEM_EVENT;
	run->system_event.type = fn == PSCI_0_2_FN_SYSTEM_OFF ? ARMVIRT_SYSTEM_EVENT_SHUTDOWN :
								ARMVIRT_SYSTEM_EVENT_RESET;
	run->system_event.ndata = 1;
	run->system_event.data[0] = reset2 ? ARMVIRT_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2 : 0;
	return PSCI_RET_INTERNAL_FAILURE;
}

static long call_features(struct av_vcpu *vcpu, u32 fn, const u64 *args);

/* --- dispatch ------------------------------------------------------------- */

#define WIDE	PSCI_0_2_64BIT	/* there is a 64-bit id, too */

/* Version 0.1 has its own ids, which are whatever the device tree says: these are KVM's. */
static const struct psci_fn {
	u32 id;
	u32 wide;
	u32 since;
	long (*call)(struct av_vcpu *vcpu, u32 fn, const u64 *args);
} functions[] = {
	{ ARMVIRT_PSCI_FN_CPU_OFF,	 0,    V0_1, call_cpu_off },
	{ ARMVIRT_PSCI_FN_CPU_ON,	 0,    V0_1, call_cpu_on },
	{ PSCI_0_2_FN_PSCI_VERSION,	 0,    V0_2, call_version },
	{ PSCI_0_2_FN_CPU_SUSPEND,	 WIDE, V0_2, call_cpu_suspend },
	{ PSCI_0_2_FN_CPU_OFF,		 0,    V0_2, call_cpu_off },
	{ PSCI_0_2_FN_CPU_ON,		 WIDE, V0_2, call_cpu_on },
	{ PSCI_0_2_FN_AFFINITY_INFO,	 WIDE, V0_2, call_affinity_info },
	{ PSCI_0_2_FN_MIGRATE_INFO_TYPE, 0,    V0_2, call_migrate_info_type },
	{ PSCI_0_2_FN_SYSTEM_OFF,	 0,    V0_2, call_system_event },
	{ PSCI_0_2_FN_SYSTEM_RESET,	 0,    V0_2, call_system_event },
	{ PSCI_1_0_FN_PSCI_FEATURES,	 0,    V1_0, call_features },
	{ PSCI_1_1_FN_SYSTEM_RESET2,	 WIDE, V1_1, call_system_event },
};

static const struct psci_fn *find_function(struct av_vcpu *vcpu, u32 fn)
{
	u32 version = psci_version(vcpu);
	const struct psci_fn *f;

	if (fn & PSCI_0_2_64BIT && version != V0_1 && arch_vcpu_narrow(vcpu))
		return NULL;
	for (f = functions; f < functions + ARRAY_SIZE(functions); f++)
		if ((fn & ~f->wide) == f->id &&
		    (f->since == V0_1 ? version == V0_1 : version >= f->since))
			return f;
	return NULL;
}

static long call_features(struct av_vcpu *vcpu, u32 fn, const u64 *args)
{
	/* The SMCCC's version is how a guest learns that there is SMCCC 1.1 at all. */
	return (u32)args[0] == ARM_SMCCC_VERSION_FUNC_ID || find_function(vcpu, args[0]) ?
	       PSCI_RET_SUCCESS : PSCI_RET_NOT_SUPPORTED;
}

bool psci_owns(u32 fn)
{
	u32 narrow = fn & ~PSCI_0_2_64BIT;

	return (fn >= ARMVIRT_PSCI_FN_BASE && fn <= ARMVIRT_PSCI_FN_MIGRATE) ||
	       (narrow >= PSCI_0_2_FN_BASE && narrow < PSCI_0_2_FN(NR_FN_IDS));
}

int psci_call(struct av_vcpu *vcpu, u32 fn)
{
	const struct psci_fn *f = find_function(vcpu, fn);
	bool narrow = !(fn & PSCI_0_2_64BIT) && psci_version(vcpu) != V0_1;
	u64 args[NR_ARGS];
	long ret;
	int i;

	for (i = 0; i < NR_ARGS; i++) {
		args[i] = arch_reg(vcpu, i + 1);
		/* A 32-bit call has its arguments in W registers (DEN0028, 3.1). */
		if (narrow)
			args[i] = lower_32_bits(args[i]);
	}
	ret = f ? f->call(vcpu, fn, args) : PSCI_RET_NOT_SUPPORTED;
	arch_set_reg(vcpu, 0, ret);
	for (i = 1; i <= NR_ARGS; i++)
		arch_set_reg(vcpu, i, 0);
	/* This one is seen by the guest only if user space lets it continue. */
	return ret != PSCI_RET_INTERNAL_FAILURE;
}

void psci_apply_reset(struct av_vcpu *vcpu)
{
	struct vcpu_reset_state state;

	spin_lock(&vcpu->mp_lock);
	clear_bit(VCPU_REQ_RESET, &vcpu->requests);
	state = vcpu->reset_state;
	spin_unlock(&vcpu->mp_lock);
	arch_vcpu_reset(vcpu);
	timer_vcpu_reset(vcpu);
	arch_vcpu_set_entry(vcpu, state.pc, state.r0, state.be);
}
