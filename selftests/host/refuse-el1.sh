#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A host whose firmware started Linux at EL1, or in SVC mode: nothing armvirt can do, and it says so.
# host-args: --el1 --no-insmod --smp 1
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

# An ARMv7 kernel in SVC mode is only seen by the timer that it uses.
if [ "$arch" = arm ]; then
	insmod_refused busy "did not start Linux at EL2 (HYP)"
else
	insmod_refused "No such device" EL1
fi
finish
