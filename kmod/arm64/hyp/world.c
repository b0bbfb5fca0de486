// SPDX-License-Identifier: GPL-2.0
/*
 * The world switch: what lies between the host's state and a guest's, and the
 * dispatcher that every exit reaches with the guest's state still loaded.
 * This body is compiled twice, by world_nvhe.c and world_vhe.c.  It runs at EL2
 * with all exceptions masked and calls nothing outside this folder.
 */
#define ESR_EC(esr)		(((esr) >> 26) & 0x3f)
#define EC_FP			0x07
#define EC_HVC32		0x12
#define EC_HVC64		0x16
#define EC_IABT_LOW		0x20
#define EC_DABT_LOW		0x24
#define FSC_IS_PERM(esr)	(((esr) & 0x3c) == 0x0c)
#define ISS_S1PTW(esr)		((esr) & BIT(7))

#define HSTR_T15		BIT(15)		/* cp15 c15: implementation defined */
#define FPEXC_EN		BIT(30)

#define MDCR_HPMN		0x1fUL
#define MDSCR_SS		BIT(0)
#define MDSCR_KDE		BIT(13)

#define ICC_SRE_ENABLE		BIT(3)

/* ICH_HCR_EL2 for a VM without a GICv3: TC, TALL0, TALL1, TDIR trap every ICC register */
#define ICH_HCR_TRAP_ALL	(BIT(10) | BIT(11) | BIT(12) | BIT(14))

/* CNTHCTL_EL2: may EL1 read the physical counter, may it use the physical timer */
#define CNTHCTL_PCTEN		(HYP_VHE ? BIT(10) : BIT(0))
#define CNTHCTL_PTEN		(HYP_VHE ? BIT(11) : BIT(1))

/* --- EL1 and EL0 state ---------------------------------------------------- */

static inline void save_el1(u64 *sys)
{
#define X(n) sys[HSR_##n##_EL1] = read_sysreg_s(EL1(n));
	SYSREGS_EL12(X)
#undef X
#define X(n) sys[HSR_##n] = read_sysreg(n);
	SYSREGS_PLAIN(X)
#undef X
}

static inline void load_el1(const u64 *sys)
{
#define X(n) write_sysreg_s(sys[HSR_##n##_EL1], EL1(n));
	SYSREGS_EL12(X)
#undef X
#define X(n) write_sysreg(sys[HSR_##n], n);
	SYSREGS_PLAIN(X)
#undef X
}

static inline void save_pauth(u64 *key)
{
#define X(n) *key++ = read_sysreg_s(SYS_##n);
	SYSREGS_PAUTH(X)
#undef X
}

static inline void load_pauth(const u64 *key)
{
#define X(n) write_sysreg_s(*key++, SYS_##n);
	SYSREGS_PAUTH(X)
#undef X
}

/*
 * What only some CPUs or guests have. With HCR_EL2.AMO a guest's DISR_EL1, and what its ESB leaves
 * of a virtual SError, is VDISR_EL2 (ARM ARM D19.2): the ERET makes our write visible to it, as the
 * exception to EL2 did with its own.
 */
static inline void load_optional(const struct hyp_vcpu *vcpu, const struct hyp_cpu *cpu)
{
	if (cpu->features & HYP_CPU_RAS)
		write_sysreg_s(vcpu->sys[HSR_DISR_EL1], REG_VDISR_EL2);
	if (!(vcpu->flags & HYP_VCPU_A32))
		return;
#define X(n) write_sysreg(vcpu->sys[HSR_##n], n);
	SYSREGS_A32(X)
#undef X
	write_sysreg(HSTR_T15, hstr_el2);
}

