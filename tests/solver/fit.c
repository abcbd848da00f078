/* fit.c -- estimates from synthetic data: intervals cover the truth as often as they say, and what the data cannot say
 * is named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solver/inference/estimate.h"
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/suites.h"

enum { DATA = 12 };
static const double TRUE_D = 3.37e-13, TRUE_K = 1.83, L = 47e-6;

struct world {
    double observed[DATA], sd[DATA];
    bool is_dead; /* the second parameter has no effect / acts only as a product with the first */
    bool is_product;
};

/* Delivered amounts of a slab, kg/m2, at twelve times from half a lag to ten lags. */
static int amounts(double D, double K, double *out)
{
    struct problem p = slab(L, D, K);
    struct solution s;
    struct err e = {0};
    p.n_out = DATA;
    for (size_t k = 0; k < DATA; k++)
        p.t_out[k] = L * L / (6.0 * TRUE_D) * (0.5 + 0.85 * (double)k);
    p.t_end = p.t_out[DATA - 1];
    if (simulate(&p, &s, &e)) return e.code;
    for (size_t k = 0; k < DATA; k++)
        out[k] = solution_delivered(&s, k);
    solution_release(&s);
    return 0;
}

static int residuals(void *self, const double *x, double *r, struct err *e)
{
    const struct world *w = self;
    (void)e;
    int rc = w->is_product ? amounts(TRUE_D, x[0] * x[1], r) : amounts(x[0], w->is_dead ? TRUE_K : x[1], r);
    for (size_t k = 0; !rc && k < DATA; k++)
        r[k] = (r[k] - w->observed[k]) / w->sd[k];
    return rc;
}

static double normal(unsigned long long *state)
{
    double sum = -6.0; /* twelve uniform numbers */
    for (int i = 0; i < 12; i++) {
        *state = *state * 6364136223846793005ull + 1442695040888963407ull;
        sum += (double)(*state >> 11) / 9007199254740992.0;
    }
    return sum;
}

static void observe(struct world *w, unsigned long long seed)
{
    double exact[DATA];
    unsigned long long state = seed * 2862933555777941757ull + 3037000493ull;
    amounts(TRUE_D, TRUE_K, exact);
    for (int k = 0; k < 20; k++)
        normal(&state);
    for (size_t k = 0; k < DATA; k++) {
        w->sd[k] = 0.04 * exact[k] + 0.003 * exact[DATA - 1];
        w->observed[k] = exact[k] + w->sd[k] * normal(&state);
    }
}

static const struct estimate_bound BOUND[2] = {{1e-14, 1e-11, true}, {0.05, 60.0, true}};

static void the_intervals_cover_the_truth_as_often_as_they_say(void)
{
    static const double start[] = {1.1e-13, 4.4};
    int covered[2] = {0};
    for (unsigned long long seed = 1; seed <= 200; seed++) {
        struct world w = {.is_dead = false};
        struct estimate x;
        struct err e = {0};
        observe(&w, seed);
        struct estimate_problem p = {.n_parameters = 2,
                                     .n_residuals = DATA,
                                     .self = &w,
                                     .residuals = residuals,
                                     .bound = BOUND,
                                     .sd_known = true};
        CU_ASSERT_EQUAL_FATAL(estimate_fit(&p, start, &x, &e), 0);
        covered[0] += x.low[0] <= TRUE_D && TRUE_D <= x.high[0];
        covered[1] += x.low[1] <= TRUE_K && TRUE_K <= x.high[1];
        CU_ASSERT_EQUAL(x.flaw[0], FLAW_NONE);
    }
    printf(" [covered %d and %d of 200]", covered[0], covered[1]);
    for (int i = 0; i < 2; i++)
        CU_ASSERT(covered[i] >= 181 && covered[i] <= 199);
}

enum { DONORS = 12 };
static const double DONOR_SPREAD = 0.31, READING_SPREAD = 0.04; /* of ln(amount) */

struct cohort {
    double log_observed[DONORS * DATA];
    size_t donor[DONORS * DATA];
};

static int log_residuals(void *self, const double *x, double *r, struct err *e)
{
    const struct cohort *w = self;
    double Q[DATA];
    (void)e;
    if (amounts(x[0], x[1], Q)) return ERR_NUMERIC;
    for (size_t i = 0; i < DONORS * DATA; i++)
        r[i] = log(Q[i % DATA]) - w->log_observed[i];
    return 0;
}

/* Each donor's skin lets a factor of its own through: readings of one donor say
 * the same thing twelve times. */
