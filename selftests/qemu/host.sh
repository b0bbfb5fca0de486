#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One host machine in QEMU, arm64 at EL2 or ARMv7 at HYP, to run commands in: boots a Debian kernel with an
# initramfs of busybox and whatever is added, loads the module, runs the commands and exits with
# their status. It fails when the kernel log has anything that a healthy kernel does not print.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$TOP/build}

# shellcheck source=selftests/qemu/add-mod.sh
. "$TOP/selftests/qemu/add-mod.sh"
# shellcheck source=selftests/qemu/arch.sh
. "$TOP/selftests/qemu/arch.sh"

usage() {
	cat <<-USAGE
	usage: host.sh [options] --run 'COMMANDS' | --script FILE
	  --kernel K     5.10, 6.1, 6.12, testing, 6.1-lpae..., or the path of an Image  (6.1)
	  --cpu C        cortex-a57, cortex-a72 (nVHE); max, neoverse-n1 (VHE)       (cortex-a57)
	                 for an armhf kernel: cortex-a15, cortex-a7                 (cortex-a15)
	  --gic N        2 or 3                                                      (3)
	  --dev D        armvirt: KVM off, armvirt.ko loaded; kvm: KVM on;
	                 none: KVM off, nothing loaded                               (armvirt)
	  --no-virt      a machine without virtualization
	  --el1          boot the host at EL1; ARMv7 in SVC mode, where HYP mode is there
	  --no-gic-virt  its device tree gives the GIC no maintenance interrupt
	  --smp N, --mem M, --append 'KERNEL ARGUMENTS', --qemu 'QEMU ARGUMENTS'
	  --module FILE  the armvirt.ko to load            (build/module/K/kmod/armvirt.ko)
	  --no-insmod    put it in as /armvirt.ko, but do not load it
	  --mod NAME     load this module of the Debian kernel first, with its dependencies
	  --add F[:D]    put file or directory F in as /t/NAME, or as D (absolute); repeatable
	  --timeout S    give up after S seconds and exit 124                        (120)
	  --log FILE     keep the console here, and the kernel log in FILE.dmesg
	  --allow RE     a kernel log line that matches is no failure
	  --leaks        let kmemleak look for leaks in the end (debug kernel)
	  --verbose      show kernel messages as they come (otherwise only severe ones)
	  --tty          interactive: this terminal becomes the host's console
	Exit status: that of COMMANDS; 3 kernel log not clean; 124 too slow; 125 host died; 100 insmod failed.
	In the host: \$DEV is the device node, /t is in the PATH, standard input is empty.
	USAGE
}

kernel=6.1 cpu="" gic=3 dev=armvirt smp=2 mem=2G append="" qemu_args="" module=""
insmod=1 timeout=120 log="" allow='^$' loglevel=3 tty=0 virt=on el1=0 gic_virt=1 leaks=0 run="" script=""
adds=() mods=()
while [ $# -gt 0 ]; do
	case $1 in
	--kernel)	kernel=$2; shift ;;
	--cpu)		cpu=$2; shift ;;
	--gic)		gic=$2; shift ;;
	--dev)		dev=$2; shift ;;
	--el1)		el1=1 ;;
	--no-virt)	virt=off ;;
	--no-gic-virt)	gic_virt=0 ;;
	--smp)		smp=$2; shift ;;
	--mem)		mem=$2; shift ;;
	--append)	append=$2; shift ;;
	--qemu)		qemu_args=$2; shift ;;
	--module)	module=$2; shift ;;
	--no-insmod)	insmod=0 ;;
	--mod)		mods+=("$2"); shift ;;
	--add)		adds+=("$2"); shift ;;
	--timeout)	timeout=$2; shift ;;
	--log)		log=$2; shift ;;
	--allow)	allow=$2; shift ;;
	--leaks)	leaks=1 ;;
	--verbose)	loglevel=7 ;;
	--tty)		tty=1 ;;
	--run)		run=$2; shift ;;
	--script)	script=$2; shift ;;
	-h|--help)	usage; exit 0 ;;
	*)		usage >&2; exit 2 ;;
	esac
	shift
