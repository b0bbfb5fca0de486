// SPDX-License-Identifier: GPL-2.0
/*
 * The world switch of ARMv7: what lies between the host's state and a guest's,
 * and the dispatcher that every exit reaches with the guest's state still
 * loaded.  It runs at HYP with all exceptions masked and calls nothing outside
 * this folder and ../../hyp/.
 */
#include "world.h"

asm(".arch_extension virt");

#include "tlb.c"
#include "../../hyp/gic.c"

#define HSR_EC(hsr)		((hsr) >> 26)
#define EC_FP			0x07
#define EC_HVC			0x12
#define EC_IABT			0x20
#define EC_DABT			0x24
#define FSC(hsr)		((hsr) & 0x3f)
#define FSC_IS_PERM(hsr)	(((hsr) & 0x3c) == 0x0c)
#define FSC_ASYNC		0x11		/* and 0x19: a parity error */
#define ISS_S1PTW(hsr)		((hsr) & BIT(7))
/* EC 7 is of every coprocessor; this is which (B3.13.6, HCPTR traps). */
#define ISS_COPROC(hsr)		((hsr) & 0xf)

#define BIT_HCR_VA		BIT(8)
#define HCPTR_TCP_FP		(BIT(10) | BIT(11))
/* HYP's own FP too: ASEDIS and D32DIS, of which a guest may set either, are clear. */
#define CPACR_FP		(0xf << 20)
#define HDCR_HPMN		0x1f
#define FPEXC_EN		BIT(30)
#define DSCR_MDBGEN		BIT(15)
#define ICC_HSRE_ENABLE		BIT(3)

/* ICH_HCR for a VM without a GICv3: TC, TALL0, TALL1, TDIR trap every ICC register */
#define ICH_HCR_TRAP_ALL	(BIT(10) | BIT(11) | BIT(12) | BIT(14))

/* CNTHCTL: may PL1 read the physical counter, may it use the physical timer */
#define CNTHCTL_PCTEN		BIT(0)
#define CNTHCTL_PTEN		BIT(1)

#define vfp_read(reg)		({ u32 val_; asm volatile("mrc p10, 7, %0, " #reg ", c0, 0" \
							  : "=r" (val_)); val_; })
#define vfp_write(val, reg)	asm volatile("mcr p10, 7, %0, " #reg ", c0, 0" :: "r" (val))
/* FPEXC is c8. */

/* --- CP15 and banked registers -------------------------------------------- */

/* SCTLR and TTBCR come last, in this order; see enter_walks(). */
static inline void save_cp15(u64 *cp15)
{
#define X(n, crn, op1, crm, op2) cp15[CP15_##n] = cp_read(op1, crn, crm, op2);
	CP15_REGS_ORDERED(X)
	CP15_REGS32(X)
#undef X
#define X(n, op1, crm) cp15[CP15_##n] = cp_read64(op1, crm);
	CP15_REGS64(X)
#undef X
}

/*
 * The CPU may walk the PL1&0 tables speculatively while the registers are half one world's and
 * half the other's, and cache a translation of neither.  The long format can forbid walks
 * altogether (TTBCR.EPD0, EPD1), whatever the worlds use: so the other registers change in
 * between, VTTBR and HCR included, and TTBCR is the last, by enter_walks().
 */
static inline void load_cp15(const u64 *cp15)
{
	write_reg(TTBCR_NO_WALKS, REG_TTBCR);
	isb();
#define X(n, crn, op1, crm, op2) cp_write(cp15[CP15_##n], op1, crn, crm, op2);
	CP15_REGS32(X)
#undef X
#define X(n, op1, crm) cp_write64(cp15[CP15_##n], op1, crm);
	CP15_REGS64(X)
#undef X
}

/* While stage 2 is on: with the MMU off an address would be a physical one. */
static inline void load_sctlr(const u64 *cp15)
{
	cp_write(cp15[CP15_SCTLR], 0, c1, c0, 0);
}

static inline void enter_walks(const u64 *cp15)
{
	isb();
	write_reg(cp15[CP15_TTBCR], REG_TTBCR);
}

#define bank_read(reg)		({ u32 val_; asm volatile("mrs %0, " #reg : "=r" (val_)); val_; })
#define bank_write(val, reg)	asm volatile("msr " #reg ", %0" :: "r" (val))

