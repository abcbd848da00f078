/* test_safety.c -- the latch and the overshoot budgets, as pure functions. */
#include <math.h>
#include <stddef.h>
#include <string.h>
#include "rig/safety/budget.h"
#include "rig/safety/freshness.h"
#include "rig/safety/latch.h"
#include "tests/rig/suites.h"

static const struct safety_limits LIMITS = {.force_push = 17.3,
                                            .force_pull = 6.1,
                                            .force_rate = 213.0,
                                            .soft_from = -0.4e-3,
                                            .soft_to = 18.2e-3,
                                            .hard_from = -0.9e-3,
                                            .hard_to = 19.1e-3,
                                            .following_error = 0.47e-3,
                                            .max_age = {0.21, 0.17},
                                            .still = 4e-6,
                                            .max_lateness = 0.083,
                                            .max_frozen = {0.3, 0.25},
                                            .bus_failures = 3,
                                            .weakest_load = 50.0};

static struct safety_inputs good(double now)
{
    return (struct safety_inputs){.now = now,
                                  .estop_healthy = true,
                                  .door_closed = true,
                                  .link_up = {true, true},
                                  .links = 2,
                                  .age = {0.02, 0.03},
                                  .force = 0.013,
                                  .position = 7.1e-3,
                                  .is_homed = true,
                                  .lateness = 1e-4};
}

static struct safety_latch armed(double *now)
{
    struct safety_latch s;
    safety_init(&s);
    for (*now = 0.0; *now < 1.0; *now += 0.02) {
        struct safety_inputs in = good(*now);
        in.operator_edge = *now > 0.9;
        safety_judge(&s, &LIMITS, &in);
    }
    return s;
}

static void it_starts_tripped(void)
{
    struct safety_latch s;
    safety_init(&s);
    CU_ASSERT_FALSE(s.is_armed);
    CU_ASSERT_EQUAL(s.first, SAFETY_START);
}

static void arming_needs_half_a_second_of_all_clear_and_then_an_edge(void)
{
    struct safety_latch s;
    safety_init(&s);
    struct safety_inputs in = good(10.0);
    in.operator_edge = true;
    CU_ASSERT_FALSE(safety_judge(&s, &LIMITS, &in)); /* an edge before the time is lost */
    in = good(10.49);
    in.operator_edge = true;
    CU_ASSERT_FALSE(safety_judge(&s, &LIMITS, &in));
    in = good(10.51); /* clear for long enough, but nobody acts */
    CU_ASSERT_FALSE(safety_judge(&s, &LIMITS, &in));
    in.operator_edge = true;
    CU_ASSERT_TRUE(safety_judge(&s, &LIMITS, &in));
    CU_ASSERT_TRUE(s.is_armed);
}

static void a_glitch_restarts_the_half_second(void)
{
    struct safety_latch s;
    safety_init(&s);
    struct safety_inputs in = good(0.0);
    safety_judge(&s, &LIMITS, &in);
    in = good(0.4);
    in.door_closed = false;
    safety_judge(&s, &LIMITS, &in);
    in = good(0.42);
    safety_judge(&s, &LIMITS, &in);
    in = good(0.9);
    in.operator_edge = true;
    CU_ASSERT_FALSE(safety_judge(&s, &LIMITS, &in));
    in = good(0.93);
    in.operator_edge = true;
    CU_ASSERT_TRUE(safety_judge(&s, &LIMITS, &in));
}

