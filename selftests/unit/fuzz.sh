#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fuzzers, by clang's libFuzzer under ASan and UBSan. Without SECONDS a bounded
# number of inputs that is the same each time; with SECONDS a random search of
# that long by each fuzzer, whose finds stay in OUT/fuzz/NAME and are where the
# next one begins. JOBS of them run at a time, otherwise as many as there are
# processors; ONLY=regex chooses among them.
#
#	fuzz.sh OUT [SECONDS]	prints TAP
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=$1/fuzz
seconds=${2:-}
vmm=$here/../../vmm-lite
flags=(-std=gnu11 -O1 -g -w -D_GNU_SOURCE "-fsanitize=fuzzer,address,undefined"
	-fno-sanitize-recover=undefined "-I$here/fake/uring" "-I$here" "-I$vmm" "-I$here/../../uapi")
jobs=${JOBS:-$(nproc)}
names=()

mkdir -p "$out"
for CC in clang clang-14 none; do
	echo 'int LLVMFuzzerTestOneInput(const char *p, long n) { return 0; }' |
		"$CC" -fsanitize=fuzzer,address -x c -o "$out/try" - 2> "$out/err" && break
done
if [ "$CC" = none ]; then
	echo "ok 1 - fuzzers # SKIP no clang with libFuzzer"
	echo 1..1
	exit
fi

# Bytes without order to begin with, the same ones each time: most of them already lead far.
seeds() {
	rm -rf "$1"
	mkdir -p "$1"
	cat "$vmm"/*.c | gzip -n | split -b 512 - "$1/"
}

# The result of one, in a file: they run side by side.
run() {
	local name=$1 runs=$2 max=$3 args
	shift 3
	if ! "$CC" "${flags[@]}" -o "$out/$name-fuzz" "$@" 2> "$out/$name.err"; then
		echo "not ok - fuzz: $name: does not compile"
		sed 's/^/# /' "$out/$name.err"
		return
	fi
	# A loaded machine may be slow, and must not fail for it.
	args=("-max_len=$max" -timeout=60 -rss_limit_mb=2048 -verbosity=1 -print_final_stats=1
		-len_control=0 -close_fd_mask=2 "-artifact_prefix=$out/$name-")
	if [ -n "$seconds" ]; then
		mkdir -p "$out/$name"
		args+=("-max_total_time=$seconds" "$out/$name")
	else
		args+=(-seed=1 "-runs=$runs" -max_total_time=10)
	fi
	seeds "$out/seeds-$name"
	args+=("$out/seeds-$name")
	if "$out/$name-fuzz" "${args[@]}" > "$out/$name.log" 2>&1; then
		echo "ok - fuzz: $name"
		sed -n 's/^stat::number_of_executed_units: */# inputs: /p' "$out/$name.log"
	else
		echo "not ok - fuzz: $name"
		tail -n 40 "$out/$name.log" | sed 's/^/# /'
	fi
}

# fuzz NAME RUNS MAX-LEN CLANG-ARGUMENT...
fuzz() {
	[[ $1 =~ ${ONLY:-.} ]] || return
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
	names+=("$1")
	run "$@" > "$out/$1.tap" &
}

# device NAME FILE CLANG-ARGUMENT...: one whose far side is FILE.
device() {
	local name=$1 side=$2
	shift 2
	fuzz "$name" 10000 2048 -pthread "-DKIND_${name^^}" "$here/vdev_fuzz.c" "$here/fuzz_$side.c" \
		"$vmm"/virtio/{virtq,virtio,mmio}.c "$vmm"/loop{,_io}.c "$vmm/mem.c" "$vmm/util.c" "$@"
}

fuzz virtq 200000 2048 "$here/virtq_fuzz.c" "$vmm/virtio/virtq.c" "$vmm/mem.c" "$vmm/util.c"
# Kernels, for guests of both widths, and device trees.
fuzz boot 20000 4096 -DFUZZ "$here/boot_test.c" "$vmm"/{boot,boot_elf,boot32,mem,util}.c -lz -lzstd
fuzz fdt 20000 4096 -DFUZZ "$here/fdt_test.c" "$vmm"/{fdt,util}.c -lfdt
device disk disk -D__O_DIRECT=0 "$vmm/devices/blk.c"
device rng disk -Dgetrandom=fuzz_getrandom -Dtimerfd_settime=fuzz_timerfd_settime "$vmm/devices/rng.c"
device balloon balloon -Dmadvise=fuzz_madvise "$vmm/devices/balloon.c"
device console console "$vmm"/devices/{console,vport}.c
net=("$vmm"/devices/{net,net_tap,net_passt}.c "$vmm"/virtio/{vhost,vhost_kernel}.c)
device tap net -Dopen=fuzz_open -Dioctl=fuzz_ioctl "${net[@]}"
device passt net -Dfork=fuzz_fork -Dsocketpair=fuzz_socketpair "${net[@]}"
device vsock vhost -Dopen=fuzz_open -Dioctl=fuzz_ioctl "$vmm/devices/vsock.c" \
	"$vmm"/virtio/{vhost,vhost_kernel}.c
device fs vhost -Dconnect=fuzz_connect -Dsendmsg=fuzz_sendmsg "$vmm/devices/fs.c" \
	"$vmm"/virtio/{vhost,vhost_user}.c
wait
n=0
for name in "${names[@]}"; do
	n=$((n + 1))
	sed "s/^\(not \)\?ok - /\1ok $n - /" "$out/$name.tap"
done
echo "1..$n"
