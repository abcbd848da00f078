/* needles.c -- from a needle, its insertion and its density to the channel in one unit cell.
 * Depth is not travel: what the axis of a bench moves holds the skin's sink, and only the insertion model makes a depth
 * of it (docs/reference/equations.md, docs/explanation/insertion.md). */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/runfolder.h"
#include "solver/physics/formulas.h"
#include "solver/physics/properties.h"
#include "solver/study/read.h"

#define AREAS_DIFFER 0.02 /* share: less is rounding */

static const double PI = 3.14159265358979323846;
#define OPEN_WARN   0.03 /* share of open area above which random strikes begin to overlap, pens and rollers (E18) */
#define OPEN_REFUSE 0.2  /* ... and above which no unit cell describes them */
#define CIRCLES_FILL 0.9069 /* pi/sqrt(12): of a plane, circles side by side at most */
#define CELL_SHARE  0.98 /* widest channel radius / cell radius, as problem_check has it */

/* ---- how deep ---- */

static void beside_study(const struct study *s, const char *path, char *out, size_t size)
{
    const char *slash = strrchr(config_path(s->doc), '/');
    snprintf(out, size, "%s", path);
    if (path[0] != '/' && access(path, F_OK) != 0 && slash)
        snprintf(out, size, "%.*s/%s", (int)(slash - config_path(s->doc)), config_path(s->doc), path);
}

static int refuse_press_keys(struct cnode at, struct err *e)
{
    static const char *const press_only[] = {"speed", "hold", "seed", "mechanics", NULL};
    for (size_t i = 0; press_only[i]; i++)
        if (config_is(config_get(at, press_only[i]))) {
            config_fail(config_get(at, press_only[i]), e, ERR_PARSE, "insertion/%s: is for the insertion model",
                        press_only[i]);
            err_hint(e, "it goes with insertion: {force: ...} or {travel: ...}");
            return ERR_PARSE;
        }
    return 0;
}

static int refuse_bullet(struct cnode at, struct err *e)
{
    return config_fail(at, e, ERR_RANGE, "insertion: the insertion model does not know bullets: state their depth");
}

/* The folder of an import has its runs inside. */
static void hint_import(const char *folder, struct err *e)
{
    char path[400];
    snprintf(path, sizeof path, "%.300s/import.yaml", folder);
    if (access(path, R_OK) == 0)
        err_hint(e, "'%.200s' is the folder of an import: its force curves are %.200s/runs/SPECIMEN", folder, folder);
}

/* The newest reading of the run counts; a run without one goes through the insertion model. */
static int depth_from_run(struct study *s, const struct needle *n, struct cnode at, struct err *e)
{
    struct run_penetration reading;
    const char *folder;
    char where[400];
    int rc = config_string(at, "run", &folder, e);
    if (rc) return rc;
    beside_study(s, folder, s->run_folder, sizeof s->run_folder);
    if (!run_has_penetration(s->run_folder)) {
        rc = n->shape == SHAPE_BULLET ? refuse_bullet(at, e) : depth_from_recorded_press(s, n, at, s->run_folder, e);
        if (rc) hint_import(s->run_folder, e);
        if (rc) err_at(e, "%s: insertion/run", config_where(config_get(at, "run"), where, sizeof where));
        return rc;
    }
    rc = refuse_press_keys(at, e);
    if (rc) return rc;
    rc = run_penetration_read(s->run_folder, &reading, e);
    if (rc) {
        err_at(e, "%s: insertion/run", config_where(config_get(at, "run"), where, sizeof where));
        return rc;
    }
    s->depth = reading.depth_mean;
    s->depth_sd = reading.depth_sd;
    s->depth_estimated = strcmp(reading.method, "model") == 0;
    s->penetrated_fraction = reading.fraction;
    s->is_virtual = reading.is_virtual;
    snprintf(s->penetration_file, sizeof s->penetration_file, "%s", reading.file);
    note_add(s, NOTE_DERIVED, "", "",
             "penetration depth %.4g um (sd %.3g um, %ld holes read, penetrated share %.3g) by %s, %.150s",
             reading.depth_mean * 1e6, reading.depth_sd * 1e6, reading.n, reading.fraction, reading.method,
             reading.file);
    return 0;
}

