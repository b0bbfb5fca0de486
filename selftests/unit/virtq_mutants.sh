#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Is virtq_test strict enough? Build vmm-lite/virtio/virtq.c with one line wrong
# at a time and see that the test notices, by itself or by hanging. Each mutant
# is a sed script; one that changes nothing any more is a failure too, so that
# this list follows the code.
#
#	virtq_mutants.sh OUT	prints TAP
here=$(cd "$(dirname "$0")" && pwd)
out=$1/virtq-mutants
vmm=$here/../../vmm-lite
CC=${CC:-gcc}
flags=(-std=gnu11 -O1 -w -D_GNU_SOURCE "-I$vmm" "-I$here")
n=0

in_fn() { echo "/^[a-z].*\\<$1(/,/^}/"; }

# mutant NAME SED-SCRIPT
mutant() {
	n=$((n + 1))
	sed "$2" "$vmm/virtio/virtq.c" > "$out/mutant.c"
	if cmp -s "$vmm/virtio/virtq.c" "$out/mutant.c"; then
		echo "not ok $n - mutant: $1: the code it changes is gone"
		return
	fi
	if ! "$CC" "${flags[@]}" -o "$out/test" "$out/mutant.c" "$out"/*.o 2> "$out/err"; then
		echo "not ok $n - mutant: $1: does not compile"
		sed 's/^/# /' "$out/err"
		return
	fi
	# Without a sanitizer the test takes a second.
	if (ulimit -c 0; timeout 10 "$out/test" first; exit $?) > "$out/tap" 2>&1; then
		echo "not ok $n - mutant: $1: NOT CAUGHT"
	else
		echo "ok $n - mutant: $1:$(sed -n 's/^not ok [0-9]* -//p' "$out/tap" | head -n 1)"
	fi
}

rm -rf "$out"
mkdir -p "$out"
"$CC" "${flags[@]}" -c -o "$out/virtq_test.o" "$here/virtq_test.c" || exit 1
"$CC" "${flags[@]}" -c -o "$out/mem.o" "$vmm/mem.c" || exit 1
"$CC" "${flags[@]}" -c -o "$out/util.o" "$vmm/util.c" || exit 1

# Setup
mutant "any size of split rings" "$(in_fn virtq_start)s/ || (!q->packed && n & (n - 1))//"
mutant "one entry too many" "$(in_fn virtq_start)s/n > VIRTQ_SIZE_MAX/n > VIRTQ_SIZE_MAX + 1/"
mutant "the used event has no room" "$(in_fn virtq_start)s/6 + 2 \* n/4 + 2 * n/"
mutant "the avail event has no room" "$(in_fn virtq_start)s/6 + 8 \* n/4 + 8 * n/"
mutant "driver area of a packed ring at 2" "$(in_fn virtq_start)s/(q->packed ? 4 : 2)/2/"

# Chains
mutant "readable after writable" "$(in_fn add_piece)s/ || (c->nr_in && .*)))/)/"
mutant "a piece too many" "$(in_fn add_piece)s/n == VIRTQ_SEGS_MAX/n > VIRTQ_SEGS_MAX/"
mutant "a sum that wraps" "$(in_fn add_piece)s/ || __builtin.*/)/"
mutant "only a piece's first byte is RAM" "$(in_fn add_piece)s/p->addr, p->len/p->addr, 1/"
mutant "only a table's first byte is RAM" "$(in_fn add_indirect)s/p->addr, p->len/p->addr, 1/"
mutant "a table too long" "$(in_fn add_indirect)s/ || n > VIRTQ_SIZE_MAX//"
mutant "half an entry" "$(in_fn add_indirect)s/ || p->len % 16//"
mutant "tables in tables" "$(in_fn add_indirect)s/in.flags & DESC_INDIRECT || //"
mutant "out of the table" "$(in_fn add_indirect)s/i >= n/i > n/"
mutant "a table that goes round ends" "$(in_fn add_indirect)s/q->packed ? 0 : -1;/0;/"
mutant "a table that goes round never ends" "$(in_fn add_indirect)s/seen < n;/;/"
mutant "packed tables are linked" "$(in_fn add_indirect)s/q->packed ? i + 1 : in.next/in.next/"
mutant "more after a table" "$(in_fn add_any)s/p->flags & DESC_NEXT ? -1 : //"
mutant "an index too far" "$(in_fn split_pop)s/> q->size)/> q->size + 1)/"
mutant "a descriptor too far" "$(in_fn split_pop)s/i >= q->size/i > q->size/"
mutant "a chain that goes round never ends" "$(in_fn split_pop)s/n < q->size;/;/"
mutant "a packed chain that goes round never ends" \
	"$(in_fn packed_pop)s/c->slots <= q->size;/;/"
mutant "the first one's ID" "$(in_fn packed_pop)s/c->id = p.id/c->id = packed_piece(ring + q->avail).id/"
mutant "out of the packed ring" "$(in_fn packed_pop)s/++pos == q->size/++pos > q->size/"
mutant "the wrap counter stays" "$(in_fn packed_advance)s/\*wrap = .*/;/"
mutant "wraps late" "$(in_fn packed_advance)s/>= q->size/> q->size/"
mutant "a used entry is available" "$(in_fn packed_available)s/ &&$//;$(in_fn packed_available)s/ && !!(.*USED) != q->avail_wrap//"
mutant "unpop forgets the wrap" "$(in_fn virtq_unpop)s/q->avail_wrap = .*/;/"
mutant "broken and still in use" "$(in_fn virtq_pop)s/q->ready = false/;/"

# Used entries
mutant "a chain longer than the ring" "$(in_fn virtq_push_all)s/u\[i\].slots > q->size/false/"
mutant "one slot for each chain" "$(in_fn packed_push)s/u\[i\].slots);/1);/"
mutant "no length" "$(in_fn packed_push)s/u\[i\].written ? /false ? /"
mutant "used entries don't wrap" "$(in_fn split_push)s/ % q->size//"

# Events
mutant "a signal one late" "$(in_fn passed)s/back >= 1/back >= 2/"
mutant "a signal one early" "$(in_fn passed)s/back >= 1/back <= n/"
mutant "a signal too old" "$(in_fn passed)s/back <= n/back <= n + 1/"
mutant "a signal after a round is none" "$(in_fn passed)s/n >= round || //"
mutant "chains counted, not slots" "$(in_fn virtq_push_all)s/+= u\[i\].slots/++/"
mutant "packed events on one lap" "$(in_fn packed_must_signal)s/at >> 15 ? 0 : q->size/0/"
mutant "packed events without the feature" "$(in_fn packed_must_signal)s/ || !q->event_idx//"
mutant "no wish is none" "$(in_fn virtq_must_signal)s/if (!q->event_idx)/if (true)/"
mutant "kicks asked for one late" "$(in_fn ask_for_kicks)s/avail_event(q), q->avail/avail_event(q), q->avail + 1/"
mutant "kicks asked for on the other lap" "$(in_fn ask_for_kicks)s/q->avail_wrap ? 1/q->used_wrap ? 1/"
mutant "what came meanwhile is missed" "$(in_fn virtq_kicks_on)s/return q->packed.*/return false;/"

# Pieces
mutant "copies over the end" "$(in_fn iov_copy)s/part > len - done/part > len/"
mutant "skips too few" "$(in_fn iov_skip)s/len >= /len > /"
mutant "keeps too much" "$(in_fn iov_keep)s/ && len;/;/"

echo "1..$n"
