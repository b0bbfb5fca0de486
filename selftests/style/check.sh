#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The rules of the sources that a machine can check, as TAP: licence lines, widths, sizes, layers,
# kernel versions in one place, headers that compile alone, scripts that shellcheck likes.
# shellcheck disable=SC2046	# lists of files without blanks are meant to split
set -u
# The last command of a pipe runs in this shell and can count.
shopt -s lastpipe
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-$PWD/build}

n=0 failed=0
# result TEXT < FINDINGS: ok when there are none.
result() {
	local findings
	findings=$(head -n 30)
	n=$((n + 1))
	if [ -z "$findings" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '# %s\n' "${findings//$'\n'/$'\n'# }"
		failed=1
	fi
}
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }

# Outside a git tree: everything that is not below build/.
mapfile -t tracked < <({ git ls-files --cached --others --exclude-standard 2>/dev/null ||
	find . -path ./build -prune -o -type f -print | sed 's,^\./,,'; } | sort)
pick() { for f in "${tracked[@]}"; do [[ $f =~ $1 && -f $f ]] && echo "$f"; done; }
mapfile -t code < <(pick '^(kmod|uapi|vmm-lite|selftests)/.*\.[chS]$')
mapfile -t kmod < <(pick '^kmod/.*\.[chS]$')
mapfile -t scripts < <(pick '\.sh$'; pick '^selftests/qemu/(guest-run|pin-vcpus|run-tests|init|guest-init)$'
	pick '^selftests/qemu/debian-(run|setup|check)$'; pick '^.ci/run$')

echo "TAP version 13"

for f in "${code[@]}" "${scripts[@]}"; do
	head -n 2 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0' || echo "$f"
done | result "every source begins with its licence"

