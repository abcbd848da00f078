/* vehicle.c -- what is put on the skin: one 'vehicle', or several named ones that the schedule applies in turn. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solver/physics/properties.h"
#include "solver/study/read.h"

#define DENSEST 22600.0 /* kg/m3, osmium: no vehicle holds more */

enum vehicle_type { VEHICLE_INFINITE, VEHICLE_FINITE, VEHICLE_DIFFUSIVE };
static const char *const types[] = {"infinite", "finite", "diffusive", NULL};

/* ---- partition into the vehicle ---- */

static int read_acid_base(const struct study *s, double *pKa, bool *is_acid, struct err *e)
{
    static const char *const words[] = {"acid", "base", "neutral", NULL};
    struct cnode drug = s->part[PART_DRUG];
    int word = 0;
    int rc = config_number(drug, "pka", (struct range){-10, 25, false, false}, pKa, e);
    if (!rc) rc = config_choice(drug, "acid_base", words, &word, e);
    *is_acid = word == 0;
    return rc;
}

/* An aqueous vehicle: f(reference)/f(pH), where the drug's values are those of total drug in water at reference_pH,
 * else of the neutral form, f(reference) = 1  (E23). */
static int partition_of_water(struct study *s, struct cnode at, struct donor *d, struct err *e)
{
    static const struct range pH_range = {0.0, 14.0, false, false};
    struct cnode drug = s->part[PART_DRUG];
    double pKa, pH, reference = NAN;
    bool is_acid, has_reference, has_pKa = config_is(config_get(drug, "pka"));
    const char *kind = config_text(config_get(drug, "acid_base"));
    if (!has_pKa || (kind && strcmp(kind, "neutral") == 0)) {
        d->K = 1.0;
        return config_is(config_get(at, "pH")) ? config_number(at, "pH", pH_range, &pH, e) : 0;
    }
    if (!config_is(config_get(at, "pH"))) {
        char subject[100];
        config_fail(at, e, ERR_PARSE,
                    "%s: pH is missing: the drug has a pKa, so how much of it is neutral depends on the pH",
                    config_subject(at, subject, sizeof subject));
        err_hint(e, "give the pH of the aqueous vehicle, or its K in place of 'aqueous'");
        return ERR_PARSE;
    }
    int rc = config_number(at, "pH", pH_range, &pH, e);
    if (!rc) rc = read_acid_base(s, &pKa, &is_acid, e);
    if (!rc) rc = optional_number(drug, "reference_pH", pH_range, &reference, &has_reference, e);
    if (rc) return rc;
    d->K = (has_reference ? neutral_fraction(pKa, is_acid, reference) : 1.0) / neutral_fraction(pKa, is_acid, pH);
    note_add(s, NOTE_DERIVED, "", "", "vehicle K = %.4g at pH %.3g: %.3g of the drug is neutral there (pKa %.3g, %s)%s",
             d->K, pH, neutral_fraction(pKa, is_acid, pH), pKa, is_acid ? "acid" : "base",
             has_reference ? "" : "; reference: the neutral form");
    return 0;
}

static int read_partition(struct study *s, struct cnode at, struct donor *d, struct err *e)
{
    bool has_K = config_is(config_get(at, "K")), has_pH = config_is(config_get(at, "pH")), aqueous = has_pH;
    char subject[100];
    int rc = 0;
    if (config_is(config_get(at, "aqueous"))) rc = config_bool(at, "aqueous", &aqueous, e);
    if (rc) return rc;
    if (has_K && aqueous) {
        config_fail(config_get(at, "K"), e, ERR_PARSE, "%s: K and an aqueous vehicle: K of water follows from its pH",
                    config_subject(at, subject, sizeof subject));
        err_hint(e, "leave out K, or leave out pH and aqueous");
        return ERR_PARSE;
    }
    if (aqueous) return partition_of_water(s, at, d, e);
    rc = config_number(at, "K", RANGE_POSITIVE, &d->K, e);
    if (rc && !has_K)
        err_hint(e, "K: how much more of the drug the vehicle takes up than water does, at equilibrium; or a pH, or "
                    "aqueous: yes");
    return rc;
}

