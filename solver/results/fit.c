/* fit.c -- see fit.h: the model and the estimate.  Reading: fit_read.c; writing: fit_write.c. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solver/integrate/sensitivity.h"
#include "solver/results/fit.h"

#define TAIL_FLOOR   1e-300 /* of a probability */
#define RATIO_FLOOR 1e-6  /* of the measured value: a model at zero is this on a log scale */
#define MISSED       1e-6 /* probability of so large a sum of squares, were model and standard deviations right */
#define RESIDUAL_MOST 1e100 /* squares of more have no sum */
#define PROFILE_SPAN 2.8    /* standard errors to either side: beyond the ends of a 95 % interval */

const struct fit_parameter *fit_estimated(const struct fit *f, size_t i)
{
    for (size_t k = 0; k < f->n_parameters; k++)
        if (f->parameter[k].is_estimated && i-- == 0) return &f->parameter[k];
    return NULL;
}

/* ---- the model ---- */

int fit_study(const struct fit *f, const struct fit_case *c, const double *value, struct study *s,
                      struct err *e)
{
    char text[FIT_PARAMETERS_MAX][240];
    const char *list[64 + FIT_PARAMETERS_MAX + 1];
    size_t n = 0, k = 0;
    for (const char *const *o = f->options->overrides; o && *o && n < 64; o++)
        list[n++] = *o;
    for (size_t i = 0; i < f->n_parameters; i++) {
        const struct fit_parameter *p = &f->parameter[i];
        double v = p->is_estimated && value ? value[k++] : p->nominal;
        snprintf(text[i], sizeof text[i], "%s=%.17g%s%s", p->path, v, p->unit[0] ? " " : "", p->unit);
        list[n++] = text[i];
    }
    list[n] = NULL;
    return study_load(s, c->study, &(struct study_options){list, f->options->config_dir}, e);
}

/* From a row of results; linear in it, so that it serves differences of rows too. */
static double observed_value(const struct fit_case *c, const double *row)
{
    switch (c->quantity) {
    case OBSERVED_CUMULATIVE: return c->scale * (row[COL_Q_BOTTOM] + row[COL_Q_CLEARED]);
    case OBSERVED_LAB:        return c->scale * row[COL_LAB_Q];
    case OBSERVED_FLUX:       return c->scale * (row[COL_J_BOTTOM] + row[COL_J_CLEARED]);
    case OBSERVED_RECEPTOR:   return c->scale * row[COL_RECEPTOR_CONC];
    default:                  return c->scale * row[COL_PLASMA];
    }
}

/* The outputs a case asks for: replicates share a time, one output serves them all. */
static void ask(const struct fit_case *c, struct problem *p)
{
    p->n_out = 0;
    for (size_t i = 0; i < c->n; i++)
        if (i == 0 || c->point[i].t > c->point[i - 1].t) p->t_out[p->n_out++] = c->point[i].t;
}

/* The problem of a case with parameter values, or NULL. */
static struct problem *problem_of(const struct fit *f, const struct fit_case *c, const double *value, struct err *e)
{
    struct study *s = malloc(sizeof *s);
    struct problem *p = malloc(sizeof *p);
    if (!s || !p) {
        err_set(e, ERR_NOMEM, "out of memory");
    } else if (fit_study(f, c, value, s, e) == 0) {
        *p = s->problem;
        ask(c, p);
        study_release(s);
        free(s);
        return p;
    }
    free(s);
    free(p);
    return NULL;
}

static void read_off(struct fit_case *c, const struct solution *sol)
{
    for (size_t i = 0, k = 0; i < c->n; i++) {
        k += i && c->point[i].t > c->point[i - 1].t;
        c->point[i].model = observed_value(c, sol->value + k * COLS_MAX);
    }
}

static int model(struct fit *f, struct fit_case *c, const double *value, struct err *e)
{
    struct solution sol;
    struct problem *p = problem_of(f, c, value, e);
    int rc = p ? simulate(p, &sol, e) : e->code;
    if (!rc) {
        read_off(c, &sol);
        solution_release(&sol);
    }
    free(p);
    return rc;
}

