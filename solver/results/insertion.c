/* insertion.c -- see insertion.h. */
#include <gsl/gsl_version.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/provenance.h"
#include "base/show/plot.h"
#include "base/text/table.h"
#include "solver/results/insertion.h"

#define BAND_CONFIDENCE 0.95

int insertion_compute(const struct press_study *p, struct insertion_outcome *o, struct err *e)
{
    *o = (struct insertion_outcome){0};
    int rc = insertion_run(&p->press, &o->result, e);
    if (!rc) rc = insertion_summarise(&p->press, &o->result, p->drop_threshold, &o->summary, e);
    if (rc)
        insertion_outcome_release(o);
    else
        o->strength = needle_strength(&p->press.needles, &p->material, o->summary.needle_peak_force);
    return rc;
}

int insertion_compute_bands(const struct press_study *p, struct insertion_outcome *o, struct err *e)
{
    int rc = insertion_bands(&p->press, &o->result, BAND_CONFIDENCE, &o->band, e);
    if (!rc) rc = insertion_spread(&p->press, p->given, &o->spread, e);
    o->has_band = !rc;
    return rc;
}

void insertion_outcome_release(struct insertion_outcome *o)
{
    insertion_band_release(&o->band);
    insertion_release(&o->result);
    *o = (struct insertion_outcome){0};
}

size_t insertion_lines(const struct insertion_outcome *o, struct insertion_line line[INSERTION_LINES])
{
    const struct insertion_summary *s = &o->summary;
    const struct needle_strength *m = &o->strength;
    const struct insertion_spread none = {.array_sd = NAN,
                                          .specimen_sd = NAN,
                                          .value_error = NAN,
                                          .fraction_lowest = NAN},
                                  *d = o->has_band ? &o->spread : &none;
    const struct insertion_line all[] = {
        {"first_insertion_force", "N", s->first_force},
        {"first_insertion_travel", "um", s->first_travel * 1e6},
        {"median_insertion_force", "N", s->median_force},
        {"full_insertion_force", "N", s->full_force},
        {"drops", "1", (double)s->drops},
        {"largest_drop", "N", s->largest_drop},
        {"force_before_largest_drop", "N", s->peak_force},
        {"base_contact_force", "N", s->base_contact_force},
        {"base_contact_travel", "um", s->base_contact_travel * 1e6},
        {"end_force", "N", s->end_force},
        {"end_travel", "um", s->end_travel * 1e6},
        {"sink", "um", s->sink * 1e6},
        {"work", "mJ", o->result.work * 1e3},
        {"force_after_hold", "N", s->held_force},
        {"pull_off_force", "N", s->pull_off},
        {"penetrated_fraction", "1", s->entered_fraction},
        {"fraction_past_barrier", "1", s->through_fraction},
        {"buried_depth", "um", s->depth_mean * 1e6},
        {"buried_depth_sd", "um", s->depth_sd * 1e6},
        {"buried_depth_lowest", "um", s->depth_lowest * 1e6},
        {"buried_depth_highest", "um", s->depth_highest * 1e6},
        {"buried_depth_sd_arrays", "um", d->array_sd * 1e6},
        {"buried_depth_sd_specimens", "um", d->specimen_sd * 1e6},
        {"buried_depth_open", "um", d->value_error * 1e6},
        {"penetrated_fraction_least", "1", d->fraction_lowest},
        {"largest_needle_force", "N", s->needle_peak_force},
        {"buckling_force", "N", m->buckling},
        {"buckling_margin", "1", m->buckling_margin},
        {"buckling_force_lowest", "N", m->buckling_lowest},
        {"tip_stress_at_most", "MPa", m->tip_stress * 1e-6},
        {"fracture_margin", "1", m->fracture_margin},
    };
    memcpy(line, all, sizeof all);
    return sizeof all / sizeof *all;
}

