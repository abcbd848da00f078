/* watch.h -- is the axis what it must be while a method runs: on, homed once it was, without a leap of its position, on
 * its way?  Judged from each new sample of the axis. */
#ifndef RIG_LOOP_WATCH_H
#define RIG_LOOP_WATCH_H
#include "rig/loop/tick.h"

/* Once a tick, before safety is judged: r->watch.loss is the first thing found since it was armed. */
void watch_look(struct rig *r);
/* A new order: where from, how fast. */
void watch_order(struct rig *r, const struct axis_command *c);
void watch_armed(struct rig *r);
/* The stage of homing ended well. */
void watch_has_homed(struct rig *r);
/* Homed in this run, and the drive still says so: only then does a position mean a place. */
bool watch_is_homed(const struct rig *r);
/* Its position means nothing any more: only a new run, which homes, may move it by position. */
bool watch_needs_home(const struct rig *r);
#endif
