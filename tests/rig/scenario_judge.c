/* scenario_judge.c -- see scenario.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/table.h"
#include "rig/record/recover.h"
#include "tests/rig/scenario.h"

#define ROW 1e-3         /* s between two rows of the truth while anything happens */
#define STANDS 2e-6      /* m: nearer than this to where it ends the axis stands */
#define STILL_ERROR 1e-6 /* m: two counts of the encoder; the truth log ends when the axis is so near its end */
#define NOISE 10e-3      /* N: 5 sd of the cell's noise (2 mN; 1 in 2 million) */
#define DRIFT 1e-3       /* N: of its zero, in a run of half a minute */
#define FORCE_ERROR 10e-3 /* N: a force that must not rise: what a backing gives at rest */

struct curve { size_t rows; double *time, *position, *force; }; /* s, m, N */

static void path_of(char out[600], const char *folder, const char *name) { snprintf(out, 600, "%s/%s", folder, name); }

static void scale(double *x, size_t n, double by)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= by;
}

static bool read_truth(const struct simulation *s, struct curve *c)
{
    struct table t = {0};
    struct err e = {0};
    char path[600];
    path_of(path, s->logs, "truth.csv");
    bool ok = table_read(&t, path, &e) == 0 && table_numbers(&t, "time_s", false, &c->time, &e) == 0 &&
              table_numbers(&t, "position_um", false, &c->position, &e) == 0 &&
              table_numbers(&t, "force_N", false, &c->force, &e) == 0;
    c->rows = ok ? t.rows : 0;
    scale(c->position, c->rows, 1e-6);
    table_release(&t);
    return ok && c->rows > 0;
}

static void release(struct curve *c)
{
    free(c->time);
    free(c->position);
    free(c->force);
}

/* The last row not after t. */
static size_t row_at(const struct curve *c, double t)
{
    size_t lo = 0, hi = c->rows;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->time[mid] <= t)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

/* Between two rows; where rows are missing nothing changed. */
static double value_at(const struct curve *c, const double *x, double t)
{
    size_t i = row_at(c, t);
    if (i + 1 >= c->rows || c->time[i + 1] - c->time[i] > 2.0 * ROW || t <= c->time[i])
        return x[i];
    return x[i] + (x[i + 1] - x[i]) * (t - c->time[i]) / (c->time[i + 1] - c->time[i]);
}

struct span { double lo, hi; };

static void include(struct span *s, double x)
{
    s->lo = fmin(s->lo, x);
    s->hi = fmax(s->hi, x);
}

/* Everything the truth was from one moment to another. */
static struct span span_of(const struct curve *c, const double *x, double from, double to)
{
    struct span s = {INFINITY, -INFINITY};
    include(&s, value_at(c, x, from));
    include(&s, value_at(c, x, to));
    for (size_t i = row_at(c, from) + 1; i < c->rows && c->time[i] <= to; i++)
        include(&s, x[i]);
    return s;
}

/* ---- when things happened ---- */

/* Of the fault script: the last that acted. */
static double scripted_fault(const struct simulation *s)
{
    struct table t = {0};
    struct err e = {0};
    char path[600];
    double at = NAN;
    path_of(path, s->logs, "faults.csv");
    if (table_read(&t, path, &e) == 0 && t.rows > 0)
        at = atof(table_cell(&t, t.rows - 1, 0));
    table_release(&t);
    return at;
}

/* The first event from a moment on, in the bus' time; NaN when there is none. */
static double first_event(const struct simulation *s, double from, const char *kind, const char *subject)
{
    struct table t = {0};
    struct err e = {0};
    char path[600];
    double at = NAN;
    path_of(path, s->folder, "events.csv");
    if (table_read(&t, path, &e))
        return at;
    for (size_t i = 0; i < t.rows && isnan(at); i++) {
        double when = atof(table_cell(&t, i, 0)) + s->rig.start;
        if (when >= from - 1e-5 && strcmp(table_cell(&t, i, 1), kind) == 0 &&
            strcmp(table_cell(&t, i, 2), subject) == 0)
            at = when;
    }
    table_release(&t);
    return at;
}

