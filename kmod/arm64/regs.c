// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's registers by name: one-reg for user space (core, floating point,
 * caches, timers; system registers go on to sysreg.c and firmware registers to
 * smccc.c), events, and the small accessors by which generic code reaches a
 * guest's registers.  The vCPU is put, or only general-purpose registers are used.
 */
#include <linux/uaccess.h>

#include <asm/esr.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

#include "aarch32.h"
#include "armvirt.h"
#include "sysreg.h"

/* --- accessors for generic code ------------------------------------------- */

#define PS_E32		BIT_ULL(9)	/* AArch32: big endian data */
#define SCTLR_E0E	BIT_ULL(24)
#define SCTLR_EE	BIT_ULL(25)
#define SCTLR_MC	(BIT_ULL(0) | BIT_ULL(2))
#define FAR_PAGE_OFFSET	GENMASK_ULL(11, 0)
#define HPFAR_FIPA	GENMASK_ULL(43, 4)

u64 arch_reg(struct av_vcpu *vcpu, int n)
{
	return n == 31 ? 0 : vcpu->hyp->x[n];
}

void arch_set_reg(struct av_vcpu *vcpu, int n, u64 val)
{
	if (n != 31)
		vcpu->hyp->x[n] = val;
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

static bool aarch32(const struct hyp_vcpu *hyp)
{
	return hyp->pstate & PSR_MODE32_BIT;
}

/* The esr is still that of the trap. */
void arch_skip_instr(struct av_vcpu *vcpu)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

	hyp->pc += hyp->esr & ESR_ELx_IL ? 4 : 2;
	if (!aarch32(hyp))
		hyp->pstate &= ~(u64)PSR_BTYPE_MASK;
	else
		hyp->pstate = aarch32_next_cpsr(hyp->pstate);
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
	vcpu->hyp->pc = pc;
	arch_set_reg(vcpu, 0, r0);
}

/* --- one-reg: core and floating point ------------------------------------- */

/* Fields of PSTATE which a guest can have; others would be illegal or not the guest's. */
#define PSTATE_64	0xf3f01fdfULL
#define PSTATE_32	0xfeffffffULL	/* all but J */

#define CORE(name)	ARMVIRT_REG_ARM_CORE_REG(name)
#define CORE_NR		(sizeof(struct armvirt_regs) / sizeof(u32))

static u64 zero_spsr;	/* SPSR_abt.. of AArch32 EL1: no guest has it; never written */

/* Where a core register is and how many bytes it has; NULL for a hole or the middle of one. */
static void *core_reg(struct av_vcpu *vcpu, unsigned int off, unsigned int *size)
{
	struct hyp_vcpu *hyp = vcpu->hyp;

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
	if (off > CORE(spsr[0]) && off < CORE(fp_regs.vregs))
		return off <= CORE(spsr[ARMVIRT_NR_SPSR - 1]) ? &zero_spsr : NULL;
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

/* What an id has beside its class; whatever else is in it matches no register. */
static u64 id_number(u64 id)
{
	return id & ~(ARMVIRT_REG_ARCH_MASK | ARMVIRT_REG_SIZE_MASK | ARMVIRT_REG_ARM_COPROC_MASK);
}

static int find_core(struct av_vcpu *vcpu, u64 id, void **where, unsigned int *size)
{
	u64 off = id_number(id);

	if (off >= CORE_NR || off + ARMVIRT_REG_SIZE(id) / sizeof(u32) > CORE_NR)
		return -ENOENT;
	*where = core_reg(vcpu, off, size);
	return *where && *size == ARMVIRT_REG_SIZE(id) ? 0 : -EINVAL;
}

/*
 * What goes into SPSR_EL2 decides what ERET returns to: EL1 and EL0 in AArch64,
 * or EL0 in AArch32 if the CPU has it, never EL2.
 */
static int check_pstate(u64 *pstate)
{
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

static int core(struct av_vcpu *vcpu, u64 id, void __user *addr, bool write)
{
	unsigned int size;
	u64 val[2];
	void *where;
	int ret = find_core(vcpu, id, &where, &size);

	if (ret)
		return ret;
	if (!write)
		return copy_to_user(addr, where, size) ? -EFAULT : 0;
	if (copy_from_user(val, addr, size))
		return -EFAULT;
	if (where == &zero_spsr)
		return 0;
	if (where == &vcpu->hyp->pstate)
		ret = check_pstate(val);
	if (!ret)
		memcpy(where, val, size);
	return ret;
}

void reg_list_add(struct reg_list *list, u64 id)
{
	if (list->ids && put_user(id, list->ids + list->nr))
		list->fault = true;
	list->nr++;
}

static void list_core(struct reg_list *list)
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

/* --- one-reg: timers ------------------------------------------------------ */

/* The ids of the virtual timer's CVAL and CNT have each other's encoding: that is the ABI. */
static const struct timer_id_row {
	u64 id;
	enum timer_id timer;
	enum timer_reg reg;
} timer_ids[] = {
	{ ARMVIRT_REG_ARM_TIMER_CTL, TIMER_VIRT, TIMER_REG_CTL },
	{ ARMVIRT_REG_ARM_TIMER_CVAL, TIMER_VIRT, TIMER_REG_CVAL },
	{ ARMVIRT_REG_ARM_TIMER_CNT, TIMER_VIRT, TIMER_REG_CNT },
	{ ARMVIRT_REG_ARM_PTIMER_CTL, TIMER_PHYS, TIMER_REG_CTL },
	{ ARMVIRT_REG_ARM_PTIMER_CVAL, TIMER_PHYS, TIMER_REG_CVAL },
	{ ARMVIRT_REG_ARM_PTIMER_CNT, TIMER_PHYS, TIMER_REG_CNT },
};

static const struct timer_id_row *find_timer(u64 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(timer_ids); i++) {
		if (timer_ids[i].id == id)
			return &timer_ids[i];
	}
	return NULL;
}

/* --- one-reg: caches ------------------------------------------------------ */

#define CCSIDR_ID	(ARMVIRT_REG_ARM64 | ARMVIRT_REG_SIZE_U32 | ARMVIRT_REG_ARM_DEMUX | \
			 ARMVIRT_REG_ARM_DEMUX_ID_CCSIDR)
