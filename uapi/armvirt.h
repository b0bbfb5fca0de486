/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The user space interface of /dev/armvirt, and its manual.
 *
 * The interface is that of KVM on arm64, API version 12, number for number, under names made by one
 * rule: KVM_X is ARMVIRT_X and struct kvm_x is struct armvirt_x. A program built for <linux/kvm.h>
 * runs on /dev/armvirt without being compiled again, and one built for this header on /dev/kvm.
 * On 32-bit ARM it is that of KVM/arm, which was in kernels up to 5.6: armvirt_arm.h
 * has what differs. selftests/core/abi.c asserts it at compile time. This file is not copied from
 * <linux/kvm.h>: it has what armvirt does, nothing else, and needs no <asm/...> header.
 *
 * - Four kinds of file descriptor: the device node ("system"), a VM, a vCPU, and an in-kernel
 *   device of a VM. Each ioctl below says which it belongs to. A code that the descriptor
 *   doesn't know fails with EINVAL (system, VM, vCPU) or ENOTTY (device), as in KVM.
 * - The size of the argument is part of the code (_IOC_SIZE), so a structure never grows in place.
 * - Unknown bits of a flags field are EINVAL. Fields named pad or reserved should be zero; they
 *   are ignored where KVM ignores them, since clients leave them uninitialised.
 * - A VM belongs to the address space (mm) of its creator. Any ioctl on a VM, vCPU or device from
 *   another process fails with EIO.
 * - Closing the last descriptor of a VM, its vCPUs and its devices ends it; killing the process is
 *   enough, in any state.
 *
 * A VM's life:
 *	fd  = open("/dev/armvirt", O_RDWR)
 *	      ioctl(fd,  ARMVIRT_GET_API_VERSION)               must be 12
 *	vm  = ioctl(fd,  ARMVIRT_CREATE_VM, IPA bits or 0 for 40)
 *	      ioctl(vm,  ARMVIRT_SET_USER_MEMORY_REGION, ...)   guest memory is the caller's memory
 *	cpu = ioctl(vm,  ARMVIRT_CREATE_VCPU, n)                then mmap() struct armvirt_run of it
 *	gic = ioctl(vm,  ARMVIRT_CREATE_DEVICE, VGIC_V3 or V2)  addresses, NR_IRQS, INIT
 *	      ioctl(cpu, ARMVIRT_ARM_VCPU_INIT, ...)            architectural reset state
 *	      ioctl(cpu, ARMVIRT_SET_ONE_REG, pc, x0)
 *	      ioctl(cpu, ARMVIRT_RUN)                           until run->exit_reason needs work
 * vCPUs and the GIC may be created in either order, and addresses may be set before or after INIT;
 * all must be complete at the first RUN.
 */
#ifndef _UAPI_ARMVIRT_H
#define _UAPI_ARMVIRT_H

#include <linux/types.h>
#include <linux/ioctl.h>
#ifdef __arm__
#include "armvirt_arm.h"
#endif

#define ARMVIRT_API_VERSION		12
#define ARMVIRTIO			0xAE

/* ---- System -------------------------------------------------------------------------------- */

/* Returns 12. There will be no other value: what is new is found by its capability. */
#define ARMVIRT_GET_API_VERSION		_IO(ARMVIRTIO, 0x00)
/*
 * Returns a VM descriptor. Bits [7:0] of the argument are the size of the guest's physical address
 * space in bits, 32 up to what CAP_ARM_VM_IPA_SIZE answers; 0 means 40. EINVAL for anything else.
 */
#define ARMVIRT_CREATE_VM		_IO(ARMVIRTIO, 0x01)
/* System and VM. Returns 0 for no or unknown, else 1 or the value the capability's line tells. */
#define ARMVIRT_CHECK_EXTENSION		_IO(ARMVIRTIO, 0x03)
/* Bytes to mmap() from a vCPU descriptor at offset 0: struct armvirt_run and the MMIO ring page. */
#define ARMVIRT_GET_VCPU_MMAP_SIZE	_IO(ARMVIRTIO, 0x04)

