#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# 32-bit guests of an arm64 host: stock Debian armhf kernels, with LPAE and without, check the
# machine on 1, 2 and 4 vCPUs, one with memory beyond 4 GiB; what cannot be is refused.
# needs: guests32
# skip-on: neoverse|6.12 cortex-a57|6.1 max|^6.1 cortex-a72
# timeout: 400
# host-args: --smp 4
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh
export GUEST_MACHINE=armv7l

doctor() { vmm-lite doctor --dev "$DEV" | grep '^ok.*32-bit guests'; }
t "doctor has them" doctor

pin-vcpus &
pin=$!

guest() { t "Debian $1, $2 vCPUs" guest-run "/guest/Image-$1" "$2" "$3" --cpu aarch32; }
guest 6.1-lpae 1 3400
guest 6.1-armmp 2 256
guest 6.1-lpae 4 256

refused() {
	# shellcheck disable=SC2086	# none or two words
	within 20 vmm-lite run --dev "$DEV" --memory 256 --kernel "$2" --initrd /guest/initrd $3 > /tmp/out 2>&1
	code=$?
	cat /tmp/out
	[ "$code" = 1 ] && [ "$(wc -l < /tmp/out)" = 1 ] && grep -q -e "$1" /tmp/out
}
t "a zImage without --cpu aarch32" refused '--cpu aarch32' /guest/Image-6.1-lpae ""
head -c 3000000 /guest/Image-6.1-lpae > /tmp/cut
t "a zImage cut off" refused 'cut off' /tmp/cut "--cpu aarch32"
kill $pin
finish
