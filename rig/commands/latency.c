/* latency.c -- mnrig latency: what this PC and this bench can keep: lateness of ticks, times of transactions, and what
 * follows from them by the budgets for the tick rate and the speed near contact.  Reads only. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/text/number.h"
#include "rig/commands/commands.h"
#include "rig/commands/options.h"
#include "rig/commands/session.h"
#include "rig/loop/measure.h"
#include "rig/loop/runner.h"
#include "rig/safety/budget.h"

const char latency_help[] =
    "usage: mnrig latency --bench BENCH [--method METHOD] [--seconds S] [--realtime] [--set PATH=VALUE]... [--port N]\n"
    "\n"
    "Measures how late this PC wakes and how fast the devices answer, four times as often as a run would ask; then\n"
    "says which tick rates hold and how fast the axis may go near contact, by the budgets of 'mnrig plan' with the\n"
    "measured times in them.  Reads only: the axis is never written to.  Measure with the PC as busy as it will be in "
    "a run.\n"
    "\n"
    "  --bench BENCH      bench file\n"
    "  --method METHOD    takes the specimen's stiffness and the force limit from a method, else 1 / compliance and\n"
    "                     the bench's limit\n"
    "  --seconds S        how long (default 10)\n"
    "  --realtime         SCHED_FIFO, memory locked; refused when the system does not permit it\n"
    "  --set PATH=VALUE   override a key of the bench file\n"
    "  --port N           TCP port of every TCP link\n"
    "\n"
    "example: mnrig latency --bench config/benches/virtual_tcp.yaml --method config/methods/press_10N_hold_5s.yaml\n"
    "exit status: 0 the bench file's own settings hold, 1 they do not, 2 usage, 3 a file, 5 somebody does not answer";

#define BUSY_MOST 0.8   /* of a link's time: beyond, polls come late */
#define TIMEOUT_MOST 0.5 /* of a time-out: a transaction that took longer leaves no room for a bad day */
#define LATE_MOST 0.5   /* of a tick: p99.9 of the lateness */

struct question {           /* what is asked of the bench */
    double k, margin;       /* N/m; N between the force limit and what the weakest part bears */
    const char *k_source;
    double limit;           /* N */
};

/* ---- the measured times in the budgets ---- */

static double slowest_read(const struct session *s, const struct measurement *m, size_t link)
{
    double slowest = 0.0;
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        if (s->bench.device[d].link == link)
            slowest = fmax(slowest, m->device[d].read.max);
    return slowest;
}

/* Cause -> deceleration of the three budgets, as measured, with another tick.  STOP is never sent here: its time is
 * taken as that of the slowest read of the axis. */
static void measured_times(const struct session *s, const struct measurement *m, double tick, double time[3])
{
    const struct bench *b = &s->bench;
    const struct bench_device *axis = &b->device[BENCH_AXIS], *force = &b->device[BENCH_FORCE];
    double stop = slowest_read(s, m, axis->link) + m->device[BENCH_AXIS].read.max + b->axis.latency;
    double decide = tick + m->lateness.max;
    double dying = axis->link == force->link ? force->timeout : 0.0;
    time[0] = b->cell.filter_delay + b->cell.period + force->poll + m->device[BENCH_FORCE].sample.max + decide + stop;
    time[1] = s->limits.max_age[BENCH_FORCE] + decide + dying + stop;
    time[2] = b->axis.watchdog_time + b->axis.latency;
}

static double fastest(const struct session *s, const struct question *q, const double time[3])
{
    double worst = fmax(time[0], fmax(time[1], time[2]));
    return budget_fastest(q->margin / q->k, worst, s->bench.axis.stop_decel);
}

static bool tick_holds(const struct session *s, const struct measurement *m, double tick)
{
    return latency_quantile(&m->lateness, 0.999) <= LATE_MOST * tick && m->lateness.max <= s->limits.max_lateness;
}

/* ---- showing ---- */

static void show_distribution(const char *what, const struct latency *l)
{
    printf("  %-22s %8llu  p50 %8.3g  p99 %8.3g  p99.9 %8.3g  max %8.3g ms\n", what, (unsigned long long)l->count,
           1e3 * latency_quantile(l, 0.5), 1e3 * latency_quantile(l, 0.99), 1e3 * latency_quantile(l, 0.999),
           1e3 * l->max);
}

static void show_histogram(const struct latency *l)
{
    struct latency_step step[LATENCY_STEPS];
    size_t n = latency_histogram(l, step);
    printf("   ");
    for (size_t i = 0; i < n; i++)
        printf(" <= %g ms: %llu;", step[i].edge * 1e3, (unsigned long long)step[i].n);
    printf("\n");
}

