// SPDX-License-Identifier: GPL-2.0
/*
 * The vGIC case by case: more active interrupts than list registers, who is
 * told of an end, every offset of every frame with every width, the errno of
 * every way to set a vGIC up wrongly, and save and restore.
 */
#include <stdio.h>

#include "vgic_sim.h"

static struct sim machine;

static void enter(struct sim_cpu *c)
{
	if (!c->loaded)
		sim_load(c);
	sim_enter(c);
}

static struct vgic_irq *irq_of(struct sim_cpu *c, u32 intid)
{
	return vgic_irq_get(&machine.vm, &c->vcpu, intid);
}

static void write_bit(struct sim_cpu *c, u32 reg, u32 intid)
{
	sim_write(c, (intid < 32 ? sim_priv_base(c) : SIM_DIST) + reg + intid / 32 * 4, 4,
		  1u << intid % 32);
}

/* --- more active ones than list registers, on purpose --------------------------- */

#define NEST		12
#define NOTIFIED	3

static void take_nested(struct sim_cpu *c)
{
	struct sim_taken got;
	unsigned int i;

	for (i = 0; i < NEST; i++) {
		sim->cur = SIM_VCPUS;
		vgic_inject(&machine.vm, NULL, 40 + i, true, NULL);
		if (sim_must_exit(c)) {
			sim_exit(c);
			enter(c);
		}
		sim_check(sim_ack(c, &got) && got.intid == 40 + i, "%u doesn't preempt", 40 + i);
		/* The device is content; the interrupt stays active. */
		sim->cur = SIM_VCPUS;
		vgic_inject(&machine.vm, NULL, 40 + i, false, NULL);
	}
}

static unsigned int nr_active(struct sim_cpu *c)
{
	unsigned int i, nr = 0;

	for (i = 0; i < NEST; i++)
		nr += irq_of(c, 40 + i)->active;
	return nr;
}

/*
 * Level SPIs that preempt each other beyond the number of list registers, and
 * whose ends somebody waits for.  @eoimode 1: dropped first, deactivated after.
 */
static unsigned long nest(bool v2, bool eoimode)
{
	struct sim_cpu *c = &machine.cpu[0];
	unsigned int i;

	sim_start(&machine, v2);
	sim_write(c, SIM_DIST + GICD_CTLR, 4, GICD_CTLR_GRPS);
	for (i = 0; i < NEST; i++) {
		write_bit(c, GICD_ISENABLER, 40 + i);
		sim_write(c, SIM_DIST + GICD_IPRIORITYR + 40 + i, 1, 0xf0 - 8 * i);
		/* The first ones, which find no list register: the others' ends need no exit. */
		if (i < NOTIFIED)
			vgic_set_eoi_notify(&machine.vm, 40 + i, true);
	}
	enter(c);
	sim_set_vmcr(c, VMCR_VENG0 | VMCR_VENG1 | 0xf8u << 24 | (eoimode ? VMCR_EOIM : 0));
	take_nested(c);
	while (c->nr_running || c->nr_taken) {
		if (c->nr_running)
			sim_end(c);
		else
			sim_deactivate(c, (7 * i++) % c->nr_taken);
		if (sim_must_exit(c)) {
			sim_exit(c);
			/* An entry that doesn't come about ends nothing a second time. */
			vgic_flush(&c->vcpu);
			vgic_fold(&c->vcpu);
			sim_check(nr_active(c) == c->nr_running + c->nr_taken, "ended twice");
			enter(c);
		}
	}
	sim_exit(c);
	for (i = 0; i < NEST; i++) {
		sim_check(!irq_of(c, 40 + i)->active, "%u is still active", 40 + i);
		sim_check(machine.eois[40 + i] == (i < NOTIFIED), "%u: %u ends", 40 + i,
			  machine.eois[40 + i]);
	}
	sim_check(machine.spills, "nothing spilled");
	sim_stop(&machine);
	return machine.failures;
}


/* --- the timer's interrupt, which is also the host's --------------------------------- */

