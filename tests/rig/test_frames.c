/* test_frames.c -- frames typed by hand from the makers' register tables, over the memory bus and over TCP: request for
 * request, byte for byte, and the values they mean. */
#include <math.h>
#include <string.h>
#include "base/text/units.h"
#include "rig/bus/memory.h"
#include "rig/device/load_cell.h"
#include "rig/loop/link.h"
#include "tests/rig/peer.h"
#include "tests/rig/suites.h"

static struct script script;
static struct memory_clock scripted;

static struct bench *bench(void)
{
    static struct bench b;
    struct config *doc = NULL;
    struct err e = {0};
    units_init(NULL);
    if (bench_read(&b, &doc, "config/benches/virtual_tcp.yaml", NULL, 0, &e)) {
        printf("\n%s\n", e.msg);
        CU_FAIL_FATAL("no bench");
    }
    config_close(doc);
    return &b;
}

static struct bus *scripted_bus(const char *name)
{
    struct bus *b = NULL;
    const struct memory_line line = {0, 0, 1e-3};
    CU_ASSERT_TRUE_FATAL(script_read(&script, name));
    scripted = (struct memory_clock){.now = 0.0, .peer = {script_pdu, NULL, &script}};
    CU_ASSERT_EQUAL_FATAL(bus_memory_new(&b, &scripted, &line, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(bus_open(b, NULL), 0);
    return b;
}

static void read_group(struct bus *bus, const struct bench *b, size_t device, uint16_t *regs)
{
    const struct bench_device *d = &b->device[device];
    const struct map_group *g = &d->map.group[0];
    struct bus_request r = {d->name, d->unit, g->function, g->address, g->count, d->timeout, 0.0};
    struct err e = {0};
    if (bus_read(bus, &r, regs, &e)) {
        printf("\n%s\n", e.msg);
        CU_FAIL("not read");
    }
}

static void check_drive_state(const struct bench *b, const uint16_t *regs)
{
    struct axis_state a;
    axis_decode(b, regs, &a);
    CU_ASSERT_EQUAL(a.alarm, 0x00200000);
    CU_ASSERT_TRUE(a.alarm_estop && !a.alarm_sto && !a.alarm_comms);
    CU_ASSERT_TRUE(a.enabled && a.moving && a.homed && !a.fault && !a.homing);
    ASSERT_REL(a.position, -12345 * 0.5e-6, 1e-12);
    ASSERT_REL(a.velocity, -24.0 / 240.0 * 5e-3, 1e-12); /* -0.5 mm/s */
    ASSERT_REL(a.position_error, 37 * 0.5e-6, 1e-12);
    CU_ASSERT_FALSE(a.input[INPUT_ESTOP_HEALTHY]);
    CU_ASSERT_TRUE(a.input[INPUT_HOME] && a.input[INPUT_DOOR_CLOSED] && !a.input[INPUT_LOWER_LIMIT]);
}

static void the_drives_state_is_read(void)
{
    uint16_t regs[BUS_MAX_READ];
    struct bus *bus = scripted_bus("drive_state");
    read_group(bus, bench(), BENCH_AXIS, regs);
    CU_ASSERT_TRUE(script_is_done(&script));
    check_drive_state(bench(), regs);
    bus_free(bus);
}

static void the_combined_force_sample_is_read(void)
{
    uint16_t regs[BUS_MAX_READ];
    struct force_state f;
    struct bus *bus = scripted_bus("force_sample");
    read_group(bus, bench(), BENCH_FORCE, regs);
    CU_ASSERT_TRUE(script_is_done(&script));
    load_cell_decode(bench(), regs, &f);
    ASSERT_REL(f.force, -7.3214, 1e-12);
    CU_ASSERT_TRUE(f.saturated); /* the over bit */
    CU_ASSERT_EQUAL(f.qualifier, 0x12);
    bus_free(bus);
}

static void the_same_frames_pass_over_tcp(void)
{
    struct peer p;
    uint16_t regs[BUS_MAX_READ];
    struct bus *bus = NULL;
    CU_ASSERT_TRUE_FATAL(script_read(&script, "drive_state"));
    CU_ASSERT_TRUE_FATAL(peer_start(&p, &script, PEER_POLITE));
    struct bus_address a = {.kind = BUS_KIND_TCP, .host = "127.0.0.1", .port = p.port, .connect_timeout = 1.0};
    CU_ASSERT_EQUAL_FATAL(bus_modbus_new(&bus, &a, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(bus_open(bus, NULL), 0);
    read_group(bus, bench(), BENCH_AXIS, regs);
    check_drive_state(bench(), regs);
    bus_free(bus);
    peer_stop(&p);
    CU_ASSERT_TRUE(script_is_done(&script));
}

/* Sends the steps of a command as the link does. */
static void send_steps(const char *name, const struct map_step *steps, int n)
{
    struct bus *bus = scripted_bus(name);
    uint16_t regs[BUS_MAX_READ];
    for (int i = 0; i < n; i++) {
        struct bus_request r = {"axis", 1, steps[i].function, steps[i].address, steps[i].count, 0.1, 0.0};
        int rc = steps[i].is_write ? bus_write(bus, &r, steps[i].regs, NULL) : bus_read(bus, &r, regs, NULL);
        CU_ASSERT_EQUAL(rc, 0);
        if (!steps[i].is_write)
            CU_ASSERT_EQUAL(memcmp(regs, steps[i].regs, steps[i].count * sizeof *regs), 0);
    }
    CU_ASSERT_TRUE(script_is_done(&script));
    bus_free(bus);
}

static void a_move_sends_its_parameters_reads_them_back_then_the_trigger(void)
{
    struct map_step steps[MAP_STEPS];
    const struct axis_command c = {AXIS_MOVE, 12.3455e-3, 0.5e-3};
    send_steps("drive_move", steps, axis_build(bench(), &c, steps, NULL));
}

static void homing_seeks_away_from_the_sample(void)
{
    struct map_step steps[MAP_STEPS];
    const struct axis_command c = {AXIS_HOME, 0.0, 5e-3};
    send_steps("drive_home", steps, axis_build(bench(), &c, steps, NULL));
}

static void stop_is_one_request(void)
{
    struct map_step steps[MAP_STEPS];
    int n = axis_build_stop(bench(), steps, NULL);
    CU_ASSERT_EQUAL(n, 1);
    send_steps("drive_stop", steps, n);
}

static void the_drives_watchdog_is_written_and_read_back_at_start(void)
{
    struct bus *bus = scripted_bus("drive_watchdog");
    struct link *l = NULL;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(link_new(&l, bench(), 0, bus, NULL), 0);
    CU_ASSERT_EQUAL(link_prepare(l, &e), 0);
    if (e.msg[0])
        printf("\n%s\n", e.msg);
    CU_ASSERT_TRUE(script_is_done(&script));
    link_free(l);
}

static void a_watchdog_that_does_not_hold_refuses_the_start(void)
{
    static const struct { int frame; uint8_t low; const char *says; } reads[] = {
        {1, 0x2B, "'axis': watchdog_time (register 394) reads 299, expected 300"},
        {3, 0x07, "'axis': watchdog_action (register 396) reads 7, expected 1"},
        {5, 0x00, "'axis': watchdog_enable (register 392) reads 0, expected 1"},
        {7, 0x77, "'axis': max_decel (register 334) reads 119, expected 120"},
    };
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        struct bus *bus = scripted_bus("drive_watchdog");
        struct link *l = NULL;
        struct err e = {0};
        script.frame[reads[i].frame].reply[6] = reads[i].low;
        CU_ASSERT_EQUAL_FATAL(link_new(&l, bench(), 0, bus, NULL), 0);
        CU_ASSERT_EQUAL(link_prepare(l, &e), ERR_COMM);
        ASSERT_HAS(e.msg, reads[i].says);
        link_free(l);
    }
}

CU_TestInfo frames_tests[] = {
    {"the_drives_state_is_read", the_drives_state_is_read},
    {"the_combined_force_sample_is_read", the_combined_force_sample_is_read},
    {"the_same_frames_pass_over_tcp", the_same_frames_pass_over_tcp},
    {"a_move_sends_its_parameters_reads_them_back_then_the_trigger",
     a_move_sends_its_parameters_reads_them_back_then_the_trigger},
    {"homing_seeks_away_from_the_sample", homing_seeks_away_from_the_sample},
    {"stop_is_one_request", stop_is_one_request},
    {"the_drives_watchdog_is_written_and_read_back_at_start", the_drives_watchdog_is_written_and_read_back_at_start},
    {"a_watchdog_that_does_not_hold_refuses_the_start", a_watchdog_that_does_not_hold_refuses_the_start},
    CU_TEST_INFO_NULL};
