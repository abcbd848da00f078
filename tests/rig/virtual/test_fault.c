/* test_fault.c -- fault scripts: reading, refusing, acting. */
#include <string.h>
#include "base/text/units.h"
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

static void script_of_every_fault_is_read(void)
{
    static const char text[] =
        "# a comment\n\n"
        "at 2.40 s: estop\nat 300 ms: release estop  # trailing\nwhen force > 5 N: alarm 0x80\n"
        "when force < -0.2 N: stall\n"
        "when position > 12.5 mm: unstall\nwhen position < 1 mm: freeze force\nwhen state moving: jump force +30 N\n"
        "at 1 s: thaw force\nat 1 s: drift force 0.5 N/s\nat 1 s: saturate\nat 1 s: unsaturate\nat 1 s: silence axis\n"
        "at 1 s: silence force\nat 1 s: restore axis\nat 1 s: restore force\nat 1 s: drop link\nat 1 s: limit\n"
        "at 1 s: unlimit\n"
        "at 1 s: open door\nat 1 s:close door\nat 1 s: ignore stop\nat 1 s: obey stop\n"
        "at 1 s: switch off axis\nat 1 s: restart axis\nat 1 s: lose home\nat 1 s: jump position -3 mm";
    struct fault_script s = {0};
    CU_ASSERT_EQUAL(units_init(NULL), 0);
    CU_ASSERT_EQUAL(fault_parse(&s, "f", text, NULL), 0);
    CU_ASSERT_EQUAL(s.n, 26);
    ASSERT_REL(s.fault[1].threshold, 0.3, 1e-12);
    ASSERT_REL(s.fault[4].threshold, 12.5e-3, 1e-12);
    CU_ASSERT_EQUAL(s.fault[2].amount, 128.0);
    CU_ASSERT_EQUAL(s.fault[6].amount, 30.0);
    CU_ASSERT_EQUAL(s.fault[6].trigger, FAULT_STATE);
    CU_ASSERT_EQUAL(s.fault[1].action, FAULT_RELEASE_ESTOP);
    CU_ASSERT_EQUAL(s.fault[19].action, FAULT_CLOSE_DOOR);
    CU_ASSERT_EQUAL(s.fault[21].action, FAULT_OBEY_STOP);
    CU_ASSERT_EQUAL(s.fault[25].action, FAULT_JUMP_POSITION);
    ASSERT_REL(s.fault[25].amount, -3e-3, 1e-12);
}

