/* test_em2rs.c -- the second pair's drive: frames typed by hand, moves, the dead man's jog, stops. */
#include <math.h>
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

/* PR0 as one block, started: mode, pulses, rpm; ramps of 100 ms per 1000 rpm. */
static int run_pr0(struct vbench *v, unsigned mode, int32_t pulses, int rpm)
{
    uint32_t x = (uint32_t)pulses;
    uint8_t r[300], q[22] = {16, 0x62, 0, 0, 8, 16, (uint8_t)(mode >> 8), (uint8_t)mode, (uint8_t)(x >> 24),
                             (uint8_t)(x >> 16), (uint8_t)(x >> 8), (uint8_t)x, (uint8_t)(rpm >> 8), (uint8_t)rpm,
                             0, 100, 0, 100, 0, 0, 0, 0x10};
    int n = vbench_pdu(v, 1, q, sizeof q, r, sizeof r);
    return n == 5 ? 0 : n == 2 ? r[1] : -100;
}

static int status(struct vbench *v)
{
    uint16_t w = 0;
    CU_ASSERT_EQUAL(kit_read(v, 1, 0x1003, 1, &w), 0);
    return w;
}

static void enable(struct vbench *v)
{
    CU_ASSERT_EQUAL(kit_write(v, 1, 0x000F, 1), 0);
    vbench_advance(v, 0.01);
    CU_ASSERT_EQUAL(status(v) & 3, 2);
}

static void home(struct vbench *v)
{
    enable(v);
    CU_ASSERT_EQUAL(kit_write(v, 1, 0x6002, 0x20), 0);
    vbench_advance(v, 3.0);
    CU_ASSERT_EQUAL(status(v), 0x0072); /* enabled, and all three done bits */
}

static void frames_typed_from_the_manuals(void)
{
    struct vbench *v = kit_second_pair(3, 0.0);
    ASSERT_REPLY(v, 1, "03 10 03 00 01", "03 02 00 00");       /* status: disabled, well */
    ASSERT_REPLY(v, 1, "03 10 14 00 02", "03 04 00 00 00 00"); /* position 0 at power-on */
    ASSERT_REPLY(v, 1, "03 01 79 00 01", "03 02 00 09");       /* E-stop healthy, door closed */
    ASSERT_REPLY(v, 1, "03 22 03 00 01", "03 02 00 00");       /* no alarm */
    ASSERT_REPLY(v, 1, "03 01 45 00 01", "03 02 00 A2");       /* the first input stops when it opens */
    ASSERT_REPLY(v, 1, "06 00 0F 00 01", "06 00 0F 00 01");    /* enable */
    vbench_advance(v, 0.001);
    ASSERT_REPLY(v, 1, "03 10 03 00 01", "03 02 00 02");
    /* CS2RS manual page 50, PDU of the printed frame (its CRC 8D 50 fits speed 0): taken, and nothing moves */
    ASSERT_REPLY(v, 1, "10 62 00 00 08 10 00 01 00 00 27 10 00 00 27 10 27 10 00 00 00 10", "10 62 00 00 08");
    vbench_advance(v, 0.5);
    ASSERT_REPLY(v, 1, "03 10 14 00 02", "03 04 00 00 00 00");
    ASSERT_REPLY(v, 1, "03 62 00 00 08", "03 10 00 01 00 00 27 10 00 00 27 10 27 10 00 00 00 00");
    /* 2500 pulses = 1.25 mm down at 60 rpm = 5 mm/s */
    ASSERT_REPLY(v, 1, "10 62 00 00 08 10 00 01 00 00 09 C4 00 3C 00 64 00 64 00 00 00 10", "10 62 00 00 08");
    vbench_advance(v, 0.1);
    ASSERT_REPLY(v, 1, "03 10 03 00 01", "03 02 00 06"); /* enabled, running */
    ASSERT_REPLY(v, 1, "03 10 46 00 01", "03 02 00 3C"); /* 60 rpm */
    ASSERT_REPLY(v, 1, "03 60 02 00 01", "03 02 00 10");
    vbench_advance(v, 0.9);
    ASSERT_REPLY(v, 1, "03 10 14 00 02", "03 04 00 00 09 C4");
    ASSERT_REPLY(v, 1, "03 10 03 00 01", "03 02 00 32"); /* command and path done */
    /* relative, 1250 pulses back */
    ASSERT_REPLY(v, 1, "10 62 00 00 08 10 00 41 FF FF FB 1E 00 3C 00 64 00 64 00 00 00 10", "10 62 00 00 08");
    vbench_advance(v, 1.0);
    ASSERT_REPLY(v, 1, "03 10 14 00 02", "03 04 00 00 04 E2");
    vbench_free(v);
}

