/* bounds.c -- see bounds.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "rig/safety/bounds.h"

#define NUMBER "", 1.0
#define MM "mm", 1e-3
#define UM "um", 1e-6
#define MM_S "mm/s", 1e-3
#define MM_S2 "mm/s2", 1e-3
#define MS "ms", 1e-3
#define DAYS "day", 86400.0
#define NEWTON "N", 1.0
#define PERCENT "%", 1e-2

#define LONGEST_AXIS 1.0     /* m: a seek for the home switch goes no further (axis.c) */
#define OLDEST 5.0           /* s; assumed: whoever watches a bench sees that it hangs */

/* One count of what the transmitter tells, N, and the most its register can hold. */
struct reading { double count, most; };

static struct reading reading_of(const struct bench *b)
{
    const struct device_map *m = &b->device[BENCH_FORCE].map;
    const struct map_value *v = &m->value[map_find_value(m, "gross")];
    double slope = fabs(b->cell.slope);
    if (v->number.type == REG_F32 || v->decimals_value >= 0 || v->width || v->number.is_reciprocal)
        return (struct reading){0.0, INFINITY}; /* a scale that only the device knows */
    static const double top[] = {65535.0, 32767.0, 4294967295.0, 2147483647.0};
    return (struct reading){slope * v->number.scale, slope * v->number.scale * top[v->number.type]};
}

static double step_of(const struct bench *b)
{
    return b->axis.mech.lead / fmin(b->axis.mech.steps_per_rev, b->axis.mech.counts_per_rev);
}

static size_t add(struct bound *out, size_t n, const struct bound *more, size_t count)
{
    memcpy(out + n, more, count * sizeof *more);
    return n + count;
}

static size_t bounds_of_links(const struct bench *b, struct bound *out)
{
    const struct bench_device *a = &b->device[BENCH_AXIS], *f = &b->device[BENCH_FORCE];
    const char *floor = "a transaction that goes well takes as long: over TCP 12 ms, on a line as its bytes say";
    double axis = bench_transaction_time(b, BENCH_AXIS, a->map.group[0].function, a->map.group[0].count);
    double force = bench_transaction_time(b, BENCH_FORCE, f->map.group[0].function, f->map.group[0].count);
    const struct bound t[] = {
        {"devices/axis/timeout", MS, a->timeout, axis, OLDEST, floor, "a device that is silent so long is dead"},
        {"devices/force/timeout", MS, f->timeout, force, OLDEST, floor, "a device that is silent so long is dead"},
        {"devices/axis/poll", MS, a->poll, 1e-3, 0.5 * a->map.fresh_within, "no drive has a new position so often",
         "within the map's freshness/within the position must be looked at twice"},
        {"devices/force/poll", MS, f->poll, 1e-3, 0.5 * f->map.fresh_within,
         "transmitters give at most some hundred values a second",
         "within the map's freshness/within the force must be looked at twice"},
    };
    size_t n = add(out, 0, t, sizeof t / sizeof *t);
    for (size_t i = 0; i < b->links; i++) {
        if (b->link[i].address.kind != BUS_KIND_TCP)
            continue;
        out[n] = (struct bound){"", MS, b->link[i].address.connect_timeout, 10e-3, 10.0,
                                "a quiet network takes up to 12 ms to answer", "nobody waits so long for a cable"};
        snprintf(out[n++].path, sizeof out->path, "links/%zu/connect_timeout", i);
    }
    return n;
}

