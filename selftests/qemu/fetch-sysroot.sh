#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What user programs of ours are linked with and run beside: fetch-sysroot.sh [arm64|armhf] leaves
# in build/sysroot-ARCHITECTURE
# static busybox and the development files of the libraries vmm-lite uses (compile with
# -I .../usr/include, link statically with -L .../usr/lib/TRIPLET).
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

arch_setup "${1:-arm64}"
out=$SYSROOT
packages="busybox-static:arm64 libfdt-dev:arm64 zlib1g-dev:arm64 libzstd-dev:arm64 liburing-dev:arm64
libext2fs-dev:arm64 comerr-dev:arm64"
packages=${packages//arm64/$DEB_ARCH}
# It is complete when it was made of this list.
complete() { [ "$(cat "$out/complete" 2>/dev/null)" = "$packages" ]; }
complete && exit 0
mkdir -p "$BUILD"
exec 9> "$BUILD/.lock-sysroot-$DEB_ARCH"
flock 9
complete && exit 0

# The suite whose libc is the cross compiler's, so that static archives match it.
suite=bookworm
. /etc/os-release
[ "${VERSION_CODENAME:-}" = trixie ] && suite=trixie

rm -rf "$out"
apt_setup "$suite" "$DEB_ARCH" || die "cannot read the package lists of $suite"
# shellcheck disable=SC2086
apt_unpack "$out" $packages
if [ -e "$out/usr/bin/busybox" ]; then
	mkdir -p "$out/bin"
	mv "$out/usr/bin/busybox" "$out/bin/busybox"
fi
echo "$packages" > "$out/complete"
say "busybox and libraries for $DEB_ARCH are in ${out#"$TOP"/}"
