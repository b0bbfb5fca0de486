# SPDX-License-Identifier: GPL-2.0
TESTS += s2pt_test
s2pt_test-srcs := s2pt_test.c s2pt_world.c s2pt_pages.c s2pt_plant.c coroutine.c \
	tlbmodel.c tlbmodel_tlb.c hyptlb.c ../../kmod/s2pt.c
s2pt_test-cflags := -Ifake/s2pt -Ifake -I. -I../../kmod -I$(OUT)
s2pt_test-deps := $(OUT)/hyp_tlb.inc

# What EL2 executes, less the assembler: hyptlb.c has the model's instead.
$(OUT)/hyp_tlb.inc: ../../kmod/arm64/hyp/tlb.c | $(OUT)
	sed '/asm volatile/d; /^#include/d' $< > $@

# The same test against copies of the walker with one line wrong at a time.
SCRIPTS += s2pt_mutants
s2pt_mutants-run := CC="$(CC)" ./s2pt_mutants.sh $(OUT)
