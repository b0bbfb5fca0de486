#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A host whose device tree gives the GIC no maintenance interrupt, so no virtualization extensions.
# host-args: --no-gic-virt --no-insmod
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

dmesg -c > /dev/null
message=$(insmod /armvirt.ko 2>&1)
status=$?
t "insmod fails" [ $status != 0 ]
t "with ENODEV: $message" test "${message#*No such device}" != "$message"
lines=$(armvirt_lines)
t "one line in the log" [ "$(echo "$lines" | wc -l)" = 1 ]
t "that names the GIC: $lines" test "${lines#*GIC}" != "$lines"
t "EL2 is as it was" stubs_say "badca11|hcr"
finish
