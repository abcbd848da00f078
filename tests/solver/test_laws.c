/* test_laws.c -- doses, events, closure, binding, metabolism, bodies: closed forms and limits that must agree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/exact.h"
#include "tests/solver/suites.h"

static const double PI = 3.14159265358979323846;
static const double HOURS[] = {0.5, 1, 2, 4, 8, 24};

static struct problem with_channel(char drug)
{
    struct problem p = reference_skin(drug);
    add_channel(&p, drug, CHANNEL_DIFFUSING, 413e-6, 57e-6, 4.1e-6, 131.0);
    set_times(&p, 6, HOURS, 3600.0);
    return p;
}

static void add_event(struct problem *p, enum event_kind kind, double hours, size_t which, double fraction)
{
    p->event[p->n_events++] = (struct event){kind, hours * 3600.0, which, fraction};
}

/* Two solutions agree in every column at every output, to rel of the column's largest value. */
static void agree(const struct solution *a, const struct solution *b, double rel)
{
    for (int c = 0; c < COL_LAYER0 + 3; c++) {
        double largest = 0.0;
        for (size_t k = 0; k < a->n_out; k++)
            largest = fmax(largest, fabs(solution_at(a, k, (enum column)c)));
        for (size_t k = 0; k < a->n_out && c != COL_BALANCE && c != COL_THETA; k++)
            ASSERT_ABS(solution_at(a, k, (enum column)c), solution_at(b, k, (enum column)c), rel * largest);
    }
}

static void compare(const struct problem *p, const struct problem *q, double rel)
{
    struct solution a, b;
    if (solve(p, &a)) {
        if (solve(q, &b)) {
            agree(&a, &b, rel);
            solution_release(&b);
        }
        solution_release(&a);
    }
}

/* ---- events ---- */

void events_at_time_zero_equal_the_study_without_events(void)
{
    struct problem p = with_channel('A'), q = p;
    p.remove_at = 3.3 * 3600.0;
    add_event(&q, EVENT_NEEDLES, 0.0, 0, 0.0);
    add_event(&q, EVENT_APPLY, 0.0, 0, 0.0);
    add_event(&q, EVENT_REMOVE, 3.3, 0, 1.0);
    compare(&p, &q, 1e-12);
}

void before_the_needles_skin_is_intact(void)
{
    struct problem p = with_channel('B'), flat = p;
    flat.channel.fill = CHANNEL_NONE;
    flat.level = 0.5;
    p.level = 0.5;
    add_event(&p, EVENT_APPLY, 0.0, 0, 0.0);
    add_event(&p, EVENT_NEEDLES, 24.0, 0, 0.0);
    compare(&p, &flat, 3e-4); /* two meshes of the same problem */
}

/* A cream on intact skin, wiped; needles; a serum on; washed off: drug is conserved through every switch. */
void cream_needles_serum_keep_the_drug(void)
{
    struct problem p = with_channel('A');
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 25.0, .K = 3.0, .H = 190e-6};
    p.n_doses = 1;
    p.dose[1] = (struct donor){.kind = DONOR_FINITE, .C0 = 11.0, .K = 1.0, .H = 80e-6, .evaporation = 2e-10};
    p.channel.closes = true;
    p.channel.elastic = 0.7;
    p.channel.half_life_open = 0.8 * 3600.0;
    p.channel.half_life_occluded = 23.0 * 3600.0;
    add_event(&p, EVENT_APPLY, 0.0, 0, 0.0);
    add_event(&p, EVENT_REMOVE, 0.4, 0, 0.9);
    add_event(&p, EVENT_REMOVE, 0.67, 0, 1.0);
    add_event(&p, EVENT_NEEDLES, 0.7, 0, 0.0);
    add_event(&p, EVENT_APPLY, 0.75, 1, 0.0);
    add_event(&p, EVENT_OCCLUDE, 0.9, 0, 0.0);
    add_event(&p, EVENT_UNCOVER, 6.1, 0, 0.0);
    add_event(&p, EVENT_REMOVE, 7.0, 0, 1.0);
    add_event(&p, EVENT_NEEDLES, 12.0, 0, 0.0);
    struct solution s;
    if (!solve(&p, &s))
        return;
    CU_ASSERT(s.worst_balance < 1e-9);
    double applied = 25.0 * 190e-6 + 11.0 * 80e-6, out = solution_delivered(&s, 5) + solution_at(&s, 5, COL_REMOVED) +
           solution_at(&s, 5, COL_EVAPORATED) + solution_at(&s, 5, COL_CHANNEL);
    for (int l = 0; l < 3; l++)
        out += solution_at(&s, 5, (enum column)(COL_LAYER0 + l));
    ASSERT_REL(solution_at(&s, 5, COL_APPLIED), applied, 1e-12);
    ASSERT_REL(out, applied, 1e-9);
    CU_ASSERT(solution_at(&s, 5, COL_EVAPORATED) > 0.0);
    ASSERT_REL(solution_at(&s, 2, COL_THETA), 0.7 * pow(2.0, -0.2 / 0.8) * pow(2.0, -1.1 / 23.0), 1e-9); /* at 2 h */
    ASSERT_REL(solution_at(&s, 5, COL_THETA), 0.7 * pow(2.0, -12.0 / 0.8), 1e-9); /* opened anew at 12 h, uncovered */
    solution_release(&s);
}

