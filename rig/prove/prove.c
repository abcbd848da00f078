/* prove.c -- see prove.h: the steps in their order; the checks by hand.  The moves are in moves.c. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "rig/loop/stop.h"
#include "rig/prove/steps.h"

#define NOISE_TIME 1.0       /* s */
#define HAND_PATIENCE 120.0  /* s for a person */
#define QUICK_PATIENCE 5.0   /* s for the virtual bench's hand */
#define PUSH_TIMES 2.0       /* times max_offset a push must reach */
#define LET_GO 0.5           /* s the hand's letting go may take to be seen, on top of fresh samples */

const char *const prove_check_names[] = {"noise",       "force_sign", "estop",      "door",
                                         "lower_limit", "home",       "soft_limit", "stop_distance",
                                         "stop_time",   "hard_limit", "watchdog"};
const char *const prove_verdict_names[] = {"not done", "passed", "failed"};

static const struct step {
    bool (*run)(struct prover *p, enum rig_key key); /* once a tick; true: over */
    bool moves;
} steps[] = {{prove_noise, false},     {prove_push, false},      {prove_estop, false}, {prove_door, false},
             {prove_limit, false},     {prove_home, true},       {prove_soft, true},   {prove_stop, true},
             {prove_hard, true},       {prove_watchdog, true},   {prove_off, true}};
enum { STEPS = sizeof steps / sizeof *steps };

void prove_say(struct prover *p, const char *fmt, ...)
{
    char text[sizeof p->prompt];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (strcmp(text, p->prompt) == 0)
        return;
    memcpy(p->prompt, text, sizeof text);
    p->said++;
}

void prove_settle(struct prover *p, enum prove_check c, bool passed, const char *measured, const char *bound)
{
    struct prove_result *r = &p->result[c];
    r->verdict = passed ? PROVE_PASSED : PROVE_FAILED;
    snprintf(r->measured, sizeof r->measured, "%s", measured);
    snprintf(r->bound, sizeof r->bound, "%s", bound);
    rig_event(&p->rig, "note", prove_check_names[c], prove_verdict_names[r->verdict], r->measured);
    p->said++;
}

/* The links go on counting orders and STOPs, whatever controller gives them. */
void prove_renew(struct prover *p, const struct safety_limits *l)
{
    struct link_inbox in[BENCH_LINKS];
    unsigned order = p->rig.order;
    memcpy(in, p->rig.inbox, sizeof in);
    rig_init(&p->rig, p->bench, l, &p->method, p->link, p->recorder, p->now);
    memcpy(p->rig.inbox, in, sizeof in);
    p->rig.order = order;
    p->rig.start = p->start;
}

/* A controller that stands and waits: nothing is armed, but everything is read, judged and recorded. */
static void stand(struct prover *p)
{
    memset(&p->method, 0, sizeof p->method);
    p->method.n = 1;
    p->method.stage[0] = (struct stage){.kind = STAGE_RETRACT, .distance = p->bench->proof.depth};
    prove_renew(p, &p->limits);
}

void prove_phase(struct prover *p, int phase)
{
    p->phase = phase;
    p->since = p->now;
}

static void enter(struct prover *p, size_t step)
{
    p->step = step;
    p->hand = PROVE_HAND_OFF;
    p->is_pressed = false;
    p->rest_since = p->now;
    p->n = p->sum = p->sum2 = 0.0;
    p->lowest = INFINITY;
    p->highest = -INFINITY;
    prove_say(p, "%s", "");
    prove_phase(p, 0);
    p->is_over = step == STEPS;
}

void prove_init(struct prover *p, const struct bench *b, const struct safety_limits *l, struct link *const links[],
                struct recorder *rec, bool is_unattended, double now)
{
    memset(p, 0, sizeof *p);
    p->bench = b;
    p->limits = *l;
    p->limits.force_push = fmin(l->force_push, 4.0 * b->cell.max_offset); /* in free air nothing pushes */
    p->limits.force_pull = fmin(l->force_pull, 4.0 * b->cell.max_offset);
    p->recorder = rec;
    p->is_unattended = is_unattended;
    for (size_t i = 0; i < b->links; i++)
        p->link[i] = links[i];
    p->start = p->now = now;
    stand(p);
    enter(p, 0);
}

bool prove_has_passed(const struct prover *p)
{
    for (int i = 0; i < PROVE_CHECKS; i++)
        if (p->result[i].verdict != PROVE_PASSED)
            return false;
    return true;
}

bool prove_tick(struct prover *p, double now, double lateness, enum rig_key key)
{
    bool moves = steps[p->step].moves, ends = key == KEY_QUIT || key == KEY_STOP;
    p->now = now;
    if (moves)
        prove_move_tick(p, lateness, ends ? KEY_STOP : key);
    else
        rig_tick(&p->rig, now, lateness, KEY_NONE); /* what a waiting controller sees; no key reaches it */
    if (ends && !moves) {
        enter(p, STEPS);
    } else if ((key == KEY_SKIP && !moves) || steps[p->step].run(p, key)) {
        enter(p, p->is_cut && p->step + 1 < STEPS ? STEPS - 1 : p->step + 1);
    }
    return !p->is_over;
}

/* ---- what a hand does ---- */

static bool is_given_up(const struct prover *p)
{
    return p->now - p->since > (p->is_unattended ? QUICK_PATIENCE : HAND_PATIENCE);
}

