// SPDX-License-Identifier: GPL-2.0
/* The list of one-reg registers; see onereg.h. */
#include "onereg.h"

u64 reg_list[REG_LIST_MAX + 1];

struct vcpu *onereg_vcpu(struct vm **vm)
{
	struct vcpu *v;

	*vm = vm_bare();
	v = vcpu_bare(*vm, 0);
	require(!vcpu_init(v, 0));
	return v;
}

u64 onereg_list(struct vcpu *v)
{
	reg_list[0] = REG_LIST_MAX;
	require(!ioctl(v->fd, ARMVIRT_GET_REG_LIST, reg_list));
	return reg_list[0];
}

bool onereg_listed(u64 id)
{
	for (u64 i = 1; i <= reg_list[0]; i++)
		if (reg_list[i] == id)
			return true;
	return false;
}

void onereg_expect_listed(const u64 *ids, int n)
{
	struct vm *vm;

	onereg_list(onereg_vcpu(&vm));
	for (int i = 0; i < n; i++)
		if (!onereg_listed(ids[i]))
			fail("%#llx is not listed", (unsigned long long)ids[i]);
	vm_free(vm);
}
