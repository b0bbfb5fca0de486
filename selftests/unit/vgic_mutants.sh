#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Are the vGIC's tests strict enough? Build kmod/vgic/ with one line wrong at a
# time and see that vgic_test or vgic_case_test notices. Each mutant is a sed
# script; one that changes nothing any more is a failure too, so that this list
# follows the code.
#
#	vgic_mutants.sh OUT	prints TAP
here=$(cd "$(dirname "$0")" && pwd)
out=$1/vgic-mutants
kmod=$here/../../kmod
CC=${CC:-gcc}
flags=(-std=gnu11 -O1 -w "-I$here/fake/vgic" "-I$here/fake" "-I$kmod" "-I$kmod/arm64" "-I$here")
files="irq cpuif mmio v2 v3 cpureg setup attr"
n=0

in_fn() { echo "/^[a-z].*\\<$1(/,/^}/"; }

# mutant NAME FILE SED-SCRIPT: of kmod/vgic/FILE.c
mutant() {
	n=$((n + 1))
	sed "$3" "$kmod/vgic/$2.c" > "$out/mutant.c"
	if cmp -s "$kmod/vgic/$2.c" "$out/mutant.c"; then
		echo "not ok $n - mutant: $1: the code it changes is gone"
		return
	fi
	objs=()
	for f in $files; do
		[ "$f" = "$2" ] || objs+=("$out/$f.o")
	done
	if ! "$CC" "${flags[@]}" -c -o "$out/mutant.o" "$out/mutant.c" 2> "$out/err"; then
		echo "not ok $n - mutant: $1: does not compile"
		sed 's/^/# /' "$out/err"
		return
	fi
	for t in vgic_case_test vgic_test; do
		"$CC" -o "$out/$t" "$out/mutant.o" "${objs[@]}" "$out/test/$t.o" "$out/test/vgic_sim.o"
		if ! (timeout 30 "$out/$t"; exit $?) > /dev/null 2>&1; then
			echo "ok $n - mutant: $1: $t"
			return
		fi
	done
	echo "not ok $n - mutant: $1: NOT CAUGHT"
}

rm -rf "$out"
mkdir -p "$out/test"
for f in $files; do
	"$CC" "${flags[@]}" -c -o "$out/$f.o" "$kmod/vgic/$f.c" || exit 1
done
for f in vgic_test vgic_case_test vgic_sim; do
	"$CC" "${flags[@]}" -c -o "$out/test/$f.o" "$here/$f.c" || exit 1
done

# One interrupt (irq.c)
mutant "not queued when it becomes pending" irq \
	"$(in_fn vgic_irq_update)s/ready \&\& !irq->queued/irq->active \&\& !irq->queued/"
mutant "stays queued" irq "$(in_fn vgic_irq_update)s/!ready \&\& irq->queued/false/"
mutant "a lowered level stays in the list register" irq \
	"$(in_fn vgic_irq_update)s/pending != irq->lr_pend/pending \&\& !irq->lr_pend/"
mutant "a second edge is nobody's business" irq \
	"$(in_fn vgic_irq_update)s/(irq->latch || /(/"
mutant "a level after a latch is nobody's business" irq \
	"$(in_fn vgic_irq_update)s/ || (irq->lr_latch .*/);/"
mutant "moves while it is active" irq "$(in_fn must_move)s/ && !irq->active//"
mutant "moves out of a list register" irq "$(in_fn must_move)s/ && !irq->in_lr//"
mutant "never moves" irq "$(in_fn vgic_irq_unlock)s/if (move)/if (false)/"
mutant "retarget leaves it in the old list register" irq \
	"$(in_fn vgic_irq_unlock)s/irq->target != home/false/"
mutant "nobody is kicked" irq "$(in_fn kick)s/vcpu_request.*/;/"
mutant "waits for nothing" irq "$(in_fn vgic_home_sync)s/== folds/!= folds/"
mutant "the host's interrupt stays active when its line falls" irq \
	"$(in_fn vgic_inject)s/vgic_irq_deactivate_hw(irq)/(void)0/"

# List registers (cpuif.c)
mutant "pending again while active" cpuif \
	"$(in_fn load_irq)s/pend && (!irq->active || .*/pend;/"
