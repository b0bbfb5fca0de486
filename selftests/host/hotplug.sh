#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# CPU 1 goes off and on 50 times, on ARMv7, which takes longer, 20 times, under a running guest of two
# busy vCPUs, which must go on beating.
# needs: guests
# timeout: 240
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

log=/tmp/guest.log
cpu1=/sys/devices/system/cpu/cpu1/online
beats() { grep -c 'guest: beat' $log; }
# wait_beat N: until the guest has beaten N times.
wait_beat() { wait_line 'guest: beat' "$1" "$log"; }
cycle() {
	i=0
	while [ "$i" -lt "$1" ]; do
		i=$((i + 1))
		echo 0 > "$cpu1" || { echo "CPU 1 does not go off, cycle $i"; return 1; }
		usleep 50000
		echo 1 > "$cpu1" || { echo "CPU 1 does not come on, cycle $i"; return 1; }
		usleep 50000
	done
}

beating_guest > $log 2>&1 &
vmm=$!
t "the guest runs" wait_beat 2
cycles=50
[ "$arch" = arm64 ] || cycles=20
t "CPU 1 off and on $cycles times" cycle $cycles
before=$(beats)
t "the guest still beats" wait_beat $((before + 3))
t "the guest saw no trouble" sh -c "! grep -E 'stall|BUG|WARNING|lockup' $log"
kill $vmm
wait $vmm
if [ "$DEV" = /dev/armvirt ]; then
	echo 0 > "$cpu1"
	t "rmmod with CPU 1 off" rmmod armvirt
	t "insmod with CPU 1 off" insmod /armvirt.ko
	echo 1 > "$cpu1"
	t "and a guest on both CPUs" guest-run /guest/Image-$guest 2 256
fi
finish
