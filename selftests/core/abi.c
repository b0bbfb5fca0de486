// SPDX-License-Identifier: GPL-2.0
/*
 * Is uapi/armvirt.h the ABI of KVM? Every number and every structure of it is compared with
 * <linux/kvm.h> when this is compiled, so a difference cannot be built; run, it reports the same
 * comparisons as TAP. It opens no device: what the calls do is the other tests' business.
 *
 * A new definition in uapi/armvirt.h needs a line here; those that only newer kernel headers have
 * stand in a list of their own with the number they must have.
 */
#include <stddef.h>
#include <stdio.h>
#include <linux/kvm.h>
/* Kernel helpers that some of KVM's definitions use without defining them for user space. */
#ifndef GENMASK
#define GENMASK(h, l)	((~0ULL << (l)) & (~0ULL >> (63 - (h))))
#endif
#ifndef SZ_64K
#define SZ_64K		0x10000
#endif
#include "armvirt.h"
#include "refused.h"

/* Names that are the same number in both headers. */
#define NUMBERS(X) \
	X(API_VERSION) X(GET_API_VERSION) X(CREATE_VM) X(CHECK_EXTENSION) X(GET_VCPU_MMAP_SIZE) \
	X(CAP_IRQCHIP) X(CAP_USER_MEMORY) X(CAP_NR_VCPUS) X(CAP_NR_MEMSLOTS) X(CAP_MP_STATE) \
	X(CAP_SYNC_MMU) X(CAP_DESTROY_MEMORY_REGION_WORKS) X(CAP_IRQ_ROUTING) \
	X(CAP_IRQ_INJECT_STATUS) X(CAP_JOIN_MEMORY_REGIONS_WORKS) X(CAP_IRQFD) X(CAP_IOEVENTFD) \
	X(CAP_INTERNAL_ERROR_DATA) X(CAP_VCPU_EVENTS) X(CAP_MAX_VCPUS) X(CAP_ONE_REG) \
	X(CAP_READONLY_MEM) X(CAP_IRQFD_RESAMPLE) X(CAP_ARM_PSCI) X(CAP_ARM_SET_DEVICE_ADDR) \
	X(CAP_DEVICE_CTRL) X(CAP_ARM_EL1_32BIT) X(CAP_ENABLE_CAP_VM) X(CAP_ARM_PSCI_0_2) \
	X(CAP_CHECK_EXTENSION_VM) X(CAP_IOEVENTFD_ANY_LENGTH) X(CAP_ARM_PMU_V3) \
	X(CAP_VCPU_ATTRIBUTES) X(CAP_MAX_VCPU_ID) X(CAP_IMMEDIATE_EXIT) \
	X(CAP_ARM_INJECT_SERROR_ESR) X(CAP_ARM_VM_IPA_SIZE) X(CAP_ARM_SVE) \
	X(CAP_ARM_PTRAUTH_ADDRESS) X(CAP_ARM_PTRAUTH_GENERIC) X(CAP_ARM_IRQ_LINE_LAYOUT_2) \
	X(CAP_ARM_NISV_TO_USER) X(CAP_ARM_INJECT_EXT_DABT) \
	X(CAP_PTP_KVM) X(CAP_SYSTEM_EVENT_DATA) X(ENABLE_CAP) X(MEM_LOG_DIRTY_PAGES) \
	X(MEM_READONLY) X(SET_USER_MEMORY_REGION) X(GET_DIRTY_LOG) X(CLEAR_DIRTY_LOG) \
	X(RESET_DIRTY_RINGS) X(REGISTER_COALESCED_MMIO) X(UNREGISTER_COALESCED_MMIO) X(IRQ_LINE) \
	X(IRQ_LINE_STATUS) X(ARM_IRQ_VCPU2_SHIFT) X(ARM_IRQ_VCPU2_MASK) X(ARM_IRQ_TYPE_SHIFT) \
	X(ARM_IRQ_TYPE_MASK) X(ARM_IRQ_VCPU_SHIFT) X(ARM_IRQ_VCPU_MASK) X(ARM_IRQ_NUM_SHIFT) \
	X(ARM_IRQ_NUM_MASK) X(ARM_IRQ_TYPE_CPU) X(ARM_IRQ_TYPE_SPI) X(ARM_IRQ_TYPE_PPI) \
	X(ARM_IRQ_CPU_IRQ) X(ARM_IRQ_CPU_FIQ) X(NR_IRQCHIPS) X(IRQFD_FLAG_DEASSIGN) \
	X(IRQFD_FLAG_RESAMPLE) X(IRQFD) X(IOEVENTFD_FLAG_DATAMATCH) X(IOEVENTFD_FLAG_PIO) \
	X(IOEVENTFD_FLAG_DEASSIGN) X(IOEVENTFD) X(IRQ_ROUTING_IRQCHIP) X(IRQ_ROUTING_MSI) \
	X(SET_GSI_ROUTING) X(MSI_VALID_DEVID) X(SIGNAL_MSI) X(CREATE_IRQCHIP) \
	X(ARM_SET_DEVICE_ADDR) X(ARM_DEVICE_VGIC_V2) X(CREATE_VCPU) X(GET_STATS_FD) \
	X(CREATE_DEVICE_TEST) X(DEV_TYPE_ARM_VGIC_V2) X(DEV_TYPE_ARM_VGIC_V3) X(CREATE_DEVICE) \
	X(SET_DEVICE_ATTR) X(GET_DEVICE_ATTR) X(HAS_DEVICE_ATTR) X(DEV_ARM_VGIC_GRP_ADDR) \
	X(VGIC_V2_ADDR_TYPE_DIST) X(VGIC_V2_ADDR_TYPE_CPU) X(VGIC_V3_ADDR_TYPE_DIST) \
	X(VGIC_V3_ADDR_TYPE_REDIST) X(VGIC_V3_ADDR_TYPE_REDIST_REGION) X(VGIC_V2_DIST_SIZE) \
	X(VGIC_V2_CPU_SIZE) X(VGIC_V3_DIST_SIZE) X(VGIC_V3_REDIST_SIZE) \
	X(DEV_ARM_VGIC_GRP_DIST_REGS) X(DEV_ARM_VGIC_GRP_CPU_REGS) \
	X(DEV_ARM_VGIC_GRP_REDIST_REGS) X(DEV_ARM_VGIC_GRP_CPU_SYSREGS) \
	X(DEV_ARM_VGIC_SYSREG_INSTR_MASK) X(DEV_ARM_VGIC_GRP_NR_IRQS) X(DEV_ARM_VGIC_GRP_CTRL) \
	X(DEV_ARM_VGIC_CTRL_INIT) X(DEV_ARM_VGIC_SAVE_PENDING_TABLES) \
	X(DEV_ARM_VGIC_GRP_LEVEL_INFO) X(DEV_ARM_VGIC_LINE_LEVEL_INFO_SHIFT) \
	X(DEV_ARM_VGIC_LINE_LEVEL_INFO_MASK) X(DEV_ARM_VGIC_LINE_LEVEL_INTID_MASK) \
	X(ARM_VCPU_TIMER_CTRL) X(ARM_VCPU_TIMER_IRQ_VTIMER) X(ARM_VCPU_TIMER_IRQ_PTIMER) \
	X(ARM_VCPU_INIT) X(ARM_PREFERRED_TARGET) X(ARM_VCPU_FINALIZE) X(ARM_VCPU_POWER_OFF) \
	X(ARM_VCPU_PSCI_0_2) X(PSCI_FN_BASE) X(PSCI_FN_CPU_OFF) X(PSCI_FN_CPU_ON) \
	X(PSCI_FN_MIGRATE) X(MP_STATE_RUNNABLE) X(MP_STATE_STOPPED) X(GET_MP_STATE) \
	X(SET_MP_STATE) X(GET_VCPU_EVENTS) X(SET_VCPU_EVENTS) \
	X(SET_SIGNAL_MASK) X(GET_ONE_REG) X(SET_ONE_REG) X(GET_REG_LIST) X(REG_ARCH_MASK) \
	X(REG_ARM) X(REG_ARM64) X(REG_SIZE_MASK) X(REG_SIZE_U32) X(REG_SIZE_U64) \
	X(REG_SIZE_U128) X(REG_ARM_COPROC_MASK) X(REG_ARM_CORE) X(REG_ARM_DEMUX) \
	X(REG_ARM_DEMUX_ID_CCSIDR) X(REG_ARM_DEMUX_VAL_MASK) X(REG_ARM_PTIMER_CTL) \
	X(REG_ARM_PTIMER_CVAL) X(REG_ARM_PTIMER_CNT) X(REG_ARM_TIMER_CTL) X(REG_ARM_TIMER_CVAL) \
	X(REG_ARM_TIMER_CNT) X(REG_ARM_FW) X(REG_ARM_PSCI_VERSION) \
	X(REG_ARM_SMCCC_ARCH_WORKAROUND_1) X(REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_AVAIL) \
	X(REG_ARM_SMCCC_ARCH_WORKAROUND_1_AVAIL) X(REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED) \
	X(REG_ARM_SMCCC_ARCH_WORKAROUND_2) X(REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_AVAIL) \
	X(REG_ARM_SMCCC_ARCH_WORKAROUND_2_UNKNOWN) X(REG_ARM_SMCCC_ARCH_WORKAROUND_2_AVAIL) \
	X(REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED) \
	X(REG_ARM_SMCCC_ARCH_WORKAROUND_2_ENABLED) X(RUN) X(EXIT_UNKNOWN) X(EXIT_MMIO) \
	X(EXIT_SHUTDOWN) X(EXIT_FAIL_ENTRY) X(EXIT_INTR) X(EXIT_INTERNAL_ERROR) \
	X(EXIT_SYSTEM_EVENT) X(EXIT_ARM_NISV) X(SYSTEM_EVENT_SHUTDOWN) X(SYSTEM_EVENT_RESET) \
	X(SYSTEM_EVENT_CRASH) X(SYSTEM_EVENT_WAKEUP) X(SYSTEM_EVENT_SUSPEND) \
	X(INTERNAL_ERROR_EMULATION)