static size_t bounds_of_axis(const struct bench *b, const struct safety_limits *l, size_t n, struct bound *out)
{
    const struct bench_axis *a = &b->axis;
    double stroke = l->soft_to - l->soft_from;
    const struct bound t[] = {
        {"axis/lead", MM, a->mech.lead, 0.1e-3, 0.1, "screws have a lead of 0.5 to 50 mm",
         "screws have a lead of 0.5 to 50 mm"},
        {"axis/steps_per_rev", NUMBER, a->mech.steps_per_rev, 20.0, 16777216.0, "a stepper has at least 20 a turn",
         "no drive divides a turn finer than 24 bits"},
        {"axis/counts_per_rev", NUMBER, a->mech.counts_per_rev, 20.0, 16777216.0, "no encoder has fewer a turn",
         "no encoder divides a turn finer than 24 bits"},
        {"axis/stroke", MM, a->stroke, 1e-3, LONGEST_AXIS, "nothing could be done in it",
         "home is sought over 1 m at most"},
        {"axis/accel", MM_S2, a->accel, 1e-3, 20.0, "a ramp of 1 mm/s would take more than a second",
         "twice the acceleration of gravity: a screw axis cannot"},
        {"axis/decel", MM_S2, a->decel, 1e-3, 20.0, "a ramp of 1 mm/s would take more than a second",
         "twice the acceleration of gravity: a screw axis cannot"},
        {"axis/stop_decel", MM_S2, a->stop_decel, a->decel, 50.0, "STOP must not be gentler than a move's end",
         "five times the acceleration of gravity: a screw axis cannot, and the budgets would be too good"},
        {"axis/latency", MS, a->latency, 0.1e-3, 0.2, "no drive obeys at once: the budgets rest on it",
         "a drive that begins to stop so late is unfit"},
        {"axis/settle", MS, a->settle, b->device[BENCH_AXIS].poll, 2.0, "sooner than it is polled nothing shows",
         "an axis that does not start would be found too late"},
        {"axis/position_tolerance", UM, a->position_tolerance, step_of(b), 0.5e-3, "finer than one step or count",
         "home itself is judged within 0.5 mm"},
        {"axis/compliance", "um/N", 1e-6, a->compliance, 0.01e-6, 0.05 * stroke / fmax(l->force_push, l->force_pull),
         "no machine is stiffer than 100 N/um",
         "at a force limit the machine would give a twentieth of the soft travel: the budgets rest on it"},
        {"axis/speed_error", PERCENT, a->speed_error, 1e-6, 0.1, "every speed is rounded to the drive's counts",
         "a tenth off is another speed"},
        {"axis/watchdog_time", MS, a->watchdog_time, b->device[BENCH_AXIS].poll, 10.0,
         "it would stop between two polls", "an axis that drives on so long after the PC died is not watched"},
        {"tick/period", MS, b->tick_period, 1e-3, 0.2, "faster than any link", "too slow to stop anything in time"},
        {"unload/speed", MM_S, b->unload_speed, 0.01e-3, 10e-3, "nothing would be seen to move",
         "an operator's steps are slow ones"},
        {"unload/step", UM, b->unload_step, step_of(b), 1e-3, "finer than one step or count",
         "a step away is never more than 1 mm"},
        {"proof/max_age", DAYS, b->proof.max_age, 60.0, 366.0 * 86400.0, "shorter than prove and run take",
         "a proof a year old says nothing about the bench of today"},
        {"proof/speed", MM_S, b->proof.speed, 0.01e-3, 10e-3, "nothing would be seen to move",
         "trial moves are slow ones: the limits are not proven yet"},
    };
    return add(out, n, t, sizeof t / sizeof *t);
}

static size_t bounds_of_cell(const struct bench *b, const struct safety_limits *l, size_t n, struct bound *out)
{
    const struct bench_cell *c = &b->cell;
    struct reading r = reading_of(b);
    double least = fmin(l->force_push, l->force_pull);
    const struct bound t[] = {
        {"load_cell/slope", NUMBER, fabs(c->slope), c->capacity / r.most * fabs(c->slope),
         r.count > 0.0 ? c->noise_high / r.count * fabs(c->slope) : INFINITY,
         "the transmitter's register could not hold the cell's capacity",
         "one count of the transmitter would be more than noise_high"},
        {"load_cell/zero", NEWTON, fabs(c->zero), 0.0, c->capacity / fabs(c->slope), "",
         "the zero of a cell lies within its capacity"},
        {"load_cell/capacity", NEWTON, c->capacity, 0.01, 1e5, "cells begin at some 0.1 N",
         "no bench of this kind presses with 100 kN"},
        {"load_cell/filter_delay", MS, c->filter_delay, 0.0, 0.5 * l->max_age[BENCH_FORCE], "",
         "more than half of limits/max_age_force would be spent in the filter"},
        {"load_cell/period", MS, c->period, 0.1e-3, 0.5 * l->max_age[BENCH_FORCE], "no transmitter is so quick",
         "more than half of limits/max_age_force would be spent waiting for a value"},
        {"load_cell/noise_low", "mN", 1e-3, c->noise_low, 1e-9, 0.5 * c->noise_high,
         "0 would take an unplugged cell for a quiet one", "the band to noise_high must hold what a good day differs"},
        {"load_cell/noise_high", "mN", 1e-3, c->noise_high, r.count / 10.0, fmin(0.05 * least, c->max_offset),
         "far below one count of the transmitter",
         "noise of a twentieth of a force limit, or above max_offset, hides what the limit is for"},
        {"load_cell/max_offset", NEWTON, c->max_offset, r.count, fmin(0.1 * c->capacity, 0.4 * least),
         "finer than one count of the transmitter",
         "a tenth of the capacity, and 0.4 of the force limits: `mnrig prove` pushes past twice of it"},
    };
    return add(out, n, t, sizeof t / sizeof *t);
}