static unsigned long forwarded(bool v2)
{
	struct sim_cpu *c = &machine.cpu[0];
	struct sim_taken got;

	sim_start(&machine, v2);
	sim_write(c, SIM_DIST + GICD_CTLR, 4, GICD_CTLR_GRPS);
	write_bit(c, GICD_ISENABLER, SIM_VTIMER);
	enter(c);
	sim_set_vmcr(c, VMCR_VENG0 | VMCR_VENG1 | 0xf8u << 24);

	/* It falls before the guest is entered. */
	c->timer_line = true;
	sim_host_timer(c);
	sim_check(c->phys_active, "the host would take it again");
	c->timer_line = false;
	vgic_inject(&machine.vm, &c->vcpu, SIM_VTIMER, false, NULL);
	sim_check(!c->phys_active, "the host's stays active: inject");

	/* It falls while the guest has it and masks interrupts. */
	c->timer_line = true;
	sim_host_timer(c);
	sim_enter(c);
	c->timer_line = false;
	sim_exit(c);
	sim_check(!c->phys_active, "the host's stays active: fold");
	sim_enter(c);
	sim_check(!sim_ack(c, &got), "out of nothing");
	sim_exit(c);

	/* The guest takes it, sets the timer anew, and ends it without an exit. */
	c->timer_line = true;
	sim_host_timer(c);
	sim_enter(c);
	sim_check(sim_ack(c, &got) && got.intid == SIM_VTIMER, "not taken");
	c->timer_line = false;
	sim_end(c);
	sim_check(!c->phys_active, "the guest's end isn't the host's");
	sim_exit(c);
	sim_check(!vgic_hw_active(&c->vcpu, SIM_VTIMER), "not over");

	/* The same, but it has fired again meanwhile: once more, and only once. */
	c->timer_line = true;
	sim_host_timer(c);
	sim_enter(c);
	sim_check(sim_ack(c, &got), "not taken");
	sim_end(c);
	sim_exit(c);
	sim_enter(c);
	sim_check(sim_ack(c, &got), "not taken again");
	c->timer_line = false;
	sim_end(c);
	sim_check(!sim_ack(c, &got), "taken once too often");
	sim_exit(c);
	sim_stop(&machine);
	return machine.failures;
}

/* --- frames ---------------------------------------------------------------------- */

static bool width_ok(enum vgic_frame frame, u32 off, int len)
{
	u32 at = off;
	const struct vgic_row *row = vgic_row_find(frame, &at);

	return row && row->widths & 1 << len && !(off & (len - 1));
}

static void poke_frame(struct sim_cpu *c, u64 base, u64 size, enum vgic_frame frame)
{
	static const int widths[] = { 1, 2, 4, 8 };
	unsigned int i;
	u64 val;
	u32 off;

	for (off = 0; off < size; off++) {
		for (i = 0; i < 4; i++) {
			if (off + widths[i] > size)
				continue;
			sim_write(c, base + off, widths[i], ~0ULL);
			val = sim_read(c, base + off, widths[i]);
			sim_check(!val || width_ok(frame, off, widths[i]),
				  "%llx, %d bytes: %llx", base + off, widths[i], val);
			sim_write(c, base + off, widths[i], 0);
			sim_write(c, base + off, widths[i], 0x0123456789abcdefULL * off);
		}
	}
}

static void check_sorted(void)
{
	unsigned int i;

	for (i = 1; i < vgic_nr_rows; i++)
		sim_check(vgic_rows[i].reg >= vgic_rows[i - 1].reg + vgic_rows[i - 1].len,
			  "row %x overlaps", vgic_rows[i].reg);
}

static unsigned long frames(bool v2)
{
	struct sim_cpu *c = &machine.cpu[1];

	sim_start(&machine, v2);
	enter(&machine.cpu[0]);
	check_sorted();
	if (v2) {
		poke_frame(c, SIM_DIST, 0x1000, VGIC_V2_DIST);
		sim_check(sim_read(c, SIM_DIST + 0xfe8, 4) == 0x2b, "PIDR2");
		sim_check(sim_read(c, SIM_DIST + GICD_ITARGETSR, 1) == 2, "ITARGETSR0");
	} else {
		poke_frame(c, SIM_DIST, 0x10000, VGIC_V3_DIST);
		poke_frame(c, SIM_RDIST, 0x20000, VGIC_V3_RDIST);
		sim_check(sim_read(c, SIM_DIST + 0xffe8, 4) == 0x3b, "PIDR2");
		sim_check(!sim_read(c, SIM_DIST + GICD_IPRIORITYR, 4), "private ones here");
		sim_check(sim_read(c, SIM_RDIST + 8, 8) == 0, "TYPER 0");
		sim_check(sim_read(c, SIM_RDIST + 0x60008, 8) == 0x300000310ULL, "TYPER 3");
		sim_check(sim_read(c, SIM_RDIST + 0x6000c, 4) == 3, "TYPER 3, upper half");
	}
	sim_exit(&machine.cpu[0]);
	sim_stop(&machine);
	return machine.failures;
}

