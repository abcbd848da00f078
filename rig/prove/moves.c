/* moves.c -- see steps.h: the checks that move, slowly, in free air. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "rig/loop/off.h"
#include "rig/loop/stop.h"
#include "rig/prove/steps.h"

#define HOME_ERROR 0.5e-3  /* m, as the home stage of a run */
#define EDGE_EVERY 0.6     /* s between two arm edges of an unattended proof */
#define OFF_TIME 2.0       /* s the drive may take to switch off */
#define ARM_PATIENCE 15.0  /* s an unattended proof waits for all clear */
#define LOOK_TIME 1.0      /* s until fresh samples after the silence */
enum { BEGIN, MOVING, MUTE, AFTER };

/* What a stop may take once it was decided, s: lateness of a PC that is not real-time included. */
static double stop_delay(const struct prover *p)
{
    struct budget_times t;
    budget_bench_times(p->bench, &p->limits, &t);
    return t.stop_frame + t.latency + p->limits.max_lateness;
}

/* How far a position may be behind, s: its poll, and its request. */
static double sight(const struct prover *p)
{
    struct budget_times t;
    budget_bench_times(p->bench, &p->limits, &t);
    return p->bench->device[BENCH_AXIS].poll + t.stop_frame;
}

static double quantum(const struct prover *p) { return p->bench->axis.mech.lead / p->bench->axis.mech.counts_per_rev; }

/* A trial: perhaps home; then down to `deepest` in free air, and up again. */
static void trial(struct prover *p, bool with_home, const struct safety_limits *l)
{
    const struct bench_proof *b = &p->bench->proof;
    struct method *m = &p->method;
    double start = 0.2 * b->depth, longest = 10.0 + 10.0 * b->depth / b->speed;
    memset(m, 0, sizeof *m);
    snprintf(m->name, sizeof m->name, "prove");
    m->surface = start;
    if (with_home)
        m->stage[m->n++] = (struct stage){.kind = STAGE_HOME, .speed = b->speed, .longest = 60.0};
    m->stage[m->n++] = (struct stage){.kind = STAGE_TARE, .time = 0.3, .longest = 5.0};
    m->stage[m->n++] = (struct stage){.kind = STAGE_APPROACH, .timeout = TIMEOUT_RETRACT, .longest = longest,
                                      .speed = b->speed, .rapid = b->speed, .search = b->depth - start,
                                      .contact_force = 2.0 * p->bench->cell.max_offset, .contact_samples = 3};
    m->stage[m->n++] =
        (struct stage){.kind = STAGE_RETRACT, .distance = b->depth, .speed = b->speed, .longest = longest};
    prove_renew(p, l);
    p->next_edge = p->now;
    p->wants_stop = false;
    p->stands = NAN;
    prove_phase(p, MOVING);
}

static const struct link_sample *axis_sample(const struct prover *p)
{
    return &p->rig.outbox[p->bench->device[BENCH_AXIS].link].sample[BENCH_AXIS];
}

/* From here on it is stopped: where the axis must be now, by its last sample. */
static void mark(struct prover *p)
{
    p->at = p->now;
    p->from = p->rig.axis.position + p->bench->proof.speed * (p->now - axis_sample(p)->sent);
}

static enum rig_key key_for(struct prover *p, enum rig_key key)
{
    const struct rig *r = &p->rig;
    bool is_halted = (r->state == RIG_TRIPPED || r->state == RIG_STOPPED) && !r->stopper.is_active;
    if (p->phase == BEGIN)
        return KEY_NONE;
    if (is_halted)
        return KEY_QUIT;
    if (key == KEY_STOP || p->wants_stop)
        return KEY_STOP;
    if (r->state != RIG_WAITING || !p->is_unattended)
        return key == KEY_ARM ? KEY_ARM : KEY_NONE;
    if (p->now - p->since > ARM_PATIENCE)
        return KEY_STOP; /* it never becomes clear */
    if (p->now < p->next_edge)
        return KEY_NONE;
    p->next_edge = p->now + EDGE_EVERY;
    return KEY_ARM;
}

void prove_move_tick(struct prover *p, double lateness, enum rig_key key)
{
    struct rig *r = &p->rig;
    if (p->phase == MUTE) { /* the tick is "dead": only the links' permits are kept for afterwards */
        for (size_t i = 0; i < r->links; i++) {
            r->inbox[i].talk_until = p->now + LOOK_TIME;
            r->inbox[i].may_move = false;
            r->inbox[i].tick++;
            link_post(r->link[i], &r->inbox[i]);
            link_look(r->link[i], &r->outbox[i]);
        }
        return;
    }
    bool was_moving = r->state == RIG_RUNNING;
    enum rig_key now = key_for(p, key);
    rig_tick(r, p->now, lateness, now);
    if (now == KEY_STOP && was_moving)
        mark(p);
    if (r->stopper.is_active && isnan(p->stands) && !r->axis.moving && axis_sample(p)->sent > p->at)
        p->stands = axis_sample(p)->sent;
}

