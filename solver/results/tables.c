/* tables.c -- see tables.h. */
#include <stdio.h>
#include "base/text/table.h"
#include "solver/results/tables.h"

enum { NAME = 96, COLUMNS_MAX = 1 + 2 * QUANTITIES_MAX };

static int write_wide(const struct quantity *q, size_t n, const struct solution *sol, const char *path, struct err *e)
{
    static const size_t size = NAME;
    char name[COLUMNS_MAX][NAME];
    const char *columns[COLUMNS_MAX];
    size_t c = 0;
    snprintf(name[c++], size, "time_h");
    for (size_t i = 0; i < n; i++) {
        snprintf(name[c++], size, "%.55s_%s", q[i].stem, q[i].suffix);
        if (q[i].has_error) snprintf(name[c++], size, "%.55s_err_%s", q[i].stem, q[i].suffix);
    }
    for (size_t i = 0; i < c; i++)
        columns[i] = name[i];
    struct table_out *o;
    int rc = table_create(&o, path, columns, c, e);
    for (size_t k = 0; !rc && k < sol->n_out; k++) {
        table_number(o, sol->t[k] / HOUR);
        for (size_t i = 0; i < n; i++) {
            table_number(o, quantity_value(&q[i], sol, k));
            if (q[i].has_error) table_number(o, quantity_error(&q[i], sol, k));
        }
        rc = table_end_row(o, e);
    }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

static int write_long(const struct quantity *q, size_t n, const struct solution *sol, const char *path, struct err *e)
{
    static const char *const columns[] = {"time_h", "quantity", "unit", "value", "error"};
    struct table_out *o;
    int rc = table_create(&o, path, columns, 5, e);
    for (size_t k = 0; !rc && k < sol->n_out; k++)
        for (size_t i = 0; !rc && i < n; i++) {
            table_number(o, sol->t[k] / HOUR);
            table_word(o, q[i].stem);
            table_word(o, q[i].unit);
            table_number(o, quantity_value(&q[i], sol, k));
            table_number(o, quantity_error(&q[i], sol, k));
            rc = table_end_row(o, e);
        }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

static const char *layer_at(const struct problem *p, double z)
{
    double end = 0.0;
    for (size_t i = 0; i < p->n_layers; i++)
        if (z <= (end += p->layer[i].h) * (1.0 + 1e-12)) return p->layer[i].name;
    return p->layer[p->n_layers - 1].name;
}

static int write_profiles(const struct problem *p, const struct solution *sol, const char *path, struct err *e)
{
    static const char *const columns[] = {
        "time_h", "depth_um", "layer", "activity_axis_mg_mL", "activity_mean_mg_mL", "activity_edge_mg_mL"};
    struct table_out *o;
    int rc = table_create(&o, path, columns, 6, e);
    for (size_t k = 0; !rc && k < sol->n_out; k++)
        for (size_t i = 0; !rc && i < sol->nz; i++) {
            table_number(o, sol->t[k] / HOUR);
            table_number(o, (sol->z[i] - skin_surface(p)) * 1e6);
            table_word(o, layer_at(p, sol->z[i]));
            table_number(o, sol->axis[k * sol->nz + i]);
            table_number(o, sol->mean[k * sol->nz + i]);
            table_number(o, sol->edge[k * sol->nz + i]);
            rc = table_end_row(o, e);
        }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

int tables_write(const struct study *s, const struct solution *sol, const struct folder *f, struct err *e)
{
    struct quantity q[QUANTITIES_MAX];
    char path[FOLDER_PATH + 100];
    size_t n = quantities_of(s, q);
    int rc = write_wide(q, n, sol, folder_file(f, "timeseries.csv", path), e);
    if (!rc) rc = write_long(q, n, sol, folder_file(f, "long.csv", path), e);
    if (!rc) rc = write_profiles(&s->problem, sol, folder_file(f, "profiles.csv", path), e);
    return rc;
}
