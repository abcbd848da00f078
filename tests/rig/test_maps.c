/* test_maps.c -- what a device map can say beyond plain registers: signs and decimals elsewhere, fields, times for
 * ramps, coils and edges, acknowledgements, several groups; and what the linter finds in it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text/units.h"
#include "rig/bus/pdu.h"
#include "rig/device/lint.h"
#include "tests/rig/suites.h"

static const char whole[] =
    "device: all_sorts\nkind: axis\nsource: none\nword_order: ABCD\nmax_read: 40\nmax_write: 20\nlatency: 1 ms\n"
    "late_reply: 50 ms\ngap: 3 ms\ngap_after: 10 ms\ndummy_request: true\nwatchdog: {kind: external, fed_by: relay}\n"
    "freshness: {kind: counter, value: flags, within: 100 ms}\n"
    "groups:\n"
    "  weights:\n    function: 4\n    address: 100\n    count: 8\n    atomic: true\n    values:\n"
    "      flags: {at: 0, type: u16, bits: {negative: 7, acked: 3}}\n"
    "      format: {at: 1, type: u16, field: [4, 6]}\n"
    "      size: {at: 2, type: u32, per: 1, unit: N, sign: negative, decimals: format}\n"
    "      wide: {at: 4, type: u32, order: CDAB, bits: {top: 17}}\n"
    "  inputs:\n    function: 2\n    address: 7\n    count: 3\n    atomic: true\n    values:\n"
    "      door: {at: 2, type: u16, bits: {shut: 0}}\n"
    "commands:\n"
    "  stop: {idempotent: true, trigger: {coil: 0x042C, value: 1}}\n"
    "  servo: {idempotent: true, trigger: {coil: 0x0403, value: 0}}\n"
    "  home: {idempotent: false, trigger: {coil: 0x040B, pulse: 20 ms}}\n"
    "  tare: {idempotent: false, trigger: {address: 5, type: u16, value: 8}, expect: {bit: acked, set: true, within: "
    "500 ms}}\n"
    "  far: {idempotent: false, trigger: {address: 5, type: u16, value: 8}, expect: {bit: top, set: false, within: "
    "1 s}}\n"
    "  ramp: {idempotent: true, writes: [{address: 9, type: u16, parameter: accel, per: 16666.6667, unit: rev/s2, "
    "reciprocal: true}], trigger: {address: 12, type: u16, value: 1}}\n"
    "  go: {idempotent: true, writes: [{address: 20, type: s16, parameter: target, per: 2, unit: mm, "
    "range: [-100 mm, 250]}, "
    "{address: 21, type: u16, parameter: speed, per: 60, unit: rev/s, range: [1, 3000]}, {address: 22, type: u16, "
    "parameter: accel, per: 1000, unit: rev/s2, reciprocal: true, range: [0.5 rev/s2, 100 rev/s2]}], "
    "trigger: {address: 12, type: u16, value: 1}}\n"
    "  jog: {idempotent: true, repeat_within: 50 ms, trigger: {address: 3, type: u16, value: 0x4001}}\n"
    "  store: {idempotent: false, endurance: 100000, trigger: {address: 3, type: u16, value: 99}}\n"
    "canaries:\n  - {function: 3, address: 0, count: 5}\n  - {function: 3, address: 0, count: 6}\n";

static int read_text(const char *text, struct device_map *m, struct err *e)
{
    char path[200];
    const char *tmp = getenv("TMPDIR");
    struct config *doc = NULL;
    const struct mechanics mech = {5e-3, 10000, 10000};
    snprintf(path, sizeof path, "%.100s/mnrig-map-XXXXXX", tmp ? tmp : "/tmp");
    int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    if (f) {
        fputs(text, f);
        fclose(f);
    }
    units_init(NULL);
    int rc = config_open(&doc, path, e);
    if (rc == 0) rc = device_map_read(m, doc, e);
    if (rc == 0) rc = device_map_resolve(m, &mech, e);
    config_close(doc);
    unlink(path);
    return rc;
}

static const struct device_map *read_whole(void)
{
    static struct device_map m;
    struct err e = {0};
    if (read_text(whole, &m, &e)) {
        printf("\n%s\n", e.msg);
        CU_FAIL_FATAL("not read");
    }
    return &m;
}

static void signs_decimals_and_fields_come_from_other_registers(void)
{
    const struct device_map *m = read_whole();
    uint16_t sample[MAP_REGISTERS] = {0x0080, 0xFFCF & ~0x70, 0x0001, 0x0005, 0, 0, 0, 0, 0, 0, 1};
    size_t size = (size_t)map_find_value(m, "size"), format = (size_t)map_find_value(m, "format");
    sample[1] = (uint16_t)(sample[1] | 3 << 4); /* three decimals between other bits */
    CU_ASSERT_EQUAL(map_raw(m, format, sample), 3);
    ASSERT_REL(map_decode(m, size, sample), -65.541, 1e-12);
    sample[0] = 0;
    sample[1] = (uint16_t)(sample[1] & ~(7 << 4));
    ASSERT_REL(map_decode(m, size, sample), 65541.0, 1e-12);
    /* the second group stands behind the first one's 8 registers */
    CU_ASSERT_EQUAL(m->group[1].at, 8);
    CU_ASSERT_TRUE(map_bit_is_set(m, (size_t)map_find_bit(m, "shut"), sample));
    CU_ASSERT_TRUE(bus_is_coils(m->group[1].function));
    ASSERT_REL(m->gap_after, 0.010, 1e-12);
    CU_ASSERT_TRUE(m->wants_dummy);
}

