/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAKE_ASM_BARRIER_H
#define FAKE_ASM_BARRIER_H

#include "s2pt_mem.h"

#define dmb(opt)	s2pt_mem->order(S2PT_DMB_##opt)
#define dsb(opt)	s2pt_mem->order(S2PT_DSB_##opt)
#define S2PT_DMB_ishst	S2PT_DMB_ISHST
#define S2PT_DSB_ishst	S2PT_DSB_ISHST

#endif
