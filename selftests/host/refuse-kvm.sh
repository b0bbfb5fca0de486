#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A host whose KVM owns EL2: insmod is refused with the remedy, and KVM goes on working.
# host-args: --dev kvm --no-insmod
# needs: guests
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

t "KVM is there" test -e /dev/kvm
insmod_refused busy kvm-arm.mode=none
t "KVM still runs a guest" guest-run /guest/Image-6.1 1 256
finish
