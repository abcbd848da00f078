/* fit_write.c -- fit.yaml, parameters.csv, fit.csv and the figures of a fit; see fit.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/provenance.h"
#include "base/show/plot.h"
#include "base/text/table.h"
#include "solver/results/fit.h"

#define SHOWN_RISE  3.0    /* times the rise at the ends of the intervals */
#define PROFILE_DIP (-0.1) /* of the sum of squares over its variance: more than the search leaves open */

static void put(struct record *r, size_t i, const char *key, double x)
{
    char at[480];
    snprintf(at, sizeof at, "parameters/%zu/%s", i, key);
    record_number(r, at, x);
}

static void put_interval(struct record *r, const struct fit *f, size_t i)
{
    const struct estimate *x = &f->estimate;
    char at[80];
    snprintf(at, sizeof at, "parameters/%zu/interval", i);
    if (isnan(x->low[i])) {
        record_text(r, at,
                    x->flaw[i] == FLAW_NO_EFFECT ? "none: nothing in the data depends on it"
                                                 : "none: the value lies at a bound");
        return;
    }
    put(r, i, fit_estimated(f, i)->bound.is_log ? "standard_error_of_log" : "standard_error", x->relative_se[i]);
    put(r, i, "low_95", x->low[i]);
    put(r, i, "high_95", x->high[i]);
    if (x->low_is_bound[i] || x->high_is_bound[i])
        record_text(r, at,
                    !x->high_is_bound[i]  ? "cut at the lower bound"
                    : !x->low_is_bound[i] ? "cut at the upper bound"
                                          : "cut at both bounds");
    if (isfinite(f->profile_low[i])) put(r, i, "low_95_profile", f->profile_low[i]);
    if (isfinite(f->profile_high[i])) put(r, i, "high_95_profile", f->profile_high[i]);
}

static void put_parameter(struct record *r, const struct fit *f, size_t i)
{
    const struct estimate *x = &f->estimate;
    const struct fit_parameter *p = fit_estimated(f, i);
    char at[120], text[400];
    snprintf(at, sizeof at, "parameters/%zu/parameterId", i);
    record_text(r, at, p->id);
    snprintf(at, sizeof at, "parameters/%zu/unit", i);
    record_text(r, at, p->unit[0] ? p->unit : "1");
    put(r, i, "value", x->value[i]);
    put_interval(r, f, i);
    for (size_t k = 0; k < i; k++) {
        if (isnan(x->correlation[i][k])) continue;
        snprintf(text, sizeof text, "correlation_with_%s", fit_estimated(f, k)->id);
        put(r, i, text, x->correlation[i][k]);
    }
    for (size_t k = 0, n = 0; k < FIT_PROFILE; k++) {
        if (!isfinite(f->profile_rise[i][k])) continue;
        snprintf(at, sizeof at, "parameters/%zu/profile/%zu/value", i, n);
        record_number(r, at, f->profile_value[i][k]);
        snprintf(at, sizeof at, "parameters/%zu/profile/%zu/rise", i, n++);
        record_number(r, at, f->profile_rise[i][k]);
    }
    if (fit_flaw(f, i, text, sizeof text)[0]) record_text(r, "not_identified/-", text);
}

/* FITTED: its data entered the fit; PREDICTED: they did not. */
static void put_case(struct record *r, const struct fit *f, size_t i)
{
    const struct fit_case *c = &f->item[i];
    char at[80];
    snprintf(at, sizeof at, "cases/%zu/name", i);
    record_text(r, at, c->name);
    snprintf(at, sizeof at, "cases/%zu/label", i);
    record_text(r, at, fit_case_label(c));
    snprintf(at, sizeof at, "cases/%zu/readings", i);
    record_integer(r, at, (long long)c->n);
    snprintf(at, sizeof at, "cases/%zu/mean_fold_error", i);
    record_number(r, at, fit_fold_error(c));
}

