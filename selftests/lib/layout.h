/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's physical memory, shared by C and assembly. The guest's page table maps it one to one
 * in blocks of 1 GiB: the program's own image and RAM as normal memory, devices as device memory.
 *
 *	0x0040_0000  the test program itself (text: a copy; data: the very pages of the process)
 *	0x4000_0000  GIC distributor, 0x4001_0000 GICv2 CPU interface, 0x4010_0000 redistributors
 *	0x5000_0000  nothing: a write here is a ucall
 *	0x6000_0000  nothing: for tests of MMIO
 *	0x8000_0000  the VM's heap: page table, struct guest_cpu, stacks, free pages
 *	0xc000_0000  up to 64 GiB: for memory slots of tests
 *
 * From EL0_ALIAS on the same again for EL0: the image read-only and executable, the rest writable.
 */
#ifndef LIB_LAYOUT_H
#define LIB_LAYOUT_H

#define GICD_GPA	0x40000000
#define GICC_GPA	0x40010000
#define GICR_GPA	0x40100000
#define UCALL_GPA	0x50000000
#define MMIO_GPA	0x60000000
#define HEAP_GPA	0x80000000
#define TEST_GPA	0xc0000000
#define EL0_ALIAS	0x1000000000

#define HEAP_SIZE	0x400000
#define HEAP_CPUS	0x10000		/* struct guest_cpu, a page each */
#define HEAP_STACKS	0x40000
#define HEAP_FREE	0x200000
#define STACK_SIZE	0x4000
#define MAX_CPUS	64

#endif