static void bad_lines_are_named(void)
{
    static const struct { const char *text, *want; } rows[] = {
        {"at 2 s estop", "f:1: 'at 2 s estop': no ':'"},
        {"\n\nat 2: estop", "f:3: "},
        {"at 2 N: estop", "f:1: "},
        {"at 2 s: explode", "f:1: 'explode': unknown fault"},
        {"at 2 s: estop now", "f:1: 'estop now': unknown fault"},
        {"soon: estop", "f:1: 'soon': unknown trigger"},
        {"when state asleep: estop", "f:1: 'asleep': unknown state"},
        {"at 1 s: alarm 128", "alarm '128': must be bits as 0x1 to 0xffffffff"},
        {"at 1 s: alarm 0x0", "alarm '0x0': must be bits"},
        {"at 1 s: jump force 3 mm", "f:1: "},
        {"at 1 s: jump force", "f:1: "},
        {"at request 0: estop", "f:1: '0': must be an integer from 1 to 1000000000"},
        {"at request many: estop", "f:1: 'many': must be an integer"},
        {"when replies > 3: estop", "f:1: a fault of a device is triggered by time, force,"},
        {"when write 1 2: estop", "f:1: a fault of a device is triggered by"},
        {"when force > 3 N: drop reply", "f:1: a fault of the line cannot be triggered by force"},
        {"when state moving: reset", "f:1: a fault of the line cannot be triggered by force"},
        {"at 1 s: drop", "f:1: 'drop': 'request' or 'reply' must follow 'drop'"},
        {"at 1 s: drop replies", "f:1: 'drop replies': 'request' or 'reply' must follow"},
        {"at 1 s: drop reply soon", "f:1: 'soon': nothing may follow here"},
        {"at 1 s: drop reply x 0", "f:1: '0': must be an integer from 1"},
        {"at 1 s: delay reply 5", "f:1: "},
        {"at 1 s: delay reply -5 ms", "f:1: '-5 ms': must be > 0 and at most an hour"},
        {"at 1 s: refuse 3601 s", "f:1: '3601 s': must be > 0 and at most an hour"},
        {"at 1 s: junk before reply", "f:1: '': must be 1 to 32 bytes"},
        {"at 1 s: junk after reply 0xFF", "f:1: '0xFF': must be 1 to 32 bytes"},
        {"at 1 s: junk after reply 123", "f:1: '123': must be 1 to 32 bytes"},
        {"at 1 s: cut reply 256", "f:1: '256': must be an integer from 0 to 255"},
        {"when write 1: drop reply", "f:1: a request is named by its unit and address, and perhaps the value"},
        {"when read 1 2 3: drop reply", "f:1: a request is named by its unit and address"},
        {"when write 1 2 3 4: drop reply", "f:1: '4': more than unit, address and value"},
        {"when write 256 2: drop reply", "f:1: '256': must be an integer from 0 to 255"},
    };
    struct fault_script s = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        CU_ASSERT_EQUAL(fault_parse(&s, "f", rows[i].text, &e), ERR_PARSE);
        ASSERT_HAS(e.msg, rows[i].want);
        CU_ASSERT_EQUAL(s.n, 0);
    }
    struct err e = {0};
    char line[400];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    CU_ASSERT_EQUAL(fault_parse(&s, "f", line, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "f:1: line of 399 characters: must be < 200");
    e = (struct err){0};
    CU_ASSERT_EQUAL(fault_read(&s, "/nonexistent/faults", &e), ERR_IO);
    ASSERT_HAS(e.msg, "/nonexistent/faults");
}

static void script_of_every_line_fault_is_read(void)
{
    static const char text[] =
        "at request 17: drop request\nwhen requests > 16: delay reply 80 ms x 3\nwhen writes > 2: trickle reply 5 ms\n"
        "when replies > 3: junk before reply 00 ff\nwhen exceptions > 1: junk after request DE AD BE\n"
        "when connections > 2: cut reply 5\nwhen write 1 124 0xE1: flip reply 3\nwhen write 2 0x5: duplicate reply\n"
        "when read 1 0x1003: wrong unit reply 9\nat 1 s: wrong transaction reply\nat 1 s: exception request 4\n"
        "at 1 s: late reply\nat 1 s: reorder reply\nat 1 s: reset\nat 1 s: refuse 2 s\n";
    struct fault_script s = {0};
    struct err e = {0};
    CU_ASSERT_EQUAL(units_init(NULL), 0);
    CU_ASSERT_EQUAL(fault_parse(&s, "f", text, &e), 0);
    CU_ASSERT_EQUAL_FATAL(s.n, 15);
    for (size_t i = 0; i < s.n; i++) {
        CU_ASSERT(s.fault[i].is_of_line);
        CU_ASSERT_EQUAL((int)s.fault[i].action, FAULT_DROP + (int)i);
        CU_ASSERT_EQUAL(s.fault[i].times, i == 1 ? 3 : 1);
    }
    CU_ASSERT_EQUAL(s.fault[0].side, FAULT_ON_REQUEST);
    CU_ASSERT_EQUAL(s.fault[0].threshold, 16.0);
    CU_ASSERT_EQUAL(s.fault[1].side, FAULT_ON_REPLY);
    ASSERT_REL(s.fault[1].amount, 80e-3, 1e-12);
    CU_ASSERT_EQUAL(s.fault[4].n_bytes, 3);
    CU_ASSERT_EQUAL(s.fault[4].bytes[1], 0xAD);
    CU_ASSERT_EQUAL(s.fault[6].address, 124);
    CU_ASSERT_EQUAL(s.fault[6].value, 0xE1);
    CU_ASSERT_EQUAL(s.fault[7].unit, 2);
    CU_ASSERT_EQUAL(s.fault[7].value, -1);
    CU_ASSERT_EQUAL(s.fault[8].address, 0x1003);
}

