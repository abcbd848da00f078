/* tick.c -- see tick.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "rig/loop/leash.h"
#include "rig/loop/motion.h"
#include "rig/loop/off.h"
#include "rig/loop/states.h"
#include "rig/loop/stop.h"
#include "rig/loop/watch.h"

#define RATE_SPAN 15e-3      /* s: the force rate is taken over at least so long, or noise would look like a blow */

void rig_init(struct rig *r, const struct bench *b, const struct safety_limits *l, const struct method *m,
              struct link *const links[], struct recorder *rec, double now)
{
    memset(r, 0, sizeof *r);
    r->bench = b;
    r->limits = *l;
    r->method = m;
    r->links = b->links;
    for (size_t i = 0; i < b->links; i++)
        r->link[i] = links[i];
    r->recorder = rec;
    r->start = r->now = r->state_since = now;
    r->last_force_time = NAN;
    struct budget_times t;
    budget_bench_times(b, l, &t);
    r->trip_time = budget_total(&t);
    safety_init(&r->latch);
    sequence_init(&r->sequence, m, b, now);
}

void rig_event(struct rig *r, const char *kind, const char *subject, const char *value, const char *detail)
{
    struct record_event v = {.time = r->now - r->start};
    snprintf(v.kind, sizeof v.kind, "%s", kind);
    snprintf(v.subject, sizeof v.subject, "%s", subject);
    snprintf(v.value, sizeof v.value, "%s", value);
    snprintf(v.detail, sizeof v.detail, "%s", detail);
    recorder_event(r->recorder, &v);
}

/* ---- newest samples, stamps ---- */

const struct link_sample *rig_sample(const struct rig *r, size_t device)
{
    return &r->outbox[r->bench->device[device].link].sample[device];
}

static void take_samples(struct rig *r)
{
    for (size_t i = 0; i < r->links; i++)
        link_look(r->link[i], &r->outbox[i]);
    const struct link_sample *a = rig_sample(r, BENCH_AXIS), *f = rig_sample(r, BENCH_FORCE);
    if ((r->has_axis = a->is_valid))
        axis_decode(r->bench, a->regs, &r->axis);
    if ((r->has_force = f->is_valid))
        load_cell_decode(r->bench, f->regs, &r->force);
    if (!r->has_force || f->count == r->rate_count)
        return;
    double dt = f->sent - r->last_force_time;
    r->rate_count = f->count;
    r->peak_force = fmax(r->peak_force, fabs(r->force.force));
    if (dt < RATE_SPAN)
        return;
    r->force_rate = isnan(dt) ? 0.0 : (r->force.force - r->last_force) / dt;
    r->last_force = r->force.force;
    r->last_force_time = f->sent;
}

/* A sample's age counts from the moment its request was sent, plus what the sensor itself needs. */
static double age_of(const struct rig *r, size_t device)
{
    const struct link_sample *s = rig_sample(r, device);
    double own = device == BENCH_FORCE ? r->bench->cell.filter_delay + r->bench->cell.period : 0.0;
    return s->is_valid ? r->now - s->sent + own : INFINITY;
}

/* How long a device has repeated itself although it should not.  A position has to change while the drive says that it
 * moves; a force while the axis moves under more than what an empty cell may show. */
static double frozen_for(struct rig *r, size_t device)
{
    const struct device_map *m = &r->bench->device[device].map;
    const struct link_sample *s = rig_sample(r, device);
    const char *name = m->fresh_value[0] ? m->fresh_value : device == BENCH_AXIS ? "position" : "gross";
    bool moves = r->has_axis && r->axis.moving;
    bool has_to = moves && (device == BENCH_AXIS || fabs(r->force.force) > r->bench->cell.max_offset);
    if (!s->is_valid)
        return 0.0;
    return freshness_look(&r->fresh[device], m->freshness, r->now, s->count,
                          map_raw(m, (size_t)map_find_value(m, name), s->regs), has_to);
}

/* The force by the time the axis would stand if STOP were decided now: from the measured rate, so that a specimen
 * stiffer than the method says is found by itself. */
static double predicted_force(const struct rig *r)
{
    if (!r->has_force)
        return NAN;
    bool rises = r->has_axis && r->axis.moving && r->force_rate * r->force.force > 0.0;
    return rises ? r->force.force + r->force_rate * r->trip_time : r->force.force;
}

/* ---- safety ---- */

