#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# "make demo": fetches, builds and boots everything: QEMU as an ARM64 host, armvirt.ko in it, and a
# stock Debian kernel in a VM. On a terminal it ends in the guest's shell; without one the guest
# checks itself and the exit status says whether all was right.
set -eu -o pipefail
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

here=$TOP/selftests/qemu
host=nvhe gic=3 kernel=6.1 cpus=2 mib=512
while [ $# -gt 0 ]; do
	case $1 in
	--host)		host=$2 ;;
	--gic)		gic=$2 ;;
	--kernel)	kernel=$2 ;;
	--cpus)		cpus=$2 ;;
	*)		die "demo.sh: unknown option $1" ;;
	esac
	shift 2
done
case $host in
nvhe)	cpu=cortex-a57; [ "$gic" = 3 ] || cpu=cortex-a72 ;;
vhe)	cpu=max ;;
*)	die "HOST is nvhe or vhe" ;;
esac
case $gic in 2|3) ;; *) die "GIC is 2 or 3" ;; esac
case $kernel in 6.1|6.12) ;; *) die "KERNEL is 6.1 or 6.12" ;; esac

"$here/fetch-kernel.sh" "$kernel"
"$here/fetch-sysroot.sh"
progress "building armvirt.ko for $(cat "$BUILD/kernels/$kernel/version")" \
	"$here/build-module.sh" "$kernel" || die "the module does not build"
progress "building vmm-lite" make -s -C "$TOP/vmm-lite" CROSS_COMPILE=aarch64-linux-gnu- \
	SYSROOT="$BUILD/sysroot-arm64" STATIC=1 || die "vmm-lite does not build"
initrd=$("$here/guest-initrd.sh")

files=(--add "$TOP/vmm-lite/vmm-lite" --add "$initrd:/guest/initrd"
	--add "$BUILD/kernels/$kernel/Image:/guest/Image" --add "$here/guest-run")
machine=(--kernel "$kernel" --cpu "$cpu" --gic "$gic" --mem 2G --smp 2)
echo "armvirt: host: QEMU $cpu ($host), GICv$gic, Linux $(cat "$BUILD/kernels/$kernel/version")" >&2
echo "armvirt: guest: the same kernel, $cpus CPUs, $mib MiB" >&2

if [ -t 0 ] && [ -t 1 ]; then
	exec "$here/host.sh" "${machine[@]}" "${files[@]}" --verbose --tty --run "
		dmesg -n 1
		echo; echo 'This is the host: insmod armvirt.ko is done; now the VM. Ctrl-A x ends it.'
		vmm-lite run --dev \$DEV --kernel /guest/Image --initrd /guest/initrd --cpus $cpus \
			--memory $mib --append 'console=ttyAMA0'"
fi

start=$SECONDS
if "$here/host.sh" "${machine[@]}" "${files[@]}" --verbose --timeout 400 \
	--run "dmesg -n 3; GUEST_APPEND= guest-run /guest/Image $cpus $mib" |
	sed -u -n '/Linux version/,$p'; then
	echo "armvirt: the demo went right, $((SECONDS - start)) s from power-on to power-off"
else
	die "the demo failed"
fi
