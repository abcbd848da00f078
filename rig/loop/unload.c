/* unload.c -- see unload.h. */
#include <math.h>
#include <stdio.h>
#include "rig/loop/away.h"
#include "rig/loop/motion.h"
#include "rig/loop/stop.h"
#include "rig/loop/unload.h"

#define STEP_TIME 1.0      /* s until the drive must have taken the step and ended it */
enum { UNLOAD_STEPS_MAX = 100 };

/* Why a step is not allowed now; NULL when it is. */
static const char *refusal(const struct rig *r)
{
    const struct safety_inputs *in = &r->inputs;
    bool was_stopped = r->state == RIG_STOPPED;
    if (!was_stopped && r->limits.action[r->latch.first] != ACTION_UNLOAD)
        return "not after this cause";
    if (r->stopper.has_given_up)
        return "the axis was not seen to stop";
    if (motion_is_seen(r))
        return "the axis moves by itself";
    if (!in->estop_healthy || in->alarm_estop || in->alarm_sto)
        return "E-stop";
    if (!in->door_closed)
        return "the door is open";
    if (in->drive_fault || in->alarm)
        return "drive alarm";
    if (!r->axis.enabled)
        return "the drive is off";
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        if (!(in->age[d] <= r->limits.max_age[d]))
            return "no fresh samples";
    for (size_t i = 0; i < r->links; i++)
        if (!r->outbox[i].is_up || r->outbox[i].generation != r->generation[i])
            return "a link was lost";
    return in->recorder_failed ? "the recorder failed" : NULL;
}

bool unload_wants_more(struct rig *r)
{
    const struct stage *last = &r->method->stage[r->method->n - 1];
    double target;
    if (!r->unload_has_base)
        r->unload_left = last->distance;
    return r->unload_left > 0.5 * r->bench->axis.position_tolerance && r->unload_steps < UNLOAD_STEPS_MAX &&
           (!r->axis.homed || r->axis.position > 0.0) && !refusal(r) && !away_refusal(r, &target);
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
    else if (is_downwards ? x < from - slack : x > from + slack)
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
