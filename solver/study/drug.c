/* drug.c -- see drug.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solver/study/drug.h"
#include "solver/study/read.h"

const char *const solute_word[] = {"acid", "base", "neutral", NULL};

void drug_card_init(struct drug_card *c)
{
    static const struct drug_region nothing = {NAN, NAN, NAN};
    *c = (struct drug_card){.solute = {NAN, NAN, SOLUTE_NEUTRAL, NAN},
                            .reference_pH = NAN,
                            .sc = nothing,
                            .ve = nothing,
                            .dermis = nothing,
                            .channel = nothing};
}

static int read_region(struct cnode at, struct drug_region *r, struct err *e)
{
    bool found;
    int rc = optional_quantity(at, "D", "m2 s-1", RANGE_POSITIVE, &r->D, &found, e);
    if (!rc) rc = optional_number(at, "K", RANGE_POSITIVE, &r->K, &found, e);
    if (!rc) rc = optional_quantity(at, "clearance", "s-1", RANGE_NONNEG, &r->clearance, &found, e);
    return rc;
}

static int read_solute(struct cnode drug, struct drug_card *c, struct err *e)
{
    struct solute *s = &c->solute;
    bool found;
    int kind = SOLUTE_NEUTRAL;
    int rc = optional_quantity(drug, "molar_mass", "kg mol-1", RANGE_POSITIVE, &s->molar_mass, &found, e);
    if (!rc) rc = optional_number(drug, "log_kow", (struct range){-10, 15, false, false}, &s->log_kow, &found, e);
    if (!rc) rc = optional_number(drug, "pka", (struct range){-10, 25, false, false}, &s->pKa, &found, e);
    if (!rc && config_is(config_get(drug, "acid_base"))) rc = config_choice(drug, "acid_base", solute_word, &kind, e);
    if (!rc)
        rc = optional_number(drug, "reference_pH", (struct range){0, 14, false, false}, &c->reference_pH, &found, e);
    s->kind = (enum solute_kind)kind;
    if (!rc && kind != SOLUTE_NEUTRAL && !isfinite(s->pKa))
        rc = config_fail(drug, e, ERR_PARSE, "pka: missing, and the drug is said to be of kind %s", solute_word[kind]);
    return rc;
}

static int read_card(struct cnode drug, struct drug_card *c, struct err *e)
{
    struct cnode tissue = config_get(drug, "tissue");
    const char *name;
    int rc = drug_check(drug, &name, e);
    if (!rc) snprintf(c->name, sizeof c->name, "%s", name);
    if (!rc) rc = read_solute(drug, c, e);
    if (!rc) rc = read_region(config_get(tissue, "stratum_corneum"), &c->sc, e);
    if (!rc) rc = read_region(config_get(tissue, "viable_epidermis"), &c->ve, e);
    if (!rc) rc = read_region(config_get(tissue, "dermis"), &c->dermis, e);
    return rc ? rc : read_region(config_get(drug, "channel"), &c->channel, e);
}

int drug_card_load(struct drug_card *c, const char *name_or_path, const char *config_dir, struct err *e)
{
    struct config *doc = NULL;
    size_t n = strlen(name_or_path);
    bool is_path = strchr(name_or_path, '/') || (n > 5 && strcmp(name_or_path + n - 5, ".yaml") == 0);
    drug_card_init(c);
    int rc = is_path ? config_open(&doc, name_or_path, e)
                     : part_open_by_name(&doc, PART_DRUG, name_or_path, config_dir, e);
    if (!rc) rc = read_card(config_root(doc), c, e);
    config_close(doc);
    return rc;
}
