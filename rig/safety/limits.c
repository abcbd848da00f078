/* limits.c -- see limits.h. */
#include <math.h>
#include <string.h>
#include "rig/device/bench_check.h"
#include "rig/safety/bounds.h"

static int read_span(struct cnode at, const char *key, double *from, double *to, struct err *e)
{
    static const char *const known[] = {"from", "to", NULL};
    struct cnode span = {0};
    int rc = config_need(at, key, &span, e);
    if (rc == 0) rc = config_known(span, known, e);
    if (rc == 0) rc = config_quantity(span, "from", "m", RANGE_ANY, from, e);
    if (rc == 0) rc = config_quantity(span, "to", "m", RANGE_ANY, to, e);
    if (rc == 0 && !(*from < *to))
        return config_fail(span, e, ERR_RANGE, "%s: from %.4g mm to %.4g mm: from must be below to", key, *from * 1e3,
                           *to * 1e3);
    return rc;
}

static int read_weakest(struct safety_limits *l, struct cnode at, struct err *e)
{
    static const char *const known[] = {"name", "load", NULL};
    struct cnode part = {0};
    const char *name = NULL;
    int rc = config_need(at, "weakest_part", &part, e);
    if (rc == 0) rc = config_known(part, known, e);
    if (rc == 0) rc = config_string(part, "name", &name, e);
    if (rc == 0) rc = config_quantity(part, "load", "N", RANGE_POSITIVE, &l->weakest_load, e);
    if (rc == 0) snprintf(l->weakest_name, sizeof l->weakest_name, "%s", name);
    return rc;
}

/* An encoder at rest may dither by a few counts; a tolerance that the bench states for ended moves is no excuse for
 * more, nor one below two counts a reason to trip. */
static double still_band(const struct bench *b)
{
    enum { NOISE_COUNTS = 8, LEAST_COUNTS = 2 };
    double count = b->axis.mech.lead / b->axis.mech.counts_per_rev;
    return fmax(LEAST_COUNTS * count, fmin(b->axis.position_tolerance, NOISE_COUNTS * count)) * (1.0 + 1e-6);
}

static int check_relations(const struct safety_limits *l, struct cnode at, const struct bench *b, struct err *e)
{
    if (!(l->hard_from <= l->soft_from && l->soft_to <= l->hard_to))
        return config_fail(config_get(at, "travel_soft"), e, ERR_RANGE,
                           "travel_soft %.4g..%.4g mm must lie inside travel_hard %.4g..%.4g mm", l->soft_from * 1e3,
                           l->soft_to * 1e3, l->hard_from * 1e3, l->hard_to * 1e3);
    double top = l->force_push > l->force_pull ? l->force_push : l->force_pull;
    if (!(top <= b->cell.capacity))
        return config_fail(config_get(at, "force_push"), e, ERR_RANGE,
                           "a force limit of %.4g N is above the cell's capacity of %.4g N", top, b->cell.capacity);
    if (!(top < l->weakest_load))
        return config_fail(config_get(at, "weakest_part"), e, ERR_RANGE,
                           "a force limit of %.4g N is not below what '%s' bears: %.4g N", top, l->weakest_name,
                           l->weakest_load);
    if (!(b->proof.depth <= l->soft_to))
        return config_fail(config_get(at, "travel_soft"), e, ERR_RANGE,
                           "travel_soft ends at %.4g mm: proof/depth is %.4g mm", l->soft_to * 1e3,
                           b->proof.depth * 1e3);
    for (size_t i = 0; i < BENCH_DEVICES; i++)
        if (!(l->max_age[i] > b->device[i].poll + b->tick_period))
            return config_fail(config_get(at, i == BENCH_AXIS ? "max_age_axis" : "max_age_force"), e, ERR_RANGE,
                               "max age %.4g ms of '%s' is not above its poll period plus the tick's: %.4g ms",
                               l->max_age[i] * 1e3, b->device[i].name, (b->device[i].poll + b->tick_period) * 1e3);
    return 0;
}

/* Every place the axis may be sent to, or found at, must fit the drive's registers. */
static int check_targets(const struct safety_limits *l, struct cnode at, const struct bench *b, struct err *e)
{
    struct cnode soft = config_get(at, "travel_soft"), hard = config_get(at, "travel_hard");
    struct cnode error = config_get(at, "following_error");
    double way = b->axis.direction;
    int rc = bench_holds(b, "target", way * l->soft_from, config_get(soft, "from"), e);
    if (rc == 0) rc = bench_holds(b, "target", way * l->soft_to, config_get(soft, "to"), e);
    if (rc == 0) rc = bench_reads(b, "position", way * l->hard_from, way * l->hard_from, config_get(hard, "from"), e);
    if (rc == 0) rc = bench_reads(b, "position", way * l->hard_to, way * l->hard_to, config_get(hard, "to"), e);
    if (rc == 0 && b->has_position_error)
        rc = bench_reads(b, "position_error", -2.0 * l->following_error, 2.0 * l->following_error, error, e);
    return rc;
}