/* HSTR_EL2 would hold for the host's AArch32 programs, too. */
static inline void save_optional(struct hyp_vcpu *vcpu, const struct hyp_cpu *cpu)
{
	if (cpu->features & HYP_CPU_RAS)
		vcpu->sys[HSR_DISR_EL1] = read_sysreg_s(REG_VDISR_EL2);
	if (!(vcpu->flags & HYP_VCPU_A32))
		return;
#define X(n) vcpu->sys[HSR_##n] = read_sysreg(n);
	SYSREGS_A32(X)
#undef X
	write_sysreg(0, hstr_el2);
}

/* --- traps ---------------------------------------------------------------- */

/*
 * A host that profiles itself with SPE or traces itself with TRBE from EL1
 * writes a buffer through its EL1 translations.  Those are about to become the
 * guest's: stop, and wait until what is under way has drained.
 */
static inline void stop_profiling(struct hyp_cpu *cpu)
{
	if (cpu->features & HYP_CPU_SPE && read_sysreg_s(REG_PMBLIMITR) & 1) {
		cpu->host_pmscr = read_sysreg_s(REG_PMSCR);
		write_sysreg_s(0, REG_PMSCR);
		isb();
		asm volatile("hint #17" ::: "memory");	/* PSB CSYNC */
		dsb(nsh);
	}
	if (cpu->features & HYP_CPU_TRBE && read_sysreg_s(REG_TRBLIMITR) & 1) {
		cpu->host_trfcr = read_sysreg_s(REG_TRFCR);
		write_sysreg_s(0, REG_TRFCR);
		isb();
		asm volatile("hint #18" ::: "memory");	/* TSB CSYNC */
		dsb(nsh);
	}
}

static inline void resume_profiling(struct hyp_cpu *cpu)
{
	if (cpu->host_pmscr) {
		write_sysreg_s(cpu->host_pmscr, REG_PMSCR);
		cpu->host_pmscr = 0;
	}
	if (cpu->host_trfcr) {
		write_sysreg_s(cpu->host_trfcr, REG_TRFCR);
		cpu->host_trfcr = 0;
	}
}

/* Fine-grained traps. 0 lets through what the architecture had first, and traps what came later. */
#define FGT_REGS(X) X(HFGRTR) X(HFGWTR) X(HFGITR) X(HDFGRTR) X(HDFGWTR)

/* What a VHE host sets once per load, an nVHE host at every entry. */
static inline void activate_vm(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	u64 *fgt = cpu->host_fgt;
	u64 cnthctl;

	write_sysreg(vcpu->vpidr, vpidr_el2);
	write_sysreg(vcpu->vmpidr, vmpidr_el2);
	write_sysreg(vcpu->cntvoff, cntvoff_el2);
	write_sysreg(vcpu->vtcr, vtcr_el2);
	write_sysreg(vcpu->vttbr, vttbr_el2);

	cpu->host_cnthctl = cnthctl = read_sysreg(cnthctl_el2);
	cnthctl &= ~(CNTHCTL_PTEN | CNTHCTL_PCTEN);
	if (!(vcpu->flags & HYP_VCPU_PCT_TRAP))
		cnthctl |= CNTHCTL_PCTEN;
	write_sysreg(cnthctl, cnthctl_el2);

	/* ICC_SRE_EL1 is not virtual: a guest could turn the host's CPU interface off by it. */
	if (cpu->features & HYP_CPU_GICV3) {
		cpu->host_sre = read_sysreg_s(REG_ICC_SRE);
		write_sysreg_s(cpu->host_sre & ~ICC_SRE_ENABLE, REG_ICC_SRE);
	}
	/* No extension that needs enabling here is offered to a guest: 0 traps it. */
	if (cpu->features & HYP_CPU_HCX) {
		cpu->host_hcrx = read_sysreg_s(REG_HCRX);
		write_sysreg_s(0, REG_HCRX);
	}
	if (cpu->features & HYP_CPU_FGT) {
#define X(reg) *fgt++ = read_sysreg_s(REG_##reg); write_sysreg_s(0, REG_##reg);
		FGT_REGS(X)
#undef X
	}
}