#define ARMVIRT_CAP_IRQCHIP			0	/* a GIC can be made: CREATE_DEVICE */
#define ARMVIRT_CAP_USER_MEMORY			3
#define ARMVIRT_CAP_NR_VCPUS			9	/* recommended: CPUs online */
#define ARMVIRT_CAP_NR_MEMSLOTS			10
#define ARMVIRT_CAP_MP_STATE			14
#define ARMVIRT_CAP_SYNC_MMU			16	/* guest memory may come and go */
#define ARMVIRT_CAP_DESTROY_MEMORY_REGION_WORKS	21
#define ARMVIRT_CAP_IRQ_ROUTING			25	/* number of routes SET_GSI_ROUTING takes */
#define ARMVIRT_CAP_JOIN_MEMORY_REGIONS_WORKS	30
#define ARMVIRT_CAP_IRQFD			32
#define ARMVIRT_CAP_IOEVENTFD			36
#define ARMVIRT_CAP_INTERNAL_ERROR_DATA		40
#define ARMVIRT_CAP_VCPU_EVENTS			41
#define ARMVIRT_CAP_MAX_VCPUS			66	/* vCPUs a VM can have at most */
#define ARMVIRT_CAP_ONE_REG			70
#define ARMVIRT_CAP_READONLY_MEM		81
#define ARMVIRT_CAP_IRQFD_RESAMPLE		82
#define ARMVIRT_CAP_ARM_PSCI			87
#define ARMVIRT_CAP_ARM_SET_DEVICE_ADDR		88
#define ARMVIRT_CAP_DEVICE_CTRL			89
#define ARMVIRT_CAP_ARM_EL1_32BIT		93
#define ARMVIRT_CAP_ENABLE_CAP_VM		98
#define ARMVIRT_CAP_ARM_PSCI_0_2		102
#define ARMVIRT_CAP_CHECK_EXTENSION_VM		105	/* CHECK_EXTENSION on the VM descriptor */
#define ARMVIRT_CAP_IOEVENTFD_ANY_LENGTH	122
#define ARMVIRT_CAP_VCPU_ATTRIBUTES		127
#define ARMVIRT_CAP_MAX_VCPU_ID			128
#define ARMVIRT_CAP_IMMEDIATE_EXIT		136
#define ARMVIRT_CAP_ARM_INJECT_SERROR_ESR	158
#define ARMVIRT_CAP_ARM_VM_IPA_SIZE		165	/* largest VM type in bits */
#define ARMVIRT_CAP_ARM_PTRAUTH_ADDRESS		171
#define ARMVIRT_CAP_ARM_PTRAUTH_GENERIC		172
#define ARMVIRT_CAP_ARM_IRQ_LINE_LAYOUT_2	174
#define ARMVIRT_CAP_ARM_NISV_TO_USER		177	/* to be enabled; see ENABLE_CAP */
#define ARMVIRT_CAP_ARM_INJECT_EXT_DABT		178
#define ARMVIRT_CAP_PTP_KVM			198	/* the guest reads the host's clocks */
#define ARMVIRT_CAP_SYSTEM_EVENT_DATA		215	/* EXIT_SYSTEM_EVENT has data[] */
#define ARMVIRT_CAP_USER_MEMORY2		231

/* armvirt's own, on the device node. On /dev/kvm all are 0, so they tell which one has opened. */
#define ARMVIRT_CAP_X_BASE		0x41560000
#define ARMVIRT_CAP_X_VERSION		(ARMVIRT_CAP_X_BASE + 0)	/* major << 16 | minor */
#define ARMVIRT_CAP_X_HYP_MODE		(ARMVIRT_CAP_X_BASE + 1)	/* one of ARMVIRT_X_HYP_* */
#define ARMVIRT_CAP_X_GIC		(ARMVIRT_CAP_X_BASE + 2)	/* VGIC version: 2 or 3 */
#define ARMVIRT_X_HYP_NVHE		1
#define ARMVIRT_X_HYP_VHE		2
#define ARMVIRT_X_VERSION		0x00000001	/* 0.1 */

/* VM: turn on what is off by default. EINVAL if it can't be enabled or flags isn't zero. */
#define ARMVIRT_ENABLE_CAP		_IOW(ARMVIRTIO, 0xa3, struct armvirt_enable_cap)
struct armvirt_enable_cap {
	__u32 cap;
	__u32 flags;
	__u64 args[4];
	__u8  pad[64];
};

/* ---- VM: memory ---------------------------------------------------------------------------- */

