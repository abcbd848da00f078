/* leash.h -- moves on a leash, for a drive without a watchdog for moves (watchdog kind `leash`): the drive is never
 * given a target further ahead than speed x watchdog_time.  When the PC dies, the axis runs on to that target, no
 * further.  The next hop is given when 0.7 of the last is left. */
#ifndef RIG_LOOP_LEASH_H
#define RIG_LOOP_LEASH_H
#include "rig/loop/tick.h"

/* The order as the drive may get it now; remembers where it shall go in the end. */
struct axis_command leash_begin(struct rig *r, const struct axis_command *c);
/* Once a tick: the next hop, when it is time for it. */
void leash_step(struct rig *r);
void leash_cut(struct rig *r); /* STOP: no further hop */
/* Is the drive's present target short of the end? */
bool leash_holds(const struct rig *r);
#endif
