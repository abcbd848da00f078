/* study_compare.c -- fits and comparisons: known parameters come back, published numbers are met, bad data are named.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "solver/inference/estimate.h"
#include "solver/results/compare.h"
#include "tests/runner.h"
#include "tests/solver/study_fixture.h"
#include "tests/solver/suites.h"

/* y = a exp(-b x), with a fixed pattern of noise of size s. */
struct decay {
    size_t n;
    double a, b, s;
};
static int decay_residuals(void *self, const double *v, double *r, struct err *e)
{
    const struct decay *d = self;
    (void)e;
    for (size_t i = 0; i < d->n; i++) {
        double x = 0.17 * (double)i, noise = d->s * (i % 3 == 0 ? 1.0 : -0.5);
        r[i] = v[0] * exp(-v[1] * x) - d->a * exp(-d->b * x) - noise;
    }
    return 0;
}

static void exact_data_give_back_the_parameters(void)
{
    struct decay d = {20, 3.7, 0.81, 0.0};
    struct estimate fit;
    CU_ASSERT_EQUAL_FATAL(estimate_fit(&(struct estimate_problem){.n_parameters = 2, .n_residuals = 20, .self = &d,
                                     .residuals = decay_residuals},
                                       (double[]){1.0, 2.0}, &fit, NULL),
                          0);
    ASSERT_REL(fit.value[0], 3.7, 1e-6);
    ASSERT_REL(fit.value[1], 0.81, 1e-6);
    CU_ASSERT(fit.rmse < 1e-5);
}

/* Linear theory for one parameter, y = a: se(log a) = sqrt(sum r^2/(n-1)/n)/a. */
static int constant_residuals(void *self, const double *v, double *r, struct err *e)
{
    static const double data[] = {4.0, 5.0, 4.4, 4.6};
    (void)self;
    (void)e;
    for (size_t i = 0; i < 4; i++)
        r[i] = v[0] - data[i];
    return 0;
}

static void standard_error_is_that_of_linear_theory(void)
{
    struct estimate fit;
    CU_ASSERT_EQUAL_FATAL(estimate_fit(&(struct estimate_problem){.n_parameters = 1, .n_residuals = 4, .self = NULL,
                                     .residuals = constant_residuals},
                                       (double[]){1.0}, &fit, NULL),
                          0);
    ASSERT_REL(fit.value[0], 4.5, 1e-6);
    double ss = 0.25 + 0.25 + 0.01 + 0.01;
    ASSERT_REL(fit.relative_se[0], sqrt(ss / 3.0 / 4.0) / 4.5, 1e-4);
    ASSERT_REL(fit.rmse, sqrt(ss / 4.0), 1e-6);
}

static int failing_residuals(void *self, const double *v, double *r, struct err *e)
{
    (void)self;
    (void)v;
    (void)r;
    return err_set(e, ERR_RANGE, "volume must be > 0");
}

static void a_fit_that_cannot_start_says_why(void)
{
    struct estimate fit;
    struct err e = {0};
    CU_ASSERT_EQUAL(
        estimate_fit(&(struct estimate_problem){.n_parameters = 1, .n_residuals = 4, .self = NULL,
                                     .residuals = failing_residuals}, (double[]){1.0}, &fit, &e),
        ERR_NUMERIC);
    ASSERT_HAS(e.msg, "volume must be > 0");
    e = (struct err){0};
    CU_ASSERT_EQUAL(estimate_fit(&(struct estimate_problem){.n_parameters = 4, .n_residuals = 4, .self = NULL,
                                     .residuals = constant_residuals},
                                 (double[]){1, 1, 1, 1}, &fit, &e),
                    ERR_ARG);
    ASSERT_HAS(e.msg, "more data than parameters");
}

/* Runs the comparison text; c is released by the caller when 0. */
static int run_comparison(struct fixture *f, const char *text, struct compare *c, struct err *e)
{
    char file[400], out[400];
    struct folder folder;
    fixture_write(f, "comparison.yaml", text);
    snprintf(file, sizeof file, "%s/comparison.yaml", f->folder);
    snprintf(out, sizeof out, "%s/compared", f->folder);
    CU_ASSERT_EQUAL_FATAL(folder_open(&folder, out, false, e), 0);
    int rc = compare_run(c, file, &(struct compare_options){NULL, NULL, 0}, &(struct result_context){"test", 0, 0.0},
                         &folder, e);
    if (rc)
        folder_abandon(&folder);
    else
        rc = folder_commit(&folder, e);
    return rc;
}