/* Those of one architecture, and the fields of its registers. */
#ifdef __arm__
#define ARCH_NUMBERS(X) \
	X(ARM_TARGET_CORTEX_A15) X(ARM_TARGET_CORTEX_A7) X(REG_ARM_VFP) X(REG_ARM_VFP_BASE_REG) \
	X(REG_ARM_VFP_FPSID) X(REG_ARM_VFP_FPSCR) X(REG_ARM_VFP_MVFR1) X(REG_ARM_VFP_MVFR0) \
	X(REG_ARM_VFP_FPEXC) X(REG_ARM_VFP_FPINST) X(REG_ARM_VFP_FPINST2) \
	X(ARM_CP15_REG32(7, 15, 13, 7)) X(ARM_CP15_REG64(15, 15))
#define ARCH_FIELDS(X) \
	X(regs, svc_regs) X(regs, abt_regs) X(regs, und_regs) X(regs, irq_regs) X(regs, fiq_regs)
#else
#define ARCH_NUMBERS(X) \
	X(SET_GUEST_DEBUG) X(SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2) \
	X(ARM_TARGET_GENERIC_V8) X(ARM_VCPU_EL1_32BIT) X(ARM_VCPU_PMU_V3) X(ARM_VCPU_SVE) \
	X(ARM_VCPU_PTRAUTH_ADDRESS) X(ARM_VCPU_PTRAUTH_GENERIC) X(NR_SPSR) X(REG_ARM64_SYSREG) \
	X(REG_ARM_SMCCC_ARCH_WORKAROUND_3) X(REG_ARM_SMCCC_ARCH_WORKAROUND_3_NOT_REQUIRED) \
	X(REG_ARM_FW_FEAT_BMAP) X(REG_ARM_STD_BMAP) X(REG_ARM_STD_BIT_TRNG_V1_0) \
	X(REG_ARM_STD_HYP_BMAP) X(REG_ARM_STD_HYP_BIT_PV_TIME) X(REG_ARM_VENDOR_HYP_BMAP) \
	X(REG_ARM_VENDOR_HYP_BIT_FUNC_FEAT) X(REG_ARM_VENDOR_HYP_BIT_PTP)