static size_t bounds_of_limits(const struct bench *b, const struct safety_limits *l, size_t n, struct bound *out)
{
    const struct bench_device *a = &b->device[BENCH_AXIS], *f = &b->device[BENCH_FORCE];
    double gap = fmax(f->poll, b->cell.period), late = fmin(l->max_age[0], l->max_age[1]);
    double oldest = fmin(OLDEST, b->proof.depth / b->proof.speed);
    double force_age = f->poll + b->tick_period + b->cell.period + b->cell.filter_delay;
    const char *old = "at proof/speed the axis would cross all of proof/depth on one old sample; never above 5 s";
    double hard = l->hard_to - l->hard_from, soft = l->soft_to - l->soft_from;
    bool tells = b->has_position_error;
    const struct bound t[] = {
        {"limits/force_push", NEWTON, l->force_push, 10.0 * b->cell.noise_high, b->cell.capacity,
         "ten times noise_high: less trips on noise", "the cell's capacity"},
        {"limits/force_pull", NEWTON, l->force_pull, 10.0 * b->cell.noise_high, b->cell.capacity,
         "ten times noise_high: less trips on noise", "the cell's capacity"},
        {"limits/force_rate", "N/s", 1.0, l->force_rate, 2.0 * b->cell.noise_high / gap,
         l->force_push / (f->poll + b->tick_period), "noise alone changes so fast between two polls",
         "the force would go from 0 to force_push within a poll and a tick: the rate would never be seen"},
        {"limits/travel_soft/from", MM, l->soft_from, l->hard_from, 0.0, "the begin of travel_hard",
         "home, where every retract may end, must lie within"},
        {"limits/travel_soft/to", MM, l->soft_to, 1e-3, l->hard_to, "1 mm: nothing could be done in it",
         "the end of travel_hard"},
        {"limits/travel_hard/from", MM, l->hard_from, l->soft_from - 0.5 * soft, l->soft_from,
         "a hard limit so far outside the soft one protects nothing", "the begin of travel_soft"},
        {"limits/travel_hard/to", MM, l->hard_to, l->soft_to,
         fmin(l->soft_to + 0.5 * soft, l->hard_from + b->axis.stroke), "the end of travel_soft",
         "so far outside travel_soft, or beyond axis/stroke, it protects nothing"},
        {"limits/following_error", MM, tells ? l->following_error : NAN, 2.0 * step_of(b),
         fmin(b->axis.mech.lead, 0.1 * hard), "two steps: a healthy drive lags as much",
         "a turn of the screw or a tenth of the travel: the drive has lost its way long before"},
        {"limits/max_age_axis", MS, l->max_age[BENCH_AXIS], a->poll + b->tick_period, oldest,
         "a poll and a tick go by between two looks", old},
        {"limits/max_age_force", MS, l->max_age[BENCH_FORCE], force_age, oldest,
         "poll, tick, the transmitter's period and its filter go by between two looks", old},
        {"limits/max_lateness", MS, l->max_lateness, 1e-6, late, "no clock wakes a program so exactly",
         "a tick later than max_age judges samples that are too old already"},
        {"limits/weakest_part/load", NEWTON, l->weakest_load, fmax(l->force_push, l->force_pull),
         10.0 * b->cell.capacity, "a force limit", "ten times the cell's capacity: the cell itself is weaker"},
    };
    return add(out, n, t, sizeof t / sizeof *t);
}

size_t safety_bounds(const struct bench *b, const struct safety_limits *l, struct bound out[BOUNDS])
{
    size_t n = bounds_of_links(b, out);
    n = bounds_of_axis(b, l, n, out);
    n = bounds_of_cell(b, l, n, out);
    return bounds_of_limits(b, l, n, out);
}

/* The node of "a/b/c", or the deepest one on the way that is there. */
static struct cnode node_at(struct cnode at, const char *path)
{
    char key[64];
    while (*path) {
        size_t n = strcspn(path, "/");
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        const char *name = NULL;
        bool counts = key[0] >= '0' && key[0] <= '9';
        struct cnode next = !counts              ? config_get(at, key)
                            : config_is_list(at) ? config_item(at, strtoul(key, NULL, 10))
                                                 : config_pair(at, strtoul(key, NULL, 10), &name);
        if (!config_is(next))
            break;
        at = next;
        path += n + (path[n] == '/');
    }
    return at;
}

int bounds_judge(const struct bound *t, size_t n, struct cnode root, struct err *e)
{
    const double within = 1e-9; /* what conversions of units may lose */
    for (size_t i = 0; i < n; i++) {
        const struct bound *r = &t[i];
        bool is_low = r->value < r->lo * (r->lo > 0.0 ? 1.0 - within : 1.0 + within);
        bool is_high = r->value > r->hi * (r->hi > 0.0 ? 1.0 + within : 1.0 - within);
        if (!is_low && !is_high)
            continue;
        char subject[200];
        struct cnode at = node_at(root, r->path);
        config_fail(at, e, ERR_RANGE, "%s: %.6g%s%s: must be at %s %.5g%s%s",
                    config_subject(at, subject, sizeof subject), r->value / r->unit_size, r->unit[0] ? " " : "",
                    r->unit, is_low ? "least" : "most", (is_low ? r->lo : r->hi) / r->unit_size,
                    r->unit[0] ? " " : "", r->unit);
        err_hint(e, "%s", is_low ? r->lo_why : r->hi_why);
        return ERR_RANGE;
    }
    return 0;
}
