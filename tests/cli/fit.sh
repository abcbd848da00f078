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

# ---- every quantity finds what made its data ----

# synthetic QUANTITY STUDY COLUMN_OF_RUN COLUMN_OF_DATA SET...: data with 2 % and a floor as sd, in $tmp/data.csv
synthetic() {
    quantity=$1 study=$2 from=$3 column=$4
    shift 4
    "$mnsim" run "$study" -o "$tmp/truth" --force --quiet "$@" || failed=1
    awk -F, -v from="$from" -v column="$column" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print "time_h," column ",sd" substr(column, 2) }
        NR > 1 && $at["time_h"] > 0 { q = $at[from]; n++; if (q + 0 > top) top = q; t[n] = $at["time_h"]; y[n] = q }
        END { for (i = 1; i <= n; i++) printf "%s,%.10g,%.10g\n", t[i], y[i], 0.02 * y[i] + 1e-3 * top }' "$tmp/truth/timeseries.csv" >"$tmp/data.csv"
    fit "quantity: $quantity, column: $column, sd: sd${column#?}"
}
# finds ID VALUE SHARE: the estimate in $tmp/out lies within a share of what made the data
finds() {
    "$mnsim" fit "$tmp/fit.yaml" -o "$tmp/out" --force --quiet >"$tmp/said" 2>&1 || { echo "FAILED: $quantity"; cat "$tmp/said"; failed=1; }
    awk -F, -v id="$1" -v want="$2" -v share="$3" '$1 == id { d = $7 / want - 1; ok = d < share && d > -share } END { exit !ok }' "$tmp/out/parameters.csv" ||
        { echo "FAILED: $quantity: $1 is not $2"; cat "$tmp/out/parameters.csv"; failed=1; }
}
body=$PWD/config/studies/two_compartments.yaml
franz=$PWD/config/studies/franz_four_layers.yaml
printf '%s\nclearance,body/clearance,L/h,log,5,400,97,1\n' $header >"$tmp/parameters.csv"
synthetic plasma "$body" plasma_ng_mL Q_ng_mL --set 'body/clearance=31.7 L/h'
finds clearance 31.7 0.01
printf '%s\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1\n' $header >"$tmp/parameters.csv"
synthetic receptor "$franz" receptor_ug_mL Q_ug_mL --set 'skin/layers/1/D=2.43e-3 cm2/h'
finds D 2.43e-3 0.01
synthetic flux "$franz" flux_ug_cm2_h Q_ug_cm2_h --set 'skin/layers/1/D=2.43e-3 cm2/h'
finds D 2.43e-3 0.01
synthetic cumulative_by_samples "$franz" lab_delivered_ug_cm2 Q_ug_cm2 --set 'skin/layers/1/D=2.43e-3 cm2/h'
finds D 2.43e-3 0.01

# amounts below the limit count as "less than": leaving them out would lose what they say, taking them as the limit would mislead
synthetic cumulative "$franz" delivered_ug_cm2 Q_ug_cm2 --set 'skin/layers/1/D=2.43e-3 cm2/h'
fit "quantity: cumulative, column: Q_ug_cm2, sd: sd_ug_cm2, limit_of_quantification: $(awk -F, 'NR == 3 { print $2 + 0.01 }' "$tmp/data.csv")"
quantity=censored
finds D 2.43e-3 0.05
[ "$(awk -F, '$9 == 1' "$tmp/out/fit.csv" | wc -l)" -eq 2 ] || { echo "FAILED: two readings lie below the limit"; cat "$tmp/out/fit.csv"; failed=1; }

# a prior pulls by its weight; it needs the weights of the data too
printf '%s,objectivePriorType,objectivePriorParameters\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1,logNormal,-4.6051702;1e-4\n' $header >"$tmp/parameters.csv"
quantity=prior
finds D 0.01 0.01
fit 'quantity: cumulative, column: Q_ug_cm2'
expect 3 "a prior can only be weighed against data with standard deviations"
fit 'quantity: cumulative, column: Q_ug_cm2, sd: sd_ug_cm2'
printf '%s,objectivePriorType,objectivePriorParameters\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1,laplace,-4;1\n' $header >"$tmp/parameters.csv"
expect 3 "parameters.csv:2: objectivePriorType: 'laplace': must be empty, parameterScaleNormal or logNormal"
printf '%s,objectivePriorType,objectivePriorParameters\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1,logNormal,-4;0\n' $header >"$tmp/parameters.csv"
expect 3 "parameters.csv:2: objectivePriorParameters: '-4;0': must be mean;sd with sd above 0"

