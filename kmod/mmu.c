// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory: stage-2 faults are filled from the VMM's address space, and an
 * MMU notifier takes out of stage 2 whatever the host takes from that address
 * space. No page is pinned. How descriptors are written is s2pt.c's business,
 * which user address stands behind a guest address memslot.c's, and what the
 * host has there hostpage.c's.
 *
 * A fault and the notifier meet in one rule: a fault reads mmu_seq and the
 * slots' generation, asks the host for the page, takes mmu_lock and maps only
 * if neither has changed and no invalidation of that address is in progress.
 * Otherwise it maps nothing and the guest faults again.
 */
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/sched/signal.h>

#include "armvirt.h"

/* User addresses unmapped for the notifier between two chances to schedule. */
#define UNMAP_CHUNK	SZ_64M

/* Lookups of mmu_flush_all_guest_ram() between two chances to schedule, and bytes for each. */
#define FLUSH_BATCH	64
#define FLUSH_CHUNK	SZ_512K

/* ---- Unmapping -------------------------------------------------------------------------- */

/* Keeping new faults out of the range is the caller's part. */
void mmu_unmap_gpa(struct av_vm *vm, u64 gpa, u64 size)
{
	u64 end = min(gpa + size, BIT_ULL(vm->ipa_bits));

	while (gpa < end) {
		write_lock(&vm->mmu_lock);
		gpa = s2pt_unmap(&vm->s2, gpa, end);
		write_unlock(&vm->mmu_lock);
		cond_resched();
	}
}

/* ---- MMU notifier ----------------------------------------------------------------------- */

static struct av_vm *notifier_vm(struct mmu_notifier *mn)
{
	return container_of(mn, struct av_vm, notifier);
}

static void unmap_hva(struct av_vm *vm, unsigned long start, unsigned long end)
{
	struct memslot_part part = {};

	while (memslot_next_part(vm, start, end, &part)) {
		while (part.gpa < part.end)
			part.gpa = s2pt_unmap(&vm->s2, part.gpa, part.end);
	}
}

/* Several invalidations at once are taken as one that covers all of them. */
static void begin_invalidation(struct av_vm *vm, unsigned long start, unsigned long end)
{
	if (vm->mmu_active++) {
		vm->mmu_inv_start = min(vm->mmu_inv_start, start);
		vm->mmu_inv_end = max(vm->mmu_inv_end, end);
	} else {
		vm->mmu_inv_start = start;
		vm->mmu_inv_end = end;
	}
}

/*
 * The host is about to change its page tables. Non-blockable (the OOM reaper)
 * forbids sleeping; mmu_lock spins, so that we can always do all of it.
 * mmu_active keeps faults out of the range while the lock is dropped.
 */
static int mmu_invalidate_range_start(struct mmu_notifier *mn,
				      const struct mmu_notifier_range *range)
{
	struct av_vm *vm = notifier_vm(mn);
	unsigned long pos = range->start;

	write_lock(&vm->mmu_lock);
	begin_invalidation(vm, range->start, range->end);
	for (;;) {
		unsigned long next = range->end - pos > UNMAP_CHUNK ? pos + UNMAP_CHUNK :
								      range->end;

		unmap_hva(vm, pos, next);
		pos = next;
		if (pos >= range->end)
			break;
		if (mmu_notifier_range_blockable(range)) {
			write_unlock(&vm->mmu_lock);
			cond_resched();
			write_lock(&vm->mmu_lock);
		}
	}
	write_unlock(&vm->mmu_lock);
	return 0;
}

/*
 * The host has changed its page tables: what faults have seen before this is
 * stale. Not so if no slot is concerned now, which spares faults what the VMM
 * does to its other memory: a slot that has gone since has changed slots.gen,
 * and mmu_active has kept faults away from one that has come.
 */
static void mmu_invalidate_range_end(struct mmu_notifier *mn,
				     const struct mmu_notifier_range *range)
{
	struct av_vm *vm = notifier_vm(mn);
	struct memslot_part part = {};

	write_lock(&vm->mmu_lock);
	if (memslot_next_part(vm, range->start, range->end, &part))
		vm->mmu_seq++;
	WARN_ON_ONCE(!vm->mmu_active);
	vm->mmu_active--;
	write_unlock(&vm->mmu_lock);
}

