/* cells.c -- needles of different depth that share vehicle, receptor and blood, against one depth, cells computed
 * apart, and a closed form. */
#include <stdio.h>
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/suites.h"

static const double HOURS[] = {0.5, 1, 2, 4, 8, 24};
static const double SHARE[3] = {0.22, 0.47, 0.31}, DEPTH[3] = {187e-6, 413e-6, 655e-6};

static struct problem array_of(char drug, enum channel_fill fill)
{
    struct problem p = reference_skin(drug);
    add_channel(&p, drug, fill, DEPTH[1], 57e-6, 4.1e-6, 131.0);
    set_times(&p, 6, HOURS, 3600.0);
    return p;
}

static void spread(struct problem *p, bool equal)
{
    p->n_cells = 3;
    for (size_t i = 0; i < 3; i++)
        p->cell[i] = (struct cell){equal ? DEPTH[1] : DEPTH[i], 57e-6, 4.1e-6, SHARE[i]};
}

static void strongly_finite(struct problem *p)
{
    p->donor = (struct donor){.kind = DONOR_FINITE, .C0 = 3.3, .K = 1.4, .H = 31e-6, .evaporation = 3e-10};
    p->receptor =
        (struct receptor){.kind = RECEPTOR_FRANZ, .K = 1.0, .H = 2.9e-3, .sample_fraction = 0.23, .n_samples = 2};
    p->receptor.sample_at[0] = 1.1 * 3600.0;
    p->receptor.sample_at[1] = 5.3 * 3600.0;
}

/* Every column of a at every output is that of b, to rel of the column's largest. */
static void same(const struct solution *a, const struct solution *b, double rel)
{
    for (int c = 0; c < COL_LAYER0 + 3; c++) {
        double largest = 0.0;
        for (size_t k = 0; k < b->n_out; k++)
            largest = fmax(largest, fabs(solution_at(b, k, (enum column)c)));
        for (size_t k = 0; k < b->n_out && c != COL_BALANCE; k++)
            ASSERT_ABS(solution_at(a, k, (enum column)c), solution_at(b, k, (enum column)c), rel * largest);
    }
}

static void same_as_one(struct problem p, double rel)
{
    struct solution one, joined;
    if (!solve(&p, &one))
        return;
    spread(&p, true);
    if (solve(&p, &joined)) {
        CU_ASSERT_EQUAL(joined.unknowns, 3 * one.unknowns);
        same(&joined, &one, rel);
        for (size_t i = 0; i < one.nz; i++)
            ASSERT_ABS(joined.axis[5 * one.nz + i], one.axis[5 * one.nz + i], 1e-4 * fabs(one.axis[5 * one.nz]));
        solution_release(&joined);
    }
    solution_release(&one);
}

void cells_of_one_depth_are_one_cell(void)
{
    struct problem p = array_of('A', CHANNEL_DIFFUSING);
    strongly_finite(&p);
    same_as_one(p, 2e-6); /* the linear path settles to 1e-6 */
    p.integrator = INTEGRATOR_CVODE;
    p.rtol = 1e-9;
    same_as_one(p, 1e-8); /* two integrations, each with its own steps */
    p = array_of('B', CHANNEL_STIRRED);
    strongly_finite(&p);
    same_as_one(p, 2e-6);
}

/* Of an infinite dose nothing is shared but what only receives. */
void cells_under_an_infinite_dose_add_up(void)
{
    struct problem p = array_of('A', CHANNEL_DIFFUSING), q;
    struct solution joined, part;
    p.receptor.kind = RECEPTOR_CLOSED;
    p.layer[2].clearance = 6.1e-4;
    p.body = (struct body){.present = true, .V = 0.031, .CL = 9.1e-6};
    q = p;
    spread(&q, false);
    if (!solve(&q, &joined))
        return;
    double sum[6][COLS_MAX] = {{0}}, J = 0.0;
    for (size_t i = 0; i < 3; i++) {
        p.channel.depth = DEPTH[i];
        if (!solve(&p, &part))
            continue;
        J += SHARE[i] * part.J_ss;
        for (size_t k = 0; k < 6; k++)
            for (int c = 0; c < COL_LAYER0 + 3; c++)
                sum[k][c] += SHARE[i] * solution_at(&part, k, (enum column)c);
        solution_release(&part);
    }
    ASSERT_REL(joined.J_ss, J, 1e-10);
    for (size_t k = 0; k < 6; k++)
        for (int c = 0; c < COL_LAYER0 + 3; c++)
            if (c != COL_BALANCE)
                ASSERT_ABS(solution_at(&joined, k, (enum column)c), sum[k][c],
                           3e-6 * (fabs(sum[5][c]) + fabs(sum[0][c])));
    solution_release(&joined);
}

