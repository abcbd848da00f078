/* rundraw.c -- see rundraw.h.  Figures are drawn in a temporary folder: a run folder is never written to. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/runfolder.h"
#include "base/show/plot.h"
#include "base/show/rundraw.h"
#include "base/text/table.h"

enum { SERIES_MAX = 12, PATH = 1100, BUCKETS = 1500 }; /* a figure has no more pixels across */

struct curve {
    struct table t;
    size_t n, state;
    size_t *row;                          /* n: the rows of the table that are drawn */
    double *time, *travel, *net, *masked; /* s, um, N, N of one stage */
};

static const char *state_of(const struct curve *c, size_t i) { return table_cell(&c->t, c->row[i], c->state); }

static bool keeps_state(const struct table *t, size_t state, size_t row)
{
    return row > 0 && row + 1 < t->rows && strcmp(table_cell(t, row, state), table_cell(t, row - 1, state)) == 0 &&
           strcmp(table_cell(t, row, state), table_cell(t, row + 1, state)) == 0;
}

/* Lowest and highest force of rows lo to hi - 1, in the order in which they come; one when they are the same. */
static size_t extremes(const double net[], size_t lo, size_t hi, size_t out[2])
{
    size_t least = lo, most = lo;
    for (size_t i = lo; i < hi; i++) {
        if (net[i] < net[least] || !isfinite(net[least]))
            least = i;
        if (net[i] > net[most] || !isfinite(net[most]))
            most = i;
    }
    out[0] = least < most ? least : most;
    out[1] = least < most ? most : least;
    return least == most ? 1 : 2;
}

/* An hour of rows is no figure: of each stretch its lowest and highest force stay, so that no event is lost, and every
 * row where the stage changes. */
static void thin_out(struct curve *c)
{
    size_t stretch = c->t.rows / BUCKETS + 1, n = 0;
    for (size_t lo = 0; lo < c->t.rows; lo += stretch) {
        size_t hi = lo + stretch < c->t.rows ? lo + stretch : c->t.rows, keep[2];
        size_t kept = extremes(c->net, lo, hi, keep);
        for (size_t i = lo; i < hi; i++)
            if (i == keep[0] || (kept == 2 && i == keep[1]) || !keeps_state(&c->t, c->state, i))
                c->row[n++] = i;
    }
    for (size_t i = 0; i < n; i++) { /* row[i] >= i: nothing is overwritten before it is read */
        c->time[i] = c->time[c->row[i]];
        c->travel[i] = c->travel[c->row[i]];
        c->net[i] = c->net[c->row[i]];
    }
    c->n = n;
}

static int curve_read(struct curve *c, const char *folder, struct err *e)
{
    char path[PATH];
    *c = (struct curve){0};
    snprintf(path, sizeof path, "%.1000s/%s", folder, RUN_SAMPLES);
    int code = table_read(&c->t, path, e);
    if (code)
        return code;
    c->row = calloc(c->t.rows + 1, sizeof *c->row);
    if (!c->row)
        return err_set(e, ERR_NOMEM, "out of memory for %zu rows", c->t.rows);
    code = table_col(&c->t, "state", &c->state, e);
    if (!code) code = table_numbers(&c->t, "time_s", true, &c->time, e);
    if (!code) code = table_numbers(&c->t, "travel_um", true, &c->travel, e);
    if (!code) code = table_numbers(&c->t, "net_force_N", true, &c->net, e);
    if (!code) thin_out(c);
    return code;
}

static void curve_release(struct curve *c)
{
    free(c->time);
    free(c->travel);
    free(c->net);
    free(c->masked);
    free(c->row);
    table_release(&c->t);
}

/* Force where the state is the one asked for, NaN elsewhere; a stage begins at the last row of the one before, so that
 * curves join.  Returns the number of rows. */
static size_t of_stage(const struct curve *c, const char *stage, double out[])
{
    size_t rows = 0;
    for (size_t i = 0; i < c->n; i++) {
        bool is_in = strcmp(state_of(c, i), stage) == 0;
        bool is_next = i + 1 < c->n && strcmp(state_of(c, i + 1), stage) == 0;
        out[i] = is_in || is_next ? c->net[i] : NAN;
        rows += is_in;
    }
    return rows;
}

/* The stages in the order in which they come. */
static size_t stages_of(const struct curve *c, const char *stage[SERIES_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        const char *text = state_of(c, i);
        bool is_known = false;
        for (size_t k = 0; k < n; k++)
            is_known = is_known || strcmp(stage[k], text) == 0;
        if (!is_known && n < SERIES_MAX)
            stage[n++] = text;
    }
    return n;
}

