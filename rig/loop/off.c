/* off.c -- see off.h. */
#include <math.h>
#include <stdio.h>
#include "rig/loop/off.h"
#include "rig/loop/states.h"

#define RESEND 0.2      /* s between orders that were not seen to be obeyed yet */
#define RESEND_SLOW 2.0 /* s, at least, when the drive's watchdog has to stop it: each request feeds that */
enum { OFFS_MAX = 10 };

static void request(struct rig *r)
{
    r->off.sent++;
    r->off.last = r->now;
    r->inbox[r->bench->device[BENCH_AXIS].link].off++;
}

void off_begin(struct rig *r, const char *why)
{
    if (r->bench->axis.on_disable == ON_DISABLE_FALLS || r->off.is_active)
        return;
    r->off = (struct rig_off){.is_active = true, .began = r->now};
    r->last_order = AXIS_DISABLE;
    request(r);
    r->off.first = r->inbox[r->bench->device[BENCH_AXIS].link].off;
    rig_event(r, "command", "disable", "ordered", why);
}

static void tell(struct rig *r, const char *what, const char *detail)
{
    char value[48];
    snprintf(value, sizeof value, "%s after %.0f ms", what, (r->now - r->off.began) * 1e3);
    rig_event(r, "note", "disable", value, detail);
}

/* Until it is said again, s; when nobody listens for what the drive says any more its word is enough. */
static double pause_of(const struct rig *r)
{
    if (!r->stopper.has_given_up)
        return RESEND;
    return r->off.is_acknowledged ? INFINITY : fmax(RESEND_SLOW, 2.0 * r->bench->axis.watchdog_time);
}

void off_step(struct rig *r)
{
    struct rig_off *f = &r->off;
    const struct link_outbox *o = &r->outbox[r->bench->device[BENCH_AXIS].link];
    bool is_sent = f->sent > 0 && (int)(o->off_sent - f->first) >= 0;
    if (!f->is_active)
        return;
    if (is_sent && !f->is_sent)
        tell(r, "sent", "");
    f->is_sent = is_sent;
    if (is_sent && o->off_acknowledged && !f->is_acknowledged) {
        f->is_acknowledged = true;
        tell(r, "acknowledged", "");
    }
    if (is_sent && rig_sample(r, BENCH_AXIS)->sent > o->off_time && !r->axis.enabled) {
        f->is_active = false;
        f->is_seen = true;
        tell(r, "seen", "the drive says that it is off");
    } else if (!is_sent || r->now - f->last < pause_of(r)) {
        return; /* what was not sent yet waits in the link */
    } else if (f->sent < OFFS_MAX) {
        request(r);
    } else {
        f->is_active = false;
        f->has_failed = true;
        tell(r, "not seen", "the drive was NOT seen to switch off");
    }
}
