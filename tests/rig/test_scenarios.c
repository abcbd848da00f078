/* test_scenarios.c -- runs every file of tests/scenarios in virtual time and judges it on the virtual bench's truth log
 * (scenario.h).  SCENARIO_ONLY=WORD takes the files whose name holds it; SCENARIO_TABLE=FILE.csv writes what was
 * measured, against the bounds. */
#include <dirent.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/config.h"
#include "base/text/table.h"
#include "base/text/units.h"
#include "rig/loop/runner.h"
#include "tests/rig/scenario.h"
#include "tests/rig/suites.h"

#define FOLDER "tests/scenarios"
#define LONGEST 90.0 /* s of a run */
#define ROUNDING 1e-6 /* m: bounds are stated in whole um */

struct tally {
    size_t cases, broken, samples;
    double stop, run_on; /* the largest share of a bound that was seen */
    struct table_out *table;
};

static const struct scenario_limit limits[] = {
    {"hard_to", offsetof(struct safety_limits, hard_to), true, OF_POSITION},
    {"hard_from", offsetof(struct safety_limits, hard_from), false, OF_POSITION},
    {"soft_to", offsetof(struct safety_limits, soft_to), true, OF_PLAN},
    {"soft_from", offsetof(struct safety_limits, soft_from), false, OF_PLAN},
    {"force_push", offsetof(struct safety_limits, force_push), true, OF_FORCE},
    {"force_pull", offsetof(struct safety_limits, force_pull), false, OF_FORCE},
    {"weakest_part", offsetof(struct safety_limits, weakest_load), true, OF_PLAN},
};

/* ---- reading a file ---- */

static void text_of(struct cnode at, const char *key, char *out, size_t size, struct err *e)
{
    if (!e->code && config_is(config_get(at, key)))
        config_string_copy(at, key, out, size, e);
}

static double number_of(struct cnode at, const char *key, const char *unit, struct err *e)
{
    double x = 0.0;
    if (!e->code && config_is(config_get(at, key)))
        config_quantity(at, key, unit, RANGE_ANY, &x, e);
    return x;
}

/* The terms of the sum, by name; the file states the sum too. */
static void read_budget(struct scenario *f, struct cnode root, struct err *e)
{
    struct cnode at = {0};
    double sum = 0.0;
    if (e->code || config_need(root, "budget", &at, e))
        return;
    for (size_t i = 0; i < config_count(at) && !e->code; i++) {
        const char *name;
        config_pair(at, i, &name);
        double t = number_of(at, name, "s", e);
        if (strcmp(name, "total") == 0)
            f->total = t;
        else
            sum += t;
        if (strcmp(name, "latency") == 0)
            f->latency = t;
        if (strcmp(name, "under_way") == 0 || strcmp(name, "stop") == 0)
            f->way += t;
    }
    if (!e->code && !(fabs(sum - f->total) < 1e-6))
        config_fail(at, e, ERR_RANGE, "the terms add up to %.6g ms, the total says %.6g ms", sum * 1e3, f->total * 1e3);
}

static void read_reading(struct scenario *f, struct cnode root, struct err *e)
{
    static const char *const words[] = {"true", "frozen", "full_scale", "offset", NULL};
    int word = 0;
    if (!e->code && config_is(config_get(root, "reading")))
        config_choice(root, "reading", words, &word, e);
    f->reading = (enum scenario_reading)word;
    f->offset = number_of(root, "offset", "N", e);
}

static void read_head(struct scenario *f, struct cnode root, struct err *e)
{
    static const char *const keys[] = {"scenario", "bench",  "method", "cause", "stop_reaches", "outcome", "record",
                                       "reading",  "offset", "budget", "decel", "stiffness",    "cases",   NULL};
    char word[24] = "";
    config_known(root, keys, e);
    text_of(root, "scenario", f->name, sizeof f->name, e);
    text_of(root, "bench", f->bench, sizeof f->bench, e);
    text_of(root, "method", f->method, sizeof f->method, e);
    text_of(root, "cause", f->cause, sizeof f->cause, e);
    if (!e->code)
        config_bool(root, "stop_reaches", &f->stop_reaches, e);
    text_of(root, "outcome", word, sizeof word, e);
    f->is_stopped = strcmp(word, "stopped") == 0;
    text_of(root, "record", word, sizeof word, e);
    f->loses_rows = strcmp(word, "cut short") == 0;
    f->decel = number_of(root, "decel", "m/s2", e);
    f->stiffness = number_of(root, "stiffness", "N/m", e);
    read_reading(f, root, e);
    read_budget(f, root, e);
}

/* What a case states may be less than E.4's sum gives, never more. */
static void check_sums(const struct scenario *f, const struct scenario_case *c, struct cnode at, struct err *e)
{
    double run_on = c->speed * (f->total + c->wait) + c->speed * c->speed / (2.0 * f->decel);
    if (!e->code && !(c->run_on <= run_on + ROUNDING))
        config_fail(at, e, ERR_RANGE, "run_on %.1f um: v T + v2 / 2 a is %.1f um", c->run_on * 1e6, run_on * 1e6);
    if (!e->code && !(c->overshoot <= f->stiffness * (c->run_on + ROUNDING)))
        config_fail(at, e, ERR_RANGE, "overshoot %.3f N: k times run_on is %.3f N", c->overshoot,
                    f->stiffness * c->run_on);
}