size_t insertion_warnings(const struct press_study *p, const struct insertion_outcome *o,
                          char text[INSERTION_WARNINGS][INSERTION_WARNING])
{
    const struct needle_strength *m = &o->strength;
    double force = o->summary.needle_peak_force;
    size_t n = 0;
    if (m->buckling_margin < 1.0)
        snprintf(
            text[n++], INSERTION_WARNING,
            "a needle carries up to %.3g N, %.3g times the %.3g N at which it buckles: needles may bend or buckle, "
            "and forces and depths above that load are not to be trusted",
            force, 1.0 / m->buckling_margin, m->buckling);
    if (m->fracture_margin < 1.0)
        snprintf(
            text[n++], INSERTION_WARNING,
            "a needle carries up to %.3g N, %.3g times the %.3g N at which it breaks: needles may break off in the "
            "skin, and forces and depths above that load are not to be trusted",
            force, 1.0 / m->fracture_margin, force * m->fracture_margin);
    char limit[INSERTION_LIMITS][INSERTION_LIMIT];
    size_t limits = insertion_limits(&p->press, o->summary.end_force, o->summary.sink, limit);
    for (size_t i = 0; i < limits; i++)
        snprintf(text[n++], INSERTION_WARNING, "%.239s", limit[i]);
    return n;
}

static int write_curve(const struct insertion_result *r, const char *path, struct err *e)
{
    static const char *const phase[] = {"press", "hold", "retract"};
    static const char *const columns[] = {"time_s",       "phase",           "stage_um",          "travel_um",
                                          "force_N",      "sink_um",         "base_force_N",      "penetrated",
                                          "past_barrier", "buried_depth_um", "buried_depth_sd_um"};
    struct table_out *t;
    int rc = table_create(&t, path, columns, sizeof columns / sizeof *columns, e);
    for (size_t i = 0; !rc && i < r->n_points; i++) {
        const struct insertion_point *p = &r->point[i];
        table_number(t, p->time);
        table_word(t, phase[p->phase]);
        table_number(t, p->stage * 1e6);
        table_number(t, p->travel * 1e6);
        table_number(t, p->force);
        table_number(t, p->sink * 1e6);
        table_number(t, p->base_force);
        table_integer(t, (long long)p->entered);
        table_integer(t, (long long)p->through);
        table_number(t, p->depth_mean * 1e6);
        table_number(t, p->depth_sd * 1e6);
        rc = table_end_row(t, e);
        if (rc) table_abandon(t);
    }
    return rc ? rc : table_close(t, e);
}

static int write_band(const struct insertion_outcome *o, const char *path, struct err *e)
{
    static const char *const columns[] = {"travel_um",  "array_low_N",    "array_high_N",
                                          "specimen_N", "specimen_low_N", "specimen_high_N"};
    const struct insertion_band *b = &o->band;
    struct table_out *t;
    int rc = table_create(&t, path, columns, sizeof columns / sizeof *columns, e);
    for (size_t i = 0; !rc && i < b->n; i++) {
        table_number(t, b->travel[i] * 1e6);
        table_number(t, b->array_low[i]);
        table_number(t, b->array_high[i]);
        table_number(t, b->specimen[i]);
        table_number(t, b->specimen_low[i]);
        table_number(t, b->specimen_high[i]);
        rc = table_end_row(t, e);
        if (rc) table_abandon(t);
    }
    return rc ? rc : table_close(t, e);
}

static int write_needles(const struct insertion_result *r, const char *path, struct err *e)
{
    static const char *const columns[] = {
        "needle",       "tip_diameter_um",   "puncture_force_mN",   "penetrated",
        "past_barrier", "insertion_force_N", "insertion_travel_um", "buried_depth_um"};
    struct table_out *t;
    int rc = table_create(&t, path, columns, sizeof columns / sizeof *columns, e);
    for (size_t i = 0; !rc && i < r->n_needles; i++) {
        const struct insertion_needle *p = &r->needle[i];
        table_integer(t, (long long)i + 1);
        table_number(t, p->tip_diameter * 1e6);
        table_number(t, p->puncture * 1e3);
        table_word(t, p->entered ? "yes" : "no");
        table_word(t, p->through ? "yes" : "no");
        table_number(t, p->entry_force);
        table_number(t, p->entry_travel * 1e6);
        table_number(t, p->depth * 1e6);
        rc = table_end_row(t, e);
        if (rc) table_abandon(t);
    }
    return rc ? rc : table_close(t, e);
}