static void spoil(struct safety_inputs *in, enum safety_cause c)
{
    switch (c) {
    case SAFETY_ESTOP: in->estop_healthy = false; break;
    case SAFETY_DRIVE_ALARM: in->alarm = 0x80; break;
    case SAFETY_DOOR: in->door_closed = false; break;
    case SAFETY_LINK: in->link_up[1] = false; break;
    case SAFETY_BUS_FAILURES: in->failures_in_row = 3; break;
    case SAFETY_AXIS_AGE: in->age[BENCH_AXIS] = 0.2101; break;
    case SAFETY_FORCE_AGE: in->age[BENCH_FORCE] = 0.1701; break;
    case SAFETY_SATURATION: in->saturated = true; break;
    case SAFETY_FORCE_PUSH: in->force = 17.31; break;
    case SAFETY_FORCE_PULL: in->force = -6.11; break;
    case SAFETY_FORCE_RATE: in->force_rate = -213.5; break;
    case SAFETY_TRAVEL: in->position = 19.11e-3; break;
    case SAFETY_FOLLOWING: in->position_error = -0.471e-3; break;
    case SAFETY_LATENESS: in->lateness = 0.0831; break;
    case SAFETY_RECORDER: in->recorder_failed = true; break;
    case SAFETY_POLARITY: in->polarity_wrong = true; break;
    case SAFETY_SEQUENCE: in->sequence_failed = true; break;
    case SAFETY_FORCE_FROZEN: in->frozen[BENCH_FORCE] = 0.2501; break;
    case SAFETY_AXIS_FROZEN: in->frozen[BENCH_AXIS] = 0.3001; break;
    case SAFETY_OVERSHOOT: in->predicted = 50.01; break;
    case SAFETY_FOREIGN: in->foreign_write = true; break;
    case SAFETY_MOTION: in->stray = -4.1e-6; break;
    case SAFETY_LOST: in->lost = LOSS_JUMP; break;
    default: CU_FAIL("no such cause"); break;
    }
}

static void every_condition_trips_with_its_own_cause(void)
{
    for (int c = SAFETY_ESTOP; c < SAFETY_CAUSES; c++) {
        double now;
        struct safety_latch s = armed(&now);
        struct safety_inputs in = good(now);
        CU_ASSERT_TRUE(s.is_armed);
        spoil(&in, (enum safety_cause)c);
        CU_ASSERT_TRUE(safety_judge(&s, &LIMITS, &in));
        CU_ASSERT_FALSE(s.is_armed);
        CU_ASSERT_EQUAL(s.first, (enum safety_cause)c);
        CU_ASSERT_EQUAL(s.at, now);
    }
}

static void the_drives_own_words_trip_the_estop(void)
{
    double now;
    struct safety_latch s = armed(&now);
    struct safety_inputs in = good(now);
    in.alarm_sto = true;
    safety_judge(&s, &LIMITS, &in);
    CU_ASSERT_EQUAL(s.first, SAFETY_ESTOP);
    s = armed(&now);
    in = good(now);
    in.alarm_estop = true;
    safety_judge(&s, &LIMITS, &in);
    CU_ASSERT_EQUAL(s.first, SAFETY_ESTOP);
}

static void a_nan_trips(void)
{
    double now;
    struct safety_latch s = armed(&now);
    struct safety_inputs in = good(now);
    in.force = NAN;
    CU_ASSERT_TRUE(safety_judge(&s, &LIMITS, &in));
    s = armed(&now);
    in = good(now);
    in.age[BENCH_AXIS] = NAN;
    CU_ASSERT_TRUE(safety_judge(&s, &LIMITS, &in));
    CU_ASSERT_EQUAL(s.first, SAFETY_AXIS_AGE);
}

/* Each number in turn is none, or endless: something must fail, before homing too. */
static void no_number_that_is_none_passes(void)
{
    static const size_t at[] = {offsetof(struct safety_inputs, force),      offsetof(struct safety_inputs, force_rate),
                                offsetof(struct safety_inputs, predicted),  offsetof(struct safety_inputs, position),
                                offsetof(struct safety_inputs, position_error), offsetof(struct safety_inputs, stray),
                                offsetof(struct safety_inputs, lateness),   offsetof(struct safety_inputs, age[0]),
                                offsetof(struct safety_inputs, age[1]),     offsetof(struct safety_inputs, frozen[0]),
                                offsetof(struct safety_inputs, frozen[1])};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        for (int k = 0; k < 4; k++) {
            struct safety_inputs in = good(3.7);
            double v, l, bad = k & 1 ? INFINITY : NAN;
            in.is_homed = k < 2;
            memcpy((char *)&in + at[i], &bad, sizeof bad);
            CU_ASSERT_NOT_EQUAL(safety_check(&LIMITS, &in, &v, &l), SAFETY_CLEAR);
        }
}

