/* fit_read.c -- the fit file, its table of parameters and its measured tables; see fit.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/synthetic.h"
#include "base/text/file.h"
#include "base/text/table.h"
#include "solver/import/import.h"
#include "solver/results/fit.h"

static const char *const observed_words[] = {"cumulative", "cumulative_by_samples", "flux", "receptor", "plasma", NULL};
static const struct { const char *suffix; double scale; } observed_units[] = {
    {"_ug_cm2", UG_CM2}, {"_ug_cm2", UG_CM2}, {"_ug_cm2_h", UG_CM2_H}, {"_ug_mL", 1e3}, {"_ng_mL", NG_ML}};

#define DONORS_LEAST 3 /* for intervals from their spread */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

/* Optional columns of PEtab, in PEtab's meaning: objectivePriorType empty, normal (of a lin parameter), logNormal (of
 * ln(value), for log and log10) or parameterScaleNormal (on the scale of the row: value, ln or log10 of it);
 * objectivePriorParameters "mean;sd". */
static int read_prior(const struct table *t, size_t row, struct fit_parameter *p, struct err *e)
{
    static const char type_name[] = "objectivePriorType", parameters_name[] = "objectivePriorParameters";
    size_t col;
    int rc = 0;
    if (!table_has(t, type_name)) return 0;
    if ((rc = table_col(t, type_name, &col, e))) return rc;
    const char *type = table_cell(t, row, col);
    if (!type[0]) return 0;
    bool on_scale = strcmp(type, "parameterScaleNormal") == 0;
    if (!on_scale && strcmp(type, p->bound.is_log ? "logNormal" : "normal") != 0)
        return err_set(e, ERR_PARSE, "%s:%d: %s: '%s': must be empty, parameterScaleNormal or %s", t->path,
                       t->line[row], type_name, type, p->bound.is_log ? "logNormal" : "normal");
    if ((rc = table_col(t, parameters_name, &col, e))) return rc;
    const char *text = table_cell(t, row, col);
    int used = 0;
    if (sscanf(text, "%lf;%lf%n", &p->prior_mean, &p->prior_sd, &used) != 2 || text[used] || !isfinite(p->prior_mean) ||
        !(p->prior_sd > 0.0) || !isfinite(p->prior_sd))
        return err_set(e, ERR_PARSE, "%s:%d: %s: '%s': must be mean;sd with sd above 0%s", t->path, t->line[row],
                       parameters_name, text,
                       !p->bound.is_log                            ? ""
                       : on_scale && strcmp(p->scale, "log10") == 0 ? ", both of log10(value)"
                                                                    : ", both of ln(value)");
    snprintf(p->prior_type, sizeof p->prior_type, "%s", type);
    snprintf(p->prior_text, sizeof p->prior_text, "%s", text);
    if (on_scale && strcmp(p->scale, "log10") == 0) {
        p->prior_mean *= log(10.0);
        p->prior_sd *= log(10.0);
    }
    p->has_prior = p->is_estimated;
    return 0;
}

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
    if (strcmp(cell[7], "0") != 0 && strcmp(cell[7], "1") != 0)
        return err_set(e, ERR_PARSE, "%s:%d: estimate: '%s': must be 1 (estimated) or 0 (stays at its nominalValue)",
                       t->path, t->line[row], cell[7]);
    *p = (struct fit_parameter){
        .line = t->line[row],
        .is_estimated = cell[7][0] == '1',
        .nominal = number[2],
        .bound = {number[0], number[1], is_log}};
    snprintf(p->id, sizeof p->id, "%s", cell[0]);
    snprintf(p->path, sizeof p->path, "%s", cell[1]);
    snprintf(p->unit, sizeof p->unit, "%s", cell[2]);
    snprintf(p->scale, sizeof p->scale, "%s", cell[3]);
    f->n_estimated += p->is_estimated;
    for (size_t i = 0; i + 1 < f->n_parameters; i++) {
        const struct fit_parameter *q = &f->parameter[i];
        bool id = strcmp(q->id, p->id) == 0;
        if (id || strcmp(q->path, p->path) == 0)
            return err_set(e, ERR_PARSE, "%s:%d: %s: '%s': is that of line %d already", t->path, p->line,
                           id ? "parameterId" : "path", id ? p->id : p->path, q->line);
    }
    int rc = read_prior(t, row, p, e);
    f->n_priors += p->has_prior;
    return rc;
}

