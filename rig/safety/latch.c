/* latch.c -- see latch.h. */
#include <math.h>
#include <stdio.h>
#include "rig/safety/latch.h"

const char *const axis_loss_words[] = {"", "the drive is off, nothing switched it off", "it is not homed any more",
                                       "its position jumped", "it does not go where it was sent"};

void safety_init(struct safety_latch *s)
{
    *s = (struct safety_latch){.first = SAFETY_START, .clear_since = NAN};
}

void safety_disarm(struct safety_latch *s)
{
    s->is_armed = false;
    s->clear_since = NAN; /* the half second counts from now */
}

static enum safety_cause fail(enum safety_cause c, double v, double lim, double *value, double *limit)
{
    *value = v;
    *limit = lim;
    return c;
}

/* Written so that a NaN fails: !(x <= limit). */
static enum safety_cause check_data(const struct safety_limits *l, const struct safety_inputs *in, double *v,
                                    double *lim)
{
    for (size_t i = 0; i < in->links; i++)
        if (!in->link_up[i])
            return fail(SAFETY_LINK, (double)i, 0.0, v, lim);
    if (in->failures_in_row >= l->bus_failures)
        return fail(SAFETY_BUS_FAILURES, in->failures_in_row, l->bus_failures, v, lim);
    if (!(in->age[BENCH_AXIS] <= l->max_age[BENCH_AXIS]))
        return fail(SAFETY_AXIS_AGE, in->age[BENCH_AXIS], l->max_age[BENCH_AXIS], v, lim);
    if (!(in->age[BENCH_FORCE] <= l->max_age[BENCH_FORCE]))
        return fail(SAFETY_FORCE_AGE, in->age[BENCH_FORCE], l->max_age[BENCH_FORCE], v, lim);
    if (!(in->frozen[BENCH_AXIS] <= l->max_frozen[BENCH_AXIS]))
        return fail(SAFETY_AXIS_FROZEN, in->frozen[BENCH_AXIS], l->max_frozen[BENCH_AXIS], v, lim);
    if (!(in->frozen[BENCH_FORCE] <= l->max_frozen[BENCH_FORCE]))
        return fail(SAFETY_FORCE_FROZEN, in->frozen[BENCH_FORCE], l->max_frozen[BENCH_FORCE], v, lim);
    if (in->foreign_write)
        return fail(SAFETY_FOREIGN, 0.0, 0.0, v, lim);
    return SAFETY_CLEAR;
}

static enum safety_cause check_force(const struct safety_limits *l, const struct safety_inputs *in, double *v,
                                     double *lim)
{
    if (in->saturated)
        return fail(SAFETY_SATURATION, in->force, l->force_push, v, lim);
    if (!(in->force <= l->force_push))
        return fail(SAFETY_FORCE_PUSH, in->force, l->force_push, v, lim);
    if (!(in->force >= -l->force_pull))
        return fail(SAFETY_FORCE_PULL, in->force, -l->force_pull, v, lim);
    if (!(fabs(in->force_rate) <= l->force_rate))
        return fail(SAFETY_FORCE_RATE, in->force_rate, l->force_rate, v, lim);
    if (!(fabs(in->predicted) <= l->weakest_load))
        return fail(SAFETY_OVERSHOOT, in->predicted, l->weakest_load, v, lim);
    if (in->polarity_wrong)
        return fail(SAFETY_POLARITY, in->force, 0.0, v, lim);
    return SAFETY_CLEAR;
}

static enum safety_cause check_axis(const struct safety_limits *l, const struct safety_inputs *in, double *v,
                                    double *lim)
{
    if (in->drive_fault || in->alarm != 0)
        return fail(SAFETY_DRIVE_ALARM, in->alarm, 0.0, v, lim);
    if (in->lost != LOSS_NONE)
        return fail(SAFETY_LOST, in->lost, 0.0, v, lim);
    if (in->moves_alone || !(fabs(in->stray) <= l->still))
        return fail(SAFETY_MOTION, in->stray, l->still, v, lim);
    if (!isfinite(in->position)) /* homed or not: it is no number */
        return fail(SAFETY_TRAVEL, in->position, l->hard_to, v, lim);
    if (in->is_homed && !(in->position >= l->hard_from))
        return fail(SAFETY_TRAVEL, in->position, l->hard_from, v, lim);
    if (in->is_homed && !(in->position <= l->hard_to))
        return fail(SAFETY_TRAVEL, in->position, l->hard_to, v, lim);
    if (!(fabs(in->position_error) <= l->following_error))
        return fail(SAFETY_FOLLOWING, in->position_error, l->following_error, v, lim);
    return SAFETY_CLEAR;
}

