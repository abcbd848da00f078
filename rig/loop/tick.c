/* tick.c -- see tick.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "rig/loop/leash.h"
#include "rig/loop/stop.h"
#include "rig/loop/tick.h"
#include "rig/loop/unload.h"

#define ARM_PATIENCE 10.0    /* s an unattended run waits for all clear */
#define ENABLE_TIME 2.0      /* s a drive may take to switch on */
#define FINISH_TIME 2.0      /* s it may take to switch off */
#define RATE_SPAN 15e-3      /* s: the force rate is taken over at least so long, or noise would look like a blow */
enum { RESETS_MAX = 3, PERMIT_TICKS = 3 };

const char *const rig_state_names[] = {"waiting", "enabling",  "running",   "tripped",
                                       "stopped", "unloading", "finishing", "ended"};

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

static void go(struct rig *r, enum rig_state to, const char *why)
{
    rig_event(r, "state", rig_state_names[to], rig_state_names[r->state], why);
    r->state = to;
    r->state_since = r->now;
}

/* ---- newest samples, stamps
 * ---------------------------------------------------------------------------------------------- */

static const struct link_sample *sample_of(const struct rig *r, size_t device)
{
    return &r->outbox[r->bench->device[device].link].sample[device];
}

static void take_samples(struct rig *r)
{
    for (size_t i = 0; i < r->links; i++)
        link_look(r->link[i], &r->outbox[i]);
    const struct link_sample *a = sample_of(r, BENCH_AXIS), *f = sample_of(r, BENCH_FORCE);
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
    const struct link_sample *s = sample_of(r, device);
    double own = device == BENCH_FORCE ? r->bench->cell.filter_delay + r->bench->cell.period : 0.0;
    return s->is_valid ? r->now - s->sent + own : INFINITY;
}

/* How long a device has repeated itself although it should not.  A position has to change while the drive says that it
 * moves; a force while the axis moves under more than what an empty cell may show. */
static double frozen_for(struct rig *r, size_t device)
{
    const struct device_map *m = &r->bench->device[device].map;
    const struct link_sample *s = sample_of(r, device);
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

/* ---- safety
 * -------------------------------------------------------------------------------------------------------------- */

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
                                 .position_error = !has ? NAN : r->bench->has_position_error ? r->axis.position_error : 0.0,
                                 .is_homed = has && r->axis.homed && !r->axis.homing,
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
    if (r->latch.first == SAFETY_FOREIGN)
        return r->outbox[r->bench->device[BENCH_AXIS].link].trouble;
    size_t worst = 0;
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        for (size_t i = 0; i < r->links; i++)
            if (r->outbox[i].failures_in_row[d] >= r->inputs.failures_in_row)
                worst = i;
    return r->outbox[worst].trouble;
}

static void describe_trip(const struct rig *r, char *out, size_t size)
{
    char text[80];
    const struct safety_latch *s = &r->latch;
    safety_describe(s->first, s->value, s->limit, text, sizeof text);
    if (s->first == SAFETY_SEQUENCE || s->first == SAFETY_POLARITY)
        snprintf(out, size, "%s: %.150s", safety_cause_names[s->first], r->sequence.reason);
    else if (s->first == SAFETY_LINK || s->first == SAFETY_BUS_FAILURES || s->first == SAFETY_FOREIGN)
        snprintf(out, size, "%s: %.150s", text, trouble_of(r));
    else
        snprintf(out, size, "%s", text);
}

static void on_armed(struct rig *r)
{
    for (size_t i = 0; i < r->links; i++)
        r->generation[i] = r->outbox[i].generation;
    rig_event(r, "state", "armed", "", r->is_unattended ? "unattended: virtual bench" : "by the operator");
    go(r, RIG_ENABLING, "");
}

static void on_trip(struct rig *r)
{
    char where[48];
    describe_trip(r, r->trip_text, sizeof r->trip_text);
    snprintf(where, sizeof where, "%.10s at %.4f mm, %.4f N",
             r->state == RIG_RUNNING ? sequence_stage(&r->sequence) : rig_state_names[r->state], r->axis.position * 1e3,
             r->force.force);
    rig_event(r, "trip", safety_cause_names[r->latch.first], where, r->trip_text);
    stop_begin(r);
    if (r->state != RIG_STOPPED)
        go(r, RIG_TRIPPED, r->trip_text);
}

