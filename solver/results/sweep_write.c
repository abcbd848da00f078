/* sweep_write.c -- sweep.csv, sweep.yaml and the map; see sweep.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/provenance.h"
#include "base/show/plot.h"
#include "base/text/table.h"
#include "solver/results/sweep.h"

/* Results that every row carries, with the column's unit. */
static const struct {
    const char *name, *suffix;
    bool has_error;
} results[] = {{"J_ss", "ug_cm2_h", true},
               {"lag_asymptotic", "h", true},
               {"Kp", "cm_h", true},
               {"J_max", "ug_cm2_h", true},
               {"t_max", "h", false},
               {"delivered_end", "ug_cm2", true},
               {"delivered_end_patch", "ug_patch", true},
               {"uptake_end", "ug_cm2", true},
               {"delivered_end_intact", "ug_cm2", false},
               {"ER_Q", "1", false},
               {"ER_J", "1", false},
               {"plasma_max", "ng_mL", true}};
enum { RESULTS = sizeof results / sizeof results[0] };

static const char *const inputs[] = {"needle_length_um",  "depth_um",      "density_per_cm2", "fill",
                                     "surface_radius_um", "tip_radius_um", "patch_area_cm2"};
enum { INPUTS = sizeof inputs / sizeof inputs[0], COLUMNS_MAX = 3 + SWEEP_VARIED_MAX + INPUTS + 2 * RESULTS + 2 };

static size_t name_columns(const struct sweep *w, char name[COLUMNS_MAX][90])
{
    size_t c = 0;
    snprintf(name[c++], 90, "case");
    snprintf(name[c++], 90, "status");
    snprintf(name[c++], 90, "reason");
    for (size_t i = 0; i < w->n_axes; i++)
        snprintf(name[c++], 90, "varied_%.79s", w->axis[i].key);
    for (size_t i = 0; i < INPUTS; i++)
        snprintf(name[c++], 90, "%s", inputs[i]);
    for (size_t i = 0; i < RESULTS; i++) {
        snprintf(name[c++], 90, "%s_%s", results[i].name, results[i].suffix);
        if (results[i].has_error) snprintf(name[c++], 90, "%s_err_%s", results[i].name, results[i].suffix);
    }
    snprintf(name[c++], 90, "balance_rel");
    snprintf(name[c++], 90, "unknowns");
    return c;
}

static void write_inputs(struct table_out *o, const struct sweep *w, const struct sweep_case *c)
{
    const struct study *s = c->study;
    table_number(o, s ? s->needle_length * 1e6 : NAN);
    table_number(o, s ? s->depth * 1e6 : NAN);
    table_number(o, s ? s->density * 1e-4 : NAN);
    table_word(o, !s                                           ? w->fill[c->fill]
                  : !s->has_channel                            ? "none"
                  : s->problem.channel.fill == CHANNEL_STIRRED ? "stirred"
                                                               : "diffusing");
    table_number(o, s ? s->problem.channel.r_surface * 1e6 : NAN);
    table_number(o, s ? s->problem.channel.r_tip * 1e6 : NAN);
    table_number(o, s ? study_patch_area(s) * 1e4 : NAN);
}

static int write_row(struct table_out *o, const struct sweep *w, size_t i, struct err *e)
{
    const struct sweep_case *c = &w->item[i];
    table_integer(o, (long long)i + 1);
    table_word(o, c->good ? "ok" : "failed");
    table_word(o, c->reason);
    for (size_t k = 0; k < w->n_axes; k++)
        table_word(o, config_text(config_item(w->axis[k].values, c->index[k])));
    write_inputs(o, w, c);
    for (size_t k = 0; k < RESULTS; k++) {
        const struct endpoint *p = c->good ? endpoint_find(&c->endpoints, results[k].name) : NULL;
        table_number(o, p ? p->value : NAN);
        if (results[k].has_error) table_number(o, p ? p->error : NAN);
    }
    table_number(o, c->good ? c->balance : NAN);
    table_integer(o, (long long)c->unknowns);
    return table_end_row(o, e);
}

