#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What arm64 user programs of ours are linked with and run beside, below build/sysroot-arm64:
# static busybox and the development files of the libraries vmm-lite uses (compile with
# -I .../usr/include, link statically with -L .../usr/lib/aarch64-linux-gnu).
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

out=$BUILD/sysroot-arm64
packages="busybox-static:arm64 libfdt-dev:arm64 zlib1g-dev:arm64 libzstd-dev:arm64 liburing-dev:arm64
libext2fs-dev:arm64 comerr-dev:arm64"
# It is complete when it was made of this list.
complete() { [ "$(cat "$out/complete" 2>/dev/null)" = "$packages" ]; }
complete && exit 0
mkdir -p "$BUILD"
exec 9> "$BUILD/.lock-sysroot"
flock 9
complete && exit 0

# The suite whose libc is the cross compiler's, so that static archives match it.
suite=bookworm
. /etc/os-release
[ "${VERSION_CODENAME:-}" = trixie ] && suite=trixie

rm -rf "$out"
apt_setup "$suite" || die "cannot read the package lists of $suite"
# shellcheck disable=SC2086
apt_unpack "$out" $packages
if [ -e "$out/usr/bin/busybox" ]; then
	mkdir -p "$out/bin"
	mv "$out/usr/bin/busybox" "$out/bin/busybox"
fi
echo "$packages" > "$out/complete"
say "busybox and libraries for arm64 are in ${out#"$TOP"/}"
