#!/bin/sh
# fit_data.sh -- tables that contradict their study or themselves are refused by mnsim fit, by file and line.  B=build folder.
set -u
mnsim=${B:-build}/mnsim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
studies=$PWD/config/studies
header=parameterId,path,unit,parameterScale,lowerBound,upperBound,nominalValue,estimate

# fit STUDY CASE_LINES: the fit file
fit() {
    printf 'fit: contradiction\nparameters: parameters.csv\nstarts: 0\ncases:\n  - {name: one, study: %s, data: data.csv, time: time_h, %s}\n' \
        "$1" "$2" >"$tmp/fit.yaml"
}
# parameters ROW...: the table
parameters() { printf '%s\n' "$header" "$@" >"$tmp/parameters.csv"; }
# data HEADER ROW...
data() { printf '%s\n' "$@" >"$tmp/data.csv"; }
expect() { # expect STATUS TEXT: of mnsim fit
    "$mnsim" fit "$tmp/fit.yaml" -o "$tmp/out" --force >"$tmp/said" 2>&1
    got=$?
    if [ $got -ne "$1" ] || ! grep -qF -- "$2" "$tmp/said"; then echo "FAILED: status $got, wanted $1 with '$2'"; cat "$tmp/said"; failed=1; fi
}

# ---- more out than in: a receptor of 5 mL on 1 cm2 after two doses of 2 mg ----
parameters ratio,channel/radius_ratio,,lin,0.3,0.97,0.8,1
fit "$studies/sampled_franz_cell.yaml" 'quantity: receptor, column: c_ug_mL'
data time_h,c_ug_mL 1,1 4,10 8,30 24,2500
expect 3 'data.csv:5: c_ug_mL = 2500: more than 800, the whole dose of the study in the receptor at once'
data time_h,Q_ug_cm2 1,1 4,10 8,30 24,3900
fit "$studies/sampled_franz_cell.yaml" 'quantity: cumulative, column: Q_ug_cm2'
"$mnsim" fit "$tmp/fit.yaml" -o "$tmp/out" --force >"$tmp/said" 2>&1
[ $? -ne 3 ] || { echo "FAILED: a dose put on twice counts twice"; cat "$tmp/said"; failed=1; }
data time_h,Q_ug_cm2 1,1 4,10 8,30 24,4500
expect 3 'data.csv:5: Q_ug_cm2 = 4500: more than the dose of 4000 that the study puts on'

# needles that bring the drug: 58.5 ug/cm2 on the part that goes in would be refused if only vehicles counted
parameters ratio,channel/radius_ratio,,lin,0.3,0.97,0.8,1
fit "$studies/coated_patch.yaml" 'quantity: cumulative, column: Q_ug_cm2'
data time_h,Q_ug_cm2 0.1,0.5 0.2,1 0.3,1e6
expect 3 'data.csv:4: Q_ug_cm2 = 1e+06: more than the dose of'
grep -q 'dose of 0 that' "$tmp/said" && { echo "FAILED: the needles' dose"; cat "$tmp/said"; failed=1; }

# plasma: 15 mg in the smallest volume the table allows
nicotine=$studies/nicotine_patch_15mg.yaml
parameters V,body/volume,L,log,20,5000,370,1
fit "$nicotine" 'quantity: plasma, column: p_ng_mL'
data time_h,p_ng_mL 1,7 2,11 4,50000
expect 3 "data.csv:4: p_ng_mL = 50000: more than 749.997, the whole dose of the study in the body's volume at once"
parameters D,skin/layers/0/D,m2/s,log,1e-16,1e-11,1e-14,1
expect 3 "data.csv:4: p_ng_mL = 50000: more than 40.5404, the whole dose"
parameters V,body/volume,L,lin,0,5000,370,1 # near 0 everything fits: no limit
"$mnsim" fit "$tmp/fit.yaml" -o "$tmp/out" --force >"$tmp/said" 2>&1
[ $? -ne 3 ] || { echo "FAILED: a volume without a lower bound limits nothing"; cat "$tmp/said"; failed=1; }

# fluxes: 4.29 mg/cm2 put on; 100 ug/cm2/h early on and little later is no contradiction, whatever a straight line between them holds
parameters D,skin/layers/0/D,m2/s,log,1e-16,1e-11,1e-14,1
fit "$nicotine" 'quantity: flux, column: j_ug_cm2_h'
data time_h,j_ug_cm2_h 1,1000 2,3000 2,3400 4,5000 20,5000
expect 3 'data.csv:5: j_ug_cm2_h: the fluxes have carried at least 7400 ug/cm2 out by 4 h: more than the dose of 4285.7'
data time_h,j_ug_cm2_h 0.5,900 24,20 30,1
"$mnsim" fit "$tmp/fit.yaml" -o "$tmp/out" --force >"$tmp/said" 2>&1
[ $? -ne 3 ] || { echo "FAILED: a curve that falls early"; cat "$tmp/said"; failed=1; }

# ---- less than nothing, without standard deviations ----
data time_h,j_ug_cm2_h 1,-9 2,30 4,80 6,90
expect 3 'data.csv:2: j_ug_cm2_h = -9: below nothing by more than 5 % of the largest reading, 90: must not be negative'
data time_h,j_ug_cm2_h 1,-3 2,30 4,80 6,90
expect 0 'note: 1 readings below zero are kept: within the noise around a blank'
grep -q 'negative_readings_kept_as_noise: 1' "$tmp/out/fit.yaml" || { echo "FAILED: fit.yaml says nothing of them"; failed=1; }

# ---- the table of parameters ----
data time_h,j_ug_cm2_h 1,3 2,30 4,80 6,90
for value in no 0.0 '' yes 2; do
    parameters "D,skin/layers/0/D,m2/s,log,1e-16,1e-11,1e-14,1" "K,skin/layers/0/K,,log,0.1,9,2.2,$value"
    expect 3 "parameters.csv:3: estimate: '$value': must be 1 (estimated) or 0"
done
for path in skin/layers/9/K nosuch/x skin/layers/0/Kx vehicle/nope/x body/volume/x; do
    parameters "D,skin/layers/0/D,m2/s,log,1e-16,1e-11,1e-14,1" "K,$path,,log,0.1,9,2.2,0"
    expect 3 "parameters.csv:3: "
done
exit $failed