done
[ -n "$run$script" ] || { usage >&2; exit 2; }
case $dev in armvirt|kvm|none) ;; *) usage >&2; exit 2 ;; esac

work=$(mktemp -d "${TMPDIR:-/tmp}/armvirt-host.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
log=${log:-$work/console}

# --- the kernel -------------------------------------------------------------------------------

if [ -f "$kernel" ]; then
	image=$kernel
	kdir=$(dirname "$kernel")
else
	"$TOP/selftests/qemu/fetch-kernel.sh" "$kernel" || exit 125
	kdir=$BUILD/kernels/$kernel
	image=$kdir/Image
fi
arch_setup "$(arch_of "$kernel")"
"$TOP/selftests/qemu/fetch-sysroot.sh" "$DEB_ARCH" || exit 125
module=${module:-$BUILD/module/$kernel/kmod/armvirt.ko}

# KVM must leave EL2 alone for armvirt. 5.10 has no kvm-arm.mode=none; not starting KVM at all is
# the same there.
args="console=ttyAMA0 loglevel=$loglevel panic=-1 oops=panic nmi_watchdog=panic printk.devkmsg=on log_buf_len=1M"
case $dev-$DEB_ARCH-$kernel in
kvm-armhf-*) echo "host.sh: ARMv7 kernels have no KVM" >&2; exit 2 ;;
kvm-*|*-armhf-*) ;;
*-5.10)	args+=" initcall_blacklist=arm_init" ;;
*)	args+=" kvm-arm.mode=none" ;;
esac

# --- the initramfs: a cached base, then what this run adds; the kernel unpacks them in order -----

newc() { (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0); }

base=$BUILD/host-base-$DEB_ARCH.cpio
if [ ! -e "$base" ] || [ "$TOP/selftests/qemu/init" -nt "$base" ]; then
	mkdir -p "$work/base"/{bin,proc,sys,dev,tmp,t}
	cp "$SYSROOT/bin/busybox" "$work/base/bin/"
	cp "$TOP/selftests/qemu/init" "$work/base/init"
	chmod 755 "$work/base/init"
	newc "$work/base" > "$base.$$" && mv "$base.$$" "$base"
fi

root=$work/root
mkdir -p "$root/t"
for m in "${mods[@]}"; do add_mod "$kdir/modules" "$root/modules" "$m"; done
if [ "$dev" = armvirt ] || [ $insmod = 0 ]; then
	# Debug information is most of the file and none of the test.
	"${CROSS}strip" -g -o "$root/armvirt.ko" "$module" 2>/dev/null ||
		cp "$module" "$root/armvirt.ko" || { echo "host.sh: no module; build it or use --dev kvm" >&2; exit 125; }
