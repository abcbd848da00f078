/* stop.c -- see stop.h. */
#include <math.h>
#include <stdio.h>
#include "rig/loop/leash.h"
#include "rig/loop/off.h"
#include "rig/loop/stop.h"

#define RESEND 0.1          /* s between STOPs that were not proven yet */
#define LAST_HOPE 1.0       /* s after the last measure until it is left to the drive's watchdog */
#define SILENCE 2.0         /* s, at least, that the drive's watchdog is left alone before STOP is tried again */
enum { STOPS_MAX = 10, STILL_SAMPLES = 2 };

static void request(struct rig *r)
{
    struct rig_stopper *s = &r->stopper;
    s->sent++;
    s->last = r->now;
    r->inbox[r->bench->device[BENCH_AXIS].link].stop++;
}

/* A drive that did not obey ten times is left to its watchdog, and every request feeds that: a STOP, and the samples
 * that would prove it, must wait until the link has been silent for longer than it needs.  Orders to switch off, which
 * are further apart (off.c), count too. */
static bool may_try_again(const struct rig *r)
{
    double silent = r->now - fmax(r->stopper.gave_up, r->off.sent ? r->off.last : r->stopper.gave_up);
    return silent >= 0.75 * fmax(SILENCE, 2.0 * r->bench->axis.watchdog_time);
}

void stop_begin(struct rig *r)
{
    struct rig_stopper *s = &r->stopper;
    leash_cut(r);
    if (s->is_active)
        return;
    if (s->has_given_up && !may_try_again(r)) {
        if (!s->is_wanted)
            rig_event(r, "note", "stop", "waits", "the axis' link is silent until the drive's watchdog had its time");
        s->is_wanted = true;
        return;
    }
    *s = (struct rig_stopper){.is_active = true, .began = r->now, .position = NAN};
    rig_event(r, "command", "stop", "", "");
    request(r);
    s->first = r->inbox[r->bench->device[BENCH_AXIS].link].stop;
}

void stop_for_trip(struct rig *r)
{
    if (r->stopper.is_active && r->now > r->stopper.last)
        request(r);
    else
        stop_begin(r);
}

/* An axis that does not obey is a trip of its own, whatever the sequence waited for. */
static void distrust(struct rig *r)
{
    if (!r->latch.is_armed)
        return;
    snprintf(r->sequence.reason, sizeof r->sequence.reason, "the axis was not proven to stand after %u STOPs",
             r->stopper.sent);
    r->sequence_failed = true;
}

/* Samples asked for after the last STOP left: standing, and where the one before stood.  An encoder at rest may toggle
 * between two counts (1.01: and the conversion rounds), so one count is no motion here: else a drive that holds its
 * load would be switched off for standing.  What creeps more slowly than a count a look passes this, and is found a
 * moment later by how far it has come from here (motion.h). */
static bool is_proven(struct rig *r)
{
    struct rig_stopper *s = &r->stopper;
    size_t link = r->bench->device[BENCH_AXIS].link;
    const struct link_outbox *o = &r->outbox[link];
    const struct link_sample *a = &o->sample[BENCH_AXIS];
    bool has_left = (int)(o->stop_sent - s->first) >= 0; /* not the STOP before this one */
    if (!has_left || !(a->sent > o->stop_time) || a->count == s->seen)
        return false;
    double quantum = r->bench->axis.mech.lead / r->bench->axis.mech.counts_per_rev;
    bool stands = !r->axis.moving && !r->axis.homing;
    bool same = fabs(r->axis.position - s->position) <= 1.01 * quantum;
    s->still = !stands ? 0 : same ? s->still + 1 : 1;
    s->seen = a->count;
    s->position = r->axis.position;
    return s->still >= STILL_SAMPLES;
}

static void escalate(struct rig *r)
{
    struct rig_stopper *s = &r->stopper;
    char text[48];
    snprintf(text, sizeof text, "%u STOPs not proven", s->sent);
    if (!s->is_escalated) {
        s->is_escalated = true;
        s->last = r->now;
        distrust(r);
        rig_event(r, "command", "escalate", text,
                  r->bench->axis.on_disable == ON_DISABLE_FALLS
                      ? "left to the drive's watchdog: the load would fall if it were switched off"
                      : "");
        off_begin(r, text);
    } else if (r->now - s->last > LAST_HOPE) {
        s->is_active = false;
        s->has_given_up = true;
        s->gave_up = r->now;
        distrust(r);
        rig_event(r, "note", "stop", text, "not proven: the drive's own watchdog has to stop it");
    }
}

void stop_step(struct rig *r)
{
    struct rig_stopper *s = &r->stopper;
    char text[48];
    if (s->is_wanted && may_try_again(r))
        stop_begin(r);
    if (!s->is_active)
        return;
    if (is_proven(r)) {
        s->is_active = false;
        s->is_proven = true;
        snprintf(text, sizeof text, "%.4f mm after %.0f ms", r->axis.position * 1e3, (r->now - s->began) * 1e3);
        rig_event(r, "note", "stop proven", text, "");
    } else if (s->sent >= STOPS_MAX && s->was_off) {
        s->is_active = false; /* a hand turns the screw, or the drive does what it denies: it is seen and said again */
    } else if (s->sent >= STOPS_MAX) {
        escalate(r);
    } else if (r->now - s->last >= RESEND) {
        request(r);
    }
}
