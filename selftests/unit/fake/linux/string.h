/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAKE_LINUX_STRING_H
#define FAKE_LINUX_STRING_H

#include <string.h>

static inline void *memchr_inv(const void *start, int c, size_t bytes)
{
	const unsigned char *p = start, *end = p + bytes;

	while (p < end && *p == (unsigned char)c)
		p++;
	return p < end ? (void *)p : NULL;
}

#endif
