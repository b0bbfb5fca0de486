# SPDX-License-Identifier: GPL-2.0
# vmm-lite's pure logic: image loaders and device-tree builder.
vmm-dir := $(TOP)/vmm-lite
vmm-cflags := -D_GNU_SOURCE -I$(vmm-dir)

TESTS += boot
boot-srcs := boot_test.c $(vmm-dir)/boot.c $(vmm-dir)/boot_elf.c $(vmm-dir)/boot32.c \
	$(vmm-dir)/util.c $(vmm-dir)/mem.c
boot-cflags := $(vmm-cflags)
boot-libs := -lzstd -lz

TESTS += fdt
fdt-srcs := fdt_test.c $(vmm-dir)/fdt.c $(vmm-dir)/util.c
fdt-cflags := $(vmm-cflags)
fdt-libs := -lfdt

TESTS += tty
tty-srcs := tty_test.c $(vmm-dir)/tty.c
tty-cflags := $(vmm-cflags)
tty-libs := -lutil
