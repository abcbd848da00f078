#!/bin/sh
# report.sh -- reports of mnsim and mnrig: every kind of folder on one page, refusals, and the page opened in headless
# Chromium (left out when that is not installed or cannot start here): nothing on the console, nothing loaded, a
# structure that can be read aloud, pictures that are not blank in light, dark and on paper.
set -u
cd "$(dirname "$0")/../.."
B=${B:-build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mn-report-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
. tests/cli/expect.inc
count() { grep -oE -- "$1" "$2" | wc -l; }

# ---- one folder of each kind
run=$tmp/20260309T140509Z_t_pad_press_r01
mkdir "$run" "$tmp/in" "$tmp/validation"
awk 'BEGIN {
    print "seq,time_s,state,position_um,travel_um,raw_travel_um,force_N,net_force_N,axis_age_ms,force_age_ms,axis_status,axis_alarm,inputs"
    for (i = 0; i < 300; i++) {
        s = 5 * i - 300; F = s <= 0 ? 0 : s < 600 ? 0.006 * s : s < 900 ? 3.2 : 3.2 + 0.02 * (s - 900)
        printf "%d,%.3f,%s,%d,%s,,%.6f,%.6f,0,0,0,0,0\n", i, i / 100, s < 50 ? "approach" : "insert", s, (s > 0 ? s : ""), F, F + 0.001 * sin(7 * i)
    } }' >"$run/samples.csv"
printf 'time_s,kind,subject,value,detail,chain\n0.5,state,insert,approach,"a ""quoted"" <word>",00\n' >"$run/events.csv"
cat >"$run/run.yaml" <<END
format: mn-run-1
virtual: true
started: "2026-03-09T14:05:09Z"
specimen: pad
batch: t
operator: nobody
method: {name: press, file: press.yaml, sha256: "00"}
bench: {name: table, file: table.yaml, sha256: "00", calibrated: 2026-02-02 with 1 kg}
needles: {name: p, count: 100, length: 600 um, area: 1 cm2}
outcome: {state: done, cause: "", complete: true, rows: 300, samples_sha256: "$(sha256sum "$run/samples.csv" | cut -d' ' -f1)"}
peak_force: 9.2 N
travel_end: 1195 um
END
cat >"$tmp/in/sweep.yaml" <<END
sweep: a few
study: $PWD/config/studies/verification_p.yaml
vary: {depth: [100 um, 400 um], density: [50 /cm2, 100 /cm2]}
END
"$B/mnsim" analyse "$run" -o "$tmp/analysis" >/dev/null 2>&1
"$B/mnsim" run config/studies/verification_p.yaml -o "$tmp/result" --quiet
"$B/mnsim" insert config/studies/insertion_10x10.yaml -o "$tmp/insert" --quiet
"$B/mnsim" sweep "$tmp/in/sweep.yaml" -o "$tmp/sweep" --quiet
"$B/mnsim" compare config/studies/compare_naloxone.yaml -o "$tmp/compare" >/dev/null 2>&1
printf 'parameterId,path,unit,parameterScale,lowerBound,upperBound,nominalValue,estimate\nK,channel/K,,lin,0.5,1,0.9,1\n' >"$tmp/in/parameters.csv"
printf 'time_h,Q_ug_cm2\n2,320\n6,1200\n12,2200\n24,3900\n' >"$tmp/in/data.csv"
printf 'fit: a fit\nparameters: parameters.csv\nstarts: 1\ncases:\n  - {name: one, study: %s, data: data.csv, time: time_h, quantity: cumulative, column: Q_ug_cm2}\n' \
    "$PWD/config/studies/caffeine_patch.yaml" >"$tmp/in/fit.yaml"
"$B/mnsim" fit "$tmp/in/fit.yaml" -o "$tmp/fit" --quiet >/dev/null 2>&1
printf '%s\n' 'case,quantity,measured,sd,unit,simulated,ratio,label,n_parameters,n_data,criterion,met,result_known_before,source,remark' \
    'Patch,absorbed,64,32,mg,127.3,1.989,PREDICTED,0,1,within a factor 1.5,NO,yes,x.csv,a miss stays' >"$tmp/validation/validation.csv"

