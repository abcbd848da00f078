/* compare_cases.c -- any measured set against any simulated quantity: what is compared, what is said, what is refused.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/text/table.h"
#include "tests/runner.h"
#include "tests/solver/compare_kit.h"
#include "tests/solver/suites.h"

/* One comparison of the fixture's study. */
struct bench {
    struct fixture f;
    struct compare *c;
    struct err e;
    int rc;
};

static void bench_open(struct bench *b)
{
    *b = (struct bench){0};
    fixture_make(&b->f);
    b->c = calloc(1, sizeof *b->c);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->c);
}

static void bench_run(struct bench *b, const char *text)
{
    compare_release(b->c);
    b->e = (struct err){0};
    b->rc = compare_text(&b->f, text, b->c, &b->e);
}

static void bench_close(struct bench *b)
{
    compare_release(b->c);
    free(b->c);
    fixture_remove(&b->f);
}

/* Number of a table of the comparison: row, column. */
static double cell(const struct bench *b, const char *file, size_t row, const char *column)
{
    char path[500];
    struct table t;
    double *x = NULL, v = NAN;
    snprintf(path, sizeof path, "%s/compared/%s", b->f.folder, file);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0);
    CU_ASSERT_FATAL(row < t.rows);
    if (table_numbers(&t, column, true, &x, NULL) == 0) v = x[row];
    free(x);
    table_release(&t);
    return v;
}

/* The row of measures.csv with this metric. */
static double measure(const struct bench *b, const char *metric, const char *column)
{
    char path[500];
    struct table t;
    size_t col;
    double v = NAN;
    snprintf(path, sizeof path, "%s/compared/measures.csv", b->f.folder);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(table_col(&t, "metric", &col, NULL), 0);
    for (size_t i = 0; i < t.rows; i++)
        if (strcmp(table_cell(&t, i, col), metric) == 0) v = cell(b, "measures.csv", i, column);
    table_release(&t);
    return v;
}