static void read_case(const struct scenario *f, struct scenario_case *c, struct cnode at, struct err *e)
{
    static const char *const keys[] = {"state", "fault", "then",  "event",  "limit",     "at", "after",
                                       "wait",  "cause", "speed", "run_on", "overshoot", NULL};
    char name[24] = "";
    config_known(at, keys, e);
    text_of(at, "state", c->state, sizeof c->state, e);
    text_of(at, "fault", c->fault, sizeof c->fault, e);
    text_of(at, "then", c->then, sizeof c->then, e);
    text_of(at, "event", c->event, sizeof c->event, e);
    text_of(at, "cause", c->cause, sizeof c->cause, e);
    text_of(at, "limit", name, sizeof name, e);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (strcmp(name, limits[i].name) == 0)
            c->limit = &limits[i];
    if (c->limit)
        c->at = number_of(at, "at", c->limit->offset >= offsetof(struct safety_limits, soft_from) &&
                                            c->limit->offset <= offsetof(struct safety_limits, hard_to) ? "m" : "N", e);
    c->after = number_of(at, "after", "s", e);
    c->wait = number_of(at, "wait", "s", e);
    c->speed = number_of(at, "speed", "m/s", e);
    c->run_on = number_of(at, "run_on", "m", e);
    c->overshoot = number_of(at, "overshoot", "N", e);
    if (!e->code && !c->fault[0] && !c->event[0] && !c->limit)
        config_fail(at, e, ERR_PARSE, "neither a fault, an event nor a limit");
    check_sums(f, c, at, e);
}

/* ---- running a case ---- */

/* Somebody else writes a register of the drive. */
static void write_foreign(struct simulation *s, unsigned address, unsigned value)
{
    uint8_t reply[VBENCH_PDU_MAX];
    const uint8_t one[] = {BUS_WRITE_ONE, (uint8_t)(address >> 8), (uint8_t)(address & 0xFF), (uint8_t)(value >> 8),
                           (uint8_t)(value & 0xFF)};
    vbench_pdu(s->world, VBENCH_AXIS, one, sizeof one, reply, sizeof reply);
}

struct operator { volatile sig_atomic_t signal; enum rig_key key; };
static enum rig_key press(void *self)
{
    struct operator *o = self;
    enum rig_key key = o->key;
    o->key = KEY_NONE;
    return key;
}

/* Makes the event happen; returns when it did. */
static double inflict(struct simulation *s, const char *event, struct operator *o)
{
    double number = 0.0, now = s->pace.clock.now;
    unsigned address = 0, value = 0;
    if (sscanf(event, "late %lf ms", &number) == 1) {
        s->pace.late = number * 1e-3;
        return s->pace.deadline + s->bench.tick_period;
    }
    if (sscanf(event, "foreign %u %u", &address, &value) == 2)
        write_foreign(s, address, value);
    else if (sscanf(event, "lose %u replies", &value) == 1)
        bus_memory_faults(s->bus[s->bench.device[BENCH_AXIS].link])->drop_replies = value;
    else if (strcmp(event, "disk full") == 0)
        s->disk_is_full = true;
    else if (strcmp(event, "key stop") == 0)
        o->key = KEY_STOP;
    else if (strcmp(event, "signal") == 0)
        o->signal = SIGTERM;
    else
        printf("\n  no event '%s'", event);
    return now;
}

static void draw_in(struct simulation *s, const struct scenario_case *c)
{
    double *limit = (double *)((char *)&s->rig.limits + c->limit->offset);
    *limit = c->at;
}

/* Runs to the end; returns when the case's own event happened, or NaN. */
static double run(struct simulation *s, const struct scenario_case *c)
{
    struct operator o = {0, KEY_NONE};
    struct runner_door door = {.key = press, .self = &o, .stop_signal = &o.signal};
    double entered = NAN, event = NAN;
    for (bool goes_on = true; goes_on && s->pace.clock.now < LONGEST;) {
        if (isnan(entered) && s->rig.state == RIG_RUNNING && strcmp(sequence_stage(&s->rig.sequence), c->state) == 0) {
            entered = s->pace.clock.now;
            if (c->limit)
                draw_in(s, c);
        }
        if (c->event[0] && isnan(event) && s->pace.clock.now >= entered + c->after)
            event = inflict(s, c->event, &o);
        goes_on = simulation_tick(s, runner_key(&s->rig, &door));
    }
    return event;
}

static void tell(const struct scenario *f, const struct scenario_case *c, const struct simulation *s,
                 const struct scenario_result *r, const char *broken)
{
    char text[240] = "";
    if (s->rig.bench)
        rig_outcome(&s->rig, text, sizeof text);
    printf("\n  %s, %s, %s%s%s: %s\n    [%s; fault at %.4f s; stop %.1f ms, stand %.1f, ran on %.1f um of %.1f, "
           "%.3f N of %.3f; %s]",
           f->name, c->state, c->fault, c->event, c->limit ? c->limit->name : "", broken, text, r->fault, r->stop * 1e3,
           r->stand * 1e3, r->run_on * 1e6, c->run_on * 1e6, r->overshoot, c->overshoot, r->detail);
}

