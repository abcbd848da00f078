/* answers.c -- every exact test and limit of the solver at default settings, one row each: what is expected, what is
 * computed, the error and the bound that the run states.  With MNSIM_ANSWERS in the environment the rows are printed as
 * a table.  The tests named after the physics hold single values more tightly, on finer meshes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/exact.h"
#include "tests/solver/suites.h"

#define CM 1e-2
static const double DAY = 24 * 3600.0;

/* known: how well the expected value is known, relative: its digits, or what a limit has left. */
static void row(const char *what, double expected, double computed, double stated, double known)
{
    double error = fabs(computed - expected);
    if (getenv("MNSIM_ANSWERS")) /* what, expected, computed, relative error, stated, how well known */
        printf("\n| %s | %.9g | %.9g | %.1e | %.1e | %.0e |", what, expected, computed, error / fabs(expected),
               stated / fabs(expected), known);
    if (!(error <= stated + known * fabs(expected)))
        printf("\n%s: %.9g, want %.9g, stated %.2g", what, computed, expected, stated);
    CU_ASSERT(error <= stated + known * fabs(expected));
}

/* One value of a run with its bound. */
static void value(const char *what, const struct problem *p, size_t k, enum column c, double expected, double known)
{
    struct solution s;
    if (solve_with_error(p, &s)) {
        row(what, expected, solution_at(&s, k, c), solution_error(&s, k, c), known);
        solution_release(&s);
    }
}

static void steady(const char *what, const struct problem *p, double expected, double known)
{
    struct solution s;
    if (solve_with_error(p, &s)) {
        row(what, expected, s.J_ss, s.J_ss_error, known);
        solution_release(&s);
    }
}

static void one_time(struct problem *p, double t) { set_times(p, 1, &t, 1.0); }

/* ---- closed forms ---- */

static struct problem in_series(double clearance)
{
    struct problem p;
    problem_init(&p);
    p.n_layers = 3;
    p.layer[0] = (struct layer){.name = "stratum_corneum", .h = 15e-6, .D = 2e-14, .K = 10.0};
    p.layer[1] = (struct layer){.name = "viable_epidermis", .h = 100e-6, .D = 1e-11, .K = 1.0};
    p.layer[2] = (struct layer){.name = "dermis", .h = 1000e-6, .D = 5e-11, .K = 0.8, .clearance = clearance};
    static const double hours[] = {1, 4, 8, 24, 72};
    set_times(&p, 5, hours, 3600.0);
    return p;
}

void slabs_and_layers_lie_within_their_stated_bounds(void)
{
    struct problem p = slab(100e-6, 1e-11, 1.0);
    static const double t1[] = {60, 300, 3600};
    set_times(&p, 3, t1, 1.0);
    value("T1 slab, amount through at 300 s, kg/m2", &p, 1, COL_Q_BOTTOM, 1.43824427e-3 * CM, 1e-8);
    value("T1 slab, flux at 60 s, kg/m2/s", &p, 0, COL_J_BOTTOM, 0.0714198762 * 1e-7, 1e-8);
    p = in_series(0.0);
    value("T2 three layers, amount through at 8 h", &p, 2, COL_Q_BOTTOM, 1.42630839e-2 * CM, 1e-8);
    steady("T2 three layers, steady flux", &p, 9.09090909e-7 * CM, 1e-8);
    p = in_series(6.5e-4);
    p.receptor.kind = RECEPTOR_CLOSED;
    value("T3 clearance, taken up at 24 h", &p, 3, COL_Q_TOP, 0.100303951 * CM, 1e-8);
    value("T3 clearance, cleared at 24 h", &p, 3, COL_Q_CLEARED, 0.0884494943 * CM, 1e-8);
    double L = 173e-6, D = 3.1e-12, K = 2.385;
    p = slab(L, D, K);
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 1.0, .K = 1.0, .H = 0.5 * K * L};
    one_time(&p, 0.5 * L * L / D);
    value("T4 finite vehicle, amount through", &p, 0, COL_Q_BOTTOM, 0.340381605 * 0.5 * K * L, 1e-8);
    p.donor.H = 2.0 * K * L;
    p.receptor = (struct receptor){.kind = RECEPTOR_FRANZ, .K = 1.0, .H = 10.0 * K * L};
    one_time(&p, L * L / D);
    value("T5 finite vehicle and receptor, concentration", &p, 0, COL_RECEPTOR_CONC, 0.0560903578, 1e-8);
    p = slab(100e-6, 1e-10, 1.0);
    p.layer[0].metabolism.k = 1e-3;
    one_time(&p, 6 * 3600.0);
    value("T17 metabolism, flux out", &p, 0, COL_J_BOTTOM, 1e-6 * sqrt(0.1) / sinh(sqrt(0.1)), 1e-8);
}

