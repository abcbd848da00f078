/* estimate.c -- the stated error bounds against runs on much finer meshes: drawn cells with every kind of vehicle,
 * exit, loss and closure. */
#include <stdio.h>
#include <string.h>
#include "base/provenance.h"
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/suites.h"

static const double HOURS[] = {0.5, 1, 2, 4, 8, 24};
enum { N_TIMES = sizeof HOURS / sizeof *HOURS, DRAWN = 30 };

static double uniform(unsigned long long *state) /* splitmix64 */
{
    unsigned long long z = (*state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

static double decades(unsigned long long *s, double lo, double hi) { return lo * pow(hi / lo, uniform(s)); }
static bool chance(unsigned long long *s, double p) { return uniform(s) < p; }

static struct problem draw_cell(unsigned long long *s, char *drug)
{
    *drug = (char)('A' + (int)(3.0 * uniform(s)));
    struct problem p = reference_skin(*drug);
    double depth = decades(s, 100e-6, 1000e-6), n = decades(s, 10.0, 1600.0);
    double rs = fmin(75e-6, 0.6 * cell_radius_of_density(n * 1e4)) * (0.3 + 0.7 * uniform(s));
    double rt = 1e-6 + (rs - 1e-6) * uniform(s);
    add_channel(&p, *drug, chance(s, 0.7) ? CHANNEL_DIFFUSING : CHANNEL_STIRRED, depth, rs, rt, n);
    set_times(&p, N_TIMES, HOURS, 3600.0);
    return p;
}

static void draw_vehicle(unsigned long long *s, struct problem *p)
{
    if (chance(s, 0.5))
        p->donor = (struct donor){.kind = DONOR_FINITE,
                                  .C0 = decades(s, 0.5, 20.0),
                                  .K = decades(s, 0.5, 3.0),
                                  .H = decades(s, 20e-6, 2e-3),
                                  .evaporation = chance(s, 0.5) ? decades(s, 1e-10, 1e-8) : 0.0};
    if (chance(s, 0.3))
        p->remove_at = decades(s, 0.4, 20.0) * 3600.0;
}

static void draw_exit(unsigned long long *s, struct problem *p)
{
    double which = uniform(s);
    if (which < 0.35) {
        p->receptor.kind = RECEPTOR_CLOSED;
        p->layer[1].clearance = decades(s, 1e-6, 1e-4);
        p->layer[2].clearance = decades(s, 1e-5, 1e-3);
        if (chance(s, 0.6))
            p->body = (struct body){.present = true,
                                    .V = decades(s, 0.01, 0.2),
                                    .CL = decades(s, 1e-6, 4e-5),
                                    .V2 = chance(s, 0.5) ? decades(s, 0.02, 0.2) : 0.0,
                                    .CL_d = 2.3e-5};
    } else if (which < 0.6) {
        p->receptor = (struct receptor){.kind = RECEPTOR_FRANZ,
                                        .K = 1.0,
                                        .H = decades(s, 2e-3, 2e-2),
                                        .q = chance(s, 0.4) ? decades(s, 1e-8, 1e-5) : 0.0,
                                        .sample_fraction = 0.02 + 0.5 * uniform(s),
                                        .n_samples = N_TIMES - 2};
        for (size_t k = 0; k < p->receptor.n_samples; k++)
            p->receptor.sample_at[k] = HOURS[k + 1] * 3600.0;
    }
}

static void draw_laws(unsigned long long *s, struct problem *p)
{
    size_t i = chance(s, 0.5) ? 1 : 2;
    if (chance(s, 0.3))
        p->layer[1].metabolism.k = p->layer[2].metabolism.k = decades(s, 1e-5, 1e-3);
    if (p->channel.fill == CHANNEL_DIFFUSING && chance(s, 0.3)) {
        p->channel.closes = true;
        p->channel.elastic = 0.3 + 0.7 * uniform(s);
        p->channel.half_life_open = decades(s, 0.8, 24.0) * 3600.0;
        p->channel.half_life_occluded = 3.0 * p->channel.half_life_open;
    }
    if (chance(s, 0.15)) {
        p->layer[i].metabolism.V_max = decades(s, 1e-6, 1e-3);
        p->layer[i].metabolism.K_m = decades(s, 0.01, 10.0);
    }
}

/* Values too small to show, and differences at the fine run's own rounding, are no test. */
static bool is_seen(const struct solution *fine, size_t k, enum column c)
{
    double largest = 0.0;
    for (size_t j = 0; j < fine->n_out; j++)
        largest = fmax(largest, fabs(solution_at(fine, j, c)));
    return c != COL_BALANCE && fabs(solution_at(fine, k, c)) > 1e-6 * largest;
}

static void check_case(const struct problem *p, char drug, int number)
{
    struct problem finer = *p;
    struct solution s, fine;
    finer.level = 0.4;
    finer.rtol = 1e-7;
    if (!solve_with_error(p, &s))
        return;
    if (solve(&finer, &fine)) {
        for (size_t k = 1; k < N_TIMES; k++) /* from 1 h on */
            for (int c = 0; c < COL_LAYER0 + 3; c++) {
                double want = solution_at(&fine, k, (enum column)c), got = solution_at(&s, k, (enum column)c);
                if (!is_seen(&fine, k, (enum column)c))
                    continue;
                double bound = solution_error(&s, k, (enum column)c) + 2e-8 * fabs(want);
                if (!(fabs(got - want) <= bound))
                    printf("\ncase %d, drug %c, column %d, %g h: %.6g against %.6g, stated %.2g", number, drug, c,
                           HOURS[k], got, want, bound);
                CU_ASSERT(fabs(got - want) <= bound);
                if (c == COL_Q_TOP && !p->channel.closes)
                    ASSERT_REL(got, want, 5e-3);
            }
        if (isfinite(fine.J_ss)) {
            ASSERT_ABS(s.J_ss, fine.J_ss, s.J_ss_error);
            ASSERT_ABS(s.lag, fine.lag, s.lag_error);
        }
        solution_release(&fine);
    }
    solution_release(&s);
}

void the_stated_bound_covers_the_error_of_every_column_of_drawn_studies(void)
{
    unsigned long long seed = 14695981039346656037ull; /* FNV-1a of the version: every release draws fresh ones */
    for (const char *v = provenance_version(); *v; v++)
        seed = (seed ^ (unsigned char)*v) * 1099511628211ull;
    printf(" [seed %llu]", seed);
    for (int i = 0; i < DRAWN; i++) {
        char drug;
        struct problem p = draw_cell(&seed, &drug);
        draw_vehicle(&seed, &p);
        draw_exit(&seed, &p);
        draw_laws(&seed, &p);
        check_case(&p, drug, i);
    }
}

/* The bound of what a user asks for first is no more than half a percent, and not so wide that it says nothing. */
void the_bound_of_the_delivered_amount_is_narrow_over_length_and_density(void)
{
    static const double hours[] = {1, 2, 4, 8};
    for (int i = 0; i < 9; i++) {
        struct problem p = reference_skin('A'), finer;
        double depth = (i % 3 == 0 ? 100e-6 : i % 3 == 1 ? 433e-6 : 1000e-6), n = i < 3 ? 10.0 : i < 6 ? 137.0 : 1600.0;
        double radius = fmin(0.15 * depth, 0.8 * cell_radius_of_density(n * 1e4));
        struct solution s, fine;
        add_channel(&p, 'A', CHANNEL_DIFFUSING, depth, radius, 0.1 * radius, n);
        set_times(&p, 4, hours, 3600.0);
        finer = p;
        finer.level = 0.4;
        if (!solve_with_error(&p, &s))
            continue;
        if (solve(&finer, &fine)) {
            double Q = solution_at(&fine, 3, COL_Q_BOTTOM), bound = solution_error(&s, 3, COL_Q_BOTTOM);
            CU_ASSERT(bound <= 5e-3 * Q);
            ASSERT_ABS(solution_at(&s, 3, COL_Q_BOTTOM), Q, bound);
            solution_release(&fine);
        }
        solution_release(&s);
    }
}