static double passes(const struct simulation *s, const struct curve *c, const struct scenario_case *k)
{
    const char *begins = k->state == IN_BACK ? "armed" : scenario_stage(k->state);
    double from = first_event(s, k->state == IN_BACK ? s->rig.first_trip.at : 0.0, "state", begins);
    const double *x = k->limit->of == OF_FORCE ? c->force : c->position;
    for (size_t i = row_at(c, from); i + 1 < c->rows; i++)
        if (k->limit->is_above ? x[i + 1] > k->at : x[i + 1] < k->at)
            return c->time[i] + (c->time[i + 1] - c->time[i]) * (k->at - x[i]) / (x[i + 1] - x[i]);
    return NAN;
}

static double fault_time(const struct simulation *s, const struct curve *c, const struct scenario_case *k, double event)
{
    if (!isnan(event))
        return event;
    if (!k->limit || k->fault[0])
        return scripted_fault(s);
    return k->limit->of == OF_PLAN ? s->rig.latch.at : passes(s, c, k);
}

/* Writes to the drive: when the first STOP came from a moment on, and whether the first of all was STOP. */
struct first_writes { double stop; bool is_stop; double any; };

static struct first_writes first_writes(const struct simulation *s, double from)
{
    struct first_writes w = {NAN, false, NAN};
    struct map_step stop[MAP_STEPS];
    struct table t = {0};
    struct err e = {0};
    char path[600];
    path_of(path, s->logs, "writes.csv");
    if (axis_build_stop(&s->bench, stop, &e) != 1 || table_read(&t, path, &e))
        return w;
    for (size_t i = 0; i < t.rows && isnan(w.stop); i++) {
        double when = atof(table_cell(&t, i, 0));
        if (when < from - 1e-5 || strcmp(table_cell(&t, i, 1), "1") != 0)
            continue;
        bool is = strtol(table_cell(&t, i, 3), NULL, 0) == stop[0].address &&
                  strtol(table_cell(&t, i, 4), NULL, 0) == stop[0].regs[0];
        if (isnan(w.any)) {
            w.any = when;
            w.is_stop = is;
        }
        if (is)
            w.stop = when;
    }
    table_release(&t);
    return w;
}

/* ---- what the axis and the force did ---- */

static void measure(const struct simulation *s, const struct curve *c, struct scenario_result *r)
{
    double end = first_event(s, r->fault, "state", "unloading"), start = value_at(c, c->position, r->fault);
    if (isnan(end))
        end = INFINITY;
    double rest = value_at(c, c->position, isinf(end) ? c->time[c->rows - 1] : end);
    double force = fabs(value_at(c, c->force, r->fault)), peak = force;
    r->stop = first_writes(s, r->fault).stop - r->fault;
    for (size_t i = row_at(c, r->fault); i < c->rows; i++) {
        if (c->time[i] < r->fault)
            continue;
        peak = fmax(peak, fabs(c->force[i]));
        if (c->time[i] > end)
            continue;
        r->run_on = fmax(r->run_on, fabs(c->position[i] - start));
        if (fabs(c->position[i] - rest) > STANDS)
            r->stand = c->time[i] - r->fault;
    }
    r->overshoot = peak - force;
}

/* Whatever follows, unloading included, the axis never again goes further down than its run-on. */
static bool goes_down_again(const struct curve *c, const struct scenario_case *k, double fault)
{
    bool is_up = k->state == IN_HOME || k->state == IN_RETRACT || scenario_is_after_trip(k->state);
    double bottom = value_at(c, c->position, fault) + (is_up ? 0.0 : k->run_on) + STILL_ERROR;
    for (size_t i = row_at(c, fault); i < c->rows; i++)
        if (c->time[i] >= fault && c->position[i] > bottom)
            return true;
    return false;
}

static const char *judge_motion(const struct simulation *s, const struct scenario *f, const struct scenario_case *c,
                                const struct curve *t, const struct scenario_result *r)
{
    struct span travel = {INFINITY, -INFINITY};
    for (size_t i = 0; i < t->rows; i++)
        include(&travel, t->position[i]);
    if (carriage_is_moving(&s->world->plant.axis))
        return "the axis still moves at the end";
    if (!(r->run_on <= c->run_on + STILL_ERROR))
        return "the axis ran on further than its bound";
    if (!(r->overshoot <= c->overshoot + FORCE_ERROR))
        return "the true force passed its bound";
    if (!(r->stand <= f->total + c->wait + c->speed / f->decel))
        return "the axis stood later than its bound";
    if (goes_down_again(t, c, r->fault))
        return "the axis went down again";
    if (travel.lo < s->limits.hard_from || travel.hi > s->limits.hard_to)
        return "the axis left its travel";
    return NULL;
}