static bool age_locked(struct av_vm *vm, unsigned long start, unsigned long end, enum s2pt_age how)
{
	struct memslot_part part = {};
	bool young = false;

	while (!(young && how == S2PT_AGE_TEST) && memslot_next_part(vm, start, end, &part)) {
		while (part.gpa < part.end)
			part.gpa = s2pt_age(&vm->s2, part.gpa, part.end, how, &young);
	}
	return young;
}

static bool age(struct mmu_notifier *mn, unsigned long start, unsigned long end, enum s2pt_age how)
{
	struct av_vm *vm = notifier_vm(mn);
	bool young;

	write_lock(&vm->mmu_lock);
	young = age_locked(vm, start, end, how);
	write_unlock(&vm->mmu_lock);
	return young;
}

static mmu_young_t mmu_clear_flush_young(struct mmu_notifier *mn, struct mm_struct *mm,
					 unsigned long start, unsigned long end)
{
	return age(mn, start, end, S2PT_AGE_CLEAR_FLUSH);
}

static mmu_young_t mmu_clear_young(struct mmu_notifier *mn, struct mm_struct *mm,
				   unsigned long start, unsigned long end)
{
	return age(mn, start, end, S2PT_AGE_CLEAR);
}

static mmu_young_t mmu_test_young(struct mmu_notifier *mn, struct mm_struct *mm,
				  unsigned long address)
{
	struct av_vm *vm = notifier_vm(mn);
	bool young;

	read_lock(&vm->mmu_lock);
	young = age_locked(vm, address, address + 1, S2PT_AGE_TEST);
	read_unlock(&vm->mmu_lock);
	return young;
}

/*
 * The address space dies. Every thread that could run a vCPU is gone, but open
 * descriptors elsewhere may hold the VM: its pages must not stay reachable.
 */
static void mmu_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct av_vm *vm = notifier_vm(mn);

	/* Being destroyed: no vCPU, no TLB entry; the tables go in one piece. */
	if (!kref_read(&vm->ref))
		return;
	mmu_unmap_gpa(vm, 0, BIT_ULL(vm->ipa_bits));
}

static const struct mmu_notifier_ops mmu_ops = {
	.invalidate_range_start = mmu_invalidate_range_start,
	.invalidate_range_end = mmu_invalidate_range_end,
	.clear_flush_young = mmu_clear_flush_young,
	.clear_young = mmu_clear_young,
	.test_young = mmu_test_young,
	.release = mmu_release,
};

/* ---- Lifetime --------------------------------------------------------------------------- */

/* In the context of vm->mm; all of the VM but its stage 2 is ready. Waits for no grace period. */
int mmu_vm_init(struct av_vm *vm)
{
	struct s2pt_config cfg = {
		.stage = S2PT_STAGE2,
		.granule_shift = PAGE_SHIFT,
		.ia_bits = vm->ipa_bits,
		.fwb = arch_has_fwb(),
	};
	int ret;

	ret = s2pt_init(&vm->s2, &cfg, &arch_s2pt_tlb, vm);
	if (ret)
		return ret;

	vm->notifier.ops = &mmu_ops;
	ret = mmu_notifier_register(&vm->notifier, vm->mm);
	if (ret)
		s2pt_destroy(&vm->s2);
	return ret;
}

void mmu_vm_exit(struct av_vm *vm)
{
	/* When it returns no notifier function runs. */
	mmu_notifier_unregister(&vm->notifier, vm->mm);
	s2pt_destroy(&vm->s2);
}

/* ---- Faults ----------------------------------------------------------------------------- */

/* One leaf to be installed. */
struct mapping {
	u64 gpa;		/* aligned to size */
	unsigned long hva;	/* user address that stands behind gpa */
	phys_addr_t pa;
	u64 size;
	unsigned int prot;	/* S2PT_* */
	unsigned long seq;	/* mmu_seq before the host was asked */
	unsigned long gen;	/* generation of the slots in which gpa was found */
};

