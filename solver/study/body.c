/* body.c -- what the blood carries away: plasma compartments, the metabolite in skin and plasma, several patches at
 * once. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solver/study/read.h"

/* ---- plasma ---- */

static int read_second(struct cnode at, struct body *b, struct err *e)
{
    bool volume = config_is(config_get(at, "second_volume")),
         exchange = config_is(config_get(at, "distribution_clearance"));
    if (!volume && !exchange) return 0;
    if (volume != exchange)
        return config_fail(at, e, ERR_PARSE,
                           "body: a second compartment needs second_volume and distribution_clearance");
    int rc = config_quantity(at, "second_volume", "m3", RANGE_POSITIVE, &b->V2, e);
    return rc ? rc : config_quantity(at, "distribution_clearance", "m3 s-1", RANGE_NONNEG, &b->CL_d, e);
}

static int read_plasma_metabolite(struct cnode at, struct body *b, struct err *e)
{
    static const char *const keys[] = {"volume", "clearance", "fraction", "source", "note", NULL};
    struct cnode m = config_get(at, "metabolite");
    if (!config_is(m)) return 0;
    int rc = config_known(m, keys, e);
    if (!rc) rc = config_quantity(m, "volume", "m3", RANGE_POSITIVE, &b->V_m, e);
    if (!rc) rc = config_quantity(m, "clearance", "m3 s-1", RANGE_NONNEG, &b->CL_m, e);
    if (!rc) rc = config_quantity(m, "fraction", "1", RANGE_FRACTION, &b->f_m, e);
    return rc;
}

static int read_plasma(struct study *s, struct err *e)
{
    static const char *const keys[] = {"volume",   "clearance",  "second_volume", "distribution_clearance",
                                       "feedback", "metabolite", "source",        "note",
                                       NULL};
    struct cnode at = config_get(config_root(s->doc), "body"), from = at;
    struct body *b = &s->problem.body;
    bool found;
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
    if (!rc) rc = read_second(from, b, e);
    if (!rc) rc = optional_number(from, "feedback", RANGE_NONNEG, &b->feedback, &found, e);
    if (!rc) rc = read_plasma_metabolite(from, b, e);
    b->present = !rc;
    return rc;
}

/* ---- metabolite in the skin ---- */

static int read_species(struct study *s, struct cnode tissue, struct layer *l, struct err *e)
{
    static const char *const keys[] = {"D", "K", "clearance", "source", "note", NULL};
    struct cnode at = config_get(tissue, l->name);
    bool found;
    double k = 0.0;
    if (!config_is(at)) return config_fail(tissue, e, ERR_PARSE, "metabolite: no D and K in layer '%s'", l->name);
    int rc = config_known(at, keys, e);
    if (!rc) rc = config_quantity(at, "D", "m2 s-1", RANGE_POSITIVE, &l->D_metabolite, e);
    if (!rc) rc = config_number(at, "K", RANGE_POSITIVE, &l->K_metabolite, e);
    if (!rc) rc = optional_quantity(at, "clearance", "s-1", RANGE_NONNEG, &k, &found, e);
    l->clearance_metabolite = s->problem.receptor.kind == RECEPTOR_CLOSED ? k : 0.0;
    return rc;
}

static int read_metabolite_channel(struct study *s, struct cnode at, struct err *e)
{
    static const char *const keys[] = {"D", "K", "source", "note", NULL};
    struct cnode channel = config_get(at, "channel");
    if (!config_is(channel)) {
        if (!config_is(s->part[PART_NEEDLES])) return 0;
        return config_fail(at, e, ERR_PARSE,
                           "metabolite: the study has channels: needs channel: {D, K} of the metabolite");
    }
    int rc = config_known(channel, keys, e);
    if (!rc) rc = config_quantity(channel, "D", "m2 s-1", RANGE_POSITIVE, &s->problem.channel.D_metabolite, e);
    if (!rc) rc = config_number(channel, "K", RANGE_POSITIVE, &s->problem.channel.K_metabolite, e);
    return rc;
}

/* An interface lets the metabolite through as it does the drug. */
static void pass_interfaces(struct problem *p)
{
    for (size_t i = 0; i < p->n_layers; i++)
        if (p->layer[i].h <= LAYER_MIN) {
            p->layer[i].D_metabolite = p->layer[i].D;
            p->layer[i].K_metabolite = p->layer[i].K;
        }
}

static int read_metabolite(struct study *s, struct err *e)
{
    static const char *const keys[] = {"name", "yield", "tissue", "channel", "source", "note", NULL};
    struct cnode at = config_get(config_root(s->doc), "metabolite"), tissue;
    struct problem *p = &s->problem;
    bool turned_over = false;
    if (!config_is(at)) return 0;
    for (size_t i = 0; i < p->n_layers; i++)
        turned_over = turned_over || p->layer[i].metabolism.k > 0.0 || p->layer[i].metabolism.V_max > 0.0;
    if (!turned_over) {
        config_fail(at, e, ERR_RANGE, "metabolite: no layer metabolises the drug");
        err_hint(e, "add metabolism: {rate: ...} or {v_max, k_m} to a layer of the skin or of the drug's tissue");
        return ERR_RANGE;
    }
    int rc = config_known(at, keys, e);
    if (!rc) rc = config_number(at, "yield", (struct range){0.0, 100.0, true, false}, &p->metabolite_yield, e);
    if (!rc) rc = config_need(at, "tissue", &tissue, e);
    for (size_t i = first_skin_layer(s); !rc && i < p->n_layers; i++)
        if (p->layer[i].h > LAYER_MIN) rc = read_species(s, tissue, &p->layer[i], e);
    pass_interfaces(p);
    if (!rc) rc = read_metabolite_channel(s, at, e);
    p->metabolite = !rc;
    return rc;
}

/* ---- patches ---- */

static int read_patches(struct study *s, struct err *e)
{
    struct cnode patch = config_get(config_root(s->doc), "patch");
    long n;
    if (!config_is(config_get(patch, "count"))) return 0;
    int rc = config_integer(patch, "count", 1, 1000, &n, e);
    if (!rc && n > 1 && !s->problem.body.present)
        rc = config_fail(config_get(patch, "count"), e, ERR_RANGE,
                         "patch/count: %ld patches at once matter to a body alone, and the study has none", n);
    if (!rc) s->patches = (double)n;
    return rc;
}

int read_body(struct study *s, struct err *e)
{
    int rc = read_plasma(s, e);
    if (!rc) rc = read_metabolite(s, e);
    if (!rc && s->problem.body.V_m > 0.0 && !s->problem.metabolite && !(s->problem.body.f_m > 0.0))
        rc = config_fail(config_get(config_root(s->doc), "body"), e, ERR_RANGE,
                         "body/metabolite: nothing feeds it: fraction is 0 and no metabolite of the skin is followed");
    return rc ? rc : read_patches(s, e);
}
