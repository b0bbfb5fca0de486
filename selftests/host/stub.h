/* SPDX-License-Identifier: GPL-2.0 */
/* What an architecture of the test module stub.ko must provide. */
#ifndef STUB_H
#define STUB_H

/* No call of Documentation/virt/kvm/arm/hyp-abi.rst; the stub answers HVC_STUB_ERR. */
#define STUB_UNKNOWN_CALL	0xfeed

/* Logs one line about this CPU; runs on it, with interrupts off. */
void stub_look(void *unused);

#endif
