#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# "make bench-io": disk and network of vmm-lite on armvirt beside Debian's QEMU on KVM, in one kind of
# machine whose clock counts instructions (-icount shift=3, 125 million in a second). While all its
# CPUs are idle the clock follows real time, so nothing else should run beside it.
# bench-io.sh [KERNEL [CPU]...]; 10 minutes each.
set -eu -o pipefail
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"
# shellcheck source=selftests/qemu/figures.sh
. "$(dirname "$0")/figures.sh"

here=$TOP/selftests/qemu
kernel=${1:-6.12}
shift || true
[ $# -gt 0 ] || set -- max

"$here/fetch-kernel.sh" "$kernel"
"$here/fetch-sysroot.sh"
tools=$("$here/fetch-io-tools.sh")
progress "building armvirt.ko" "$here/build-module.sh" "$kernel" || die "the module does not build"
make -s -C "$TOP/vmm-lite" CROSS_COMPILE=aarch64-linux-gnu- SYSROOT="$BUILD/sysroot-arm64" STATIC=1

# The guest's initrd with drivers, and io-guest over its guest-virtio.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/bin"
cp "$TOP/selftests/bench/io-guest" "$work/root/bin/guest-virtio"
{ cat "$("$here/guest-initrd.sh" --modules "$kernel")"
  (cd "$work/root" && find . -mindepth 1 | cpio -o -H newc --quiet -R 0:0); } > "$work/initrd"

measure() {	# measure CPU DEVICE -> lines "NAME MEDIAN"
	"$here/host.sh" --kernel "$kernel" --cpu "$1" --gic 3 --dev "$2" --mem 3G --timeout 3600 \
		--mod virtio_blk --mod tun --mod vhost_net --add "$TOP/vmm-lite/vmm-lite" \
		--add "$BUILD/kernels/$kernel/Image:/guest/Image" --add "$work/initrd:/guest/initrd" \
		--add "$TOP/selftests/bench/io-host" \
		--qemu "-icount shift=3 -drive file=$tools,if=none,id=t,format=raw,readonly=on -device virtio-blk-pci,drive=t" \
		--run io-host > "$BUILD/bench-io.log" || { tail "$BUILD/bench-io.log" >&2; die "no figures for $2"; }
	tr -d '\r' < "$BUILD/bench-io.log" | awk '/^io:/ { print $2, $3 }' | medians
}

for cpu in "$@"; do
	for dev in kvm armvirt; do
		say "measuring $dev on $cpu, Linux $kernel"
		measure "$cpu" $dev > "$BUILD/bench-io.$dev"
	done
	echo "host $cpu, Linux $kernel: QEMU on KVM, vmm-lite on armvirt, medians"
	compare "$BUILD/bench-io.kvm" "$BUILD/bench-io.armvirt" QEMU vmm-lite 36
done
