/* study_results.c -- result folders, endpoints and sweeps. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text/table.h"
#include "solver/results/report.h"
#include "solver/results/result.h"
#include "solver/results/sweep.h"
#include "tests/runner.h"
#include "tests/solver/study_fixture.h"
#include "tests/solver/suites.h"

static const struct result_context context = {"mnsim run study.yaml", 1700000000, 0.25};

/* Runs <folder>/<study> into <folder>/<name>, without figures. */
static void run_into(const struct fixture *f, const char *study, const char *name)
{
    char path[400];
    struct err e = {0};
    struct study s;
    struct result r;
    struct folder out;
    snprintf(path, sizeof path, "%s/%s", f->folder, study);
    int rc = study_load(&s, path, NULL, &e);
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    if (!rc) rc = result_compute(&s, &r, &e);
    if (!rc) rc = folder_open(&out, path, false, &e);
    if (!rc) rc = result_write(&s, &r, &context, &out, &e);
    if (!rc) rc = folder_commit(&out, &e);
    if (rc) {
        err_print(stdout, "test", &e);
        CU_FAIL_FATAL("the run should succeed");
    }
    result_release(&r);
    study_release(&s);
}

static void same_bytes(const struct fixture *f, const char *one, const char *other)
{
    char *a = fixture_read(f, one), *b = fixture_read(f, other);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    CU_ASSERT_STRING_EQUAL(a, b);
    free(a);
    free(b);
}

static void resolved_study_runs_again_to_the_same_bytes(void)
{
    struct fixture f;
    fixture_make(&f);
    fixture_write(&f, "penetration_01.yaml",
                  "format: mn-penetration-1\nmethod: oct\nfile: a.csv\nfile_sha256: 00\ndepth: {mean: \"387.2519 um\", "
                  "sd: \"22 um\", n: 100}\n"
                  "penetrated_fraction: 0.9123\nvirtual: true\nrecorded: \"2026-03-09T14:05:09Z\"\n");
    fixture_change(&f, "{depth: 312 um}", "{run: .}");
    fixture_change(&f, ", radius_ratio", ", K: 1.07, radius_ratio");
    char here[1000];
    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof here));
    CU_ASSERT_EQUAL_FATAL(chdir(f.folder), 0); /* "." is the run folder, the parts are found beside the study */
    run_into(&f, "study.yaml", "first");
    CU_ASSERT_EQUAL_FATAL(chdir(here), 0);
    run_into(&f, "first/study.yaml", "second"); /* every part in place: needs no other file */
    same_bytes(&f, "first/study.yaml", "second/study.yaml");
    same_bytes(&f, "first/timeseries.csv", "second/timeseries.csv");
    same_bytes(&f, "first/long.csv", "second/long.csv");
    same_bytes(&f, "first/profiles.csv", "second/profiles.csv");
    fixture_remove(&f);
}

static double *column(const struct fixture *f, const char *name, const char *col, size_t *rows)
{
    char path[400];
    struct table t;
    double *x = NULL;
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, col, true, &x, NULL), 0);
    *rows = t.rows;
    table_release(&t);
    return x;
}

static void per_patch_is_per_area_times_area(void)
{
    struct fixture f;
    size_t n;
    fixture_make(&f);
    run_into(&f, "study.yaml", "out");
    double *area = column(&f, "out/timeseries.csv", "delivered_ug_cm2", &n),
           *patch = column(&f, "out/timeseries.csv", "delivered_ug_patch", &n);
    CU_ASSERT_EQUAL(n, 5);
    for (size_t i = 0; i < n; i++)
        ASSERT_REL(patch[i], 2.3 * area[i], 1e-9);
    CU_ASSERT(area[n - 1] > 0.0);
    free(area);
    free(patch);
    fixture_remove(&f);
}

static void summary_says_what_the_table_says(void)
{
    struct fixture f;
    size_t n;
    char path[400];
    struct config *doc;
    double value, error;
    fixture_make(&f);
    run_into(&f, "study.yaml", "out");
    double *Q = column(&f, "out/timeseries.csv", "delivered_ug_cm2", &n),
           *err = column(&f, "out/timeseries.csv", "delivered_err_ug_cm2", &n);
    snprintf(path, sizeof path, "%s/out/summary.yaml", f.folder);
    CU_ASSERT_EQUAL_FATAL(config_open(&doc, path, NULL), 0);
    struct cnode end = config_get(config_get(config_root(doc), "results"), "delivered_end");
    CU_ASSERT_EQUAL(config_number(end, "value", RANGE_ANY, &value, NULL), 0);
    CU_ASSERT_EQUAL(config_number(end, "estimated_error", RANGE_ANY, &error, NULL), 0);
    ASSERT_REL(value, Q[n - 1], 1e-9);
    ASSERT_REL(error, err[n - 1], 1e-9);
    config_close(doc);
    free(Q);
    free(err);
    fixture_remove(&f);
}

