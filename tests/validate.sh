#!/bin/sh
# Measured against simulated: runs the studies of config/studies/validation/ and the comparisons they name, takes
# one number per row of criteria.csv from the result folders, and writes validation.csv and validation.md.  `make
# validate` runs it.
#   sh tests/validate.sh [-o DIR]        (default $B/validation)
# A row that misses its criterion stays in the table and is no error; a number that could not be had, and a
# VERIFICATION row that is missed, are: exit status 1.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
OUT=$B/validation
case ${1:-} in
    '') ;;
    -o) OUT=${2:?validate: option -o needs a value} ;;
    *) echo "usage: sh tests/validate.sh [-o DIR]" >&2; exit 2 ;;
esac
case $OUT in ''|/|.|..) echo "validate: not into '$OUT'" >&2; exit 2;; esac
V=config/studies/validation
mkdir -p "$OUT"
rm -f "$OUT/simulated.csv" "$OUT/validation.csv" "$OUT/validation.md" "$OUT/log"

# mn COMMAND FILE FOLDER [OPTION...]: one result folder under $OUT; what it said goes to the log
mn() {
    command=$1 file=$2 folder=$3
    shift 3
    echo "== mnsim $command $file $*" >>"$OUT/log"
    "$B/mnsim" "$command" "$file" -o "$OUT/$folder" --config config --force "$@" >>"$OUT/log" 2>&1 && return 0
    echo "validate: mnsim $command $file failed; see $OUT/log" >&2
    rm -rf "${OUT:?}/$folder"
}
put() { echo "$1,$2" >>"$OUT/simulated.csv"; }
# result FOLDER NAME: the value of one result of a summary.yaml
result() {
    awk -v k="  $2:" '$0 == k {f = 1; next} f && $1 == "value:" {print $2; exit}' \
        "$OUT/$1/summary.yaml" 2>/dev/null || :
}
# at FOLDER COLUMN HOURS: a column of timeseries.csv at a time
at() {
    awk -F, -v c="$2" -v t="$3" 'NR == 1 {for (i = 1; i <= NF; i++) col[$i] = i; next}
        $col["time_h"] - t < 1e-9 && t - $col["time_h"] < 1e-9 {print $col[c]; exit}' \
        "$OUT/$1/timeseries.csv" 2>/dev/null || :
}
# calc EXPRESSION: prints it, or nothing when a value is missing
calc() { awk "BEGIN {printf \"%.9g\", $1}" 2>/dev/null || :; }

