/* test_studies.c -- the studies of config/studies and what their parts mean: exact answers, sums, closed forms. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solver/physics/formulas.h"
#include "solver/results/result.h"
#include "solver/results/tables.h"
#include "solver/space/mesh.h"
#include "tests/runner.h"
#include "tests/solver/study_fixture.h"
#include "tests/solver/suites.h"

struct ran { struct study study; struct result result; };

/* Reads and computes; NULL, and a failed test, when that fails. */
static struct ran *run_file(const char *path, const char *const *overrides)
{
    struct ran *r = calloc(1, sizeof *r);
    struct err e = {0};
    int rc = r ? study_load(&r->study, path, &(struct study_options){overrides, NULL}, &e) : ERR_NOMEM;
    if (!rc) {
        r->study.error_estimate = false; /* numbers, not their errors */
        rc = result_compute(&r->study, &r->result, &e);
    }
    if (!rc) return r;
    err_print(stdout, path, &e);
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

static struct ran *run_study(const char *name, const char *const *overrides)
{
    char path[200];
    snprintf(path, sizeof path, "config/studies/%s.yaml", name);
    return run_file(path, overrides);
}

/* Reference values: an independent finite-volume computation of the same four-layer cell. */
static void t15_four_layers_in_a_franz_cell(void)
{
    static const struct { size_t k; double donor, receptor, skin;
    } table[] = {{0, 4.54760158, 0.00107129931, 0.439467209},
                 {2, 3.89104918, 0.0379514001, 0.667582505},
                 {3, 3.36439814, 0.0889390219, 0.601868453}};
    struct ran *r = run_study("franz_four_layers", NULL);
    if (!r) return;
    const struct solution *s = &r->result.solution;
    for (size_t i = 0; i < 3; i++) {
        double skin = 0.0;
        for (size_t l = 0; l < s->n_layers; l++)
            skin += solution_at(s, table[i].k, (enum column)(COL_LAYER0 + l));
        ASSERT_REL(solution_at(s, table[i].k, COL_VEHICLE) / 1.572e-2, table[i].donor, 1e-5);
        ASSERT_REL(solution_at(s, table[i].k, COL_RECEPTOR_CONC), table[i].receptor, 1e-4);
        ASSERT_REL(skin * 0.6362e-4 * 1e6, table[i].skin, 1e-5);
    }
    release(r);
}

/* In every row all that went in is somewhere; simulate itself refuses a balance worse than 1e-6. */
static void in_every_study_each_row_adds_up_to_what_went_in(void)
{
    static const char *const names[] = {"franz_four_layers",
                                        "numbing_cream_then_serum",
                                        "course_of_three",
                                        "saturated_vehicle",
                                        "evaporating_dose",
                                        "diffusive_gel",
                                        "binding_depot",
                                        "metabolism",
                                        "two_compartments",
                                        "flow_through_cell",
                                        "depth_distribution",
                                        "pen_strikes",
                                        "stays_open_ascorbic_acid",
                                        "stays_open_lidocaine",
                                        "stays_open_niacinamide", "stays_open_retinol", "stays_open_glycolic_acid",
                                        "stays_open_lactic_acid",
                                        "coated_patch", "dissolving_patch", "caffeine_patch",
                                        "occluded_patch", "hexagonal_bullets", "roller_passes",
                                        "sampled_franz_cell", "saturable_skin", "stamp_stirred",
                                        "nicotine_patch_15mg"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct ran *r = run_study(names[i], NULL);
        if (!r) continue;
        const struct solution *s = &r->result.solution;
        for (size_t k = 0; k < s->n_out; k++) {
            struct share share[SHARES_MAX];
            size_t n = shares_at(&r->study, s, k, share);
            double in = amount_in(s, k), sum = 0.0;
            bool is_finite = !study_has_dose(&r->study, DONOR_INFINITE);
            for (size_t j = 0; j < n; j++)
                sum += share[j].amount;
            CU_ASSERT(in > 0.0);
            ASSERT_REL(sum, in, 1e-6);
            if (is_finite) ASSERT_REL(in, solution_at(s, k, COL_APPLIED), 1e-6);
        }
        release(r);
    }
}

static void cream_before_the_needles_meets_intact_skin(void)
{
    static const char *const short_study[] = {"schedule/duration=6 h", "schedule/every=20 min", NULL};
    struct ran *r = run_study("numbing_cream_then_serum", short_study);
    if (!r) return;
    const struct solution *with = &r->result.solution, *intact = &r->result.intact;
    for (size_t k = 0; k < 2; k++) { /* 20 and 40 min; needles at 45 min */
        ASSERT_REL(solution_at(with, k, COL_Q_TOP), solution_at(intact, k, COL_Q_TOP),
                   2e-2); /* the meshes differ: the cell has fewer elements down */
        CU_ASSERT_EQUAL(solution_at(with, k, COL_CHANNEL), 0.0);
        CU_ASSERT_EQUAL(solution_at(with, k, COL_THETA), 0.0);
    }
    ASSERT_REL(solution_at(with, 2, COL_THETA), exp2(-0.25 / 0.8), 1e-9); /* 15 min after the needles */
    CU_ASSERT(solution_delivered(with, 5) > 2.0 * solution_delivered(intact, 5));
    release(r);
}

static void saturated_vehicle_keeps_its_activity_until_the_solid_is_gone(void)
{
    struct ran *r = run_study("saturated_vehicle", NULL);
    if (!r) return;
    const struct problem *p = &r->study.problem;
    ASSERT_REL(p->donor.C0, 20.0, 1e-12);
    ASSERT_REL(p->donor.excess, 10.0 * 100e-6, 1e-12); /* (30 - 20) mg/mL in 100 um */
    release(r);
}

static void metabolism_lets_the_known_share_escape_and_the_metabolite_is_kept(void)
{
    struct ran *r = run_study("metabolism", NULL);
    if (!r) return;
    const struct solution *s = &r->result.solution;
    size_t k = s->n_out - 1;
    ASSERT_REL(s->steady[COL_J_BOTTOM] / s->steady[COL_J_TOP], 0.952001912, 1e-8);
    double made = 0.8 * solution_at(s, k, COL_METABOLISED);
    ASSERT_REL(solution_at(s, k, COL_M_SKIN) + solution_at(s, k, COL_M_BOTTOM), made, 1e-6);
    release(r);
}

static void two_patches_give_twice_the_level_of_one(void)
{
    static const char *const one[] = {"patch/count=1", NULL};
    struct ran *a = run_study("two_compartments", one), *b = run_study("two_compartments", NULL);
    if (!a || !b) return;
    size_t k = 4;
    ASSERT_REL(solution_at(&b->result.solution, k, COL_PLASMA), 2.0 * solution_at(&a->result.solution, k, COL_PLASMA),
               1e-4);
    ASSERT_REL(solution_at(&b->result.solution, k, COL_SECOND), 2.0 * solution_at(&a->result.solution, k, COL_SECOND),
               1e-4);
    ASSERT_REL(endpoint_find(&b->result.endpoints, "delivered_end_patch")->value,
               endpoint_find(&a->result.endpoints, "delivered_end_patch")->value, 1e-4); /* of each patch */
    release(a);
    release(b);
}

static const struct quantity *quantity_named(const struct quantity *q, size_t n, const char *stem)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(q[i].stem, stem) == 0) return &q[i];
    return NULL;
}