static inline void deactivate_vm(struct hyp_cpu *cpu)
{
	const u64 *fgt = cpu->host_fgt;

	write_sysreg(cpu->host_cnthctl, cnthctl_el2);
	if (cpu->features & HYP_CPU_GICV3)
		write_sysreg_s(cpu->host_sre, REG_ICC_SRE);
	if (cpu->features & HYP_CPU_HCX)
		write_sysreg_s(cpu->host_hcrx, REG_HCRX);
	if (cpu->features & HYP_CPU_FGT) {
#define X(reg) write_sysreg_s(*fgt++, REG_##reg);
		FGT_REGS(X)
#undef X
	}
}

/* A guest's single step is its own, but no breakpoint or watchpoint of it is in the hardware. */
static inline u64 guest_mdscr(struct hyp_vcpu *vcpu)
{
	u64 mdscr = vcpu->sys[HSR_MDSCR_EL1];

	return mdscr & MDSCR_SS ? mdscr & (MDSCR_SS | MDSCR_KDE) : 0;
}

/* The last steps before the guest, the same in both modes. */
static inline void activate_traps(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	cpu->host_mdcr = read_sysreg(mdcr_el2);
	write_sysreg((cpu->host_mdcr & MDCR_HPMN) | vcpu->mdcr, mdcr_el2);
	/* Nor are the host's for the guest. */
	cpu->host_mdscr = read_sysreg(mdscr_el1);
	if (cpu->host_mdscr | guest_mdscr(vcpu))
		write_sysreg(guest_mdscr(vcpu), mdscr_el1);

	/*
	 * FPEXC.EN goes before CPTR_EL2: without it AArch32's first use of FP is undefined instead
	 * of a trap. Once CPTR_EL2 traps, EL2's own access to the register would.
	 */
	if (vcpu->flags & HYP_VCPU_A32) {
		write_sysreg(FPEXC_EN, fpexc32_el2);
		isb();
	}
	cpu->host_cptr = read_sysreg(EL2_CPTR);
	write_sysreg(CPTR_GUEST_NOFP, EL2_CPTR);

	if (vcpu->flags & HYP_VCPU_PAUTH) {
		save_pauth(cpu->host_pauth);
		load_pauth(&vcpu->sys[HSR_PAUTH_FIRST + 1]);
	}
	if (vcpu->flags & HYP_VCPU_GICV3)
		gic_enter(vcpu);
	else if (cpu->features & HYP_CPU_GICV3)
		write_sysreg_s(ICH_HCR_TRAP_ALL, REG_ICH_HCR);

	cpu->host_hcr = read_sysreg(hcr_el2);
	if (vcpu->hcr & BIT_HCR_VSE && cpu->features & HYP_CPU_RAS)
		write_sysreg_s(vcpu->vsesr, REG_VSESR_EL2);
	write_sysreg(vcpu->hcr | (HYP_VHE ? BIT_HCR_E2H : 0), hcr_el2);
	if (HYP_VHE)
		cpu->vbar = read_sysreg(EL2_VBAR);
	write_sysreg(cpu->guest_vbar, EL2_VBAR);
}

static inline void deactivate_traps(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	/* A virtual SError that the guest has taken is gone from HCR_EL2.VSE. */
	vcpu->hcr = (vcpu->hcr & ~BIT_HCR_VSE) | (read_sysreg(hcr_el2) & BIT_HCR_VSE);
	write_sysreg(cpu->host_hcr, hcr_el2);
	write_sysreg(cpu->vbar, EL2_VBAR);

	if (vcpu->flags & HYP_VCPU_GICV3)
		gic_leave(vcpu);
	else if (cpu->features & HYP_CPU_GICV3)
		write_sysreg_s(0, REG_ICH_HCR);

	if (vcpu->flags & HYP_VCPU_PAUTH) {
		save_pauth(&vcpu->sys[HSR_PAUTH_FIRST + 1]);
		load_pauth(cpu->host_pauth);
	}
	if (vcpu->flags & HYP_VCPU_FP) {
		HYP(fp_save)(&vcpu->fp);
		if (vcpu->flags & HYP_VCPU_A32)
			vcpu->sys[HSR_FPEXC32_EL2] = read_sysreg(fpexc32_el2);
		vcpu->flags &= ~HYP_VCPU_FP;
	}
	write_sysreg(cpu->host_cptr, EL2_CPTR);
	write_sysreg(cpu->host_mdcr, mdcr_el2);
	if (cpu->host_mdscr | guest_mdscr(vcpu))
		write_sysreg(cpu->host_mdscr, mdscr_el1);
}

