/* fit.c -- estimates from synthetic data: intervals cover the truth as often as they say, and what the data cannot say
 * is named. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "solver/inference/estimate.h"
#include "solver/results/fit.h"
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
    CU_ASSERT(isnan(x.low[1]) && isnan(x.high[1]) && isnan(x.relative_se[1]) && isnan(x.correlation[0][1]));
    CU_ASSERT(x.low[0] < x.value[0] && x.value[0] < x.high[0]);
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

/* ---- the way of 'mnsim fit': tables, studies, forward sensitivities ---- */

enum { READINGS = 12 };
static const double TRUE_VALUE[2] = {2.71e-13, 0.83}; /* D, m2/s, and K */
static const char SLAB_STUDY[] =
    "study: slab\ndrug: nicotine\n"
    "skin: {name: slab, species: synthetic, preparation: none, temperature: 32 degC, source: test,\n"
    "  layers: [{name: stratum_corneum, thickness: 100 um, D: 2e-13 m2/s, K: 0.5, source: test}]}\n"
    "needles: none\nvehicle: {type: infinite, concentration: 10 mg/mL, K: 1, source: test}\n"
    "receptor: {type: sink}\npatch: {area: 1 cm2}\nschedule: {duration: 24 h, every: 2 h}\n";

struct lab { /* a folder with fit.yaml, parameters.csv, study.yaml and data.csv */
    char folder[200], fit[240];
    double exact[READINGS]; /* ug/cm2 every 2 h */
};

static void write_file(const struct lab *w, const char *name, const char *text)
{
    char path[240];
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

static void lab_open(struct lab *w, const char *k_row)
{
    char text[400];
    const char *tmp = getenv("TMPDIR");
    struct study s;
    struct solution out;
    struct err e = {0};
    snprintf(w->folder, sizeof w->folder, "%s/fit.XXXXXX", tmp ? tmp : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w->folder));
    snprintf(w->fit, sizeof w->fit, "%s/fit.yaml", w->folder);
    write_file(w, "study.yaml", SLAB_STUDY);
    write_file(w, "fit.yaml",
               "fit: slab\nparameters: parameters.csv\nstarts: 1\n"
               "cases: [{name: one, study: study.yaml, data: data.csv, time: time_h, "
               "quantity: cumulative, column: Q_ug_cm2, sd: sd_ug_cm2}]\n");
    snprintf(text, sizeof text,
             "parameterId,path,unit,parameterScale,lowerBound,upperBound,nominalValue,estimate\n"
             "D,skin/layers/0/D,m2/s,log,1e-15,1e-11,1.1e-13,1\nK,skin/layers/0/K,,%s,1\n",
             k_row);
    write_file(w, "parameters.csv", text);
    char D[60], K[60], path[240];
    snprintf(D, sizeof D, "skin/layers/0/D=%.17g m2/s", TRUE_VALUE[0]);
    snprintf(K, sizeof K, "skin/layers/0/K=%.17g", TRUE_VALUE[1]);
    snprintf(path, sizeof path, "%s/study.yaml", w->folder);
    struct study_options options = {(const char *const[]){D, K, NULL}, NULL};
    CU_ASSERT_EQUAL_FATAL(study_load(&s, path, &options, &e), 0);
    CU_ASSERT_EQUAL_FATAL(s.problem.n_out, READINGS);
    CU_ASSERT_EQUAL_FATAL(simulate(&s.problem, &out, &e), 0);
    for (size_t k = 0; k < READINGS; k++)
        w->exact[k] = UG_CM2 * solution_delivered(&out, k);
    solution_release(&out);
    study_release(&s);
}

static void lab_close(struct lab *w)
{
    static const char *const files[] = {"fit.yaml", "parameters.csv", "study.yaml", "data.csv"};
    char path[240];
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", w->folder, files[i]);
        unlink(path);
    }
    rmdir(w->folder);
}

