#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What vmm-lite boots from disk images of every layout, and its line for each that it can't boot:
# image.sh OUT prints TAP. Each image is read twice, in one process under sanitizers and in the
# process that vmm-lite starts for it.
set -u
cd "$(dirname "$0")" || exit 1
out=$1
dir=$out/image
n=0
export PATH=$PATH:/sbin:/usr/sbin
for tool in mke2fs sfdisk debugfs; do
	command -v $tool > /dev/null || { echo "ok 1 - images # SKIP no $tool"; echo 1..1; exit; }
done
rm -rf "$dir"
mkdir -p "$dir"

ok() { n=$((n + 1)); echo "ok $n - $1"; }
not_ok() { n=$((n + 1)); echo "not ok $n - $1"; sed 's/^/# /' "$dir/said"; }

# What is in the file systems: a kernel and an initrd of some length, and all the rest empty.
uuid=11111111-2222-3333-4444-555555555555
disk_uuid=AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE
part_uuid=99999999-8888-7777-6666-555555555555
seq 10000 99999 | head -c 150001 > "$dir/k"
seq 10000 99999 | tail -c 70001 > "$dir/i"

# tree FILE...: a new tree with these in it: "path" (kernel or initrd, by its name) or "path->target".
tree() {
	local f path
	root=$dir/root
	rm -rf "$root"
	mkdir -p "$root/etc"
	for f; do
		path=$root${f%%->*}
		mkdir -p "${path%/*}"
		case $f in
		*-\>*)	ln -s "${f#*->}" "$path" ;;
		*init*)	cp "$dir/i" "$path" ;;
		*)	cp "$dir/k" "$path" ;;
		esac
	done
}
# text PATH: standard input becomes a file of the tree.
text() { mkdir -p "$root/$(dirname "$1")"; cat > "$root/$1"; }
# fs IMAGE [MKE2FS-ARGUMENT...]: the tree as a file system, ext4 unless $type says otherwise.
fs() {
	local img=$dir/$1
	shift
	rm -f "$img"
	mke2fs -q -F -t "${type:-ext4}" -U $uuid "$@" -d "$root" "$img" 4M > "$dir/said" 2>&1 ||
		not_ok "mke2fs $*"
}
# place FILE DISK MIB: a file system into a partition.
place() { dd if="$dir/$1" of="$dir/$2" bs=1M seek="$3" conv=notrunc status=none; }
# disk DISK < sfdisk's script: 24 MiB
disk() {
	rm -f "$dir/$1"
	truncate -s 24M "$dir/$1"
	sfdisk -q "$dir/$1" > "$dir/said" 2>&1 || not_ok "sfdisk"
}

# both IMAGE LIMIT APPEND: what the two programs say, if they say the same.
both() {
	rm -f "$dir/$1.kernel" "$dir/$1.initrd"
	"$out/image_child" "$dir/$1" "$2" "$3" > "$dir/said.child" 2>&1
	local child=$?
	"$out/image_scan" "$dir/$1" "$2" "$3" > "$dir/said" 2>&1 || [ $child = 1 ] || return 1
	diff "$dir/said.child" "$dir/said" > "$dir/diff" || { cat "$dir/diff" >> "$dir/said"; return 1; }
}
# boots TEXT IMAGE KERNEL APPEND [INITRD-FILE [USER-APPEND]]
boots() {
	if both "$2" "" "${6-}" && grep -qxF "kernel: $3" "$dir/said" &&
			grep -qxF "append: $4" "$dir/said" && cmp "$dir/k" "$dir/$2.kernel" >> "$dir/said" &&
			cmp "${5:-/dev/null}" "$dir/$2.initrd" >> "$dir/said"; then
		ok "$1"
	else
		not_ok "$1"
	fi
}
# fails TEXT IMAGE PART-OF-LINE [LIMIT [USER-APPEND]]
fails() {
	if both "$2" "${4-}" "${5-}" && [ "$(wc -l < "$dir/said")" = 1 ] &&
			grep -q "^error: " "$dir/said" && grep -qF -- "$3" "$dir/said"; then
		ok "$1"
	else
		echo "expected: $3" >> "$dir/said"
		not_ok "$1"
	fi
}

root_uuid="root=UUID=$uuid console=ttyAMA0"

# --- kernels where Debian and others put them -----------------------------------------------

