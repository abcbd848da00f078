/* needle_dose.c -- drug on coated or in dissolving needles: how much of it gets in, and how it comes off. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solver/study/read.h"

static const double PI = 3.14159265358979323846, LN2 = 0.69314718055994530942;

#define AT_ONCE 10.0 /* 1/s: dissolves within a fraction of a second where there is room */

enum dose_kind { COATED, DISSOLVING };

/* From the tip to a length along it: lateral area (coat) or volume (matrix), up to the same factor. */
static double part_of_needle(const struct needle *n, enum release_law law, double length)
{
    enum { SLICES = 2000 };
    double sum = 0.0, ds = length / SLICES;
    for (int i = 0; i < SLICES; i++) {
        double s = (i + 0.5) * ds, r = needle_radius(n, s);
        double slope = (needle_radius(n, s + 0.5 * ds) - needle_radius(n, s - 0.5 * ds)) / ds;
        sum += law == RELEASE_COAT ? r * sqrt(1.0 + slope * slope) * ds : r * r * ds;
    }
    return sum;
}

double needle_dose_share(const struct needle *n, const struct needle_dose *d, double depth)
{
    return depth >= d->loaded ? 1.0 : part_of_needle(n, d->law, depth) / part_of_needle(n, d->law, d->loaded);
}

/* Time until the widest buried section has dissolved: half its width over the speed across it, v/cos(half angle).  A
 * pyramid's half width is that of its faces, not of the circle of equal area. */
static double time_to_dissolve(const struct needle *n, double depth, double v)
{
    double face = n->shape == SHAPE_PYRAMID ? sqrt(PI) / 2.0 : 1.0;
    double slope = face * (n->base_radius - n->tip_radius) / n->length;
    return face * needle_radius(n, depth) / (v * sqrt(1.0 + slope * slope));
}

static int read_matrix(struct study *s, const struct needle *n, struct cnode at, double *density, struct err *e)
{
    static const char *const keys[] = {"solubility", "density", "rate", "source", "note", NULL};
    double C_s, k;
    int rc = config_known(at, keys, e);
    if (!rc) rc = config_quantity(at, "solubility", "kg m-3", RANGE_POSITIVE, &C_s, e);
    if (!rc) rc = config_quantity(at, "density", "kg m-3", RANGE_POSITIVE, density, e);
    if (!rc) rc = config_quantity(at, "rate", "m s-1", RANGE_POSITIVE, &k, e);
    if (!rc && n->shape == SHAPE_BULLET)
        rc = config_fail(at, e, ERR_RANGE, "needle_dose/matrix: the faces of a bullet recede at no single angle: "
                                           "give gone_after instead");
    if (rc) return rc;
    double v = k * C_s / *density;
    s->problem.needles.gone_after = time_to_dissolve(n, s->depth, v);
    note_add(s, NOTE_DERIVED, "", "", "matrix recedes at %.4g um/s from its faces: buried part gone after %.4g s",
             v * 1e6, s->problem.needles.gone_after);
    return 0;
}

static int read_dissolving(struct study *s, const struct needle *n, struct cnode at, double *density, struct err *e)
{
    struct cnode matrix = config_get(at, "matrix"), after = config_get(at, "gone_after");
    s->problem.needles.rate = AT_ONCE;
    if (config_is(matrix) == config_is(after)) {
        config_fail(at, e, ERR_PARSE, "needle_dose: needs either a matrix or gone_after");
        err_hint(e, "matrix: {solubility: 300 mg/mL, density: 1.3 g/mL, rate: 1e-4 cm/s}, or gone_after: 9 min");
        return ERR_PARSE;
    }
    if (!isfinite(s->eta)) {
        config_fail(config_get(config_root(s->doc), "channel"), e, ERR_PARSE,
                    "channel: a dissolving needle shrinks from its own shape: needs radius_ratio, not two radii");
        err_hint(e, "radius_ratio: 1 leaves a channel as wide as the needle");
        return ERR_PARSE;
    }
    if (config_is(matrix)) return read_matrix(s, n, matrix, density, e);
    return config_quantity(at, "gone_after", "s", RANGE_POSITIVE, &s->problem.needles.gone_after, e);
}

