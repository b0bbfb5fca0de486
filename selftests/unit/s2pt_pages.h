/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pages that a random world plays with, as they should be: four units of
 * memory in two windows of the input address space, page by page.
 */
#ifndef S2PT_PAGES_H
#define S2PT_PAGES_H

#include "s2pt_desc.h"
#include "s2pt_world.h"

#define NR_UNITS	4
#define RWX		(S2PT_R | S2PT_W | S2PT_X)
#define MEMTYPE		(S2PT_DEVICE | S2PT_NC)

/* One page as it should be; and what a round of SHARED operations may and must make of it. */
struct hot {
	bool valid, must_valid, touched;
	u8 over;		/* the host has given this page memory of its own */
	u64 pa;
	unsigned int prot, may, must;
};

struct pages {
	const struct world_config *cfg;
	struct s2pt pt;
	u64 rng;
	u64 window[2], ia_end;
	unsigned int shift, per_unit, nr, focus;
	u64 gen[NR_UNITS];		/* the host has moved a unit so often */
	unsigned int type[NR_UNITS];	/* memory type */
	struct hot *hot;
};

extern struct pages pages;

u64 rnd(void);
unsigned int below(unsigned int n);
bool percent(unsigned int n);
int random_level(void);
unsigned int random_page(void);
unsigned int random_prot(void);

void pages_place(void);
u64 page_ipa(unsigned int h);
unsigned int page_at(u64 ipa);
u64 page_host_pa(unsigned int h);
unsigned int page_per_leaf(int level);
/* The smallest level from @level on whose leaf the host's memory allows at @h. */
int page_host_level(unsigned int h, int level);
/* What memory says of a page; returns the level of the leaf or entry. */
int page_look(unsigned int h, bool *valid, u64 *pa, unsigned int *prot, bool *young);
void page_verify(unsigned int h);
void page_verify_near(unsigned int first, unsigned int n);

#endif
