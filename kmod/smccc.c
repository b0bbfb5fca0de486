// SPDX-License-Identifier: GPL-2.0
/*
 * Hypercalls: the guest's HVC and SMC as the SMCCC (ARM DEN0028) has them; PSCI is psci.c's.
 * A call that is not in the table, or that user space has switched off for this VM, does not exist
 * for the guest: -1.  At the end: the firmware registers by which user space chooses the services.
 */
#include <linux/arm-smccc.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <uapi/linux/psci.h>

#include "armvirt.h"

#define NR_RESULTS	4		/* x0..x3 */
#define SMC64		BIT(30)		/* of a function id: arguments are X registers */

/* The syndrome of HVC and SMC: in both architectures SMC's exception classes are the odd ones. */
#define ESR_IMMEDIATE	0xffff
#define ESR_IS_SMC	BIT(26)

#define TRNG_INVALID_PARAMETER	-2	/* DEN0098 */

/* The services' groups, which are FW_FEAT_BMAP registers of one-reg. */
enum group { GROUP_STD, GROUP_STD_HYP, GROUP_VENDOR_HYP, GROUP_NR };

#define SERVICE(group, bit)	(GROUP_##group * 64 + ARMVIRT_REG_ARM_##group##_BIT_##bit)

enum service {
	ALWAYS = -1,
	TRNG = SERVICE(STD, TRNG_V1_0),
	PV_TIME = SERVICE(STD_HYP, PV_TIME),
	FUNC_FEAT = SERVICE(VENDOR_HYP, FUNC_FEAT),
	PTP = SERVICE(VENDOR_HYP, PTP),
};

static const u64 group_all[GROUP_NR] = {
	BIT_ULL(TRNG % 64), BIT_ULL(PV_TIME % 64), BIT_ULL(FUNC_FEAT % 64) | BIT_ULL(PTP % 64)
};

/* @call, if any, has x1 as @arg and sets *@val, preset to {NOT_SUPPORTED, 0, 0, 0}. */
struct smccc_fn {
	u32 id;
	enum service service;
	void (*call)(struct av_vcpu *vcpu, u32 fn, u64 arg, u64 *val);
	u64 fixed[NR_RESULTS];
};

static const struct smccc_fn *find_fn(u32 id);

static bool has_service(struct av_vcpu *vcpu, enum service service)
{
	return service == ALWAYS ||
	       READ_ONCE(vcpu->vm->fw_bmap[service / 64]) & BIT_ULL(service % 64);
}

/* --- speculation workarounds ----------------------------------------------- */

#define WA(n, level)	ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_##n##_##level

/* The worst of all CPUs, since a guest may run on any: the larger a level is, the better. */
static u64 workarounds[] = {
	[1] = WA(1, NOT_REQUIRED), [2] = WA(2, NOT_REQUIRED), [3] = WA(3, NOT_REQUIRED)
};

static void ask_cpu(void *unused)
{
	int n;

	for (n = 1; n < ARRAY_SIZE(workarounds); n++)
		workarounds[n] = min(workarounds[n], arch_cpu_workaround(n));
}

/* One CPU after the other, so that no lock is needed. */
void smccc_init(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, ask_cpu, NULL, 1);
}

/* --- services ------------------------------------------------------------- */

static void call_arch_features(struct av_vcpu *vcpu, u32 fn, u64 arg, u64 *val)
{
	/* By the level of WORKAROUND_1, and _3, whose levels have the same numbers. */
	static const int branch[] = {
		SMCCC_RET_NOT_SUPPORTED, SMCCC_RET_SUCCESS, SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED
	};

	switch (arg) {
	case ARM_SMCCC_VERSION_FUNC_ID:
	case ARM_SMCCC_ARCH_FEATURES_FUNC_ID:
		val[0] = SMCCC_RET_SUCCESS;
		break;
	case ARM_SMCCC_ARCH_WORKAROUND_1:
	case ARM_SMCCC_ARCH_WORKAROUND_3:
		val[0] = branch[workarounds[arg == ARM_SMCCC_ARCH_WORKAROUND_1 ? 1 : 3]];
		break;
	case ARM_SMCCC_ARCH_WORKAROUND_2:
		if (workarounds[2])
			val[0] = SMCCC_RET_NOT_REQUIRED;
		break;
	case ARM_SMCCC_HV_PV_TIME_FEATURES:
		/* The group is there; the stolen-time record, its only feature, is not. */
		if (has_service(vcpu, PV_TIME))
			val[0] = SMCCC_RET_SUCCESS;
		break;
	}
}

