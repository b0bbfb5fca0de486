/* SPDX-License-Identifier: GPL-2.0 */
/* Mutexes of a single thread: they find what is taken twice or never let go. */
#ifndef FAKE_LINUX_MUTEX_H
#define FAKE_LINUX_MUTEX_H

#include <assert.h>
#include <stdbool.h>

struct mutex {
	bool held;
};

static inline void mutex_init(struct mutex *lock)
{
	lock->held = false;
}

static inline void mutex_lock(struct mutex *lock)
{
	assert(!lock->held);
	lock->held = true;
}

static inline bool mutex_trylock(struct mutex *lock)
{
	bool was = lock->held;

	lock->held = true;
	return !was;
}

static inline void mutex_unlock(struct mutex *lock)
{
	assert(lock->held);
	lock->held = false;
}

#endif
