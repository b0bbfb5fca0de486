// SPDX-License-Identifier: GPL-2.0
/*
 * Hypercalls: the guest's HVC and SMC by the SMC calling convention (ARM
 * DEN0028).  One row per service; PSCI is psci.c's.  A call that is not in the
 * table, or that user space has switched off for this VM, does not exist for
 * the guest: -1.  The end of the file is the other side of that, the firmware
 * registers by which user space looks at and chooses the services.
 */
#include <linux/arm-smccc.h>
#include <linux/bitmap.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/psci.h>

#include "armvirt.h"

#define NR_RESULTS	4		/* x0..x3 */
#define SMC64		BIT(30)		/* of a function id: arguments are X registers */
#define IMMEDIATE_MASK	0xffff		/* of the syndrome of HVC and SMC */

/* The services' groups, which are FW_FEAT_BMAP registers of one-reg. */
enum group { GROUP_STD, GROUP_STD_HYP, GROUP_VENDOR_HYP, GROUP_NR, GROUP_ALWAYS };

static const u64 group_all[GROUP_NR] = {
	[GROUP_STD]	   = BIT(ARMVIRT_REG_ARM_STD_BIT_TRNG_V1_0),
	[GROUP_STD_HYP]	   = BIT(ARMVIRT_REG_ARM_STD_HYP_BIT_PV_TIME),
	[GROUP_VENDOR_HYP] = BIT(ARMVIRT_REG_ARM_VENDOR_HYP_BIT_FUNC_FEAT) |
			     BIT(ARMVIRT_REG_ARM_VENDOR_HYP_BIT_PTP),
};

/**
 * struct smccc_fn - one service
 * @id: function id
 * @group: which register switches it
 * @bit: which bit of it
 * @call: sets *@val, preset to {NOT_SUPPORTED, 0, 0, 0}; @arg is x1
 */
struct smccc_fn {
	u32 id;
	enum group group;
	unsigned int bit;
	void (*call)(struct av_vcpu *vcpu, u64 arg, u64 *val);
};

static bool group_has(struct av_vm *vm, enum group group, unsigned int bit)
{
	return group == GROUP_ALWAYS || (READ_ONCE(vm->arch.fw_bmap[group]) & BIT(bit));
}

/* --- architecture calls --------------------------------------------------- */

static void call_version(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	val[0] = ARM_SMCCC_VERSION_1_1;
}

/* For WORKAROUND_1 and _3, whose levels have the same numbers. */
static u64 workaround_discovery(int n)
{
	switch (arch_workaround_level(n)) {
	case ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1_AVAIL:
		return SMCCC_RET_SUCCESS;
	case ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED:
		return SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED;
	default:
		return SMCCC_RET_NOT_SUPPORTED;
	}
}

static void call_arch_features(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	switch ((u32)arg) {
	case ARM_SMCCC_VERSION_FUNC_ID:
	case ARM_SMCCC_ARCH_FEATURES_FUNC_ID:
		val[0] = SMCCC_RET_SUCCESS;
		break;
	case ARM_SMCCC_ARCH_WORKAROUND_1:
		val[0] = workaround_discovery(1);
		break;
	case ARM_SMCCC_ARCH_WORKAROUND_2:
		if (arch_workaround_level(2) ==
		    ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED)
			val[0] = SMCCC_RET_NOT_REQUIRED;
		break;
	case ARM_SMCCC_ARCH_WORKAROUND_3:
		val[0] = workaround_discovery(3);
		break;
	case ARM_SMCCC_HV_PV_TIME_FEATURES:
		if (group_has(vcpu->vm, GROUP_STD_HYP, ARMVIRT_REG_ARM_STD_HYP_BIT_PV_TIME))
			val[0] = SMCCC_RET_SUCCESS;
		break;
	}
}

/* The way here through EL2 has done it already, with firmware's help. */
static void call_workaround(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	if (arch_workaround_level(1) || arch_workaround_level(3))
		val[0] = SMCCC_RET_SUCCESS;
}

/* --- true random numbers (DEN0098) ---------------------------------------- */

