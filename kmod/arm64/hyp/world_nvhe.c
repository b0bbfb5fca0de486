// SPDX-License-Identifier: GPL-2.0
/* The bodies that run at EL2, compiled into the blob for EL2 of an nVHE host. */
#define HYP_VHE 0
#include "world.h"
#include "tlb.c"
#include "../../hyp/gic.c"
#include "world.c"
#include "../../hyp/calls.c"