/* The largest leaf around @gpa that the host's leaf and the slot's bounds allow. */
static void choose_leaf(struct av_vm *vm, const struct memslot_view *v, u64 gpa,
			const struct host_page *hp, struct mapping *m)
{
	u64 offset = gpa & (hp->size - 1);
	u64 base = gpa - offset;

	m->size = PAGE_SIZE;
	if (base >= v->gpa && base + hp->size <= v->gpa + v->size)
		m->size = s2pt_best_size(&vm->s2, base, hp->pa - offset, hp->size);
	/* Alignment of pa against base says that of hva too: the host's leaf is aligned. */
	offset = gpa & (m->size - 1);
	m->gpa = gpa - offset;
	m->pa = hp->pa - offset;
	m->hva = v->hva + (unsigned long)(m->gpa - v->gpa);
}

/* Must hold mmu_lock, either side. */
static bool stale(struct av_vm *vm, const struct mapping *m)
{
	if (vm->mmu_seq != m->seq || vm->slots.gen != m->gen)
		return true;
	return vm->mmu_active && m->hva < vm->mmu_inv_end && m->hva + m->size > vm->mmu_inv_start;
}

/*
 * Does the guest reach the page already, so that only permissions are missing?
 * A permission fault doesn't tell: another page may have come here since. The
 * answer holds until the mapping is found stale or installed.
 */
static bool is_mapped(struct av_vm *vm, const struct mapping *m)
{
	struct s2pt_leaf leaf;
	bool mapped;

	read_lock(&vm->mmu_lock);
	mapped = s2pt_lookup(&vm->s2, m->gpa, &leaf) && leaf.size >= m->size &&
		 leaf.pa + (m->gpa - leaf.ipa) == m->pa;
	read_unlock(&vm->mmu_lock);
	return mapped;
}

/*
 * What must be true of the page's contents before a guest can reach it, done
 * before the lock is taken: it costs up to 2 MiB of cache maintenance.
 */
static void prepare_contents(struct av_vm *vm, const struct mapping *m, const struct mmu_fault *f)
{
	bool fresh;

	if (m->prot & (S2PT_DEVICE | S2PT_NC))
		return;
	fresh = !f->perm || !is_mapped(vm, m);
	/*
	 * A guest may run with its caches off and then reads what is in DRAM, so
	 * what the host wrote (zeroes, at least) has to be there. With FWB stage 2
	 * makes such accesses cacheable.
	 */
	if (fresh && !arch_has_fwb())
		arch_clean_dcache_poc(m->pa, m->size);
	/*
	 * The frame may have held other code a moment ago, and the guest only
	 * invalidates for what it writes itself.
	 */
	if ((m->prot & S2PT_X) && (fresh || f->exec))
		arch_sync_icache(m->pa, m->size);
}

static int install(struct av_vcpu *vcpu, const struct mapping *m, struct page *page)
{
	struct av_vm *vm = vcpu->vm;
	int ret = 0;

	read_lock(&vm->mmu_lock);
	if (!stale(vm, m)) {
		ret = s2pt_map(&vm->s2, m->gpa, m->size, m->pa, m->prot, &vcpu->s2_cache);
		/*
		 * Under the lock: once an invalidation has run, the host may already have
		 * looked at the dirty bit for the last time.
		 */
		if (!ret && page && (m->prot & S2PT_W))
			SetPageDirty(page);
	}
	read_unlock(&vm->mmu_lock);
	if (ret != -EAGAIN)
		return ret;
	/* Pages where the host has a block by now, or the other way round: begin again without. */
	mmu_unmap_gpa(vm, m->gpa, m->size);
	return 0;
}

/* Poisoned memory is the VMM's to deal with, by the signal it would get for touching it. */
static int host_error(unsigned long hva, int err)
{
	switch (err) {
	case -EHWPOISON:
		send_sig_mceerr(BUS_MCEERR_AR, (void __user *)hva, PAGE_SHIFT, current);
		return MMU_FAULT_DONE;
	case -EINTR:
	case -EAGAIN:
	case -ERESTARTSYS:
		return MMU_FAULT_DONE;	/* the run loop sees the signal */
	default:
		return -EFAULT;
	}
}

