// SPDX-License-Identifier: GPL-2.0
/*
 * PSCI as the guest's firmware would play it (ARM DEN0022): turning vCPUs on
 * and off, and the machine off.  It only changes power states and leaves
 * requests; run.c acts on them.  Which calls come here is smccc.c's decision.
 *
 * vcpu->mp_lock protects the power state and the entry point; two vCPUs' locks
 * are never held together.
 */
#include <linux/arm-smccc.h>
#include <linux/bitops.h>
#include <uapi/linux/psci.h>

#include "armvirt.h"

#define VERSION(major, minor)	((major) << PSCI_VERSION_MAJOR_SHIFT | (minor))
#define V0_1			VERSION(0, 1)
#define V0_2			VERSION(0, 2)
#define V1_0			VERSION(1, 0)
#define V1_1			VERSION(1, 1)

/* Aff3..Aff0 as MPIDR_EL1 has them. */
#define AFFINITY_BITS		0xff00ffffffULL
#define AFFINITY_MAX_LEVEL	3

#define NR_ARGS			3
#define NR_FN_IDS		0x20	/* reserved for PSCI (DEN0028, table 6-4) */

/**
 * struct psci_fn - one function
 * @id: its 32-bit id
 * @wide: there is a 64-bit id, too
 * @since: first version that has it
 * @call: returns what psci_call() does; *@ret, preset to NOT_SUPPORTED, goes to x0
 */
struct psci_fn {
	u32 id;
	bool wide;
	u32 since;
	int (*call)(struct av_vcpu *vcpu, const u64 *args, long *ret);
};

u32 psci_version(struct av_vcpu *vcpu)
{
	if (!(vcpu->features & BIT(ARMVIRT_ARM_VCPU_PSCI_0_2)))
		return V0_1;
	/* User space can choose an older one, so that a migrated guest sees no change. */
	return vcpu->vm->arch.fw_psci_version ?: V1_1;
}

static void set_mp_state(struct av_vcpu *vcpu, u32 state)
{
	spin_lock(&vcpu->mp_lock);
	WRITE_ONCE(vcpu->mp_state, state);
	spin_unlock(&vcpu->mp_lock);
}

static int call_version(struct av_vcpu *vcpu, const u64 *args, long *ret)
{
	*ret = psci_version(vcpu);
	return 1;
}

static int call_cpu_suspend(struct av_vcpu *vcpu, const u64 *args, long *ret)
{
	/*
	 * Any state is treated as a standby state, from which the caller
	 * continues after the call: PSCI lets an implementation return early.
	 */
	run_block(vcpu);
	*ret = PSCI_RET_SUCCESS;
	return 1;
}

static int call_cpu_off(struct av_vcpu *vcpu, const u64 *args, long *ret)
{
	set_mp_state(vcpu, ARMVIRT_MP_STATE_STOPPED);
	vcpu_request(vcpu, VCPU_REQ_STOP);
	*ret = PSCI_RET_SUCCESS;	/* seen by nobody */
	return 1;
}

/* Must hold target->mp_lock. */
static long power_on(struct av_vcpu *target, struct av_vcpu *source, const u64 *args)
{
	lockdep_assert_held(&target->mp_lock);
	if (target->mp_state != ARMVIRT_MP_STATE_STOPPED)
		return psci_version(source) == V0_1 ? PSCI_RET_INVALID_PARAMS :
						      PSCI_RET_ALREADY_ON;
	target->reset_state.pc = args[1];
	target->reset_state.r0 = args[2];
	/* It starts with the endianness of the vCPU that turned it on (DEN0022, 6.4). */
	target->reset_state.be = arch_vcpu_big_endian(source);
	set_bit(VCPU_REQ_RESET, &target->requests);
	/* The target reads mp_state without the lock: runnable implies the request. */
	smp_wmb();
	WRITE_ONCE(target->mp_state, ARMVIRT_MP_STATE_RUNNABLE);
	return PSCI_RET_SUCCESS;
}