static int read_coat(struct study *s, struct cnode at, struct err *e)
{
    struct needle_dose *d = &s->problem.needles;
    struct cnode at_once = config_get(at, "at_once");
    bool found, yes = false;
    double half_life;
    int rc = config_is(at_once) ? config_bool(at, "at_once", &yes, e) : 0;
    if (!rc) rc = optional_quantity(at, "half_life", "s", RANGE_POSITIVE, &half_life, &found, e);
    if (rc) return rc;
    if (yes == found) {
        config_fail(at, e, ERR_PARSE, "needle_dose: needs either half_life or at_once: yes");
        err_hint(e, "how quickly the coat dissolves in fluid without drug: half_life: 20 s");
        return ERR_PARSE;
    }
    d->rate = yes ? AT_ONCE : LN2 / half_life;
    return 0;
}

/* Of the drug in what fills the channel: the dose's own, else the drug's in water, else none. */
static int read_limit(struct study *s, struct cnode at, struct err *e)
{
    struct needle_dose *d = &s->problem.needles;
    bool found;
    d->solubility = INFINITY;
    int rc = optional_quantity(at, "solubility", "kg m-3", RANGE_POSITIVE, &d->solubility, &found, e);
    if (rc || found) return rc;
    rc = optional_quantity(s->part[PART_DRUG], "solubility", "kg m-3", RANGE_POSITIVE, &d->solubility, &found, e);
    if (!rc && !found)
        note_add(s, NOTE_WARNING, "", "",
                 "needle_dose: no solubility of the drug is stated: it dissolves whatever its concentration, %.4g "
                 "mg/mL in the channels if none left them",
                 needle_load(&s->problem));
    return rc;
}

static int read_amount(struct study *s, const struct needle *n, struct cnode at, double density, double *mass,
                       struct err *e)
{
    bool stated, share;
    double fraction;
    int rc = optional_quantity(at, "dose_per_needle", "kg", RANGE_POSITIVE, mass, &stated, e);
    if (!rc)
        rc = optional_quantity(at, "drug_fraction", "1", (struct range){0.0, 1.0, true, false}, &fraction, &share, e);
    if (rc) return rc;
    if (stated == share || (share && !isfinite(density))) {
        config_fail(at, e, ERR_PARSE,
                    "needle_dose: needs either dose_per_needle, or drug_fraction and a matrix density");
        err_hint(e, "e.g. dose_per_needle: 0.2 ug");
        return ERR_PARSE;
    }
    if (stated) return 0;
    *mass = fraction * density * PI * part_of_needle(n, RELEASE_MATRIX, s->problem.needles.loaded);
    note_add(s, NOTE_DERIVED, "", "", "needle_dose: %.4g ug a needle = drug fraction x density x volume", *mass * 1e9);
    return 0;
}

static int read_length(struct study *s, const struct needle *n, struct cnode at, struct err *e)
{
    struct needle_dose *d = &s->problem.needles;
    bool found;
    d->loaded = n->length;
    struct range along = {0.0, n->length, true, false};
    int rc = optional_quantity(at, "loaded_length", "m", along, &d->loaded, &found, e);
    if (rc || found) return rc;
    char value[40];
    snprintf(value, sizeof value, "%.17g m", d->loaded);
    note_add(s, NOTE_ASSUMED, "needle_dose/loaded_length", value, "%.4g um: drug along the whole needle",
             d->loaded * 1e6);
    return 0;
}

static int read_wear(struct study *s, struct cnode at, struct err *e)
{
    const char *text = config_text(config_get(at, "wear"));
    bool found;
    s->wear = INFINITY;
    if (text && strcmp(text, "never") == 0) return 0;
    int rc = optional_quantity(at, "wear", "s", RANGE_POSITIVE, &s->wear, &found, e);
    if (!rc && !found)
        note_add(s, NOTE_ASSUMED, "needle_dose/wear", "never",
                 "never pulled out: what is buried stays in the skin until it has dissolved");
    s->problem.needles.withdrawn = isfinite(s->wear);
    return rc;
}

/* Per area of skin; needles that did not go in keep theirs. */
static void share_out(struct study *s, const struct needle *n, double mass)
{
    struct needle_dose *d = &s->problem.needles;
    double all = mass * s->density / s->penetrated_fraction, share = needle_dose_share(n, d, s->depth);
    s->needle_dose_in_all = all;
    d->buried = mass * s->density * share;
    d->outside = all - d->buried;
    note_add(s, NOTE_DERIVED, "", "",
             "dose in needles %.5g ug/cm2, of which %.5g ug/cm2 is buried: %.3g of each needle's, of %.3g of the "
             "needles",
             all * 1e5, d->buried * 1e5, share, s->penetrated_fraction);
}

