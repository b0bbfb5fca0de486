#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run unit tests given as name=command, show their TAP with the test's name in
# front and end with a sum. A program that dies, or says less than it planned, is
# one more failure. They run side by side, and are shown one after the other.
out=$1
shift

for t in "$@"; do
	name=${t%%=*}
	{
		sh -c "${t#*=}" > "$out/$name.tap" 2> "$out/$name.err"
		echo $? > "$out/$name.rc"
	} &
done
wait

for t in "$@"; do
	name=${t%%=*}
	rc=$(cat "$out/$name.rc")
	sed "s/^/# $name: /" "$out/$name.err"
	awk -v name="$name" -v rc="$rc" '
		/^1\.\.[0-9]+/		{ plan = substr($0, 4) + 0; next }
		/^(not )?ok /		{
			seen++
			sub(/ok [0-9]* *-? */, "ok " name ": ")
			print
			next
		}
					{ print (/^#/ ? "" : "# ") $0 }
		END { if (rc != 0 || seen != plan || !plan)
			printf "not ok %s: exit %d after %d of %d tests\n", name, rc, seen, plan }
	' "$out/$name.tap"
done | awk '
	/^not ok /	{ bad++ }
	/^ok .*# SKIP/	{ skip++; print; next }
	/^ok /		{ good++ }
			{ print }
	END { printf "%d passed, %d failed, %d skipped\n", good, bad, skip; exit bad > 0 }
'