void events_out_of_order_or_impossible_are_refused(void)
{
    static const struct { struct event v[2]; const char *part;
    } bad[] = {
        {{{EVENT_APPLY, 0, 0, 0}, {EVENT_APPLY, 3600, 0, 0}},
         "event 2 at 1 h: a dose is applied while another is on the skin"},
        {{{EVENT_REMOVE, 0, 0, 1.0}, {EVENT_APPLY, 3600, 0, 0}}, "event 1 at 0 h: nothing is on the skin to remove"},
        {{{EVENT_APPLY, 7200, 0, 0}, {EVENT_REMOVE, 3600, 0, 1.0}}, "event 2 at 1 h: times must not descend"},
        {{{EVENT_APPLY, 0, 0, 0}, {EVENT_REMOVE, 3600, 0, 1.2}}, "the fraction removed must be in (0, 1]"},
        {{{EVENT_APPLY, 0, 0, 0}, {EVENT_REMOVE, 3600, 0, 0.5}}, "part of an infinite dose cannot be removed"},
        {{{EVENT_APPLY, 0, 3, 0}, {EVENT_REMOVE, 3600, 0, 1.0}}, "no such dose"},
        {{{EVENT_APPLY, 0, 0, 0}, {EVENT_NEEDLES, 3600, 0, 0}}, "needles, but the study has none"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct problem p = with_channel('A');
        struct err e = {0};
        p.n_events = 2;
        memcpy(p.event, bad[i].v, sizeof bad[i].v);
        if (i == 6)
            p.channel.fill = CHANNEL_NONE;
        CU_ASSERT_EQUAL(problem_check(&p, &e), ERR_RANGE);
        ASSERT_HAS(e.msg, bad[i].part);
    }
}

/* ---- vehicles ---- */

void evaporation_over_sealed_skin_is_exponential(void)
{
    double H = 73e-6, k = 3.1e-9, t[] = {1, 3, 7};
    struct problem p = slab(100e-6, 1e-30, 1e-9);
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 4.7, .K = 1.9, .H = H, .evaporation = k};
    p.rtol = 1e-8;
    set_times(&p, 3, t, 3600.0);
    struct solution s;
    if (solve(&p, &s)) {
        for (size_t i = 0; i < 3; i++)
            ASSERT_REL(solution_at(&s, i, COL_VEHICLE), 4.7 * H * exp(-k * t[i] * 3600.0 / H), 1e-6);
        solution_release(&s);
    }
}

/* Saturated with undissolved drug: an infinite dose until the excess is used up, then a finite one that conserves drug.
 */
