// SPDX-License-Identifier: GPL-2.0
/*
 * What a table of system registers is good for: trapped accesses, reset, and
 * one-reg.  A register without a row, or whose row has no access function, is
 * undefined to the guest when its access traps.
 */
#include <linux/bsearch.h>
#include <linux/minmax.h>

#include "aarch32.h"
#include "armvirt.h"
#include "hyp/hcr.h"
#include "onereg.h"
#include "sysrow.h"

static u64 value_of(struct av_vcpu *vcpu, const struct sysreg_row *row)
{
	return row->get ? row->get(vcpu, row) : *sysreg_storage(vcpu, row);
}

/* --- trapped accesses ----------------------------------------------------- */

ROW_ACCESS(stored)
{
	if (write)
		*sysreg_storage(vcpu, row) = *val;
	else
		*val = *sysreg_storage(vcpu, row);
	return true;
}

ROW_ACCESS(value)
{
	if (!write)
		*val = value_of(vcpu, row);
	return true;
}

ROW_ACCESS(const)
{
	if (!write)
		*val = row->arg;
	return true;
}

/*
 * Writes of the translation controls trap until the guest has its MMU and data
 * cache on (HCR_EL2.TVM).  At the switch its memory goes to the point of
 * coherency: what it wrote around the caches is there already, and what the
 * caches hold (the host's, or its own from before) must not contradict that.
 */
ROW_ACCESS(vm)
{
	bool before = arch_vcpu_caches_on(vcpu), now;

	row_stored(vcpu, row, write, val);
	now = arch_vcpu_caches_on(vcpu);
	if (now != before)
		mmu_flush_all_guest_ram(vcpu->vm);
	if (now)
		vcpu->hyp->hcr &= ~AV_HCR_TVM;
	return true;
}

/*
 * Cache maintenance by set and way works on one CPU's caches, and a vCPU moves
 * between CPUs: it can only mean "everything, now".  A guest does so before it
 * turns its caches off or on, hence the trap on that; further set/way
 * operations until then change nothing (ARM ARM D7.5.9.7, note on virtualization).
 */
ROW_ACCESS(set_way)
{
	if (arch_has_fwb() || vcpu->hyp->hcr & AV_HCR_TVM)
		return true;
	mmu_flush_all_guest_ram(vcpu->vm);
	vcpu->hyp->hcr |= AV_HCR_TVM;
	return true;
}

/* The others than ICC_SGI1R name interrupts of group 0, with one security state. */
ROW_ACCESS(sgi)
{
	vgic_v3_send_sgi(vcpu, *val, row->arg);
	return true;
}

ROW_ACCESS(dir)
{
	vgic_v3_write_dir(vcpu, *val);
	return true;
}

/* CNTKCTL was looked at by the CPU before. */
ROW_ACCESS(timer)
{
	if (!write)
		*val = timer_read(vcpu, TIMER_PHYS, row->arg);
	else
		timer_write(vcpu, TIMER_PHYS, row->arg, *val);
	return true;
}

u64 sysrow_operand(struct av_vcpu *vcpu, const struct a32_cp *a)
{
	u64 val = (u32)arch_reg(vcpu, a->rt);

	return a->pair ? val | arch_reg(vcpu, a->rt2) << 32 : val;
}

void sysrow_result(struct av_vcpu *vcpu, const struct a32_cp *a, u64 val)
{
	arch_set_reg(vcpu, a->rt, (u32)val);
	if (a->pair)
		arch_set_reg(vcpu, a->rt2, val >> 32);
}

/* --- ID registers --------------------------------------------------------- */

/*
 * @most: a number whose hex digits are the largest values of the fields.  @sign: where it has a
 * digit 0xf means "not implemented" and is less than 0 (ARM ARM D19.1.3).
 */
u64 sysrow_limit(u64 host, u64 most, u64 sign)
{
	u64 val = 0;
	int shift;

	for (shift = 0; shift < 64; shift += 4) {
		u64 have = (host >> shift) & 0xf;

		if (!((sign >> shift) & 0xf) || have != 0xf)
			have = min(have, (most >> shift) & 0xf);
		val |= have << shift;
	}
	return val;
}

