/* press.c -- see press.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/runfolder.h"
#include "solver/insertion/limits.h"
#include "solver/insertion/settings.h"
#include "solver/insertion/spread.h"
#include "solver/study/press.h"
#include "solver/study/read.h"

#define SPEED_DEFAULT 0.5e-3 /* m/s */
#define HOLD_DEFAULT 30.0    /* s */
#define STEP_DEFAULT 5e-6    /* m */
#define DROP_DEFAULT 10e-3   /* N */
enum { SEED_DEFAULT = 1 };

int press_needles(struct study *s, const struct needle *n, struct insertion_needles *out, struct err *e)
{
    struct cnode at = s->part[PART_NEEDLES];
    if (n->kind != KIND_ARRAY) {
        config_fail(place(at, "kind"), e, ERR_RANGE, "needles: %s",
                    n->kind == KIND_PEN ? "a pen strikes at about 0.5 m/s" : "a roller's needles rotate in");
        err_hint(e, "the insertion model presses an array straight in, without inertia; give a measured depth");
        return ERR_RANGE;
    }
    double count = isfinite(n->count) ? n->count : n->density * n->patch_area;
    double area = isfinite(n->patch_area) ? n->patch_area : n->count / n->density;
    if (!(count >= 0.5 && area > 0.0)) {
        config_fail(at, e, ERR_PARSE, "needles: number and area cannot be found");
        err_hint(e, "needs two of count (or rows and columns), patch_area and density (or pitch)");
        return ERR_PARSE;
    }
    if (count > PART_COUNT_MAX)
        return config_fail(at, e, ERR_RANGE, "needles: %.0f of them: must be at most %d", count, PART_COUNT_MAX);
    *out =
        (struct insertion_needles){n->length, 2.0 * n->tip_radius, 2.0 * n->base_radius, (size_t)lround(count), area};
    return 0;
}

static int read_needles_of(struct press_study *p, struct err *e)
{
    struct study *s = &p->study;
    struct needle n;
    if (!config_is(s->part[PART_NEEDLES]))
        return config_fail(config_root(s->doc), e, ERR_PARSE, "missing key 'needles': an insertion needs some");
    int rc = read_needle(s, &n, e);
    return rc ? rc : press_needles(s, &n, &p->press.needles, e);
}

static int read_end(struct cnode at, struct press *p, struct err *e)
{
    static const char *const keys[] = {"force", "travel", NULL};
    struct cnode to;
    bool force = false, travel = false;
    int rc = config_need(at, "to", &to, e);
    if (!rc) rc = config_known(to, keys, e);
    if (!rc) rc = optional_quantity(to, "force", "N", RANGE_POSITIVE, &p->force, &force, e);
    if (!rc) rc = optional_quantity(to, "travel", "m", RANGE_POSITIVE, &p->travel, &travel, e);
    if (rc || force != travel) return rc;
    config_fail(to, e, ERR_PARSE, "press/to: needs either force or travel");
    err_hint(e, "e.g. press: {speed: 0.5 mm/s, to: {force: 10 N}, hold: 30 s}");
    return ERR_PARSE;
}

static int read_press(struct press_study *p, struct err *e)
{
    static const char *const keys[] = {"speed", "to",     "hold", "retract_speed", "contact_force",
                                       "step",  "source", "note", NULL};
    static const struct range slow = {0.0, INSERTION_SPEED_MAX, true, false};
    struct study *s = &p->study;
    struct press *r = &p->press.press;
    struct cnode at;
    bool found;
    *r = (struct press){.speed = SPEED_DEFAULT, .force = NAN, .travel = NAN, .hold = HOLD_DEFAULT};
    int rc = config_need(config_root(s->doc), "press", &at, e);
    if (!rc) rc = config_known(at, keys, e);
    if (!rc) rc = optional_quantity(at, "speed", "m s-1", slow, &r->speed, &found, e);
    if (!rc && !found)
        note_add(s, NOTE_ASSUMED, "press/speed", "0.5 mm/s", "0.5 mm/s, of the usual press test (Larraneta 2014)");
    if (!rc) rc = read_end(at, r, e);
    if (!rc) rc = optional_quantity(at, "hold", "s", RANGE_NONNEG, &r->hold, &found, e);
    if (!rc && !found)
        note_add(s, NOTE_ASSUMED, "press/hold", "30 s", "30 s, of the usual press test (Larraneta 2014)");
    r->retract_speed = r->speed;
    if (!rc) rc = optional_quantity(at, "retract_speed", "m s-1", slow, &r->retract_speed, &found, e);
    if (!rc) rc = optional_quantity(at, "contact_force", "N", RANGE_NONNEG, &r->contact_force, &found, e);
    if (!rc && r->contact_force >= r->force)
        rc = config_fail(config_get(at, "contact_force"), e, ERR_RANGE,
                         "contact_force: %.4g N: must be below the %.4g N to which it presses", r->contact_force,
                         r->force);
    if (!rc) rc = optional_quantity(at, "step", "m", (struct range){0.0, 1e-4, true, false}, &p->press.step, &found, e);
    return rc;
}

