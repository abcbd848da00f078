/* sequence.c -- see sequence.h.  A stage is a row of a table: what it does each tick, until it says that it is over. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include "rig/method/sequence.h"

#define HOME_ERROR 0.5e-3 /* m: after homing the axis reads 0 within this, else the switch or the scale is wrong */
#define TRAVEL_RESIDUAL                                                                                                \
    2e-6 /* m: an insert to travel is corrected until the give of the machine is taken off this well */
enum { TRAVEL_CORRECTIONS = 4 };

enum verdict { STAYS, OVER, TIMES_OUT };

void sequence_init(struct sequence *s, const struct method *m, const struct bench *b, double now)
{
    *s = (struct sequence){.method = m, .bench = b, .entered = now, .tare = NAN, .tare_sd = NAN, .contact = NAN,
                           .contact_time = NAN, .peak_force = NAN, .travel_end = NAN, .zero_return = NAN,
                           .last_net = NAN};
}

const char *sequence_stage(const struct sequence *s) { return stage_names[s->method->stage[s->stage].kind]; }
double sequence_net(const struct sequence *s, double force) { return force - s->tare; }
double sequence_raw_travel(const struct sequence *s, double position) { return position - s->contact; }
double sequence_travel(const struct sequence *s, double position, double force)
{
    return position - s->contact - s->bench->axis.compliance * sequence_net(s, force);
}

static void trip(struct sequence *s, struct seq_output *out, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void trip(struct sequence *s, struct seq_output *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s->reason, sizeof s->reason, fmt, ap);
    va_end(ap);
    out->request = SEQ_TRIP;
}

static void order(struct sequence *s, struct seq_output *out, enum axis_order what, double target, double speed)
{
    out->request = SEQ_ORDER;
    out->command = (struct axis_command){what, target, speed};
    s->target = target;
    s->is_waiting = true;
    s->has_moved = false;
    s->phase++;
}

/* Has the ordered move ended?  Believed only from samples asked for after the trigger; a drive may need `settle` before
 * it shows "moving". */
static bool has_ended(struct sequence *s, const struct seq_inputs *in, struct seq_output *out)
{
    if (in->order_failed) {
        trip(s, out, "the drive did not take the order of stage %s", sequence_stage(s));
        return false;
    }
    if (!in->order_done || !(in->axis_sent > in->order_time))
        return false;
    bool moves = in->axis->moving || in->axis->homing;
    s->has_moved = s->has_moved || moves;
    return !moves && (s->has_moved || in->axis_sent > in->order_time + s->bench->axis.settle);
}

static bool is_at_target(const struct sequence *s, const struct seq_inputs *in)
{
    return fabs(in->axis->position - s->target) <= s->bench->axis.position_tolerance;
}

static enum verdict ended_short(struct sequence *s, const struct seq_inputs *in, struct seq_output *out)
{
    trip(s, out, "the move of stage %s ended at %.4f mm, its target was %.4f mm", sequence_stage(s),
         in->axis->position * 1e3, s->target * 1e3);
    return STAYS;
}

static enum verdict step_home(struct sequence *s, const struct stage *g, const struct seq_inputs *in,
                              struct seq_output *out)
{
    if (s->phase == 0) {
        order(s, out, AXIS_HOME, 0.0, g->speed);
        s->home_is_new = !in->axis->homed;
        return STAYS;
    }
    if (in->order_done && in->axis_sent > in->order_time)
        s->home_is_new = s->home_is_new || !in->axis->homed || in->axis->input[INPUT_HOME];
    if (!has_ended(s, in, out))
        return STAYS;
    if (!in->axis->homed || !(fabs(in->axis->position) <= HOME_ERROR)) {
        trip(s, out, "homing ended %s at %.4f mm", in->axis->homed ? "homed" : "without the homed bit",
             in->axis->position * 1e3);
        return STAYS;
    }
    if (!s->home_is_new) { /* the bit may be of an earlier homing, the position of anything */
        trip(s, out, "the drive says that it is homed, but the bit never fell and the home switch never closed: "
                     "was the order carried out?");
        return STAYS;
    }
    return OVER;
}

