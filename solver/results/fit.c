/* fit.c -- see fit.h: reading, the model, the estimate.  Writing: fit_write.c. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/table.h"
#include "solver/results/fit.h"

enum { OBSERVED_CUMULATIVE, OBSERVED_LAB, OBSERVED_FLUX, OBSERVED_RECEPTOR, OBSERVED_PLASMA };
static const char *const observed_words[] = {"cumulative", "cumulative_by_samples", "flux", "receptor", "plasma", NULL};
static const struct { const char *suffix; double scale; } observed_units[] = {
    {"_ug_cm2", UG_CM2}, {"_ug_cm2", UG_CM2}, {"_ug_cm2_h", UG_CM2_H}, {"_ug_mL", 1e3}, {"_ng_mL", NG_ML}};
#define TAIL_FLOOR   1e-300 /* of a probability */
#define MORE_OUT     1.1    /* times the dose: measurements above contradict the study */
#define PROFILE_SPAN 2.0    /* standard errors to either side */

static void beside(const char *file, const char *name, char *out, size_t size)
{
    const char *slash = strrchr(file, '/');
    if (name[0] == '/' || !slash)
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "%.*s/%s", (int)(slash - file), file, name);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

const struct fit_parameter *fit_estimated(const struct fit *f, size_t i)
{
    for (size_t k = 0; k < f->n_parameters; k++)
        if (f->parameter[k].is_estimated && i-- == 0) return &f->parameter[k];
    return NULL;
}

/* ---- the model ---- */

