// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's registers: the core and floating-point ones of one-reg, and
 * the small accessors by which generic code reaches a guest's registers.  The
 * vCPU is put, or only general-purpose registers are used.
 */
#include <asm/debug-monitors.h>
#include <asm/esr.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

#include "aarch32.h"
#include "armvirt.h"
#include "onereg.h"
#include "sysreg.h"

/* --- accessors for generic code ------------------------------------------- */

#define PS_E32		BIT_ULL(9)	/* AArch32: big endian data */
#define SCTLR_E0E	BIT_ULL(24)
#define SCTLR_EE	BIT_ULL(25)
#define SCTLR_MC	(BIT_ULL(0) | BIT_ULL(2))
#define FAR_PAGE_OFFSET	GENMASK_ULL(11, 0)
#define HPFAR_FIPA	GENMASK_ULL(43, 4)

static bool aarch32(const struct hyp_vcpu *hyp)
{
	return hyp->pstate & PSR_MODE32_BIT;
}

bool arch_vcpu_narrow(struct av_vcpu *vcpu)
{
	return vcpu->hyp->flags & HYP_VCPU_A32;
}

/*
 * A syndrome numbers registers as AArch64 sees them, from AArch32 too (ARM ARM D1.21.1): r13 of
 * Supervisor mode is 19. So the numbers of registers that this mode has banked cannot occur, but
 * QEMU gives them for data aborts; then the bank is meant.
 */
static int banked(u64 pstate, int n)
{
	int lr;

	switch (pstate & A32_MODE) {
	case A32_FIQ:
		if (n >= 8 && n <= 12)
			return n + 16;
		return n == 13 ? 29 : n == 14 ? 30 : n;
	case A32_IRQ:
		lr = 16;
		break;
	case A32_SVC:
		lr = 18;
		break;
	case A32_ABT:
		lr = 20;
		break;
	case A32_UND:
		lr = 22;
		break;
	default:
		return n;
	}
	return n == 13 ? lr + 1 : n == 14 ? lr : n;
}

/* From AArch32 the upper half is nothing. */
u64 arch_reg(struct av_vcpu *vcpu, int n)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	if (n == 31)
		return 0;
	return aarch32(hyp) ? lower_32_bits(hyp->x[banked(hyp->pstate, n)]) : hyp->x[n];
}

void arch_set_reg(struct av_vcpu *vcpu, int n, u64 val)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	if (n == 31)
		return;
	if (aarch32(hyp))
		hyp->x[banked(hyp->pstate, n)] = lower_32_bits(val);
	else
		hyp->x[n] = val;
}

/*
 * From the vCPU's number, since the vGIC asks before VCPU_INIT.  Sixteen to a
 * cluster, so that one ICC_SGI1R_EL1 reaches all of it.
 */
u64 arch_mpidr(struct av_vcpu *vcpu)
{
	u64 aff0 = vcpu->id & 0xf;
	u64 aff1 = (vcpu->id >> 4) & 0xff;
	u64 aff2 = (vcpu->id >> 12) & 0xff;

	return aff2 << 16 | aff1 << 8 | aff0;
}

u64 arch_fault_ipa(struct av_vcpu *vcpu)
{
	return (vcpu->hyp->hpfar & HPFAR_FIPA) << 8 | (vcpu->hyp->far & FAR_PAGE_OFFSET);
}

/* The esr is still that of the trap. */
void arch_skip_instr(struct av_vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	hyp->pc += hyp->esr & ESR_ELx_IL ? 4 : 2;
	/* A guest that steps itself, or a 32-bit process, has now stepped it. */
	hyp->pstate &= ~(u64)DBG_SPSR_SS;
	if (!aarch32(hyp)) {
		hyp->pstate &= ~(u64)PSR_BTYPE_MASK;
	} else {
		hyp->pc = lower_32_bits(hyp->pc);
		hyp->pstate = aarch32_next_cpsr(hyp->pstate);
	}
}

/* Fast exits ask while the vCPU is loaded, and then a VHE host has the register in the CPU. */
static u64 guest_sctlr(struct av_vcpu *vcpu)
{
	return vcpu->arch.sys_loaded ? read_sysreg_s(SYS_SCTLR_EL12) :
				       vcpu->hyp->sys[HSR_SCTLR_EL1];
}

bool arch_vcpu_big_endian(struct av_vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	if (aarch32(hyp))
		return hyp->pstate & PS_E32;
	if ((hyp->pstate & PSR_MODE_MASK) == PSR_MODE_EL0t)
		return guest_sctlr(vcpu) & SCTLR_E0E;
	return guest_sctlr(vcpu) & SCTLR_EE;
}

bool arch_vcpu_caches_on(struct av_vcpu *vcpu)
{
	return (vcpu->hyp->sys[HSR_SCTLR_EL1] & SCTLR_MC) == SCTLR_MC;
}