/* delivered_ug_cm2 of the fixture's study at 0.5, 1, 2, 4 and 6 h. */
static void delivered(const struct fixture *f, double out[5])
{
    struct study *s = malloc(sizeof *s);
    struct result r;
    CU_ASSERT_EQUAL_FATAL(study_load(s, f->study, NULL, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(result_compute(s, &r, NULL), 0);
    for (size_t i = 0; i < 5; i++)
        out[i] = solution_delivered(&r.solution, i) * UG_CM2;
    result_release(&r);
    study_release(s);
    free(s);
}

#define STUDY_CASE(measured, criteria)                                                                                 \
    "comparison: x\ncases:\n  - name: cells\n    role: predicted\n    measured: " measured                             \
    "\n    simulated: {study: study.yaml, quantity: delivered}\n    criteria: " criteria "\n"

/* Two donors, three times; the reading of donor B at 1 h lies below the limit, and donor A twice at 4 h. */
static const char cells[] = "time_min,Q_mg_cm2,donor,cell,low\n"
                            "60,0.0031,A,1,0\n60,0.004,B,3,1\n120,0.0173,A,1,0\n120,0.0112,B,3,0\n"
                            "240,0.0481,A,1,0\n240,0.0397,A,2,0\n240,0.0533,B,3,0\n";

static void donors_are_averaged_geometrically_and_units_converted(void)
{
    struct bench b;
    double Q[5];
    bench_open(&b);
    fixture_write(&b.f, "cells.csv", cells);
    delivered(&b.f, Q);
    bench_run(&b, STUDY_CASE("{file: cells.csv, x: time_min, y: Q_mg_cm2, group: donor, replicate: cell, below_limit: "
                             "low, average: geometric}",
                             "[{metric: mean_fold, within_factor: 1000}]"));
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    ASSERT_REL(cell(&b, "points.csv", 1, "simulated"), Q[2] * 1e-3, 1e-5);
    ASSERT_REL(cell(&b, "points.csv", 2, "simulated"), Q[3] * 1e-3, 1e-5);
    ASSERT_REL(cell(&b, "points.csv", 1, "observed_mean"), sqrt(0.0173 * 0.0112), 1e-9);
    double A = sqrt(0.0481 * 0.0397), at4 = sqrt(A * 0.0533);
    ASSERT_REL(cell(&b, "points.csv", 2, "observed_mean"), at4, 1e-9);
    CU_ASSERT(isnan(cell(&b, "points.csv", 0, "observed_mean"))); /* one of its readings is below the limit */
    double fold = sqrt(cell(&b, "points.csv", 1, "simulated") / sqrt(0.0173 * 0.0112) *
                       cell(&b, "points.csv", 2, "simulated") / at4);
    ASSERT_REL(measure(&b, "mean_fold", "value"), fold, 1e-8);
    CU_ASSERT_EQUAL(measure(&b, "mean_fold", "n_groups"), 2.0);
    CU_ASSERT_EQUAL(measure(&b, "mean_fold", "n_data"), 7.0);
    bool below = Q[1] * 1e-3 <= 0.004;
    CU_ASSERT_EQUAL(measure(&b, "below_limit", "value"), below ? 1.0 : 0.0);
    ASSERT_HAS(b.c->verdict[0].text, "7 data with those below the limit, 0 parameters");
    bench_close(&b);
}

static void readings_below_a_stated_limit_are_censored(void)
{
    struct bench b;
    bench_open(&b);
    fixture_write(&b.f, "one.csv", "time_h,Q_ug_cm2\n1,0.37\n2,11.4\n4,29.8\n6,71.3\n");
    bench_run(&b, STUDY_CASE("{file: one.csv, x: time_h, y: Q_ug_cm2, limit_of_quantification: 0.0009 mg/cm2}",
                             "[{metric: below_limit, at_least: 100 %}, {metric: rmse, at_most: 1 kg/m2}]"));
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    ASSERT_REL(cell(&b, "compare.csv", 0, "observed"), 0.9, 1e-12); /* the limit stands for it */
    CU_ASSERT_EQUAL(cell(&b, "compare.csv", 0, "below_limit"), 1.0);
    CU_ASSERT_EQUAL(measure(&b, "rmse", "n"), 3.0);
    bench_close(&b);
}

static void a_result_folder_is_compared_without_computing(void)
{
    struct bench b;
    char folder[300];
    bench_open(&b);
    snprintf(folder, sizeof folder, "%s/done", b.f.folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0755), 0);
    fixture_write(&b.f, "done/timeseries.csv",
                  "time_h,flux_ug_cm2_h,flux_err_ug_cm2_h\n1,2,0.5\n3,6,0.25\n5,7,0.125\n");
    fixture_write(&b.f, "done/summary.yaml",
                  "labels: [\"virtual bench: rehearsal, not evidence\"]\n"
                  "results: {J_ss: {value: 7.5, unit: ug/cm2/h, estimated_error: 0.01}}\n");
    fixture_write(&b.f, "flux.csv", "time_h,J_ng_cm2_h\n2,4100\n4,6350\n9,1\n");
    bench_run(&b, "comparison: x\ncases:\n  - name: a\n    role: predicted\n"
                  "    measured: {file: flux.csv, x: time_h, y: J_ng_cm2_h}\n"
                  "    simulated: {result: done, quantity: flux}\n    criteria: [{metric: largest_difference, at_most: "
                  "0.2 ug/cm2/h}]\n"
                  "  - name: b\n    role: fitted\n    parameters: 2\n    measured: {value: 7.1 ug/cm2/h, sd: 0.8 "
                  "ug/cm2/h, n: 6}\n"
                  "    simulated: {result: done, quantity: J_ss}\n"
                  "    criteria: [{metric: standardised, at_most: 1}, {metric: bias, within: 0.1 ug/cm2/h}]\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    ASSERT_REL(cell(&b, "compare.csv", 0, "simulated"), 4000.0, 1e-12);
    ASSERT_REL(cell(&b, "compare.csv", 0, "simulated_err"), 375.0, 1e-12);
    ASSERT_REL(cell(&b, "compare.csv", 1, "simulated"), 6500.0, 1e-12);
    CU_ASSERT(isnan(cell(&b, "compare.csv", 2, "simulated")));
    ASSERT_HAS(b.c->line[0], "1 of 3 points lie outside the simulation");
    ASSERT_HAS(b.c->verdict[0].text, "; 2 data, 0 parameters"); /* what is left out is no datum */
    CU_ASSERT_EQUAL(cell(&b, "measures.csv", 0, "n_data"), 2.0);
    CU_ASSERT_EQUAL(b.c->verdict[0].role, ROLE_SYNTHETIC); /* the folder says so itself */
    CU_ASSERT_STRING_EQUAL(verdict_word(&b.c->verdict[0]), "consistent");
    CU_ASSERT_TRUE(b.c->verdict[1].met);
    CU_ASSERT_FALSE(b.c->verdict[2].met);
    CU_ASSERT_STRING_EQUAL(verdict_word(&b.c->verdict[2]), "NOT CONSISTENT");
    CU_ASSERT_FALSE(compare_all_met(b.c));
    char *yaml = fixture_read(&b.f, "compared/compare.yaml");
    ASSERT_HAS(yaml, "rehearsal, not evidence");
    ASSERT_HAS(yaml, "cf59c2b3323a945c4216716c335120e76b8be938017a15fd78c18e8243cf24f5"); /* as sha256sum has it */
    CU_ASSERT_PTR_NULL(strstr(yaml, ".nan"));
    free(yaml);
    bench_close(&b);
}

static void mkdir_in(const struct fixture *f, const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
}

static void a_profile_is_compared_at_its_time(void)
{
    struct bench b;
    bench_open(&b);
    fixture_write(&b.f, "slices.csv", "depth_um,C_mg_mL\n20,3.1\n150,1.7\n400,0.4\n");
    bench_run(&b, "comparison: x\ncases:\n  - name: slices\n    role: predicted\n"
                  "    measured: {file: slices.csv, x: depth_um, y: C_mg_mL}\n"
                  "    simulated: {study: study.yaml, quantity: activity_mean, at: 3.7 h, factor: 0.81}\n"
                  "    criteria: [{metric: bias, within: 100 mg/mL}]\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    double top = cell(&b, "points.csv", 0, "simulated"), low = cell(&b, "points.csv", 2, "simulated");
    CU_ASSERT(top < 7.3 * 1.1 * 0.81 && top > low && low > 0.0);
    bench_close(&b);
}

/* Sections of 40 um hold the mean over them, not the level in their middle; the mean over all is that of the means. */
static void a_slice_is_compared_with_the_mean_over_its_thickness(void)
{
    static const char *const places[] = {"middle", "top", "bottom"};
    static const char *const tables[] = {"40,1.2,40\n80,0.9,40\n", "20,1.2,40\n60,0.9,40\n", "60,1.2,40\n100,0.9,40\n"};
    struct bench b;
    char text[600];
    bench_open(&b);
    mkdir_in(&b.f, "steep");
    /* (x - 100)^2 by straight lines between 20, 30, 40, ... */
    fixture_write(&b.f, "steep/profiles.csv",
                  "time_h,depth_um,activity_mean_rel\n3,0,100\n3,20,64\n3,30,49\n3,40,36\n3,50,25\n3,60,16\n3,70,9\n"
                  "3,80,4\n3,90,1\n3,100,0\n");
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "depth_um,C_rel,thick_um\n%s", tables[i]);
        fixture_write(&b.f, "cuts.csv", text);
        snprintf(
            text, sizeof text,
            "comparison: x\ncases:\n  - name: cuts\n    role: predicted\n    measured: {file: cuts.csv, x: depth_um, "
            "y: C_rel, thickness: %s, depth_is: %s}\n    simulated: {result: steep, quantity: activity_mean, at: 3 "
            "h}\n",
            i == 1 ? "thick_um" : "0.04 mm", places[i]);
        bench_run(&b, text);
        CU_ASSERT_EQUAL_FATAL(b.rc, 0);
        ASSERT_REL(cell(&b, "points.csv", 0, "x"), 40.0, 1e-12);
        ASSERT_REL(cell(&b, "points.csv", 0, "simulated"), (0.5 * 64 + 49 + 36 + 25 + 0.5 * 16) / 4.0, 1e-12);
        ASSERT_REL(cell(&b, "points.csv", 1, "simulated"), (0.5 * 16 + 9 + 4 + 1 + 0.0) / 4.0, 1e-12);
        ASSERT_REL(cell(&b, "points.csv", 1, "thickness"), 40.0, 1e-12);
    }
    fixture_write(&b.f, "cuts.csv", "depth_um,C_rel,thick_um\n40,1,40\n95,2,40\n30,1,0\n");
    bench_run(&b,
              "comparison: x\ncases:\n  - name: cuts\n    role: predicted\n    measured: {file: cuts.csv, x: depth_um, "
              "y: C_rel, thickness: thick_um}\n    simulated: {result: steep, quantity: activity_mean, at: 3 h}\n");
    ASSERT_HAS(b.e.msg, "cuts.csv:4: thick_um = 0: a thickness must be > 0");
    fixture_write(&b.f, "cuts.csv", "depth_um,C_rel,thick_um\n40,1,40\n95,2,40\n");
    bench_run(&b,
              "comparison: x\ncases:\n  - name: cuts\n    role: predicted\n    measured: {file: cuts.csv, x: depth_um, "
              "y: C_rel, thickness: thick_um}\n    simulated: {result: steep, quantity: activity_mean, at: 3 h}\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    CU_ASSERT(isnan(cell(&b, "points.csv", 1, "simulated"))); /* half of it lies below what was simulated */
    bench_close(&b);
}

/* The study of the fixture with 110 um of vehicle: 7.3 mg/mL in it are 80.3 ug/cm2. */
static void readings_beyond_the_dose_are_said(void)
{
    struct bench b;
    bench_open(&b);
    fixture_change(&b.f, "{type: infinite, concentration: 7.3 mg/mL, K: 1.1}",
                   "{type: finite, concentration: 7.3 mg/mL, thickness: 110 um, K: 1.1}");
    fixture_write(&b.f, "much.csv", "time_h,Q_mg_cm2\n1,0.0001\n2,0.0923\n4,0.0883\n6,0.0803\n");
    bench_run(&b, STUDY_CASE("{file: much.csv, x: time_h, y: Q_mg_cm2}", "[{metric: rmse, at_most: 1 kg/m2}]"));
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    bool said = false;
    for (size_t i = 0; i < b.c->n_lines; i++)
        said = said || strstr(b.c->line[i], "warning: cells: 2 of 4 readings exceed the applied dose of 0.0803 mg/cm2 "
                                            "(the largest is 115 % of it,");
    CU_ASSERT_TRUE(said);
    char *yaml = fixture_read(&b.f, "compared/compare.yaml");
    ASSERT_HAS(yaml, "exceed the applied dose");
    ASSERT_HAS(yaml, "much.csv:3)");
    free(yaml);
    bench_run(
        &b, "comparison: x\ncases:\n  - name: one\n    role: predicted\n    measured: {value: 190 ug, at: 4 h}\n"
            "    simulated: {study: study.yaml, quantity: delivered}\n    criteria: [{metric: bias, within: 1 kg}]\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0); /* of the whole patch of 2.3 cm2: 184.7 ug */
    yaml = fixture_read(&b.f, "compared/compare.yaml");
    ASSERT_HAS(yaml, "1 of 1 readings exceed the applied dose of 184.7 ug (the largest is 103 % of it)");
    free(yaml);
    fixture_write(&b.f, "much.csv", "time_h,Q_mg_cm2\n1,0.0001\n2,0.0523\n4,0.0603\n6,0.0803\n");
    bench_run(&b, STUDY_CASE("{file: much.csv, x: time_h, y: Q_mg_cm2}", "[{metric: rmse, at_most: 1 kg/m2}]"));
    yaml = fixture_read(&b.f, "compared/compare.yaml");
    CU_ASSERT_PTR_NULL(strstr(yaml, "exceed"));
    free(yaml);
    bench_close(&b);
}

/* A number that belongs to the end and a reading at a time, and the other way round: said as what it is. */
static void a_result_asked_at_a_time_is_refused_for_that(void)
{
    struct bench b;
    bench_open(&b);
    bench_run(&b,
              "comparison: x\ncases:\n  - name: one\n    role: predicted\n    measured: {value: 0.2 mg/cm2, at: 4 h}\n"
              "    simulated: {study: study.yaml, quantity: delivered_end}\n");
    CU_ASSERT_EQUAL(b.rc, ERR_PARSE);
    ASSERT_HAS(b.e.msg, "'delivered_end' is a single result, but what was measured belongs to an x (at, in h)");
    ASSERT_HAS(b.e.hint, "the column 'delivered'");
    bench_run(&b, "comparison: x\ncases:\n  - name: one\n    role: predicted\n    measured: {value: 0.2 mg/cm2}\n"
                  "    simulated: {study: study.yaml, quantity: delivered}\n");
    CU_ASSERT_EQUAL(b.rc, ERR_PARSE);
    ASSERT_HAS(b.e.msg, "'delivered_ug_cm2' is a column over time_h, but what was measured has no x");
    ASSERT_HAS(b.e.hint, "'at: 24 h' beside the value");
    bench_run(&b, "comparison: x\ncases:\n  - name: one\n    role: predicted\n    measured: {value: 0.2 mg/cm2}\n"
                  "    simulated: {study: study.yaml, quantity: deliverd_end}\n");
    ASSERT_HAS(b.e.hint, "did you mean 'delivered_end'?");
    bench_close(&b);
}

/* Tables hold ten digits of hours: 80 min, the end of the study, is not lost for it. */
static void the_last_reading_at_the_end_of_the_study_counts(void)
{
    struct bench b;
    bench_open(&b);
    fixture_change(&b.f, "duration: 6 h, outputs: [0.5 h, 1 h, 2 h, 4 h, 6 h]", "duration: 80 min, every: 20 min");
    fixture_change(&b.f, "remove_at: 5 h", "remove_at: never");
    fixture_change(&b.f, "lab_window: {from: 1 h, to: 6 h}\n", "");
    fixture_write(&b.f, "one.csv", "time_min,Q_ug_cm2\n20,0.4\n40,1.4\n80,29.8\n");
    bench_run(&b, STUDY_CASE("{file: one.csv, x: time_min, y: Q_ug_cm2}", "[{metric: rmse, at_most: 1 kg/m2}]"));
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    CU_ASSERT_EQUAL(measure(&b, "rmse", "n"), 3.0);
    bench_close(&b);
}

/* A band counts although its first place lies before the simulation's. */
static void a_band_that_starts_later_than_the_data_still_counts(void)
{
    struct bench b;
    bench_open(&b);
    fixture_write(&b.f, "early.csv", "travel_um,F_N\n-3,0\n300,1.5\n600,2.9\n");
    bench_run(&b, "comparison: x\ncases:\n  - name: press\n    role: predicted\n"
                  "    measured: {file: early.csv, x: travel_um, y: F_N}\n"
                  "    simulated: {insertion: config/studies/insertion_10x10.yaml, quantity: force, arrays: 3}\n"
                  "    criteria: [{metric: coverage, at_most: 99 %}]\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    CU_ASSERT_EQUAL(measure(&b, "coverage", "n"), 2.0);
    bench_close(&b);
}

static void a_ratio_is_met_only_when_every_varied_value_meets_it(void)
{
    struct bench b;
    bench_open(&b);
    bench_run(
        &b,
        "comparison: r\ncases:\n  - name: r\n    role: predicted\n    measured: {value: 1.4}\n"
        "    simulated: {study: study.yaml, set: [insertion/depth=300 um], quantity: delivered_end,\n"
        "      over: {study: study.yaml, set: [insertion/depth=299 um], quantity: delivered_end},\n"
        "      vary: {density: [100 /cm2, 170 /cm2]}}\n"
        "    criteria: [{metric: largest_fold_error, at_most: 1.39}, {metric: largest_fold_error, at_most: 1.41}]\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    double first = cell(&b, "compare.csv", 0, "simulated"), second = cell(&b, "compare.csv", 1, "simulated");
    CU_ASSERT(first > 1.0 && first < 1.01 && second > 1.0 && second < 1.01 && first != second);
    ASSERT_REL(measure(&b, "largest_fold_error", "value"), 1.4 / fmin(first, second), 1e-9);
    CU_ASSERT_FALSE(b.c->verdict[0].met);
    CU_ASSERT_TRUE(b.c->verdict[1].met);
    ASSERT_HAS(b.c->verdict[0].text, "1 datum, 0 parameters");
    bench_close(&b);
}

static void variants_of_inputs_make_the_band_that_coverage_counts_in(void)
{
    struct bench b;
    double Q[5];
    char csv[200];
    bench_open(&b);
    delivered(&b.f, Q);
    snprintf(csv, sizeof csv, "time_h,Q_ug_cm2\n1,%.8g\n2,%.8g\n4,%.8g\n6,%.8g\n", Q[1] * 1.02, Q[2] * 0.98, Q[3] * 3.0,
             Q[4] * 1.01);
    fixture_write(&b.f, "one.csv", csv);
    bench_run(&b, "comparison: x\ncases:\n  - name: cells\n    role: predicted\n"
                  "    measured: {file: one.csv, x: time_h, y: Q_ug_cm2}\n"
                  "    simulated: {study: study.yaml, quantity: delivered,\n"
                  "      band: [[insertion/depth=290 um], [insertion/depth=335 um, density=141 /cm2]]}\n"
                  "    criteria: [{metric: coverage, at_least: 75 %}]\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    ASSERT_REL(measure(&b, "coverage", "value"), 0.75, 1e-12);
    CU_ASSERT_TRUE(b.c->verdict[0].met);
    CU_ASSERT(cell(&b, "points.csv", 1, "band_low") < Q[2] && cell(&b, "points.csv", 1, "band_high") > Q[2]);
    bench_close(&b);
}

/* ---- curves of runs ---- */

static void write_run(const struct fixture *f, const char *name, const char *is_virtual, double factor)
{
    char path[400], text[20000];
    size_t used = (size_t)snprintf(text, sizeof text, "time_s,travel_um,net_force_N,state\n0,,0,approach\n");
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/run.yaml", name);
    char yaml[300];
    snprintf(yaml, sizeof yaml, "format: mn-run-1\nvirtual: %s\nspecimen: %s\noutcome: {state: done}\n", is_virtual,
             name);
    fixture_write(f, path, yaml);
    for (int i = 0; i <= 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%g,%g,%.9g,insert\n", 0.1 * i, 7.0 * i,
                                 factor * 1e-6 * 49.0 * i * i);
    for (int i = 1; i <= 9; i++) /* held: the travel, corrected for the machine, creeps on */
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%g,%g,%.9g,hold\n", 10.0 + i, 700.0 + i, factor * 0.3);
    for (int i = 100; i-- > 50;) /* the way up is left out */
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%g,%g,%.9g,retract\n", 40.0 - 0.1 * i, 7.0 * i, -0.1);
    snprintf(path, sizeof path, "%s/samples.csv", name);
    fixture_write(f, path, text);
}

static void runs_are_brought_to_what_they_share_and_averaged_over_specimens(void)
{
    struct bench b;
    bench_open(&b);
    write_run(&b.f, "s1", "false", 9.0);
    write_run(&b.f, "s2", "false", 11.0);
    write_run(&b.f, "s3", "false", 13.0);
    char folder[300];
    snprintf(folder, sizeof folder, "%s/model", b.f.folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0755), 0);
    fixture_write(&b.f, "model/curve.csv",
                  "phase,travel_um,force_N\npress,0,0\npress,350,1.225\npress,700,5.39\nhold,700,4\nretract,600,1\n");
    bench_run(
        &b, "comparison: x\ncases:\n  - name: press\n    role: predicted\n    measured: {runs: [s1, s2, s3], grid: 3}\n"
            "    simulated: {result: model, quantity: force_N}\n"
            "    criteria: [{metric: bias, within: 1 N}, {metric: equivalence, margin: 2 N}]\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    ASSERT_REL(cell(&b, "points.csv", 1, "observed_mean"), 11.0 * 0.1225, 1e-8);
    ASSERT_REL(cell(&b, "points.csv", 1, "observed_sd"), 2.0 * 0.1225, 1e-8);
    ASSERT_REL(cell(&b, "points.csv", 2, "observed_mean"), 11.0 * 0.49, 1e-8);
    ASSERT_REL(cell(&b, "points.csv", 2, "simulated"), 5.39, 1e-12);
    ASSERT_REL(measure(&b, "bias", "value"), (1.225 - 11.0 * 0.1225 + 0.0) / 3.0, 1e-6);
    CU_ASSERT_EQUAL(measure(&b, "bias", "n_groups"), 3.0);
    CU_ASSERT_EQUAL(b.c->verdict[0].role, ROLE_PREDICTED);
    bench_close(&b);
}

static void a_run_without_a_contact_is_said_to_be(void)
{
    struct bench b;
    bench_open(&b);
    write_run(&b.f, "s1", "false", 9.0);
    fixture_write(&b.f, "s1/run.yaml", "format: mn-run-1\nvirtual: false\nspecimen: s1\noutcome: {state: done}\n"
                                       "contact: {seen: false}\n");
    bench_run(&b, "comparison: x\ncases:\n  - name: press\n    measured: {runs: [s1], grid: 5}\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    char *yaml = fixture_read(&b.f, "compared/compare.yaml");
    ASSERT_HAS(yaml, "no contact was seen in it: its travel counts from its first row");
    free(yaml);
    bench_close(&b);
}

static void virtual_runs_are_called_synthetic_and_never_validated(void)
{
    struct bench b;
    bench_open(&b);
    write_run(&b.f, "s7", "true", 12.0);
    bench_run(&b, "comparison: runs\ncases: [{name: runs, measured: {runs: [s7]}}]\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    char *yaml = fixture_read(&b.f, "compared/compare.yaml");
    ASSERT_HAS(yaml, "role: SYNTHETIC");
    ASSERT_HAS(yaml, "consistent or not, never validated");
    ASSERT_HAS(yaml, "largest_travel_um: 709");
    CU_ASSERT_PTR_NULL(strstr(yaml, ".nan")); /* one run has no scatter */
    free(yaml);
    bench_close(&b);
}

static void an_insertion_is_computed_with_a_band_of_arrays(void)
{
    struct bench b;
    bench_open(&b);
    write_run(&b.f, "s1", "true", 12.0);
    bench_run(&b, "comparison: x\ncases:\n  - name: press\n    role: predicted\n    measured: {runs: [s1], grid: 20}\n"
                  "    simulated: {insertion: config/studies/insertion_10x10.yaml, quantity: force, arrays: 4}\n"
                  "    criteria: [{metric: coverage, at_most: 99 %}]\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    double mean = cell(&b, "points.csv", 15, "simulated");
    CU_ASSERT(cell(&b, "points.csv", 15, "band_low") < mean && mean < cell(&b, "points.csv", 15, "band_high"));
    CU_ASSERT_STRING_EQUAL(verdict_word(&b.c->verdict[0]), "consistent");
    bench_close(&b);
}

/* The run reaches 4.8 N at 700 um; a stiff specimen is at the study's 10 N before, and is pressed on. */
static void an_insertion_is_computed_with_a_band_of_specimens(void)
{
    struct bench b;
    bench_open(&b);
    write_run(&b.f, "s1", "true", 12.0);
    bench_run(&b, "comparison: x\ncases:\n  - name: press\n    role: predicted\n    measured: {runs: [s1], grid: 20}\n"
                  "    simulated: {insertion: config/studies/insertion_10x10.yaml, quantity: force, specimens: 15,\n"
                  "      set: [press/to/force=3 N]}\n"
                  "    criteria: [{metric: coverage, at_most: 99 %}]\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    for (size_t i = 10; i < 20; i++) { /* log-symmetric, wide, and there at every place */
        double mean = cell(&b, "points.csv", i, "simulated"), low = cell(&b, "points.csv", i, "band_low");
        CU_ASSERT(low < 0.8 * mean && low > 0.1 * mean);
        ASSERT_REL(cell(&b, "points.csv", i, "band_high"), mean * mean / low, 1e-8);
    }
    bench_close(&b);
}

static void travel_of_the_model_counts_from_the_runs_contact(void)
{
    double force[2];
    for (int i = 0; i < 2; i++) {
        struct bench b;
        bench_open(&b);
        write_run(&b.f, "s1", "true", 12.0);
        fixture_write(
            &b.f, "s1/run.yaml",
            i ? "format: mn-run-1\nvirtual: true\nspecimen: s1\noutcome: {state: done}\nconfiguration: {method: "
                "{stages: [{tare: {}}, {approach: {contact_force: 0.2 N}}]}}\n"
              : "format: mn-run-1\nvirtual: true\nspecimen: s1\noutcome: {state: done}\ncontact: {force: 0.1 N}\n");
        bench_run(&b,
                  "comparison: x\ncases:\n  - name: press\n    role: predicted\n    measured: {runs: [s1], grid: 20}\n"
                  "    simulated: {insertion: config/studies/insertion_10x10.yaml, quantity: force}\n");
        CU_ASSERT_EQUAL_FATAL(b.rc, 0);
        force[i] = cell(&b, "points.csv", 0, "simulated");
        bench_close(&b);
    }
    ASSERT_REL(force[0], 0.1, 1e-6); /* at no travel the force of contact */
    ASSERT_REL(force[1], 0.2, 1e-6);
}

/* ---- refusals ---- */

static void what_cannot_be_compared_is_refused_with_place_and_reason(void)
{
    static const struct {
        const char *csv, *measured, *simulated, *criteria, *words, *hint;
    } bad[] = {
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}",
         "insertion: config/studies/insertion_10x10.yaml, quantity: force, arrays: 3, specimens: 3", "[]",
         "specimens: no 'arrays' beside it: each specimen gets an array of its own", ""},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered, specimens: 7", "[]",
         "specimens: only an insertion draws specimens", ""},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: mean_fold_eror, at_most: 2}]", "mean_fold_eror", ""},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered", "[{metric: rmse}]",
         "criterion 'rmse': needs exactly one of at_most, at_least", ""},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: rmse, at_most: 3}]", "has no unit", ""},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivred", "[]",
         "the simulation has no quantity 'delivred'; columns: time_h, flux_ug_cm2_h, delivered_ug_cm2", ""},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: flux_ug_cm2_h", "[]",
         "flux_ug_cm2_h: simulated in 'ug/cm2/h', measured in 'ug/cm2': these units do not convert", "end of a column"},
        {"depth_um,Q_ug_cm2\n1,2\n2,3\n3,4\n", "{file: d.csv, x: depth_um, y: Q_ug_cm2}",
         "study: study.yaml, quantity: delivered", "[]", "x: measured in 'um': no column", "x: travel_um"},
        {"time_h,Q_ug_cm2\n1,2\n2,3\n", "{file: d.csv, x: time_h, y: Q_ug_cm2}",
         "study: study.yaml, quantity: delivered", "[{metric: concordance, at_least: 0.5}]",
         "concordance: 2 points were measured: at least 3 are needed", ""},
        {"time_h,Q_ug_cm2\n1,2\n2,3\n", "{file: d.csv, x: time_h, y: Q_ug_cm2}",
         "study: study.yaml, quantity: delivered", "[{metric: equivalence, factor: 1.25}]",
         "equivalence: 2 points: at least 3", ""},
        {"time_h,Q_ug_cm2\n1,2\n2,lots\n", "{file: d.csv, x: time_h, y: Q_ug_cm2}",
         "study: study.yaml, quantity: delivered", "[]", "d.csv:3: column 'Q_ug_cm2': 'lots' is not a number", ""},
        {"time_h,Q_ug_cm2\n1,2\n-2,3\n", "{file: d.csv, x: time_h, y: Q_ug_cm2}",
         "study: study.yaml, quantity: delivered", "[]", "d.csv:3: time_h = -2: a time must be >= 0", "application"},
        {"time_h,Q_ug_cm2\n1,2\n2,3.", "{file: d.csv, x: time_h, y: Q_ug_cm2}",
         "study: study.yaml, quantity: delivered", "[]", "torn last line", ""},
        {"time_h,Q_ug_cm2\n1,2\n1,3\n", "{file: d.csv, x: time_h, y: Q_ug_cm2}",
         "study: study.yaml, quantity: delivered", "[]", "missing key 'average': several readings stand at one place",
         "geometric (amounts"},
        {"", "{file: d.csv, x: time_h, y: level_ng_mL}", "study: study.yaml, quantity: delivered", "[]",
         "no column 'level_ng_mL'", ""},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2, rows: {time_h: seven}}", "study: study.yaml, quantity: delivered",
         "[]", "column 'Q_ug_cm2' holds no reading", "no row has the texts"},
        {"", "{value: 3 ug/cm2, file: d.csv}", "study: study.yaml, quantity: delivered", "[]",
         "measured: must have exactly one of value, file, import, runs", ""},
        {"", "{value: 3 ug/cm2}", "study: study.yaml, quantity: delivered_ed", "[]", "has no quantity 'delivered_ed'",
         "did you mean 'delivered_end'?"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, result: done, quantity: delivered", "[]",
         "simulated: must have exactly one of study, insertion, result", ""},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "result: nowhere, quantity: delivered", "[]",
         "result: there is no folder 'nowhere'", ""},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: bias, within: -5 ug/cm2}]", "criteria/0/within: -5 ug/cm2", "largest distance"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: bias, within: 0 ug/cm2}]", "criteria/0/within: 0 ug/cm2", "largest distance"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: mean_fold_error, at_most: 0.5}]", "criteria/0/at_most: 0.5", "mean_fold_error is 1 or more"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: mean_fold_error, at_least: 0.1}]", "criteria/0/at_least: 0.1", "never or always"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: concordance, at_least: 1.5}]", "criteria/0/at_least: 1.5", "concordance lies from -1 to 1"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: concordance, within: 1}]", "criteria/0/within: 1", "concordance lies"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: rmse, at_most: -3 ug/cm2}]", "criteria/0/at_most: -3 ug/cm2", "rmse is 0 or more"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: rmse, at_least: 0 ug/cm2}]", "criteria/0/at_least: 0 ug/cm2", "rmse is 0"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: r2, at_most: 1}]", "criteria/0/at_most: 1", "r2 is 1 or less"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: within_twofold, at_least: 130 %}]", "criteria/0/at_least: 130 %", "within_twofold lies from 0 to 1"},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: rmse, within_factor: 2}]", "comparison.yaml:7:46: within_factor: is for mean_fold, mean_fold_error and largest_fold_error, not rmse", ""},
        {"", "{file: d.csv, x: time_h, y: Q_ug_cm2}", "study: study.yaml, quantity: delivered",
         "[{metric: coverage, at_least: 50 %}]", "case 'cells': coverage: the prediction has no band", ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bench b;
        struct stat st;
        char out[400], text[1500];
        bench_open(&b);
        fixture_write(&b.f, "d.csv", bad[i].csv[0] ? bad[i].csv : "time_h,Q_ug_cm2\n1,2.5\n2,3.5\n4,5.25\n");
        snprintf(text, sizeof text,
                 "comparison: x\ncases:\n  - name: cells\n    role: predicted\n    measured: %s\n    simulated: {%s}\n"
                 "    criteria: %s\n",
                 bad[i].measured, bad[i].simulated, bad[i].criteria);
        bench_run(&b, text);
        CU_ASSERT_EQUAL(err_exit_status(b.rc), 3);
        ASSERT_HAS(b.e.msg, bad[i].words);
        ASSERT_HAS(b.e.hint, bad[i].hint);
        snprintf(out, sizeof out, "%s/compared", b.f.folder);
        CU_ASSERT_NOT_EQUAL(stat(out, &st), 0);
        bench_close(&b);
    }
}

