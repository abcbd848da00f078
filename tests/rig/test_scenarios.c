/* test_scenarios.c -- runs every file of tests/scenarios in virtual time and judges it on the virtual bench's truth log
 * (scenario.h).  SCENARIO_ONLY=WORD takes the files whose name holds it; SCENARIO_TABLE=FILE.csv writes what was
 * measured, against the bounds. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/text/table.h"
#include "base/text/units.h"
#include "rig/loop/runner.h"
#include "tests/rig/scenario.h"
#include "tests/rig/suites.h"

#define LONGEST 90.0 /* s of a run */
#define AFTERMATH 1.0 /* s after the run has ended */
enum { PARTS_MAX = 8 }; /* processes at a time, at most one a core */
#define FIRST_LIMIT 7.0 /* N: passed on the way to 10 N, where a force trip has to come before the case */

struct tally {
    size_t cases, broken, samples;
    double stop, run_on; /* the largest share of a bound that was seen */
    struct table_out *table;
};

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

/* The virtual bench's own faults, now. */
static void do_fault(struct simulation *s, const char *action)
{
    char line[100];
    struct err e = {0};
    snprintf(line, sizeof line, "at 0 s: %s\n", action);
    if (fault_parse(&s->world->faults, "event", line, &e))
        printf("\n  %s", e.msg);
}

static bool disturb_line(struct simulation *s, const char *event)
{
    unsigned count = 0;
    double delay = 0.0;
    struct memory_faults *axis = bus_memory_faults(s->bus[s->bench.device[BENCH_AXIS].link]);
    if (sscanf(event, "lose %u replies", &count) == 1)
        axis->drop_replies = count;
    else if (sscanf(event, "delay force by %lf ms", &delay) == 1)
        s->cell_delay = delay * 1e-3;
    else if (sscanf(event, "refuse %u reads", &count) == 1)
        s->refusals = count;
    else if (strcmp(event, "cut link") == 0)
        axis->is_cut = true;
    else
        return false;
    return true;
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
    else if (strncmp(event, "do ", 3) == 0)
        do_fault(s, event + 3);
    else if (strcmp(event, "disk full") == 0)
        s->disk_is_full = true;
    else if (strcmp(event, "key stop") == 0)
        o->key = KEY_STOP;
    else if (strcmp(event, "signal") == 0)
        o->signal = SIGTERM;
    else if (strcmp(event, "ignored stop") == 0) {
        s->world->plant.ignores_stop = true;
        o->key = KEY_STOP;
    } else if (!disturb_line(s, event))
        printf("\n  no event '%s'", event);
    return now;
}

/* Draws the case's limit in; returns when it will have been passed, where that is only a matter of time. */
static double draw_in(struct simulation *s, const struct scenario_case *c)
{
    bool is_stage = c->limit->of == OF_STAGE;
    struct stage *stage = &s->method.stage[s->rig.sequence.stage];
    double *limit = (double *)((is_stage ? (char *)stage : (char *)&s->rig.limits) + c->limit->offset);
    *limit = c->at;
    if (!is_stage)
        return NAN;
    stage->timeout = TIMEOUT_TRIP;
    return s->rig.sequence.entered + c->at;
}

static bool is_in(const struct simulation *s, enum scenario_state state)
{
    const struct rig *r = &s->rig;
    if (state == IN_UNLOAD)
        return r->state == RIG_UNLOADING;
    return r->state == RIG_RUNNING && r->is_leaving == (state == IN_BACK) &&
           strcmp(sequence_stage(&r->sequence), scenario_stage(state)) == 0;
}

/* The force trip that comes before a step away and the way back, and for that the operator's edge. */
static void prepare(struct simulation *s, enum scenario_state state, struct operator *o)
{
    struct rig *r = &s->rig;
    if (r->has_tripped) {
        r->limits.force_push = s->method.force_push;
        r->is_unattended = state == IN_UNLOAD;
        if (state == IN_BACK)
            o->key = KEY_ARM; /* counts once all has been clear for so long */
    } else if (r->state == RIG_RUNNING && strcmp(sequence_stage(&r->sequence), "insert") == 0) {
        r->limits.force_push = FIRST_LIMIT;
    }
}

/* Runs to the end; returns when the case's own event happened, or NaN. */
static double run(struct simulation *s, const struct scenario_case *c)
{
    struct operator o = {0, KEY_NONE};
    struct runner_door door = {.key = press, .self = &o, .stop_signal = &o.signal};
    double entered = NAN, event = NAN;
    for (bool goes_on = true; goes_on && s->pace.clock.now < LONGEST;) {
        if (isnan(entered) && is_in(s, c->state)) {
            entered = s->pace.clock.now;
            s->rig.is_unattended = true;
            o.key = KEY_NONE;
            if (c->limit)
                event = draw_in(s, c);
        } else if (isnan(entered) && scenario_is_after_trip(c->state)) {
            prepare(s, c->state, &o);
        }
        if (c->event[0] && isnan(event) && s->pace.clock.now >= entered + c->after)
            event = inflict(s, c->event, &o);
        goes_on = simulation_tick(s, runner_key(&s->rig, &door));
    }
    if (carriage_is_moving(&s->world->plant.axis)) /* left to the drive's watchdog, which nobody feeds any more */
        memory_clock_until(&s->pace.clock, s->pace.clock.now + AFTERMATH);
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
           f->name, scenario_states[c->state], c->fault, c->event, c->limit ? c->limit->name : "",
           broken, text, r->fault,
           r->stop * 1e3,
           r->stand * 1e3, r->run_on * 1e6, c->run_on * 1e6, r->overshoot, c->overshoot, r->detail);
}