void undissolved_excess_holds_the_vehicle_until_it_is_used_up(void)
{
    struct problem p = slab(60e-6, 7.7e-13, 1.3), q = p;
    double t[] = {0.5, 1, 2, 8, 60};
    set_times(&p, 5, t, 3600.0);
    set_times(&q, 5, t, 3600.0);
    q.donor = (struct donor){.kind = DONOR_INFINITE, .C0 = 6.1, .K = 1.0};
    q.integrator = INTEGRATOR_CVODE; /* as p must */
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 6.1, .K = 1.0, .H = 10e-6, .excess = 7e-4};
    struct solution s, open;
    if (!solve(&p, &s))
        return;
    if (solve(&q, &open)) {
        CU_ASSERT(solution_at(&open, 1, COL_Q_TOP) < 7e-4 && solution_at(&open, 3, COL_Q_TOP) > 7e-4);
        for (size_t k = 0; k < 2; k++) {
            ASSERT_REL(solution_at(&s, k, COL_Q_BOTTOM), solution_at(&open, k, COL_Q_BOTTOM), 1e-5);
            ASSERT_REL(solution_at(&s, k, COL_VEHICLE), 6.1 * 10e-6 + 7e-4 - solution_at(&open, k, COL_Q_TOP), 1e-5);
        }
        CU_ASSERT(solution_at(&s, 3, COL_Q_TOP) < 0.999 * solution_at(&open, 3, COL_Q_TOP));
        solution_release(&open);
    }
    ASSERT_REL(solution_at(&s, 4, COL_Q_BOTTOM), 6.1 * 10e-6 + 7e-4, 1e-3); /* in the end all of it */
    CU_ASSERT(s.worst_balance < 1e-9);
    solution_release(&s);
}

/* What jumps into the nodes of the surface may be more than is undissolved. */
void excess_that_the_faces_swallow_at_once_is_conserved(void)
{
    struct problem p = with_channel('B');
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 1.13, .K = 0.67, .H = 83e-6, .excess = 3.1e-9};
    struct solution s;
    if (solve(&p, &s)) {
        double in = 1.13 * 83e-6 + 3.1e-9;
        CU_ASSERT(s.worst_balance < 1e-9);
        ASSERT_REL(solution_at(&s, 5, COL_Q_TOP) + solution_at(&s, 5, COL_VEHICLE), in, 1e-9);
        CU_ASSERT(solution_at(&s, 0, COL_VEHICLE) < 1.13 * 83e-6);
        solution_release(&s);
    }
}

/* Outputs in each step that CVODE makes around the time when the excess is used up: one of them lies just before it. */
void excess_used_up_just_after_an_output_is_noticed(void)
{
    struct problem p = slab(60e-6, 7.7e-13, 1.3);
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 6.1, .K = 1.0, .H = 10e-6, .excess = 7e-4};
    p.n_out = 200;
    for (size_t k = 0; k < p.n_out; k++)
        p.t_out[k] = 97.0 * (double)(k + 1);
    p.t_end = p.t_out[p.n_out - 1];
    struct solution s;
    if (solve(&p, &s)) {
        CU_ASSERT(s.worst_balance < 1e-9);
        for (size_t k = 0; k < p.n_out; k++)
            CU_ASSERT(solution_at(&s, k, COL_Q_TOP) <= 6.1 * 10e-6 + 7e-4);
        CU_ASSERT(solution_at(&s, p.n_out - 1, COL_VEHICLE) < 6.1 * 10e-6);
        solution_release(&s);
    }
}

/* A vehicle that diffuses quickly is the well-mixed one. */
void a_quick_diffusive_vehicle_is_well_mixed(void)
{
    struct problem mixed = with_channel('A'), layered = mixed;
    mixed.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 3.3, .K = 1.4, .H = 95e-6};
    layered.donor = mixed.donor;
    layered.vehicle_layer = true;
    memmove(&layered.layer[1], &layered.layer[0], 3 * sizeof layered.layer[0]);
    layered.layer[0] = (struct layer){.name = "vehicle", .h = 95e-6, .D = 1e-6, .K = 1.4};
    layered.n_layers = 4;
    mixed.remove_at = layered.remove_at = 6.0 * 3600.0;
    struct solution a, b;
    if (solve(&mixed, &a)) {
        if (solve(&layered, &b)) {
            for (size_t k = 0; k < 6; k++) {
                ASSERT_REL(solution_at(&b, k, COL_Q_BOTTOM), solution_at(&a, k, COL_Q_BOTTOM), 4e-3);
                ASSERT_REL(solution_at(&b, k, COL_REMOVED) + solution_at(&b, k, COL_VEHICLE),
                           solution_at(&a, k, COL_REMOVED) + solution_at(&a, k, COL_VEHICLE), 4e-3);
            }
            CU_ASSERT(b.worst_balance < 1e-7); /* D of 1 mm2/s in elements of 1 um: rounding */
            solution_release(&b);
        }
        solution_release(&a);
    }
}

