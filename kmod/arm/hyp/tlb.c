// SPDX-License-Identifier: GPL-2.0
/*
 * TLB maintenance that only HYP can do.  The caller has stored to the tables and issued DSB ISHST.
 * Part of world.c's build.  ARMv7 has no operation by IPA: what a VM's stage 2 loses, its whole
 * VMID loses (DDI 0406C, B4.2.2).
 */

/* TTBCR of the long format with walks through both TTBRs forbidden; see world.c. */
#define TTBCR_NO_WALKS		(BIT(31) | BIT(23) | BIT(7))

/* What the invalidation borrowed. */
struct tlb_ctx {
	u64 vttbr;
	u32 ttbcr;
};

/* The operations act on the VMID in VTTBR. No walk may mix it with the host's tables. */
static inline void borrow_vmid(struct tlb_ctx *ctx, u64 vttbr)
{
	ctx->vttbr = cp_read64(6, c2);
	ctx->ttbcr = read_reg(REG_TTBCR);
	write_reg(TTBCR_NO_WALKS, REG_TTBCR);
	isb();
	cp_write64(vttbr, 6, c2);
	isb();
}

static inline void return_vmid(struct tlb_ctx *ctx)
{
	cp_write64(ctx->vttbr, 6, c2);
	isb();
	write_reg(ctx->ttbcr, REG_TTBCR);
	isb();
}

static inline void tlb_vmid(u64 vttbr)
{
	struct tlb_ctx ctx;

	borrow_vmid(&ctx, vttbr);
	cp_write(0, 0, c8, c3, 0);		/* TLBIALLIS */
	dsb(ish);
	isb();
	return_vmid(&ctx);
}

static inline void tlb_ipa(u64 vttbr, u64 start, u64 end, u64 stride)
{
	tlb_vmid(vttbr);
}

/*
 * Two vCPUs of one VM share a VMID, and a guest may rely on each CPU having its own TLB: an ASID
 * may mean different things on them.  So this CPU forgets what the other vCPU left behind.
 */
static inline void tlb_cpu(u64 vttbr)
{
	struct tlb_ctx ctx;

	borrow_vmid(&ctx, vttbr);
	cp_write(0, 0, c8, c7, 0);		/* TLBIALL */
	cp_write(0, 0, c7, c5, 0);		/* ICIALLU */
	dsb(nsh);
	isb();
	return_vmid(&ctx);
}

/* VMIDs are about to be reused; virtually indexed instruction caches may be tagged with them. */
static inline void tlb_all(void)
{
	dsb(ishst);
	cp_write(0, 4, c8, c3, 4);		/* TLBIALLNSNHIS */
	cp_write(0, 0, c7, c1, 0);		/* ICIALLUIS */
	dsb(ish);
	isb();
}

static inline void tlb_el2(u64 va)
{
	cp_write(va & ~0xfffULL, 4, c8, c3, 1);	/* TLBIMVAHIS */
	dsb(ish);
	isb();
}