static void note(struct tally *sum, const struct scenario *f, const struct scenario_case *c, const struct simulation *s,
                 const struct scenario_result *r)
{
    struct err e = {0};
    double stop = f->total + c->wait - f->latency;
    sum->samples += r->samples;
    if (f->stop_reaches)
        sum->stop = fmax(sum->stop, r->stop / stop);
    if (c->run_on > 0.0)
        sum->run_on = fmax(sum->run_on, r->run_on / c->run_on);
    if (!sum->table)
        return;
    table_word(sum->table, f->name);
    table_word(sum->table, c->state);
    table_word(sum->table, c->limit ? c->limit->name : c->event[0] ? c->event : c->fault);
    table_word(sum->table, f->is_stopped ? "operator" : safety_cause_names[s->rig.latch.first]);
    const double cell[] = {r->stop * 1e3, f->stop_reaches ? stop * 1e3 : NAN, r->stand * 1e3,
                           (f->total + c->wait + c->speed / f->decel) * 1e3, r->run_on * 1e6, c->run_on * 1e6,
                           r->overshoot, c->overshoot};
    for (size_t i = 0; i < sizeof cell / sizeof *cell; i++)
        table_number(sum->table, round(cell[i] * 1e3) * 1e-3);
    table_integer(sum->table, (long long)r->samples);
    table_end_row(sum->table, &e);
}

static void run_case(const struct scenario *f, const struct scenario_case *c, struct tally *sum)
{
    struct simulation *s = NULL;
    struct err e = {0};
    struct scenario_result r = {0};
    uint64_t rows = 0;
    char script[300];
    snprintf(script, sizeof script, "%s\n%s\n", c->fault, c->then);
    sum->cases++;
    const char *broken = simulation_new(&s, f->bench, f->method, c->fault[0] ? script : NULL, &e) ? e.msg : NULL;
    if (!broken) {
        double event = run(s, c);
        int rc = simulation_close_logs(s, &rows, &e);
        broken = !rc == f->loses_rows ? "the recorder's end is not as stated" : scenario_judge(s, f, c, event, &r);
    }
    if (broken) {
        tell(f, c, s, &r, broken);
        sum->broken++;
    } else {
        note(sum, f, c, s, &r);
    }
    simulation_free(s);
}

static void run_file(const char *name, struct tally *sum)
{
    char path[400];
    struct config *doc = NULL;
    struct scenario f = {0};
    struct err e = {0};
    struct cnode cases = {0};
    snprintf(path, sizeof path, FOLDER "/%.200s", name);
    if (config_open(&doc, path, &e) == 0) {
        read_head(&f, config_root(doc), &e);
        cases = config_get(config_root(doc), "cases");
    }
    for (size_t i = 0; !e.code && i < config_count(cases); i++) {
        struct scenario_case c = {0};
        read_case(&f, &c, config_item(cases, i), &e);
        if (!e.code)
            run_case(&f, &c, sum);
    }
    if (e.code) {
        printf("\n%s\n", e.msg);
        sum->broken++;
    }
    config_close(doc);
}

static int is_wanted(const struct dirent *d)
{
    const char *only = getenv("SCENARIO_ONLY");
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0 && (!only || strstr(d->d_name, only));
}

static struct table_out *open_table(void)
{
    static const char *const columns[] = {"scenario",   "state",           "what",      "cause",
                                          "stop_ms",    "stop_bound_ms",   "stand_ms",  "stand_bound_ms",
                                          "run_on_um",  "run_on_bound_um", "overshoot_N", "overshoot_bound_N",
                                          "samples"};
    const char *path = getenv("SCENARIO_TABLE");
    struct table_out *t = NULL;
    struct err e = {0};
    if (path && table_create(&t, path, columns, sizeof columns / sizeof *columns, &e))
        printf("\n%s\n", e.msg);
    return t;
}

static void every_scenario_keeps_its_invariants(void)
{
    struct dirent **files = NULL;
    struct tally sum = {.table = open_table()};
    struct err e = {0};
    units_init(NULL);
    int n = scandir(FOLDER, &files, is_wanted, alphasort);
    for (int i = 0; i < n; i++) {
        run_file(files[i]->d_name, &sum);
        free(files[i]);
    }
    free(files);
    if (sum.table)
        CU_ASSERT_EQUAL(table_close(sum.table, &e), 0);
    printf(" [%zu cases of %d files, %zu rows held against the truth; nearest to a bound: stop %.0f %%, way %.0f %%]",
           sum.cases, n, sum.samples, sum.stop * 100.0, sum.run_on * 100.0);
    CU_ASSERT_TRUE(n > 0 && sum.cases >= (size_t)n);
    CU_ASSERT_EQUAL(sum.broken, 0);
}

CU_TestInfo scenarios_tests[] = {{"every_scenario_keeps_its_invariants", every_scenario_keeps_its_invariants},
                                 CU_TEST_INFO_NULL};
