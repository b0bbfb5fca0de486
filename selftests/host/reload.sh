#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# 100 times insmod and rmmod, on ARMv7, which takes longer, 20 times: after each the way to EL2 is as
# the kernel left it, on every CPU, and nothing stays behind.
# host-args: --no-insmod
# needs: guests
# timeout: 240
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

vm_areas() { wc -l < /proc/vmallocinfo; }

fresh=$(stub_lines)
t "the stub answers on a fresh boot" [ "$(echo "$fresh" | grep -c cpu)" = "$(nproc)" ]

cycle() {
	i=0
	while [ "$i" -lt "$1" ]; do
		i=$((i + 1))
		insmod /armvirt.ko || { echo "insmod $i failed"; dmesg | tail; return 1; }
		[ -c /dev/armvirt ] || { echo "no /dev/armvirt after insmod $i"; return 1; }
		rmmod armvirt || { echo "rmmod $i failed"; return 1; }
		now=$(stub_lines)
		[ "$now" = "$fresh" ] || { echo "after cycle $i: $now, was: $fresh"; return 1; }
	done
}
t "10 cycles to fill caches" cycle 10
areas=$(vm_areas)
cycles=90
[ "$arch" = arm64 ] || cycles=10
t "$cycles cycles, the stub answering after each" cycle $cycles
t "no mapping stays behind" [ "$(vm_areas)" -le $((areas + 2)) ]
t "no device node" test ! -e /dev/armvirt
t "no interrupt is left" sh -c '! grep -E "armvirt" /proc/interrupts'
t "and it still loads" insmod /armvirt.ko
t "and runs a guest" guest-run /guest/Image-$guest 2 256
t "and unloads" rmmod armvirt
finish
