/* fit.c -- mnsim fit: parameters of studies from measured tables. */
#include <math.h>
#include <time.h>
#include "solver/commands/commands.h"
#include "solver/results/fit.h"

const char help_fit[] =
    "usage: mnsim fit FIT.yaml -o DIR [--set path=value]... [--config DIR] [--force] [--quiet]\n"
    "\n"
    "Fits parameters of one or more studies to measured amounts, fluxes, receptor concentrations or plasma levels, and "
    "writes\n"
    "fit.yaml (estimates with 95 % intervals, correlations, profiles, AICc, and what the data cannot say), fit.csv, "
    "the table of\n"
    "parameters with the estimates, and figures.\n"
    "\n"
    "  -o, --output DIR    result folder (required)\n"
    "  --set path=value    override a value of every study\n"
    "  --config DIR        where drugs/, skins/ and needles/ are looked up after the study's own folder\n"
    "  --force             replace an older result of this name\n"
    "  -q, --quiet         no table\n"
    "\n"
    "example: mnsim fit fit.yaml -o out/fit\n"
    "exit status: 0 done, 1 a parameter is not identified, 2 usage, 3 configuration or data, 4 numerics";

static void print_head(const struct fit *f)
{
    const struct estimate *x = &f->estimate;
    printf("%s: %zu parameters, %zu data, sum of squares %.4g, ", f->title, f->n_estimated, f->n_fitted, x->chi2);
    if (isnan(x->aicc)) printf("AICc %s, ", fit_no_aicc(f));
    else printf("AICc %.4g, ", x->aicc);
    printf("%zu of %ld starts agree\n", f->agreeing, f->starts + 1);
}

static void print_interval(const struct fit *f, size_t i)
{
    const struct estimate *x = &f->estimate;
    const struct fit_parameter *p = fit_estimated(f, i);
    printf("  %-20s %-11.4g %-8s ", p->id, x->value[i], p->unit);
    if (isnan(x->low[i])) printf("at a bound: no interval\n");
    else
        printf("95 %%: %.4g%s to %.4g%s\n", x->low[i], x->low_is_bound[i] ? " (its bound)" : "", x->high[i],
               x->high_is_bound[i] ? " (its bound)" : "");
}

static size_t print_fit(const struct fit *f, const char *folder, bool quiet)
{
    const struct estimate *x = &f->estimate;
    char flaw[400];
    size_t flaws = 0;
    if (!quiet)
        print_head(f);
    for (size_t i = 0; i < f->n_estimated; i++) {
        const struct fit_parameter *p = fit_estimated(f, i);
        bool open = x->flaw[i] != FLAW_NONE && x->flaw[i] != FLAW_AT_BOUND;
        if (!quiet && open) printf("  %-20s %-11.4g %-8s 95 %%: open\n", p->id, x->value[i], p->unit);
        if (!quiet && !open)
            print_interval(f, i);
        for (size_t k = 0; !quiet && k < i; k++)
            if (fabs(x->correlation[i][k]) > 0.9)
                printf("  %-20s correlation %.3f with %s\n", "", x->correlation[i][k], fit_estimated(f, k)->id);
        if (fit_flaw(f, i, flaw, sizeof flaw)[0]) {
            flaws++;
            printf("  not identified: %s\n", flaw);
        }
    }
    if (fit_is_missed(f))
        printf(
            "  warning: the model misses the data by far more than their standard deviations (sum of squares %.4g of "
            "%zu data): the intervals are too narrow\n",
            x->chi2, x->n_residuals);
    const char *whose;
    double lag = fit_short_of(f, &whose);
    if (!isnan(lag))
        printf("  warning: the data end at %.3g h, before the lag of %.3g h (%s): measure longer\n", fit_last(f) / HOUR,
               lag / HOUR, whose);
    for (size_t i = 0; !quiet && i < f->n_cases; i++)
        printf("  %-20s %-9s %3zu readings, mean fold error %.3f\n", f->item[i].name, fit_case_label(&f->item[i]),
               f->item[i].n, fit_fold_error(&f->item[i]));
    if (!quiet && fit_negatives(f))
        printf("  note: %zu readings below zero are kept: within the noise around a blank\n", fit_negatives(f));
    if (!quiet && fit_is_virtual(f)) printf("  note: %s\n", LABEL_VIRTUAL);
    if (!quiet && fit_is_estimated(f)) printf("  note: %s\n", LABEL_ESTIMATED);
    if (!quiet) printf("  written to %s\n", folder);
    return flaws;
}

static int solve_and_write(struct fit *f, const struct options *o, struct err *e)
{
    struct folder folder;
    struct err figures = {0};
    double start = now_s();
    size_t flaws = 0;
    int rc = folder_open(&folder, o->output, o->force, e);
    if (rc) return rc;
    rc = fit_solve(f, true, e);
    struct result_context c = {o->command, (int64_t)time(NULL), now_s() - start};
    if (!rc) rc = fit_write(f, &c, &folder, e);
    if (!rc && fit_figures(f, &folder, &figures)) err_print(stderr, "mnsim: no figures", &figures);
    if (!rc) rc = folder_commit(&folder, e);
    if (!rc) flaws = print_fit(f, folder.path, o->quiet);
    folder_abandon(&folder);
    if (!rc && flaws)
        rc = err_set(e, ERR_FAILED, "%zu of %zu parameters are not identified by the data", flaws, f->n_estimated);
    return rc;
}

int command_fit(int argc, char **argv, struct err *e)
{
    struct options o;
    struct fit f;
    int rc = options_parse(&o, argc, argv, "oscfqi", e);
    if (!rc && (o.n_files != 1 || !o.output)) {
        rc = err_set(e, ERR_ARG, "%s",
                     o.output ? "'mnsim fit' takes one fit file" : "no result folder: -o DIR is missing");
        err_hint(e, "mnsim fit FIT.yaml -o DIR");
    }
    if (rc) return rc;
    struct study_options so = options_for_study(&o);
    rc = fit_load(&f, o.files[0], &so, e);
    if (rc) return rc;
    rc = solve_and_write(&f, &o, e);
    fit_release(&f);
    return rc;
}
