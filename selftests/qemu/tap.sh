# SPDX-License-Identifier: GPL-2.0
# TAP for the scripts that run on the test host (busybox sh): t TEXT COMMAND..., skip, finish.
# shellcheck shell=dash
tap_n=0 tap_failed=0

# The host's architecture, and what guests are made of: a kernel for whatever any guest does, and one
# whose initrd has drivers.
# shellcheck disable=SC2034	# for those who source this
case $(uname -m) in
armv7*)	arch=arm guest=6.1-lpae virtio=6.1-lpae ;;
*)	arch=arm64 guest=6.1 virtio=6.12 ;;
esac

# t TEXT COMMAND...: ok when COMMAND succeeds; what it printed is shown when it does not.
t() {
	tap_text=$1
	shift
	tap_n=$((tap_n + 1))
	if "$@" > /tmp/tap.out 2>&1; then
		echo "ok $tap_n - $tap_text"
		return 0
	fi
	echo "not ok $tap_n - $tap_text"
	sed 's/^/# /' /tmp/tap.out
	tap_failed=1
	return 1
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

finish() {
	echo "1..$tap_n"
	exit $tap_failed
}

# The lines that module stub.ko prints, without time stamps; one per CPU.
stub_lines() {
	dmesg -c > /dev/null
	insmod /t/stub.ko && rmmod stub
	dmesg | sed -n 's/.*\] stub: cpu/cpu/p'
}

# insmod_refused ERROR TEXT: insmod fails with this error, and says in one line of the log why.
insmod_refused() {
	dmesg -c > /dev/null
	tap_message=$(insmod /armvirt.ko 2>&1)
	tap_status=$?
	t "insmod fails" [ $tap_status != 0 ]
	t "with '$1': $tap_message" test "${tap_message#*"$1"}" != "$tap_message"
	tap_lines=$(armvirt_lines)
	t "one line in the log" [ "$(echo "$tap_lines" | wc -l)" = 1 ]
	t "that names '$2': $tap_lines" test "${tap_lines#*"$2"}" != "$tap_lines"
	t "no device node" test ! -e /dev/armvirt
}

# stubs_say REGEX: on every CPU.
stubs_say() {
	tap_lines=$(stub_lines)
	echo "$tap_lines"
	[ "$(echo "$tap_lines" | grep -cE "$1")" = "$(nproc)" ]
}

# What armvirt itself has logged since dmesg -c, without time stamps and without the kernel's notes on
# tainting; each line once, since busybox's insmod tries a second way when the first is refused.
armvirt_lines() {
	dmesg | sed -n '/taint/d; s/.*\] armvirt: //p' | sort -u
}

# own_root SCRIPT: the script begins again in a root file system that is no initramfs, out of which
# pivot_root(2) leads nowhere, and no chroot, in which user namespaces are not to be had.
own_root() {
	[ -z "${TAP_INSIDE-}" ] || return 0
	mkdir /root.d
	mount -t tmpfs root /root.d
	for d in bin dev guest lib proc sys t tmp; do
		mkdir -p "/$d" "/root.d/$d"
		mount -o rbind "/$d" "/root.d/$d"
	done
	export TAP_INSIDE=1
	# shellcheck disable=SC2016
	exec unshare -m sh -c 'cd /root.d && mount --move . / && exec chroot . sh "$1"' sh "$1"
}

# beating_guest, as a process of its own: two busy vCPUs and a line per second, without an end.
beating_guest() {
	exec vmm-lite run --dev "$DEV" --kernel "/guest/Image-$guest" --initrd /guest/initrd --cpus 2 --memory 256 \
		--append "console=ttyAMA0 quiet panic=-1 guest_beat=1000" < /dev/null
}

# virtio_guest TESTS CPUS MIB ARGUMENT...: a guest that tests its devices.
virtio_guest() {
	tap_tests=$1
	shift
	GUEST_INITRD="${GUEST_INITRD-/guest/initrd-$virtio}" GUEST_TESTS="$tap_tests" \
		guest-run "/guest/Image-$virtio" "$@"
}

# wait_line TEXT N FILE: until FILE is there and has N lines with TEXT, for 60 s at most, on a machine
# that is SLOW as many times that.
wait_line() {
	wait_i=0
	until [ "$(grep -sc "$1" "$3")" -ge "$2" ] 2> /dev/null; do
		wait_i=$((wait_i + 1))
		[ $wait_i -lt $((600 * ${SLOW:-1})) ] || { tail "$3"; return 1; }
		usleep 100000
	done
}

# within SECONDS COMMAND...: for so long at most, on a machine that is SLOW as many times that.
within() {
	tap_limit=$(($1 * ${SLOW:-1}))
	shift
	timeout $tap_limit "$@"
}

# one_line TEXT ARGUMENT...: vmm-lite run ends at once, with one line that has TEXT in it.
one_line() {
	tap_line=$1
	shift
	if within 20 vmm-lite run --dev "$DEV" --kernel "/guest/Image-$virtio" --memory 128 "$@" \
			> /tmp/out 2>&1; then
		return 1
	fi
	cat /tmp/out
	[ "$(wc -l < /tmp/out)" = 1 ] && grep -q -e "$tap_line" /tmp/out
}
