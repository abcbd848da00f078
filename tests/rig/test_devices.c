/* test_devices.c -- the map language against the oddities of devices: for each a small map, registers as its manual
 * lays them out, and what they must mean.  The pages of the manuals stand at each. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/text/units.h"
#include "rig/bus/pdu.h"
#include "rig/device/lint.h"
#include "tests/rig/suites.h"

#define BASICS(max)                                                                                                    \
    "source: s\nmax_read: " max "\nmax_write: " max "\nlatency: 1 ms\nlate_reply: 300 ms\ngap: 5 ms\n"                 \
    "freshness: {kind: not_detectable}\n"
#define CELL(max) "device: d\nkind: load_cell\n" BASICS(max)
#define AXIS(max) "device: d\nkind: axis\nwatchdog: {kind: external, fed_by: x}\n" BASICS(max)
#define CANARIES "canaries: [{function: 3, address: 9000, count: 3}, {function: 3, address: 9000, count: 4}]\n"

static struct device_map map; /* of the test that runs */

static bool read_map(const char *text)
{
    struct config *doc = NULL;
    struct err e = {0};
    const struct mechanics mech = {5e-3, 10000, 10000};
    units_init(NULL);
    int rc = config_parse(&doc, "device", text, strlen(text), &e);
    if (rc == 0) rc = device_map_read(&map, doc, &e);
    if (rc == 0) rc = device_map_resolve(&map, map.is_axis ? &mech : NULL, &e);
    config_close(doc);
    if (rc)
        printf("\n%s\n%s\n", e.msg, e.hint);
    CU_ASSERT_EQUAL_FATAL(rc, 0);
    return rc == 0;
}

static double value(const char *name, const uint16_t *sample)
{
    int k = map_find_value(&map, name);
    CU_ASSERT_TRUE_FATAL(k >= 0);
    return map_decode(&map, (size_t)k, sample);
}

static bool bit(const char *name, const uint16_t *sample)
{
    int k = map_find_bit(&map, name);
    CU_ASSERT_TRUE_FATAL(k >= 0);
    return map_bit_is_set(&map, (size_t)k, sample);
}

/* A command's steps as text: "w16@100:1,2 r3@100:1,2 ...". */
static const char *steps(const char *command, const struct map_parameter *p, size_t n)
{
    static char out[2000];
    struct map_step s[MAP_STEPS];
    struct err e = {0};
    int k = map_build(&map, (size_t)map_find_command(&map, command), p, n, s, &e);
    size_t at = (size_t)snprintf(out, sizeof out, "%s", k < 0 ? e.msg : "");
    for (int i = 0; i < k; i++) {
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%s%d@0x%04X:", i ? " " : "", s[i].is_write ? "w" : "r",
                               s[i].function, s[i].address);
        for (int j = 0; j < s[i].count; j++)
            at += (size_t)snprintf(out + at, sizeof out - at, "%s%u", j ? "," : "", s[i].regs[j]);
    }
    return out;
}

#define ASSERT_STEPS(command, p, n, want)                                                                              \
    do {                                                                                                               \
        const char *got = steps(command, p, n);                                                                        \
        if (strcmp(got, want) != 0)                                                                                    \
            printf("\n%s\n", got);                                                                                     \
        CU_ASSERT_STRING_EQUAL(got, want);                                                                             \
    } while (0)

static void expect_no_finding(void)
{
    struct lint l = {0};
    lint_map(&map, &l);
    for (size_t i = 0; i < l.n; i++)
        if (!strstr(l.finding[i].text, "there is no command 'stop'")) {
            printf("\n%s\n", l.finding[i].text);
            CU_FAIL("a finding");
        }
}

/* ---- axes ---- */

/* Older ST10-Q layout of the SCL drives: 16-bit alarm and status, s32 at odd places (azmanual 748890 page 9); torque
 * limits in tenths of a percent, 0 to 3000 (D.1). */
