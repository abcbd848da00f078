/* test_exact.c -- the solver against closed forms.  Each test checks the series against its tabulated values first (so
 * the oracle is itself checked), then the solver at default settings within its own stated bound, then a fine run
 * closely. */
#include <string.h>
#include "solver/physics/laboratory.h"
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/exact.h"
#include "tests/solver/suites.h"

#define CM 1e-2
#define FINE_LEVEL 0.25
#define FINE_RTOL 1e-9

/* want[k] for column c: default run within its bound, fine run within rel of the largest want. */
static void check(struct problem *p, enum column c, const double *want, double rel, bool delivered)
{
    struct solution s;
    double largest = 0.0;
    for (size_t k = 0; k < p->n_out; k++)
        largest = fmax(largest, fabs(want[k]));
    if (solve_with_error(p, &s)) {
        for (size_t k = 0; k < p->n_out; k++) {
            double v = delivered ? solution_delivered(&s, k) : solution_at(&s, k, c);
            double bound = delivered ? solution_error(&s, k, COL_Q_BOTTOM) + solution_error(&s, k, COL_Q_CLEARED)
                                     : solution_error(&s, k, c);
            ASSERT_ABS(v, want[k], bound);
            ASSERT_ABS(v, want[k], 2e-3 * largest); /* and the bound is not an excuse */
        }
        solution_release(&s);
    }
    p->level = FINE_LEVEL;
    p->rtol = FINE_RTOL;
    if (solve(p, &s)) {
        for (size_t k = 0; k < p->n_out; k++)
            ASSERT_ABS(delivered ? solution_delivered(&s, k) : solution_at(&s, k, c), want[k], rel * largest);
        solution_release(&s);
    }
    p->level = 1.0;
    p->rtol = 1e-5;
}

void t1_slab_with_constant_donor_and_sink(void)
{
    static const double t[] = {60, 120, 300, 600, 1800, 3600};
    static const double table[] = {7.85550895e-6, 1.48872671e-4, 1.43824427e-3,
                                   4.3387651e-3,  1.63333334e-2, 3.43333333e-2};
    double L = 1e-4, D = 1e-11, Q[6], J[6];
    for (int k = 0; k < 6; k++) {
        Q[k] = L * exact_slab_amount(D * t[k] / (L * L));
        J[k] = D / L * exact_slab_flux(D * t[k] / (L * L));
        ASSERT_REL(Q[k], table[k] * CM, 1e-8);
    }
    ASSERT_REL(exact_slab_flux(0.06), 0.0714198762, 1e-8);
    struct problem p = slab(L, D, 1.0);
    set_times(&p, 6, t, 1.0);
    check(&p, COL_Q_BOTTOM, Q, 1e-6, false);
    check(&p, COL_J_BOTTOM, J, 1e-5, false);
    struct solution s;
    if (solve(&p, &s)) {
        ASSERT_REL(s.J_ss, 1e-5 * CM, 1e-9);
        ASSERT_REL(s.lag, 166.666666667, 1e-9);
        solution_release(&s);
    }
}

static struct problem three_layers(double k_dermis)
{
    struct problem p;
    problem_init(&p);
    p.n_layers = 3;
    p.layer[0] = (struct layer){.name = "stratum_corneum", .h = 15e-6, .D = 2e-14, .K = 10.0, .clearance = 0.0};
    p.layer[1] = (struct layer){.name = "viable_epidermis", .h = 100e-6, .D = 1e-11, .K = 1.0, .clearance = 0.0};
    p.layer[2] = (struct layer){.name = "dermis", .h = 1000e-6, .D = 5e-11, .K = 0.8, .clearance = k_dermis};
    return p;
}

