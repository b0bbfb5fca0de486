#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A guest with 8 vCPUs on a host of 2 CPUs, then 8 VMs at once.
# needs: guests
# timeout: 400
# skip-on: kvm|neoverse-n1|^6.12 cortex-a57|6.1-lpae|^6.1 cortex-a72
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

GUEST_TIMEOUT=180
export GUEST_TIMEOUT
t "8 vCPUs on $(nproc) CPUs" guest-run "/guest/Image-$guest" 8 256
eight() {
	for i in 1 2 3 4 5 6 7 8; do
		{ guest-run "/guest/Image-$guest" 1 160 > "/tmp/vm$i".log 2>&1; echo $? > "/tmp/vm$i".status; } &
	done
	wait
	for i in 1 2 3 4 5 6 7 8; do
		[ "$(cat "/tmp/vm$i".status)" = 0 ] || { echo "VM $i:"; tail -n 12 "/tmp/vm$i".log; return 1; }
	done
}
t "8 VMs at once" eight
finish