/* ---- closure ---- */

void channels_that_take_for_ever_to_close_stay_open(void)
{
    struct problem p = with_channel('A'), q;
    p.integrator = INTEGRATOR_CVODE; /* as a closing channel must */
    q = p;
    q.channel.closes = true;
    q.channel.elastic = 1.0;
    q.channel.half_life_open = q.channel.half_life_occluded = 1e15;
    compare(&p, &q, 1e-6);
}

/* Slow closure follows the steady flux of the channel as it is: D_ch = theta D + (1 - theta) D_layer K_layer/K. */
void slow_closure_is_quasi_steady(void)
{
    struct problem p = with_channel('A');
    double half = 40.0 * 24.0 * 3600.0, t[] = {1, 2, 3}, J[3];
    p.channel.r_tip = p.channel.r_surface = 50e-6;
    p.channel.closes = true;
    p.channel.elastic = 1.0;
    p.channel.half_life_open = p.channel.half_life_occluded = half;
    set_times(&p, 3, t, half);
    struct solution s, still;
    if (!solve(&p, &s))
        return;
    for (size_t k = 0; k < 3; k++)
        J[k] = solution_at(&s, k, COL_J_BOTTOM);
    CU_ASSERT(J[0] < 0.9 * s.J_ss && J[1] < J[0] && J[2] < J[1]);
    /* One steady solve with the same mixture in the corneum; deeper layers' D is close to the channel's, so use them
     * too. */
    for (size_t k = 0; k < 3; k++) {
        double theta = pow(2.0, -(double)(k + 1));
        struct problem q = p;
        q.channel.half_life_open = q.channel.half_life_occluded = 1e18;
        q.channel.elastic = theta;
        double end[] = {30.0 * 24.0 * 3600.0};
        set_times(&q, 1, end, 1.0);
        if (solve(&q, &still)) {
            ASSERT_REL(J[k], solution_at(&still, 0, COL_J_BOTTOM), 2e-3);
            solution_release(&still);
        }
    }
    solution_release(&s);
}

/* ---- binding ---- */

/* Quick binding far below saturation is local equilibrium: D and 1/lag fall by 1 + B_max/K_d, the steady flux stays. */
void quick_binding_is_local_equilibrium(void)
{
    double L = 140e-6, D = 6.1e-12, K = 1.7, B = 3e3, Kd = 1e3, R = 1.0 + B / Kd, t[3], tau[] = {0.08, 0.3, 1.1};
    struct problem p = slab(L, D, K);
    p.layer[0].binding = (struct binding){.B_max = B, .k_on = 40.0 / Kd, .k_off = 40.0};
    for (int k = 0; k < 3; k++)
        t[k] = tau[k] * L * L * R / D;
    set_times(&p, 3, t, 1.0);
    p.donor.C0 = 1e-3; /* C << K_d */
    struct solution s;
    if (solve(&p, &s)) {
        for (size_t k = 0; k < 3; k++) {
            ASSERT_ABS(solution_at(&s, k, COL_Q_BOTTOM), 1e-3 * K * L * R * exact_slab_amount(tau[k]),
                       2e-5 * 1e-3 * K * L * R);
            ASSERT_REL(solution_at(&s, k, COL_BOUND), (R - 1.0) * solution_at(&s, k, COL_LAYER0), 1e-2);
        }
        CU_ASSERT(s.worst_balance < 1e-9);
        solution_release(&s);
    }
}

void binding_beside_channels_keeps_the_drug_and_slows_it(void)
{
    struct problem p = with_channel('B'), q = p;
    q.layer[0].binding = (struct binding){.B_max = 60.0, .k_on = 2e-4, .k_off = 3e-4};
    q.layer[2].binding = (struct binding){.B_max = 2.5, .k_on = 1e-3, .k_off = 4e-4};
    add_event(&q, EVENT_APPLY, 0.0, 0, 0.0);
    add_event(&q, EVENT_NEEDLES, 1.5, 0, 0.0); /* what the tissue held bound where the channels open is set free */
    add_event(&q, EVENT_REMOVE, 9.0, 0, 1.0);
    struct solution a, b;
    if (solve(&p, &a)) {
        if (solve(&q, &b)) {
            CU_ASSERT(b.worst_balance < 1e-9);
            CU_ASSERT(solution_at(&b, 3, COL_BOUND) > 0.0);
            CU_ASSERT(solution_at(&b, 3, COL_Q_BOTTOM) < 0.8 * solution_at(&a, 3, COL_Q_BOTTOM));
            solution_release(&b);
        }
        solution_release(&a);
    }
}

