/* fit.c -- parameters fitted inside a comparison: on the cases called fitted, on curves over time; the others are then
 * predicted with the same estimates (E25). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/column.h"
#include "base/text/units.h"
#include "solver/inference/estimate.h"
#include "solver/results/compare/parts.h"

#define OPEN 1000.0 /* percent: a standard error above it says nothing but that */

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
/* A case whose data enter the fit. */
struct source {
    const struct compare_case *k;
    struct study study;
    struct quantity quantity;
    double to_unit; /* the quantity's unit to the measured one */
};
struct fitted {
    size_t n_parameters, n_sources;
    struct parameter parameter[ESTIMATE_MAX];
    struct source *source; /* CASES_MAX */
    struct estimate estimate;
    bool is_solved;
};

size_t fit_parameters(const struct compare *c) { return c->fit ? c->fit->n_parameters : 0; }

/* Permeability P = D K / h and capacity C = K h of one layer: K = C/h, D = P h^2 / C. */
static int apply(const struct fitted *w, const double *value, struct problem *p, struct err *e)
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

int fit_apply(const struct compare *c, struct study *s, struct err *e)
{
    if (!c->fit || !c->fit->is_solved) return 0;
    if (s->n_depths)
        return err_set(e, ERR_RANGE,
                       "'%s' has depths that scatter: a fit computes one depth, leave out "
                       "insertion/depth_sd",
                       s->title);
    return apply(c->fit, c->fit->estimate.value, &s->problem, e);
}

/* ---- reading ---- */