/* --- attributes ------------------------------------------------------------------ */

static int attr(bool set, u32 group, u64 name, void *val)
{
	struct armvirt_device_attr a = {
		.group = group, .attr = name, .addr = (unsigned long)val,
	};

	return vgic_attr(&machine.vm, &a, set ? ARMVIRT_SET_DEVICE_ATTR : ARMVIRT_GET_DEVICE_ATTR);
}

#define ADDR	ARMVIRT_DEV_ARM_VGIC_GRP_ADDR
#define NR	ARMVIRT_DEV_ARM_VGIC_GRP_NR_IRQS
#define CTRL	ARMVIRT_DEV_ARM_VGIC_GRP_CTRL
#define DIST	ARMVIRT_DEV_ARM_VGIC_GRP_DIST_REGS
#define RDIST	ARMVIRT_DEV_ARM_VGIC_GRP_REDIST_REGS
#define SYSREG	ARMVIRT_DEV_ARM_VGIC_GRP_CPU_SYSREGS
#define LEVEL	ARMVIRT_DEV_ARM_VGIC_GRP_LEVEL_INFO
#define CPUREG	ARMVIRT_DEV_ARM_VGIC_GRP_CPU_REGS

static int set64(u32 group, u64 name, u64 val)
{
	return attr(true, group, name, &val);
}

static int set32(u32 group, u64 name, u32 val)
{
	return attr(true, group, name, &val);
}

static void expect(int got, int want, const char *what)
{
	sim_check(got == want, "%s: %d, should be %d", what, got, want);
}

static u64 region(u64 count, u64 base, u64 flags, u64 index)
{
	return count << 52 | base | flags << 12 | index;
}

/* A VM with vCPUs of these ids and a vGIC without a shape. */
static void bare(const u32 *ids, unsigned int nr)
{
	unsigned int i;

	memset(&machine, 0, sizeof(machine));
	sim = &machine;
	machine.vm.ipa_bits = 40;
	vgic_host = (struct vgic_host) {
		.type = ARMVIRT_DEV_TYPE_ARM_VGIC_V3, .tdir = true, .nr_lr = SIM_LRS,
		.pri_bits = 5, .nr_apr = 1,
	};
	vgic_vm_init(&machine.vm);
	for (i = 0; i < nr; i++) {
		struct av_vcpu *vcpu = &machine.cpu[i].vcpu;

		vcpu->vm = &machine.vm;
		vcpu->id = ids[i];
		vcpu->idx = i;
		vcpu->hyp = &machine.cpu[i].hyp;
		vgic_vcpu_init(vcpu);
		machine.vm.vcpus[machine.vm.nr_vcpus++] = vcpu;
	}
	expect(vgic_create(&machine.vm, ARMVIRT_DEV_TYPE_ARM_VGIC_V2), -ENODEV, "not this host");
	expect(vgic_create(&machine.vm, ARMVIRT_DEV_TYPE_ARM_VGIC_V3), 0, "create");
	expect(vgic_create(&machine.vm, ARMVIRT_DEV_TYPE_ARM_VGIC_V3), -EEXIST, "create again");
}

static const u32 in_order[] = { 0, 1, 2, 3 };
static const u32 mixed[] = { 0, 3, 1, 2 };

static unsigned long one_region(void)
{
	u64 top = 1ULL << 40;

	bare(in_order, 4);
	expect(set64(ADDR, -1, 0), -ENXIO, "no such address");
	expect(attr(true, ADDR, 2, NULL), -EFAULT, "no value");
	expect(set64(ADDR, 0, 0), -ENXIO, "the other version's");
	expect(set64(ADDR, 2, 0x1000), -EINVAL, "distributor not aligned");
	expect(set64(ADDR, 3, 0x1000), -EINVAL, "redistributors not aligned");
	expect(set64(ADDR, 2, top), -E2BIG, "distributor too high");
	expect(set64(ADDR, 3, top), -E2BIG, "redistributors too high");
	expect(set64(ADDR, 3, top - 0x10000), -E2BIG, "redistributors cut off");
	expect(set64(ADDR, 3, 0), 0, "redistributors");
	expect(set64(ADDR, 3, 0xe0000), -EEXIST, "redistributors again");
	expect(set64(ADDR, 5, region(4, 0x100000, 0, 0)), -EINVAL, "a region besides");
	expect(set64(ADDR, 2, 0x70000), 0, "distributor");
	expect(set64(ADDR, 2, 0x90000), -EEXIST, "distributor again");
	expect(vgic_first_run(&machine.cpu[3].vcpu), -EINVAL, "overlap at the first run");
	sim_stop(&machine);
	return machine.failures;
}

