# SPDX-License-Identifier: GPL-2.0
virtq-vmm := $(TOP)/vmm-lite

TESTS += virtq
virtq-srcs := virtq_test.c $(virtq-vmm)/virtio/virtq.c $(virtq-vmm)/mem.c $(virtq-vmm)/util.c
virtq-cflags := -D_GNU_SOURCE -I$(virtq-vmm)

TESTS += vdev
vdev-srcs := vdev_test.c $(addprefix $(virtq-vmm)/,virtio/virtio.c virtio/virtq.c mem.c)
vdev-cflags := -D_GNU_SOURCE -I$(virtq-vmm)
vdev-libs := -pthread

# The same test against copies of virtq.c with one line wrong at a time.
SCRIPTS += virtq_mutants
virtq_mutants-run := CC="$(CC)" ./virtq_mutants.sh $(OUT)

# The same inputs each time, for 10 s at most each; "make fuzz FUZZ_SECONDS=n" looks for others.
SCRIPTS += fuzz
fuzz-run := ./fuzz.sh $(OUT)

FUZZ_SECONDS ?= 600
fuzz: | $(OUT)
	@./run.sh $(OUT) 'fuzz=./fuzz.sh $(OUT) $(FUZZ_SECONDS)'

.PHONY: fuzz