int fit_open(struct compare *c, struct err *e)
{
    static const char *const keys[] = {"name", "layer", "start", "note", NULL};
    struct cnode fit = config_get(config_root(c->doc), "fit"), list = {NULL, NULL};
    if (!config_is(fit)) return 0;
    struct fitted *w = c->fit = calloc(1, sizeof *w);
    if (w) w->source = calloc(CASES_MAX, sizeof *w->source);
    if (!w || !w->source) return err_set(e, ERR_NOMEM, "out of memory");
    int rc = config_known(fit, (const char *const[]){"parameters", "note", NULL}, e);
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

void fit_close(struct compare *c)
{
    if (!c->fit) return;
    for (size_t i = 0; i < c->fit->n_sources; i++)
        study_release(&c->fit->source[i].study);
    free(c->fit->source);
    free(c->fit);
    c->fit = NULL;
}

static bool is_named(const struct quantity *q, const char *asked)
{
    char full[2 * WORD];
    snprintf(full, sizeof full, "%.56s_%.60s", q->stem, q->suffix);
    return strcmp(q->stem, asked) == 0 || strcmp(full, asked) == 0;
}

static int find_quantity(struct source *s, struct cnode at, struct err *e)
{
    struct quantity all[QUANTITIES_MAX];
    const char *asked;
    char list[600] = "", unit[UNIT];
    int rc = config_string(at, "quantity", &asked, e);
    size_t n = rc ? 0 : quantities_of(&s->study, all), used = 0;
    for (size_t i = 0; i < n; i++) {
        column_plain_unit(all[i].unit, unit, sizeof unit);
        if (is_named(&all[i], asked) && units_convert(1.0, unit, s->k->m.y_unit, &s->to_unit, NULL) == 0) {
            s->quantity = all[i];
            return 0;
        }
        if (used < sizeof list)
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%s_%s", i ? ", " : "", all[i].stem, all[i].suffix);
    }
    return rc ? rc
              : config_fail(config_get(at, "quantity"), e, ERR_PARSE,
                            "fit: the study has no quantity '%.60s' in units like '%s'; it has %.560s", asked,
                            s->k->m.y_unit, list);
}

/* ---- residuals ---- */

/* The quantity at the case's points, in the measured unit. */
static int levels(const struct fitted *w, const struct source *s, const double *value, double *y, struct err *e)
{
    struct problem *p = malloc(sizeof *p);
    struct solution sol;
    double hour = 1.0;
    if (!p) return err_set(e, ERR_NOMEM, "out of memory");
    *p = s->study.problem;
    p->n_out = s->k->n_points;
    int rc = units_convert(1.0, s->k->m.x_unit, "s", &hour, e);
    for (size_t i = 0; i < p->n_out; i++)
        p->t_out[i] = s->k->x[i] * hour;
    if (!rc) rc = apply(w, value, p, e);
    if (!rc) rc = simulate(p, &sol, e);
    free(p);
    if (rc) return rc;
    for (size_t i = 0; i < s->k->n_points; i++)
        y[i] = quantity_value(&s->quantity, &sol, i) * s->to_unit;
    solution_release(&sol);
    return 0;
}

static int residuals(void *self, const double *value, double *r, struct err *e)
{
    const struct fitted *w = self;
    int rc = 0;
    for (size_t i = 0; !rc && i < w->n_sources; i++) {
        const struct source *s = &w->source[i];
        double *y = calloc(s->k->n_points + 1, sizeof *y);
        rc = y ? levels(w, s, value, y, e) : err_set(e, ERR_NOMEM, "out of memory");
        for (size_t j = 0; !rc && j < s->k->m.n; j++) {
            const struct reading *one = &s->k->m.reading[j];
            size_t point = 0;
            while (s->k->x[point] < one->x)
                point++;
            *r++ = y[point] - one->y;
        }
        free(y);
    }
    return rc;
}

static int add_source(struct compare *c, const struct compare_case *k, struct err *e)
{
    struct fitted *w = c->fit;
    struct source *s = &w->source[w->n_sources];
    struct cnode at = config_get(k->at, "simulated");
    char path[PLACE];
    const char *study;
    if (!config_is(config_get(at, "study")) || config_is(config_get(at, "set")) || !k->m.has_x || k->m.n_below)
        return config_fail(k->at, e, ERR_PARSE,
                           "fit: a fitted case needs a study without 'set', readings over time, "
                           "and none below a limit ('mnsim fit' takes those)");
    int rc = config_string(at, "study", &study, e);
    struct study_options so = {NULL, c->options->config_dir};
    if (!rc) rc = study_load(&s->study, compare_path(c, study, path), &so, e);
    if (rc) return rc;
    s->k = k;
    w->n_sources++;
    double unit = 1.0;
    rc = units_convert(1.0, k->m.x_unit, "s", &unit, e);
    for (size_t i = 0; !rc && i < k->m.n; i++)
        if (k->m.reading[i].x * unit > s->study.problem.t_end * (1.0 + 1e-9))
            rc = err_set(e, ERR_RANGE, "%s:%d: %s = %g %s: must lie within the study's %g %s", k->m.from,
                         k->m.reading[i].line, k->m.x_name, k->m.reading[i].x, k->m.x_unit,
                         s->study.problem.t_end / unit, k->m.x_unit);
    if (rc) return rc;
    return find_quantity(s, at, e);
}

/* ---- the whole ---- */

static void put(struct compare *c, size_t i, const char *key, double x)
{
    char at[120];
    snprintf(at, sizeof at, "fit/parameters/%zu/%s", i, key);
    if (!isnan(x)) record_number(c->record, at, x); /* what nothing depends on has no error and no correlation */
}

static void report_estimate(struct compare *c)
{
    const struct fitted *w = c->fit;
    const struct estimate *fit = &w->estimate;
    char at[120];
    record_integer(c->record, "fit/n_parameters", (long long)fit->n_parameters);
    record_integer(c->record, "fit/n_data", (long long)fit->n_residuals);
    record_number(c->record, "fit/rmse", fit->rmse);
    record_text(c->record, "fit/unit", w->source[0].k->m.y_unit);
    record_integer(c->record, "fit/simulations", (long long)fit->evaluations);
    record_text(c->record, "fit/method",
                "unweighted least squares on the fitted cases, logarithms of the parameters, trust region (GSL)");
    compare_say(c, "  %zu parameters fitted to %zu data of the fitted cases alone (rmse %.3g %s):", fit->n_parameters,
                fit->n_residuals, fit->rmse, w->source[0].k->m.y_unit);
    for (size_t i = 0; i < fit->n_parameters; i++) {
        const struct parameter *a = &w->parameter[i];
        double shown = fit->value[i] * parameter_units[a->kind].scale, percent = 100.0 * fit->relative_se[i];
        snprintf(at, sizeof at, "fit/parameters/%zu/name", i);
        record_text(c->record, at, parameter_names[a->kind]);
        put(c, i, "value", shown);
        snprintf(at, sizeof at, "fit/parameters/%zu/unit", i);
        record_text(c->record, at, parameter_units[a->kind].shown);
        put(c, i, "standard_error_percent", percent);
        for (size_t k = 0; k < i; k++) {
            char key[60];
            snprintf(key, sizeof key, "correlation_with_%s", parameter_names[w->parameter[k].kind]);
            put(c, i, key, fit->correlation[i][k]);
        }
        char error[60];
        snprintf(error, sizeof error, "+- %.0f %%%s", percent, percent > 50.0 ? "  (hardly identifiable)" : "");
        compare_say(c, "    %-16s %-10.4g %-5s %s", parameter_names[a->kind], shown, parameter_units[a->kind].shown,
                    percent <= OPEN ? error : "the data leave it open");
    }
}

int fit_solve_cases(struct compare *c, struct err *e)
{
    struct fitted *w = c->fit;
    double start[ESTIMATE_MAX];
    int rc = 0;
    if (!w) return 0;
    struct estimate_problem p = {.n_parameters = w->n_parameters, .self = w, .residuals = residuals};
    for (size_t i = 0; !rc && i < c->n_cases; i++) {
        const struct compare_case *k = &c->item[i];
        if (k->role != ROLE_FITTED) continue;
        rc = add_source(c, k, e);
        p.n_residuals += k->m.n;
    }
    if (!rc && w->n_sources == 0)
        rc = config_fail(config_get(config_root(c->doc), "fit"), e, ERR_PARSE, "fit: no case has the role 'fitted'");
    for (size_t i = 0; i < w->n_parameters; i++)
        start[i] = w->parameter[i].start;
    if (!rc) rc = estimate_fit(&p, start, &w->estimate, e);
    w->is_solved = !rc;
    if (!rc) report_estimate(c);
    return rc;
}