static void gather(struct rig *r, double lateness, bool edge)
{
    struct safety_inputs *in = &r->inputs;
    bool has = r->has_axis;
    *in = (struct safety_inputs){.now = r->now,
                                 .operator_edge = edge,
                                 .links = r->links,
                                 .lateness = lateness,
                                 .estop_healthy = has && r->axis.input[INPUT_ESTOP_HEALTHY],
                                 .door_closed = has && r->axis.input[INPUT_DOOR_CLOSED],
                                 .alarm_estop = r->axis.alarm_estop,
                                 .alarm_sto = r->axis.alarm_sto,
                                 .drive_fault = r->axis.fault,
                                 .alarm = r->axis.alarm,
                                 .saturated = r->force.saturated,
                                 .force = r->has_force ? r->force.force : NAN,
                                 .force_rate = r->force_rate,
                                 .predicted = predicted_force(r),
                                 .position = r->axis.position,
                                 .position_error = !has                           ? NAN
                                                   : r->bench->has_position_error ? r->axis.position_error
                                                                                  : 0.0,
                                 .is_homed = has && r->axis.homed && !r->axis.homing,
                                 .moves_alone = r->motion.moves,
                                 .stray = r->motion.way,
                                 .lost = r->state == RIG_RUNNING ? r->watch.loss : LOSS_NONE,
                                 .recorder_failed = recorder_has_failed(r->recorder),
                                 .polarity_wrong = r->polarity_wrong,
                                 .sequence_failed = r->sequence_failed};
    for (size_t d = 0; d < BENCH_DEVICES; d++) {
        in->age[d] = age_of(r, d);
        in->frozen[d] = frozen_for(r, d);
    }
    for (size_t i = 0; i < r->links; i++) {
        const struct link_outbox *o = &r->outbox[i];
        in->foreign_write = in->foreign_write || o->foreign_writes > 0;
        in->link_up[i] = o->is_up && (!r->latch.is_armed || o->generation == r->generation[i]);
        for (size_t d = 0; d < BENCH_DEVICES; d++)
            if (o->failures_in_row[d] > in->failures_in_row)
                in->failures_in_row = o->failures_in_row[d];
    }
}

/* The last failure: of the link that is down, or of the one that failed most. */
static const char *trouble_of(const struct rig *r)
{
    if (r->latch.first == SAFETY_LINK)
        return r->outbox[(size_t)r->latch.value].trouble;
    for (size_t i = 0; i < r->links && r->latch.first == SAFETY_FOREIGN; i++)
        if (r->outbox[i].foreign_writes > 0)
            return r->outbox[i].trouble;
    size_t worst = 0;
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        for (size_t i = 0; i < r->links; i++)
            if (r->outbox[i].failures_in_row[d] >= r->inputs.failures_in_row)
                worst = i;
    return r->outbox[worst].trouble;
}

void rig_describe_trip(const struct rig *r, char *out, size_t size)
{
    char text[80];
    const struct safety_latch *s = &r->latch;
    safety_describe(s->first, s->value, s->limit, text, sizeof text);
    if (s->first == SAFETY_SEQUENCE || s->first == SAFETY_POLARITY)
        snprintf(out, size, "%s: %.150s", safety_cause_names[s->first], r->sequence.reason);
    else if (s->first == SAFETY_LINK || s->first == SAFETY_BUS_FAILURES || s->first == SAFETY_FOREIGN)
        snprintf(out, size, "%s: %.150s", text, trouble_of(r));
    else if (s->first == SAFETY_RECORDER)
        snprintf(out, size, "%s: %s", text, recorder_trouble(r->recorder));
    else
        snprintf(out, size, "%s", text);
}

static void on_armed(struct rig *r)
{
    for (size_t i = 0; i < r->links; i++)
        r->generation[i] = r->outbox[i].generation;
    r->is_leaving = r->is_leaving || r->state == RIG_TRIPPED || r->state == RIG_STOPPED;
    r->released = false;
    r->motion.times = 0;
    r->away.has_begun = false;
    r->off.is_active = false;
    watch_armed(r);
    rig_event(r, "state", "armed", r->is_leaving ? "for the way back" : "",
              r->is_unattended ? "unattended: virtual bench" : "by the operator");
    rig_go(r, RIG_ENABLING, "");
}

static void on_trip(struct rig *r)
{
    char where[48], text[sizeof r->trip_text];
    rig_describe_trip(r, text, sizeof text);
    snprintf(where, sizeof where, "%.10s at %.4f mm, %.4f N",
             r->state == RIG_RUNNING ? sequence_stage(&r->sequence) : rig_state_names[r->state], r->axis.position * 1e3,
             r->force.force);
    rig_event(r, "trip", safety_cause_names[r->latch.first], where, text);
    if (!r->has_tripped) {
        memcpy(r->trip_text, text, sizeof text);
        r->first_trip = r->latch;
        r->has_tripped = true;
    }
    stop_for_trip(r);
    if (r->state != RIG_STOPPED)
        rig_go(r, RIG_TRIPPED, text);
}

