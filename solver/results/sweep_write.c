/* sweep_write.c -- sweep.csv, sweep.yaml and the map; see sweep.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/provenance.h"
#include "base/show/plot.h"
#include "base/text/table.h"
#include "solver/results/sweep.h"

/* The journal's rows in the order of the cases, without its last columns. */
static int copy_rows(const struct sweep *w, struct sweep_rows *r, struct table_out *o, struct err *e)
{
    int rc = 0;
    size_t *row_of = calloc(w->n_cases + 1, sizeof *row_of); /* of each case, from 1 */
    if (!row_of) return err_set(e, ERR_NOMEM, "out of memory for %zu rows", r->n);
    for (size_t k = 0; !rc && k < r->n; k++) {
        char number[24] = "";
        if (fseek(r->f, r->at[k + 1], SEEK_SET) || !fgets(number, sizeof number, r->f))
            rc = err_set(e, ERR_IO, "%s: cannot be read", r->path);
        long c = atol(number);
        if (c > 0 && (size_t)c <= w->n_cases) row_of[c - 1] = k + 1;
    }
    for (size_t i = 0; !rc && i < w->n_cases; i++) {
        struct table t = {0};
        if (!row_of[i]) continue;
        rc = sweep_rows_read(r, row_of[i] - 1, &t, e);
        for (size_t c = 0; !rc && c + SWEEP_EXTRA < t.cols; c++)
            table_word(o, table_cell(&t, 0, c));
        if (!rc) rc = table_end_row(o, e);
        table_release(&t);
    }
    free(row_of);
    return rc;
}

static int write_table(const struct sweep *w, const char *path, struct err *e)
{
    char name[SWEEP_COLUMNS_MAX][SWEEP_NAME];
    const char *columns[SWEEP_COLUMNS_MAX];
    size_t n = sweep_columns(w, name) - SWEEP_EXTRA;
    for (size_t i = 0; i < n; i++)
        columns[i] = name[i];
    struct sweep_rows r;
    struct table_out *o;
    int rc = sweep_rows_open(&r, w->journal, e);
    if (rc) return rc;
    rc = table_create(&o, path, columns, n, e);
    if (!rc) {
        rc = copy_rows(w, &r, o, e);
        if (rc) table_abandon(o);
        else rc = table_close(o, e);
    }
    sweep_rows_close(&r);
    return rc;
}

static int write_yaml(const struct sweep *w, const struct result_context *c, const struct folder *f, struct err *e)
{
    char path[FOLDER_PATH + 100], hash[65] = "";
    struct record *study, *r;
    int rc = record_new(&study, e);
    if (rc) return rc;
    study_resolve(&w->base, study);
    rc = record_write(study, folder_file(f, "study.yaml", path), e);
    record_free(study);
    if (!rc) rc = sha256_file(path, hash, e);
    if (!rc) rc = record_new(&r, e);
    if (rc) return rc;
    record_text(r, "sweep", w->title);
    record_text(r, "study", w->base.title);
    char label[120];
    for (unsigned char l = 1; l < SWEEP_LABELS; l++)
        if (l != (SWEEP_VIRTUAL | SWEEP_ESTIMATED) && *sweep_label(w, l, label, sizeof label))
            record_text(r, "labels/-", label);
    record_integer(r, "cases", (long long)w->n_cases);
    record_integer(r, "failed", (long long)sweep_failures(w));
    record_subtree(r, "design", config_get(config_root(w->doc), "design"));
    record_subtree(r, "vary", config_get(config_root(w->doc), "vary"));
    record_integer(r, "cases_taken_over_from_an_earlier_start", (long long)w->resumed);
    record_integer(r, "reused/analyses", (long long)w->use[SHELF_ANALYSES].found);
    record_integer(r, "reused/analyses_needed", (long long)w->use[SHELF_ANALYSES].asked);
    record_integer(r, "reused/stiffness_matrices", (long long)w->use[SHELF_STIFFNESS].found);
    record_integer(r, "reused/stiffness_matrices_needed", (long long)w->use[SHELF_STIFFNESS].asked);
    record_number(r, "wall_time_s", c->wall_s);
    const char *const libraries[] = {"SUNDIALS CVODES", integrator_version(), NULL};
    struct provenance who = {"mnsim", c->command, hash, c->unix_time, -1, libraries};
    provenance_record(r, "provenance", &who);
    rc = record_write(r, folder_file(f, "sweep.yaml", path), e);
    record_free(r);
    return rc;
}