# on PEtab's own scales: mean and sd of log10(value) for log10, of ln(value) for log; the table that is written is the one that was read
printf '%s,objectivePriorType,objectivePriorParameters\nD,skin/layers/1/D,cm2/h,log10,1e-4,1e-1,7e-3,1,parameterScaleNormal,-2;1e-4\n' $header >"$tmp/parameters.csv"
quantity=prior_log10
finds D 0.01 0.01
grep -q '^D,skin/layers/1/D,cm2/h,log10,.*,1,parameterScaleNormal,-2;1e-4' "$tmp/out/parameters.csv" || { echo "FAILED: the written table"; cat "$tmp/out/parameters.csv"; failed=1; }
# 0.005 of log10 is 0.01151292546 of ln: the same weight
printf '%s,objectivePriorType,objectivePriorParameters\nD,skin/layers/1/D,cm2/h,log10,1e-4,1e-1,7e-3,1,parameterScaleNormal,-2;0.005\n' $header >"$tmp/parameters.csv"
"$mnsim" fit "$tmp/fit.yaml" -o "$tmp/out" --force --quiet >/dev/null 2>&1
decimal=$(awk -F, '$1 == "D" { print $7 }' "$tmp/out/parameters.csv")
printf '%s,objectivePriorType,objectivePriorParameters\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1,parameterScaleNormal,-4.605170186;0.01151292546\n' $header >"$tmp/parameters.csv"
quantity=prior_weight
finds D "$decimal" 1e-5

# donors: geometric means, intervals from the spread between donors; a case that is predicted stays out of the fit
printf '%s\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1\n' $header >"$tmp/parameters.csv"
awk -F, 'NR == 1 { print $1 "," $2 ",cell"; next } { printf "%s,%.10g,A\n%s,%.10g,B\n%s,%.10g,C\n%s,%.10g,D\n", $1, 1.31 * $2, $1, $2 / 1.31, $1, 1.12 * $2, $1, $2 / 1.12 }' "$tmp/data.csv" >"$tmp/donors.csv"
cat >"$tmp/fit.yaml" <<EOF
fit: donors
parameters: parameters.csv
starts: 0
cases:
  - {name: four, study: $franz, data: donors.csv, time: time_h, quantity: cumulative, column: Q_ug_cm2, scale: log, donor: cell}
  - {name: whole, study: $franz, role: predicted, data: wrong.csv, time: time_h, quantity: cumulative, column: Q_ug_cm2, donor: cell}
EOF
printf 'time_h,Q_ug_cm2,cell\n1,9,E\n10,900,E\n' >"$tmp/wrong.csv"
quantity=donors
finds D 2.43e-3 0.01
for line in 'aicc: .not stated: readings of one donor hang together' 'donors: 4' 'intervals_from: the spread between donors' 'label: PREDICTED'; do
    grep -q "$line" "$tmp/out/fit.yaml" || { echo "FAILED: fit.yaml lacks '$line'"; cat "$tmp/out/fit.yaml"; failed=1; }