enum way { WAY_DEPTH, WAY_FRACTION, WAY_RUN, WAY_FORCE, WAY_TRAVEL, WAYS };
static const char *const way_key[WAYS] = {"depth", "fraction_of_length", "run", "force", "travel"};

static int read_depth(struct study *s, const struct needle *n, struct cnode at, struct err *e)
{
    int given = 0, which = 0;
    for (int i = 0; i < WAYS; i++)
        if (config_is(config_get(at, way_key[i]))) {
            given++;
            which = i;
        }
    if (given != 1) {
        config_fail(at, e, ERR_PARSE, "insertion: needs exactly one of depth, fraction_of_length, run, force, travel");
        err_hint(e, "e.g. insertion: {depth: 400 um}; from a force or a travel the depth is estimated by a model");
        return ERR_PARSE;
    }
    if (which == WAY_FORCE || which == WAY_TRAVEL)
        return n->shape == SHAPE_BULLET ? refuse_bullet(at, e) : depth_from_press(s, n, at, e);
    if (which == WAY_RUN) return depth_from_run(s, n, at, e);
    int rc = refuse_press_keys(at, e);
    if (rc) return rc;
    if (which == WAY_DEPTH) return config_quantity(at, "depth", "m", RANGE_POSITIVE, &s->depth, e);
    double fraction;
    rc = config_quantity(at, "fraction_of_length", "1", (struct range){0.0, 1.0, true, false}, &fraction, e);
    s->depth = fraction * s->needle_length;
    return rc;
}

/* "known": the scatter of the run's reading, or that of the insertion model. */
static int read_depth_sd(struct study *s, struct cnode at, struct err *e)
{
    struct cnode sd = config_get(at, "depth_sd");
    if (!config_is(sd)) return 0;
    if (config_text(sd) && strcmp(config_text(sd), "known") == 0) {
        s->spread = s->depth_sd;
        if (s->depth_sd > 0.0) return 0;
        return config_fail(
            sd, e, ERR_RANGE,
            "insertion/depth_sd: known: neither a reading of a run nor the insertion model gives a scatter");
    }
    int rc = config_quantity(at, "depth_sd", "m", RANGE_POSITIVE, &s->spread, e);
    if (!rc) s->depth_sd = s->spread;
    return rc;
}

static int check_depth(struct study *s, struct cnode at, struct err *e)
{
    struct cnode value = {s->doc, NULL};
    for (int i = 0; i < WAYS && !config_is(value); i++)
        value = config_get(at, way_key[i]);
    char subject[100];
    config_subject(value, subject, sizeof subject);
    if (s->depth > s->needle_length * (1.0 + 1e-12)) {
        config_fail(value, e, ERR_RANGE, "%s: depth %.6g um: must be at most the needle's length of %.6g um", subject,
                    s->depth * 1e6, s->needle_length * 1e6);
        err_hint(e, "a needle cannot be buried deeper than it is long: is this the travel of the axis?");
        return ERR_RANGE;
    }
    double H = skin_thickness(&s->problem) - skin_surface(&s->problem);
    if (s->depth > H * (1.0 + 1e-12)) {
        config_fail(value, e, ERR_RANGE, "%s: channel depth %.6g um: must be at most the skin's thickness of %.6g um",
                    subject, s->depth * 1e6, H * 1e6);
        err_hint(e, "a channel that pierces the sample short-circuits the diffusion cell; use thicker skin or a "
                    "shorter needle");
        return ERR_RANGE;
    }
    return 0;
}

static int read_insertion(struct study *s, const struct needle *n, struct err *e)
{
    static const char *const keys[] = {
        "depth", "fraction_of_length", "run",       "travel",    "force",  "speed", "hold", "seed", "mechanics",
        "penetrated_fraction",         "estimated", "virtual",   "read_from", "depth_sd", "source", "note", NULL};
    struct cnode at;
    bool found;
    int rc = config_need(config_root(s->doc), "insertion", &at, e);
    if (!rc) rc = config_known(at, keys, e);
    if (!rc) rc = read_depth(s, n, at, e);
    if (!rc)
        rc = optional_quantity(at, "penetrated_fraction", "1", (struct range){0.0, 1.0, true, false},
                               &s->penetrated_fraction, &found, e);
    bool says_virtual = false,
         says_estimated = false; /* a study adds to what a run says of itself, and takes nothing away */
    if (!rc && config_is(config_get(at, "virtual"))) rc = config_bool(at, "virtual", &says_virtual, e);
    if (!rc && config_is(config_get(at, "estimated"))) rc = config_bool(at, "estimated", &says_estimated, e);
    s->is_virtual = s->is_virtual || says_virtual;
    s->depth_estimated = s->depth_estimated || says_estimated;
    if (!rc) rc = read_depth_sd(s, at, e);
    if (!rc) rc = check_depth(s, at, e);
    if (!rc && s->depth_estimated)
        note_add(s, NOTE_LABEL, "", "", LABEL_ESTIMATED);
    if (!rc && s->is_virtual) note_add(s, NOTE_LABEL, "", "", LABEL_VIRTUAL);
    return rc;
}

