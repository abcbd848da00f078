/* method_check.c -- see method.h: what no bench could run, and what this one must not. */
#include <math.h>
#include <string.h>
#include "rig/device/axis.h"
#include "rig/device/bench_check.h"
#include "rig/method/method.h"
#include "rig/safety/bounds.h"

#define MM "mm", 1e-3
#define UM "um", 1e-6
#define MM_S "mm/s", 1e-3
#define NEWTON "N", 1.0
#define SECOND "s", 1.0

#define HOUR 3600.0
#define DAY 86400.0
#define FASTEST 1.0     /* m/s: no screw axis is faster; the drive's own bound is in its map */
#define SLOWEST 1e-7    /* m/s: a tenth of a micrometre a second; below, creep and warmth move more */
#define LONGEST_WAY 1.0 /* m: home is sought no further */

enum { RULES = 12 + 10 * METHOD_STAGES };
struct rules { struct bound t[RULES]; size_t n; };

static void rule(struct rules *r, const char *where, const char *key, struct bound b)
{
    r->t[r->n] = b;
    snprintf(r->t[r->n].path, sizeof r->t->path, "%s/%s", where, key);
    r->n++;
}

/* ---- of the method alone ---- */

static void rules_of_needles(const struct method *m, struct rules *r)
{
    double tips = (double)m->needles_count * 0.25 * 3.14159265358979 *
                  (isnan(m->base_diameter) ? 1e-12 : m->base_diameter * m->base_diameter);
    rule(r, "needles", "length", (struct bound){"", UM, m->needles_length, 10e-6, 10e-3,
         "the outermost skin layer alone is thicker", "no microneedle is so long"});
    rule(r, "needles", "area", (struct bound){"", "cm2", 1e-4, m->needles_area, tips, 0.1,
         "the needles' bases would not fit on it", "no patch is so large"});
    rule(r, "needles", "tip_diameter", (struct bound){"", UM, m->tip_diameter, 10e-9, 1e-3,
         "no tip is so sharp", "that is no tip"});
    rule(r, "needles", "base_diameter", (struct bound){"", UM, m->base_diameter, 1e-6, 5e-3,
         "no needle would bear it", "no microneedle is so thick"});
}

static void rules_of_specimen(const struct method *m, struct rules *r)
{
    const struct stage *a = method_stage(m, STAGE_APPROACH), *in = method_stage(m, STAGE_INSERT);
    double least = in && in->to_force > 0.0 ? in->to_force / in->max_travel : 1.0;
    rule(r, "specimen", "surface", (struct bound){"", MM, m->surface, m->surface_error + a->clearance, LONGEST_WAY,
         "surface_error and clearance above it lies the start of the search: it would be above home",
         "no axis of this kind is so long"});
    rule(r, "specimen", "surface_error", (struct bound){"", MM, m->surface_error, 10e-6, m->surface,
         "no skin lies so even: 0 would spare the search its room", "then nothing is known of the surface"});
    rule(r, "specimen", "stiffness", (struct bound){"", "N/mm", 1e3, m->stiffness, least, 1e8,
         "even the stiffest specimen would not give to_force within max_travel", "no machine is stiffer"});
    rule(r, "limits", "force_push", (struct bound){"", NEWTON, m->force_push, 2.0 * a->contact_force, 1e5,
         "twice the contact force: contact itself would trip", "no bench of this kind presses so"});
    rule(r, "limits", "force_pull", (struct bound){"", NEWTON, m->force_pull, a->contact_force, 1e5,
         "the contact force: noise and friction would trip", "no bench of this kind pulls so"});
}

static void rules_of_stage(const struct method *m, size_t i, struct rules *r)
{
    static const double longest[STAGE_KINDS] = {HOUR, 600.0, HOUR, DAY, 30 * DAY, HOUR, 7 * DAY};
    static const char *const slow = "creep and warmth move more", *const fast = "no screw axis is so fast";
    const struct stage *s = &m->stage[i];
    char at[40];
    snprintf(at, sizeof at, "stages/%zu/%s", i, stage_names[s->kind]);
    bool moves = s->speed > 0.0;
    rule(r, at, "speed", (struct bound){"", MM_S, moves ? s->speed : NAN, SLOWEST, FASTEST, slow, fast});
    rule(r, at, "longest", (struct bound){"", SECOND, s->longest, 0.1, longest[s->kind], "nothing happens so soon",
         "nobody would find a stage that hangs so long"});
    if (s->kind == STAGE_TARE || s->kind == STAGE_HOLD)
        rule(r, at, "time", (struct bound){"", SECOND, s->time, s->kind == STAGE_TARE ? 0.1 : 0.01,
             longest[s->kind], "too few samples for a mean and its noise", "longer than any stay may be"});
    if (s->kind == STAGE_APPROACH) {
        rule(r, at, "rapid", (struct bound){"", MM_S, s->rapid, s->speed, FASTEST,
             "the search is faster: rapid is what saves time above it", fast});
        rule(r, at, "clearance", (struct bound){"", MM, s->clearance, 10e-6, 0.1, "it would begin at the surface",
             "rapid is for the long way"});
        rule(r, at, "contact_force", (struct bound){"", NEWTON, s->contact_force, 1e-6, 1e4, "no cell tells so little",
             "that is no touch"});
        rule(r, at, "search", (struct bound){"", MM, s->search, 2.0 * m->surface_error + s->clearance, LONGEST_WAY,
             "clearance and twice surface_error: a low surface would never be reached", "no axis is so long"});
    }
    if (s->kind == STAGE_INSERT) {
        rule(r, at, "to_force", (struct bound){"", NEWTON, s->to_force, method_stage(m, STAGE_APPROACH)->contact_force,
             1e5, "contact is above it already", "no bench of this kind presses so"});
        rule(r, at, "to_travel", (struct bound){"", UM, s->to_travel, 1e-6, 0.1, "finer than any axis",
             "no skin is so thick"});
        rule(r, at, "max_travel", (struct bound){"", MM, s->max_travel, 1e-6, 0.1, "finer than any axis",
             "no skin is so thick"});
    }
}