static unsigned long regions(void)
{
	u64 val, top = 1ULL << 40;

	bare(in_order, 4);
	expect(set64(ADDR, 5, region(4, 0x100000, 2, 0)), -EINVAL, "flags");
	expect(set64(ADDR, 5, region(0, 0x100000, 0, 0)), -EINVAL, "none");
	expect(set64(ADDR, 5, region(2, 0x200000, 0, 1)), -EINVAL, "the second first");
	expect(set64(ADDR, 5, region(2, 0x200000, 0, 0)), 0, "region 0");
	expect(set64(ADDR, 5, region(2, 0x200000, 0, 1)), -EINVAL, "same place");
	expect(set64(ADDR, 5, region(1, 0x210000, 0, 2)), -EINVAL, "overlap");
	expect(set64(ADDR, 5, region(1, 0x240000, 0, 2)), -EINVAL, "a gap in the indices");
	expect(set64(ADDR, 5, region(1, 0x240000, 0, 1)), 0, "region 1");
	expect(set64(ADDR, 5, region(1, top, 0, 2)), -E2BIG, "too high");
	expect(set64(ADDR, 5, region(2, top - 0x30000, 0, 2)), -E2BIG, "cut off");
	expect(set64(ADDR, 3, 0x260000), -EINVAL, "the old way besides");
	val = region(0, 0, 0, 1);
	expect(attr(false, ADDR, 5, &val), 0, "read region 1");
	sim_check(val == region(1, 0x240000, 0, 1), "region 1 reads as %llx", val);
	val = 2;
	expect(attr(false, ADDR, 5, &val), -ENOENT, "read region 2");
	expect(set64(ADDR, 2, 0x260000), 0, "distributor");
	expect(set64(ADDR, 5, region(1, 0x260000, 0, 2)), -EINVAL, "on the distributor");
	expect(vgic_first_run(&machine.cpu[3].vcpu), -ENXIO, "too few");
	expect(set64(ADDR, 5, region(1, 0x280000, 0, 2)), 0, "region 2");
	expect(vgic_first_run(&machine.cpu[3].vcpu), -EBUSY, "not initialised");
	expect(set64(CTRL, 0, 0), 0, "init");
	expect(set64(CTRL, 0, 0), 0, "init again");
	expect(vgic_first_run(&machine.cpu[3].vcpu), 0, "first run");
	expect(set64(ADDR, 5, region(1, 0x2a0000, 0, 3)), -EBUSY, "a region too late");
	sim_stop(&machine);
	return machine.failures;
}

static void expect_typer(u32 id, u32 want)
{
	u32 val = 0;

	expect(attr(false, RDIST, (u64)id << 32 | GICR_TYPER, &val), 0, "TYPER");
	sim_check(val == want, "TYPER of %u: %x, should be %x", id, val, want);
}

static unsigned long typer(void)
{
	u32 val;

	bare(mixed, 4);
	expect(attr(false, RDIST, 9ULL << 32 | GICR_TYPER, &val), -EINVAL, "no such vCPU");
	expect(attr(false, RDIST, GICR_TYPER, &val), -EBUSY, "before init");
	expect(set64(CTRL, 0, 0), 0, "init");
	expect_typer(3, 0x300);
	expect(set64(ADDR, 5, region(2, 0x200000, 0, 0)), 0, "region 0");
	expect_typer(0, 0);
	expect_typer(3, 0x310);
	expect(set64(ADDR, 5, region(10, 0x100000, 0, 1)), -EINVAL, "collision");
	expect_typer(1, 0x100);
	expect(set64(ADDR, 5, region(10, 0x20000, 0, 1)), 0, "region 1");
	expect_typer(1, 0x100);
	expect_typer(2, 0x210);
	sim_stop(&machine);

	bare(mixed, 4);
	expect(set64(CTRL, 0, 0), 0, "init");
	expect(set64(ADDR, 5, region(1, 0x200000, 0, 0)), 0, "region 0");
	expect(set64(ADDR, 5, region(1, 0x240000, 0, 1)), 0, "region 1");
	expect(set64(ADDR, 5, region(2, 0x220000, 0, 2)), -EINVAL, "collision");
	expect(set64(ADDR, 5, region(1, 0x220000, 0, 2)), 0, "region 2, between them");
	expect(set64(ADDR, 5, region(1, 0x300000, 0, 3)), 0, "region 3");
	expect_typer(0, 0);
	expect_typer(1, 0x100);
	expect_typer(3, 0x310);
	expect_typer(2, 0x210);
	sim_stop(&machine);
	return machine.failures;
}

