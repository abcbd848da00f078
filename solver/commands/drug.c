/* drug.c -- mnsim drug: predicted properties of a drug beside its file's own values and the records. */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/number.h"
#include "base/text/units.h"
#include "solver/commands/commands.h"
#include "solver/results/drug_sheet.h"

const char help_drug[] =
    "usage: mnsim drug NAME|FILE.yaml [options]\n"
    "       mnsim drug --mw 234.3 --log-kow 2.44 [--pka 7.9 --acid|--base] [options]\n"
    "\n"
    "Predicts what a drug does in skin from molar mass, log Kow and pKa, with the correlation, its source and its\n"
    "known error at every value, beside what the drug's file states and what was measured.\n"
    "\n"
    "  --mw M                 molar mass in g/mol, or with its unit, e.g. '5.8 kDa'\n"
    "  --log-kow X            log10 of octanol over water, neutral form\n"
    "  --pka X                of the one ionisable group; with --acid or --base.  --neutral: none\n"
    "  --kp 'X cm/h'          measured permeability of the neutral form instead of the predicted one\n"
    "  --unbound X            measured fraction unbound in 2.7 % albumin instead of the predicted one\n"
    "  --ph X                 pH of the water that K is relative to (default: the file's reference_pH, or 7.4)\n"
    "  --skin-temperature T   e.g. '32 degC' (the default); only the channel's D depends on it\n"
    "  --name NAME            of a drug without a file (default: new_drug)\n"
    "  --yaml                 print a drug file made of the predicted values\n"
    "  --config DIR           where drugs/ is looked up\n"
    "\n"
    "example: mnsim drug lidocaine\n"
    "exit status: 0 done, 2 usage, 3 configuration or data";

struct request {
    struct drug_sheet sheet;
    const char *file, *config_dir, *name;
    double molar_mass, log_kow, pKa; /* NAN: not given */
    int kind;                        /* -1: not given */
    bool yaml;
};

static int number_option(const char *option, const char *text, double lo, double hi, double *out, struct err *e)
{
    if (!number_parse(text, out)) return err_set(e, ERR_ARG, "%s: '%s' is not a number", option, text);
    if (*out < lo || *out > hi) return err_set(e, ERR_ARG, "%s: %g: must be %g to %g", option, *out, lo, hi);
    return 0;
}

static int quantity_option(const char *option, const char *text, const char *unit, double lo, double hi, double *out,
                           struct err *e)
{
    struct err why = {0};
    if (units_parse(text, unit, out, &why)) {
        err_set(e, ERR_ARG, "%s: %s", option, why.msg);
        if (why.hint[0]) err_hint(e, "%s", why.hint);
        return ERR_ARG;
    }
    if (*out < lo || *out > hi) return err_set(e, ERR_ARG, "%s: %s: must be %g to %g %s", option, text, lo, hi, unit);
    return 0;
}

static int molar_mass_option(const char *text, double *out, struct err *e)
{
    double g_mol;
    if (!number_parse(text, &g_mol)) return quantity_option("--mw", text, "kg mol-1", 1e-3, 1e4, out, e);
    *out = g_mol * 1e-3;
    return 0;
}

static int kind_option(struct request *q, int kind, struct err *e)
{
    if (q->kind >= 0 && q->kind != kind)
        return err_set(e, ERR_ARG, "--%s and --%s: a drug is one of them here", solute_word[q->kind],
                       solute_word[kind]);
    q->kind = kind;
    return 0;
}

static int take_option(struct request *q, int letter, const char *v, struct err *e)
{
    struct drug_sheet *s = &q->sheet;
    switch (letter) {
    case 'm': return molar_mass_option(v, &q->molar_mass, e);
    case 'l': return number_option("--log-kow", v, -10, 15, &q->log_kow, e);
    case 'p': return number_option("--pka", v, -10, 25, &q->pKa, e);
    case 'A': return kind_option(q, SOLUTE_ACID, e);
    case 'B': return kind_option(q, SOLUTE_BASE, e);
    case 'N': return kind_option(q, SOLUTE_NEUTRAL, e);
    case 'k': return quantity_option("--kp", v, "m s-1", 1e-30, 1.0, &s->given.kp, e);
    case 'u': return number_option("--unbound", v, 1e-9, 1.0, &s->given.unbound, e);
    case 'h': return number_option("--ph", v, 0.0, 14.0, &s->pH, e);
    case 't': return quantity_option("--skin-temperature", v, "K", 273.15, 320.0, &s->temperature, e);
    case 'n': q->name = v; return 0;
    case 'c': q->config_dir = v; return 0;
    default: q->yaml = true; return 0;
    }
}

