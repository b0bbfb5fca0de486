# SPDX-License-Identifier: GPL-2.0
vhost_user-vmm := $(TOP)/vmm-lite

TESTS += vhost_user
vhost_user-srcs := vhost_user_test.c $(addprefix $(vhost_user-vmm)/,virtio/vhost_user.c virtio/vhost.c \
	virtio/virtio.c virtio/virtq.c devices/fs.c mem.c)
vhost_user-cflags := -D_GNU_SOURCE -I$(vhost_user-vmm)
vhost_user-libs := -pthread
