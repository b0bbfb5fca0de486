#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A disk alone boots: kernel, initrd and command line come from its file system, in a process that
# leaves nothing behind in the VMM. Layouts and damage are the unit tests' business.
# needs: guests
# skip-on: neoverse|max|gicv2|^6.12 |kvm|debug
# timeout: 120
# host-args: --mod loop --mod ext4 --mod crc32c_generic
# hosts: arm64 armhf
# Everything below is called through t, which shellcheck cannot see.
# shellcheck disable=SC2317
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

truncate -s 80M /d.img
loop=$(losetup -f)
losetup "$loop" /d.img
mke2fs "$loop" > /dev/null
mkdir -p /d
mount -t ext4 "$loop" /d
mkdir -p /d/boot /d/etc
cp "/guest/Image-$guest" /d/boot/vmlinuz-6.1
cp /guest/initrd /d/boot/initrd.img-6.1
ln -s boot/vmlinuz-6.1 /d/vmlinuz
ln -s boot/initrd.img-6.1 /d/initrd.img
umount /d

boots() {
	guest-run - 1 160 --disk /d.img > /tmp/boots 2>&1
	ret=$?
	grep -v '^\[' /tmp/boots
	grep -q "^vmm-lite: booting /d.img: /vmlinuz with 'root=UUID=.* console=ttyAMA0 .*guest_check=1" /tmp/boots &&
		return "$ret"
}
t "a guest from a disk image" boots

# What held its kernel and initrd is gone when it runs.
leaves_nothing() {
	mkfifo /tmp/in
	vmm-lite run --dev "$DEV" --memory 160 --disk /d.img --append guest_bench=1 < /tmp/in > /tmp/out 2>&1 &
	exec 3> /tmp/in
	wait_line 'Linux version' 1 /tmp/out || return 1
	# Of the VMM, and of nobody else: the child has ended.
	[ "$(pidof vmm-lite | wc -w)" = 1 ] || return 1
	ls -l "/proc/$!/fd"
	# shellcheck disable=SC2010
	! ls -l "/proc/$!/fd" | grep -q 'memfd:\(kernel\|initrd\|report\)\|/d.img.*/d.img'
	ret=$?
	kill $!
	return "$ret"
}
t "what was read does not stay in the VMM" leaves_nothing

fails() {
	within 20 vmm-lite run --dev "$DEV" --memory 160 --disk "$2" > /tmp/out 2>&1
	code=$?
	cat /tmp/out
	[ "$code" = 1 ] && [ "$(wc -l < /tmp/out)" = 1 ] && grep -q "$1" /tmp/out
}
head -c 3000000 /d.img > /cut.img
t "an image cut off" fails "is it cut off?" /cut.img
t "no image" fails "No such file" /none.img
finish
