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
	mmio_write64(UCALL_GPA, (u64)uc);
}

static bool caught(struct guest_frame *f)
{
	struct guest_cpu *c = guest_cpu();
	u64 ec = ESR_EC(f->esr);

	if (!c->catching)
		return false;
	c->caught++;
	c->esr = f->esr;
	c->far = f->far;
	c->elr = f->elr;
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
	if (type == 0) {
		if (guest_sync && guest_sync(f))
			return;
		if (f->vector == 8 && ESR_EC(f->esr) == EC_SVC64)
			guest_el0_return(f->x[0]);
		if (caught(f))
			return;
	}
	for (;;)
		guest_ucall(UCALL_EXCEPTION, f->vector, f->esr, f->elr, f->far, f->spsr);
}