/* ---- how many, on what area ---- */

static const char *kind_name(enum kind k)
{
    return k == KIND_PEN ? "pen" : k == KIND_ROLLER ? "roller" : k == KIND_STAMP ? "stamp" : "array";
}

/* Holes per area of what strikes at random: needles x strike rate x time / area of a pen, needles x presses / area of a
 * stamp, needles x passes / (circumference x width of the drum) of a roller  (E18). */
static int count_strikes(struct study *s, const struct needle *n, struct cnode at, struct err *e)
{
    double area, time;
    long times;
    int rc = 0;
    if (n->kind == KIND_ROLLER) {
        rc = config_integer(at, "passes", 1, 1000000, &times, e);
        s->density = n->count * (double)times / (PI * n->drum_diameter * n->drum_width);
        if (!rc)
            note_add(s, NOTE_DERIVED, "", "",
                     "%.6g holes/cm2 from %ld passes: each makes %.4g /cm2, %.0f needles on the drum's %.4g cm2",
                     s->density * 1e-4, times, s->density * 1e-4 / (double)times, n->count,
                     PI * n->drum_diameter * n->drum_width * 1e4);
        return rc;
    }
    rc = config_quantity(at, "area", "m2", RANGE_POSITIVE, &area, e);
    if (!rc && n->kind == KIND_PEN) rc = config_quantity(at, "time", "s", RANGE_POSITIVE, &time, e);
    if (!rc && n->kind == KIND_STAMP) rc = config_integer(at, "presses", 1, 1000000, &times, e);
    if (rc) return rc;
    s->density = n->count * (n->kind == KIND_PEN ? n->strike_rate * time : (double)times) / area;
    note_add(s, NOTE_DERIVED, "", "", "%.6g holes/cm2 from the strikes: %.0f needles on %.4g cm2", s->density * 1e-4,
             n->count, area * 1e4);
    return 0;
}

static int read_strikes(struct study *s, const struct needle *n, struct cnode at, struct err *e)
{
    static const char *const pen_keys[] = {"time", "area", "source", "note", NULL};
    static const char *const stamp_keys[] = {"presses", "area", "source", "note", NULL};
    static const char *const roller_keys[] = {"passes", "source", "note", NULL};
    if (n->kind == KIND_ARRAY)
        return config_fail(at, e, ERR_PARSE, "strikes: an array does not strike: give its density");
    int rc = config_known(at, n->kind == KIND_PEN ? pen_keys : n->kind == KIND_STAMP ? stamp_keys : roller_keys, e);
    const char *missing = !isfinite(n->count)                                     ? "count of needles"
                          : n->kind == KIND_PEN && !isfinite(n->strike_rate)      ? "strike_rate"
                          : n->kind == KIND_ROLLER && !isfinite(n->drum_diameter) ? "drum_diameter and drum_width"
                                                                                  : NULL;
    if (!rc && missing) {
        config_fail(at, e, ERR_PARSE, "strikes: the needles file gives no %s", missing);
        err_hint(e, "add it there, or count the holes and state the density");
        return ERR_PARSE;
    }
    return rc ? rc : count_strikes(s, n, at, e);
}