done
sed -i 's/role: predicted, //' "$tmp/fit.yaml"
expect 3 "cannot be weighed against each other without standard deviations"
sed -i 's/, donor: cell}/}/2; /name: whole/s/, donor: cell//' "$tmp/fit.yaml"
expect 3 "either every fitted case names its donors or none does"
printf 'time_h,Q_ug_cm2,cell\n1,9,A\n10,900,B\n' >"$tmp/donors.csv"
sed -i '/name: whole/d' "$tmp/fit.yaml"
expect 3 "2 donors in the fitted cases: intervals from the spread between donors need at least 3"
printf 'time_h,Q_ug_cm2,cell\n1,9,A\n10,900,\n' >"$tmp/donors.csv"
expect 3 "donors.csv:3: cell: empty: name the donor"
printf 'time_h,Q_ug_cm2,cell\n1,9,A\n10,0,A\n' >"$tmp/donors.csv"
expect 3 "donors.csv:3: Q_ug_cm2 = 0: must be above 0 on a log scale"
sed -i 's/scale: log, donor: cell/role: predicted/' "$tmp/fit.yaml"
expect 3 "every case is predicted: none is left to fit"

# a predicted case is not weighed: it may state standard deviations or not, name donors or not, lie below a limit
synthetic cumulative "$franz" delivered_ug_cm2 Q_ug_cm2 --set 'skin/layers/1/D=2.43e-3 cm2/h'
printf 'time_h,Q_ug_cm2,cell\n1,0.1,E\n10,900,E\n' >"$tmp/wrong.csv"
whole=", time: time_h, quantity: cumulative, column: Q_ug_cm2"
cat >"$tmp/fit.yaml" <<EOF
fit: predicted without
parameters: parameters.csv
starts: 0
cases:
  - {name: first, study: $franz, role: predicted, data: wrong.csv$whole, donor: cell, limit_of_quantification: 0.5}
  - {name: two, study: $franz, data: data.csv$whole, sd: sd_ug_cm2}
EOF
quantity=predicted_without_sd
finds D 2.43e-3 0.01
grep -q 'intervals_from: the standard deviations of the tables' "$tmp/out/fit.yaml" || { echo "FAILED: the first case is not the fitted one"; failed=1; }
[ "$(awk -F, '$1 == "first" && $11 == ""' "$tmp/out/fit.csv" | wc -l)" -eq 2 ] || { echo "FAILED: residuals without sd"; cat "$tmp/out/fit.csv"; failed=1; }
[ "$(awk -F, '$1 == "two" && $11 == ""' "$tmp/out/fit.csv" | wc -l)" -eq 0 ] || { echo "FAILED: residuals with sd"; failed=1; }
# the profile's interval beside the linear one, and the figure
awk '$1 == "low_95:" { l = $2 } $1 == "high_95:" { h = $2 } $1 == "low_95_profile:" { pl = $2 } $1 == "high_95_profile:" { ph = $2 }
     END { d = (pl - l) / (h - l); g = (ph - h) / (h - l); exit !(pl && ph && d < 0.05 && d > -0.05 && g < 0.05 && g > -0.05) }' "$tmp/out/fit.yaml" ||
    { echo "FAILED: the profile's interval"; cat "$tmp/out/fit.yaml"; failed=1; }
[ -s "$tmp/out/fit_profiles.svg" ] || { echo "FAILED: no figure of profiles"; failed=1; }

# what the data cannot say: a product, what nothing depends on (above), and what comes after their end
printf '%s\nD,skin/layers/0/D,cm2/h,log,1e-5,1e-2,1.1e-4,1\nK,skin/layers/0/K,,log,0.05,400,6,1\n' $header >"$tmp/parameters.csv"
synthetic cumulative "$franz" delivered_ug_cm2 Q_ug_cm2
expect 1 "the data determine 'D' only together with 'K'"
printf '%s\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1\n' $header >"$tmp/parameters.csv"
study=$franz
"$mnsim" run "$franz" -o "$tmp/truth" --force --quiet --set 'schedule/outputs=[0.2 h, 0.35 h, 10 h]'
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print "time_h,Q_ug_cm2,sd_ug_cm2" }
         NR > 1 && $at["time_h"] < 1 { q = $at["delivered_ug_cm2"]; printf "%s,%.10g,%.10g\n", $at["time_h"], q, 0.02 * q + 1e-9 }' "$tmp/truth/timeseries.csv" >"$tmp/data.csv"
expect 0 "the data end at 0.35 h, before the lag of"

