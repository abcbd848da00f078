/* extract.c -- one quantity out of a result folder, against time, depth, travel or force, or as a single number. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text/column.h"
#include "base/text/units.h"
#include "solver/results/compare/parts.h"

enum { LISTED = 1000 };
static const char *const tables[] = {"timeseries.csv", "profiles.csv", "curve.csv"};
enum { TABLES = sizeof tables / sizeof *tables };

void curve_release(struct curve *v)
{
    free(v->x);
    free(v->y);
    free(v->err);
    *v = (struct curve){0};
}

static int curve_make(struct curve *v, size_t n, struct err *e)
{
    *v = (struct curve){
        .x = calloc(n + 1, sizeof(double)), .y = calloc(n + 1, sizeof(double)), .err = calloc(n + 1, sizeof(double))};
    if (v->x && v->y && v->err) return 0;
    curve_release(v);
    return err_set(e, ERR_NOMEM, "out of memory");
}

static bool place(const char *folder, const char *file, char buf[FOLDER_PATH + 100])
{
    snprintf(buf, FOLDER_PATH + 100, "%.1000s/%s", folder, file);
    return access(buf, R_OK) == 0;
}

/* Last row of a column; NAN without one. */
static double last_of(const struct table *t, const char *name)
{
    double *v = NULL, last = NAN;
    if (table_has(t, name) && t->rows && table_numbers(t, name, true, &v, NULL) == 0) last = v[t->rows - 1];
    free(v);
    return last;
}

double folder_dose(const char *folder, const char *quantity, const char *unit)
{
    char path[FOLDER_PATH + 100];
    struct table t;
    double dose = INFINITY;
    bool of_the_drug = strncmp(quantity, "metabolite", 10) != 0 && strncmp(quantity, "excreted", 8) != 0;
    if (!of_the_drug || !place(folder, "timeseries.csv", path) || table_read(&t, path, NULL)) return dose;
    if (table_has(&t, "delivered_of_dose_percent")) { /* every dose is finite */
        double per_area = last_of(&t, "applied_ug_cm2"),
               area = last_of(&t, "delivered_ug_patch") / last_of(&t, "delivered_ug_cm2");
        if (strncmp(quantity, "delivered_of_dose", 17) == 0)
            (void)units_convert(100.0, "%", unit, &dose, NULL);
        else if (units_convert(per_area, "ug/cm2", unit, &dose, NULL) &&
                 units_convert(per_area * area, "ug", unit, &dose, NULL))
            dose = INFINITY;
        if (!isfinite(dose)) dose = INFINITY;
    }
    table_release(&t);
    return dose;
}

/* ---- what there is ---- */

static void list_word(char *list, const char *word)
{
    size_t used = strlen(list);
    snprintf(list + used, LISTED - used, "%s%s", used ? ", " : "", word);
}

/* Every column of the tables and every single result, for the reader of an error; the nearest to what was asked. */
static int no_quantity(const char *folder, const char *quantity, struct cnode blame, struct err *e)
{
    char path[FOLDER_PATH + 100], list[LISTED] = "", results[LISTED] = "", near[WORD] = "";
    for (size_t i = 0; i < TABLES; i++) {
        struct table t;
        if (!place(folder, tables[i], path) || table_read(&t, path, NULL)) continue;
        for (size_t k = 0; k < t.cols; k++) {
            const char *one[] = {t.name[k], NULL};
            if (!near[0] && config_nearest(quantity, one)) snprintf(near, sizeof near, "%.99s", t.name[k]);
            if (!strstr(t.name[k], "_err_")) list_word(list, t.name[k]);
        }
        table_release(&t);
    }
    struct config *doc;
    if (place(folder, "summary.yaml", path) && config_open(&doc, path, NULL) == 0) {
        struct cnode all = config_get(config_root(doc), "results");
        for (size_t i = 0; i < config_count(all); i++) {
            const char *name;
            config_pair(all, i, &name);
            const char *one[] = {name, NULL};
            if (!near[0] && config_nearest(quantity, one)) snprintf(near, sizeof near, "%.99s", name);
            list_word(results, name);
        }
        config_close(doc);
    }
    config_fail(blame, e, ERR_PARSE, "the simulation has no quantity '%.80s'; columns: %.560s; results: %.330s",
                quantity, list[0] ? list : "none", results[0] ? results : "none");
    if (near[0])
        err_hint(e, "did you mean '%s'?", near);
    else
        err_hint(e,
                 "a column's unit may be left out; 'mnsim run' writes timeseries.csv, profiles.csv and summary.yaml");
    return ERR_PARSE;
}

/* ---- a single result ---- */

