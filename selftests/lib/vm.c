// SPDX-License-Identifier: GPL-2.0
/* VMs and vCPUs for the tests; see vm.h. Ucalls and threads are in run.c. */
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>
#include "vm.h"

#define PAGE		4096UL
#define SLOT_HEAP	0
#define SLOT_IMAGE	1	/* and the next: one for each segment of the program */

const char *dev_path(void)
{
	const char *path = getenv("ARMVIRT_DEV");

	if (!path)
		path = getenv("DEV");
	return path ? path : "/dev/armvirt";
}

int dev_open(void)
{
	int fd = open(dev_path(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("cannot open %s: %s", dev_path(), strerror(errno));
	return fd;
}

int dev_cap(long cap)
{
	int fd = dev_open();
	int ret = ioctl(fd, ARMVIRT_CHECK_EXTENSION, cap);

	close(fd);
	return ret;
}

bool on_kvm(void)
{
	return dev_cap(ARMVIRT_CAP_X_VERSION) <= 0;
}

int gic_offered(void)
{
	struct armvirt_create_device cd = {
		.type = ARMVIRT_DEV_TYPE_ARM_VGIC_V3,
		.flags = ARMVIRT_CREATE_DEVICE_TEST,
	};
	struct vm *vm = vm_bare();
	int version = 0;

	if (!ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &cd)) {
		version = 3;
	} else {
		cd.type = ARMVIRT_DEV_TYPE_ARM_VGIC_V2;
		if (!ioctl(vm->fd, ARMVIRT_CREATE_DEVICE, &cd))
			version = 2;
	}
	vm_free(vm);
	return version;
}

void *host_pages(u64 size, u64 align)
{
	char *p = mmap(NULL, size + align, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	require(p != MAP_FAILED);
	if (align)
		p = (char *)(uintptr_t)(((uintptr_t)p + align - 1) & ~(align - 1));
	return p;
}

struct vm *vm_bare(void)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	require(vm);
	vm->gic_fd = -1;
	vm->dev = dev_open();
	do {
		vm->fd = ioctl(vm->dev, ARMVIRT_CREATE_VM, 0);
	} while (vm->fd < 0 && errno == EINTR);
	require(vm->fd >= 0);
	return vm;
}

int vm_set_slot(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *hva)
{
	struct armvirt_userspace_memory_region r = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)hva,
	};

	return ioctl(vm->fd, ARMVIRT_SET_USER_MEMORY_REGION, &r);
}

void *vm_map(struct vm *vm, u32 slot, u64 gpa, u64 size, void *hva)
{
	bool ours = !hva;

	if (ours)
		hva = host_pages(size, 0);
	require(!vm_set_slot(vm, slot, 0, gpa, size, hva));
	require(vm->nr_regions < MAX_REGIONS);
	vm->region[vm->nr_regions++] = (struct region){ gpa, size, hva, ours };
	return hva;
}

void *vm_hva(struct vm *vm, u64 gpa)
{
	for (int i = 0; i < vm->nr_regions; i++) {
		struct region *r = &vm->region[i];

		if (gpa - r->gpa < r->size)
			return r->hva + (gpa - r->gpa);
	}
	return NULL;
}

/*
 * The program is the guest's program, at the same addresses. Data is shared with the process; of the
 * text the guest gets a copy, since what is behind the text itself is the page cache. All pages of
 * data are touched first, so that the guest can't meet the zero page or the file's own page.
 */
static void map_image(struct vm *vm)
{
	static char *copies[8];
	ElfW(Phdr) *ph = (ElfW(Phdr) *)getauxval(AT_PHDR);
	int n = getauxval(AT_PHNUM), slot = SLOT_IMAGE;

	for (int i = 0; i < n && i < 8; i++, ph++) {
		u64 start = ph->p_vaddr & ~(PAGE - 1);
		u64 end = (ph->p_vaddr + ph->p_memsz + PAGE - 1) & ~(PAGE - 1);

		if (ph->p_type != PT_LOAD)
			continue;
		if (ph->p_flags & PF_W) {
			for (u64 p = start; p < end; p += PAGE)
				__atomic_fetch_add((char *)(uintptr_t)p, 0, __ATOMIC_RELAXED);
			vm_map(vm, slot++, start, end - start, (void *)(uintptr_t)start);
			continue;
		}
		if (!copies[i]) {
			copies[i] = host_pages(end - start, 0);
			memcpy(copies[i], (void *)(uintptr_t)start, end - start);
		}
		vm_map(vm, slot++, start, end - start, copies[i]);
	}
}

struct vm *vm_new(void)
{
	struct vm *vm = vm_bare();

	vm->heap = vm_map(vm, SLOT_HEAP, HEAP_GPA, HEAP_SIZE, NULL);
	vm->heap_next = HEAP_FREE;
	guest_page_table((u64 *)vm->heap);
	map_image(vm);
	return vm;
}

u64 vm_alloc(struct vm *vm, unsigned int pages)
{
	u64 at = vm->heap_next;

	vm->heap_next += pages * PAGE;
	require(vm->heap_next <= HEAP_SIZE);
	return HEAP_GPA + at;
}

