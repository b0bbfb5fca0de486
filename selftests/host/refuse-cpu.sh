#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# An ARMv7 host whose CPU has no virtualization extensions.
# host-args: --no-virt --no-insmod
# hosts: armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

insmod_refused "No such device" "no virtualization extensions"
finish