/*
 * Before the first run user space sees what the GIC could be, as the vGIC may
 * not have been made yet; from then on what it is, as the guest does.
 */
u64 row_get_id(struct av_vcpu *vcpu, const struct sysreg_row *row)
{
	bool gicv3 = READ_ONCE(vcpu->vm->ran) ? vcpu->hyp->flags & HYP_VCPU_GICV3 :
			       vgic_host_type() == ARMVIRT_DEV_TYPE_ARM_VGIC_V3;

	return vcpu->vm->idregs[idreg_index(row->enc)] | (gicv3 ? idreg_gic(row->enc) : 0);
}

/* May user space write @val?  Only what is there; a value saved before the first run is fine. */
int row_set_id(struct av_vcpu *vcpu, const struct sysreg_row *row, u64 val)
{
	u64 differs = val ^ vcpu->vm->idregs[idreg_index(row->enc)];

	return differs & ~idreg_gic(row->enc) ? -EINVAL : 0;
}

/* --- the table ------------------------------------------------------------ */

int sysreg_init(void)
{
	unsigned int i;

	for (i = 1; i < sysreg_nr_rows; i++) {
		if (sysreg_rows[i - 1].enc >= sysreg_rows[i].enc) {
			av_err("system register table out of order at row %u\n", i);
			return -EINVAL;
		}
	}
	return 0;
}

static int compare_row(const void *enc, const void *row)
{
	u32 a = *(const u32 *)enc, b = ((const struct sysreg_row *)row)->enc;

	return a < b ? -1 : a > b;
}

const struct sysreg_row *sysreg_find(u32 enc)
{
	return __inline_bsearch(&enc, sysreg_rows, sysreg_nr_rows, sizeof(sysreg_rows[0]),
				compare_row);
}

static bool vcpu_has(struct av_vcpu *vcpu, const struct sysreg_row *row)
{
	return row && !(row->needs & ~vcpu->hyp->flags);
}

bool sysreg_access(struct av_vcpu *vcpu, u32 enc, bool write, u64 *val)
{
	const struct sysreg_row *row = sysreg_find(enc);

	if (!vcpu_has(vcpu, row) || !row->access || !sysreg_may_access(vcpu, enc) ||
	    row->flags & (write ? ROW_RO : ROW_WO))
		return false;
	return row->access(vcpu, row, write, val);
}

bool sysreg_is_fast(u32 enc)
{
	const struct sysreg_row *row = sysreg_find(enc);

	return row && row->flags & ROW_FAST;
}

/* --- reset and one-reg ---------------------------------------------------- */

void sysreg_reset(struct av_vcpu *vcpu)
{
	const struct sysreg_row *row;

	for (row = sysreg_rows; row < sysreg_rows + sysreg_nr_rows; row++) {
		if (row->flags & ROW_USER && !row->get)
			*sysreg_storage(vcpu, row) = row->reset;
	}
}

static bool user_visible(struct av_vcpu *vcpu, const struct sysreg_row *row)
{
	return vcpu_has(vcpu, row) && row->flags & ROW_USER;
}

int sysreg_user(struct av_vcpu *vcpu, u32 enc, bool write, u64 *val)
{
	const struct sysreg_row *row = sysreg_find(enc);

	if (!user_visible(vcpu, row))
		return -ENOENT;
	if (!write)
		*val = value_of(vcpu, row);
	else if (row->set)
		return row->set(vcpu, row, *val);
	else if (row->get)
		return *val == row->get(vcpu, row) ? 0 : -EINVAL;
	else
		*sysreg_storage(vcpu, row) = *val;
	return 0;
}

void sysreg_list(struct av_vcpu *vcpu, struct reg_list *list)
{
	const struct sysreg_row *row;

	for (row = sysreg_rows; row < sysreg_rows + sysreg_nr_rows; row++) {
		if (user_visible(vcpu, row))
			reg_list_add(list, sysreg_id(row->enc));
	}
}
