#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# fetch-programs.sh [arm64|armhf]: programs that vmm-lite starts, virtiofsd and passt, with the shared
# libraries they run with, flat in one folder, whose path is printed: build/programs-arm64. Debian 12
# has only an older virtiofsd, in C, so they are always Debian 13's, with the libc of that suite;
# nothing of ours is linked with that. Debian has no virtiofsd for armhf.
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

arch=${1:-arm64}
out=$BUILD/programs-$arch
case $arch in
arm64)	dir=aarch64-linux-gnu programs="usr/libexec/virtiofsd usr/bin/passt"
	libs="ld-linux-aarch64.so.1 libc.so.6 libgcc_s.so.1 libseccomp.so.2 libcap-ng.so.0"
	packages="virtiofsd passt libc6 libgcc-s1 libseccomp2 libcap-ng0" ;;
armhf)	dir=arm-linux-gnueabihf programs=usr/bin/passt
	libs="ld-linux-armhf.so.3 libc.so.6"
	packages="passt libc6" ;;
*)	die "fetch-programs.sh: '$arch' is neither arm64 nor armhf" ;;
esac
echo "$out"

# A list that has changed since is fetched anew.
complete() { [ "$(cat "$out/complete" 2> /dev/null)" = "$packages" ]; }
complete && exit 0
mkdir -p "$BUILD"
exec 9> "$BUILD/.lock-programs"
flock 9
complete && exit 0

rm -rf "$out"
apt_setup trixie "$arch" || die "cannot read the package lists of trixie"
# shellcheck disable=SC2046,SC2086
apt_unpack "$out.root" $(printf "%s:$arch " $packages)
mkdir "$out"
for f in $programs; do cp "$out.root/$f" "$out/"; done
for f in $libs; do cp -L "$out.root/usr/lib/$dir/$f" "$out/"; done
rm -rf "$out.root"
echo "$packages" > "$out/complete"
say "programs for $arch that vmm-lite starts are in ${out#"$TOP"/}"
