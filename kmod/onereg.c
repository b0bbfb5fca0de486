// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's registers by name, for user space: what is in memory as it is, the
 * architecture tells; system registers are sysrow.c's, firmware registers
 * smccc.c's; timers and the shapes of caches are here.
 */
#include <linux/irqflags.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "armvirt.h"
#include "onereg.h"
#include "sysrow.h"

u32 onereg_place(u64 id)
{
	return id & ~(ARMVIRT_REG_ARCH_MASK | ARMVIRT_REG_SIZE_MASK | ARMVIRT_REG_ARM_COPROC_MASK);
}

void reg_list_add(struct reg_list *list, u64 id)
{
	if (list->ids && put_user(id, list->ids + list->nr))
		list->fault = true;
	list->nr++;
}

/* --- kept as they are ----------------------------------------------------- */

#define NR_CORE		(sizeof(struct armvirt_regs) / sizeof(u32))

static int core(struct av_vcpu *vcpu, u64 id, void __user *addr, bool write)
{
	bool is_core = (id & ARMVIRT_REG_ARM_COPROC_MASK) == ARMVIRT_REG_ARM_CORE;
	unsigned int size;
	u64 val[2] = {};
	void *where;
	int ret;

	if (is_core && onereg_place(id) + ARMVIRT_REG_SIZE(id) / sizeof(u32) > NR_CORE)
		return -ENOENT;
	where = onereg_core(vcpu, id, &size);
	if (!where)
		return is_core ? -EINVAL : -ENOENT;
	if (size != ARMVIRT_REG_SIZE(id))
		return -EINVAL;
	if (!write)
		return copy_to_user(addr, where, size) ? -EFAULT : 0;
	if (copy_from_user(val, addr, size))
		return -EFAULT;
	ret = onereg_check_core(vcpu, where, val);
	if (!ret)
		memcpy(where, val, size);
	return ret;
}

/* --- timers --------------------------------------------------------------- */

/* On arm64 the ids of the virtual timer's CVAL and CNT have each other's encoding: the ABI. */
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

/* --- caches --------------------------------------------------------------- */

#define CCSIDR_ID	(ARMVIRT_REG_ARM_NATIVE | ARMVIRT_REG_SIZE_U32 | ARMVIRT_REG_ARM_DEMUX | \
			 ARMVIRT_REG_ARM_DEMUX_ID_CCSIDR)

struct sysreg_ident sysreg_ident;

static bool has_cache(u32 csselr)
{
	unsigned int type = (sysreg_ident.clidr >> (3 * (csselr >> 1))) & 7;	/* CLIDR.Ctype<n> */

	return type && type <= 4 && (csselr & 1 ? type & 1 : type != 1);
}

void sysreg_ident_init(void)
{
	unsigned long flags;
	u32 n;

	/* All of one CPU; and the kernel uses CSSELR itself, from interrupts too. */
	local_irq_save(flags);
	sysreg_identify(&sysreg_ident);
	for (n = 0; n < SYSREG_NR_CSSELR; n++)
		if (has_cache(n))
			sysreg_ident.ccsidr[n] = sysreg_read_ccsidr(n);
	local_irq_restore(flags);
}

bool sysreg_ccsidr(u32 csselr, u64 *val)
{
	if (csselr >= SYSREG_NR_CSSELR || !has_cache(csselr))
		return false;
	*val = sysreg_ident.ccsidr[array_index_nospec(csselr, SYSREG_NR_CSSELR)];
	return true;
}

static int ccsidr(u64 id, u64 *val, bool write)
{
	u64 now;

	if ((id & ~(u64)ARMVIRT_REG_ARM_DEMUX_VAL_MASK) != CCSIDR_ID ||
	    !sysreg_ccsidr(id & ARMVIRT_REG_ARM_DEMUX_VAL_MASK, &now))
		return -ENOENT;
	if (write)
		return *val == (u32)now ? 0 : -EINVAL;
	*val = now;
	return 0;
}

static void list_ccsidr(struct reg_list *list)
{
	u64 val;
	u32 n;

	for (n = 0; n < SYSREG_NR_CSSELR; n++) {
		if (sysreg_ccsidr(n, &val))
			reg_list_add(list, CCSIDR_ID | n);
	}
}

/* --- by class ------------------------------------------------------------- */

static int system(struct av_vcpu *vcpu, u64 id, u64 *val, bool write)
{
	const struct timer_id_row *timer = find_timer(id);
	u32 enc;

	if (!timer)
		return sysreg_enc(id, &enc) ? sysreg_user(vcpu, enc, write, val) : -ENOENT;
	if (write)
		timer_write(vcpu, timer->timer, timer->reg, *val);
	else
		*val = timer_read(vcpu, timer->timer, timer->reg);
	return 0;
}

static int value(struct av_vcpu *vcpu, u64 id, u64 *val, bool write)
{
	switch (id & ARMVIRT_REG_ARM_COPROC_MASK) {
	case ARMVIRT_REG_ARM_DEMUX:
		return ccsidr(id, val, write);
	case ARMVIRT_REG_ARM_FW:
	case ARMVIRT_REG_ARM_FW_FEAT_BMAP:
		return write ? smccc_fw_set(vcpu, id, *val) : smccc_fw_get(vcpu, id, val);
	default:
		return system(vcpu, id, val, write);
	}
}

int onereg_access(struct av_vcpu *vcpu, const struct armvirt_one_reg *reg, bool write)
{
	void __user *addr = u64_to_user_ptr(reg->addr);
	size_t size = ARMVIRT_REG_SIZE(reg->id);
	u64 val;
	int ret;

	/* Nothing of the architecture's is in the upper half but architecture and size. */
	if ((reg->id & ~ARMVIRT_REG_SIZE_MASK) >> 32 != ARMVIRT_REG_ARM_NATIVE >> 32)
		return -EINVAL;
	switch (reg->id & ARMVIRT_REG_ARM_COPROC_MASK) {
	case ARMVIRT_REG_ARM_CORE:
	case ARMVIRT_REG_ARM_VFP:
		return core(vcpu, reg->id, addr, write);
	}
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

long onereg_list(struct av_vcpu *vcpu, u64 __user *ids)
{
	struct reg_list list = { ids };
	unsigned int i;
	u64 id;

	onereg_list_core(vcpu, &list);
	list_ccsidr(&list);
	for (i = 0; (id = smccc_fw_id(i)); i++)
		reg_list_add(&list, id);
	for (i = 0; i < ARRAY_SIZE(timer_ids); i++)
		reg_list_add(&list, timer_ids[i].id);
	sysreg_list(vcpu, &list);
	return list.fault ? -EFAULT : list.nr;
}