/* (model - value)/sd on the case's scale. */
static double deviate(const struct fit_case *c, const struct fit_point *p)
{
    if (!c->is_log) return (p->model - p->value) / (isnan(p->sd) ? 1.0 : p->sd);
    return log(fmax(p->model / p->value, RATIO_FLOOR)) / (isnan(p->sd) ? 1.0 : p->sd / p->value);
}

double fit_residual(const struct fit_case *c, const struct fit_point *p)
{
    double z = deviate(c, p);
    return p->censored ? sqrt(fabs(2.0 * log(fmax(gsl_cdf_ugaussian_P(-z), TAIL_FLOOR)))) : z;
}

/* The model of every case at the values, into its points. */
static int evaluate(struct fit *f, const double *value, bool predicted_too, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < f->n_cases; i++)
        if (predicted_too || !f->item[i].is_predicted) rc = model(f, &f->item[i], value, e);
    return rc;
}

static int too_far(const struct fit_case *c, const struct fit_point *p, struct err *e)
{
    char sd[40] = "";
    if (!isnan(p->sd)) snprintf(sd, sizeof sd, " +- %g", p->sd);
    return err_set(e, ERR_RANGE, "%s:%d: %s = %g%s: too far from the model's %g for least squares", c->data, p->line,
                   c->column, p->value, sd, p->model);
}

/* One for each reading of the fitted cases, then one for each prior. */
static int residuals(void *self, const double *value, double *r, struct err *e)
{
    struct fit *f = self;
    int rc = evaluate(f, value, false, e);
    for (size_t i = 0; !rc && i < f->n_cases; i++)
        for (size_t k = 0; !f->item[i].is_predicted && k < f->item[i].n; k++)
            if (!(fabs(*r++ = fit_residual(&f->item[i], &f->item[i].point[k])) < RESIDUAL_MOST))
                return too_far(&f->item[i], &f->item[i].point[k], e);
    for (size_t i = 0; !rc && i < f->n_estimated; i++) {
        const struct fit_parameter *p = fit_estimated(f, i);
        if (p->has_prior) *r++ = ((p->bound.is_log ? log(value[i]) : value[i]) - p->prior_mean) / p->prior_sd;
    }
    return rc;
}

/* ---- differences ---- */

static double shifted(const struct fit_case *c, const struct fit_point *at, double by)
{
    struct fit_point p = *at;
    p.model += by;
    return fit_residual(c, &p);
}

/* One case's rows of d: n x n_estimated. */
static int case_differences(struct fit *f, struct fit_case *c, const double *value, double (*pair)[2], double *d,
                            struct err *e)
{
    size_t m = f->n_estimated;
    struct problem *p = problem_of(f, c, value, e), *beside[2 * ESTIMATE_MAX] = {NULL};
    struct neighbours by[ESTIMATE_MAX];
    struct solution sol = {0};
    double *change = p ? calloc(m * p->n_out * COLS_MAX, sizeof *change) : NULL;
    int rc = change ? 0 : p ? err_set(e, ERR_NOMEM, "out of memory") : e->code;
    for (size_t j = 0; !rc && j < 2 * m; j++) {
        double moved[ESTIMATE_MAX];
        memcpy(moved, value, m * sizeof *moved);
        moved[j / 2] = pair[j / 2][j % 2];
        beside[j] = problem_of(f, c, moved, e);
        if (beside[j])
            beside[j]->mesh_like = p;
        else
            rc = e->code;
    }
    for (size_t j = 0; j < m; j++)
        by[j] = (struct neighbours){beside[2 * j], beside[2 * j + 1]};
    if (!rc) rc = simulate_differences(p, by, m, &sol, change, NULL, e);
    if (!rc) read_off(c, &sol);
    for (size_t i = 0, k = 0; !rc && i < c->n; i++) {
        k += i && c->point[i].t > c->point[i - 1].t;
        for (size_t j = 0; j < m; j++) {
            double half = 0.5 * observed_value(c, change + (j * p->n_out + k) * COLS_MAX);
            *d++ = shifted(c, &c->point[i], half) - shifted(c, &c->point[i], -half);
        }
    }
    solution_release(&sol);
    for (size_t j = 0; j < 2 * m; j++)
        free(beside[j]);
    free(change);
    free(p);
    return rc;
}

