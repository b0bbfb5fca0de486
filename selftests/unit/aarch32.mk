# SPDX-License-Identifier: GPL-2.0
TESTS += aarch32
aarch32-srcs := aarch32_test.c $(TOP)/kmod/aarch32.c
aarch32-cflags := -Ifake -I$(TOP)/kmod