void t2_three_layers_in_series(void)
{
    static const double t[] = {1, 4, 8, 24, 72};
    static const double table[] = {1.12209715e-5, 3.44710793e-3, 1.42630839e-2, 6.60669715e-2, 0.223157025};
    double Q[5];
    for (int k = 0; k < 5; k++)
        Q[k] = table[k] * CM;
    struct problem p = three_layers(0.0);
    set_times(&p, 5, t, 3600.0);
    check(&p, COL_Q_BOTTOM, Q, 2e-6, false);
    struct solution s;
    if (solve(&p, &s)) {
        ASSERT_REL(s.permeability, 9.09090909e-7 * CM, 1e-8);
        ASSERT_REL(s.lag, 13727.2727, 1e-8);
        ASSERT_REL(skin_permeability(&p), 9.09090909e-7 * CM, 1e-8);
        ASSERT_REL(skin_lag(&p), 13727.2727, 1e-8);
        for (size_t i = 0; i < s.nz; i++) {
            if (fabs(s.z[i] - 15e-6) < 1e-12) ASSERT_REL(s.steady_mean[i], 0.318181818, 1e-8);
            if (fabs(s.z[i] - 115e-6) < 1e-12) ASSERT_REL(s.steady_mean[i], 0.227272727, 1e-8);
        }
        solution_release(&s);
    }
}

void t3_clearance_in_the_dermis(void)
{
    static const double t[] = {4, 24, 72};
    static const double in[] = {0.0219887234 * CM, 0.100303951 * CM, 0.288244438 * CM};
    static const double out[] = {0.0101691117 * CM, 0.0884494943 * CM, 0.276389982 * CM};
    struct problem p = three_layers(6.5e-4);
    p.receptor.kind = RECEPTOR_CLOSED;
    set_times(&p, 3, t, 3600.0);
    check(&p, COL_Q_TOP, in, 2e-6, false);
    check(&p, COL_Q_CLEARED, out, 2e-6, false);
    struct solution s;
    p.level = FINE_LEVEL;
    if (solve(&p, &s)) {
        ASSERT_REL(s.permeability, 1.08761856e-6 * CM, 1e-7);
        solution_release(&s);
    }
}

void t4_finite_vehicle_over_a_sink_and_its_reciprocal(void)
{
    static const double tau[] = {0.05, 0.1, 0.25, 0.5, 1, 2, 5};
    static const double table[] = {4.62968824e-4, 0.0122211349, 0.126694396, 0.340381605,
                                   0.630444281,   0.884109586,  0.996426047};
    double L = 173e-6, D = 3.1e-12, K = 2.385, alpha = 0.5, Q[7];
    struct problem p = slab(L, D, K);
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 7.3, .K = 1.0, .H = alpha * K * L};
    set_times(&p, 7, tau, L * L / D);
    for (int k = 0; k < 7; k++) {
        ASSERT_REL(exact_finite_vehicle(alpha, tau[k]), table[k], 1e-8);
        Q[k] = exact_finite_vehicle(alpha, tau[k]) * 7.3 * alpha * K * L;
    }
    check(&p, COL_Q_BOTTOM, Q, 2e-6, false);
    /* By reciprocity the same numbers are C_r/C0 for a constant donor into a finite receptor. */
    p.donor = (struct donor){.kind = DONOR_INFINITE, .C0 = 7.3, .K = 1.0, .H = 0.0};
    p.receptor = (struct receptor){.kind = RECEPTOR_FRANZ, .K = 1.0, .H = alpha * K * L};
    for (int k = 0; k < 7; k++)
        Q[k] = 7.3 * table[k];
    check(&p, COL_RECEPTOR_CONC, Q, 2e-6, false);
}

void t5_finite_donor_and_finite_receptor(void)
{
    static const double tau[] = {0.1, 0.5, 1, 5, 20};
    double C[] = {7.25295687e-4, 0.0259682113, 0.0560903578, 0.142494271, 0.153842618};
    double L = 173e-6, D = 3.1e-12, K = 2.385;
    struct problem p = slab(L, D, K);
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 1.0, .K = 1.0, .H = 2.0 * K * L};
    p.receptor = (struct receptor){.kind = RECEPTOR_FRANZ, .K = 1.0, .H = 10.0 * K * L};
    set_times(&p, 5, tau, L * L / D);
    check(&p, COL_RECEPTOR_CONC, C, 2e-6, false);
}

