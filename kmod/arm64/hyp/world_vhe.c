// SPDX-License-Identifier: GPL-2.0
/* The bodies that run at EL2, compiled into the module, for a VHE host. */
#define HYP_VHE 1
#include "world.h"
#include "tlb.c"
#include "../../hyp/gic.c"
#include "world.c"
#include "../../hyp/calls.c"