static int read_density(struct study *s, const struct needle *n, struct cnode *at, struct err *e)
{
    struct cnode root = config_root(s->doc), part = s->part[PART_NEEDLES], strikes = config_get(root, "strikes");
    *at = config_get(root, "density");
    if (config_is(*at) && config_is(strikes))
        return config_fail(strikes, e, ERR_PARSE, "strikes: the density is stated already: leave out one of the two");
    if (config_is(*at)) return config_quantity(root, "density", "m-2", RANGE_POSITIVE, &s->density, e);
    if (config_is(strikes)) {
        *at = strikes;
        return read_strikes(s, n, strikes, e);
    }
    if (n->kind != KIND_ARRAY && !isfinite(n->density)) {
        config_fail(root, e, ERR_PARSE, "missing key 'density': a %s makes as many holes as it is used for",
                    kind_name(n->kind));
        err_hint(e, "count the holes, or needles x strike rate x time / area; e.g. density: 100 /cm2, or for a pen "
                    "strikes: {time: 5 s, area: 4 cm2}, for a roller strikes: {passes: 15}");
        return ERR_PARSE;
    }
    if (!isfinite(n->density)) {
        config_fail(part, e, ERR_PARSE,
                    "needles: no density can be found: needs density, pitch, or a count and patch_area");
        return ERR_PARSE;
    }
    *at = config_is(config_get(part, "density")) ? config_get(part, "density") : place(part, "pitch");
    s->density = n->density;
    note_add(s, NOTE_DERIVED, "", "", "density %.6g needles/cm2 from the needles' own %s", n->density * 1e-4,
             config_is(config_get(part, "density")) ? "density"
             : config_is(config_get(part, "pitch")) ? "pitch"
                                                    : "count and patch_area");
    return 0;
}

static int read_patch_area(struct study *s, const struct needle *n, struct err *e)
{
    struct cnode patch = config_get(config_root(s->doc), "patch");
    struct problem *p = &s->problem;
    bool found;
    int rc = optional_quantity(patch, "area", "m2", RANGE_POSITIVE, &p->area, &found, e);
    double own = !n || n->kind != KIND_ARRAY ? NAN
                 : isfinite(n->patch_area)   ? n->patch_area
                                             : n->count / s->density;
    if (!rc && found && fabs(p->area - own) > AREAS_DIFFER * own)
        note_add(
            s, NOTE_WARNING, "", "",
            "patch/area is %.4g cm2, the needles' own array %.4g cm2: computed as if needles of this density stood on "
            "all of the patch",
            p->area * 1e4, own * 1e4);
    if (rc || found) return rc;
    if (n && isfinite(n->patch_area)) {
        p->area = n->patch_area;
        note_add(s, NOTE_DERIVED, "", "", "patch area %.6g cm2 from the needles' patch_area", p->area * 1e4);
    } else if (n && n->kind == KIND_ARRAY && isfinite(n->count)) {
        p->area = n->count / s->density;
        note_add(s, NOTE_DERIVED, "", "", "patch area %.6g cm2 = %.0f needles / %.6g needles/cm2", p->area * 1e4,
                 n->count, s->density * 1e-4);
    } else {
        config_fail(config_is(patch) ? patch : config_root(s->doc), e, ERR_PARSE,
                    "missing key 'patch/area': per-patch amounts need an area");
        err_hint(e, "e.g. patch: {area: 1 cm2}");
        return ERR_PARSE;
    }
    return 0;
}

/* Areas of a diffusion cell: array <= dose <= orifice  (E24). */
static int read_cell_areas(struct study *s, struct err *e)
{
    struct cnode patch = config_get(config_root(s->doc), "patch");
    bool dose, orifice;
    int rc = optional_quantity(patch, "dose_area", "m2", RANGE_POSITIVE, &s->dose_area, &dose, e);
    if (!rc) rc = optional_quantity(patch, "orifice_area", "m2", RANGE_POSITIVE, &s->orifice_area, &orifice, e);
    if (rc || (!dose && !orifice)) return rc;
    if (dose != orifice) return config_fail(patch, e, ERR_PARSE, "patch: dose_area and orifice_area belong together");
    if (s->problem.receptor.kind == RECEPTOR_CLOSED)
        return config_fail(
            patch, e, ERR_RANGE,
            "patch: dose_area and orifice_area are those of a diffusion cell, and the receptor is closed");
    if (s->dose_area < s->problem.area * (1.0 - 1e-12) || s->orifice_area < s->dose_area * (1.0 - 1e-12))
        return config_fail(patch, e, ERR_RANGE,
                           "patch: array %.6g cm2, dose_area %.6g cm2, orifice_area %.6g cm2: must not descend",
                           s->problem.area * 1e4, s->dose_area * 1e4, s->orifice_area * 1e4);
    return 0;
}

