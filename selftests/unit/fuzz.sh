#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fuzzers, by clang's libFuzzer under ASan and UBSan. Without SECONDS a bounded
# number of inputs that is the same each time; with SECONDS a random search,
# whose finds stay in OUT/fuzz/NAME and are where the next one begins.
#
#	fuzz.sh OUT [SECONDS]	prints TAP
here=$(cd "$(dirname "$0")" && pwd)
out=$1/fuzz
seconds=${2:-}
vmm=$here/../../vmm-lite
flags=(-std=gnu11 -O1 -g -w -D_GNU_SOURCE "-fsanitize=fuzzer,address,undefined"
	-fno-sanitize-recover=undefined "-I$here/fake/uring" "-I$here" "-I$vmm" "-I$here/../../uapi")
n=0

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

# fuzz NAME RUNS MAX-LEN CLANG-ARGUMENT...
fuzz() {
	local name=$1 runs=$2 max=$3 args
	shift 3
	n=$((n + 1))
	if ! "$CC" "${flags[@]}" -o "$out/$name-fuzz" "$@" 2> "$out/err"; then
		echo "not ok $n - fuzz: $name: does not compile"
		sed 's/^/# /' "$out/err"
		return
	fi
	# A loaded machine may be slow, and must not fail for it.
	args=("-max_len=$max" -timeout=60 -rss_limit_mb=2048 -verbosity=1 -print_final_stats=1
		-len_control=0 -close_fd_mask=2 "-artifact_prefix=$out/$name-")
	if [ -n "$seconds" ]; then
		mkdir -p "$out/$name"
		args+=("-max_total_time=$((seconds / 2))" "$out/$name")
	else
		args+=(-seed=1 "-runs=$runs" -max_total_time=10)
	fi
	seeds "$out/seeds-$name"
	args+=("$out/seeds-$name")
	if "$out/$name-fuzz" "${args[@]}" > "$out/$name.log" 2>&1; then
		echo "ok $n - fuzz: $name"
		sed -n 's/^stat::number_of_executed_units: */# inputs: /p' "$out/$name.log"
	else
		echo "not ok $n - fuzz: $name"
		tail -n 40 "$out/$name.log" | sed 's/^/# /'
	fi
}

fuzz virtq 200000 2048 "$here/virtq_fuzz.c" "$vmm/virtio/virtq.c" "$vmm/mem.c" "$vmm/util.c"
fuzz vdev 20000 2048 -pthread -Dgetrandom=fuzz_getrandom -Dtimerfd_settime=fuzz_timerfd_settime \
	-D__O_DIRECT=0 \
	"$here/vdev_fuzz.c" "$vmm"/virtio/{virtq,virtio,mmio}.c "$vmm"/devices/{blk,rng}.c \
	"$vmm/loop.c" "$vmm/mem.c" "$vmm/util.c"
echo "1..$n"
