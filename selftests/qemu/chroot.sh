#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian testing's kernel build tools need that suite's libc, and its kernel that suite's compiler:
# a minimal system of it, with make and the cross compiler, in build/chroot-testing (root only).
#   chroot.sh MODULE-DIR [make arguments]    builds armvirt.ko from the sources in MODULE-DIR there
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

src=${1:?usage: chroot.sh MODULE-DIR [make arguments]}
shift
root=$BUILD/chroot-testing
kernel=$BUILD/kernels/testing

if [ ! -e "$root/complete" ]; then
	[ "$(id -u)" = 0 ] || die "building for Debian testing needs root, for debootstrap"
	command -v debootstrap > /dev/null || apt-get -q install -y --no-install-recommends debootstrap
	rm -rf "$root"
	say "setting up a minimal Debian testing (1 minute, 500 MB)"
	mirror=$(apt_mirror)
	progress "debootstrap" debootstrap --variant=minbase --include=make,gcc-aarch64-linux-gnu,libc6-dev \
		testing "$root" "$mirror" || die "debootstrap failed"
	rm -rf "$root"/var/cache/apt/archives/*.deb
	touch "$root/complete"
fi

# The header tree at the place its own Makefiles name.
if [ ! -e "$root/headers-$(cat "$kernel/version")" ]; then
	cp -a "$kernel/root/usr/src" "$kernel/root/usr/lib" "$root/usr/" 2>/dev/null || true
	touch "$root/headers-$(cat "$kernel/version")"
fi

# No mounts: the sources go in and the module comes out by copying.
mkdir -p "$root/armvirt" "$root/dev"
[ -c "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
(cd "$src" && cp -a --parents -u -t "$root/armvirt" Kbuild kmod uapi selftests)
status=0
chroot "$root" make -s -C "/usr/src/linux-headers-$(cat "$kernel/version")" M=/armvirt ARCH=arm64 \
	CROSS_COMPILE=aarch64-linux-gnu- CC=aarch64-linux-gnu-gcc CONFIG_DEBUG_INFO_BTF_MODULES= \
	ARMVIRT_SELFTESTS=m W=1 -j"$(nproc)" --no-print-directory "$@" modules || status=$?
for m in kmod/armvirt.ko selftests/host/stub.ko; do
	[ ! -e "$root/armvirt/$m" ] || cp "$root/armvirt/$m" "$src/$m"
done
exit $status
