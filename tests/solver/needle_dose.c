/* needle_dose.c -- drug on coated and in dissolving needles: what is buried, how it dissolves, where it ends up. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solver/physics/formulas.h"
#include "solver/results/result.h"
#include "tests/runner.h"
#include "tests/solver/study_fixture.h"
#include "tests/solver/suites.h"

struct ran { struct study study; struct result result; };

/* The fixture's study without a vehicle, with this dose and overrides, computed; NULL and a failed test otherwise. */
static struct ran *run_dose(const char *dose, const char *const *overrides)
{
    struct fixture f;
    struct ran *r = calloc(1, sizeof *r);
    struct err e = {0};
    char line[400];
    fixture_make(&f);
    snprintf(line, sizeof line, "needle_dose: {%s}\n", dose);
    fixture_change(&f, "vehicle: {type: infinite, concentration: 7.3 mg/mL, K: 1.1}\n", line);
    fixture_change(&f, ", remove_at: 5 h", "");
    fixture_change(&f, "lab_window: {from: 1 h, to: 6 h}\n", "");
    int rc = study_load(&r->study, f.study, &(struct study_options){overrides, NULL}, &e);
    fixture_remove(&f);
    if (!rc) {
        r->study.error_estimate = false;
        rc = result_compute(&r->study, &r->result, &e);
    }
    if (!rc) return r;
    err_print(stdout, "needle dose", &e);
    CU_FAIL("the study should run");
    free(r);
    return NULL;
}

static void release(struct ran *r)
{
    result_release(&r->result);
    study_release(&r->study);
    free(r);
}

/* The share of what is buried that has dissolved at an output. */
static double dissolved(const struct ran *r, size_t k)
{
    const struct solution *s = &r->result.solution;
    return solution_at(s, k, COL_Q_TOP) / r->study.problem.needles.buried;
}

/* 137 /cm2 x 0.29 ug; of a sharp cone a depth d holds (d/L)^3 of the volume and (d/L)^2 of the face, of a cylinder
 * d/L. */
