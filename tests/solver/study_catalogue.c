/* study_catalogue.c -- the skins and drugs of config/: sources, sums of thicknesses, permeabilities they claim. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solver/results/result.h"
#include "tests/runner.h"
#include "tests/solver/study_fixture.h"
#include "tests/solver/suites.h"

static bool load(struct study *s, const char *name, const char *const *overrides)
{
    char path[200];
    struct err e = {0};
    snprintf(path, sizeof path, "config/studies/%s.yaml", name);
    if (study_load(s, path, &(struct study_options){overrides, NULL}, &e) == 0) return true;
    err_print(stdout, path, &e);
    CU_FAIL("the study should load");
    return false;
}

/* Every file of config/skins: its temperature, its source and that of each layer; of a sample, its storage. */
static void every_shipped_skin_says_where_it_comes_from(void)
{
    DIR *folder = opendir("config/skins");
    struct study *s = malloc(sizeof *s);
    int skins = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    for (struct dirent *d; (d = readdir(folder));) {
        char skin[300], *dot = strrchr(d->d_name, '.');
        if (!dot || strcmp(dot, ".yaml") != 0 || strncmp(d->d_name, "verification", 12) == 0) continue;
        snprintf(skin, sizeof skin, "skin=%.*s", (int)(dot - d->d_name), d->d_name);
        if (!load(s, "caffeine_patch", (const char *const[]){skin, "insertion={depth: 87 um}", NULL})) continue;
        struct cnode at = s->part[PART_SKIN], layers = config_get(at, "layers");
        skins++;
        CU_ASSERT(isfinite(s->temperature));
        CU_ASSERT_PTR_NOT_NULL(config_text(config_get(at, "source")));
        for (size_t i = 0; i < config_count(layers); i++)
            CU_ASSERT_PTR_NOT_NULL(config_text(config_get(config_item(layers, i), "source")));
        const char *preparation = config_text(config_get(at, "preparation"));
        CU_ASSERT_PTR_NOT_NULL_FATAL(preparation);
        CU_ASSERT(strstr(preparation, "in vivo") || config_text(config_get(at, "storage")));
        study_release(s);
    }
    closedir(folder);
    CU_ASSERT(skins >= 13);
    free(s);
}

/* The totals that the files quote: 2.2 and 2.4 mm by ultrasound, 0.2 mm of a dermatome, 3.43 and 2.09 mm whole skin. */
static void layers_of_a_shipped_skin_add_up_to_its_measured_whole(void)
{
    static const struct { const char *skin; double um; } whole[] = {
        {"human_forearm", 2200.0},          {"human_shoulder", 2200.0},     {"human_buttock", 2400.0},
        {"human_dermatomed_200", 200.0},    {"porcine_ear", 1200.0},        {"porcine_full_thickness", 3430.0},
        {"rat_full_thickness", 2090.0},     {"human_full_thickness", 2970.0},
    };
    struct study *s = malloc(sizeof *s);
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        char skin[80];
        snprintf(skin, sizeof skin, "skin=%s", whole[i].skin);
        if (!load(s, "caffeine_patch", (const char *const[]){skin, "insertion={depth: 87 um}", NULL})) continue;
        ASSERT_REL(skin_thickness(&s->problem), whole[i].um * 1e-6, 2e-4); /* thicknesses are rounded to 0.1 um */
        study_release(s);
    }
    free(s);
}

static double corneum_permeability(const char *name)
{
    struct study *s = malloc(sizeof *s);
    double P = NAN;
    if (load(s, name, NULL)) {
        const struct layer *l = &s->problem.layer[0];
        P = l->K * l->D / l->h * 3.6e5; /* cm/h */
        study_release(s);
    }
    free(s);
    return P;
}

/* Measured for lactic acid at pH 3.8 (its lag is h2/6D); Potts and Guy times the neutral share for the others. */
static void acids_pass_intact_skin_as_their_files_claim(void)
{
    struct study *s = malloc(sizeof *s);
    ASSERT_REL(corneum_permeability("stays_open_lactic_acid"), 7.3e-6, 3e-3);
    if (load(s, "stays_open_lactic_acid", NULL)) {
        ASSERT_REL(s->problem.layer[0].h * s->problem.layer[0].h / (6.0 * s->problem.layer[0].D) / 3600.0, 1.276, 1e-3);
        study_release(s);
    }
    double glycolic = pow(10.0, -2.7437 + 0.71 * -1.05 - 0.0061 * 76.05) / (1.0 + pow(10.0, 3.5 - 3.83));
    ASSERT_REL(corneum_permeability("stays_open_glycolic_acid"), glycolic, 5e-3);
    ASSERT_REL(corneum_permeability("stays_open_retinol"), pow(10.0, -2.7437 + 0.71 * 5.68 - 0.0061 * 286.45), 1e-3);
    free(s);
}

static double hours_open(const char *name, const char *const *overrides)
{
    struct study *s = malloc(sizeof *s);
    struct result *r = malloc(sizeof *r);
    struct err e = {0};
    double h = NAN;
    if (load(s, name, overrides)) {
        s->error_estimate = false;
        CU_ASSERT_EQUAL_FATAL(result_compute(s, r, &e), 0);
        h = endpoint_find(&r->endpoints, "permeability_back_after")->value;
        result_release(r);
        study_release(s);
    }
    free(r);
    free(s);
    return h;
}