static int fault_in(struct av_vcpu *vcpu, const struct mmu_fault *f, const struct memslot_view *v)
{
	struct av_vm *vm = vcpu->vm;
	u64 gpa = f->gpa & PAGE_MASK;
	unsigned long hva = v->hva + (unsigned long)(gpa - v->gpa);
	struct mapping m = { .gen = v->gen };
	struct host_page hp;
	int ret;

	ret = s2pt_cache_topup(&vcpu->s2_cache, &vm->s2);
	if (ret)
		return ret;

	/*
	 * Before the host is asked, hence the acquire. If its page tables change
	 * after we have looked, then by the time we hold mmu_lock, which the
	 * notifier takes too, mmu_seq has changed or mmu_active is set.
	 */
	m.seq = smp_load_acquire(&vm->mmu_seq);
	ret = hostpage_get(vm->mm, hva, f->write, !(v->flags & ARMVIRT_MEM_READONLY), &hp);
	if (ret)
		return host_error(hva, ret);

	/*
	 * Executable only when it is executed, so that data pages never cost
	 * instruction cache maintenance; where none is needed, at once.
	 */
	m.prot = hp.prot;
	if (!(m.prot & S2PT_DEVICE) && (f->exec || arch_has_dic()))
		m.prot |= S2PT_X;
	if (f->exec && !(m.prot & S2PT_X)) {
		ret = -ENOEXEC;
	} else {
		choose_leaf(vm, v, gpa, &hp, &m);
		prepare_contents(vm, &m, f);
		ret = install(vcpu, &m, hp.page);
	}
	hostpage_put(&hp);
	return ret ? ret : MMU_FAULT_DONE;
}

/*
 * Also MMU_FAULT_DONE when something else got in between and the guest will fault again. -EFAULT if
 * the VMM has no memory there, -ENOEXEC for an instruction fetch from a device, -ENOMEM.
 */
int mmu_handle_fault(struct av_vcpu *vcpu, const struct mmu_fault *fault)
{
	struct av_vm *vm = vcpu->vm;
	struct memslot_view view;

	if (fault->access) {
		read_lock(&vm->mmu_lock);
		/* If it has gone meanwhile, the next access is a translation fault. */
		s2pt_mkyoung(&vm->s2, fault->gpa);
		read_unlock(&vm->mmu_lock);
		return MMU_FAULT_DONE;
	}
	if (!memslot_find(vm, fault->gpa, &view))
		return MMU_FAULT_MMIO;
	if (fault->write && (view.flags & ARMVIRT_MEM_READONLY))
		return MMU_FAULT_MMIO;
	return fault_in(vcpu, fault, &view);
}

int mmu_map_device(struct av_vm *vm, u64 gpa, phys_addr_t pa, u64 size)
{
	struct s2pt_cache cache = {};
	u64 done;
	int ret = 0;

	for (done = 0; done < size && !ret; done += PAGE_SIZE) {
		ret = s2pt_cache_topup(&cache, &vm->s2);
		if (ret)
			break;
		read_lock(&vm->mmu_lock);
		ret = s2pt_map(&vm->s2, gpa + done, PAGE_SIZE, pa + done,
			       S2PT_R | S2PT_W | S2PT_DEVICE, &cache);
		read_unlock(&vm->mmu_lock);
	}
	s2pt_cache_drain(&cache, &vm->s2);
	if (ret)
		mmu_unmap_gpa(vm, gpa, size);
	return ret;
}

/* ---- Cache maintenance for all of the guest's memory ------------------------------------ */

/*
 * For a guest that turns its caches on or off, or that tries to clean them by set and way, which on
 * a machine with migrating vCPUs can't mean less. Pages that are not mapped are cleaned when they
 * will be.
 */
void mmu_flush_all_guest_ram(struct av_vm *vm)
{
	struct s2pt_leaf leaf;
	unsigned int n = 0;
	u64 gpa, next;

	if (arch_has_fwb())
		return;
	read_lock(&vm->mmu_lock);
	/* From one leaf, part of it, or hole, to the next. */
	for (gpa = 0; gpa < BIT_ULL(vm->ipa_bits); gpa = next) {
		if (++n % FLUSH_BATCH == 0) {
			read_unlock(&vm->mmu_lock);
			cond_resched();
			read_lock(&vm->mmu_lock);
		}
		if (!s2pt_lookup(&vm->s2, gpa, &leaf) || leaf.prot & (S2PT_DEVICE | S2PT_NC)) {
			next = leaf.ipa + leaf.size;
			continue;
		}
		next = min(leaf.ipa + leaf.size, gpa + FLUSH_CHUNK);
		arch_clean_dcache_poc(leaf.pa + (gpa - leaf.ipa), next - gpa);
	}
	read_unlock(&vm->mmu_lock);
}
