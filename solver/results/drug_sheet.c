/* drug_sheet.c -- see drug_sheet.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/math/stats.h"
#include "base/text/table.h"
#include "solver/results/drug_sheet.h"

enum { BY_PKA, BY_ALBUMIN, BY_BINDING, BY_POTTS_GUY, BY_LAYER, BY_DERMIS, BY_CAPILLARY, BY_WATER };

const struct drug_rule drug_rule[DRUG_RULES] = {
    {"one ionisable group (E23)", "textbook", "that of pKa; wrong for more than one group"},
    {"unbound in 2.7 % albumin (E21)", "Yamazaki and Kanaoka 2004, J Pharm Sci 93:1480", "not known here"},
    {"binding factor B = 0.68 + 0.32/fu + 0.001 f Kow (E21)", "Dancik 2013, doi 10.1016/j.addr.2012.01.006",
     "not known here"},
    {"Potts and Guy (E20)", "Pharm Res 1992;9:663",
     "rmse 1.11, mean -0.34 log units on 476 records (human_skin_kp_cheruvu2022.csv); 71 % within a factor 10"},
    {"stratum corneum as one layer of 15 um: K = Kow^0.7, D = kp h/K (E22)", "rule of thumb, exponents 0.69 to 0.71",
     "D and K only as a pair: that of kp; the lag may be wrong by as much"},
    {"D_free, D = (D_free + albumin)/B, K = 0.6 B (E21)", "Kretsos, Kasting and Dancik; Dancik 2013",
     "not known here; built for small drugs"},
    {"capillary uptake: 100 kp of Potts and Guy x 100 1/cm in series with 0.0022 1/s, over B (E21)",
     "Kretsos, Kasting and Dancik; Dancik 2013", "not known here; far too low for hydrophilic or large molecules"},
    {"diffusivity in water, T/viscosity (E19); K: water of pH 7.4", "from memory, unverified: assumed",
     "not known here; fluid, not tissue or gel, in the channel"}};

static const double CM_H = 1e-2 / 3600.0;

static void add(struct drug_sheet *s, const char *name, const char *unit, size_t rule, double predicted, double stated)
{
    s->row[s->n_rows++] = (struct drug_row){name, unit, predicted, stated, rule, false};
}

/* From K over the file's own reference to K over the water asked for. */
static double stated_scale(const struct drug_sheet *s)
{
    const struct drug_card *c = &s->card;
    double f = isfinite(c->reference_pH) ? solute_neutral_fraction(&c->solute, c->reference_pH) : 1.0;
    return s->p.f_water / f;
}

static void fill_small_molecule(struct drug_sheet *s)
{
    const struct properties *p = &s->p;
    const struct drug_card *c = &s->card;
    double k = stated_scale(s), kp_stated = c->sc.K * k * c->sc.D / SC_THICKNESS;
    add(s, "neutral fraction at this pH", "1", BY_PKA, p->f_water, NAN);
    add(s, "unbound fraction in albumin", "1", BY_ALBUMIN, p->unbound, NAN);
    s->row[s->n_rows - 1].given = isfinite(s->given.unbound);
    add(s, "binding factor", "1", BY_BINDING, p->binding, NAN);
    add(s, "kp, neutral form", "cm/h", BY_POTTS_GUY, p->kp / CM_H, kp_stated / p->f_water / CM_H);
    s->row[s->n_rows - 1].given = isfinite(s->given.kp);
    add(s, "kp at this pH", "cm/h", BY_POTTS_GUY, p->kp * p->f_water / CM_H, kp_stated / CM_H);
    s->row[s->n_rows - 1].given = isfinite(s->given.kp);
    add(s, "stratum_corneum/K", "1", BY_LAYER, p->sc_K, c->sc.K * k);
    add(s, "stratum_corneum/D", "m2/s", BY_LAYER, p->sc_D, c->sc.D);
    add(s, "lag of 15 um", "h", BY_LAYER, p->sc_lag / 3600.0, SC_THICKNESS * SC_THICKNESS / (6.0 * c->sc.D) / 3600.0);
    add(s, "viable_epidermis/K", "1", BY_DERMIS, p->dermis_K, c->ve.K * k);
    add(s, "viable_epidermis/D", "m2/s", BY_DERMIS, p->dermis_D, c->ve.D);
    add(s, "dermis/K", "1", BY_DERMIS, p->dermis_K, c->dermis.K * k);
    add(s, "dermis/D", "m2/s", BY_DERMIS, p->dermis_D, c->dermis.D);
    add(s, "dermis/clearance", "1/s", BY_CAPILLARY, p->clearance, c->dermis.clearance);
    add(s, "depth of uptake", "um", BY_CAPILLARY, p->uptake_depth * 1e6,
        sqrt(c->dermis.D / c->dermis.clearance) * 1e6);
    add(s, "channel/K", "1", BY_WATER, p->channel_K, c->channel.K * k);
}