expect 0 "written to $tmp/bench.html" "$B/mnrig" report "$run" -o "$tmp/bench.html"
expect 0 "written to $run.html" "$B/mnrig" report "$run/"
expect 0 "written to" "$B/mnsim" report "$run" "$tmp/analysis" "$tmp/insert" "$tmp/result" "$tmp/sweep" "$tmp/compare" \
    "$tmp/fit" "$tmp/validation" -o "$tmp/all.html" --title 'All kinds & more'
check "nothing is written into the run" [ "$(ls "$run" | wc -l)" -eq 3 ]
for words in 'SYNTHETIC: virtual bench' 'buried depth' 'Drug balance' '4 cases, 0 failed' 'PREDICTED' 'FITTED' 'NO</td>' \
    '64 ± 32 mg' 'At a glance' '; SYNTHETIC<' 'depth estimated' 'met: 0 of 1 PREDICTED' '2026-02-02 with 1 kg' '&lt;word&gt;' 'All kinds &amp; more'; do
    check "the page says '$words'" grep -qF "$words" "$tmp/all.html"
done
expect 2 "no run folder to report on" "$B/mnrig" report
# nothing but an older page is replaced, and nothing is written into a run
sums=$(cd "$run" && cksum samples.csv run.yaml)
expect 2 "nothing is ever written into one" "$B/mnrig" report "$run" -o "$run/samples.csv"
expect 2 "nothing is ever written into one" "$B/mnsim" report "$run" -o "$run/run.yaml"
expect 2 "nothing is ever written into one" "$B/mnsim" analyse "$run" -o "$run/analysis"
expect 2 "nothing is ever written into one" "$B/mnsim" run config/studies/verification_p.yaml -o "$run/deep/result"
expect 2 "nothing is ever written into one" "$B/mnbench" serve --tcp 0 --seconds 1 --out "$run"
expect 2 "nothing is ever written into one" "$B/mnbench" serve --tcp 0 --seconds 1 --print-port "$run/run.yaml"
check "the run is as it was" [ "$sums" = "$(cd "$run" && cksum samples.csv run.yaml)" ]
expect 2 "is no page of ours: it is not replaced" "$B/mnsim" report "$run" -o "$tmp/result/summary.yaml"
expect 2 "is no file of ports: it is not replaced" "$B/mnbench" serve --tcp 0 --seconds 1 --print-port "$tmp/in/sweep.yaml"
expect 0 "written to $tmp/bench.html" "$B/mnrig" report "$run" -o "$tmp/bench.html"
expect 3 "run.yaml: cannot be opened" "$B/mnrig" report "$tmp/result" -o "$tmp/bad.html"
expect 3 "holds no result, sweep, comparison, fit, validation or run" "$B/mnsim" report "$tmp" -o "$tmp/bad.html"
expect 3 "folders inside it do: " "$B/mnsim" report "$tmp" -o "$tmp/bad.html"
check "no page after a failure" [ ! -e "$tmp/bad.html" ]

