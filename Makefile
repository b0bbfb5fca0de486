# SPDX-License-Identifier: GPL-2.0
# armvirt: module and VMM. On an ARM64 machine plain "make" builds both for the running kernel; on
# any other Debian machine it cross-builds them for Debian's kernel KERNEL, fetched below build/.
# "make demo" and "make check" need neither ARM hardware nor anything installed.
#
#   make [KDIR=... ARCH=arm64|arm CROSS_COMPILE=...]  kmod/armvirt.ko and vmm-lite/vmm-lite
#   make demo [HOST=nvhe|vhe] [GIC=2|3] [KERNEL=6.1|6.12] [CPUS=n] [ROOT=disk|initrd] [GUEST=arm64|arm32]
#   make demo ARCH=arm [HOST=a15|a7] [GIC=2|3] [KERNEL=6.1-lpae|6.12-lpae] [CPUS=n] [ROOT=disk|initrd]
#   make check | check-kernels | check-debug          tests in nested QEMU, TAP
#   make fuzz [FUZZ_SECONDS=n]                        fuzzers of the virtio devices, n seconds each
#   make module | vmm-lite | selftests | clean | distclean

TOP := $(CURDIR)
BUILD := $(TOP)/build
export TOP BUILD

# What is cross-built: arm64, or ARCH=arm for ARMv7, whose VMM is build/vmm-lite-armhf/vmm-lite.
DEB_ARCH := $(if $(filter arm,$(ARCH)),armhf,arm64)
KERNEL ?= $(if $(filter arm,$(ARCH)),6.1-lpae,6.1)
HOST ?= $(if $(filter arm,$(ARCH)),a15,nvhe)
GIC ?= 3
CPUS ?= 2
GUEST ?= arm64
ROOT ?= disk

ifneq ($(filter aarch64 armv7l,$(shell uname -m)),)
KDIR ?= /lib/modules/$(shell uname -r)/build
else
KDIR ?= $(BUILD)/kernels/$(KERNEL)/headers
ARCH ?= arm64
CROSS_COMPILE ?= $(if $(filter armhf,$(DEB_ARCH)),arm-linux-gnueabihf-,aarch64-linux-gnu-)
# Debian's header trees name a compiler of their own, by version.
KCC := CC=$(CROSS_COMPILE)gcc
endif

ifneq ($(findstring $(BUILD)/kernels/,$(KDIR)),)
KDIR_FETCH := selftests/qemu/fetch-kernel.sh $(KERNEL)
# BTF for modules needs pahole and the kernel's own vmlinux.
KBTF := CONFIG_DEBUG_INFO_BTF_MODULES=
endif
ifneq ($(CROSS_COMPILE),)
SYSROOT ?= $(BUILD)/sysroot-$(DEB_ARCH)
SYSROOT_FETCH := selftests/qemu/fetch-sysroot.sh $(DEB_ARCH)
VMM_OUT := $(if $(filter armhf,$(DEB_ARCH)),O=$(BUILD)/vmm-lite-armhf)
endif

KMAKE = $(MAKE) -C $(KDIR) M=$(TOP) $(if $(ARCH),ARCH=$(ARCH)) \
	$(if $(CROSS_COMPILE),CROSS_COMPILE=$(CROSS_COMPILE)) $(KCC) $(KBTF)
UMAKE = $(MAKE) CROSS_COMPILE=$(CROSS_COMPILE) SYSROOT=$(SYSROOT) $(if $(SYSROOT),STATIC=1)

.PHONY: all module vmm-lite selftests tools demo fuzz check check-kernels check-debug bench bench-io clean distclean

all: module vmm-lite

module:
	@$(KDIR_FETCH)
	$(KMAKE) modules

vmm-lite:
	@$(SYSROOT_FETCH)
	$(UMAKE) -C vmm-lite $(VMM_OUT)

selftests:
	$(UMAKE) -C selftests/core
	$(UMAKE) -C selftests/$(if $(filter armhf,$(DEB_ARCH)),arm,arm64)
	$(UMAKE) -C selftests/host

tools:
	@selftests/qemu/install-tools.sh

demo: tools
	@selftests/qemu/demo.sh --host $(HOST) --gic $(GIC) --kernel $(KERNEL) --cpus $(CPUS) --root $(ROOT) \
		--guest $(GUEST)

check: tools
	@selftests/qemu/check.sh check

# Beside KVM, in instructions; takes a quarter of an hour. With ARCH=arm, ARMv7 hosts.
bench: tools
	@selftests/qemu/bench.sh $(KERNEL)

# Disk and network beside QEMU on KVM; ten minutes.
bench-io: tools
	@selftests/qemu/bench-io.sh

# Random inputs to the virtio devices, on the build host, as many fuzzers at a time as it has
# processors.
FUZZ_SECONDS ?= 600
fuzz: tools
	@$(MAKE) -s -C selftests/unit fuzz FUZZ_SECONDS=$(FUZZ_SECONDS)

check-kernels: tools
	@selftests/qemu/check.sh kernels

check-debug: tools
	@selftests/qemu/check.sh debug

clean:
	@[ ! -e $(KDIR) ] || $(KMAKE) clean
	$(MAKE) -C vmm-lite clean
	rm -rf $(BUILD)/module $(BUILD)/unit $(BUILD)/style $(BUILD)/logs $(BUILD)/host-base-*.cpio \
		$(BUILD)/selftests $(BUILD)/selftests-armhf $(BUILD)/vmm-lite-armhf

# Also what was downloaded and the debug kernel.
distclean: clean
	rm -rf $(BUILD)
