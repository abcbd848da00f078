/* figures.c -- of cases that share x and unit: overlay with bands, residuals, simulated against observed, Bland-Altman.
 * Figures are no part of a verdict: one that cannot be drawn is said and left out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/stats.h"
#include "base/show/plot.h"
#include "base/text/column.h"
#include "solver/results/compare/parts.h"

enum { SERIES_MAX = 8 * CASES_MAX, TITLE = 160, COLOURS = 6, UNITS_SHOWN = 5, TITLES = 300 };

/* Cases drawn together. */
struct sheet {
    struct compare *c;
    char caption[TITLES + 260]; /* title of its figures */
    size_t n, number; /* of cases; of this sheet, from 1 */
    struct compare_case *k[CASES_MAX];
    size_t n_series, n_blocks;
    struct plot_series series[SERIES_MAX];
    char title[SERIES_MAX][TITLE];
    double *block[3 * SERIES_MAX]; /* numbers made for a series */
    bool is_log;                   /* ratios instead of differences: geometric means */
};

static double *numbers(struct sheet *s, size_t n)
{
    double *x = s->n_blocks < 3 * SERIES_MAX ? calloc(n + 1, sizeof *x) : NULL;
    if (x) s->block[s->n_blocks++] = x;
    return x;
}

/* Legend: "name: text", or what there is of the two. */
static void add(struct sheet *s, struct plot_series series, const char *name, const char *text)
{
    if (s->n_series >= SERIES_MAX || !series.x || !series.y) return;
    if (name || text) {
        snprintf(s->title[s->n_series], TITLE, "%s%s%s", name ? name : "", name && text ? ": " : "", text ? text : "");
        series.title = s->title[s->n_series];
    }
    s->series[s->n_series++] = series;
}

/* The case's name, where there is more than one in the figure. */
static const char *who(const struct sheet *s, const struct compare_case *k) { return s->n > 1 ? k->name : NULL; }

static void clear(struct sheet *s)
{
    for (size_t i = 0; i < s->n_blocks; i++)
        free(s->block[i]);
    s->n_series = s->n_blocks = 0;
}

/* "delivered / ug/cm2" */
static void label(const char *column, const char *unit, char *buf, size_t size)
{
    char stem[WORD];
    column_stem(column, stem, sizeof stem);
    for (char *p = stem; *p; p++)
        if (*p == '_') *p = ' ';
    if (strcmp(unit, "1") == 0)
        snprintf(buf, size, "%s", stem);
    else
        snprintf(buf, size, "%s / %s", stem, unit);
}

static void x_label(const struct sheet *s, char *buf, size_t size)
{
    const struct measured *m = &s->k[0]->m;
    label(m->x_name, m->has_x ? m->x_unit : "1", buf, size);
    if (strncmp(m->x_name, "travel", 6) == 0) strncat(buf, " (after contact; not depth)", size - strlen(buf) - 1);
}

static void y_label(const struct sheet *s, char *buf, size_t size)
{
    const struct measured *m = &s->k[0]->m;
    const char *quantity = config_text(config_get(config_get(s->k[0]->at, "simulated"), "quantity"));
    bool is_measured_name = s->n == 1 && strcmp(m->y_name, "value") != 0;
    label(is_measured_name || !quantity ? m->y_name : quantity, m->y_unit, buf, size);
}

/* "15 mg, 30 mg": the cases of a sheet. */
static const char *names_of(const struct sheet *s, char out[TITLES])
{
    size_t used = 0;
    for (size_t i = 0; i < s->n && used < TITLES; i++)
        used += (size_t)snprintf(out + used, TITLES - used, "%s%.99s", i ? ", " : "", s->k[i]->name);
    return out;
}