/* ---- amount ---- */

static int read_thickness(struct cnode at, struct donor *d, struct err *e)
{
    bool has_volume = config_is(config_get(at, "volume")), has_thickness = config_is(config_get(at, "thickness"));
    char subject[100];
    if (has_volume == has_thickness)
        return config_fail(at, e, ERR_PARSE, "%s: a finite dose needs either 'thickness', or 'volume' and 'area'",
                           config_subject(at, subject, sizeof subject));
    if (has_thickness) return config_quantity(at, "thickness", "m", RANGE_POSITIVE, &d->H, e);
    double volume, area;
    int rc = config_quantity(at, "volume", "m3", RANGE_POSITIVE, &volume, e);
    if (!rc) rc = config_quantity(at, "area", "m2", RANGE_POSITIVE, &area, e);
    if (!rc) d->H = volume / area;
    return rc;
}

/* More drug than the vehicle dissolves is there as a solid, and must be said to be. */
static int read_saturation(struct study *s, struct cnode at, struct donor *d, struct err *e)
{
    bool found, undissolved = false;
    double solubility;
    char subject[100];
    int rc = optional_quantity(at, "solubility", "kg m-3", RANGE_POSITIVE, &solubility, &found, e);
    if (!rc && config_is(config_get(at, "undissolved"))) rc = config_bool(at, "undissolved", &undissolved, e);
    if (rc) return rc;
    config_subject(at, subject, sizeof subject);
    if (undissolved && !found)
        return config_fail(at, e, ERR_PARSE, "%s: undissolved drug needs the vehicle's solubility", subject);
    if (!found) return 0;
    if (d->C0 > solubility * (1.0 + 1e-12) && !undissolved) {
        config_fail(place(at, "concentration"), e, ERR_RANGE,
                    "%s/concentration: %.6g mg/mL: must be at most the vehicle's solubility of %.6g mg/mL", subject,
                    d->C0, solubility);
        err_hint(e, "with 'undissolved: yes' the rest is solid drug that dissolves as fast as it is taken up");
        return ERR_RANGE;
    }
    if (undissolved && d->C0 <= solubility)
        return config_fail(at, e, ERR_RANGE,
                           "%s: nothing is undissolved: %.6g mg/mL is below the solubility of %.6g mg/mL", subject,
                           d->C0, solubility);
    if (!undissolved) return 0;
    d->excess = d->kind == DONOR_FINITE ? d->H * (d->C0 - solubility) : 0.0;
    note_add(s, NOTE_DERIVED, "", "", "vehicle saturated at %.6g mg/mL with %.6g ug/cm2 undissolved", solubility,
             d->excess * 1e5);
    d->C0 = solubility;
    return 0;
}

/* A finite diffusive dose is a layer of its own on top of the skin; the numerical core has room for one such vehicle.
 */
static int read_diffusive(struct study *s, struct cnode at, struct donor *d, struct err *e)
{
    struct layer *l = &s->problem.layer[0];
    *l = (struct layer){.name = "vehicle", .D_metabolite = 1e-12, .K_metabolite = 1.0};
    int rc = config_quantity(at, "D", "m2 s-1", RANGE_POSITIVE, &l->D, e);
    l->h = d->H;
    l->K = d->K;
    s->problem.vehicle_layer = true;
    s->problem.n_layers = 1;
    return rc;
}

static void warn_of_solubility(struct study *s, const struct donor *d)
{
    double solubility;
    if (config_is(config_get(s->part[PART_DRUG], "solubility")) &&
        config_quantity(s->part[PART_DRUG], "solubility", "kg m-3", RANGE_POSITIVE, &solubility, NULL) == 0 &&
        d->C0 / d->K > solubility * (1.0 + 1e-9))
        note_add(
            s, NOTE_WARNING, "", "",
            "the vehicle's activity of %.4g mg/mL (as water) is above the drug's solubility of %.4g mg/mL in water",
            d->C0 / d->K, solubility);
}

