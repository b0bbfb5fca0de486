// SPDX-License-Identifier: GPL-2.0
/*
 * EL2's TLB maintenance on the model: see hyptlb.h. hyp_tlb.inc is tlb.c without
 * its includes and its inline assembler; what those lines define is defined here.
 * Besides completeness this checks that a TLBI finds the right VMID, all 16 bits
 * of it, that TGE is clear on VHE, that walks are off and stage 1 is on while
 * registers of two worlds are mixed, and that all registers are as before in the end.
 */
#include <string.h>

#include "hyptlb.h"
#include "tlbmodel.h"

#define VM_VTTBR	0x0107000040000000ULL
#define OTHER_VTTBR	0x0003000050000000ULL
#define HOST_HCR	0x488000000ULL
#define TGE		(1ULL << 27)
#define VS		(1ULL << 19)
#define M		1ULL
#define TCR_NO_WALKS	((1ULL << 7) | (1ULL << 23) | (3ULL << 4))

/* A register has a value for instructions from the next ISB on. */
struct reg {
	u64 written, seen;
};

static struct {
	struct reg vttbr, vtcr, hcr, tcr, sctlr;
} regs[TLBMODEL_CPUS];
static bool vhe;

#define vttbr_el2	(regs[tlbmodel.cpu].vttbr)
#define hcr_el2		(regs[tlbmodel.cpu].hcr)
#define tcr_el1		(regs[tlbmodel.cpu].tcr)
#define vtcr_el2	(regs[tlbmodel.cpu].vtcr)
#define sctlr_el1	(regs[tlbmodel.cpu].sctlr)

static u64 reg_read(struct reg *r)
{
	return r->written;
}

static void reg_write(struct reg *r, u64 val)
{
	if (r != &tcr_el1 && (tcr_el1.seen & TCR_NO_WALKS) != TCR_NO_WALKS)
		tlbmodel_fail(FAULT_STALE, "VMID or regime switched with walks on");
	/* A VHE host's own regime has nothing to do with SCTLR_EL1; on others its stage 1 is on. */
	if (vhe && (r == &vttbr_el2 || r == &hcr_el2) && !(sctlr_el1.seen & M))
		tlbmodel_fail(FAULT_STALE, "VMID or regime switched with stage 1 off");
	if ((r == &tcr_el1 || r == &sctlr_el1) && (vttbr_el2.seen != vttbr_el2.written ||
			      hcr_el2.seen != hcr_el2.written))
		tlbmodel_fail(FAULT_STALE, "walks on again before the VMID is back");
	r->written = val;
}

static void fake_isb(void)
{
	vttbr_el2.seen = vttbr_el2.written;
	hcr_el2.seen = hcr_el2.written;
	tcr_el1.seen = tcr_el1.written;
	vtcr_el2.seen = vtcr_el2.written;
	sctlr_el1.seen = sctlr_el1.written;
}

static void fake_dsb(const char *kind)
{
	if (!strcmp(kind, "ish"))
		tlbmodel_dsb_ish();
	else if (!strcmp(kind, "ishst"))
		tlbmodel_dsb_ishst();
	/* A DSB of this CPU alone (nsh) completes nothing on others. */
}

static void check_regime(void)
{
	if (vttbr_el2.seen != VM_VTTBR || !(vtcr_el2.seen & VS))
		tlbmodel_fail(FAULT_STALE, "TLBI under VTTBR %#llx", vttbr_el2.seen);
	if (vhe && (hcr_el2.seen & TGE))
		tlbmodel_fail(FAULT_STALE, "TLBI for the host's own regime");
}

/* What is not broadcast, or not known, removes nothing that this CPU may rely upon. */
static void fake_tlbi(const char *op)
{
	check_regime();
	if (!strcmp(op, "vmalle1is"))
		tlbmodel_tlbi_stage1();
	else if (!strcmp(op, "vmalls12e1is") || !strcmp(op, "alle1is"))
		tlbmodel_tlbi_all();
}