/* --- exits answered here -------------------------------------------------- */

/*
 * HPFAR_EL2 is only defined for translation, access flag and address size
 * faults and for those on a stage-1 walk (ARM ARM D19, HPFAR_EL2).  For a
 * permission fault translate the address again, as the guest did.  The guest
 * may have changed its tables meanwhile: then it simply tries again.
 */
static inline bool find_fault_ipa(struct hyp_vcpu *vcpu, u64 esr)
{
	u64 par, guest_par, elr, spsr;

	vcpu->far = read_sysreg(far_el2);
	if (!FSC_IS_PERM(esr) || ISS_S1PTW(esr)) {
		vcpu->hpfar = read_sysreg(hpfar_el2);
		return true;
	}
	guest_par = read_sysreg(par_el1);
	elr = read_sysreg(elr_el2);
	spsr = read_sysreg(spsr_el2);
	/* An abort on the guest's tables is ours; it leaves PAR_EL1 as it was: failed. */
	write_sysreg(1, par_el1);
	isb();	/* AT's own write of it comes after ours */
	HYP(translate)(vcpu->far);
	isb();
	par = read_sysreg(par_el1);
	write_sysreg(guest_par, par_el1);
	if (par & 1) {
		write_sysreg(elr, elr_el2);
		write_sysreg(spsr, spsr_el2);
		return false;
	}
	vcpu->hpfar = ((par >> 12) & 0xfffffffffUL) << 4;
	return true;
}

static inline bool answer_hvc(struct hyp_vcpu *vcpu)
{
	if (!hyp_call_unserved(vcpu->flags, vcpu->x[0]))
		return false;
	vcpu->x[0] = vcpu->flags & HYP_VCPU_A32 ? -1U : -1UL;	/* NOT_SUPPORTED */
	return true;
}

static inline bool answer_sync(struct hyp_vcpu *vcpu, int *exit)
{
	u64 esr = read_sysreg(esr_el2);

	vcpu->esr = esr;
	switch (ESR_EC(esr)) {
	case EC_FP:
		if (!(vcpu->flags & HYP_VCPU_FP_CLAIMED)) {
			*exit = HYP_EXIT_FP;
			return false;
		}
		write_sysreg(CPTR_GUEST, EL2_CPTR);
		isb();
		HYP(fp_load)(&vcpu->fp);
		if (vcpu->flags & HYP_VCPU_A32)
			write_sysreg(vcpu->sys[HSR_FPEXC32_EL2], fpexc32_el2);
		vcpu->flags |= HYP_VCPU_FP;
		return true;
	case EC_HVC32:
	case EC_HVC64:
		return answer_hvc(vcpu);
	case EC_IABT_LOW:
	case EC_DABT_LOW:
		return !find_fault_ipa(vcpu, esr);
	}
	return false;
}

/*
 * What ESB is with RAS: a DSB makes the guest's SErrors pending, ISR_EL1 shows
 * them, and they are taken by the ISB in unmask_serror(), before the host's can be.
 */