static unsigned long late_size(void)
{
	u32 val = 0;

	bare(in_order, 1);
	expect(set32(NR, 0, 63), -EINVAL, "odd number");
	expect(set32(NR, 0, 32), -EINVAL, "no SPI");
	expect(set32(NR, 0, 1056), -EINVAL, "too many");
	expect(set32(NR, 0, 128), 0, "number");
	expect(set32(NR, 0, 128), -EBUSY, "number again");
	expect(attr(false, NR, 0, &val), 0, "read number");
	sim_check(val == 128, "%u interrupts", val);
	expect(set64(ADDR, 3, (1ULL << 40) - 0x60000), 0, "room for three");
	expect(set64(ADDR, 2, 0), 0, "distributor");
	machine.vm.vcpus[1] = machine.vm.vcpus[2] = machine.vm.vcpus[3] = machine.vm.vcpus[0];
	machine.vm.nr_vcpus = 4;
	expect(set64(CTRL, 0, 0), 0, "init");
	expect(vgic_first_run(&machine.cpu[0].vcpu), -EINVAL, "four are too many");
	expect(set64(77, 0, 0), -ENXIO, "no such group");
	sim_stop(&machine);
	return machine.failures;
}

/* --- save and restore -------------------------------------------------------------- */

#define ICC(crn, crm, op2)	(3u << 14 | (crn) << 7 | (crm) << 3 | (op2))

static unsigned long state_v3(void)
{
	u64 cpu1 = 1ULL << 32, val;
	struct sim_cpu *c = &machine.cpu[1];
	u32 got;

	sim_start(&machine, false);
	expect(set32(DIST, GICD_ISENABLER + 4, 0xf), 0, "enable");
	expect(set32(DIST, GICD_ISPENDR + 4, 6), 0, "latch");
	expect(set32(DIST, GICD_ISPENDR + 4, 2), 0, "latch, with zeroes");
	expect(attr(false, DIST, GICD_ISPENDR + 4, &got), 0, "latch");
	sim_check(got == 2, "latches %x", got);
	expect(set32(DIST, GICD_ICPENDR + 4, ~0u), 0, "ICPENDR");
	sim_check(irq_of(c, 33)->latch, "ICPENDR isn't ignored");
	expect(set32(LEVEL, 32, 5), 0, "levels");
	expect(attr(false, LEVEL, 32, &got), 0, "levels");
	sim_check(got == 5, "levels %x", got);
	sim_check(sim_read(c, SIM_DIST + GICD_ISPENDR + 4, 4) == 7, "the guest sees both");
	expect(set32(LEVEL, 33, 5), -EINVAL, "levels from an odd number");
	expect(set32(RDIST, cpu1 | 0x10200, 0x80), 0, "private latch");
	sim_check(irq_of(c, 7)->latch && !machine.cpu[0].vcpu.vgic.priv[7].latch, "whose?");
	expect(set32(DIST, GICD_IIDR, 1), -EINVAL, "IIDR");
	expect(attr(false, DIST, GICD_IIDR, &got), 0, "IIDR");
	expect(set32(DIST, GICD_IIDR, got), 0, "IIDR back");
	expect(set32(DIST, 0x20, 0), -ENXIO, "no such register");
	expect(set32(DIST, GICD_CTLR + 1, 0), -ENXIO, "not aligned");
	expect(set64(SYSREG, cpu1 | ICC(4, 6, 0), 0xa8), 0, "PMR");
	expect(set64(SYSREG, cpu1 | ICC(12, 12, 7), 1), 0, "IGRPEN1");
	expect(set64(SYSREG, cpu1 | ICC(12, 9, 0), 0x10), 0, "AP1R0");
	expect(set64(SYSREG, cpu1 | ICC(12, 9, 1), 0x10), -EINVAL, "AP1R1");
	expect(set64(SYSREG, cpu1 | ICC(12, 12, 5), 6), -EINVAL, "SRE");
	expect(set64(SYSREG, cpu1 | ICC(12, 12, 4), 7 << 8), -EINVAL, "more priority bits");
	expect(set64(SYSREG, cpu1 | ICC(12, 12, 4), (4 << 8) | 2), 0, "EOImode");
	expect(set64(SYSREG, cpu1 | ICC(12, 12, 0), 0), -ENXIO, "IAR");
	expect(attr(false, SYSREG, cpu1 | ICC(4, 6, 0), &val), 0, "PMR");
	sim_check(val == 0xa8 && c->hyp.gic.ap1r[0] == 0x10 &&
		  c->hyp.gic.vmcr == (0xa8u << 24 | VMCR_VENG1 | VMCR_EOIM),
		  "VMCR %x", c->hyp.gic.vmcr);
	expect(set64(SYSREG, cpu1 | ICC(12, 12, 4), (4 << 8) | 1), 0, "CBPR");
	expect(set64(SYSREG, cpu1 | ICC(12, 8, 3), 3), 0, "BPR0");
	expect(set64(SYSREG, cpu1 | ICC(12, 12, 3), 6), 0, "BPR1");
	expect(attr(false, SYSREG, cpu1 | ICC(12, 12, 3), &val), 0, "BPR1");
	sim_check(val == 4, "common BPR1 %llx", val);
	mutex_lock(&machine.cpu[2].vcpu.mutex);
	expect(set32(DIST, GICD_CTLR, 3), -EBUSY, "a vCPU runs");
	mutex_unlock(&machine.cpu[2].vcpu.mutex);
	sim_check(!machine.cpu[0].vcpu.mutex.held && !machine.cpu[3].vcpu.mutex.held, "locks");
	sim_stop(&machine);
	return machine.failures;
}