/* Tissue around a stirred channel: an impermeable cover keeps the patch from the tissue's top, the bottom is closed. */
static struct problem annulus(double a, double b, double H, double k)
{
    struct problem p;
    problem_init(&p);
    p.n_layers = 2;
    p.layer[0] = (struct layer){.name = "cover", .h = 2e-6, .D = 1e-30, .K = 1e-9, .clearance = 0.0};
    p.layer[1] = (struct layer){.name = "tissue", .h = H, .D = 5e-11, .K = 0.83, .clearance = k};
    p.channel =
        (struct channel){.fill = CHANNEL_STIRRED, .depth = 2e-6 + H, .r_surface = a, .r_tip = a, .D = 5e-10, .K = 1.0};
    p.cell_radius = b;
    p.receptor.kind = RECEPTOR_CLOSED;
    return p;
}

void t6_annulus_around_a_channel(void)
{
    static const double t[] = {60, 300, 600, 1800, 3600};
    static const double table[] = {0.146619915, 0.423081693, 0.64243462, 0.947232827, 0.997008587};
    double a = 50e-6, b = 250e-6, H = 300e-6, M[5];
    for (int k = 0; k < 5; k++) {
        ASSERT_REL(exact_annulus(a, b, 5e-11, t[k]), table[k], 2e-8);
        M[k] = table[k] * 0.83 * H * (1.0 - a * a / (b * b));
    }
    struct problem p = annulus(a, b, H, 0.0);
    set_times(&p, 5, t, 1.0);
    check(&p, (enum column)(COL_LAYER0 + 1), M, 1e-5, false);
    /* With loss k: steady flux per length of channel. */
    ASSERT_REL(exact_annulus_loss_flux(a, b, 5e-11, 6.5e-4), 8.93739035e-7 * CM * CM, 1e-8);
    p = annulus(a, b, H, 6.5e-4);
    set_times(&p, 5, t, 1.0);
    struct solution s;
    p.level = FINE_LEVEL;
    if (solve(&p, &s)) { /* the wall's own nodes lie at r = a: their share of loss is part of the tissue's */
        double per_length = s.J_ss * 3.14159265358979323846 * b * b / H;
        ASSERT_REL(per_length, 0.83 * 8.93739035e-7 * CM * CM, 1e-5);
        solution_release(&s);
    }
}

void t9_pores_through_an_impermeable_sheet(void)
{
    struct problem p;
    problem_init(&p);
    p.n_layers = 2;
    p.layer[0] = (struct layer){.name = "sheet", .h = 15e-6, .D = 1e-30, .K = 1e-9, .clearance = 0.0};
    p.layer[1] = (struct layer){.name = "tissue", .h = 500e-6, .D = 5e-11, .K = 1.0, .clearance = 0.0};
    p.channel = (struct channel){
        .fill = CHANNEL_DIFFUSING, .depth = 15e-6, .r_surface = 25e-6, .r_tip = 25e-6, .D = 5e-10, .K = 1.0};
    p.cell_radius = cell_radius_of_density(400e4);
    double t = 24 * 3600.0;
    set_times(&p, 1, &t, 1.0);
    struct solution s;
    if (solve_with_error(&p, &s)) {
        ASSERT_ABS(s.permeability, 1.722e-6 * CM, s.J_ss_error + 0.001 * 1.722e-6 * CM);
        ASSERT_REL(s.permeability, 1.722e-6 * CM, 0.006);
        solution_release(&s);
    }
    p.level = 0.25;
    if (solve(&p, &s)) {
        ASSERT_REL(s.permeability, 1.722e-6 * CM, 0.0015); /* the reference itself is +- 0.1 % */
        solution_release(&s);
    }
}

