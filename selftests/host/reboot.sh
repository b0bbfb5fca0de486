#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A reboot with the module loaded and a guest running: the machine must really restart. It runs
# without a second boot (QEMU ends at the reset), so the verdict is given before; a machine that
# hangs instead runs into the harness's time limit and fails there.
# needs: guests
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

beating_guest > /tmp/log 2>&1 &
t "a guest runs" wait_line 'guest: beat' 1 /tmp/log
dmesg -n 1
nonce=$(sed -n 's/.*host_nonce=\([^ ]*\).*/\1/p' /proc/cmdline)
echo "1..$tap_n"
echo "@@end host/reboot.sh $tap_failed"
echo "@@dmesg-begin $nonce"
dmesg
echo "@@dmesg-end $nonce"
echo "@@exit $nonce 0"
reboot -f