/* The deepest the axis can get below home. */
static double deepest(const struct method *m)
{
    const struct stage *a = method_stage(m, STAGE_APPROACH);
    double x = method_search_start(m, a) + a->search;
    for (size_t i = 0; i < m->n; i++)
        x += m->stage[i].kind == STAGE_INSERT ? m->stage[i].max_travel : 0.0;
    return x;
}

/* The force that ends an insert must come before the one that trips. */
static int check_to_force(const struct method *m, struct cnode root, struct err *e)
{
    for (size_t i = 0; i < m->n; i++) {
        const struct stage *s = &m->stage[i];
        struct cnode at = config_get(config_item(config_get(root, "stages"), i), "insert");
        if (s->kind != STAGE_INSERT || isnan(s->to_force) || s->to_force < m->force_push)
            continue;
        config_fail(config_get(at, "to_force"), e, ERR_RANGE,
                    "insert/to_force: %.4g N: must be below limits/force_push, %.4g N", s->to_force, m->force_push);
        err_hint(e, "leave room for what the force overshoots: mnrig plan shows it");
        return ERR_RANGE;
    }
    return 0;
}

int method_judge(const struct method *m, struct cnode root, struct err *e)
{
    struct rules r = {.n = 0};
    char last[40];
    rules_of_needles(m, &r);
    rules_of_specimen(m, &r);
    for (size_t i = 0; i < m->n; i++)
        rules_of_stage(m, i, &r);
    snprintf(last, sizeof last, "stages/%zu/retract", m->n - 1);
    rule(&r, last, "distance", (struct bound){"", MM, m->stage[m->n - 1].distance, 10e-6, deepest(m),
         "the needles would not be out", "the deepest the axis can get: it would end above home"});
    int rc = check_to_force(m, root, e);
    return rc ? rc : bounds_judge(r.t, r.n, root, e);
}

/* ---- of the method on a bench ---- */

static void rules_of_moves(const struct method *m, const struct bench *b, const struct safety_limits *l,
                           struct rules *r)
{
    struct method_phase p[METHOD_PHASES];
    size_t n = method_phases(m, b, l, p);
    double needs[METHOD_STAGES] = {0.0};
    for (size_t i = 0; i < n; i++) {
        enum stage_kind kind = m->stage[p[i].stage].kind;
        if (kind != STAGE_HOME && kind != STAGE_PROMPT)
            needs[p[i].stage] += p[i].time;
    }
    for (size_t i = 0; i < m->n; i++) {
        const struct stage *s = &m->stage[i];
        char at[40];
        snprintf(at, sizeof at, "stages/%zu/%s", i, stage_names[s->kind]);
        if (s->kind == STAGE_HOME)
            needs[i] = method_move_time(b, l->soft_to, s->speed);
        rule(r, at, "longest", (struct bound){"", SECOND, s->longest, needs[i], INFINITY,
             "the stage's own way at its speed takes longer: it would always run into its time-out", ""});
        if (s->kind == STAGE_TARE)
            rule(r, at, "time", (struct bound){"", SECOND, s->time,
                 10.0 * fmax(b->device[BENCH_FORCE].poll, b->tick_period), INFINITY,
                 "too few samples for a mean and its noise: ten at least", ""});
        if (s->kind == STAGE_APPROACH)
            rule(r, at, "contact_force", (struct bound){"", NEWTON, s->contact_force, b->cell.noise_high, INFINITY,
                 "the bench's load_cell/noise_high: noise would be taken for contact", ""});
    }
}

static void rules_of_bench(const struct method *m, const struct bench *b, const struct safety_limits *l,
                           struct rules *r)
{
    rule(r, "limits", "force_push", (struct bound){"", NEWTON, m->force_push, 0.0, l->force_push, "",
         "so much the bench allows"});
    rule(r, "limits", "force_pull", (struct bound){"", NEWTON, m->force_pull, 0.0, l->force_pull, "",
         "so much the bench allows"});
    rules_of_moves(m, b, l, r);
}

