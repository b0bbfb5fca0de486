#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A host whose device tree gives the GIC no maintenance interrupt, so no virtualization extensions.
# host-args: --no-gic-virt --no-insmod
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

insmod_refused "No such device" "GIC"
t "EL2 is as it was" stubs_say "badca11|hcr"
finish
