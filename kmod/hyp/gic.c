// SPDX-License-Identifier: GPL-2.0
/*
 * The GICv3 virtual CPU interface: list registers around every entry, the
 * rest (VMCR, active priorities) only when a vCPU comes and goes, because the
 * host never uses these registers.  Part of each build's world_*.c, whose
 * world.h says how the registers are reached.
 */
#define ICH_EN	BIT(0)

/* A register number is part of the instruction: one case for each. */
#define LR_CASES(X) \
	X(15) X(14) X(13) X(12) X(11) X(10) X(9) X(8) \
	X(7) X(6) X(5) X(4) X(3) X(2) X(1) X(0)

static inline void write_lrs(const u64 *lr, u32 used)
{
	switch (used - 1) {
#define X(n) case n: ich_write_lr(n, lr[n]); fallthrough;
	LR_CASES(X)
#undef X
	default:
		break;
	}
}

/* What stays behind in a list register could still raise a maintenance interrupt. */
static inline void read_and_clear_lrs(u64 *lr, u32 used)
{
	switch (used - 1) {
#define X(n) \
	case n: \
		lr[n] = ich_read_lr(n); \
		ich_write_lr(n, 0); \
		fallthrough;
	LR_CASES(X)
#undef X
	default:
		break;
	}
}

#define APRS(X)		X(0) X(1) X(2) X(3)

/* After a reset they are unknown, and the first guest would be asked to take what they say. */
static inline u32 gic_init(void)
{
	u32 vtr = ich_read(REG_ICH_VTR);

	ich_write(0, REG_ICH_HCR);
	switch (vtr & 0x1f) {
#define X(n) case n: ich_write_lr(n, 0); fallthrough;
	LR_CASES(X)
#undef X
	default:
		return vtr;
	}
}

static inline void load_cpuif(struct hyp_gic *gic)
{
	ich_write(gic->vmcr, REG_ICH_VMCR);
#define X(n) \
	if (n < gic->nr_apr) { \
		ich_write(gic->ap0r[n], REG_ICH_AP0R(n)); \
		ich_write(gic->ap1r[n], REG_ICH_AP1R(n)); \
	}
	APRS(X)
#undef X
}

static inline void save_cpuif(struct hyp_gic *gic)
{
	gic->vmcr = ich_read(REG_ICH_VMCR);
#define X(n) \
	if (n < gic->nr_apr) { \
		gic->ap0r[n] = ich_read(REG_ICH_AP0R(n)); \
		gic->ap1r[n] = ich_read(REG_ICH_AP1R(n)); \
	}
	APRS(X)
#undef X
}

/* Anything but a bare enable means that list registers or traps are in use. */
static inline bool gic_in_use(const struct hyp_gic *gic)
{
	return gic->used || (gic->hcr & ~ICH_EN);
}

static inline void gic_enter(struct hyp_vcpu *vcpu)
{
	struct hyp_gic *gic = &vcpu->gic;

	if (!(vcpu->flags & HYP_VCPU_GIC_LOADED)) {
		load_cpuif(gic);
		vcpu->flags |= HYP_VCPU_GIC_LOADED;
	}
	if (!gic_in_use(gic))
		return;
	write_lrs(gic->lr, gic->used);
	ich_write(gic->hcr, REG_ICH_HCR);
}

static inline void gic_leave(struct hyp_vcpu *vcpu)
{
	struct hyp_gic *gic = &vcpu->gic;

	if (!gic_in_use(gic))
		return;
	gic->eoicount = (ich_read(REG_ICH_HCR) >> 27) & 0x1f;
	/* No maintenance interrupt while the host runs. */
	ich_write(0, REG_ICH_HCR);
	read_and_clear_lrs(gic->lr, gic->used);
}

static inline void gic_put(struct hyp_vcpu *vcpu)
{
	if (!(vcpu->flags & HYP_VCPU_GIC_LOADED))
		return;
	save_cpuif(&vcpu->gic);
	vcpu->flags &= ~HYP_VCPU_GIC_LOADED;
}
