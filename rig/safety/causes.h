/* causes.h -- why the latch trips, and what follows.  Every trip withdraws permission and sends STOP until it is
 * proven; what follows is the bench's choice for each cause (`actions` of its file), within what the cause allows. */
#ifndef RIG_SAFETY_CAUSES_H
#define RIG_SAFETY_CAUSES_H
#include "rig/device/bench.h"

enum safety_cause {
    SAFETY_CLEAR, SAFETY_START, SAFETY_ESTOP, SAFETY_DRIVE_ALARM, SAFETY_DOOR, SAFETY_LINK, SAFETY_BUS_FAILURES,
    SAFETY_AXIS_AGE, SAFETY_FORCE_AGE, SAFETY_SATURATION, SAFETY_FORCE_PUSH, SAFETY_FORCE_PULL, SAFETY_FORCE_RATE,
    SAFETY_TRAVEL, SAFETY_FOLLOWING, SAFETY_LATENESS, SAFETY_RECORDER, SAFETY_POLARITY, SAFETY_SEQUENCE,
    SAFETY_FORCE_FROZEN, SAFETY_AXIS_FROZEN, SAFETY_OVERSHOOT, SAFETY_FOREIGN, SAFETY_MOTION, SAFETY_LOST,
    SAFETY_CAUSES
};
extern const char *const safety_cause_names[]; /* "clear", "start", "estop", ..., NULL */
extern const char *const safety_cause_units[]; /* of value and limit as shown by safety_describe */

enum safety_action {
    ACTION_STOP,    /* stands, powered; no steps */
    ACTION_UNLOAD,  /* as above, but the operator may step away from the sample */
    ACTION_DISABLE  /* stands, and the drive is switched off */
};
extern const char *const safety_action_names[]; /* "stop", "stop_and_unload", "stop_and_disable", NULL */

/* May steps away follow this cause?  Only where position and force are known and believed. */
bool safety_may_unload(enum safety_cause c);
/* Reads `actions:` of a bench document: one for each cause, none has a default.  ERR_PARSE; ERR_RANGE: steps away where
 * what is measured is in doubt, switching off a drive whose load would fall. */
int safety_actions_read(enum safety_action action[SAFETY_CAUSES], struct config *doc, const struct bench *b,
                        struct err *e);
#endif
