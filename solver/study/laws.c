/* laws.c -- what a layer does to the drug beside letting it through: binding, metabolism; and resistances between
 * layers. */
#include <math.h>
#include <stdio.h>
#include "solver/study/read.h"

#define QUICK_K_OFF 1.0 /* 1/s: sites follow within a second, where local equilibrium is asked for */

static int read_binding(struct study *s, struct cnode at, struct layer *l, struct err *e)
{
    static const char *const keys[] = {"sites", "k_on", "k_off", "K_d", "source", "note", NULL};
    struct binding *b = &l->binding;
    double K_d;
    char subject[100];
    int rc = config_known(at, keys, e);
    if (!rc) rc = config_quantity(at, "sites", "kg m-3", RANGE_POSITIVE, &b->B_max, e);
    if (rc) return rc;
    bool rates = config_is(config_get(at, "k_on")) || config_is(config_get(at, "k_off"));
    if (rates == config_is(config_get(at, "K_d"))) {
        config_fail(at, e, ERR_PARSE, "%s: needs either k_on and k_off, or K_d",
                    config_subject(at, subject, sizeof subject));
        err_hint(e, "K_d = k_off/k_on alone means local equilibrium");
        return ERR_PARSE;
    }
    if (rates) {
        rc = config_quantity(at, "k_on", "m3 kg-1 s-1", RANGE_POSITIVE, &b->k_on, e);
        return rc ? rc : config_quantity(at, "k_off", "s-1", RANGE_POSITIVE, &b->k_off, e);
    }
    rc = config_quantity(at, "K_d", "kg m-3", RANGE_POSITIVE, &K_d, e);
    b->k_off = QUICK_K_OFF;
    b->k_on = QUICK_K_OFF / K_d;
    if (!rc)
        note_add(s, NOTE_DERIVED, "", "",
                 "binding in '%s' at local equilibrium: k_off set to %g 1/s, sites follow within a second", l->name,
                 QUICK_K_OFF);
    return rc;
}

static int read_metabolism(struct cnode at, struct layer *l, struct err *e)
{
    static const char *const keys[] = {"rate", "v_max", "k_m", "source", "note", NULL};
    struct metabolism *m = &l->metabolism;
    bool rate = false, v_max = false, k_m = false;
    char subject[100];
    int rc = config_known(at, keys, e);
    if (!rc) rc = optional_quantity(at, "rate", "s-1", RANGE_POSITIVE, &m->k, &rate, e);
    if (!rc) rc = optional_quantity(at, "v_max", "kg m-3 s-1", RANGE_POSITIVE, &m->V_max, &v_max, e);
    if (!rc) rc = optional_quantity(at, "k_m", "kg m-3", RANGE_POSITIVE, &m->K_m, &k_m, e);
    if (!rc && (v_max != k_m || (!rate && !v_max))) {
        config_fail(at, e, ERR_PARSE, "%s: needs a rate, or v_max and k_m, or all three",
                    config_subject(at, subject, sizeof subject));
        err_hint(e, "rate: 1e-3 1/s is first order; v_max: 2 ug/mL/s, k_m: 50 ug/mL saturates");
        return ERR_PARSE;
    }
    return rc;
}

int read_laws(struct study *s, struct cnode layer, struct cnode tissue, struct layer *l, struct err *e)
{
    struct cnode binding = config_get(layer, "binding"), metabolism = config_get(layer, "metabolism");
    if (!config_is(binding)) binding = config_get(tissue, "binding");
    if (!config_is(metabolism)) metabolism = config_get(tissue, "metabolism");
    int rc = config_is(binding) ? read_binding(s, binding, l, e) : 0;
    return !rc && config_is(metabolism) ? read_metabolism(metabolism, l, e) : rc;
}

/* ---- interfaces ---- */

/* A membrane of the least thickness that the mesh takes; D and K follow when its neighbours are known. */
int read_interface(struct study *s, struct cnode at, struct layer *l, struct err *e)
{
    static const char *const keys[] = {"name", "resistance", "source", "note", NULL};
    double R;
    int rc = config_known(at, keys, e);
    if (!rc) rc = config_quantity(at, "resistance", "s m-1", RANGE_POSITIVE, &R, e);
    if (rc) return rc;
    if (s->problem.n_layers == first_skin_layer(s)) {
        config_fail(at, e, ERR_RANGE, "layers: an interface resistance must lie below a layer");
        return ERR_RANGE;
    }
    l->h = LAYER_MIN;
    l->D = LAYER_MIN / R; /* K D/h = 1/R, with K = 1 until finish_interfaces */
    return 0;
}

/* The membrane holds next to nothing: a hundredth of what its neighbour above would in the same thickness of 10 nm. */
int finish_interfaces(struct study *s, struct err *e)
{
    struct problem *p = &s->problem;
    for (size_t i = first_skin_layer(s) + 1; i < p->n_layers; i++) {
        struct layer *l = &p->layer[i];
        if (l->h > LAYER_MIN) continue;
        double conductance = l->D;
        l->K = fmax(0.01 * p->layer[i - 1].K, conductance / D_MAX);
        l->D = conductance / l->K;
        if (p->layer[i - 1].h <= LAYER_MIN)
            return config_fail(s->part[PART_SKIN], e, ERR_RANGE,
                               "layers: two interface resistances, '%s' and '%s', lie on each other",
                               p->layer[i - 1].name, l->name);
        note_add(s, NOTE_DERIVED, "", "", "interface '%s': %.4g h/cm, a membrane of %g nm without capacity to speak of",
                 l->name, LAYER_MIN / (l->K * l->D) / 3600.0 / 100.0, LAYER_MIN * 1e9);
    }
    return 0;
}
