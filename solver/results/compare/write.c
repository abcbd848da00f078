/* write.c -- the tables of a comparison: readings, points, measures. */
#include <math.h>
#include <string.h>
#include "solver/results/compare/parts.h"

static size_t point_of(const struct compare_case *k, size_t reading)
{
    size_t i = 0;
    if (k->label[0]) return reading;
    while (k->m.has_x && i + 1 < k->n_points && k->x[i] < k->m.reading[reading].x)
        i++;
    return i;
}

static const char *x_unit(const struct compare_case *k) { return k->m.has_x ? k->m.x_unit : ""; }

static int write_readings(const struct compare *c, struct err *e)
{
    static const char *const columns[] = {"case",     "role",      "x",         "x_unit", "simulated", "simulated_err",
                                          "band_low", "band_high", "observed",  "y_unit", "sd",        "below_limit",
                                          "group",    "replicate", "difference"};
    char path[FOLDER_PATH + 100];
    struct table_out *o;
    int rc =
        table_create(&o, folder_file(c->folder, "compare.csv", path), columns, sizeof columns / sizeof *columns, e);
    if (rc) return rc;
    for (size_t i = 0; !rc && i < c->n_cases; i++)
        for (size_t j = 0; !rc && j < c->item[i].m.n; j++) {
            const struct compare_case *k = &c->item[i];
            const struct reading *r = &k->m.reading[j];
            size_t at = point_of(k, j);
            table_word(o, k->name);
            table_word(o, role_word[k->role]);
            table_number(o, r->x);
            table_word(o, x_unit(k));
            table_number(o, k->predicted[at]);
            table_number(o, k->error[at]);
            table_number(o, k->low[at]);
            table_number(o, k->high[at]);
            table_number(o, r->y);
            table_word(o, k->m.y_unit);
            table_number(o, r->sd);
            table_integer(o, r->below);
            table_word(o, k->m.has_units ? k->m.unit_name[r->unit] : "");
            table_word(o, r->replicate);
            table_number(o, r->below ? NAN : k->predicted[at] - r->y);
            rc = table_end_row(o, e);
        }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

static int write_points(const struct compare *c, struct err *e)
{
    static const char *const columns[] = {"case",        "role",      "x",        "x_unit",    "observed_mean",
                                          "observed_sd", "simulated", "band_low", "band_high", "y_unit",
                                          "thickness"};
    char path[FOLDER_PATH + 100];
    struct table_out *o;
    int rc = table_create(&o, folder_file(c->folder, "points.csv", path), columns, sizeof columns / sizeof *columns, e);
    if (rc) return rc;
    for (size_t i = 0; !rc && i < c->n_cases; i++)
        for (size_t j = 0; !rc && j < c->item[i].n_points; j++) {
            const struct compare_case *k = &c->item[i];
            table_word(o, k->name);
            table_word(o, role_word[k->role]);
            table_number(o, k->x[j]);
            table_word(o, x_unit(k));
            table_number(o, k->mean[j]);
            table_number(o, k->sd[j]);
            table_number(o, k->predicted[j]);
            table_number(o, k->low[j]);
            table_number(o, k->high[j]);
            table_word(o, k->m.y_unit);
            table_number(o, k->thickness[j]);
            rc = table_end_row(o, e);
        }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

static int write_measures(const struct compare *c, struct err *e)
{
    static const char *const columns[] = {"case", "role",     "metric",       "value",  "unit", "low",
                                          "high", "interval", "n_parameters", "n_data", "n",    "n_groups"};
    char path[FOLDER_PATH + 100];
    struct table_out *o;
    int rc =
        table_create(&o, folder_file(c->folder, "measures.csv", path), columns, sizeof columns / sizeof *columns, e);
    if (rc) return rc;
    for (size_t i = 0; !rc && i < c->n_cases; i++)
        for (size_t j = 0; !rc && j < c->item[i].n_measures; j++) {
            const struct compare_case *k = &c->item[i];
            const struct measure *m = &k->measure[j];
            table_word(o, k->name);
            table_word(o, role_word[k->role]);
            table_word(o, m->name);
            table_number(o, m->v.value);
            table_word(o, m->unit);
            table_number(o, m->v.low);
            table_number(o, m->v.high);
            table_word(o, m->v.method);
            table_integer(o, k->n_parameters);
            table_integer(o, (long long)k->m.n_data);
            table_integer(o, (long long)m->v.n);
            table_integer(o, k->m.has_units ? (long long)k->m.n_units : 0);
            rc = table_end_row(o, e);
        }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

int compare_write_tables(const struct compare *c, struct err *e)
{
    int rc = write_readings(c, e);
    if (!rc) rc = write_points(c, e);
    return rc ? rc : write_measures(c, e);
}
