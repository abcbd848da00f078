/* motion.h -- an axis that moves although nothing asked it to: by itself, or because somebody else commands it.  Judged
 * in every state in which this controller commands no motion, from fresh samples only: asked for after everything that
 * it did command had ended, and an allowance later (`axis/settle`, at most MOTION_ALLOWANCE_MAX).  While a STOP is
 * waiting for its proof that is what judges (stop.h), for 2 s at most. */
#ifndef RIG_LOOP_MOTION_H
#define RIG_LOOP_MOTION_H
#include "rig/loop/tick.h"

#define MOTION_ALLOWANCE_MAX 0.5 /* s, whatever `axis/settle` says */

/* Once a tick, before safety is judged: looks at a new axis sample; r->motion has the verdict, for the latch. */
void motion_look(struct rig *r);
/* Once a tick, after safety was judged: STOP, an event, and what the operator has to know. */
void motion_act(struct rig *r);
/* Is there such a motion, by the last look? */
bool motion_is_seen(const struct rig *r);
#endif
