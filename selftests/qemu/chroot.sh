#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian testing's kernel build tools need that suite's libc, and its kernel that suite's compiler:
# a minimal system of it, with make and the cross compiler, in build/chroot-testing (root only).
#   chroot.sh KERNEL MODULE-DIR [make arguments]    builds armvirt.ko for testing or testing-lpae from
#                                                   the sources in MODULE-DIR there
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

usage="usage: chroot.sh KERNEL MODULE-DIR [make arguments]"
name=${1:?$usage}
src=${2:?$usage}
shift 2
arch_setup "$(arch_of "$name")"
root=$BUILD/chroot-testing
kernel=$BUILD/kernels/$name

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

# The compiler for another architecture comes when it is first needed.
if [ ! -e "$root/usr/bin/${CROSS}gcc" ]; then
	say "adding ${CROSS}gcc to the minimal Debian testing"
	# A suite that is no longer updated must still answer, as in apt.sh.
	progress "apt-get" chroot "$root" sh -c "apt-get -qq -o Acquire::Check-Valid-Until=false update &&
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends gcc-$TRIPLET" ||
		die "no ${CROSS}gcc in Debian testing"
	rm -rf "$root"/var/cache/apt/archives/*.deb
fi

# The header tree at the place its own Makefiles name.
if [ ! -e "$root/headers-$(cat "$kernel/version")" ]; then
	cp -a "$kernel/root/usr/src" "$kernel/root/usr/lib" "$root/usr/" 2>/dev/null || true
	touch "$root/headers-$(cat "$kernel/version")"
fi

# No mounts: the sources go in and the module comes out by copying.
work=armvirt-$name
mkdir -p "$root/$work" "$root/dev"
[ -c "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
(cd "$src" && cp -a --parents -u -t "$root/$work" Kbuild kmod uapi selftests)
status=0
chroot "$root" make -s -C "/usr/src/linux-headers-$(cat "$kernel/version")" M="/$work" ARCH="$KARCH" \
	CROSS_COMPILE="$CROSS" CC="${CROSS}gcc" CONFIG_DEBUG_INFO_BTF_MODULES= \
	ARMVIRT_SELFTESTS=m W=1 -j"$(nproc)" --no-print-directory "$@" modules || status=$?
for m in kmod/armvirt.ko selftests/host/stub.ko; do
	[ ! -e "$root/$work/$m" ] || cp "$root/$work/$m" "$src/$m"
done
exit $status
