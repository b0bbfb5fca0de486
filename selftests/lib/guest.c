// SPDX-License-Identifier: GPL-2.0
/* Guest side of the tests: ucalls, and what happens to an exception. */
#include "guest.h"

void (*volatile guest_irq)(struct guest_frame *f);
bool (*volatile guest_sync)(struct guest_frame *f);

void guest_ucall(u64 cmd, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4)
{
	volatile struct ucall *uc = &guest_cpu()->uc;

	uc->arg[0] = a0;
	uc->arg[1] = a1;
	uc->arg[2] = a2;
	uc->arg[3] = a3;
	uc->arg[4] = a4;
	uc->cmd = cmd;
	mmio_write_long(UCALL_GPA, (uintptr_t)uc);
}

bool guest_caught_it(struct guest_frame *f)
{
	struct guest_cpu *c = guest_cpu();

	if (!c->catching)
		return false;
	c->caught++;
	c->esr = f->esr;
	c->far = f->far;
	c->elr = f->elr;
	return true;
}