static void device_faults_come_with_a_request_too(void)
{
    struct vbench *v = kit_bench(9);
    CU_ASSERT_EQUAL_FATAL(fault_parse(&v->faults, "f", "at request 3: estop\nwhen writes > 1: open door\n"
                                                       "at request 2: drop reply", NULL), 0);
    uint16_t w = 0;
    kit_read(v, 1, 5, 1, &w);
    kit_read(v, 2, 0x2060, 1, &w);
    vbench_advance(v, 0.01);
    CU_ASSERT_FALSE(v->plant.estop_pressed);
    kit_read(v, 9, 5, 1, &w); /* nobody's request is not counted */
    vbench_advance(v, 0.01);
    CU_ASSERT_FALSE(v->plant.estop_pressed);
    kit_write(v, 1, 125, 1);
    vbench_advance(v, 0.01);
    CU_ASSERT(v->plant.estop_pressed);
    CU_ASSERT_FALSE(v->plant.door_open);
    kit_write(v, 1, 125, 1);
    vbench_advance(v, 0.01);
    CU_ASSERT(v->plant.door_open);
    vbench_free(v);
}

static void more_faults_than_fit_are_refused(void)
{
    struct fault_script s = {.n = FAULT_MAX};
    struct err e = {0};
    CU_ASSERT_EQUAL(fault_parse(&s, "f", "at 1 s: estop", &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "more than 64 faults");
}

static struct vbench *with(const char *script)
{
    struct vbench *v = kit_bench(9);
    CU_ASSERT_EQUAL_FATAL(fault_parse(&v->faults, "f", script, NULL), 0);
    return v;
}

static void estop_comes_at_its_time(void)
{
    struct vbench *v = with("at 2.40 s: estop\nat 3 s: release estop");
    vbench_advance(v, 2.399);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, 0), 0);
    vbench_advance(v, 0.002);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, 0), 1 << 21 | 1 << 17);
    vbench_advance(v, 1.0);
    CU_ASSERT_FALSE(v->plant.estop_pressed);
    vbench_free(v);
}

static void alarm_fires_on_true_force(void)
{
    struct vbench *v = with("when force > 5 N: alarm 0x80");
    kit_home(v);
    kit_move(v, 11.5, 10.0);
    kit_start_move(v, 14.0, 0.5);
    double most = 0.0;
    for (int i = 0; i < 500; i++) {
        vbench_advance(v, 0.01);
        most = plant_force(&v->plant) > most ? plant_force(&v->plant) : most;
    }
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, 0), 0x80);
    CU_ASSERT_FALSE(kit_is_moving(v));
    ASSERT_ABS(most, 5.05, 0.1);
    vbench_free(v);
}

static void frozen_and_jumping_force_are_only_in_the_reading(void)
{
    struct vbench *v = with("at 1 s: freeze force\nat 2 s: thaw force\nat 2 s: jump force -30 N");
    vbench_advance(v, 1.1);
    int32_t held = kit_read_s32(v, 2, 0x3300), raw = kit_read_s32(v, 2, 0x202A);
    vbench_advance(v, 0.8);
    CU_ASSERT_EQUAL(kit_read_s32(v, 2, 0x3300), held);
    CU_ASSERT_EQUAL(kit_read_s32(v, 2, 0x202A), raw);
    vbench_advance(v, 0.5);
    ASSERT_ABS(1e-4 * kit_read_s32(v, 2, 0x3300), -30.0, 0.02);
    CU_ASSERT_EQUAL(plant_force(&v->plant), 0.0);
    vbench_free(v);
}

