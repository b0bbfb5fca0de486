#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian's kernel of one series with the header tree to build modules against:
#   fetch-kernel.sh 5.10|6.1|6.12|testing|debug                 arm64, cloud flavour
#   fetch-kernel.sh 6.1-lpae|6.12-lpae|testing-lpae|6.1-armmp   armhf, with LPAE and without
# leaves build/kernels/SERIES/{vmlinuz,Image,headers,config,modules}; a zImage is its own Image.
# The newest of the suite at the time of the first run is kept; remove the directory to fetch again.
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

names="5.10, 6.1, 6.12, testing, debug, 6.1-lpae, 6.12-lpae, testing-lpae and 6.1-armmp"
series=${1:?usage: fetch-kernel.sh SERIES: $names}
case $series in
*-lpae)	 flavour=armmp-lpae ;;
*-armmp) flavour=armmp ;;
*)	 flavour=cloud-arm64 ;;
esac
arch_setup "$(arch_of "$series")"
case ${series%-*} in
5.10)	 suites=bullseye ;;
6.1)	 suites=bookworm ;;
6.12)	 suites="bookworm-backports trixie" ;;
testing) suites=testing ;;
debug)	 exec "$TOP/selftests/qemu/build-debug-kernel.sh" ;;
*)	 die "no kernel $series here; there are $names" ;;
esac

out=$BUILD/kernels/$series
[ -e "$out/complete" ] && exit 0

# Two targets of one make may want the same kernel.
mkdir -p "$BUILD/kernels"
exec 9> "$BUILD/kernels/.lock-$series"
flock 9
[ -e "$out/complete" ] && exit 0

# The header tree names itself and its common part by absolute paths; make them relative.
relocate_headers() {
	local tree=$1
	# shellcheck disable=SC2016
	sed -i -E -e 's,^KBUILD_OUTPUT=.*,KBUILD_OUTPUT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))),' \
		-e 's,(include )/usr/src/,\1$(dir $(lastword $(MAKEFILE_LIST)))../,' "$tree/Makefile"
	grep -q 'MAKEFILE_LIST' "$tree/Makefile" || die "unexpected Makefile in $tree"
}

# Packages name the tools by architecture-free names; they must run here.
pick_suite() {
	local suite
	for suite in $suites; do
		apt_setup "$suite" "$DEB_ARCH" || continue
		image=$(apt_deps "linux-image-$flavour" | grep '^linux-image-[0-9]' || true)
		headers=$(apt_deps "linux-headers-$flavour" | grep '^linux-headers-[0-9]' || true)
		[ -n "$image" ] && [ -n "$headers" ] && return 0
	done
	die "none of the suites $suites has a kernel package for $DEB_ARCH"
}

pick_suite
deps=$(apt_deps "$headers")
common=$(grep -- '-common$' <<< "$deps")
kbuild=$(grep '^linux-kbuild-' <<< "$deps" | sed 's/:.*//')
rm -rf "$out"
apt_unpack "$out/root" "$headers" "$common" "$kbuild:$BUILD_ARCH" "$image" || exit 1

# Newer packages ship the kernel image and the modules in packages of their own.
version=${image#linux-image-}
more=$(apt_deps "$image" | grep -E '^linux-(binary|modules)-' || true)
if [ -n "$more" ]; then
	# shellcheck disable=SC2086
	apt_unpack "$out/root" $more || exit 1
fi

cd "$out"
relocate_headers "root/usr/src/linux-headers-$version"
ln -sfn "root/usr/src/linux-headers-$version" headers
ln -sfn headers/.config config
modules=$(echo root/{,usr/}lib/modules/"$version" | tr ' ' '\n' | while read -r d; do
	[ ! -d "$d/kernel" ] || echo "$d"; done)
ln -sfn "$modules" modules
for f in "root/boot/vmlinuz-$version" "$modules/vmlinuz"; do
	[ ! -e "$f" ] || ln -sfn "$f" vmlinuz
done
[ -e vmlinuz ] || die "the packages of $version contain no kernel image"
# The plain Image, whatever Debian wraps it in; QEMU 7.2 does not know zboot. A zImage unpacks itself.
if [ "$DEB_ARCH" = arm64 ]; then
	"$TOP/selftests/qemu/unpack-image.sh" vmlinuz Image
else
	ln -sfn vmlinuz Image
fi
echo "$version" > version
touch complete
say "kernel $version is in ${out#"$TOP"/}"