#define ARCH_FIELDS(X) \
	X(regs, regs) X(regs, regs.regs) X(regs, regs.sp) X(regs, regs.pc) X(regs, regs.pstate) X(regs, sp_el1) \
	X(regs, elr_el1) X(regs, spsr) X(regs, fp_regs) X(regs, fp_regs.vregs) \
	X(regs, fp_regs.fpsr) X(regs, fp_regs.fpcr)
#endif

/* Numbers younger than the oldest headers this is built with (Linux 6.1). */
#define YOUNG_NUMBERS(X) \
	X(CAP_USER_MEMORY2, 231) X(SET_USER_MEMORY_REGION2, 0x40a0ae49) \
	X(ARM_SET_COUNTER_OFFSET, 0x4010aeb5)

/* Structures of the same size and alignment. */
#define STRUCTS(X) \
	X(enable_cap) X(userspace_memory_region) X(irq_level) X(irqfd) X(ioeventfd) \
	X(irq_routing_entry) X(irq_routing) X(arm_device_addr) X(create_device) X(device_attr) \
	X(vcpu_init) X(mp_state) X(vcpu_events) X(signal_mask) X(one_reg) X(reg_list) X(regs) \
	X(run)

/* Fields at the same offset; those that end a structure with no size of their own are below. */
#define FIELDS(X) \
	X(enable_cap, cap) X(enable_cap, flags) X(enable_cap, args) X(enable_cap, pad) \
	X(userspace_memory_region, slot) X(userspace_memory_region, flags) \
	X(userspace_memory_region, guest_phys_addr) X(userspace_memory_region, memory_size) \
	X(userspace_memory_region, userspace_addr) X(irq_level, irq) X(irq_level, level) \
	X(irqfd, fd) X(irqfd, gsi) X(irqfd, flags) X(irqfd, resamplefd) X(irqfd, pad) \
	X(ioeventfd, datamatch) X(ioeventfd, addr) X(ioeventfd, len) X(ioeventfd, fd) \
	X(ioeventfd, flags) X(ioeventfd, pad) X(irq_routing_entry, gsi) \
	X(irq_routing_entry, type) X(irq_routing_entry, flags) X(irq_routing_entry, pad) \
	X(irq_routing_entry, u.irqchip) X(irq_routing_entry, u.irqchip.pin) \
	X(irq_routing_entry, u.msi.address_hi) X(irq_routing_entry, u.msi.data) \
	X(irq_routing_entry, u.msi.devid) \
	X(irq_routing_entry, u.pad) X(irq_routing, nr) \
	X(irq_routing, flags) X(arm_device_addr, id) X(arm_device_addr, addr) \
	X(create_device, type) X(create_device, fd) X(create_device, flags) X(device_attr, flags) \
	X(device_attr, group) X(device_attr, attr) X(device_attr, addr) X(vcpu_init, target) \
	X(vcpu_init, features) X(mp_state, mp_state) X(vcpu_events, exception.serror_pending) \
	X(vcpu_events, exception.serror_has_esr) X(vcpu_events, exception.ext_dabt_pending) \
	X(vcpu_events, exception.pad) X(vcpu_events, exception.serror_esr) \
	X(vcpu_events, reserved) X(signal_mask, len) X(one_reg, id) X(one_reg, addr) \
	X(reg_list, n) ARCH_FIELDS(X) \
	X(run, request_interrupt_window) X(run, immediate_exit) X(run, padding1) \
	X(run, exit_reason) X(run, ready_for_interrupt_injection) X(run, if_flag) X(run, flags) \
	X(run, cr8) X(run, apic_base) X(run, fail_entry.hardware_entry_failure_reason) \
	X(run, fail_entry.cpu) X(run, mmio.phys_addr) X(run, mmio.data) X(run, mmio.len) \
	X(run, mmio.is_write) X(run, internal.suberror) X(run, internal.ndata) \
	X(run, internal.data) X(run, system_event.type) X(run, system_event.ndata) \
	X(run, system_event.data) X(run, arm_nisv.esr_iss) X(run, arm_nisv.fault_ipa) \
	X(run, padding) X(run, kvm_valid_regs) X(run, kvm_dirty_regs) X(run, s)

