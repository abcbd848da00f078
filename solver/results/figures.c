/* figures.c -- the figures of one result: delivered amount, flux, plasma level, depth profiles. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/show/plot.h"
#include "base/show/sheet.h"
#include "solver/results/result.h"

enum { CURVES_MAX = 8 };

static const struct quantity *find(const struct quantity *q, size_t n, const char *stem, const char *suffix)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(q[i].stem, stem) == 0 && strcmp(q[i].suffix, suffix) == 0) return &q[i];
    return NULL;
}

/* One quantity over time: the case, and the intact skin beside it when there is one. */
static int plot_over_time(const struct study *s, const struct result *r, const struct quantity *q, const char *label,
                          const char *name, const char *folder, struct err *e)
{
    const struct solution *sol = &r->solution;
    size_t n = sol->n_out;
    double *x = calloc(3 * n, sizeof *x);
    if (!x) return err_set(e, ERR_NOMEM, "out of memory");
    double *y = x + n, *y0 = x + 2 * n;
    for (size_t k = 0; k < n; k++) {
        x[k] = sol->t[k] / HOUR;
        y[k] = quantity_value(q, sol, k);
        y0[k] = r->has_intact ? quantity_value(q, &r->intact, k) : NAN;
    }
    struct plot_series series[] = {
        {.title = s->has_channel ? "with channels" : "intact skin",
         .style = PLOT_LINEPOINTS,
         .n = n,
         .x = x,
         .y = y,
         .colour = 1},
        {.title = "intact skin", .style = PLOT_DASHED, .n = n, .x = x, .y = y0, .colour = 2}};
    char caption[240];
    struct plot p = {.title = study_caption(s, caption),
                     .xlabel = "time / h",
                     .ylabel = label,
                     .n = r->has_intact ? 2 : 1,
                     .series = series};
    int rc = plot_write(&p, folder, name, e);
    free(x);
    return rc;
}

/* Activity over depth at a few output times, mean over the area, as a share of the donor's. */
static int plot_profiles(const struct study *s, const struct solution *sol, const char *folder, struct err *e)
{
    size_t curves = sol->n_out < 5 ? sol->n_out : 5, n = sol->nz;
    double donor = problem_activity(&s->problem), surface = skin_surface(&s->problem),
           *x = calloc(n * (curves + 1), sizeof *x);
    char title[CURVES_MAX][40];
    struct plot_series series[CURVES_MAX];
    if (!x) return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        x[i] = (sol->z[i] - surface) * 1e6;
    for (size_t c = 0; c < curves; c++) {
        size_t k = curves > 1 ? c * (sol->n_out - 1) / (curves - 1) : sol->n_out - 1; /* first to last */
        double *y = x + n * (c + 1);
        for (size_t i = 0; i < n; i++)
            y[i] = sol->mean[k * n + i] / donor;
        snprintf(title[c], sizeof title[c], "%.4g h", sol->t[k] / HOUR);
        series[c] =
            (struct plot_series){.title = title[c], .style = PLOT_LINE, .n = n, .x = x, .y = y, .colour = (int)c};
    }
    char caption[240];
    struct plot p = {.title = study_caption(s, caption),
                     .xlabel = "depth / um",
                     .ylabel = "activity / largest of any dose (mean over area)",
                     .n = curves,
                     .series = series};
    int rc = plot_write(&p, folder, "profiles", e);
    free(x);
    return rc;
}

/* Where the drug is over time: shares of all that went in until the end, one on another. */
static int plot_shares(const struct study *s, const struct solution *sol, const char *folder, struct err *e)
{
    struct share share[SHARES_MAX];
    size_t n = sol->n_out, parts = shares_at(s, sol, n - 1, share);
    double in = amount_in(sol, n - 1), *x = calloc(n * (parts + 2), sizeof *x);
    char title[SHARES_MAX][60];
    struct plot_series series[SHARES_MAX];
    if (!x) return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t k = 0; k < n; k++) {
        x[k] = sol->t[k] / HOUR;
        double sum = 0.0;
        shares_at(s, sol, k, share);
        for (size_t i = 0; i < parts; i++)
            x[(i + 2) * n + k] = 100.0 * (sum += share[i].amount) / in;
    }
    for (size_t i = 0; i < parts; i++) {
        key_words(share[i].name, title[i], sizeof title[i]);
        series[i] = (struct plot_series){.title = title[i],
                                         .style = PLOT_AREA,
                                         .n = n,
                                         .x = x,
                                         .y = x + (i + 1) * n,
                                         .err = x + (i + 2) * n,
                                         .colour = (int)i};
    }
    char caption[240];
    struct plot p = {.title = study_caption(s, caption),
                     .xlabel = "time / h",
                     .ylabel = "share of all that goes in until the end / %",
                     .n = parts,
                     .series = series};
    int rc = in > 0.0 && n > 1 ? plot_write(&p, folder, "shares", e) : 0;
    free(x);
    return rc;
}

int figures_write(const struct study *s, const struct result *r, const struct folder *f, struct err *e)
{
    struct quantity q[QUANTITIES_MAX];
    size_t n = quantities_of(s, q);
    int rc =
        plot_over_time(s, r, find(q, n, "delivered", "ug_cm2"), "delivered / ug/cm2", "delivered", f->temporary, e);
    if (!rc) rc = plot_over_time(s, r, find(q, n, "flux", "ug_cm2_h"), "flux / ug/cm2/h", "flux", f->temporary, e);
    if (!rc && s->problem.body.present)
        rc = plot_over_time(s, r, find(q, n, "plasma", "ng_mL"), "plasma / ng/mL", "plasma", f->temporary, e);
    if (!rc && s->problem.metabolite)
        rc = plot_over_time(s, r, find(q, n, "metabolite_delivered", "ug_cm2"), "metabolite delivered / ug/cm2",
                            "metabolite", f->temporary, e);
    if (!rc && s->problem.channel.closes)
        rc = plot_over_time(s, r, find(q, n, "openness", "rel"), "openness of the channels", "openness", f->temporary,
                            e);
    if (!rc) rc = plot_shares(s, &r->solution, f->temporary, e);
    return rc ? rc : plot_profiles(s, &r->solution, f->temporary, e);
}