debian=("/boot/vmlinuz-6.1" "/boot/initrd.img-6.1")
tree "${debian[@]}" "/vmlinuz->boot/vmlinuz-6.1" "/initrd.img->boot/initrd.img-6.1"
fs plain
boots "Debian's links, no partition table" plain /vmlinuz "$root_uuid" "$dir/i"
boots "the user's --append is last" plain /vmlinuz "$root_uuid quiet rw" "$dir/i" "quiet rw"
boots "the user's root= and console= replace ours" plain /vmlinuz "root=LABEL=x console=hvc0" \
	"$dir/i" "root=LABEL=x console=hvc0"
type=ext2 fs ext2 -b 1024
boots "ext2" ext2 /vmlinuz "$root_uuid" "$dir/i"
type=ext3 fs ext3 -b 1024
boots "ext3" ext3 /vmlinuz "$root_uuid" "$dir/i"
fs large -O 64bit,metadata_csum,inline_data,bigalloc -I 256 -b 4096
boots "ext4 with 64bit, inline_data, bigalloc" large /vmlinuz "$root_uuid" "$dir/i"
tree "${debian[@]}" "/boot/vmlinuz->/boot/vmlinuz-6.1" "/boot/initrd.img->initrd.img-6.1"
fs boot-links
boots "/boot/vmlinuz, an absolute link" boot-links /boot/vmlinuz "$root_uuid" "$dir/i"
tree /boot/vmlinuz-6.1.0-9 /boot/initrd.img-6.1.0-9 /boot/vmlinuz-6.1.0-50 /boot/vmlinuz-6.1~rc1 \
	/boot/initramfs-6.1.0-50.img
fs newest
boots "the newest of /boot/vmlinuz-*" newest /boot/vmlinuz-6.1.0-50 "$root_uuid" "$dir/i"
tree /boot/vmlinuz-6.1
fs no-initrd
boots "no initrd, no partitions" no-initrd /boot/vmlinuz-6.1 "root=/dev/vda console=ttyAMA0"

# --- partition tables -----------------------------------------------------------------------

disk gpt <<-END
	label: gpt
	label-id: $disk_uuid
	size=4M, type=U
	size=8M, type=L, uuid=$part_uuid
END
place no-initrd gpt 5
boots "GPT, second partition" gpt "/boot/vmlinuz-6.1 of partition 2" \
	"root=PARTUUID=${part_uuid,,} console=ttyAMA0"
disk mbr <<-END
	label: dos
	label-id: 0x1234abcd
	size=4M, type=c
	size=8M, type=83
END
place no-initrd mbr 5
boots "MBR, second partition" mbr "/boot/vmlinuz-6.1 of partition 2" \
	"root=PARTUUID=1234abcd-02 console=ttyAMA0"
disk logical <<-END
	label: dos
	label-id: 0x1234abcd
	start=2048, size=2M, type=83
	start=8192, size=18M, type=5
	start=10240, size=4M, type=83
	start=20480, size=8M, type=83
END
place no-initrd logical 10
boots "MBR, second logical partition" logical "/boot/vmlinuz-6.1 of partition 6" \
	"root=PARTUUID=1234abcd-06 console=ttyAMA0"
tree /vmlinuz-6.1 /initrd.img-6.1
rmdir "$root/etc"
fs boot-part -U 22222222-2222-3333-4444-555555555555
tree
fs root-part
cp "$dir/gpt" "$dir/two"
place boot-part two 1
place root-part two 5
boots "a partition of its own for /boot" two "/vmlinuz-6.1 of partition 1" "$root_uuid" "$dir/i"
place root-part two 1
place boot-part two 5
boots "which may be the second" two "/vmlinuz-6.1 of partition 2" "$root_uuid" "$dir/i"

# --- entries of boot loaders ----------------------------------------------------------------

tree "${debian[@]}" "/vmlinuz->nowhere" /boot/linux /boot/extlinux/kernel /boot/init1 /boot/extlinux/init2
text boot/extlinux/extlinux.conf <<-'END'
	# a comment
	menu title Choose
	DEFAULT second
	timeout 50

	label first
		linux /boot/nothing
	label second
		menu label The second, of course
		kernel kernel
		initrd /boot/init1,init2
		append root=/dev/vda1   ro "x=a  b"
		fdtdir /usr/lib/linux
	label third
		linux /boot/linux
END
text boot/loader/entries/x.conf <<< "linux /boot/vmlinuz-6.1"
{ cat "$dir/i"; head -c 3 /dev/zero; cat "$dir/i"; } > "$dir/i+i"
fs extlinux
boots "extlinux.conf's default, two initrds" extlinux /boot/extlinux/kernel \
	'root=/dev/vda1   ro "x=a  b" console=ttyAMA0' "$dir/i+i"
