/* skin.c -- layers of a study: thickness from the skin, D, K and clearance from the drug unless the skin states its
 * own. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solver/study/read.h"

static const char *const drug_keys[] = {"name",         "molar_mass", "log_kow", "pka",  "acid_base",
                                        "reference_pH", "solubility", "source",  "note", "tissue",
                                        "channel",      "plasma",     NULL};
static const char *const tissue_keys[] = {"D", "K", "clearance", "binding", "metabolism", "source", "note", NULL};
static const char *const channel_keys[] = {"D", "K", "source", "note", NULL};
static const char *const plasma_keys[] = {
    "volume", "clearance", "second_volume", "distribution_clearance", "feedback", "metabolite", "source", "note", NULL};
static const char *const skin_keys[] = {"name",   "species", "site",   "preparation", "temperature", "storage",
                                        "source", "note",    "layers", NULL};
static const char *const layer_keys[] = {"name", "thickness", "source",  "note",       "D",
                                         "K",    "clearance", "binding", "metabolism", NULL};

int drug_check(struct cnode drug, const char **name, struct err *e)
{
    struct cnode tissue = config_get(drug, "tissue"), at;
    const char *layer;
    double x;
    bool found;
    int rc = config_known(drug, drug_keys, e);
    if (!rc) rc = config_string(drug, "name", name, e);
    if (!rc) rc = optional_quantity(drug, "molar_mass", "kg mol-1", RANGE_POSITIVE, &x, &found, e);
    if (!rc) rc = optional_number(drug, "log_kow", (struct range){-10, 15, false, false}, &x, &found, e);
    if (!rc) rc = optional_quantity(drug, "solubility", "kg m-3", RANGE_POSITIVE, &x, &found, e);
    if (!rc && config_is(tissue) && !config_is_map(tissue))
        rc = config_fail(tissue, e, ERR_PARSE, "tissue: must be a map of layers");
    for (size_t i = 0; !rc && i < config_count(tissue); i++) {
        at = config_pair(tissue, i, &layer);
        rc = config_known(at, tissue_keys, e);
        if (!rc) rc = optional_quantity(at, "D", "m2 s-1", RANGE_POSITIVE, &x, &found, e);
        if (!rc) rc = optional_number(at, "K", RANGE_POSITIVE, &x, &found, e);
        if (!rc) rc = optional_quantity(at, "clearance", "s-1", RANGE_NONNEG, &x, &found, e);
    }
    if (!rc && config_is(at = config_get(drug, "channel"))) rc = config_known(at, channel_keys, e);
    if (!rc && config_is(at = config_get(drug, "plasma"))) rc = config_known(at, plasma_keys, e);
    return rc;
}

static int fail_unknown_layer(const struct study *s, struct cnode layer, const char *name, struct err *e)
{
    struct cnode tissue = config_get(s->part[PART_DRUG], "tissue");
    char known[300];
    size_t used = 0;
    known[0] = '\0';
    for (size_t i = 0; i < config_count(tissue) && used < sizeof known; i++) {
        const char *key;
        config_pair(tissue, i, &key);
        int w = snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", key);
        used += w > 0 ? (size_t)w : 0;
    }
    config_fail(place(layer, "name"), e, ERR_PARSE, "layer '%s': the drug '%s' (%s) has no values for it", name,
                s->drug, config_path(s->part[PART_DRUG].doc));
    err_hint(e, "the drug knows: %s; add tissue/%s to the drug, or D and K to the layer", known[0] ? known : "no layer",
             name);
    return ERR_PARSE;
}

/* D and K from the layer itself or from the drug's tissue of that name. */
static int read_transport(struct study *s, struct cnode at, struct layer *l, struct err *e)
{
    struct cnode tissue = config_get(config_get(s->part[PART_DRUG], "tissue"), l->name);
    bool own_D = config_is(config_get(at, "D")), own_K = config_is(config_get(at, "K"));
    if (!config_is(tissue) && !(own_D && own_K)) return fail_unknown_layer(s, at, l->name, e);
    int rc = config_quantity(own_D ? at : tissue, "D", "m2 s-1", RANGE_POSITIVE, &l->D, e);
    if (!rc) rc = config_number(own_K ? at : tissue, "K", RANGE_POSITIVE, &l->K, e);
    bool found = false;
    if (!rc) rc = optional_quantity(at, "clearance", "s-1", RANGE_NONNEG, &l->clearance, &found, e);
    if (rc || found) return rc;
    double k = 0.0;
    rc = optional_quantity(tissue, "clearance", "s-1", RANGE_NONNEG, &k, &found, e);
    if (s->problem.receptor.kind == RECEPTOR_CLOSED)
        l->clearance = k; /* a drug's clearance is that of living skin: no blood flows in a diffusion cell */
    else if (!rc && k > 0.0)
        note_add(s, NOTE_DERIVED, "", "", "clearance of '%s' is not used: the receptor is in vitro", l->name);
    return rc;
}

