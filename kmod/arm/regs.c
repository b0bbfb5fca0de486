// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's registers: the core and VFP ones of one-reg, and the small
 * accessors by which generic code reaches a guest's registers.
 */

#include "aarch32.h"
#include "armvirt.h"
#include "cp15.h"
#include "onereg.h"

#define HSR_IL		BIT(25)
#define FAR_PAGE_OFFSET	GENMASK(11, 0)
#define HPFAR_FIPA	GENMASK(31, 4)
#define SCTLR_MC	(A32_SCTLR_M | A32_SCTLR_C)

/* --- accessors for generic code ------------------------------------------- */

/* The bank of a mode, NULL for User and System. */
static struct hyp_bank *bank_of(struct hyp_vcpu *hyp)
{
	switch (hyp->cpsr & A32_MODE) {
	case A32_SVC:
		return &hyp->banks.mode[HYP_SVC];
	case A32_ABT:
		return &hyp->banks.mode[HYP_ABT];
	case A32_UND:
		return &hyp->banks.mode[HYP_UND];
	case A32_IRQ:
		return &hyp->banks.mode[HYP_IRQ];
	case A32_FIQ:
		return &hyp->banks.mode[HYP_FIQ];
	}
	return NULL;
}

/*
 * r0 to r14 as the current mode has them; NULL for the PC, which no trap can name.  HSR has numbers
 * of four bits, and of the fifth, which ESR_EL2 has, it says nothing.
 */
static u32 *reg(struct hyp_vcpu *hyp, int n)
{
	struct hyp_bank *bank = bank_of(hyp);

	n &= 15;
	if (n > 14)
		return NULL;
	if (n >= 13 && bank)
		return n == 13 ? &bank->sp : &bank->lr;
	if (n >= 8 && n < 13 && (hyp->cpsr & A32_MODE) == A32_FIQ)
		return &hyp->banks.fiq_r[n - 8];
	return &hyp->r[n];
}

u64 arch_reg(struct av_vcpu *vcpu, int n)
{
	u32 *r = reg(vcpu->hyp, n);

	return r ? *r : 0;
}

void arch_set_reg(struct av_vcpu *vcpu, int n, u64 val)
{
	u32 *r = reg(vcpu->hyp, n);

	if (r)
		*r = val;
}

/* From the vCPU's number, since the vGIC asks before VCPU_INIT; four to a cluster as KVM/arm. */
u64 arch_mpidr(struct av_vcpu *vcpu)
{
	return (vcpu->id >> 2) << 8 | (vcpu->id & 3);
}

u64 arch_fault_ipa(struct av_vcpu *vcpu)
{
	return (u64)(vcpu->hyp->hpfar & HPFAR_FIPA) << 8 | (vcpu->hyp->far & FAR_PAGE_OFFSET);
}

/* The esr is still that of the trap. */
void arch_skip_instr(struct av_vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	hyp->pc += hyp->esr & HSR_IL ? 4 : 2;
	hyp->cpsr = aarch32_next_cpsr(hyp->cpsr);
}

bool arch_vcpu_narrow(struct av_vcpu *vcpu)
{
	return true;
}

bool arch_vcpu_big_endian(struct av_vcpu *vcpu)
{
	return vcpu->hyp->cpsr & A32_E;
}

bool arch_vcpu_caches_on(struct av_vcpu *vcpu)
{
	return (vcpu->hyp->cp15[CP15_SCTLR] & SCTLR_MC) == SCTLR_MC;
}

/* Where PSCI CPU_ON makes it start: bit 0 of the address chooses Thumb (DEN0022, 6.4). */
void arch_vcpu_set_entry(struct av_vcpu *vcpu, u64 pc, u64 r0, bool be)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	if (be) {
		hyp->cp15[CP15_SCTLR] |= A32_SCTLR_EE;
		hyp->cpsr |= A32_E;
	}
	if (pc & 1)
		hyp->cpsr |= A32_T;
	hyp->pc = pc & ~1;
	arch_set_reg(vcpu, 0, r0);
}

/* --- one-reg: core -------------------------------------------------------- */

/* Reserved in ARMv7, and J: neither Jazelle nor ThumbEE is offered. */
#define CPSR_NEVER	(A32_J | GENMASK(23, 20))

#define CORE(name)	ARMVIRT_REG_ARM_CORE_REG(name)
#define PC		15
#define CPSR		16

static u32 unused;	/* the place after CPSR; always zero */

