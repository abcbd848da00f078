/* test_carriage.c -- the trapezoid profile and the load cell of the virtual bench. */
#include <math.h>
#include "rig/virtual/carriage.h"
#include "rig/virtual/cell.h"
#include "tests/rig/suites.h"

#define DT 0.5e-3

/* Runs to rest, checking every step; returns the time it took. */
static double run_bounded(struct carriage *a, double vmax, double amax)
{
    double t = 0.0, v = a->speed;
    for (; a->mode != CARRIAGE_STILL && t < 60.0; t += DT) {
        carriage_step(a, 0.0, DT);
        CU_ASSERT(fabs(a->speed) <= vmax * (1.0 + 1e-12));
        CU_ASSERT(fabs(a->speed - v) <= amax * DT * (1.0 + 1e-9));
        v = a->speed;
    }
    return t;
}

static void move_ends_exactly_on_target(void)
{
    const double targets[] = {13.7e-3, 13.7005e-3, 13.6e-3, -0.9e-3, 59.9e-3, 59.9e-3 + 0.5e-6};
    struct carriage a;
    carriage_init(&a, 4.3e-3, 4e-3);
    for (int i = 0; i < 6; i++) {
        carriage_move(&a, targets[i], 7.3e-3, 0.11, 0.083);
        run_bounded(&a, 7.3e-3, 0.11);
        CU_ASSERT_EQUAL(a.at, targets[i]);
        CU_ASSERT_EQUAL(a.speed, 0.0);
    }
}

static void move_takes_the_time_of_a_trapezoid(void)
{
    struct carriage a;
    carriage_init(&a, 0.0, 4e-3);
    carriage_move(&a, 20e-3, 8e-3, 0.1, 0.05);
    /* s/v + v/(2a) + v/(2d) = 2.5 + 0.04 + 0.08 s */
    ASSERT_ABS(run_bounded(&a, 8e-3, 0.1), 2.62, 2 * DT);
}

static void new_target_behind_brakes_first_then_returns(void)
{
    struct carriage a;
    carriage_init(&a, 0.0, 4e-3);
    carriage_move(&a, 20e-3, 8e-3, 0.1, 0.1);
    for (int i = 0; i < 1000; i++)
        carriage_step(&a, 0.0, DT);
    double at = a.at, most = at;
    carriage_move(&a, at - 1e-3, 8e-3, 0.1, 0.1);
    while (a.mode != CARRIAGE_STILL) {
        double v = a.speed;
        carriage_step(&a, 0.0, DT);
        CU_ASSERT(fabs(a.speed - v) <= 0.1 * DT * (1.0 + 1e-9));
        most = fmax(most, a.at);
    }
    ASSERT_ABS(most - at, 8e-3 * 8e-3 / 0.2, 1e-6); /* v^2/(2d) further, then back */
    CU_ASSERT_EQUAL(a.at, at - 1e-3);
}

static void stop_takes_v_squared_over_twice_the_deceleration(void)
{
    struct carriage a;
    carriage_init(&a, 0.0, 4e-3);
    carriage_jog(&a, 10e-3, 0.2);
    for (int i = 0; i < 400; i++)
        carriage_step(&a, 0.0, DT);
    double at = a.at;
    carriage_stop(&a, 0.5);
    run_bounded(&a, 10e-3, 0.5);
    ASSERT_ABS(a.at - at, 10e-3 * 10e-3 / (2 * 0.5), 10e-3 * DT);
}

static void following_error_is_speed_times_lag(void)
{
    struct carriage a;
    carriage_init(&a, 0.0, 4e-3);
    carriage_jog(&a, 10e-3, 0.5);
    for (int i = 0; i < 2000; i++)
        carriage_step(&a, 0.0, DT);
    ASSERT_REL(a.at - a.actual, 10e-3 * 4e-3, 0.1);
}

static void shaft_gives_up_against_more_than_its_thrust(void)
{
    struct carriage a;
    carriage_init(&a, 0.0, 4e-3);
    a.thrust_down = 37.0;
    carriage_move(&a, 5e-3, 5e-3, 0.5, 0.5);
    for (int i = 0; i < 400; i++)
        carriage_step(&a, 37.5, DT);
    CU_ASSERT_EQUAL(a.actual, 0.0);
    CU_ASSERT(a.at > 0.5e-3);
}

static const struct cell_settings quiet = {50.0, 600.0, 0.0, 0.0, 1.05},
                                  real = {50.0, 600.0, 2e-3, 0.0, 1.05};

static void cell_gives_600_values_a_second(void)
{
    struct cell c;
    cell_init(&c, &quiet, 5);
    for (int i = 0; i < 20000; i++)
        cell_step(&c, 1.0, DT);
    ASSERT_ABS((double)c.conversions, 6000.0, 1.0);
}

static void cell_delay_of_a_ramp_is_the_filters_group_delay(void)
{
    for (int filter = 0; filter < 8; filter += 3) {
        struct cell c;
        cell_init(&c, &quiet, 5);
        c.filter = filter;
        double seen = 0.0, t = 0.0;
        for (int i = 1; i <= 4000; i++) {
            t = i * DT;
            cell_step(&c, 10.0 * t, DT);
        }
        seen = t - c.filtered / 10.0;
        CU_ASSERT(seen >= cell_group_delay(&c) - 1e-9 && seen <= cell_group_delay(&c) + 1.0 / 600.0 + 2 * DT);
    }
}

static void noise_reads_two_millinewton_rms_at_the_default_filter(void)
{
    struct cell c;
    double sum = 0.0;
    int n = 0;
    cell_init(&c, &real, 17);
    for (int i = 0; i < 200000; i++) {
        cell_step(&c, 0.0, DT);
        if (i % 20 == 19) { /* 6 conversions apart: independent averages of 4 */
            sum += c.filtered * c.filtered;
            n++;
        }
    }
    ASSERT_REL(sqrt(sum / n), 2e-3, 0.04); /* 10000 values: 0.7 % expected */
}

static void cell_saturates_and_says_so(void)
{
    struct cell c;
    cell_init(&c, &quiet, 5);
    for (int i = 0; i < 100; i++)
        cell_step(&c, 61.3, DT);
    CU_ASSERT_EQUAL(c.filtered, 52.5);
    CU_ASSERT(c.over && !c.under);
    for (int i = 0; i < 100; i++)
        cell_step(&c, -61.3, DT);
    CU_ASSERT(c.under && !c.over);
}

CU_TestInfo virtual_carriage_tests[] = {
    {"move ends exactly on target, speed and acceleration bounded", move_ends_exactly_on_target},
    {"move takes the time of a trapezoid", move_takes_the_time_of_a_trapezoid},
    {"new target behind brakes first, then returns", new_target_behind_brakes_first_then_returns},
    {"stop takes v^2/(2 d)", stop_takes_v_squared_over_twice_the_deceleration},
    {"following error is speed x lag", following_error_is_speed_times_lag},
    {"shaft gives up against more than its thrust", shaft_gives_up_against_more_than_its_thrust},
    {"cell gives 600 values a second", cell_gives_600_values_a_second},
    {"cell's delay of a ramp is the filter's group delay", cell_delay_of_a_ramp_is_the_filters_group_delay},
    {"noise reads 2 mN rms at the default filter", noise_reads_two_millinewton_rms_at_the_default_filter},
    {"cell saturates and says so", cell_saturates_and_says_so},
    CU_TEST_INFO_NULL,
};
