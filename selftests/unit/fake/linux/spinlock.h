/* SPDX-License-Identifier: GPL-2.0 */
/* Spinlocks of a single thread: taking one that is held would never end. */
#ifndef FAKE_LINUX_SPINLOCK_H
#define FAKE_LINUX_SPINLOCK_H

#include <assert.h>
#include <stdbool.h>

typedef struct {
	bool held;
} raw_spinlock_t;

extern int fake_locks_held;

#define __acquires(x)
#define __releases(x)
#define SINGLE_DEPTH_NESTING	1

static inline void raw_spin_lock_init(raw_spinlock_t *lock)
{
	lock->held = false;
}

static inline void raw_spin_lock(raw_spinlock_t *lock)
{
	assert(!lock->held);
	lock->held = true;
	fake_locks_held++;
}

static inline void raw_spin_unlock(raw_spinlock_t *lock)
{
	assert(lock->held);
	lock->held = false;
	fake_locks_held--;
}

#define raw_spin_lock_nested(lock, depth)		raw_spin_lock(lock)
#define raw_spin_lock_irqsave(lock, flags)		(raw_spin_lock(lock), (flags) = 0)
#define raw_spin_unlock_irqrestore(lock, flags)		(raw_spin_unlock(lock), (void)(flags))
#define local_irq_save(flags)				((flags) = 0)
#define local_irq_restore(flags)			((void)(flags))

#endif