# ---- labels follow the data: a depth of a virtual bench, an estimated one, invented readings
virtual='insertion={depth: 387 um, virtual: yes}'
cat >"$tmp/in/mixed.yaml" <<END
sweep: two of three
study: $PWD/config/studies/verification_p.yaml
vary: {insertion: ["{depth: 213 um, virtual: yes}", "{depth: 387 um, estimated: yes}", "{depth: 431 um, virtual: yes, estimated: yes}"]}
END
expect 0 'note: SYNTHETIC: virtual bench: rehearsal, not evidence' "$B/mnsim" run config/studies/verification_p.yaml --set "$virtual" -o "$tmp/v_run"
sed 's/depth: \[[^]]*\], //' "$tmp/in/sweep.yaml" >"$tmp/in/v_sweep.yaml"
expect 0 'note: SYNTHETIC: virtual bench: rehearsal, not evidence' "$B/mnsim" sweep "$tmp/in/v_sweep.yaml" --set "$virtual" -o "$tmp/v_sweep"
expect 0 'rehearsal, not evidence (2 of 3 cases)' "$B/mnsim" sweep "$tmp/in/mixed.yaml" -o "$tmp/v_mixed"
check "a sweep's table says which case" grep -q '^3,ok.*,SYNTHETIC; depth estimated,' "$tmp/v_mixed/sweep.csv"
check "a sweep's yaml says it" grep -q 'measured (2 of 3 cases)' "$tmp/v_mixed/sweep.yaml"
expect 1 'FITTED, SYNTHETIC' "$B/mnsim" fit "$tmp/in/fit.yaml" --set "$virtual" -o "$tmp/v_fit"
expect 1 'note: SYNTHETIC: virtual bench' "$B/mnsim" fit "$tmp/in/fit.yaml" --set "$virtual" -o "$tmp/v_fit" --force
check "a fit's yaml says it" grep -q 'SYNTHETIC: virtual bench' "$tmp/v_fit/fit.yaml"
check "a fit's table says it" grep -q '^one,"FITTED, SYNTHETIC",' "$tmp/v_fit/fit.csv"
for one in v_run:delivered v_fit:fit; do
    check "the title of a figure says it: $one" grep -qF '(SYNTHETIC)' "$tmp/${one%:*}/${one#*:}.svg"
done
mkdir "$tmp/invented"
cp "$tmp/in/data.csv" "$tmp/invented/measured.csv"
echo 'virtual: true' >"$tmp/invented/import.yaml"
sed "s|data: data.csv|data: ../invented/measured.csv|" "$tmp/in/fit.yaml" >"$tmp/in/fit_invented.yaml"
expect 1 'note: SYNTHETIC: virtual bench' "$B/mnsim" fit "$tmp/in/fit_invented.yaml" -o "$tmp/i_fit"
expect 0 written "$B/mnsim" report "$tmp/analysis" "$tmp/v_run" "$tmp/v_sweep" "$tmp/v_mixed" "$tmp/v_fit" -o "$tmp/labels.html"
glance() { grep -oE '<td>[^<]*[^<>]; (depth estimated|SYNTHETIC)[^<]*</td>' "$tmp/labels.html" | grep -v '<td>SYNTHETIC'; }
check "every line of the glance carries its label: $(glance)" [ "$(glance | grep -c SYNTHETIC)" -eq 5 ]
check "an analysis without a reading is estimated in the glance" sh -c "grep -oE '<td>[^<]*buried depth[^<]*</td>' '$tmp/labels.html' | grep -q 'depth estimated; SYNTHETIC'"
check "every section has its box" [ "$(grep -cF 'SYNTHETIC: virtual bench: rehearsal, not evidence' "$tmp/labels.html")" -ge 5 ]

# ---- readings of a virtual bench stay SYNTHETIC however they are named, by what lies beside them or by their own mark
vrun=$tmp/v_press
mkdir "$vrun" "$tmp/copied"
cp "$run/samples.csv" "$run/events.csv" "$vrun/"
sed 's/^virtual: false/virtual: true/' "$run/run.yaml" >"$vrun/run.yaml"
"$B/mnsim" analyse "$vrun" -o "$tmp/v_analysis" --quiet >/dev/null
"$B/mnsim" insert config/studies/insertion_10x10.yaml --run "$vrun" -o "$tmp/v_insert" >"$tmp/said"