/* A budget that cannot be computed is the worst there is, and stays it through every maximum. */
static void a_budget_that_is_no_number_is_not_dropped(void)
{
    static struct bench b;
    struct budget out;
    b.tick_period = 20e-3;
    b.axis.stop_decel = 0.1;
    b.axis.watchdog_time = NAN;
    struct safety_limits l = {.max_age = {0.2, 0.2}, .max_lateness = 0.1};
    budget_judge(&b, &l, 80e3, 0.5e-3, 1e-3, &out);
    CU_ASSERT_TRUE(isnan(out.worst));
    b.axis.watchdog_time = 0.3;
    l.max_age[BENCH_FORCE] = NAN;
    budget_judge(&b, &l, 80e3, 0.5e-3, 1e-3, &out);
    CU_ASSERT_TRUE(isnan(out.worst));
    l.max_age[BENCH_AXIS] = NAN;
    budget_judge(&b, &l, 80e3, 0.5e-3, 1e-3, &out);
    CU_ASSERT_TRUE(isnan(out.blind_way));
}

static void values_at_their_limits_do_not_trip(void)
{
    double now;
    struct safety_latch s = armed(&now);
    struct safety_inputs in = good(now);
    in.force = 17.3;
    in.position = 19.1e-3;
    in.lateness = 0.083;
    in.failures_in_row = 2;
    CU_ASSERT_FALSE(safety_judge(&s, &LIMITS, &in));
    CU_ASSERT_TRUE(s.is_armed);
}

static void the_first_cause_is_kept(void)
{
    double now;
    struct safety_latch s = armed(&now);
    struct safety_inputs in = good(now);
    in.force = 21.4;
    safety_judge(&s, &LIMITS, &in);
    in.now += 0.02;
    in.estop_healthy = false;
    CU_ASSERT_FALSE(safety_judge(&s, &LIMITS, &in));
    CU_ASSERT_EQUAL(s.first, SAFETY_FORCE_PUSH);
    CU_ASSERT_EQUAL(s.value, 21.4);
    CU_ASSERT_EQUAL(s.limit, 17.3);
    CU_ASSERT_EQUAL(s.at, now);
    char text[160];
    safety_describe(s.first, s.value, s.limit, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "force_push: 21.4 N > 17.3 N");
}

static void travel_means_nothing_before_homing(void)
{
    double now, v, l;
    struct safety_latch s = armed(&now);
    struct safety_inputs in = good(now);
    in.is_homed = false;
    in.position = 1.0;
    CU_ASSERT_EQUAL(safety_check(&LIMITS, &in, &v, &l), SAFETY_CLEAR);
    CU_ASSERT_TRUE(s.is_armed);
}

static void only_mechanical_causes_may_be_unloaded(void)
{
    CU_ASSERT_TRUE(safety_may_unload(SAFETY_FORCE_PUSH));
    CU_ASSERT_TRUE(safety_may_unload(SAFETY_TRAVEL));
    CU_ASSERT_TRUE(safety_may_unload(SAFETY_FOLLOWING));
    CU_ASSERT_FALSE(safety_may_unload(SAFETY_ESTOP));
    CU_ASSERT_FALSE(safety_may_unload(SAFETY_LINK));
    CU_ASSERT_FALSE(safety_may_unload(SAFETY_FORCE_AGE));
    CU_ASSERT_FALSE(safety_may_unload(SAFETY_DRIVE_ALARM));
}

