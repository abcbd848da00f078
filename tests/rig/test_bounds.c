/* test_bounds.c -- every number of a bench is bounded on both sides: each one in the files is made absurd in turn, and
 * must be refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/units.h"
#include "rig/method/method.h"
#include "rig/safety/bounds.h"
#include "tests/rig/suites.h"

enum { SETS = 6 };

static int read_with(const char *path, const char *const set[], size_t n, struct err *e)
{
    static struct bench b;
    struct safety_limits l;
    struct config *doc = NULL;
    units_init(NULL);
    int rc = bench_read(&b, &doc, path, set, n, e);
    if (rc == 0)
        rc = safety_limits_read(&l, doc, &b, e);
    config_close(doc);
    return rc;
}

/* The same for a method, also held against the first bench. */
static int read_method_with(const char *path, const char *const set[], size_t n, struct err *e)
{
    static struct bench b;
    static struct method m;
    struct safety_limits l;
    struct config *bench = NULL, *doc = NULL;
    units_init(NULL);
    int rc = bench_read(&b, &bench, "config/benches/virtual_tcp.yaml", NULL, 0, e);
    if (rc == 0) rc = safety_limits_read(&l, bench, &b, e);
    if (rc == 0) rc = method_read(&m, &doc, path, set, n, e);
    if (rc == 0) rc = method_check(&m, config_root(doc), &b, &l, e);
    config_close(bench);
    config_close(doc);
    return rc;
}

/* ---- each number in turn ---- */

typedef int reader(const char *path, const char *const set[], size_t n, struct err *e);

struct walk {
    const char *path;
    reader *read;
    unsigned tried;
    const char *const *allowed; /* "key value" pairs that stay good, NULL at the end */
};

static bool is_allowed(const struct walk *w, const char *set)
{
    for (const char *const *a = w->allowed; *a; a++)
        if (strcmp(*a, set) == 0)
            return true;
    return false;
}

static void try_value(struct walk *w, const char *subject, double value, const char *unit)
{
    char set[300];
    struct err e = {0};
    snprintf(set, sizeof set, "%s=%.10g%s", subject, value, unit);
    const char *sets[] = {set};
    int rc = w->read(w->path, sets, 1, &e);
    w->tried++;
    if (is_allowed(w, set))
        return;
    if (rc != ERR_RANGE && rc != ERR_PARSE)
        printf("\n  %s: %s is taken", w->path, set);
    CU_ASSERT_TRUE(rc == ERR_RANGE || rc == ERR_PARSE);
    ASSERT_HAS(e.msg, ":");
}

static void try_leaf(struct walk *w, struct cnode at)
{
    char subject[200], *unit = NULL;
    const char *text = config_text(at);
    double value = strtod(text, &unit);
    config_subject(at, subject, sizeof subject);
    if (unit == text || strchr(text, '.') != strrchr(text, '.'))
        return; /* a word, or an address like 127.0.0.1 */
    double big = value == 0.0 ? 1e9 : value * 1e9;
    try_value(w, subject, big, unit);
    try_value(w, subject, -big, unit);
    try_value(w, subject, value * 1e-9, unit);
    try_value(w, subject, NAN, unit);
    try_value(w, subject, INFINITY, unit);
    if (value != 0.0)
        try_value(w, subject, 0.0, unit);
}

static void walk(struct walk *w, struct cnode at)
{
    const char *key = NULL;
    for (size_t i = 0; config_is_map(at) && i < config_count(at); i++)
        walk(w, config_pair(at, i, &key));
    for (size_t i = 0; config_is_list(at) && i < config_count(at); i++)
        walk(w, config_item(at, i));
    if (config_is_scalar(at))
        try_leaf(w, at);
}

static void walk_file(const char *path, reader *read, const char *const *allowed)
{
    struct config *doc = NULL;
    struct err e = {0};
    struct walk w = {path, read, 0, allowed};
    CU_ASSERT_EQUAL_FATAL(config_open(&doc, path, &e), 0);
    walk(&w, config_root(doc));
    config_close(doc);
    printf(" [%u values tried]", w.tried);
    CU_ASSERT_TRUE(w.tried > 150);
}