static int check_inputs(const struct drug_sheet *s, struct err *e)
{
    const struct solute *d = &s->card.solute;
    if (!isfinite(d->molar_mass)) {
        err_set(e, ERR_ARG, "the molar mass is not known");
        err_hint(e, "give it: --mw 234.3");
        return ERR_ARG;
    }
    if (!(d->molar_mass >= 1e-3 && d->molar_mass <= 1e4))
        return err_set(e, ERR_ARG, "molar mass: %g g/mol: must be 1 to 1e7 g/mol", d->molar_mass * 1e3);
    if (d->molar_mass <= 1.0 && !isfinite(d->log_kow)) {
        err_set(e, ERR_ARG, "log Kow is not known: nothing but diffusion in water follows from the molar mass alone");
        err_hint(e, "give it: --log-kow 2.44");
        return ERR_ARG;
    }
    if (isfinite(d->log_kow) && !(d->log_kow >= -10.0 && d->log_kow <= 15.0))
        return err_set(e, ERR_ARG, "log Kow: %g: must be -10 to 15", d->log_kow);
    if (d->kind != SOLUTE_NEUTRAL && !(d->pKa >= -10.0 && d->pKa <= 25.0)) {
        err_set(e, ERR_ARG, "pKa: %g: must be -10 to 25", d->pKa);
        err_hint(e, "give it: --pka 7.9; or say --neutral");
        return ERR_ARG;
    }
    return 0;
}

int drug_sheet_fill(struct drug_sheet *s, struct err *e)
{
    const struct solute *d = &s->card.solute;
    int rc = check_inputs(s, e);
    if (rc) return rc;
    if (!isfinite(s->pH)) s->pH = isfinite(s->card.reference_pH) ? s->card.reference_pH : PH_TISSUE;
    properties_predict(d, &s->given, s->pH, s->temperature, &s->p);
    s->limits = property_limits(d, &s->p);
    s->n_rows = 0;
    if (!(s->limits & LIMIT_MACROMOLECULE)) fill_small_molecule(s);
    add(s, "D_free in dermis", "m2/s", BY_DERMIS, s->p.D_free, NAN);
    add(s, "channel/D", "m2/s", BY_WATER, s->p.channel_D, s->card.channel.D);
    return 0;
}

/* ---- records ---- */

static bool is_compound(const char *cell, const char *name)
{
    size_t i = 0;
    for (; name[i] && cell[i]; i++)
        if (strncasecmp(&cell[i], name[i] == '_' ? " " : &name[i], 1) != 0) return false;
    return !name[i] && (!cell[i] || strcasecmp(&cell[i], " base") == 0);
}

static void judge_records(struct kp_records *r, const struct table *t, const double *column[4], size_t name_col,
                          const char *name, double log_kow)
{
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < t->rows; i++) {
        double M = column[0][i] * 1e-3, measured = column[2][i];
        if (is_compound(table_cell(t, i, name_col), name) && r->n < sizeof r->log_kp / sizeof r->log_kp[0]) {
            r->log_kp[r->n] = measured;
            r->temperature[r->n++] = column[3][i];
        }
        if (!(fabs(column[1][i] - log_kow) <= 1.0)) continue;
        double off = log10(permeability_potts_guy(M, column[1][i]) / CM_H) - measured;
        r->n_near++;
        sum += off;
        squares += off * off;
    }
    r->median = stats_quantile(r->log_kp, r->n, 0.5);
    r->near_mean = sum / (double)r->n_near;
    r->near_rmse = sqrt(squares / (double)r->n_near);
}

int kp_records_read(struct kp_records *r, const char *path, const char *name, double log_kow, struct err *e)
{
    static const char *const names[] = {"molar_mass_g_mol", "log10_kow", "log10_kp_cm_h", "temperature_K"};
    struct table t;
    double *column[4] = {NULL, NULL, NULL, NULL};
    size_t name_col = 0;
    *r = (struct kp_records){.median = NAN};
    int rc = table_read(&t, path, e);
    if (rc) return rc;
    rc = table_col(&t, "compound", &name_col, e);
    for (size_t i = 0; !rc && i < 4; i++)
        rc = table_numbers(&t, names[i], false, &column[i], e);
    const double *read[4] = {column[0], column[1], column[2], column[3]};
    if (!rc) judge_records(r, &t, read, name_col, name, log_kow);
    for (size_t i = 0; i < 4; i++)
        free(column[i]);
    table_release(&t);
    return rc;
}

/* ---- a drug file ---- */

/* Four digits: none of the predicted values is known better. */
static void put(struct record *r, const char *path, double x, const char *unit)
{
    char text[48];
    snprintf(text, sizeof text, "%.4g", x);
    double rounded = strtod(text, NULL);
    if (unit[0])
        record_quantity(r, path, rounded, unit);
    else
        record_number(r, path, rounded);
}

