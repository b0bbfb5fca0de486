#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Shared folders by virtiofsd: what the guest does to files is what the host sees, the driver's coming
# and going, and a virtiofsd that dies, hangs or was never there.
# needs: guests programs
# skip-on: neoverse|6.1 max|cortex-a72|6.12 cortex
# timeout: 400
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

# virtiofsd moves into the folder by pivot_root(2).
own_root "$0"
mkdir -p /usr/libexec /share /fixed /other
cp /t/programs/virtiofsd /usr/libexec/
cp /t/programs/*.so* /lib/

# Guest memory that is shared has huge pages only if it is said here, and is slow without.
echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled
dd if=/dev/urandom of=/share/big bs=1M count=3 2> /dev/null
md5sum < /share/big | cut -d' ' -f1 > /share/sum
echo fixed > /fixed/text
: > /other/else

guest() {
	/usr/libexec/virtiofsd --socket-path=/tmp/other.sock --shared-dir=/other --log-level=warn &
	virtio_guest fs,fsdead 2 160 \
		--fs /share --fs /fixed,tag=fixed,ro --fs socket=/tmp/other.sock,tag=other \
		> /tmp/log 2>&1 &
	wait_line 'guest: share is mounted' 1 /tmp/log || return 1
	# In the middle of its writing.
	sleep 1
	killall -KILL virtiofsd
	wait $!
	ret=$?
	cat /tmp/log
	return "$ret"
}
left_behind() {
	cmp /share/big /share/back && [ "$(cat /share/sub/b)" = "$(printf 'one\ntwo')" ] &&
		[ "$(find /share/many -type f | wc -l)" = 30 ] && [ "$(cat /fixed/text)" = fixed ] &&
		[ "$(ls /fixed)" = text ]
}
t "a guest with three folders, whose virtiofsd is killed in the end" guest
t "what it did is what is there" left_behind

# ends SIGNAL-TO-VIRTIOFSD SIGNAL-TO-US: the VMM ends soon, and so does its virtiofsd.
no_virtiofsd() { ! pidof virtiofsd > /dev/null; }
over() { { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; } && no_virtiofsd; }
ends() {
	vmm-lite run --dev "$DEV" --kernel /tmp/idle --memory 64 --fs /share > /dev/null &
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		usleep 300000
		no_virtiofsd || break
	done
	sleep 1
	killall "$1" virtiofsd
	kill "$2" $!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		usleep 500000
		! over $! || return 0
	done
	ps
	return 1
}
# WFI for ever.
printf '\177\040\003\325\377\377\377\027' > /tmp/idle
t "virtiofsd ends with the VMM" ends -CONT -TERM
t "and with one that is killed" ends -CONT -KILL
t "one that hangs, too" ends -STOP -TERM

t "no such folder" one_line 'No such file' --fs /none
t "a file" one_line 'is no folder' --fs /fixed/text
t "no folder" one_line 'which folder' --fs tag=x
t "an unknown option" one_line "'rw' is no option" --fs /share,rw
t "a tag that is too long" one_line '36 bytes' --fs /share,tag=a234567890b234567890c234567890d234567
t "a tag twice" one_line "has the tag 'x' already" --fs /share,tag=x --fs /fixed,tag=x
t "a socket without a tag" one_line 'add tag=' --fs socket=/tmp/none
t "a socket that is none" one_line 'does a virtiofsd listen' --fs socket=/tmp/none,tag=x
mv /usr/libexec/virtiofsd /usr/libexec/away
t "no virtiofsd" one_line 'install the package virtiofsd' --fs /share
printf '#!/bin/sh\nexit 1\n' > /usr/libexec/virtiofsd
chmod 755 /usr/libexec/virtiofsd
t "a virtiofsd that ends at once" one_line 'ended or gives no answer' --fs /share
finish
