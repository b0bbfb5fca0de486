// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's lifetime, its VCPU_INIT, its power state, its events, and the kick that makes it
 * look at what has changed.  Running it is run.c's.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "armvirt.h"
#include "hyp/hcr.h"

#define SERROR_ISS	GENMASK_ULL(24, 0)	/* of a syndrome what can be chosen */

/*
 * An IPI to a physical CPU, whichever vCPU it is for. Who sets @sent queues it, and nobody else
 * until it has arrived: smp_call_function_single_async() leaves that to its callers.
 */
struct kick {
	atomic_t sent;
	call_single_data_t csd;
};

static DEFINE_PER_CPU(struct kick, kicks);

/*
 * That the CPU took the interrupt is all that was wanted. Both exchanges are full barriers: who
 * found @sent set has stored what the vCPU is to notice before the CPU looks at it again.
 */
static void kick_arrived(void *kick)
{
	atomic_xchg(&((struct kick *)kick)->sent, 0);
}

static void kick_cpu(int cpu)
{
	struct kick *kick = per_cpu_ptr(&kicks, cpu);

	if (atomic_xchg(&kick->sent, 1))
		return;
	kick->csd.func = kick_arrived;
	kick->csd.info = kick;
	/* A CPU that went offline runs no vCPU. */
	if (smp_call_function_single_async(cpu, &kick->csd))
		atomic_set(&kick->sent, 0);
}

void vcpu_kicks_end(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		while (atomic_read(&per_cpu_ptr(&kicks, cpu)->sent))
			cpu_relax();
	/* The last one's handler may be about to return: interrupts are off there. */
	synchronize_rcu();
}

/*
 * What the vCPU is to notice was stored before; the barrier here pairs with the one in run.c's
 * may_enter().
 */
void vcpu_kick(struct av_vcpu *vcpu)
{
	int cpu;

	smp_mb();
	rcuwait_wake_up(&vcpu->wait);
	if (READ_ONCE(vcpu->mode) != VCPU_IN_GUEST)
		return;
	cpu = READ_ONCE(vcpu->cpu);
	preempt_disable();
	if (cpu >= 0 && cpu != smp_processor_id())
		kick_cpu(cpu);
	preempt_enable();
}

void vcpu_request(struct av_vcpu *vcpu, int req)
{
	set_bit(req, &vcpu->requests);
	vcpu_kick(vcpu);
}

struct av_vcpu *vcpu_by_id(struct av_vm *vm, unsigned int id)
{
	struct av_vcpu *vcpu;
	unsigned int i;

	/* Most VMMs count vCPUs from 0 in order. */
	if (id < vm_nr_vcpus(vm) && vm->vcpus[id]->id == id)
		return vm->vcpus[id];
	vm_for_each_vcpu(i, vcpu, vm)
		if (vcpu->id == id)
			return vcpu;
	return NULL;
}

struct av_vcpu *vcpu_by_mpidr(struct av_vm *vm, u64 mpidr)
{
	struct av_vcpu *vcpu;
	unsigned int i;

	vm_for_each_vcpu(i, vcpu, vm)
		if (arch_mpidr(vcpu) == mpidr)
			return vcpu;
	return NULL;
}

/* 0, -EINVAL (number), -EEXIST, -EBUSY (the vGIC is initialised), -ENOMEM. */
int vcpu_create(struct av_vm *vm, unsigned long id, struct av_vcpu **out)
{
	struct av_vcpu *vcpu;
	int ret = -ENOMEM;

	if (id >= vm_max_vcpus())
		return -EINVAL;
	if (vgic_ready(vm))
		return -EBUSY;
	if (vcpu_by_id(vm, id))
		return -EEXIST;
	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	if (!vcpu)
		return -ENOMEM;
	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->idx = vm->nr_vcpus;
	vcpu->cpu = -1;
	mutex_init(&vcpu->mutex);
	spin_lock_init(&vcpu->mp_lock);
	rcuwait_init(&vcpu->wait);
	vcpu->mp_state = ARMVIRT_MP_STATE_RUNNABLE;

	/*
	 * The second page is where KVM has its MMIO ring; ours stays empty.  User space maps both,
	 * so each needs a reference count of its own, which pages of a higher order have not.
	 */
	vcpu->run = alloc_pages_exact(2 * PAGE_SIZE, GFP_KERNEL_ACCOUNT_MAPPED | __GFP_ZERO);
	if (!vcpu->run)
		goto free_vcpu;
	ret = arch_vcpu_create(vcpu);
	if (ret)
		goto free_run;
	timer_vcpu_init(vcpu);
	vgic_vcpu_init(vcpu);

	vm->vcpus[vcpu->idx] = vcpu;
	/* Pairs with vm_nr_vcpus(): whoever counts it finds it complete. */
	smp_store_release(&vm->nr_vcpus, vcpu->idx + 1);
	*out = vcpu;
	return 0;

free_run:
	free_pages_exact(vcpu->run, 2 * PAGE_SIZE);
free_vcpu:
	kfree(vcpu);
	return ret;
}

