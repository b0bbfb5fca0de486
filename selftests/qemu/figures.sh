# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What bench.sh and bench-io.sh do with their figures. To be sourced.

# medians < lines "NAME VALUE": the same, one for each name.
medians() {
	sort -k1,1 -k2,2n | awk '
		{ v[$1, ++n[$1]] = $2 }
		END { for (k in n) print k, v[k, int((n[k] + 1) / 2)] }' | sort
}

# compare FILE OTHER NAME OTHER-NAME WIDTH: beside each other, and the second as a part of the first.
compare() {
	join "$1" "$2" | awk -v a="$3" -v b="$4" -v w="$5" '
		BEGIN { printf "%-*s %10s %10s %8s\n", w, "", a, b, "ratio" }
		{ printf "%-*s %10d %10d %8.2f\n", w, $1, $2, $3, $2 ? $3 / $2 : 0 }'
}
