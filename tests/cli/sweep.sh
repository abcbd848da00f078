#!/bin/sh
# sweep.sh -- an interrupted sweep goes on where it was: no case lost or doubled, the same digits.  B=build folder.
set -u
mnsim=${B:-build}/mnsim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
check() { # check WHAT COMMAND...
    what=$1; shift
    if "$@"; then :; else echo "FAILED: $what"; failed=1; fi
}

cat >"$tmp/sweep.yaml" <<END
sweep: interrupted
study: $PWD/config/studies/caffeine_patch.yaml
design: {kind: latin_hypercube, cases: 300, seed: 17}
vary:
  depth: {from: 120 um, to: 610 um}
  density: {from: 13 /cm2, to: 330 /cm2, scale: log}
  channel/K: [1.0, 0.85]
END
"$mnsim" sweep "$tmp/sweep.yaml" -o "$tmp/whole" --quiet || { echo "FAILED: whole sweep"; exit 1; }
check "300 rows" test "$(wc -l <"$tmp/whole/sweep.csv")" -eq 301

# Killed as soon as the journal has grown, three times; then asked to stop; then finished.
for signal in KILL KILL KILL INT TERM; do
    "$mnsim" sweep "$tmp/sweep.yaml" -o "$tmp/parts" --quiet 2>"$tmp/why" &
    pid=$!
    before=$(cat "$tmp"/parts.unfinished-*.csv 2>/dev/null | wc -l)
    tries=0
    while [ $tries -lt 400 ] && [ "$(cat "$tmp"/parts.unfinished-*.csv 2>/dev/null | wc -l)" -le $((before + 5)) ] && kill -0 $pid 2>/dev/null; do
        sleep 0.01
        tries=$((tries + 1))
    done
    kill -$signal $pid 2>/dev/null
    wait $pid
    status=$?
    case $signal in
    KILL) printf '\377\001 \200\n9,ok,"\n' >>"$(ls "$tmp"/parts.unfinished-*.csv)" # as a failing disk leaves it
          check "a killed one leaves its folder" test "$(ls -d "$tmp"/parts.partial-* | wc -l)" -eq 1
          printf '7,ok,,torn' >>"$(ls "$tmp"/parts.unfinished-*.csv)" ;; # as a kill within a write leaves it
    *) check "exit status 7 after SIG$signal, not $status" test $status -eq 7
       check "says how far it came" grep -q 'stopped after [0-9]* of 300 cases' "$tmp/why" ;;
    esac
    check "no result yet" test ! -e "$tmp/parts"
done
mkdir "$tmp/parts.partial-abcdef" "$tmp/parts.partial-abcdefg" "$tmp/parts2.partial-abcdef"
echo kept >"$tmp/parts.partial-abcdef/half"
said=$("$mnsim" sweep "$tmp/sweep.yaml" -o "$tmp/parts")
check "what killed ones left is gone, and nothing else" test "$(cd "$tmp" && ls -d *.partial-*)" = "parts.partial-abcdefg
parts2.partial-abcdef"
rmdir "$tmp/parts.partial-abcdefg" "$tmp/parts2.partial-abcdef"
case $said in *"from an earlier start"*) ;; *) echo "FAILED: nothing was taken over: $said" | head -1; failed=1 ;; esac
check "the same table" cmp "$tmp/whole/sweep.csv" "$tmp/parts/sweep.csv"
check "the journal is gone" test -z "$(ls "$tmp"/parts.unfinished* 2>/dev/null)"

# While it is computed a second start is refused, and takes nothing from the first.
sed 's/cases: 300/cases: 3000/' "$tmp/sweep.yaml" >"$tmp/long.yaml"
"$mnsim" sweep "$tmp/long.yaml" -o "$tmp/twice" --quiet 2>/dev/null &
pid=$!
tries=0
while [ $tries -lt 400 ] && [ "$(cat "$tmp"/twice.unfinished-*.csv 2>/dev/null | wc -l)" -le 5 ]; do
    sleep 0.01
    tries=$((tries + 1))
done
kill -STOP $pid
"$mnsim" sweep "$tmp/long.yaml" -o "$tmp/twice" --quiet 2>"$tmp/why"
check "exit status 3 for a second start" test $? -eq 3
check "why a second start is refused" grep -q 'another mnsim computes this sweep now' "$tmp/why"
check "the first one's folder stays, the second's goes" test "$(ls -d "$tmp"/twice.partial-* | wc -l)" -eq 1
kill -KILL $pid
wait $pid 2>/dev/null
rm -rf "$tmp"/twice.*

# Nor does the whole begin while a part is computed.
"$mnsim" sweep "$tmp/long.yaml" -o "$tmp/busy" --part 2/3 --quiet 2>/dev/null &
pid=$!
tries=0
while [ $tries -lt 400 ] && [ "$(cat "$tmp"/busy.unfinished-*.csv 2>/dev/null | wc -l)" -le 5 ]; do
    sleep 0.01
    tries=$((tries + 1))
done
kill -STOP $pid
"$mnsim" sweep "$tmp/long.yaml" -o "$tmp/busy" --quiet 2>"$tmp/why"
check "exit status 3 for the whole during a part" test $? -eq 3
check "why the whole is refused" grep -q 'part-2-of-3.csv: another mnsim computes this part now' "$tmp/why"
check "the part's journal stays" test "$(cat "$tmp"/busy.unfinished-*.part-2-of-3.csv | wc -l)" -gt 5
kill -KILL $pid
wait $pid 2>/dev/null
rm -rf "$tmp"/busy*

