/* unload.h -- leaving a trip: one slow, short step away from the sample (or back into the limits), never towards it. */
#ifndef RIG_LOOP_UNLOAD_H
#define RIG_LOOP_UNLOAD_H
#include "rig/loop/tick.h"

/* Begins a step when it is allowed: after a cause for which the bench says so (or the operator's stop), with E-stop,
 * door, drive and links in order, and with a position and a force that are fresh, finite, in range and not repeated:
 * the step is guarded by both.  Else says why not, as an event. */
void unload_begin(struct rig *r);
void unload_step(struct rig *r);                 /* once a tick in RIG_UNLOADING */
void unload_stop(struct rig *r, const char *why);
/* Unattended: is the method's retract distance not yet covered, and may it go on? */
bool unload_wants_more(struct rig *r);
#endif