/* The less intact skin lets through, the longer open channels matter; retinol's own permeability hides them. */
static void skin_stays_open_longer_for_what_it_keeps_out_better(void)
{
    static const char *const corrected[] = {"drug/tissue/stratum_corneum/D=3.5e-17 m2/s", NULL};
    double retinol = hours_open("stays_open_retinol", NULL), less = hours_open("stays_open_retinol", corrected);
    double lidocaine = hours_open("stays_open_lidocaine", NULL);
    double glycolic = hours_open("stays_open_glycolic_acid", NULL), lactic = hours_open("stays_open_lactic_acid", NULL);
    CU_ASSERT_EQUAL(retinol, 0.0);
    CU_ASSERT(less > 0.0 && less < lidocaine && lidocaine < glycolic && glycolic < lactic);
}

/* A study of config/studies computed; NULL, and a failed test, when that fails. */
static struct result *computed(const char *name, struct study *s)
{
    struct err e = {0};
    struct result *r = malloc(sizeof *r);
    if (!load(s, name, NULL)) return free(r), NULL;
    s->error_estimate = false;
    CU_ASSERT_EQUAL_FATAL(result_compute(s, r, &e), 0);
    return r;
}

static void release(struct study *s, struct result *r)
{
    result_release(r);
    study_release(s);
    free(r);
    free(s);
}

/* Samples at 1, 2, 4, 6, 8, 12, ... h of 0.5 mL from 5 mL on 1 cm2: Q_n = 5 C_n + 0.5 (C_1 + ... + C_(n-1)), the line
 * through 2 .. 8 h by least squares, and two doses of 2 mg/cm2 recovered. */
static void a_sampled_cell_reads_and_recovers_as_a_laboratory_sums_it_up(void)
{
    struct study *s = malloc(sizeof *s);
    struct result *r = computed("sampled_franz_cell", s);
    if (!r) return;
    const struct solution *sol = &r->solution;
    double before = 0.0, n = 0.0, t = 0.0, Q = 0.0, tt = 0.0, tQ = 0.0;
    for (size_t k = 0; k < sol->n_out; k++) { /* the first output, at 0.5 h, is no sample */
        double C = solution_at(sol, k, COL_RECEPTOR_CONC) * 1e3, lab = 5.0 * C + before, h = sol->t[k] / 3600.0;
        ASSERT_REL(solution_at(sol, k, COL_LAB_Q) * 1e5, lab, 1e-9);
        ASSERT_REL(solution_delivered(sol, k) * 1e5, lab, 1e-9);
        if (k) before += 0.5 * C;
        if (h < 1.9 || h > 8.1) continue;
        n += 1.0, t += h, Q += lab, tt += h * h, tQ += h * lab;
    }
    double slope = (n * tQ - t * Q) / (n * tt - t * t);
    CU_ASSERT_EQUAL(n, 4.0);
    ASSERT_REL(endpoint_find(&r->endpoints, "J_lab")->value, slope, 1e-9);
    ASSERT_REL(endpoint_find(&r->endpoints, "lag_lab")->value, (t - Q / slope) / n, 1e-6);
    CU_ASSERT_EQUAL(r->endpoints.n_warnings, 1);
    ASSERT_HAS(r->endpoints.warning[0], "the curve is not straight in lab_window: the flux goes from 143");
    struct share share[SHARES_MAX];
    double sum = 0.0;
    for (size_t i = shares_at(s, sol, sol->n_out - 1, share); i-- > 0;)
        sum += share[i].amount;
    ASSERT_REL(sum * 1e5, 4000.0, 1e-9);
    release(s, r);
}

/* 12 ug/cm2 at first, 120 later: the second turns over a smaller share of itself. */
static void where_laws_saturate_ten_times_the_dose_is_not_ten_times_the_turnover(void)
{
    struct study *s = malloc(sizeof *s);
    struct result *r = computed("saturable_skin", s);
    if (!r) return;
    const struct solution *sol = &r->solution;
    double first = solution_at(sol, 23, COL_METABOLISED), all = solution_at(sol, sol->n_out - 1, COL_METABOLISED);
    ASSERT_REL(sol->t[23], 12.0 * 3600.0, 1e-12);
    CU_ASSERT((all - first) / 120.0 < 0.8 * first / 12.0);
    CU_ASSERT(first * 1e5 < 12.0 && solution_at(sol, 23, COL_BOUND) > 0.0);
    release(s, r);
}

/* 40 needles x 4 presses on 4 cm2, nine in ten in; stirred to the floor of a cylinder of 0.8 x 30 um. */
static void a_stamp_makes_the_channels_that_its_presses_count(void)
{
    struct study *s = malloc(sizeof *s);
    if (!load(s, "stamp_stirred", NULL)) return;
    ASSERT_REL(s->density * 1e-4, 36.0, 1e-12);
    ASSERT_REL(s->problem.channel.r_tip, 24e-6, 1e-12);
    ASSERT_REL(s->problem.channel.r_surface, 24e-6, 1e-12);
    CU_ASSERT_EQUAL(s->problem.channel.fill, CHANNEL_STIRRED);
    study_release(s);
    free(s);
}

#define T(f) {#f, f}
CU_TestInfo catalogue_tests[] = {
    T(every_shipped_skin_says_where_it_comes_from),
    T(layers_of_a_shipped_skin_add_up_to_its_measured_whole),
    T(acids_pass_intact_skin_as_their_files_claim),
    T(skin_stays_open_longer_for_what_it_keeps_out_better),
    T(a_sampled_cell_reads_and_recovers_as_a_laboratory_sums_it_up),
    T(where_laws_saturate_ten_times_the_dose_is_not_ten_times_the_turnover),
    T(a_stamp_makes_the_channels_that_its_presses_count),
    CU_TEST_INFO_NULL,
};