static void an_older_scl_drive(void)
{
    if (!read_map(AXIS("100") "word_order: ABCD\ngroups:\n  state: {function: 3, address: 0, count: 12, atomic: "
                       "true, values: {"
                  "alarm: {at: 0, type: u16, bits: {limit: 1}}, status: {at: 1, type: u16, bits: {moving: 4}}, "
                  "encoder: {at: 4, type: s32, unit: count}, position: {at: 6, type: s32, unit: step}, "
                  "velocity: {at: 10, type: s16, per: 240, unit: rev/s}}}\ncommands:\n"
                  "  stop: {idempotent: true, trigger: {address: 124, type: u16, value: 0xE1}}\n"
                  "  torque: {idempotent: true, writes: [{address: 64, type: u16, parameter: torque, per: 10, unit: "
                  "percent, "
                  "range: [0, 3000]}], trigger: {address: 124, type: u16, value: 1}}\n" CANARIES))
        return;
    const uint16_t s[12] = {2, 0x10, 0, 0, 0xFFFF, 0xFFF6, 1, 2, 0, 0, (uint16_t)-480, 0};
    const struct map_parameter torque = {"torque", 0.8}, too_much = {"torque", 3.01};
    CU_ASSERT_TRUE(bit("limit", s) && bit("moving", s));
    ASSERT_REL(value("encoder", s), -10 * 0.5e-6, 1e-12);
    ASSERT_REL(value("position", s), 65538 * 0.5e-6, 1e-12);
    ASSERT_REL(value("velocity", s), -0.01, 1e-12);
    ASSERT_STEPS("torque", &torque, 1, "w6@0x0040:800 r3@0x0040:800 w6@0x007C:1");
    ASSERT_HAS(steps("torque", &too_much, 1), "3010 counts: the device takes 0 to 3000");
    expect_no_finding();
}

/* IAI ROBO Cylinder (azmanual 350346 pages 36, 57, 142, 151): 32 registers reach to the force; bits over two words; a
 * move is one request of 9 registers, the flags last; coils that act on their edge; 5 ms of silence. */
static void an_iai_cylinder(void)
{
    if (!read_map(AXIS("120") "word_order: ABCD\ngap_after: 5 ms\ngroups:\n  state: {function: 3, address: 0x9000, "
                       "count: 32, "
                  "atomic: true, values: {position: {at: 0, type: s32, per: 100, unit: mm}, alarm: {at: 2, type: u16}, "
                  "status: {at: 5, type: u16, bits: {emergency: 15, power: 13, enabled: 12, homed: 4, in_position: "
                  "3}}, "
                  "state: {at: 7, type: u16, bits: {homing: 11, pushing: 10, moving: 5}}, "
                  "velocity: {at: 10, type: s32, per: 100, unit: mm/s}, force: {at: 30, type: s32, per: 100, unit: "
                  "N}}}\n"
                  "commands:\n  stop: {idempotent: true, trigger: {coil: 0x042C, value: 1}}\n"
                  "  home: {idempotent: false, trigger: {coil: 0x040B, pulse: 20 ms}}\n"
                  "  move: {idempotent: true, one_request: true, writes: [{address: 0x9900, type: s32, parameter: "
                  "target, per: 100, "
                  "unit: mm}, {address: 0x9902, type: u32, value: 10}, {address: 0x9904, type: u32, parameter: "
                  "speed, per: 100, "
                  "unit: mm/s}, {address: 0x9906, type: u16, parameter: accel, per: 100, unit: gravity}, "
                  "{address: 0x9907, type: u16, value: 0}], trigger: {address: 0x9908, type: u16, value: 0}}\n"
                  CANARIES))
        return;
    uint16_t s[32] = {0xFFFF, 0xFF85};
    const struct map_parameter p[] = {{"target", 12.34e-3}, {"speed", 5e-3}, {"accel", 0.3 * 9.80665}};
    s[5] = 0x1010;
    s[7] = 0x0020;
    s[31] = 1234;
    ASSERT_REL(value("position", s), -1.23e-3, 1e-12);
    ASSERT_REL(value("force", s), 12.34, 1e-12);
    CU_ASSERT_TRUE(bit("enabled", s) && bit("homed", s) && bit("moving", s));
    CU_ASSERT_FALSE(bit("emergency", s) || bit("homing", s));
    ASSERT_STEPS("move", p, 3, "w16@0x9900:0,1234,0,10,0,500,30,0,0");
    ASSERT_STEPS("home", NULL, 0, "w5@0x040B:0 w5@0x040B:1 w5@0x040B:0");
    ASSERT_STEPS("stop", NULL, 0, "w5@0x042C:1");
    ASSERT_REL(map.gap, 5e-3, 1e-12);
    expect_no_finding();
}

