/* states.h -- the controller's states (rig_state): what each does in a tick, keys, orders to the axis. */
#ifndef RIG_LOOP_STATES_H
#define RIG_LOOP_STATES_H
#include "rig/loop/tick.h"

/* One tick of the present state, after safety was judged. */
void states_step(struct rig *r, enum rig_key key);
/* Into another state, with an event. */
void rig_go(struct rig *r, enum rig_state to, const char *why);
/* tick.c's, for the states: a device's newest sample; the first cause in words. */
const struct link_sample *rig_sample(const struct rig *r, size_t device);
void rig_describe_trip(const struct rig *r, char *out, size_t size);
#endif