/*
 * Makes (or with memory_size 0 deletes) a slot: guest_phys_addr .. + memory_size is the caller's
 * memory at userspace_addr. All three in whole host pages. An existing slot can be moved,
 * not resized, and its flags stay. EEXIST if it would overlap another slot, EINVAL for
 * misalignment, an unknown flag or a bad slot number, EFAULT if it ends beyond the guest's
 * physical address space. What the memory is made of, and when it comes or goes, is the
 * caller's business; an access to what isn't there ends ARMVIRT_RUN with EFAULT.
 */
#define ARMVIRT_SET_USER_MEMORY_REGION	\
	_IOW(ARMVIRTIO, 0x46, struct armvirt_userspace_memory_region)
#define ARMVIRT_SET_USER_MEMORY_REGION2	\
	_IOW(ARMVIRTIO, 0x49, struct armvirt_userspace_memory_region2)
#define ARMVIRT_MEM_READONLY		(1UL << 1)	/* guest writes exit as MMIO */
struct armvirt_userspace_memory_region {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
};

/* The same with room to grow; the guest_memfd fields belong to KVM's CAP_GUEST_MEMFD. */
struct armvirt_userspace_memory_region2 {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
	__u64 guest_memfd_offset;
	__u32 guest_memfd;
	__u32 pad1;
	__u64 pad2[14];
};

/* ---- VM: interrupts ------------------------------------------------------------------------ */

/*
 * Sets the level of an interrupt input. irq is type[27:24] | vCPU[23:16] (plus vCPU2[31:28] *
 * 256) | number[15:0]; for SPI and PPI the number is the GIC's INTID (SPI 32 and up, PPI 16 to
 * 31). An edge-triggered interrupt becomes pending on level 1. ENXIO without a GIC, EINVAL for
 * a number that isn't of the type or beyond the GIC's.
 */
#define ARMVIRT_IRQ_LINE		_IOW(ARMVIRTIO, 0x61, struct armvirt_irq_level)
#define ARMVIRT_ARM_IRQ_VCPU2_SHIFT	28
#define ARMVIRT_ARM_IRQ_VCPU2_MASK	0xf
#define ARMVIRT_ARM_IRQ_TYPE_SHIFT	24
#define ARMVIRT_ARM_IRQ_TYPE_MASK	0xf
#define ARMVIRT_ARM_IRQ_VCPU_SHIFT	16
#define ARMVIRT_ARM_IRQ_VCPU_MASK	0xff
#define ARMVIRT_ARM_IRQ_NUM_SHIFT	0
#define ARMVIRT_ARM_IRQ_NUM_MASK	0xffff
#define ARMVIRT_ARM_IRQ_TYPE_CPU	0	/* without a GIC only; number CPU_IRQ or CPU_FIQ */
#define ARMVIRT_ARM_IRQ_TYPE_SPI	1
#define ARMVIRT_ARM_IRQ_TYPE_PPI	2
#define ARMVIRT_ARM_IRQ_CPU_IRQ		0
#define ARMVIRT_ARM_IRQ_CPU_FIQ		1
struct armvirt_irq_level {
	__u32 irq;
	__u32 level;
};

/* An eventfd that raises an interrupt: gsi n is SPI n (INTID n + 32) unless routed otherwise. */
#define ARMVIRT_IRQFD			_IOW(ARMVIRTIO, 0x76, struct armvirt_irqfd)
#define ARMVIRT_IRQFD_FLAG_DEASSIGN	(1 << 0)
#define ARMVIRT_IRQFD_FLAG_RESAMPLE	(1 << 1)
struct armvirt_irqfd {
	__u32 fd;
	__u32 gsi;
	__u32 flags;
	__u32 resamplefd;	/* signalled at the guest's end of interrupt, for level sources */
	__u8  pad[16];
};

/*
 * An eventfd that is signalled by a guest write, instead of an MMIO exit. len 1, 2, 4 or 8, or
 * 0 for any width. EEXIST if another eventfd already answers the same write.
 */
#define ARMVIRT_IOEVENTFD			_IOW(ARMVIRTIO, 0x79, struct armvirt_ioeventfd)
#define ARMVIRT_IOEVENTFD_FLAG_DATAMATCH	(1 << 0)
#define ARMVIRT_IOEVENTFD_FLAG_PIO		(1 << 1)	/* taken, but ARM has no port I/O */
#define ARMVIRT_IOEVENTFD_FLAG_DEASSIGN		(1 << 2)
struct armvirt_ioeventfd {
	__u64 datamatch;
	__u64 addr;
	__u32 len;
	__s32 fd;
	__u32 flags;
	__u8  pad[36];
};