static void write_sheet(struct sheet *s, struct plot *p, const char *name)
{
    struct err e = {0};
    char file[60];
    if (s->number > 1)
        snprintf(file, sizeof file, "%s_%zu", name, s->number);
    else
        snprintf(file, sizeof file, "%s", name);
    char key[80], names[TITLES];
    snprintf(key, sizeof key, "figures/%s", file);
    record_text(s->c->record, key, names_of(s, names));
    p->n = s->n_series;
    p->series = s->series;
    if (plot_write(p, s->c->folder->temporary, file, &e)) compare_say(s->c, "no figure '%s': %.150s", file, e.msg);
    clear(s);
}

static int colour_of(const struct sheet *s, size_t i) { return s->n == 1 ? 1 : (int)(i % COLOURS) + 1; }

/* ---- overlay ---- */

static void add_bands(struct sheet *s, const struct compare_case *k, int colour)
{
    if (k->has_band)
        add(s,
            (struct plot_series){
                .style = PLOT_BAND, .n = k->n_points, .x = k->x, .y = k->low, .err = k->high, .colour = 7},
            who(s, k), "band of the simulation");
    if (!k->m.grid || k->m.n_units < 2) return;
    double *lo = numbers(s, k->n_points), *hi = numbers(s, k->n_points);
    for (size_t j = 0; lo && hi && j < k->n_points; j++) {
        lo[j] = k->mean[j] - k->sd[j];
        hi[j] = k->mean[j] + k->sd[j];
    }
    add(s, (struct plot_series){.style = PLOT_BAND, .n = k->n_points, .x = k->x, .y = lo, .err = hi, .colour = colour},
        who(s, k), "measured, mean +- sd of specimens");
}

/* Readings of few donors or specimens, one colour each. */
static void add_units(struct sheet *s, const struct compare_case *k)
{
    static const int colours[UNITS_SHOWN] = {1, 3, 4, 5, 7}; /* 2 is the mean */
    const struct measured *m = &k->m;
    for (size_t u = 0; u < m->n_units; u++) {
        double *x = numbers(s, m->n), *y = numbers(s, m->n);
        size_t n = 0;
        for (size_t i = 0; x && y && i < m->n; i++)
            if (m->reading[i].unit == u && !m->reading[i].below) {
                x[n] = m->reading[i].x;
                y[n++] = m->reading[i].y;
            }
        add(s, (struct plot_series){.style = PLOT_POINTS, .n = n, .x = x, .y = y, .colour = colours[u]},
            m->unit_name[u], NULL);
    }
}

static void add_readings(struct sheet *s, const struct compare_case *k, int colour)
{
    const struct measured *m = &k->m;
    double *x = numbers(s, m->n), *y = numbers(s, m->n), *bx = numbers(s, m->n), *by = numbers(s, m->n);
    size_t n = 0, below = 0;
    if (!x || !y || !bx || !by) return;
    for (size_t i = 0; i < m->n; i++) {
        double at =
            k->label[0] || !m->has_x ? (isfinite(k->x[0]) ? k->x[i < k->n_points ? i : 0] : 1.0) : m->reading[i].x;
        double *to_x = m->reading[i].below ? &bx[below] : &x[n], *to_y = m->reading[i].below ? &by[below] : &y[n];
        *to_x = at;
        *to_y = m->reading[i].y;
        n += !m->reading[i].below;
        below += m->reading[i].below;
    }
    if (m->grid)
        for (size_t u = 0; u < m->n_units; u++) /* one thin curve each would hide the mean: the first few, dotted */
            add(s,
                (struct plot_series){.style = PLOT_POINTS,
                                     .n = k->n_points,
                                     .x = x + u * k->n_points,
                                     .y = y + u * k->n_points,
                                     .colour = (int)(u % COLOURS) + 1},
                m->n_units <= 6 ? m->unit_name[u] : NULL, NULL);
    else if (s->n == 1 && m->has_units && m->has_x && m->n_units > 1 && m->n_units <= UNITS_SHOWN)
        add_units(s, k);
    else
        add(s, (struct plot_series){.style = PLOT_POINTS, .n = n, .x = x, .y = y, .colour = colour}, who(s, k),
            "measured");
    if (below)
        add(s, (struct plot_series){.style = PLOT_POINTS, .n = below, .x = bx, .y = by, .colour = 6}, who(s, k),
            "below the limit");
}