#define TRNG_VERSION_1_0	0x10000
#define TRNG_INVALID_PARAMETER	-2
#define TRNG_WORDS		3
#define TRNG_MAX_BITS		(TRNG_WORDS * 64)

static void call_trng_version(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	val[0] = TRNG_VERSION_1_0;
}

static void call_trng_features(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	switch ((u32)arg) {
	case ARM_SMCCC_TRNG_VERSION:
	case ARM_SMCCC_TRNG_FEATURES:
	case ARM_SMCCC_TRNG_GET_UUID:
	case ARM_SMCCC_TRNG_RND32:
	case ARM_SMCCC_TRNG_RND64:
		val[0] = SMCCC_RET_SUCCESS;
	}
}

/* Names this implementation of the service; made for armvirt. */
static void call_trng_uuid(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	val[0] = 0x6d1f2ab4;
	val[1] = 0x9c4e83f0;
	val[2] = 0x5be7d1a9;
	val[3] = 0x37c0826e;
}

/*
 * As many bits as asked for, the rest 0; the least significant ones in the last
 * register.  The host's generator has been seeded long before it runs guests.
 */
static void trng_rnd(u64 nr, unsigned int width, u64 *val)
{
	DECLARE_BITMAP(bits, TRNG_MAX_BITS);
	unsigned int i;
	u64 word;

	if (!nr || nr > TRNG_WORDS * width) {
		val[0] = TRNG_INVALID_PARAMETER;
		return;
	}
	bitmap_zero(bits, TRNG_MAX_BITS);
	get_random_bytes(bits, DIV_ROUND_UP(nr, 8));
	if (nr % BITS_PER_LONG)
		bits[BIT_WORD(nr)] &= BIT_MASK(nr) - 1;
	for (i = 0; i < TRNG_WORDS; i++) {
		word = bits[BIT_WORD(i * width)] >> (i * width % BITS_PER_LONG);
		if (BITS_PER_LONG < 64 && width == 64)
			word |= (u64)bits[BIT_WORD(i * width) + 1] << 32;
		val[NR_RESULTS - 1 - i] = width == 32 ? lower_32_bits(word) : word;
	}
	val[0] = SMCCC_RET_SUCCESS;
	memzero_explicit(bits, sizeof(bits));
}

static void call_trng_rnd32(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	trng_rnd(arg, 32, val);
}

static void call_trng_rnd64(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	trng_rnd(arg, 64, val);
}

/* --- hypervisor calls ----------------------------------------------------- */

/* The group is there, the stolen-time record (PV_TIME_ST) is not. */
static void call_pv_time_features(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
}

/* KVM's: guests look for its services by this number. */
static void call_vendor_uid(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	val[0] = ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_0;
	val[1] = ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_1;
	val[2] = ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_2;
	val[3] = ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_3;
}

static void call_vendor_features(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	val[0] = READ_ONCE(vcpu->vm->arch.fw_bmap[GROUP_VENDOR_HYP]);
}

/*
 * The host's wall clock and the guest's counter at the same moment.  The
 * counter is read on both sides of the clock, so that it does not matter
 * whether the host's clock source is the same counter.
 */
static void call_ptp(struct av_vcpu *vcpu, u64 arg, u64 *val)
{
	enum timer_id id = arg == KVM_PTP_PHYS_COUNTER ? TIMER_PHYS : TIMER_VIRT;
	unsigned long flags;
	u64 before, after;
	s64 real;

	if (arg != KVM_PTP_VIRT_COUNTER && arg != KVM_PTP_PHYS_COUNTER)
		return;
	local_irq_save(flags);
	before = timer_read(vcpu, id, TIMER_REG_CNT);
	real = ktime_to_ns(ktime_get_real());
	after = timer_read(vcpu, id, TIMER_REG_CNT);
	local_irq_restore(flags);
	before += (after - before) / 2;
	val[0] = upper_32_bits(real);
	val[1] = lower_32_bits(real);
	val[2] = upper_32_bits(before);
	val[3] = lower_32_bits(before);
}

