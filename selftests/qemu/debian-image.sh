#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A disk image with Debian: GPT, one ext4 partition, systemd, a kernel of its own, root without a
# password. debian-image.sh [--arch armhf] prints its path, build/debian.img or build/debian-armhf.img.
# No root rights, and nothing of its architecture runs here: packages are unpacked into a tree with
# the records that dpkg keeps, mke2fs makes a file system of it, and an arm64 machine in QEMU, which
# runs programs of armhf as well, does what is left, dpkg --configure.
set -eu -o pipefail
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"
here=$TOP/selftests/qemu
export PATH=$PATH:/usr/sbin:/sbin

[ $# = 0 ] || [ "$*" = "--arch ${2-}" ] || die "usage: debian-image.sh [--arch armhf]"
arch_setup "${2-arm64}"
suite=bookworm
case $DEB_ARCH in
arm64)	kernel=linux-image-cloud-arm64 work=$BUILD/debian ;;
armhf)	kernel=linux-image-armmp-lpae work=$BUILD/debian-armhf ;;
esac
packages="systemd-sysv udev kmod procps iproute2 iputils-ping wget e2fsprogs logsave initramfs-tools $kernel"
# What dpkg leaves out, here and when the image is upgraded: what nobody reads, and the drivers that
# make a kernel large which is not made for virtual machines.
excludes=(/usr/share/{doc,man,info,locale,i18n,zoneinfo}'/*'
	'/lib/modules/*/kernel/'{sound,drivers/{ata,gpu,hid,hwmon,iio,infiniband,input,md,media,mmc,mtd,scsi}}'/*'
	'/lib/modules/*/kernel/drivers/'{staging,target,usb,net/{ethernet,usb,wireless}}'/*')
mib=1000
out=$work.img

# Files are to be root's.
if [ "$(id -u)" != 0 ] && [ -z "${FAKEROOTKEY-}" ]; then
	command -v fakeroot > /dev/null || die "install fakeroot, or run this as root"
	exec fakeroot "$0" "$@"
fi

stamp=$(cat "$0" "$here/debian-setup" "$here/debian-check" | md5sum)
complete() { [ -e "$out" ] && [ "$(cat "$out.stamp" 2> /dev/null)" = "$stamp" ]; }
echo "$out"
complete && exit
mkdir -p "$BUILD"
exec 9> "$BUILD/.lock-${work##*/}"
flock 9
complete && exit

# What is essential to Debian, and the packages above with what they depend on.
fetch() {
	rm -f "$debs"/*.deb
	# shellcheck disable=SC2086
	apt-get -q -y --no-install-recommends -o Debug::NoLocking=1 --download-only install \
		"?essential?architecture($DEB_ARCH)" $packages
}

# As unpacked by dpkg: its control files, the list of its files, and its entry in the status.
register() {
	local deb=$1 db=$2 control=$3 name f
	rm -rf "$control"
	dpkg-deb -e "$deb" "$control"
	name=$(sed -n 's/^Package: //p' "$control/control")
	! grep -q '^Multi-Arch: same' "$control/control" || name+=:$DEB_ARCH
	sed '/^Package:/a Status: install ok unpacked' "$control/control"
	if [ -e "$control/conffiles" ]; then
		echo "Conffiles:"
		while read -r f rest; do
			[ -n "$rest" ] || [ ! -f "$work/root$f" ] ||
				echo " $f $(md5sum < "$work/root$f" | cut -d' ' -f1)"
		done < "$control/conffiles"
	fi
	echo
	rm "$control/control"
	for f in "$control"/*; do
		[ ! -e "$f" ] || mv "$f" "$db/info/$name.${f##*/}"
	done
	dpkg-deb --fsys-tarfile "$deb" | tar -t | sed 's,^\.,,; s,/$,,; s,^$,/.,' > "$db/info/$name.list"
}

