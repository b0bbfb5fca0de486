/* SPDX-License-Identifier: GPL-2.0 */
/* The HVC as a function: what is behind it obeys the procedure call standard. */
#include <linux/linkage.h>

	.text
/* u64 armvirt_hvc(u64 nr, u64 a1, u64 a2, u64 a3, u64 a4) */
SYM_FUNC_START(armvirt_hvc)
	hvc	#0
	ret
SYM_FUNC_END(armvirt_hvc)

	.section .note.GNU-stack, "", %progbits