static int write_yaml(const struct fit *f, const struct result_context *c, const struct folder *folder, struct err *e)
{
    char path[FOLDER_PATH + 100];
    struct record *r;
    int rc = record_new(&r, e);
    if (rc) return rc;
    record_text(r, "fit", f->title);
    if (fit_is_virtual(f)) record_text(r, "labels/-", LABEL_VIRTUAL);
    if (fit_is_estimated(f)) record_text(r, "labels/-", LABEL_ESTIMATED);
    record_integer(r, "data", (long long)f->n_fitted);
    if (f->n_priors) record_integer(r, "priors", (long long)f->n_priors);
    record_number(r, "sum_of_squares", f->estimate.chi2);
    bool with = fit_has_sd(f);
    size_t donors = fit_donors(f, NULL);
    record_text(r, "weights", with ? "1/sd^2 of the tables" : "none stated: all readings alike");
    record_text(r, "intervals_from",
                donors ? "the spread between donors"
                : with ? "the standard deviations of the tables"
                       : "the spread of the residuals");
    if (donors) record_integer(r, "donors", (long long)donors);
    if (isnan(f->estimate.aicc)) record_text(r, "aicc", fit_no_aicc(f));
    else record_number(r, "aicc", f->estimate.aicc);
    if (fit_is_missed(f))
        record_text(r, "warnings/-",
                    "the model misses the data by far more than their standard deviations: the intervals are too "
                    "narrow");
    if (f->lower_rise < PROFILE_DIP)
        record_text(r, "warnings/-", "a profile found a smaller sum of squares than the fit: give more starts");
    if (fit_negatives(f)) record_integer(r, "negative_readings_kept_as_noise", (long long)fit_negatives(f));
    record_integer(r, "simulations", (long long)f->estimate.evaluations);
    record_integer(r, "starts", f->starts + 1);
    record_integer(r, "starts_that_agree", (long long)f->agreeing);
    for (size_t i = 0; i < f->n_estimated; i++)
        put_parameter(r, f, i);
    const char *whose;
    double lag = fit_short_of(f, &whose);
    if (!isnan(lag)) {
        record_number(r, "last_reading_h", fit_last(f) / HOUR);
        record_number(r, "lag_h", lag / HOUR);
        record_text(r, "lag_is", whose);
        record_text(r, "warnings/-", "the data end before the lag: measure longer");
    }
    for (size_t i = 0; i < f->n_cases; i++)
        put_case(r, f, i);
    record_number(r, "wall_time_s", c->wall_s);
    struct provenance who = {"mnsim", c->command,
                             "",      c->unix_time,
                             -1,      (const char *const[]){"SUNDIALS CVODES", integrator_version(), NULL}};
    provenance_record(r, "provenance", &who);
    rc = record_write(r, folder_file(folder, "fit.yaml", path), e);
    record_free(r);
    return rc;
}

/* The table that was read, with the estimates as nominal values: fit for another fit. */
static int write_parameters(const struct fit *f, const struct folder *folder, struct err *e)
{
    static const char *const columns[] = {"parameterId",  "path",     "unit",               "parameterScale",
                                          "lowerBound",   "upperBound", "nominalValue",     "estimate",
                                          "objectivePriorType", "objectivePriorParameters"};
    char path[FOLDER_PATH + 100];
    struct table_out *o;
    bool priors = false;
    for (size_t i = 0; i < f->n_parameters; i++)
        priors = priors || f->parameter[i].prior_type[0];
    int rc = table_create(&o, folder_file(folder, "parameters.csv", path), columns, priors ? 10 : 8, e);
    for (size_t i = 0, k = 0; !rc && i < f->n_parameters; i++) {
        const struct fit_parameter *p = &f->parameter[i];
        table_word(o, p->id);
        table_word(o, p->path);
        table_word(o, p->unit);
        table_word(o, p->scale);
        table_exact(o, p->bound.lower);
        table_exact(o, p->bound.upper);
        table_exact(o, p->is_estimated ? f->estimate.value[k++] : p->nominal);
        table_integer(o, p->is_estimated);
        if (priors) table_word(o, p->prior_type);
        if (priors) table_word(o, p->prior_text);
        rc = table_end_row(o, e);
        if (rc) table_abandon(o);
    }
    return rc ? rc : table_close(o, e);
}

