/* states.c -- see states.h: what the controller does in each state, and the orders it gives. */
#include <math.h>
#include <stdio.h>
#include "rig/loop/leash.h"
#include "rig/loop/motion.h"
#include "rig/loop/off.h"
#include "rig/loop/states.h"
#include "rig/loop/stop.h"
#include "rig/loop/unload.h"
#include "rig/loop/watch.h"

#define ARM_PATIENCE 10.0    /* s an unattended run waits for all clear */
#define OFF_LEAVES 1.0       /* s an order to switch off may take to leave: a link is opened anew for it */
#define ENABLE_TIME 2.0      /* s a drive may take to switch on */
#define FINISH_TIME 3.0      /* s it may take to switch off; off.h tries for 2 s, once its first order has left */
enum { RESETS_MAX = 3 };

const char *const rig_state_names[] = {"waiting", "enabling",  "running",   "tripped",
                                       "stopped", "unloading", "prompting", "finishing", "ended"};

void rig_go(struct rig *r, enum rig_state to, const char *why)
{
    rig_event(r, "state", rig_state_names[to], rig_state_names[r->state], why);
    r->state = to;
    r->state_since = r->now;
}

/* ---- orders ---- */

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
    watch_order(r, c);
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

/* ---- the states ---- */

static void give_up_waiting(struct rig *r)
{
    enum safety_cause c = safety_check(&r->limits, &r->inputs, &r->latch.value, &r->latch.limit);
    if (motion_is_seen(r)) { /* whatever else came of it, such as samples that are old because the link fell silent */
        c = SAFETY_MOTION;
        r->latch.value = r->motion.way;
        r->latch.limit = r->limits.still;
    }
    r->latch.first = c == SAFETY_CLEAR ? SAFETY_START : c;
    r->latch.at = r->now;
    rig_describe_trip(r, r->trip_text, sizeof r->trip_text);
    r->ended_from = RIG_TRIPPED;
    rig_go(r, RIG_ENDED, "never all clear");
}

/* Alarms are reset on the operator's edge; without an operator only the one that the last run's end left behind. */
static void maybe_reset_alarm(struct rig *r, enum rig_key key)
{
    bool failed, is_idle = rig_order_is_done(r, &failed);
    bool wanted = key == KEY_ARM || key == KEY_RESET || (r->is_unattended && r->axis.alarm_comms);
    if (!r->has_axis || !(r->axis.fault || r->axis.alarm) || !wanted || !is_idle || r->resets >= RESETS_MAX ||
        !r->inputs.estop_healthy) /* an E-stop's alarm stays in the drive when the button is out again */
        return;
    r->resets++;
    rig_order(r, &(struct axis_command){.order = AXIS_ALARM_RESET});
}

/* What is not clear, in words; "" when all is. */
static void describe_now(const struct rig *r, char *out, size_t size)
{
    double v, l;
    enum safety_cause c = safety_check(&r->limits, &r->inputs, &v, &l);
    out[0] = '\0';
    if (c != SAFETY_CLEAR)
        safety_describe(c, v, l, out, size);
}

#define MOVES_ALONE "THE AXIS MOVES, nothing asked it to: press the E-stop; "

static void step_waiting(struct rig *r, enum rig_key key)
{
    char text[160];
    describe_now(r, text, sizeof text);
    if (motion_is_seen(r))
        snprintf(r->message, sizeof r->message, MOVES_ALONE "space = STOP again, q = quit");
    else if (!text[0])
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
        if (r->is_leaving)
            sequence_leave(&r->sequence, r->now);
        else if (r->has_begun)
            sequence_resume(&r->sequence, r->now);
        else
            sequence_init(&r->sequence, r->method, r->bench, r->now);
        r->has_begun = true;
        rig_go(r, RIG_RUNNING, sequence_stage(&r->sequence));
    } else if (done && r->last_order != AXIS_ENABLE) {
        rig_order(r, &(struct axis_command){.order = AXIS_ENABLE});
    } else if (failed || r->now - r->state_since > ENABLE_TIME) {
        fail_sequence(r, "the drive does not switch on");
    }
}

/* The zero is bounded at the tare only; what it was at the end is told, for whoever reads the forces. */
static void judge_zero(struct rig *r)
{
    const struct sequence *s = &r->sequence;
    char value[48];
    if (isnan(s->zero_return) || fabs(s->zero_return) <= sequence_zero_bound(s))
        return;
    snprintf(value, sizeof value, "%+.4f N (at most %.4f N)", s->zero_return, sequence_zero_bound(s));
    rig_event(r, "note", "zero moved", value,
              "in air after the retract, from the tare: a drift, or something hangs on");
}