/* All that went in is somewhere: the shares of the balance add up to it. */
static void shares_add_up_to_what_went_in(void)
{
    struct fixture f;
    struct study s;
    struct result r;
    struct share share[SHARES_MAX];
    double sum = 0.0;
    fixture_make(&f);
    fixture_change(&f, "{type: infinite, concentration: 7.3 mg/mL, K: 1.1}",
                   "{type: finite, concentration: 7.3 mg/mL, K: 1.1, volume: 50 uL, area: 2.3 cm2}");
    CU_ASSERT_EQUAL_FATAL(study_load(&s, f.study, NULL, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(result_compute(&s, &r, NULL), 0);
    size_t n = shares_at(&s, &r.solution, r.solution.n_out - 1, share);
    for (size_t i = 0; i < n; i++)
        sum += share[i].amount;
    ASSERT_REL(sum, 7.3 * 50e-9 / 2.3e-4, 1e-6);
    result_release(&r);
    study_release(&s);
    fixture_remove(&f);
}

/* J_ss = C0/K / sum h/(K D) of intact skin; the line through late points has its slope and lag. */
static void endpoints_of_intact_skin_are_the_closed_form(void)
{
    struct fixture f;
    struct study s;
    struct result r;
    const char *const overrides[] = {
        "needles=none",
        "skin={name: one, layers: [{name: slab, thickness: 130 um, D: 2.3e-12 m2/s, K: 1.4}]}",
        "patch={area: 2.3 cm2}",
        "schedule={duration: 12 h, every: 1 h}",
        "lab_window={from: 3 h, to: 12 h}",
        NULL};
    fixture_make(&f);
    CU_ASSERT_EQUAL_FATAL(study_load(&s, f.study, &(struct study_options){overrides, NULL}, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(result_compute(&s, &r, NULL), 0);
    double J = 7.3 / 1.1 * 1.4 * 2.3e-12 / 130e-6 * 1e5 * 3600.0, lag = 130e-6 * 130e-6 / 6.0 / 2.3e-12 / 3600.0;
    ASSERT_REL(endpoint_find(&r.endpoints, "J_ss")->value, J, 1e-8);
    ASSERT_REL(endpoint_find(&r.endpoints, "lag_asymptotic")->value, lag, 1e-6);
    ASSERT_REL(endpoint_find(&r.endpoints, "Kp")->value, J / 7300.0, 1e-8); /* 7.3 mg/mL = 7300 ug/cm3 */
    ASSERT_REL(endpoint_find(&r.endpoints, "J_lab")->value, J, 2e-3);
    ASSERT_REL(endpoint_find(&r.endpoints, "lag_lab")->value, lag, 2e-2);
    CU_ASSERT_PTR_NULL(endpoint_find(&r.endpoints, "ER_Q")); /* nothing to compare with */
    result_release(&r);
    study_release(&s);
    fixture_remove(&f);
}

/* One well-mixed phase over impermeable skin: the dose spreads over vehicle and channels with the vehicle's K. */
static void a_stirred_channel_dilutes_a_finite_dose_at_the_vehicle_s_K(void)
{
    struct fixture f;
    struct result r;
    struct study s;
    const char *overrides[] = {
        "channel={fill: stirred, surface_radius: 71 um, tip_radius: 71 um}",
        "vehicle={type: finite, concentration: 3.7 mg/mL, K: 2.9, thickness: 41 um}",
        "skin={name: one, layers: [{name: slab, thickness: 700 um, D: 2.3e-22 m2/s, K: 1e-9}]}",
        "receptor={type: sink}", NULL};
    fixture_make(&f);
    fixture_change(&f, "lab_window: {from: 1 h, to: 6 h}\n", "");
    fixture_change(&f, ", remove_at: 5 h", "");
    CU_ASSERT_EQUAL_FATAL(study_load(&s, f.study, &(struct study_options){overrides, NULL}, NULL), 0);
    CU_ASSERT_EQUAL(s.problem.channel.K, 2.9);
    double volume = 3.14159265358979 * 71e-6 * 71e-6 * s.density * s.depth; /* per area, m */
    bool warned = false;
    for (size_t i = 0; i < s.n_notes; i++)
        warned = warned || (s.note[i].kind == NOTE_WARNING && strstr(s.note[i].text, "stirred channels hold") != NULL);
    CU_ASSERT(warned);
    CU_ASSERT_EQUAL_FATAL(result_compute(&s, &r, NULL), 0);
    ASSERT_REL(solution_at(&r.solution, 0, COL_VEHICLE), 3.7 * 41e-6 * 41e-6 / (41e-6 + volume), 1e-6);
    ASSERT_REL(solution_at(&r.solution, 0, COL_CHANNEL), 3.7 * 41e-6 * volume / (41e-6 + volume), 1e-6);
    result_release(&r);
    study_release(&s);
    overrides[0] = "channel={fill: stirred, surface_radius: 71 um, tip_radius: 71 um, K: 1.7}"; /* stated */
    CU_ASSERT_EQUAL_FATAL(study_load(&s, f.study, &(struct study_options){overrides, NULL}, NULL), 0);
    CU_ASSERT_EQUAL(s.problem.channel.K, 1.7);
    study_release(&s);
    fixture_remove(&f);
}

/* A large molecule is on its way for weeks: what stands behind the decimal point is rounding, and no line goes through
 * it. */
static void no_line_is_drawn_through_rounding(void)
{
    struct fixture f;
    struct study s;
    struct result r;
    const char *const overrides[] = {
        "needles=none", "skin={name: one, layers: [{name: slab, thickness: 130 um, D: 2.3e-16 m2/s, K: 1.4}]}",
        "patch={area: 2.3 cm2}", "schedule={duration: 12 h, every: 1 h}", "lab_window={from: 3 h, to: 12 h}", NULL};
    static const char *const none[] = {"J_lab", "lag_lab"};
    fixture_make(&f);
    CU_ASSERT_EQUAL_FATAL(study_load(&s, f.study, &(struct study_options){overrides, NULL}, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(result_compute(&s, &r, NULL), 0);
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT(isnan(endpoint_find(&r.endpoints, none[i])->value));
        ASSERT_HAS(endpoint_find(&r.endpoints, none[i])->remark, "none: what came through in lab_window is below");
    }
    ASSERT_HAS(endpoint_find(&r.endpoints, "delivered_end")->remark, "below its own error");
    ASSERT_HAS(endpoint_find(&r.endpoints, "J_max")->remark, "below its own error");
    result_release(&r);
    study_release(&s);
    fixture_remove(&f);
}

static void enhancement_needs_a_quantified_intact_amount(void)
{
    static const struct {
        const char *limit, *remark;
        bool is_number;
    } cases[] = {{NULL, "none: limit_of_quantification is not stated", false},
                 {"limit_of_quantification=1 mg/cm2", "none: the intact amount is below quantification", false},
                 {"limit_of_quantification=1e-9 ug/cm2", "with channels / intact skin", true}};
    struct fixture f;
    fixture_make(&f);
    for (size_t i = 0; i < 3; i++) {
        struct study s;
        struct result r;
        const char *const overrides[] = {cases[i].limit, NULL};
        CU_ASSERT_EQUAL_FATAL(study_load(&s, f.study, &(struct study_options){overrides, NULL}, NULL), 0);
        CU_ASSERT_EQUAL_FATAL(result_compute(&s, &r, NULL), 0);
        const struct endpoint *p = endpoint_find(&r.endpoints, "ER_Q");
        CU_ASSERT_PTR_NOT_NULL_FATAL(p);
        CU_ASSERT_EQUAL(isfinite(p->value), cases[i].is_number);
        ASSERT_HAS(p->remark, cases[i].remark);
        result_release(&r);
        study_release(&s);
    }
    fixture_remove(&f);
}

static void a_folder_is_whole_or_absent(void)
{
    struct fixture f;
    struct folder out;
    struct err e = {0};
    char path[400], file[FOLDER_PATH + 100];
    fixture_make(&f);
    snprintf(path, sizeof path, "%s/out/", f.folder);
    CU_ASSERT_EQUAL_FATAL(folder_open(&out, path, false, &e), 0);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_EQUAL(access(folder_file(&out, "", file), F_OK), 0);
    folder_abandon(&out);
    CU_ASSERT_NOT_EQUAL(access(out.temporary[0] ? out.temporary : path, F_OK), 0);
    CU_ASSERT_EQUAL(folder_open(&out, f.folder, false, &e), ERR_IO);
    ASSERT_HAS(e.msg, "exists already: results are never overwritten");
    e = (struct err){0};
    CU_ASSERT_EQUAL(folder_open(&out, f.folder, true, &e), ERR_IO); /* not even with force: this is no result */
    ASSERT_HAS(e.msg, "is not a folder that mnsim wrote");
    fixture_write(&f, "summary.yaml", "my own: 17 holes of 100\n"); /* the name alone makes no result */
    CU_ASSERT_EQUAL(folder_open(&out, f.folder, true, NULL), ERR_IO);
    fixture_write(&f, "summary.yaml", "");
    run_into(&f, "study.yaml", "out");
    fixture_write(&f, "out/notes.txt", "17 holes of 100\n"); /* a person's own beside the result */
    CU_ASSERT_EQUAL(folder_open(&out, path, true, NULL), ERR_IO);
    snprintf(file, sizeof file, "%s/out/notes.txt", f.folder);
    CU_ASSERT_EQUAL(remove(file), 0);
    CU_ASSERT_EQUAL(folder_open(&out, path, true, NULL), 0);
    CU_ASSERT_EQUAL(folder_commit(&out, NULL), 0);
    snprintf(file, sizeof file, "%s/out/summary.yaml", f.folder);
    CU_ASSERT_NOT_EQUAL(access(file, F_OK), 0); /* replaced as a whole */
    fixture_remove(&f);
}

static void write_sweep(const struct fixture *f, const char *densities)
{
    char text[400];
    snprintf(
        text, sizeof text,
        "sweep: s\nstudy: study.yaml\nvary:\n  depth: [150 um, 445 um]\n  density: %s\nfills: [diffusing, stirred]\n",
        densities);
    fixture_write(f, "sweep.yaml", text);
}

/* Loads and computes <folder>/sweep.yaml; threads 0: all. */
static void compute_sweep(const struct fixture *f, struct sweep *w, size_t threads)
{
    char path[400], result[400];
    snprintf(path, sizeof path, "%s/sweep.yaml", f->folder);
    snprintf(result, sizeof result, "%s/out", f->folder);
    static const struct study_options none = {NULL, NULL};
    CU_ASSERT_EQUAL_FATAL(sweep_load(w, path, &none, result, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(sweep_compute(w, threads, NULL, NULL, NULL, NULL), 0);
}

static double swept(const struct fixture *f, const char *depth, const char *density, const char *fill, size_t threads)
{
    struct sweep w;
    char value[SWEEP_VALUE];
    double x = NAN;
    compute_sweep(f, &w, threads);
    for (size_t i = 0; i < w.n_cases; i++)
        if (w.item[i].good && strcmp(sweep_value(&w, i, 0, value), depth) == 0 &&
            strcmp(sweep_value(&w, i, 1, value), density) == 0 && strcmp(w.fill[i / w.n_points], fill) == 0)
            x = w.item[i].map;
    remove(w.journal);
    sweep_release(&w);
    return x;
}

static void order_of_a_sweep_changes_no_digit(void)
{
    struct fixture f;
    fixture_make(&f);
    write_sweep(&f, "[50 /cm2, 100 /cm2]");
    double one = swept(&f, "150 um", "100 /cm2", "stirred", 1);
    write_sweep(&f, "[100 /cm2, 30 /cm2, 50 /cm2]");
    CU_ASSERT_EQUAL(one, swept(&f, "150 um", "100 /cm2", "stirred", 2));
    CU_ASSERT(one > swept(&f, "150 um", "100 /cm2", "diffusing", 0));
    fixture_remove(&f);
}

static void a_sweep_holds_every_combination_once(void)
{
    struct fixture f;
    struct sweep w;
    static const double density[] = {100e4, 30e4, 50e4};
    int seen[2][3][2] = {0};
    fixture_make(&f);
    write_sweep(&f, "[100 /cm2, 30 /cm2, 50 /cm2]");
    compute_sweep(&f, &w, 0);
    CU_ASSERT_EQUAL_FATAL(w.n_cases, 12);
    for (size_t i = 0; i < w.n_cases; i++) {
        struct study c;
        size_t depth = i % 2, at = i / 2 % 3, fill = i / 6;
        CU_ASSERT_EQUAL_FATAL(sweep_study(&w, i, &c, NULL), 0);
        seen[depth][at][fill]++;
        ASSERT_REL(c.depth, depth ? 445e-6 : 150e-6, 1e-12);
        ASSERT_REL(c.density, density[at], 1e-12);
        CU_ASSERT_EQUAL(c.problem.channel.fill, fill ? CHANNEL_STIRRED : CHANNEL_DIFFUSING);
        CU_ASSERT(w.item[i].done && w.item[i].good);
        study_release(&c);
    }
    remove(w.journal);
    for (size_t i = 0; i < 12; i++)
        CU_ASSERT_EQUAL(seen[i % 2][i / 2 % 3][i / 6], 1);
    sweep_release(&w);
    fixture_remove(&f);
}

/* The rows of a sweep in the order of the cases; what its cases took over from each other, or made anew. */
static char *rows_of(const struct fixture *f, size_t threads, bool keeps_nothing, struct shelf_use use[SHELF_KINDS])
{
    char path[400], result[400];
    struct sweep w;
    struct folder out;
    static const struct study_options none = {NULL, NULL};
    snprintf(path, sizeof path, "%s/sweep.yaml", f->folder);
    snprintf(result, sizeof result, "%s/out", f->folder);
    CU_ASSERT_EQUAL_FATAL(sweep_load(&w, path, &none, result, NULL), 0);
    w.keeps_nothing = keeps_nothing;
    CU_ASSERT_EQUAL_FATAL(sweep_compute(&w, threads, NULL, NULL, NULL, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(folder_open(&out, result, true, NULL), 0);
    CU_ASSERT_EQUAL(sweep_write(&w, &context, &out, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(folder_commit(&out, NULL), 0);
    memcpy(use, w.use, sizeof w.use);
    remove(w.journal);
    sweep_release(&w);
    return fixture_read(f, "out/sweep.csv");
}

/* Shapes, tissues and what fills the channels, so that some cases share a pattern, some the stiffness, some neither. */
static void what_a_case_takes_over_from_others_changes_no_digit(void)
{
    struct fixture f;
    struct shelf_use anew[SHELF_KINDS], one[SHELF_KINDS], two[SHELF_KINDS];
    fixture_make(&f);
    fixture_write(&f, "sweep.yaml",
                  "sweep: s\nstudy: study.yaml\nvary:\n  channel/K: [0.61, 0.97]\n  density: [50 /cm2, 57 /cm2, 210 "
                  "/cm2]\n"
                  "  depth: [150 um, 154 um, 445 um]\nfills: [diffusing, stirred]\n");
    char *want = rows_of(&f, 1, true, anew), *alone = rows_of(&f, 1, false, one), *both = rows_of(&f, 2, false, two);
    CU_ASSERT_STRING_EQUAL(alone, want);
    CU_ASSERT_STRING_EQUAL(both, want);
    for (int k = 0; k < SHELF_KINDS; k++) {
        CU_ASSERT_EQUAL(anew[k].asked, 0);
        CU_ASSERT_EQUAL(two[k].asked, one[k].asked);
        CU_ASSERT(one[k].found > 0 && one[k].found < one[k].asked);
    }
    CU_ASSERT(one[SHELF_ANALYSES].found > one[SHELF_STIFFNESS].found);
    free(want);
    free(alone);
    free(both);
    fixture_remove(&f);
}

static void a_failed_case_is_a_row_with_its_reason(void)
{
    struct fixture f;
    struct sweep w;
    struct folder out;
    char path[400];
    fixture_make(&f);
    write_sweep(&f, "[50 /cm2, 90000 /cm2]");
    compute_sweep(&f, &w, 0);
    CU_ASSERT_EQUAL(sweep_failures(&w), 4);
    snprintf(path, sizeof path, "%s/out", f.folder);
    CU_ASSERT_EQUAL_FATAL(folder_open(&out, path, false, NULL), 0);
    CU_ASSERT_EQUAL(sweep_write(&w, &context, &out, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(folder_commit(&out, NULL), 0);
    sweep_release(&w);
    char *csv = fixture_read(&f, "out/sweep.csv");
    ASSERT_HAS(csv, "channels overlap");
    ASSERT_HAS(csv, "failed");
    free(csv);
    fixture_remove(&f);
}

static void the_map_of_a_sweep_is_a_result_that_studies_have(void)
{
    struct fixture f;
    struct sweep w;
    struct err e = {0};
    char path[400], text[200];
    static const struct study_options none = {NULL, NULL};
    fixture_make(&f);
    snprintf(path, sizeof path, "%s/sweep.yaml", f.folder);
    fixture_write(&f, "sweep.yaml", "sweep: s\nstudy: study.yaml\nvary: {depth: [150 um]}\nmap: Delivered_end\n");
    CU_ASSERT_EQUAL(sweep_load(&w, path, &none, path, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "sweep.yaml:4:6: map: 'Delivered_end': must be one of delivered_end, ");
    ASSERT_HAS(e.hint, "did you mean 'delivered_end'?");
    fixture_change(&f, "receptor: {type: sink}", "receptor: {type: closed}\nbody: drug\nclosure: {half_life_open: 2 h, "
                                                 "half_life_occluded: 7 h, back_within: 2}\n"
                                                 "limit_of_quantification: 0.1 ng/cm2");
    struct study *s = malloc(sizeof *s);
    struct result r;
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    e = (struct err){0};
    CU_ASSERT_EQUAL_FATAL(study_load(s, f.study, &none, &e), 0);
    CU_ASSERT_EQUAL_FATAL(result_compute(s, &r, &e), 0);
    CU_ASSERT(endpoint_find(&r.endpoints, "permeability_back_after") && endpoint_find(&r.endpoints, "J_lab") &&
              endpoint_find(&r.endpoints, "plasma_max"));
    for (size_t i = 0; i < r.endpoints.n; i++) {
        snprintf(text, sizeof text, "sweep: s\nstudy: study.yaml\nvary: {depth: [150 um]}\nmap: %s\n",
                 r.endpoints.item[i].name);
        fixture_write(&f, "sweep.yaml", text);
        CU_ASSERT_EQUAL_FATAL(sweep_load(&w, path, &none, path, &e), 0);
        CU_ASSERT_STRING_EQUAL(w.map, r.endpoints.item[i].name);
        sweep_release(&w);
    }
    result_release(&r);
    study_release(s);
    free(s);
    fixture_remove(&f);
}

static void a_report_shows_results_and_refuses_other_folders(void)
{
    struct fixture f;
    struct err e = {0};
    char folder[400], page[400];
    fixture_make(&f);
    run_into(&f, "study.yaml", "out");
    snprintf(folder, sizeof folder, "%s/out", f.folder);
    snprintf(page, sizeof page, "%s/page.html", f.folder);
    const char *const good[] = {folder}, *const bad[] = {folder, f.folder};
    CU_ASSERT_EQUAL(report_write(bad, 2, "T", page, &e), ERR_IO);
    ASSERT_HAS(e.msg, "holds no result, sweep, comparison, fit, validation or run");
    CU_ASSERT_NOT_EQUAL(access(page, F_OK), 0);
    CU_ASSERT_EQUAL(report_write(good, 1, "T", page, NULL), 0);
    char *text = fixture_read(&f, "page.html");
    ASSERT_HAS(text, "lag_asymptotic");
    free(text);
    fixture_remove(&f);
}

CU_TestInfo result_tests[] = {
    {"resolved_study_runs_again_to_the_same_bytes", resolved_study_runs_again_to_the_same_bytes},
    {"per_patch_is_per_area_times_area", per_patch_is_per_area_times_area},
    {"summary_says_what_the_table_says", summary_says_what_the_table_says},
    {"shares_add_up_to_what_went_in", shares_add_up_to_what_went_in},
    {"endpoints_of_intact_skin_are_the_closed_form", endpoints_of_intact_skin_are_the_closed_form},
    {"a_stirred_channel_dilutes_a_finite_dose_at_the_vehicle_s_K",
     a_stirred_channel_dilutes_a_finite_dose_at_the_vehicle_s_K},
    {"no_line_is_drawn_through_rounding", no_line_is_drawn_through_rounding},
    {"enhancement_needs_a_quantified_intact_amount", enhancement_needs_a_quantified_intact_amount},
    {"a_folder_is_whole_or_absent", a_folder_is_whole_or_absent},
    {"order_of_a_sweep_changes_no_digit", order_of_a_sweep_changes_no_digit},
    {"a_sweep_holds_every_combination_once", a_sweep_holds_every_combination_once},
    {"what_a_case_takes_over_from_others_changes_no_digit", what_a_case_takes_over_from_others_changes_no_digit},
    {"a_failed_case_is_a_row_with_its_reason", a_failed_case_is_a_row_with_its_reason},
    {"the_map_of_a_sweep_is_a_result_that_studies_have", the_map_of_a_sweep_is_a_result_that_studies_have},
    {"a_report_shows_results_and_refuses_other_folders", a_report_shows_results_and_refuses_other_folders},
    CU_TEST_INFO_NULL,
};
