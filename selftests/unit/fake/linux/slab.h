/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAKE_LINUX_SLAB_H
#define FAKE_LINUX_SLAB_H

#include <stdlib.h>

#define GFP_KERNEL_ACCOUNT	0

#define kzalloc(size, gfp)		calloc(1, size)
#define kvcalloc(n, size, gfp)		calloc(n, size)
#define krealloc(p, size, gfp)		realloc(p, size)
#define kfree(p)			free((void *)(p))
#define kvfree(p)			free((void *)(p))

#endif
