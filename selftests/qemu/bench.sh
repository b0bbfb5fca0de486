#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# "make bench": armvirt beside KVM, in instructions. QEMU counts them (-icount shift=3: one is 8 ns
# of the machine's clock, all CPUs of it together), so the figures do not depend on how busy the
# machine is that runs QEMU. bench.sh [KERNEL [CPU]...]
set -eu -o pipefail
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"
# shellcheck source=selftests/qemu/figures.sh
. "$(dirname "$0")/figures.sh"

here=$TOP/selftests/qemu
kernel=${1:-6.1}
shift || true
arch_setup "$(arch_of "$kernel")"
devices="kvm armvirt" cpus="1 2"
if [ "$DEB_ARCH" = armhf ]; then
	# With -icount QEMU has one CPU run until it yields or a timer is due. An ARMv7 kernel's CPUs
	# wait for each other without yielding, and two of them don't get through their boot.
	devices=armvirt cpus=1
	[ $# -gt 0 ] || set -- cortex-a15 cortex-a7
fi
[ $# -gt 0 ] || set -- cortex-a57 max
runs=${RUNS:-5}

"$here/fetch-kernel.sh" "$kernel"
progress "building armvirt.ko" "$here/build-module.sh" "$kernel" || die "the module does not build"
make -s -C "$TOP" ARCH="$KARCH" CROSS_COMPILE="$CROSS" vmm-lite
make -s -C "$TOP/selftests/bench" CROSS_COMPILE="$CROSS"
initrd=$("$here/guest-initrd.sh" --arch "$DEB_ARCH")

# Boot of a Debian kernel, from exec of vmm-lite to its end: milliseconds of the counted clock.
commands="
	boot() {
		vmm-lite run --dev \$DEV --kernel /guest/Image --initrd /guest/initrd --cpus \$1 \
			--memory 256M --append 'console=ttyAMA0 quiet guest_bench=1' > /tmp/out 2>&1 ||
			cat /tmp/out
	}
	for cpus in $cpus; do
		boot \$cpus
		for n in \$(seq 1 $runs); do
			read -r a rest < /proc/uptime
			boot \$cpus
			read -r b rest < /proc/uptime
			echo \"bench: boot-\$cpus \$a \$b\"
		done
	done
	ops"

measure() {	# measure CPU DEVICE -> lines "NAME VALUE"
	local gic=3
	# As all boards with one have it.
	[ "$1" != cortex-a7 ] || gic=2
	"$here/host.sh" --kernel "$kernel" --cpu "$1" --gic $gic --dev "$2" --mem 2G --timeout 900 \
		--smp "${cpus##* }" --qemu '-icount shift=3' --add "$VMM" --add "$initrd:/guest/initrd" \
		--add "$BUILD/kernels/$kernel/Image:/guest/Image" --add "$SELFTESTS/bench/ops" \
		--run "$commands" | tr -d '\r' | awk '
		/^bench: boot/ { print $2 "-Minstr", int(($4 - $3) * 125) }
		/^bench: op/ { print $3, $4 }' | medians
}

for cpu in "$@"; do
	for dev in $devices; do
		progress "measuring $dev on $cpu, Linux $kernel" true
		measure "$cpu" "$dev" > "$BUILD/bench.$dev"
	done
	echo "host $cpu, Linux $kernel: instructions (boot: millions), median"
	if [ "$devices" = armvirt ]; then
		awk '{ printf "%-24s %10d\n", $1, $2 }' "$BUILD/bench.armvirt"
		continue
	fi
	compare "$BUILD/bench.kvm" "$BUILD/bench.armvirt" KVM armvirt 24
done
