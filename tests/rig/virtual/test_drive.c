/* test_drive.c -- what the virtual drive does: homing, moves, stops, watchdog, alarms, E-stop, limits. */
#include <math.h>
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

enum { ALARM = 0, STATUS = 2, ENCODER = 10, OPCODE = 124 };

static void homing_finds_the_switch_and_sets_zero(void)
{
    struct vbench *v = kit_bench(21);
    CU_ASSERT(v->plant.axis.actual > 3e-3);
    kit_home(v);
    CU_ASSERT_EQUAL(v->plant.axis.actual, 0.0);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ENCODER), 0);
    CU_ASSERT(kit_read_s32(v, 1, STATUS) & (1 << 24));
    uint16_t in = 0;
    kit_read(v, 1, 5, 1, &in);
    CU_ASSERT_EQUAL(in, 0xB); /* E-stop healthy, home switch, door */
    vbench_free(v);
}

static void homing_that_is_stopped_is_not_homed(void)
{
    struct vbench *v = kit_bench(21);
    kit_write(v, 1, OPCODE, 0x9F);
    kit_write(v, 1, OPCODE, 0x6E);
    vbench_advance(v, 0.2);
    CU_ASSERT(kit_read_s32(v, 1, STATUS) & (1 << 10));
    kit_write(v, 1, OPCODE, 0xE2);
    vbench_advance(v, 0.5);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, STATUS) & (1 << 24 | 1 << 10 | 1 << 4), 0);
    vbench_free(v);
}

static void absolute_and_relative_moves_land_on_the_step(void)
{
    struct vbench *v = kit_bench(21);
    kit_home(v);
    kit_move(v, 7.3125, 5.0);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ENCODER), 14625);
    ASSERT_ABS(v->plant.axis.actual, 7.3125e-3, 1e-12);
    kit_write_u32(v, 1, 350, (uint32_t)-1117);
    kit_write(v, 1, OPCODE, 0x66);
    vbench_advance(v, 2.0);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ENCODER), 14625 - 1117);
    vbench_free(v);
}

static void velocity_register_counts_240ths_of_a_revolution(void)
{
    struct vbench *v = kit_bench(21);
    kit_home(v);
    kit_start_move(v, 10.0, 5.0);
    vbench_advance(v, 0.5);
    uint16_t w = 0;
    kit_read(v, 1, 16, 1, &w);
    CU_ASSERT_EQUAL(w, 240); /* 5 mm/s = 1 rps */
    ASSERT_ABS(kit_read_s32(v, 1, 22), 40.0, 8.0); /* 5 mm/s x 4 ms = 20 um = 40 counts */
    vbench_free(v);
}

static void command_acts_after_the_drives_delay(void)
{
    struct vbench *v = kit_bench(21);
    kit_home(v);
    kit_start_move(v, 10.0, 5.0);
    vbench_advance(v, 1.5e-3);
    CU_ASSERT_FALSE(kit_is_moving(v));
    vbench_advance(v, 1.5e-3);
    CU_ASSERT(kit_is_moving(v));
    vbench_free(v);
}

static void stop_at_max_decel_uses_register_334(void)
{
    struct vbench *v = kit_bench(21);
    kit_home(v);
    kit_write_u32(v, 1, 334, 60); /* 10 rps/s = 50 mm/s2 */
    kit_start_move(v, 40.0, 10.0);
    vbench_advance(v, 1.0);
    double at = v->plant.axis.at;
    kit_write(v, 1, OPCODE, 0xE1);
    vbench_advance(v, 0.5);
    /* 2 ms at 10 mm/s, then v^2/(2a) = 1 mm */
    ASSERT_ABS(v->plant.axis.at - at, 1.02e-3, 6e-6);
    CU_ASSERT_FALSE(kit_is_moving(v));
    vbench_free(v);
}

static void jog_turns_the_way_of_the_distance_and_stops(void)
{
    struct vbench *v = kit_bench(21);
    kit_home(v);
    kit_move(v, 5.0, 10.0);
    kit_write_u32(v, 1, 342, 96); /* 2 mm/s */
    kit_write_u32(v, 1, 350, (uint32_t)-1);
    kit_write(v, 1, OPCODE, 0x96);
    vbench_advance(v, 1.0);
    CU_ASSERT(kit_read_s32(v, 1, STATUS) & (1 << 5));
    kit_write(v, 1, OPCODE, 0xD8);
    vbench_advance(v, 0.5);
    CU_ASSERT_FALSE(kit_is_moving(v));
    ASSERT_ABS(v->plant.axis.at, 3.0e-3, 0.05e-3);
    vbench_free(v);
}

static void watchdog_stops_the_axis_when_the_master_falls_silent(void)
{
    struct vbench *v = kit_bench(21);
    kit_home(v);
    kit_write_u32(v, 1, 394, 170);
    kit_write_u32(v, 1, 392, 1);
    kit_start_move(v, 50.0, 4.0);
    for (int i = 0; i < 20; i++) { /* polled: runs */
        vbench_advance(v, 0.1);
        CU_ASSERT(kit_is_moving(v));
    }
    double at = v->plant.axis.at;
    vbench_advance(v, 1.0);
    /* 170 ms at 4 mm/s, then v^2/(2 x 0.5 m/s2) */
    ASSERT_ABS(v->plant.axis.at - at, 0.68e-3 + 0.016e-3, 0.005e-3);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ALARM), 1 << 27);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, STATUS) & 0x15, 0x05); /* fault, still enabled, not moving */
    CU_ASSERT_EQUAL(kit_write(v, 1, OPCODE, 0x67), 4);
    kit_write(v, 1, OPCODE, 0xBA);
    vbench_advance(v, 0.01);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ALARM), 0);
    vbench_free(v);
}

