/* outside.c -- what lies under the skin: the receptor.  Vehicles: vehicle.c; body: body.c. */
#include <math.h>
#include "solver/study/read.h"

static int read_franz(struct study *s, struct cnode at, struct err *e)
{
    struct receptor *r = &s->problem.receptor;
    double volume, area, flow = 0.0;
    bool found;
    int rc = config_quantity(at, "volume", "m3", RANGE_POSITIVE, &volume, e);
    if (!rc) rc = config_quantity(at, "area", "m2", RANGE_POSITIVE, &area, e);
    if (!rc) rc = optional_quantity(at, "flow", "m3 s-1", RANGE_NONNEG, &flow, &found, e);
    if (!rc && !found) {
        flow = 0.0;
        note_add(s, NOTE_ASSUMED, "receptor/flow", "0 mL/h",
                 "0 mL/h: a static cell, nothing flows through the receptor");
    }
    if (!rc) rc = optional_number(at, "K", RANGE_POSITIVE, &r->K, &found, e);
    if (rc) return rc;
    r->H = volume / area;
    r->q = flow / area;
    struct cnode sampling = config_get(at, "sampling");
    if (!config_is(sampling)) return 0;
    static const char *const keys[] = {"times", "volume", NULL};
    double taken;
    rc = config_known(sampling, keys, e);
    if (!rc) rc = config_quantity(sampling, "volume", "m3", RANGE_NONNEG, &taken, e);
    if (rc) return rc;
    if (taken >= volume) {
        config_fail(config_get(sampling, "volume"), e, ERR_RANGE,
                    "receptor/sampling/volume: %s: must be below the receptor's volume of %s",
                    config_text(config_get(sampling, "volume")), config_text(config_get(at, "volume")));
        err_hint(e, "each sample is replaced by as much blank medium");
        return ERR_RANGE;
    }
    r->sample_fraction = taken / volume;
    return 0;
}

static int read_receptor(struct study *s, struct err *e)
{
    static const char *const kinds[] = {"sink", "closed", "franz", NULL};
    static const char *const plain_keys[] = {"type", "source", "note", NULL};
    static const char *const franz_keys[] = {"type", "volume", "area", "flow", "K", "sampling", "source", "note", NULL};
    static const enum receptor_kind kind_of[] = {RECEPTOR_SINK, RECEPTOR_CLOSED, RECEPTOR_FRANZ};
    struct cnode at;
    int kind, rc = config_need(config_root(s->doc), "receptor", &at, e);
    if (!rc) rc = config_choice(at, "type", kinds, &kind, e);
    if (!rc) rc = config_known(at, kind == 2 ? franz_keys : plain_keys, e);
    if (rc) return rc;
    s->problem.receptor.kind = kind_of[kind];
    return kind == 2 ? read_franz(s, at, e) : 0;
}

int read_outside(struct study *s, struct err *e)
{
    int rc = read_receptor(s, e);
    return rc ? rc : read_vehicles(s, e);
}
