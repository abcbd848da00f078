#!/bin/sh
# fit.sh -- mnsim fit finds what made the data, says what they cannot say, and refuses bad tables by file and line.  B=build folder.
set -u
mnsim=${B:-build}/mnsim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
study=$PWD/config/studies/caffeine_patch.yaml
header=parameterId,path,unit,parameterScale,lowerBound,upperBound,nominalValue,estimate

"$mnsim" run "$study" -o "$tmp/truth" --set channel/K=0.93 --set 'channel/radius_ratio=0.71' --quiet || exit 1
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print "time_h,Q_ug_cm2,sd_ug_cm2" }
         NR > 1 { q = $at["delivered_ug_cm2"]; printf "%s,%.10g,%.10g\n", $at["time_h"], q, 0.02 * q + 1 }' "$tmp/truth/timeseries.csv" >"$tmp/data.csv"
fit() { # fit CASE_LINES: the fit file
    printf 'fit: synthetic\nparameters: parameters.csv\nstarts: 1\ncases:\n  - {name: one, study: %s, data: data.csv, time: time_h, %s}\n' "$study" "$1" >"$tmp/fit.yaml"
}
expect() { # expect STATUS TEXT: of mnsim fit
    "$mnsim" fit "$tmp/fit.yaml" -o "$tmp/out" --force >"$tmp/said" 2>&1
    got=$?
    if [ $got -ne "$1" ] || ! grep -qF -- "$2" "$tmp/said"; then echo "FAILED: status $got, wanted $1 with '$2'"; cat "$tmp/said"; failed=1; fi
}
whole='quantity: cumulative, column: Q_ug_cm2, sd: sd_ug_cm2'

printf '%s\nratio,channel/radius_ratio,,lin,0.4,0.95,0.8,1\n' $header >"$tmp/parameters.csv"
fit "$whole"
"$mnsim" fit "$tmp/fit.yaml" -o "$tmp/one" --set channel/K=0.93 --quiet || failed=1
awk -F, '$1 == "ratio" { d = $7 - 0.71; exit !(d < 0.003 && d > -0.003) }' "$tmp/one/parameters.csv" || { echo "FAILED: ratio not found"; cat "$tmp/one/parameters.csv"; failed=1; }

# plasma parameters do not act on an in-vitro amount: said, status 1
printf '%s\nratio,channel/radius_ratio,,lin,0.4,0.95,0.8,1\narea,patch/area,cm2,log,0.3,5,1,1\n' $header >"$tmp/parameters.csv"
expect 1 "nothing in the data depends on 'area'"

printf '%s\nratio,channel/radius_ratio,,lin,0.95,0.4,0.8,1\n' $header >"$tmp/parameters.csv"
expect 3 "parameters.csv:2: ratio: lowerBound 0.95"
printf '%s\nratio,channel/radius_ratio,,ln,0.4,0.95,0.8,1\n' $header >"$tmp/parameters.csv"
expect 3 "parameters.csv:2: parameterScale: 'ln': must be lin, log or log10"
printf '%s\nratio,channel/radius_ratio,,lin,0.4,0.95,0.8,1\n' $header >"$tmp/parameters.csv"
fit 'quantity: flux, column: Q_ug_cm2'
expect 3 "must end in their units, _h and _ug_cm2_h"
fit 'quantity: plasma, column: Q_ng_mL'
expect 3 "the study has no body: there is no 'plasma' to fit"
fit "$whole"
printf 'time_h,Q_ug_cm2,sd_ug_cm2\n-1,3,1\n2,5,1\n' >"$tmp/data.csv"
expect 3 "data.csv:2: time -1 h: must not be before the start"
printf 'time_h,Q_ug_cm2,sd_ug_cm2\n1,3,1\n200,5,1\n' >"$tmp/data.csv"
expect 3 "data.csv:3: time 200 h: must lie within the study's"
printf 'time_h,Q_ug_cm2,sd_ug_cm2\n1,3,1\n2,five,1\n' >"$tmp/data.csv"
expect 3 "data.csv:3"
printf 'time_h,Q_ug_cm2,sd_ug_cm2\n1,3,0\n2,5,1\n' >"$tmp/data.csv"
expect 3 "data.csv:2: standard deviation 0: must be above 0"
printf 'time_h,Q_ug_cm2\n1,0.3\n2,5\n3,9\n' >"$tmp/data.csv"
fit 'quantity: cumulative, column: Q_ug_cm2, limit_of_quantification: 0.5'
expect 3 "data.csv:2: below the limit of quantification: needs standard deviations"
exit $failed
