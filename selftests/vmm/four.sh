#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Four VMs at once, each with a disk and a network of its own, all of them busy.
# needs: guests
# skip-on: neoverse|max|cortex-a72|6.12 cortex|6.1-lpae
# timeout: 400
# host-args: --mod tun --mod vhost_net
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh
mkdir -p /dev/net /w
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
ip link set lo up
dd if=/dev/urandom of=/w/data bs=1M count=4 2> /dev/null
md5sum < /w/data | cut -d' ' -f1 > /w/sum
httpd -p 8080 -h /w
export GUEST_TIMEOUT=300

# vm N VHOST: the third number of its addresses is N
vm() {
	tunctl -t "tap$1" > /dev/null && ip addr add "10.9.$1.1/24" dev "tap$1" && ip link set "tap$1" up
	truncate -s 24M "/w/disk$1"
	GUEST_APPEND="quiet guest_net=10.9.$1" virtio_guest both 1 160 --disk "/w/disk$1" \
		--net "tap=tap$1,vhost=$2" > "/tmp/vm$1.log" 2>&1
	echo $? > "/tmp/vm$1.status"
}
four() {
	vm 1 off & vm 2 on & vm 3 off & vm 4 on &
	wait
	for i in 1 2 3 4; do
		[ "$(cat "/tmp/vm$i".status)" = 0 ] || { echo "VM $i:"; tail -n 12 "/tmp/vm$i".log; return 1; }
	done
}
t "four VMs with disk and network at once" four
finish