sed -i /DEFAULT/d "$root/boot/extlinux/extlinux.conf"
sed -i 's,/boot/nothing,../linux,' "$root/boot/extlinux/extlinux.conf"
fs extlinux
boots "its first label, without a root of ours" extlinux /boot/extlinux/../linux "console=ttyAMA0"
sed -i 's,^label third,&\nmenu default\nappend console=ttyAMA0 a,' "$root/boot/extlinux/extlinux.conf"
fs extlinux
boots "menu default" extlinux /boot/linux "console=ttyAMA0 a"
mv "$root/boot/extlinux" "$root/extlinux"
fs extlinux
boots "/extlinux/extlinux.conf" extlinux /boot/linux "console=ttyAMA0 a"

tree /boot/k-9 /boot/k-10 /boot/k-11 /boot/init-10
for v in 9 10 11~rc1; do
	text boot/loader/entries/z$((20 - ${v%~*})).conf <<-END
		title   Linux
		version 6.1.$v
		linux   /boot/k-$v
		initrd  /boot/init-10 \$tuned_initrd
		options root=UUID=x
		options quiet \$tuned_params
	END
done
text boot/loader/entries/notes.txt <<< "linux /boot/k-11"
fs bls
boots "the newest entry of loader/entries with its files" bls /boot/k-10 \
	"root=UUID=x quiet console=ttyAMA0" "$dir/i"
