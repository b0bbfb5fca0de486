# SPDX-License-Identifier: GPL-2.0
console-vmm := $(TOP)/vmm-lite

TESTS += console
console-srcs := console_test.c $(addprefix $(console-vmm)/,devices/console.c devices/vport.c virtio/virtio.c \
	virtio/virtq.c mem.c util.c)
console-cflags := -D_GNU_SOURCE -I$(console-vmm)
console-libs := -pthread