static void add_means(struct sheet *s, const struct compare_case *k, int colour)
{
    if (k->m.average == AVERAGE_NONE) return;
    bool geometric = k->m.average == AVERAGE_GEOMETRIC;
    add(s,
        (struct plot_series){.style = k->m.grid ? PLOT_DASHED : PLOT_LINEPOINTS,
                             .n = k->n_points,
                             .x = k->x,
                             .y = k->mean,
                             .colour = colour},
        who(s, k), geometric ? "geometric mean" : "mean");
}

static void add_simulated(struct sheet *s, const struct compare_case *k, int colour)
{
    if (!k->has_simulated) return;
    bool has_curve = k->curve.n > 1 && !k->is_ratio && !k->has_band;
    add(s,
        (struct plot_series){.style = k->role == ROLE_FITTED ? PLOT_DASHED
                                      : has_curve            ? PLOT_LINE
                                                             : PLOT_LINEPOINTS,
                             .n = has_curve ? k->curve.n : k->n_points,
                             .x = has_curve ? k->curve.x : k->x,
                             .y = has_curve ? k->curve.y : k->predicted,
                             .colour = s->n == 1 ? 0 : colour},
        who(s, k), k->role == ROLE_FITTED ? "simulated, fitted" : "simulated");
}

/* Amounts over several factors of ten are drawn once more with a logarithmic axis. */
static bool spans_decades(const struct sheet *s)
{
    double lo = INFINITY, hi = 0.0;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->k[i]->m.n; j++) {
            lo = fmin(lo, s->k[i]->m.reading[j].y);
            hi = fmax(hi, s->k[i]->m.reading[j].y);
        }
    return lo > 0.0 && hi > 100.0 * lo;
}

static void overlay(struct sheet *s, bool is_log)
{
    char xl[200], yl[300];
    struct plot p = {.title = s->caption, .xlabel = xl, .ylabel = yl, .logy = is_log};
    bool any = false;
    x_label(s, xl, sizeof xl);
    y_label(s, yl, sizeof yl);
    double lo = INFINITY, hi = -INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        struct compare_case *k = s->k[i];
        any = any || k->n_points > 1;
        for (size_t j = 0; j < k->n_points; j++) {
            lo = fmin(lo, k->x[j]);
            hi = fmax(hi, k->x[j]);
        }
        add_bands(s, k, colour_of(s, i));
        add_readings(s, k, colour_of(s, i));
        add_means(s, k, s->n == 1 ? 2 : colour_of(s, i));
        add_simulated(s, k, colour_of(s, i));
    }
    if (any && hi > lo) { /* a longer simulation does not squeeze the data */
        p.has_xrange = true;
        p.xlo = lo >= 0.0 && lo < 0.3 * hi ? 0.0 : lo - 0.05 * (hi - lo);
        p.xhi = hi + 0.05 * (hi - lo);
    }
    if (any)
        write_sheet(s, &p, is_log ? "overlay_log" : "overlay");
    else
        clear(s);
}

/* ---- residuals, agreement ---- */

/* The pairs of a case as the measures see them: means, or single readings. */
static size_t pairs_of(struct sheet *s, const struct compare_case *k, double **x, double **observed, double **simulated)
{
    size_t n = 0, most = k->m.average == AVERAGE_NONE ? k->set.n : k->n_points;
    *x = numbers(s, most);
    *observed = numbers(s, most);
    *simulated = numbers(s, most);
    if (!*x || !*observed || !*simulated) return 0;
    for (size_t i = 0; i < most; i++) {
        size_t point = k->m.average == AVERAGE_NONE ? k->used[i].point : i;
        double o = k->m.average == AVERAGE_NONE ? k->used[i].observed : k->mean[i];
        if (!isfinite(o) || !isfinite(k->predicted[point])) continue;
        (*x)[n] = isfinite(k->x[point]) ? k->x[point] : 1.0;
        (*observed)[n] = o;
        (*simulated)[n++] = k->predicted[point];
    }
    return n;
}

