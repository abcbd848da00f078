/* test_files.c -- bench, device and method files: what is good is read, what is wrong is told with its place. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text/units.h"
#include "rig/device/lint.h"
#include "rig/method/method.h"
#include "tests/rig/suites.h"

static char *text_of(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 16);
    if (f && text && fread(text, 1, (1 << 16) - 1, f) == 0)
        text[0] = '\0';
    if (f)
        fclose(f);
    return text;
}

/* A copy of a file with its first `from` replaced by `to`; below $TMPDIR.  The path is the caller's to unlink. */
static void altered(const char *path, const char *from, const char *to, char out[200])
{
    const char *tmp = getenv("TMPDIR");
    char *text = text_of(path), *at = text ? strstr(text, from) : NULL;
    snprintf(out, 200, "%.100s/mnrig-file-XXXXXX", tmp ? tmp : "/tmp");
    int fd = mkstemp(out);
    FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    if (at && f)
        fprintf(f, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    if (f)
        fclose(f);
    free(text);
}

#define DRIVE "config/benches/devices/moons_scl.yaml"
#define CELL "config/benches/devices/flintec_dad141.yaml"
#define BENCH "config/benches/virtual_tcp.yaml"
#define METHOD "config/methods/press_10N_hold_5s.yaml"

static int read_device(const char *from, const char *to, const char *file, struct device_map *m, struct err *e)
{
    char path[200];
    struct config *doc = NULL;
    units_init(NULL);
    altered(file, from, to, path);
    int rc = config_open(&doc, path, e);
    if (rc == 0)
        rc = device_map_read(m, doc, e);
    config_close(doc);
    unlink(path);
    return rc;
}

static void a_devices_mistakes_are_told_with_their_place(void)
{
    static const struct { const char *file, *from, *to, *says; int code; } bad[] = {
        {DRIVE, "word_order: ABCD ", "#", "a u32 needs a word order", ERR_PARSE},
        {DRIVE, "max_read: 100", "max_read: 10", "reads 24 registers: the device allows 10 in one request", ERR_RANGE},
        {DRIVE, "{at: 22, type: s32", "{at: 23, type: s32", "reaches past its group's 24 registers", ERR_RANGE},
        {DRIVE, "type: s16", "type: s17", "s17", ERR_PARSE},
        {DRIVE, "atomic: true", "atomik: true", "atomik", ERR_PARSE},
        {DRIVE, "fed_by:", "#", "fed_by", ERR_PARSE},
        {DRIVE, "kind: drive", "kind: dog", "dog", ERR_PARSE},
        {DRIVE, "  - {function: 3, address: 394, count: 4}", "", "1 canaries: exactly 2 are needed", ERR_PARSE},
        {DRIVE, "late_reply: 60 ms", "late_reply: 60", "late_reply", ERR_PARSE},
        {DRIVE, "comms_lost: 27", "comms_lost: 32", "32", ERR_RANGE},
        {CELL, "per: 10000", "per: 0", "per", ERR_RANGE},
        {CELL, "address: 0x3300", "address: 70000", "70000", ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct device_map m;
        struct err e = {0};
        CU_ASSERT_EQUAL(read_device(bad[i].from, bad[i].to, bad[i].file, &m, &e), bad[i].code);
        ASSERT_HAS(e.msg, bad[i].says);
        ASSERT_HAS(e.msg, "mnrig-file-");
    }
}

static void the_linter_finds_what_can_be_read_and_is_still_wrong(void)
{
    static const struct { const char *file, *from, *to, *says;
    } bad[] = {
        {DRIVE, "{at: 4, type: u16}", "{at: 3, type: u16}",
         "values 'status' (register 2, u32) and 'outputs' (register 3, u16) overlap"},
        {DRIVE, "count: 4}", "count: 24}", "canary 2 reads 24 registers like group 'state'"},
        {DRIVE, "count: 4}", "count: 2}", "both canaries read 2 registers"},
        {DRIVE, "kind: drive", "kind: none", "watchdog none: nothing stops this axis when the PC dies"},
        {DRIVE, "atomic: true", "atomic: false", "group 'state' is not atomic"},
        {DRIVE, "homing: 10", "homing: 4", "bits 'moving' and 'homing' are the same bit 4 of 'status'"},
        {DRIVE, "max_write: 100", "max_write: 6", "command 'home' writes more than 6 registers in one request"},
        {DRIVE, "346, type: u32, parameter: decel", "345, type: u32, parameter: decel",
         "its writes to 344 and 345 overlap"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct device_map m;
        static struct lint l;
        struct err e = {0};
        l.n = 0;
        if (read_device(bad[i].from, bad[i].to, bad[i].file, &m, &e))
            CU_FAIL("should be readable");
        lint_map(&m, &l);
        bool found = false;
        for (size_t k = 0; k < l.n; k++)
            found = found || (strstr(l.finding[k].text, bad[i].says) && l.finding[k].hint[0] &&
                              strstr(l.finding[k].where, "mnrig-file-") &&
                              strpbrk(strstr(l.finding[k].where, "mnrig-file-"), ":")[1] != '0');
        if (!found)
            printf("\nnot found: %s (%s)\n", bad[i].says, e.msg);
        CU_ASSERT_TRUE(found);
    }
}

static int read_bench(const char *from, const char *to, struct bench *b, struct safety_limits *l, struct err *e)
{
    char path[200], maps[8192];
    struct config *doc = NULL;
    units_init(NULL);
    altered(BENCH, from, to, path);
    char *folder =
        getcwd(maps, sizeof maps) ? maps : NULL; /* device files are looked up beside the bench: point back here */
    char axis[8300], force[8300];
    snprintf(axis, sizeof axis, "devices/axis/map=%s/" DRIVE, folder);
    snprintf(force, sizeof force, "devices/force/map=%s/" CELL, folder);
    const char *set[] = {axis, force};
    int rc = bench_read(b, &doc, path, set, 2, e);
    if (rc == 0)
        rc = safety_limits_read(l, doc, b, e);
    config_close(doc);
    unlink(path);
    return rc;
}

static void a_benchs_mistakes_are_told_with_their_place(void)
{
    static const struct { const char *from, *to, *says; int code;
    } bad[] = {
        {"  force_rate: 200 N/s\n", "", "missing key 'force_rate'", ERR_PARSE},
        {"force_push: 20 N ", "force_push: 20 ", "force_push", ERR_PARSE},
        {"force_push: 20 N ", "force_push: 20 mm ", "force_push", ERR_PARSE},
        {"force_push: 20 N ", "force_push: 51 N ", "a force limit of 51 N is above the cell's capacity of 50 N",
         ERR_RANGE},
        {"load: 50 N", "load: 20 N", "is not below what 'load cell' bears: 20 N", ERR_RANGE},
        {"to: 18 mm", "to: 19.5 mm", "must lie inside travel_hard", ERR_RANGE},
        {"max_age_axis: 250 ms", "max_age_axis: 30 ms", "is not above its poll period plus the tick's", ERR_RANGE},
        {"on_disable: holds", "on_disable: hold", "on_disable", ERR_PARSE},
        {"  lead: 5 mm", "  leed: 5 mm", "leed", ERR_PARSE},
        {"{value: inputs, bit: 0, active: 1}", "{value: inputs, bit: 0, active: 0}", "a broken wire has to trip",
         ERR_RANGE},
        {"{value: inputs, bit: 0, active: 1}", "{value: imputs, bit: 0, active: 1}",
         "the axis' map has no value 'imputs'", ERR_PARSE},
        {"link: axis_line", "link: axes_line", "axes_line", ERR_PARSE},
        {"unit: 1\n", "unit: 248\n", "248", ERR_RANGE},
        {"  estop: stop_and_disable\n", "", "missing key 'estop'", ERR_PARSE},
        {"  estop: stop_and_disable", "  estop: stop_and_unload", "estop: no steps away after this cause", ERR_RANGE},
        {"force_age: stop", "force_age: stop_and_unload", "force_age: no steps away after this cause", ERR_RANGE},
        {"on_disable: holds", "on_disable: falls", "estop: the drive must not be switched off: its load would fall",
         ERR_RANGE},
        {"  lateness: stop", "  lateness: halt", "lateness", ERR_PARSE},
        {"step: 0.18 mm", "step: 5 mm", "step", ERR_RANGE},
        {"step: 0.18 mm", "step: 0.2 mm", "a key permits at most 200 ms", ERR_RANGE},
        {"watchdog_time: 300 ms", "#", "missing key 'watchdog_time'", ERR_PARSE},
        {"slope: 1.0", "slope: 0", "slope: 0: must not be 0", ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct bench b;
        struct safety_limits l;
        struct err e = {0};
        CU_ASSERT_EQUAL(read_bench(bad[i].from, bad[i].to, &b, &l, &e), bad[i].code);
        ASSERT_HAS(e.msg, bad[i].says);
        ASSERT_HAS(e.msg, "mnrig-file-");
    }
}

static void every_limit_is_required(void)
{
    static const char *const keys[] = {"force_push: 20 N",
                                       "force_pull: 8 N",
                                       "force_rate: 200 N/s",
                                       "travel_soft: {from: -0.5 mm, to: 18 mm}",
                                       "travel_hard: {from: -1 mm, to: 19 mm}",
                                       "following_error: 0.5 mm",
                                       "max_age_axis: 250 ms",
                                       "max_age_force: 250 ms",
                                       "max_lateness: 100 ms",
                                       "bus_failures: 4",
                                       "weakest_part: {name: load cell, load: 50 N}"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        static struct bench b;
        struct safety_limits l;
        struct err e = {0};
        CU_ASSERT_EQUAL(read_bench(keys[i], "", &b, &l, &e), ERR_PARSE);
        ASSERT_HAS(e.msg, "missing key");
    }
}

/* Reads an altered method; b: and holds it against this bench. */
static int read_method(const char *from, const char *to, const struct bench *b, const struct safety_limits *l,
                       struct method *m, struct err *e)
{
    char path[200];
    struct config *doc = NULL;
    units_init(NULL);
    altered(METHOD, from, to, path);
    int rc = method_read(m, &doc, path, NULL, 0, e);
    if (rc == 0 && b)
        rc = method_check(m, config_root(doc), b, l, e);
    config_close(doc);
    unlink(path);
    return rc;
}

static void a_methods_mistakes_are_told_with_their_place(void)
{
    static const struct { const char *from, *to, *says; int code;
    } bad[] = {
        {"      max_travel: 2.5 mm ", "#", "missing key 'max_travel'", ERR_PARSE},
        {"- hold: {time: 5 s, longest: 6 s", "- hold: {time: 5 s, longest: 4 s", "longest 4 s: must be above time, 5 s",
         ERR_RANGE},
        {"- hold: {time: 5 s", "- hole: {time: 5 s", "hole", ERR_PARSE},
        {"tip_diameter: 10 um ", "tip_diameter: 210 um ", "tip_diameter: 210 um: must be at most base_diameter, 200 um",
         ERR_RANGE},
        {"  - home: {speed: 5 mm/s, longest: 20 s, timeout: trip}\n", "", "stage 1 cannot be 'tare'", ERR_PARSE},
        {"      to_force: 10 N ", "      to_force: 10 N\n      to_travel: 1 mm #",
         "insert needs one of 'to_force' and 'to_travel', not both", ERR_PARSE},
        {"      to_force: 10 N ", "      #", "insert needs one of 'to_force' and 'to_travel'", ERR_PARSE},
        {"longest: 6 s, timeout: trip", "longest: 6 s, timeout: retract", "a time-out of hold must go to trip",
         ERR_RANGE},
        {"speed: 0.5 mm/s", "speed: -0.5 mm/s", "speed", ERR_RANGE},
        {"speed: 0.5 mm/s", "speed: 0.5 mm", "speed", ERR_PARSE},
        {"  length: 600 um", "  lenght: 600 um", "lenght", ERR_PARSE},
        {"  source:", "  #", "missing key 'source'", ERR_PARSE},
        {"  - retract: {speed: 5 mm/s, distance: 8 mm, longest: 5 s, timeout: trip}", "", "stage 5 cannot be 'hold'",
         ERR_PARSE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct method m;
        struct err e = {0};
        CU_ASSERT_EQUAL(read_method(bad[i].from, bad[i].to, NULL, NULL, &m, &e), bad[i].code);
        ASSERT_HAS(e.msg, bad[i].says);
        ASSERT_HAS(e.msg, "mnrig-file-");
    }
}

static void a_method_that_this_bench_must_not_run_is_refused_with_the_numbers(void)
{
    static const struct { const char *from, *to, *says; } bad[] = {
        {"force_push: 15 N", "force_push: 25 N", "limits/force_push: 25 N: must be at most 20 N"},
        {"to_force: 10 N ", "to_force: 15 N ", "insert/to_force: 15 N: must be below limits/force_push, 15 N"},
        {"speed: 0.5 mm/s", "speed: 0.03 mm/s", "0.03 mm/s: the drive can do 0.02083 mm/s"},
        {"surface: 12 mm ", "surface: 16 mm ", "the bench's soft limits are -0.5 mm to 18 mm"},
        {"stiffness: 80 N/mm ", "stiffness: 250 N/mm ", "'load cell' bears 50 N"},
        {"speed: 0.5 mm/s", "speed: 4 mm/s", "'load cell' bears 50 N"},
    };
    static struct bench b;
    struct safety_limits l;
    struct err none = {0};
    CU_ASSERT_EQUAL_FATAL(read_bench("bench: virtual_tcp", "bench: virtual_tcp", &b, &l, &none), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct method m;
        struct err e = {0};
        CU_ASSERT_EQUAL(read_method(bad[i].from, bad[i].to, &b, &l, &m, &e), ERR_RANGE);
        ASSERT_HAS(e.msg, "mnrig-file-");
        ASSERT_HAS(e.msg, bad[i].says);
    }
}

/* A stale position is paid for in travel: max_age 2.9 s + tick 20 + lateness 100 + STOP behind one transaction 34 +
 * latency 10 = 3064 ms at 8 mm/s, and 0.32 mm of ramp, from the 10.5 mm that the rapid approach goes to: 35.33 mm.  As
 * shipped the repeated position is the longer one: 300 + 20 + 12 ms, so 496 ms and 4.288 mm. */
static void how_old_a_position_may_be_enters_the_plan_and_refuses_a_method(void)
{
    static struct bench b;
    static struct method m;
    struct safety_limits l;
    struct err e = {0};
    struct budget out;
    CU_ASSERT_EQUAL_FATAL(read_bench("bench: virtual_tcp", "bench: virtual_tcp", &b, &l, &e), 0);
    budget_judge(&b, &l, 80e3, 8e-3, INFINITY, &out);
    ASSERT_REL(out.blind_time, 0.496, 1e-9);
    ASSERT_REL(out.blind_way, 8e-3 * 0.496 + 0.32e-3, 1e-9);
    CU_ASSERT_EQUAL(read_method("name:", "name:", &b, &l, &m, &e), 0);
    l.max_age[BENCH_AXIS] = 2.9;
    CU_ASSERT_EQUAL(read_method("name:", "name:", &b, &l, &m, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "approach, rapid at 8 mm/s to 10.5 mm: the axis may run on unseen for 3064 ms, to 35.33 mm: "
                      "travel_hard is -1 mm to 19 mm");
    l.hard_to = 36e-3; /* room enough below, none above */
    e = (struct err){0};
    CU_ASSERT_EQUAL(read_method("name:", "name:", &b, &l, &m, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "retract at 5 mm/s");
    l.max_age[BENCH_AXIS] = INFINITY;
    CU_ASSERT_EQUAL(read_method("name:", "name:", &b, &l, &m, &e), ERR_RANGE);
}

/* Approach at 1 mm/s on 250 N/mm (no measured bound: 4 um/N): sensor dies after 414 ms: 250 (0.414 + 0.005) = 104.75 N.
 */
static void without_a_measured_stiffness_the_machines_own_is_taken(void)
{
    static struct bench b;
    static struct method m;
    struct safety_limits l;
    struct err e = {0};
    struct method_overshoot w;
    CU_ASSERT_EQUAL_FATAL(read_bench("bench: virtual_tcp", "bench: virtual_tcp", &b, &l, &e), 0);
    CU_ASSERT_EQUAL_FATAL(read_method("  stiffness: 80 N/mm ", "  #", NULL, NULL, &m, &e), 0);
    CU_ASSERT_TRUE(isnan(m.stiffness));
    method_worst(&m, &b, &l, &w);
    ASSERT_REL(w.budget.worst, 104.75, 1e-6);
    CU_ASSERT_EQUAL(m.stage[w.stage].kind, STAGE_APPROACH);
}

/* A shifted address, sign, scale or bit must show in the frames typed by hand: the shipped maps' numbers, one by one.
 */
static void the_shipped_maps_say_what_the_manuals_say(void)
{
    static struct device_map m;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(read_device("moons_scl", "moons_scl", DRIVE, &m, &e), 0);
    static const struct { const char *name; unsigned address; enum reg_type type;
    } values[] = {{"alarm", 0, REG_U32},     {"status", 2, REG_U32},         {"outputs", 4, REG_U16},
                  {"inputs", 5, REG_U16},    {"commanded", 6, REG_S32},      {"position", 10, REG_S32},
                  {"velocity", 16, REG_S16}, {"position_error", 22, REG_S32}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        int k = map_find_value(&m, values[i].name);
        CU_ASSERT_TRUE_FATAL(k >= 0);
        CU_ASSERT_EQUAL(m.value[k].number.address, values[i].address);
        CU_ASSERT_EQUAL(m.value[k].number.type, values[i].type);
    }
    static const struct { const char *name; unsigned bit;
    } bits[] = {{"estop", 21},      {"sto", 17},   {"comms_lost", 27}, {"overload", 13}, {"enabled", 0}, {"fault", 2},
                {"in_position", 3}, {"moving", 4}, {"homing", 10},     {"ready", 15},    {"homed", 24}};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        CU_ASSERT_EQUAL(m.bit[map_find_bit(&m, bits[i].name)].bit, bits[i].bit);
    static const struct { const char *name; double opcode;
    } commands[] = {{"stop", 0xE1},        {"stop_normal", 0xE2}, {"enable", 0x9F}, {"disable", 0x9E},
                    {"alarm_reset", 0xBA}, {"home", 0x6E},        {"move", 0x67}};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct map_command *c = &m.command[map_find_command(&m, commands[i].name)];
        CU_ASSERT_EQUAL(c->write[c->n - 1].constant, commands[i].opcode);
        CU_ASSERT_EQUAL(c->write[c->n - 1].number.address, 124);
    }
}

CU_TestInfo files_tests[] = {
    {"how_old_a_position_may_be_enters_the_plan_and_refuses_a_method",
     how_old_a_position_may_be_enters_the_plan_and_refuses_a_method},
    {"a_devices_mistakes_are_told_with_their_place", a_devices_mistakes_are_told_with_their_place},
    {"the_linter_finds_what_can_be_read_and_is_still_wrong", the_linter_finds_what_can_be_read_and_is_still_wrong},
    {"a_benchs_mistakes_are_told_with_their_place", a_benchs_mistakes_are_told_with_their_place},
    {"every_limit_is_required", every_limit_is_required},
    {"a_methods_mistakes_are_told_with_their_place", a_methods_mistakes_are_told_with_their_place},
    {"a_method_that_this_bench_must_not_run_is_refused_with_the_numbers",
     a_method_that_this_bench_must_not_run_is_refused_with_the_numbers},
    {"without_a_measured_stiffness_the_machines_own_is_taken", without_a_measured_stiffness_the_machines_own_is_taken},
    {"the_shipped_maps_say_what_the_manuals_say", the_shipped_maps_say_what_the_manuals_say},
    CU_TEST_INFO_NULL};