static void refused_requests_get_their_exception(void)
{
    struct vbench *v = kit_second_pair(3, 0.0);
    ASSERT_REPLY(v, 1, "04 10 03 00 01", "84 01");                /* knows 3, 6 and 16 */
    ASSERT_REPLY(v, 1, "03 10 14 00 03", "83 02");                /* no register behind the position */
    ASSERT_REPLY(v, 1, "03 00 00 00 01", "83 02");
    ASSERT_REPLY(v, 1, "06 10 03 00 01", "86 02");                /* status is not written */
    ASSERT_REPLY(v, 1, "06 18 01 12 34", "86 03");
    ASSERT_REPLY(v, 1, "06 60 02 00 11", "86 03");
    ASSERT_REPLY(v, 1, "06 00 0F 00 02", "86 03");
    ASSERT_REPLY(v, 1, "10 62 00 00 08 10 00 07 00 00 09 C4 00 3C 00 64 00 64 00 00 00 10", "90 03"); /* mode 7 */
    ASSERT_REPLY(v, 1, "10 62 04 00 05 0A 00 64 00 64 00 00 00 00 00 00", "90 02"); /* beyond the block */
    ASSERT_REPLY(v, 1, "10 00 0F 00 02 04 00 01 00 00", "90 02");
    ASSERT_REPLY(v, 1, "03 62 00 00 01", "03 02 00 00");          /* all or nothing: the mode was not kept */
    vbench_free(v);
}

static void command_while_disabled_is_taken_and_does_nothing(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    double at = v->plant.axis.actual;
    CU_ASSERT_EQUAL(run_pr0(v, 1, 4000, 60), 0);
    CU_ASSERT_EQUAL(kit_write(v, 1, 0x1801, 0x4001), 0);
    vbench_advance(v, 0.5);
    ASSERT_ABS(v->plant.axis.actual, at, 1e-9);
    CU_ASSERT_EQUAL(status(v), 0);
    vbench_free(v);
}

static void homing_ends_at_the_switch_with_position_zero(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    home(v);
    ASSERT_ABS(v->plant.axis.actual, 0.0, 1e-6);
    ASSERT_ABS(kit_read_s32(v, 1, 0x1014), 0, 2);
    uint16_t in = 0;
    kit_read(v, 1, 0x0179, 1, &in);
    CU_ASSERT_EQUAL(in & 2, 2);
    vbench_free(v);
}

static void jog_stops_when_its_word_does_not_come_again(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    enable(v);
    for (int i = 0; i < 20; i++) { /* every 40 ms: goes on */
        CU_ASSERT_EQUAL(kit_write(v, 1, 0x1801, 0x4001), 0);
        vbench_advance(v, 0.04);
    }
    CU_ASSERT_EQUAL(kit_write(v, 1, 0x1801, 0x4001), 0);
    double from = v->plant.axis.actual;
    ASSERT_REL(v->plant.axis.actual_speed, 5e-3, 0.01);
    vbench_advance(v, 0.049);
    ASSERT_REL(v->plant.axis.actual_speed, 5e-3, 0.01);
    vbench_advance(v, 0.051);
    CU_ASSERT_EQUAL(status(v), 2);
    /* 50 ms at 5 mm/s, then 833 mm/s2, and what the shaft lagged behind (4 ms) */
    ASSERT_ABS(v->plant.axis.actual - from, 0.25e-3 + 0.015e-3 + 0.02e-3, 5e-6);
    CU_ASSERT_EQUAL(kit_write(v, 1, 0x01E1, 12), 0); /* 1 mm/s, the other way */
    from = v->plant.axis.actual;
    CU_ASSERT_EQUAL(kit_write(v, 1, 0x1801, 0x4002), 0);
    vbench_advance(v, 0.2);
    ASSERT_ABS(v->plant.axis.actual - from, -50e-6, 2e-6);
    vbench_free(v);
}