/* Of the residuals, by forward sensitivities or neighbouring runs on one mesh: see solver/integrate/sensitivity.h. */
static int differences(void *self, const double *value, double (*pair)[2], double *d, struct err *e)
{
    struct fit *f = self;
    int rc = 0;
    for (size_t i = 0; !rc && i < f->n_cases; i++)
        if (!f->item[i].is_predicted) {
            rc = case_differences(f, &f->item[i], value, pair, d, e);
            d += f->item[i].n * f->n_estimated;
        }
    for (size_t i = 0; !rc && i < f->n_estimated; i++) {
        const struct fit_parameter *p = fit_estimated(f, i);
        if (!p->has_prior) continue;
        d[i] = (p->bound.is_log ? log(pair[i][0] / pair[i][1]) : pair[i][0] - pair[i][1]) / p->prior_sd;
        d += f->n_estimated; /* the rest of the row stays 0 */
    }
    return rc;
}

bool fit_has_sd(const struct fit *f)
{
    size_t i = 0;
    while (i + 1 < f->n_cases && f->item[i].is_predicted)
        i++;
    return !isnan(f->item[i].point[0].sd);
}

bool fit_has_residual(const struct fit *f, const struct fit_point *p) 
{
    return !isnan(p->sd) || (!fit_has_sd(f) && !p->censored);
}

double fit_fold_error(const struct fit_case *c)
{
    double sum = 0.0;
    size_t n = 0;
    for (size_t k = 0; k < c->n; k++)
        if (!c->point[k].censored && c->point[k].value > 0.0 && c->point[k].model > 0.0) {
            sum += fabs(log(c->point[k].model / c->point[k].value));
            n++;
        }
    return n ? exp(sum / (double)n) : NAN;
}

/* ---- the estimate ---- */

/* The longest lag among the fitted cases, NAN: none; value as for fit_study.  A dose that the skin exhausts has one
 * too. */
static double longest_lag(const struct fit *f, const double *value)
{
    double longest = NAN;
    for (size_t i = 0; i < f->n_cases; i++) {
        double lag;
        struct err none = {0};
        struct problem *p = f->item[i].is_predicted ? NULL : problem_of(f, &f->item[i], value, &none);
        if (p && simulate_lag(p, &lag, &none) == 0 && lag > 0.0) longest = fmax(longest, lag); /* not the NAN */
        free(p);
    }
    return longest;
}

static int find_lag(struct fit *f, struct err *e)
{
    struct fit *own = malloc(sizeof *own); /* the studies as they are */
    if (!own) return err_set(e, ERR_NOMEM, "out of memory");
    *own = *f;
    own->n_parameters = 0;
    f->lag = longest_lag(f, f->estimate.value);
    f->lag_start = fmax(longest_lag(f, NULL), longest_lag(own, NULL));
    free(own);
    return 0;
}

double fit_short_of(const struct fit *f, const char **whose)
{
    bool open = false;
    for (size_t i = 0; i < f->n_estimated; i++)
        open = open || f->estimate.flaw[i] != FLAW_NONE;
    *whose = "at the estimate";
    if (fit_last(f) < f->lag) return f->lag;
    *whose = "with the values of the study or the table's start";
    return open && fit_last(f) < f->lag_start ? f->lag_start : NAN;
}

