# SPDX-License-Identifier: GPL-2.0
vgic-dir := $(TOP)/kmod/vgic
vgic-kmod := $(addprefix $(vgic-dir)/,irq.c cpuif.c mmio.c v2.c v3.c cpureg.c setup.c attr.c)
vgic-flags := -Ifake/vgic -Ifake -I$(TOP)/kmod -I$(TOP)/kmod/arm64

TESTS += vgic
vgic-srcs := vgic_test.c vgic_sim.c $(vgic-kmod)
vgic-cflags := $(vgic-flags)

TESTS += vgic_case
vgic_case-srcs := vgic_case_test.c vgic_sim.c $(vgic-kmod)
vgic_case-cflags := $(vgic-flags)

# The same tests against copies of the vGIC with one line wrong at a time.
SCRIPTS += vgic_mutants
vgic_mutants-run := CC="$(CC)" ./vgic_mutants.sh $(OUT)