/* A force sample that was not looked at yet. */
static bool takes_force(struct prover *p)
{
    const struct link_sample *f = &p->rig.outbox[p->bench->device[BENCH_FORCE].link].sample[BENCH_FORCE];
    if (!f->is_valid || f->count == p->seen)
        return false;
    p->seen = f->count;
    double force = p->rig.force.force;
    p->n += 1.0;
    p->sum += force;
    p->sum2 += force * force;
    p->lowest = fmin(p->lowest, force);
    p->highest = fmax(p->highest, force);
    return true;
}

bool prove_noise(struct prover *p, enum rig_key key)
{
    (void)key;
    const struct bench_cell *c = &p->bench->cell;
    char measured[160], bound[120];
    prove_say(p, "Leave the bench alone: the noise of the force at rest is taken.");
    takes_force(p);
    if (p->now - p->since < NOISE_TIME || (p->n < 20.0 && !is_given_up(p)))
        return false;
    double mean = p->n > 0.0 ? p->sum / p->n : NAN, sd = sqrt(fmax(0.0, p->sum2 / p->n - mean * mean));
    snprintf(measured, sizeof measured, "sd %.3g mN, mean %.3g N, %.0f samples", sd * 1e3, mean, p->n);
    snprintf(bound, sizeof bound, "sd %.3g to %.3g mN, mean within %.3g N", c->noise_low * 1e3, c->noise_high * 1e3,
             c->max_offset);
    prove_settle(p, PROVE_NOISE,
                 sd >= c->noise_low && sd <= c->noise_high && fabs(mean) <= c->max_offset && p->n >= 20.0, measured,
                 bound);
    return true;
}

/* Push the cell by hand as the sample would: the force must rise, and go again. */
bool prove_push(struct prover *p, enum rig_key key)
{
    (void)key;
    char measured[160], bound[120];
    double enough = PUSH_TIMES * p->bench->cell.max_offset, rest = p->bench->cell.max_offset;
    bool is_new = takes_force(p), is_late = is_given_up(p);
    if (p->phase == 0) {
        prove_say(p, "Push the cell by hand, as the sample would push it, with %.2g to %.2g N.   s = leave out",
                  1.5 * enough, 4.0 * enough);
        p->hand = PROVE_HAND_PUSH;
        if (p->highest >= enough || p->lowest <= -enough || is_late)
            prove_phase(p, 1);
        return false;
    }
    p->hand = PROVE_HAND_OFF;
    prove_say(p, "Let go of the cell.   s = leave out");
    if (!(is_new && fabs(p->rig.force.force) <= rest && p->now - p->since > LET_GO) && !is_late)
        return false;
    snprintf(measured, sizeof measured, "%+.3g N when pushed (least %+.3g N), %+.3g N afterwards", p->highest,
             p->lowest, p->rig.force.force);
    snprintf(bound, sizeof bound, "above %+.3g N, never below %+.3g N, then within %.3g N", enough, -rest, rest);
    prove_settle(p, PROVE_FORCE_SIGN,
                 p->highest >= enough && p->lowest >= -rest && fabs(p->rig.force.force) <= rest, measured, bound);
    return true;
}

enum { AT_REST, PRESSED, RELEASED };

/* An input that a hand changes and changes back: first it must be seen at rest, or it proves nothing. */
static bool try_input(struct prover *p, enum prove_check check, enum prove_hand hand, bool is_pressed, const char *act,
                      const char *undo)
{
    char measured[160];
    bool is_late = is_given_up(p);
    if (!(p->rig.inputs.age[BENCH_AXIS] <= p->limits.max_age[BENCH_AXIS]) && !is_late)
        return false; /* nothing fresh to judge */
    if (is_pressed)
        p->rest_since = p->now;
    bool rests = p->now - p->rest_since >= LET_GO;
    p->hand = p->phase == PRESSED ? hand : PROVE_HAND_OFF;
    prove_say(p, "%s   s = leave out", p->phase == PRESSED ? act : undo);
    if (p->phase == AT_REST && rests) {
        prove_phase(p, PRESSED);
    } else if (p->phase == PRESSED && (is_pressed || is_late)) {
        p->is_pressed = is_pressed;
        prove_phase(p, RELEASED);
    } else if (is_late || (p->phase == RELEASED && rests)) {
        snprintf(measured, sizeof measured, "%s%s", p->is_pressed ? "seen, " : "never seen, ",
                 rests ? "gone" : "stays");
        prove_settle(p, check, p->is_pressed && rests, measured, "seen, then gone");
        return true;
    }
    return false;
}

bool prove_estop(struct prover *p, enum rig_key key)
{
    (void)key;
    return try_input(p, PROVE_ESTOP, PROVE_HAND_ESTOP, !p->rig.axis.input[INPUT_ESTOP_HEALTHY], "Press the E-stop.",
                     "Pull the E-stop out.");
}

bool prove_door(struct prover *p, enum rig_key key)
{
    (void)key;
    return try_input(p, PROVE_DOOR, PROVE_HAND_DOOR, !p->rig.axis.input[INPUT_DOOR_CLOSED], "Open the guard door.",
                     "Close the guard door.");
}

bool prove_limit(struct prover *p, enum rig_key key)
{
    (void)key;
    return try_input(p, PROVE_LOWER_LIMIT, PROVE_HAND_LIMIT, p->rig.axis.input[INPUT_LOWER_LIMIT],
                     "Press the lower limit switch by hand.", "Let go of the lower limit switch.");
}
