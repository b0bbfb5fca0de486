#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A small debug kernel for QEMU's virt board, cross-built once from Debian's linux-source: KASAN,
# lockdep, atomic-sleep checks, UBSAN and kmemleak (debug.config). It appears as kernel "debug" in
# build/kernels, beside Debian's own. Takes some 10 minutes and 1.5 GB the first time, and is built
# again when debug.config has changed.
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

here=$TOP/selftests/qemu
out=$BUILD/kernels/debug
src=$out/source
current() { cmp -s "$here/debug.config" "$out/complete"; }
current && exit 0
"$here/install-tools.sh" debug
mkdir -p "$out"
exec 9> "$BUILD/kernels/.lock-debug"
flock 9
current && exit 0
rm -f "$out/complete"

if [ ! -e "$src/Makefile" ]; then
	apt_setup bookworm || die "cannot read the package lists of bookworm"
	package=$(apt_deps linux-source:all | grep '^linux-source-' | head -n 1)
	apt_unpack "$out/package" "$package" || exit 1
	mkdir -p "$src"
	progress "unpacking the kernel's source" \
		tar -C "$src" --strip-components=1 -xf "$out"/package/usr/src/"$package".tar.*
	rm -rf "$out/package"
fi

cc=aarch64-linux-gnu-gcc
[ -z "$(command -v $cc-12)" ] || cc=$cc-12
[ -z "$(command -v ccache)" ] || cc="ccache $cc"
mk() {
	make -C "$src" O="$out/build" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- CC="$cc" -s \
		-j"$(nproc)" "$@"
}
mk allnoconfig
grep '^CONFIG' "$here/debug.config" > "$out/fragment"
"$src/scripts/kconfig/merge_config.sh" -m -O "$out/build" "$out/build/.config" "$out/fragment" \
	> "$out/merge.log"
mk olddefconfig
# What the tests rely on must not be lost to a dependency.
for c in KASAN PROVE_LOCKING DEBUG_ATOMIC_SLEEP UBSAN DEBUG_KMEMLEAK KVM MODULES ZRAM KEXEC_FILE \
	BLK_DEV_LOOP EXT4_FS NET_NS USER_NS SECCOMP_FILTER IPV6 TUN VHOST_NET VHOST_VSOCK; do
	grep -q "^CONFIG_$c=y" "$out/build/.config" || die "CONFIG_$c did not make it into the debug kernel"
done

say "building the debug kernel (some 10 minutes, log in ${out#"$TOP"/}/build.log)"
mk Image modules > "$out/build.log" 2>&1 &
pid=$!
while kill -0 $pid 2>/dev/null; do
	sleep 10
	say "$(find "$out/build" -name '*.o' | wc -l) objects of some 1100"
done
wait $pid || { tail -n 20 "$out/build.log" >&2; die "the debug kernel does not build"; }

cd "$out"
ln -sfn build headers
ln -sfn build/.config config
mkdir -p modules
ln -sfn build/arch/arm64/boot/Image Image
ln -sfn Image vmlinuz
mk kernelrelease | tail -n 1 > version
cp "$here/debug.config" complete
say "debug kernel $(cat version) is in ${out#"$TOP"/}"