static int write_points(const struct fit *f, const struct folder *folder, struct err *e)
{
    static const char *const columns[] = {"case",     "label", "line",        "column", "donor",   "time_h",
                                          "observed", "sd",    "below_limit", "model",  "residual"};
    char path[FOLDER_PATH + 100];
    struct table_out *o;
    int rc = table_create(&o, folder_file(folder, "fit.csv", path), columns, 11, e);
    for (size_t i = 0; !rc && i < f->n_cases; i++)
        for (size_t k = 0; !rc && k < f->item[i].n; k++) {
            const struct fit_point *p = &f->item[i].point[k];
            table_word(o, f->item[i].name);
            table_word(o, fit_case_label(&f->item[i]));
            table_integer(o, p->line);
            table_word(o, f->item[i].column);
            table_word(o, p->donor ? f->donor[p->donor - 1] : "");
            table_number(o, p->t / HOUR);
            table_number(o, p->value);
            table_number(o, p->sd);
            table_integer(o, p->censored);
            table_number(o, p->model);
            table_number(o, fit_has_residual(f, p) ? fit_residual(&f->item[i], p) : NAN);
            rc = table_end_row(o, e);
            if (rc) table_abandon(o);
        }
    return rc ? rc : table_close(o, e);
}

static const struct { const char *name, *label; } quantities[] = {
    {"cumulative", "delivered / (ug/cm2)"},
    {"cumulative_by_samples", "delivered, by samples / (ug/cm2)"},
    {"flux", "flux / (ug/cm2/h)"},
    {"receptor", "receptor concentration / (ug/mL)"},
    {"plasma", "plasma / (ng/mL)"},
};
enum { QUANTITIES = sizeof quantities / sizeof quantities[0] };

/* What a figure of residuals shows: with standard deviations pure numbers, without them what the cases differ by. */
static const char *residual_label(const struct fit *f, int quantity, char *buf, size_t size)
{
    size_t logs = 0, all = 0;
    for (size_t i = 0; i < f->n_cases; i++) {
        all += f->item[i].quantity == quantity;
        logs += f->item[i].quantity == quantity && f->item[i].is_log;
    }
    const char *over = fit_has_sd(f) ? " / sd" : "";
    if (logs == all) snprintf(buf, size, "ln(model / measured)%s", fit_has_sd(f) ? " / relative sd" : "");
    else if (logs) snprintf(buf, size, "(model - measured)%s, or ln of their ratio (scale: log)", over);
    else if (over[0]) snprintf(buf, size, "(model - measured)%s", over);
    else snprintf(buf, size, "model - measured, %s", quantities[quantity].label);
    return buf;
}

struct curves {
    struct plot_series series[2 * FIT_CASES_MAX];
    char title[2 * FIT_CASES_MAX][100];
    size_t n, shown; /* shown: points with a value */
};

/* A case's points, and its fitted curve unless residuals are wanted; at[3 n] holds them.  colour: its number. */
static void add_case(struct curves *to, const struct fit *f, const struct fit_case *c, bool is_residual, double *at,
                     int colour)
{
    for (size_t k = 0; k < c->n; k++) {
        const struct fit_point *p = &c->point[k];
        at[k] = p->t / HOUR;
        at[c->n + k] = !is_residual ? p->value : fit_has_residual(f, p) ? fit_residual(c, p) : NAN;
        at[2 * c->n + k] = p->model;
        if (isfinite(at[c->n + k])) to->shown++;
    }
    snprintf(to->title[to->n], sizeof to->title[0], "%s%s", c->name, is_residual ? "" : " measured");
    to->series[to->n] = (struct plot_series){
        .title = to->title[to->n], .style = PLOT_POINTS, .n = c->n, .x = at, .y = at + c->n, .colour = colour};
    to->n++;
    if (is_residual) return;
    snprintf(to->title[to->n], sizeof to->title[0], "%s %s", c->name, c->is_predicted ? "predicted" : "fitted");
    to->series[to->n] = (struct plot_series){
        .title = to->title[to->n], .style = PLOT_LINE, .n = c->n, .x = at, .y = at + 2 * c->n, .colour = colour};
    to->n++;
}

