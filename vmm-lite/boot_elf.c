// SPDX-License-Identifier: GPL-2.0
/* ELF kernels and bare-metal programs, of 64 bits and of 32, for guests of that width. */
#include <elf.h>

#include "boot.h"

/* What the two widths have in common, in the wider one's types. */
struct elf {
	u64 entry;
	u64 phoff;
	unsigned int phnum;
	unsigned int phentsize;
};

struct segment {
	u64 offset, vaddr, paddr, filesz, memsz;
	bool load;
};

bool boot_is_elf(const u8 *p, size_t len)
{
	return len >= 4 && !memcmp(p, ELFMAG, SELFMAG);
}

/* @p has at least an Elf64_Ehdr, the longer one. */
static bool read_header(const u8 *p, bool aarch32, struct elf *h)
{
	Elf32_Ehdr h32;
	Elf64_Ehdr h64;

	if (p[EI_CLASS] != (aarch32 ? ELFCLASS32 : ELFCLASS64) || p[EI_DATA] != ELFDATA2LSB)
		return false;
	if (aarch32) {
		memcpy(&h32, p, sizeof(h32));
		*h = (struct elf){ h32.e_entry, h32.e_phoff, h32.e_phnum, h32.e_phentsize };
		return h32.e_machine == EM_ARM;
	}
	memcpy(&h64, p, sizeof(h64));
	*h = (struct elf){ h64.e_entry, h64.e_phoff, h64.e_phnum, h64.e_phentsize };
	return h64.e_machine == EM_AARCH64;
}

static void read_segment(const u8 *p, bool aarch32, struct segment *s)
{
	Elf32_Phdr p32;
	Elf64_Phdr p64;

	if (aarch32) {
		memcpy(&p32, p, sizeof(p32));
		*s = (struct segment){ p32.p_offset, p32.p_vaddr, p32.p_paddr, p32.p_filesz,
				       p32.p_memsz, p32.p_type == PT_LOAD && p32.p_memsz };
		return;
	}
	memcpy(&p64, p, sizeof(p64));
	*s = (struct segment){ p64.p_offset, p64.p_vaddr, p64.p_paddr, p64.p_filesz, p64.p_memsz,
			       p64.p_type == PT_LOAD && p64.p_memsz };
}

/* One PT_LOAD; the entry point is virtual, and translates by the segment it lies in. */
static int place_segment(const struct mem *m, const u8 *p, size_t len, const struct segment *s,
			 u64 entry, struct boot_plan *plan, struct err *e)
{
	if (s->filesz > s->memsz || s->offset > len || s->filesz > len - s->offset)
		return err_set(e, "the kernel's ELF file is damaged or cut off: fetch it again");
	if (!mem_ptr(m, s->paddr, s->memsz)) {
		if (s->paddr >= m->base && s->paddr + s->memsz > s->paddr &&
		    s->memsz < (u64)1 << 40 && s->paddr < m->base + ((u64)1 << 40))
			return boot_no_room(m, "kernel", s->paddr + s->memsz, e);
		return err_set(e, "the ELF kernel wants to be at %#llx, where there is no memory: "
				  "link it for %#llx and up",
			       (unsigned long long)s->paddr, (unsigned long long)m->base);
	}
	if (s->filesz)
		memcpy(mem_ptr(m, s->paddr, s->filesz), p + s->offset, s->filesz);
	if (s->paddr < plan->low)
		plan->low = s->paddr;
	if (s->paddr + s->memsz > plan->end)
		plan->end = s->paddr + s->memsz;
	if (entry - s->vaddr < s->memsz)
		plan->entry = entry - s->vaddr + s->paddr;
	return 0;
}

int boot_place_elf(const struct mem *m, const u8 *p, size_t len, bool aarch32,
		   struct boot_plan *plan, struct err *e)
{
	size_t size = aarch32 ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
	struct segment s;
	unsigned int i;
	struct elf h;

	if (len < sizeof(Elf64_Ehdr))
		return err_set(e, "the kernel's ELF file is cut off: fetch it again");
	if (!read_header(p, aarch32, &h))
		return err_set(e, "the kernel is for another machine: use an %s one",
			       aarch32 ? "armhf" : "arm64");
	if (h.phentsize != size || h.phoff > len || (u64)h.phnum * size > len - h.phoff)
		return err_set(e, "the kernel's ELF file is damaged or cut off: fetch it again");
	plan->kind = BOOT_ELF;
	plan->low = UINT64_MAX;
	plan->end = 0;
	plan->entry = 0;
	for (i = 0; i < h.phnum; i++) {
		read_segment(p + h.phoff + i * size, aarch32, &s);
		if (s.load && place_segment(m, p, len, &s, h.entry, plan, e))
			return -1;
	}
	if (!plan->end)
		return err_set(e, "the kernel's ELF file has nothing to load: is it a kernel?");
	if (!plan->entry)
		return err_set(e, "the kernel's ELF entry is outside its segments: a library?");
	return 0;
}
