/* method_read.c -- the reader of method files (YAML).  Keys: docs/reference/rig-files.md, "Method". */
#include <math.h>
#include <string.h>
#include "base/provenance.h"
#include "rig/method/method.h"

static int read_needles(struct method *m, struct cnode root, struct err *e)
{
    static const char *const known[] = {"name", "count", "length", "area", "tip_diameter", "base_diameter", NULL};
    struct cnode at = {0};
    m->tip_diameter = m->base_diameter = NAN;
    int rc = config_need(root, "needles", &at, e);
    if (rc == 0) rc = config_known(at, known, e);
    if (rc == 0) rc = config_string_copy(at, "name", m->needles_name, sizeof m->needles_name, e);
    if (rc == 0) rc = config_integer(at, "count", 1, 1000000, &m->needles_count, e);
    if (rc == 0) rc = config_quantity(at, "length", "m", RANGE_POSITIVE, &m->needles_length, e);
    if (rc == 0) rc = config_quantity(at, "area", "m2", RANGE_POSITIVE, &m->needles_area, e);
    if (rc == 0 && config_is(config_get(at, "tip_diameter")))
        rc = config_quantity(at, "tip_diameter", "m", RANGE_POSITIVE, &m->tip_diameter, e);
    if (rc == 0 && config_is(config_get(at, "base_diameter")))
        rc = config_quantity(at, "base_diameter", "m", RANGE_POSITIVE, &m->base_diameter, e);
    if (rc == 0 && m->tip_diameter > m->base_diameter) {
        rc = config_fail(config_get(at, "tip_diameter"), e, ERR_RANGE,
                         "needles/tip_diameter: %.4g um: must be at most base_diameter, %.4g um", m->tip_diameter * 1e6,
                         m->base_diameter * 1e6);
        err_hint(e, "diameters, not radii; the base is the end at the plate");
    }
    return rc;
}

static int read_specimen(struct method *m, struct cnode root, struct err *e)
{
    static const char *const known[] = {"surface", "surface_error", "stiffness", "source", NULL};
    struct cnode at = {0};
    const char *source = NULL;
    m->stiffness = NAN;
    int rc = config_need(root, "specimen", &at, e);
    if (rc == 0) rc = config_known(at, known, e);
    if (rc == 0) rc = config_quantity(at, "surface", "m", RANGE_POSITIVE, &m->surface, e);
    if (rc == 0) rc = config_quantity(at, "surface_error", "m", RANGE_NONNEG, &m->surface_error, e);
    if (rc == 0 && config_is(config_get(at, "stiffness"))) {
        rc = config_quantity(at, "stiffness", "N/m", RANGE_POSITIVE, &m->stiffness, e);
        if (rc == 0) rc = config_string(at, "source", &source, e); /* a bound without a source is a wish */
    }
    return rc;
}

static int read_approach(struct stage *s, struct cnode at, struct err *e)
{
    int rc = config_quantity(at, "rapid", "m/s", RANGE_POSITIVE, &s->rapid, e);
    if (rc == 0) rc = config_quantity(at, "clearance", "m", RANGE_POSITIVE, &s->clearance, e);
    if (rc == 0) rc = config_quantity(at, "speed", "m/s", RANGE_POSITIVE, &s->speed, e);
    if (rc == 0) rc = config_quantity(at, "contact_force", "N", RANGE_POSITIVE, &s->contact_force, e);
    if (rc == 0) rc = config_integer(at, "contact_samples", 1, 10, &s->contact_samples, e);
    if (rc == 0) rc = config_quantity(at, "search", "m", RANGE_POSITIVE, &s->search, e);
    return rc;
}

