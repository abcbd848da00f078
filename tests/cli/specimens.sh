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

# one run in one command: what was done comes from the run, what comes out stands beside what was measured
I=config/studies/insertion_10x10.yaml
expect 0 "SYNTHETIC s3: predicted, and measured" "$mnsim" insert $I --run "$tmp/runs/s3" -o "$tmp/one" --config config
check "the force is the run's" grep -q 'force: 10\.[2-9]' "$tmp/one/study.yaml"
check "so are hold, contact force and needles" \
    [ "$(grep -cE '^  (hold: (5|4\.9[0-9]*|5\.0[0-9]*) s|contact_force: 0\.01 N|name: of_the_run|count: 100)' \
        "$tmp/one/study.yaml")" -eq 4 ]
# column FILE NAME: the value of results/NAME/KEY in measured.yaml
pair() { awk -v k="  $1:" -v w="$2:" '$0 == k {f = 1; next} f && $1 == w {print $2; exit}' "$tmp/one/measured.yaml"; }
between() { awk -v x="$1" -v lo="$2" -v hi="$3" 'BEGIN {exit !(x != "" && x + 0 >= lo && x + 0 <= hi)}'; }
check "measured and predicted travel are both there: $(pair end_travel measured), $(pair end_travel predicted)" \
    between "$(pair end_travel predicted)" 1000 1400
check "and measured" between "$(pair end_travel measured)" 1000 1400
inside=$(awk '$1 == "new_specimen:" {print $2}' "$tmp/one/measured.yaml")
again=$(awk -F, '
    NR > 1 && $5 != "" && $6 != "" {n++; if ($2 >= $5 && $2 <= $6) k++} END {print k/n}' "$tmp/one/measured.csv")
check "the share inside is that of measured.csv: $inside, $again" \
    between "$inside" "$(echo "$again" | awk '{print $1 - 1e-4}')" 1
check "and most of it" between "$inside" 0.85 1
expect 0 "" "$mnsim" insert "$tmp/one/study.yaml" -o "$tmp/repeated" --config config
check "the resolved study repeats it without the run" cmp -s "$tmp/one/curve.csv" "$tmp/repeated/curve.csv"
expect 0 "" "$mnsim" insert $I --run "$tmp/runs/s3" --set 'press/to={force: 4 N}' -o "$tmp/less" --config config
check "what the command line sets counts over the run" grep -q 'force: 4 N' "$tmp/less/study.yaml"
expect 3 "run.yaml: cannot be opened" "$mnsim" insert $I --run "$tmp/nowhere" -o "$tmp/none"
expect 2 "2 runs: 'mnsim insert' takes one" "$mnsim" insert $I --run "$tmp/runs/s1" --run "$tmp/runs/s2" -o "$tmp/none"
echo "specimens: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