/* What goes through one area arrives in a cell of another: the receptor's concentration and the amount per patch then
 * speak of different areas. */
static void compare_cell(struct study *s)
{
    struct cnode receptor = config_get(config_root(s->doc), "receptor");
    double cell, through = isfinite(s->orifice_area) && s->orifice_area > 0.0 ? s->orifice_area : s->problem.area;
    if (!config_is(config_get(receptor, "area")) ||
        config_quantity(receptor, "area", "m2", RANGE_POSITIVE, &cell, NULL) ||
        fabs(cell - through) <= AREAS_DIFFER * cell)
        return;
    note_add(
        s, NOTE_WARNING, "", "",
        "receptor/area is %.4g cm2, %s %.4g cm2: concentrations in the receptor are those of skin of receptor/area, "
        "amounts per patch those of the other",
        cell * 1e4, s->orifice_area > 0.0 ? "patch/orifice_area" : "the patch", through * 1e4);
}

static int read_area(struct study *s, const struct needle *n, struct err *e)
{
    int rc = read_patch_area(s, n, e);
    if (!rc) rc = read_cell_areas(s, e);
    if (!rc) compare_cell(s);
    s->problem.area *= s->patches;
    return rc;
}

/* ---- the channel ---- */

static int read_radii(struct study *s, const struct needle *n, struct cnode at, struct err *e)
{
    struct channel *c = &s->problem.channel;
    bool surface = config_is(config_get(at, "surface_radius")), tip = config_is(config_get(at, "tip_radius"));
    bool ratio = config_is(config_get(at, "radius_ratio"));
    if (ratio == (surface || tip) || surface != tip) {
        config_fail(at, e, ERR_PARSE, "channel: needs either radius_ratio, or surface_radius and tip_radius");
        err_hint(e, "radius_ratio = channel radius / needle radius at the same distance from the tip; published values "
                    "differ widely, "
                    "so there is no default");
        return ERR_PARSE;
    }
    if (surface) {
        int rc = config_quantity(at, "surface_radius", "m", RANGE_POSITIVE, &c->r_surface, e);
        return rc ? rc : config_quantity(at, "tip_radius", "m", RANGE_NONNEG, &c->r_tip, e);
    }
    int rc = config_quantity(at, "radius_ratio", "1", (struct range){0.0, 2.0, true, false}, &s->eta, e);
    c->r_tip = s->eta * n->tip_radius;
    c->r_surface = s->eta * needle_radius(n, s->depth);
    c->nose = n->nose;
    c->r_shaft = n->nose > 0.0 ? s->eta * n->base_radius : 0.0;
    note_add(s, NOTE_DERIVED, "", "",
             "channel radius = %.4g x needle radius at the same distance from the tip: %.4g um at the surface, %.4g um "
             "at the tip",
             s->eta, c->r_surface * 1e6, c->r_tip * 1e6);
    return rc;
}

static int assume_channel_D(struct study *s, struct cnode at, struct err *e)
{
    double molar_mass;
    bool found;
    int rc = optional_quantity(s->part[PART_DRUG], "molar_mass", "kg mol-1", RANGE_POSITIVE, &molar_mass, &found, e);
    if (rc) return rc;
    if (!found || !isfinite(s->temperature)) {
        config_fail(
            at, e, ERR_PARSE,
            "channel: D is not known: the drug has neither channel/D nor molar_mass, or the skin no temperature");
        err_hint(e, "give channel: {D: 5e-6 cm2/s, ...}, the diffusivity in what fills the channel");
        return ERR_PARSE;
    }
    char value[40];
    s->problem.channel.D = diffusivity_in_water(molar_mass, s->temperature);
    snprintf(value, sizeof value, "%.17g m2/s", s->problem.channel.D);
    note_add(s, NOTE_ASSUMED, "channel/D", value,
             "%.4g cm2/s, in water at %.1f C: log10 D = -4.13 - 0.453 log10 MW at 25 C, scaled with T/viscosity",
             s->problem.channel.D * 1e4, s->temperature - 273.15);
    return 0;
}