static int write_study(const struct press_study *p, const char *path, char hash[65], struct err *e)
{
    struct record *r;
    int rc = record_new(&r, e);
    if (rc) return rc;
    press_study_resolve(p, r);
    char *text = record_string(r);
    if (text) sha256_hex(text, strlen(text), hash);
    rc = text ? record_write(r, path, e) : err_set(e, ERR_NOMEM, "out of memory");
    free(text);
    record_free(r);
    return rc;
}

/* The state at even shares of the applied force: the first moment at which the array carried it. */
static void put_by_force(struct record *r, const struct insertion_outcome *o, size_t count)
{
    enum { LEVELS = 10 };
    const struct insertion_result *res = &o->result;
    size_t i = 0;
    for (int k = 1; k <= LEVELS; k++) {
        double level = o->summary.end_force * k / LEVELS;
        while (i < res->pressed && res->point[i].force < level * (1.0 - 1e-6))
            i++;
        const struct insertion_point *p = &res->point[i];
        const struct {
            const char *key;
            double value;
        } cell[] = {{"force_N", level},
                    {"travel_um", p->travel * 1e6},
                    {"penetrated_fraction", (double)p->entered / (double)count},
                    {"buried_depth_um", p->depth_mean * 1e6},
                    {"buried_depth_sd_um", p->depth_sd * 1e6}};
        for (size_t c = 0; c < sizeof cell / sizeof *cell; c++) {
            char path[80];
            snprintf(path, sizeof path, "by_applied_force/%d/%s", k - 1, cell[c].key);
            if (isfinite(cell[c].value)) record_number(r, path, cell[c].value);
        }
    }
}

static void put_notes(struct record *r, const struct study *s)
{
    static const char *const group[] = {"assumed/-", "derived/-", "warnings/-", "labels/-"};
    for (size_t i = 0; i < s->n_notes; i++) {
        const struct note *n = &s->note[i];
        char text[400];
        snprintf(text, sizeof text, "%s%s%s", n->path, n->path[0] ? ": " : "", n->text);
        record_text(r, group[n->kind], text);
    }
}

static int write_summary(const struct press_study *p, const struct insertion_outcome *o, const struct result_context *c,
                         const char *hash, const char *path, struct err *e)
{
    struct insertion_line line[INSERTION_LINES];
    struct record *r;
    char at[120];
    int rc = record_new(&r, e);
    if (rc) return rc;
    record_text(r, "study", p->study.title);
    record_text(r, "labels/-", "estimated: computed by the insertion model, not measured");
    record_text(r, "labels/-", "travel holds the skin's sink: it is never depth");
    size_t n = insertion_lines(o, line);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(line[i].value)) continue;
        snprintf(at, sizeof at, "results/%s/value", line[i].name);
        record_number(r, at, line[i].value);
        snprintf(at, sizeof at, "results/%s/unit", line[i].name);
        record_text(r, at, line[i].unit);
    }
    put_by_force(r, o, p->press.needles.count);
    put_notes(r, &p->study);
    char warning[INSERTION_WARNINGS][INSERTION_WARNING];
    for (size_t i = insertion_warnings(p, o, warning); i-- > 0;)
        record_text(r, "warnings/-", warning[i]);
    record_integer(r, "inputs/needles", (long long)p->press.needles.count);
    record_integer(r, "inputs/needles_computed", (long long)o->result.n_needles);
    record_number(r, "solver/step_um", p->press.step * 1e6);
    record_number(r, "solver/wall_time_s", c->wall_s);
    const char *const libraries[] = {"GSL", GSL_VERSION, NULL};
    struct provenance who = {"mnsim", c->command, hash, c->unix_time, (int64_t)p->press.seed, libraries};
    provenance_record(r, "provenance", &who);
    rc = record_write(r, path, e);
    record_free(r);
    return rc;
}

