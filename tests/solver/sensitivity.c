/* sensitivity.c -- differences by forward sensitivities are those of two tight runs, through events, closing channels,
 * binding, metabolism, receptors and bodies. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "solver/integrate/sensitivity.h"
#include "solver/study/study.h"
#include "tests/runner.h"
#include "tests/solver/suites.h"

/* The problem of a shipped study with one value set. */
static struct problem *problem_with(const char *file, const char *set, double value, const char *unit)
{
    char path[200], text[200];
    struct study s;
    struct err e = {0};
    snprintf(path, sizeof path, "config/studies/%s.yaml", file);
    snprintf(text, sizeof text, "%s=%.17g%s%s", set, value, unit[0] ? " " : "", unit);
    int rc = study_load(&s, path, &(struct study_options){(const char *const[]){text, NULL}, NULL}, &e);
    if (rc) printf("%s\n", e.msg);
    CU_ASSERT_EQUAL_FATAL(rc, 0);
    struct problem *p = malloc(sizeof *p);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    *p = s.problem;
    study_release(&s);
    return p;
}

/* Largest distance of the two differences over a column, relative to the column's largest difference, or to a millionth
 * of its largest value: below that the runs' own tolerance decides. */
static double distance(const double *a, const double *b, const struct solution *s)
{
    double worst = 0.0;
    for (size_t c = 0; c < COL_BALANCE; c++) {
        double apart = 0.0, most = 0.0;
        for (size_t k = c; k < s->n_out * COLS_MAX; k += COLS_MAX) {
            apart = fmax(apart, fabs(a[k] - b[k]));
            most = fmax(most, fmax(fabs(b[k]), 1e-6 * fabs(s->value[k])));
        }
        if (most > 0.0) worst = fmax(worst, apart / most);
    }
    return worst;
}

static void differences_follow_the_state_through_everything_that_can_happen(void)
{
    static const struct { const char *study, *set; double value; const char *unit; } item[] = {
        {"stays_open_lidocaine", "closure/half_life_open", 0.83, "h"},
        {"stays_open_lidocaine", "channel/surface_radius", 33.7, "um"},
        {"stays_open_lidocaine", "insertion/depth", 161.3, "um"},
        {"binding_depot", "skin/layers/0/binding/k_off", 3.37e-5, "1/s"},
        {"binding_depot", "skin/layers/0/thickness", 13.9, "um"},
        {"metabolism", "skin/layers/0/metabolism/rate", 1.37e-3, "1/s"},
        {"course_of_three", "channel/surface_radius", 33.7, "um"},
        {"numbing_cream_then_serum", "channel/radius_ratio", 0.77, ""},
        {"franz_four_layers", "skin/layers/1/D", 2.11e-3, "cm2/h"},
        {"two_compartments", "body/volume", 47.3, "L"},
        {"diffusive_gel", "vehicle/thickness", 0.93, "mm"},
        {"flow_through_cell", "receptor/volume", 0.31, "mL"},
        {"coated_patch", "needle_dose/dose_per_needle", 0.043, "ug"},
        {"coated_patch", "needle_dose/half_life", 23.7, "s"},
        {"dissolving_patch", "needle_dose/dose_per_needle", 0.0173, "ug"},
    };
    for (size_t i = 0; i < sizeof item / sizeof *item; i++) {
        double h = 5e-4;
        struct problem *p = problem_with(item[i].study, item[i].set, item[i].value, item[i].unit);
        struct problem *up = problem_with(item[i].study, item[i].set, item[i].value * exp(h), item[i].unit);
        struct problem *down = problem_with(item[i].study, item[i].set, item[i].value * exp(-h), item[i].unit);
        struct neighbours by = {up, down};
        struct solution s = {0}, tight[2] = {{0}, {0}};
        struct err e = {0};
        enum sensitivity_way way;
        double *forward = calloc(2 * p->n_out * COLS_MAX, sizeof *forward), *runs = forward + p->n_out * COLS_MAX;
        p->integrator = up->integrator = down->integrator = INTEGRATOR_CVODE;
        up->mesh_like = down->mesh_like = p;
        p->rtol = up->rtol = down->rtol = 1e-6;
        CU_ASSERT_EQUAL_FATAL(simulate_differences(p, &by, 1, &s, forward, &way, &e), 0);
        CU_ASSERT_EQUAL(way, SENSITIVITY_FORWARD);
        up->rtol = down->rtol = 1e-9;
        CU_ASSERT_EQUAL_FATAL(simulate(up, &tight[0], &e), 0);
        CU_ASSERT_EQUAL_FATAL(simulate(down, &tight[1], &e), 0);
        for (size_t k = 0; k < p->n_out * COLS_MAX; k++)
            runs[k] = tight[0].value[k] - tight[1].value[k];
        double far = distance(forward, runs, &s);
        printf(" [%s %s %.1e]", item[i].study, item[i].set, far);
        CU_ASSERT(far < 2e-3);
        solution_release(&s);
        solution_release(&tight[0]);
        solution_release(&tight[1]);
        free(forward);
        free(p);
        free(up);
        free(down);
    }
}

CU_TestInfo sensitivity_tests[] = {
    {"differences_follow_the_state_through_everything_that_can_happen",
     differences_follow_the_state_through_everything_that_can_happen},
    CU_TEST_INFO_NULL,
};