void vm_free(struct vm *vm)
{
	for (int i = 0; i < MAX_CPUS; i++)
		if (vm->vcpu[i].vm)
			vcpu_free(&vm->vcpu[i]);
	if (vm->gic_fd >= 0)
		close(vm->gic_fd);
	close(vm->fd);
	close(vm->dev);
	for (int i = 0; i < vm->nr_regions; i++)
		if (vm->region[i].ours)
			munmap(vm->region[i].hva, vm->region[i].size);
	free(vm);
}

static size_t run_size(struct vm *vm)
{
	int size = ioctl(vm->dev, ARMVIRT_GET_VCPU_MMAP_SIZE, 0);

	require(size > 0);
	return size;
}

struct vcpu *vcpu_bare(struct vm *vm, int id)
{
	struct vcpu *v = &vm->vcpu[id];

	require(id < MAX_CPUS && !v->vm);
	v->vm = vm;
	v->id = id;
	v->fd = ioctl(vm->fd, ARMVIRT_CREATE_VCPU, id);
	require(v->fd >= 0);
	v->run = mmap(NULL, run_size(vm), PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	require(v->run != MAP_FAILED);
	vm->nr_vcpus++;
	return v;
}

int vcpu_init(struct vcpu *v, u32 features)
{
	struct armvirt_vcpu_init init;

	require(!ioctl(v->vm->fd, ARMVIRT_ARM_PREFERRED_TARGET, &init));
	init.features[0] |= features | 1 << ARMVIRT_ARM_VCPU_PSCI_0_2;
	return ioctl(v->fd, ARMVIRT_ARM_VCPU_INIT, &init);
}

static void prepare(struct vcpu *v, void (*fn)(u64), u64 arg)
{
	struct guest_cpu *c = vm_hva(v->vm, HEAP_GPA + HEAP_CPUS + v->id * PAGE);

	memset(c, 0, sizeof(*c));
	c->stack = HEAP_GPA + HEAP_STACKS + (v->id + 1) * STACK_SIZE;
	c->fn = fn;
	c->arg = arg;
	c->id = v->id;
}

void vcpu_restart(struct vcpu *v, void (*fn)(u64), u64 arg)
{
	require(!vcpu_init(v, 0));
	prepare(v, fn, arg);
	vcpu_set_reg(v, REG_PC, (uintptr_t)guest_entry);
	vcpu_set_reg(v, REG_X(0), HEAP_GPA + HEAP_CPUS + v->id * PAGE);
}

struct vcpu *vcpu_new(struct vm *vm, int id, void (*fn)(u64), u64 arg)
{
	struct vcpu *v = vcpu_bare(vm, id);

	vcpu_restart(v, fn, arg);
	return v;
}

struct vcpu *vcpu_off(struct vm *vm, int id, void (*fn)(u64), u64 arg)
{
	struct vcpu *v = vcpu_bare(vm, id);

	require(!vcpu_init(v, 1 << ARMVIRT_ARM_VCPU_POWER_OFF));
	prepare(v, fn, arg);
	return v;
}

void vcpu_free(struct vcpu *v)
{
	munmap(v->run, run_size(v->vm));
	close(v->fd);
	v->vm->nr_vcpus--;
	v->vm = NULL;
}

int vcpu_get(struct vcpu *v, u64 id, void *value)
{
	struct armvirt_one_reg r = { .id = id, .addr = (uintptr_t)value };

	return ioctl(v->fd, ARMVIRT_GET_ONE_REG, &r);
}

int vcpu_set(struct vcpu *v, u64 id, const void *value)
{
	struct armvirt_one_reg r = { .id = id, .addr = (uintptr_t)value };

	return ioctl(v->fd, ARMVIRT_SET_ONE_REG, &r);
}

u64 vcpu_reg(struct vcpu *v, u64 id)
{
	u64 value = 0;

	if (vcpu_get(v, id, &value))
		die("GET_ONE_REG %#llx: %s", (unsigned long long)id, strerror(errno));
	return value;
}

void vcpu_set_reg(struct vcpu *v, u64 id, u64 value)
{
	if (vcpu_set(v, id, &value))
		die("SET_ONE_REG %#llx to %#llx: %s", (unsigned long long)id,
		    (unsigned long long)value, strerror(errno));
}

bool serror_takes_syndrome(void)
{
	return dev_cap(ARMVIRT_CAP_ARM_INJECT_SERROR_ESR) > 0;
}

struct armvirt_vcpu_events vcpu_events(struct vcpu *v)
{
	struct armvirt_vcpu_events ev;

	memset(&ev, 0xff, sizeof(ev));
	require(!ioctl(v->fd, ARMVIRT_GET_VCPU_EVENTS, &ev));
	expect_eq(ev.exception.serror_has_esr, serror_takes_syndrome());
	return ev;
}

void vcpu_inject_serror(struct vcpu *v, bool has_esr, u64 esr)
{
	struct armvirt_vcpu_events ev = {
		.exception = { .serror_pending = 1, .serror_has_esr = has_esr, .serror_esr = esr },
	};

	require(!ioctl(v->fd, ARMVIRT_SET_VCPU_EVENTS, &ev));
}