# ---- patches and cells
nicotine() {
    mn compare config/studies/compare_nicotine.yaml nicotine
    for dose in 15 30 60; do
        put "nicotine_${dose}_fold" "$(awk -v c="- name: $dose mg" '$0 == c {f = 1}
            f && $1 == "mean_fold_error:" {print $2; exit}' "$OUT/nicotine/compare.yaml")"
        put "nicotine_${dose}_cmax" "$(awk -F, -v c="$dose mg" '$1 == c && $5 > m {m = $5} END {print m}' \
            "$OUT/nicotine/compare.csv")"
    done
}
naloxone() {
    mn compare config/studies/compare_naloxone.yaml naloxone
    for end in low high; do
        put "naloxone_ratio_$end" "$(sed -n "s/^ *simulated_${end}est: *//p" "$OUT/naloxone/compare.yaml")"
    done
    mn run config/studies/naloxone_pen_500.yaml naloxone_500
    put naloxone_lag "$(calc "60*$(result naloxone_500 lag_asymptotic)")"
    put naloxone_enhancement "$(calc "$(result naloxone_500 delivered_end)/$(result naloxone_500 delivered_end_intact)")"
}
lidocaine() {
    mn run $V/lidocaine_patch_5.yaml lidocaine
    put lidocaine_absorbed "$(calc "420e-3*$(at lidocaine uptake_ug_cm2 12)")"
    put lidocaine_blood "$(calc "420e-3*$(at lidocaine delivered_ug_cm2 12)")"
    put lidocaine_cmax "$(calc "1e-3*$(result lidocaine plasma_max)")"
    put lidocaine_tmax "$(result lidocaine plasma_t_max)"
}
# Half-life by a straight line through the logarithm of plasma, 36 to 72 h.
half_life() {
    awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) col[$i] = i; next}
        $col["time_h"] >= 36 {t = $col["time_h"]; y = log($col["plasma_ng_mL"]); n++; a += t; b += y; c += t*t
            d += t*y}
        END {print -log(2)*(n*c - a*a)/(n*d - a*b)}' "$OUT/$1/timeseries.csv" 2>/dev/null || :
}
# Time in which plasma falls to half of what it is at removal, at 72 h.
fall_time() {
    awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) col[$i] = i; next}
        {t = $col["time_h"]; p = $col["plasma_ng_mL"]}
        t - 72 < 1e-9 && 72 - t < 1e-9 {half = p/2}
        half > 0 && t > 72 && p <= half {print u + (q - half)/(q - p)*(t - u) - 72; exit}
        {u = t; q = p}' "$OUT/$1/timeseries.csv" 2>/dev/null || :
}
fentanyl() {
    for fit in depot tail bound; do
        mn run $V/fentanyl_$fit.yaml fentanyl_$fit
        put fentanyl_${fit}_rate \
            "$(calc "4*($(at fentanyl_$fit delivered_ug_cm2 24) - $(at fentanyl_$fit delivered_ug_cm2 14))")"
        bound=0
        [ $fit != bound ] || bound=$(at fentanyl_$fit bound_ug_cm2 24)
        put fentanyl_${fit}_depot "$(calc "40e-3*($(at fentanyl_$fit amount_stratum_corneum_ug_cm2 24) + $bound)")"
        put fentanyl_${fit}_tail "$(half_life fentanyl_$fit)"
        mn run $V/fentanyl_$fit.yaml fentanyl_${fit}_72 --set 'patch/area=10 cm2' --set 'patch/remove_at=72 h' \
            --set 'schedule/duration=144 h'
        put fentanyl_${fit}_fall "$(fall_time fentanyl_${fit}_72)"
    done
}
franz() {
    mn run config/studies/franz_four_layers.yaml franz
    for t in 1 5 10; do
        put franz_${t}_donor "$(calc "1e-3*$(at franz vehicle_ug_cm2 $t)/1.572")"
        put franz_${t}_receptor "$(at franz receptor_ug_mL $t)"
        put franz_${t}_skin "$(calc "0.6362e-3*($(at franz amount_stratum_corneum_ug_cm2 $t) \
            + $(at franz amount_rest_ug_cm2 $t) + $(at franz amount_skin_receptor_ug_cm2 $t))")"
    done
}
# Intact skin in a cell, all inputs from correlations: what reached the receptor, on 1 cm2.
aqueous() {
    for drug in dpgme fentanyl; do
        mn run $V/${drug}_aqueous.yaml ${drug}_aqueous
        put osp_$drug "$(result ${drug}_aqueous delivered_end)"
    done
}
# Intact skin under a neat liquid, and after a liquid that has gone.
neat() {
    mn run $V/dpgme_neat.yaml dpgme_neat
    put osp_dpgme_neat "$(result dpgme_neat delivered_end)"
    mn run $V/butoxyethanol_neat.yaml butoxyethanol_neat
    put osp_butoxyethanol "$(result butoxyethanol_neat delivered_end)"
    put osp_butoxyethanol_flux "$(result butoxyethanol_neat J_max)"
    mn run $V/testosterone_film.yaml testosterone_film
    put osp_testosterone "$(result testosterone_film delivered_end)"
    put osp_testosterone_flux "$(result testosterone_film J_max)"
}
# shape FOLDER: amount at 9 h over that at 3 h
shape() { calc "$(at "$1" delivered_ug_cm2 9)/$(at "$1" delivered_ug_cm2 3)"; }
# Needles, then drug: only the shape of the curves can be held against the data.
after_needles() {
    for drug in lidocaine ghk copper; do
        mn run $V/yuan_$drug.yaml yuan_$drug
        put yuan_$drug "$(shape yuan_$drug)"
    done
    mn run $V/yuan_ghk.yaml yuan_ghk_closing --set 'closure={half_life_open: gupta_2011}'
    put yuan_ghk_closing "$(shape yuan_ghk_closing)"
    for drug in ghk copper; do
        mn run $V/yuan_$drug.yaml yuan_${drug}_rat --set skin=rat_full_thickness
        put yuan_${drug}_rat "$(shape yuan_${drug}_rat)"
    done
    mn run $V/yuan_caffeine_gel.yaml yuan_caffeine_gel
    mn run $V/yuan_caffeine_gel.yaml yuan_lidocaine_gel --set drug=lidocaine --set skin=rat_full_thickness \
        --set 'needles/length=889 um'
    for drug in caffeine lidocaine; do
        put yuan_${drug}_gel "$(calc "$(at yuan_${drug}_gel delivered_ug_cm2 24)/$(at yuan_${drug}_gel delivered_ug_cm2 3)")"
    done
    mn run $V/yuan_albumin_gel.yaml yuan_albumin_gel
    put yuan_albumin_gel "$(result yuan_albumin_gel delivered_end_of_dose)"
    mn run $V/theophylline_dissolving.yaml theophylline
    put theophylline_share "$(calc "100*$(at theophylline delivered_ug_cm2 24)/(736.8*0.02)")"
    mn run $V/naltrexone_arm.yaml naltrexone
    put naltrexone_rise "$(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) col[$i] = i; next}
        {t[NR] = $col["time_h"]; p[NR] = $col["plasma_ng_mL"]; if (p[NR] > most) most = p[NR]}
        END {for (k = 2; k <= NR; k++) if (p[k] >= 0.9*most) {print t[k]; exit}}' "$OUT/naltrexone/timeseries.csv")"
    put naltrexone_held "$(calc "$(at naltrexone plasma_ng_mL 48)/$(result naltrexone plasma_max)")"
}
# Potts and Guy, log10 kp[cm/h] = -2.7437 + 0.71 logKow - 0.0061 MW, over every record with a number.
permeabilities() {
    awk -F, '{gsub(/"[^"]*"/, "quoted")} NR > 1 && $2 != "" && $3 != "" && $6 != "" {
            d = -2.7437 + 0.71*$3 - 0.0061*$2 - $6; n++; s += d; q += d*d; a = d < 0 ? -d : d
            three += a <= log(3)/log(10); ten += a <= 1}
        END {printf "kp_bias,%.6g\nkp_rmse,%.6g\n", s/n, sqrt(q/n)
            printf "kp_within_3,%.6g\nkp_within_10,%.6g\n", 100*three/n, 100*ten/n}' \
        data/human_skin_kp_cheruvu2022.csv >>"$OUT/simulated.csv"
}

