#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest's initrd, busybox and guest-init: guest-initrd.sh prints its path, build/guest.cpio.
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

here=$TOP/selftests/qemu
out=$BUILD/guest.cpio
"$here/fetch-sysroot.sh"
if [ ! -e "$out" ] || [ "$here/guest-init" -nt "$out" ]; then
	root=$(mktemp -d)
	trap 'rm -rf "$root"' EXIT
	mkdir -p "$root"/{bin,proc,sys,dev,tmp}
	cp "$BUILD/sysroot-arm64/bin/busybox" "$root/bin/"
	cp "$here/guest-init" "$root/init"
	chmod 755 "$root/init"
	(cd "$root" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) > "$out.$$"
	mv "$out.$$" "$out"
fi
echo "$out"
