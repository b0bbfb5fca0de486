// SPDX-License-Identifier: GPL-2.0
/*
 * What s2pt computes rather than does: the shape of a table, the encoding of
 * descriptors at both stages, and the register fields that follow from them.
 * No memory is touched here. The rules are those of DDI 0487, D8.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "s2pt_desc.h"

/* Geometry */

u64 s2pt_level_size(const struct s2pt *pt, int level)
{
	return BIT_ULL(level_shift(pt, level));
}

/* 1 GiB blocks exist only with 4K pages; the larger granules begin at level 2 (D8.3). */
bool s2pt_level_has_leaf(const struct s2pt *pt, int level)
{
	int first = pt->cfg.granule_shift == 12 ? 1 : 2;

	return level >= max_t(int, first, pt->start_level) && level <= S2PT_MAX_LEVEL;
}

/**
 * s2pt_best_size() - the largest leaf that may map @ipa to @pa
 * @pt:		table
 * @ipa:	input address
 * @pa:		output address
 * @max:	upper limit, at least a granule
 *
 * Only alignment is looked at; what lies around is the caller's affair.
 */
u64 s2pt_best_size(const struct s2pt *pt, av_ipa_t ipa, phys_addr_t pa, u64 max)
{
	int level;

	for (level = pt->start_level; level < S2PT_MAX_LEVEL; level++) {
		u64 size = s2pt_level_size(pt, level);

		if (s2pt_level_has_leaf(pt, level) && size <= max && !((ipa | pa) & (size - 1)))
			return size;
	}
	return s2pt_level_size(pt, S2PT_MAX_LEVEL);
}

int s2pt_leaf_level(const struct s2pt *pt, u64 size)
{
	int level;

	for (level = pt->start_level; level <= S2PT_MAX_LEVEL; level++)
		if (s2pt_level_size(pt, level) == size && s2pt_level_has_leaf(pt, level))
			return level;
	return -EINVAL;
}

/* Descriptors */

static u64 stage2_memattr(const struct s2pt *pt, unsigned int prot)
{
	if (prot & S2PT_DEVICE)
		return S2_MEMATTR(0x1);
	if (prot & S2PT_NC)
		return S2_MEMATTR(0x5);
	/* With FWB, 6 makes memory write-back whatever the guest's stage 1 says. */
	return pt->cfg.fwb ? S2_MEMATTR(0x6) : S2_MEMATTR(0xf);
}

static u64 stage2_attrs(const struct s2pt *pt, unsigned int prot)
{
	u64 attrs = stage2_memattr(pt, prot);

	if (prot & S2PT_R)
		attrs |= S2_READ;
	if (prot & S2PT_W)
		attrs |= S2_WRITE;
	return attrs;
}

static u64 stage1_attrs(unsigned int prot)
{
	u64 attrs = S1_AP1;

	if (prot & S2PT_DEVICE)
		attrs |= S1_ATTRINDX(1);
	else if (prot & S2PT_NC)
		attrs |= S1_ATTRINDX(2);
	if (!(prot & S2PT_W))
		attrs |= S1_READONLY;
	return attrs;
}

/* Everything of a young leaf except its address and DESC_TABLE. */
static u64 prot_to_attrs(const struct s2pt *pt, unsigned int prot)
{
	u64 attrs = DESC_VALID | DESC_AF | DESC_SH_INNER;

	attrs |= pt->cfg.stage == S2PT_STAGE2 ? stage2_attrs(pt, prot) : stage1_attrs(prot);
	if (!(prot & S2PT_X))
		attrs |= DESC_XN;
	if (prot & S2PT_SW0)
		attrs |= DESC_SW0;
	if (prot & S2PT_SW1)
		attrs |= DESC_SW1;
	return attrs;
}