static int read_filling(struct study *s, struct cnode at, struct err *e)
{
    static const char *const fills[] = {"diffusing", "stirred", NULL};
    struct channel *c = &s->problem.channel;
    struct cnode drug = config_get(s->part[PART_DRUG], "channel");
    int fill = 0, rc = 0;
    bool found = false;
    if (config_is(config_get(at, "fill")))
        rc = config_choice(at, "fill", fills, &fill, e);
    else
        note_add(s, NOTE_ASSUMED, "channel/fill", "diffusing",
                 "diffusing: stagnant fluid without drug at the start; stirred would be an upper bound");
    c->fill = fill == 1 ? CHANNEL_STIRRED : CHANNEL_DIFFUSING;
    if (!rc) rc = optional_quantity(at, "D", "m2 s-1", RANGE_POSITIVE, &c->D, &found, e);
    if (!rc && !found) rc = optional_quantity(drug, "D", "m2 s-1", RANGE_POSITIVE, &c->D, &found, e);
    if (!rc && !found) rc = assume_channel_D(s, at, e);
    if (!rc) rc = optional_number(at, "K", RANGE_POSITIVE, &c->K, &found, e);
    if (!rc && !found && fill == 1 && s->n_vehicles) { /* it is the vehicle that stands in the channels */
        c->K = s->problem.donor.K;
        note_add(s, NOTE_DERIVED, "", "", "channel/K %.4g: the vehicle's, which stands in stirred channels", c->K);
        return 0;
    }
    if (!rc && !found) rc = optional_number(drug, "K", RANGE_POSITIVE, &c->K, &found, e);
    if (!rc && !found) {
        c->K = 1.0;
        note_add(s, NOTE_ASSUMED, "channel/K", "1",
                 "1: the channel's fluid dissolves the drug as the reference phase, water, does");
    }
    return rc;
}

static void raise_tip(struct study *s)
{
    struct channel *c = &s->problem.channel;
    if (c->r_tip < CHANNEL_TIP_MIN && c->r_surface > CHANNEL_TIP_MIN) {
        note_add(s, NOTE_DERIVED, "", "",
                 "channel tip radius raised from %.3g to %.3g um: changes the answer by less than 0.1 %%",
                 c->r_tip * 1e6, CHANNEL_TIP_MIN * 1e6);
        c->r_tip = CHANNEL_TIP_MIN;
        if (c->nose > 0.0) c->r_surface = bullet_radius(c, c->depth);
    }
}

/* Neighbours on a lattice touch before the circles of equal area do.  Of a density alone the lattice is not known: then
 * the densest, hexagonal, decides. */
static int check_array(struct study *s, const struct needle *n, struct cnode at, double widest, struct err *e)
{
    bool hexagonal = n->hexagonal || !config_is(config_get(s->part[PART_NEEDLES], "pitch")) ||
                     config_is(config_get(config_root(s->doc), "density"));
    double all = s->density / s->penetrated_fraction, pitch = sqrt((hexagonal ? 2.0 / sqrt(3.0) : 1.0) / all);
    double open = s->density * PI * widest * widest;
    char subject[100];
    if (2.0 * widest >= pitch) {
        config_fail(at, e, ERR_RANGE,
                    "%s: channels overlap: %.4g um wide at %.6g needles/cm2, where a %s lattice has a pitch of %.4g um",
                    config_subject(at, subject, sizeof subject), 2e6 * widest, all * 1e-4,
                    hexagonal ? "hexagonal" : "square", pitch * 1e6);
        err_hint(e, "with this width the density must be below %.4g needles/cm2",
                 1e-4 * (hexagonal ? 2.0 / sqrt(3.0) : 1.0) / (4.0 * widest * widest));
        return ERR_RANGE;
    }
    double bases = all * PI * n->base_radius * n->base_radius, most = n->shape == SHAPE_PYRAMID ? 1.0 : CIRCLES_FILL;
    if (bases > most)
        note_add(
            s, NOTE_WARNING, "", "",
            "needles overlap: the bases of %.6g needles/cm2 would cover %.3g of the array: above %.4g they have no "
            "room side by side",
            all * 1e-4, bases, most);
    if (open > OPEN_REFUSE)
        note_add(s, NOTE_WARNING, "", "",
                 "channels open %.2g of the skin: above %g little skin is left between them, and a circle describes a "
                 "lattice's cell only roughly",
                 open, OPEN_REFUSE);
    return 0;
}

