/* test_lint.c -- maps that can be read and cannot work: every command that reads a bench refuses them, with the place
 * in the map and what to do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text/units.h"
#include "rig/safety/limits.h"
#include "tests/rig/suites.h"

#define DRIVE "config/benches/devices/moons_scl.yaml"
#define OTHER "config/benches/devices/leadshine_em2rs.yaml"
#define CELL "config/benches/devices/flintec_dad141.yaml"
#define BENCH "config/benches/virtual_tcp.yaml"

/* A copy of a map below $TMPDIR, in it the first `from` behind the first `after` replaced by `to`. */
static bool altered(const char *map, const char *after, const char *from, const char *to, char path[200])
{
    static char text[1 << 15];
    const char *tmp = getenv("TMPDIR");
    FILE *in = fopen(map, "rb");
    size_t n = in ? fread(text, 1, sizeof text - 1, in) : 0;
    text[n] = '\0';
    if (in)
        fclose(in);
    char *at = strstr(text, after);
    at = at ? strstr(at, from) : NULL;
    snprintf(path, 200, "%.100s/mnrig-map-XXXXXX", tmp ? tmp : "/tmp");
    int fd = mkstemp(path);
    FILE *out = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (at && out)
        fprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    else
        printf("\n'%s' is not in %s\n", from, map);
    if (out)
        fclose(out);
    return at && out;
}

/* Reads a bench with such a map as its axis or its load cell: what every command does first. */
static int read_with(const char *bench, const char *device, const char *path, struct bench *b, struct lint *found,
                     struct err *e)
{
    char set[300];
    const char *sets[] = {set};
    struct safety_limits l;
    struct config *doc = NULL;
    units_init(NULL);
    snprintf(set, sizeof set, "devices/%s/map=%s", device, path);
    int rc = bench_read(b, &doc, bench, sets, 1, e);
    if (rc == 0) rc = safety_limits_read(&l, doc, b, e);
    for (size_t i = 0; i < BENCH_DEVICES && rc == 0; i++)
        lint_map(&b->device[i].map, found);
    if (rc == 0) lint_bench(b, config_root(doc), found);
    config_close(doc);
    return rc;
}

struct mistake { const char *after, *from, *to, *says; };

static void expect_refused(const char *bench, const char *device, const char *map, const struct mistake *bad, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        static struct bench b;
        struct lint found = {0};
        struct err e = {0};
        char path[200];
        if (!altered(map, bad[i].after, bad[i].from, bad[i].to, path)) {
            CU_FAIL("no such text");
            unlink(path);
            continue;
        }
        int rc = read_with(bench, device, path, &b, &found, &e);
        if (!strstr(e.msg, bad[i].says) || err_exit_status(rc) != 3 || !e.hint[0])
            printf("\n%s -> %s\n   %d: %s\n   %s\n", bad[i].from, bad[i].to, rc, e.msg, e.hint);
        CU_ASSERT_EQUAL(err_exit_status(rc), 3);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.msg, bad[i].says));
        CU_ASSERT_NOT_EQUAL(e.hint[0], '\0');
        const char *where = strstr(e.msg, ".yaml:") ? strstr(e.msg, ".yaml:") + 5 : strstr(e.msg, path);
        int line = 0, col = 0;
        CU_ASSERT_TRUE(where && sscanf(strchr(where, ':'), ":%d:%d", &line, &col) == 2 && line > 1 && col > 0);
        unlink(path);
    }
}

#define REFUSED(device, map, bad) expect_refused(BENCH, device, map, bad, sizeof(bad) / sizeof *(bad))

