# SPDX-License-Identifier: GPL-2.0
# How a group of test programs is built: the including Makefile names GROUP and PROGRAMS. Each is one
# static binary, $(OUT)/NAME, made of NAME.c and the library; see lib/layout.h for why static.
CROSS_COMPILE ?= aarch64-linux-gnu-
TESTS := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))..)
BUILD ?= $(TESTS)/../build

CC = $(CROSS_COMPILE)gcc
# Parts of every program run as a guest: no FP registers unless a test asks for them, no thread-local
# data (stack protector), no calls that the compiler invents, no addresses to relocate.
ARCH := $(if $(filter aarch64%,$(shell $(CC) -dumpmachine)),arm64,arm)
PLACE := $(BUILD)/selftests$(if $(filter arm,$(ARCH)),-armhf)
OUT := $(PLACE)/$(GROUP)
OBJ := $(PLACE)/obj

# A32 by default: the shortest way to know how long an instruction is.
ARCH_CFLAGS_arm64 := -mgeneral-regs-only -mstrict-align -mno-outline-atomics
# glibc has inline functions on doubles, which need other registers.
ARCH_CFLAGS_arm := -marm -mcpu=cortex-a15 -mgeneral-regs-only -D__NO_INLINE__ -mno-unaligned-access
CFLAGS := -O2 -g -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -fmacro-prefix-map=$(TESTS)/= \
	$(ARCH_CFLAGS_$(ARCH)) -fno-stack-protector \
	-fno-tree-loop-distribute-patterns -fno-pie -fno-strict-aliasing -fno-delete-null-pointer-checks \
	-I$(TESTS)/lib -I$(TESTS)/lib/$(ARCH) -I$(TESTS)/../uapi $(EXTRA_CFLAGS)
LDFLAGS := -static -no-pie -pthread -Wl,-z,norelro -Wl,-z,noexecstack

LIB := test.o vm.o run.o gic.o guest.o proc.o onereg.o hostile.o $(addprefix $(ARCH)/,guest_arch.o entry.o fp.o)
LIBOBJ := $(addprefix $(OBJ)/lib/,$(LIB))
HEADERS := $(wildcard $(TESTS)/lib/*.h $(TESTS)/lib/$(ARCH)/*.h) $(TESTS)/../uapi/armvirt.h $(TESTS)/../uapi/armvirt_arm.h

all: $(addprefix $(OUT)/,$(PROGRAMS))

list:
	@for p in $(PROGRAMS); do echo $(GROUP)/$$p; done

$(OUT)/%: $(OBJ)/$(GROUP)/%.o $(LIBOBJ)
	@mkdir -p $(@D)
	@echo '  LD      $(GROUP)/$*'
	@$(CC) $(LDFLAGS) -o $@ $^

$(OBJ)/lib/%.o: $(TESTS)/lib/%.c $(HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -c -o $@ $<

$(OBJ)/lib/%.o: $(TESTS)/lib/%.S $(HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -c -o $@ $<

$(OBJ)/$(GROUP)/%.o: $(TESTS)/$(GROUP)/%.c $(HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -c -o $@ $<

clean:
	rm -rf $(OUT) $(OBJ)

.SECONDARY:
.PHONY: all list clean