unsigned int s2pt_desc_prot(const struct s2pt *pt, u64 desc)
{
	bool s2 = pt->cfg.stage == S2PT_STAGE2;
	unsigned int prot = 0;

	if (!s2 || (desc & S2_READ))
		prot |= S2PT_R;
	if (s2 ? desc & S2_WRITE : !(desc & S1_READONLY))
		prot |= S2PT_W;
	if (!(desc & DESC_XN))
		prot |= S2PT_X;
	if (s2 && (desc & S2_MEMATTR(0xf)) != stage2_memattr(pt, 0))
		prot |= (desc & S2_MEMATTR(0xf)) == S2_MEMATTR(1) ? S2PT_DEVICE : S2PT_NC;
	if (!s2 && (desc & S1_ATTRINDX(7)))
		prot |= (desc & S1_ATTRINDX(7)) == S1_ATTRINDX(1) ? S2PT_DEVICE : S2PT_NC;
	if (desc & DESC_SW0)
		prot |= S2PT_SW0;
	if (desc & DESC_SW1)
		prot |= S2PT_SW1;
	return prot;
}

u64 s2pt_make_leaf(const struct s2pt *pt, int level, phys_addr_t pa, unsigned int prot)
{
	u64 desc = pa | prot_to_attrs(pt, prot);

	return level == S2PT_MAX_LEVEL ? desc | DESC_TABLE : desc;
}

/* The attributes of a leaf that may not change while it is valid: where to, and of what type. */
bool s2pt_same_translation(const struct s2pt *pt, u64 a, u64 b)
{
	return !((a ^ b) & addr_mask(pt)) &&
	       !((s2pt_desc_prot(pt, a) ^ s2pt_desc_prot(pt, b)) & PROT_MEMTYPE);
}

/* Registers */

#define TCR_WBWA_INNER	((1ULL << 8) | (1ULL << 10) | (3ULL << 12)) /* IRGN0, ORGN0, SH0 */
#define TCR_RES1	BIT_ULL(31)
#define TCR_EL2_RES1	(BIT_ULL(31) | BIT_ULL(23))

static u64 tg0(const struct s2pt *pt)
{
	switch (pt->cfg.granule_shift) {
	case 14:
		return 2ULL << 14;
	case 16:
		return 1ULL << 14;
	default:
		return 0;
	}
}

/* SL0 counts upwards from level 2 with 4K pages, from level 3 with larger ones. */
static u64 sl0(const struct s2pt *pt)
{
	int base = pt->cfg.granule_shift == 12 ? 2 : 3;

	return (u64)(base - pt->start_level) << 6;
}

/**
 * s2pt_vtcr_el2() - VTCR_EL2 for a stage-2 table
 * @pt:	table
 *
 * The caller adds PS (bits 18:16, from ID_AA64MMFR0_EL1.PARange) and VS (bit 19,
 * if VMIDs have 16 bits).
 */
u64 s2pt_vtcr_el2(const struct s2pt *pt)
{
	return TCR_RES1 | TCR_WBWA_INNER | tg0(pt) | sl0(pt) | (64 - pt->cfg.ia_bits);
}

/**
 * s2pt_vtcr_v7() - VTCR for a stage-2 table on ARMv7
 * @pt:	table with a 12-bit granule and at most 40 bits
 *
 * T0SZ is a signed field of four bits there, with its sign repeated in bit 4.
 */
u32 s2pt_vtcr_v7(const struct s2pt *pt)
{
	u32 t0sz = (32 - pt->cfg.ia_bits) & 0xf;
	u32 sign = (t0sz & 8) << 1;

	return lower_32_bits(TCR_RES1 | TCR_WBWA_INNER | sl0(pt)) | sign | t0sz;
}

/**
 * s2pt_tcr_el2() - TCR_EL2 for an EL2 stage-1 table
 * @pt:	table
 *
 * The caller adds PS (bits 18:16).
 */
u64 s2pt_tcr_el2(const struct s2pt *pt)
{
	return TCR_EL2_RES1 | TCR_WBWA_INNER | tg0(pt) | (64 - pt->cfg.ia_bits);
}