/* Replaces the whole table of what an irqfd's gsi means: a pin of the GIC (SPI) or an MSI. */
#define ARMVIRT_SET_GSI_ROUTING		_IOW(ARMVIRTIO, 0x6a, struct armvirt_irq_routing)
#define ARMVIRT_NR_IRQCHIPS		1
#define ARMVIRT_IRQ_ROUTING_IRQCHIP	1
#define ARMVIRT_IRQ_ROUTING_MSI		2
#define ARMVIRT_MSI_VALID_DEVID		(1U << 0)
struct armvirt_irq_routing_entry {
	__u32 gsi;
	__u32 type;
	__u32 flags;
	__u32 pad;
	union {
		struct {
			__u32 irqchip;
			__u32 pin;
		} irqchip;
		struct {
			__u32 address_lo;
			__u32 address_hi;
			__u32 data;
			__u32 devid;
		} msi;
		__u64 align[4];		/* as a member of KVM's for another machine does */
		__u32 pad[8];
	} u;
};

struct armvirt_irq_routing {
	__u32 nr;
	__u32 flags;
	struct armvirt_irq_routing_entry entries[];
};

/* Old ways to make a GICv2 and give it its addresses; CREATE_DEVICE is the one to use. */
#define ARMVIRT_CREATE_IRQCHIP		_IO(ARMVIRTIO, 0x60)
#define ARMVIRT_ARM_SET_DEVICE_ADDR	_IOW(ARMVIRTIO, 0xab, struct armvirt_arm_device_addr)
#define ARMVIRT_ARM_DEVICE_VGIC_V2	0
struct armvirt_arm_device_addr {
	__u64 id;		/* device << 16 | ARMVIRT_VGIC_V2_ADDR_TYPE_* */
	__u64 addr;
};

/* ---- VM: devices, and attributes of devices and vCPUs -------------------------------------- */

/* Returns in fd the descriptor of a new device. ENODEV: no such type here. EEXIST: has one. */
#define ARMVIRT_CREATE_DEVICE		_IOWR(ARMVIRTIO, 0xe0, struct armvirt_create_device)
#define ARMVIRT_CREATE_DEVICE_TEST	1	/* only say whether it could be made */
#define ARMVIRT_DEV_TYPE_ARM_VGIC_V2	5
#define ARMVIRT_DEV_TYPE_ARM_VGIC_V3	7
struct armvirt_create_device {
	__u32 type;
	__u32 fd;
	__u32 flags;
};

/* On device and vCPU descriptors. ENXIO: no such group or attribute. addr is a user pointer. */
#define ARMVIRT_SET_DEVICE_ATTR		_IOW(ARMVIRTIO, 0xe1, struct armvirt_device_attr)
#define ARMVIRT_GET_DEVICE_ATTR		_IOW(ARMVIRTIO, 0xe2, struct armvirt_device_attr)
#define ARMVIRT_HAS_DEVICE_ATTR		_IOW(ARMVIRTIO, 0xe3, struct armvirt_device_attr)
struct armvirt_device_attr {
	__u32 flags;
	__u32 group;
	__u64 attr;
	__u64 addr;
};

/*
 * GIC, group ADDR: guest physical addresses (__u64) of the frames. E2BIG beyond the guest's address
 * space, EINVAL misaligned or of the other GIC version, EEXIST set before.
 */