/* The way here through EL2 has done it already, with firmware's help. */
static void call_workaround(struct av_vcpu *vcpu, u32 fn, u64 arg, u64 *val)
{
	if (workarounds[1] || workarounds[3])
		val[0] = SMCCC_RET_SUCCESS;
}

static void call_trng_features(struct av_vcpu *vcpu, u32 fn, u64 arg, u64 *val)
{
	const struct smccc_fn *f = find_fn(arg);

	if (f && f->service == TRNG && !(f->id & SMC64 && arch_vcpu_narrow(vcpu)))
		val[0] = SMCCC_RET_SUCCESS;
}

/*
 * As many bits as asked for, the rest 0; the least significant ones in the last register.  The
 * host's generator has been seeded long before it runs guests.
 */
static void call_trng_rnd(struct av_vcpu *vcpu, u32 fn, u64 arg, u64 *val)
{
	const unsigned int width = fn & SMC64 ? 64 : 32;
	unsigned int i, nr;

	if (!arg || arg > (NR_RESULTS - 1) * width) {
		val[0] = TRNG_INVALID_PARAMETER;
		return;
	}
	for (i = NR_RESULTS - 1; arg; i--, arg -= nr) {
		nr = min_t(u64, arg, width);
		val[i] = get_random_u64() >> (64 - nr);
	}
	val[0] = SMCCC_RET_SUCCESS;
}

static void call_vendor_features(struct av_vcpu *vcpu, u32 fn, u64 arg, u64 *val)
{
	val[0] = READ_ONCE(vcpu->vm->fw_bmap[GROUP_VENDOR_HYP]);
}

/*
 * The host's wall clock and the guest's counter at the same moment.  The counter is read on both
 * sides of the clock, so that it does not matter whether the host's clock source is the same.
 */
static void call_ptp(struct av_vcpu *vcpu, u32 fn, u64 arg, u64 *val)
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

static const struct smccc_fn functions[] = {
	{ ARM_SMCCC_VERSION_FUNC_ID, ALWAYS, NULL, { ARM_SMCCC_VERSION_1_1 } },
	{ ARM_SMCCC_ARCH_FEATURES_FUNC_ID, ALWAYS, call_arch_features },
	{ ARM_SMCCC_ARCH_WORKAROUND_1, ALWAYS, call_workaround },
	{ ARM_SMCCC_ARCH_WORKAROUND_3, ALWAYS, call_workaround },
	{ ARM_SMCCC_TRNG_VERSION, TRNG, NULL, { 0x10000 } },	/* 1.0 */
	{ ARM_SMCCC_TRNG_FEATURES, TRNG, call_trng_features },
	/* Names this implementation of the service; made for armvirt. */
	{ ARM_SMCCC_TRNG_GET_UUID, TRNG, NULL, { 0x6d1f2ab4, 0x9c4e83f0, 0x5be7d1a9, 0x37c0826e } },
	{ ARM_SMCCC_TRNG_RND32, TRNG, call_trng_rnd },
	{ ARM_SMCCC_TRNG_RND64, TRNG, call_trng_rnd },
	/* KVM's: guests look for its services by this number. */
	{ ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID, FUNC_FEAT, NULL,
	  { 0xb66fb428, 0xe911c52e, 0x564bcaa9, 0x743a004d } },
	{ ARM_SMCCC_VENDOR_HYP_KVM_FEATURES_FUNC_ID, FUNC_FEAT, call_vendor_features },
	{ ARM_SMCCC_VENDOR_HYP_KVM_PTP_FUNC_ID, PTP, call_ptp },
};

static const struct smccc_fn *find_fn(u32 id)
{
	const struct smccc_fn *f;

	for (f = functions; f < functions + ARRAY_SIZE(functions); f++)
		if (f->id == id)
			return f;
	return NULL;
}

/* Returns 1: the guest goes on. */
static int do_call(struct av_vcpu *vcpu, u32 fn)
{
	const struct smccc_fn *f = find_fn(fn);
	u64 val[NR_RESULTS] = { SMCCC_RET_NOT_SUPPORTED };
	u64 arg = arch_reg(vcpu, 1);
	unsigned int i;

	if (f && has_service(vcpu, f->service) && !(fn & SMC64 && arch_vcpu_narrow(vcpu))) {
		if (f->call)
			f->call(vcpu, fn, fn & SMC64 ? arg : lower_32_bits(arg), val);
		else
			memcpy(val, f->fixed, sizeof(val));
	}
	for (i = 0; i < NR_RESULTS; i++)
		arch_set_reg(vcpu, i, val[i]);
	return 1;
}

