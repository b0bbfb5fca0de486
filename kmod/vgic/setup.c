// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a VM's interrupt controller: created, given its shape, initialised, and put on the
 * I/O bus when the first vCPU runs.  The clients do the first three in every order there is, so
 * each step checks only what it needs and vgic_first_run() checks the whole.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "vgic/internal.h"

#define DEFAULT_NR_SPIS	(256 - VGIC_NR_PRIVATE)

static void init_home(struct vgic_home *home, struct av_vcpu *vcpu)
{
	raw_spin_lock_init(&home->lock);
	INIT_LIST_HEAD(&home->ready);
	home->vcpu = vcpu;
}

void vgic_vm_init(struct av_vm *vm)
{
	init_home(&vm->vgic.limbo, NULL);
	vm->vgic.dist_base = VGIC_ADDR_UNDEF;
	vm->vgic.cpu_base = VGIC_ADDR_UNDEF;
}

static void free_irqs(struct vgic_vm *vgic)
{
	kvfree(vgic->spis);
	kvfree(vgic->frames);
	vgic->spis = NULL;
	vgic->frames = NULL;
}

/* The vCPUs and everything that injects are gone. */
void vgic_vm_exit(struct av_vm *vm)
{
	free_irqs(&vm->vgic);
	kfree(vm->vgic.regions);
}

/* All of a vCPU's interrupts are set up by vgic_init(), after which none is created. */
void vgic_vcpu_init(struct av_vcpu *vcpu)
{
	init_home(&vcpu->vgic.home, vcpu);
}

/* All zero is the CPU interface's reset state; binary points read back as their minimum. */
void vgic_vcpu_reset(struct av_vcpu *vcpu)
{
	struct hyp_gic *gic = &vcpu->hyp->gic;

	gic->vmcr = 0;
	memset(gic->ap0r, 0, sizeof(gic->ap0r));
	memset(gic->ap1r, 0, sizeof(gic->ap1r));
}

bool vgic_ready(struct av_vm *vm)
{
	return smp_load_acquire(&vm->vgic.inited);
}

/**
 * vgic_create() - give a VM its interrupt controller
 * @vm: the VM; vm->lock held
 * @type: ARMVIRT_DEV_TYPE_ARM_VGIC_*
 * Return: 0, -ENODEV (not on this host), -EEXIST, -EBUSY (a vCPU has run).
 */
int vgic_create(struct av_vm *vm, u32 type)
{
	struct vgic_vm *vgic = &vm->vgic;

	if (type != vgic_host.type)
		return -ENODEV;
	if (vgic->type)
		return -EEXIST;
	if (vgic->mapped)
		return -EBUSY;
	vgic->type = type;
	return 0;
}

/*
 * Its descriptor is closed; vm->lock held.  Nobody could initialise a GICv3 any more: kvmtool,
 * which gets no ITS, begins again without.  A GICv2 may still be initialised by the first RUN.
 */
void vgic_abandon(struct av_vm *vm)
{
	struct vgic_vm *vgic = &vm->vgic;

	if (vgic->inited || vgic_is_v2(vm))
		return;
	kfree(vgic->regions);
	memset(vgic, 0, sizeof(*vgic));
	vgic_vm_init(vm);
}

/* The state in which the architecture or, where it leaves us a choice, KVM has it. */
static void reset_irq(struct av_vm *vm, struct vgic_irq *irq, u32 intid, struct vgic_home *home)
{
	bool sgi = intid < VGIC_NR_SGIS;

	*irq = (struct vgic_irq) {
		.home = home, .target = home, .intid = intid,
		.edge = sgi, .enabled = sgi, .group1 = !vgic_is_v2(vm),
	};
	INIT_LIST_HEAD(&irq->node);
}

/**
 * vgic_init() - allocate SPIs and frames and start to accept interrupts
 * @vm: the VM; vm->lock held
 * May be repeated.
 * Return: 0 or -ENOMEM.
 */
int vgic_init(struct av_vm *vm)
{
	struct vgic_vm *vgic = &vm->vgic;
	struct vgic_home *home = &vgic->limbo;
	struct av_vcpu *vcpu;
	unsigned int i, n;

	if (vgic->inited)
		return 0;
	if (!vgic->nr_spis)
		vgic->nr_spis = DEFAULT_NR_SPIS;
	vgic->spis = kvcalloc(vgic->nr_spis, sizeof(*vgic->spis), GFP_KERNEL_ACCOUNT);
	vgic->frames = kvcalloc(vm_nr_vcpus(vm) + 1, sizeof(*vgic->frames), GFP_KERNEL_ACCOUNT);
	if (!vgic->spis || !vgic->frames) {
		free_irqs(vgic);
		return -ENOMEM;
	}

	vm_for_each_vcpu(i, vcpu, vm) {
		for (n = 0; n < VGIC_NR_PRIVATE; n++)
			reset_irq(vm, &vcpu->vgic.priv[n], n, &vcpu->vgic.home);
	}
	/* Until the guest says otherwise everything goes to the first vCPU. */
	if (vm_nr_vcpus(vm))
		home = &vm->vcpus[0]->vgic.home;
	for (i = 0; i < vgic->nr_spis; i++)
		reset_irq(vm, &vgic->spis[i], i + VGIC_NR_PRIVATE, home);

	/* Pairs with the acquire in vgic_irq_get(). */
	smp_store_release(&vgic->inited, true);
	return 0;
}

