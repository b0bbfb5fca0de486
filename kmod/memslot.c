// SPDX-License-Identifier: GPL-2.0
/*
 * Memslots: which part of the guest's physical address space is which part of
 * the VMM's memory. They are found by guest address at every stage-2 fault and
 * MMIO exit, so that lookup takes no lock; and by user address from the MMU
 * notifier, under mmu_lock. What stage 2 maps of a slot is mmu.c's business.
 */
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "armvirt.h"

/* As in KVM, so that a page number within a slot fits an int. */
#define SLOT_MAX_PAGES	((1UL << 31) - 1)

/* One slot; never changes while it is in the trees. */
struct memslot {
	struct rb_node gpa_node;		/* in av_memslots.by_gpa */
	struct interval_tree_node hva_node;	/* in by_hva; start is the user address */
	u64 gpa;
	u64 size;
	u32 flags;		/* ARMVIRT_MEM_READONLY or 0 */
	struct rcu_head rcu;	/* lookups by gpa may still look at a slot that was replaced */
};

void memslot_vm_init(struct av_vm *vm)
{
	struct av_memslots *s = &vm->slots;

	mutex_init(&s->lock);
	seqcount_init(&s->seq);
	s->by_gpa = RB_ROOT;
	s->by_hva = RB_ROOT_CACHED;
	xa_init_flags(&s->by_id, XA_FLAGS_ACCOUNT);
}

void memslot_vm_exit(struct av_vm *vm)
{
	struct memslot *slot;
	unsigned long id;

	xa_for_each(&vm->slots.by_id, id, slot)
		kfree(slot);
	xa_destroy(&vm->slots.by_id);
}

static struct memslot *slot_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct memslot, gpa_node) : NULL;
}

/*
 * The lowest slot that ends above @gpa. A search beside a writer ends, and a slot it finds to hold
 * @gpa does, since slots don't change; but it may miss one that a rotation moves out of its way.
 */
static struct memslot *slot_after(struct av_memslots *s, u64 gpa)
{
	struct rb_node *node = rcu_dereference_raw(s->by_gpa.rb_node);
	struct memslot *best = NULL;

	while (node) {
		struct memslot *slot = slot_of(node);

		if (slot->gpa + (slot->size - 1) < gpa) {
			node = rcu_dereference_raw(node->rb_right);
			continue;
		}
		best = slot;
		if (slot->gpa <= gpa)
			break;
		node = rcu_dereference_raw(node->rb_left);
	}
	return best;
}

bool memslot_find(struct av_vm *vm, u64 gpa, struct memslot_view *view)
{
	struct av_memslots *s = &vm->slots;
	struct memslot *slot;
	unsigned int seq;

	/* Pairs with the release in publish(): with the new generation come the new slots. */
	view->gen = smp_load_acquire(&s->gen);
	rcu_read_lock();
	do {
		seq = read_seqcount_begin(&s->seq);
		slot = slot_after(s, gpa);
		if (slot && slot->gpa > gpa)
			slot = NULL;
	} while (!slot && read_seqcount_retry(&s->seq, seq));
	if (slot) {
		view->gpa = slot->gpa;
		view->size = slot->size;
		view->hva = slot->hva_node.start;
		view->flags = slot->flags;
	}
	rcu_read_unlock();
	return slot;
}

bool memslot_next_part(struct av_vm *vm, unsigned long start, unsigned long end,
		       struct memslot_part *part)
{
	struct interval_tree_node *node = part->node;
	u64 gpa;

	lockdep_assert_held(&vm->mmu_lock);
	if (start >= end)
		return false;
	node = node ? interval_tree_iter_next(node, start, end - 1) :
		      interval_tree_iter_first(&vm->slots.by_hva, start, end - 1);
	if (!node)
		return false;
	gpa = container_of(node, struct memslot, hva_node)->gpa;
	part->node = node;
	part->gpa = gpa + (max(start, node->start) - node->start);
	part->end = gpa + (min(end - 1, node->last) - node->start) + 1;
	return true;
}

static void insert_gpa(struct av_memslots *s, struct memslot *slot)
{
	struct rb_node **link = &s->by_gpa.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = slot->gpa < slot_of(parent)->gpa ? &parent->rb_left : &parent->rb_right;
	}
	/* The slot is complete before a lookup can reach it. */
	rb_link_node_rcu(&slot->gpa_node, parent, link);
	rb_insert_color(&slot->gpa_node, &s->by_gpa);
}

/*
 * Takes @old out and puts @new in, each of which may be NULL. A fault that has
 * seen the old slots finds the generation changed when it comes to map, so
 * that once this returns nothing more of @old gets into stage 2.
 */