compared() { # compared FILE X Y
    cat >"$tmp/in/copied.yaml" <<END
comparison: two groups
cases:
  - name: copied readings
    role: predicted
    measured: {file: $1, x: $2, y: $3, average: none}
    simulated: {insertion: $PWD/config/studies/insertion_10x10.yaml, quantity: force_N, x: travel_um}
    criteria: [{metric: bias, within: 400 N}]
  - name: a permeation
    measured: {file: $tmp/in/data.csv, x: time_h, y: Q_ug_cm2, average: none}
END
    "$B/mnsim" compare "$tmp/in/copied.yaml" -o "$tmp/copied_result" --force >"$tmp/said.copied" 2>&1
    grep -q "SYNTHETIC .*copied readings: bias" "$tmp/said.copied" || { cat "$tmp/said.copied"; false; }
}
check "samples beside a virtual run.yaml" compared "$vrun/samples.csv" travel_um net_force_N
check "a curve beside the analysis of one" compared "$tmp/v_analysis/curve.csv" travel_um force_N
check "a measured curve beside measured.yaml" compared "$tmp/v_insert/measured.csv" travel_um force_N
printf 'travel_um,force_N,virtual\n417,1.3,1\n683,3.1,1\n911,5.9,1\n' >"$tmp/copied/mine.csv"
check "a table with the virtual bench's mark" compared "$tmp/copied/mine.csv" travel_um force_N
sed 's/,1$/,0/' "$tmp/copied/mine.csv" >"$tmp/copied/real.csv"
check "a table without it is no rehearsal" sh -c "sed -i 's|mine.csv|real.csv|' '$tmp/in/copied.yaml'; '$B/mnsim' compare '$tmp/in/copied.yaml' -o '$tmp/copied_result' --force | grep -q '^ *PREDICTED .*copied readings: bias'"
rm -f "$tmp/v_analysis/events.csv" "$tmp/v_analysis/force_travel.svg"
expect 0 written "$B/mnsim" report "$tmp/v_insert" "$tmp/v_analysis" "$tmp/copied_result" -o "$tmp/loop.html"
check "a prediction for a virtual run says so in its figure" grep -qF '(SYNTHETIC)' "$tmp/v_insert/force_travel.svg"
check "and in its summary" grep -q 'SYNTHETIC: virtual bench' "$tmp/v_insert/summary.yaml"
for words in 'SYNTHETIC: predicted, and measured on specimen pad' 'Readings of the press inside the 95 % band' \
    'first insertion force 3[^<]*; SYNTHETIC<' 'Not in the folder, so not shown: events.csv' \
    'Not in the folder, so not shown: force_travel.svg' 'with bands: copied readings' 'with bands: a permeation'; do
    check "the page says '$words'" grep -q "$words" "$tmp/loop.html"
done
check "the second group's title names its case" grep -qF 'two groups: a permeation' "$tmp/copied_result/overlay_2.svg"

# ---- an imported run is no bench run; donors have colours of their own; a value in words is no result of a glance
"$B/mnsim" import config/imports/texture_analyser.yaml -o "$tmp/texture" --quiet
"$B/mnsim" compare config/studies/compare_cells.yaml -o "$tmp/cells" --quiet >/dev/null
"$B/mnsim" run config/studies/sampled_franz_cell.yaml -o "$tmp/franz" --quiet
expect 0 written "$B/mnsim" report "$tmp/texture/runs/A1" "$tmp/cells" "$tmp/franz" -o "$tmp/imported.html"
check "an imported run is called so" grep -q '<h2[^>]*>Imported run, specimen A1' "$tmp/imported.html"
check "in the glance, too" grep -q '<td>imported run</td>' "$tmp/imported.html"
check "no empty name of needles" sh -c "! grep -q '<td>: 100 needles' '$tmp/imported.html'"
check "nothing about a bench that there was not" sh -c "! grep -qE 'Method and limits|not named' '$tmp/imported.html'"
check "a synthetic comparison is consistent, not met" grep -qE '<td>[0-9] of [0-9] consistent; SYNTHETIC' "$tmp/imported.html"
check "no words in place of a value" sh -c "! grep -q 'steady flux none' '$tmp/imported.html'"
for donor in D1 D2 D3 D4; do check "a donor has a colour: $donor" grep -q ">$donor<" "$tmp/cells/overlay.svg"; done

