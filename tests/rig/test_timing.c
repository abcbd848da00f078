/* test_timing.c -- counts of times, the loop's wake-ups, and the speed that a budget leaves. */
#include <math.h>
#include "rig/loop/runner.h"
#include "rig/safety/budget.h"
#include "tests/rig/simulation.h"
#include "tests/rig/suites.h"
#include "tests/runner.h"

static void times_are_counted_in_steps_of_1_2_and_5(void)
{
    struct latency l = {0};
    struct latency_step step[LATENCY_STEPS];
    const double added[] = {0.4e-6, 1.7e-3, 1.2e-3, 2.3e-3, 4.9e-3, 6.1e-3, 0.73, 8.5};
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
        latency_add(&l, added[i]);
    CU_ASSERT_EQUAL_FATAL(latency_histogram(&l, step), 6);
    const struct latency_step want[] = {{2e-6, 1}, {2e-3, 2}, {5e-3, 2}, {10e-3, 1}, {1.0, 1}, {10.0, 1}};
    for (size_t i = 0; i < 6; i++) {
        ASSERT_REL(step[i].edge, want[i].edge, 1e-9);
        CU_ASSERT_EQUAL(step[i].n, want[i].n);
    }
}

static void every_time_falls_into_one_step(void)
{
    struct latency l = {0};
    struct latency_step step[LATENCY_STEPS];
    uint64_t sum = 0;
    for (int i = 0; i < 1000; i++)
        latency_add(&l, 1e-7 * pow(1.0237, i)); /* 0.1 us to 1.5 ks */
    size_t n = latency_histogram(&l, step);
    for (size_t i = 0; i < n; i++)
        sum += step[i].n;
    CU_ASSERT_EQUAL(sum, 1000);
    CU_ASSERT_EQUAL(latency_histogram(&(struct latency){0}, step), 0);
}

static void quantiles_are_at_most_a_bin_above(void)
{
    struct latency l = {0};
    for (int i = 1; i <= 10000; i++)
        latency_add(&l, i * 1e-6);
    ASSERT_REL(latency_quantile(&l, 0.5), 5e-3, 0.13);
    ASSERT_REL(latency_quantile(&l, 0.999), 9.99e-3, 0.13);
    CU_ASSERT_EQUAL(latency_quantile(&l, 1.0), l.max);
}

/* v T + v2 / 2a = 0.12 mm, T 300 ms, a 100 mm/s2: v = 100 (sqrt(0.09 + 0.0024) - 0.3) = 0.39737 mm/s. */
static void the_fastest_speed_is_the_overshoots_inverse(void)
{
    ASSERT_REL(budget_fastest(0.12e-3, 0.3, 0.1), 0.39737e-3, 1e-4);
    ASSERT_REL(budget_travel(budget_fastest(0.437e-3, 0.183, 0.8), 0.183, 0.8), 0.437e-3, 1e-12);
    CU_ASSERT_EQUAL(budget_fastest(0.0, 0.3, 0.1), 0.0);
    CU_ASSERT_EQUAL(budget_fastest(-1e-3, 0.3, 0.1), 0.0);
}

static void the_loop_counts_every_deadline_as_kept_or_missed(void)
{
    struct latency l = {0};
    uint64_t ticks = 0, skipped = 0;
    runner_measure(2e-3, 0.1, &l, &ticks, &skipped);
    CU_ASSERT_EQUAL(l.count, ticks);
    CU_ASSERT_TRUE(ticks > 0 && ticks + skipped >= 48); /* the last may lie beyond the end */
}

/* The axis is polled each 20 ms, as often as the tick comes: two samples, and perhaps a verified register. */
static void a_late_tick_leaves_no_row_of_reads_before_its_stop(void)
{
    struct simulation *s = NULL;
    struct link_stats before, after;
    struct err e = {0};
    int rc = simulation_new(&s, "benches/virtual_tcp.yaml", "methods/press_10N_hold_5s.yaml", NULL, &e);
    CU_ASSERT_EQUAL_FATAL(rc, 0);
    while (s->rig.force.force < 4.0 && s->pace.clock.now < 40.0)
        simulation_tick(s, KEY_NONE);
    link_statistics(s->link[0], &before);
    s->pace.late = 0.095; /* inside what is allowed */
    simulation_tick(s, KEY_NONE);
    link_statistics(s->link[0], &after);
    uint64_t asked = after.device[BENCH_AXIS].requests - before.device[BENCH_AXIS].requests;
    CU_ASSERT_TRUE(asked >= 2 && asked <= 3);
    simulation_tick(s, KEY_NONE);
    CU_ASSERT_EQUAL(s->rig.state, RIG_RUNNING); /* what it sees is old, but not too old */
    simulation_free(s);
}

CU_TestInfo timing_tests[] = {
    {"times_are_counted_in_steps_of_1_2_and_5", times_are_counted_in_steps_of_1_2_and_5},
    {"every_time_falls_into_one_step", every_time_falls_into_one_step},
    {"quantiles_are_at_most_a_bin_above", quantiles_are_at_most_a_bin_above},
    {"the_fastest_speed_is_the_overshoots_inverse", the_fastest_speed_is_the_overshoots_inverse},
    {"the_loop_counts_every_deadline_as_kept_or_missed", the_loop_counts_every_deadline_as_kept_or_missed},
    {"a_late_tick_leaves_no_row_of_reads_before_its_stop", a_late_tick_leaves_no_row_of_reads_before_its_stop},
    CU_TEST_INFO_NULL};
