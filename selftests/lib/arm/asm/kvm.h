/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What KVM's interface has for 32-bit ARM: <linux/kvm.h> still asks for this file, which the
 * kernel's headers had up to 5.6. Names and numbers are those of arch/arm/include/uapi/asm/kvm.h of
 * Linux 5.4; written down here so that core/abi can compare ours with something.
 */
#ifndef LIB_ARM_ASM_KVM_H
#define LIB_ARM_ASM_KVM_H

#include <linux/types.h>

#define __KVM_HAVE_VCPU_EVENTS
#define KVM_REG_SIZE(id)	(1U << (((id) & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT))

struct kvm_regs {		/* pt_regs of user space: 18 words */
	__u32 usr_regs[18];
	__u32 svc_regs[3];
	__u32 abt_regs[3];
	__u32 und_regs[3];
	__u32 irq_regs[3];
	__u32 fiq_regs[8];
};

#define KVM_ARM_TARGET_CORTEX_A15		0
#define KVM_ARM_TARGET_CORTEX_A7		1
#define KVM_ARM_VCPU_POWER_OFF			0
#define KVM_ARM_VCPU_PSCI_0_2			1

struct kvm_vcpu_init {
	__u32 target;
	__u32 features[7];
};

struct kvm_sregs { };
struct kvm_fpu { };
struct kvm_guest_debug_arch { };
struct kvm_debug_exit_arch { };
struct kvm_sync_regs { __u64 device_irq_level; };
struct kvm_arch_memory_slot { };

struct kvm_vcpu_events {
	struct {
		__u8 serror_pending;
		__u8 serror_has_esr;
		__u8 ext_dabt_pending;
		__u8 pad[5];
		__u64 serror_esr;
	} exception;
	__u32 reserved[12];
};

#define KVM_ARM_DEVICE_VGIC_V2			0
#define KVM_VGIC_V2_ADDR_TYPE_DIST		0
#define KVM_VGIC_V2_ADDR_TYPE_CPU		1
#define KVM_VGIC_V2_DIST_SIZE			0x1000
#define KVM_VGIC_V2_CPU_SIZE			0x2000
#define KVM_VGIC_V3_ADDR_TYPE_DIST		2
#define KVM_VGIC_V3_ADDR_TYPE_REDIST		3
#define KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION	5
#define KVM_VGIC_V3_DIST_SIZE			0x10000
#define KVM_VGIC_V3_REDIST_SIZE			0x20000

#define KVM_REG_ARM_COPROC_MASK			0x000000000FFF0000
#define KVM_REG_ARM_CORE			0x00100000
#define KVM_REG_ARM_CORE_REG(name)		(offsetof(struct kvm_regs, name) / 4)
#define KVM_REG_ARM_DEMUX			0x00110000
#define KVM_REG_ARM_DEMUX_ID_CCSIDR		0x00000000
#define KVM_REG_ARM_DEMUX_VAL_MASK		0x000000ff
#define KVM_REG_ARM_VFP				0x00120000
#define KVM_REG_ARM_VFP_BASE_REG		0x0
#define KVM_REG_ARM_VFP_FPSID			0x1000
#define KVM_REG_ARM_VFP_FPSCR			0x1001
#define KVM_REG_ARM_VFP_MVFR1			0x1006
#define KVM_REG_ARM_VFP_MVFR0			0x1007
#define KVM_REG_ARM_VFP_FPEXC			0x1008
#define KVM_REG_ARM_VFP_FPINST			0x1009
#define KVM_REG_ARM_VFP_FPINST2			0x100A
#define KVM_REG_ARM_FW				0x00140000
#define KVM_REG_ARM_FW_REG(r)			(0x4030000000140000 | ((r) & 0xffff))
#define KVM_REG_ARM_PSCI_VERSION		0x4030000000140000
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1	0x4030000000140001
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_AVAIL		0
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_AVAIL		1
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED	2
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2	0x4030000000140002
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_AVAIL		0
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_UNKNOWN		1
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_AVAIL		2
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED	3
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_ENABLED		(1U << 4)

