#!/bin/sh
# mnsim from the command line: exit codes, messages, and folders that are whole or absent.
set -u
cd "$(dirname "$0")/../.."
mnsim=${B:-build}/mnsim
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mnsim-cli-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
P=config/studies/verification_p.yaml

. tests/cli/expect.inc
# nothing_like NAME: no folder or file of that name, nor a leftover of one
nothing_like() { [ -z "$(find "$tmp" -name "$1*" | head -n 1)" ]; }

# usage
expect 2 "usage: mnsim COMMAND" "$mnsim"
expect 0 "usage: mnsim COMMAND" "$mnsim" --help
expect 0 "mnsim " "$mnsim" --version
expect 2 "did you mean 'mnsim sweep'?" "$mnsim" sweeep
for c in run check sweep insert analyse drug import compare report; do
    expect 0 "usage: mnsim $c" "$mnsim" $c --help
done
expect 2 "'mnsim run' takes one" "$mnsim" run
expect 2 "is not an option of 'mnsim run'" "$mnsim" run --bogus x.yaml
expect 2 "option '-o' needs a value" "$mnsim" run x.yaml -o
expect 2 "-o DIR is missing" "$mnsim" sweep config/studies/sweep_length_density.yaml
expect 2 "not an assignment" "$mnsim" run $P -o "$tmp/a" --set nonsense

# check
expect 0 "would compute: the unit cell" "$mnsim" check config/studies/caffeine_patch.yaml $P
expect 0 "D, K: " "$mnsim" check config/studies/nicotine_patch_15mg.yaml config/studies/nicotine_patch_30mg.yaml \
    config/studies/nicotine_patch_60mg.yaml config/studies/naloxone_pen_500.yaml
expect 3 "no such.yaml" "$mnsim" check "$tmp/no such.yaml"

# run
expect 0 "J_ss" "$mnsim" run $P -o "$tmp/good"
for f in study.yaml timeseries.csv long.csv profiles.csv summary.yaml \
    delivered.svg delivered.gp flux.svg profiles.svg; do
    check "$f is written" test -s "$tmp/good/$f"
done
expect 3 "exists already" "$mnsim" run $P -o "$tmp/good"
expect 0 "written to" "$mnsim" run $P -o "$tmp/good" --force
expect 0 "" "$mnsim" run "$tmp/good/study.yaml" -o "$tmp/again" --quiet
check "quiet is quiet" test ! -s "$tmp/out"
check "a resolved study gives the same bytes" cmp -s "$tmp/good/timeseries.csv" "$tmp/again/timeseries.csv"

# failures leave nothing that looks like a result
expect 3 "must be at most the skin's thickness" "$mnsim" run $P -o "$tmp/bad" \
    --set 'needles/length=2 mm' --set 'insertion/depth=1.2 mm'
expect 3 "set by 'insertion/depth=400'" "$mnsim" run $P -o "$tmp/bad" --set insertion/depth=400
expect 0 "receptor/flow = 0 mL/h: a static cell" "$mnsim" check $P \
    --set 'receptor={type: franz, volume: 5.1 mL, area: 0.95 cm2}'
expect 3 "is this the travel of the axis?" "$mnsim" run $P -o "$tmp/bad" --set 'insertion={depth: 1.05 mm}'
expect 3 "channels overlap" "$mnsim" run $P -o "$tmp/bad" --set 'density=9000 /cm2'
expect 3 "did you mean 'density'?" "$mnsim" run $P -o "$tmp/bad" --set 'densty=90 /cm2'
expect 3 "no drug of this name" "$mnsim" run $P -o "$tmp/bad" --set drug=unobtainium
expect 3 "layers/0/thickness: -15 um: must be > 0" "$mnsim" run $P -o "$tmp/bad" \
    --set skin.layers.0.thickness='-15 um'
check "no folder after failures" nothing_like bad
expect 0 "written to" "$mnsim" run $P -o "$tmp/deep/er/here"
check "missing folders above -o are made" test -s "$tmp/deep/er/here/summary.yaml"
: >"$tmp/plain"
expect 3 "cannot be made: Not a directory" "$mnsim" run $P -o "$tmp/plain/none/here"

