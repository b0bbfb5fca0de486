// SPDX-License-Identifier: GPL-2.0
/*
 * Aborts that stage 2 has caused: the syndrome is decoded (the ISS of ESR_EL2
 * and that of the ARMv7 HSR agree in all that is used here), memory is asked of
 * mmu.c, and what is no memory becomes an access to a device of the kernel
 * (iobus.c) or of user space. Other exceptions are the architecture's exit.c's.
 */
#include <linux/bitfield.h>
#include <linux/string.h>
#include <linux/swab.h>

#include "armvirt.h"

#define ESR_EC		GENMASK(31, 26)
#define EC_IABT_LOW	0x20
#define EC_DABT_LOW	0x24

/* ISS of an abort (ARM ARM D24.2.41, B3.13.6 for ARMv7) */
#define ISS_MASK	GENMASK(24, 0)
#define ISS_ISV		BIT(24)
#define ISS_SAS		GENMASK(23, 22)
#define ISS_SSE		BIT(21)
#define ISS_SRT		GENMASK(20, 16)
#define ISS_SF		BIT(15)
#define ISS_CM		BIT(8)
#define ISS_S1PTW	BIT(7)
#define ISS_WNR		BIT(6)
#define ISS_FSC		GENMASK(5, 0)

/* Fault status by kind; the low two bits are the level (FSC 0b10xxxx are single codes). */
#define STATUS_KIND	GENMASK(5, 2)
#define STATUS_ADDR_SIZE	0x00
#define STATUS_TRANSLATION	0x04
#define STATUS_ACCESS	0x08
#define STATUS_PERMISSION	0x0c
#define STATUS_TLB_CONFLICT	0x30

/**
 * struct abort - a decoded abort
 * @ipa: faulting guest physical address
 * @fsc: fault status
 * @kind: fault status without the level
 * @exec: instruction fetch
 * @s1ptw: on a walk of the guest's own page tables
 * @cm: cache maintenance by address
 * @isv: @mmio describes the instruction
 * @mmio: as an access to a device; is_write: at least needs permission to write
 */
struct abort {
	u64 ipa;
	u8 fsc;
	u8 kind;
	bool exec;
	bool s1ptw;
	bool cm;
	bool isv;
	struct vcpu_mmio mmio;
};

static void decode(struct av_vcpu *vcpu, struct abort *a)
{
	u32 esr = arch_esr(vcpu);
	struct vcpu_mmio *m = &a->mmio;

	a->ipa = arch_fault_ipa(vcpu);
	a->fsc = FIELD_GET(ISS_FSC, esr);
	a->kind = a->fsc & STATUS_KIND;
	a->exec = FIELD_GET(ESR_EC, esr) == EC_IABT_LOW;
	a->s1ptw = esr & ISS_S1PTW;
	a->cm = !a->exec && (esr & ISS_CM);
	a->isv = !a->exec && !a->s1ptw && (esr & ISS_ISV);
	/*
	 * A table walk reads, and WnR tells of the access behind it. It writes
	 * only to set the access or dirty flag, and needs that only where reading
	 * has worked: such a write is seen as a permission fault.
	 */
	if (a->s1ptw)
		m->is_write = a->kind == STATUS_PERMISSION;
	else
		m->is_write = !a->exec && (esr & ISS_WNR);
	m->len = 1 << FIELD_GET(ISS_SAS, esr);
	m->rt = FIELD_GET(ISS_SRT, esr);
	m->sign_extend = esr & ISS_SSE;
	m->reg64 = esr & ISS_SF;
	m->pending = true;
}

/* ---- Data between a register and a device ----------------------------------------------- */

/* The low @len bytes of @val, swapped if the guest's data is big-endian. */
static u64 data_order(struct av_vcpu *vcpu, u64 val, int len)
{
	unsigned int unused = 64 - 8 * len;

	return arch_vcpu_big_endian(vcpu) ? swab64(val) >> unused : val << unused >> unused;
}

/* What the instruction stores. Devices see bytes, the one at the lowest address first. */
static u64 stored(struct av_vcpu *vcpu, const struct vcpu_mmio *m)
{
	return m->is_write ? data_order(vcpu, arch_reg(vcpu, m->rt), m->len) : 0;
}

/* Ends the instruction, which loads @val if it is a load. */
static void finish(struct av_vcpu *vcpu, const struct vcpu_mmio *m, u64 val)
{
	u64 sign = BIT_ULL(m->len * 8 - 1);

	if (!m->is_write) {
		val = data_order(vcpu, val, m->len);
		if (m->sign_extend && m->len < 8)
			val = (val ^ sign) - sign;
		if (!m->reg64)
			val = (u32)val;
		arch_set_reg(vcpu, m->rt, val);
	}
	arch_skip_instr(vcpu);
}

/* Does not sleep. Returns whether a device of the kernel took it. */
static bool mmio_kernel(struct av_vcpu *vcpu, const struct abort *a)
{
	const struct vcpu_mmio *m = &a->mmio;
	u64 val = stored(vcpu, m);

	if (iobus_access(vcpu, a->ipa, m->len, &val, m->is_write))
		return false;
	finish(vcpu, m, val);
	return true;
}

static void mmio_user(struct av_vcpu *vcpu, const struct abort *a)
{
	struct armvirt_run *run = vcpu->run;
	/* Reads start as zero, for a VMM that leaves an unknown register alone. */
	__le64 le = cpu_to_le64(stored(vcpu, &a->mmio));

	memcpy(run->mmio.data, &le, sizeof(le));
	run->mmio.phys_addr = a->ipa;
	run->mmio.len = a->mmio.len;
	run->mmio.is_write = a->mmio.is_write;
	run->exit_reason = ARMVIRT_EXIT_MMIO;
	vcpu->mmio = a->mmio;
}

