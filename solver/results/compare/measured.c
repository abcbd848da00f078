/* measured.c -- the measured set of a case: a table of ours, an import of a foreign one, bench runs, or one value. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/provenance.h"
#include "base/synthetic.h"
#include "base/text/column.h"
#include "base/text/number.h"
#include "base/text/units.h"
#include "solver/import/import.h"
#include "solver/results/compare/parts.h"

static const char *const averages[] = {"none", "arithmetic", "geometric", NULL};

void measured_release(struct measured *m)
{
    free(m->reading);
    free(m->unit_name);
    *m = (struct measured){0};
}

/* ---- one value ---- */

/* "64 mg" into 64 and "mg"; a plain number has the unit 1. */
static int value_and_unit(struct cnode map, const char *key, double *x, char unit[UNIT], struct err *e)
{
    struct cnode at;
    int rc = config_need(map, key, &at, e);
    if (rc) return rc;
    const char *text = config_text(at), *rest = text ? number_scan(text, x) : NULL;
    if (!rest) return config_fail(at, e, ERR_PARSE, "%s: must be a number with its unit", key);
    rest += strspn(rest, " \t");
    snprintf(unit, UNIT, "%s", *rest ? rest : "1");
    return config_quantity(map, key, unit, RANGE_ANY, x, e); /* refuses a unit that is none */
}

static int read_value(struct compare_case *k, struct cnode at, struct err *e)
{
    static const char *const keys[] = {"value",  "sd",   "n",       "at",        "n_data",
                                       "source", "note", "virtual", "thickness", NULL};
    struct measured *m = &k->m;
    long n = 0, n_data = 1;
    double sd = NAN, x = NAN, thickness = NAN;
    int rc = config_known(at, keys, e);
    m->reading = calloc(1, sizeof *m->reading);
    m->unit_name = calloc(1, sizeof *m->unit_name);
    if (!rc && (!m->reading || !m->unit_name)) rc = err_set(e, ERR_NOMEM, "out of memory");
    double y = NAN;
    if (!rc) rc = value_and_unit(at, "value", &y, m->y_unit, e);
    if (!rc && config_is(config_get(at, "sd"))) rc = config_quantity(at, "sd", m->y_unit, RANGE_POSITIVE, &sd, e);
    if (!rc && config_is(config_get(at, "n"))) rc = config_integer(at, "n", 1, 1000000, &n, e);
    if (!rc && config_is(config_get(at, "n_data"))) rc = config_integer(at, "n_data", 1, 1000000, &n_data, e);
    if (!rc && config_is(config_get(at, "at"))) rc = value_and_unit(at, "at", &x, m->x_unit, e);
    if (!rc && config_is(config_get(at, "thickness")))
        rc = isfinite(x) ? config_quantity(at, "thickness", m->x_unit, RANGE_POSITIVE, &thickness, e)
                         : config_fail(config_get(at, "thickness"), e, ERR_PARSE, "thickness: needs 'at', a depth");
    if (rc) return rc;
    m->has_x = config_is(config_get(at, "at"));
    m->n = m->n_units = 1;
    m->n_data = (size_t)n_data;
    m->reading[0] = (struct reading){.x = x, .y = y, .sd = sd, .thickness = thickness};
    m->has_slices = isfinite(thickness);
    m->mean_se = n > 1 ? sd / sqrt((double)n) : NAN;
    m->mean_df = n > 1 ? (double)(n - 1) : NAN;
    snprintf(m->y_name, sizeof m->y_name, "value");
    snprintf(m->x_name, sizeof m->x_name, "at");
    snprintf(m->from, sizeof m->from, "the comparison file");
    return 0;
}

/* ---- a table ---- */

struct columns {
    double *x, *y, *sd, *below, *thickness;
    double one_thickness; /* in the unit of x; NAN: a column, or none */
    int depth_is;         /* which end of the slice x is */
    size_t unit, replicate; /* SIZE_MAX: there is none */
    double limit;           /* NAN */
};

/* Rows that 'rows' keeps: every named column has the named text.  An unknown column is an error.  Of a curve with
 * phases those of the press, unless 'rows' asks for another. */