static void talking_to_another_unit_does_not_feed_the_watchdog(void)
{
    struct vbench *v = kit_bench(21);
    kit_write_u32(v, 1, 394, 100);
    kit_write_u32(v, 1, 392, 1);
    for (int i = 0; i < 20; i++) {
        vbench_advance(v, 0.01);
        kit_read_s32(v, 2, 0x3300);
    }
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ALARM), 1 << 27);
    vbench_free(v);
}

static void estop_stops_disables_and_latches(void)
{
    struct vbench *v = kit_bench(21);
    kit_home(v);
    kit_start_move(v, 50.0, 10.0);
    vbench_advance(v, 1.0);
    double at = v->plant.axis.at;
    v->plant.estop_pressed = true;
    vbench_advance(v, 0.2);
    ASSERT_ABS(v->plant.axis.at - at, 10e-3 * 10e-3 / (2 * 0.5), 10e-6);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ALARM), 1 << 21 | 1 << 17);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, STATUS) & 0x1F, 0x0C); /* fault, in position, disabled, still */
    uint16_t in = 1;
    kit_read(v, 1, 5, 1, &in);
    CU_ASSERT_EQUAL(in & 1, 0);
    kit_write(v, 1, OPCODE, 0xBA);
    vbench_advance(v, 0.01);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ALARM), 1 << 21 | 1 << 17); /* still pressed */
    v->plant.estop_pressed = false;
    vbench_advance(v, 0.01);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ALARM), 1 << 21 | 1 << 17); /* latched */
    CU_ASSERT_EQUAL(kit_write(v, 1, OPCODE, 0x9F), 4);
    kit_write(v, 1, OPCODE, 0xBA);
    vbench_advance(v, 0.01);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ALARM), 0);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, STATUS) & 1, 0); /* a reset does not enable */
    vbench_free(v);
}

static void lower_limit_stops_and_leaves_the_way_back_open(void)
{
    struct vbench *v = kit_bench(21);
    v->plant.set.gap = 1.0; /* no skin in the way */
    kit_home(v);
    kit_move(v, 61.0, 20.0);
    CU_ASSERT(v->plant.axis.at >= 60e-3 && v->plant.axis.at < 60.9e-3);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ALARM), 1 << 1);
    CU_ASSERT_EQUAL(kit_write(v, 1, OPCODE, 0x67), 4);
    kit_move(v, 50.0, 20.0);
    ASSERT_ABS(v->plant.axis.at, 50e-3, 1e-9);
    vbench_free(v);
}

static void stalled_shaft_raises_the_position_error_alarm(void)
{
    struct vbench *v = kit_bench(21);
    kit_home(v);
    kit_write_u32(v, 1, 406, 300);
    v->plant.axis.stalled = true;
    kit_start_move(v, 10.0, 5.0);
    vbench_advance(v, 1.0);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, ALARM), 1);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, STATUS) & 1, 0);
    CU_ASSERT(kit_read_s32(v, 1, 22) > 300);
    vbench_free(v);
}

static void torque_limit_holds_the_force(void)
{
    struct vbench *v = kit_bench(21);
    kit_home(v);
    kit_move(v, 11.5, 10.0);
    CU_ASSERT_EQUAL(kit_write(v, 1, 64, 30), 0); /* 3 % of 200 N */
    kit_start_move(v, 14.0, 0.5);
    vbench_advance(v, 5.0);
    ASSERT_ABS(plant_force(&v->plant), 6.0, 0.3);
    vbench_free(v);
}

static void stop_cancels_what_was_queued(void)
{
    struct vbench *v = kit_bench(21);
    kit_home(v);
    kit_start_move(v, 10.0, 5.0);
    v->plant.estop_pressed = true;
    vbench_advance(v, 0.1);
    CU_ASSERT_EQUAL(v->plant.axis.at, 0.0);
    vbench_free(v);
}

static void half_of_a_pair_can_be_written_alone(void)
{
    struct vbench *v = kit_bench(21);
    CU_ASSERT_EQUAL(kit_write(v, 1, 349, 333), 0);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, 348), 333);
    CU_ASSERT_EQUAL(kit_write(v, 1, 348, 1), 3); /* 65536 + 333: beyond 19200 */
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, 348), 333);
    vbench_free(v);
}

CU_TestInfo virtual_drive_tests[] = {
    {"homing finds the switch and sets zero", homing_finds_the_switch_and_sets_zero},
    {"homing that is stopped is not homed", homing_that_is_stopped_is_not_homed},
    {"absolute and relative moves land on the step", absolute_and_relative_moves_land_on_the_step},
    {"velocity register counts 1/240 rps", velocity_register_counts_240ths_of_a_revolution},
    {"a command acts after the drive's delay", command_acts_after_the_drives_delay},
    {"stop at max decel uses register 334", stop_at_max_decel_uses_register_334},
    {"jog turns the way of the distance and stops", jog_turns_the_way_of_the_distance_and_stops},
    {"watchdog stops the axis when the master falls silent", watchdog_stops_the_axis_when_the_master_falls_silent},
    {"talking to another unit does not feed the watchdog", talking_to_another_unit_does_not_feed_the_watchdog},
    {"E-stop stops, disables and latches", estop_stops_disables_and_latches},
    {"lower limit stops and leaves the way back open", lower_limit_stops_and_leaves_the_way_back_open},
    {"stalled shaft raises the position error alarm", stalled_shaft_raises_the_position_error_alarm},
    {"torque limit holds the force", torque_limit_holds_the_force},
    {"E-stop cancels what was queued", stop_cancels_what_was_queued},
    {"half of a pair can be written alone", half_of_a_pair_can_be_written_alone},
    CU_TEST_INFO_NULL,
};
