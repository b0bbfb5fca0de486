#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs that vmm-lite starts, virtiofsd and passt, for arm64 with the shared libraries they run
# with, flat in one folder, whose path is printed: build/programs-arm64. Debian 12 has only an older
# virtiofsd, in C, so they are always Debian 13's, with the libc of that suite; nothing of ours is
# linked with that.
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

out=$BUILD/programs-arm64
libs="ld-linux-aarch64.so.1 libc.so.6 libgcc_s.so.1 libseccomp.so.2 libcap-ng.so.0"
packages="virtiofsd passt libc6 libgcc-s1 libseccomp2 libcap-ng0"
echo "$out"

# A list that has changed since is fetched anew.
complete() { [ "$(cat "$out/complete" 2> /dev/null)" = "$packages" ]; }
complete && exit 0
mkdir -p "$BUILD"
exec 9> "$BUILD/.lock-programs"
flock 9
complete && exit 0

rm -rf "$out"
apt_setup trixie || die "cannot read the package lists of trixie"
# shellcheck disable=SC2046,SC2086
apt_unpack "$out.root" $(printf '%s:arm64 ' $packages)
mkdir "$out"
cp "$out.root/usr/libexec/virtiofsd" "$out.root/usr/bin/passt" "$out/"
for lib in $libs; do
	cp -L "$out.root/usr/lib/aarch64-linux-gnu/$lib" "$out/"
done
rm -rf "$out.root"
echo "$packages" > "$out/complete"
say "virtiofsd and passt for arm64 are in ${out#"$TOP"/}"