/* Mean of the force at rest becomes the run's tare; the device's own zero is never touched. */
static enum verdict step_tare(struct sequence *s, const struct stage *g, const struct seq_inputs *in,
                              struct seq_output *out)
{
    const struct bench_cell *cell = &s->bench->cell;
    if (in->force_count != s->force_seen) {
        s->samples++;
        s->sum += in->force;
        s->sum2 += in->force * in->force;
    }
    if (in->now - s->entered < g->time || s->samples < 5)
        return STAYS;
    double n = (double)s->samples, mean = s->sum / n;
    s->tare_sd = sqrt(fmax(0.0, s->sum2 / n - mean * mean));
    if (!(fabs(mean) <= cell->max_offset))
        trip(s, out, "force at the tare is %.4g N: at most %.4g N; something touches, or the cell's zero has moved",
             mean, cell->max_offset);
    else if (!(s->tare_sd >= cell->noise_low && s->tare_sd <= cell->noise_high))
        trip(s, out, "noise of the force is %.4g mN, commissioned %.4g to %.4g mN: is the cell plugged in?",
             s->tare_sd * 1e3, cell->noise_low * 1e3, cell->noise_high * 1e3);
    else
        s->tare = mean;
    return out->request == SEQ_TRIP ? STAYS : OVER;
}

static void track_position(struct sequence *s, const struct seq_inputs *in)
{
    size_t last = (s->tracks + SEQ_TRACK - 1) % SEQ_TRACK;
    if (s->tracks > 0 && s->track_time[last] >= in->axis_sent)
        return;
    s->track_time[s->tracks % SEQ_TRACK] = in->axis_sent;
    s->track_position[s->tracks % SEQ_TRACK] = in->axis->position;
    s->tracks++;
}

/* The axis' position at an earlier moment, between the two samples around it; the newest when none is later. */
static double position_at(const struct sequence *s, double t)
{
    size_t kept = s->tracks < SEQ_TRACK ? s->tracks : SEQ_TRACK;
    double later_t = NAN, later_x = NAN;
    for (size_t k = 0; k < kept; k++) {
        size_t i = (s->tracks - 1 - k) % SEQ_TRACK;
        if (s->track_time[i] <= t && isnan(later_t))
            return s->track_position[i];
        if (s->track_time[i] <= t)
            return s->track_position[i] +
                   (later_x - s->track_position[i]) * (t - s->track_time[i]) / (later_t - s->track_time[i]);
        later_t = s->track_time[i];
        later_x = s->track_position[i];
    }
    return later_x;
}

/* Counts force samples above the contact force; keeps the two around the crossing. */
static bool sees_contact(struct sequence *s, const struct stage *g, const struct seq_inputs *in)
{
    if (in->force_count == s->force_seen)
        return false;
    double net = sequence_net(s, in->force);
    double at = position_at(s, in->force_sent - s->bench->cell.filter_delay);
    if (net >= g->contact_force && s->above == 0) {
        s->before_net = s->last_net;
        s->before_position = s->last_position;
        s->first_net = net;
        s->first_position = at;
    }
    s->above = net >= g->contact_force ? s->above + 1 : 0;
    s->last_net = net;
    s->last_position = at;
    return s->above >= g->contact_samples;
}

/* Where the force crossed the contact force, between the last sample below and the first above. */
static void set_contact(struct sequence *s, const struct stage *g, const struct seq_inputs *in)
{
    double part = (g->contact_force - s->before_net) / (s->first_net - s->before_net);
    s->contact = part >= 0.0 && part <= 1.0 ? s->before_position + part * (s->first_position - s->before_position)
                                            : s->first_position;
    s->contact_time = in->now;
    s->peak_force = sequence_net(s, in->force);
}

enum { APPROACH_START, APPROACH_RAPID, APPROACH_SEARCH, APPROACH_STOPPING };

