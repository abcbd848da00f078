/* settings.c -- see settings.h.  E: estimate, of the order of the source named; see docs/explanation/insertion.md. */
#include <stddef.h>
#include <stdio.h>
#include "solver/insertion/settings.h"

#define AT(field) offsetof(struct mechanics, field)
#define POSITIVE        {0.0, 1e300, true, false}
#define NONNEG          {0.0, 1e300, false, false}
#define BETWEEN(lo, hi) {lo, hi, false, false}
#define SHARE           BETWEEN(0.0, 1.0)

static const struct mechanics_setting table[] = {
    {"force_factor", "1", "1", 1.0, POSITIVE, AT(force_factor),
     "the puncture law as published (Roemgens 2014 joined to Davis 2004)"},
    {"speed_exponent", "1", "0", 0.0, BETWEEN(-1.0, 2.0), AT(speed_exponent),
     "no effect of speed; 0.47 fits the one pair of Olatunji 2013"},
    {"speed_reference", "m s-1", "0.5 mm/s", 0.5e-3, POSITIVE, AT(speed_reference),
     "speed of the usual press test (Larraneta 2014)"},
    {"cut_sharp", "1", "0.85", 0.85, SHARE, AT(cut_sharp), "estimate: a 5 um tip goes in smoothly (Roemgens 2014)"},
    {"cut_blunt", "1", "0.4", 0.4, SHARE, AT(cut_blunt), "estimate: blunt tips jump (Roemgens 2014)"},
    {"barrier_depth", "m", "160 um", 160e-6, NONNEG, AT(barrier_depth),
     "depth of the force drop, the same for all tips (Roemgens 2014)"},
    {"surface_share", "1", "0.5", 0.5, SHARE, AT(surface_share), "estimate"},
    {"counts_from", "m", "20 um", 20e-6, NONNEG, AT(counts_from),
     "estimate: below the stratum corneum, 18.3 +- 4.9 um (Sandby-Moeller 2003)"},
    {"cv_tip", "1", "0.2", 0.20, SHARE, AT(cv_tip), "estimate: scatter of tip diameters"},
    {"cv_site", "1", "0.25", 0.25, SHARE, AT(cv_site),
     "estimate: scatter of the skin's strength from needle to needle"},
    {"cv_puncture", "1", "0.3", 0.30, SHARE, AT(cv_puncture),
     "estimate: puncture force from specimen to specimen, order of human skin's cutting toughness, 1.7 +- 0.6 kJ/m2 "
     "(Pereira 1997)"},
    {"cv_backing", "1", "0.3", 0.30, SHARE, AT(cv_backing),
     "estimate: backing from specimen to specimen, below the scatter of skin's tensile strength, 21.6 +- 8.4 MPa "
     "(Ni Annaidh 2012)"},
    {"cv_thickness", "1", "0.2", 0.20, SHARE, AT(cv_thickness),
     "dermis of 49 men, 1140 +- 210 um (BMC Med Imaging 2022), viable epidermis, 56.6 +- 11.5 um (Sandby-Moeller "
     "2003)"},
    {"k1", "Pa", "2 N/mm2", 2e6, NONNEG, AT(k1), "estimate: order of the 1-2 MPa of indentation (Geerligs 2011)"},
    {"k2", "Pa", "1 N/mm2", 1e6, POSITIVE, AT(k2), "estimate: as k1"},
    {"radial_pressure", "Pa", "105 kPa", 0.105e6, NONNEG, AT(radial_pressure),
     "estimate: half of skin's 0.21 MPa (Iivarinen 2011)"},
    {"friction", "1", "0.3", 0.30, BETWEEN(0.0, 2.0), AT(friction), "within the measured 0.122-0.341 (ASME MSEC2021)"},
    {"adhesion", "Pa", "50 kPa", 50e3, NONNEG, AT(adhesion), "estimate"},
    {"backing_modulus", "Pa", "0.5 MPa", 0.5e6, POSITIVE, AT(backing_modulus),
     "estimate: skin on a firm backing; in vivo 0.04 MPa"},
    {"backing_depth", "m", "2 mm", 2e-3, POSITIVE, AT(backing_depth), "estimate: firm backing; in vivo 8 mm"},
    {"backing_stiffening", "1", "6", 6.0, POSITIVE, AT(backing_stiffening), "estimate: firm backing; in vivo 8"},
    {"poisson", "1", "0.45", 0.45, BETWEEN(0.0, 0.5), AT(poisson), "estimate: soft tissue is nearly incompressible"},
    {"base_stiffness", "Pa m-1", "6 MPa/mm", 6e9, POSITIVE, AT(base_stiffness),
     "estimate, set with the depth of Donnelly 2011 in view"},
    {"compliance", "m N-1", "4 um/N", 4e-6, NONNEG, AT(compliance),
     "200 um at 50 N, a test machine's data sheet (UniVert)"},
};
enum { SETTINGS = sizeof table / sizeof *table };
_Static_assert((int)SETTINGS < (int)MECHANICS_MAX, "given[] of the callers holds one per setting and one more");
const char mechanics_relax_source[] = "estimate, within the relaxation of mouse skin (Wang 2015)";

