#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# An ARMv7 host whose CPU has no virtualization extensions.
# host-args: --no-virt --no-insmod
# hosts: armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

dmesg -c > /dev/null
message=$(insmod /armvirt.ko 2>&1)
status=$?
t "insmod fails" [ $status != 0 ]
t "with ENODEV: $message" test "${message#*No such device}" != "$message"
lines=$(armvirt_lines)
t "one line in the log" [ "$(echo "$lines" | wc -l)" = 1 ]
t "that names the CPU: $lines" test "${lines#*no virtualization extensions}" != "$lines"
t "no device node" test ! -e /dev/armvirt
finish