static inline void take_serror(struct hyp_vcpu *vcpu, int *exit)
{
	u64 elr, spsr, esr;

	dsb(sy);
	isb();
	if (!(read_sysreg(isr_el1) & BIT_ISR_A))
		return;
	elr = read_sysreg(elr_el2);
	spsr = read_sysreg(spsr_el2);
	esr = read_sysreg(esr_el2);
	HYP(unmask_serror)();
	vcpu->disr = BIT(31) | (read_sysreg(esr_el2) & GENMASK(24, 0));
	write_sysreg(elr, elr_el2);
	write_sysreg(spsr, spsr_el2);
	write_sysreg(esr, esr_el2);
	if (*exit != HYP_EXIT_SYNC)
		*exit = HYP_EXIT_SERROR;
}

/* Returns true if the guest goes on at once. */
static inline bool answer_exit(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu, int *exit)
{
	/*
	 * An SError that the guest has caused must not be taken as the host's:
	 * the barrier makes it pending now, and defers it to DISR_EL1.
	 */
	asm volatile("hint #16" ::: "memory");		/* ESB */
	if (cpu->features & HYP_CPU_RAS) {
		u64 disr = read_sysreg_s(REG_DISR);

		if (disr & BIT(31)) {
			write_sysreg_s(0, REG_DISR);
			vcpu->disr = disr;
			if (*exit != HYP_EXIT_SYNC)
				*exit = HYP_EXIT_SERROR;
		}
	} else {
		take_serror(vcpu, exit);
	}
	if (*exit == HYP_EXIT_SYNC)
		return answer_sync(vcpu, exit);
	if (*exit == HYP_EXIT_SERROR)
		vcpu->esr = read_sysreg(esr_el2);
	return false;
}

static inline int run_guest(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	int exit;

	do {
		exit = HYP(enter_guest)(vcpu, cpu);
	} while (answer_exit(vcpu, cpu, &exit));
	return exit;
}

/* --- the two modes -------------------------------------------------------- */

/*
 * Cortex-A57, A72, A76 and others may walk the EL1 tables speculatively while
 * the registers are half one world's and half the other's (ARM errata 1319367,
 * 1319537, 1165522), and so cache a translation of neither.  EPD0 and EPD1 (PD0
 * and PD1 for AArch32 with short descriptors) forbid walks while TTBRs, VTTBR
 * and HCR change.  But without stage 1 there is no walk: with stage 2 off, too, an
 * address would be its own translation, and that be cached for the guest.  So
 * SCTLR.M stays set meanwhile.  allow_walks() ends both, when all else is in place.
 */
static inline void forbid_walks(u64 tcr)
{
	write_sysreg_s(tcr | TCR_NO_WALKS, EL1(TCR));
	isb();
	write_sysreg_s(read_sysreg_s(EL1(SCTLR)) | BIT_SCTLR_M, EL1(SCTLR));
	isb();
}

static inline void load_el1_guarded(u64 *sys)
{
	u64 tcr = sys[HSR_TCR_EL1], sctlr = sys[HSR_SCTLR_EL1];

	sys[HSR_TCR_EL1] = tcr | TCR_NO_WALKS;
	sys[HSR_SCTLR_EL1] = sctlr | BIT_SCTLR_M;
	load_el1(sys);
	sys[HSR_TCR_EL1] = tcr;
	sys[HSR_SCTLR_EL1] = sctlr;
}

static inline void allow_walks(const u64 *sys)
{
	isb();
	write_sysreg_s(sys[HSR_SCTLR_EL1], EL1(SCTLR));
	isb();
	write_sysreg_s(sys[HSR_TCR_EL1], EL1(TCR));
}

#if HYP_VHE

/* The guest's EL1 state stays loaded while the host runs at EL2, until put. */
static inline void load(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	cpu->vcpu = vcpu;
	cpu->host_sys[HSR_TPIDR_EL0] = read_sysreg(tpidr_el0);
	cpu->host_sys[HSR_TPIDRRO_EL0] = read_sysreg(tpidrro_el0);
	forbid_walks(vcpu->sys[HSR_TCR_EL1]);
	load_el1_guarded(vcpu->sys);
	load_optional(vcpu, cpu);
	activate_vm(vcpu, cpu);
	allow_walks(vcpu->sys);
	/* The counter offset and the trap controls hold for what the caller does next. */
	isb();
}