# ---- insertion
# single FOLDER TIP_um TRAVEL_mm [OPTION...]: one needle
single() {
    folder=$1 tip=$2 travel=$3
    shift 3
    mn insert $V/insertion_single.yaml "$folder" --set "needles/tip_diameter=$tip um" \
        --set "press/to/travel=$travel mm" "$@"
}
single_needles() {
    depths=
    for tip in 5 10 20 37; do
        single roemgens_$tip $tip 1.5
        depths="$depths $(result roemgens_$tip buried_depth)"
    done
    for tip in 5 37; do
        put roemgens_${tip}_force "$(calc "1e3*$(result roemgens_$tip first_insertion_force)")"
        put roemgens_${tip}_depth "$(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) col[$i] = i; next}
            $col["past_barrier"] > 0 {print was; exit} {was = $col["buried_depth_um"]}' "$OUT/roemgens_$tip/curve.csv")"
    done
    put roemgens_equal "$(echo "$depths" | tr ' ' '\n' | grep . | sort -n |
        awk '{d[NR] = $1} END {if (NR == 4) print d[4]/d[1]}')"
    for tip in 120 160; do
        single davis_$tip $tip 5 --set 'needles/length=5 mm'
        put davis_$tip "$(result davis_$tip first_insertion_force)"
    done
    for nominal in 300 500 700 900; do
        single lam_$nominal 57 0.$((nominal / 100)) --set 'needles/base_diameter=100 um'
        put lam_$nominal "$(awk -F, -v n=$nominal 'NR == 2 {print 100*$NF/n}' "$OUT/lam_$nominal/needles.csv")"
    done
    single lam_out 57 0.61 --set 'needles/base_diameter=100 um' --set 'press/retract_speed=0.1 mm/s'
    put lam_retraction "$(calc "-1e3*$(result lam_out pull_off_force)")"
}
arrays() {
    mn insert $V/insertion_donnelly.yaml donnelly
    put donnelly_force "$(calc "1e3*$(result donnelly full_insertion_force)/361")"
    put donnelly_depth "$(result donnelly buried_depth)"
    mn insert $V/insertion_olatunji.yaml olatunji_slow
    mn insert $V/insertion_olatunji.yaml olatunji_fast --set 'press/speed=1 mm/s'
    put olatunji_force "$(calc "10*$(result olatunji_slow full_insertion_force)")"
    put olatunji_ratio \
        "$(calc "$(result olatunji_fast full_insertion_force)/$(result olatunji_slow full_insertion_force)")"
    mn insert $V/insertion_olatunji.yaml olatunji_tight --set 'needles/patch_area=5.29 mm2'
    mn insert $V/insertion_olatunji.yaml olatunji_open --set 'needles/patch_area=64 mm2'
    put olatunji_spacing \
        "$(calc "$(result olatunji_open full_insertion_force)/$(result olatunji_tight full_insertion_force)")"
    mn insert config/studies/insertion_10x10.yaml array
    put base_gap "$(calc "600 - $(result array buried_depth)")"
    put detachment "$(calc "-1*$(result array pull_off_force)/$(result array first_insertion_force)")"
    put gittard_events "$(result array drops)"
    mn insert config/studies/insertion_10x10.yaml array_quarter \
        --set 'needles/pitch=0.5 mm' --set 'needles/patch_area=0.25 cm2'
    mn insert config/studies/insertion_10x10.yaml array_four \
        --set 'needles/pitch=2 mm' --set 'needles/patch_area=4 cm2'
    put potts_quarter "$(calc "$(result array_quarter sink)/$(result array sink)")"
    put potts_four "$(calc "$(result array_four sink)/$(result array sink)")"
    mn insert $V/insertion_verbaan.yaml verbaan
    put verbaan_barrier "$(calc "100*$(result verbaan fraction_past_barrier)")"
    put verbaan_corneum "$(calc "100*$(result verbaan penetrated_fraction)")"
}