/* Readings of a seed, and what the fit makes of them. */
static void lab_fit(struct lab *w, unsigned long long seed, struct fit *f)
{
    static const struct study_options none = {NULL, NULL};
    unsigned long long state = seed * 2862933555777941757ull + 3037000493ull;
    char text[READINGS * 80];
    struct err e = {0};
    int n = snprintf(text, sizeof text, "time_h,Q_ug_cm2,sd_ug_cm2\n");
    for (int k = 0; k < 20; k++)
        normal(&state);
    for (int k = 0; k < READINGS; k++) {
        double sd = 0.04 * w->exact[k] + 0.003 * w->exact[READINGS - 1];
        double read = w->exact[k] + sd * normal(&state);
        n += snprintf(text + n, sizeof text - (size_t)n, "%d,%.9g,%.9g\n", 2 * (k + 1), read, sd);
    }
    write_file(w, "data.csv", text);
    int rc = fit_load(f, w->fit, &none, &e);
    if (!rc) rc = fit_solve(f, false, &e);
    if (rc) printf(" %s", e.msg);
    CU_ASSERT_EQUAL_FATAL(rc, 0);
}

/* MN_LONG takes all 200 seeds. */
static void fits_of_tables_cover_the_truth_as_often_as_they_say(void)
{
    int seeds = getenv("MN_LONG") ? 200 : 20, covered[2] = {0};
    struct lab w;
    struct fit *f = malloc(sizeof *f);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    lab_open(&w, "log,0.01,20,0.4");
    for (int seed = 1; seed <= seeds; seed++) {
        lab_fit(&w, (unsigned long long)seed, f);
        for (int i = 0; i < 2; i++) {
            CU_ASSERT_EQUAL(f->estimate.flaw[i], FLAW_NONE);
            covered[i] += f->estimate.low[i] <= TRUE_VALUE[i] && TRUE_VALUE[i] <= f->estimate.high[i];
        }
        fit_release(f);
    }
    printf(" [covered %d and %d of %d]", covered[0], covered[1], seeds);
    for (int i = 0; i < 2; i++)
        CU_ASSERT(covered[i] >= (seeds == 200 ? 181 : 16) && covered[i] <= (seeds == 200 ? 199 : 20));
    lab_close(&w);
    free(f);
}

/* Of a range to 2000 the optimum near 0.8 lies within a two-thousandth of its end: it has its interval all the same,
 * the same as on a narrow one; where the bound holds the value back the range does not matter either. */
static void the_width_of_a_range_makes_no_bound(void)
{
    static const char *const rows[] = {"lin,0.05,4,0.4", "lin,0,2000,0.4", "lin,1.3,2000,1.9", "lin,1.3,3,1.9"};
    double low = NAN, high = NAN;
    struct fit *f = malloc(sizeof *f);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (int i = 0; i < 4; i++) {
        struct lab w;
        lab_open(&w, rows[i]);
        lab_fit(&w, 7, f);
        CU_ASSERT_EQUAL(f->estimate.flaw[1], i < 2 ? FLAW_NONE : FLAW_AT_BOUND);
        if (i == 0) {
            low = f->estimate.low[1];
            high = f->estimate.high[1];
        }
        if (i == 1) {
            ASSERT_REL(f->estimate.low[1], low, 0.01);
            ASSERT_REL(f->estimate.high[1], high, 0.01);
        }
        if (i > 1) ASSERT_REL(f->estimate.value[1], 1.3, 1e-3);
        if (i > 1) CU_ASSERT(isnan(f->estimate.low[1]) && isnan(f->estimate.high[1]));
        fit_release(f);
        lab_close(&w);
    }
    free(f);
}

CU_TestInfo fit_tests[] = {
    {"fits_of_tables_cover_the_truth_as_often_as_they_say", fits_of_tables_cover_the_truth_as_often_as_they_say},
    {"the_width_of_a_range_makes_no_bound", the_width_of_a_range_makes_no_bound},
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
