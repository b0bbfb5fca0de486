// SPDX-License-Identifier: GPL-2.0
/* What happens to an exception on arm64 (guest side), and the guest's page table (host side). */
#include "guest.h"

#define GIB	(1UL << 30)

static bool caught(struct guest_frame *f)
{
	u64 ec = ESR_EC(f->esr);

	if (!guest_caught_it(f))
		return false;
	/* What couldn't be fetched was called; its caller goes on. */
	if (ec == EC_IABT_CUR || ec == EC_IABT_LOW || ec == EC_PC_ALIGN)
		f->elr = f->x[30];
	else if (ec != EC_SVC64)
		f->elr += 4;
	return true;
}

void guest_exception(struct guest_frame *f)
{
	u64 type = f->vector & 3;

	/* Some emulated CPUs sign-extend it. */
	f->esr &= 0xffffffff;
	if (type == 1 && guest_irq) {
		guest_irq(f);
		return;
	}
	if ((type == 0 || type == 3) && guest_sync && guest_sync(f))
		return;
	if (type == 0) {
		if (f->vector == 8 && ESR_EC(f->esr) == EC_SVC64)
			guest_el0_return(f->x[0]);
		if (caught(f))
			return;
	}
	for (;;)
		guest_ucall(UCALL_EXCEPTION, f->vector, f->esr, f->elr, f->far, f->spsr);
}

/* Level 1 of a page table with 1 GiB blocks; see layout.h. */
void guest_page_table(u64 *table)
{
	const u64 block = 1 | 1 << 10, inner = 3 << 8, device = 1 << 2;
	const u64 xn = 3UL << 53, user_ro = 3 << 6, user_rw = 1 << 6, pxn = 1UL << 53;
	u64 el0 = EL0_ALIAS / GIB;

	for (u64 i = 0; i < 64; i++) {
		table[i] = i * GIB | block | (i == 1 ? device | xn : inner);
		table[el0 + i] = i * GIB | block | 1 << 11 |
			(i == 0 ? inner | user_ro | pxn : i == 1 ? device | user_rw | xn :
			 inner | user_rw | pxn);
	}
}