nicotine
naloxone
lidocaine
fentanyl
franz
aqueous
neat
after_needles
permeabilities
single_needles
arrays

# ---- the table: criteria.csv joined with what was simulated
awk -F, -v OFS=, -v md="$OUT/validation.md" '
function met(kind, bound, m, sd, s,    r) {
    if (kind == "factor") {r = s/m; return r > 0 && r <= bound && 1/r <= bound}
    if (kind == "sd") return abs(s - m) <= bound*sd
    if (kind == "percent") return abs(s - m) <= abs(m)*bound/100
    if (kind == "within") return abs(s - m) <= bound
    if (kind == "at_most") return s <= bound
    if (kind == "at_least") return s >= bound
    print "validate: unknown criterion " kind > "/dev/stderr"
    return bad = 0
}
function abs(x) {return x < 0 ? -x : x}
function words(kind, bound, unit) {
    unit = unit == "1" ? "" : " " unit
    if (kind == "factor") return "within a factor " bound
    if (kind == "sd") return "within " bound " SD"
    if (kind == "percent") return "within " bound " %"
    if (kind == "within") return "within " bound unit
    return (kind == "at_most" ? "at most " : "at least ") bound unit
}
FNR == NR {value[$1] = $2; next}
FNR == 1 {
    print "case,quantity,measured,sd,unit,simulated,ratio,label,n_parameters,n_data,criterion,met", \
        "result_known_before,source,remark"
    print "| case | quantity | measured | simulated | ratio | label | par./data | criterion | met |" >md
    print "|---|---|---|---|---|---|---|---|---|" >md
    next
}
{
    used[$1] = 1
    s = value[$1]
    if (s !~ /^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$/) {
        print "validate: no value for " $1 ": " $2 ", " $3 > "/dev/stderr"
        failed++
        answer = "not computed"; s = ""
    } else {
        answer = met($10, $11, $4, $5, s + 0) ? "yes" : "NO"
        if (answer == "NO" && $7 == "VERIFICATION") {
            print "validate: verification missed: " $2 ", " $3 ": " s " for " $4 > "/dev/stderr"
            failed++
        }
    }
    ratio = s != "" && $4 != "" && $4 != 0 ? sprintf("%.4g", s/$4) : ""
    all[$7]++; if (answer == "yes") good[$7]++
    digits = $7 == "VERIFICATION" ? 7 : 4
    print $2, $3, $4, $5, $6, (s == "" ? "" : sprintf("%.9g", s)), ratio, $7, $8, $9, \
        words($10, $11, $6), answer, $12, $13, $14
    unit = $6 == "1" ? "" : " " $6
    # A bound that the publication states stands in the place of a number; a criterion of ours does not.
    measured = $4 == "" ? "" : $4 ($5 == "" ? "" : " +- " $5) unit
    printf "| %s | %s | %s | %s | %s | %s | %s/%s | %s | %s |\n", $2, $3, measured, \
        (s == "" ? "" : sprintf("%.*g", digits, s) unit), ratio, $7, $8, $9, words($10, $11, $6), answer >md
}
END {
    for (id in value) if (!(id in used)) {print "validate: " id " has no criterion" > "/dev/stderr"; failed++}
    n = split("PREDICTED FITTED VERIFICATION", label, " ")
    for (i = 1; i <= n; i++) {
        k = label[i]
        printf "%-12s %2d of %2d rows meet their criterion\n", k, good[k], all[k] > "/dev/stderr"
    }
    exit failed > 0
}' "$OUT/simulated.csv" $V/criteria.csv >"$OUT/validation.csv" || {
    echo "validate: incomplete, see above" >&2
    exit 1
}
echo "written: $OUT/validation.csv, $OUT/validation.md"
