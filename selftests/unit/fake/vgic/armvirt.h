/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stands in for kmod/armvirt.h when kmod/vgic/ is compiled for the build host:
 * of struct av_vm and struct av_vcpu only what the vGIC touches, and the
 * functions of other subjects that it calls, which the test supplies.
 */
#ifndef ARMVIRT_KMOD_H
#define ARMVIRT_KMOD_H

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

#define __aligned(n)		__attribute__((aligned(n)))
#define __iomem
#define __user
#define likely(x)		(x)
#define unlikely(x)		(x)
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, v)	((x) = (v))
#define smp_load_acquire(p)	(*(p))
#define smp_store_release(p, v)	(*(p) = (v))
#define __ffs(x)		((unsigned int)__builtin_ctzl(x))
#define SZ_4K			0x1000
#define SZ_64K			0x10000
#define BITS_PER_LONG		64
#define DECLARE_BITMAP(n, bits)	unsigned long n[((bits) + 63) / 64]
#define cpu_to_le64(x)		(x)
#define le64_to_cpu(x)		(x)

static inline void __set_bit(unsigned int n, unsigned long *map)
{
	map[n / 64] |= 1UL << n % 64;
}

static inline bool test_bit(unsigned int n, const unsigned long *map)
{
	return map[n / 64] >> n % 64 & 1;
}

#define for_each_set_bit(bit, map, nr) \
	for ((bit) = 0; (bit) < (nr); (bit)++) \
		if (test_bit(bit, map))

#include "../../../../uapi/armvirt.h"
#include "vgic/vgic.h"
#include "hyp/hyp.h"

#define AV_MAX_VCPUS	16
#define VCPU_REQ_IRQ	2

struct iobus_dev;
struct av_vcpu;

struct av_vm {
	struct mutex lock;
	struct av_vcpu *vcpus[AV_MAX_VCPUS];
	unsigned int nr_vcpus;
	bool ran;
	unsigned int ipa_bits;
	struct vgic_vm vgic;
};

struct av_vcpu {
	struct av_vm *vm;
	unsigned int id;
	unsigned int idx;
	struct mutex mutex;
	struct hyp_vcpu *hyp;
	int cpu;
	struct vgic_vcpu vgic;
};

#define vm_nr_vcpus(vm)	((vm)->nr_vcpus)
#define vm_for_each_vcpu(i, vcpu, vm) \
	for ((i) = 0; (i) < vm_nr_vcpus(vm) && ((vcpu) = (vm)->vcpus[i]); (i)++)

struct iobus_dev {
	u64 base;
	u64 size;
	int (*access)(struct av_vcpu *vcpu, struct iobus_dev *dev, u32 off, int len, u64 *val,
		      bool write);
};

void iobus_add(struct av_vm *vm, struct iobus_dev *dev);
int mmu_map_device(struct av_vm *vm, u64 gpa, phys_addr_t pa, u64 size);
void vcpu_request(struct av_vcpu *vcpu, int req);
struct av_vcpu *vcpu_by_mpidr(struct av_vm *vm, u64 mpidr);
void eventfd_eoi(struct av_vm *vm, u32 intid);
u32 arch_gic_vtr(void);
u64 arch_mpidr(struct av_vcpu *vcpu);
int raw_smp_processor_id(void);
void cpu_relax(void);
static inline void arch_vcpu_gic_put(struct av_vcpu *vcpu) { }	/* the simulator works on memory */

#endif
