/* causes.c -- see causes.h. */
#include "rig/safety/causes.h"

const char *const safety_cause_names[] = {
    "clear",      "start",      "estop",        "drive_alarm",  "door",          "link",        "bus_failures",
    "axis_age",   "force_age",  "saturation",   "force_push",   "force_pull",    "force_rate",  "travel",
    "following_error", "lateness", "recorder",  "polarity",     "sequence",      "force_frozen", "axis_frozen",
    "overshoot",  "foreign_write", "unexpected_motion", "axis_lost", NULL};
const char *const safety_cause_units[] = {
    "", "", "", "", "", "", "failures in a row", "ms", "ms", "N", "N", "N", "N/s", "mm", "mm", "ms", "", "N", "",
    "ms", "ms", "N", "", "mm", ""};
const char *const safety_action_names[] = {"stop", "stop_and_unload", "stop_and_disable", NULL};

bool safety_may_unload(enum safety_cause c)
{
    switch (c) {
    case SAFETY_FORCE_PUSH: case SAFETY_FORCE_PULL: case SAFETY_FORCE_RATE: case SAFETY_TRAVEL: case SAFETY_FOLLOWING:
    case SAFETY_SEQUENCE: case SAFETY_OVERSHOOT: case SAFETY_MOTION:
        return true;
    default:
        return false;
    }
}

static int read_one(enum safety_action *out, struct cnode at, enum safety_cause c, const struct bench *b, struct err *e)
{
    const char *name = safety_cause_names[c];
    int which = 0, rc = config_choice(at, name, safety_action_names, &which, e);
    *out = (enum safety_action)which;
    if (rc)
        return rc;
    if (*out == ACTION_UNLOAD && !safety_may_unload(c)) {
        config_fail(config_get(at, name), e, ERR_RANGE, "%s: no steps away after this cause", name);
        err_hint(e, "%s",
                 c == SAFETY_ESTOP || c == SAFETY_DOOR ? "somebody may be reaching in: stop_and_disable, or stop"
                                                       : "what is measured is in doubt: stop, or stop_and_disable");
        return ERR_RANGE;
    }
    if (*out == ACTION_DISABLE && b->axis.on_disable == ON_DISABLE_FALLS)
        return config_fail(config_get(at, name), e, ERR_RANGE,
                           "%s: the drive must not be switched off: its load would fall (axis/on_disable)", name);
    return 0;
}

int safety_actions_read(enum safety_action action[SAFETY_CAUSES], struct config *doc, const struct bench *b,
                        struct err *e)
{
    struct cnode at = {0};
    int rc = config_need(config_root(doc), "actions", &at, e);
    if (rc == 0)
        rc = config_known(at, safety_cause_names + SAFETY_ESTOP, e);
    action[SAFETY_CLEAR] = action[SAFETY_START] = ACTION_STOP;
    for (int c = SAFETY_ESTOP; c < SAFETY_CAUSES && rc == 0; c++)
        rc = read_one(&action[c], at, (enum safety_cause)c, b, e);
    return rc;
}