#define FLEXIBLE(X) \
	X(irq_routing, entries) X(reg_list, reg) X(signal_mask, sigset)


#define SAME(name)	\
	_Static_assert((unsigned long long)ARMVIRT_##name == (unsigned long long)KVM_##name, #name);
#define IS(name, value)	_Static_assert(ARMVIRT_##name == (value), #name);
#define SAME_SIZE(s)								\
	_Static_assert(sizeof(struct armvirt_##s) == sizeof(struct kvm_##s) &&	\
		       _Alignof(struct armvirt_##s) == _Alignof(struct kvm_##s), #s);
#define SAME_OFFSET(s, f)	\
	_Static_assert(offsetof(struct armvirt_##s, f) == offsetof(struct kvm_##s, f), #s "." #f);
#define SAME_FIELD(s, f)							\
	SAME_OFFSET(s, f)							\
	_Static_assert(sizeof(((struct armvirt_##s *)0)->f) ==			\
		       sizeof(((struct kvm_##s *)0)->f), #s "." #f);

NUMBERS(SAME)
ARCH_NUMBERS(SAME)
YOUNG_NUMBERS(IS)
STRUCTS(SAME_SIZE)
FIELDS(SAME_FIELD)
FLEXIBLE(SAME_OFFSET)

/* Where the headers have a number for a young name, it is that one. */
#ifdef KVM_CAP_USER_MEMORY2
SAME(CAP_USER_MEMORY2)
SAME(SET_USER_MEMORY_REGION2)
SAME_SIZE(userspace_memory_region2)
#endif
/* Macros with arguments, at values that reach every field of theirs. */
SAME(PSCI_FN(3))
SAME(REG_ARM_FW_REG(0x1ffff))
#ifdef __arm__
SAME(REG_ARM_CORE_REG(fiq_regs[7]))
#else
SAME(REG_ARM_FW_FEAT_BMAP_REG(0x1ffff))
SAME(REG_ARM_CORE_REG(fp_regs.fpcr))
_Static_assert(ARMVIRT_ARM64_SYS_REG(3, 5, 9, 6, 3) == ARM64_SYS_REG(3, 5, 9, 6, 3), "sysreg");
_Static_assert(ARMVIRT_ARM64_SYS_REG(2, 2, 6, 9, 4) == ARM64_SYS_REG(2, 2, 6, 9, 4), "sysreg");
#endif
_Static_assert(ARMVIRT_REG_SIZE(KVM_REG_SIZE_U2048) == 256, "size");
_Static_assert(ARMVIRT_VGIC_LEVEL_INFO_LINE_LEVEL == VGIC_LEVEL_INFO_LINE_LEVEL, "level");

/* Sizes, for headers that do not know these. */
_Static_assert(sizeof(struct armvirt_userspace_memory_region2) == 0xa0, "region2");
_Static_assert(sizeof(struct armvirt_run) == 0x930, "run");

/* armvirt's own numbers can't be taken for one of KVM's. */
_Static_assert(ARMVIRT_CAP_X_BASE == 0x41560000, "capabilities");

struct row {
	const char *name;
	unsigned long long ours, theirs;
};

#define NUMBER_ROW(name)	{ #name, ARMVIRT_##name, KVM_##name },
#define YOUNG_ROW(name, value)	{ #name, ARMVIRT_##name, value },
#define STRUCT_ROW(s)	\
	{ "struct " #s, sizeof(struct armvirt_##s), sizeof(struct kvm_##s) },
#define FIELD_ROW(s, f)	\
	{ #s "." #f, offsetof(struct armvirt_##s, f), offsetof(struct kvm_##s, f) },

static const struct row rows[] = {
	NUMBERS(NUMBER_ROW)
	ARCH_NUMBERS(NUMBER_ROW)
	YOUNG_NUMBERS(YOUNG_ROW)
	STRUCTS(STRUCT_ROW)
	FIELDS(FIELD_ROW)
	FLEXIBLE(FIELD_ROW)
};

int main(void)
{
	size_t n = sizeof(rows) / sizeof(rows[0]);
	int failed = 0;

	printf("TAP version 13\n1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		int same = rows[i].ours == rows[i].theirs;

		printf("%sok %zu %s", same ? "" : "not ", i + 1, rows[i].name);
		if (same)
			printf("\n");
		else
			printf(" # %#llx, KVM %#llx\n", rows[i].ours, rows[i].theirs);
		failed |= !same;
	}
	return failed;
}