/* The way to the home switch, in the drive's steps, must fit its register too. */
static int check_search(struct cnode root, const struct bench *b, struct err *e)
{
    struct cnode steps = config_get(config_get(root, "axis"), "steps_per_rev");
    return bench_holds(b, "distance", -b->axis.direction * BENCH_HOME_SEARCH, steps, e);
}

/* A drive that does not tell its following error can't be judged by it; that must be known, not overlooked. */
static int read_following_error(struct safety_limits *l, struct cnode at, const struct bench *b, struct err *e)
{
    const char *text = NULL;
    if (b->has_position_error)
        return config_quantity(at, "following_error", "m", RANGE_POSITIVE, &l->following_error, e);
    l->following_error = INFINITY;
    int rc = config_string(at, "following_error", &text, e);
    if (rc == 0 && strcmp(text, "not_detectable") != 0) {
        rc = config_fail(config_get(at, "following_error"), e, ERR_RANGE,
                         "following_error: '%s': the drive tells none: must be not_detectable", text);
        err_hint(e, "a stalled axis is then found by its position standing still, and by moves that end short");
    }
    return rc;
}

int safety_limits_read(struct safety_limits *l, struct config *doc, const struct bench *b, struct err *e)
{
    static const char *const known[] = {"force_push",   "force_pull",      "force_rate",   "travel_soft",
                                        "travel_hard",  "following_error", "max_age_axis", "max_age_force",
                                        "max_lateness", "bus_failures",    "weakest_part", NULL};
    struct cnode at = {0};
    long failures = 0;
    memset(l, 0, sizeof *l);
    int rc = config_need(config_root(doc), "limits", &at, e);
    if (rc == 0) rc = config_known(at, known, e);
    if (rc == 0) rc = config_quantity(at, "force_push", "N", RANGE_POSITIVE, &l->force_push, e);
    if (rc == 0) rc = config_quantity(at, "force_pull", "N", RANGE_POSITIVE, &l->force_pull, e);
    if (rc == 0) rc = config_quantity(at, "force_rate", "N/s", RANGE_POSITIVE, &l->force_rate, e);
    if (rc == 0) rc = read_span(at, "travel_soft", &l->soft_from, &l->soft_to, e);
    if (rc == 0) rc = read_span(at, "travel_hard", &l->hard_from, &l->hard_to, e);
    if (rc == 0) rc = read_following_error(l, at, b, e);
    if (rc == 0) rc = config_quantity(at, "max_age_axis", "s", RANGE_POSITIVE, &l->max_age[BENCH_AXIS], e);
    if (rc == 0) rc = config_quantity(at, "max_age_force", "s", RANGE_POSITIVE, &l->max_age[BENCH_FORCE], e);
    if (rc == 0) rc = config_quantity(at, "max_lateness", "s", RANGE_POSITIVE, &l->max_lateness, e);
    if (rc == 0) rc = config_integer(at, "bus_failures", 1, 100, &failures, e);
    if (rc == 0) rc = read_weakest(l, at, e);
    l->bus_failures = (int)failures;
    l->still = still_band(b);
    for (size_t i = 0; i < BENCH_DEVICES; i++)
        l->max_frozen[i] = b->device[i].map.fresh_within;
    if (rc == 0) rc = check_relations(l, at, b, e);
    if (rc == 0) rc = check_targets(l, at, b, e);
    if (rc == 0) {
        struct bound t[BOUNDS];
        rc = bounds_judge(t, safety_bounds(b, l, t), config_root(doc), e);
    }
    if (rc == 0)
        rc = check_search(config_root(doc), b, e);
    return rc ? rc : safety_actions_read(l->action, doc, b, e);
}

void safety_lint(const struct safety_limits *l, const struct bench *b, struct cnode root, struct lint *out)
{
    static const enum safety_cause reaching[] = {SAFETY_ESTOP, SAFETY_DOOR},
                                   pressed[] = {SAFETY_FORCE_PUSH, SAFETY_OVERSHOOT};
    struct cnode actions = config_get(root, "actions");
    for (size_t i = 0; i < 2; i++) {
        const char *name = safety_cause_names[reaching[i]];
        if (l->action[reaching[i]] != ACTION_DISABLE && b->axis.on_disable != ON_DISABLE_FALLS)
            lint_node(out, LINT_WARNING, config_get(actions, name), "stop_and_disable switches the drive off",
                      "actions/%s: after '%s' the drive stays on, and somebody may be reaching in", name, name);
    }
    for (size_t i = 0; i < 2; i++) {
        const char *name = safety_cause_names[pressed[i]];
        if (l->action[pressed[i]] != ACTION_UNLOAD)
            lint_node(out, LINT_WARNING, config_get(actions, name), "stop_and_unload lets the operator step away",
                      "actions/%s: after '%s' nobody can step away: sample and cell stay pressed", name, name);
    }
}
