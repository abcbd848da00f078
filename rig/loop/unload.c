/* unload.c -- see unload.h. */
#include <math.h>
#include <stdio.h>
#include "rig/loop/away.h"
#include "rig/loop/motion.h"
#include "rig/loop/stop.h"
#include "rig/loop/unload.h"
#include "rig/loop/watch.h"

#define STEP_TIME 1.0      /* s until the drive must have taken the step and ended it */
enum { UNLOAD_STEPS_MAX = 100 };

/* ---- what a step relies on: where the axis is, that it obeys, and a force that would show it going wrong ---- */

static bool after_another_cause(const struct rig *r)
{
    return r->state != RIG_STOPPED && r->limits.action[r->latch.first] != ACTION_UNLOAD;
}
static bool not_seen_to_stop(const struct rig *r) { return r->stopper.has_given_up; }
static bool estop(const struct rig *r)
{
    return !r->inputs.estop_healthy || r->inputs.alarm_estop || r->inputs.alarm_sto;
}
static bool door_open(const struct rig *r) { return !r->inputs.door_closed; }
static bool drive_alarm(const struct rig *r) { return r->inputs.drive_fault || r->inputs.alarm != 0; }
static bool drive_off(const struct rig *r) { return !r->axis.enabled; }
static bool link_lost(const struct rig *r)
{
    for (size_t i = 0; i < r->links; i++)
        if (!r->outbox[i].is_up || r->outbox[i].generation != r->generation[i])
            return true;
    return false;
}
static bool bus_fails(const struct rig *r) { return r->inputs.failures_in_row >= r->limits.bus_failures; }
static bool foreign_write(const struct rig *r) { return r->inputs.foreign_write; }
static bool samples_old(const struct rig *r)
{
    return !(r->inputs.age[BENCH_AXIS] <= r->limits.max_age[BENCH_AXIS] &&
             r->inputs.age[BENCH_FORCE] <= r->limits.max_age[BENCH_FORCE]);
}
static bool position_unknown(const struct rig *r) { return !r->has_axis || !isfinite(r->inputs.position); }
static bool home_lost(const struct rig *r) { return r->watch.loss == LOSS_HOME; }
static bool position_jumped(const struct rig *r) { return r->watch.loss == LOSS_JUMP; }
static bool position_repeats(const struct rig *r)
{
    return !(r->inputs.frozen[BENCH_AXIS] <= r->limits.max_frozen[BENCH_AXIS]);
}
static bool force_unknown(const struct rig *r) { return !isfinite(r->inputs.force); }
static bool force_repeats(const struct rig *r)
{
    return !(r->inputs.frozen[BENCH_FORCE] <= r->limits.max_frozen[BENCH_FORCE]);
}
static bool force_out_of_range(const struct rig *r) { return r->inputs.saturated; }
static bool sign_in_doubt(const struct rig *r) { return r->inputs.polarity_wrong; }
static bool tick_late(const struct rig *r) { return !(r->inputs.lateness <= r->limits.max_lateness); }
static bool recorder_failed(const struct rig *r) { return r->inputs.recorder_failed; }

/* The first that holds is told.  After the operator's own stop all of it holds too, but for the cause. */
static const struct refusal { bool (*holds)(const struct rig *r); const char *why; } refusals[] = {
    {after_another_cause, "not after this cause"},
    {not_seen_to_stop, "the axis was not seen to stop"},
    {estop, "E-stop"},
    {door_open, "the door is open"},
    {link_lost, "a link was lost"},
    {bus_fails, "too many transactions fail"},
    {foreign_write, "somebody else writes to the drive"},
    {samples_old, "no fresh samples"},
    {drive_alarm, "drive alarm"},
    {drive_off, "the drive is off"},
    {position_unknown, "the position is unknown"},
    {home_lost, "it is not homed any more"},
    {position_jumped, "the position jumped"},
    {position_repeats, "the position repeats itself"},
    {motion_is_seen, "the axis moves by itself"},
    {force_unknown, "the force is unknown"},
    {force_repeats, "the force repeats itself"},
    {force_out_of_range, "the cell is out of its range"},
    {sign_in_doubt, "the sign of the force is in doubt"},
    {tick_late, "this PC is late"},
    {recorder_failed, "the recorder failed"},
};

/* Why a step is not allowed now; NULL when it is. */
static const char *refusal(const struct rig *r)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].holds(r))
            return refusals[i].why;
    return NULL;
}

bool unload_wants_more(struct rig *r)
{
    const struct stage *last = &r->method->stage[r->method->n - 1];
    double target;
    if (!r->unload_has_base)
        r->unload_left = last->distance;
    return r->unload_left > 0.5 * r->bench->axis.position_tolerance && r->unload_steps < UNLOAD_STEPS_MAX &&
           (!watch_is_homed(r) || r->axis.position > 0.0) && !refusal(r) && !away_refusal(r, &target);
}

void unload_begin(struct rig *r)
{
    double target = 0.0;
    const char *no = refusal(r);
    if (!no)
        no = away_refusal(r, &target);
    if (no) {
        rig_event(r, "note", "unload", "refused", no);
        return;
    }
    away_begin(r);
    r->unload_has_base = true;
    r->unload_target = target;
    r->unload_position = r->axis.position;
    r->unload_steps++;
    r->ended_from = r->state; /* comes back to this */
    rig_event(r, "state", "unloading", rig_state_names[r->state],
              r->is_unattended ? "automatic, virtual bench" : "by the operator");
    r->state = RIG_UNLOADING;
    r->state_since = r->now;
    rig_order(r, &(struct axis_command){AXIS_MOVE, target, r->bench->unload_speed});
}

static void leave(struct rig *r, const char *why)
{
    rig_event(r, "state", rig_state_names[r->ended_from], "unloading", why);
    r->unload_left -= fabs(r->axis.position - r->unload_position);
    r->state = r->ended_from;
    r->state_since = r->now;
}

void unload_stop(struct rig *r, const char *why)
{
    stop_begin(r);
    r->unload_left = 0.0;
    leave(r, why);
}

void unload_step(struct rig *r)
{
    bool failed, done = rig_order_is_done(r, &failed);
    const struct link_outbox *o = &r->outbox[r->bench->device[BENCH_AXIS].link];
    double slack = r->bench->axis.position_tolerance, x = r->axis.position, from = r->unload_position;
    bool is_downwards = r->unload_target > from; /* the one case in which down is out of the limit */
    snprintf(r->message, sizeof r->message, "unloading: space = stop");
    enum rig_state back = r->ended_from;
    r->state = back; /* refusal() asks for the cause, not for the step */
    const char *no = refusal(r);
    r->state = RIG_UNLOADING;
    if (no)
        unload_stop(r, no);
    else if (away_force(r))
        unload_stop(r, away_force(r));
    else if (!(is_downwards ? x >= from - slack : x <= from + slack))
        unload_stop(r, "the axis moves the wrong way");
    else if (failed)
        unload_stop(r, "the drive did not take the order");
    else if (done && r->axis.moving &&
             o->sample[BENCH_AXIS].sent > o->order_time + UNLOAD_LONGEST + r->bench->axis.latency)
        unload_stop(r, "the step took longer than its permit");
    else if (r->now - r->state_since > STEP_TIME)
        unload_stop(r, "the step took too long");
    else if (done && o->sample[BENCH_AXIS].sent > o->order_time + r->bench->axis.settle && !r->axis.moving)
        leave(r, "step done");
}