static void show_device(const struct session *s, const struct measurement *m, size_t device)
{
    const struct bench_device *d = &s->bench.device[device];
    const struct measured_device *r = &m->device[device];
    char name[64];
    printf("%s (%s, unit %u on %s): %llu requests, %llu time-outs, %llu garbled, %llu refused, %llu lost\n", d->name,
           d->map.name, d->unit, link_bus(s->link[d->link])->name, (unsigned long long)r->requests,
           (unsigned long long)r->timeouts, (unsigned long long)r->garbled, (unsigned long long)r->exceptions,
           (unsigned long long)r->lost);
    show_distribution("one read", &r->read);
    show_histogram(&r->read);
    snprintf(name, sizeof name, "a sample (%zu read%s)", d->map.groups, d->map.groups == 1 ? "" : "s");
    show_distribution(name, &r->sample);
    printf("  at most %.0f samples a second; the bench polls %.0f times a second\n",
           1.0 / fmax(latency_quantile(&r->sample, 0.5), 1e-6), 1.0 / d->poll);
}

static void show_row(const char *name, const struct session *s, const struct question *q, const double time[3],
                     const char *holds)
{
    printf("  %-16s %-9s %9.1f %9.1f %9.1f %12.3g\n", name, holds, time[0] * 1e3, time[1] * 1e3, time[2] * 1e3,
           fastest(s, q, time) * 1e3);
}

static void show_answers(const struct session *s, const struct measurement *m, const struct question *q)
{
    static const double ticks[] = {5e-3, 10e-3, 20e-3, 50e-3, 100e-3};
    struct budget planned;
    double time[3];
    char name[32];
    printf("\nwith these times, by the budgets: k %.4g N/mm (%s); force limit %.4g N, '%s' bears %.4g N: "
           "%.4g N of room\n",
           q->k * 1e-3, q->k_source, q->limit, s->limits.weakest_name, s->limits.weakest_load, q->margin);
    printf("  %-16s %-9s %9s %9s %9s %12s\n", "tick", "on time", "trip", "sensor", "PC dies", "fastest");
    printf("  %-16s %-9s %9s %9s %9s %12s\n", "ms", "", "ms", "ms", "ms", "mm/s");
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++) {
        measured_times(s, m, ticks[i], time);
        snprintf(name, sizeof name, "%g", ticks[i] * 1e3);
        show_row(name, s, q, time, tick_holds(s, m, ticks[i]) ? "yes" : "no");
    }
    measured_times(s, m, s->bench.tick_period, time);
    snprintf(name, sizeof name, "%g (the file's)", s->bench.tick_period * 1e3);
    show_row(name, s, q, time, tick_holds(s, m, s->bench.tick_period) ? "yes" : "no");
    budget_judge(&s->bench, &s->limits, q->k, 1e-3, INFINITY, &planned);
    show_row("... as allowed", s, q, planned.time, "");
    printf("  'as allowed' is what 'mnrig plan' counts with: max_lateness and the lines' own times in place of the "
           "measured.\n"
           "  on time: 99.9 %% of the ticks come within half a tick, none later than max_lateness.\n");
}

/* ---- the answer ---- */

static int judge_device(const struct session *s, const struct measurement *m, size_t device, struct err *e)
{
    const struct bench_device *d = &s->bench.device[device];
    const struct measured_device *r = &m->device[device];
    if (r->read.count == 0)
        return err_set(e, ERR_COMM, "'%s' never answered: %.180s", d->name, r->trouble);
    if (r->timeouts + r->garbled + r->exceptions + r->lost > 0)
        return err_set(e, ERR_FAILED, "'%s': %llu of %llu requests failed; the first: %.150s", d->name,
                       (unsigned long long)(r->timeouts + r->garbled + r->exceptions + r->lost),
                       (unsigned long long)r->requests, r->trouble);
    if (r->read.max > TIMEOUT_MOST * d->timeout)
        return err_set(e, ERR_FAILED, "'%s': a read took %.3g ms: more than half of its time-out of %.3g ms", d->name,
                       r->read.max * 1e3, d->timeout * 1e3);
    return 0;
}

static int judge(const struct session *s, const struct measurement *m, const struct question *q, struct err *e)
{
    struct budget planned;
    double time[3];
    int rc = 0;
    for (size_t d = 0; d < BENCH_DEVICES && rc == 0; d++)
        rc = judge_device(s, m, d, e);
    for (size_t i = 0; i < s->bench.links && rc == 0; i++)
        if (m->busy[i] > BUSY_MOST)
            rc = err_set(e, ERR_FAILED,
                         "link '%s' would be busy for %.0f %% of the time with its polls: at most %.0f %%",
                         s->bench.link[i].name, m->busy[i] * 100.0, BUSY_MOST * 100.0);
    if (rc == 0 && m->lateness.max > s->limits.max_lateness)
        rc = err_set(e, ERR_FAILED, "a tick came %.3g ms late: max_lateness is %.3g ms", m->lateness.max * 1e3,
                     s->limits.max_lateness * 1e3);
    if (rc == 0 && !tick_holds(s, m, s->bench.tick_period))
        rc = err_set(e, ERR_FAILED, "p99.9 of the lateness is %.3g ms: more than half of the tick of %.3g ms",
                     latency_quantile(&m->lateness, 0.999) * 1e3, s->bench.tick_period * 1e3);
    budget_judge(&s->bench, &s->limits, q->k, 1e-3, INFINITY, &planned);
    measured_times(s, m, s->bench.tick_period, time);
    for (int i = 0; i < 2 && rc == 0; i++)
        if (time[i] > planned.time[i])
            rc = err_set(e, ERR_FAILED, "measured, %s takes %.3g ms: 'mnrig plan' counts with %.3g ms",
                         i == 0 ? "a trip" : "a dying sensor", time[i] * 1e3, planned.time[i] * 1e3);
    if (rc == ERR_FAILED)
        err_hint(e, "a slower tick or poll, a quieter PC (--realtime), or larger allowances in the bench file: they "
                    "enter the budgets");
    return rc;
}