/* SP, LR and SPSR of a mode */
static u32 *bank_reg(struct hyp_vcpu *hyp, enum hyp_mode_bank mode, unsigned int n)
{
	struct hyp_bank *bank = &hyp->banks.mode[mode];

	return n == 0 ? &bank->sp : n == 1 ? &bank->lr : &bank->spsr;
}

static u32 *core_reg(struct hyp_vcpu *hyp, u32 off)
{
	if (off < PC)
		return &hyp->r[off];
	if (off == PC)
		return &hyp->pc;
	if (off == CPSR)
		return &hyp->cpsr;
	if (off < CORE(svc_regs))
		return &unused;
	if (off < CORE(fiq_regs))
		return bank_reg(hyp, HYP_SVC + (off - CORE(svc_regs)) / 3,
				(off - CORE(svc_regs)) % 3);
	off -= CORE(fiq_regs);
	return off < 5 ? &hyp->banks.fiq_r[off] : bank_reg(hyp, HYP_FIQ, off - 5);
}

/* --- one-reg: VFP --------------------------------------------------------- */

/* What the hardware is, not the guest's to change. */
static u32 fpsid, mvfr0, mvfr1;

static unsigned int nr_d(void)
{
	return idreg_d32() ? 32 : 16;
}

static void *vfp_reg(struct hyp_vcpu *hyp, u32 off, unsigned int *size)
{
	if (off < nr_d()) {
		*size = sizeof(u64);
		return &hyp->fp.d[off];
	}
	*size = sizeof(u32);
	switch (off) {
	case ARMVIRT_REG_ARM_VFP_FPSID:
		WRITE_ONCE(fpsid, read_vfp(VFP_FPSID));
		return &fpsid;
	case ARMVIRT_REG_ARM_VFP_MVFR0:
		WRITE_ONCE(mvfr0, read_vfp(VFP_MVFR0));
		return &mvfr0;
	case ARMVIRT_REG_ARM_VFP_MVFR1:
		WRITE_ONCE(mvfr1, read_vfp(VFP_MVFR1));
		return &mvfr1;
	case ARMVIRT_REG_ARM_VFP_FPSCR:
		return &hyp->fp.fpscr;
	case ARMVIRT_REG_ARM_VFP_FPEXC:
		return &hyp->fp.fpexc;
	}
	return NULL;
}

/* --- one-reg: both -------------------------------------------------------- */

void *onereg_core(struct av_vcpu *vcpu, u64 id, unsigned int *size)
{
	if ((id & ARMVIRT_REG_ARM_COPROC_MASK) == ARMVIRT_REG_ARM_VFP)
		return vfp_reg(vcpu->hyp, onereg_place(id), size);
	*size = sizeof(u32);
	return core_reg(vcpu->hyp, onereg_place(id));
}

/* CPSR decides what HYP returns to: any mode of PL1 and PL0, never HYP or Monitor. */
int onereg_check_core(struct av_vcpu *vcpu, void *where, void *val)
{
	u32 *new = val;

	if (where == &fpsid || where == &mvfr0 || where == &mvfr1)
		return *new == READ_ONCE(*(u32 *)where) ? 0 : -EINVAL;
	if (where == &unused)
		*new = 0;
	if (where != &vcpu->hyp->cpsr)
		return 0;
	*new &= ~CPSR_NEVER;
	/* An IT block of ARM code is nothing that HYP may return to. */
	if (!(*new & A32_T))
		*new &= ~(A32_IT_HIGH | A32_IT_LOW);
	return aarch32_valid_mode(*new) ? 0 : -EINVAL;
}

void onereg_list_core(struct av_vcpu *vcpu, struct reg_list *list)
{
	static const u32 vfp[] = {
		ARMVIRT_REG_ARM_VFP_FPSID, ARMVIRT_REG_ARM_VFP_FPSCR, ARMVIRT_REG_ARM_VFP_MVFR1,
		ARMVIRT_REG_ARM_VFP_MVFR0, ARMVIRT_REG_ARM_VFP_FPEXC
	};
	const u64 core = ARMVIRT_REG_ARM | ARMVIRT_REG_ARM_CORE | ARMVIRT_REG_SIZE_U32;
	const u64 fp = ARMVIRT_REG_ARM | ARMVIRT_REG_ARM_VFP;
	unsigned int i;

	for (i = 0; i < sizeof(struct armvirt_regs) / sizeof(u32); i++)
		reg_list_add(list, core | i);
	for (i = 0; i < nr_d(); i++)
		reg_list_add(list, fp | ARMVIRT_REG_SIZE_U64 | i);
	for (i = 0; i < ARRAY_SIZE(vfp); i++)
		reg_list_add(list, fp | ARMVIRT_REG_SIZE_U32 | vfp[i]);
}