static int row_is_wanted(const struct table *t, struct cnode rows, bool is_curve, size_t i, bool *wanted, struct err *e)
{
    size_t phase;
    *wanted = true;
    if (is_curve && !config_is(config_get(rows, "phase")) && table_col(t, "phase", &phase, NULL) == 0)
        *wanted = strcmp(table_cell(t, i, phase), "insert") == 0 || strcmp(table_cell(t, i, phase), "press") == 0;
    for (size_t k = 0; k < config_count(rows); k++) {
        const char *name;
        struct cnode at = config_pair(rows, k, &name);
        size_t col;
        int rc = table_col(t, name, &col, e);
        if (!rc && !config_text(at)) rc = config_fail(at, e, ERR_PARSE, "rows/%s: must be a text", name);
        if (rc) return rc;
        *wanted = *wanted && strcmp(table_cell(t, i, col), config_text(at)) == 0;
    }
    return 0;
}

static int unit_of(struct measured *m, const char *name, size_t *unit, struct err *e)
{
    for (*unit = 0; *unit < m->n_units; (*unit)++)
        if (strcmp(m->unit_name[*unit], name) == 0) return 0;
    if (m->n_units >= UNITS_MAX) return err_set(e, ERR_RANGE, "more than %d donors or specimens", UNITS_MAX);
    snprintf(m->unit_name[m->n_units++], WORD, "%.99s", name);
    return 0;
}

static bool is_time(const struct measured *m)
{
    double unused;
    return m->has_x && units_convert(1.0, m->x_unit, "s", &unused, NULL) == 0;
}

static int check_reading(const struct table *t, const struct measured *m, const struct columns *c, size_t i,
                         struct err *e)
{
    if (is_time(m) && c->x[i] < 0.0) {
        err_set(e, ERR_RANGE, "%s:%d: %s = %g: a time must be >= 0", t->path, t->line[i], m->x_name, c->x[i]);
        err_hint(e, "times count from the application of the vehicle");
        return ERR_RANGE;
    }
    if (c->below && c->below[i] != 0.0 && c->below[i] != 1.0)
        return err_set(e, ERR_PARSE, "%s:%d: below the limit: %g: must be 1 (the reading lies below) or 0", t->path,
                       t->line[i], c->below[i]);
    return 0;
}

static int keep_row(struct measured *m, const struct table *t, const struct columns *c, size_t i, struct err *e)
{
    int rc = check_reading(t, m, c, i, e);
    if (rc || isnan(c->y[i]) || (m->has_x && isnan(c->x[i]))) return rc; /* an empty cell is no reading */
    if (m->has_x && c->x[i] == 0.0 && is_time(m)) return 0;              /* nothing has been applied yet */
    struct reading *r = &m->reading[m->n++];
    *r =
        (struct reading){.x = m->has_x ? c->x[i] : NAN, .y = c->y[i], .sd = c->sd ? c->sd[i] : NAN, .line = t->line[i]};
    r->thickness = c->thickness ? c->thickness[i] : c->one_thickness;
    if (m->has_slices && c->depth_is) r->x += (c->depth_is == 1 ? 0.5 : -0.5) * r->thickness;
    r->below = c->below ? c->below[i] == 1.0 : c->y[i] < c->limit;
    if (r->below && isfinite(c->limit)) r->y = c->limit;
    m->n_below += r->below;
    if (c->replicate != SIZE_MAX) snprintf(r->replicate, sizeof r->replicate, "%.39s", table_cell(t, i, c->replicate));
    return c->unit == SIZE_MAX ? 0 : unit_of(m, table_cell(t, i, c->unit), &r->unit, e);
}

/* 'thickness' is a length for all slices, or a column; x is told to be their middle (else moved to it). */
static int read_thickness(struct measured *m, struct cnode at, const struct table *t, struct columns *c, struct err *e)
{
    static const char *const ends[] = {"middle", "top", "bottom", NULL};
    struct cnode thickness = config_get(at, "thickness");
    const char *text = config_text(thickness);
    double scale = 1.0, unused;
    int rc = 0;
    if (!config_is(thickness))
        return config_is(config_get(at, "depth_is"))
                   ? config_fail(config_get(at, "depth_is"), e, ERR_PARSE, "depth_is: goes with a 'thickness'")
                   : 0;
    if (!m->has_x || config_is(config_get(at, "grid")))
        return config_fail(thickness, e, ERR_PARSE, "thickness: of slices over an x, not of whole curves");
    m->has_slices = true;
    if (config_is(config_get(at, "depth_is"))) rc = config_choice(at, "depth_is", ends, &c->depth_is, e);
    if (rc) return rc;
    if (text && number_scan(text, &unused))
        return config_quantity(at, "thickness", m->x_unit, RANGE_POSITIVE, &c->one_thickness, e);
    rc = config_string(at, "thickness", &text, e);
    if (!rc) rc = table_numbers(t, text, false, &c->thickness, e);
    if (!rc && units_convert(1.0, column_unit(text), m->x_unit, &scale, NULL)) {
        rc = config_fail(thickness, e, ERR_PARSE, "thickness: in '%s', but %s in '%s': these units do not convert",
                         column_unit(text), m->x_name, m->x_unit);
    }
    for (size_t i = 0; !rc && i < t->rows; i++) {
        if (!(c->thickness[i] > 0.0))
            return err_set(e, ERR_RANGE, "%s:%d: %s = %g: a thickness must be > 0", t->path, t->line[i], text,
                           c->thickness[i]);
        c->thickness[i] *= scale;
    }
    return rc;
}

