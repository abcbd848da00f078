/* motion.c -- see motion.h. */
#include <math.h>
#include <stdio.h>
#include "rig/loop/motion.h"
#include "rig/loop/off.h"
#include "rig/loop/states.h"
#include "rig/loop/stop.h"

enum { STOPS_OBEYED = 3 }; /* a halted axis that goes on so often after proven STOPs does not obey them */

/* Is something under way that this controller asked for? */
static bool is_commanded(const struct rig *r)
{
    const struct link_outbox *o = &r->outbox[r->bench->device[BENCH_AXIS].link];
    bool by_state = r->state == RIG_UNLOADING || r->state == RIG_ENDED ||
                    (r->state == RIG_RUNNING && r->sequence.is_waiting);
    return by_state || r->stopper.is_active || r->stopper.has_given_up || o->order_done != r->order ||
           (r->off.is_active && !r->off.is_sent);
}

/* What the drive says of itself: its bits, and a speed that would leave the band before the next look. */
static bool says_it_moves(const struct rig *r)
{
    const struct bench_device *d = &r->bench->device[BENCH_AXIS];
    bool is_fast = map_find_value(&d->map, "velocity") >= 0 &&
                   !(fabs(r->axis.velocity) * (d->poll + r->bench->tick_period) <= r->limits.still);
    return r->axis.moving || r->axis.homing || is_fast;
}

static void begin_anew(struct rig_motion *m)
{
    m->is_free = m->has_from = m->is_told = false;
}

void motion_look(struct rig *r)
{
    struct rig_motion *m = &r->motion;
    const struct link_sample *a = rig_sample(r, BENCH_AXIS);
    double allowance = fmin(r->bench->axis.settle, MOTION_ALLOWANCE_MAX);
    if (is_commanded(r)) {
        begin_anew(m);
        if (!r->stopper.is_active && !r->stopper.has_given_up) { /* a STOP leaves the verdict until it is proven */
            m->moves = false;
            m->way = 0.0;
        }
        return;
    }
    if (!m->is_free)
        m->since = r->now;
    m->is_free = true;
    if (!a->is_valid || a->count == m->seen || !(a->sent > m->since + allowance))
        return;
    m->seen = a->count;
    if (!m->has_from)
        m->from = r->axis.position;
    m->has_from = true;
    m->moves = says_it_moves(r);
    m->way = r->axis.position - m->from;
}

bool motion_is_seen(const struct rig *r) { return r->motion.moves || !(fabs(r->motion.way) <= r->limits.still); }

void motion_act(struct rig *r)
{
    struct rig_motion *m = &r->motion;
    char value[48];
    if (!motion_is_seen(r) || m->is_told || !m->has_from) /* has_from: judged since it was free */
        return;
    m->is_told = true;
    m->times++;
    snprintf(value, sizeof value, "%+.4f mm%s", m->way * 1e3, m->moves ? ", says so" : "");
    rig_event(r, "note", "unexpected motion", value, rig_state_names[r->state]);
    if (m->times >= STOPS_OBEYED && r->axis.enabled && (r->state == RIG_TRIPPED || r->state == RIG_STOPPED))
        off_begin(r, "it goes on moving after STOP");
    if (!r->stopper.is_active) { /* else the trip has begun it */
        stop_begin(r);
        r->stopper.was_off = !r->axis.enabled;
    }
}
