#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A disk image with Debian for arm64, build/debian.img: GPT, one ext4 partition, systemd, a kernel of
# its own, root without a password. Prints its path. No root rights, and nothing of arm64 runs here:
# packages are unpacked into a tree with the records that dpkg keeps, mke2fs makes a file system of
# it, and an arm64 machine in QEMU does what is left, dpkg --configure.
set -eu -o pipefail
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"
here=$TOP/selftests/qemu
export PATH=$PATH:/usr/sbin:/sbin

suite=bookworm
packages="systemd-sysv udev kmod procps iproute2 iputils-ping wget e2fsprogs logsave
	linux-image-cloud-arm64 initramfs-tools"
mib=1000
out=$BUILD/debian.img

# Files are to be root's.
if [ "$(id -u)" != 0 ] && [ -z "${FAKEROOTKEY-}" ]; then
	command -v fakeroot > /dev/null || die "install fakeroot, or run this as root"
	exec fakeroot "$0"
fi

stamp=$(cat "$0" "$here/debian-setup" "$here/debian-check" | md5sum)
if [ -e "$out" ] && [ "$(cat "$out.stamp" 2> /dev/null)" = "$stamp" ]; then
	echo "$out"
	exit
fi
work=$BUILD/debian
mkdir -p "$BUILD"
exec 9> "$BUILD/.lock-debian"
flock 9

# What is essential to Debian, and the packages above with what they depend on.
fetch() {
	rm -f "$APT_DIR/$suite"/cache/archives/*.deb
	# shellcheck disable=SC2086
	apt-get -q -y --no-install-recommends -o Debug::NoLocking=1 --download-only install \
		'?essential?architecture(arm64)' $packages
}

# As unpacked by dpkg: its control files, the list of its files, and its entry in the status.
register() {
	local deb=$1 db=$2 control=$3 name f
	rm -rf "$control"
	dpkg-deb -e "$deb" "$control"
	name=$(sed -n 's/^Package: //p' "$control/control")
	! grep -q '^Multi-Arch: same' "$control/control" || name+=:arm64
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
	for deb in "$APT_DIR/$suite"/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -p --keep-directory-symlink -C "$root" || return 1
	done
	touch "$db/available" "$db/diversions" "$db/statoverride"
	echo 1 > "$db/info/format"
	for deb in "$APT_DIR/$suite"/cache/archives/*.deb; do
		register "$deb" "$db" "$work/control" || return 1
	done > "$db/status"
	cp "$root"/usr/share/base-passwd/passwd.master "$root/etc/passwd"
	cp "$root"/usr/share/base-passwd/group.master "$root/etc/group"
	rm -rf "$root"/usr/share/{doc,man,info,locale,i18n,zoneinfo}/*
}

# What is this machine's own.
adapt() {
	local root=$work/root
	echo guest > "$root/etc/hostname"
	echo "127.0.0.1 localhost guest" > "$root/etc/hosts"
	echo "UUID=$1 / ext4 errors=remount-ro 0 1" > "$root/etc/fstab"
	mkdir -p "$root"/etc/{systemd/network,initramfs-tools/conf.d} "$root"/usr/local/sbin
	printf '%s\n' "[Match]" "Type=ether" "[Network]" "Address=10.9.8.2/24" "Gateway=10.9.8.1" \
		> "$root/etc/systemd/network/80-demo.network"
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

say "making a disk image of Debian $suite, once; it takes some minutes"
apt_setup "$suite" || die "cannot read the package lists of $suite"
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
echo "$out"