/* 250 N/mm, 1 mm/s, 200 ms, 100 mm/s2: 250 (0.2 + 0.005) = 51.25 N;  25 N/mm, 10 mm/s: 25 (2 + 0.5) = 62.5 N. */
static void overshoot_equals_the_hand_worked_numbers(void)
{
    ASSERT_REL(budget_overshoot(250e3, 1e-3, 0.2, 0.1), 51.25, 1e-12);
    ASSERT_REL(budget_overshoot(25e3, 10e-3, 0.2, 0.1), 62.5, 1e-12);
    /* 0.5 mm/s and 20 ms on 28 N/mm: 28 (0.01 + 0.00125) = 0.315 N */
    ASSERT_REL(budget_overshoot(28e3, 0.5e-3, 0.02, 0.1), 0.315, 1e-12);
}

static void the_times_add_up_worst_case(void)
{
    const struct budget_times t = {.filter = 5e-3,
                                   .sensor = 2e-3,
                                   .poll = 10e-3,
                                   .transaction = 12e-3,
                                   .decide = 120e-3,
                                   .stop_frame = 24e-3,
                                   .latency = 10e-3};
    ASSERT_REL(budget_total(&t), 0.183, 1e-12);
}

/* A TCP bench worked by hand.  STOP waits for a transaction that fails: given up after 1.5 x 12 + 2 ms, seen 2 ms
 * later: 22, and needs 12 itself.  Filter 5 + sensor 2 + poll 10 + transaction 12 + (tick 20 + lateness 100) + stop 34
 * + latency 10 = 193 ms;  sensor dies: age 200 + 120 + 34 + 10 = 364 ms;  PC dies: 300 + 10 = 310 ms. */
static void the_three_budgets_of_a_bench(void)
{
    static struct bench b;
    b.tick_period = 20e-3;
    b.cell.filter_delay = 5e-3;
    b.cell.period = 2e-3;
    b.axis.latency = 10e-3;
    b.axis.stop_decel = 0.1;
    b.axis.watchdog_time = 0.3;
    b.device[BENCH_FORCE].poll = 10e-3;
    b.device[BENCH_FORCE].link = 1;
    b.device[BENCH_AXIS].timeout = b.device[BENCH_FORCE].timeout = 0.15;
    b.device[BENCH_AXIS].map.groups = 1;
    b.device[BENCH_AXIS].map.group[0].count = 24;
    struct safety_limits l = {.max_age = {0.2, 0.2}, .max_lateness = 0.1};
    struct budget out;
    budget_judge(&b, &l, 80e3, 0.5e-3, INFINITY, &out);
    ASSERT_REL(out.time[0], 0.193, 1e-12);
    ASSERT_REL(out.time[1], 0.364, 1e-12);
    ASSERT_REL(out.time[2], 0.310, 1e-12);
    ASSERT_REL(out.overshoot[0], 80.0 * (0.5 * 0.193 + 0.25 / 200.0), 1e-9); /* 7.82 N */
    ASSERT_REL(out.worst, 80.0 * (0.5 * 0.364 + 0.25 / 200.0), 1e-9);        /* 14.66 N */
    /* STOP ignored: 193; it works in 10 + 5 + 5 of ramp, two reads of 12, a tick; off 34; the watchdog's 300 ms */
    ASSERT_REL(out.ignored_time, 0.193 + 0.064 + 0.034 + 0.300, 1e-12);
    ASSERT_REL(out.ignored, 80.0 * (0.5 * 0.591 + 0.25 / 200.0), 1e-9); /* 23.74 N */
    b.device[BENCH_FORCE].link = 0; /* on one link STOP may have to wait for the dying sensor: as long, over TCP */
    budget_judge(&b, &l, 80e3, 0.5e-3, INFINITY, &out);
    ASSERT_REL(out.time[1], 0.364, 1e-12);
    b.device[BENCH_FORCE].timeout = 0.015; /* no longer than its time-out, but then for the axis */
    budget_judge(&b, &l, 80e3, 0.5e-3, INFINITY, &out);
    ASSERT_REL(out.time[1], 0.364, 1e-12);
    b.device[BENCH_AXIS].timeout = 0.015;
    budget_judge(&b, &l, 80e3, 0.5e-3, INFINITY, &out);
    ASSERT_REL(out.time[1], 0.357, 1e-12);
    budget_judge(&b, &l, 80e3, 0.5e-3, 20e-6, &out); /* the drive's own target is 20 um below the surface */
    ASSERT_REL(out.worst, 1.6, 1e-9);
}

