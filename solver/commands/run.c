/* run.c -- mnsim run: one study, one result folder. */
#include <math.h>
#include <string.h>
#include <time.h>
#include "base/text/number.h"
#include "solver/commands/commands.h"

const char help_run[] =
    "usage: mnsim run STUDY.yaml [-o DIR] [--set path=value]... [--config DIR] [--force] [--quiet]\n"
    "\n"
    "Computes one study and writes its result folder: study.yaml (resolved), timeseries.csv, long.csv, profiles.csv,\n"
    "recovery.csv (finite doses), summary.yaml, figures, and fields for ParaView when the study asks.  Prints a table\n"
    "of results on stdout.\n"
    "\n"
    "  -o, --output DIR    result folder (default: the study's name with _result, in the current folder)\n"
    "  --set path=value    override a value, e.g. --set 'insertion/depth=300 um' --set drug/molar_mass='200 g/mol'\n"
    "  --config DIR        where drugs/, skins/ and needles/ are looked up after the study's own folder\n"
    "  --integrator WORD   auto (default), cvode, or linear: refused where a study is not linear\n"
    "  --force             replace an older result of this name\n"
    "  -q, --quiet         no table, no remarks\n"
    "\n"
    "example: mnsim run config/studies/caffeine_patch.yaml -o out/caffeine\n"
    "exit status: 0 done, 1 failed, 2 usage, 3 configuration or data, 4 numerics";

static void print_endpoints(const struct endpoints *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct endpoint *p = &list->item[i];
        if (!isfinite(p->value))
            printf("  %-22s %s\n", p->name, p->remark[0] ? p->remark : "none");
        if (!isfinite(p->value)) continue;
        char value[32], error[32], unit[32];
        number_pair(p->value, p->error, value, error);
        snprintf(unit, sizeof unit, "%s", strcmp(p->unit, "1") ? p->unit : "");
        printf("  %-22s %-12s %-10s %s%-9s %s\n", p->name, value, unit, error[0] ? "+- " : "   ", error, p->remark);
    }
}

static void print_recovery(const struct study *s, const struct solution *sol)
{
    struct share share[SHARES_MAX];
    size_t n = shares_at(s, sol, sol->n_out - 1, share);
    double in = amount_in(sol, sol->n_out - 1), total = 0.0;
    if (study_has_dose(s, DONOR_INFINITE)) return;
    printf("  recovery               ug/cm2       %% of dose\n");
    for (size_t i = 0; i < n; i++) {
        total += share[i].amount;
        printf("    %-20.20s %-12.5g %-10.4g %s\n", share[i].name, share[i].amount * UG_CM2,
               100.0 * share[i].amount / in, share_group_name[share[i].group]);
    }
    printf("    %-20s %-12.5g %-10.4g\n", "total", total * UG_CM2, 100.0 * total / in);
}

static void print_result(const struct study *s, const struct result *r, const char *folder)
{
    char caption[240];
    printf("%s\n", study_caption(s, caption));
    print_endpoints(&r->endpoints);
    print_recovery(s, &r->solution);
    printf("  %-22s %-12.2g %-10s allowed %.0e\n", "drug balance", r->solution.worst_balance, "", BALANCE_BAND);
    print_notes(stdout, s);
    for (size_t i = 0; i < r->endpoints.n_warnings; i++)
        printf("  warning: %s\n", r->endpoints.warning[i]);
    printf("  written to %s\n", folder);
}

static int write_folder(const struct study *s, const struct result *r, const struct options *o, double wall_s,
                        struct folder *f, struct err *e)
{
    struct result_context c = {o->command, (int64_t)time(NULL), wall_s};
    struct err figures = {0};
    int rc = result_write(s, r, &c, f, e);
    if (!rc && figures_write(s, r, f, &figures))
        err_print(stderr, "mnsim: no figures", &figures); /* the numbers are good without them */
    return rc ? rc : folder_commit(f, e);
}

static int run_study(const struct study *s, const struct options *o, struct err *e)
{
    char name[400];
    struct folder f;
    struct result r = {0};
    const char *path = o->output ? o->output : default_output(o->files[0], name, sizeof name);
    int rc = folder_open(&f, path, o->force, e);
    if (rc) return rc;
    double start = now_s();
    rc = result_compute(s, &r, e);
    if (rc)
        err_at(e, "%s", o->files[0]);
    else
        rc = write_folder(s, &r, o, now_s() - start, &f, e);
    if (!rc && !o->quiet) print_result(s, &r, f.path);
    folder_abandon(&f);
    result_release(&r);
    return rc;
}

int command_run(int argc, char **argv, struct err *e)
{
    struct options o;
    struct study s;
    int rc = options_parse(&o, argc, argv, "oscfqi", e);
    if (!rc && o.n_files != 1) {
        rc = err_set(e, ERR_ARG, "%zu study files: 'mnsim run' takes one", o.n_files);
        err_hint(e, "mnsim run STUDY.yaml -o DIR");
    }
    if (rc) return rc;
    struct study_options so = options_for_study(&o);
    rc = study_load(&s, o.files[0], &so, e);
    if (!rc) rc = run_study(&s, &o, e);
    study_release(&s);
    return rc;
}