mutant "edges don't queue behind an active one" cpuif \
	"$(in_fn load_irq)s/(!irq->active || .*/!irq->active;/"
mutant "latch stays when it moves to a list register" cpuif \
	"$(in_fn load_irq)s/irq->latch = irq->source/;/"
mutant "latch lost when it comes back" cpuif \
	"$(in_fn unload_irq)s/irq->latch = true/;/"
mutant "active lost when it comes back" cpuif \
	"$(in_fn unload_irq)s/irq->active = lr & f->active/irq->active = false/"
mutant "a level that is still high isn't looked at" cpuif \
	"$(in_fn load_irq)s/irq->notify || .*/irq->notify))/"
mutant "nobody is told of an end" cpuif "$(in_fn unload_irq)s/return irq->notify/return false/"
mutant "a sender's SGI is lost" cpuif \
	"$(in_fn unload_irq)s/irq->source |= irq->lr_source/;/"
mutant "no exit for the next sender" cpuif \
	"$(in_fn take_source)s/ | (irq->source && .*/;/"
mutant "disabled ones are delivered" cpuif "$(in_fn forwards)s/irq->enabled && //"
mutant "delivered at the old home" cpuif "$(in_fn forwards)s/ && irq->target == irq->home//"
mutant "first come, not most urgent" cpuif "$(in_fn insert)s/->priority > irq->priority/->priority > 0xff/"
mutant "no list register for the most urgent" cpuif \
	"$(in_fn flush_selected)s/max - (s.nr_pending ? 1 : 0)/max/"
mutant "no exit for what didn't fit" cpuif "$(in_fn flush_selected)s/ICH_HCR_NPIE_BIT/0/"
mutant "no exit for an end without list register" cpuif \
	"$(in_fn flush_selected)s/ICH_HCR_LRENPIE_BIT/0/"
mutant "ends without list register not counted" cpuif \
	"$(in_fn end_spilled)s/best->active = false/;/"
mutant "an entry that fails ends another one" cpuif "$(in_fn fold_slow)s/gic->eoicount = 0/;/"
mutant "least urgent ended first" cpuif \
	"$(in_fn end_spilled)s/irq->priority < best->priority/irq->priority > best->priority/"
mutant "what was unwanted here stays" cpuif "$(in_fn fold_slow)s/vgic_irq_settle.*/;/"
mutant "timer that was reprogrammed fires again" cpuif \
	"$(in_fn resample)s/irq->line = irq->hw->line(vcpu)/;/"
mutant "its host interrupt stays active" cpuif "$(in_fn resample)s/vgic_irq_deactivate_hw(irq)/;/"

# Registers
mutant "writes zero as one" mmio "$(in_fn access_irqs)s/!(row->flags & VGIC_ROW_W1)/true/"
mutant "any width" mmio "$(in_fn legal)s/row->widths & (1 << len)/true/"
mutant "private ones in the distributor" mmio \
	"$(in_fn nth_irq)s/a->frame == VGIC_V3_DIST/false/"
mutant "no wait for a guest that has it" mmio "$(in_fn write_irq)s/if (sync)/if (false)/"
mutant "reads a stale active state" mmio \
	"$(in_fn read_irq)s/row->flags & VGIC_ROW_SYNC_READ/false/"
mutant "ICPENDR forgets the list register" mmio \
	"$(in_fn clear_pending)s/irq->lr_latch = false/;/"
mutant "TDIR for the wrong vCPU" v3 "$(in_fn vgic_v3_write_dir)s/irq->active = false/;/"
mutant "SGI to everybody else only" v2 "$(in_fn vgic_v2_send_sgi)s/list & BIT(i)/~list \& BIT(i)/"
mutant "IROUTER ignored" mmio "$(in_fn write_irouter)s/irq->route)))/0)))/"
mutant "list register without priority" cpuif "$(in_fn load_irq)s/(u64)irq->priority/0ULL/"
mutant "a GICv2's list register has a GICv3's priority" cpuif "/^} lr_formats/,/^};/s/20, 10/48, 10/"
mutant "old list register left behind" v2 "$(in_fn vgic_v2_fold){/gich_write/d}"
mutant "the common binary point is nobody's" cpureg "$(in_fn vgic_access_cpu)s/VMCR_CBPR/0/"

echo "1..$n"
