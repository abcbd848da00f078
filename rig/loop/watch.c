/* watch.c -- see watch.h. */
#include <math.h>
#include <stdio.h>
#include "rig/loop/states.h"
#include "rig/loop/watch.h"

#define FASTER 1.5     /* than it was ordered: a servo that catches up, and the drive's speed quantum */
enum { TOLERANCES = 2 }; /* beside its way an axis may be by so many position_tolerance */

void watch_order(struct rig *r, const struct axis_command *c)
{
    struct rig_watch *w = &r->watch;
    w->highest = r->axis.position;
    w->to = c->target;
    w->left = fabs(w->highest - w->to);
    w->is_at_switch = false;
    w->before = w->speed;
    w->speed = c->speed;
}

void watch_armed(struct rig *r)
{
    const struct rig_watch *w = &r->watch;
    r->watch = (struct rig_watch){.seen = w->seen, .has_homed = w->has_homed, .left = INFINITY};
}

void watch_has_homed(struct rig *r) { r->watch.has_homed = true; }

bool watch_is_homed(const struct rig *r) { return r->watch.has_homed && r->axis.homed && !r->axis.homing; }

bool watch_needs_home(const struct rig *r) { return r->watch.home_is_lost; }

static bool is_homing(const struct rig *r)
{
    return r->state == RIG_RUNNING && r->method->stage[r->sequence.stage].kind == STAGE_HOME;
}

static double slack_of(const struct rig *r) { return TOLERANCES * r->bench->axis.position_tolerance; }

/* Further than it can have gone between the two samples?  Where it must stand, one that says that it moves is judged by
 * how far it goes (motion.h). */
static bool has_jumped(const struct rig *r, const struct link_sample *a)
{
    const struct rig_watch *w = &r->watch;
    bool must_stand = r->state == RIG_RUNNING && !r->sequence.is_waiting && !r->stopper.is_active;
    double way = FASTER * fmax(w->speed, w->before) * (a->received - w->sent);
    if (must_stand && r->axis.moving)
        return false;
    return !(fabs(r->axis.position - w->position) <= (must_stand ? 0.0 : way) + slack_of(r));
}

/* A seek for home goes up until the switch has closed; where its register is set anew it begins anew. */
static bool homes_downwards(struct rig *r, bool leapt)
{
    struct rig_watch *w = &r->watch;
    w->is_at_switch = w->is_at_switch || r->axis.input[INPUT_HOME];
    w->highest = leapt ? r->axis.position : fmin(w->highest, r->axis.position);
    return !w->is_at_switch && r->axis.position > w->highest + slack_of(r);
}

/* A move comes ever nearer to its target. */
static bool is_off_course(struct rig *r)
{
    struct rig_watch *w = &r->watch;
    double left = fabs(r->axis.position - w->to);
    w->left = fmin(w->left, left);
    return !(left <= w->left + slack_of(r));
}

/* Is the order under way taken, and was this sample asked for afterwards? */
static bool follows_an_order(const struct rig *r, const struct link_sample *a, enum axis_order what)
{
    const struct link_outbox *o = &r->outbox[r->bench->device[BENCH_AXIS].link];
    return r->last_order == what && r->sequence.is_waiting && o->order_done == r->order && !o->order_failed &&
           a->sent > o->order_time && !r->stopper.is_active;
}

static enum axis_loss judge_run(struct rig *r, const struct link_sample *a)
{
    struct rig_watch *w = &r->watch;
    bool homes = is_homing(r), leapt = w->has_one && has_jumped(r, a);
    bool was_homed = w->is_homed && !homes;
    w->is_homed = r->axis.homed && !homes;
    bool jumped = leapt && !homes && !w->homed_then; /* homing sets the register anew */
    w->home_is_lost = w->home_is_lost || (was_homed && !r->axis.homed) || jumped;
    if (!r->axis.enabled)
        return LOSS_OFF;
    if (was_homed && !r->axis.homed)
        return LOSS_HOME;
    if (jumped)
        return LOSS_JUMP;
    if (follows_an_order(r, a, AXIS_HOME) && homes_downwards(r, leapt))
        return LOSS_COURSE;
    if (!follows_an_order(r, a, AXIS_MOVE))
        return LOSS_NONE;
    w->before = w->speed; /* the order before it is over */
    return is_off_course(r) ? LOSS_COURSE : LOSS_NONE;
}

/* A step away goes by the position too. */
static enum axis_loss judge_step(struct rig *r, const struct link_sample *a)
{
    struct rig_watch *w = &r->watch;
    bool was_homed = w->is_homed, jumped = w->has_one && has_jumped(r, a);
    w->is_homed = r->axis.homed;
    w->home_is_lost = w->home_is_lost || jumped || (was_homed && !r->axis.homed);
    if (was_homed && !r->axis.homed)
        return LOSS_HOME;
    return jumped ? LOSS_JUMP : LOSS_NONE;
}

void watch_look(struct rig *r)
{
    struct rig_watch *w = &r->watch;
    const struct link_sample *a = rig_sample(r, BENCH_AXIS);
    bool runs = r->state == RIG_RUNNING || r->state == RIG_UNLOADING;
    if (!a->is_valid || a->count == w->seen)
        return;
    enum axis_loss found = LOSS_NONE;
    if (r->state == RIG_RUNNING && a->sent > r->state_since)
        found = judge_run(r, a);
    else if (r->state == RIG_UNLOADING)
        found = judge_step(r, a);
    if (w->loss == LOSS_NONE)
        w->loss = found;
    w->seen = a->count;
    w->sent = a->sent;
    w->position = r->axis.position;
    w->has_one = runs;
    w->homed_then = is_homing(r);
}
