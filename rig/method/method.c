/* method.c -- see method.h: what a method means on a bench.  method_read.c reads it, method_check.c refuses it. */
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

double method_search_start(const struct method *m, const struct stage *s)
{
    return m->surface - m->surface_error - s->clearance;
}

/* From rest to rest with the bench's ramps; a short way ends before the speed is reached. */
double method_move_time(const struct bench *b, double travel, double speed)
{
    double ramps = 1.0 / b->axis.accel + 1.0 / b->axis.decel, way = fabs(travel);
    if (!(speed > 0.0))
        return 0.0;
    return 0.5 * speed * speed * ramps >= way ? sqrt(2.0 * way * ramps) : way / speed + 0.5 * speed * ramps;
}

/* A phase that drives towards the sample to at most `target` below home: the drive stops there by itself, so no more
 * than target - (highest surface) is ever pressed. */
static struct method_phase pressing(const struct method *m, const struct bench *b, const struct safety_limits *l,
                                    size_t stage, const char *name, double speed, double travel, double target)
{
    struct method_phase p = {.stage = stage, .name = name, .speed = speed, .travel = travel, .target = target,
                             .time = method_move_time(b, travel, speed), .presses = true};
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
        double start = method_search_start(m, s);
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
        case STAGE_RETRACT: {
            double way = fmin(s->distance, deepest); /* it ends at home, whatever the distance */
            out[n] = (struct method_phase){.stage = i, .name = "retract", .speed = s->speed, .travel = -way,
                                           .time = method_move_time(b, way, s->speed), .target = deepest - way};
            budget_judge(b, l, 0.0, s->speed, INFINITY, &out[n++].budget);
            break;
        }
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
        if (p[i].presses && !(p[i].budget.worst < out->budget.worst)) /* one that is no number is the worst */
            *out = (struct method_overshoot){p[i].budget, p[i].stage, p[i].speed, stiffness(m, b)};
}