static void judge(struct rig *r, double lateness, enum rig_key key)
{
    bool edge = r->state == RIG_WAITING && (key == KEY_ARM || r->is_unattended);
    gather(r, lateness, edge);
    if (!safety_judge(&r->latch, &r->limits, &r->inputs))
        return;
    if (r->latch.is_armed)
        on_armed(r);
    else
        on_trip(r);
}

/* ---- orders
 * -------------------------------------------------------------------------------------------------------------- */

/* A move past the soft limits is never sent: the method is wrong, so it trips. */
static bool is_vetoed(struct rig *r, const struct axis_command *c)
{
    double slack = r->bench->axis.position_tolerance;
    if (c->order != AXIS_MOVE || r->state == RIG_UNLOADING ||
        (c->target >= r->limits.soft_from - slack && c->target <= r->limits.soft_to + slack))
        return false;
    snprintf(r->sequence.reason, sizeof r->sequence.reason,
             "a move to %.4f mm is outside the soft limits %.4g..%.4g mm", c->target * 1e3, r->limits.soft_from * 1e3,
             r->limits.soft_to * 1e3);
    r->sequence_failed = true;
    return true;
}

void rig_send(struct rig *r, const struct axis_command *c)
{
    struct link_inbox *in = &r->inbox[r->bench->device[BENCH_AXIS].link];
    in->command = *c;
    in->order = ++r->order;
    r->order_is_pending = true;
    r->last_order = c->order;
}

void rig_order(struct rig *r, const struct axis_command *c)
{
    char value[48];
    if (is_vetoed(r, c))
        return;
    struct axis_command first = leash_begin(r, c);
    rig_send(r, &first);
    if (c->order == AXIS_MOVE)
        snprintf(value, sizeof value, "to %.4f mm at %.4g mm/s", c->target * 1e3, c->speed * 1e3);
    else if (c->order == AXIS_HOME)
        snprintf(value, sizeof value, "at %.4g mm/s", c->speed * 1e3);
    else
        value[0] = '\0';
    rig_event(r, "command", axis_order_names[c->order], value, "");
}

bool rig_order_is_done(const struct rig *r, bool *failed)
{
    const struct link_outbox *o = &r->outbox[r->bench->device[BENCH_AXIS].link];
    bool done = o->order_done == r->order;
    *failed = done && o->order_failed;
    return done && (*failed || !leash_holds(r));
}

/* ---- the states
 * ---------------------------------------------------------------------------------------------------------- */

static void give_up_waiting(struct rig *r)
{
    enum safety_cause c = safety_check(&r->limits, &r->inputs, &r->latch.value, &r->latch.limit);
    r->latch.first = c == SAFETY_CLEAR ? SAFETY_START : c;
    r->latch.at = r->now;
    describe_trip(r, r->trip_text, sizeof r->trip_text);
    r->ended_from = RIG_TRIPPED;
    go(r, RIG_ENDED, "never all clear");
}

/* Alarms are reset on the operator's edge; without an operator only the one that the last run's end left behind. */
static void maybe_reset_alarm(struct rig *r, enum rig_key key)
{
    bool failed, is_idle = rig_order_is_done(r, &failed);
    bool wanted = key == KEY_ARM || (r->is_unattended && r->axis.alarm_comms);
    if (!r->has_axis || !(r->axis.fault || r->axis.alarm) || r->axis.alarm_estop || r->axis.alarm_sto || !wanted ||
        !is_idle || r->resets >= RESETS_MAX || !r->inputs.estop_healthy)
        return;
    r->resets++;
    rig_order(r, &(struct axis_command){.order = AXIS_ALARM_RESET});
}

