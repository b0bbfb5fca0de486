#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest's initrd, busybox and guest-init: guest-initrd.sh [--arch armhf] prints its path,
# build/guest.cpio or build/guest-armhf.cpio.
# guest-initrd.sh --modules KERNEL: one that also has Debian's drivers for our virtio devices, which
# guest-init loads, build/guest-KERNEL.cpio.
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"
# shellcheck source=selftests/qemu/add-mod.sh
. "$(dirname "$0")/add-mod.sh"

here=$TOP/selftests/qemu
drivers="virtio_mmio virtio_blk virtio_net virtio-rng virtio_balloon virtio_console
	vmw_vsock_virtio_transport virtiofs ext4 crc32c_generic"

newc() { (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0); }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

case ${1:-} in
--arch)	arch_setup "$2" ;;
--modules) arch_setup "$(arch_of "$2")" ;;
*)	arch_setup arm64 ;;
esac
out=$BUILD/guest.cpio
[ "$DEB_ARCH" = arm64 ] || out=$BUILD/guest-$DEB_ARCH.cpio
"$here/fetch-sysroot.sh" "$DEB_ARCH"
if [ ! -e "$out" ] || [ "$here/guest-init" -nt "$out" ] || [ "$here/guest-virtio" -nt "$out" ]; then
	mkdir -p "$root"/base/{bin,proc,sys,dev,tmp}
	cp "$SYSROOT/bin/busybox" "$root/base/bin/"
	cp "$here/guest-init" "$root/base/init"
	cp "$here/guest-virtio" "$root/base/bin/"
	chmod 755 "$root/base/init" "$root/base/bin/guest-virtio"
	newc "$root/base" > "$out.$$"
	mv "$out.$$" "$out"
fi
if [ "${1:-}" = --modules ]; then
	with=$BUILD/guest-$2.cpio
	if [ ! -e "$with" ] || [ "$out" -nt "$with" ] || [ "$0" -nt "$with" ]; then
		"$here/fetch-kernel.sh" "$2"
		for m in $drivers; do
			add_mod "$BUILD/kernels/$2/modules" "$root/mods/modules" "$m"
		done
		{ cat "$out"; newc "$root/mods"; } > "$with.$$"
		mv "$with.$$" "$with"
	fi
	out=$with
fi
echo "$out"
