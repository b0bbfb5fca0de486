#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# armvirt.ko for one kernel of build/kernels, in a copy of the sources of its own, so that modules
# for several kernels exist side by side: build-module.sh K [make arguments]
# leaves build/module/K/kmod/armvirt.ko (and selftests/host/stub.ko beside it).
set -eu
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

kernel=${1:?usage: build-module.sh KERNEL [make arguments]}
shift
"$TOP/selftests/qemu/fetch-kernel.sh" "$kernel"
dir=$BUILD/module/$kernel
mkdir -p "$dir"
exec 9> "$dir/.lock"
flock 9

# A source file that has gone must not linger in the copy; what Kbuild made of the others may.
(cd "$TOP" && find Kbuild kmod uapi selftests/host \( -name '*.[chS]' -o -name '*.lds*' -o -name 'Kbuild*' \
	-o -name 'Makefile*' -o -name '*.sh' -o -name '*.awk' \) ! -name '*.mod.c' | LC_ALL=C sort) > "$dir/.files"
if [ -e "$dir/.files.old" ]; then
	comm -23 "$dir/.files.old" "$dir/.files" | (cd "$dir" && xargs -r rm -f)
fi
cp "$dir/.files" "$dir/.files.old"
(cd "$TOP" && xargs cp --parents -u -p -t "$dir") < "$dir/.files"

# Compiled where its kernel's tools run.
[ "${kernel%-*}" != testing ] || exec "$TOP/selftests/qemu/chroot.sh" "$kernel" "$dir" "$@"

# BTF for modules would need pahole and the kernel's vmlinux.
arch_setup "$(arch_of "$kernel")"
exec make -C "$BUILD/kernels/$kernel/headers" M="$dir" ARCH="$KARCH" \
	CROSS_COMPILE="$CROSS" CC="$KCC" CONFIG_DEBUG_INFO_BTF_MODULES= ARMVIRT_SELFTESTS=m W=1 \
	--no-print-directory -s -j"$(nproc)" "$@" modules