static void step_waiting(struct rig *r, enum rig_key key)
{
    double v, l;
    char text[160];
    enum safety_cause c = safety_check(&r->limits, &r->inputs, &v, &l);
    safety_describe(c, v, l, text, sizeof text);
    if (c == SAFETY_CLEAR)
        snprintf(r->message, sizeof r->message, "all clear: a = arm and start, q = quit");
    else
        snprintf(r->message, sizeof r->message, "not clear (%.150s): a = reset a drive alarm, q = quit", text);
    maybe_reset_alarm(r, key);
    if (r->is_unattended && r->now - r->state_since > ARM_PATIENCE)
        give_up_waiting(r);
}

static void fail_sequence(struct rig *r, const char *why)
{
    snprintf(r->sequence.reason, sizeof r->sequence.reason, "%s", why);
    r->sequence_failed = true;
}

static void step_enabling(struct rig *r)
{
    bool failed, done = rig_order_is_done(r, &failed);
    snprintf(r->message, sizeof r->message, "switching the drive on: space = stop");
    if (r->axis.enabled) {
        sequence_init(&r->sequence, r->method, r->bench, r->now);
        go(r, RIG_RUNNING, sequence_stage(&r->sequence));
    } else if (done && r->last_order != AXIS_ENABLE) {
        rig_order(r, &(struct axis_command){.order = AXIS_ENABLE});
    } else if (failed || r->now - r->state_since > ENABLE_TIME) {
        fail_sequence(r, "the drive does not switch on");
    }
}

static void step_running(struct rig *r)
{
    struct seq_output out;
    const struct link_sample *a = sample_of(r, BENCH_AXIS), *f = sample_of(r, BENCH_FORCE);
    const struct link_outbox *o = &r->outbox[r->bench->device[BENCH_AXIS].link];
    struct seq_inputs in = {.now = r->now, .axis = &r->axis, .axis_sent = a->sent, .axis_count = a->count,
                            .force = r->force.force, .force_sent = f->sent, .force_count = f->count,
                            .order_time = o->order_time, .is_still = !r->stopper.is_active};
    size_t stage = r->sequence.stage;
    in.order_done = rig_order_is_done(r, &in.order_failed);
    sequence_step(&r->sequence, &in, &out);
    snprintf(r->message, sizeof r->message, "%s: space = stop", sequence_stage(&r->sequence));
    switch (out.request) {
    case SEQ_ORDER: rig_order(r, &out.command); break;
    case SEQ_STOP: stop_begin(r); break;
    case SEQ_TRIP: r->sequence_failed = true; break;
    case SEQ_POLARITY: r->polarity_wrong = true; break;
    case SEQ_DONE:
        r->ended_from = RIG_FINISHING;
        go(r, RIG_FINISHING, r->sequence.reason);
        break;
    case SEQ_NOTHING: break;
    }
    if (r->sequence.stage != stage)
        rig_event(r, "state", sequence_stage(&r->sequence), stage_names[r->method->stage[stage].kind],
                  r->sequence.reason);
}

/* A drive whose load would fall is never switched off by software. */
static void step_finishing(struct rig *r)
{
    bool failed, done = rig_order_is_done(r, &failed);
    snprintf(r->message, sizeof r->message, "finishing");
    bool leave_on = r->bench->axis.on_disable == ON_DISABLE_FALLS;
    if (!leave_on && done && r->last_order != AXIS_DISABLE)
        rig_order(r, &(struct axis_command){.order = AXIS_DISABLE});
    else if (leave_on || (done && r->last_order == AXIS_DISABLE) || r->now - r->state_since > FINISH_TIME)
        go(r, RIG_ENDED, "");
}

static void end_from(struct rig *r, enum rig_state how)
{
    r->ended_from = how;
    go(r, RIG_ENDED, "");
}

/* After an E-stop or an open door the drive is also told to switch off, once the axis stands. */
static void release_drive(struct rig *r)
{
    if (r->state != RIG_TRIPPED || r->released || r->stopper.is_active || safety_action(r->latch.first) != ACTION_RELEASE ||
        r->bench->axis.on_disable == ON_DISABLE_FALLS)
        return;
    r->released = true;
    rig_order(r, &(struct axis_command){.order = AXIS_DISABLE});
}