/* Does an arm edge count in this state?  Every STOP must have ended in a proven standstill. */
static bool may_be_armed(const struct rig *r)
{
    bool is_halted = r->state == RIG_TRIPPED || r->state == RIG_STOPPED;
    if (r->stopper.is_active || r->stopper.has_given_up || watch_needs_home(r))
        return false;
    return r->state == RIG_WAITING || r->state == RIG_PROMPTING ||
           (is_halted && r->stopper.is_proven && r->watch.has_homed && !r->is_unattended);
}

/* An edge that did not count is told, with the reason. */
static void refuse_arming(struct rig *r)
{
    char text[160];
    double v, l;
    enum safety_cause c = safety_check(&r->limits, &r->inputs, &v, &l);
    if (motion_is_seen(r))
        snprintf(text, sizeof text, "the axis does not stand, and nothing asked it to move");
    else if (r->stopper.is_active || r->stopper.has_given_up)
        snprintf(text, sizeof text, "the axis is not proven to stand");
    else if (watch_needs_home(r))
        snprintf(text, sizeof text, "where the axis is is not known any more: end the run; a new one homes");
    else if (r->has_begun && !r->watch.has_homed)
        snprintf(text, sizeof text, "it was not homed in this run: end it; a new one homes");
    else if (c != SAFETY_CLEAR)
        safety_describe(c, v, l, text, sizeof text);
    else
        snprintf(text, sizeof text, "not clear for %.1f s yet", SAFETY_CLEAR_TIME);
    rig_event(r, "note", "arm", "refused", text);
}

static void judge(struct rig *r, double lateness, enum rig_key key)
{
    bool edge = may_be_armed(r) && (key == KEY_ARM || r->is_unattended);
    bool is_wanted = key == KEY_ARM && !r->latch.is_armed && !r->is_unattended;
    motion_look(r);
    watch_look(r);
    gather(r, lateness, edge);
    bool changed = safety_judge(&r->latch, &r->limits, &r->inputs);
    if (changed && r->latch.is_armed)
        on_armed(r);
    else if (changed)
        on_trip(r);
    else if (is_wanted)
        refuse_arming(r);
    motion_act(r);
}

/* ---- links, record ---- */

/* The permit ends when the next tick is later than allowed, which is what budget (a) counts on (`decide`): from then on
 * a tick would trip in any case, and the axis' link says STOP without it. */
static void post(struct rig *r)
{
    bool is_free = !r->stopper.is_active && !r->stopper.has_given_up;
    for (size_t i = 0; i < r->links; i++) {
        bool feeds = r->stopper.has_given_up && i == r->bench->device[BENCH_AXIS].link; /* a drive's watchdog */
        r->inbox[i].is_quiet = feeds;
        if (!feeds)
            r->inbox[i].talk_until = r->now + r->bench->tick_period + r->limits.max_lateness;
        r->inbox[i].tick++;
        r->inbox[i].may_move = is_free && (r->latch.is_armed || r->state == RIG_UNLOADING);
        link_post(r->link[i], &r->inbox[i]);
    }
}

static void record(struct rig *r)
{
    const struct sequence *s = &r->sequence;
    struct record_row w = {.time = r->now - r->start,
                           .position = r->has_axis ? r->axis.position : NAN,
                           .travel = NAN,
                           .raw_travel = NAN,
                           .force = r->has_force ? r->force.force : NAN,
                           .net_force = NAN,
                           .axis_age = NAN,
                           .force_age = NAN,
                           .axis_status = r->axis.status,
                           .axis_alarm = r->axis.alarm,
                           .inputs = r->axis.inputs};
    if (r->has_axis && r->has_force) {
        w.travel = sequence_travel(s, r->axis.position, r->force.force);
        w.raw_travel = sequence_raw_travel(s, r->axis.position);
        w.net_force = sequence_net(s, r->force.force);
    }
    if (r->has_axis) w.axis_age = r->inputs.age[BENCH_AXIS];
    if (r->has_force) w.force_age = r->inputs.age[BENCH_FORCE];
    snprintf(w.state, sizeof w.state, "%.15s", r->state == RIG_RUNNING ? sequence_stage(s) : rig_state_names[r->state]);
    recorder_row(r->recorder, &w);
}

bool rig_tick(struct rig *r, double now, double lateness, enum rig_key key)
{
    r->now = now;
    r->ticks++;
    latency_add(&r->lateness, lateness);
    take_samples(r);
    judge(r, lateness, key);
    states_step(r, key);
    leash_step(r);
    stop_step(r);
    off_step(r);
    post(r);
    record(r);
    return r->state != RIG_ENDED;
}