static int call_cpu_on(struct av_vcpu *vcpu, const u64 *args, long *ret)
{
	struct av_vcpu *target = vcpu_by_mpidr(vcpu->vm, args[0] & AFFINITY_BITS);

	*ret = PSCI_RET_INVALID_PARAMS;
	/* Without VCPU_INIT there is nothing that could be reset. */
	if (!target || !READ_ONCE(target->inited))
		return 1;
	spin_lock(&target->mp_lock);
	*ret = power_on(target, vcpu, args);
	spin_unlock(&target->mp_lock);
	if (*ret == PSCI_RET_SUCCESS)
		vcpu_kick(target);
	return 1;
}

static int call_affinity_info(struct av_vcpu *vcpu, const u64 *args, long *ret)
{
	struct av_vcpu *other;
	unsigned int i;
	u64 mask;

	*ret = PSCI_RET_INVALID_PARAMS;
	if (args[1] > AFFINITY_MAX_LEVEL)
		return 1;
	/* Fields below the level are ignored; Aff3 lies 8 bits apart from the others. */
	mask = AFFINITY_BITS & (~0ULL << (8 * args[1]));
	vm_for_each_vcpu(i, other, vcpu->vm) {
		if ((arch_mpidr(other) ^ args[0]) & mask)
			continue;
		if (READ_ONCE(other->mp_state) != ARMVIRT_MP_STATE_STOPPED) {
			*ret = PSCI_0_2_AFFINITY_LEVEL_ON;
			return 1;
		}
		*ret = PSCI_0_2_AFFINITY_LEVEL_OFF;
	}
	return 1;
}

static int call_migrate_info_type(struct av_vcpu *vcpu, const u64 *args, long *ret)
{
	*ret = PSCI_0_2_TOS_MP;		/* no trusted OS that would have to move */
	return 1;
}

/* Stops the machine and leaves the rest to user space. */
static int system_event(struct av_vcpu *vcpu, u32 type, u64 flags, long *ret)
{
	struct armvirt_run *run = vcpu->run;
	struct av_vcpu *other;
	unsigned int i;

	vm_for_each_vcpu(i, other, vcpu->vm) {
		set_mp_state(other, ARMVIRT_MP_STATE_STOPPED);
		vcpu_request(other, VCPU_REQ_STOP);
	}
	memset(&run->system_event, 0, sizeof(run->system_event));
	run->exit_reason = ARMVIRT_EXIT_SYSTEM_EVENT;
	run->system_event.type = type;
	run->system_event.ndata = 1;
	run->system_event.data[0] = flags;
	/* The guest sees this only if user space lets it continue. */
	*ret = PSCI_RET_INTERNAL_FAILURE;
	return 0;
}

static int call_system_off(struct av_vcpu *vcpu, const u64 *args, long *ret)
{
	return system_event(vcpu, ARMVIRT_SYSTEM_EVENT_SHUTDOWN, 0, ret);
}

static int call_system_reset(struct av_vcpu *vcpu, const u64 *args, long *ret)
{
	return system_event(vcpu, ARMVIRT_SYSTEM_EVENT_RESET, 0, ret);
}

static int call_system_reset2(struct av_vcpu *vcpu, const u64 *args, long *ret)
{
	u32 type = args[0];

	/* The architectural types beyond warm reset are reserved. */
	if (type > PSCI_1_1_RESET_TYPE_SYSTEM_WARM_RESET &&
	    type < PSCI_1_1_RESET_TYPE_VENDOR_START) {
		*ret = PSCI_RET_INVALID_PARAMS;
		return 1;
	}
	return system_event(vcpu, ARMVIRT_SYSTEM_EVENT_RESET,
			    ARMVIRT_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2, ret);
}

static int call_features(struct av_vcpu *vcpu, const u64 *args, long *ret);