/* Tripped or stopped by the operator: first stand still, then perhaps unload, then end. */
static void step_halted(struct rig *r, enum rig_key key)
{
    enum rig_state how = r->state;
    release_drive(r);
    if (r->stopper.is_active) {
        snprintf(r->message, sizeof r->message, "stopping: waiting for the proof that the axis stands");
        return;
    }
    if (r->is_unattended) {
        if (how == RIG_TRIPPED && unload_wants_more(r))
            unload_begin(r);
        else
            end_from(r, how);
        return;
    }
    snprintf(r->message, sizeof r->message, "%s: u = one step away from the sample, q = end the run",
             rig_state_names[how]);
    if (key == KEY_UNLOAD)
        unload_begin(r);
    else if (key == KEY_QUIT)
        end_from(r, how);
}

static void take_key(struct rig *r, enum rig_key key)
{
    static const char *const names[] = {"", "arm", "stop", "unload", "quit"};
    if (key == KEY_NONE)
        return;
    rig_event(r, "operator", names[key], "", rig_state_names[r->state]);
    if (key != KEY_STOP && key != KEY_QUIT)
        return;
    if (r->state == RIG_WAITING) {
        end_from(r, RIG_STOPPED);
    } else if (r->state == RIG_ENABLING || r->state == RIG_RUNNING) {
        stop_begin(r);
        go(r, RIG_STOPPED, "by the operator");
    } else if (r->state == RIG_UNLOADING) {
        unload_stop(r, "by the operator");
    }
}

static void step_state(struct rig *r, enum rig_key key)
{
    switch (r->state) {
    case RIG_WAITING: step_waiting(r, key); break;
    case RIG_ENABLING: step_enabling(r); break;
    case RIG_RUNNING: step_running(r); break;
    case RIG_TRIPPED: case RIG_STOPPED: step_halted(r, key); break;
    case RIG_UNLOADING: unload_step(r); break;
    case RIG_FINISHING: step_finishing(r); break;
    case RIG_ENDED: break;
    }
}

/* ---- links, record
 * ------------------------------------------------------------------------------------------------------- */

static void post(struct rig *r)
{
    bool is_free = !r->stopper.is_active;
    for (size_t i = 0; i < r->links; i++) {
        r->inbox[i].talk_until = r->now + PERMIT_TICKS * r->bench->tick_period + r->limits.max_lateness;
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
    take_key(r, key);
    step_state(r, key);
    leash_step(r);
    stop_step(r);
    post(r);
    record(r);
    return r->state != RIG_ENDED;
}

/* ---- how it went
 * --------------------------------------------------------------------------------------------------------- */

const char *rig_outcome(const struct rig *r, char *cause, size_t size)
{
    cause[0] = '\0';
    if (r->state != RIG_ENDED) {
        snprintf(cause, size, "not finished");
        return "aborted";
    }
    if (r->ended_from == RIG_FINISHING) {
        snprintf(cause, size, "%s", r->sequence.reason);
        return r->sequence.is_retracting_early ? "aborted" : "done";
    }
    if (r->ended_from == RIG_STOPPED) {
        snprintf(cause, size, "stopped by the operator");
        return "stopped";
    }
    snprintf(cause, size, "%s", r->trip_text);
    return "tripped";
}

int rig_result(const struct rig *r, struct err *e)
{
    char cause[240];
    const char *how = rig_outcome(r, cause, sizeof cause);
    const char *axis = !r->stopper.sent           ? "the axis did not move"
                       : r->stopper.has_given_up  ? "the axis was NOT seen to stop: its own watchdog has to"
                                                  : "axis stopped";
    if (strcmp(how, "done") == 0)
        return 0;
    if (strcmp(how, "stopped") == 0)
        return err_set(e, ERR_STOPPED, "%s: %s", cause, axis);
    if (strcmp(how, "aborted") == 0) {
        err_set(e, ERR_FAILED, "test not completed: %s", cause);
        return ERR_FAILED;
    }
    err_set(e, ERR_SAFETY, "SAFETY TRIP %s: %s%s", cause, axis, r->unload_steps ? ", then unloaded" : "");
    err_hint(e, "limits are in %s and %s; events.csv of the run has the course", r->bench->file, r->method->file);
    return ERR_SAFETY;
}
