/* cases.c -- see cases.h. */
#include <stdio.h>
#include "tests/runner.h"
#include "tests/solver/cases.h"

struct problem slab(double L, double D, double K)
{
    struct problem p;
    problem_init(&p);
    p.n_layers = 1;
    p.layer[0] = (struct layer){.name = "slab", .h = L, .D = D, .K = K, .clearance = 0.0};
    return p;
}

static const struct { double D[4], K[4]; } DRUG[3] = { /* SC, VE, DE, channel: tests/reference/README.md */
    {{1e-15, 1e-10, 2e-10, 5e-10}, {0.5, 0.8, 0.8, 1.0}},
    {{5e-14, 8e-11, 1.5e-10, 4e-10}, {20.0, 1.5, 1.2, 1.0}},
    {{1e-18, 1e-11, 2e-11, 6e-11}, {0.1, 0.5, 0.6, 1.0}},
};

struct problem reference_skin(char drug)
{
    static const char *name[3] = {"stratum_corneum", "viable_epidermis", "dermis"};
    static const double h[3] = {15e-6, 85e-6, 1000e-6};
    struct problem p;
    problem_init(&p);
    p.n_layers = 3;
    for (int i = 0; i < 3; i++) {
        p.layer[i] = (struct layer){.h = h[i], .D = DRUG[drug - 'A'].D[i], .K = DRUG[drug - 'A'].K[i]};
        snprintf(p.layer[i].name, sizeof p.layer[i].name, "%s", name[i]);
    }
    return p;
}

void add_channel(struct problem *p, char drug, enum channel_fill fill, double depth, double r_surface, double r_tip,
                 double n_per_cm2)
{
    p->channel = (struct channel){.fill = fill,
                                  .depth = depth,
                                  .r_surface = r_surface,
                                  .r_tip = r_tip,
                                  .D = DRUG[drug - 'A'].D[3],
                                  .K = DRUG[drug - 'A'].K[3]};
    p->cell_radius = cell_radius_of_density(n_per_cm2 * 1e4);
}

void set_times(struct problem *p, size_t n, const double *t, double unit)
{
    p->n_out = n;
    for (size_t i = 0; i < n; i++)
        p->t_out[i] = t[i] * unit;
    p->t_end = p->t_out[n - 1];
}

bool solve(const struct problem *p, struct solution *s)
{
    struct err e = {0};
    int rc = simulate(p, s, &e);
    if (rc)
        printf("\nsimulate: %s\n", e.msg);
    CU_ASSERT_EQUAL(rc, 0);
    return rc == 0;
}

bool solve_with_error(const struct problem *p, struct solution *s)
{
    struct err e = {0};
    int rc = simulate_with_error(p, s, &e);
    if (rc)
        printf("\nsimulate_with_error: %s\n", e.msg);
    CU_ASSERT_EQUAL(rc, 0);
    return rc == 0;
}
