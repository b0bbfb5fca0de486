/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host side of a test: makes a VM whose vCPUs run functions of the test program itself, runs
 * them and understands their ucalls. The device node comes from the environment (ARMVIRT_DEV or
 * DEV, else /dev/armvirt) and may be /dev/kvm. Everything that can't be done here ends the test.
 */
#ifndef LIB_VM_H
#define LIB_VM_H

#include <pthread.h>
#include <sys/ioctl.h>
#include "armvirt.h"
#include "guest.h"
#include "layout.h"
#include "refused.h"
#include "test.h"

#define MAX_REGIONS	16
/* First slot number that the library leaves to the test. */
#define TEST_SLOT	8

struct vm;

struct vcpu {
	struct vm *vm;
	int id;
	int fd;
	struct armvirt_run *run;
	pthread_t thread;
	int result;		/* of a thread: last return of RUN, 0 or -errno */
};

struct region {
	u64 gpa, size;
	char *hva;
	bool ours;		/* to be unmapped with the VM */
};

struct vm {
	int dev;
	int fd;
	int gic_fd;
	int gic_version;	/* 0, 2 or 3 */
	int nr_vcpus;
	struct vcpu vcpu[MAX_CPUS];
	struct region region[MAX_REGIONS];
	int nr_regions;
	char *heap;
	u64 heap_next;
};

/* The device node and the program's name for it. */
const char *dev_path(void);
int dev_open(void);
bool on_kvm(void);
/* dev_cap - what CHECK_EXTENSION says on the device node. */
int dev_cap(long cap);
/* gic_offered - 3, 2 or 0: the newest GIC that can be made here. */
int gic_offered(void);

/* vm_bare - a VM without memory or vCPUs; vm_new - with the program and a heap in it. */
struct vm *vm_bare(void);
struct vm *vm_new(void);
void vm_free(struct vm *vm);
/* vm_alloc - pages of the heap, zeroed; returns where the guest finds them. */
u64 vm_alloc(struct vm *vm, unsigned int pages);
/* vm_hva - where the host finds what the guest has at gpa, NULL if nowhere. */
void *vm_hva(struct vm *vm, u64 gpa);
/* vm_set_slot - SET_USER_MEMORY_REGION as it is: 0, or -1 with errno. */
int vm_set_slot(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *hva);
/* vm_map - anonymous memory (or hva) in a slot; returns where the host finds it. */
void *vm_map(struct vm *vm, u32 slot, u64 gpa, u64 size, void *hva);
/* host_pages - anonymous memory, aligned to align bytes (0: a page). */
void *host_pages(u64 size, u64 align);

/* vcpu_bare - CREATE_VCPU and mmap; vcpu_init - VCPU_INIT with PSCI 0.2 and these features. */
struct vcpu *vcpu_bare(struct vm *vm, int id);
int vcpu_init(struct vcpu *v, u32 features);
/* vcpu_new - a vCPU that will run fn(arg) at EL1; vcpu_off - one that waits for CPU_ON to do so. */
struct vcpu *vcpu_new(struct vm *vm, int id, void (*fn)(u64), u64 arg);
struct vcpu *vcpu_off(struct vm *vm, int id, void (*fn)(u64), u64 arg);
/* vcpu_restart - resets the vCPU and gives it another function. */
void vcpu_restart(struct vcpu *v, void (*fn)(u64), u64 arg);
void vcpu_free(struct vcpu *v);

/* vcpu_run - RUN as it is: 0 or -errno. */
int vcpu_run(struct vcpu *v);
/*
 * vcpu_ucall - runs until a ucall and returns it (DONE or SYNC); a failed assertion or exception
 * of the guest and any other exit fail the test and return NULL. Goes on after EINTR.
 */
struct ucall *vcpu_ucall(struct vcpu *v);
/* vcpu_finish - runs until DONE, letting SYNCs pass; false after a failure. */
bool vcpu_finish(struct vcpu *v);
/* vcpu_ucall_of - the ucall that this exit is, NULL if it is something else. */
struct ucall *vcpu_ucall_of(struct vcpu *v);
/* vcpu_explain - fails the test with what the vCPU's last exit was. */
void vcpu_explain(struct vcpu *v, int ret);

/* A thread that does vcpu_finish(). */
void vcpu_start(struct vcpu *v);
bool vcpu_join(struct vcpu *v);
/* vm_run - all vCPUs in threads of their own, until all are done. */
bool vm_run(struct vm *vm);

/* One-reg as it is, and with failing not an option. */
int vcpu_get(struct vcpu *v, u64 id, void *value);
int vcpu_set(struct vcpu *v, u64 id, const void *value);
u64 vcpu_reg(struct vcpu *v, u64 id);
void vcpu_set_reg(struct vcpu *v, u64 id, u64 value);

/* serror_takes_syndrome - CAP_ARM_INJECT_SERROR_ESR */
bool serror_takes_syndrome(void);
/* vcpu_events - what GET_VCPU_EVENTS says, which has to be right about syndromes. */
struct armvirt_vcpu_events vcpu_events(struct vcpu *v);
/* vcpu_inject_serror - makes an SError pending. */
void vcpu_inject_serror(struct vcpu *v, bool has_esr, u64 esr);

#include "vm_arch.h"	/* REG_X(), REG_SP, REG_PC, REG_PSTATE, REG_MPIDR, REG_SCTLR.. */

#endif
