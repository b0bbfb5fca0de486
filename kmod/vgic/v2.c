// SPDX-License-Identifier: GPL-2.0
/*
 * GICv2 on a GICv2 host: the GICH frame, which the kernel reaches itself, and so loads from and
 * saves to struct hyp_gic as EL2 does with the registers of a GICv3; and SGIs with their sources.
 * The guest works on its CPU interface without us: it is the host's GICV frame.
 */
#include <linux/io.h>

#include "vgic/internal.h"

#define GICH_HCR	0x0
#define GICH_VMCR	0x8
#define GICH_APR	0xf0
#define GICH_LR(n)	(0x100 + 4 * (n))
#define HCR_EOICOUNT	27

static void gich_write(u32 val, u32 off)
{
	writel_relaxed(val, vgic_host.gich + off);
}

static u32 gich_read(u32 off)
{
	return readl_relaxed(vgic_host.gich + off);
}

/* After a reset list registers are unknown; the first guest would take what they say. */
void vgic_v2_reset(void)
{
	unsigned int i;

	gich_write(0, GICH_HCR);
	for (i = 0; i < vgic_host.nr_lr; i++)
		gich_write(0, GICH_LR(i));
}

/* @hcr: for GICH_HCR, which has @gic->hcr; a write sets its EOI count to zero, too */
void vgic_v2_commit(struct hyp_gic *gic, u32 hcr)
{
	unsigned int i;

	for (i = 0; i < gic->used; i++)
		gich_write(gic->lr[i], GICH_LR(i));
	if (gic->hcr != hcr)
		gich_write(hcr, GICH_HCR);
}

/*
 * Also empties the list registers, so that the maintenance interrupt they may be asking for goes
 * away, and that the next entry starts with none in use.
 */
void vgic_v2_fold(struct hyp_gic *gic)
{
	unsigned int i;

	if (gic->hcr & ICH_HCR_LRENPIE_BIT)
		gic->eoicount = gich_read(GICH_HCR) >> HCR_EOICOUNT;
	for (i = 0; i < gic->used; i++) {
		gic->lr[i] = gich_read(GICH_LR(i));
		gich_write(0, GICH_LR(i));
	}
}

u32 vgic_v2_vmcr(void)
{
	return gich_read(GICH_VMCR);
}

void vgic_v2_load(struct hyp_gic *gic)
{
	gich_write(gic->vmcr, GICH_VMCR);
	gich_write(gic->ap0r[0], GICH_APR);
	gich_write(gic->hcr, GICH_HCR);
}

void vgic_v2_put(struct hyp_gic *gic)
{
	gic->vmcr = gich_read(GICH_VMCR);
	gic->ap0r[0] = gich_read(GICH_APR);
	gich_write(0, GICH_HCR);
}

/** vgic_v2_send_sgi - the guest wrote @val to GICD_SGIR */
void vgic_v2_send_sgi(struct av_vcpu *vcpu, u32 val)
{
	u32 sgi = val & 0xf, list = val >> 16 & 0xff;
	struct av_vcpu *target;
	unsigned int i;

	switch (val >> 24 & 3) {
	case 1:
		list = ~BIT(vcpu->idx);
		break;
	case 2:
		list = BIT(vcpu->idx);
		break;
	case 3:		/* reserved */
		list = 0;
		break;
	}
	vm_for_each_vcpu(i, target, vcpu->vm) {
		if (list & BIT(i))
			vgic_send_sgi(target, sgi, BIT(vcpu->idx), true);
	}
}
