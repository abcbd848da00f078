#!/bin/sh
# tests/validate.sh: every criterion becomes a row, the table in the documents is the one computed, and what cannot be
# computed is an error and not a gap.
set -u
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mn-validate-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
failed=0 passed=0
check() {
    what=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $what"; fi
}
# verdicts FILE: case, quantity, label, parameters and data, criterion, answer of each row of a table in Markdown
verdicts() { awk -F' [|] ' '/^[|] .* (yes|NO|not computed) [|]$/ {print $1, $2, $6, $7, $8, $9}' "$1"; }
# numbers FILE: what was measured, simulated, and the ratio of each row, as numbers ("-" where there is none)
numbers() {
    awk -F' [|] ' '/^[|] .* (yes|NO|not computed) [|]$/ {
        split($3, m, " "); split($4, s, " ")
        print (m[1] == "" ? "-" : m[1]), (s[1] == "" ? "-" : s[1]), ($5 == "" ? "-" : $5)}' "$1"
}
# Two tables of numbers agree to half a per cent: another compiler may round a last digit otherwise.
near() {
    paste -d' ' "$1" "$2" | awk 'function far(a, b) {d = a - b; d = d < 0 ? -d : d; a = a < 0 ? -a : a; return a != b && d > 0.005*a}
        NF != 6 || $1 != $4 || far($2, $5) || far($3, $6) {print "row " NR ": " $0; bad = 1} END {exit bad || NR < 40}'
}
same() { cmp -s "$1" "$2" || { diff "$1" "$2"; return 1; }; }

sh tests/validate.sh -o "$tmp/out" >"$tmp/said" 2>&1
check "it ends well: $(cat "$tmp/said")" [ $? -eq 0 ]
check "every criterion is a row" \
    [ "$(wc -l <"$tmp/out/validation.csv")" -eq "$(wc -l <config/studies/validation/criteria.csv)" ]
check "some rows are missed and stay" grep -q ',NO,' "$tmp/out/validation.csv"
verdicts "$tmp/out/validation.md" >"$tmp/computed"
verdicts docs/explanation/validation.md >"$tmp/documented"
check "rows are told apart" [ "$(wc -l <"$tmp/computed")" -gt 40 ]
check "docs/explanation/validation.md holds the table as computed" same "$tmp/documented" "$tmp/computed"
numbers "$tmp/out/validation.md" >"$tmp/computed"
numbers docs/explanation/validation.md >"$tmp/documented"
check "docs/explanation/validation.md holds the numbers as computed" near "$tmp/documented" "$tmp/computed"
awk 'NR == 30 {$2 = 7.77} {print}' "$tmp/documented" >"$tmp/other"
near "$tmp/other" "$tmp/computed" >/dev/null
check "another number is seen" [ $? -eq 1 ]
count() {
    awk -F, -v l="$1" '$0 ~ "," l "," {all++; met += $0 ~ ",yes,(yes|no|partly),"} END {print met " of " all " " l}' \
        "$tmp/out/validation.csv"
}
check "and their count" \
    grep -qF "Met: $(count PREDICTED), $(count FITTED), $(count VERIFICATION)." docs/explanation/validation.md
check "the page begins with what has not been validated" \
    [ "$(grep -m 1 '^## ' docs/explanation/validation.md)" = '## What has not been validated' ]

# a solver that computes nothing leaves no verdict behind
mkdir "$tmp/build"
printf '#!/bin/sh\nexit 4\n' >"$tmp/build/mnsim"
chmod +x "$tmp/build/mnsim"
B=$tmp/build sh tests/validate.sh -o "$tmp/none" >"$tmp/said" 2>&1
check "a solver that fails is exit status 1" [ $? -eq 1 ]
check "and says what is missing" grep -q 'validate: no value for lidocaine_cmax' "$tmp/said"
check "and calls it not computed" grep -q 'Franz.*VERIFICATION.*not computed' "$tmp/none/validation.md"
sh tests/validate.sh --table >"$tmp/said" 2>&1
check "an unknown option is a usage error" [ $? -eq 2 ]
sh tests/validate.sh -o .. >"$tmp/said" 2>&1
check "it does not write into the folder above" [ $? -eq 2 ]
echo "validate: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
