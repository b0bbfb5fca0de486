#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What building and testing needs on a Debian machine that is not ARM64: installs, as root, the
# packages that are missing; says which ones otherwise. "install-tools.sh debug": also what building
# a kernel needs.
set -eu

missing=
need() {	# need PACKAGE FILE...: PACKAGE is missing when one of the files is
	package=$1
	shift
	for f in "$@"; do
		case $f in
		/*) [ -e "$f" ] && continue ;;
		*) command -v "$f" > /dev/null && continue ;;
		esac
		missing="$missing $package"
		return
	done
}
need qemu-system-arm qemu-system-aarch64 qemu-system-arm
need gcc gcc
need libc6-dev /usr/include/stdio.h
need cpio cpio
need kmod /sbin/modinfo
need xz-utils xz
need zstd zstd
need libfdt-dev /usr/include/libfdt.h
[ "$(uname -m)" != aarch64 ] || need liburing-dev /usr/include/liburing.h
need zlib1g-dev /usr/include/zlib.h
need libzstd-dev /usr/include/zstd.h
need libext2fs-dev /usr/include/ext2fs/ext2fs.h
need comerr-dev /usr/include/et/com_err.h
need e2fsprogs /sbin/mke2fs
need fdisk /sbin/sfdisk
[ "$(id -u)" = 0 ] || need fakeroot fakeroot
need device-tree-compiler dtc
# The fuzzers. clang's runtime is a package of its own, named after the version, since clang 14.
need clang clang
if [ -n "$(command -v clang)" ]; then
	clang=$(clang -dumpversion)
	rt=$(clang -print-resource-dir)/lib/linux/libclang_rt.fuzzer-$(uname -m).a
else
	clang=$(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p')
	rt=/nowhere
fi
if [ -n "$(apt-cache search --names-only "^libclang-rt-${clang%%.*}-dev\$")" ]; then
	need "libclang-rt-${clang%%.*}-dev" "$rt"
fi
if [ "$(uname -m)" != aarch64 ]; then
	need libc6-dev-arm64-cross /usr/aarch64-linux-gnu/include/stdio.h
	# Debian's 6.1 and 6.12 were built by gcc 12; the machine's default does as well.
	if [ -z "$(command -v aarch64-linux-gnu-gcc-12)" ]; then
		need gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc
	fi
fi
need libc6-dev-armhf-cross /usr/arm-linux-gnueabihf/include/stdio.h
if [ -z "$(command -v arm-linux-gnueabihf-gcc-12)" ]; then
	need gcc-arm-linux-gnueabihf arm-linux-gnueabihf-gcc
fi
if [ "${1:-}" = debug ]; then
	need flex flex
	need bison bison
	need bc bc
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "armvirt: packages are missing; as root: apt-get install$missing" >&2
	exit 1
fi
echo "armvirt: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
apt-get -q install -y --no-install-recommends $missing ||
	{ apt-get -q update && apt-get -q install -y --no-install-recommends $missing; }