static int read_columns(struct measured *m, struct cnode at, const struct table *t, struct columns *c, struct err *e)
{
    const char *text;
    int rc = 0;
    if (config_is(config_get(at, "x"))) {
        rc = config_string_copy(at, "x", m->x_name, sizeof m->x_name, e);
        m->has_x = true;
        snprintf(m->x_unit, UNIT, "%s", column_unit(m->x_name));
        if (!rc) rc = table_numbers(t, m->x_name, true, &c->x, e);
    }
    if (!rc) rc = config_string_copy(at, "y", m->y_name, sizeof m->y_name, e);
    snprintf(m->y_unit, UNIT, "%s", column_unit(m->y_name));
    if (!rc) rc = table_numbers(t, m->y_name, true, &c->y, e);
    if (!rc && config_is(config_get(at, "sd"))) {
        rc = config_string(at, "sd", &text, e);
        if (!rc) rc = table_numbers(t, text, true, &c->sd, e);
    }
    if (!rc && config_is(config_get(at, "below_limit"))) {
        rc = config_string(at, "below_limit", &text, e);
        if (!rc) rc = table_numbers(t, text, false, &c->below, e);
    }
    if (!rc && config_is(config_get(at, "limit_of_quantification")))
        rc = config_quantity(at, "limit_of_quantification", m->y_unit, RANGE_POSITIVE, &c->limit, e);
    if (!rc) rc = read_thickness(m, at, t, c, e);
    if (!rc && config_is(config_get(at, "group"))) {
        rc = config_string(at, "group", &text, e);
        if (!rc) rc = table_col(t, text, &c->unit, e);
    }
    if (!rc && config_is(config_get(at, "replicate"))) {
        rc = config_string(at, "replicate", &text, e);
        if (!rc) rc = table_col(t, text, &c->replicate, e);
    }
    return rc;
}

static int read_rows(struct measured *m, struct cnode at, const struct table *t, struct err *e)
{
    struct columns c = {.unit = SIZE_MAX, .replicate = SIZE_MAX, .limit = NAN, .one_thickness = NAN};
    m->reading = calloc(t->rows + 1, sizeof *m->reading);
    m->unit_name = calloc(UNITS_MAX > t->rows ? UNITS_MAX : t->rows + 1, sizeof *m->unit_name);
    int rc = m->reading && m->unit_name ? read_columns(m, at, t, &c, e) : err_set(e, ERR_NOMEM, "out of memory");
    m->has_units = c.unit != SIZE_MAX;
    for (size_t i = 0; !rc && i < t->rows; i++) {
        bool wanted;
        rc = row_is_wanted(t, config_get(at, "rows"), config_is(config_get(at, "grid")), i, &wanted, e);
        if (!rc && wanted) rc = keep_row(m, t, &c, i, e);
    }
    free(c.x);
    free(c.y);
    free(c.sd);
    free(c.below);
    free(c.thickness);
    if (!rc && m->n == 0) {
        rc = err_set(e, ERR_PARSE, "%s: column '%s' holds no reading", t->path, m->y_name);
        err_hint(e, config_is(config_get(at, "rows")) ? "no row has the texts that 'rows' asks for, or all are empty"
                                                      : "every cell is empty");
    }
    return rc;
}

static bool shares_a_place(const struct measured *m)
{
    for (size_t i = 1; i < m->n; i++)
        for (size_t j = i; j-- > 0;)
            if (!m->has_x || m->reading[i].x == m->reading[j].x) return true;
    return false;
}