/**
 * vgic_lazy_init() - initialise a GICv2 that is used before anyone did that
 * @vm: the VM
 * Return: 0, -EBUSY (a GICv3 must be told), or what vgic_init() says.
 */
int vgic_lazy_init(struct av_vm *vm)
{
	int ret;

	if (vgic_ready(vm))
		return 0;
	if (!vgic_is_v2(vm))
		return -EBUSY;
	mutex_lock(&vm->lock);
	ret = vgic_init(vm);
	mutex_unlock(&vm->lock);
	return ret;
}

/* --- where the frames are ------------------------------------------------ */

int vgic_check_range(struct av_vm *vm, u64 addr, u64 align, u64 size)
{
	u64 limit = BIT_ULL(vm->ipa_bits);

	if (addr & (align - 1) || size & (align - 1) || addr + size < addr)
		return -EINVAL;
	if (addr >= limit || size > limit - addr)
		return -E2BIG;
	return 0;
}

static u64 region_size(struct av_vm *vm, const struct vgic_region *region)
{
	return (u64)(region->count ? region->count : vm_nr_vcpus(vm)) *
	       ARMVIRT_VGIC_V3_REDIST_SIZE;
}

static bool overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a < b + b_size && b < a + a_size;
}

static bool hits_region(struct av_vm *vm, u64 base, u64 size)
{
	struct vgic_vm *vgic = &vm->vgic;
	u32 i;

	for (i = 0; i < vgic->nr_regions; i++) {
		if (overlap(base, size, vgic->regions[i].base,
			    region_size(vm, &vgic->regions[i])))
			return true;
	}
	return false;
}

static int check_region(struct av_vm *vm, u32 index, u64 base, u32 count)
{
	struct vgic_vm *vgic = &vm->vgic;
	struct vgic_region new = { .base = base, .count = count };
	u64 size = region_size(vm, &new);
	bool one_piece = vgic->nr_regions && !vgic->regions[0].count;

	if (base + size < base)
		return -EINVAL;
	/* One piece for all vCPUs, or regions one after the other. */
	if (one_piece && !count)
		return -EEXIST;
	if (one_piece || index != vgic->nr_regions)
		return -EINVAL;
	/* A distributor that isn't there yet overlaps nothing. */
	if (hits_region(vm, base, size) ||
	    overlap(base, size, vgic->dist_base, ARMVIRT_VGIC_V3_DIST_SIZE))
		return -EINVAL;
	return vgic_check_range(vm, base, SZ_64K, size);
}

/**
 * vgic_region_add() - add redistributors
 * @vm: the VM; vm->lock held
 * @index: of the region; they are added in order
 * @base: guest physical address
 * @count: how many, or 0 for one region that holds all
 * Return: 0, -EINVAL, -EEXIST, -E2BIG, -ENOMEM.
 */
int vgic_region_add(struct av_vm *vm, u32 index, u64 base, u32 count)
{
	struct vgic_vm *vgic = &vm->vgic;
	struct vgic_region *regions;
	int ret = check_region(vm, index, base, count);

	if (ret)
		return ret;
	regions = krealloc(vgic->regions, (vgic->nr_regions + 1) * sizeof(*regions),
			   GFP_KERNEL_ACCOUNT);
	if (!regions)
		return -ENOMEM;
	regions[vgic->nr_regions++] = (struct vgic_region) { .base = base, .count = count };
	vgic->regions = regions;
	return 0;
}

/*
 * Redistributors fill the regions in the order of the vCPUs' creation, so
 * where one is follows from its vCPU's index.
 */
static struct vgic_region *region_of(struct av_vcpu *vcpu, u32 *slot)
{
	struct vgic_vm *vgic = &vcpu->vm->vgic;
	u32 i, n = vcpu->idx;

	for (i = 0; i < vgic->nr_regions; i++) {
		*slot = n;
		if (!vgic->regions[i].count || n < vgic->regions[i].count)
			return &vgic->regions[i];
		n -= vgic->regions[i].count;
	}
	return NULL;
}