static void intervals_rest_on_the_number_of_donors_not_of_readings(void)
{
    static const double start[] = {1.9e-13, 3.1};
    int covered[2] = {0}, taken_alone = 0;
    for (unsigned long long seed = 1; seed <= 100; seed++) {
        struct cohort w;
        struct estimate x, alone;
        struct err e = {0};
        double exact[DATA];
        unsigned long long state = seed * 2862933555777941757ull + 3037000493ull;
        CU_ASSERT_EQUAL_FATAL(amounts(TRUE_D, TRUE_K, exact), 0);
        for (size_t d = 0; d < DONORS; d++) {
            double factor = DONOR_SPREAD * normal(&state);
            for (size_t k = 0; k < DATA; k++) {
                w.log_observed[d * DATA + k] = log(exact[k]) + factor + READING_SPREAD * normal(&state);
                w.donor[d * DATA + k] = d;
            }
        }
        struct estimate_problem p = {.n_parameters = 2,
                                     .n_residuals = DONORS * DATA,
                                     .self = &w,
                                     .residuals = log_residuals,
                                     .bound = BOUND,
                                     .group = w.donor,
                                     .n_groups = DONORS};
        CU_ASSERT_EQUAL_FATAL(estimate_fit(&p, start, &x, &e), 0);
        CU_ASSERT(isnan(x.aicc)); /* their sum of squares is no likelihood */
        p.group = NULL;
        CU_ASSERT_EQUAL_FATAL(estimate_fit(&p, start, &alone, &e), 0);
        CU_ASSERT(isfinite(alone.aicc));
        ASSERT_REL(alone.value[1], x.value[1], 1e-12);
        covered[0] += x.low[0] <= TRUE_D && TRUE_D <= x.high[0];
        covered[1] += x.low[1] <= TRUE_K && TRUE_K <= x.high[1];
        taken_alone += alone.low[1] <= TRUE_K && TRUE_K <= alone.high[1];
    }
    printf(" [covered %d and %d of 100; %d when donors are ignored]", covered[0], covered[1], taken_alone);
    for (int i = 0; i < 2; i++)
        CU_ASSERT(covered[i] >= 87 && covered[i] <= 100);
    CU_ASSERT(taken_alone < covered[1] - 8); /* what the groups are for */
}

static void what_the_data_cannot_say_is_named(void)
{
    static const double start[] = {2.2e-13, 2.9}, factors[] = {1.3, 2.1};
    struct world w = {.is_dead = true};
    struct estimate x;
    struct err e = {0};
    observe(&w, 11);
    struct estimate_problem p = {
        .n_parameters = 2, .n_residuals = DATA, .self = &w, .residuals = residuals, .bound = BOUND, .sd_known = true};
    CU_ASSERT_EQUAL_FATAL(estimate_fit(&p, start, &x, &e), 0);
    CU_ASSERT_EQUAL(x.flaw[0], FLAW_NONE);
    CU_ASSERT_EQUAL(x.flaw[1], FLAW_NO_EFFECT);
    static const struct estimate_bound wide[2] = {{0.01, 50.0, true}, {0.01, 50.0, true}};
    w = (struct world){.is_product = true};
    observe(&w, 12);
    p.bound = wide;
    CU_ASSERT_EQUAL_FATAL(estimate_fit(&p, factors, &x, &e), 0);
    ASSERT_REL(x.value[0] * x.value[1], TRUE_K, 0.1);
    CU_ASSERT_EQUAL(x.flaw[0], FLAW_COMBINATION);
    CU_ASSERT_EQUAL(x.with[0], 1);
}

enum { POINTS = 8 };
static const double PLACE[POINTS] = {0.7, 1.3, 2.9, 3.1, 4.7, 6.3, 7.9, 9.1};
static const double OFF[POINTS] = {0.11, -0.07, -0.13, 0.09, 0.05, -0.12, 0.02, 0.06};

/* A straight line, intercept x[0] and rise x[1], with readings off it by OFF. */
static int line_residuals(void *self, const double *x, double *r, struct err *e)
{
    (void)self;
    (void)e;
    for (size_t k = 0; k < POINTS; k++)
        r[k] = (x[0] + x[1] * PLACE[k] - 3.7 - 0.83 * PLACE[k] - OFF[k]) / 0.1;
    return 0;
}

/* Wherever a search starts and whichever way it goes around its bounds, intercept and rise of a line hang together by
 * -mean(x) / sqrt(mean(x^2)); and with groups alike from every start. */
