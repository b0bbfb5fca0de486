#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What bench-io.sh measures with, as a file system image whose path is printed: Debian's QEMU for
# arm64, fio, iperf3 and sockperf with the libraries they need, build/io-tools.img.
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

out=$BUILD/io-tools.img
packages="qemu-system-arm:arm64 fio:arm64 iperf3:arm64 sockperf:arm64"
echo "$out"
[ ! -e "$out" ] || exit 0
exec 9> "$BUILD/.lock-io-tools"
flock 9
[ ! -e "$out" ] || exit 0

root=$BUILD/io-tools
rm -rf "$root" "$root.debs"
mkdir -p "$root" "$root.debs/archives/partial"
apt_setup bookworm || die "cannot read the package lists of bookworm"
# Nothing is installed in this configuration, so all that they depend on comes too.
# shellcheck disable=SC2086
progress "downloading Debian's QEMU, fio, iperf3 and sockperf" apt-get -qq -y -d \
	-o Dir::Cache="$root.debs" -o Debug::NoLocking=1 --no-install-recommends install $packages ||
	die "cannot download $packages"
progress "unpacking" unpack_all "$root.debs/archives" "$root" || die "cannot unpack $packages"
# Where io-host mounts: of these packages' dependencies none need have them.
mkdir -p "$root"/{dev,proc,sys,tmp}
rm -rf "$root"/usr/share/{doc,man,locale,info,zoneinfo} "$root"/usr/lib/python3*
truncate -s 600M "$out.new"
mke2fs -q -F -t ext4 -O ^has_journal -d "$root" "$out.new"
mv "$out.new" "$out"
rm -rf "$root" "$root.debs"