static int read_parameters(struct fit *f, const char *path, struct err *e)
{
    struct table t;
    int rc = table_read(&t, path, e);
    if (rc) return rc;
    snprintf(f->table, sizeof f->table, "%s", path);
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

/* The number of a donor by name, from 1: the same name in two cases is the same donor. */
static int donor_of(struct fit *f, const struct table *t, size_t row, size_t col, size_t *out, struct err *e)
{
    const char *name = table_cell(t, row, col);
    if (!name[0]) return err_set(e, ERR_PARSE, "%s:%d: %s: empty: name the donor", t->path, t->line[row], t->name[col]);
    for (*out = 1; *out <= f->n_donors; ++*out)
        if (strcmp(f->donor[*out - 1], name) == 0) return 0;
    if (f->n_donors == FIT_DONORS_MAX || strlen(name) >= sizeof f->donor[0])
        return err_set(e, ERR_RANGE, "%s:%d: donor '%s': at most %d donors, names of at most %zu letters", t->path,
                       t->line[row], name, FIT_DONORS_MAX, sizeof f->donor[0] - 1);
    snprintf(f->donor[f->n_donors++], sizeof f->donor[0], "%s", name);
    return 0;
}

struct columns {
    const char *time, *sd, *donor;
    double limit;
};

static int read_points(struct fit *f, struct fit_case *c, const struct columns *from, double t_end,
                       struct err *e)
{
    struct table t;
    double *at = NULL, *y = NULL, *s = NULL, *below = NULL;
    const char *sd = from->sd;
    size_t donor_col = 0;
    int rc = table_read(&t, c->data, e);
    if (rc) return rc;
    rc = table_numbers(&t, from->time, false, &at, e);
    if (!rc) rc = table_numbers(&t, c->column, true, &y, e);
    if (!rc && sd) rc = table_numbers(&t, sd, true, &s, e);
    if (!rc && table_has(&t, "below_limit")) rc = table_numbers(&t, "below_limit", true, &below, e);
    if (!rc && from->donor) rc = table_col(&t, from->donor, &donor_col, e);
    if (!rc && !(c->point = calloc(t.rows + 1, sizeof *c->point)))
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu rows", t.rows);
    for (size_t i = 0; !rc && i < t.rows; i++) {
        struct fit_point p = {.t = at[i] * HOUR, .value = y[i], .sd = s ? s[i] : NAN, .line = t.line[i]};
        if (isnan(y[i])) continue;
        bool marked = below && below[i] > 0.0; /* the value is its limit then */
        p.censored = marked || y[i] < from->limit;
        if (p.censored && !marked) p.value = from->limit;
        rc = fit_check_point(c, &p, t_end, e);
        if (!rc && from->donor) rc = donor_of(f, &t, i, donor_col, &p.donor, e);
        if (!rc && s && isnan(s[i]))
            rc = err_set(e, ERR_PARSE, "%s:%d: %s: empty beside a value", c->data, t.line[i], sd);
        if (!rc && p.t > 0.0) c->point[c->n++] = p; /* at the start there is nothing to simulate */
    }
    if (!rc && (c->n < 1 || f->n_points + c->n > FIT_POINTS_MAX))
        rc = err_set(e, ERR_PARSE, "%s: column '%s' has %zu values after the start: must be 1 to %d in all", c->data,
                     c->column, c->n, FIT_POINTS_MAX);
    if (!rc) qsort(c->point, c->n, sizeof *c->point, by_time);
    f->n_points += c->n;
    f->n_fitted += c->is_predicted ? 0 : c->n;
    free(at);
    free(y);
    free(s);
    free(below);
    table_release(&t);
    return rc;
}

/* A study that cannot be read with the parameters' nominal values: the line of the first without which it could. */
static int blame_parameter(const struct fit *f, const struct fit_case *c, struct err *e)
{
    struct fit part = {.options = f->options};
    struct study *s = malloc(sizeof *s);
    for (size_t n = 0; s && n <= f->n_parameters; n++) {
        struct err none = {0};
        part.n_parameters = n;
        if (n) part.parameter[n - 1] = f->parameter[n - 1];
        if (fit_study(&part, c, NULL, s, &none) == 0) {
            study_release(s);
            continue;
        }
        if (n) err_at(e, "%s:%d", f->table, f->parameter[n - 1].line);
        if (n && e->code == ERR_ARG) e->code = ERR_PARSE;
        break;
    }
    free(s);
    return e->code;
}

static int read_case(struct fit *f, const char *file, struct cnode at, struct err *e)
{
    static const char *const keys[] = {
        "name", "study", "data", "time", "quantity", "column", "sd", "limit_of_quantification",
        "role", "scale", "donor", "virtual", "note", NULL};
    static const char *const roles[] = {"fitted", "predicted", NULL}, *const scales[] = {"lin", "log", NULL};
    struct fit_case *c = &f->item[f->n_cases];
    const char *name = "", *study = "", *data = "", *column = "";
    struct columns from = {"", NULL, NULL, -INFINITY};
    int role = 0, scale = 0;
    bool is_virtual = false;
    int rc = config_known(at, keys, e);
    if (!rc) rc = config_string(at, "name", &name, e);
    if (!rc) rc = config_string(at, "study", &study, e);
    if (!rc) rc = config_string(at, "data", &data, e);
    if (!rc) rc = config_string(at, "time", &from.time, e);
    if (!rc) rc = config_string(at, "column", &column, e);
    if (!rc) rc = config_choice(at, "quantity", observed_words, &c->quantity, e);
    if (!rc && config_is(config_get(at, "sd"))) rc = config_string(at, "sd", &from.sd, e);
    if (!rc && config_is(config_get(at, "limit_of_quantification")))
        rc = config_number(at, "limit_of_quantification", RANGE_POSITIVE, &from.limit, e);
    if (!rc && config_is(config_get(at, "donor"))) rc = config_string(at, "donor", &from.donor, e);
    if (!rc && config_is(config_get(at, "role"))) rc = config_choice(at, "role", roles, &role, e);
    if (!rc && config_is(config_get(at, "scale"))) rc = config_choice(at, "scale", scales, &scale, e);
    if (!rc && config_is(config_get(at, "virtual"))) rc = config_bool(at, "virtual", &is_virtual, e);
    if (rc) return rc;
    const char *time = from.time, *sd = from.sd;
    if (!ends_with(time, "_h") || !ends_with(column, observed_units[c->quantity].suffix) ||
        (c->quantity < OBSERVED_FLUX && ends_with(column, "_h")) ||
        (sd && !ends_with(sd, observed_units[c->quantity].suffix)))
        return config_fail(at, e, ERR_PARSE, "columns '%s', '%s'%s%s: must end in their units, _h and %s", time, column,
                           sd ? ", " : "", sd ? sd : "", observed_units[c->quantity].suffix);
    f->n_cases++;
    c->is_predicted = role == 1;
    c->is_log = scale == 1;
    c->scale = observed_units[c->quantity].scale;
    snprintf(c->name, sizeof c->name, "%s", name);
    snprintf(c->column, sizeof c->column, "%s", column);
    file_beside(file, study, c->study, sizeof c->study);
    file_beside(file, data, c->data, sizeof c->data);
    struct study *s = malloc(sizeof *s);
    if (!s) return err_set(e, ERR_NOMEM, "out of memory");
    rc = fit_study(f, c, NULL, s, e);
    if (rc) rc = blame_parameter(f, c, e);
    if (!rc) {
        bool missing = (c->quantity == OBSERVED_PLASMA && !s->problem.body.present) ||
                       ((c->quantity == OBSERVED_RECEPTOR || c->quantity == OBSERVED_LAB) &&
                        s->problem.receptor.kind != RECEPTOR_FRANZ);
        if (s->n_depths)
            rc = config_fail(config_get(at, "study"), e, ERR_RANGE,
                             "the study's depths scatter: a fit computes one depth, leave out insertion/depth_sd");
        c->is_virtual = is_virtual || s->is_virtual || synthetic_table(c->data);
        c->is_estimated = s->depth_estimated;
        if (!rc && missing)
            rc = config_fail(at, e, ERR_PARSE, "the study has no %s: there is no '%s' to fit",
                             c->quantity == OBSERVED_PLASMA ? "body" : "well-mixed receptor",
                             observed_words[c->quantity]);
        if (!rc) c->most = fit_most(f, c, &s->problem);
        if (!rc) rc = read_points(f, c, &from, s->problem.t_end, e);
        if (!rc) rc = fit_check_case(f, c, e);
        study_release(s);
    }
    free(s);
    return rc;
}

/* One fitted case beside the first of them. */
static int check_beside(const struct fit_case *first, const struct fit_case *c, const char *path, struct err *e)
{
    bool with = !isnan(first->point[0].sd), names = first->point[0].donor > 0;
    for (size_t k = 0; k < c->n; k++) {
        if (isnan(c->point[k].sd) == with)
            return err_set(e, ERR_PARSE, "%s:%d: either every fitted case states standard deviations or none does",
                           c->data, c->point[k].line);
        if (c->point[k].censored && !with)
            return err_set(e, ERR_PARSE, "%s:%d: below the limit of quantification: needs standard deviations (sd)",
                           c->data, c->point[k].line);
        if ((c->point[k].donor > 0) != names)
            return err_set(e, ERR_PARSE, "%s: either every fitted case names its donors or none does", c->data);
    }
    if (!with && (c->is_log != first->is_log || (!c->is_log && c->scale != first->scale)))
        return err_set(e, ERR_PARSE,
                       "%s: cases '%s' and '%s' cannot be weighed against each other without standard deviations: "
                       "give both an sd, or both scale: log",
                       path, first->name, c->name);
    return 0;
}

/* What the fitted cases must have in common to be weighed against each other.  Predicted ones are not weighed. */
static int check_together(const struct fit *f, const char *path, struct err *e)
{
    const struct fit_case *first = NULL;
    for (size_t i = 0; i < f->n_cases; i++) {
        const struct fit_case *c = &f->item[i];
        if (c->is_predicted) continue;
        if (!first) first = c;
        int rc = check_beside(first, c, path, e);
        if (rc) return rc;
    }
    if (!first) return err_set(e, ERR_PARSE, "%s: every case is predicted: none is left to fit", path);
    if (f->n_priors && !fit_has_sd(f))
        return err_set(e, ERR_PARSE,
                       "%s: a prior can only be weighed against data with standard deviations (sd)", path);
    if (f->n_fitted + f->n_priors <= f->n_estimated)
        return err_set(e, ERR_PARSE, "%s: %zu readings and priors for %zu parameters: more are needed", path,
                       f->n_fitted + f->n_priors, f->n_estimated);
    size_t donors = fit_donors(f, NULL);
    if (donors && donors < DONORS_LEAST)
        return err_set(e, ERR_RANGE,
                       "%s: %zu donors in the fitted cases: intervals from the spread between donors need at least %d",
                       path, donors, DONORS_LEAST);
    return 0;
}

int fit_load(struct fit *f, const char *path, const struct study_options *options, struct err *e)
{
    static const char *const keys[] = {"fit", "note", "parameters", "starts", "cases", NULL};
    const char *title, *table;
    char file[700];
    struct cnode cases = {NULL, NULL};
    *f = (struct fit){.options = options, .starts = 3, .lag = NAN, .lag_start = NAN};
    int rc = config_open(&f->doc, path, e);
    struct cnode root = rc ? cases : config_root(f->doc);
    if (!rc) rc = config_known(root, keys, e);
    if (!rc) rc = config_string(root, "fit", &title, e);
    if (!rc) snprintf(f->title, sizeof f->title, "%s", title);
    if (!rc && config_is(config_get(root, "starts")))
        rc = config_integer(root, "starts", 0, ESTIMATE_STARTS, &f->starts, e);
    if (!rc) rc = config_string(root, "parameters", &table, e);
    if (!rc) {
        file_beside(path, table, file, sizeof file);
        rc = read_parameters(f, file, e);
    }
    if (!rc) rc = config_need(root, "cases", &cases, e);
    if (!rc && (!config_is_list(cases) || config_count(cases) < 1 || config_count(cases) > FIT_CASES_MAX))
        rc = config_fail(cases, e, ERR_PARSE, "cases: must be a list of 1 to %d cases", FIT_CASES_MAX);
    for (size_t i = 0; !rc && i < config_count(cases); i++)
        rc = read_case(f, path, config_item(cases, i), e);
    if (!rc) rc = check_together(f, path, e);
    if (rc) fit_release(f);
    return rc;
}