static void saturation_sets_the_over_bit(void)
{
    struct vbench *v = with("at 1 s: saturate\nat 2 s: unsaturate");
    uint16_t q = 0;
    vbench_advance(v, 1.5);
    kit_read(v, 2, 0x2060, 1, &q);
    CU_ASSERT_EQUAL(q & 2, 2);
    ASSERT_ABS(1e-4 * kit_read_s32(v, 2, 0x3300), 52.5, 1e-3);
    vbench_advance(v, 1.0);
    ASSERT_ABS(1e-4 * kit_read_s32(v, 2, 0x3300), 0.0, 0.02);
    vbench_free(v);
}

static void silent_axis_trips_its_own_watchdog(void)
{
    struct vbench *v = with("when position > 5 mm: silence axis\nat 20 s: restore axis");
    kit_home(v);
    kit_write_u32(v, 1, 394, 100);
    kit_write_u32(v, 1, 392, 1);
    kit_start_move(v, 50.0, 10.0);
    for (int i = 0; i < 300; i++) {
        uint16_t w[2];
        vbench_advance(v, 0.01);
        kit_read(v, 1, 0, 2, w);
    }
    CU_ASSERT(v->plant.axis.at > 5.9e-3 && v->plant.axis.at < 6.3e-3); /* 100 ms and the stop */
    ASSERT_REPLY(v, 1, "03 00 00 00 02", "");
    CU_ASSERT(kit_read_s32(v, 2, 0x2034) > 0); /* the other unit answers */
    vbench_advance(v, 20.0);
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, 0), 1 << 27);
    vbench_free(v);
}

static void silent_force_leaves_the_axis_talking(void)
{
    struct vbench *v = with("at 1 s: silence force\nat 2 s: restore force");
    vbench_advance(v, 1.5);
    ASSERT_REPLY(v, 2, "03 33 00 00 05", "");
    CU_ASSERT_EQUAL(kit_read_s32(v, 1, 0), 0);
    vbench_advance(v, 1.0);
    CU_ASSERT(kit_read_s32(v, 2, 0x2034) > 0);
    vbench_free(v);
}

static void dropped_link_is_deaf_for_half_a_second(void)
{
    struct vbench *v = with("when state moving: drop link");
    kit_write(v, 1, 124, 0x9F);
    kit_write_u32(v, 1, 350, 1234);
    kit_write(v, 1, 124, 0x66);
    vbench_advance(v, 0.05);
    CU_ASSERT_EQUAL(v->link_drops, 1);
    ASSERT_REPLY(v, 1, "03 00 00 00 02", "");
    ASSERT_REPLY(v, 247, "03 F0 00 00 01", "");
    vbench_advance(v, 0.5);
    ASSERT_REPLY(v, 247, "03 F0 00 00 01", "03 02 4D 4E");
    vbench_free(v);
}

static void limit_and_door_show_in_the_inputs(void)
{
    struct vbench *v = with("at 1 s: limit\nat 1 s: open door\nat 2 s: unlimit\nat 2 s: close door");
    uint16_t in = 0;
    vbench_advance(v, 1.1);
    kit_read(v, 1, 5, 1, &in);
    CU_ASSERT_EQUAL(in, 0x5);
    vbench_advance(v, 1.0);
    kit_read(v, 1, 5, 1, &in);
    CU_ASSERT_EQUAL(in, 0x9);
    vbench_free(v);
}