/* Is it over?  Otherwise tells the operator what comes. */
static bool has_ended(struct prover *p, const char *what)
{
    if (p->rig.state == RIG_ENDED)
        return true;
    if (p->rig.state == RIG_WAITING)
        prove_say(p, "%s Nothing in the way down to %.3g mm, a hand on the E-stop.   %.60s", what,
                  p->bench->proof.depth * 1e3, p->rig.message);
    else
        prove_say(p, "%s   space = stop", what);
    return false;
}

/* Why it ended otherwise than planned. */
static bool fail(struct prover *p, enum prove_check c, const char *bound)
{
    char cause[240], text[160];
    const char *how = rig_outcome(&p->rig, cause, sizeof cause);
    if (p->wants_stop && !p->rig.stopper.is_proven)
        snprintf(text, sizeof text, "not seen to stand after STOP");
    else
        snprintf(text, sizeof text, "%s: %.140s", how, p->rig.stopper.sent ? cause : p->rig.message);
    prove_settle(p, c, false, text, bound);
    p->is_cut = true;
    return true;
}

/* On its way down to the deepest point, below a share of it. */
static bool searches_beyond(const struct prover *p, double share)
{
    const struct rig *r = &p->rig;
    return r->state == RIG_RUNNING && r->method->stage[r->sequence.stage].kind == STAGE_APPROACH && r->axis.moving &&
           r->sequence.target > 0.99 * p->bench->proof.depth && r->axis.position >= share * p->bench->proof.depth;
}

/* ---- home ---- */

bool prove_home(struct prover *p, enum rig_key key)
{
    (void)key;
    const struct rig *r = &p->rig;
    char measured[160], bound[120];
    if (p->phase == BEGIN) {
        trial(p, true, &p->limits);
        return false;
    }
    if (r->state == RIG_RUNNING && r->method->stage[r->sequence.stage].kind == STAGE_TARE) {
        p->home = r->axis.position;
        p->switch_at_home = r->axis.input[INPUT_HOME];
    }
    if (searches_beyond(p, 0.9))
        p->switch_below = r->axis.input[INPUT_HOME];
    if (!has_ended(p, "The axis homes, goes down and comes back up."))
        return false;
    snprintf(bound, sizeof bound, "within %.3g mm; closed, then open; nothing touched", HOME_ERROR * 1e3);
    if (r->ended_from != RIG_FINISHING || !r->sequence.is_retracting_early)
        return fail(p, PROVE_HOME, bound);
    snprintf(measured, sizeof measured, "home at %.4f mm; switch %s there, %s below", p->home * 1e3,
             p->switch_at_home ? "closed" : "open", p->switch_below ? "closed" : "open");
    prove_settle(p, PROVE_HOME, fabs(p->home) <= HOME_ERROR && p->switch_at_home && !p->switch_below, measured, bound);
    return true;
}

/* ---- travel limits ---- */

bool prove_soft(struct prover *p, enum rig_key key)
{
    (void)key;
    const struct rig *r = &p->rig;
    char measured[160], bound[120];
    struct safety_limits l = p->limits;
    l.soft_to = 0.1 * p->bench->proof.depth;
    if (p->phase == BEGIN) {
        p->from = r->axis.position;
        trial(p, false, &l);
        return false;
    }
    if (!has_ended(p, "A move beyond a soft limit is refused: the axis must not move."))
        return false;
    snprintf(bound, sizeof bound, "refused; within %.3g mm", p->bench->axis.position_tolerance * 1e3);
    if (r->latch.first != SAFETY_SEQUENCE || !strstr(r->trip_text, "soft limits"))
        return fail(p, PROVE_SOFT_LIMIT, bound);
    double moved = fabs(r->axis.position - p->from);
    snprintf(measured, sizeof measured, "refused; moved %.4f mm", moved * 1e3);
    prove_settle(p, PROVE_SOFT_LIMIT, moved <= p->bench->axis.position_tolerance, measured, bound);
    return true;
}

bool prove_hard(struct prover *p, enum rig_key key)
{
    (void)key;
    const struct rig *r = &p->rig;
    const struct bench_proof *b = &p->bench->proof;
    char measured[160], bound[120];
    struct safety_limits l = p->limits;
    l.hard_to = 0.8 * b->depth;
    if (p->phase == BEGIN) {
        trial(p, false, &l);
        return false;
    }
    if (!has_ended(p, "A hard limit is set in the way: the axis must stop there."))
        return false;
    double allowed =
        budget_travel(b->speed, sight(p) + p->bench->tick_period + stop_delay(p), p->bench->axis.stop_decel);
    double beyond = r->axis.position - l.hard_to;
    snprintf(bound, sizeof bound, "trips; at most %.3f mm beyond", allowed * 1e3);
    if (r->latch.first != SAFETY_TRAVEL || !r->stopper.is_proven)
        return fail(p, PROVE_HARD_LIMIT, bound);
    snprintf(measured, sizeof measured, "tripped; stood %.3f mm beyond", beyond * 1e3);
    prove_settle(p, PROVE_HARD_LIMIT, beyond <= allowed, measured, bound);
    return true;
}

/* ---- STOP ---- */