static int convert(double *v, size_t n, const char *from, const char *to, const char *what, struct cnode blame,
                   struct err *e)
{
    char plain[UNIT];
    struct err why = {0};
    if (!to) return 0;
    column_plain_unit(from, plain, sizeof plain);
    for (size_t i = 0; i < n; i++)
        if (isfinite(v[i]) && units_convert(v[i], plain, to, &v[i], &why)) {
            config_fail(blame, e, ERR_PARSE, "%s: simulated in '%s', measured in '%s': these units do not convert",
                        what, from, to);
            err_hint(e, "a unit stands at the end of a column's name: delivered_ug_cm2, plasma_ng_mL, time_h");
            return ERR_PARSE;
        }
    return 0;
}

static void scale(struct curve *v, double factor)
{
    for (size_t i = 0; i < v->n; i++) {
        v->y[i] *= factor;
        v->err[i] *= factor;
    }
}

/* found: the summary has a result of this name. */
static int single(const char *folder, const struct wanted *w, struct cnode blame, struct curve *out, bool *found,
                  struct err *e)
{
    char path[FOLDER_PATH + 100];
    struct config *doc;
    *found = false;
    if (!place(folder, "summary.yaml", path)) return 0;
    int rc = config_open(&doc, path, e);
    if (rc) return rc;
    struct cnode at = config_get(config_get(config_root(doc), "results"), w->quantity);
    *found = config_is(at);
    if (*found) rc = curve_make(out, 1, e);
    if (*found && !rc) {
        const char *unit = config_text(config_get(at, "unit")), *value = config_text(config_get(at, "value"));
        out->n = 1;
        out->x[0] = NAN;
        out->err[0] = NAN;
        if (config_number(at, "value", RANGE_ANY, &out->y[0], NULL))
            rc = config_fail(blame, e, ERR_PARSE, "the simulation's '%s' has no number: %.150s", w->quantity,
                             value ? value : "none");
        if (!rc && config_number(at, "estimated_error", RANGE_ANY, &out->err[0], NULL)) out->err[0] = NAN;
        if (!rc) rc = convert(out->y, 1, unit ? unit : "1", w->y_unit, w->quantity, blame, e);
        if (!rc) rc = convert(out->err, 1, unit ? unit : "1", w->y_unit, w->quantity, blame, e);
        if (!rc) scale(out, w->factor);
    }
    config_close(doc);
    return rc;
}

/* ---- a column ---- */

static bool is_named(const char *column, const char *asked)
{
    char stem[WORD];
    if (strstr(column, "_err_")) return false;
    return strcmp(column, asked) == 0 || strcmp(column_stem(column, stem, sizeof stem), asked) == 0;
}

static bool converts(const char *from, const char *to)
{
    double unused;
    return !to || units_convert(1.0, from, to, &unused, NULL) == 0;
}

/* The column that x is: the one named, else the first of the usual ones whose unit converts. */
static int find_x(const struct table *t, const struct wanted *w, struct cnode blame, size_t *col, struct err *e)
{
    static const char *const usual[] = {"time_h", "depth_um", "travel_um", "force_N", "time_s"};
    if (w->x) return table_col(t, w->x, col, e);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        bool is_profile = strcmp(usual[i], "time_h") == 0 && table_has(t, "depth_um");
        if (!is_profile && table_has(t, usual[i]) && converts(column_unit(usual[i]), w->x_unit))
            return table_col(t, usual[i], col, e);
    }
    config_fail(blame, e, ERR_PARSE, "x: measured in '%s': no column of %s converts to these units", w->x_unit,
                t->path);
    err_hint(e, "name the simulated column with 'x: travel_um', or check the unit at the end of the measured one");
    return ERR_PARSE;
}

/* The column of the error estimate: "plasma_err_ng_mL" beside "plasma_ng_mL". */
static double *error_column(const struct table *t, const char *name)
{
    char stem[WORD], error[2 * WORD];
    double *v = NULL;
    column_stem(name, stem, sizeof stem);
    if (strlen(stem) >= strlen(name)) return NULL;
    snprintf(error, sizeof error, "%s_err%s", stem, name + strlen(stem));
    if (table_has(t, error)) table_numbers(t, error, true, &v, NULL);
    return v;
}

/* Rows of a press (in a table that tells phases) and of the asked time (of profiles). */
static int row_counts(const struct table *t, size_t i, const struct wanted *w, const double time[], bool *yes)
{
    size_t col;
    *yes = true;
    if (table_col(t, "phase", &col, NULL) == 0) {
        const char *phase = table_cell(t, i, col);
        *yes = strcmp(phase, "press") == 0 || strcmp(phase, "insert") == 0;
    }
    if (time && isfinite(w->at)) *yes = *yes && fabs(time[i] * HOUR - w->at) <= 1e-6 * w->at + 1e-6;
    return 0;
}

