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