static void ignored_stop_is_acknowledged_and_the_watchdog_still_stops(void)
{
    struct vbench *v = with("at 1 s: ignore stop\nat 3 s: obey stop");
    kit_write(v, 1, 124, 0x9F);
    kit_write_u32(v, 1, 392, 1);
    kit_write_u32(v, 1, 394, 700);
    kit_write_u32(v, 1, 350, 20000);
    kit_write(v, 1, 124, 0x67);
    vbench_advance(v, 0.5);
    kit_write(v, 1, 124, 0xE1);
    vbench_advance(v, 0.49);
    CU_ASSERT_FALSE(carriage_is_moving(&v->plant.axis)); /* obeyed */
    kit_write(v, 1, 124, 0x67);
    vbench_advance(v, 0.2);
    kit_write(v, 1, 124, 0xE1);
    kit_write(v, 1, 124, 0x9E);
    vbench_advance(v, 0.3);
    CU_ASSERT_TRUE(carriage_is_moving(&v->plant.axis)); /* neither */
    vbench_advance(v, 0.7);
    CU_ASSERT_FALSE(carriage_is_moving(&v->plant.axis)); /* by its watchdog */
    vbench_free(v);
}

/* Homes, goes to 5 mm, and is as the fault leaves it 0.1 s later: status, position in counts. */
static void home_and_spoil(const char *fault, uint16_t status[2], long *position)
{
    struct vbench *v = with("");
    char line[80];
    uint16_t regs[2];
    kit_write(v, 1, 124, 0x9F);
    kit_write_u32(v, 1, 350, 0);
    kit_write(v, 1, 124, 0x6E);
    vbench_advance(v, 8.0);
    kit_write_u32(v, 1, 350, 10000);
    kit_write(v, 1, 124, 0x67);
    vbench_advance(v, 12.0);
    snprintf(line, sizeof line, "at 0 s: %s", fault);
    CU_ASSERT_EQUAL(fault_parse(&v->faults, "f", line, NULL), 0);
    vbench_advance(v, 0.1);
    kit_read(v, 1, 2, 2, status);
    kit_read(v, 1, 10, 2, regs);
    *position = (long)(int32_t)((uint32_t)regs[0] << 16 | regs[1]);
    vbench_free(v);
}

static void a_drive_that_is_off_restarted_or_not_homed_says_so(void)
{
    static const struct { const char *fault; bool is_on, is_homed; long position; } rows[] = {
        {"switch off axis", false, true, 10000}, {"restart axis", false, false, 0},
        {"lose home", true, false, 10000},       {"jump position 3 mm", true, true, 16000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint16_t s[2];
        long at;
        home_and_spoil(rows[i].fault, s, &at);
        CU_ASSERT_EQUAL((s[1] & 1) != 0, rows[i].is_on);
        CU_ASSERT_EQUAL((s[0] & 0x100) != 0, rows[i].is_homed);
        CU_ASSERT_EQUAL(at, rows[i].position);
    }
}

CU_TestInfo virtual_fault_tests[] = {
    {"a drive that is off, restarted or not homed says so", a_drive_that_is_off_restarted_or_not_homed_says_so},
    {"script of every fault is read", script_of_every_fault_is_read},
    {"bad lines are named", bad_lines_are_named},
    {"more faults than fit are refused", more_faults_than_fit_are_refused},
    {"E-stop comes at its time", estop_comes_at_its_time},
    {"alarm fires on true force", alarm_fires_on_true_force},
    {"frozen and jumping force are only in the reading", frozen_and_jumping_force_are_only_in_the_reading},
    {"saturation sets the over bit", saturation_sets_the_over_bit},
    {"silent axis trips its own watchdog", silent_axis_trips_its_own_watchdog},
    {"silent force leaves the axis talking", silent_force_leaves_the_axis_talking},
    {"dropped link is deaf for half a second", dropped_link_is_deaf_for_half_a_second},
    {"limit and door show in the inputs", limit_and_door_show_in_the_inputs},
    {"ignored stop is acknowledged and the watchdog still stops",
     ignored_stop_is_acknowledged_and_the_watchdog_still_stops},
    {"script of every line fault is read", script_of_every_line_fault_is_read},
    {"device faults come with a request too", device_faults_come_with_a_request_too},
    CU_TEST_INFO_NULL,
};