/* ---- metabolism ---- */

void t17_first_order_metabolism_in_a_membrane(void)
{
    double t = 6.0 * 3600.0;
    struct problem p = slab(100e-6, 1e-10, 1.0);
    p.layer[0].metabolism.k = 1e-3;
    p.metabolite = true;
    p.metabolite_yield = 0.77;
    p.layer[0].D_metabolite = 1.3e-10;
    p.layer[0].K_metabolite = 0.6;
    set_times(&p, 1, &t, 1.0);
    struct solution s;
    if (solve_with_error(&p, &s)) {
        double escaping = solution_at(&s, 0, COL_J_BOTTOM) / solution_at(&s, 0, COL_J_TOP);
        ASSERT_REL(s.steady[COL_J_BOTTOM] / s.steady[COL_J_TOP], 1.0 / cosh(100e-6 * sqrt(1e-3 / 1e-10)), 1e-7);
        ASSERT_REL(1.0 / cosh(100e-6 * sqrt(1e-3 / 1e-10)), 0.952001912, 1e-8);
        ASSERT_REL(escaping, 0.952001912, 1e-5);
        /* the metabolite cannot leave through the vehicle: in the steady state all of it comes out below */
        double made = 0.77 * solution_at(&s, 0, COL_METABOLISED);
        ASSERT_REL(solution_at(&s, 0, COL_M_BOTTOM) + solution_at(&s, 0, COL_M_SKIN), made, 1e-9);
        solution_release(&s);
    }
}

void far_below_K_m_michaelis_menten_is_first_order(void)
{
    struct problem p = with_channel('A'), q = p;
    p.layer[1].metabolism.k = 7e-4;
    q.layer[1].metabolism = (struct metabolism){.V_max = 7e-4 * 1e9, .K_m = 1e9};
    compare(&p, &q, 2e-5);
}

void saturated_michaelis_menten_takes_at_most_v_max(void)
{
    struct problem p = slab(200e-6, 5e-11, 1.0);
    double t = 40.0 * 3600.0, V = 2e-6; /* K_m << C: zero order, so J_top - J_bottom = V_max L */
    p.donor.C0 = 10.0;
    p.layer[0].metabolism = (struct metabolism){.V_max = V, .K_m = 1e-7};
    p.receptor = (struct receptor){.kind = RECEPTOR_FRANZ, .H = 1e6, .K = 1.0};
    set_times(&p, 1, &t, 1.0);
    struct solution s;
    if (solve(&p, &s)) {
        ASSERT_REL(solution_at(&s, 0, COL_J_TOP) - solution_at(&s, 0, COL_J_BOTTOM), V * 200e-6, 2e-3);
        solution_release(&s);
    }
}

/* ---- bodies ---- */

void t16_two_compartments_with_zero_order_input(void)
{
    static const double t[] = {1, 6, 24, 30}, want[] = {0.00949545481, 0.0195237378, 0.0248503682, 0.00543119398};
    struct problem p = slab(100e-6, 1e-14, 1.0);
    p.donor.C0 = 0.0;
    p.body = (struct body){.present = true, .V = 0.05, .CL = 40e-3 / 3600, .V2 = 0.1, .CL_d = 60e-3 / 3600,
                           .infusion = 1e-6 / 3600, .infusion_end = 24 * 3600.0};
    set_times(&p, 4, t, 3600.0);
    struct solution s;
    if (solve_with_error(&p, &s)) {
        for (size_t k = 0; k < 4; k++) {
            ASSERT_ABS(solution_at(&s, k, COL_PLASMA), want[k] * 1e-3, solution_error(&s, k, COL_PLASMA));
            ASSERT_REL(solution_at(&s, k, COL_PLASMA), want[k] * 1e-3, 2e-4);
        }
        solution_release(&s);
    }
    p.rtol = 1e-9;
    if (solve(&p, &s)) {
        for (size_t k = 0; k < 4; k++)
            ASSERT_REL(solution_at(&s, k, COL_PLASMA), want[k] * 1e-3, 1e-6);
        solution_release(&s);
    }
}