/* Bits 47:44 of the argument are the TTL hint: bits 3:2 the granule, 1:0 the level. */
static void fake_tlbi_addr(const char *op, u64 arg)
{
	u64 addr = (arg & ((1ULL << 36) - 1)) << 12;
	int ttl = arg >> 46 & 3 ? arg >> 44 & 3 : 0;

	check_regime();
	if (!strcmp(op, "ipas2e1is"))
		tlbmodel_tlbi_addr(addr, ttl, false);
	else if (!strcmp(op, "ipas2le1is"))
		tlbmodel_tlbi_addr(addr, ttl, true);
}

#define read_sysreg(r)		reg_read(&(r))
#define write_sysreg(v, r)	reg_write(&(r), v)
#define read_sysreg_s(r)	reg_read(r)
#define write_sysreg_s(v, r)	reg_write(r, v)
#define el1_TCR			tcr_el1
#define el1_SCTLR		sctlr_el1
#define EL1(name)		(&el1_##name)
#define BIT_VTCR_VS		VS
#define BIT_SCTLR_M		M
#define BIT_HCR_TGE		TGE
#define isb()			fake_isb()
#define dsb(kind)		fake_dsb(#kind)
#define tlbi(op)		fake_tlbi(#op)
#define tlbi_addr(op, arg)	fake_tlbi_addr(#op, arg)

#define HYP_VHE			0
#define tlb_ipa			tlb_ipa_nvhe
#define tlb_vmid		tlb_vmid_nvhe
#define tlb_cpu			tlb_cpu_nvhe
#define tlb_all			tlb_all_nvhe
#define tlb_el2			tlb_el2_nvhe
#define tlb_ctx			tlb_ctx_nvhe
#define borrow_vmid		borrow_vmid_nvhe
#define return_vmid		return_vmid_nvhe
#include "hyp_tlb.inc"
#undef HYP_VHE
#undef tlb_ipa
#undef tlb_vmid
#undef tlb_cpu
#undef tlb_all
#undef tlb_el2
#undef tlb_ctx
#undef borrow_vmid
#undef return_vmid
#define HYP_VHE			1
#define tlb_ipa			tlb_ipa_vhe
#define tlb_vmid		tlb_vmid_vhe
#define tlb_cpu			tlb_cpu_vhe
#define tlb_all			tlb_all_vhe
#define tlb_el2			tlb_el2_vhe
#define tlb_ctx			tlb_ctx_vhe
#define borrow_vmid		borrow_vmid_vhe
#define return_vmid		return_vmid_vhe
#include "hyp_tlb.inc"

static void begin(bool on_vhe)
{
	vhe = on_vhe;
	vttbr_el2 = (struct reg) { OTHER_VTTBR, OTHER_VTTBR };
	hcr_el2 = (struct reg) { vhe ? HOST_HCR : 0, vhe ? HOST_HCR : 0 };
	tcr_el1 = (struct reg) { 0, 0 };
	vtcr_el2 = (struct reg) { 0, 0 };
	sctlr_el1 = (struct reg) { 0, 0 };
}

static void end(void)
{
	if (vttbr_el2.seen != OTHER_VTTBR || tcr_el1.seen || sctlr_el1.seen ||
	    hcr_el2.seen != (vhe ? HOST_HCR : 0))
		tlbmodel_fail(FAULT_RESULT, "registers not given back");
}

static void range_nvhe(void *owner, const struct s2pt_inval *inv)
{
	begin(false);
	tlb_ipa_nvhe(VM_VTTBR, inv->start, inv->end, inv->stride);
	end();
}

static void all_nvhe(void *owner)
{
	begin(false);
	tlb_vmid_nvhe(VM_VTTBR);
	end();
}

static void range_vhe(void *owner, const struct s2pt_inval *inv)
{
	begin(true);
	tlb_ipa_vhe(VM_VTTBR, inv->start, inv->end, inv->stride);
	end();
}

static void all_vhe(void *owner)
{
	begin(true);
	tlb_vmid_vhe(VM_VTTBR);
	end();
}

const struct s2pt_tlb hyptlb_nvhe = { .range = range_nvhe, .all = all_nvhe };
const struct s2pt_tlb hyptlb_vhe = { .range = range_vhe, .all = all_vhe };
