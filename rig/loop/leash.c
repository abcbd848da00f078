/* leash.c -- see leash.h. */
#include <math.h>
#include "rig/loop/leash.h"
#include "rig/loop/stop.h"

#define LEASH_RENEW 0.7 /* of a hop is left */

static double next_target(const struct rig *r, const struct axis_command *c)
{
    double reach = c->speed * r->bench->axis.watchdog_time, left = c->target - r->axis.position;
    return fabs(left) <= reach ? c->target : r->axis.position + copysign(reach, left);
}

struct axis_command leash_begin(struct rig *r, const struct axis_command *c)
{
    struct axis_command hop = *c;
    r->leash = (struct rig_leash){.is_active = false};
    if (c->order != AXIS_MOVE || r->bench->device[BENCH_AXIS].map.watchdog != WATCHDOG_LEASH)
        return hop;
    hop.target = next_target(r, c);
    r->leash = (struct rig_leash){true, *c, hop.target};
    return hop;
}

void leash_step(struct rig *r)
{
    struct rig_leash *l = &r->leash;
    const struct link_outbox *o = &r->outbox[r->bench->device[BENCH_AXIS].link];
    if (!leash_holds(r) || r->stopper.is_active || o->order_done != r->order || o->order_failed)
        return;
    double left = fabs(l->hop - r->axis.position), whole = l->whole.speed * r->bench->axis.watchdog_time;
    if (left > LEASH_RENEW * whole && !r->axis.moving && !r->axis.homing &&
        o->sample[BENCH_AXIS].sent > o->order_time + r->bench->axis.settle) {
        leash_cut(r); /* it stands, short of the hop's end: the sequence will find that the move ended short */
        return;
    }
    if (left > LEASH_RENEW * whole) /* the sample is old and the order takes time: well before the hop's end */
        return;
    l->hop = next_target(r, &l->whole);
    rig_send(r, &(struct axis_command){AXIS_MOVE, l->hop, l->whole.speed});
}

void leash_cut(struct rig *r) { r->leash.is_active = false; }

bool leash_holds(const struct rig *r) { return r->leash.is_active && r->leash.hop != r->leash.whole.target; }
