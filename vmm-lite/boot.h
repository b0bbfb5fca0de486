/* SPDX-License-Identifier: GPL-2.0 */
/* What the loaders of boot.c, boot_elf.c and boot32.c have of each other. */
#ifndef VMM_BOOT_H
#define VMM_BOOT_H

#include "vmm.h"

/* "too little memory", and how much would do; @end is where what does not fit would end. */
int boot_no_room(const struct mem *m, const char *what, u64 end, struct err *e);

/* ELF of either width, each for guests of that width. */
bool boot_is_elf(const u8 *p, size_t len);
int boot_place_elf(const struct mem *m, const u8 *p, size_t len, bool aarch32,
		   struct boot_plan *plan, struct err *e);

/* 32-bit guests. */
bool boot32_is_zimage(const u8 *p, size_t len);
int boot32_place_zimage(const struct mem *m, const u8 *p, size_t len, struct boot_plan *plan,
			struct err *e);
int boot32_place_raw(const struct mem *m, const u8 *p, size_t len, struct boot_plan *plan,
		     struct err *e);
/* Of a guest's RAM, how much its kernel sees before it has read the device tree. */
u64 boot32_lowmem(const struct mem *m);

#endif /* VMM_BOOT_H */
