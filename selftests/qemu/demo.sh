#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# "make demo": fetches, builds and boots everything: QEMU as a host, armvirt.ko in it, and
# Debian from a disk image in a VM, or with ROOT=initrd only its kernel and busybox. On a terminal it
# ends at the guest's login or shell; without one the guest checks itself and the exit status says
# whether all was right. GUEST=arm32: Debian's armhf in a 32-bit VM of an ARM64 host. An armhf KERNEL
# (ARCH=arm): the host is an ARMv7 machine, and so is the guest.
set -eu -o pipefail
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

here=$TOP/selftests/qemu
host=nvhe gic=3 kernel=6.1 cpus=2 mib=512 root=disk guest=arm64
while [ $# -gt 0 ]; do
	case $1 in
	--host)		host=$2 ;;
	--gic)		gic=$2 ;;
	--kernel)	kernel=$2 ;;
	--cpus)		cpus=$2 ;;
	--root)		root=$2 ;;
	--guest)	guest=$2 ;;
	*)		die "demo.sh: unknown option $1" ;;
	esac
	shift 2
done
case $kernel in
6.1|6.12)		hosts="nvhe or vhe" ;;
6.1-lpae|6.12-lpae)	hosts="a15 or a7" guest=arm32 ;;
*)	die "KERNEL is 6.1 or 6.12, with ARCH=arm 6.1-lpae or 6.12-lpae" ;;
esac
arch_setup "$(arch_of "$kernel")"
case $DEB_ARCH-$host in
arm64-nvhe)	cpu=cortex-a57; [ "$gic" = 3 ] || cpu=cortex-a72 ;;
arm64-vhe)	cpu=max ;;
armhf-a15)	cpu=cortex-a15 ;;
armhf-a7)	cpu=cortex-a7 ;;
*)	die "HOST is $hosts" ;;
esac
case $gic in 2|3) ;; *) die "GIC is 2 or 3" ;; esac
case $root in disk|initrd) ;; *) die "ROOT is disk or initrd" ;; esac
guest_arch=arm64 guest_kernel=$kernel machine_name=aarch64 more="" smp=2
case $guest in
arm64)	;;
arm32)	guest_arch=armhf machine_name=armv7l
	if [ "$DEB_ARCH" = arm64 ]; then
		# Each vCPU has a CPU of its own: see pin-vcpus.
		guest_kernel=$kernel-lpae more="--cpu aarch32" smp=$((cpus > smp ? cpus : smp))
	fi ;;
*)	die "GUEST is arm64 or arm32" ;;
esac

"$here/fetch-kernel.sh" "$kernel"
"$here/fetch-sysroot.sh" "$DEB_ARCH"
progress "building armvirt.ko for $(cat "$BUILD/kernels/$kernel/version")" \
	"$here/build-module.sh" "$kernel" || die "the module does not build"
progress "building vmm-lite" make -s -C "$TOP" vmm-lite ARCH="$KARCH" CROSS_COMPILE="$CROSS" || die "vmm-lite does not build"

files=(--add "$VMM" --add "$here/pin-vcpus")
if [ "$root" = disk ]; then
	# What the guest writes is gone afterwards.
	image=$("$here/debian-image.sh" --arch "$guest_arch")
	drive="-drive file=$image,if=none,id=d,format=raw,snapshot=on,cache=unsafe"
	files+=(--add "$here/debian-run" --mod virtio_mmio --mod virtio_blk --mod tun
		--qemu "$drive -device virtio-blk-device,drive=d")
	tty="debian-run tty $cpus $mib $more"
	check="debian-run check $cpus $mib $more"
	# As an ARMv7 machine on a busy one it has been seen to take half an hour.
	limit=2400
	what="Debian from a disk image"
else
	"$here/fetch-kernel.sh" "$guest_kernel"
	initrd=$("$here/guest-initrd.sh" --arch "$guest_arch")
	files+=(--add "$initrd:/guest/initrd" --add "$BUILD/kernels/$guest_kernel/Image:/guest/Image"
		--add "$here/guest-run")
	tty="vmm-lite run --dev \$DEV --kernel /guest/Image --initrd /guest/initrd --cpus $cpus
		--memory $mib $more --append 'console=ttyAMA0'"
	check="GUEST_APPEND= GUEST_MACHINE=$machine_name guest-run /guest/Image $cpus $mib $more"
	limit=400
	what="Linux $(cat "$BUILD/kernels/$guest_kernel/version")"
fi
[ "$guest_arch" = "$DEB_ARCH" ] || { tty="pin-vcpus & $tty" check="pin-vcpus & $check"; }
machine=(--kernel "$kernel" --cpu "$cpu" --gic "$gic" --mem 2G --smp "$smp")
echo "armvirt: host: QEMU $cpu ($host), GICv$gic, Linux $(cat "$BUILD/kernels/$kernel/version")" >&2
echo "armvirt: guest: $what, $cpus CPUs, $mib MiB" >&2

if [ -t 0 ] && [ -t 1 ]; then
	[ "$root" = initrd ] || echo "armvirt: log in as root, without a password; it takes a minute" >&2
	exec "$here/host.sh" "${machine[@]}" "${files[@]}" --verbose --tty --run "
		dmesg -n 1
		echo; echo 'This is the host: insmod armvirt.ko is done; now the VM. Ctrl-A x ends it.'
		${tty//[$'\n\t']/ }"
fi

start=$SECONDS
if "$here/host.sh" "${machine[@]}" "${files[@]}" --verbose --timeout $limit \
	--run "dmesg -n 3; $check" |
	sed -u -n '/Linux version/,$p'; then
	echo "armvirt: the demo went right, $((SECONDS - start)) s from power-on to power-off"
else
	die "the demo failed"
fi