/* A way back does not undo the trip, or the stop, before it. */
static enum rig_state how_it_ends(const struct rig *r, enum rig_state how)
{
    return r->has_tripped ? RIG_TRIPPED : r->is_leaving ? RIG_STOPPED : how;
}

static void step_running(struct rig *r)
{
    struct seq_output out;
    const struct link_sample *a = rig_sample(r, BENCH_AXIS), *f = rig_sample(r, BENCH_FORCE);
    const struct link_outbox *o = &r->outbox[r->bench->device[BENCH_AXIS].link];
    struct seq_inputs in = {.now = r->now, .axis = &r->axis, .axis_sent = a->sent, .axis_count = a->count,
                            .force = r->force.force, .force_sent = f->sent, .force_count = f->count,
                            .order_time = o->order_time, .is_still = !r->stopper.is_active && !r->stopper.has_given_up};
    size_t stage = r->sequence.stage;
    in.order_done = rig_order_is_done(r, &in.order_failed);
    sequence_step(&r->sequence, &in, &out);
    snprintf(r->message, sizeof r->message, "%s: space = stop", sequence_stage(&r->sequence));
    switch (out.request) {
    case SEQ_ORDER: rig_order(r, &out.command); break;
    case SEQ_STOP: stop_begin(r); break;
    case SEQ_TRIP: /* the latch trips in the next tick; STOP need not wait for it */
        r->sequence_failed = true;
        stop_begin(r);
        break;
    case SEQ_POLARITY:
        r->polarity_wrong = true;
        stop_begin(r);
        break;
    case SEQ_PROMPT:
        safety_disarm(&r->latch);
        rig_go(r, RIG_PROMPTING, r->sequence.reason);
        break;
    case SEQ_DONE:
        judge_zero(r);
        r->ended_from = how_it_ends(r, RIG_FINISHING);
        r->went_back = r->is_leaving;
        rig_go(r, RIG_FINISHING, r->sequence.reason);
        break;
    case SEQ_NOTHING: break;
    }
    if (r->sequence.stage != stage && r->method->stage[stage].kind == STAGE_HOME)
        watch_has_homed(r);
    if (r->sequence.stage != stage)
        rig_event(r, "state", sequence_stage(&r->sequence), stage_names[r->method->stage[stage].kind],
                  r->sequence.reason);
}

/* A drive whose load would fall is never switched off by software. */
static void step_finishing(struct rig *r)
{
    snprintf(r->message, sizeof r->message, "finishing");
    if (!(r->off.began >= r->state_since))
        off_begin(r, "");
    if (!r->off.is_active || r->now - r->state_since > FINISH_TIME)
        rig_go(r, RIG_ENDED, "");
}

static void end_from(struct rig *r, enum rig_state how)
{
    r->ended_from = how_it_ends(r, how);
    rig_go(r, RIG_ENDED, "");
}

/* Where the bench asks for it (E-stop, door) the drive is also told to switch off, once the axis stands. */
static void release_drive(struct rig *r)
{
    if (r->state != RIG_TRIPPED || r->released || r->stopper.is_active ||
        r->limits.action[r->latch.first] != ACTION_DISABLE || r->bench->axis.on_disable == ON_DISABLE_FALLS)
        return;
    r->released = true;
    off_begin(r, safety_cause_names[r->latch.first]);
}

/* The latches that the controller itself set; what is measured has to become clear by itself. */
static void reset(struct rig *r, enum rig_key key)
{
    if (key == KEY_RESET)
        r->sequence_failed = r->polarity_wrong = false;
    maybe_reset_alarm(r, key == KEY_RESET ? KEY_RESET : KEY_NONE);
}

static void say_halted(struct rig *r)
{
    char text[160];
    describe_now(r, text, sizeof text);
    if (r->stopper.has_given_up)
        snprintf(r->message, sizeof r->message,
                 "the axis was NOT seen to stop: press the E-stop; %s, q = end the run",
                 r->stopper.is_wanted ? "STOP follows when its watchdog had its time" : "space = STOP again");
    else if (motion_is_seen(r))
        snprintf(r->message, sizeof r->message, MOVES_ALONE "space = STOP again, q = end the run");
    else if (watch_needs_home(r))
        snprintf(r->message, sizeof r->message,
                 "where the axis is is not known any more (%s): q = end the run; a new one "
                 "homes",
                 axis_loss_words[r->watch.loss]);
    else if (!r->watch.has_homed)
        snprintf(r->message, sizeof r->message,
                 "%s; not homed in this run: u = one step away, r = reset, q = end the run; a new one homes",
                 rig_state_names[r->state]);
    else if (r->motion.times)
        snprintf(r->message, sizeof r->message,
                 "the axis MOVED, nothing asked it to: press the E-stop; u = one step away, a = arm, q = end the run");
    else if (text[0])
        snprintf(r->message, sizeof r->message, "%s; not clear (%.100s): u = one step away, r = reset, q = end the run",
                 rig_state_names[r->state], text);
    else
        snprintf(r->message, sizeof r->message,
                 "%s; clear: u = one step away, a = arm for the way back, q = end the run", rig_state_names[r->state]);
}