/* How readings of one place are brought together must be said where there are several. */
static int read_average(struct measured *m, struct cnode at, struct err *e)
{
    int average = 0, rc = 0;
    if (config_is(config_get(at, "grid"))) rc = config_integer(at, "grid", 3, 400, &m->grid, e);
    if (config_is(config_get(at, "average"))) {
        if (!rc) rc = config_choice(at, "average", averages, &average, e);
        m->average = (enum agreement_average)average;
        return rc;
    }
    if (rc || !(m->grid || shares_a_place(m))) return rc;
    rc = config_fail(at, e, ERR_PARSE, "missing key 'average': several readings stand at one place");
    err_hint(e, "geometric (amounts, concentrations), arithmetic (forces, lengths), or none: each stands for itself");
    return rc;
}

/* Without donors or specimens every reading is a unit of its own. */
static void number_units(struct measured *m)
{
    if (m->has_units) return;
    for (size_t i = 0; i < m->n; i++)
        m->reading[i].unit = i;
    m->n_units = m->n;
}

static int read_table(struct compare *c, struct compare_case *k, struct cnode at, const char *path, struct err *e)
{
    static const char *const keys[] = {"file",    "import",    "x",           "y",      "sd",
                                       "group",   "replicate", "below_limit", "rows",   "limit_of_quantification",
                                       "average", "grid",      "virtual",     "source", "note",
                                       "thickness", "depth_is", NULL};
    struct table t = {0};
    int rc = config_known(at, keys, e);
    if (!rc) rc = table_read(&t, path, e);
    if (!rc) rc = sha256_file(path, k->m.sha256, e);
    if (!rc) rc = read_rows(&k->m, at, &t, e);
    if (!rc) rc = read_average(&k->m, at, e);
    if (!rc && config_is(config_get(at, "limit_of_quantification")) == false && k->m.n_below)
        compare_say(c, "  %s: %zu readings below their limit", k->name, k->m.n_below);
    number_units(&k->m);
    k->m.n_data = k->m.n;
    snprintf(k->m.from, sizeof k->m.from, "%.690s", path);
    table_release(&t);
    return rc;
}

/* The import is written into the result folder and read from there, so that what was compared can be looked at. */
static int read_import(struct compare *c, struct compare_case *k, struct cnode at, struct err *e)
{
    struct imported im;
    char map[PLACE], path[FOLDER_PATH + 100], folder[FOLDER_PATH + 100], name[WORD + 20];
    const char *text;
    int rc = config_string(at, "import", &text, e);
    if (!rc) rc = import_read(&im, compare_path(c, text, map), NULL, e);
    if (rc) return rc;
    snprintf(name, sizeof name, "imported_%zu", (size_t)(k - c->item) + 1);
    folder_file(c->folder, name, folder);
    if (mkdir(folder, 0777) != 0) rc = err_set(e, ERR_IO, "%.300s: cannot be made", folder);
    if (!rc) rc = import_write(&im, folder, c->context->command, c->context->unix_time, e);
    k->m.is_virtual = im.is_virtual;
    import_release(&im);
    snprintf(path, sizeof path, "%.1000s/%s", folder, IMPORT_CSV);
    if (!rc) rc = read_table(c, k, at, path, e);
    snprintf(k->m.from, sizeof k->m.from, "imported_%zu/%s", (size_t)(k - c->item) + 1, IMPORT_CSV);
    return rc;
}

int measured_read(struct compare *c, struct compare_case *k, struct err *e)
{
    static const char *const kinds[] = {"value", "file", "import", "runs", NULL};
    struct cnode at;
    char path[PLACE];
    const char *text;
    size_t which = 4, n = 0;
    bool is_virtual = false;
    int rc = config_need(k->at, "measured", &at, e);
    if (rc) return rc;
    k->m.mean_se = k->m.mean_df = k->m.contact_force = NAN;
    for (size_t i = 0; kinds[i]; i++)
        if (config_is(config_get(at, kinds[i]))) {
            which = i;
            n++;
        }
    if (n != 1) {
        rc = config_fail(at, e, ERR_PARSE, "measured: must have exactly one of value, file, import, runs");
        return rc;
    }
    if (config_is(config_get(at, "virtual"))) rc = config_bool(at, "virtual", &is_virtual, e);
    if (!rc && which == 0) rc = read_value(k, at, e);
    if (!rc && which == 1) rc = config_string(at, "file", &text, e);
    if (!rc && which == 1) rc = read_table(c, k, at, compare_path(c, text, path), e);
    if (!rc && which == 1) k->m.is_virtual = k->m.is_virtual || synthetic_table(path);
    if (!rc && which == 2) rc = read_import(c, k, at, e);
    if (!rc && which == 3) rc = measured_read_runs(c, k, at, e);
    k->m.is_virtual = k->m.is_virtual || is_virtual;
    return rc;
}