void vcpu_destroy(struct av_vcpu *vcpu)
{
	timer_vcpu_exit(vcpu);
	s2pt_cache_drain(&vcpu->s2_cache, &vcpu->vm->s2);
	arch_vcpu_destroy(vcpu);
	free_pages_exact(vcpu->run, 2 * PAGE_SIZE);
	kfree(vcpu);
}

/* --- VCPU_INIT and power ------------------------------------------------------ */

void vcpu_set_power(struct av_vcpu *vcpu, u32 mp_state)
{
	spin_lock(&vcpu->mp_lock);
	WRITE_ONCE(vcpu->mp_state, mp_state);
	spin_unlock(&vcpu->mp_lock);
}

/*
 * The first VCPU_INIT of a VM decides for all its vCPUs, and fixes the values of the ID registers.
 * -ENOENT for an unknown feature; -EINVAL for one that this machine or this VM does not have, or
 * for another target.
 */
static int check_init(struct av_vcpu *vcpu, const struct armvirt_vcpu_init *init)
{
	unsigned long features = init->features[0] & ~BIT(ARMVIRT_ARM_VCPU_POWER_OFF);
	struct av_vm *vm = vcpu->vm;
	int ret;

	lockdep_assert_held(&vcpu->vm->lock);
	if (memchr_inv(init->features + 1, 0, sizeof(init->features) - sizeof(init->features[0])))
		return -ENOENT;
	ret = arch_check_init(init->target, init->features[0]);
	if (ret)
		return ret;
	if (vm->features_set && vm->features != features)
		return -EINVAL;
	/*
	 * A machine that starts again has its caches off, while user space writes the next kernel
	 * through its own: each page is to fault again, and be cleaned then.
	 */
	if (vcpu->ran)
		memslot_unmap_all(vm);
	if (vm->features_set)
		return 0;
	vm->features = features;
	vm->features_set = true;
	idreg_vm_init(vm);
	return 0;
}

int vcpu_init_ioctl(struct av_vcpu *vcpu, const struct armvirt_vcpu_init *init)
{
	int ret;

	mutex_lock(&vcpu->vm->lock);
	ret = check_init(vcpu, init);
	if (!ret) {
		/* The VM's other vCPUs agree; POWER_OFF is of this call only. */
		vcpu->target = init->target;
		vcpu->features = init->features[0] & ~BIT(ARMVIRT_ARM_VCPU_POWER_OFF);
	}
	mutex_unlock(&vcpu->vm->lock);
	if (ret)
		return ret;

	clear_bit(VCPU_REQ_RESET, &vcpu->requests);
	vcpu->mmio.pending = false;
	vcpu->inited = true;
	arch_vcpu_reset(vcpu);
	timer_vcpu_reset(vcpu);
	vgic_vcpu_reset(vcpu);
	vcpu_set_power(vcpu, init->features[0] & BIT(ARMVIRT_ARM_VCPU_POWER_OFF) ?
		       ARMVIRT_MP_STATE_STOPPED : ARMVIRT_MP_STATE_RUNNABLE);
	return 0;
}

int vcpu_get_mp_state(struct av_vcpu *vcpu, struct armvirt_mp_state *mp)
{
	mp->mp_state = READ_ONCE(vcpu->mp_state);
	return 0;
}

int vcpu_set_mp_state(struct av_vcpu *vcpu, const struct armvirt_mp_state *mp)
{
	if (mp->mp_state != ARMVIRT_MP_STATE_RUNNABLE && mp->mp_state != ARMVIRT_MP_STATE_STOPPED)
		return -EINVAL;
	vcpu_set_power(vcpu, mp->mp_state);
	return 0;
}

/* --- events --------------------------------------------------------------- */

static bool takes_syndrome(void)
{
	return arch_check_extension(ARMVIRT_CAP_ARM_INJECT_SERROR_ESR);
}

int vcpu_get_events(struct av_vcpu *vcpu, struct armvirt_vcpu_events *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->exception.serror_pending = !!(vcpu->hyp->hcr & AV_HCR_VSE);
	ev->exception.serror_has_esr = takes_syndrome();
	if (ev->exception.serror_pending && ev->exception.serror_has_esr)
		ev->exception.serror_esr = arch_vsesr(vcpu);
	return 0;
}

int vcpu_set_events(struct av_vcpu *vcpu, const struct armvirt_vcpu_events *ev)
{
	bool has_esr = ev->exception.serror_has_esr;

	if (memchr_inv(ev->reserved, 0, sizeof(ev->reserved)) ||
	    memchr_inv(ev->exception.pad, 0, sizeof(ev->exception.pad)))
		return -EINVAL;
	if (ev->exception.serror_pending) {
		if (has_esr && (!takes_syndrome() || ev->exception.serror_esr & ~SERROR_ISS))
			return -EINVAL;
		arch_inject_serror(vcpu, has_esr ? ev->exception.serror_esr : 0);
	}
	if (ev->exception.ext_dabt_pending) {
		/* It takes the place of the answer to an MMIO exit. */
		vcpu->mmio.pending = false;
		arch_inject_abort(vcpu, false, ARCH_FSC_EXTERNAL);
	}
	return 0;
}
