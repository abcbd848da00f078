/* compare_plasma.c -- plasma curves of several doses: parameters fitted on the cases called fitted, the others
 * predicted. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/stats.h"
#include "base/show/plot.h"
#include "base/text/table.h"
#include "solver/inference/estimate.h"
#include "solver/results/compare.h"

enum { CASES_MAX = 8, POINTS_MAX = 400, CURVE = 120 };
enum parameter_kind { PARAMETER_PERMEABILITY, PARAMETER_CAPACITY, PARAMETER_VOLUME, PARAMETER_CLEARANCE };

/* What a parameter is called, measured in, and shown in. */
static const char *const parameter_names[] = {"permeability", "capacity", "body_volume", "body_clearance", NULL};
static const struct {
    const char *si, *shown;
    double scale;
} parameter_units[] = {
    {"m s-1", "cm/h", 100.0 * 3600.0}, {"m", "cm", 100.0}, {"m3", "L", 1e3}, {"m3 s-1", "L/h", 3.6e6}};

struct parameter {
    int kind;
    char layer[40];
    double start;
};
struct dose {
    char name[60], column[80];
    enum role role;
    struct study study;
    size_t n;
    double t[POINTS_MAX], hours[POINTS_MAX];                               /* of the data: s, h */
    double observed[POINTS_MAX], simulated[POINTS_MAX], error[POINTS_MAX]; /* ng/mL */
    double curve_hours[CURVE], curve[CURVE];                               /* for the figure: h, ng/mL */
};
struct work {
    struct compare *c;
    struct table data;
    size_t n_doses, n_parameters;
    struct dose *dose; /* CASES_MAX */
    struct parameter parameter[ESTIMATE_MAX];
    double bound; /* of the mean fold error */
};

/* ---- parameters act on a problem ---- */

/* Permeability P = D K / h and capacity C = K h of one layer: K = C/h, D = P h^2 / C. */
static int apply(const struct work *w, const double *value, struct problem *p, struct err *e)
{
    for (size_t i = 0; i < w->n_parameters; i++) {
        const struct parameter *a = &w->parameter[i];
        struct layer *l = NULL;
        for (size_t k = 0; k < p->n_layers; k++)
            if (strcmp(p->layer[k].name, a->layer) == 0) l = &p->layer[k];
        if (a->kind == PARAMETER_VOLUME)
            p->body.V = value[i];
        else if (a->kind == PARAMETER_CLEARANCE)
            p->body.CL = value[i];
        else if (!l)
            return err_set(e, ERR_PARSE, "fit: the skin has no layer '%s'", a->layer);
        else if (a->kind == PARAMETER_CAPACITY) { /* keeps the permeability */
            double P = l->D * l->K / l->h;
            l->K = value[i] / l->h;
            l->D = P * l->h / l->K;
        } else
            l->D = value[i] * l->h / l->K; /* keeps the capacity */
    }
    return 0;
}

/* Plasma levels, ng/mL, at n times with the given parameters; error (may be NULL: not estimated) likewise. */
static int levels(const struct work *w, const struct dose *d, const double *value, const double *t, size_t n,
                  double *out, double *error, struct err *e)
{
    struct problem *p = malloc(sizeof *p);
    struct solution sol;
    if (!p) return err_set(e, ERR_NOMEM, "out of memory");
    *p = d->study.problem;
    p->n_out = n;
    memcpy(p->t_out, t, n * sizeof *t);
    int rc = apply(w, value, p, e);
    if (!rc) rc = error ? simulate_with_error(p, &sol, e) : simulate(p, &sol, e);
    free(p);
    if (rc) return rc;
    for (size_t k = 0; k < n; k++) {
        out[k] = solution_at(&sol, k, COL_PLASMA) * NG_ML;
        if (error) error[k] = solution_error(&sol, k, COL_PLASMA) * NG_ML;
    }
    solution_release(&sol);
    return 0;
}

static int residuals(void *self, const double *value, double *r, struct err *e)
{
    struct work *w = self;
    int rc = 0;
    for (size_t i = 0; !rc && i < w->n_doses; i++) {
        struct dose *d = &w->dose[i];
        if (d->role != ROLE_FITTED) continue;
        rc = levels(w, d, value, d->t, d->n, d->simulated, NULL, e);
        for (size_t k = 0; !rc && k < d->n; k++)
            *r++ = d->simulated[k] - d->observed[k];
    }
    return rc;
}

/* ---- reading ---- */

