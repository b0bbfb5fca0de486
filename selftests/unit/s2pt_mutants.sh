#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Is the walker's test strict enough? Build kmod/s2pt.c with one line wrong at a
# time and see that s2pt_test notices. Each mutant is a sed script; one that
# changes nothing any more is a failure too, so that this list follows the code.
#
#	s2pt_mutants.sh OUT	prints TAP
here=$(cd "$(dirname "$0")" && pwd)
out=$1/mutants
kmod=$here/../../kmod
CC=${CC:-gcc}
hyp_tlb=$kmod/arm64/hyp/tlb.c
flags=(-std=gnu11 -O1 -w "-I$here/fake/s2pt" "-I$here/fake" "-I$kmod" "-I$here")
n=0

# What s2pt_test exits with when a fault is noticed: see enum tlbmodel_fault.
fault_name() {
	case $1 in
	101) echo "stale translation" ;;
	102) echo "break-before-make" ;;
	103) echo "table order" ;;
	104) echo "reachable memory freed" ;;
	105) echo "stores not visible at return" ;;
	106) echo "unsafe in shared mode" ;;
	107) echo "memory management" ;;
	108) echo "wrong result" ;;
	109) echo "no progress" ;;
	98) echo "crash" ;;
	esac
}

# run NAME TEST-PROGRAM
run() {
	"$2" --mutant > /dev/null 2>&1
	what=$(fault_name $?)
	if [ -n "$what" ]; then
		echo "ok $n - mutant: $1: $what"
	else
		echo "not ok $n - mutant: $1: NOT CAUGHT"
	fi
}

# mutate NAME FILE SED-SCRIPT COPY: false, and reported, if nothing changes
mutate() {
	n=$((n + 1))
	dir=$out/$n
	mkdir -p "$dir"
	sed "$3" "$2" > "$dir/$4"
	cmp -s "$2" "$dir/$4" || return 0
	echo "not ok $n - mutant: $1: the code it changes is gone"
	return 1
}

# build NAME COMPILER-ARGUMENTS...
build() {
	name=$1
	shift
	"$CC" "${flags[@]}" -o "$dir/test" "$@" 2> "$dir/err" && return 0
	echo "not ok $n - mutant: $name: does not compile"
	sed 's/^/# /' "$dir/err"
	return 1
}