/**
 * abort_finish_mmio() - end the instruction that made an MMIO exit, if one did
 * @vcpu: about to run again, in its thread, put
 *
 * Nothing but the data is believed of the shared page: user space may have
 * written anything there.
 */
void abort_finish_mmio(struct av_vcpu *vcpu)
{
	__le64 le;

	if (!vcpu->mmio.pending)
		return;
	vcpu->mmio.pending = false;
	memcpy(&le, vcpu->run->mmio.data, sizeof(le));
	finish(vcpu, &vcpu->mmio, le64_to_cpu(le));
}

/* ---- Aborts ----------------------------------------------------------------------------- */

static int inject_external(struct av_vcpu *vcpu, const struct abort *a)
{
	arch_inject_abort(vcpu, a->exec, ARCH_FSC_EXTERNAL);
	return 1;
}

static int inject_size(struct av_vcpu *vcpu, const struct abort *a)
{
	arch_inject_abort(vcpu, a->exec, ARCH_FSC_ADDRESS_SIZE);
	return 1;
}

/* Where there is no memory (or only memory that may not be written). */
static int no_memory(struct av_vcpu *vcpu, const struct abort *a)
{
	/* Neither code nor page tables can be in a device. */
	if (a->exec || a->s1ptw)
		return inject_external(vcpu, a);
	/* Cache maintenance by address, of something that is never cached. */
	if (a->cm) {
		arch_skip_instr(vcpu);
		return 1;
	}
	/* Pairs, SIMD, writeback: the CPU doesn't say what was accessed how. */
	if (!a->isv && READ_ONCE(vcpu->vm->nisv_to_user)) {
		vcpu->run->exit_reason = ARMVIRT_EXIT_ARM_NISV;
		vcpu->run->arm_nisv.esr_iss = arch_esr(vcpu) & ISS_MASK;
		vcpu->run->arm_nisv.fault_ipa = a->ipa;
		return 0;
	}
	if (!a->isv) {
		av_warn_guest(vcpu, "access to %#llx without syndrome, pc %#llx\n",
			      a->ipa, arch_pc(vcpu));
		return -ENOSYS;
	}
	if (mmio_kernel(vcpu, a))
		return 1;
	mmio_user(vcpu, a);
	return 0;
}

static int memory_fault(struct av_vcpu *vcpu, const struct abort *a)
{
	struct mmu_fault fault = {
		.gpa = a->ipa,
		/* DC IVAC and its kin report a write but only need the mapping. */
		.write = a->mmio.is_write && !(a->cm && a->kind == STATUS_TRANSLATION),
		.exec = a->exec && !a->s1ptw,
		.access = a->kind == STATUS_ACCESS,
		.perm = a->kind == STATUS_PERMISSION,
	};
	int ret = mmu_handle_fault(vcpu, &fault);

	if (ret == MMU_FAULT_MMIO)
		return no_memory(vcpu, a);
	if (ret == -ENOEXEC)
		return inject_external(vcpu, a);
	return ret == MMU_FAULT_DONE ? 1 : ret;
}

/**
 * abort_handle() - an instruction or data abort from the guest
 * @vcpu: in its thread, put
 *
 * Returns 1 to resume, 0 for an exit to user space, or an errno: -EFAULT where a
 * slot has no memory behind it, -ENOSYS for an access that can't be emulated.
 */
int abort_handle(struct av_vcpu *vcpu)
{
	struct abort a;

	decode(vcpu, &a);

	switch (a.kind) {
	case STATUS_ADDR_SIZE:
		return inject_size(vcpu, &a);
	case STATUS_TRANSLATION:
		/* Beyond what any VM has here, and beyond what this VM has. */
		if (a.ipa >= BIT_ULL(arch_host_ipa_bits()))
			return inject_size(vcpu, &a);
		if (a.ipa >= BIT_ULL(vcpu->vm->ipa_bits))
			return inject_external(vcpu, &a);
		return memory_fault(vcpu, &a);
	case STATUS_ACCESS:
	case STATUS_PERMISSION:
		return memory_fault(vcpu, &a);
	}

	/* A TLB that holds two answers: drop both and try again. */
	if (a.fsc == STATUS_TLB_CONFLICT) {
		vcpu->vm->s2.tlb->all(vcpu->vm->s2.owner);
		return 1;
	}
	/*
	 * What the bus or memory reports (external abort, ECC), exclusive or
	 * atomic access where there is none, misaligned access to a device that
	 * only stage 2 makes one: the guest's instruction did it, the guest gets it.
	 */
	return inject_external(vcpu, &a);
}

/**
 * abort_handle_fast() - an access to a device of the kernel, without leaving the vCPU
 * @vcpu: loaded, preemption off
 *
 * Returns 1 when done, 0 if abort_handle() is needed. Does not sleep.
 */
int abort_handle_fast(struct av_vcpu *vcpu)
{
	struct memslot_view view;
	struct abort a;

	decode(vcpu, &a);
	if (a.kind != STATUS_TRANSLATION || !a.isv || a.cm)
		return 0;
	/* Memory goes first, as on the slow path. */
	if (memslot_find(vcpu->vm, a.ipa, &view))
		return 0;
	return mmio_kernel(vcpu, &a);
}