enum safety_cause safety_check(const struct safety_limits *l, const struct safety_inputs *in, double *value,
                               double *limit)
{
    enum safety_cause c = check_data(l, in, value, limit);
    if (c != SAFETY_CLEAR)
        return c;
    if (!in->estop_healthy || in->alarm_estop || in->alarm_sto)
        return fail(SAFETY_ESTOP, in->alarm, 0.0, value, limit);
    if (!in->door_closed)
        return fail(SAFETY_DOOR, 0.0, 0.0, value, limit);
    if ((c = check_force(l, in, value, limit)) != SAFETY_CLEAR)
        return c;
    if ((c = check_axis(l, in, value, limit)) != SAFETY_CLEAR)
        return c;
    if (!(in->lateness <= l->max_lateness))
        return fail(SAFETY_LATENESS, in->lateness, l->max_lateness, value, limit);
    if (in->recorder_failed)
        return fail(SAFETY_RECORDER, 0.0, 0.0, value, limit);
    if (in->sequence_failed)
        return fail(SAFETY_SEQUENCE, 0.0, 0.0, value, limit);
    return SAFETY_CLEAR;
}

bool safety_judge(struct safety_latch *s, const struct safety_limits *l, const struct safety_inputs *in)
{
    double value = 0.0, limit = 0.0;
    enum safety_cause c = safety_check(l, in, &value, &limit);
    if (c != SAFETY_CLEAR) {
        s->clear_since = NAN;
        if (!s->is_armed)
            return false;
        s->is_armed = false;
        s->first = c;
        s->value = value;
        s->limit = limit;
        s->at = in->now;
        return true;
    }
    if (isnan(s->clear_since))
        s->clear_since = in->now;
    if (s->is_armed || !in->operator_edge || !(in->now - s->clear_since >= SAFETY_CLEAR_TIME))
        return false;
    s->is_armed = true;
    s->first = SAFETY_CLEAR;
    s->value = s->limit = 0.0;
    s->at = in->now;
    return true;
}

void safety_describe(enum safety_cause cause, double value, double limit, char *out, size_t size)
{
    const char *name = safety_cause_names[cause], *unit = safety_cause_units[cause];
    switch (cause) {
    case SAFETY_AXIS_AGE: case SAFETY_FORCE_AGE: case SAFETY_LATENESS: case SAFETY_FOLLOWING: case SAFETY_TRAVEL:
    case SAFETY_FORCE_FROZEN: case SAFETY_AXIS_FROZEN:
        snprintf(out, size, "%s: %.4g %s %s %.4g %s", name, value * 1e3, unit, value < limit ? "<" : ">", limit * 1e3,
                 unit);
        break;
    case SAFETY_FORCE_PUSH: case SAFETY_FORCE_PULL: case SAFETY_FORCE_RATE: case SAFETY_OVERSHOOT:
        snprintf(out, size, "%s: %.4g %s %s %.4g %s", name, value, unit, value < limit ? "<" : ">", limit, unit);
        break;
    case SAFETY_MOTION:
        if (fabs(value) <= limit)
            snprintf(out, size, "%s: the drive says it moves, nothing asked it to", name);
        else
            snprintf(out, size, "%s: %+.4g mm (at most %.4g mm), nothing asked it to", name, value * 1e3, limit * 1e3);
        break;
    case SAFETY_BUS_FAILURES: case SAFETY_SATURATION: case SAFETY_POLARITY:
        snprintf(out, size, "%s: %.4g %s", name, value, unit);
        break;
    case SAFETY_LOST: snprintf(out, size, "%s: %s", name, axis_loss_words[(size_t)value]); break;
    case SAFETY_DRIVE_ALARM: case SAFETY_ESTOP:
        snprintf(out, size, "%s: alarm word 0x%08lX", name, (unsigned long)value);
        break;
    default: snprintf(out, size, "%s", name); break;
    }
}