static void started_move_goes_on_without_a_master(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    home(v);
    CU_ASSERT_EQUAL(run_pr0(v, 1, 10000, 12), 0); /* 5 mm at 1 mm/s */
    vbench_advance(v, 6.0);                        /* and nobody speaks */
    ASSERT_ABS(v->plant.axis.actual, 5e-3, 2e-6);
    vbench_free(v);
}

static void quick_stop_brakes_at_its_own_rate(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    home(v);
    CU_ASSERT_EQUAL(run_pr0(v, 2, 0, 96), 0); /* speed mode, 8 mm/s down */
    vbench_advance(v, 0.5);
    ASSERT_REL(v->plant.axis.actual_speed, 8e-3, 0.01);
    double from = v->plant.axis.actual;
    CU_ASSERT_EQUAL(kit_write(v, 1, 0x6002, 0x40), 0);
    vbench_advance(v, 0.2);
    /* 2 ms to act, 8^2/(2 x 1667) mm to brake, 4 ms of lag */
    ASSERT_ABS(v->plant.axis.actual - from, 16e-6 + 19.2e-6 + 32e-6, 4e-6);
    CU_ASSERT_EQUAL(status(v) & 6, 2);
    CU_ASSERT_EQUAL(run_pr0(v, 2, 0, -96), 0);
    vbench_advance(v, 0.1);
    CU_ASSERT(v->plant.axis.actual_speed < -7e-3);
    vbench_free(v);
}

static void stop_is_not_overwritten_by_what_follows(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    home(v);
    CU_ASSERT_EQUAL(run_pr0(v, 2, 0, 60), 0);
    vbench_advance(v, 0.3);
    CU_ASSERT_EQUAL(kit_write(v, 1, 0x6002, 0x40), 0);
    CU_ASSERT_EQUAL(run_pr0(v, 0, 0, 60), 0); /* mode 0 does nothing by itself; before the 2 ms are over */
    vbench_advance(v, 0.2);
    CU_ASSERT_EQUAL(status(v) & 4, 0);
    vbench_free(v);
}

static void estop_disables_until_released_and_reset(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    home(v);
    CU_ASSERT_EQUAL(run_pr0(v, 1, 20000, 60), 0);
    vbench_advance(v, 0.3);
    v->plant.estop_pressed = true;
    vbench_advance(v, 0.2);
    double at = v->plant.axis.actual;
    CU_ASSERT(at > 1e-3 && at < 2e-3);
    CU_ASSERT_EQUAL(status(v) & 7, 1);
    ASSERT_REPLY(v, 1, "03 22 03 00 01", "03 02 05 70");
    ASSERT_REPLY(v, 1, "03 01 79 00 01", "03 02 00 08");
    CU_ASSERT_EQUAL(kit_write(v, 1, 0x1801, 0x1111), 0);
    ASSERT_REPLY(v, 1, "03 22 03 00 01", "03 02 05 70"); /* still pressed: not even for a moment */
    vbench_advance(v, 0.1);
    CU_ASSERT_EQUAL(status(v) & 7, 1);
    v->plant.estop_pressed = false;
    vbench_advance(v, 0.1);
    CU_ASSERT_EQUAL(status(v) & 7, 1); /* latched */
    CU_ASSERT_EQUAL(kit_write(v, 1, 0x1801, 0x1111), 0);
    vbench_advance(v, 0.5);
    CU_ASSERT_EQUAL(status(v) & 7, 2); /* enabled again, as it was set, and at rest */
    ASSERT_ABS(v->plant.axis.actual, at, 1e-6);
    vbench_free(v);
}

static void limits_stop_and_the_way_back_is_open(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    home(v);
    v->plant.limit_forced = true;
    CU_ASSERT_EQUAL(run_pr0(v, 1, 8000, 60), 0);
    vbench_advance(v, 1.0);
    CU_ASSERT(v->plant.axis.actual < 50e-6);
    ASSERT_REPLY(v, 1, "03 01 79 00 01", "03 02 00 0F");
    v->plant.limit_forced = false;
    CU_ASSERT_EQUAL(run_pr0(v, 1, 8000, 60), 0);
    vbench_advance(v, 0.5);
    v->plant.limit_forced = true;
    vbench_advance(v, 0.5);
    double at = v->plant.axis.actual;
    CU_ASSERT(at > 2e-3 && at < 3e-3);
    CU_ASSERT_EQUAL(run_pr0(v, 1, 1000, 60), 0);
    vbench_advance(v, 1.0);
    ASSERT_ABS(v->plant.axis.actual, 0.5e-3, 2e-6);
    vbench_free(v);
}