/* The cases of one quantity; "fit" and "residuals" when it is the only one, else with its name behind. */
static int draw(const struct fit *f, const struct folder *folder, int quantity, bool is_residual, struct err *e)
{
    struct curves *all = calloc(1, sizeof *all);
    double *x = calloc(3 * f->n_points + 1, sizeof *x), *at = x;
    char caption[240], label[120], name[60];
    bool alone = true;
    int rc = all && x ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; !rc && i < f->n_cases; i++) {
        const struct fit_case *c = &f->item[i];
        alone = alone && c->quantity == f->item[0].quantity;
        if (c->quantity != quantity) continue;
        add_case(all, f, c, is_residual, at, (int)i + 1);
        at += 3 * c->n;
    }
    snprintf(caption, sizeof caption, "%s%s", f->title, fit_is_virtual(f) ? " (SYNTHETIC)" : "");
    snprintf(name, sizeof name, "%s%s%s", is_residual ? "residuals" : "fit", alone ? "" : "_",
             alone ? "" : quantities[quantity].name);
    if (!rc && all->shown) {
        struct plot p = {.title = caption,
                         .xlabel = "time / h",
                         .ylabel = is_residual ? residual_label(f, quantity, label, sizeof label)
                                               : quantities[quantity].label,
                         .n = all->n,
                         .series = all->series};
        rc = plot_write(&p, folder->temporary, name, e);
    }
    free(x);
    free(all);
    return rc;
}

/* How far the sum of squares rises, over standard errors from the estimate: parabolas where the intervals are right. */
static int draw_profiles(const struct fit *f, const struct folder *folder, struct err *e)
{
    enum { PARABOLA = 41 };
    double x[ESTIMATE_MAX + 2][PARABOLA], y[ESTIMATE_MAX + 2][PARABOLA];
    struct plot_series series[ESTIMATE_MAX + 2];
    size_t n = 0;
    for (size_t i = 0; i < f->n_estimated; i++) {
        const struct fit_parameter *p = fit_estimated(f, i);
        double best = f->estimate.value[i], se = f->estimate.relative_se[i];
        size_t m = 0;
        for (size_t k = 0; k < FIT_PROFILE; k++)
            if (isfinite(f->profile_rise[i][k])) {
                double at = f->profile_value[i][k];
                x[n][m] = (p->bound.is_log ? log(at / best) : at - best) / se;
                y[n][m++] = f->profile_rise[i][k];
            }
        if (m > 1)
            series[n] = (struct plot_series){
                .title = p->id, .style = PLOT_LINE, .n = m, .x = x[n], .y = y[n], .colour = (int)n + 1};
        n += m > 1;
    }
    if (!n) return 0;
    double q2 = f->estimate.quantile * f->estimate.quantile, span = 0.0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < series[i].n; k++)
            span = fmax(span, fabs(x[i][k]));
    for (size_t k = 0; k < PARABOLA; k++) {
        x[n][k] = x[n + 1][k] = span * (2.0 * (double)k / (PARABOLA - 1) - 1.0);
        y[n][k] = x[n][k] * x[n][k];
        y[n + 1][k] = q2;
    }
    series[n] = (struct plot_series){
        .title = "as the intervals assume", .style = PLOT_DASHED, .n = PARABOLA, .x = x[n], .y = y[n], .colour = 0};
    series[n + 1] = (struct plot_series){
        .title = "95 %", .style = PLOT_LINE, .n = PARABOLA, .x = x[n + 1], .y = y[n + 1], .colour = 0};
    struct plot p = {.title = f->title,
                     .xlabel = "(parameter - estimate) / standard error, on the parameter's scale",
                     .ylabel = "rise of the sum of squares / variance",
                     .has_yrange = true,
                     .yhi = SHOWN_RISE * q2,
                     .n = n + 2,
                     .series = series};
    return plot_write(&p, folder->temporary, "fit_profiles", e);
}

int fit_write(const struct fit *f, const struct result_context *c, const struct folder *folder, struct err *e)
{
    int rc = write_yaml(f, c, folder, e);
    if (!rc) rc = write_parameters(f, folder, e);
    return rc ? rc : write_points(f, folder, e);
}

int fit_figures(const struct fit *f, const struct folder *folder, struct err *e)
{
    int rc = 0;
    for (int q = 0; !rc && q < QUANTITIES; q++) {
        rc = draw(f, folder, q, false, e);
        if (!rc) rc = draw(f, folder, q, true, e);
    }
    return rc ? rc : draw_profiles(f, folder, e);
}