# shellcheck disable=SC2016
sed -i 's/root=UUID=x/$kernelopts/; /^version/d' "$root"/boot/loader/entries/*.conf
mkdir "$root/loader"
mv "$root/boot/loader/entries" "$root/loader"
mv "$root/loader/entries/z10.conf" "$root/loader/entries/6.1.10.conf"
mv "$root/loader/entries/z11.conf" "$root/loader/entries/6.1.9.conf"
fs bls
boots "entries without version, and GRUB's variables" bls /boot/k-10 "quiet $root_uuid" "$dir/i"

# --- what can't be booted -------------------------------------------------------------------

: > "$dir/empty"
fails "an empty image" empty "too small"
head -c 1000 /dev/zero > "$dir/short"
fails "an image of 1000 bytes" short "too small"
truncate -s 1M "$dir/zero"
fails "an image of zeroes" zero "no ext2, ext3 or ext4 file system"
fs nothing
tree
fs nothing
fails "no kernel" nothing "no kernel inside"

# foreign TEXT OFFSET MAGIC LINE: at the beginning of an image and of a partition
foreign() {
	rm -f "$dir/foreign"
	truncate -s 1M "$dir/foreign"
	# shellcheck disable=SC2059
	printf "$3" | dd of="$dir/foreign" bs=1 seek="$2" conv=notrunc status=none
	fails "$1" foreign "$4"
	cp "$dir/gpt" "$dir/foreign-part"
	place zero foreign-part 5
	place foreign foreign-part 5
	[ "${5-}" = whole ] || fails "$1 in a partition" foreign-part "partition 2 $4"
}
foreign "LUKS" 0 'LUKS\xba\xbe' "is encrypted (LUKS)"
foreign "LVM" 512 'LABELONE' "is a part of an LVM volume group"
foreign "RAID" 4096 '\xfc\x4e\x2b\xa9' "is a part of a RAID"
foreign "XFS" 0 'XFSB' "has an XFS file system"
foreign "Btrfs" 65600 '_BHRfS_M' "has a Btrfs file system"
foreign "qcow2" 0 'QFI\xfb' "is a qcow2 image: unpack it with qemu-img" whole
foreign "xz" 0 '\xfd7zXZ' "is packed with xz: unpack it first" whole
gzip -c "$dir/plain" > "$dir/packed"
fails "gzip" packed "is packed with gzip: unpack it first"

tree "/vmlinuz->a" "/a->b" "/b->a"
fs loop
fails "symbolic links in a circle" loop "/vmlinuz: its symbolic links lead in a circle"
tree "/vmlinuz->boot/vmlinuz-6.1"
fs dangling
fails "a link to nothing" dangling "/vmlinuz: is a symbolic link to a file that isn't there"
debugfs -w -R "feature needs_recovery" "$dir/dangling" > "$dir/said" 2>&1
fails "the same, where the journal may have more" dangling "its journal needs recovery"
tree "${debian[@]}" "/vmlinuz->boot/vmlinuz-6.1" "/initrd.img->boot/initrd.img-6.0"
rm "$root/boot/initrd.img-6.1"
fs no-such-initrd
boots "a kernel whose initrd is gone gives way to the next" no-such-initrd /boot/vmlinuz-6.1 \
	"root=/dev/vda console=ttyAMA0"
cp "$dir/plain" "$dir/unclean"
debugfs -w -R "feature needs_recovery" "$dir/unclean" > "$dir/said" 2>&1
boots "a file system that was not unmounted is read all the same" unclean /vmlinuz "$root_uuid" "$dir/i"
tree
mkdir -p "$root/vmlinuz"
fs folder
fails "a folder as kernel" folder "/vmlinuz: is no regular file"
tree
text vmlinuz < /dev/null
fs hollow
fails "an empty kernel" hollow "/vmlinuz: is empty"
tree
text extlinux/extlinux.conf <<< $'label x\nlinux /boot/Image'
fs missing
fails "extlinux.conf names a kernel that isn't there" missing "/boot/Image: isn't there"
fails "a kernel larger than memory" plain "does the guest need more --memory?" 100000
fails "a command line that is too long" plain "command line is longer than" "" \
	"$(head -c 2040 /dev/zero | tr '\0' x)"

head -c 3M "$dir/plain" > "$dir/cut"
fails "an image cut off" cut "is it cut off?"
head -c 10M "$dir/gpt" > "$dir/cut"
fails "a partition cut off" cut "partition 2 ends beyond the end of the image"
cp "$dir/gpt" "$dir/no-gpt"
dd if=/dev/zero of="$dir/no-gpt" bs=512 seek=1 count=1 conv=notrunc status=none
fails "a GPT that is gone" no-gpt "partition table (GPT) is damaged"
cp "$dir/gpt" "$dir/luks-root"
place boot-part luks-root 1
place zero luks-root 5
printf 'LUKS\xba\xbe' | dd of="$dir/luks-root" bs=1M seek=5 conv=notrunc status=none
fails "a root file system that is encrypted" luks-root \
	"has a kernel but no root file system: partition 2 is encrypted (LUKS): name it with --append root="
boots "which the user names" luks-root "/vmlinuz-6.1 of partition 1" \
	"console=ttyAMA0 root=/dev/mapper/x" "$dir/i" "root=/dev/mapper/x"
cp "$dir/plain" "$dir/damaged"
# The root's inode.
at=$(debugfs -R "imap <2>" "$dir/plain" 2>/dev/null | sed -n 's/.*block \([0-9]*\), offset 0x\([0-9a-f]*\).*/\1 \2/p')
bs=$(dumpe2fs -h "$dir/plain" 2>/dev/null | sed -n 's/^Block size: *//p')
head -c 64 /dev/urandom | dd of="$dir/damaged" bs=1 seek=$((${at% *} * bs + 0x${at#* } + 40)) \
	conv=notrunc status=none
fails "a damaged root folder" damaged "checksum"

# --- damage of all kinds --------------------------------------------------------------------

# Without checksums, so that it is not refused at once, and with little in it that does not matter.
seq 1 500 > "$dir/k"
seq 1 400 > "$dir/i"
tree /boot/vmlinuz-6.1 /extlinux/init
text extlinux/extlinux.conf <<< $'default x\nlabel x\nlinux ../boot/vmlinuz-6.1\ninitrd init\nappend root=/dev/vda2'
text loader/entries/a.conf <<< $'version 2\nlinux /boot/vmlinuz-6.1\ninitrd /extlinux/init\noptions $a b'
fs fuzz -O ^metadata_csum,^has_journal,^resize_inode -b 1024 -N 32
cp "$dir/gpt" "$dir/fuzz-gpt"
place fuzz fuzz-gpt 5
cp "$dir/logical" "$dir/fuzz-mbr"
place fuzz fuzz-mbr 10
rounds=${FUZZ_ROUNDS:-1500}
if timeout 300 "$out/image_fuzz" "$rounds" "$dir/fuzz" "$dir/fuzz-gpt" "$dir/fuzz-mbr" > "$dir/said" 2>&1; then
	ok "$((3 * rounds)) damaged images are refused with a line or read"
else
	not_ok "$((3 * rounds)) damaged images are refused with a line or read"
fi

echo "1..$n"
rm -rf "$dir"