#define BANNON(role2, role3)                                                                                           \
    "comparison: Bannon\nkind: plasma\ndata: {file: data/nicotine_bannon1989.csv, time: time_h}\n"                     \
    "fit:\n  parameters:\n"                                                                                            \
    "    - {name: permeability, layer: stratum_corneum, start: 5e-4 cm/h}\n"                                           \
    "    - {name: capacity, layer: stratum_corneum, start: 2e-3 cm}\n"                                                 \
    "    - {name: body_volume, start: 250 L}\n"                                                                        \
    "cases:\n"                                                                                                         \
    "  - {name: a, role: fitted, study: config/studies/nicotine_patch_15mg.yaml, column: plasma_15mg_ng_mL}\n"         \
    "  - {name: b, role: " role2 ", study: config/studies/nicotine_patch_30mg.yaml, column: plasma_30mg_ng_mL}\n"      \
    "  - {name: c, role: " role3 ", study: config/studies/nicotine_patch_60mg.yaml, column: plasma_60mg_ng_mL}\n"      \
    "criterion: {mean_fold_error: 1.5}\n"

static double recorded(const struct fixture *f, const char *list, size_t i, const char *key)
{
    char path[400];
    struct config *doc;
    double x = NAN;
    snprintf(path, sizeof path, "%s/compared/compare.yaml", f->folder);
    CU_ASSERT_EQUAL_FATAL(config_open(&doc, path, NULL), 0);
    struct cnode root = config_root(doc);
    struct cnode at =
        config_item(strcmp(list, "cases") == 0 ? config_get(root, list) : config_get(config_get(root, "fit"), list), i);
    config_number(at, key, RANGE_ANY, &x, NULL);
    config_close(doc);
    return x;
}

/* The unweighted optimum over all three patches, found by an independent program: P 6.36e-4 cm/h, K h 3.35e-3 cm, V 370
 * L; rmse 0.76, 1.40, 1.52 ng/mL over 13 rows, of which the first (0 = 0 at time 0) is not counted here. */
static void bannon_optimum_of_all_patches_is_the_known_one(void)
{
    struct fixture f;
    struct err e = {0};
    struct compare *c = calloc(1, sizeof *c);
    static const double rmse[] = {0.76, 1.40, 1.52};
    fixture_make(&f);
    CU_ASSERT_EQUAL_FATAL(run_comparison(&f, BANNON("fitted", "fitted"), c, &e), 0);
    ASSERT_REL(recorded(&f, "parameters", 0, "value"), 6.36e-4, 3e-3);
    ASSERT_REL(recorded(&f, "parameters", 1, "value"), 3.35e-3, 1e-2); /* the optimum is flat here: +- 25 % */
    ASSERT_REL(recorded(&f, "parameters", 2, "value"), 370.0, 5e-3);
    for (size_t i = 0; i < 3; i++)
        ASSERT_REL(recorded(&f, "cases", i, "rmse_ng_mL") * sqrt(12.0 / 13.0), rmse[i], 1e-2);
    compare_release(c);
    free(c);
    fixture_remove(&f);
}

static void predicted_cases_do_not_enter_the_fit(void)
{
    struct fixture f;
    struct err e = {0};
    struct compare *c = calloc(1, sizeof *c);
    fixture_make(&f);
    CU_ASSERT_EQUAL_FATAL(run_comparison(&f, BANNON("predicted", "predicted"), c, &e), 0);
    CU_ASSERT_EQUAL(recorded(&f, "cases", 1, "n_parameters"), 0.0);
    CU_ASSERT_EQUAL(c->verdict[0].role, ROLE_FITTED);
    CU_ASSERT_EQUAL(c->verdict[1].role, ROLE_PREDICTED);
    CU_ASSERT(recorded(&f, "cases", 0, "rmse_ng_mL") < 0.76); /* better on its own data than the fit to all three */
    compare_release(c);
    free(c);
    fixture_remove(&f);
}

static void a_criterion_that_is_not_met_is_told(void)
{
    struct fixture f;
    struct err e = {0};
    struct compare *c = calloc(1, sizeof *c);
    fixture_make(&f);
    CU_ASSERT_EQUAL_FATAL(
        run_comparison(&f,
                       "comparison: r\nkind: ratio\nnumerator: {study: study.yaml, set: [insertion/depth=300 um]}\n"
                       "denominator: {study: study.yaml, set: [insertion/depth=299 um]}\nresult: delivered_end\n"
                       "measured: {ratio: 40}\nvary: {density: [100 /cm2]}\ncriterion: {within_factor: 2}\n",
                       c, &e),
        0);
    CU_ASSERT_EQUAL(c->n_verdicts, 1);
    CU_ASSERT_FALSE(compare_all_met(c));
    compare_release(c);
    free(c);
    fixture_remove(&f);
}