/* (op1, CRn, CRm, op2) as in MRC: op2 [2:0], op1 [6:3], CRm [10:7], CRn [14:11], coprocessor [27:16] */
#define KVM_ARM_CP15_REG32(op1, crn, crm, op2)	\
	(0x40200000000f0000 | (op2) | (op1) << 3 | (crm) << 7 | (crn) << 11)
#define KVM_ARM_CP15_REG64(op1, crm)		(0x40300000000f0000 | (op1) << 3 | (crm) << 7)
#define KVM_REG_ARM_PTIMER_CTL			0x40200000000f7101
#define KVM_REG_ARM_PTIMER_CNT			0x40300000000f0700
#define KVM_REG_ARM_PTIMER_CVAL			0x40300000000f0710
#define KVM_REG_ARM_TIMER_CTL			0x40200000000f7181
#define KVM_REG_ARM_TIMER_CNT			0x40300000000f0708
#define KVM_REG_ARM_TIMER_CVAL			0x40300000000f0718

#define KVM_DEV_ARM_VGIC_GRP_ADDR		0
#define KVM_DEV_ARM_VGIC_GRP_DIST_REGS		1
#define KVM_DEV_ARM_VGIC_GRP_CPU_REGS		2
#define KVM_DEV_ARM_VGIC_GRP_NR_IRQS		3
#define KVM_DEV_ARM_VGIC_GRP_CTRL		4
#define KVM_DEV_ARM_VGIC_GRP_REDIST_REGS	5
#define KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS	6
#define KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO		7
#define KVM_DEV_ARM_VGIC_SYSREG_INSTR_MASK	0xffff
#define KVM_DEV_ARM_VGIC_LINE_LEVEL_INFO_SHIFT	10
#define KVM_DEV_ARM_VGIC_LINE_LEVEL_INFO_MASK	(0x3fffffULL << 10)
#define KVM_DEV_ARM_VGIC_LINE_LEVEL_INTID_MASK	0x3ff
#define VGIC_LEVEL_INFO_LINE_LEVEL		0
#define KVM_DEV_ARM_VGIC_CTRL_INIT		0
#define KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES	3	/* of arm64; the number stands there too */
#define KVM_ARM_VCPU_TIMER_CTRL			1
#define KVM_ARM_VCPU_TIMER_IRQ_VTIMER		0
#define KVM_ARM_VCPU_TIMER_IRQ_PTIMER		1

#define KVM_ARM_IRQ_VCPU2_SHIFT			28
#define KVM_ARM_IRQ_VCPU2_MASK			0xf
#define KVM_ARM_IRQ_TYPE_SHIFT			24
#define KVM_ARM_IRQ_TYPE_MASK			0xf
#define KVM_ARM_IRQ_VCPU_SHIFT			16
#define KVM_ARM_IRQ_VCPU_MASK			0xff
#define KVM_ARM_IRQ_NUM_SHIFT			0
#define KVM_ARM_IRQ_NUM_MASK			0xffff
#define KVM_ARM_IRQ_TYPE_CPU			0
#define KVM_ARM_IRQ_TYPE_SPI			1
#define KVM_ARM_IRQ_TYPE_PPI			2
#define KVM_ARM_IRQ_CPU_IRQ			0
#define KVM_ARM_IRQ_CPU_FIQ			1
#define KVM_NR_IRQCHIPS				1

#define KVM_PSCI_FN_BASE			0x95c1ba5e
#define KVM_PSCI_FN(n)				(KVM_PSCI_FN_BASE + (n))
#define KVM_PSCI_FN_CPU_OFF			KVM_PSCI_FN(1)
#define KVM_PSCI_FN_CPU_ON			KVM_PSCI_FN(2)
#define KVM_PSCI_FN_MIGRATE			KVM_PSCI_FN(3)

#endif