static int read_insert(struct stage *s, struct cnode at, struct err *e)
{
    bool by_force = config_is(config_get(at, "to_force")), by_travel = config_is(config_get(at, "to_travel"));
    s->to_force = s->to_travel = NAN;
    if (by_force == by_travel)
        return config_fail(at, e, ERR_PARSE, "insert needs one of 'to_force' and 'to_travel'%s",
                           by_force ? ", not both" : "");
    int rc = config_quantity(at, "speed", "m/s", RANGE_POSITIVE, &s->speed, e);
    if (rc == 0 && by_force) rc = config_quantity(at, "to_force", "N", RANGE_POSITIVE, &s->to_force, e);
    if (rc == 0 && by_travel) rc = config_quantity(at, "to_travel", "m", RANGE_POSITIVE, &s->to_travel, e);
    if (rc == 0) rc = config_quantity(at, "max_travel", "m", RANGE_POSITIVE, &s->max_travel, e);
    if (rc == 0 && by_travel && !(s->max_travel > s->to_travel)) {
        config_fail(config_get(at, "max_travel"), e, ERR_RANGE, "max_travel %.4g um: must be above to_travel, %.4g um",
                    s->max_travel * 1e6, s->to_travel * 1e6);
        err_hint(e, "max_travel is the axis' own travel: it holds the machine's give as well, some um a newton");
        return ERR_RANGE;
    }
    return rc;
}

static int read_stage(struct stage *s, struct cnode at, struct err *e)
{
    static const char *const home[] = {"speed", "longest", "timeout", NULL};
    static const char *const timed[] = {"time", "longest", "timeout", NULL};
    static const char *const approach[] = {
        "rapid", "clearance", "speed", "contact_force", "contact_samples", "search", "longest", "timeout", NULL};
    static const char *const insert[] = {"speed", "to_force", "to_travel", "max_travel", "longest", "timeout", NULL};
    static const char *const retract[] = {"speed", "distance", "longest", "timeout", NULL};
    static const char *const prompt[] = {"text", "longest", "timeout", NULL};
    static const char *const *const known[] = {home, timed, approach, insert, timed, retract, prompt};
    static const char *const ways[] = {"trip", "retract", NULL};
    int way = 0, rc = config_known(at, known[s->kind], e);
    if (rc)
        return rc;
    switch (s->kind) {
    case STAGE_HOME: rc = config_quantity(at, "speed", "m/s", RANGE_POSITIVE, &s->speed, e); break;
    case STAGE_TARE: case STAGE_HOLD: rc = config_quantity(at, "time", "s", RANGE_POSITIVE, &s->time, e); break;
    case STAGE_APPROACH: rc = read_approach(s, at, e); break;
    case STAGE_INSERT: rc = read_insert(s, at, e); break;
    case STAGE_PROMPT: rc = config_string_copy(at, "text", s->text, sizeof s->text, e); break;
    default:
        rc = config_quantity(at, "speed", "m/s", RANGE_POSITIVE, &s->speed, e);
        if (rc == 0) rc = config_quantity(at, "distance", "m", RANGE_POSITIVE, &s->distance, e);
        break;
    }
    if (rc == 0) rc = config_quantity(at, "longest", "s", RANGE_POSITIVE, &s->longest, e);
    if (rc == 0) rc = config_choice(at, "timeout", ways, &way, e);
    s->timeout = (enum timeout_to)way;
    if (rc)
        return rc;
    if (s->timeout == TIMEOUT_RETRACT && s->kind != STAGE_APPROACH && s->kind != STAGE_INSERT)
        return config_fail(config_get(at, "timeout"), e, ERR_RANGE, "a time-out of %s must go to trip",
                           stage_names[s->kind]);
    if ((s->kind == STAGE_TARE || s->kind == STAGE_HOLD) && !(s->longest > s->time))
        return config_fail(config_get(at, "longest"), e, ERR_RANGE, "longest %.4g s: must be above time, %.4g s",
                           s->longest, s->time);
    return 0;
}