static int parse(struct request *q, int argc, char **argv, struct err *e)
{
    static const struct option known[] = {
        {"mw", 1, NULL, 'm'},   {"log-kow", 1, NULL, 'l'}, {"pka", 1, NULL, 'p'},     {"acid", 0, NULL, 'A'},
        {"base", 0, NULL, 'B'}, {"neutral", 0, NULL, 'N'}, {"kp", 1, NULL, 'k'},      {"unbound", 1, NULL, 'u'},
        {"ph", 1, NULL, 'h'},   {"name", 1, NULL, 'n'},    {"config", 1, NULL, 'c'},  {"yaml", 0, NULL, 'y'},
        {"skin-temperature", 1, NULL, 't'}, {NULL, 0, NULL, 0}};
    int letter, rc = 0;
    optind = 0; /* start again: GNU getopt keeps its place between calls */
    opterr = 0;
    while (!rc && (letter = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        const char *given = optind > 0 && optind <= argc ? argv[optind - 1] : "";
        if (letter == ':')
            rc = err_set(e, ERR_ARG, "option '%s' needs a value", given);
        else if (letter == '?')
            rc = err_set(e, ERR_ARG, "'%s' is not an option of 'mnsim drug'", given);
        else
            rc = take_option(q, letter, optarg, e);
    }
    if (!rc && argc - optind > 1) rc = err_set(e, ERR_ARG, "%d drugs: 'mnsim drug' takes one", argc - optind);
    if (!rc && optind < argc) q->file = argv[optind];
    if (!rc && !q->file && !isfinite(q->molar_mass))
        rc = err_set(e, ERR_ARG, "which drug? neither a name nor --mw and --log-kow is given");
    if (rc) err_hint(e, "'mnsim drug --help' lists the options");
    return rc;
}

/* What stands on the command line counts over the file. */
static int merge(struct request *q, struct err *e)
{
    struct drug_card *c = &q->sheet.card;
    struct solute *d = &c->solute;
    if (isfinite(q->molar_mass)) d->molar_mass = q->molar_mass;
    if (isfinite(q->log_kow)) d->log_kow = q->log_kow;
    if (isfinite(q->pKa)) d->pKa = q->pKa;
    if (q->kind >= 0) d->kind = (enum solute_kind)q->kind;
    if (q->name || !c->name[0]) snprintf(c->name, sizeof c->name, "%s", q->name ? q->name : "new_drug");
    if (isfinite(q->pKa) && q->kind == SOLUTE_NEUTRAL)
        return err_set(e, ERR_ARG, "--pka and --neutral: a drug that does not ionise has no pKa");
    if (isfinite(q->pKa) && d->kind == SOLUTE_NEUTRAL)
        return err_set(e, ERR_ARG, "--pka %g: of an acid or of a base? say --acid or --base", q->pKa);
    if (d->kind != SOLUTE_NEUTRAL && !isfinite(d->pKa))
        return err_set(e, ERR_ARG, "--%s: its pKa is missing: give --pka", solute_word[d->kind]);
    return 0;
}

static void print_rows(const struct drug_sheet *s)
{
    printf("  %-28s %-6s %-11s %-11s %-10s rule\n", "property", "unit", "predicted", "file", "pred/file");
    for (size_t i = 0; i < s->n_rows; i++) {
        const struct drug_row *r = &s->row[i];
        char file[24] = "-", ratio[24] = "-";
        if (isfinite(r->stated)) {
            snprintf(file, sizeof file, "%.4g", r->stated);
            snprintf(ratio, sizeof ratio, "%.3g", r->predicted / r->stated);
        }
        printf("  %-28s %-6s %-11.4g %-11s %-10s ", r->name, strcmp(r->unit, "1") ? r->unit : "", r->predicted, file,
               ratio);
        if (r->given)
            printf("given\n");
        else
            printf("[%zu]\n", r->rule + 1);
    }
}

static void print_rules(const struct drug_sheet *s)
{
    printf("rules\n");
    for (size_t rule = 0; rule < DRUG_RULES; rule++) {
        bool used = false;
        for (size_t i = 0; i < s->n_rows; i++)
            used = used || (s->row[i].rule == rule && !s->row[i].given);
        if (used)
            printf("  [%zu] %s\n      source: %s\n      error: %s\n", rule + 1, drug_rule[rule].name,
                   drug_rule[rule].source, drug_rule[rule].error);
    }
}

static void print_limits(FILE *to, const struct drug_sheet *s)
{
    const struct solute *d = &s->card.solute;
    double g_mol = d->molar_mass * 1e3;
    if (s->limits & LIMIT_MACROMOLECULE)
        fprintf(to,
                "warning: molar mass %.5g g/mol: above 1000 no correlation for skin holds; diffusivities are "
                "extrapolated\n",
                g_mol);
    else if (s->limits & LIMIT_MOLAR_MASS)
        fprintf(to, "warning: molar mass %.5g g/mol: outside 18 to 505, where the records of permeability are\n",
                g_mol);
    if (s->limits & LIMIT_MACROMOLECULE) return;
    if (s->limits & LIMIT_LOG_KOW)
        fprintf(to,
                "warning: log Kow %.3g: outside -3 to 5, where nearly all records are: permeability, K and D are not "
                "to be trusted\n",
                d->log_kow);
    if (s->limits & LIMIT_CLEARANCE)
        fprintf(to,
                "warning: clearance %.2g 1/s: far too low, as real capillaries have pores; --yaml takes 1e-5 1/s, "
                "assumed\n",
                s->p.clearance);
}

static int print_records(const struct request *q, struct err *e)
{
    static const char table[] = "human_skin_kp_cheruvu2022.csv";
    const struct drug_sheet *s = &q->sheet;
    char path[600];
    struct kp_records r;
    if (data_find(table, q->config_dir, path, sizeof path)) {
        printf("measured: data/%s is not at hand\n", table);
        return 0;
    }
    int rc = kp_records_read(&r, path, s->card.name, s->card.solute.log_kow, e);
    if (rc) return rc;
    printf("measured kp, human skin in vitro (data/%s; pH of the vehicle not stated)\n", table);
    if (!r.n) printf("  no record of '%s'\n", s->card.name);
    for (size_t i = 0; i < r.n; i++)
        printf("  %.3g cm/h at %.0f K\n", pow(10.0, r.log_kp[i]), r.temperature[i]);
    if (r.n)
        printf("  median %.3g cm/h of %zu; predicted for the neutral form / median = %.3g\n", pow(10.0, r.median), r.n,
               permeability_potts_guy(s->card.solute.molar_mass, s->card.solute.log_kow) * 3.6e5 / pow(10.0, r.median));
    if (r.n_near)
        printf("  Potts and Guy on the %zu records with log Kow within 1 of this drug's: mean %+.2f, rmse %.2f log "
               "units\n",
               r.n_near, r.near_mean, r.near_rmse);
    return 0;
}

static int print_sheet(const struct request *q, struct err *e)
{
    const struct drug_sheet *s = &q->sheet;
    const struct solute *d = &s->card.solute;
    printf("%s: %.5g g/mol", s->card.name, d->molar_mass * 1e3);
    if (isfinite(d->log_kow)) printf(", log Kow %.4g", d->log_kow);
    if (d->kind == SOLUTE_NEUTRAL)
        printf(", neutral");
    else
        printf(", %s of pKa %.4g", solute_word[d->kind], d->pKa);
    printf("; K is total drug over water of pH %.3g; skin at %.3g C\n", s->pH, s->temperature - 273.15);
    print_rows(s);
    print_rules(s);
    int rc = s->limits & LIMIT_MACROMOLECULE ? 0 : print_records(q, e);
    if (!rc) print_limits(stdout, s);
    return rc;
}

static int print_yaml(const struct drug_sheet *s, struct err *e)
{
    struct record *r;
    int rc = record_new(&r, e);
    if (rc) return rc;
    rc = drug_sheet_record(s, r, e);
    char *text = rc ? NULL : record_string(r);
    if (!rc && !text) rc = err_set(e, ERR_NOMEM, "out of memory");
    if (!rc) printf("%s%s", text, text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
    if (!rc) print_limits(stderr, s);
    free(text);
    record_free(r);
    return rc;
}

int command_drug(int argc, char **argv, struct err *e)
{
    struct request q = {.molar_mass = NAN, .log_kow = NAN, .pKa = NAN, .kind = -1};
    q.sheet.given = (struct measured_properties){NAN, NAN};
    q.sheet.pH = NAN;
    q.sheet.temperature = 305.15;
    drug_card_init(&q.sheet.card);
    int rc = parse(&q, argc, argv, e);
    if (!rc && q.file) rc = drug_card_load(&q.sheet.card, q.file, q.config_dir, e);
    if (!rc) rc = merge(&q, e);
    if (!rc) rc = drug_sheet_fill(&q.sheet, e);
    if (rc) return rc;
    return q.yaml ? print_yaml(&q.sheet, e) : print_sheet(&q, e);
}