#define ARMVIRT_DEV_ARM_VGIC_GRP_ADDR		0
#define ARMVIRT_VGIC_V2_ADDR_TYPE_DIST		0
#define ARMVIRT_VGIC_V2_ADDR_TYPE_CPU		1
#define ARMVIRT_VGIC_V3_ADDR_TYPE_DIST		2
#define ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST	3	/* all redistributors in one piece */
/* count[63:52] | base[51:16] | flags[15:12] = 0 | index[11:0]; instead of ADDR_TYPE_REDIST */
#define ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST_REGION	5
#define ARMVIRT_VGIC_V2_DIST_SIZE		0x1000
#define ARMVIRT_VGIC_V2_CPU_SIZE		0x2000
#define ARMVIRT_VGIC_V3_DIST_SIZE		0x10000
#define ARMVIRT_VGIC_V3_REDIST_SIZE		0x20000	/* per vCPU */
/* *_REGS: state, one register (__u32; CPU_SYSREGS __u64), attr: offset, << 32 vCPU or MPIDR. */
#define ARMVIRT_DEV_ARM_VGIC_GRP_DIST_REGS	1
#define ARMVIRT_DEV_ARM_VGIC_GRP_CPU_REGS	2
#define ARMVIRT_DEV_ARM_VGIC_GRP_REDIST_REGS	5
#define ARMVIRT_DEV_ARM_VGIC_GRP_CPU_SYSREGS	6
#define ARMVIRT_DEV_ARM_VGIC_SYSREG_INSTR_MASK	0xffff
/* NR_IRQS: __u32, 64 to 1024 in steps of 32, private ones included. EBUSY once INIT is done. */
#define ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS	3
#define ARMVIRT_DEV_ARM_VGIC_GRP_CTRL		4	/* actions; INIT as often as one likes */
#define ARMVIRT_DEV_ARM_VGIC_CTRL_INIT		0
#define ARMVIRT_DEV_ARM_VGIC_SAVE_PENDING_TABLES	3
/* LEVEL_INFO: input levels of 32 interrupts from INTID (a multiple of 32) on. */
#define ARMVIRT_DEV_ARM_VGIC_GRP_LEVEL_INFO	7
#define ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INFO_SHIFT	10
#define ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INFO_MASK	(0x3fffffULL << 10)
#define ARMVIRT_DEV_ARM_VGIC_LINE_LEVEL_INTID_MASK	0x3ff
#define ARMVIRT_VGIC_LEVEL_INFO_LINE_LEVEL	0
/* vCPU, group TIMER: the PPIs (__u32) of the timers, by default 27 and 30. */
#define ARMVIRT_ARM_VCPU_TIMER_CTRL		1
#define ARMVIRT_ARM_VCPU_TIMER_IRQ_VTIMER	0
#define ARMVIRT_ARM_VCPU_TIMER_IRQ_PTIMER	1

/* ---- vCPU: life and state ------------------------------------------------------------------ */

/* VM. Returns a vCPU descriptor. The argument is its number, from which its MPIDR is made. */
#define ARMVIRT_CREATE_VCPU		_IO(ARMVIRTIO, 0x41)

/*
 * VCPU_INIT puts the vCPU in the architecture's reset state; needed before RUN and ONE_REG
 * (ENOEXEC) and allowed again at any time, with the same target and features, to reset it.
 * PREFERRED_TARGET (VM) fills in what to pass. ENOENT for an unknown feature, EINVAL for one
 * that isn't supported or differs between the vCPUs of a VM. POWER_OFF alone (wait for PSCI
 * CPU_ON) is per call.
 */
#define ARMVIRT_ARM_VCPU_INIT		_IOW(ARMVIRTIO, 0xae, struct armvirt_vcpu_init)
#define ARMVIRT_ARM_PREFERRED_TARGET	_IOR(ARMVIRTIO, 0xaf, struct armvirt_vcpu_init)
#define ARMVIRT_ARM_VCPU_FINALIZE	_IOW(ARMVIRTIO, 0xc2, int)
#define ARMVIRT_ARM_VCPU_POWER_OFF	0	/* bits of features[] */
#ifndef __arm__
#define ARMVIRT_ARM_TARGET_GENERIC_V8	5
#define ARMVIRT_ARM_VCPU_EL1_32BIT	1
#define ARMVIRT_ARM_VCPU_PSCI_0_2	2	/* PSCI 0.2 and later; without it 0.1 */
#define ARMVIRT_ARM_VCPU_PTRAUTH_ADDRESS	5
#define ARMVIRT_ARM_VCPU_PTRAUTH_GENERIC	6	/* both or neither of these two */
#endif
struct armvirt_vcpu_init {
	__u32 target;
	__u32 features[7];
};