# ---- what a browser makes of it
chromium=
for name in chromium chromium-browser google-chrome; do
    [ -n "$chromium" ] || chromium=$(command -v $name) || :
done
browse() { # browse OPTION... FILE
    timeout 90 "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --disable-background-networking \
        --user-data-dir="$tmp/profile" --window-size=1100,3000 "$@" 2>"$tmp/console"
}
printf '<!DOCTYPE html><html lang="en"><title>empty</title></html>\n' >"$tmp/empty.html"
if [ -n "$chromium" ] && browse --screenshot="$tmp/empty.png" "file://$tmp/empty.html" >/dev/null && [ -s "$tmp/empty.png" ]; then
    empty=$(wc -c <"$tmp/empty.png")
    for page in bench all; do
        browse --enable-logging=stderr --dump-dom "file://$tmp/$page.html" >"$tmp/dom"
        check "$page: nothing on the console: $(grep CONSOLE "$tmp/console")" sh -c "! grep -q CONSOLE '$tmp/console'"
        check "$page: nothing outside is named" sh -c "! grep -qE '(src|href)=[\"'\\''][^#\"'\\'']' '$tmp/dom'"
        check "$page: no script" sh -c "! grep -qi '<script' '$tmp/dom'"
        for one in '<h1>' '<main ' '<header>' '<footer>' 'class="skip"'; do
            check "$page: one $one" [ "$(count "$one" "$tmp/dom")" -eq 1 ]
        done
        figures=$(count '<figure[ >]' "$tmp/dom")
        check "$page: figures" [ "$figures" -ge 2 ]
        check "$page: every figure has a title, a description and a caption" [ "$(count '<title id="f[0-9]*-title">[^<]' "$tmp/dom")-$(count '<desc id="f[0-9]*-desc">[^<]' "$tmp/dom")-$(count '<figcaption>' "$tmp/dom")" = "$figures-$figures-$figures" ]
        check "$page: every table has a caption" [ "$(count '<table>' "$tmp/dom")" -eq "$(count '<caption>' "$tmp/dom")" ]
        check "$page: every heading of a table has a scope" [ "$(count '<th[ >]' "$tmp/dom")" -eq "$(count '<th scope="(row|col)"' "$tmp/dom")" ]
        check "$page: ids are unique: $(grep -oE " id=[\"'][^\"']*" "$tmp/dom" | sort | uniq -d | head -n 3)" \
            [ -z "$(grep -oE " id=[\"'][^\"']*" "$tmp/dom" | sort | uniq -d)" ]
        levels=$(grep -oE '<h[1-6]' "$tmp/dom" | tr -d '<h' | awk '{if ($1 > last + 1) print "h" last " is followed by h" $1; last = $1}')
        check "$page: headings in order: $levels" [ -z "$levels" ]
        browse --screenshot="$tmp/light.png" "file://$tmp/$page.html" >/dev/null
        browse --blink-settings=preferredColorScheme=0 --screenshot="$tmp/dark.png" "file://$tmp/$page.html" >/dev/null
        browse --no-pdf-header-footer --print-to-pdf="$tmp/paper.pdf" "file://$tmp/$page.html" >/dev/null
        check "$page: light is not blank" [ "$(wc -c <"$tmp/light.png")" -gt $((5 * empty)) ]
        check "$page: dark is not blank" [ "$(wc -c <"$tmp/dark.png")" -gt $((5 * empty)) ]
        check "$page: dark is not light" sh -c "! cmp -s '$tmp/light.png' '$tmp/dark.png'"
        check "$page: it prints" sh -c "head -c 5 '$tmp/paper.pdf' | grep -q '%PDF-' && [ \$(wc -c <'$tmp/paper.pdf') -gt 30000 ]"
    done
else
    echo "report: the browser is skipped: Chromium is not installed or does not start here"
fi
echo "report: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