static void a_watchdog_that_is_off_is_refused(void)
{
    static const struct mistake bad[] = {
        {"verify:", "value: 1,", "value: 0,", "value 0: must be 1 to 1: the drive's watchdog is off"},
        {"verify:", "value: 1,", "value: 2,", "value 2: must be 1 to 1: the drive's watchdog is off"},
        {"verify:", "  - {name: watchdog_enable, address: 392, type: u32, value: 1, write: true}\n", "",
         "register 392, which switches it on, is not among the registers verified at start"},
        {"verify:", "name: watchdog_enable, address: 392", "name: watchdog_enable, address: 332",
         "verify 'watchdog_enable': register 332: the watchdog is switched on by register 392"},
        {"verify:", "watchdog_enable, address: 392, type: u32, value: 1,",
         "watchdog_enable, address: 392, type: u32, parameter: watchdog_action,", "must be a constant"},
        {"verify:", "{name: watchdog_enable", "{name: not_a_watchdog", "register 392, which switches it on, is not"},
        {"verify:", "{name: max_decel", "{name: not_a_watchdog", "verify 'not_a_watchdog' is no known register"},
        {"verify:", "name: watchdog_time, address: 394", "name: watchdog_time, address: 398",
         "register 398: the watchdog's time is register 394"},
        {"verify:", "parameter: watchdog_time, per: 1, unit: ms, range: [1, 10000]", "value: 300",
         "verify 'watchdog_time': must be the parameter watchdog_time"},
        {"verify:", "parameter: watchdog_time", "parameter: stop_decel", "must be the parameter watchdog_time"},
        {"verify:", "unit: ms, range: [1, 10000]", "unit: ms, range: [0, 10000]",
         "its range begins at 0: a time of 0 switches a watchdog off"},
        {"verify:", "unit: ms, range: [1, 10000]", "unit: ms", "its range begins at 0"},
        {"verify:", "unit: ms, range: [1, 10000]", "unit: mm, range: [1, 10000]", "in 'mm': must be a time"},
        {"verify:", "name: watchdog_time", "name: time", "register 394, its time, is not among the registers verified"},
        {"verify:", "parameter: watchdog_action", "value: 1", "must be the parameter watchdog_action"},
        {"verify:", "{name: watchdog_action", "{name: action",
         "parameter 'watchdog_action' belongs to another register"},
        {"verify:", "name: max_decel, address: 334", "name: max_decel, address: 392",
         "verify 'watchdog_enable' and 'max_decel' are the same"},
        {"watchdog:", "enable: {address: 392, on: [1, 1]}", "enable: {address: 390, on: [1, 1]}",
         "register 392: the watchdog is switched on by register 390"},
        {"watchdog:", "enable: {address: 392, on: [1, 1]}", "enable: {address: 392, on: [2, 3]}",
         "value 1: must be 2 to 3"},
        {"watchdog:", "enable: {address: 392, on: [1, 1]}", "enable: by_time", "by_time: but verify has a register"},
    };
    REFUSED("axis", DRIVE, bad);
}

