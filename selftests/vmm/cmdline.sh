#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# vmm-lite's command line: each mistake is one line that says what to do, with its exit code; then
# guests of a few instructions for consoles, keys, signals and the ways a VM can end.
# needs: guests
# timeout: 300
# skip-on: kvm
# hosts: arm64 armhf
# Everything below is called through t, which shellcheck cannot see.
# shellcheck disable=SC2317,SC2086,SC2016,SC2181,SC2059
# shellcheck source=selftests/qemu/tap.sh
. /t/tap.sh

w=/tmp/cmdline.$$
mkdir -p $w
cd $w || exit 1
image=/guest/Image-$guest

# fails CODE TEXT ARGUMENTS...: exit code, exactly one line, which has TEXT in it.
fails() {
	want=$1 text=$2
	shift 2
	within 60 vmm-lite "$@" < /dev/null > out 2> err
	code=$?
	cat out err
	[ $code = "$want" ] || { echo "exit $code, not $want"; return 1; }
	[ ! -s out ] || { echo "prints something else"; return 1; }
	[ "$(wc -l < err)" = 1 ] || { echo "not one line"; return 1; }
	grep -q "^vmm-lite: " err || { echo "does not say who it is"; return 1; }
	grep -qF -- "$text" err || { echo "does not say '$text'"; return 1; }
}
run_fails() {
	text=$1
	shift
	fails 1 "$text" run --dev "$DEV" "$@"
}
# ends CODE ARGUMENTS...: run a guest, and how it ends.
ends() {
	want=$1
	shift
	within 60 vmm-lite run --dev "$DEV" --memory 32M "$@" > out 2> err
	code=$?
	[ $code = "$want" ] || { echo "exit $code, not $want"; cat out err; return 1; }
}

# --- guests ---------------------------------------------------------------------------------

# guest NAME NOPS OCTAL...: a guest of a few instructions behind NOPS that do nothing. Each begins to
# differ at another place: QEMU 7.2 may go on running what an earlier guest had there, because it
# takes no notice of all the code that an SVE store (memcpy() on -cpu max) has overwritten.
guest() {
	name=$1 nops=$2
	shift 2
	{
		while [ "$nops" -gt 0 ]; do printf "$nop"; nops=$((nops - 1)); done
		for code; do printf "$code"; done
	} > "$name"
}
# off: PSCI SYSTEM_OFF. spin: branches to itself. reset: prints "R", then PSCI SYSTEM_RESET. hello: prints
# "OK" and powers off. pair: STP or STM to the serial port, an access that the CPU does not describe.
# sendback: sends back what it gets, until a q. dtb: prints Y if x0 or r2 points to a device tree.
case $arch in
arm)
	nop='\000\000\240\341'
	guest off 0 '\010\000\000\343' '\000\004\110\343' '\160\000\100\341' '\376\377\377\352'
	guest spin 16 '\376\377\377\352' '\000\000\000\000'
	guest reset 32 '\011\024\240\343' '\122\040\240\343' '\000\040\201\345' '\011\000\000\343' \
		'\000\004\110\343' '\160\000\100\341' '\376\377\377\352'
	guest hello 64 '\011\024\240\343' '\117\040\240\343' '\000\040\201\345' '\113\040\240\343' \
		'\000\040\201\345' '\012\040\240\343' '\000\040\201\345' '\010\000\000\343' \
		'\000\004\110\343' '\160\000\100\341' '\376\377\377\352'
	guest pair 96 '\011\024\240\343' '\014\000\201\350' '\376\377\377\352'
	guest sendback 128 '\011\024\240\343' '\001\043\000\343' '\060\040\201\345' '\030\060\221\345' \
		'\020\000\023\343' '\374\377\377\032' '\000\060\221\345' '\000\060\201\345' \
		'\161\000\123\343' '\370\377\377\032' '\010\000\000\343' '\000\004\110\343' \
		'\160\000\100\341' '\376\377\377\352'
	guest dtb 160 '\011\024\240\343' '\000\100\222\345' '\320\135\000\343' '\376\135\116\343' \
		'\005\000\124\341' '\131\040\240\003' '\116\040\240\023' '\000\040\201\345' \
		'\010\000\000\343' '\000\004\110\343' '\160\000\100\341' '\376\377\377\352'
	;;