void cells_that_share_a_finite_dose_conserve_it_and_compete_for_it(void)
{
    struct problem p = array_of('A', CHANNEL_DIFFUSING);
    strongly_finite(&p);
    p.layer[1].metabolism = (struct metabolism){.k = 2e-5, .V_max = 1e-5, .K_m = 0.7};
    p.channel.closes = true;
    p.channel.elastic = 0.8;
    p.channel.half_life_open = p.channel.half_life_occluded = 7.7 * 3600.0;
    p.remove_at = 9.0 * 3600.0;
    struct problem q = p;
    struct solution joined, part;
    spread(&q, false);
    if (!solve(&q, &joined))
        return;
    CU_ASSERT(joined.worst_balance < 1e-9);
    double apart = 0.0;
    for (size_t i = 0; i < 3; i++) {
        p.channel.depth = DEPTH[i];
        if (solve(&p, &part)) {
            apart += SHARE[i] * solution_at(&part, 1, COL_Q_TOP);
            solution_release(&part);
        }
    }
    /* deep needles go on drawing on what shallow ones leave: more in all than from doses of their own */
    CU_ASSERT(solution_at(&joined, 1, COL_Q_TOP) > 1.0005 * apart);
    CU_ASSERT(solution_at(&joined, 1, COL_Q_TOP) < 1.1 * apart);
    solution_release(&joined);
}

/* Two slabs of thickness l_i, shares w_i of the area, under one mixed phase of capacity C with activity 1 at first and
 * over a sink:  C s a - C = - sum w_i K sqrt(s D) coth(l_i sqrt(s/D)) a.  Poles at s = -D x^2. */
struct slabs { double C, K, D, l[2], w[2]; };

static double pole(const struct slabs *s, double x)
{
    double sum = s->C * x;
    for (int i = 0; i < 2; i++)
        sum -= s->w[i] * s->K / tan(s->l[i] * x);
    return sum;
}

static double phase_activity(const struct slabs *s, double t)
{
    double sum = 0.0, step = 1e-3 / fmax(s->l[0], s->l[1]), x = step, f = pole(s, x);
    for (; x * x * s->D * t < 60.0 && x < 300.0 / s->l[1]; x += step) {
        double next = pole(s, x + step);
        if (f < 0.0 && next >= 0.0) { /* a root; at a pole of the cotangent the sign falls */
            double lo = x, hi = x + step;
            for (int i = 0; i < 60; i++)
                if (pole(s, 0.5 * (lo + hi)) < 0.0) lo = 0.5 * (lo + hi); else hi = 0.5 * (lo + hi);
            double slope = s->C;
            for (int i = 0; i < 2; i++) {
                double u = s->l[i] * lo;
                slope -= s->w[i] * s->K * (1.0 / tan(u) - u / pow(sin(u), 2)) / (2.0 * lo);
            }
            sum += s->C * exp(-s->D * lo * lo * t) / slope;
        }
        f = next;
    }
    return sum;
}

void two_slabs_draw_on_one_vehicle(void)
{
    struct problem p;
    double b = 100e-6, r = 97.9e-6, full = r * r / (b * b), H = 60e-6, C0 = 4.1, t[] = {0.2, 0.5, 1, 2, 4};
    problem_init(&p);
    p.n_layers = 2;
    p.layer[0] = (struct layer){.name = "cover", .h = 100e-6, .D = 1e-30, .K = 1e-9};
    p.layer[1] = (struct layer){.name = "tissue", .h = 600e-6, .D = 5e-11, .K = 0.8};
    p.channel = (struct channel){
        .fill = CHANNEL_STIRRED, .depth = 400e-6, .r_surface = r, .r_tip = r, .D = 1e-10, .K = 1.0};
    p.cell_radius = b;
    p.n_cells = 2;
    p.cell[0] = (struct cell){100e-6, r, r, 0.37};
    p.cell[1] = (struct cell){500e-6, r, r, 0.63};
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = C0, .K = 1.3, .H = H};
    set_times(&p, 5, t, 3600.0);
    struct slabs s = {.K = 0.8, .D = 5e-11, .l = {600e-6, 200e-6}, .w = {0.37, 0.63}};
    /* the vehicle, the stirred channels, and the thin rim of tissue beside the deep one */
    s.C = H * 1.3 + full * (0.37 * 100e-6 + 0.63 * 500e-6) + (1.0 - full) * 0.63 * 400e-6 * 0.8;
    struct solution sol;
    if (solve_with_error(&p, &sol)) {
        for (size_t k = 0; k < 5; k++) {
            double a = H * C0 / s.C * phase_activity(&s, t[k] * 3600.0), want = H * 1.3 * a;
            ASSERT_REL(solution_at(&sol, k, COL_VEHICLE), want, 2e-3);
            ASSERT_ABS(solution_at(&sol, k, COL_VEHICLE), want, solution_error(&sol, k, COL_VEHICLE) + 1e-3 * want);
        }
        CU_ASSERT(sol.worst_balance < 1e-8);
        solution_release(&sol);
    }
}

void shares_and_depths_of_cells_are_checked(void)
{
    struct problem p = array_of('A', CHANNEL_DIFFUSING), q;
    struct err e = {0};
    spread(&p, false);
    q = p;
    q.cell[1].share = 0.3;
    CU_ASSERT_EQUAL(problem_check(&q, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "shares of the needles sum to 0.83: must sum to 1");
    q = p;
    q.cell[2].depth = 1317e-6;
    e = (struct err){0};
    CU_ASSERT_EQUAL(problem_check(&q, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "channel depth 1317 um: must be at most the skin's thickness");
    q = p;
    q.channel.fill = CHANNEL_NONE;
    e = (struct err){0};
    CU_ASSERT_EQUAL(problem_check(&q, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "3 depths: must be");
}
