# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The architectures of hosts, in each one's several names. To be sourced; needs TOP and BUILD.

# arch_of KERNEL: a kernel's Debian architecture, which follows from its name: those of the flavours
# armmp (without LPAE) and armmp-lpae end in the flavour's.
arch_of() {
	case $1 in
	*-lpae|*-armmp)	echo armhf ;;
	*)		echo arm64 ;;
	esac
}

# arch_setup DEBIAN-ARCHITECTURE: sets what builds, links and emulates for it: DEB_ARCH, KARCH (make's
# ARCH), CROSS (prefix of the compiler), TRIPLET, SYSROOT, VMM (vmm-lite, as the top Makefile leaves
# it), SELFTESTS (the folder of test programs), QEMU (the emulator) and KCC, the compiler
# for modules: Debian's header trees name one by version; it is the 12 that built those kernels where
# that is here.
# shellcheck disable=SC2034	# for those who source this
arch_setup() {
	DEB_ARCH=$1
	case $DEB_ARCH in
	arm64)	KARCH=arm64 TRIPLET=aarch64-linux-gnu QEMU=qemu-system-aarch64 ;;
	armhf)	KARCH=arm TRIPLET=arm-linux-gnueabihf QEMU=qemu-system-arm ;;
	*)	echo "armvirt: no architecture $DEB_ARCH here; there are arm64 and armhf" >&2; return 1 ;;
	esac
	CROSS=$TRIPLET-
	SYSROOT=$BUILD/sysroot-$DEB_ARCH
	VMM=$TOP/vmm-lite/vmm-lite
	SELFTESTS=$BUILD/selftests
	if [ "$DEB_ARCH" != arm64 ]; then
		VMM=$BUILD/vmm-lite-$DEB_ARCH/vmm-lite
		SELFTESTS+=-$DEB_ARCH
	fi
	KCC=${CROSS}gcc
	[ -z "$(command -v "$KCC-12")" ] || KCC=$KCC-12
	[ -z "$(command -v ccache)" ] || KCC="ccache $KCC"
}
