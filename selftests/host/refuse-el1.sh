#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A host whose firmware started Linux at EL1: nothing armvirt can do, and it says so.
# host-args: --el1 --no-insmod
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

dmesg -c > /dev/null
message=$(insmod /armvirt.ko 2>&1)
status=$?
t "insmod fails" [ $status != 0 ]
t "with ENODEV: $message" test "${message#*No such device}" != "$message"
lines=$(armvirt_lines)
t "one line in the log" [ "$(echo "$lines" | wc -l)" = 1 ]
t "that names EL1: $lines" test "${lines#*EL1}" != "$lines"
t "no device node" test ! -e /dev/armvirt
finish