int insertion_write(const struct press_study *p, const struct insertion_outcome *o, const struct result_context *c,
                    const struct folder *f, struct err *e)
{
    char path[FOLDER_PATH + 100], hash[65] = "";
    int rc = write_study(p, folder_file(f, "study.yaml", path), hash, e);
    if (!rc) rc = write_curve(&o->result, folder_file(f, "curve.csv", path), e);
    if (!rc && o->has_band) rc = write_band(o, folder_file(f, "band.csv", path), e);
    if (!rc) rc = write_needles(&o->result, folder_file(f, "needles.csv", path), e);
    if (!rc) rc = write_summary(p, o, c, hash, folder_file(f, "summary.yaml", path), e);
    return rc;
}

static int figure_force(const struct press_study *p, const struct insertion_outcome *o, const double x[],
                        const double force[], const struct folder *f, struct err *e)
{
    const struct insertion_band *b = &o->band;
    size_t n = o->has_band ? b->n : 0;
    double *um = calloc(n + o->n_seen + 1, sizeof *um);
    if (!um) return err_set(e, ERR_NOMEM, "out of memory");
    double *seen = um + n;
    for (size_t i = 0; i < o->n_seen; i++)
        seen[i] = o->seen_travel[i] >= 0.0 ? o->seen_travel[i] * 1e6 : NAN; /* the way up in air is long */
    for (size_t i = 0; i < n; i++)
        um[i] = b->travel[i] * 1e6;
    struct plot_series all[] = {{.title = "95 %, an array on a new specimen",
                                 .style = PLOT_BAND,
                                 .n = n,
                                 .x = um,
                                 .y = b->specimen_low,
                                 .err = b->specimen_high,
                                 .colour = 2},
                                {.title = "95 %, another array on this specimen",
                                 .style = PLOT_BAND,
                                 .n = n,
                                 .x = um,
                                 .y = b->array_low,
                                 .err = b->array_high,
                                 .colour = 3},
                                {.title = "model, estimated",
                                 .style = PLOT_LINE,
                                 .n = o->result.n_points,
                                 .x = x,
                                 .y = force,
                                 .colour = 1},
                                {.title = "measured",
                                 .style = PLOT_LINE,
                                 .n = o->n_seen,
                                 .x = seen,
                                 .y = o->seen_force,
                                 .colour = 0}};
    char caption[240];
    struct plot plot = {.title = study_caption(&p->study, caption),
                        .xlabel = "travel after contact / um (not depth)",
                        .ylabel = "force / N",
                        .n = (n ? 3u : 1u) + (o->n_seen ? 1u : 0u),
                        .series = n ? all : all + 2};
    int rc = plot_write(&plot, f->temporary, "force_travel", e);
    free(um);
    return rc;
}

int insertion_figures(const struct press_study *p, const struct insertion_outcome *o, const struct folder *f,
                      struct err *e)
{
    const struct insertion_result *r = &o->result;
    size_t n = r->n_points, press = r->pressed + 1;
    double *x = calloc(5 * n, sizeof *x);
    if (!x) return err_set(e, ERR_NOMEM, "out of memory");
    double *force = x + n, *depth = x + 2 * n, *low = x + 3 * n, *high = x + 4 * n;
    for (size_t i = 0; i < n; i++) {
        const struct insertion_point *q = &r->point[i];
        x[i] = q->travel * 1e6;
        force[i] = q->force;
        depth[i] = q->depth_mean * 1e6;
        low[i] = (q->depth_mean - q->depth_sd) * 1e6;
        high[i] = (q->depth_mean + q->depth_sd) * 1e6;
    }
    struct plot_series two[] = {
        {.title = "+- 1 sd over the needles that went in",
         .style = PLOT_BAND,
         .n = press,
         .x = force,
         .y = low,
         .err = high,
         .colour = 2},
        {.title = "mean, estimated", .style = PLOT_LINE, .n = press, .x = force, .y = depth, .colour = 1}};
    char caption[240];
    struct plot b = {
        .title = study_caption(&p->study, caption), .xlabel = "force / N", .ylabel = "buried depth / um", .n = 2, .series = two};
    int rc = figure_force(p, o, x, force, f, e);
    bool has_depth =
        isfinite(r->point[r->pressed].depth_mean); /* else no needle went in, and there is nothing to draw */
    if (!rc && has_depth) rc = plot_write(&b, f->temporary, "depth_force", e);
    free(x);
    return rc;
}