static const char *judge_stop(const struct simulation *s, const struct scenario *f, const struct scenario_case *c,
                              const struct scenario_result *r)
{
    double decided = f->loses_rows ? s->rig.latch.at : first_event(s, r->fault, "command", "stop");
    struct first_writes w = first_writes(s, decided);
    if (isnan(decided))
        return "no STOP was asked for";
    if (!f->stop_reaches)
        return NULL;
    if (!w.is_stop)
        return "the first axis write after the cause is not STOP";
    if (!(r->stop <= f->total + c->wait - f->latency - f->ignored))
        return "STOP came later than its bound";
    return w.any - decided <= f->way ? NULL : "STOP came later than one transaction after it was asked for";
}

/* ---- what was recorded ---- */

static const char *cause_of(const struct scenario *f, const struct scenario_case *c)
{
    return c->cause[0] ? c->cause : f->cause;
}

/* A step away is stopped without a trip: nothing is armed. */
static bool trips_again(const struct scenario_case *c)
{
    return !c->is_stopped && c->state != IN_UNLOAD;
}

/* The events tell the trips that there should be, in order, and no other. */
static bool has_its_trips(const struct table *t, const struct scenario *f, const struct scenario_case *c)
{
    const char *cause[2] = {"", ""};
    size_t n = 0, seen = 0;
    if (scenario_is_after_trip(c->state))
        cause[n++] = "force_push";
    if (trips_again(c))
        cause[n++] = cause_of(f, c);
    for (size_t i = 0; i < t->rows; i++)
        if (strcmp(table_cell(t, i, 1), "trip") == 0 && (seen++ >= n || strcmp(table_cell(t, i, 2), cause[seen - 1])))
            return false;
    return seen == n;
}

static const char *judge_record(const struct simulation *s, const struct scenario *f, const struct scenario_case *c)
{
    struct record_scan scan;
    struct table t = {0};
    struct err e = {0};
    char path[600];
    path_of(path, s->folder, "samples.csv");
    if (record_scan_samples(path, &scan, &e) || scan.good != scan.size ||
        (f->loses_rows ? scan.rows >= s->rig.ticks : scan.rows != s->rig.ticks))
        return "the samples are not whole";
    path_of(path, s->folder, "events.csv");
    if (record_scan_events(path, &scan, &e) || scan.good != scan.size || table_read(&t, path, &e))
        return "the events are not whole";
    bool is_told = has_its_trips(&t, f, c) || f->loses_rows;
    table_release(&t);
    return is_told ? NULL : "the events do not tell the trips that there should be, and no other";
}

/* What the transmitter may have said of the forces in a time: it lies once the fault is there. */
static struct span said(const struct curve *c, const struct scenario *f, double fault, double from, double to)
{
    struct span v = span_of(c, c->force, from, to);
    if (f->reading == READING_TRUE || !(to > fault))
        return v;
    struct span lie = v;
    if (f->reading == READING_FROZEN)
        lie = span_of(c, c->force, fault - 0.01, fault);
    else if (f->reading == READING_FULL_SCALE)
        lie = (struct span){50.0, 60.0};
    else
        lie = (struct span){v.lo + f->offset, v.hi + f->offset};
    if (from > fault)
        return lie;
    include(&lie, v.lo); /* the filter still holds some of the truth */
    include(&lie, v.hi);
    return lie;
}

/* What the drive may have said of its positions: its register has moved against them once the fault is there. */
static struct span told(const struct curve *c, const struct scenario *f, double fault, double from, double to)
{
    struct span v = span_of(c, c->position, from, to);
    if (f->position == POSITION_TRUE || !(to > fault))
        return v;
    double by = f->position == POSITION_JUMPED ? f->jump : -value_at(c, c->position, fault);
    struct span lie = {v.lo + by, v.hi + by};
    if (from > fault)
        return lie;
    include(&lie, v.lo);
    include(&lie, v.hi);
    return lie;
}

/* Each logged force and position is the truth of some moment no older than the age it states, within noise and
 * quantum. */