static int read_layer(struct study *s, struct cnode at, struct err *e)
{
    struct problem *p = &s->problem;
    const char *name;
    bool is_interface = config_is(config_get(at, "resistance"));
    int rc = is_interface ? 0 : config_known(at, layer_keys, e);
    if (!rc) rc = config_string(at, "name", &name, e);
    if (rc) return rc;
    if (p->n_layers >= LAYERS_MAX)
        return config_fail(at, e, ERR_RANGE, "layers: more than %d, vehicle included", LAYERS_MAX);
    struct layer *l = &p->layer[p->n_layers];
    *l = (struct layer){0};
    if (strlen(name) >= sizeof l->name || !name[0] ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(name))
        return config_fail(place(at, "name"), e, ERR_PARSE,
                           "layer name '%s': must be 1 to %zu letters, digits or _ (it names a column)", name,
                           sizeof l->name - 1);
    for (size_t i = 0; i < p->n_layers; i++)
        if (strcmp(p->layer[i].name, name) == 0)
            return config_fail(place(at, "name"), e, ERR_PARSE, "layer name '%s': appears twice", name);
    snprintf(l->name, sizeof l->name, "%s", name);
    if (is_interface)
        rc = read_interface(s, at, l, e);
    else {
        rc = config_quantity(at, "thickness", "m", (struct range){0.0, LAYER_MAX, true, false}, &l->h, e);
        if (!rc && l->h <= LAYER_MIN) {
            config_fail(place(at, "thickness"), e, ERR_RANGE, "layer '%s': thickness %g nm: must be above %g nm", name,
                        l->h * 1e9, LAYER_MIN * 1e9);
            err_hint(e, "what is thinner is an interface: give its resistance, e.g. resistance: 12 h/cm");
            return ERR_RANGE;
        }
        if (!rc) rc = read_transport(s, at, l, e);
        if (!rc) rc = read_laws(s, at, config_get(config_get(s->part[PART_DRUG], "tissue"), l->name), l, e);
    }
    p->n_layers++;
    return rc;
}

int read_skin(struct study *s, struct err *e)
{
    struct cnode skin = s->part[PART_SKIN], layers;
    const char *name;
    bool found;
    int rc = drug_check(s->part[PART_DRUG], &name, e);
    if (rc) return rc;
    snprintf(s->drug, sizeof s->drug, "%s", name);
    rc = config_known(skin, skin_keys, e);
    if (!rc) rc = config_string(skin, "name", &name, e);
    if (!rc)
        rc = optional_quantity(skin, "temperature", "K", (struct range){273.15, 320.0, false, false}, &s->temperature,
                               &found, e);
    if (!rc) rc = config_need(skin, "layers", &layers, e);
    if (rc) return rc;
    snprintf(s->skin, sizeof s->skin, "%s", name);
    if (!config_is_list(layers) || config_count(layers) < 1 || config_count(layers) > LAYERS_MAX)
        return config_fail(layers, e, ERR_PARSE, "layers: must be a list of 1 to %d layers, outermost first",
                           LAYERS_MAX);
    for (size_t i = 0; !rc && i < config_count(layers); i++)
        rc = read_layer(s, config_item(layers, i), e);
    return rc ? rc : finish_interfaces(s, e);
}
