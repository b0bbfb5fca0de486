#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The driver of make check, check-kernels and check-debug: check.sh SET [ROW-REGEX] builds
# everything, runs what needs no machine, then the matrix rows of SET, two at a time, and numbers
# the results. Last line: "N passed, N failed, N skipped"; exit status 0 only without failures.
# ONLY=regex restricts the tests, SET may be followed by a regular expression on rows.
set -u
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

here=$TOP/selftests/qemu
set=${1:?usage: check.sh check|kernels|debug [ROW-REGEX]}
only_rows=${2:-.}
jobs=${JOBS:-2}
results=$BUILD/logs/results-$set
failures=$BUILD/logs/failures-$set
mkdir -p "$BUILD/logs"
: > "$results"
: > "$failures"
number=0 bad=

# Numbers the result lines on standard input, shows and keeps them. Failures are kept with the
# comments that follow them, to be shown once more where the reader of a long log looks: at its end.
publish() {
	local line
	while IFS= read -r line; do
		case $line in
		"ok - "*|"not ok - "*)
			number=$((number + 1))
			echo "$line" >> "$results"
			bad=${line%%ok - *}
			line="${line%% - *} $number - ${line#* - }" ;;
		esac
		[[ -z $bad && $line != "# "*" try: "* ]] || printf '# %s\n' "${line#\# }" >> "$failures"
		printf '%s\n' "$line"
	done
}

# step TEXT COMMAND...: a result of its own; its output only when it fails or warns.
step() {
	local text=$1 log=$BUILD/logs/step start=$SECONDS
	shift
	if "$@" > "$log" 2>&1 < /dev/null; then
		publish <<< "ok - $text ($((SECONDS - start)) s)"
		return 0
	fi
	publish < <(echo "not ok - $text"; sed 's/^/# /' "$log")
	return 1
}

# A build that warns is not right either.
build_quietly() {
	"$here/build-module.sh" "$@" 2>&1 | tee "$BUILD/logs/build" || return 1
	[ "${PIPESTATUS[0]}" = 0 ] && ! grep -v 'pahole version differs' "$BUILD/logs/build" | grep -iE 'warning|error'
}

# tap_program NAME COMMAND...: a host-side program that prints TAP.
tap_program() {
	local name=$1 out=$BUILD/logs/$1.tap status
	shift
	"$@" > "$out" 2>&1 < /dev/null
	status=$?
	# Not through a pipe: the numbers are counted in this shell.
	publish < <(sed -nE "s,^(not )?ok *[0-9]* *-? *(.*),\1ok - $name: \2,p" "$out")
	if [ $status != 0 ]; then
		grep -qE '^not ok' "$out" || publish <<< "not ok - $name: exit status $status"
		publish < <(grep -vE '^ok' "$out" | tail -n 60 | sed 's/^/# /')
	fi
}

rows=()
while read -r s kernel cpu gic dev groups; do
	[ "$s" = "$set" ] || continue
	[[ "$kernel $cpu gicv$gic $dev" =~ $only_rows ]] || continue
	rows+=("$kernel $cpu $gic $dev $groups")
done < "$here/matrix"
[ ${#rows[@]} -gt 0 ] || die "the matrix has no row for $set $only_rows"

echo "TAP version 13"
start=$SECONDS
for kernel in $(printf '%s\n' "${rows[@]}" | awk '$4 == "armvirt" { print $1 }' | sort -u); do
	step "module for $kernel, W=1, without a warning" build_quietly "$kernel"
done
for arch in $(for row in "${rows[@]}"; do arch_of "${row%% *}"; done | sort -u); do
	arch_setup "$arch"
	cross=()
	[ "$arch" = arm64 ] || cross=(ARCH="$KARCH" CROSS_COMPILE="$CROSS")
	step "vmm-lite for $arch" make -C "$TOP" "${cross[@]}" vmm-lite
	step "selftests for $arch" make -C "$TOP" "${cross[@]}" selftests
done
if [ "$set" = check ]; then
	tap_program style "$TOP/selftests/style/check.sh"
	tap_program unit make -s -C "$TOP/selftests/unit" check
fi

# Beside the rows, and behind them: the fuzzers take what the machines leave, one at a time.
fuzz=
if [ "$set" = check ] && [ "$only_rows" = . ] && [ -z "${ONLY:-}" ]; then
	JOBS=1 nice -n 10 "$TOP/selftests/unit/fuzz.sh" "$BUILD/unit" 60 > "$BUILD/logs/fuzz" 2>&1 < /dev/null &
	fuzz=$!
fi

# Rows in parallel, each one's results shown when it is complete, in the matrix's order.
i=0
for row in "${rows[@]}"; do
	while [ "$(jobs -rp | grep -cvx "${fuzz:-0}")" -ge "$jobs" ]; do wait -n; done
	# shellcheck disable=SC2086
	"$here/row.sh" $row > "$BUILD/logs/row-$set-$i" 2>&1 &
	pids[i]=$!
	i=$((i + 1))
done
for i in "${!rows[@]}"; do
	wait "${pids[i]}" 2>/dev/null
	publish < "$BUILD/logs/row-$set-$i"
done

if [ -n "$fuzz" ]; then
	wait "$fuzz" || publish <<< "not ok - fuzz: exit status $?"
	publish < <(sed -nE 's,^(not )?ok [0-9]* ?- (.*),\1ok - \2,p; /^#/p' "$BUILD/logs/fuzz")
fi

# A machine that stands still does so once in a while; what needs more tries than that is wrong.
tries=$(grep -c '^# second try: .* armvirt: ' "$failures")
[ "$tries" -le 2 ] || publish <<< "not ok - $tries tests under armvirt needed a second try, 2 may"
echo "1..$number"
# The last of what was said about failures, then all their names.
tail -n 40 "$failures"
sed -n 's/^# \(not ok .*\)/# failed: \1/p' "$failures"
skipped=$(grep -cE '^ok .*# SKIP' "$results")
passed=$(($(grep -c '^ok ' "$results") - skipped))
failed=$(grep -c '^not ok ' "$results")
echo "# $((SECONDS - start)) s"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
