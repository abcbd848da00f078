/* budget.c -- see budget.h. */
#include <math.h>
#include "rig/safety/budget.h"

#define STOP_WORKS 5e-3 /* s beyond the drive's latency until a STOP surely was carried out; as in rig/loop/link_talk.c */

double budget_total(const struct budget_times *t)
{
    return t->filter + t->sensor + t->poll + t->transaction + t->decide + t->stop_frame + t->latency;
}

double budget_travel(double speed, double time, double decel) { return speed * time + speed * speed / (2.0 * decel); }

/* v T + v^2 / 2a = way, solved for v. */
double budget_fastest(double way, double time, double decel)
{
    return way > 0.0 ? decel * (sqrt(time * time + 2.0 * way / decel) - time) : 0.0;
}

double budget_overshoot(double k, double speed, double time, double decel)
{
    return k * budget_travel(speed, time, decel);
}

/* The longest a STOP may have to wait for a transaction under way with a device: one that fails. */
static double longest_wait(const struct bench *b, size_t device)
{
    const struct device_map *m = &b->device[device].map;
    double longest = 0.0;
    for (size_t i = 0; i < m->groups; i++)
        longest = fmax(longest, bench_patience(b, device, m->group[i].function, m->group[i].count));
    for (size_t i = 0; i < m->commands; i++) {
        unsigned count = 0;
        for (size_t k = 0; k + 1 < m->command[i].n; k++)
            count += reg_type_size(m->command[i].write[k].number.type);
        longest = fmax(longest, bench_patience(b, device, BUS_WRITE_MANY, (uint16_t)count));
    }
    return fmin(longest + BUS_URGENT_SLICE, b->device[device].timeout);
}

void budget_bench_times(const struct bench *b, const struct safety_limits *l, struct budget_times *t)
{
    const struct bench_device *axis = &b->device[BENCH_AXIS], *force = &b->device[BENCH_FORCE];
    double before_stop = longest_wait(b, BENCH_AXIS);
    if (axis->link == force->link)
        before_stop = fmax(before_stop, longest_wait(b, BENCH_FORCE));
    *t = (struct budget_times){
        .filter = b->cell.filter_delay,
        .sensor = b->cell.period,
        .poll = force->poll,
        .transaction = bench_transaction_time(b, BENCH_FORCE, BUS_READ_HOLDING, force->map.group[0].count),
        .decide = b->tick_period + l->max_lateness,
        .stop_frame = before_stop + bench_transaction_time(b, BENCH_AXIS, BUS_WRITE_ONE, 1),
        .latency = b->axis.latency,
    };
}

/* The larger; one that is no number stays, where fmax would drop it. */
static double worse(double a, double b) { return isnan(a) || a > b ? a : b; }

/* A sample of the axis: the wait for its poll, and all its groups. */
static double axis_sample_time(const struct bench *b)
{
    const struct bench_device *axis = &b->device[BENCH_AXIS];
    double sample = axis->poll;
    for (size_t i = 0; i < axis->map.groups; i++)
        sample += bench_transaction_time(b, BENCH_AXIS, axis->map.group[i].function, axis->map.group[i].count);
    return sample;
}

/* For how long a position may be believed that is none any more: too old, or repeated by the drive. */
static double longest_belief(const struct bench *b, const struct safety_limits *l)
{
    const struct bench_device *axis = &b->device[BENCH_AXIS];
    bool is_judged = axis->map.freshness != FRESH_NOT_DETECTABLE;
    return worse(l->max_age[BENCH_AXIS], is_judged ? l->max_frozen[BENCH_AXIS] + axis_sample_time(b) : 0.0);
}

static bool is_leashed(const struct bench *b) { return b->device[BENCH_AXIS].map.watchdog == WATCHDOG_LEASH; }

double budget_obey_time(const struct bench *b, double speed)
{
    return b->axis.latency + STOP_WORKS + speed / b->axis.stop_decel;
}

double budget_proof_time(const struct bench *b, double speed)
{
    return budget_obey_time(b, speed) + 2.0 * axis_sample_time(b) + b->tick_period;
}

/* (e): a trip; STOP is seen to be ignored; off, behind another transaction under way; then silence.  A leash needs none
 * of that: no hop follows. */
static double ignored_time(const struct bench *b, const struct budget_times *t, double speed)
{
    double seen = is_leashed(b) ? 0.0 : budget_proof_time(b, speed) + t->stop_frame;
    return budget_total(t) + seen + b->axis.watchdog_time;
}

void budget_judge(const struct bench *b, const struct safety_limits *l, double k, double speed, double reach,
                  struct budget *out)
{
    struct budget_times t;
    budget_bench_times(b, l, &t);
    double stop = t.stop_frame + t.latency;
    out->time[0] = budget_total(&t);
    out->time[1] = l->max_age[BENCH_FORCE] + t.decide + stop;
    out->time[2] = b->axis.watchdog_time + b->axis.latency;
    out->blind_time = longest_belief(b, l) + t.decide + stop;
    out->blind_way = budget_travel(speed, out->blind_time, b->axis.stop_decel);
    out->ignored_time = ignored_time(b, &t, speed);
    out->ignored = k * fmin(reach, budget_travel(speed, out->ignored_time, b->axis.stop_decel));
    out->worst = 0.0;
    for (int i = 0; i < 3; i++) {
        double travel = budget_travel(speed, out->time[i], b->axis.stop_decel);
        out->overshoot[i] = k * (travel > reach ? reach : travel);
        out->worst = worse(out->overshoot[i], out->worst);
    }
}
