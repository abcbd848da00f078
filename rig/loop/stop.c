/* stop.c -- see stop.h. */
#include <math.h>
#include <stdio.h>
#include "rig/loop/leash.h"
#include "rig/loop/off.h"
#include "rig/loop/states.h"
#include "rig/loop/stop.h"

#define RESEND 0.1          /* s between STOPs that were not proven yet */
#define LAST_HOPE 1.0       /* s after the last measure until nothing more is tried, where no request feeds a watchdog */
#define SILENCE 2.0         /* s, at least, that the drive's watchdog is left alone before STOP is tried again */
enum { STOPS_IGNORED = 3, /* a drive that went on so often after a STOP that had left obeys none */
       STOPS_MAX = 10,    /* where nothing fresh is heard of it */
       STILL_SAMPLES = 2 };

static void request(struct rig *r)
{
    struct rig_stopper *s = &r->stopper;
    s->sent++;
    s->last = r->now;
    s->is_missed = false;
    s->stood_at = NAN;
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
    *s = (struct rig_stopper){.is_active = true, .began = r->now, .position = NAN, .force = NAN,
                              .from = r->axis.position, .speed = fmax(r->watch.speed, r->watch.before)};
    rig_event(r, "command", "stop", "", "");
    request(r);
    s->first = r->inbox[r->bench->device[BENCH_AXIS].link].stop;
}

void stop_for_trip(struct rig *r)
{
    if (r->stopper.has_given_up && !may_try_again(r))
        leash_cut(r); /* it is a consequence of that: what stops the axis now must not be disturbed */
    else if (r->stopper.is_active && r->now > r->stopper.last)
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

/* ---- a drive that does not obey ---- */

/* Does every request feed what has to stop the axis when STOP does not? */
static bool is_fed(const struct rig *r)
{
    enum watchdog_kind kind = r->bench->device[BENCH_AXIS].map.watchdog;
    return kind == WATCHDOG_DRIVE || kind == WATCHDOG_EXTERNAL;
}

static double proof_time(const struct rig *r) { return budget_proof_time(r->bench, r->stopper.speed); }

/* Samples asked for when a drive that obeys stands: it must not go on from the first of them. */
static void look_whether_it_goes_on(struct rig *r)
{
    struct rig_stopper *s = &r->stopper;
    const struct link_outbox *o = &r->outbox[r->bench->device[BENCH_AXIS].link];
    const struct link_sample *a = rig_sample(r, BENCH_AXIS), *f = rig_sample(r, BENCH_FORCE);
    double by = o->stop_time + budget_obey_time(r->bench, s->speed);
    if (o->stop_sent != r->inbox[r->bench->device[BENCH_AXIS].link].stop)
        return;
    if (r->has_axis && a->sent > by && isnan(s->stood_at))
        s->stood_at = r->axis.position;
    if (r->has_force && f->sent - r->bench->cell.filter_delay - r->bench->cell.period > by && isnan(s->force))
        s->force = r->force.force;
    if (s->is_missed || !(fabs(r->axis.position - s->stood_at) > r->limits.still))
        return;
    s->is_missed = true;
    s->missed++;
    s->disobeyed += o->stop_acknowledged;
}

/* What cannot wait for more STOPs: a limit is passed, or the force goes on to rise, and the axis does not obey. */
static bool gets_worse(const struct rig *r)
{
    const struct rig_stopper *s = &r->stopper;
    const struct safety_inputs *in = &r->inputs;
    const struct safety_limits *l = &r->limits;
    bool is_beyond = !(in->force <= l->force_push) || !(in->force >= -l->force_pull) ||
                     (in->is_homed && !(in->position >= l->hard_from && in->position <= l->hard_to));
    bool rises = r->has_force && fabs(r->force.force) - fabs(s->force) > 2.0 * r->bench->cell.noise_high;
    return rises || (s->missed > 0 && is_beyond);
}

static void give_up(struct rig *r, const char *text)
{
    struct rig_stopper *s = &r->stopper;
    s->is_active = false;
    s->has_given_up = true;
    s->gave_up = r->now;
    distrust(r);
    rig_event(r, "note", "stop", text, "not proven: the drive's own watchdog has to stop it");
}

/* s for which the last measure may show.  Where looking feeds a watchdog, no longer than a drive that obeys needs. */
static double hope_of(const struct rig *r)
{
    bool has_left = r->off.is_sent || r->bench->axis.on_disable == ON_DISABLE_FALLS;
    return is_fed(r) && has_left ? proof_time(r) : LAST_HOPE;
}

static void escalate(struct rig *r)
{
    struct rig_stopper *s = &r->stopper;
    bool is_now = is_fed(r) && gets_worse(r);
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
        if (is_now) /* off leaves without a permit: nothing follows it */
            give_up(r, text);
    } else if (is_now || r->now - s->last > hope_of(r)) {
        give_up(r, text);
    }
}

/* It stands, but later than a STOP that was acknowledged allows: something else stopped it. */
static void tell_disobedience(struct rig *r)
{
    const struct rig_stopper *s = &r->stopper;
    char value[48], detail[120];
    snprintf(value, sizeof value, "%.0f ms, %.4f mm", (r->now - s->began) * 1e3,
             fabs(r->axis.position - s->from) * 1e3);
    snprintf(detail, sizeof detail, "%u of %u STOPs were acknowledged and not obeyed; a STOP takes %.0f ms at most",
             s->disobeyed, s->sent, proof_time(r) * 1e3);
    rig_event(r, "note", "stop ignored", value, detail);
    if (!r->latch.is_armed)
        return;
    snprintf(r->sequence.reason, sizeof r->sequence.reason,
             "the drive acknowledged STOP and went on: it stood %s after it, %u STOPs", value, s->sent);
    r->sequence_failed = true;
}

void stop_step(struct rig *r)
{
    struct rig_stopper *s = &r->stopper;
    char text[48];
    if (s->is_wanted && may_try_again(r))
        stop_begin(r);
    if (!s->is_active)
        return;
    look_whether_it_goes_on(r);
    if (is_proven(r)) {
        s->is_active = false;
        s->is_proven = true;
        snprintf(text, sizeof text, "%.4f mm after %.0f ms", r->axis.position * 1e3, (r->now - s->began) * 1e3);
        rig_event(r, "note", "stop proven", text, "");
        if (s->disobeyed)
            tell_disobedience(r);
    } else if (s->sent >= STOPS_MAX && s->was_off) {
        s->is_active = false; /* a hand turns the screw, or the drive does what it denies: it is seen and said again */
    } else if (s->is_escalated || s->sent >= STOPS_MAX ||
               (!s->was_off && (s->missed >= STOPS_IGNORED || gets_worse(r)))) {
        escalate(r);
    } else if (r->now - s->last >= fmax(RESEND, proof_time(r))) {
        request(r);
    }
}