static int read_parameters(struct work *w, struct err *e)
{
    static const char *const keys[] = {"name", "layer", "start", "note", NULL};
    struct cnode fit = {NULL, NULL}, list = {NULL, NULL};
    int rc = config_need(config_root(w->c->doc), "fit", &fit, e);
    if (!rc) rc = config_known(fit, (const char *const[]){"parameters", "note", NULL}, e);
    if (!rc) rc = config_need(fit, "parameters", &list, e);
    if (!rc && (!config_is_list(list) || config_count(list) < 1 || config_count(list) > ESTIMATE_MAX))
        rc = config_fail(list, e, ERR_PARSE, "fit/parameters: must be a list of 1 to %d parameters", ESTIMATE_MAX);
    for (size_t i = 0; !rc && i < config_count(list); i++) {
        struct cnode at = config_item(list, i);
        struct parameter *a = &w->parameter[w->n_parameters++];
        const char *layer = "";
        rc = config_known(at, keys, e);
        if (!rc) rc = config_choice(at, "name", parameter_names, &a->kind, e);
        if (!rc && a->kind <= PARAMETER_CAPACITY) rc = config_string(at, "layer", &layer, e);
        if (!rc) rc = config_quantity(at, "start", parameter_units[a->kind].si, RANGE_POSITIVE, &a->start, e);
        snprintf(a->layer, sizeof a->layer, "%s", layer);
    }
    return rc;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The rows of one column with a time after 0: before the first there is nothing to simulate. */
static int read_points(struct work *w, struct dose *d, struct cnode at, const char *time_column, struct err *e)
{
    double *t = NULL, *y = NULL;
    if (!ends_with(time_column, "_h") || !ends_with(d->column, "_ng_mL"))
        return config_fail(at, e, ERR_PARSE, "columns '%s', '%s': must end in their units, _h and _ng_mL", time_column,
                           d->column);
    int rc = table_numbers(&w->data, time_column, false, &t, e);
    if (!rc) rc = table_numbers(&w->data, d->column, true, &y, e);
    for (size_t i = 0; !rc && i < w->data.rows; i++) {
        if (!(t[i] > 0.0) || isnan(y[i])) continue;
        if (d->n >= POINTS_MAX || t[i] * HOUR > d->study.problem.t_end * (1.0 + 1e-9))
            rc = err_set(e, ERR_RANGE, "%s:%d: %s = %g h: must lie within the study's %g h, at most %d points",
                         w->data.path, w->data.line[i], time_column, t[i], d->study.problem.t_end / HOUR, POINTS_MAX);
        else {
            d->t[d->n] = t[i] * HOUR;
            d->hours[d->n] = t[i];
            d->observed[d->n++] = y[i];
        }
    }
    free(t);
    free(y);
    if (!rc && d->n < 2)
        rc = err_set(e, ERR_PARSE, "%s: column '%s' has %zu points: a curve needs at least 2", w->data.path, d->column,
                     d->n);
    return rc;
}

static int read_dose(struct work *w, struct cnode at, const char *time_column, struct err *e)
{
    static const char *const keys[] = {"name", "role", "study", "column", "note", NULL};
    static const char *const roles[] = {"fitted", "predicted", NULL};
    struct dose *d = &w->dose[w->n_doses];
    const char *name, *study, *column;
    char path[700];
    int role = 0, rc = config_known(at, keys, e);
    if (!rc) rc = config_string(at, "name", &name, e);
    if (!rc) rc = config_choice(at, "role", roles, &role, e);
    if (!rc) rc = config_string(at, "study", &study, e);
    if (!rc) rc = config_string(at, "column", &column, e);
    if (!rc) rc = study_load(&d->study, compare_path(w->c, study, path, sizeof path), w->c->options->study, e);
    if (rc) return rc;
    w->n_doses++;
    d->role = (enum role)role;
    snprintf(d->name, sizeof d->name, "%s", name);
    snprintf(d->column, sizeof d->column, "%s", column);
    if (!d->study.problem.body.present)
        return config_fail(config_get(at, "study"), e, ERR_PARSE, "'%s' has no body: there is no plasma to compare",
                           study);
    if (d->study.n_depths)
        return config_fail(config_get(at, "study"), e, ERR_RANGE,
                           "'%s' has depths that scatter: a fit computes one depth, leave out insertion/depth_sd",
                           study);
    return read_points(w, d, config_get(at, "column"), time_column, e);
}

static int read_data(struct work *w, const char **time_column, struct err *e)
{
    struct cnode data = {NULL, NULL};
    const char *file = "";
    char path[700];
    int rc = config_need(config_root(w->c->doc), "data", &data, e);
    if (!rc) rc = config_known(data, (const char *const[]){"file", "time", "source", "note", NULL}, e);
    if (!rc) rc = config_string(data, "file", &file, e);
    if (!rc) rc = config_string(data, "time", time_column, e);
    return rc ? rc : table_read(&w->data, compare_path(w->c, file, path, sizeof path), e);
}

static int read_all(struct work *w, struct err *e)
{
    static const char *const keys[] = {"comparison", "kind",      "note",    "data", "fit",
                                       "cases",      "criterion", "verdict", NULL};
    struct cnode root = config_root(w->c->doc), cases = {NULL, NULL}, criterion = {NULL, NULL};
    const char *time_column = "";
    int rc = config_known(root, keys, e);
    if (!rc) rc = config_need(root, "criterion", &criterion, e);
    if (!rc) rc = config_known(criterion, (const char *const[]){"mean_fold_error", "note", NULL}, e);
    if (!rc) rc = config_number(criterion, "mean_fold_error", (struct range){1.0, 1000.0, true, false}, &w->bound, e);
    if (!rc) rc = read_data(w, &time_column, e);
    if (!rc) rc = read_parameters(w, e);
    if (!rc) rc = config_need(root, "cases", &cases, e);
    if (!rc && (!config_is_list(cases) || config_count(cases) < 1 || config_count(cases) > CASES_MAX))
        rc = config_fail(cases, e, ERR_PARSE, "cases: must be a list of 1 to %d cases", CASES_MAX);
    for (size_t i = 0; !rc && i < config_count(cases); i++)
        rc = read_dose(w, config_item(cases, i), time_column, e);
    return rc;
}

/* ---- writing ---- */

static void put(struct record *r, const char *group, size_t i, const char *key, double x)
{
    char at[120];
    snprintf(at, sizeof at, "%s/%zu/%s", group, i, key);
    record_number(r, at, x);
}

static void put_word(struct record *r, const char *group, size_t i, const char *key, const char *text)
{
    char at[120];
    snprintf(at, sizeof at, "%s/%zu/%s", group, i, key);
    record_text(r, at, text);
}

static void report_estimate(struct work *w, const struct estimate *fit)
{
    struct record *r = w->c->record;
    record_integer(r, "fit/n_parameters", (long long)fit->n_parameters);
    record_integer(r, "fit/n_data", (long long)fit->n_residuals);
    record_number(r, "fit/rmse_ng_mL", fit->rmse);
    record_integer(r, "fit/iterations", (long long)fit->iterations);
    record_integer(r, "fit/simulations", (long long)fit->evaluations);
    record_text(r, "fit/method",
                "unweighted least squares on the fitted cases, logarithms of the parameters, trust region (GSL)");
    compare_say(w->c,
                "  %zu parameters fitted to %zu data of the fitted cases alone (rmse %.3g ng/mL):", fit->n_parameters,
                fit->n_residuals, fit->rmse);
    for (size_t i = 0; i < fit->n_parameters; i++) {
        const struct parameter *a = &w->parameter[i];
        double shown = fit->value[i] * parameter_units[a->kind].scale, percent = 100.0 * fit->relative_se[i];
        put_word(r, "fit/parameters", i, "name", parameter_names[a->kind]);
        put(r, "fit/parameters", i, "value", shown);
        put_word(r, "fit/parameters", i, "unit", parameter_units[a->kind].shown);
        put(r, "fit/parameters", i, "standard_error_percent", percent);
        for (size_t k = 0; k < i; k++) {
            char key[60];
            snprintf(key, sizeof key, "correlation_with_%s", parameter_names[w->parameter[k].kind]);
            put(r, "fit/parameters", i, key, fit->correlation[i][k]);
        }
        compare_say(w->c, "    %-16s %-10.4g %-5s +- %.0f %%%s", parameter_names[a->kind], shown,
                    parameter_units[a->kind].shown, percent, percent > 50.0 ? "  (hardly identifiable)" : "");
    }
}

/* The last factor: 0 of observed or simulated leaves the mean fold error undefined, which meets no criterion. */
static void report_dose(struct work *w, size_t i)
{
    struct dose *d = &w->dose[i];
    struct record *r = w->c->record;
    double rmse = stats_rmse(d->simulated, d->observed, d->n),
           fold = stats_mean_fold_error(d->simulated, d->observed, d->n);
    put_word(r, "cases", i, "name", d->name);
    put_word(r, "cases", i, "role", role_word[d->role]);
    put_word(r, "cases", i, "study", d->study.title);
    put(r, "cases", i, "n_parameters", d->role == ROLE_FITTED ? (double)w->n_parameters : 0.0);
    put(r, "cases", i, "n_data", (double)d->n);
    put(r, "cases", i, "rmse_ng_mL", rmse);
    put(r, "cases", i, "bias_ng_mL", stats_bias(d->simulated, d->observed, d->n));
    put(r, "cases", i, "mean_fold_error", fold);
    put(r, "cases", i, "within_twofold", stats_within_fold(d->simulated, d->observed, d->n, 2.0));
    compare_judge(
        w->c, d->name, d->role, fold <= w->bound,
        "mean fold error %.3g (at most %g asked for), rmse %.3g ng/mL, %zu data, %zu parameters fitted to them", fold,
        w->bound, rmse, d->n, d->role == ROLE_FITTED ? w->n_parameters : 0);
}

static int write_csv(const struct work *w, struct err *e)
{
    static const char *const columns[] = {
        "case", "role", "time_h", "observed_ng_mL", "simulated_ng_mL", "simulated_err_ng_mL"};
    char path[FOLDER_PATH + 100];
    struct table_out *o;
    int rc = table_create(&o, folder_file(w->c->folder, "compare.csv", path), columns, 6, e);
    for (size_t i = 0; !rc && i < w->n_doses; i++)
        for (size_t k = 0; !rc && k < w->dose[i].n; k++) {
            const struct dose *d = &w->dose[i];
            table_word(o, d->name);
            table_word(o, role_word[d->role]);
            table_number(o, d->t[k] / HOUR);
            table_number(o, d->observed[k]);
            table_number(o, d->simulated[k]);
            table_number(o, d->error[k]);
            rc = table_end_row(o, e);
        }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

static void draw(struct work *w)
{
    struct plot_series series[2 * CASES_MAX];
    char title[2 * CASES_MAX][100];
    for (size_t i = 0; i < w->n_doses; i++) {
        struct dose *d = &w->dose[i];
        bool is_fitted = d->role == ROLE_FITTED;
        snprintf(title[2 * i], sizeof title[0], "%s measured", d->name);
        snprintf(title[2 * i + 1], sizeof title[0], "%s %s", d->name, is_fitted ? "fitted" : "predicted");
        series[2 * i] = (struct plot_series){.title = title[2 * i],
                                             .style = PLOT_POINTS,
                                             .n = d->n,
                                             .x = d->hours,
                                             .y = d->observed,
                                             .colour = (int)i + 1};
        series[2 * i + 1] = (struct plot_series){.title = title[2 * i + 1],
                                                 .n = CURVE,
                                                 .x = d->curve_hours,
                                                 .y = d->curve,
                                                 .style = is_fitted ? PLOT_DASHED : PLOT_LINE,
                                                 .colour = (int)i + 1};
    }
    struct plot p = {
        .title = w->c->title, .xlabel = "time / h", .ylabel = "plasma / ng/mL", .n = 2 * w->n_doses, .series = series};
    compare_plot(w->c, &p, "plasma");
}

/* ---- the whole ---- */

/* At the data's times with an error estimate, and evenly up to the last of them for the figure. */
static int predict(const struct work *w, struct dose *d, const double *value, struct err *e)
{
    double t[CURVE];
    for (size_t k = 0; k < CURVE; k++) {
        t[k] = d->t[d->n - 1] * (double)(k + 1) / CURVE;
        d->curve_hours[k] = t[k] / HOUR;
    }
    int rc = levels(w, d, value, d->t, d->n, d->simulated, d->error, e);
    return rc ? rc : levels(w, d, value, t, CURVE, d->curve, NULL, e);
}

static int fit_and_predict(struct work *w, struct err *e)
{
    struct estimate fit = {0};
    double start[ESTIMATE_MAX];
    struct estimate_problem p = {.n_parameters = w->n_parameters, .self = w, .residuals = residuals};
    for (size_t i = 0; i < w->n_doses; i++)
        p.n_residuals += w->dose[i].role == ROLE_FITTED ? w->dose[i].n : 0;
    for (size_t i = 0; i < w->n_parameters; i++)
        start[i] = w->parameter[i].start;
    int rc = estimate_fit(&p, start, &fit, e);
    if (rc) return rc;
    report_estimate(w, &fit);
    for (size_t i = 0; !rc && i < w->n_doses; i++) {
        rc = predict(w, &w->dose[i], fit.value, e);
        if (!rc) report_dose(w, i);
    }
    return rc;
}

int compare_plasma(struct compare *c, struct err *e)
{
    struct work w = {.c = c, .dose = calloc(CASES_MAX, sizeof(struct dose))};
    if (!w.dose) return err_set(e, ERR_NOMEM, "out of memory");
    int rc = read_all(&w, e);
    if (!rc) rc = fit_and_predict(&w, e);
    if (!rc) rc = write_csv(&w, e);
    if (!rc) draw(&w);
    for (size_t i = 0; i < w.n_doses; i++)
        study_release(&w.dose[i].study);
    free(w.dose);
    table_release(&w.data);
    return rc;
}
