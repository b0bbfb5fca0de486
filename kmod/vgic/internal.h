/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files in vgic/ share and nobody else sees: the locked interrupt,
 * the register-row engine, and the GIC architecture's numbers.
 */
#ifndef ARMVIRT_VGIC_INTERNAL_H
#define ARMVIRT_VGIC_INTERNAL_H

#include <linux/irqchip/arm-gic-v3.h>

#include "armvirt.h"

/* Offsets in the frames that the kernel's header doesn't have (IHI 0069 and IHI 0048) */
#define GICD_V2_PIDR4		0x0fd0
#define GIC_V3_PIDR4		0xffd0
#define GICR_SGI		0x10000		/* the second frame */

#define GICD_CTLR_GRP0		(1 << 0)
#define GICD_CTLR_GRP1		(1 << 1)
#define GICD_CTLR_GRPS		(GICD_CTLR_GRP0 | GICD_CTLR_GRP1)

#define GICC_CTLR		0x00
#define GICC_PMR		0x04
#define GICC_BPR		0x08
#define GICC_ABPR		0x1c
#define GICC_APR		0xd0
#define GICC_IIDR		0xfc

/* Implementer ARM (as every virtual GIC says), product 'A', revision 1. */
#define VGIC_IIDR		0x4100143b
#define VGIC_GICC_IIDR		0x0412043b

/* ICH_HCR_EL2; GICH_HCR has the same bits as far as both have them. */
#define ICH_HCR_EN_BIT		(1u << 0)
#define ICH_HCR_LRENPIE_BIT	(1u << 2)	/* an EOI found no list register */
#define ICH_HCR_NPIE_BIT	(1u << 3)	/* no list register is pending */
#define ICH_HCR_TDIR_BIT	(1u << 14)
#define ICH_VTR_TDS_BIT		(1u << 19)

/* ICH_VMCR_EL2; GICH_VMCR has the same layout, with 5 bits of priority mask. */
#define VMCR_VENG0		(1u << 0)
#define VMCR_VENG1		(1u << 1)
#define VMCR_ACKCTL		(1u << 2)
#define VMCR_FIQEN		(1u << 3)
#define VMCR_CBPR		(1u << 4)
#define VMCR_EOIM		(1u << 9)
#define VMCR_CTLR		0x21fu		/* all of the above */
#define VMCR_BPR1_SHIFT		18
#define VMCR_BPR0_SHIFT		21
#define VMCR_PMR_SHIFT		24

/**
 * struct vgic_host - the host's interrupt controller
 * @type: the device type that VMs can have, 0 if none
 * @v2: @type is the GICv2
 * @tdir: deactivations can be trapped
 * @nr_lr: list registers
 * @pri_bits: priority bits of the virtual CPU interface
 * @nr_apr: active priority registers for each group
 * @maint_irq: Linux number of the maintenance interrupt
 * @gich: v2: the hypervisor's registers
 * @gicv: v2: address of what guests see as their CPU interface
 */
struct vgic_host {
	u32 type;
	bool v2;
	bool tdir;
	unsigned int nr_lr;
	unsigned int pri_bits;
	unsigned int nr_apr;
	int maint_irq;
	void __iomem *gich;
	phys_addr_t gicv;
};

extern struct vgic_host vgic_host;

/* irq.c */
struct vgic_irq *vgic_irq_get(struct av_vm *vm, struct av_vcpu *vcpu, u32 intid);
unsigned long vgic_irq_lock(struct vgic_irq *irq) __acquires(&irq->home->lock);
void vgic_irq_release(struct vgic_irq *irq, unsigned long flags) __releases(&irq->home->lock);
void vgic_irq_unlock(struct vgic_irq *irq, unsigned long flags, bool tell)
	__releases(&irq->home->lock);
bool vgic_irq_update(struct vgic_irq *irq);
void vgic_irq_settle(struct vgic_irq *irq);
void vgic_irq_deactivate_hw(struct vgic_irq *irq);
void vgic_send_sgi(struct av_vcpu *target, u32 sgi, u32 source, bool group1);
void vgic_home_sync(struct vgic_home *home, u32 folds);
void vgic_kick_all(struct av_vm *vm);

/* Must hold the home's lock. */
static inline bool vgic_irq_pending(const struct vgic_irq *irq)
{
	return irq->latch || irq->lr_latch || (irq->line && !irq->edge);
}

static inline bool vgic_is_v2(const struct av_vm *vm)
{
	return vm->vgic.type == ARMVIRT_DEV_TYPE_ARM_VGIC_V2;
}

static inline struct vgic_home *vgic_home_of(struct av_vm *vm, struct av_vcpu *vcpu)
{
	return vcpu ? &vcpu->vgic.home : &vm->vgic.limbo;
}