# a slab of which the data see nothing but noise: the estimate's lag means nothing, the study's own says that it is too soon
MN_PATH=$PWD/config
export MN_PATH
cat >"$tmp/slab.yaml" <<EOF
study: slab
drug: nicotine
skin:
  name: slab
  species: synthetic
  preparation: none
  temperature: 32 degC
  source: test
  layers: [{name: stratum_corneum, thickness: 100 um, D: 2e-13 m2/s, K: 0.5, source: test}]
needles: none
vehicle: {type: infinite, concentration: 10 mg/mL, K: 1, source: test}
receptor: {type: sink}
patch: {area: 1 cm2}
schedule: {duration: 24 h, every: 1 h}
EOF
study=slab.yaml
fit 'quantity: cumulative, column: Q_ug_cm2, sd: sd_ug_cm2'
printf '%s\nD,skin/layers/0/D,m2/s,log,1e-15,1e-11,2e-13,1\nK,skin/layers/0/K,,log,0.01,20,0.5,1\n' $header >"$tmp/parameters.csv"
printf 'time_h,Q_ug_cm2,sd_ug_cm2\n0.2,0.1,0.3\n0.4,0.2,0.3\n0.6,0.1,0.3\n0.8,0.1,0.3\n' >"$tmp/data.csv"
expect 1 "the data end at 0.8 h, before the lag of 2.31 h (with the values of the study or the table's start)"

# bounds far away are no reason to find a value at one; amounts and fluxes have a figure each, with true labels
"$mnsim" run "$tmp/slab.yaml" -o "$tmp/truth" --force --quiet
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print "time_h,Q_ug_cm2,Q_sd_ug_cm2,J_ug_cm2_h,J_sd_ug_cm2_h" }
         NR > 1 && $at["time_h"] > 0 && $at["time_h"] % 2 == 0 { q = $at["delivered_ug_cm2"]; j = $at["flux_ug_cm2_h"]; s = NR % 3 ? 1 : -1
                  printf "%s,%.10g,%.10g,%.10g,%.10g\n", $at["time_h"], q + s * (0.02 * q + 0.2), 0.05 * q + 0.2, j * (1 + 0.02 * s), 0.05 * j + 0.2 }' "$tmp/truth/timeseries.csv" >"$tmp/data.csv"
cat >"$tmp/fit.yaml" <<EOF
fit: two quantities
parameters: parameters.csv
starts: 1
cases:
  - {name: Q, study: slab.yaml, data: data.csv, time: time_h, quantity: cumulative, column: Q_ug_cm2, sd: Q_sd_ug_cm2}
  - {name: J, study: slab.yaml, data: data.csv, time: time_h, quantity: flux, column: J_ug_cm2_h, sd: J_sd_ug_cm2_h}
EOF
sed -i 's/K,skin.*/K,skin\/layers\/0\/K,,lin,0,2000,0.5,1/' "$tmp/parameters.csv"
"$mnsim" fit "$tmp/fit.yaml" -o "$tmp/out" --force >"$tmp/said" || { echo "FAILED: a wide range"; cat "$tmp/said"; failed=1; }
grep -q '^  K  .*95 %: 0\.4.* to 0\.5' "$tmp/said" || { echo "FAILED: K has its interval"; cat "$tmp/said"; failed=1; }
label() { # label FIGURE TEXT
    grep -q "ylabel.*$2" "$tmp/out/$1.gp" || { echo "FAILED: $1 is not labelled '$2'"; grep ylabel "$tmp/out/$1.gp"; failed=1; }
}
label fit_cumulative 'delivered / (ug/cm2)'
label fit_flux 'flux / (ug/cm2/h)'
label residuals_flux '(model - measured) / sd'
[ ! -e "$tmp/out/fit.svg" ] || { echo "FAILED: both on one axis"; failed=1; }

# what nothing depends on has no interval, no error and no correlation
sed -i 's/^K,.*/h,vehicle\/thickness,um,log,10,1000,100,1/' "$tmp/parameters.csv"
expect 1 "nothing in the data depends on 'h'"
grep -q "interval: .*nothing in the data depends on it" "$tmp/out/fit.yaml" || { echo "FAILED: no reason"; failed=1; }
if grep -q ': [.]nan\|standard_error_of_log: 0$\|correlation' "$tmp/out/fit.yaml"; then echo "FAILED: figures of what has none"; cat "$tmp/out/fit.yaml"; failed=1; fi