/* Mean concentration x flow x interval is what was collected. */
static void fractions_are_means_over_their_interval(void)
{
    struct ran *r = run_study("flow_through_cell", NULL);
    if (!r) return;
    struct quantity list[QUANTITIES_MAX];
    const struct solution *s = &r->result.solution;
    const struct quantity *c = quantity_named(list, quantities_of(&r->study, list), "fraction");
    double sum = 0.0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    for (size_t k = 0; k < s->n_out; k++)
        sum += quantity_value(c, s, k) * 1.5 * 2.0; /* ug/mL x mL/h x h */
    ASSERT_REL(sum, solution_at(s, s->n_out - 1, COL_SAMPLED) * 1e9 * 0.64e-4, 1e-9);
    release(r);
}

/* Flux of two layers with a resistance R between them: 1/(R1 + R + R2); its lag with U, V of the layers enlarged by R.
 */
static void an_interface_adds_its_resistance_and_nothing_else(void)
{
    static const char *const overrides[] = {"needles=none", "patch={area: 1 cm2}",
                                            "vehicle={type: infinite, concentration: 1 mg/mL, K: 1}",
                                            "skin={name: two, layers: [{name: a, thickness: 100 um, D: 1e-11 m2/s, K: "
                                            "0.7}, {name: film, resistance: 300 h/cm}, "
                                            "{name: b, thickness: 230 um, D: 3e-11 m2/s, K: 1.9}]}",
                                            NULL};
    struct fixture f;
    fixture_make(&f);
    struct ran *r = run_file(f.study, overrides);
    fixture_remove(&f);
    if (!r) return;
    double Ra = 100e-6 / (0.7 * 1e-11), R = 300.0 * 3600.0 * 100.0, Rb = 230e-6 / (1.9 * 3e-11), all = Ra + R + Rb;
    double lag =
        (0.7 * 100e-6 * ((R + Rb) * Ra / 2.0 + Ra * Ra / 6.0) + 1.9 * 230e-6 * ((Ra + R) * Rb / 2.0 + Rb * Rb / 6.0)) /
        all;
    ASSERT_REL(r->result.solution.J_ss, 1.0 / all, 1e-7);
    ASSERT_REL(r->result.solution.lag, lag, 1e-5); /* 10 nm hold a little */
    release(r);
}

