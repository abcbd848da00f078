/* test_schedule.c -- times a rounding apart, limits that keep a run finite, estimates at the ends of ranges. */
#include <math.h>
#include "solver/integrate/cvodes.h"
#include "solver/integrate/simulate.h"
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/suites.h"

static struct problem channelled(double first, double last)
{
    struct problem p = reference_skin('A');
    add_channel(&p, 'A', CHANNEL_DIFFUSING, 211e-6, 31e-6, 9e-6, 119.0);
    double t[] = {first, last};
    set_times(&p, 2, t, 1.0);
    p.level = 2.0;
    return p;
}

static void same_outputs(const struct problem *p, const struct problem *q)
{
    struct solution a, b;
    if (solve(p, &a)) {
        if (solve(q, &b)) {
            for (size_t k = 0; k < a.n_out; k++) {
                ASSERT_REL(solution_at(&b, k, COL_Q_TOP), solution_at(&a, k, COL_Q_TOP), 1e-9);
                ASSERT_REL(solution_at(&b, k, COL_Q_BOTTOM), solution_at(&a, k, COL_Q_BOTTOM), 1e-9);
            }
            solution_release(&b);
        }
        solution_release(&a);
    }
}

void events_and_outputs_a_rounding_apart_are_one_time(void)
{
    struct problem p = channelled(1080.0, 3733.0), q;
    p.receptor =
        (struct receptor){.kind = RECEPTOR_FRANZ, .K = 1.0, .H = 1.3e-3, .sample_fraction = 0.37, .n_samples = 1};
    p.receptor.sample_at[0] = 1080.0;
    p.remove_at = 1080.0;
    q = p; q.remove_at = nextafter(1080.0, 2000.0);                same_outputs(&p, &q);
    q = p; q.t_out[0] = nextafter(1080.0, 2000.0);                 same_outputs(&p, &q);
    q = p; q.receptor.sample_at[0] = nextafter(1080.0, 0.0);       same_outputs(&p, &q);
    p.remove_at = INFINITY;
    q = p; q.remove_at = nextafter(3733.0, 0.0);                   same_outputs(&p, &q);
    q = p; q.t_end = nextafter(3733.0, 0.0);                       same_outputs(&p, &q);
}

void clearance_out_of_all_proportion_does_not_flood_the_mesh(void)
{
    struct problem p = channelled(1080.0, 3733.0);
    p.layer[1].clearance = 1e30;
    p.layer[2].clearance = 17.3;
    struct solution s;
    if (solve(&p, &s)) {
        CU_ASSERT(s.unknowns < 20000);
        solution_release(&s);
    }
}

void estimates_do_not_vanish_at_the_ends_of_level_and_rtol(void)
{
    struct problem p = channelled(1080.0, 3733.0), fine = p;
    struct solution s, ref;
    p.level = LEVEL_MAX;
    fine.level = 0.5;
    if (solve(&fine, &ref)) {
        if (solve_with_error(&p, &s)) {
            double off = solution_at(&s, 1, COL_Q_BOTTOM) - solution_at(&ref, 1, COL_Q_BOTTOM);
            CU_ASSERT(fabs(off) < solution_error(&s, 1, COL_Q_BOTTOM));
            CU_ASSERT(fabs(s.J_ss - ref.J_ss) < 2.0 * s.J_ss_error);
            solution_release(&s);
        }
        solution_release(&ref);
    }
    p.level = 2.0;
    p.rtol = RTOL_MIN;
    if (solve_with_error(&p, &s)) {
        CU_ASSERT(s.time_error[COLS_MAX + COL_Q_BOTTOM] > 4e-12 * solution_at(&s, 1, COL_Q_BOTTOM));
        solution_release(&s);
    }
}

/* ---- an equation that never lets the step grow ---- */

static int ringing(void *self, double t, const double *y, double *dydt)
{
    (void)self; (void)y;
    dydt[0] = 1e6 * cos(1e6 * t);
    return 0;
}

static int no_rate(void *self, double t, const double *y, double *rate)
{
    (void)self; (void)t; (void)y;
    *rate = 0.0;
    return 0;
}

static int no_times(void *self, const double *x, double *rate) { (void)self; (void)x; *rate = 0.0; return 0; }

static int no_setup(void *self, double t, const double *y, double gamma)
{
    (void)self; (void)t; (void)y; (void)gamma;
    return 0;
}

static int identity(void *self, double t, double gamma, double *v)
{
    (void)self; (void)t; (void)gamma; (void)v;
    return 0;
}

void an_integration_without_end_is_stopped(void)
{
    struct ode ode = {.n = 1, .nq = 1, .rhs = ringing, .quad = no_rate, .quad_times = no_times, .setup = no_setup,
                      .solve = identity};
    double y = 0.0, q = 0.0, atol = 1e-6, t = 3.0;
    struct integrator *it;
    struct err e = {0};
    size_t worst;
    CU_ASSERT_EQUAL_FATAL(integrator_new(&it, &ode, 0.0, &y, &q, 1e-6, &atol, 3.0, &e), 0);
    CU_ASSERT_EQUAL(integrator_to(it, &t, &y, &q, &worst, &e), ERR_NUMERIC);
    ASSERT_HAS(e.msg, "more than 100000 steps");
    integrator_free(it);
}

static int stiff_in_one(void *self, double t, const double *y, double *dydt)
{
    (void)self; (void)t;
    dydt[0] = -1e-6 * y[0];
    dydt[1] = -1e12 * (y[1] - 1.0 - 1e3 * y[1] * y[1]);
    dydt[2] = -1e-6 * y[2];
    return 0;
}

/* Newton's equations are not solved: the corrector never converges. */
void a_run_that_fails_in_its_first_step_has_a_worst_component_too(void)
{
    struct ode ode = {.n = 3, .nq = 1, .rhs = stiff_in_one, .quad = no_rate, .quad_times = no_times, .setup = no_setup,
                      .solve = identity};
    double y[3] = {1.0, 0.3, 1.0}, q = 0.0, atol[3] = {1e-6, 1e-6, 1e-6}, t = 3.0;
    struct integrator *it;
    struct err e = {0};
    size_t worst = 99;
    CU_ASSERT_EQUAL_FATAL(integrator_new(&it, &ode, 0.0, y, &q, 1e-6, atol, 3.0, &e), 0);
    CU_ASSERT_EQUAL(integrator_to(it, &t, y, &q, &worst, &e), ERR_NUMERIC);
    CU_ASSERT_EQUAL(worst, 1);
    ASSERT_HAS(e.hint, "look at the rates and coefficients of that place");
    integrator_free(it);
}

void a_slow_layer_of_large_K_does_not_swallow_what_a_channel_brings_below_it(void)
{
    struct problem p = channelled(211.0, 633.0), fine;
    p.layer[0].h = 13e-6;
    p.layer[0].D = 5.3e-17;
    p.layer[0].K = 15.1;
    p.channel.r_surface = 6.3e-6;
    p.channel.r_tip = 1.7e-6;
    p.level = 1.0;
    fine = p;
    fine.level = 0.25;
    struct solution s, ref;
    if (solve(&fine, &ref)) {
        if (solve(&p, &s)) {
            ASSERT_REL(solution_at(&s, 0, COL_LAYER0 + 1), solution_at(&ref, 0, COL_LAYER0 + 1), 0.03);
            solution_release(&s);
        }
        solution_release(&ref);
    }
}