static void press_notes(struct study *s, const bool given[])
{
    const struct mechanics_setting *list;
    size_t n = mechanics_settings(&list);
    char path[80];
    for (size_t i = 0; i < n; i++)
        if (!given[i]) {
            snprintf(path, sizeof path, "mechanics/%s", list[i].key);
            note_add(s, NOTE_ASSUMED, path, list[i].text, "%s: %s", list[i].text, list[i].source);
        }
    if (!given[n])
        note_add(s, NOTE_ASSUMED, "mechanics/relaxation", "", "0.25 in 0.5 s, 0.15 in 8 s, 0.10 in 80 s: %s",
                 mechanics_relax_source);
}

static int read_material(struct press_study *p, struct err *e)
{
    static const char *const keys[] = {"young_modulus", "yield_strength", "fracture_force", "bore",
                                       "source",        "note",           NULL};
    struct cnode at = config_get(config_root(p->study.doc), "material");
    struct needle_material *m = &p->material;
    bool found;
    *m = (struct needle_material){NAN, NAN, NAN, 0.0};
    if (!config_is(at)) return 0;
    int rc = config_known(at, keys, e);
    if (!rc) rc = optional_quantity(at, "young_modulus", "Pa", RANGE_POSITIVE, &m->young_modulus, &found, e);
    if (!rc) rc = optional_quantity(at, "yield_strength", "Pa", RANGE_POSITIVE, &m->yield_strength, &found, e);
    if (!rc) rc = optional_quantity(at, "fracture_force", "N", RANGE_POSITIVE, &m->fracture_force, &found, e);
    if (!rc) rc = optional_quantity(at, "bore", "m", (struct range){0.0, p->press.needles.base_diameter, false, true},
                                    &m->bore, &found, e);
    return rc;
}

static int read_rest(struct press_study *p, struct err *e)
{
    struct cnode root = config_root(p->study.doc), mechanics = config_get(root, "mechanics");
    bool found;
    long seed = SEED_DEFAULT;
    mechanics_init(&p->press.skin);
    int rc = mechanics_read(mechanics, &p->press.skin, p->given, e);
    if (!rc) press_notes(&p->study, p->given);
    if (!rc) rc = read_material(p, e);
    if (!rc && config_is(config_get(root, "seed"))) rc = config_integer(root, "seed", 0, 2147483647, &seed, e);
    p->press.seed = (unsigned long)seed;
    p->drop_threshold = DROP_DEFAULT;
    if (!rc) rc = optional_quantity(root, "drop_threshold", "N", RANGE_POSITIVE, &p->drop_threshold, &found, e);
    return rc;
}

static int read_all(struct press_study *p, const struct study_options *o, struct err *e)
{
    static const char *const keys[] = {"study",    "note", "needles",        "press", "mechanics",
                                       "material", "seed", "drop_threshold", NULL};
    const char *title;
    int rc = needles_open(&p->study, o, e);
    struct cnode root = config_root(p->study.doc);
    if (!rc && config_is(config_get(root, "drug"))) {
        rc = config_fail(config_get(root, "drug"), e, ERR_PARSE, "drug: this is a study of diffusion");
        err_hint(e, "'mnsim run' computes it; a study of insertion has needles and press");
    }
    if (!rc) rc = config_known(root, keys, e);
    if (!rc) rc = config_string(root, "study", &title, e);
    if (rc) return rc;
    snprintf(p->study.title, sizeof p->study.title, "%s", title);
    rc = read_needles_of(p, e);
    if (!rc) rc = read_press(p, e);
    return rc ? rc : read_rest(p, e);
}

