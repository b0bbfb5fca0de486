/* SPDX-License-Identifier: GPL-2.0 */
/* Where older kernels have kvcalloc(); ours is in slab.h. */
#include <linux/slab.h>