/* Dilute drug on quick sites is slowed by 1 + B/K_d: the lag of a slab grows by that, its uptake at 40 % of the lag
 * shrinks. */
static void sites_at_equilibrium_retard_dilute_drug(void)
{
    static const char *const overrides[] = {"needles=none",
                                            "patch={area: 1 cm2}",
                                            "vehicle={type: infinite, concentration: 1e-6 mg/mL, K: 1}",
                                            "lab_window={from: 40 h, to: 60 h}",
                                            "skin={name: one, layers: [{name: slab, thickness: 130 um, D: 2.3e-12 "
                                            "m2/s, K: 1.4, binding: {sites: 9 mg/mL, K_d: 2 mg/mL}}]}",
                                            "schedule={duration: 60 h, every: 2 h}",
                                            NULL};
    struct fixture f;
    fixture_make(&f);
    struct ran *r = run_file(f.study, overrides);
    fixture_remove(&f);
    if (!r) return;
    double lag = (1.0 + 9.0 / 2.0) * 130e-6 * 130e-6 / 6.0 / 2.3e-12 / 3600.0;
    ASSERT_REL(endpoint_find(&r->result.endpoints, "lag_lab")->value, lag, 1e-3);
    release(r);
}

static struct study load_fixture(const char *const *overrides)
{
    struct fixture f;
    struct study s;
    struct err e = {0};
    fixture_make(&f);
    if (study_load(&s, f.study, &(struct study_options){overrides, NULL}, &e)) {
        err_print(stdout, "test", &e);
        CU_FAIL_FATAL("the study should load");
    }
    fixture_remove(&f);
    return s;
}

/* The rule has the moments of the normal distribution when nothing is cut off, and the mean of the cut one when it is.
 */
