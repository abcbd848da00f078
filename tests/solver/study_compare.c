/* study_compare.c -- fits, and comparisons that fit: known parameters come back, published numbers are met. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solver/inference/estimate.h"
#include "solver/results/compare/compare.h"
#include "tests/runner.h"
#include "tests/solver/compare_kit.h"
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
                    ERR_RANGE);
    ASSERT_HAS(e.msg, "more data than parameters");
}

#define BANNON(role2, role3)                                                                                           \
    "comparison: Bannon\n"                                                                                             \
    "fit:\n  parameters:\n"                                                                                            \
    "    - {name: permeability, layer: stratum_corneum, start: 5e-4 cm/h}\n"                                           \
    "    - {name: capacity, layer: stratum_corneum, start: 2e-3 cm}\n"                                                 \
    "    - {name: body_volume, start: 250 L}\n"                                                                        \
    "cases:\n" BANNON_CASE("a", "fitted", "15") BANNON_CASE("b", role2, "30") BANNON_CASE("c", role3, "60")            \
    "criteria: [{metric: mean_fold_error, at_most: 1.5}]\n"
#define BANNON_CASE(name, role, mg)                                                                                    \
    "  - name: " name "\n    role: " role "\n"                                                                         \
    "    measured: {file: data/nicotine_bannon1989.csv, x: time_h, y: plasma_" mg "mg_ng_mL}\n"                        \
    "    simulated: {study: config/studies/nicotine_patch_" mg "mg.yaml, quantity: plasma}\n"

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
    CU_ASSERT_EQUAL_FATAL(compare_text(&f, BANNON("fitted", "fitted"), c, &e), 0);
    ASSERT_REL(recorded(&f, "parameters", 0, "value"), 6.36e-4, 3e-3);
    ASSERT_REL(recorded(&f, "parameters", 1, "value"), 3.35e-3, 1e-2); /* the optimum is flat here: +- 25 % */
    ASSERT_REL(recorded(&f, "parameters", 2, "value"), 370.0, 5e-3);
    for (size_t i = 0; i < 3; i++)
        ASSERT_REL(recorded(&f, "cases", i, "rmse") * sqrt(12.0 / 13.0), rmse[i], 1e-2);
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
    CU_ASSERT_EQUAL_FATAL(compare_text(&f, BANNON("predicted", "predicted"), c, &e), 0);
    CU_ASSERT_EQUAL(recorded(&f, "cases", 1, "n_parameters"), 0.0);
    CU_ASSERT_EQUAL(c->verdict[0].role, ROLE_FITTED);
    CU_ASSERT_EQUAL(c->verdict[1].role, ROLE_PREDICTED);
    CU_ASSERT(recorded(&f, "cases", 0, "rmse") < 0.76); /* better on its own data than the fit to all three */
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
    CU_TEST_INFO_NULL,
};
