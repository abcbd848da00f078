#!/bin/sh
# The insertion model against 24 specimens of the virtual bench, of which it knows what a laboratory would: the needles,
# the method, the readings.  The band for a new specimen must hold 95 % of them, the band for another array on the same
# specimen cannot.
set -u
cd "$(dirname "$0")/../.."
B=${B:-build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mn-specimens-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mnsim=$B/mnsim
. tests/cli/expect.inc
SPECIMENS=24

mkdir "$tmp/runs"
expect 0 "" "$B/tests/specimens/press" 1 $SPECIMENS "$tmp/runs"
expect 2 "usage: press FIRST LAST FOLDER" "$B/tests/specimens/press" 3 2 "$tmp/runs"
runs=
for i in $(seq $SPECIMENS); do runs="$runs --run $tmp/runs/s$i"; done

# inside FOLDER TRAVEL_um: how many specimens lie in the band at the place next to it
inside() {
    awk -F, -v x="$2" 'NR == 1 {for (i = 1; i <= NF; i++) col[$i] = i; next}
        {d = $col["x"] - x; d = d < 0 ? -d : d; if (NR == 2 || d < best) {best = d; n = 0; place = $col["x"]}}
        $col["x"] == place && $col["observed"] >= $col["band_low"] && $col["observed"] <= $col["band_high"] {n++}
        END {print n + 0}' "$1/compare.csv"
}
# Of 24, 20 or more lie in a band of 95 % with a probability of 99.4 %.
# shellcheck disable=SC2086
expect 0 "" "$mnsim" compare config/studies/compare_insertion.yaml $runs -o "$tmp/new" --config config
check "and says SYNTHETIC" grep -q 'SYNTHETIC consistent .* coverage' "$tmp/out"
for travel in 150 300 450 600 750 900 1000; do
    check "at $travel um the band for a new specimen holds 95 % of them: $(inside "$tmp/new" $travel) of $SPECIMENS" \
        [ "$(inside "$tmp/new" $travel)" -ge 20 ]
done
grep -v '^comparison\|^verdict' config/studies/compare_insertion.yaml | sed -e 's/specimens: 31/arrays: 8/' \
    -e "s|insertion_10x10.yaml|$PWD/config/studies/insertion_10x10.yaml|" >"$tmp/arrays.yaml"
printf 'comparison: another array on the same specimen\nverdict: reported\n' >>"$tmp/arrays.yaml"
# shellcheck disable=SC2086
expect 0 "NOT CONSISTENT" "$mnsim" compare "$tmp/arrays.yaml" $runs -o "$tmp/same" --config config
for travel in 150 300 450 900 1000; do
    check "at $travel um the band for another array does not: $(inside "$tmp/same" $travel) of $SPECIMENS" \
        [ "$(inside "$tmp/same" $travel)" -le 12 ]
done
echo "specimens: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