/* PSCI 0.1 function ids, for a vCPU without ARM_VCPU_PSCI_0_2; a device tree has to give them. */
#define ARMVIRT_PSCI_FN_BASE		0x95c1ba5e
#define ARMVIRT_PSCI_FN(n)		(ARMVIRT_PSCI_FN_BASE + (n))
#define ARMVIRT_PSCI_FN_CPU_OFF		ARMVIRT_PSCI_FN(1)
#define ARMVIRT_PSCI_FN_CPU_ON		ARMVIRT_PSCI_FN(2)
#define ARMVIRT_PSCI_FN_MIGRATE		ARMVIRT_PSCI_FN(3)

/* Powered on or off, as PSCI sees it. */
#define ARMVIRT_GET_MP_STATE		_IOR(ARMVIRTIO, 0x98, struct armvirt_mp_state)
#define ARMVIRT_SET_MP_STATE		_IOW(ARMVIRTIO, 0x99, struct armvirt_mp_state)
#define ARMVIRT_MP_STATE_RUNNABLE	0
#define ARMVIRT_MP_STATE_STOPPED	5
struct armvirt_mp_state {
	__u32 mp_state;
};

/* Exceptions waiting for the guest: an SError, or an external data abort (set only). */
#define ARMVIRT_GET_VCPU_EVENTS		_IOR(ARMVIRTIO, 0x9f, struct armvirt_vcpu_events)
#define ARMVIRT_SET_VCPU_EVENTS		_IOW(ARMVIRTIO, 0xa0, struct armvirt_vcpu_events)
struct armvirt_vcpu_events {
	struct {
		__u8  serror_pending;
		__u8  serror_has_esr;
		__u8  ext_dabt_pending;
		__u8  pad[5];
		__u64 serror_esr;
	} exception;
	__u32 reserved[12];
};

/* Signals blocked while in RUN: len (8) bytes of sigset; a null argument takes it back. */
#define ARMVIRT_SET_SIGNAL_MASK		_IOW(ARMVIRTIO, 0x8b, struct armvirt_signal_mask)
struct armvirt_signal_mask {
	__u32 len;
	__u8  sigset[];
};

/* ---- vCPU: registers, one by one ----------------------------------------------------------- */

/*
 * An id says architecture, size, class and place; addr points to that many bytes of value. ENOENT:
 * no such register (here). EINVAL: wrong size, or a value that can't be. GET_REG_LIST fills reg[]
 * with every id that can be read and written back; if n is too small: E2BIG, and n is told.
 */
#define ARMVIRT_GET_ONE_REG		_IOW(ARMVIRTIO, 0xab, struct armvirt_one_reg)
#define ARMVIRT_SET_ONE_REG		_IOW(ARMVIRTIO, 0xac, struct armvirt_one_reg)
#define ARMVIRT_GET_REG_LIST		_IOWR(ARMVIRTIO, 0xb0, struct armvirt_reg_list)
struct armvirt_one_reg {
	__u64 id;
	__u64 addr;
};

struct armvirt_reg_list {
	__u64 n;
	__u64 reg[];
};

#define ARMVIRT_REG_ARCH_MASK		0xff00000000000000ULL
#define ARMVIRT_REG_ARM			0x4000000000000000ULL
#define ARMVIRT_REG_ARM64		0x6000000000000000ULL
#define ARMVIRT_REG_SIZE_MASK		0x00f0000000000000ULL
#define ARMVIRT_REG_SIZE_U32		0x0020000000000000ULL
#define ARMVIRT_REG_SIZE_U64		0x0030000000000000ULL
#define ARMVIRT_REG_SIZE_U128		0x0040000000000000ULL
#define ARMVIRT_REG_SIZE(id)		(1U << (((id) & ARMVIRT_REG_SIZE_MASK) >> 52))
#define ARMVIRT_REG_ARM_COPROC_MASK	0x000000000FFF0000

/* Class CORE: the place is the offset in struct armvirt_regs in units of 4 bytes. */
#define ARMVIRT_REG_ARM_CORE		0x00100000
#define ARMVIRT_REG_ARM_CORE_REG(name)	\
	(__builtin_offsetof(struct armvirt_regs, name) / sizeof(__u32))

/* Class DEMUX: CCSIDR, one U32 for each value of CSSELR (_EL1 on arm64). */
#define ARMVIRT_REG_ARM_DEMUX		0x00110000
#define ARMVIRT_REG_ARM_DEMUX_ID_CCSIDR	0x0000
#define ARMVIRT_REG_ARM_DEMUX_VAL_MASK	0x00ff

