#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Disks: what a guest writes is what it reads, errors of the host reach it, and what it has flushed
# survives the VMM.
# needs: guests
# skip-on: neoverse|6.1 max|^6.1 cortex-a57 gicv3 armvirt|6.12-lpae
# timeout: 600
# host-args: --mod loop --mod ext4 --mod crc32c_generic
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh
mkdir -p /d
export GUEST_TIMEOUT=200
new() { rm -f "/d/$1"; truncate -s "$2" "/d/$1"; }
# disk TESTS DISK...: a guest with these disks
disk() {
	disk_tests=$1
	shift
	for d; do
		set -- "$@" --disk "$d"
		shift
	done
	virtio_guest "$disk_tests" 2 160 "$@"
}

# cache=none needs a file system that can do it, and the initramfs is none.
truncate -s 96M /d.img
loop=$(losetup -f)
losetup "$loop" /d.img
mke2fs "$loop" > /dev/null
mount -t ext4 "$loop" /d
new a 40M
new b 4M
new c 20M
echo read-only | dd of=/d/b conv=notrunc 2> /dev/null
t "data, file systems, resets, read-only, cache=none" disk disk /d/a,id=first /d/b,ro /d/c,cache=none
rm /d/c

if [ -e /proc/sys/kernel/io_uring_disabled ]; then
	new c 20M
	echo 2 > /proc/sys/kernel/io_uring_disabled
	t "the same without io_uring" disk disk /d/a,id=first /d/b,ro /d/c,cache=none
	echo 0 > /proc/sys/kernel/io_uring_disabled
	rm /d/c
else
	skip "the same without io_uring" "this kernel can't forbid it"
fi

# 40 MiB promised, 16 there; and a file of 8 MiB that somebody cuts to 1 under the guest.
full() {
	mkdir -p /f
	mount -t tmpfs -o size=16m tmpfs /f || return 1
	truncate -s 40M /f/a
	echo first | dd of=/f/a conv=notrunc 2> /dev/null
	new b 8M
	(sleep 3; truncate -s 1M /d/b) &
	disk full /f/a /d/b
}
t "a full host and a file cut short are errors of the disk" full

# Ring traffic never comes to the run loop: no access to a register between the two looks. The
# memory is locked here, and so is registered with io_uring, as is the file.
counters() {
	kill -USR1 "$(pidof vmm-lite)"
	wait_line 'disk at .* accesses' "$1" /tmp/traffic.log
	sed -n 's/.*disk at .*: \([0-9]*\) requests.* \([0-9]*\) register accesses.*/\1 \2/p' /tmp/traffic.log |
		sed -n "$1p"
}
# 160 MiB locked, which are one buffer.
registered() {
	[ "$(awk '/VmLck/ { print $2 }' /tmp/registered)" -ge 163840 ] && grep -q 'UserBufs:[^0-9]*1$' /tmp/registered &&
		grep -q 'UserFiles:[^0-9]*[1-9]' /tmp/registered
}
traffic() {
	new a 40M
	(virtio_guest traffic 2 160 --lock-memory --disk /d/a,num-queues=1 > /tmp/traffic.log 2>&1
	 echo "guest-run: $?" >> /tmp/traffic.log) &
	wait_line 'guest: traffic begins' 1 /tmp/traffic.log || return 1
	# shellcheck disable=SC2046
	set -- $(counters 1)
	wait_line 'guest: traffic ends' 1 /tmp/traffic.log || return 1
	# shellcheck disable=SC2046
	set -- "$@" $(counters 2)
	grep -h '^User\(Files\|Bufs\):' "/proc/$(pidof vmm-lite)"/fdinfo/* > /tmp/registered
	grep 'VmLck' "/proc/$(pidof vmm-lite)/status" >> /tmp/registered
	wait
	grep 'disk at\|guest:\|guest-run:\|vmm-lite:\|cmp:' /tmp/traffic.log
	cat /tmp/registered
	registered && grep -q 'guest-run: 0' /tmp/traffic.log &&
		[ $# = 4 ] && [ "$2" -gt 0 ] && [ $(($3 - $1)) -ge 2400 ] || return 1
	# On ARMv7 each interrupt has a read of its status, which no page of the guest's can answer.
	case $arch in
	arm)	[ "$4" -gt "$2" ] && [ $(($4 - $2)) -le $(($3 - $1)) ] ;;
	*)	[ "$2" = "$4" ] ;;
	esac
}
t "no exit to the run loop for 2400 requests" traffic

flushed() {
	new a 40M
	(disk flush /d/a > /tmp/flush.log 2>&1) &
	wait_line 'guest: synced' 1 /tmp/flush.log || return 1
	kill -KILL "$(pidof vmm-lite)"
	[ "$(dd if=/d/a bs=512 skip=2048 count=1 2> /dev/null | head -n 1)" = synced-data ]
}
t "what was flushed survives kill -9" flushed

new a 40M
: > /d/empty
t "no such file" one_line 'No such file' --disk /d/none
t "an empty file" one_line truncate --disk /d/empty
t "a folder" one_line 'directory\|neither' --disk /d
t "an unknown option" one_line "'fast' is no option" --disk /d/a,fast
t "too many queues" one_line "'num-queues=5' is no option" --disk /d/a,num-queues=5
t "no file" one_line 'needs a path' --disk ,ro
in_use() {
	vmm-lite run --dev "$DEV" --kernel "/guest/Image-$virtio" --memory 128 --disk /d/a > /dev/null 2>&1 &
	sleep 2
	one_line 'in use' --disk /d/a
	ret=$?
	kill $!
	return "$ret"
}
t "a disk that another VM has" in_use
finish
