#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# 32-bit guests of an arm64 host: stock Debian armhf kernels, with LPAE and without, check the
# machine on 1, 2 and 4 vCPUs; disk and network; what cannot be is refused.
# needs: guests32
# skip-on: neoverse
# timeout: 500
# host-args: --mod tun
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh
export GUEST_MACHINE=armv7l

if ! vmm-lite doctor --dev "$DEV" | grep -q '^ok.*32-bit guests'; then
	skip "32-bit guests" "not on this host"
	finish
fi
for kernel in 6.1-lpae 6.1-armmp; do
	for cpus in 1 2 4; do
		t "Debian $kernel, $cpus vCPUs" guest-run /guest/Image-$kernel $cpus 256 --cpu aarch32
	done
done
t "3 GiB of memory, some of it above 4 GiB" guest-run /guest/Image-6.1-lpae 2 3400 --cpu aarch32

# What guest-virtio writes into the first disk and reads back; data both ways and large packets.
mkdir -p /d /dev/net /w
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
truncate -s 40M /d/a
truncate -s 4M /d/b
truncate -s 20M /d/c
echo read-only | dd of=/d/b conv=notrunc 2> /dev/null
disk() {
	GUEST_INITRD=/guest/initrd-6.1-lpae GUEST_TESTS=disk guest-run /guest/Image-6.1-lpae 2 256 \
		--cpu aarch32 --disk /d/a,id=first --disk /d/b,ro --disk /d/c
}
t "disks" disk

tunctl -t tap0 > /dev/null && ip addr add 10.9.8.1/24 dev tap0 && ip link set tap0 up
dd if=/dev/urandom of=/w/data bs=1M count=8 2> /dev/null
md5sum < /w/data | cut -d' ' -f1 > /w/sum
httpd -p 8080 -h /w
mkfifo /w/no-end
net() {
	(nc -l -p 8081 0<> /w/no-end | md5sum > /w/got.new; mv /w/got.new /w/got) &
	GUEST_INITRD=/guest/initrd-6.1-lpae GUEST_TESTS=net,rng guest-run /guest/Image-6.1-lpae 2 256 \
		--cpu aarch32 --net tap=tap0 --rng
}
t "network and random numbers" net

refused() {
	# shellcheck disable=SC2086	# none or two words
	timeout 20 vmm-lite run --dev "$DEV" --memory 256 --kernel "$2" --initrd /guest/initrd $3 > /tmp/out 2>&1
	code=$?
	cat /tmp/out
	[ "$code" = 1 ] && [ "$(wc -l < /tmp/out)" = 1 ] && grep -q -e "$1" /tmp/out
}
t "a zImage without --cpu aarch32" refused '--cpu aarch32' /guest/Image-6.1-lpae ""
head -c 3000000 /guest/Image-6.1-lpae > /tmp/cut
t "a zImage cut off" refused 'cut off' /tmp/cut "--cpu aarch32"
finish
