#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kexec with the module loaded and a guest running: the new kernel must come up at EL2 with the
# stub (or, on VHE, the registers) as on a first boot, and the module must load and run a guest.
# The new kernel's init, written below, reports in place of the first one's.
# 52-bit addresses are off: with them kexec_load() of Debian's 6.12 oopses by itself, in
# trans_pgd_create_copy(), on a host where no armvirt was ever loaded (QEMU's max).
# needs: guests
# host-args: --append arm64.nolva
# timeout: 200
# hosts: arm64 armhf
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

kernel=/guest/Image-
case $(uname -r) in
6.1.0-*) kernel=${kernel}6.1 ;;
6.12.*deb*) kernel=${kernel}6.12 ;;
esac
case $(uname -r) in *-lpae) kernel=$kernel-lpae ;; esac
[ -e "$kernel" ] || { echo "1..0 # SKIP this kernel's image is not at hand"; exit 4; }
nonce=$(sed -n 's/.*host_nonce=\([^ ]*\).*/\1/p' /proc/cmdline)

mkdir -p /tmp/root/bin /tmp/root/t /tmp/root/guest /tmp/root/proc /tmp/root/sys /tmp/root/dev /tmp/root/tmp
cp /bin/busybox /tmp/root/bin/
cp /t/guest-run /t/tap.sh /t/stub.ko /t/vmm-lite /tmp/root/t/
cp /armvirt.ko /tmp/root/
cp /guest/initrd /tmp/root/guest/initrd
cp "$kernel" /tmp/root/guest/Image
{
	echo "#!/bin/busybox sh"
	echo "nonce=$nonce had=$tap_n DEV=$DEV"
	cat << 'INIT'
export PATH=/bin:/t HOME=/ DEV
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
dmesg -n 1
# The results continue those of before the kexec.
. /t/tap.sh
tap_n=3
t "the new kernel came up" true
t "all CPUs are back" [ "$(nproc)" = 2 ]
t "at EL2" stubs_say "badca11|vttbr 0 "
t "the module loads" insmod /armvirt.ko
t "a guest runs" guest-run /guest/Image 2 256
echo "1..$tap_n"
echo
echo "@@end host/kexec.sh $tap_failed"
echo "@@dmesg-begin $nonce"
dmesg
echo "@@dmesg-end $nonce"
echo "@@exit $nonce 0"
poweroff -f
INIT
} > /tmp/root/init
chmod 755 /tmp/root/init
(cd /tmp/root && find . | cpio -o -H newc) > /tmp/initrd 2> /dev/null
rm -rf /tmp/root

beating_guest > /tmp/log 2>&1 &
t "a guest runs" wait_line 'guest: beat' 1 /tmp/log
t "the new kernel can be loaded" /t/tools/kexec "$kernel" /tmp/initrd "$(cat /proc/cmdline)"
dmesg -n 1
echo "ok 3 - going over"
/t/tools/kexec --execute
echo "not ok 4 - kexec returned"
exit 1
