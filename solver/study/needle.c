/* needle.c -- a needles file: shape, length, diameters, count, density. */
#include <math.h>
#include <stdio.h>
#include "solver/study/read.h"

static const double PI = 3.14159265358979323846;

static int read_base(struct study *s, struct cnode at, struct needle *n, struct err *e)
{
    double width = NAN;
    int rc;
    if (n->shape == SHAPE_PYRAMID) {
        rc = config_quantity(at, "base_width", "m", RANGE_POSITIVE, &width, e);
        n->base_radius = width / sqrt(PI);
        if (!rc)
            note_add(s, NOTE_DERIVED, "", "", "pyramid of %.4g um width: circle of equal area, radius %.4g um",
                     width * 1e6, n->base_radius * 1e6);
    } else {
        rc = config_quantity(at, "base_diameter", "m", RANGE_POSITIVE, &width, e);
        n->base_radius = width / 2.0;
    }
    if (rc || n->shape == SHAPE_CYLINDER) {
        n->tip_radius = n->base_radius;
        return rc;
    }
    double tip = 0.0;
    bool found;
    if (n->shape == SHAPE_FRUSTUM) {
        rc = config_quantity(at, "tip_diameter", "m", (struct range){0.0, width, true, false}, &tip, e);
        n->tip_radius = tip / 2.0;
        return rc;
    }
    rc = optional_quantity(at, "tip_diameter", "m", (struct range){0.0, width, false, false}, &tip, &found, e);
    n->tip_radius = tip / 2.0;
    if (!rc && !found)
        note_add(s, NOTE_ASSUMED, "needles/tip_diameter", "0 um",
                 "0 um: the needles file gives none, so the tip is taken as sharp");
    return rc;
}

static int read_count(struct cnode at, struct needle *n, struct err *e)
{
    long count, rows, columns;
    const char *key =
        config_is(config_get(at, "needles")) ? "needles" : "count"; /* a pen's cartridge, an array's patch */
    if (config_is(config_get(at, key))) {
        int rc = config_integer(at, key, 1, 10000000, &count, e);
        n->count = (double)count;
        return rc;
    }
    if (!config_is(config_get(at, "rows")) && !config_is(config_get(at, "columns"))) return 0;
    int rc = config_integer(at, "rows", 1, 10000, &rows, e);
    if (!rc) rc = config_integer(at, "columns", 1, 10000, &columns, e);
    if (!rc) n->count = (double)rows * (double)columns;
    return rc;
}

static int read_array_density(struct cnode at, struct needle *n, struct err *e)
{
    bool found;
    double pitch;
    static const char *const lattices[] = {"square", "hexagonal", NULL};
    int lattice = 0, rc = 0;
    if (config_is(config_get(at, "lattice"))) rc = config_choice(at, "lattice", lattices, &lattice, e);
    if (!rc && config_is(config_get(at, "lattice")) && !config_is(config_get(at, "pitch")))
        rc = config_fail(config_get(at, "lattice"), e, ERR_PARSE,
                         "needles/lattice: says how the pitch is meant, and there is no pitch");
    if (!rc && config_is(config_get(at, "density")) && config_is(config_get(at, "pitch")))
        rc = config_fail(config_get(at, "pitch"), e, ERR_PARSE, "needles: needs density or pitch, not both");
    if (!rc) rc = optional_quantity(at, "density", "m-2", RANGE_POSITIVE, &n->density, &found, e);
    if (!rc && !found) {
        rc = optional_quantity(at, "pitch", "m", RANGE_POSITIVE, &pitch, &found, e);
        if (found) n->density = (lattice == 1 ? 2.0 / sqrt(3.0) : 1.0) / (pitch * pitch);
        n->hexagonal = lattice == 1;
    }
    if (!rc) rc = optional_quantity(at, "patch_area", "m2", RANGE_POSITIVE, &n->patch_area, &found, e);
    if (!isfinite(n->density) && isfinite(n->count) && isfinite(n->patch_area)) n->density = n->count / n->patch_area;
    return rc;
}

static int read_nose(struct cnode at, struct needle *n, struct err *e)
{
    if (n->shape == SHAPE_BULLET)
        return config_quantity(at, "tip_length", "m", (struct range){0.0, n->length, true, false}, &n->nose, e);
    if (config_is(config_get(at, "tip_length")))
        return config_fail(config_get(at, "tip_length"), e, ERR_PARSE,
                           "needles/tip_length: only a bullet has a rounded tip");
    return 0;
}

/* Both or neither, of a roller alone. */
static int read_drum(struct cnode at, struct needle *n, struct err *e)
{
    bool diameter, width;
    int rc = optional_quantity(at, "drum_diameter", "m", RANGE_POSITIVE, &n->drum_diameter, &diameter, e);
    if (!rc) rc = optional_quantity(at, "drum_width", "m", RANGE_POSITIVE, &n->drum_width, &width, e);
    if (rc || (!diameter && !width)) return rc;
    struct cnode stated = config_get(at, diameter ? "drum_diameter" : "drum_width");
    if (n->kind != KIND_ROLLER)
        return config_fail(stated, e, ERR_PARSE, "needles/%s: only a roller has a drum",
                           diameter ? "drum_diameter" : "drum_width");
    if (diameter != width)
        return config_fail(stated, e, ERR_PARSE, "needles: drum_diameter and drum_width belong together");
    return 0;
}

double needle_radius(const struct needle *n, double from_tip)
{
    double u = n->nose > 0.0 ? fmax(0.0, 1.0 - from_tip / n->nose) : 0.0;
    double share = n->nose > 0.0 ? 1.0 - u * u : from_tip / n->length;
    return n->tip_radius + (n->base_radius - n->tip_radius) * share;
}

int read_needle(struct study *s, struct needle *n, struct err *e)
{
    static const char *const keys[] = {"name",       "kind",         "shape",   "length",  "base_diameter",
                                       "base_width", "tip_diameter", "count",   "rows",    "tip_length",
                                       "columns",    "pitch",        "lattice", "density", "patch_area",
                                       "needles",    "strike_rate",  "source",  "note",    "drum_diameter",
                                       "drum_width", NULL};
    static const char *const kinds[] = {"array", "pen", "roller", "stamp", NULL};
    static const char *const shapes[] = {"cone", "cylinder", "pyramid", "frustum", "bullet", NULL};
    struct cnode at = s->part[PART_NEEDLES];
    const char *name;
    int kind = 0, shape = 0, rc = config_known(at, keys, e);
    bool found;
    *n = (struct needle){.count = NAN, .density = NAN, .patch_area = NAN, .strike_rate = NAN};
    n->drum_diameter = n->drum_width = NAN;
    if (!rc) rc = config_string(at, "name", &name, e);
    if (!rc) rc = config_choice(at, "kind", kinds, &kind, e);
    if (!rc) rc = config_choice(at, "shape", shapes, &shape, e);
    if (!rc) rc = config_quantity(at, "length", "m", (struct range){0.0, 0.01, true, false}, &n->length, e);
    if (rc) return rc;
    n->kind = (enum kind)kind;
    n->shape = (enum shape)shape;
    snprintf(s->needles, sizeof s->needles, "%s", name);
    s->needle_length = n->length;
    rc = read_base(s, at, n, e);
    if (!rc) rc = read_nose(at, n, e);
    if (!rc) rc = read_count(at, n, e);
    if (!rc) rc = optional_quantity(at, "strike_rate", "s-1", RANGE_POSITIVE, &n->strike_rate, &found, e);
    if (!rc) rc = read_drum(at, n, e);
    if (!rc) rc = read_array_density(at, n, e);
    return rc;
}