static void a_device_that_repeats_itself_is_found_only_where_it_has_to_change(void)
{
    struct freshness f = {0};
    CU_ASSERT_EQUAL(freshness_look(&f, FRESH_EXPECTED_CHANGE, 1.0, 1, 77, true), 0.0);
    ASSERT_ABS(freshness_look(&f, FRESH_EXPECTED_CHANGE, 1.1, 2, 77, true), 0.1, 1e-12);
    CU_ASSERT_EQUAL(freshness_look(&f, FRESH_EXPECTED_CHANGE, 1.2, 3, 77, false), 0.0); /* at rest: no fault */
    ASSERT_ABS(freshness_look(&f, FRESH_EXPECTED_CHANGE, 1.3, 4, 77, true), 0.1, 1e-12); /* counts from there */
    CU_ASSERT_EQUAL(freshness_look(&f, FRESH_EXPECTED_CHANGE, 1.4, 5, 78, true), 0.0);
    ASSERT_ABS(freshness_look(&f, FRESH_EXPECTED_CHANGE, 1.5, 5, 78, true), 0.1, 1e-12); /* no new sample either */
    f = (struct freshness){0};
    freshness_look(&f, FRESH_COUNTER, 2.0, 1, 9, false);
    ASSERT_ABS(freshness_look(&f, FRESH_COUNTER, 2.3, 2, 9, false), 0.3, 1e-12);
    CU_ASSERT_EQUAL(freshness_look(&f, FRESH_NOT_DETECTABLE, 2.4, 3, 9, true), 0.0);
}

CU_TestInfo safety_tests[] = {{"it_starts_tripped", it_starts_tripped},
                              {"arming_needs_half_a_second_of_all_clear_and_then_an_edge",
                               arming_needs_half_a_second_of_all_clear_and_then_an_edge},
                              {"a_glitch_restarts_the_half_second", a_glitch_restarts_the_half_second},
                              {"every_condition_trips_with_its_own_cause", every_condition_trips_with_its_own_cause},
                              {"the_drives_own_words_trip_the_estop", the_drives_own_words_trip_the_estop},
                              {"a_nan_trips", a_nan_trips},
                              {"no_number_that_is_none_passes", no_number_that_is_none_passes},
                              {"a_budget_that_is_no_number_is_not_dropped", a_budget_that_is_no_number_is_not_dropped},
                              {"values_at_their_limits_do_not_trip", values_at_their_limits_do_not_trip},
                              {"the_first_cause_is_kept", the_first_cause_is_kept},
                              {"travel_means_nothing_before_homing", travel_means_nothing_before_homing},
                              {"only_mechanical_causes_may_be_unloaded", only_mechanical_causes_may_be_unloaded},
                              {"overshoot_equals_the_hand_worked_numbers", overshoot_equals_the_hand_worked_numbers},
                              {"the_times_add_up_worst_case", the_times_add_up_worst_case},
                              {"a_device_that_repeats_itself_is_found_only_where_it_has_to_change",
                               a_device_that_repeats_itself_is_found_only_where_it_has_to_change},
                              {"the_three_budgets_of_a_bench", the_three_budgets_of_a_bench},
                              CU_TEST_INFO_NULL};