# mutant NAME SED-SCRIPT: of kmod/s2pt.c
mutant() {
	mutate "$1" "$kmod/s2pt.c" "$2" s2pt.c || return
	build "$1" "$dir/s2pt.c" "$out"/test/*.o && run "$1" "$dir/test"
}

# hyp_mutant NAME SED-SCRIPT: of EL2's tlb.c
hyp_mutant() {
	mutate "$1" "$hyp_tlb" "$2" tlb.c || return
	sed '/asm volatile/d; /^#include/d' "$dir/tlb.c" > "$dir/hyp_tlb.inc"
	build "$1" -I"$dir" "$here/hyptlb.c" "$out"/*.o "$out"/test/[!h]*.o && run "$1" "$dir/test"
}

rm -rf "$out"
mkdir -p "$out/test"
"$CC" "${flags[@]}" -c -o "$out/s2pt.o" "$kmod/s2pt.c" || exit 1
sed '/asm volatile/d; /^#include/d' "$hyp_tlb" > "$out/hyp_tlb.inc"
for f in s2pt_test s2pt_world s2pt_pages coroutine s2pt_plant tlbmodel tlbmodel_tlb hyptlb; do
	"$CC" "${flags[@]}" -I"$out" -c -o "$out/test/$f.o" "$here/$f.c" || exit 1
done
"$CC" "${flags[@]}" -o "$out/good" "$out"/*.o "$out"/test/*.o || exit 1
"$out/good" --mutant || { echo "not ok 1 - without any mutation"; exit 1; }

in_fn() { echo "/^[a-z].*\\<$1(/,/^}/"; }

# Leaves
mutant "flush does not order the stores" "$(in_fn flush){/dsb(/d}"
mutant "block with less than was asked taken for good" \
	"$(in_fn meet_block)s/return -EAGAIN/return 0/"
mutant "table published without barrier" "$(in_fn add_table){/dmb(/d}"
mutant "table published by plain store" \
	"$(in_fn add_table)s/if (!swap_desc(m->p, 0, \(.*\)))\$/set_desc(m->p, \1); if (0)/"
mutant "lost race leaks a table" "$(in_fn add_table)s/m->cache->table.*/;/"
mutant "lost race frees a table at once" \
	"$(in_fn add_table)s/m->cache->table.*/table_free(table, 0);/"
mutant "relax without TLBI" "$(in_fn relax_leaf)s/if (prot & ~had.*/if (0)/"
mutant "relax of an old leaf without TLBI" \
	"$(in_fn relax_leaf)s/if (prot & ~had/if ((old \& DESC_AF) \&\& prot \& ~had/"
mutant "relax by plain store" \
	"$(in_fn relax_leaf)s/if (!swap_desc(.*/set_desc(p, new); if (0)/"
mutant "relax takes for granted" \
	"$(in_fn relax_leaf)s/if (!swap_desc(\(.*\)))\$/if (swap_desc(\1), 0)/"
mutant "other leaf replaced without break" \
	"$(in_fn install)s/return -EAGAIN/return swap_desc(m->p, old, m->leaf) ? 0 : 1/"
mutant "other leaf taken for good" "$(in_fn install)s/return -EAGAIN/return 0/"
mutant "leaf installed by plain store" \
	"$(in_fn install)s/return swap_desc(\(.*\), 0, \(.*\)) ? 0 : 1/return set_desc(\1, \2), 0/"
mutant "map returns before its stores are visible" "$(in_fn s2pt_map){/dsb(/d}"
mutant "destroy leaves the tables" "$(in_fn s2pt_destroy)s/at = s2pt_unmap.*/at = end;/"
mutant "destroy forgets the end" \
	"$(in_fn s2pt_destroy)s/BIT_ULL(pt->cfg.ia_bits)/& - 4096 * 64/"

# Ranges
mutant "unmap without TLBI" "$(in_fn change_leaf)s/if (w->flush)/if (w->keep)/"
mutant "unmap of an old leaf without TLBI" \
	"$(in_fn change_leaf)s/if (w->flush)/if (w->flush \&\& (w->keep || desc \& DESC_AF))/"
mutant "age without TLBI" "$(in_fn s2pt_age)s/how == S2PT_AGE_CLEAR_FLUSH/false/"
mutant "age returns before its stores are visible" \
	"$(in_fn gather_flush)s/dsb(ishst)/;/"
mutant "batch ends at its first leaf" "$(in_fn gather_add){/inv->end = max/d}"
mutant "batch of pages and blocks keeps one stride" \
	"$(in_fn gather_add)s/inv->stride != size/false/"
mutant "table that was empty before not flushed" \
	"$(in_fn remove_table)s/gather_add(.*/if (!w->inv.stride) &/"
mutant "tables freed before the flush" \
	"$(in_fn remove_table)s/w->table\[.*/table_free(table, table_size(w->pt));/"
mutant "freed tables linked through their first entry" \
	"$(in_fn remove_table)s/w->table\[.*/& set_desc(table, virt_to_phys(table) | 3);/"
mutant "removed tables leak" "$(in_fn remove_table){/w->nr++/d}"
mutant "tables removed that are not empty" "$(in_fn walk_table)s/ && !memchr_inv(.*))/)/"
mutant "budget runs out unnoticed" \
	"$(in_fn walk_table)s/if (at < min(next, stop))/if (0)/"
mutant "walk never comes back" "$(in_fn walk_table){s/ipa = next/ipa = ipa/}"

# Descriptors
mutant "memory type taken for a permission" \
	"$(in_fn same_translation)s/addr_mask(pt) | MEMATTR(0xf)/addr_mask(pt)/"
mutant "address taken for a permission" \
	"$(in_fn same_translation)s/addr_mask(pt) | MEMATTR(0xf)/MEMATTR(0xf)/"
mutant "device memory mapped as normal" "$(in_fn memattr)s/? 0x1 :/? 0xf :/"
mutant "page that looks like a block" "$(in_fn make_leaf)s/desc | DESC_TABLE/desc/"

# EL2 (arm64/hyp/tlb.c)
hyp_mutant "EL2: no DSB between stage 2 and stage 1" "$(in_fn 'tlb_[a-z]*'){/tlbi_addr/{n;/dsb(ish)/d}}"
hyp_mutant "EL2: no VMALLE1IS" "$(in_fn 'tlb_[a-z]*')s/tlbi(vmalle1is);//"
hyp_mutant "EL2: VMALLE1 not broadcast" "$(in_fn 'tlb_[a-z]*')s/tlbi(vmalle1is)/tlbi(vmalle1)/"
hyp_mutant "EL2: no DSB after VMALLE1IS" "$(in_fn 'tlb_[a-z]*'){/tlbi(vmalle1is)/{n;/dsb(ish)/d}}"
hyp_mutant "EL2: no DSB after VMALLS12E1IS" "$(in_fn 'tlb_[a-z]*'){/tlbi(vmalls12e1is)/{n;/dsb(ish)/d}}"
hyp_mutant "EL2: DSB of this CPU only" "$(in_fn 'tlb_[a-z]*')s/dsb(ish)/dsb(nsh)/"
hyp_mutant "EL2: last-level TLBI" "$(in_fn 'tlb_[a-z]*')s/ipas2e1is/ipas2le1is/"
hyp_mutant "EL2: stage 1 only" "$(in_fn 'tlb_[a-z]*')s/vmalls12e1is/vmalle1is/"
hyp_mutant "EL2: first address only" "$(in_fn 'tlb_[a-z]*')s/start += stride/start = end/"
hyp_mutant "EL2: address not shifted" "$(in_fn 'tlb_[a-z]*')s/start >> 12/start/"
hyp_mutant "EL2: wrong VMID" "$(in_fn borrow_vmid){/write_sysreg(vttbr, vttbr_el2)/d}"
hyp_mutant "EL2: no ISB after the VMID" "$(in_fn borrow_vmid){/hcr_el2);/{n;n;/isb/d};/^\tisb/d}"
hyp_mutant "EL2: walks left on" "$(in_fn borrow_vmid)s/ | TCR_NO_WALKS//"
hyp_mutant "EL2: stage 1 left off" "$(in_fn borrow_vmid)s/ | BIT_SCTLR_M//"
hyp_mutant "EL2: VMID of 8 bits" "$(in_fn borrow_vmid)s/ | BIT_VTCR_VS//"
hyp_mutant "EL2: TGE left set" "$(in_fn borrow_vmid)s/ & ~BIT_HCR_TGE//"
hyp_mutant "EL2: VMID not given back" "$(in_fn return_vmid){/write_sysreg(ctx->vttbr/d}"
hyp_mutant "EL2: walks on before the VMID is back" "$(in_fn return_vmid){/isb/d}"

echo "1..$n"
