/* SPDX-License-Identifier: GPL-2.0 */
/* TAP for the unit tests of vmm-lite: a list of named checks, and numbers that repeat. */
#ifndef UNIT_TAP_H
#define UNIT_TAP_H

#include <stdio.h>
#include "util.h"

struct tap {
	unsigned int n;
	unsigned int failed;
};

static inline void tap_ok(struct tap *t, bool good, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++t->n, what);
	t->failed += !good;
}

/* The plan may come last; the caller's exit status is what this returns. */
static inline int tap_end(struct tap *t)
{
	printf("1..%u\n", t->n);
	return t->failed != 0;
}

/* xorshift64*: the same sequence on every machine, so that a failure can be had again. */
static inline u64 rnd(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* Damage a few bytes: flips, extremes, and a cut now and then. */
static inline size_t mutate(u8 *p, size_t len, u64 *seed)
{
	static const u8 extreme[] = { 0x00, 0xff, 0x7f, 0x80, 0x01 };
	unsigned int i, n = (unsigned int)(rnd(seed) % 8) + 1;

	for (i = 0; i < n && len; i++) {
		/* Headers are where the decisions are. */
		size_t at = rnd(seed) % (rnd(seed) % 4 && len > 128 ? 128 : len);

		if (rnd(seed) & 1)
			p[at] ^= (u8)(1u << (rnd(seed) & 7));
		else
			p[at] = extreme[rnd(seed) % sizeof(extreme)];
	}
	if (rnd(seed) % 8 == 0 && len)
		len = rnd(seed) % len;
	return len;
}

#endif /* UNIT_TAP_H */