/* Strikes at random open 1 - exp(-n pi R2) of the skin  (E18). */
static int check_random(struct study *s, struct cnode at, double widest, struct err *e)
{
    double open = open_share_of_strikes(s->density, widest);
    char subject[100];
    if (open > OPEN_REFUSE) {
        config_fail(at, e, ERR_RANGE,
                    "%s: %.6g holes/cm2 open %.2g of the skin: at most %g for random strikes, no unit cell applies",
                    config_subject(at, subject, sizeof subject), s->density * 1e-4, open, OPEN_REFUSE);
        err_hint(e, "with holes of %.4g um radius at most %.4g holes/cm2", widest * 1e6,
                 -1e-4 * log(1.0 - OPEN_REFUSE) / (PI * widest * widest));
        return ERR_RANGE;
    }
    if (open > OPEN_WARN)
        note_add(s, NOTE_WARNING, "", "",
                 "random strikes open %.2g of the skin: above %g holes begin to overlap, the unit cell is approximate",
                 open, OPEN_WARN);
    return 0;
}

static int check_density(struct study *s, const struct needle *n, struct cnode at, struct err *e)
{
    const struct channel *c = &s->problem.channel;
    double widest = fmax(c->r_surface, c->r_tip), b = s->problem.cell_radius;
    char subject[100];
    if (n->kind != KIND_ARRAY) return check_random(s, at, widest, e);
    if (widest >= CELL_SHARE * b) {
        config_fail(at, e, ERR_RANGE,
                    "%s: channels overlap: radius %.4g um at %.6g needles/cm2 leaves a cell radius of %.4g um",
                    config_subject(at, subject, sizeof subject), widest * 1e6, s->density * 1e-4, b * 1e6);
        err_hint(e, "with this radius the density must be below %.4g needles/cm2",
                 1e-4 * CELL_SHARE * CELL_SHARE / (PI * widest * widest));
        return ERR_RANGE;
    }
    return check_array(s, n, at, widest, e);
}

static int read_channel(struct study *s, const struct needle *n, struct err *e)
{
    static const char *const keys[] = {"fill", "radius_ratio", "surface_radius", "tip_radius", "D",
                                       "K",    "source",       "note",           NULL};
    struct cnode at;
    int rc = config_need(config_root(s->doc), "channel", &at, e);
    if (!rc) rc = config_known(at, keys, e);
    if (!rc) rc = read_radii(s, n, at, e);
    if (!rc) rc = read_filling(s, at, e);
    s->problem.channel.depth = s->depth;
    raise_tip(s);
    return rc;
}

/* ---- all of it ---- */

static int intact(struct study *s, struct err *e)
{
    static const char *const unused[] = {"insertion", "density", "channel", "strikes", "needle_dose"};
    for (size_t i = 0; i < 5; i++)
        if (config_is(config_get(config_root(s->doc), unused[i])))
            note_add(s, NOTE_DERIVED, "", "", "'%s' is not used: the skin is intact", unused[i]);
    s->problem.channel.fill = CHANNEL_NONE;
    return read_area(s, NULL, e);
}

int read_needles(struct study *s, struct err *e)
{
    if (!config_is(s->part[PART_NEEDLES])) return intact(s, e);
    struct needle n;
    struct cnode density;
    s->has_channel = true;
    int rc = read_needle(s, &n, e);
    if (!rc) rc = read_insertion(s, &n, e);
    if (!rc) rc = read_density(s, &n, &density, e);
    if (!rc) rc = read_area(s, &n, e);
    if (rc) return rc;
    if (s->penetrated_fraction < 1.0)
        note_add(s, NOTE_DERIVED, "", "", "%.4g of the needles went in: %.5g channels/cm2 of %.5g needles/cm2",
                 s->penetrated_fraction, s->density * s->penetrated_fraction * 1e-4, s->density * 1e-4);
    s->density *= s->penetrated_fraction;
    s->problem.cell_radius = cell_radius_of_density(s->density);
    rc = read_channel(s, &n, e);
    if (!rc) rc = check_density(s, &n, density, e);
    if (!rc) rc = read_needle_dose(s, &n, e);
    return rc ? rc : read_spread(s, &n, e);
}