static int fill(const struct table *t, const struct wanted *w, size_t x_col, size_t y_col, struct cnode blame,
                struct curve *out, struct err *e)
{
    double *x = NULL, *y = NULL, *time = NULL, *error = error_column(t, t->name[y_col]);
    bool is_profile = table_has(t, "depth_um") && table_has(t, "time_h"), yes;
    int rc = table_numbers(t, t->name[x_col], true, &x, e);
    if (!rc) rc = table_numbers(t, t->name[y_col], true, &y, e);
    if (!rc && is_profile) rc = table_numbers(t, "time_h", false, &time, e);
    if (!rc) rc = curve_make(out, t->rows, e);
    for (size_t i = 0; !rc && i < t->rows; i++) {
        row_counts(t, i, w, time, &yes);
        if (!yes || isnan(x[i]) || isnan(y[i]) || (out->n && !(x[i] > out->x[out->n - 1]))) continue;
        out->x[out->n] = x[i];
        out->y[out->n] = y[i];
        out->err[out->n++] = error ? error[i] : NAN;
    }
    free(x);
    free(y);
    free(time);
    free(error);
    if (!rc && out->n < 1)
        rc = config_fail(blame, e, ERR_PARSE, "%s: no row of '%s'%s", t->path, t->name[y_col],
                         is_profile ? " at that time: 'at' must be one of its output times" : "");
    const char *x_unit = column_unit(t->name[x_col]), *y_unit = column_unit(t->name[y_col]);
    if (!rc) rc = convert(out->x, out->n, x_unit, w->x_unit, t->name[x_col], blame, e);
    if (!rc) rc = convert(out->y, out->n, y_unit, w->y_unit, t->name[y_col], blame, e);
    if (!rc) rc = convert(out->err, out->n, y_unit, w->y_unit, t->name[y_col], blame, e);
    if (!rc) scale(out, w->factor);
    return rc;
}

static int column(const char *folder, const struct wanted *w, struct cnode blame, struct curve *out, bool *found,
                  struct err *e)
{
    char path[FOLDER_PATH + 100];
    int rc = 0;
    for (size_t i = 0; !rc && !*found && i < TABLES; i++) {
        struct table t;
        size_t x_col, y_col = 0;
        if (!place(folder, tables[i], path)) continue;
        rc = table_read(&t, path, e);
        if (rc) return rc;
        while (y_col < t.cols && !is_named(t.name[y_col], w->quantity))
            y_col++;
        for (size_t k = y_col; k < t.cols; k++) /* of several with one stem the one whose unit fits */
            if (is_named(t.name[k], w->quantity) && converts(column_unit(t.name[k]), w->y_unit)) {
                y_col = k;
                break;
            }
        *found = y_col < t.cols;
        if (*found) rc = find_x(&t, w, blame, &x_col, e);
        if (*found && !rc) rc = fill(&t, w, x_col, y_col, blame, out, e);
        table_release(&t);
    }
    return rc;
}

/* A number that the summary has, asked at an x; a column, asked without one. */
static int wrong_kind(const char *folder, const struct wanted *w, struct cnode blame, struct err *e)
{
    struct wanted other = *w;
    struct curve unused = {0};
    char path[FOLDER_PATH + 100];
    bool found = false;
    other.y_unit = NULL;
    if (w->x_unit[0]) {
        (void)single(folder, &other, blame, &unused, &found, NULL);
        curve_release(&unused);
        if (!found) return 0;
        config_fail(blame, e, ERR_PARSE,
                    "'%.60s' is a single result, but what was measured belongs to an x (%s, in %s)", w->quantity,
                    w->x_name, w->x_unit);
        const char *end = strstr(w->quantity, "_end");
        if (end)
            err_hint(e, "leave the x out, or take the column '%.*s'", (int)(end - w->quantity), w->quantity);
        else
            err_hint(e, "leave the x out, or take a column of timeseries.csv");
        return ERR_PARSE;
    }
    for (size_t i = 0; i < TABLES; i++) {
        struct table t;
        if (!place(folder, tables[i], path) || table_read(&t, path, NULL)) continue;
        for (size_t k = 0; k < t.cols && !found; k++) {
            found = is_named(t.name[k], w->quantity);
            if (found)
                config_fail(blame, e, ERR_PARSE, "'%s' is a column over %s, but what was measured has no x", t.name[k],
                            i == 1 ? "depth_um" : t.name[0]);
        }
        table_release(&t);
        if (!found) continue;
        err_hint(e, "say where it was measured ('at: 24 h' beside the value, 'x' of a table), or take a single result");
        return ERR_PARSE;
    }
    return 0;
}

int extract(const char *folder, const struct wanted *w, struct cnode blame, struct curve *out, struct err *e)
{
    bool found = false;
    *out = (struct curve){0};
    int rc = w->x_unit[0] ? column(folder, w, blame, out, &found, e) : single(folder, w, blame, out, &found, e);
    if (!rc && !found) rc = wrong_kind(folder, w, blame, e);
    if (!rc && !found) rc = no_quantity(folder, w->quantity, blame, e);
    if (rc) curve_release(out);
    return rc;
}