static int read_vehicle(struct study *s, struct cnode at, struct donor *d, struct err *e)
{
    static const char *const infinite_keys[] = {"type",       "concentration", "K",         "pH",     "aqueous",
                                                "solubility", "undissolved",   "thickness", "volume", "area",
                                                "source",     "note",          NULL};
    static const char *const finite_keys[] = {"type",        "concentration", "K",         "pH",     "aqueous",
                                              "solubility",  "undissolved",   "thickness", "volume", "area",
                                              "evaporation", "source",        "note",      NULL};
    static const char *const diffusive_keys[] = {"type",   "concentration", "K", "pH",     "aqueous", "thickness",
                                                 "volume", "area",          "D", "source", "note",    NULL};
    static const char *const *const keys[] = {infinite_keys, finite_keys, diffusive_keys};
    int type, rc = config_choice(at, "type", types, &type, e);
    bool found;
    if (rc) return rc;
    *d = (struct donor){.kind = type == VEHICLE_INFINITE ? DONOR_INFINITE : DONOR_FINITE};
    rc = config_known(at, keys[type], e);
    if (!rc) rc = config_quantity(at, "concentration", "kg m-3", (struct range){0.0, DENSEST, false, false}, &d->C0, e);
    if (!rc) rc = read_partition(s, at, d, e);
    bool sized = config_is(config_get(at, "thickness")) || config_is(config_get(at, "volume"));
    if (!rc && (sized || type != VEHICLE_INFINITE))
        rc = read_thickness(at, d, e); /* of an infinite one: to check depletion */
    if (!rc && type != VEHICLE_DIFFUSIVE) rc = read_saturation(s, at, d, e);
    if (!rc && type == VEHICLE_FINITE)
        rc = optional_quantity(at, "evaporation", "m s-1", RANGE_NONNEG, &d->evaporation, &found, e);
    if (!rc && type == VEHICLE_DIFFUSIVE) rc = read_diffusive(s, at, d, e);
    if (!rc) warn_of_solubility(s, d);
    return rc;
}

/* ---- all of them ---- */

static int add_vehicle(struct study *s, struct cnode at, const char *name, struct err *e)
{
    struct problem *p = &s->problem;
    bool was_diffusive = p->vehicle_layer;
    size_t i = s->n_vehicles;
    if (i >= DOSES_MAX) return config_fail(at, e, ERR_RANGE, "vehicles: more than %d", DOSES_MAX);
    int rc = read_vehicle(s, at, i ? &p->dose[i] : &p->donor, e);
    if (rc) return rc;
    if (i && (was_diffusive || p->vehicle_layer)) {
        config_fail(at, e, ERR_RANGE,
                    "a diffusive vehicle must be the study's only vehicle: its layer belongs to the mesh");
        err_hint(e, "the same vehicle may be applied again and again; beside others it must be of type finite");
        return ERR_RANGE;
    }
    snprintf(s->vehicle_name[i], sizeof s->vehicle_name[i], "%s", name);
    s->vehicle[i] = at;
    s->n_vehicles++;
    p->n_doses = i;
    return 0;
}

