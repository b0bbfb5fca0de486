#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# While a VM exists the module stays; when its VMM is killed the VM goes and the module can.
# needs: guests
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

beating_guest > /tmp/log 2>&1 &
vmm=$!
sleep 3
t "the VMM runs" kill -0 $vmm
t "rmmod is refused" sh -c '! rmmod armvirt'
t "kill -9 of the VMM" kill -9 $vmm
wait $vmm
# Files close after the parent has been told; allow for it.
sleep 1
t "then rmmod succeeds" rmmod armvirt
t "EL2 is as it was" stubs_say "badca11|vttbr 0"
finish