static size_t peak_of(const struct curve *c)
{
    size_t best = c->n;
    for (size_t i = 0; i < c->n; i++)
        if (isfinite(c->net[i]) && isfinite(c->travel[i]) && (best == c->n || c->net[i] > c->net[best]))
            best = i;
    return best;
}

/* What is drawn over what; from lo to hi when hi > lo, else over all. */
struct view {
    const double *x;
    const char *name, *xlabel, *caption, *alt;
    double lo, hi;
};

static bool is_seen(const struct view *v, double x)
{
    return isfinite(x) && (!(v->hi > v->lo) || (x >= v->lo && x <= v->hi));
}

/* One series a stage that has rows to be seen. */
static int draw(struct curve *c, const struct view *v, const char *folder, struct err *e)
{
    const char *stage[SERIES_MAX];
    struct plot_series series[SERIES_MAX];
    size_t n = stages_of(c, stage), used = 0;
    c->masked = realloc(c->masked, (n * c->n + 1) * sizeof *c->masked);
    if (!c->masked)
        return err_set(e, ERR_NOMEM, "out of memory for a figure of %zu rows", c->n);
    for (size_t k = 0; k < n; k++) {
        double *y = c->masked + used * c->n;
        size_t points = 0;
        of_stage(c, stage[k], y);
        for (size_t i = 0; i < c->n; i++)
            points += isfinite(y[i]) && is_seen(v, v->x[i]);
        if (points > 2) {
            series[used] = (struct plot_series){
                .title = stage[k], .style = PLOT_LINE, .n = c->n, .x = v->x, .y = y, .colour = (int)used};
            used++;
        }
    }
    if (used == 0)
        return err_set(e, ERR_FAILED, "no rows with both a force and a place");
    struct plot p = {.xlabel = v->xlabel, .ylabel = "net force / N", .has_xrange = v->hi > v->lo, .xlo = v->lo,
                     .xhi = v->hi, .n = used, .series = series};
    return plot_write(&p, folder, v->name, e);
}

static void remove_figure(const char *folder, const char *name)
{
    static const char *const end[] = {"svg", "gp"};
    char path[PATH];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", folder, name, end[i]);
        unlink(path);
    }
}

static void figure(struct report *r, struct curve *c, const struct view *v, const char *folder)
{
    char path[PATH], text[400];
    struct err e = {0};
    if (draw(c, v, folder, &e)) {
        snprintf(text, sizeof text, "No figure over %.60s: %.250s", v->xlabel, e.msg);
        report_warning(r, text);
    } else {
        snprintf(path, sizeof path, "%s/%s.svg", folder, v->name);
        report_figure(r, path, v->caption, v->alt);
    }
    remove_figure(folder, v->name);
}

/* The way up is drawn as far as the needles may still be in the skin: where the axis goes afterwards is air. */
static void over_travel(struct report *r, struct curve *c, size_t peak, const char *alt, const char *folder)
{
    double far = 0.0;
    for (size_t i = 0; i < c->n; i++)
        far = isfinite(c->travel[i]) ? fmax(far, c->travel[i]) : far;
    if (peak < c->n && far > 0.0)
        figure(r, c,
               &(struct view){.x = c->travel,
                              .name = "run_force_travel",
                              .xlabel = "travel after contact / um",
                              .caption = "Net force over travel after contact, by stage. Travel holds the skin's sink "
                                         "and is not depth.",
                              .alt = alt,
                              .lo = -0.1 * far,
                              .hi = 1.1 * far},
               folder);
}

static void both(struct report *r, struct curve *c)
{
    char folder[200], alt[300] = "One line for each stage; there was no contact.";
    const char *tmp = getenv("TMPDIR");
    size_t peak = peak_of(c);
    snprintf(folder, sizeof folder, "%.150s/mn-report-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) {
        report_warning(r, "No figures: no temporary folder could be made (TMPDIR).");
        return;
    }
    if (peak < c->n)
        snprintf(alt, sizeof alt,
                 "One line for each stage. The net force is greatest, %.4g N, at %.0f um of travel and %.2f s "
                 "after the start.",
                 c->net[peak], c->travel[peak], c->time[peak]);
    over_travel(r, c, peak, alt, folder);
    figure(r, c, &(struct view){.x = c->time, .name = "run_force_time", .xlabel = "time / s",
               .caption = "Net force over time, by stage.", .alt = alt}, folder);
    rmdir(folder);
}

void rundraw_add(struct report *r, const char *folder)
{
    struct curve c;
    struct err e = {0};
    char text[500];
    if (curve_read(&c, folder, &e)) {
        snprintf(text, sizeof text, "No figures: %.400s", e.msg);
        report_warning(r, text);
    } else if (c.n > 0) {
        both(r, &c);
    } else {
        report_warning(r, "No figures: samples.csv has no rows.");
    }
    curve_release(&c);
}
