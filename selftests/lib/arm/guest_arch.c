// SPDX-License-Identifier: GPL-2.0
/* What happens to an exception on 32-bit ARM (guest side), and the guest's page table (host side). */
#include "guest.h"

#define GIB	(1ULL << 30)

#define CPSR_T		(1 << 5)
#define CPSR_MODE	0x1f
#define MODE_USR	0x10

/* How long the instruction is: in Thumb its first half tells. */
static u32 length(struct guest_frame *f)
{
	if (!(f->spsr & CPSR_T))
		return 4;
	return *(u16 *)f->elr >> 11 >= 0x1d ? 4 : 2;
}

static bool caught(struct guest_frame *f)
{
	if (!guest_caught_it(f))
		return false;
	/* What couldn't be fetched was called; its caller goes on. */
	if (f->vector == VECTOR_PABT)
		f->elr = f->lr;
	else if (f->vector != VECTOR_SVC)
		f->elr += length(f);
	return true;
}

void guest_exception(struct guest_frame *f)
{
	/* LR is past the instruction, by what it would be in A32 state. */
	if (f->vector == VECTOR_UNDEF && f->spsr & CPSR_T)
		f->elr += 2;
	if (f->vector == VECTOR_IRQ && guest_irq) {
		guest_irq(f);
		return;
	}
	if (f->vector < VECTOR_IRQ) {
		if (guest_sync && guest_sync(f))
			return;
		if (f->vector == VECTOR_SVC && (f->spsr & CPSR_MODE) == MODE_USR)
			guest_el0_return(f->x[0]);
		if (caught(f))
			return;
	}
	for (;;)
		guest_ucall(UCALL_EXCEPTION, f->vector, f->esr, f->elr, f->far, f->spsr);
}

/*
 * Level 1 with its four blocks of 1 GiB. PL0 may do what PL1 may: there are no other addresses
 * left, and PL1 may execute what PL0 can write.
 */
void guest_page_table(u64 *table)
{
	const u64 block = 1 | 1 << 10 | 1 << 6, inner = 3 << 8, device = 1 << 2, xn = 3ULL << 53;

	for (u64 i = 0; i < 4; i++)
		table[i] = i * GIB | block | (i == 1 ? device | xn : inner);
}