static enum verdict step_approach(struct sequence *s, const struct stage *g, const struct seq_inputs *in,
                                  struct seq_output *out)
{
    double start = s->method->surface - s->method->surface_error - g->clearance;
    if (s->phase == APPROACH_STOPPING)
        return in->is_still ? OVER : STAYS;
    if (s->phase == APPROACH_START) {
        if (!in->axis->homed)
            trip(s, out, "approach refused: the axis is not homed");
        else
            order(s, out, AXIS_MOVE, start, g->rapid);
        return STAYS;
    }
    bool touches = sees_contact(s, g, in);
    if (sequence_net(s, in->force) <= -g->contact_force && s->phase == APPROACH_SEARCH) {
        snprintf(s->reason, sizeof s->reason,
                 "the force pulls (%.4g N net) where contact must push: is the cell's sign right?",
                 sequence_net(s, in->force));
        out->request = SEQ_POLARITY;
        return STAYS;
    }
    if (touches && s->phase == APPROACH_RAPID) {
        snprintf(s->reason, sizeof s->reason, "contact above the start height, at %.4f mm", in->axis->position * 1e3);
        return TIMES_OUT;
    }
    if (touches) {
        set_contact(s, g, in);
        s->phase = APPROACH_STOPPING;
        out->request = SEQ_STOP;
        return STAYS;
    }
    if (!has_ended(s, in, out))
        return STAYS;
    if (!is_at_target(s, in))
        return ended_short(s, in, out);
    if (s->phase == APPROACH_RAPID) {
        order(s, out, AXIS_MOVE, start + g->search, g->speed);
        return STAYS;
    }
    snprintf(s->reason, sizeof s->reason, "no contact within %.4g mm", g->search * 1e3);
    return TIMES_OUT;
}

enum { INSERT_START, INSERT_MOVES, INSERT_STOPPING };

static enum verdict insert_to_force(struct sequence *s, const struct stage *g, const struct seq_inputs *in,
                                    struct seq_output *out)
{
    if (sequence_net(s, in->force) >= g->to_force) {
        s->phase = INSERT_STOPPING;
        out->request = SEQ_STOP;
        return STAYS;
    }
    if (!has_ended(s, in, out))
        return STAYS;
    if (!is_at_target(s, in))
        return ended_short(s, in, out);
    snprintf(s->reason, sizeof s->reason, "%.4g N not reached within %.4g mm", g->to_force, g->max_travel * 1e3);
    return TIMES_OUT;
}

/* The drive positions the axis; what the machine gives under the force is measured and added, a few times. */
static enum verdict insert_to_travel(struct sequence *s, const struct stage *g, const struct seq_inputs *in,
                                     struct seq_output *out)
{
    if (!has_ended(s, in, out))
        return STAYS;
    if (!is_at_target(s, in))
        return ended_short(s, in, out);
    double missing = g->to_travel - sequence_travel(s, in->axis->position, in->force);
    if (!isfinite(missing)) {
        trip(s, out, "the travel of stage %s is not known", sequence_stage(s));
        return STAYS;
    }
    double next = fmin(s->target + missing, s->contact + g->max_travel);
    if (fabs(missing) <= TRAVEL_RESIDUAL || s->corrections == TRAVEL_CORRECTIONS || next <= s->target)
        return OVER;
    s->corrections++;
    order(s, out, AXIS_MOVE, next, g->speed);
    s->phase = INSERT_MOVES;
    return STAYS;
}

static enum verdict step_insert(struct sequence *s, const struct stage *g, const struct seq_inputs *in,
                                struct seq_output *out)
{
    bool by_force = !isnan(g->to_force);
    enum verdict v = STAYS;
    s->peak_force = fmax(s->peak_force, sequence_net(s, in->force));
    if (s->phase == INSERT_START) {
        s->corrections = 0;
        order(s, out, AXIS_MOVE, s->contact + (by_force ? g->max_travel : g->to_travel), g->speed);
        return STAYS;
    }
    if (s->phase == INSERT_STOPPING)
        v = in->is_still ? OVER : STAYS;
    else
        v = by_force ? insert_to_force(s, g, in, out) : insert_to_travel(s, g, in, out);
    if (v == OVER)
        s->travel_end = sequence_travel(s, in->axis->position, in->force);
    return v;
}

static enum verdict step_hold(struct sequence *s, const struct stage *g, const struct seq_inputs *in,
                              struct seq_output *out)
{
    (void)out;
    s->peak_force = fmax(s->peak_force, sequence_net(s, in->force));
    return in->now - s->entered >= g->time ? OVER : STAYS;
}

