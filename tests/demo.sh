#!/bin/sh
# The loop once, end to end, with no hardware: bench -> depth -> model -> comparison -> report.  `make demo` runs it.
# Everything lands in demo-out/ (or $1); the bench listens on a loopback port it picks itself and ends with the script.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
OUT=${1:-demo-out}
case $OUT in ''|/|.|..) echo "demo: not into '$OUT'" >&2; exit 2;; esac
if [ -e "$OUT" ] && [ ! -f "$OUT/.made-by-demo" ]; then
    echo "demo: '$OUT' exists and was not made by this script; name another folder" >&2
    exit 2
fi
rm -rf "$OUT"
mkdir -p "$OUT"
: >"$OUT/.made-by-demo"
began=$(date +%s)
bench=
finish() { [ -z "$bench" ] || kill "$bench" 2>/dev/null || :; }
trap finish EXIT
trap 'exit 1' INT TERM HUP
step() { printf '[%2d s] %s\n' $(($(date +%s) - began)) "$*"; }
die() { echo "demo: $*" >&2; exit 1; }
# value FILE KEY: the first "KEY: value" of a YAML file, without its quotes
value() { sed -n "s/^ *$2: *//p" "$1" | sed 's/^"\(.*\)"$/\1/' | head -n 1; }

benches=0
# A virtual bench on a port it picks: $bench, $port.  Its truth and readings go to bench/, those of a second one to bench_2/ ...
start_bench() {
    [ -z "$bench" ] || { kill "$bench" && wait "$bench" || :; }
    benches=$((benches + 1))
    [ $benches -eq 1 ] && at=$OUT/bench || at=${OUT}/bench_$benches
    rm -f "$OUT/port"
    "$B/mnbench" serve --tcp 0 --seed 20260309 --out "$at" --print-port "$OUT/port" --seconds 300 >"$OUT/bench.log" 2>&1 &
    bench=$!
    n=0
    while [ ! -s "$OUT/port" ]; do
        n=$((n + 1))
        [ $n -lt 100 ] || { cat "$OUT/bench.log" >&2; die "the virtual bench did not start"; }
        sleep 0.1
    done
    port=$(head -n 1 "$OUT/port")
}
step "virtual bench: starting on a free loopback port"
start_bench

# The diffusion work needs no bench: it runs while the specimens are pressed.
step "model: sweep, nominal delivery and the two comparisons, while the bench presses"
(
    "$B/mnsim" run config/studies/demo_delivery.yaml -o "$OUT/nominal" --quiet
    "$B/mnsim" sweep config/studies/demo_sweep.yaml -o "$OUT/sweep" --quiet
    "$B/mnsim" compare config/studies/compare_nicotine.yaml -o "$OUT/nicotine"
    "$B/mnsim" compare config/studies/compare_naloxone.yaml -o "$OUT/naloxone"
) >"$OUT/model.log" 2>&1 &
model=$!

mkdir -p "$OUT/runs"
# press I: one run on specimen I.  The bench runs in real time and stops when it gets late; on a busy computer the demo
# presses again once the computations are done.  A run that stopped stays in late/.
press() {
    for try in 1 2 3; do
        "$B/mnrig" run --bench config/benches/virtual_tcp.yaml --port "$port" --method config/methods/press_10N_hold_5s.yaml \
            --batch demo --specimen "s$1" --specimen-number "$1" --unattended --plain -o "$OUT/runs" >"$OUT/rig_$1.log" 2>&1 && return
        grep -qE 'TRIP (lateness|axis_age|force_age|link)' "$OUT/rig_$1.log" || break
        [ $try -lt 3 ] || break
        step "bench: this computer is busy: the run got late and the axis was stopped; once more, on a bench at rest"
        mkdir -p "$OUT/late"
        mv "$(ls -d "$OUT"/runs/*_s"$1"_*)" "$OUT/late/"
        [ -z "$model" ] || wait "$model" || { cat "$OUT/model.log" >&2; die "a computation failed"; }
        model=
        start_bench
    done
    tail -n 5 "$OUT/rig_$1.log" >&2
    die "the run on specimen $1 did not complete"
}
for i in 1 2 3; do
    step "bench: specimen $i of 3, pressing to 10 N and holding for 5 s over Modbus TCP (port $port)"
    press $i
done
kill "$bench" && wait "$bench" || :
bench=

step "depth: recording what was read of each specimen's holes beside its run"
for i in 1 2 3; do
    run=$(ls -d "$OUT"/runs/*_s"$i"_*)
    "$B/mnrig" depth "$run" "$(ls "$OUT"/bench*/specimen_"$i"/virtual_oct.csv | tail -n 1)" >"$OUT/depth_$i.log" 2>&1 || { cat "$OUT/depth_$i.log" >&2; die "no depth recorded"; }
