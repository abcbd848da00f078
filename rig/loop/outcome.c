/* outcome.c -- see tick.h: how a run went, in words and as an exit status. */
#include <stdio.h>
#include <string.h>
#include "rig/loop/tick.h"

const char *rig_outcome(const struct rig *r, char *cause, size_t size)
{
    cause[0] = '\0';
    if (r->state != RIG_ENDED) {
        snprintf(cause, size, "not finished");
        return "aborted";
    }
    if (r->ended_from == RIG_FINISHING) {
        snprintf(cause, size, "%s", r->sequence.reason);
        return r->sequence.is_retracting_early ? "aborted" : "done";
    }
    if (r->ended_from == RIG_STOPPED) {
        snprintf(cause, size, "stopped by the operator");
        return "stopped";
    }
    snprintf(cause, size, "%s", r->trip_text);
    return "tripped";
}

bool rig_is_left_on(const struct rig *r)
{
    bool has_time = r->ended_from == RIG_FINISHING || r->off.has_failed; /* others end as soon as the axis stands */
    return r->state == RIG_ENDED && has_time && r->off.began > 0.0 && !r->off.is_seen;
}

int rig_result(const struct rig *r, struct err *e)
{
    char cause[240];
    const char *how = rig_outcome(r, cause, sizeof cause);
    const char *axis = !r->stopper.sent           ? "no motion was asked for, no STOP was needed"
                       : r->stopper.has_given_up  ? "the axis was NOT seen to stop: its own watchdog has to"
                                                  : "axis stopped";
    if (strcmp(how, "done") == 0)
        return 0;
    if (strcmp(how, "stopped") == 0)
        return err_set(e, ERR_STOPPED, "%s: %s", cause, axis);
    if (strcmp(how, "aborted") == 0) {
        err_set(e, ERR_FAILED, "test not completed: %s", cause);
        return ERR_FAILED;
    }
    err_set(e, ERR_SAFETY, "SAFETY TRIP %s: %s%s%s", cause, axis, r->unload_steps ? ", then unloaded" : "",
            r->went_back ? ", went back" : "");
    err_hint(e, "limits are in %s and %s; events.csv of the run has the course", r->bench->file, r->method->file);
    return ERR_SAFETY;
}