static const struct psci_fn functions[] = {
	{ PSCI_0_2_FN_PSCI_VERSION,	 false, V0_2, call_version },
	{ PSCI_0_2_FN_CPU_SUSPEND,	 true,	V0_2, call_cpu_suspend },
	{ PSCI_0_2_FN_CPU_OFF,		 false, V0_2, call_cpu_off },
	{ PSCI_0_2_FN_CPU_ON,		 true,	V0_2, call_cpu_on },
	{ PSCI_0_2_FN_AFFINITY_INFO,	 true,	V0_2, call_affinity_info },
	{ PSCI_0_2_FN_MIGRATE_INFO_TYPE, false, V0_2, call_migrate_info_type },
	{ PSCI_0_2_FN_SYSTEM_OFF,	 false, V0_2, call_system_off },
	{ PSCI_0_2_FN_SYSTEM_RESET,	 false, V0_2, call_system_reset },
	{ PSCI_1_0_FN_PSCI_FEATURES,	 false, V1_0, call_features },
	{ PSCI_1_1_FN_SYSTEM_RESET2,	 true,	V1_1, call_system_reset2 },
};

/* The ids of 0.1 are whatever the device tree says; these are KVM's. */
static const struct psci_fn functions_0_1[] = {
	{ ARMVIRT_PSCI_FN_CPU_OFF,	 false, V0_1, call_cpu_off },
	{ ARMVIRT_PSCI_FN_CPU_ON,	 false, V0_1, call_cpu_on },
};

static const struct psci_fn *find_function(struct av_vcpu *vcpu, u32 fn)
{
	u32 version = psci_version(vcpu);
	unsigned int i;

	if (version == V0_1) {
		for (i = 0; i < ARRAY_SIZE(functions_0_1); i++) {
			if (functions_0_1[i].id == fn)
				return &functions_0_1[i];
		}
		return NULL;
	}
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		const struct psci_fn *f = &functions[i];

		if (version >= f->since &&
		    (fn == f->id || (f->wide && fn == (f->id | PSCI_0_2_64BIT))))
			return f;
	}
	return NULL;
}

static int call_features(struct av_vcpu *vcpu, const u64 *args, long *ret)
{
	u32 fn = args[0];

	/* This one is how a guest learns that there is SMCCC 1.1 at all. */
	if (fn == ARM_SMCCC_VERSION_FUNC_ID || find_function(vcpu, fn))
		*ret = PSCI_RET_SUCCESS;
	return 1;
}

/**
 * psci_owns - is this a PSCI function id?
 * @fn: function id; whether the function exists is psci_call()'s answer
 */
bool psci_owns(u32 fn)
{
	u32 narrow = fn & ~PSCI_0_2_64BIT;

	if (fn >= ARMVIRT_PSCI_FN_BASE && fn <= ARMVIRT_PSCI_FN_MIGRATE)
		return true;
	return narrow >= PSCI_0_2_FN_BASE && narrow < PSCI_0_2_FN(NR_FN_IDS);
}

/**
 * psci_call - carry out a PSCI call
 * @vcpu: the caller, put; arguments in x1..x3
 * @fn: function id
 *
 * Returns 1 to go on with the guest, 0 to exit to user space; x0 is set.
 */
int psci_call(struct av_vcpu *vcpu, u32 fn)
{
	const struct psci_fn *f = find_function(vcpu, fn);
	bool narrow = !(fn & PSCI_0_2_64BIT) && psci_version(vcpu) != V0_1;
	long val = PSCI_RET_NOT_SUPPORTED;
	u64 args[NR_ARGS];
	int i, ret = 1;

	for (i = 0; i < NR_ARGS; i++) {
		args[i] = arch_reg(vcpu, i + 1);
		/* A 32-bit call has its arguments in W registers (DEN0028, 3.1). */
		if (narrow)
			args[i] = lower_32_bits(args[i]);
	}
	if (f)
		ret = f->call(vcpu, args, &val);
	arch_set_reg(vcpu, 0, val);
	for (i = 1; i <= NR_ARGS; i++)
		arch_set_reg(vcpu, i, 0);
	return ret;
}

/**
 * psci_apply_reset - start a vCPU where CPU_ON said (VCPU_REQ_RESET)
 * @vcpu: the caller's own, not loaded
 */
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