int press_study_load(struct press_study *p, const char *path, const struct study_options *options, struct err *e)
{
    static const struct study_options none = {NULL, NULL};
    *p = (struct press_study){.press = {.step = STEP_DEFAULT}};
    int rc = config_open(&p->study.doc, path, e);
    if (!rc) rc = read_all(p, options ? options : &none, e);
    if (rc) press_study_release(p);
    return rc;
}

void press_study_release(struct press_study *p)
{
    study_release(&p->study);
    *p = (struct press_study){0};
}

/* ---- a depth for a diffusion study ---- */

static int read_pressed(struct study *s, struct cnode at, struct insertion_case *c, bool given[], struct err *e)
{
    static const struct range slow = {0.0, INSERTION_SPEED_MAX, true, false};
    bool force, travel, speed, hold, contact;
    long seed = SEED_DEFAULT;
    c->press = (struct press){.speed = SPEED_DEFAULT, .force = NAN, .travel = NAN, .hold = HOLD_DEFAULT};
    mechanics_init(&c->skin);
    int rc = optional_quantity(at, "force", "N", RANGE_POSITIVE, &c->press.force, &force, e);
    if (!rc) rc = optional_quantity(at, "travel", "m", RANGE_POSITIVE, &c->press.travel, &travel, e);
    if (!rc) rc = optional_quantity(at, "speed", "m s-1", slow, &c->press.speed, &speed, e);
    if (!rc) rc = optional_quantity(at, "hold", "s", RANGE_NONNEG, &c->press.hold, &hold, e);
    if (!rc) rc = optional_quantity(at, "contact_force", "N", RANGE_NONNEG, &c->press.contact_force, &contact, e);
    if (!rc && config_is(config_get(at, "seed"))) rc = config_integer(at, "seed", 0, 2147483647, &seed, e);
    if (!rc) rc = mechanics_read(config_get(at, "mechanics"), &c->skin, given, e);
    if (rc) return rc;
    c->seed = (unsigned long)seed;
    if (!speed || !hold)
        note_add(s, NOTE_DERIVED, "", "", "insertion: %s%s%s assumed, as in the usual press test (Larraneta 2014)",
                 speed ? "" : "0.5 mm/s", !speed && !hold ? " and " : "", hold ? "" : "30 s of holding");
    return 0;
}

static void note_pressed(struct study *s, const struct insertion_case *c, const struct insertion_spread *d,
                         const bool given[])
{
    const struct mechanics_setting *list;
    size_t n = mechanics_settings(&list), defaults = 0;
    for (size_t i = 0; i <= n; i++)
        defaults += !given[i];
    bool by_force = isfinite(c->press.force);
    note_add(s, NOTE_DERIVED, "", "",
             "buried depth %.4g um for a %s of %.4g %s: estimated; sd %.3g um between needles, %.2g um between "
             "arrays, %.2g um between specimens; the model's values leave +- %.2g um open",
             d->depth * 1e6, by_force ? "force" : "travel", by_force ? c->press.force : c->press.travel * 1e6,
             by_force ? "N" : "um", d->needle_sd * 1e6, d->array_sd * 1e6, d->specimen_sd * 1e6, d->value_error * 1e6);
    note_add(s, NOTE_DERIVED, "", "", "penetrated fraction %.4g, estimated (lowest of the values varied: %.4g)",
             d->fraction, d->fraction_lowest);
    char limit[INSERTION_LIMITS][INSERTION_LIMIT];
    for (size_t i = insertion_limits(c, by_force ? c->press.force : 0.0, NAN, limit); i-- > 0;)
        note_add(s, NOTE_WARNING, "", "", "insertion model: %s", limit[i]);
    note_add(s, NOTE_DERIVED, "", "", "insertion model: %zu of its %zu values are its own defaults, all estimates",
             defaults, n + 1);
}