fi
for a in "${adds[@]}"; do
	src=${a%%:*}
	dst=/t/$(basename "$src")
	[ "$a" = "$src" ] || dst=${a#*:}
	mkdir -p "$root$(dirname "$dst")"
	cp -rL "$src" "$root$dst" || exit 125
done
if [ -n "$script" ]; then
	cp "$script" "$root/run.sh" || exit 125
else
	printf '%s\n' "$run" > "$root/run.sh"
fi
{ cat "$base"; newc "$root"; } > "$work/initrd"

# --- the machine --------------------------------------------------------------------------------

nonce=$RANDOM$RANDOM$$
if [ "$DEB_ARCH" = arm64 ]; then
	cpu=${cpu:-cortex-a57}
	[ "$cpu" != max ] || cpu=max,pauth-impdef=on
else
	cpu=${cpu:-cortex-a15}
fi
# An ARMv7 machine keeps its HYP mode; what leaves it stands before the zImage: SPSR_hyp is SVC's, ELR_hyp
# points behind, ERET.
if [ $el1 = 1 ] && [ "$DEB_ARCH" = armhf ]; then
	{
		printf '\000\060\017\341\037\060\303\343\023\060\203\343\003\360\157\341'
		printf '\010\060\217\342\003\363\056\341\156\000\140\341\000\360\040\343'
		cat "$image"
	} > "$work/zImage"
	image=$work/zImage
elif [ $el1 = 1 ]; then
	virt=off
fi
devnode=/dev/$dev
[ "$dev" = armvirt ] || insmod=0
args+=" host_nonce=$nonce host_dev=$devnode host_insmod=$insmod host_tty=$tty host_leaks=$leaks $append"
# shellcheck disable=SC2206
cmd=("$QEMU" -M "virt,virtualization=$virt,gic-version=$gic" -cpu "$cpu" -smp "$smp"
	-m "$mem" -nic none -display none -monitor none -no-reboot -kernel "$image"
	-initrd "$work/initrd" -append "$args" $qemu_args)
if [ $gic_virt = 0 ]; then
	"$QEMU" -M "virt,virtualization=$virt,gic-version=$gic,dumpdtb=$work/dtb" \
		-cpu "$cpu" -smp "$smp" -m "$mem" -nic none -display none > /dev/null 2>&1
	fdtput -d "$work/dtb" "$(fdtget -l "$work/dtb" / | sed -n 's,^intc,/&,p')" interrupts || exit 125
	cmd+=(-dtb "$work/dtb")
fi

if [ $tty = 1 ]; then
	# Ctrl-A and Ctrl-C belong to the machine, not to QEMU.
	old=$(stty -g)
	"${cmd[@]}" -chardev stdio,id=c,signal=off,mux=off -serial chardev:c
	stty "$old"
	exit 0
fi

# A kernel that never comes to its first process stood still before anything of ours was in it, as a
# debug kernel's tests of RCU tasks do in one boot of thirty: it has a second try.
boot_limit=300
up() { grep -aq "@@up $nonce" "$log"; }
ends_unless_up() {
	for ((i = 0; i < boot_limit; i++)); do
		sleep 1
		! up && [ -e "$work/runs" ] || return
	done
	touch "$work/stands"
	kill "$(cat "$work/pid")"
} 2> /dev/null
run_machine() {
	rm -f "$work/stands"
	touch "$work/runs"
	: > "$log"
	ends_unless_up &
	timeout --foreground -k 5 "$timeout" "${cmd[@]}" -pidfile "$work/pid" -serial stdio < /dev/null 2>&1 |
		sed -u 's/\r//g' | tee "$log" |
		sed -u "/^@@dmesg-begin $nonce/,/^@@dmesg-end $nonce/d; /^@@exit $nonce/d; /@@up $nonce/d"
	status=${PIPESTATUS[0]}
	rm -f "$work/runs"
	wait
}
run_machine
if [ -e "$work/stands" ]; then
	echo "host.sh: the host's kernel stood still before its first process; once more"
	run_machine
fi
if [ "$status" = 124 ] || [ "$status" = 137 ]; then
	echo "host.sh: still running after $timeout s, stopped"
	exit 124
fi

# --- what it left behind ------------------------------------------------------------------------

result=$(sed -n "s/^@@exit $nonce //p" "$log")
sed -n "/^@@dmesg-begin $nonce/,/^@@dmesg-end $nonce/p" "$log" > "$log.dmesg"
bad='WARNING:|BUG:|BUG |Oops|Internal error|Kernel panic|Call trace:|possible (circular|recursive|irq)'
bad+='|inconsistent lock state|suspicious RCU|bad unlock balance|UBSAN|KASAN|KCSAN|unreferenced object'
bad+='|soft lockup|hard LOCKUP|detected stalls|self-detected stall|blocked for more than'
bad+='|sleeping function called|scheduling while atomic|Unable to handle|Bad mode in|nobody cared'
# The whole console counts only when the host could not hand out its log: what a guest prints
# looks like a kernel log too.
[ -n "$result" ] && klog=$log.dmesg || klog=$log
if grep -aE "$bad" "$klog" | grep -avE "$allow" | head -n 40 > "$work/bad" && [ -s "$work/bad" ]; then
	echo "host.sh: the kernel log is not clean:"
	cat "$work/bad"
	exit 3
fi
if [ -z "$result" ]; then
	echo "host.sh: the host died (last lines follow)"
	tail -n 20 "$log"
	exit 125
fi
exit "$result"