/* --- dispatch ------------------------------------------------------------- */

#define ALWAYS(id, call)	{ id, GROUP_ALWAYS, 0, call }
#define TRNG(id, call)		{ id, GROUP_STD, ARMVIRT_REG_ARM_STD_BIT_TRNG_V1_0, call }
#define PV_TIME(id, call)	{ id, GROUP_STD_HYP, ARMVIRT_REG_ARM_STD_HYP_BIT_PV_TIME, call }
#define VENDOR(id, bit, call) \
	{ id, GROUP_VENDOR_HYP, ARMVIRT_REG_ARM_VENDOR_HYP_BIT_##bit, call }

static const struct smccc_fn functions[] = {
	ALWAYS(ARM_SMCCC_VERSION_FUNC_ID,		call_version),
	ALWAYS(ARM_SMCCC_ARCH_FEATURES_FUNC_ID,		call_arch_features),
	ALWAYS(ARM_SMCCC_ARCH_WORKAROUND_1,		call_workaround),
	ALWAYS(ARM_SMCCC_ARCH_WORKAROUND_3,		call_workaround),
	TRNG(ARM_SMCCC_TRNG_VERSION,			call_trng_version),
	TRNG(ARM_SMCCC_TRNG_FEATURES,			call_trng_features),
	TRNG(ARM_SMCCC_TRNG_GET_UUID,			call_trng_uuid),
	TRNG(ARM_SMCCC_TRNG_RND32,			call_trng_rnd32),
	TRNG(ARM_SMCCC_TRNG_RND64,			call_trng_rnd64),
	PV_TIME(ARM_SMCCC_HV_PV_TIME_FEATURES,		call_pv_time_features),
	VENDOR(ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID,	FUNC_FEAT, call_vendor_uid),
	VENDOR(ARM_SMCCC_VENDOR_HYP_KVM_FEATURES_FUNC_ID, FUNC_FEAT, call_vendor_features),
	VENDOR(ARM_SMCCC_VENDOR_HYP_KVM_PTP_FUNC_ID,	PTP, call_ptp),
};

static void do_call(struct av_vcpu *vcpu, u32 fn)
{
	u64 val[NR_RESULTS] = { SMCCC_RET_NOT_SUPPORTED };
	u64 arg = arch_reg(vcpu, 1);
	unsigned int i;

	if (!(fn & SMC64))
		arg = lower_32_bits(arg);
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		const struct smccc_fn *f = &functions[i];

		if (f->id == fn) {
			if (group_has(vcpu->vm, f->group, f->bit))
				f->call(vcpu, arg, val);
			break;
		}
	}
	for (i = 0; i < NR_RESULTS; i++)
		arch_set_reg(vcpu, i, val[i]);
}

/**
 * smccc_handle - the guest executed HVC or SMC
 * @vcpu: put; function id in w0
 * @smc: it was an SMC
 *
 * Both conduits reach the same services.  Returns 1 to go on with the guest,
 * 0 to exit to user space, or an errno.
 */
int smccc_handle(struct av_vcpu *vcpu, bool smc)
{
	u32 fn = arch_reg(vcpu, 0);

	if (smc) {
		/* Trapped before it was executed, unlike HVC: the PC is still at it. */
		arch_skip_instr(vcpu);
		/* Immediates other than 0 are reserved (DEN0028, 2.9). */
		if (arch_esr(vcpu) & IMMEDIATE_MASK) {
			arch_set_reg(vcpu, 0, SMCCC_RET_NOT_SUPPORTED);
			return 1;
		}
	}
	if (psci_owns(fn))
		return psci_call(vcpu, fn);
	do_call(vcpu, fn);
	return 1;
}

/**
 * smccc_handle_fast - the same where the guest was left, if it needs no more
 * @vcpu: loaded; preemption off
 *
 * Only for HVC, and not for PSCI, which may look at EL1 registers or sleep.
 * Returns 1 if the call was answered, 0 if smccc_handle() has to.
 */