static int depth_of(struct study *s, struct cnode at, struct insertion_case *c, const bool given[], struct err *e)
{
    struct insertion_spread d;
    char where[400];
    int rc = insertion_spread(c, given, &d, e);
    if (rc) {
        err_at(e, "%s: insertion", config_where(at, where, sizeof where));
        return rc;
    }
    if (!(d.fraction > 0.0)) {
        config_fail(at, e, ERR_RANGE, "insertion: no needle goes in: the model finds none deeper than %.3g um",
                    c->skin.counts_from * 1e6);
        err_hint(e, "press harder, or use needles: none for intact skin");
        return ERR_RANGE;
    }
    s->depth = d.depth;
    s->depth_sd = d.needle_sd;
    s->depth_estimated = true;
    s->penetrated_fraction = d.fraction;
    note_pressed(s, c, &d, given);
    return 0;
}

int depth_from_press(struct study *s, const struct needle *n, struct cnode at, struct err *e)
{
    struct insertion_case c = {.step = 2.0 * STEP_DEFAULT};
    bool given[MECHANICS_MAX] = {false};
    int rc = press_needles(s, n, &c.needles, e);
    if (!rc) rc = read_pressed(s, at, &c, given, e);
    return rc ? rc : depth_of(s, at, &c, given, e);
}

/* ---- a depth from a run of the bench that has no reading ---- */

/* A stage's value from the method as the run used it; what is not there stays as it is. */
static int stage_value(struct cnode run, const char *stage, const char *key, const char *unit, double *value,
                       bool *found, struct err *e)
{
    struct cnode stages = config_get(config_get(config_get(run, "configuration"), "method"), "stages");
    int rc = 0;
    *found = false;
    for (size_t i = 0; i < config_count(stages) && !rc && !*found; i++) {
        struct cnode at = config_get(config_item(stages, i), stage);
        if (config_is(config_get(at, key))) {
            rc = config_quantity(at, key, unit, RANGE_NONNEG, value, e);
            *found = !rc;
        }
    }
    return rc;
}

/* The study computes with its own needles; the run's may be others. */
static int compare_needles(struct study *s, const struct insertion_needles *n, struct cnode run, struct err *e)
{
    struct cnode at = config_get(run, "needles");
    double length = n->length;
    long count = (long)n->count;
    int rc = 0;
    if (config_is(config_get(at, "length"))) rc = config_quantity(at, "length", "m", RANGE_POSITIVE, &length, e);
    if (!rc && config_is(config_get(at, "count"))) rc = config_integer(at, "count", 1, PART_COUNT_MAX, &count, e);
    if (!rc && (fabs(length - n->length) > 0.01 * n->length || count != (long)n->count))
        note_add(s, NOTE_WARNING, "", "",
                 "the run pressed %ld needles of %.4g um, the study has %zu of %.4g um: the depth is estimated for the "
                 "study's", count, length * 1e6, n->count, n->length * 1e6);
    return rc;
}