static enum verdict step_retract(struct sequence *s, const struct stage *g, const struct seq_inputs *in,
                                 struct seq_output *out)
{
    if (s->phase == 0 && !in->axis->homed) { /* where it stands is not known: nothing is moved blindly */
        trip(s, out, "retract refused: the axis is not homed");
        return STAYS;
    }
    if (s->phase == 0) {
        order(s, out, AXIS_MOVE, fmin(in->axis->position, fmax(0.0, in->axis->position - g->distance)), g->speed);
        return STAYS;
    }
    if (!has_ended(s, in, out))
        return STAYS;
    if (!is_at_target(s, in))
        return ended_short(s, in, out);
    if (in->axis->position < s->method->surface - s->method->surface_error) /* above the highest surface */
        s->zero_return = sequence_net(s, in->force);
    return OVER;
}

double sequence_zero_bound(const struct sequence *s) { return fmax(s->bench->cell.noise_high, 5.0 * s->tare_sd); }

enum { PROMPT_ASKS, PROMPT_WAITS, PROMPT_ANSWERED };

static enum verdict step_prompt(struct sequence *s, const struct stage *g, const struct seq_inputs *in,
                                struct seq_output *out)
{
    (void)in;
    if (s->phase == PROMPT_ASKS) {
        snprintf(s->reason, sizeof s->reason, "%s", g->text);
        out->request = SEQ_PROMPT;
        s->phase = PROMPT_WAITS;
    }
    return s->phase == PROMPT_ANSWERED ? OVER : STAYS;
}

static void enter(struct sequence *s, size_t stage, double now)
{
    s->stage = stage;
    s->phase = 0;
    s->entered = now;
    s->is_waiting = false;
    s->above = s->samples = 0;
    s->sum = s->sum2 = 0.0;
}

void sequence_resume(struct sequence *s, double now)
{
    s->entered = now;
    s->phase = PROMPT_ANSWERED;
    s->reason[0] = '\0';
}

void sequence_leave(struct sequence *s, double now)
{
    enter(s, s->method->n - 1, now);
    s->is_retracting_early = true;
}

enum { PHASE_GIVING_UP = 100 }; /* stopped; the last stage follows once the axis is still */

static void give_up(struct sequence *s, struct seq_output *out)
{
    s->phase = PHASE_GIVING_UP;
    s->is_retracting_early = true;
    *out = (struct seq_output){.request = SEQ_STOP};
}

static void act_on(struct sequence *s, const struct stage *g, enum verdict v, const struct seq_inputs *in,
                   struct seq_output *out)
{
    if (out->request == SEQ_TRIP || out->request == SEQ_POLARITY)
        return;
    if (v == STAYS && in->now - s->entered > g->longest) {
        snprintf(s->reason, sizeof s->reason, "stage %s took longer than %.4g s", sequence_stage(s), g->longest);
        v = TIMES_OUT;
        if (g->timeout == TIMEOUT_TRIP)
            *out = (struct seq_output){.request = SEQ_TRIP};
    }
    if (v == TIMES_OUT && g->timeout == TIMEOUT_TRIP)
        out->request = SEQ_TRIP;
    else if (v == TIMES_OUT)
        give_up(s, out);
    else if (v == OVER && s->stage + 1 == s->method->n)
        out->request = SEQ_DONE;
    else if (v == OVER)
        enter(s, s->stage + 1, in->now);
}

void sequence_step(struct sequence *s, const struct seq_inputs *in, struct seq_output *out)
{
    static enum verdict (*const step[])(struct sequence *, const struct stage *, const struct seq_inputs *,
                                        struct seq_output *) = {step_home,   step_tare, step_approach,
                                                                step_insert, step_hold, step_retract,
                                                                step_prompt};
    const struct stage *g = &s->method->stage[s->stage];
    *out = (struct seq_output){SEQ_NOTHING, {AXIS_NOTHING, 0.0, 0.0}};
    track_position(s, in);
    if (s->phase == PHASE_GIVING_UP) {
        if (in->is_still)
            enter(s, s->method->n - 1, in->now);
    } else {
        act_on(s, g, step[g->kind](s, g, in, out), in, out);
    }
    s->force_seen = in->force_count;
}