/* Place k of the profile of parameter i, within its bounds. */
static double profile_place(const struct fit *f, const struct estimate_bound *b, size_t i, size_t k)
{
    double steps = PROFILE_SPAN * (2.0 * (double)k / (FIT_PROFILE - 1) - 1.0), se = f->estimate.relative_se[i];
    double x = b->is_log ? f->estimate.value[i] * exp(steps * se) : f->estimate.value[i] + steps * se;
    return fmin(fmax(x, b->lower), b->upper);
}

/* Where the root of the rise, negative below the estimate, reaches the quantile on one side: between two places, or the
 * bound when it is not reached before; NAN when it is not at all. */
static double profile_end(const struct fit *f, const struct estimate_bound *b, size_t i, int side)
{
    const double *rise = f->profile_rise[i], *at = f->profile_value[i];
    size_t k = FIT_PROFILE / 2;
    for (size_t n = 0; n < FIT_PROFILE / 2; n++) {
        size_t next = side > 0 ? k + 1 : k - 1;
        if (!isfinite(rise[next])) break;
        double from = sqrt(fmax(rise[k], 0.0)), to = sqrt(fmax(rise[next], 0.0));
        if (to >= f->estimate.quantile && to > from) {
            double share = (f->estimate.quantile - from) / (to - from);
            return b->is_log ? at[k] * pow(at[next] / at[k], share) : at[k] + share * (at[next] - at[k]);
        }
        k = next;
    }
    double bound = side > 0 ? b->upper : b->lower;
    return at[k] == bound ? bound : NAN;
}

static int profile_one(struct fit *f, const struct estimate_problem *p, size_t i, double variance, struct err *e)
{
    double before = NAN;
    for (size_t k = 0; k < FIT_PROFILE; k++) {
        double x = profile_place(f, &p->bound[i], i, k), chi2 = f->estimate.chi2;
        struct err mine = {0};
        if (x == before) continue; /* at a bound once */
        before = f->profile_value[i][k] = x;
        int rc = 2 * k + 1 == FIT_PROFILE ? 0 : estimate_profile(p, &f->estimate, i, x, &chi2, &mine);
        if (rc == ERR_NOMEM) return err_set(e, rc, "%s", mine.msg);
        f->profile_rise[i][k] = rc ? NAN : (chi2 - f->estimate.chi2) / variance;
        f->lower_rise = fmin(f->lower_rise, f->profile_rise[i][k]);
    }
    f->profile_low[i] = profile_end(f, &p->bound[i], i, -1);
    f->profile_high[i] = profile_end(f, &p->bound[i], i, 1);
    return 0;
}

static int profile(struct fit *f, const struct estimate_problem *p, struct err *e)
{
    double variance = p->sd_known ? 1.0 : f->estimate.chi2 / (double)(p->n_residuals - p->n_parameters);
    int rc = 0;
    for (size_t i = 0; !rc && variance > 0.0 && i < p->n_parameters; i++)
        if (f->estimate.flaw[i] == FLAW_NONE) rc = profile_one(f, p, i, variance, e);
    return rc;
}

size_t fit_donors(const struct fit *f, size_t *group)
{
    size_t number[FIT_DONORS_MAX] = {0}, donors = 0, n = 0; /* of each donor among those of the fitted cases, from 1 */
    for (size_t i = 0; i < f->n_cases; i++)
        for (size_t k = 0; !f->item[i].is_predicted && k < f->item[i].n; k++) {
            if (!f->item[i].point[k].donor) return 0;
            size_t *mine = &number[f->item[i].point[k].donor - 1];
            if (*mine == 0) *mine = ++donors;
            if (group) group[n++] = *mine - 1;
        }
    for (size_t i = 0; group && i < f->n_priors; i++)
        group[n++] = ESTIMATE_NO_GROUP;
    return donors;
}

