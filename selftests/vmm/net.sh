#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The network interface on a tap device: data both ways, large packets, the driver's coming and going.
# needs: guests
# skip-on: neoverse|6.1 max|cortex-a72|^6.1 cortex-a57 gicv3 armvirt|6.12-lpae
# timeout: 800
# host-args: --mod tun --mod vhost_net
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh
mkdir -p /dev/net /w
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
ip link set lo up

tap() {
	tunctl -t tap0 > /dev/null && ip addr add 10.9.8.1/24 dev tap0 && ip link set tap0 up
}
t "a tap interface" tap
dd if=/dev/urandom of=/w/data bs=1M count=8 2> /dev/null
md5sum < /w/data | cut -d' ' -f1 > /w/sum
httpd -p 8080 -h /w
mkfifo /w/no-end
listen() {
	# With an end to its input nc would end the connection at once.
	nc -l -p 8081 0<> /w/no-end | md5sum > /w/got.new
	mv /w/got.new /w/got
}
# net TEXT OPTIONS: a guest on it
net() {
	rm -f /w/got
	listen &
	t "$1" virtio_guest net,rng 2 160 --net "tap=tap0$2" --rng
}
net "data both ways, large packets" ""
net "the same by vhost-net" ,vhost=on

# slow, as t: what knows nothing of the host's architecture, and would take long on ARMv7.
slow() {
	if [ "$arch" = arm64 ]; then
		t "$@"
	else
		skip "$1" "for arm64 hosts"
	fi
}

# A VMM that is root makes the interface itself if it is not there.
queues() {
	virtio_guest queues 2 160 --net "tap=mq0,queues=3,vhost=$1" > /w/log 2>&1 &
	until [ -e /sys/class/net/mq0 ]; do usleep 100000; done
	ip addr add 10.9.9.1/24 dev mq0 && ip link set mq0 up
	wait $!
	ret=$?
	cat /w/log
	return "$ret"
}
# By the VMM on one kernel, by vhost-net on another.
case $(uname -r) in
6.1.*)	vhost=off ;;
*)	vhost=on ;;
esac
slow "two of three pairs of queues, vhost=$vhost" queues $vhost

# Queues, kicks and interrupts of both devices are taken away and given back under load.
storm() {
	dd if=/dev/urandom of=/w/disk bs=1M count=16 2> /dev/null
	virtio_guest storm 2 160 --disk /w/disk --net "tap=mq0,queues=2,vhost=$vhost" > /w/log 2>&1 &
	until [ -e /sys/class/net/mq0 ]; do usleep 100000; done
	ip addr add 10.9.9.1/24 dev mq0
	ip link set mq0 up
	wait $!
	ret=$?
	cat /w/log
	return "$ret"
}
t "disk and network come and go under load" storm

unplugged() {
	virtio_guest unplugged 1 160 --net tap=tap0 > /w/log 2>&1 &
	wait_line 'guest: link is up' 1 /w/log && ip link del tap0
	wait $!
	ret=$?
	cat /w/log
	[ "$ret" = 0 ] && grep -q 'interface of the host is gone' /w/log
}
# Down and up again, as the guest tells that it has seen it.
down_up() {
	virtio_guest link 1 160 --net "tap=tap0$1" > /w/log 2>&1 &
	wait_line 'guest: link is up' 1 /w/log && ip link set tap0 down
	wait_line 'ok the link goes down' 1 /w/log && ip link set tap0 up
	wait $!
	ret=$?
	cat /w/log
	return "$ret"
}
slow "an interface that is turned off and on" down_up ""
slow "the same with vhost-net" down_up ,vhost=on
t "no interface named" one_line 'which interface' --net mac=02:00:00:00:00:01
t "a bad address" one_line 'no address' --net tap=tap0,mac=01:00:00:00:00:01
t "an interface that is none" one_line 'lo' --net tap=lo
t "an interface with one queue" one_line 'several queues' --net tap=tap0,queues=2
t "no number of queues" one_line '1 to 7' --net tap=tap0,queues=8
t "options that exclude each other" one_line 'no vhost' --net passt,vhost=on
slow "an interface that is deleted" unplugged
finish
