#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Sockets between host and guest by vhost-vsock: data both ways, the driver's coming and going.
# needs: guests
# skip-on: neoverse|6.1 max|cortex-a72|^6.1 cortex-a57 gicv3 armvirt|6.1-lpae
# timeout: 400
# host-args: --mod vhost_vsock
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh
[ -e /dev/vhost-vsock ] || {
	echo "1..0 # SKIP no vhost-vsock in this kernel"
	exit 4
}
mkdir -p /w/bin
cp /t/tools/vsock /w/bin/

# What comes on two ports goes back to two others.
echoes() {
	for i in 0 1; do
		/t/tools/vsock recv $((1000 + i)) > /w/data
		/t/tools/vsock send 7 $((2000 + i)) < /w/data
	done
}
{ cat "/guest/initrd-$virtio"; (cd /w && echo bin/vsock | cpio -o -H newc); } > /w/initrd 2> /dev/null
echoes &
export GUEST_INITRD=/w/initrd
t "an echo both ways" virtio_guest vsock 2 160 --vsock 7
kill $! 2> /dev/null

t "the host's own address" one_line 'is no CID' --vsock 2
t "two with one address" one_line 'another VM has this CID' --vsock 7 --vsock 7
mv /dev/vhost-vsock /dev/away
t "no vhost-vsock" one_line 'modprobe vhost_vsock' --vsock 7
mv /dev/away /dev/vhost-vsock
finish
