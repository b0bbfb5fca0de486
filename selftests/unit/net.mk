# SPDX-License-Identifier: GPL-2.0
net-vmm := $(TOP)/vmm-lite

TESTS += net
net-srcs := net_test.c $(addprefix $(net-vmm)/,devices/net.c devices/net_passt.c virtio/vhost.c virtio/vhost_kernel.c \
	virtio/virtio.c virtio/virtq.c mem.c util.c)
net-cflags := -D_GNU_SOURCE -I$(net-vmm)
net-libs := -pthread