static void a_watchdog_must_say_which_registers_set_it(void)
{
    static const struct { const char *from, *to, *says; } bad[] = {
        {"  enable: {address: 392, on: [1, 1]} ", "  ", "missing key 'enable'"},
        {"  time: {address: 394}\n", "", "missing key 'time'"},
        {"enable: {address: 392, on: [1, 1]}", "enable: 392", "enable: the register that switches the watchdog on"},
        {"on: [1, 1]", "on: [0, 1]", "1"},
        {"on: [1, 1]", "on: [1]", "on: a list of two"},
        {"on: [1, 1]", "on: [3, 2]", "2"},
        {"enable: {address: 392, on: [1, 1]}", "enable: {address: 392}", "on: a list of two"},
        {"time: {address: 394}", "time: {address: 70000}", "70000"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct bench b;
        struct lint found = {0};
        struct err e = {0};
        char path[200];
        CU_ASSERT_TRUE_FATAL(altered(DRIVE, "watchdog:", bad[i].from, bad[i].to, path));
        CU_ASSERT_EQUAL(err_exit_status(read_with(BENCH, "axis", path, &b, &found, &e)), 3);
        ASSERT_HAS(e.msg, bad[i].says);
        unlink(path);
    }
}

static void a_parameter_that_nobody_fills_is_refused(void)
{
    static const struct mistake bad[] = {
        {"move:", "parameter: target", "parameter: tarjet",
         "command 'move': parameter 'tarjet' is none of its own: did you mean 'target'?"},
        {"home:", "parameter: distance", "parameter: distanse", "did you mean 'distance'?"},
        {"move:", "parameter: decel", "parameter: decl", "did you mean 'decel'?"},
        {"move:", "parameter: speed", "parameter: sped", "did you mean 'speed'?"},
        {"home:", "parameter: speed", "parameter: sped", "command 'home': parameter 'sped'"},
        {"verify:", "parameter: stop_decel", "parameter: stopdecel", "did you mean 'stop_decel'?"},
        {"home:", "parameter: distance", "parameter: target", "command 'home': parameter 'target' is none of its own"},
        {"move:", "parameter: target", "parameter: speed", "parameter 'speed' in 'step': must be a speed"},
        {"move:", "parameter: target", "parameter: distance",
         "command 'move': parameter 'distance' is none of its own"},
        {"move:", "parameter: accel", "parameter: decel", "parameter 'decel' is written twice"},
        {"move:", "      - {address: 350, type: s32, parameter: target, per: 1, unit: step}\n", "",
         "command 'move': parameter 'target' is missing: must be a length"},
        {"move:", "      - {address: 348, type: u32, parameter: speed, per: 240, unit: rev/s, range: [1, 80 rev/s]}\n",
         "", "command 'move': parameter 'speed' is missing"},
        {"home:", "      - {address: 348, type: u32, parameter: speed, per: 240, unit: rev/s, range: [1, 80 rev/s]}\n",
         "", "command 'home': parameter 'speed' is missing"},
        {"stop:", "value: 0xE1", "parameter: speed", "command 'stop': parameter 'speed' is none of its own"},
        {"enable:", "value: 0x9F", "parameter: target", "command 'enable': parameter 'target' is none of its own"},
    };
    REFUSED("axis", DRIVE, bad);
}

static void what_measures_something_else_is_refused(void)
{
    static const struct mistake bad[] = {
        {"move:", "parameter: speed, per: 240, unit: rev/s, range: [1, 80 rev/s]",
         "parameter: speed, per: 240, unit: N", "command 'move': parameter 'speed' in 'N': must be a speed"},
        {"move:", "parameter: accel, per: 6, unit: rev/s2", "parameter: accel, per: 6, unit: rev/s",
         "'accel' in 'rev/s': must be an acceleration"},
        {"move:", "parameter: target, per: 1, unit: step", "parameter: target, per: 1",
         "'target' in '': must be a length"},
        {"home:", "parameter: distance, per: 1, unit: step", "parameter: distance, per: 1, unit: mm/s",
         "must be a length"},
        {"values:", "position: {at: 10, type: s32, per: 1, unit: count}", "position: {at: 10, type: s32, unit: s}",
         "value 'position' in 's': must be a length"},
        {"values:", "position_error: {at: 22, type: s32, per: 1, unit: count}", "position_error: {at: 22, type: s32}",
         "value 'position_error' in '': must be a length"},
        {"values:", "velocity: {at: 16, type: s16, per: 240, unit: rev/s}", "velocity: {at: 16, type: s16, unit: rev}",
         "value 'velocity' in 'rev': must be a speed"},
        {"values:", "        at: 0\n        type: u32\n", "        at: 0\n        type: u32\n        unit: mm\n",
         "value 'alarm' in 'mm': must be a number without unit"},
    };
    static const struct mistake cell[] = {
        {"values:", "gross: {at: 0, type: s32, per: 10000, unit: N}", "gross: {at: 0, type: s32, per: 10000, unit: mm}",
         "value 'gross' in 'mm': must be a force"},
        {"values:", "net: {at: 2, type: s32, per: 10000, unit: N}", "net: {at: 2, type: s32, per: 10000, unit: s}",
         "value 'net' in 's': must be a force"},
    };
    REFUSED("axis", DRIVE, bad);
    REFUSED("force", CELL, cell);
}

static void two_commands_that_are_one_are_refused(void)
{
    static const struct mistake bad[] = {
        {"stop:", "value: 0xE1", "value: 0x67",
         "commands 'stop' and 'move' have the same trigger, register 124 <- 103"},
        {"stop:", "value: 0xE1", "value: 0x9F", "commands 'stop' and 'enable' have the same trigger"},
        {"disable:", "value: 0x9E", "value: 0x9F", "commands 'enable' and 'disable' have the same trigger"},
        {"home:", "value: 0x6E", "value: 0x67", "commands 'home' and 'move' have the same trigger"},
        {"stop_normal:", "value: 0xE2", "value: 0xE1", "commands 'stop' and 'stop_normal' have the same trigger"},
    };
    static const struct mistake other[] = { /* a mode that only one of them writes does not tell them apart */
        {"stop:", "value: 0x40", "value: 0x10", "commands 'stop' and 'move' have the same trigger, register 24578"},
        {"disable:", "value: 0", "value: 1", "commands 'enable' and 'disable' have the same trigger"},
        {"home:", "value: 0x20", "value: 0x40", "commands 'stop' and 'home' have the same trigger"},
    };
    REFUSED("axis", DRIVE, bad);
    expect_refused("config/benches/virtual_em2rs_tlb.yaml", "axis", OTHER, other, sizeof other / sizeof *other);
}

static void registers_that_run_into_each_other_are_refused(void)
{
    static const struct mistake bad[] = {
        {"move:", "address: 350, type: s32, parameter: target", "address: 351, type: u16, parameter: target",
         "register 350 is a s32 in 'home' and 351 a u16 in 'move'"},
        {"move:", "address: 350, type: s32, parameter: target", "address: 124, type: s32, parameter: target",
         "command 'move': its writes to 124 and 124 overlap"},
        {"home:", "address: 350, type: s32, parameter: distance", "address: 123, type: s32, parameter: distance",
         "command 'home': its writes to 123 and 124 overlap"},
        {"move:", "address: 350, type: s32, parameter: target", "address: 394, type: s32, parameter: target",
         "verify 'watchdog_time' and command 'move' both use register 394"},
        {"verify:", "max_decel, address: 334", "max_decel, address: 124",
         "verify 'max_decel' and command 'stop' both use register 124"},
    };
    REFUSED("axis", DRIVE, bad);
}

/* Wide enough for the bench: its travel, both ways, the search for home, its speeds. */
static void a_register_too_narrow_for_the_bench_is_refused(void)
{
    static const struct mistake bad[] = {
        {"values:", "position: {at: 10, type: s32", "position: {at: 11, type: u16",
         "limits/travel_hard/from: -1 mm: the map's 'position': register 11 takes 0 to"},
        {"values:", "position: {at: 10, type: s32", "position: {at: 10, type: u32", "register 10 takes 0 to"},
        {"values:", "position: {at: 10, type: s32", "position: {at: 11, type: s16",
         "register 11 takes -32768 to 32767"},
        {"values:", "position_error: {at: 22, type: s32", "position_error: {at: 23, type: u16",
         "limits/following_error: 0.5 mm: the map's 'position_error': register 23 takes 0 to"},
        {"home:", "type: s32, parameter: distance", "type: u32, parameter: distance", "register 350 takes 0 to"},
        {"move:", "range: [1, 80 rev/s]", "range: [1, 100]", "register 348 takes"},
    };
    REFUSED("axis", DRIVE, bad);
}

/* Said by every command that moves, refused by none. */
static void what_is_only_suspicious_is_a_warning(void)
{
    static const struct { const char *after, *from, *to, *says; } odd[] = {
        {"groups:", "atomic: true", "atomic: false", "group 'state' is not atomic"},
        {"freshness:", "{kind: expected_change, within: 300 ms}", "{kind: not_detectable}",
         "devices/axis/map: freshness not_detectable: a position that repeats itself is never found"},
        {"bits:", "limit_1: 1, limit_2: 2", "limit_1: 1, limit_2: 1", "bits 'limit_1' and 'limit_2' are the same bit"},
        {"home:", "      - {address: 350, type: s32, parameter: distance, per: 1, unit: step}\n", "",
         "command 'home' writes some of the registers of 'move'"},
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        static struct bench b;
        struct lint found = {0};
        struct err e = {0};
        char path[200];
        CU_ASSERT_TRUE_FATAL(altered(DRIVE, odd[i].after, odd[i].from, odd[i].to, path));
        CU_ASSERT_EQUAL(read_with(BENCH, "axis", path, &b, &found, &e), 0);
        CU_ASSERT_EQUAL_FATAL(found.n, 1);
        CU_ASSERT_EQUAL(found.finding[0].severity, LINT_WARNING);
        ASSERT_HAS(found.finding[0].text, odd[i].says);
        CU_ASSERT_NOT_EQUAL(found.finding[0].hint[0], '\0');
        unlink(path);
    }
}

/* However much is suspicious: an error is not lost among it. */
static void an_error_finds_room_among_many_warnings(void)
{
    static struct lint l;
    static struct device_map m;
    const struct map_place at = {7, 3};
    struct err e = {0};
    for (int i = 0; i < 3 * LINT_MAX; i++)
        lint_place(&l, LINT_WARNING, &m, at, "h", "number %d", i);
    CU_ASSERT_EQUAL(lint_refuse(&l, &e), 0);
    lint_place(&l, LINT_ERROR, &m, at, "mend it", "wrong");
    CU_ASSERT_EQUAL(l.n, LINT_MAX);
    CU_ASSERT_EQUAL(lint_refuse(&l, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, ":7:3: wrong");
    ASSERT_HAS(e.hint, "mend it");
}

CU_TestInfo lint_tests[] = {
    {"a_watchdog_that_is_off_is_refused", a_watchdog_that_is_off_is_refused},
    {"a_watchdog_must_say_which_registers_set_it", a_watchdog_must_say_which_registers_set_it},
    {"a_parameter_that_nobody_fills_is_refused", a_parameter_that_nobody_fills_is_refused},
    {"what_measures_something_else_is_refused", what_measures_something_else_is_refused},
    {"two_commands_that_are_one_are_refused", two_commands_that_are_one_are_refused},
    {"registers_that_run_into_each_other_are_refused", registers_that_run_into_each_other_are_refused},
    {"a_register_too_narrow_for_the_bench_is_refused", a_register_too_narrow_for_the_bench_is_refused},
    {"what_is_only_suspicious_is_a_warning", what_is_only_suspicious_is_a_warning},
    {"an_error_finds_room_among_many_warnings", an_error_finds_room_among_many_warnings},
    CU_TEST_INFO_NULL};