static int build(const char *name, struct map_step *steps, const struct map_parameter *p, size_t n)
{
    const struct device_map *m = read_whole();
    return map_build(m, (size_t)map_find_command(m, name), p, n, steps, NULL);
}

static void coils_are_written_and_edges_pulsed(void)
{
    struct map_step s[MAP_STEPS];
    CU_ASSERT_EQUAL_FATAL(build("stop", s, NULL, 0), 1);
    CU_ASSERT_EQUAL(s[0].function, BUS_WRITE_COIL);
    CU_ASSERT_EQUAL(s[0].address, 0x042C);
    CU_ASSERT_EQUAL(s[0].regs[0], 1);
    CU_ASSERT_EQUAL_FATAL(build("servo", s, NULL, 0), 1);
    CU_ASSERT_EQUAL(s[0].regs[0], 0);
    CU_ASSERT_EQUAL_FATAL(build("home", s, NULL, 0), 3);
    CU_ASSERT_EQUAL(s[0].regs[0], 0);
    CU_ASSERT_EQUAL(s[1].regs[0], 1);
    CU_ASSERT_EQUAL(s[2].regs[0], 0);
    ASSERT_REL(s[2].wait, 0.020, 1e-12);
    ASSERT_REL(s[1].wait, 0.020, 1e-12);
}

static void an_acknowledgement_is_awaited_in_the_right_register(void)
{
    struct map_step s[MAP_STEPS];
    CU_ASSERT_EQUAL_FATAL(build("tare", s, NULL, 0), 2);
    CU_ASSERT_FALSE(s[1].is_write);
    CU_ASSERT_EQUAL(s[1].function, BUS_READ_INPUT);
    CU_ASSERT_EQUAL(s[1].address, 100);
    CU_ASSERT_EQUAL(s[1].mask, 8);
    CU_ASSERT_EQUAL(s[1].regs[0], 8);
    ASSERT_REL(s[1].within, 0.5, 1e-12);
    CU_ASSERT_EQUAL_FATAL(build("far", s, NULL, 0), 2); /* bit 17 of a low-word-first pair: bit 1 of the second word */
    CU_ASSERT_EQUAL(s[1].address, 105);
    CU_ASSERT_EQUAL(s[1].mask, 2);
    CU_ASSERT_EQUAL(s[1].regs[0], 0);
}

static void a_ramp_can_be_a_time(void)
{
    struct map_step s[MAP_STEPS];
    const struct device_map *m = read_whole();
    const struct map_parameter p = {"accel", 0.1};
    CU_ASSERT_EQUAL_FATAL(build("ramp", s, &p, 1), 3);
    CU_ASSERT_EQUAL(s[0].regs[0], 833); /* 100 mm/s2 = 20 rev/s2: 1000 rpm in 833 ms */
    CU_ASSERT_FALSE(s[1].is_write);
    ASSERT_REL(map_achievable(m, (size_t)map_find_command(m, "ramp"), "accel", 0.1), 16666.6667 / 833.0 * 5e-3, 1e-6);
}

