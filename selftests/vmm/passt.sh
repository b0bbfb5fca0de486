#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The network through passt: address by DHCP, data both ways, a forwarded port, and passt's end.
# needs: guests programs
# skip-on: neoverse|6.1 max|cortex-a72|^6.1 cortex-a57 gicv3 armvirt|6.1-lpae
# timeout: 300
# host-args: --mod tun
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh
own_root "$0"
mkdir -p /usr/bin /etc /w
cp /t/programs/passt /usr/bin/
cp /t/programs/*.so* /lib/
echo 'nobody:x:65534:65534:nobody:/:/bin/sh' > /etc/passwd
export PATH="$PATH:/usr/bin"

# What passt gives its guest is the address of the interface with the default route. Nothing is sent
# there: the route's end is the host itself.
ip link set lo up
tunctl -t out0 > /dev/null
ip addr add 10.9.7.1/24 dev out0
ip link set out0 up
ip route add default via 10.9.7.254 dev out0
dd if=/dev/urandom of=/w/data bs=1M count=8 2> /dev/null
md5sum < /w/data | cut -d' ' -f1 > /w/sum
httpd -p 8080 -h /w

guest() {
	virtio_guest passt 2 160 --net "passt,tcp=2200:2222" > /tmp/log 2>&1 &
	wait_line 'guest: listens' 1 /tmp/log || return 1
	nc 127.0.0.1 2200 < /w/data > /dev/null
	wait $!
	ret=$?
	cat /tmp/log
	! pidof passt && return "$ret"
}
ends() {
	virtio_guest unplugged 1 160 --net passt > /tmp/log 2>&1 &
	wait_line 'guest: link is up' 1 /tmp/log && killall -KILL passt
	wait $!
	ret=$?
	cat /tmp/log
	[ "$ret" = 0 ] && grep -q 'passt has ended' /tmp/log
}
t "an address, data both ways, a forwarded port" guest
t "a passt that ends takes the link down" ends
rm /usr/bin/passt
t "no passt" one_line 'apt install passt' --net passt
finish