void blood_levels_lie_within_their_stated_bounds(void)
{
    struct problem p = slab(100e-6, 1e-14, 1.0);
    static const double hours[] = {11, 18, 24, 30};
    p.donor.C0 = 0.0;
    p.body = (struct body){
        .present = true, .V = 0.105, .CL = 38.4e-3 / 3600, .infusion = 64e-6 / 12 / 3600, .infusion_end = 12 * 3600.0};
    set_times(&p, 4, hours, 3600.0);
    value("T14 one compartment, plasma at 11 h, kg/m3", &p, 0, COL_PLASMA, 0.136402536e-3, 1e-8);
    value("T14 one compartment, plasma at 18 h", &p, 1, COL_PLASMA, 0.0152853114e-3, 1e-8);
    p.body = (struct body){.present = true, .V = 0.05, .CL = 40e-3 / 3600, .V2 = 0.1, .CL_d = 60e-3 / 3600,
                           .infusion = 1e-6 / 3600, .infusion_end = 24 * 3600.0};
    value("T16 two compartments, plasma at 24 h", &p, 2, COL_PLASMA, 0.0248503682e-3, 1e-8);
    value("T16 two compartments, plasma at 30 h", &p, 3, COL_PLASMA, 0.00543119398e-3, 1e-8);
}

/* ---- channels ---- */

static struct problem covered(double cover, double h, double D, double K, double clearance)
{
    struct problem p;
    problem_init(&p);
    p.n_layers = 2;
    p.layer[0] = (struct layer){.name = "cover", .h = cover, .D = 1e-30, .K = 1e-9};
    p.layer[1] = (struct layer){.name = "tissue", .h = h, .D = D, .K = K, .clearance = clearance};
    one_time(&p, DAY);
    return p;
}

static void cylinder(struct problem *p, enum channel_fill fill, double depth, double radius, double cell)
{
    p->channel =
        (struct channel){.fill = fill, .depth = depth, .r_surface = radius, .r_tip = radius, .D = 5e-10, .K = 1.0};
    p->cell_radius = cell;
}

void channels_lie_within_their_stated_bounds(void)
{
    static const struct { double L, n, P;
    } cell[] = {{100, 100, 2.089391}, {100, 400, 4.231514}, {500, 100, 4.657732}, {500, 400, 7.584634}};
    double a = 50e-6, b = 250e-6, H = 300e-6;
    struct problem p = covered(2e-6, H, 5e-11, 0.83, 0.0);
    cylinder(&p, CHANNEL_STIRRED, 2e-6 + H, a, b);
    p.receptor.kind = RECEPTOR_CLOSED;
    one_time(&p, 600.0);
    value("T6 annulus, in the tissue at 600 s", &p, 0, (enum column)(COL_LAYER0 + 1),
          0.64243462 * 0.83 * H * (1.0 - a * a / (b * b)), 1e-8);
    p = covered(15e-6, 500e-6, 5e-11, 1.0, 0.0);
    cylinder(&p, CHANNEL_DIFFUSING, 15e-6, 25e-6, cell_radius_of_density(400e4));
    steady("T9 pores through a sheet, steady flux", &p, 1.722e-8, 1e-3);
    for (size_t i = 0; i < 4; i++) {
        char what[80];
        p = covered(0.5e-6, 1000e-6, 5e-11, 1.0, 0.0);
        cylinder(&p, CHANNEL_STIRRED, 0.5e-6 + cell[i].L * 1e-6, 50e-6, cell_radius_of_density(cell[i].n * 1e4));
        snprintf(what, sizeof what, "T18 channels, %.0f um, %.0f /cm2, steady flux", cell[i].L, cell[i].n);
        steady(what, &p, cell[i].P * 1e-8, 4e-6);
    }
    p = covered(0.5e-6, 1000e-6, 5e-11, 1.0, 5e-4);
    cylinder(&p, CHANNEL_STIRRED, 500.5e-6, 50e-6, cell_radius_of_density(400e4));
    p.receptor.kind = RECEPTOR_CLOSED;
    steady("T18 channels in vivo, 500 um, 400 /cm2", &p, 23.79294e-8, 4e-6);
    p = reference_skin('A');
    add_channel(&p, 'A', CHANNEL_DIFFUSING, 500e-6, 75e-6, 5e-6, 100.0);
    one_time(&p, DAY);
    steady("unit cell P, steady flux", &p, 4.245455971e-08, 1e-8);
}

/* ---- limits ---- */

static struct problem usual(char drug)
{
    static const double hours[] = {1, 4, 8, 24};
    struct problem p = reference_skin(drug);
    add_channel(&p, drug, CHANNEL_DIFFUSING, 413e-6, 57e-6, 4.1e-6, 131.0);
    set_times(&p, 4, hours, 3600.0);
    return p;
}