/* Nothing outside a range is ever sent, cut off or wrapped: at its ends, and one count beyond. */
static void what_a_register_does_not_take_is_not_written(void)
{
    static const struct { double target, speed, accel; int sent[3]; const char *says; } go[] = {
        {-100e-3, 5e-3 / 60.0, 2.5e-3, {(uint16_t)-200, 1, 2000}, NULL},
        {125e-3, 0.25, 0.5, {250, 3000, 10}, NULL},
        {125.24e-3, 0.25003, 0.5, {250, 3000, 10}, NULL}, /* rounds to the ends */
        {-100.5e-3, 0.1, 0.1, {0}, "-201 counts: the device takes -200 to 250"},
        {125.5e-3, 0.1, 0.1, {0}, "251 counts: the device takes -200 to 250"},
        {1e9, 0.1, 0.1, {0}, "does not fit a register of type s16"},
        {0.0, 0.25009, 0.1, {0}, "3001 counts: the device takes 1 to 3000"},
        {0.0, 1e-6, 0.1, {0}, "0 counts: the device takes 1 to 3000"},
        {0.0, -0.1, 0.1, {0}, "-1200 does not fit a register of type u16"},
        {0.0, NAN, 0.1, {0}, "nan does not fit"},
        {0.0, 0.1, 2.498e-3, {0}, "2002 counts: the device takes 10 to 2000"},
        {0.0, 0.1, 0.53, {0}, "9 counts: the device takes 10 to 2000"},
        {0.0, 0.1, 0.0, {0}, "inf does not fit"},
    };
    const struct device_map *m = read_whole();
    for (size_t i = 0; i < sizeof go / sizeof *go; i++) {
        const struct map_parameter p[] = {{"target", go[i].target}, {"speed", go[i].speed}, {"accel", go[i].accel}};
        struct map_step s[MAP_STEPS];
        struct err e = {0};
        int n = map_build(m, (size_t)map_find_command(m, "go"), p, 3, s, &e);
        if (go[i].says) {
            CU_ASSERT_EQUAL(n, ERR_RANGE);
            ASSERT_HAS(e.msg, go[i].says);
            ASSERT_HAS(e.msg, "command 'go'");
            continue;
        }
        CU_ASSERT_EQUAL(n, 3);
        for (int k = 0; k < 3; k++)
            CU_ASSERT_EQUAL(s[0].regs[k], go[i].sent[k]);
    }
    size_t go_at = (size_t)map_find_command(m, "go");
    CU_ASSERT_TRUE(isnan(map_achievable(m, go_at, "speed", 0.26)));
    ASSERT_REL(map_achievable(m, go_at, "speed", 0.25), 0.25, 1e-12);
    CU_ASSERT_TRUE(isnan(map_achievable(m, go_at, "accel", 0.0)));
}

static void changed(const char *from, const char *to, int code, const char *says)
{
    static struct device_map m;
    static char text[4000];
    struct err e = {0};
    const char *at = strstr(whole, from);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    if (!at)
        return;
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
    CU_ASSERT_EQUAL(read_text(text, &m, &e), code);
    ASSERT_HAS(e.msg, says);
}

static void mistakes_are_told(void)
{
    changed("sign: negative", "sign: negativ", ERR_PARSE, "value 'size': sign: there is no bit 'negativ'");
    changed("decimals: format", "decimals: formats", ERR_PARSE, "decimals: there is no value 'formats'");
    changed("bit: acked", "bit: ack", ERR_PARSE, "command 'tare': expect: there is no bit 'ack'");
    changed("field: [4, 6]", "field: [4]", ERR_PARSE, "field: a list of two bit numbers");
    changed("field: [4, 6]", "field: [4, 16]", ERR_RANGE, "16");
    changed("door: {at: 2, type: u16", "door: {at: 1, type: u32", ERR_PARSE, "must be u16: it is 0 or 1");
    changed("coil: 0x042C, value: 1", "coil: 0x042C, value: 2", ERR_RANGE, "2");
    changed("pulse: 20 ms", "pulse: 0 ms", ERR_RANGE, "pulse");
    changed("within: 500 ms", "within: 500", ERR_PARSE, "within");
    changed("endurance: 100000", "endurance: 0", ERR_RANGE, "endurance");
    changed("value: flags", "value: flag", ERR_PARSE, "freshness: there is no value 'flag'");
    changed("range: [1, 3000]", "range: [1]", ERR_PARSE, "range: a list of two");
    changed("range: [1, 3000]", "range: [1, fast]", ERR_PARSE, "range: 'fast': must be a number of counts");
    changed("range: [1, 3000]", "range: [1, .inf]", ERR_PARSE, "range: '.inf': must be a number of counts");
    changed("range: [1, 3000]", "range: [1, 50 mm/s]", ERR_PARSE, "range: '50 mm/s': the unit here is 'rev/s'");
    changed("range: [1, 3000]", "range: [3000, 1]", ERR_RANGE, "range: 3000 to 1 counts: must rise");
    changed("range: [1, 3000]", "range: [1, 70000]", ERR_RANGE, "within the 0 to 65535 of a u16");
    changed("range: [1, 3000]", "range: [-1, 3000]", ERR_RANGE, "within the 0 to 65535 of a u16");
    changed("address: 12, type: u16, value: 1", "address: 12, type: u16, value: 65536", ERR_RANGE,
            "value: 65536: must be 0 to 65535: it is a u16");
    changed("address: 12, type: u16, value: 1", "address: 12, type: u16, value: -1", ERR_RANGE,
            "value: -1: must be 0 to 65535");
    changed("late_reply: 50 ms", "late_reply: 1 ms", ERR_RANGE, "late_reply: 1 ms: must be above latency, 1 ms");
    changed("late_reply: 50 ms", "late_reply: 50 s", ERR_RANGE, "late_reply");
    changed("latency: 1 ms", "latency: 2 s", ERR_RANGE, "latency");
    changed("gap: 3 ms", "gap: 3 s", ERR_RANGE, "gap");
    changed("gap_after: 10 ms", "gap_after: 10 s", ERR_RANGE, "gap_after");
    changed("within: 100 ms", "within: 1 h", ERR_RANGE, "within");
    changed("within: 500 ms", "within: 1 h", ERR_RANGE, "within");
    changed("pulse: 20 ms", "pulse: 20 s", ERR_RANGE, "pulse");
    changed("repeat_within: 50 ms", "repeat_within: 1 ms", ERR_RANGE, "repeat_within");
    changed("per: 16666.6667", "per: 1e12", ERR_RANGE, "per");
    changed("function: 2", "function: 5", ERR_RANGE, "function");
}

