#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The virtio console: a terminal on a pty, and ports on sockets and in a file. Data both ways, the
# host's coming and going, a host that does not read, and nobody there.
# needs: guests
# skip-on: neoverse|6.1 max|cortex-a72|^6.1 cortex-a57 gicv3 armvirt|6.1-lpae
# timeout: 400
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh
mkdir -p /w
sock=/t/tools/unixsock
dd if=/dev/urandom of=/w/data bs=64k count=32 2> /dev/null

said() { wait_line "guest: $1" 1 /w/log; }
# What the guest asks for, in its order.
host() {
	wait_line 'console on /dev/pts' 1 /w/log || return 1
	pts=$(sed -n 's/.*console on //p' /w/log)
	said 'writes to hvc0' || return 1
	# Read by nobody, then by us, and typed at.
	said 'hvc0 is written' || return 1
	cat "$pts" > /w/hvc0 &
	reader=$!
	said 'reads hvc0' && echo typed > "$pts"
	said 'reads data' && $sock /w/two 0 < /w/data || return 1
	said 'writes data' && $sock /w/two 2097152 < /dev/null > /w/back || return 1
	said 'writes more' && $sock /w/two 16777216 6 < /dev/null > /w/more || return 1
	said 'again' && $sock /w/two 6 < /dev/null > /w/again || return 1
	wait "$1"
	ret=$?
	kill "$reader"
	return "$ret"
}
console() {
	virtio_guest console 2 160 \
		--virtio-console "pty,one=file:/w/one,two=socket:/w/two,three=socket:/w/three" > /w/log 2>&1 &
	host $!
	ret=$?
	cat /w/log
	return "$ret"
}
t "terminal and ports" console
t "what came back is what was sent" cmp /w/data /w/back
t "all that a slow reader was sent" test "$(wc -c < /w/more)" = 16777216
t "the terminal's output" grep -q 'from hvc0' /w/hvc0
t "a port in a file" grep -q 'to the file' /w/one
t "after the driver came and went" grep -q again /w/again
t "sockets are removed" test ! -e /w/two -a ! -e /w/three
t "a place that is none" one_line "no place" --virtio-console file:/w/x,a=tcp:1
t "a name twice" one_line "each once" --virtio-console file:/w/x,a=file:/w/y,a=file:/w/z
t "a name that leads elsewhere" one_line "can't be a port's name" --virtio-console file:/w/x,a/b=pty
t "a socket in no folder" one_line "No such file" --virtio-console a=socket:/none/x
t "two on one console" one_line "only one" --virtio-console console --virtio-console console
finish
