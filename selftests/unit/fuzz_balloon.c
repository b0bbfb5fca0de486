// SPDX-License-Identifier: GPL-2.0
/* The balloon: what it drops is RAM of the guest, and its signal comes whenever it likes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "fuzz_kinds.h"

/* The build renames it. */
int fuzz_madvise(void *p, size_t len, int advice)
{
	MUST(advice == MADV_DONTNEED && (u8 *)p >= fuzz_ram && len <= fuzz_ram_size &&
	     (size_t)((u8 *)p - fuzz_ram) <= fuzz_ram_size - len);
	memset(p, 0, len);
	return 0;
}

static void option(char *value, size_t size, u8 mode)
{
	(void)mode;
	snprintf(value, size, "0");
}

static void request(struct shape *s, unsigned int queue, struct input *in)
{
	unsigned int i, step = queue == 2 ? 10 : 4;

	s->head_len = byte(in) % (HEAD_MAX / step + 1) * step;
	for (i = 0; i < s->head_len; i += step) {
		if (queue == 2)
			put_le16(s->head + i, byte(in) % 16);
		else
			put_le32(s->head + i, 0x40000 + byte(in) % 20);
	}
	s->in = queue > 2 ? byte(in) * 64u : 0;
	if (queue > 2)
		s->head_len = 0;
}

static void host(struct input *in)
{
	(void)in;
	raise(SIGUSR2);
}

const struct fuzz_kind fuzz_kind = { &balloon_class, 5, option, request, host };