printf '%s\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1\n' $header >"$tmp/parameters.csv"
study=$franz
fit 'quantity: cumulative, column: Q_ug_cm2, sd: sd_ug_cm2'

# data that contradict the model, the study or each other
printf 'time_h,Q_ug_cm2,sd_ug_cm2\n1,90,1\n2,31,1\n3,9,1\n' >"$tmp/data.csv"
"$mnsim" fit "$tmp/fit.yaml" -o "$tmp/out" --force >"$tmp/said" 2>&1
grep -q 'warning: the model misses the data by far more' "$tmp/said" || { echo "FAILED: data that no model meets"; cat "$tmp/said"; failed=1; }
printf 'time_h,Q_ug_cm2,sd_ug_cm2\n1,-3,1\n2,-5.3,1\n3,9,1\n' >"$tmp/data.csv"
expect 3 "data.csv:3: Q_ug_cm2 = -5.3: 5.3 standard deviations below nothing"
printf 'time_h,Q_ug_cm2,sd_ug_cm2\n1,3,1\n2,5,1e-300\n' >"$tmp/data.csv"
expect 4 "data.csv:3: Q_ug_cm2 = 5 +- 1e-300: too far from the model's"
printf 'time_h,Q_ug_cm2,sd_ug_cm2\n1,3,1\n' >"$tmp/data.csv"
expect 3 "1 readings and priors for 1 parameters: more are needed"
printf '%s\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1\nD,skin/layers/0/D,cm2/h,log,1e-4,1e-1,7e-3,1\n' $header >"$tmp/parameters.csv"
expect 3 "parameters.csv:3: parameterId: 'D': is that of line 2 already"
printf '%s\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1\nE,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1\n' $header >"$tmp/parameters.csv"
expect 3 "parameters.csv:3: path: 'skin/layers/1/D': is that of line 2 already"
printf '%s\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,0\nE,skin/layers/1/nosuch,,log,1e-4,1e-1,7e-3,1\n' $header >"$tmp/parameters.csv"
expect 3 "parameters.csv:3: "
printf '%s\nD,skin/layers/1/D/x,,log,1e-4,1e-1,7e-3,1\n' $header >"$tmp/parameters.csv"
expect 3 "parameters.csv:2: 'skin/layers/1/D/x=0.0070000000000000001': 'D' is a value, nothing can be set below it"
printf '%s\nD,skin/layers/1/D,cm2/h,log,1e-4,1e-1,7e-3,1\n' $header >"$tmp/parameters.csv"

# more out than the study puts on
study=$franz
fit 'quantity: cumulative, column: Q_ug_cm2'
printf 'time_h,Q_ug_cm2\n1,9\n10,9000\n' >"$tmp/data.csv"
expect 3 "data.csv:3: Q_ug_cm2 = 9000: more than the dose of 7859.16 that the study puts on"

# the shipped case: three patches of nicotine, one fitted
"$mnsim" fit config/studies/fit_nicotine.yaml -o "$tmp/nicotine" >"$tmp/said" || { echo "FAILED: nicotine"; cat "$tmp/said"; failed=1; }
grep -q 'ylabel .*model - measured, plasma / (ng/mL)' "$tmp/nicotine/residuals.gp" || { echo "FAILED: residuals without sd"; grep ylabel "$tmp/nicotine/residuals.gp"; failed=1; }
[ "$(grep -c 'PREDICTED  12 readings, mean fold error 1\.[12]' "$tmp/said")" -eq 2 ] || { echo "FAILED: nicotine's predictions"; cat "$tmp/said"; failed=1; }
"$mnsim" report "$tmp/nicotine" -o "$tmp/nicotine.html" >/dev/null
grep -q '0\.[0-9]* of ln<' "$tmp/nicotine.html" || { echo "FAILED: no standard error of a parameter on a log scale in the report"; failed=1; }
exit $failed
