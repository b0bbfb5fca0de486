// SPDX-License-Identifier: GPL-2.0
/*
 * TLB maintenance that only EL2 can do: guests' translations by IPA, by VMID
 * and altogether.  The caller has stored to the tables and issued DSB ISHST.
 * Body, compiled twice; see world.h.
 */
#define tlbi(op)		asm volatile("tlbi " #op ::: "memory")
#define tlbi_addr(op, arg)	asm volatile("tlbi " #op ", %0" :: "r" (arg) : "memory")

/* What the invalidation borrowed. */
struct tlb_ctx {
	u64 vttbr;
	u64 tcr;
	u64 sctlr;
	u64 hcr;
};

/*
 * The operations act on the VMID in VTTBR_EL2 and, on a VHE host, on the EL1&0
 * regime only while TGE is clear.  No walk may be started with this mixture of
 * one VM's VMID and another's or the host's EL1 tables: EPD0 and EPD1 are set
 * first (see load_el1_guarded() in world.c for the errata), and stage 1 is on,
 * or addresses would be translated without a walk.  The CPU may have run no
 * vCPU yet: with VTCR_EL2.VS clear it would take 8 bits of a VMID of 16.
 */
static inline void borrow_vmid(struct tlb_ctx *ctx, u64 vttbr)
{
	ctx->vttbr = read_sysreg(vttbr_el2);
	ctx->tcr = read_sysreg_s(EL1(TCR));
	write_sysreg_s(ctx->tcr | TCR_NO_WALKS, EL1(TCR));
	isb();
	if (HYP_VHE) {
		ctx->sctlr = read_sysreg_s(EL1(SCTLR));
		write_sysreg_s(ctx->sctlr | BIT_SCTLR_M, EL1(SCTLR));
		isb();
	}
	if (vttbr >> 56)
		write_sysreg(read_sysreg(vtcr_el2) | BIT_VTCR_VS, vtcr_el2);
	write_sysreg(vttbr, vttbr_el2);
	if (HYP_VHE) {
		ctx->hcr = read_sysreg(hcr_el2);
		write_sysreg(ctx->hcr & ~BIT_HCR_TGE, hcr_el2);
	}
	isb();
}

static inline void return_vmid(struct tlb_ctx *ctx)
{
	write_sysreg(ctx->vttbr, vttbr_el2);
	if (HYP_VHE) {
		write_sysreg(ctx->hcr, hcr_el2);
		isb();
		write_sysreg_s(ctx->sctlr, EL1(SCTLR));
	}
	isb();
	write_sysreg_s(ctx->tcr, EL1(TCR));
	isb();
}

/*
 * TLBI IPAS2E1IS need not remove entries that combine both stages, which are
 * found by VA only; and such an entry may be built from a stage-2 entry that is
 * not gone yet.  Hence the DSB, and then all of stage 1 (ARM ARM D8.14.5).
 */
static inline void tlb_ipa(u64 vttbr, u64 start, u64 end, u64 stride)
{
	struct tlb_ctx ctx;

	borrow_vmid(&ctx, vttbr);
	for (; start < end; start += stride)
		tlbi_addr(ipas2e1is, start >> 12);
	dsb(ish);
	tlbi(vmalle1is);
	dsb(ish);
	isb();
	return_vmid(&ctx);
}

static inline void tlb_vmid(u64 vttbr)
{
	struct tlb_ctx ctx;

	borrow_vmid(&ctx, vttbr);
	tlbi(vmalls12e1is);
	dsb(ish);
	isb();
	return_vmid(&ctx);
}

/*
 * Two vCPUs of one VM share a VMID, and a guest may rely on each CPU having its
 * own TLB: an ASID may mean different things on them.  So this CPU forgets what
 * the other vCPU left behind, instruction cache included.
 */
static inline void tlb_cpu(u64 vttbr)
{
	struct tlb_ctx ctx;

	borrow_vmid(&ctx, vttbr);
	tlbi(vmalle1);
	asm volatile("ic iallu" ::: "memory");
	dsb(nsh);
	isb();
	return_vmid(&ctx);
}

/* VMIDs are about to be reused; VPIPT instruction caches are tagged with them too. */
static inline void tlb_all(void)
{
	dsb(ishst);
	tlbi(alle1is);
	asm volatile("ic ialluis" ::: "memory");
	dsb(ish);
	isb();
}

static inline void tlb_el2(u64 va)
{
	asm volatile("tlbi vae2is, %0" :: "r" ((va >> 12) & 0xfffffffffffUL) : "memory");
	dsb(ish);
	isb();
}