/* The study of a case with parameter values; value NULL: the nominal ones. */
static int study_with(const struct fit *f, const struct fit_case *c, const double *value, struct study *s,
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

static double observed_value(const struct fit_case *c, const struct solution *sol, size_t k)
{
    switch (c->quantity) {
    case OBSERVED_CUMULATIVE: return c->scale * solution_delivered(sol, k);
    case OBSERVED_LAB:        return c->scale * solution_at(sol, k, COL_LAB_Q);
    case OBSERVED_FLUX:       return c->scale * solution_delivery_rate(sol, k);
    case OBSERVED_RECEPTOR:   return c->scale * solution_at(sol, k, COL_RECEPTOR_CONC);
    default:                  return c->scale * solution_at(sol, k, COL_PLASMA);
    }
}

/* Replicates share a time: one output serves them all. */
static int model(struct fit *f, struct fit_case *c, const double *value, struct err *e)
{
    struct study *s = malloc(sizeof *s);
    struct solution sol;
    if (!s) return err_set(e, ERR_NOMEM, "out of memory");
    int rc = study_with(f, c, value, s, e);
    if (rc) {
        free(s);
        return rc;
    }
    struct problem *p = &s->problem;
    p->n_out = 0;
    for (size_t i = 0; i < c->n; i++)
        if (i == 0 || c->point[i].t > c->point[i - 1].t) p->t_out[p->n_out++] = c->point[i].t;
    rc = simulate(p, &sol, e);
    if (!rc) {
        for (size_t i = 0, k = 0; i < c->n; i++) {
            k += i && c->point[i].t > c->point[i - 1].t;
            c->point[i].model = observed_value(c, &sol, k);
        }
        if (sol.lag > 0.0) f->lag = fmax(isnan(f->lag) ? 0.0 : f->lag, sol.lag);
        solution_release(&sol);
    }
    study_release(s);
    free(s);
    return rc;
}

/* (model - value)/sd; below the limit: the root of -2 ln of the probability to read less than the limit. */
static double residual(const struct fit_point *p)
{
    double sd = isnan(p->sd) ? 1.0 : p->sd, z = (p->model - p->value) / sd;
    return p->censored ? sqrt(-2.0 * log(fmax(gsl_cdf_ugaussian_P(-z), TAIL_FLOOR))) : z;
}

static int residuals(void *self, const double *value, double *r, struct err *e)
{
    struct fit *f = self;
    int rc = 0;
    f->lag = NAN;
    for (size_t i = 0; !rc && i < f->n_cases; i++) {
        rc = model(f, &f->item[i], value, e);
        for (size_t k = 0; !rc && k < f->item[i].n; k++)
            *r++ = residual(&f->item[i].point[k]);
    }
    return rc;
}

/* ---- reading ---- */

static int read_parameter(struct fit *f, const struct table *t, size_t row, struct err *e)
{
    static const char *const columns[] = {"parameterId", "path",       "unit",         "parameterScale",
                                          "lowerBound",  "upperBound", "nominalValue", "estimate"};
    struct fit_parameter *p = &f->parameter[f->n_parameters++];
    const char *cell[8];
    double number[3];
    for (size_t i = 0; i < 8; i++) {
        size_t col;
        int rc = table_col(t, columns[i], &col, e);
        if (rc) return rc;
        cell[i] = table_cell(t, row, col);
    }
    for (size_t i = 0; i < 3; i++) {
        char *end;
        number[i] = strtod(cell[4 + i], &end);
        if (end == cell[4 + i] || *end || !isfinite(number[i]))
            return err_set(e, ERR_PARSE, "%s:%d: %s: '%s': must be a number", t->path, t->line[row], columns[4 + i],
                           cell[4 + i]);
    }
    bool is_log = strcmp(cell[3], "log") == 0 || strcmp(cell[3], "log10") == 0;
    if (!is_log && strcmp(cell[3], "lin") != 0)
        return err_set(e, ERR_PARSE, "%s:%d: parameterScale: '%s': must be lin, log or log10", t->path, t->line[row],
                       cell[3]);
    if (!(number[0] < number[1] && number[0] <= number[2] && number[2] <= number[1] && (number[0] > 0.0 || !is_log)))
        return err_set(e, ERR_RANGE, "%s:%d: %s: lowerBound %g, nominalValue %g, upperBound %g: must rise%s", t->path,
                       t->line[row], cell[0], number[0], number[2], number[1],
                       is_log ? ", above 0 on a log scale" : "");
    *p = (struct fit_parameter){
        .is_estimated = strcmp(cell[7], "0") != 0, .nominal = number[2], .bound = {number[0], number[1], is_log}};
    snprintf(p->id, sizeof p->id, "%s", cell[0]);
    snprintf(p->path, sizeof p->path, "%s", cell[1]);
    snprintf(p->unit, sizeof p->unit, "%s", cell[2]);
    f->n_estimated += p->is_estimated;
    return 0;
}

static int read_parameters(struct fit *f, const char *path, struct err *e)
{
    struct table t;
    int rc = table_read(&t, path, e);
    if (rc) return rc;
    if (t.rows < 1 || t.rows > FIT_PARAMETERS_MAX)
        rc = err_set(e, ERR_PARSE, "%s: %zu parameters: must be 1 to %d", path, t.rows, FIT_PARAMETERS_MAX);
    for (size_t i = 0; !rc && i < t.rows; i++)
        rc = read_parameter(f, &t, i, e);
    if (!rc && (f->n_estimated < 1 || f->n_estimated > ESTIMATE_MAX))
        rc = err_set(e, ERR_PARSE, "%s: %zu parameters with estimate = 1: must be 1 to %d", path, f->n_estimated,
                     ESTIMATE_MAX);
    table_release(&t);
    return rc;
}

static int by_time(const void *a, const void *b)
{
    const struct fit_point *x = a, *y = b;
    return x->t < y->t ? -1 : x->t > y->t ? 1 : (x->line > y->line) - (x->line < y->line);
}

static int check_point(const struct fit_case *c, const struct fit_point *p, double t_end, struct err *e)
{
    if (!(p->t >= 0.0))
        return err_set(e, ERR_RANGE, "%s:%d: time %g h: must not be before the start", c->data, p->line, p->t / HOUR);
    if (p->t > t_end * (1.0 + 1e-9))
        return err_set(e, ERR_RANGE, "%s:%d: time %g h: must lie within the study's %g h", c->data, p->line,
                       p->t / HOUR, t_end / HOUR);
    if (!isnan(p->sd) && !(p->sd > 0.0))
        return err_set(e, ERR_RANGE, "%s:%d: standard deviation %g: must be above 0", c->data, p->line, p->sd);
    if (c->quantity <= OBSERVED_LAB && p->value > MORE_OUT * c->dose)
        return err_set(e, ERR_RANGE, "%s:%d: %s = %g: more than the dose of %g that the study puts on", c->data,
                       p->line, c->column, p->value, c->dose);
    return 0;
}

static int read_points(struct fit *f, struct fit_case *c, const char *time, const char *sd, double limit, double t_end,
                       struct err *e)
{
    struct table t;
    double *at = NULL, *y = NULL, *s = NULL;
    int rc = table_read(&t, c->data, e);
    if (rc) return rc;
    rc = table_numbers(&t, time, false, &at, e);
    if (!rc) rc = table_numbers(&t, c->column, true, &y, e);
    if (!rc && sd) rc = table_numbers(&t, sd, true, &s, e);
    if (!rc && !(c->point = calloc(t.rows + 1, sizeof *c->point)))
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu rows", t.rows);
    for (size_t i = 0; !rc && i < t.rows; i++) {
        struct fit_point p = {.t = at[i] * HOUR, .value = y[i], .sd = s ? s[i] : NAN, .line = t.line[i]};
        if (isnan(y[i])) continue;
        p.censored = y[i] < limit;
        if (p.censored) p.value = limit;
        rc = check_point(c, &p, t_end, e);
        if (!rc && s && isnan(s[i]))
            rc = err_set(e, ERR_PARSE, "%s:%d: %s: empty beside a value", c->data, t.line[i], sd);
        if (!rc && p.t > 0.0) c->point[c->n++] = p; /* at the start there is nothing to simulate */
    }
    if (!rc && (c->n < 1 || f->n_points + c->n > FIT_POINTS_MAX))
        rc = err_set(e, ERR_PARSE, "%s: column '%s' has %zu values after the start: must be 1 to %d in all", c->data,
                     c->column, c->n, FIT_POINTS_MAX);
    if (!rc) qsort(c->point, c->n, sizeof *c->point, by_time);
    f->n_points += c->n;
    free(at);
    free(y);
    free(s);
    table_release(&t);
    return rc;
}

/* What the study can deliver at most, in the column's unit. */
static double largest_dose(const struct problem *p, double scale)
{
    double sum = 0.0;
    for (size_t i = 0; i <= p->n_doses; i++) {
        const struct donor *d = i ? &p->dose[i] : &p->donor;
        if (d->kind == DONOR_INFINITE || p->vehicle_layer) return INFINITY;
        sum += d->H * d->C0 + d->excess;
    }
    return sum * scale;
}

static int read_case(struct fit *f, const char *file, struct cnode at, struct err *e)
{
    static const char *const keys[] = {
        "name", "study", "data", "time", "quantity", "column", "sd", "limit_of_quantification", "note", NULL};
    struct fit_case *c = &f->item[f->n_cases];
    const char *name = "", *study = "", *data = "", *time = "", *column = "", *sd = NULL;
    double limit = -INFINITY;
    int rc = config_known(at, keys, e);
    if (!rc) rc = config_string(at, "name", &name, e);
    if (!rc) rc = config_string(at, "study", &study, e);
    if (!rc) rc = config_string(at, "data", &data, e);
    if (!rc) rc = config_string(at, "time", &time, e);
    if (!rc) rc = config_string(at, "column", &column, e);
    if (!rc) rc = config_choice(at, "quantity", observed_words, &c->quantity, e);
    if (!rc && config_is(config_get(at, "sd"))) rc = config_string(at, "sd", &sd, e);
    if (!rc && config_is(config_get(at, "limit_of_quantification")))
        rc = config_number(at, "limit_of_quantification", RANGE_POSITIVE, &limit, e);
    if (rc) return rc;
    if (!ends_with(time, "_h") || !ends_with(column, observed_units[c->quantity].suffix) ||
        (c->quantity < OBSERVED_FLUX && ends_with(column, "_h")) ||
        (sd && !ends_with(sd, observed_units[c->quantity].suffix)))
        return config_fail(at, e, ERR_PARSE, "columns '%s', '%s'%s%s: must end in their units, _h and %s", time, column,
                           sd ? ", " : "", sd ? sd : "", observed_units[c->quantity].suffix);
    f->n_cases++;
    c->scale = observed_units[c->quantity].scale;
    snprintf(c->name, sizeof c->name, "%s", name);
    snprintf(c->column, sizeof c->column, "%s", column);
    beside(file, study, c->study, sizeof c->study);
    beside(file, data, c->data, sizeof c->data);
    struct study *s = malloc(sizeof *s);
    if (!s) return err_set(e, ERR_NOMEM, "out of memory");
    rc = study_with(f, c, NULL, s, e);
    if (!rc) {
        bool missing = (c->quantity == OBSERVED_PLASMA && !s->problem.body.present) ||
                       ((c->quantity == OBSERVED_RECEPTOR || c->quantity == OBSERVED_LAB) &&
                        s->problem.receptor.kind != RECEPTOR_FRANZ);
        c->dose = largest_dose(&s->problem, c->scale);
        rc = missing ? config_fail(at, e, ERR_PARSE, "the study has no %s: there is no '%s' to fit",
                                   c->quantity == OBSERVED_PLASMA ? "body" : "well-mixed receptor",
                                   observed_words[c->quantity])
                     : read_points(f, c, time, sd, limit, s->problem.t_end, e);
        study_release(s);
    }
    free(s);
    return rc;
}

int fit_load(struct fit *f, const char *path, const struct study_options *options, struct err *e)
{
    static const char *const keys[] = {"fit", "note", "parameters", "starts", "cases", NULL};
    const char *title, *table;
    char file[700];
    struct cnode cases = {NULL, NULL};
    *f = (struct fit){.options = options, .starts = 3, .lag = NAN};
    int rc = config_open(&f->doc, path, e);
    struct cnode root = rc ? cases : config_root(f->doc);
    if (!rc) rc = config_known(root, keys, e);
    if (!rc) rc = config_string(root, "fit", &title, e);
    if (!rc) snprintf(f->title, sizeof f->title, "%s", title);
    if (!rc && config_is(config_get(root, "starts")))
        rc = config_integer(root, "starts", 0, ESTIMATE_STARTS, &f->starts, e);
    if (!rc) rc = config_string(root, "parameters", &table, e);
    if (!rc) {
        beside(path, table, file, sizeof file);
        rc = read_parameters(f, file, e);
    }
    if (!rc) rc = config_need(root, "cases", &cases, e);
    if (!rc && (!config_is_list(cases) || config_count(cases) < 1 || config_count(cases) > FIT_CASES_MAX))
        rc = config_fail(cases, e, ERR_PARSE, "cases: must be a list of 1 to %d cases", FIT_CASES_MAX);
    for (size_t i = 0; !rc && i < config_count(cases); i++)
        rc = read_case(f, path, config_item(cases, i), e);
    bool with = f->n_cases && !isnan(f->item[0].point ? f->item[0].point[0].sd : NAN);
    for (size_t i = 0; !rc && i < f->n_cases; i++)
        for (size_t k = 0; !rc && k < f->item[i].n; k++) {
            if (isnan(f->item[i].point[k].sd) == with)
                rc = err_set(e, ERR_PARSE, "%s:%d: either every case states standard deviations or none does",
                             f->item[i].data, f->item[i].point[k].line);
            else if (f->item[i].point[k].censored && !with)
                rc = err_set(e, ERR_PARSE, "%s:%d: below the limit of quantification: needs standard deviations (sd)",
                             f->item[i].data, f->item[i].point[k].line);
        }
    if (rc) fit_release(f);
    return rc;
}

/* ---- the estimate ---- */

static int profile(struct fit *f, const struct estimate_problem *p, struct err *e)
{
    double variance = p->sd_known ? 1.0 : f->estimate.chi2 / (double)(p->n_residuals - p->n_parameters);
    for (size_t i = 0; i < p->n_parameters; i++)
        for (size_t k = 0; k < FIT_PROFILE; k++) {
            double steps = PROFILE_SPAN * (2.0 * (double)k / (FIT_PROFILE - 1) - 1.0), se = f->estimate.relative_se[i],
                   chi2 = NAN;
            double x = p->bound[i].is_log ? f->estimate.value[i] * exp(steps * se) : f->estimate.value[i] + steps * se;
            f->profile_value[i][k] = x;
            f->profile_rise[i][k] = NAN;
            if (f->estimate.flaw[i] != FLAW_NONE || !(x >= p->bound[i].lower && x <= p->bound[i].upper)) continue;
            struct err mine = {0};
            int rc = estimate_profile(p, &f->estimate, i, x, &chi2, &mine);
            if (rc == ERR_NOMEM) return err_set(e, rc, "%s", mine.msg);
            f->profile_rise[i][k] = (chi2 - f->estimate.chi2) / variance;
        }
    return 0;
}

int fit_solve(struct fit *f, bool profiles, struct err *e)
{
    struct estimate_bound bound[ESTIMATE_MAX];
    double start[ESTIMATE_MAX], *r = calloc(f->n_points + 1, sizeof *r);
    if (!r) return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < f->n_estimated; i++) {
        bound[i] = fit_estimated(f, i)->bound;
        start[i] = fit_estimated(f, i)->nominal;
    }
    struct estimate_problem p = {f->n_estimated, f->n_points, f, residuals, bound, !isnan(f->item[0].point[0].sd)};
    int rc = estimate_multistart(&p, start, (size_t)f->starts, &f->estimate, &f->agreeing, e);
    if (!rc && profiles) rc = profile(f, &p, e);
    if (!rc) rc = residuals(f, f->estimate.value, r, e); /* leaves the model at the estimate in the points */
    free(r);
    return rc;
}

const char *fit_flaw(const struct fit *f, size_t i, char *buf, size_t size)
{
    const char *id = fit_estimated(f, i)->id;
    double last = 0.0;
    for (size_t k = 0; k < f->n_cases; k++)
        last = fmax(last, f->item[k].point[f->item[k].n - 1].t);
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
    size_t used = strlen(buf);
    if (buf[0] && last < f->lag)
        snprintf(buf + used, size - used, "; the data end at %.3g h, before the lag of %.3g h", last / HOUR,
                 f->lag / HOUR);
    return buf;
}

void fit_release(struct fit *f)
{
    for (size_t i = 0; i < FIT_CASES_MAX; i++)
        free(f->item[i].point);
    config_close(f->doc);
    *f = (struct fit){0};
}