/* Both conduits reach the same services.  Returns 1 to go on, 0 to exit to user space. */
int smccc_handle(struct av_vcpu *vcpu)
{
	u32 fn = arch_reg(vcpu, 0);

	if (arch_esr(vcpu) & ESR_IS_SMC) {
		/* Trapped before it was executed, unlike HVC: the PC is still at it. */
		arch_skip_instr(vcpu);
		/* Immediates other than 0 are reserved (DEN0028, 2.9). */
		if (arch_esr(vcpu) & ESR_IMMEDIATE) {
			arch_set_reg(vcpu, 0, SMCCC_RET_NOT_SUPPORTED);
			return 1;
		}
	}
	return psci_owns(fn) ? psci_call(vcpu, fn) : do_call(vcpu, fn);
}

/* HVC only, while loaded; not for PSCI, which may look at EL1 registers or sleep. */
int smccc_handle_fast(struct av_vcpu *vcpu)
{
	u32 fn = arch_reg(vcpu, 0);

	if (psci_owns(fn))
		return fn == PSCI_0_2_FN_PSCI_VERSION ? psci_call(vcpu, fn) : 0;
	return do_call(vcpu, fn);
}

/* --- firmware registers of one-reg ---------------------------------------- */

/* The PSCI version, workaround n at index n, and the groups in the order of enum group. */
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
	int i = ARRAY_SIZE(fw_ids) - 1;

	while (i >= 0 && fw_ids[i] != id)
		i--;
	return i;
}

void smccc_vm_init(struct av_vm *vm)
{
	memcpy(vm->fw_bmap, group_all, sizeof(group_all));
}

u64 smccc_fw_id(unsigned int n)
{
	return n < ARRAY_SIZE(fw_ids) ? fw_ids[n] : 0;
}

int smccc_fw_get(struct av_vcpu *vcpu, u64 id, u64 *val)
{
	int i = fw_index(id);

	if (i < 0)
		return -ENOENT;
	if (i == 0)
		*val = psci_version(vcpu);
	else if (i < FW_FIRST_GROUP)
		*val = workarounds[i];
	else
		*val = READ_ONCE(vcpu->vm->fw_bmap[i - FW_FIRST_GROUP]);
	return 0;
}

static int set_psci_version(struct av_vcpu *vcpu, u64 val)
{
	/* 0.1 is the absence of the feature, as it was negotiated. */
	if (!(vcpu->features & BIT(ARMVIRT_ARM_VCPU_PSCI_0_2)))
		return val == 0x00001 ? 0 : -EINVAL;
	if (val != 0x00002 && val != 0x10000 && val != 0x10001)
		return -EINVAL;
	vcpu->vm->fw_psci_version = val;
	return 0;
}

/* The level is the host's: this only asks whether it is as good as the one the guest came from. */
static int check_workaround(int n, u64 val)
{
	if (n != 2)
		return val > workarounds[n] ? -EINVAL : 0;
	switch (val) {
	case WA(2, NOT_AVAIL):
	case WA(2, UNKNOWN):
		return 0;
	case WA(2, AVAIL):
	case WA(2, AVAIL) | WA(2, ENABLED):
	case WA(2, NOT_REQUIRED):
		/* Either the host takes care of it for the guest, or it does not. */
		return workarounds[2] ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static int set_group(struct av_vm *vm, enum group group, u64 val)
{
	if (val & ~group_all[group])
		return -EINVAL;
	if (val == READ_ONCE(vm->fw_bmap[group]))
		return 0;
	/* A guest that has run may have seen that a service is there. */
	if (READ_ONCE(vm->ran))
		return -EBUSY;
	WRITE_ONCE(vm->fw_bmap[group], val);
	return 0;
}

int smccc_fw_set(struct av_vcpu *vcpu, u64 id, u64 val)
{
	int i = fw_index(id);

	if (i < 0)
		return -ENOENT;
	if (i == 0)
		return set_psci_version(vcpu, val);
	if (i < FW_FIRST_GROUP)
		return check_workaround(i, val);
	return set_group(vcpu->vm, i - FW_FIRST_GROUP, val);
}