int read_vehicles(struct study *s, struct err *e)
{
    struct cnode root = config_root(s->doc), list = config_get(root, "vehicles"), one = config_get(root, "vehicle");
    int rc = 0;
    bool in_needles = config_is(config_get(root, "needle_dose")) && config_is(s->part[PART_NEEDLES]);
    s->problem.donor.C0 = 0.0;
    if (!config_is(list) && !config_is(one)) return in_needles ? 0 : config_need(root, "vehicle", &one, e);
    if (config_is(one)) rc = add_vehicle(s, one, "", e);
    if (!rc && config_is(list) && (!config_is_map(list) || config_count(list) < 1))
        rc = config_fail(list, e, ERR_PARSE, "vehicles: must be a map of names, each with a vehicle");
    for (size_t i = 0; !rc && i < config_count(list); i++) {
        const char *name;
        struct cnode at = config_pair(list, i, &name);
        if (strlen(name) >= sizeof s->vehicle_name[0])
            return config_fail(at, e, ERR_PARSE, "vehicles: '%s': a name has at most %zu letters", name,
                               sizeof s->vehicle_name[0] - 1);
        rc = add_vehicle(s, at, name, e);
    }
    double most = s->problem.donor.C0;
    for (size_t i = 1; !rc && i <= s->problem.n_doses; i++)
        most = fmax(most, s->problem.dose[i].C0);
    if (!rc && !(most > 0.0) && !in_needles)
        rc = config_fail(place(s->vehicle[0], "concentration"), e, ERR_RANGE,
                         "no vehicle of the study holds any drug: concentration must be > 0");
    return rc;
}

/* ---- two waters in contact ---- */

#define WATERS_APART 2.0 /* factor by which K of a vehicle and of a channel may differ */

static bool lies_on_channels(const struct study *s, size_t which)
{
    const struct problem *p = &s->problem;
    bool opened = false, on = false;
    if (p->n_events == 0) return true;
    for (size_t i = 0; i < p->n_events; i++) {
        const struct event *v = &p->event[i];
        if (v->kind == EVENT_APPLY) on = v->which == which;
        if (v->kind == EVENT_REMOVE && v->fraction >= 1.0) on = false;
        opened = opened || v->kind == EVENT_NEEDLES;
        if (on && opened) return true;
    }
    return false;
}

#define SMALL_SHARE 0.1 /* of a dose's volume that channels may hold before it is worth saying */

/* The fluid of stirred channels comes to the dose's volume: the drug is in both (E6). */
static void warn_of_stirred_volume(struct study *s)
{
    const struct problem *p = &s->problem;
    double volume = problem_channel_volume(p);
    for (size_t i = 0; i < s->n_vehicles; i++) {
        const struct donor *d = i ? &p->dose[i] : &p->donor;
        if (d->kind != DONOR_FINITE || volume <= SMALL_SHARE * d->H) continue;
        note_add(s, NOTE_WARNING, "", "",
                 "the stirred channels hold %.3g um of fluid over the skin, the vehicle %.3g um: their fluid comes to "
                 "the vehicle's and dilutes it",
                 volume * 1e6, d->H * 1e6);
        return;
    }
}

/* K from a pH follows the neutral form, which alone enters the stratum corneum.  Into open channels ions pass as well:
 * there the total concentration is continuous between two waters, whatever their pH  (E23). */
int check_waters(struct study *s, struct err *e)
{
    const struct channel *c = &s->problem.channel;
    for (size_t i = 0; s->has_channel && c->fill == CHANNEL_DIFFUSING && i < s->n_vehicles; i++) {
        double K = (i ? s->problem.dose[i] : s->problem.donor).K, apart = fmax(K / c->K, c->K / K);
        if (!config_is(config_get(s->vehicle[i], "pH")) || apart <= WATERS_APART || !lies_on_channels(s, i)) continue;
        config_fail(config_get(s->vehicle[i], "pH"), e, ERR_RANGE,
                    "vehicle on open channels: K %.3g from its pH, and the channel's K %.3g: the drug's ions pass too, "
                    "so water on water "
                    "must not differ by more than a factor %g",
                    K, c->K, WATERS_APART);
        err_hint(e, "give the vehicle K: %g, and the stratum corneum its K for the neutral share at this pH", c->K);
        return ERR_RANGE;
    }
    if (s->has_channel && c->fill == CHANNEL_STIRRED) warn_of_stirred_volume(s);
    return 0;
}