int fit_solve(struct fit *f, bool profiles, struct err *e)
{
    struct estimate_bound bound[ESTIMATE_MAX];
    double start[ESTIMATE_MAX];
    size_t n_groups = fit_donors(f, NULL), *group = NULL;
    if (n_groups && !(group = calloc(f->n_fitted + f->n_priors + 1, sizeof *group)))
        return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < f->n_estimated; i++) {
        bound[i] = fit_estimated(f, i)->bound;
        start[i] = fit_estimated(f, i)->nominal;
    }
    struct estimate_problem p = {.n_parameters = f->n_estimated,
                                 .n_residuals = f->n_fitted + f->n_priors,
                                 .self = f,
                                 .residuals = residuals,
                                 .differences = differences,
                                 .bound = bound,
                                 .sd_known = fit_has_sd(f),
                                 .group = group,
                                 .n_groups = n_groups};
    if (group) fit_donors(f, group);
    int rc = estimate_multistart(&p, start, (size_t)f->starts, &f->estimate, &f->agreeing, e);
    f->lower_rise = 0.0;
    for (size_t i = 0; i < ESTIMATE_MAX; i++) {
        f->profile_low[i] = f->profile_high[i] = NAN;
        for (size_t k = 0; k < FIT_PROFILE; k++)
            f->profile_value[i][k] = f->profile_rise[i][k] = NAN;
    }
    if (!rc && profiles && !group) rc = profile(f, &p, e); /* with donors the sum of squares is no likelihood */
    if (!rc) rc = evaluate(f, f->estimate.value, true, e);
    if (!rc) rc = find_lag(f, e);
    free(group);
    return rc;
}

double fit_last(const struct fit *f)
{
    double last = 0.0;
    for (size_t k = 0; k < f->n_cases; k++)
        if (!f->item[k].is_predicted) last = fmax(last, f->item[k].point[f->item[k].n - 1].t);
    return last;
}

bool fit_is_missed(const struct fit *f)
{
    double freedom = (double)(f->estimate.n_residuals - f->estimate.n_parameters);
    return fit_has_sd(f) && !fit_donors(f, NULL) && gsl_cdf_chisq_Q(f->estimate.chi2, freedom) < MISSED;
}

const char *fit_no_aicc(const struct fit *f)
{
    return fit_donors(f, NULL)
               ? "not stated: readings of one donor hang together, their squares add up to no likelihood"
               : "not stated: too few data for so many parameters";
}

const char *fit_flaw(const struct fit *f, size_t i, char *buf, size_t size)
{
    const char *id = fit_estimated(f, i)->id;
    buf[0] = '\0';
    switch (f->estimate.flaw[i]) {
    case FLAW_NONE: break;
    case FLAW_NO_EFFECT: snprintf(buf, size, "nothing in the data depends on '%s'", id); break;
    case FLAW_COMBINATION:
        snprintf(buf, size,
                 "the data determine '%s' only together with '%s' (correlation %.4f): a product or a ratio of the two",
                 id, fit_estimated(f, f->estimate.with[i])->id, f->estimate.correlation[i][f->estimate.with[i]]);
        break;
    case FLAW_WIDE: snprintf(buf, size, "the data leave '%s' open by more than a factor of ten", id); break;
    case FLAW_AT_BOUND:
        snprintf(buf, size, "'%s' ends at its bound: what the data want lies beyond, or they do not say", id);
        break;
    }
    return buf;
}

const char *fit_case_label(const struct fit_case *c)
{
    if (c->is_virtual) return c->is_predicted ? "PREDICTED, SYNTHETIC" : "FITTED, SYNTHETIC";
    return c->is_predicted ? "PREDICTED" : "FITTED";
}

bool fit_is_virtual(const struct fit *f)
{
    bool any = false;
    for (size_t i = 0; i < f->n_cases; i++)
        any = any || f->item[i].is_virtual;
    return any;
}

bool fit_is_estimated(const struct fit *f)
{
    bool any = false;
    for (size_t i = 0; i < f->n_cases; i++)
        any = any || f->item[i].is_estimated;
    return any;
}

void fit_release(struct fit *f)
{
    for (size_t i = 0; i < FIT_CASES_MAX; i++)
        free(f->item[i].point);
    config_close(f->doc);
    *f = (struct fit){0};
}