/* v2.c: what EL2 does with @gic for a GICv3, and what the guest writes to GICD_SGIR */
void vgic_v2_reset(void);
void vgic_v2_commit(struct hyp_gic *gic, u32 hcr);
void vgic_v2_fold(struct hyp_gic *gic);
u32 vgic_v2_vmcr(void);
void vgic_v2_load(struct hyp_gic *gic);
void vgic_v2_put(struct hyp_gic *gic);
void vgic_v2_send_sgi(struct av_vcpu *vcpu, u32 val);

enum vgic_frame {
	VGIC_V2_DIST, VGIC_V3_DIST, VGIC_V3_RDIST, VGIC_V2_CPU, VGIC_LEVELS, VGIC_V3_CPU,
};

/**
 * struct vgic_frame_dev - a register frame on the VM's I/O bus
 * @dev: where
 * @vcpu: whose redistributor; NULL for a distributor, whose private part is the accessing vCPU's
 * @frame: its registers
 */
struct vgic_frame_dev {
	struct iobus_dev dev;
	struct av_vcpu *vcpu;
	enum vgic_frame frame;
};

/**
 * struct vgic_access - one access to a register frame
 * @vm: the VM
 * @vcpu: whose private interrupts (v2: the accessing vCPU; v3: the redistributor's)
 * @frame: which; of the last three, which are for user space alone, VGIC_LEVELS has a bit for
 *	   each interrupt's input
 * @off: there
 * @len: 1, 2, 4 or 8
 * @user: by attribute: no vCPU is running, and some registers show raw state
 * @write: or else a read
 */
struct vgic_access {
	struct av_vm *vm;
	struct av_vcpu *vcpu;
	enum vgic_frame frame;
	u32 off;
	int len;
	bool user;
	bool write;
};

#define VGIC_W8			(1 << 1)
#define VGIC_W32		(1 << 4)
#define VGIC_W64		(1 << 8)

#define VGIC_ROW_W1		(1 << 0)	/* zeroes have no effect */
#define VGIC_ROW_SYNC		(1 << 1)	/* wait for a guest that holds the interrupt */
#define VGIC_ROW_SYNC_READ	(1 << 2)	/* reads too */

/* Where the table has the frames that have other registers than a distributor. */
#define VGIC_GICR		0x10000
#define VGIC_GICC		0x20000
#define VGIC_LINES		0x30000
#define VGIC_ICC		0x80000
#define VGIC_ICC_SIZE		0x80000

/* A register of the GICv3 CPU interface by its encoding (op0 3, op1 0), eight bytes to each. */
#define VGIC_ICC_REG(crn, crm, op2) \
	(VGIC_ICC + 8 * (3 << 14 | (crn) << 7 | (crm) << 3 | (op2)))
#define VGIC_ICC_PMR		VGIC_ICC_REG(4, 6, 0)
#define VGIC_ICC_BPR0		VGIC_ICC_REG(12, 8, 3)
#define VGIC_ICC_AP0R		VGIC_ICC_REG(12, 8, 4)
#define VGIC_ICC_AP1R		VGIC_ICC_REG(12, 9, 0)
#define VGIC_ICC_BPR1		VGIC_ICC_REG(12, 12, 3)
#define VGIC_ICC_CTLR		VGIC_ICC_REG(12, 12, 4)
#define VGIC_ICC_SRE		VGIC_ICC_REG(12, 12, 5)
#define VGIC_ICC_IGRPEN0	VGIC_ICC_REG(12, 12, 6)
#define VGIC_ICC_IGRPEN1	VGIC_ICC_REG(12, 12, 7)

/**
 * struct vgic_row - what lives at [@reg, @reg + @len) of the table's space
 * @reg: GICD_*, VGIC_GICR + GICR_*, VGIC_GICC + GICC_*, VGIC_LINES or VGIC_ICC_*
 * @len: length
 * @widths: legal widths of an access, VGIC_W*
 * @frames: bit mask of the frames that have it
 * @bits: bits for each interrupt, from INTID 0 on (1, 2, 8), or 0 for a plain register
 * @flags: VGIC_ROW_*
 * @shift: where its field is in VMCR
 * @mask: of that field; 0 if it isn't one
 */
struct vgic_row {
	u32 reg;
	u16 len;
	u16 widths;
	u16 mask;
	u8 shift;
	u8 frames;
	u8 bits;
	u8 flags;
};

extern const struct vgic_row vgic_rows[];
extern const unsigned int vgic_nr_rows;

/* mmio.c */
const struct vgic_row *vgic_row_find(enum vgic_frame frame, u32 *off);
int vgic_access(const struct vgic_access *access, u64 *val);
void vgic_frame_add(struct av_vm *vm, struct av_vcpu *vcpu, enum vgic_frame frame, u64 base);

/* cpureg.c: the CPU interface by attribute */
int vgic_access_cpu(const struct vgic_row *row, const struct vgic_access *a, u32 off, u64 *val);

/* setup.c */
int vgic_init(struct av_vm *vm);
int vgic_region_add(struct av_vm *vm, u32 index, u64 base, u32 count);
bool vgic_rdist_last(struct av_vcpu *vcpu);
int vgic_check_range(struct av_vm *vm, u64 addr, u64 align, u64 size);

#endif