/**
 * vgic_rdist_last() - GICR_TYPER.Last
 * @vcpu: whose redistributor
 * Return: whether software that walks the redistributors by address ends here: it is the
 * last in use of its region, and no other region in use begins where this one is full.
 */
bool vgic_rdist_last(struct av_vcpu *vcpu)
{
	struct vgic_vm *vgic = &vcpu->vm->vgic;
	unsigned int nr = vm_nr_vcpus(vcpu->vm);
	u32 slot, i, used = 0;
	struct vgic_region *r;
	u64 end;

	r = region_of(vcpu, &slot);
	if (!r)
		return false;
	if (!r->count || slot + 1 < r->count)
		return vcpu->idx + 1 == nr;
	end = r->base + (u64)r->count * ARMVIRT_VGIC_V3_REDIST_SIZE;
	for (i = 0; i < vgic->nr_regions; used += vgic->regions[i].count, i++) {
		/* Regions are filled in order: in use if the ones before it didn't suffice. */
		if (&vgic->regions[i] != r && vgic->regions[i].base == end && used < nr)
			return false;
	}
	return true;
}

/* --- the first run ------------------------------------------------------- */

static int check_v3(struct av_vm *vm)
{
	struct vgic_vm *vgic = &vm->vgic;
	u32 slot, i;

	if (!region_of(vm->vcpus[vm_nr_vcpus(vm) - 1], &slot) ||
	    vgic->dist_base == VGIC_ADDR_UNDEF)
		return -ENXIO;
	/* The number of vCPUs, and so the size of an old-style region, is only known now. */
	for (i = 0; i < vgic->nr_regions; i++) {
		if (vgic_check_range(vm, vgic->regions[i].base, SZ_64K,
				     region_size(vm, &vgic->regions[i])))
			return -EINVAL;
	}
	if (hits_region(vm, vgic->dist_base, ARMVIRT_VGIC_V3_DIST_SIZE))
		return -EINVAL;
	/* Its number of vCPUs must have been settled by hand. */
	return vgic->inited ? 0 : -EBUSY;
}

static int map_v3(struct av_vm *vm)
{
	struct vgic_region *region;
	struct av_vcpu *vcpu;
	unsigned int i;
	u32 slot;
	int ret;

	ret = check_v3(vm);
	if (ret)
		return ret;
	vgic_frame_add(vm, NULL, VGIC_V3_DIST, vm->vgic.dist_base);
	vm_for_each_vcpu(i, vcpu, vm) {
		region = region_of(vcpu, &slot);
		vgic_frame_add(vm, vcpu, VGIC_V3_RDIST,
			       region->base + (u64)slot * ARMVIRT_VGIC_V3_REDIST_SIZE);
	}
	return 0;
}

static int map_v2(struct av_vm *vm)
{
	struct vgic_vm *vgic = &vm->vgic;
	int ret;

	if (vgic->dist_base == VGIC_ADDR_UNDEF || vgic->cpu_base == VGIC_ADDR_UNDEF)
		return -ENXIO;
	if (overlap(vgic->dist_base, ARMVIRT_VGIC_V2_DIST_SIZE,
		    vgic->cpu_base, ARMVIRT_VGIC_V2_CPU_SIZE))
		return -EINVAL;
	ret = vgic_init(vm) ?: mmu_map_device(vm, vgic->cpu_base, vgic_host.gicv,
					      ARMVIRT_VGIC_V2_CPU_SIZE);
	if (!ret)
		vgic_frame_add(vm, NULL, VGIC_V2_DIST, vgic->dist_base);
	return ret;
}

/**
 * vgic_first_run() - the vCPU is about to run for the first time
 * @vcpu: the vCPU; its mutex and vm->lock held
 * After this the VM has its vGIC or will never have one.
 * Return: 0 (also for a VM without a vGIC), -ENXIO (addresses missing, or redistributors),
 * -EINVAL (frames overlap or leave the address space), -EBUSY (a GICv3 not initialised), -ENOMEM.
 */
int vgic_first_run(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;
	int ret = 0;

	if (!vm->vgic.mapped) {
		if (vm->vgic.type)
			ret = vgic_is_v2(vm) ? map_v2(vm) : map_v3(vm);
		vm->vgic.mapped = !ret;
	}
	/* Here and not in vgic_init(), because EL2's view of a vCPU is under its mutex. */
	if (!ret && vm->vgic.type) {
		vcpu->hyp->gic.nr_apr = vgic_host.nr_apr;
		vcpu->hyp->gic.hcr = ICH_HCR_EN_BIT;
		if (!vgic_is_v2(vm))
			vcpu->hyp->flags |= HYP_VCPU_GICV3;
	}
	return ret;
}