static void level(struct sheet *s, double lo, double hi, double y, enum plot_style style, int colour, const char *title)
{
    double *x = numbers(s, 2), *v = numbers(s, 2);
    if (!x || !v) return;
    x[0] = lo;
    x[1] = hi;
    v[0] = v[1] = y;
    add(s, (struct plot_series){.style = style, .n = 2, .x = x, .y = v, .colour = colour}, NULL, title);
}

static void residuals(struct sheet *s)
{
    char xl[200], yl[100], unit[UNIT + 4];
    struct plot p = {.title = s->caption, .xlabel = xl, .ylabel = yl};
    double lo = INFINITY, hi = -INFINITY;
    bool any = false;
    x_label(s, xl, sizeof xl);
    snprintf(unit, sizeof unit, " / %s", s->k[0]->m.y_unit);
    snprintf(yl, sizeof yl, "simulated - observed%s", strcmp(s->k[0]->m.y_unit, "1") ? unit : "");
    for (size_t i = 0; i < s->n; i++) {
        double *x, *o, *q;
        size_t n = pairs_of(s, s->k[i], &x, &o, &q);
        any = any || n > 1;
        for (size_t j = 0; j < n; j++) {
            q[j] -= o[j];
            lo = fmin(lo, x[j]);
            hi = fmax(hi, x[j]);
        }
        add(s, (struct plot_series){.style = PLOT_POINTS, .n = n, .x = x, .y = q, .colour = colour_of(s, i)},
            s->k[i]->name, NULL);
    }
    level(s, lo, hi, 0.0, PLOT_DASHED, 0, NULL);
    if (any)
        write_sheet(s, &p, "residuals");
    else
        clear(s);
}

static void simulated_against_observed(struct sheet *s)
{
    char xl[100], yl[100];
    struct plot p = {.title = s->caption, .xlabel = xl, .ylabel = yl};
    double lo = INFINITY, hi = -INFINITY;
    bool any = false;
    const char *unit = s->k[0]->m.y_unit;
    snprintf(xl, sizeof xl, "observed%s%s", strcmp(unit, "1") ? " / " : "", strcmp(unit, "1") ? unit : "");
    snprintf(yl, sizeof yl, "simulated%s%s", strcmp(unit, "1") ? " / " : "", strcmp(unit, "1") ? unit : "");
    for (size_t i = 0; i < s->n; i++) {
        double *x, *o, *q;
        size_t n = pairs_of(s, s->k[i], &x, &o, &q);
        any = any || n > 1;
        for (size_t j = 0; j < n; j++) {
            lo = fmin(lo, fmin(o[j], q[j]));
            hi = fmax(hi, fmax(o[j], q[j]));
        }
        add(s, (struct plot_series){.style = PLOT_POINTS, .n = n, .x = o, .y = q, .colour = colour_of(s, i)},
            s->k[i]->name, NULL);
    }
    double *line = numbers(s, 2);
    if (line) {
        line[0] = lo;
        line[1] = hi;
        add(s, (struct plot_series){.style = PLOT_DASHED, .n = 2, .x = line, .y = line, .colour = 0}, NULL, "equal");
    }
    p.logx = p.logy = lo > 0.0 && hi > 30.0 * lo;
    if (any && hi > lo)
        write_sheet(s, &p, "predicted_observed");
    else
        clear(s);
}