bool prove_stop(struct prover *p, enum rig_key key)
{
    (void)key;
    const struct rig *r = &p->rig;
    double v = p->bench->proof.speed, a = p->bench->axis.stop_decel;
    char measured[160], bound[120];
    if (p->phase == BEGIN) {
        trial(p, false, &p->limits);
        return false;
    }
    if (searches_beyond(p, 0.5))
        p->wants_stop = true;
    if (!has_ended(p, "STOP is sent halfway down."))
        return false;
    double allowed = budget_travel(v, stop_delay(p) + sight(p), a) + 2.0 * quantum(p);
    double in_time = stop_delay(p) + v / a + 2.0 * sight(p);
    snprintf(bound, sizeof bound, "at most %.3f mm", allowed * 1e3);
    if (r->ended_from != RIG_STOPPED || !r->stopper.is_proven || !p->wants_stop)
        return fail(p, PROVE_STOP_DISTANCE, bound);
    double way = r->axis.position - p->from;
    snprintf(measured, sizeof measured, "%.3f mm from %.3g mm/s", way * 1e3, v * 1e3);
    prove_settle(p, PROVE_STOP_DISTANCE, way <= allowed, measured, bound);
    snprintf(measured, sizeof measured, "seen standing after %.0f ms", (p->stands - p->at) * 1e3);
    snprintf(bound, sizeof bound, "at most %.0f ms", in_time * 1e3);
    prove_settle(p, PROVE_STOP_TIME, p->stands - p->at <= in_time, measured, bound);
    return true;
}

/* ---- the watchdog ---- */

/* Nothing is said to the drive for so long: its watchdog, its latency, its ramp, and some more. */
static double silence(const struct prover *p)
{
    const struct bench_axis *a = &p->bench->axis;
    return a->watchdog_time + a->latency + 0.15 + p->bench->proof.speed / a->stop_decel;
}

static void fall_silent(struct prover *p)
{
    size_t link = p->bench->device[BENCH_AXIS].link;
    mark(p);
    p->seen = axis_sample(p)->count;
    p->rig.inbox[link].mute_until = p->now + silence(p);
    rig_event(&p->rig, "command", "silence", "", "nothing is said to the drive until its watchdog has acted");
    prove_phase(p, MUTE);
    prove_move_tick(p, 0.0, KEY_NONE); /* posts it */
}

/* Fresh samples after the silence: where it stands, if it stands. */
static void judge_watchdog(struct prover *p)
{
    const struct bench_axis *a = &p->bench->axis;
    double v = p->bench->proof.speed;
    struct axis_state now;
    char measured[160], bound[120];
    axis_decode(p->bench, axis_sample(p)->regs, &now);
    double way = now.position - p->from, ramp = 0.5 * v * v / a->stop_decel;
    double allowed = budget_travel(v, a->watchdog_time + a->latency + sight(p), a->stop_decel) + 2.0 * quantum(p);
    snprintf(bound, sizeof bound, "stands, at most %.3f mm on", allowed * 1e3);
    snprintf(measured, sizeof measured, "%s, %.3f mm on: %.0f ms and its ramp%s", now.moving ? "still moves" : "stood",
             way * 1e3, fmax(0.0, way - ramp) / v * 1e3, now.alarm_comms ? ", says so" : "");
    prove_settle(p, PROVE_WATCHDOG, !now.moving && way <= allowed, measured, bound);
}

bool prove_watchdog(struct prover *p, enum rig_key key)
{
    (void)key;
    const struct device_map *m = &p->bench->device[BENCH_AXIS].map;
    char measured[160];
    if (p->phase == BEGIN && m->watchdog == WATCHDOG_NONE) {
        snprintf(measured, sizeof measured, "there is none: %.120s", p->bench->axis.no_watchdog);
        prove_settle(p, PROVE_WATCHDOG, true, measured, "axis/no_watchdog gives the reason");
        return true;
    }
    if (p->phase == BEGIN) {
        trial(p, false, &p->limits);
        return false;
    }
    if (p->phase == MOVING && searches_beyond(p, 0.4))
        fall_silent(p);
    if (p->phase == MUTE && p->now > p->since + silence(p) &&
        (axis_sample(p)->count > p->seen + 1 || p->now > p->since + silence(p) + LOOK_TIME)) {
        if (axis_sample(p)->count > p->seen + 1)
            judge_watchdog(p);
        p->wants_stop = true;
        prove_phase(p, AFTER);
    }
    if (!has_ended(p, "The PC plays dead halfway down: the drive must stop by itself."))
        return false;
    return p->result[PROVE_WATCHDOG].verdict != PROVE_NOT_DONE || fail(p, PROVE_WATCHDOG, "stands");
}

/* ---- the end ---- */

bool prove_off(struct prover *p, enum rig_key key)
{
    (void)key;
    if (p->bench->axis.on_disable == ON_DISABLE_FALLS || !p->rig.axis.enabled)
        return true;
    if (p->phase == BEGIN) {
        off_begin(&p->rig, "");
        prove_phase(p, MOVING);
        return false;
    }
    return p->now - p->since > OFF_TIME;
}
