/* unload.h -- leaving a trip: one slow, short step away from the sample (or back into the limits), never towards it. */
#ifndef RIG_LOOP_UNLOAD_H
#define RIG_LOOP_UNLOAD_H
#include "rig/loop/tick.h"

/* Begins a step when it is allowed: the cause is force, travel or following error (or the operator's stop), E-stop
 * healthy, no drive alarm, data fresh.  Else says why not, as an event. */
void unload_begin(struct rig *r);
void unload_step(struct rig *r);                 /* once a tick in RIG_UNLOADING */
void unload_stop(struct rig *r, const char *why);
/* Unattended: is the method's retract distance not yet covered, and may it go on? */
bool unload_wants_more(struct rig *r);
#endif