/* Where PSCI CPU_ON makes it start. */
void arch_vcpu_set_entry(struct av_vcpu *vcpu, u64 pc, u64 r0, bool be)
{
	u64 *sctlr = &vcpu->hyp->sys[HSR_SCTLR_EL1];

	*sctlr = be ? *sctlr | SCTLR_EE : *sctlr & ~SCTLR_EE;
	if (aarch32(vcpu->hyp)) {
		vcpu->hyp->pstate |= (be ? A32_E : 0) | (pc & 1 ? A32_T : 0);
		pc = lower_32_bits(pc & ~1ULL);
	}
	vcpu->hyp->pc = pc;
	arch_set_reg(vcpu, 0, r0);
}

/* --- one-reg: core and floating point ------------------------------------- */

/* Fields of PSTATE which a guest can have; others would be illegal or not the guest's. */
#define PSTATE_64	0xf3f01fdfULL
#define PSTATE_32	0xffffffffULL

#define CORE(name)	ARMVIRT_REG_ARM_CORE_REG(name)

/* Where a core register is and how many bytes it has; NULL for a hole or the middle of one. */
void *onereg_core(struct av_vcpu *vcpu, u64 id, unsigned int *size)
{
	struct hyp_vcpu *hyp = vcpu->hyp;
	u32 off = onereg_place(id);

	/* Their own class on ARMv7; here they are in this one. */
	if ((id & ARMVIRT_REG_ARM_COPROC_MASK) == ARMVIRT_REG_ARM_VFP)
		return NULL;
	*size = sizeof(u64);
	if (off >= CORE(fp_regs.vregs) && off < CORE(fp_regs.fpsr)) {
		*size = 2 * sizeof(u64);
		off -= CORE(fp_regs.vregs);
		return off % 4 ? NULL : &hyp->fp.v[off / 2];
	}
	if (off == CORE(fp_regs.fpsr) || off == CORE(fp_regs.fpcr)) {
		*size = sizeof(u32);
		return off == CORE(fp_regs.fpsr) ? &hyp->fp.fpsr : &hyp->fp.fpcr;
	}
	if (off % 2)
		return NULL;
	if (off < CORE(regs.sp))
		return &hyp->x[off / 2];
	/* SPSR_abt, und, irq and fiq of AArch32 EL1: storage for other guests */
	if (off > CORE(spsr[0]) && off <= CORE(spsr[ARMVIRT_NR_SPSR - 1]))
		return &hyp->sys[HSR_SPSR_ABT + (off - CORE(spsr[1])) / 2];
	switch (off) {
	case CORE(regs.sp):
		return &hyp->sys[HSR_SP_EL0];
	case CORE(regs.pc):
		return &hyp->pc;
	case CORE(regs.pstate):
		return &hyp->pstate;
	case CORE(sp_el1):
		return &hyp->sys[HSR_SP_EL1];
	case CORE(elr_el1):
		return &hyp->sys[HSR_ELR_EL1];
	case CORE(spsr[0]):
		return &hyp->sys[HSR_SPSR_EL1];
	}
	return NULL;
}

/*
 * What goes into SPSR_EL2 decides what ERET returns to: EL1 and EL0 in AArch64,
 * or EL0 in AArch32 if the CPU has it, never EL2; AArch32 modes only, if that is EL1's state.
 */
static int check_pstate(struct av_vcpu *vcpu, u64 *pstate)
{
	if (vcpu->hyp->flags & HYP_VCPU_A32) {
		*pstate &= PSTATE_32;
		return aarch32_valid_mode(*pstate) ? 0 : -EINVAL;
	}
	switch (*pstate & (PSR_MODE32_BIT | PSR_MODE_MASK)) {
	case PSR_MODE_EL0t:
	case PSR_MODE_EL1t:
	case PSR_MODE_EL1h:
		*pstate &= PSTATE_64;
		return 0;
	case PSR_MODE32_BIT:		/* User */
		if (!idreg_host_aarch32())
			return -EINVAL;
		*pstate &= PSTATE_32;
		return 0;
	}
	return -EINVAL;
}

int onereg_check_core(struct av_vcpu *vcpu, void *where, void *val)
{
	return where == &vcpu->hyp->pstate ? check_pstate(vcpu, val) : 0;
}

void onereg_list_core(struct av_vcpu *vcpu, struct reg_list *list)
{
	const u64 id = ARMVIRT_REG_ARM64 | ARMVIRT_REG_ARM_CORE;
	unsigned int off;

	for (off = 0; off <= CORE(spsr[ARMVIRT_NR_SPSR - 1]); off += 2)
		reg_list_add(list, id | ARMVIRT_REG_SIZE_U64 | off);
	for (off = CORE(fp_regs.vregs); off < CORE(fp_regs.fpsr); off += 4)
		reg_list_add(list, id | ARMVIRT_REG_SIZE_U128 | off);
	reg_list_add(list, id | ARMVIRT_REG_SIZE_U32 | CORE(fp_regs.fpsr));
	reg_list_add(list, id | ARMVIRT_REG_SIZE_U32 | CORE(fp_regs.fpcr));
}