static void readings_later_than_a_study_are_left_out_and_said(void)
{
    struct bench b;
    bench_open(&b);
    fixture_write(&b.f, "d.csv", "time_h,Q_ug_cm2\n1,2.25\n2,3.5\n9,3.75\n");
    bench_run(&b, "comparison: x\ncases:\n  - name: cells\n    role: predicted\n    measured: {file: d.csv, x: time_h, y: "
                  "Q_ug_cm2}\n    simulated: {study: study.yaml, quantity: delivered}\n");
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    char *text = fixture_read(&b.f, "compared/compare.yaml");
    ASSERT_HAS(text, "1 of 3 points lie outside the simulation (time_h");
    free(text);
    CU_ASSERT_EQUAL(measure(&b, "rmse", "n_data"), 2.0);
    bench_close(&b);
}

static void a_criterion_changed_on_the_command_line_was_not_stated_beforehand(void)
{
    static const char comparison[] =
        "comparison: x\ncases:\n  - name: cells\n    role: predicted\n    measured: {file: d.csv, x: time_h, y: "
        "Q_ug_cm2}\n    simulated: {study: study.yaml, quantity: delivered}\n    criteria: [{metric: rmse, at_most: 1e-6 "
        "ug/cm2}, {metric: bias, within: 1e9 ug/cm2}]\n";
    static const char *const change[] = {"cases/0/criteria/0/at_most=1e9 ug/cm2", NULL};
    struct bench b;
    bench_open(&b);
    fixture_write(&b.f, "d.csv", "time_h,Q_ug_cm2\n1,2.25\n2,3.5\n");
    b.rc = compare_text_with(&b.f, comparison, change, b.c, &b.e);
    CU_ASSERT_EQUAL_FATAL(b.rc, 0);
    CU_ASSERT_EQUAL_FATAL(b.c->n_verdicts, 2);
    CU_ASSERT(b.c->verdict[0].met && b.c->verdict[0].is_changed && !b.c->verdict[1].is_changed);
    CU_ASSERT_STRING_EQUAL(verdict_word(&b.c->verdict[0]), "met, changed");
    CU_ASSERT_STRING_EQUAL(verdict_word(&b.c->verdict[1]), "met");
    ASSERT_HAS(b.c->verdict[0].text, "(asked: at most 1e+09 ug/cm2, changed on the command line)");
    char *text = fixture_read(&b.f, "compared/compare.yaml");
    ASSERT_HAS(text, "changed on the command line, not stated beforehand: cases/0/criteria/0/at_most=1e9 ug/cm2");
    ASSERT_HAS(text, "stated_beforehand: false");
    ASSERT_HAS(text, "stated_beforehand: true");
    free(text);
    bench_close(&b);
}