static void publish(struct av_vm *vm, struct memslot *old, struct memslot *new)
{
	struct av_memslots *s = &vm->slots;

	lockdep_assert_held(&s->lock);
	write_lock(&vm->mmu_lock);
	write_seqcount_begin(&s->seq);
	if (old) {
		rb_erase(&old->gpa_node, &s->by_gpa);
		interval_tree_remove(&old->hva_node, &s->by_hva);
	}
	if (new) {
		insert_gpa(s, new);
		interval_tree_insert(&new->hva_node, &s->by_hva);
	}
	write_seqcount_end(&s->seq);
	/* Pairs with the acquire in memslot_find(). */
	smp_store_release(&s->gen, s->gen + 1);
	write_unlock(&vm->mmu_lock);
}

static struct memslot *new_slot(const struct armvirt_userspace_memory_region *r)
{
	struct memslot *slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);

	if (!slot)
		return NULL;
	slot->gpa = r->guest_phys_addr;
	slot->size = r->memory_size;
	slot->flags = r->flags;
	slot->hva_node.start = r->userspace_addr;
	slot->hva_node.last = r->userspace_addr + (r->memory_size - 1);
	return slot;
}

/* May @r be where it wants, beside all slots but @self? */
static int check_place(struct av_vm *vm, const struct armvirt_userspace_memory_region *r,
		       const struct memslot *self)
{
	struct memslot *slot = slot_after(&vm->slots, r->guest_phys_addr);
	u64 end = r->guest_phys_addr + r->memory_size;

	if (slot && slot == self)
		slot = slot_of(rb_next(&slot->gpa_node));
	if (slot && slot->gpa < end)
		return -EEXIST;
	return end > BIT_ULL(vm->ipa_bits) ? -EFAULT : 0;
}

/* What needs no look at the other slots, in KVM's order. */
static int check_region(const struct armvirt_userspace_memory_region *r)
{
	/* Dirty logging isn't there, so its flag is as unknown as any other. */
	if (r->flags & ~ARMVIRT_MEM_READONLY)
		return -EINVAL;
	if (r->slot >= AV_NR_MEMSLOTS)
		return -EINVAL;
	if ((r->memory_size | r->guest_phys_addr | r->userspace_addr) & (PAGE_SIZE - 1)) {
		pr_debug_ratelimited("armvirt: memslot %u: address and size must be multiples of %lu KiB\n",
				     r->slot, PAGE_SIZE / 1024);
		return -EINVAL;
	}
	if (r->memory_size != (unsigned long)r->memory_size ||
	    r->userspace_addr != (unsigned long)r->userspace_addr)
		return -EINVAL;
	/* A tagged address would never match what the notifier reports. */
	if (r->userspace_addr != (unsigned long)untagged_addr((unsigned long)r->userspace_addr) ||
	    !access_ok((void __user *)(unsigned long)r->userspace_addr, r->memory_size))
		return -EINVAL;
	if (r->guest_phys_addr + r->memory_size < r->guest_phys_addr)
		return -EINVAL;
	if (r->memory_size >> PAGE_SHIFT > SLOT_MAX_PAGES)
		return -EINVAL;
	return 0;
}

/* Puts @r, or nothing if it has no size, in the place of @old, which may be NULL. */
static int replace(struct av_vm *vm, struct memslot *old,
		   const struct armvirt_userspace_memory_region *r)
{
	struct memslot *slot = NULL;
	int ret;

	if (r->memory_size) {
		ret = check_place(vm, r, old);
		if (ret)
			return ret;
		slot = new_slot(r);
		if (!slot)
			return -ENOMEM;
	}
	/* Allocates nothing, and cannot fail, if there is an entry. */
	ret = xa_err(xa_store(&vm->slots.by_id, r->slot, slot, GFP_KERNEL_ACCOUNT));
	if (ret) {
		kfree(slot);
		return ret;
	}
	publish(vm, old, slot);
	if (old) {
		mmu_unmap_gpa(vm, old->gpa, old->size);
		kfree_rcu(old, rcu);
	}
	return 0;
}

/*
 * When a slot was moved or deleted, no vCPU can reach its old place any more. EEXIST: overlap.
 * EFAULT: beyond the guest's address space. EINVAL: as KVM.
 */
int memslot_set(struct av_vm *vm, const struct armvirt_userspace_memory_region *r)
{
	struct av_memslots *s = &vm->slots;
	struct memslot *old;
	int ret;

	ret = check_region(r);
	if (ret)
		return ret;

	mutex_lock(&s->lock);
	old = xa_load(&s->by_id, r->slot);
	if (!r->memory_size)
		ret = old ? replace(vm, old, r) : -EINVAL;
	else if (old && (r->userspace_addr != old->hva_node.start || r->memory_size != old->size ||
			 r->flags != old->flags))
		ret = -EINVAL;
	else if (!old || r->guest_phys_addr != old->gpa)
		ret = replace(vm, old, r);
	mutex_unlock(&s->lock);
	return ret;
}

void memslot_unmap_all(struct av_vm *vm)
{
	struct memslot *slot;
	unsigned long id;

	mutex_lock(&vm->slots.lock);
	xa_for_each(&vm->slots.by_id, id, slot)
		mmu_unmap_gpa(vm, slot->gpa, slot->size);
	mutex_unlock(&vm->slots.lock);
}