size_t mechanics_settings(const struct mechanics_setting **list)
{
    *list = table;
    return SETTINGS;
}

static double *field(struct mechanics *m, const struct mechanics_setting *s)
{
    return (double *)(void *)((char *)m + s->offset);
}

double mechanics_value(const struct mechanics *m, const struct mechanics_setting *s)
{
    return *(const double *)(const void *)((const char *)m + s->offset);
}

void mechanics_init(struct mechanics *m)
{
    *m = (struct mechanics){.relax = {3, {0.25, 0.15, 0.10}, {0.5, 8.0, 80.0}}};
    for (size_t i = 0; i < SETTINGS; i++)
        *field(m, &table[i]) = table[i].value;
}

static int read_relaxation(struct cnode list, struct relax *r, struct err *e)
{
    static const char *const keys[] = {"share", "time", NULL};
    struct relax fresh = {.n = config_count(list)};
    double sum = 0.0;
    int rc = 0;
    if (!config_is_list(list) || fresh.n > RELAX_TERMS) {
        config_fail(list, e, ERR_PARSE, "relaxation: must be a list of at most %d terms", RELAX_TERMS);
        err_hint(e, "e.g. relaxation: [{share: 0.25, time: 0.5 s}, {share: 0.15, time: 8 s}]; [] for none");
        return ERR_PARSE;
    }
    for (size_t k = 0; !rc && k < fresh.n; k++) {
        struct cnode item = config_item(list, k);
        rc = config_known(item, keys, e);
        if (!rc) rc = config_quantity(item, "share", "1", (struct range)SHARE, &fresh.g[k], e);
        if (!rc) rc = config_quantity(item, "time", "s", RANGE_POSITIVE, &fresh.tau[k], e);
        sum += fresh.g[k];
    }
    if (!rc && !(sum <= 1.0))
        rc = config_fail(list, e, ERR_RANGE, "relaxation: the shares add up to %.4g: must be at most 1", sum);
    if (!rc) *r = fresh;
    return rc;
}

static int known(struct cnode map, struct err *e)
{
    const char *keys[SETTINGS + 4] = {"relaxation", "source", "note"};
    for (size_t i = 0; i < SETTINGS; i++)
        keys[i + 3] = table[i].key;
    return config_known(map, keys, e);
}

int mechanics_read(struct cnode map, struct mechanics *m, bool given[], struct err *e)
{
    struct mechanics fresh = *m;
    bool stated[SETTINGS + 1] = {false};
    int rc = config_is(map) ? known(map, e) : 0;
    for (size_t i = 0; !rc && i < SETTINGS; i++) {
        const struct mechanics_setting *s = &table[i];
        stated[i] = config_is(config_get(map, s->key));
        if (!stated[i]) continue;
        rc = config_quantity(map, s->key, s->unit, s->range, field(&fresh, s), e);
    }
    stated[SETTINGS] = config_is(config_get(map, "relaxation"));
    if (!rc && stated[SETTINGS]) rc = read_relaxation(config_get(map, "relaxation"), &fresh.relax, e);
    if (rc) return rc;
    *m = fresh;
    for (size_t i = 0; given && i <= SETTINGS; i++)
        given[i] = stated[i];
    return 0;
}