done
[ -z "$model" ] || wait "$model" || { cat "$OUT/model.log" >&2; die "a computation failed"; }

step "model: 24 h of delivery at the depth recorded for specimen 1"
run1=$(ls -d "$OUT"/runs/*_s1_*)
"$B/mnsim" run config/studies/demo_delivery.yaml --set "insertion={run: '$run1'}" \
    --set 'study=Caffeine, 10x10 patch: recorded penetration depth' -o "$OUT/measured" --quiet >"$OUT/measured.log" 2>&1 ||
    { cat "$OUT/measured.log" >&2; die "the study failed"; }

step "comparison: force over travel of the three runs; report"
set --
for i in 1 2 3; do set -- "$@" --run "$(ls -d "$OUT"/runs/*_s"$i"_*)"; done
"$B/mnsim" compare config/studies/compare_force_travel.yaml "$@" -o "$OUT/force" >"$OUT/force.log" 2>&1 || { cat "$OUT/force.log" >&2; die "no force curves"; }
"$B/mnsim" compare config/studies/compare_insertion.yaml "$@" -o "$OUT/insertion" >"$OUT/insertion.log" 2>&1 || { cat "$OUT/insertion.log" >&2; die "no comparison"; }
"$B/mnsim" analyse "$run1" -o "$OUT/analysis" >"$OUT/analysis.log" 2>&1 || { cat "$OUT/analysis.log" >&2; die "no analysis"; }
"$B/mnsim" report "$run1" "$OUT/analysis" "$OUT/insertion" "$OUT/nominal" "$OUT/measured" "$OUT/sweep" "$OUT/nicotine" "$OUT/naloxone" -o "$OUT/report.html" \
    --title "Demonstration: from the bench to the plasma" >"$OUT/report.log" 2>&1 || { cat "$OUT/report.log" >&2; die "no report"; }

# ---- ten lines, every number read back from the files it stands in
# result FOLDER NAME: "value unit" of one result of a summary.yaml
result() { awk -v k="  $2:" '$0 == k {f = 1; next} f && $1 == "value:" {v = $2} f && $1 == "unit:" {printf "%.4g %s", v, $2; exit}' "$1/summary.yaml"; }
# fold N: mean fold error of the N-th case of the nicotine comparison
fold() { awk -v n="$1" '$1 == "mean_fold_error:" && ++i == n {printf "%.2f", $2; exit}' "$OUT/nicotine/compare.yaml"; }
depths=; travels=
for i in 1 2 3; do
    depths="$depths $(value "$(ls -d "$OUT"/runs/*_s"$i"_*)/penetration_01.yaml" mean | awk '{printf "%.0f", $1}')"
    travels="$travels $(awk -v n="$i" '$1 == "largest_travel_um:" && ++k == n {printf "%.0f", $2}' "$OUT/force/compare.yaml")"
done
ratios=$(awk -F, 'NR == 1 {for (c = 1; c <= NF; c++) if ($c == "simulated") col = c; next}
    col && $col != "" {v = $col; if (!n++ || v < lo) lo = v; if (v > hi) hi = v} END {printf "%.2f to %.2f", lo, hi}' "$OUT/naloxone/compare.csv")
cat <<EOF

 1  virtual bench: rehearsal, not evidence.  Three specimens pressed to 10 N and held for 5 s, mean peak force $(value "$OUT/force/compare.yaml" peak_force_mean_N | awk '{printf "%.2f", $1}') N
 2  travel of the axis after contact:$travels um; depth read of the holes:$depths um (travel is not depth)
 3  caffeine delivered in 24 h at the nominal needle length:  $(result "$OUT/nominal" delivered_end), plasma at most $(result "$OUT/nominal" plasma_max)
 4  caffeine delivered in 24 h at the recorded depth:         $(result "$OUT/measured" delivered_end), plasma at most $(result "$OUT/measured" plasma_max)
 5  intact skin, the same study:                              $(result "$OUT/measured" delivered_end_intact)
 6  depth x density map: $(($(wc -l <"$OUT/sweep/sweep.csv") - 1)) cases, diffusing and stirred, in $OUT/sweep/sweep.csv
 7  FITTED     nicotine 15 mg patch (Bannon 1989): mean fold error $(fold 1), 3 parameters on 12 data
 8  PREDICTED  nicotine 30 and 60 mg patches: mean fold errors $(fold 2) and $(fold 3)
 9  PREDICTED  naloxone 500/250 um ratio (Puri 2021): $ratios over 25-400 needles/cm2, measured 1.51
10  $(($(date +%s) - began)) s.  Open $OUT/report.html; every number stands in the CSV and YAML files beside it.
EOF