/* Tripped or stopped by the operator: first stand still, then perhaps unload, then the way back, or the end. */
static void step_halted(struct rig *r, enum rig_key key)
{
    enum rig_state how = r->state;
    release_drive(r);
    if (r->stopper.is_active) {
        snprintf(r->message, sizeof r->message, "%s",
                 motion_is_seen(r) ? MOVES_ALONE "STOP is sent again and again"
                                   : "stopping: waiting for the proof that the axis stands");
        if (key == KEY_UNLOAD)
            rig_event(r, "note", "unload", "refused", "the axis is not proven to stand");
        return;
    }
    if (r->latch.is_armed)
        safety_disarm(&r->latch);
    if (r->is_unattended && r->off.is_active && !r->off.is_sent && r->now - r->off.began < OFF_LEAVES)
        return; /* the order to switch off must leave before the links end */
    if (r->is_unattended) {
        if (how == RIG_TRIPPED && unload_wants_more(r))
            unload_begin(r);
        else
            end_from(r, how);
        return;
    }
    say_halted(r);
    reset(r, key);
    if (key == KEY_UNLOAD)
        unload_begin(r);
    else if (key == KEY_QUIT)
        end_from(r, how);
}

/* Nothing has permission.  Somebody may reach in: the drive is switched off, unless its load would fall. */
static void step_prompting(struct rig *r, enum rig_key key)
{
    const struct stage *s = &r->method->stage[r->sequence.stage];
    bool stays_on = r->bench->axis.on_disable == ON_DISABLE_FALLS;
    char text[160];
    if (r->axis.enabled && !(r->off.began >= r->state_since))
        off_begin(r, "");
    describe_now(r, text, sizeof text);
    snprintf(r->message, sizeof r->message, "%.100s: %s%.80s%s, q = end the run", s->text,
             text[0] ? "not clear (" : "a = arm and go on", text, text[0] ? "), r = reset" : "");
    if (r->axis.enabled && !stays_on && r->off.has_failed)
        snprintf(r->message, sizeof r->message, "THE DRIVE IS STILL ON although it was told to switch off: press the "
                                                "E-stop before you reach in; q = end the run");
    if (motion_is_seen(r))
        snprintf(r->message, sizeof r->message, MOVES_ALONE "space = STOP, q = end the run");
    maybe_reset_alarm(r, key);
    if (r->now - r->state_since > s->longest) {
        snprintf(r->sequence.reason, sizeof r->sequence.reason, "nobody armed within %.4g s of the prompt", s->longest);
        r->sequence.is_retracting_early = true;
        end_from(r, RIG_FINISHING);
    }
}

static void take_key(struct rig *r, enum rig_key key)
{
    static const char *const names[] = {"", "arm", "stop", "unload", "reset", "quit", "skip"};
    if (key == KEY_NONE)
        return;
    rig_event(r, "operator", names[key], "", rig_state_names[r->state]);
    if (key != KEY_STOP && key != KEY_QUIT)
        return;
    if (key == KEY_STOP && r->state == RIG_WAITING && (motion_is_seen(r) || r->stopper.is_active)) {
        stop_for_trip(r);
    } else if (r->state == RIG_WAITING) {
        end_from(r, RIG_STOPPED);
    } else if (r->state == RIG_ENABLING || r->state == RIG_RUNNING || r->state == RIG_PROMPTING) {
        stop_begin(r);
        rig_go(r, RIG_STOPPED, "by the operator");
    } else if (r->state == RIG_UNLOADING) {
        unload_stop(r, "by the operator");
    } else if (key == KEY_STOP && (r->state == RIG_TRIPPED || r->state == RIG_STOPPED)) {
        if (!r->stopper.is_proven)
            stop_begin(r); /* space stops, always; one that is under way goes on by itself */
    }
}

void states_step(struct rig *r, enum rig_key key)
{
    take_key(r, key);
    switch (r->state) {
    case RIG_WAITING: step_waiting(r, key); break;
    case RIG_ENABLING: step_enabling(r); break;
    case RIG_RUNNING: step_running(r); break;
    case RIG_TRIPPED: case RIG_STOPPED: step_halted(r, key); break;
    case RIG_UNLOADING: unload_step(r); break;
    case RIG_PROMPTING: step_prompting(r, key); break;
    case RIG_FINISHING: step_finishing(r); break;
    case RIG_ENDED: break;
    }
}