/* Data files with a missing column, text among numbers, a torn last line: place and name, and no folder left. */
static void bad_data_files_are_named_with_their_line(void)
{
    static const struct {
        const char *csv, *words;
    } bad[] = {{"time_h,plasma_ng_mL\n1,2.5\n2,3.5\n", "no column 'level_ng_mL'"},
               {"time_h,level_ng_mL\n1,2.5\n2,lots\n", "data.csv:3"},
               {"time_h,level_ng_mL\n1,2.5\n2,3.", "torn last line"},
               {"time_h,level_ng_mL\n1,2.5\n9,3.5\n", "data.csv:3: time_h = 9 h: must lie within the study's 6 h"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fixture f;
        struct err e = {0};
        struct compare *c = calloc(1, sizeof *c);
        struct stat st;
        char out[400];
        fixture_make(&f);
        fixture_change(&f, "receptor: {type: sink}", "receptor: {type: closed}\nbody: drug");
        fixture_write(&f, "data.csv", bad[i].csv);
        int rc = run_comparison(&f,
                                "comparison: x\nkind: plasma\ndata: {file: data.csv, time: time_h}\n"
                                "fit: {parameters: [{name: body_volume, start: 50 L}]}\n"
                                "cases: [{name: a, role: fitted, study: study.yaml, column: level_ng_mL}]\ncriterion: "
                                "{mean_fold_error: 2}\n",
                                c, &e);
        CU_ASSERT_EQUAL(err_exit_status(rc), 3);
        ASSERT_HAS(e.msg, bad[i].words);
        snprintf(out, sizeof out, "%s/compared", f.folder);
        CU_ASSERT_NOT_EQUAL(stat(out, &st), 0);
        compare_release(c);
        free(c);
        fixture_remove(&f);
    }
}

static void virtual_runs_are_called_synthetic(void)
{
    struct fixture f;
    struct err e = {0};
    struct compare *c = calloc(1, sizeof *c);
    char run[300];
    fixture_make(&f);
    snprintf(run, sizeof run, "%s/r1", f.folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(run, 0755), 0);
    fixture_write(
        &f, "r1/run.yaml",
        "format: mn-run-1\nvirtual: true\nspecimen: s7\noutcome: {state: done}\ncontact: {position: \"8123.4 um\"}\n");
    fixture_write(&f, "r1/samples.csv", "time_s,travel_um,net_force_N\n0,,0\n1,10,1.5\n2,20,7.25\n3,15,3\n4,-5,0\n");
    CU_ASSERT_EQUAL_FATAL(run_comparison(&f, "comparison: runs\nkind: force_travel\nruns: [r1]\n", c, &e), 0);
    char *csv = fixture_read(&f, "compared/compare.csv");
    ASSERT_HAS(csv, "r1,s7,SYNTHETIC,done,3,8123.4,7.25,20,20");
    char *yaml = fixture_read(&f, "compared/compare.yaml");
    ASSERT_HAS(yaml, "rehearsal, not evidence");
    CU_ASSERT_PTR_NULL(strstr(yaml, ".nan")); /* one run has no scatter */
    free(csv);
    free(yaml);
    compare_release(c);
    free(c);
    fixture_remove(&f);
}

CU_TestInfo comparison_tests[] = {
    {"exact_data_give_back_the_parameters", exact_data_give_back_the_parameters},
    {"standard_error_is_that_of_linear_theory", standard_error_is_that_of_linear_theory},
    {"a_fit_that_cannot_start_says_why", a_fit_that_cannot_start_says_why},
    {"bannon_optimum_of_all_patches_is_the_known_one", bannon_optimum_of_all_patches_is_the_known_one},
    {"predicted_cases_do_not_enter_the_fit", predicted_cases_do_not_enter_the_fit},
    {"a_criterion_that_is_not_met_is_told", a_criterion_that_is_not_met_is_told},
    {"bad_data_files_are_named_with_their_line", bad_data_files_are_named_with_their_line},
    {"virtual_runs_are_called_synthetic", virtual_runs_are_called_synthetic},
    CU_TEST_INFO_NULL,
};
