# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# add_mod MODULES-DIR OUT NAME: a module of a Debian kernel and those it needs, unpacked into OUT,
# and their names in the order of loading into OUT/order. To be sourced.

add_mod() {
	local from=$1 out=$2 name=$3 file dep
	mkdir -p "$out"
	grep -qsx "$name.ko" "$out/order" && return
	file=$(find "$from/" -name "$name.ko*" -o -name "${name//_/-}.ko*" | head -n 1)
	[ -n "$file" ] || return 0	# built in
	case $file in
	*.xz)	xz -dc "$file" > "$out/$name.ko" ;;
	*.zst)	zstd -qdc "$file" > "$out/$name.ko" ;;
	*)	cp "$file" "$out/$name.ko" ;;
	esac
	for dep in $(/sbin/modinfo -F depends "$out/$name.ko" | tr ',' ' '); do
		add_mod "$from" "$out" "$dep"
	done
	echo "$name.ko" >> "$out/order"
}