static inline void put(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	save_el1(vcpu->sys);
	save_optional(vcpu, cpu);
	deactivate_vm(cpu);
	write_sysreg(cpu->host_sys[HSR_TPIDR_EL0], tpidr_el0);
	write_sysreg(cpu->host_sys[HSR_TPIDRRO_EL0], tpidrro_el0);
	write_sysreg(0, cntvoff_el2);
	cpu->vcpu = NULL;
	isb();
}

static inline int run(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	int exit;

	activate_traps(vcpu, cpu);
	exit = run_guest(vcpu, cpu);
	/*
	 * Taken from a guest (TGE clear), an exception leaves PSTATE.PAN as the
	 * guest had it; the kernel relies on its own (ARM ARM D1.3, PAN).
	 */
	if (cpu->features & HYP_CPU_PAN)
		asm volatile(SET_PSTATE_PAN(1) ::: "memory");
	deactivate_traps(vcpu, cpu);
	/*
	 * TGE must be in force again before the kernel touches user memory
	 * with unprivileged loads, and VBAR before exceptions are unmasked.
	 */
	isb();
	return exit;
}

#else

/* The counter's offset holds while the host runs too; see restore_host(). */
static inline void load(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	write_sysreg(vcpu->cntvoff, cntvoff_el2);
	isb();
}

/* User space of the host reads the virtual counter for its time of day. */
static inline void put(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	write_sysreg(0, cntvoff_el2);
	isb();
}

/*
 * The host's EL1 state, after a guest or after a bug at EL2.  CNTVOFF_EL2 stays
 * the guest's until its vCPU is put: an nVHE host keeps its time by the
 * physical counter, and the guest's timer must go on counting.  Walks are forbidden.
 */
static inline void restore_host(struct hyp_cpu *cpu)
{
	if (!cpu->vcpu)
		return;
	load_el1_guarded(cpu->host_sys);
	write_sysreg(cpu->host_hcr, hcr_el2);
	write_sysreg(read_sysreg(midr_el1), vpidr_el2);
	write_sysreg(read_sysreg(mpidr_el1), vmpidr_el2);
	write_sysreg(0, vttbr_el2);
	allow_walks(cpu->host_sys);
	resume_profiling(cpu);
	cpu->vcpu = NULL;
}

static inline int run(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	int exit;

	cpu->vcpu = vcpu;
	stop_profiling(cpu);
	save_el1(cpu->host_sys);
	forbid_walks(vcpu->sys[HSR_TCR_EL1]);
	load_el1_guarded(vcpu->sys);
	load_optional(vcpu, cpu);
	activate_vm(vcpu, cpu);
	activate_traps(vcpu, cpu);
	allow_walks(vcpu->sys);

	exit = run_guest(vcpu, cpu);

	save_el1(vcpu->sys);
	save_optional(vcpu, cpu);
	forbid_walks(vcpu->sys[HSR_TCR_EL1]);
	deactivate_traps(vcpu, cpu);
	deactivate_vm(cpu);
	restore_host(cpu);
	return exit;
}

/* Nothing is left to lose but the host's last words: give it what it had. */
void hyp_rescue_nvhe(struct hyp_cpu *cpu)
{
	write_sysreg(cpu->vbar, EL2_VBAR);
	if (!cpu->vcpu)
		return;
	forbid_walks(cpu->host_sys[HSR_TCR_EL1]);
	write_sysreg(cpu->host_cptr, EL2_CPTR);
	write_sysreg(cpu->host_mdcr, mdcr_el2);
	write_sysreg(0, hstr_el2);
	if (cpu->features & HYP_CPU_GICV3)
		write_sysreg_s(0, REG_ICH_HCR);
	deactivate_vm(cpu);
	restore_host(cpu);
}

#endif
