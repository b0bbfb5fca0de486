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
lines=$(dmesg | grep -c 'armvirt: ')
t "one line in the log" [ "$lines" = 1 ]
t "that names EL1: $(dmesg | sed -n 's/.*armvirt: //p')" sh -c 'dmesg | grep "armvirt: .*EL1"'
t "no device node" test ! -e /dev/armvirt
finish