#define BANKS(X) X(SVC, svc) X(ABT, abt) X(UND, und) X(IRQ, irq) X(FIQ, fiq)
#define FIQ_REGS(X) X(0, r8_fiq) X(1, r9_fiq) X(2, r10_fiq) X(3, r11_fiq) X(4, r12_fiq)

static inline void save_banks(struct hyp_banks *banks)
{
#define X(n, m) \
	banks->mode[HYP_##n].sp = bank_read(SP_##m); \
	banks->mode[HYP_##n].lr = bank_read(LR_##m); \
	banks->mode[HYP_##n].spsr = bank_read(SPSR_##m);
	BANKS(X)
#undef X
#define X(i, reg) banks->fiq_r[i] = bank_read(reg);
	FIQ_REGS(X)
#undef X
}

static inline void load_banks(const struct hyp_banks *banks)
{
#define X(n, m) \
	bank_write(banks->mode[HYP_##n].sp, SP_##m); \
	bank_write(banks->mode[HYP_##n].lr, LR_##m); \
	bank_write(banks->mode[HYP_##n].spsr, SPSR_##m);
	BANKS(X)
#undef X
#define X(i, reg) bank_write(banks->fiq_r[i], reg);
	FIQ_REGS(X)
#undef X
}

/* --- traps ---------------------------------------------------------------- */

static inline void activate_vm(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	u32 cnthctl = cpu->host_cnthctl & ~(CNTHCTL_PTEN | CNTHCTL_PCTEN);

	write_reg(vcpu->vpidr, REG_VPIDR);
	write_reg(vcpu->vmpidr, REG_VMPIDR);
	write_reg(vcpu->vtcr, REG_VTCR);
	cp_write64(vcpu->vttbr, 6, c2);

	if (!(vcpu->flags & HYP_VCPU_PCT_TRAP))
		cnthctl |= CNTHCTL_PCTEN;
	write_reg(cnthctl, REG_CNTHCTL);

	/* ICC_SRE is not virtual: a guest could turn the host's CPU interface off by it. */
	if (cpu->features & HYP_CPU_GICV3)
		write_reg(cpu->host_sre & ~ICC_HSRE_ENABLE, REG_ICC_HSRE);
}

static inline void deactivate_vm(struct hyp_cpu *cpu)
{
	write_reg(cpu->host_cnthctl, REG_CNTHCTL);
	if (cpu->features & HYP_CPU_GICV3)
		write_reg(cpu->host_sre, REG_ICC_HSRE);
}

/* DBGDSCR.MDBGen: the host's breakpoints are not for the guest. */
static inline void stop_debug(struct hyp_cpu *cpu)
{
	if (cpu->host_dscr & DSCR_MDBGEN)
		asm volatile("mcr p14, 0, %0, c0, c2, 2" :: "r" (cpu->host_dscr & ~DSCR_MDBGEN));
}

static inline void resume_debug(struct hyp_cpu *cpu)
{
	if (cpu->host_dscr & DSCR_MDBGEN)
		asm volatile("mcr p14, 0, %0, c0, c2, 2" :: "r" (cpu->host_dscr));
}

static inline void activate_traps(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	write_reg((cpu->host_hdcr & HDCR_HPMN) | vcpu->hdcr, REG_HDCR);
	stop_debug(cpu);
	/* Where FPEXC.EN is clear the guest's first use of FP would be undefined and not trap. */
	vfp_write(cpu->host_fpexc | FPEXC_EN, c8);
	isb();
	write_reg(vcpu->hcptr | HCPTR_TCP_FP, REG_HCPTR);
	write_reg(vcpu->hstr, REG_HSTR);

	if (vcpu->flags & HYP_VCPU_GICV3)
		gic_enter(vcpu);
	else if (cpu->features & HYP_CPU_GICV3)
		ich_write(ICH_HCR_TRAP_ALL, REG_ICH_HCR);

	write_reg(vcpu->hcr, REG_HCR);
	write_reg(cpu->guest_vbar, REG_HVBAR);
}

static inline void deactivate_traps(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	/*
	 * A virtual abort that the guest has taken is gone from HCR.VA.  The rest of HCR stays
	 * until walks are forbidden: without stage 2 the guest's tables would name physical pages.
	 */
	vcpu->hcr = (vcpu->hcr & ~BIT_HCR_VA) | (read_reg(REG_HCR) & BIT_HCR_VA);
	write_reg(cpu->vbar, REG_HVBAR);

	if (vcpu->flags & HYP_VCPU_GICV3)
		gic_leave(vcpu);
	else if (cpu->features & HYP_CPU_GICV3)
		ich_write(0, REG_ICH_HCR);

	if (vcpu->flags & HYP_VCPU_FP) {
		vcpu->fp.fpexc = vfp_read(c8);
		vfp_write(FPEXC_EN, c8);
		write_reg(CPACR_FP, REG_CPACR);		/* the guest's has been saved */
		isb();
		fp_save(&vcpu->fp, cpu->features & HYP_CPU_D32);
		vcpu->flags &= ~HYP_VCPU_FP;
	}
	write_reg(0, REG_HSTR);
	write_reg(cpu->host_hcptr, REG_HCPTR);
	isb();
	vfp_write(cpu->host_fpexc, c8);
	write_reg(cpu->host_hdcr, REG_HDCR);
	resume_debug(cpu);
}

/* --- exits answered here -------------------------------------------------- */

/*
 * HPFAR is only defined for translation and access flag faults and for those on a stage-1 walk
 * (B4.1.67).  For a permission fault translate the address again, as the guest did.  The guest may
 * have changed its tables meanwhile: then it simply tries again.  From HYP the result is in the
 * long format whatever the guest uses.
 */
static inline bool find_fault_ipa(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu, u32 hsr)
{
	u64 par, guest_par;

	vcpu->far = HSR_EC(hsr) == EC_IABT ? read_reg(REG_HIFAR) : read_reg(REG_HDFAR);
	if (!FSC_IS_PERM(hsr) || ISS_S1PTW(hsr)) {
		vcpu->hpfar = read_reg(REG_HPFAR);
		return true;
	}
	guest_par = cp_read64(0, c7);
	/* An abort on the guest's tables is ours; it leaves PAR as it was: failed. */
	cp_write64(1, 0, c7);
	isb();	/* the operation's own write of it comes after ours */
	translate(cpu, vcpu->far);
	par = cp_read64(0, c7);
	cp_write64(guest_par, 0, c7);
	if (par & 1)
		return false;
	vcpu->hpfar = ((par >> 12) & 0xfffffff) << 4;
	return true;
}

static inline bool answer_hvc(struct hyp_vcpu *vcpu)
{
	if (!hyp_call_unserved(vcpu->flags, vcpu->r[0]))
		return false;
	vcpu->r[0] = -1;			/* NOT_SUPPORTED */
	return true;
}

static inline bool answer_fp(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu, int *exit)
{
	u32 cpacr;

	if (!(vcpu->flags & HYP_VCPU_FP_CLAIMED)) {
		*exit = HYP_EXIT_FP;
		return false;
	}
	cpacr = read_reg(REG_CPACR);
	write_reg(CPACR_FP, REG_CPACR);
	write_reg(vcpu->hcptr, REG_HCPTR);
	isb();
	vfp_write(FPEXC_EN, c8);
	isb();
	fp_load(&vcpu->fp, cpu->features & HYP_CPU_D32);
	vfp_write(vcpu->fp.fpexc, c8);
	write_reg(cpacr, REG_CPACR);
	vcpu->flags |= HYP_VCPU_FP;
	return true;
}

static inline bool answer_trap(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu, int *exit)
{
	u32 hsr = vcpu->esr;

	switch (HSR_EC(hsr)) {
	case EC_FP:
		/* Of advanced SIMD instructions it says 0 where it is not known (TA is bit 5). */
		if (vcpu->flags & HYP_VCPU_FP ||
		    !(ISS_COPROC(hsr) == 10 || ISS_COPROC(hsr) == 11 || hsr & BIT(5)))
			return false;
		return answer_fp(vcpu, cpu, exit);
	case EC_HVC:
		return answer_hvc(vcpu);
	case EC_DABT:
		if ((FSC(hsr) & ~8) == FSC_ASYNC) {
			*exit = HYP_EXIT_SERROR;
			return false;
		}
		fallthrough;
	case EC_IABT:
		return !find_fault_ipa(vcpu, cpu, hsr);
	}
	return false;
}

/* Returns true if the guest goes on at once. */
static inline bool answer_exit(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu, int *exit)
{
	bool again = false;

	if (*exit == HYP_EXIT_SYNC) {
		vcpu->esr = read_reg(REG_HSR);
		again = answer_trap(vcpu, cpu, exit);
	}
	if (again)
		return true;
	take_aborts(cpu);
	if (cpu->serror == HYP_SERROR_SEEN && *exit == HYP_EXIT_IRQ)
		*exit = HYP_EXIT_SERROR;
	else if (cpu->serror == HYP_SERROR_SEEN)
		/* Besides what has to be handled: the guest's.  deactivate_traps() sees it. */
		write_reg(read_reg(REG_HCR) | BIT_HCR_VA, REG_HCR);
	cpu->serror = 0;
	return false;
}

static inline int run_guest(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	int exit;

	do {
		exit = enter_guest(vcpu, cpu);
	} while (answer_exit(vcpu, cpu, &exit));
	return exit;
}

/* --- the switch ------------------------------------------------------------ */

/* All of it is there before cpu->vcpu tells restore_host() and hyp_rescue() to use it. */
static inline void save_host(struct hyp_cpu *cpu)
{
	save_cp15(cpu->host_cp15);
	save_banks(&cpu->host_banks);
	cpu->host_cnthctl = read_reg(REG_CNTHCTL);
	cpu->host_hdcr = read_reg(REG_HDCR);
	cpu->host_hcptr = read_reg(REG_HCPTR);
	cpu->host_fpexc = vfp_read(c8);
	asm volatile("mrc p14, 0, %0, c0, c1, 0" : "=r" (cpu->host_dscr));	/* DBGDSCRint */
	if (cpu->features & HYP_CPU_GICV3)
		cpu->host_sre = read_reg(REG_ICC_HSRE);
}

/* The counter's offset holds while the host runs too; see restore_host(). */
static inline void load(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	cp_write64(vcpu->cntvoff, 4, c14);
	isb();
}

/* User space of the host reads the virtual counter for its time of day. */
static inline void put(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	cp_write64(0, 4, c14);
	isb();
}

/*
 * The host's state, after a guest or after a bug at HYP.  CNTVOFF stays the guest's until its
 * vCPU is put: a host that booted at HYP keeps its time by the physical counter.
 */
static inline void restore_host(struct hyp_cpu *cpu)
{
	if (!cpu->vcpu)
		return;
	load_cp15(cpu->host_cp15);
	load_sctlr(cpu->host_cp15);
	load_banks(&cpu->host_banks);
	isb();
	write_reg(0, REG_HCR);
	write_reg(read_reg(REG_MIDR), REG_VPIDR);
	write_reg(read_reg(REG_MPIDR), REG_VMPIDR);
	cp_write64(0, 6, c2);
	enter_walks(cpu->host_cp15);
	isb();
	cpu->vcpu = NULL;
}

static inline int run(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	int exit;

	save_host(cpu);
	cpu->vcpu = vcpu;
	load_cp15(vcpu->cp15);
	load_banks(&vcpu->banks);
	activate_vm(vcpu, cpu);
	activate_traps(vcpu, cpu);
	isb();
	load_sctlr(vcpu->cp15);
	enter_walks(vcpu->cp15);

	exit = run_guest(vcpu, cpu);

	save_cp15(vcpu->cp15);
	save_banks(&vcpu->banks);
	deactivate_traps(vcpu, cpu);
	deactivate_vm(cpu);
	restore_host(cpu);
	return exit;
}

/* Nothing is left to lose but the host's last words: give it what it had. */
void hyp_rescue(struct hyp_cpu *cpu)
{
	write_reg(cpu->vbar, REG_HVBAR);
	if (!cpu->vcpu)
		return;
	write_reg(0, REG_HSTR);
	write_reg(cpu->host_hcptr, REG_HCPTR);
	isb();
	vfp_write(cpu->host_fpexc, c8);
	write_reg(cpu->host_hdcr, REG_HDCR);
	resume_debug(cpu);
	if (cpu->features & HYP_CPU_GICV3)
		ich_write(0, REG_ICH_HCR);
	deactivate_vm(cpu);
	restore_host(cpu);
}

#include "../../hyp/calls.c"
