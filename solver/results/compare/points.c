/* points.c -- the places at which simulated and measured meet: the distinct x of the readings; for whole curves an even
 * grid over what all of them share. */
#include <math.h>
#include <stdlib.h>
#include "base/math/curve.h"
#include "solver/results/compare/parts.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int points_room(struct compare_case *k, size_t n, struct err *e)
{
    double *block = calloc(8 * (n + 1), sizeof *block);
    free(k->x);
    k->x = NULL;
    if (!block) return err_set(e, ERR_NOMEM, "out of memory");
    k->x = block;
    k->predicted = block + (n + 1);
    k->error = block + 2 * (n + 1);
    k->low = block + 3 * (n + 1);
    k->high = block + 4 * (n + 1);
    k->mean = block + 5 * (n + 1);
    k->sd = block + 6 * (n + 1);
    k->thickness = block + 7 * (n + 1);
    for (size_t i = 0; i < 8 * (n + 1); i++)
        block[i] = NAN;
    return 0;
}

/* ---- single readings ---- */

/* Readings of one place are of slices equally thick. */
static int slices(struct compare_case *k, struct err *e)
{
    for (size_t i = 0, j; k->m.has_slices && i < k->m.n; i++) {
        const struct reading *r = &k->m.reading[i];
        for (j = 0; k->x[j] < r->x;)
            j++;
        if (isfinite(k->thickness[j]) && fabs(k->thickness[j] - r->thickness) > 1e-9 * r->thickness)
            return err_set(e, ERR_RANGE, "%s:%d: a slice of %g %s around %s = %g, where another reading has one of %g",
                           k->m.from, r->line, r->thickness, k->m.x_unit, k->m.x_name, r->x, k->thickness[j]);
        k->thickness[j] = r->thickness;
    }
    return 0;
}

static int distinct(struct compare_case *k, struct err *e)
{
    const struct measured *m = &k->m;
    int rc = points_room(k, m->n, e);
    if (rc) return rc;
    if (!m->has_x) {
        k->n_points = 1;
        return 0;
    }
    for (size_t i = 0; i < m->n; i++)
        k->x[i] = m->reading[i].x;
    qsort(k->x, m->n, sizeof *k->x, by_value);
    for (size_t i = 0; i < m->n; i++)
        if (i == 0 || k->x[i] > k->x[k->n_points - 1]) k->x[k->n_points++] = k->x[i];
    for (size_t i = k->n_points; i < m->n; i++)
        k->x[i] = NAN;
    return slices(k, e);
}

/* ---- curves ---- */

/* Rows of one unit on the way in: x rising to its largest, each further than all before. */
static size_t way_in(const struct measured *m, size_t unit, double x[], double y[])
{
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++) {
        const struct reading *r = &m->reading[i];
        if (r->unit != unit || r->below || (n && !(r->x > x[n - 1]))) continue;
        x[n] = r->x;
        y[n++] = r->y;
    }
    return n;
}

static int curves_on_grid(struct compare_case *k, double x[], double y[], struct err *e)
{
    struct measured *m = &k->m;
    size_t grid = (size_t)m->grid, n = 0;
    double from = -INFINITY, to = INFINITY;
    for (size_t u = 0; u < m->n_units; u++) {
        n = way_in(m, u, x, y);
        if (n < 3)
            return err_set(e, ERR_RANGE, "%s: '%s' has %zu points on its way in: a curve needs at least 3", m->from,
                           m->unit_name[u], n);
        from = fmax(from, x[0]);
        to = fmin(to, x[n - 1]);
    }
    if (!(to > from)) {
        err_set(e, ERR_RANGE, "%s: no overlap in x: no %s lies on all %zu curves (largest start %g, smallest end %g)",
                m->from, m->x_name, m->n_units, from, to);
        err_hint(e, "are all in the same unit, and counted from contact?");
        return ERR_RANGE;
    }
    int rc = points_room(k, grid, e);
    struct reading *even = rc ? NULL : calloc(grid * m->n_units, sizeof *even);
    if (!rc && !even) rc = err_set(e, ERR_NOMEM, "out of memory");
    if (rc) return rc;
    for (size_t j = 0; j < grid; j++)
        k->x[j] = from + (to - from) * (double)j / (double)(grid - 1);
    for (size_t u = 0; u < m->n_units; u++) {
        n = way_in(m, u, x, y);
        for (size_t j = 0; j < grid; j++)
            even[u * grid + j] = (struct reading){.x = k->x[j],
                                                  .y = curve_value(x, y, n, fmin(k->x[j], x[n - 1])),
                                                  .sd = NAN,
                                                  .thickness = NAN,
                                                  .unit = u};
    }
    free(m->reading);
    m->reading = even;
    m->n = grid * m->n_units;
    m->n_below = 0;
    k->n_points = grid;
    return 0;
}

int points_make(struct compare_case *k, struct err *e)
{
    if (!k->m.grid) return distinct(k, e);
    double *x = calloc(2 * k->m.n + 1, sizeof *x);
    int rc = x ? curves_on_grid(k, x, x + k->m.n, e) : err_set(e, ERR_NOMEM, "out of memory");
    free(x);
    return rc;
}