static void put_stratum_corneum(const struct drug_sheet *s, struct record *r)
{
    const struct properties *p = &s->p;
    char text[900], at[80] = "";
    if (s->card.solute.kind != SOLUTE_NEUTRAL)
        snprintf(at, sizeof at, " x neutral fraction %.4g at pH %.3g, ions taken not to enter", p->f_water, s->pH);
    put(r, "tissue/stratum_corneum/D", p->sc_D, "m2/s");
    put(r, "tissue/stratum_corneum/K", p->sc_K, "");
    snprintf(text, sizeof text,
             "K = Kow^0.7 = %.4g (rule of thumb)%s. D = kp h/Kow^0.7 with h = 15 um and the neutral form's kp = %.3g "
             "cm/h, %s; what viable epidermis and dermis add is neglected. Only kp and the lag can be seen from "
             "outside: D and K hold together; the lag h2/6D = %.2g h is a consequence%s",
             partition_sc(s->card.solute.log_kow), at, p->kp / CM_H,
             isfinite(s->given.kp)
                 ? "given as measured (say where and by whom)"
                 : "predicted by Potts and Guy (Pharm Res 1992;9:663; rmse 1.11 log units on 476 records)",
             p->sc_lag / 3600.0,
             s->limits & (LIMIT_LOG_KOW | LIMIT_MOLAR_MASS) ? ". Outside the range of the correlation: do not trust"
                                                            : "");
    record_text(r, "tissue/stratum_corneum/source", text);
}

static void put_viable(const struct drug_sheet *s, struct record *r)
{
    const struct properties *p = &s->p;
    bool floor = s->limits & LIMIT_CLEARANCE;
    char rule[500], text[900];
    snprintf(rule, sizeof rule,
             "predicted by the correlations of Kretsos, Kasting and Dancik (Dancik 2013, doi "
             "10.1016/j.addr.2012.01.006; error not known): D_free = %.3g cm2/s, fu = %.4g (%s), B = %.4g, D = (D_free "
             "+ 0.32e-7 (1 - fu)/fu)/B, K = 0.6 B, total drug%s",
             p->D_free * 1e4, p->unbound,
             isfinite(s->given.unbound) ? "given as measured" : "Yamazaki and Kanaoka 2004",
             p->binding,
             s->limits & (LIMIT_LOG_KOW | LIMIT_MOLAR_MASS) ? ". Outside the range of the correlation: do not trust"
                                                            : "");
    put(r, "tissue/viable_epidermis/D", p->dermis_D, "m2/s");
    put(r, "tissue/viable_epidermis/K", p->dermis_K, "");
    record_text(r, "tissue/viable_epidermis/clearance", "0 1/s");
    snprintf(text, sizeof text, "dermis values taken, assumed; no blood vessels. Dermis: %s", rule);
    record_text(r, "tissue/viable_epidermis/source", text);
    put(r, "tissue/dermis/D", p->dermis_D, "m2/s");
    put(r, "tissue/dermis/K", p->dermis_K, "");
    put(r, "tissue/dermis/clearance", floor ? CLEARANCE_FLOOR : p->clearance, "1/s");
    if (floor)
        snprintf(text, sizeof text,
                 "%s. Clearance assumed: the low end of 1e-5 to 1e-4 1/s inferred for water-soluble and large "
                 "molecules; the correlation gives %.2g, because its capillaries have no pores",
                 rule, p->clearance);
    else
        snprintf(text, sizeof text, "%s. Clearance = k_free/B, k_free = 1/(1/(100 kp S) + 1/Q) = %.3g 1/s", rule,
                 p->k_free);
    record_text(r, "tissue/dermis/source", text);
}

static void put_channel(const struct drug_sheet *s, struct record *r)
{
    char text[300];
    snprintf(text, sizeof text,
             "water at %.3g C: log10 D[cm2/s, 25 C] = -4.13 - 0.453 log10 MW, scaled with T/viscosity; from memory, "
             "unverified: assumed. Interstitial fluid of pH 7.4 in the channel, not tissue or gel: assumed",
             s->temperature - 273.15);
    put(r, "channel/D", s->p.channel_D, "m2/s");
    put(r, "channel/K", s->p.channel_K, "");
    record_text(r, "channel/source", text);
}

int drug_sheet_record(const struct drug_sheet *s, struct record *r, struct err *e)
{
    const struct solute *d = &s->card.solute;
    if (s->limits & LIMIT_MACROMOLECULE) {
        err_set(e, ERR_RANGE, "molar mass: %.4g g/mol: no correlation for skin holds above 1000 g/mol",
                d->molar_mass * 1e3);
        err_hint(e, "write the drug's file by hand with measured D, K and clearance; what can be said is shown without "
                    "--yaml");
        return ERR_RANGE;
    }
    record_text(r, "name", s->card.name);
    record_quantity(r, "molar_mass", d->molar_mass * 1e3, "g/mol");
    record_number(r, "log_kow", d->log_kow);
    if (d->kind != SOLUTE_NEUTRAL) record_number(r, "pka", d->pKa);
    record_text(r, "acid_base", solute_word[d->kind]);
    if (d->kind != SOLUTE_NEUTRAL) record_number(r, "reference_pH", s->pH);
    record_text(r, "source", "molar mass, log Kow and pKa as given to mnsim drug (say where they come from)");
    put_stratum_corneum(s, r);
    put_viable(s, r);
    put_channel(s, r);
    return 0;
}