static void no_number_of_a_bench_can_be_absurd(void)
{
    static const char *const allowed[] = { /* what is good although it differs so much */
        "load_cell/zero=0 N", "load_cell/filter_delay=0 ms", "load_cell/filter_delay=5e-09 ms",
        "interlocks/estop_healthy/bit=0", "interlocks/home_switch/active=0", "interlocks/lower_limit/active=0",
        "limits/travel_soft/from=0 mm", "limits/travel_soft/from=-5e-10 mm", NULL};
    walk_file("config/benches/virtual_tcp.yaml", read_with, allowed);
    walk_file("config/benches/virtual_rtu.yaml", read_with, allowed);
    walk_file("config/benches/virtual_em2rs_tlb.yaml", read_with, allowed);
}

static void no_number_of_a_method_can_be_absurd(void)
{
    static const char *const allowed[] = {NULL};
    walk_file("config/methods/press_10N_hold_5s.yaml", read_method_with, allowed);
    walk_file("config/methods/press_1200um_hold_5s.yaml", read_method_with, allowed);
}

/* ---- what the messages say ---- */

static void each_bound_is_told_with_its_place_and_its_reason(void)
{
    static const struct { const char *set, *says, *hint; } bad[] = {
        {"limits/force_rate=1e12 N/s", "limits/force_rate: 1e+12 N/s: must be at most 666.67 N/s",
         "the rate would never be seen"},
        {"limits/travel_hard/to=1900 mm", "limits/travel_hard/to: 1900 mm: must be at most 27.25 mm", "axis/stroke"},
        {"limits/travel_hard/from=-1900 mm", "limits/travel_hard/from: -1900 mm: must be at least -9.75 mm",
         "protects nothing"},
        {"limits/following_error=500 m", "limits/following_error: 500000 mm: must be at most 2 mm", "lost its way"},
        {"limits/max_lateness=30 s", "limits/max_lateness: 30000 ms: must be at most 250 ms", "too old already"},
        {"limits/max_age_force=1000 s", "limits/max_age_force: 1e+06 ms: must be at most 1500 ms", "proof/depth"},
        {"limits/max_age_force=36 ms", "limits/max_age_force: 36 ms: must be at least 37 ms", "its filter"},
        {"limits/max_age_axis=1000 s", "limits/max_age_axis: 1e+06 ms: must be at most 1500 ms", "one old sample"},
        {"limits/weakest_part/load=900 N", "limits/weakest_part/load: 900 N: must be at most 500 N", "cell itself"},
        {"load_cell/max_offset=500 N", "load_cell/max_offset: 500 N: must be at most 3.2 N", "pushes past twice"},
        {"load_cell/noise_high=50 kN", "load_cell/noise_high: 5e+07 mN: must be at most 400 mN", "hides"},
        {"load_cell/noise_low=0 N", "load_cell/noise_low: 0 mN: must be at least 1e-06 mN", "unplugged"},
        {"load_cell/slope=1e-5", "load_cell/slope: 1e-05: must be at least 0.00023283", "could not hold"},
        {"load_cell/slope=-600", "load_cell/slope: 600: must be at most 500", "more than noise_high"},
        {"axis/compliance=4 m/N", "axis/compliance: 4e+06 um/N: must be at most 46.25 um/N", "budgets rest on it"},
        {"axis/stop_decel=99 mm/s2", "axis/stop_decel: 99 mm/s2: must be at least 100 mm/s2", "gentler"},
        {"axis/latency=0 ms", "axis/latency: 0 ms: must be at least 0.1 ms", "no drive obeys at once"},
        {"axis/position_tolerance=0.4 um", "axis/position_tolerance: 0.4 um: must be at least 0.5 um", "one step"},
        {"axis/speed_error=50 %", "axis/speed_error: 50 %: must be at most 10 %", "another speed"},
        {"devices/axis/timeout=7 ms", "devices/axis/timeout: 7 ms: must be at least 12 ms", "12 ms"},
        {"links/axis_line/connect_timeout=1 h",
         "links/axis_line/connect_timeout: 3.6e+06 ms: must be at most 10000 ms", "nobody waits"},
        {"proof/max_age=3 year", "proof/max_age: 1095.73 day: must be at most 366 day", "the bench of today"},
        {"interlocks/door_closed/bit=0", "interlocks/door_closed/bit: 0: is the bit of estop_healthy already",
         "two switches on one wire"},
        {"interlocks/door_closed/bit=17", "interlocks/door_closed/bit: 17: must be at most 15, 'inputs' has 16 bits",
         "count from 0"},
        {"interlocks/lower_limit={value: status, bit: 4, active: 1}", "interlocks/lower_limit/bit: 4: is 'moving' in ",
         "copy of a wire"},
        {"interlocks/door_closed/value=alarm", "interlocks/door_closed/bit: 3: is 'over_temperature' in ",
         "copy of a wire"},
        {"interlocks/door_closed/value=position", "interlocks/door_closed/value: 'position' is a number",
         "the drive's inputs"},
        {"interlocks/door_closed/active=0", "interlocks/door_closed/active: 0: must be 1, a broken wire has to trip",
         "current flows"},
        {"devices/force/unit=1", "devices/force/unit: 1: is the axis' unit on the same host and port",
         "two unit numbers"},
        {"links/spare={tcp: 127.0.0.1, port: 1503, connect_timeout: 1 s}", "3 links: 1 to 2", ""},
        {"devices/force/link=axis_line", "links/force_line: no device is on it", "take it out"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        CU_ASSERT_EQUAL(read_with("config/benches/virtual_tcp.yaml", &bad[i].set, 1, &e), ERR_RANGE);
        ASSERT_HAS(e.msg, bad[i].says);
        ASSERT_HAS(e.msg, "config/benches/virtual_tcp.yaml");
        ASSERT_HAS(e.hint, bad[i].hint);
    }
}

static void a_serial_line_is_one_link_with_eight_data_bits(void)
{
    static const struct { const char *set[3], *says, *hint; } bad[] = {
        {{"links/line/baud=14400"}, "links/line/baud: baud rate 14400: is not a usual one", "115200"},
        {{"links/line/format=7E1"}, "links/line/format: 7 data bits: Modbus RTU needs 8", "ASCII"},
        {{"devices/force/unit=1"}, "devices/force/unit: 1: is the axis' unit on the same line", "two unit numbers"},
        {{"links/other={rtu: /tmp/mnbench-tty, baud: 9600, format: 8N1}", "devices/force/link=other"},
         "links/other/rtu: /tmp/mnbench-tty is link 'line' already", "one serial line is one link"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        CU_ASSERT_EQUAL(read_with("config/benches/virtual_rtu.yaml", bad[i].set, bad[i].set[1] ? 2 : 1, &e), ERR_RANGE);
        ASSERT_HAS(e.msg, bad[i].says);
        ASSERT_HAS(e.hint, bad[i].hint);
    }
}

static void what_the_drive_cannot_hold_is_refused_before_it_is_sent(void)
{
    static const struct { const char *bench, *set, *says; } bad[] = {
        {"config/benches/virtual_tcp.yaml", "axis/accel=30 m/s2",
         "axis/accel: 30 m/s2: register 344 takes 0.166667 to 5000 rev/s2 (1 to 30000 counts; this is 36000)"},
        {"config/benches/virtual_tcp.yaml", "axis/watchdog_action=17",
         "axis/watchdog_action: 17: register 396 takes 1 to 16 (1 to 16 counts; this is 17)"},
        {"config/benches/virtual_tcp.yaml", "axis/watchdog_time=0.4 ms",
         "axis/watchdog_time: 0.4 ms: register 394 takes 1 to 10000 ms (1 to 10000 counts; this is 0)"},
        {"config/benches/virtual_tcp.yaml", "axis/stop_decel=30 m/s2",
         "axis/stop_decel: 30 m/s2: register 334 takes 0.166667 to 5000 rev/s2 (1 to 30000 counts; this is 36000)"},
        {"config/benches/virtual_em2rs_tlb.yaml", "axis/decel=200 m/s2",
         "axis/decel: 200 m/s2: register 25093 takes 0.508642 to 16666.7 rev/s2 (1 to 32767 counts; this is 0)"},
        {"config/benches/virtual_tcp.yaml", "axis/steps_per_rev=1e8", /* 18 mm are 3.6e8 steps: that still fits */
         "axis/steps_per_rev: 1e+08: must be at most 1.6777e+07"},
        {"config/benches/virtual_tcp.yaml", "axis/steps_per_rev=1.2e7", /* the 1 m of a search for home do not */
         "axis/steps_per_rev: 1.2e7: register 350 takes -2.14748e+09 to 2.14748e+09 step"},
        {"config/benches/virtual_tcp.yaml", "limits/travel_soft/to=1.2e4 m",
         "limits/travel_soft/to: 1.2e4 m: register 350 takes -2.14748e+09 to 2.14748e+09 step"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        const char *set[] = {bad[i].set, "limits/travel_hard/to=1.3e4 m"};
        CU_ASSERT_EQUAL(read_with(bad[i].bench, set, strstr(bad[i].set, "travel") ? 2 : 1, &e), ERR_RANGE);
        ASSERT_HAS(e.msg, bad[i].says);
    }
}

static void a_methods_numbers_must_fit_each_other_and_the_bench(void)
{
    static const struct { const char *set, *says, *hint; } bad[] = {
        {"stages/5/retract/distance=80 mm", "stages/5/retract/distance: 80 mm: must be at most 16 mm", "above home"},
        {"stages/2/approach/rapid=800 mm/s", "stages/2/approach/rapid: 800 mm/s: register 348 takes", "moons_scl"},
        {"stages/2/approach/rapid=0.5 mm/s", "stages/2/approach/rapid: 0.5 mm/s: must be at least 1 mm/s",
         "saves time"},
        {"stages/2/approach/search=2 mm", "stages/2/approach/search: 2 mm: must be at least 2.5 mm",
         "never be reached"},
        {"stages/2/approach/longest=3 s", "stages/2/approach/longest: 3 s: must be at least 4.4025 s", "time-out"},
        {"stages/2/approach/contact_force=30 mN", "stages/2/approach/contact_force: 0.03 N: must be at least 0.05 N",
         "noise would be taken for contact"},
        {"stages/2/approach/contact_force=9 N", "limits/force_push: 15 N: must be at least 18 N", "contact itself"},
        {"stages/3/insert/to_force=50 mN", "stages/3/insert/to_force: 0.05 N: must be at least 0.1 N", "already"},
        {"stages/3/insert/longest=4 s", "stages/3/insert/longest: 4 s: must be at least 5.005 s", "time-out"},
        {"stages/3/insert/max_travel=6 mm", "from 10.5 mm to 19.5 mm: the bench's soft limits are -0.5 mm to 18 mm",
         "max_travel of every insert"},
        {"stages/1/tare/time=150 ms", "stages/1/tare/time: 0.15 s: must be at least 0.2 s", "ten at least"},
        {"stages/4/hold/longest=1 year", "stages/4/hold/longest: 3.15569e+07 s: must be at most", "hangs"},
        {"specimen/surface=1 mm", "specimen/surface: 1 mm: must be at least 1.5 mm", "above home"},
        {"specimen/surface=1900 mm", "specimen/surface: 1900 mm: must be at most 1000 mm", "so long"},
        {"specimen/stiffness=1 N/mm", "specimen/stiffness: 1 N/mm: must be at least 4 N/mm", "within max_travel"},
        {"needles/area=3 mm2", "needles/area: 0.03 cm2: must be at least 0.031416 cm2", "would not fit on it"},
        {"needles/length=600 mm", "needles/length: 600000 um: must be at most 10000 um", "so long"},
        {"limits/force_pull=9 N", "limits/force_pull: 9 N: must be at most 8 N", "the bench allows"},
        {"stages/0/home/speed=0.03 mm/s", "stages/0/home/speed: 0.03 mm/s: the drive can do 0.02083 mm/s", "quantum"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        CU_ASSERT_EQUAL(read_method_with("config/methods/press_10N_hold_5s.yaml", &bad[i].set, 1, &e), ERR_RANGE);
        ASSERT_HAS(e.msg, bad[i].says);
        ASSERT_HAS(e.msg, "config/methods/press_10N_hold_5s.yaml");
        ASSERT_HAS(e.hint, bad[i].hint);
    }
}

CU_TestInfo bounds_tests[] = {
    {"no_number_of_a_method_can_be_absurd", no_number_of_a_method_can_be_absurd},
    {"a_methods_numbers_must_fit_each_other_and_the_bench", a_methods_numbers_must_fit_each_other_and_the_bench},
    {"what_the_drive_cannot_hold_is_refused_before_it_is_sent",
     what_the_drive_cannot_hold_is_refused_before_it_is_sent},
    {"each_bound_is_told_with_its_place_and_its_reason", each_bound_is_told_with_its_place_and_its_reason},
    {"a_serial_line_is_one_link_with_eight_data_bits", a_serial_line_is_one_link_with_eight_data_bits},
    {"no_number_of_a_bench_can_be_absurd", no_number_of_a_bench_can_be_absurd},
    CU_TEST_INFO_NULL};