for f in "${code[@]}" "${scripts[@]}"; do
	case $f in kmod/*|uapi/*|vmm-lite/*) max=100 ;; *) max=120 ;; esac
	# What a user reads stays in one piece, so that it can be searched for.
	expand -t 8 "$f" | awk -v f="$f" -v max="$max" \
		'length($0) > max && !/"/ { print f ":" NR ": " length($0) " columns" }'
done | result "no line is wider than 100 columns (tests: 120)"

grep -nE '[ 	]+$' "${code[@]}" "${scripts[@]}" | result "no trailing blanks"

for f in "${kmod[@]}" $(pick '^vmm-lite/.*\.[ch]$'); do
	lines=$(wc -l < "$f")
	[ "$lines" -le 700 ] || echo "$f: $lines lines"
done | result "no file of module or VMM has more than 700 lines"

for f in "${code[@]}"; do
	case $f in *.c) ;; *) continue ;; esac
	awk -v f="$f" '/^[A-Za-z_].*\(/ { start = NR; name = $0 } /^\{/ && !start { start = NR }
		/^\}/ { if (start && NR - start > 80) print f ":" start ": " NR - start " lines: " name
			start = 0 }' "$f"
done | result "no function has more than 80 lines"

grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION\(' "${kmod[@]}" | grep -v '^kmod/compat/' |
	result "kernel versions are named in kmod/compat only"

grep -nE '^ *# *include' $(pick '^kmod/(arm|arm64)/hyp/.*\.[cS]$'; pick '^kmod/hyp/.*\.[cS]$') /dev/null |
	grep -vE '["<](hyp|arch_types|sysreg_list|entry|world|uapi/armvirt|armvirt_hyp)[a-z_]*\.[chS][">]|<asm/|<linux/(linkage|types|const|stringify|arm-smccc|kernel|bits|compiler|build_bug|irqchip/arm-gic.*)\.h>|"(\.\./\.\./hyp/)?(entry|world|calls|tlb|gic|vectors|init)[a-z_]*\.[cS]"' |
	result "code resident at EL2 includes hyp.h and plain headers only"

grep -lE '[<"](vgic/vgic|timer|psci)[^">]*\.h[">]' $(pick '^kmod/(s2pt|memslot|iobus|hypmap)[a-z_]*\.c$') /dev/null |
	result "the core's lower layers know no GIC, timer or PSCI"

grep -nE '#include <(liburing|libfdt|ext2fs/.*)\.h>' $(pick '^vmm-lite/.*\.[ch]$') /dev/null |
	grep -vE '^vmm-lite/(loop_io\.c:.*liburing|fdt[a-z_]*\.c:.*libfdt|image/ext4\.c:.*ext2fs)' |
	result "libraries stay behind the one file that wraps each"

grep -nE '(TO''DO|FIX''ME|[^X]XX''X[^X])' "${code[@]}" "${scripts[@]}" | result "nothing is marked as left to do"

pick "^(kmod|uapi|vmm-lite|selftests|Documentation|Makefile|Kbuild|README.md)" |
	xargs grep -nE '(^|[^A-Za-z0-9_.])/(work|farm|home)/' |
	result "no path of one machine"

# As other projects' sizes are counted, without blank lines; but with comments.
# What came later than 12,000 lines: 350 for what ARMv7 and AArch32 guests need in files that others
# need, too (130 lines name one of them), and 100 for guests that step themselves, kinds of CPUs,
# the kernel's work for a task and list registers as a reset leaves them.
lines=$(cat $(pick '^(kmod|uapi)/.*\.[chS]$' | grep -vE '^kmod/arm/|/(aarch32|arm64/cp|armvirt_arm)\.') /dev/null |
	grep -c '[^[:space:]]')
{ [ "$lines" -lt 12450 ] || echo "$lines lines"; } |
	result "module, EL2 and ABI: $lines of 12450 lines, comments included"
lines=$(cat $(pick '^kmod/arm/.*\.[chS]$') /dev/null | grep -c '[^[:space:]]')
{ [ "$lines" -lt 3000 ] || echo "$lines lines"; } | result "only for ARMv7: $lines of 3000 lines"
lines=$(cat $(pick '^kmod/(arm64/)?hyp/.*\.[chS]$') /dev/null | wc -l)
{ [ "$lines" -lt 2000 ] || echo "$lines lines"; } | result "resident at EL2: $lines of 2000 lines"

if command -v shellcheck > /dev/null; then
	# Functions that are called through t look unreachable to it.
	shellcheck -x -e SC2317 "${scripts[@]}" | result "shellcheck has nothing to say"
else
	skip "shellcheck has nothing to say" "shellcheck is not installed"
fi

# Headers alone: one object per header, in a tree beside the module's.
headers_alone() {
	local dir=$build/style kdir=$build/kernels/6.1/headers h o
	rm -rf "$dir"
	mkdir -p "$dir"
	{
		echo "ccflags-y := -I$PWD/kmod -I$PWD/kmod/arm64 -I$PWD/kmod/compat -I$PWD/uapi"
		for h in $(pick '^kmod/([a-z0-9_]+|vgic/[a-z0-9_]+|arm64/[a-z0-9_]+)\.h$') uapi/armvirt.h; do
			# Expanded many times, each time by another list: not a header in this sense.
			case $h in *_list.h|*_rows.h) continue ;; esac
			o=alone_$(tr '/.' '__' <<< "$h")
			echo "#include \"$PWD/$h\"" > "$dir/$o.c"
			echo "obj-m += $o.o"
		done
	} > "$dir/Kbuild"
	make -s -C "$kdir" M="$dir" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
		CC=aarch64-linux-gnu-gcc CONFIG_DEBUG_INFO_BTF_MODULES= KBUILD_MODPOST_WARN=1 \
		-k -j2 modules 2>&1 | grep -E 'error:|warning:' | grep -v 'MODULE_LICENSE' | sed "s,$PWD/,," | sort -u
}
if [ -e "$build/kernels/6.1/headers" ]; then
	headers_alone | result "every header of the module compiles alone"
else
	skip "every header of the module compiles alone" "no kernel headers fetched"
fi

echo "1..$n"
exit $failed