/* The amount delivered in 8 h, or the steady flux, of one problem tends to that of another. */
static void limit(const char *what, const struct problem *near, const struct problem *at, double left, bool is_steady)
{
    struct solution a, b;
    if (!solve_with_error(near, &a))
        return;
    if (solve_with_error(at, &b)) {
        double got = is_steady ? a.J_ss : solution_at(&a, 2, COL_Q_BOTTOM);
        double want = is_steady ? b.J_ss : solution_at(&b, 2, COL_Q_BOTTOM);
        double bound = is_steady ? a.J_ss_error + b.J_ss_error
                                 : solution_error(&a, 2, COL_Q_BOTTOM) + solution_error(&b, 2, COL_Q_BOTTOM);
        row(what, want, got, bound, left);
        solution_release(&b);
    }
    solution_release(&a);
}

void geometric_limits_lie_within_their_stated_bounds(void)
{
    struct problem p = usual('B'), q = usual('B');
    q.channel.fill = CHANNEL_NONE;
    add_channel(&p, 'B', CHANNEL_DIFFUSING, 413e-6, 20e-6, 4.1e-6, 0.05);
    limit("n -> 0 (0.05 /cm2) is intact skin, steady flux", &p, &q, 1e-3, true);
    add_channel(&p, 'B', CHANNEL_DIFFUSING, 0.6e-6, 20e-6, 20e-6, 100.0);
    limit("depth -> 0 (0.6 um) is intact skin, steady flux", &p, &q, 1e-3, true);
    p = usual('B');
    p.n_events = 2;
    p.event[0] = (struct event){.kind = EVENT_APPLY, .at = 0.0};
    p.event[1] = (struct event){.kind = EVENT_NEEDLES, .at = DAY};
    limit("2-D, channel never opened, is 1-D, delivered in 8 h", &p, &q, 0.0, false);
    p = covered(15e-6, 500e-6, 5e-11, 1.0, 0.0);
    cylinder(&p, CHANNEL_DIFFUSING, 15.5e-6, 25e-6, cell_radius_of_density(400e4));
    steady("depth -> corneum from below it (0.5 um) is T9, steady flux", &p, 1.722e-8, 0.03);
    p = covered(400e-6, 600e-6, 5e-11, 0.8, 0.0);
    cylinder(&p, CHANNEL_STIRRED, 400e-6, 97.9e-6, 100e-6);
    steady("full coverage (95.8 %) is the slab below, steady flux", &p, 0.8 * 5e-11 / 600e-6, 2e-3);
    p = usual('B');
    q = p;
    for (int l = 0; l < 3; l++)
        q.layer[l].K *= 3.7;
    q.channel.K *= 3.7;
    q.donor.K *= 3.7;
    limit("every K times 3.7 leaves what is delivered in 8 h", &q, &p, 0.0, false);
}

void limits_of_laws_lie_within_their_stated_bounds(void)
{
    struct problem p = usual('A'), q = p;
    q.channel.closes = true;
    q.channel.elastic = 1.0;
    q.channel.half_life_open = q.channel.half_life_occluded = 1e15;
    limit("half-life -> infinity is open channels, delivered in 8 h", &q, &p, 0.0, false);
    q = p;
    p.layer[1].metabolism.k = 7e-4;
    q.layer[1].metabolism = (struct metabolism){.V_max = 7e-4 * 1e9, .K_m = 1e9};
    limit("K_m >> c is first order, delivered in 8 h", &q, &p, 0.0, false);
    double L = 140e-6, D = 6.1e-12, R = 4.0;
    q = slab(L, D, 1.7);
    q.layer[0].binding = (struct binding){.B_max = 3e3, .k_on = 0.04, .k_off = 40.0};
    q.donor.C0 = 1e-3;
    one_time(&q, 0.3 * L * L * R / D);
    value("quick binding is local equilibrium, amount through", &q, 0, COL_Q_BOTTOM,
          1e-3 * 1.7 * L * R * exact_slab_amount(0.3), 2e-4);
    p = usual('A');
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 3.3, .K = 1.4, .H = 95e-6};
    q = p;
    q.vehicle_layer = true;
    q.n_layers = 4;
    memmove(&q.layer[1], &q.layer[0], 3 * sizeof q.layer[0]);
    q.layer[0] = (struct layer){.name = "vehicle", .h = 95e-6, .D = 1e-6, .K = 1.4};
    limit("diffusive vehicle, D -> infinity, is mixed, delivered in 8 h", &q, &p, 0.0, false);
    p = usual('A');
    q = p;
    q.n_events = 2;
    q.event[0] = (struct event){.kind = EVENT_NEEDLES, .at = 0.0};
    q.event[1] = (struct event){.kind = EVENT_APPLY, .at = 0.0};
    limit("needles at t = 0 are needles from the start, 8 h", &q, &p, 0.0, false);
}
