/* outside.c -- what lies around the skin: vehicle, receptor, body. */
#include <math.h>
#include <string.h>
#include "solver/study/read.h"

static int read_finite(struct study *s, struct cnode at, struct err *e)
{
    struct donor *d = &s->problem.donor;
    bool has_volume = config_is(config_get(at, "volume")), has_thickness = config_is(config_get(at, "thickness"));
    if (has_volume == has_thickness)
        return config_fail(at, e, ERR_PARSE, "vehicle: a finite dose needs either 'thickness', or 'volume' and 'area'");
    if (has_thickness) return config_quantity(at, "thickness", "m", RANGE_POSITIVE, &d->H, e);
    double volume, area;
    int rc = config_quantity(at, "volume", "m3", RANGE_POSITIVE, &volume, e);
    if (!rc) rc = config_quantity(at, "area", "m2", RANGE_POSITIVE, &area, e);
    if (!rc) d->H = volume / area;
    return rc;
}

static int read_vehicle(struct study *s, struct err *e)
{
    static const char *const kinds[] = {"infinite", "finite", NULL};
    static const char *const infinite_keys[] = {"type", "concentration", "K", "source", "note", NULL};
    static const char *const finite_keys[] = {"type", "concentration", "K",    "thickness", "volume",
                                              "area", "source",        "note", NULL};
    struct cnode at;
    struct donor *d = &s->problem.donor;
    int kind, rc = config_need(config_root(s->doc), "vehicle", &at, e);
    if (!rc) rc = config_choice(at, "type", kinds, &kind, e);
    if (rc) return rc;
    d->kind = kind == 0 ? DONOR_INFINITE : DONOR_FINITE;
    rc = config_known(at, kind == 0 ? infinite_keys : finite_keys, e);
    if (!rc) rc = config_quantity(at, "concentration", "kg m-3", RANGE_POSITIVE, &d->C0, e);
    if (!rc) rc = config_number(at, "K", RANGE_POSITIVE, &d->K, e);
    if (!rc && kind == 1) rc = read_finite(s, at, e);
    double solubility;
    bool found;
    if (!rc) rc = optional_quantity(s->part[PART_DRUG], "solubility", "kg m-3", RANGE_POSITIVE, &solubility, &found, e);
    if (!rc && found && d->C0 / d->K > solubility * (1.0 + 1e-9))
        note_add(
            s, NOTE_WARNING, "", "",
            "the vehicle's activity of %.4g mg/mL (as water) is above the drug's solubility of %.4g mg/mL in water",
            d->C0 / d->K, solubility);
    return rc;
}

static int read_franz(struct study *s, struct cnode at, struct err *e)
{
    struct receptor *r = &s->problem.receptor;
    double volume, area, flow = 0.0;
    bool found;
    int rc = config_quantity(at, "volume", "m3", RANGE_POSITIVE, &volume, e);
    if (!rc) rc = config_quantity(at, "area", "m2", RANGE_POSITIVE, &area, e);
    if (!rc) rc = config_quantity(at, "flow", "m3 s-1", RANGE_NONNEG, &flow, e);
    if (rc) return rc;
    r->H = volume / area;
    r->q = flow / area;
    struct cnode sampling = config_get(at, "sampling");
    if (!config_is(sampling)) return 0;
    static const char *const keys[] = {"times", "volume", NULL};
    double taken;
    rc = config_known(sampling, keys, e);
    if (!rc)
        rc = optional_quantity(sampling, "volume", "m3", (struct range){0.0, volume, false, true}, &taken, &found, e);
    if (!rc && !found) rc = config_quantity(sampling, "volume", "m3", RANGE_NONNEG, &taken, e);
    if (!rc) r->sample_fraction = taken / volume;
    return rc;
}

static int read_receptor(struct study *s, struct err *e)
{
    static const char *const kinds[] = {"sink", "closed", "franz", NULL};
    static const char *const plain_keys[] = {"type", "source", "note", NULL};
    static const char *const franz_keys[] = {"type", "volume", "area", "flow", "sampling", "source", "note", NULL};
    static const enum receptor_kind kind_of[] = {RECEPTOR_SINK, RECEPTOR_CLOSED, RECEPTOR_FRANZ};
    struct cnode at;
    int kind, rc = config_need(config_root(s->doc), "receptor", &at, e);
    if (!rc) rc = config_choice(at, "type", kinds, &kind, e);
    if (!rc) rc = config_known(at, kind == 2 ? franz_keys : plain_keys, e);
    if (rc) return rc;
    s->problem.receptor.kind = kind_of[kind];
    return kind == 2 ? read_franz(s, at, e) : 0;
}

static int read_body(struct study *s, struct err *e)
{
    static const char *const keys[] = {"volume", "clearance", "source", "note", NULL};
    struct cnode at = config_get(config_root(s->doc), "body"), from = at;
    struct body *b = &s->problem.body;
    if (!config_is(at) || (config_text(at) && strcmp(config_text(at), "none") == 0)) return 0;
    if (s->problem.receptor.kind != RECEPTOR_CLOSED) {
        config_fail(at, e, ERR_PARSE,
                    "body: plasma is fed by the skin's clearance, so it needs receptor: {type: closed}");
        err_hint(e, "leave body out for a diffusion cell, or describe living skin: receptor type closed, layers with a "
                    "clearance");
        return ERR_PARSE;
    }
    if (config_text(at)) {
        from = config_get(s->part[PART_DRUG], "plasma");
        if (strcmp(config_text(at), "drug") != 0 || !config_is(from))
            return config_fail(
                at, e, ERR_PARSE,
                "body: '%s': must be none, drug (which then needs a plasma block), or {volume, clearance}",
                config_text(at));
    }
    int rc = config_known(from, keys, e);
    if (!rc) rc = config_quantity(from, "volume", "m3", RANGE_POSITIVE, &b->V, e);
    if (!rc) rc = config_quantity(from, "clearance", "m3 s-1", RANGE_NONNEG, &b->CL, e);
    b->present = !rc;
    return rc;
}

int read_outside(struct study *s, struct err *e)
{
    int rc = read_receptor(s, e);
    if (!rc) rc = read_vehicle(s, e);
    if (!rc) rc = read_body(s, e);
    return rc;
}
