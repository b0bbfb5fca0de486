// SPDX-License-Identifier: GPL-2.0
/*
 * Guest RAM: one piece of memory, and the only function that turns a guest physical address into a
 * pointer. Everything that a guest names an address for goes through it.
 *
 * It is anonymous, which the host can merge (KSM), and back with huge pages wherever it does so for
 * anyone; memory that another process has to map is a file without a name, which by default gets
 * neither.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

#define HUGE_PAGE	(2 * MIB)

/* Of a size that stays: with a shorter one the other process could have us killed by SIGBUS. */
static int make_file(u64 size)
{
	int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (!ftruncate(fd, (off_t)size) &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	close(fd);
	return -1;
}

static int share(struct mem *m)
{
	m->fd = make_file(m->size);
	if (m->fd < 0)
		return -1;
	return mmap(m->host, m->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, m->fd, 0) ==
	       MAP_FAILED ? -1 : 0;
}

/**
 * mem_init() - reserve guest RAM
 * @m: filled in
 * @base: guest physical address
 * @size: bytes, a multiple of the host's page size
 * @shared: other processes map it, by @m->fd
 * @e: why not
 *
 * Host and guest addresses agree modulo 2 MiB, so that the kernel can map huge pages to blocks.
 * Pages come when they are touched; the guest may be larger than what is free now.
 */
int mem_init(struct mem *m, u64 base, u64 size, bool shared, struct err *e)
{
	m->fd = -1;
	m->map_size = (size_t)(size + HUGE_PAGE);
	m->map = MAP_FAILED;
	/* On 32-bit hosts a size_t may not hold it. */
	if (m->map_size > HUGE_PAGE && m->map_size - HUGE_PAGE == size)
		m->map = mmap(NULL, m->map_size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m->map == MAP_FAILED) {
		m->map = NULL;
		return err_set(e, "can't get %llu MiB of memory for the guest: lower --memory",
			       (unsigned long long)(size / MIB));
	}
	m->base = base;
	m->size = size;
	m->host = (u8 *)m->map + ((base - (uintptr_t)m->map) & (HUGE_PAGE - 1));
	if (shared && share(m))
		return err_set(e, "can't make the guest's memory a file that others can map: %s",
			       strerror(errno));
	madvise(m->host, size, MADV_HUGEPAGE);	/* a wish: kernels without it say EINVAL */
	return 0;
}

/**
 * mem_lock() - keep guest RAM in the host's memory
 * @m: from mem_init()
 * @e: why not
 *
 * All of it is there afterwards, is never swapped or merged, and mem_drop() gives none back.
 */
int mem_lock(const struct mem *m, struct err *e)
{
	if (mlock(m->host, m->size))
		return err_set(e, "--lock-memory: can't lock %llu MiB (%s): raise ulimit -l or lower "
				  "--memory",
			       (unsigned long long)(m->size / MIB), strerror(errno));
	return 0;
}

void mem_exit(struct mem *m)
{
	if (m->map) {
		munmap(m->map, m->map_size);
		if (m->fd >= 0)
			close(m->fd);
	}
	m->map = NULL;
	m->size = 0;
}

void mem_drop(const struct mem *m, void *p, size_t len)
{
	/* Locked memory can't be dropped, and then it stays: the guest has lost nothing. */
	madvise(p, len, m->fd < 0 ? MADV_DONTNEED : MADV_REMOVE);
}

void *mem_ptr(const struct mem *m, u64 gpa, u64 len)
{
	u64 off = gpa - m->base;

	/* off wraps to something huge below base; neither comparison can overflow. */
	if (off > m->size || len > m->size - off)
		return NULL;
	return m->host + off;
}
