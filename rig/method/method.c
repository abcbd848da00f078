/* method.c -- see method.h: what a method means on a bench.  The reader is method_read.c. */
#include <math.h>
#include "rig/device/axis.h"
#include "rig/method/method.h"

const char *const stage_names[] = {"home", "tare", "approach", "insert", "hold", "retract", "prompt", NULL};

const struct stage *method_stage(const struct method *m, enum stage_kind kind)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->stage[i].kind == kind)
            return &m->stage[i];
    return NULL;
}

struct safety_limits method_limits(const struct method *m, const struct safety_limits *l)
{
    struct safety_limits out = *l;
    out.force_push = m->force_push;
    out.force_pull = m->force_pull;
    return out;
}

/* Stiffness the budgets use: without a measured bound the machine's own, as if pressed on steel. */
static double stiffness(const struct method *m, const struct bench *b)
{
    return m->stiffness > 0.0 ? m->stiffness : 1.0 / b->axis.compliance;
}

static double search_start(const struct method *m, const struct stage *s)
{
    return m->surface - m->surface_error - s->clearance;
}

/* Time of a move from rest to rest with the bench's ramps. */
static double move_time(const struct bench *b, double travel, double speed)
{
    return speed > 0.0 ? fabs(travel) / speed + 0.5 * speed / b->axis.accel + 0.5 * speed / b->axis.decel : 0.0;
}

/* A phase that drives towards the sample to at most `target` below home: the drive stops there by itself, so no more
 * than target - (highest surface) is ever pressed. */
static struct method_phase pressing(const struct method *m, const struct bench *b, const struct safety_limits *l,
                                    size_t stage, const char *name, double speed, double travel, double target)
{
    struct method_phase p = {.stage = stage, .name = name, .speed = speed, .travel = travel, .target = target,
                             .time = move_time(b, travel, speed), .presses = true};
    budget_judge(b, l, stiffness(m, b), speed, fmax(0.0, target - (m->surface - m->surface_error)), &p.budget);
    return p;
}

size_t method_phases(const struct method *m, const struct bench *b, const struct safety_limits *l,
                     struct method_phase out[METHOD_PHASES])
{
    size_t n = 0;
    double deepest = 0.0;
    for (size_t i = 0; i < m->n; i++) {
        const struct stage *s = &m->stage[i];
        double start = search_start(m, s);
        switch (s->kind) {
        case STAGE_HOME:
            out[n++] = (struct method_phase){.stage = i, .name = "home", .speed = s->speed, .time = s->longest};
            break;
        case STAGE_APPROACH:
            out[n++] = pressing(m, b, l, i, "approach, rapid", s->rapid, start, start);
            out[n++] = pressing(m, b, l, i, "approach, search", s->speed, s->search, start + s->search);
            deepest = start + s->search;
            break;
        case STAGE_INSERT:
            out[n++] = pressing(m, b, l, i, "insert", s->speed, s->max_travel, deepest + s->max_travel);
            deepest += s->max_travel;
            break;
        case STAGE_RETRACT:
            out[n++] = (struct method_phase){.stage = i, .name = "retract", .speed = s->speed, .travel = -s->distance,
                                             .time = move_time(b, s->distance, s->speed),
                                             .target = deepest - s->distance};
            break;
        default:
            out[n++] = (struct method_phase){.stage = i, .name = stage_names[s->kind],
                                             .time = s->kind == STAGE_PROMPT ? s->longest : s->time,
                                             .target = deepest};
            break;
        }
    }
    return n;
}

void method_worst(const struct method *m, const struct bench *b, const struct safety_limits *l,
                  struct method_overshoot *out)
{
    struct method_phase p[METHOD_PHASES];
    size_t n = method_phases(m, b, l, p);
    *out = (struct method_overshoot){.budget = {.worst = -1.0}};
    for (size_t i = 0; i < n; i++)
        if (p[i].presses && p[i].budget.worst >= out->budget.worst)
            *out = (struct method_overshoot){p[i].budget, p[i].stage, p[i].speed, stiffness(m, b)};
}