/* Blood that feeds back with nowhere else to go equilibrates with the skin: C_p = a / feedback. */
void feedback_equilibrates_blood_and_skin(void)
{
    struct problem p = slab(500e-6, 4e-11, 0.9);
    double t = 30.0 * 24.0 * 3600.0;
    p.layer[0].clearance = 3e-4;
    p.receptor.kind = RECEPTOR_CLOSED;
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 5.0, .K = 1.0, .H = 300e-6};
    p.area = 12e-4;
    p.body = (struct body){.present = true, .V = 2.3e-7, .CL = 0.0, .feedback = 1.6};
    set_times(&p, 1, &t, 1.0);
    struct solution s;
    if (solve(&p, &s)) {
        double a = s.mean[s.nz / 2], capacity = 300e-6 + 0.9 * 500e-6 + p.body.V / 1.6 / p.area;
        ASSERT_REL(solution_at(&s, 0, COL_PLASMA), a / 1.6, 1e-4);
        ASSERT_REL(a, 5.0 * 300e-6 / capacity, 1e-4);
        CU_ASSERT(s.worst_balance < 1e-8);
        solution_release(&s);
    }
}

/* ---- limits of geometry ---- */

void sparse_channels_and_shallow_channels_are_intact_skin(void)
{
    struct problem p = reference_skin('B'), flat = p;
    add_channel(&p, 'B', CHANNEL_DIFFUSING, 413e-6, 20e-6, 4.1e-6, 0.05);
    set_times(&p, 6, HOURS, 3600.0);
    set_times(&flat, 6, HOURS, 3600.0);
    struct solution a, b;
    if (!solve_with_error(&flat, &a))
        return;
    if (solve_with_error(&p, &b)) { /* a cell of 2.5 cm: what is left is the channel's own small share */
        ASSERT_REL(b.J_ss, a.J_ss, 1e-3);
        solution_release(&b);
    }
    add_channel(&p, 'B', CHANNEL_DIFFUSING, 0.6e-6, 20e-6, 20e-6, 100.0);
    if (solve_with_error(&p,
                         &b)) { /* 0.6 um of 15: the resistance of the corneum falls by 4 % under 0.13 % of the area */
        ASSERT_REL(b.J_ss, a.J_ss, 1e-3);
        CU_ASSERT(b.J_ss > a.J_ss * (1.0 - 1e-6));
        solution_release(&b);
    }
    solution_release(&a);
}

/* A channel that just passes the tight sheet is the pore of T9; each depth below costs what the tissue's own path does.
 */
void a_channel_as_deep_as_the_corneum_is_a_pore(void)
{
    static const double beyond[] = {1.5e-6, 0.5e-6, 0.0};
    double t = 24 * 3600.0, P[3];
    for (int i = 0; i < 3; i++) {
        struct problem p;
        problem_init(&p);
        p.n_layers = 2;
        p.layer[0] = (struct layer){.name = "sheet", .h = 15e-6, .D = 1e-30, .K = 1e-9};
        p.layer[1] = (struct layer){.name = "tissue", .h = 500e-6, .D = 5e-11, .K = 1.0};
        p.channel = (struct channel){.fill = CHANNEL_DIFFUSING,
                                     .depth = 15e-6 + beyond[i],
                                     .r_surface = 25e-6,
                                     .r_tip = 25e-6,
                                     .D = 5e-10,
                                     .K = 1.0};
        p.cell_radius = cell_radius_of_density(400e4);
        p.level = 0.25;
        set_times(&p, 1, &t, 1.0);
        struct solution s;
        if (!solve(&p, &s))
            return;
        P[i] = s.permeability;
        solution_release(&s);
    }
    CU_ASSERT(P[0] > P[1] && P[1] > P[2]); /* deeper lets more through */
    ASSERT_REL(P[2], 1.722e-8, 0.0015);
    CU_ASSERT(P[1] - P[2] < 0.5 * (P[0] - P[2]) && P[0] < 1.1 * P[2]); /* and falls to the pore's as the depth does */
}