*)
	nop='\037\040\003\325'
	guest off 0 '\000\200\260\122' '\000\001\200\162' '\002\000\000\324' '\000\000\000\024'
	guest spin 16 '\000\000\000\024' '\000\000\000\000'
	guest reset 32 '\001\040\241\322' '\102\012\200\122' '\042\000\000\271' '\000\200\260\122' \
		'\040\001\200\162' '\002\000\000\324' '\000\000\000\024'
	guest hello 64 '\001\040\241\322' '\342\011\200\122' '\042\000\000\271' '\142\011\200\122' \
		'\042\000\000\271' '\102\001\200\122' '\042\000\000\271' '\000\200\260\122' \
		'\000\001\200\162' '\002\000\000\324' '\000\000\000\024'
	guest pair 96 '\001\040\241\322' '\042\014\000\251' '\000\000\000\024'
	guest sendback 128 '\001\040\241\322' '\042\140\200\122' '\042\060\000\271' '\043\030\100\271' \
		'\343\377\047\067' '\043\000\100\271' '\043\000\000\271' '\177\304\001\161' \
		'\141\377\377\124' '\000\200\260\122' '\000\001\200\162' '\002\000\000\324' \
		'\000\000\000\024'
	guest dtb 160 '\005\272\201\122' '\305\277\275\162' '\004\000\100\271' '\001\040\241\322' \
		'\042\013\200\122' '\303\011\200\122' '\237\000\005\153' '\102\000\203\032' \
		'\042\000\000\271' '\000\200\260\122' '\000\001\200\162' '\002\000\000\324' \
		'\000\000\000\024'
	;;
esac

# --- words ----------------------------------------------------------------------------------

t "--help" sh -c 'vmm-lite --help | grep -q "usage: vmm-lite run"'
t "--version" sh -c 'vmm-lite --version | grep -q "^vmm-lite [0-9]"'
t "nothing to do" fails 2 "vmm-lite run"
t "unknown command" fails 2 "unknown command 'start'" start
t "unknown option" fails 2 "unknown option --frob: see vmm-lite --help" run --frob
t "unknown option with a value" fails 2 "--help" run --frob=1 --kernel x
t "a word that is no option" fails 2 "'Image' is no option" run Image
t "no kernel" fails 2 "--kernel FILE" run
t "option without its value" fails 2 "--kernel needs a value" run --kernel
t "option with an empty value" fails 2 "--kernel needs a value" run --kernel=
t "flag with a value" fails 2 "takes no value" run --no-reboot=yes
for n in 0 -1 x 1x 100000 99999999999999999999; do
	t "--cpus $n" fails 2 "use a number from 1 to" run --kernel x --cpus $n
done
for n in 0 -1 x 12Q 1.5G 99999999T; do
	t "--memory $n" fails 2 "--memory $n" run --kernel x --memory $n
done
t "--memory that is no whole page" fails 2 "whole megabytes" run --kernel x --memory 33333k

# --- the device node ------------------------------------------------------------------------

t "no such node" fails 1 "no /dev/nonesuch" run --dev /dev/nonesuch --kernel off
[ -e /dev/armvirt ] ||
	t "no module" fails 1 "load the module: insmod kmod/armvirt.ko" run --kernel off
t "another kind of node" fails 1 "not a virtual machine node" run --dev /dev/null --kernel off
t "a file as node" fails 1 "not a virtual machine node" run --dev $w/off --kernel off
mkdir -p /etc
echo 'nobody:x:65534:65534:nobody:/:/bin/sh' > /etc/passwd
chmod 755 $w
mode=$(stat -c %a "$DEV")
chmod 600 "$DEV"
as_nobody() {
	start-stop-daemon -S -c nobody -x "$(command -v vmm-lite)" -- \
		run --dev "$DEV" --kernel $w/off > out 2> err
	code=$?
	cat out err
	[ $code = 1 ] && grep -q "no permission for $DEV: run as root" err
}
t "no permission for the node" as_nobody
chmod "$mode" "$DEV"

# --- files ----------------------------------------------------------------------------------

t "no such kernel" run_fails "kernel /no/kernel: no such file" --kernel /no/kernel
t "a directory as kernel" run_fails "is a directory" --kernel /tmp
: > empty
t "an empty kernel" run_fails "is empty" --kernel empty
echo "This is some text, and no kernel at all." > text
t "a text file as kernel" run_fails "is a text file" --kernel text
t "a program as kernel" run_fails "ELF" --kernel /bin/busybox
head -c 100000 "$image" | gzip > good.gz
head -c $(($(stat -c %s good.gz) / 2)) good.gz > bad.gz
t "a kernel cut off" run_fails "cut off" --kernel bad.gz
t "an initramfs as kernel" run_fails "--initrd" --kernel /guest/initrd
t "no such initrd" run_fails "initrd /no/initrd: no such file" --kernel off --initrd /no/initrd
truncate -s 20M large
t "an initrd larger than memory" run_fails "--memory" --kernel off --memory 16M --initrd large
t "too little memory for the kernel" run_fails "--memory" --kernel "$image" --memory 16M
t "hardly too little memory" run_fails "too little memory for the kernel: it needs --memory" \
	--kernel "$image" --memory $(($(stat -L -c %s "$image") / 1048576 + 1))M