/* Class VFP is in armvirt_arm.h: arm64 has the registers in class CORE. */
#define ARMVIRT_REG_ARM_VFP		0x00120000

#ifndef __arm__

#define ARMVIRT_REG_ARM_NATIVE		ARMVIRT_REG_ARM64

#define ARMVIRT_NR_SPSR			5
struct armvirt_regs {
	struct {
		__u64 regs[31];
		__u64 sp;		/* SP_EL0 */
		__u64 pc;
		__u64 pstate;
	} regs;
	__u64 sp_el1;
	__u64 elr_el1;
	__u64 spsr[ARMVIRT_NR_SPSR];	/* EL1, ABT, UND, IRQ, FIQ */
	struct {
		__u64 vregs[32][2] __attribute__((aligned(16)));	/* low half first */
		__u32 fpsr;
		__u32 fpcr;
		__u32 reserved[2];
	} fp_regs;
};

/* Class SYSREG: the place is the encoding of the MRS instruction. Always U64. */
#define ARMVIRT_REG_ARM64_SYSREG	0x00130000
#define ARMVIRT_ARM64_SYS_REG(op0, op1, crn, crm, op2)					\
	(ARMVIRT_REG_ARM64 | ARMVIRT_REG_SIZE_U64 | ARMVIRT_REG_ARM64_SYSREG |		\
	 (((__u64)(op0) & 3) << 14) | (((op1) & 7) << 11) | (((crn) & 15) << 7) |	\
	 (((crm) & 15) << 3) | ((op2) & 7))

/*
 * The timers. CNT of the virtual timer reads and sets the guest's counter. Beware: TIMER_CVAL and
 * TIMER_CNT have each other's encoding, an old mistake that is ABI; so always use these names.
 */
#define ARMVIRT_REG_ARM_PTIMER_CTL	ARMVIRT_ARM64_SYS_REG(3, 3, 14, 2, 1)
#define ARMVIRT_REG_ARM_PTIMER_CVAL	ARMVIRT_ARM64_SYS_REG(3, 3, 14, 2, 2)
#define ARMVIRT_REG_ARM_PTIMER_CNT	ARMVIRT_ARM64_SYS_REG(3, 3, 14, 0, 1)
#define ARMVIRT_REG_ARM_TIMER_CTL	ARMVIRT_ARM64_SYS_REG(3, 3, 14, 3, 1)
#define ARMVIRT_REG_ARM_TIMER_CVAL	ARMVIRT_ARM64_SYS_REG(3, 3, 14, 0, 2)
#define ARMVIRT_REG_ARM_TIMER_CNT	ARMVIRT_ARM64_SYS_REG(3, 3, 14, 3, 2)

#endif

/* Class FW: what the firmware of the guest (PSCI, SMCCC), played by the kernel, says of itself. */
#define ARMVIRT_REG_ARM_FW		0x00140000
#define ARMVIRT_REG_ARM_FW_REG(r)	\
	(ARMVIRT_REG_ARM_NATIVE | ARMVIRT_REG_SIZE_U64 | ARMVIRT_REG_ARM_FW | ((r) & 0xffff))
#define ARMVIRT_REG_ARM_PSCI_VERSION	ARMVIRT_REG_ARM_FW_REG(0)
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1	ARMVIRT_REG_ARM_FW_REG(1)
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_AVAIL	0
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1_AVAIL		1
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_1_NOT_REQUIRED	2
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2	ARMVIRT_REG_ARM_FW_REG(2)
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_AVAIL	0
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_UNKNOWN		1
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_AVAIL		2
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED	3
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_2_ENABLED		(1U << 4)
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_3	ARMVIRT_REG_ARM_FW_REG(3)	/* values as of 1 */
#define ARMVIRT_REG_ARM_SMCCC_ARCH_WORKAROUND_3_NOT_REQUIRED	2

/* Class FW_FEAT_BMAP: groups of SMCCC services, a bit each; EBUSY to change after the first RUN. */
#define ARMVIRT_REG_ARM_FW_FEAT_BMAP	0x00160000
#define ARMVIRT_REG_ARM_FW_FEAT_BMAP_REG(r)	\
	(ARMVIRT_REG_ARM_NATIVE | ARMVIRT_REG_SIZE_U64 | ARMVIRT_REG_ARM_FW_FEAT_BMAP |	\
	 ((r) & 0xffff))