/* Full coverage by stirred channels is a slab of what lies below them. */
void full_coverage_is_the_slab_below(void)
{
    struct problem p;
    problem_init(&p);
    p.n_layers = 2;
    p.layer[0] = (struct layer){.name = "cover", .h = 400e-6, .D = 1e-30, .K = 1e-9};
    p.layer[1] = (struct layer){.name = "tissue", .h = 600e-6, .D = 5e-11, .K = 0.8};
    p.channel = (struct channel){
        .fill = CHANNEL_STIRRED, .depth = 400e-6, .r_surface = 97.9e-6, .r_tip = 97.9e-6, .D = 1e-10, .K = 1.0};
    p.cell_radius = 100e-6;
    double t = 24 * 3600.0;
    set_times(&p, 1, &t, 1.0);
    struct solution s;
    if (solve(&p, &s)) { /* 95.8 % of the floor is donor; the rim between is bridged within a few um */
        ASSERT_REL(s.J_ss, 0.8 * 5e-11 / 600e-6, 2e-3);
        solution_release(&s);
    }
}

/* Multiplying every K by c and dividing the activity by it changes no amount. */
void scaling_every_K_leaves_the_flux(void)
{
    struct problem p = with_channel('B'), q = p;
    for (int l = 0; l < 3; l++)
        q.layer[l].K *= 3.7;
    q.channel.K *= 3.7;
    q.donor.K *= 3.7;
    compare(&p, &q, 1e-9);
}

/* ---- manufactured solutions ---- */

struct made { double L, b, D, K, tau, V, Km, kon, koff, B, ripple; };

static double shape(const struct made *m, double r, double z)
{
    return sin(PI * z / m->L) * (1.0 + m->ripple * cos(PI * r * r / (m->b * m->b)));
}

/* Bound drug where C = K shape s(u), s = 1 - exp(-u/tau), from b = 0:  b = int_0^t k_on C(u) B exp(-int_u^t (k_on C +
 * k_off)) du, by 24 Gauss-Legendre points on four panels; the inner integral is exact. */
static double made_bound(const struct made *m, double g, double t)
{
    static const double x[3] = {0.2386191860831969, 0.6612093864662645, 0.9324695142031521};
    static const double w[3] = {0.4679139345726910, 0.3607615730481386, 0.1713244923791704};
    double sum = 0.0, C = m->K * g;
    for (int panel = 0; panel < 4; panel++)
        for (int i = 0; i < 6; i++) {
            double u = t * (panel + 0.5 + 0.5 * (i < 3 ? -x[i] : x[i - 3])) / 4.0;
            double inner = m->kon * C * (t - u + m->tau * (exp(-t / m->tau) - exp(-u / m->tau))) + m->koff * (t - u);
            sum += w[i % 3] * t / 8.0 * m->kon * C * (1.0 - exp(-u / m->tau)) * m->B * exp(-inner);
        }
    return sum;
}

/* Source that makes a = shape (1 - exp(-t/tau)) the solution of  K a_t = div(K D grad a) - (r + rho) + source. */
static double made_source(const void *arg, double t, double r, double z)
{
    const struct made *m = arg;
    double s = 1.0 - exp(-t / m->tau), g = shape(m, r, z), C = m->K * g * s, q = PI * r * r / (m->b * m->b);
    double axial = -PI * PI / (m->L * m->L) * g;
    double radial = sin(PI * z / m->L) * m->ripple * (-4.0 * PI / (m->b * m->b)) * (sin(q) + q * cos(q));
    double rho = m->V > 0.0 ? m->V * C / (m->Km + C) : 0.0, bound = m->B > 0.0 ? made_bound(m, g, t) : 0.0;
    double rate = m->B > 0.0 ? m->kon * C * (m->B - bound) - m->koff * bound : 0.0;
    return m->K * g * exp(-t / m->tau) / m->tau - m->K * m->D * s * (axial + radial) + rate + rho;
}