static void depth_cells_have_the_moments_of_the_distribution(void)
{
    static const char *const narrow[] = {"insertion={depth: 200 um, depth_sd: 11 um}", NULL};
    static const char *const cut[] = {"insertion={depth: 60 um, depth_sd: 80 um}", NULL};
    struct study s = load_fixture(narrow);
    double share = 0.0, mean = 0.0, square = 0.0, fourth = 0.0;
    CU_ASSERT_EQUAL_FATAL(s.n_depths, 5);
    for (size_t i = 0; i < s.n_depths; i++) {
        double x = (s.at_depth[i].depth - 200e-6) / 11e-6, w = s.at_depth[i].share;
        share += w, mean += w * x, square += w * x * x, fourth += w * x * x * x * x;
        ASSERT_REL(s.at_depth[i].r_surface, 0.83 * (6.0 + 85.5 * s.at_depth[i].depth / 610e-6) * 1e-6, 1e-9);
    }
    CU_ASSERT_DOUBLE_EQUAL(share, 1.0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(mean, 0.0, 1e-10);
    CU_ASSERT_DOUBLE_EQUAL(square, 1.0, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(fourth, 3.0, 1e-8);
    study_release(&s);
    s = load_fixture(cut);
    double lo = (0.5 - 60.0) / 80.0, hi = (0.98 * 446.0 - 60.0) / 80.0; /* the least depth; 0.98 of the skin */
    double phi = exp(-lo * lo / 2.0) - exp(-hi * hi / 2.0), Phi = 0.5 * (erf(hi / sqrt(2.0)) - erf(lo / sqrt(2.0)));
    for (mean = 0.0; s.n_depths--;) {
        CU_ASSERT(s.at_depth[s.n_depths].depth > 0.0 && s.at_depth[s.n_depths].depth < 446e-6);
        mean += s.at_depth[s.n_depths].share * s.at_depth[s.n_depths].depth;
    }
    ASSERT_REL(mean, (60.0 + 80.0 * phi / sqrt(2.0 * acos(-1.0)) / Phi) * 1e-6, 1e-5);
    study_release(&s);
}

static void needles_of_almost_one_depth_are_needles_of_one_depth(void)
{
    static const char *const spread[] = {"insertion/depth_sd=0.01 um", NULL};
    struct ran *a = run_study("caffeine_patch", NULL), *b = run_study("caffeine_patch", spread);
    if (!a || !b) return;
    for (size_t k = 0; k < a->result.solution.n_out; k++)
        ASSERT_REL(solution_delivered(&b->result.solution, k), solution_delivered(&a->result.solution, k), 1e-4);
    ASSERT_REL(b->result.solution.J_ss, a->result.solution.J_ss, 1e-4);
    ASSERT_REL(b->result.solution.lag, a->result.solution.lag, 1e-4);
    release(a);
    release(b);
}

/* At the openness found, the steady flux is the asked factor of intact skin's; closed for good, channels are skin. */
static void skin_counts_as_closed_when_its_permeability_is_within_the_factor(void)
{
    struct ran *r = run_study("stays_open_lidocaine", NULL);
    if (!r) return;
    struct problem *p = malloc(sizeof *p);
    double after, openness, J, intact = r->result.intact.J_ss;
    char why[160];
    CU_ASSERT_EQUAL_FATAL(closed_after(&r->study, &after, &openness, why, NULL), 0);
    CU_ASSERT_EQUAL(simulate_steady(&r->study.problem, openness, &J, NULL), 0);
    ASSERT_REL(J / intact, 2.0, 1e-3);
    ASSERT_REL(after, 0.8 * 3600.0 * log2(1.0 / openness), 1e-12);
    ASSERT_REL(endpoint_find(&r->result.endpoints, "permeability_back_after")->value, after / 3600.0, 1e-9);
    CU_ASSERT_EQUAL(simulate_steady(&r->study.problem, 0.0, &J, NULL), 0);
    ASSERT_REL(J, intact, 1e-6);
    *p = r->study.problem;
    ASSERT_REL(r->result.solution.J_ss, (simulate_steady(p, 1.0, &J, NULL), J), 1e-12);
    free(p);
    release(r);
}

/* Covered for two hours after the second session: slowly at first, then quickly. */
static void the_time_to_close_follows_the_schedule_s_occlusion(void)
{
    struct ran *r = run_study("stays_open_lidocaine", NULL);
    if (!r) return;
    struct problem *p = &r->study.problem;
    double after, openness, half_lives;
    char why[160];
    p->channel.half_life_occluded = 23.0 * 3600.0;
    p->occluded_at_start = false;
    p->n_events = 5;
    p->event[0] = (struct event){.kind = EVENT_NEEDLES, .at = 0.0};
    p->event[1] = (struct event){.kind = EVENT_OCCLUDE, .at = 600.0};
    p->event[2] = (struct event){.kind = EVENT_NEEDLES, .at = 4000.0};
    p->event[3] = (struct event){.kind = EVENT_UNCOVER, .at = 4000.0 + 7200.0};
    p->event[4] = (struct event){.kind = EVENT_OCCLUDE, .at = 90.0 * 86400.0};
    CU_ASSERT_EQUAL_FATAL(closed_after(&r->study, &after, &openness, why, NULL), 0);
    half_lives = log2(p->channel.elastic / openness);
    CU_ASSERT(half_lives > 2.0 / 23.0);
    ASSERT_REL(after, 7200.0 + (half_lives - 2.0 / 23.0) * 0.8 * 3600.0, 1e-12);
    ASSERT_HAS(why, "occlusion as in the schedule");
    release(r);
}

static void already_closed_skin_and_unasked_factors_say_so(void)
{
    static const char *const wide[] = {"closure/back_within=100", NULL};
    struct ran *r = run_study("stays_open_lidocaine", wide);
    if (!r) return;
    CU_ASSERT_EQUAL(endpoint_find(&r->result.endpoints, "permeability_back_after")->value, 0.0);
    release(r);
}

/* theta halves every 20.2 h from 2 min on, and every 0.8 h from 24 h on. */
static void occlusion_sets_the_half_life_of_closure(void)
{
    struct ran *r = run_study("occluded_patch", NULL);
    if (!r) return;
    const struct solution *s = &r->result.solution; /* every 2 h */
    double first = exp2(-1.0 / 30.0 / 0.8);        /* 2 min before the film is on */
    ASSERT_REL(solution_at(s, 11, COL_THETA), first * exp2(-(24.0 - 1.0 / 30.0) / 20.2), 1e-9);
    ASSERT_REL(solution_at(s, 13, COL_THETA), first * exp2(-(24.0 - 1.0 / 30.0) / 20.2 - 4.0 / 0.8), 1e-9);
    release(r);
}

static void repeated_steps_come_again_after_their_interval(void)
{
    struct study *s = malloc(sizeof *s);
    CU_ASSERT_EQUAL_FATAL(study_load(s, "config/studies/course_of_three.yaml", NULL, NULL), 0);
    const struct problem *p = &s->problem;
    CU_ASSERT_EQUAL(p->n_events, 9);
    CU_ASSERT_EQUAL(p->event[7].kind, EVENT_APPLY);
    ASSERT_REL(p->event[7].at, 8.0 * 7.0 * 86400.0 + 300.0, 1e-12);
    CU_ASSERT_EQUAL(p->event[8].kind, EVENT_REMOVE);
    struct problem intact;
    study_intact(s, &intact);
    CU_ASSERT_EQUAL(intact.n_events, 6);
    study_release(s);
    free(s);
}

static void partition_of_an_aqueous_vehicle_follows_its_pH(void)
{
    struct study *s = malloc(sizeof *s);
    CU_ASSERT_EQUAL_FATAL(study_load(s, "config/studies/evaporating_dose.yaml", NULL, NULL), 0);
    double f74 = 1.0 / (1.0 + pow(10.0, 8.0 - 7.4)), f9 = 1.0 / (1.0 + pow(10.0, 8.0 - 9.0));
    ASSERT_REL(s->problem.donor.K, f74 / f9, 1e-12); /* nicotine: values at pH 7.4 */
    study_release(s);
    static const char *const neutral[] = {"drug={name: x, pka: 4.4, acid_base: acid}",
                                          "needles=none",
                                          "patch={area: 1 cm2}",
                                          "skin={name: y, layers: [{name: l, thickness: 1 mm, D: 1e-10 m2/s, K: 1}]}",
                                          "vehicle={type: infinite, concentration: 1 mg/mL, pH: 5.4}",
                                          NULL};
    *s = load_fixture(neutral);
    ASSERT_REL(s->problem.donor.K, 11.0, 1e-12); /* reference: the neutral form, 1 + 10^1 */
    study_release(s);
    free(s);
}

static void strikes_and_lattices_make_the_density(void)
{
    struct study *s = malloc(sizeof *s);
    CU_ASSERT_EQUAL_FATAL(study_load(s, "config/studies/pen_strikes.yaml", NULL, NULL), 0);
    ASSERT_REL(s->density, 12.0 * 7000.0 / 60.0 * 10.0 / 50e-4, 1e-12);
    study_release(s);
    CU_ASSERT_EQUAL_FATAL(study_load(s, "config/studies/roller_passes.yaml", NULL, NULL), 0);
    /* One turn of the drum is pi x 2 cm. */
    ASSERT_REL(s->density, 15.0 * 192.0 / (3.14159265358979 * 2e-2 * 2e-2), 1e-12);
    ASSERT_REL(s->density * 1e-4, 250.0, 0.1); /* counted after 15 passes of such a roller: "about" */
    study_release(s);
    static const char *const hexagonal[] = {
        "needles={name: h, kind: array, shape: frustum, length: 500 um, base_diameter: 120 um, "
        "tip_diameter: 20 um, pitch: 700 um, lattice: hexagonal, count: 91}",
        "density=", NULL};
    struct fixture f;
    struct err e = {0};
    fixture_make(&f);
    fixture_change(&f, "density: 137 /cm2\n", "");
    CU_ASSERT_EQUAL_FATAL(
        study_load(s, f.study, &(struct study_options){(const char *const[]){hexagonal[0], NULL}, NULL}, &e), 0);
    ASSERT_REL(s->density, 2.0 / sqrt(3.0) / (700e-6 * 700e-6), 1e-12);
    ASSERT_REL(s->problem.channel.r_tip, 0.83 * 10e-6, 1e-12);
    study_release(s);
    fixture_remove(&f);
    free(s);
}

static double channel_volume(const struct problem *p)
{
    struct mesh m;
    double volume = 0.0;
    CU_ASSERT_EQUAL_FATAL(mesh_build(&m, p, NULL), 0);
    for (size_t k = m.n_layers * m.n; k < m.n_zones * m.n; k++)
        volume += m.mass[k];
    mesh_release(&m);
    return volume;
}

/* Exact volume of nose and shaft: with u = s/nose, r = rt + (R - rt)(2u - u^2), pi nose int r^2 du + pi R^2 (L - nose).
 */
static void a_bullet_has_its_volume_and_lies_between_cone_and_cylinder(void)
{
    static const char *const shapes[] = {"shape: cone, tip_diameter: 20 um",
                                         "shape: bullet, tip_diameter: 20 um, tip_length: 140 um", "shape: cylinder"};
    double Q[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        char needles[300];
        snprintf(needles, sizeof needles, "needles={name: x, kind: array, %s, length: 610 um, base_diameter: 120 um}",
                 shapes[i]);
        struct study s = load_fixture((const char *const[]){needles, NULL});
        struct solution sol;
        CU_ASSERT_EQUAL_FATAL(simulate(&s.problem, &sol, NULL), 0);
        Q[i] = solution_delivered(&sol, sol.n_out - 1);
        solution_release(&sol);
        if (i == 1) {
            double rt = 0.83 * 10e-6, R = 0.83 * 60e-6, d = R - rt, b = s.problem.cell_radius;
            double nose = 140e-6 * (rt * rt + 2.0 * rt * d * 2.0 / 3.0 + d * d * 8.0 / 15.0);
            double exact = (nose + R * R * (312e-6 - 140e-6)) / (b * b);
            ASSERT_REL(channel_volume(&s.problem), exact, 1e-3);
            s.problem.level = 0.25;
            ASSERT_REL(channel_volume(&s.problem), exact, 3e-5);
            ASSERT_REL(channel_radius(&s.problem.channel, 312e-6 - 70e-6), rt + 0.75 * d, 1e-12);
            ASSERT_REL(channel_slope(&s.problem.channel, 312e-6 - 70e-6),
                       (channel_radius(&s.problem.channel, 242.1e-6) - channel_radius(&s.problem.channel, 241.9e-6)) /
                           0.2e-6,
                       1e-6);
        }
        study_release(&s);
    }
    CU_ASSERT(Q[0] < Q[1] && Q[1] < Q[2]);
}

/* array 0.5, dose 0.6, orifice 0.64 cm2. */
static void orifice_amount_is_the_sum_over_the_areas(void)
{
    struct ran *r = run_study("depth_distribution", NULL);
    if (!r) return;
    double Q = endpoint_find(&r->result.endpoints, "delivered_end")->value,
           Q0 = endpoint_find(&r->result.endpoints, "delivered_end_intact")->value;
    ASSERT_REL(endpoint_find(&r->result.endpoints, "delivered_end_cell")->value, 0.5 * Q + 0.1 * Q0, 1e-9);
    ASSERT_REL(endpoint_find(&r->result.endpoints, "delivered_end_orifice")->value, (0.5 * Q + 0.1 * Q0) / 0.64, 1e-9);
    release(r);
}

static void a_small_vehicle_called_infinite_is_warned_of(void)
{
    static const char *const thin[] = {"vehicle/volume=5 uL", NULL};
    struct ran *r = run_study("flow_through_cell", NULL), *t = run_study("flow_through_cell", thin);
    if (!r || !t) return;
    CU_ASSERT_EQUAL(r->result.endpoints.n_warnings, 0);
    CU_ASSERT_EQUAL_FATAL(t->result.endpoints.n_warnings, 1);
    ASSERT_HAS(t->result.endpoints.warning[0], "above 10 % an infinite dose is a poor picture");
    release(r);
    release(t);
}

static void fields_and_recovery_are_written_whole(void)
{
    struct ran *r = run_study("saturated_vehicle", NULL);
    struct fixture f;
    struct folder folder;
    char path[300], head[80];
    if (!r) return;
    fixture_make(&f);
    snprintf(path, sizeof path, "%s/out", f.folder);
    CU_ASSERT_EQUAL_FATAL(folder_open(&folder, path, false, NULL), 0);
    CU_ASSERT_EQUAL(fields_write(&r->study, &r->result.solution, &folder, NULL), 0);
    CU_ASSERT_EQUAL(recovery_write(&r->study, &r->result.solution, &folder, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(folder_commit(&folder, NULL), 0);
    char *vtk = fixture_read(&f, "out/fields/0009.vtk"), *csv = fixture_read(&f, "out/recovery.csv"),
         *series = fixture_read(&f, "out/fields.vtk.series");
    CU_ASSERT_PTR_NOT_NULL_FATAL(vtk);
    snprintf(head, sizeof head, "DIMENSIONS %zu %zu 1\nPOINTS %zu double\n", r->result.solution.nr,
             r->result.solution.nz, r->result.solution.unknowns);
    ASSERT_HAS(vtk, head);
    size_t lines = 0;
    for (const char *c = vtk; *c; c++)
        lines += *c == '\n';
    CU_ASSERT_EQUAL(lines, 9 + 2 * r->result.solution.unknowns);
    ASSERT_HAS(series, "{\"name\": \"fields/0009.vtk\", \"time\": 24}");
    ASSERT_HAS(csv, "absorbed,sink,300");
    ASSERT_HAS(csv, "recovery,total,300,300,100");
    free(vtk);
    free(csv);
    free(series);
    fixture_remove(&f);
    release(r);
}

CU_TestInfo studies_tests[] = {
    {"t15_four_layers_in_a_franz_cell", t15_four_layers_in_a_franz_cell},
    {"in_every_study_each_row_adds_up_to_what_went_in", in_every_study_each_row_adds_up_to_what_went_in},
    {"cream_before_the_needles_meets_intact_skin", cream_before_the_needles_meets_intact_skin},
    {"saturated_vehicle_keeps_its_activity_until_the_solid_is_gone",
     saturated_vehicle_keeps_its_activity_until_the_solid_is_gone},
    {"metabolism_lets_the_known_share_escape_and_the_metabolite_is_kept",
     metabolism_lets_the_known_share_escape_and_the_metabolite_is_kept},
    {"two_patches_give_twice_the_level_of_one", two_patches_give_twice_the_level_of_one},
    {"fractions_are_means_over_their_interval", fractions_are_means_over_their_interval},
    {"an_interface_adds_its_resistance_and_nothing_else", an_interface_adds_its_resistance_and_nothing_else},
    {"sites_at_equilibrium_retard_dilute_drug", sites_at_equilibrium_retard_dilute_drug},
    {"depth_cells_have_the_moments_of_the_distribution", depth_cells_have_the_moments_of_the_distribution},
    {"needles_of_almost_one_depth_are_needles_of_one_depth", needles_of_almost_one_depth_are_needles_of_one_depth},
    {"skin_counts_as_closed_when_its_permeability_is_within_the_factor",
     skin_counts_as_closed_when_its_permeability_is_within_the_factor},
    {"the_time_to_close_follows_the_schedule_s_occlusion", the_time_to_close_follows_the_schedule_s_occlusion},
    {"already_closed_skin_and_unasked_factors_say_so", already_closed_skin_and_unasked_factors_say_so},
    {"occlusion_sets_the_half_life_of_closure", occlusion_sets_the_half_life_of_closure},
    {"repeated_steps_come_again_after_their_interval", repeated_steps_come_again_after_their_interval},
    {"partition_of_an_aqueous_vehicle_follows_its_pH", partition_of_an_aqueous_vehicle_follows_its_pH},
    {"strikes_and_lattices_make_the_density", strikes_and_lattices_make_the_density},
    {"a_bullet_has_its_volume_and_lies_between_cone_and_cylinder",
     a_bullet_has_its_volume_and_lies_between_cone_and_cylinder},
    {"orifice_amount_is_the_sum_over_the_areas", orifice_amount_is_the_sum_over_the_areas},
    {"a_small_vehicle_called_infinite_is_warned_of", a_small_vehicle_called_infinite_is_warned_of},
    {"fields_and_recovery_are_written_whole", fields_and_recovery_are_written_whole},
    CU_TEST_INFO_NULL,
};
