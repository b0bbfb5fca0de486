#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The plain arm64 Image inside a distribution's vmlinuz (plain, gzip or EFI zboot), for QEMU
# versions which load only a plain one: unpack-image.sh VMLINUZ IMAGE
set -eu

in=$1 out=$2

# Little-endian 32-bit word at a byte offset.
word() { od -An -tu4 -j "$1" -N 4 "$in" | tr -d ' '; }

# EFI zboot: "MZ", at 4 "zimg", at 8 the payload's offset, at 12 its size, at 24 its compression.
if [ "$(od -An -tx1 -j 4 -N 4 "$in" | tr -d ' ')" = 7a696d67 ]; then
	tool=$(dd if="$in" bs=1 skip=24 count=8 status=none | tr -d '\0')
	case $tool in gzip|zstd*|xz*|lzma) ;; *) echo "unknown zboot compression $tool" >&2; exit 1 ;; esac
	[ "${tool#zstd}" = "$tool" ] || tool=zstd
	[ "${tool#xz}" = "$tool" ] || tool=xz
	tail -c "+$(($(word 8) + 1))" "$in" | head -c "$(word 12)" | "$tool" -dc > "$out"
elif [ "$(od -An -tx1 -N 2 "$in" | tr -d ' ')" = 1f8b ]; then
	gzip -dc "$in" > "$out"
else
	cp "$in" "$out"
fi
# "ARM\x64" at 56 is what makes it an arm64 Image.
[ "$(od -An -tx1 -j 56 -N 4 "$out" | tr -d ' ')" = 41524d64 ] ||
	{ echo "$in holds no arm64 Image" >&2; rm -f "$out"; exit 1; }
