// SPDX-License-Identifier: GPL-2.0
/*
 * What a random world should look like: where the host has each page, and what
 * the table says of it, decoded without the code under test. See s2pt_pages.h.
 */
#include <stdlib.h>

#include "s2pt_pages.h"

#define DATA_BASE	0x100000000000ULL
#define OVER_BASE	0x200000000000ULL

struct pages pages;

u64 rnd(void)
{
	pages.rng ^= pages.rng >> 12;
	pages.rng ^= pages.rng << 25;
	pages.rng ^= pages.rng >> 27;
	return pages.rng * 0x2545f4914f6cdd1dULL >> 16;
}

unsigned int below(unsigned int n)
{
	return rnd() % n;
}

bool percent(unsigned int n)
{
	return below(100) < n;
}

u64 page_ipa(unsigned int h)
{
	unsigned int in_window = 2 * pages.per_unit;

	return pages.window[h / in_window] + ((u64)(h % in_window) << pages.shift);
}

u64 page_host_pa(unsigned int h)
{
	unsigned int unit = h / pages.per_unit;
	u64 block = unit * 8 + pages.gen[unit] % 8;

	if (pages.hot[h].over)
		return OVER_BASE + ((u64)(h * 16 + pages.hot[h].over % 16) << pages.shift);
	return DATA_BASE + ((block * pages.per_unit + h % pages.per_unit) << pages.shift);
}

unsigned int page_per_leaf(int level)
{
	return level_size(&pages.pt, level) >> pages.shift;
}

/* The largest leaf of at most @level's size that the host's memory allows at @h. */
int page_host_level(unsigned int h, int level)
{
	for (; level < 3; level++) {
		unsigned int n = page_per_leaf(level), first = h & ~(n - 1), i;

		for (i = 0; i < n && !pages.hot[first + i].over; i++)
			;
		if (i == n && level >= (pages.shift == 12 ? 1 : 2) && level >= pages.pt.start_level)
			return level;
	}
	return 3;
}

int random_level(void)
{
	return percent(60) ? 3 : pages.cfg->unit_level + below(4 - pages.cfg->unit_level);
}

/* Mostly near one place, so that operations meet. */
unsigned int random_page(void)
{
	if (percent(2))
		pages.focus = below(pages.nr);
	if (percent(70))
		return (pages.focus + below(4)) % pages.nr;
	if (percent(50))
		return (pages.focus & ~(pages.per_unit - 1)) + below(pages.per_unit);
	return below(pages.nr);
}

unsigned int random_prot(void)
{
	unsigned int prot = percent(90) ? S2PT_R : 0;

	if (percent(50))
		prot |= S2PT_W;
	if (percent(30))
		prot |= pages.cfg->model.pt.stage == S2PT_STAGE2 ? S2PT_X : 0;
	if (pages.cfg->model.pt.stage != S2PT_STAGE2)
		prot |= S2PT_R;
	return prot;
}

/* Decode a descriptor without the code under test. */
static unsigned int prot_of(u64 desc)
{
	unsigned int prot = desc >> 54 & 1 ? 0 : S2PT_X, attr = desc >> 2 & 15;

	if (pages.cfg->model.pt.stage != S2PT_STAGE2) {
		prot |= S2PT_R | (desc >> 7 & 1 ? 0 : S2PT_W);
		return prot | ((attr & 7) == 1 ? S2PT_DEVICE : (attr & 7) == 2 ? S2PT_NC : 0);
	}
	prot |= (desc >> 6 & 1 ? S2PT_R : 0) | (desc >> 7 & 1 ? S2PT_W : 0);
	if (attr == 1)
		return prot | S2PT_DEVICE;
	if (attr == 5)
		return prot | S2PT_NC;
	if (attr != (pages.cfg->model.pt.fwb ? 6 : 15))
		tlbmodel_fail(FAULT_RESULT, "memory attributes of %#llx", desc);
	return prot;
}

/* What memory says of a page. Returns the level of the leaf or entry. */
int page_look(unsigned int h, bool *valid, u64 *pa, unsigned int *prot, bool *young)
{
	u64 ipa = page_ipa(h), desc, size, addr_mask = ((1ULL << 48) - 1) & -(1ULL << pages.shift);
	int level = tlbmodel_walk(ipa, &desc);

	size = level_size(&pages.pt, level);
	*valid = desc & 1;
	*pa = (desc & addr_mask) + (ipa & (size - 1));
	*prot = *valid ? prot_of(desc) : 0;
	*young = *valid && (desc >> 10 & 1);
	return level;
}

void page_verify(unsigned int h)
{
	const struct hot *want = &pages.hot[h];
	bool valid, young;
	unsigned int prot;
	u64 pa;

	page_look(h, &valid, &pa, &prot, &young);
	if (valid != want->valid || (valid && (pa != want->pa || prot != want->prot)))
		tlbmodel_fail(FAULT_RESULT, "%#llx: is %s %#llx %#x, should be %s %#llx %#x",
			      page_ipa(h), valid ? "valid" : "invalid", pa, prot,
			      want->valid ? "valid" : "invalid", want->pa, want->prot);
}

void page_verify_near(unsigned int first, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		page_verify(first + i);
	for (i = 0; i < 4; i++) {
		page_verify((first + n + i) % pages.nr);
		page_verify((first + pages.nr - 1 - i) % pages.nr);
		page_verify(below(pages.nr));
	}
}

unsigned int page_at(u64 ipa)
{
	unsigned int w = ipa >= pages.window[1];

	return w * 2 * pages.per_unit + ((ipa - pages.window[w]) >> pages.shift);
}

void pages_place(void)
{
	u64 unit = level_size(&pages.pt, pages.cfg->unit_level);
	u64 above = level_size(&pages.pt, pages.cfg->unit_level - 1);

	pages.ia_end = 1ULL << pages.pt.cfg.ia_bits;
	/* One across a boundary of the next level up, one at the very end. */
	pages.window[0] = above <= pages.ia_end / 4 ? above - unit : 0;
	pages.window[1] = pages.ia_end - 2 * unit;
	pages.per_unit = unit >> pages.shift;
	pages.nr = NR_UNITS * pages.per_unit;
	pages.hot = calloc(pages.nr, sizeof(*pages.hot));
}
