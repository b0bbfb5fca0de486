#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Memory that a guest used once returns to the host: by pages that it reports to be free, and by a
# balloon.
# needs: guests
# skip-on: neoverse|6.1 max|cortex-a72|^6.1 cortex-a57 gicv3 armvirt|6.1-lpae
# timeout: 400
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh
mkdir -p /w

rss() { awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$(pidof vmm-lite)/status"; }
# at TEXT: the VMM's memory when the guest says so, in MiB.
at() { wait_line "guest: $1" 1 /w/log > /dev/null && rss; }

# returns SIZE: the guest has used more than 200 MiB; at most 150 may be left.
returns() {
	: > /w/log
	virtio_guest balloon 2 448 --balloon "$1" > /w/log 2>&1 &
	before=$(at used)
	after=$(at gave)
	wait $!
	ret=$?
	gave=$(sed -n 's/guest: gave \([0-9-]*\) MiB/\1/p' /w/log)
	echo "VmRSS was $before MiB, then $after MiB; free in the guest: $gave MiB less"
	cat /w/log
	[ "$ret" = 0 ] && [ "$before" -gt 200 ] && [ "$after" -lt 150 ] &&
		[ "$gave" -ge $(($1 - 20)) ] && [ "$gave" -le $(($1 + 40)) ]
}
t "free pages are reported" returns 0
t "a balloon of 180 MiB" returns 180

t "a balloon of all memory" one_line 'must leave' --balloon 128
t "no size" one_line 'is no size' --balloon big
finish