static void only_the_buried_part_of_the_needles_counts(void)
{
    static const struct { const char *dose, *shape; double share; } cases[] = {
        {"kind: dissolving, gone_after: 3 min, dose_per_needle: 0.29 ug, solubility: 300 mg/mL",
         "needles/tip_diameter=0 um", 312.0 * 312.0 * 312.0 / (610.0 * 610.0 * 610.0)},
        {"kind: coated, half_life: 20 s, dose_per_needle: 0.29 ug, solubility: 300 mg/mL", "needles/tip_diameter=0 um",
         312.0 * 312.0 / (610.0 * 610.0)},
        {"kind: coated, half_life: 20 s, dose_per_needle: 0.29 ug, solubility: 300 mg/mL, loaded_length: 400 um",
         "needles/tip_diameter=0 um", 312.0 * 312.0 / (400.0 * 400.0)},
        {"kind: coated, half_life: 20 s, dose_per_needle: 0.29 ug, solubility: 300 mg/mL, loaded_length: 210 um",
         "needles/tip_diameter=0 um", 1.0},
        {"kind: dissolving, gone_after: 3 min, dose_per_needle: 0.29 ug, solubility: 300 mg/mL",
         "needles={name: p, kind: array, shape: cylinder, length: 610 um, base_diameter: 183 um, count: 9}",
         312.0 / 610.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ran *r = run_dose(cases[i].dose, (const char *const[]){cases[i].shape, NULL});
        if (!r) continue;
        const struct problem *p = &r->study.problem;
        double all = 137e4 * 0.29e-9;
        ASSERT_REL(p->needles.buried, all * cases[i].share, 2e-6);
        ASSERT_REL(p->needles.buried + p->needles.outside, all, 1e-12);
        release(r);
    }
}

static void needles_that_stayed_out_keep_their_dose(void)
{
    static const char *const some[] = {"insertion/penetrated_fraction=0.71", "needles/tip_diameter=0 um", NULL};
    struct ran *r = run_dose(
        "kind: dissolving, gone_after: 3 min, dose_per_needle: 0.29 ug, solubility: 300 mg/mL", some);
    if (!r) return;
    const struct needle_dose *d = &r->study.problem.needles;
    ASSERT_REL(d->buried / (d->buried + d->outside), 0.71 * pow(312.0 / 610.0, 3.0), 2e-6);
    ASSERT_REL(solution_at(&r->result.solution, 4, COL_UNDELIVERED), d->outside, 1e-6);
    release(r);
}

/* dT/dt = -k T where the drug's own concentration does not matter. */
static void a_coat_dissolves_exponentially_into_fluid_without_drug(void)
{
    static const char *const often[] = {"schedule={duration: 80 s, outputs: [7 s, 19 s, 38 s, 80 s]}",
                                        "drug/solubility=1e9 mg/mL", NULL};
    static const double t[] = {7.0, 19.0, 38.0, 80.0};
    struct ran *r = run_dose("kind: coated, half_life: 19 s, dose_per_needle: 0.017 ug", often);
    if (!r) return;
    for (size_t k = 0; k < 4; k++)
        ASSERT_REL(dissolved(r, k), 1.0 - exp2(-t[k] / 19.0), 2e-5);
    release(r);
}

/* T10: 600 um high, 120 um half width at the base, k_d 1e-4 cm/s, C_s 300, rho 1300 mg/mL: t_d 509.901951 s, and
 * 1 - (1 - t/t_d)^3 of it dissolved.  Of a pyramid as of the cone with that half width. */
static void a_buried_matrix_shrinks_as_the_cone_of_t10(void)
{
    static const char *const shape[] = {
        "needles={name: t10, kind: array, shape: cone, length: 600 um, base_diameter: 240 um, count: 100}",
        "needles={name: t10, kind: array, shape: pyramid, length: 600 um, base_width: 240 um, count: 100}"};
    for (size_t i = 0; i < 2; i++) {
        const char *const t10[] = {shape[i],
                                   "insertion={depth: 600 um}",
                                   "skin/layers/1/thickness=900 um",
                                   "channel/radius_ratio=1",
                                   "numerics={level: 0.5}",
                                   "schedule={duration: 10 min, outputs: [127.475488 s, 254.950976 s, 382.426463 s, "
                                   "500 s, 600 s]}",
                                   NULL};
        struct ran *r = run_dose("kind: dissolving, dose_per_needle: 0.011 ug, solubility: 1e9 mg/mL, matrix: "
                                 "{solubility: 300 mg/mL, density: 1300 mg/mL, rate: 1e-4 cm/s}",
                                 t10);
        if (!r) continue;
        ASSERT_REL(r->study.problem.needles.gone_after, 509.901951, 1e-8);
        ASSERT_REL(dissolved(r, 0), 0.578125, 1e-3); /* 0.1 s late: see AT_ONCE */
        ASSERT_REL(dissolved(r, 1), 0.875, 5e-4);
        ASSERT_REL(dissolved(r, 2), 0.984375, 2e-4);
        ASSERT_REL(dissolved(r, 4), 1.0, 1e-6);
        release(r);
    }
}

static double most_in_channel(const struct ran *r, size_t k)
{
    const struct solution *s = &r->result.solution;
    double most = 0.0;
    for (size_t i = 0; i < s->nz; i++)
        most = fmax(most, s->axis[k * s->nz + i]);
    return most;
}

/* While solid is left, the channel is saturated: over impermeable stratum corneum it delivers what a stirred channel
 * under a vehicle of that concentration does. */
static void a_coat_beyond_solubility_holds_the_channel_saturated(void)
{
    static const char *const tight[] = {"drug/tissue/stratum_corneum/D=1e-22 m2/s", "drug/solubility=3.7 mg/mL",
                                        "schedule={duration: 40 min, outputs: [10 min, 20 min, 40 min]}", NULL};
    struct ran *r = run_dose("kind: coated, at_once: yes, dose_per_needle: 310 ug", tight);
    if (!r) return;
    struct problem *p = malloc(sizeof *p);
    struct solution held;
    *p = r->study.problem;
    p->needles = (struct needle_dose){0};
    p->n_events = 0;
    p->channel.fill = CHANNEL_STIRRED;
    p->donor = (struct donor){.kind = DONOR_INFINITE, .C0 = 3.7, .K = 1.0};
    CU_ASSERT_EQUAL_FATAL(simulate(p, &held, NULL), 0);
    for (size_t k = 0; k < 3; k++) {
        CU_ASSERT(solution_at(&r->result.solution, k, COL_UNDELIVERED) > 0.3 * r->study.problem.needles.buried);
        ASSERT_REL(solution_delivered(&r->result.solution, k), solution_delivered(&held, k), 2e-3);
        ASSERT_REL(most_in_channel(r, k), 3.7, 1e-5);
    }
    solution_release(&held);
    free(p);
    release(r);
}

/* Pulled out at 40 s a coat of half-life 19 s has lost 1 - 2^(-40/19) of itself; the rest goes with the needles. */
static void needles_pulled_out_take_the_undissolved_rest_along(void)
{
    static const char *const none[] = {"drug/solubility=1e9 mg/mL", NULL};
    struct ran *r = run_dose("kind: coated, half_life: 19 s, dose_per_needle: 0.017 ug, wear: 40 s", none);
    if (!r) return;
    const struct solution *s = &r->result.solution;
    const struct needle_dose *d = &r->study.problem.needles;
    double rest = d->outside + d->buried * exp2(-40.0 / 19.0);
    for (size_t k = 0; k < s->n_out; k++)
        ASSERT_REL(solution_at(s, k, COL_UNDELIVERED), rest, 1e-5);
    ASSERT_REL(solution_at(s, 4, COL_APPLIED), d->buried + d->outside, 1e-12);
    release(r);
}

/* Each session brings needles with a dose of their own; between, channels close, and not while the needles are in. */
static void every_session_brings_its_dose_and_closing_waits_for_the_needles(void)
{
    static const char *const course[] = {
        "schedule={duration: 6 h, outputs: [1 h, 2 h, 5 h, 6 h], "
        "steps: [{at: 0 h, do: needles}, {at: 4 h, do: needles}]}",
        "closure={half_life_open: 0.8 h, occluded: no, elastic: 0.9}", NULL};
    struct ran *r = run_dose("kind: coated, half_life: 3 min, dose_per_needle: 0.017 ug, wear: 90 min", course);
    if (!r) return;
    const struct solution *s = &r->result.solution;
    const struct needle_dose *d = &r->study.problem.needles;
    ASSERT_REL(solution_at(s, 1, COL_APPLIED), d->buried + d->outside, 1e-12);
    ASSERT_REL(solution_at(s, 2, COL_APPLIED), 2.0 * (d->buried + d->outside), 1e-12);
    CU_ASSERT_EQUAL(solution_at(s, 0, COL_THETA), 1.0);
    ASSERT_REL(solution_at(s, 1, COL_THETA), 0.9 * exp2(-0.5 / 0.8), 1e-9);
    CU_ASSERT_EQUAL(solution_at(s, 2, COL_THETA), 1.0);
    release(r);
}

/* With a vehicle on top the drug is kept as well: what dissolves under an infinite dose flows into it, and back. */
static void drug_of_needles_and_of_a_vehicle_adds_up(void)
{
    static const char *const both[] = {"vehicle={type: finite, concentration: 2.9 mg/mL, K: 1, thickness: 70 um}",
                                       "patch/remove_at=90 min", NULL};
    static const char *const infinite[] = {"vehicle={type: infinite, concentration: 2.9 mg/mL, K: 1}", NULL};
    for (int i = 0; i < 2; i++) {
        struct ran *r = run_dose("kind: dissolving, gone_after: 11 min, dose_per_needle: 0.13 ug", i ? infinite : both);
        if (!r) continue;
        const struct solution *s = &r->result.solution;
        for (size_t k = 0; k < s->n_out; k++) {
            struct share share[SHARES_MAX];
            double sum = 0.0;
            for (size_t j = shares_at(&r->study, s, k, share); j-- > 0;)
                sum += share[j].amount;
            ASSERT_REL(sum, amount_in(s, k), 1e-6);
        }
        if (!i) ASSERT_REL(amount_in(s, 4), 2.9 * 70e-6 + 137e4 * 0.13e-9, 1e-9);
        release(r);
    }
}

/* The mean over depths of the buried share of a sharp cone: E[(d/L)^3] of the cells. */
static void scattered_depths_bury_their_own_shares(void)
{
    static const char *const spread[] = {"insertion={depth: 312 um, depth_sd: 41 um}", "needles/tip_diameter=0 um",
                                         NULL};
    struct ran *r = run_dose("kind: dissolving, gone_after: 3 min, dose_per_needle: 0.29 ug, solubility: 1e9 mg/mL",
                             spread);
    if (!r) return;
    double buried = 0.0, all = 137e4 * 0.29e-9;
    for (size_t i = 0; i < r->study.n_depths; i++)
        buried += r->study.at_depth[i].share * pow(r->study.at_depth[i].depth / 610e-6, 3.0) * all;
    ASSERT_REL(solution_at(&r->result.solution, 4, COL_UNDELIVERED), all - buried, 1e-5);
    ASSERT_REL(solution_at(&r->result.solution, 4, COL_APPLIED), all, 1e-9);
    release(r);
}

/* 0.12 of 1.3 g/mL in a sharp cone of 610 um and 183 um. */
static void a_share_of_the_matrix_makes_the_dose(void)
{
    static const char *const sharp[] = {"needles/tip_diameter=0 um", NULL};
    struct ran *r = run_dose("kind: dissolving, drug_fraction: 0.12, solubility: 300 mg/mL, matrix: {solubility: 300 "
                             "mg/mL, density: 1.3 g/mL, rate: 1e-4 cm/s}",
                             sharp);
    if (!r) return;
    double volume = 3.14159265358979 / 3.0 * 91.5e-6 * 91.5e-6 * 610e-6;
    const struct needle_dose *d = &r->study.problem.needles;
    ASSERT_REL(d->buried + d->outside, 137e4 * 0.12 * 1300.0 * volume, 1e-6);
    release(r);
}

/* Estimated at the default level, measured against a mesh four times as fine. */
static void stated_errors_cover_the_true_ones(void)
{
    static const char *const names[] = {"coated_patch", "dissolving_patch"};
    static const enum column column[] = {COL_Q_TOP, COL_CHANNEL, COL_LAYER0 + 1, COL_LAYER0 + 2};
    for (size_t i = 0; i < 2; i++) {
        struct study *s = malloc(sizeof *s);
        struct solution coarse, fine;
        char path[100];
        snprintf(path, sizeof path, "config/studies/%s.yaml", names[i]);
        CU_ASSERT_EQUAL_FATAL(study_load(s, path, NULL, NULL), 0);
        CU_ASSERT_EQUAL_FATAL(simulate_with_error(&s->problem, &coarse, NULL), 0);
        s->problem.level = 0.25;
        s->problem.rtol = 1e-7;
        CU_ASSERT_EQUAL_FATAL(simulate(&s->problem, &fine, NULL), 0);
        for (size_t k = 0; k < coarse.n_out; k++) {
            for (size_t c = 0; c < 4; c++)
                CU_ASSERT(fabs(solution_at(&coarse, k, column[c]) - solution_at(&fine, k, column[c])) <=
                          solution_error(&coarse, k, column[c]));
            CU_ASSERT(fabs(solution_delivered(&coarse, k) - solution_delivered(&fine, k)) <=
                      solution_error(&coarse, k, COL_Q_BOTTOM) + solution_error(&coarse, k, COL_Q_CLEARED));
        }
        solution_release(&coarse);
        solution_release(&fine);
        study_release(s);
        free(s);
    }
}

/* Where the load ends between the faces, what has not dissolved when the needles go is the integral over the loaded
 * length of w^2 T with dT/dt = -rate (T - (1 - t/t_z)^2) far below solubility. */
static double left_of_matrix(const struct problem *p, double t)
{
    enum { SLICES = 20000 };
    double left = 0.0, all = 0.0, depth = p->channel.depth, length = fmin(p->needles.loaded, depth);
    for (int i = 0; i < SLICES; i++) {
        double w = channel_radius(&p->channel, depth - length * (i + 0.5) / SLICES);
        double gone = p->needles.gone_after * w / p->channel.r_surface, u = fmax(0.0, 1.0 - t / gone);
        double lag = 1.0 / (p->needles.rate * gone);
        left += w * w * (u > 0.0 ? u * u + 2.0 * u * lag + 2.0 * lag * lag : 0.0);
        all += w * w;
    }
    return p->needles.outside + p->needles.buried * left / all;
}

static void what_is_left_of_a_load_that_ends_between_faces_is_its_integral(void)
{
    static const char *const none[] = {"drug/solubility=1e9 mg/mL", NULL};
    static const char *const length[] = {"97 um", "190 um", "251 um"};
    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        char dose[160];
        struct solution s;
        snprintf(dose, sizeof dose, "kind: dissolving, gone_after: 20 min, dose_per_needle: 0.29 ug, wear: 5 min, "
                 "loaded_length: %s", length[i]);
        struct ran *r = run_dose(dose, none);
        if (!r) return;
        double want = left_of_matrix(&r->study.problem, 300.0);
        CU_ASSERT_EQUAL_FATAL(simulate_with_error(&r->study.problem, &s, NULL), 0);
        ASSERT_REL(solution_at(&s, 4, COL_UNDELIVERED), want, 1e-2);
        ASSERT_ABS(solution_at(&s, 4, COL_UNDELIVERED), want, solution_error(&s, 4, COL_UNDELIVERED));
        CU_ASSERT(solution_error(&s, 4, COL_UNDELIVERED) < 0.2 * want);
        CU_ASSERT(solution_error(&s, 4, COL_Q_TOP) < 0.01 * solution_at(&s, 4, COL_Q_TOP));
        solution_release(&s);
        release(r);
    }
}