int sweep_write(const struct sweep *w, const struct result_context *c, const struct folder *f, struct err *e)
{
    char path[FOLDER_PATH + 100];
    int rc = write_table(w, folder_file(f, "sweep.csv", path), e);
    return rc ? rc : write_yaml(w, c, f, e);
}

/* ---- the map ---- */

static const char *axis_label(const char *key)
{
    if (strcmp(key, "length") == 0) return "needle length / um";
    if (strcmp(key, "depth") == 0) return "channel depth / um";
    if (strcmp(key, "density") == 0) return "density / needles per cm2";
    if (strcmp(key, "radius_ratio") == 0) return "channel radius / needle radius";
    return "buried depth / needle length";
}

/* The values of one axis that the map has. */
struct map_axis { size_t n, *place; double *x; };

/* From any case that could be read; a value of which every case failed has no place on the map. */
static void fill_axis(const struct sweep *w, size_t axis, struct map_axis *m)
{
    size_t step = axis ? w->axis[0].n : 1;
    m->n = 0;
    for (size_t k = 0; k < w->axis[axis].n; k++) {
        double x = NAN;
        for (size_t i = 0; i < w->n_cases && !isfinite(x); i++)
            if (i % w->n_points / step % w->axis[axis].n == k) x = w->item[i].x[axis];
        if (!isfinite(x)) continue;
        m->x[m->n] = x;
        m->place[m->n++] = k;
    }
}

/* Returns how many cells have a number. */
static size_t fill_map(const struct sweep *w, size_t panel, const struct map_axis m[2], double *z)
{
    size_t known = 0;
    for (size_t j = 0; j < m[1].n; j++)
        for (size_t i = 0; i < m[0].n; i++) {
            size_t point = m[1].place[j] * w->axis[0].n + m[0].place[i];
            *z = w->item[panel * w->n_points + point].map;
            known += isfinite(*z++) ? 1 : 0;
        }
    return known;
}

static int draw(const struct sweep *w, const struct map_axis m[2], double *z, const struct folder *f, struct err *e)
{
    struct plot_map maps[2];
    size_t cells = m[0].n * m[1].n, known = 0;
    char label[80], title[240];
    for (size_t k = 0; k < w->n_fills; k++)
        known += fill_map(w, k, m, z + k * cells);
    if (known == 0) return err_set(e, ERR_FAILED, "no map: no case has a result '%s'", w->map);
    snprintf(label, sizeof label, "%.39s / %.30s", w->map, w->map_unit);
    for (size_t k = 0; k < w->n_fills; k++)
        maps[k] = (struct plot_map){.title = w->fill[k],
                                    .xlabel = axis_label(w->axis[0].key),
                                    .ylabel = axis_label(w->axis[1].key),
                                    .zlabel = label,
                                    .nx = m[0].n,
                                    .ny = m[1].n,
                                    .x = m[0].x,
                                    .y = m[1].x,
                                    .z = z + k * cells};
    snprintf(title, sizeof title, "%s%s", w->title, sweep_labelled(w, SWEEP_VIRTUAL) ? " (SYNTHETIC)" : "");
    return plot_maps_write(title, maps, w->n_fills, f->temporary, "map", e);
}

static int draw_known(const struct sweep *w, const struct map_axis m[2], double *z, const struct folder *f,
                      struct err *e)
{
    for (size_t a = 0; a < 2; a++) {
        if (m[a].n >= 2) continue;
        return err_set(e, ERR_FAILED,
                       "no map: '%s' has %zu values with a number (%s)", w->axis[a].key, m[a].n,
                       m[a].n ? "every case of the others failed, or there is one"
                              : "every case failed, or it is none of length, depth, density, radius_ratio, "
                                "fraction_of_length");
    }
    return draw(w, m, z, f, e);
}

int sweep_figure(const struct sweep *w, const struct folder *f, struct err *e)
{
    if (w->n_axes != 2 || w->design != DESIGN_GRID)
        return err_set(e, ERR_FAILED, "no map: it needs a grid of exactly two varied values");
    const size_t nx = w->axis[0].n, ny = w->axis[1].n;
    double *x = calloc(nx + ny + w->n_fills * nx * ny, sizeof *x);
    size_t *place = calloc(nx + ny, sizeof *place);
    int rc = x && place ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    if (!rc) {
        struct map_axis m[2] = {{0, place, x}, {0, place + nx, x + nx}};
        fill_axis(w, 0, &m[0]);
        fill_axis(w, 1, &m[1]);
        rc = draw_known(w, m, x + nx + ny, f, e);
    }
    free(x);
    free(place);
    return rc;
}