/* Differences over means; ratios over geometric means where means are geometric. */
static void bland_altman(struct sheet *s)
{
    char xl[100], yl[100], unit[UNIT + 4];
    struct plot p = {.title = s->caption, .xlabel = xl, .ylabel = yl, .logx = s->is_log};
    double lo = INFINITY, hi = -INFINITY, *all = numbers(s, 100000);
    size_t total = 0;
    snprintf(unit, sizeof unit, " / %s", s->k[0]->m.y_unit);
    if (!strcmp(s->k[0]->m.y_unit, "1")) unit[0] = '\0';
    snprintf(xl, sizeof xl, "%s of simulated and observed%s", s->is_log ? "geometric mean" : "mean", unit);
    snprintf(yl, sizeof yl, "simulated %s observed%s", s->is_log ? "/" : "-", s->is_log ? "" : unit);
    for (size_t i = 0; all && i < s->n; i++) {
        double *x, *o, *q;
        size_t n = pairs_of(s, s->k[i], &x, &o, &q), kept = 0;
        for (size_t j = 0; j < n && total < 100000; j++) {
            if (s->is_log && !(o[j] > 0.0 && q[j] > 0.0)) continue;
            double a = o[j], b = q[j];
            x[kept] = s->is_log ? sqrt(a * b) : 0.5 * (a + b);
            q[kept] = s->is_log ? b / a : b - a;
            all[total++] = s->is_log ? log(b / a) : b - a;
            lo = fmin(lo, x[kept]);
            hi = fmax(hi, x[kept++]);
        }
        add(s, (struct plot_series){.style = PLOT_POINTS, .n = kept, .x = x, .y = q, .colour = colour_of(s, i)},
            s->k[i]->name, NULL);
    }
    if (total >= 3) {
        double mean = stats_mean(all, total), half = 1.96 * stats_sd(all, total);
        level(s, lo, hi, s->is_log ? 1.0 : 0.0, PLOT_LINE, 7, NULL);
        level(s, lo, hi, s->is_log ? exp(mean) : mean, PLOT_LINE, 0, "mean");
        level(s, lo, hi, s->is_log ? exp(mean - half) : mean - half, PLOT_DASHED, 0, "limits of agreement, +- 1.96 sd");
        level(s, lo, hi, s->is_log ? exp(mean + half) : mean + half, PLOT_DASHED, 0, NULL);
        write_sheet(s, &p, "bland_altman");
    } else
        clear(s);
}

static bool go_together(const struct compare_case *a, const struct compare_case *b)
{
    return a->m.has_x == b->m.has_x && strcmp(a->m.x_unit, b->m.x_unit) == 0 && strcmp(a->m.y_unit, b->m.y_unit) == 0 &&
           a->m.average == b->m.average && a->has_simulated == b->has_simulated;
}

void compare_figures(struct compare *c)
{
    struct sheet *s = calloc(1, sizeof *s);
    bool drawn[CASES_MAX] = {false};
    for (size_t i = 0, number = 1; s && i < c->n_cases; i++) {
        if (drawn[i]) continue;
        *s = (struct sheet){.c = c, .number = number};
        number++;
        for (size_t j = i; j < c->n_cases; j++)
            if (!drawn[j] && go_together(&c->item[i], &c->item[j])) {
                s->k[s->n++] = &c->item[j];
                drawn[j] = true;
            }
        bool is_virtual = false;
        for (size_t j = 0; j < s->n; j++)
            is_virtual = is_virtual || s->k[j]->m.is_virtual || s->k[j]->is_virtual;
        char names[TITLES];
        bool is_all = s->n == c->n_cases; /* else the title says which of the cases these are */
        snprintf(s->caption, sizeof s->caption, "%s%s%s%s", c->title, is_all ? "" : ": ",
                 is_all ? "" : names_of(s, names), is_virtual ? " (SYNTHETIC)" : "");
        s->is_log = c->item[i].m.average == AVERAGE_GEOMETRIC;
        overlay(s, false);
        if (spans_decades(s)) overlay(s, true);
        if (!c->item[i].has_simulated || c->item[i].label[0]) continue; /* one measured number has no scatter to show */
        residuals(s);
        simulated_against_observed(s);
        bland_altman(s);
    }
    free(s);
}
