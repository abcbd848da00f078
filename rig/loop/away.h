/* away.h -- steps after a trip: which way leads away from the sample, and what force they may meet.  A session is all
 * steps between a trip (or the operator's stop) and the next arming. */
#ifndef RIG_LOOP_AWAY_H
#define RIG_LOOP_AWAY_H
#include "rig/loop/tick.h"

/* Where the next step goes, m; or why there is none.  Away is up, the way of homing and retract, by the bench's sense
 * of the axis (`axis/positive`) alone; only an axis that passed its upper hard limit, homed, comes back down to the
 * soft one.  Before homing the position decides nothing. */
const char *away_refusal(const struct rig *r, double *target);
/* A step begins, at the force of now: the session's first is its reference. */
void away_begin(struct rig *r);
/* Why the force ends the step under way; NULL while it does not.  |F| may be 5 % of the push limit above what this step
 * began at.  Over the session a push may be so much above the least that a step began at, a pull above the size of what
 * the first began at; and neither beyond its limit (of method and bench), or beyond the first where that was already.
 */
const char *away_force(const struct rig *r);
#endif