static void no_overlap_is_refused_with_both_ranges(void)
{
    struct bench b;
    char folder[300];
    bench_open(&b);
    snprintf(folder, sizeof folder, "%s/done", b.f.folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0755), 0);
    fixture_write(&b.f, "done/timeseries.csv", "time_h,flux_ug_cm2_h\n1,2\n3,6\n");
    fixture_write(&b.f, "flux.csv", "time_d,J_ug_cm2_h\n1,2\n2,4\n");
    bench_run(&b,
              "comparison: x\ncases:\n  - name: a\n    role: predicted\n    measured: {file: flux.csv, x: time_d, y: "
              "J_ug_cm2_h}\n    simulated: {result: done, quantity: flux}\n");
    CU_ASSERT_EQUAL(err_exit_status(b.rc), 3);
    ASSERT_HAS(b.e.msg, "no overlap in x: measured time_d 1 to 2 d, simulated 0.0416667 to 0.125");
    bench_close(&b);
}

static void roles_and_old_files_are_checked(void)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"comparison: x\nkind: plasma\ncases: []\n", "comparisons have no kinds any more"},
        {"comparison: x\ncases: []\n", "cases: must be a list of 1 to 16"},
        {"comparison: x\ncases: [{name: a, role: fitted, measured: {value: 1}, simulated: {result: r, quantity: q}}]\n",
         "missing key 'parameters'"},
        {"comparison: x\ncases: [{name: a, role: predicted, parameters: 2, measured: {value: 1}, simulated: {result: "
         "r, quantity: q}}]\n",
         "a predicted case has none fitted"},
        {"comparison: x\ncases: [{name: a, role: predicted, measured: {value: 1}, simulated: {study: study.yaml, "
         "quantity: "
         "q, vary: {density: [1 /cm2]}}, criteria: [{metric: bias, within: 1}]}]\n",
         "bias: with 'vary' only largest_fold_error and largest_difference"},
        {"comparison: x\ncases: [{name: a, measured: {value: 1 furlong3g}}]\n", "furlong3g"},
        {"comparison: x\ncases: [{name: a, measured: {value: 1}, criteria: [{metric: bias, within: 1}]}]\n",
         "nothing is simulated in this case"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bench b;
        bench_open(&b);
        bench_run(&b, bad[i].text);
        CU_ASSERT_EQUAL(err_exit_status(b.rc), 3);
        ASSERT_HAS(b.e.msg, bad[i].words);
        bench_close(&b);
    }
}

