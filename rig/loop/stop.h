/* stop.h -- STOP until it is proven: sent again until fresh samples say "not moving" at two equal positions; then
 * escalated. */
#ifndef RIG_LOOP_STOP_H
#define RIG_LOOP_STOP_H
#include "rig/loop/tick.h"

void stop_begin(struct rig *r); /* a stop already under way goes on */
/* The same for a trip: STOP leaves at once even when an earlier one is not proven yet. */
void stop_for_trip(struct rig *r);
void stop_step(struct rig *r);  /* once a tick */
/* states.c: orders to the axis */
void rig_order(struct rig *r, const struct axis_command *c);
void rig_send(struct rig *r, const struct axis_command *c); /* to the link, without veto, leash or event */
bool rig_order_is_done(const struct rig *r, bool *failed);
#endif