static const char *judge_values(const struct simulation *s, const struct scenario *f, const struct curve *c,
                                struct scenario_result *r)
{
    static const char *const names[] = {"time_s", "position_um", "force_N", "axis_age_ms", "force_age_ms"};
    enum { TIME, POSITION, FORCE, AXIS_AGE, FORCE_AGE, COLUMNS };
    double *x[COLUMNS] = {NULL}, near = s->bench.axis.mech.lead / s->bench.axis.mech.counts_per_rev + STILL_ERROR;
    struct table t = {0};
    struct err e = {0};
    char path[600];
    const char *wrong = NULL;
    path_of(path, s->folder, "samples.csv");
    if (table_read(&t, path, &e))
        return "the samples cannot be read";
    for (size_t n = 0; n < COLUMNS; n++)
        if (table_numbers(&t, names[n], true, &x[n], &e))
            wrong = "the samples cannot be read";
    bool is_homed = false;
    for (size_t i = 0; i < t.rows && !wrong; i++) {
        double at = x[TIME][i] + s->rig.start;
        is_homed = is_homed || strcmp(table_cell(&t, i, 2), "tare") == 0;
        struct span p = told(c, f, r->fault, at - 1e-3 * x[AXIS_AGE][i] - ROW, at);
        struct span v = said(c, f, r->fault, at - 1e-3 * x[FORCE_AGE][i] - ROW, at);
        double error = NOISE + DRIFT + 0.5e-3; /* the coarser transmitter counts 1 mN */
        if (!isnan(x[FORCE][i]) && !(x[FORCE][i] >= v.lo - error && x[FORCE][i] <= v.hi + error))
            wrong = "a logged force is not the true one";
        if (is_homed && !(x[POSITION][i] * 1e-6 >= p.lo - near && x[POSITION][i] * 1e-6 <= p.hi + near))
            wrong = "a logged position is not the true one";
        if (wrong)
            snprintf(r->detail, sizeof r->detail, "row %zu at %.4f s: %.2f um of %.2f to %.2f, %.4f N of %.4f to %.4f",
                     i, at, x[POSITION][i], p.lo * 1e6, p.hi * 1e6, x[FORCE][i], v.lo, v.hi);
        r->samples++;
    }
    for (size_t n = 0; n < COLUMNS; n++)
        free(x[n]);
    table_release(&t);
    return wrong;
}

static const char *judge_end(const struct simulation *s, const struct scenario *f, const struct scenario_case *c,
                             double fault)
{
    char text[240];
    struct err ignored = {0};
    bool is_later = scenario_is_after_trip(c->state), is_stopped = c->is_stopped && !is_later;
    if (strcmp(rig_outcome(&s->rig, text, sizeof text), is_stopped ? "stopped" : "tripped") != 0)
        return is_stopped ? "it did not end as stopped" : "it did not end as tripped";
    if (is_later && s->rig.first_trip.first != SAFETY_FORCE_PUSH)
        return "the first cause was not kept";
    if (trips_again(c) && strcmp(cause_of(f, c), safety_cause_names[s->rig.latch.first]) != 0)
        return "another cause than stated";
    if (rig_result(&s->rig, &ignored) != (is_stopped ? ERR_STOPPED : ERR_SAFETY))
        return "another exit status";
    double decided = first_event(s, fault, "command", "stop");
    if (c->state == IN_UNLOAD && !isnan(first_event(s, decided, "state", "unloading")))
        return "it took another step";
    const char *stage = scenario_stage(c->state);
    return strcmp(sequence_stage(&s->rig.sequence), stage) == 0 ? NULL : "it ended in another stage than stated";
}

const char *scenario_judge(const struct simulation *s, const struct scenario *f, const struct scenario_case *c,
                           double event_time, struct scenario_result *out)
{
    struct curve t = {0};
    const char *wrong = read_truth(s, &t) ? NULL : "no truth";
    *out = (struct scenario_result){.fault = NAN, .stop = NAN};
    if (t.rows > 0) {
        out->fault = fault_time(s, &t, c, event_time);
        wrong = judge_end(s, f, c, out->fault);
    }
    if (t.rows > 0 && !isnan(out->fault))
        measure(s, &t, out);
    else if (!wrong)
        wrong = "the fault never came";
    if (!wrong) wrong = judge_stop(s, f, c, out);
    if (!wrong) wrong = judge_motion(s, f, c, &t, out);
    if (!wrong) wrong = judge_record(s, f, c);
    if (!wrong) wrong = judge_values(s, f, &t, out);
    release(&t);
    return wrong;
}