static void skin_beside_the_needles_gets_nothing_of_their_dose(void)
{
    static const char *const wide[] = {"patch={area: 2.3 cm2, dose_area: 2.9 cm2, orifice_area: 3.1 cm2}", NULL};
    struct ran *r = run_dose("kind: coated, half_life: 19 s, dose_per_needle: 0.017 ug", wide);
    if (!r) return;
    double delivered = solution_delivered(&r->result.solution, 4) * 1e5;
    ASSERT_REL(endpoint_find(&r->result.endpoints, "delivered_end_cell")->value, delivered * 2.3, 1e-12);
    ASSERT_REL(endpoint_find(&r->result.endpoints, "delivered_end_orifice")->value, delivered * 2.3 / 3.1, 1e-12);
    release(r);
}

static void without_needles_their_dose_is_none(void)
{
    struct err e;
    CU_ASSERT_EQUAL(load_changed("needles: pins\ndensity: 137 /cm2\ninsertion: {depth: 312 um}\nchannel: {fill: "
                                 "diffusing, radius_ratio: 0.83}\nvehicle: {type: infinite, concentration: 7.3 mg/mL, "
                                 "K: 1.1}\n",
                                 "needle_dose: {kind: coated, half_life: 9 s, dose_per_needle: 0.1 ug}\n", &e),
                    ERR_PARSE);
    ASSERT_HAS(e.msg, "missing key 'vehicle'");
}