#define NR_CSSELR	14

static void list_ccsidr(struct reg_list *list)
{
	u64 val;
	u32 n;

	for (n = 0; n < NR_CSSELR; n++) {
		if (sysreg_ccsidr(n, &val))
			reg_list_add(list, CCSIDR_ID | n);
	}
}

/* --- one-reg: by class ---------------------------------------------------- */

static int value(struct av_vcpu *vcpu, u64 id, u64 *val, bool write)
{
	const struct timer_id_row *timer;
	u64 now;

	switch (id & ARMVIRT_REG_ARM_COPROC_MASK) {
	case ARMVIRT_REG_ARM_DEMUX:
		if ((id & ~(u64)ARMVIRT_REG_ARM_DEMUX_VAL_MASK) != CCSIDR_ID ||
		    !sysreg_ccsidr(id & ARMVIRT_REG_ARM_DEMUX_VAL_MASK, &now))
			return -ENOENT;
		if (write)
			return *val == (u32)now ? 0 : -EINVAL;
		*val = now;
		return 0;
	case ARMVIRT_REG_ARM_FW:
	case ARMVIRT_REG_ARM_FW_FEAT_BMAP:
		return write ? smccc_fw_set(vcpu, id, *val) : smccc_fw_get(vcpu, id, val);
	case ARMVIRT_REG_ARM64_SYSREG:
		if (ARMVIRT_REG_SIZE(id) != sizeof(u64))
			return -ENOENT;
		timer = find_timer(id);
		if (!timer)
			return sysreg_user(vcpu, id_number(id), write, val);
		if (write)
			timer_write(vcpu, timer->timer, timer->reg, *val);
		else
			*val = timer_read(vcpu, timer->timer, timer->reg);
		return 0;
	}
	return -ENOENT;
}

int arch_one_reg(struct av_vcpu *vcpu, const struct armvirt_one_reg *reg, bool write)
{
	void __user *addr = u64_to_user_ptr(reg->addr);
	size_t size = ARMVIRT_REG_SIZE(reg->id);
	u64 val;
	int ret;

	/* Nothing of the architecture's is in the upper half but architecture and size. */
	if ((reg->id & ~ARMVIRT_REG_SIZE_MASK) >> 32 != ARMVIRT_REG_ARM64 >> 32)
		return -EINVAL;
	/* Registers of this class are in hyp_vcpu as they are; the others are values. */
	if ((reg->id & ARMVIRT_REG_ARM_COPROC_MASK) == ARMVIRT_REG_ARM_CORE)
		return core(vcpu, reg->id, addr, write);
	if (size != sizeof(u32) && size != sizeof(u64))
		return -ENOENT;
	/* An unknown register is told before a bad address. */
	ret = value(vcpu, reg->id, &val, false);
	if (ret)
		return ret;
	/* Little endian host: a 4-byte register is the low half. */
	if (!write)
		return copy_to_user(addr, &val, size) ? -EFAULT : 0;
	val = 0;
	if (copy_from_user(&val, addr, size))
		return -EFAULT;
	return value(vcpu, reg->id, &val, true);
}

long arch_list_regs(struct av_vcpu *vcpu, u64 __user *ids)
{
	struct reg_list list = { ids };
	unsigned int i;
	u64 id;

	list_core(&list);
	list_ccsidr(&list);
	for (i = 0; (id = smccc_fw_id(i)); i++)
		reg_list_add(&list, id);
	for (i = 0; i < ARRAY_SIZE(timer_ids); i++)
		reg_list_add(&list, timer_ids[i].id);
	sysreg_list(vcpu, &list);
	return list.fault ? -EFAULT : list.nr;
}

/* --- events --------------------------------------------------------------- */

int arch_get_events(struct av_vcpu *vcpu, struct armvirt_vcpu_events *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->exception.serror_pending = !!(vcpu->hyp->hcr & AV_HCR_VSE);
	ev->exception.serror_has_esr = idreg_host_ras();
	if (ev->exception.serror_pending && ev->exception.serror_has_esr)
		ev->exception.serror_esr = vcpu->hyp->vsesr;
	return 0;
}

int arch_set_events(struct av_vcpu *vcpu, const struct armvirt_vcpu_events *ev)
{
	bool has_esr = ev->exception.serror_has_esr;

	if (memchr_inv(ev->reserved, 0, sizeof(ev->reserved)) ||
	    memchr_inv(ev->exception.pad, 0, sizeof(ev->exception.pad)))
		return -EINVAL;
	if (ev->exception.serror_pending) {
		if (has_esr && (!idreg_host_ras() || ev->exception.serror_esr & ~ESR_ELx_ISS_MASK))
			return -EINVAL;
		inject_serror(vcpu, has_esr ? ev->exception.serror_esr : 0);
	}
	if (ev->exception.ext_dabt_pending) {
		/* It takes the place of the answer to an MMIO exit. */
		vcpu->mmio.pending = false;
		arch_inject_abort(vcpu, false, ARCH_FSC_EXTERNAL);
	}
	return 0;
}