/* Oriental AZ, direct data: FC16 from 0x0058, 32 bits each, high word first, current in 0.1 %, the trigger last. */
static void an_oriental_az(void)
{
    if (!read_map(AXIS("16") "word_order: ABCD\ngroups:\n  state: {function: 3, address: 0x7E, count: 5, atomic: "
                       "true, values: {"
                  "status: {at: 0, type: u32, bits: {moving: 13}}, alarm: {at: 2, type: u32}}}\ncommands:\n"
                  "  stop: {idempotent: true, trigger: {address: 0x7D, type: u16, value: 0x20}}\n"
                  "  move: {idempotent: true, one_request: true, writes: [{address: 0x58, type: u32, value: 0}, "
                  "{address: 0x5A, type: u32, value: 1}, {address: 0x5C, type: s32, parameter: target, unit: step}, "
                  "{address: 0x5E, type: s32, parameter: speed, unit: step/s}, {address: 0x60, type: u32, value: "
                  "1000000}, "
                  "{address: 0x62, type: u32, value: 1000000}, {address: 0x64, type: u32, value: 1000}], "
                  "trigger: {address: 0x66, type: u32, value: 1}}\n" CANARIES))
        return;
    const struct map_parameter p[] = {{"target", -0.5e-6}, {"speed", 5e-3}};
    ASSERT_STEPS("move", p, 2, "w16@0x0058:0,0,0,1,65535,65535,0,10000,15,16960,15,16960,0,1000,0,1");
    expect_no_finding();
}