void t13_sampling_with_replacement(void)
{
    static const double C[] = {1.0, 2.0, 3.5};
    ASSERT_REL(lab_cumulative(5.0, 0.5, C, 1), 5.0, 1e-15);
    ASSERT_REL(lab_cumulative(5.0, 0.5, C, 2), 10.5, 1e-15);
    ASSERT_REL(lab_cumulative(5.0, 0.5, C, 3), 19.0, 1e-15);
    /* Through the solver: what the laboratory computes is what has passed, however much the receptor was diluted. */
    struct problem p = three_layers(0.0);
    static const double t[] = {1, 2, 3.7, 6, 8, 11, 24};
    set_times(&p, 7, t, 3600.0);
    double A = 0.64e-4, V = 5.1e-6, v = 1.47e-6;
    p.receptor =
        (struct receptor){.kind = RECEPTOR_FRANZ, .K = 1.0, .H = V / A, .sample_fraction = v / V, .n_samples = 7};
    memcpy(p.receptor.sample_at, p.t_out, 7 * sizeof(double));
    struct solution s;
    if (solve(&p, &s)) {
        double reading[7];
        for (size_t k = 0; k < 7; k++) {
            reading[k] = solution_at(&s, k, COL_RECEPTOR_CONC);
            double lab = lab_cumulative(V, v, reading, k + 1) / A;
            ASSERT_REL(solution_at(&s, k, COL_LAB_Q), lab, 1e-12);
            ASSERT_REL(solution_at(&s, k, COL_Q_BOTTOM), lab, 1e-12);
        }
        CU_ASSERT(solution_at(&s, 6, COL_SAMPLED) > 0.1 * solution_at(&s, 6, COL_RECEPTOR));
        solution_release(&s);
    }
}

void t14_one_compartment_with_zero_order_input(void)
{
    static const double t[] = {6, 11, 12, 18};
    static const double mg_per_L[] = {0.123411371, 0.136402536, 0.137164103, 0.0152853114};
    double C[4];
    for (int k = 0; k < 4; k++)
        C[k] = mg_per_L[k] * 1e-3;
    struct problem p = slab(100e-6, 1e-14, 1.0);
    p.donor.C0 = 0.0;
    p.body = (struct body){
        .present = true, .V = 0.105, .CL = 38.4e-3 / 3600, .infusion = 64e-6 / 12 / 3600, .infusion_end = 12 * 3600.0};
    set_times(&p, 4, t, 3600.0);
    check(&p, COL_PLASMA, C, 1e-7, false);
}

/* T18 (physics of the length x density table): stirred cylinders, impermeable corneum, thickness 1000 um. */
void t18_length_by_density_table_of_stirred_channels(void)
{
    static const struct { double L, n, P, lag; } row[] = {{100, 100, 2.089391, 7113.7}, {100, 400, 4.231514, 4378.8},
                                                          {500, 100, 4.657732, 4210.2}, {500, 400, 7.584634, 1790.8}};
    double t = 24 * 3600.0;
    for (int i = 0; i < 5; i++) {
        bool in_vivo = i == 4;
        struct problem p;
        problem_init(&p);
        p.n_layers = 2;
        p.layer[0] = (struct layer){.name = "cover", .h = 0.5e-6, .D = 1e-30, .K = 1e-9, .clearance = 0.0};
        p.layer[1] =
            (struct layer){.name = "tissue", .h = 1000e-6, .D = 5e-11, .K = 1.0, .clearance = in_vivo ? 5e-4 : 0.0};
        double L = in_vivo ? 500 : row[i].L, n = in_vivo ? 400 : row[i].n;
        p.channel = (struct channel){.fill = CHANNEL_STIRRED,
                                     .depth = 0.5e-6 + L * 1e-6,
                                     .r_surface = 50e-6,
                                     .r_tip = 50e-6,
                                     .D = 5e-10,
                                     .K = 1.0};
        p.cell_radius = cell_radius_of_density(n * 1e4);
        p.receptor.kind = in_vivo ? RECEPTOR_CLOSED : RECEPTOR_SINK;
        set_times(&p, 1, &t, 1.0);
        struct solution s;
        double P = (in_vivo ? 23.79294 : row[i].P) * 1e-6 * CM;
        if (solve_with_error(&p, &s)) {
            ASSERT_ABS(s.permeability, P, s.J_ss_error);
            ASSERT_REL(s.permeability, P, 0.004);
            if (!in_vivo)
                ASSERT_ABS(s.lag, row[i].lag, s.lag_error + 0.1);
            solution_release(&s);
        }
    }
}
