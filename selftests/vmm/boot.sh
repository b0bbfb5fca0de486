#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stock Debian kernels with 1, 2 and 4 vCPUs, each to its own init, which checks the machine; an
# ARMv7 one with more memory than 31 bits count.
# needs: guests
# hosts: arm64 armhf
# timeout: 400
# skip-on: kvm
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

kernels="6.1 6.12"
[ "$arch" = arm64 ] || kernels="6.1-lpae 6.1-armmp"
for kernel in $kernels; do
	for cpus in 1 2 4; do
		mib=256
		[ "$kernel-$cpus" != 6.1-lpae-1 ] || mib=2304
		t "Debian $kernel, $cpus vCPUs" guest-run "/guest/Image-$kernel" $cpus $mib
	done
done
finish