/* ---- the command ---- */

struct latency_options { struct session_options session; const char *method; double seconds; bool realtime; };

static int read_options(struct latency_options *o, int argc, char **argv, struct err *e)
{
    const char *port = NULL, *seconds = NULL;
    size_t words = 0;
    long number = 0;
    const struct option_spec specs[] = {
        {"bench", .text = &o->session.bench_path}, {"method", .text = &o->method}, {"seconds", .text = &seconds},
        {"realtime", .flag = &o->realtime},        {"port", .text = &port},
        {"set", .list = o->session.overrides, .n = &o->session.n, .max = SESSION_OVERRIDES}, {.name = NULL}};
    int rc = options_read(specs, argc, argv, NULL, 0, &words, e);
    o->seconds = 10.0;
    if (rc == 0 && !o->session.bench_path)
        rc = err_set(e, ERR_ARG, "--bench is needed");
    if (rc == 0 && port)
        rc = options_integer("port", port, 1, 65535, &number, e);
    o->session.port = (int)number;
    if (rc == 0 && seconds && (!number_parse(seconds, &o->seconds) || !(o->seconds >= 1.0 && o->seconds <= 86400.0)))
        rc = err_set(e, ERR_ARG, "--seconds '%s': must be a number of 1 to 86400", seconds);
    return rc;
}

static int read_question(struct question *q, const struct session *s, const char *path, struct err *e)
{
    struct method m;
    struct config *doc = NULL;
    *q = (struct question){
        .k = 1.0 / s->bench.axis.compliance, .k_source = "1 / compliance", .limit = s->limits.force_push};
    int rc = path ? method_read(&m, &doc, path, NULL, 0, e) : 0;
    if (rc == 0 && path) {
        q->limit = m.force_push;
        if (m.stiffness > 0.0) {
            q->k = m.stiffness;
            q->k_source = "the method's";
        }
    }
    q->margin = s->limits.weakest_load - q->limit;
    config_close(doc);
    return rc;
}

static int measure(struct session *s, const struct latency_options *o, const struct question *q, struct err *e)
{
    struct measurement m;
    struct bus *bus[BENCH_LINKS] = {NULL};
    for (size_t i = 0; i < s->links; i++)
        bus[i] = link_bus(s->link[i]);
    int rc = runner_prepare(o->realtime, e);
    if (rc == 0) rc = measure_bench(&s->bench, bus, o->seconds, &m, e);
    if (rc)
        return rc;
    printf("bench %s (%s): %.3g s, nothing written%s\n", s->bench.name, s->bench.file, o->seconds,
           o->realtime ? "; SCHED_FIFO, memory locked" : "");
    printf("this PC, a tick of %.3g ms: %llu ticks, %llu missed\n", s->bench.tick_period * 1e3,
           (unsigned long long)m.ticks, (unsigned long long)m.skipped);
    show_distribution("lateness", &m.lateness);
    show_histogram(&m.lateness);
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        show_device(s, &m, d);
    show_answers(s, &m, q);
    rc = judge(s, &m, q, e);
    if (rc == 0) {
        double time[3];
        measured_times(s, &m, s->bench.tick_period, time);
        printf("\nthe file's settings hold: tick %.3g ms (%.3g a second), as measured up to %.3g mm/s near contact\n",
               s->bench.tick_period * 1e3, 1.0 / s->bench.tick_period, fastest(s, q, time) * 1e3);
    }
    return rc;
}

int latency_run(int argc, char **argv, struct err *e)
{
    struct latency_options o = {0};
    struct session s;
    struct question q;
    int rc = read_options(&o, argc, argv, e);
    if (rc)
        return rc;
    rc = session_read(&s, &o.session, e);
    if (rc == 0) rc = read_question(&q, &s, o.method, e);
    if (rc == 0) rc = session_open(&s, e);
    if (rc == 0) rc = measure(&s, &o, &q, e);
    session_close(&s);
    return rc;
}