/* Delta ASDA: at most 10 words a request and 10 ms of silence before and after (manualslib 2054657 page 477). */
static void a_delta_drive_needs_silence_and_short_requests(void)
{
    struct config *doc = NULL;
    struct err e = {0};
    const char *text = AXIS("10") "gap_after: 10 ms\nword_order: CDAB\ngroups:\n  state: {function: 3, address: 0, "
                            "count: 11, atomic: "
                              "true, values: {position: {at: 0, type: s32, unit: count}}}\n" CANARIES;
    CU_ASSERT_EQUAL_FATAL(config_parse(&doc, "delta", text, strlen(text), &e), 0);
    CU_ASSERT_EQUAL(device_map_read(&map, doc, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "reads 11 registers: the device allows 10 in one request");
    config_close(doc);
}

/* ---- load cells ---- */

/* Laumas TLB: sizes without sign; the sign stands in the status of the same request. */
static void a_laumas_transmitter(void)
{
    if (!read_map(CELL("32") "word_order: ABCD\ngroups:\n  sample: {function: 3, address: 6, count: 7, atomic: "
                       "true, values: {"
                  "status: {at: 0, type: u16, bits: {over: 2, gross_negative: 7, net_negative: 8, peak_negative: 9}}, "
                  "gross: {at: 1, type: u32, per: 1000, unit: N, sign: gross_negative}, net: {at: 3, type: u32, "
                  "per: 1000, unit: N, "
                  "sign: net_negative}, peak: {at: 5, type: u32, per: 1000, unit: N, sign: peak_negative}}}\n"
                  CANARIES))
        return;
    const uint16_t s[7] = {0x0180, 1, 2, 0, 3500, 0, 9};
    ASSERT_REL(value("gross", s), -65.538, 1e-12);
    ASSERT_REL(value("net", s), -3.5, 1e-12);
    ASSERT_REL(value("peak", s), 0.009, 1e-12);
    expect_no_finding();
}

/* Flintec DAD141.1: the combined read, as counts (0x3300) or floats (0x3500); tare acknowledged by a bit. */
static void a_flintec_transmitter(void)
{
    if (!read_map(CELL("100") "word_order: ABCD\ngroups:\n  sample: {function: 3, address: 0x3500, count: 5, "
                       "atomic: true, values: {"
                  "gross: {at: 0, type: f32, unit: N}, net: {at: 2, type: f32, unit: N}, "
                  "qualifier: {at: 4, type: u16, bits: {under: 0, over: 1, tare_on: 5}}}}\ncommands:\n"
                  "  tare: {idempotent: false, trigger: {address: 0x2061, type: u16, value: 8}, "
                  "expect: {bit: tare_on, set: true, within: 500 ms}}\n" CANARIES))
        return;
    const uint16_t s[5] = {0xC0EA, 0x48E9, 0x4248, 0x0000, 0x0022}; /* -7.3214, 50 */
    ASSERT_REL(value("gross", s), -7.3214, 1e-6);
    ASSERT_REL(value("net", s), 50.0, 1e-12);
    CU_ASSERT_TRUE(bit("over", s) && bit("tare_on", s) && !bit("under", s));
    ASSERT_STEPS("tare", NULL, 0, "w6@0x2061:8 r3@0x3504:32");
    expect_no_finding();
}

/* HBK WTX120 (Hbm.Automation.Api ModbusCommands.cs): decimals, unit and a handshake are fields of one register; the
 * control word's bits act on their edge. */
static void an_hbk_transmitter(void)
{
    if (!read_map(CELL("60") "word_order: ABCD\ngroups:\n  sample: {function: 3, address: 0, count: 9, atomic: "
                       "true, values: {"
                  "net: {at: 0, type: s32, unit: N, decimals: decimals}, gross: {at: 2, type: s32, unit: N, "
                  "decimals: decimals}, "
                  "status: {at: 4, type: u16, bits: {error: 0, alarm: 1, over: 3, moving_weight: 4}}, "
                  "decimals: {at: 5, type: u16, field: [4, 6]}, unit_code: {at: 5, type: u16, field: [7, 8]}, "
                  "handshake: {at: 5, type: u16, field: [14, 14], bits: {acknowledged: 0}}, limits: {at: 8, type: "
                  "u16}}}\n"
                  "commands:\n  zero: {idempotent: false, trigger: {address: 0, type: u16, value: 0x40, pulse: 50 ms}, "
                  "expect: {bit: acknowledged, set: true, within: 1 s}}\n"
                  "  limit_switch: {idempotent: true, writes: [{address: 4, type: u16, value: 1}, {address: 6, "
                  "type: s32, parameter: "
                  "limit, per: 1000, unit: N}], trigger: {address: 0, type: u16, value: 0}}\n" CANARIES))
        return;
    const uint16_t s[9] = {0xFFFF, 0xFC18, 0, 1500, 0x0008, 0x4000 | 2 << 7 | 3 << 4, 0, 0, 1};
    const struct map_parameter limit = {"limit", 15.0};
    ASSERT_REL(value("net", s), -1.0, 1e-12);
    ASSERT_REL(value("gross", s), 1.5, 1e-12);
    ASSERT_REL(value("unit_code", s), 2.0, 1e-12);
    CU_ASSERT_TRUE(bit("acknowledged", s) && bit("over", s));
    /* the field's bit 0 is bit 14 of the register */
    ASSERT_STEPS("zero", NULL, 0, "w6@0x0000:0 w6@0x0000:64 w6@0x0000:0 r3@0x0005:16384");
    ASSERT_STEPS("limit_switch", &limit, 1, "w6@0x0004:1 w16@0x0006:0,15000 r3@0x0004:1 r3@0x0006:0,15000 w6@0x0000:0");
    expect_no_finding();
}

/* Floats in both word orders: Seneca Z-SG (register 63, swappable), Mantracourt DSC (low word first, manualslib 1483307
 * page 52). */
static void floats_with_either_word_first(void)
{
    if (!read_map(CELL("120") "groups:\n  sample: {function: 3, address: 63, count: 15, atomic: true, values: {"
                  "gross: {at: 0, type: f32, order: ABCD, unit: N}, swapped: {at: 2, type: f32, order: CDAB, unit: N}, "
                  "status: {at: 14, type: u16, bits: {over: 1, stable: 4}}}}\n" CANARIES))
        return;
    const uint16_t s[15] = {0x42F6, 0xE979, 0xE979, 0x42F6, [14] = 0x12}; /* 123.456 twice */
    ASSERT_REL(value("gross", s), 123.456, 1e-7);
    ASSERT_REL(value("swapped", s), 123.456, 1e-7);
    CU_ASSERT_TRUE(bit("over", s) && bit("stable", s));
    expect_no_finding();
}

/* Mantracourt DSC answers reads of 2 registers only, at odd addresses: a canary cannot differ from a value's read, so a
 * late reply could pass for it.  The linter says so. */
static void a_device_of_one_request_size_cannot_be_believed(void)
{
    struct lint l = {0};
    bool told = false;
    if (!read_map(CELL("2") "word_order: CDAB\ngroups:\n  sample: {function: 3, address: 19, count: 2, atomic: "
                       "true, values: {"
                  "gross: {at: 0, type: f32, unit: N}}}\n"
                  "canaries: [{function: 3, address: 5, count: 2}, {function: 3, address: 7, count: 2}]\n"))
        return;
    lint_map(&map, &l);
    for (size_t i = 0; i < l.n; i++)
        told = told || strstr(l.finding[i].text, "a late reply of it would pass");
    CU_ASSERT_TRUE(told);
}

/* ---- inputs, outputs, displacement ---- */

/* Waveshare RTU Relay (D): discrete inputs (FC2), eight coils in one request (FC15); its first frame is lost. */
static void a_relay_module(void)
{
    if (!read_map(CELL("120") "dummy_request: true\ngroups:\n  inputs: {function: 2, address: 0, count: 8, atomic: "
                       "true, values: {"
                  "estop: {at: 0, type: u16, bits: {healthy: 0}}, door: {at: 7, type: u16, bits: {shut: "
                  "0}}}}\ncommands:\n"
                  "  relays: {idempotent: true, one_request: true, writes: [{coil: 0, value: 1}, {coil: 1, value: 0}, "
                  "{coil: 2, value: 1}], trigger: {coil: 3, value: 1}}\n"
                  "  set: {idempotent: true, writes: [{coil: 0, value: 1}, {coil: 1, value: 1}], trigger: {coil: 7, "
                  "value: 1}}\n" CANARIES))
        return;
    const uint16_t s[8] = {1, 0, 0, 0, 0, 0, 0, 1};
    CU_ASSERT_TRUE(bit("healthy", s) && bit("shut", s) && map.wants_dummy);
    ASSERT_STEPS("relays", NULL, 0, "w15@0x0000:1,0,1,1");
    ASSERT_STEPS("set", NULL, 0, "w15@0x0000:1,1 r1@0x0000:1,1 w5@0x0007:1");
    expect_no_finding();
}

/* Couplers with a watchdog that must be on (WAGO 0x1100, Turck 0x1120: 0 means that outputs are held). */
static void a_coupler_whose_watchdog_is_read_back(void)
{
    if (!read_map(CELL("120") "groups:\n  inputs: {function: 4, address: 0, count: 1, atomic: true, values: {in: "
                       "{at: 0, type: u16}}}\n"
                  "verify:\n  - {name: watchdog_time, address: 0x1120, type: u16, parameter: watchdog_time, per: 1, "
                  "unit: ms, "
                  "range: [1, 65535], write: true}\n  - {name: coding_mask, address: 0x1101, type: u16, value: "
                  "0xFFFF, write: true}\n"
                  CANARIES))
        return;
    const struct map_parameter p = {"watchdog_time", 0.25};
    char why[200];
    ASSERT_REL(map_expected(&map.verify[0], &p, 1), 250.0, 1e-12);
    ASSERT_REL(map_expected(&map.verify[1], &p, 1), 65535.0, 1e-12);
    CU_ASSERT_FALSE(map_holds(&map.verify[0].number, 0.0, why, sizeof why));
    ASSERT_HAS(why, "register 4384 takes 1 to 65535 ms");
}

/* Riftek RF602, input registers: the raw reading is a share of the range, from a base distance on. */
static void a_triangulation_sensor(void)
{
    if (!read_map(CELL("16") "groups:\n  reading: {function: 4, address: 1, count: 6, atomic: true, values: {"
                  "type: {at: 0, type: u16}, base: {at: 3, type: u16, unit: mm}, range: {at: 4, type: u16, unit: mm}, "
                  "distance: {at: 5, type: u16, per: 327.68, unit: mm, offset: 80}}}\ncommands:\n"
                  "  laser_on: {idempotent: true, trigger: {address: 10, type: u16, value: 1}}\n" CANARIES))
        return;
    const uint16_t s[6] = {65, 0, 0, 80, 50, 8192}; /* half of the range of 50 mm */
    ASSERT_REL(value("distance", s), 105e-3, 1e-12);
    ASSERT_REL(value("base", s), 80e-3, 1e-12);
    ASSERT_STEPS("laser_on", NULL, 0, "w6@0x000A:1");
}

static void what_these_keys_cannot_mean_is_told(void)
{
    static const struct { const char *part, *says; } bad[] = {
        {"  c: {idempotent: true, one_request: true, writes: [{address: 5, type: u16, value: 0}], "
         "trigger: {address: 7, type: u16, value: 1}}\n", "one_request: its writes must follow each other; 7 is not 6"},
        {"  c: {idempotent: true, one_request: true, writes: [{address: 5, type: u16, value: 0}], "
         "trigger: {coil: 6, value: 1}}\n", "one_request: its writes must follow each other"},
        {"  c: {idempotent: true, one_request: true, writes: [{address: 5, type: u32, order: ABCD, value: 0}, "
         "{address: 7, type: u32, order: ABCD, value: 0}], trigger: {address: 9, type: u16, value: 1}}\n",
         "one_request: 5 registers: the device takes 4 in one request"},
        {"  c: {idempotent: true, writes: [{coil: 5, pulse: 20 ms}], trigger: {coil: 6, value: 1}}\n",
         "pulse: only a command's trigger can be one"},
        {"  c: {idempotent: true, trigger: {address: 9, type: u32, order: ABCD, value: 1, pulse: 20 ms}}\n",
         "pulse: a u32: only a u16 or a coil can be pulsed"},
        {"  c: {idempotent: true, trigger: {address: 9, type: u16, parameter: x, offset: 1, unit: s, reciprocal: "
         "true}}\n",
         "offset: a reciprocal number has none"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[2000];
        struct config *doc = NULL;
        struct err e = {0};
        snprintf(text, sizeof text, CELL("4") "groups:\n  a: {function: 3, address: 0, count: 1, atomic: true, "
                                         "values: {"
                 "v: {at: 0, type: u16}}}\ncommands:\n%s" CANARIES, bad[i].part);
        CU_ASSERT_EQUAL_FATAL(config_parse(&doc, "device", text, strlen(text), &e), 0);
        CU_ASSERT_NOT_EQUAL(device_map_read(&map, doc, &e), 0);
        ASSERT_HAS(e.msg, bad[i].says);
        ASSERT_HAS(e.msg, "device:");
        config_close(doc);
    }
}

CU_TestInfo devices_tests[] = {
    {"an_older_scl_drive", an_older_scl_drive},
    {"an_iai_cylinder", an_iai_cylinder},
    {"an_oriental_az", an_oriental_az},
    {"a_delta_drive_needs_silence_and_short_requests", a_delta_drive_needs_silence_and_short_requests},
    {"a_laumas_transmitter", a_laumas_transmitter},
    {"a_flintec_transmitter", a_flintec_transmitter},
    {"an_hbk_transmitter", an_hbk_transmitter},
    {"floats_with_either_word_first", floats_with_either_word_first},
    {"a_device_of_one_request_size_cannot_be_believed", a_device_of_one_request_size_cannot_be_believed},
    {"a_relay_module", a_relay_module},
    {"a_coupler_whose_watchdog_is_read_back", a_coupler_whose_watchdog_is_read_back},
    {"a_triangulation_sensor", a_triangulation_sensor},
    {"what_these_keys_cannot_mean_is_told", what_these_keys_cannot_mean_is_told},
    CU_TEST_INFO_NULL};
