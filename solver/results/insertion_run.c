/* insertion_run.c -- see insertion_run.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/math/curve.h"
#include "base/text/table.h"
#include "solver/results/insertion_run.h"

/* ---- what was done ---- */

static void add(struct run_sets *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct run_sets *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s->text[s->n++], RUN_SET, fmt, ap);
    va_end(ap);
}

void insertion_run_sets(const struct run_analysis *a, struct run_sets *s)
{
    const struct insertion_needles *n = &a->model.needles;
    const struct press *p = &a->model.press;
    s->n = 0;
    if (n->count)
        add(s,
            "needles={name: of_the_run, kind: array, shape: cone, length: %.9g um, base_diameter: %.9g um, "
            "tip_diameter: "
            "%.9g um, count: %zu, patch_area: %.9g cm2, source: 'as the run names them; a cone is assumed'}",
            n->length * 1e6, n->base_diameter * 1e6, n->tip_diameter * 1e6, n->count, n->area * 1e4);
    add(s, "press/to={force: %.9g N}", p->force);
    add(s, "press/speed=%.9g mm/s", p->speed * 1e3);
    add(s, "press/hold=%.9g s", p->hold);
    add(s, "press/contact_force=%.9g N", p->contact_force);
    if (a->model.skin.compliance > 0.0) add(s, "mechanics/compliance=%.9g um/N", a->model.skin.compliance * 1e6);
}

/* ---- both ways ---- */

size_t insertion_run_pairs(const struct run_analysis *a, const struct insertion_outcome *o,
                           struct run_pair pair[RUN_PAIRS])
{
    const struct analysis *f = &a->found;
    const struct insertion_summary *s = &o->summary;
    const struct measured none = {NAN, NAN}, first = f->n_events ? f->event[0].force : none,
                          first_travel = f->n_events ? f->event[0].travel : none;
    const struct run_penetration *d = a->has_reading ? &a->reading : NULL;
    const struct run_pair all[RUN_PAIRS] = {
        {"first_insertion_force", "N", first.value, first.u, s->first_force},
        {"first_insertion_travel", "um", first_travel.value * 1e6, first_travel.u * 1e6, s->first_travel * 1e6},
        {"base_contact_travel", "um", f->base_travel.value * 1e6, f->base_travel.u * 1e6, s->base_contact_travel * 1e6},
        {"end_travel", "um", f->end_travel.value * 1e6, f->end_travel.u * 1e6, s->end_travel * 1e6},
        {"work", "mJ", f->work.value * 1e3, f->work.u * 1e3, o->result.work * 1e3},
        {"pull_off_force", "N", f->pull_off.value, f->pull_off.u, s->pull_off},
        {"buried_depth", "um", d ? d->depth_mean * 1e6 : NAN, d ? d->depth_sd * 1e6 / sqrt((double)d->n) : NAN,
         s->depth_mean * 1e6},
        {"penetrated_fraction", "1", d ? d->fraction : NAN, NAN, s->entered_fraction},
    };
    memcpy(pair, all, sizeof all);
    return RUN_PAIRS;
}

static bool is_press(const struct run_analysis *a, size_t i)
{
    return (a->curve.phase[i] == RUN_APPROACH || a->curve.phase[i] == RUN_INSERT) && a->found.travel[i] >= 0.0;
}

static double at(const struct insertion_band *b, const double y[], double travel)
{
    return curve_value(b->travel, y, b->n, travel);
}

void insertion_run_inside(const struct run_analysis *a, const struct insertion_outcome *o, double *specimen,
                          double *array)
{
    const struct insertion_band *b = &o->band;
    double n = 0.0, wide = 0.0, narrow = 0.0;
    for (size_t i = 0; i < a->curve.n; i++) {
        double x = a->found.travel[i], F = a->found.force[i];
        if (!is_press(a, i) || x > b->travel[b->n - 1]) continue;
        n += 1.0;
        wide += F >= at(b, b->specimen_low, x) && F <= at(b, b->specimen_high, x);
        narrow += F >= at(b, b->array_low, x) && F <= at(b, b->array_high, x);
    }
    *specimen = n > 0.0 ? wide / n : NAN;
    *array = n > 0.0 ? narrow / n : NAN;
}

static int write_curve(const struct run_analysis *a, const struct insertion_outcome *o, const char *path, struct err *e)
{
    static const char *const columns[] = {"travel_um", "force_N", "array_low_N", "array_high_N", "specimen_low_N",
                                          "specimen_high_N"};
    const struct insertion_band *b = &o->band;
    struct table_out *t;
    int rc = table_create(&t, path, columns, sizeof columns / sizeof *columns, e);
    for (size_t i = 0; !rc && i < a->curve.n; i++) {
        if (!is_press(a, i)) continue;
        double x = a->found.travel[i];
        table_number(t, x * 1e6);
        table_number(t, a->found.force[i]);
        table_number(t, at(b, b->array_low, x));
        table_number(t, at(b, b->array_high, x));
        table_number(t, at(b, b->specimen_low, x));
        table_number(t, at(b, b->specimen_high, x));
        rc = table_end_row(t, e);
        if (rc) table_abandon(t);
    }
    return rc ? rc : table_close(t, e);
}

static void put(struct record *r, const char *name, const char *key, double x)
{
    char path[100];
    snprintf(path, sizeof path, "results/%s/%s", name, key);
    if (isfinite(x)) record_number(r, path, x);
}

int insertion_run_write(const struct run_analysis *a, const struct insertion_outcome *o, const struct folder *f,
                        struct err *e)
{
    struct run_pair pair[RUN_PAIRS];
    char path[FOLDER_PATH + 100], at_unit[100];
    double specimen, array;
    struct record *r;
    int rc = write_curve(a, o, folder_file(f, "measured.csv", path), e);
    if (!rc) rc = record_new(&r, e);
    if (rc) return rc;
    record_text(r, "run", a->run);
    record_text(r, "specimen", a->specimen);
    record_text(r, "role", a->is_virtual ? "SYNTHETIC" : "PREDICTED");
    for (size_t i = 0; i < a->n_notes; i++)
        record_text(r, "notes/-", a->note[i]);
    insertion_run_inside(a, o, &specimen, &array);
    if (isfinite(specimen)) record_number(r, "inside/new_specimen", specimen);
    if (isfinite(array)) record_number(r, "inside/another_array", array);
    size_t n = insertion_run_pairs(a, o, pair);
    for (size_t i = 0; i < n; i++) {
        put(r, pair[i].name, "measured", pair[i].measured);
        put(r, pair[i].name, "uncertainty", pair[i].u);
        put(r, pair[i].name, "predicted", pair[i].predicted);
        snprintf(at_unit, sizeof at_unit, "results/%s/unit", pair[i].name);
        record_text(r, at_unit, pair[i].unit);
    }
    rc = record_write(r, folder_file(f, "measured.yaml", path), e);
    record_free(r);
    return rc;
}
