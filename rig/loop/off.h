/* off.h -- switching the drive off until a fresh sample shows it.  The link sends it on every path that is open, blind
 * when no reply comes, and after STOP first when the link comes back.  events.csv has what was ordered, sent,
 * acknowledged and seen, each when it was. */
#ifndef RIG_LOOP_OFF_H
#define RIG_LOOP_OFF_H
#include "rig/loop/tick.h"

/* Does nothing where the load would fall (`axis/on_disable`), or when one is under way. */
void off_begin(struct rig *r, const char *why);
void off_step(struct rig *r); /* once a tick */
#endif