CU_TestInfo compare_case_tests[] = {
    {"donors_are_averaged_geometrically_and_units_converted", donors_are_averaged_geometrically_and_units_converted},
    {"readings_below_a_stated_limit_are_censored", readings_below_a_stated_limit_are_censored},
    {"a_result_folder_is_compared_without_computing", a_result_folder_is_compared_without_computing},
    {"a_profile_is_compared_at_its_time", a_profile_is_compared_at_its_time},
    {"a_slice_is_compared_with_the_mean_over_its_thickness", a_slice_is_compared_with_the_mean_over_its_thickness},
    {"readings_beyond_the_dose_are_said", readings_beyond_the_dose_are_said},
    {"a_result_asked_at_a_time_is_refused_for_that", a_result_asked_at_a_time_is_refused_for_that},
    {"the_last_reading_at_the_end_of_the_study_counts", the_last_reading_at_the_end_of_the_study_counts},
    {"a_band_that_starts_later_than_the_data_still_counts", a_band_that_starts_later_than_the_data_still_counts},
    {"a_ratio_is_met_only_when_every_varied_value_meets_it", a_ratio_is_met_only_when_every_varied_value_meets_it},
    {"variants_of_inputs_make_the_band_that_coverage_counts_in",
     variants_of_inputs_make_the_band_that_coverage_counts_in},
    {"runs_are_brought_to_what_they_share_and_averaged_over_specimens",
     runs_are_brought_to_what_they_share_and_averaged_over_specimens},
    {"a_run_without_a_contact_is_said_to_be", a_run_without_a_contact_is_said_to_be},
    {"virtual_runs_are_called_synthetic_and_never_validated", virtual_runs_are_called_synthetic_and_never_validated},
    {"an_insertion_is_computed_with_a_band_of_arrays", an_insertion_is_computed_with_a_band_of_arrays},
    {"an_insertion_is_computed_with_a_band_of_specimens", an_insertion_is_computed_with_a_band_of_specimens},
    {"travel_of_the_model_counts_from_the_runs_contact", travel_of_the_model_counts_from_the_runs_contact},
    {"what_cannot_be_compared_is_refused_with_place_and_reason",
     what_cannot_be_compared_is_refused_with_place_and_reason},
    {"readings_later_than_a_study_are_left_out_and_said", readings_later_than_a_study_are_left_out_and_said},
    {"a_criterion_changed_on_the_command_line_was_not_stated_beforehand",
     a_criterion_changed_on_the_command_line_was_not_stated_beforehand},
    {"no_overlap_is_refused_with_both_ranges", no_overlap_is_refused_with_both_ranges},
    {"roles_and_old_files_are_checked", roles_and_old_files_are_checked},
    CU_TEST_INFO_NULL,
};