/* home, tare and approach come first and in this order; the last stage retracts; prompts stand between any two. */
static int check_order(const struct method *m, struct cnode stages, struct err *e)
{
    static const enum stage_kind first[] = {STAGE_HOME, STAGE_TARE, STAGE_APPROACH};
    size_t moving = 0;
    for (size_t i = 0; i < m->n; i++) {
        enum stage_kind kind = m->stage[i].kind;
        bool is_prompt = kind == STAGE_PROMPT, is_last = i + 1 == m->n;
        bool ok = is_prompt     ? i > 0 && !is_last
                  : moving < 3 ? kind == first[moving]
                               : kind > STAGE_APPROACH && (kind == STAGE_RETRACT) == is_last;
        moving += !is_prompt;
        if (!ok) {
            config_fail(config_item(stages, i), e, ERR_PARSE, "stage %zu cannot be '%s'", i + 1, stage_names[kind]);
            err_hint(
                e, "the order is home, tare, approach, then insert and hold as wanted, retract last; prompts between");
            return ERR_PARSE;
        }
    }
    return moving >= 4
               ? 0
               : config_fail(stages, e, ERR_PARSE, "%zu stages: at least home, tare, approach and retract", moving);
}

static int read_stages(struct method *m, struct cnode root, struct err *e)
{
    struct cnode stages = {0};
    int rc = config_need(root, "stages", &stages, e);
    if (rc)
        return rc;
    if (config_count(stages) > METHOD_STAGES)
        return config_fail(stages, e, ERR_RANGE, "%zu stages: at most %d", config_count(stages), METHOD_STAGES);
    for (size_t i = 0; i < config_count(stages) && rc == 0; i++) {
        const char *key = NULL;
        struct cnode item = config_item(stages, i);
        if (config_count(item) != 1)
            return config_fail(item, e, ERR_PARSE, "a stage is one entry like '- hold: {time: 5 s, ...}'");
        struct cnode at = config_pair(item, 0, &key);
        rc = config_known(item, stage_names, e);
        for (int k = 0; k < STAGE_KINDS && rc == 0; k++)
            if (strcmp(stage_names[k], key) == 0)
                m->stage[i].kind = (enum stage_kind)k;
        if (rc == 0)
            rc = read_stage(&m->stage[i], at, e);
        m->n++;
    }
    return rc ? rc : check_order(m, stages, e);
}

static int read_limits(struct method *m, struct cnode root, struct err *e)
{
    static const char *const known[] = {"force_push", "force_pull", NULL};
    struct cnode at = {0};
    int rc = config_need(root, "limits", &at, e);
    if (rc == 0) rc = config_known(at, known, e);
    if (rc == 0) rc = config_quantity(at, "force_push", "N", RANGE_POSITIVE, &m->force_push, e);
    if (rc == 0) rc = config_quantity(at, "force_pull", "N", RANGE_POSITIVE, &m->force_pull, e);
    return rc;
}

int method_read(struct method *m, struct config **doc, const char *path, const char *const overrides[], size_t n,
                struct err *e)
{
    static const char *const known[] = {"method",   "version", "description", "needles",
                                        "specimen", "limits",  "stages",      NULL};
    memset(m, 0, sizeof *m);
    snprintf(m->file, sizeof m->file, "%s", path);
    int rc = config_open(doc, path, e);
    if (rc == 0) rc = sha256_file(path, m->sha256, e);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = config_override(*doc, overrides[i], e);
    if (rc)
        return rc;
    struct cnode root = config_root(*doc);
    rc = config_known(root, known, e);
    if (rc == 0) rc = config_string_copy(root, "method", m->name, sizeof m->name, e);
    if (rc == 0) rc = config_integer(root, "version", 1, 1000000, &m->version, e);
    if (rc == 0) rc = read_needles(m, root, e);
    if (rc == 0) rc = read_specimen(m, root, e);
    if (rc == 0) rc = read_limits(m, root, e);
    if (rc == 0) rc = read_stages(m, root, e);
    return rc ? rc : method_judge(m, root, e);
}