static bool finds(const char *from, const char *to, const char *says)
{
    static struct device_map m;
    static char text[4000];
    struct lint l = {0};
    struct err e = {0};
    const char *at = strstr(whole, from);
    if (!at)
        return false;
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
    if (read_text(text, &m, &e)) {
        printf("\n%s\n", e.msg);
        return false;
    }
    lint_map(&m, &l);
    for (size_t i = 0; i < l.n; i++)
        if (strstr(l.finding[i].text, says))
            return true;
    return l.n == 0 && !says[0];
}

static void the_linter_finds_what_could_go_wrong(void)
{
    CU_ASSERT_TRUE(finds("source: none", "source: none", "")); /* nothing */
    CU_ASSERT_TRUE(finds("size: {at: 2, type: u32", "size: {at: 2, type: s32", "has two signs"));
    CU_ASSERT_TRUE(finds("{negative: 7, acked: 3}", "{acked: 3}}\n      more: {at: 0, type: u16, bits: {negative: 7}",
                         "overlap"));
    CU_ASSERT_TRUE(finds("bits: {shut: 0}", "bits: {negative: 0}", "bit 'negative' is there twice"));
    CU_ASSERT_TRUE(finds("sign: negative", "sign: shut", "and its sign are read in two requests"));
    CU_ASSERT_TRUE(finds("decimals: format", "decimals: door", "and its decimals are read in two requests"));
    CU_ASSERT_TRUE(finds("{coil: 0x042C, value: 1}", "{coil: 0x042C, pulse: 20 ms}", "a stop must be one request"));
    CU_ASSERT_TRUE(finds("home: {idempotent: false,", "home: {idempotent: false, endurance: 100000,",
                         "writes a memory that bears 100000 writes"));
    CU_ASSERT_TRUE(finds("home: {idempotent: false,", "home: {idempotent: false, repeat_within: 50 ms,",
                         "must be sent again within 50 ms"));
    CU_ASSERT_TRUE(finds("{function: 3, address: 0, count: 5}", "{function: 4, address: 0, count: 8}",
                         "a late reply of it would pass"));
}

CU_TestInfo maps_tests[] = {
    {"signs_decimals_and_fields_come_from_other_registers", signs_decimals_and_fields_come_from_other_registers},
    {"coils_are_written_and_edges_pulsed", coils_are_written_and_edges_pulsed},
    {"an_acknowledgement_is_awaited_in_the_right_register", an_acknowledgement_is_awaited_in_the_right_register},
    {"a_ramp_can_be_a_time", a_ramp_can_be_a_time},
    {"what_a_register_does_not_take_is_not_written", what_a_register_does_not_take_is_not_written},
    {"mistakes_are_told", mistakes_are_told},
    {"the_linter_finds_what_could_go_wrong", the_linter_finds_what_could_go_wrong},
    CU_TEST_INFO_NULL};