static void a_correlation_has_the_sign_of_the_parameters_and_not_of_the_search(void)
{
    static const struct estimate_bound bound[2] = {{-9.0, 11.0, false}, {0.01, 40.0, true}};
    static const size_t group[POINTS] = {0, 1, 2, 3, 0, 1, 2, 3};
    double sum = 0.0, squares = 0.0, of_groups = NAN;
    for (size_t k = 0; k < POINTS; k++) {
        sum += PLACE[k];
        squares += PLACE[k] * PLACE[k];
    }
    struct estimate_problem p = {
        .n_parameters = 2, .n_residuals = POINTS, .residuals = line_residuals, .bound = bound, .n_groups = 4};
    for (int i = 0; i < 2 * 15 * 15; i++) {
        double start[] = {-8.7 + 1.39 * (i % 15), 0.0103 * pow(1.77, i / 15 % 15)};
        struct estimate x;
        struct err e = {0};
        p.group = i < 15 * 15 ? NULL : group;
        CU_ASSERT_EQUAL_FATAL(estimate_fit(&p, start, &x, &e), 0);
        if (!p.group) ASSERT_REL(x.correlation[1][0], -sum / sqrt(POINTS * squares), 1e-4);
        if (p.group && isnan(of_groups)) of_groups = x.correlation[1][0];
        if (p.group) ASSERT_REL(x.correlation[0][1], of_groups, 1e-3);
        CU_ASSERT(x.relative_se[0] > 0.0 && x.relative_se[1] > 0.0);
        CU_ASSERT(x.low[1] < x.value[1] && x.value[1] < x.high[1]);
    }
}

/* A bound cuts the interval, and a value at a bound has none. */
static void intervals_end_at_the_bounds(void)
{
    static const double start[] = {3.1e-13, 1.9};
    struct estimate_bound bound[2] = {{1e-14, 1e-11, true}, {0.05, 1.85, false}};
    struct world w = {.is_dead = false};
    struct estimate x, free_of_bounds;
    struct err e = {0};
    observe(&w, 12);
    struct estimate_problem p = {
        .n_parameters = 2, .n_residuals = DATA, .self = &w, .residuals = residuals, .bound = BOUND, .sd_known = true};
    CU_ASSERT_EQUAL_FATAL(estimate_fit(&p, start, &free_of_bounds, &e), 0);
    CU_ASSERT(!free_of_bounds.low_is_bound[1] && !free_of_bounds.high_is_bound[1]);
    bound[1].upper = free_of_bounds.value[1] * 1.003; /* inside the interval */
    bound[1].lower = free_of_bounds.value[1] * 0.2;
    p.bound = bound;
    CU_ASSERT_EQUAL_FATAL(estimate_fit(&p, start, &x, &e), 0);
    CU_ASSERT_EQUAL(x.flaw[1], FLAW_NONE);
    CU_ASSERT_EQUAL(x.high[1], bound[1].upper);
    CU_ASSERT(x.high_is_bound[1] && !x.low_is_bound[1]);
    CU_ASSERT(x.low[1] > bound[1].lower && x.low[1] < x.value[1]);
    bound[1].upper = free_of_bounds.value[1] * 0.8; /* below the optimum */
    CU_ASSERT_EQUAL_FATAL(estimate_fit(&p, start, &x, &e), 0);
    CU_ASSERT_EQUAL(x.flaw[1], FLAW_AT_BOUND);
    CU_ASSERT(isnan(x.low[1]) && isnan(x.high[1]) && isnan(x.relative_se[1]));
}

static void many_starts_find_one_optimum_and_its_profile_rises_by_four_at_two_errors(void)
{
    static const double start[] = {9.9e-12, 0.06};
    struct world w = {.is_dead = false};
    struct estimate x;
    struct err e = {0};
    size_t agreeing;
    double chi2;
    observe(&w, 5);
    struct estimate_problem p = {
        .n_parameters = 2, .n_residuals = DATA, .self = &w, .residuals = residuals, .bound = BOUND, .sd_known = true};
    CU_ASSERT_EQUAL_FATAL(estimate_multistart(&p, start, 4, &x, &agreeing, &e), 0);
    CU_ASSERT(agreeing >= 3);
    ASSERT_REL(x.value[0], TRUE_D, 0.2);
    CU_ASSERT_EQUAL_FATAL(estimate_profile(&p, &x, 0, x.value[0] * exp(2.0 * x.relative_se[0]), &chi2, &e), 0);
    ASSERT_REL(chi2 - x.chi2, 4.0, 0.25);
}

CU_TestInfo fit_tests[] = {
    {"the_intervals_cover_the_truth_as_often_as_they_say", the_intervals_cover_the_truth_as_often_as_they_say},
    {"intervals_rest_on_the_number_of_donors_not_of_readings", intervals_rest_on_the_number_of_donors_not_of_readings},
    {"what_the_data_cannot_say_is_named", what_the_data_cannot_say_is_named},
    {"a_correlation_has_the_sign_of_the_parameters_and_not_of_the_search",
     a_correlation_has_the_sign_of_the_parameters_and_not_of_the_search},
    {"intervals_end_at_the_bounds", intervals_end_at_the_bounds},
    {"many_starts_find_one_optimum_and_its_profile_rises_by_four_at_two_errors",
     many_starts_find_one_optimum_and_its_profile_rises_by_four_at_two_errors},
    CU_TEST_INFO_NULL,
};