int read_needle_dose(struct study *s, const struct needle *n, struct err *e)
{
    static const char *const keys[] = {"kind",       "dose_per_needle", "drug_fraction", "loaded_length", "half_life",
                                       "at_once",    "matrix",          "gone_after",    "solubility",    "wear",
                                       "source",     "note",            NULL};
    static const char *const kinds[] = {"coated", "dissolving", NULL};
    struct cnode at = config_get(config_root(s->doc), "needle_dose");
    struct needle_dose *d = &s->problem.needles;
    double density = NAN, mass = NAN;
    int kind, rc;
    if (!config_is(at)) return 0;
    rc = config_known(at, keys, e);
    if (!rc) rc = config_choice(at, "kind", kinds, &kind, e);
    if (rc) return rc;
    if (s->problem.channel.fill == CHANNEL_STIRRED) {
        config_fail(at, e, ERR_RANGE,
                    "needle_dose: a stirred channel is part of the vehicle: nothing dissolves into it");
        err_hint(e, "use channel: {fill: diffusing}");
        return ERR_RANGE;
    }
    d->law = kind == COATED ? RELEASE_COAT : RELEASE_MATRIX;
    const char *const *other = kind == COATED ? (const char *const[]){"matrix", "gone_after", "drug_fraction", NULL}
                                              : (const char *const[]){"half_life", "at_once", NULL};
    for (size_t i = 0; other[i]; i++)
        if (config_is(config_get(at, other[i])))
            return config_fail(config_get(at, other[i]), e, ERR_PARSE, "needle_dose/%s: is not for %s needles",
                               other[i], kinds[kind]);
    rc = read_length(s, n, at, e);
    if (!rc) rc = kind == COATED ? read_coat(s, at, e) : read_dissolving(s, n, at, &density, e);
    if (!rc) rc = read_amount(s, n, at, density, &mass, e);
    if (!rc) share_out(s, n, mass);
    if (!rc) rc = read_limit(s, at, e);
    return rc ? rc : read_wear(s, at, e);
}

/* ---- when ---- */

static int insert_event(struct problem *p, size_t before, struct event v)
{
    if (p->n_events >= EVENTS_MAX) return ERR_RANGE;
    memmove(&p->event[before + 1], &p->event[before], (p->n_events - before) * sizeof v);
    p->event[before] = v;
    p->n_events++;
    return 0;
}

/* What a study without steps does, as events: needles in, vehicle on, patch off. */
static void default_events(struct study *s)
{
    struct problem *p = &s->problem;
    p->event[p->n_events++] = (struct event){.kind = EVENT_NEEDLES};
    if (s->n_vehicles) p->event[p->n_events++] = (struct event){.kind = EVENT_APPLY};
    if (s->n_vehicles && isfinite(p->remove_at))
        p->event[p->n_events++] = (struct event){.kind = EVENT_REMOVE, .at = p->remove_at, .fraction = 1.0};
    if (isfinite(p->remove_at) && !isfinite(s->wear)) {
        s->wear = p->remove_at;
        p->needles.withdrawn = true;
    }
    p->remove_at = INFINITY;
}

int needle_dose_events(struct study *s, struct err *e)
{
    struct problem *p = &s->problem;
    if (p->needles.law == RELEASE_NONE) return 0;
    if (!p->n_events) default_events(s);
    for (size_t i = 0; isfinite(s->wear) && i < p->n_events; i++) {
        double out = p->event[i].at + s->wear;
        size_t k = i + 1;
        if (p->event[i].kind != EVENT_NEEDLES || out > p->t_end) continue;
        while (k < p->n_events && p->event[k].at <= out && p->event[k].kind != EVENT_NEEDLES)
            k++;
        bool replaced = k < p->n_events && p->event[k].at <= out; /* new needles take the old ones' place before */
        if (!replaced && insert_event(p, k, (struct event){.kind = EVENT_WITHDRAW, .at = out}))
            return config_fail(config_get(config_root(s->doc), "needle_dose"), e, ERR_RANGE,
                               "needle_dose/wear: more than %d events with it", EVENTS_MAX);
    }
    return 0;
}