# Changed inputs start anew, those too that only a varied value names: the second part knows another skin.
cp -R config "$tmp/catalogue"
printf 'sweep: skins\nstudy: %s\nvary: {skin: [human_dermatomed, porcine_ear], depth: [120 um, 210 um]}\n' "$tmp/catalogue/studies/caffeine_patch.yaml" >"$tmp/skins.yaml"
"$mnsim" sweep "$tmp/skins.yaml" -o "$tmp/mixed" --part 1/2 --quiet
sed -i 's/22.5 um/43.7 um/' "$tmp/catalogue/skins/porcine_ear.yaml"
cmp -s config/skins/porcine_ear.yaml "$tmp/catalogue/skins/porcine_ear.yaml" && { echo "FAILED: the skin was not changed"; failed=1; }
case $("$mnsim" sweep "$tmp/skins.yaml" -o "$tmp/mixed") in *"earlier start"*) echo "FAILED: took over cases of another skin"; failed=1 ;; esac
"$mnsim" sweep "$tmp/skins.yaml" -o "$tmp/fresh" --quiet
check "the rows of the changed skin" cmp "$tmp/fresh/sweep.csv" "$tmp/mixed/sweep.csv"
rm -rf "$tmp"/mixed*

# A value of which every case fails is left out of the map, not the map.
printf 'sweep: deep\nstudy: %s/config/studies/caffeine_patch.yaml\nvary: {depth: [120 um, 370 um, 7 mm], density: [20 /cm2, 170 /cm2]}\n' "$PWD" >"$tmp/deep.yaml"
"$mnsim" sweep "$tmp/deep.yaml" -o "$tmp/deep" --quiet
check "a map of the depths that are possible" test -s "$tmp/deep/map.svg"
check "two failed rows" test "$(grep -c ',failed,' "$tmp/deep/sweep.csv")" -eq 2

# In parts, one of them killed and started again; then on a single processor: the same table.
for part in 1/3 2/3 3/3; do
    "$mnsim" sweep "$tmp/sweep.yaml" -o "$tmp/shared" --part $part --quiet &
    case $part in 2/3) second=$! ;; 3/3) third=$! ;; *) first=$! ;; esac
done
tries=0
while [ $tries -lt 400 ] && [ "$(cat "$tmp"/shared.unfinished-*.part-2-of-3.csv 2>/dev/null | wc -l)" -le 5 ]; do
    sleep 0.01
    tries=$((tries + 1))
done
kill -KILL $second
wait $first || { echo "FAILED: part 1"; failed=1; }
wait $second
wait $third || { echo "FAILED: part 3"; failed=1; }
case $("$mnsim" sweep "$tmp/sweep.yaml" -o "$tmp/shared" --part 2/3) in
*"part 2 of 3 of interrupted is in"*) ;;
*) echo "FAILED: part 2 does not say where it is"; failed=1 ;;
esac
check "no result of parts alone" test ! -e "$tmp/shared"
check "100 rows a part" test "$(cat "$tmp"/shared.unfinished-*.part-*.csv | wc -l)" -eq 303
case $("$mnsim" sweep "$tmp/sweep.yaml" -o "$tmp/shared") in
*"300 of them from an earlier start"*) ;;
*) echo "FAILED: the parts were not taken over"; failed=1 ;;
esac
check "the same table from parts" cmp "$tmp/whole/sweep.csv" "$tmp/shared/sweep.csv"
check "the parts' journals are gone" test -z "$(ls "$tmp"/shared.unfinished* 2>/dev/null)"
taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')" "$mnsim" sweep "$tmp/sweep.yaml" -o "$tmp/alone" --quiet
check "the same table on one processor" cmp "$tmp/whole/sweep.csv" "$tmp/alone/sweep.csv"
for part in 0/3 4/3 2 2/3x a/b; do
    "$mnsim" sweep "$tmp/sweep.yaml" -o "$tmp/bad" --part $part 2>"$tmp/why"
    check "exit status 2 for --part $part" test $? -eq 2
    check "--part $part is named" grep -q "'$part': must be K/N" "$tmp/why"
done

# Another sweep of the same name takes nothing over.
sed 's/seed: 17/seed: 18/; s/cases: 300/cases: 4/' "$tmp/sweep.yaml" >"$tmp/other.yaml"
case $("$mnsim" sweep "$tmp/other.yaml" -o "$tmp/other") in *"earlier start"*) echo "FAILED: took over another sweep"; failed=1 ;; esac

expect_refusal() { # expect_refusal TEXT, of the sweep file on stdin
    cat >"$tmp/bad.yaml"
    if "$mnsim" sweep "$tmp/bad.yaml" -o "$tmp/bad" 2>"$tmp/why"; then echo "FAILED: accepted, wanted '$1'"; failed=1; fi
    grep -q "$1" "$tmp/why" || { echo "FAILED: wanted '$1', got:"; cat "$tmp/why"; failed=1; }
}
study="study: $PWD/config/studies/caffeine_patch.yaml"
printf 'sweep: s\n%s\nvary: {depth: {from: 120 um, to: 610 um}}\n' "$study" | expect_refusal "vary/depth: a range needs design"
printf 'sweep: s\n%s\ndesign: {kind: sobol, cases: 3}\nvary: {depth: {from: 120 um, to: 0.61 mm}}\n' "$study" | expect_refusal "must have the same unit"
printf 'sweep: s\n%s\ndesign: {kind: sobol, cases: 3}\nvary: {depth: {from: 620 um, to: 610 um}}\n' "$study" | expect_refusal "must rise"
printf 'sweep: s\n%s\ndesign: {kind: list}\nvary: {depth: [120 um, 340 um], density: [20 /cm2]}\n' "$study" | expect_refusal "equally long, the first has 2"
exit $failed