t "no such device tree" run_fails "dtb /no/dtb: no such file" --kernel off --dtb /no/dtb
t "something else as device tree" run_fails "not a device tree" --kernel off --dtb off
t "unknown console" run_fails "use stdio, pty or file:NAME" --kernel off --console vga
t "console file that can't be made" run_fails "file:/no/dir/f" --kernel off --console file:/no/dir/f
t "device tree file that can't be made" run_fails "can't create /no/dir/f" --dump-dtb /no/dir/f
max=$(vmm-lite doctor --dev "$DEV" | sed -n 's/.*up to \([0-9]*\) CPUs.*/\1/p')
vmm-lite doctor --dev "$DEV" | grep -q 'guest GIC.*GICv3' || max=8
if [ "${max:-0}" -lt 123 ]; then
	t "more CPUs than the host's guests can have" run_fails "at most" --kernel off \
		--cpus $((max + 1))
else
	skip "more CPUs than the host's guests can have" "they can have as many as vmm-lite"
fi

# --- guests and how they end ----------------------------------------------------------------

t "doctor is content" sh -c 'vmm-lite doctor --dev $DEV | grep "VMs can run"'
t "doctor without a node" sh -c '! vmm-lite doctor --dev /dev/nonesuch'
dump() {
	vmm-lite run --dev "$DEV" --dump-dtb f.dtb --cpus 3 --memory 100M || return 1
	[ "$(head -c 4 f.dtb | hexdump -e '4/1 "%02x"')" = d00dfeed ] || return 1
	grep -q 'arm,pl011' f.dtb && grep -q 'cpu@2' f.dtb
}
t "--dump-dtb" dump
t "power off: exit 0" ends 0 --kernel off
t "8 CPUs, one of which powers off" ends 0 --kernel off --cpus 8
file_console() {
	ends 0 --kernel hello --console file:f.out && [ "$(cat f.out)" = OK ]
}
t "console file:F" file_console
stdio_console() { ends 0 --kernel hello < /dev/null && [ "$(cat out)" = OK ]; }
t "console stdio" stdio_console
packed() {
	gzip -c hello > hello.gz
	ends 0 --kernel hello.gz < /dev/null && [ "$(cat out)" = OK ]
}
t "a kernel packed with gzip" packed
# What the kernel's build makes of a packed Image: a header in front, which EFI can start.
zboot() {
	size=$(printf '%03o' "$(stat -c %s hello.gz)")
	{
		printf 'MZ\000\000zimg\100\000\000\000'
		printf '%b\000\000\000' "\\0$size"
		printf '\000\000\000\000\000\000\000\000gzip'
		head -c 36 /dev/zero
		cat hello.gz
	} > hello.efi
	ends 0 --kernel hello.efi < /dev/null && [ "$(cat out)" = OK ]
}
t "an EFI zboot kernel" zboot
pty_console() { ends 0 --kernel hello --console pty && grep -q 'console on /dev/pts/' err; }
t "console pty" pty_console
tree() { ends 0 --kernel dtb --dtb f.dtb && [ "$(cat out)" = Y ]; }
t "a device tree of one's own" tree
reset_once() { ends 5 --kernel reset --no-reboot && [ "$(cat out)" = R ]; }
t "--no-reboot: exit 5 on a reset" reset_once
reset_often() {
	timeout -s TERM 4 vmm-lite run --dev "$DEV" --memory 32M --kernel reset > out 2> err
	[ $? = 143 ] || return 1
	echo "$(wc -c < out) boots"
	[ "$(wc -c < out)" -ge 3 ]
}
t "a reset boots again" reset_often
undescribed() { ends 4 --kernel pair && [ "$(wc -l < err)" = 1 ] && grep -q "vCPU 0" err; }
t "an access that can't be emulated: exit 4 and one line" undescribed
echo_pipe() {
	printf 'hello, q' | within 20 vmm-lite run --dev "$DEV" --memory 32M --kernel sendback > out
	[ $? = 0 ] && [ "$(cat out)" = "hello, q" ]
}
t "input from a pipe reaches the guest" echo_pipe
echo_long() {
	{ seq 1 400 | tr '\n' ' '; echo q; } > in
	within 60 vmm-lite run --dev "$DEV" --memory 32M --kernel sendback < in > out
	code=$?
	echo "exit $code, $(wc -c < out) of $(wc -c < in) bytes"
	[ $code = 0 ] && [ "$(cat out)" = "$(tr -d '\n' < in)" ]
}
t "nothing of 1.5 KiB from a file is lost" echo_long
key_quit() {
	{ sleep 1; printf '\001x'; sleep 5; } |
		within 20 vmm-lite run --dev "$DEV" --memory 32M --kernel sendback > out
}
t "Ctrl-A x ends the VM" key_quit
signal_ends() {
	timeout -s "$1" 2 vmm-lite run --dev "$DEV" --memory 32M --kernel spin > out 2>&1
	code=$?
	echo "exit $code"
	[ $code = "$2" ]
}
t "SIGTERM: exit 143" signal_ends TERM 143
t "SIGINT: exit 130" signal_ends INT 130
t "SIGHUP: exit 129" signal_ends HUP 129

cd /
rm -rf $w
finish
