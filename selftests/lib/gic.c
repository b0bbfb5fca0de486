// SPDX-License-Identifier: GPL-2.0
/* A GIC for tests; see gic.h. Guest code except for the first four functions. */
#include "gic.h"

volatile int gic_version;

int gic_attr(int fd, unsigned long request, u32 group, u64 attr, void *addr)
{
	struct armvirt_device_attr a = { .group = group, .attr = attr, .addr = (uintptr_t)addr };

	return ioctl(fd, request, &a);
}

static void set_addr(struct vm *vm, u64 type, u64 gpa)
{
	require(!gic_attr(vm->gic_fd, ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_ADDR, type,
			  &gpa));
}

bool gic_try(struct vm *vm)
{
	struct armvirt_create_device cd = { .type = ARMVIRT_DEV_TYPE_ARM_VGIC_V3 };
	u32 nr = GIC_NR_IRQS;

	gic_version = 3;
	if (ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &cd)) {
		cd.type = ARMVIRT_DEV_TYPE_ARM_VGIC_V2;
		gic_version = 2;
		if (ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &cd))
			return false;
	}
	vm->gic_fd = cd.fd;
	vm->gic_version = gic_version;
	if (gic_version == 3) {
		set_addr(vm, ARMVIRT_VGIC_V3_ADDR_TYPE_DIST, GICD_GPA);
		set_addr(vm, ARMVIRT_VGIC_V3_ADDR_TYPE_REDIST, GICR_GPA);
	} else {
		set_addr(vm, ARMVIRT_VGIC_V2_ADDR_TYPE_DIST, GICD_GPA);
		set_addr(vm, ARMVIRT_VGIC_V2_ADDR_TYPE_CPU, GICC_GPA);
	}
	require(!gic_attr(cd.fd, ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr));
	require(!gic_attr(cd.fd, ARMVIRT_SET_DEVICE_ATTR, ARMVIRT_DEV_ARM_VGIC_GRP_CTRL,
			  ARMVIRT_DEV_ARM_VGIC_CTRL_INIT, NULL));
	return true;
}

void gic_new(struct vm *vm)
{
	if (!gic_try(vm))
		test_skip("no GIC can be made");
}

static int irq_line(struct vm *vm, u32 irq, u32 level)
{
	struct armvirt_irq_level l = { .irq = irq, .level = level };

	return ioctl(vm->fd, ARMVIRT_IRQ_LINE, &l);
}

int gic_spi(struct vm *vm, u32 intid, u32 level)
{
	return irq_line(vm, ARMVIRT_ARM_IRQ_TYPE_SPI << ARMVIRT_ARM_IRQ_TYPE_SHIFT | intid, level);
}

int gic_ppi(struct vm *vm, u32 vcpu, u32 intid, u32 level)
{
	return irq_line(vm, ARMVIRT_ARM_IRQ_TYPE_PPI << ARMVIRT_ARM_IRQ_TYPE_SHIFT |
			vcpu << ARMVIRT_ARM_IRQ_VCPU_SHIFT | intid, level);
}

/* Guest: the frame that has the registers of this interrupt. */
static u64 frame(u32 intid)
{
	if (gic_version == 2 || intid >= 32)
		return GICD_GPA;
	return GICR_GPA + guest_cpu()->id * GICR_STRIDE + GICR_SGI_BASE;
}

static void set_bit(u32 offset, u32 intid)
{
	mmio_write32(frame(intid) + offset + intid / 32 * 4, 1U << intid % 32);
}

static bool get_bit(u32 offset, u32 intid)
{
	return mmio_read32(frame(intid) + offset + intid / 32 * 4) >> intid % 32 & 1;
}

void gic_enable(u32 intid)		{ set_bit(GICD_ISENABLER, intid); }
void gic_disable(u32 intid)		{ set_bit(GICD_ICENABLER, intid); }
void gic_set_pending(u32 intid)		{ set_bit(GICD_ISPENDR, intid); }
void gic_clear_pending(u32 intid)	{ set_bit(GICD_ICPENDR, intid); }
bool gic_is_pending(u32 intid)		{ return get_bit(GICD_ISPENDR, intid); }
void gic_set_active(u32 intid)		{ set_bit(GICD_ISACTIVER, intid); }
void gic_clear_active(u32 intid)	{ set_bit(GICD_ICACTIVER, intid); }
bool gic_is_active(u32 intid)		{ return get_bit(GICD_ISACTIVER, intid); }