# parts are found with --config and MN_PATH
mkdir -p "$tmp/elsewhere/drugs" "$tmp/studies"
sed 's/^name: .*/name: secret/' config/drugs/verification_a.yaml >"$tmp/elsewhere/drugs/secret.yaml"
sed 's/^drug: .*/drug: secret/' $P >"$tmp/studies/s.yaml"
expect 3 "no drug of this name: 'secret'" "$mnsim" check "$tmp/studies/s.yaml"
expect 0 "drug secret" "$mnsim" check "$tmp/studies/s.yaml" --config "$tmp/elsewhere"
expect 0 "drug secret" env MN_PATH="/nowhere:$tmp/elsewhere" "$mnsim" check "$tmp/studies/s.yaml"
mkdir "$tmp/holds" && ln -s "$tmp/elsewhere" "$tmp/holds/config"
expect 0 "drug secret" env MN_PATH="/nowhere:$tmp/holds" "$mnsim" check "$tmp/studies/s.yaml"
case $mnsim in /*) bin=$mnsim ;; *) bin=$PWD/$mnsim ;; esac
for at in "$PWD" "$PWD/config"; do # from elsewhere: data/ stands beside config/
    expect 0 "median" sh -c "cd '$tmp' && MN_PATH='$at' '$bin' drug lidocaine"
done

# sweep: a failed case is a row, all failed is an answer of no
cat >"$tmp/few.yaml" <<END
sweep: few
study: $PWD/$P
vary:
  depth: [100 um, 400 um]
  density: [50 /cm2, 9000 /cm2]
END
expect 0 "4 cases, 2 failed" "$mnsim" sweep "$tmp/few.yaml" -o "$tmp/sweep"
check "sweep.csv has a row for each case" test "$(wc -l <"$tmp/sweep/sweep.csv")" -eq 5
sed 's/50 .cm2, //' "$tmp/few.yaml" >"$tmp/none.yaml"
expect 1 "every case failed" "$mnsim" sweep "$tmp/none.yaml" -o "$tmp/sweep2"

# compare: verdicts
expect 0 "PREDICTED met" "$mnsim" compare config/studies/compare_nicotine.yaml -o "$tmp/nicotine"
expect 0 "the density is not published" "$mnsim" compare config/studies/compare_naloxone.yaml -o "$tmp/naloxone"
sed -e 's/at_most: 1.5/at_most: 1.01/' -e "s|\.\./\.\./data|$PWD/data|" \
    -e "s|study: nic|study: $PWD/config/studies/nic|" config/studies/compare_nicotine.yaml >"$tmp/strict.yaml"
expect 1 "NOT MET" "$mnsim" compare "$tmp/strict.yaml" -o "$tmp/strict"
expect 0 "NOT MET" "$mnsim" compare "$tmp/strict.yaml" --set verdict=reported -o "$tmp/reported"
expect 3 "verdict" "$mnsim" compare "$tmp/strict.yaml" --set verdict=never -o "$tmp/never"
for f in compare.csv points.csv measures.csv compare.yaml overlay.svg residuals.svg predicted_observed.svg bland_altman.svg; do
    check "$f is written" test -s "$tmp/nicotine/$f"
done
printf 'time_h,plasma_15mg_ng_mL,plasma_30mg_ng_mL,plasma_60mg_ng_mL\n4,5.1,9,20\n' >"$tmp/row.csv" # one row for three parameters: the data's mistake
sed -e "s|{file: ../../data/nicotine_bannon1989.csv|{file: $tmp/row.csv|" -e "s|study: nic|study: $PWD/config/studies/nic|" \
    config/studies/compare_nicotine.yaml >"$tmp/row.yaml"
expect 3 "more data than parameters" "$mnsim" compare "$tmp/row.yaml" -o "$tmp/bad" --force
sed "s|quantity: plasma}|quantity: plasma, set: ['patch/area/x=3 cm2']}|" "$tmp/strict.yaml" >"$tmp/set.yaml"
sed -i '/^fit:/,/^cases:/{/^cases:/!d}; s/role: fitted/role: predicted/' "$tmp/set.yaml"
expect 3 "set.yaml:" "$mnsim" compare "$tmp/set.yaml" -o "$tmp/bad" --force
expect 3 "'area' is a value, nothing can be set below it" "$mnsim" compare "$tmp/set.yaml" -o "$tmp/bad" --force
expect 3 "missing key 'comparison'" "$mnsim" compare "$tmp/few.yaml" -o "$tmp/bad" --force

# compare: synthetic readings, imported at once
expect 0 "SYNTHETIC consistent" "$mnsim" compare config/studies/compare_cells.yaml -o "$tmp/cells"
check "the import is kept" test -s "$tmp/cells/imported_1/import.yaml"
check "the study computed is kept" test -s "$tmp/cells/case_1/study.yaml"
"$mnsim" compare config/studies/compare_cells.yaml -o "$tmp/cells_again" >/dev/null 2>&1
check "the same seed gives the same bytes" cmp -s "$tmp/cells/measures.csv" "$tmp/cells_again/measures.csv"

# import: a table, a refusal, a folder that is there
expect 0 "3 specimens" "$mnsim" import config/imports/texture_analyser.yaml -o "$tmp/texture"
check "a curve becomes a run" test -s "$tmp/texture/runs/A3/samples.csv"
expect 0 "contact_position" "$mnsim" analyse "$tmp/texture/runs/A1" -o "$tmp/texture_A1"
expect 0 "NOT CONSISTENT" "$mnsim" compare config/studies/compare_insertion.yaml --run "$tmp/texture/runs/A1" --run "$tmp/texture/runs/A2" \
    --run "$tmp/texture/runs/A3" -o "$tmp/texture_model"
expect 3 "already" "$mnsim" import config/imports/texture_analyser.yaml -o "$tmp/texture"
# every next step that it prints works; where none does it says why, and what works instead
expect 0 "  no analysis of 'K1': 7 rows of the approach in free air" "$mnsim" import config/imports/universal_tester.yaml -o "$tmp/tester"
check "no next step that fails" sh -c "! grep -q 'next: mnsim analyse' '$tmp/out'"
check "what works instead" grep -qF "a comparison takes it: mnsim compare COMPARISON.yaml --run $tmp/tester/runs/K1" "$tmp/out"
"$mnsim" import config/imports/texture_analyser.yaml -o "$tmp/texture" --force >"$tmp/said"
next=$(grep -o 'mnsim analyse .*' "$tmp/said" | head -n 1)
check "there is a next step" [ -n "$next" ]
expect 0 "peak_force" $mnsim ${next#mnsim }
# analyse: of an import its runs are taken, which it names
expect 3 "'$tmp/texture' is the folder of an import, which holds several runs" "$mnsim" analyse "$tmp/texture"
expect 3 "hint: mnsim analyse $tmp/texture/runs/A1   (also A2, A3)" "$mnsim" analyse "$tmp/texture"
expect 3 "is the map of an import, not a run" "$mnsim" analyse config/imports/texture_analyser.yaml
expect 3 "hint: first 'mnsim import config/imports/texture_analyser.yaml -o DIR', then 'mnsim analyse DIR/runs/SPECIMEN'" \
    "$mnsim" analyse config/imports/texture_analyser.yaml
expect 3 "its force curves are $tmp/texture/runs/SPECIMEN" "$mnsim" run config/studies/caffeine_patch.yaml -o "$tmp/bad" \
    --set "insertion={run: $tmp/texture}"
expect 3 "is a file: a run is a folder" "$mnsim" analyse README.md
expect 0 "next: insertion: {run: $tmp/layers} in a study" "$mnsim" import config/imports/parafilm_layers.yaml -o "$tmp/layers"
expect 0 "368 of 400" "$mnsim" import config/imports/dye_counts.yaml -o "$tmp/dye"
printf 'specimen;blue holes;needles\nD1;1.5;100\n' >"$tmp/dye.csv"
expect 3 "dye.csv:2:4: stained: '1.5' is not a number with a decimal comma" "$mnsim" import config/imports/dye_counts.yaml "$tmp/dye.csv" \
    -o "$tmp/dye2"
expect 3 "cannot be opened" "$mnsim" import config/imports/dye_counts.yaml "$tmp/no.csv" -o "$tmp/dye2"
expect 2 "takes a map" "$mnsim" import

# insertion: the model alone, and as a study's depth
I=config/studies/insertion_10x10.yaml
expect 0 "buried_depth " "$mnsim" insert $I -o "$tmp/insert"
for f in study.yaml curve.csv needles.csv summary.yaml force_travel.svg depth_force.svg; do
    check "$f is written" test -s "$tmp/insert/$f"
done
expect 0 "" "$mnsim" insert "$tmp/insert/study.yaml" -o "$tmp/insert2" -q
check "a resolved insertion gives the same bytes" cmp -s "$tmp/insert/curve.csv" "$tmp/insert2/curve.csv"
check "needles that bear their load give no warning" sh -c "! grep -q warning '$tmp/insert/summary.yaml'"
expect 0 "at which it buckles: needles may bend or buckle" "$mnsim" insert $I -o "$tmp/weak" --set 'material/young_modulus=2 MPa'
expect 0 "at which it breaks: needles may break off in the skin" "$mnsim" insert $I -o "$tmp/weak" --force \
    --set 'material/fracture_force=17 mN'
check "the result holds the warning" grep -q "may break off in the skin" "$tmp/weak/summary.yaml"
expect 0 "361 needles" "$mnsim" insert config/studies/insertion_in_vivo.yaml -o "$tmp/insert3"
expect 3 "press/to: needs either force or travel" "$mnsim" insert $I -o "$tmp/bad" --set 'press/to={}'
expect 3 "this is a study of diffusion" "$mnsim" insert config/studies/caffeine_patch.yaml -o "$tmp/bad"
expect 2 "'mnsim insert' takes one" "$mnsim" insert
expect 0 "depth estimated by the insertion model" "$mnsim" check config/studies/caffeine_patch.yaml \
    --set 'insertion={force: 20 N}'

# a run of the bench: a press made of straight lines, 300 um of air, 10 mN of noise at most
mkdir "$tmp/run"
printf '%s\n' 'format: mn-run-1' 'virtual: false' 'specimen: pad' 'needles: {name: p, count: 100, length: 600 um, area: 1 cm2}' \
    'outcome: {state: done}' >"$tmp/run/run.yaml"
awk 'BEGIN {
    print "seq,time_s,state,position_um,travel_um,raw_travel_um,force_N,net_force_N,axis_age_ms,force_age_ms,axis_status,axis_alarm,inputs"
    for (i = 0; i < 300; i++) {
        s = 5 * i - 300; F = s <= 0 ? 0 : s < 600 ? 0.006 * s : s < 900 ? 3.2 : 3.2 + 0.02 * (s - 900)
        printf "%d,%.3f,%s,%d,,,%.6f,%.6f,0,0,0,0,0\n", i, i / 100, s < 50 ? "approach" : "insert", s, F, F + 0.001 * sin(7 * i)
    } }' >"$tmp/run/samples.csv"
ls "$tmp/run" >"$tmp/before"
expect 0 "buried_depth " "$mnsim" analyse "$tmp/run"
for f in summary.yaml events.csv curve.csv force_travel.svg; do
    check "$f is written" test -s "$tmp/run_analysis_01/$f"
done
check "nothing is written into the run" sh -c "ls '$tmp/run' | cmp -s - '$tmp/before'"
expect 0 "run_analysis_02" "$mnsim" analyse "$tmp/run" --set 'contact_force=0.2 N'
expect 3 "no contact: the force never reaches 90 N" "$mnsim" analyse "$tmp/run" -o "$tmp/bad" --set 'contact_force=90 N'
expect 3 "takes a run folder" "$mnsim" analyse "$tmp/good" -o "$tmp/bad"
expect 2 "'mnsim analyse' takes one" "$mnsim" analyse

# a run without a reading: its greatest force goes through the insertion model; a recorded reading counts before it
C=config/studies/caffeine_patch.yaml
expect 3 "missing key 'peak_force'" "$mnsim" check $C --set "insertion={run: $tmp/run}"
printf 'peak_force: 9.2 N\n' >>"$tmp/run/run.yaml"
expect 0 "greatest force of 9.2 N at 0.5 mm/s (assumed), held for 30 s (assumed)" "$mnsim" check $C \
    --set "insertion={run: $tmp/run}"
expect 0 "depth estimated by the insertion model" "$mnsim" check $C --set "insertion={run: $tmp/run, mechanics: {k2: 2 N/mm2}}"
expect 0 "the run pressed 100 needles of 600 um, the study has" "$mnsim" check $C --set "insertion={run: $tmp/run}" \
    --set 'needles={name: n, kind: array, shape: cone, length: 500 um, base_diameter: 200 um, tip_diameter: 9 um, count: 81, patch_area: 1 cm2}'
printf '%s\n' 'format: mn-penetration-1' 'method: dye' 'file: x.csv' 'file_sha256: "00"' \
    'depth: {mean: 371 um, sd: 20 um, n: 9}' 'penetrated_fraction: 1' 'virtual: false' 'recorded: "2026-01-01T00:00:00Z"' \
    >"$tmp/run/penetration_01.yaml"
expect 0 "penetration depth 371 um (sd 20 um, 9 holes read" "$mnsim" check $C --set "insertion={run: $tmp/run}"
expect 3 "insertion/mechanics: is for the insertion model" "$mnsim" check $C --set "insertion={run: $tmp/run, mechanics: {k2: 2 N/mm2}}"
expect 3 "run.yaml: cannot be opened" "$mnsim" check $C --set "insertion={run: $tmp/nowhere}"

# drug: predicted beside stated and measured, and a file that a study takes
expect 0 "rmse 1.11, mean -0.34 log units on 476 records" "$mnsim" drug lidocaine
expect 0 "median 0.00302 cm/h of 3" "$mnsim" drug config/drugs/lidocaine.yaml
expect 0 "neutral fraction at this pH         0.001991" "$mnsim" drug lidocaine --ph 5.2
expect 0 "0.000155    -           -          given" "$mnsim" drug --mw 194.19 --log-kow -0.07 --kp '1.55e-4 cm/h'
expect 0 "skin at 37 C" "$mnsim" drug caffeine --skin-temperature '37 degC'
expect 0 "no record of 'nicotine'" "$mnsim" drug nicotine
expect 0 "outside -3 to 5" "$mnsim" drug --mw 286.45 --log-kow 5.68 --name retinol
expect 0 "above 1000 no correlation for skin holds" "$mnsim" drug --mw '5.808 kDa' --name insulin
"$mnsim" drug --mw 234.34 --log-kow 2.44 --pka 7.9 --base --name mine --yaml >"$tmp/elsewhere/drugs/mine.yaml"
expect 0 "drug mine" "$mnsim" check $P --set drug=mine --set skin=verification_1100 --config "$tmp/elsewhere"
expect 0 "dermis/D                     m2/s   9.638e-11   9.638e-11   1 " "$mnsim" drug mine --config "$tmp/elsewhere"
expect 3 "5808 g/mol: no correlation for skin holds above 1000 g/mol" "$mnsim" drug --mw 5808 --yaml
expect 3 "there is no drug of this name: 'unobtainium'" "$mnsim" drug unobtainium
grep -v '^pka' config/drugs/nicotine.yaml >"$tmp/no_pka.yaml"
expect 3 "pka: missing, and the drug is said to be of kind base" "$mnsim" drug "$tmp/no_pka.yaml"
expect 2 "'a b' cannot be the name of a drug" "$mnsim" drug 'a b'
expect 2 "neither a name nor --mw" "$mnsim" drug
expect 2 "2 drugs: 'mnsim drug' takes one" "$mnsim" drug lidocaine caffeine
expect 2 "log Kow is not known" "$mnsim" drug verification_a
expect 2 "--pka 7.9: of an acid or of a base?" "$mnsim" drug --mw 200 --log-kow 2 --pka 7.9
expect 2 "--acid: its pKa is missing" "$mnsim" drug --mw 200 --log-kow 2 --acid
expect 2 "--acid and --base: a drug is one" "$mnsim" drug --mw 200 --log-kow 2 --pka 4 --acid --base
expect 2 "--log-kow: 'much' is not a number" "$mnsim" drug --mw 200 --log-kow much
expect 2 "--ph: 15: must be 0 to 14" "$mnsim" drug lidocaine --ph 15
expect 2 "--skin-temperature: " "$mnsim" drug lidocaine --skin-temperature 32
expect 2 "molar mass: -3 g/mol: must be 1 to 1e7" "$mnsim" drug --mw -3 --log-kow 1
expect 2 "'--bogus' is not an option of 'mnsim drug'" "$mnsim" drug lidocaine --bogus

# report
expect 0 "written to" "$mnsim" report "$tmp/good" "$tmp/sweep" "$tmp/nicotine" "$tmp/naloxone" -o "$tmp/report.html"
check "the report needs no network" sh -c "! grep -qE '(src|href)=.https?:' '$tmp/report.html'"
expect 0 "written to" "$mnsim" report "$tmp/good" -o "$tmp/new/pages/report.html"
expect 3 "holds no result" "$mnsim" report "$tmp" -o "$tmp/bad.html"
check "no page after a failure" nothing_like bad

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