static int check_speed(const struct bench *b, double speed, struct cnode at, struct err *e)
{
    char what[600];
    struct err here = {0};
    if (!(speed > 0.0) || axis_check_speed(b, speed, config_subject(at, what, sizeof what), &here) == 0)
        return 0;
    config_fail(at, e, ERR_RANGE, "%s", here.msg);
    err_hint(e, "%s", here.hint);
    return ERR_RANGE;
}

static int check_speeds(const struct method *m, struct cnode root, const struct bench *b, struct err *e)
{
    struct cnode stages = config_get(root, "stages");
    int rc = axis_check_speed(b, b->unload_speed, "unload/speed of the bench", e);
    for (size_t i = 0; i < m->n && rc == 0; i++) {
        const struct stage *s = &m->stage[i];
        struct cnode at = config_get(config_item(stages, i), stage_names[s->kind]);
        rc = check_speed(b, s->speed, config_get(at, "speed"), e);
        if (rc == 0)
            rc = check_speed(b, s->rapid, config_get(at, "rapid"), e);
    }
    return rc;
}

static int check_travel(const struct method *m, struct cnode root, const struct safety_limits *l, struct err *e)
{
    double start = method_search_start(m, method_stage(m, STAGE_APPROACH)), end = deepest(m);
    if (start >= l->soft_from && end <= l->soft_to)
        return 0;
    config_fail(config_get(config_get(root, "specimen"), "surface"), e, ERR_RANGE,
                "approach and insert reach from %.4g mm to %.4g mm: the bench's soft limits are %.4g mm to %.4g mm",
                start * 1e3, end * 1e3, l->soft_from * 1e3, l->soft_to * 1e3);
    err_hint(e, "from: surface - surface_error - clearance; to: that + search + max_travel of every insert");
    return ERR_RANGE;
}

/* A move that its drive does not end, while its position is old or repeated, must still end inside the hard limits.
 * (Homing has none: before it travel means nothing.) */
static int check_blind(const struct method *m, struct cnode root, const struct bench *b, const struct safety_limits *l,
                       struct err *e)
{
    struct method_phase p[METHOD_PHASES];
    size_t n = method_phases(m, b, l, p);
    for (size_t i = 0; i < n; i++) {
        if (p[i].travel == 0.0)
            continue;
        bool is_down = p[i].travel > 0.0;
        double end = is_down ? p[i].target + p[i].budget.blind_way : p[i].target - p[i].budget.blind_way;
        if (is_down ? end <= l->hard_to : end >= l->hard_from)
            continue;
        config_fail(config_item(config_get(root, "stages"), p[i].stage), e, ERR_RANGE,
                    "%s at %.4g mm/s to %.4g mm: the axis may run on unseen for %.0f ms, to %.4g mm: travel_hard is "
                    "%.4g mm to %.4g mm",
                    p[i].name, p[i].speed * 1e3, p[i].target * 1e3, p[i].budget.blind_time * 1e3, end * 1e3,
                    l->hard_from * 1e3, l->hard_to * 1e3);
        err_hint(e, "shorten limits/max_age_axis (and freshness/within of the drive's map), or go slower");
        return ERR_RANGE;
    }
    return 0;
}

static int check_overshoot(const struct method *m, struct cnode root, const struct bench *b,
                           const struct safety_limits *l, struct err *e)
{
    struct method_overshoot w;
    method_worst(m, b, l, &w);
    double over = w.budget.worst < 0.0 ? 0.0 : w.budget.worst; /* below 0: nothing presses */
    if (m->force_push + over <= l->weakest_load)
        return 0;
    config_fail(config_item(config_get(root, "stages"), w.stage), e, ERR_RANGE,
                "%s at %.4g mm/s on %.4g N/mm: limit %.4g N + overshoot %.4g N = %.4g N: '%s' bears %.4g N\n"
                "  overshoot: a normal trip (%.0f ms) %.4g N, sensor dies (%.0f ms) %.4g N, PC dies (%.0f ms) %.4g N",
                stage_names[m->stage[w.stage].kind], w.speed * 1e3, w.k * 1e-3, m->force_push, w.budget.worst,
                m->force_push + w.budget.worst, l->weakest_name, l->weakest_load, w.budget.time[0] * 1e3,
                w.budget.overshoot[0], w.budget.time[1] * 1e3, w.budget.overshoot[1], w.budget.time[2] * 1e3,
                w.budget.overshoot[2]);
    err_hint(e, "go slower, lower the limit, state a measured specimen/stiffness, or shorten max_age and watchdog_time "
                "of the bench");
    return ERR_RANGE;
}

int method_check(const struct method *m, struct cnode root, const struct bench *b, const struct safety_limits *l,
                 struct err *e)
{
    struct rules r = {.n = 0};
    rules_of_bench(m, b, l, &r);
    int rc = check_speeds(m, root, b, e);
    if (rc == 0) rc = check_travel(m, root, l, e);
    if (rc == 0) rc = bounds_judge(r.t, r.n, root, e);
    if (rc == 0) rc = check_blind(m, root, b, l, e);
    if (rc == 0) rc = check_overshoot(m, root, b, l, e);
    return rc;
}
