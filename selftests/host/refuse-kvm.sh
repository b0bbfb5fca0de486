#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A host whose KVM owns EL2: insmod is refused with the remedy, and KVM goes on working.
# host-args: --dev kvm --no-insmod
# needs: guests
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

t "KVM is there" test -e /dev/kvm
dmesg -c > /dev/null
message=$(insmod /armvirt.ko 2>&1)
status=$?
t "insmod fails" [ $status != 0 ]
t "with EBUSY: $message" test "${message#*busy}" != "$message"
lines=$(armvirt_lines)
t "one line in the log" [ "$(echo "$lines" | wc -l)" = 1 ]
t "with the remedy: $lines" test "${lines#*kvm-arm.mode=none}" != "$lines"
t "no device node" test ! -e /dev/armvirt
t "KVM still runs a guest" guest-run /guest/Image-6.1 1 256
finish