static void note(struct tally *sum, const struct scenario *f, const struct scenario_case *c,
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
    table_word(sum->table, scenario_states[c->state]);
    table_word(sum->table, c->event[0] ? c->event : c->fault[0] ? c->fault : c->limit->name);
    table_word(sum->table, scenario_row(f, c));
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
    char script[200];
    snprintf(script, sizeof script, "%s\n", c->fault);
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
        note(sum, f, c, &r);
    }
    simulation_free(s);
}

static void run_file(const char *name, struct tally *sum)
{
    struct scenario f;
    struct scenario_case cases[SCENARIO_CASES];
    struct err e = {0};
    size_t n = 0;
    if (scenario_read(name, &f, cases, &n, &e)) {
        printf("\n%s\n", e.msg);
        sum->broken++;
        return;
    }
    for (size_t i = 0; i < n; i++)
        run_case(&f, &cases[i], sum);
}

static int is_wanted(const struct dirent *d)
{
    const char *only = getenv("SCENARIO_ONLY");
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0 && (!only || strstr(d->d_name, only));
}

static struct table_out *open_table(size_t part)
{
    static const char *const columns[] = {"scenario",   "state",           "what",      "cause",
                                          "stop_ms",    "stop_bound_ms",   "stand_ms",  "stand_bound_ms",
                                          "run_on_um",  "run_on_bound_um", "overshoot_N", "overshoot_bound_N",
                                          "samples"};
    const char *path = getenv("SCENARIO_TABLE");
    char name[600];
    struct table_out *t = NULL;
    struct err e = {0};
    snprintf(name, sizeof name, "%.500s.%zu", path ? path : "", part);
    if (path && table_create(&t, name, columns, sizeof columns / sizeof *columns, &e))
        printf("\n%s\n", e.msg);
    return t;
}

/* Runs a part of the files in a process of its own; what it counted comes back through a pipe. */
static int start_part(struct dirent **files, int from, int to, size_t part)
{
    int ends[2];
    fflush(stdout);
    if (pipe(ends))
        return -1;
    pid_t child = fork();
    if (child == 0) {
        struct tally sum = {.table = open_table(part)};
        struct err e = {0};
        for (int i = from; i < to; i++)
            run_file(files[i]->d_name, &sum);
        if (sum.table && table_close(sum.table, &e))
            sum.broken++;
        sum.table = NULL;
        fflush(stdout);
        _exit(write(ends[1], &sum, sizeof sum) == (ssize_t)sizeof sum ? 0 : 1);
    }
    close(ends[1]);
    if (child > 0)
        return ends[0];
    close(ends[0]);
    return -1;
}

/* Adds what a part counted. */
static void end_part(int end, struct tally *sum)
{
    struct tally part = {.broken = 1}; /* a part that ended early counts as broken */
    if (end >= 0 && read(end, &part, sizeof part) != (ssize_t)sizeof part)
        part = (struct tally){.broken = 1};
    if (end >= 0)
        close(end);
    wait(NULL);
    sum->cases += part.cases;
    sum->broken += part.broken;
    sum->samples += part.samples;
    sum->stop = fmax(sum->stop, part.stop);
    sum->run_on = fmax(sum->run_on, part.run_on);
}

/* The parts' tables, one after the other, under one head. */
static void join_tables(size_t parts)
{
    const char *path = getenv("SCENARIO_TABLE");
    char name[600], line[1000];
    FILE *out = path ? fopen(path, "w") : NULL;
    if (!out)
        return;
    for (size_t p = 0; p < parts; p++) {
        snprintf(name, sizeof name, "%.500s.%zu", path, p);
        FILE *in = fopen(name, "r");
        for (size_t row = 0; in && fgets(line, sizeof line, in); row++)
            if (row > 0 || p == 0)
                fputs(line, out);
        if (in)
            fclose(in);
        remove(name);
    }
    CU_ASSERT_EQUAL(fclose(out), 0);
}

static void every_scenario_keeps_its_invariants(void)
{
    struct dirent **files = NULL;
    struct tally sum = {0};
    int end[PARTS_MAX];
    units_init(NULL);
    int n = scandir(SCENARIO_FOLDER, &files, is_wanted, alphasort);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int parts = cores > PARTS_MAX ? PARTS_MAX : cores < 1 ? 1 : (int)cores;
    for (int p = 0; p < parts; p++)
        end[p] = start_part(files, n * p / parts, n * (p + 1) / parts, (size_t)p);
    for (int p = 0; p < parts; p++)
        end_part(end[p], &sum);
    for (int i = 0; i < n; i++)
        free(files[i]);
    free(files);
    join_tables((size_t)parts);
    printf(" [%zu cases of %d files, %zu rows held against the truth; nearest to a bound: stop %.0f %%, way %.0f %%]",
           sum.cases, n, sum.samples, sum.stop * 100.0, sum.run_on * 100.0);
    CU_ASSERT_TRUE(n > 0 && sum.cases >= (size_t)n);
    CU_ASSERT_EQUAL(sum.broken, 0);
}

CU_TestInfo scenarios_tests[] = {{"every_scenario_keeps_its_invariants", every_scenario_keeps_its_invariants},
                                 CU_TEST_INFO_NULL};