static int check_limits(const struct method *m, const struct safety_limits *l, struct err *e)
{
    if (!(m->force_push <= l->force_push))
        return err_set(e, ERR_RANGE, "%s: limits/force_push: %.4g N: the bench allows %.4g N", m->file, m->force_push,
                       l->force_push);
    if (!(m->force_pull <= l->force_pull))
        return err_set(e, ERR_RANGE, "%s: limits/force_pull: %.4g N: the bench allows %.4g N", m->file, m->force_pull,
                       l->force_pull);
    for (size_t i = 0; i < m->n; i++)
        if (m->stage[i].kind == STAGE_INSERT && m->stage[i].to_force >= m->force_push)
            return err_set(e, ERR_RANGE, "%s: insert/to_force: %.4g N: must be below limits/force_push, %.4g N",
                           m->file, m->stage[i].to_force, m->force_push);
    return 0;
}

static int check_speeds(const struct method *m, const struct bench *b, struct err *e)
{
    int rc = axis_check_speed(b, b->unload_speed, "unload/speed", e);
    for (size_t i = 0; i < m->n && rc == 0; i++) {
        const struct stage *s = &m->stage[i];
        char what[340];
        snprintf(what, sizeof what, "%s: %s/speed", m->file, stage_names[s->kind]);
        if (s->speed > 0.0)
            rc = axis_check_speed(b, s->speed, what, e);
        snprintf(what, sizeof what, "%s: %s/rapid", m->file, stage_names[s->kind]);
        if (rc == 0 && s->kind == STAGE_APPROACH)
            rc = axis_check_speed(b, s->rapid, what, e);
    }
    return rc;
}

static int check_travel(const struct method *m, const struct safety_limits *l, struct err *e)
{
    const struct stage *a = method_stage(m, STAGE_APPROACH), *in = method_stage(m, STAGE_INSERT);
    if (!a)
        return 0;
    double start = search_start(m, a), deepest = start + a->search + (in ? in->max_travel : 0.0);
    if (!(start >= l->soft_from && deepest <= l->soft_to))
        return err_set(
            e, ERR_RANGE,
            "%s: approach and insert reach from %.4g mm to %.4g mm: the bench's soft limits are %.4g mm to %.4g mm",
            m->file, start * 1e3, deepest * 1e3, l->soft_from * 1e3, l->soft_to * 1e3);
    return 0;
}

int method_check(const struct method *m, const struct bench *b, const struct safety_limits *l, struct err *e)
{
    struct method_overshoot w;
    int rc = check_limits(m, l, e);
    if (rc == 0) rc = check_speeds(m, b, e);
    if (rc == 0) rc = check_travel(m, l, e);
    if (rc)
        return rc;
    method_worst(m, b, l, &w);
    if (m->force_push + fmax(w.budget.worst, 0.0) <= l->weakest_load)
        return 0;
    err_set(e, ERR_RANGE,
            "%s: %s at %.4g mm/s on %.4g N/mm: limit %.4g N + overshoot %.4g N = %.4g N: '%s' bears %.4g N\n"
            "  overshoot: a normal trip (%.0f ms) %.4g N, sensor dies (%.0f ms) %.4g N, PC dies (%.0f ms) %.4g N",
            m->file, stage_names[m->stage[w.stage].kind], w.speed * 1e3, w.k * 1e-3, m->force_push, w.budget.worst,
            m->force_push + w.budget.worst, l->weakest_name, l->weakest_load, w.budget.time[0] * 1e3,
            w.budget.overshoot[0], w.budget.time[1] * 1e3, w.budget.overshoot[1], w.budget.time[2] * 1e3,
            w.budget.overshoot[2]);
    err_hint(e, "go slower, lower the limit, state a measured specimen/stiffness, or shorten max_age and watchdog_time "
                "of the bench");
    return ERR_RANGE;
}
