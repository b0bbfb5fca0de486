/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAKE_LINUX_ATOMIC_H
#define FAKE_LINUX_ATOMIC_H

#include "s2pt_mem.h"

typedef u64 atomic64_t;

#define atomic64_read(p)			s2pt_mem->read(p)
#define atomic64_set(p, val)			s2pt_mem->write(p, val)
#define atomic64_cmpxchg_relaxed(p, old, new)	s2pt_mem->cas(p, old, new)

#endif