static void doses_that_cannot_be_are_refused(void)
{
    static const struct { const char *find, *put, *words, *hint; int code; } wrong[] = {
        {"", "needle_dose: {kind: coated, dose_per_needle: 0.1 ug}\n", "needs either half_life or at_once", "20 s",
         ERR_PARSE},
        {"", "needle_dose: {kind: coated, dose_per_needle: 0.1 ug, half_life: 9 s, at_once: yes}\n",
         "needs either half_life or at_once", "", ERR_PARSE},
        {"", "needle_dose: {kind: coated, half_life: 9 s}\n", "needs either dose_per_needle, or drug_fraction",
         "0.2 ug", ERR_PARSE},
        {"", "needle_dose: {kind: coated, half_life: 9 s, dose_per_needle: 0.1 ug, gone_after: 3 min}\n",
         "needle_dose/gone_after: is not for coated needles", "", ERR_PARSE},
        {"", "needle_dose: {kind: dissolving, half_life: 9 s, dose_per_needle: 0.1 ug}\n",
         "needle_dose/half_life: is not for dissolving needles", "", ERR_PARSE},
        {"", "needle_dose: {kind: dissolving, dose_per_needle: 0.1 ug}\n", "needs either a matrix or gone_after",
         "gone_after: 9 min", ERR_PARSE},
        {"", "needle_dose: {kind: dissolving, drug_fraction: 0.1, gone_after: 4 min}\n", "and a matrix density", "",
         ERR_PARSE},
        {"", "needle_dose: {kind: coated, half_life: 9 s, dose_per_needle: 0.1 ug, loaded_length: 611 um}\n",
         "needle_dose/loaded_length", "", ERR_RANGE},
        {"", "needle_dose: {kind: coated, half_life: 9 s, dose_per_needle: -0.1 ug}\n", "-0.1 ug", "", ERR_RANGE},
        {"", "needle_dose: {kind: hydrogel, dose_per_needle: 0.1 ug}\n", "hydrogel", "", ERR_PARSE},
        {"fill: diffusing, radius_ratio: 0.83}",
         "fill: stirred, radius_ratio: 0.83}\nneedle_dose: {kind: coated, half_life: 9 s, dose_per_needle: 0.1 ug}",
         "a stirred channel is part of the vehicle", "fill: diffusing", ERR_RANGE},
        {"radius_ratio: 0.83}",
         "surface_radius: 30 um, tip_radius: 2 um}\nneedle_dose: {kind: dissolving, gone_after: 2 min, "
         "dose_per_needle: 0.1 ug}",
         "needs radius_ratio, not two radii", "radius_ratio: 1", ERR_PARSE},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err e;
        int code = load_changed(wrong[i].find, wrong[i].put, &e);
        if (code != wrong[i].code) printf("\n  case %zu: %d %s\n", i, code, e.msg);
        CU_ASSERT_EQUAL(code, wrong[i].code);
        ASSERT_HAS(e.msg, "study.yaml:");
        ASSERT_HAS(e.msg, wrong[i].words);
        ASSERT_HAS(e.hint, wrong[i].hint);
    }
}

#define T(f) {#f, f}
CU_TestInfo needle_dose_tests[] = {
    T(only_the_buried_part_of_the_needles_counts),
    T(needles_that_stayed_out_keep_their_dose),
    T(a_coat_dissolves_exponentially_into_fluid_without_drug),
    T(a_buried_matrix_shrinks_as_the_cone_of_t10),
    T(a_coat_beyond_solubility_holds_the_channel_saturated),
    T(needles_pulled_out_take_the_undissolved_rest_along),
    T(every_session_brings_its_dose_and_closing_waits_for_the_needles),
    T(drug_of_needles_and_of_a_vehicle_adds_up),
    T(scattered_depths_bury_their_own_shares),
    T(a_share_of_the_matrix_makes_the_dose),
    T(what_is_left_of_a_load_that_ends_between_faces_is_its_integral),
    T(stated_errors_cover_the_true_ones),
    T(skin_beside_the_needles_gets_nothing_of_their_dose),
    T(without_needles_their_dose_is_none),
    T(doses_that_cannot_be_are_refused),
    CU_TEST_INFO_NULL,
};
