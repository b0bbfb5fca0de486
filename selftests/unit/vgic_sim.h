/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine for kmod/vgic/ on the build host: vCPUs whose CPU interface
 * behaves as the GIC architecture says of list registers, one thread in which
 * everything is interleaved, and counters of what must not happen.
 */
#ifndef VGIC_SIM_H
#define VGIC_SIM_H

#include "vgic/internal.h"

#define SIM_VCPUS	4
#define SIM_LRS		4
#define SIM_SPIS	64
#define SIM_INTIDS	(32 + SIM_SPIS)
#define SIM_VTIMER	27
#define SIM_DEPTH	32
#define SIM_DIST	0x08000000ULL
#define SIM_RDIST	0x080a0000ULL
#define SIM_GICC	0x08010000ULL

/**
 * struct sim_lr - a list register, decoded
 */
struct sim_lr {
	u32 intid;
	u32 prio;
	u32 source;
	bool pending;
	bool active;
	bool hw;
	bool eoi;
	bool group1;
};

/**
 * struct sim_taken - an interrupt that the guest has acknowledged
 */
struct sim_taken {
	u32 intid;
	u32 prio;
	u32 source;
};

/**
 * struct sim_cpu - a vCPU, its CPU interface and the physical CPU that it is pinned to
 * @in_guest: between flush and fold
 * @kicked: an IPI is on its way
 * @lr: GICH_LRn (v2; v3 has them in struct hyp_gic)
 * @hcr, @vmcr, @apr: GICH registers
 * @eoicount: as in HCR
 * @running: acknowledged and not ended, innermost last
 * @taken: EOImode 1: ended and not deactivated
 * @timer_line: output of the virtual timer
 * @phys_active: the host's interrupt is active
 */
struct sim_cpu {
	struct av_vcpu vcpu;
	struct hyp_vcpu hyp;
	bool loaded;
	bool in_guest;
	bool kicked;
	u32 lr[SIM_LRS];
	u32 hcr;
	u32 vmcr;
	u32 apr;
	u32 eoicount;
	struct sim_taken running[SIM_DEPTH];
	unsigned int nr_running;
	struct sim_taken taken[SIM_DEPTH];
	unsigned int nr_taken;
	bool timer_line;
	bool phys_active;
};

struct sim {
	struct av_vm vm;
	struct sim_cpu cpu[SIM_VCPUS];
	unsigned int cur;
	bool v2;
	struct iobus_dev *frames[SIM_VCPUS + 1];
	unsigned int nr_frames;
	unsigned int eois[SIM_INTIDS];
	unsigned long failures;
	unsigned long acks;
	unsigned long spills;
};

extern struct sim *sim;

#define sim_check(cond, ...) do { \
	if (!(cond) && sim->failures++ < 10) { \
		printf("# %s:%d: ", __func__, __LINE__); \
		printf(__VA_ARGS__); \
		printf("\n"); \
	} \
} while (0)

void sim_start(struct sim *s, bool v2);
void sim_stop(struct sim *s);
void sim_load(struct sim_cpu *c);
void sim_put(struct sim_cpu *c);
void sim_enter(struct sim_cpu *c);
void sim_exit(struct sim_cpu *c);
bool sim_must_exit(struct sim_cpu *c);
bool sim_get_lr(struct sim_cpu *c, unsigned int n, struct sim_lr *lr);
u32 sim_hcr(struct sim_cpu *c);
u32 sim_vmcr(struct sim_cpu *c);
void sim_set_vmcr(struct sim_cpu *c, u32 vmcr);
bool sim_ack(struct sim_cpu *c, struct sim_taken *t);
void sim_end(struct sim_cpu *c);
void sim_deactivate(struct sim_cpu *c, unsigned int n);
void sim_host_timer(struct sim_cpu *c);
u64 sim_read(struct sim_cpu *c, u64 addr, int len);
void sim_write(struct sim_cpu *c, u64 addr, int len, u64 val);
u64 sim_priv_base(struct sim_cpu *c);

#endif