static void upper_limit_stops_above_home(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    home(v);
    CU_ASSERT_EQUAL(run_pr0(v, 2, 0, -60), 0);
    vbench_advance(v, 0.6);
    ASSERT_ABS(v->plant.axis.actual, -1.03e-3, 0.03e-3); /* 1 mm above home, and the way to brake and to catch up */
    CU_ASSERT_EQUAL(status(v) & 6, 2);
    ASSERT_REPLY(v, 1, "03 01 79 00 01", "03 02 00 1B");
    CU_ASSERT_EQUAL(run_pr0(v, 1, 0, 60), 0);
    vbench_advance(v, 1.0);
    ASSERT_ABS(v->plant.axis.actual, 0.0, 2e-6);
    vbench_free(v);
}

static void stalled_shaft_raises_the_position_alarm(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    home(v);
    v->plant.axis.stalled = true;
    CU_ASSERT_EQUAL(run_pr0(v, 1, 20000, 60), 0); /* 2 mm of error after 0.4 s */
    vbench_advance(v, 0.35);
    CU_ASSERT_EQUAL(status(v) & 1, 0);
    vbench_advance(v, 0.1);
    CU_ASSERT_EQUAL(status(v) & 3, 1);
    ASSERT_REPLY(v, 1, "03 22 03 00 01", "03 02 01 80");
    vbench_free(v);
}

static void dwell_delays_the_path_and_done_bits_can_begin_at_three(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    v->plant.set.em2rs.done_bit = 3;
    enable(v);
    ASSERT_REPLY(v, 1, "10 62 00 00 08 10 00 01 00 00 00 64 00 3C 00 64 00 64 01 F4 00 10", "10 62 00 00 08");
    vbench_advance(v, 0.3);
    CU_ASSERT_EQUAL(status(v), 0x000E); /* still running: dwells 500 ms */
    vbench_advance(v, 0.4);
    CU_ASSERT_EQUAL(status(v), 0x001A);
    vbench_free(v);
}

static void script_and_truth_know_the_second_pair(void)
{
    struct vbench *v = kit_second_pair(8, 0.0);
    home(v);
    CU_ASSERT_EQUAL(fault_parse(&v->faults, "f", "when state moving: alarm 0x00E0\n", NULL), 0);
    CU_ASSERT_EQUAL(run_pr0(v, 1, 20000, 60), 0);
    vbench_advance(v, 0.2);
    ASSERT_REPLY(v, 1, "03 22 03 00 01", "03 02 00 E0");
    CU_ASSERT_EQUAL(status(v) & 7, 1);
    vbench_free(v);
}

CU_TestInfo virtual_em2rs_tests[] = {
    {"frames typed from the manuals", frames_typed_from_the_manuals},
    {"refused requests get their exception", refused_requests_get_their_exception},
    {"command while disabled is taken and does nothing", command_while_disabled_is_taken_and_does_nothing},
    {"homing ends at the switch with position 0", homing_ends_at_the_switch_with_position_zero},
    {"jog stops when its word does not come again", jog_stops_when_its_word_does_not_come_again},
    {"started move goes on without a master", started_move_goes_on_without_a_master},
    {"quick stop brakes at its own rate", quick_stop_brakes_at_its_own_rate},
    {"stop is not overwritten by what follows", stop_is_not_overwritten_by_what_follows},
    {"E-stop disables until released and reset", estop_disables_until_released_and_reset},
    {"limits stop and the way back is open", limits_stop_and_the_way_back_is_open},
    {"upper limit stops above home", upper_limit_stops_above_home},
    {"stalled shaft raises the position alarm", stalled_shaft_raises_the_position_alarm},
    {"dwell delays the path; done bits can begin at 3", dwell_delays_the_path_and_done_bits_can_begin_at_three},
    {"script and truth know the second pair", script_and_truth_know_the_second_pair},
    CU_TEST_INFO_NULL,
};