void gic_set_priority(u32 intid, u8 priority)
{
	mmio_write8(frame(intid) + GICD_IPRIORITYR + intid, priority);
}

void gic_set_edge(u32 intid, bool edge)
{
	u64 reg = frame(intid) + GICD_ICFGR + intid / 16 * 4;
	u32 bit = 2U << intid % 16 * 2;
	u32 v = mmio_read32(reg);

	mmio_write32(reg, edge ? v | bit : v & ~bit);
}

void gic_route(u32 intid, u32 cpu)
{
	if (gic_version == 3)
		mmio_write64(GICD_GPA + GICD_IROUTER + intid * 8, cpu);
	else
		mmio_write8(GICD_GPA + GICD_ITARGETSR + intid, 1U << cpu);
}

void gic_init_dist(void)
{
	u32 ctlr = gic_version == 3 ? 1U << 4 | 3 : 1;

	mmio_write32(GICD_GPA + GICD_CTLR, ctlr);
	if (gic_version == 3)
		for (u32 i = 32; i < GIC_NR_IRQS; i += 32)
			mmio_write32(GICD_GPA + GICD_IGROUPR + i / 8, ~0U);
	for (u32 i = 32; i < GIC_NR_IRQS; i++)
		gic_set_priority(i, 0xa0);
}

static void init_cpu_v3(void)
{
	u64 rd = frame(0) - GICR_SGI_BASE;

	mmio_write32(rd + GICR_WAKER, 0);
	mmio_write32(frame(0) + GICD_IGROUPR, ~0U);
	sysreg_write_(ICC_SRE, 7);
	isb();
	sysreg_write_(ICC_PMR, 0xf0);
	sysreg_write_(ICC_BPR1, 0);
	sysreg_write_(ICC_CTLR, 0);
	sysreg_write_(ICC_IGRPEN1, 1);
	isb();
}

void gic_init_cpu(void)
{
	for (u32 i = 0; i < 32; i++)
		gic_set_priority(i, 0xa0);
	if (gic_version == 3) {
		init_cpu_v3();
	} else {
		mmio_write32(GICC_GPA + 4, 0xf0);
		mmio_write32(GICC_GPA + 8, 0);
		mmio_write32(GICC_GPA, 1);
	}
}

void gic_set_pmr(u8 priority)
{
	if (gic_version == 3)
		sysreg_write_(ICC_PMR, priority);
	else
		mmio_write32(GICC_GPA + 4, priority);
	isb();
	dsb();
}

void gic_set_eoimode(bool one)
{
	if (gic_version == 3)
		sysreg_write_(ICC_CTLR, one ? 2 : 0);
	else
		mmio_write32(GICC_GPA, 1 | (one ? 1 << 9 : 0));
	isb();
}

u32 gic_ack(void)
{
	u32 v = gic_version == 3 ? sysreg_read_(ICC_IAR1) : mmio_read32(GICC_GPA + 0xc);

	dsb();
	return v;
}

void gic_eoi(u32 intid)
{
	if (gic_version == 3)
		sysreg_write_(ICC_EOIR1, intid);
	else
		mmio_write32(GICC_GPA + 0x10, intid);
	isb();
}

void gic_dir(u32 intid)
{
	if (gic_version == 3)
		sysreg_write_(ICC_DIR, intid);
	else
		mmio_write32(GICC_GPA + 0x1000, intid);
	isb();
}

u8 gic_running_priority(void)
{
	return gic_version == 3 ? sysreg_read_(ICC_RPR) : mmio_read32(GICC_GPA + 0x14);
}

void gic_sgi(u32 intid, u32 mask)
{
	dsb();
	if (gic_version == 3)
		sysreg_write64_(ICC_SGI1R, (u64)intid << 24 | mask);
	else
		mmio_write32(GICD_GPA + GICD_SGIR, mask << 16 | intid);
	isb();
}

void gic_sgi_all_but_self(u32 intid)
{
	dsb();
	if (gic_version == 3)
		sysreg_write64_(ICC_SGI1R, 1ULL << 40 | (u64)intid << 24);
	else
		mmio_write32(GICD_GPA + GICD_SGIR, 1U << 24 | intid);
	isb();
}