/* Force, speed and hold of a run into the case; what the study states beside the run counts before it. */
static int read_recorded(struct study *s, struct cnode at, struct cnode run, struct insertion_case *c, bool given[],
                         struct err *e)
{
    bool speed = false, hold = false, any;
    const char *state = config_text(config_get(config_get(run, "outcome"), "state"));
    c->press = (struct press){.speed = SPEED_DEFAULT, .force = NAN, .travel = NAN, .hold = HOLD_DEFAULT};
    int rc = config_quantity(run, "peak_force", "N", RANGE_POSITIVE, &c->press.force, e);
    if (rc) {
        err_hint(e, "from a run without a recorded force no depth can be estimated; record a reading with mnrig depth");
        return rc;
    }
    rc = config_bool(run, "virtual", &s->is_virtual, e);
    if (!rc) rc = stage_value(run, "insert", "speed", "m s-1", &c->press.speed, &speed, e);
    if (!rc) rc = stage_value(run, "hold", "time", "s", &c->press.hold, &hold, e);
    if (!rc) rc = optional_quantity(at, "speed", "m s-1", RANGE_POSITIVE, &c->press.speed, &any, e);
    speed = speed || any;
    if (!rc) rc = optional_quantity(at, "hold", "s", RANGE_NONNEG, &c->press.hold, &any, e);
    hold = hold || any;
    long seed = SEED_DEFAULT;
    if (!rc && config_is(config_get(at, "seed"))) rc = config_integer(at, "seed", 0, 2147483647, &seed, e);
    c->seed = (unsigned long)seed;
    mechanics_init(&c->skin);
    if (!rc) rc = mechanics_read(config_get(at, "mechanics"), &c->skin, given, e);
    if (rc) return rc;
    note_add(s, NOTE_DERIVED, "", "",
             "no depth was read of this run: its greatest force of %.4g N at %.3g mm/s%s, held for "
             "%.3g s%s, goes through the insertion model",
             c->press.force, c->press.speed * 1e3, speed ? "" : " (assumed)", c->press.hold, hold ? "" : " (assumed)");
    if (state && strcmp(state, "done") != 0)
        note_add(s, NOTE_WARNING, "", "", "the run did not end as planned: %.60s", state);
    return 0;
}

int depth_from_recorded_press(struct study *s, const struct needle *n, struct cnode at, const char *folder,
                              struct err *e)
{
    struct insertion_case c = {.step = 2.0 * STEP_DEFAULT};
    bool given[MECHANICS_MAX] = {false};
    char path[1100];
    const char *format;
    struct config *doc;
    snprintf(path, sizeof path, "%.1000s/%s", folder, RUN_YAML);
    int rc = config_open(&doc, path, e);
    if (rc) return rc;
    struct cnode run = config_root(doc);
    rc = config_string(run, "format", &format, e);
    if (!rc && strcmp(format, RUN_FORMAT) != 0)
        rc = config_fail(config_get(run, "format"), e, ERR_PARSE, "format: '%.60s': this program reads %s", format,
                         RUN_FORMAT);
    if (!rc) rc = press_needles(s, n, &c.needles, e);
    if (!rc) rc = compare_needles(s, &c.needles, run, e);
    if (!rc) rc = read_recorded(s, at, run, &c, given, e);
    config_close(doc);
    return rc ? rc : depth_of(s, at, &c, given, e);
}

/* ---- the resolved study ---- */

static void resolve_mechanics(const struct mechanics *m, struct record *r)
{
    const struct mechanics_setting *list;
    size_t n = mechanics_settings(&list);
    char path[80], value[60];
    for (size_t i = 0; i < n; i++) {
        bool plain = list[i].unit[0] == '1' && !list[i].unit[1];
        snprintf(path, sizeof path, "mechanics/%s", list[i].key);
        snprintf(value, sizeof value, "%.17g%s%s", mechanics_value(m, &list[i]), plain ? "" : " ",
                 plain ? "" : list[i].unit);
        record_text(r, path, value);
    }
    for (size_t k = 0; k < m->relax.n; k++) {
        snprintf(path, sizeof path, "mechanics/relaxation/%zu/share", k);
        snprintf(value, sizeof value, "%.17g", m->relax.g[k]);
        record_text(r, path, value);
        snprintf(path, sizeof path, "mechanics/relaxation/%zu/time", k);
        snprintf(value, sizeof value, "%.17g s", m->relax.tau[k]);
        record_text(r, path, value);
    }
}

void press_study_resolve(const struct press_study *p, struct record *r)
{
    struct cnode root = config_root(p->study.doc);
    static const char *const keys[] = {"study", "note", "press", "material", "drop_threshold"};
    char value[60];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (config_is(config_get(root, keys[i]))) record_subtree(r, keys[i], config_get(root, keys[i]));
    record_subtree(r, "needles", p->study.part[PART_NEEDLES]);
    snprintf(value, sizeof value, "%.17g m/s", p->press.press.speed);
    record_text(r, "press/speed", value);
    snprintf(value, sizeof value, "%.17g s", p->press.press.hold);
    record_text(r, "press/hold", value);
    record_integer(r, "seed", (long long)p->press.seed);
    resolve_mechanics(&p->press.skin, r);
}
