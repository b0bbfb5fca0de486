#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A host whose firmware started Linux at EL1, or in SVC mode: nothing armvirt can do, and it says so.
# host-args: --el1 --no-insmod --smp 1
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

# An ARMv7 kernel in SVC mode is only seen by the timer that it uses.
case $(uname -m) in
armv7*)	error="busy" text="did not start Linux at EL2 (HYP)" ;;
*)	error="No such device" text="EL1" ;;
esac
dmesg -c > /dev/null
message=$(insmod /armvirt.ko 2>&1)
status=$?
t "insmod fails" [ $status != 0 ]
t "with the right error: $message" test "${message#*"$error"}" != "$message"
lines=$(armvirt_lines)
t "one line in the log" [ "$(echo "$lines" | wc -l)" = 1 ]
t "that names EL1: $lines" test "${lines#*"$text"}" != "$lines"
t "no device node" test ! -e /dev/armvirt
finish