static int write_table(const struct sweep *w, const char *path, struct err *e)
{
    char name[COLUMNS_MAX][90];
    const char *columns[COLUMNS_MAX];
    size_t n = name_columns(w, name);
    for (size_t i = 0; i < n; i++)
        columns[i] = name[i];
    struct table_out *o;
    int rc = table_create(&o, path, columns, n, e);
    for (size_t i = 0; !rc && i < w->n_cases; i++)
        rc = write_row(o, w, i, e);
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
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
    record_integer(r, "cases", (long long)w->n_cases);
    record_integer(r, "failed", (long long)sweep_failures(w));
    for (size_t i = 0; i < w->n_axes; i++) {
        char at[100];
        snprintf(at, sizeof at, "vary/%s", w->axis[i].key);
        if (!strchr(w->axis[i].key, '/')) record_subtree(r, at, w->axis[i].values);
    }
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

/* The number behind an axis' value in the unit of its label; NAN for what has no name here. */
static double axis_number(const char *key, const struct study *s)
{
    if (!s) return NAN;
    if (strcmp(key, "length") == 0) return s->needle_length * 1e6;
    if (strcmp(key, "depth") == 0) return s->depth * 1e6;
    if (strcmp(key, "density") == 0) return s->density * 1e-4;
    if (strcmp(key, "radius_ratio") == 0) return s->eta;
    if (strcmp(key, "fraction_of_length") == 0) return s->depth / s->needle_length;
    return NAN;
}

static const char *axis_label(const char *key)
{
    if (strcmp(key, "length") == 0) return "needle length / um";
    if (strcmp(key, "depth") == 0) return "channel depth / um";
    if (strcmp(key, "density") == 0) return "density / needles per cm2";
    if (strcmp(key, "radius_ratio") == 0) return "channel radius / needle radius";
    return "buried depth / needle length";
}

/* Axis values from any case that could be read; a value that no case holds leaves the map undrawn. */
static bool fill_axis(const struct sweep *w, size_t axis, double *x)
{
    bool all = true;
    for (size_t k = 0; k < w->axis[axis].n; k++) {
        x[k] = NAN;
        for (size_t i = 0; i < w->n_cases; i++)
            if (w->item[i].study && w->item[i].index[axis] == k && !isfinite(x[k]))
                x[k] = axis_number(w->axis[axis].key, w->item[i].study);
        all = all && isfinite(x[k]);
    }
    return all;
}

/* Returns how many cells have a number. */
static size_t fill_map(const struct sweep *w, size_t panel, double *z, const char **unit)
{
    size_t n = w->axis[0].n * w->axis[1].n, known = 0;
    for (size_t i = 0; i < n; i++) {
        const struct sweep_case *c = &w->item[panel * n + i];
        const struct endpoint *p = c->good ? endpoint_find(&c->endpoints, w->map) : NULL;
        z[i] = p ? p->value : NAN;
        known += isfinite(z[i]) ? 1 : 0;
        if (p) *unit = p->unit;
    }
    return known;
}

static int draw(const struct sweep *w, double *x, double *y, double *z, const struct folder *f, struct err *e)
{
    struct plot_map maps[2];
    size_t nx = w->axis[0].n, ny = w->axis[1].n, known = 0;
    char label[80];
    const char *unit = "";
    for (size_t m = 0; m < w->n_fills; m++)
        known += fill_map(w, m, z + m * nx * ny, &unit);
    if (known == 0) return err_set(e, ERR_FAILED, "no map: no case has a result '%s'", w->map);
    snprintf(label, sizeof label, "%.39s / %.30s", w->map, unit);
    for (size_t m = 0; m < w->n_fills; m++)
        maps[m] = (struct plot_map){.title = w->fill[m],
                                    .xlabel = axis_label(w->axis[0].key),
                                    .ylabel = axis_label(w->axis[1].key),
                                    .zlabel = label,
                                    .nx = nx,
                                    .ny = ny,
                                    .x = x,
                                    .y = y,
                                    .z = z + m * nx * ny};
    return plot_maps_write(w->title, maps, w->n_fills, f->temporary, "map", e);
}

int sweep_figure(const struct sweep *w, const struct folder *f, struct err *e)
{
    if (w->n_axes != 2)
        return err_set(e, ERR_FAILED, "no map: it needs exactly two varied values, here are %zu", w->n_axes);
    size_t nx = w->axis[0].n, ny = w->axis[1].n;
    double *x = calloc(nx + ny + w->n_fills * nx * ny, sizeof *x);
    if (!x) return err_set(e, ERR_NOMEM, "out of memory");
    bool known = fill_axis(w, 0, x) && fill_axis(w, 1, x + nx);
    int rc =
        known
            ? draw(w, x, x + nx, x + nx + ny, f, e)
            : err_set(e, ERR_FAILED,
                      "no map: an axis has no numbers (length, depth, density, radius_ratio, fraction_of_length have)");
    free(x);
    return rc;
}