#define ARMVIRT_REG_ARM_STD_BMAP	ARMVIRT_REG_ARM_FW_FEAT_BMAP_REG(0)
#define ARMVIRT_REG_ARM_STD_BIT_TRNG_V1_0		0
#define ARMVIRT_REG_ARM_STD_HYP_BMAP	ARMVIRT_REG_ARM_FW_FEAT_BMAP_REG(1)
#define ARMVIRT_REG_ARM_STD_HYP_BIT_PV_TIME		0
#define ARMVIRT_REG_ARM_VENDOR_HYP_BMAP	ARMVIRT_REG_ARM_FW_FEAT_BMAP_REG(2)
#define ARMVIRT_REG_ARM_VENDOR_HYP_BIT_FUNC_FEAT	0
#define ARMVIRT_REG_ARM_VENDOR_HYP_BIT_PTP		1

/* ---- vCPU: run ----------------------------------------------------------------------------- */

/*
 * Runs the guest until something is for user space, told in struct armvirt_run. 0, or an error:
 *   EINTR    a signal came or run->immediate_exit was set; exit_reason is ARMVIRT_EXIT_INTR for a
 *            signal and unchanged for immediate_exit. What the last exit asked for is done first.
 *   ENOEXEC  no VCPU_INIT yet.      EBUSY, ENXIO  the GIC isn't complete.
 *   EFAULT   guest memory isn't there.
 *   ENOSYS   an access outside memory that the CPU doesn't describe (see CAP_ARM_NISV_TO_USER).
 * The answer to an exit (MMIO read data) is taken at the next RUN.
 */
#define ARMVIRT_RUN			_IO(ARMVIRTIO, 0x80)
#define ARMVIRT_EXIT_UNKNOWN		0
#define ARMVIRT_EXIT_MMIO		6
#define ARMVIRT_EXIT_SHUTDOWN		8
#define ARMVIRT_EXIT_FAIL_ENTRY		9
#define ARMVIRT_EXIT_INTR		10
#define ARMVIRT_EXIT_INTERNAL_ERROR	17
#define ARMVIRT_EXIT_SYSTEM_EVENT	24
#define ARMVIRT_EXIT_ARM_NISV		28
#define ARMVIRT_SYSTEM_EVENT_SHUTDOWN	1
#define ARMVIRT_SYSTEM_EVENT_RESET	2
#define ARMVIRT_SYSTEM_EVENT_CRASH	3
#define ARMVIRT_SYSTEM_EVENT_WAKEUP	4
#define ARMVIRT_SYSTEM_EVENT_SUSPEND	5
#define ARMVIRT_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2	(1ULL << 0)	/* data[0]: SYSTEM_RESET2 */
#define ARMVIRT_INTERNAL_ERROR_EMULATION	1

/* Shared with the kernel by mmap() of the vCPU. What is called x86 stays, to keep the layout. */
struct armvirt_run {
	/* set by user space */
	__u8  request_interrupt_window;		/* x86 */
	__u8  immediate_exit;			/* RUN returns EINTR at once while it isn't 0 */
	__u8  padding1[6];
	/* set by the kernel */
	__u32 exit_reason;
	__u8  ready_for_interrupt_injection;	/* x86 */
	__u8  if_flag;				/* x86 */
	__u16 flags;
	__u64 cr8;				/* x86 */
	__u64 apic_base;			/* x86 */
	union {
		struct {			/* FAIL_ENTRY */
			__u64 hardware_entry_failure_reason;
			__u32 cpu;
		} fail_entry;
		struct {			/* MMIO: data in the guest's byte order */
			__u64 phys_addr;
			__u8  data[8];
			__u32 len;
			__u8  is_write;
		} mmio;
		struct {			/* INTERNAL_ERROR */
			__u32 suberror;
			__u32 ndata;
			__u64 data[16];
		} internal;
		struct {			/* SYSTEM_EVENT */
			__u32 type;
			__u32 ndata;
			__u64 data[16];
		} system_event;
		struct {			/* ARM_NISV */
			__u64 esr_iss;
			__u64 fault_ipa;
		} arm_nisv;
		char padding[256];
	};
	__u64 kvm_valid_regs;			/* KVM's copies of registers; not here */
	__u64 kvm_dirty_regs;
	char s[2048];
};

#endif /* _UAPI_ARMVIRT_H */
