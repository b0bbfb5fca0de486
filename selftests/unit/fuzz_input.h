/* SPDX-License-Identifier: GPL-2.0 */
/* A fuzzer's input, taken from its beginning; where it ends there are zeroes. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include "util.h"

struct input {
	const u8 *p;
	size_t left;
};

static inline u8 byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static inline u16 word(struct input *in)
{
	u8 low = byte(in);

	return (u16)(low | byte(in) << 8);
}

#endif
