#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One row of the matrix: row.sh KERNEL CPU GIC DEVICE GROUP... boots the machine, once for the
# programs of each group and once for each script, runs them and prints one TAP line per result,
# without numbers (check.sh numbers them). A test that takes the host down fails, and the rest
# goes on in a new boot. Emulated processors stand still whenever the build machine pleases, so a
# test that fails has a second try, which is reported: check.sh lets few of them pass. What shows in
# the host's kernel has none, unless that is KVM's: KVM is here to show that the tests are right.
# ONLY=regex restricts it to the tests whose name matches.
set -u
# shellcheck source=selftests/qemu/apt.sh
. "$(dirname "$0")/apt.sh"

here=$TOP/selftests/qemu
kernel=$1 cpu=$2 gic=$3 dev=$4
shift 4
row="$kernel $cpu gicv$gic $dev"
arch_setup "$(arch_of "$kernel")"
logs=$BUILD/logs/${row// /-}
mkdir -p "$logs"

# A debug kernel takes several times as long.
slow=1 leaks=
[ "$kernel" != debug ] || { slow=6; leaks=--leaks; }

ok() { echo "ok - $row: $*"; }
not_ok() { echo "not ok - $row: $*"; }

# tap NAME STATUS < output: a program's own result lines, or its exit status if it printed none.
# What says that it failed without a failing line of its own is made one.
tap() {
	awk -v row="$row" -v name="$1" -v status="$2" '
	function emit(verdict, text) { print verdict " - " row ": " name (text == "" ? "" : ": " text) }
	/^1\.\.[0-9]+ *(#|$)/ { plan = substr($1, 4) + 0; planned = 1
		if ($0 ~ /# *[Ss][Kk][Ii][Pp]/) { sub(/^[^#]*/, ""); skipall = $0 } next }
	/^(not )?ok( |$)/ {
		n++
		verdict = /^not/ ? "not ok" : "ok"
		bad += verdict != "ok"
		sub(/^(not )?ok *[0-9]* *-? */, "")
		emit(verdict, $0)
		next
	}
	/^Bail out!/ { bailed = $0 }
	{ text[++lines] = $0 }
	END {
		if (status == 4 && !n) emit("ok", "# SKIP " skipall)
		else if (status == 137 || status == 143) { emit("not ok", "timeout"); bad++ }
		else if (status == "died") { emit("not ok", "the host died or hung"); bad++ }
		else if (bailed != "") { emit("not ok", bailed); bad++ }
		else if (status != 0 && status != 4 && !bad) { emit("not ok", "exit status " status); bad++ }
		else if (planned && n != plan) { emit("not ok", n + 0 " of " plan " planned results"); bad++ }
		else if (!n) emit("ok", "")
		if (bad)
			for (i = lines > 60 ? lines - 60 : 1; i <= lines; i++) print "# " text[i]
	}'
}

# boot LIMIT TIMEOUT "host arguments" TEST...: boots until every test has had its turn.
boot() {
	local limit=$1 total=$2 args=$3 log status start t ran rest
	shift 3
	while [ $# -gt 0 ]; do
		log=$logs/$(basename "$1").log
		rm -f "$log"*
		start=$SECONDS
		# shellcheck disable=SC2086
		"$here/host.sh" --kernel "$kernel" --cpu "$cpu" --gic "$gic" --dev "$dev" \
			--timeout $((total * slow)) --log "$log" $leaks "${files[@]}" $args \
			--run "SLOW=$slow run-tests $((limit * slow)) $*" > "$log.out" 2>&1
		status=$?
		echo "# $1: $((SECONDS - start)) s"
		ran=0 rest=()
		for t; do
			if grep -aq "^@@end $t " "$log"; then
				sed -n "/^@@begin ${t//\//\\/}\$/,/^@@end ${t//\//\\/} /p" "$log" |
					sed '1d;$d' | tap "$t" "$(sed -n "s,^@@end $t ,,p" "$log")"
				ran=1
			elif grep -aq "^@@begin $t\$" "$log"; then
				sed -n "/^@@begin ${t//\//\\/}\$/,\$p" "$log" | sed 1d | tap "$t" died
				ran=1
			else
				rest+=("$t")
			fi
		done
		case $status in
		0)	ok "kernel log clean after $1${2:+ and $(($# - ${#rest[@]} - 1)) more}" ;;
		3)	# Under KVM none of that kernel is ours, and 6.1's warns now and then by itself.
			if [ "$dev" = kvm ]; then
				ok "kernel log after $1 # SKIP not clean, and not ours"
			else
				not_ok "kernel log clean after $1"
			fi
			sed -n '/kernel log is not clean/,$s/^/# /p' "$log.out" ;;
		*)	not_ok "host.sh ended with $status"
			tail -n 15 "$log.out" | sed 's/^/# /' ;;
		esac
		# A host that died before its first test will do so again.
		[ $ran = 1 ] || { for t in "${rest[@]}"; do not_ok "$t: not run"; done; return; }
		set -- "${rest[@]}"
	done
}

host_trouble="(kernel log clean after|host.sh ended with|.*: the host died or hung)"

# without TEST... < results: what is not about these tests, nor trouble of the host.
without() {
	awk -v row="$row: " -v tests="$*" -v trouble="^not ok - $row: $host_trouble" '
	BEGIN { n = split(tests, name, " ") }
	/^(not )?ok - / {
		rest = substr($0, index($0, row) + length(row))
		drop = $0 ~ trouble
		for (i = 1; i <= n; i++)
			drop = drop || rest == name[i] || index(rest, name[i] ":") == 1
	}
	!drop'
}

# run, as boot, with a second try for up to three tests.
run() {
	local limit=$1 total=$2 args=$3 first=$logs/first second=$logs/second t bad=()
	shift 3
	boot "$limit" "$total" "$args" "$@" > "$first"
	for t; do
		! grep -qE "^not ok - $row: $t(:|\$)" "$first" || bad+=("$t")
	done
	if [ ${#bad[@]} = 0 ] || [ ${#bad[@]} -gt 3 ] || {
			[ "$dev" = armvirt ] && grep -qE "^not ok - $row: $host_trouble" "$first"; }; then
		cat "$first"
		return
	fi
	boot "$limit" "$total" "$args" "${bad[@]}" > "$second"
	if grep -q '^not ok' "$second"; then
		cat "$first"
		return
	fi
	without "${bad[@]}" < "$first"
	cat "$second"
	for t in "${bad[@]}"; do echo "# second try: $row: $t"; done
	sed -n 's/^not ok/# first try: &/p' "$first"
}

files=(--add "$here/run-tests")

# The programs that the group's Makefile names; what else lies in its output folder is old.
programs() {
	local group=$1 p tests=()
	for p in $(make -s --no-print-directory -C "$TOP/selftests/$group" list); do
		[[ $p =~ ${ONLY:-.} ]] && tests+=("$p")
	done
	[ ${#tests[@]} -gt 0 ] || return 0
	files+=(--add "$SELFTESTS/$group:/t/$group")
	run 180 $((60 + ${#tests[@]} * 40)) "--mod lzo-rle --mod zram" "${tests[@]}"
}

# A script says what it needs in its first lines:
#   # host-args: --smp 4 ...     more arguments for host.sh
#   # timeout: 300               seconds it may take (120)
#   # skip-on: kvm|gicv2|...     rows it is not for, as a regular expression on the row's name
#   # needs: guests programs     the guests' kernels and initrd, in /guest; virtiofsd and passt, in /t/programs
#   # needs: guests32            those of 32-bit guests, in /guest
#   # hosts: arm64 armhf         architectures of hosts it is for, arm64 otherwise
scripts() {
	local group=$1 s name header hosts args limit
	for s in "$TOP/selftests/$group"/*.sh; do
		name=$group/${s##*/}
		[ -e "$s" ] || continue
		[[ $name =~ ${ONLY:-.} ]] || continue
		header=$(sed -n '1,25s/^# \(host-args\|timeout\|skip-on\|needs\|hosts\): /\1=/p' "$s")
		value() { sed -n "s/^$1=//p" <<< "$header" | tr '\n' ' '; }
		hosts=$(value hosts)
		[[ " ${hosts:-arm64} " == *" $DEB_ARCH "* ]] || continue
		if [ -n "$(value skip-on)" ] && [[ $row =~ $(value skip-on | sed 's/ *$//') ]]; then
			ok "$name # SKIP not for this machine"
			continue
		fi
		args="--mem 3G $(value host-args)"
		limit=$(value timeout)
		files=(--add "$here/run-tests" --add "$here/guest-run" --add "$here/pin-vcpus" --add "$here/tap.sh"
			--add "$s:/t/$name" --add "$BUILD/module/$kernel/selftests/host/stub.ko"
			--add "$VMM")
		case $DEB_ARCH-$(value needs) in
		*guests32*|armhf-*guests*) files+=(--add "$(guest_dir armhf 6.1-lpae 6.1-armmp):/guest") ;;
		*guests*) files+=(--add "$(guest_dir arm64 6.1 6.12):/guest") ;;
		esac
		case $(value needs) in *programs*)
			files+=(--add "$("$here/fetch-programs.sh" "$DEB_ARCH"):/t/programs") ;;
		esac
		[ ! -d "$SELFTESTS/tools" ] || files+=(--add "$SELFTESTS/tools:/t/tools")
		run "${limit:-120}" $((${limit:-120} + 60)) "$args" "$name"
	done
}

# guest_dir ARCHITECTURE KERNEL...: the guests' files, by hard link: kernels as plain Images, or
# zImages, and initrds.
guest_dir() {
	local arch=$1 dir=$BUILD/guests k
	shift
	[ "$arch" = arm64 ] || dir+=-$arch
	mkdir -p "$dir"
	ln -f "$("$here/guest-initrd.sh" --arch "$arch")" "$dir/initrd"
	for k; do
		"$here/fetch-kernel.sh" "$k"
		ln -fL "$BUILD/kernels/$k/Image" "$dir/Image-$k"
		ln -f "$("$here/guest-initrd.sh" --modules "$k")" "$dir/initrd-$k"
	done
	echo "$dir"
}

for group; do
	files=(--add "$here/run-tests")
	case $group in
	core|arm64|arm)	programs "$group" ;;
	vmm|host)	scripts "$group" ;;
	*)		not_ok "unknown group $group" ;;
	esac
done
echo "# $row: $SECONDS s"