unpack() {
	local root=$work/root db=$work/root/var/lib/dpkg deb d
	rm -rf "$work"
	mkdir -p "$root"/usr/{bin,sbin,lib} "$db"/{info,triggers,updates,alternatives,parts}
	for d in bin sbin lib; do ln -s usr/$d "$root/$d"; done
	mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
	printf 'path-exclude=%s\n' "${excludes[@]}" > "$root/etc/dpkg/dpkg.cfg.d/small"
	for deb in "$debs"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -p --keep-directory-symlink "${excludes[@]/#/--exclude=.}" -C "$root" || return 1
	done
	touch "$db/available" "$db/diversions" "$db/statoverride"
	echo 1 > "$db/info/format"
	for deb in "$debs"/*.deb; do
		register "$deb" "$db" "$work/control" || return 1
	done > "$db/status"
	cp "$root"/usr/share/base-passwd/passwd.master "$root/etc/passwd"
	cp "$root"/usr/share/base-passwd/group.master "$root/etc/group"
}

# What is this machine's own.
adapt() {
	local root=$work/root
	echo guest > "$root/etc/hostname"
	echo "127.0.0.1 localhost guest" > "$root/etc/hosts"
	echo "UUID=$1 / ext4 errors=remount-ro 0 1" > "$root/etc/fstab"
	mkdir -p "$root"/etc/{systemd/{network,system.conf.d},initramfs-tools/conf.d} "$root"/usr/local/sbin
	printf '%s\n' "[Match]" "Type=ether" "[Network]" "Address=10.9.8.2/24" "Gateway=10.9.8.1" \
		> "$root/etc/systemd/network/80-demo.network"
	# An emulated machine on a busy one may take long for anything.
	printf '%s\n' "[Manager]" DefaultTimeoutStartSec=20min > "$root/etc/systemd/system.conf.d/demo.conf"
	# Small and fast: an emulated machine unpacks it.
	printf '%s\n' MODULES=list COMPRESS=gzip > "$root/etc/initramfs-tools/conf.d/demo"
	printf '%s\n' virtio_mmio virtio_blk ext4 > "$root/etc/initramfs-tools/modules"
	install -m 755 "$here/debian-setup" "$here/debian-check" "$root/usr/local/sbin/"
}

make_image() {
	rm -f "$out.new"
	truncate -s ${mib}M "$out.new"
	echo "start=1M, type=L" | sfdisk -q --label gpt "$out.new" || return 1
	mke2fs -q -F -t ext4 -L debian -U "$1" -E offset=1048576,root_owner=0:0 -d "$work/root" \
		"$out.new" $((mib - 2))M
}

configure() {
	# shellcheck disable=SC2016
	"$here/host.sh" --kernel 6.1 --cpu cortex-a57 --el1 --dev none --timeout 1800 \
		--mod virtio_mmio --mod virtio_blk --mod ext4 \
		--qemu "-drive file=$out.new,if=none,id=d,format=raw,cache=unsafe -device virtio-blk-device,drive=d" \
		--run 'mkdir -p /d && mount -t ext4 /dev/vda1 /d && mount -t proc proc /d/proc &&
			mount -t sysfs sys /d/sys && mount -o bind /dev /d/dev &&
			chroot /d /usr/local/sbin/debian-setup; status=$?
			umount /d/dev /d/sys /d/proc /d; exit $status'
}

say "making a disk image of Debian $suite for $DEB_ARCH, once; it takes some minutes"
apt_setup "$suite" "$DEB_ARCH" || die "cannot read the package lists of $suite"
debs=${APT_CONFIG%/*}/cache/archives
progress "downloading packages" fetch || die "cannot download the packages of Debian $suite"
unset APT_CONFIG
"$here/fetch-kernel.sh" 6.1
uuid=$(cat /proc/sys/kernel/random/uuid)
progress "unpacking packages" unpack || die "cannot unpack the packages"
adapt "$uuid"
progress "making the file system" make_image "$uuid" || die "cannot make the file system"
progress "configuring packages, in an emulated machine" configure || die "the packages cannot be configured"
rm -rf "$work"
mv "$out.new" "$out"
echo "$stamp" > "$out.stamp"
