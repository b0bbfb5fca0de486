// SPDX-License-Identifier: GPL-2.0
/*
 * ID registers as a guest sees them (HCR.TID3): of what all CPUs of the host
 * have, what also works for a guest.  Each register is eight fields of four
 * bits, in which more means more.
 */
#include <linux/smp.h>

#include "armvirt.h"
#include "cp15.h"

#define PFR1		1
#define PFR1_GIC	BIT(28)		/* system registers of a GICv3 */
#define INDEX(crm, op2)	(((crm) - 1) * 8 + (op2))
#define INDEX_OF(enc)	INDEX(CP_CRM(enc), CP_OP2(enc))

#define DFR0_NO_PMU	0x0f000000	/* "not even version 1" */

/* The most that a guest may have. */
static const u64 limits[AV_NR_IDREGS] = {
	[INDEX(1, 0)]			= 0x00000fff,	/* PFR0: no ThumbEE */
	[INDEX(1, 1)]			= 0x000f0fff,	/* PFR1: timer; not virtualization */
	/* DFR0 and AFR0: no debug, trace or performance monitors */
	[INDEX(1, 4) ... INDEX(1, 7)]	= 0xffffffff,	/* MMFR0..3 */
	[INDEX(2, 0) ... INDEX(2, 5)]	= 0xffffffff,	/* ISAR0..5 */
};

static void least_fields(u64 *least, unsigned int index, u32 host)
{
	least[index] = sysrow_limit(host, least[index], 0);
}

/* On one CPU after the other. */
static void least_of_cpu(void *least)
{
	least_fields(least, INDEX(1, 0), read_cp(15, 0, c0, c1, 0));
	least_fields(least, INDEX(1, 1), read_cp(15, 0, c0, c1, 1));
	least_fields(least, INDEX(1, 4), read_cp(15, 0, c0, c1, 4));
	least_fields(least, INDEX(1, 5), read_cp(15, 0, c0, c1, 5));
	least_fields(least, INDEX(1, 6), read_cp(15, 0, c0, c1, 6));
	least_fields(least, INDEX(1, 7), read_cp(15, 0, c0, c1, 7));
	least_fields(least, INDEX(2, 0), read_cp(15, 0, c0, c2, 0));
	least_fields(least, INDEX(2, 1), read_cp(15, 0, c0, c2, 1));
	least_fields(least, INDEX(2, 2), read_cp(15, 0, c0, c2, 2));
	least_fields(least, INDEX(2, 3), read_cp(15, 0, c0, c2, 3));
	least_fields(least, INDEX(2, 4), read_cp(15, 0, c0, c2, 4));
	least_fields(least, INDEX(2, 5), read_cp(15, 0, c0, c2, 5));
}

void idreg_vm_init(struct av_vm *vm)
{
	u64 *regs = vm->idregs;
	int cpu;

	lockdep_assert_held(&vm->lock);
	memcpy(regs, limits, sizeof(limits));
	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, least_of_cpu, regs, 1);
	regs[INDEX(1, 2)] = DFR0_NO_PMU;
}

unsigned int idreg_index(u32 enc)
{
	return INDEX_OF(enc);
}

u64 idreg_gic(u32 enc)
{
	return INDEX_OF(enc) == INDEX(1, PFR1) ? PFR1_GIC : 0;
}

bool idreg_d32(void)
{
	return (read_vfp(VFP_MVFR0) & 0xf) == 2;
}