/* Error of the profile on the axis and at the edge at the end of the run, relative to the largest value. */
static bool made_run(const struct made *m, bool cell, double level, double rtol, struct solution *s)
{
    struct problem p = slab(m->L, m->D, m->K);
    double t = 1.7 * m->tau;
    p.donor.C0 = 0.0;
    p.source = made_source;
    p.source_arg = m;
    p.level = level;
    p.rtol = rtol;
    p.layer[0].metabolism = (struct metabolism){.V_max = m->V, .K_m = m->Km};
    p.layer[0].binding = (struct binding){.B_max = m->B, .k_on = m->kon, .k_off = m->koff};
    set_times(&p, 1, &t, 1.0);
    if (cell) { /* the mesh of a channel that is never opened: its tissue has the same laws */
        p.channel = (struct channel){.fill = CHANNEL_DIFFUSING,
                                     .depth = 0.45 * m->L,
                                     .r_surface = 0.3 * m->b,
                                     .r_tip = 0.1 * m->b,
                                     .D = m->D,
                                     .K = m->K};
        p.cell_radius = m->b;
        add_event(&p, EVENT_APPLY, 0.0, 0, 0.0);
        add_event(&p, EVENT_NEEDLES, p.t_end / 3600.0, 0, 0.0);
    }
    return solve(&p, s);
}

static double made_error(const struct made *m, bool cell, double level, double rtol)
{
    struct solution s;
    double worst = 0.0;
    if (!made_run(m, cell, level, rtol, &s))
        return NAN;
    for (size_t i = 0; i < s.nz; i++) {
        double scale = 1.0 - exp(-1.7);
        worst = fmax(worst, fabs(s.axis[i] - scale * shape(m, 0.0, s.z[i])));
        worst = fmax(worst, fabs(s.edge[i] - scale * shape(m, cell ? m->b : 0.0, s.z[i])));
    }
    solution_release(&s);
    return worst;
}

/* Error in time alone: against the same mesh at rtol 1e-10, of the largest activity. */
static double made_time_error(const struct made *m, bool cell, double level, double rtol)
{
    struct solution s, exact;
    double worst = 0.0, largest = 0.0;
    if (!made_run(m, cell, level, 1e-10, &exact))
        return NAN;
    if (made_run(m, cell, level, rtol, &s)) {
        for (size_t i = 0; i < s.nz; i++) {
            worst = fmax(worst, fmax(fabs(s.axis[i] - exact.axis[i]), fabs(s.edge[i] - exact.edge[i])));
            largest = fmax(largest, fabs(exact.axis[i]));
        }
        solution_release(&s);
    }
    solution_release(&exact);
    return worst / largest;
}

/* Element sizes are proportional to the level, so the order is that of the error in the level. */
static void made_orders(const struct made *m, bool cell)
{
    double level = cell ? 0.25 : 1.0, coarse = made_error(m, cell, 4.0 * level, 1e-9),
           fine = made_error(m, cell, level, 1e-9);
    double order = log(coarse / fine) / log(4.0);
    printf(" [space order %.2f, error %.1e]", order, fine);
    CU_ASSERT(order > 2.7);
    CU_ASSERT(fine < (cell ? 2e-3 : 2e-6));
    double loose = made_time_error(m, cell, 1.0, 1e-4), tight = made_time_error(m, cell, 1.0, 1e-7);
    double power = log(loose / tight) / log(1e3); /* BDF of variable order: its error goes as a power of rtol */
    printf(" [time: rtol^%.2f, error %.1e at 1e-7]", power, tight);
    CU_ASSERT(power > 0.5);
    CU_ASSERT(tight < 1e-5);
}

void manufactured_metabolism_in_one_dimension(void)
{
    struct made m = {.L = 310e-6, .b = 1.0, .D = 3.3e-11, .K = 1.4, .tau = 900.0, .V = 2.1e-3, .Km = 0.6};
    made_orders(&m, false);
}

void manufactured_binding_in_one_dimension(void)
{
    struct made m = {
        .L = 310e-6, .b = 1.0, .D = 3.3e-11, .K = 1.4, .tau = 900.0, .kon = 2.3e-3, .koff = 1.1e-3, .B = 2.9};
    made_orders(&m, false);
}

void manufactured_binding_and_metabolism_in_the_unit_cell(void)
{
    struct made m = {.L = 310e-6, .b = 130e-6, .D = 3.3e-11, .K = 1.4, .tau = 900.0, .V = 2.1e-3, .Km = 0.6,
                     .kon = 2.3e-3, .koff = 1.1e-3, .B = 2.9, .ripple = 0.35};
    made_orders(&m, true);
}