int smccc_handle_fast(struct av_vcpu *vcpu)
{
	u32 fn = arch_reg(vcpu, 0);

	if (psci_owns(fn) && fn != PSCI_0_2_FN_PSCI_VERSION)
		return 0;
	return smccc_handle(vcpu, false);
}

/* --- firmware registers of one-reg ---------------------------------------- */

/* The last ones are the groups, in the order of enum group. */
static const u64 fw_ids[] = {
	ARMVIRT_REG_ARM_PSCI_VERSION,
	ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1,
	ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2,
	ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_3,
	ARMVIRT_REG_ARM_STD_BMAP,
	ARMVIRT_REG_ARM_STD_HYP_BMAP,
	ARMVIRT_REG_ARM_VENDOR_HYP_BMAP,
};

#define FW_FIRST_GROUP	(ARRAY_SIZE(fw_ids) - GROUP_NR)

static int fw_index(u64 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fw_ids); i++) {
		if (fw_ids[i] == id)
			return i;
	}
	return -ENOENT;
}

void smccc_vm_init(struct av_vm *vm)
{
	memcpy(vm->arch.fw_bmap, group_all, sizeof(group_all));
}

int smccc_fw_nr(struct av_vcpu *vcpu)
{
	return ARRAY_SIZE(fw_ids);
}

int smccc_fw_list(struct av_vcpu *vcpu, u64 __user *ids)
{
	return copy_to_user(ids, fw_ids, sizeof(fw_ids)) ? -EFAULT : 0;
}

int smccc_fw_get(struct av_vcpu *vcpu, u64 id, u64 *val)
{
	int i = fw_index(id);

	if (i < 0)
		return i;
	if (i == 0)
		*val = psci_version(vcpu);
	else if (i < FW_FIRST_GROUP)
		*val = arch_workaround_level(i);
	else
		*val = READ_ONCE(vcpu->vm->arch.fw_bmap[i - FW_FIRST_GROUP]);
	return 0;
}

static int set_psci_version(struct av_vcpu *vcpu, u64 val)
{
	bool has_0_2 = vcpu->features & BIT(ARMVIRT_ARM_VCPU_PSCI_0_2);

	switch (val) {
	case 0x00001:		/* 0.1 is the absence of the feature, as it was negotiated */
		return has_0_2 ? -EINVAL : 0;
	case 0x00002:
	case 0x10000:
	case 0x10001:
		if (!has_0_2)
			return -EINVAL;
		vcpu->vm->arch.fw_psci_version = val;
		return 0;
	default:
		return -EINVAL;
	}
}

/*
 * The level is the host's and cannot be chosen; setting only asks whether this
 * host is at least as good as the one the guest came from.
 */
static int check_workaround(int n, u64 val)
{
	const u64 enabled = ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_ENABLED;

	if (n == 2) {
		if ((val & enabled) &&
		    (val & ~enabled) != ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_AVAIL)
			return -EINVAL;
		val &= ~enabled;
		if (val > ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED)
			return -EINVAL;
		/* Either the host takes care of it for the guest, or it does not. */
		if (val == ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_UNKNOWN)
			val = ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_AVAIL;
		if (val == ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_AVAIL)
			val = ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED;
	}
	return val > arch_workaround_level(n) ? -EINVAL : 0;
}

static int set_group(struct av_vcpu *vcpu, enum group group, u64 val)
{
	struct av_vm *vm = vcpu->vm;

	if (val & ~group_all[group])
		return -EINVAL;
	if (val == READ_ONCE(vm->arch.fw_bmap[group]))
		return 0;
	/* A guest that has run may have seen that a service is there. */
	if (READ_ONCE(vm->ran))
		return -EBUSY;
	WRITE_ONCE(vm->arch.fw_bmap[group], val);
	return 0;
}

int smccc_fw_set(struct av_vcpu *vcpu, u64 id, u64 val)
{
	int i = fw_index(id);

	if (i < 0)
		return i;
	if (i == 0)
		return set_psci_version(vcpu, val);
	if (i < FW_FIRST_GROUP)
		return check_workaround(i, val);
	return set_group(vcpu, i - FW_FIRST_GROUP, val);
}
