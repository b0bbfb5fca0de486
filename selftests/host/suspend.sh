#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Suspend-to-idle and back, first without, then under a running guest.
# needs: guests
# timeout: 180
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

[ -e /sys/power/state ] || { echo "1..0 # SKIP this kernel cannot suspend"; exit 4; }

log=/tmp/guest.log
beats() { grep -c 'guest: beat' $log; }
wait_beat() { wait_line 'guest: beat' "$1" "$log"; }
# The clock chip wakes the machine. On a busy one it may ring before all is asleep, and would not
# again: the count of wake-ups makes the kernel give up then, and it gets more time.
freeze() {
	for secs in 2 8 30; do
		count=$(cat /sys/power/wakeup_count)
		echo 0 > /sys/class/rtc/rtc0/wakealarm
		echo "+$secs" > /sys/class/rtc/rtc0/wakealarm
		echo "$count" > /sys/power/wakeup_count || continue
		echo freeze > /sys/power/state && return 0
	done
	return 1
}

t "suspend-to-idle with the module loaded" freeze
t "a guest afterwards" guest-run /guest/Image-$guest 2 256
beating_guest > $log 2>&1 &
vmm=$!
t "a guest runs" wait_beat 2
t "suspend-to-idle under it" freeze
before=$(beats)
t "it goes on" wait_beat $((before + 3))
kill $vmm
wait $vmm
finish