static unsigned long state_v2(void)
{
	u64 cpu1 = 1ULL << 32;
	u32 got = 0;

	sim_start(&machine, true);
	expect(set32(DIST, 9ULL << 32, 0), -EINVAL, "no such vCPU");
	expect(set32(DIST, GICD_IGROUPR + 4, ~0u), 0, "groups");
	sim_check(!irq_of(&machine.cpu[0], 40)->group1, "groups are not meant");
	expect(set32(DIST, GICD_IIDR, VGIC_IIDR), 0, "IIDR");
	expect(set32(DIST, GICD_IGROUPR + 4, ~0u), 0, "groups");
	sim_check(irq_of(&machine.cpu[0], 40)->group1, "groups are meant");
	expect(set32(CPUREG, cpu1 | GICC_PMR, 0x15), 0, "PMR");
	expect(set32(CPUREG, cpu1 | GICC_CTLR, 0x201), 0, "CTLR");
	expect(set32(CPUREG, cpu1 | GICC_APR, 0x80), 0, "APR");
	expect(attr(false, CPUREG, cpu1 | GICC_PMR, &got), 0, "PMR");
	sim_check(got == 0x15, "PMR %x", got);
	sim_check(machine.cpu[1].hyp.gic.vmcr == (0xa8u << 24 | VMCR_EOIM | VMCR_VENG0) &&
		  machine.cpu[1].hyp.gic.ap0r[0] == 0x80, "VMCR");
	expect(set32(RDIST, 0, 0), -ENXIO, "redistributor");
	expect(set32(LEVEL, 32, 0), -ENXIO, "levels");
	sim_stop(&machine);
	return machine.failures;
}

static unsigned long failed;
static unsigned int nr;

static void report(unsigned long bad, const char *what)
{
	printf("%sok %u - %s\n", bad ? "not " : "", ++nr, what);
	failed += bad;
}

int main(void)
{
	printf("TAP version 13\n1..13\n");
	report(nest(false, false), "GICv3: more active than list registers");
	report(nest(true, false), "GICv2: more active than list registers");
	report(nest(false, true), "GICv3: the same, deactivated in any order (EOImode 1)");
	report(forwarded(false), "GICv3: a forwarded interrupt");
	report(forwarded(true), "GICv2: a forwarded interrupt");
	report(frames(false), "GICv3: every offset and width");
	report(frames(true), "GICv2: every offset and width");
	report(one_region(), "addresses, one region");
	report(regions(), "addresses, many regions");
	report(typer(), "GICR_TYPER.Last");
	report(late_size(), "sizes known late");
	report(state_v3(), "GICv3: save and restore");
	report(state_v2(), "GICv2: save and restore");
	return failed != 0;
}
